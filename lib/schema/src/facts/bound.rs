//! What is a part of another resource for life, and goes with it or keeps it.
//!
//! Even where another resource gets the name of that, it is another one: what was bound to the old one has to be
//! made anew. Types that are found by their parts ([`Recovery::ByParts`](crate::Recovery::ByParts)) are bound by each
//! property that cannot be changed; these are others.

use crate::resource::ResourceType;

/// Types with the property that says what they are bound to.
const ROWS: &[(&str, &str)] = &[
    // API_DeleteAutoScalingGroup: "deleting the group deletes the policies, any scaling activities that are in
    // progress, the scheduled actions and the lifecycle hooks".
    ("AWS::AutoScaling::ScalingPolicy", "AutoScalingGroupName"),
    ("AWS::AutoScaling::ScheduledAction", "AutoScalingGroupName"),
    // API_DeleteCluster (ECS): ClusterContainsServicesException.
    ("AWS::ECS::Service", "Cluster"),
    // API_DeleteCluster (EKS): node groups and Fargate profiles have to be deleted first; the others go with it.
    ("AWS::EKS::AccessEntry", "ClusterName"),
    ("AWS::EKS::Addon", "ClusterName"),
    ("AWS::EKS::FargateProfile", "ClusterName"),
    ("AWS::EKS::IdentityProviderConfig", "ClusterName"),
    ("AWS::EKS::Nodegroup", "ClusterName"),
    ("AWS::EKS::PodIdentityAssociation", "ClusterName"),
    // API_DeleteEventBus: a bus with rules cannot be deleted.
    ("AWS::Events::Rule", "EventBusName"),
    // API_DeleteFunction deletes all versions and aliases; the permissions are its own policy.
    ("AWS::Lambda::Alias", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::Lambda::Url", "TargetFunctionArn"),
    ("AWS::Lambda::Version", "FunctionName"),
    // API_DeleteLogGroup deletes them.
    ("AWS::Logs::LogStream", "LogGroupName"),
    ("AWS::Logs::MetricFilter", "LogGroupName"),
    ("AWS::Logs::SubscriptionFilter", "LogGroupName"),
    // API_DeleteDBProxy deletes it.
    ("AWS::RDS::DBProxyTargetGroup", "DBProxyName"),
    // API_DeleteDBCluster: InvalidDBClusterStateFault as long as there are instances.
    ("AWS::RDS::DBInstance", "DBClusterIdentifier"),
    // BucketHasAccessPointsAttached.
    ("AWS::S3::AccessPoint", "Bucket"),
    // API_DeleteTopic: "Deletes a topic and all its subscriptions."
    ("AWS::SNS::Subscription", "TopicArn"),
];

impl ResourceType {
    /// Whether what this property names has resources of this type as parts: they go with it, or it cannot be
    /// deleted as long as there are any.
    pub fn is_bound_by(&self, property: &str) -> bool {
        ROWS.contains(&(self.name, property))
    }

    /// Whether resources of this type are parts of another one.
    pub fn is_bound(&self) -> bool {
        ROWS.iter().any(|(name, _)| *name == self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Replacement, lookup};

    #[test]
    fn every_row_is_about_a_property_that_names_another_resource_and_cannot_be_changed() {
        let mut wrong = Vec::new();
        for (name, property) in ROWS {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            if schema.replacement(property) != Replacement::Always || schema.relations(property).is_empty() {
                wrong.push(format!("{name} {property}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }
}
