//! Why a step has failed.

use serde::Serialize;

use crate::error::Error;
use crate::hint::{Hint, Hints};
use crate::provider::{ErrorClass, ProviderError};
use crate::secret::SecretError;

/// Why a step has failed.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepError {
    /// The cloud does not do it.
    #[error("{message}")]
    Provider {
        /// The class of the error.
        class: ErrorClass,
        /// All that the cloud says.
        message: String,
        /// The call, as in `ec2:CreateVpc`.
        operation: Option<String>,
        /// The cloud's error code.
        code: Option<String>,
        /// The cloud's id of the request.
        request_id: Option<String>,
        /// What a user can do about it.
        #[serde(skip)]
        hints: Vec<Hint>,
    },
    /// It did not become ready.
    #[error("it is not ready: {reason}")]
    NotReady {
        /// What the cloud says.
        reason: String,
        /// Whether it has failed for good; else it may become ready later.
        failed: bool,
    },
    /// It did not go.
    #[error("it is not gone: {reason}")]
    NotGone {
        /// What the cloud says.
        reason: String,
    },
    /// Several resources may be the one that a lost answer was about.
    #[error("the answer to the create was lost, and {} resources may be what it made: {}; delete all but one and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Their identifiers.
        ids: Vec<String>,
    },
    /// The value of a secret cannot be had.
    #[error("{message}")]
    Secret {
        /// Which, and why.
        message: String,
    },
    /// A reference has no value.
    #[error("`{reference}` has no value: the resource exists, but the target has not told this attribute")]
    Unresolved {
        /// The reference.
        reference: String,
    },
    /// The state does not have the resource that the step is about.
    #[error("the state has no such resource")]
    Unknown,
    /// The run was asked to stop before it was done. The outcome has such a step among those that
    /// were skipped.
    #[error("the run was asked to stop")]
    Interrupted,
    /// The journal cannot be written. Nothing new is started then.
    #[error("{message}")]
    Journal {
        /// What the store says.
        message: String,
        /// What a user can do about it.
        #[serde(skip)]
        hints: Vec<Hint>,
    },
}

impl Hints for StepError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Provider { hints, .. } | Self::Journal { hints, .. } => hints.clone(),
            Self::NotReady { failed: false, .. } => vec![Hint::WaitAgain],
            Self::NotReady { failed: true, .. }
            | Self::NotGone { .. }
            | Self::Ambiguous { .. }
            | Self::Secret { .. }
            | Self::Unresolved { .. }
            | Self::Unknown
            | Self::Interrupted => Vec::new(),
        }
    }
}

impl From<ProviderError> for StepError {
    fn from(error: ProviderError) -> Self {
        let (message, hints) = (error.to_string(), error.hints());
        let ProviderError { class, operation, code, request_id, .. } = error;
        Self::Provider { class, message, operation, code, request_id, hints }
    }
}

impl From<SecretError> for StepError {
    fn from(error: SecretError) -> Self {
        Self::Secret { message: error.to_string() }
    }
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Journal { message: error.to_string(), hints: error.hints() }
    }
}
