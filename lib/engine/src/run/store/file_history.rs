//! The history of a [`FileStore`](super::FileStore): a file for each run, and one for what the
//! program said.

use std::path::{Path, PathBuf};

use groundplan_core::Assembly;

use super::files::{make_dir, names, prune, read, remove, replace, sync_dir};
use super::history::History;
use crate::Error;
use crate::model::{RunRecord, assembly_from_json};

/// The number of runs that are kept.
const KEPT: usize = 100;

pub(super) fn record(dir: &Path, entry: &RunRecord, assembly: Option<&str>) -> Result<(), Error> {
    let history = dir.join("history");
    make_dir(&history)?;
    let file = assembly_file(dir, entry.serial);
    match assembly {
        Some(assembly) => replace(&file, assembly.as_bytes())?,
        None if entry.result.is_none() => remove(&file)?,
        None => {}
    }
    replace(&entry_file(dir, entry.serial), entry.to_json().as_bytes())?;
    let serials = serials(dir)?;
    for old in serials.iter().rev().skip(KEPT) {
        prune(&entry_file(dir, *old));
        prune(&assembly_file(dir, *old));
    }
    sync_dir(&history)
}

/// The runs with a later serial.
pub(super) fn history_after(dir: &Path, serial: u64) -> Result<History, Error> {
    let later = serials(dir)?.into_iter().filter(|found| *found > serial);
    let run = |serial: u64| {
        let path = entry_file(dir, serial);
        let text = read(&path).transpose()?;
        Some((serial, text.and_then(|text| Ok(RunRecord::from_json(&text, &place(&path))?))))
    };
    History::of(later.filter_map(run))
}

pub(super) fn assembly(dir: &Path, serial: u64) -> Result<Option<Assembly>, Error> {
    let path = assembly_file(dir, serial);
    Ok(read(&path)?.map(|text| assembly_from_json(&text, &place(&path))).transpose()?)
}

/// The runs that are kept, the oldest first.
fn serials(dir: &Path) -> Result<Vec<u64>, Error> {
    let serial = |name: &String| name.strip_suffix(".json")?.parse().ok();
    let mut serials: Vec<u64> = names(&dir.join("history"))?.iter().filter_map(serial).collect();
    serials.sort_unstable();
    Ok(serials)
}

fn entry_file(dir: &Path, serial: u64) -> PathBuf {
    dir.join("history").join(format!("{serial}.json"))
}

