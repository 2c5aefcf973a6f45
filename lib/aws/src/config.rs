//! Credentials, endpoints, and the clients of each region.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use groundplan_core::{AssumeRole, partition};
use groundplan_engine::provider::Fence;
use groundplan_schema::CONSISTENCY_WINDOW;

use crate::credentials::ANY_REGION;
use crate::fence::Gate;
use crate::guard::Guard;
use crate::memory::Memory;
use crate::{credentials, emulator, error};

/// The [`CONSISTENCY_WINDOW`] of an emulator, which agrees with itself at once: only a call that was on its way when
/// the run that made it was killed has still to arrive.
const EMULATOR_CONSISTENCY_WINDOW: Duration = Duration::from_secs(1);

/// Access to AWS.
#[derive(Clone, Debug)]
pub struct Config {
    sdk: SdkConfig,
    consistency_window: Duration,
    gate: Gate,
}

/// The availability of credentials. Configured ones may still be invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsStatus {
    /// There are some, or something that should give some.
    Configured,
    /// Nothing is configured on this machine.
    Absent,
}

impl Config {
    /// Loads the configuration like the AWS CLI does: environment, shared configuration files, SSO, `aws login`, a web
    /// identity or the role of the machine. For a profile with `mfa_serial`, the code is taken from the variable
    /// `GROUNDPLAN_MFA_CODE`, or prompted for on the terminal.
    pub async fn from_environment() -> Self {
        let loader = match credentials::of_selected_profile().await {
            Some(provider) => defaults().credentials_provider(provider),
            None => defaults(),
        };
        Self { sdk: loader.load().await, consistency_window: CONSISTENCY_WINDOW, gate: Gate::default() }
    }

    /// An emulator at `endpoint`, as in `http://127.0.0.1:5000`. Credentials are taken from the
    /// environment variables where they are set, and are `test` otherwise: an emulator never gets
    /// those of a profile or a machine.
    pub async fn emulator(endpoint: &str) -> Self {
        let static_credentials = Credentials::new("test", "test", None, None, "emulator");
        let credentials =
            match aws_config::environment::EnvironmentVariableCredentialsProvider::new().provide_credentials().await {
                Ok(credentials) => credentials,
                Err(_) => static_credentials,
            };
        // Without a region, the SDK would ask the machine for its own, and wait where there is none.
        let region = Region::from_static(ANY_REGION);
        let mut loader = defaults().endpoint_url(endpoint).credentials_provider(credentials).region(region);
        if let Some(client) = emulator::client(endpoint) {
            loader = loader.http_client(client);
        }
        Self { sdk: loader.load().await, consistency_window: EMULATOR_CONSISTENCY_WINDOW, gate: Gate::default() }
    }

    /// A configuration made by hand, for programs that have one, and for tests.
    pub fn from_sdk(sdk: SdkConfig) -> Self {
        let sdk = sdk.into_builder().retry_config(RetryConfig::disabled()).build();
        Self { sdk, consistency_window: CONSISTENCY_WINDOW, gate: Gate::default() }
    }

    /// The same, where requests that change something are sent only while `fence` allows them.
    pub(crate) fn with_fence(&self, fence: Arc<dyn Fence>) -> Self {
        Self { gate: Gate::new(fence), ..self.clone() }
    }

    /// Returns whether credentials are configured, without calling AWS. A machine without a role, or outside of AWS,
    /// has none; a profile that was selected by `AWS_PROFILE` counts as configured.
    pub async fn credentials(&self) -> CredentialsStatus {
        let Some(provider) = self.sdk.credentials_provider() else { return CredentialsStatus::Absent };
        match provider.provide_credentials().await {
            Err(error) if error::is_absent(&error) && std::env::var_os("AWS_PROFILE").is_none() => {
                CredentialsStatus::Absent
            }
            _ => CredentialsStatus::Configured,
        }
    }

    /// The region that is configured.
    pub(crate) fn region(&self) -> Option<Region> {
        self.sdk.region().cloned()
    }

    /// Returns the configuration of a client in this region.
    pub(crate) fn in_region(&self, region: Region) -> SdkConfig {
        self.sdk.to_builder().region(region).build()
    }

