//! `history`: the runs that have changed something.

use groundplan_engine::store::History;
use serde_json::json;

use crate::context::{Context, Session};
use crate::error::{CommandError, Exit};
use crate::render::history;

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let serial = session.load().await?.state.serial;
    let History { runs: entries, damaged } = begun(&session, serial).await?;
    for (serial, error) in &damaged {
        context.terminal.warn(format!("run {serial} is not listed: {error}"));
    }
    match entries.is_empty() && damaged.is_empty() {
        true => context.terminal.note("nothing was deployed yet"),
        false => {
            context.terminal.print(history::table(&entries));
            context.terminal.hint("`rollback N` deploys again what run N had deployed");
        }
    }
    context.terminal.print_json(&json!({"app": context.app(), "serial": serial, "history": entries}));
    Ok(Exit::Done)
}

/// The runs that have changed something. One with a later serial than the state was refused before it
/// did anything.
pub(crate) async fn begun(session: &Session<'_>, serial: u64) -> Result<History, CommandError> {
    Ok(session.store.history().await?.until(serial))
}
