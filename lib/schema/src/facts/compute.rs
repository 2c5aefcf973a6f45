//! Instances, containers, functions, and workloads on them.

use super::{Row, row};
use crate::behavior::Recovery::FindByTag;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("AWS::AppRunner::Service").waits(15, 1200).early(&["ServiceArn", "ServiceId", "ServiceUrl"]),
    row("AWS::AutoScaling::AutoScalingGroup").waits(5, 1200).early(&["AutoScalingGroupName", "AutoScalingGroupARN"]),
    row("AWS::Batch::ComputeEnvironment").waits(5, 900).early(&["ComputeEnvironmentArn"]),
    // RunInstances takes a ClientToken.
    row("AWS::EC2::Instance").waits(15, 600).early(&["InstanceId", "PrivateIp"]),
    // A volume is attached to one instance, unless it is made for several (API_AttachVolume).
    row("AWS::EC2::VolumeAttachment").alone(),
    // CreateService takes a clientToken.
    row("AWS::ECS::Service").waits(15, 1200).early(&["ServiceArn", "Name"]),
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
