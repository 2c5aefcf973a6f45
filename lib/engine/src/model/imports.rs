//! What an app uses of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use groundplan_core::Path;
use groundplan_core::value::CrossAppReference;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What an app uses of other apps, by the app and the name of its output.
pub type Imports = BTreeMap<String, BTreeMap<String, Imported>>;

/// An output of another app with the value that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The value.
    pub value: Json,
    /// The resources whose properties have it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub resources: BTreeSet<Path>,
    /// The outputs of the app itself that have it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outputs: BTreeSet<String>,
}

/// An import that has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// What is used.
    pub import: CrossAppReference,
    /// Why it has none.
    pub problem: Problem,
    /// The resources whose properties want it.
    pub resources: BTreeSet<Path>,
    /// The outputs that want it.
    pub outputs: BTreeSet<String>,
}

/// Why an import has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The app was never deployed where the state is kept.
    NotDeployed {
        /// Where the app's state would be.
        place: String,
    },
    /// The app publishes no such output.
    NotPublished {
        /// What it publishes.
        published: Vec<String>,
        /// Those of them that may be meant.
        nearest: Vec<String>,
    },
    /// What the app publishes is not what is wanted.
    OtherForm {
        /// The value.
        found: Json,
    },
}

/// An output that another app uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The output.
    pub name: String,
    /// Who uses it.
    pub app: String,
    /// What of that app has the value: paths of resources, and names of outputs.
    pub places: Vec<String>,
}

impl Imported {
    pub(crate) fn is_unused(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }
}

impl Missing {
    /// What wants it: paths of resources, and names of outputs.
    pub fn wanted_by(&self) -> String {
        let outputs = self.outputs.iter().map(|name| format!("the output `{name}`"));
        self.resources.iter().map(ToString::to_string).chain(outputs).collect::<Vec<_>>().join(", ")
    }
}

/// As in ``` `zone-id`, which the app `account` does not publish ```.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (app, name) = (&self.import.app, &self.import.name);
        match &self.problem {
            Problem::NotDeployed { .. } => write!(f, "`{name}` of the app `{app}`, which was never deployed here"),
            Problem::NotPublished { .. } => write!(f, "`{name}`, which the app `{app}` does not publish"),
            Problem::OtherForm { found } => {
                write!(f, "`{name}` of the app `{app}`, which is {found} and has to be {}", self.import.form)
            }
        }
    }
}
