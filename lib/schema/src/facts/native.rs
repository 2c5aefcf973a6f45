//! The types that the provider manages through the API of their service, and the behavior of all others.

use crate::behavior::{Behavior, Recovery, Wait};
use crate::resource::ResourceType;

/// The types with a handler of their own, sorted. The provider manages every other type through AWS's Cloud Control API.
#[rustfmt::skip]
const NATIVE: &[&str] = &[
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CertificateManager::Certificate",
    "AWS::EC2::EIP",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCCidrBlock",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECS::Cluster",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerCertificate",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::AccessKey",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
];

/// The maximum time between two polls of a request to Cloud Control, and how long such a request may take, for types
/// that are not known to take longer.
const REQUEST: Wait = Wait::seconds(5, 60 * 60);

impl ResourceType {
    /// Returns whether the provider manages resources of this type through the API of their service.
    pub fn is_native(&self) -> bool {
        NATIVE.binary_search(&self.name).is_ok()
    }
}

/// Returns the behavior of a type through Cloud Control: every create takes a client token; every request is
/// asynchronous, even for a type that is ready at once; nothing but the identifier is known before it has ended; and its
/// calls share the limits of Cloud Control.
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_CreateResource.html>
pub(super) fn through_cloud_control(own: Behavior) -> Behavior {
    Behavior {
        recovery: Recovery::ClientToken,
        wait: Wait { interval: REQUEST.interval, timeout: own.wait.timeout.max(REQUEST.timeout) },
        early_outputs: &[],
        api: "cloudcontrol",
        ..own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_type_is_published() {
        assert!(NATIVE.is_sorted());
        assert_eq!(NATIVE.iter().filter(|name| crate::lookup(name).is_none()).count(), 0);
    }

    #[test]
    fn a_type_without_a_handler_of_its_own_behaves_as_requests_to_cloud_control_do() {
        let behavior = crate::behavior("AWS::SQS::Queue").expect("published");
        let Behavior { recovery, wait, early_outputs, api, .. } = behavior;
        assert_eq!((recovery, wait, early_outputs, api), (Recovery::ClientToken, REQUEST, &[][..], "cloudcontrol"));
        let balancer = crate::behavior("AWS::ElasticLoadBalancingV2::LoadBalancer").expect("published");
        assert_eq!((balancer.api, balancer.early_outputs.is_empty()), ("elasticloadbalancing", false));
    }
}
