//! A resource of a simulated account.

use std::collections::BTreeSet;

use groundplan_core::Path;
use groundplan_engine::provider::{Outputs, Properties, Status};
use groundplan_schema::{ResourceType, lookup};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Names a resource in the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    /// Empty for types that belong to no region.
    pub(crate) region: String,
    pub(crate) id: String,
}

/// A simulated resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Resource {
    #[serde(flatten)]
    pub(crate) key: Key,
    /// The path in the program that created it; `None` if it was created outside of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Path>,
    /// The app of that program. Files of earlier versions do not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) app: String,
    /// The token of its creation: client token and identity tag.
    pub(crate) token: String,
    /// Digest of the properties in its create request.
    pub(crate) request: String,
    /// The declared properties; secrets are represented by digests.
    pub(crate) properties: Properties,
    pub(crate) outputs: Outputs,
    /// The time of its creation, in milliseconds of the simulator's clock.
    pub(crate) created: u64,
    pub(crate) phase: Phase,
}

/// The phase of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Ready,
    Failed { reason: String },
    Pending(Pending),
}

/// Something that takes time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) work: Work,
    /// The token of the update, so that its repetition is no second one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) token: String,
    pub(crate) since: u64,
    pub(crate) until: u64,
    /// The reason why it will fail, if it will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    Creating,
    Updating,
    Deleting,
}

impl Resource {
    /// The facts about its type. What the account holds was checked when it came in.
    pub(crate) fn schema(&self) -> &'static ResourceType {
        lookup(&self.key.type_name).expect("only known types come into an account")
    }

    /// Returns its status as one read shows it.
    pub(crate) fn status(&self) -> Status {
        match &self.phase {
            Phase::Ready => Status::Ready(self.outputs.clone()),
            Phase::Failed { reason } => Status::Failed(reason.clone()),
            Phase::Pending(pending) => match pending.work {
                Work::Creating => Status::Pending("creating".to_owned()),
                Work::Updating => Status::Pending("modifying".to_owned()),
                Work::Deleting => Status::Deleting("deleting".to_owned()),
            },
        }
    }

    pub(crate) fn pending(&self) -> Option<&Pending> {
        match &self.phase {
            Phase::Pending(pending) => Some(pending),
            _ => None,
        }
    }

    pub(crate) fn is_deleting(&self) -> bool {
        self.pending().is_some_and(|pending| pending.work == Work::Deleting)
    }

    /// A declared property as text.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// All that it is known by to others.
    pub(crate) fn aliases(&self) -> BTreeSet<String> {
        let own = self.schema().own_name().and_then(|name| self.properties.get(name)).and_then(scalar);
        let outputs = self.outputs.values().filter_map(|value| value.as_str().map(str::to_owned));
        let parts = [self.key.id.clone()].into_iter();
        parts.chain(own).chain(outputs).filter(|alias| !alias.is_empty()).collect()
    }
}

/// A text, number or truth value as text.
pub(crate) fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
