//! What a cloud must offer to the engine.
//!
//! A provider says how to read, create, update and delete a resource of each type, and states
//! as data how that type behaves. It never compares anything: the diff is the engine's.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Path};
pub use groundplan_schema::{Behavior, Recovery, Wait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use zeroize::Zeroizing;

use crate::hint::{Hint, Hints};

/// Property values under CloudFormation's names, all of them known. Those of a request hold
/// secrets in plain text: they are never logged or stored.
pub type Properties = Map<String, Json>;

/// What a resource has once it exists, by attribute or property name (`VpcId`,
/// `Endpoint.Address`).
pub type Outputs = Map<String, Json>;

/// A cloud, or what stands in for one.
///
/// Every call is about one resource and can be repeated: the engine retries by the class of the
/// error, and resolves what it does not know the outcome of by [`Recovery`].
#[async_trait]
pub trait Provider: Send + Sync {
    /// Who the credentials belong to.
    async fn identity(&self) -> Result<Identity, ProviderError>;

    /// Who calls for resources of `environment` are made as: the credentials themselves, unless the
    /// environment names a role.
    ///
    /// # Errors
    /// As [`identity`](Self::identity); the role cannot be assumed.
    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError>;

    /// How resources of this type behave; none where this provider cannot manage it.
    fn behavior(&self, type_name: &str) -> Option<Behavior>;

    /// Whether this provider supports every one of these properties, before anything is
    /// touched. Values that are not known yet stand as `null`.
    ///
    /// # Errors
    /// Of class [`ErrorClass::Invalid`], naming the property.
    #[expect(clippy::result_large_err, reason = "the error of all calls, of which this is the rarest")]
    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError>;

    /// Whether an update has to state a property again that did not change, since the cloud neither
    /// keeps it nor gives it back. A secret in it is fetched for that, where it can be.
    fn repeats(&self, type_name: &str, property: &str) -> bool;

    /// Asks for a new resource. Returns as soon as the cloud has accepted; whether it is ready
    /// is asked by [`status`](Self::status).
    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError>;

    /// The resource as it is now; none where it does not exist.
    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError>;

    /// Changes a resource in place.
    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError>;

    /// Asks for a deletion.
    ///
    /// # Errors
    /// Of class [`ErrorClass::NotFound`] where it does not exist: whether that is to be believed
    /// of something that may have been made a moment ago, the engine decides.
    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError>;

    /// One look at whether a resource is ready, or gone. The engine does the waiting.
    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError>;

    /// Polls during a deploy until a resource is ready or gone, and does what it needs for that. Repeated like
    /// [`status`](Self::status), which never changes anything and which a plan may call. `new` says that no run has
    /// seen the resource ready yet.
    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError>;

    /// How long a resource that was just made may look as if it did not exist. That one is not
    /// there is only believed after looking for so long.
    fn consistency_window(&self) -> Duration;

    /// The time, in seconds since 1970, by a clock that the dates of what the cloud makes can be compared with. None
    /// where [`find`](Self::find) looks at no dates.
    fn time(&self) -> Option<u64>;

    /// The identifiers of the resources that an earlier [`create`](Self::create) of the same
    /// identity has made, looked up as the type's [`Recovery`] says.
    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError>;

    /// Names of resources in these regions that carry the identity tags of `app`, for people; not all of them,
    /// where a cloud cannot list some. Asked before the first deploy of an app: what is found there was made
    /// with a state that is not at hand. None where a provider marks nothing.
    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError>;

    /// What the identity tags of a resource that exists say about who has made it; none where it carries none, or
    /// where a provider does not tell. Asked before it is imported.
    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError>;

    /// The same cloud, in which each request that changes something is sent only while `fence` allows
    /// it. None where every call of this provider is one request: the engine asks before each call.
    fn with_fence(&self, fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>>;

    /// The value of an attribute that is a secret, of a resource that exists; none where the cloud does not
    /// tell it again. Attributes that are told once ([`groundplan_schema::ResourceType::is_told_once`]) are
    /// never asked for.
    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError>;

    /// The current value of a Secrets Manager entry whose name or ARN is known. With a key, that
    /// entry of the JSON object.
    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError>;
}

/// Says whether a run may still change something: whether it holds the lock of its state.
///
/// One call of a provider may take several requests and minutes, in which another run may take the
/// lock over.
pub trait Fence: Send + Sync {
    /// Returns at once, without a request of its own, and only where the run surely holds its lock.
    ///
    /// # Errors
    /// Of class [`ErrorClass::LockLost`]: the request is not to be sent.
    #[expect(clippy::result_large_err, reason = "the error of all calls, of which this is the rarest")]
    fn check(&self) -> Result<(), ProviderError>;
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The twelve-digit account.
    pub account: String,
    /// The partition, as in `aws` or `aws-cn`.
    pub partition: String,
}

impl Identity {
    /// The account that `environment` is in: a stack that is pinned to none is in that of the credentials.
    pub fn account_of<'a>(&'a self, environment: &'a Environment) -> &'a str {
        environment.account.as_deref().unwrap_or(&self.account)
    }
}

/// Who has made a resource, by its identity tags. A resource that is moved or imported later keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The app.
    pub app: String,
    /// Where it stood in that app; the end of that, where it is too long for a tag.
    pub path: String,
}

/// Which resource a call is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// The app, for identity tags and generated names.
    pub app: String,
    /// Where the resource stands in the app.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// The region and account that it belongs to.
    pub environment: Environment,
}

