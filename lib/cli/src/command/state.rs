//! `state list`, `state show` and `state pull`: show the state.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_engine::model::{ResourceState, ResourceStatus};
use groundplan_engine::{State, edit};
use groundplan_schema as schema;
use serde_json::{Value as Json, json};

use crate::args;
use crate::command::{edit as commands, state_store};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{column, lookups, named, open, short_type, value};
use crate::style::{BOLD, CHANGE, DIM, NL, padded, paint};

pub(crate) async fn run(context: &Context<'_>, args: &args::State) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    match args {
        args::State::Mv { from, to } => return commands::mv(context, &destination, from, to).await,
        args::State::Rm { path, retained: true, .. } => {
            return commands::rm_retained(context, &destination, path).await;
        }
        args::State::Rm { path, open, .. } => return commands::rm(context, &destination, path, *open).await,
        args::State::Restore { serial: None, .. } => return state_store::list(context, &destination).await,
        args::State::Restore { serial: Some(serial), yes } => {
            return state_store::restore(context, &destination, *serial, *yes).await;
        }
        args::State::Push { file, force, yes } => {
            return state_store::push(context, &destination, file, *force, *yes).await;
        }
        args::State::Migrate { url, yes } => return state_store::migrate(context, &destination, url, *yes).await,
        args::State::List | args::State::Show { .. } | args::State::Pull => {}
    }
    let state = destination.load().await?.state;
    match args {
        args::State::List => {
            if state.resources.is_empty() {
                context.terminal.note("nothing is deployed");
            } else {
                context.terminal.print(list(&state.resources.iter().collect::<Vec<_>>(), context.terminal.columns()));
            }
            if !state.lookups.is_empty() {
                context.terminal.note("looked up, and kept until a `--refresh`:");
                let lines: Vec<_> = state.lookups.iter().map(|(path, answer)| lookups::line(path, answer)).collect();
                context.terminal.print(lines.join(&*NL));
            }
            let open: Vec<_> = state.open_creates().collect();
            if !open.is_empty() {
                context.terminal.note("creates that an interrupted run left open, whose resources may exist:");
                context
                    .terminal
                    .print(open.iter().map(|(path, it)| open::line(path, it)).collect::<Vec<_>>().join(&*NL));
            }
            if !state.retained.is_empty() {
                context.terminal.note(
                    "retained in the account, with what they need (`state rm --retained PATH` removes such a record):",
                );
                let retained: Vec<_> = state.retained.iter().map(|it| (&it.path, &it.resource)).collect();
                context.terminal.print(list(&retained, context.terminal.columns()));
            }
            let retained: Vec<_> = state
                .retained
                .iter()
                .map(|it| json!({"path": it.path, "type": it.resource.type_name, "id": it.resource.id}))
                .collect();
            let open: Vec<_> = open.into_iter().map(|(path, intent)| open::document(path, intent)).collect();
            let resources: Vec<_> = state
                .resources
                .iter()
                .map(|(path, it)| json!({"path": path, "type": it.type_name, "id": it.id, "status": it.status}))
                .collect();
            let document = json!({
                "app": state.app, "serial": state.serial, "resources": resources, "retained": retained, "open": open,
                "lookups": state.lookups,
            });
            context.terminal.print_json(&document);
        }
        args::State::Show { path } => {
            let resource = state.resources.get(path);
            let open = state.open_creates().find(|(other, _)| *other == path).map(|(_, intent)| intent);
            let retained: Vec<_> =
                state.retained.iter().filter(|old| old.path == *path).map(|old| &old.resource).collect();
            let answer = state.lookups.get(path);
            if resource.is_none() && open.is_none() && retained.is_empty() && answer.is_none() {
                return Err(unknown(&state, path));
            }
            let full = context.global.verbose > 0;
            let shown = resource.map(|resource| show(&state, path, resource, status(resource), full));
            let shown = shown.into_iter().chain(open.map(|intent| open::show(&state, path, intent)));
            let left = "retained: it stays in the account and is no longer managed";
            let shown = shown.chain(retained.iter().map(|resource| show(&state, path, resource, left, full)));
            let shown = shown.chain(answer.map(|answer| lookups::show(path, answer)));
            context.terminal.print(shown.collect::<Vec<_>>().join(&*NL));
            let imports: BTreeMap<_, _> = imports(&state, path).collect();
            let mut document = json!({"path": path, "resource": resource, "imports": imports});
            if let Some(intent) = open {
                document["open"] = open::document(path, intent);
            }
            if let Some(answer) = answer {
                document["lookup"] = json!(answer);
            }
            if !retained.is_empty() {
                document["retained"] = json!(retained);
            }
            context.terminal.print_json(&document);
        }
        args::State::Pull => context.terminal.write(&state.to_json()),
        _ => {}
    }
    Ok(Exit::Done)
}

fn unknown(state: &State, path: &Path) -> CommandError {
    match edit::within(state, path) {
        Err(error) => CommandError::from(error).hint("`state list` shows all paths"),
        Ok(within) => CommandError::usage(format!("the state has no resource at `{path}`"))
            .hint(format!("resources below this path: {}", named(&within))),
    }
}

