//! A simulated account and the state of what was deployed into it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundplan::App;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Path};
use groundplan_engine::detect::drift;
use groundplan_engine::diff::{Action, Change, ChangeSet};
use groundplan_engine::drift::Drift;
use groundplan_engine::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use groundplan_engine::model::Loaded;
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::provider::{
    Accepted, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Owner, Properties, Provider, ProviderError, Status, UpdateRequest,
};

use groundplan_engine::store::MemoryStore;
use groundplan_engine::{Error, load};
use groundplan_simulator::{Call, Item, Operation, Simulator};
use zeroize::Zeroizing;

use crate::program::program;

/// An account, and the state of a case.
pub(crate) struct World {
    pub(crate) cloud: Simulator,
    store: MemoryStore,
    /// A type whose updates the account refuses.
    pub(crate) refuses_updates_of: Option<&'static str>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { cloud: Simulator::in_memory(0), store: MemoryStore::default(), refuses_updates_of: None }
    }

    /// An account with the first version of a case.
    pub(crate) async fn with(case: &str) -> Self {
        let world = Self::new();
        world.deploy(case, "v1").await;
        world
    }

    pub(crate) async fn try_plan(&self, case: &str, version: &str, refresh: bool) -> Result<(Loaded, Planned), Error> {
        let app = program(case, version);
        let assembly = synth(&app).assembly;
        let loaded = load(&self.store, &assembly.app).await.expect("the state can be read");
        let options = PlanOptions { refresh, ..PlanOptions::default() };
        let planned = planning::deploy(&assembly, &loaded.state, self, &options).await?;
        Ok((loaded, planned))
    }

    /// Returns the changes that a deploy would make.
    pub(crate) async fn plan(&self, case: &str, version: &str) -> ChangeSet {
        let planned = self.try_plan(case, version, false).await;
        planned.unwrap_or_else(|error| panic!("{case} cannot be planned: {error}")).1.changes
    }

    pub(crate) async fn try_deploy(&self, case: &str, version: &str) -> Outcome {
        let planned = self.try_plan(case, version, false).await;
        let (loaded, planned) = planned.unwrap_or_else(|error| panic!("{case} cannot be planned: {error}"));
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        let run = execute(&planned.plan, loaded, self, &self.store, &options, &(), &Cancellation::new()).await;
        run.expect("the plan can be executed")
    }

    /// Deploys, and finds nothing to do afterwards.
    pub(crate) async fn deploy(&self, case: &str, version: &str) -> Outcome {
        let outcome = self.try_deploy(case, version).await;
        assert!(outcome.succeeded(), "{case}: {:?}", outcome.failed);
        let again = self.plan(case, version).await;
        assert!(again.is_empty(), "{case}: a second plan changes {:?}", acting(&again));
        outcome
    }

    pub(crate) async fn drift(&self, case: &str) -> Vec<(Path, Drift)> {
        let loaded = load(&self.store, program(case, "v1").name()).await.expect("the state can be read");
        drift(&loaded.state, self, 10).await.into_iter().collect()
    }

    /// The only resource of a type.
    pub(crate) fn item(&self, type_name: &str) -> Item {
        let inventory = self.cloud.inventory().expect("the account is in memory");
        let mut found: Vec<_> = inventory.into_iter().filter(|item| item.type_name == type_name).collect();
        assert_eq!(found.len(), 1, "{type_name}: {found:?}");
        found.remove(0)
    }

    /// Returns the position of a successful call of this run among all; calls before `start` do not count.
    pub(crate) fn position(&self, start: usize, operation: Operation, type_name: &str) -> Option<usize> {
        let worked = |call: &Call| call.operation == operation && call.type_name == type_name && call.error.is_none();
        self.cloud.calls().iter().enumerate().skip(start).find(|(_, call)| worked(call)).map(|(at, _)| at)
    }
}

/// Returns the synthesis of a valid program.
pub(crate) fn synth(app: &App) -> groundplan::Synthesis {
    app.synth().unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The changes that do something.
pub(crate) fn acting(changes: &ChangeSet) -> Vec<&Change> {
    changes.changes.values().filter(|change| !matches!(change.action, Action::NoOp | Action::Keep)).collect()
}

/// The simulated account, which may refuse an update.
#[async_trait]
impl Provider for World {
    fn consistency_window(&self) -> Duration {
        Duration::from_secs(12)
    }

    fn time(&self) -> Option<u64> {
        None
    }

    async fn owner(&self, _resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        Ok(None)
    }

    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.cloud.identity().await
    }

    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError> {
        self.cloud.identity_in(environment).await
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        self.cloud.repeats(type_name, property)
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        self.cloud.owned(app, environments).await
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.cloud.advance(resource, new).await
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.cloud.behavior(type_name)
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        self.cloud.check(type_name, properties)
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        self.cloud.create(request).await
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        self.cloud.look_up(request).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.cloud.read(resource).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        if self.refuses_updates_of == Some(&*request.existing.address.type_name) {
            return Err(ProviderError::new(ErrorClass::Denied, "the update is not allowed"));
        }
        self.cloud.update(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.cloud.delete(request).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.cloud.status(resource).await
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.cloud.find(request).await
    }

    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        self.cloud.secret_output(resource, attribute).await
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError> {
        self.cloud.secret(entry, environment).await
    }
}
