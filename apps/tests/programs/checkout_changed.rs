//! Production as its author changes it next: some of it is updated, some replaced, and all of it
//! may be destroyed.

use std::process::ExitCode;

use apps::checkout::{Settings, checkout};
use groundplan::data::InstanceClass;
use groundplan::observability::Retention;

fn main() -> ExitCode {
    let settings = Settings {
        database: InstanceClass::M6gLarge,
        deletion_protection: false,
        log_retention: Retention::HalfYear,
        // Another name, and with it other records.
        name: "shop",
        ..Settings::prod()
    };
    groundplan_cli::run(&checkout(&settings))
}