/// The identifiers that a table makes room for; longer ones, such as ARNs, go on below.
const LONG_ID: usize = 40;

/// A line for each resource; two where the widest does not fit, so that each column stays one.
fn list(resources: &[(&Path, &ResourceState)], columns: Option<usize>) -> String {
    let width = |of: &dyn Fn(&Path, &ResourceState) -> usize| {
        resources.iter().map(|(path, resource)| of(path, resource)).max().unwrap_or(0)
    };
    let paths = width(&|path, _| path.as_str().chars().count());
    let types = width(&|_, resource| short_type(&resource.type_name).chars().count());
    let ids = column(resources.iter().map(|(_, resource)| resource.id.chars().count()), LONG_ID);
    let is_narrow = columns.is_some_and(|columns| columns < paths + types + ids + 4);
    let line = |(path, resource): &(&Path, &ResourceState)| {
        let status = match resource.status {
            _ if resource.incomplete => format!("  {}", paint(CHANGE, INCOMPLETE)),
            ResourceStatus::Ready => String::new(),
            status => format!("  {}", paint(CHANGE, status_text(status))),
        };
        if is_narrow {
            let type_name = paint(DIM, short_type(&resource.type_name));
            return format!("{}  {type_name}{NL}    {}{status}", paint(BOLD, path), resource.id);
        }
        let type_name = padded(DIM, short_type(&resource.type_name), types);
        format!("{}  {type_name}  {}{status}", padded(BOLD, path.as_str(), paths), resource.id)
    };
    resources.iter().map(line).collect::<Vec<_>>().join(&*NL)
}

/// Returns the values of other apps that the resource uses, as `account:zone-id`.
fn imports<'a>(state: &'a State, path: &'a Path) -> impl Iterator<Item = (String, &'a Json)> {
    let all = state.imports.iter().flat_map(|(app, names)| names.iter().map(move |(name, it)| (app, name, it)));
    let own = all.filter(move |(.., imported)| imported.resources.contains(path));
    own.map(|(app, name, imported)| (format!("{app}:{name}"), &imported.value))
}

/// A resource in the state; with all of its outputs where `full`.
fn show(state: &State, path: &Path, resource: &ResourceState, status: &str, full: bool) -> String {
    let known = schema::lookup(&resource.type_name);
    let mut lines = vec![
        paint(BOLD, path),
        format!("  type: {}", resource.type_name),
        format!("  id: {}", resource.id),
        format!("  region: {}", resource.environment.region),
        format!("  status: {status}"),
    ];
    lines.push("  properties:".to_owned());
    lines.extend(resource.properties.iter().map(|(name, value)| {
        let cursor = known.map(|known| known.cursor().key(name));
        format!("    {name}: {}", value::value(value, cursor.as_ref(), 4))
    }));
    lines.push("  outputs:".to_owned());
    let outputs = resource.outputs.iter().filter(|(name, output)| full || is_telling(resource, name, output));
    lines.extend(outputs.map(|(name, output)| {
        let cursor = known.map(|known| known.cursor().key(name));
        format!("    {name}: {}", value::value(&Value::from(output.clone()), cursor.as_ref(), 4))
    }));
    if !resource.dependencies.is_empty() {
        lines.push("  depends on:".to_owned());
        lines.extend(resource.dependencies.iter().map(|needed| format!("    {needed}")));
    }
    let mut imports = imports(state, path).peekable();
    if imports.peek().is_some() {
        lines.push("  values of other apps:".to_owned());
        lines.extend(imports.map(|(name, value)| format!("    {name}: {}", value::json(value, 4))));
    }
    lines.join(&*NL)
}

/// Returns whether an output adds information: it has a value, and is neither a declared property nor a part of another
/// output.
fn is_telling(resource: &ResourceState, name: &str, output: &Json) -> bool {
    let is_empty = match output {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    };
    let is_declared = resource.properties.get(name).is_some_and(|declared| declared.to_json() == *output);
    let is_whole = |whole: &str| {
        let whole = resource.outputs.get(whole).and_then(Json::as_object);
        whole.is_some_and(|fields| !fields.is_empty())
    };
    let is_part = name.match_indices('.').any(|(end, _)| is_whole(&name[..end]));
    !(is_empty || is_declared || is_part)
}

const INCOMPLETE: &str = "settings are missing: the next deploy updates it";

fn status(resource: &ResourceState) -> &'static str {
    if resource.incomplete { INCOMPLETE } else { status_text(resource.status) }
}

fn status_text(status: ResourceStatus) -> &'static str {
    match status {
        ResourceStatus::Accepted => "not ready yet",
        ResourceStatus::Updating => "not ready yet after an update",
        ResourceStatus::Ready => "ready",
        ResourceStatus::Deleting => "being deleted",
        ResourceStatus::Tainted => "partly created: the next deploy replaces it",
        ResourceStatus::Failed => "failed: the next deploy replaces it, unless it is ready by then",
    }
}
