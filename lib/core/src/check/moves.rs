//! Checks the moves that a program states. The engine moves a resource only from a path that is no longer in the
//! program, so any other statement would have no effect.

use crate::assembly::Assembly;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::tree::{Moved, Tree};

/// Every move leads to something that the program has, from a path that it has nothing at.
pub(crate) fn check(tree: &Tree, assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    for Moved { from, to, location } in tree.moves.borrow().iter() {
        if !assembly.resources.keys().any(|path| path.is_within(to)) {
            let message = format!("this moves `{from}` to `{to}`, but the program has no resource there");
            let found = Diagnostic::error(Code::InvalidMove, message)
                .help("check the new name: the arguments are `moved(from, to)`");
            diagnostics.push(Diagnostic { locations: vec![location], ..found });
        }
    }
    for (path, entry) in &assembly.resources {
        let taken = entry.moved_from.iter().filter(|from| assembly.resources.contains_key(*from));
        diagnostics.extend(taken.map(|from| {
            let message = format!("this states that it was at `{from}`, but the program has a resource at that path");
            Diagnostic::error(Code::InvalidMove, message).at(path.clone()).help(
                "remove the statement if the move is already deployed; to swap two paths, move the resources in the \
                 state, in three steps through a path that is free",
            )
        }));
    }
}
