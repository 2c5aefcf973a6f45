//! The history of runs: what was deployed when, by whom, and from which program.
//!
//! Every run that writes a state has a [`RunRecord`], named by the new serial of the state. The store writes the record
//! when the run begins, and again when it ends, so that a killed run is in the history as well. The store also keeps
//! the assembly of the program, so that `rollback` can plan the way back. As in every assembly, a secret is represented
//! by its source.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path};

use crate::model::{Counts, LockOwner, Move, RunRecord, RunResult, State};
use crate::run::execute::Outcome;
use crate::stages::plan::{Plan, Step, StepId, Work};

impl RunRecord {
    /// Creates the record of a run of `holder` that is about to execute `plan` from the state `before`.
    pub fn of_plan(plan: &Plan, before: &State, holder: &LockOwner) -> Self {
        Self { moves: moves(plan.work()), ..Self::begun(before, holder, Counts::of(plan.work())) }
    }

    /// Returns the record of the run after its end, with the executed part of the plan.
    pub fn ended(self, plan: &Plan, outcome: &Outcome) -> Self {
        let done: BTreeSet<StepId> = outcome.done.iter().copied().collect();
        let steps = || plan.work().filter(|step| done.contains(&step.id));
        Self { counts: Counts::of(steps()), moves: moves(steps()), result: Some(RunResult::of(outcome)), ..self }
    }
}

fn moves<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<Move> {
    let moved = steps.filter_map(|step| match &step.work {
        Work::Move { from } => Some(Move { from: from.clone(), to: step.path.clone() }),
        _ => None,
    });
    moved.collect()
}

impl RunResult {
    /// Returns the result of a deploy.
    pub fn of(outcome: &Outcome) -> Self {
        match (outcome.succeeded(), outcome.interrupted) {
            (true, _) => Self::Succeeded,
            (false, true) => Self::Interrupted,
            (false, false) => Self::Failed,
        }
    }
}

/// Returns an earlier assembly with the moves that lead back to it: a resource that moved in one of the runs `since`
/// moves back, and is not deleted and created again.
pub fn rollback_target(mut assembly: Assembly, since: &[RunRecord]) -> Assembly {
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
    /// Counts the resources of these steps by action.
    pub fn of<'a>(steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut verbs: BTreeMap<&Path, BTreeSet<&str>> = BTreeMap::new();
        for step in steps.filter(|step| step.work != Work::Ready) {
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
    use crate::fake::{Fake, VPC, assembly};
    use crate::provider::ErrorClass;
    use crate::run::execute::{Cancellation, ExecuteOptions, execute};
    use crate::run::planning::{self, PlanOptions};
    use crate::run::store::{self, MemoryStore};
    use crate::stages::diff::Action;

    fn at(path: &str, before: &str) -> Assembly {
        let mut program = assembly(&[(path, VPC, json!({"CidrBlock": "10.0.0.0/16"}))]);
        program.resources.get_mut(path).unwrap().moved_from.insert(before.into());
        program
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_has_ended_counts_what_it_has_done() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let program = assembly(&[
            ("a/one", VPC, json!({"CidrBlock": "10.0.0.0/16"})),
            ("a/two", VPC, json!({"CidrBlock": "10.1.0.0/16"})),
        ]);
        let loaded = store::load(&store, "shop").await.unwrap();
        let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
        let begun = RunRecord::of_plan(&planned.plan, &loaded.state, &LockOwner::new("deploy"));
        fake.fail("create a/two", ErrorClass::Invalid);
        let options = ExecuteOptions::default();
        let outcome = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert_eq!((begun.counts.create, begun.result), (2, None));
        let ended = begun.ended(&planned.plan, &outcome);
        assert_eq!((ended.counts, ended.result), (Counts { create: 1, ..Counts::default() }, Some(RunResult::Failed)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_moved_twice_since_moves_back_at_once() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let mut runs = Vec::new();
        for program in [at("a/one", "a/zero"), at("a/two", "a/one"), at("a/three", "a/two")] {
            let loaded = store::load(&store, "shop").await.unwrap();
            let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
            runs.push(RunRecord::of_plan(&planned.plan, &loaded.state, &LockOwner::new("deploy")));
            let options = ExecuteOptions::default();
            execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        }
        assert_eq!(
            runs.iter().map(|run| (run.counts.create, run.counts.other)).collect::<Vec<_>>(),
            [(1, 0), (0, 1), (0, 1)]
        );
        let state = store::load(&store, "shop").await.unwrap().state;
        let back = rollback_target(at("a/one", "a/zero"), &runs[1..]);
        let planned = planning::deploy(&back, &state, &fake, &PlanOptions::default()).await.unwrap();
        let change = &planned.changes.changes["a/one"];
        assert_eq!((change.action, change.moved_from.clone()), (Action::Move, Some("a/three".into())));
        assert_eq!(planned.changes.changes.len(), 1);
    }
}
