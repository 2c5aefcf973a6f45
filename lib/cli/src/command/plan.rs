//! `plan`: what would change.

use std::collections::BTreeMap;

use groundplan_engine::diff::{Action, ChangeSet};
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::store::Loaded;
use groundplan_engine::upstream::{self, Upstream};
use groundplan_engine::{Provider, State};
use serde_json::{Value as Json, json};

use crate::args;
use crate::boxed::boxed;
use crate::context::{Context, Session};
use crate::error::{CommandError, Exit, shown};
use crate::render::kept;
use crate::render::plan::PlanView;
use crate::style::{BOLD, DIM, NL, paint};
use crate::upstream as apps;

pub(crate) async fn run(context: &Context<'_>, args: &args::Plan) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let before = if args.destroy { Before::default() } else { boxed(|| upstreams(context, &session)).await? };
    if let (Some(app), Some(_)) = (before.expected.keys().next(), &args.out) {
        let message = format!("a plan cannot be saved before `{app}`, whose outputs it needs, is deployed");
        return Err(CommandError::usage(message).hint("`deploy` brings it up first"));
    }
    let (provider, loaded) = session.start(args.start).await?;
    let mut planned = plan(context, &session, args, &*provider, &loaded, &before).await?;
    if !args.destroy {
        session.tell_first(&loaded, &planned);
    }
    let full = args.full || context.global.verbose > 0;
    let program = (!args.destroy).then_some(context.synthesis);
    let view = PlanView { full, ..PlanView::new(&planned, program) };
    show(context, &session, &planned, view, &loaded.state);
    let mut json = document(context, &session, &planned);
    if !before.documents.is_empty() {
        json["upstream"] = before.documents.into();
    }
    context.terminal.print_json(&json);
    let permits =
        [planned.plan.permit(args.delete_data), upstream::permit(&planned.plan, &loaded.state, &*session.store).await];
    for refused in permits.into_iter().filter_map(Result::err) {
        context.terminal.warn(format!("a deploy of this would be refused: {}", shown(&refused)));
    }
    if let Some(file) = &args.out {
        let whole = !args.destroy && args.part.only.is_empty();
        planned.plan.assembly = whole.then(|| context.synthesis.assembly.clone());
        planned.plan.journal = Some(loaded.journal);
        context.host.write(file, &planned.plan.to_json())?;
        context.terminal.note(format!("saved: `deploy {}` does exactly this", file.display()));
    }
    session.notice();
    Ok(if args.detailed_exitcode && !planned.plan.is_empty() { Exit::Changes } else { Exit::Done })
}

async fn plan(
    context: &Context<'_>,
    session: &Session<'_>,
    args: &args::Plan,
    provider: &dyn Provider,
    loaded: &Loaded,
    before: &Before,
) -> Result<Planned, CommandError> {
    let assembly = &context.synthesis.assembly;
    let upstream = if args.destroy { Upstream::NONE } else { Upstream::read(assembly, &*session.store).await? };
    let expect = |upstream: Upstream, (app, outputs): (&String, &Vec<String>)| upstream.expecting(app, outputs.clone());
    let options = PlanOptions {
        refresh: args.refresh.refresh,
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        only: args.part.only.iter().cloned().collect(),
        upstream: before.expected.iter().fold(upstream, expect),
    };
    Ok(match args.destroy {
        true => planning::destroy(&loaded.state, provider, &options).await?,
        false => planning::deploy(assembly, &loaded.state, provider, &options).await?,
    })
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
async fn upstreams(context: &Context<'_>, session: &Session<'_>) -> Result<Before, CommandError> {
    let mut before = Before::default();
    if session.target.is_real() {
        return Ok(before);
    }
    for program in context.program.upstreams() {
        let synthesis = program.synth()?;
        let context = Context { program: &program, synthesis: &synthesis, ..*context };
        let session = context.find()?;
        let Some(because) = apps::unfinished(&session, &synthesis).await? else { continue };
        let own = boxed(|| upstreams(&context, &session)).await?;
        let (name, target) = (program.name(), session.target.name());
        context
            .terminal
            .note(format!("`{name}`, which this app uses, {because} `{target}`: a deploy brings it up first"));
        let (provider, loaded) = session.start(args::Start::default()).await?;
        let planned = plan(&context, &session, &args::Plan::default(), &*provider, &loaded, &own).await?;
        session.tell_first(&loaded, &planned);
        show(&context, &session, &planned, PlanView::new(&planned, Some(&synthesis)), &loaded.state);
        context.terminal.print("");
        before.documents.extend(own.documents);
        before.documents.push(document(&context, &session, &planned));
        before.expected.insert(name.to_owned(), synthesis.assembly.outputs.keys().cloned().collect());
    }
    Ok(before)
}

/// Shows a plan to people, which was made from this state.
pub(crate) fn show(context: &Context<'_>, session: &Session<'_>, planned: &Planned, view: PlanView<'_>, state: &State) {
    let header = format!(
        "{} {}",
        paint(BOLD, context.app()),
        paint(DIM, format!("at {}, account {}", session.target.name(), planned.plan.identity.account))
    );
    let kept = if view.assembly.is_none() { kept::lines(&planned.changes, state) } else { Vec::new() };
    if planned.changes.is_empty() {
        let mut message = match view.assembly {
            None if kept.is_empty() => "nothing to destroy".to_owned(),
            None => kept.join(&*NL),
            Some(_) if !planned.left_out.is_empty() => format!("no changes in this part{NL}{}", view.left_out()),
            Some(_) if planned.refreshed => "no changes: the target holds what the program says".to_owned(),
            Some(_) => "no changes since the last deploy; `--refresh` reads the target".to_owned(),
        };
        if !planned.plan.observed.is_empty() {
            message += &match planned.refreshed {
                true => format!("{NL}the state is behind the account: `deploy --refresh` updates it"),
                false => format!("{NL}the state is behind the account: a deploy updates it"),
            };
        }
        context.terminal.print(format!("{header}{NL}{message}"));
    } else {
        let lines: Vec<_> = std::iter::once(view.render()).chain(kept).collect();
        context.terminal.print(format!("{header}{NL}{NL}{}", lines.join(&*NL)));
    }
}

/// A plan for other programs.
pub(crate) fn document(context: &Context<'_>, session: &Session<'_>, planned: &Planned) -> Json {
    let ChangeSet { changes, deposed, outputs, imports, proposed_moves, .. } = &planned.changes;
    let changes: Vec<_> = changes.values().filter(|change| change.action != Action::NoOp).collect();
    json!({
        "app": context.app(),
        "target": session.target.name(),
        "account": planned.plan.identity.account,
        "summary": planned.changes.count(),
        "changes": changes,
        "deposed": deposed,
        "outputs": outputs,
        "imports": imports,
        "proposed_moves": proposed_moves,
        "loses_data": planned.plan.loses_data,
        "protected": planned.plan.protected,
        "left_out": planned.left_out,
    })
}
