//! Builds the assembly from the tree of a program.

use std::collections::BTreeMap;
use std::panic::Location;

use crate::assembly::Assembly;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::path::Path;
use crate::tree::{Moved, Tree};
use crate::{check, delivery, named, policy_size, task_roles};

/// The result of synth: the assembly, and information about the source text of the program.
#[derive(Clone, Debug)]
pub struct Synthesis {
    /// The desired document.
    pub assembly: Assembly,
    /// The warnings that were not acknowledged.
    pub warnings: Vec<Diagnostic>,
    /// The places in the program where each resource was added, the outermost call first.
    pub locations: BTreeMap<Path, Vec<&'static Location<'static>>>,
    /// The place in the program where each output is published.
    pub output_locations: BTreeMap<String, &'static Location<'static>>,
}

pub(crate) fn synth(tree: &Tree) -> Result<Synthesis, Diagnostics> {
    let mut diagnostics = tree.diagnostics.borrow().clone();
    let (nodes, outputs) = (tree.nodes.borrow(), tree.outputs.borrow());
    let locations: BTreeMap<_, _> =
        nodes.iter().map(|(path, declared)| (path.clone(), declared.locations.clone())).collect();
    let output_locations = outputs.iter().map(|(name, output)| (name.clone(), output.location)).collect();
    let mut assembly = Assembly {
        format: Assembly::FORMAT,
        app: tree.name.to_string(),
        state: tree.state.borrow().clone(),
        stacks: tree.stacks.borrow().clone(),
        resources: nodes.iter().filter_map(|(path, declared)| Some((path.clone(), declared.entry.clone()?))).collect(),
        outputs: outputs.iter().map(|(name, output)| (name.clone(), output.value.clone())).collect(),
        lookups: tree.lookups.borrow().clone(),
    };
    state_moves(&tree.moves.borrow(), &mut assembly);
    check::references(tree, &mut assembly, &mut diagnostics);
    named::dependencies(&mut assembly);
    delivery::dependencies(&mut assembly);
    task_roles::dependencies(&mut assembly);
    check::tags(tree, &mut assembly);
    check::cycles(&assembly, &mut diagnostics);
    check::properties(&assembly, &mut diagnostics);
    check::claims::conflicts(&assembly, &locations, &mut diagnostics);
    check::moves::check(tree, &assembly, &mut diagnostics);
    check::ignored(tree, &assembly, &mut diagnostics);
    check::limits::names(tree, &assembly, &mut diagnostics);
    check::limits::depths(&assembly, &mut diagnostics);
    policy_size::check(&assembly, &mut diagnostics);
    if diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error) {
        let policies = tree.policies.borrow();
        diagnostics.extend(policies.iter().flat_map(|policy| policy.check(&assembly)));
    }

    let acknowledged = tree.acknowledged.borrow();
    let meant = |diagnostic: &Diagnostic| {
        let path = diagnostic.path.as_ref();
        diagnostic.severity == Severity::Warning
            && acknowledged
                .iter()
                .any(|(scope, code)| *code == diagnostic.code && path.is_some_and(|path| path.is_within(scope)))
    };
    diagnostics.retain(|diagnostic| !meant(diagnostic));
    for diagnostic in &mut diagnostics {
        let known = diagnostic.path.as_ref().and_then(|path| locations.get(path));
        if let (true, Some(known)) = (diagnostic.locations.is_empty(), known) {
            diagnostic.locations.clone_from(known);
        }
    }
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(Diagnostics(diagnostics));
    }
    Ok(Synthesis { assembly, warnings: diagnostics, locations, output_locations })
}

/// A scope that has moved is all of its resources.
fn state_moves(moves: &[Moved], assembly: &mut Assembly) {
    for Moved { from, to, .. } in moves {
        for (path, entry) in assembly.resources.iter_mut().filter(|(path, _)| path.is_within(to)) {
            entry.moved_from.insert(Path::new(format!("{from}{}", &path.as_str()[to.as_str().len()..])));
        }
    }
}
