//! Looks up what exists already, by tags or names. Every call only reads.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{AvailabilityZone, ManagedPrefixList, RouteTable, RouteTableAssociation, Subnet, Tag, Vpc};
use aws_sdk_route53::types::HostedZone;
use aws_sdk_ssm::types::ParameterType;
use groundplan_core::lookup::Query;
use groundplan_engine::provider::{LookupRequest, Match, Matches, Outputs};
use serde_json::{Value as Json, json};

use crate::config::Clients;
use crate::ec2::filter;
use crate::error::{Error, OrNone, Result};
use crate::handler::required;
use crate::route53::{bare_id, normal_name};

/// The maximum number of resources that do not match in a message.
const NAMED: usize = 20;

pub(crate) async fn look_up(clients: &Clients, request: &LookupRequest) -> Result<Matches> {
    match &request.query {
        Query::Vpc { tags } => vpc(clients, tags, request).await,
        Query::PublicParameter { name } => parameter(clients, name).await,
        Query::AvailabilityZones => zones(clients).await,
        Query::PrefixList { name } => prefix_list(clients, name).await,
        Query::HostedZone { domain, private } => hosted_zone(clients, domain, *private).await,
    }
}

fn found(description: impl Into<String>, outputs: Json) -> Match {
    let Json::Object(outputs) = outputs else { unreachable!("outputs are written as an object") };
    Match { description: description.into(), outputs }
}

/// `vpc-1 (Name=shared, 10.0.0.0/16)`
fn described(vpc: &Vpc) -> String {
    let name = name(vpc.tags()).map(|name| format!("Name={name}, ")).unwrap_or_default();
    format!("{} ({name}{})", vpc.vpc_id().unwrap_or_default(), vpc.cidr_block().unwrap_or_default())
}

fn name(tags: &[Tag]) -> Option<&str> {
    tags.iter().find(|tag| tag.key() == Some("Name")).and_then(Tag::value)
}

async fn vpc(clients: &Clients, tags: &BTreeMap<String, String>, request: &LookupRequest) -> Result<Matches> {
    let filters = tags.iter().map(|(key, value)| filter((&format!("tag:{key}"), &exact(value)))).collect();
    let pages = clients.ec2.describe_vpcs().set_filters(Some(filters)).into_paginator().items().send();
    let vpcs: Vec<Vpc> = pages.try_collect().await?;
    let [vpc] = &vpcs[..] else {
        // Several: which is meant is not known, and so are none of its subnets.
        let matches = vpcs.iter().map(|vpc| found(described(vpc), json!({}))).collect();
        let others = if vpcs.is_empty() { other_vpcs(clients).await? } else { Vec::new() };
        return Ok(Matches { matches, others });
    };
    let id = required(vpc.vpc_id(), "VpcId")?;
    let in_vpc = || filter(("vpc-id", id));
    let subnets = clients.ec2.describe_subnets().filters(in_vpc()).into_paginator().items().send();
    let tables = clients.ec2.describe_route_tables().filters(in_vpc()).into_paginator().items().send();
    let (subnets, tables) = futures::future::join(subnets.try_collect(), tables.try_collect()).await;
    let mut subnets: Vec<Subnet> = subnets?;
    subnets.retain(|subnet| is_offered(subnet, request));
    let outputs = vpc_outputs(vpc, &subnets, &tables?);
    let found = Match { description: described(vpc), outputs };
    Ok(Matches { matches: vec![found], others: Vec::new() })
}

/// Returns whether load balancers, databases and instances can use a subnet, and it is not one of the app itself. A
/// subnet of a Local Zone, a Wavelength Zone or an Outpost takes few of them and is never combined with others, and one
/// without IPv4 takes none that is not IPv6 only.
fn is_offered(subnet: &Subnet, request: &LookupRequest) -> bool {
    let is_own = subnet.subnet_id().is_some_and(|id| request.own.contains(id));
    let in_zone =
        subnet.availability_zone().is_some_and(|zone| is_availability_zone(zone, &request.environment.region));
    in_zone && subnet.outpost_arn().is_none() && subnet.ipv6_native() != Some(true) && !is_own
}

/// Returns whether the name is the region with a letter, as in `eu-central-1a`. Those of Local Zones and Wavelength Zones
/// have a location: `us-west-2-lax-1a`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html>
fn is_availability_zone(zone: &str, region: &str) -> bool {
    zone.strip_prefix(region).is_some_and(|letter| letter.len() == 1 && letter.as_bytes()[0].is_ascii_lowercase())
}

