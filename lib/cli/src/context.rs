//! What every command has at hand.

use groundplan_core::Synthesis;
use groundplan_engine::Provider;
use groundplan_engine::store::{self, FileStore, Holder, Loaded, Lock, StateStore as _};

use crate::args::Global;
use crate::error::CommandError;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::place::Place;
use crate::style::{INFO, paint};
use crate::target::Target;
use crate::terminal::Terminal;

/// What a command has before it has looked for a target.
pub(crate) struct Context<'a> {
    pub(crate) host: &'a Host,
    pub(crate) terminal: &'a Terminal,
    pub(crate) global: &'a Global,
    pub(crate) synthesis: &'a Synthesis,
    pub(crate) interrupt: &'a Interrupt,
}

/// A target with the state of this app there.
pub(crate) struct Session<'a> {
    context: &'a Context<'a>,
    pub(crate) target: Target,
    pub(crate) place: Place,
    pub(crate) store: FileStore,
}

impl Context<'_> {
    pub(crate) fn app(&self) -> &str {
        &self.synthesis.assembly.app
    }

    /// Finds target and state, and says where that is not what one may expect.
    pub(crate) fn session(&self) -> Result<Session<'_>, CommandError> {
        let target = Target::choose(&self.global.target, self.host)?;
        let declared = self.synthesis.assembly.state.as_deref();
        let place = Place::find(self.global.state.as_ref(), declared, self.app(), &target, self.host)?;
        let session = Session { context: self, store: place.store(), target, place };
        session.notice();
        Ok(session)
    }
}

impl Session<'_> {
    /// Said first and last.
    pub(crate) fn notice(&self) {
        if let Some(notice) = self.target.notice() {
            self.context.terminal.note(format!("{} {notice}", paint(INFO, "note:")));
        }
    }

    pub(crate) async fn connect(&self) -> Result<Box<dyn Provider>, CommandError> {
        self.target.connect(self.context.host, &self.context.synthesis.assembly).await
    }

    pub(crate) async fn load(&self) -> Result<Loaded, CommandError> {
        Ok(store::load(&self.store, self.context.app()).await?)
    }

    /// Makes this run the only one that writes, and the state this target's.
    pub(crate) async fn lock(&self, command: &str) -> Result<Box<dyn Lock>, CommandError> {
        let lock = self.store.lock(&Holder::here(command)).await?;
        self.place.mark(&self.target)?;
        Ok(lock)
    }
}
