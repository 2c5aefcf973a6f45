//! What differs between the assembly and the state, and why.
//!
//! The stage is pure: equal inputs give equal change sets.
//!
//! A property that AWS's schema calls *maybe replacing* is changed in place, as CloudFormation
//! does where it can, and the change says that it may replace: whether it really does is the
//! API's answer, which nobody knows before. A resource is replaced where a property changed that
//! always replaces, where its region or type changed, and where it is tainted.
//!
//! A removed and an added path of one type that claim the same thing are one resource, which moves:
//! see [`groundplan_core::claim`]. What the program states by `moved_from` goes before that.

pub(crate) mod bound;
mod changes;
pub(crate) mod claims;
mod compare;
pub(crate) mod existing;
pub(crate) mod follows;
pub(crate) mod moves;
pub(crate) mod needs;
mod network;
pub(crate) mod occupants;
pub(crate) mod only;
pub(crate) mod published;
mod reboots;
mod removed;
mod render;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::Claim;
use groundplan_core::{Assembly, Environment, Path, Reference};
use groundplan_schema::lookup;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use changes::diff;
pub(crate) use changes::{desired_properties, diff_with, with_moves};
pub(crate) use compare::strongest;
pub use removed::destroy;

use crate::model::{Counts, State};
use crate::provider::{Behavior, Identity};
use crate::secret::Digests;

/// All that [`diff`] and [`schedule`](crate::stages::plan::schedule) look at.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// What should exist.
    pub assembly: &'a Assembly,
    /// What exists.
    pub state: &'a State,
    /// Who the credentials belong to.
    pub identity: &'a Identity,
    /// How resources of a type behave.
    pub behavior: &'a dyn Fn(&str) -> Option<Behavior>,
    /// Whether an update of a type has to state a property again that did not change, as
    /// [`Provider::repeats`](crate::Provider::repeats) says.
    pub repeats: &'a dyn Fn(&str, &str) -> bool,
    /// The digests of the secrets that are known while planning; the others count as unchanged.
    pub digests: &'a Digests,
    /// Resources that the state has and that were found to be gone.
    pub missing: &'a BTreeSet<Path>,
}

/// Everything that a deploy would do, resource by resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    /// One for each path of the assembly or the state, with those that need nothing.
    pub changes: BTreeMap<Path, Change>,
    /// What earlier runs have replaced and not deleted; it is deleted now.
    pub deposed: Vec<DeposedChange>,
    /// The outputs of the app that change, by name.
    pub outputs: BTreeMap<String, OutputChange>,
    /// The values of other apps that the app uses and that change, as `account:zone-id`.
    pub imports: BTreeMap<String, ImportChange>,
    /// Pairs that look like one resource under a new path. They are hints and do nothing.
    pub proposed_moves: Vec<ProposedMove>,
    /// What is claimed by each resource that is made or changed.
    #[serde(skip)]
    pub claims: BTreeMap<Path, Vec<Claim>>,
}

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The resource.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The properties that differ.
    pub properties: Vec<PropertyChange>,
    /// The path that it stood at before, where it moves.
    pub moved_from: Option<Path>,
    /// Whether data is lost.
    pub data_loss: bool,
    /// Whether the state says that this is not to be done.
    pub protected: bool,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one takes its place.
    Replace(Order),
    /// It is deleted.
    Delete,
    /// It stays in the account and is managed no more. The state keeps a record of it, for what it needs stays with it.
    Retain,
    /// Its path goes; it stays under another path, which decides about it ([`Reason::SameAs`]).
    Forget,
    /// Its path changes, and nothing else.
    Move,
    /// Nothing changes in the account; the state learns what it is made after and how it is to
    /// be treated.
    Record,
    /// It was made or changed by an earlier run; this one waits until it is ready.
    Resume,
    /// A `destroy` leaves it.
    Keep,
    /// Nothing.
    NoOp,
}

