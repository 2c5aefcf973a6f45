use tempfile::TempDir;

use super::*;
use crate::fake::{identity, state};
use crate::run::store::{StoreError, load};

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
async fn a_journal_that_ends_within_a_character_is_cut_at_its_last_line() {
    let (dir, store) = store();
    store.save(&state()).await.unwrap();
    let said = Event::Failed {
        path: "a/b".into(),
        class: None,
        message: "zażółć 日本 🦀".into(),
        partial: None,
        later: false,
    };
    store.append(0, &[begun(1)]).await.unwrap();
    let journal = file(&dir, "journal.jsonl");
    let whole = fs::read(&journal).unwrap().len();
    store.append(0, &[said]).await.unwrap();
    let bytes = fs::read(&journal).unwrap();
    for length in whole..bytes.len() {
        fs::write(&journal, &bytes[..length]).unwrap();
        assert_eq!(load(&store, "shop").await.unwrap().state.serial, 1, "{length} bytes");
        let next = FileStore::new(dir.path(), "shop");
        next.append(0, &[begun(2)]).await.unwrap();
        assert_eq!(load(&store, "shop").await.unwrap().state.serial, 2, "{length} bytes");
    }
    let mut damaged = bytes.clone();
    damaged[whole + 30] = 0xff;
    fs::write(&journal, damaged).unwrap();
    let error = load(&store, "shop").await.unwrap_err().to_string();
    assert!(error.contains("journal.jsonl is damaged: it is not UTF-8 text"), "{error}");
}

#[tokio::test]
async fn where_files_cannot_have_two_names_earlier_states_are_copied() {
    let dir = TempDir::new().unwrap();
    let store = FileStore::linking(dir.path(), "shop", |_, _| Err(io::Error::from(io::ErrorKind::Unsupported)));
    for serial in 0..3 {
        store.save(&State { serial, ..state() }).await.unwrap();
    }
    assert_eq!(store.backups().await.unwrap(), [0, 1]);
    assert_eq!(store.backup(1).await.unwrap(), Some(State { serial: 1, ..state() }));
    assert_eq!(load(&store, "shop").await.unwrap().state.serial, 2);
    // One that was cut short in the copy has left a part of it beside.
    fs::write(file(&dir, "state.2.new"), "{").unwrap();
    store.save(&State { serial: 3, ..state() }).await.unwrap();
    assert_eq!(store.backups().await.unwrap(), [0, 1, 2]);
    assert_eq!(store.backup(2).await.unwrap().unwrap().serial, 2);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_readable_by_their_owner_alone_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (dir, store) = store();
    let elsewhere = dir.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    fs::create_dir(file(&dir, "")).unwrap();
    // What an earlier version or somebody else has left.
    symlink(&elsewhere, file(&dir, "state.json.new")).unwrap();
    symlink(&elsewhere, file(&dir, "journal.jsonl")).unwrap();
    symlink(&elsewhere, file(&dir, "lock")).unwrap();
    let error = store.lock(&LockOwner::new("deploy")).await.err().unwrap().to_string();
    assert!(error.contains("lock`: it is a symbolic link"), "{error}");
    fs::remove_file(file(&dir, "lock")).unwrap();
    let _lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
    store.save(&state()).await.unwrap();
    symlink(&elsewhere, file(&dir, "journal.jsonl")).unwrap();
    let error = store.append(0, &[begun(1)]).await.unwrap_err().to_string();
    assert!(error.contains("journal.jsonl`: it is a symbolic link"), "{error}");
    fs::remove_file(file(&dir, "journal.jsonl")).unwrap();
    store.append(0, &[begun(1)]).await.unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "precious");

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let other = FileStore::new(dir.path().join("new"), "shop");
    let entry = RunRecord::begun(&state(), &LockOwner::new("deploy"), Default::default());
    other.record(&entry, None).await.unwrap();
    for directory in ["new", "new/shop", "new/shop/history"] {
        assert_eq!(mode(&dir.path().join(directory)), 0o700, "{directory}");
    }
    assert_eq!(mode(&dir.path().join("new/shop/history/1.json")), 0o600);
    for name in ["state.json", "journal.jsonl", "lock"] {
        assert_eq!(mode(&file(&dir, name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_lock_that_is_no_text_is_somebodys_and_can_be_taken_away() {
    let (dir, store) = store();
    let held = store.lock(&LockOwner::new("deploy")).await.unwrap();
    fs::write(file(&dir, "lock"), [0xff, 0xfe]).unwrap();
    let other = FileStore::new(dir.path(), "shop");
    assert!(matches!(other.lock(&LockOwner::new("destroy")).await, Err(Error::Store(StoreError::Locked { .. }))));
    assert_eq!(other.force_unlock().await.unwrap(), Some(LockOwner::unknown()));
    let _next = other.lock(&LockOwner::new("destroy")).await.unwrap();
    drop(held);
}

#[tokio::test]
async fn the_name_of_an_app_leads_nowhere_else() {
    let dir = TempDir::new().unwrap();
    for app in ["../evil", "preview/f1", "..", "", "a\u{1b}b"] {
        let store = FileStore::new(dir.path().join("states"), app);
        for result in [
            store.load().await.map(drop),
            store.save(&State::new(app)).await,
            store.lock(&LockOwner::new("deploy")).await.map(drop),
            store.append(0, &[]).await,
        ] {
            assert!(matches!(result, Err(Error::Store(StoreError::AppName { .. }))), "{app}: {result:?}");
        }
        let beside = FileStore::new(dir.path().join("states"), "shop").of(app).unwrap();
        assert!(matches!(beside.load().await, Err(Error::Store(StoreError::AppName { .. }))), "{app}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
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
        (
            "{\"format\": 99}",
            &format!("has format 99, but this version reads formats up to {}; update Groundplan", State::FORMAT),
        ),
        (&good.replace("\"serial\": 0", "\"serial\": 1"), "does not match its checksum"),
        (
            &good.replace(&format!("\"format\": {}", State::FORMAT), "\"format\": 1"),
            "is damaged: unknown field `checksum`",
        ),
        (&State { app: "other".into(), ..state() }.to_json(), "is the state of the app `other`"),
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
    assert_eq!(store.backups().await.unwrap(), (4..14).collect::<Vec<_>>());
    assert!(file(&dir, "state.json").exists());
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock() {
    let (dir, store) = store();
    let holder = LockOwner { pid: 4711, since: 1_700_000_000, ..LockOwner::new("deploy").by("ada") };
    let lock = store.lock(&holder).await.unwrap();
    let other = FileStore::new(dir.path(), "shop");
    let Err(Error::Store(StoreError::Locked { holder: told, .. })) = other.lock(&LockOwner::new("destroy")).await
    else {
        panic!("it is locked")
    };
    assert_eq!(*told, holder);
    lock.release().await.unwrap();
    other.lock(&LockOwner::new("destroy")).await.unwrap();
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

#[tokio::test]
async fn the_newest_damaged_state_is_kept() {
    let (dir, store) = store();
    for damaged in ["{\"first\": ", "{\"second\": "] {
        store.save(&state()).await.unwrap();
        fs::write(file(&dir, "state.json"), damaged).unwrap();
        store.save(&State { serial: 1, ..state() }).await.unwrap();
        assert_eq!(fs::read_to_string(file(&dir, "state.damaged.json")).unwrap(), damaged);
    }
}
