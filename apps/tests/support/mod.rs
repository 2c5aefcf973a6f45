//! A local AWS and a command line in this process.

use std::ffi::OsString;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use apps::checkout::{Settings, checkout};
use groundplan_cli::{Host, Streams};
use serde_json::Value as Json;

/// A moto server of this test's own, ended with it.
pub(crate) struct Moto {
    server: Child,
    /// Where it listens.
    pub(crate) url: String,
    python: PathBuf,
}

impl Moto {
    /// Starts one on a free port. The Python tools come from `PATH`, or are installed below the
    /// target directory.
    pub(crate) fn start() -> Self {
        let bin = python_tools();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let log =
            std::fs::File::create(std::env::temp_dir().join(format!("groundplan-moto-{port}.log"))).expect("a log");
        let mended = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tools/moto_server.py");
        let server = Command::new(bin.join("python3"))
            .arg(mended)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .envs([("MOTO_ACM_VALIDATION_WAIT", "1"), ("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("moto starts");
        let moto = Self { server, url: format!("http://127.0.0.1:{port}"), python: bin.join("python3") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    /// Runs `account.py`, the independent client.
    pub(crate) fn account(&self, action: &str) -> Json {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/account.py");
        let output = Command::new(&self.python).args([script, &self.url, action]).output().expect("python runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "account.py {action}: {error}");
        if output.stdout.is_empty() { Json::Null } else { serde_json::from_slice(&output.stdout).expect("JSON") }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Ended or not: nothing is left to do about it here.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where `moto_server` and the Python that has boto3 are.
fn python_tools() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(|directory| directory.join("moto_server").is_file()) {
        return found;
    }
    let install = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tools/install");
    let output = Command::new(install).output().expect("tests/tools/install runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin")
}

/// What a command printed, and its exit code.
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
    let (out, err) = (Text::default(), Text::default());
    let streams = Streams {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        input: Box::new(std::io::empty()),
        out_is_terminal: false,
        err_is_terminal: false,
        input_is_terminal: false,
    };
    let (_, interrupts) = tokio::sync::mpsc::unbounded_channel();
    let args = ["checkout"].iter().chain(command).chain(&["--target", moto.url.as_str()]).map(OsString::from).collect();
    let host = Host {
        args,
        variables: Default::default(),
        directory: directory.to_owned(),
        streams: Some(streams),
        interrupts,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let code = runtime.block_on(groundplan_cli::execute(&checkout(settings), host));
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
