//! The public type of the simulator.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::lookup::Query;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Path, Value};
use groundplan_engine::Provider;
use groundplan_engine::provider::{
    Accepted, Address, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Outputs, Owner, Properties, ProviderError, Status, UpdateRequest,
};
use groundplan_schema::{CONSISTENCY_WINDOW, lookup};
use serde_json::Value as Json;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::behavior::behavior;
use crate::check::{Known, check};
use crate::clock::{Clock, TimeScale};
use crate::derive::Derivation;
use crate::faults::{Dice, Faults};
use crate::limits::{Asked, Buckets, Limit};
use crate::operation::Operation;
use crate::resource::{Key, Resource};
use crate::secrets;
use crate::store::{SandboxError, Store};
use crate::world::{self, World, schema};

/// The default account of a simulator.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// The duration in the sandbox of a minute at AWS: 20 milliseconds, so that a deploy takes a second and still shows
/// pending resources.
const SANDBOX_MINUTE: Duration = Duration::from_millis(20);

/// The interval between two attempts to lock the account's file.
const LOCK_INTERVAL: Duration = Duration::from_millis(2);

/// The maximum time to wait for the lock: another process holds it for one call.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// A simulated cloud, which the [crate documentation](crate) describes.
pub struct Simulator {
    account: String,
    seed: u64,
    time_scale: TimeScale,
    faults: Faults,
    /// The number of calls before the faults were set.
    faults_from: usize,
    limits: &'static [Limit],
    clock: Clock,
    /// A handle of the lock of the file that the account is kept in.
    probe: Option<File>,
    inner: Mutex<Inner>,
}

struct Inner {
    account: Account,
    /// Key of digests and generated secrets.
    key: Derivation,
    keeping: Keeping,
    calls: Vec<Call>,
    /// Identifiers of what exists without being simulated.
    outside: BTreeSet<String>,
    /// The answers to lookups that tests have declared.
    answers: BTreeMap<Query, Outputs>,
    buckets: Buckets,
}

/// The storage of the account.
enum Keeping {
    /// In memory, with the values of secrets as given.
    Memory(BTreeMap<Key, Zeroizing<String>>),
    File(Box<Store>),
}

/// A resource of the simulated account.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The CloudFormation name of the type.
    pub type_name: String,
    /// The region; empty for types without regions.
    pub region: String,
    /// The primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
    /// The path in the program that created it; `None` if it was created outside of the program.
    pub path: Option<Path>,
    /// The declared properties, with digests instead of secrets.
    pub properties: Properties,
    /// The outputs.
    pub outputs: Outputs,
    /// The status.
    pub status: Status,
}

/// A call of the simulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The operation.
    pub operation: Operation,
    /// The type of the resource.
    pub type_name: String,
    /// The path of the resource.
    pub path: Path,
    /// The class of the error, if the call failed.
    pub error: Option<ErrorClass>,
}

