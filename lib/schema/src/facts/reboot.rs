//! Changes that a cloud accepts and that take effect only with a reboot.

use crate::resource::ResourceType;

/// A property whose change waits for a reboot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsReboot {
    type_name: &'static str,
    property: &'static str,
    /// When the change takes effect, for the plan.
    pub effect: &'static str,
    /// The property that makes the change take effect at once where it is `true`, and what it does then.
    pub at_once: Option<(&'static str, &'static str)>,
}

const GROUP: &str = "static parameters take effect when the instances that use the group are rebooted";
const INSTANCE: &str = "takes effect when the instance is rebooted";
const INSTANCES: &str = "takes effect when the instances of the cluster are rebooted";

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>,
/// <https://docs.aws.amazon.com/documentdb/latest/developerguide/cluster_parameter_groups.html>,
/// <https://docs.aws.amazon.com/neptune/latest/userguide/parameter-groups.html>
const TABLE: &[NeedsReboot] = &[
    entry("AWS::DocDB::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::DocDB::DBClusterParameterGroup", "Parameters", GROUP),
    entry("AWS::Neptune::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::Neptune::DBClusterParameterGroup", "Parameters", GROUP),
    entry("AWS::Neptune::DBParameterGroup", "Parameters", GROUP),
    entry("AWS::RDS::DBCluster", "DBClusterParameterGroupName", INSTANCES),
    entry("AWS::RDS::DBClusterParameterGroup", "Parameters", GROUP),
    NeedsReboot {
        at_once: Some(("ApplyImmediately", "reboots the instance")),
        ..entry("AWS::RDS::DBInstance", "DBParameterGroupName", INSTANCE)
    },
    entry("AWS::RDS::DBParameterGroup", "Parameters", GROUP),
];

const fn entry(type_name: &'static str, property: &'static str, effect: &'static str) -> NeedsReboot {
    NeedsReboot { type_name, property, effect, at_once: None }
}

impl ResourceType {
    /// Whether and how a change of a property, which may be given with a path below it, waits for a reboot.
    pub fn needs_reboot(&self, property: &str) -> Option<&'static NeedsReboot> {
        let property = property.split('.').next().unwrap_or(property);
        TABLE.iter().find(|entry| entry.type_name == self.name && entry.property == property)
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
        let needs_reboot = |name, property| crate::lookup(name).expect("published").needs_reboot(property);
        assert!(needs_reboot("AWS::RDS::DBParameterGroup", "Parameters.max_connections").is_some());
        assert!(needs_reboot("AWS::RDS::DBInstance", "MultiAZ").is_none());
    }
}
