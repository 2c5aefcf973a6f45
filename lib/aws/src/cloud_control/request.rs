//! Requests in progress, and the classes of their failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_cloudcontrol::types::{
    HandlerErrorCode, Operation, OperationStatus, ProgressEvent, ResourceRequestStatusFilter,
};
use groundplan_engine::provider::{ErrorClass, ProviderError};
use groundplan_schema::ResourceType;
use tokio::time::{Instant, sleep};

use crate::error::{Error, OrNone, Result, classify};
use crate::handler::{Context, required};

/// The time between two polls of a request whose first answer is waited for.
const INTERVAL: Duration = Duration::from_secs(2);

/// The requests of this process that were running when last polled, by type and identifier. A crash loses only them:
/// the next run finds them at AWS.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<BTreeMap<(String, String), String>>);

impl Requests {
    pub(super) fn remember(&self, type_name: &str, id: &str, event: &ProgressEvent) {
        if let Some(token) = &event.request_token {
            self.with(|requests| requests.insert((type_name.to_owned(), id.to_owned()), token.clone()));
        }
    }

    pub(super) fn token(&self, type_name: &str, id: &str) -> Option<String> {
        self.with(|requests| requests.get(&(type_name.to_owned(), id.to_owned())).cloned())
    }

    pub(super) fn forget(&self, type_name: &str, id: &str) {
        self.with(|requests| requests.remove(&(type_name.to_owned(), id.to_owned())));
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<(String, String), String>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The progress of a request.
pub(super) enum Progress {
    /// Under way: AWS's name of the state.
    Running(String),
    Done,
    Failed(Error),
}

impl Progress {
    pub(super) fn of(event: &ProgressEvent) -> Self {
        match &event.operation_status {
            Some(OperationStatus::Success) => Self::Done,
            Some(OperationStatus::Failed | OperationStatus::CancelComplete) => Self::Failed(failure(event)),
            Some(state) => Self::Running(state.as_str().to_owned()),
            None => Self::Running("PENDING".to_owned()),
        }
    }
}

/// The request as it is now.
pub(super) async fn look(cx: &Context, token: &str) -> Result<ProgressEvent> {
    let call = cx.cloud_control.get_resource_request_status().request_token(token);
    required(call.send().await.map_err(tidy)?.progress_event, "ProgressEvent")
}

/// Gives up a create or update that is under way, so that what it is about can be deleted: Cloud
/// Control carries out one request for a resource at a time. One that has ended, or that deletes, stays
/// as it is.
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_CancelResourceRequest.html>
pub(super) async fn cancel(cx: &Context, token: &str) -> Result<()> {
    let Some(event) = look(cx, token).await.or_none()? else { return Ok(()) };
    let cancellable = matches!(event.operation_status, Some(OperationStatus::Pending | OperationStatus::InProgress));
    if cancellable && event.operation != Some(Operation::Delete) {
        let cancelled = cx.cloud_control.cancel_resource_request().request_token(token).send().await;
        // It may have ended since.
        cancelled.map_err(tidy).map(drop).or_else(|error| match error.code() {
            "ConcurrentModificationException" | "RequestTokenNotFoundException" => Ok(()),
            _ => Err(error),
        })?;
    }
    Ok(())
}

/// Looks at a request until it has ended, or `enough` of it is known after so long.
pub(super) async fn follow(
    cx: &Context,
    mut event: ProgressEvent,
    enough: impl Fn(&ProgressEvent, Duration) -> bool,
) -> Result<(ProgressEvent, Progress)> {
    let started = Instant::now();
    loop {
        let progress = Progress::of(&event);
        if !matches!(progress, Progress::Running(_)) || enough(&event, started.elapsed()) {
            return Ok((event, progress));
        }
        sleep(INTERVAL).await;
        let token = required(event.request_token, "RequestToken")?;
        event = look(cx, &token).await?;
    }
}

/// The identifiers of what requests of the last seven days have made or are making of a type.
pub(super) async fn created(schema: &ResourceType, cx: &Context) -> Result<BTreeSet<String>> {
    let made = [OperationStatus::Pending, OperationStatus::InProgress, OperationStatus::Success];
    let filter = ResourceRequestStatusFilter::builder().operations(Operation::Create);
    let filter = filter.set_operation_statuses(Some(made.to_vec())).build();
    Ok(listed(schema, cx, filter).await?.into_iter().filter_map(|event| event.identifier).collect())
}

/// The requests of a type that are under way or have failed.
pub(super) async fn unfinished(schema: &ResourceType, cx: &Context) -> Result<Vec<ProgressEvent>> {
    let states = [
        OperationStatus::Pending,
        OperationStatus::InProgress,
        OperationStatus::CancelInProgress,
        OperationStatus::Failed,
    ];
    let filter = ResourceRequestStatusFilter::builder().set_operation_statuses(Some(states.to_vec())).build();
    listed(schema, cx, filter).await
}

async fn listed(
    schema: &ResourceType,
    cx: &Context,
    filter: ResourceRequestStatusFilter,
) -> Result<Vec<ProgressEvent>> {
    let call = cx.cloud_control.list_resource_requests().max_results(100).resource_request_status_filter(filter);
    let mut pages = call.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        events.extend(page.map_err(tidy)?.resource_request_status_summaries.unwrap_or_default());
    }
    events.retain(|event| event.type_name.as_deref() == Some(schema.name));
    Ok(events)
}

/// Returns whether failures of this class are transient.
pub(super) fn passes(class: ErrorClass) -> bool {
    use ErrorClass::{Conflict, Propagating, Throttled, Transient};
    matches!(class, Conflict | Propagating | Throttled | Transient)
}

/// Returns the reason why a request failed, for users.
pub(super) fn reason(error: &Error) -> String {
    match error.code() {
        "" => error.message().to_owned(),
        code => format!("{code}: {}", error.message()),
    }
}

/// The error of a request that has failed.
fn failure(event: &ProgressEvent) -> Error {
    let code = event.error_code.as_ref().map(HandlerErrorCode::as_str);
    let silent = match event.operation_status {
        Some(OperationStatus::CancelComplete) => "the request was cancelled",
        _ => "the request has failed, and AWS does not say why",
    };
    let message = event.status_message.as_deref().or(code).unwrap_or(silent).to_owned();
    let deletes = event.operation == Some(Operation::Delete);
    let call = match event.operation {
        Some(Operation::Delete) => "DeleteResource",
        Some(Operation::Update) => "UpdateResource",
        _ => "CreateResource",
    };
    ProviderError {
        class: class(code.unwrap_or_default(), &message, deletes),
        operation: Some(format!("cloudcontrol:{call}")),
        code: code.map(str::to_owned),
        request_id: event.request_token.clone(),
        partial: None,
        settings: false,
        patience: None,
        hints: Vec::new(),
        message,
    }
    .into()
}

/// Classifies a failed request. The codes are those of
/// <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html>; those
/// that it calls terminal and that say no more are [`ErrorClass::Invalid`].
fn class(code: &str, message: &str, deletes: bool) -> ErrorClass {
    match code {
        "AlreadyExists" => ErrorClass::AlreadyExists,
        "NotFound" => ErrorClass::NotFound,
        "AccessDenied" | "UnauthorizedTaggingOperation" | "InvalidCredentials" => ErrorClass::Denied,
        "ResourceConflict" => ErrorClass::Conflict,
        "Throttling" => ErrorClass::Throttled,
        "NetworkFailure" | "ServiceInternalError" | "ServiceTimeout" => ErrorClass::Transient,
        _ if let Some(class) = passed_on(message) => class,
        // SQS gives no name again for a minute.
        // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>
        _ if message.contains("must wait 60 seconds after deleting a queue") => ErrorClass::Transient,
        _ if deletes && is_held(message) => ErrorClass::Conflict,
        _ => ErrorClass::Invalid,
    }
}

/// Classifies a message that itself shows a transient reason: a service does not know a role or principal yet, or had
/// too many calls. A handler returns such a message under a code of its own.
fn passed_on(message: &str) -> Option<ErrorClass> {
    let codes = ["InvalidParameterValueException", "InvalidParameterException", "MalformedPolicyDocument"];
    let mut classes = codes.iter().map(|code| classify(code, message, 400));
    classes.find(|class| matches!(class, ErrorClass::Propagating | ErrorClass::Throttled))
}

/// Returns whether a delete fails because another resource still needs this one.
fn is_held(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "dependencyviolation",
        "has dependencies",
        "has a dependent object",
        "is in use",
        "currently in use",
        "cannot be deleted while",
        "still associated with",
        // EKS: "Cluster has nodegroups attached", "Cluster has capabilities attached".
        // <https://github.com/ekristen/aws-nuke/issues/970>
        "nodegroups attached",
        "capabilities attached",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// An error of a call to Cloud Control, in the class that its code has there.
pub(super) fn tidy(error: impl Into<Error>) -> Error {
    let error = error.into();
    let class = match error.code() {
        "ConcurrentOperationException" | "ResourceConflictException" => ErrorClass::Conflict,
        "InvalidCredentialsException" => ErrorClass::Denied,
        "PrivateTypeException" | "TypeNotFoundException" | "UnsupportedActionException" => ErrorClass::Invalid,
        _ => return error,
    };
    let before = error.class();
    error.reclass(before, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_request_has_the_class_that_the_engine_acts_on() {
        use ErrorClass::*;
        for (code, message, deletes, expected) in [
            ("AlreadyExists", "", false, AlreadyExists),
            ("NotFound", "", true, NotFound),
            ("AccessDenied", "", false, Denied),
            ("UnauthorizedTaggingOperation", "", false, Denied),
            ("InvalidCredentials", "", false, Denied),
            ("ResourceConflict", "", false, Conflict),
            ("Throttling", "Rate exceeded", false, Throttled),
            ("NetworkFailure", "", false, Transient),
            ("ServiceInternalError", "", false, Transient),
            ("ServiceTimeout", "", false, Transient),
            ("InvalidRequest", "The role defined for the function cannot be assumed by Lambda.", false, Propagating),
            ("InvalidRequest", "Your request has been throttled by EC2, please make sure …", false, Throttled),
            (
                "InvalidRequest",
                "Role could not be assumed because the trusted entity is not correct",
                false,
                Propagating,
            ),
            ("GeneralServiceException", "Unable to assume the service linked role.", false, Propagating),
            ("InvalidRequest", "The subnet 'subnet-1' has dependencies and cannot be deleted.", true, Conflict),
            (
                "InvalidRequest",
                "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached.",
                true,
                Conflict,
            ),
            ("GeneralServiceException", "The web ACL is still associated with a resource.", true, Conflict),
            ("GeneralServiceException", "Cluster has capabilities attached", true, Conflict),
            ("InvalidRequest", "The name 'a' is in use", false, Invalid),
            ("GeneralServiceException", "", false, Invalid),
            ("InternalFailure", "", false, Invalid),
            ("NotStabilized", "", false, Invalid),
            ("NotUpdatable", "", false, Invalid),
            ("ServiceLimitExceeded", "", false, Invalid),
            ("", "", false, Invalid),
        ] {
            assert_eq!(class(code, message, deletes), expected, "{code}: {message}");
        }
    }
}
