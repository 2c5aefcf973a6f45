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
/// AWS promises no provisioning times and publishes few. What a time rests on stands above its row:
/// the source's words without their markup, of `ready` where they do not say otherwise, then its
/// address. Times without a source are estimates of what operators see. "Up to" is a limit, not a
/// usual time; where a source says how long it usually takes, the row's time is within a factor of
/// about two of that.
///
/// - <https://github.com/awsdocs> holds AWS's own user guides.
/// - <https://github.com/go-to-k/cdkd> deploys CDK apps and says how long it waits for each type.
/// - "Creation complete after 1m44s" and the like are lines of Terraform's output.
///
/// Addresses of files in repositories name the commit.
///
/// A certificate has an ARN at once, which is no early output all the same: load balancers and
/// distributions refuse it until it is issued.
///
/// Interval and timeout follow the waiters of AWS's SDKs where there is one for the type, as in
/// <https://docs.aws.amazon.com/boto3/latest/reference/services/ec2/waiter/NatGatewayAvailable.html>
/// (every 15 seconds, 40 times); the timeout is longer where that waiter is known to be short.
#[rustfmt::skip]
const TIMINGS: &[Timing] = &[
    // "Creating the broker takes about 15 minutes",
    // <https://github.com/awsdocs/amazon-mq-developer-guide/blob/ff1b069/doc_source/amazon-mq-creating-configuring-broker.md>
    // "Deleting a broker takes about 5 minutes",
    // <https://github.com/awsdocs/amazon-mq-developer-guide/blob/9e9e317/doc_source/amazon-mq-deleting-broker.md>
    row("AWS::AmazonMQ::Broker", [900, 300, 300], [30, 2400], &["Id", "Arn"]),
    // "It takes 2-4 minutes for API Gateway to finish creating the VpcLink",
    // <https://github.com/awsdocs/amazon-api-gateway-developer-guide/blob/6060e21/doc_source/set-up-api-with-vpclink-cli.md>
    row("AWS::ApiGateway::VpcLink", [150, 0, 60], [15, 600], &["VpcLinkId"]),
    // "This process can take a few minutes",
    // <https://github.com/awsdocs/amazon-api-gateway-developer-guide/blob/6060e21/doc_source/http-api-vpc-links.md>
    // "which can take up to 10 minutes",
    // <https://github.com/awsdocs/aws-cloudformation-user-guide/blob/19dc52c/doc_source/aws-resource-apigatewayv2-vpclink.md>
    row("AWS::ApiGatewayV2::VpcLink", [120, 0, 60], [15, 600], &["VpcLinkId"]),
    row("AWS::AppRunner::Service", [240, 180, 60], [15, 1200], &["ServiceArn", "ServiceId", "ServiceUrl"]),
    row("AWS::AutoScaling::AutoScalingGroup", [60, 30, 120], [5, 1200], &["AutoScalingGroupName", "AutoScalingGroupARN"]),
    row("AWS::Batch::ComputeEnvironment", [30, 60, 60], [5, 900], &["ComputeEnvironmentArn"]),
    // "Pending validation for up to 30 minutes",
    // <https://github.com/awsdocs/aws-certificate-user-guide/blob/36ba373/doc_source/dns-validation.md>
    row("AWS::CertificateManager::Certificate", [120, 0, 0], [60, 2400], &[]),
    // "This typically takes a few minutes",
    // <https://github.com/awsdocs/amazon-cloudfront-developer-guide/blob/1c964d4/doc_source/GettingStarted.SimpleDistribution.md>
    // "3-15 min", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    // At most 15 minutes (2013 edition); five are usual now,
    // <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowToUpdateDistribution.html>
    row("AWS::CloudFront::Distribution", [300, 300, 300], [60, 2100], &["Id", "DomainName"]),
    // "This can take several minutes",
    // <https://github.com/awsdocs/aws-dms-step-by-step/blob/69c7867/doc_source/chap-mongodb2documentdb.03.md>
    row("AWS::DMS::ReplicationInstance", [600, 300, 300], [60, 3600], &["Id"]),
    // "Creating the directory takes 20 to 40 minutes",
    // <https://github.com/awsdocs/aws-directory-service-admin-guide/blob/b3507e7/doc_source/ms_ad_getting_started_create_directory.md>
    row("AWS::DirectoryService::MicrosoftAD", [1800, 0, 300], [60, 3600], &["Id"]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::DocDB::DBCluster", [180, 60, 120], [30, 1800], &["DBClusterIdentifier", "ClusterResourceId"]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::DocDB::DBInstance", [420, 120, 240], [30, 1800], &["Id"]),
    // "Adding a replica might take a few minutes for an empty table",
    // <https://github.com/awsdocs/aws-cloudformation-user-guide/blob/19dc52c/doc_source/aws-resource-dynamodb-globaltable.md>
    row("AWS::DynamoDB::GlobalTable", [60, 60, 30], [20, 1200], &["TableName", "Arn", "TableId"]),
    row("AWS::DynamoDB::Table", [10, 20, 10], [20, 500], &["TableName", "Arn"]),
    // "30-60 s", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::EC2::Instance", [30, 30, 60], [15, 600], &["InstanceId", "PrivateIp"]),
    // "Creation complete after 1m44s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    // "Creation complete after 2m4s",
    // <https://github.com/jeawung2/Course-Terraform/blob/f4f5d77/06_Loop_count/README.md>
    // "1-2 min", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::EC2::NatGateway", [120, 0, 60], [15, 600], &["NatGatewayId"]),
    // "TestAccAWSEc2TransitGateway_basic (95.08s)", create and delete together,
    // <https://github.com/hashicorp/terraform-provider-aws/pull/6605>
    row("AWS::EC2::TransitGateway", [120, 60, 60], [15, 600], &["Id", "TransitGatewayArn"]),
    row("AWS::EC2::TransitGatewayAttachment", [60, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::TransitGatewayVpcAttachment", [60, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::VPCEndpoint", [90, 30, 60], [15, 600], &["Id"]),
    row("AWS::EC2::VPNConnection", [240, 240, 120], [15, 1200], &["VpnConnectionId"]),
    row("AWS::EC2::Volume", [5, 30, 5], [15, 600], &["VolumeId"]),
    // "TestAccECSService_LaunchTypeFargate_waitForSteadyState (185.09s)", create and delete of the
    // service with its network, <https://github.com/hashicorp/terraform-provider-aws/pull/24223>
    row("AWS::ECS::Service", [90, 120, 60], [15, 1200], &["ServiceArn", "Name"]),
    row("AWS::EFS::FileSystem", [10, 5, 10], [5, 300], &["FileSystemId", "Arn"]),
    // "It can take up to 90 seconds" until its name resolves,
    // <https://github.com/awsdocs/amazon-efs-user-guide/blob/3046dd7/doc_source/troubleshooting-efs-mounting.md>
    row("AWS::EFS::MountTarget", [90, 0, 60], [5, 600], &["Id", "IpAddress"]),
    // "It might take several seconds for add-on creation to complete",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/networking/eks-networking-add-ons.adoc>
    row("AWS::EKS::Addon", [60, 60, 30], [10, 600], &["Arn"]),
    // "several minutes", <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html>
    // "typically runs 8-15 min",
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/src/provisioning/slow-cc-operation-timeouts.ts>
    // 13 to 16 minutes, measured over all regions,
    // <https://easontechtalk.com/unofficial-eks-cluster-creation-performance-across-aws-regions>
    // Ten minutes is the target of Groundplan's benchmarks.
    row("AWS::EKS::Cluster", [600, 300, 180], [30, 1800], &["Name", "Arn"]),
    // "After a few minutes",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/getting-started/getting-started-console.adoc>
    row("AWS::EKS::FargateProfile", [120, 0, 120], [10, 900], &["Arn"]),
    // "Node group creation takes several minutes",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/networking/eks-networking-add-ons.adoc>
    // "Creation complete after 1m59s", <https://github.com/DevopsArtFactory/terraform-provisioning/pull/46>
    row("AWS::EKS::Nodegroup", [240, 240, 240], [30, 2400], &["Id", "Arn", "ClusterName", "NodegroupName"]),
    // "It will take a few minutes",
    // <https://github.com/awsdocs/amazon-emr-management-guide/blob/551e34b/doc_source/emr-studio-create-use-clusters.md>
    row("AWS::EMR::Cluster", [420, 0, 120], [30, 1800], &["Id"]),
    // "Creating and provisioning a cluster can take several minutes",
    // <https://github.com/awsdocs/amazon-elasticache-docs/blob/7ed0a8a/doc_source/redis/FaultTolerance.md>
    row("AWS::ElastiCache::CacheCluster", [300, 180, 180], [15, 1800], &["ClusterName"]),
    // "Creation complete after 5m58s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    row("AWS::ElastiCache::ReplicationGroup", [360, 300, 240], [15, 2400], &["ReplicationGroupId"]),
    // "typically completes in 1-3 minutes",
    // <https://github.com/alchemy-run/alchemy/blob/63c5be6/packages/alchemy/src/AWS/ElastiCache/ServerlessCache.ts>
    row("AWS::ElastiCache::ServerlessCache", [150, 60, 120], [15, 1200], &["ServerlessCacheName", "ARN"]),
    // "Environment creation takes about 5 minutes",
    // <https://github.com/awsdocs/aws-elastic-beanstalk-developer-guide/blob/5d7c96f/doc_source/create-deploy-python-flask.md>
    row("AWS::ElasticBeanstalk::Environment", [300, 180, 180], [20, 1800], &["EnvironmentName"]),
    // "90-180 s", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    // "Creation complete after 2m54s", <https://github.com/DataBiosphere/azul/pull/5780>
    // "Creation complete after 2m1s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", [180, 0, 30], [15, 600], &["LoadBalancerArn", "LoadBalancerFullName", "LoadBalancerName", "DNSName", "CanonicalHostedZoneID"]),
    // "Still creating... [6m0s elapsed]", the last such line, of FSx for Lustre,
    // <https://github.com/turbot/steampipe-plugin-aws/pull/906>
    row("AWS::FSx::FileSystem", [600, 300, 300], [30, 3600], &["Id", "ResourceARN"]),
    // "TestAccGlobalAcceleratorAccelerator_disappears (70.78s)", create and delete together,
    // <https://github.com/hashicorp/terraform-provider-aws/pull/28922>
    row("AWS::GlobalAccelerator::Accelerator", [60, 60, 60], [15, 1200], &["AcceleratorArn", "DnsName", "Ipv4Addresses"]),
    row("AWS::Kinesis::Stream", [15, 15, 15], [10, 180], &["Name", "Arn"]),
    row("AWS::KinesisFirehose::DeliveryStream", [30, 5, 15], [10, 600], &["DeliveryStreamName", "Arn"]),
    row("AWS::Lambda::Function", [5, 5, 0], [1, 300], &["FunctionName", "Arn"]),
    // "Sometimes cluster creation can take up to 30 minutes",
    // <https://github.com/awsdocs/amazon-msk-developer-guide/blob/6815a58/doc_source/troubleshooting.md>
    row("AWS::MSK::Cluster", [1200, 600, 300], [60, 3600], &["Arn"]),
    // "It takes about twenty to thirty minutes to create an environment",
    // <https://github.com/awsdocs/amazon-mwaa-user-guide/blob/5db4934/doc_source/create-environment.md>
    row("AWS::MWAA::Environment", [1500, 900, 600], [60, 3600], &["Name", "Arn"]),
    // "Creation complete after 1m15s", <https://github.com/turbot/steampipe-plugin-aws/pull/966>
    // "Creation complete after 1m4s", <https://github.com/hashicorp/terraform-provider-aws/issues/28546>
    row("AWS::Neptune::DBCluster", [75, 60, 120], [30, 1800], &["DBClusterIdentifier", "ClusterResourceId"]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::Neptune::DBInstance", [420, 120, 240], [30, 1800], &["DBInstanceIdentifier"]),
    // "Endpoint provisioning takes several minutes (typically 5-10)",
    // <https://alchemy.run/providers/aws/networkfirewall/firewall>
    row("AWS::NetworkFirewall::Firewall", [300, 60, 300], [30, 1200], &["FirewallArn", "FirewallId"]),
    // "New domains typically take 15-30 minutes to initialize",
    // <https://github.com/awsdocs/amazon-opensearch-service-developer-guide/blob/64e6e7a/doc_source/gsgcreate-domain.md>
    row("AWS::OpenSearchService::Domain", [900, 900, 300], [60, 3600], &["DomainName", "Arn", "Id"]),
    // "it can take up to 20 minutes before the new DB cluster is available", its instances included,
    // <https://github.com/awsdocs/amazon-aurora-user-guide/blob/7a931b4/doc_source/CHAP_GettingStartedAurora.CreatingConnecting.Aurora.md>
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::RDS::DBCluster", [240, 60, 240], [30, 1800], &["DBClusterIdentifier", "DBClusterArn", "DBClusterResourceId"]),
    // "it can take up to 20 minutes before the new instance is available",
    // <https://github.com/awsdocs/amazon-rds-user-guide/blob/f2e9ed3/doc_source/CHAP_GettingStarted.CreatingConnecting.MySQL.md>
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::RDS::DBInstance", [480, 120, 240], [30, 3600], &["DBInstanceIdentifier", "DBInstanceArn", "DbiResourceId"]),
    // "5-15 min create/delete", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/integ-coverage.md>
    row("AWS::RDS::DBProxy", [300, 60, 120], [30, 1800], &["DBProxyName", "DBProxyArn"]),
    // "The cluster creation process will take several minutes to complete",
    // <https://github.com/awsdocs/amazon-redshift-management-guide/blob/0a83a47/doc_source/getting-started-cli.md>
    row("AWS::Redshift::Cluster", [300, 300, 180], [60, 1800], &["ClusterIdentifier"]),
    // "can take a few minutes to set up the environment",
    // <https://github.com/awsdocs/amazon-redshift-getting-started-guide/blob/771c724/doc_source/serverless-first-time-setup.md>
    row("AWS::RedshiftServerless::Workgroup", [180, 120, 120], [30, 1800], &["WorkgroupName"]),
    // "Changes generally propagate to all Route 53 name servers within 60 seconds",
    // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-editing.html>
    row("AWS::Route53::RecordSet", [30, 30, 30], [30, 1800], &["Name", "HostedZoneId", "Type", "SetIdentifier"]),
    // "It might take about 10 minutes",
    // <https://github.com/awsdocs/amazon-sagemaker-developer-guide/blob/a869fa5/doc_source/kubernetes-sagemaker-jobs.md>
    row("AWS::SageMaker::Endpoint", [600, 300, 30], [30, 3600], &["EndpointName", "EndpointArn"]),
    // "It can take a couple of minutes",
    // <https://github.com/awsdocs/aws-transfer-user-guide/blob/d44c974/doc_source/create-server-sftp.md>
    row("AWS::Transfer::Server", [120, 30, 30], [30, 1800], &["Arn", "ServerId"]),
];
