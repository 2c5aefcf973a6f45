//! Resources that are permanently a part of another one, and are deleted with it or prevent its deletion.
//!
//! Even if another resource gets the name of that, it is another one: resources that were bound to the old one have to
//! be created again. Types that are found by their parts ([`Recovery::ByParts`](crate::Recovery::ByParts)) are bound by
//! each property that cannot be changed; these are others.

use crate::resource::ResourceType;

/// Types with the property that says what they are bound to.
const ROWS: &[(&str, &str)] = &[
    // A rule is below its analyzer (API_DeleteArchiveRule: `/analyzer/analyzerName/archive-rule/ruleName`).
    ("AWS::AccessAnalyzer::ArchiveRule", "AnalyzerName"),
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html>: a mapping is of a domain.
    ("AWS::ApiGatewayV2::ApiMapping", "DomainName"),
    ("AWS::AppSync::DomainNameApiAssociation", "DomainName"),
    // API_DeleteAutoScalingGroup: "deleting the group deletes the policies, any scaling activities that are in
    // progress, the scheduled actions and the lifecycle hooks".
    ("AWS::AutoScaling::ScalingPolicy", "AutoScalingGroupName"),
    ("AWS::AutoScaling::ScheduledAction", "AutoScalingGroupName"),
    // API_DeleteDBCluster (DocumentDB): InvalidDBClusterStateFault as long as there are instances.
    ("AWS::DocDB::DBInstance", "DBClusterIdentifier"),
    // API_DeleteCluster (ECS): ClusterContainsServicesException, ClusterContainsCapacityProviderException.
    ("AWS::ECS::CapacityProvider", "ClusterName"),
    ("AWS::ECS::Daemon", "ClusterArn"),
    ("AWS::ECS::ExpressGatewayService", "Cluster"),
    ("AWS::ECS::Service", "Cluster"),
    ("AWS::ECS::TaskSet", "Cluster"),
    // API_DeleteCluster (EKS): node groups and Fargate profiles have to be deleted first, and with capabilities it is
    // refused ("Cluster has capabilities attached", <https://github.com/ekristen/aws-nuke/issues/970>); the others go
    // with it.
    ("AWS::EKS::AccessEntry", "ClusterName"),
    ("AWS::EKS::Addon", "ClusterName"),
    ("AWS::EKS::Capability", "ClusterName"),
    ("AWS::EKS::FargateProfile", "ClusterName"),
    ("AWS::EKS::IdentityProviderConfig", "ClusterName"),
    ("AWS::EKS::Nodegroup", "ClusterName"),
    ("AWS::EKS::PodIdentityAssociation", "ClusterName"),
    // API_DeleteApplication (Elastic Beanstalk): "along with all associated versions and configurations"; an
    // application cannot be deleted as long as it has an environment.
    ("AWS::ElasticBeanstalk::ApplicationVersion", "ApplicationName"),
    ("AWS::ElasticBeanstalk::ConfigurationTemplate", "ApplicationName"),
    ("AWS::ElasticBeanstalk::Environment", "ApplicationName"),
    // API_DeleteEventBus: a bus with rules cannot be deleted.
    ("AWS::Events::Rule", "EventBusName"),
    // API_DeleteDatabase (Glue): "After completing this operation, you no longer have access to the tables".
    ("AWS::Glue::Table", "DatabaseName"),
    // API_DeleteUser: DeleteConflict as long as there are keys.
    ("AWS::IAM::AccessKey", "UserName"),
    // API_DeletePolicy (IoT): DeleteConflictException as long as it is attached.
    ("AWS::IoT::PolicyPrincipalAttachment", "PolicyName"),
    // API_DeleteStream: ResourceInUseException, or with EnforceConsumerDeletion its consumers go with it.
    ("AWS::Kinesis::StreamConsumer", "StreamARN"),
    // API_DeleteFunction deletes all versions and aliases; the permissions are its own policy.
    ("AWS::Lambda::Alias", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::Lambda::Url", "TargetFunctionArn"),
    ("AWS::Lambda::Version", "FunctionName"),
    // API_DeleteLogGroup deletes them.
    ("AWS::Logs::LogStream", "LogGroupName"),
    ("AWS::Logs::MetricFilter", "LogGroupName"),
    ("AWS::Logs::SubscriptionFilter", "LogGroupName"),
    ("AWS::Neptune::DBInstance", "DBClusterIdentifier"),
    // A proxy takes its endpoints and target groups along.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-endpoints.html>
    ("AWS::RDS::DBProxyEndpoint", "DBProxyName"),
    ("AWS::RDS::DBProxyTargetGroup", "DBProxyName"),
    // API_DeleteDBCluster: InvalidDBClusterStateFault as long as there are instances.
    ("AWS::RDS::DBInstance", "DBClusterIdentifier"),
    ("AWS::RDS::DBShardGroup", "DBClusterIdentifier"),
    // "If you want to delete a namespace with an associated workgroup, you have to first delete the workgroup."
    // <https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-console-namespace-delete.html>
    ("AWS::RedshiftServerless::Workgroup", "NamespaceName"),
    // BucketHasAccessPointsAttached.
    ("AWS::S3::AccessPoint", "Bucket"),
    ("AWS::S3::MultiRegionAccessPoint", "Regions"),
    // API_DeleteVectorBucket: "All vector indexes in the vector bucket must be deleted".
    ("AWS::S3Vectors::Index", "VectorBucketArn"),
    ("AWS::S3Vectors::Index", "VectorBucketName"),
    // API_DeleteConfigurationSet (SES) deletes them.
    ("AWS::SES::ConfigurationSetEventDestination", "ConfigurationSetName"),
    // API_DeleteTopic: "Deletes a topic and all its subscriptions."
    ("AWS::SNS::Subscription", "TopicArn"),
    // An attribute of the queue (API_SetQueueAttributes).
    ("AWS::SQS::QueueInlinePolicy", "Queue"),
];

impl ResourceType {
    /// Returns whether resources of this type are parts of the resource that this property names: they are deleted with
    /// it, or it cannot be deleted as long as they exist.
    pub fn is_bound_by(&self, property: &str) -> bool {
        ROWS.contains(&(self.name, property))
    }

    /// Returns whether resources of this type are parts of another one.
    pub fn is_bound(&self) -> bool {
        ROWS.iter().any(|(name, _)| *name == self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::relations::{RELEASED, places};
    use super::*;
    use crate::{Recovery, Replacement, lookup};

    #[test]
    fn every_row_is_about_a_property_that_names_another_resource_and_cannot_be_changed() {
        let mut wrong = Vec::new();
        for (name, property) in ROWS {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let inside = places(schema);
            let mut at = inside.iter().filter(|path| path.split('.').next() == Some(property));
            let relates = at.any(|path| !schema.relations(path).is_empty());
            if schema.replacement(property) != Replacement::Always || !relates {
                wrong.push(format!("{name} {property}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    /// Checks that a resource is a part of a named one if it prevents its deletion and cannot name another one: it has
    /// to be created again with it, though the name stays.
    #[test]
    fn what_keeps_a_named_resource_for_good_is_bound_to_it() {
        let apart = [
            // Its balancer's ARN ends with an id that AWS makes.
            "AWS::ApiGateway::VpcLink",
            // These are made of a cluster, and removing it from them is what its deletion takes.
            "AWS::DocDB::GlobalCluster",
            "AWS::Neptune::GlobalCluster",
            "AWS::RDS::GlobalCluster",
        ];
        let mut missing = Vec::new();
        for (name, holders) in RELEASED {
            let named = lookup(name).expect("published");
            // A program chooses the name, and AWS makes the ARN of that.
            let is_chosen = |attribute: &str| {
                named.properties.contains_key(attribute)
                    || attribute.to_ascii_lowercase().ends_with("arn") && named.own_name().is_some()
            };
            for holder in holders.iter().filter(|holder| !apart.contains(*holder)) {
                let schema = lookup(holder).expect("published");
                if crate::lookup(holder).is_some_and(|it| it.own_behavior().recovery == Recovery::ByParts) {
                    continue;
                }
                for path in places(schema).iter().filter(|path| schema.holds(path, named)) {
                    let property = path.split('.').next().expect("a path has a first step");
                    let by_name =
                        schema.relations(path).iter().any(|it| it.resource == *name && is_chosen(it.attribute));
                    let for_good = schema.replacement(property) == Replacement::Always;
                    if by_name && for_good && !schema.is_bound_by(property) {
                        missing.push(format!("{holder} {property}"));
                    }
                }
            }
        }
        assert_eq!(missing, [""; 0]);
    }
}
