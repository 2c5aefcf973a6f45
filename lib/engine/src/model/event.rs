//! What a run writes into the journal.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::imports::Imports;
use crate::provider::{ErrorClass, Identity, Outputs};

/// Stands for the value of a secret that an interrupted update, or nobody we know, may have set.
pub(crate) const UNKNOWN_DIGEST: &str = "unknown";

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A plan is being executed.
    Begun {
        /// The serial that the state has from now on.
        serial: u64,
        /// Who the credentials belong to.
        identity: Identity,
    },
    /// Calls about the resources of a stack are made as another role from now on.
    RoleChanged {
        /// The name of the stack.
        stack: String,
        /// Account and region of the stack. What it has elsewhere keeps its role until it is gone.
        environment: Environment,
    },
    /// A create or update is about to be asked for.
    Intent {
        /// The resource.
        path: Path,
        /// What is asked for.
        intent: Intent,
    },
    /// The cloud has accepted what was intended, or it was found to have done so.
    Accepted {
        /// The resource.
        path: Path,
        /// Its identifier.
        id: String,
        /// What is known already.
        outputs: Outputs,
        /// What was asked for, overlaid with what is there, where it was found and is not sure to
        /// have all of that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<BTreeMap<String, Value>>,
        /// Whether the create succeeded and a setting that follows it was refused, so that the
        /// resource is still to be updated.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        incomplete: bool,
    },
    /// The resource works.
    Ready {
        /// The resource.
        path: Path,
        /// All its outputs.
        outputs: Outputs,
    },
    /// What was intended has definitely not happened; or, where nothing is intended, the resource
    /// will not become ready.
    Failed {
        /// The resource.
        path: Path,
        /// The class of the error; none where the resource itself has failed, and where the run was
        /// asked to stop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<ErrorClass>,
        /// What the cloud says.
        message: String,
        /// The identifier of what was made in part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partial: Option<String>,
        /// Whether an earlier run has made what will not become ready: who knows what it was used for
        /// since. Journals of earlier versions do not say.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        later: bool,
    },
    /// A deletion is about to be asked for.
    Deleting {
        /// Where the resource stands, or stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, which tells it from another one with the same identifier that stood, or
        /// stands, at the path. Journals of earlier versions do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A deletion was refused, or was never requested: the resource still exists, and has the status
    /// that it had before.
    DeleteFailed {
        /// Where the resource stands, or stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// What the cloud says.
        message: String,
    },
    /// A resource does not exist any more.
    Gone {
        /// Where it stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A resource was read, and is as it is, whatever was intended.
    Observed {
        /// The resource.
        path: Path,
        /// What was applied, overlaid with what is there.
        properties: BTreeMap<String, Value>,
        /// What it has.
        outputs: Outputs,
    },
    /// A resource stands at another path now.
    Moved {
        /// The path before.
        from: Path,
        /// The path from now on.
        to: Path,
    },
    /// What is to hold for a resource's life, or what it was made after, has changed.
    Recorded {
        /// The resource.
        path: Path,
        /// What it was made after.
        dependencies: BTreeSet<Path>,
        /// What holds for its life.
        lifecycle: Lifecycle,
    },
    /// A resource is not managed any more, and what it needs does not have to stay for it. Where nothing stands at the
    /// path, what was retained there.
    Forgotten {
        /// Where it stands, or stood.
        path: Path,
    },
    /// A resource is not managed any more, and stays in the account with what it needs.
    Retained {
        /// Where it stands.
        path: Path,
    },
    /// The app uses this of other apps.
    Imported {
        /// By app and name.
        imports: Imports,
    },
    /// The app's outputs have these values.
    Published {
        /// By name.
        outputs: BTreeMap<String, Json>,
    },
}

/// A create or update that is about to be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Create or update.
    pub operation: Operation,
    /// The token of the request.
    pub token: String,
    /// When a create was asked for first, in seconds since 1970, where what it has made is told apart by its date
    /// ([`CreateRequest::asked`](crate::provider::CreateRequest::asked)). Journals of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// The properties as asked for, as [`ResourceState::properties`](super::ResourceState::properties) has them.
    pub properties: BTreeMap<String, Value>,
    /// The digests, as [`ResourceState::secrets`](super::ResourceState::secrets) has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// What the resource is made after.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// What holds for its life.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// What an [`Intent`] asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new resource; one that stands at the path already is deposed.
    Create {
        /// CloudFormation's name of the type.
        type_name: String,
        /// The region and account that it is to be in.
        environment: Environment,
        /// How often the path has been created, this time included.
        generation: u32,
    },
    /// A change in place of the resource at the path.
    Update,
}

/// An event that does not fit the state; the state is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` of `{path}` is not possible: {reason}")]
pub struct IllegalEvent {
    /// The kind of event.
    pub event: &'static str,
    /// The resource.
    pub path: Path,
    /// Why not.
    pub reason: &'static str,
}

impl Intent {
    /// CloudFormation's name of the type of what a create makes.
    pub(crate) fn creates(&self) -> Option<&str> {
        match &self.operation {
            Operation::Create { type_name, .. } => Some(type_name),
            Operation::Update => None,
        }
    }

    /// The generation of the resource that a create makes.
    pub fn generation(&self) -> Option<u32> {
        match self.operation {
            Operation::Create { generation, .. } => Some(generation),
            Operation::Update => None,
        }
    }
}
