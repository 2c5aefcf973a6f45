//! AWS behind the engine's trait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_smithy_types::DateTime;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{AssumeRole, Environment};
use groundplan_engine::provider::{
    Accepted, Address, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Owner, Properties, ProviderError, Status, UpdateRequest,
};
use groundplan_engine::{Hint, Provider};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::cloud_control;
use crate::config::{Config, Regions};
use crate::error::{Error, Result};
use crate::guard;
use crate::handler::{AnyHandler, Context, required};
use crate::lookup;
use crate::registry;

/// AWS, through its SDK.
///
/// ```no_run
/// use groundplan_engine::Provider;
///
/// # async fn example() -> Result<(), groundplan_engine::ProviderError> {
/// let aws = groundplan_aws::Aws::new(groundplan_aws::Config::from_environment().await);
/// println!("account {}", aws.identity().await?.account);
/// # Ok(())
/// # }
/// ```
pub struct Aws {
    own: Session,
    /// The sessions of the roles that stacks are deployed as.
    assumed: Mutex<BTreeMap<AssumeRole, Arc<Session>>>,
}

/// The clients and the identity of one set of credentials.
struct Session {
    regions: Regions,
    identity: OnceCell<Identity>,
}

impl Aws {
    /// AWS, reached as `config` says. Nothing is called yet.
    pub fn new(config: Config) -> Self {
        Self { own: Session::new(config, OnceCell::new()), assumed: Mutex::default() }
    }

    /// Creates a provider whose account is already known, so that it is not requested.
    pub fn with_identity(config: Config, identity: Identity) -> Self {
        Self { own: Session::new(config, OnceCell::new_with(Some(identity))), assumed: Mutex::default() }
    }

    /// The session that reaches an environment, as the role that it names.
    fn session(&self, environment: &Environment) -> SessionOf<'_> {
        let Some(role) = &environment.role else { return SessionOf::Own(&self.own) };
        let mut assumed = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
        let new =
            || Arc::new(Session::new(self.own.regions.config().assuming(role, &environment.region), OnceCell::new()));
        SessionOf::Role(Arc::clone(assumed.entry(role.clone()).or_insert_with(new)))
    }

    async fn context(&self, address: &Address, token: &str, delete_data: bool) -> Result<Context> {
        let session = self.session(&address.environment);
        let identity = session.identity(Some(&address.environment.region)).await?;
        if let Some(pinned) = &address.environment.account
            && *pinned != identity.account
        {
            let message = format!(
                "{} belongs to account {pinned}, but the credentials are for account {}",
                address.path, identity.account
            );
            return Err(Error::new(ErrorClass::Denied, message));
        }
        Ok(Context {
            clients: session.regions.clients(&address.environment.region),
            address: address.clone(),
            identity,
            token: token.to_owned(),
            delete_data,
            final_snapshot: None,
            is_incomplete: false,
            is_new: false,
            asked: None,
        })
    }

    async fn reading(&self, address: &Address) -> Result<Context> {
        self.context(address, "", false).await
    }
}

/// The session of the credentials themselves, or one of a role.
enum SessionOf<'a> {
    Own(&'a Session),
    Role(Arc<Session>),
}

impl std::ops::Deref for SessionOf<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        match self {
            Self::Own(session) => session,
            Self::Role(session) => session,
        }
    }
}

impl Session {
    fn new(config: Config, identity: OnceCell<Identity>) -> Self {
        registry::state_meanings();
        Self { regions: Regions::new(config), identity }
    }

    /// Returns the identity of the credentials, requested once, in this region: STS of another partition does not know
    /// them.
    async fn identity(&self, region: Option<&str>) -> Result<Identity> {
        let ask = || async {
            if !self.regions.has_credentials() {
                return Err(Error::new(ErrorClass::Denied, "no AWS credentials are configured"));
            }
            let caller = self.regions.sts(region).get_caller_identity().send().await?;
            let arn = required(caller.arn, "Arn")?;
            let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
            Ok(Identity { account: required(caller.account, "Account")?, partition })
        };
        self.identity.get_or_try_init(ask).await.cloned()
    }
}

fn handler(type_name: &str) -> Result<&'static dyn AnyHandler> {
    registry::find(type_name).ok_or_else(|| cloud_control::unsupported(type_name))
}

/// Returns the error of a call without effect, which can always be repeated.
fn harmless(error: Error) -> ProviderError {
    error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient).into()
}

#[async_trait]
impl Provider for Aws {
    async fn identity(&self) -> std::result::Result<Identity, ProviderError> {
        self.own.identity(None).await.map_err(harmless)
    }

    async fn identity_in(&self, environment: &Environment) -> std::result::Result<Identity, ProviderError> {
        self.session(environment).identity(Some(&environment.region)).await.map_err(harmless)
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        registry::find(type_name).map(AnyHandler::behavior)
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        registry::find(type_name).is_some_and(|handler| handler.repeats(property))
    }

    fn check(&self, type_name: &str, properties: &Properties) -> std::result::Result<(), ProviderError> {
        Ok(handler(type_name)?.check(properties)?)
    }

