//! The desired count of a service that Application Auto Scaling scales.

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTarget, ServiceNamespace};

use super::Service;
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Removal};
use groundplan_engine::provider::ErrorClass;

/// The count to send: one that is declared differently, unless the service scales by itself.
pub(super) async fn desired_count(changes: &Changes<'_, Service>, cx: &Context, arn: &str) -> Result<Option<i32>> {
    let removal = Removal::Keeps("a count that is not declared is left to whoever scales the service");
    let Some(count) = changes.new_value(|service| &service.desired_count, removal)? else { return Ok(None) };
    Ok(target(cx, arn).await?.is_none().then_some(count))
}

/// The count as it is declared, where the live one is a result of scaling. The declared one is that to begin with.
pub(super) async fn as_declared(
    cx: &Context,
    arn: &str,
    declared: Option<i32>,
    live: Option<i32>,
) -> Result<Option<i32>> {
    if declared.is_none() || declared == live {
        return Ok(live);
    }
    Ok(if target(cx, arn).await?.is_some() { declared } else { live })
}

/// The scalable target of a service; none where the credentials may not see any.
async fn target(cx: &Context, arn: &str) -> Result<Option<ScalableTarget>> {
    let Some(resource) = resource(arn) else { return Ok(None) };
    let described = cx
        .scaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_ids(resource)
        .send()
        .await
        .map_err(Error::from);
    match described {
        Ok(described) => Ok(described.scalable_targets.unwrap_or_default().into_iter().next()),
        Err(error) if error.class() == ErrorClass::Denied => Ok(None),
        Err(error) => Err(error),
    }
}

/// `service/CLUSTER/NAME` of an ARN; none of one in the earlier format, which lacks the cluster.
/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html>
fn resource(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').last()?;
    (resource.split('/').count() == 3).then_some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_scales_under_its_cluster_and_name() {
        let arn = "arn:aws:ecs:eu-central-1:111122223333:service/shop/web";
        assert_eq!(resource(arn), Some("service/shop/web"));
        assert_eq!(resource("arn:aws:ecs:eu-central-1:111122223333:service/web"), None);
    }
}
