//! Enforces unique names and other claims.

use groundplan_core::claim::{Claim, Conflict};
use groundplan_engine::provider::{ErrorClass, Properties, ProviderError};
use groundplan_schema::{ClaimRule, ResourceType, claim_rules};
use serde_json::Value as Json;

use crate::account::{Account, claims};
use crate::errors::{exists, in_use, limit_code, refusal};
use crate::resource::{Key, Resource};

impl Account {
    /// Refuses what claims something that another resource has: the port of a load balancer, the route
    /// to a destination, the one load balancer of a target group. `own` names what is being updated;
    /// claims that a provider can exchange in one call are no obstacle to that.
    pub(crate) fn require_unclaimed(
        &self,
        resource: &'static ResourceType,
        region: &str,
        properties: &Properties,
        own: Option<&Key>,
    ) -> Result<(), ProviderError> {
        for claim in claims(resource.name, region, properties) {
            if own.is_some() && claim.swaps {
                continue;
            }
            for (other, theirs) in self.in_conflict(&claim) {
                if own != Some(&other.key) {
                    return Err(claimed(resource, other, &claim, theirs));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn require_free_name(
        &self,
        resource: &'static ResourceType,
        region: &str,
        name: Option<&str>,
    ) -> Result<(), ProviderError> {
        let Some((name, property)) = name.zip(resource.own_name()) else { return Ok(()) };
        // A name within something else, as that of a rule of a bus, is a claim.
        let is_within = |rule: &ClaimRule| {
            rule.properties().any(|part| part == property) && rule.properties().any(|part| part != property)
        };
        if claim_rules(resource.name).iter().any(is_within) {
            return Ok(());
        }
        let mut known = self.known_as(name);
        let other = known.find(|found| {
            let theirs = found.outputs.get(property).or(found.properties.get(property));
            found.key.type_name == resource.name
                && found.key.region == region
                && theirs.and_then(Json::as_str) == Some(name)
        });
        other.map_or(Ok(()), |other| Err(taken(resource, other)))
    }

    /// Returns the resources with the same claims as these properties, which are the same resource. One without claims,
    /// such as a block from a pool, is identified by the token of its create.
    pub(crate) fn same_thing<'a>(
        &'a self,
        resource: &'static ResourceType,
        region: &'a str,
        properties: &Properties,
        token: &'a str,
    ) -> Vec<&'a Resource> {
        let mut wanted = claims(resource.name, region, properties);
        wanted.retain(|claim| !matches!(claim.conflict, Conflict::Unless(_)));
        if wanted.is_empty() {
            return self.made_with(token, resource, region).collect();
        }
        let claims_all = |found: &&Resource| {
            let theirs = self.claims_of(&found.key);
            wanted.iter().all(|claim| theirs.iter().any(|other| claim.is_same_as(other)))
        };
        let found = self.of_type(resource.name).filter(|found| found.key.region == region);
        found.filter(claims_all).collect()
    }
}

pub(crate) fn taken(resource: &'static ResourceType, other: &Resource) -> ProviderError {
    if other.is_deleting() {
        return in_use(resource, format!("{} is still being deleted", other.key.id));
    }
    exists(resource, format!("{} {} exists already", resource.name, other.key.id))
}

/// Refuses a claim that another resource has.
fn claimed(resource: &'static ResourceType, other: &Resource, claim: &Claim, theirs: &Claim) -> ProviderError {
    if claim.is_same_as(theirs) {
        return taken(resource, other);
    }
    let message = match (&claim.conflict, &theirs.conflict) {
        (Conflict::Overlap(mine), Conflict::Overlap(theirs)) => {
            format!("the CIDR {mine} conflicts with {theirs} of {}", other.key.id)
        }
        _ => format!("the {} is that of {} {}", claim.what, other.key.type_name, other.key.id),
    };
    refusal(ErrorClass::Invalid, limit_code(resource, claim.what), message)
}
