//! Resources that stay in one VPC permanently, although the schema allows changing their subnets in place.

use crate::resource::ResourceType;

/// Types with the properties that name their subnets.
const ROWS: &[(&str, &[&str])] = &[
    // The subnet groups: "InvalidSubnet … The requested subnet is invalid, or multiple subnets were requested that
    // are not all in a common VPC" (API_ModifyDBSubnetGroup, and alike in the others), which holds for the subnets
    // before the change, too: "The new Subnets are not in the same Vpc as the existing subnet group".
    ("AWS::DAX::SubnetGroup", &["SubnetIds"]),
    ("AWS::DocDB::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::ElastiCache::SubnetGroup", &["SubnetIds"]),
    ("AWS::MemoryDB::SubnetGroup", &["SubnetIds"]),
    ("AWS::Neptune::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::RDS::DBSubnetGroup", &["SubnetIds"]),
    ("AWS::Redshift::ClusterSubnetGroup", &["SubnetIds"]),
    // "You can't move an existing domain to a different VPC, but you can change the subnets"
    // (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html).
    ("AWS::OpenSearchService::Domain", &["VPCOptions.SubnetIds"]),
    // API_SetSubnets: InvalidSubnet; a load balancer has a VpcId, and no call changes it.
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Subnets", "SubnetMappings.SubnetId"]),
];

impl ResourceType {
    /// Returns the properties that name the subnets of a resource of this type, as in `SubnetMappings.SubnetId`, if the
    /// resource cannot move to another VPC; empty if it can.
    pub fn subnets_of_one_network(&self) -> &'static [&'static str] {
        ROWS.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, properties)| properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_published_types_and_properties_that_change_in_place() {
        for (name, properties) in ROWS {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            for path in *properties {
                // The elements of a list are at a position.
                let places = [(*path).to_owned(), path.replace('.', ".0.")];
                let found = places.iter().find(|place| schema.property(place).is_some());
                let found = found.unwrap_or_else(|| panic!("{name} has no {path}"));
                assert_ne!(schema.replacement(found), crate::Replacement::Always, "{name} {path} says so itself");
            }
        }
    }
}
