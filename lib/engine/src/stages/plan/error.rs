//! The errors of plans.

use std::collections::BTreeSet;

use groundplan_core::Path;

use super::conflict::{HeldResource, NamedTooEarly, Taken};
use crate::hint::{Hint, Hints};
use crate::text::{bullets, line};

/// There is no plan that works, or a plan may not be executed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The plan deletes or replaces protected resources.
    #[error(
        "the plan deletes or replaces protected resources:{}\nto allow it, first deploy a change that only removes the protection (`protect`, or `DeletionProtection` of AWS)",
        bullets(paths)
    )]
    Protected {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan deletes or replaces stateful resources, which was not allowed.
    #[error("the plan deletes or replaces stateful resources:{}", bullets(paths))]
    DataLoss {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan deletes resources whose final snapshot can only be taken by hand.
    #[error(
        "Groundplan cannot take a final snapshot of resources that the plan deletes; take each snapshot with its command, and wait until it is complete:{}",
        commands.iter().map(|(path, command)| format!("\n  {}", line(format_args!("`{path}`: {command}")))).collect::<String>()
    )]
    NoFinalSnapshot {
        /// The resources, each with the command that takes a snapshot of it.
        commands: Vec<(Path, String)>,
    },
    /// Resources claim something that can exist only once and that others keep. Nothing was changed.
    #[error("the plan cannot work, because each of these can exist only once:{}", bullets(taken))]
    Claimed {
        /// Each resource, with its claim and the resource that holds it.
        taken: Vec<Taken>,
    },
    /// Resources exchange claims, and none of them can release its claim first. Nothing was changed.
    #[error(
        "`{path}` takes the {what} of `{other}`, which cannot release it first; make the change in two deploys; in the first, give one of the two a different value"
    )]
    Swapped {
        /// The resource that takes it.
        path: Path,
        /// The resource that has it.
        other: Path,
        /// A description of the claim, as in `port of a load balancer`.
        what: String,
    },
    /// Resources cannot be deleted, because remaining resources hold them. Nothing was changed.
    #[error("the plan cannot work, because remaining resources hold resources that are deleted:{}", bullets(held))]
    Held {
        /// The resources, each with its holders.
        held: Vec<HeldResource>,
    },
    /// Resources name other resources by text before those exist.
    #[error("the plan cannot work, because resources name each other before they exist:{}", bullets(names))]
    NamedTooEarly {
        /// Each resource, with the one that it names.
        names: Vec<NamedTooEarly>,
    },
    /// No order of the steps satisfies all dependencies.
    #[error("these steps wait for each other: {}; make the change in two deploys", steps.join(" → "))]
    Cycle {
        /// The steps, each of which waits for the next one.
        steps: Vec<String>,
    },
    /// The state has changed since the plan was made.
    #[error("the plan is stale: {reason}")]
    Stale {
        /// The change.
        reason: String,
    },
    /// The text is not a saved plan.
    #[error("this is not a valid saved plan: {reason}")]
    Corrupt {
        /// The problem, and where it is.
        reason: String,
    },
}

impl Hints for PlanError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::DataLoss { .. } => vec![Hint::AllowDataLoss],
            Self::NoFinalSnapshot { .. } => vec![Hint::SkipFinalSnapshot],
            Self::Claimed { taken } => distinct(taken),
            Self::Held { held } => distinct(held),
            Self::Stale { .. } | Self::Corrupt { .. } => vec![Hint::PlanAgain],
            Self::Protected { .. } | Self::Swapped { .. } | Self::NamedTooEarly { .. } | Self::Cycle { .. } => {
                Vec::new()
            }
        }
    }
}

impl PlanError {
    /// Returns whether the message has several lines.
    pub(crate) fn has_lines(&self) -> bool {
        match self {
            Self::Protected { .. }
            | Self::DataLoss { .. }
            | Self::NoFinalSnapshot { .. }
            | Self::Claimed { .. }
            | Self::Held { .. }
            | Self::NamedTooEarly { .. } => true,
            Self::Swapped { .. } | Self::Cycle { .. } | Self::Stale { .. } | Self::Corrupt { .. } => false,
        }
    }
}

/// The hints of all items, each once. All paths to include are one hint, which loses nothing and is the first.
fn distinct(items: &[impl Hints]) -> Vec<Hint> {
    let (mut included, mut others) = (BTreeSet::new(), Vec::new());
    for hint in items.iter().flat_map(Hints::hints) {
        match hint {
            Hint::IncludePaths { paths } => included.extend(paths),
            hint if others.contains(&hint) => {}
            hint => others.push(hint),
        }
    }
    if !included.is_empty() {
        others.insert(0, Hint::IncludePaths { paths: included.into_iter().collect() });
    }
    others
}
