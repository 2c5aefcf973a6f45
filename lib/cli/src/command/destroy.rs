//! `destroy`: deletes all resources, or all except stateful ones.

use groundplan_engine::execute::ExecuteOptions;
use groundplan_engine::planning::PlanOptions;
use groundplan_engine::session::Goal;

use crate::args::{Destroy, Start};
use crate::command::apply::Job;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::kept;
use crate::render::plan::PlanView;
use crate::target::Access;

pub(crate) async fn run(context: &Context<'_>, args: &Destroy) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let options = ExecuteOptions {
        parallelism: context.global.parallelism,
        no_wait: false,
        delete_data: args.delete_data,
        variables: context.host.variables(),
    };
    let holder = destination.holder();
    let job = Job { context, destination: &destination, command: "destroy", holder, yes: args.yes, options };
    job.may_ask()?;
    let ended = destination.locked(&job.holder, || destroy(&job, args)).await?;
    destination.notice_again();
    Ok(ended)
}

async fn destroy(job: &Job<'_>, args: &Destroy) -> Result<Exit, CommandError> {
    let Job { context, destination, .. } = job;
    let (provider, loaded) = destination.start(Start::default(), Access::Change).await?;
    if loaded.is_first() {
        context.terminal.note(format!("no state at {}: nothing was deployed from there", destination.place.display()));
    }
    let options = PlanOptions {
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        variables: context.host.variables(),
        ..PlanOptions::default()
    };
    let planned = destination.session(&*provider).plan(Goal::Nothing, &loaded, &options).await?;
    let data = kept::for_data(&planned.changes, &loaded.state);
    let exit = job.carry_out(&planned, PlanView::new(&planned, None), None, loaded, &*provider).await?;
    if data > 0 {
        let them = if data == 1 { "it" } else { "them" };
        context.terminal.hint(format!("`destroy --delete-data` also deletes {them}"));
    }
    Ok(exit)
}
