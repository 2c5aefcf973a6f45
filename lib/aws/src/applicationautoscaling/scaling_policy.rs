//! `AWS::ApplicationAutoScaling::ScalingPolicy`

use aws_sdk_applicationautoscaling::operation::put_scaling_policy::PutScalingPolicyError;
use aws_sdk_applicationautoscaling::types as sdk;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Target;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{self, Changes, Context, Found, Handler, Known, accepted, required};
use crate::mirror::{Decimal, Mirror, as_declared, mirror};

/// A rule by which a scalable target changes its size. Application Auto Scaling makes the alarms of one that tracks a target.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ScalingPolicy {
    policy_name: String,
    policy_type: String,
    resource_id: Option<String>,
    scalable_dimension: Option<String>,
    scaling_target_id: Option<String>,
    service_namespace: Option<String>,
    step_scaling_policy_configuration: Option<StepScaling>,
    target_tracking_scaling_policy_configuration: Option<TargetTracking>,
}

mirror! {
    StepScaling as sdk::StepScalingPolicyConfiguration {
        opt adjustment_type set_adjustment_type: String;
        opt cooldown set_cooldown: i32;
        opt metric_aggregation_type set_metric_aggregation_type: String;
        opt min_adjustment_magnitude set_min_adjustment_magnitude: i32;
        opt step_adjustments set_step_adjustments: Vec<StepAdjustment>;
    }

    StepAdjustment as sdk::StepAdjustment, ? {
        opt metric_interval_lower_bound set_metric_interval_lower_bound: Decimal;
        opt metric_interval_upper_bound set_metric_interval_upper_bound: Decimal;
        req scaling_adjustment set_scaling_adjustment: i32;
    }

    TargetTracking as sdk::TargetTrackingScalingPolicyConfiguration, ? {
        opt customized_metric_specification set_customized_metric_specification: CustomizedMetric;
        opt disable_scale_in set_disable_scale_in: bool;
        opt predefined_metric_specification set_predefined_metric_specification: PredefinedMetric;
        opt scale_in_cooldown set_scale_in_cooldown: i32;
        opt scale_out_cooldown set_scale_out_cooldown: i32;
        req target_value set_target_value: Decimal;
    }

    PredefinedMetric as sdk::PredefinedMetricSpecification, ? {
        req predefined_metric_type set_predefined_metric_type: String;
        opt resource_label set_resource_label: String;
    }

    CustomizedMetric as sdk::CustomizedMetricSpecification {
        opt dimensions set_dimensions: Vec<MetricDimension>;
        opt metric_name set_metric_name: String;
        opt metrics set_metrics: Vec<MetricDataQuery>;
        opt namespace set_namespace: String;
        opt statistic set_statistic: String;
        opt unit set_unit: String;
    }

    MetricDimension as sdk::MetricDimension, ? {
        req name set_name: String;
        req value set_value: String;
    }

    MetricDataQuery as sdk::TargetTrackingMetricDataQuery, ? {
        opt expression set_expression: String;
        got id set_id: String;
        opt label set_label: String;
        opt metric_stat set_metric_stat: MetricStat;
        opt return_data set_return_data: bool;
    }

    MetricStat as sdk::TargetTrackingMetricStat, ? {
        opt metric set_metric: Metric;
        got stat set_stat: String;
        opt unit set_unit: String;
    }

    Metric as sdk::TargetTrackingMetric {
        opt dimensions set_dimensions: Vec<Dimension>;
        opt metric_name set_metric_name: String;
        opt namespace set_namespace: String;
    }

    Dimension as sdk::TargetTrackingMetricDimension, ? {
        got name set_name: String;
        got value set_value: String;
    }
}

impl Handler for ScalingPolicy {
    const TYPE: &'static str = "AWS::ApplicationAutoScaling::ScalingPolicy";

    const ERRORS: &'static [Meaning] = &[
        // CloudWatch refuses the alarm for so many calls.
        // <https://github.com/hashicorp/terraform-provider-aws>: `resourcePolicyCreate`
        Meaning::of::<PutScalingPolicyError>("FailedResourceAccessException", "rate exceeded", ErrorClass::Throttled),
        Meaning::of::<PutScalingPolicyError>(
            "FailedResourceAccessException",
            "is not authorized to perform",
            ErrorClass::Propagating,
        ),
        Meaning::of::<PutScalingPolicyError>("FailedResourceAccessException", "token", ErrorClass::Propagating),
    ];

    /// The call changes a policy of the same name, so that it is looked for first. Its ARN is AWS's choice, so that it
    /// is looked for by its name.
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let target = self.target()?;
        let named = || find(cx, &target, &self.policy_name);
        if let Some(live) = named().await? {
            let id = id(&live);
            let is_there = || async { Ok(named().await?.is_some()) };
            if handler::is_taken(cx, Self::TYPE, &id, is_there).await? {
                return Err(handler::exists::<Self>(cx, &id));
            }
        }
        let arn = self.put(cx, &target).await?;
        Ok(accepted(format!("{arn}|{}", target.dimension), outputs(&arn)))
    }

    /// The call changes nothing that it leaves out, but it takes a configuration as a whole.
    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        let changed = changes.after_create(|it| &it.policy_type).is_some()
            || changes.after_create(|it| &it.step_scaling_policy_configuration).is_some()
            || changes.after_create(|it| &it.target_tracking_scaling_policy_configuration).is_some();
        if changed {
            changes.new.put(cx, &changes.new.target()?).await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let live = described(cx, known).await?;
        let last = &known.last;
        let outputs = outputs(&live.policy_arn);
        let step = Mirror::of(live.step_scaling_policy_configuration);
        let tracking = Mirror::of(live.target_tracking_scaling_policy_configuration);
        let properties = Self {
            policy_name: live.policy_name,
            policy_type: live.policy_type.as_str().to_owned(),
            resource_id: Some(live.resource_id),
            scalable_dimension: Some(live.scalable_dimension.as_str().to_owned()),
            scaling_target_id: last.scaling_target_id.clone(),
            service_namespace: Some(live.service_namespace.as_str().to_owned()),
            step_scaling_policy_configuration: as_declared(&last.step_scaling_policy_configuration, step),
            target_tracking_scaling_policy_configuration: as_declared(
                &last.target_tracking_scaling_policy_configuration,
                tracking,
            ),
        };
        Ok(Found::ready(properties, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let (target, name) = parts(&known.id)?;
        let call = cx.scaling.delete_scaling_policy().service_namespace(target.namespace()).policy_name(name);
        call.scalable_dimension(target.dimension()).resource_id(target.resource).send().await?;
        Ok(Deletion::Gone)
    }

    /// The policy of this name, which takes no tags, where it is as it is declared.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let Some(live) = find(cx, &self.target()?, &self.policy_name).await? else { return Ok(Vec::new()) };
        let known = Known { id: id(&live), last: self.clone() };
        let Some(found) = Self::read(cx, &known).await.or_none()? else { return Ok(Vec::new()) };
        Ok(if self.is_same(&handler::in_declared_shape(self, found.properties)) { vec![known.id] } else { Vec::new() })
    }
}

