//! Keeps a run in the history from its start on.

use groundplan_core::Assembly;

use super::StateStore;
use crate::Error;
use crate::model::RunRecord;

/// The result of a run that is in the history.
#[derive(Debug)]
pub struct Recorded<T> {
    /// The result.
    pub done: T,
    /// The error, if the end of the run could not be recorded. What it has done is saved nevertheless.
    pub unrecorded: Option<Error>,
}

/// Records a run, does it, and records its end. Until the end is recorded, the history has the run as one in progress,
/// so a run that is killed or fails is in the history as well.
///
/// # Errors
/// Those of `work`, and if the start cannot be recorded. In this case, nothing was done.
pub(crate) async fn recorded<T, E: From<Error>>(
    store: &dyn StateStore,
    begun: RunRecord,
    assembly: Option<&Assembly>,
    work: impl Future<Output = Result<T, E>>,
    ended: impl FnOnce(RunRecord, &T) -> RunRecord,
) -> Result<Recorded<T>, E> {
    store.record(&begun, assembly).await?;
    let done = work.await?;
    let unrecorded = store.record(&ended(begun, &done), None).await.err();
    Ok(Recorded { done, unrecorded })
}
