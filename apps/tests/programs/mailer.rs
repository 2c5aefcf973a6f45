//! An app that sends mail through SES's SMTP endpoint: a user, its access key, and a secret with the password that is
//! derived from the key.
//!
//! `MAILER_SERIAL` is the number of the key; another number makes another key.

use std::process::ExitCode;

use groundplan::identity::SmtpCredentials;
use groundplan::{App, Environment};

fn main() -> ExitCode {
    let serial = std::env::var("MAILER_SERIAL").map_or(1, |serial| serial.parse().expect("a number"));
    let app = App::new("mailer");
    let stack = app.stack("mailer", Environment::new("eu-central-1").account("123456789012"));
    let mail = stack.add("mail", SmtpCredentials::new(["example.com"]).serial(serial));
    stack.export("smtp-host", mail.host());
    stack.export("smtp-user", mail.username());
    groundplan_cli::run(&app)
}
