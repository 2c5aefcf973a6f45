//! A machine to run command lines on: a directory, variables, and no user at the keyboard.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use groundplan_cli::{Host, Streams};
use groundplan_core::{App, Environment, Secret};
use groundplan_resources::{ec2, rds, s3};
use serde_json::Value as Json;

/// The time on every machine, since 1970: 2023-11-14 22:13:20 UTC.
pub(crate) const NOW: Duration = Duration::from_secs(1_700_000_000);

#[derive(Clone)]
pub(crate) struct Machine {
    home: Arc<tempfile::TempDir>,
    /// The directory in which commands run.
    directory: PathBuf,
    variables: BTreeMap<String, String>,
    /// The width of the terminal; `None` if standard output is no terminal.
    pub(crate) columns: Option<usize>,
}

/// The exit code and the output of a command.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        // What is looked for above the home is found here.
        std::fs::create_dir(home.path().join(".groundplan")).expect("a directory");
        let variables = BTreeMap::from([("HOME".to_owned(), home.path().display().to_string())]);
        Self { directory: home.path().to_owned(), home: Arc::new(home), variables, columns: None }
    }

    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.insert(variable.into(), value.into());
        self
    }

    /// The same machine from a directory below its home.
    pub(crate) fn within(&self, directory: &str) -> Self {
        Self { directory: self.path(directory), ..self.clone() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The simulated account.
    pub(crate) fn sandbox(&self) -> groundplan_simulator::Simulator {
        groundplan_simulator::Simulator::open(self.path(".groundplan/sandbox/account-123456789012"))
            .expect("it is whole")
    }

    pub(crate) fn run(&self, app: &App, arguments: &str) -> Ran {
        self.run_telling(app, arguments, |_| {})
    }

    /// Calls `told` with each text that is written to standard error.
    pub(crate) fn run_telling(&self, app: &App, arguments: &str, told: impl FnMut(&str) + Send + 'static) -> Ran {
        let (out, err) = (Buffer::default(), Buffer::default());
        err.listener.lock().expect("nobody has panicked").replace(Box::new(told));
        let streams = Streams {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            input: Box::new(std::io::empty()),
            out_is_terminal: self.columns.is_some(),
            err_is_terminal: false,
            input_is_terminal: false,
            columns: self.columns,
        };
        let (_sender, interrupts) = tokio::sync::mpsc::unbounded_channel();
        let host = Host {
            args: std::iter::once("shop").chain(arguments.split_whitespace()).map(Into::into).collect(),
            variables: self.variables.clone(),
            directory: self.directory.clone(),
            process: 4711,
            machine: "build-7".to_owned(),
            clock: || UNIX_EPOCH + NOW,
            streams: Some(streams),
            interrupts,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let code = runtime.block_on(groundplan_cli::execute(app, host));
        let clean = |text: String| text.replace(&self.home.path().display().to_string(), "~");
        Ran { code, out: clean(out.text()), err: clean(err.text()) }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn fails(self, code: u8, message: &str) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(self.err.contains(message), "{}", self.err);
        self
    }

    /// Standard output, where each line is JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Json> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

#[derive(Clone, Default)]
struct Buffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    listener: Arc<Mutex<Option<Listener>>>,
}

type Listener = Box<dyn FnMut(&str) + Send>;

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().expect("nobody has panicked").clone()).expect("text")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(told) = &mut *self.listener.lock().expect("nobody has panicked") {
            told(&String::from_utf8_lossy(bytes));
        }
        self.bytes.lock().expect("nobody has panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An app with what a test is about.
pub(crate) fn app(build: impl FnOnce(&groundplan_core::Stack)) -> App {
    let app = App::new("shop");
    build(&app.stack("shop", Environment::new("us-east-1")));
    app
}

/// A VPC with a subnet, and a bucket.
pub(crate) fn shop() -> App {
    network("10.0.0.0/24", false)
}

pub(crate) fn network(block: &str, dns: bool) -> App {
    app(|shop| {
        let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(dns));
        shop.add("vpc-a", ec2::Subnet::new(&vpc).cidr_block(block).availability_zone("us-east-1a"));
        let media = shop.add("media", s3::Bucket::new());
        shop.export("bucket", media.bucket_name());
    })
}

/// An app with a database, which is stateful.
pub(crate) fn database(user: &str) -> App {
    app(|shop| {
        let instance = rds::DbInstance::new()
            .engine("postgres")
            .db_instance_class("db.t3.small")
            .allocated_storage("20")
            .master_username(user)
            .master_user_password(Secret::generated(30));
        shop.add("db", instance);
    })
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("it is there")
}
