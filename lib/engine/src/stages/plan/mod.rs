//! The graph of steps that a deploy executes.
//!
//! A plan is data: it can be saved and executed later, and it is refused if the state has changed since. It contains no
//! secrets, only their sources.

mod by_text;
mod claims;
mod conflict;
mod error;
mod feasible;
mod final_snapshot;
mod graph;
mod nodes;
mod order;
mod quota;
mod schedule;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Assembly, Environment, Path, Value};
use groundplan_schema::{ResourceType, lookup};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use conflict::{HeldResource, Holding, NamedTooEarly, Taken};
pub use error::PlanError;
pub use schedule::schedule;

use schedule::Refused;

use crate::Error;
use crate::model::{Event, FormatError, Imports, open, seal};
use crate::provider::Identity;
use crate::stages::diff::{ChangeSet, Inputs};

/// The plan of a deploy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The lineage of the state that the plan was made from.
    pub lineage: Uuid,
    /// The serial of that state.
    pub serial: u64,
    /// The number of journal events in that state; only in a saved plan. A run in progress raised the serial when it
    /// began, so the serial alone does not show what the run did after the plan was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<u64>,
    /// The account that the plan was made for.
    pub identity: Identity,
    /// Findings of planning that are not in the state: the outcome of interrupted calls and, after a refresh, the live
    /// properties. The execution records them first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Event>,
    /// The steps, each after those that it waits for.
    pub steps: Vec<Step>,
    /// The outputs that the app publishes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// `true` if any of the outputs changes.
    #[serde(default)]
    pub outputs_change: bool,
    /// The outputs of other apps that the plan uses. The plan is refused if these have changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: Imports,
    /// The outputs of other apps that unchanged resources use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept_imports: Imports,
    /// `true` if any used value of another app changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imports_change: bool,
    /// `true` if the answer of any lookup changes. The answers are in [`observed`](Self::observed).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lookups_change: bool,
    /// The assembly of the program; only in a saved plan. A plan that destroys everything has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assembly: Option<Assembly>,
    /// The changes as shown to users; only in a saved plan. It affects no step, but decides whether the history keeps
    /// the assembly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
    /// The outputs whose values are of a resource that is replaced or deleted, with that resource. It is refused
    /// where other apps use them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced_outputs: BTreeMap<String, Path>,
    /// The resources whose data is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses_data: Vec<Path>,
    /// The resources that are protected and would be deleted or replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<Path>,
}

/// The part of a plan that is shown to users, in addition to the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// The changes, with their reasons.
    pub changes: ChangeSet,
    /// The resources whose changes are left out, because only a part was requested.
    pub left_out: Vec<Path>,
    /// `true` if the plan includes a refresh.
    pub refreshed: bool,
    /// `true` if only a part of the program was requested.
    pub is_part: bool,
}

/// The position of a step in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// One piece of work on one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its position in the plan.
    pub id: StepId,
    /// The resource.
    pub path: Path,
    /// CloudFormation's name of the type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The work of the step.
    pub work: Work,
    /// The steps that must be done first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<StepId>,
    /// The approximate duration in seconds. It only decides which step starts first if not all can start.
    pub weight: u32,
}

/// The work of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Requests a new resource, until the cloud accepts the request.
    Create {
        /// The region and account of the resource.
        environment: Environment,
        /// The number of resources that were created at the path, including this one.
        generation: u32,
        /// The desired resource.
        desired: Desired,
    },
    /// Requests a change in place, until the cloud accepts the request. After a replacement, this updates a consumer to
    /// use the new resource.
    Update {
        /// The desired resource.
        desired: Desired,
    },
    /// Waits until the resource is ready.
    Ready,
    /// Requests a deletion, and waits until the resource no longer exists.
    Delete {
        /// The identifier, because another resource may be at the path by then.
        id: String,
        /// The generation, which distinguishes it from other resources of the path with the same identifier. Plans of
        /// earlier versions lack it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// The name of the final snapshot to take first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        final_snapshot: Option<String>,
    },
    /// Changes the path of the resource in the state.
    Move {
        /// The old path.
        from: Path,
    },
    /// Records the dependencies and lifecycle settings of the resource.
    Record {
        /// The dependencies.
        dependencies: BTreeSet<Path>,
        /// The lifecycle settings.
        lifecycle: Lifecycle,
    },
    /// Removes the path from the state. The resource stays in the account under another path.
    Forget,
    /// Leaves the resource in the account with what it needs. The state keeps a record of it.
    Retain,
    /// Does nothing. It is reached when everything is created and changed, and before the remaining deletions. It
    /// belongs to no resource.
    Barrier,
}

/// The desired form of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// The properties, with the references of the program. The references are resolved when the step starts.
    pub properties: BTreeMap<String, Value>,
    /// The dependencies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// The lifecycle settings.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

impl Work {
    /// Returns the verb, as in `create`.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Ready => "wait for",
            Self::Delete { .. } => "delete",
            Self::Move { .. } => "move",
            Self::Record { .. } => "record",
            Self::Forget => "forget",
            Self::Retain => "retain",
            Self::Barrier => "all is made",
        }
    }
}

impl Work {
    /// Returns whether it deletes the resource with this identifier and generation.
    fn deletes(&self, wanted: &str, of: u32) -> bool {
        matches!(self, Self::Delete { id, generation, .. } if id == wanted && *generation == Some(of))
    }
}

