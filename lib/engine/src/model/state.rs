//! The state of an app.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Reference, Value};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::checksum::{hex, open, seal};
use super::error::FormatError;
use super::event::{Event, Intent, Operation};
use super::imports::Imports;
use super::lookup::Answers;
use crate::provider::{Address, Existing, Identity, Outputs, Properties};

/// The resources that the deploys of an app created, as far as the deploys got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The permanent identity of this state. A plan for another lineage is refused.
    pub lineage: Uuid,
    /// The number of runs. A plan for an earlier serial is refused.
    pub serial: u64,
    /// The account that the resources are in, once there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The key of the digests of secrets, as 64 hexadecimal digits. A digest shows that a secret changed, but not its
    /// value.
    pub digest_key: String,
    /// The resources by path.
    pub resources: BTreeMap<Path, ResourceState>,
    /// Resources that were replaced, or failed, and must still be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Orphan>,
    /// Resources that a run left in the account, because they are retained or a retained resource needs them. They are
    /// no longer managed, but what they need stays in the account with them, whichever run removes it from the program.
    /// Format 2 lacks them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retained: Vec<Orphan>,
    /// Creates and updates that were requested and whose outcome is unknown. The next run determines it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<Path, Intent>,
    /// The last generation of each path. It is kept when the resource is gone, so that a token is never used for two
    /// resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub generations: BTreeMap<Path, u32>,
    /// The outputs that the app publishes, resolved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Json>,
    /// The outputs of other apps that the app uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: Imports,
    /// The answers of the lookups of the app. Format 3 lacks them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: Answers,
}

/// A resource that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceState {
    /// CloudFormation's name of the type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
    /// The region and account of the resource.
    pub environment: Environment,
    /// The number of resources that were created at this path; part of the idempotency token and of generated names.
    pub generation: u32,
    /// The status.
    pub status: ResourceStatus,
    /// The status before its deletion was requested, while [`status`](Self::status) is
    /// [`Deleting`](ResourceStatus::Deleting): a refused deletion restores it. Files of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<ResourceStatus>,
    /// `true` if the create succeeded but a later setting was refused. The next plan updates the resource, even if
    /// nothing else differs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// The applied properties, with references resolved. A secret is represented by its source; the digest of its value
    /// is in `secrets`.
    pub properties: BTreeMap<String, Value>,
    /// For each secret in the properties, by its place (`Environment.Variables.TOKEN`), the
    /// HMAC-SHA256 of its value under the state's key, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The outputs.
    pub outputs: Outputs,
    /// The dependencies, so that deletes run in order even if the program is gone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// The lifecycle settings. They are kept here so that removing the declaration does not remove the protection.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// The status of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceStatus {
    /// The cloud has accepted the create; no run has seen the resource ready.
    Accepted,
    /// The resource was ready once. The cloud has accepted an update since, and no run has seen it ready after that.
    Updating,
    /// The resource was ready.
    Ready,
    /// The deletion was requested; no run has seen the resource gone.
    Deleting,
    /// The resource was partly created, or failed before it was ever ready. The next plan replaces it. It holds no
    /// data.
    Tainted,
    /// No run has seen the resource ready, and a later run than the one that created it saw it failed, so it may have
    /// been used and may contain data. The next plan replaces it, unless it is ready by then.
    Failed,
}

/// An existing resource that no longer has a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orphan {
    /// Its former path.
    pub path: Path,
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceState,
}

impl State {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 4;

    /// Returns whether nothing was ever deployed with this state. A first run saves such a state before it changes
    /// anything.
    pub fn is_blank(&self) -> bool {
        let Self { identity, resources, deposed, retained, pending, .. } = self;
        identity.is_none() && resources.is_empty() && deposed.is_empty() && retained.is_empty() && pending.is_empty()
    }

    /// Creates the state of an app that was never deployed, with a new lineage and a new digest key from the random
    /// numbers of the system.
    pub fn new(app: impl Into<String>) -> Self {
        let mut key = [0; 32];
        SysRng.try_fill_bytes(&mut key).expect("the system has random numbers");
        Self {
            format: Self::FORMAT,
            app: app.into(),
            lineage: Uuid::new_v4(),
            serial: 0,
            identity: None,
            digest_key: hex(&key),
            resources: BTreeMap::new(),
            deposed: Vec::new(),
            retained: Vec::new(),
            pending: BTreeMap::new(),
            generations: BTreeMap::new(),
            outputs: BTreeMap::new(),
            imports: Imports::new(),
            lookups: Answers::new(),
        }
    }

