//! Production as its author changes it next: some of it is updated, some replaced, and all of it
//! may be destroyed.

use std::process::ExitCode;

use apps::checkout::{Settings, checkout};
use groundplan::cidr;
use groundplan::data::InstanceClass;
use groundplan::observability::Retention;

fn main() -> ExitCode {
    let settings = Settings {
        database: InstanceClass::M6gLarge,
        deletion_protection: false,
        log_retention: Retention::HalfYear,
        // Other subnets, and with them other NAT gateways.
        public: [cidr!("10.51.192.0/21"), cidr!("10.51.200.0/21"), cidr!("10.51.208.0/21")],
        // Another name, and with it other records.
        name: "shop",
        ..Settings::prod()
    };
    groundplan_cli::run(&checkout(&settings))
}
