//! A complete run, for the command line, for tests, and for programs that deploy by themselves: reads the state and the
//! outputs of other apps, plans, checks, and executes, and records the run in the history.
//!
//! ```no_run
//! # async fn deploy(
//! #     program: &groundplan_core::Assembly,
//! #     store: &dyn groundplan_engine::StateStore,
//! #     cloud: &dyn groundplan_engine::Provider,
//! #     owner: &groundplan_engine::model::LockOwner,
//! # ) -> Result<(), groundplan_engine::execute::ExecuteError> {
//! use groundplan_engine::execute::{Cancellation, ExecuteOptions};
//! use groundplan_engine::planning::PlanOptions;
//! use groundplan_engine::session::{Goal, Run, Session, StartOptions};
//!
//! let session = Session::new(&program.app, store, cloud);
//! let lock = store.lock(owner).await?;
//! let loaded = session.start(program, StartOptions::default()).await?.loaded;
//! let planned = session.plan(Goal::Program(program), &loaded, &PlanOptions::default()).await?;
//! session.permit(&planned.plan, &loaded, false).await?;
//! let run = Run {
//!     plan: &planned.plan,
//!     assembly: Some(program),
//!     owner,
//!     options: ExecuteOptions::default(),
//!     progress: &(),
//!     cancellation: &Cancellation::new(),
//! };
//! let executed = session.execute(run, loaded).await?;
//! assert!(executed.outcome.succeeded());
//! lock.release().await?;
//! # Ok(())
//! # }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path};

use crate::Error;
use crate::model::{Event, Loaded, LockOwner, RunRecord, State};
use crate::provider::{Identity, Provider};
use crate::run::edit;
use crate::run::execute::secrets::unset_variables;
use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, Outcome, Progress, execute};
use crate::run::import::{self, Import};
use crate::run::lookup;
use crate::run::planning::{self, Neighbors, PlanOptions, Planned};
use crate::run::store::{self, Recorded, StateStore, recorded};
use crate::run::upstream::{self, Upstream};
use crate::secret::Variables;
use crate::stages::plan::Plan;
use crate::stages::reboot;

/// An app, with the store of its state and the cloud that it is deployed to.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    app: &'a str,
    store: &'a dyn StateStore,
    provider: &'a dyn Provider,
}

/// The options of starting a run without a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartOptions {
    /// Starts with a new state even if a state existed or the account has resources of the app. Those resources stay
    /// unchanged.
    pub new_state: bool,
    /// `true` if the target is an emulator, which may not support the search for resources of the app.
    pub is_emulated: bool,
}

/// The start of a run.
#[derive(Debug)]
pub struct Started {
    /// The state that the run starts with.
    pub loaded: Loaded,
    /// The reason why it is not known whether the account already has resources of the app, if this is its first run.
    pub unsearched: Option<String>,
}

impl StartOptions {
    /// Reads the state that a run of `app` starts with, for [`Session::start_from`].
    ///
    /// # Errors
    /// As [`store::load`], but a missing state is no error with `new_state`. The new serials follow those of the
    /// history, so that no record is overwritten.
    pub async fn load(self, store: &dyn StateStore, app: &str) -> Result<Loaded, Error> {
        if self.new_state { store::load_new(store, app).await } else { store::load(store, app).await }
    }
}

/// The goal of a run.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// The account matches a program.
    Program(&'a Assembly),
    /// The account contains nothing of the app.
    Nothing,
}

/// The execution of a plan.
pub struct Run<'a> {
    /// The plan, from [`Session::plan`] or from a file.
    pub plan: &'a Plan,
    /// The program that the account matches when the plan is done, for the history; `None` for a part of a program, or
    /// for nothing.
    pub assembly: Option<&'a Assembly>,
    /// The owner of the run, for the history.
    pub owner: &'a LockOwner,
    /// Options of the execution.
    pub options: ExecuteOptions,
    /// Receives the progress events.
    pub progress: &'a dyn Progress,
    /// Stops the run.
    pub cancellation: &'a Cancellation,
}

/// The result of a run.
#[derive(Debug)]
pub struct Executed {
    /// The resulting state, and the steps that are done, failed or skipped.
    pub outcome: Outcome,
    /// The instances that may apply changed parameters only when they are rebooted, each with the changed group or
    /// cluster.
    pub reboots: Vec<(Path, Path)>,
    /// The error, if the end of this run could not be recorded in the history.
    pub unrecorded: Option<Error>,
}

impl<'a> Session<'a> {
    /// Creates a session of `app`, whose state is in `store`.
    pub fn new(app: &'a str, store: &'a dyn StateStore, provider: &'a dyn Provider) -> Self {
        Self { app, store, provider }
    }

    /// Reads the state that a run of the program starts with. A missing state does not mean that the account is empty:
    /// on the first run, searches the account for resources of the app.
    ///
    /// # Errors
    /// As [`StartOptions::load`], and [`StoreError::Owned`](store::StoreError::Owned) if the account has resources of
    /// the app.
    pub async fn start(&self, assembly: &Assembly, options: StartOptions) -> Result<Started, Error> {
        let loaded = options.load(self.store, self.app).await?;
        self.start_from(assembly, loaded, options).await
    }

