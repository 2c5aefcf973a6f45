//! VPC, subnet and gateway rules beyond the schema.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use groundplan_core::{IpNet, Ipv4Net, Ipv6Net};
use groundplan_engine::provider::{ErrorClass, Properties, ProviderError};
use groundplan_schema::{ResourceType, lookup, public_types};
use serde_json::{Value as Json, json};

use crate::account::Account;
use crate::derive::Derivation;
use crate::errors::refusal;
use crate::resource::Resource;

/// The location of a resource in a network, derived from its references: an instance has the VPC and the zone of its
/// subnet, and an address in its block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    values: BTreeMap<&'static str, String>,
    block: Option<Ipv4Net>,
}

impl Place {
    /// Takes what `resource` says of its place, unless something before it has said it.
    pub(crate) fn add(&mut self, resource: &Resource) {
        for name in ["VpcId", "AvailabilityZone", "AvailabilityZoneId"] {
            let value = resource.outputs.get(name).or(resource.properties.get(name)).and_then(Json::as_str);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                self.values.entry(name).or_insert_with(|| value.to_owned());
            }
        }
        if resource.key.type_name == "AWS::EC2::Subnet" && self.block.is_none() {
            self.block = resource.property("CidrBlock").and_then(|block| block.parse().ok());
        }
    }

    /// Returns the value of an attribute of this name, if the place determines it.
    pub(crate) fn value(&self, attribute: &str) -> Option<&str> {
        self.values.get(attribute).map(String::as_str)
    }

    /// An address in the subnet's block. AWS keeps the first four and the last one for itself,
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>.
    pub(crate) fn address(&self, derivation: &Derivation) -> Option<Ipv4Addr> {
        let block = self.block?;
        let size = 1_u32.checked_shl(u32::from(32 - block.prefix_len()))?;
        let host = 4
            + (256 * u32::from(derivation.below("a", 256)) + u32::from(derivation.below("b", 256)))
                % size.checked_sub(5)?;
        Some(Ipv4Addr::from(u32::from(block.network()).checked_add(host)?))
    }
}

/// A resource that is about to be created.
pub(crate) struct Creation<'a> {
    pub(crate) account: &'a Account,
    pub(crate) region: &'a str,
    pub(crate) properties: &'a Properties,
}

