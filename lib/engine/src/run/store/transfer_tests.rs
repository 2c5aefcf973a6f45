use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use groundplan_core::{App, Assembly};
use serde_json::json;
use tempfile::TempDir;

use super::fake_bucket::FakeBucket;
use super::history::History;
use super::start::{load, load_new};
use super::transfer::{self, migrate, pushable, replace, restorable};
use super::{FileStore, Lock, StateStore, Stored};
use crate::Error;
use crate::fake::identity;
use crate::hint::{Hint, Hints as _};
use crate::model::{Event, FormatError, LockOwner, RunRecord, RunResult, State};
use crate::run::store::StoreError;

fn begun(serial: u64) -> Event {
    Event::Begun { serial, identity: identity() }
}

fn run(serial: u64, result: Option<RunResult>) -> RunRecord {
    let before = State { serial: serial - 1, ..State::new("shop") };
    RunRecord { result, ..RunRecord::begun(&before, &LockOwner::new("deploy"), Default::default()) }
}

fn program() -> Assembly {
    App::new("shop").synth().unwrap().assembly
}

/// Returns the last state of `count` deploys.
async fn deployed(store: &dyn StateStore, count: u64) -> State {
    let lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
    let mut state = State { identity: Some(identity()), ..State::new("shop") };
    for serial in 1..=count {
        store.record(&run(serial, None), Some(&program())).await.unwrap();
        state.serial = serial;
        store.save(&state).await.unwrap();
        store.record(&run(serial, Some(RunResult::Succeeded)), None).await.unwrap();
    }
    lock.release().await.unwrap();
    state
}

fn files() -> (TempDir, FileStore) {
    let dir = TempDir::new().unwrap();
    let store = FileStore::new(dir.path(), "shop");
    (dir, store)
}

async fn refused(store: &dyn StateStore) -> String {
    hinted(store).await.0
}

/// Returns the error and the hints of a state that is not loaded.
async fn hinted(store: &dyn StateStore) -> (String, Vec<Hint>) {
    let error = load(store, "shop").await.unwrap_err();
    (error.to_string(), error.hints())
}

#[tokio::test]
async fn an_absent_state_beside_earlier_ones_is_refused_until_one_is_restored() {
    let (dir, store) = files();
    let last = deployed(&store, 3).await;
    fs::remove_file(dir.path().join("shop/state.json")).unwrap();
    let (error, hints) = hinted(&store).await;
    assert!(error.contains("earlier states (serials 1 to 2) and the history of 3 runs"), "{error}");
    assert_eq!(hints, [Hint::CheckStateLocation, Hint::RestoreState { serial: Some(2) }, Hint::NewState]);

    let missing = restorable(&store, "shop", 7).await.unwrap_err().to_string();
    assert!(missing.ends_with("has no state with the serial 7; these can be restored: 1, 2"), "{missing}");
    let state = restorable(&store, "shop", 2).await.unwrap();
    assert_eq!(replace(&store, "shop", state, &deploy()).await.unwrap().done.before, None);
    let loaded = load(&store, "shop").await.unwrap().state;
    assert_eq!(loaded, State { serial: 4, ..last }, "the serial follows all that was there");
}

#[tokio::test]
async fn a_state_from_before_the_first_deploy_is_neither_offered_nor_restored_nor_pushed() {
    let (dir, store) = files();
    let blank = State::new("shop");
    store.save(&blank).await.unwrap();
    deployed(&store, 1).await;
    let path = |name: &str| dir.path().join("shop").join(name);
    fs::create_dir(path("state.9.json")).unwrap();
    assert_eq!(store.backups().await.unwrap(), [0, 9]);
    let error = restorable(&store, "shop", 0).await.unwrap_err();
    assert_eq!(error.hints(), [Hint::NewState]);
    let error = error.to_string();
    assert!(error.contains("is from before the first deploy and is empty; no earlier states are kept"), "{error}");
    assert!(error.ends_with("; these cannot be read: 9"), "{error}");
    let error = pushable(&store, "shop", &blank.to_json(), "blank.json", true).await.unwrap_err();
    assert_eq!(error.hints(), [Hint::NewState]);
    assert!(error.to_string().starts_with("blank.json is a state from before the first deploy"), "{error}");
    // The one that was damaged while it was current is no way back, and is not advised.
    fs::remove_file(path("state.json")).unwrap();
    let (error, hints) = hinted(&store).await;
    assert!(error.contains("earlier states (serials 0 to 9)"), "{error}");
    let push = [Hint::CheckStateLocation, Hint::PushState { force: false }, Hint::NewState];
    assert_eq!(hints, push);
    fs::write(path("journal.jsonl"), "").unwrap();
    assert_eq!(hinted(&store).await.1, push);
}

