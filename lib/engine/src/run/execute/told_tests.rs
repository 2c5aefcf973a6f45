//! Secrets that the cloud generates, on their way to the resources that need them.

use super::*;
use crate::fake::{KEY, SECRET};

fn secret_of(key: &str) -> serde_json::Value {
    json!({"$secret": {"output": {"resource": {"$ref": format!("{key}#Id")}, "attribute": "SecretAccessKey"}}})
}

/// A program with a key, and the resources that take its secret.
fn program(serial: u32, description: &str) -> Assembly {
    assembly(&[
        ("a/key", KEY, json!({"UserName": "ada", "Serial": serial})),
        ("a/secret", SECRET, json!({"Name": "smtp", "Description": description, "SecretString": secret_of("a/key")})),
    ])
}

/// Two resources with the secret of one key.
fn shared(serial: u32) -> Assembly {
    let mut program = program(serial, "mail");
    program.resources.extend(
        assembly(&[("a/second", SECRET, json!({"Name": "second", "SecretString": secret_of("a/key")}))]).resources,
    );
    program
}

fn value(fake: &Fake, path: &str) -> serde_json::Value {
    let id = fake.id(path);
    fake.cloud().resources[&id].properties["SecretString"].clone()
}

/// Asserts that each resource that takes the secret was sent the one of the only key.
fn assert_fits(fake: &Fake, at: &str) {
    let told = format!("told of {}", fake.id("a/key"));
    for path in fake.paths().iter().filter(|path| *path != "a/key") {
        assert_eq!(value(fake, path), told.as_str(), "{path} {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_cloud_makes_reaches_what_needs_it_and_no_file() {
    let fake = Fake::default();
    let store = Crashing { kept: Mutex::default(), after: 1000, refuses: false };
    let (plan, loaded) = plan(&program(1, "mail"), &store, &fake).await;
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&plan, loaded, &fake, &store, &options, &(), &cancellation);
    assert!(tokio::time::timeout(crate::fake::AGES, run).await.is_err(), "saving never ends");
    assert_fits(&fake, "");
    let (state, journal) = store.kept.into_inner().unwrap();
    let written = format!("{}{}{}", serde_json::to_string(&journal).unwrap(), plan.render(), state.unwrap().to_json());
    assert!(written.contains(&fake.id("a/key")), "{written}");
    assert!(!written.contains("told of"), "{written}");
}

#[tokio::test(start_paused = true)]
async fn what_has_the_secret_is_left_alone_and_changed_without_it() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program(1, "mail"), &store, &fake).await;
    assert!(is_settled(&program(1, "mail"), &store, &fake).await);
    fake.calls();
    let outcome = deploy(&program(1, "all mail"), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.calls(), ["update a/secret"]);
    assert_fits(&fake, "");
    assert!(is_settled(&program(1, "all mail"), &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn another_key_replaces_the_secret_before_the_old_key_goes() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program(1, "mail"), &store, &fake).await;
    fake.calls();
    assert!(deploy(&program(2, "mail"), &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["create a/key", "update a/secret", "delete a/key"]);
    assert_fits(&fake, "");
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_secret_that_was_told_before_has_the_key_made_anew() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program(1, "mail"), &store, &fake).await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let planned = planning::deploy(&shared(1), &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
    let reason = planned.changes.changes["a/key"].reasons[0].to_string();
    assert_eq!(reason, "a/second needs its secret, which only the run that creates it knows");
    fake.calls();
    assert!(deploy(&shared(1), &store, &fake).await.succeeded());
    let calls = fake.calls();
    assert_eq!((calls[0].as_str(), calls[3].as_str()), ("create a/key", "delete a/key"), "{calls:?}");
    assert_fits(&fake, "");
}

#[tokio::test(start_paused = true)]
async fn a_key_under_another_path_is_the_same_key() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program(1, "mail"), &store, &fake).await;
    fake.calls();
    let mut key = assembly(&[("a/mail/key", KEY, json!({"UserName": "ada", "Serial": 1}))]);
    key.resources.get_mut("a/mail/key").unwrap().moved_from = ["a/key".into()].into();
    let properties = json!({"Name": "smtp", "Description": "mail", "SecretString": secret_of("a/mail/key")});
    key.resources.extend(assembly(&[("a/secret", SECRET, properties)]).resources);
    assert!(deploy(&key, &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_is_lost_is_found_and_replaced_and_no_other_is_touched() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&assembly(&[("a/other", KEY, json!({"UserName": "ada"}))]), &store, &fake).await;
    let other = fake.id("a/other");
    let mut both = program(1, "mail");
    both.resources.extend(assembly(&[("a/other", KEY, json!({"UserName": "ada"}))]).resources);
    fake.lose("create a/key");
    let outcome = deploy(&both, &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("known only to the run that created it"), "{outcome:?}");
    let outcome = deploy(&both, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.id("a/other"), other);
    assert_eq!(value(&fake, "a/secret"), format!("told of {}", fake.id("a/key")).as_str());
    assert_eq!(fake.paths(), ["a/key", "a/other", "a/secret"]);
}

