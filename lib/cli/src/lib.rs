//! The command line of every app.
//!
//! A program that describes infrastructure ends with [`run`], which makes it a command line:
//!
//! ```no_run
//! use groundplan_core::{App, Environment};
//!
//! fn main() -> std::process::ExitCode {
//!     let app = App::new("checkout-prod");
//!     let stack = app.stack("checkout", Environment::new("us-east-1"));
//!     stack.tag("team", "checkout");
//!     groundplan_cli::run(&app)
//! }
//! ```
//!
//! [`execute`] does the same for tests and other programs: [`Host`] contains everything that a command line takes from
//! its process.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | done |
//! | 1 | failed: the output shows what was done and what was not |
//! | 2 | changes (`plan --detailed-exitcode`) or drift (`drift`) |
//! | 3 | wrong use, or the program is not valid: nothing was attempted |
//! | 4 | locked by another run |
//! | 130 | interrupted |
//!
//! The result of a command goes to standard output, and its progress to standard error. With `--json`, standard output
//! is one JSON object, or, for `deploy` and `destroy`, one event per line. An error is an object with the key `error`.
//!
//! # Features
//!
//! `aws`, on by default, adds the targets that need the AWS SDK. Without it, the embedded sandbox
//! is the only target, and nothing of the SDK is built.

mod args;
mod boxed;
mod command;
mod context;
mod credentials;
mod error;
mod host;
mod interrupt;
mod lookup;
mod progress;
mod render;
mod state_location;
mod state_url;
mod style;
mod target;
mod terminal;
mod upstream;
mod wrap;

use std::io::{self, Write as _};
use std::process::ExitCode;

use groundplan_core::App;

pub use host::{Host, Streams};

/// Runs the command line of this process.
///
/// The [crate documentation](crate) lists the exit codes.
pub fn run(app: &App) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async { boxed::boxed(|| command::execute(app, Host::of_process())).await });
    // A thread may still wait for an answer on standard input.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Runs a command on `host` and returns its exit code.
pub async fn execute(app: &App, host: Host) -> u8 {
    boxed::boxed(|| command::execute(app, host)).await
}
