//! What holds another resource though it does not name it.

use crate::resource::ResourceType;

/// Types with public addresses in subnets: "Before you can detach an internet gateway, the VPC must not
/// contain any running instances with Elastic IP addresses or public IPv4 addresses" (API_DetachInternetGateway).
/// That holds for the mapped addresses of every network interface: of NAT gateways, load balancers and tasks. Not
/// listed are those whose address depends on a setting of their subnet (instances) or on a subnet group (databases).
const PUBLIC: &[(&str, Public)] = &[
    ("AWS::EC2::NatGateway", Public { subnets: &["SubnetId"], when: &[When::Set("AllocationId")] }),
    (
        "AWS::ECS::Service",
        Public {
            subnets: &["NetworkConfiguration.AwsvpcConfiguration.Subnets"],
            when: &[When::Is("NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", "ENABLED")],
        },
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        Public {
            subnets: &["Subnets", "SubnetMappings.SubnetId"],
            // A Gateway Load Balancer has no scheme and no public address.
            when: &[When::Not("Scheme", "internal"), When::Not("Type", "gateway")],
        },
    ),
];

/// What the public addresses of a VPC hold, and the property whose change detaches it: an update
/// without interruption by the schema, which is a DetachInternetGateway and an AttachInternetGateway.
const GATEWAY: (&str, &str) = ("AWS::EC2::VPCGatewayAttachment", "InternetGatewayId");

/// Where and when a resource has public addresses.
struct Public {
    /// The properties that name the subnets.
    subnets: &'static [&'static str],
    /// All of these.
    when: &'static [When],
}

enum When {
    /// A property is set.
    Set(&'static str),
    /// A property has this value.
    Is(&'static str, &'static str),
    /// A property has another value, or none.
    Not(&'static str, &'static str),
}

/// The types whose resources may have public addresses.
pub fn public_types() -> impl Iterator<Item = &'static str> {
    PUBLIC.iter().map(|(name, _)| *name)
}

impl ResourceType {
    /// The subnets in which a resource of this type has public addresses; `texts` gives the texts at a path
    /// of its properties, as in `SubnetMappings.SubnetId`, where lists are looked through.
    pub fn public_subnets(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
        let Some((_, public)) = PUBLIC.iter().find(|(name, _)| *name == self.name) else { return Vec::new() };
        let holds = |when: &When| match when {
            When::Set(name) => !texts(name).is_empty(),
            When::Is(name, value) => texts(name) == [*value],
            When::Not(name, value) => texts(name) != [*value],
        };
        if public.when.iter().all(holds) {
            public.subnets.iter().flat_map(|path| texts(path)).collect()
        } else {
            Vec::new()
        }
    }

    /// The VPC whose public addresses keep a resource of this type from being deleted, as long as there are
    /// any; `texts` as for [`public_subnets`](Self::public_subnets).
    pub fn held_by_public_addresses_of(&self, texts: &dyn Fn(&str) -> Vec<String>) -> Option<String> {
        let is_gateway = self.name == GATEWAY.0 && !texts(GATEWAY.1).is_empty();
        if is_gateway { texts("VpcId").into_iter().next() } else { None }
    }

    /// Whether a change of this property in place takes away what [public addresses
    /// hold](Self::held_by_public_addresses_of).
    pub fn is_detached_by(&self, property: &str) -> bool {
        (self.name, property) == GATEWAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn every_row_is_about_published_types_and_properties() {
        for (name, public) in PUBLIC {
            let schema = lookup(name).unwrap_or_else(|| panic!("AWS publishes no {name}"));
            let conditions = public.when.iter().map(|when| match when {
                When::Set(name) | When::Is(name, _) | When::Not(name, _) => name,
            });
            for path in public.subnets.iter().chain(conditions) {
                // The elements of a list are at a position.
                let places = [(*path).to_owned(), path.replace('.', ".0.")];
                assert!(places.iter().any(|place| schema.property(place).is_some()), "{name} has no {path}");
            }
        }
        let attachment = lookup(GATEWAY.0).expect("published");
        assert!([GATEWAY.1, "VpcId"].iter().all(|name| attachment.properties.contains_key(name)));
    }

    #[test]
    fn addresses_are_public_by_the_properties() {
        let subnets = |name: &str, set: &[(&str, &str)]| {
            let texts = |path: &str| {
                let found = set.iter().filter(|(other, _)| *other == path).map(|(_, text)| (*text).to_owned());
                found.collect::<Vec<_>>()
            };
            lookup(name).expect("published").public_subnets(&texts).len()
        };
        assert_eq!(subnets("AWS::EC2::NatGateway", &[("SubnetId", "s")]), 0);
        assert_eq!(subnets("AWS::EC2::NatGateway", &[("SubnetId", "s"), ("AllocationId", "a")]), 1);
        let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
        let both = [("Subnets", "s"), ("SubnetMappings.SubnetId", "t")];
        assert_eq!(subnets(balancer, &both), 2);
        assert_eq!(subnets(balancer, &[both[0], ("Scheme", "internet-facing")]), 1);
        assert_eq!(subnets(balancer, &[both[0], ("Scheme", "internal")]), 0);
        assert_eq!(subnets(balancer, &[both[0], ("Type", "gateway")]), 0);
        let network = |name: &str| format!("NetworkConfiguration.AwsvpcConfiguration.{name}");
        let (tasks, address) = (network("Subnets"), network("AssignPublicIp"));
        assert_eq!(subnets("AWS::ECS::Service", &[(&tasks, "s"), (&address, "ENABLED")]), 1);
        assert_eq!(subnets("AWS::ECS::Service", &[(&tasks, "s"), (&address, "DISABLED")]), 0);
        assert_eq!(subnets("AWS::EC2::Instance", &both), 0);
    }
}
