//! The program, terminal and destination that every command uses.

use std::pin::pin;
use std::time::Duration;

use groundplan_core::{App, Synthesis};
use groundplan_engine::model::{Loaded, LockOwner};
use groundplan_engine::planning::Planned;
use groundplan_engine::session::{Session, StartOptions, Started};
use groundplan_engine::store::{self, Lock, Recorded, StateStore, Waiting};
use groundplan_engine::{Error, Provider};
use tokio::time::timeout;

use crate::args::{Global, Start};
use crate::boxed::boxed;
use crate::error::CommandError;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::render::{count, duration, hint};
use crate::state_location::StateLocation;
use crate::style::{INFO, paint};
use crate::target::{Access, Target};
use crate::terminal::Terminal;

/// The time to wait for a target before the user is notified.
const PATIENCE: Duration = Duration::from_secs(2);

/// The data of a command before it has connected to a target.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) program: &'a App,
    pub(crate) host: &'a Host,
    pub(crate) terminal: &'a Terminal,
    pub(crate) global: &'a Global,
    pub(crate) synthesis: &'a Synthesis,
    pub(crate) interrupt: &'a Interrupt,
}

/// A target with the state of this app there.
pub(crate) struct Destination<'a> {
    context: &'a Context<'a>,
    pub(crate) target: Target,
    pub(crate) place: StateLocation,
    pub(crate) store: Box<dyn StateStore>,
}

impl Context<'_> {
    pub(crate) fn app(&self) -> &str {
        &self.synthesis.assembly.app
    }

    /// Returns the result of a run, and warns if its end is not in the history.
    pub(crate) fn done<T>(&self, Recorded { done, unrecorded }: Recorded<T>) -> T {
        self.warn_of_unrecorded(unrecorded.as_ref());
        done
    }

    /// Warns that the end of a run is not in the history.
    pub(crate) fn warn_of_unrecorded(&self, unrecorded: Option<&Error>) {
        if let Some(error) = unrecorded {
            self.terminal.warn(format!("the end of this run could not be recorded in the history: {error}"));
            self.terminal.hints(hint::all(error));
        }
    }

    /// Finds target and state, and says where that is not what one may expect.
    pub(crate) fn destination(&self) -> Result<Destination<'_>, CommandError> {
        let destination = self.find()?;
        destination.notice();
        Ok(destination)
    }

    /// Finds target and state.
    pub(crate) fn find(&self) -> Result<Destination<'_>, CommandError> {
        let target = Target::choose(&self.global.target, self.host)?;
        let declared = self.synthesis.assembly.state.as_deref();
        let place = StateLocation::find(self.global.state.as_ref(), declared, self.app(), &target, self.host)?;
        Ok(Destination { context: self, store: place.store(), target, place })
    }
}

