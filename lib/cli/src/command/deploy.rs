//! `deploy`: makes the target what the program says.

use std::path::Path;

use groundplan_engine::execute::ExecuteOptions;
use groundplan_engine::plan::Plan;
use groundplan_engine::planning::{self, PlanOptions};
use serde_json::json;

use crate::args::Deploy;
use crate::command::apply::{Job, event};
use crate::command::plan;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::outcome;
use crate::render::plan::PlanView;

pub(crate) async fn run(context: &Context<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let options = ExecuteOptions {
        parallelism: context.global.parallelism,
        no_wait: args.no_wait,
        delete_data: args.delete_data,
    };
    let holder = session.holder();
    let job = Job { context, session: &session, command: "deploy", holder, yes: args.yes, options };
    job.may_ask()?;
    let lock = session.lock(&job.holder).await?;
    let result = match &args.plan {
        Some(file) => saved(&job, file).await,
        None => planned(&job, args).await,
    };
    lock.release().await?;
    session.notice();
    result
}

async fn planned(job: &Job<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    let Job { context, session, .. } = job;
    let (provider, loaded) = session.open().await?;
    let options = PlanOptions {
        refresh: args.refresh.refresh,
        delete_data: args.delete_data,
        parallelism: context.global.parallelism,
        only: args.part.only.iter().cloned().collect(),
    };
    let assembly = &context.synthesis.assembly;
    let planned = planning::deploy(assembly, &loaded.state, &*provider, &options).await?;
    let full = args.full || context.global.verbose > 0;
    plan::show(context, session, &planned, PlanView { full, ..PlanView::new(&planned, Some(context.synthesis)) });
    context.terminal.print_json(&event("planned", plan::document(context, session, &planned)));
    if planned.plan.is_empty() {
        job.nothing(&loaded.state.outputs);
        return Ok(Exit::Done);
    }
    planned.plan.permit(args.delete_data)?;
    job.confirm(&planned.plan).await?;
    job.execute(&planned.plan, args.part.only.is_empty().then_some(assembly), loaded, &*provider).await
}

/// Executes a plan that was saved, and nothing else.
async fn saved(job: &Job<'_>, file: &Path) -> Result<Exit, CommandError> {
    let Job { context, session, options, .. } = job;
    let path = context.host.resolve(file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CommandError::usage(format!("cannot read the plan `{}`: {error}", path.display())))?;
    let plan = Plan::from_json(&text)?;
    let loaded = session.load().await?;
    context.terminal.print(outcome::steps(&plan));
    context.terminal.print_json(
        &json!({"event": "planned", "app": plan.app, "target": session.target.name(), "steps": plan.steps.len()}),
    );
    plan.permit(options.delete_data)?;
    job.confirm(&plan).await?;
    let provider = session.connect().await?;
    job.execute(&plan, plan.assembly.as_ref(), loaded, &*provider).await
}
