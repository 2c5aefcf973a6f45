//! The checkout against moto as its users have it, without our corrections of the server.

mod support {
    pub(crate) mod client;
    pub(crate) mod command_line;
}

use apps::checkout::Settings;
use groundplan_moto::Moto;
use support::client::client;
use support::command_line::run;

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
