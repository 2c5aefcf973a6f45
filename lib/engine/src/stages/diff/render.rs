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
            Self::Missing => f.write_str("gone from the account"),
            Self::Removed => f.write_str("not in the program any more"),
            Self::Destroyed => f.write_str("everything is destroyed"),
            Self::Changed { property } => write!(f, "{property} changes"),
            Self::MayReplace { property } => write!(f, "{property} changes, which may replace it"),
            Self::Forces { property } => write!(f, "{property} cannot be changed in place"),
            Self::NotIgnored { property } => {
                write!(f, "{property} changes with it, since `ignore_changes` does not hold for what is made anew")
            }
            Self::NotYetKnown { property, because } => write!(f, "{property} is taken from {because}, not known yet"),
            Self::MayFollow { property, because } => write!(f, "{property} may change: follows {because}"),
            Self::NewSecret => f.write_str("a new secret value is generated"),
            Self::SecretLost { by } => {
                write!(f, "its secret is needed by {by} and only the run that makes it knows it")
            }
            Self::SameThing { what } => write!(f, "the same {what} under a new path"),
            Self::SameAs(path) => write!(f, "{path} is the same in the account and stays"),
            Self::EnvironmentChanged { from, to } => {
                write!(f, "moves from {} to {}", from.region, to.region)?;
                match (&from.account, &to.account) {
                    (Some(from), Some(to)) if from != to => write!(f, ", account {from} to {to}"),
                    _ => Ok(()),
                }
            }
            Self::TypeChanged { from } => write!(f, "its type was {from}"),
            Self::Tainted => f.write_str("was made in part or failed before it was ready"),
            Self::Incomplete => f.write_str("an earlier run has not made all of its settings"),
            Self::Reboots { by } => write!(f, "it is rebooted, so that static parameters of {by} apply"),
            Self::Interrupted => f.write_str("an earlier run was interrupted here"),
            Self::NotSeenReady => f.write_str("not seen ready by an earlier run"),
            Self::Retained => f.write_str("retained when it is removed"),
            Self::Stateful => f.write_str("holds data"),
            Self::NeededBy(path) => write!(f, "{path} stays and depends on it"),
            Self::PartOf(path) => write!(f, "{path} stays and it is a part of that"),
            Self::BoundTo(path) => write!(f, "{path} is deleted and it is bound to that"),
            Self::LifecycleChanged => f.write_str("its protection or other lifecycle settings change"),
            Self::DependenciesChanged => f.write_str("its dependencies change"),
        }
    }
}
