//! `drift`: reports differences between the target and the state.

use std::collections::BTreeSet;

use groundplan_engine::detect::drift;
use groundplan_engine::drift::Drift;
use groundplan_engine::lookup;
use serde_json::json;

use crate::args::Start;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{self, count, hint};
use crate::target::Access;

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let (provider, loaded) = destination.start(Start::default(), Access::Read).await?;
    if loaded.is_first() {
        let place = destination.place.display();
        context.terminal.note(format!("no state at {place}: nothing was deployed from there"));
    }
    let state = loaded.state;
    let parallelism = context.global.parallelism;
    let found = drift(&state, &*provider, parallelism).await;
    let (lookups, unanswered) = lookup::changed(&context.synthesis.assembly, &state, &*provider, parallelism).await?;
    let resources = state.resources.len();
    if found.is_empty() {
        context.terminal.print(format!("no drift: {} unchanged since the deploy", count(resources, "resource")))
    } else {
        context.terminal.print(render::drift::drift(&found, &state))
    }
    if !lookups.is_empty() {
        context.terminal.note("lookups whose answer has changed:");
        context.terminal.print(render::lookups::changes(&lookups, 2).trim_end());
        context.terminal.hint("the answers in the state are used until `plan --refresh` shows what new ones change");
    }
    for failed in &unanswered {
        context.terminal.note(crate::lookup::diagnostic(context.synthesis, failed));
    }
    context.terminal.print_json(&json!({
        "app": context.app(),
        "target": destination.target.name(),
        "resources": resources,
        "drift": render::drift::document(&found, &state),
        "lookups": render::document::lookups(&lookups),
        "unanswered": unanswered.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }));
    let differs = !unanswered.is_empty() || found.values().any(|drift| !matches!(drift, Drift::Unreadable(_)));
    let of = |added: bool| {
        found.values().any(|drift| match drift {
            Drift::Missing => !added,
            Drift::Changed { properties, .. } => properties.iter().any(|property| property.added == added),
            Drift::Unreadable(_) => false,
        })
    };
    let unreadable = found.values().filter_map(|it| if let Drift::Unreadable(error) = it { Some(error) } else { None });
    context.terminal.hints(unreadable.flat_map(hint::all).collect::<BTreeSet<_>>());
    if of(false) {
        context.terminal.hint("`deploy --refresh` corrects the drift");
    }
    if of(true) {
        context
            .terminal
            .hint("a deploy does not remove what was added outside of the program: declare it, or remove it by hand");
    }
    destination.notice_again();
    Ok(match (differs, found.is_empty()) {
        (true, _) => Exit::Changes,
        (false, true) => Exit::Done,
        (false, false) => Exit::Failed,
    })
}
