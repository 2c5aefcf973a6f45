//! The handler of every type without a native one, through AWS's Cloud Control API.
//!
//! The schema of a type *is* its handler here: Cloud Control takes properties in CloudFormation's
//! shape, so one implementation does for all types for which the registry lists create, read and
//! delete.
//!
//! Cloud Control answers a change with a *request* that runs on its own. How that maps onto the
//! engine's trait:
//!
//! - **Create** carries the engine's token as `ClientToken`, which Cloud Control honours for 36 hours: a repetition
//!   returns the existing request. `create` follows that request until the identifier is known ([`create`] says when
//!   that is certain), and `status` follows it to its end.
//! - **Update and delete** carry no token. Both lead to the same end when repeated, and a token would return a failure
//!   of 36 hours ago.
//! - **A wait that ends early**, because its time is over or the run is interrupted, cancels nothing: the request goes
//!   on, and the next run finds it in `ListResourceRequests` and waits for it. To cancel it would stop the handler at any
//!   point of its work and roll nothing back (`CancelResourceRequest`). Only a deletion cancels, because nothing that the
//!   request has still to do matters then, and Cloud Control refuses a second request beside it.
//! - **Status** polls the request that this process made for the resource ([`Requests`]). A later run, which made none,
//!   searches for one in `ListResourceRequests`.
//! - **Find** reads the identifier if the program sets it, and else the resources that the requests in
//!   `ListResourceRequests` made in the last seven days, for the identity tag. A named resource of a type without tags
//!   is found if such a request made it. Requests do not contain their `ClientToken`, so without a name or a tag
//!   nothing is found, and the engine requests the resource again with the same token.
//!
//! Names are not generated here: if a type needs none, AWS's handler generates one, and if it needs one, the schema
//! requires it of the program.
//!
//! | module | what it holds |
//! |---|---|
//! | `create` | one create, from the call to an identifier |
//! | `final_snapshot` | final snapshots, which Cloud Control does not take |
//! | `request` | requests in progress, and the classes of their failures |
//! | `model` | properties, outputs, identifiers, patches: pure functions of schema and JSON |
//! | `quirks` | differences between handlers and their schemas, as tables |
//! | `shared` | collections that others add to as well |
//! | `tags` | the three forms in which types hold tags |
//!
//! Sources: <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html>,
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>.

mod create;
mod final_snapshot;
mod model;
mod quirks;
mod request;
mod shared;
mod tags;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudcontrol::types::Operation;
use groundplan_engine::provider::{
    Accepted, Behavior, Deletion, ErrorClass, Existing, Live, Owner, Properties, Status,
};
use groundplan_schema::{Handler, ResourceType, lookup};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::error::{Error, OrNone, Result};
use crate::handler::{AnyHandler, Context, Deleted, required};
use crate::owned;
use crate::rds::{self, ParameterChanges};
use request::{Progress, Requests, tidy};

/// Returns the handler of a type that Cloud Control manages; `None` for others.
pub(crate) fn handler(type_name: &str) -> Option<&'static dyn AnyHandler> {
    let schema = lookup(type_name).filter(|schema| schema.unsupported().is_none())?;
    Some(schema)
}

/// Returns the error that a type cannot be managed.
pub(crate) fn unsupported(type_name: &str) -> Error {
    let reason = lookup(type_name).and_then(ResourceType::unsupported);
    Error::invalid(reason.unwrap_or_else(|| format!("AWS publishes no type {type_name}")))
}

/// The time in which an update is polled for a failure that a retry may resolve.
const FIRST_POLLS: Duration = Duration::from_secs(6);

#[async_trait]
impl AnyHandler for ResourceType {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn behavior(&self) -> Behavior {
        ResourceType::behavior(self)
    }

    fn check(&self, properties: &Properties) -> Result<()> {
        model::check(self, properties)
    }

    fn repeats(&self, property: &str) -> bool {
        model::is_repeated(self, property)
    }

    async fn create(&self, cx: &Context, properties: &Properties) -> Result<Accepted> {
        create::create(self, cx, properties).await
    }

    async fn read(&self, cx: &Context, resource: &Existing) -> Result<Option<Live>> {
        let model = get(self, cx, &resource.id).await?;
        Ok(model.map(|model| Live {
            properties: model::properties(self, &model),
            outputs: model::outputs(self, &resource.id, &model),
        }))
    }

