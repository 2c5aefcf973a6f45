//! The checkout, deployed through the AWS SDK to a local moto and inspected with boto3.

mod support {
    pub(crate) mod account;
    pub(crate) mod client;
    pub(crate) mod command_line;
}

use std::path::Path;

use apps::checkout::Settings;
use groundplan_engine::State;
use groundplan_moto::Moto;
use serde_json::Value as Json;
use support::account::account;
use support::client::client;
use support::command_line::run;

fn state(directory: &Path) -> State {
    let file = walk(directory).into_iter().find(|file| file.ends_with("checkout-prod/state.json")).expect("a state");
    State::from_json(&std::fs::read_to_string(file).expect("readable"), "the test").expect("a state")
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn production_is_deployed_changed_mended_and_destroyed() {
    let moto = Moto::start();
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let mut settings = Settings::prod();
    let before = client(&moto, "read");

    // Deploy, and see with another client what is there.
    run(&settings, &moto, directory, &["deploy", "--yes"]).expect(0);
    let deployed = account(&moto, &state(directory));
    insta::assert_snapshot!("account", deployed);

    // A second plan has nothing to do, and reading everything finds nothing changed.
    run(&settings, &moto, directory, &["plan", "--detailed-exitcode"]).expect(0);
    run(&settings, &moto, directory, &["plan", "--detailed-exitcode", "--refresh"]).expect(0);
    run(&settings, &moto, directory, &["drift"]).expect(0);

    // No secret is written down anywhere.
    let password = client(&moto, "password");
    let password = password.as_str().expect("the password");
    for file in walk(directory) {
        let text = std::fs::read(&file).expect("readable");
        assert!(!String::from_utf8_lossy(&text).contains(password), "the password is in {}", file.display());
    }

    // A changed setting is changed in place, and nothing else is.
    settings.database = groundplan::data::InstanceClass::M6gLarge;
    settings.log_retention = groundplan::observability::Retention::HalfYear;
    settings.deletion_protection = false;
    let plan = run(&settings, &moto, directory, &["plan", "--json", "--detailed-exitcode"]).expect(2);
    assert!(plan.out.contains("db.m6g.large"), "{}", plan.out);
    run(&settings, &moto, directory, &["deploy", "--yes"]).expect(0);
    let changed = account(&moto, &state(directory));
    let expected = deployed
        .replace("db.t3.medium", "db.m6g.large")
        .replace("\"retentionInDays\": 365", "\"retentionInDays\": 180")
        .replace("\"DeletionProtection\": true", "\"DeletionProtection\": false")
        .replace("\"deletion_protection.enabled\": \"true\"", "\"deletion_protection.enabled\": \"false\"");
    assert_eq!(changed, expected);
    run(&settings, &moto, directory, &["plan", "--detailed-exitcode"]).expect(0);

    // Changes outside of the program are detected, reported and corrected.
    client(&moto, "tamper");
    let drift = run(&settings, &moto, directory, &["drift"]).expect(2);
    for path in ["checkout/vpc", "checkout/logs", "checkout/key/alias", "checkout/static/policy"] {
        assert!(drift.out.contains(path), "{path} is not in:\n{}", drift.out);
    }
    run(&settings, &moto, directory, &["deploy", "--yes", "--refresh"]).expect(0);
    run(&settings, &moto, directory, &["drift"]).expect(0);
    assert_eq!(account(&moto, &state(directory)), expected);

    // A stateful resource is kept until its deletion is allowed.
    run(&settings, &moto, directory, &["destroy", "--yes"]);
    let kept = client(&moto, "read");
    assert_eq!(kept["databases"].as_array().map(Vec::len), Some(1), "{kept}");
    assert_eq!(kept["buckets"].as_array().map(Vec::len), Some(2), "{kept}");
    run(&settings, &moto, directory, &["destroy", "--yes", "--delete-data"]).expect(0);
    let left = client(&moto, "read");
    assert_eq!(left, before);
    assert_eq!(left, Json::Object(Default::default()));
    assert!(state(directory).resources.is_empty());
}

#[test]
fn the_binary_refuses_an_account_that_is_not_the_pinned_one() {
    let moto = Moto::start();
    let directory = tempfile::tempdir().expect("a directory");
    // moto takes an access key of the form of an account for credentials of that account.
    let keys = client(&moto, "another-account");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_checkout-prod"))
        .args(["deploy", "--yes", "--target", moto.url()])
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", keys["AccessKeyId"].as_str().expect("a key"))
        .env("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"].as_str().expect("a key"))
        .env("AWS_SESSION_TOKEN", keys["SessionToken"].as_str().expect("a token"))
        .current_dir(directory.path())
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(error.contains("123456789012") && error.contains("111122223333"), "{error}");
    assert!(walk(directory.path()).iter().all(|file| !file.ends_with("checkout-prod/state.json")), "{error}");
}