/// Asks for a new resource.
#[derive(Clone)]
pub struct CreateRequest {
    /// Which resource.
    pub address: Address,
    /// The desired properties.
    pub properties: Properties,
    /// Names this creation in this state: the same for every repetition, another one for the
    /// next generation. Serves as client token and identity tag; 64 hexadecimal digits.
    pub token: String,
    /// When this creation was asked for first, by [`Provider::time`]. Only where [`Recovery::ByOwner`] applies.
    pub asked: Option<u64>,
}

/// A resource that exists, as far as the state knows.
#[derive(Clone)]
pub struct Existing {
    /// Which resource.
    pub address: Address,
    /// Its primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
    /// The properties as last applied, without secrets.
    pub properties: Properties,
}

/// Asks for a change in place.
#[derive(Clone)]
pub struct UpdateRequest {
    /// The resource with its properties as last applied.
    pub existing: Existing,
    /// The desired properties.
    pub properties: Properties,
    /// Names this update, as [`CreateRequest::token`] does a creation.
    pub token: String,
    /// Whether something is to be done that the properties do not show: a setting that was refused after the create,
    /// or a reboot for a group of parameters that has changed.
    pub incomplete: bool,
}

/// Asks for a deletion.
#[derive(Clone)]
pub struct DeleteRequest {
    /// The resource.
    pub existing: Existing,
    /// Whether what it holds may go with it: objects of a bucket, images of a repository, the data of
    /// a database.
    pub delete_data: bool,
    /// The name of the snapshot to take before, where the type has one
    /// ([`final_snapshot`](groundplan_schema::ResourceType::final_snapshot)). None deletes the resource without one.
    pub final_snapshot: Option<String>,
}

/// What the cloud answered to a create or update.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accepted {
    /// The primary identifier.
    pub id: String,
    /// What is known already.
    pub outputs: Outputs,
    /// The secret attributes that the answer to a create has. They are kept in memory until the run ends.
    pub secrets: SecretOutputs,
}

/// The values of secret attributes, by attribute. Its debug text has the names only.
#[derive(Clone, Default, PartialEq)]
pub struct SecretOutputs(BTreeMap<String, Zeroizing<String>>);

impl SecretOutputs {
    /// One attribute with its value.
    pub fn of(attribute: impl Into<String>, value: impl Into<String>) -> Self {
        Self([(attribute.into(), Zeroizing::new(value.into()))].into())
    }

