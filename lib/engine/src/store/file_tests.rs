use tempfile::TempDir;

use super::*;
use crate::fake::{identity, state};
use crate::store::load;

fn store() -> (TempDir, FileStore) {
    let dir = TempDir::new().unwrap();
    let store = FileStore::new(dir.path(), "shop");
    (dir, store)
}

fn file(dir: &TempDir, name: &str) -> PathBuf {
    dir.path().join("shop").join(name)
}

fn begun(serial: u64) -> Event {
    Event::Begun { serial, identity: identity() }
}

#[tokio::test]
async fn loading_where_nothing_is_makes_nothing() {
    let (dir, store) = store();
    let loaded = load(&store, "shop").await.unwrap();
    assert_eq!((loaded.base, loaded.state.serial), (None, 0));
    assert!(!file(&dir, "").exists());
}

#[tokio::test]
async fn a_left_over_journal_is_folded_into_the_state() {
    let (_dir, store) = store();
    store.save(&state()).await.unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    store.append(0, &[begun(2)]).await.unwrap();
    let loaded = load(&store, "shop").await.unwrap();
    assert_eq!((loaded.base, loaded.state.serial), (Some(0), 2));
}

#[tokio::test]
async fn a_torn_last_line_is_as_if_it_was_never_written() {
    let (dir, store) = store();
    store.save(&state()).await.unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    let journal = file(&dir, "journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    for length in 0..whole.len() {
        fs::write(&journal, &whole[..length]).unwrap();
        assert_eq!(load(&store, "shop").await.unwrap().state.serial, 0, "{length} bytes");
        let next = FileStore::new(dir.path(), "shop");
        next.append(0, &[begun(1)]).await.unwrap();
        assert_eq!(fs::read_to_string(&journal).unwrap(), whole, "{length} bytes");
    }
}

#[tokio::test]
async fn a_journal_that_is_in_the_saved_state_is_not_folded_again() {
    let (dir, store) = store();
    store.save(&state()).await.unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    let journal = fs::read(file(&dir, "journal.jsonl")).unwrap();
    let folded = load(&store, "shop").await.unwrap().state;
    store.save(&folded).await.unwrap();
    assert!(!file(&dir, "journal.jsonl").exists());
    fs::write(file(&dir, "journal.jsonl"), journal).unwrap();
    assert_eq!(load(&store, "shop").await.unwrap().state.serial, 1);
    store.append(1, &[begun(2)]).await.unwrap();
    assert_eq!(load(&store, "shop").await.unwrap().state.serial, 2);
}

#[tokio::test]
async fn damaged_and_newer_files_are_clear_errors_and_left_alone() {
    let (dir, store) = store();
    store.save(&state()).await.unwrap();
    let good = state().to_json();
    let cases = [
        ("{", "state.json is damaged: EOF"),
        ("", "is damaged"),
        ("{\"format\": 99}", "has format 99 and this version reads up to 1; update groundplan"),
        (&good.replace("\"serial\": 0", "\"serial\": -1"), "is damaged: invalid value"),
        (&good.replace("\"app\": \"shop\"", "\"app\": \"other\""), "is the state of the app `other`"),
    ];
    for (text, expected) in cases {
        fs::write(file(&dir, "state.json"), text).unwrap();
        let error = load(&store, "shop").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(fs::read_to_string(file(&dir, "state.json")).unwrap(), text);
    }
    fs::write(file(&dir, "state.json"), good).unwrap();
    fs::write(file(&dir, "journal.jsonl"), "{\"format\":1,\"base\":0}\nnonsense\n").unwrap();
    let error = load(&store, "shop").await.unwrap_err().to_string();
    assert!(error.contains("journal.jsonl is damaged: line 2"), "{error}");
}

#[tokio::test]
async fn earlier_states_are_kept_up_to_a_number() {
    let (dir, store) = store();
    for serial in 0..15 {
        store.save(&State { serial, ..state() }).await.unwrap();
    }
    let mut kept = store.files.history().unwrap();
    kept.sort_unstable();
    assert_eq!(kept, (4..14).collect::<Vec<_>>());
    assert!(file(&dir, "state.json").exists());
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock() {
    let (dir, store) = store();
    let lock = store.lock(&Holder::here("deploy")).await.unwrap();
    let other = FileStore::new(dir.path(), "shop");
    let Err(Error::Locked { holder, .. }) = other.lock(&Holder::here("destroy")).await else { panic!("it is locked") };
    assert_eq!((holder.command.as_str(), holder.pid), ("deploy", std::process::id()));
    lock.release().await.unwrap();
    other.lock(&Holder::here("destroy")).await.unwrap();
}

#[tokio::test]
async fn a_store_knows_the_other_apps_of_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let shop = FileStore::new(dir.path(), "shop");
    assert_eq!(shop.apps().await.unwrap(), Vec::<String>::new());
    let account = shop.of("account").unwrap();
    account.save(&State::new("account")).await.unwrap();
    shop.save(&State::new("shop")).await.unwrap();
    assert_eq!(shop.apps().await.unwrap(), ["account", "shop"]);
    assert_eq!(account.load().await.unwrap().unwrap().state.app, "account");
}
