//! The arguments of the command line.

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
    /// Deployment target: `auto`, `aws`, `sandbox`, or the URL of an AWS emulator
    #[arg(long, global = true, value_name = "TARGET", default_value = "auto")]
    pub(crate) target: TargetOption,

    /// Location of the state: `file:DIR` or `s3://BUCKET/PREFIX`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) state: Option<StateUrl>,

    /// Write only JSON to standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Use of colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Maximum wait for the lock of another run, such as `90s` or `10m`
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,

    /// Maximum number of concurrent calls to the target
    #[arg(long, global = true, value_name = "N", default_value = "10", value_parser = at_least_one)]
    pub(crate) parallelism: usize,

    /// Show all properties, and log to standard error; repeat for more logs
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The use of colors.
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
    /// Write the resources that the program declares, without network access
    Synth(Synth),
    /// Show the changes that a deploy would make, and why
    Plan(Plan),
    /// Show a plan that `plan --out` saved
    Show(Show),
    /// Create, update and delete resources to match the program
    Deploy(Deploy),
    /// Delete all resources; stateful ones only with --delete-data
    Destroy(Destroy),
    /// Show how the target differs from the state; exit with code 2 if it does
    Drift,
    /// Show the outputs of the app
    Output(Output),
    /// Inspect, edit, restore or move the state
    #[command(subcommand)]
    State(State),
    /// Adopt an existing resource
    Import(Import),
    /// List the runs that changed something
    History,
    /// Deploy the program as it was in an earlier run
    Rollback(Rollback),
    /// Release the lock of a run that hangs
    ForceUnlock(ForceUnlock),
    /// Show the dependencies between resources
    Graph(Graph),
    /// Check target, credentials and state
    Doctor,
    /// Explain the code of a diagnostic; without CODE, list all codes
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(crate) struct Synth {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(crate) format: SynthFormat,

    /// Stack to write as CloudFormation, if the app has several
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
    /// Save the plan to FILE, for `deploy FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    #[command(flatten)]
    pub(crate) part: Part,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Exit with code 2 if there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,

    /// Show the changes that `destroy` would make
    #[arg(long, conflicts_with = "only")]
    pub(crate) destroy: bool,

    /// With --destroy, also plan to delete stateful resources
    #[arg(long, requires = "destroy")]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Plan saved by `plan --out`
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Code of a diagnostic, such as `GP0214`
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Clone, Copy, Debug, Args, Default)]
pub(crate) struct Refresh {
    /// Refresh: read every resource first, and correct drift
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
    /// Include only resources at or below PATH and their dependencies; can be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) only: Vec<Path>,
}

#[derive(Debug, Args, Default)]
pub(crate) struct Deploy {
    /// Plan saved by `plan --out`, to execute exactly that plan
    #[arg(value_name = "PLAN", conflicts_with_all = ["only", "refresh", "skip_final_snapshot"])]
    pub(crate) plan: Option<PathBuf>,

    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    #[command(flatten)]
    pub(crate) part: Part,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Allow the data loss that the plan names
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,

    /// Do not wait for resources to become ready, unless other resources need them
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Also delete stateful resources
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Show only this output, as plain text
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum State {
    /// List the resources in the state
    List,
    /// Show the recorded state of a resource
    Show {
        /// Path of the resource, such as `checkout/vpc`
        path: Path,
    },
    /// Change the path of a resource, or of all resources below a scope, in the state only
    Mv {
        /// Path in the state
        from: Path,
        /// New path
        to: Path,
    },
    /// Remove resources or open creates at or below a path from the state, not from the account
    Rm {
        /// Path in the state
        path: Path,

        /// Remove only creates that an interrupted run left open, and keep the resources
        #[arg(long)]
        open: bool,

        /// Remove only the records of retained resources, and keep managed resources
        #[arg(long, conflicts_with = "open")]
        retained: bool,
    },
    /// Write the complete state to standard output
    Pull,
    /// Replace the state with a file that has the format of `state pull`
    Push {
        /// File to read
        file: PathBuf,

        /// Replace it even if the file is older or of another deployment, or the current state is unreadable
        #[arg(long)]
        force: bool,

        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Restore an earlier state; without N, list the earlier states
    Restore {
        /// Serial of the state
        #[arg(value_name = "N", value_parser = serial)]
        serial: Option<u64>,

        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Move the state and its history to another location
    Migrate {
        /// New location: `file:DIR` or `s3://BUCKET/PREFIX`
        url: StateUrl,

        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, Args, Default)]
pub(crate) struct Start {
    /// Start with a new state even if a state existed or the account has resources of this app; those
    /// resources stay unchanged
    #[arg(long)]
    pub(crate) new_state: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Path in the program
    pub(crate) path: Path,

    /// Identifier in the account, such as `vpc-0a1b2c3d`; join the parts of a composite identifier
    /// with `|`
    pub(crate) id: String,

    /// Import it even if its tags name another path, or another app whose state is elsewhere
    #[arg(long)]
    pub(crate) take_ownership: bool,

    #[command(flatten)]
    pub(crate) start: Start,

    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Run to deploy again, as listed by `history`
    #[arg(value_name = "N", value_parser = serial)]
    pub(crate) serial: u64,

    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Allow the data loss that the plan names
    #[arg(long)]
    pub(crate) delete_data: bool,

    #[command(flatten)]
    pub(crate) snapshot: Snapshot,
}

#[derive(Debug, Args)]
pub(crate) struct ForceUnlock {
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: GraphFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Text,
    Dot,
}

/// The number of a run or a state.
fn serial(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "a run or a state has a whole number, as `history` and `state restore` list them".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(SignedDuration::from_secs);
    let duration = seconds.or_else(|| text.parse().ok()).filter(|duration| !duration.is_negative());
    duration.map(SignedDuration::unsigned_abs).ok_or_else(|| "expected a duration such as `90s` or `1h 30m`".into())
}
