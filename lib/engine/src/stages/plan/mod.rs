//! The graph of steps that a deploy executes, and nothing else.
//!
//! A plan is data: `plan --out` saves it, `deploy PLAN` executes it, and it is refused where the
//! state has moved on since. It has no secret in it, only where secrets come from.

mod by_text;
mod claims;
mod feasible;
mod final_snapshot;
mod graph;
mod nodes;
mod order;
mod schedule;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Assembly, Environment, Path, Value};
use groundplan_schema::{ResourceType, lookup};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use schedule::schedule;

use schedule::Refused;

use crate::error::Error;
use crate::model::{Event, FormatError, Imports, open, seal};
use crate::provider::Identity;
use crate::stages::diff::{ChangeSet, Inputs};

/// What a deploy does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The state that it was made from.
    pub lineage: Uuid,
    /// How far that state had come.
    pub serial: u64,
    /// How many events of a journal that state had; only in a plan that is saved. A run that is
    /// under way has raised the serial when it began, so that the serial alone does not tell what it
    /// did after the plan was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<u64>,
    /// The account that it was made for.
    pub identity: Identity,
    /// What was found out while planning and is not in the state: how interrupted calls have
    /// ended, and with `--refresh` how resources are now. It is written down first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Event>,
    /// The steps, each after those that it waits for.
    pub steps: Vec<Step>,
    /// What the app publishes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// Whether any of the outputs changes.
    #[serde(default)]
    pub outputs_change: bool,
    /// What it uses of other apps. It is refused where they publish something else by then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: Imports,
    /// What resources that it leaves alone use of other apps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept_imports: Imports,
    /// Whether any value that is used of another app changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imports_change: bool,
    /// What the program says; only in a plan that is saved. A plan that destroys everything has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assembly: Option<Assembly>,
    /// What people are shown of the plan; only in a plan that is saved. It decides no step, and whether the history
    /// keeps the assembly.
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

/// What people are shown of a plan, beside its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// What changes, and why.
    pub changes: ChangeSet,
    /// The resources with changes that are not done, since only a part was asked for.
    pub left_out: Vec<Path>,
    /// Whether every resource was read for it.
    pub refreshed: bool,
    /// Whether only a part of the program was asked for.
    pub is_part: bool,
}

/// Names a step within its plan: its position.
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
    /// What is done.
    pub work: Work,
    /// The steps that have to be done before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<StepId>,
    /// About how many seconds it takes. Decides what is started first where not everything can
    /// be, and nothing else.
    pub weight: u32,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Asks for a new resource, until the cloud has accepted.
    Create {
        /// The region and account that it is to be in.
        environment: Environment,
        /// How often the path has been created, this time included.
        generation: u32,
        /// What it is to be like.
        desired: Desired,
    },
    /// Asks for a change in place, until the cloud has accepted. After a replacement it points a
    /// consumer to the new one.
    Update {
        /// What it is to be like.
        desired: Desired,
    },
    /// Waits until it works.
    Ready,
    /// Asks for a deletion, and waits until it is gone.
    Delete {
        /// The identifier: the path may have another resource by then.
        id: String,
        /// The generation, which tells it from another one of the path with the same identifier.
        /// Plans of earlier versions do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// The name of the snapshot to take before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        final_snapshot: Option<String>,
    },
    /// Changes its path in the state.
    Move {
        /// The path before.
        from: Path,
    },
    /// Writes down what it is made after and how it is to be treated.
    Record {
        /// What it is made after.
        dependencies: BTreeSet<Path>,
        /// What holds for its life.
        lifecycle: Lifecycle,
    },
    /// Leaves it in the account and takes it out of the state: another path has it.
    Forget,
    /// Leaves it in the account with what it needs; the state keeps a record of it.
    Retain,
    /// Does nothing: when it is reached, all is made and changed, and what is left over is deleted. It
    /// belongs to no resource.
    Barrier,
}

/// What a resource is to be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// The properties, with references as the program has them. They are resolved when the step
    /// starts.
    pub properties: BTreeMap<String, Value>,
    /// What it is made after.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// What holds for its life.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

impl Work {
    /// The verb, as in `create`.
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
    /// Whether it deletes the resource with this identifier and generation.
    fn deletes(&self, wanted: &str, of: u32) -> bool {
        matches!(self, Self::Delete { id, generation, .. } if id == wanted && *generation == Some(of))
    }
}

impl Plan {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 4;

    /// Whether nothing changes: neither in the account nor in what the app publishes and uses. What was found
    /// out while planning may still have to be written down ([`Plan::observed`]).
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && !self.outputs_change && !self.imports_change
    }

    /// The steps that are about a resource.
    pub fn work(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.work != Work::Barrier)
    }

    /// The step `id` of this plan.
    ///
    /// # Panics
    /// Where `id` is of another plan.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// Whether it may be executed.
    ///
    /// # Errors
    /// [`Error::Protected`], [`Error::DataLoss`] unless `delete_data`, and [`Error::NoFinalSnapshot`].
    pub fn permit(&self, delete_data: bool) -> Result<(), Error> {
        if !self.protected.is_empty() {
            return Err(Error::Protected { paths: self.protected.clone() });
        }
        if !self.loses_data.is_empty() && !delete_data {
            return Err(Error::DataLoss { paths: self.loses_data.clone() });
        }
        self.permit_without_snapshots()
    }

    /// The document, indented, with its checksum as the last member and a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a plan has string keys only");
        json.push('\n');
        seal(&json)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`FormatError::Newer`], and [`Error::CorruptPlan`], also where it does not match its checksum, and where an
    /// earlier version has saved it: what that shows and checks is not enough for this one.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let corrupt = |reason: String| Error::CorruptPlan { reason };
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

    /// The graph as text, a step a line.
    pub fn render(&self) -> String {
        self.steps.iter().map(|step| format!("{step}\n")).collect()
    }
}

/// The plan of the changes that `diff` finds, which is told the replacements that have to delete the
/// old resource first: of those that wait for each other, as where two names are swapped, all do.
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
#[path = "held_tests.rs"]
mod held_tests;
#[cfg(test)]
#[path = "retained_tests.rs"]
mod retained_tests;
