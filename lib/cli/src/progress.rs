//! The progress of a deploy.
//!
//! On a terminal, each running step has a line with the time it has taken and what it waits for,
//! and what is done scrolls away above them. Elsewhere there is a line for each thing that is
//! done, and one for each that is waited for. With `--json` each event is a line of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use groundplan_core::Path;
use groundplan_engine::execute::{Progress, ProgressEvent};
use groundplan_engine::plan::{Plan, Step, StepId, Work};
use groundplan_engine::provider::ErrorClass;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::render::outcome::past;
use crate::render::{duration, short_type};
use crate::style::{BOLD, CHANGE, CREATE, DIM, ERROR, INFO, padded, paint};
use crate::terminal::Terminal;

/// The interval between two redraws of a live display.
const TICK: Duration = Duration::from_millis(100);

/// The display that fits this terminal.
pub(crate) fn of<'a>(terminal: &'a Terminal, plan: &'a Plan) -> Box<dyn Progress + 'a> {
    if terminal.is_json() {
        return Box::new(|event: &ProgressEvent| terminal.print_json(event));
    }
    terminal.note("");
    let live = terminal.is_live().then(|| Live::new(terminal, plan));
    let widest = |text: &dyn Fn(&Step) -> usize| plan.work().map(text).max().unwrap_or(0);
    let widths = (widest(&|step| past(&step.work).len()).max(8), widest(&|step| step.path.as_str().chars().count()));
    Box::new(Lines { terminal, plan, live, widths, tracker: Mutex::new(Tracker::new(plan)) })
}

struct Lines<'a> {
    terminal: &'a Terminal,
    plan: &'a Plan,
    live: Option<Live<'a>>,
    /// The widths of the longest verb and of the longest path.
    widths: (usize, usize),
    tracker: Mutex<Tracker>,
}

/// Data that is kept between events.
struct Tracker {
    /// Steps whose resource is still waited for in a later step, which reports its completion.
    waited_for: BTreeSet<StepId>,
    /// Time that resources have taken so far.
    elapsed: BTreeMap<Path, Duration>,
    ids: BTreeMap<Path, String>,
    /// Steps whose reason for waiting was reported.
    told: BTreeSet<StepId>,
}

impl Tracker {
    fn new(plan: &Plan) -> Self {
        let ready = plan.steps.iter().filter(|step| step.work == Work::Ready);
        let waited_for =
            ready.flat_map(|ready| ready.dependencies.iter().filter(|id| plan.step(**id).path == ready.path));
        Self {
            waited_for: waited_for.copied().collect(),
            elapsed: BTreeMap::new(),
            ids: BTreeMap::new(),
            told: BTreeSet::new(),
        }
    }
}

impl Lines<'_> {
    /// Returns the line about the event for people, if any.
    fn line(&self, event: &ProgressEvent) -> Option<String> {
        let mut tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            ProgressEvent::StepDone { step, path, elapsed, id, .. } => {
                let total =
                    *tracker.elapsed.entry(path.clone()).and_modify(|total| *total += *elapsed).or_insert(*elapsed);
                let known = id.clone().or_else(|| tracker.ids.get(path).cloned());
                if tracker.waited_for.contains(step) {
                    tracker.ids.extend(known.map(|id| (path.clone(), id)));
                    return None;
                }
                tracker.elapsed.remove(path);
                Some(self.done(*step, known.as_deref(), total))
            }
            ProgressEvent::Waiting { step, path, detail } if self.live.is_none() => {
                let first = tracker.told.insert(*step);
                first.then(|| format!("{} {path}: {detail}", paint(DIM, "  waiting for")))
            }
            ProgressEvent::Throttled { api, calls_per_second } => {
                let rate =
                    format!("{api} throttles: its calls are limited, at first to {calls_per_second:.1} per second");
                Some(format!("{} {rate}", paint(CHANGE, "  slowing down")))
            }
            // The pace of an API is told once; each of its calls has nothing to add.
            ProgressEvent::Retrying { class: ErrorClass::Throttled, .. } => None,
            ProgressEvent::Retrying { path, attempt, after, message, .. } if *attempt > 1 || self.live.is_none() => {
                let after = duration(*after);
                Some(format!("{} {path}: {message}; next try in {after}", paint(CHANGE, "  retrying")))
            }
            ProgressEvent::StepFailed { step, path, elapsed, error, .. } => {
                let verb = self.plan.step(*step).work.verb();
                let error = error.to_string();
                let first = error.lines().next().unwrap_or_default();
                Some(format!(
                    "{} cannot {verb} {}: {first} {}",
                    paint(ERROR, "✗"),
                    paint(BOLD, path),
                    paint(DIM, duration(*elapsed))
                ))
            }
            _ => None,
        }
    }

    fn done(&self, id: StepId, resource: Option<&str>, elapsed: Duration) -> String {
        let step = self.plan.step(id);
        let told = match &step.work {
            Work::Ready => {
                let mut before = step.dependencies.iter().map(|id| self.plan.step(*id));
                before.find(|made| made.path == step.path).map_or("ready", |made| past(&made.work))
            }
            work => past(work),
        };
        let resource = resource.map(|id| format!("  {}", short_id(id))).unwrap_or_default();
        let rest = format!("{}{resource}  {}", short_type(&step.type_name), duration(elapsed));
        let (word, path) = self.widths;
        let path = padded(BOLD, step.path.as_str(), path);
        format!("{} {told:word$} {path}  {}", paint(CREATE, "✓"), paint(DIM, rest))
    }
}

