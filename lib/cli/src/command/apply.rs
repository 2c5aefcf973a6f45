//! Code shared by `deploy`, `destroy` and `rollback`: showing a plan, confirmation, execution and the result.

use std::time::Duration;

use groundplan_core::{Assembly, Path};
use groundplan_engine::Provider;
use groundplan_engine::execute::{ExecuteError, ExecuteOptions, Outcome};
use groundplan_engine::model::{Loaded, LockOwner};
use groundplan_engine::plan::Plan;
use groundplan_engine::planning::Planned;
use groundplan_engine::session::{Executed, Run};
use serde_json::{Value as Json, json};

use crate::boxed::boxed;
use crate::command::{output, plan};
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::progress;
use crate::render::outcome::{self, OutcomeView};
use crate::render::plan::PlanView;
use crate::style::NL;

/// A plan that is about to be executed.
pub(crate) struct Job<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) destination: &'a Destination<'a>,
    pub(crate) command: &'static str,
    /// This run, for the lock and for the history.
    pub(crate) holder: LockOwner,
    /// `true` if `--yes` was given.
    pub(crate) yes: bool,
    pub(crate) options: ExecuteOptions,
}

impl Job<'_> {
    /// Fails immediately if a confirmation is needed and no user can answer.
    pub(crate) fn may_ask(&self) -> Result<(), CommandError> {
        self.destination.may_ask(self.yes, self.command)
    }

    /// Shows a new plan, asks for confirmation, and executes it. `assembly` is as in [`Job::execute`].
    pub(crate) async fn carry_out(
        &self,
        planned: &Planned,
        view: PlanView<'_>,
        assembly: Option<&Assembly>,
        loaded: Loaded,
        provider: &dyn Provider,
    ) -> Result<Exit, CommandError> {
        plan::show(self.context, self.destination, planned, view, &loaded.state);
        let document = plan::document(self.context, self.destination, planned);
        self.context.terminal.print_json(&event("planned", document));
        // What an interrupted run has left in the journal is put into the state, too.
        if planned.plan.is_empty() && planned.plan.observed.is_empty() && loaded.journal == 0 {
            self.nothing(&loaded.state.outputs);
            return Ok(Exit::Done);
        }
        self.permit(&planned.plan, &loaded, provider).await?;
        // To write down what was found out changes nothing that anybody would have to agree to.
        if !planned.plan.is_empty() {
            self.confirm(&planned.plan).await?;
        }
        boxed(|| self.execute(&planned.plan, assembly, loaded, provider)).await
    }

    /// Refuses a plan that may not be executed, before the user is asked for confirmation.
    pub(crate) async fn permit(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        provider: &dyn Provider,
    ) -> Result<(), CommandError> {
        Ok(self.destination.session(provider).permit(plan, loaded, self.options.delete_data).await?)
    }

    /// Asks, where what is changed is real.
    pub(crate) async fn confirm(&self, plan: &Plan) -> Result<(), CommandError> {
        let question = format!("{} in account {}?", self.command, plan.identity.account);
        self.destination.confirm(self.yes, &question).await
    }

    /// Executes the plan, and reports the result and the outputs that the app publishes. `assembly` is the content of
    /// the target afterwards, for the history; `None` for a part of a program.
    pub(crate) async fn execute(
        &self,
        plan: &Plan,
        assembly: Option<&Assembly>,
        loaded: Loaded,
        provider: &dyn Provider,
    ) -> Result<Exit, CommandError> {
        let Context { terminal, interrupt, .. } = self.context;
        let progress = progress::of(terminal, plan);
        let run = Run {
            plan,
            assembly,
            owner: &self.holder,
            options: self.options.clone(),
            progress: &*progress,
            cancellation: interrupt.begin(),
        };
        let executed = self.destination.session(provider).execute(run, loaded).await;
        interrupt.end();
        drop(progress);
        terminal.show(None);
        let view = |outcome, reboots| OutcomeView {
            app: self.context.app(),
            command: self.command,
            plan,
            outcome,
            locations: &self.context.synthesis.locations,
            reboots,
        };
        let Executed { outcome, reboots, unrecorded } = match executed {
            Ok(executed) => executed,
            Err(ExecuteError::Unsaved { outcome, source }) => {
                terminal.note(view(&outcome, Vec::new()).unsaved());
                let hint = "the changes up to then are in the journal, which the next run reads";
                return Err(CommandError::from(*source).hint(hint));
            }
            Err(ExecuteError::Refused(error)) => return Err(error.into()),
        };
        let finished = self.finished(plan, &outcome, &reboots);
        terminal.note(view(&outcome, reboots).render());
        terminal.print_json(&finished);
        self.context.warn_of_unrecorded(unrecorded.as_ref());
        Ok(match (outcome.succeeded(), outcome.interrupted) {
            (true, _) => {
                let outputs = &outcome.state.outputs;
                if !outputs.is_empty() {
                    terminal.print(format!("{NL}{}", output::list(outputs)));
                }
                Exit::Done
            }
            (false, true) => Exit::Interrupted,
            (false, false) => Exit::Failed,
        })
    }

    /// The last event.
    fn finished(&self, plan: &Plan, outcome: &Outcome, reboots: &[(Path, Path)]) -> Json {
        json!({
            "event": "finished",
            "succeeded": outcome.succeeded(),
            "interrupted": outcome.interrupted,
            "elapsed": milliseconds(outcome.elapsed),
            "critical_path": outcome.timing.map(|timing| milliseconds(timing.critical_path)),
            "waiting_for_all": outcome.timing.map(|timing| milliseconds(timing.waiting_for_all)),
            "done": outcome.done.len(),
            "failed": outcome.failed.iter().map(|failure| outcome::document(plan, failure)).collect::<Vec<_>>(),
            "skipped": outcome.skipped,
            "possible_reboots": reboots.iter().map(|(path, _)| path).collect::<Vec<_>>(),
            "outputs": outcome.state.outputs,
        })
    }

    /// The last event where there was nothing to do.
    fn nothing(&self, outputs: &impl serde::Serialize) {
        self.context.terminal.print_json(&json!({
            "event": "finished",
            "succeeded": true,
            "interrupted": false,
            "elapsed": 0,
            "critical_path": null,
            "waiting_for_all": null,
            "done": 0,
            "failed": [],
            "skipped": [],
            "possible_reboots": [],
            "outputs": outputs,
        }));
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A document as an event.
fn event(name: &str, mut document: Json) -> Json {
    let mut event = json!({"event": name});
    if let (Json::Object(event), Json::Object(fields)) = (&mut event, &mut document) {
        event.append(fields);
    }
    event
}