fn assembly_file(dir: &Path, serial: u64) -> PathBuf {
    dir.join("history").join(format!("{serial}.assembly.json"))
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fake::{Fake, assembly, state, vpc};
    use crate::model::{LockOwner, RunResult, State};
    use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, execute};
    use crate::run::store::{FileStore, StateStore, StoreError, load};

    fn entry(serial: u64) -> RunRecord {
        let counts = crate::model::Counts { create: 1, ..Default::default() };
        RunRecord::begun(&State { serial: serial - 1, ..state() }, &LockOwner::new("deploy").by("ada"), counts)
    }

    #[tokio::test]
    async fn a_run_is_kept_with_its_program_and_its_end_replaces_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path(), "shop");
        assert!(store.history().await.unwrap().is_empty());
        let program = assembly(&[vpc("10.0.0.0/16")]);
        store.record(&entry(1), Some(&program)).await.unwrap();
        assert_eq!(store.history().await.unwrap().runs[0].result, None);
        store.record(&RunRecord { result: Some(RunResult::Failed), ..entry(1) }, None).await.unwrap();
        store.record(&entry(2), None).await.unwrap();
        let history = store.history().await.unwrap().whole().unwrap();
        assert_eq!(
            history.iter().map(|entry| (entry.serial, entry.result)).collect::<Vec<_>>(),
            [(1, Some(RunResult::Failed)), (2, None)]
        );
        assert_eq!(store.assembly(1).await.unwrap(), Some(program));
        assert_eq!(store.assembly(2).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_oldest_runs_are_dropped_and_what_a_later_version_wrote_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for serial in 1..=103 {
            record(dir.path(), &entry(serial), Some("{}")).unwrap();
        }
        assert_eq!(serials(dir.path()).unwrap(), (4..=103).collect::<Vec<_>>());
        assert_eq!(fs::read_dir(dir.path().join("history")).unwrap().count(), 200);
        fs::write(entry_file(dir.path(), 7), "{\"format\": 2}").unwrap();
        let error = history_after(dir.path(), 0).unwrap().whole().unwrap_err().to_string();
        assert!(error.contains("has format 2, but this version reads formats up to 1"), "{error}");
    }

    #[tokio::test]
    async fn a_run_that_cannot_be_read_hides_no_other_one() {
        let dir = tempfile::tempdir().unwrap();
        let entries = [1, 2, 3].map(entry);
        for entry in &entries {
            record(dir.path(), entry, Some("{}")).unwrap();
        }
        fs::write(entry_file(dir.path(), 2), [0xff, 0xfe]).unwrap();
        let history = history_after(dir.path(), 0).unwrap();
        assert_eq!(history.runs, [entries[0].clone(), entries[2].clone()]);
        assert_eq!(history.unreadable.keys().collect::<Vec<_>>(), [&2]);
        let error = history.whole().unwrap_err().to_string();
        assert!(error.contains("2.json") && error.contains("is damaged"), "{error}");
        assert_eq!(history_after(dir.path(), 2).unwrap().whole().unwrap(), [entries[2].clone()]);
        fs::write(entry_file(dir.path(), 3), "{\"format\": 1").unwrap();
        let history = history_after(dir.path(), 1).unwrap();
        assert_eq!((history.runs.len(), history.last()), (0, Some(3)));
        assert!(history.until(1).is_empty());
    }

    #[tokio::test]
    async fn a_directory_in_the_place_of_a_run_or_state_hides_no_other_one_and_fails_no_run() {
        let dir = tempfile::tempdir().unwrap();
        let entries = [1, 2, 3].map(entry);
        for entry in &entries {
            record(dir.path(), entry, None).unwrap();
        }
        fs::remove_file(entry_file(dir.path(), 2)).unwrap();
        fs::create_dir(entry_file(dir.path(), 2)).unwrap();
        let history = history_after(dir.path(), 0).unwrap();
        assert_eq!(history.runs, [entries[0].clone(), entries[2].clone()]);
        assert!(history.unreadable[&2].to_string().contains("history/2.json`: "), "{:?}", history.unreadable);
        // Nor is it in the way when it is the oldest one.
        (4..=103).for_each(|serial| record(dir.path(), &entry(serial), None).unwrap());
        assert!(entry_file(dir.path(), 2).is_dir());

        let store = FileStore::new(dir.path(), "shop");
        store.save(&state()).await.unwrap();
        fs::create_dir(dir.path().join("shop/state.0.json")).unwrap();
        for serial in 1..=12 {
            store.save(&State { serial, ..state() }).await.unwrap();
        }
        assert!(store.backup(0).await.unwrap_err().is_of_one_document());
        assert_eq!(store.backup(11).await.unwrap().unwrap().serial, 11);
    }

    #[tokio::test]
    async fn a_clock_that_jumps_changes_not_the_order_of_runs() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path(), "shop");
        const DAY: u64 = 24 * 60 * 60;
        for (serial, jump) in [(1, 2 * DAY), (2, 0), (3, DAY)] {
            let entry = entry(serial);
            store.record(&RunRecord { time: entry.time + jump, ..entry }, None).await.unwrap();
        }
        let serials: Vec<_> = store.history().await.unwrap().runs.iter().map(|entry| entry.serial).collect();
        assert_eq!(serials, [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_whose_lock_was_taken_away_writes_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path(), "shop");
        let other = FileStore::new(dir.path(), "shop");
        assert_eq!(other.force_unlock().await.unwrap(), None);
        let lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
        store.save(&state()).await.unwrap();
        let loaded = load(&store, "shop").await.unwrap();
        let fake = Fake::default();
        let program = assembly(&[vpc("10.0.0.0/16")]);
        let planned = crate::run::planning::deploy(&program, &loaded.state, &fake, &Default::default()).await.unwrap();

        assert_eq!(other.force_unlock().await.unwrap().unwrap().command, "deploy");
        assert_eq!(other.force_unlock().await.unwrap(), None);
        let options = ExecuteOptions::default();
        let ended = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await;
        assert!(matches!(ended, Err(ExecuteError::Refused(Error::Store(StoreError::LockLost { .. })))), "{ended:?}");
        assert_eq!(fake.calls(), Vec::<String>::new());
        let second = other.lock(&LockOwner::new("destroy")).await.unwrap();
        assert!(store.save(&state()).await.is_err());
        drop(lock);
        other.save(&state()).await.unwrap();
        drop(second);
        store.lock(&LockOwner::new("deploy")).await.unwrap();
    }
}
