//! What was deployed when, by whom, and from which program.
//!
//! Every run that writes a state is an [`Entry`], named by the serial that the state has from
//! then on. The store keeps it when the run begins, and again when it has ended, so that a run
//! that was killed is in the history, too. Beside it stands what the program said, so that
//! `rollback` can plan the way back. A secret stands there as its source, as in every assembly.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::diff::Counts;
use crate::error::Error;
use crate::execute::Outcome;
use crate::plan::{Plan, Work};
use crate::state::State;
use crate::store::Holder;

/// A run that has written the state, or was about to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The serial that the state has from this run on.
    pub serial: u64,
    /// When it began, in seconds since 1970.
    pub time: u64,
    /// What was done, as in `deploy --only shop/vpc`.
    pub command: String,
    /// Who did it, as far as the machine knows.
    pub who: String,
    /// How many resources were to be treated how.
    pub counts: Counts,
    /// The resources that were to move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// How it ended; none while it goes on, and where it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Ending>,
}

/// A resource whose path changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The path before.
    pub from: Path,
    /// The path from then on.
    pub to: Path,
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everything was done.
    Succeeded,
    /// A step has failed.
    Failed,
    /// It was asked to stop.
    Interrupted,
}

impl Ending {
    /// How a deploy has ended.
    pub fn of(outcome: &Outcome) -> Self {
        match (outcome.succeeded(), outcome.interrupted) {
            (true, _) => Self::Succeeded,
            (false, true) => Self::Interrupted,
            (false, false) => Self::Failed,
        }
    }
}

/// The runs that a store keeps.
#[derive(Debug, Default)]
pub struct History {
    /// Those that can be read, the oldest first.
    pub runs: Vec<Entry>,
    /// Why others cannot be read, by serial.
    pub damaged: BTreeMap<u64, Error>,
}

impl History {
    /// The history of these runs, of which each was read or could not be.
    ///
    /// # Errors
    /// A run that was not read for another reason than that it is damaged.
    pub(crate) fn of(read: impl IntoIterator<Item = (u64, Result<Entry, Error>)>) -> Result<Self, Error> {
        let mut history = Self::default();
        for (serial, run) in read {
            match run {
                Ok(run) => history.runs.push(run),
                Err(error @ Error::Corrupt { .. }) => drop(history.damaged.insert(serial, error)),
                Err(error) => return Err(error),
            }
        }
        Ok(history)
    }

    /// Whether no run is kept.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.damaged.is_empty()
    }

    /// The serial of the last run, whether it can be read or not.
    pub fn last(&self) -> Option<u64> {
        self.runs.last().map(|run| run.serial).max(self.damaged.keys().next_back().copied())
    }

    /// The part with a later serial than this.
    pub fn after(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial > serial);
        self.damaged.retain(|damaged, _| *damaged > serial);
        self
    }

    /// The part up to this serial.
    pub fn until(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial <= serial);
        self.damaged.retain(|damaged, _| *damaged <= serial);
        self
    }

    /// All runs.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where one of them is damaged.
    pub fn whole(self) -> Result<Vec<Entry>, Error> {
        match self.damaged.into_values().next() {
            Some(damaged) => Err(damaged),
            None => Ok(self.runs),
        }
    }
}

impl Entry {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 1;

    /// A run of `holder` that is about to execute `plan` from the state `before`.
    pub fn of_plan(plan: &Plan, before: &State, holder: &Holder) -> Self {
        let moved = plan.steps.iter().filter_map(|step| match &step.work {
            Work::Move { from } => Some(Move { from: from.clone(), to: step.path.clone() }),
            _ => None,
        });
        Self { moves: moved.collect(), ..Self::begun(before, holder, Counts::of(plan)) }
    }

    /// A run of `holder` that is about to write the state that follows `before`.
    pub fn begun(before: &State, holder: &Holder, counts: Counts) -> Self {
        let user = holder.user.as_deref().unwrap_or("somebody");
        let who = if holder.host.is_empty() { user.to_owned() } else { format!("{user}@{}", holder.host) };
        Self {
            format: Self::FORMAT,
            app: before.app.clone(),
            serial: before.serial + 1,
            time: holder.since,
            command: holder.command.clone(),
            who,
            counts,
            moves: Vec::new(),
            result: None,
        }
    }

    /// The document, indented, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("an entry has string keys only");
        json.push('\n');
        json
    }

    /// Reads the document; `place` names where it comes from in errors.
    ///
    /// # Errors
    /// [`Error::Newer`] and [`Error::Corrupt`].
    pub fn from_json(text: &str, place: &str) -> Result<Self, Error> {
        versioned(text, place, Self::FORMAT)
    }
}

