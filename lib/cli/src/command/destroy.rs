//! `destroy`: leaves nothing, or nothing but what holds data.

use groundplan_engine::diff::Action;
use groundplan_engine::execute::ExecuteOptions;
use groundplan_engine::planning::{self, PlanOptions};

use crate::args::Destroy;
use crate::command::apply::{Job, event};
use crate::command::plan;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::count;
use crate::render::plan::PlanView;

pub(crate) async fn run(context: &Context<'_>, args: &Destroy) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let options =
        ExecuteOptions { parallelism: context.global.parallelism, no_wait: false, delete_data: args.delete_data };
    let holder = session.holder();
    let job = Job { context, session: &session, command: "destroy", holder, yes: args.yes, options };
    job.may_ask()?;
    let lock = session.lock(&job.holder).await?;
    let result = destroy(&job, args).await;
    lock.release().await?;
    session.notice();
    result
}

async fn destroy(job: &Job<'_>, args: &Destroy) -> Result<Exit, CommandError> {
    let Job { context, session, .. } = job;
    let (provider, loaded) = session.open().await?;
    let options = PlanOptions {
        delete_data: args.delete_data,
        parallelism: context.global.parallelism,
        ..PlanOptions::default()
    };
    let planned = planning::destroy(&loaded.state, &*provider, &options).await?;
    plan::show(context, session, &planned, PlanView::new(&planned, None));
    context.terminal.print_json(&event("planned", plan::document(context, session, &planned)));
    let kept = planned.changes.changes.values().filter(|change| change.action == Action::Keep).count();
    let exit = if planned.plan.is_empty() {
        job.nothing(&loaded.state.outputs);
        Exit::Done
    } else {
        job.permit(&planned.plan, &loaded.state).await?;
        job.confirm(&planned.plan).await?;
        job.execute(&planned.plan, None, loaded, &*provider).await?
    };
    if kept > 0 {
        let kept = count(kept, "resource");
        context.terminal.hint(format!(
            "{kept} that hold data, or are needed by such, are kept; `destroy --delete-data` deletes them, too"
        ));
    }
    Ok(exit)
}