    async fn create(&self, request: &CreateRequest) -> std::result::Result<Accepted, ProviderError> {
        let handler = handler(&request.address.type_name)?;
        let cx = self.context(&request.address, &request.token, false).await.map_err(harmless)?;
        Ok(handler.create(&cx, &request.properties).await?)
    }

    async fn read(&self, resource: &Existing) -> std::result::Result<Option<Live>, ProviderError> {
        let read = async {
            let handler = handler(&resource.address.type_name)?;
            handler.read(&self.reading(&resource.address).await?, resource).await
        };
        guard::reading(read).await.map_err(harmless)
    }

    async fn update(&self, request: &UpdateRequest) -> std::result::Result<Accepted, ProviderError> {
        let existing = &request.existing;
        let handler = handler(&existing.address.type_name)?;
        let mut cx = self.context(&existing.address, &request.token, false).await.map_err(harmless)?;
        cx.is_incomplete = request.incomplete;
        Ok(handler.update(&cx, existing, &request.properties).await?)
    }

    async fn delete(&self, request: &DeleteRequest) -> std::result::Result<Deletion, ProviderError> {
        let existing = &request.existing;
        let handler = handler(&existing.address.type_name)?;
        let mut cx = self.context(&existing.address, "", request.delete_data).await.map_err(harmless)?;
        cx.final_snapshot.clone_from(&request.final_snapshot);
        Ok(handler.delete(&cx, existing).await?)
    }

    async fn status(&self, resource: &Existing) -> std::result::Result<Status, ProviderError> {
        let status = async {
            let handler = handler(&resource.address.type_name)?;
            handler.status(&self.reading(&resource.address).await?, resource).await
        };
        guard::reading(status).await.map_err(harmless)
    }

    async fn advance(&self, resource: &Existing, new: bool) -> std::result::Result<Status, ProviderError> {
        let advance = async {
            let handler = handler(&resource.address.type_name)?;
            let mut cx = self.reading(&resource.address).await?;
            cx.is_new = new;
            handler.advance(&cx, resource).await
        };
        advance.await.map_err(harmless)
    }

    fn consistency_window(&self) -> Duration {
        self.own.regions.consistency_window()
    }

    /// The clock of this machine. AWS refuses requests whose date is more than a few minutes off.
    fn time(&self) -> Option<u64> {
        u64::try_from(DateTime::from(SystemTime::now()).secs()).ok()
    }

    async fn find(&self, request: &CreateRequest) -> std::result::Result<Vec<String>, ProviderError> {
        let find = async {
            let handler = handler(&request.address.type_name)?;
            let mut cx = self.context(&request.address, &request.token, false).await?;
            cx.asked = request.asked;
            handler.find(&cx, &request.properties).await
        };
        guard::reading(find).await.map_err(harmless)
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> std::result::Result<Vec<String>, ProviderError> {
        let places: BTreeSet<(&str, Option<&AssumeRole>)> =
            environments.iter().map(|environment| (environment.region.as_str(), environment.role.as_ref())).collect();
        let mut found = BTreeSet::new();
        for (region, role) in places {
            let environment = Environment { role: role.cloned(), ..Environment::new(region) };
            let owned = crate::owned::owned(&self.session(&environment).regions.clients(region), app).await;
            found.extend(owned.map_err(harmless)?);
        }
        Ok(found.into_iter().collect())
    }

    async fn owner(&self, resource: &Existing) -> std::result::Result<Option<Owner>, ProviderError> {
        let owner = async {
            let handler = handler(&resource.address.type_name)?;
            handler.owner(&self.reading(&resource.address).await?, resource).await
        };
        let id = &resource.id;
        let unread = |error: Error| match error.class() {
            ErrorClass::Denied => error
                .adding(format_args!(
                    "so whether `{id}` belongs to another app is not known: allow the credentials to read its tags"
                ))
                .hinting(Hint::TakeOwnership),
            _ => error,
        };
        guard::reading(owner).await.map_err(|error| harmless(unread(error)))
    }

    async fn look_up(&self, request: &LookupRequest) -> std::result::Result<Matches, ProviderError> {
        let clients = self.session(&request.environment).regions.clients(&request.environment.region);
        guard::reading(lookup::look_up(&clients, request)).await.map_err(harmless)
    }

    fn with_fence(&self, fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        let config = self.own.regions.config().with_fence(fence);
        Some(Box::new(Self { own: Session::new(config, self.own.identity.clone()), assumed: Mutex::default() }))
    }

    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> std::result::Result<Option<Zeroizing<String>>, ProviderError> {
        let read = async {
            let handler = handler(&resource.address.type_name)?;
            handler.secret_output(&self.reading(&resource.address).await?, resource, attribute).await
        };
        guard::reading(read).await.map_err(harmless)
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> std::result::Result<Zeroizing<String>, ProviderError> {
        let clients = self.session(environment).regions.clients(&environment.region);
        crate::secretsmanager::value(&clients.secrets, entry).await.map_err(harmless)
    }
}
