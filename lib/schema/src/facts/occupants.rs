//! Resources that prevent the deletion of another one without naming it.

use crate::resource::ResourceType;

/// The types that say in which VPC something is.
const SUBNET: &str = "AWS::EC2::Subnet";
const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
const VPC: &str = "AWS::EC2::VPC";

/// Types with public addresses in a VPC: "Before you can detach an internet gateway, the VPC must not contain any
/// running instances with Elastic IP addresses or public IPv4 addresses" (API_DetachInternetGateway, whose error is
/// "has some mapped public address(es)"). That holds for the mapped addresses of every network interface: of NAT
/// gateways, load balancers, tasks and databases. Instances, Auto Scaling groups, load balancers, Elastic IP addresses
/// and databases are those that CloudFormation names:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html>.
///
/// Not listed are tasks that schedules and rules start, which come and go by themselves.
#[rustfmt::skip] // A place a line.
const PUBLIC: &[(&str, Public)] = &[
    // PubliclyAccessible has to be stated (API_CreateBroker).
    ("AWS::AmazonMQ::Broker", Public {
        places: &[("SubnetIds", SUBNET), ("SecurityGroups", SECURITY_GROUP)],
        when: &[When::Is("PubliclyAccessible", "true")],
        surely: &[],
    }),
    // A streaming instance has a public address with it. A fleet and an image builder that are stopped have no
    // instance (API_StopFleet, API_StopImageBuilder).
    // <https://docs.aws.amazon.com/appstream2/latest/developerguide/default-internet-access.html>
    ("AWS::AppStream::Fleet", Public {
        places: &[("VpcConfig.SubnetIds", SUBNET)],
        when: &[When::Is("EnableDefaultInternetAccess", "true")],
        surely: NEVER,
    }),
    ("AWS::AppStream::ImageBuilder", Public {
        places: &[("VpcConfig.SubnetIds", SUBNET)],
        when: &[When::Is("EnableDefaultInternetAccess", "true")],
        surely: NEVER,
    }),
    // Its launch template or subnets say whether its instances have addresses.
    ("AWS::AutoScaling::AutoScalingGroup", Public {
        places: &[("VPCZoneIdentifier", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    ("AWS::Batch::ComputeEnvironment", Public {
        places: &[("ComputeResources.Subnets", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    ("AWS::Cloud9::EnvironmentEC2", Public {
        places: &[("SubnetId", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    // "The default value is true" (API_CreateReplicationInstance).
    ("AWS::DMS::ReplicationInstance", Public {
        places: &[
            ("ReplicationSubnetGroupIdentifier", "AWS::DMS::ReplicationSubnetGroup"),
            ("VpcSecurityGroupIds", SECURITY_GROUP),
        ],
        when: &[When::Not("PubliclyAccessible", "false")],
        surely: &[],
    }),
    ("AWS::EC2::EC2Fleet", Public {
        places: &[("LaunchTemplateConfigs.Overrides.SubnetId", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    ("AWS::EC2::EIP", Public {
        places: &[("InstanceId", "AWS::EC2::Instance")],
        when: &[],
        surely: &[],
    }),
    ("AWS::EC2::EIPAssociation", Public {
        places: &[("InstanceId", "AWS::EC2::Instance"), ("NetworkInterfaceId", "AWS::EC2::NetworkInterface")],
        when: &[],
        surely: &[],
    }),
    // Without the setting, its subnet says so: MapPublicIpOnLaunch (API_RunInstances).
    ("AWS::EC2::Instance", Public {
        places: &[
            ("SubnetId", SUBNET),
            ("NetworkInterfaces.SubnetId", SUBNET),
            ("SecurityGroupIds", SECURITY_GROUP),
            ("NetworkInterfaces.GroupSet", SECURITY_GROUP),
        ],
        when: &[When::Not("NetworkInterfaces.AssociatePublicIpAddress", "false")],
        surely: &[When::Is("NetworkInterfaces.AssociatePublicIpAddress", "true")],
    }),
    // A regional one names the VPC, and takes addresses by itself.
    // <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html>
    ("AWS::EC2::NatGateway", Public {
        places: &[("SubnetId", SUBNET), ("VpcId", VPC)],
        when: &[When::Not("ConnectivityType", "private")],
        surely: &[],
    }),
    ("AWS::EC2::SpotFleet", Public {
        places: &[
            ("SpotFleetRequestConfigData.LaunchSpecifications.SubnetId", SUBNET),
            ("SpotFleetRequestConfigData.LaunchSpecifications.NetworkInterfaces.SubnetId", SUBNET),
            ("SpotFleetRequestConfigData.LaunchTemplateConfigs.Overrides.SubnetId", SUBNET),
        ],
        when: &[],
        surely: NEVER,
    }),
    // Its load balancer faces the internet in public subnets, and so do its tasks.
    // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html>
    ("AWS::ECS::ExpressGatewayService", Public {
        places: &[
            ("NetworkConfiguration.Subnets", SUBNET),
            ("NetworkConfiguration.SecurityGroups", SECURITY_GROUP),
        ],
        when: &[],
        surely: NEVER,
    }),
    ("AWS::ECS::Service", Public {
        places: &[("NetworkConfiguration.AwsvpcConfiguration.Subnets", SUBNET)],
        when: &[When::Is("NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", "ENABLED")],
        surely: &[],
    }),
    ("AWS::ECS::TaskSet", Public {
        places: &[("NetworkConfiguration.AwsVpcConfiguration.Subnets", SUBNET)],
        when: &[When::Is("NetworkConfiguration.AwsVpcConfiguration.AssignPublicIp", "ENABLED")],
        surely: &[],
    }),
    ("AWS::EKS::Nodegroup", Public {
        places: &[("Subnets", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    ("AWS::EMR::Cluster", Public {
        places: &[("Instances.Ec2SubnetId", SUBNET), ("Instances.Ec2SubnetIds", SUBNET)],
        when: &[],
        surely: NEVER,
    }),
    // "By default, Elastic Load Balancing creates an internet-facing load balancer" (API_CreateLoadBalancer of the
    // classic ones).
    ("AWS::ElasticLoadBalancing::LoadBalancer", Public {
        places: &[("Subnets", SUBNET), ("SecurityGroups", SECURITY_GROUP)],
        when: &[When::Not("Scheme", "internal")],
        surely: &[],
    }),
    // A Gateway Load Balancer has no scheme and no public address. An Application Load Balancer may have public IPv6
    // addresses alone (API_CreateLoadBalancer: IpAddressType).
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", Public {
        places: &[("Subnets", SUBNET), ("SubnetMappings.SubnetId", SUBNET)],
        when: &[When::Not("Scheme", "internal"), When::Not("Type", "gateway")],
        surely: &[When::Not("IpAddressType", "dualstack-without-public-ipv4")],
    }),
    // <https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html>
    ("AWS::MSK::Cluster", Public {
        places: &[("BrokerNodeGroupInfo.ClientSubnets", SUBNET)],
        when: &[When::Is("BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type", "SERVICE_PROVIDED_EIPS")],
        surely: &[],
    }),
    ("AWS::Neptune::DBInstance", Public {
        places: &[
            ("DBSubnetGroupName", "AWS::Neptune::DBSubnetGroup"),
            ("DBClusterIdentifier", "AWS::Neptune::DBCluster"),
        ],
        when: &[When::Is("PubliclyAccessible", "true")],
        surely: &[],
    }),
    // Without the setting it is public where the VPC has an internet gateway (API_CreateDBCluster).
    ("AWS::RDS::DBCluster", Public {
        places: &[("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"), ("VpcSecurityGroupIds", SECURITY_GROUP)],
        when: &[When::Not("PubliclyAccessible", "false"), When::Set("DBClusterInstanceClass")],
        surely: &[When::Is("PubliclyAccessible", "true")],
    }),
    // Likewise (API_CreateDBInstance).
    ("AWS::RDS::DBInstance", Public {
        places: &[
            ("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"),
            ("DBClusterIdentifier", "AWS::RDS::DBCluster"),
            ("VPCSecurityGroups", SECURITY_GROUP),
        ],
        when: &[When::Not("PubliclyAccessible", "false")],
        surely: &[When::Is("PubliclyAccessible", "true")],
    }),
    // Likewise (API_CreateDBShardGroup).
    ("AWS::RDS::DBShardGroup", Public {
        places: &[("DBClusterIdentifier", "AWS::RDS::DBCluster")],
        when: &[When::Not("PubliclyAccessible", "false")],
        surely: &[When::Is("PubliclyAccessible", "true")],
    }),
    // "Default: false" (API_CreateCluster of Redshift), and true for clusters from before 2025.
    // <https://docs.aws.amazon.com/redshift/latest/mgmt/behavior-changes.html>
    ("AWS::Redshift::Cluster", Public {
        places: &[
            ("ClusterSubnetGroupName", "AWS::Redshift::ClusterSubnetGroup"),
            ("VpcSecurityGroupIds", SECURITY_GROUP),
        ],
        when: &[When::Not("PubliclyAccessible", "false")],
        surely: &[When::Is("PubliclyAccessible", "true")],
    }),
    // Whether its public address is one of the VPC is not documented.
    ("AWS::RedshiftServerless::Workgroup", Public {
        places: &[("SubnetIds", SUBNET), ("SecurityGroupIds", SECURITY_GROUP)],
        when: &[When::Is("PubliclyAccessible", "true")],
        surely: NEVER,
    }),
    ("AWS::Timestream::InfluxDBCluster", Public {
        places: &[("VpcSubnetIds", SUBNET)],
        when: &[When::Is("PubliclyAccessible", "true")],
        surely: &[],
    }),
    ("AWS::Timestream::InfluxDBInstance", Public {
        places: &[("VpcSubnetIds", SUBNET)],
        when: &[When::Is("PubliclyAccessible", "true")],
        surely: &[],
    }),
    // Elastic IP addresses of an endpoint (API_EndpointDetails of Transfer Family).
    ("AWS::Transfer::Server", Public {
        places: &[("EndpointDetails.SubnetIds", SUBNET), ("EndpointDetails.VpcId", VPC)],
        when: &[When::Set("EndpointDetails.AddressAllocationIds")],
        surely: &[],
    }),
];

/// Types between an address and the VPC: what they name that is in the same VPC.
const BETWEEN: &[(&str, &[Place])] = &[
    ("AWS::DMS::ReplicationSubnetGroup", &[("SubnetIds", SUBNET)]),
    (
        "AWS::EC2::Instance",
        &[
            ("SubnetId", SUBNET),
            ("NetworkInterfaces.SubnetId", SUBNET),
            ("NetworkInterfaces.NetworkInterfaceId", "AWS::EC2::NetworkInterface"),
            ("SecurityGroupIds", SECURITY_GROUP),
            ("NetworkInterfaces.GroupSet", SECURITY_GROUP),
        ],
    ),
    ("AWS::EC2::NetworkInterface", &[("SubnetId", SUBNET)]),
    ("AWS::EC2::SecurityGroup", &[("VpcId", VPC)]),
    ("AWS::EC2::Subnet", &[("VpcId", VPC)]),
    (
        "AWS::Neptune::DBCluster",
        &[("DBSubnetGroupName", "AWS::Neptune::DBSubnetGroup"), ("VpcSecurityGroupIds", SECURITY_GROUP)],
    ),
    ("AWS::Neptune::DBSubnetGroup", &[("SubnetIds", SUBNET)]),
    (
        "AWS::RDS::DBCluster",
        &[("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup"), ("VpcSecurityGroupIds", SECURITY_GROUP)],
    ),
    ("AWS::RDS::DBSubnetGroup", &[("SubnetIds", SUBNET)]),
    ("AWS::Redshift::ClusterSubnetGroup", &[("SubnetIds", SUBNET)]),
];

/// The resource that the public addresses of a VPC hold, and the property whose change detaches it: an update without
/// interruption by the schema, which is a DetachInternetGateway and an AttachInternetGateway.
const GATEWAY: (&str, &str) = ("AWS::EC2::VPCGatewayAttachment", "InternetGatewayId");

/// A property, and the type of the resource that it names; as in `SubnetMappings.SubnetId`, through lists.
type Place = (&'static str, &'static str);

/// The places and conditions under which a resource has public addresses.
struct Public {
    /// The properties that name the VPC, or a resource in it.
    places: &'static [Place],
    /// Conditions under which it may have a public address.
    when: &'static [When],
    /// Additional conditions under which it certainly has a public address.
    surely: &'static [When],
}

/// A condition that depends on more than the properties: the setting of a subnet, a launch template.
const NEVER: &[When] = &[When::Never];

enum When {
    /// A property is set.
    Set(&'static str),
    /// A property has this value.
    Is(&'static str, &'static str),
    /// A property has another value, or none.
    Not(&'static str, &'static str),
    /// The properties do not say.
    Never,
}

impl When {
    fn holds(&self, texts: &dyn Fn(&str) -> Vec<String>) -> bool {
        match self {
            Self::Set(name) => !texts(name).is_empty(),
            Self::Is(name, value) => texts(name) == [*value],
            Self::Not(name, value) => texts(name) != [*value],
            Self::Never => false,
        }
    }
}

/// A VPC, or something in a VPC, as another resource names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InVpc {
    /// The CloudFormation name of its type.
    pub type_name: &'static str,
    /// Its identifier.
    pub id: String,
}

impl InVpc {
    /// Returns whether it is the VPC itself.
    pub fn is_vpc(&self) -> bool {
        self.type_name == VPC
    }
}

/// Returns the types whose resources may have public addresses.
pub fn public_types() -> impl Iterator<Item = &'static str> {
    PUBLIC.iter().map(|(name, _)| *name)
}

impl ResourceType {
    /// Returns the subnets in which a resource of this type certainly has public addresses. `texts` returns the texts
    /// at a path of its properties, as in `SubnetMappings.SubnetId`, with the elements of lists.
    pub fn public_subnets(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
        if !self.is_surely_public(texts) {
            return Vec::new();
        }
        let places = self.public_places(texts).into_iter();
        places.filter(|place| place.type_name == SUBNET).map(|place| place.id).collect()
    }

    /// Returns the places that show in which VPCs a resource of this type may have public addresses; empty if it has
    /// none. `texts` returns the texts and booleans at a path of its properties.
    pub fn public_places(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Vec<InVpc> {
        let may = self.public().filter(|public| public.when.iter().all(|when| when.holds(texts)));
        may.map_or_else(Vec::new, |public| named(public.places, texts))
    }

    /// Returns whether a resource of this type in a VPC has public addresses there, regardless of the settings of
    /// others. `texts` is as for [`public_places`](Self::public_places).
    pub fn is_surely_public(&self, texts: &dyn Fn(&str) -> Vec<String>) -> bool {
        self.public().is_some_and(|public| public.when.iter().chain(public.surely).all(|when| when.holds(texts)))
    }

    /// Returns the places that show in which VPC a resource of this type is, if other resources name it. `texts` is as
    /// for [`public_places`](Self::public_places).
    pub fn places_in_vpc(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Vec<InVpc> {
        let between = BETWEEN.iter().find(|(name, _)| *name == self.name);
        between.map_or_else(Vec::new, |(_, places)| named(places, texts))
    }

    fn public(&self) -> Option<&'static Public> {
        PUBLIC.iter().find(|(name, _)| *name == self.name).map(|(_, public)| public)
    }

    /// Returns the VPC whose public addresses prevent the deletion of a resource of this type. `texts` is as for
    /// [`public_subnets`](Self::public_subnets).
    pub fn held_by_public_addresses_of(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Option<String> {
        let is_gateway = self.name == GATEWAY.0 && !texts(GATEWAY.1).is_empty();
        if is_gateway { texts("VpcId").into_iter().next() } else { None }
    }

    /// Returns whether a change of this property in place detaches what [public addresses
    /// hold](Self::held_by_public_addresses_of).
    pub fn is_detached_by(&self, property: &str) -> bool {
        (self.name, property) == GATEWAY
    }
}

fn named(places: &[Place], texts: &dyn Fn(&str) -> Vec<String>) -> Vec<InVpc> {
    let at = |(path, type_name): &Place| texts(path).into_iter().map(|id| InVpc { type_name, id }).collect::<Vec<_>>();
    places.iter().flat_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::super::relations::places;
    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_published_types_and_properties() {
        let mut wrong = Vec::new();
        // Each element of a list is at a position.
        let has = |schema: &ResourceType, path: &str| {
            places(schema).iter().any(|place| place.split('.').filter(|step| *step != "0").eq(path.split('.')))
        };
        for (name, public) in PUBLIC {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let conditions = public.when.iter().chain(public.surely).filter_map(|when| match when {
                When::Set(name) | When::Is(name, _) | When::Not(name, _) => Some(name),
                When::Never => None,
            });
            let paths = public.places.iter().map(|(path, _)| path).chain(conditions);
            wrong.extend(paths.filter(|path| !has(schema, path)).map(|path| format!("{name} {path}")));
        }
        for (name, places) in BETWEEN {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let missing = places.iter().filter(|(path, _)| !has(schema, path));
            wrong.extend(missing.map(|(path, _)| format!("{name} {path}")));
        }
        assert_eq!(wrong, [""; 0]);
        // Each way ends at a VPC.
        let ways = PUBLIC.iter().flat_map(|(_, public)| public.places);
        for (_, type_name) in ways.chain(BETWEEN.iter().flat_map(|(_, places)| *places)) {
            assert!(*type_name == VPC || BETWEEN.iter().any(|(name, _)| name == type_name), "where is a {type_name}?");
        }
        let attachment = lookup(GATEWAY.0).expect("published");
        assert!([GATEWAY.1, "VpcId"].iter().all(|name| attachment.properties.contains_key(name)));
    }

    #[test]
    fn addresses_are_public_by_the_properties() {
        let may_and_does = |name: &str, set: &[(&str, &str)]| {
            let texts = |path: &str| {
                let found = set.iter().filter(|(other, _)| *other == path).map(|(_, text)| (*text).to_owned());
                found.collect::<Vec<_>>()
            };
            let schema = lookup(name).expect("published");
            (schema.public_places(&texts).len(), schema.is_surely_public(&texts))
        };
        let nat = "AWS::EC2::NatGateway";
        assert_eq!(may_and_does(nat, &[("SubnetId", "s"), ("ConnectivityType", "private")]), (0, false));
        assert_eq!(may_and_does(nat, &[("SubnetId", "s"), ("AllocationId", "a")]), (1, true));
        assert_eq!(may_and_does(nat, &[("VpcId", "v"), ("AvailabilityMode", "regional")]), (1, true));
        for balancer in ["AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancing::LoadBalancer"] {
            assert_eq!(may_and_does(balancer, &[("Subnets", "s")]), (1, true));
            assert_eq!(may_and_does(balancer, &[("Subnets", "s"), ("Scheme", "internet-facing")]), (1, true));
            assert_eq!(may_and_does(balancer, &[("Subnets", "s"), ("Scheme", "internal")]).0, 0);
        }
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        assert_eq!(may_and_does(balancer, &[("Subnets", "s"), ("SubnetMappings.SubnetId", "t")]).0, 2);
        assert_eq!(may_and_does(balancer, &[("Subnets", "s"), ("Type", "gateway")]).0, 0);
        let network = |name: &str| format!("NetworkConfiguration.AwsvpcConfiguration.{name}");
        let (tasks, address) = (network("Subnets"), network("AssignPublicIp"));
        assert_eq!(may_and_does("AWS::ECS::Service", &[(&tasks, "s"), (&address, "ENABLED")]), (1, true));
        assert_eq!(may_and_does("AWS::ECS::Service", &[(&tasks, "s"), (&address, "DISABLED")]).0, 0);
    }

    #[test]
    fn what_another_setting_decides_is_only_possible() {
        let may_and_does = |name: &str, set: &[(&str, &str)]| {
            let texts = |path: &str| {
                let found = set.iter().filter(|(other, _)| *other == path).map(|(_, text)| (*text).to_owned());
                found.collect::<Vec<_>>()
            };
            let schema = lookup(name).expect("published");
            (!schema.public_places(&texts).is_empty(), schema.is_surely_public(&texts))
        };
        let address = "NetworkInterfaces.AssociatePublicIpAddress";
        let instance = "AWS::EC2::Instance";
        assert_eq!(may_and_does(instance, &[("SubnetId", "s")]), (true, false), "its subnet decides");
        assert_eq!(may_and_does(instance, &[("NetworkInterfaces.SubnetId", "s"), (address, "true")]), (true, true));
        assert_eq!(may_and_does(instance, &[("NetworkInterfaces.SubnetId", "s"), (address, "false")]), (false, false));
        let database = "AWS::RDS::DBInstance";
        assert_eq!(may_and_does(database, &[("DBSubnetGroupName", "g")]), (true, false), "its VPC decides");
        assert_eq!(may_and_does(database, &[("DBSubnetGroupName", "g"), ("PubliclyAccessible", "true")]), (true, true));
        assert_eq!(
            may_and_does(database, &[("DBSubnetGroupName", "g"), ("PubliclyAccessible", "false")]),
            (false, false)
        );
        assert_eq!(may_and_does("AWS::EC2::EIPAssociation", &[("InstanceId", "i")]), (true, true));
        assert_eq!(may_and_does("AWS::EKS::Nodegroup", &[("Subnets", "s")]), (true, false));
        let express = "AWS::ECS::ExpressGatewayService";
        assert_eq!(may_and_does(express, &[("NetworkConfiguration.Subnets", "s")]), (true, false));
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        let of_type = |kind| may_and_does(balancer, &[("Subnets", "s"), ("IpAddressType", kind)]);
        assert_eq!(of_type("dualstack"), (true, true));
        assert_eq!(of_type("dualstack-without-public-ipv4"), (true, false), "it has IPv6 addresses alone");
        for stopped in ["AWS::AppStream::Fleet", "AWS::AppStream::ImageBuilder"] {
            let set = [("VpcConfig.SubnetIds", "s"), ("EnableDefaultInternetAccess", "true")];
            assert_eq!(may_and_does(stopped, &set), (true, false), "{stopped} may be stopped");
        }
        let workgroup = "AWS::RedshiftServerless::Workgroup";
        assert_eq!(may_and_does(workgroup, &[("SubnetIds", "s"), ("PubliclyAccessible", "true")]), (true, false));
    }

    #[test]
    fn an_instance_is_in_the_vpc_of_each_of_its_interfaces() {
        let places = |path: &'static str| {
            let texts = move |asked: &str| if asked == path { vec!["x".to_owned()] } else { Vec::new() };
            let schema = lookup("AWS::EC2::Instance").expect("published");
            schema.places_in_vpc(&texts).into_iter().map(|place| place.type_name).collect::<Vec<_>>()
        };
        assert_eq!(places("NetworkInterfaces.NetworkInterfaceId"), ["AWS::EC2::NetworkInterface"]);
        assert_eq!(places("NetworkInterfaces.GroupSet"), [SECURITY_GROUP]);
    }
}
