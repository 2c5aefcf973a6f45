//! Every example does what a user would do with it: deploys into the sandbox, twice, and is
//! destroyed.

use std::path::Path;
use std::process::{Command, Output};

fn run(program: &str, directory: &Path, command: &[&str]) -> Output {
    let mut it = Command::new(program);
    it.args(command).args(["--target", "sandbox"]).current_dir(directory).output().expect("the example runs")
}

fn works(program: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let destroy = ["destroy", "--delete-data", "--skip-final-snapshot"];
    for command in [&["synth"][..], &["deploy"], &["plan", "--detailed-exitcode"], &["drift"], &destroy] {
        let output = run(program, directory.path(), command);
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn first() {
    works(env!("CARGO_BIN_EXE_first"));
}

#[test]
fn construct() {
    works(env!("CARGO_BIN_EXE_construct"));
}

#[test]
fn policy() {
    works(env!("CARGO_BIN_EXE_policy"));
}

#[test]
fn fargate() {
    works(env!("CARGO_BIN_EXE_fargate"));
}

#[test]
fn layered() {
    works(env!("CARGO_BIN_EXE_layered"));
}

#[test]
fn lookup() {
    works(env!("CARGO_BIN_EXE_lookup"));
}

#[test]
fn a_lookup_of_what_another_app_makes_is_pending_until_that_is_deployed() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = env!("CARGO_BIN_EXE_lookup");
    // Before the other app is deployed, its VPC cannot be found.
    let planned = run(program, directory.path(), &["plan"]);
    let text = String::from_utf8_lossy(&planned.stdout).into_owned();
    assert!(planned.status.success() && text.contains("origin/shared: (known after apply)"), "{text}");
    assert!(run(program, directory.path(), &["deploy"]).status.success());
    for (command, shown) in [
        (&["state", "list"][..], "origin/image  public parameter `/aws/service/ami-amazon-linux-latest/"),
        (&["state", "show", "origin/shared"], "PrivateSubnetIds"),
        (&["graph"], "  ← origin/shared"),
        (&["synth"], "\"lookups\""),
    ] {
        let output = run(program, directory.path(), command);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(shown), "{command:?}: {text}");
    }
}

#[test]
fn raw_resource() {
    works(env!("CARGO_BIN_EXE_raw_resource"));
}

#[test]
fn raw_platform() {
    works(env!("CARGO_BIN_EXE_raw_platform"));
}

#[test]
fn two_apps() {
    let directory = tempfile::tempdir().expect("a directory");
    let (domain, site) = (env!("CARGO_BIN_EXE_domain"), env!("CARGO_BIN_EXE_site"));
    let succeeds = |program: &str, command: &[&str]| {
        let output = run(program, directory.path(), command);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), error)
    };
    let (deployed, error) = succeeds(site, &["deploy"]);
    assert!(!deployed && error.contains("--bin domain -- deploy --target sandbox` first"), "{error}");
    for (program, command) in [(domain, "deploy"), (site, "deploy"), (site, "plan"), (site, "drift")] {
        let (done, error) = succeeds(program, &[command]);
        assert!(done, "{program} {command}: {error}");
    }
    let (destroyed, error) = succeeds(domain, &["destroy", "--delete-data"]);
    assert!(!destroyed && error.contains("`zone-id` is used by `site`: site/record, its output `console`"), "{error}");
    for program in [site, domain] {
        let (done, error) = succeeds(program, &["destroy", "--delete-data"]);
        assert!(done, "{program}: {error}");
    }
}

#[test]
fn website() {
    works(env!("CARGO_BIN_EXE_website"));
}
