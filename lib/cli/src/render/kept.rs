//! The resources that `destroy` keeps, with reasons.

use groundplan_core::Path;
use groundplan_engine::State;
use groundplan_engine::diff::{Action, Change, ChangeSet, Reason};

use crate::render::count;

/// Returns the number of resources that a destroy keeps, and the reason; `None` if it keeps nothing. Retained resources
/// are in the plan itself.
pub(crate) fn line(changes: &ChangeSet, state: &State) -> Option<String> {
    match Kept::of(changes, state) {
        Kept { stateful: 0, needed: 0 } => None,
        Kept { stateful: 1, needed: 0 } => Some("1 resource is kept, because it is stateful".to_owned()),
        Kept { stateful, needed: 0 } => {
            Some(format!("{} are kept, because they are stateful", count(stateful, "resource")))
        }
        Kept { stateful, needed } => {
            let kept = count(stateful + needed, "resource");
            Some(format!("{kept} are kept, because they are stateful or needed by stateful resources"))
        }
    }
}

/// Counts the resources that are kept for the data of some of them, and would be deleted with that.
pub(crate) fn for_data(changes: &ChangeSet, state: &State) -> usize {
    let Kept { stateful, needed } = Kept::of(changes, state);
    stateful + needed
}

/// The number of resources that are kept.
struct Kept {
    /// Stateful resources, including those left over by earlier runs.
    stateful: usize,
    /// Resources that those need, or that are parts of those.
    needed: usize,
}

impl Kept {
    fn of(changes: &ChangeSet, state: &State) -> Self {
        let deleted = |path: &Path, id: &str| changes.deposed.iter().any(|old| old.path == *path && old.id == id);
        let left_over = state.deposed.iter().filter(|old| old.resource.is_stateful());
        let left_over = left_over.filter(|old| !deleted(&old.path, &old.resource.id)).count();
        // What is retained is deleted with no data.
        let goes_with_data =
            |change: &&Change| change.action == Action::Keep && !change.reasons.contains(&Reason::Retained);
        let kept = || changes.changes.values().filter(goes_with_data);
        let stateful = kept().filter(|change| change.reasons.contains(&Reason::Stateful)).count();
        Self { stateful: left_over + stateful, needed: kept().count() - stateful }
    }
}