    async fn update(&self, cx: &Context, resource: &Existing, properties: &Properties) -> Result<Accepted> {
        let id = &resource.id;
        let live = get(self, cx, id).await?.ok_or_else(|| Error::not_found(id))?;
        let patch = model::patch(self, &resource.properties, properties, &live);
        let accepted = Accepted { id: id.clone(), ..Accepted::default() };
        if patch.is_empty() {
            return Ok(accepted);
        }
        if !self.handles(Handler::Update) {
            let message = format!("AWS can change nothing of an {} in place; replace it", self.name);
            return Err(Error::invalid(message));
        }
        let parameters = rds::of_cluster(self.name, cx, id, &resource.properties, properties).await;
        // Nothing was asked for yet.
        let parameters =
            parameters.map_err(|error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient))?;
        let call = cx.cloud_control.update_resource().type_name(self.name).identifier(id);
        let sent = call.patch_document(Json::Array(patch).to_string()).send().await.map_err(tidy)?;
        let event = required(sent.progress_event, "ProgressEvent")?;
        match request::follow(cx, event, |_, elapsed| elapsed >= FIRST_POLLS).await? {
            (_, Progress::Failed(error)) => return Err(error.reclass(ErrorClass::NotFound, ErrorClass::Propagating)),
            (event, _) => cx.memory.of::<Requests>().remember(self.name, id, &event),
        }
        if let Some(change) = parameters {
            cx.memory.of::<ParameterChanges>().changed_by(change);
        }
        Ok(accepted)
    }

    async fn delete(&self, cx: &Context, resource: &Existing) -> Result<Deletion> {
        let id = &resource.id;
        if let Some(token) = cx.memory.of::<Requests>().token(self.name, id) {
            request::cancel(cx, &token).await?;
        }
        if let Some(deletion) = final_snapshot::before_deletion(self, cx, resource).await? {
            cx.memory.of::<Requests>().forget(self.name, id);
            cx.memory.of::<Deleted>().remember(self.name, id);
            return Ok(deletion);
        }
        let call = cx.cloud_control.delete_resource().type_name(self.name).identifier(id);
        let sent = call.send().await.map_err(tidy)?;
        let event = required(sent.progress_event, "ProgressEvent")?;
        let deletion = match Progress::of(&event) {
            Progress::Done => Deletion::Gone,
            Progress::Failed(error) => return Err(error),
            Progress::Running(_) => {
                cx.memory.of::<Requests>().remember(self.name, id, &event);
                Deletion::Pending
            }
        };
        cx.memory.of::<Deleted>().remember(self.name, id);
        Ok(deletion)
    }

    async fn secret_output(
        &self,
        cx: &Context,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>> {
        let model = get(self, cx, &resource.id).await?;
        Ok(model.and_then(|model| model::secret(self, &model, attribute)))
    }

    async fn status(&self, cx: &Context, resource: &Existing) -> Result<Status> {
        poll(self, cx, resource, false).await
    }

    /// Asks again for a deletion that something has blocked.
    async fn advance(&self, cx: &Context, resource: &Existing) -> Result<Status> {
        poll(self, cx, resource, true).await
    }

    async fn find(&self, cx: &Context, properties: &Properties) -> Result<Vec<String>> {
        let named = model::identifier(self, properties);
        let candidates = match named {
            Some(id) => BTreeSet::from([id]),
            None if tags::are_readable(self) => request::created(self, cx).await?,
            None => BTreeSet::new(),
        };
        let mut found = Vec::new();
        for id in candidates {
            let Some(live) = get(self, cx, &id).await? else { continue };
            let ours = match tags::made_by(self, &live, &cx.token) {
                Some(ours) => ours,
                // A name alone does not say whose it is.
                None => request::created(self, cx).await?.contains(&id),
            };
            if ours {
                found.push(id);
            }
        }
        Ok(found)
    }

    async fn owner(&self, cx: &Context, resource: &Existing) -> Result<Option<Owner>> {
        if !tags::are_readable(self) {
            return Ok(None);
        }
        let Some(model) = get(self, cx, &resource.id).await? else { return Ok(None) };
        // The handlers of many types leave tags out that they may not read, instead of an error:
        // <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds>.
        if tags::are_there(self, &model) {
            return Ok(tags::owner(self, &model));
        }
        match model::arn(self, cx, &resource.id, &model) {
            Some(arn) => owned::owner(cx, &arn).await,
            None => {
                owned::owner_by_parts(cx, ResourceType::own_behavior(self).api, self.is_global(), &resource.id).await
            }
        }
    }

    #[cfg(test)]
    fn property_paths(&self) -> Vec<(String, bool)> {
        Vec::new()
    }
}

