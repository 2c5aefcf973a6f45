//! Changes that take effect only with a reboot.

use crate::resource::ResourceType;

/// A property whose change waits for a reboot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsReboot {
    type_name: &'static str,
    property: &'static str,
    /// The time at which the change takes effect, for the plan.
    pub effect: &'static str,
    /// The property that, if `true`, makes the change take effect immediately, and how it does so.
    pub at_once: Option<(&'static str, &'static str)>,
}

const GROUP: &str = "static parameters take effect when the instances that use the group are rebooted";
const NODES: &str = "some parameters take effect when the nodes that use the group are rebooted";
const CLUSTERS: &str = "static parameters take effect when the clusters that use the group are rebooted";
const INSTANCE: &str = "takes effect when the instance is rebooted";
const INSTANCES: &str = "takes effect when the instances of the cluster are rebooted";

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>,
/// <https://docs.aws.amazon.com/documentdb/latest/developerguide/cluster_parameter_groups.html>,
/// <https://docs.aws.amazon.com/neptune/latest/userguide/parameter-groups.html>
const TABLE: &[NeedsReboot] = &[
    entry("AWS::DocDB::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::DocDB::DBClusterParameterGroup", "Parameters", GROUP),
    // Of Redis and Valkey `activerehashing` and `databases`.
    // <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Parameter.html>
    entry("AWS::ElastiCache::ParameterGroup", "Properties", NODES),
    entry("AWS::Neptune::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::Neptune::DBClusterParameterGroup", "Parameters", GROUP),
    entry("AWS::Neptune::DBInstance", "DBParameterGroupName", INSTANCE),
    entry("AWS::Neptune::DBParameterGroup", "Parameters", GROUP),
    entry("AWS::RDS::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::RDS::DBClusterParameterGroup", "Parameters", GROUP),
    NeedsReboot {
        at_once: Some(("ApplyImmediately", "reboots the instance")),
        ..entry("AWS::RDS::DBInstance", "DBParameterGroupName", INSTANCE)
    },
    entry("AWS::RDS::DBParameterGroup", "Parameters", GROUP),
    // CloudFormation's handler reboots the cluster, which Cloud Control calls.
    // <https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html>
    entry("AWS::Redshift::Cluster", "ClusterParameterGroupName", "reboots the cluster"),
    entry("AWS::Redshift::ClusterParameterGroup", "Parameters", CLUSTERS),
];

/// The properties that name what a resource takes parameters from: a group, or a cluster that has one. The pages are
/// those of the table above.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("AWS::DocDB::DBCluster", &["DBClusterParameterGroupName"]),
    ("AWS::DocDB::DBInstance", &["DBClusterIdentifier"]),
    ("AWS::Neptune::DBCluster", &["DBClusterParameterGroupName"]),
    ("AWS::Neptune::DBInstance", &["DBParameterGroupName", "DBClusterIdentifier"]),
    ("AWS::RDS::DBCluster", &["DBClusterParameterGroupName"]),
    ("AWS::RDS::DBInstance", &["DBParameterGroupName", "DBClusterIdentifier"]),
];

const fn entry(type_name: &'static str, property: &'static str, effect: &'static str) -> NeedsReboot {
    NeedsReboot { type_name, property, effect, at_once: None }
}

impl ResourceType {
    /// Returns how a change of a property, or of a path below it, waits for a reboot, if it does.
    pub fn needs_reboot(&self, property: &str) -> Option<&'static NeedsReboot> {
        let property = property.split('.').next().unwrap_or(property);
        TABLE.iter().find(|entry| entry.type_name == self.name && entry.property == property)
    }

    /// Returns the properties that name the source of the parameters of a resource of this type. A change there may
    /// wait for a reboot.
    pub fn takes_parameters_by(&self) -> &'static [&'static str] {
        PARAMETERS.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, properties)| properties)
    }

    /// Returns the property that names the cluster of a resource of this type, whose other members serve while it is
    /// rebooted.
    pub fn is_member_by(&self) -> Option<&'static str> {
        self.takes_parameters_by().iter().copied().find(|property| *property == "DBClusterIdentifier")
    }

    /// Returns whether resources of this type are rebooted, as instances are, but not groups or clusters.
    pub fn is_rebooted(&self) -> bool {
        !self.takes_parameters_by().is_empty() && self.short_name() == "DBInstance"
    }

    /// Returns the property that causes an immediate reboot if parameters of a resource of this type wait for one.
    pub fn reboots_at_once_by(&self) -> Option<&'static str> {
        let of = TABLE.iter().filter(|entry| entry.type_name == self.name);
        of.filter_map(|entry| entry.at_once).map(|(property, _)| property).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_reboot_is_a_property_that_exists() {
        for entry in TABLE {
            let schema = crate::lookup(entry.type_name).unwrap_or_else(|| panic!("{} is no type", entry.type_name));
            for property in [entry.property].into_iter().chain(entry.at_once.map(|(property, _)| property)) {
                assert!(schema.properties.contains_key(property), "{}: {property}", entry.type_name);
            }
        }
        for (name, properties) in PARAMETERS {
            let schema = crate::lookup(name).unwrap_or_else(|| panic!("{name} is no type"));
            for property in *properties {
                assert!(schema.properties.contains_key(property), "{name}: {property}");
            }
        }
        let instance = crate::lookup("AWS::RDS::DBInstance").expect("published");
        assert!(instance.is_rebooted() && instance.reboots_at_once_by() == Some("ApplyImmediately"));
        let needs_reboot = |name, property| crate::lookup(name).expect("published").needs_reboot(property);
        assert!(needs_reboot("AWS::RDS::DBParameterGroup", "Parameters.max_connections").is_some());
        assert!(needs_reboot("AWS::RDS::DBInstance", "MultiAZ").is_none());
    }
}
