//! The interface between the engine and a cloud.
//!
//! A provider reads, creates, updates and deletes the resources of each type, and describes the behavior of the type as
//! data. It compares nothing: the engine has the only diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::lookup::Query;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Path};
pub use groundplan_schema::{Behavior, Recovery, Wait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use zeroize::Zeroizing;

use crate::hint::{Hint, Hints};

/// Known property values by CloudFormation name. The properties of a request contain secrets in plain text, and are
/// never logged or stored.
pub type Properties = Map<String, Json>;

/// The outputs of an existing resource, by attribute or property name (`VpcId`, `Endpoint.Address`).
pub type Outputs = Map<String, Json>;

/// A cloud, or a replacement for one.
///
/// Each call concerns one resource and can be repeated: the engine retries according to the class of the error, and
/// resolves an unknown outcome according to [`Recovery`].
#[async_trait]
pub trait Provider: Send + Sync {
    /// Returns the owner of the credentials.
    async fn identity(&self) -> Result<Identity, ProviderError>;

    /// Returns the identity that calls for resources of `environment` use: that of the credentials, unless the
    /// environment names a role.
    ///
    /// # Errors
    /// As [`identity`](Self::identity); the role cannot be assumed.
    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError>;

    /// Returns the behavior of resources of this type, or `None` if this provider cannot manage them.
    fn behavior(&self, type_name: &str) -> Option<Behavior>;

    /// Checks, before any change, that this provider supports each of these properties. Values that are not known yet
    /// are `null`.
    ///
    /// # Errors
    /// Of class [`ErrorClass::Invalid`], naming the property.
    #[expect(clippy::result_large_err, reason = "the error of all calls, of which this is the rarest")]
    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError>;

    /// Returns whether an update has to repeat a property that did not change, because the cloud neither keeps nor
    /// returns it. A secret in it is fetched for the update, if possible.
    fn repeats(&self, type_name: &str, property: &str) -> bool;

    /// Requests a new resource. Returns as soon as the cloud has accepted the request; [`status`](Self::status) reports
    /// when the resource is ready.
    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError>;

    /// Reads the resource as it is now; `None` if it does not exist.
    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError>;

    /// Changes a resource in place.
    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError>;

    /// Requests a deletion.
    ///
    /// # Errors
    /// Of class [`ErrorClass::NotFound`] if the resource does not exist. The engine decides whether to trust that,
    /// because a new resource may not be visible yet.
    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError>;

    /// Polls once whether a resource is ready or gone. The engine does the waiting.
    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError>;

    /// Polls once during a deploy whether a resource is ready or gone, and makes the changes that it needs on the way.
    /// The engine repeats it like [`status`](Self::status), which never changes anything, so that a plan may call it.
    /// `new` says that no run has seen the resource ready yet.
    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError>;

    /// Returns how long a new resource may be invisible. The engine considers a resource missing only after it has
    /// polled for this time.
    fn consistency_window(&self) -> Duration;

    /// Returns the time in seconds since 1970, by a clock that is comparable with the creation dates of the cloud;
    /// `None` if [`find`](Self::find) uses no dates.
    fn time(&self) -> Option<u64>;

    /// Finds the identifiers of the resources that an earlier [`create`](Self::create) of the same identity created, in
    /// the way that the type's [`Recovery`] names.
    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError>;

    /// Lists resources in these regions that have the identity tags of `app`, for messages. The list may be incomplete,
    /// and is empty if the provider sets no tags. The engine calls this before the first deploy of an app: resources
    /// that exist already were created with a state that is now missing.
    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError>;

    /// Returns the owner that the identity tags of an existing resource name; `None` if it has no such tags, or the
    /// provider does not read them. The engine calls this before an import.
    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError>;

    /// Returns a provider for the same cloud that sends a request that changes something only while `fence` allows it;
    /// `None` if every call of this provider is one request, since the engine checks the lock before each call.
    fn with_fence(&self, fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>>;

    /// Reads a secret attribute of an existing resource; `None` if the cloud does not return it again. The engine never
    /// requests an attribute that is returned only once ([`groundplan_schema::ResourceType::is_told_once`]).
    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError>;

    /// Answers a lookup with everything that matches. The call only reads. The engine decides what one match, several
    /// and none mean.
    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError>;

    /// Reads the current value of a Secrets Manager secret whose name or ARN is known, or, for an entry with a key, the
    /// value of that key in the JSON object.
    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError>;
}

/// A lookup of something that exists already.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupRequest {
    /// The path of the lookup; of several with the same query, the first one.
    pub path: Path,
    /// The query.
    pub query: Query,
    /// The region and account of the lookup.
    pub environment: Environment,
    /// The identifiers of what the app itself manages, which is no part of an answer: the subnets that it adds to a VPC
    /// would otherwise change what the VPC is found with.
    pub own: Arc<BTreeSet<String>>,
}

/// The result of a lookup.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    /// Everything that matches.
    pub matches: Vec<Match>,
    /// If nothing matches, existing ones of the same kind, for display, such as `vpc-1 (Name=prod, 10.0.0.0/16)`. Not
    /// all, if there are many.
    pub others: Vec<String>,
    /// `true` if the cloud is still creating a part of the match, so that a later read may find more.
    pub unfinished: bool,
}

