//! Credentials of profiles that the SDK does not resolve by itself: those that need a code of a device
//! (`mfa_serial`), and those of `aws login` (`login_session`).

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::credential_process::CredentialProcessProvider;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use tokio::sync::Mutex;

/// Region to ask in where nothing names one: who the credentials belong to, and where a bucket is, is the same in every
/// region of a partition.
pub(crate) const ANY_REGION: &str = "us-east-1";

/// The variable with a code of the device, for use without a terminal.
const CODE: &str = "GROUNDPLAN_MFA_CODE";

/// Sessions that were opened with a code, by profile: a code opens one only. They end with the process.
static SESSIONS: Mutex<BTreeMap<String, Credentials>> = Mutex::const_new(BTreeMap::new());

/// A session is used up to this time before its end, as the SDK does.
const MARGIN: Duration = Duration::from_secs(10);

/// Returns a provider for credentials of the selected profile that the SDK cannot load without help; else `None`.
/// Access keys in environment variables take precedence over every profile.
pub(crate) async fn of_selected_profile() -> Option<SharedCredentialsProvider> {
    let env = Env::real();
    if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().all(|name| env.get(name).is_ok_and(|it| !it.is_empty())) {
        return None;
    }
    // What is wrong with the files, the SDK says.
    let profiles = aws_config::profile::load(&Fs::real(), &env, &EnvConfigFiles::default(), None).await.ok()?;
    match Need::of(&profiles, profiles.selected_profile())? {
        Need::Code(role) => Some(SharedCredentialsProvider::new(WithCode { role, ask: Arc::new(ask) })),
        Need::CommandLine(command) => Some(SharedCredentialsProvider::new(CredentialProcessProvider::new(command))),
    }
}

/// A need of a profile that the SDK does not support.
#[derive(Debug, PartialEq)]
enum Need {
    /// A code, to assume a role.
    Code(Role),
    /// AWS's command line, which keeps the session of `aws login` and renews it: this command.
    /// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html>
    CommandLine(String),
}

/// The settings of a profile that assumes a role.
#[derive(Clone, Debug, PartialEq)]
struct Role {
    profile: String,
    arn: String,
    device: String,
    source: Source,
    region: Option<String>,
    external_id: Option<String>,
    session: Option<String>,
    seconds: Option<i32>,
}

/// The credentials that assume a role.
#[derive(Clone, PartialEq)]
enum Source {
    /// Access keys in the profile itself.
    Keys(Credentials),
    /// Credentials that the SDK loads for another profile.
    Profile(String),
    /// Credentials that the AWS CLI loads for another profile.
    CommandLine(String),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(_) => f.write_str("Keys"),
            Self::Profile(name) => write!(f, "Profile({name})"),
            Self::CommandLine(name) => write!(f, "CommandLine({name})"),
        }
    }
}

impl Need {
    fn of(profiles: &ProfileSet, name: &str) -> Option<Self> {
        let profile = profiles.get_profile(name)?;
        match (profile.get("role_arn"), profile.get("mfa_serial")) {
            (Some(arn), Some(device)) => Role::of(profiles, profile, arn, device).map(Self::Code),
            // Each profile of the chain but this one assumes its role on the way.
            _ => chain(profiles, profile).any(is_logged_in).then(|| Self::CommandLine(export(name))),
        }
    }
}

impl Role {
    fn of(profiles: &ProfileSet, profile: &Profile, arn: &str, device: &str) -> Option<Self> {
        let text = |name: &str| profile.get(name).map(str::to_owned);
        let source = match profile.get("source_profile") {
            Some(other) if other != profile.name() => {
                let other = profiles.get_profile(other)?;
                let needs_help = chain(profiles, other).any(|it| is_logged_in(it) || it.get("mfa_serial").is_some());
                let name = other.name().to_owned();
                if needs_help { Source::CommandLine(name) } else { Source::Profile(name) }
            }
            // The profile names itself, or nothing: its own keys.
            _ => Source::Keys(keys(profile)?),
        };
        Some(Self {
            profile: profile.name().to_owned(),
            arn: arn.to_owned(),
            device: device.to_owned(),
            source,
            region: text("region"),
            external_id: text("external_id"),
            session: text("role_session_name"),
            seconds: profile.get("duration_seconds").and_then(|seconds| seconds.parse().ok()),
        })
    }

