//! Log and event deliveries that need a resource policy at the destination.
//!
//! AWS tries the delivery when it is set up, and refuses it, or writes a policy itself, if the policy does not exist
//! yet. No property names that policy: it is created before the delivery, and deleted after it.

use crate::resource::ResourceType;

/// The types that allow something to a resource, the property that names that, and its type.
const POLICIES: &[(&str, &str, &str)] = &[
    ("AWS::Lambda::Permission", "FunctionName", "AWS::Lambda::Function"),
    ("AWS::S3::BucketPolicy", "Bucket", "AWS::S3::Bucket"),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn", "AWS::SNS::Topic"),
];

/// Types with the properties that name their destinations, as in `LoggingInfo.BrokerLogs.S3.Bucket`, through lists; a
/// destination other than a bucket, topic or function has no such policy.
///
/// Not listed are types that deliver as a role, as Firehose does, or by an ACL that they write themselves, as the
/// standard logs of CloudFront do
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html>), and those
/// that send events later without a test, as rules and subscriptions do.
const ROWS: &[(&str, &[&str])] = &[
    // <https://docs.aws.amazon.com/privateca/latest/userguide/crl-planning.html#s3-policies>
    ("AWS::ACMPCA::CertificateAuthority", &["RevocationConfiguration.CrlConfiguration.S3BucketName"]),
    // <https://docs.aws.amazon.com/appflow/latest/userguide/s3-policies-management.html>
    (
        "AWS::AppFlow::Flow",
        &[
            "DestinationFlowConfigList.DestinationConnectorProperties.S3.BucketName",
            "SourceFlowConfig.SourceConnectorProperties.S3.BucketName",
        ],
    ),
    // <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-s3-bucket.html>
    ("AWS::BCMDataExports::Export", &["Export.DestinationConfigurations.S3Destination.S3Bucket"]),
    // <https://docs.aws.amazon.com/aws-backup/latest/devguide/create-report-plan-console.html>
    ("AWS::Backup::ReportPlan", &["ReportDeliveryChannel.S3BucketName"]),
    // API_CreateReportDefinition: ValidationException, "Failed to verify customer bucket permission".
    ("AWS::CUR::ReportDefinition", &["S3Bucket"]),
    // API_CreateTrail: InsufficientS3BucketPolicyException, InsufficientSnsTopicPolicyException.
    ("AWS::CloudTrail::Trail", &["S3BucketName", "SnsTopicName"]),
    // <https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html>, by the service that
    // delivers logs.
    ("AWS::Cognito::LogDeliveryConfiguration", &["LogConfigurations.S3Configuration.BucketArn"]),
    // API_PutConfigRule: InsufficientPermissionsException where the function cannot be invoked.
    ("AWS::Config::ConfigRule", &["Source.SourceIdentifier"]),
    // API_PutConformancePack: InsufficientPermissionsException, "the Amazon S3 bucket cannot be accessed".
    ("AWS::Config::ConformancePack", &["DeliveryS3Bucket"]),
    // API_PutDeliveryChannel: InsufficientDeliveryPolicyException.
    ("AWS::Config::DeliveryChannel", &["S3BucketName", "SnsTopicARN"]),
    ("AWS::Config::OrganizationConformancePack", &["DeliveryS3Bucket"]),
    // API_CreateEventSubscription (DMS): SNSNoAuthorizationFault.
    ("AWS::DMS::EventSubscription", &["SnsTopicArn"]),
    // API_CreateEventSubscription (RDS), which DocumentDB shares.
    ("AWS::DocDB::EventSubscription", &["SnsTopicArn"]),
    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-manager-data-exports.html>
    ("AWS::EC2::CapacityManagerDataExport", &["S3BucketName"]),
    // The service that delivers logs writes the policy itself where there is none, and the create call of a policy
    // would overwrite that; or the flow log is refused: "Access Denied for LogDestination".
    // <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html>
    ("AWS::EC2::FlowLog", &["LogDestination"]),
    // <https://docs.aws.amazon.com/verified-access/latest/ug/access-logs-s3.html>, by the same service.
    ("AWS::EC2::VerifiedAccessInstance", &["LoggingConfigurations.S3.BucketName"]),
    // API_ModifyLoadBalancerAttributes of the classic ones: InvalidConfigurationRequest, "Access Denied for bucket".
    ("AWS::ElasticLoadBalancing::LoadBalancer", &["AccessLoggingPolicy.S3BucketName"]),
    // API_ModifyLoadBalancerAttributes: InvalidConfigurationRequest, "Access Denied for bucket".
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["LoadBalancerAttributes.Value"]),
    // API_RegisterTargets: InvalidTarget where the function cannot be invoked.
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["Targets.Id"]),
    // <https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html>
    ("AWS::GlobalAccelerator::Accelerator", &["FlowLogsS3Bucket"]),
    // API_CreatePublishingDestination; "Attach a policy to allow GuardDuty access to your bucket":
    // <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html>
    ("AWS::GuardDuty::PublishingDestination", &["DestinationProperties.DestinationArn"]),
    // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html> lists it and the
    // others that the service delivers logs of: it writes the policy where there is none.
    ("AWS::InternetMonitor::Monitor", &["InternetMeasurementsLogDelivery.S3Config.BucketName"]),
    ("AWS::KafkaConnect::Connector", &["LogDelivery.WorkerLogDelivery.S3.Bucket"]),
    ("AWS::Logs::DeliveryDestination", &["DestinationResourceArn"]),
    // API_PutSubscriptionFilter: InvalidParameterException, "Could not execute the lambda function. Make sure you have
    // given CloudWatch Logs permission to execute your function".
    ("AWS::Logs::SubscriptionFilter", &["DestinationArn"]),
    ("AWS::MSK::Cluster", &["LoggingInfo.BrokerLogs.S3.Bucket"]),
    ("AWS::MSK::Replicator", &["LogDelivery.ReplicatorLogDelivery.S3.Bucket"]),
    ("AWS::Neptune::EventSubscription", &["SnsTopicArn"]),
    // <https://docs.aws.amazon.com/network-firewall/latest/developerguide/logging-s3.html>
    (
        "AWS::NetworkFirewall::LoggingConfiguration",
        &["LoggingConfiguration.LogDestinationConfigs.LogDestination.bucketName"],
    ),
    ("AWS::Pipes::Pipe", &["LogConfiguration.S3LogDestination.BucketName"]),
    // API_CreateEventSubscription (RDS): SNSNoAuthorization.
    ("AWS::RDS::EventSubscription", &["SnsTopicArn"]),
    // API_EnableLogging: InsufficientS3BucketPolicyFault.
    ("AWS::Redshift::Cluster", &["LoggingProperties.BucketName"]),
    // API_CreateEventSubscription (Redshift): SNSNoAuthorizationFault.
    ("AWS::Redshift::EventSubscription", &["SnsTopicArn"]),
    // API_route53resolver_CreateResolverQueryLogConfig; the service that delivers logs writes the policy.
    ("AWS::Route53Resolver::ResolverQueryLoggingConfig", &["DestinationArn"]),
    // What S3 cannot deliver is lost.
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>,
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html>,
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-analytics-storage-class.html>
    (
        "AWS::S3::Bucket",
        &[
            "AnalyticsConfigurations.StorageClassAnalysis.DataExport.Destination.BucketArn",
            "InventoryConfigurations.Destination.BucketArn",
            "LoggingConfiguration.DestinationBucketName",
        ],
    ),
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_iam_permissions.html>
    ("AWS::S3::StorageLens", &["StorageLensConfiguration.DataExport.S3BucketDestination.Arn"]),
    // API_CreateReceiptRule: InvalidLambdaFunctionException, InvalidS3ConfigurationException, InvalidSnsTopicException.
    (
        "AWS::SES::ReceiptRule",
        &[
            "Rule.Actions.BounceAction.TopicArn",
            "Rule.Actions.LambdaAction.FunctionArn",
            "Rule.Actions.S3Action.BucketName",
            "Rule.Actions.S3Action.TopicArn",
            "Rule.Actions.SNSAction.TopicArn",
        ],
    ),
    // API_CreateResourceDataSync: ResourceDataSyncInvalidConfigurationException.
    ("AWS::SSM::ResourceDataSync", &["BucketName", "S3Destination.BucketName"]),
    // "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access":
    // <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html>
    ("AWS::SecretsManager::RotationSchedule", &["RotationLambdaARN"]),
    // <https://docs.aws.amazon.com/timestream/latest/developerguide/timestream-for-influx-managing-view-logs.html>
    ("AWS::Timestream::InfluxDBCluster", &["LogDeliveryConfiguration.S3Configuration.BucketName"]),
    ("AWS::Timestream::InfluxDBInstance", &["LogDeliveryConfiguration.S3Configuration.BucketName"]),
    // <https://docs.aws.amazon.com/vpc-lattice/latest/ug/monitoring-access-logs.html>, by the service that delivers logs.
    ("AWS::VpcLattice::AccessLogSubscription", &["DestinationArn"]),
    // API_PutLoggingConfiguration: WAFLogDestinationPermissionIssueException.
    ("AWS::WAFv2::LoggingConfiguration", &["LogDestinationConfigs"]),
];

