//! What exists in the simulated account.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::{self, Claim};
use groundplan_core::{Environment, Path, Value};
use groundplan_engine::provider::{Outputs, Properties, Status};
use groundplan_schema::{ResourceType, lookup};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::attributes::scalar;
use crate::references::{Mention, mentions};

/// Names a resource in the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    /// Empty for types that belong to no region.
    pub(crate) region: String,
    pub(crate) id: String,
}

/// A simulated resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Resource {
    #[serde(flatten)]
    pub(crate) key: Key,
    /// Where it stands in the program that made it; none where it was made behind its back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Path>,
    /// The app of that program. Files of earlier versions do not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) app: String,
    /// The token of its creation: client token and identity tag.
    pub(crate) token: String,
    /// Digest of the properties that it was asked for with.
    pub(crate) request: String,
    /// As declared; secrets stand as digests.
    pub(crate) properties: Properties,
    pub(crate) outputs: Outputs,
    /// When it was created, in milliseconds of the simulator's clock.
    pub(crate) created: u64,
    pub(crate) phase: Phase,
}

/// What is going on with a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Ready,
    Failed { reason: String },
    Pending(Pending),
}

/// Something that takes time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) work: Work,
    /// The token of the update, so that its repetition is no second one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) token: String,
    pub(crate) since: u64,
    pub(crate) until: u64,
    /// Why it will fail instead, where it will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    Creating,
    Updating,
    Deleting,
}

impl Resource {
    /// The facts about its type. What the account holds was checked when it came in.
    pub(crate) fn schema(&self) -> &'static ResourceType {
        lookup(&self.key.type_name).expect("only known types come into an account")
    }

    /// What one look at it shows.
    pub(crate) fn status(&self) -> Status {
        match &self.phase {
            Phase::Ready => Status::Ready(self.outputs.clone()),
            Phase::Failed { reason } => Status::Failed(reason.clone()),
            Phase::Pending(pending) => match pending.work {
                Work::Creating => Status::Pending("creating".to_owned()),
                Work::Updating => Status::Pending("modifying".to_owned()),
                Work::Deleting => Status::Deleting("deleting".to_owned()),
            },
        }
    }

    pub(crate) fn pending(&self) -> Option<&Pending> {
        match &self.phase {
            Phase::Pending(pending) => Some(pending),
            _ => None,
        }
    }

    pub(crate) fn is_deleting(&self) -> bool {
        self.pending().is_some_and(|pending| pending.work == Work::Deleting)
    }

    /// A declared property as text.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// All that it is known by to others.
    fn aliases(&self) -> BTreeSet<String> {
        let own = self.schema().own_name().and_then(|name| self.properties.get(name)).and_then(scalar);
        let outputs = self.outputs.values().filter_map(|value| value.as_str().map(str::to_owned));
        let parts = [self.key.id.clone()].into_iter();
        parts.chain(own).chain(outputs).filter(|alias| alias.len() > 1).collect()
    }
}

/// What exists, with indexes. What has changed since the last [`take_changes`](Self::take_changes)
/// is remembered for whoever keeps the account.
#[derive(Default)]
pub(crate) struct Account {
    resources: BTreeMap<Key, Resource>,
    aliases: BTreeSet<(String, Key)>,
    tokens: BTreeSet<(String, Key)>,
    /// What each resource refers to, and the other way round, as pairs of holder and held.
    holds: BTreeSet<(Key, Key)>,
    held: BTreeSet<(Key, Key)>,
    pending: BTreeSet<Key>,
    /// What each resource claims, and by whom each key is claimed.
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

    /// How many resources there are.
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

    /// All that have a claim which conflicts with `claim`, with that claim.
    pub(crate) fn in_conflict<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = (&'a Resource, &'a Claim)> {
        let claimants = starting(&self.claims, &claim.key).filter_map(|key| self.resources.get(key));
        claimants.flat_map(move |other| {
            let theirs = self.claimed.get(&other.key).into_iter().flatten();
            theirs.filter(|theirs| claim.conflicts_with(theirs)).map(move |theirs| (other, theirs))
        })
    }

    /// What a resource claims.
    pub(crate) fn claims_of(&self, key: &Key) -> &[Claim] {
        self.claimed.get(key).map_or(&[], Vec::as_slice)
    }

    /// All that refer to a resource.
    pub(crate) fn holders<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Resource> {
        let first = Key { type_name: String::new(), region: String::new(), id: String::new() };
        let from = self.held.range((key.clone(), first)..);
        from.take_while(move |(held, _)| held == key).filter_map(|(_, holder)| self.resources.get(holder))
    }

    /// The resource that a mention is about; none where there is none in reach of `region`.
    pub(crate) fn resolve(&self, mention: &Mention, region: &str) -> Option<&Resource> {
        let spellings = mention.spellings();
        let found = spellings.flat_map(|alias| starting(&self.aliases, alias).collect::<Vec<_>>());
        let near = |resource: &Resource| {
            let theirs = &resource.key.region;
            theirs.is_empty() || region.is_empty() || theirs == region || mention.value.starts_with("arn:")
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

    /// Relates everything anew, after resources came in without regard to their order.
    pub(crate) fn relink(&mut self) {
        for key in self.resources.keys().cloned().collect::<Vec<_>>() {
            self.link(&key);
        }
    }
}

/// What a resource with these properties claims.
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