    fn source(&self) -> SharedCredentialsProvider {
        match &self.source {
            Source::Keys(keys) => SharedCredentialsProvider::new(keys.clone()),
            Source::Profile(name) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder().profile_name(name.clone()).build(),
            ),
            Source::CommandLine(name) => SharedCredentialsProvider::new(CredentialProcessProvider::new(export(name))),
        }
    }
}

/// A profile, and those that its credentials come from.
fn chain<'a>(profiles: &'a ProfileSet, profile: &'a Profile) -> impl Iterator<Item = &'a Profile> {
    let next = |profile: &&'a Profile| {
        let source = profile.get("source_profile").filter(|source| *source != profile.name())?;
        profiles.get_profile(source)
    };
    // Profiles that lead in a circle are the SDK's to refuse.
    std::iter::successors(Some(profile), next).take(16)
}

fn is_logged_in(profile: &Profile) -> bool {
    profile.get("login_session").is_some()
}

fn keys(profile: &Profile) -> Option<Credentials> {
    let (id, secret) = (profile.get("aws_access_key_id")?, profile.get("aws_secret_access_key")?);
    Some(Credentials::new(id, secret, profile.get("aws_session_token").map(str::to_owned), None, "Profile"))
}

/// The command that prints the credentials of a profile.
fn export(profile: &str) -> String {
    let plain = profile.chars().all(|c| c.is_ascii_alphanumeric() || "-_./@+".contains(c));
    let name = if plain { profile.to_owned() } else { format!("'{}'", profile.replace('\'', r"'\''")) };
    format!("aws configure export-credentials --profile {name} --format process")
}

/// Asks for the code of a role's MFA device.
type AskForCode = dyn Fn(&Role) -> io::Result<String> + Send + Sync;

/// Assumes a role with a code that the user is prompted for.
struct WithCode {
    role: Role,
    ask: Arc<AskForCode>,
}

impl fmt::Debug for WithCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithCode").field("role", &self.role).finish_non_exhaustive()
    }
}

impl ProvideCredentials for WithCode {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.session())
    }
}

impl WithCode {
    /// The session of this process, or a new one.
    async fn session(&self) -> Result<Credentials, CredentialsError> {
        let mut sessions = SESSIONS.lock().await;
        let now = SystemTime::now();
        let lasts = |it: &&Credentials| it.expiry().is_none_or(|end| end > now + MARGIN);
        if let Some(session) = sessions.get(&self.role.profile).filter(lasts) {
            return Ok(session.clone());
        }
        let session = self.open().await?;
        sessions.insert(self.role.profile.clone(), session.clone());
        Ok(session)
    }

    async fn open(&self) -> Result<Credentials, CredentialsError> {
        let (ask, role) = (Arc::clone(&self.ask), self.role.clone());
        let code = tokio::task::spawn_blocking(move || ask(&role)).await;
        let code = code.map_err(CredentialsError::unhandled)?.map_err(CredentialsError::provider_error)?;
        let Role { arn, device, external_id, session, seconds, region, .. } = &self.role;
        let configured = || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| Env::real().get(name).ok());
        let region = region.clone().or_else(configured).filter(|region| !region.is_empty());
        let region = Region::new(region.unwrap_or_else(|| ANY_REGION.to_owned()));
        let config = aws_config::defaults(BehaviorVersion::latest()).region(region);
        let config = config.credentials_provider(self.role.source()).load().await;
        let opened = aws_sdk_sts::Client::new(&config)
            .assume_role()
            .role_arn(arn)
            .serial_number(device)
            .token_code(code)
            .role_session_name(session.as_deref().unwrap_or("groundplan"))
            .set_external_id(external_id.clone())
            .set_duration_seconds(*seconds)
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        let Some(session) = opened.credentials else {
            return Err(CredentialsError::unhandled("the response of STS has no credentials"));
        };
        let end = SystemTime::try_from(session.expiration).map_err(CredentialsError::unhandled)?;
        let (id, secret, token) = (session.access_key_id, session.secret_access_key, session.session_token);
        Ok(Credentials::new(id, secret, Some(token), Some(end), "AssumeRoleWithCode"))
    }
}

