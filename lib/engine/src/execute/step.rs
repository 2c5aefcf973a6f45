//! What each kind of step does.

use std::collections::BTreeMap;

use groundplan_core::{Environment, Path, Reference, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::ExecuteOptions;
use super::calls::{Call, Calls, Slot, find_made, read_made};
use super::progress::Progress;
use super::record::Record;
use crate::error::Error;
use crate::journal::{Event, Intent, Operation};
use crate::plan::{Desired, Plan, Step, Work};
use crate::provider::{
    Accepted, Address, CreateRequest, DeleteRequest, ErrorClass, Existing, Outputs, Properties, Provider,
    ProviderError, Recovery, UpdateRequest, Wait,
};
use crate::resolve::{Revealed, reveal, substitute_all};
use crate::secret::SecretError;
use crate::state::{ResourceState, ResourceStatus, hex};

/// Why a step has failed.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepError {
    /// The cloud does not do it.
    #[error("{message}")]
    Provider {
        /// The class of the error.
        class: ErrorClass,
        /// All that the cloud says.
        message: String,
        /// The call, as in `ec2:CreateVpc`.
        operation: Option<String>,
        /// The cloud's error code.
        code: Option<String>,
        /// The cloud's id of the request.
        request_id: Option<String>,
    },
    /// It did not become ready.
    #[error("it is not ready: {reason}")]
    NotReady {
        /// What the cloud says.
        reason: String,
        /// Whether it has failed for good; else it may become ready later.
        failed: bool,
    },
    /// It did not go.
    #[error("it is not gone: {reason}")]
    NotGone {
        /// What the cloud says.
        reason: String,
    },
    /// Several resources may be the one that a lost answer was about.
    #[error("the answer to the create was lost, and {} resources may be what it made: {}; delete all but one and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Their identifiers.
        ids: Vec<String>,
    },
    /// The value of a secret cannot be had.
    #[error("{message}")]
    Secret {
        /// Which, and why.
        message: String,
    },
    /// A reference has no value.
    #[error("`{reference}` has no value: the resource exists, but the target has not told this attribute")]
    Unresolved {
        /// The reference.
        reference: String,
    },
    /// The state does not have the resource that the step is about.
    #[error("the state has no such resource")]
    Unknown,
    /// The journal cannot be written. Nothing new is started then.
    #[error("{message}")]
    Journal {
        /// What the store says.
        message: String,
    },
}

impl From<ProviderError> for StepError {
    fn from(error: ProviderError) -> Self {
        let message = error.to_string();
        let ProviderError { class, operation, code, request_id, .. } = error;
        Self::Provider { class, message, operation, code, request_id }
    }
}

impl From<SecretError> for StepError {
    fn from(error: SecretError) -> Self {
        Self::Secret { message: error.to_string() }
    }
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Journal { message: error.to_string() }
    }
}

/// What all steps of a run share.
pub(super) struct Runner<'a> {
    pub(super) plan: &'a Plan,
    pub(super) record: &'a Record<'a>,
    pub(super) provider: &'a dyn Provider,
    pub(super) options: &'a ExecuteOptions,
    pub(super) progress: &'a dyn Progress,
    pub(super) slots: &'a Semaphore,
}

