//! The documents in the log of an [`ObjectStore`](super::ObjectStore): a line of JSON that says
//! what it is, then a state as `state.json` has it, or an event a line as `journal.jsonl` has them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;
use crate::model::{Event, FormatError, State};

/// The version of the format that this crate writes. Format 1 could not be moved, format 2 had
/// nothing retained.
const FORMAT: u32 = 4;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    format: u32,
    pub(super) kind: Kind,
    /// Tells this write from all others, so that one whose answer was lost is known again.
    pub(super) id: Uuid,
    /// The lease under which it was written.
    pub(super) writer: Uuid,
    /// The numbers of the checkpoints that are kept, the current one last. Events continue that
    /// one, and a checkpoint is it. None before the first one.
    pub(super) checkpoints: Vec<u64>,
    /// The new location of the state, if it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<String>,
}

/// The content after the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A whole state.
    Checkpoint,
    /// The events since the previous object. Empty if this only takes the number from a run that might still write it.
    Events,
}

impl Header {
    pub(super) fn new(kind: Kind, writer: Uuid, checkpoints: Vec<u64>, moved: Option<String>) -> Self {
        Self { format: FORMAT, kind, id: Uuid::new_v4(), writer, checkpoints, moved }
    }

    /// The document with this header.
    pub(super) fn before(&self, body: &str) -> String {
        let mut text = serde_json::to_string(self).expect("a header has string keys only");
        text.push('\n');
        text.push_str(body);
        text
    }

    /// Takes a document apart; `place` names it in errors.
    pub(super) fn split<'t>(text: &'t str, place: &str) -> Result<(Self, &'t str), Error> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let corrupt = |error: serde_json::Error| {
            Error::Format(FormatError::Corrupt { place: place.into(), reason: error.to_string() })
        };
        let (line, body) = text.split_once('\n').unwrap_or((text, ""));
        let Format { format } = serde_json::from_str(line).map_err(corrupt)?;
        if format > FORMAT {
            return Err(Error::Format(FormatError::Newer { place: place.into(), found: format, known: FORMAT }));
        }
        Ok((serde_json::from_str(line).map_err(corrupt)?, body))
    }
}

/// The events, one a line.
pub(super) fn lines(events: &[Event]) -> String {
    let line = |event| serde_json::to_string(event).expect("events have string keys only") + "\n";
    events.iter().map(line).collect()
}

/// The state in a checkpoint.
pub(super) fn state(text: &str, place: &str) -> Result<State, Error> {
    match Header::split(text, place)? {
        (Header { kind: Kind::Checkpoint, .. }, body) => Ok(State::from_json(body, place)?),
        _ => Err(Error::Format(FormatError::Corrupt { place: place.into(), reason: "it is not a checkpoint".into() })),
    }
}

/// The serial that the state in a checkpoint says it has, where nothing else of it can be read.
pub(super) fn serial(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Saved {
        serial: u64,
    }
    let (_, body) = text.split_once('\n')?;
    serde_json::from_str(body).ok().map(|Saved { serial }| serial)
}

/// The events in an object that continues the checkpoint with the number `checkpoint`.
pub(super) fn events(text: &str, checkpoint: u64, place: &str) -> Result<Vec<Event>, Error> {
    let corrupt = |reason: String| Error::Format(FormatError::Corrupt { place: place.into(), reason });
    let (header, body) = Header::split(text, place)?;
    if header.kind != Kind::Events || header.checkpoints.last() != Some(&checkpoint) {
        return Err(corrupt(format!("it does not continue checkpoint {checkpoint}")));
    }
    let event = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| corrupt(format!("line {}: {error}", number + 2)))
    };
    body.lines().enumerate().map(event).collect()
}
