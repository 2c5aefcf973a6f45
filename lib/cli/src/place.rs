//! Where state is kept.
//!
//! | target | state |
//! |---|---|
//! | sandbox | `.groundplan/sandbox/state/APP/`, the simulated account beside it |
//! | an emulator | `.groundplan/emulator-HOST-PORT/APP/` |
//! | AWS | what the app declares, else `.groundplan/aws/APP/` |
//!
//! `--state` goes before all of them. What an app declares is where its real infrastructure is
//! written down, so it holds for AWS only. A state of one target is never used for another: the
//! file `target` beside it says whose it is.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use groundplan_engine::store::FileStore;

use crate::error::CommandError;
use crate::host::Host;
use crate::target::Target;

/// What `--state` says, and what an app declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateUrl {
    File(PathBuf),
    S3(String),
}

impl FromStr for StateUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("file", directory)) if !directory.is_empty() => {
                Ok(Self::File(directory.strip_prefix("//").unwrap_or(directory).into()))
            }
            Some(("s3", rest)) if rest.len() > 2 && rest.starts_with("//") => Ok(Self::S3(text.to_owned())),
            _ => Err("a state is kept at `file:DIR` or `s3://BUCKET/PREFIX`".into()),
        }
    }
}

/// The directory of the state of one app at one target.
pub(crate) struct Place {
    directory: PathBuf,
    app: String,
}

impl Place {
    /// Where the state of `app` is: `option` is what `--state` says, `declared` what the app says.
    pub(crate) fn find(
        option: Option<&StateUrl>,
        declared: Option<&str>,
        app: &str,
        target: &Target,
        host: &Host,
    ) -> Result<Self, CommandError> {
        let declared = declared.filter(|_| target.is_real()).map(StateUrl::from_str).transpose();
        let declared = declared.map_err(|error| CommandError::usage(format!("the app declares a state: {error}")))?;
        let directory = match option.or(declared.as_ref()) {
            Some(StateUrl::File(directory)) => host.resolve(directory),
            Some(StateUrl::S3(url)) => {
                let message = format!("a state in S3 (`{url}`) is not supported yet in this version");
                return Err(CommandError::usage(message).hint("use `--state file:DIR`"));
            }
            None => match target {
                Target::Sandbox { .. } => root(host).join("sandbox").join("state"),
                Target::Aws | Target::Emulator(_) => root(host).join(target.directory()),
            },
        };
        let place = Self { directory, app: app.to_owned() };
        place.belongs_to(target)?;
        Ok(place)
    }

    /// The store.
    pub(crate) fn store(&self) -> FileStore {
        FileStore::new(&self.directory, &self.app)
    }

    /// Where it is, for messages.
    pub(crate) fn display(&self) -> String {
        self.directory.join(&self.app).display().to_string()
    }

    /// Refuses the state of another target.
    fn belongs_to(&self, target: &Target) -> Result<(), CommandError> {
        match fs::read_to_string(self.marker()) {
            Ok(owner) if owner.trim() != target.name() => {
                let message = format!(
                    "{} is the state of the target `{}`, not of `{}`",
                    self.display(),
                    owner.trim(),
                    target.name()
                );
                Err(CommandError::usage(message).hint("give each target a place of its own with `--state file:DIR`"))
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(CommandError::failed(format!("cannot read `{}`: {error}", self.marker().display())))
            }
            _ => Ok(()),
        }
    }

    /// Writes down whose state this is. Called with the lock held.
    pub(crate) fn mark(&self, target: &Target) -> Result<(), CommandError> {
        let marker = self.marker();
        let write = || {
            fs::create_dir_all(marker.parent().unwrap_or(&marker))?;
            fs::write(&marker, format!("{}\n", target.name()))
        };
        write().map_err(|error: std::io::Error| {
            CommandError::failed(format!("cannot write `{}`: {error}", marker.display()))
        })
    }

    fn marker(&self) -> PathBuf {
        self.directory.join(&self.app).join("target")
    }
}

/// `.groundplan/` of the project, so that it does not matter from which of its directories a
/// command is run: the project is the nearest directory at or above the host's that has one
/// already or has a `Cargo.lock`, else the host's own.
pub(crate) fn root(host: &Host) -> PathBuf {
    const NAME: &str = ".groundplan";
    let is_project = |directory: &&Path| directory.join(NAME).exists() || directory.join("Cargo.lock").exists();
    host.directory.ancestors().find(is_project).unwrap_or(&host.directory).join(NAME)
}

/// Writes a file that was asked for on the command line.
pub(crate) fn write(host: &Host, file: &Path, text: &str) -> Result<(), CommandError> {
    let path = host.resolve(file);
    fs::write(&path, text).map_err(|error| CommandError::failed(format!("cannot write `{}`: {error}", path.display())))
}