/// Returns the live properties and attributes of a resource; `None` if it does not exist.
async fn get(schema: &ResourceType, cx: &Context, id: &str) -> Result<Option<Properties>> {
    let call = cx.cloud_control.get_resource().type_name(schema.name).identifier(id);
    let Some(answer) = call.send().await.map_err(tidy).or_none()? else { return Ok(None) };
    let model = required(answer.resource_description.and_then(|it| it.properties), "Properties")?;
    match serde_json::from_str(&model) {
        Ok(Json::Object(model)) => Ok(Some(model)),
        _ => Err(Error::new(
            ErrorClass::Transient,
            format!("AWS returned a description of `{id}` that is not a JSON object"),
        )),
    }
}

/// Returns the readiness of a resource, by the requests that were made for it and by the resource itself. If `repeats`
/// is set, a blocked deletion is requested again.
async fn poll(schema: &ResourceType, cx: &Context, resource: &Existing, repeats: bool) -> Result<Status> {
    let under_way = match cx.memory.of::<Requests>().token(schema.name, &resource.id) {
        Some(token) => followed(schema, cx, resource, &token, repeats).await?,
        None => of_another_run(schema, cx, resource).await?,
    };
    if let Some(status) = under_way {
        return Ok(status);
    }
    let live = get(schema, cx, &resource.id).await?;
    Ok(live.map_or(Status::Gone, |model| Status::Ready(model::outputs(schema, &resource.id, &model))))
}

/// Returns the status of the request that this process made for a resource; `None` if it succeeded.
async fn followed(
    schema: &ResourceType,
    cx: &Context,
    resource: &Existing,
    token: &str,
    repeats: bool,
) -> Result<Option<Status>> {
    let requests = cx.memory.of::<Requests>();
    let Some(event) = request::look(cx, token).await.or_none()? else {
        requests.forget(schema.name, &resource.id);
        return Ok(None);
    };
    let deletes = event.operation == Some(Operation::Delete);
    let status = match Progress::of(&event) {
        Progress::Running(state) if deletes => return Ok(Some(Status::Deleting(state))),
        Progress::Running(state) => return Ok(Some(Status::Pending(state))),
        Progress::Done if deletes => Some(Status::Gone),
        Progress::Done => None,
        Progress::Failed(error) if deletes && error.class() == ErrorClass::NotFound => Some(Status::Gone),
        // Something else still holds it: that is waited out, within the limit of the type.
        Progress::Failed(error) if deletes && request::passes(error.class()) => {
            if !repeats {
                return Ok(Some(Status::Pending(error.message().to_owned())));
            }
            return Ok(Some(match schema.delete(cx, resource).await {
                Ok(Deletion::Gone) => Status::Gone,
                Ok(Deletion::Pending) => Status::Deleting(error.message().to_owned()),
                Err(again) if again.class() == ErrorClass::NotFound => Status::Gone,
                Err(again) if request::passes(again.class()) => Status::Pending(again.message().to_owned()),
                Err(again) => return Err(again),
            }));
        }
        Progress::Failed(error) => Some(Status::Failed(request::reason(&error))),
    };
    requests.forget(schema.name, &resource.id);
    Ok(status)
}

/// Returns the status of the request that an earlier run made for a resource; `None` if it has ended. A failed update
/// or delete does not count: the resource is unchanged. A failed create counts if AWS chose the identifier, because a
/// name may have been used again.
async fn of_another_run(schema: &ResourceType, cx: &Context, resource: &Existing) -> Result<Option<Status>> {
    let named = model::identifier(schema, &resource.properties).is_some();
    let mut failed = None;
    for event in request::unfinished(schema, cx).await? {
        if event.identifier.as_deref() != Some(resource.id.as_str()) {
            continue;
        }
        match Progress::of(&event) {
            // The state of a request does not say what was requested.
            Progress::Running(_) if event.operation == Some(Operation::Delete) => {
                return Ok(Some(Status::Deleting("DELETE_IN_PROGRESS".into())));
            }
            Progress::Running(state) => return Ok(Some(Status::Pending(state))),
            Progress::Failed(error) if event.operation == Some(Operation::Create) && !named => failed = Some(error),
            Progress::Failed(_) | Progress::Done => {}
        }
    }
    Ok(failed.map(|error| Status::Failed(request::reason(&error))))
}

#[cfg(test)]
mod tests;