    /// Returns the document as indented JSON, with its checksum as the last member and a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a state has string keys only");
        json.push('\n');
        seal(&json)
    }

    /// Reads the document; `place` names where it comes from in errors.
    ///
    /// # Errors
    /// [`FormatError::Newer`], [`FormatError::Corrupt`], and [`FormatError::Edited`] if the document does not match its
    /// checksum. Format 1 has no checksum.
    pub fn from_json(text: &str, place: &str) -> Result<Self, FormatError> {
        match Self::format_of(text, place)? {
            1 => Self::parse(text, place),
            _ => match open(text) {
                Some(body) => Self::parse(&body, place),
                None => Err(FormatError::Edited { place: place.to_owned() }),
            },
        }
    }

    /// Reads a document that may have been edited, without checking its checksum.
    ///
    /// # Errors
    /// [`FormatError::Newer`] and [`FormatError::Corrupt`].
    pub fn from_edited_json(text: &str, place: &str) -> Result<Self, FormatError> {
        Self::format_of(text, place)?;
        let corrupt = |error: serde_json::Error| FormatError::corrupt(place, error);
        let mut document: serde_json::Map<String, Json> = serde_json::from_str(text).map_err(corrupt)?;
        document.remove("checksum");
        let state: Self = serde_json::from_value(Json::Object(document)).map_err(corrupt)?;
        state.check(place)?;
        Ok(Self { format: Self::FORMAT, ..state })
    }

    fn format_of(text: &str, place: &str) -> Result<u32, FormatError> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let Header { format } = serde_json::from_str(text).map_err(|error| FormatError::corrupt(place, error))?;
        if format > Self::FORMAT {
            return Err(FormatError::Newer { place: place.to_owned(), found: format, known: Self::FORMAT });
        }
        Ok(format)
    }

    /// Refuses a serial and generations that leave no room for another one: no run reaches them.
    fn check(&self, place: &str) -> Result<(), FormatError> {
        if self.serial > u64::MAX / 2 {
            return Err(FormatError::corrupt(place, format!("{} is no serial", self.serial)));
        }
        let standing = self.resources.iter().map(|(path, resource)| (path, resource.generation));
        let orphans = self.deposed.iter().chain(&self.retained).map(|old| (&old.path, old.resource.generation));
        let all = self.generations.iter().map(|(path, generation)| (path, *generation));
        match all.chain(standing).chain(orphans).find(|(_, generation)| *generation > u32::MAX / 2) {
            Some((path, found)) => {
                Err(FormatError::corrupt(place, format!("{found} is not a possible generation of `{path}`")))
            }
            None => Ok(()),
        }
    }

    /// Parses a state of any supported format, and returns it in the current one.
    fn parse(text: &str, place: &str) -> Result<Self, FormatError> {
        let state: Self = serde_json::from_str(text).map_err(|error| FormatError::corrupt(place, error))?;
        state.check(place)?;
        Ok(Self { format: Self::FORMAT, ..state })
    }

    /// Returns the value of a reference, if the resource exists and has it: an output, an applied property, or the
    /// identifier. `stack#AccountId` is the account of the credentials.
    pub fn value_of(&self, reference: &Reference) -> Option<Json> {
        match self.resources.get(&reference.path) {
            Some(resource) => resource.value_of(&reference.attribute),
            None if is_account(reference) => Some(self.identity.as_ref()?.account.clone().into()),
            None => None,
        }
    }

    /// Returns the resource at `path`, or a deposed resource of the path, by its identifier and generation.
    pub fn incarnation(&self, path: &Path, id: &str, generation: Option<u32>) -> Option<&ResourceState> {
        let current = self.resources.get(path).filter(|resource| resource.is_named(id, generation));
        let mut deposed = self.deposed.iter().filter(|old| old.path == *path).map(|old| &old.resource);
        current.or_else(|| deposed.find(|resource| resource.is_named(id, generation)))
    }

    /// Returns the identity of the credentials of the last run, or an empty one before the first run.
    pub(crate) fn known_identity(&self) -> Identity {
        self.identity.clone().unwrap_or_else(|| Identity { account: String::new(), partition: String::new() })
    }

    /// Returns the environment of each resource that exists or may exist, by path.
    pub(crate) fn environments(&self) -> impl Iterator<Item = (&Path, &Environment)> {
        let pending = self.pending.iter().filter_map(|(path, intent)| match &intent.operation {
            Operation::Create { environment, .. } => Some((path, environment)),
            Operation::Update => None,
        });
        let current = self.resources.iter().map(|(path, resource)| (path, &resource.environment));
        current.chain(self.deposed.iter().map(|old| (&old.path, &old.resource.environment))).chain(pending)
    }

    /// Returns the creates that an interrupted run left open. Their resources may exist.
    pub fn open_creates(&self) -> impl Iterator<Item = (&Path, &Intent)> {
        self.pending.iter().filter(|(_, intent)| intent.generation().is_some())
    }

    /// Returns the generation of the next resource at `path`. An open create keeps its generation.
    pub fn next_generation(&self, path: &Path) -> u32 {
        match self.pending.get(path).and_then(Intent::generation) {
            Some(open) => open,
            None => self.generations.get(path).copied().unwrap_or(0) + 1,
        }
    }
}