impl Simulator {
    /// Creates an empty account in memory. It uses tokio's clock and the durations of AWS: on a paused clock,
    /// everything is ready as soon as something waits for it. The same seed and the same calls result in the same
    /// identifiers and faults.
    pub fn in_memory(seed: u64) -> Self {
        let inner = Inner {
            account: Account::default(),
            key: Derivation::new(&seed.to_be_bytes(), &["key"]),
            keeping: Keeping::Memory(BTreeMap::new()),
            calls: Vec::new(),
            outside: BTreeSet::new(),
            answers: BTreeMap::new(),
            buckets: Buckets::default(),
        };
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            seed,
            time_scale: TimeScale::REAL,
            faults: Faults::default(),
            faults_from: 0,
            limits: &[],
            clock: Clock::Tokio(Instant::now()),
            probe: None,
            inner: Mutex::new(inner),
        }
    }

    /// Opens the sandbox: the default account in the directory `dir`, which is empty at first. A minute takes 20
    /// milliseconds of real time. Pending operations continue after the end of a run, and are complete in the next one.
    ///
    /// # Errors
    /// The directory cannot be written, or its contents are damaged or of a later version.
    pub fn open(dir: impl AsRef<FilePath>) -> Result<Self, SandboxError> {
        Self::open_account(dir, DEFAULT_ACCOUNT)
    }

    /// Opens the sandbox like [`open`](Self::open), with another twelve-digit account.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_account(dir: impl AsRef<FilePath>, account: &str) -> Result<Self, SandboxError> {
        let mut store = Store::open(dir.as_ref(), account)?;
        let mut contents = Account::default();
        store.transact(&mut contents, |_| ())?;
        let probe = store.probe()?;
        let inner = Inner {
            account: contents,
            key: Derivation::new(store.key().as_bytes(), &["key"]),
            keeping: Keeping::File(Box::new(store)),
            calls: Vec::new(),
            outside: BTreeSet::new(),
            answers: BTreeMap::new(),
            buckets: Buckets::default(),
        };
        Ok(Self {
            account: account.to_owned(),
            seed: 0,
            time_scale: TimeScale::minute_in(SANDBOX_MINUTE),
            faults: Faults::default(),
            faults_from: 0,
            limits: &[],
            clock: Clock::Wall,
            probe: Some(probe),
            inner: Mutex::new(inner),
        })
    }

    /// Gives a simulator in memory another account, twelve digits. A sandbox keeps the one that
    /// it was opened with.
    #[must_use]
    pub fn with_account(mut self, account: impl Into<String>) -> Self {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if matches!(inner.keeping, Keeping::Memory(_)) {
            self.account = account.into();
        }
        self
    }

    /// Sets how long the documented durations take.
    #[must_use]
    pub fn with_time_scale(mut self, time_scale: TimeScale) -> Self {
        self.time_scale = time_scale;
        self
    }

    /// Sets the faults to inject.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.faults_from = inner.calls.len();
        self
    }

    /// Sets how many calls the APIs take, [`Limit::AWS`] or others; by default as many as come.
    #[must_use]
    pub fn with_limits(mut self, limits: &'static [Limit]) -> Self {
        self.limits = limits;
        self
    }

    /// Returns all existing resources, by type, region and identifier, including those that are being deleted.
    ///
    /// # Errors
    /// The sandbox cannot be read.
    pub fn inventory(&self) -> Result<Vec<Item>, SandboxError> {
        self.locked(&mut self.lock(), |world| world.account.resources().map(Item::from).collect())
    }

    /// Returns all calls of this value so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Returns the number of calls of an operation so far, including failed ones.
    pub fn count(&self, operation: Operation) -> usize {
        self.lock().calls.iter().filter(|call| call.operation == operation).count()
    }

    /// Returns the documented time from the create of a resource with these properties until it is ready; zero if it is
    /// ready immediately, or if AWS has no such type.
    pub fn provisioning(&self, type_name: &str, properties: &Properties) -> Duration {
        let seconds = lookup(type_name).map_or(0, |resource| world::provisioning(resource, properties));
        self.time_scale.scale(Duration::from_secs(seconds))
    }

    /// Accepts references to `id` as the identifier of something that exists but is not simulated, such as a zone that
    /// another team manages.
    pub fn assume(&self, id: impl Into<String>) {
        self.lock().outside.insert(id.into());
    }

    /// States the answer of a lookup from now on, in all regions. Resources that the answer names are
    /// [assumed](Self::assume) to exist.
    pub fn answer_lookup(&self, query: Query, outputs: Outputs) {
        let mut inner = self.lock();
        let ids =
            outputs.values().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        inner.outside.extend(ids.filter_map(Json::as_str).map(str::to_owned));
        inner.answers.insert(query, outputs);
    }

    /// Changes the properties of a resource outside of the program, which causes drift.
    ///
    /// # Errors
    /// There is no such resource.
    pub fn tamper(&self, type_name: &str, id: &str, change: impl FnOnce(&mut Properties)) -> Result<(), ProviderError> {
        let resource = schema(type_name)?;
        let tampered = self.locked(&mut self.lock(), |world| {
            let mut found = find(world.account, type_name, id)?;
            change(&mut found.properties);
            found.properties = secrets::seal(resource, &found.properties, world.key);
            for (name, value) in &found.properties {
                if let Some(output) = found.outputs.get_mut(name) {
                    output.clone_from(value);
                }
            }
            world.account.put(found);
            Ok(())
        });
        tampered.map_err(unavailable)?
    }

    /// Deletes a resource outside of the program, even if others depend on it.
    ///
    /// # Errors
    /// There is no such resource.
    pub fn vandalize(&self, type_name: &str, id: &str) -> Result<(), ProviderError> {
        let removed = self.locked(&mut self.lock(), |world| {
            let found = find(world.account, type_name, id)?;
            world.account.remove(&found.key);
            Ok(())
        });
        removed.map_err(unavailable)?
    }

    /// Creates a resource outside of the program, for lookups and imports. It is ready immediately. Returns its
    /// identifier.
    ///
    /// # Errors
    /// As [`Provider::create`].
    pub fn plant(&self, type_name: &str, region: &str, properties: Properties) -> Result<String, ProviderError> {
        let environment = Environment::new(region);
        let planted = self.locked(&mut self.lock(), |world| {
            let number = world.account.len();
            let path = Path::new(format!("planted-{number}"));
            let address = Address { app: String::new(), path, type_name: type_name.to_owned(), environment };
            world.time_scale = TimeScale::INSTANT;
            let accepted =
                world.create(&CreateRequest { address, properties, token: format!("{number:064x}"), asked: None })?;
            let mut planted = find(world.account, type_name, &accepted.id)?;
            planted.path = None;
            world.account.put(planted);
            Ok(accepted.id)
        });
        planted.map_err(unavailable)?
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No answer leaves an account half changed, so what a panic left is fit for use.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in the world as it is now.
    fn locked<R>(&self, inner: &mut Inner, work: impl FnOnce(&mut World<'_>) -> R) -> Result<R, SandboxError> {
        let (seed, call) = (self.seed, inner.calls.len() as u64);
        let Inner { account, key, keeping, outside, .. } = inner;
        let run = |account: &mut Account, given: Option<&mut BTreeMap<Key, Zeroizing<String>>>| {
            let now = self.clock.now();
            account.settle(now);
            let dice = Dice::of(self.faults, seed, call);
            let (owner, time_scale) = (&*self.account, self.time_scale);
            work(&mut World { account, owner, outside, seed, key, given, time_scale, now, dice })
        };
        match keeping {
            Keeping::Memory(given) => Ok(run(account, Some(given))),
            Keeping::File(store) => store.transact(account, |account| run(account, None)),
        }
    }

    /// One call of the API, with all that can happen to it.
    async fn call<R>(
        &self,
        operation: Operation,
        address: &Address,
        work: impl FnOnce(&mut World<'_>) -> Result<R, ProviderError> + Send,
    ) -> Result<R, ProviderError> {
        self.travel().await;
        self.free().await?;
        let (result, lost) = self.answer(operation, address, work);
        self.travel().await;
        lost.map_or(result, Err)
    }

    /// Waits until no other process seems to hold the file lock; cancellable, unlike the lock call. A stopped process
    /// may hold it forever, so this fails after [`LOCK_PATIENCE`].
    async fn free(&self) -> Result<(), ProviderError> {
        let Some(probe) = &self.probe else { return Ok(()) };
        let began = std::time::Instant::now();
        while matches!(probe.try_lock(), Err(TryLockError::WouldBlock)) {
            if began.elapsed() > LOCK_PATIENCE {
                let held = "another process has held the lock of the sandbox for a minute; it may have been stopped: \
                            continue or end it, and run again";
                return Err(ProviderError::new(ErrorClass::Invalid, held));
            }
            tokio::time::sleep(LOCK_INTERVAL).await;
        }
        // What keeps it from being given back keeps the lock itself from being taken, and is told there.
        let _ = probe.unlock();
        Ok(())
    }

    /// Half the way to the cloud and back; who is cancelled is cancelled here, before or after
    /// the effect.
    async fn travel(&self) {
        match self.faults.latency / 2 {
            Duration::ZERO => tokio::task::yield_now().await,
            half => tokio::time::sleep(half).await,
        }
    }

    /// The answer, and the error in its place where it is lost on the way.
    fn answer<R>(
        &self,
        operation: Operation,
        address: &Address,
        work: impl FnOnce(&mut World<'_>) -> Result<R, ProviderError>,
    ) -> (Result<R, ProviderError>, Option<ProviderError>) {
        let mut inner = self.lock();
        let dice = Dice::of(self.faults, self.seed, inner.calls.len() as u64);
        let name = operation.name(&address.type_name);
        let named = |error: ProviderError| ProviderError {
            operation: Some(name.clone()),
            request_id: Some(dice.request_id()),
            ..error
        };
        let expired = self.faults.expired_after.is_some_and(|after| inner.calls.len() - self.faults_from >= after);
        let refused = if expired {
            Some((ErrorClass::Unauthenticated, "ExpiredToken", "The security token included in the request is expired"))
        } else if !self.takes(&mut inner.buckets, operation, address, &name) {
            Some((ErrorClass::Throttled, "RequestLimitExceeded", "Request limit exceeded."))
        } else if dice.hit("throttle", self.faults.throttle) {
            Some((ErrorClass::Throttled, "ThrottlingException", "Rate exceeded"))
        } else if dice.hit("transient", self.faults.transient) {
            Some((ErrorClass::Transient, "InternalFailure", "an internal error has occurred"))
        } else {
            None
        };
        let result = match refused {
            Some((class, code, message)) => Err(crate::errors::refusal(class, code, message)),
            None => self.locked(&mut inner, work).unwrap_or_else(|error| Err(unavailable(error))),
        };
        let result = result.map_err(named);
        let lost = result.is_ok() && operation.has_effect() && dice.loses();
        let lost = lost.then(|| ProviderError {
            request_id: None,
            ..named(ProviderError::new(ErrorClass::UnknownOutcome, "the connection was closed before the answer came"))
        });
        let error = lost.as_ref().or(result.as_ref().err()).map(|error| error.class);
        inner.calls.push(Call { operation, type_name: address.type_name.clone(), path: address.path.clone(), error });
        (result, lost)
    }

    /// Returns whether the API accepts one more call now.
    fn takes(&self, buckets: &mut Buckets, operation: Operation, address: &Address, action: &str) -> bool {
        let Some(resource) = lookup(&address.type_name).filter(|_| !self.limits.is_empty()) else { return true };
        let api = behavior(resource, self.time_scale).api;
        let asked = Asked { api, action, region: &address.environment.region, changes: operation.has_effect() };
        buckets.take(self.limits, &asked, self.clock.now())
    }
}

#[async_trait]
impl Provider for Simulator {
    fn time(&self) -> Option<u64> {
        None
    }

    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        Ok(Identity { account: self.account.clone(), partition: "aws".to_owned() })
    }

    async fn identity_in(&self, _: &Environment) -> Result<Identity, ProviderError> {
        self.identity().await
    }

    fn repeats(&self, _type_name: &str, _property: &str) -> bool {
        false
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        lookup(type_name).map(|resource| behavior(resource, self.time_scale))
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        let resource = schema(type_name)?;
        match resource.unsupported() {
            // A program that AWS cannot deploy is not deployed here either.
            Some(reason) => Err(ProviderError::new(ErrorClass::Invalid, reason)),
            None => check(resource, properties, Known::Partly),
        }
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        self.call(Operation::Create, &request.address, |world| world.create(request)).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.call(Operation::Read, &resource.address, |world| world.read(resource)).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        self.call(Operation::Update, &request.existing.address, |world| world.update(request)).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.call(Operation::Delete, &request.existing.address, |world| world.delete(request)).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.call(Operation::Status, &resource.address, |world| world.status(resource)).await
    }

    async fn advance(&self, resource: &Existing, _new: bool) -> Result<Status, ProviderError> {
        self.status(resource).await
    }

    fn consistency_window(&self) -> Duration {
        self.time_scale.scale(CONSISTENCY_WINDOW)
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.call(Operation::Find, &request.address, |world| world.find(request)).await
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        let is_there = |region: &str| region.is_empty() || environments.iter().any(|it| it.region == region);
        let found = self.locked(&mut self.lock(), |world| {
            let own = world.account.resources().filter(|found| found.app == app && is_there(&found.key.region));
            own.map(|found| format!("{} {}", found.key.type_name, found.key.id)).collect()
        });
        found.map_err(unavailable)
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        let LookupRequest { path, query, environment, .. } = request;
        let stated = self.lock().answers.get(query).map(crate::lookup::stated);
        let type_name = query.type_name().to_owned();
        let address = Address { app: String::new(), path: path.clone(), type_name, environment: environment.clone() };
        self.call(Operation::LookUp, &address, |world| {
            Ok(stated.unwrap_or_else(|| crate::lookup::look_up(world.account, &self.account, request)))
        })
        .await
    }

    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        let Existing { address, id, .. } = resource;
        let is_it = |found: &&Resource| {
            let Key { region, id: found, .. } = &found.key;
            found == id && (region.is_empty() || *region == address.environment.region)
        };
        let owner = |world: &mut World<'_>| {
            let found = world.account.of_type(&address.type_name).find(is_it);
            let found = found.filter(|found| found.schema().tags.is_some() && !found.app.is_empty());
            Ok(found.and_then(|found| Some(Owner { app: found.app.clone(), path: found.path.as_ref()?.to_string() })))
        };
        self.call(Operation::Read, address, owner).await
    }

    async fn secret_output(
        &self,
        resource: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        self.call(Operation::Read, &resource.address, |world| world.secret_output(resource, attribute)).await
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError> {
        let Value::String(name) = &*entry.secret else {
            return Err(ProviderError::new(ErrorClass::Invalid, "the name or ARN of the secret is not known yet"));
        };
        tokio::task::yield_now().await;
        let value = self.locked(&mut self.lock(), |world| world.secret(name, &environment.region));
        let value = value.map_err(unavailable)??;
        match &entry.key {
            None => Ok(value),
            Some(key) => entry_of(&value, key).ok_or_else(|| {
                ProviderError::new(
                    ErrorClass::Invalid,
                    format!("the secret {name} is not a JSON object with a string at {key}"),
                )
            }),
        }
    }
}

fn entry_of(value: &str, key: &str) -> Option<Zeroizing<String>> {
    let object: Json = serde_json::from_str(value).ok()?;
    object.get(key)?.as_str().map(|text| Zeroizing::new(text.to_owned()))
}

/// Returns the resource of a type with an identifier, in any region.
fn find(account: &Account, type_name: &str, id: &str) -> Result<Resource, ProviderError> {
    let found = account.of_type(type_name).find(|found| found.key.id == id);
    let missing = || ProviderError::new(ErrorClass::NotFound, format!("there is no {type_name} {id}"));
    found.cloned().ok_or_else(missing)
}

/// Returns the error of a sandbox that cannot be used; nothing has happened. Repeating does not help: a full disk stays
/// full until the user frees space.
fn unavailable(error: SandboxError) -> ProviderError {
    ProviderError::new(ErrorClass::Invalid, error.to_string())
}

impl From<&Resource> for Item {
    fn from(resource: &Resource) -> Self {
        Self {
            type_name: resource.key.type_name.clone(),
            region: resource.key.region.clone(),
            id: resource.key.id.clone(),
            path: resource.path.clone(),
            properties: resource.properties.clone(),
            outputs: resource.outputs.clone(),
            status: resource.status(),
        }
    }
}
