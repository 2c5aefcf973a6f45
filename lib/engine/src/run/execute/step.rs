//! Executes each kind of step.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::secret::SecretOutput;
use groundplan_core::{Environment, Path, Reference, Value};

use super::ExecuteOptions;
use super::calls::{self, Call, Calls, Failure};
use super::error::StepError;
use super::progress::Progress;
use super::record::Record;
use crate::model::{Event, Intent, Operation, ResourceState, ResourceStatus, State, token};
use crate::provider::{
    Accepted, Address, DeleteRequest, Deletion, Existing, Outputs, Provider, ProviderError, UpdateRequest, Wait,
};
use crate::run::rate_limit::{Permit, Rank, RateLimiter};
use crate::run::recover;
use crate::secret::{self, Maker, Sources, Told};
use crate::stages::normal;
use crate::stages::plan::{Desired, Plan, Step, Work};
use crate::stages::reboot;
use crate::stages::resolve::{Revealed, reveal, substitute_all};

mod create;

/// Data that all steps of a run share.
pub(super) struct Runner<'a> {
    pub(super) plan: &'a Plan,
    pub(super) record: &'a Record<'a>,
    pub(super) provider: &'a dyn Provider,
    pub(super) options: &'a ExecuteOptions,
    pub(super) progress: &'a dyn Progress,
    pub(super) limiter: &'a RateLimiter<'a>,
    /// Resources that an earlier run created or changed, and no run has seen ready since.
    pub(super) unseen: BTreeSet<Path>,
    /// Resources that this run creates.
    pub(super) creates: BTreeSet<&'a Path>,
    /// The secrets of what this run has made.
    pub(super) told: &'a Told,
}

/// Returns the resources that a plan creates.
pub(super) fn creates(plan: &Plan) -> BTreeSet<&Path> {
    plan.steps.iter().filter(|step| matches!(step.work, Work::Create { .. })).map(|step| &step.path).collect()
}

/// Returns the paths, after the plan's moves, of resources that an earlier run created or changed, and that no run has
/// seen ready since.
pub(super) fn unseen(plan: &Plan, state: &State) -> BTreeSet<Path> {
    let open =
        |resource: &ResourceState| matches!(resource.status, ResourceStatus::Accepted | ResourceStatus::Updating);
    let is_open = |path: &Path| state.resources.get(path).is_some_and(open);
    let moved = plan.steps.iter().filter_map(|step| match &step.work {
        Work::Move { from } if is_open(from) => Some(step.path.clone()),
        _ => None,
    });
    let here = state.resources.iter().filter(|(_, resource)| open(resource)).map(|(path, _)| path.clone());
    moved.chain(here).collect()
}

