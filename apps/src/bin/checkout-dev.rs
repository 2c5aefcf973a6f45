//! `cargo run -p apps --bin checkout-dev -- deploy`

use std::process::ExitCode;

use apps::checkout::{Settings, checkout};

fn main() -> ExitCode {
    groundplan_cli::run(&checkout(&Settings::dev()))
}