    /// Completes a [`start`](Self::start) whose state was read with [`StartOptions::load`] while the provider was not
    /// connected yet.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_from(
        &self,
        assembly: &Assembly,
        loaded: Loaded,
        options: StartOptions,
    ) -> Result<Started, Error> {
        let StartOptions { new_state, is_emulated } = options;
        let unsearched = if loaded.is_first() && !new_state {
            store::permit_first(assembly, self.store, self.provider, !is_emulated).await?
        } else {
            None
        };
        Ok(Started { loaded, unsearched })
    }

    /// Plans a run with the outputs that other apps publish now.
    ///
    /// # Errors
    /// As [`planning::deploy`] and [`planning::destroy`], and if the state of another app cannot be read.
    pub async fn plan(&self, goal: Goal<'_>, loaded: &Loaded, options: &PlanOptions) -> Result<Planned, Error> {
        self.plan_expecting(goal, loaded, options, &BTreeMap::new()).await
    }

    /// Plans like [`plan`](Self::plan), but expects other apps to be deployed first and to publish these outputs, by
    /// app. A plan that uses such outputs can only be shown, not executed.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn plan_expecting(
        &self,
        goal: Goal<'_>,
        loaded: &Loaded,
        options: &PlanOptions,
        expected: &BTreeMap<String, Vec<String>>,
    ) -> Result<Planned, Error> {
        let behavior = |type_name: &str| self.provider.behavior(type_name);
        let neighbors = Neighbors::of_open(&loaded.state, self.store, &behavior).await?;
        let options = &PlanOptions { neighbors, ..options.clone() };
        match goal {
            Goal::Program(assembly) => {
                let upstream = Upstream::read(assembly, self.store).await?;
                let upstream =
                    expected.iter().fold(upstream, |upstream, (app, names)| upstream.expecting(app, names.clone()));
                let options = PlanOptions { upstream, ..options.clone() };
                planning::deploy(assembly, &loaded.state, self.provider, &options).await
            }
            Goal::Nothing => planning::destroy(&loaded.state, self.provider, options).await,
        }
    }

    /// Refuses a plan that may not be executed, before the user is asked to confirm it.
    ///
    /// # Errors
    /// As [`Plan::permit`] and [`upstream::permit`].
    pub async fn permit(&self, plan: &Plan, loaded: &Loaded, delete_data: bool) -> Result<(), Error> {
        self.refusals(plan, loaded, delete_data).await.into_iter().next().map_or(Ok(()), Err)
    }

    /// Returns every reason why a plan may not be executed; empty if it may.
    pub async fn refusals(&self, plan: &Plan, loaded: &Loaded, delete_data: bool) -> Vec<Error> {
        let permitted = [plan.permit(delete_data), upstream::permit(plan, &loaded.state, self.store).await];
        permitted.into_iter().filter_map(Result::err).collect()
    }

    /// Returns the environment variables that the secrets of a plan are read from and that are not set. Executing the
    /// plan needs them.
    ///
    /// # Errors
    /// [`PlanError::Stale`](crate::plan::PlanError::Stale), if the plan does not fit the state.
    pub async fn unset_variables(
        &self,
        plan: &Plan,
        loaded: &Loaded,
        variables: &Variables,
    ) -> Result<BTreeSet<String>, Error> {
        unset_variables(plan, &loaded.state, self.provider, variables).await
    }

    /// Executes a plan from the state that it was made from, and records the run in the history from its start on. The
    /// caller holds the lock of the store.
    ///
    /// # Errors
    /// As [`execute`], and if the history cannot be written before the run begins. In this case, nothing was changed.
    pub async fn execute(&self, run: Run<'_>, loaded: Loaded) -> Result<Executed, ExecuteError> {
        let Run { plan, assembly, owner, options, progress, cancellation } = run;
        let begun = RunRecord::of_plan(plan, &loaded.state, owner);
        let before = loaded.state.clone();
        let work = execute(plan, loaded, self.provider, self.store, &options, progress, cancellation);
        let ended = |begun: RunRecord, outcome: &Outcome| begun.ended(plan, outcome);
        let Recorded { done: outcome, unrecorded } = recorded(self.store, begun, assembly, work, ended).await?;
        Ok(Executed { reboots: reboot::pending(&before, &outcome.state), outcome, unrecorded })
    }

    /// Finds an existing resource, and how it differs from the declaration of the program. Changes nothing:
    /// [`edit`](Self::edit) with the events and the identity of the result adds the resource to the state.
    ///
    /// # Errors
    /// The program does not have the path, the state already has it, the resource does not exist, or another path or
    /// app already has the resource; and as [`plan`](Self::plan).
    pub async fn import(
        &self,
        assembly: &Assembly,
        loaded: &Loaded,
        request: &import::Request<'_>,
    ) -> Result<Import, Error> {
        let import::Request { path, parallelism, .. } = *request;
        let (state, upstream) = (&loaded.state, Upstream::read(assembly, self.store).await?);
        let assembly = upstream.resolve(assembly)?.0;
        let assembly = lookup::resolve(assembly, state, path, self.provider, parallelism).await?;
        import::import(&assembly, state, request, self.provider, self.store).await
    }

    /// Changes only the state, as a run in the history. The caller holds the lock of the store.
    ///
    /// # Errors
    /// As [`edit::apply`], which does the same without a provider.
    pub async fn edit(
        &self,
        loaded: Loaded,
        events: Vec<Event>,
        identity: Option<Identity>,
        owner: &LockOwner,
    ) -> Result<Recorded<State>, Error> {
        edit::apply(loaded, events, identity, owner, self.store).await
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
