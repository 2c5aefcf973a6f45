//! The reasons why a command fails, with their exit codes.

use groundplan_core::Diagnostics;
use groundplan_engine::edit::EditError;
use groundplan_engine::plan::PlanError;
use groundplan_engine::planning::{PlanningError, RecoverError};
use groundplan_engine::store::StoreError;
use groundplan_engine::upstream::UpstreamError;
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

    /// The kind of each error of the engine, without a default here or in the functions for the larger errors, so that a
    /// new one has to choose.
    fn of(error: &EngineError) -> Self {
        match error {
            EngineError::Store(error) => Self::of_store(error),
            EngineError::Plan(error) => Self::of_plan(error),
            EngineError::Upstream(error) => Self::of_upstream(error),
            EngineError::Planning(PlanningError::Unsupported { .. } | PlanningError::Retyped { .. })
            | EngineError::Edit(
                EditError::NoPath { .. } | EditError::OnlyRetained { .. } | EditError::PathTaken { .. },
            )
            | EngineError::LeftOut(_)
            | EngineError::Lookups(_)
            | EngineError::MissingSecrets(_)
            | EngineError::NotImportable(_)
            | EngineError::UnknownPaths(_)
            | EngineError::WrongAccount(_) => Self::Usage,
            EngineError::Recover(RecoverError::Ambiguous { .. } | RecoverError::Unresolved { .. })
            | EngineError::Format(_)
            | EngineError::Read(_) => Self::Failed,
        }
    }

    fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Locked { .. } => Self::Locked,
            StoreError::AppName { .. } | StoreError::OtherApp { .. } => Self::Usage,
            StoreError::Absent { .. }
            | StoreError::File { .. }
            | StoreError::Journal { .. }
            | StoreError::JournalStopped { .. }
            | StoreError::LockLost { .. }
            | StoreError::Moved { .. }
            | StoreError::Older { .. }
            | StoreError::OtherLineage { .. }
            | StoreError::Owned { .. }
            | StoreError::Refused { .. }
            | StoreError::Request { .. } => Self::Failed,
        }
    }

    fn of_plan(error: &PlanError) -> Self {
        match error {
            PlanError::Corrupt { .. } => Self::Usage,
            PlanError::Claimed { .. }
            | PlanError::Cycle { .. }
            | PlanError::DataLoss { .. }
            | PlanError::Held { .. }
            | PlanError::NamedTooEarly { .. }
            | PlanError::NoFinalSnapshot { .. }
            | PlanError::Protected { .. }
            | PlanError::Stale { .. }
            | PlanError::Swapped { .. } => Self::Failed,
        }
    }

    fn of_upstream(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::Missing { .. } => Self::Usage,
            UpstreamError::OutputsInUse { .. } | UpstreamError::ReplacedInUse { .. } => Self::Failed,
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
