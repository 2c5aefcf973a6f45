//! What can go wrong before, beside and after the steps of a plan.

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
use crate::model::{FormatError, IllegalEvent, LastHeartbeat, LockOwner, Missing, Use};
use crate::provider::{Identity, ProviderError};

/// Why the engine refuses or gives up. A step that fails is no such error: the
/// [`Outcome`](crate::run::execute::Outcome) has it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document of the state store, or a plan, cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
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
    /// There is no state, but the app was deployed from here. Nothing was touched.
    #[error(
        "there is no state at {place}, but it still has {}: the app was deployed from there, and a deploy without its \
         state would make everything a second time",
        evidence.join(" and ")
    )]
    Absent {
        /// The state store.
        place: String,
        /// What shows that there was a state.
        evidence: Vec<String>,
        /// The newest serial that can be restored.
        restore: Option<u64>,
    },
    /// The state is older than what stands beside it. Nothing was touched.
    #[error("the state at {place} has serial {found}, but {newer}: an older state was put in its place")]
    Older {
        /// The state store.
        place: String,
        /// The serial of the state.
        found: u64,
        /// What is newer.
        newer: String,
    },
    /// The journal continues another state than the one beside it. Nothing was touched.
    #[error(
        "the journal at {place} belongs to another state (lineage {journal}) than the one beside it (lineage {state})"
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
    /// The state was moved to another place. Nothing was touched.
    #[error("the state at {place} was moved to {to}")]
    Moved {
        /// The state store.
        place: String,
        /// Where it is now.
        to: String,
    },
    /// The account has resources of the app, and there is no state.
    #[error(
        "there is no state at {}, but account {account} has resources that are tagged as of the app `{app}`:{}\n\
         a deploy would make them a second time",
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
    /// The name of an app would lead out of the place where states are kept.
    #[error("`{app}` cannot be the name of an app: {reason}")]
    AppName {
        /// The name.
        app: String,
        /// Why not.
        reason: &'static str,
    },
    /// A state cannot be restored, pushed or moved. Nothing was touched.
    #[error("{reason}")]
    Refused {
        /// Why not.
        reason: String,
        /// What to do.
        hints: Vec<Hint>,
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
    #[error(
        "the state at {place} is locked by {holder}{}; wait until that run has ended",
        heard.as_ref().map(ToString::to_string).unwrap_or_default()
    )]
    Locked {
        /// The state store.
        place: String,
        /// Who holds it.
        holder: Box<LockOwner>,
        /// Its last sign of life, where the lock runs out without one.
        heard: Option<LastHeartbeat>,
    },
    /// The lock is not this run's any more; it writes nothing more.
    #[error(
        "the lock of the state at {place} {how}: this run writes nothing more; the next run reconciles the operations in progress"
    )]
    LockLost {
        /// The state store.
        place: String,
        /// What has become of the lock, as in `was taken away`.
        how: String,
    },
    /// A state store that is reached over the network does not do what it was asked for.
    #[error("cannot {doing} {place}: {source}{}", fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default())]
    Store {
        /// What was tried, as in `write`.
        doing: &'static str,
        /// The object or the item of a table.
        place: String,
        /// What it says.
        source: Box<ProviderError>,
        /// What to do about it, where that is known.
        fix: Option<String>,
    },
    /// An event does not fit the state that it is to be applied to.
    #[error("the journal at {place} does not fit the state: {illegal}")]
    Journal {
        /// The state store.
        place: String,
        /// What does not fit.
        illegal: IllegalEvent,
    },
    /// An earlier event of this run could not be written, and none is written any more: whether
    /// that one is in the journal is not known.
    #[error("the journal at {place} cannot be written any more: {reason}")]
    JournalStopped {
        /// The state store.
        place: String,
        /// Why that event could not be written.
        reason: String,
    },
    /// The cloud did not answer a question that planning depends on.
    #[error("{}{source}", subject(path.as_ref()))]
    Provider {
        /// The resource that it was about, if about one.
        path: Option<Path>,
        /// What the cloud says.
        source: Box<ProviderError>,
    },
    /// What has become of a call that an interrupted run has left open cannot be found out.
    #[error("cannot find out whether an interrupted run did {verb} `{path}` ({type_name}): {source}")]
    Unresolved {
        /// The resource.
        path: Path,
        /// What the run was about to do: `create`, `update` or `delete`.
        verb: &'static str,
        /// CloudFormation's name of the type.
        type_name: String,
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
    /// An interrupted call has left several resources.
    #[error("an interrupted call for `{path}` ({type_name}) matches {} resources: {}; delete all but one of them and run again", ids.len(), ids.join(", "))]
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
    #[error("the plan deletes or replaces resources that hold data:{}", bullets(paths))]
    DataLoss {
        /// The resources.
        paths: Vec<Path>,
    },
    /// The plan deletes what a last snapshot could be taken of, and only somebody else can take it.
    #[error(
        "no final snapshot is taken of what the plan deletes; take each with its command, and wait until it is there:{}",
        commands.iter().map(|(path, command)| format!("\n  {}", line(format_args!("`{path}`: {command}")))).collect::<String>()
    )]
    NoFinalSnapshot {
        /// The resources, each with the command that takes a snapshot of it.
        commands: Vec<(Path, String)>,
    },
    /// Resources that are to stay in the account get another type. Nothing was touched.
    #[error(
        "these are to stay in the account (`retain`), and the program has another type there:{}\ndeclare the new ones \
         under other paths, so that the old ones are retained; or deploy once with `retain` taken out and nothing else \
         changed",
        bullets(paths)
    )]
    Retyped {
        /// The resources.
        paths: Vec<Path>,
    },
    /// Paths that were given name nothing.
    #[error("{}", unknown(place, paths))]
    UnknownPaths {
        /// Where they were looked for, as in `the program`.
        place: &'static str,
        /// The paths, each with what may have been meant.
        paths: Vec<(Path, Vec<Path>)>,
    },
    /// What was given is no path.
    #[error("`{path}` is no path: a path is names joined by `/`, its stack first, as in `shop/vpc`")]
    NoPath {
        /// What was given.
        path: Path,
    },
    /// What was retained is to move. Nothing was touched.
    #[error(
        "`{path}` was retained and is not managed any more, so there is nothing to move; to manage it at another path, \
         declare it there and import it"
    )]
    OnlyRetained {
        /// The path that it had.
        path: Path,
    },
    /// A path that a resource is to move to has one.
    #[error("`{path}` is taken: {reason}")]
    PathTaken {
        /// The path.
        path: Path,
        /// By what.
        reason: &'static str,
        /// What to do.
        hints: Vec<Hint>,
    },
    /// A resource cannot be imported. Nothing was touched.
    #[error("cannot import `{path}`: {reason}")]
    NotImportable {
        /// Where it is to stand.
        path: Path,
        /// Why not.
        reason: String,
        /// What to do.
        hints: Vec<Hint>,
    },
    /// A part of a plan cannot be done without changes of others.
    #[error("what is deleted or replaced is held by resources that are left out:{}", held(needed))]
    LeftOut {
        /// Each resource that is left out, with the one that it holds.
        needed: Vec<(Path, Path)>,
    },
    /// Resources take what can exist once and is not let go of. Nothing was touched.
    #[error("the plan cannot work, since these can exist once:{}", bullets(taken))]
    Claimed {
        /// Each resource with what it takes and who has it.
        taken: Vec<Taken>,
    },
    /// Resources take each other's place, and none of them can go first. Nothing was touched.
    #[error(
        "`{path}` takes the {what} of `{other}`, which cannot let go of it first; deploy in two steps, of which the first gives one of them another one"
    )]
    Swapped {
        /// The resource that takes it.
        path: Path,
        /// The resource that has it.
        other: Path,
        /// What it is, as in `port of a load balancer`.
        what: String,
    },
    /// Resources are to be deleted, and others that stay hold them by then. Nothing was touched.
    #[error("the plan cannot work, since what is deleted is held by resources that stay:{}", bullets(held))]
    Held {
        /// Each of them with who holds it.
        held: Vec<HeldResource>,
    },
    /// Resources name others by text before these exist.
    #[error("the plan cannot work, since resources name each other before they exist:{}", bullets(names))]
    NamedTooEarly {
        /// Each of them with what it names.
        names: Vec<NamedTooEarly>,
    },
    /// No order of the steps satisfies all dependencies.
    #[error("these steps wait for each other: {}; make the change in two deploys", steps.join(" → "))]
    Cycle {
        /// The steps, each waiting for the one before.
        steps: Vec<String>,
    },
    /// The state has moved on since the plan was made.
    #[error("the plan is stale: {reason}")]
    StalePlan {
        /// What has changed.
        reason: String,
    },
    /// The program uses outputs of other apps that they do not publish. Nothing was touched.
    #[error("outputs of other apps are missing:{}", missing_outputs(missing))]
    Upstream {
        /// Each of them, with who wants it.
        missing: Vec<Missing>,
    },
    /// The plan takes away outputs that other apps use.
    #[error(
        "the plan takes away outputs that other apps use:{}\ndeploy or destroy those apps without them first",
        outputs_in_use(uses)
    )]
    OutputsInUse {
        /// Each of them, with who uses it.
        uses: Vec<Use>,
    },
    /// The plan replaces or deletes resources whose outputs other apps use.
    #[error(
        "the plan deletes resources that other apps use:{}\npublish the new one beside the old one under another name, deploy those apps with that, and remove the old one then",
        replaced_in_use(uses)
    )]
    ReplacedInUse {
        /// Each use of such an output, with the resource that is deleted.
        uses: Vec<(Use, Path)>,
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
    pub(crate) fn corrupt(place: &str, reason: impl fmt::Display) -> Self {
        FormatError::corrupt(place, reason).into()
    }

    /// Whether it is about what a store holds, and not about reaching it: the store could be read, and what
    /// was read is damaged, missing or not what it should be.
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

    /// Whether the message stands on several lines. The line feeds of such a message are its own, and what it quotes
    /// has none; a line feed in any other message is a part of what that quotes.
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
                | Self::OutputsInUse { .. }
                | Self::ReplacedInUse { .. }
        )
    }

    /// Whether it is about one file or object of a store, beside which others may be readable: it is damaged, of a
    /// later version, a directory, or not for this user.
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

/// What is quoted, on one line: line feeds and tabs in it stand as escapes.
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
    missing.iter().map(|it| bullet(format_args!("{it}, wanted by {}", it.wanted_by()))).collect()
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
