//! Checks whether a parent zone delegates to a hosted zone.
//!
//! Public DNS does not resolve the records of a zone that no parent delegates to, and AWS reports no error: a
//! certificate, for example, stays in validation. Public DNS is not queried here. The parent zone is looked up in the
//! same account; if it is elsewhere, the name servers of the zone have to be checked by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_sdk_route53::types::RrType;

use super::{bare_id, find_record, normal_name};
use crate::error::Result;
use crate::handler::{Context, required};

/// The findings about each zone in this run, by its id.
#[derive(Debug, Default)]
pub(crate) struct Delegations(Mutex<BTreeMap<String, Option<String>>>);

/// Returns the fix, or the check to make, so that public DNS leads to the zone; `None` if its parent zone in this
/// account delegates to it, or if nothing can be read. Read once in a run, because each poll requests it.
pub(crate) async fn missing_delegation(cx: &Context, zone: &str) -> Option<String> {
    let delegations = cx.memory.of::<Delegations>();
    let known = || delegations.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known().get(zone) {
        return known.clone();
    }
    let found = look_up(cx, zone).await.unwrap_or_else(|error| {
        tracing::debug!(zone, error = error.message(), "the delegation of the zone cannot be read");
        None
    });
    known().insert(zone.to_owned(), found.clone());
    found
}

async fn look_up(cx: &Context, id: &str) -> Result<Option<String>> {
    let answer = cx.route53.get_hosted_zone().id(id).send().await?;
    let zone = required(answer.hosted_zone, "HostedZone")?;
    let name = normal_name(&zone.name);
    if zone.config.is_some_and(|config| config.private_zone) {
        return Ok(Some(format!(
            "the hosted zone {name} ({id}) is private, so that public DNS never finds its records"
        )));
    }
    let servers: Vec<_> = answer.delegation_set.map(|set| set.name_servers).unwrap_or_default();
    let listed = servers.join(", ");
    let Some((parent, parent_id)) = parent(cx, &name).await? else {
        return Ok(Some(format!(
            "the registrar of {name}, or its parent zone, has to name the servers of the hosted zone: {listed}"
        )));
    };
    let record = find_record(cx, &parent_id, &name, &RrType::Ns, None).await?;
    let delegated: Option<Vec<_>> =
        record.map(|record| record.resource_records().iter().map(|entry| normal_name(entry.value())).collect());
    Ok(match delegated {
        None => Some(format!(
            "the hosted zone {parent} ({parent_id}) does not delegate {name}: add an NS record of that name with the \
             values {listed}"
        )),
        Some(named) if !same(&named, &servers) => Some(format!(
            "the NS record of {name} in the hosted zone {parent} ({parent_id}) names other servers than those of the zone: \
             change it from {} to {listed}",
            named.join(", ")
        )),
        Some(_) => None,
    })
}

fn same(one: &[String], other: &[String]) -> bool {
    let set = |names: &[String]| names.iter().map(|name| normal_name(name)).collect::<BTreeSet<_>>();
    set(one) == set(other)
}

/// The name and id of the public zone of this account that is nearest above `name`.
async fn parent(cx: &Context, name: &str) -> Result<Option<(String, String)>> {
    let mut rest = name;
    while let Some((_, above)) = rest.split_once('.').filter(|(_, above)| above.contains('.')) {
        let listed = cx.route53.list_hosted_zones_by_name().dns_name(above).max_items(10).send().await?;
        let is_public = |private: Option<bool>| private != Some(true);
        let found = listed.hosted_zones.into_iter().find(|zone| {
            normal_name(&zone.name) == above && is_public(zone.config.as_ref().map(|config| config.private_zone))
        });
        if let Some(zone) = found {
            return Ok(Some((above.to_owned(), bare_id(&zone.id).to_owned())));
        }
        rest = above;
    }
    Ok(None)
}
