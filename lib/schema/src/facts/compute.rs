//! Instances, containers, functions, and workloads on them.

use super::{Row, row};
use crate::behavior::Recovery::FindByTag;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // RegisterScalableTarget takes tags, and changes a target that exists: a create looks for it before.
    row("AWS::ApplicationAutoScaling::ScalableTarget").by(FindByTag),
    row("AWS::AppRunner::Service").waits(15, 1200).early(&["ServiceArn", "ServiceId", "ServiceUrl"]),
    row("AWS::AutoScaling::AutoScalingGroup").waits(5, 1200).early(&["AutoScalingGroupName", "AutoScalingGroupARN"]),
    row("AWS::Batch::ComputeEnvironment").waits(5, 900).early(&["ComputeEnvironmentArn"]),
    // RunInstances takes a ClientToken.
    row("AWS::EC2::Instance").waits(15, 600).early(&["InstanceId", "PrivateIp"]),
    // A volume is attached to one instance, unless it is made for several (API_AttachVolume).
    row("AWS::EC2::VolumeAttachment").alone(),
    // CreateCluster returns a cluster of the same name (<https://github.com/hashicorp/terraform-provider-aws/issues/38875>).
    // Capacity providers take up to ten minutes there (`waitClusterAvailable`).
    row("AWS::ECS::Cluster").returns().waits(5, 600).early(&["Arn", "ClusterName"]),
    // PutClusterCapacityProviders puts its lists in the place of those of the cluster.
    row("AWS::ECS::ClusterCapacityProviderAssociations").overwrites().waits(5, 600),
    // CreateService takes a clientToken. The waiter ServicesStable gives up after 10 minutes, and a deployment that stops
    // tasks batch by batch waits for up to an hour for each batch to leave its target group (API_TargetGroupAttribute:
    // `deregistration_delay.timeout_seconds`, 300 seconds by default).
    row("AWS::ECS::Service").waits(15, 3600).early(&["ServiceArn", "Name"]),
    // RegisterTaskDefinition takes no token, but tags.
    row("AWS::ECS::TaskDefinition").by(FindByTag),
    // CreateAddon, CreateCluster, CreateFargateProfile and CreateNodegroup take a clientRequestToken.
    row("AWS::EKS::Addon").waits(10, 600).early(&["Arn"]),
    row("AWS::EKS::Cluster").waits(30, 1800).early(&["Name", "Arn"]),
    row("AWS::EKS::FargateProfile").waits(10, 900).early(&["Arn"]),
    row("AWS::EKS::Nodegroup").waits(30, 2400).early(&["Id", "Arn", "ClusterName", "NodegroupName"]),
    row("AWS::EMR::Cluster").waits(30, 1800).early(&["Id"]),
    row("AWS::ElasticBeanstalk::Environment").waits(20, 1800).early(&["EnvironmentName"]),
    row("AWS::Lambda::Function").waits(1, 300).early(&["FunctionName", "Arn"]),
    row("AWS::MWAA::Environment").waits(60, 3600).early(&["Name", "Arn"]),
    row("AWS::SageMaker::Endpoint").waits(30, 3600).early(&["EndpointName", "EndpointArn"]),
];