/// A match of a lookup.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// A description for display.
    pub description: String,
    /// The [outputs](Query::outputs) of the query, without empty ones. They are used only if nothing else matches.
    pub outputs: Outputs,
}

/// Tells whether a run still holds the lock of its state and may change something.
///
/// A call of a provider can consist of several requests and take minutes, and another run may take over the lock in
/// that time.
pub trait Fence: Send + Sync {
    /// Succeeds only if the run certainly holds its lock. Returns immediately, without a request of its own.
    ///
    /// # Errors
    /// Of class [`ErrorClass::LockLost`]: the request must not be sent.
    #[expect(clippy::result_large_err, reason = "the error of all calls, of which this is the rarest")]
    fn check(&self) -> Result<(), ProviderError>;
}

/// The owner of the credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The twelve-digit account.
    pub account: String,
    /// The partition, as in `aws` or `aws-cn`.
    pub partition: String,
}

impl Identity {
    /// Returns the account of `environment`: the one that the stack is pinned to, or else that of the credentials.
    pub fn account_of<'a>(&'a self, environment: &'a Environment) -> &'a str {
        environment.account.as_deref().unwrap_or(&self.account)
    }
}

/// The app and path that created a resource, by its identity tags. A resource that is moved or imported keeps its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The app.
    pub app: String,
    /// Its path in that app, or the end of the path if it is too long for a tag.
    pub path: String,
}

/// The resource that a call concerns.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// The app, for identity tags and generated names.
    pub app: String,
    /// The path of the resource in the app.
    pub path: Path,
    /// CloudFormation's name of the type.
    pub type_name: String,
    /// The region and account that it belongs to.
    pub environment: Environment,
}

/// A request for a new resource.
#[derive(Clone)]
pub struct CreateRequest {
    /// The resource.
    pub address: Address,
    /// The desired properties.
    pub properties: Properties,
    /// Identifies this creation: the same for every repetition, and a different one for the next generation. Serves as
    /// client token and identity tag; 64 hexadecimal digits.
    pub token: String,
    /// The time of the first request for this creation, by [`Provider::time`]. Set only for [`Recovery::ByOwner`].
    pub asked: Option<u64>,
}

/// A resource that exists according to the state.
#[derive(Clone)]
pub struct Existing {
    /// The resource.
    pub address: Address,
    /// Its primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
    /// The properties as last applied, without secrets.
    pub properties: Properties,
}

/// A request for a change in place.
#[derive(Clone)]
pub struct UpdateRequest {
    /// The resource with its properties as last applied.
    pub existing: Existing,
    /// The desired properties.
    pub properties: Properties,
    /// Identifies this update, as [`CreateRequest::token`] identifies a creation.
    pub token: String,
    /// `true` if the update has work that the properties do not show: a setting that was refused after the create, or a
    /// reboot for a changed parameter group.
    pub incomplete: bool,
}