impl Runner<'_> {
    /// Returns the API of a step's calls; `None` if it makes none.
    pub(super) fn api(&self, step: &Step) -> Option<&'static str> {
        match &step.work {
            Work::Move { .. } | Work::Record { .. } | Work::Forget | Work::Retain | Work::Barrier => None,
            Work::Create { .. } | Work::Update { .. } | Work::Ready | Work::Delete { .. } => {
                Some(self.provider.behavior(&step.type_name).map_or("", |behavior| behavior.api))
            }
        }
    }

    /// Runs a step, which has the permit for its first call, to its end; gives the identifier of its
    /// resource.
    pub(super) async fn run(
        &self,
        step: &Step,
        permit: Option<Permit<'_>>,
        rank: Rank,
    ) -> Result<Option<String>, StepError> {
        let queue = (self.api(step).unwrap_or_default(), rank);
        let mut calls = Calls::new(step, self.provider, self.progress, self.limiter, queue, permit);
        let path = step.path.clone();
        match &step.work {
            Work::Create { environment, generation, desired } => {
                self.create(step, environment, *generation, desired, &mut calls).await.map(Some)
            }
            Work::Update { desired } => self.update(step, desired, &mut calls).await.map(Some),
            Work::Ready => self.ready(step, &mut calls).await.map(Some),
            Work::Delete { id, generation, final_snapshot } => {
                self.delete(step, id, *generation, final_snapshot.clone(), &mut calls).await.map(|()| Some(id.clone()))
            }
            Work::Move { from } => self.write(Event::Moved { from: from.clone(), to: path }).await,
            Work::Record { dependencies, lifecycle } => {
                let (dependencies, lifecycle) = (dependencies.clone(), lifecycle.clone());
                self.write(Event::Recorded { path, dependencies, lifecycle }).await
            }
            Work::Forget => self.write(Event::Forgotten { path }).await,
            Work::Retain => self.write(Event::Retained { path }).await,
            Work::Barrier => Ok(None),
        }
    }

    async fn write(&self, event: Event) -> Result<Option<String>, StepError> {
        self.record.commit([event]).await?;
        Ok(None)
    }

    /// Writes down that nothing has happened, or what was made in part.
    async fn refused(&self, step: &Step, failure: Failure) -> Result<String, StepError> {
        let error = failure.error.as_ref();
        let event = Event::Failed {
            path: step.path.clone(),
            class: error.map(|error| error.class),
            message: failure.message(),
            partial: error.and_then(|error| error.partial.clone()),
            later: false,
        };
        self.record.commit([event]).await?;
        Err(failure.into())
    }

    async fn update(&self, step: &Step, desired: &Desired, calls: &mut Calls<'_>) -> Result<String, StepError> {
        let prior = self.prior(&step.path)?;
        let resolved = self.resolve(desired)?;
        let (key, serial) = self.record.read(|state| (state.digest_key.clone(), state.serial));
        let maker = |output: &SecretOutput| self.record.read(|state| secret::maker(state, output));
        let revealed = reveal(&resolved, Some(&prior), &key, &prior.environment, self.sources(&maker)).await?;
        let Revealed { plain, digests, unchanged, values } = revealed;
        calls.hide(values);
        if normal::all_agree(&step.type_name, &prior.properties, &resolved)
            && digests == prior.secrets
            && !prior.incomplete
        {
            // What was not known when the plan was made has turned out to be as before.
            let (dependencies, lifecycle) = (desired.dependencies.clone(), desired.lifecycle.clone());
            self.record.commit([Event::Recorded { path: step.path.clone(), dependencies, lifecycle }]).await?;
            return Ok(prior.id);
        }
        let mut existing = prior.existing(&self.plan.app, &step.path);
        existing.properties = normal::respelled(&step.type_name, &prior.properties, &resolved, existing.properties);
        existing.properties.retain(|name, _| !unchanged.contains(name));
        let token = token(self.plan.lineage, &step.path, prior.generation, &format!("update {serial}"));
        let request = UpdateRequest { existing, properties: plain, token: token.clone(), incomplete: prior.incomplete };
        let intent = intent(Operation::Update, token, resolved, digests, desired);
        if reboot::waits(&step.type_name, &prior.properties, &intent.properties) {
            self.record.commit(self.reboots(step)).await?;
        }
        self.record.commit([Event::Intent { path: step.path.clone(), intent: intent.clone() }]).await?;
        let provider = self.provider;
        calls.need(self.needed(desired));
        let answer = calls.repeat(Call::Update, async || provider.update(&request).await).await;
        match answer {
            Ok(accepted) => {
                let id = accepted.id.clone();
                self.accepted(step, accepted, None, false).await?;
                Ok(id)
            }
            Err(failure) if failure.in_doubt => Err(failure.into()),
            Err(failure) => self.unfinished(step, &prior, &intent, failure, calls).await,
        }
    }

    /// Returns the events that record which instances have to be rebooted for the change of `step`. They are recorded
    /// before the change, so that the next run reboots the instances that this one does not: this run may end in
    /// between, and it may be limited to a part of the program without them.
    fn reboots(&self, step: &Step) -> Vec<Event> {
        let updates = self.plan.steps.iter().filter_map(|other| match &other.work {
            Work::Update { desired } => Some((&other.path, (&desired.properties, &desired.dependencies))),
            _ => None,
        });
        let updates: BTreeMap<_, _> = updates.collect();
        // What this plan makes anew or deletes is rebooted by nobody.
        let goes = |other: &Step| matches!(other.work, Work::Create { .. } | Work::Delete { .. });
        let going: BTreeSet<&Path> =
            self.plan.steps.iter().filter(|other| goes(other)).map(|other| &other.path).collect();
        self.record.read(|state| {
            let is_due = |(path, it): &(&Path, &ResourceState)| {
                let declared = updates.get(*path).copied();
                let (properties, dependencies) = declared.unwrap_or((&it.properties, &it.dependencies));
                matches!(it.status, ResourceStatus::Ready | ResourceStatus::Updating)
                    && !going.contains(path)
                    && !state.pending.contains_key(*path)
                    && reboot::is_at_once(&it.type_name, properties)
                    && reboot::depends(state, &it.type_name, dependencies, &step.path)
            };
            state.resources.iter().filter(is_due).flat_map(|(path, it)| it.lacking(path)).collect()
        })
    }

    /// Writes down how far an update has come that was refused: it may have taken several calls, and
    /// some of them had their effect. If that cannot be read now, the update stays open and the
    /// next run reads it.
    async fn unfinished(
        &self,
        step: &Step,
        prior: &ResourceState,
        intent: &Intent,
        failure: Failure,
        calls: &mut Calls<'_>,
    ) -> Result<String, StepError> {
        let existing = prior.existing(&self.plan.app, &step.path);
        let live = match calls.reader().read_made(&existing).await {
            Ok(Some(live)) => live,
            Ok(None) => return Err(calls::gone(&step.path).into()),
            Err(_) => return Err(failure.into()),
        };
        let observed = recover::observed(&step.path, prior, &intent.properties, live);
        if recover::is_known(&observed, prior) && intent.secrets == prior.secrets {
            return self.refused(step, failure).await;
        }
        self.record.commit([observed]).await?;
        Err(failure.into())
    }

    /// Writes down that the cloud has accepted, or was found to have; where nothing has to be
    /// waited for, it is ready.
    async fn accepted(
        &self,
        step: &Step,
        accepted: Accepted,
        found: Option<BTreeMap<String, Value>>,
        incomplete: bool,
    ) -> Result<(), StepError> {
        self.told.learn(&step.type_name, &accepted);
        let Accepted { id, outputs, .. } = accepted;
        let path = step.path.clone();
        let ready = (self.wait(&step.type_name) == Wait::NONE)
            .then(|| Event::Ready { path: path.clone(), outputs: Outputs::new() });
        let accepted = Event::Accepted { path, id, outputs, found, incomplete };
        self.record.commit(std::iter::once(accepted).chain(ready)).await?;
        Ok(())
    }

    async fn ready(&self, step: &Step, calls: &mut Calls<'_>) -> Result<String, StepError> {
        let resource = self.prior(&step.path)?;
        let existing = resource.existing(&self.plan.app, &step.path);
        if resource.status == ResourceStatus::Ready {
            // It was to be changed, and there was nothing to change after all.
            return Ok(resource.id);
        }
        let new = resource.status == ResourceStatus::Accepted;
        let of_this_run = self.creates.contains(&step.path);
        let path = step.path.clone();
        let answer = calls.until_ready(&existing, self.wait(&step.type_name), new).await;
        match answer {
            Ok(outputs) => {
                // What an earlier run has made or changed, and nobody has compared since, is compared though
                // this run has changed it: its update has said nothing of what was missing before.
                let compared = self.unseen.contains(&step.path) && !of_this_run;
                let other = if compared { self.other_than_asked(&resource, &existing, calls).await? } else { None };
                let as_asked = other.is_none();
                self.record.commit(std::iter::once(Event::Ready { path, outputs }).chain(other)).await?;
                if as_asked {
                    return Ok(existing.id);
                }
                let reason =
                    "ready, but its configuration differs from what an earlier run requested; run again to change it"
                        .into();
                Err(StepError::NotReady { reason, failed: false })
            }
            Err(StepError::NotReady { reason, failed: true }) => {
                let message = reason.clone();
                let later = !of_this_run;
                // What an update was to bring and has not is a difference again for the next plan.
                let other = match resource.status {
                    ResourceStatus::Updating => self.other_than_asked(&resource, &existing, calls).await.ok().flatten(),
                    _ => None,
                };
                let failed = Event::Failed { path, class: None, message, partial: None, later };
                self.record.commit(std::iter::once(failed).chain(other)).await?;
                Err(StepError::NotReady { reason, failed: true })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the properties whose live values differ from those that an earlier run requested. That run would have
    /// seen a failed change, and would have made the calls that follow a create; this one only sees that the resource
    /// works. If the properties cannot be read now, the next run waits and reads again.
    async fn other_than_asked(
        &self,
        resource: &ResourceState,
        existing: &Existing,
        calls: &mut Calls<'_>,
    ) -> Result<Option<Event>, StepError> {
        let live = calls.reader().read_made(existing).await.map_err(|error| self.unseen(error))?;
        Ok(live.and_then(|live| recover::differing(&existing.address.path, resource, live)))
    }

    /// Returns the error of a read that was not answered, perhaps because the run was requested to stop.
    fn unseen(&self, error: ProviderError) -> StepError {
        if self.limiter.is_closed() { StepError::Interrupted } else { error.into() }
    }

    async fn delete(
        &self,
        step: &Step,
        id: &str,
        generation: Option<u32>,
        final_snapshot: Option<String>,
        calls: &mut Calls<'_>,
    ) -> Result<(), StepError> {
        let (path, id) = (step.path.clone(), id.to_owned());
        let resource = self.record.read(|state| state.incarnation(&path, &id, generation).cloned());
        let resource = resource.ok_or(StepError::Unknown)?;
        let (gone, generation) = (resource.gone(&path), Some(resource.generation));
        let existing = resource.existing(&self.plan.app, &path);
        let request = DeleteRequest { existing, delete_data: self.options.delete_data, final_snapshot };
        self.record.commit([Event::Deleting { path: path.clone(), id: id.clone(), generation }]).await?;
        match calls.delete(&request).await {
            Ok(Deletion::Gone) => {}
            // Of an accepted deletion, and of one that may have been, the next run finds out how it
            // has ended.
            Ok(Deletion::Pending) => calls.until_gone(&request.existing, self.wait(&step.type_name)).await?,
            Err(failure) if failure.in_doubt => return Err(failure.into()),
            Err(failure) => {
                let is_snapshot_promised = request.final_snapshot.is_some();
                return self.undeleted(&resource, &request.existing, failure, is_snapshot_promised, calls).await;
            }
        }
        self.record.commit([gone]).await?;
        Ok(())
    }

    /// Records that a deletion was refused, and the changes that it made before: it may have taken several calls. If
    /// the resource cannot be read now, the deletion stays open and the next run reads it. A resource that no longer
    /// exists is deleted, regardless of the answer.
    async fn undeleted(
        &self,
        resource: &ResourceState,
        existing: &Existing,
        failure: Failure,
        is_snapshot_promised: bool,
        calls: &mut Calls<'_>,
    ) -> Result<(), StepError> {
        let (path, id, generation) = (&existing.address.path, &existing.id, resource.generation);
        let message = failure.message();
        let refused = Event::DeleteFailed { path: path.clone(), id: id.clone(), generation: Some(generation), message };
        // Of what was replaced only its end matters, and what is not ready yet is looked at when it is.
        let is_settled = !matches!(resource.status, ResourceStatus::Accepted | ResourceStatus::Updating);
        let stands = self
            .record
            .read(|state| state.resources.get(path).is_some_and(|it| it.id == *id && it.generation == generation));
        let learned = match calls.reader().read_made(existing).await {
            Ok(Some(live)) if stands && is_settled => recover::learned(path, resource, live),
            Ok(Some(_)) => None,
            Ok(None) => {
                self.record.commit([resource.gone(path)]).await?;
                // Whether the final snapshot was taken that the plan has named is not known.
                return if is_snapshot_promised { Err(failure.into()) } else { Ok(()) };
            }
            Err(_) => return Err(failure.into()),
        };
        self.record.commit(std::iter::once(refused).chain(learned)).await?;
        Err(failure.into())
    }

    /// Returns the existing resources that a change needs and no step of this run creates.
    fn needed(&self, desired: &Desired) -> Vec<Existing> {
        let existing = |path: &Path| {
            let resource = self.record.read(|state| state.resources.get(path).cloned())?;
            Some(resource.existing(&self.plan.app, path))
        };
        desired.dependencies.iter().filter(|path| !self.creates.contains(path)).filter_map(existing).collect()
    }

    fn resolve(&self, desired: &Desired) -> Result<BTreeMap<String, Value>, StepError> {
        let lookup = |reference: &Reference| self.record.read(|state| state.value_of(reference));
        let resolved = substitute_all(&desired.properties, &lookup);
        let open = resolved.values().flat_map(Value::references).next().map(ToString::to_string);
        match open {
            Some(reference) => Err(StepError::Unresolved { reference }),
            None => Ok(resolved),
        }
    }

    fn sources<'s>(&'s self, maker: &'s Maker<'s>) -> Sources<'s> {
        Sources { provider: self.provider, variables: &self.options.variables, told: self.told, maker }
    }

    fn prior(&self, path: &Path) -> Result<ResourceState, StepError> {
        self.record.read(|state| state.resources.get(path).cloned()).ok_or(StepError::Unknown)
    }

    fn wait(&self, type_name: &str) -> Wait {
        self.provider.behavior(type_name).map_or(Wait::NONE, |behavior| behavior.wait)
    }

    fn address(&self, step: &Step, environment: &Environment) -> Address {
        Address {
            app: self.plan.app.clone(),
            path: step.path.clone(),
            type_name: step.type_name.clone(),
            environment: environment.clone(),
        }
    }
}

fn intent(
    operation: Operation,
    token: String,
    properties: BTreeMap<String, Value>,
    secrets: BTreeMap<String, String>,
    desired: &Desired,
) -> Intent {
    let Desired { dependencies, lifecycle, .. } = desired.clone();
    Intent { operation, token, asked: None, properties, secrets, dependencies, lifecycle }
}
