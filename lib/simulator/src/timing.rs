//! The durations of AWS operations, as data. Only a simulation needs them: the table of facts defines what a deploy
//! waits for, and for how long at most.

/// The durations of a type's operations.
pub(crate) struct Timing {
    pub(crate) type_name: &'static str,
    /// Seconds from the create to ready.
    pub(crate) ready: u64,
    /// Seconds from an update to ready again.
    pub(crate) update: u64,
    /// Seconds from the delete to gone.
    pub(crate) gone: u64,
}

const fn row(type_name: &'static str, [ready, update, gone]: [u64; 3]) -> Timing {
    Timing { type_name, ready, update, gone }
}

/// Returns the timing of a type; `None` if it is ready as soon as it is accepted.
pub(crate) fn timing(type_name: &str) -> Option<&'static Timing> {
    TIMINGS.iter().find(|row| row.type_name == type_name)
}

/// `[ready, update, gone]`, in seconds.
///
/// AWS promises no provisioning times and publishes few. The source of a time is above its row: its words without their
/// markup, about `ready` unless they say otherwise, then its address. Times without a source are estimates of what
/// operators see. "Up to" is a limit, not a usual time; where a source says how long it usually takes, the row's time
/// is within a factor of about two of that.
///
/// - <https://github.com/awsdocs> holds AWS's own user guides.
/// - <https://github.com/go-to-k/cdkd> deploys CDK apps and says how long it waits for each type.
/// - "Creation complete after 1m44s" and the like are lines of Terraform's output.
///
/// Addresses of files in repositories name the commit.
#[rustfmt::skip]
const TIMINGS: &[Timing] = &[
    // "Creating the broker takes about 15 minutes",
    // <https://github.com/awsdocs/amazon-mq-developer-guide/blob/ff1b069/doc_source/amazon-mq-creating-configuring-broker.md>
    // "Deleting a broker takes about 5 minutes",
    // <https://github.com/awsdocs/amazon-mq-developer-guide/blob/9e9e317/doc_source/amazon-mq-deleting-broker.md>
    row("AWS::AmazonMQ::Broker", [900, 300, 300]),
    // "It takes 2-4 minutes for API Gateway to finish creating the VpcLink",
    // <https://github.com/awsdocs/amazon-api-gateway-developer-guide/blob/6060e21/doc_source/set-up-api-with-vpclink-cli.md>
    row("AWS::ApiGateway::VpcLink", [150, 0, 60]),
    // "This process can take a few minutes",
    // <https://github.com/awsdocs/amazon-api-gateway-developer-guide/blob/6060e21/doc_source/http-api-vpc-links.md>
    // "which can take up to 10 minutes",
    // <https://github.com/awsdocs/aws-cloudformation-user-guide/blob/19dc52c/doc_source/aws-resource-apigatewayv2-vpclink.md>
    row("AWS::ApiGatewayV2::VpcLink", [120, 0, 60]),
    row("AWS::AppRunner::Service", [240, 180, 60]),
    row("AWS::AutoScaling::AutoScalingGroup", [60, 30, 120]),
    row("AWS::Batch::ComputeEnvironment", [30, 60, 60]),
    // "Pending validation for up to 30 minutes",
    // <https://github.com/awsdocs/aws-certificate-user-guide/blob/36ba373/doc_source/dns-validation.md>
    row("AWS::CertificateManager::Certificate", [120, 0, 0]),
    // "This typically takes a few minutes",
    // <https://github.com/awsdocs/amazon-cloudfront-developer-guide/blob/1c964d4/doc_source/GettingStarted.SimpleDistribution.md>
    // "3-15 min", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    // At most 15 minutes (2013 edition); five are usual now,
    // <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowToUpdateDistribution.html>
    row("AWS::CloudFront::Distribution", [300, 300, 300]),
    // "This can take several minutes",
    // <https://github.com/awsdocs/aws-dms-step-by-step/blob/69c7867/doc_source/chap-mongodb2documentdb.03.md>
    row("AWS::DMS::ReplicationInstance", [600, 300, 300]),
    // "Creating the directory takes 20 to 40 minutes",
    // <https://github.com/awsdocs/aws-directory-service-admin-guide/blob/b3507e7/doc_source/ms_ad_getting_started_create_directory.md>
    row("AWS::DirectoryService::MicrosoftAD", [1800, 0, 300]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::DocDB::DBCluster", [180, 60, 120]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::DocDB::DBInstance", [420, 120, 240]),
    // "Adding a replica might take a few minutes for an empty table",
    // <https://github.com/awsdocs/aws-cloudformation-user-guide/blob/19dc52c/doc_source/aws-resource-dynamodb-globaltable.md>
    row("AWS::DynamoDB::GlobalTable", [60, 60, 30]),
    row("AWS::DynamoDB::Table", [10, 20, 10]),
    // "30-60 s", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::EC2::Instance", [30, 30, 60]),
    // "Creation complete after 1m44s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    // "Creation complete after 2m4s",
    // <https://github.com/jeawung2/Course-Terraform/blob/f4f5d77/06_Loop_count/README.md>
    // "1-2 min", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::EC2::NatGateway", [120, 0, 60]),
    // "TestAccAWSEc2TransitGateway_basic (95.08s)", create and delete together,
    // <https://github.com/hashicorp/terraform-provider-aws/pull/6605>
    row("AWS::EC2::TransitGateway", [120, 60, 60]),
    row("AWS::EC2::TransitGatewayAttachment", [60, 30, 60]),
    row("AWS::EC2::TransitGatewayVpcAttachment", [60, 30, 60]),
    row("AWS::EC2::VPCEndpoint", [90, 30, 60]),
    row("AWS::EC2::VPNConnection", [240, 240, 120]),
    row("AWS::EC2::Volume", [5, 30, 5]),
    // "TestAccECSService_LaunchTypeFargate_waitForSteadyState (185.09s)", create and delete of the
    // service with its network, <https://github.com/hashicorp/terraform-provider-aws/pull/24223>
    row("AWS::ECS::Service", [90, 120, 60]),
    row("AWS::EFS::FileSystem", [10, 5, 10]),
    // "It can take up to 90 seconds" until its name resolves,
    // <https://github.com/awsdocs/amazon-efs-user-guide/blob/3046dd7/doc_source/troubleshooting-efs-mounting.md>
    row("AWS::EFS::MountTarget", [90, 0, 60]),
    // "It might take several seconds for add-on creation to complete",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/networking/eks-networking-add-ons.adoc>
    row("AWS::EKS::Addon", [60, 60, 30]),
    // "several minutes", <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html>
    // "typically runs 8-15 min",
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/src/provisioning/slow-cc-operation-timeouts.ts>
    // 13 to 16 minutes, measured over all regions,
    // <https://easontechtalk.com/unofficial-eks-cluster-creation-performance-across-aws-regions>
    // Ten minutes is the target of Groundplan's benchmarks.
    row("AWS::EKS::Cluster", [600, 300, 180]),
    // "After a few minutes",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/getting-started/getting-started-console.adoc>
    row("AWS::EKS::FargateProfile", [120, 0, 120]),
    // "Node group creation takes several minutes",
    // <https://github.com/awsdocs/amazon-eks-user-guide/blob/4d52b4d/latest/ug/networking/eks-networking-add-ons.adoc>
    // "Creation complete after 1m59s", <https://github.com/DevopsArtFactory/terraform-provisioning/pull/46>
    row("AWS::EKS::Nodegroup", [240, 240, 240]),
    // "It will take a few minutes",
    // <https://github.com/awsdocs/amazon-emr-management-guide/blob/551e34b/doc_source/emr-studio-create-use-clusters.md>
    row("AWS::EMR::Cluster", [420, 0, 120]),
    // "Creating and provisioning a cluster can take several minutes",
    // <https://github.com/awsdocs/amazon-elasticache-docs/blob/7ed0a8a/doc_source/redis/FaultTolerance.md>
    row("AWS::ElastiCache::CacheCluster", [300, 180, 180]),
    // "Creation complete after 5m58s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    row("AWS::ElastiCache::ReplicationGroup", [360, 300, 240]),
    // "typically completes in 1-3 minutes",
    // <https://github.com/alchemy-run/alchemy/blob/63c5be6/packages/alchemy/src/AWS/ElastiCache/ServerlessCache.ts>
    row("AWS::ElastiCache::ServerlessCache", [150, 60, 120]),
    // "Environment creation takes about 5 minutes",
    // <https://github.com/awsdocs/aws-elastic-beanstalk-developer-guide/blob/5d7c96f/doc_source/create-deploy-python-flask.md>
    row("AWS::ElasticBeanstalk::Environment", [300, 180, 180]),
    // "90-180 s", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    // "Creation complete after 2m54s", <https://github.com/DataBiosphere/azul/pull/5780>
    // "Creation complete after 2m1s",
    // <https://github.com/antonakv/tf-aws-activeactive-agents/blob/415b54f/README.md>
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", [180, 0, 30]),
    // "Still creating... [6m0s elapsed]", the last such line, of FSx for Lustre,
    // <https://github.com/turbot/steampipe-plugin-aws/pull/906>
    row("AWS::FSx::FileSystem", [600, 300, 300]),
    // "TestAccGlobalAcceleratorAccelerator_disappears (70.78s)", create and delete together,
    // <https://github.com/hashicorp/terraform-provider-aws/pull/28922>
    row("AWS::GlobalAccelerator::Accelerator", [60, 60, 60]),
    row("AWS::Kinesis::Stream", [15, 15, 15]),
    row("AWS::KinesisFirehose::DeliveryStream", [30, 5, 15]),
    row("AWS::Lambda::Function", [5, 5, 0]),
    // "Sometimes cluster creation can take up to 30 minutes",
    // <https://github.com/awsdocs/amazon-msk-developer-guide/blob/6815a58/doc_source/troubleshooting.md>
    row("AWS::MSK::Cluster", [1200, 600, 300]),
    // "It takes about twenty to thirty minutes to create an environment",
    // <https://github.com/awsdocs/amazon-mwaa-user-guide/blob/5db4934/doc_source/create-environment.md>
    row("AWS::MWAA::Environment", [1500, 900, 600]),
    // "Creation complete after 1m15s", <https://github.com/turbot/steampipe-plugin-aws/pull/966>
    // "Creation complete after 1m4s", <https://github.com/hashicorp/terraform-provider-aws/issues/28546>
    row("AWS::Neptune::DBCluster", [75, 60, 120]),
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::Neptune::DBInstance", [420, 120, 240]),
    // "Endpoint provisioning takes several minutes (typically 5-10)",
    // <https://alchemy.run/providers/aws/networkfirewall/firewall>
    row("AWS::NetworkFirewall::Firewall", [300, 60, 300]),
    // "New domains typically take 15-30 minutes to initialize",
    // <https://github.com/awsdocs/amazon-opensearch-service-developer-guide/blob/64e6e7a/doc_source/gsgcreate-domain.md>
    row("AWS::OpenSearchService::Domain", [900, 900, 300]),
    // "it can take up to 20 minutes before the new DB cluster is available", its instances included,
    // <https://github.com/awsdocs/amazon-aurora-user-guide/blob/7a931b4/doc_source/CHAP_GettingStartedAurora.CreatingConnecting.Aurora.md>
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::RDS::DBCluster", [240, 60, 240]),
    // "it can take up to 20 minutes before the new instance is available",
    // <https://github.com/awsdocs/amazon-rds-user-guide/blob/f2e9ed3/doc_source/CHAP_GettingStarted.CreatingConnecting.MySQL.md>
    // "5-10 min", of clusters and instances,
    // <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/cli-reference.md>
    row("AWS::RDS::DBInstance", [480, 120, 240]),
    // "5-15 min create/delete", <https://github.com/go-to-k/cdkd/blob/8ee4235/docs/integ-coverage.md>
    row("AWS::RDS::DBProxy", [300, 60, 120]),
    // "The cluster creation process will take several minutes to complete",
    // <https://github.com/awsdocs/amazon-redshift-management-guide/blob/0a83a47/doc_source/getting-started-cli.md>
    row("AWS::Redshift::Cluster", [300, 300, 180]),
    // "can take a few minutes to set up the environment",
    // <https://github.com/awsdocs/amazon-redshift-getting-started-guide/blob/771c724/doc_source/serverless-first-time-setup.md>
    row("AWS::RedshiftServerless::Workgroup", [180, 120, 120]),
    // "Changes generally propagate to all Route 53 name servers within 60 seconds",
    // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-editing.html>
    row("AWS::Route53::RecordSet", [30, 30, 30]),
    // "It might take about 10 minutes",
    // <https://github.com/awsdocs/amazon-sagemaker-developer-guide/blob/a869fa5/doc_source/kubernetes-sagemaker-jobs.md>
    row("AWS::SageMaker::Endpoint", [600, 300, 30]),
    // "It can take a couple of minutes",
    // <https://github.com/awsdocs/aws-transfer-user-guide/blob/d44c974/doc_source/create-server-sftp.md>
    row("AWS::Transfer::Server", [120, 30, 30]),
];

#[cfg(test)]
mod tests {
    use groundplan_engine::provider::Wait;
    use groundplan_schema::behavior;

    use super::TIMINGS;

    #[test]
    fn what_takes_its_time_is_waited_for() {
        for row in TIMINGS {
            let wait = behavior(row.type_name).unwrap().wait;
            assert_ne!(wait, Wait::NONE, "nobody waits for {}", row.type_name);
            let longest = row.ready.max(row.update).max(row.gone);
            assert!(wait.timeout.as_secs() > longest, "{} takes longer than anybody waits", row.type_name);
        }
    }
}