/// Returns a code: from the environment, or else from a prompt on the terminal, regardless of standard input and
/// output.
fn ask(role: &Role) -> io::Result<String> {
    if let Some(code) = std::env::var(CODE).ok().filter(|code| !code.is_empty()) {
        return Ok(code);
    }
    let path = if cfg!(windows) { ["CONIN$", "CONOUT$"] } else { ["/dev/tty", "/dev/tty"] };
    let nobody = |error: io::Error| {
        let Role { profile, device, .. } = role;
        let message = format!(
            "the profile `{profile}` needs a code of the MFA device {device}, but there is no terminal ({error}); set {CODE}, \
             or use a profile with `credential_process`"
        );
        io::Error::new(error.kind(), message)
    };
    let input = std::fs::File::open(path[0]).map_err(nobody)?;
    let mut output = std::fs::OpenOptions::new().write(true).open(path[1]).map_err(nobody)?;
    write!(output, "code of {} for the profile `{}`: ", role.device, role.profile)?;
    output.flush()?;
    let mut code = String::new();
    io::BufReader::new(input).read_line(&mut code)?;
    Ok(code.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn need(config: &str, profile: &str) -> Option<Need> {
        let fs = Fs::from_slice(&[("/config", config)]);
        let env = Env::from_slice(&[("AWS_CONFIG_FILE", "/config"), ("AWS_PROFILE", profile)]);
        let profiles = aws_config::profile::load(&fs, &env, &EnvConfigFiles::default(), None).await.unwrap();
        Need::of(&profiles, profiles.selected_profile())
    }

    const PROFILES: &str = "
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = secret
[profile plain]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = keys
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/ann
duration_seconds = 7200
region = eu-central-1
[profile own]
role_arn = arn:aws:iam::111122223333:role/deploy
mfa_serial = arn:aws:iam::111122223333:mfa/ann
aws_access_key_id = AKIA
aws_secret_access_key = secret
[profile console]
login_session = arn:aws:iam::111122223333:user/ann
[profile through]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = console
[profile both]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = console
mfa_serial = arn:aws:iam::111122223333:mfa/ann
";

    #[tokio::test]
    async fn profiles_that_the_sdk_resolves_are_left_to_it() {
        assert_eq!(need(PROFILES, "keys").await, None);
        assert_eq!(need(PROFILES, "plain").await, None);
        assert_eq!(need(PROFILES, "unknown").await, None);
    }

    #[tokio::test]
    async fn a_role_with_a_device_needs_a_code() {
        let Some(Need::Code(role)) = need(PROFILES, "mfa").await else { panic!("it needs a code") };
        assert_eq!(role.device, "arn:aws:iam::111122223333:mfa/ann");
        assert_eq!((role.source, role.seconds), (Source::Profile("keys".into()), Some(7200)));
        let Some(Need::Code(role)) = need(PROFILES, "own").await else { panic!("it needs a code") };
        assert!(matches!(role.source, Source::Keys(_)));
        let Some(Need::Code(role)) = need(PROFILES, "both").await else { panic!("it needs a code") };
        assert_eq!(role.source, Source::CommandLine("console".into()));
    }

    #[tokio::test]
    async fn a_session_of_aws_login_comes_from_awss_command_line() {
        let command = |name: &str| format!("aws configure export-credentials --profile {name} --format process");
        assert_eq!(need(PROFILES, "console").await, Some(Need::CommandLine(command("console"))));
        assert_eq!(need(PROFILES, "through").await, Some(Need::CommandLine(command("through"))));
        assert_eq!(export("ann's"), command(r"'ann'\''s'"));
    }

    #[tokio::test]
    async fn without_a_code_the_error_says_how_to_give_one() {
        let Some(Need::Code(role)) = need(PROFILES, "own").await else { panic!("it needs a code") };
        let ask = |role: &Role| Err(io::Error::other(format!("{} needs a code", role.profile)));
        let provider = WithCode { role, ask: Arc::new(ask) };
        let error = provider.provide_credentials().await.unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(source.contains("own needs a code"), "{error:?}");
    }
}
