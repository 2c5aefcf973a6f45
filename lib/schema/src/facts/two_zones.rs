//! Resources that AWS creates only in subnets of at least two availability zones, though the schema takes any list.

use crate::resource::ResourceType;

/// A row of the table.
struct Row {
    type_name: &'static str,
    /// The property that names the subnets.
    subnets: &'static str,
    /// The property that lifts the rule with one of these values.
    unless: Option<(&'static str, &'static [&'static str])>,
}

const fn row(type_name: &'static str, subnets: &'static str) -> Row {
    Row { type_name, subnets, unless: None }
}

const ROWS: &[Row] = &[
    // API_CreateDBSubnetGroup of RDS, Neptune and DocumentDB: "DBSubnetGroupDoesNotCoverEnoughAZs … should cover at
    // least two Availability Zones unless there is only one Availability Zone".
    row("AWS::RDS::DBSubnetGroup", "SubnetIds"),
    row("AWS::Neptune::DBSubnetGroup", "SubnetIds"),
    row("AWS::DocDB::DBSubnetGroup", "SubnetIds"),
    // API_CreateReplicationSubnetGroup of DMS: "ReplicationSubnetGroupDoesNotCoverEnoughAZs".
    row("AWS::DMS::ReplicationSubnetGroup", "SubnetIds"),
    // API_CreateLoadBalancer: "[Application Load Balancers] You must specify subnets from at least two Availability
    // Zones"; one is enough for the other types.
    Row {
        type_name: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        subnets: "Subnets",
        unless: Some(("Type", &["network", "gateway"])),
    },
    // "The subnets … must be in at least two different Availability Zones"
    // (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).
    row("AWS::EKS::Cluster", "ResourcesVpcConfig.SubnetIds"),
];

impl ResourceType {
    /// Returns the property with subnets that have to be in two availability zones, as in
    /// `ResourcesVpcConfig.SubnetIds`; `None` if one zone is enough. `text` returns a text among the properties of the
    /// resource.
    pub fn subnets_in_two_zones<'v>(&self, text: &dyn Fn(&str) -> Option<&'v str>) -> Option<&'static str> {
        let row = ROWS.iter().find(|row| row.type_name == self.name)?;
        let is_lifted = |(property, values): (&str, &[&str])| text(property).is_some_and(|text| values.contains(&text));
        (!row.unless.is_some_and(is_lifted)).then_some(row.subnets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_published_types_and_properties() {
        for row in ROWS {
            let schema = lookup(row.type_name).unwrap_or_else(|| panic!("AWS publishes no {}", row.type_name));
            assert!(schema.property(row.subnets).is_some(), "{} has no {}", row.type_name, row.subnets);
            if let Some((property, _)) = row.unless {
                assert!(schema.property(property).is_some(), "{} has no {property}", row.type_name);
            }
        }
    }

    #[test]
    fn a_network_load_balancer_may_be_in_one_zone() {
        let balancer = lookup("AWS::ElasticLoadBalancingV2::LoadBalancer").expect("it is published");
        assert_eq!(balancer.subnets_in_two_zones(&|_| None), Some("Subnets"));
        assert_eq!(balancer.subnets_in_two_zones(&|_| Some("application")), Some("Subnets"));
        assert_eq!(balancer.subnets_in_two_zones(&|name| (name == "Type").then_some("network")), None);
    }
}
