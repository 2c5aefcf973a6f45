//! What can be written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use groundplan_core::Path;
use jiff::SignedDuration;

use crate::state_url::StateUrl;
use crate::target::TargetOption;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where to deploy: `auto`, `aws`, `sandbox`, or the URL of an emulator of AWS
    #[arg(long, global = true, value_name = "TARGET", default_value = "auto")]
    pub(crate) target: TargetOption,

    /// Where the state is kept: `file:DIR` or `s3://BUCKET/PREFIX`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) state: Option<StateUrl>,

    /// Write JSON to standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// How long to wait while another run holds the lock, as in `90s` or `10m`
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,

    /// The most calls to make at a time
    #[arg(long, global = true, value_name = "N", default_value = "10", value_parser = at_least_one)]
    pub(crate) parallelism: usize,

    /// Show all properties, and log to standard error; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    // On a terminal, unless NO_COLOR is set. No documentation: it would make the help long.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write what the program describes, without asking anybody
    Synth(Synth),
    /// Show what a deploy would change, and why
    Plan(Plan),
    /// Change the target to what the program describes
    Deploy(Deploy),
    /// Delete everything; what holds data only with --delete-data
    Destroy(Destroy),
    /// Show where the target differs from what was deployed; exit code 2 where it does
    Drift,
    /// Show what the app publishes
    Output(Output),
    /// Inspect, edit, restore or move the state
    #[command(subcommand)]
    State(State),
    /// Look after a resource that exists already
    Import(Import),
    /// List the runs that have changed something
    History,
    /// Go back to what the program said in an earlier run
    Rollback(Rollback),
    /// Take the lock away from a run that hangs
    ForceUnlock(ForceUnlock),
    /// Show what depends on what
    Graph(Graph),
    /// Check target, credentials and state
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct Synth {
    /// The form to write
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(crate) format: SynthFormat,

    /// The stack to write as CloudFormation, where the app has several
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,

    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SynthFormat {
    Json,
    Cloudformation,
}

#[derive(Debug, Args, Default)]
pub(crate) struct Plan {
    /// Save the plan, for `deploy FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    #[command(flatten)]
    pub(crate) part: Part,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Exit with code 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,

    /// Plan what `destroy` would do
    #[arg(long, conflicts_with = "only")]
    pub(crate) destroy: bool,

    /// With --destroy, plan to delete what holds data, too
    #[arg(long, requires = "destroy")]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Clone, Copy, Debug, Args, Default)]
pub(crate) struct Refresh {
    /// Read every resource first, so that what was changed behind our back is mended
    #[arg(long)]
    pub(crate) refresh: bool,
}

#[derive(Clone, Copy, Debug, Args, Default)]
pub(crate) struct Snapshot {
    /// Delete databases, caches and volumes without a final snapshot
    #[arg(long)]
    pub(crate) skip_final_snapshot: bool,
}

#[derive(Clone, Debug, Args, Default)]
pub(crate) struct Part {
    /// Only what is at or below PATH and what that depends on; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) only: Vec<Path>,
}

#[derive(Debug, Args, Default)]
pub(crate) struct Deploy {
    /// A plan saved by `plan --out`, to do exactly that
    #[arg(value_name = "PLAN", conflicts_with_all = ["only", "refresh", "skip_final_snapshot"])]
    pub(crate) plan: Option<PathBuf>,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    #[command(flatten)]
    pub(crate) part: Part,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Allow the loss of data that the plan names
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,

    /// Do not wait until resources are ready, where nothing else needs them
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Delete what holds data, too
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Only this one, as plain text
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum State {
    /// List the resources that are known to exist
    List,
    /// Show all that is known about a resource
    Show {
        /// Its path, as in `checkout/vpc`
        path: Path,
    },
    /// Give a resource, or all below a scope, another path; nothing in the account changes
    Mv {
        /// The path in the state
        from: Path,
        /// The path from now on
        to: Path,
    },
    /// Forget a resource or an open create, or all below a scope; what exists stays in the account
    Rm {
        /// The path in the state
        path: Path,

        /// Drop only creates that an interrupted run has left open, and keep the resources
        #[arg(long)]
        open: bool,
    },
    /// Write the whole state to standard output
    Pull,
    /// Replace the state by the one in a file, as `state pull` writes it
    Push {
        /// The file
        file: PathBuf,

        /// Also where it is older, of another deployment, or the current one cannot be read
        #[arg(long)]
        force: bool,

        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Put an earlier state back; without N, list those that are kept
    Restore {
        /// Its serial
        #[arg(value_name = "N")]
        serial: Option<u64>,

        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Move the state with its history to another place
    Migrate {
        /// The place: `file:DIR` or `s3://BUCKET/PREFIX`
        url: StateUrl,

        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, Args, Default)]
pub(crate) struct Start {
    /// Start with a new state, although there was one or the account has resources of this app: they
    /// are left alone
    #[arg(long)]
    pub(crate) new_state: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The path in the program
    pub(crate) path: Path,

    /// The identifier in the account, as in `vpc-0a1b2c3d`; the parts of a composite one are
    /// joined by `|`
    pub(crate) id: String,

    /// Also where its tags name another path, or another app whose state is elsewhere
    #[arg(long)]
    pub(crate) take_ownership: bool,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The run to go back to, as `history` lists it
    #[arg(value_name = "N")]
    pub(crate) serial: u64,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Allow the loss of data that the plan names
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Debug, Args)]
pub(crate) struct ForceUnlock {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The form to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: GraphFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Text,
    Dot,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one call has to be made at a time".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("this is no whole number".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(SignedDuration::from_secs);
    let duration = seconds.or_else(|| text.parse().ok()).filter(|duration| !duration.is_negative());
    duration.map(SignedDuration::unsigned_abs).ok_or_else(|| "a duration is as in `90s`, `10m` or `1h 30m`".into())
}
