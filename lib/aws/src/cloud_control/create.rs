//! A create, from the call to an identifier.

use std::time::Duration;

use aws_sdk_cloudcontrol::types::ProgressEvent;
use groundplan_engine::provider::{Accepted, ErrorClass, Properties};
use groundplan_schema::ResourceType;
use tokio::time::sleep;

use super::request::{self, Progress, Requests, tidy};
use super::{get, model, tags};
use crate::error::{Error, Result};
use crate::handler::{AnyHandler, Context, Deleted, is_taken, required};
use crate::rds::{self, ParameterChanges};

/// The time in which a handler reports that the name is taken: one invocation of it, see
/// <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>.
const CERTAIN: Duration = Duration::from_secs(60);

/// The time to wait for an identifier in one call. The engine repeats the call, which continues the same request.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The maximum number of requests of one create. The engine repeats a call for two minutes, and each makes six requests
/// in 46 seconds.
const REQUESTS: u32 = 64;

/// Pauses before a request that failed for a transient reason is repeated.
const PAUSES: [Duration; 5] = {
    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }
    [seconds(2), seconds(4), seconds(8), seconds(16), seconds(16)]
};

/// Requests a new resource, and follows the request until its identifier is certain:
///
/// - one that AWS chooses is that of the new resource as soon as it is returned;
/// - one that the program chose is returned at once, even if another resource has it. So it is looked up before, and
///   used only when the request has succeeded or run for [`CERTAIN`].
///
/// A request that has failed keeps its client token for 36 hours, so a repetition needs another
/// one: the engine's with a number. The numbers are gone through in order each time, so whatever is
/// interrupted, the first that has not failed is found again. What had failed before this call costs
/// neither a pause nor patience: each repetition by the engine makes requests of its own.
pub(super) async fn create(schema: &ResourceType, cx: &Context, properties: &Properties) -> Result<Accepted> {
    let named = model::identifier(schema, properties);
    if let Some(id) = &named
        && let Some(accepted) = before(schema, cx, id).await?
    {
        return Ok(accepted);
    }
    rds::require_complete_for(schema.name, cx, properties)?;
    let desired = model::desired_state(schema, cx, properties).to_string();
    let mut pauses = PAUSES.iter();
    let mut token = cx.token.clone();
    for number in 1..=REQUESTS {
        let failed = match ask(schema, cx, properties, &desired, &token).await? {
            Ok(accepted) => return Ok(accepted),
            Err(failed) => failed,
        };
        token = format!("{}-{number}", cx.token);
        if failed.before && number < REQUESTS {
            continue;
        }
        let error = match &failed.id {
            Some(id) => left_behind(schema, cx, id, named.is_some(), failed.error).await,
            None => failed.error,
        };
        let error = error.reclass(ErrorClass::NotFound, ErrorClass::Propagating);
        match pauses.next().filter(|_| number < REQUESTS && request::passes(error.class())) {
            Some(pause) => sleep(*pause).await,
            None => return Err(error),
        }
    }
    unreachable!("the last request is neither passed over nor followed by another one")
}

/// Returns the existing resource of this name if this create made it. A resource that this process deleted may remain
/// visible for a while, so this waits until it is no longer found.
async fn before(schema: &ResourceType, cx: &Context, id: &str) -> Result<Option<Accepted>> {
    let Some(live) = found(schema, cx, id).await? else { return Ok(None) };
    if tags::made_by(schema, &live, &cx.token) == Some(true) {
        return Ok(Some(Accepted { id: id.to_owned(), ..Accepted::default() }));
    }
    if cx.memory.of::<Deleted>().has(schema.name, id) {
        let is_there = || async { Ok::<_, Error>(found(schema, cx, id).await?.is_some()) };
        is_taken(cx, schema.name, id, is_there).await?;
        return Ok(None);
    }
    let message = format!("the {} `{id}` exists already; import it, or choose another name", schema.name);
    Err(Error::new(ErrorClass::AlreadyExists, message))
}