/// In which order a resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The new one is made, its consumers are pointed to it, the old one is deleted.
    CreateFirst,
    /// The old one is deleted first: both cannot exist at once, or the program says so.
    DeleteFirst,
}

/// Why something is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The program has it, the state has not.
    New,
    /// It is gone from the account.
    Missing,
    /// It is not in the program any more.
    Removed,
    /// Everything is destroyed.
    Destroyed,
    /// A property changed that is changed in place.
    Changed {
        /// The property.
        property: String,
    },
    /// A property changed that is changed in place where the API can, and may replace.
    MayReplace {
        /// The property.
        property: String,
    },
    /// A property changed that cannot be changed in place.
    Forces {
        /// The property.
        property: String,
    },
    /// A property changes that is ignored in place, and not in what is made anew.
    NotIgnored {
        /// The property.
        property: String,
    },
    /// A property gets a value that is not known yet, since what it is taken from changes.
    NotYetKnown {
        /// The property.
        property: String,
        /// What it is taken from.
        #[serde(with = "as_text")]
        because: Reference,
    },
    /// A property may get another value, since what it is taken from is changed in place. It is changed
    /// where the value turns out to differ.
    MayFollow {
        /// The property.
        property: String,
        /// What it is taken from.
        #[serde(with = "as_text")]
        because: Reference,
    },
    /// The change makes a new secret value.
    NewSecret,
    /// A resource needs its secret, which only the run that has made it knew.
    SecretLost {
        /// The resource that needs it.
        by: Path,
    },
    /// It is the same thing in the account as what stood at the path that it moves from.
    SameThing {
        /// What the thing is, as in `inline policy of a role`.
        what: Cow<'static, str>,
    },
    /// The program keeps the same thing in the account under this path.
    SameAs(Path),
    /// It is to be in another region or account.
    EnvironmentChanged {
        /// Where it is.
        from: Environment,
        /// Where it is to be.
        to: Environment,
    },
    /// The path has a resource of another type.
    TypeChanged {
        /// CloudFormation's name of the type before.
        from: String,
    },
    /// It was made in part, or has failed before it was ever ready.
    Tainted,
    /// A setting that follows its create was refused: the resource exists, and lacks settings.
    Incomplete,
    /// It takes parameters that change, and it is rebooted so that they apply.
    Reboots {
        /// The group or cluster whose change they are.
        by: Path,
    },
    /// An earlier run was interrupted while it created, changed or deleted the resource.
    Interrupted,
    /// An earlier run has not seen it ready.
    NotSeenReady,
    /// It is to stay in the account when it is removed.
    Retained,
    /// It holds data, and `destroy` was not told to delete that.
    Stateful,
    /// A resource that stays depends on it.
    NeededBy(Path),
    /// It is a part of a resource that stays.
    PartOf(Path),
    /// What it is bound to is deleted, and another one gets the name of that.
    BoundTo(Path),
    /// How it is to be treated has changed.
    LifecycleChanged,
    /// What it is made after has changed.
    DependenciesChanged,
}

/// One difference within the properties of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// Where, as in `VpcConfig.SubnetIds` or `Tags.Name`.
    pub property: String,
    /// The value that was applied.
    pub from: Rendered,
    /// The value that will be.
    pub to: Rendered,
    /// What the change does to the resource.
    pub replacement: Replaces,
    /// What the value is taken from, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
    pub because: Option<Reference>,
}

/// A value that can be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendered {
    /// There is none.
    Absent,
    /// This one. What is not known or sensitive inside stands as a remark.
    Known(Json),
    /// One that is known when the resource that it is taken from has changed.
    Unknown,
    /// One that is not shown.
    Sensitive,
}

/// What a change of a property does to its resource, by AWS's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replaces {
    /// It is changed in place.
    No,
    /// It is changed in place where the API can.
    Maybe,
    /// It is replaced.
    Yes,
}

