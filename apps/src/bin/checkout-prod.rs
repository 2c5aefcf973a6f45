//! `cargo run -p apps --bin checkout-prod -- deploy`

use std::process::ExitCode;

use apps::checkout::{Settings, checkout};

fn main() -> ExitCode {
    groundplan_cli::run(&checkout(&Settings::prod()))
}
