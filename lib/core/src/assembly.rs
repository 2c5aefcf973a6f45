//! The desired document.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::path::Path;
use crate::value::{CrossAppReference, Reference, Value};

/// What should exist: every resource of an app with its properties, ordered by path.
///
/// The same program gives the same bytes, and moving a line of the program changes none of
/// them: source locations are kept beside the assembly, in [`Synthesis`](crate::Synthesis).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// Where the app keeps its state, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Account and region of each stack.
    pub stacks: BTreeMap<String, Environment>,
    /// The resources by path.
    pub resources: BTreeMap<Path, ResourceEntry>,
    /// What the app publishes, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
}

/// One resource of an assembly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceEntry {
    /// CloudFormation's name of the type, as in `AWS::EC2::Subnet`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The properties under CloudFormation's names.
    pub properties: BTreeMap<String, Value>,
    /// What must exist first though no reference says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Path>,
    /// Paths that the resource had before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub moved_from: BTreeSet<Path>,
    /// What holds for its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_default")]
    pub lifecycle: Lifecycle,
}

/// What holds for a resource's replacement and deletion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifecycle {
    /// Every plan that deletes or replaces it is refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// It stays in the account when it is removed from the program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// A replacement deletes the old one first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delete_before_create: bool,
    /// What is left alone once the resource exists: paths as
    /// [`keep_ignored`](crate::keep_ignored) reads them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
}

impl Lifecycle {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl ResourceEntry {
    /// A resource of `type_name` with these properties and nothing else said.
    pub fn new(type_name: impl Into<String>, properties: BTreeMap<String, Value>) -> Self {
        Self {
            type_name: type_name.into(),
            properties,
            depends_on: BTreeSet::new(),
            moved_from: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
        }
    }

    /// Every reference in the properties.
    pub fn references(&self) -> Vec<&Reference> {
        self.properties.values().flat_map(Value::references).collect()
    }

    /// Every output of another app in the properties.
    pub fn imports(&self) -> BTreeSet<&CrossAppReference> {
        self.properties.values().flat_map(Value::imports).collect()
    }
}

impl Assembly {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 1;

    /// The document as JSON, indented, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("an assembly has string keys only");
        json.push('\n');
        json
    }

    /// The environment of the resource at `path`.
    pub fn environment(&self, path: &Path) -> Option<&Environment> {
        self.stacks.get(path.stack())
    }

    /// What must exist before the resource at `path`: what it refers to and what it names in
    /// `depends_on`. References to a stack's own account or region are none.
    pub fn dependencies(&self, path: &Path) -> BTreeSet<Path> {
        let Some(entry) = self.resources.get(path) else { return BTreeSet::new() };
        let referred = entry.references().into_iter().map(|reference| &reference.path);
        let all = referred.chain(&entry.depends_on);
        all.filter(|path| self.resources.contains_key(*path)).cloned().collect()
    }
}
