//! Settings that make AWS refuse to delete a resource.

use serde_json::Value;

use crate::resource::ResourceType;

/// A setting of a resource that forbids its deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    type_name: &'static str,
    /// Its path, as in `DeletionProtection` or `Instances.TerminationProtected`, through the elements of lists. In a
    /// list of attributes, it is the key of one of them.
    pub setting: &'static str,
    /// The list of `Key` and `Value` that [`setting`](Self::setting) is a key in; `None` if it is a path.
    attributes: Option<&'static str>,
    /// The value that forbids the deletion.
    pub value: &'static str,
}

/// Each type with such a setting in the schema. Settings that protect the instances of a group or of a template, the
/// documents of a data source or a link between resources do not forbid the deletion of the resource itself; and
/// AppConfig's `DeletionProtectionCheck` considers the use of the last minutes.
///
/// `API_X` is the page of the operation X in the API reference of the type's service.
const TABLE: &[Protection] = &[
    // <https://docs.aws.amazon.com/autoscaling/ec2/userguide/resource-deletion-protection.html>
    // `prevent-force-deletion` lets an empty group be deleted.
    row("AWS::AutoScaling::AutoScalingGroup", "DeletionProtection", "prevent-all-deletion"),
    // API_DeleteDashboard, API_DeleteEventDataStore: EventDataStoreTerminationProtectedException.
    row("AWS::CloudTrail::Dashboard", "TerminationProtectionEnabled", "true"),
    row("AWS::CloudTrail::EventDataStore", "TerminationProtectionEnabled", "true"),
    // API_UserPoolType: "you must deactivate this feature".
    row("AWS::Cognito::UserPool", "DeletionProtection", "ACTIVE"),
    row("AWS::DSQL::Cluster", "DeletionProtectionEnabled", "true"),
    row("AWS::DocDB::DBCluster", "DeletionProtection", "true"),
    row("AWS::DocDB::GlobalCluster", "DeletionProtection", "true"),
    // API_DeleteTable; of a global table each replica has its own.
    row("AWS::DynamoDB::GlobalTable", "Replicas.DeletionProtectionEnabled", "true"),
    row("AWS::DynamoDB::Table", "DeletionProtectionEnabled", "true"),
    // API_TerminateInstances.
    row("AWS::EC2::Instance", "DisableApiTermination", "true"),
    row("AWS::EKS::Cluster", "DeletionProtection", "true"),
    // API_SetTerminationProtection.
    row("AWS::EMR::Cluster", "Instances.TerminationProtected", "true"),
    // API_LoadBalancerAttribute, API_DeleteLoadBalancer.
    Protection {
        attributes: Some("LoadBalancerAttributes"),
        ..row("AWS::ElasticLoadBalancingV2::LoadBalancer", "deletion_protection.enabled", "true")
    },
    row("AWS::Logs::LogGroup", "DeletionProtectionEnabled", "true"),
    row("AWS::Neptune::DBCluster", "DeletionProtection", "true"),
    row("AWS::Neptune::GlobalCluster", "DeletionProtection", "true"),
    row("AWS::NeptuneGraph::Graph", "DeletionProtection", "true"),
    // API_UpdateFirewallDeleteProtection.
    row("AWS::NetworkFirewall::Firewall", "DeleteProtection", "true"),
    row("AWS::OpenSearchServerless::Collection", "DeletionProtection", "ENABLED"),
    row("AWS::QLDB::Ledger", "DeletionProtection", "true"),
    row("AWS::RDS::DBCluster", "DeletionProtection", "true"),
    row("AWS::RDS::DBInstance", "DeletionProtection", "true"),
    row("AWS::RDS::GlobalCluster", "DeletionProtection", "true"),
    // API_DeletePool, API_ReleasePhoneNumber, API_ReleaseSenderId, API_DeleteProtectConfiguration.
    row("AWS::SMSVOICE::PhoneNumber", "DeletionProtectionEnabled", "true"),
    row("AWS::SMSVOICE::Pool", "DeletionProtectionEnabled", "true"),
    row("AWS::SMSVOICE::ProtectConfiguration", "DeletionProtectionEnabled", "true"),
    row("AWS::SMSVOICE::SenderId", "DeletionProtectionEnabled", "true"),
    // API_UpdateDeletionProtection: of the last region of the set.
    row("AWS::SSMIncidents::ReplicationSet", "DeletionProtected", "true"),
    // API_DeletePolicyStore.
    row("AWS::VerifiedPermissions::PolicyStore", "DeletionProtection.Mode", "ENABLED"),
    row("AWS::WellArchitected::AgentProfile", "DeletionProtection", "true"),
];

const fn row(type_name: &'static str, setting: &'static str, value: &'static str) -> Protection {
    Protection { type_name, setting, attributes: None, value }
}

impl ResourceType {
    /// Returns the setting that makes AWS refuse to delete a resource of this type; `property` returns its properties
    /// by name.
    pub fn is_protected_by(&self, property: impl Fn(&str) -> Option<Value>) -> Option<&'static Protection> {
        let mut rows = TABLE.iter().filter(|row| row.type_name == self.name);
        rows.find(|row| match row.attributes {
            Some(list) => property(list).is_some_and(|list| {
                let set = |entry: &Value| entry["Key"] == row.setting && row.is_met_by(&entry["Value"]);
                list.as_array().is_some_and(|entries| entries.iter().any(set))
            }),
            None => {
                let mut steps = row.setting.split('.');
                let top = steps.next().and_then(&property);
                top.is_some_and(|top| row.is_met_below(&top, steps))
            }
        })
    }
}