#[tokio::test]
async fn a_later_run_that_cannot_be_read_is_a_reason_to_ask_and_no_dead_end() {
    let (dir, store) = files();
    deployed(&store, 2).await;
    let later = dir.path().join("shop/history/4.json");
    fs::create_dir(&later).unwrap();
    let (error, hints) = hinted(&store).await;
    assert!(error.contains("has serial 2, but the history has run 4, which cannot be read (cannot read `"), "{error}");
    assert_eq!(hints, [Hint::PutStateBack, Hint::AcceptState { serial: 2, drops_journal: false }]);
    let accepted = restorable(&store, "shop", 2).await.unwrap();
    replace(&store, "shop", accepted, &deploy()).await.unwrap();
    assert_eq!(load(&store, "shop").await.unwrap().state.serial, 5);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_state_in_a_bucket_that_cannot_be_read_is_named_with_the_reason() {
    let bucket = FakeBucket::default();
    let store = bucket.store("shop");
    let last = deployed(&store, 3).await;
    let name = bucket.names().into_iter().find(|name| name.contains("/log/")).unwrap();
    let newer = bucket.text(&name).replace(&format!("\"format\": {}", State::FORMAT), "\"format\": 99");
    bucket.set(&name, &newer);
    let transfer::Earlier { states, unreadable } = transfer::earlier(&store).await.unwrap();
    assert_eq!(states.iter().map(|state| state.serial).collect::<Vec<_>>(), [2]);
    assert!(unreadable[&1].to_string().contains("has format 99"), "{unreadable:?}");
    // It stays behind when the state moves.
    let (_dir, to) = files();
    let (from_lock, to_lock) = (store.lock(&deploy()).await.unwrap(), to.lock(&deploy()).await.unwrap());
    migrate(&store, &to, "shop", "s3://bucket", "file:there").await.unwrap();
    drop((from_lock, to_lock));
    assert_eq!(to.backups().await.unwrap(), [2]);
    assert_eq!(load(&to, "shop").await.unwrap().state, last);
}

fn deploy() -> LockOwner {
    LockOwner::new("deploy")
}

#[tokio::test]
async fn whatever_is_left_shows_that_there_was_a_state() {
    for (left, evidence) in [
        ("journal.jsonl", "a journal"),
        ("history", "the history of 3 runs"),
        ("state.2.json", "an earlier state (serial 2)"),
    ] {
        let (dir, store) = files();
        deployed(&store, 3).await;
        store.append(3, &[begun(4)]).await.unwrap();
        for name in ["journal.jsonl", "state.json", "state.1.json", "state.2.json"] {
            if name != left {
                fs::remove_file(dir.path().join("shop").join(name)).unwrap();
            }
        }
        if left != "history" {
            fs::remove_dir_all(dir.path().join("shop/history")).unwrap();
        }
        let error = refused(&store).await;
        assert!(error.contains(&format!("it still has {evidence}")), "{error}");
        assert_eq!(store.apps().await.unwrap().is_empty(), left == "state.2.json");
    }
    // A bucket whose log was deleted.
    let bucket = FakeBucket::default();
    let store = bucket.store("shop");
    deployed(&store, 3).await;
    bucket.remove("shop/log/");
    let error = refused(&store).await;
    assert!(error.contains("it still has the history of 3 runs"), "{error}");
}

#[tokio::test]
async fn a_first_run_that_was_killed_or_refused_before_its_state_was_saved_is_begun_again() {
    let (_dir, store) = files();
    store.record(&run(1, None), Some(&program())).await.unwrap();
    assert_eq!(load(&store, "shop").await.unwrap().base, None);
}

#[tokio::test]
async fn a_journal_that_was_emptied_says_nothing_of_a_first_run() {
    let (dir, store) = files();
    store.save(&State::new("shop")).await.unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    assert!(!load(&store, "shop").await.unwrap().is_first());
    let journal = dir.path().join("shop/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let header = text.lines().next().unwrap().to_owned() + "\n";
    for left in ["", &header] {
        fs::write(&journal, left).unwrap();
        let loaded = load(&FileStore::new(dir.path(), "shop"), "shop").await.unwrap();
        assert!(loaded.is_first(), "{left:?}: the account has to be asked");
    }
}

#[tokio::test]
async fn starting_over_goes_on_with_the_serials() {
    let (dir, store) = files();
    let last = deployed(&store, 3).await;
    fs::remove_file(dir.path().join("shop/state.json")).unwrap();
    let loaded = load_new(&store, "shop").await.unwrap();
    assert_eq!((loaded.base, loaded.state.serial), (None, 3));
    assert_ne!(loaded.state.lineage, last.lineage);
}

#[tokio::test]
async fn a_state_that_is_older_than_its_history_or_its_journal_is_refused_until_it_is_accepted() {
    let (dir, store) = files();
    let last = deployed(&store, 3).await;
    let path = |name: &str| dir.path().join("shop").join(name);
    let newest = fs::read(path("state.json")).unwrap();
    fs::remove_file(path("state.json")).unwrap();
    fs::copy(path("state.1.json"), path("state.json")).unwrap();
    let error = refused(&store).await;
    assert!(error.contains("has serial 1, but run 3 has ended: it was replaced by an older state"), "{error}");

    fs::write(path("state.json"), newest).unwrap();
    store.append(3, &[begun(4)]).await.unwrap();
    fs::remove_file(path("state.json")).unwrap();
    fs::copy(path("state.2.json"), path("state.json")).unwrap();
    fs::remove_dir_all(path("history")).unwrap();
    let (error, hints) = hinted(&store).await;
    assert!(error.contains("has serial 2, but its journal continues serial 3"), "{error}");
    assert_eq!(hints, [Hint::PutStateBack, Hint::AcceptState { serial: 2, drops_journal: false }]);
    let accepted = restorable(&store, "shop", 2).await.unwrap();
    replace(&store, "shop", accepted, &deploy()).await.unwrap();
    let loaded = load(&store, "shop").await.unwrap();
    assert_eq!((loaded.journal, loaded.state.lineage), (0, last.lineage));
}

#[tokio::test]
async fn the_journal_of_another_state_is_refused() {
    let (_dir, store) = files();
    deployed(&store, 1).await;
    store.append(1, &[begun(2)]).await.unwrap();
    let (other_dir, other) = files();
    let foreign = deployed(&other, 1).await;
    fs::copy(store.place() + "/journal.jsonl", other_dir.path().join("shop/journal.jsonl")).unwrap();
    let (error, hints) = hinted(&other).await;
    assert!(error.contains("continues a state of lineage"), "{error}");
    assert_eq!(hints, [Hint::PutStateBack, Hint::AcceptState { serial: 1, drops_journal: true }]);
    let accepted = restorable(&other, "shop", 1).await.unwrap();
    replace(&other, "shop", accepted, &deploy()).await.unwrap();
    // Higher than every serial that was seen, that of the journal, too.
    assert_eq!(load(&other, "shop").await.unwrap().state, State { serial: 3, ..foreign });
}

#[tokio::test(start_paused = true)]
async fn an_earlier_state_in_a_bucket_is_restored() {
    let bucket = FakeBucket::default();
    let store = bucket.store("shop");
    let last = deployed(&store, 12).await;
    assert_eq!(store.backups().await.unwrap(), (3..12).collect::<Vec<_>>());
    let _lock = store.lock(&LockOwner::new("state restore 5")).await.unwrap();
    let state = restorable(&store, "shop", 5).await.unwrap();
    assert_eq!(replace(&store, "shop", state, &deploy()).await.unwrap().done.before, Some(12));
    assert_eq!(load(&store, "shop").await.unwrap().state, State { serial: 13, ..last });
}

#[tokio::test]
async fn what_an_interrupted_run_has_done_is_kept_as_an_earlier_state() {
    let (_dir, store) = files();
    deployed(&store, 2).await;
    store.append(2, &[begun(3)]).await.unwrap();
    let state = restorable(&store, "shop", 1).await.unwrap();
    assert_eq!(state.serial, 4);
    replace(&store, "shop", state, &deploy()).await.unwrap();
    assert_eq!(store.backups().await.unwrap(), [1, 2, 3]);
    assert_eq!(store.backup(3).await.unwrap().unwrap().identity, Some(identity()));
}

#[tokio::test]
async fn a_state_is_pushed_where_it_continues_the_current_one() {
    let (dir, store) = files();
    let current = deployed(&store, 3).await;
    let edited = current.to_json().replace("\"serial\": 3", "\"serial\":   3");
    let pushed = pushable(&store, "shop", &edited, "state.txt", false).await.unwrap();
    assert_eq!(pushed, State { serial: 4, ..current.clone() });
    replace(&store, "shop", pushed, &deploy()).await.unwrap();

    let cases = [
        (State { serial: 3, ..current.clone() }, "it has changed since"),
        (State { serial: 9, identity: Some(identity()), ..State::new("shop") }, "is not a state of the lineage"),
        (State { app: "account".into(), ..current.clone() }, "is the state of the app `account`"),
    ];
    for (state, expected) in cases {
        let error = pushable(&store, "shop", &state.to_json(), "x", false).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        let forced = pushable(&store, "shop", &state.to_json(), "x", true).await;
        assert_eq!(forced.is_ok(), state.app == "shop");
    }
    let later = State { format: State::FORMAT + 1, ..current.clone() }.to_json();
    assert!(matches!(pushable(&store, "shop", &later, "x", true).await, Err(Error::Format(FormatError::Newer { .. }))));

    // One that was edited in place is accepted as what it is by force alone.
    let path = dir.path().join("shop/state.json");
    let edited = fs::read_to_string(&path).unwrap().replace("\"shop\"", "\"shop\" ");
    fs::write(&path, &edited).unwrap();
    let (error, hints) = hinted(&store).await;
    assert!(error.contains("does not match its checksum: it was edited by hand or is damaged"), "{error}");
    assert_eq!(hints, [Hint::RestoreState { serial: None }, Hint::PushState { force: true }]);
    assert!(pushable(&store, "shop", &edited, "x", false).await.is_err());
    let pushed = pushable(&store, "shop", &edited, "x", true).await.unwrap();
    replace(&store, "shop", pushed, &deploy()).await.unwrap();
    assert_eq!(load(&store, "shop").await.unwrap().state, State { serial: 5, ..current });
}

async fn is_moved(from: &dyn StateStore, to: &dyn StateStore, url: &str, state: &State) {
    let (moved, hints) = hinted(from).await;
    assert!(moved.ends_with(&format!("was moved to {url}")), "{moved}");
    assert_eq!(hints, [Hint::UseState { url: url.into() }, Hint::FinishMove { url: url.into() }]);
    assert_eq!(load(to, "shop").await.unwrap().state, *state);
    let runs = to.history().await.unwrap().whole().unwrap();
    assert_eq!(runs, from.history().await.unwrap().whole().unwrap());
    for run in runs {
        assert_eq!(to.assembly(run.serial).await.unwrap(), Some(program()));
    }
}

async fn moved(from: &dyn StateStore, to: &dyn StateStore, url: &str) -> Result<State, Error> {
    let holder = LockOwner::new("state migrate");
    let (one, other) = (from.lock(&holder).await?, to.lock(&holder).await?);
    let moved = migrate(from, to, "shop", "where:it:was", url).await;
    one.release().await?;
    other.release().await?;
    Ok(moved?.state)
}

#[tokio::test(start_paused = true)]
async fn a_state_is_moved_to_a_bucket_and_back_with_its_history() {
    let (_dir, file) = files();
    let bucket = FakeBucket::default();
    let object = bucket.store("shop");
    let state = deployed(&file, 4).await;
    let nothing = moved(&object, &file, "file:there").await.unwrap_err().to_string();
    assert!(nothing.contains("there is no state at s3://bucket/shop: nothing was deployed from there"), "{nothing}");

    assert_eq!(moved(&file, &object, "s3://bucket").await.unwrap(), state);
    is_moved(&file, &object, "s3://bucket", &state).await;
    assert_eq!(object.backups().await.unwrap(), [1, 2, 3]);
    // Nothing can be made of the one that was left.
    for refused in [
        restorable(&file, "shop", 2).await.map(drop),
        pushable(&file, "shop", &state.to_json(), "x", true).await.map(drop),
        load_new(&file, "shop").await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Store(StoreError::Moved { .. }))), "{refused:?}");
    }
    let lock = object.lock(&LockOwner::new("deploy")).await.unwrap();
    object.save(&State { serial: 5, ..state.clone() }).await.unwrap();
    lock.release().await.unwrap();
    let state = moved(&object, &file, "file:here").await.unwrap();
    assert_eq!(state.serial, 5);
    is_moved(&object, &file, "file:here", &state).await;
    // And once more, to a place that was used before.
    assert_eq!(moved(&file, &object, "s3://bucket").await.unwrap(), state);
    is_moved(&file, &object, "s3://bucket", &state).await;
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_kept_when_another_state_is_put_in_place() {
    let (dir, store) = files();
    deployed(&store, 2).await;
    store.append(2, &[begun(3)]).await.unwrap();
    let path = |name: &str| dir.path().join("shop").join(name);
    let damaged = fs::read_to_string(path("journal.jsonl")).unwrap() + "garbage\n";
    fs::write(path("journal.jsonl"), &damaged).unwrap();
    // As another process does.
    let store = FileStore::new(dir.path(), "shop");
    let state = restorable(&store, "shop", 2).await.unwrap();
    replace(&store, "shop", state, &deploy()).await.unwrap();
    assert_eq!(fs::read_to_string(path("journal.damaged.jsonl")).unwrap(), damaged);
    assert_eq!(load(&store, "shop").await.unwrap().journal, 0);
}

