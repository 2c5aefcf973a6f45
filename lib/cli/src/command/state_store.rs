//! `state restore`, `state push` and `state migrate`: replace the current state. Nothing in the account is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use groundplan_engine::State;
use groundplan_engine::model::{LockOwner, RunRecord, Use};
use groundplan_engine::store::StateStore;
use groundplan_engine::store::transfer::{self, Earlier, Transferred};
use groundplan_engine::upstream;
use jiff::Timestamp;
use serde_json::json;

use crate::boxed::boxed;
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::{count, hint, history, named};
use crate::state_location::StateLocation;
use crate::state_url::StateUrl;
use crate::style::{BOLD, CREATE, DIM, paint};

/// `state restore` without a serial.
pub(crate) async fn list(context: &Context<'_>, destination: &Destination<'_>) -> Result<Exit, CommandError> {
    let store = &*destination.store;
    let runs = store.history().await?.runs;
    let Earlier { states, unreadable } = transfer::earlier(store).await?;
    let known = states.iter().map(|state| {
        let run = runs.iter().find(|run| run.serial == state.serial).map(made_by).unwrap_or_default();
        (state.serial, format!("{:14}  {}", count(state.resources.len(), "resource"), paint(DIM, run)))
    });
    let lines: BTreeMap<_, _> = known.chain(unreadable.keys().map(|serial| (*serial, history::unreadable()))).collect();
    for (serial, line) in &lines {
        context.terminal.print(format!("{}  {line}", paint(BOLD, format!("{serial:>5}"))));
    }
    for (serial, error) in &unreadable {
        context.terminal.warn(format!("the state {serial} is unreadable: {error}"));
        context.terminal.hints(hint::all(error));
    }
    match (states.is_empty(), unreadable.is_empty()) {
        (true, true) => context.terminal.note(format!("no earlier states are kept at {}", store.place())),
        (true, false) => {}
        (false, _) => context.terminal.hint("`state restore N` restores one of them"),
    }
    let states: Vec<_> =
        states.iter().map(|state| json!({"serial": state.serial, "resources": state.resources.len()})).collect();
    let unreadable = history::document(&unreadable);
    context.terminal.print_json(&json!({"app": context.app(), "states": states, "unreadable": unreadable}));
    Ok(Exit::Done)
}

pub(crate) async fn restore(
    context: &Context<'_>,
    destination: &Destination<'_>,
    serial: u64,
    yes: bool,
) -> Result<Exit, CommandError> {
    destination.may_ask(yes, "state restore")?;
    let holder = destination.holder();
    let restored = destination
        .locked(&holder, || async {
            let store = &*destination.store;
            let state = transfer::restorable(store, context.app(), serial).await?;
            let run =
                store.history().await?.runs.iter().find(|run| run.serial == serial).map(made_by).unwrap_or_default();
            let run = if run.is_empty() { run } else { format!(", made by {run}") };
            let resources = count(state.resources.len(), "resource");
            context.terminal.print(format!("{} with {resources}{run}", paint(BOLD, format!("the state {serial}"))));
            put(context, destination, &holder, state, yes).await
        })
        .await?;
    let done = paint(CREATE, format!("the state {serial} was restored"));
    say(context, &format!("{done}, as serial {}", restored.state.serial));
    context.terminal.print_json(&document(&restored));
    destination.notice_again();
    Ok(Exit::Done)
}

pub(crate) async fn push(
    context: &Context<'_>,
    destination: &Destination<'_>,
    file: &FilePath,
    force: bool,
    yes: bool,
) -> Result<Exit, CommandError> {
    destination.may_ask(yes, "state push")?;
    let path = context.host.resolve(file);
    // It may be a pipe, as in `state pull | jq … | state push /dev/stdin`.
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CommandError::usage(format!("cannot read the state `{}`: {error}", path.display())))?;
    let holder = destination.holder();
    let pushed = destination
        .locked(&holder, || async {
            let place = path.display().to_string();
            let state = transfer::pushable(&*destination.store, context.app(), &text, &place, force).await?;
            let resources = count(state.resources.len(), "resource");
            context
                .terminal
                .print(format!("{} with {resources}", paint(BOLD, format!("the state in {}", file.display()))));
            put(context, destination, &holder, state, yes).await
        })
        .await?;
    let done = paint(CREATE, format!("the state in {} was pushed", file.display()));
    say(context, &format!("{done}, as serial {}", pushed.state.serial));
    context.terminal.print_json(&document(&pushed));
    destination.notice_again();
    Ok(Exit::Done)
}

/// Reports the loss, asks for confirmation, and saves the state, with the run in the history.
async fn put(
    context: &Context<'_>,
    destination: &Destination<'_>,
    holder: &LockOwner,
    state: State,
    yes: bool,
) -> Result<Transferred, CommandError> {
    let store = &*destination.store;
    // One that cannot be read is about to be replaced since it cannot.
    let loaded = destination.load().await;
    if loaded.is_err() {
        let what = "the changes of an interrupted run since then, if there was one, will be lost";
        context.terminal.warn(format!("the current state or its journal cannot be read: {what}"));
        context
            .terminal
            .hint("a damaged journal is kept as `journal.damaged.jsonl`; `import PATH ID` adopts what exists");
    }
    if let Ok(loaded) = loaded
        && loaded.base.is_some()
    {
        let lost = transfer::lost(&loaded.state, &state);
        if !lost.is_empty() {
            let lost = named(&lost);
            context
                .terminal
                .warn(format!("{lost} of the current state are not in the new state and will be forgotten"));
            context
                .terminal
                .hint("`import PATH ID` adopts resources that still exist; delete by hand those that are not needed");
        }
    }
    for Use { name, app, places } in users(context, store).await {
        if state.outputs.contains_key(&name) {
            continue;
        }
        let what =
            format!("`{app}` uses the output `{name}` ({}), which the new state does not publish", places.join(", "));
        context.terminal.warn(what);
    }
    destination.confirm(yes, &format!("replace the state at {}?", store.place())).await?;
    let put = boxed(|| transfer::replace(store, context.app(), state, holder));
    Ok(context.done(context.interrupt.finishing(put).await?))
}

