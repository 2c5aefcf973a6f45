//! Computes the differences between the assembly and the state, with their reasons.
//!
//! The stage is pure: equal inputs result in equal change sets.
//!
//! A property that AWS's schema calls *maybe replacing* is changed in place, as CloudFormation does if possible, and
//! the change says that it may replace the resource. Only the response of the API shows whether it does. A resource is
//! replaced if a property changed that always replaces it, if its region or type changed, or if it is tainted.
//!
//! A removed and an added path of one type with the same claim are one resource, which moves: see
//! [`groundplan_core::claim`]. A `moved_from` of the program takes precedence.

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
pub(crate) mod restored;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::Claim;
use groundplan_core::{Assembly, Environment, Path, Reference};
use groundplan_schema::{Replacement, lookup};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use changes::diff;
pub(crate) use changes::{desired_properties, diff_with, with_moves};
pub(crate) use compare::strongest;
pub use needs::Need;
pub use only::LeftOut;
pub use removed::destroy;

use crate::model::{Answer, Counts, State};
use crate::provider::{Behavior, Identity};
use crate::secret::Digests;

/// The inputs of [`diff`] and [`schedule`](crate::stages::plan::schedule).
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The desired resources.
    pub assembly: &'a Assembly,
    /// The existing resources.
    pub state: &'a State,
    /// The owner of the credentials.
    pub identity: &'a Identity,
    /// The behavior of each type.
    pub behavior: &'a dyn Fn(&str) -> Option<Behavior>,
    /// Returns whether an update of a type has to repeat an unchanged property, as
    /// [`Provider::repeats`](crate::Provider::repeats) defines it.
    pub repeats: &'a dyn Fn(&str, &str) -> bool,
    /// The digests of the secrets that are known during planning. All other secrets count as unchanged.
    pub digests: &'a Digests,
    /// Resources of the state that no longer exist.
    pub missing: &'a BTreeSet<Path>,
}

/// The changes of a deploy, by resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    /// One change for each path of the assembly or the state, including those without a change.
    pub changes: BTreeMap<Path, Change>,
    /// Resources that earlier runs replaced but did not delete. They are deleted now.
    pub deposed: Vec<DeposedChange>,
    /// The outputs of the app that change, by name.
    pub outputs: BTreeMap<String, OutputChange>,
    /// The changed values of other apps that the app uses, by names such as `account:zone-id`.
    pub imports: BTreeMap<String, ImportChange>,
    /// The answers of lookups that change, by the path of the lookup.
    pub lookups: BTreeMap<Path, LookupChange>,
    /// Pairs that appear to be one resource under a new path. They are hints only.
    pub proposed_moves: Vec<ProposedMove>,
    /// The claims of each resource that is created or changed.
    #[serde(skip)]
    pub claims: BTreeMap<Path, Vec<Claim>>,
}

/// The change of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The resource.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// The action.
    pub action: Action,
    /// The reasons.
    pub reasons: Vec<Reason>,
    /// The properties that differ.
    pub properties: Vec<PropertyChange>,
    /// The old path, if the resource moves.
    pub moved_from: Option<Path>,
    /// `true` if the change loses data.
    pub data_loss: bool,
    /// `true` if the resource is protected against this change.
    pub protected: bool,
}

/// The action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Creates the resource.
    Create,
    /// Changes the resource in place.
    Update,
    /// Replaces the resource by a new one.
    Replace(Order),
    /// Deletes the resource.
    Delete,
    /// Leaves the resource in the account, no longer managed. The state keeps a record of it, so that what it needs
    /// stays, too.
    Retain,
    /// Removes the path. The resource stays under another path, which decides about it ([`Reason::SameAs`]).
    Forget,
    /// Changes only the path.
    Move,
    /// Changes nothing in the account, but records new dependencies or lifecycle settings in the state.
    Record,
    /// Waits until the resource is ready, which an earlier run created or changed.
    Resume,
    /// Keeps the resource in a `destroy`.
    Keep,
    /// Does nothing.
    NoOp,
}

/// The order of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The new resource is created, its consumers are updated to use it, and the old resource is deleted.
    CreateFirst,
    /// The old resource is deleted first, because both cannot exist at once or the program says so.
    DeleteFirst,
}

