//! The runs that have changed something.

use groundplan_engine::model::{Counts, RunRecord, RunResult};
use jiff::Timestamp;

use crate::style::{BOLD, CREATE, DIM, ERROR, WARNING, padded, paint};

/// A line for each run, the oldest first, without a line feed at the end.
pub(crate) fn table(entries: &[RunRecord]) -> String {
    let width = |of: &dyn Fn(&RunRecord) -> String| entries.iter().map(|it| of(it).chars().count()).max().unwrap_or(0);
    let serial = |entry: &RunRecord| entry.serial.to_string();
    let widths = (
        width(&serial),
        width(&|entry| entry.who.clone()),
        width(&|entry| entry.command.clone()),
        width(&|entry| counts(&entry.counts)),
    );
    let line = |entry: &RunRecord| {
        let serial = format!("{:>1$}", entry.serial, widths.0);
        let when = Timestamp::from_second(i64::try_from(entry.time).unwrap_or_default()).unwrap_or_default();
        let when = paint(DIM, when.strftime("%F %T UTC"));
        let who = padded(DIM, &entry.who, widths.1);
        let command = padded(BOLD, &entry.command, widths.2);
        let counts = format!("{:1$}", counts(&entry.counts), widths.3);
        format!("{}  {when}  {who}  {command}  {counts}  {}", paint(BOLD, serial), ending(entry.result))
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `+3 ~1`: how many were to be created, changed, perhaps changed, replaced, deleted, settled.
fn counts(counts: &Counts) -> String {
    let Counts { create, update, may_update, replace, delete, other } = *counts;
    let parts = [(create, "+"), (update, "~"), (may_update, "~?"), (replace, "±"), (delete, "-"), (other, "·")];
    let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, symbol)| format!("{symbol}{number}"));
    parts.collect::<Vec<_>>().join(" ")
}

fn ending(result: Option<RunResult>) -> String {
    match result {
        Some(RunResult::Succeeded) => paint(CREATE, "done"),
        Some(RunResult::Failed) => paint(ERROR, "failed"),
        Some(RunResult::Interrupted) => paint(WARNING, "interrupted"),
        None => paint(WARNING, "did not end"),
    }
}
