//! The result of a deploy: completed steps, failed steps with their lines in the program, steps skipped because of
//! them, and the next steps.

use std::collections::BTreeMap;
use std::panic::Location;

use groundplan_core::Path;
use groundplan_engine::execute::{FailedStep, Outcome, SkipReason, StepError};
use groundplan_engine::hint::{Hint, Hints as _};
use groundplan_engine::plan::{Plan, Step, StepId, Work};
use groundplan_engine::provider::ErrorClass;
use groundplan_schema as schema;
use serde_json::{Value as Json, json};

use crate::render::{count, duration, hint, named, short_type};
use crate::style::{BOLD, CREATE, ERROR, INFO, NL, WARNING, paint};

/// A run that has ended.
pub(crate) struct OutcomeView<'a> {
    pub(crate) app: &'a str,
    pub(crate) command: &'a str,
    pub(crate) plan: &'a Plan,
    pub(crate) outcome: &'a Outcome,
    /// The lines of the program that added each resource.
    pub(crate) locations: &'a BTreeMap<Path, Vec<&'static Location<'static>>>,
    /// The instances that may wait for a reboot, and what for.
    pub(crate) reboots: Vec<(Path, Path)>,
}

impl OutcomeView<'_> {
    /// Returns the completed steps of a run whose state could not be saved.
    pub(crate) fn unsaved(&self) -> String {
        let mut text: String = self.outcome.failed.iter().map(|failure| self.failure(failure) + &*NL).collect();
        let (done, elapsed) = (tally(self.plan, &self.outcome.done), duration(self.outcome.elapsed));
        text += &format!("{} of {} ended after {elapsed}: {done}", self.command, self.app);
        text
    }

    /// All of it, without a line feed at the end.
    pub(crate) fn render(&self) -> String {
        let line = |(path, source): &(Path, Path)| {
            if path == source {
                format!("{NL}{path} may need a reboot to apply static parameters of its new parameter group")
            } else {
                format!("{NL}{path} may need a reboot to apply static parameters of {source}")
            }
        };
        self.ended() + &self.reboots.iter().map(line).collect::<String>()
    }

    fn ended(&self) -> String {
        let Outcome { failed, skipped, elapsed, .. } = self.outcome;
        let elapsed = duration(*elapsed);
        let done = tally(self.plan, &self.outcome.done);
        if self.outcome.succeeded() {
            let later = if skipped.is_empty() {
                String::new()
            } else {
                ", without waiting for all resources to be ready".to_owned()
            };
            let head = paint(CREATE, format!("✓ {} of {}", self.command, self.app));
            return format!("{head}: {done} in {elapsed}{later}");
        }
        let mut text = String::new();
        for failure in failed {
            text += &self.failure(failure);
            text.push_str(&NL);
        }
        let (style, how) = if failed.is_empty() { (WARNING, "was interrupted") } else { (ERROR, "failed") };
        text += &format!("{} after {elapsed}: {done}", paint(style, format!("{} of {} {how}", self.command, self.app)));
        if !failed.is_empty() {
            text += &format!(", {} failed", failed.len());
        }
        let left = self.names(|reason| *reason != SkipReason::NotWaited).len();
        if left > 0 {
            text += &format!(", {} not done", count(left, "resource"));
        }
        let first = match failed.iter().any(|failure| is_unauthenticated(&failure.error)) {
            _ if failed.is_empty() => "",
            true => "nothing new was started after the credentials had expired; renew them, and ",
            false => "fix the cause, and ",
        };
        let next = format!("completed changes are saved; {first}`{}` continues where it stopped", self.command);
        text + &format!("{NL}{} {next}", paint(INFO, "hint:"))
    }

    fn failure(&self, failure: &FailedStep) -> String {
        let FailedStep { step, path, verb, error } = failure;
        let type_name = short_type(&self.plan.step(*step).type_name);
        let mut text =
            format!("{} {}{NL}", paint(ERROR, "error:"), paint(BOLD, format!("cannot {verb} {path} ({type_name})")));
        let mut locations = self.locations.get(path).into_iter().flatten();
        if let Some(location) = locations.next() {
            text += &format!("  {} {location}{NL}", paint(INFO, "-->"));
        }
        for location in locations {
            text += &format!("      through {location}{NL}");
        }
        text += &format!("   {} {error}{NL}", paint(INFO, "="));
        let because = |reason: &SkipReason| matches!(reason, SkipReason::Failed { step: of, .. } if of == step);
        let skipped = self.names(because);
        if !skipped.is_empty() {
            text += &format!("   {} skipped because of it: {}{NL}", paint(INFO, "="), named(&skipped));
        }
        for hint in hints(self.plan, failure) {
            text += &format!("   {} {}: {hint}{NL}", paint(INFO, "="), paint(BOLD, "hint"));
        }
        text
    }

    /// The resources whose steps were skipped for such a reason, without those that have failed
    /// themselves.
    fn names(&self, because: impl Fn(&SkipReason) -> bool) -> Vec<&Path> {
        let skipped = self.outcome.skipped.iter().filter(|skipped| because(&skipped.because));
        let failed = |path: &Path| self.outcome.failed.iter().any(|failure| failure.path == *path);
        let mut names: Vec<_> = skipped.map(|skipped| &skipped.path).filter(|path| !failed(path)).collect();
        names.sort();
        names.dedup();
        names
    }
}