impl ScalingPolicy {
    /// The target, which is declared as a whole or by its parts.
    fn target(&self) -> Result<Target> {
        if let Some(id) = &self.scaling_target_id {
            let message = format!("ScalingTargetId: `{id}` is not the identifier of a scalable target");
            return Target::of(id).ok_or_else(|| Error::invalid(message));
        }
        match (&self.resource_id, &self.scalable_dimension, &self.service_namespace) {
            (Some(resource), Some(dimension), Some(namespace)) => {
                Ok(Target { resource: resource.clone(), dimension: dimension.clone(), namespace: namespace.clone() })
            }
            _ => Err(Error::invalid(
                "a policy names its target: declare ScalingTargetId, or ResourceId, ScalableDimension and \
                 ServiceNamespace",
            )),
        }
    }

    async fn put(&self, cx: &Context, target: &Target) -> Result<String> {
        let call = cx
            .scaling
            .put_scaling_policy()
            .policy_name(&self.policy_name)
            .policy_type(self.policy_type.as_str().into())
            .service_namespace(target.namespace())
            .scalable_dimension(target.dimension())
            .resource_id(&target.resource)
            .set_step_scaling_policy_configuration(self.step_scaling_policy_configuration.to_sdk()?)
            .set_target_tracking_scaling_policy_configuration(
                self.target_tracking_scaling_policy_configuration.to_sdk()?,
            );
        required(Some(call.send().await?.policy_arn), "PolicyARN")
    }
}

fn outputs(arn: &str) -> Json {
    json!({"Arn": arn})
}

fn id(policy: &sdk::ScalingPolicy) -> String {
    format!("{}|{}", policy.policy_arn, policy.scalable_dimension.as_str())
}

/// The target and name of a policy, of its identifier:
/// `arn:…:scalingPolicy:UUID:resource/ecs/service/shop/web:policyName/cpu|ecs:service:DesiredCount`.
fn parts(id: &str) -> Result<(Target, String)> {
    let found = || {
        let (arn, dimension) = id.rsplit_once('|')?;
        let (_, resource) = arn.split_once(":resource/")?;
        let (resource, name) = resource.rsplit_once(":policyName/")?;
        let (namespace, resource) = resource.split_once('/')?;
        let target = Target { resource: resource.into(), dimension: dimension.into(), namespace: namespace.into() };
        Some((target, name.to_owned()))
    };
    found().ok_or_else(|| {
        let message =
            format!("the identifier `{id}` is not that of a scaling policy: its ARN and its dimension, joined by `|`");
        Error::invalid(message)
    })
}

async fn find(cx: &Context, target: &Target, name: &str) -> Result<Option<sdk::ScalingPolicy>> {
    let call = cx.scaling.describe_scaling_policies().service_namespace(target.namespace());
    let call = call.scalable_dimension(target.dimension()).resource_id(&target.resource).policy_names(name);
    let policies = call.send().await?.scaling_policies.unwrap_or_default();
    Ok(policies.into_iter().find(|policy| policy.policy_name == name))
}

async fn described(cx: &Context, known: &Known<ScalingPolicy>) -> Result<sdk::ScalingPolicy> {
    let (target, name) = parts(&known.id)?;
    // Another one may have the name by now.
    let found = find(cx, &target, &name).await?.filter(|live| id(live) == known.id);
    found.ok_or_else(|| Error::not_found(format!("the scaling policy {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_known_by_its_arn() {
        let arn = "arn:aws:autoscaling:eu-central-1:111122223333:scalingPolicy:6d8972f3:resource/ecs/service/shop/web";
        let (target, name) = parts(&format!("{arn}:policyName/cpu: 70 %|ecs:service:DesiredCount")).unwrap();
        assert_eq!(
            (target.id().as_str(), name.as_str()),
            ("service/shop/web|ecs:service:DesiredCount|ecs", "cpu: 70 %")
        );
        assert!(parts("cpu").is_err());
    }
}
