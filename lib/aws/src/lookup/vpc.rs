//! Looks up VPCs with their subnets.

use aws_sdk_ec2::types::{Filter, RouteTable, RouteTableAssociation, Subnet, Tag, Vpc};
use groundplan_core::lookup::{FoundSubnet, Tags, VpcQuery};
use groundplan_engine::provider::{LookupRequest, Match, Matches, Outputs};
use serde_json::{Value as Json, json};

use super::{NAMED, exact, found};
use crate::config::Clients;
use crate::ec2::filter;
use crate::error::Result;
use crate::handler::required;

/// `vpc-1 (Name=shared, 10.0.0.0/16)`
fn described(vpc: &Vpc) -> String {
    let name = vpc.tags().iter().find(|tag| tag.key() == Some("Name")).and_then(Tag::value);
    let name = name.map(|name| format!("Name={name}, ")).unwrap_or_default();
    format!("{} ({name}{})", vpc.vpc_id().unwrap_or_default(), vpc.cidr_block().unwrap_or_default())
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html>
fn filters(query: &VpcQuery) -> Vec<Filter> {
    let tags = query.tags.iter().map(|(key, value)| filter((&format!("tag:{key}"), &exact(value))));
    let id = query.id.iter().map(|id| filter(("vpc-id", &exact(id))));
    let owner = query.owner.iter().map(|owner| filter(("owner-id", &exact(owner))));
    let default = query.is_default.then(|| filter(("is-default", "true")));
    tags.chain(id).chain(owner).chain(default).collect()
}

pub(super) async fn look_up(clients: &Clients, query: &VpcQuery, request: &LookupRequest) -> Result<Matches> {
    let pages = clients.ec2.describe_vpcs().set_filters(Some(filters(query))).into_paginator().items().send();
    let vpcs: Vec<Vpc> = pages.try_collect().await?;
    let [vpc] = &vpcs[..] else {
        // Several: which is meant is not known, and so are none of its subnets.
        let matches = vpcs.iter().map(|vpc| found(described(vpc), json!({}))).collect();
        let others = if vpcs.is_empty() { others(clients).await? } else { Vec::new() };
        return Ok(Matches { matches, others, unfinished: false });
    };
    let id = required(vpc.vpc_id(), "VpcId")?;
    let in_vpc = || filter(("vpc-id", id));
    let subnets = clients.ec2.describe_subnets().filters(in_vpc()).into_paginator().items().send();
    let tables = clients.ec2.describe_route_tables().filters(in_vpc()).into_paginator().items().send();
    let (subnets, tables) = futures::future::join(subnets.try_collect(), tables.try_collect()).await;
    let (mut subnets, tables): (Vec<Subnet>, Vec<RouteTable>) = (subnets?, tables?);
    let unfinished = is_unfinished(vpc, &subnets, &tables);
    subnets.retain(|subnet| is_offered(subnet, request));
    let subnets = subnets.iter().map(|subnet| found_subnet(subnet, &tables)).collect();
    Ok(match query.subnet_outputs(subnets) {
        Ok(subnets) => {
            let outputs = blocks(vpc).into_iter().chain(subnets).collect();
            Matches { matches: vec![Match { description: described(vpc), outputs }], unfinished, ..Matches::default() }
        }
        Err(subnets) => {
            let others = subnets.iter().take(NAMED).map(|subnet| format!("{id}: {subnet}"));
            Matches { others: others.collect(), ..Matches::default() }
        }
    })
}

/// Returns whether AWS is still making a part of the VPC: what says so is younger than a few seconds, and what follows
/// it may not be there yet.
fn is_unfinished(vpc: &Vpc, subnets: &[Subnet], tables: &[RouteTable]) -> bool {
    let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|it| it.ipv6_cidr_block_state()?.state());
    let ipv4 = vpc.cidr_block_association_set().iter().filter_map(|it| it.cidr_block_state()?.state());
    let tables = tables.iter().flat_map(RouteTable::associations).filter_map(|it| it.association_state()?.state());
    let states = vpc.state().map(|state| state.as_str()).into_iter();
    let states = states.chain(subnets.iter().filter_map(|subnet| subnet.state()).map(|state| state.as_str()));
    let states = states.chain(ipv4.chain(ipv6).map(|state| state.as_str())).chain(tables.map(|state| state.as_str()));
    states.into_iter().any(|state| ["pending", "associating"].contains(&state))
}

