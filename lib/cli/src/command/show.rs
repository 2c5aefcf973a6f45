//! `show`: shows a saved plan.

use crate::args::Show;
use crate::command::plan;
use crate::context::Context;
use crate::error::{CommandError, Exit};
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
    plan::refuse(context, &mut document, stale.as_slice());
    Ok(Exit::Done)
}
