//! `plan`: shows the changes of a deploy.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use groundplan_engine::diff::{Action, Change, ChangeSet};
use groundplan_engine::model::{Loaded, Orphan};
use groundplan_engine::plan::PlanError;
use groundplan_engine::planning::{PlanOptions, Planned};
use groundplan_engine::session::Goal;
use groundplan_engine::{Error as EngineError, Hint, Provider, State};
use serde_json::{Value as Json, json};

use crate::args;
use crate::boxed::boxed;
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit, shown};
use crate::render::plan::PlanView;
use crate::render::{document, hint, kept};
use crate::style::{BOLD, DIM, NL, paint};
use crate::target::Access;
use crate::upstream as apps;

pub(crate) async fn run(context: &Context<'_>, args: &args::Plan) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let before = if args.destroy { Before::default() } else { boxed(|| upstreams(context, &destination)).await? };
    if let (Some(app), Some(_)) = (before.expected.keys().next(), &args.out) {
        let message = format!("a plan cannot be saved before `{app}`, whose outputs it needs, is deployed");
        return Err(CommandError::usage(message).hint("`deploy` deploys it first"));
    }
    let (provider, loaded) = destination.start(args.start, Access::Read).await?;
    let planned = plan(context, &destination, args, &*provider, &loaded, &before).await?;
    if !args.destroy {
        destination.tell_first(&loaded, &planned);
    }
    let full = args.full || context.global.verbose > 0;
    let program = (!args.destroy).then_some(context.synthesis);
    let view = PlanView { full, ..PlanView::new(&planned, program) };
    show(context, &destination, &planned, view, &loaded.state);
    let mut json = document(context, &destination, &planned);
    if !before.documents.is_empty() {
        json["upstream"] = before.documents.into();
    }
    let session = destination.session(&*provider);
    // What does not fit the state is refused below.
    let variables = context.host.variables();
    let unset = session.unset_variables(&planned.plan, &loaded, &variables).await.unwrap_or_default();
    if !unset.is_empty() {
        let names = Vec::from_iter(unset.iter().map(String::as_str)).join(", ");
        context
            .terminal
            .note(format!("a deploy reads secrets from environment variables that are not set here: {names}"));
        json["unset_variables"] = unset.into_iter().collect();
    }
    let refusals = session.refusals(&planned.plan, &loaded, args.delete_data).await;
    refuse(context, &mut json, &refusals);
    if let Some(file) = &args.out {
        let assembly = (!args.destroy).then_some(&context.synthesis.assembly);
        context.host.write(file, &planned.to_json(assembly, &loaded))?;
        // Who executes a plan allows the loss of data, not who has made it.
        let permission = if planned.plan.loses_data.is_empty() { "" } else { " --delete-data" };
        let file = file.to_string_lossy();
        let file = shlex::try_quote(&file).unwrap_or_else(|_| file.clone());
        context.terminal.note(format!(
            "saved: `deploy {file}{permission}` executes exactly this plan, and `show {file}` shows it again"
        ));
    }
    destination.notice_again();
    Ok(if args.detailed_exitcode && !planned.plan.is_empty() { Exit::Changes } else { Exit::Done })
}

async fn plan(
    context: &Context<'_>,
    destination: &Destination<'_>,
    args: &args::Plan,
    provider: &dyn Provider,
    loaded: &Loaded,
    before: &Before,
) -> Result<Planned, CommandError> {
    let options = PlanOptions {
        refresh: args.refresh.refresh,
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        only: args.part.only.iter().cloned().collect(),
        variables: context.host.variables(),
        ..PlanOptions::default()
    };
    let target = if args.destroy { Goal::Nothing } else { Goal::Program(&context.synthesis.assembly) };
    Ok(destination.session(provider).plan_expecting(target, loaded, &options, &before.expected).await?)
}

/// The apps that a deploy would bring up first.
#[derive(Default)]
struct Before {
    /// The outputs that they will publish.
    expected: BTreeMap<String, Vec<String>>,
    /// Their plans.
    documents: Vec<Json>,
}

/// Shows the plans of the apps that a deploy would bring up before this one.
async fn upstreams(context: &Context<'_>, destination: &Destination<'_>) -> Result<Before, CommandError> {
    let mut before = Before::default();
    if destination.target.is_real() {
        return Ok(before);
    }
    for program in context.program.upstreams() {
        let synthesis = program.synth()?;
        let context = Context { program: &program, synthesis: &synthesis, ..*context };
        let destination = context.find()?;
        let Some(because) = apps::unfinished(&destination, &synthesis).await? else { continue };
        let own = boxed(|| upstreams(&context, &destination)).await?;
        let (name, target) = (program.name(), destination.target.name());
        context
            .terminal
            .note(format!("`{name}`, which this app uses, {because} `{target}`, so a deploy deploys it first"));
        let (provider, loaded) = destination.start(args::Start::default(), Access::Read).await?;
        let planned = plan(&context, &destination, &args::Plan::default(), &*provider, &loaded, &own).await?;
        destination.tell_first(&loaded, &planned);
        show(&context, &destination, &planned, PlanView::new(&planned, Some(&synthesis)), &loaded.state);
        context.terminal.print("");
        before.documents.extend(own.documents);
        before.documents.push(document(&context, &destination, &planned));
        before.expected.insert(name.to_owned(), synthesis.assembly.outputs.keys().cloned().collect());
    }
    Ok(before)
}

