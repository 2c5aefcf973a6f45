//! A provider that makes changes only while the run holds its lock.
//!
//! Between a journal entry and the call that it announces there may be minutes: a call is repeated when it was
//! throttled, and a machine may sleep. By then another run may have the lock, and may have determined the outcome of
//! that call. So the lock is confirmed before each call, with the store if necessary; and since a call may take several
//! requests, the provider checks the store's fence, which answers at once, before each of those.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::Environment;
use groundplan_core::secret::SecretsManagerEntry;
use zeroize::Zeroizing;

use crate::Error;
use crate::provider::{
    Accepted, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Owner, Properties, Provider, ProviderError, Status, UpdateRequest,
};
use crate::run::store::{StateStore, StoreError};

pub(super) struct Fenced<'a> {
    provider: &'a dyn Provider,
    /// The same, asking before each of its requests, where it can.
    own: Option<Box<dyn Provider>>,
    store: &'a dyn StateStore,
}

impl<'a> Fenced<'a> {
    pub(super) fn new(provider: &'a dyn Provider, store: &'a dyn StateStore) -> Self {
        Self { provider, own: store.lock_fence().and_then(|fence| provider.with_fence(fence)), store }
    }

    fn provider(&self) -> &dyn Provider {
        self.own.as_deref().unwrap_or(self.provider)
    }

    /// The answer to a call. A request that the fence has stopped was not sent: where it turns out that
    /// the lock is still this run's, it is made again.
    async fn answer<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ProviderError> {
        match answer {
            Err(error) if error.class == ErrorClass::LockLost && self.store.confirm_lock().await.is_ok() => {
                Err(ProviderError { class: ErrorClass::Transient, ..error })
            }
            answer => answer,
        }
    }

    /// Checks that a call may be sent. If the lock is lost, the call is not retried, and nothing is recorded about it.
    /// If that cannot be determined, it is retried, and the outcome of an earlier attempt stays open.
    async fn locked(&self) -> Result<(), ProviderError> {
        self.store.confirm_lock().await.map_err(|error| {
            let class = match &error {
                Error::Store(StoreError::LockLost { .. }) => ErrorClass::LockLost,
                _ => ErrorClass::UnknownOutcome,
            };
            ProviderError::new(class, format!("it was not tried: {error}"))
        })
    }
}

#[async_trait]
impl Provider for Fenced<'_> {
    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        self.locked().await?;
        self.answer(self.provider().create(request).await).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        self.locked().await?;
        self.answer(self.provider().update(request).await).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.locked().await?;
        self.answer(self.provider().delete(request).await).await
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.locked().await?;
        self.answer(self.provider().advance(resource, new).await).await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.provider().identity().await
    }

    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError> {
        self.provider().identity_in(environment).await
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.provider().behavior(type_name)
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        self.provider().repeats(type_name, property)
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        self.provider().check(type_name, properties)
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        self.provider().look_up(request).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.provider().read(resource).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.provider().status(resource).await
    }

    fn consistency_window(&self) -> Duration {
        self.provider().consistency_window()
    }

    fn time(&self) -> Option<u64> {
        self.provider().time()
    }

    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        self.provider().owner(resource).await
    }

    // This is the fence already.
    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.provider().find(request).await
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        self.provider().owned(app, environments).await
    }

    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        self.provider().secret_output(resource, attribute).await
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError> {
        self.provider().secret(entry, environment).await
    }
}