impl Plan {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 5;

    /// Returns whether nothing changes, neither in the account, nor in the outputs that the app publishes
    /// and uses, nor in the answers of its lookups.
    /// Findings of planning may still have to be recorded ([`Plan::observed`]).
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && !self.outputs_change && !self.imports_change && !self.lookups_change
    }

    /// Returns the steps that belong to a resource.
    pub fn work(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.work != Work::Barrier)
    }

    /// Returns the step `id` of this plan.
    ///
    /// # Panics
    /// If `id` belongs to another plan.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// Checks that the plan may be executed.
    ///
    /// # Errors
    /// [`PlanError::Protected`], [`PlanError::DataLoss`] unless `delete_data`, and [`PlanError::NoFinalSnapshot`].
    pub fn permit(&self, delete_data: bool) -> Result<(), Error> {
        if !self.protected.is_empty() {
            return Err(PlanError::Protected { paths: self.protected.clone() }.into());
        }
        if !self.loses_data.is_empty() && !delete_data {
            return Err(PlanError::DataLoss { paths: self.loses_data.clone() }.into());
        }
        self.permit_without_snapshots()
    }

    /// Returns the document as indented JSON, with its checksum as the last member and a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a plan has string keys only");
        json.push('\n');
        seal(&json)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`FormatError::Newer`], and [`PlanError::Corrupt`], also if the plan does not match its checksum, or if an
    /// earlier version saved it, since such a plan lacks information that this version shows and checks.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let corrupt = |reason: String| Error::Plan(PlanError::Corrupt { reason });
        let Header { format } = serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
        if format > Self::FORMAT {
            return Err(Error::Format(FormatError::Newer {
                place: "the plan".into(),
                found: format,
                known: Self::FORMAT,
            }));
        }
        if format < Self::FORMAT {
            return Err(corrupt("an earlier version saved it".into()));
        }
        let body =
            open(text).ok_or_else(|| corrupt("it does not match its checksum: it was edited or is damaged".into()))?;
        let plan: Self = serde_json::from_str(&body).map_err(|error| corrupt(error.to_string()))?;
        let ordered = plan.steps.iter().enumerate().all(|(position, step)| {
            step.id.0 as usize == position && step.dependencies.iter().all(|dependency| *dependency < step.id)
        });
        if !ordered {
            return Err(corrupt("its steps are not in order".into()));
        }
        Ok(plan)
    }

    /// Returns the graph as text, one step per line.
    pub fn render(&self) -> String {
        self.steps.iter().map(|step| format!("{step}\n")).collect()
    }
}

/// Returns the plan of the changes that `diff` finds for a set of replacements that have to delete the old resource
/// first: all those that wait for each other, as when two names are swapped.
///
/// # Errors
/// As [`schedule`], and those of `diff`.
pub(crate) fn arrange<T: AsRef<ChangeSet>>(
    inputs: &Inputs<'_>,
    diff: impl Fn(&BTreeSet<Path>) -> Result<T, Error>,
) -> Result<(T, Plan), Error> {
    let mut first = BTreeSet::new();
    loop {
        let changes = diff(&first)?;
        match schedule::try_schedule(inputs, changes.as_ref()) {
            Ok(plan) => return Ok((changes, plan)),
            Err(Refused::UnlessDeletedFirst(paths, _)) if !paths.is_subset(&first) => first.extend(paths),
            Err(Refused::UnlessDeletedFirst(_, error)) => return Err(*error),
            Err(Refused::Always(error)) => return Err(error),
        }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// `#3 create a/subnet (AWS::EC2::Subnet) after #1 #2`
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.work {
            Work::Barrier => write!(f, "{} {}", self.id, self.work.verb())?,
            work => write!(f, "{} {} {}", self.id, work.verb(), self.path)?,
        }
        match &self.work {
            Work::Delete { id, final_snapshot: None, .. } => write!(f, " {id}")?,
            Work::Delete { id, final_snapshot: Some(name), .. } => {
                let by_hand = lookup(&self.type_name)
                    .and_then(ResourceType::final_snapshot)
                    .is_some_and(|it| it.by_hand.is_some());
                let without = if by_hand { "no " } else { "" };
                write!(f, " {id}, {without}final snapshot {name}")?;
            }
            Work::Move { from } => write!(f, " from {from}")?,
            Work::Create { generation, .. } if *generation > 1 => write!(f, " again")?,
            _ => {}
        }
        if self.work != Work::Barrier {
            write!(f, " ({})", self.type_name)?;
        }
        if !self.dependencies.is_empty() {
            write!(f, " after")?;
        }
        self.dependencies.iter().try_for_each(|dependency| write!(f, " {dependency}"))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "by_text_tests.rs"]
mod by_text_tests;

#[cfg(test)]
#[path = "claims_tests.rs"]
mod claims_tests;

#[cfg(test)]
#[path = "follows_tests.rs"]
mod follows_tests;

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod gateway_tests;

#[cfg(test)]
#[path = "handover_tests.rs"]
mod handover_tests;

#[cfg(test)]
#[path = "circle_tests.rs"]
mod circle_tests;
#[cfg(test)]
#[path = "held_tests.rs"]
mod held_tests;
#[cfg(test)]
#[path = "quota_tests.rs"]
mod quota_tests;
#[cfg(test)]
#[path = "retained_tests.rs"]
mod retained_tests;
