//! A layered graph of any size, with the command line of every app: `docs/measure scale`
//! measures it, beside Terraform on a graph of the same shape.
//!
//!     RESOURCES=10000 cargo run --release -p groundplan-examples --bin layered -- deploy
//!
//! Another `MARK` is a change to one resource.

mod graph;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let resources = env::var("RESOURCES").unwrap_or_else(|_| "100".to_owned());
    let resources = resources.parse().expect("RESOURCES is a number, as in 10000");
    groundplan_cli::run(&graph::layered(resources, &env::var("MARK").unwrap_or_default()))
}
