//! The resources of a simulated account.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::{self, Claim};
use groundplan_core::{Environment, Value};
use groundplan_engine::provider::Properties;
use groundplan_schema::ResourceType;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::references::{Mention, mentions};
use crate::resource::{Key, Pending, Phase, Resource, Work};

/// The existing resources, with indexes. Remembers the changes since the last [`take_changes`](Self::take_changes), for
/// the file that keeps the account.
#[derive(Default)]
pub(crate) struct Account {
    resources: BTreeMap<Key, Resource>,
    aliases: BTreeSet<(String, Key)>,
    tokens: BTreeSet<(String, Key)>,
    /// The references of each resource, and the other way round, as pairs of holder and held.
    holds: BTreeSet<(Key, Key)>,
    held: BTreeSet<(Key, Key)>,
    pending: BTreeSet<Key>,
    /// The claims of each resource, and the resource that holds each key.
    claimed: BTreeMap<Key, Vec<Claim>>,
    claims: BTreeSet<(String, Key)>,
    changes: Changes,
}

/// Differences between two moments of an account.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Changes {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) removed: BTreeSet<Key>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) changed: BTreeSet<Key>,
}

impl Account {
    pub(crate) fn get(&self, key: &Key) -> Option<&Resource> {
        self.resources.get(key)
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Returns the number of resources.
    pub(crate) fn len(&self) -> usize {
        self.resources.len()
    }

    /// All of a type, in all regions.
    pub(crate) fn of_type<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = &'a Resource> {
        let first = Key { type_name: type_name.to_owned(), region: String::new(), id: String::new() };
        let from = self.resources.range(first..);
        from.take_while(move |(key, _)| key.type_name == type_name).map(|(_, resource)| resource)
    }

    /// All that go by a name, id or ARN.
    pub(crate) fn known_as<'a>(&'a self, alias: &'a str) -> impl Iterator<Item = &'a Resource> {
        starting(&self.aliases, alias).filter_map(|key| self.resources.get(key))
    }

    /// All that were created with a token.
    pub(crate) fn created_with<'a>(&'a self, token: &'a str) -> impl Iterator<Item = &'a Resource> {
        starting(&self.tokens, token).filter_map(|key| self.resources.get(key))
    }

