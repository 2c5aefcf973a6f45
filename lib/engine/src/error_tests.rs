//! The messages with lists.

use groundplan_core::Path;
use groundplan_core::lookup::Query;
use groundplan_core::value::{CrossAppReference, ValueType};
use serde_json::json;

use crate::diff::{LeftOut, Need};
use crate::model::{FailedLookup, FailedLookups, LookupProblem, Missing, Problem, Use};
use crate::plan::{HeldResource, Holding, NamedTooEarly, PlanError, Taken};
use crate::planning::PlanningError;
use crate::store::StoreError;
use crate::upstream::UpstreamError;
use crate::{Error, UnknownPaths};

const EVIL: &str = "a\nerror: b\r\tc";

/// Returns every message with several lines, with a quotation of several lines at each place of a quotation, and its
/// number of lines.
fn lists() -> Vec<(Error, usize)> {
    let path = Path::from(EVIL);
    let (paths, text) = (vec![path.clone(); 2], EVIL.to_owned());
    let used = Use { name: text.clone(), app: text.clone(), places: vec![text.clone(); 2] };
    let taken = Taken { path: path.clone(), what: text.clone(), holder: path.clone(), how: Holding::Stays, id: None };
    let holders = vec![(path.clone(), Need::Property(text.clone()))];
    let held =
        HeldResource { path: path.clone(), because: text.clone(), holders, fix: text.clone(), hints: Vec::new() };
    let early = NamedTooEarly { path: path.clone(), named: path.clone(), place: text.clone() };
    let missing = |problem| Missing {
        import: CrossAppReference { app: text.clone(), name: text.clone(), form: ValueType::String },
        problem,
        resources: [path.clone()].into(),
        outputs: [text.clone()].into(),
    };
    let missing = vec![
        missing(Problem::NotDeployed { place: text.clone() }),
        missing(Problem::NotPublished { published: vec![text.clone()], nearest: vec![text.clone()] }),
        missing(Problem::OtherForm { found: json!(EVIL) }),
    ];
    let lookup = |problem| FailedLookup {
        path: path.clone(),
        query: Query::PrefixList { name: text.clone() },
        region: text.clone(),
        problem,
    };
    let failed = vec![
        lookup(LookupProblem::NotFound { others: vec![text.clone()] }),
        lookup(LookupProblem::NotFound { others: Vec::new() }),
        lookup(LookupProblem::Ambiguous { matches: vec![text.clone(); 2] }),
        lookup(LookupProblem::Own { resource: path.clone(), found: text.clone() }),
        lookup(LookupProblem::Lacking { output: text.clone(), users: vec![text.clone()], found: Default::default() }),
        lookup(LookupProblem::TooFewZones {
            output: text.clone(),
            users: vec![text.clone()],
            found: Default::default(),
        }),
    ];
    let (place, account, app) = (text.clone(), "1".into(), "shop".into());
    vec![
        (Error::Store(StoreError::Owned { place, account, app, found: vec![text.clone(); 2] }), 4),
        (Error::Planning(PlanningError::Unsupported { findings: vec![(path.clone(), text.clone())] }), 2),
        (Error::Plan(PlanError::Protected { paths: paths.clone() }), 4),
        (Error::Plan(PlanError::DataLoss { paths: paths.clone() }), 3),
        (Error::Plan(PlanError::NoFinalSnapshot { commands: vec![(path.clone(), text.clone())] }), 2),
        (Error::UnknownPaths(UnknownPaths { place: "the program", paths: vec![(path.clone(), paths.clone()); 2] }), 2),
        (Error::LeftOut(LeftOut { needed: vec![(path.clone(), path.clone())] }), 2),
        (Error::Plan(PlanError::Claimed { taken: vec![taken] }), 2),
        (Error::Plan(PlanError::Held { held: vec![held] }), 2),
        (Error::Plan(PlanError::NamedTooEarly { names: vec![early] }), 2),
        (Error::Upstream(UpstreamError::Missing { missing }), 4),
        (Error::Lookups(FailedLookups { failed }), 7),
        (Error::Upstream(UpstreamError::OutputsInUse { uses: vec![used.clone()] }), 3),
        (Error::Upstream(UpstreamError::ReplacedInUse { uses: vec![(used, path)] }), 3),
    ]
}

#[test]
fn what_a_list_quotes_breaks_no_line_of_it() {
    for (error, lines) in lists() {
        let text = error.to_string();
        assert!(error.has_lines(), "{text}");
        assert_eq!(text.lines().count(), lines, "{text}");
        assert!(text.contains(r"a\nerror: b\r\tc") && !text.contains(['\r', '\t']), "{text}");
    }
    assert!(!Error::Store(StoreError::Refused { reason: EVIL.into(), hints: Vec::new() }).has_lines());
}