/// Reads an assembly that was kept.
///
/// # Errors
/// [`Error::Newer`] and [`Error::Corrupt`].
pub fn assembly_from_json(text: &str, place: &str) -> Result<Assembly, Error> {
    let assembly: Assembly = versioned(text, place, Assembly::FORMAT)?;
    match assembly.resources.keys().find(|path| assembly.environment(path).is_none()) {
        Some(path) => Err(Error::corrupt(place, format!("`{path}` is in none of its stacks"))),
        None => Ok(assembly),
    }
}

fn versioned<T: DeserializeOwned>(text: &str, place: &str, known: u32) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Header {
        format: u32,
    }
    let corrupt = |error: serde_json::Error| Error::Corrupt { place: place.to_owned(), reason: error.to_string() };
    let Header { format } = serde_json::from_str(text).map_err(corrupt)?;
    if format > known {
        return Err(Error::Newer { place: place.to_owned(), found: format, known });
    }
    serde_json::from_str(text).map_err(corrupt)
}

/// An assembly of the past with the moves that lead back to it: what has moved in one of the runs
/// `since` moves back, and is not deleted and made again.
pub fn way_back(mut assembly: Assembly, since: &[Entry]) -> Assembly {
    for (path, entry) in &mut assembly.resources {
        let mut current = path.clone();
        for found in since.iter().flat_map(|run| &run.moves) {
            if found.from == current {
                current = found.to.clone();
                entry.moved_from.insert(current.clone());
            }
        }
        entry.moved_from.remove(path);
    }
    assembly
}

impl Counts {
    /// How many resources the steps of a plan treat how.
    pub fn of(plan: &Plan) -> Self {
        let mut verbs: BTreeMap<&Path, BTreeSet<&str>> = BTreeMap::new();
        for step in plan.work().filter(|step| step.work != Work::Ready) {
            verbs.entry(&step.path).or_default().insert(step.work.verb());
        }
        let mut counts = Self::default();
        for verbs in verbs.values() {
            let has = |verb: &str| verbs.contains(verb);
            match (has("create"), has("delete"), has("update")) {
                (true, true, _) => counts.replace += 1,
                (true, false, _) => counts.create += 1,
                (_, _, true) => counts.update += 1,
                (_, true, _) => counts.delete += 1,
                (false, false, false) => counts.other += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::Action;
    use crate::execute::{Cancellation, ExecuteOptions, execute};
    use crate::fake::{Fake, VPC, assembly};
    use crate::planning::{self, PlanOptions};
    use crate::store::{self, MemoryStore};

    fn at(path: &str, before: &str) -> Assembly {
        let mut program = assembly(&[(path, VPC, json!({"CidrBlock": "10.0.0.0/16"}))]);
        program.resources.get_mut(path).unwrap().moved_from.insert(before.into());
        program
    }

    #[test]
    fn a_program_that_was_damaged_is_an_error_and_not_a_panic() {
        let text = at("a/one", "a/zero").to_json();
        assert!(assembly_from_json(&text, "here").is_ok());
        for damaged in
            [text.replace("\"a\": {", "\"b\": {"), text.replace("\"a/one\": {", "\"\": {"), text[..99].into()]
        {
            let error = assembly_from_json(&damaged, "history/2.assembly.json").unwrap_err().to_string();
            assert!(error.starts_with("history/2.assembly.json is damaged"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_moved_twice_since_moves_back_at_once() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let mut runs = Vec::new();
        for program in [at("a/one", "a/zero"), at("a/two", "a/one"), at("a/three", "a/two")] {
            let loaded = store::load(&store, "shop").await.unwrap();
            let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
            runs.push(Entry::of_plan(&planned.plan, &loaded.state, &Holder::here("deploy")));
            let options = ExecuteOptions::default();
            execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        }
        assert_eq!(
            runs.iter().map(|run| (run.counts.create, run.counts.other)).collect::<Vec<_>>(),
            [(1, 0), (0, 1), (0, 1)]
        );
        let state = store::load(&store, "shop").await.unwrap().state;
        let back = way_back(at("a/one", "a/zero"), &runs[1..]);
        let planned = planning::deploy(&back, &state, &fake, &PlanOptions::default()).await.unwrap();
        let change = &planned.changes.changes["a/one"];
        assert_eq!((change.action, change.moved_from.clone()), (Action::Move, Some("a/three".into())));
        assert_eq!(planned.changes.changes.len(), 1);
    }
}
