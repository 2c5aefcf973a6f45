//! The reasons why a command fails, with their exit codes.

use groundplan_core::Diagnostics;
use groundplan_engine::{Error as EngineError, Hints};
use serde::Serialize;

use crate::render::hint;
use crate::style::lines;

/// The result of a command that did its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// There are changes, or drift, and the exit code was to say so.
    Changes,
    /// It was done in part: what failed has been shown.
    Failed,
    /// It was interrupted, after what was in flight was finished.
    Interrupted,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => Kind::Failed.code(),
            Self::Changes => 2,
            Self::Interrupted => Kind::Interrupted.code(),
        }
    }
}

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CommandError {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// Hints for the user.
    pub(crate) hints: Vec<String>,
    /// The findings, where the program is not valid.
    pub(crate) diagnostics: Option<Diagnostics>,
    /// The error of the engine, if the program at hand can explain it further.
    pub(crate) cause: Option<Box<EngineError>>,
}

/// The kind of a failure, which determines the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// It was attempted, and failed.
    Failed,
    /// The program or the way it was called has to change; nothing was tried.
    Usage,
    /// Another run holds the lock.
    Locked,
    /// The user has stopped it.
    Interrupted,
}

impl Kind {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 3,
            Self::Locked => 4,
            Self::Interrupted => 130,
        }
    }

    /// The kind of each error of the engine, without a default, so that a new one has to choose.
    fn of(error: &EngineError) -> Self {
        match error {
            EngineError::Locked { .. } => Self::Locked,
            EngineError::AppName { .. }
            | EngineError::CorruptPlan { .. }
            | EngineError::LeftOut { .. }
            | EngineError::Lookups { .. }
            | EngineError::MissingSecrets { .. }
            | EngineError::NoPath { .. }
            | EngineError::NotImportable { .. }
            | EngineError::OnlyRetained { .. }
            | EngineError::OtherApp { .. }
            | EngineError::PathTaken { .. }
            | EngineError::Retyped { .. }
            | EngineError::UnknownPaths { .. }
            | EngineError::Unsupported { .. }
            | EngineError::Upstream { .. }
            | EngineError::WrongAccount { .. } => Self::Usage,
            EngineError::Absent { .. }
            | EngineError::Ambiguous { .. }
            | EngineError::Claimed { .. }
            | EngineError::Cycle { .. }
            | EngineError::DataLoss { .. }
            | EngineError::File { .. }
            | EngineError::Format(_)
            | EngineError::Held { .. }
            | EngineError::Journal { .. }
            | EngineError::JournalStopped { .. }
            | EngineError::LockLost { .. }
            | EngineError::Moved { .. }
            | EngineError::NamedTooEarly { .. }
            | EngineError::NoFinalSnapshot { .. }
            | EngineError::Older { .. }
            | EngineError::OtherLineage { .. }
            | EngineError::OutputsInUse { .. }
            | EngineError::Owned { .. }
            | EngineError::Protected { .. }
            | EngineError::Provider { .. }
            | EngineError::Refused { .. }
            | EngineError::ReplacedInUse { .. }
            | EngineError::StalePlan { .. }
            | EngineError::Store { .. }
            | EngineError::Swapped { .. }
            | EngineError::Unresolved { .. } => Self::Failed,
        }
    }
}

impl CommandError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), diagnostics: None, cause: None }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, message)
    }

    /// For what needs the feature `aws`, in a program that was built without it.
    pub(crate) fn without_aws(hint: &str) -> Self {
        Self::usage("this program was built without support for AWS")
            .hint(format!("build it with the feature `aws` of groundplan-cli, or {hint}"))
    }

    /// The message as it is printed.
    pub(crate) fn shown(&self) -> String {
        match &self.cause {
            Some(cause) if cause.has_lines() => lines(&self.message),
            _ => self.message.clone(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With what can be done about the cause.
    pub(crate) fn hints_of(mut self, cause: &impl Hints) -> Self {
        self.hints.extend(hint::all(cause));
        self
    }
}

/// The message of the engine as it is printed: a list with its lines, any other one on a line.
pub(crate) fn shown(error: &EngineError) -> String {
    if error.has_lines() { lines(&error.to_string()) } else { error.to_string() }
}

impl From<Diagnostics> for CommandError {
    fn from(diagnostics: Diagnostics) -> Self {
        let count = diagnostics.errors().count();
        let message = format!("the program is not valid: {count} error{}", if count == 1 { "" } else { "s" });
        Self { diagnostics: Some(diagnostics), ..Self::usage(message) }
    }
}

/// The message is the engine's own. What to do is worded by [`hint`].
impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let (kind, hints) = (Kind::of(&error), hint::all(&error));
        let message = error.to_string();
        Self { hints, cause: Some(Box::new(error)), ..Self::new(kind, message) }
    }
}