    /// The value of an attribute.
    pub fn get(&self, attribute: &str) -> Option<&Zeroizing<String>> {
        self.0.get(attribute)
    }

    /// The attributes with their values.
    pub fn into_values(self) -> impl Iterator<Item = (String, Zeroizing<String>)> {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Zeroizing<String>)> for SecretOutputs {
    fn from_iter<T: IntoIterator<Item = (String, Zeroizing<String>)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Debug for SecretOutputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What the cloud answered to a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Gone,
    /// It is going; [`Provider::status`] tells when it is gone.
    Pending,
}

/// A resource as it is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Properties in CloudFormation's shape, in the form in which they would be declared.
    pub properties: Properties,
    /// All outputs.
    pub outputs: Outputs,
}

/// What one look at a resource showed.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It works; with all its outputs.
    Ready(Outputs),
    /// It is being made or changed; with the state that the cloud names.
    Pending(String),
    /// It is being deleted; with the state that the cloud names.
    Deleting(String),
    /// It will not become ready before somebody does what is said here; it is kept.
    Blocked(String),
    /// It has failed and will not become ready by itself; with the reason.
    Failed(String),
    /// It does not exist.
    Gone,
}

/// A call that the cloud did not carry out, or about which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProviderError {
    /// What the engine does about it.
    pub class: ErrorClass,
    /// What the cloud says.
    pub message: String,
    /// The call, as in `ec2:CreateVpc`.
    pub operation: Option<String>,
    /// The cloud's error code, as in `VpcLimitExceeded`.
    pub code: Option<String>,
    /// The cloud's id of the request, for its support.
    pub request_id: Option<String>,
    /// The identifier of what was made in part before the error.
    pub partial: Option<String>,
    /// Whether the create of what [`partial`](Self::partial) names has succeeded, and only a setting
    /// that follows it was refused: the resource is to be updated, not to be made anew.
    pub settings: bool,
    /// For how long the call is worth repeating, where that is longer than for others of the class.
    pub patience: Option<Duration>,
    /// What a user can do about it, beyond what the message says.
    pub hints: Vec<Hint>,
}

/// What the engine does about a [`ProviderError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Too many calls: repeated later, and fewer at a time.
    Throttled,
    /// The cloud failed without effect: repeated.
    Transient,
    /// It has not heard yet of something just made (a role, a principal): repeated for two minutes.
    Propagating,
    /// The resource does not exist.
    NotFound,
    /// One with this name or these parts exists already.
    AlreadyExists,
    /// Something else holds or changes it now: a delete waits for it, within limits.
    Conflict,
    /// The request is wrong; repeating does not help.
    Invalid,
    /// The credentials may not do this.
    Denied,
    /// The credentials are no good, or no good any more, whatever is asked: nothing new is started.
    Unauthenticated,
    /// The call may or may not have had its effect: resolved by [`Recovery`].
    UnknownOutcome,
    /// The request was not sent, since the run does not hold its lock any more: nothing new is started.
    LockLost,
}

impl ProviderError {
    /// An error of `class` that did not come from an API.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            operation: None,
            code: None,
            request_id: None,
            partial: None,
            settings: false,
            patience: None,
            hints: Vec::new(),
        }
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn with_hint(mut self, hint: Hint) -> Self {
        self.hints.push(hint);
        self
    }
}

/// Its own hints; else those of its class.
impl Hints for ProviderError {
    fn hints(&self) -> Vec<Hint> {
        match self.class {
            _ if !self.hints.is_empty() => self.hints.clone(),
            ErrorClass::Unauthenticated => vec![Hint::RenewCredentials],
            ErrorClass::Denied => vec![Hint::AllowCall { operation: self.operation.clone() }],
            _ => Vec::new(),
        }
    }
}

/// `ec2:CreateVpc: VpcLimitExceeded: the maximum number of VPCs … (request 7a62c49f-…)`
impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for prefix in [&self.operation, &self.code].into_iter().flatten() {
            write!(f, "{prefix}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}
