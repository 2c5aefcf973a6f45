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
//! file `target` beside it says whose it is. A bucket is the target's own: that of an emulator is in
//! the emulator, so there is nothing to mix up. The sandbox has no buckets.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;

use groundplan_engine::private_file;
use groundplan_engine::store::{FileStore, StateStore};

use crate::error::CommandError;
use crate::host::Host;
use crate::state_url::{S3Url, StateUrl};
use crate::target::Target;

/// The place of the state of one app at one target.
pub(crate) struct StateLocation {
    root: Root,
    /// Whether it is in `.groundplan/`, since nobody has named another one.
    pub(crate) is_default: bool,
    app: String,
}

/// The place of the states of all apps.
enum Root {
    Directory(PathBuf),
    /// A place in S3, at the endpoint of an emulator or at AWS.
    Bucket {
        url: S3Url,
        endpoint: Option<String>,
    },
}

impl StateLocation {
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
        let named = option.or(declared.as_ref());
        let is_default = named.is_none();
        let root = match named {
            Some(StateUrl::File(directory)) => Root::Directory(host.resolve(directory)),
            Some(StateUrl::S3(url)) => Root::in_bucket(url, target)?,
            None => Root::Directory(match target {
                Target::Sandbox { .. } => host.root().join("sandbox").join("state"),
                Target::Aws | Target::Emulator(_) => host.root().join(target.directory()),
            }),
        };
        let place = Self { root, is_default, app: app.to_owned() };
        place.belongs_to(target)?;
        Ok(place)
    }

    /// The store.
    pub(crate) fn store(&self) -> Box<dyn StateStore> {
        match &self.root {
            Root::Directory(directory) => Box::new(FileStore::new(directory, &self.app)),
            Root::Bucket { url, endpoint } => in_s3(url, endpoint.as_deref(), &self.app),
        }
    }

    /// The place of all states, as `--state` takes it from any directory.
    pub(crate) fn url(&self) -> String {
        match &self.root {
            Root::Directory(directory) => format!("file:{}", directory.display()),
            Root::Bucket { url, .. } => url.whole(),
        }
    }

    /// Where it is, for messages.
    pub(crate) fn display(&self) -> String {
        match &self.root {
            Root::Directory(directory) => directory.join(&self.app).display().to_string(),
            Root::Bucket { url, .. } => format!("{url}/{}", self.app),
        }
    }

    /// Whether both are one place, under whatever names.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let directory = |place: &Self| match &place.root {
            Root::Directory(directory) => fs::canonicalize(directory.join(&place.app)).ok(),
            Root::Bucket { .. } => None,
        };
        self.display() == other.display() || directory(self).is_some_and(|own| directory(other) == Some(own))
    }

    /// Refuses the state of another target.
    fn belongs_to(&self, target: &Target) -> Result<(), CommandError> {
        let Some(marker) = self.marker() else { return Ok(()) };
        match fs::read_to_string(&marker) {
            Ok(owner) if owner.trim() != target.name() => {
                let message = format!(
                    "{} is the state of the target `{}`, not of `{}`",
                    self.display(),
                    owner.trim(),
                    target.name()
                );
                Err(CommandError::usage(message).hint("give each target its own location with `--state file:DIR`"))
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(CommandError::failed(format!("cannot read `{}`: {error}", marker.display())))
            }
            _ => Ok(()),
        }
    }

    /// Writes down whose state this is. Called with the lock held.
    pub(crate) fn mark(&self, target: &Target) -> Result<(), CommandError> {
        let Some(marker) = self.marker() else { return Ok(()) };
        let write = || {
            private_file::make_dir(marker.parent().unwrap_or(&marker))?;
            // Whole or not at all, so that a run that is killed here leaves no marker of nobody's.
            private_file::replace(&marker, format!("{}\n", target.name()).as_bytes())
        };
        write().map_err(|error: std::io::Error| {
            CommandError::failed(format!("cannot write `{}`: {error}", marker.display()))
        })
    }

    /// The file that says whose state this is, where a place could be of several targets.
    fn marker(&self) -> Option<PathBuf> {
        match &self.root {
            Root::Directory(directory) => Some(directory.join(&self.app).join("target")),
            Root::Bucket { .. } => None,
        }
    }
}

impl Root {
    fn in_bucket(url: &S3Url, target: &Target) -> Result<Self, CommandError> {
        let endpoint = match target {
            Target::Sandbox { .. } => {
                let message =
                    format!("the sandbox exists only on this machine and has no bucket for a state at `{url}`");
                return Err(CommandError::usage(message).hint(
                    "leave out `--state`, or use `--state file:DIR`; or use `--target` for the location of the bucket",
                ));
            }
            Target::Aws => None,
            Target::Emulator(endpoint) => Some(endpoint.clone()),
        };
        if !cfg!(feature = "aws") {
            return Err(CommandError::without_aws("use `--state file:DIR`"));
        }
        Ok(Self::Bucket { url: url.clone(), endpoint })
    }
}

#[cfg(feature = "aws")]
fn in_s3(url: &S3Url, endpoint: Option<&str>, app: &str) -> Box<dyn StateStore> {
    use groundplan_aws::{Reach, StateLocation, state_store};
    let S3Url { bucket, prefix, region, lock_table } = url.clone();
    let reach = endpoint.map_or(Reach::Aws, |url| Reach::Emulator(url.to_owned()));
    Box::new(state_store(reach, StateLocation { bucket, prefix, region, lock_table }, app))
}

#[cfg(not(feature = "aws"))]
fn in_s3(_: &S3Url, _: Option<&str>, _: &str) -> Box<dyn StateStore> {
    unreachable!("`Root::in_bucket` refuses it")
}
