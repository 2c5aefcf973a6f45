//! The errors of the engine outside of the steps of a plan.

mod conflict;
mod hints;

use std::fmt;
use std::io;
use std::path::PathBuf;

use groundplan_core::Path;
use uuid::Uuid;

pub(crate) use conflict::named;
pub use conflict::{HeldResource, Holding, NamedTooEarly, Need, Taken};

use crate::hint::Hint;
use crate::model::{FailedLookup, FormatError, IllegalEvent, LastHeartbeat, LockOwner, Missing, Use};
use crate::provider::{Identity, ProviderError};

/// An error of the engine. The failure of a step is not one of these: the [`Outcome`](crate::run::execute::Outcome)
/// contains it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document of the state store, or a plan, cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file of the state store cannot be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    File {
        /// The attempted operation, as in `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The state is missing although the app was deployed from this store. Nothing was changed.
    #[error(
        "there is no state at {place}, although it still has {}: the app was deployed from there, and a deploy without its state would create every resource a second time",
        evidence.join(" and ")
    )]
    Absent {
        /// The state store.
        place: String,
        /// The evidence of an earlier state, as in `a journal`.
        evidence: Vec<String>,
        /// The newest serial that can be restored.
        restore: Option<u64>,
    },
    /// The state is older than the journal or the history beside it. Nothing was changed.
    #[error("the state at {place} has serial {found}, but {newer}: it was replaced by an older state")]
    Older {
        /// The state store.
        place: String,
        /// The serial of the state.
        found: u64,
        /// The evidence of a newer state.
        newer: String,
    },
    /// The journal does not continue the state beside it. Nothing was changed.
    #[error(
        "the journal at {place} continues a state of lineage {journal}, but the state beside it has lineage {state}"
    )]
    OtherLineage {
        /// The state store.
        place: String,
        /// The lineage of the state that the journal continues.
        journal: Uuid,
        /// The lineage of the state.
        state: Uuid,
        /// The serial of the state.
        serial: u64,
    },
    /// The state was moved to another location. Nothing was changed.
    #[error("the state at {place} was moved to {to}")]
    Moved {
        /// The state store.
        place: String,
        /// The new location.
        to: String,
    },
    /// The account has resources of the app, but there is no state.
    #[error(
        "there is no state at {}, but account {account} has resources with the tags of the app `{app}`:{}\n\
         a deploy would create them a second time",
        line(place),
        bullets(found)
    )]
    Owned {
        /// The state store.
        place: String,
        /// The account.
        account: String,
        /// The app.
        app: String,
        /// The resources.
        found: Vec<String>,
    },
    /// The name of an app is not valid: it would lead outside of the location of all states.
    #[error("`{app}` cannot be the name of an app: {reason}")]
    AppName {
        /// The name.
        app: String,
        /// The reason.
        reason: &'static str,
    },
    /// A state cannot be restored, pushed or moved. Nothing was changed.
    #[error("{reason}")]
    Refused {
        /// The reason.
        reason: String,
        /// Hints for the user.
        hints: Vec<Hint>,
    },
    /// The state belongs to another app.
    #[error("{place} is the state of the app `{found}`, not of `{app}`; give each app its own location")]
    OtherApp {
        /// The file or object.
        place: String,
        /// The app that it belongs to.
        found: String,
        /// The app of this run.
        app: String,
    },
    /// Another run holds the lock.
    #[error(
        "the state at {place} is locked by {holder}{}; wait until that run has ended",
        heard.as_ref().map(ToString::to_string).unwrap_or_default()
    )]
    Locked {
        /// The state store.
        place: String,
        /// The owner of the lock.
        holder: Box<LockOwner>,
        /// The last heartbeat of the owner, if the lock is a lease.
        heard: Option<LastHeartbeat>,
    },
    /// This run has lost its lock and writes nothing more.
    #[error(
        "the lock of the state at {place} {how}: this run writes nothing more; the next run reconciles the operations in progress"
    )]
    LockLost {
        /// The state store.
        place: String,
        /// The way in which the lock was lost, as in `was taken away`.
        how: String,
    },
    /// A request to a remote state store failed.
    #[error("cannot {doing} {place}: {source}{}", fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default())]
    Store {
        /// The attempted operation, as in `write`.
        doing: &'static str,
        /// The object or the item of a table.
        place: String,
        /// The error of the store.
        source: Box<ProviderError>,
        /// The fix, if known.
        fix: Option<String>,
    },
    /// An event cannot be applied to the state.
    #[error("the journal at {place} does not fit the state: {illegal}")]
    Journal {
        /// The state store.
        place: String,
        /// The event, and why it is not possible.
        illegal: IllegalEvent,
    },
    /// A write to the journal failed earlier in this run. It is not known whether its events are in the journal, so no
    /// more events are written.
    #[error("the journal at {place} cannot be continued, because an earlier write failed: {reason}")]
    JournalStopped {
        /// The state store.
        place: String,
        /// The cause of the failed write.
        reason: String,
    },
    /// A read that planning depends on failed.
    #[error("{}{source}", subject(path.as_ref()))]
    Provider {
        /// The resource that was read, if one was read.
        path: Option<Path>,
        /// The error of the provider.
        source: Box<ProviderError>,
    },
    /// The outcome of a call that an interrupted run left open cannot be determined.
    #[error("cannot determine whether an interrupted run did {verb} `{path}` ({type_name}): {source}")]
    Unresolved {
        /// The resource.
        path: Path,
        /// The interrupted operation: `create`, `update` or `delete`.
        verb: &'static str,
        /// CloudFormation's name of the type.
        type_name: String,
        /// The error of the provider.
        source: Box<ProviderError>,
    },
    /// The credentials belong to a different account from the app.
    #[error("the credentials are for account {}, but {what} account {expected}", actual.account)]
    WrongAccount {
        /// The subject of the message, as in ``the stack `checkout` is pinned to``.
        what: String,
        /// The stack, if its environment names the expected account.
        stack: Option<String>,
        /// The expected account.
        expected: String,
        /// The identity of the credentials.
        actual: Identity,
    },
    /// The provider cannot manage some of the resources. Nothing was changed.
    #[error("the target does not support {} of the resources:{}", findings.len(), list(findings))]
    Unsupported {
        /// Each resource, with the reason of the provider.
        findings: Vec<(Path, String)>,
    },
    /// Several resources match an interrupted create.
    #[error("an interrupted call for `{path}` ({type_name}) matches {} resources: {}; delete all but one of them and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The path of the resource.
        path: Path,
        /// CloudFormation's name of the type.
        type_name: String,
        /// The identifiers that were found.
        ids: Vec<String>,
    },
    /// The plan deletes or replaces protected resources.
    #[error(
        "the plan deletes or replaces protected resources:{}\nto allow it, first deploy a change that only removes the protection (`protect`, or `DeletionProtection` of AWS)",
        bullets(paths)
    )]
    Protected {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan deletes or replaces stateful resources, which was not allowed.
    #[error("the plan deletes or replaces stateful resources:{}", bullets(paths))]
    DataLoss {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan deletes resources whose final snapshot can only be taken by hand.
    #[error(
        "Groundplan cannot take a final snapshot of resources that the plan deletes; take each snapshot with its command, and wait until it is complete:{}",
        commands.iter().map(|(path, command)| format!("\n  {}", line(format_args!("`{path}`: {command}")))).collect::<String>()
    )]
    NoFinalSnapshot {
        /// The resources, each with the command that takes a snapshot of it.
        commands: Vec<(Path, String)>,
    },
    /// Resources that are to stay in the account get another type. Nothing was touched.
    #[error(
        "the program declares another type at the paths of resources that are to stay in the account (`retain`):{}\ndeclare the new resources under other paths, so that the old ones are retained; or first deploy a change that only removes `retain`",
        bullets(paths)
    )]
    Retyped {
        /// The resources.
        paths: Vec<Path>,
    },
    /// Some of the given paths name nothing.
    #[error("{}", unknown(place, paths))]
    UnknownPaths {
        /// The place that was searched, as in `the program`.
        place: &'static str,
        /// The paths, each with the most similar known paths.
        paths: Vec<(Path, Vec<Path>)>,
    },
    /// The given path is not valid.
    #[error(
        "`{path}` is not a path: a path consists of names joined by `/` and begins with its stack, as in `shop/vpc`"
    )]
    NoPath {
        /// The given path.
        path: Path,
    },
    /// A retained resource cannot be moved. Nothing was changed.
    #[error(
        "`{path}` was retained and is no longer managed, so there is nothing to move; to manage it at another path, \
         declare it there and import it"
    )]
    OnlyRetained {
        /// Its former path.
        path: Path,
    },
    /// The new path of a resource is taken.
    #[error("`{path}` is taken: {reason}")]
    PathTaken {
        /// The path.
        path: Path,
        /// By what.
        reason: &'static str,
        /// Hints for the user.
        hints: Vec<Hint>,
    },
    /// A resource cannot be imported. Nothing was changed.
    #[error("cannot import `{path}`: {reason}")]
    NotImportable {
        /// The path to import it to.
        path: Path,
        /// The reason.
        reason: String,
        /// Hints for the user.
        hints: Vec<Hint>,
    },
    /// A part of a plan cannot be executed without changes of other resources.
    #[error("resources that are left out hold resources that are deleted or replaced:{}", held(needed))]
    LeftOut {
        /// Each resource that is left out, with the one that it holds.
        needed: Vec<(Path, Path)>,
    },
    /// Resources claim something that can exist only once and that others keep. Nothing was changed.
    #[error("the plan cannot work, because each of these can exist only once:{}", bullets(taken))]
    Claimed {
        /// Each resource, with its claim and the resource that holds it.
        taken: Vec<Taken>,
    },
    /// Resources exchange claims, and none of them can release its claim first. Nothing was changed.
    #[error(
        "`{path}` takes the {what} of `{other}`, which cannot release it first; make the change in two deploys; in the first, give one of the two a different value"
    )]
    Swapped {
        /// The resource that takes it.
        path: Path,
        /// The resource that has it.
        other: Path,
        /// A description of the claim, as in `port of a load balancer`.
        what: String,
    },
    /// Resources cannot be deleted, because remaining resources hold them. Nothing was changed.
    #[error("the plan cannot work, because remaining resources hold resources that are deleted:{}", bullets(held))]
    Held {
        /// The resources, each with its holders.
        held: Vec<HeldResource>,
    },
    /// Resources name other resources by text before those exist.
    #[error("the plan cannot work, because resources name each other before they exist:{}", bullets(names))]
    NamedTooEarly {
        /// Each resource, with the one that it names.
        names: Vec<NamedTooEarly>,
    },
    /// No order of the steps satisfies all dependencies.
    #[error("these steps wait for each other: {}; make the change in two deploys", steps.join(" → "))]
    Cycle {
        /// The steps, each of which waits for the next one.
        steps: Vec<String>,
    },
    /// The state has changed since the plan was made.
    #[error("the plan is stale: {reason}")]
    StalePlan {
        /// The change.
        reason: String,
    },
    /// The program uses outputs of other apps that those apps do not publish. Nothing was changed.
    #[error("outputs of other apps are missing:{}", missing_outputs(missing))]
    Upstream {
        /// The missing outputs, each with what uses it.
        missing: Vec<Missing>,
    },
    /// Lookups of the program have no answer. Nothing was touched.
    #[error("lookups have no answer:{}", failed_lookups(failed))]
    Lookups {
        /// Each of them, by path.
        failed: Vec<FailedLookup>,
    },
    /// The plan removes outputs that other apps use.
    #[error(
        "the plan removes outputs that other apps use:{}\nfirst deploy those apps without these outputs, or destroy those apps",
        outputs_in_use(uses)
    )]
    OutputsInUse {
        /// Each use of such an output.
        uses: Vec<Use>,
    },
    /// The plan replaces or deletes resources whose outputs other apps use.
    #[error(
        "the plan deletes or replaces resources that other apps use:{}\nfirst publish a new resource under another name beside the old one, deploy those apps with the new output, and then remove the old resource",
        replaced_in_use(uses)
    )]
    ReplacedInUse {
        /// Each use of such an output, with the resource that is deleted.
        uses: Vec<(Use, Path)>,
    },
    /// The text is not a saved plan.
    #[error("this is not a valid saved plan: {reason}")]
    CorruptPlan {
        /// The problem, and where it is.
        reason: String,
    },
    /// Environment variables that secrets are read from are not set.
    #[error("set the environment {}, which secrets are read from", variables(names))]
    MissingSecrets {
        /// The variables.
        names: Vec<String>,
    },
}

