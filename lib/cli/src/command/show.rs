//! `show`: a plan that was saved, once more.

use crate::args::Show;
use crate::command::plan;
use crate::context::Context;
use crate::error::{CommandError, Exit, shown};
use crate::render::plan::PlanView;

pub(crate) async fn run(context: &Context<'_>, args: &Show) -> Result<Exit, CommandError> {
    let planned = plan::read(context, &args.plan)?;
    let destination = context.destination()?;
    let loaded = destination.load().await?;
    let full = args.full || context.global.verbose > 0;
    let view = PlanView { full, ..PlanView::of_saved(&planned) };
    plan::show(context, &destination, &planned, view, &loaded.state);
    let stale = planned.plan.fits(&loaded).err();
    let mut document = plan::document(context, &destination, &planned);
    document["refused"] = plan::reasons(stale.as_slice());
    context.terminal.print_json(&document);
    if let Some(stale) = stale {
        context.terminal.warn(format!("a deploy of this would be refused: {}", shown(&stale)));
    }
    Ok(Exit::Done)
}
