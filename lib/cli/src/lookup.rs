//! Reports lookups without an answer, with the lines of the program.

use groundplan_core::{Code, Diagnostic, Synthesis};
use groundplan_engine::model::{FailedLookup, LookupProblem};

use crate::render::value;

/// Returns what is wrong with a lookup, and its place in the program.
pub(crate) fn diagnostic(synthesis: &Synthesis, failed: &FailedLookup) -> Diagnostic {
    let FailedLookup { path, query, region, problem } = failed;
    let found = match problem {
        LookupProblem::NotFound { others } => {
            let found = Diagnostic::error(Code::NothingFound, format!("there is no {query} in {region}"));
            let found = if others.is_empty() { found } else { found.got(others.join(", ")) };
            found.help("check the tags or the name of the lookup, and the account of the credentials")
        }
        LookupProblem::Ambiguous { matches } => {
            let message = format!("{} resources match the {query} in {region}", matches.len());
            let help = "look up something that only one of them has, such as another tag, or pass the known id";
            Diagnostic::error(Code::SeveralFound, message).got(matches.join(", ")).help(help)
        }
        LookupProblem::Own { resource, found } => {
            let message = format!("the lookup finds the resource `{resource}` of this app");
            let help = format!("pass the handle of `{resource}` instead");
            Diagnostic::error(Code::OwnResourceFound, message).got(found).help(help)
        }
        LookupProblem::Lacking { output, users, found } => {
            let message = format!(
                "`{output}` is missing from the answer to the {query} in {region}, and is used by {}",
                users.join(", ")
            );
            let found: Vec<_> = found.iter().map(|(name, it)| format!("{name}: {}", value::json(it, 0))).collect();
            let help = "use only what is found, or add what is missing to the account";
            Diagnostic::error(Code::LookupLacks, message).got(found.join(", ")).help(help)
        }
    };
    let locations = synthesis.locations.get(path).cloned().unwrap_or_default();
    Diagnostic { path: Some(path.clone()), locations, ..found }
}
