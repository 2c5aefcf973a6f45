//! Reports lookups without an answer, with the lines of the program.

use groundplan_core::lookup::{Query, VpcQuery};
use groundplan_core::{Code, Diagnostic, Synthesis};
use groundplan_engine::model::{FailedLookup, LookupProblem};

/// Returns what is wrong with a lookup, and its place in the program.
pub(crate) fn diagnostic(synthesis: &Synthesis, failed: &FailedLookup) -> Diagnostic {
    let (code, help) = match &failed.problem {
        LookupProblem::NotFound { .. } => (Code::NothingFound, not_found(&failed.query).to_owned()),
        LookupProblem::Ambiguous { .. } => (Code::SeveralFound, ambiguous(&failed.query).to_owned()),
        LookupProblem::Own { resource, .. } => {
            (Code::OwnResourceFound, format!("pass the handle of `{resource}` instead"))
        }
        LookupProblem::Lacking { .. } => {
            (Code::LookupLacks, "use only what is found, or add what is missing to the account".to_owned())
        }
        LookupProblem::TooFewZones { .. } => {
            let help = "add a subnet in another zone to the VPC, or choose other subnets of it by their tags, as in \
                        `.private_subnets_tagged(\"tier\", \"database\")`";
            (Code::OneZoneFound, help.to_owned())
        }
    };
    let (found, path) = (failed.found(), &failed.path);
    let diagnostic = Diagnostic::error(code, failed.message()).help(help);
    let diagnostic = if found.is_empty() { diagnostic } else { diagnostic.got(found) };
    let locations = synthesis.locations.get(path).cloned().unwrap_or_default();
    Diagnostic { path: Some(path.clone()), locations, ..diagnostic }
}

fn not_found(query: &Query) -> &'static str {
    match query {
        Query::Vpc(VpcQuery { tags, .. }) if !tags.is_empty() => {
            "check the tags, and the account of the credentials; the tags of a VPC that another account shares are not \
             visible, so look it up with `.id(…)` or `.owned_by(…)`"
        }
        _ => "check the tags or the name of the lookup, and the account of the credentials",
    }
}

fn ambiguous(query: &Query) -> &'static str {
    match query {
        Query::HostedZone(zone) if zone.private => {
            "look up something that only one of them has, as in `.in_vpc(…)` or `.tag(…, …)`, or pass the known id"
        }
        _ => "look up something that only one of them has, such as another tag, or pass the known id",
    }
}
