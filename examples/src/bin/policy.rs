//! A check of one's own: every log group says how long it keeps its events.

use std::process::ExitCode;

use groundplan::observability::{LogGroup, Retention};
use groundplan::resources::logs;
use groundplan::{App, Assembly, Diagnostic, Environment, policies};

/// Logs that are kept for ever are paid for, for ever.
fn logs_expire(assembly: &Assembly) -> Vec<Diagnostic> {
    let groups = assembly.find::<logs::LogGroup>();
    let endless = groups.iter().filter(|group| group.retention_in_days.is_none());
    endless
        .map(|group| {
            Diagnostic::warning("MY0002", "this log group keeps its events for ever")
                .at(group.path.clone())
                .help("choose a `Retention`")
        })
        .collect()
}

fn main() -> ExitCode {
    let app = App::new("policy");
    app.policy(policies::all).policy(logs_expire);
    let stack = app.stack("api", Environment::new("eu-west-1"));
    stack.add("access", LogGroup::new(Retention::Month));
    stack.add("audit", LogGroup::new(Retention::Forever));
    groundplan_cli::run(&app)
}
