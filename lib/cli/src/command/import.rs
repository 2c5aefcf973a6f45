//! `import`: adopts an existing resource.

use std::collections::BTreeMap;

use groundplan_engine::diff::{Action, ChangeSet};
use groundplan_engine::import::{self, Import};
use serde_json::json;

use crate::args;
use crate::context::{Context, Destination};
use crate::error::{CommandError, Exit};
use crate::render::plan::PlanView;
use crate::render::{document, short_type};
use crate::style::{BOLD, CREATE, DIM, NL, paint};
use crate::target::Access;

pub(crate) async fn run(context: &Context<'_>, args: &args::Import) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    destination.may_ask(args.yes, "import")?;
    let holder = destination.holder();
    let args::Import { path, id, take_ownership, start, yes } = args;
    let imported = || async {
        let (provider, loaded) = destination.start(*start, Access::Change).await?;
        let assembly = &context.synthesis.assembly;
        let (variables, parallelism) = (&context.host.variables(), context.global.parallelism);
        let request = import::Request { path, id, take_ownership: *take_ownership, variables, parallelism };
        let session = destination.session(&*provider);
        let found = session.import(assembly, &loaded, &request).await?;
        show(context, &destination, args, &found);
        let question = format!("import {id} of account {} as {path}?", found.identity.account);
        destination.confirm(*yes, &question).await?;
        let Import { events, change, identity } = found;
        let edited = session.edit(loaded, events, Some(identity), &holder);
        Ok((context.done(context.interrupt.finishing(edited).await?), change))
    };
    let (state, change) = destination.locked(&holder, imported).await?;
    let done = paint(CREATE, format!("✓ imported {path}"));
    context.terminal.note(format!("{done}: it is in the state now; the account is not changed"));
    context
        .terminal
        .print_json(&json!({"serial": state.serial, "path": path, "id": id, "change": document::change(&change)}));
    destination.notice_again();
    Ok(Exit::Done)
}

/// Shows what the next deploy would do.
fn show(context: &Context<'_>, destination: &Destination<'_>, args: &args::Import, found: &Import) {
    let change = &found.change;
    let target = format!("at {}, account {}", destination.target.name(), found.identity.account);
    let type_name = short_type(&change.type_name);
    let header = format!("{} is {type_name} {} {}", paint(BOLD, &args.path), paint(BOLD, &args.id), paint(DIM, target));
    if matches!(change.action, Action::NoOp | Action::Resume) {
        context.terminal.print(format!("{header}{NL}no differences: it matches the program"));
        return;
    }
    let changes = ChangeSet { changes: [(args.path.clone(), change.clone())].into(), ..ChangeSet::default() };
    let view = PlanView {
        changes: &changes,
        left_out: &[],
        snapshots: BTreeMap::new(),
        assembly: Some(&context.synthesis.assembly),
        locations: Some(&context.synthesis.locations),
        full: false,
        columns: context.terminal.columns(),
    };
    context.terminal.print(format!(
        "{header}{NL}the differences, and what the next deploy does about them:{NL}{NL}{}",
        view.render()
    ));
}