impl Destination<'_> {
    /// The runs of this app with what `provider` reaches.
    pub(crate) fn session<'a>(&'a self, provider: &'a dyn Provider) -> Session<'a> {
        Session::new(self.context.app(), &*self.store, provider)
    }

    /// Said first.
    fn notice(&self) {
        if let Some(notice) = self.target.notice() {
            self.context.terminal.note(format!("{} {notice}", paint(INFO, "note:")));
        }
    }

    /// Said last where what was said first may have left the screen.
    pub(crate) fn notice_again(&self) {
        if self.context.terminal.has_scrolled() {
            self.notice();
        }
    }

    pub(crate) async fn connect(&self, access: Access) -> Result<Box<dyn Provider>, CommandError> {
        self.target.answers().await?;
        let connecting = self.target.connect(self.context.host, &self.context.synthesis.assembly, access);
        let tell = || self.target.patience_notice().into_iter().for_each(|notice| self.context.terminal.note(notice));
        patiently(connecting, tell).await
    }

    pub(crate) async fn load(&self) -> Result<Loaded, CommandError> {
        Ok(store::load(&*self.store, self.context.app()).await?)
    }

    /// Connects to the target and reads the state concurrently, the state on a thread of its own. If there is no state,
    /// checks whether the account has resources of this app. With `--new-state`, an absent state is empty in any case.
    pub(crate) async fn start(
        &self,
        start: Start,
        access: Access,
    ) -> Result<(Box<dyn Provider>, Loaded), CommandError> {
        let options = StartOptions { new_state: start.new_state, is_emulated: !self.target.is_real() };
        let load = options.load(&*self.store, self.context.app());
        let (loaded, provider) = tokio::join!(load, self.connect(access));
        let (provider, loaded) = (provider?, loaded?);
        let started = self.session(&*provider).start_from(&self.context.synthesis.assembly, loaded, options).await?;
        let Started { loaded, unsearched } = started;
        if let Some(reason) = unsearched.filter(|_| self.target.is_real()) {
            let what = "it is not known whether the account already has resources of this app";
            self.context.terminal.warn(format!("{what}: {reason}"));
            self.context.terminal.hint("allow `tag:GetResources`, so that a lost state is noticed");
        }
        Ok((provider, loaded))
    }

    /// Says that this is the first deploy from here, which is a surprise where `--state` was mistyped.
    pub(crate) fn tell_first(&self, loaded: &Loaded, planned: &Planned) {
        if loaded.is_first() {
            let created = count(planned.changes.count().create, "resource");
            let place = self.place.display();
            self.context.terminal.note(format!("first deploy: no state at {place}; {created} will be created"));
        }
    }

    /// Returns this run, as other runs see it.
    pub(crate) fn holder(&self) -> LockOwner {
        self.context.host.owner()
    }

    /// Does `work` as the only run that writes. What `work` fails with is said before what letting
    /// go of the lock fails with: a lease that was lost is the end of both.
    pub(crate) async fn locked<T, F: Future<Output = Result<T, CommandError>>>(
        &self,
        holder: &LockOwner,
        work: impl FnOnce() -> F,
    ) -> Result<T, CommandError> {
        let lock = self.lock(holder).await?;
        let done = boxed(work).await;
        let released = lock.release().await;
        let done = done?;
        released?;
        Ok(done)
    }

    /// Makes this run the only one that writes, and the state this target's. Waits for another
    /// one as long as `--lock-timeout` says.
    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, CommandError> {
        let patience = self.context.global.lock_timeout;
        let tell = |Waiting { holder, overdue, patience }: &Waiting| {
            let (patience, holder) = (duration(*patience), self.context.host.describe(holder));
            self.context.terminal.note(match overdue {
                None => format!("waiting up to {patience} for the lock, which is held by {holder}"),
                Some(heard) => {
                    let held = format!("the lock is held by {holder}{heard}");
                    format!("{held}: it is taken over within {patience}, unless that run sends another heartbeat")
                }
            });
        };
        // Before anything is created for it, or asked of a state that is there.
        self.target.answers().await?;
        if self.place.is_default {
            self.context.host.make_root()?;
        }
        let lock = store::lock_within(&*self.store, holder, patience, tell).await?;
        self.place.mark(&self.target)?;
        Ok(lock)
    }

    /// Fails immediately if a confirmation is needed and no user can answer.
    pub(crate) fn may_ask(&self, yes: bool, command: &str) -> Result<(), CommandError> {
        if yes || !self.target.is_real() || self.context.terminal.can_ask() {
            return Ok(());
        }
        let message = format!(
            "{command} changes real infrastructure and must be confirmed, but standard input is not a terminal"
        );
        Err(CommandError::usage(message).hint("to continue without confirmation, add `--yes`"))
    }

    /// Asks, where what is changed is real.
    pub(crate) async fn confirm(&self, yes: bool, question: &str) -> Result<(), CommandError> {
        if yes || !self.target.is_real() || self.context.terminal.ask(&format!("{question} [y/N]")).await {
            return Ok(());
        }
        Err(CommandError::failed("not confirmed: nothing was changed"))
    }
}

/// Waits for `work`, and notifies once if it takes long.
async fn patiently<T>(work: impl Future<Output = T>, tell: impl FnOnce()) -> T {
    let mut work = pin!(work);
    match timeout(PATIENCE, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            tell();
            work.await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::sync::oneshot;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_long_for_a_target_is_told_so_once() {
        let told = Cell::new(0);
        let tell = || told.set(told.get() + 1);
        assert_eq!(patiently(async { 1 }, tell).await, 1);
        assert_eq!(told.get(), 0);
        let (free, freed) = oneshot::channel();
        let other = async {
            sleep(PATIENCE - Duration::from_millis(1)).await;
            assert_eq!(told.get(), 0, "not yet");
            sleep(10 * PATIENCE).await;
            assert_eq!(told.get(), 1);
            free.send(2).expect("it is waited for");
        };
        let (done, ()) = tokio::join!(patiently(freed, tell), other);
        assert_eq!((done, told.get()), (Ok(2), 1));
        assert!(Target::Sandbox { fallback: false }.patience_notice().is_some_and(|it| it.starts_with("waiting for")));
    }
}
