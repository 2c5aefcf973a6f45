//! The record of a run.

use groundplan_core::{Assembly, Path};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::FormatError;
use super::lock_owner::LockOwner;
use super::state::State;

/// The record of a run that has written the state, or was about to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The serial of the state since this run.
    pub serial: u64,
    /// The start time, in seconds since 1970.
    pub time: u64,
    /// The command with its arguments.
    pub command: String,
    /// The user, as far as the machine knows.
    pub who: String,
    /// The number of resources by action: planned while the run is in progress, executed once it has ended.
    pub counts: Counts,
    /// The moved resources: planned while the run is in progress, executed once it has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// The result; `None` while the run is in progress, and if it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<RunResult>,
}

/// A resource whose path changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The old path.
    pub from: Path,
    /// The new path.
    pub to: Path,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// All steps succeeded.
    Succeeded,
    /// A step failed.
    Failed,
    /// The run was requested to stop.
    Interrupted,
}

/// The number of resources by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Created.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Changed in place if a value that they take from other resources turns out to differ.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub may_update: usize,
    /// Replaced.
    pub replace: usize,
    /// Deleted, including deposed resources of earlier runs.
    pub delete: usize,
    /// Moved, forgotten, retained, recorded or waited for.
    pub other: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl RunRecord {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 1;

    /// Creates the record of a run of `holder` that is about to write the state after `before`.
    pub fn begun(before: &State, holder: &LockOwner, counts: Counts) -> Self {
        let user = holder.user.as_deref().unwrap_or("unknown user");
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

    /// Returns the record of a run that has only changed the state, after its end.
    pub(crate) fn succeeded(self) -> Self {
        Self { result: Some(RunResult::Succeeded), ..self }
    }

    /// Returns the document as indented JSON, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a record has string keys only");
        json.push('\n');
        json
    }

    /// Reads the document; `place` names where it comes from in errors.
    ///
    /// # Errors
    /// [`FormatError::Newer`] and [`FormatError::Corrupt`].
    pub fn from_json(text: &str, place: &str) -> Result<Self, FormatError> {
        versioned(text, place, Self::FORMAT)
    }
}

/// Reads a stored assembly.
///
/// # Errors
/// [`FormatError::Newer`] and [`FormatError::Corrupt`].
pub fn assembly_from_json(text: &str, place: &str) -> Result<Assembly, FormatError> {
    let assembly: Assembly = versioned(text, place, Assembly::FORMAT)?;
    match assembly.resources.keys().find(|path| assembly.environment(path).is_none()) {
        Some(path) => Err(FormatError::corrupt(place, format!("`{path}` is not in any of its stacks"))),
        None => Ok(assembly),
    }
}

fn versioned<T: DeserializeOwned>(text: &str, place: &str, known: u32) -> Result<T, FormatError> {
    #[derive(Deserialize)]
    struct Header {
        format: u32,
    }
    let corrupt =
        |error: serde_json::Error| FormatError::Corrupt { place: place.to_owned(), reason: error.to_string() };
    let Header { format } = serde_json::from_str(text).map_err(corrupt)?;
    if format > known {
        return Err(FormatError::Newer { place: place.to_owned(), found: format, known });
    }
    serde_json::from_str(text).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fake::{VPC, assembly};

    #[test]
    fn a_program_that_was_damaged_is_an_error_and_not_a_panic() {
        let text = assembly(&[("a/one", VPC, json!({"CidrBlock": "10.0.0.0/16"}))]).to_json();
        assert!(assembly_from_json(&text, "here").is_ok());
        for damaged in
            [text.replace("\"a\": {", "\"b\": {"), text.replace("\"a/one\": {", "\"\": {"), text[..99].into()]
        {
            let error = assembly_from_json(&damaged, "history/2.assembly.json").unwrap_err().to_string();
            assert!(error.starts_with("history/2.assembly.json is damaged"), "{error}");
        }
    }
}