/// Returns whether load balancers, databases and instances can use a subnet, and it is not one of the app itself. A
/// subnet of a Local Zone, a Wavelength Zone or an Outpost takes few of them and never stands beside others, and one
/// without IPv4 takes none that is not IPv6 only.
fn is_offered(subnet: &Subnet, request: &LookupRequest) -> bool {
    let is_own = subnet.subnet_id().is_some_and(|id| request.own.contains(id));
    let in_zone =
        subnet.availability_zone().is_some_and(|zone| is_availability_zone(zone, &request.environment.region));
    in_zone && subnet.outpost_arn().is_none() && subnet.ipv6_native() != Some(true) && !is_own
}

/// Returns whether the name is the region with a letter, as in `eu-central-1a`. Those of Local Zones and Wavelength
/// Zones have a location: `us-west-2-lax-1a`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html>
fn is_availability_zone(zone: &str, region: &str) -> bool {
    zone.strip_prefix(region).is_some_and(|letter| letter.len() == 1 && letter.as_bytes()[0].is_ascii_lowercase())
}

async fn others(clients: &Clients) -> Result<Vec<String>> {
    let page = clients.ec2.describe_vpcs().send().await?;
    Ok(page.vpcs().iter().take(NAMED).map(described).collect())
}

/// Returns the id of a VPC and its address blocks. AWS lists the first IPv4 block among the others, too.
fn blocks(vpc: &Vpc) -> Outputs {
    let mut outputs = Outputs::new();
    let mut set = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            outputs.insert(name.to_owned(), value);
        }
    };
    set("VpcId", vpc.vpc_id().map(Json::from));
    let first = vpc.cidr_block();
    let is_associated = |state: Option<&str>| state == Some("associated");
    let more = vpc.cidr_block_association_set().iter();
    let more = more.filter(|it| is_associated(it.cidr_block_state().and_then(|it| it.state()).map(|it| it.as_str())));
    let more = more.filter_map(|it| it.cidr_block()).filter(|block| Some(*block) != first);
    let all: Vec<_> = first.into_iter().chain(more).map(Json::from).collect();
    set("CidrBlock", first.map(Json::from));
    set("CidrBlocks", (!all.is_empty()).then(|| all.into()));
    let mut ipv6 = vpc.ipv6_cidr_block_association_set().iter();
    let ipv6 =
        ipv6.find(|it| is_associated(it.ipv6_cidr_block_state().and_then(|it| it.state()).map(|it| it.as_str())));
    set("Ipv6CidrBlock", ipv6.and_then(|it| it.ipv6_cidr_block()).map(Json::from));
    outputs
}

fn found_subnet(subnet: &Subnet, tables: &[RouteTable]) -> FoundSubnet {
    let id = subnet.subnet_id().unwrap_or_default();
    let tag = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    FoundSubnet {
        zone: subnet.availability_zone().unwrap_or_default().to_owned(),
        id: id.to_owned(),
        tags: subnet.tags().iter().filter_map(tag).collect::<Tags>(),
        leads_to_internet: leads_to_internet(id, tables),
    }
}

/// Returns whether the route table of a subnet leads to the internet: the one that it is associated with, or else the
/// main one.
fn leads_to_internet(subnet: &str, tables: &[RouteTable]) -> bool {
    let of = |is_it: &dyn Fn(&RouteTableAssociation) -> bool| {
        tables.iter().find(|table| table.associations().iter().any(is_it))
    };
    let own = of(&|association| association.subnet_id() == Some(subnet));
    own.or_else(|| of(&|association| association.main() == Some(true))).is_some_and(has_internet_gateway)
}

/// Returns whether the table has a route to an internet gateway. That makes a subnet public, whatever the destination
/// of the route is: the addresses of all hosts may be split into two halves, or be a prefix list.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html#subnet-types>
fn has_internet_gateway(table: &RouteTable) -> bool {
    table.routes().iter().any(|route| route.gateway_id().is_some_and(|id| id.starts_with("igw-")))
}