/// Escapes `*`, `?` and `\`, which filters interpret as patterns.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
fn exact(value: &str) -> String {
    value.chars().flat_map(|it| ['*', '?', '\\'].contains(&it).then_some('\\').into_iter().chain([it])).collect()
}

async fn other_vpcs(clients: &Clients) -> Result<Vec<String>> {
    let page = clients.ec2.describe_vpcs().send().await?;
    Ok(page.vpcs().iter().take(NAMED).map(described).collect())
}

fn vpc_outputs(vpc: &Vpc, subnets: &[Subnet], tables: &[RouteTable]) -> Outputs {
    let mut outputs = Outputs::new();
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            outputs.insert(name.to_owned(), value.into());
        }
    };
    set("VpcId", vpc.vpc_id());
    set("CidrBlock", vpc.cidr_block());
    let blocks = vpc.ipv6_cidr_block_association_set().iter();
    let mut associated = blocks.filter(|block| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        state.is_some_and(|state| state.as_str() == "associated")
    });
    set("Ipv6CidrBlock", associated.next().and_then(|block| block.ipv6_cidr_block()));
    let mut subnets: Vec<_> = subnets.iter().collect();
    subnets.sort_by_key(|subnet| (subnet.availability_zone(), subnet.subnet_id()));
    let (open, closed): (Vec<&Subnet>, Vec<&Subnet>) =
        subnets.into_iter().partition(|subnet| is_public(subnet.subnet_id().unwrap_or_default(), tables));
    for (kind, subnets) in [("Public", open), ("Private", closed)] {
        if subnets.is_empty() {
            continue;
        }
        let mut zones = BTreeSet::new();
        let first = subnets.iter().filter(|subnet| zones.insert(subnet.availability_zone()));
        let first: Vec<_> = first.filter_map(|subnet| subnet.subnet_id()).map(Json::from).collect();
        let all: Vec<_> = subnets.iter().filter_map(|subnet| subnet.subnet_id()).map(Json::from).collect();
        outputs.insert(format!("{kind}SubnetIds"), all.into());
        outputs.insert(format!("{kind}SubnetIdPerZone"), first.into());
    }
    outputs
}

/// Returns whether the table has a route for all addresses to an internet gateway. That makes a subnet public:
/// <https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types>.
fn leads_to_the_internet(table: &RouteTable) -> bool {
    table.routes().iter().any(|route| {
        let to_all =
            route.destination_cidr_block() == Some("0.0.0.0/0") || route.destination_ipv6_cidr_block() == Some("::/0");
        to_all && route.gateway_id().is_some_and(|id| id.starts_with("igw-"))
    })
}

/// Returns whether the route table of a subnet leads to the internet: the one that it is associated with, or else the main one.
fn is_public(subnet: &str, tables: &[RouteTable]) -> bool {
    let of = |is_it: &dyn Fn(&RouteTableAssociation) -> bool| {
        tables.iter().find(|table| table.associations().iter().any(is_it))
    };
    let own = of(&|association| association.subnet_id() == Some(subnet));
    own.or_else(|| of(&|association| association.main() == Some(true))).is_some_and(leads_to_the_internet)
}

async fn parameter(clients: &Clients, name: &str) -> Result<Matches> {
    let Some(answer) = clients.ssm.get_parameter().name(name).send().await.or_none_of("ParameterNotFound")? else {
        return Ok(Matches { matches: Vec::new(), others: parameters_beside(clients, name).await });
    };
    let parameter = required(answer.parameter, "Parameter")?;
    if parameter.r#type() == Some(&ParameterType::SecureString) {
        return Err(Error::invalid(format!("{name} is a secret, and answers of lookups are kept in plain text")));
    }
    let value = required(parameter.value(), "Value")?;
    Ok(Matches { matches: vec![found(name, json!({"Value": value}))], others: Vec::new() })
}

/// Names beside one that does not exist, for a message. That they cannot be read is no error of its own.
async fn parameters_beside(clients: &Clients, name: &str) -> Vec<String> {
    let Some((parent, _)) = name.rsplit_once('/') else { return Vec::new() };
    let page = clients.ssm.get_parameters_by_path().path(parent).send().await;
    let parameters = page.ok().and_then(|page| page.parameters).unwrap_or_default();
    parameters.into_iter().filter_map(|parameter| parameter.name).take(NAMED).collect()
}

