//! `state mv` and `state rm`: edit the state; the account is not changed.

use groundplan_core::Path;
use groundplan_engine::edit;
use groundplan_engine::model::{Event, Loaded, LockOwner, Move, ResourceState, State};
use serde_json::json;

use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::{count, named, open, short_type};
use crate::style::{BOLD, CREATE, NL, paint};

pub(crate) async fn mv(
    context: &Context<'_>,
    destination: &Destination<'_>,
    from: &Path,
    to: &Path,
) -> Result<Exit, CommandError> {
    let holder = destination.holder();
    let moved = || async {
        let loaded = destination.load().await?;
        let events = edit::moves(&loaded.state, from, to)?;
        let moves = edit::moved(&events);
        Ok((commit(context, destination, &holder, loaded, events).await?, moves))
    };
    let (state, moves) = destination.locked(&holder, moved).await?;

    let line = |Move { from, to }: &Move| format!("  {from} → {}", paint(BOLD, to));
    context.terminal.print(moves.iter().map(line).collect::<Vec<_>>().join(&*NL));
    let moved = count(moves.len(), "resource");
    context.terminal.note(format!("{} moved in the state; the account is not changed", paint(CREATE, moved)));
    let program = &context.synthesis.assembly.resources;
    let unknown: Vec<_> = moves.iter().map(|found| &found.to).filter(|to| !program.contains_key(*to)).collect();
    if !unknown.is_empty() {
        let unknown = named(&unknown);
        context.terminal.warn(format!("the program has nothing at {unknown}: the next deploy would delete it"));
    }
    for found in &moves {
        let (old, new) = (state.resources.get(&found.to), program.get(&found.to));
        if let Some((old, new)) = old.zip(new).filter(|(old, new)| old.type_name != new.type_name) {
            let (to, old, new) = (&found.to, &old.type_name, &new.type_name);
            context.terminal.warn(format!(
                "{to} has the type {old}, but the program has {new} there: the next deploy would replace it"
            ));
        }
    }
    context.terminal.print_json(&json!({"serial": state.serial, "moved": moves}));
    Ok(Exit::Done)
}

pub(crate) async fn rm(
    context: &Context<'_>,
    destination: &Destination<'_>,
    path: &Path,
    open_only: bool,
) -> Result<Exit, CommandError> {
    let holder = destination.holder();
    let removed = || async {
        let loaded = destination.load().await?;
        let events = edit::removal(&loaded.state, path, open_only)?;
        let before = loaded.state.clone();
        let mut removed = (Vec::new(), Vec::new());
        for event in &events {
            match event {
                Event::Forgotten { path } => {
                    let records = before.retained.iter().filter(|it| it.path == *path).map(|it| &it.resource);
                    let standing = before.resources.get(path);
                    let gone = standing.into_iter().chain(records.filter(|_| standing.is_none()));
                    removed.0.extend(gone.map(|it| (path.clone(), it.clone())));
                }
                Event::Failed { path, .. } => {
                    removed.1.extend(before.pending.get(path).map(|it| (path.clone(), it.clone())));
                }
                _ => {}
            }
        }
        Ok((commit(context, destination, &holder, loaded, events).await?, removed))
    };
    let (state, (resources, open)) = destination.locked(&holder, removed).await?;
    for (path, intent) in &open {
        context.terminal.print(format!("  {}", open::line(path, intent)));
        let places = open::places(&state, path, intent).join(", ");
        context.terminal.warn(format!(
            "the open create of {path} was removed; its resource may exist in the account: look for {places}"
        ));
    }
    let dropped: Vec<_> = open.iter().map(|(path, intent)| open::document(path, intent)).collect();
    if resources.is_empty() {
        context.terminal.print_json(&json!({"serial": state.serial, "removed": [], "dropped": dropped}));
        return Ok(Exit::Done);
    }

    context.terminal.print(lines(resources.iter().map(|(path, resource)| (path, resource))));
    let gone = paint(CREATE, format!("{} removed from the state", count(resources.len(), "resource")));
    context.terminal.note(format!("{gone} and no longer managed; nothing in the account was deleted"));
    let program = &context.synthesis.assembly.resources;
    let again: Vec<_> = resources.iter().map(|(path, _)| path).filter(|path| program.contains_key(*path)).collect();
    if !again.is_empty() {
        let again = named(&again);
        context.terminal.warn(format!("the program still has {again}: the next deploy would create new resources"));
    }
    let removed = documents(resources.iter().map(|(path, resource)| (path, resource)));
    context.terminal.print_json(&json!({"serial": state.serial, "removed": removed, "dropped": dropped}));
    Ok(Exit::Done)
}

/// `state rm --retained`.
pub(crate) async fn rm_retained(
    context: &Context<'_>,
    destination: &Destination<'_>,
    path: &Path,
) -> Result<Exit, CommandError> {
    let holder = destination.holder();
    let dropped = || async {
        let mut loaded = destination.load().await?;
        let records = edit::drop_retained(&mut loaded.state, path)?;
        Ok((commit(context, destination, &holder, loaded, Vec::new()).await?, records))
    };
    let (state, records) = destination.locked(&holder, dropped).await?;
    let records: Vec<_> = records.iter().map(|old| (&old.path, &old.resource)).collect();
    context.terminal.print(lines(records.iter().copied()));
    let gone = paint(CREATE, format!("{} removed from the state", count(records.len(), "retained resource")));
    context.terminal.note(format!(
        "{gone}; nothing in the account was deleted; resources that only these depend on are no longer kept"
    ));
    context.terminal.print_json(&json!({"serial": state.serial, "removed": documents(records), "dropped": []}));
    Ok(Exit::Done)
}

fn lines<'a>(resources: impl IntoIterator<Item = (&'a Path, &'a ResourceState)>) -> String {
    let line = |(path, resource): (&Path, &ResourceState)| {
        format!("  {}  {}  {}", paint(BOLD, path), short_type(&resource.type_name), resource.id)
    };
    resources.into_iter().map(line).collect::<Vec<_>>().join(&*NL)
}

fn documents<'a>(resources: impl IntoIterator<Item = (&'a Path, &'a ResourceState)>) -> Vec<serde_json::Value> {
    let document = |(path, it): (&Path, &ResourceState)| json!({"path": path, "type": it.type_name, "id": it.id});
    resources.into_iter().map(document).collect()
}

/// Writes the state that the events make, and the run into the history.
async fn commit(
    context: &Context<'_>,
    destination: &Destination<'_>,
    holder: &LockOwner,
    loaded: Loaded,
    events: Vec<Event>,
) -> Result<State, CommandError> {
    let edited = edit::apply(loaded, events, None, holder, &*destination.store);
    Ok(context.done(context.interrupt.finishing(edited).await?))
}