impl Error {
    pub(crate) fn corrupt(place: &str, reason: impl fmt::Display) -> Self {
        FormatError::corrupt(place, reason).into()
    }

    /// Returns whether the error concerns the contents of a store and not the access to it: the contents are damaged,
    /// missing or not the expected ones.
    pub fn is_of_content(&self) -> bool {
        matches!(
            self,
            Self::Format(FormatError::Corrupt { .. } | FormatError::Edited { .. })
                | Self::Absent { .. }
                | Self::Older { .. }
                | Self::OtherLineage { .. }
                | Self::OtherApp { .. }
                | Self::Journal { .. }
        )
    }

    /// Returns whether the message has several lines. A line feed in such a message separates its lines; a line feed in
    /// any other message is part of quoted text.
    pub fn has_lines(&self) -> bool {
        matches!(
            self,
            Self::Owned { .. }
                | Self::Unsupported { .. }
                | Self::Protected { .. }
                | Self::DataLoss { .. }
                | Self::NoFinalSnapshot { .. }
                | Self::Retyped { .. }
                | Self::UnknownPaths { .. }
                | Self::LeftOut { .. }
                | Self::Claimed { .. }
                | Self::Held { .. }
                | Self::NamedTooEarly { .. }
                | Self::Upstream { .. }
                | Self::Lookups { .. }
                | Self::OutputsInUse { .. }
                | Self::ReplacedInUse { .. }
        )
    }

