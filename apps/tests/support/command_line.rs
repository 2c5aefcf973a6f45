//! A command line in this process.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use apps::checkout::{Settings, checkout};
use groundplan::App;
use groundplan_cli::{Host, Streams};
use groundplan_moto::Moto;

/// The output of a command, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The run, where it ended with `code`.
    #[track_caller]
    pub(crate) fn expect(self, code: u8) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }
}

/// Runs a command of the checkout app with these settings, in `directory` against `moto`.
pub(crate) fn run(settings: &Settings, moto: &Moto, directory: &Path, command: &[&str]) -> Ran {
    run_app(&checkout(settings), moto, directory, command)
}

/// Runs a command of `app`, in `directory` against `moto`.
pub(crate) fn run_app(app: &App, moto: &Moto, directory: &Path, command: &[&str]) -> Ran {
    run_at(app, moto.url(), directory, command)
}

/// Runs a command of `app`, in `directory` against the endpoint `url`.
pub(crate) fn run_at(app: &App, url: &str, directory: &Path, command: &[&str]) -> Ran {
    let (out, err) = (Text::default(), Text::default());
    let streams = Streams {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        input: Box::new(std::io::empty()),
        out_is_terminal: false,
        err_is_terminal: false,
        input_is_terminal: false,
        columns: None,
    };
    let (_, interrupts) = tokio::sync::mpsc::unbounded_channel();
    let args = [app.name()].iter().chain(command).chain(&["--target", url]).map(OsString::from).collect();
    let host = Host {
        args,
        variables: Default::default(),
        directory: directory.to_owned(),
        process: std::process::id(),
        machine: String::new(),
        clock: std::time::SystemTime::now,
        streams: Some(streams),
        interrupts,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let code = runtime.block_on(groundplan_cli::execute(app, host));
    Ran { code, out: out.take(), err: err.take() }
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().expect("no panic while writing"))).into_owned()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