    /// The same as `role`, for resources in `region`: temporary credentials that are renewed before they expire. STS is
    /// called in the configured region, unless that is of another partition, which does not know these credentials.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    pub(crate) fn assuming(&self, role: &AssumeRole, region: &str) -> Self {
        let configured = self.region().filter(|configured| partition(configured.as_ref()) == partition(region));
        let credentials = SharedCredentialsProvider::new(RoleCredentials {
            role: role.clone(),
            session_name: role.session_name.clone().unwrap_or_else(|| "groundplan".to_owned()),
            region: configured.unwrap_or_else(|| Region::new(region.to_owned())),
            sdk: self.sdk.clone(),
        });
        let sdk = self.sdk.to_builder().credentials_provider(credentials);
        // What is cached are the credentials of another provider.
        let sdk = sdk.identity_cache(IdentityCache::lazy().build()).build();
        Self { sdk, consistency_window: self.consistency_window, gate: self.gate.clone() }
    }

    fn credentials_provider(&self) -> Option<SharedCredentialsProvider> {
        self.sdk.credentials_provider()
    }
}

/// Credentials of a role, requested when they are needed.
#[derive(Debug)]
struct RoleCredentials {
    role: AssumeRole,
    session_name: String,
    region: Region,
    sdk: SdkConfig,
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let retrying = self.sdk.to_builder().retry_config(RetryConfig::standard()).build();
            let provider = AssumeRoleProvider::builder(&self.role.arn)
                .session_name(&self.session_name)
                .region(self.region.clone())
                .configure(&retrying);
            let provider = match &self.role.external_id {
                Some(id) => provider.external_id(id),
                None => provider,
            };
            let own = self.sdk.credentials_provider().ok_or_else(|| {
                CredentialsError::not_loaded(format!("no AWS credentials are configured to assume {}", self.role.arn))
            })?;
            provider.build_from_provider(own).await.provide_credentials().await
        })
    }
}

/// The engine repeats calls by the class of their error, and knows which may be repeated; the SDK
/// does not, and would make a second VPC after a lost answer.
fn defaults() -> aws_config::ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(60))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .app_name(aws_config::AppName::new("groundplan").expect("it has letters only"))
}

/// The clients of one region, made when the first resource there needs them.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) acm: aws_sdk_acm::Client,
    pub(crate) cloud_control: aws_sdk_cloudcontrol::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    /// The memory of handlers about their calls in this region.
    pub(crate) memory: Memory,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) route53: aws_sdk_route53::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) scaling: aws_sdk_applicationautoscaling::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) tagging: aws_sdk_resourcegroupstagging::Client,
}

impl Clients {
    fn new(config: &SdkConfig, gate: &Gate) -> Self {
        /// A client whose requests go through the gate of the lock and the guard of reads.
        macro_rules! client {
            ($sdk:ident $(.$setting:ident($value:expr))?) => {
                $sdk::Client::from_conf(
                    $sdk::config::Builder::from(config)$(.$setting($value))?
                        .interceptor(gate.clone())
                        .interceptor(Guard)
                        .build(),
                )
            };
        }
        // An emulator has no host name for each bucket.
        let emulated = config.endpoint_url().is_some();
        Self {
            acm: client!(aws_sdk_acm),
            cloud_control: client!(aws_sdk_cloudcontrol),
            ec2: client!(aws_sdk_ec2),
            ecs: client!(aws_sdk_ecs),
            elb: client!(aws_sdk_elasticloadbalancingv2),
            iam: client!(aws_sdk_iam),
            kms: client!(aws_sdk_kms),
            logs: client!(aws_sdk_cloudwatchlogs),
            memory: Memory::default(),
            rds: client!(aws_sdk_rds),
            route53: client!(aws_sdk_route53),
            s3: client!(aws_sdk_s3.force_path_style(emulated)),
            scaling: client!(aws_sdk_applicationautoscaling),
            secrets: client!(aws_sdk_secretsmanager),
            sns: client!(aws_sdk_sns),
            ssm: client!(aws_sdk_ssm),
            tagging: client!(aws_sdk_resourcegroupstagging),
        }
    }
}

/// The clients of every region that was used.
pub(crate) struct Regions {
    config: Config,
    clients: Mutex<BTreeMap<String, Arc<Clients>>>,
}

