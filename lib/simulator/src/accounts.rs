//! Several simulated accounts behind one set of credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::Environment;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_engine::Provider;
use groundplan_engine::provider::{
    Accepted, Address, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Owner, Properties, ProviderError, Status, UpdateRequest,
};
use zeroize::Zeroizing;

use crate::simulator::Simulator;
use crate::store::{SandboxError, Store};

/// The account of the credentials, and the accounts of the roles that stacks assume. An account is opened on first use.
pub struct Accounts<S = Simulator> {
    own: S,
    open: Box<Open>,
    others: Mutex<BTreeMap<String, Arc<Simulator>>>,
}

type Open = dyn Fn(&str) -> Result<Simulator, SandboxError> + Send + Sync;

impl Simulator {
    /// Opens the sandbox like [`open_account`](Self::open_account), but creates no file: an account that does not exist
    /// yet is empty, and its changes are kept in memory.
    ///
    /// # Errors
    /// As [`open_account`](Self::open_account).
    pub fn open_to_read(dir: impl AsRef<Path>, account: &str) -> Result<Self, SandboxError> {
        if Store::exists(dir.as_ref(), account) {
            Self::open_account(dir, account)
        } else {
            Ok(Self::in_memory(0).with_account(account))
        }
    }
}

impl<S: std::borrow::Borrow<Simulator> + Send + Sync> Accounts<S> {
    /// Creates the accounts. `own` is the account of the credentials, and `open` opens the simulator of another one.
    pub fn new(own: S, open: impl Fn(&str) -> Result<Simulator, SandboxError> + Send + Sync + 'static) -> Self {
        Self { own, open: Box::new(open), others: Mutex::default() }
    }

    /// Returns the account of the credentials.
    pub fn own(&self) -> &Simulator {
        self.own.borrow()
    }

    /// Returns the simulator of the account that `environment` is deployed to.
    ///
    /// # Errors
    /// The role is not valid, or its account cannot be opened.
    pub fn of(&self, environment: &Environment) -> Result<AccountRef<'_>, ProviderError> {
        let Some(role) = &environment.role else { return Ok(AccountRef::Own(self.own.borrow())) };
        let denied = |message: String| ProviderError::new(ErrorClass::Denied, message);
        let account = role.account().ok_or_else(|| denied(format!("`{}` is not the ARN of a role", role.arn)))?;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(account) {
            return Ok(AccountRef::Other(Arc::clone(known)));
        }
        let opened = (self.open)(account).map_err(|error| denied(error.to_string()))?;
        let opened = Arc::new(opened);
        others.insert(account.to_owned(), Arc::clone(&opened));
        Ok(AccountRef::Other(opened))
    }

    fn at(&self, address: &Address) -> Result<AccountRef<'_>, ProviderError> {
        self.of(&address.environment)
    }
}

/// The simulator of one account.
pub enum AccountRef<'a> {
    /// The account of the credentials.
    Own(&'a Simulator),
    /// The account of a role.
    Other(Arc<Simulator>),
}

impl std::ops::Deref for AccountRef<'_> {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        match self {
            Self::Own(simulator) => simulator,
            Self::Other(simulator) => simulator,
        }
    }
}

#[async_trait]
impl<S: std::borrow::Borrow<Simulator> + Send + Sync> Provider for Accounts<S> {
    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.own.borrow().identity().await
    }

    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError> {
        self.of(environment)?.identity().await
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.own.borrow().behavior(type_name)
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        self.own.borrow().repeats(type_name, property)
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        self.own.borrow().check(type_name, properties)
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        self.at(&request.address)?.create(request).await
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        self.of(&request.environment)?.look_up(request).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.at(&resource.address)?.read(resource).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        self.at(&request.existing.address)?.update(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.at(&request.existing.address)?.delete(request).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.at(&resource.address)?.status(resource).await
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.at(&resource.address)?.advance(resource, new).await
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        let mut found = BTreeSet::new();
        for environment in environments {
            found.extend(self.of(environment)?.owned(app, std::slice::from_ref(environment)).await?);
        }
        Ok(found.into_iter().collect())
    }

    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        self.at(&resource.address)?.owner(resource).await
    }

    fn consistency_window(&self) -> Duration {
        self.own.borrow().consistency_window()
    }

    fn time(&self) -> Option<u64> {
        self.own.borrow().time()
    }

    // Each call of a simulator is one request.
    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        self.at(&resource.address)?.secret_output(resource, attribute).await
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.at(&request.address)?.find(request).await
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError> {
        self.of(environment)?.secret(entry, environment).await
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::AssumeRole;
    use serde_json::json;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_a_role_has_made_is_polled_and_owned_in_the_account_of_the_role() {
        let role = AssumeRole::new("arn:aws:iam::444455556666:role/deploy");
        let (here, there) = (Environment::new("us-east-1"), Environment::new("us-east-1").assume_role(role));
        let cloud = Accounts::new(Simulator::in_memory(0), |account| Ok(Simulator::in_memory(1).with_account(account)));
        let (app, path, type_name) = ("shop".to_owned(), "a/logs".into(), "AWS::Logs::LogGroup".to_owned());
        let address = Address { app, path, type_name, environment: there.clone() };
        let properties = json!({"LogGroupName": "shop"}).as_object().expect("it is a map").clone();
        let request = CreateRequest { address: address.clone(), properties, token: "0".repeat(64), asked: None };
        let id = cloud.create(&request).await.expect("it can be made").id;
        let existing = Existing { address, id, properties: Properties::new() };
        assert!(matches!(cloud.advance(&existing, true).await, Ok(Status::Ready(_))));
        assert_eq!(cloud.owned("shop", std::slice::from_ref(&here)).await, Ok(vec![]));
        assert_eq!(cloud.owned("shop", &[here, there]).await, Ok(vec!["AWS::Logs::LogGroup shop".to_owned()]));
    }
}