impl Runner<'_> {
    /// Runs a step to its end; gives the identifier of its resource.
    pub(super) async fn run(&self, step: &Step, slot: SemaphorePermit<'_>) -> Result<Option<String>, StepError> {
        let mut calls = Calls::new(self.provider, self.progress, step, Slot::new(self.slots, slot));
        let path = step.path.clone();
        match &step.work {
            Work::Create { environment, generation, desired } => {
                self.create(step, environment, *generation, desired, &mut calls).await.map(Some)
            }
            Work::Update { desired } => self.update(step, desired, &mut calls).await.map(Some),
            Work::Ready => self.ready(step, &mut calls).await.map(Some),
            Work::Delete { id } => self.delete(step, id, &mut calls).await.map(|()| Some(id.clone())),
            Work::Move { from } => self.write(Event::Moved { from: from.clone(), to: path }).await,
            Work::Record { dependencies, lifecycle } => {
                let (dependencies, lifecycle) = (dependencies.clone(), lifecycle.clone());
                self.write(Event::Recorded { path, dependencies, lifecycle }).await
            }
            Work::Forget => self.write(Event::Forgotten { path }).await,
        }
    }

    async fn write(&self, event: Event) -> Result<Option<String>, StepError> {
        self.record.commit([event]).await?;
        Ok(None)
    }

    async fn create(
        &self,
        step: &Step,
        environment: &Environment,
        generation: u32,
        desired: &Desired,
        calls: &mut Calls<'_>,
    ) -> Result<String, StepError> {
        let resolved = self.resolve(desired)?;
        let key = self.record.read(|state| state.digest_key.clone());
        let revealed = reveal(&resolved, None, &key, environment, self.provider).await?;
        let token = token(self.plan, &step.path, generation, "create");
        let request = CreateRequest {
            address: self.address(step, environment),
            properties: revealed.plain,
            token: token.clone(),
        };
        // An open intent of an earlier run: that one may have made it.
        let repeated = self.record.read(|state| state.pending.contains_key(&step.path));
        let operation =
            Operation::Create { type_name: step.type_name.clone(), environment: environment.clone(), generation };
        let intent = intent(operation, token, resolved, revealed.digests, desired);
        self.record.commit([Event::Intent { path: step.path.clone(), intent }]).await?;
        let answer = self.create_once(&request, repeated, calls).await;
        calls.slot.give_back();
        let accepted = match answer {
            Ok(accepted) => accepted,
            Err(CreateError::Open(error)) => return Err(error),
            Err(CreateError::Failed(error)) => {
                self.record.commit([failed(&step.path, &error)]).await?;
                return Err(error.into());
            }
        };
        let id = accepted.id.clone();
        self.accepted(step, accepted).await?;
        Ok(id)
    }

    /// Asks for a new resource so that there is one at the end, and never two.
    async fn create_once(
        &self,
        request: &CreateRequest,
        repeated: bool,
        calls: &mut Calls<'_>,
    ) -> Result<Accepted, CreateError> {
        let provider = self.provider;
        let recovery = self.provider.behavior(&request.address.type_name).map(|behavior| behavior.recovery);
        let mut in_doubt = repeated;
        for attempt in 1.. {
            let error = match calls.repeat(Call::Create, async || provider.create(request).await).await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => error,
            };
            match error.class {
                ErrorClass::UnknownOutcome => in_doubt = true,
                ErrorClass::AlreadyExists if in_doubt => {}
                _ => return Err(CreateError::Failed(error)),
            }
            let repeats = recovery == Some(Recovery::ClientToken) && error.class == ErrorClass::UnknownOutcome;
            if !repeats && let Some(found) = self.adopt(request).await? {
                return Ok(found);
            }
            if attempt == 5 {
                return Err(CreateError::Open(error.into()));
            }
            calls.back_off(attempt, &error).await;
        }
        unreachable!("the attempts end by themselves")
    }

    /// What an earlier call has made, where it is found.
    async fn adopt(&self, request: &CreateRequest) -> Result<Option<Accepted>, CreateError> {
        let open = |error: ProviderError| CreateError::Open(error.into());
        let mut ids = find_made(self.provider, request).await.map_err(open)?;
        if ids.len() > 1 {
            return Err(CreateError::Open(StepError::Ambiguous { ids }));
        }
        let Some(id) = ids.pop() else { return Ok(None) };
        let existing = Existing { address: request.address.clone(), id: id.clone(), properties: Properties::new() };
        // What is found and cannot be read is not found yet: it would have no outputs.
        let live = read_made(self.provider, &existing).await.map_err(open)?;
        Ok(live.map(|live| Accepted { id, outputs: live.outputs }))
    }

    async fn update(&self, step: &Step, desired: &Desired, calls: &mut Calls<'_>) -> Result<String, StepError> {
        let prior = self.prior(&step.path)?;
        let resolved = self.resolve(desired)?;
        let (key, serial) = self.record.read(|state| (state.digest_key.clone(), state.serial));
        let revealed = reveal(&resolved, Some(&prior), &key, &prior.environment, self.provider).await?;
        let Revealed { plain, digests, unchanged } = revealed;
        if resolved == prior.properties && digests == prior.secrets {
            // What was not known when the plan was made has turned out to be as before.
            let (dependencies, lifecycle) = (desired.dependencies.clone(), desired.lifecycle.clone());
            self.record.commit([Event::Recorded { path: step.path.clone(), dependencies, lifecycle }]).await?;
            return Ok(prior.id);
        }
        let mut existing = prior.existing(&self.plan.app, &step.path);
        existing.properties.retain(|name, _| !unchanged.contains(name));
        let token = token(self.plan, &step.path, prior.generation, &format!("update {serial}"));
        let request = UpdateRequest { existing, properties: plain, token: token.clone() };
        let intent = intent(Operation::Update, token, resolved, digests, desired);
        self.record.commit([Event::Intent { path: step.path.clone(), intent }]).await?;
        let provider = self.provider;
        let answer = calls.repeat(Call::Update, async || provider.update(&request).await).await;
        calls.slot.give_back();
        match answer {
            Ok(accepted) => {
                let id = accepted.id.clone();
                self.accepted(step, accepted).await?;
                Ok(id)
            }
            Err(error) if error.class == ErrorClass::UnknownOutcome => Err(error.into()),
            Err(error) => {
                self.record.commit([failed(&step.path, &error)]).await?;
                Err(error.into())
            }
        }
    }

    /// Writes down that the cloud has accepted; where nothing has to be waited for, it is ready.
    async fn accepted(&self, step: &Step, accepted: Accepted) -> Result<(), StepError> {
        let Accepted { id, outputs } = accepted;
        let path = step.path.clone();
        let ready = (self.wait(&step.type_name) == Wait::NONE)
            .then(|| Event::Ready { path: path.clone(), outputs: Outputs::new() });
        let accepted = Event::Accepted { path, id, outputs };
        self.record.commit(std::iter::once(accepted).chain(ready)).await?;
        Ok(())
    }

    async fn ready(&self, step: &Step, calls: &mut Calls<'_>) -> Result<String, StepError> {
        let resource = self.prior(&step.path)?;
        let existing = resource.existing(&self.plan.app, &step.path);
        let new = resource.status == ResourceStatus::Accepted;
        let path = step.path.clone();
        let answer = calls.until_ready(&existing, self.wait(&step.type_name), new).await;
        calls.slot.give_back();
        match answer {
            Ok(outputs) => {
                self.record.commit([Event::Ready { path, outputs }]).await?;
                Ok(existing.id)
            }
            Err(StepError::NotReady { reason, failed: true }) => {
                let message = reason.clone();
                self.record.commit([Event::Failed { path, class: None, message, partial: None }]).await?;
                Err(StepError::NotReady { reason, failed: true })
            }
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, step: &Step, id: &str, calls: &mut Calls<'_>) -> Result<(), StepError> {
        let (path, id) = (step.path.clone(), id.to_owned());
        let resource = self.record.read(|state| state.incarnation(&path, &id).cloned()).ok_or(StepError::Unknown)?;
        let existing = resource.existing(&self.plan.app, &path);
        let request = DeleteRequest { existing, delete_data: self.options.delete_data };
        self.record.commit([Event::Deleting { path: path.clone(), id: id.clone() }]).await?;
        let answer = calls.delete(&request, self.wait(&step.type_name)).await;
        calls.slot.give_back();
        match answer {
            Ok(()) => {
                self.record.commit([Event::Gone { path, id }]).await?;
                Ok(())
            }
            Err(error) => {
                // Of an accepted deletion the next run finds out how it has ended.
                if let StepError::Provider { class, message, .. } = &error
                    && *class != ErrorClass::UnknownOutcome
                {
                    self.record.commit([Event::DeleteFailed { path, id, message: message.clone() }]).await?;
                }
                Err(error)
            }
        }
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

enum CreateError {
    /// It was definitely not made, or in part.
    Failed(ProviderError),
    /// It may have been made: the intent stays open.
    Open(StepError),
}

fn intent(
    operation: Operation,
    token: String,
    properties: BTreeMap<String, Value>,
    secrets: BTreeMap<String, String>,
    desired: &Desired,
) -> Intent {
    let Desired { dependencies, lifecycle, .. } = desired.clone();
    Intent { operation, token, properties, secrets, dependencies, lifecycle }
}

fn failed(path: &Path, error: &ProviderError) -> Event {
    Event::Failed {
        path: path.clone(),
        class: Some(error.class),
        message: error.to_string(),
        partial: error.partial.clone(),
    }
}

/// Names a call for ever: 64 hexadecimal digits.
fn token(plan: &Plan, path: &Path, generation: u32, call: &str) -> String {
    hex(&Sha256::digest(format!("{}\n{path}\n{generation}\n{call}", plan.lineage)))
}
