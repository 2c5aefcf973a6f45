//! Renders changes as text.

use std::fmt;

use groundplan_core::Value;
use serde_json::Value as Json;

use super::{Action, Order, Reason, Rendered};

const UNKNOWN: &str = "(known after apply)";
const SENSITIVE: &str = "(sensitive)";

impl Action {
    /// Returns the verb, as in `create`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace(Order::CreateFirst) => "replace",
            Self::Replace(Order::DeleteFirst) => "delete and create again",
            Self::Delete => "delete",
            Self::Retain => "retain",
            Self::Forget => "forget",
            Self::Move => "move",
            Self::Record => "record",
            Self::Resume => "wait for",
            Self::Keep => "keep",
            Self::NoOp => "leave",
        }
    }
}

impl Rendered {
    /// A value whose references are resolved as far as they are known.
    pub(crate) fn new(value: &Value) -> Self {
        match value {
            Value::Deferred(_) => Self::Unknown,
            Value::Secret(_) => Self::Sensitive,
            other => Self::Known(with_remarks(other)),
        }
    }
}

fn with_remarks(value: &Value) -> Json {
    match value {
        Value::Deferred(_) => UNKNOWN.into(),
        Value::Secret(_) => SENSITIVE.into(),
        Value::List(items) => items.iter().map(with_remarks).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), with_remarks(value))).collect())
        }
        scalar => scalar.to_json(),
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("(none)"),
            Self::Known(value) => write!(f, "{value}"),
            Self::Unknown => f.write_str(UNKNOWN),
            Self::Sensitive => f.write_str(SENSITIVE),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new in the program"),
            Self::Missing => f.write_str("missing from the account"),
            Self::Removed => f.write_str("no longer in the program"),
            Self::Destroyed => f.write_str("everything is destroyed"),
            Self::Changed { property } => write!(f, "{property} changes"),
            Self::MayReplace { property } => write!(f, "{property} changes, which may replace it"),
            Self::Forces { property } => write!(f, "{property} cannot be changed in place"),
            Self::NotIgnored { property } => {
                write!(
                    f,
                    "{property} changes as well, because `ignore_changes` does not apply to a resource that is created again"
                )
            }
            Self::NotYetKnown { property, because } => {
                write!(f, "{property} is taken from {because}, which is not known yet")
            }
            Self::MayFollow { property, because } => write!(f, "{property} may change, because it follows {because}"),
            Self::NewSecret => f.write_str("a new secret value is generated"),
            Self::SecretLost { by } => {
                write!(f, "{by} needs its secret, which only the run that creates it knows")
            }
            Self::SameThing { what } => write!(f, "the same {what} under a new path"),
            Self::SameAs(path) => write!(f, "it is the same resource in the account as {path}, which stays"),
            Self::EnvironmentChanged { from, to } => {
                write!(f, "moves from {} to {}", from.region, to.region)?;
                match (&from.account, &to.account) {
                    (Some(from), Some(to)) if from != to => write!(f, ", account {from} to {to}"),
                    _ => Ok(()),
                }
            }
            Self::TypeChanged { from } => write!(f, "its type was {from}"),
            Self::Tainted => f.write_str("it was partly created, or failed before it was ready"),
            Self::Incomplete => f.write_str("an earlier run did not complete its settings"),
            Self::Reboots { by } => write!(f, "it is rebooted so that static parameters of {by} apply"),
            Self::Interrupted => f.write_str("an earlier run was interrupted here"),
            Self::NotSeenReady => f.write_str("an earlier run ended before it was ready"),
            Self::Retained => f.write_str("it is declared with `retain`"),
            Self::Stateful => f.write_str("it is stateful"),
            Self::NeededBy(path) => write!(f, "{path} stays and depends on it"),
            Self::PartOf(path) => write!(f, "it is a part of {path}, which stays"),
            Self::BoundTo(path) => write!(f, "it is bound to {path}, which is deleted"),
            Self::LifecycleChanged => f.write_str("its protection or other lifecycle settings change"),
            Self::DependenciesChanged => f.write_str("its dependencies change"),
        }
    }
}