fn is_unauthenticated(error: &StepError) -> bool {
    matches!(error, StepError::Provider { class: ErrorClass::Unauthenticated, .. })
}

/// Returns hints about a failed step.
fn hints(plan: &Plan, failure: &FailedStep) -> Vec<String> {
    let complete = |hint: Hint| match hint {
        Hint::Import { path, id: None, new_state } => {
            Hint::Import { path, id: identifier(plan.step(failure.step)), new_state }
        }
        hint => hint,
    };
    failure.hints().into_iter().map(|hint| hint::text(&complete(hint))).collect()
}

/// A step that has failed, for other programs.
pub(crate) fn document(plan: &Plan, failure: &FailedStep) -> Json {
    let mut document = json!(failure);
    document["hints"] = hints(plan, failure).into();
    document
}

/// The identifier of a resource whose program says it.
fn identifier(step: &Step) -> Option<String> {
    let Work::Create { desired, .. } = &step.work else { return None };
    let parts = &schema::lookup(&step.type_name)?.primary_identifier;
    let parts: Option<Vec<_>> = parts.iter().map(|part| desired.properties.get(*part)?.as_str()).collect();
    parts.map(|parts| parts.join("|"))
}

/// The past of a step's verb, as in `created`.
pub(crate) fn past(work: &Work) -> &'static str {
    match work {
        Work::Create { .. } => "created",
        Work::Update { .. } => "updated",
        Work::Ready => "ready",
        Work::Delete { .. } => "deleted",
        Work::Move { .. } => "moved",
        Work::Record { .. } => "recorded",
        Work::Forget => "forgotten",
        Work::Retain => "retained",
        Work::Barrier => "passed",
    }
}

/// `12 created, 1 updated`.
fn tally(plan: &Plan, done: &[StepId]) -> String {
    const ORDER: [&str; 7] = ["created", "updated", "deleted", "moved", "recorded", "retained", "forgotten"];
    let number = |verb: &str| done.iter().filter(|id| past(&plan.step(**id).work) == verb).count();
    let parts: Vec<_> = ORDER.iter().map(|verb| (number(verb), verb)).filter(|(number, _)| *number > 0).collect();
    if parts.is_empty() {
        "nothing done".to_owned()
    } else {
        parts.iter().map(|(number, verb)| format!("{number} {verb}")).collect::<Vec<_>>().join(", ")
    }
}
