//! A bucket in memory, for tests: changes can be delayed, and answers can be lost.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::lease::{Clock, CompareAndSwapStore, StoredText};
use super::object::{ObjectStore, Objects};
use crate::Error;
use crate::provider::{ErrorClass, ProviderError};
use crate::run::store::StoreError;

/// The outcome of the next request that changes something.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// It is carried out, and its answer is lost.
    Lost,
    /// So, and it is sent once more.
    Repeated,
    /// It does not arrive.
    Refused,
}

/// A bucket as one machine reaches it.
#[derive(Clone, Default)]
pub(super) struct FakeBucket {
    kept: Arc<Mutex<Kept>>,
    machine: Arc<Machine>,
}

#[derive(Default)]
struct Kept {
    texts: BTreeMap<String, String>,
    cells: BTreeMap<String, StoredText>,
    versions: u64,
}

struct Machine {
    faults: Mutex<VecDeque<Fault>>,
    cell_faults: Mutex<VecDeque<Fault>>,
    /// Each request as in `create shop/log/000000000001`.
    requests: Mutex<Vec<String>>,
    frozen: watch::Sender<bool>,
    /// The lead of its clock over the bucket's, in seconds.
    skew: Arc<AtomicI64>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            faults: Mutex::default(),
            cell_faults: Mutex::default(),
            requests: Mutex::default(),
            frozen: watch::Sender::new(false),
            skew: Arc::default(),
        }
    }
}

impl FakeBucket {
    /// The same bucket from another machine.
    pub(super) fn elsewhere(&self) -> Self {
        Self { kept: self.kept.clone(), machine: Arc::default() }
    }

    pub(super) fn store(&self, app: &str) -> ObjectStore {
        let (started, skew) = (Instant::now(), self.machine.skew.clone());
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let wall: Clock = Arc::new(move || {
            let skew = SignedDuration::from_secs(skew.load(Ordering::Relaxed));
            start + started.elapsed() + skew
        });
        ObjectStore::with_wall(Arc::new(self.clone()), Arc::new(self.clone()), app, wall)
    }

    /// Sets the machine's clock, in seconds ahead of the bucket's.
    pub(super) fn set_clock(&self, skew: i64) {
        self.machine.skew.store(skew, Ordering::Relaxed);
    }

    /// Stops all requests of the machine until it is thawed, as if all its processes were suspended.
    pub(super) fn freeze(&self) {
        self.machine.frozen.send_replace(true);
    }

    pub(super) fn thaw(&self) {
        self.machine.frozen.send_replace(false);
    }

    /// The next changes of objects go as these say, one by one.
    pub(super) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.machine.faults.lock().unwrap().extend(faults);
    }

    /// The next changes of locks go as these say, one by one.
    pub(super) fn fail_cells(&self, faults: impl IntoIterator<Item = Fault>) {
        self.machine.cell_faults.lock().unwrap().extend(faults);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.kept().texts.keys().cloned().collect()
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.kept().texts[name].clone()
    }

    pub(super) fn set(&self, name: &str, text: &str) {
        self.kept().texts.insert(name.into(), text.into());
    }

    /// Deletes the objects with this prefix, as a user would by hand.
    pub(super) fn remove(&self, prefix: &str) {
        self.kept().texts.retain(|name, _| !name.starts_with(prefix));
    }

    pub(super) fn cell(&self, name: &str) -> Option<String> {
        self.kept().cells.get(name).map(|cell| cell.text.clone())
    }

    pub(super) fn set_cell(&self, name: &str, text: &str) {
        let version = "by hand".to_owned();
        self.kept().cells.insert(name.into(), StoredText { text: text.into(), version });
    }

    /// This machine's requests about objects since the last time.
    pub(super) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.machine.requests.lock().unwrap())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    async fn look<T>(&self, request: Option<String>, look: impl Fn(&mut Kept) -> T) -> T {
        self.machine.requests.lock().unwrap().extend(request);
        self.machine.frozen.subscribe().wait_for(|frozen| !frozen).await.unwrap();
        look(&mut self.kept())
    }

    async fn change<T>(
        &self,
        faults: &Mutex<VecDeque<Fault>>,
        request: Option<String>,
        change: impl Fn(&mut Kept) -> T,
    ) -> Result<T, Error> {
        let fault = faults.lock().unwrap().pop_front();
        let result = match fault {
            Some(Fault::Refused) => return Err(no_answer()),
            _ => self.look(request, &change).await,
        };
        match fault {
            Some(Fault::Lost) => Err(no_answer()),
            Some(Fault::Repeated) => Ok(change(&mut self.kept())),
            _ => Ok(result),
        }
    }
}

fn no_answer() -> Error {
    let source = ProviderError::new(ErrorClass::UnknownOutcome, "connection reset");
    Error::Store(StoreError::Request {
        doing: "write",
        place: "s3://bucket".into(),
        source: Box::new(source),
        fix: None,
    })
}

/// Lets everything else go on for that long.
pub(super) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[async_trait]
impl Objects for FakeBucket {
    fn place(&self) -> String {
        "s3://bucket".into()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let list = |kept: &mut Kept| kept.texts.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        Ok(self.look(Some(format!("list {prefix}")), list).await)
    }

    async fn directories(&self) -> Result<Vec<String>, Error> {
        let first = |name: &String| Some(name.split_once('/')?.0.to_owned());
        let mut names: Vec<_> = self.look(None, |kept| kept.texts.keys().filter_map(first).collect()).await;
        names.dedup();
        Ok(names)
    }

    async fn get(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.look(Some(format!("get {name}")), |kept| kept.texts.get(name).cloned()).await)
    }

    async fn create(&self, name: &str, text: String) -> Result<bool, Error> {
        let create = |kept: &mut Kept| {
            let free = !kept.texts.contains_key(name);
            if free {
                kept.texts.insert(name.to_owned(), text.clone());
            }
            free
        };
        self.change(&self.machine.faults, Some(format!("create {name}")), create).await
    }

    async fn put(&self, name: &str, text: String) -> Result<(), Error> {
        let put = |kept: &mut Kept| drop(kept.texts.insert(name.to_owned(), text.clone()));
        self.change(&self.machine.faults, Some(format!("put {name}")), put).await
    }

    async fn delete(&self, names: Vec<String>) -> Result<(), Error> {
        let delete = |kept: &mut Kept| names.iter().for_each(|name| drop(kept.texts.remove(name)));
        self.change(&self.machine.faults, Some(format!("delete {}", names.len())), delete).await
    }
}

#[async_trait]
impl CompareAndSwapStore for FakeBucket {
    async fn read(&self, name: &str) -> Result<Option<StoredText>, Error> {
        Ok(self.look(None, |kept| kept.cells.get(name).cloned()).await)
    }

    async fn write(&self, name: &str, text: &str, over: Option<&str>) -> Result<Option<String>, Error> {
        let write = |kept: &mut Kept| {
            if kept.cells.get(name).map(|cell| cell.version.as_str()) != over {
                return None;
            }
            kept.versions += 1;
            let version = kept.versions.to_string();
            kept.cells.insert(name.to_owned(), StoredText { text: text.to_owned(), version: version.clone() });
            Some(version)
        };
        self.change(&self.machine.cell_faults, None, write).await
    }

    async fn delete(&self, name: &str, version: &str) -> Result<bool, Error> {
        let delete = |kept: &mut Kept| {
            let there = kept.cells.get(name).is_some_and(|cell| cell.version == version);
            if there {
                kept.cells.remove(name);
            }
            there
        };
        self.change(&self.machine.cell_faults, None, delete).await
    }
}