impl ResourceType {
    /// Returns whether a destination at this path, as in `LoggingConfiguration.DestinationBucketName`, must allow the
    /// delivery by a resource of this type in its policy.
    pub fn delivers_to(&self, place: &str) -> bool {
        let is_at = |path: &&str| place.split('.').filter(|step| step.parse::<usize>().is_err()).eq(path.split('.'));
        ROWS.iter().any(|(name, paths)| *name == self.name && paths.iter().any(is_at))
    }

    /// Returns the property by which a policy of this type names the resource that it belongs to, or a part of that,
    /// and the type of that resource; `None` if the type is no policy.
    pub fn policy_of(&self) -> Option<(&'static str, &'static str)> {
        POLICIES.iter().find(|(name, ..)| *name == self.name).map(|(_, property, named)| (*property, *named))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::relations::places;
    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_published_types_and_properties() {
        let mut wrong = Vec::new();
        let mut seen = BTreeSet::new();
        for (name, paths) in ROWS {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            assert!(seen.insert(name), "{name} has two rows");
            let places = places(schema);
            let bare = |place: &String| place.split('.').filter(|step| *step != "0").collect::<Vec<_>>().join(".");
            let known: BTreeSet<String> = places.iter().map(bare).collect();
            // The keys of a map are no properties.
            let has = |path: &str| {
                known.contains(path) || path.ends_with(".bucketName") && known.contains(&path[..path.len() - 11])
            };
            wrong.extend(paths.iter().filter(|path| !has(path)).map(|path| format!("{name} {path}")));
        }
        assert_eq!(wrong, [""; 0]);
        assert!(ROWS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn a_policy_names_what_it_is_the_policy_of() {
        for (name, property, named) in POLICIES {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            assert!(schema.properties[property].required, "{name} {property}");
            assert!(lookup(named).is_some(), "AWS publishes no {named}");
        }
    }

    #[test]
    fn what_is_delivered_to_is_told_by_its_place() {
        let delivers = |name: &str, place| lookup(name).expect("published").delivers_to(place);
        assert!(delivers("AWS::EC2::FlowLog", "LogDestination"));
        assert!(delivers("AWS::WAFv2::LoggingConfiguration", "LogDestinationConfigs.0"));
        assert!(!delivers("AWS::EC2::FlowLog", "ResourceId"));
        assert!(!delivers("AWS::CloudFront::Distribution", "DistributionConfig.Logging.Bucket"), "it writes an ACL");
    }
}
