//! What the engine knows to exist.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::provider::{Identity, Outputs};

/// What an app's deploys have made, as far as they got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// Names this state for ever: a plan made for another lineage is refused.
    pub lineage: Uuid,
    /// Counts the writes: a plan made for an earlier serial is refused.
    pub serial: u64,
    /// The account that the resources are in, once there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Key of the digests that stand for secrets, 64 hexadecimal digits. Enough to see a change,
    /// never enough to read a value.
    pub digest_key: String,
    /// The resources by path.
    pub resources: BTreeMap<Path, ResourceState>,
    /// Resources that were replaced, or have failed, and are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Deposed>,
    /// What the app publishes, resolved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, serde_json::Value>,
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
    /// The region and account that it is in.
    pub environment: Environment,
    /// How often this path has been created; part of the idempotency token and of generated
    /// names.
    pub generation: u32,
    /// How far it has come.
    pub status: ResourceStatus,
    /// The properties as applied, references resolved. A secret stands as its source and a
    /// keyed digest of its value.
    pub properties: BTreeMap<String, Value>,
    /// What it has.
    pub outputs: Outputs,
    /// What it was made after, so that deletes go in order even when the program is gone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// What holds for its life. Kept here, so that taking the declaration away does not disarm
    /// a protection.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceStatus {
    /// The cloud has accepted it; nobody has seen it ready.
    Accepted,
    /// It was ready.
    Ready,
    /// It was made in part or became unusable: the next plan replaces it.
    Tainted,
}

/// A resource that no path names any more and that is still to be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deposed {
    /// Where it stood.
    pub path: Path,
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceState,
}
