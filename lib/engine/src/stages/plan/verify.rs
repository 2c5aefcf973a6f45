//! Checks that a plan fits the state and lists every resource whose data it deletes.

use std::borrow::Cow;

use super::{Plan, Work};
use crate::Error;
use crate::model::{Event, Loaded, State};
use crate::stages::plan::PlanError;
impl Plan {
    /// Checks that the plan names every stateful and every protected resource that its steps delete from `state`, which
    /// it was made from. The statements of a plan file about this are not trusted.
    ///
    /// # Errors
    /// [`PlanError::Corrupt`], and [`PlanError::Stale`] if the plan does not fit the state.
    pub fn verify(&self, state: &State) -> Result<(), Error> {
        if !self.steps.iter().any(|step| matches!(step.work, Work::Delete { .. })) {
            return Ok(());
        }
        let state = self.before_changes(state)?;
        for step in &self.steps {
            let Work::Delete { id, generation, .. } = &step.work else { continue };
            let Some(resource) = state.incarnation(&step.path, id, *generation) else { continue };
            let unnamed = |what: &str| {
                let reason = format!("it deletes `{}`, which {what}, without saying so; make a new plan", step.path);
                Err(PlanError::Corrupt { reason }.into())
            };
            if resource.is_stateful() && !self.loses_data.contains(&step.path) {
                return unnamed("is stateful");
            }
            if resource.is_protected() && !self.protected.contains(&step.path) {
                return unnamed("is protected");
            }
        }
        Ok(())
    }

    /// Checks that the plan was made from this state.
    ///
    /// # Errors
    /// [`PlanError::Stale`], with the difference.
    pub fn fits(&self, loaded: &Loaded) -> Result<(), Error> {
        let stale = |reason: String| Err(PlanError::Stale { reason }.into());
        let state = &loaded.state;
        if state.app != self.app {
            return stale(format!("it was made for the app `{}`, and this is `{}`", self.app, state.app));
        }
        let is_first = loaded.base.is_none() && self.serial == state.serial;
        if state.lineage != self.lineage && !is_first {
            return stale("it was made from a different state, and not from an earlier version of this one".into());
        }
        if state.serial != self.serial {
            let reason = format!("it was made from serial {}, and the state has serial {}", self.serial, state.serial);
            return stale(format!("{reason}: another deploy has run since"));
        }
        if self.journal.is_some_and(|events| events != loaded.journal) {
            return stale("it was made while another run was in progress, which has made more changes since".into());
        }
        Ok(())
    }

    /// The state with what was found out while planning, and with the moves: the one in which the first step
    /// starts to make, change or delete something.
    pub(crate) fn before_changes<'s>(&self, state: &'s State) -> Result<Cow<'s, State>, Error> {
        let moves = self.steps.iter().filter_map(|step| match &step.work {
            Work::Move { from } => Some(Event::Moved { from: from.clone(), to: step.path.clone() }),
            _ => None,
        });
        let mut state = Cow::Borrowed(state);
        for event in self.observed.iter().cloned().chain(moves) {
            state.to_mut().apply(event).map_err(|illegal| PlanError::Stale { reason: illegal.to_string() })?;
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fake::{DATABASE, Fake, assembly, vpc};
    use crate::model::{Orphan, ResourceState, ResourceStatus};
    use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, execute};
    use crate::run::planning::{self, PlanOptions};
    use crate::run::store::{MemoryStore, load};

    #[tokio::test(start_paused = true)]
    async fn a_plan_that_hides_what_it_loses_is_refused() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let program = assembly(&[vpc("10.0.0.0/16"), ("a/db", DATABASE, json!({"Engine": "postgres"}))]);
        let loaded = load(&store, "shop").await.unwrap();
        let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();

        let mut loaded = load(&store, "shop").await.unwrap();
        let all = PlanOptions { delete_data: true, ..PlanOptions::default() };
        let plan = planning::destroy(&loaded.state, &fake, &all).await.unwrap().plan;
        plan.verify(&loaded.state).unwrap();
        let hidden = Plan { loses_data: Vec::new(), ..plan.clone() };
        let refused = hidden.verify(&loaded.state).unwrap_err().to_string();
        assert!(refused.contains("it deletes `a/db`, which is stateful, without saying so"), "{refused}");
        let ended = execute(&hidden, loaded.clone(), &fake, &store, &options, &(), &Cancellation::new()).await;
        assert!(matches!(ended, Err(ExecuteError::Refused(Error::Plan(PlanError::Corrupt { .. })))), "{ended:?}");
        // What became protected after the plan was made, and what a journal says of it.
        loaded.state.resources.get_mut("a/vpc").unwrap().lifecycle.protect = true;
        let refused = plan.verify(&loaded.state).unwrap_err().to_string();
        assert!(refused.contains("it deletes `a/vpc`, which is protected"), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_protected_is_named_unless_it_never_worked() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let program = assembly(&[vpc("10.0.0.0/16")]);
        let loaded = load(&store, "shop").await.unwrap();
        let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
        let options = ExecuteOptions::default();
        execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        let mut state = load(&store, "shop").await.unwrap().state;
        let plan = planning::destroy(&state, &fake, &PlanOptions::default()).await.unwrap().plan;
        let resource = state.resources.get_mut("a/vpc").unwrap();
        (resource.lifecycle.protect, resource.status) = (true, ResourceStatus::Tainted);
        plan.verify(&state).unwrap();
        let resource = state.resources.remove("a/vpc").unwrap();
        let beside = ResourceState { id: "another".into(), ..resource.clone() };
        state.deposed = vec![Orphan { path: "a/vpc".into(), resource }];
        plan.verify(&state).unwrap();
        state.resources.insert("a/vpc".into(), beside);
        plan.verify(&state).unwrap();
        state.deposed[0].resource.status = ResourceStatus::Ready;
        assert!(plan.verify(&state).is_err(), "it has worked");
    }

    #[test]
    fn a_plan_that_was_edited_or_cut_is_refused() {
        let plan = Plan {
            format: Plan::FORMAT,
            ..serde_json::from_value(json!({
                "format": Plan::FORMAT, "app": "shop", "lineage": "82637425-9293-4eb9-85f5-66e63e9a294e", "serial": 1,
                "identity": {"account": "123456789012", "partition": "aws"}, "steps": [], "loses_data": ["a/db"],
            }))
            .unwrap()
        };
        let text = plan.to_json();
        assert_eq!(Plan::from_json(&text).unwrap(), plan);
        for edited in [text.replace("a/db", "a/dc"), text.replace("\"serial\": 1", "\"serial\": 2")] {
            let refused = Plan::from_json(&edited).unwrap_err().to_string();
            assert!(refused.contains("does not match its checksum"), "{refused}");
        }
        assert!(Plan::from_json(&text[..text.len() / 2]).is_err());
    }
}
