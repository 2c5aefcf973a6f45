//! The contract of [`StateStore`], as tests for each implementation. Other crates include this file as a module.

use std::time::Duration;

use groundplan_core::App;
use groundplan_engine::model::{Counts, Event, LockOwner, RunRecord, RunResult};
use groundplan_engine::provider::{ErrorClass, Identity};
use groundplan_engine::store::{Lock, StoreError, load};
use groundplan_engine::{Error, Hint, Hints as _, State, StateStore};

/// Features that a store may lack.
pub(crate) struct Promises {
    /// Its lock can be taken away.
    pub(crate) force_unlock: bool,
    /// It keeps what was done when, and the states of other apps.
    pub(crate) history_and_apps: bool,
}

/// Checks a place where nothing is yet. `open` gives the store of an app there as another process
/// sees it.
pub(crate) async fn holds(open: impl Fn(&str) -> Box<dyn StateStore>, promises: &Promises) {
    nothing_is_there_before_something_is_saved(&*open("shop")).await;
    what_is_written_is_read(&*open("shop"), &*open("shop")).await;
    one_run_writes_at_a_time(&*open("shop"), &*open("shop")).await;
    if promises.force_unlock {
        who_has_lost_the_lock_writes_nothing(&*open("shop"), &*open("shop")).await;
    }
    if promises.history_and_apps {
        runs_are_kept(&*open("shop"), &*open("shop")).await;
        apps_are_kept_apart(&*open("shop"), &*open("shop")).await;
        earlier_states_and_moves_are_known(&*open("shop"), &*open("shop")).await;
    }
}

fn begun(serial: u64) -> Event {
    let identity = Identity { account: "111122223333".into(), partition: "aws".into() };
    Event::Begun { serial, identity }
}

async fn lock(store: &dyn StateStore, command: &str) -> Box<dyn Lock> {
    let holder = LockOwner { pid: 4711, host: "build-7".into(), ..LockOwner::new(command) };
    store.lock(&holder).await.expect("it is free")
}

async fn serial(store: &dyn StateStore) -> u64 {
    load(store, "shop").await.expect("it is readable").state.serial
}

async fn nothing_is_there_before_something_is_saved(store: &dyn StateStore) {
    assert_eq!(store.load().await.unwrap(), None);
    assert_eq!(load(store, "shop").await.unwrap().base, None);
    assert_eq!(store.force_unlock().await.unwrap(), None);
    assert!(store.history().await.unwrap().is_empty());
    assert_eq!(store.assembly(1).await.unwrap(), None);
    assert_eq!(store.apps().await.unwrap(), Vec::<String>::new());
}

async fn what_is_written_is_read(store: &dyn StateStore, other: &dyn StateStore) {
    let held = lock(store, "deploy").await;
    let state = State::new("shop");
    store.save(&state).await.unwrap();
    assert_eq!(other.load().await.unwrap().unwrap().state, state);
    store.append(0, &[begun(1)]).await.unwrap();
    store.append(0, &[begun(2), begun(3)]).await.unwrap();
    let stored = other.load().await.unwrap().unwrap();
    assert_eq!((stored.state.serial, stored.journal), (0, vec![begun(1), begun(2), begun(3)]));
    // Saving puts an end to the journal, and the next one continues what was saved.
    let folded = load(other, "shop").await.unwrap().state;
    store.save(&folded).await.unwrap();
    assert_eq!(other.load().await.unwrap().unwrap().journal, []);
    store.append(3, &[begun(4)]).await.unwrap();
    held.release().await.unwrap();
    // So does that of another run.
    let held = lock(other, "deploy").await;
    other.append(3, &[begun(5)]).await.unwrap();
    held.release().await.unwrap();
    assert_eq!(serial(store).await, 5);
    // As many as there may be.
    let held = lock(store, "deploy").await;
    store.save(&load(store, "shop").await.unwrap().state).await.unwrap();
    for serial in 6..40 {
        store.append(serial - 1, &[begun(serial)]).await.unwrap();
        store.save(&load(store, "shop").await.unwrap().state).await.unwrap();
    }
    held.release().await.unwrap();
    assert_eq!(serial(other).await, 39);
}

