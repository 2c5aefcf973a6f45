//! The answers of lookups.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_core::lookup::Query;
use serde::{Deserialize, Serialize};

use crate::provider::Outputs;
use crate::text::bullet;

/// The answers of the lookups of an app, by path.
pub type Answers = BTreeMap<Path, Answer>;

/// The answer of a lookup. It is used until a refresh, or until the program has another query at its path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The query.
    pub query: Query,
    /// The region of the query.
    pub region: String,
    /// The account of the query.
    pub account: String,
    /// The serial of the state that the run with the query wrote. The history has its time.
    pub serial: u64,
    /// The outputs.
    pub outputs: Outputs,
}

impl Answer {
    /// Returns whether this answers the query in this account and region.
    pub(crate) fn is_of(&self, query: &Query, region: &str, account: &str) -> bool {
        self.query == *query && self.region == region && self.account == account
    }
}

/// A lookup that has no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedLookup {
    /// Its path.
    pub path: Path,
    /// The query.
    pub query: Query,
    /// The region of the lookup.
    pub region: String,
    /// The reason.
    pub problem: LookupProblem,
}

/// The reason why a lookup has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum LookupProblem {
    /// Nothing matches.
    NotFound {
        /// Existing ones of the same kind, for display; not all, if there are many.
        others: Vec<String>,
    },
    /// Several match.
    Ambiguous {
        /// The matches, for display.
        matches: Vec<String>,
    },
    /// The match is a resource of the same app.
    Own {
        /// The resource.
        resource: Path,
        /// The match, for display.
        found: String,
    },
    /// The match lacks an output that the program uses.
    Lacking {
        /// The output, as in `PublicSubnetIds`.
        output: String,
        /// The users: paths of resources, and names of outputs.
        users: Vec<String>,
        /// The outputs that it has.
        found: Outputs,
    },
    /// The subnets of an output are in one availability zone, and a resource needs them in two.
    TooFewZones {
        /// The output, as in `PrivateSubnetIds`.
        output: String,
        /// The paths of the resources.
        users: Vec<String>,
        /// The outputs of the match.
        found: Outputs,
    },
}

impl FailedLookup {
    /// Returns what is wrong.
    pub fn message(&self) -> String {
        let Self { query, .. } = self;
        let place = if query.is_global() { "the account" } else { &self.region };
        match &self.problem {
            LookupProblem::NotFound { .. } => format!("there is no {query} in {place}"),
            LookupProblem::Ambiguous { matches } => {
                format!("{} resources match the {query} in {place}", matches.len())
            }
            LookupProblem::Own { resource, .. } => format!("the {query} is the resource `{resource}` of this app"),
            LookupProblem::Lacking { output, users, .. } => {
                let users = users.join(", ");
                format!("`{output}` is missing from the answer to the {query} in {place}, and is used by {users}")
            }
            LookupProblem::TooFewZones { output, users, .. } => {
                let users = users.join(", ");
                format!("`{output}` of the {query} in {place} is in one zone, and at least two are needed by {users}")
            }
        }
    }

    /// Returns what was found, for display; empty if there is nothing.
    pub fn found(&self) -> String {
        match &self.problem {
            LookupProblem::NotFound { others: found } | LookupProblem::Ambiguous { matches: found } => found.join(", "),
            LookupProblem::Own { found, .. } => found.clone(),
            LookupProblem::Lacking { found, .. } | LookupProblem::TooFewZones { found, .. } => {
                found.iter().map(|(name, it)| format!("{name}: {it}")).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl std::fmt::Display for FailedLookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())?;
        let found = self.found();
        if found.is_empty() { Ok(()) } else { write!(f, "; found: {found}") }
    }
}

/// Lookups of the program have no answer. Nothing was touched.
#[derive(Debug, thiserror::Error)]
#[error("lookups have no answer:{}", failed_lookups(failed))]
pub struct FailedLookups {
    /// Each of them, by path.
    pub failed: Vec<FailedLookup>,
}

fn failed_lookups(failed: &[FailedLookup]) -> String {
    failed.iter().map(|it| bullet(format_args!("{}: {it}", it.path))).collect()
}
