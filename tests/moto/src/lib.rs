//! A local moto server for the tests that speak AWS's protocol, and a proxy in front of it.
//!
//! The Python tools come from the `PATH`, or are installed below the target directory, once.

mod dice;
mod http;
mod proxy;
mod replay;

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use dice::Dice;
use http::Connection;
pub use http::Message;
pub use proxy::{Exchange, Fault, Faults, Hold, Proxy};
pub use replay::{Replayed, replay};

/// A moto server of one test's own, ended with it.
#[derive(Debug)]
pub struct Moto {
    server: Child,
    url: String,
    python: PathBuf,
}

/// The variants of moto.
enum Server {
    /// With what its tests need put right (`moto_server.py`).
    Patched,
    Stock,
}

impl Moto {
    /// Starts one on a free port of the loopback interface, and waits until it answers.
    ///
    /// # Panics
    /// Where the tools cannot be installed, or the server does not start within a minute.
    pub fn start() -> Self {
        Self::start_with("true", Server::Patched)
    }

    /// The server as PyPI has it, with what it gets wrong.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_stock() -> Self {
        Self::start_with("true", Server::Stock)
    }

    /// The same without AWS's managed policies, which take a second to load after every
    /// [`reset`](Self::reset).
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_without_managed_policies() -> Self {
        Self::start_with("false", Server::Patched)
    }

    fn start_with(managed_policies: &str, server: Server) -> Self {
        let tools = python_tools();
        let python = tools.join("python3");
        // What is on the path may be a script of a version manager, and not one of Python.
        let mut command = match server {
            Server::Patched => {
                let mut command = Command::new(&python);
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/moto_server.py"));
                command
            }
            Server::Stock => Command::new(tools.join("moto_server")),
        };
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("the loopback interface has a free port").port();
        let server = command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_ACM_VALIDATION_WAIT", "1")
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", managed_policies)
            .env("MOTO_ECS_SERVICE_RUNNING", "2")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto starts");
        let moto = Self { server, url: format!("http://127.0.0.1:{port}"), python };
        // It imports for ten seconds of a processor, of which a busy machine has little.
        let deadline = Instant::now() + Duration::from_secs(180);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    /// Returns the address at which it listens, as in `http://127.0.0.1:5000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a few lines of Python with boto3's clients `s3`, `dynamodb`, `ec2`, `rds`, `iam` and
    /// `secretsmanager` of a region, which know nothing of Groundplan, and gives what they print.
    ///
    /// # Panics
    /// Where they fail.
    pub fn boto(&self, region: &str, script: &str) -> String {
        let client = |name: &str| {
            let endpoint = format!("'{region}', endpoint_url='{}'", self.url);
            format!(
                "{name} = boto3.client('{name}', {endpoint}, aws_access_key_id='test', aws_secret_access_key='test')\n"
            )
        };
        let clients = ["s3", "dynamodb", "ec2", "rds", "iam", "secretsmanager"].map(client).concat();
        let script = format!("import boto3, json\n{clients}{script}");
        let output = Command::new(&self.python).args(["-c", &script]).output().expect("python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the address at which it listens, as in `127.0.0.1:5000`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Empties all accounts. What moto has loaded stays loaded, so that its first calls are as fast
    /// as later ones.
    ///
    /// # Panics
    /// Where it does not answer.
    pub fn reset(&self) {
        let request = Message {
            start: "POST /moto-api/reset HTTP/1.1".to_owned(),
            headers: vec![("host".to_owned(), self.address().to_owned())],
            body: Vec::new(),
        };
        let answer = Connection::to(self.address()).ask(&request).expect("moto answers");
        assert_eq!(answer.status(), 200, "moto is reset");
    }

    /// The Python that has boto3, for a client that knows nothing of Groundplan.
    pub fn python(&self) -> &Path {
        &self.python
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to do.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The directory of the Python that has moto and boto3.
fn python_tools() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_moto = |directory: &PathBuf| directory.join("moto_server").is_file() && directory.join("python3").exists();
    if let Some(found) = std::env::split_paths(&path).find(has_moto) {
        return found;
    }
    let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/install")).output().expect("the script runs");
    assert!(output.status.success(), "tests/moto/install: {}", String::from_utf8_lossy(&output.stderr));
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin")
}
