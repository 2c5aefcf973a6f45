//! Resource types that no construct covers: every type that AWS publishes is there, typed.

use std::process::ExitCode;

use groundplan::resources::{cloudwatch, sns};
use groundplan::{App, Environment, template};

fn main() -> ExitCode {
    let app = App::new("raw-resource");
    let stack = app.stack("alarms", Environment::new("eu-west-1"));

    let topic = stack.add("topic", sns::Topic::new().display_name("Alarms"));
    let alarm = cloudwatch::Alarm::new()
        .comparison_operator("GreaterThanThreshold")
        .evaluation_periods(1)
        .namespace("AWS/RDS")
        .metric_name("FreeStorageSpace")
        .statistic("Minimum")
        .period(300)
        .threshold(5_000_000_000.0)
        .alarm_description(template!("Tells {}", topic.topic_name()))
        .alarm_actions([topic.topic_arn()]);
    stack.add("disk", alarm).retain();

    stack.export("topic", topic.topic_arn());
    groundplan_cli::run(&app)
}
