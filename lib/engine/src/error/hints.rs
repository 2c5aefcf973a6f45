//! Hints for an [`Error`].

use std::collections::BTreeSet;

use groundplan_core::Path;

use super::Error;
use crate::hint::{Hint, Hints};
use crate::provider::{ErrorClass, ProviderError};

impl Hints for Error {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Format(error) => error.hints(),
            Self::File { source, .. } => source.hints(),
            Self::Absent { restore, .. } => {
                let back = match restore {
                    Some(serial) => Hint::RestoreState { serial: Some(*serial) },
                    None => Hint::PushState { force: false },
                };
                vec![Hint::CheckStateLocation, back, Hint::NewState]
            }
            Self::Older { found, .. } => {
                vec![Hint::PutStateBack, Hint::AcceptState { serial: *found, drops_journal: false }]
            }
            Self::OtherLineage { serial, .. } => {
                vec![Hint::PutStateBack, Hint::AcceptState { serial: *serial, drops_journal: true }]
            }
            Self::Moved { to, .. } => {
                vec![Hint::UseState { url: to.clone() }, Hint::FinishMove { url: to.clone() }]
            }
            Self::Owned { .. } => vec![
                Hint::CheckStateLocation,
                Hint::PushState { force: false },
                Hint::Import { path: None, id: None, new_state: true },
                Hint::NewState,
            ],
            Self::Refused { hints, .. } | Self::PathTaken { hints, .. } | Self::NotImportable { hints, .. } => {
                hints.clone()
            }
            Self::Locked { heard, .. } => vec![Hint::WaitForLock { expires: heard.is_some() }, Hint::TakeLockAway],
            Self::Store { source, fix, .. } => of_store(source, fix.is_some()),
            Self::Provider { path: Some(_), source } => source.hints(),
            Self::Provider { path: None, source } => of_target(source),
            Self::Unresolved { path, verb, source, .. } => match source.class {
                ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::NotFound => {
                    let allow = Hint::AllowCall { operation: source.operation.clone() };
                    let path = path.clone();
                    match *verb {
                        "create" => {
                            vec![allow, Hint::InspectOpenCreate { path: path.clone() }, Hint::DropOpenCreate { path }]
                        }
                        _ => vec![allow, Hint::ForgetResource { path, app: None }],
                    }
                }
                _ => source.hints(),
            },
            Self::DataLoss { .. } => vec![Hint::AllowDataLoss],
            Self::WrongAccount { stack, expected, actual, .. } => {
                let change = stack.clone().map(|stack| Hint::ChangeAccount { stack, account: actual.account.clone() });
                std::iter::once(Hint::UseAccount { account: expected.clone() }).chain(change).collect()
            }
            Self::NoFinalSnapshot { .. } => vec![Hint::SkipFinalSnapshot],
            Self::OnlyRetained { path } => {
                let import = Hint::Import { path: None, id: None, new_state: false };
                vec![import, Hint::DropRetained { path: path.clone() }]
            }
            Self::LeftOut { needed } => {
                let paths: BTreeSet<&Path> = needed.iter().map(|(path, _)| path).collect();
                vec![Hint::IncludePaths { paths: paths.into_iter().cloned().collect() }]
            }
            Self::Claimed { taken } => distinct(taken),
            Self::Held { held } => distinct(held),
            Self::StalePlan { .. } | Self::CorruptPlan { .. } => vec![Hint::PlanAgain],
            Self::AppName { .. }
            | Self::OtherApp { .. }
            | Self::LockLost { .. }
            | Self::Journal { .. }
            | Self::JournalStopped { .. }
            | Self::Unsupported { .. }
            | Self::Ambiguous { .. }
            | Self::Protected { .. }
            | Self::Retyped { .. }
            | Self::UnknownPaths { .. }
            | Self::NoPath { .. }
            | Self::Swapped { .. }
            | Self::NamedTooEarly { .. }
            | Self::Cycle { .. }
            | Self::Upstream { .. }
            | Self::OutputsInUse { .. }
            | Self::ReplacedInUse { .. }
            | Self::MissingSecrets { .. }
            | Self::Lookups { .. } => Vec::new(),
        }
    }
}

/// The hints of all items, each once. All paths to include are one hint, which loses nothing and is the first.
fn distinct(items: &[impl Hints]) -> Vec<Hint> {
    let (mut included, mut others) = (BTreeSet::new(), Vec::new());
    for hint in items.iter().flat_map(Hints::hints) {
        match hint {
            Hint::IncludePaths { paths } => included.extend(paths),
            hint if others.contains(&hint) => {}
            hint => others.push(hint),
        }
    }
    if !included.is_empty() {
        others.insert(0, Hint::IncludePaths { paths: included.into_iter().collect() });
    }
    others
}

/// Returns hints about a failed request for the identity or another fact about the target.
fn of_target(source: &ProviderError) -> Vec<Hint> {
    match source.class {
        ErrorClass::Unauthenticated => source.hints(),
        ErrorClass::Denied => vec![Hint::CheckCredentials, Hint::UseSimulation],
        _ => vec![Hint::ReachTarget, Hint::UseSimulation],
    }
}

fn of_store(source: &ProviderError, is_fix_known: bool) -> Vec<Hint> {
    match source.class {
        _ if is_fix_known => source.hints.clone(),
        ErrorClass::Unauthenticated => source.hints(),
        ErrorClass::Denied => vec![Hint::CheckCredentials, Hint::KeepStateElsewhere],
        _ => vec![Hint::ReachState, Hint::KeepStateElsewhere],
    }
}
