//! Waiting for a lock.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Holder, Lock, StateStore};
use crate::error::Error;

/// Time between two tries.
const INTERVAL: Duration = Duration::from_millis(500);

/// [`StateStore::lock`], tried again for as long as `patience` while somebody else holds it.
/// `waiting` is told once who that is.
///
/// # Errors
/// [`Error::Locked`] where it is not free in time.
pub async fn lock_within(
    store: &dyn StateStore,
    holder: &Holder,
    patience: Duration,
    waiting: impl FnOnce(&Holder),
) -> Result<Box<dyn Lock>, Error> {
    let started = Instant::now();
    let mut waiting = Some(waiting);
    loop {
        match store.lock(holder).await {
            Err(Error::Locked { holder, .. }) if started.elapsed() < patience => {
                waiting.take().into_iter().for_each(|tell| tell(&holder));
                sleep(INTERVAL.min(patience - started.elapsed().min(patience))).await;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[tokio::test(start_paused = true)]
    async fn a_lock_is_waited_for_as_long_as_asked_and_the_holder_is_told_once() {
        let store = MemoryStore::new();
        let lock = store.lock(&Holder::here("destroy")).await.unwrap();
        let mut told = Vec::new();
        let wait = |told: &mut Vec<String>| told.push("told".into());
        let refused = lock_within(&store, &Holder::here("deploy"), Duration::from_secs(60), |_| wait(&mut told)).await;
        assert!(matches!(refused, Err(Error::Locked { holder, .. }) if holder.command == "destroy"));
        assert_eq!(told.len(), 1);
        let release = async {
            sleep(Duration::from_secs(5)).await;
            lock.release().await
        };
        let deploy = Holder::here("deploy");
        let taken = lock_within(&store, &deploy, Duration::from_secs(60), |_| {});
        let (taken, released) = tokio::join!(taken, release);
        assert!(taken.is_ok() && released.is_ok());
    }
}
