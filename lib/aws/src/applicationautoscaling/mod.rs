//! `AWS::ApplicationAutoScaling::*`.

mod scalable_target;
mod scaling_policy;

#[cfg(test)]
mod replay_tests;

pub(crate) use scalable_target::ScalableTarget;
pub(crate) use scaling_policy::ScalingPolicy;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};

/// A scalable resource, and the dimension that is scaled.
#[derive(Clone, Debug, PartialEq)]
struct Target {
    resource: String,
    dimension: String,
    namespace: String,
}

impl Target {
    /// Of the identifier of a scalable target, `service/shop/web|ecs:service:DesiredCount|ecs`.
    fn of(id: &str) -> Option<Self> {
        let mut parts = id.rsplitn(3, '|').map(str::to_owned);
        let (namespace, dimension, resource) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { resource, dimension, namespace })
    }

    fn id(&self) -> String {
        let Self { resource, dimension, namespace } = self;
        format!("{resource}|{dimension}|{namespace}")
    }

    fn dimension(&self) -> ScalableDimension {
        self.dimension.as_str().into()
    }

    fn namespace(&self) -> ServiceNamespace {
        self.namespace.as_str().into()
    }
}
