//! The one way of a run, for the command line, for tests and for programs that deploy by themselves: read the
//! state and the outputs of other apps, plan, permit, and execute, with the run in the history.
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
//! use groundplan_engine::session::{Run, Session, Goal};
//!
//! let session = Session::new(&program.app, store, cloud);
//! let lock = store.lock(owner).await?;
//! let loaded = session.load().await?;
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

use std::collections::BTreeMap;

use groundplan_core::{Assembly, Path};

use crate::error::Error;
use crate::model::{Loaded, LockOwner, RunRecord};
use crate::provider::Provider;
use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, Outcome, Progress, execute};
use crate::run::planning::{self, Neighbors, PlanOptions, Planned};
use crate::run::store::{self, StateStore};
use crate::run::upstream::{self, Upstream};
use crate::stages::plan::Plan;
use crate::stages::reboot;

/// An app with the store of its state and the cloud that it is deployed to.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    app: &'a str,
    store: &'a dyn StateStore,
    provider: &'a dyn Provider,
}

/// What a run is to bring about.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// The account holds what a program says.
    Program(&'a Assembly),
    /// The account holds nothing of the app.
    Nothing,
}

/// A plan that is to be executed.
pub struct Run<'a> {
    /// The plan: one of [`Session::plan`], or one that was saved.
    pub plan: &'a Plan,
    /// What the account holds when the plan is done, for the history; none where that is a part of a program, or
    /// nothing.
    pub assembly: Option<&'a Assembly>,
    /// Whose run it is, for the history.
    pub owner: &'a LockOwner,
    /// How the steps are executed.
    pub options: ExecuteOptions,
    /// Is told how far the run has come.
    pub progress: &'a dyn Progress,
    /// Stops the run.
    pub cancellation: &'a Cancellation,
}

/// How a run has ended.
#[derive(Debug)]
pub struct Executed {
    /// What exists now, and which steps are done, failed or skipped.
    pub outcome: Outcome,
    /// The instances that may get changed parameters only when they are rebooted, each with what changed them.
    pub reboots: Vec<(Path, Path)>,
    /// Why the history does not have the end of this run, where that is so.
    pub unrecorded: Option<Error>,
}

impl<'a> Session<'a> {
    /// A session of `app`, whose state is in `store`.
    pub fn new(app: &'a str, store: &'a dyn StateStore, provider: &'a dyn Provider) -> Self {
        Self { app, store, provider }
    }

    /// Reads the state that a run starts from.
    ///
    /// # Errors
    /// As [`store::load`].
    pub async fn load(&self) -> Result<Loaded, Error> {
        store::load(self.store, self.app).await
    }

    /// Plans a run, with what other apps publish now.
    ///
    /// # Errors
    /// As [`planning::deploy`] and [`planning::destroy`], and where the state of another app cannot be read.
    pub async fn plan(&self, goal: Goal<'_>, loaded: &Loaded, options: &PlanOptions) -> Result<Planned, Error> {
        self.plan_expecting(goal, loaded, options, &BTreeMap::new()).await
    }

    /// As [`plan`](Self::plan), where apps are going to be deployed before this one and publish these outputs
    /// then, by app. A plan that uses them is to be shown, and not to be executed.
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

    /// Refuses a plan that may not be executed, before anybody is asked.
    ///
    /// # Errors
    /// As [`Plan::permit`] and [`upstream::permit`].
    pub async fn permit(&self, plan: &Plan, loaded: &Loaded, delete_data: bool) -> Result<(), Error> {
        self.refusals(plan, loaded, delete_data).await.into_iter().next().map_or(Ok(()), Err)
    }

    /// Returns each reason why a plan may not be executed; none where it may.
    pub async fn refusals(&self, plan: &Plan, loaded: &Loaded, delete_data: bool) -> Vec<Error> {
        let permitted = [plan.permit(delete_data), upstream::permit(plan, &loaded.state, self.store).await];
        permitted.into_iter().filter_map(Result::err).collect()
    }

    /// Executes a plan from the state that it was made from, and keeps the run in the history, from its begin on.
    /// The lock of the store is the caller's.
    ///
    /// # Errors
    /// As [`execute`], and where the history cannot be written before the run begins: nothing was touched then.
    pub async fn execute(&self, run: Run<'_>, loaded: Loaded) -> Result<Executed, ExecuteError> {
        let Run { plan, assembly, owner, options, progress, cancellation } = run;
        let begun = RunRecord::of_plan(plan, &loaded.state, owner);
        self.store.record(&begun, assembly).await?;
        let before = loaded.state.clone();
        let outcome = execute(plan, loaded, self.provider, self.store, &options, progress, cancellation).await?;
        let ended = begun.ended(plan, &outcome);
        let unrecorded = self.store.record(&ended, None).await.err();
        Ok(Executed { reboots: reboot::pending(&before, &outcome.state), outcome, unrecorded })
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
