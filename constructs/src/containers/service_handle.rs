//! The handle of a service.

use groundplan_core::{Handle, Output};
use groundplan_resources::ecs::{self, ServiceArn};
use groundplan_resources::elasticloadbalancingv2::{ListenerRule, TargetGroup};
use groundplan_resources::servicediscovery;

use super::scaling::ScalingHandle;
use super::task_definition::TaskDefinitionHandle;
use crate::identity::{Grantee, Identity};
use crate::network::{Connectable, Peer, Port, SecurityGroupHandle};
use crate::passed_as::PassedAs;

/// The handle of a [`FargateService`](super::FargateService). Permissions that are granted to it are those of its tasks.
#[derive(Clone)]
pub struct FargateServiceHandle {
    /// The service.
    pub service: Handle<ecs::Service>,
    /// The task definition.
    pub task: TaskDefinitionHandle,
    /// The security group of the tasks.
    pub security_group: SecurityGroupHandle,
    /// The target groups, one for each route.
    pub target_groups: Vec<Handle<TargetGroup>>,
    /// The rules of listeners, one for each route.
    pub rules: Vec<Handle<ListenerRule>>,
    /// The scalable target of the service.
    pub scaling: Option<ScalingHandle>,
    /// The entry of the service in the namespace of the cluster.
    pub discovery: Option<Handle<servicediscovery::Service>>,
    /// The domain name of the tasks within the VPC, such as `api.shop.internal`, if the service can be found.
    pub discovery_name: Option<String>,
}

impl Grantee for FargateServiceHandle {
    fn identity(&self) -> &Identity {
        self.task.identity()
    }
}

impl FargateServiceHandle {
    /// Returns the ARN of the service.
    pub fn arn(&self) -> Output<ServiceArn> {
        self.service.service_arn()
    }

    /// Returns the name of the service.
    pub fn name(&self) -> Output<String> {
        self.service.name()
    }

    /// Allows `peer` to connect to the tasks on `port`. Load balancers in front of the service already can.
    #[track_caller]
    pub fn allow_from(&self, peer: impl PassedAs<Peer>, port: Port) -> &Self {
        self.security_group.allow_from(peer, port);
        self
    }

    /// Allows the tasks to connect to `peer` on `port`, if the service is declared with
    /// [`no_outbound`](super::FargateService::no_outbound).
    #[track_caller]
    pub fn allow_to(&self, peer: impl PassedAs<Peer>, port: Port) -> &Self {
        self.security_group.allow_to(peer, port);
        self
    }

    /// Allows the tasks to connect to a database or to what else accepts connections: in its security group and, if the
    /// service is declared with [`no_outbound`](super::FargateService::no_outbound), in their own.
    #[track_caller]
    pub fn connect_to(&self, other: &impl Connectable) -> &Self {
        self.security_group.connect_to(other);
        self
    }
}
