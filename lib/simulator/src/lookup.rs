//! The results of lookups: resources of the account, and generated ones for those that AWS has in every account.
//!
//! Images, availability zones and AWS's own prefix lists are made up from the name and the region, the same every time.
//! A VPC, a hosted zone or a prefix list of the customer's own has to exist in the account.

use std::collections::BTreeMap;

use groundplan_core::IpNet;
use groundplan_core::lookup::Query;
use groundplan_engine::provider::{LookupRequest, Match, Matches, Outputs, Properties};
use serde_json::Value as Json;

use crate::account::Account;
use crate::derive::Derivation;
use crate::resource::Resource;

/// The maximum number of resources without a match that are named.
const NAMED: usize = 20;

/// The prefix of generated identifiers of resources that AWS has in every account. Other resources may refer to them,
/// in this run of the sandbox and in later ones.
const MADE_UP: &str = "5a9db0c5";

/// Returns whether an identifier is one of those that are made up here.
pub(crate) fn is_made_up(id: &str) -> bool {
    id.split_once('-').is_some_and(|(_, rest)| rest.starts_with(MADE_UP))
}

/// The zones of `us-east-1` have names up to `f`; other regions have three in most cases.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
const ZONES: [&str; 3] = ["a", "b", "c"];

/// Returns the type of the resource that the query is about.
pub(crate) fn type_name(query: &Query) -> &'static str {
    match query {
        Query::Vpc { .. } | Query::AvailabilityZones => "AWS::EC2::VPC",
        Query::PublicParameter { .. } => "AWS::SSM::Parameter",
        Query::PrefixList { .. } => "AWS::EC2::PrefixList",
        Query::HostedZone { .. } => "AWS::Route53::HostedZone",
    }
}

/// Returns the answer that a test has stated.
pub(crate) fn stated(outputs: &Outputs) -> Matches {
    let found = Match { description: "what the test states".to_owned(), outputs: outputs.clone() };
    Matches { matches: vec![found], others: Vec::new() }
}

pub(crate) fn look_up(account: &Account, request: &LookupRequest) -> Matches {
    let region = &request.environment.region;
    match &request.query {
        Query::Vpc { tags } => vpcs(account, tags, request),
        Query::PublicParameter { name } => {
            let id = made_up("ami", region, name, 17);
            one(name, [("Value", id.into())])
        }
        Query::AvailabilityZones => {
            let names: Vec<_> = ZONES.iter().map(|zone| format!("{region}{zone}")).collect();
            let ids: Vec<_> = (1..=ZONES.len()).map(|zone| format!("{}-az{zone}", short(region))).collect();
            one(region, [("ZoneNames", names.into()), ("ZoneIds", ids.into())])
        }
        Query::PrefixList { name } if name.starts_with("com.amazonaws.") => {
            let id = made_up("pl", region, name, 17);
            one(name, [("PrefixListId", id.into())])
        }
        Query::PrefixList { name } => {
            let lists = account.of_type("AWS::EC2::PrefixList").filter(|it| it.key.region == *region);
            named(lists, "PrefixListName", "PrefixListId", |found| found == name)
        }
        Query::HostedZone { domain, private } => {
            let is_private = |zone: &Resource| {
                zone.properties.get("VPCs").and_then(Json::as_array).is_some_and(|networks| !networks.is_empty())
            };
            let zones = account.of_type("AWS::Route53::HostedZone").filter(|zone| is_private(zone) == *private);
            named(zones, "Name", "HostedZoneId", |name| {
                name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(domain)
            })
        }
    }
}

fn made_up(kind: &str, region: &str, name: &str, length: usize) -> String {
    let rest = Derivation::new(b"lookup", &[kind, region, name]).hex("id", length - MADE_UP.len());
    format!("{kind}-{MADE_UP}{rest}")
}

fn one<const N: usize>(description: &str, outputs: [(&str, Json); N]) -> Matches {
    let outputs = outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Matches { matches: vec![Match { description: description.to_owned(), outputs }], others: Vec::new() }
}

/// Returns the resources whose name fits, and the names of the others.
fn named<'a>(
    all: impl Iterator<Item = &'a Resource>,
    property: &str,
    output: &str,
    fits: impl Fn(&str) -> bool,
) -> Matches {
    let mut found = Matches::default();
    for resource in all {
        let name = text(&resource.properties, property).unwrap_or_default();
        let id = resource.key.id.clone();
        let description = format!("{id} ({name})");
        if fits(name) {
            let outputs = [(output.to_owned(), Json::from(id))].into_iter().collect();
            found.matches.push(Match { description, outputs });
        } else if found.others.len() < NAMED {
            found.others.push(description);
        }
    }
    found
}

fn vpcs(account: &Account, tags: &BTreeMap<String, String>, request: &LookupRequest) -> Matches {
    let mut found = Matches::default();
    for vpc in account.of_type("AWS::EC2::VPC").filter(|vpc| vpc.key.region == request.environment.region) {
        let own: BTreeMap<&str, &str> = tags_of(&vpc.properties).collect();
        let name = own.get("Name").map(|name| format!("Name={name}, ")).unwrap_or_default();
        let block = text(&vpc.properties, "CidrBlock").unwrap_or_default();
        let description = format!("{} ({name}{block})", vpc.key.id);
        if tags.iter().all(|(key, value)| own.get(key.as_str()) == Some(&value.as_str())) {
            found.matches.push(Match { description, outputs: outputs(account, vpc, request) });
        } else if found.others.len() < NAMED {
            found.others.push(description);
        }
    }
    found
}