impl Regions {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, clients: Mutex::default() }
    }

    pub(crate) fn clients(&self, region: &str) -> Arc<Clients> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Clients::new(&self.config.in_region(Region::new(region.to_owned())), &self.config.gate));
        Arc::clone(clients.entry(region.to_owned()).or_insert_with(new))
    }

    /// STS in this region, or in the configured one if there is none. Reading the identity has no effect, and no step
    /// of the engine repeats it: the SDK does.
    pub(crate) fn sts(&self, region: Option<&str>) -> aws_sdk_sts::Client {
        let sdk = &self.config.sdk;
        let region = region.map(|region| Region::new(region.to_owned())).or_else(|| sdk.region().cloned());
        let region = region.unwrap_or(Region::from_static(ANY_REGION));
        aws_sdk_sts::Client::new(&sdk.to_builder().region(region).retry_config(RetryConfig::standard()).build())
    }

    /// Returns the configuration of the clients.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn consistency_window(&self) -> Duration {
        self.config.consistency_window
    }

    pub(crate) fn has_credentials(&self) -> bool {
        self.config.credentials_provider().is_some()
    }
}

#[cfg(test)]
mod tests {
    use aws_config::imds;
    use aws_config::imds::credentials::ImdsCredentialsProvider;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_types::sdk_config::SharedTimeSource;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A metadata service that refuses every caller.
    async fn refusing() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_machine_that_refuses_to_give_credentials_has_none_configured() {
        let client = imds::Client::builder().endpoint(refusing().await).unwrap().max_attempts(1).build();
        let provider = ImdsCredentialsProvider::builder().imds_client(client).build();
        let refused = provider.provide_credentials().await.unwrap_err();
        assert!(error::is_absent(&refused), "{refused:?}");
    }

    #[tokio::test]
    async fn an_emulator_is_believed_sooner_than_aws_that_something_is_not_there() {
        let emulator = Config::emulator("http://127.0.0.1:1").await;
        assert_eq!(emulator.consistency_window, EMULATOR_CONSISTENCY_WINDOW);
        assert_eq!(Config::from_sdk(emulator.sdk).consistency_window, CONSISTENCY_WINDOW);
    }

    #[tokio::test]
    async fn an_emulator_has_a_region_without_asking_the_machine_for_one() {
        let emulator = Config::emulator("http://127.0.0.1:1").await;
        assert_eq!(emulator.sdk.region().map(Region::as_ref), Some(ANY_REGION));
    }

    #[tokio::test]
    async fn a_role_is_assumed_with_its_external_id_and_session_name() {
        let answer = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s\
                      </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                      </Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let arn = "arn:aws:iam::444455556666:role/deploy";
        let plain = AssumeRole::new(arn);
        let named = AssumeRole::new(arn).external_id("partner-7").session_name("release");
        for (role, session, external) in [(plain, "groundplan", None), (named, "release", Some("partner-7"))] {
            let (config, log) = crate::replay::config(move |_| crate::replay::Answer::ok(answer));
            let sdk = config.sdk.into_builder().time_source(SharedTimeSource::default()).build();
            let assuming = Config::from_sdk(sdk).assuming(&role, "eu-west-1");
            let credentials = assuming.credentials_provider().unwrap().provide_credentials().await.unwrap();
            assert_eq!((credentials.access_key_id(), credentials.session_token()), ("ASIA1", Some("t")));
            let sent = log.all();
            assert_eq!(sent.len(), 1, "{sent:?}");
            let pairs = sent[0].split([' ', '&']);
            let value = |name: &str| pairs.clone().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            assert_eq!(value("Action"), Some("AssumeRole"), "{sent:?}");
            assert_eq!(value("RoleArn"), Some("arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeploy"), "{sent:?}");
            assert_eq!(value("RoleSessionName"), Some(session), "{sent:?}");
            assert_eq!(value("ExternalId"), external, "{sent:?}");
            assert!(sent[0].contains("sts.eu-central-1."), "STS of the configured region is asked: {sent:?}");
        }
    }

    #[test]
    fn credentials_that_fail_are_configured() {
        assert!(!error::is_absent(&CredentialsError::provider_error("the process exited with 1")));
    }
}
