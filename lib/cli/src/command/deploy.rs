//! `deploy`: makes the target match the program.

use groundplan_engine::execute::ExecuteOptions;
use groundplan_engine::planning::{PlanOptions, Planned};
use groundplan_engine::session::Goal;
use serde_json::json;

use crate::args::Deploy;
use crate::boxed::boxed;
use crate::command::apply::Job;
use crate::command::plan;
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::plan::PlanView;
use crate::target::Access;
use crate::upstream;

pub(crate) async fn run(context: &Context<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let ended = match boxed(|| upstreams(context, &destination, args)).await {
        Ok(Exit::Done) => boxed(|| single(context, &destination, args)).await,
        ended => ended,
    }?;
    destination.notice_again();
    Ok(ended)
}

/// On a target without real resources, deploys the upstream apps of this one that were never deployed there completely,
/// so that a program can be tried with one command. On a real target, the user deploys them, and missing ones are
/// reported.
async fn upstreams(context: &Context<'_>, destination: &Destination<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    if destination.target.is_real() || args.plan.is_some() {
        return Ok(Exit::Done);
    }
    for program in context.program.upstreams() {
        let synthesis = program.synth()?;
        let parent = context;
        let context = Context { program: &program, synthesis: &synthesis, ..*context };
        let destination = context.find()?;
        let Some(because) = upstream::unfinished(&destination, &synthesis).await? else { continue };
        let (name, target) = (program.name(), destination.target.name());
        context.terminal.note(format!("`{name}`, which this app uses, {because} `{target}`, so it is deployed first"));
        context.terminal.print_json(&json!({"event": "upstream", "app": name}));
        let ended = boxed(|| upstreams(&context, &destination, args)).await?;
        let first = Deploy { yes: args.yes, ..Deploy::default() };
        let ended = if ended == Exit::Done { boxed(|| single(&context, &destination, &first)).await? } else { ended };
        if ended != Exit::Done {
            parent
                .terminal
                .warn(format!("`{}` was not deployed, because the deploy of `{name}` did not succeed", parent.app()));
            return Ok(ended);
        }
        context.terminal.note("");
    }
    Ok(Exit::Done)
}

/// Deploys one app.
async fn single(context: &Context<'_>, destination: &Destination<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    let options = ExecuteOptions {
        parallelism: context.global.parallelism,
        no_wait: args.no_wait,
        delete_data: args.delete_data,
        variables: context.host.variables(),
    };
    let holder = destination.holder();
    let job = Job { context, destination, command: "deploy", holder, yes: args.yes, options };
    job.may_ask()?;
    let read = args.plan.as_ref().map(|file| plan::read(context, file)).transpose()?;
    let deploy = || async {
        match &read {
            Some(read) => saved(&job, read, args).await,
            None => planned(&job, args).await,
        }
    };
    destination.locked(&job.holder, deploy).await
}

async fn planned(job: &Job<'_>, args: &Deploy) -> Result<Exit, CommandError> {
    let Job { context, destination, .. } = job;
    let (provider, loaded) = destination.start(args.start, Access::Change).await?;
    let options = PlanOptions {
        refresh: args.refresh.refresh,
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        only: args.part.only.iter().cloned().collect(),
        variables: context.host.variables(),
        ..PlanOptions::default()
    };
    let assembly = &context.synthesis.assembly;
    let planned = destination.session(&*provider).plan(Goal::Program(assembly), &loaded, &options).await?;
    destination.tell_first(&loaded, &planned);
    let full = args.full || context.global.verbose > 0;
    let view = PlanView { full, ..PlanView::new(&planned, Some(context.synthesis)) };
    job.carry_out(&planned, view, args.part.only.is_empty().then_some(assembly), loaded, &*provider).await
}

/// Executes a plan that was saved, and nothing else.
async fn saved(job: &Job<'_>, planned: &Planned, args: &Deploy) -> Result<Exit, CommandError> {
    let Job { context, destination, .. } = job;
    let (provider, loaded) = destination.start(args.start, Access::Change).await?;
    planned.plan.fits(&loaded)?;
    planned.plan.verify(&loaded.state)?;
    let full = args.full || context.global.verbose > 0;
    let view = PlanView { full, ..PlanView::of_saved(planned) };
    job.carry_out(planned, view, planned.whole(), loaded, &*provider).await
}
