//! What a `destroy` leaves, and why.

use std::collections::BTreeSet;

use groundplan_core::Path;
use groundplan_engine::State;
use groundplan_engine::diff::{Action, ChangeSet, Reason};

use crate::render::count;

/// A line for each reason for which a destroy keeps resources. What is retained is in the plan itself.
pub(crate) fn lines(changes: &ChangeSet, state: &State) -> Vec<String> {
    let Kept { holding, needed, retained } = Kept::of(changes, state);
    let data = match (holding, needed) {
        (0, 0) => None,
        (1, 0) => Some("1 resource is kept, since it holds data".to_owned()),
        (_, 0) => Some(format!("{} are kept, since they hold data", count(holding, "resource"))),
        _ => {
            let kept = count(holding + needed, "resource");
            Some(format!("{kept} are kept, since they hold data or are needed by what does"))
        }
    };
    let retained = match retained {
        0 => None,
        1 => Some("1 resource is kept, since what is retained needs it".to_owned()),
        _ => Some(format!("{} are kept, since what is retained needs them", count(retained, "resource"))),
    };
    data.into_iter().chain(retained).collect()
}

/// How many resources are kept for the data of some of them, and would be deleted with that.
pub(crate) fn for_data(changes: &ChangeSet, state: &State) -> usize {
    let Kept { holding, needed, .. } = Kept::of(changes, state);
    holding + needed
}

/// How many resources are kept.
struct Kept {
    /// Since they hold data, with left-overs of earlier runs.
    holding: usize,
    /// Since those need them, or since they are parts of those.
    needed: usize,
    /// Since what is retained needs them, with or without those.
    retained: usize,
}

impl Kept {
    fn of(changes: &ChangeSet, state: &State) -> Self {
        let retained = retained(changes, state);
        let deleted = |path: &Path, id: &str| changes.deposed.iter().any(|old| old.path == *path && old.id == id);
        let left_over = state.deposed.iter().filter(|old| old.resource.holds_data());
        let left_over = left_over.filter(|old| !deleted(&old.path, &old.resource.id)).count();
        let mut kept = Self { holding: left_over, needed: 0, retained: 0 };
        for change in changes.changes.values().filter(|change| change.action == Action::Keep) {
            match () {
                () if retained.contains(&change.path) => kept.retained += 1,
                () if change.reasons.contains(&Reason::HoldsData) => kept.holding += 1,
                () => kept.needed += 1,
            }
        }
        kept
    }
}

/// What is retained, all that it needs, and the parts of these.
fn retained(changes: &ChangeSet, state: &State) -> BTreeSet<Path> {
    let forgotten = changes.changes.values().filter(|change| change.action == Action::Forget);
    let mut open: Vec<Path> = forgotten.map(|change| change.path.clone()).collect();
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if found.insert(path.clone()) {
            let needed = state.resources.get(&path).map(|resource| &resource.dependencies);
            open.extend(needed.into_iter().flatten().cloned());
        }
    }
    let is_part = |reason: &Reason| matches!(reason, Reason::PartOf(whole) if found.contains(whole));
    let parts = changes.changes.values().filter(|change| change.reasons.iter().any(is_part));
    let parts: Vec<_> = parts.map(|change| change.path.clone()).collect();
    found.extend(parts);
    found
}
