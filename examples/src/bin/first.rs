//! A bucket, a role that may write to a part of it, and an output.

use std::process::ExitCode;

use groundplan::data::Bucket;
use groundplan::identity::{Principal, Role};
use groundplan::{App, Environment};

fn main() -> ExitCode {
    let app = App::new("first");
    let stack = app.stack("first", Environment::new("eu-west-1"));

    let uploads = stack.add("uploads", Bucket::new().versioned());
    let worker = stack.add("worker", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
    uploads.grant_read_write(&worker, "incoming/*");

    stack.export("bucket", uploads.name());
    groundplan_cli::run(&app)
}
