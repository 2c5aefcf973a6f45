//! Waiting for a lock.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Lock, StateStore};
use crate::Error;
use crate::model::{LastHeartbeat, LockOwner};
use crate::run::store::StoreError;

/// Time between two tries.
const INTERVAL: Duration = Duration::from_millis(500);

/// The reason why a run waits for the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The owner of the lock.
    pub holder: LockOwner,
    /// The last heartbeat of the owner, if it is overdue. The lock is taken over unless there is another heartbeat.
    pub overdue: Option<LastHeartbeat>,
    /// The maximum time to wait.
    pub patience: Duration,
}

/// Calls [`StateStore::lock`] repeatedly, for at most `patience` while another run holds the lock, or, if that run
/// seems to have died, until that is certain. Calls `tell` once with the reason for waiting.
///
/// # Errors
/// [`StoreError::Locked`] if the lock is not free in time.
pub async fn lock_within(
    store: &dyn StateStore,
    holder: &LockOwner,
    patience: Duration,
    tell: impl FnOnce(&Waiting),
) -> Result<Box<dyn Lock>, Error> {
    let started = Instant::now();
    let mut tell = Some(tell);
    loop {
        let (other, heard, locked) = match store.lock(holder).await {
            Err(Error::Store(StoreError::Locked { place, holder, heard })) => {
                (holder.clone(), heard, Error::Store(StoreError::Locked { place, holder, heard }))
            }
            result => return result,
        };
        let overdue = heard.filter(LastHeartbeat::is_overdue);
        // It is seen for a whole lease with the first try after that.
        let patience = overdue.map_or(patience, |heard| patience.max(heard.lease + 2 * INTERVAL));
        let left = patience.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(locked);
        }
        tell.take().into_iter().for_each(|tell| tell(&Waiting { holder: *other.clone(), overdue, patience }));
        sleep(INTERVAL.min(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::store::MemoryStore;

    #[tokio::test(start_paused = true)]
    async fn a_lock_is_waited_for_as_long_as_asked_and_the_holder_is_told_once() {
        let store = MemoryStore::new();
        let lock = store.lock(&LockOwner::new("destroy")).await.unwrap();
        let mut told = Vec::new();
        let wait = |told: &mut Vec<String>| told.push("told".into());
        let refused =
            lock_within(&store, &LockOwner::new("deploy"), Duration::from_secs(60), |_| wait(&mut told)).await;
        assert!(matches!(refused, Err(Error::Store(StoreError::Locked { holder, .. })) if holder.command == "destroy"));
        assert_eq!(told.len(), 1);
        let release = async {
            sleep(Duration::from_secs(5)).await;
            lock.release().await
        };
        let deploy = LockOwner::new("deploy");
        let taken = lock_within(&store, &deploy, Duration::from_secs(60), |_| {});
        let (taken, released) = tokio::join!(taken, release);
        assert!(taken.is_ok() && released.is_ok());
    }
}
