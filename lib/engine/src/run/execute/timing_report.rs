//! Durations to compare the duration of a run with.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use groundplan_core::Path;

use crate::stages::plan::{Plan, Work};

/// The durations that a completed run would have had under other rules, if each of its steps had the same duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingReport {
    /// The duration of the slowest chain of steps, which no order can beat.
    pub critical_path: Duration,
    /// The duration if each resource waited until all of its dependencies are ready, and at most ten resources were
    /// processed at a time until they are ready, as Terraform does by default.
    pub waiting_for_all: Duration,
    /// `true` if the run waited for a resource. Otherwise, there is nothing to compare.
    pub waited: bool,
}

/// The number of resources that other tools process at a time: Terraform's default.
const OTHERS: usize = 10;

impl TimingReport {
    /// From how long each step of `plan` took, in the plan's order.
    pub(super) fn of(plan: &Plan, took: &[Duration]) -> Self {
        let waits = plan.steps.iter().zip(took).filter(|(step, _)| step.work == Work::Ready);
        Self {
            critical_path: critical_path(plan, took),
            waiting_for_all: waiting_for_all(plan, took, OTHERS),
            waited: waits.into_iter().any(|(_, took)| *took > Duration::ZERO),
        }
    }
}

fn critical_path(plan: &Plan, took: &[Duration]) -> Duration {
    let mut ends: Vec<Duration> = Vec::with_capacity(plan.steps.len());
    for (step, took) in plan.steps.iter().zip(took) {
        // A step stands after all that it waits for.
        let start = step.dependencies.iter().map(|id| ends[id.0 as usize]).max();
        ends.push(start.unwrap_or_default() + *took);
    }
    ends.into_iter().max().unwrap_or_default()
}

/// All that is done to bring about a resource, or to delete one, is one task.
type Task<'a> = (&'a Path, bool);

fn waiting_for_all(plan: &Plan, took: &[Duration], at_a_time: usize) -> Duration {
    let task = |position: usize| -> Task<'_> {
        let step = &plan.steps[position];
        (&step.path, matches!(step.work, Work::Delete { .. }))
    };
    let mut lasting: BTreeMap<Task<'_>, Duration> = BTreeMap::new();
    let mut waits: BTreeMap<Task<'_>, BTreeSet<Task<'_>>> = BTreeMap::new();
    for (position, step) in plan.steps.iter().enumerate() {
        let this = task(position);
        *lasting.entry(this).or_default() += took[position];
        let others = step.dependencies.iter().map(|id| task(id.0 as usize)).filter(|other| *other != this);
        waits.entry(this).or_default().extend(others);
    }
    list_schedule(&lasting, &waits, at_a_time)
}

/// The end of the last task where so many run at a time, in the order of their names.
fn list_schedule(
    lasting: &BTreeMap<Task<'_>, Duration>,
    waits: &BTreeMap<Task<'_>, BTreeSet<Task<'_>>>,
    at_a_time: usize,
) -> Duration {
    let mut open: BTreeMap<Task<'_>, usize> = waits.iter().map(|(task, waits)| (*task, waits.len())).collect();
    let mut dependents: BTreeMap<Task<'_>, Vec<Task<'_>>> = BTreeMap::new();
    for (task, waits) in waits {
        waits.iter().for_each(|before| dependents.entry(*before).or_default().push(*task));
    }
    let mut free: BTreeSet<Task<'_>> = open.iter().filter(|(_, open)| **open == 0).map(|(task, _)| *task).collect();
    let mut running: BinaryHeap<Reverse<(Duration, Task<'_>)>> = BinaryHeap::new();
    let mut now = Duration::ZERO;
    loop {
        while running.len() < at_a_time
            && let Some(task) = free.pop_first()
        {
            running.push(Reverse((now + lasting[&task], task)));
        }
        let Some(Reverse((end, done))) = running.pop() else { return now };
        now = end;
        for dependent in dependents.remove(&done).unwrap_or_default() {
            let waits = open.get_mut(&dependent).expect("every task is open at first");
            *waits -= 1;
            if *waits == 0 {
                free.insert(dependent);
            }
        }
    }
}
