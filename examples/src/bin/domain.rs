//! An app that others build on: the zone of a domain and its certificate. `site` uses both.

use std::process::ExitCode;

use groundplan::resources::{certificatemanager, route53};
use groundplan::{App, Environment};
use groundplan_examples::{CERTIFICATE, ZONE_ID};

fn main() -> ExitCode {
    let app = App::new("domain");
    let stack = app.stack("domain", Environment::new("us-east-1"));

    let zone = stack.add("zone", route53::HostedZone::new().name("example.com"));
    let certificate = certificatemanager::Certificate::new("example.com").validation_method("DNS");
    let certificate = stack.add("certificate", certificate);

    stack.export(ZONE_ID, zone.id());
    stack.export(CERTIFICATE, &certificate);
    groundplan_cli::run(&app)
}
