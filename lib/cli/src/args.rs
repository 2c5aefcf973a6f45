//! What can be written on the command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use groundplan_core::Path;

use crate::place::StateUrl;
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
    /// Look at what is known to exist
    #[command(subcommand)]
    State(State),
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

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Save the plan, for `deploy FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    /// Exit with code 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// Show all properties of new resources
    #[arg(long)]
    pub(crate) full: bool,

    /// Plan what `destroy` would do
    #[arg(long)]
    pub(crate) destroy: bool,

    /// With --destroy, plan to delete what holds data, too
    #[arg(long, requires = "destroy")]
    pub(crate) delete_data: bool,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Refresh {
    /// Read every resource first, so that what was changed behind our back is mended
    #[arg(long)]
    pub(crate) refresh: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// A plan saved by `plan --out`, to do exactly that
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) refresh: Refresh,

    /// Allow the loss of data that the plan names
    #[arg(long)]
    pub(crate) delete_data: bool,

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