/// Refuses what makes no working network: one rule for each type that has one. The codes are
/// those of <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>.
pub(crate) fn check(type_name: &str, creation: &Creation<'_>) -> Result<(), ProviderError> {
    match type_name {
        "AWS::EC2::VPC" => creation.vpc(),
        "AWS::EC2::Subnet" => creation.subnet(),
        "AWS::EC2::VPCCidrBlock" => creation.more_of_vpc(),
        "AWS::EC2::Route" => creation.route(),
        "AWS::EC2::NatGateway" => creation.nat_gateway(),
        "AWS::RDS::DBSubnetGroup" => creation.zones("SubnetIds", 2, "DBSubnetGroupDoesNotCoverEnoughAZs"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer"
            if matches!(creation.text("Type"), None | Some("application"))
                && creation.properties.contains_key("Subnets") =>
        {
            creation.zones("Subnets", 2, "InvalidConfigurationRequest")
        }
        "AWS::EKS::Cluster" => creation.zones("ResourcesVpcConfig.SubnetIds", 2, "InvalidParameterException"),
        _ => Ok(()),
    }
}

impl Creation<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    fn vpc(&self) -> Result<(), ProviderError> {
        let Some(block) = self.block("CidrBlock")? else {
            let pooled = self.properties.contains_key("Ipv4IpamPoolId");
            return if pooled {
                Ok(())
            } else {
                Err(refuse("MissingParameter", "a VPC takes a CidrBlock or an Ipv4IpamPoolId"))
            };
        };
        if !(16..=28).contains(&block.prefix_len()) {
            return Err(refuse("InvalidVpc.Range", format!("the CIDR {block} is invalid: a VPC takes /16 to /28")));
        }
        Ok(())
    }

    /// A further block of a VPC overlaps none that it has,
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions>.
    fn more_of_vpc(&self) -> Result<(), ProviderError> {
        let vpc = self.text("VpcId").unwrap_or_default();
        let Some(block) = self.block("CidrBlock")? else { return Ok(()) };
        let known = self.blocks_of(vpc);
        match known.iter().find(|known| known.contains(&block) || block.contains(*known)) {
            Some(known) => {
                Err(refuse("CidrConflict", format!("the CIDR {block} conflicts with {known}, which {vpc} has already")))
            }
            None => Ok(()),
        }
    }

    fn subnet(&self) -> Result<(), ProviderError> {
        let zone = self.text("AvailabilityZone");
        if let Some(zone) = zone.filter(|zone| !zone.starts_with(self.region)) {
            return Err(refuse("InvalidParameterValue", format!("the zone {zone} is not in {}", self.region)));
        }
        let vpc = self.text("VpcId").unwrap_or_default();
        for (name, sizes) in [("CidrBlock", 16..=28), ("Ipv6CidrBlock", 44..=64)] {
            let Some(block) = self.block(name)? else { continue };
            let of_vpc = self.blocks_of(vpc);
            if !sizes.contains(&block.prefix_len()) || !of_vpc.iter().any(|outer| outer.contains(&block)) {
                let blocks = of_vpc.iter().map(IpNet::to_string).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "the CIDR {block} is invalid: it has to lie in {vpc} ({blocks}), /{} to /{}",
                    sizes.start(),
                    sizes.end()
                );
                return Err(refuse("InvalidSubnet.Range", message));
            }
        }
        Ok(())
    }

    fn route(&self) -> Result<(), ProviderError> {
        let destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
        if !destinations.iter().any(|name| self.properties.contains_key(*name)) {
            return Err(refuse("MissingParameter", format!("a route takes one of {}", destinations.join(", "))));
        }
        self.block("DestinationCidrBlock")?;
        self.block("DestinationIpv6CidrBlock")?;
        let Some(gateway) = self.text("GatewayId").filter(|gateway| gateway.starts_with("igw-")) else { return Ok(()) };
        let table = self.text("RouteTableId").unwrap_or_default();
        let vpc = self.account.known_as(table).find_map(|table| table.property("VpcId")).unwrap_or_default();
        if self.account.is_attached(vpc, Some(gateway)) {
            return Ok(());
        }
        let message = format!(
            "the route table {table} and the gateway {gateway} belong to different networks: attach it to {vpc} first"
        );
        Err(refuse("InvalidParameterValue", message))
    }

    fn nat_gateway(&self) -> Result<(), ProviderError> {
        if self.text("ConnectivityType") == Some("private") || self.text("AvailabilityMode") == Some("regional") {
            return Ok(());
        }
        let Some(subnet) = self.text("SubnetId") else {
            return Err(refuse("MissingParameter", "a zonal NAT gateway takes a SubnetId"));
        };
        if self.text("AllocationId").is_none() {
            return Err(refuse("MissingParameter", "a public NAT gateway takes an AllocationId"));
        }
        let vpc = self.account.known_as(subnet).find_map(|subnet| subnet.property("VpcId")).unwrap_or_default();
        if self.account.is_attached(vpc, None) {
            return Ok(());
        }
        Err(refuse("Gateway.NotAttached", format!("the network {vpc} has no internet gateway attached")))
    }

    /// Checks that the subnets at a path are in enough zones. Unknown zones count as one each.
    fn zones(&self, path: &str, least: usize, code: &str) -> Result<(), ProviderError> {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|step| self.properties.get(step));
        let list = steps.fold(first, |value, step| value?.get(step));
        let Some(subnets) = list.and_then(Json::as_array) else { return Ok(()) };
        let zone = |subnet: &str| {
            let found = self.account.known_as(subnet).find(|found| found.key.type_name == "AWS::EC2::Subnet");
            let zone = found.and_then(|found| found.outputs.get("AvailabilityZone")?.as_str());
            zone.unwrap_or(subnet).to_owned()
        };
        let zones: std::collections::BTreeSet<_> = subnets.iter().filter_map(Json::as_str).map(zone).collect();
        if zones.len() >= least {
            return Ok(());
        }
        Err(refuse(code, format!("{path} covers {} availability zone; at least {least} are needed", zones.len())))
    }

    fn block(&self, name: &str) -> Result<Option<IpNet>, ProviderError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let block = parse(text);
        block
            .map(Some)
            .ok_or_else(|| refuse("InvalidParameterValue", format!("{name} is {text}, which is not a CIDR block")))
    }

    fn blocks_of(&self, vpc: &str) -> Vec<IpNet> {
        let own = self.account.known_as(vpc).filter(|found| found.key.type_name == "AWS::EC2::VPC");
        let more = self.account.of_type("AWS::EC2::VPCCidrBlock").filter(|block| block.property("VpcId") == Some(vpc));
        own.chain(more)
            .flat_map(|found| {
                let of = |name: &str| {
                    found.outputs.get(name).or(found.properties.get(name)).and_then(Json::as_str).and_then(parse)
                };
                [of("CidrBlock"), of("Ipv6CidrBlock")].into_iter().flatten().collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Refuses what takes a resource from one network to another where its type is in one for life.
pub(crate) fn check_update(account: &Account, found: &Resource, properties: &Properties) -> Result<(), ProviderError> {
    let Some(schema) = lookup(&found.key.type_name) else { return Ok(()) };
    let vpc = |properties: &Properties, path: &str| {
        let subnets = texts(properties, path).into_iter();
        let vpcs =
            subnets.flat_map(|subnet| account.known_as(&subnet).find_map(|it| Some(it.property("VpcId")?.to_owned())));
        vpcs.collect::<std::collections::BTreeSet<String>>()
    };
    for path in schema.subnets_of_one_network() {
        let (old, new) = (vpc(&found.properties, path), vpc(properties, path));
        if !old.is_empty() && !new.is_subset(&old) {
            let message = format!("{path} are not in the VPC of {}", found.key.id);
            return Err(refuse("InvalidSubnet", message));
        }
    }
    Ok(())
}

impl Account {
    /// Returns whether an internet gateway (this one) is attached to a VPC.
    fn is_attached(&self, vpc: &str, gateway: Option<&str>) -> bool {
        let mut attachments = self.of_type("AWS::EC2::VPCGatewayAttachment").filter(|found| !found.is_deleting());
        attachments.any(|found| {
            let theirs = found.property("InternetGatewayId");
            found.property("VpcId") == Some(vpc) && theirs.is_some() && (gateway.is_none() || gateway == theirs)
        })
    }

    /// Returns the resource that prevents a deletion though nothing refers to the deleted one: public addresses hold
    /// the attachment of the internet gateway, and subnets the address block that they are in.
    pub(crate) fn network_holder(&self, resource: &Resource) -> Option<&Resource> {
        let held = lookup(&resource.key.type_name)?;
        if let Some(vpc) = held.held_by_public_addresses_of(&|path| texts(&resource.properties, path)) {
            let lies_here =
                |subnet: &String| self.known_as(subnet).any(|subnet| subnet.property("VpcId") == Some(&*vpc));
            let is_public = |user: &&Resource| {
                let schema = lookup(&user.key.type_name);
                let subnets = |schema: &ResourceType| schema.public_subnets(&|path| texts(&user.properties, path));
                schema.is_some_and(|schema| subnets(schema).iter().any(lies_here))
            };
            return public_types().flat_map(|name| self.of_type(name)).find(is_public);
        }
        let vpc = resource.property("VpcId")?;
        let in_vpc = |subnet: &&Resource| subnet.property("VpcId") == Some(vpc);
        match resource.key.type_name.as_str() {
            "AWS::EC2::VPCCidrBlock" => {
                let blocks =
                    ["CidrBlock", "Ipv6CidrBlock"].map(|name| resource.outputs.get(name)?.as_str().and_then(parse));
                let inside = |block: IpNet| blocks.iter().flatten().any(|outer| outer.contains(&block));
                self.of_type("AWS::EC2::Subnet").filter(in_vpc).find(|subnet| {
                    ["CidrBlock", "Ipv6CidrBlock"]
                        .iter()
                        .filter_map(|name| subnet.property(name))
                        .filter_map(parse)
                        .any(inside)
                })
            }
            _ => None,
        }
    }

    /// Shows the IPv6 block of a VPC's CIDR block, that was just put in or is to be removed, on
    /// the VPC.
    pub(crate) fn publish_block(&mut self, resource: &Resource, exists: bool) {
        let block = resource.outputs.get("Ipv6CidrBlock").cloned();
        let vpc = resource
            .property("VpcId")
            .and_then(|vpc| self.known_as(vpc).find(|found| found.key.type_name == "AWS::EC2::VPC"));
        if let (Some(block), Some(mut vpc)) = (block, vpc.cloned()) {
            let blocks = vpc.outputs.entry("Ipv6CidrBlocks").or_insert_with(|| json!([]));
            if let Some(blocks) = blocks.as_array_mut() {
                blocks.retain(|existing| *existing != block);
                if exists {
                    blocks.push(block);
                }
            }
            self.put(vpc);
        }
    }
}

/// The outputs of a VPC's CIDR block beyond the schema's attributes: the actual blocks. Amazon provides a /56 on
/// request.
pub(crate) fn blocks(properties: &Properties, derivation: &Derivation) -> impl Iterator<Item = (String, Json)> {
    let declared = |name: &str| properties.get(name).filter(|value| value.is_string()).cloned();
    let provided = properties.get("AmazonProvidedIpv6CidrBlock").is_some_and(|value| value == true || value == "true");
    let amazon = || {
        let byte = |label| derivation.below(label, 256);
        let text = format!("2a05:d0{:02x}:{:x}:{:x}00::/56", byte("a"), 256 * byte("b") + byte("c"), byte("d"));
        text.parse::<Ipv6Net>().map(|block| json!(block)).ok()
    };
    let v6 = declared("Ipv6CidrBlock").or_else(|| provided.then(amazon).flatten());
    let blocks = [("CidrBlock", declared("CidrBlock")), ("Ipv6CidrBlock", v6)];
    blocks.into_iter().filter_map(|(name, block)| Some((name.to_owned(), block?)))
}

/// Returns the texts at a path of properties, through lists on the way.
fn texts(properties: &Properties, path: &str) -> Vec<String> {
    let mut steps = path.split('.');
    let mut found: Vec<&Json> = steps.next().and_then(|name| properties.get(name)).into_iter().collect();
    for step in steps {
        found = found.into_iter().flat_map(items).filter_map(|value| value.get(step)).collect();
    }
    found.into_iter().flat_map(items).filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The elements of a list, or the one value.
fn items(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn parse(text: &str) -> Option<IpNet> {
    text.parse().ok()
}

fn refuse(code: &str, message: impl Into<String>) -> ProviderError {
    refusal(ErrorClass::Invalid, code, message)
}
