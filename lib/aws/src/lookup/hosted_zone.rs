//! Looks up hosted zones.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{HostedZone, TagResourceType};
use groundplan_core::lookup::{HostedZoneQuery, Tags, has_all};
use groundplan_engine::provider::Matches;
use serde_json::json;

use super::{NAMED, found};
use crate::config::Clients;
use crate::error::Result;
use crate::route53::{bare_id, escaped_name, normal_name};

/// The maximum number of zones in a request for their tags.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html>
const TAGS_OF: usize = 10;

pub(super) async fn look_up(clients: &Clients, query: &HostedZoneQuery) -> Result<Matches> {
    let named = named(clients, &query.domain).await?;
    let (own, mut others): (Vec<_>, Vec<_>) = named.into_iter().partition(|zone| is_private(zone) == query.private);
    let vpcs = match &query.vpc {
        Some(_) => vpcs(clients, &own).await?,
        // They are only for the message, which tells the zones apart.
        None if query.private && own.len() > 1 => vpcs(clients, &own).await.unwrap_or_default(),
        None => BTreeMap::new(),
    };
    let tags = if query.tags.is_empty() { BTreeMap::new() } else { tags(clients, &own).await? };
    let is_it = |zone: &HostedZone| {
        let is_in = |vpc: &String| vpcs.get(bare_id(&zone.id)).is_some_and(|vpcs| vpcs.contains(vpc));
        let is_tagged = query.tags.is_empty() || tags.get(bare_id(&zone.id)).is_some_and(|it| has_all(it, &query.tags));
        query.vpc.as_ref().is_none_or(is_in) && is_tagged
    };
    let (own, beside): (Vec<_>, Vec<_>) = own.into_iter().partition(is_it);
    others.splice(0..0, beside);
    let described = |zone: &HostedZone| described(zone, vpcs.get(bare_id(&zone.id)).map_or(&[], Vec::as_slice));
    if own.is_empty() && others.is_empty() {
        // They are only for a message, so that they need not be readable.
        let page = clients.route53.list_hosted_zones().send().await;
        others = page.map(|page| page.hosted_zones).unwrap_or_default();
    }
    let others = if own.is_empty() { others.iter().take(NAMED).map(described).collect() } else { Vec::new() };
    let of = |zone: &HostedZone| found(described(zone), json!({"HostedZoneId": bare_id(&zone.id)}));
    Ok(Matches { matches: own.iter().map(of).collect(), others, unfinished: false })
}

/// Finds the zones of the domain. Route 53 lists zones from a name on, those of one name together.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html>
async fn named(clients: &Clients, domain: &str) -> Result<Vec<HostedZone>> {
    let (mut named, mut next): (Vec<HostedZone>, _) = (Vec::new(), Some((escaped_name(domain), None)));
    while let Some((name, id)) = next.take() {
        let page = clients.route53.list_hosted_zones_by_name().dns_name(name).set_hosted_zone_id(id).send().await?;
        let (own, beyond): (Vec<_>, Vec<_>) =
            page.hosted_zones.into_iter().partition(|zone| normal_name(&zone.name) == domain);
        named.extend(own);
        if page.is_truncated && beyond.is_empty() {
            next = page.next_dns_name.map(|name| (name, page.next_hosted_zone_id));
        }
    }
    Ok(named)
}

fn is_private(zone: &HostedZone) -> bool {
    zone.config().is_some_and(|config| config.private_zone())
}

/// `Z1 (private shop.internal, Of the shop, vpc-1)`
fn described(zone: &HostedZone, vpcs: &[String]) -> String {
    let comment = zone.config().and_then(|config| config.comment()).filter(|comment| !comment.is_empty());
    let more: String = comment.into_iter().chain(vpcs.iter().map(String::as_str)).map(|it| format!(", {it}")).collect();
    let kind = if is_private(zone) { "private" } else { "public" };
    format!("{} ({kind} {}{more})", bare_id(&zone.id), normal_name(&zone.name))
}

/// Returns the VPCs of private zones, by the ids of the zones. No request returns those of several zones.
async fn vpcs(clients: &Clients, zones: &[HostedZone]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut all = BTreeMap::new();
    for zone in zones {
        let answer = clients.route53.get_hosted_zone().id(bare_id(&zone.id)).send().await?;
        let vpcs = answer.vpcs.unwrap_or_default().into_iter().filter_map(|vpc| vpc.vpc_id);
        all.insert(bare_id(&zone.id).to_owned(), vpcs.collect());
    }
    Ok(all)
}

/// Returns the tags of zones, by their ids.
async fn tags(clients: &Clients, zones: &[HostedZone]) -> Result<BTreeMap<String, Tags>> {
    let mut all = BTreeMap::new();
    for zones in zones.chunks(TAGS_OF) {
        let ids = zones.iter().map(|zone| bare_id(&zone.id).to_owned()).collect();
        let call = clients.route53.list_tags_for_resources().resource_type(TagResourceType::Hostedzone);
        for set in call.set_resource_ids(Some(ids)).send().await?.resource_tag_sets {
            let tags = set.tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?)));
            all.extend(set.resource_id.map(|id| (id, tags.collect())));
        }
    }
    Ok(all)
}