    /// Returns whether the error concerns a single file or object of a store, so that others may be readable: it is
    /// damaged, of a later version, a directory, or not readable by this user.
    pub fn is_of_one_document(&self) -> bool {
        matches!(self, Self::Format(_) | Self::File { .. })
    }

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

/// Returns quoted text on one line, with escapes for line feeds and tabs.
fn line(quoted: impl fmt::Display) -> String {
    quoted.to_string().replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// A line of a list.
fn bullet(item: impl fmt::Display) -> String {
    format!("\n  - {}", line(item))
}

fn bullets(items: &[impl fmt::Display]) -> String {
    items.iter().map(bullet).collect()
}

fn list(findings: &[(Path, String)]) -> String {
    findings.iter().map(|(path, finding)| bullet(format_args!("{path}: {finding}"))).collect()
}

fn unknown(place: &str, paths: &[(Path, Vec<Path>)]) -> String {
    let each = paths.iter().map(|(path, nearest)| {
        let nearest: Vec<_> = nearest.iter().map(|path| format!("`{path}`")).collect();
        let meant =
            if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) };
        line(format_args!("there is no `{path}` in {place}{meant}"))
    });
    each.collect::<Vec<_>>().join("\n")
}

fn held(needed: &[(Path, Path)]) -> String {
    needed.iter().map(|(path, held)| bullet(format_args!("{path} holds {held}"))).collect()
}

fn missing_outputs(missing: &[Missing]) -> String {
    missing.iter().map(|it| bullet(format_args!("{it}, used by {}", it.wanted_by()))).collect()
}

fn failed_lookups(failed: &[FailedLookup]) -> String {
    failed.iter().map(|it| bullet(format_args!("{}: {it}", it.path))).collect()
}

fn outputs_in_use(uses: &[Use]) -> String {
    let shown =
        |Use { name, app, places }: &Use| bullet(format_args!("`{name}` is used by `{app}`: {}", places.join(", ")));
    uses.iter().map(shown).collect()
}

fn replaced_in_use(uses: &[(Use, Path)]) -> String {
    let shown = |(Use { name, app, places }, path): &(Use, Path)| {
        bullet(format_args!("{path} (`{name}`) is used by `{app}`: {}", places.join(", ")))
    };
    uses.iter().map(shown).collect()
}

fn variables(names: &[String]) -> String {
    let plural = if names.len() == 1 { "variable" } else { "variables" };
    format!("{plural} {}", names.join(", "))
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
