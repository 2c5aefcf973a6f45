//! The target of a deploy, and the connection to it.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use groundplan_core::Assembly;
use groundplan_engine::Provider;
use groundplan_simulator::{Accounts, DEFAULT_ACCOUNT, SandboxError, Simulator};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::boxed::boxed;
use crate::credentials;
use crate::error::CommandError;
use crate::host::Host;
use crate::render::duration;

/// The timeout of a connection to an emulator.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The value of `--target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetOption {
    Auto,
    Aws,
    Sandbox,
    Emulator(String),
}

impl FromStr for TargetOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "aws" => Ok(Self::Aws),
            "sandbox" => Ok(Self::Sandbox),
            url if authority(url).is_some() => Ok(Self::Emulator(url.trim_end_matches('/').to_owned())),
            _ => Err("a target is `auto`, `aws`, `sandbox`, or a URL such as http://127.0.0.1:5000".into()),
        }
    }
}

/// Host and port of an `http` or `https` URL.
fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    rest.split('/').next().filter(|authority| !authority.is_empty() && !authority.contains([' ', '@']))
}

/// The access of a command to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads, and creates no file either.
    Read,
    /// It may change something.
    Change,
}

/// The target of a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The simulated account under `.groundplan/`.
    Sandbox {
        /// `true` if it was selected because no credentials are configured.
        fallback: bool,
    },
    Aws,
    /// An emulator of AWS's API, at this URL.
    Emulator(String),
}

impl Target {
    /// The target that `option` means on this host.
    pub(crate) fn choose(option: &TargetOption, host: &Host) -> Result<Self, CommandError> {
        let endpoint = host.variable("AWS_ENDPOINT_URL");
        match (option, endpoint) {
            (TargetOption::Sandbox, _) => Ok(Self::Sandbox { fallback: false }),
            (TargetOption::Emulator(url), _) => Ok(Self::Emulator(url.clone())),
            (TargetOption::Auto, Some(url)) => {
                let option = url.parse().map_err(|error| {
                    CommandError::usage(format!("the environment variable AWS_ENDPOINT_URL is `{url}`: {error}"))
                })?;
                Self::choose(&option, host)
            }
            (TargetOption::Aws, Some(url)) => {
                let message = format!("the target is `aws`, but the environment variable AWS_ENDPOINT_URL is `{url}`");
                Err(CommandError::usage(message).hint(format!("unset it, or use `--target {url}`")))
            }
            (TargetOption::Aws, None) => Ok(Self::Aws),
            (TargetOption::Auto, None) if credentials::configured(host).is_some() => Ok(Self::Aws),
            (TargetOption::Auto, None) if host.is_ci() => {
                Err(CommandError::usage("no AWS credentials are configured, and in CI no other target is assumed")
                    .hint("configure credentials, for example through OpenID Connect, or name the target: `--target sandbox` or `--target aws`"))
            }
            (TargetOption::Auto, None) => Ok(Self::Sandbox { fallback: true }),
        }
    }

    /// The name, as `--target` takes it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Sandbox { .. } => "sandbox",
            Self::Aws => "aws",
            Self::Emulator(url) => url,
        }
    }

    /// The directory below `.groundplan/` that keeps what belongs to this target.
    pub(crate) fn directory(&self) -> String {
        match self {
            Self::Sandbox { .. } => "sandbox".into(),
            Self::Aws => "aws".into(),
            Self::Emulator(url) => {
                let authority = authority(url).unwrap_or("unknown");
                format!("emulator-{}", authority.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-"))
            }
        }
    }

    /// Returns whether changes there affect real resources, so that a person has to agree.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Aws)
    }

    /// Returns a notice if the target may not be the one that a user expects.
    pub(crate) fn notice(&self) -> Option<&'static str> {
        matches!(self, Self::Sandbox { fallback: true })
            .then_some("no AWS credentials are configured: using the embedded sandbox, which changes nothing real")
    }

    /// Returns a notice for a connection that takes long.
    pub(crate) fn patience_notice(&self) -> Option<&'static str> {
        matches!(self, Self::Sandbox { .. }).then_some("waiting for the sandbox, which another process may be using")
    }

    /// Refuses the address of an emulator at which nothing listens, at once and by name. A provider would repeat its
    /// calls for minutes, since such an error of a cloud passes.
    pub(crate) async fn answers(&self) -> Result<(), CommandError> {
        match self {
            Self::Emulator(url) if cfg!(feature = "aws") => answers(url).await,
            Self::Emulator(_) | Self::Sandbox { .. } | Self::Aws => Ok(()),
        }
    }

    /// Connects to the target.
    pub(crate) async fn connect(
        &self,
        host: &Host,
        assembly: &Assembly,
        access: Access,
    ) -> Result<Box<dyn Provider>, CommandError> {
        match self {
            Self::Sandbox { .. } => sandbox(host, assembly, access).await,
            Self::Aws => boxed(|| aws(None)).await,
            Self::Emulator(url) => boxed(|| aws(Some(url))).await,
        }
    }
}

