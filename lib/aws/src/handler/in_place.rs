//! Checks before create calls that would overwrite an existing resource.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use groundplan_engine::Hint;
use groundplan_engine::provider::ErrorClass;

use super::{Context, Handler, Known};
use crate::error::{Error, OrNone, Result};

/// The time for which AWS's APIs may disagree about what was just deleted.
pub(crate) const CONSISTENCY: Duration = Duration::from_secs(12);

/// The maximum pause between two reads of a resource that may be deleted.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Fails if a resource already exists that a create call would overwrite, regardless of its properties: the one of
/// another app may have the same, and the first app to delete it would take it from the other. None of these calls has
/// a condition that would have AWS check this. If an earlier attempt of this create may have made it, the engine takes
/// the error for a sign of that and looks it up by `find`.
///
/// The types are those whose row in `lib/schema/src/facts/` says `overwrites`. Through Cloud Control nothing is
/// overwritten: handlers "MUST return `FAILED` with an `AlreadyExists` error code if the resource already existed",
/// also where the call of the service would overwrite, and what has an identifier of the program is looked up before.
/// <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-ecr>: `CreateHandler` of a registry
/// policy; <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-logs>: of a resource policy.
/// The types without a read handler that overwrite, as `AWS::SQS::QueuePolicy` and `AWS::SNS::TopicPolicy`, are not
/// managed.
pub(super) async fn check<H: Handler>(new: &H, cx: &Context) -> Result<()> {
    let Some(id) = new.identifier(cx) else { return Ok(()) };
    let known = Known { id, last: new.clone() };
    let found = || async {
        // Nothing was asked for yet, so a read whose answer was lost leaves nothing in doubt.
        let read = H::read(cx, &known).await.or_none();
        let read = read.map_err(|error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient))?;
        Ok::<_, Error>(read.map(|found| found.properties).filter(|live| !new.may_overwrite(live)))
    };
    let deleted = cx.memory.of::<Deleted>();
    let Some(live) = what_stays(new.lingers(cx), found).await? else { return Ok(()) };
    if live.parts(&known.id).iter().all(|part| deleted.has(H::TYPE, part)) {
        return Ok(());
    }
    let error = exists::<H>(cx, &known.id);
    Err(match new.instead_of_overwriting(&live) {
        Some(instead) => error.adding(instead),
        None => error,
    })
}

pub(crate) fn exists<H: Handler>(cx: &Context, id: &str) -> Error {
    let message = format!(
        "{id} already exists and was not created by this program; import it, or give the {} a different name or port",
        H::TYPE
    );
    let path = Some(cx.address.path.clone());
    let adopt = Hint::Import { path, id: Some(id.to_owned()), new_state: false };
    Error::new(ErrorClass::AlreadyExists, message).hinting(adopt)
}

/// Returns whether there is a resource with an identifier. A recently deleted one may remain visible for a while; one
/// that this process deleted does not count even then.
pub(crate) async fn is_taken<F: Future<Output = Result<bool>>>(
    cx: &Context,
    type_name: &str,
    id: &str,
    is_there: impl Fn() -> F,
) -> Result<bool> {
    let found = || async { Ok::<_, Error>(is_there().await?.then_some(())) };
    let stays = what_stays(CONSISTENCY, found).await?.is_some();
    Ok(stays && !cx.memory.of::<Deleted>().has(type_name, id))
}

/// Returns the value that is found for this whole time; `None` as soon as nothing is found.
async fn what_stays<T, F: Future<Output = Result<Option<T>>>>(
    patience: Duration,
    found: impl Fn() -> F,
) -> Result<Option<T>> {
    let (mut left, mut pause) = (patience, Duration::from_secs(1));
    while !left.is_zero() {
        if found().await?.is_none() {
            return Ok(None);
        }
        tokio::time::sleep(pause.min(left)).await;
        left = left.saturating_sub(pause);
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    found().await
}

/// Types and identifiers.
#[derive(Debug, Default)]
pub(crate) struct Ids(Mutex<BTreeSet<(String, String)>>);

impl Ids {
    pub(crate) fn remember(&self, type_name: &str, id: &str) {
        self.with(|ids| ids.insert((type_name.to_owned(), id.to_owned())));
    }

    pub(crate) fn forget(&self, type_name: &str, id: &str) {
        self.with(|ids| ids.remove(&(type_name.to_owned(), id.to_owned())));
    }

    pub(crate) fn has(&self, type_name: &str, id: &str) -> bool {
        self.with(|ids| ids.contains(&(type_name.to_owned(), id.to_owned())))
    }

    /// Returns whether there is one of this type.
    pub(crate) fn any(&self, type_name: &str) -> bool {
        self.with(|ids| ids.iter().any(|(other, _)| other == type_name))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeSet<(String, String)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Resources that this process deleted and did not create again.
#[derive(Debug, Default)]
pub(crate) struct Deleted(Ids);

impl Deref for Deleted {
    type Target = Ids;

    fn deref(&self) -> &Ids {
        &self.0
    }
}

/// Resources that this process created and did not delete.
#[derive(Debug, Default)]
pub(crate) struct Made(Ids);

impl Deref for Made {
    type Target = Ids;

    fn deref(&self) -> &Ids {
        &self.0
    }
}

#[cfg(test)]
#[path = "in_place_tests.rs"]
mod tests;