/// Returns whether this refers to the account of a stack, which needs no resource.
pub(crate) fn is_account(reference: &Reference) -> bool {
    reference.attribute == "AccountId" && reference.path.parent().is_none()
}

impl ResourceState {
    /// Returns whether this resource is the one with this identifier and generation, of those with its path. The
    /// identifier alone is not enough: a replacement of the same name in another region, or of another type, keeps it.
    /// Files of earlier versions have no generation there.
    pub(crate) fn is_named(&self, id: &str, generation: Option<u32>) -> bool {
        self.id == id && generation.is_none_or(|generation| generation == self.generation)
    }

    /// Returns whether a text is its identifier, name or ARN.
    pub(crate) fn is_identified_by(&self, text: &str) -> bool {
        let Some(schema) = groundplan_schema::lookup(&self.type_name) else { return self.id == text };
        let mut outputs = self.outputs.iter().filter(|(name, _)| schema.is_identified_by(name));
        let own = schema.own_name().and_then(|name| self.properties.get(name)?.as_str());
        self.id == text
            || own == Some(text)
            || outputs.any(|(_, value)| value.as_str() == Some(text))
            || self.is_named_by_arn(text)
    }

    /// Returns whether a text is a host name that the cloud assigned to it, or a name below that, such as
    /// `dualstack.shop-123.elb.amazonaws.com`.
    pub(crate) fn is_reached_at(&self, text: &str) -> bool {
        let Some(schema) = groundplan_schema::lookup(&self.type_name) else { return false };
        let mut hosts = self.outputs.iter().filter(|(name, _)| schema.is_host_name(name));
        hosts.any(|(_, host)| {
            let above = host.as_str().filter(|host| !host.is_empty()).and_then(|host| text.strip_suffix(host));
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    }

    /// Returns whether a text is the ARN built from its identifier or name.
    pub(crate) fn is_named_by_arn(&self, text: &str) -> bool {
        let schema = groundplan_schema::lookup(&self.type_name).filter(|_| text.starts_with("arn:"));
        let Some((schema, parts)) = schema.and_then(|schema| Some((schema, schema.in_arn(text)?))) else {
            return false;
        };
        let own = schema.own_name().and_then(|name| self.properties.get(name)?.as_str());
        let Environment { region, account, .. } = &self.environment;
        let is_here = parts.region.is_empty() || parts.region == region;
        let is_ours = parts.account.is_empty() || account.as_ref().is_none_or(|account| parts.account == account);
        (parts.name == self.id || own == Some(parts.name)) && is_here && is_ours
    }

    /// Returns whether a text of its properties identifies `other`.
    pub(crate) fn names(&self, other: &Self) -> bool {
        let mut found = false;
        for value in self.properties.values() {
            value.walk(&mut |value| found |= value.as_str().is_some_and(|text| other.is_identified_by(text)));
        }
        found
    }

    /// Returns the event that this resource of `path` no longer exists.
    pub(crate) fn gone(&self, path: &Path) -> Event {
        Event::Gone { path: path.clone(), id: self.id.clone(), generation: Some(self.generation) }
    }

    /// Returns the events that this resource of `path` is unchanged and still has to be updated.
    pub(crate) fn lacking(&self, path: &Path) -> Vec<Event> {
        let path = path.clone();
        let intent = Intent {
            operation: Operation::Update,
            token: String::new(),
            asked: None,
            properties: self.properties.clone(),
            secrets: self.secrets.clone(),
            dependencies: self.dependencies.clone(),
            lifecycle: self.lifecycle.clone(),
        };
        let (id, outputs) = (self.id.clone(), Outputs::new());
        let works = self.status == ResourceStatus::Ready;
        let ready = works.then(|| Event::Ready { path: path.clone(), outputs: outputs.clone() });
        let accepted = Event::Accepted { path: path.clone(), id, outputs, found: None, incomplete: true };
        [Event::Intent { path, intent }, accepted].into_iter().chain(ready).collect()
    }

    /// Returns the last known value of an attribute or property.
    pub fn value_of(&self, attribute: &str) -> Option<Json> {
        if let Some(output) = self.outputs.get(attribute) {
            return Some(output.clone());
        }
        if let Some(property) = self.properties.get(attribute) {
            return property.is_known().then(|| property.to_json());
        }
        let schema = groundplan_schema::lookup(&self.type_name)?;
        (schema.primary_identifier == [attribute]).then(|| self.id.clone().into())
    }

    /// Adds outputs, ordered by name, so that a state has the same bytes regardless of their order.
    pub(crate) fn learn(&mut self, outputs: Outputs) {
        self.outputs.extend(outputs);
        self.outputs.sort_keys();
    }

    /// Returns whether these outputs contain a value that the state does not have.
    pub(crate) fn lacks(&self, outputs: &Outputs) -> bool {
        outputs.iter().any(|(name, value)| self.outputs.get(name) != Some(value))
    }

    /// Renames it, as an update may that puts another resource into its place in the account.
    pub(crate) fn rename(&mut self, id: String) {
        if let Some(schema) = groundplan_schema::lookup(&self.type_name)
            && let [attribute] = schema.primary_identifier.as_slice()
            && let Some(known) = self.outputs.get_mut(*attribute)
        {
            *known = id.clone().into();
        }
        self.id = id;
    }

    /// Returns whether a deletion loses data. A resource that failed in the run that created it holds none.
    pub fn is_stateful(&self) -> bool {
        let stateful = groundplan_schema::lookup(&self.type_name).is_some_and(|schema| schema.stateful);
        stateful && self.status != ResourceStatus::Tainted
    }

    /// Returns whether the resource must not be deleted or replaced: the program protects it, or its last applied
    /// properties make AWS protect it. What was made in part never worked: nothing is lost with it, and no deploy could
    /// take the protection away.
    pub fn is_protected(&self) -> bool {
        if self.status == ResourceStatus::Tainted {
            return false;
        }
        let property = |name: &str| self.properties.get(name).map(Value::to_json);
        let by_aws = groundplan_schema::lookup(&self.type_name).and_then(|schema| schema.is_protected_by(property));
        self.lifecycle.protect || by_aws.is_some()
    }

    /// Returns the resource in the form that a provider takes.
    pub fn existing(&self, app: &str, path: &Path) -> Existing {
        Existing {
            address: Address {
                app: app.to_owned(),
                path: path.clone(),
                type_name: self.type_name.clone(),
                environment: self.environment.clone(),
            },
            id: self.id.clone(),
            properties: without_secrets(&self.properties),
        }
    }
}

/// The properties as plain JSON. What is not known, and every secret, is left out.
pub(crate) fn without_secrets(properties: &BTreeMap<String, Value>) -> Properties {
    fn plain(value: &Value) -> Option<Json> {
        Some(match value {
            Value::Deferred(_) | Value::Secret(_) => return None,
            Value::List(items) => items.iter().filter_map(plain).collect(),
            Value::Map(entries) => {
                Json::Object(entries.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect())
            }
            scalar => scalar.to_json(),
        })
    }
    properties.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect()
}

/// The token of the create that made, or is to make, this generation of a path.
pub(crate) fn creation_token(lineage: Uuid, path: &Path, generation: u32) -> String {
    token(lineage, path, generation, "create")
}

/// Names a call for ever: 64 hexadecimal digits.
pub(crate) fn token(lineage: Uuid, path: &Path, generation: u32, call: &str) -> String {
    hex(&Sha256::digest(format!("{lineage}\n{path}\n{generation}\n{call}")))
}

/// The state that a run starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The state, folded with the journal of an interrupted run.
    pub state: State,
    /// The serial of the saved state that the journal continues; `None` if no state is saved.
    pub base: Option<u64>,
    /// The number of journal events in the state. A run in progress adds events, and the journal is empty when it ends.
    pub journal: u64,
}

impl Loaded {
    /// Returns whether there is no evidence that the app was ever deployed from this store. A first run saves an empty
    /// state before it writes its journal. An empty state without events is therefore no evidence, since the journal
    /// may have been emptied.
    pub fn is_first(&self) -> bool {
        self.base.is_none() || (self.journal == 0 && self.state.is_blank())
    }
}
