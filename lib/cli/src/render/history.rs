//! The runs that have changed something.

use std::collections::BTreeMap;

use groundplan_engine::Error;
use groundplan_engine::model::{Counts, RunRecord, RunResult};
use groundplan_engine::store::History;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::style::{BOLD, CREATE, DIM, ERROR, NL, WARNING, padded, paint};

/// A line for each run, the oldest first, without a line feed at the end.
pub(crate) fn table(History { runs: entries, unreadable }: &History) -> String {
    let width = |of: &dyn Fn(&RunRecord) -> String| entries.iter().map(|it| of(it).chars().count()).max().unwrap_or(0);
    let serial = |entry: &RunRecord| entry.serial.to_string();
    let serials = unreadable.keys().map(|serial| serial.to_string().len()).max().unwrap_or(0);
    let widths = (
        width(&serial).max(serials),
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
    let known = entries.iter().map(|entry| (entry.serial, line(entry)));
    let unreadable = unreadable.keys().map(|serial| {
        let shown = paint(BOLD, format!("{serial:>0$}", widths.0));
        (*serial, format!("{shown}  {}", self::unreadable()))
    });
    let lines: BTreeMap<_, _> = known.chain(unreadable).collect();
    lines.into_values().collect::<Vec<_>>().join(&*NL)
}

/// What stands in the place of a run or a state that cannot be read; why is said beside it.
pub(crate) fn unreadable() -> String {
    paint(ERROR, "unreadable")
}

/// What cannot be read, for other programs.
pub(crate) fn document(unreadable: &BTreeMap<u64, Error>) -> Json {
    unreadable.iter().map(|(serial, error)| json!({"serial": serial, "reason": error.to_string()})).collect()
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
