//! `force-unlock`: takes the lock away from a run that hangs.

use serde_json::json;

use crate::args::ForceUnlock;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::style::{CREATE, paint};

pub(crate) async fn run(context: &Context<'_>, args: &ForceUnlock) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    destination.may_ask(args.yes, "force-unlock")?;
    destination
        .confirm(args.yes, &format!("take the lock of {} away from the run that holds it?", destination.store.place()))
        .await?;
    let holder = destination.store.force_unlock().await?;
    match &holder {
        None => context.terminal.note(format!("the lock of {} is free", destination.store.place())),
        Some(holder) => {
            let done = paint(CREATE, "the lock was taken away");
            let holder = context.host.describe(holder);
            context.terminal.note(format!("{done} from {holder}; that run can no longer change anything"));
            context.terminal.hint("make sure that it has ended; the next run checks what it did");
        }
    }
    context.terminal.print_json(&json!({"taken_from": holder}));
    Ok(Exit::Done)
}