/// Zones that need no opting in: neither local nor Wavelength zones.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>
async fn zones(clients: &Clients) -> Result<Matches> {
    let filters =
        [("zone-type", "availability-zone"), ("opt-in-status", "opt-in-not-required"), ("state", "available")];
    let answer = clients.ec2.describe_availability_zones().set_filters(Some(filters.map(filter).into())).send().await?;
    let mut zones: Vec<AvailabilityZone> = answer.availability_zones.unwrap_or_default();
    zones.sort_by(|a, b| a.zone_name().cmp(&b.zone_name()));
    let names: Vec<_> = zones.iter().filter_map(|zone| zone.zone_name()).collect();
    let ids: Vec<_> = zones.iter().filter_map(|zone| zone.zone_id()).collect();
    let outputs = json!({"ZoneNames": names, "ZoneIds": ids});
    let matches = if names.is_empty() { Vec::new() } else { vec![found(names.join(", "), outputs)] };
    Ok(Matches { matches, others: Vec::new() })
}

async fn prefix_list(clients: &Clients, name: &str) -> Result<Matches> {
    let call = clients.ec2.describe_managed_prefix_lists().filters(filter(("prefix-list-name", &exact(name))));
    let pages = call.into_paginator().items().send();
    let mut lists: Vec<ManagedPrefixList> = pages.try_collect().await?;
    // A deleted list is listed for a while.
    let is_gone = |list: &ManagedPrefixList| {
        list.state().is_some_and(|state| state.as_str().starts_with("delete-") || state.as_str() == "create-failed")
    };
    lists.retain(|list| !is_gone(list));
    let described = |list: &ManagedPrefixList| {
        format!("{} ({})", list.prefix_list_id().unwrap_or_default(), list.prefix_list_name().unwrap_or_default())
    };
    let others = match lists.is_empty() {
        true => {
            let page = clients.ec2.describe_managed_prefix_lists().send().await?;
            page.prefix_lists().iter().take(NAMED).map(described).collect()
        }
        false => Vec::new(),
    };
    let of = |list: &ManagedPrefixList| found(described(list), json!({"PrefixListId": list.prefix_list_id()}));
    Ok(Matches { matches: lists.iter().map(of).collect(), others })
}

/// Finds the zones of the domain. Route 53 lists zones from a name on, those of one name together.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html>
async fn hosted_zone(clients: &Clients, domain: &str, private: bool) -> Result<Matches> {
    let (mut named, mut next): (Vec<HostedZone>, _) = (Vec::new(), Some((domain.to_owned(), None)));
    while let Some((name, id)) = next.take() {
        let page = clients.route53.list_hosted_zones_by_name().dns_name(name).set_hosted_zone_id(id).send().await?;
        let (own, beyond): (Vec<_>, Vec<_>) =
            page.hosted_zones.into_iter().partition(|zone| normal_name(&zone.name) == domain);
        named.extend(own);
        if page.is_truncated && beyond.is_empty() {
            next = page.next_dns_name.map(|name| (name, page.next_hosted_zone_id));
        }
    }
    let is_private = |zone: &HostedZone| zone.config().is_some_and(|config| config.private_zone());
    let described = |zone: &HostedZone| {
        let comment = zone.config().and_then(|config| config.comment()).filter(|comment| !comment.is_empty());
        let comment = comment.map(|comment| format!(", {comment}")).unwrap_or_default();
        let kind = if is_private(zone) { "private" } else { "public" };
        format!("{} ({kind} {}{comment})", bare_id(&zone.id), normal_name(&zone.name))
    };
    let (own, other): (Vec<_>, Vec<_>) = named.into_iter().partition(|zone| is_private(zone) == private);
    let mut others: Vec<_> = other.iter().map(described).collect();
    if own.is_empty() && others.is_empty() {
        // They are only for a message, so that they need not be readable.
        let page = clients.route53.list_hosted_zones().send().await;
        let zones = page.map(|page| page.hosted_zones).unwrap_or_default();
        others.extend(zones.iter().take(NAMED).map(described));
    }
    let of = |zone: &HostedZone| found(described(zone), json!({"HostedZoneId": bare_id(&zone.id)}));
    Ok(Matches { matches: own.iter().map(of).collect(), others })
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