impl Protection {
    fn is_met_below<'p>(&self, value: &Value, mut steps: impl Iterator<Item = &'p str> + Clone) -> bool {
        if let Value::Array(items) = value {
            return items.iter().any(|item| self.is_met_below(item, steps.clone()));
        }
        match steps.next() {
            Some(step) => value.get(step).is_some_and(|inside| self.is_met_below(inside, steps)),
            None => self.is_met_by(value),
        }
    }

    /// AWS takes a truth value as text, too.
    fn is_met_by(&self, value: &Value) -> bool {
        match value {
            Value::Bool(truth) => self.value == if *truth { "true" } else { "false" },
            Value::String(text) => text == self.value,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::{all, lookup};

    /// Settings whose name sounds like a protection of the resource, and which are none: see [`TABLE`].
    const OTHERS: &[(&str, &str)] = &[
        ("AWS::AppConfig::ConfigurationProfile", "DeletionProtectionCheck"),
        ("AWS::AppConfig::Environment", "DeletionProtectionCheck"),
        ("AWS::Bedrock::DataSource", "DeletionProtectionConfiguration"),
        ("AWS::Bedrock::DataSource", "DeletionProtectionStatus"),
        ("AWS::Bedrock::DataSource", "DeletionProtectionThreshold"),
        ("AWS::EC2::LaunchTemplate", "DisableApiTermination"),
        ("AWS::ECS::CapacityProvider", "ManagedTerminationProtection"),
    ];

    fn is_protected(type_name: &str, properties: &Value) -> bool {
        let resource = lookup(type_name).unwrap_or_else(|| panic!("AWS publishes no {type_name}"));
        resource.is_protected_by(|name| properties.get(name).cloned()).is_some()
    }

    #[test]
    fn what_aws_does_not_delete_is_protected_and_nothing_else() {
        let attribute = |key: &str, value: &str| json!({"LoadBalancerAttributes": [{"Key": key, "Value": value}]});
        let replicas = |protected: bool| json!({"Replicas": [{"Region": "a"}, {"Region": "b", "DeletionProtectionEnabled": protected}]});
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        let group = "AWS::AutoScaling::AutoScalingGroup";
        let cases = [
            ("AWS::RDS::DBInstance", json!({"DeletionProtection": true}), true),
            ("AWS::RDS::DBInstance", json!({"DeletionProtection": "true"}), true),
            ("AWS::RDS::DBInstance", json!({"DeletionProtection": false}), false),
            ("AWS::RDS::DBInstance", json!({}), false),
            (balancer, attribute("deletion_protection.enabled", "true"), true),
            (balancer, attribute("deletion_protection.enabled", "false"), false),
            (balancer, attribute("idle_timeout.timeout_seconds", "true"), false),
            (group, json!({"DeletionProtection": "prevent-all-deletion"}), true),
            (group, json!({"DeletionProtection": "prevent-force-deletion"}), false),
            ("AWS::Cognito::UserPool", json!({"DeletionProtection": "ACTIVE"}), true),
            ("AWS::Cognito::UserPool", json!({"DeletionProtection": "INACTIVE"}), false),
            ("AWS::OpenSearchServerless::Collection", json!({"DeletionProtection": "ENABLED"}), true),
            ("AWS::NetworkFirewall::Firewall", json!({"DeleteProtection": true}), true),
            ("AWS::NetworkFirewall::Firewall", json!({"SubnetChangeProtection": true}), false),
            ("AWS::EC2::Instance", json!({"DisableApiTermination": true}), true),
            ("AWS::CloudTrail::EventDataStore", json!({"TerminationProtectionEnabled": true}), true),
            ("AWS::EMR::Cluster", json!({"Instances": {"TerminationProtected": true}}), true),
            ("AWS::VerifiedPermissions::PolicyStore", json!({"DeletionProtection": {"Mode": "ENABLED"}}), true),
            ("AWS::DynamoDB::GlobalTable", replicas(true), true),
            ("AWS::DynamoDB::GlobalTable", replicas(false), false),
        ];
        for (type_name, properties, expected) in cases {
            assert_eq!(is_protected(type_name, &properties), expected, "{type_name} {properties}");
        }
    }

    #[test]
    fn every_row_is_about_a_published_property_and_each_type_has_one() {
        let mut seen = BTreeSet::new();
        for row in TABLE {
            let resource = lookup(row.type_name).unwrap_or_else(|| panic!("AWS publishes no {}", row.type_name));
            assert!(seen.insert(row.type_name), "{} has two rows", row.type_name);
            let path = row.attributes.unwrap_or(row.setting);
            let property = resource.property(path).unwrap_or_else(|| panic!("{} has no {path}", row.type_name));
            let allowed = property.allowed.iter().any(|allowed| allowed == row.value);
            assert!(allowed || property.allowed.is_empty(), "{} takes no {}", row.type_name, row.value);
        }
    }

    /// A newer schema brings new ones.
    #[test]
    fn every_property_that_sounds_like_a_protection_was_decided_on() {
        let sounds = |name: &str| {
            let of_resource =
                ["Delet", "Terminat"].iter().any(|start| name.contains(start)) && name.contains("Protect");
            of_resource || name == "DisableApiTermination"
        };
        let mut open = Vec::new();
        for name in all() {
            let resource = lookup(name).expect("published");
            let nested = resource.types.values().flat_map(|properties| properties.keys());
            for property in resource.properties.keys().chain(nested).filter(|property| sounds(property)) {
                let known =
                    TABLE.iter().any(|row| row.type_name == name && row.setting.split('.').any(|it| it == *property));
                if !known && !OTHERS.contains(&(name, property)) {
                    open.push(format!("{name} {property}"));
                }
            }
        }
        open.sort();
        open.dedup();
        assert_eq!(open, [""; 0]);
    }
}
