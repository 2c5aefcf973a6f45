//! A local moto server for the tests that speak AWS's protocol.
//!
//! The Python tools come from the `PATH`, or are installed below the target directory, once.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A moto server of one test's own, ended with it.
#[derive(Debug)]
pub struct Moto {
    server: Child,
    url: String,
    python: PathBuf,
}

impl Moto {
    /// Starts one on a free port of the loopback interface, and waits until it answers.
    ///
    /// # Panics
    /// Where the tools cannot be installed, or the server does not start within a minute.
    pub fn start() -> Self {
        let python = python_tools().join("python3");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("the loopback interface has a free port").port();
        let server = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/moto_server.py"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .envs([("MOTO_ACM_VALIDATION_WAIT", "1"), ("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")])
            .env("MOTO_ECS_SERVICE_RUNNING", "2")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto starts");
        let moto = Self { server, url: format!("http://127.0.0.1:{port}"), python };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    /// Where it listens, as in `http://127.0.0.1:5000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a few lines of Python with boto3's clients `s3`, `dynamodb`, `ec2` and `rds` of a region,
    /// which know nothing of Groundplan, and gives what they print.
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
        let clients = ["s3", "dynamodb", "ec2", "rds"].map(client).concat();
        let script = format!("import boto3, json\n{clients}{script}");
        let output = Command::new(&self.python).args(["-c", &script]).output().expect("python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
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
