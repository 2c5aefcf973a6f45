//! The checkout against moto as its users have it, without our corrections of the server.

mod support {
    pub(crate) mod client;
    pub(crate) mod command_line;
}

use apps::checkout::Settings;
use groundplan::resources::sqs::Queue;
use groundplan::{App, Environment};
use groundplan_moto::Moto;
use support::client::client;
use support::command_line::{run, run_app};

#[test]
fn a_stock_moto_takes_production_and_stage_is_destroyed_without_a_rest() {
    let moto = Moto::start_stock();
    let (production, stage) = (Settings::prod(), Settings::stage());
    let before = client(&moto, "read");

    let directory = tempfile::tempdir().expect("a directory");
    run(&production, &moto, directory.path(), &["deploy", "--yes"]).expect(0);
    run(&production, &moto, directory.path(), &["plan", "--detailed-exitcode"]).expect(0);

    // The states go with the account.
    moto.reset();
    let directory = tempfile::tempdir().expect("a directory");
    run(&stage, &moto, directory.path(), &["deploy", "--yes"]).expect(0);
    run(&stage, &moto, directory.path(), &["plan", "--detailed-exitcode"]).expect(0);
    run(&stage, &moto, directory.path(), &["destroy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(client(&moto, "read"), before);
}

#[test]
fn what_an_emulator_does_not_offer_is_said_in_one_line() {
    let moto = Moto::start_stock();
    let directory = tempfile::tempdir().expect("a directory");
    let app = App::new("jobs");
    app.stack("jobs", Environment::new("us-east-1")).add("queue", Queue::new());
    // A queue goes through Cloud Control, which moto does not have.
    let refused = run_app(&app, &moto, directory.path(), &["deploy", "--yes"]).expect(1);
    let line = refused.err.lines().find(|line| line.contains("does not support this call"));
    let line = line.unwrap_or_else(|| panic!("{}", refused.err));
    assert!(line.contains(moto.url()) && line.contains("CreateResource"), "{line}");
}
