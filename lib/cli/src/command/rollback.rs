//! `rollback`: deploys the program of an earlier run.

use groundplan_core::{Assembly, Synthesis};
use groundplan_engine::State;
use groundplan_engine::execute::ExecuteOptions;
use groundplan_engine::history::rollback_target;
use groundplan_engine::model::Answers;
use groundplan_engine::planning::PlanOptions;
use groundplan_engine::session::Goal;
use groundplan_engine::store::History;

use crate::args::Rollback;
use crate::command::apply::Job;
use crate::command::history;
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::plan::PlanView;
use crate::target::Access;

pub(crate) async fn run(context: &Context<'_>, args: &Rollback) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let options = ExecuteOptions {
        parallelism: context.global.parallelism,
        no_wait: false,
        delete_data: args.delete_data,
        variables: context.host.variables(),
    };
    let holder = destination.holder();
    let job = Job { context, destination: &destination, command: "rollback", holder, yes: args.yes, options };
    job.may_ask()?;
    let ended = destination.locked(&job.holder, || rollback(&job, args)).await?;
    destination.notice_again();
    Ok(ended)
}

async fn rollback(job: &Job<'_>, args: &Rollback) -> Result<Exit, CommandError> {
    let Job { context, destination, .. } = job;
    let loaded = destination.load().await?;
    let runs = history::begun(destination, loaded.state.serial).await?;
    let past = past(destination, &runs, args.serial).await?;
    // What has moved since moves back, so that each of these runs has to be known.
    let since = runs.after(args.serial).whole()?;
    let program = Synthesis {
        assembly: rollback_target(past.clone(), &since),
        warnings: Vec::new(),
        locations: context.synthesis.locations.clone(),
        output_locations: context.synthesis.output_locations.clone(),
    };
    let provider = destination.connect(Access::Change).await?;
    let answers = answers(job, &program.assembly, &loaded.state, args.serial).await?;
    let options = PlanOptions {
        answers,
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        variables: context.host.variables(),
        ..PlanOptions::default()
    };
    let planned = destination.session(&*provider).plan(Goal::Program(&program.assembly), &loaded, &options).await?;
    let view = PlanView::new(&planned, Some(&program));
    let exit = job.carry_out(&planned, view, Some(&past), loaded, &*provider).await?;
    if context.synthesis.assembly != past {
        context.terminal.hint("the program was not changed: the next `deploy` deploys it again");
    }
    Ok(exit)
}

/// The answers that the lookups of the program had in the run `serial`.
async fn answers(job: &Job<'_>, program: &Assembly, state: &State, serial: u64) -> Result<Answers, CommandError> {
    if program.lookups.is_empty() || serial == state.serial {
        return Ok(Answers::new());
    }
    match job.destination.store.earlier().await?.remove(&serial) {
        Some(Ok(past)) => Ok(past.lookups),
        Some(Err(_)) | None => {
            let note = format!("the state of run {serial} is not kept any more: lookups keep their current answers");
            job.context.terminal.note(note);
            Ok(Answers::new())
        }
    }
}

/// Returns the assembly of the run `serial`.
async fn past(destination: &Destination<'_>, history: &History, serial: u64) -> Result<Assembly, CommandError> {
    let runs = &history.runs;
    let Some(run) = runs.iter().find(|run| run.serial == serial) else {
        if let Some(unreadable) = history.unreadable.get(&serial) {
            return Err(CommandError::failed(unreadable.to_string()).hint("`history` lists all runs"));
        }
        return Err(CommandError::usage(format!("the history has no run {serial}")).hint("`history` lists all runs"));
    };
    if let Some(assembly) = destination.store.assembly(serial).await? {
        return Ok(assembly);
    }
    let mut others = Vec::new();
    for run in runs {
        if matches!(destination.store.assembly(run.serial).await, Ok(Some(_))) {
            others.push(run.serial.to_string());
        }
    }
    let message = format!("run {serial} (`{}`) did not deploy a whole program", run.command);
    Err(CommandError::usage(message).hint(if others.is_empty() {
        "no run in the history did".to_owned()
    } else {
        format!("these runs did: {}", others.join(", "))
    }))
}
