//! The runs that have changed something.

use std::collections::BTreeMap;

use groundplan_engine::Error;
use groundplan_engine::model::{Counts, RunRecord, RunResult};
use groundplan_engine::store::History;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::render::{column, hint};
use crate::style::{BOLD, CREATE, DIM, ERROR, NL, WARNING, columns, padded, paint};

/// The commands that the table makes room for.
const LONG_COMMAND: usize = 32;

/// A line for each run, the oldest first, without a line feed at the end.
pub(crate) fn table(History { runs, unreadable }: &History) -> String {
    let width = |of: &dyn Fn(&RunRecord) -> String| runs.iter().map(|it| columns(&of(it))).max().unwrap_or(0);
    let serial = |run: &RunRecord| run.serial.to_string();
    let serials = unreadable.keys().map(|serial| serial.to_string().len()).max().unwrap_or(0);
    let widths = (
        width(&serial).max(serials),
        width(&|run| run.who.clone()),
        column(runs.iter().map(|run| columns(&run.command)), LONG_COMMAND),
        width(&counts),
    );
    let last = runs.iter().map(|run| run.serial).chain(unreadable.keys().copied()).max();
    let line = |run: &RunRecord| {
        let serial = format!("{:>1$}", run.serial, widths.0);
        let when = Timestamp::from_second(i64::try_from(run.time).unwrap_or_default()).unwrap_or_default();
        let when = paint(DIM, when.strftime("%F %T UTC"));
        let who = padded(DIM, &run.who, widths.1);
        let command = padded(BOLD, &run.command, widths.2);
        let counts = format!("{:1$}", counts(run), widths.3);
        format!(
            "{}  {when}  {who}  {command}  {counts}  {}",
            paint(BOLD, serial),
            ending(run.result, Some(run.serial) == last)
        )
    };
    let known = runs.iter().map(|run| (run.serial, line(run)));
    let unreadable = unreadable.keys().map(|serial| {
        let shown = paint(BOLD, format!("{serial:>0$}", widths.0));
        (*serial, format!("{shown}  {}", self::unreadable()))
    });
    let lines: BTreeMap<_, _> = known.chain(unreadable).collect();
    lines.into_values().collect::<Vec<_>>().join(&*NL)
}

/// Returns the text in place of a run or a state that cannot be read; the reason is shown next to it.
pub(crate) fn unreadable() -> String {
    paint(ERROR, "unreadable")
}

/// Returns the unreadable runs or states, for other programs.
pub(crate) fn document(unreadable: &BTreeMap<u64, Error>) -> Json {
    unreadable
        .iter()
        .map(|(serial, error)| json!({"serial": serial, "reason": error.to_string(), "hints": hint::all(error)}))
        .collect()
}

/// Returns `+3 ~1`: the numbers of resources that were created, changed, perhaps changed, replaced, deleted, and
/// others; `of +3 ~1` for a run that could not record how many of them it completed.
fn counts(run: &RunRecord) -> String {
    let Counts { create, update, may_update, replace, delete, other } = run.counts;
    let parts = [(create, "+"), (update, "~"), (may_update, "~?"), (replace, "±"), (delete, "-"), (other, "·")];
    let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, symbol)| format!("{symbol}{number}"));
    let counts = parts.collect::<Vec<_>>().join(" ");
    if run.result.is_none() && !counts.is_empty() { format!("of {counts}") } else { counts }
}

/// Returns the result of a run. A run that was killed, or that lost its lock, could not record one; once a later run
/// has begun, it cannot continue.
fn ending(result: Option<RunResult>, is_last: bool) -> String {
    match result {
        Some(RunResult::Succeeded) => paint(CREATE, "done"),
        Some(RunResult::Failed) => paint(ERROR, "failed"),
        Some(RunResult::Interrupted) => paint(WARNING, "interrupted"),
        None if is_last => paint(WARNING, "did not end"),
        None => paint(WARNING, "cut short"),
    }
}

#[cfg(test)]
mod tests {
    use groundplan_engine::State;
    use groundplan_engine::model::LockOwner;

    use super::*;
    use crate::style::rendered;

    #[test]
    fn a_run_without_an_end_is_over_once_another_one_has_begun() {
        let run = |serial: u64, result| {
            let before = State { serial: serial - 1, ..State::new("shop") };
            RunRecord { result, ..RunRecord::begun(&before, &LockOwner::new("deploy"), Counts::default()) }
        };
        let runs = vec![run(1, Some(RunResult::Succeeded)), run(2, None), run(3, None)];
        let table = rendered(&table(&History { runs, ..History::default() }), false);
        let ends: Vec<_> = table.lines().map(|line| line.rsplit("  ").next().unwrap_or_default()).collect();
        assert_eq!(ends, ["done", "cut short", "did not end"]);
    }
}
