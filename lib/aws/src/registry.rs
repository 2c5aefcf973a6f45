//! Every handler, one line each.

use crate::error;
use crate::handler::{AnyHandler, of};
use crate::{
    applicationautoscaling, certificatemanager, cloud_control, ec2, ecs, elasticloadbalancingv2, iam, kms, logs, rds,
    route53, s3, secretsmanager, sns,
};

/// The handlers, sorted by the name of their type.
static HANDLERS: &[&dyn AnyHandler] = &[
    of::<applicationautoscaling::ScalableTarget>(),
    of::<applicationautoscaling::ScalingPolicy>(),
    of::<certificatemanager::Certificate>(),
    of::<ec2::Eip>(),
    of::<ec2::EgressOnlyInternetGateway>(),
    of::<ec2::InternetGateway>(),
    of::<ec2::NatGateway>(),
    of::<ec2::Route>(),
    of::<ec2::RouteTable>(),
    of::<ec2::SecurityGroup>(),
    of::<ec2::SecurityGroupEgress>(),
    of::<ec2::SecurityGroupIngress>(),
    of::<ec2::Subnet>(),
    of::<ec2::SubnetRouteTableAssociation>(),
    of::<ec2::Vpc>(),
    of::<ec2::VpcCidrBlock>(),
    of::<ec2::VpcEndpoint>(),
    of::<ec2::VpcGatewayAttachment>(),
    of::<ecs::Cluster>(),
    of::<ecs::ClusterCapacityProviderAssociations>(),
    of::<ecs::Service>(),
    of::<ecs::TaskDefinition>(),
    of::<elasticloadbalancingv2::Listener>(),
    of::<elasticloadbalancingv2::ListenerCertificate>(),
    of::<elasticloadbalancingv2::ListenerRule>(),
    of::<elasticloadbalancingv2::LoadBalancer>(),
    of::<elasticloadbalancingv2::TargetGroup>(),
    of::<iam::AccessKey>(),
    of::<iam::Role>(),
    of::<iam::RolePolicy>(),
    of::<iam::User>(),
    of::<kms::Alias>(),
    of::<kms::Key>(),
    of::<logs::LogGroup>(),
    of::<rds::DbInstance>(),
    of::<rds::DbParameterGroup>(),
    of::<rds::DbSubnetGroup>(),
    of::<route53::HostedZone>(),
    of::<route53::RecordSet>(),
    of::<s3::Bucket>(),
    of::<s3::BucketPolicy>(),
    of::<secretsmanager::Secret>(),
    of::<sns::Topic>(),
];

/// The handler of a type: its own, or else that of all types that Cloud Control can manage.
pub(crate) fn find(type_name: &str) -> Option<&'static dyn AnyHandler> {
    let native = HANDLERS.iter().find(|handler| handler.type_name() == type_name).copied();
    native.or_else(|| cloud_control::handler(type_name))
}

/// Hands over what errors mean in single operations, as all handlers say. The provider does so before it makes a
/// call.
pub(crate) fn state_meanings() {
    error::set_meanings(|| HANDLERS.iter().flat_map(|handler| handler.errors()).collect());
}

/// The names of the types that are managed natively.
pub fn native_types() -> impl Iterator<Item = &'static str> {
    HANDLERS.iter().map(|handler| handler.type_name())
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
