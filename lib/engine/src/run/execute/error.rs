//! The errors of a step.

use serde::Serialize;

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::provider::{ErrorClass, ProviderError};
use crate::secret::SecretError;

/// The error of a failed step.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepError {
    /// The cloud refused the call, or the call failed.
    #[error("{message}")]
    Provider {
        /// The class of the error.
        class: ErrorClass,
        /// The full message of the cloud.
        message: String,
        /// The call, as in `ec2:CreateVpc`.
        operation: Option<String>,
        /// The cloud's error code.
        code: Option<String>,
        /// The request ID of the cloud.
        request_id: Option<String>,
        /// Hints for the user.
        #[serde(skip)]
        hints: Vec<Hint>,
    },
    /// The resource did not become ready.
    #[error("the resource is not ready: {reason}")]
    NotReady {
        /// The message of the cloud.
        reason: String,
        /// `true` if it failed permanently. Otherwise, it may become ready later.
        failed: bool,
    },
    /// The resource was not deleted.
    #[error("the resource is not deleted yet: {reason}")]
    NotGone {
        /// The message of the cloud.
        reason: String,
    },
    /// The response to a create was lost, and several resources may be its result.
    #[error("the response to the create was lost, and {} resources may be its result: {}; delete all but one of them and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Their identifiers.
        ids: Vec<String>,
    },
    /// The value of a secret is not available.
    #[error("{message}")]
    Secret {
        /// The secret, and the reason.
        message: String,
    },
    /// A reference has no value.
    #[error("`{reference}` has no value: the resource exists, but the target did not return this attribute")]
    Unresolved {
        /// The reference.
        reference: String,
    },
    /// The state does not contain the resource of the step.
    #[error("the state does not contain this resource")]
    Unknown,
    /// The run was requested to stop before the step was completed. The outcome lists such a step as skipped.
    #[error("the run was asked to stop")]
    Interrupted,
    /// The journal cannot be written. The run starts nothing new.
    #[error("{message}")]
    Journal {
        /// The error of the store.
        message: String,
        /// Hints for the user.
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
