//! Command lines in processes of their own, which can be killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use groundplan_engine::model::Loaded;
use groundplan_engine::store::FileStore;

/// Production of the checkout with a state of its own, deployed to one emulator.
pub(crate) struct Checkout {
    target: String,
    directory: PathBuf,
}

/// The goal of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The program of the app.
    Production,
    /// The next version of its program.
    Changed,
    /// Nothing.
    Nothing,
}

impl Checkout {
    pub(crate) fn new(target: &str, directory: &Path) -> Self {
        Self { target: target.to_owned(), directory: directory.to_owned() }
    }

    /// The command that brings about `goal`.
    pub(crate) fn to(&self, goal: Goal) -> Command {
        match goal {
            Goal::Production | Goal::Changed => self.command(goal, &["deploy", "--yes"]),
            Goal::Nothing => self.command(Goal::Changed, &["destroy", "--yes", "--delete-data"]),
        }
    }

    /// A command of the program that says `goal`.
    pub(crate) fn command(&self, goal: Goal, arguments: &[&str]) -> Command {
        match goal {
            Goal::Production => self.run(env!("CARGO_BIN_EXE_checkout-prod"), arguments),
            Goal::Changed | Goal::Nothing => self.run(env!("CARGO_BIN_EXE_checkout-changed"), arguments),
        }
    }

    /// The deploy of what the checkout uses of another app.
    pub(crate) fn upstream(&self) -> Command {
        self.run(env!("CARGO_BIN_EXE_account"), &["deploy", "--yes"])
    }

    fn run(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .args(["--target", &self.target])
            .env_clear()
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.log()).expect("the directory can be written"));
        command
    }

    /// Returns the output of the last command so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.directory.join("stderr")
    }

    /// The directory that keeps the states of all apps at this target.
    pub(crate) fn place(&self) -> PathBuf {
        let authority = self.target.trim_start_matches("http://").replace(':', "-");
        self.directory.join(".groundplan").join(format!("emulator-{authority}"))
    }

    /// Returns the state with its journal, read as the next run reads it.
    pub(crate) fn load(&self) -> Loaded {
        let store = FileStore::new(self.place(), "checkout-prod");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(groundplan_engine::load(&store, "checkout-prod")).expect("the state can be read")
    }
}
