//! How long AWS takes, as data.

/// How long the resources of a type take.
pub(crate) struct Timing {
    pub(crate) type_name: &'static str,
    /// Seconds from the create to ready.
    pub(crate) ready: u64,
    /// Seconds from an update to ready again.
    pub(crate) update: u64,
    /// Seconds from the delete to gone.
    pub(crate) gone: u64,
    /// Seconds between two looks.
    pub(crate) interval: u64,
    /// Seconds after which waiting is given up.
    pub(crate) timeout: u64,
    /// What is known as soon as the create is accepted.
    pub(crate) early: &'static [&'static str],
}

const fn row(
    type_name: &'static str,
    [ready, update, gone]: [u64; 3],
    [interval, timeout]: [u64; 2],
    early: &'static [&'static str],
) -> Timing {
    Timing { type_name, ready, update, gone, interval, timeout, early }
}

/// The timing of a type; none where it is ready as soon as it is accepted.
pub(crate) fn timing(type_name: &str) -> Option<&'static Timing> {
    TIMINGS.iter().find(|row| row.type_name == type_name)
}

/// `[ready, update, gone]`, then `[interval, timeout]`, in seconds.
///
/// AWS promises no provisioning times and publishes hardly any. The durations are estimates of
/// what operators see, save for:
/// - EKS clusters: "several minutes",
///   <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html>; 13 to 16
///   minutes were measured over all regions in
///   <https://easontechtalk.com/unofficial-eks-cluster-creation-performance-across-aws-regions>,
///   ten is the target of Groundplan's benchmarks;
/// - CloudFront: at most 15 minutes,
///   <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowToUpdateDistribution.html>
///   (2013 edition); five are usual now.
///
/// A certificate has an ARN at once, which is no early output all the same: load balancers and
/// distributions refuse it until it is issued.
///
/// Interval and timeout follow the waiters of AWS's SDKs where there is one for the type, as in
/// <https://docs.aws.amazon.com/boto3/latest/reference/services/ec2/waiter/NatGatewayAvailable.html>
/// (every 15 seconds, 40 times); the timeout is longer where that waiter is known to be short.
#[rustfmt::skip]
const TIMINGS: &[Timing] = &[
    row("AWS::AmazonMQ::Broker", [720, 300, 180], [30, 2400], &["Id", "Arn"]),
    row("AWS::ApiGateway::VpcLink", [150, 0, 60], [15, 600], &["VpcLinkId"]),
    row("AWS::ApiGatewayV2::VpcLink", [120, 0, 60], [15, 600], &["VpcLinkId"]),
    row("AWS::AppRunner::Service", [240, 180, 60], [15, 1200], &["ServiceArn", "ServiceId", "ServiceUrl"]),
    row("AWS::AutoScaling::AutoScalingGroup", [60, 30, 120], [5, 1200], &["AutoScalingGroupName", "AutoScalingGroupARN"]),
    row("AWS::Batch::ComputeEnvironment", [30, 60, 60], [5, 900], &["ComputeEnvironmentArn"]),
    row("AWS::CertificateManager::Certificate", [120, 0, 0], [60, 2400], &[]),
    row("AWS::CloudFront::Distribution", [300, 300, 300], [60, 2100], &["Id", "DomainName"]),
    row("AWS::DMS::ReplicationInstance", [600, 300, 300], [60, 3600], &["Id"]),
    row("AWS::DirectoryService::MicrosoftAD", [1800, 0, 300], [60, 3600], &["Id"]),
    row("AWS::DocDB::DBCluster", [180, 60, 120], [30, 1800], &["DBClusterIdentifier", "ClusterResourceId"]),
    row("AWS::DocDB::DBInstance", [420, 120, 240], [30, 1800], &["Id"]),
    row("AWS::DynamoDB::GlobalTable", [60, 60, 30], [20, 1200], &["TableName", "Arn", "TableId"]),
    row("AWS::DynamoDB::Table", [10, 20, 10], [20, 500], &["TableName", "Arn"]),
    row("AWS::EC2::Instance", [30, 30, 60], [15, 600], &["InstanceId", "PrivateIp"]),
    row("AWS::EC2::NatGateway", [120, 0, 60], [15, 600], &["NatGatewayId"]),
    row("AWS::EC2::TransitGateway", [120, 60, 60], [15, 600], &["Id", "TransitGatewayArn"]),
    row("AWS::EC2::TransitGatewayAttachment", [60, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::TransitGatewayVpcAttachment", [60, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::VPCEndpoint", [90, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::VPNConnection", [240, 240, 120], [15, 1200], &["VpnConnectionId"]),
    row("AWS::EC2::Volume", [5, 30, 5], [15, 600], &["VolumeId"]),
    row("AWS::ECS::Service", [90, 120, 60], [15, 1200], &["ServiceArn", "Name"]),
    row("AWS::EFS::FileSystem", [10, 5, 10], [5, 300], &["FileSystemId", "Arn"]),
    row("AWS::EFS::MountTarget", [90, 0, 60], [5, 600], &["Id", "IpAddress"]),
    row("AWS::EKS::Addon", [60, 60, 30], [10, 600], &["Arn"]),
    row("AWS::EKS::Cluster", [600, 300, 180], [30, 1800], &["Name", "Arn"]),
    row("AWS::EKS::FargateProfile", [120, 0, 120], [10, 900], &["Arn"]),
    row("AWS::EKS::Nodegroup", [240, 240, 240], [30, 2400], &["Id", "Arn", "ClusterName", "NodegroupName"]),
    row("AWS::EMR::Cluster", [420, 0, 120], [30, 1800], &["Id"]),
    row("AWS::ElastiCache::CacheCluster", [300, 180, 180], [15, 1800], &["ClusterName"]),
    row("AWS::ElastiCache::ReplicationGroup", [360, 300, 240], [15, 2400], &["ReplicationGroupId"]),
    row("AWS::ElastiCache::ServerlessCache", [150, 60, 120], [15, 1200], &["ServerlessCacheName", "ARN"]),
    row("AWS::ElasticBeanstalk::Environment", [300, 180, 180], [20, 1800], &["EnvironmentName"]),
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", [180, 0, 30], [15, 600], &["LoadBalancerArn", "LoadBalancerFullName", "LoadBalancerName", "DNSName", "CanonicalHostedZoneID"]),
    row("AWS::FSx::FileSystem", [600, 300, 300], [30, 3600], &["Id", "ResourceARN"]),
    row("AWS::GlobalAccelerator::Accelerator", [180, 120, 120], [15, 1200], &["AcceleratorArn", "DnsName", "Ipv4Addresses"]),
    row("AWS::Kinesis::Stream", [15, 15, 15], [10, 180], &["Name", "Arn"]),
    row("AWS::KinesisFirehose::DeliveryStream", [30, 5, 15], [10, 600], &["DeliveryStreamName", "Arn"]),
    row("AWS::Lambda::Function", [5, 5, 0], [1, 300], &["FunctionName", "Arn"]),
    row("AWS::MSK::Cluster", [1200, 600, 300], [60, 3600], &["Arn"]),
    row("AWS::MWAA::Environment", [1500, 900, 600], [60, 3600], &["Name", "Arn"]),
    row("AWS::Neptune::DBCluster", [180, 60, 120], [30, 1800], &["DBClusterIdentifier", "ClusterResourceId"]),
    row("AWS::Neptune::DBInstance", [420, 120, 240], [30, 1800], &["DBInstanceIdentifier"]),
    row("AWS::NetworkFirewall::Firewall", [300, 60, 300], [30, 1200], &["FirewallArn", "FirewallId"]),
    row("AWS::OpenSearchService::Domain", [900, 900, 300], [60, 3600], &["DomainName", "Arn", "Id"]),
    row("AWS::RDS::DBCluster", [240, 60, 240], [30, 1800], &["DBClusterIdentifier", "DBClusterArn", "DBClusterResourceId"]),
    row("AWS::RDS::DBInstance", [480, 120, 240], [30, 3600], &["DBInstanceIdentifier", "DBInstanceArn", "DbiResourceId"]),
    row("AWS::RDS::DBProxy", [300, 60, 120], [30, 1800], &["DBProxyName", "DBProxyArn"]),
    row("AWS::Redshift::Cluster", [300, 300, 180], [60, 1800], &["ClusterIdentifier"]),
    row("AWS::RedshiftServerless::Workgroup", [180, 120, 120], [30, 1800], &["WorkgroupName"]),
    row("AWS::Route53::RecordSet", [30, 30, 30], [30, 1800], &["Name", "HostedZoneId", "Type", "SetIdentifier"]),
    row("AWS::SageMaker::Endpoint", [300, 300, 30], [30, 3600], &["EndpointName", "EndpointArn"]),
    row("AWS::Transfer::Server", [120, 30, 30], [30, 1800], &["Arn", "ServerId"]),
];