/// A request for a deletion.
#[derive(Clone)]
pub struct DeleteRequest {
    /// The resource.
    pub existing: Existing,
    /// `true` if its contents may be deleted with it: the objects of a bucket, the images of a repository, the data of
    /// a database.
    pub delete_data: bool,
    /// The name of the final snapshot to take before the deletion, if the type has one
    /// ([`final_snapshot`](groundplan_schema::ResourceType::final_snapshot)). `None` deletes the resource without a
    /// snapshot.
    pub final_snapshot: Option<String>,
}

/// The response of a cloud to a create or update.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accepted {
    /// The primary identifier.
    pub id: String,
    /// The outputs that are known already.
    pub outputs: Outputs,
    /// The secret attributes in the response to a create. They are kept in memory until the run ends.
    pub secrets: SecretOutputs,
}

/// The values of secret attributes, by attribute. The debug output contains only the names.
#[derive(Clone, Default, PartialEq)]
pub struct SecretOutputs(BTreeMap<String, Zeroizing<String>>);

impl SecretOutputs {
    /// Creates a set of one attribute.
    pub fn of(attribute: impl Into<String>, value: impl Into<String>) -> Self {
        Self([(attribute.into(), Zeroizing::new(value.into()))].into())
    }

    /// Returns the value of an attribute.
    pub fn get(&self, attribute: &str) -> Option<&Zeroizing<String>> {
        self.0.get(attribute)
    }

    /// Returns the attributes with their values.
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

/// The response of a cloud to a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The resource is gone.
    Gone,
    /// The deletion is in progress; [`Provider::status`] reports when the resource no longer exists.
    Pending,
}

/// A resource as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The properties in CloudFormation's format, as a program would declare them.
    pub properties: Properties,
    /// All outputs.
    pub outputs: Outputs,
}

/// The result of one poll of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Ready, with all outputs.
    Ready(Outputs),
    /// Being created or changed, with the status that the cloud reports.
    Pending(String),
    /// Being deleted, with the status that the cloud reports.
    Deleting(String),
    /// Not ready until someone does what the text says. The resource is kept.
    Blocked(String),
    /// Failed, with the reason. It will not become ready by itself.
    Failed(String),
    /// It does not exist.
    Gone,
}

/// A call that failed, or whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProviderError {
    /// The class, which decides what the engine does.
    pub class: ErrorClass,
    /// The message of the cloud.
    pub message: String,
    /// The call, as in `ec2:CreateVpc`.
    pub operation: Option<String>,
    /// The cloud's error code, as in `VpcLimitExceeded`.
    pub code: Option<String>,
    /// The request ID of the cloud, for support cases.
    pub request_id: Option<String>,
    /// The identifier of the resource that was partly created before the error.
    pub partial: Option<String>,
    /// `true` if the create of [`partial`](Self::partial) succeeded and only a later setting was refused. The engine
    /// then updates the resource instead of creating it again.
    pub settings: bool,
    /// The time to retry the call, if longer than is usual for the class.
    pub patience: Option<Duration>,
    /// Hints for the user, beyond the message.
    pub hints: Vec<Hint>,
}

/// The class of a [`ProviderError`], which decides what the engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Too many calls. The engine retries later, at a lower rate.
    Throttled,
    /// The cloud failed without an effect. The engine retries.
    Transient,
    /// A new resource, such as a role, has not propagated yet. The engine retries for two minutes.
    Propagating,
    /// The resource does not exist.
    NotFound,
    /// A resource with this name or these parts already exists.
    AlreadyExists,
    /// Something else holds or changes the resource at the moment. A delete waits for that, within limits.
    Conflict,
    /// The request is not valid. A retry does not help.
    Invalid,
    /// The credentials do not have the permission.
    Denied,
    /// The credentials are not valid, or have expired. The engine starts nothing new.
    Unauthenticated,
    /// The call may or may not have taken effect. The engine resolves this according to [`Recovery`].
    UnknownOutcome,
    /// The request was not sent, because the run has lost its lock. The engine starts nothing new.
    LockLost,
}

impl ProviderError {
    /// Creates an error of `class` that does not come from an API.
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