impl Progress for Lines<'_> {
    fn report(&self, event: &ProgressEvent) {
        if let Some(live) = &self.live {
            live.report(event);
        }
        if let Some(line) = self.line(event) {
            self.terminal.note(line);
        }
    }
}

/// The lines that are drawn again and again below the others.
struct Live<'a> {
    terminal: &'a Terminal,
    display: MultiProgress,
    overall: ProgressBar,
    running: Mutex<BTreeMap<StepId, ProgressBar>>,
}

impl<'a> Live<'a> {
    fn new(terminal: &'a Terminal, plan: &Plan) -> Self {
        let display = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let colors = terminal.draws_colors();
        let bar = if colors { "{bar:30.green}" } else { "{bar:30}" };
        let style = style(&format!("  {bar} {{pos}}/{{len}} steps  {{elapsed}}  {{msg}}")).progress_chars("━━╌");
        let overall = ProgressBar::with_draw_target(Some(plan.work().count() as u64), ProgressDrawTarget::hidden());
        let overall = display.add(overall.with_style(style));
        overall.enable_steady_tick(TICK);
        terminal.show(Some(display.clone()));
        Self { terminal, display, overall, running: Mutex::default() }
    }

    fn report(&self, event: &ProgressEvent) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            ProgressEvent::StepStarted { step, path, type_name, verb } => {
                // A bar that is not in the display yet would draw itself, and leave that behind.
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
                    .with_style(style("  {spinner} {prefix}  {elapsed}  {msg}"))
                    .with_prefix(self.terminal.drawn(&format!("{verb} {path} ({})", short_type(type_name))));
                let bar = self.display.insert_before(&self.overall, bar);
                bar.enable_steady_tick(TICK);
                running.insert(*step, bar);
            }
            ProgressEvent::Waiting { step, detail, .. } => {
                running.get(step).inspect(|bar| bar.set_message(self.terminal.drawn(detail)));
            }
            ProgressEvent::Retrying { step, attempt, message, .. } => {
                running
                    .get(step)
                    .inspect(|bar| bar.set_message(self.terminal.drawn(&format!("try {attempt} failed: {message}"))));
            }
            ProgressEvent::StepDone { step, .. }
            | ProgressEvent::StepFailed { step, .. }
            | ProgressEvent::StepSkipped { step, .. } => {
                if let Some(bar) = running.remove(step) {
                    bar.finish_and_clear();
                    self.display.remove(&bar);
                }
                self.overall.inc(1);
            }
            ProgressEvent::Stopping => self.overall.set_message(self.terminal.drawn(&paint(INFO, "stopping"))),
            ProgressEvent::Started { .. } | ProgressEvent::Throttled { .. } => {}
        }
    }
}

/// Removes the display at its end: the completed steps remain above, and a summary follows.
impl Drop for Live<'_> {
    fn drop(&mut self) {
        for bar in self.running.lock().unwrap_or_else(PoisonError::into_inner).values() {
            bar.finish_and_clear();
        }
        self.overall.finish_and_clear();
        let _ = self.display.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Returns the last part of an ARN, which distinguishes it from others.
fn short_id(id: &str) -> &str {
    match id.strip_prefix("arn:") {
        Some(arn) => arn.rsplit(':').next().unwrap_or(arn),
        None => id,
    }
}