#[tokio::test]
async fn a_restored_state_counts_on_from_the_generations_that_were_reached() {
    let (_dir, store) = files();
    let last = deployed(&store, 2).await;
    let generations = [("a/vpc".into(), 3)].into();
    store.save(&State { serial: 3, generations, ..last }).await.unwrap();
    let restored = restorable(&store, "shop", 1).await.unwrap();
    assert_eq!(restored.generations, [("a/vpc".into(), 3)].into(), "a token is never used for two resources");
}

#[tokio::test(start_paused = true)]
async fn a_move_that_is_repeated_does_not_bring_back_a_state_that_has_moved_on() {
    for runs in [1, 0] {
        let ((_one, a), (_two, b), (_three, c)) = (files(), files(), files());
        deployed(&a, 2).await;
        let state = moved(&a, &b, "file:b").await.unwrap();
        b.save(&State { serial: 2 + runs, ..state }).await.unwrap();
        moved(&b, &c, "file:c").await.unwrap();
        let refused = moved(&a, &b, "file:b").await.unwrap_err();
        assert!(matches!(&refused, Error::Store(StoreError::Moved { to, .. }) if to == "file:c"), "{refused}");
        assert!(matches!(load(&b, "shop").await, Err(Error::Store(StoreError::Moved { .. }))));
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_of_an_interrupted_run_is_moved_and_comes_back() {
    let (_dir, file) = files();
    let bucket = FakeBucket::default();
    let object = bucket.store("shop");
    deployed(&file, 2).await;
    file.append(2, &[begun(3)]).await.unwrap();
    let state = moved(&file, &object, "s3://bucket").await.unwrap();
    assert_eq!(state.serial, 3);
    assert_eq!(moved(&object, &file, "file:here").await.unwrap(), state);
    is_moved(&object, &file, "file:here", &state).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_is_not_moved_over_that_of_another_deployment_or_a_newer_copy() {
    let ((_one, from), (_other, to)) = (files(), files());
    let state = deployed(&from, 2).await;
    deployed(&to, 1).await;
    let error = moved(&from, &to, "file:to").await.unwrap_err().to_string();
    assert!(error.contains("already has the state of another deployment"), "{error}");
    to.save(&State { serial: 3, ..state.clone() }).await.unwrap();
    let error = moved(&from, &to, "file:to").await.unwrap_err().to_string();
    assert!(error.contains("has a newer copy of this state (serial 3)"), "{error}");
    assert_eq!(load(&from, "shop").await.unwrap().state, state);
}

/// A store whose writes end after so many, as those of a run that is killed.
struct Cut<'a> {
    store: &'a dyn StateStore,
    left: &'a AtomicUsize,
}

impl Cut<'_> {
    fn write(&self) -> Result<(), Error> {
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| Error::Store(StoreError::Refused { reason: "killed".into(), hints: Vec::new() }))
    }
}

