//! `AWS::ApplicationAutoScaling::ScalableTarget`

use aws_sdk_applicationautoscaling::operation::register_scalable_target::RegisterScalableTargetError;
use aws_sdk_applicationautoscaling::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Target;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{self, Changes, Context, Found, Handler, Known, accepted, required, single};
use crate::mirror::{Mirror, as_declared, mirror};
use crate::tags::Tags;

/// A resource that Application Auto Scaling scales between two bounds. There is one for each dimension of a resource.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ScalableTarget {
    max_capacity: i32,
    min_capacity: i32,
    resource_id: String,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    scalable_dimension: String,
    scheduled_actions: Option<Vec<ScheduledAction>>,
    service_namespace: String,
    suspended_state: Option<SuspendedState>,
    #[serde(default)]
    tags: Tags,
}

/// New bounds at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduledAction {
    end_time: Option<String>,
    scalable_target_action: Option<ScalableTargetAction>,
    schedule: String,
    scheduled_action_name: String,
    start_time: Option<String>,
    timezone: Option<String>,
}

mirror! {
    ScalableTargetAction as sdk::ScalableTargetAction {
        opt max_capacity set_max_capacity: i32;
        opt min_capacity set_min_capacity: i32;
    }

    SuspendedState as sdk::SuspendedState {
        opt dynamic_scaling_in_suspended set_dynamic_scaling_in_suspended: bool;
        opt dynamic_scaling_out_suspended set_dynamic_scaling_out_suspended: bool;
        opt scheduled_scaling_suspended set_scheduled_scaling_suspended: bool;
    }
}

impl Handler for ScalableTarget {
    const TYPE: &'static str = "AWS::ApplicationAutoScaling::ScalableTarget";

