//! The events that a run writes into the journal.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::imports::Imports;
use super::lookup::Answers;
use crate::provider::{ErrorClass, Identity, Outputs};

/// The digest of a secret whose value is not known, because an interrupted update or someone else may have set it.
pub(crate) const UNKNOWN_DIGEST: &str = "unknown";

/// An event of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The execution of a plan begins.
    Begun {
        /// The new serial of the state.
        serial: u64,
        /// The owner of the credentials.
        identity: Identity,
    },
    /// From now on, calls for the resources of a stack use another role.
    RoleChanged {
        /// The name of the stack.
        stack: String,
        /// The account and region of the stack. Its resources elsewhere keep their role until they are gone.
        environment: Environment,
    },
    /// A create or update is about to be requested.
    Intent {
        /// The resource.
        path: Path,
        /// The request.
        intent: Intent,
    },
    /// The cloud has accepted the intended request, or was found to have accepted it.
    Accepted {
        /// The resource.
        path: Path,
        /// Its identifier.
        id: String,
        /// The outputs that are known already.
        outputs: Outputs,
        /// The requested properties, overlaid with the live ones, if the resource was found and may lack some of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<BTreeMap<String, Value>>,
        /// `true` if the create succeeded but a later setting was refused, so that the resource still needs an update.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        incomplete: bool,
    },
    /// The resource is ready.
    Ready {
        /// The resource.
        path: Path,
        /// All its outputs.
        outputs: Outputs,
    },
    /// The intended request has definitely not taken effect; or, without an intent, the resource will not become ready.
    Failed {
        /// The resource.
        path: Path,
        /// The class of the error; `None` if the resource itself failed, or the run was requested to stop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<ErrorClass>,
        /// The message of the cloud.
        message: String,
        /// The identifier of the resource that was partly created.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partial: Option<String>,
        /// `true` if an earlier run created the resource, so that it may have been used since. Journals of earlier
        /// versions lack this field.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        later: bool,
    },
    /// A deletion is about to be requested.
    Deleting {
        /// The path of the resource, or its former path.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, which distinguishes it from other resources of the path with the same identifier. Journals
        /// of earlier versions lack it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A deletion was refused, or was never requested: the resource still exists, with its earlier status.
    DeleteFailed {
        /// The path of the resource, or its former path.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// The message of the cloud.
        message: String,
    },
    /// A resource no longer exists: one that is managed, was replaced, or was retained.
    Gone {
        /// Its former path.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A resource was read. It has these properties, regardless of the intended ones.
    Observed {
        /// The resource.
        path: Path,
        /// The applied properties, overlaid with the live ones.
        properties: BTreeMap<String, Value>,
        /// Its outputs.
        outputs: Outputs,
    },
    /// A replaced resource that was not deleted takes its path back. The resource at the path becomes deposed. Format 3
    /// of the journal lacks it.
    Restored {
        /// The path.
        path: Path,
        /// The identifier of the replaced resource.
        id: String,
        /// Its generation.
        generation: u32,
    },
    /// A resource has moved to another path.
    Moved {
        /// The path before.
        from: Path,
        /// The path from now on.
        to: Path,
    },
    /// The lifecycle settings or the dependencies of a resource have changed.
    Recorded {
        /// The resource.
        path: Path,
        /// Its dependencies.
        dependencies: BTreeSet<Path>,
        /// Its lifecycle settings.
        lifecycle: Lifecycle,
    },
    /// A resource is no longer managed, and what it needs does not have to stay. If no resource is at the path, this is
    /// the retained one.
    Forgotten {
        /// Its path, or its former path.
        path: Path,
    },
    /// A resource is no longer managed, and stays in the account with what it needs.
    Retained {
        /// Its path.
        path: Path,
    },
    /// The app uses these outputs of other apps.
    Imported {
        /// The outputs, by app and name.
        imports: Imports,
    },
    /// The lookups of the app have these answers, and no others.
    LookedUp {
        /// The answers, by path.
        answers: Answers,
    },
    /// The app publishes these outputs.
    Published {
        /// The values, by name.
        outputs: BTreeMap<String, Json>,
    },
}

/// A create or update that is about to be requested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Create or update.
    pub operation: Operation,
    /// The token of the request.
    pub token: String,
    /// The time of the first request of a create, in seconds since 1970, if its resource is identified by the creation
    /// date ([`CreateRequest::asked`](crate::provider::CreateRequest::asked)). Journals of earlier versions do not have
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// The requested properties, in the form of [`ResourceState::properties`](super::ResourceState::properties).
    pub properties: BTreeMap<String, Value>,
    /// The digests, in the form of [`ResourceState::secrets`](super::ResourceState::secrets).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The dependencies of the resource.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// The lifecycle settings of the resource.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// The operation of an [`Intent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new resource. A resource that is already at the path is deposed.
    Create {
        /// CloudFormation's name of the type.
        type_name: String,
        /// Its region and account.
        environment: Environment,
        /// The number of resources that were created at the path, including this one.
        generation: u32,
    },
    /// A change in place of the resource at the path.
    Update,
}

/// An event that is not possible in the state. The state is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` of `{path}` is not possible: {reason}")]
pub struct IllegalEvent {
    /// The kind of event.
    pub event: &'static str,
    /// The resource.
    pub path: Path,
    /// The reason.
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

    /// Returns the generation of the resource that a create makes; `None` for an update.
    pub fn generation(&self) -> Option<u32> {
        match self.operation {
            Operation::Create { generation, .. } => Some(generation),
            Operation::Update => None,
        }
    }
}
