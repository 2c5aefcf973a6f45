//! `cargo run -p apps --bin account -- deploy`

use std::process::ExitCode;

use apps::account::account;

fn main() -> ExitCode {
    groundplan_cli::run(&account())
}