async fn one_run_writes_at_a_time(store: &dyn StateStore, other: &dyn StateStore) {
    let held = lock(store, "deploy --yes").await;
    let Err(Error::Store(StoreError::Locked { holder, place, .. })) = other.lock(&LockOwner::new("destroy")).await
    else {
        panic!("it is locked")
    };
    assert_eq!((holder.command.as_str(), holder.pid, holder.host.as_str()), ("deploy --yes", 4711, "build-7"));
    assert_eq!(place, store.place());
    held.release().await.unwrap();
    lock(other, "destroy").await.release().await.unwrap();
    // A lock that is dropped is given back as well, if not in that instant.
    drop(lock(other, "destroy").await);
    for _ in 0..100 {
        match store.lock(&LockOwner::new("deploy")).await {
            Ok(held) => return held.release().await.unwrap(),
            Err(Error::Store(StoreError::Locked { .. })) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it is still locked");
}

async fn who_has_lost_the_lock_writes_nothing(store: &dyn StateStore, other: &dyn StateStore) {
    let held = lock(store, "deploy").await;
    let before = other.load().await.unwrap();
    let fence = store.lock_fence().expect("its lock can be taken away");
    assert!(store.confirm_lock().await.is_ok() && fence.check().is_ok());
    assert_eq!(other.force_unlock().await.unwrap().expect("it was held").command, "deploy");
    assert_eq!(other.force_unlock().await.unwrap(), None);
    let state = State { serial: 1000, ..State::new("shop") };
    let refused = [store.append(39, &[begun(40)]).await, store.save(&state).await];
    for result in refused {
        assert!(matches!(result, Err(Error::Store(StoreError::LockLost { .. }))), "{result:?}");
    }
    assert_eq!(other.load().await.unwrap(), before);
    // It makes no call any more, though nobody has taken the lock or written since.
    assert!(matches!(store.confirm_lock().await, Err(Error::Store(StoreError::LockLost { .. }))));
    assert_eq!(fence.check().unwrap_err().class, ErrorClass::LockLost);
    let next = lock(other, "deploy").await;
    assert!(matches!(store.confirm_lock().await, Err(Error::Store(StoreError::LockLost { .. }))));
    assert_eq!(fence.check().unwrap_err().class, ErrorClass::LockLost);
    assert!(matches!(store.save(&state).await, Err(Error::Store(StoreError::LockLost { .. }))));
    // What is left of the first lock does not touch the second one.
    held.release().await.unwrap();
    other.append(39, &[begun(40)]).await.unwrap();
    assert!(matches!(store.lock(&LockOwner::new("deploy")).await, Err(Error::Store(StoreError::Locked { .. }))));
    next.release().await.unwrap();
    assert_eq!(serial(store).await, 40);
}

async fn runs_are_kept(store: &dyn StateStore, other: &dyn StateStore) {
    let entry = |serial: u64| {
        let before = State { serial: serial - 1, ..State::new("shop") };
        RunRecord::begun(&before, &LockOwner::new("deploy").by("ada"), Counts::default())
    };
    let program = App::new("shop").synth().expect("it is valid").assembly;
    let held = lock(store, "deploy").await;
    store.record(&entry(1), Some(&program)).await.unwrap();
    assert_eq!(other.history().await.unwrap().runs[0].result, None);
    store.record(&RunRecord { result: Some(RunResult::Failed), ..entry(1) }, None).await.unwrap();
    store.record(&entry(2), None).await.unwrap();
    let history = other.history().await.unwrap().whole().unwrap();
    let runs: Vec<_> = history.iter().map(|entry| (entry.serial, entry.result)).collect();
    assert_eq!(runs, [(1, Some(RunResult::Failed)), (2, None)]);
    assert_eq!(other.assembly(1).await.unwrap(), Some(program.clone()));
    assert_eq!(other.assembly(2).await.unwrap(), None);
    // One that was refused before it began, and the next one under the same serial.
    store.record(&entry(3), Some(&program)).await.unwrap();
    store.record(&entry(3), None).await.unwrap();
    assert_eq!(other.assembly(3).await.unwrap(), None);
    held.release().await.unwrap();
}

async fn apps_are_kept_apart(store: &dyn StateStore, other: &dyn StateStore) {
    let shop = store.load().await.unwrap();
    let account = store.of("account").expect("it keeps others");
    assert_eq!(account.load().await.unwrap(), None);
    // Each app has a lock of its own.
    let held = lock(store, "deploy").await;
    let second = lock(&*account, "deploy").await;
    account.save(&State::new("account")).await.unwrap();
    second.release().await.unwrap();
    held.release().await.unwrap();
    assert_eq!(other.apps().await.unwrap(), ["account", "shop"]);
    assert_eq!(other.of("account").unwrap().load().await.unwrap().unwrap().state.app, "account");
    assert_eq!(other.load().await.unwrap(), shop);
    let wrong = load(&*account, "shop").await.unwrap_err().to_string();
    assert!(wrong.contains("is the state of the app `account`, not of `shop`"), "{wrong}");
}

async fn earlier_states_and_moves_are_known(store: &dyn StateStore, other: &dyn StateStore) {
    let held = lock(store, "state migrate").await;
    let earlier = other.backups().await.unwrap();
    assert!(earlier.len() > 5 && earlier.is_sorted(), "{earlier:?}");
    for serial in earlier {
        assert_eq!(other.backup(serial).await.unwrap().unwrap().serial, serial);
    }
    assert_eq!(other.backup(1000).await.unwrap(), None);
    let later: Vec<_> = other.history_after(1).await.unwrap().runs.iter().map(|run| run.serial).collect();
    assert_eq!(later, [2, 3]);

    let before = other.load().await.unwrap();
    assert_eq!(other.moved().await.unwrap(), None);
    store.set_moved(Some("s3://there")).await.unwrap();
    assert_eq!(other.moved().await.unwrap().as_deref(), Some("s3://there"));
    let refused = load(other, "shop").await.unwrap_err();
    assert!(refused.to_string().ends_with(" was moved to s3://there"), "{refused}");
    let there = "s3://there".to_owned();
    assert_eq!(refused.hints(), [Hint::UseState { url: there.clone() }, Hint::FinishMove { url: there }]);
    assert_eq!(other.load().await.unwrap(), before, "it is left as it was");
    store.set_moved(None).await.unwrap();
    assert_eq!((other.moved().await.unwrap(), serial(other).await), (None, 40));
    held.release().await.unwrap();

    let outside = store.of("../shop").expect("it keeps others");
    assert!(matches!(outside.load().await, Err(Error::Store(StoreError::AppName { .. }))));
    assert!(matches!(outside.lock(&LockOwner::new("deploy")).await, Err(Error::Store(StoreError::AppName { .. }))));
}