/// The simulated accounts below `.groundplan/sandbox/`. An app that is pinned to an account gets a
/// simulation of that account, so that what it says about itself is true there, too; each role that
/// a stack assumes leads to the account of that role.
async fn sandbox(host: &Host, assembly: &Assembly, access: Access) -> Result<Box<dyn Provider>, CommandError> {
    if access == Access::Change {
        host.make_root()?;
    }
    let home = host.root().join("sandbox");
    let own = assembly.stacks.values().filter(|environment| environment.role.is_none());
    let pinned = own.filter_map(|environment| environment.account.as_deref()).next();
    let account = pinned.unwrap_or(DEFAULT_ACCOUNT).to_owned();
    let directory = home.join(format!("account-{account}"));
    let open = move |directory: PathBuf, account: &str| match access {
        Access::Read => Simulator::open_to_read(directory, account),
        Access::Change => Simulator::open_account(directory, account),
    };
    // Another process may hold its lock: whoever waits for that can be interrupted.
    let opening = tokio::task::spawn_blocking(move || open(directory, &account));
    let simulator = opening.await.expect("opening a file does not panic").map_err(|error| {
        let failed = CommandError::failed(error.to_string());
        match error {
            SandboxError::Io { source, .. } => failed.hints_of(&source),
            _ => failed.hint(format!("to start over with an empty sandbox, delete `{}`", home.display())),
        }
    })?;
    let others = home.clone();
    let open = move |account: &str| open(others.join(format!("account-{account}")), account);
    Ok(Box::new(Accounts::new(simulator, open)))
}

async fn answers(url: &str) -> Result<(), CommandError> {
    let authority = authority(url).unwrap_or_default();
    let port = if url.starts_with("https:") { 443 } else { 80 };
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
    let reason = match timeout(CONNECT_TIMEOUT, TcpStream::connect(&address)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {}", duration(CONNECT_TIMEOUT)),
    };
    Err(CommandError::failed(format!("cannot connect to the target `{url}`: {reason}"))
        .hint("start the emulator there, or name another target with `--target`"))
}

#[cfg(feature = "aws")]
async fn aws(endpoint: Option<&str>) -> Result<Box<dyn Provider>, CommandError> {
    use groundplan_aws::{Aws, Config};
    let config = match endpoint {
        None => Config::from_environment().await,
        Some(url) => Config::emulator(url).await,
    };
    Ok(Box::new(Aws::new(config)))
}

#[cfg(not(feature = "aws"))]
async fn aws(_endpoint: Option<&str>) -> Result<Box<dyn Provider>, CommandError> {
    Err(CommandError::without_aws("use `--target sandbox`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_at_which_nothing_listens_is_refused_by_name() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/path", listener.local_addr().expect("it has one"));
        assert!(answers(&url).await.is_ok());
        drop(listener);
        let error = answers(&url).await.expect_err("nothing listens there");
        assert_eq!(error.message, format!("cannot connect to the target `{url}`: connection refused"));
        assert_eq!(error.hints, ["start the emulator there, or name another target with `--target`"]);
    }
}
