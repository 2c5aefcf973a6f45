//! What can go wrong before, beside and after the steps of a plan.

use std::fmt;
use std::io;
use std::path::PathBuf;

use groundplan_core::Path;

use crate::journal::IllegalEvent;
use crate::provider::{Identity, ProviderError};
use crate::store::Holder;

/// Why the engine refuses or gives up. A step that fails is no such error: the
/// [`Outcome`](crate::execute::Outcome) has it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the state store cannot be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    File {
        /// What was tried, as in `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A state or journal is not what this crate writes. Nothing was touched.
    #[error(
        "{place} is damaged: {reason}; nothing was changed. Restore it from a backup or from `state.N.json` beside it"
    )]
    Corrupt {
        /// The file or object.
        place: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A state, journal or plan was written by a later version. Nothing was touched.
    #[error("{place} has format {found} and this version reads up to {known}; update groundplan")]
    Newer {
        /// The file or object.
        place: String,
        /// Its format.
        found: u32,
        /// The newest format that this crate knows.
        known: u32,
    },
    /// The state belongs to another app.
    #[error("{place} is the state of the app `{found}`, not of `{app}`; give each app its own place")]
    OtherApp {
        /// The file or object.
        place: String,
        /// The app that it belongs to.
        found: String,
        /// The app that asked.
        app: String,
    },
    /// Another run holds the lock.
    #[error("the state at {place} is locked by {holder}; wait until that run has ended")]
    Locked {
        /// The state store.
        place: String,
        /// Who holds it.
        holder: Box<Holder>,
    },
    /// An event does not fit the state that it is to be applied to.
    #[error("the journal at {place} does not fit the state: {illegal}")]
    Journal {
        /// The state store.
        place: String,
        /// What does not fit.
        illegal: IllegalEvent,
    },
    /// The cloud did not answer a question that planning depends on.
    #[error("{}{source}", subject(path.as_ref()))]
    Provider {
        /// The resource that it was about, if about one.
        path: Option<Path>,
        /// What the cloud says.
        source: Box<ProviderError>,
    },
    /// The credentials belong to an account that this app does not belong to.
    #[error("the credentials are for account {}, but {what} account {expected}; use credentials of account {expected}", actual.account)]
    WrongAccount {
        /// What is bound to the other account, as in ``the stack `checkout` is pinned to``.
        what: String,
        /// The account that it is bound to.
        expected: String,
        /// Who the credentials belong to.
        actual: Identity,
    },
    /// The provider cannot manage some of the resources. Nothing was touched.
    #[error("the target does not support {} of the resources:{}", findings.len(), list(findings))]
    Unsupported {
        /// Each resource with what the provider says.
        findings: Vec<(Path, String)>,
    },
    /// An interrupted create has left several resources.
    #[error("an interrupted create of `{path}` ({type_name}) matches {} resources: {}; delete all but one of them and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Where the resource is to stand.
        path: Path,
        /// CloudFormation's name of the type.
        type_name: String,
        /// The identifiers that were found.
        ids: Vec<String>,
    },
    /// The plan deletes or replaces what is protected.
    #[error(
        "the plan deletes or replaces protected resources:{}\nto allow it, deploy once with the protection (`protect`, or `DeletionProtection` of AWS) taken out and nothing else changed",
        bullets(paths)
    )]
    Protected {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan loses data and was not allowed to.
    #[error(
        "the plan deletes or replaces resources that hold data:{}\nrun it with `--delete-data` if that data may be lost",
        bullets(paths)
    )]
    DataLoss {
        /// The resources.
        paths: Vec<Path>,
    },
    /// No order of the steps satisfies all dependencies.
    #[error("these steps wait for each other: {}; make the change in two deploys", steps.join(" → "))]
    Cycle {
        /// The steps, each waiting for the one before.
        steps: Vec<String>,
    },
    /// The state has moved on since the plan was made.
    #[error("the plan is stale: {reason}; make a new one")]
    StalePlan {
        /// What has changed.
        reason: String,
    },
    /// The text is not a plan.
    #[error("this is not a saved plan of groundplan: {reason}")]
    CorruptPlan {
        /// What is wrong, and where.
        reason: String,
    },
    /// Environment variables that secrets come from are not set.
    #[error("set the environment {}: secrets come from there", variables(names))]
    MissingSecrets {
        /// The variables.
        names: Vec<String>,
    },
}

impl Error {
    pub(crate) fn provider(path: Option<&Path>) -> impl FnOnce(ProviderError) -> Self {
        let path = path.cloned();
        move |source| Self::Provider { path, source: Box::new(source) }
    }

    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}

fn subject(path: Option<&Path>) -> String {
    path.map(|path| format!("{path}: ")).unwrap_or_default()
}

fn bullets(items: &[impl fmt::Display]) -> String {
    items.iter().map(|item| format!("\n  - {item}")).collect()
}

fn list(findings: &[(Path, String)]) -> String {
    findings.iter().map(|(path, finding)| format!("\n  - {path}: {finding}")).collect()
}

fn variables(names: &[String]) -> String {
    let plural = if names.len() == 1 { "variable" } else { "variables" };
    format!("{plural} {}", names.join(", "))
}
