//! The desired document.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::lookup::Query;
use crate::path::Path;
use crate::value::{CrossAppReference, Reference, Value};

/// The desired document: every resource of an app with its properties, ordered by path.
///
/// The same program produces the same bytes. Moving a line of the program does not change them, because the source
/// locations are kept separately, in [`Synthesis`](crate::Synthesis).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    /// Version of this format.
    pub format: u32,
    /// The app.
    pub app: String,
    /// The location of the state, if the app declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The account and region of each stack.
    pub stacks: BTreeMap<String, Environment>,
    /// The resources by path.
    pub resources: BTreeMap<Path, ResourceEntry>,
    /// The outputs of the app, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// The lookups of what exists already, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<Path, Query>,
}

/// One resource of an assembly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceEntry {
    /// The CloudFormation name of the type, as in `AWS::EC2::Subnet`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The properties, by CloudFormation name.
    pub properties: BTreeMap<String, Value>,
    /// Resources that must exist first although no reference says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Path>,
    /// Earlier paths of the resource.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub moved_from: BTreeSet<Path>,
    /// The lifecycle settings.
    #[serde(default, skip_serializing_if = "Lifecycle::is_default")]
    pub lifecycle: Lifecycle,
}

/// Settings for the replacement and deletion of a resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifecycle {
    /// Refuses every plan that deletes or replaces the resource.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Leaves the resource in the account when it is removed from the program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// Deletes the old resource first when it is replaced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delete_before_create: bool,
    /// Paths whose changes are ignored once the resource exists, as [`keep_ignored`](crate::keep_ignored) reads them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
}

impl Lifecycle {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl ResourceEntry {
    /// Creates an entry of `type_name` with these properties and default settings.
    pub fn new(type_name: impl Into<String>, properties: BTreeMap<String, Value>) -> Self {
        Self {
            type_name: type_name.into(),
            properties,
            depends_on: BTreeSet::new(),
            moved_from: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
        }
    }

    /// Returns all references in the properties.
    pub fn references(&self) -> Vec<&Reference> {
        self.properties.values().flat_map(Value::references).collect()
    }

    /// Returns all outputs of other apps in the properties.
    pub fn imports(&self) -> BTreeSet<&CrossAppReference> {
        self.properties.values().flat_map(Value::imports).collect()
    }
}

impl Assembly {
    /// The version of the format that this crate writes.
    pub const FORMAT: u32 = 1;

    /// Returns the document as indented JSON, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("an assembly has string keys only");
        json.push('\n');
        json
    }

    /// Returns the environment of the resource at `path`.
    pub fn environment(&self, path: &Path) -> Option<&Environment> {
        self.stacks.get(path.stack())
    }

    /// Returns the lookups that the resource at `path` refers to.
    pub fn lookups_of(&self, path: &Path) -> BTreeSet<&Path> {
        let references = self.resources.get(path).map(ResourceEntry::references).unwrap_or_default();
        let known = references.into_iter().filter_map(|reference| self.lookups.get_key_value(&reference.path));
        known.map(|(path, _)| path).collect()
    }

    /// Returns the dependencies of the resource at `path`: the resources that it refers to or names in `depends_on`.
    /// References to the account or region of a stack do not count.
    pub fn dependencies(&self, path: &Path) -> BTreeSet<Path> {
        let Some(entry) = self.resources.get(path) else { return BTreeSet::new() };
        let referred = entry.references().into_iter().map(|reference| &reference.path);
        let all = referred.chain(&entry.depends_on);
        all.filter(|path| self.resources.contains_key(*path)).cloned().collect()
    }
}
