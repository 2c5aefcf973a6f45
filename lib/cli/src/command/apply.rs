//! What `deploy` and `destroy` share: asking, executing, and saying how it went.

use groundplan_engine::Provider;
use groundplan_engine::execute::{self, ExecuteOptions, Outcome};
use groundplan_engine::plan::Plan;
use groundplan_engine::store::Loaded;
use serde_json::{Value as Json, json};

use crate::context::{Context, Session};
use crate::error::{CommandError, Exit};
use crate::progress;
use crate::render::outcome::OutcomeView;

/// A plan that is about to be executed.
pub(crate) struct Job<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) session: &'a Session<'a>,
    pub(crate) command: &'static str,
    /// Whether `--yes` was given.
    pub(crate) yes: bool,
    pub(crate) options: ExecuteOptions,
}

impl Job<'_> {
    /// Refuses at once what would have to be asked where nobody can answer.
    pub(crate) fn may_ask(&self) -> Result<(), CommandError> {
        if self.yes || !self.session.target.is_real() || self.context.terminal.can_ask() {
            return Ok(());
        }
        let message =
            format!("{} changes real infrastructure and has to be confirmed, but nobody can be asked", self.command);
        Err(CommandError::usage(message).hint("to go ahead without a question, add `--yes`"))
    }

    /// Asks, where what is changed is real.
    pub(crate) async fn confirm(&self, plan: &Plan) -> Result<(), CommandError> {
        if self.yes || !self.session.target.is_real() {
            return Ok(());
        }
        let question = format!("{} in account {}? [y/N]", self.command, plan.identity.account);
        match self.context.terminal.ask(&question).await {
            true => Ok(()),
            false => Err(CommandError::failed("not confirmed: nothing was changed")),
        }
    }

    /// Executes the plan and says how it went.
    pub(crate) async fn execute(
        &self,
        plan: &Plan,
        loaded: Loaded,
        provider: &dyn Provider,
    ) -> Result<Exit, CommandError> {
        let Context { terminal, interrupt, .. } = self.context;
        let progress = progress::of(terminal, plan);
        let cancellation = interrupt.begin();
        let executed =
            execute::execute(plan, loaded, provider, &self.session.store, &self.options, &*progress, cancellation)
                .await;
        interrupt.end();
        drop(progress);
        terminal.show(None);
        let outcome = executed?;
        let view = OutcomeView {
            app: self.context.app(),
            command: self.command,
            plan,
            outcome: &outcome,
            locations: &self.context.synthesis.locations,
        };
        terminal.note(view.render());
        terminal.print_json(&self.finished(&outcome));
        Ok(match (outcome.succeeded(), outcome.interrupted) {
            (true, _) => Exit::Done,
            (false, true) => Exit::Interrupted,
            (false, false) => Exit::Failed,
        })
    }

    /// The last event.
    pub(crate) fn finished(&self, outcome: &Outcome) -> Json {
        json!({
            "event": "finished",
            "succeeded": outcome.succeeded(),
            "interrupted": outcome.interrupted,
            "elapsed": u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
            "done": outcome.done.len(),
            "failed": outcome.failed,
            "skipped": outcome.skipped,
            "outputs": outcome.state.outputs,
        })
    }

    /// The last event where there was nothing to do.
    pub(crate) fn nothing(&self, outputs: &impl serde::Serialize) {
        self.context.terminal.print_json(&json!({
            "event": "finished",
            "succeeded": true,
            "interrupted": false,
            "elapsed": 0,
            "done": 0,
            "failed": [],
            "skipped": [],
            "outputs": outputs,
        }));
    }
}

/// A document as an event.
pub(crate) fn event(name: &str, mut document: Json) -> Json {
    let mut event = json!({"event": name});
    if let (Json::Object(event), Json::Object(fields)) = (&mut event, &mut document) {
        event.append(fields);
    }
    event
}
