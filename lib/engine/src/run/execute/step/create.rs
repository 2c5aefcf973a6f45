//! Executes a create, so that there is one resource at the end, and never two.

use groundplan_core::Environment;
use groundplan_core::secret::SecretOutput;

use super::{Runner, StepError, intent};
use crate::model::{Event, GlobalId, Intent, Operation, creation_token};
use crate::provider::{
    Accepted, Address, CreateRequest, ErrorClass, Existing, Live, Properties, ProviderError, Recovery,
};
use crate::run::execute::calls::{self, Call, Calls, Failure};
use crate::run::planning::Neighbors;
use crate::run::{neighbors, recover};
use crate::secret;
use crate::stages::drift;
use crate::stages::plan::{Desired, Step};
use crate::stages::resolve::reveal;

impl Runner<'_> {
    pub(super) async fn create(
        &self,
        step: &Step,
        environment: &Environment,
        generation: u32,
        desired: &Desired,
        calls: &mut Calls<'_>,
    ) -> Result<String, StepError> {
        let resolved = self.resolve(desired)?;
        let key = self.record.read(|state| state.digest_key.clone());
        let maker = |output: &SecretOutput| self.record.read(|state| secret::maker(state, output));
        let revealed = reveal(&resolved, None, &key, environment, self.sources(&maker)).await?;
        calls.hide(revealed.values);
        let token = creation_token(self.plan.lineage, &step.path, generation);
        let (address, behavior) = (self.address(step, environment), self.provider.behavior(&step.type_name));
        // An open intent of an earlier run for the same thing: that one may have made it.
        let open = self.record.read(|state| {
            let (intent, identity) = (state.pending.get(&step.path)?, &self.plan.identity);
            recover::asks_for(intent, &address, &token, &resolved, behavior, identity).then_some(intent.asked)
        });
        let by_owner = behavior.is_some_and(|behavior| behavior.recovery == Recovery::ByOwner);
        let asked = open.unwrap_or_else(|| if by_owner { self.provider.time() } else { None });
        let request = CreateRequest { address, properties: revealed.plain, token: token.clone(), asked };
        let operation =
            Operation::Create { type_name: step.type_name.clone(), environment: environment.clone(), generation };
        let intent = Intent { asked, ..intent(operation, token, resolved, revealed.digests, desired) };
        self.record.commit([Event::Intent { path: step.path.clone(), intent }]).await?;
        calls.need(self.needed(desired));
        match self.create_once(&request, open.is_some(), calls).await {
            Ok(Made::Answered(accepted)) => {
                let id = accepted.id.clone();
                self.accepted(step, accepted, None, false).await?;
                Ok(id)
            }
            Ok(Made::Found { accepted, live }) => self.adopted(step, desired, accepted, live, calls).await,
            Ok(Made::Incomplete(accepted, live)) => {
                self.incomplete(step, desired, accepted, live.as_ref()).await?;
                self.update(step, desired, calls).await
            }
            Err(Unmade::Open(error)) => Err(error),
            Err(Unmade::Refused(failure)) => match failure.made() {
                Some(id) => {
                    let live = calls.reader().read_made(&made(&request, id.clone())).await.ok().flatten();
                    let Live { properties, outputs } = live.clone().unwrap_or_default();
                    let seen = live.is_some().then_some(&properties);
                    self.incomplete(step, desired, Accepted { id, outputs, ..Accepted::default() }, seen).await?;
                    Err(failure.into())
                }
                None => self.refused(step, failure).await,
            },
        }
    }

    /// Writes down what was found where the answer to a create was lost, or named what was made in
    /// part. The settings that follow such a call may not have been made: what is known to lack some
    /// of them is updated.
    async fn adopted(
        &self,
        step: &Step,
        desired: &Desired,
        accepted: Accepted,
        live: Option<Properties>,
        calls: &mut Calls<'_>,
    ) -> Result<String, StepError> {
        let id = accepted.id.clone();
        let resolved = self.resolve(desired)?;
        let found = live.map(|live| drift::overlay_of_new(&step.type_name, &resolved, &live));
        let lacking = found.as_ref().is_some_and(|found| *found != resolved);
        self.accepted(step, accepted, found, false).await?;
        if lacking { self.update(step, desired, calls).await } else { Ok(id) }
    }

    /// Writes down that the create has succeeded and that settings which follow it are missing: it is
    /// updated by the next run, unless this one does so.
    async fn incomplete(
        &self,
        step: &Step,
        desired: &Desired,
        accepted: Accepted,
        live: Option<&Properties>,
    ) -> Result<(), StepError> {
        let found = recover::as_far_as_seen(&step.type_name, &self.resolve(desired)?, live);
        self.accepted(step, accepted, Some(found), true).await
    }

    /// Asks for a new resource so that there is one at the end, and never two.
    async fn create_once(
        &self,
        request: &CreateRequest,
        repeated: bool,
        calls: &mut Calls<'_>,
    ) -> Result<Made, Unmade> {
        let provider = self.provider;
        let recovery = self.provider.behavior(&request.address.type_name).map(|behavior| behavior.recovery);
        let mut in_doubt = repeated;
        for attempt in 1.. {
            let failure = match calls.repeat(Call::Create, async || provider.create(request).await).await {
                Ok(accepted) => return Ok(Made::Answered(accepted)),
                Err(failure) => failure,
            };
            in_doubt |= failure.in_doubt;
            let Some(error) = failure.error else { return Err(Failure { error: None, in_doubt }.into()) };
            if let Some(id) = error.partial.clone() {
                let passes = calls::passes(error.class);
                let found = if passes { self.in_part(request, id, error.settings, calls).await } else { None };
                // It has an identifier, so that nothing is in doubt about it.
                return found.ok_or_else(|| Failure { error: Some(error), in_doubt: false }.into());
            }
            match error.class {
                ErrorClass::UnknownOutcome => {}
                ErrorClass::AlreadyExists if in_doubt => {}
                _ => return Err(Failure { error: Some(error), in_doubt }.into()),
            }
            let repeats = recovery == Some(Recovery::ClientToken) && error.class == ErrorClass::UnknownOutcome;
            if !repeats && let Some(found) = self.adopt(request, &error, calls).await? {
                return Ok(found);
            }
            if attempt == 5 {
                return Err(Failure { error: Some(error), in_doubt: true }.into());
            }
            if calls.back_off(attempt, &error).await.is_err() {
                return Err(Failure { error: None, in_doubt }.into());
            }
        }
        unreachable!("the attempts end by themselves")
    }

    /// Returns the resource that an earlier call created, if found. `lost` is how it was answered.
    async fn adopt(
        &self,
        request: &CreateRequest,
        lost: &ProviderError,
        calls: &mut Calls<'_>,
    ) -> Result<Option<Made>, StepError> {
        let reader = calls.reader();
        let open = |error| self.unseen(error);
        let Address { path, type_name, .. } = &request.address;
        let behavior = self.provider.behavior(type_name);
        let retain = |ids: &mut Vec<String>| {
            self.record.read(|state| recover::retain_unknown(state, &request.address, behavior, ids));
        };
        let mut ids = reader.find_made_beside(request, 1, &retain).await.map_err(open)?;
        if !ids.is_empty() && neighbors::is_unmarked(type_name, behavior) {
            let neighbors = Neighbors::read(&request.address.app, self.record.store()).await?;
            let (environment, own) = (&request.address.environment, &self.plan.identity);
            ids.retain(|id| !neighbors.have(GlobalId::new(type_name, id, environment, own)));
        }
        // What another create that is open has made is not to be taken: the next run, in which none is under way,
        // gives each its own.
        let is_shared = self.record.read(|state| {
            let own = state.pending.get(path).map(|intent| &intent.properties);
            own.is_some_and(|own| recover::siblings(state, &request.address, own, reader).next().is_some())
        });
        // The state may have learned of what was found since.
        retain(&mut ids);
        if is_shared && !ids.is_empty() {
            return Err(lost.clone().into());
        }
        if ids.len() > 1 {
            return Err(StepError::Ambiguous { ids });
        }
        let Some(id) = ids.pop() else { return Ok(None) };
        let existing = made(request, id);
        // What is found and cannot be read is not found yet: it would have no outputs.
        let Some(live) = reader.read_made(&existing).await.map_err(open)? else { return Ok(None) };
        let ready = reader.ready(&existing).await.map_err(open)?;
        let accepted = Accepted { id: existing.id, outputs: live.outputs, ..Accepted::default() };
        Ok(Some(Made::Found { accepted, live: ready.map(|_| live.properties) }))
    }

    /// Returns what a create made before a transient error, if it can be read. Only Groundplan sets what it still
    /// lacks, so the properties are compared whether it is ready or not.
    async fn in_part(
        &self,
        request: &CreateRequest,
        id: String,
        settings: bool,
        calls: &mut Calls<'_>,
    ) -> Option<Made> {
        let existing = made(request, id);
        let live = calls.reader().read_made(&existing).await.ok().flatten()?;
        let accepted = Accepted { id: existing.id, outputs: live.outputs, ..Accepted::default() };
        let live = Some(live.properties);
        Some(if settings { Made::Incomplete(accepted, live) } else { Made::Found { accepted, live } })
    }
}

/// The outcome of a create that made something.
enum Made {
    /// The cloud has said so.
    Answered(Accepted),
    /// Its answer was lost or is an error, and what it has made was found; with its properties, unless
    /// it may still get some of them by itself.
    Found { accepted: Accepted, live: Option<Properties> },
    /// It has made the resource, and a setting that follows was refused for now; with its properties.
    Incomplete(Accepted, Option<Properties>),
}

/// The reason why nothing is known to have been created.
enum Unmade {
    /// It was definitely not made, or in part.
    Refused(Failure),
    /// It may have been made: the intent stays open.
    Open(StepError),
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Self {
        if failure.in_doubt { Self::Open(failure.into()) } else { Self::Refused(failure) }
    }
}

impl From<StepError> for Unmade {
    fn from(error: StepError) -> Self {
        Self::Open(error)
    }
}

/// Returns a created resource. Its declaration is left out, because it says nothing about the live properties.
fn made(request: &CreateRequest, id: String) -> Existing {
    Existing { address: request.address.clone(), id, properties: Properties::new() }
}