    const ERRORS: &'static [Meaning] = &[
        // The service, or the role, was made a moment ago.
        // <https://github.com/hashicorp/terraform-provider-aws>: `registerScalableTarget`
        Meaning::of::<RegisterScalableTargetError>(
            "ValidationException",
            "ecs service doesn't exist",
            ErrorClass::Propagating,
        ),
        Meaning::of::<RegisterScalableTargetError>(
            "ValidationException",
            "unable to assume iam role",
            ErrorClass::Propagating,
        ),
    ];

    /// The call changes a target that exists, and tags only a new one, so that it is looked for first. What this creation
    /// has made already has all that the call says.
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let target = self.target();
        if let Some(live) = describe(cx, &target).await.or_none()? {
            let arn = live.scalable_target_arn.unwrap_or_default();
            return if read_tags(cx, &arn).await?.token() == Some(cx.token.as_str()) {
                Ok(accepted(target.id(), outputs(&target)))
            } else {
                Err(handler::exists::<Self>(cx, &target.id()))
            };
        }
        let tags = cx.tags(&self.tags, |key, value| (key, value)).into_iter().collect();
        self.register(cx, &target, self.suspended_state.to_sdk()?).set_tags(Some(tags)).send().await?;
        Ok(accepted(target.id(), outputs(&target)))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        let (new, target) = (changes.new, changes.new.target());
        let bounded = changes.after_create(|it| &it.max_capacity).is_some()
            || changes.after_create(|it| &it.min_capacity).is_some()
            || changes.after_create(|it| &it.role_arn).is_some();
        let suspended = changes.after_create(|it| &it.suspended_state).is_some();
        if bounded || suspended {
            let before = changes.old.and_then(|old| old.suspended_state.as_ref());
            let state = suspended.then(|| new.suspended_after(before).to_sdk()).transpose()?;
            new.register(cx, &target, state).send().await?;
        }
        if changes.of(|it| &it.scheduled_actions).is_some() {
            schedule(changes, cx, &target).await?;
        }
        let tags = changes.tags();
        if tags.set.is_empty() && tags.removed.is_empty() {
            return Ok(());
        }
        let arn = required(describe(cx, &target).await?.scalable_target_arn, "ScalableTargetARN")?;
        if !tags.set.is_empty() {
            let set = tags.set.into_iter().collect();
            cx.scaling.tag_resource().resource_arn(&arn).set_tags(Some(set)).send().await?;
        }
        if !tags.removed.is_empty() {
            cx.scaling.untag_resource().resource_arn(&arn).set_tag_keys(Some(tags.removed)).send().await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let target = target_of(&known.id)?;
        let live = describe(cx, &target).await?;
        let last = &known.last;
        let tags = read_tags(cx, live.scalable_target_arn.as_deref().unwrap_or_default()).await?;
        let actions = scheduled(cx, &target).await?;
        let declared = last.scheduled_actions.as_deref().unwrap_or_default();
        let actions: Vec<_> = actions.into_iter().map(|live| of(live, declared)).collect::<Result<_>>()?;
        let actions = (!actions.is_empty() || last.scheduled_actions.is_some()).then_some(actions);
        let properties = Self {
            max_capacity: live.max_capacity,
            min_capacity: live.min_capacity,
            // The service-linked role takes the place of the declared one where there is one.
            role_arn: last.role_arn.clone(),
            scheduled_actions: as_declared(&last.scheduled_actions, actions),
            suspended_state: as_declared(&last.suspended_state, Mirror::of(live.suspended_state)),
            tags,
            resource_id: live.resource_id,
            scalable_dimension: live.scalable_dimension.as_str().to_owned(),
            service_namespace: live.service_namespace.as_str().to_owned(),
        };
        Ok(Found::ready(properties, outputs(&target)))
    }

    /// Its policies and scheduled actions go with it.
    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let target = target_of(&known.id)?;
        let call = cx.scaling.deregister_scalable_target().service_namespace(target.namespace());
        call.scalable_dimension(target.dimension()).resource_id(target.resource).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(self.target().id())
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl ScalableTarget {
    fn target(&self) -> Target {
        Target {
            resource: self.resource_id.clone(),
            dimension: self.scalable_dimension.clone(),
            namespace: self.service_namespace.clone(),
        }
    }

    fn register(
        &self,
        cx: &Context,
        target: &Target,
        suspended: Option<sdk::SuspendedState>,
    ) -> aws_sdk_applicationautoscaling::operation::register_scalable_target::builders::RegisterScalableTargetFluentBuilder
    {
        cx.scaling
            .register_scalable_target()
            .service_namespace(target.namespace())
            .scalable_dimension(target.dimension())
            .resource_id(&self.resource_id)
            .max_capacity(self.max_capacity)
            .min_capacity(self.min_capacity)
            .set_role_arn(self.role_arn.clone())
            .set_suspended_state(suspended)
    }

    /// Returns the suspended state to send after `old`: activities that are no longer declared resume.
    fn suspended_after(&self, old: Option<&SuspendedState>) -> SuspendedState {
        let (new, old) = (self.suspended_state.clone().unwrap_or_default(), old.cloned().unwrap_or_default());
        let of = |new: Option<bool>, old: Option<bool>| new.or(old.map(|_| false));
        SuspendedState {
            dynamic_scaling_in_suspended: of(new.dynamic_scaling_in_suspended, old.dynamic_scaling_in_suspended),
            dynamic_scaling_out_suspended: of(new.dynamic_scaling_out_suspended, old.dynamic_scaling_out_suspended),
            scheduled_scaling_suspended: of(new.scheduled_scaling_suspended, old.scheduled_scaling_suspended),
        }
    }
}

fn target_of(id: &str) -> Result<Target> {
    Target::of(id).ok_or_else(|| {
        let message = format!(
            "the identifier `{id}` is not that of a scalable target: its resource, dimension and namespace, joined by `|`"
        );
        Error::invalid(message)
    })
}

/// CloudFormation's identifier of a target, which policies refer to.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html>
fn outputs(target: &Target) -> Json {
    json!({"Id": target.id()})
}

async fn describe(cx: &Context, target: &Target) -> Result<sdk::ScalableTarget> {
    let call = cx.scaling.describe_scalable_targets().service_namespace(target.namespace());
    let call = call.scalable_dimension(target.dimension()).resource_ids(&target.resource);
    single(call.send().await?.scalable_targets, &target.id())
}

