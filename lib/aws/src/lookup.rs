//! Looks up what exists already, by tags or names. Every call only reads.

mod hosted_zone;
mod vpc;

use aws_sdk_ec2::types::{AvailabilityZone, ManagedPrefixList};
use aws_sdk_ssm::types::ParameterType;
use groundplan_core::lookup::Query;
use groundplan_engine::provider::{LookupRequest, Match, Matches};
use serde_json::{Value as Json, json};

use crate::config::Clients;
use crate::ec2::filter;
use crate::error::{Error, OrNone, Result};
use crate::handler::required;

/// The maximum number of resources that do not match in a message.
const NAMED: usize = 20;

pub(crate) async fn look_up(clients: &Clients, request: &LookupRequest) -> Result<Matches> {
    match &request.query {
        Query::Vpc(query) => vpc::look_up(clients, query, request).await,
        Query::PublicParameter { name } => parameter(clients, name).await,
        Query::AvailabilityZones => zones(clients).await,
        Query::PrefixList { name } => prefix_list(clients, name).await,
        Query::HostedZone(query) => hosted_zone::look_up(clients, query).await,
    }
}

fn found(description: impl Into<String>, outputs: Json) -> Match {
    let Json::Object(outputs) = outputs else { unreachable!("outputs are written as an object") };
    Match { description: description.into(), outputs }
}

/// Filters read `*`, `?` and `\` as patterns, and a tag is meant as it stands.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
fn exact(value: &str) -> String {
    value.chars().flat_map(|it| ['*', '?', '\\'].contains(&it).then_some('\\').into_iter().chain([it])).collect()
}

async fn parameter(clients: &Clients, name: &str) -> Result<Matches> {
    let Some(answer) = clients.ssm.get_parameter().name(name).send().await.or_none_of("ParameterNotFound")? else {
        return Ok(Matches { others: parameters_beside(clients, name).await, ..Matches::default() });
    };
    let parameter = required(answer.parameter, "Parameter")?;
    if parameter.r#type() == Some(&ParameterType::SecureString) {
        return Err(Error::invalid(format!("{name} is a secret, and answers of lookups are kept in plain text")));
    }
    let value = required(parameter.value(), "Value")?;
    Ok(Matches { matches: vec![found(name, json!({"Value": value}))], ..Matches::default() })
}

/// Names beside one that does not exist, for a message. That they cannot be read is no error of its own.
async fn parameters_beside(clients: &Clients, name: &str) -> Vec<String> {
    let Some((parent, _)) = name.rsplit_once('/') else { return Vec::new() };
    let page = clients.ssm.get_parameters_by_path().path(parent).send().await;
    let parameters = page.ok().and_then(|page| page.parameters).unwrap_or_default();
    parameters.into_iter().filter_map(|parameter| parameter.name).take(NAMED).collect()
}

/// Zones that need no opting in, which excludes Local Zones and Wavelength Zones, and in which all is well. Names are
/// mapped to zones for each account, so that the ids have the order of the names.
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
    Ok(Matches { matches, ..Matches::default() })
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
    // A list of the customer's own is in state `create-in-progress` until all its entries are there.
    let is_new = |list: &ManagedPrefixList| list.state().is_some_and(|state| state.as_str() == "create-in-progress");
    Ok(Matches { matches: lists.iter().map(of).collect(), others, unfinished: lists.iter().any(is_new) })
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
