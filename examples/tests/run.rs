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
    for command in
        [&["synth"][..], &["deploy"], &["plan", "--detailed-exitcode"], &["drift"], &["destroy", "--delete-data"]]
    {
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
fn layered() {
    works(env!("CARGO_BIN_EXE_layered"));
}

#[test]
fn raw_resource() {
    works(env!("CARGO_BIN_EXE_raw_resource"));
}
