//! A lock that is lost in the middle of a call.

#![expect(clippy::result_large_err, reason = "the error of all calls")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use groundplan_core::Environment;
use groundplan_core::secret::SecretsManagerEntry;
use zeroize::Zeroizing;

use super::*;
use crate::provider::{
    Accepted, Behavior, CreateRequest, DeleteRequest, Deletion, Existing, Fence, Identity, Live, LookupRequest,
    Matches, Owner, Properties, ProviderError, Status, UpdateRequest,
};
use crate::run::store::{FileStore, StoreError};

/// A lock that is lost for good, or cannot be confirmed for a moment, after so many requests.
struct Lease {
    requests: AtomicUsize,
    after: usize,
    lost: AtomicBool,
    for_good: bool,
}

impl Fence for Lease {
    fn check(&self) -> Result<(), ProviderError> {
        if self.requests.fetch_add(1, Ordering::SeqCst) == self.after {
            self.lost.store(true, Ordering::SeqCst);
        }
        match self.lost.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(ProviderError::new(ErrorClass::LockLost, "the lock was taken over")),
        }
    }
}

/// Keeps a state in memory, locked by a lease.
struct Leased {
    kept: MemoryStore,
    lease: Arc<Lease>,
}

impl Leased {
    fn new(after: usize, for_good: bool) -> Self {
        let lease = Lease { requests: AtomicUsize::new(0), after, lost: AtomicBool::new(false), for_good };
        Self { kept: MemoryStore::new(), lease: Arc::new(lease) }
    }

    fn lost(&self) -> Error {
        Error::Store(StoreError::LockLost { place: self.place(), how: "was taken over".into() })
    }

