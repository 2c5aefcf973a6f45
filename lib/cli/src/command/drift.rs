//! `drift`: where the target differs from what was deployed.

use groundplan_engine::drift::{Drift, drift};
use serde_json::json;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{self, count};

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let provider = session.connect().await?;
    let state = session.load().await?.state;
    let found = drift(&state, &*provider, context.global.parallelism).await;
    let resources = state.resources.len();
    match found.is_empty() {
        true => context.terminal.print(format!("no drift: {} as deployed", count(resources, "resource"))),
        false => context.terminal.print(render::drift::drift(&found, &state)),
    }
    context.terminal.print_json(&json!({
        "app": context.app(),
        "target": session.target.name(),
        "resources": resources,
        "drift": render::drift::document(&found, &state),
    }));
    let differs = found.values().any(|drift| !matches!(drift, Drift::Unreadable(_)));
    if differs {
        context.terminal.hint("`deploy --refresh` makes it what the program says again");
    }
    session.notice();
    Ok(match (differs, found.is_empty()) {
        (true, _) => Exit::Changes,
        (false, true) => Exit::Done,
        (false, false) => Exit::Failed,
    })
}
