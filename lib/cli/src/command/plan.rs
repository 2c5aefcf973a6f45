//! `plan`: what would change.

use groundplan_engine::diff::{Action, ChangeSet};
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::upstream::{self, Upstream};
use serde_json::{Value as Json, json};

use crate::args;
use crate::context::{Context, Session};
use crate::error::{CommandError, Exit};
use crate::place;
use crate::render::plan::PlanView;
use crate::style::{BOLD, DIM, paint};

pub(crate) async fn run(context: &Context<'_>, args: &args::Plan) -> Result<Exit, CommandError> {
    let session = context.session()?;
    let (provider, loaded) = session.open().await?;
    let assembly = &context.synthesis.assembly;
    let upstream = match args.destroy {
        true => Upstream::NONE,
        false => Upstream::read(assembly, &*session.store).await?,
    };
    let options = PlanOptions {
        refresh: args.refresh.refresh,
        delete_data: args.delete_data,
        skip_final_snapshot: args.snapshot.skip_final_snapshot,
        parallelism: context.global.parallelism,
        only: args.part.only.iter().cloned().collect(),
        upstream,
    };
    let mut planned = match args.destroy {
        true => planning::destroy(&loaded.state, &*provider, &options).await?,
        false => planning::deploy(assembly, &loaded.state, &*provider, &options).await?,
    };
    let full = args.full || context.global.verbose > 0;
    let program = (!args.destroy).then_some(context.synthesis);
    show(context, &session, &planned, PlanView { full, ..PlanView::new(&planned, program) });
    context.terminal.print_json(&document(context, &session, &planned));
    let permits =
        [planned.plan.permit(args.delete_data), upstream::permit(&planned.plan, &loaded.state, &*session.store).await];
    for refused in permits.into_iter().filter_map(Result::err) {
        context.terminal.warn(format!("a deploy of this would be refused: {refused}"));
    }
    if let Some(file) = &args.out {
        let whole = !args.destroy && args.part.only.is_empty();
        planned.plan.assembly = whole.then(|| assembly.clone());
        planned.plan.journal = Some(loaded.journal);
        place::write(context.host, file, &planned.plan.to_json())?;
        context.terminal.note(format!("saved: `deploy {}` does exactly this", file.display()));
    }
    session.notice();
    Ok(if args.detailed_exitcode && !planned.plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Shows a plan to people.
pub(crate) fn show(context: &Context<'_>, session: &Session<'_>, planned: &Planned, view: PlanView<'_>) {
    let header = format!(
        "{} {}",
        paint(BOLD, context.app()),
        paint(DIM, format!("at {}, account {}", session.target.name(), planned.plan.identity.account))
    );
    if planned.changes.is_empty() {
        let kept = planned.changes.changes.values().filter(|change| change.action == Action::Keep).count();
        let mut message = match kept {
            0 if !planned.left_out.is_empty() => format!("no changes in this part\n{}", view.left_out()),
            0 => "no changes: the target holds what the program says".to_owned(),
            kept => format!("no changes: {kept} that hold data, or are needed by such, are kept"),
        };
        if !planned.plan.observed.is_empty() {
            message += "\nthe state is behind: a deploy writes down what was found out while planning";
        }
        context.terminal.print(format!("{header}\n{message}"));
    } else {
        context.terminal.print(format!("{header}\n\n{}", view.render()));
    }
}

/// A plan for other programs.
pub(crate) fn document(context: &Context<'_>, session: &Session<'_>, planned: &Planned) -> Json {
    let ChangeSet { changes, deposed, outputs, imports, proposed_moves } = &planned.changes;
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
