//! Resources whose path changes.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};

use super::{Inputs, ProposedMove};

/// The moves that the program states, by new path: the resource is in the state under the old
/// path only, and the program has nothing there.
pub(crate) fn stated(inputs: &Inputs<'_>) -> BTreeMap<Path, Path> {
    let Inputs { assembly, state, .. } = inputs;
    let mut moves: BTreeMap<Path, Path> = BTreeMap::new();
    for (to, entry) in &assembly.resources {
        if state.resources.contains_key(to) {
            continue;
        }
        let left = |from: &&Path| state.resources.contains_key(*from) && !assembly.resources.contains_key(*from);
        if let Some(from) =
            entry.moved_from.iter().find(left).filter(|from| !moves.values().any(|taken| taken == *from))
        {
            moves.insert(to.clone(), from.clone());
        }
    }
    moves
}

/// Pairs of a removed and an added resource of one type that match each other and nothing else.
/// Values that are not known match everything, so that a whole construct is recognized.
pub(crate) fn proposed(
    inputs: &Inputs<'_>,
    removed: &[&Path],
    added: &BTreeMap<&Path, BTreeMap<String, Value>>,
) -> Vec<ProposedMove> {
    let matching = |from: &Path, to: &Path| {
        let (prior, entry) = (&inputs.state.resources[from], &inputs.assembly.resources[to]);
        prior.type_name == entry.type_name
            && prior.properties.len() == added[to].len()
            && prior.properties.iter().all(|(name, value)| added[to].get(name).is_some_and(|other| alike(value, other)))
    };
    let mut moves = Vec::new();
    for from in removed {
        let matches: Vec<_> = added.keys().filter(|to| matching(from, to)).collect();
        let [to] = matches[..] else { continue };
        if removed.iter().filter(|other| matching(other, to)).count() == 1 {
            let type_name = inputs.state.resources[*from].type_name.clone();
            moves.push(ProposedMove { from: (*from).clone(), to: (*to).clone(), type_name });
        }
    }
    moves
}

fn alike(applied: &Value, desired: &Value) -> bool {
    match (applied, desired) {
        (_, Value::Ref(_) | Value::Template(_) | Value::Subnet(_) | Value::Import(_)) => true,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}
