//! `history`: the runs that have changed something.

use groundplan_engine::store::History;
use serde_json::json;

use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::{hint, history};

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let serial = destination.load().await?.state.serial;
    let history = begun(&destination, serial).await?;
    if history.is_empty() {
        context.terminal.note("nothing was deployed yet");
    } else {
        context.terminal.print(history::table(&history));
        for (serial, error) in &history.unreadable {
            context.terminal.warn(format!("run {serial} is unreadable: {error}"));
            context.terminal.hints(hint::all(error));
        }
        context.terminal.hint("`rollback N` deploys the program of run N again");
    }
    let History { runs, unreadable } = &history;
    let unreadable = history::document(unreadable);
    let document = json!({"app": context.app(), "serial": serial, "history": runs, "unreadable": unreadable});
    context.terminal.print_json(&document);
    Ok(Exit::Done)
}

/// The runs that have changed something. One with a later serial than the state was refused before it
/// did anything.
pub(crate) async fn begun(destination: &Destination<'_>, serial: u64) -> Result<History, CommandError> {
    Ok(destination.store.history().await?.until(serial))
}