/// A resource that is to be deleted and that no path names any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeposedChange {
    /// Where it stood.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// Its identifier.
    pub id: String,
    /// How often the path had been created with it.
    #[serde(skip)]
    pub(crate) generation: u32,
    /// Whether data is lost.
    pub data_loss: bool,
    /// Whether the program protects it, or AWS does, so that the plan is refused.
    pub protected: bool,
}

/// What happens to an output of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputChange {
    /// It gets a value.
    Set {
        /// The one before.
        from: Option<Json>,
        /// The one after.
        to: Rendered,
    },
    /// It is published no more.
    Removed,
}

/// What happens to a value of another app that the app uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportChange {
    /// The one that was used so far.
    pub from: Option<Json>,
    /// The one that is used from now on.
    pub to: Option<Json>,
}

/// A removed and an added resource that look like the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedMove {
    /// The path in the state.
    pub from: Path,
    /// The path in the program.
    pub to: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
}

/// A reference as the text that people read.
mod as_text {
    use groundplan_core::Reference;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(reference: &Reference, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(reference)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
        let text = String::deserialize(deserializer)?;
        Reference::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no reference")))
    }
}

/// As [`as_text`], where there may be none.
mod as_optional_text {
    use groundplan_core::Reference;
    use serde::{Deserializer, Serializer};

    use super::as_text;

    pub(super) fn serialize<S: Serializer>(reference: &Option<Reference>, serializer: S) -> Result<S::Ok, S::Error> {
        match reference {
            Some(reference) => as_text::serialize(reference, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reference>, D::Error> {
        as_text::deserialize(deserializer).map(Some)
    }
}

/// A place of a property without the elements of lists, which stand there by position or by key: `Certificates` for
/// `Certificates.0`.
fn without_elements(type_name: &str, property: &str) -> String {
    let Some(schema) = lookup(type_name) else { return property.to_owned() };
    let mut cursor = schema.cursor();
    let mut names = Vec::new();
    for name in property.split('.') {
        if cursor.is_list() {
            cursor = cursor.item();
        } else {
            names.push(name);
            cursor = cursor.key(name);
        }
    }
    names.join(".")
}

impl Change {
    /// Whether it is about a place of the properties, as in `VpcConfig.SubnetIds`, or about what is around or within
    /// it. A place names no elements of lists (`Certificates.CertificateArn`).
    pub(crate) fn is_about(&self, place: &str) -> bool {
        let is_within = |part: &str, whole: &str| {
            part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let places = self.properties.iter().map(|it| without_elements(&self.type_name, &it.property));
        places.into_iter().any(|it| is_within(&it, place) || is_within(place, &it))
    }

    /// Whether it is changed only where a value that it takes from others turns out to differ.
    pub fn may_update(&self) -> bool {
        let may = |reason: &Reason| matches!(reason, Reason::MayFollow { .. } | Reason::SameThing { .. });
        self.action == Action::Update && self.reasons.iter().all(may)
    }
}

impl AsRef<Self> for ChangeSet {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl ChangeSet {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let idle = |change: &Change| matches!(change.action, Action::NoOp | Action::Keep);
        let same = self.outputs.is_empty() && self.imports.is_empty();
        self.deposed.is_empty() && same && self.changes.values().all(idle)
    }

    /// How many resources are treated how.
    pub fn count(&self) -> Counts {
        let mut counts = Counts { delete: self.deposed.len(), ..Counts::default() };
        for change in self.changes.values() {
            match change.action {
                Action::Create => counts.create += 1,
                Action::Update if change.may_update() => counts.may_update += 1,
                Action::Update => counts.update += 1,
                Action::Replace(_) => counts.replace += 1,
                Action::Delete => counts.delete += 1,
                Action::Keep | Action::NoOp => {}
                Action::Retain | Action::Forget | Action::Move | Action::Record | Action::Resume => counts.other += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod same_tests;
#[cfg(test)]
#[path = "tests.rs"]
pub(crate) mod tests;
