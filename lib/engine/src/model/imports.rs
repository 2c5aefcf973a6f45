//! The outputs that an app uses of other apps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use groundplan_core::Path;
use groundplan_core::value::CrossAppReference;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The outputs that an app uses of other apps, by app and name.
pub type Imports = BTreeMap<String, BTreeMap<String, Imported>>;

/// A used output of another app, with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The value.
    pub value: Json,
    /// The resources whose properties contain it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub resources: BTreeSet<Path>,
    /// The outputs of the app itself that contain it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outputs: BTreeSet<String>,
}

/// A used output of another app that has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// The used output.
    pub import: CrossAppReference,
    /// The reason why it has no value.
    pub problem: Problem,
    /// The resources whose properties use it.
    pub resources: BTreeSet<Path>,
    /// The outputs that use it.
    pub outputs: BTreeSet<String>,
}

/// The reason why a used output of another app has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The app was never deployed with this state location.
    NotDeployed {
        /// The location that the state of the app would have.
        place: String,
    },
    /// The app publishes no such output.
    NotPublished {
        /// The outputs that it publishes.
        published: Vec<String>,
        /// The most similar of them.
        nearest: Vec<String>,
    },
    /// The published value has another type than expected.
    OtherForm {
        /// The value.
        found: Json,
    },
}

/// The use of an output by another app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The output.
    pub name: String,
    /// The app that uses it.
    pub app: String,
    /// The resources and outputs of that app that contain the value.
    pub places: Vec<String>,
}

impl Imported {
    pub(crate) fn is_unused(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty()
    }
}

impl Missing {
    /// Lists the resources and outputs that use it.
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
                write!(f, "`{name}` of the app `{app}`, which is {found} but has to be {}", self.import.form)
            }
        }
    }
}
