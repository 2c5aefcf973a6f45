use std::time::Duration;

use super::*;
use crate::fake::{Fake, assembly, identity, state, vpc};
use crate::model::LastHeartbeat;
use crate::provider::ErrorClass;
use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, execute};
use crate::run::store::fake_bucket::{FakeBucket, Fault, pass};
use crate::run::store::{StoreError, Waiting, load, lock_within};

const LOCK: &str = "shop";

fn begun(serial: u64) -> Event {
    Event::Begun { serial, identity: identity() }
}

fn object(number: u64) -> String {
    format!("shop/log/{number:012}")
}

async fn lock(store: &ObjectStore) -> Box<dyn Lock> {
    store.lock(&LockOwner::new("deploy")).await.expect("it is free")
}

/// Takes the lock over from a run that says nothing more.
async fn take_over(store: &ObjectStore) -> Box<dyn Lock> {
    let deploy = LockOwner::new("deploy");
    lock_within(store, &deploy, Duration::from_secs(120), |_| {}).await.expect("it is given up")
}

async fn serial(store: &ObjectStore) -> u64 {
    load(store, "shop").await.unwrap().state.serial
}

fn lost(result: Result<(), Error>) -> String {
    match result {
        Err(error @ Error::Store(StoreError::LockLost { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A saved state, a run that has begun on a machine of its own, and another machine.
async fn running() -> (FakeBucket, ObjectStore, Box<dyn Lock>, ObjectStore) {
    let bucket = FakeBucket::default();
    let store = bucket.store("shop");
    let held = lock(&store).await;
    store.save(&state()).await.unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    let other = bucket.elsewhere().store("shop");
    (bucket, store, held, other)
}

#[tokio::test(start_paused = true)]
async fn a_group_of_events_costs_one_request() {
    let (bucket, store, _held, _) = running().await;
    bucket.requests();
    store.append(0, &[begun(2), begun(3)]).await.unwrap();
    assert_eq!(bucket.requests(), [format!("create {}", object(3))]);
    let text = bucket.text(&object(3));
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_held_for_hours_and_its_holder_is_named() {
    let (_bucket, store, held, other) = running().await;
    for _ in 0..4 {
        pass(3600).await;
        let Err(Error::Store(StoreError::Locked { holder, heard: Some(heard), .. })) =
            other.lock(&LockOwner::new("plan")).await
        else {
            panic!("it is locked")
        };
        assert_eq!(holder.command, "deploy");
        assert!(!heard.is_overdue() && heard.ago <= 10, "{heard:?}");
    }
    store.append(0, &[begun(2)]).await.unwrap();
    held.release().await.unwrap();
    lock(&other).await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_that_wakes_after_its_lock_was_taken_over_writes_nothing() {
    let (bucket, store, _held, other) = running().await;
    bucket.freeze();
    let next = take_over(&other).await;
    other.append(0, &[begun(2)]).await.unwrap();
    bucket.thaw();
    let message = lost(store.append(0, &[begun(2), begun(3)]).await);
    assert!(message.contains("was taken over by `deploy` (process"), "{message}");
    lost(store.save(&State { serial: 1000, ..state() }).await);
    let entry = RunRecord::begun(&state(), &LockOwner::new("deploy"), crate::model::Counts::default());
    lost(store.record(&entry, None).await);
    assert_eq!(serial(&other).await, 2);
    next.release().await.unwrap();
    // It does not have it back when the other one has ended either.
    lost(store.append(0, &[begun(2)]).await);
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_that_wakes_when_the_next_one_has_ended_writes_nothing() {
    let (bucket, store, _held, other) = running().await;
    bucket.freeze();
    take_over(&other).await.release().await.unwrap();
    bucket.thaw();
    let message = lost(store.append(0, &[begun(2)]).await);
    assert!(
        message.contains("expired while this run did not renew it, and another run has held it since"),
        "{message}"
    );
    assert_eq!(serial(&other).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_sent_before_the_pause_comes_before_all_that_the_next_run_reads_or_never() {
    let (bucket, store, _held, other) = running().await;
    bucket.freeze();
    // It is sure of its lock, and stops in the instant before it sends.
    let write = tokio::spawn(async move { (store.append(0, &[begun(2)]).await, store) });
    let next = take_over(&other).await;
    assert_eq!(serial(&other).await, 1);
    bucket.thaw();
    let (result, store) = write.await.unwrap();
    lost(result);
    assert_eq!(serial(&other).await, 1);
    other.append(0, &[begun(2)]).await.unwrap();
    lost(store.save(&state()).await);
    assert_eq!(serial(&other).await, 2);
    next.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_wakes_after_its_lock_was_taken_over_makes_no_call() {
    let (bucket, store, _held, other) = running().await;
    let fake = Fake::default();
    let program = assembly(&[vpc("10.0.0.0/16")]);
    let loaded = load(&store, "shop").await.unwrap();
    let planned = crate::run::planning::deploy(&program, &loaded.state, &fake, &Default::default()).await.unwrap();
    // It is throttled for minutes, and the machine stands still in between.
    (0..10).for_each(|_| fake.fail("create a/vpc", ErrorClass::Throttled));
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&planned.plan, loaded, &fake, &store, &options, &(), &cancellation);
    let pause = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        bucket.freeze();
        let next = take_over(&other).await;
        assert!(!fake.calls().is_empty(), "it has tried while it was sure of its lock");
        bucket.thaw();
        next.release().await
    };
    let (ended, released) = tokio::join!(run, pause);
    released.unwrap();
    let Err(ExecuteError::Unsaved { outcome, source }) = ended else { panic!("{ended:?}") };
    assert_eq!(outcome.done, []);
    lost(Err(*source));
    assert_eq!(fake.calls(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_number_that_was_dropped_is_written_in_vain() {
    let (bucket, store, _held, other) = running().await;
    bucket.freeze();
    let write = tokio::spawn(async move { (store.append(0, &[begun(2)]).await, store) });
    let next = take_over(&other).await;
    for serial in 1..20 {
        other.save(&State { serial, ..state() }).await.unwrap();
    }
    assert!(!bucket.names().contains(&object(3)), "{:?}", bucket.names());
    bucket.thaw();
    let (result, _) = write.await.unwrap();
    lost(result);
    assert!(bucket.names().contains(&object(3)), "it could be written");
    assert_eq!(serial(&other).await, 19);
    // It goes with what is old.
    other.save(&State { serial: 20, ..state() }).await.unwrap();
    next.release().await.unwrap();
    let next = lock(&other).await;
    other.save(&State { serial: 21, ..state() }).await.unwrap();
    assert!(!bucket.names().contains(&object(3)), "{:?}", bucket.names());
    next.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_after_a_pause_in_which_nobody_wanted_its_lock() {
    let (bucket, store, held, other) = running().await;
    bucket.freeze();
    pass(3600).await;
    bucket.thaw();
    store.append(0, &[begun(2)]).await.unwrap();
    held.release().await.unwrap();
    assert_eq!(serial(&other).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_forward_or_back_stops_no_run() {
    let (bucket, store, held, other) = running().await;
    for (jump, serial) in [(7200, 2), (-7200, 3), (0, 4)] {
        bucket.set_clock(jump);
        store.append(0, &[begun(serial)]).await.unwrap();
        assert!(matches!(other.lock(&LockOwner::new("plan")).await, Err(Error::Store(StoreError::Locked { .. }))));
        pass(100).await;
        assert!(matches!(other.lock(&LockOwner::new("plan")).await, Err(Error::Store(StoreError::Locked { .. }))));
    }
    held.release().await.unwrap();
    assert_eq!(serial(&other).await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_machine_whose_clock_is_wrong_takes_no_lock_of_a_living_run() {
    let (bucket, _store, held, _) = running().await;
    for skew in [-86_400, 86_400] {
        let machine = bucket.elsewhere();
        machine.set_clock(skew);
        let other = machine.store("shop");
        let mut told = None;
        let plan = LockOwner::new("plan");
        let refused = lock_within(&other, &plan, Duration::ZERO, |waiting| told = Some(waiting.clone())).await;
        assert!(matches!(refused, Err(Error::Store(StoreError::Locked { .. }))));
        assert!(told.is_some_and(|told| told.overdue.is_some()), "it has looked twice");
    }
    held.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_a_run_that_was_killed_runs_out() {
    let (bucket, store, held, other) = running().await;
    // A process that is killed gives nothing back.
    bucket.freeze();
    std::mem::forget(held);
    pass(5).await;
    // At once, it is said who holds it and that this was just heard of.
    let Err(error @ Error::Store(StoreError::Locked { .. })) = other.lock(&LockOwner::new("deploy")).await else {
        panic!("it is locked")
    };
    assert!(error.to_string().contains(", last heartbeat 5s ago; wait until"), "{error}");
    // One who waits gets it within a lease.
    let started = tokio::time::Instant::now();
    let mut told = None;
    let deploy = LockOwner::new("deploy");
    let tell = |waiting: &Waiting| told = Some(waiting.clone());
    let taken = lock_within(&other, &deploy, Duration::from_secs(60), tell).await.unwrap();
    assert!(started.elapsed() <= Duration::from_secs(31), "{:?}", started.elapsed());
    assert_eq!(told.unwrap().overdue, None);
    assert_eq!(serial(&other).await, 1);
    taken.release().await.unwrap();
    drop(store);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_has_long_run_out_is_taken_over_without_being_asked_to_wait() {
    let (bucket, _store, held, other) = running().await;
    bucket.freeze();
    std::mem::forget(held);
    pass(3600).await;
    let mut told = None;
    let deploy = LockOwner::new("deploy");
    let taken = lock_within(&other, &deploy, Duration::ZERO, |waiting| told = Some(waiting.clone())).await.unwrap();
    let Waiting { holder, overdue, patience } = told.unwrap();
    assert_eq!((holder.command.as_str(), patience.as_secs()), ("deploy", 31));
    assert_eq!(overdue, Some(LastHeartbeat { ago: 3600, lease: Duration::from_secs(30) }));
    taken.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_many_who_want_a_lock_one_gets_it() {
    let bucket = FakeBucket::default();
    let stores: Vec<_> = (0..50).map(|_| bucket.elsewhere().store("shop")).collect();
    let deploy = LockOwner::new("deploy");
    let tries = futures::future::join_all(stores.iter().map(|store| store.lock(&deploy))).await;
    assert_eq!(tries.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(
        tries.iter().filter(|result| matches!(result, Err(Error::Store(StoreError::Locked { .. })))).count(),
        49
    );
    drop(tries);
    // And so where they all take it over.
    pass(1).await;
    let dead = bucket.elsewhere();
    std::mem::forget(lock(&dead.store("shop")).await);
    dead.freeze();
    let waiting = stores.iter().map(|store| lock_within(store, &deploy, Duration::from_secs(60), |_| {}));
    let tries = futures::future::join_all(waiting).await;
    assert_eq!(tries.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_and_that_is_repeated_has_happened_once() {
    let (bucket, store, held, other) = running().await;
    bucket.fail([Fault::Repeated]);
    store.append(0, &[begun(2)]).await.unwrap();
    bucket.fail([Fault::Repeated]);
    store.save(&State { serial: 2, ..state() }).await.unwrap();
    store.append(2, &[begun(3)]).await.unwrap();
    assert_eq!(serial(&other).await, 3);
    held.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_write_that_seemed_to_fail_is_followed_by_the_next_one() {
    let (bucket, store, held, other) = running().await;
    for fault in [Fault::Lost, Fault::Refused] {
        bucket.fail([fault]);
        assert!(matches!(store.append(0, &[begun(2)]).await, Err(Error::Store(StoreError::Request { .. }))));
        // The engine writes no event after that. The state has them all.
        store.save(&State { serial: 2, ..state() }).await.unwrap();
        assert_eq!(serial(&other).await, 2);
        bucket.fail([fault]);
        assert!(store.save(&State { serial: 3, ..state() }).await.is_err());
        store.save(&State { serial: 4, ..state() }).await.unwrap();
        assert_eq!(serial(&other).await, 4);
        store.save(&State { serial: 1, ..state() }).await.unwrap();
    }
    held.release().await.unwrap();
    lock(&other).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_know_what_became_of_its_write_lets_its_lock_run_out() {
    let (bucket, store, held, other) = running().await;
    bucket.fail([Fault::Lost]);
    assert!(store.append(0, &[begun(2)]).await.is_err());
    held.release().await.unwrap();
    assert!(matches!(other.lock(&LockOwner::new("deploy")).await, Err(Error::Store(StoreError::Locked { .. }))));
    let next = take_over(&other).await;
    assert_eq!(serial(&other).await, 2);
    next.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn answers_about_a_lock_that_are_lost_lose_no_lock() {
    let (bucket, store, held, other) = running().await;
    for faults in [vec![Fault::Repeated; 3], vec![Fault::Lost; 2], vec![Fault::Refused; 3]] {
        bucket.fail_cells(faults);
        pass(60).await;
        store.append(0, &[]).await.unwrap();
    }
    bucket.fail_cells([Fault::Repeated]);
    held.release().await.unwrap();
    assert_eq!(bucket.cell(LOCK), None);
    let machine = bucket.elsewhere();
    machine.fail_cells([Fault::Repeated]);
    lock(&machine.store("shop")).await;
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn force_unlock_keeps_the_run_from_writing_even_before_it_has_ever_saved() {
    let bucket = FakeBucket::default();
    let (store, other) = (bucket.store("shop"), bucket.elsewhere().store("shop"));
    let held = lock(&store).await;
    other.force_unlock().await.unwrap().unwrap();
    let message = lost(store.save(&state()).await);
    assert!(message.contains("was taken away by force"), "{message}");
    assert_eq!(other.load().await.unwrap(), None);
    let next = lock(&other).await;
    other.save(&state()).await.unwrap();
    next.release().await.unwrap();
    drop(held);
    assert_eq!(serial(&other).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_ten_states_and_what_came_after_them_are_kept() {
    let (bucket, store, held, other) = running().await;
    for serial in 1..15 {
        store.append(serial - 1, &[begun(serial)]).await.unwrap();
        store.save(&State { serial, ..state() }).await.unwrap();
    }
    let names = bucket.names();
    let checkpoints = names.iter().filter(|name| bucket.text(name).contains("\"checkpoint\"")).count();
    assert_eq!((checkpoints, names.len()), (10, 19), "{names:?}");
    // What cannot be deleted stays, and fails no run. The next one deletes it.
    bucket.fail([Fault::Repeated, Fault::Refused]);
    store.save(&State { serial: 15, ..state() }).await.unwrap();
    assert_eq!(bucket.names().len(), 20);
    held.release().await.unwrap();
    let held = lock(&other).await;
    other.save(&State { serial: 16, ..state() }).await.unwrap();
    assert_eq!(bucket.names().first(), Some(&object(16)));
    held.release().await.unwrap();
    assert_eq!(serial(&other).await, 16);
}

#[tokio::test(start_paused = true)]
async fn the_last_hundred_runs_are_kept() {
    let (bucket, store, held, _) = running().await;
    let program = groundplan_core::App::new("shop").synth().unwrap().assembly;
    for serial in 1..=103 {
        let entry =
            RunRecord::begun(&State { serial: serial - 1, ..state() }, &LockOwner::new("deploy"), Default::default());
        let ended = RunRecord { result: Some(crate::model::RunResult::Succeeded), ..entry };
        store.record(&ended, Some(&program)).await.unwrap();
    }
    let runs: Vec<_> = store.history().await.unwrap().runs.iter().map(|entry| entry.serial).collect();
    assert_eq!(runs, (4..=103).collect::<Vec<_>>());
    assert_eq!(bucket.names().iter().filter(|name| name.contains("/history/")).count(), 200);
    held.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn damaged_and_newer_objects_are_clear_errors() {
    let (bucket, store, held, other) = running().await;
    held.release().await.unwrap();
    drop(store);
    let good = bucket.text(&object(2));
    let cases = [
        ("", "s3://bucket/shop/log/000000000002 is damaged: EOF"),
        (
            "{\"format\": 7}\n",
            &format!(
                "000000000002 has format 7, but this version reads formats up to {}; update Groundplan",
                State::FORMAT
            ),
        ),
        (&format!("{good}nonsense\n"), "000000000002 is damaged: line 3"),
        (&good.replace("[1]", "[1,2]"), "000000000002 is damaged: it is not a checkpoint"),
    ];
    for (text, expected) in cases {
        bucket.set(&object(2), text);
        let error = load(&other, "shop").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    bucket.set(&object(2), &good);
    bucket.set(&object(4), &good);
    let error = load(&other, "shop").await.unwrap_err().to_string();
    let gap = "s3://bucket/shop is damaged: its log has a gap: `shop/log/000000000002` is followed by `shop/log/000000000004`";
    assert!(error.contains(gap), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_current_state_can_be_put_back_without_a_journal_that_is_damaged() {
    let (bucket, store, held, other) = running().await;
    held.release().await.unwrap();
    drop(store);
    let good = bucket.text(&object(2));
    // A header that cannot be read does not hide the checkpoint before it.
    for damaged in ["{".to_owned(), format!("{good}nonsense\n")] {
        bucket.set(&object(2), &damaged);
        assert!(load(&other, "shop").await.is_err());
        assert_eq!(other.current().await.unwrap(), Some(state()));
        let held = lock(&other).await;
        let restored = crate::run::store::transfer::restorable(&other, "shop", 0).await.unwrap();
        assert!(restored.serial > 1, "a run may have begun in the journal: {}", restored.serial);
        crate::run::store::transfer::replace(&other, "shop", restored.clone(), &LockOwner::new("restore"))
            .await
            .unwrap();
        held.release().await.unwrap();
        assert_eq!(load(&other, "shop").await.unwrap().state, restored);
        // As before, for the next kind of damage.
        bucket.remove(&object(3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stray_object_with_a_high_number_is_named_and_not_waited_for() {
    let (bucket, store, _lock, other) = running().await;
    store.append(0, &[begun(2)]).await.unwrap();
    let last = bucket.names().into_iter().rfind(|name| name.contains("/log/")).unwrap();
    let copy = bucket.text(&last);
    for stray in ["shop/log/999999999999", "shop/log/900000000000"] {
        bucket.set(stray, &copy);
        let error = load(&other, "shop").await.unwrap_err().to_string();
        assert!(error.contains(&format!("`{last}` is followed by `{stray}`")), "{error}");
        assert!(error.contains("delete it"), "{error}");
        bucket.remove(stray);
    }
    // Names that are no numbers of the log are none.
    for stray in ["shop/log/18446744073709551615", "shop/log/notes.txt"] {
        bucket.set(stray, &copy);
        assert_eq!(load(&other, "shop").await.unwrap().state.serial, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_cannot_be_read_is_an_error_that_force_unlock_mends() {
    let bucket = FakeBucket::default();
    let store = bucket.store("shop");
    for (text, expected) in [("{", "the lock of s3://bucket/shop is damaged"), ("{\"format\": 2}", "has format 2")] {
        bucket.set_cell(LOCK, text);
        let error = store.lock(&LockOwner::new("deploy")).await.err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(store.force_unlock().await.unwrap(), Some(LockOwner::unknown()));
    }
    lock(&store).await;
}

/// Objects as the first version wrote them. They can be read in every later version.
#[tokio::test(start_paused = true)]
async fn what_the_first_version_has_written_is_read() {
    let bucket = FakeBucket::default();
    let header = |kind: &str| {
        let (id, writer) = ("e32a4068-daed-43ba-89c1-9f0f04cd5eb4", "c167f6c5-e2fe-41e4-8640-39205f1a4690");
        format!("{{\"format\":1,\"kind\":\"{kind}\",\"id\":\"{id}\",\"writer\":\"{writer}\",\"checkpoints\":[7]}}\n")
    };
    let state = r#"{
  "format": 1,
  "app": "shop",
  "lineage": "82637425-9293-4eb9-85f5-66e63e9a294e",
  "serial": 3,
  "digest_key": "00",
  "resources": {}
}
"#;
    let begun = r#"{"event":"begun","serial":4,"identity":{"account":"123456789012","partition":"aws"}}"#;
    bucket.set(&object(7), &(header("checkpoint") + state));
    bucket.set(&object(8), &(header("events") + begun + "\n"));
    bucket.set(&object(9), &header("events"));
    let lock = r#"{"format":1,"holder":{"pid":4711,"host":"build-7","command":"deploy","since":1700000000,"user":"ada"},"token":"901cbb49-ea44-4f65-925e-cb162859e199","lease":30,"beat":2,"renewed":1700000020}"#;
    bucket.set_cell(LOCK, lock);
    let store = bucket.store("shop");
    let loaded = load(&store, "shop").await.unwrap();
    assert_eq!((loaded.base, loaded.state.serial), (Some(3), 4));
    let error = store.lock(&LockOwner::new("deploy")).await.err().unwrap().to_string();
    assert!(error.contains("`deploy` (process 4711 of ada on build-7, since 2023-11-14 22:13:20 UTC"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_fence_opens_while_the_lease_is_sure_and_asks_nobody() {
    let (bucket, store, held, other) = running().await;
    let fence = store.lock_fence().unwrap();
    pass(100).await;
    bucket.requests();
    assert!(fence.check().is_ok());
    assert_eq!(bucket.requests(), Vec::<String>::new());
    bucket.freeze();
    pass(10).await;
    assert!(fence.check().is_ok(), "it was renewed not long ago");
    pass(25).await;
    let error = fence.check().unwrap_err();
    assert_eq!(error.class, ErrorClass::LockLost);
    assert!(error.message.contains("was not renewed in time"), "{error}");
    bucket.thaw();
    pass(20).await;
    assert!(fence.check().is_ok(), "it could be renewed after all");
    other.force_unlock().await.unwrap();
    pass(20).await;
    assert!(fence.check().unwrap_err().message.contains("was taken away by force"));
    held.release().await.unwrap();
    assert!(other.lock_fence().is_none(), "it has no lock");
}
