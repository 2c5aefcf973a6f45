//! The progress events of a run.

use std::time::Duration;

use groundplan_core::Path;
use serde::{Serialize, Serializer};

use super::{SkipReason, SkippedStep, StepError};
use crate::provider::ErrorClass;
use crate::stages::plan::{Step, StepId};

/// A progress event of a run. Durations are serialized in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; `step` and `path` name the step and its resource")]
pub enum ProgressEvent {
    /// The first event.
    Started { steps: usize },
    /// A step has started.
    StepStarted {
        step: StepId,
        path: Path,
        #[serde(rename = "type")]
        type_name: String,
        verb: &'static str,
    },
    /// A step waits for the cloud, which reports `detail`. Repeated when `detail` changes.
    Waiting { step: StepId, path: Path, detail: String },
    /// A call has failed and is retried.
    Retrying {
        step: StepId,
        path: Path,
        attempt: u32,
        #[serde(serialize_with = "milliseconds")]
        after: Duration,
        class: ErrorClass,
        message: String,
    },
    /// An API has throttled a call for the first time. From now on, calls to it are limited, at first to this rate.
    Throttled { api: &'static str, calls_per_second: f64 },
    /// A step is completed, with the identifier of its resource, if it has one.
    StepDone {
        step: StepId,
        path: Path,
        verb: &'static str,
        #[serde(serialize_with = "milliseconds")]
        elapsed: Duration,
        id: Option<String>,
    },
    /// A step has failed.
    StepFailed {
        step: StepId,
        path: Path,
        verb: &'static str,
        #[serde(serialize_with = "milliseconds")]
        elapsed: Duration,
        error: StepError,
    },
    /// A step is skipped.
    StepSkipped { step: StepId, path: Path, verb: &'static str, because: SkipReason },
    /// The run starts nothing new, and finishes the calls in flight.
    Stopping,
}

impl ProgressEvent {
    pub(super) fn step_started(step: &Step) -> Self {
        let Step { id, path, type_name, work, .. } = step;
        Self::StepStarted { step: *id, path: path.clone(), type_name: type_name.clone(), verb: work.verb() }
    }

    pub(super) fn skipped(skipped: &SkippedStep) -> Self {
        let SkippedStep { step, path, verb, because } = skipped.clone();
        Self::StepSkipped { step, path, verb, because }
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_millis())
}

/// A receiver of progress events.
pub trait Progress: Send + Sync {
    /// Receives an event. It is called between calls to the cloud, so it must return quickly.
    fn report(&self, event: &ProgressEvent);
}

/// Ignores all events.
impl Progress for () {
    fn report(&self, _event: &ProgressEvent) {}
}

impl<F: Fn(&ProgressEvent) + Send + Sync> Progress for F {
    fn report(&self, event: &ProgressEvent) {
        self(event);
    }
}