fn outputs(account: &Account, vpc: &Resource, request: &LookupRequest) -> Outputs {
    let id = &vpc.key.id;
    let in_vpc = |it: &&Resource| it.key.region == vpc.key.region && text(&it.properties, "VpcId") == Some(id);
    let mut subnets: Vec<(&str, &str)> = account
        .of_type("AWS::EC2::Subnet")
        .filter(in_vpc)
        .filter(|subnet| !request.own.contains(&subnet.key.id))
        .map(|subnet| (text(&subnet.properties, "AvailabilityZone").unwrap_or_default(), subnet.key.id.as_str()))
        .collect();
    subnets.sort_unstable();
    let mut outputs = Outputs::from_iter([("VpcId".to_owned(), Json::from(id.as_str()))]);
    if let Some(block) = text(&vpc.properties, "CidrBlock") {
        outputs.insert("CidrBlock".into(), block.into());
    }
    let block = account.of_type("AWS::EC2::VPCCidrBlock").filter(in_vpc);
    if let Some(block) = block.into_iter().find_map(|it| text(&it.outputs, "Ipv6CidrBlock")) {
        outputs.insert("Ipv6CidrBlock".into(), block.into());
    }
    let (public, private): (Vec<_>, Vec<_>) = subnets.into_iter().partition(|(_, subnet)| is_public(account, subnet));
    for (kind, subnets) in [("Public", public), ("Private", private)] {
        let mut zones: Vec<&str> = Vec::new();
        let first = subnets.iter().filter(|(zone, _)| {
            let is_first = !zones.contains(zone);
            zones.push(zone);
            is_first
        });
        let first: Vec<_> = first.map(|(_, id)| Json::from(*id)).collect();
        if !subnets.is_empty() {
            let all: Vec<_> = subnets.iter().map(|(_, id)| Json::from(*id)).collect();
            outputs.insert(format!("{kind}SubnetIds"), all.into());
            outputs.insert(format!("{kind}SubnetIdPerZone"), first.into());
        }
    }
    outputs
}

/// Returns whether the route table of a subnet has a route to an internet gateway.
fn is_public(account: &Account, subnet: &str) -> bool {
    let associations = account.of_type("AWS::EC2::SubnetRouteTableAssociation");
    let tables = associations.filter(|it| text(&it.properties, "SubnetId") == Some(subnet));
    let tables: Vec<_> = tables.filter_map(|it| text(&it.properties, "RouteTableId")).collect();
    account.of_type("AWS::EC2::Route").any(|route| {
        let is_of = text(&route.properties, "RouteTableId").is_some_and(|table| tables.contains(&table));
        let destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"];
        let to_all = destinations.into_iter().filter_map(|name| text(&route.properties, name)?.parse::<IpNet>().ok());
        let gateway = text(&route.properties, "GatewayId");
        is_of && gateway.is_some_and(|id| id.starts_with("igw-")) && to_all.into_iter().any(|it| it.prefix_len() == 0)
    })
}

fn tags_of(properties: &Properties) -> impl Iterator<Item = (&str, &str)> {
    let tags = properties.get("Tags").and_then(Json::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((tag.get("Key")?.as_str()?, tag.get("Value")?.as_str()?)))
}

fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str()
}

/// Abbreviates a region as in the ids of its zones: `euc1` of `eu-central-1`.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
fn short(region: &str) -> String {
    let part = |part: &str| match part {
        "northeast" => "ne".to_owned(),
        "northwest" => "nw".to_owned(),
        "southeast" => "se".to_owned(),
        "southwest" => "sw".to_owned(),
        part if part.len() > 2 => part[..1].to_owned(),
        part => part.to_owned(),
    };
    region.split('-').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_ids_of_aws() {
        let ids = ["eu-central-1", "us-east-1", "ap-southeast-2", "us-gov-west-1"].map(short);
        assert_eq!(ids, ["euc1", "use1", "apse2", "usgw1"]);
    }

    #[test]
    fn what_is_made_up_is_the_same_every_time_and_told_from_what_was_created() {
        let query = Query::PrefixList { name: "com.amazonaws.global.cloudfront.origin-facing".into() };
        let find = |region| {
            let environment = groundplan_core::Environment::new(region);
            let request =
                LookupRequest { path: "a/it".into(), query: query.clone(), environment, own: Default::default() };
            look_up(&Account::default(), &request).matches.remove(0).outputs
        };
        assert_eq!(find("eu-west-1"), find("eu-west-1"));
        assert_ne!(find("eu-west-1"), find("eu-west-2"));
        assert!(is_made_up(find("eu-west-1")["PrefixListId"].as_str().expect("it is text")));
        assert!(!is_made_up("pl-0123456789abcdef0"));
    }
}
