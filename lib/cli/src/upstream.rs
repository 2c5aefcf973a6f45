//! Explains errors about other apps, with source lines and the commands that fix them.

use groundplan_core::{Code, Diagnostic, Diagnostics, Synthesis};
use groundplan_engine::Error;
use groundplan_engine::model::{FailedLookups, Missing, Problem, RunResult};
use groundplan_engine::upstream::UpstreamError;

use crate::context::{Context, Destination};
use crate::error::CommandError;
use crate::host::Host;
use crate::lookup;
use crate::render::count;

/// Says more about an error that is about other apps.
pub(crate) fn explain(context: &Context<'_>, error: CommandError) -> CommandError {
    match error.cause.as_deref() {
        Some(Error::Upstream(UpstreamError::Missing { missing })) => {
            let diagnostics = missing.iter().map(|missing| diagnostic(context, missing)).collect();
            let message = format!("{} of other apps missing: nothing was attempted", count(missing.len(), "output"));
            CommandError { message, diagnostics: Some(Diagnostics(diagnostics)), ..error }
        }
        Some(Error::Lookups(FailedLookups { failed })) => {
            let diagnostics = failed.iter().map(|failed| lookup::diagnostic(context.synthesis, failed)).collect();
            let message = format!("{} without an answer: nothing was tried", count(failed.len(), "lookup"));
            CommandError { message, diagnostics: Some(Diagnostics(diagnostics)), ..error }
        }
        Some(Error::Upstream(UpstreamError::OutputsInUse { uses })) => {
            let mut apps: Vec<&str> = uses.iter().map(|found| found.app.as_str()).collect();
            apps.dedup();
            let hint =
                |app: &str| format!("in `{app}`, use a different value, and run `{}`", command(context.host, app));
            let hints = apps.into_iter().map(hint).collect();
            CommandError { hints, ..error }
        }
        _ => error,
    }
}

/// Returns the reason why an app has to be deployed before the one that uses it; `None` if it was deployed
/// completely once. Later changes are up to the owner of the app.
pub(crate) async fn unfinished(
    destination: &Destination<'_>,
    synthesis: &Synthesis,
) -> Result<Option<&'static str>, CommandError> {
    let loaded = destination.load().await?;
    if loaded.is_first() {
        return Ok(Some("was never deployed to"));
    }
    let runs = destination.store.history().await?.runs;
    if runs.iter().any(|run| run.result == Some(RunResult::Succeeded)) {
        return Ok(None);
    }
    let published = synthesis.assembly.outputs.keys().all(|name| loaded.state.outputs.contains_key(name));
    let ended_badly = runs.last().is_some_and(|run| run.result.is_some());
    let cut_short = loaded.journal > 0 || !loaded.state.pending.is_empty();
    Ok((cut_short || ended_badly || !published).then_some("was not completely deployed to"))
}

fn diagnostic(context: &Context<'_>, missing: &Missing) -> Diagnostic {
    let (app, name) = (&missing.import.app, &missing.import.name);
    let deploy = command(context.host, app);
    let found = match &missing.problem {
        Problem::NotDeployed { place } => Diagnostic::error(
            Code::NotDeployed,
            format!("the app `{app}`, which publishes `{name}`, was never deployed here"),
        )
        .got(format!("no state at {place}"))
        .help(format!("run `{deploy}` first")),
        Problem::NotPublished { published, nearest } => {
            let found = Diagnostic::error(Code::NotPublished, format!("the app `{app}` does not publish `{name}`"));
            let found = if published.is_empty() {
                found.got("it publishes nothing")
            } else {
                found.got(format!("it publishes {}", published.join(", ")))
            };
            found.help(match nearest.first() {
                Some(nearest) => format!("use `{nearest}`, or publish `{name}` in `{app}` and run `{deploy}`"),
                None => format!("publish `{name}` in `{app}`, and run `{deploy}`"),
            })
        }
        Problem::OtherForm { found } => {
            Diagnostic::error(Code::OtherType, format!("the output `{name}` of the app `{app}` has another type"))
                .got(found)
                .allowed(missing.import.form)
                .help(format!("publish it under the `Export` that this app uses, and run `{deploy}`"))
        }
    };
    let resource = missing.resources.first();
    let output = missing.outputs.first().and_then(|name| context.synthesis.output_locations.get(name));
    let locations = match resource.and_then(|path| context.synthesis.locations.get(path)) {
        Some(locations) => locations.clone(),
        None => output.copied().into_iter().collect(),
    };
    let users = missing.resources.len() + missing.outputs.len();
    let message = match users {
        1 if resource.is_some() => found.message,
        _ => format!("{}; used by {}", found.message, missing.wanted_by()),
    };
    Diagnostic { path: resource.cloned(), locations, message, ..found }
}

/// The command line that deploys `app` where this one was to be deployed. An app is called as its
/// program.
fn command(host: &Host, app: &str) -> String {
    let mut command = match host.variable("CARGO_PKG_NAME") {
        // Only `cargo run` sets it.
        Some(package) => format!("cargo run -p {package} --bin {app} -- deploy"),
        None => format!("{app} deploy"),
    };
    let mut words = host.args.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match &*word {
            "--target" | "--state" => command += &format!(" {word} {}", words.next().unwrap_or_default()),
            _ if word.starts_with("--target=") || word.starts_with("--state=") => command += &format!(" {word}"),
            _ => {}
        }
    }
    command
}