/// The reason for a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The resource is in the program, but not in the state.
    New,
    /// The resource no longer exists in the account.
    Missing,
    /// The resource is no longer in the program.
    Removed,
    /// Everything is destroyed.
    Destroyed,
    /// A property changed, and the resource is changed in place.
    Changed {
        /// The property.
        property: String,
    },
    /// A property changed. The resource is changed in place if the API can do that, and may be replaced.
    MayReplace {
        /// The property.
        property: String,
    },
    /// A property changed that replaces the resource.
    Forces {
        /// The property.
        property: String,
    },
    /// A property changes that `ignore_changes` names. It is ignored in place, but not when the resource is created
    /// again.
    NotIgnored {
        /// The property.
        property: String,
    },
    /// A property gets a value that is not known yet, because its source changes.
    NotYetKnown {
        /// The property.
        property: String,
        /// The source of the value.
        #[serde(with = "as_text")]
        because: Reference,
    },
    /// A property may get another value, because its source is changed in place. It is changed only if the value turns
    /// out to differ.
    MayFollow {
        /// The property.
        property: String,
        /// The source of the value.
        #[serde(with = "as_text")]
        because: Reference,
    },
    /// The change generates a new secret value.
    NewSecret,
    /// Another resource needs its secret, which only the run that created it knew.
    SecretLost {
        /// The resource that needs it.
        by: Path,
    },
    /// It is the same thing in the account as the resource at the path that it moves from.
    SameThing {
        /// The kind of thing, as in `inline policy of a role`.
        what: Cow<'static, str>,
    },
    /// The program keeps the same thing under this path.
    SameAs(Path),
    /// The region or account changes.
    EnvironmentChanged {
        /// The current environment.
        from: Environment,
        /// The new environment.
        to: Environment,
    },
    /// The type at the path changes.
    TypeChanged {
        /// CloudFormation's name of the type before.
        from: String,
    },
    /// The resource was partly created, or failed before it was ever ready.
    Tainted,
    /// A setting after the create was refused, so the resource lacks settings.
    Incomplete,
    /// The resource uses parameters that change, and is rebooted so that they apply.
    Reboots {
        /// The parameter group or cluster that changes.
        by: Path,
    },
    /// An earlier run was interrupted while it created, changed or deleted the resource.
    Interrupted,
    /// An earlier run did not see the resource ready.
    NotSeenReady,
    /// The resource is retained when it is removed.
    Retained,
    /// The resource is stateful, and `destroy` was not allowed to delete data.
    Stateful,
    /// A resource that stays depends on this one.
    NeededBy(Path),
    /// The resource is a part of another one that stays.
    PartOf(Path),
    /// The resource that this one is bound to is deleted, and another one gets its name.
    BoundTo(Path),
    /// The lifecycle settings have changed.
    LifecycleChanged,
    /// The dependencies have changed.
    DependenciesChanged,
}

/// One difference within the properties of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// The place of the difference, as in `VpcConfig.SubnetIds` or `Tags.Name`.
    pub property: String,
    /// The applied value.
    pub from: Rendered,
    /// The new value.
    pub to: Rendered,
    /// The effect on the resource, according to AWS's schema. If it is [`Maybe`](Replacement::Maybe), the resource is
    /// changed in place if the API can do that.
    pub replacement: Replacement,
    /// The source of the value, if the value is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
    pub because: Option<Reference>,
}

/// A value for display.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendered {
    /// No value.
    Absent,
    /// A known value. Unknown or sensitive parts are replaced by a remark.
    Known(Json),
    /// A value that is known once its source has changed.
    Unknown,
    /// A value that is not shown.
    Sensitive,
}

/// The deletion of a resource that no longer has a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeposedChange {
    /// Its former path.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// Its identifier.
    pub id: String,
    /// Its generation.
    #[serde(skip)]
    pub(crate) generation: u32,
    /// `true` if the deletion loses data.
    pub data_loss: bool,
    /// `true` if the resource is protected by the program or by AWS, so that the plan is refused.
    pub protected: bool,
}

/// The change of an output of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputChange {
    /// The output gets a value.
    Set {
        /// The old value.
        from: Option<Json>,
        /// The new value.
        to: Rendered,
    },
    /// The output is removed.
    Removed,
}

/// The change of a value of another app that the app uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportChange {
    /// The old value.
    pub from: Option<Json>,
    /// The new value.
    pub to: Option<Json>,
}

/// A change of the answer of a lookup, which later plans use, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookupChange {
    /// The outputs of the answer in the state.
    pub from: Rendered,
    /// The outputs of the new answer; unknown if another app, which is deployed first, may create the resource.
    pub to: Rendered,
}

impl Answer {
    /// Returns the outputs for display.
    pub(crate) fn rendered(&self) -> Rendered {
        Rendered::Known(self.outputs.clone().into())
    }
}

/// A removed and an added resource that appear to be the same.
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

/// Returns a place of a property without the elements of lists, which it identifies by position or by key:
/// `Certificates` for `Certificates.0`.
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
    /// Returns whether the change concerns a place of the properties, as in `VpcConfig.SubnetIds`, or a value around or
    /// within it. A place names no elements of lists (`Certificates.CertificateArn`).
    pub(crate) fn is_about(&self, place: &str) -> bool {
        let is_within = |part: &str, whole: &str| {
            part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let places = self.properties.iter().map(|it| without_elements(&self.type_name, &it.property));
        places.into_iter().any(|it| is_within(&it, place) || is_within(place, &it))
    }

    /// Returns whether the resource is changed only if a value that it takes from others turns out to differ.
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
    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let idle = |change: &Change| matches!(change.action, Action::NoOp | Action::Keep);
        let same = self.outputs.is_empty() && self.imports.is_empty() && self.lookups.is_empty();
        self.deposed.is_empty() && same && self.changes.values().all(idle)
    }

    /// Counts the resources by action.
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