    fn writes(&self) -> Result<(), Error> {
        match self.lease.for_good && self.lease.lost.load(Ordering::SeqCst) {
            true => Err(self.lost()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl StateStore for Leased {
    fn place(&self) -> String {
        "memory".into()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.kept.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.writes()?;
        self.kept.save(state).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        self.writes()?;
        self.kept.append(base, events).await
    }

    async fn lock(&self, _holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        unreachable!("the tests take no lock")
    }

    /// A renewal, which works where the lease was not lost for good.
    async fn confirm_lock(&self) -> Result<(), Error> {
        self.writes()?;
        self.lease.lost.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn lock_fence(&self) -> Option<Arc<dyn Fence>> {
        Some(self.lease.clone())
    }
}

/// A cloud that takes three requests for each create, update and delete: two that prepare it, and that of
/// the [`Fake`]; and one for each poll of a deploy.
#[derive(Clone)]
struct Slow {
    fake: Arc<Fake>,
    sent: Arc<AtomicUsize>,
    fence: Option<Arc<dyn Fence>>,
}

impl Slow {
    fn new() -> Self {
        Self { fake: Arc::default(), sent: Arc::default(), fence: None }
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    fn request(&self) -> Result<(), ProviderError> {
        self.fence.as_ref().map_or(Ok(()), |fence| fence.check())?;
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn requests(&self) -> Result<(), ProviderError> {
        (0..3).try_for_each(|_| self.request())
    }
}

#[async_trait]
impl Provider for Slow {
    fn consistency_window(&self) -> Duration {
        Duration::from_secs(12)
    }

    fn time(&self) -> Option<u64> {
        None
    }

    async fn owner(&self, _resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        Ok(None)
    }

    async fn secret_output(
        &self,
        _resource: &Existing,
        _attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        Ok(None)
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        self.requests()?;
        self.fake.create(request).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        self.requests()?;
        self.fake.update(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        self.requests()?;
        self.fake.delete(request).await
    }

    fn with_fence(&self, fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        Some(Box::new(Self { fence: Some(fence), ..self.clone() }))
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.fake.identity().await
    }

    async fn identity_in(&self, environment: &Environment) -> Result<Identity, ProviderError> {
        self.fake.identity_in(environment).await
    }

    fn repeats(&self, type_name: &str, property: &str) -> bool {
        self.fake.repeats(type_name, property)
    }

    async fn owned(&self, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        self.fake.owned(app, environments).await
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.request()?;
        self.fake.advance(resource, new).await
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.fake.behavior(type_name)
    }

    fn check(&self, type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        self.fake.check(type_name, properties)
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        self.fake.look_up(request).await
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        self.fake.read(resource).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        self.fake.status(resource).await
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.fake.find(request).await
    }

    async fn secret(
        &self,
        entry: &SecretsManagerEntry,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, ProviderError> {
        self.fake.secret(entry, environment).await
    }
}

fn program() -> Assembly {
    assembly(&["a/one", "a/two", "a/three"].map(|path| (path, LOG_GROUP, json!({"LogGroupName": path}))))
}

async fn run(slow: &Slow, store: &Leased, program: &Assembly) -> Result<Outcome, ExecuteError> {
    let loaded = store::load(store, "shop").await.unwrap();
    let plan = planning::deploy(program, &loaded.state, slow, &PlanOptions::default()).await.unwrap().plan;
    let options = ExecuteOptions { parallelism: 1, delete_data: true, ..ExecuteOptions::default() };
    execute(&plan, loaded, slow, store, &options, &(), &Cancellation::new()).await
}

#[tokio::test(start_paused = true)]
async fn no_request_is_sent_once_the_lock_is_lost_though_a_call_is_under_way() {
    for after in 0..9 {
        let (slow, store) = (Slow::new(), Leased::new(after, true));
        let error = run(&slow, &store, &program()).await.unwrap_err();
        assert!(
            matches!(&error, ExecuteError::Unsaved { source, .. } if matches!(**source, Error::Store(StoreError::LockLost { .. }))),
            "{error}"
        );
        assert_eq!(slow.sent(), after);
        assert_eq!(slow.fake.calls().len(), after / 3, "a call that was stopped has no effect");
    }
}

#[tokio::test(start_paused = true)]
async fn neither_an_update_nor_a_deletion_goes_on_once_the_lock_is_lost() {
    let logs = |days: u32| assembly(&[("a/one", LOG_GROUP, json!({"LogGroupName": "a/one", "RetentionInDays": days}))]);
    for (before, after) in [(logs(7), logs(30)), (logs(7), assembly(&[]))] {
        let (slow, store) = (Slow::new(), Leased::new(4, true));
        assert!(run(&slow, &store, &before).await.unwrap().succeeded());
        slow.fake.calls();
        let error = run(&slow, &store, &after).await.unwrap_err();
        assert!(matches!(error, ExecuteError::Unsaved { .. }), "{error}");
        assert_eq!((slow.sent(), slow.fake.calls()), (4, vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_could_not_be_renewed_for_a_moment_only_delays_the_call() {
    for after in 0..9 {
        let (slow, store) = (Slow::new(), Leased::new(after, false));
        let outcome = run(&slow, &store, &program()).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        assert_eq!(slow.fake.calls().len(), 3, "each is made once");
    }
}

/// A NAT gateway, which is polled until it works.
fn polled() -> Assembly {
    assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1"}))])
}

#[tokio::test(start_paused = true)]
async fn a_poll_sends_no_request_once_the_lock_is_lost() {
    for after in 3..6 {
        let (slow, store) = (Slow::new(), Leased::new(after, true));
        let error = run(&slow, &store, &polled()).await.unwrap_err();
        assert!(
            matches!(&error, ExecuteError::Unsaved { source, .. } if matches!(**source, Error::Store(StoreError::LockLost { .. }))),
            "{error}"
        );
        assert_eq!((slow.sent(), slow.fake.cloud().advances), (after, after as u32 - 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_could_not_be_renewed_for_a_moment_only_delays_the_poll() {
    let (slow, store) = (Slow::new(), Leased::new(4, false));
    let outcome = run(&slow, &store, &polled()).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_not_repeated_once_force_unlock_has_taken_the_lock_of_a_directory() {
    let (fake, dir) = (Fake::default(), tempfile::tempdir().unwrap());
    let store = FileStore::new(dir.path(), "shop");
    let _lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
    let before = assembly(&[("a/one", LOG_GROUP, json!({"LogGroupName": "one"}))]);
    assert!(deploy(&before, &store, &fake).await.succeeded());
    (0..9).for_each(|_| fake.fail("delete a/one", ErrorClass::Conflict));
    let (plan, loaded) = plan(&assembly(&[]), &store, &fake).await;
    let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
    let cancellation = Cancellation::new();
    let run = execute(&plan, loaded, &fake, &store, &options, &(), &cancellation);
    let unlock = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        FileStore::new(dir.path(), "shop").force_unlock().await.unwrap().expect("it is held");
    };
    let error = tokio::join!(run, unlock).0.unwrap_err();
    assert!(
        matches!(&error, ExecuteError::Unsaved { source, .. } if matches!(**source, Error::Store(StoreError::LockLost { .. }))),
        "{error}"
    );
    assert_eq!(fake.paths(), ["a/one"], "a later try would have deleted it");
}