    pub(crate) fn made_with<'a>(
        &'a self,
        token: &'a str,
        resource: &'a ResourceType,
        region: &'a str,
    ) -> impl Iterator<Item = &'a Resource> {
        let made = self.created_with(token);
        made.filter(move |found| found.key.type_name == resource.name && found.key.region == region)
    }

    /// All that have a claim which conflicts with `claim`, with that claim.
    pub(crate) fn in_conflict<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = (&'a Resource, &'a Claim)> {
        let claimants = starting(&self.claims, &claim.key).filter_map(|key| self.resources.get(key));
        claimants.flat_map(move |other| {
            let theirs = self.claimed.get(&other.key).into_iter().flatten();
            theirs.filter(|theirs| claim.conflicts_with(theirs)).map(move |theirs| (other, theirs))
        })
    }

    /// Returns the claims of a resource.
    pub(crate) fn claims_of(&self, key: &Key) -> &[Claim] {
        self.claimed.get(key).map_or(&[], Vec::as_slice)
    }

    /// All that refer to a resource.
    pub(crate) fn holders<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Resource> {
        let first = Key { type_name: String::new(), region: String::new(), id: String::new() };
        let from = self.held.range((key.clone(), first)..);
        from.take_while(move |(held, _)| held == key).filter_map(|(_, holder)| self.resources.get(holder))
    }

    /// Returns the resource of a mention; `None` if there is none in reach of `region`.
    pub(crate) fn resolve(&self, mention: &Mention, region: &str) -> Option<&Resource> {
        let spellings = mention.spellings();
        let found = spellings.flat_map(|alias| starting(&self.aliases, alias).collect::<Vec<_>>());
        let near = |resource: &Resource| {
            let theirs = &resource.key.region;
            let named = resource.schema().in_arn(&mention.value);
            let in_arn = || named.is_none_or(|named| named.region.is_empty() || named.region == theirs);
            let is_arn = mention.value.starts_with("arn:");
            theirs.is_empty() || region.is_empty() || if is_arn { in_arn() } else { theirs == region }
        };
        let found: Vec<_> = found.filter_map(|key| self.resources.get(key)).filter(|found| near(found)).collect();
        let itself = found.iter().find(|resource| mention.is_of(resource));
        itself.or_else(|| found.iter().find(|resource| mention.is_part_of(resource))).copied()
    }

    /// Puts a resource in, or in the place of the one with its key.
    pub(crate) fn put(&mut self, resource: Resource) {
        let key = resource.key.clone();
        self.put_unlinked(resource);
        self.link(&key);
    }

    /// As [`put`](Self::put), without what the resource refers to: [`relink`](Self::relink) has to
    /// follow.
    pub(crate) fn put_unlinked(&mut self, resource: Resource) {
        let key = resource.key.clone();
        self.unlink(&key);
        self.aliases.extend(resource.aliases().into_iter().map(|alias| (alias, key.clone())));
        let claims = claims(&key.type_name, &key.region, &resource.properties);
        self.claims.extend(claims.iter().map(|claim| (claim.key.clone(), key.clone())));
        if !claims.is_empty() {
            self.claimed.insert(key.clone(), claims);
        }
        self.tokens.insert((resource.token.clone(), key.clone()));
        if resource.pending().is_some() {
            self.pending.insert(key.clone());
        }
        self.changes.removed.remove(&key);
        self.changes.changed.insert(key.clone());
        self.resources.insert(key, resource);
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.unlink(key);
        self.resources.remove(key);
        self.changes.changed.remove(key);
        self.changes.removed.insert(key.clone());
    }

    /// Brings what has taken its time to its end.
    pub(crate) fn settle(&mut self, now: u64) {
        let over = |pending: &Pending| now >= pending.until || now < pending.since;
        let due =
            self.pending.iter().filter(|key| self.resources.get(key).and_then(Resource::pending).is_none_or(over));
        for key in due.cloned().collect::<Vec<_>>() {
            let Some(mut resource) = self.resources.get(&key).cloned() else { continue };
            match resource.pending().cloned() {
                Some(Pending { work: Work::Deleting, .. }) => self.remove(&key),
                Some(Pending { failure: Some(reason), .. }) => {
                    resource.phase = Phase::Failed { reason };
                    self.put(resource);
                }
                _ => {
                    resource.phase = Phase::Ready;
                    self.put(resource);
                }
            }
        }
    }

    pub(crate) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    fn link(&mut self, key: &Key) {
        let Some(resource) = self.resources.get(key) else { return };
        let mentions = mentions(resource.schema(), &resource.properties);
        let named = mentions.iter().filter_map(|mention| Some((mention, self.resolve(mention, &key.region)?)));
        let held = named.filter(|(mention, target)| target.key != *key && mention.holds(resource.schema(), target));
        let targets: BTreeSet<_> = held.map(|(_, target)| target.key.clone()).collect();
        for target in targets {
            self.holds.insert((key.clone(), target.clone()));
            self.held.insert((target, key.clone()));
        }
    }

    fn unlink(&mut self, key: &Key) {
        let Some(resource) = self.resources.get(key) else { return };
        for alias in resource.aliases() {
            self.aliases.remove(&(alias, key.clone()));
        }
        for claim in self.claimed.remove(key).into_iter().flatten() {
            self.claims.remove(&(claim.key, key.clone()));
        }
        self.tokens.remove(&(resource.token.clone(), key.clone()));
        self.pending.remove(key);
        let first = Key { type_name: String::new(), region: String::new(), id: String::new() };
        let from = self.holds.range((key.clone(), first)..).take_while(|(holder, _)| holder == key);
        for (holder, target) in from.cloned().collect::<Vec<_>>() {
            self.held.remove(&(target.clone(), holder.clone()));
            self.holds.remove(&(holder, target));
        }
    }

    /// Relates all resources again, after some were added without regard to their order.
    pub(crate) fn relink(&mut self) {
        for key in self.resources.keys().cloned().collect::<Vec<_>>() {
            self.link(&key);
        }
    }
}

/// Returns the claims of a resource with these properties.
pub(crate) fn claims(type_name: &str, region: &str, properties: &Properties) -> Vec<Claim> {
    if groundplan_schema::claim_rules(type_name).is_empty() {
        return Vec::new();
    }
    let value = |(name, value): (&String, &Json)| Some((name.clone(), Value::from_json(value.clone()).ok()?));
    claim::claims(type_name, &Environment::new(region), &properties.iter().filter_map(value).collect())
}

/// The second halves of the pairs that start with `first`.
fn starting<'a>(pairs: &'a BTreeSet<(String, Key)>, first: &'a str) -> impl Iterator<Item = &'a Key> {
    let least = Key { type_name: String::new(), region: String::new(), id: String::new() };
    let from = pairs.range((first.to_owned(), least)..);
    from.take_while(move |(start, _)| start == first).map(|(_, key)| key)
}
