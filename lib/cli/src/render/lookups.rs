//! The answers of lookups.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_engine::diff::LookupChange;
use groundplan_engine::model::Answer;
use serde_json::Value as Json;

use crate::render::{diff, value};
use crate::style::{BOLD, DIM, NL, paint};

/// `shop/image  public parameter `/aws/service/…`  ami-1`
pub(crate) fn line(path: &Path, answer: &Answer) -> String {
    let first = answer.query.outputs().iter().find_map(|output| answer.outputs.get(output.name));
    let first = first.map(|value| value.as_str().map_or_else(|| value::json(value, 2), str::to_owned));
    format!("{}  {}  {}", paint(BOLD, path), paint(DIM, &answer.query), first.unwrap_or_default())
}

/// The whole answer, with the run that has found it.
pub(crate) fn show(path: &Path, answer: &Answer) -> String {
    let mut lines = vec![
        paint(BOLD, path),
        format!("  lookup: {}", answer.query),
        match answer.query.is_global() {
            true => format!("  account: {}", answer.account),
            false => format!("  region: {}", answer.region),
        },
        format!("  found by: the run that wrote serial {}; `deploy --refresh` reads it again", answer.serial),
        "  outputs:".to_owned(),
    ];
    lines.extend(
        answer.outputs.iter().map(|(name, found): (&String, &Json)| format!("    {name}: {}", value::json(found, 4))),
    );
    lines.join(&*NL)
}

/// The answers that change, with each output that differs.
pub(crate) fn changes(changes: &BTreeMap<Path, LookupChange>, indent: usize) -> String {
    let line = |(path, change): (&Path, &LookupChange)| {
        diff::between(path.as_str(), &change.from, &change.to, None, "", indent)
    };
    changes.iter().map(line).collect()
}
