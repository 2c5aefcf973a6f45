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
    /// The region that it was looked up in.
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
}

impl std::fmt::Display for FailedLookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { query, region, .. } = self;
        match &self.problem {
            LookupProblem::NotFound { others } if others.is_empty() => write!(f, "there is no {query} in {region}"),
            LookupProblem::NotFound { others } => {
                write!(f, "there is no {query} in {region}; there is {}", others.join(", "))
            }
            LookupProblem::Ambiguous { matches } => {
                write!(f, "{} resources match the {query} in {region}: {}", matches.len(), matches.join(", "))
            }
            LookupProblem::Own { resource, found } => {
                write!(f, "{query} is {found}, the resource `{resource}` of this app; pass its handle instead")
            }
            LookupProblem::Lacking { output, users, .. } => {
                write!(
                    f,
                    "`{output}` is missing from the answer to the {query} in {region}, and is used by {}",
                    users.join(", ")
                )
            }
        }
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
