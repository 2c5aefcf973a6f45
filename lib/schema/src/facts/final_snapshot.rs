//! Types with a final snapshot before a resource is deleted.

use crate::resource::ResourceType;

/// The final snapshot of resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalSnapshot {
    /// CloudFormation's name of the type.
    pub type_name: &'static str,
    /// The maximum length of its name, in characters.
    pub longest_name: usize,
    /// Properties of which one says that the data is another resource's, so that there is no snapshot of
    /// this one.
    copies: &'static [&'static str],
    /// A property and its value of resources that no snapshot can be taken of.
    except: Option<(&'static str, &'static str)>,
    /// The command that takes the snapshot, with `ID` for the resource and `NAME` for the snapshot, if no provider
    /// takes it.
    pub by_hand: Option<&'static str>,
}

/// The types that CloudFormation takes a snapshot of before it deletes them, and those whose delete call can take one,
/// without those that cannot be managed (`AWS::DocDB::DBCluster`, `AWS::FSx::FileSystem`). Cloud Control takes no
/// snapshot: it deletes by the identifier alone, so that a `FinalSnapshotName` that is declared has no effect. FSx backs
/// up an ONTAP volume by itself (API_DeleteVolumeOntapConfiguration). The delete calls of other stores take none.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>,
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_DeleteResource.html>,
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds>: `DeleteHandler` of a cluster
const TABLE: &[FinalSnapshot] = &[
    // The name is a tag: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html>
    taken("AWS::EC2::Volume", 255, &[]),
    // <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateSnapshot.html>
    FinalSnapshot {
        except: Some(("Engine", "memcached")),
        by_hand: Some("aws elasticache create-snapshot --cache-cluster-id ID --snapshot-name NAME"),
        ..taken("AWS::ElastiCache::CacheCluster", 50, &[])
    },
    FinalSnapshot {
        by_hand: Some("aws elasticache create-snapshot --replication-group-id ID --snapshot-name NAME"),
        ..taken("AWS::ElastiCache::ReplicationGroup", 50, &[])
    },
    // <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteServerlessCache.html>
    FinalSnapshot {
        by_hand: Some(
            "aws elasticache create-serverless-cache-snapshot --serverless-cache-name ID \
             --serverless-cache-snapshot-name NAME",
        ),
        ..taken("AWS::ElastiCache::ServerlessCache", 50, &[])
    },
    // <https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_DeleteRelationalDatabase.html>
    // Cloud Control's handler skips it:
    // <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-lightsail>, `Translator` of a database
    FinalSnapshot {
        by_hand: Some(
            "aws lightsail create-relational-database-snapshot --relational-database-name ID \
             --relational-database-snapshot-name NAME",
        ),
        ..taken("AWS::Lightsail::Database", 255, &[])
    },
    // <https://docs.aws.amazon.com/memorydb/latest/APIReference/API_DeleteCluster.html>
    FinalSnapshot {
        by_hand: Some("aws memorydb create-snapshot --cluster-name ID --snapshot-name NAME"),
        ..taken("AWS::MemoryDB::Cluster", 50, &[])
    },
    // <https://docs.aws.amazon.com/neptune/latest/apiref/API_DeleteDBCluster.html>
    taken("AWS::Neptune::DBCluster", 63, &[]),
    // <https://docs.aws.amazon.com/neptune-analytics/latest/apiref/API_DeleteGraph.html>
    FinalSnapshot {
        by_hand: Some("aws neptune-graph create-graph-snapshot --graph-identifier ID --snapshot-name NAME"),
        ..taken("AWS::NeptuneGraph::Graph", 63, &[])
    },
    // A replica of a cluster of another region.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html>
    taken("AWS::RDS::DBCluster", 63, &["ReplicationSourceIdentifier"]),
    // A read replica, and a member of a cluster.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>
    taken("AWS::RDS::DBInstance", 255, &["DBClusterIdentifier", "SourceDBInstanceIdentifier"]),
    // <https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateClusterSnapshot.html>
    FinalSnapshot {
        by_hand: Some("aws redshift create-cluster-snapshot --cluster-identifier ID --snapshot-identifier NAME"),
        ..taken("AWS::Redshift::Cluster", 255, &[])
    },
    // <https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_DeleteNamespace.html>
    FinalSnapshot {
        by_hand: Some("aws redshift-serverless create-snapshot --namespace-name ID --snapshot-name NAME"),
        ..taken("AWS::RedshiftServerless::Namespace", 255, &[])
    },
];

const fn taken(type_name: &'static str, longest_name: usize, copies: &'static [&'static str]) -> FinalSnapshot {
    FinalSnapshot { type_name, longest_name, copies, except: None, by_hand: None }
}

impl ResourceType {
    /// Returns how a final snapshot of a resource of this type is taken, if it has one.
    pub fn final_snapshot(&self) -> Option<&'static FinalSnapshot> {
        TABLE.iter().find(|entry| entry.type_name == self.name)
    }
}

impl FinalSnapshot {
    /// Returns the property that shows that the data belongs to another resource; `is_set` returns whether a property
    /// is set.
    pub fn copy_by(&self, is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
        self.copies.iter().copied().find(|property| is_set(property))
    }

    /// Returns whether a resource cannot have a snapshot; `text` returns the text of one of its properties.
    pub fn has_none<'a>(&self, text: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.except.is_some_and(|(property, value)| text(property).is_some_and(|is| is.eq_ignore_ascii_case(value)))
    }

    /// Returns the command that takes the snapshot `name` of the resource `id`, if no provider takes it.
    pub fn command(&self, id: &str, name: &str) -> Option<String> {
        let words = self.by_hand?.split(' ').map(|word| match word {
            "ID" => id,
            "NAME" => name,
            word => word,
        });
        Some(words.collect::<Vec<_>>().join(" "))
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
            assert_eq!(schema.unsupported(), None, "nothing deletes a {}", entry.type_name);
            for property in entry.copies.iter().chain(entry.except.iter().map(|(property, _)| property)) {
                assert!(schema.properties.contains_key(property), "{}: {property}", entry.type_name);
            }
        }
    }

    /// Cloud Control does not pass on what is declared.
    #[test]
    fn what_declares_a_final_snapshot_is_not_deleted_without_one_unawares() {
        let declares = |name: &&str| {
            let schema = crate::lookup(name).expect("listed");
            schema.properties.keys().any(|property| property.starts_with("FinalSnapshot"))
        };
        let declaring: Vec<_> = crate::all().filter(declares).collect();
        assert_eq!(
            declaring,
            ["AWS::ElastiCache::ServerlessCache", "AWS::MemoryDB::Cluster", "AWS::RedshiftServerless::Namespace"]
        );
        for name in declaring {
            let fact = crate::lookup(name).and_then(ResourceType::final_snapshot).expect("a row says how it is taken");
            let command = fact.command("main", "main-final-1").expect("nobody takes it");
            assert!(command.contains(" main ") && command.ends_with(" main-final-1"), "{command}");
        }
    }

    #[test]
    fn the_command_for_a_snapshot_names_the_resource_and_the_snapshot() {
        let redshift =
            crate::lookup("AWS::Redshift::Cluster").and_then(ResourceType::final_snapshot).expect("it is in the table");
        let command = redshift.command("main", "main-final-1").expect("nobody takes it");
        assert_eq!(
            command,
            "aws redshift create-cluster-snapshot --cluster-identifier main --snapshot-identifier main-final-1"
        );
        assert_eq!(
            crate::lookup("AWS::EC2::Volume")
                .and_then(ResourceType::final_snapshot)
                .and_then(|fact| fact.command("vol-1", "x")),
            None
        );
    }
}
