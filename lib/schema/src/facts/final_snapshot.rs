//! Types of which the cloud takes a last snapshot while it deletes a resource.

use crate::resource::ResourceType;

/// The last snapshot of resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalSnapshot {
    /// CloudFormation's name of the type.
    pub type_name: &'static str,
    /// The most characters of its name.
    pub longest_name: usize,
    /// Properties of which one says that the data is another resource's, so that there is no snapshot of
    /// this one.
    copies: &'static [&'static str],
}

/// Only types whose handler takes the snapshot under the name that the plan shows. Cloud Control names
/// one itself, and cannot be told to take none.
const TABLE: &[FinalSnapshot] = &[
    // A read replica, and a member of a cluster.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>
    FinalSnapshot {
        type_name: "AWS::RDS::DBInstance",
        longest_name: 255,
        copies: &["DBClusterIdentifier", "SourceDBInstanceIdentifier"],
    },
];

/// Types of which CloudFormation can take a snapshot when it deletes them, whoever else can:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html>.
const BY_CLOUDFORMATION: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

impl ResourceType {
    /// Whether and how a last snapshot of a resource of this type is taken.
    pub fn final_snapshot(&self) -> Option<&'static FinalSnapshot> {
        TABLE.iter().find(|entry| entry.type_name == self.name)
    }

    /// Whether CloudFormation takes a last snapshot of a resource of this type by its `DeletionPolicy`.
    pub fn has_snapshot_policy(&self) -> bool {
        BY_CLOUDFORMATION.contains(&self.name)
    }
}

impl FinalSnapshot {
    /// The property that says that the data of a resource is another one's; `is_set` says whether it has a
    /// property.
    pub fn copy_by(&self, is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
        self.copies.iter().copied().find(|property| is_set(property))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_last_snapshot_holds_data_and_has_the_properties_that_the_table_names() {
        for entry in TABLE {
            let schema = crate::lookup(entry.type_name).unwrap_or_else(|| panic!("{} is no type", entry.type_name));
            assert!(schema.stateful, "{}", entry.type_name);
            for property in entry.copies {
                assert!(schema.properties.contains_key(property), "{}: {property}", entry.type_name);
            }
            assert!(schema.has_snapshot_policy(), "{}", entry.type_name);
        }
        for name in BY_CLOUDFORMATION {
            assert!(crate::lookup(name).is_some_and(|schema| schema.stateful), "{name}");
        }
    }
}