#[async_trait]
impl StateStore for Cut<'_> {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.store.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.write()?;
        self.store.save(state).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        self.write()?;
        self.store.append(base, events).await
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        self.store.lock(holder).await
    }

    async fn record(&self, entry: &RunRecord, assembly: Option<&Assembly>) -> Result<(), Error> {
        self.write()?;
        self.store.record(entry, assembly).await
    }

    async fn history(&self) -> Result<History, Error> {
        self.store.history().await
    }

    async fn assembly(&self, serial: u64) -> Result<Option<Assembly>, Error> {
        self.store.assembly(serial).await
    }

    async fn backups(&self) -> Result<Vec<u64>, Error> {
        self.store.backups().await
    }

    async fn backup(&self, serial: u64) -> Result<Option<State>, Error> {
        self.store.backup(serial).await
    }

    async fn moved(&self) -> Result<Option<String>, Error> {
        self.store.moved().await
    }

    async fn set_moved(&self, to: Option<&str>) -> Result<(), Error> {
        self.write()?;
        self.store.set_moved(to).await
    }
}

/// At no instant do both places count, and at none is the newest state in neither.
#[tokio::test(start_paused = true)]
async fn a_move_that_is_killed_at_any_write_leaves_one_state_and_is_finished_by_the_next() {
    for writes in 0.. {
        let (_dir, file) = files();
        let object = FakeBucket::default().store("shop");
        let first = deployed(&file, 3).await;
        moved(&file, &object, "s3://bucket").await.unwrap();
        let lock = object.lock(&LockOwner::new("deploy")).await.unwrap();
        let state = State { serial: 4, ..first };
        object.save(&state).await.unwrap();
        lock.release().await.unwrap();

        let left = AtomicUsize::new(writes);
        let (from, to) = (Cut { store: &object, left: &left }, Cut { store: &file, left: &left });
        let done = moved(&from, &to, "file:here").await;
        let usable = [load(&object, "shop").await, load(&file, "shop").await];
        let usable: Vec<_> = usable.into_iter().flatten().map(|loaded| loaded.state).collect();
        assert!(usable.len() <= 1, "after {writes} writes both places count");
        assert!(usable.iter().all(|usable| *usable == state), "after {writes} writes an old state counts");
        let finished = moved(&object, &file, "file:here").await;
        if done.is_ok() {
            break;
        }
        assert_eq!(finished.unwrap(), state, "after {writes} writes");
        is_moved(&object, &file, "file:here", &state).await;
    }
}

