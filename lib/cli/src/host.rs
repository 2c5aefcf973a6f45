//! The environment of a command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use groundplan_engine::model::LockOwner;
use groundplan_engine::{Variables, private_file};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::error::CommandError;
use crate::render::duration;

/// Everything that a command line takes from its process, so that tests and other programs can run one without a
/// separate process.
#[derive(Debug)]
pub struct Host {
    /// The arguments, with the name of the program first.
    pub args: Vec<OsString>,
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The directory that relative paths start from.
    pub directory: PathBuf,
    /// The process ID.
    pub process: u32,
    /// The name of the machine.
    pub machine: String,
    /// The clock.
    pub clock: fn() -> SystemTime,
    /// Input and output.
    pub streams: Option<Streams>,
    /// The interrupts. Each message is one Ctrl-C.
    pub interrupts: UnboundedReceiver<()>,
}

/// The standard streams of a process.
pub struct Streams {
    /// Standard output, for results.
    pub out: Box<dyn Write + Send>,
    /// Standard error, for progress and errors.
    pub err: Box<dyn Write + Send>,
    /// Standard input, for answers.
    pub input: Box<dyn BufRead + Send>,
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal that allows redrawing.
    pub err_is_terminal: bool,
    /// Whether standard input is a terminal, so that a user can answer.
    pub input_is_terminal: bool,
    /// The number of columns of the terminal, if known. Lines are not limited if there is no terminal.
    pub columns: Option<usize>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl Host {
    /// Returns the environment of this process. Call it inside of a tokio runtime, since it listens for signals.
    pub fn of_process() -> Self {
        let streams = Streams {
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            input_is_terminal: io::stdin().is_terminal(),
            columns: terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0)),
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            input: Box::new(io::BufReader::new(io::stdin())),
        };
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self {
            args: std::env::args_os().collect(),
            variables: std::env::vars_os().filter_map(text).collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            process: std::process::id(),
            machine: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned(),
            clock: SystemTime::now,
            streams: Some(streams),
            interrupts: signals(),
        }
    }

    /// One without a command line.
    #[cfg(test)]
    pub(crate) fn for_tests(interrupts: UnboundedReceiver<()>) -> Self {
        Self {
            args: Vec::new(),
            variables: BTreeMap::new(),
            directory: PathBuf::from("."),
            process: 4711,
            machine: "build-7".to_owned(),
            clock: || UNIX_EPOCH,
            streams: None,
            interrupts,
        }
    }

    /// An environment variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The environment variables, for secrets that come from there.
    pub(crate) fn variables(&self) -> Variables {
        self.variables.clone().into_iter().collect()
    }

    /// The command line without the program's name.
    pub(crate) fn line(&self) -> String {
        let words = self.args.iter().skip(1).map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Who runs this: the person who has started a build, else the user of the machine.
    pub(crate) fn user(&self) -> Option<&str> {
        let names = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "USER", "LOGNAME", "USERNAME"];
        names.iter().find_map(|name| self.variable(name))
    }

    /// This run, as other ones are told about it.
    pub(crate) fn owner(&self) -> LockOwner {
        let owner = LockOwner {
            pid: self.process,
            host: self.machine.clone(),
            since: self.now(),
            ..LockOwner::new(self.line())
        };
        match self.user() {
            Some(user) => owner.by(user),
            None => owner,
        }
    }

    /// Who has a lock, and for how long.
    pub(crate) fn describe(&self, owner: &LockOwner) -> String {
        // The clock of the lock counts seconds.
        let held = self.held(owner).filter(|held| !held.is_zero());
        let held = held.map(|held| format!(" for {}", duration(held))).unwrap_or_default();
        format!("{owner}{held}")
    }

    /// How long somebody has had a lock.
    pub(crate) fn held(&self, owner: &LockOwner) -> Option<Duration> {
        owner.held(self.now())
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    /// Where `path` is, seen from the host's directory.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// `.groundplan/` of the project, so that it does not matter from which of its directories a
    /// command is run: the project is the nearest directory at or above the host's that has one
    /// already or has a `Cargo.lock`, else the host's own.
    pub(crate) fn root(&self) -> PathBuf {
        const NAME: &str = ".groundplan";
        let is_project = |directory: &&Path| directory.join(NAME).exists() || directory.join("Cargo.lock").exists();
        self.directory.ancestors().find(is_project).unwrap_or(&self.directory).join(NAME)
    }

    /// Makes `.groundplan/` of the project where there is none, and keeps it out of git: states and the sandbox are
    /// this machine's own.
    pub(crate) fn make_root(&self) -> Result<(), CommandError> {
        let root = self.root();
        if root.exists() {
            return Ok(());
        }
        let ignore = || private_file::replace(&root.join(".gitignore"), b"*\n");
        let made = private_file::make_dir(&root).and_then(|()| ignore());
        made.map_err(|error| {
            CommandError::failed(format!("cannot create `{}`: {error}", root.display())).hints_of(&error)
        })
    }

    /// Writes a file that was asked for on the command line. An earlier one stays as it is where that fails, and
    /// the files of Groundplan's own are written by nothing else.
    pub(crate) fn write(&self, file: &Path, text: &str) -> Result<(), CommandError> {
        let path = self.resolve(file);
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_within = |root: PathBuf| Some(directory.canonicalize().ok()?.starts_with(root.canonicalize().ok()?));
        if is_within(self.root()) == Some(true) {
            let message = format!("`{}` is in the directory of Groundplan's own files", path.display());
            return Err(CommandError::usage(message).hint("write it outside of `.groundplan`"));
        }
        let cannot = |error| CommandError::failed(format!("cannot write `{}`: {error}", path.display()));
        // A device or a pipe is written to, and not replaced.
        if std::fs::metadata(&path).is_ok_and(|known| !known.is_file()) {
            return std::fs::write(&path, text).map_err(cannot);
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", self.process));
        let new = directory.join(name);
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &path));
        written.inspect_err(|_| drop(std::fs::remove_file(&new))).map_err(cannot)
    }

    /// Reads a file that was named on the command line, as `what`. A pipe is refused: nobody could stop waiting for
    /// it.
    pub(crate) fn read(&self, file: &Path, what: &str) -> Result<String, CommandError> {
        let path = self.resolve(file);
        let cannot = |reason: String| CommandError::usage(format!("cannot read {what} `{}`: {reason}", path.display()));
        let known = std::fs::metadata(&path).map_err(|error| cannot(error.to_string()))?;
        if !known.is_file() {
            return Err(cannot("it is not a file".to_owned()));
        }
        std::fs::read_to_string(&path).map_err(|error| cannot(error.to_string()))
    }

    /// Whether this runs on a build server, where nobody looks on.
    pub(crate) fn is_ci(&self) -> bool {
        let stated = self.variable("CI").is_some_and(|value| !matches!(value, "0" | "false"));
        let servers = ["TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"];
        stated || servers.iter().any(|name| self.variable(name).is_some())
    }
}

/// A message for every Ctrl-C, and for every polite request to end.
fn signals() -> UnboundedReceiver<()> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let on_ctrl_c = sender.clone();
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && on_ctrl_c.send(()).is_ok() {} });
    #[cfg(unix)]
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        // A terminal that is closed hangs up.
        let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        loop {
            let signalled = tokio::select! {
                terminated = terminate.recv() => terminated,
                hung_up = hangup.recv() => hung_up,
            };
            if signalled.is_none() || sender.send(()).is_err() {
                break;
            }
        }
    });
    receiver
}