/// Reads the resource with this name before a create.
async fn found(schema: &ResourceType, cx: &Context, id: &str) -> Result<Option<Properties>> {
    match get(schema, cx, id).await {
        // Some handlers cannot read what is not there, and say so in this way.
        Err(error) if error.class() == ErrorClass::Invalid => Ok(None),
        found => found.map_err(|error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient)),
    }
}

/// A failed request, and the identifier that it returned.
struct Failed {
    error: Error,
    id: Option<String>,
    /// `true` if it failed for a transient reason before this request.
    before: bool,
}

/// Makes one request and follows it. The outer error is of the call: the outcome of the request is unknown then, or it
/// continues.
async fn ask(
    schema: &ResourceType,
    cx: &Context,
    properties: &Properties,
    desired: &str,
    token: &str,
) -> Result<std::result::Result<Accepted, Failed>> {
    let named = model::identifier(schema, properties).is_some();
    let call = cx.cloud_control.create_resource().type_name(schema.name).client_token(token);
    let event = match call.desired_state(desired).send().await.map_err(tidy) {
        Ok(sent) => required(sent.progress_event, "ProgressEvent")?,
        // The token is known and the properties are others: a secret that is generated anew.
        Err(error) if error.code() == "ClientTokenConflictException" => {
            return made_before(schema, cx, properties).await.map(Ok);
        }
        Err(error) => return Err(error),
    };
    let certain = |event: &ProgressEvent, elapsed| {
        elapsed >= PATIENCE || event.identifier.is_some() && (!named || elapsed >= CERTAIN)
    };
    // A new request is under way when it is answered.
    let before = matches!(Progress::of(&event), Progress::Failed(error) if request::passes(error.class()));
    let (event, progress) = request::follow(cx, event, certain).await.map_err(still_open)?;
    match (progress, event.identifier.clone()) {
        (Progress::Failed(error), id) => Ok(Err(Failed { error, id, before })),
        (_, Some(id)) => {
            cx.memory.of::<Deleted>().forget(schema.name, &id);
            cx.memory.of::<ParameterChanges>().made(schema.name, &id, properties);
            cx.memory.of::<Requests>().remember(schema.name, &id, &event);
            Ok(Ok(Accepted { id, ..Accepted::default() }))
        }
        (_, None) => {
            Err(Error::new(ErrorClass::UnknownOutcome, "creation in progress; AWS has not returned an identifier yet"))
        }
    }
}

/// The resource that an earlier request with this token has made.
async fn made_before(schema: &ResourceType, cx: &Context, properties: &Properties) -> Result<Accepted> {
    let mut found = schema.find(cx, properties).await?;
    if let (Some(id), true) = (found.pop(), found.is_empty()) {
        return Ok(Accepted { id, ..Accepted::default() });
    }
    let message = format!(
        "an interrupted run requested this {} with other properties, and its resource was not found; run again with \
         those properties, or after 36 hours, when AWS forgets the request",
        schema.name
    );
    Err(Error::new(ErrorClass::UnknownOutcome, message))
}

/// Classifies the error of a request that cannot be polled: the request continues.
fn still_open(error: Error) -> Error {
    match error.class() {
        ErrorClass::Throttled | ErrorClass::Transient => error,
        class => error.reclass(class, ErrorClass::UnknownOutcome),
    }
}

/// Returns the error, with the identifier of the resource that the failed request made, if there is one and it
/// certainly is its own. Repeating would not help then, because that resource is in the way.
async fn left_behind(schema: &ResourceType, cx: &Context, id: &str, named: bool, error: Error) -> Error {
    if error.class() == ErrorClass::AlreadyExists {
        return error;
    }
    let Ok(Some(live)) = get(schema, cx, id).await else { return error };
    // Under a name that nothing stood under before, an untagged thing can only be its own.
    let ours = !named || tags::made_by(schema, &live, &cx.token).unwrap_or(true);
    if !ours {
        return error;
    }
    let class = error.class();
    error.reclass(class, ErrorClass::Invalid).made_in_part(id)
}