/// Shows a plan to people, which was made from this state.
pub(crate) fn show(
    context: &Context<'_>,
    destination: &Destination<'_>,
    planned: &Planned,
    view: PlanView<'_>,
    state: &State,
) {
    let view = PlanView { columns: context.terminal.columns(), ..view };
    for (path, message) in planned.left_alone() {
        context.terminal.warn(format!("`{path}`: {message}"));
    }
    for (path, id) in planned.restored() {
        let what = format!("`{path}`: an interrupted run was replacing {id}");
        context.terminal.note(format!("{what}; it is kept, and the new resource is deleted"));
    }
    for (path, id) in planned.gone_of_retained(state) {
        let what = format!("`{path}`: {id} was retained and no longer exists");
        context
            .terminal
            .note(format!("{what}; its record is removed, and resources that only it needed can be deleted"));
    }
    let header = format!(
        "{} {}",
        paint(BOLD, context.app()),
        paint(DIM, format!("at {}, account {}", destination.target.name(), planned.plan.identity.account))
    );
    let kept = if view.assembly.is_none() { kept::line(&planned.changes, state) } else { None };
    if planned.changes.is_empty() {
        let mut message = match view.assembly {
            None => kept.unwrap_or_else(|| "nothing to destroy".to_owned()),
            Some(_) if !planned.left_out.is_empty() => format!("no changes in this part{NL}{}", view.left_out()),
            Some(_) if planned.refreshed => "no changes: the target matches the program".to_owned(),
            Some(_) => "no changes since the last deploy; `--refresh` reads the target".to_owned(),
        };
        if !planned.plan.observed.is_empty() {
            message += &if planned.refreshed {
                format!("{NL}the state is older than the account: `deploy --refresh` updates it")
            } else {
                format!("{NL}the state is older than the account: a deploy updates it")
            };
        }
        context.terminal.print(format!("{header}{NL}{message}"));
    } else {
        let lines: Vec<_> = std::iter::once(view.render()).chain(kept).collect();
        context.terminal.print(format!("{header}{NL}{NL}{}", lines.join(&*NL)));
    }
    context.terminal.hints(adoptions(&planned.changes, state).iter().map(hint::text));
}

/// Returns hints to import resources that an earlier run retained and a plan would create a second time.
fn adoptions(changes: &ChangeSet, state: &State) -> Vec<Hint> {
    let created = changes.changes.values().filter(|change| change.action == Action::Create);
    let adoption = |change: &Change| {
        let is_it = |old: &&Orphan| old.path == change.path && old.resource.type_name == change.type_name;
        let id = state.retained.iter().rev().find(is_it)?.resource.id.clone();
        Some(Hint::Import { path: Some(change.path.clone()), id: Some(id), new_state: false })
    };
    created.filter_map(adoption).collect()
}

/// Reads a plan that was saved.
pub(crate) fn read(context: &Context<'_>, file: &FilePath) -> Result<Planned, CommandError> {
    let text = context.host.read(file, "the plan")?;
    let planned = Planned::from_json(&text).map_err(|error| match error {
        EngineError::Plan(PlanError::Corrupt { reason }) => {
            let reason = format!("`{}`: {reason}", file.display());
            EngineError::Plan(PlanError::Corrupt { reason })
        }
        error => error,
    })?;
    let (app, wanted) = (&planned.plan.app, context.app());
    if app != wanted {
        let file = file.display();
        return Err(CommandError::usage(format!("`{file}` is a plan of the app `{app}`, not of `{wanted}`")));
    }
    Ok(planned)
}

/// Says why a deploy would be refused, and what to do; to other programs, in the document of the plan.
pub(crate) fn refuse(context: &Context<'_>, document: &mut Json, refusals: &[EngineError]) {
    document["refused"] = refusals.iter().map(ToString::to_string).collect();
    document["hints"] = refusals.iter().flat_map(hint::all).collect();
    context.terminal.print_json(document);
    for refused in refusals {
        context.terminal.warn(format!("a deploy of this plan would be refused: {}", shown(refused)));
        context.terminal.hints(hint::all(refused));
    }
}

/// A plan for other programs.
pub(crate) fn document(context: &Context<'_>, destination: &Destination<'_>, planned: &Planned) -> Json {
    let ChangeSet { changes, deposed, outputs, imports, lookups, proposed_moves, .. } = &planned.changes;
    let changes = changes.values().filter(|change| change.action != Action::NoOp);
    let changes: Vec<_> = changes.map(document::change).collect();
    json!({
        "app": context.app(),
        "target": destination.target.name(),
        "account": planned.plan.identity.account,
        "summary": planned.changes.count(),
        "changes": changes,
        "deposed": deposed.iter().map(document::deposed).collect::<Vec<_>>(),
        "outputs": document::outputs(outputs),
        "imports": document::imports(imports),
        "lookups": document::lookups(lookups),
        "proposed_moves": proposed_moves.iter().map(document::proposed_move).collect::<Vec<_>>(),
        "loses_data": planned.plan.loses_data,
        "protected": planned.plan.protected,
        "left_out": planned.left_out,
    })
}
