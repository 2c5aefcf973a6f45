//! Resources that appear to have been renamed, with the line of code that moves them.

use std::collections::BTreeMap;
use std::panic::Location;

use groundplan_core::Path;
use groundplan_engine::diff::ProposedMove;

use crate::render::{Locations, count, short_type};
use crate::style::{BOLD, CREATE, INFO, NL, paint};

/// A hint for each resource or scope that seems to have another path now, each with a line feed at
/// its end.
pub(crate) fn hints(moves: &[ProposedMove], locations: Option<&Locations>) -> String {
    let mut scopes: BTreeMap<(Path, Path), Vec<&ProposedMove>> = BTreeMap::new();
    for found in moves {
        scopes.entry(renamed(&found.from, &found.to)).or_default().push(found);
    }
    scopes.iter().map(|((from, to), moves)| hint(from, to, moves, locations)).collect()
}

fn hint(from: &Path, to: &Path, moves: &[&ProposedMove], locations: Option<&Locations>) -> String {
    let what = match moves {
        [found] if found.to == *to => short_type(&found.type_name).to_owned(),
        moves => count(moves.len(), "resource"),
    };
    let mut text = format!("{} {to} looks like {from} under a new path ({what}){NL}", paint(INFO, "hint:"));
    let location = locations.and_then(|locations| locations.get(to)?.last());
    text += &match moves {
        // A line for the scope does for all that is in it, and for a construct, whose handle has no `moved_from`.
        _ if from.parent() == to.parent() => {
            let scope = to.parent().unwrap_or_else(|| to.clone());
            addition(&format!(".moved(\"{}\", \"{}\")", from.name(), to.name()), &scope, location)
        }
        [found] if found.to == *to => addition(&format!(".moved_from(\"{from}\")"), to, location),
        _ => String::new(),
    };
    text + &format!("      or run {}{NL}", paint(BOLD, format!("`state mv {from} {to}`")))
}

/// The line of code that says it, and where.
fn addition(line: &str, to: &Path, location: Option<&&Location<'_>>) -> String {
    let line = paint(CREATE, line);
    match location {
        Some(location) => format!("  {} {location}: add {line} to {to}{NL}", paint(INFO, "-->")),
        None => format!("      add {line} to {to}{NL}"),
    }
}

/// The two paths without the names at their ends that are the same.
fn renamed(from: &Path, to: &Path) -> (Path, Path) {
    let (mut from, mut to) = (from.clone(), to.clone());
    while from.name() == to.name() {
        match (from.parent(), to.parent()) {
            (Some(before), Some(after)) if !before.is_within(&after) && !after.is_within(&before) => {
                (from, to) = (before, after);
            }
            _ => break,
        }
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_renamed_is_the_highest_scope_that_differs() {
        let of = |from: &str, to: &str| {
            let (from, to) = renamed(&from.into(), &to.into());
            format!("{from} → {to}")
        };
        assert_eq!(of("shop/vpc/private-a", "shop/net/private-a"), "shop/vpc → shop/net");
        assert_eq!(of("shop/vpc", "shop/net"), "shop/vpc → shop/net");
        assert_eq!(of("old/vpc/a", "new/vpc/a"), "old → new");
        assert_eq!(of("shop/vpc/a", "shop/a"), "shop/vpc/a → shop/a");
    }
}