fn say(context: &Context<'_>, done: &str) {
    context.terminal.note(format!("{done}; the account is not changed"));
    context.terminal.hint("`plan --refresh` shows how the account differs from it");
}

fn document(transferred: &Transferred) -> serde_json::Value {
    let Transferred { state, before } = transferred;
    json!({"serial": state.serial, "before": before, "resources": state.resources.len()})
}

pub(crate) async fn migrate(
    context: &Context<'_>,
    destination: &Destination<'_>,
    url: &StateUrl,
    yes: bool,
) -> Result<Exit, CommandError> {
    destination.may_ask(yes, "state migrate")?;
    let place = StateLocation::find(Some(url), None, context.app(), &destination.target, context.host)?;
    let (to, to_url) = (place.store(), place.url());
    let from_url = destination.place.url();
    if place.is_same(&destination.place) {
        return Err(match destination.store.moved().await? {
            Some(there) => CommandError::usage(format!("the state was moved from {to_url} to {there}"))
                .hint(format!("`state migrate {to_url} --state {there}` moves it back")),
            None => CommandError::usage(format!("the state is at {to_url} already")),
        });
    }
    let holder = destination.holder();
    let from = &*destination.store;
    let question = format!("move the state of {} from {} to {}?", context.app(), from.place(), to.place());
    let moved = destination
        .locked(&holder, || async {
            let lock = to.lock(&holder).await?;
            let moved = async {
                warn_of_users(context, from, &to_url).await;
                warn_of_used(context, destination, &*to, &to_url).await;
                destination.confirm(yes, &question).await?;
                let migrate = async {
                    place.mark(&destination.target)?;
                    Ok(transfer::migrate(from, &*to, context.app(), &from_url, &to_url).await?)
                };
                context.interrupt.finishing(migrate).await
            };
            let moved: Result<Transferred, CommandError> = boxed(|| moved).await;
            lock.release().await?;
            moved
        })
        .await?;
    let done = paint(CREATE, format!("the state was moved to {to_url}"));
    context.terminal.note(format!("{done}; commands that use the old location {} now fail", from.place()));
    if context.synthesis.assembly.state.as_deref() != Some(to_url.as_str()) {
        context
            .terminal
            .hint(format!("use it with `--state {to_url}`, or write `.state(\"{to_url}\")` in the program"));
    }
    context.terminal.print_json(&json!({"serial": moved.state.serial, "state": to_url}));
    destination.notice_again();
    Ok(Exit::Done)
}

/// Warns that other apps, which read the outputs of this one from `from`, have to move as well.
async fn warn_of_users(context: &Context<'_>, from: &dyn StateStore, to_url: &str) {
    let users: BTreeSet<_> = users(context, from).await.into_iter().map(|used| used.app).collect();
    if users.is_empty() {
        return;
    }
    let users = users.iter().map(|app| format!("`{app}`")).collect::<Vec<_>>().join(", ");
    let used = format!("outputs of `{}` are used by {users}", context.app());
    context.terminal.warn(format!("{used}, which finds them only if the states of all these apps are in one location"));
    context.terminal.hint(format!("run `state migrate {to_url}` of each of them as well"));
}

/// Warns that this app, which reads the outputs of others beside its own state, does not find those apps at `to`.
async fn warn_of_used(context: &Context<'_>, destination: &Destination<'_>, to: &dyn StateStore, to_url: &str) {
    let mut used = upstream::used(&context.synthesis.assembly);
    if let Ok(loaded) = destination.load().await {
        used.extend(loaded.state.imports.into_keys());
    }
    for app in used {
        let there = match to.of(&app) {
            Some(beside) => matches!(beside.load().await, Ok(Some(_))) && matches!(beside.moved().await, Ok(None)),
            None => false,
        };
        if there {
            continue;
        }
        let uses = format!("`{}` uses outputs of `{app}`, whose state is not at {to_url}", context.app());
        context.terminal.warn(format!("{uses}: it finds them only if both states are in one location"));
        context.terminal.hint(format!("run `state migrate {to_url}` of `{app}` as well"));
    }
}

/// The uses of this app's outputs. A state of another app that cannot be read holds up no repair of this one.
async fn users(context: &Context<'_>, store: &dyn StateStore) -> Vec<Use> {
    upstream::users(context.app(), store).await.unwrap_or_else(|error| {
        context.terminal.warn(format!("it is not known which apps use outputs of `{}`: {error}", context.app()));
        context.terminal.hints(hint::all(&error));
        Vec::new()
    })
}

/// `` `deploy` of ada@build-7 at 2026-11-22 15:54:37 UTC ``
fn made_by(run: &RunRecord) -> String {
    let when = Timestamp::from_second(i64::try_from(run.time).unwrap_or_default()).unwrap_or_default();
    format!("`{}` of {} at {}", run.command, run.who, when.strftime("%F %T UTC"))
}