/// Describe calls return no tags.
async fn read_tags(cx: &Context, arn: &str) -> Result<Tags> {
    let listed = cx.scaling.list_tags_for_resource().resource_arn(arn).send().await?;
    Ok(Tags::read(listed.tags.unwrap_or_default()))
}

async fn scheduled(cx: &Context, target: &Target) -> Result<Vec<sdk::ScheduledAction>> {
    let call = cx.scaling.describe_scheduled_actions().service_namespace(target.namespace());
    let call = call.scalable_dimension(target.dimension()).resource_id(&target.resource);
    let mut pages = call.into_paginator().send();
    let mut actions = Vec::new();
    while let Some(page) = pages.next().await {
        actions.extend(page?.scheduled_actions.unwrap_or_default());
    }
    Ok(actions)
}

/// Brings the scheduled actions to what is declared. A call that names an existing one changes it, and takes away times
/// that it leaves out.
/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html>
async fn schedule(changes: &Changes<'_, ScalableTarget>, cx: &Context, target: &Target) -> Result<()> {
    let new = changes.new.scheduled_actions.as_deref().unwrap_or_default();
    let old = changes.old.and_then(|old| old.scheduled_actions.as_deref()).unwrap_or_default();
    let named = |actions: &[ScheduledAction], name: &str| {
        actions.iter().find(|action| action.scheduled_action_name == name).cloned()
    };
    for action in old.iter().filter(|action| named(new, &action.scheduled_action_name).is_none()) {
        let call = cx.scaling.delete_scheduled_action().service_namespace(target.namespace());
        let call = call.scalable_dimension(target.dimension()).resource_id(&target.resource);
        call.scheduled_action_name(&action.scheduled_action_name).send().await.or_none()?;
    }
    for action in new {
        let before = named(old, &action.scheduled_action_name);
        if before.as_ref() == Some(action) {
            continue;
        }
        // A time zone that is left out stays.
        let default = before.and_then(|before| before.timezone).map(|_| "UTC".to_owned());
        cx.scaling
            .put_scheduled_action()
            .service_namespace(target.namespace())
            .scalable_dimension(target.dimension())
            .resource_id(&target.resource)
            .scheduled_action_name(&action.scheduled_action_name)
            .schedule(&action.schedule)
            .set_timezone(action.timezone.clone().or(default))
            .set_start_time(action.start_time.as_deref().map(time).transpose()?)
            .set_end_time(action.end_time.as_deref().map(time).transpose()?)
            .set_scalable_target_action(action.scalable_target_action.to_sdk()?)
            .send()
            .await?;
    }
    Ok(())
}

fn time(text: &str) -> Result<DateTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset)
        .map_err(|_| Error::invalid(format!("`{text}` is not a time such as 2026-12-24T18:00:00Z")))
}

/// A scheduled action, whose times are as they are declared where they are the same.
fn of(live: sdk::ScheduledAction, declared: &[ScheduledAction]) -> Result<ScheduledAction> {
    let declared = declared.iter().find(|it| it.scheduled_action_name == live.scheduled_action_name);
    let shown = |live: Option<DateTime>, declared: Option<&String>| -> Result<Option<String>> {
        let Some(live) = live else { return Ok(None) };
        match declared.filter(|declared| time(declared).is_ok_and(|declared| declared == live)) {
            Some(declared) => Ok(Some(declared.clone())),
            None => Ok(Some(live.fmt(Format::DateTime).map_err(|error| Error::invalid(error.to_string()))?)),
        }
    };
    Ok(ScheduledAction {
        end_time: shown(live.end_time, declared.and_then(|it| it.end_time.as_ref()))?,
        scalable_target_action: Mirror::of(live.scalable_target_action),
        schedule: live.schedule,
        start_time: shown(live.start_time, declared.and_then(|it| it.start_time.as_ref()))?,
        timezone: live.timezone,
        scheduled_action_name: live.scheduled_action_name,
    })
}
