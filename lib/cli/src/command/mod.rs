//! The commands.

mod apply;
mod deploy;
mod destroy;
mod doctor;
mod drift;
mod edit;
mod explain;
mod force_unlock;
mod graph;
mod history;
mod import;
mod output;
mod plan;
mod rollback;
mod show;
mod state;
mod state_store;
mod synth;

use clap::{ColorChoice, CommandFactory, FromArgMatches};
use groundplan_core::App;
use groundplan_engine::Error as EngineError;
use groundplan_engine::store::StoreError;
use serde_json::json;

use crate::args::{Color, Command, CommandLine};
use crate::boxed::boxed;
use crate::context::Context;
use crate::error::{CommandError, Exit, Kind};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::render::{diagnostic, duration, hint};
use crate::style::{ERROR, lines, paint};
use crate::terminal::Terminal;
use crate::upstream;

/// Columns of the help: the same on every terminal, and where there is none.
const HELP_WIDTH: usize = 80;

/// Runs the command that `host` was given and returns its exit code.
pub(crate) async fn execute(app: &App, mut host: Host) -> u8 {
    let Some(streams) = host.streams.take() else { return Kind::Usage.code() };
    let parser = CommandLine::command()
        .term_width(HELP_WIDTH)
        .name(app.name().to_owned())
        .about(format!("The infrastructure of {}", app.name()))
        .color(ColorChoice::Always);
    let parsed = parser.try_get_matches_from(&host.args).and_then(|matches| CommandLine::from_arg_matches(&matches));
    let CommandLine { global, command } = match parsed {
        Ok(line) => line,
        Err(error) => {
            let json = host.args.iter().any(|argument| argument == "--json");
            let terminal = Terminal::new(streams, &host, Color::Auto, json, false);
            return refuse(&error, &terminal);
        }
    };
    let terminal = Terminal::new(streams, &host, global.color, global.json, global.verbose > 0);
    log(global.verbose);

    let interrupt = Interrupt::default();
    let (_, closed) = tokio::sync::mpsc::unbounded_channel();
    let mut interrupts = std::mem::replace(&mut host.interrupts, closed);
    let work = async {
        // An explanation is wanted where the program is not valid.
        if let Command::Explain(args) = &command {
            return explain::run(&terminal, args);
        }
        let synthesis = app.synth()?;
        if matches!(command, Command::Synth(_) | Command::Plan(_) | Command::Deploy(_)) {
            synthesis.warnings.iter().for_each(|warning| terminal.note(diagnostic::diagnostic(warning)));
        }
        let context = Context {
            program: app,
            host: &host,
            terminal: &terminal,
            global: &global,
            synthesis: &synthesis,
            interrupt: &interrupt,
        };
        dispatch(&context, &command).await.map_err(|error| explained(&context, error))
    };
    let result = interrupt.watch(work, &mut interrupts, &terminal).await;
    terminal.show(None);
    let code = match result {
        Ok(exit) => exit.code(),
        Err(error) => report(&error, &terminal),
    };
    match terminal.broken() {
        Some(error) => report(&CommandError::failed(format!("cannot write to standard output: {error}")), &terminal),
        None => code,
    }
}

async fn dispatch(context: &Context<'_>, command: &Command) -> Result<Exit, CommandError> {
    let running = match command {
        Command::Synth(args) => return synth::run(context, args),
        Command::Graph(args) => return graph::run(context, args),
        Command::Explain(args) => return explain::run(context.terminal, args),
        Command::Plan(args) => boxed(|| plan::run(context, args)),
        Command::Show(args) => boxed(|| show::run(context, args)),
        Command::Deploy(args) => boxed(|| deploy::run(context, args)),
        Command::Destroy(args) => boxed(|| destroy::run(context, args)),
        Command::Drift => boxed(|| drift::run(context)),
        Command::Output(args) => boxed(|| output::run(context, args)),
        Command::State(args) => boxed(|| state::run(context, args)),
        Command::Import(args) => boxed(|| import::run(context, args)),
        Command::History => boxed(|| history::run(context)),
        Command::Rollback(args) => boxed(|| rollback::run(context, args)),
        Command::ForceUnlock(args) => boxed(|| force_unlock::run(context, args)),
        Command::Doctor => boxed(|| doctor::run(context)),
    };
    running.await
}

/// Shows the requested help, or the error of the command line.
fn refuse(error: &clap::Error, terminal: &Terminal) -> u8 {
    if error.use_stderr() {
        let message = error.render().to_string();
        let message = message.trim_end();
        terminal.note(match message.strip_prefix("error:") {
            Some(rest) => format!("{}{}", paint(ERROR, "error:"), lines(rest)),
            None => lines(message),
        });
        terminal.print_json(&json!({"error": {"kind": Kind::Usage, "message": message}}));
        Kind::Usage.code()
    } else {
        terminal.help(&error.render());
        0
    }
}

/// Says more about an error than the engine can know.
fn explained(context: &Context<'_>, mut error: CommandError) -> CommandError {
    if let Some(EngineError::Store(StoreError::Locked { holder, .. })) = error.cause.as_deref()
        && let Some(held) = context.host.held(holder).filter(|held| !held.is_zero())
    {
        error.hints.insert(0, format!("that run has held the lock for {}", duration(held)));
    }
    upstream::explain(context, error)
}

fn report(error: &CommandError, terminal: &Terminal) -> u8 {
    let diagnostics = error.diagnostics.iter().flat_map(|diagnostics| &diagnostics.0);
    let diagnostics: Vec<_> = diagnostics.collect();
    for found in &diagnostics {
        terminal.note(diagnostic::diagnostic(found));
    }
    terminal.note(format!("{} {}", paint(ERROR, "error:"), error.shown()));
    let mut hints = error.hints.clone();
    for hint in diagnostics.iter().filter_map(|found| hint::of_code(found.code)) {
        if !hints.iter().any(|known| known == hint) {
            hints.push(hint.to_owned());
        }
    }
    terminal.hints(&hints);
    if let Some(found) = diagnostics.iter().find(|found| found.code.title().is_some()) {
        terminal.hint(format!("`explain {}` explains this code", found.code));
    }
    terminal.print_json(&json!({"error": {
        "kind": error.kind,
        "message": error.message,
        "hints": hints,
        "diagnostics": diagnostics.into_iter().map(diagnostic::json).collect::<Vec<_>>(),
    }}));
    error.kind.code()
}

/// Logs of this program to standard error: warnings always, more on request. A process with a logger of its own keeps
/// it.
fn log(verbose: u8) {
    let filter = match verbose {
        0 => "off,groundplan=warn,groundplan_engine=warn,groundplan_aws=warn",
        1 => "warn,groundplan=info,groundplan_engine=info,groundplan_aws=info",
        2 => "info,groundplan=debug,groundplan_engine=debug,groundplan_aws=debug",
        _ => "debug,groundplan=trace,groundplan_engine=trace,groundplan_aws=trace",
    };
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
