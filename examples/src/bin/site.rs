//! An app that uses what another one publishes, as values with their types. Deployed before `domain`, the error names
//! the command that provides the missing outputs; and `domain` cannot be destroyed while this app exists.

use std::process::ExitCode;

use groundplan::resources::{apigateway, route53};
use groundplan::{App, Environment, template};
use groundplan_examples::{CERTIFICATE, ZONE_ID};

fn main() -> ExitCode {
    let app = App::new("site");
    let stack = app.stack("site", Environment::new("us-east-1"));

    let domain = apigateway::DomainName::new().domain_name("api.example.com").certificate_arn(CERTIFICATE);
    let domain = stack.add("api", domain);
    let record = route53::RecordSet::new(route53::RecordSetArgs { name: "api.example.com", type_: "CNAME" })
        .hosted_zone_id(ZONE_ID)
        .ttl("300")
        .resource_records([domain.distribution_domain_name()]);
    stack.add("record", record);

    stack.export(
        "console",
        template!("https://console.aws.amazon.com/route53/v2/hostedzones#ListRecordSets/{}", ZONE_ID),
    );
    groundplan_cli::run(&app)
}
