//! The accepted assemblies of the apps, and what holds for all of them. Production is accepted whole; the other
//! environments are accepted as they differ from it.
//!
//! After a change that is meant: `cargo insta review`, or `INSTA_UPDATE=always cargo test`.

use apps::account::account;
use apps::checkout::{Settings, checkout};
use groundplan::{App, Assembly};
use groundplan_testing::{assembly, differences};

fn apps() -> Vec<App> {
    let checkouts = [Settings::dev(), Settings::stage(), Settings::prod()].map(|settings| checkout(&settings));
    std::iter::once(account()).chain(checkouts).collect()
}

#[test]
fn every_assembly_is_the_accepted_one() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for app in [account(), checkout(&Settings::prod())] {
            insta::assert_snapshot!(app.name(), assembly(&app).to_json());
        }
        let production = assembly(&checkout(&Settings::prod()));
        for app in [Settings::dev(), Settings::stage()].map(|settings| checkout(&settings)) {
            insta::assert_snapshot!(app.name(), differences(&production, &assembly(&app)));
        }
    });
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let bytes = || apps().iter().map(|app| assembly(app).to_json()).collect::<Vec<_>>();
    assert_eq!(bytes(), bytes());
}

#[test]
fn an_assembly_survives_the_way_through_json() {
    for app in apps() {
        let assembly = assembly(&app);
        let read: Assembly = serde_json::from_str(&assembly.to_json()).expect("it was just written");
        assert_eq!(read, assembly);
    }
}