/// The same into a place where nothing was before.
#[tokio::test(start_paused = true)]
async fn a_copy_that_is_killed_is_not_used_and_made_again() {
    for writes in 0.. {
        let (_dir, file) = files();
        let object = FakeBucket::default().store("shop");
        let state = deployed(&file, 3).await;
        let left = AtomicUsize::new(writes);
        let (from, to) = (Cut { store: &file, left: &left }, Cut { store: &object, left: &left });
        let done = moved(&from, &to, "s3://bucket").await;
        let usable = [load(&file, "shop").await, load(&object, "shop").await];
        let usable: Vec<_> = usable.into_iter().flatten().filter(|loaded| loaded.base.is_some()).collect();
        assert!(usable.len() <= 1, "after {writes} writes both places count");
        assert!(usable.iter().all(|usable| usable.state == state), "after {writes} writes");
        if done.is_ok() {
            break;
        }
        assert_eq!(moved(&file, &object, "s3://bucket").await.unwrap(), state, "after {writes} writes");
        is_moved(&file, &object, "s3://bucket", &state).await;
    }
}

#[test]
fn what_another_state_does_not_know_is_lost_whatever_stands_at_its_path() {
    let current = crate::fake::state();
    let with = |id: &str| {
        let mut state = current.clone();
        let mut made = crate::model::State::new("shop");
        let vpc = json!({"type": "AWS::EC2::VPC", "id": id, "environment": {"region": "us-east-1"}, "generation": 1,
            "status": "ready", "properties": {}, "outputs": {}});
        made.resources.insert("a/vpc".into(), serde_json::from_value(vpc).unwrap());
        state.resources = made.resources;
        state
    };
    assert_eq!(transfer::lost(&with("vpc-1"), &with("vpc-1")), Vec::<String>::new());
    assert_eq!(transfer::lost(&with("vpc-2"), &with("vpc-1")), ["a/vpc (AWS::EC2::VPC vpc-2)"]);
    // What was replaced and is to be deleted still is known, and is lost as well.
    let mut replaced = with("vpc-2");
    let old = with("vpc-1").resources.remove("a/vpc").unwrap();
    replaced.deposed.push(crate::model::Orphan { path: "a/vpc".into(), resource: old });
    assert_eq!(transfer::lost(&with("vpc-1"), &replaced), Vec::<String>::new());
    assert_eq!(transfer::lost(&replaced, &with("vpc-2")), ["a/vpc (AWS::EC2::VPC vpc-1)"]);
    // So is what was retained; not where it is managed again.
    let retained = crate::model::State { retained: std::mem::take(&mut replaced.deposed), ..replaced };
    assert_eq!(transfer::lost(&retained, &with("vpc-2")), ["a/vpc (AWS::EC2::VPC vpc-1)"]);
    assert_eq!(transfer::lost(&with("vpc-1"), &retained), Vec::<String>::new());
}