/// A key has no token, name or tag: its date alone may say that the create has not made it.
#[tokio::test(start_paused = true)]
async fn a_key_is_looked_up_with_the_time_at_which_it_was_asked_for_first() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/key", KEY, json!({"UserName": "ada"})), vpc("10.0.0.0/16")]);
    fake.cloud().time = Some(1000);
    // Nothing is made, and nothing is known about that.
    for _ in 0..5 {
        fake.fail("create a/key", ErrorClass::UnknownOutcome);
    }
    let outcome = deploy(&program, &store, &fake).await;
    assert!(!outcome.succeeded() && outcome.state.pending["a/key"].asked == Some(1000), "{outcome:?}");
    fake.cloud().time = Some(2000);
    fake.lose("create a/key");
    assert!(deploy(&program, &store, &fake).await.succeeded());
    let asked = std::mem::take(&mut fake.cloud().asked);
    assert!(asked.len() > 1 && asked.iter().all(|asked| *asked == Some(1000)), "{asked:?}");
    let (state, journal) = (store::load(&store, "shop").await.unwrap().state, fake.paths());
    assert_eq!((state.pending.len(), journal), (0, vec!["a/key".to_owned(), "a/vpc".to_owned()]));
}

/// No other type needs the time, so that its journal does not have it.
#[tokio::test(start_paused = true)]
async fn what_is_told_by_a_token_has_no_time() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.cloud().time = Some(1000);
    fake.lose("create a/vpc");
    assert!(deploy(&assembly(&[vpc("10.0.0.0/16")]), &store, &fake).await.succeeded());
    assert_eq!(fake.cloud().asked, [None]);
}

/// Two keys of one user, who may have no third one.
fn pair(serial: u32) -> Assembly {
    let mut pair = program(serial, "mail");
    pair.resources.extend(assembly(&[("a/other", KEY, json!({"UserName": "ada", "Serial": serial}))]).resources);
    pair
}

#[tokio::test(start_paused = true)]
async fn a_key_goes_before_its_replacement_where_the_user_has_no_room_for_a_third() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&pair(1), &store, &fake).await.succeeded());
    fake.calls();
    let outcome = deploy(&pair(2), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    let calls = fake.calls();
    assert!(calls[0].starts_with("delete a/"), "{calls:?}");
    assert_eq!(value(&fake, "a/secret"), format!("told of {}", fake.id("a/key")).as_str());
    assert_eq!(fake.paths(), ["a/key", "a/other", "a/secret"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_goes_before_its_replacement_where_the_user_gets_another_one_as_well() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program(1, "mail"), &store, &fake).await.succeeded());
    let outcome = deploy(&pair(2), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.paths(), ["a/key", "a/other", "a/secret"]);
}

/// Runs from `before` to `after`, crashing after each number of events, continues, crashes again, and continues.
async fn survives_two_crashes(before: &Assembly, after: &Assembly) {
    let mut paths: Vec<_> = after.resources.keys().map(ToString::to_string).collect();
    paths.sort();
    for first in 0.. {
        let mut complete = false;
        for second in 0.. {
            let (fake, store) = (Fake::default(), MemoryStore::new());
            if !before.resources.is_empty() {
                deploy(before, &store, &fake).await;
            }
            let mut kept = (store.load().await.unwrap().map(|stored| stored.state), Vec::new());
            let mut ended = true;
            for events in [first, second] {
                let after_events = kept.1.len() + events;
                let crashing = Crashing { kept: Mutex::new(kept), after: after_events, refuses: false };
                let run = tokio::time::timeout(crate::fake::AGES, deploy(after, &crashing, &fake)).await;
                assert!(run.is_err(), "saving never ends");
                kept = crashing.kept.into_inner().unwrap();
                ended = kept.1.len() < after_events;
                complete = complete || ended && events == first && second == 0;
            }
            let store = kept.0.map_or_else(MemoryStore::new, |state| MemoryStore::with(state, kept.1));
            let outcome = deploy(after, &store, &fake).await;
            let at = format!("after {first} and {second} events");
            assert!(outcome.succeeded(), "{at}: {:?}", outcome.failed);
            assert_eq!(fake.paths(), paths, "{at}");
            assert_fits(&fake, &at);
            assert!(is_settled(after, &store, &fake).await, "{at}");
            assert!(outcome.state.deposed.is_empty() && outcome.state.pending.is_empty(), "{at}");
            if ended {
                break;
            }
        }
        if complete {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_crashes_after_any_events_leave_one_key_and_its_secret_where_it_is_needed() {
    survives_two_crashes(&assembly(&[]), &program(1, "mail")).await;
}

#[tokio::test(start_paused = true)]
async fn two_crashes_after_any_events_of_a_rotation_leave_one_key() {
    survives_two_crashes(&program(1, "mail"), &program(2, "mail")).await;
}

#[tokio::test(start_paused = true)]
async fn two_crashes_after_any_events_of_a_rotation_for_two_leave_one_key() {
    survives_two_crashes(&shared(1), &shared(2)).await;
}
