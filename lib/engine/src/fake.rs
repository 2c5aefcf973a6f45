//! A small cloud for the engine's own tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::lookup::Query;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Assembly, Environment, Reference, ResourceEntry, Value};
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::model::State;
use crate::provider::{
    Accepted, Address, Behavior, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Fence, Identity, Live,
    LookupRequest, Matches, Outputs, Owner, Properties, Provider, ProviderError, Recovery, SecretOutputs, Status,
    UpdateRequest, Wait,
};
use crate::secret::Digests;
use crate::stages::diff::Inputs;

/// Ready at once, found by its tag.
pub(crate) const VPC: &str = "AWS::EC2::VPC";
/// Ready at once; cannot change its VPC.
pub(crate) const SUBNET: &str = "AWS::EC2::Subnet";
/// Ready after a minute; its identifier is known early.
pub(crate) const NAT: &str = "AWS::EC2::NatGateway";
/// Ready after eight minutes; stateful.
pub(crate) const DATABASE: &str = "AWS::RDS::DBInstance";
/// Named, so that it cannot exist twice under one name.
pub(crate) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
/// Tells its secret once. There are two at most, and nothing says which create has made which.
pub(crate) const KEY: &str = "AWS::IAM::AccessKey";
/// Named, and without tags: a lookup finds it by its name, regardless of its creator.
pub(crate) const GROUP: &str = "AWS::IAM::Group";
pub(crate) const PARAMETERS: &str = "AWS::RDS::DBParameterGroup";
/// Holds a text.
pub(crate) const SECRET: &str = "AWS::SecretsManager::Secret";

/// A cloud with five types. An identifier is `kind-N`; a resource cannot be deleted while the
/// identifier is among the properties of another.
#[derive(Default)]
pub(crate) struct Fake {
    cloud: Mutex<Cloud>,
}

#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) resources: BTreeMap<String, Made>,
    /// `create a/vpc`, in the order of arrival.
    pub(crate) calls: Vec<String>,
    /// Errors to answer with, by call; the first is taken first.
    pub(crate) errors: BTreeMap<String, Vec<Answer>>,
    /// Paths that never become ready.
    pub(crate) broken: BTreeSet<String>,
    /// Paths that are ready only after a user action.
    pub(crate) blocked: BTreeSet<String>,
    /// Names of the snapshots that were taken before deletions.
    pub(crate) snapshots: Vec<String>,
    pub(crate) secrets: BTreeMap<String, String>,
    /// The number of reads and deletes that do not see an existing resource yet.
    pub(crate) blind: u32,
    /// A create whose answer is lost, or that makes the resource in part, makes it without this property;
    /// an update that is refused has changed all the others, and a deletion that is refused has taken it away.
    pub(crate) half: Option<&'static str>,
    /// Identifiers that the cloud reports as being deleted.
    pub(crate) deleting: BTreeSet<String>,
    /// Paths that the credentials may not read.
    pub(crate) denied: BTreeSet<String>,
    /// An update gives the resource another identifier.
    pub(crate) renames: bool,
    /// The answers to lookups of an app's resources, in order; later ones find nothing.
    pub(crate) owned: Vec<Result<Vec<String>, ProviderError>>,
    /// The owners in the identity tags of resources, by identifier.
    pub(crate) owners: BTreeMap<String, Owner>,
    /// The resources that the last lookup had to exclude.
    pub(crate) own: BTreeSet<String>,
    /// The results of lookups.
    pub(crate) found: BTreeMap<Query, Matches>,
    /// The number of polls of a deploy.
    pub(crate) advances: u32,
    /// Resources that a deploy polled, by path; `true` if the last poll was for a resource that no run has seen ready.
    pub(crate) advanced: BTreeMap<String, bool>,
    /// The time that [`Provider::time`] returns, and the request times of the creates that were looked up.
    pub(crate) time: Option<u64>,
    pub(crate) asked: Vec<Option<u64>>,
    next: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) type_name: String,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) properties: Properties,
    /// The time at which it is ready.
    pub(crate) ready: Instant,
}

/// The outcome of a call.
pub(crate) enum Answer {
    /// It has no effect.
    Refused(ProviderError),
    /// It has its effect, and the answer is lost.
    Lost,
    /// A deletion that has its effect, and is answered as if it had none.
    Denies(ErrorClass),
    /// A create that names what it has made, and that the rest has failed.
    InPart(ErrorClass),
    /// A create that names what it has made, and that a setting which follows has failed.
    Unset(ErrorClass),
}

impl Fake {
    pub(crate) fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call `call` (as in `create a/vpc`) is answered with an error of this class.
    pub(crate) fn fail(&self, call: &str, class: ErrorClass) {
        let answer = Answer::Refused(ProviderError::new(class, format!("{class:?} by the test")));
        self.cloud().errors.entry(call.into()).or_default().push(answer);
    }

    pub(crate) fn lose(&self, call: &str) {
        self.cloud().errors.entry(call.into()).or_default().push(Answer::Lost);
    }

    /// The next create `call` makes the resource in part, and says so with an error of this class.
    pub(crate) fn make_in_part(&self, call: &str, class: ErrorClass) {
        self.cloud().errors.entry(call.into()).or_default().push(Answer::InPart(class));
    }

    /// The next create `call` makes the resource, and a setting that follows it fails with this class.
    pub(crate) fn refuse_settings(&self, call: &str, class: ErrorClass) {
        self.cloud().errors.entry(call.into()).or_default().push(Answer::Unset(class));
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.cloud().calls)
    }

    /// The paths of all resources; twice where there are two.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.cloud().resources.values().map(|made| made.path.clone()).collect();
        paths.sort();
        paths
    }

    /// The one resource of a path.
    pub(crate) fn id(&self, path: &str) -> String {
        let cloud = self.cloud();
        let mut ids = cloud.resources.iter().filter(|(_, made)| made.path == path).map(|(id, _)| id.clone());
        let id = ids.next().unwrap_or_else(|| panic!("there is no {path}"));
        assert_eq!(ids.next(), None, "there are two {path}");
        id
    }

    #[expect(clippy::result_large_err, reason = "the error of all calls")]
    fn may_look(&self, address: &Address) -> Result<MutexGuard<'_, Cloud>, ProviderError> {
        let cloud = self.cloud();
        let denied = cloud.denied.contains(address.path.as_str());
        if denied { Err(ProviderError::new(ErrorClass::Denied, "you may not look")) } else { Ok(cloud) }
    }

    fn arrive(&self, call: String) -> (MutexGuard<'_, Cloud>, Option<Answer>) {
        let mut cloud = self.cloud();
        let answers = cloud.errors.get_mut(&call);
        let answer = answers.filter(|answers| !answers.is_empty()).map(|answers| answers.remove(0));
        cloud.calls.push(call);
        (cloud, answer)
    }
}

impl Cloud {
    fn rename(&mut self, id: &str) -> String {
        self.next += 1;
        let made = self.resources.remove(id).expect("the caller has seen it");
        let new = format!("{}-{}", id.split('-').next().unwrap_or_default(), self.next);
        self.resources.insert(new.clone(), made);
        new
    }

    fn outputs(&self, id: &str) -> Outputs {
        let made = &self.resources[id];
        let mut outputs = Outputs::new();
        match made.type_name.as_str() {
            VPC => {
                outputs.insert("VpcId".into(), id.into());
            }
            SUBNET => {
                outputs.insert("SubnetId".into(), id.into());
            }
            NAT => {
                outputs.insert("NatGatewayId".into(), id.into());
            }
            KEY => {
                outputs.insert("Id".into(), id.into());
            }
            DATABASE => {
                outputs.insert("DBInstanceArn".into(), format!("arn:{id}").into());
                if made.ready <= Instant::now() {
                    outputs.insert("Endpoint.Address".into(), format!("{id}.db").into());
                }
            }
            _ => {
                let name = made.properties.get("LogGroupName").and_then(Json::as_str).unwrap_or(id);
                outputs.insert("Arn".into(), format!("arn:{name}").into());
            }
        }
        outputs
    }
}

/// Returns the time at which a resource that is created or changed now is ready.
fn ready(type_name: &str) -> Instant {
    let seconds = match type_name {
        NAT => 60,
        DATABASE => 480,
        _ => 0,
    };
    Instant::now() + Duration::from_secs(seconds)
}

fn lost() -> ProviderError {
    ProviderError::new(ErrorClass::UnknownOutcome, "the connection was lost")
}

#[async_trait]
impl Provider for Fake {
    fn consistency_window(&self) -> Duration {
        Duration::from_secs(12)
    }

    fn with_fence(&self, _fence: Arc<dyn Fence>) -> Option<Box<dyn Provider>> {
        None
    }

    async fn secret_output(
        &self,
        _resource: &Existing,
        _attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        Ok(None)
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        Ok(identity())
    }

    async fn identity_in(&self, _: &Environment) -> Result<Identity, ProviderError> {
        self.identity().await
    }

    fn repeats(&self, _type_name: &str, _property: &str) -> bool {
        false
    }

    async fn owned(&self, _app: &str, _environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
        let mut cloud = self.cloud();
        if cloud.owned.is_empty() { Ok(Vec::new()) } else { cloud.owned.remove(0) }
    }

    async fn owner(&self, resource: &Existing) -> Result<Option<Owner>, ProviderError> {
        Ok(self.cloud().owners.get(&resource.id).cloned())
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        behavior(type_name)
    }

    fn check(&self, _type_name: &str, properties: &Properties) -> Result<(), ProviderError> {
        if properties.contains_key("Unsupported") {
            Err(ProviderError::new(ErrorClass::Invalid, "Unsupported is not supported"))
        } else {
            Ok(())
        }
    }

    async fn create(&self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        tokio::task::yield_now().await;
        let path = request.address.path.to_string();
        let (mut cloud, answer) = self.arrive(format!("create {path}"));
        if let Some(Answer::Refused(error)) = answer {
            return Err(error);
        }
        let type_name = request.address.type_name.clone();
        let is_taken = |name: &str| {
            let named = request.properties.get(name);
            named.is_some() && cloud.resources.values().any(|made| made.properties.get(name) == named)
        };
        if ["LogGroupName", "GroupName"].into_iter().any(is_taken) {
            return Err(ProviderError::new(ErrorClass::AlreadyExists, "the name is taken"));
        }
        if type_name == KEY && cloud.resources.values().filter(|made| made.type_name == KEY).count() == 2 {
            return Err(ProviderError::new(ErrorClass::Invalid, "a user has two keys at most"));
        }
        let mut by_token = cloud.resources.iter().filter(|(_, made)| made.token == request.token);
        let known = if type_name == NAT { by_token.next() } else { None };
        let id = match known {
            Some((id, _)) => id.clone(),
            None => {
                cloud.next += 1;
                let kind = type_name.rsplit("::").next().unwrap_or_default().to_lowercase();
                let id = format!("{kind}-{}", cloud.next);
                let mut made = Made {
                    ready: ready(&type_name),
                    type_name,
                    path,
                    token: request.token.clone(),
                    properties: request.properties.clone(),
                };
                if let (Some(_), Some(lacking)) = (&answer, cloud.half) {
                    made.properties.remove(lacking);
                }
                cloud.resources.insert(id.clone(), made);
                id
            }
        };
        match answer {
            Some(Answer::InPart(class)) => {
                Err(ProviderError { partial: Some(id), ..ProviderError::new(class, "the rest has failed") })
            }
            Some(Answer::Unset(class)) => {
                let refused = ProviderError::new(class, "a setting was refused");
                Err(ProviderError { partial: Some(id), settings: true, ..refused })
            }
            Some(_) => Err(lost()),
            None => {
                let secrets = match cloud.resources[&id].type_name.as_str() {
                    KEY => SecretOutputs::of("SecretAccessKey", format!("told of {id}")),
                    _ => SecretOutputs::default(),
                };
                Ok(Accepted { outputs: cloud.outputs(&id), id, secrets })
            }
        }
    }

    async fn look_up(&self, request: &LookupRequest) -> Result<Matches, ProviderError> {
        tokio::task::yield_now().await;
        let (mut cloud, answer) = self.arrive(format!("look up {}", request.path));
        cloud.own.clone_from(&request.own);
        match answer {
            Some(Answer::Refused(error)) => Err(error),
            _ => Ok(cloud.found.get(&request.query).cloned().unwrap_or_default()),
        }
    }

    async fn read(&self, resource: &Existing) -> Result<Option<Live>, ProviderError> {
        let mut cloud = self.may_look(&resource.address)?;
        if cloud.blind > 0 {
            cloud.blind -= 1;
            return Ok(None);
        }
        let made = cloud.resources.get(&resource.id);
        Ok(made.map(|made| Live { properties: made.properties.clone(), outputs: cloud.outputs(&resource.id) }))
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        tokio::task::yield_now().await;
        let (mut cloud, answer) = self.arrive(format!("update {}", request.existing.address.path));
        let id = request.existing.id.clone();
        if let Some(Answer::Refused(error)) = answer {
            let lacking = cloud.half;
            if let (Some(lacking), Some(made)) = (lacking, cloud.resources.get_mut(&id)) {
                let changed = request.properties.iter().filter(|(name, _)| *name != lacking);
                made.properties.extend(changed.map(|(name, value)| (name.clone(), value.clone())));
            }
            return Err(error);
        }
        let Some(made) = cloud.resources.get_mut(&id) else {
            return Err(ProviderError::new(ErrorClass::NotFound, "it does not exist"));
        };
        made.properties.retain(|name, _| !request.existing.properties.contains_key(name));
        made.properties.extend(request.properties.clone());
        made.ready = ready(&made.type_name);
        let id = if cloud.renames { cloud.rename(&id) } else { id };
        if answer.is_some() {
            return Err(lost());
        }
        let outputs = cloud.outputs(&id);
        Ok(Accepted { id, outputs, ..Accepted::default() })
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        tokio::task::yield_now().await;
        let (mut cloud, answer) = self.arrive(format!("delete {}", request.existing.address.path));
        if let Some(Answer::Refused(error)) = answer {
            let half = cloud.half;
            if let (Some(taken), Some(made)) = (half, cloud.resources.get_mut(&request.existing.id)) {
                made.properties.remove(taken);
            }
            return Err(error);
        }
        if cloud.blind > 0 {
            cloud.blind -= 1;
            return Err(ProviderError::new(ErrorClass::NotFound, "it does not exist"));
        }
        let id = &request.existing.id;
        let holds =
            |made: &Made| made.properties.values().any(|value| value.to_string().contains(&format!("\"{id}\"")));
        if let Some(holder) = cloud.resources.values().find(|made| holds(made)) {
            let message = format!("{} depends on it", holder.path);
            return Err(ProviderError::new(ErrorClass::Conflict, message));
        }
        if cloud.resources.remove(id).is_none() {
            return Err(ProviderError::new(ErrorClass::NotFound, "it does not exist"));
        }
        cloud.snapshots.extend(request.final_snapshot.clone());
        match answer {
            None => Ok(Deletion::Gone),
            Some(Answer::Denies(class)) => Err(ProviderError::new(class, "nothing was deleted")),
            Some(_) => Err(lost()),
        }
    }

    async fn advance(&self, resource: &Existing, new: bool) -> Result<Status, ProviderError> {
        self.cloud().advances += 1;
        self.cloud().advanced.insert(resource.address.path.to_string(), new);
        self.status(resource).await
    }

    async fn status(&self, resource: &Existing) -> Result<Status, ProviderError> {
        let cloud = self.may_look(&resource.address)?;
        if cloud.broken.contains(resource.address.path.as_str()) {
            return Ok(Status::Failed("it is broken".into()));
        }
        if cloud.blocked.contains(resource.address.path.as_str()) {
            return Ok(Status::Blocked("it is stopped: start it".into()));
        }
        let Some(made) = cloud.resources.get(&resource.id) else { return Ok(Status::Gone) };
        if cloud.deleting.contains(&resource.id) {
            return Ok(Status::Deleting("deleting".into()));
        }
        if made.ready > Instant::now() {
            return Ok(Status::Pending("creating".into()));
        }
        Ok(Status::Ready(cloud.outputs(&resource.id)))
    }

    fn time(&self) -> Option<u64> {
        self.cloud().time
    }

    async fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        let mut cloud = self.may_look(&request.address)?;
        cloud.asked.push(request.asked);
        let same = |made: &&Made| match made.type_name.as_str() {
            KEY => request.address.type_name == KEY,
            GROUP => {
                let name = |properties: &Properties| properties.get("GroupName").cloned();
                request.address.type_name == GROUP && name(&made.properties) == name(&request.properties)
            }
            _ => made.token == request.token,
        };
        Ok(cloud.resources.iter().filter(|(_, made)| same(made)).map(|(id, _)| id.clone()).collect())
    }

    async fn secret(&self, entry: &SecretsManagerEntry, _: &Environment) -> Result<Zeroizing<String>, ProviderError> {
        let name = entry.secret.as_str().unwrap_or_default();
        let found = self.cloud().secrets.get(name).cloned();
        found.map(Zeroizing::new).ok_or_else(|| ProviderError::new(ErrorClass::NotFound, "no such secret"))
    }
}

pub(crate) fn identity() -> Identity {
    Identity { account: "111122223333".into(), partition: "aws".into() }
}

/// Does `work` with what a diff of a program and a state is made from.
pub(crate) fn with_inputs<T>(assembly: &Assembly, state: &State, work: impl FnOnce(&Inputs<'_>) -> T) -> T {
    work(&Inputs {
        assembly,
        state,
        identity: &identity(),
        behavior: &behavior,
        repeats: &|_, _| false,
        digests: &Digests::new(),
        missing: &BTreeSet::new(),
    })
}

pub(crate) fn behavior(type_name: &str) -> Option<Behavior> {
    let (recovery, coexists, wait, early_outputs) = match type_name {
        VPC => (Recovery::FindByTag, true, Wait::NONE, &[][..]),
        SUBNET => (Recovery::FindByTag, false, Wait::NONE, &[][..]),
        NAT => (Recovery::ClientToken, true, Wait::seconds(15, 600), &["NatGatewayId"][..]),
        DATABASE => (Recovery::DeterministicName, true, Wait::seconds(30, 3600), &["DBInstanceArn"][..]),
        "AWS::S3::Bucket" => (Recovery::DeterministicName, true, Wait::NONE, &[][..]),
        "AWS::IAM::RolePolicy" | "AWS::S3::BucketPolicy" => (Recovery::ByParts, false, Wait::NONE, &[][..]),
        LOG_GROUP => (Recovery::DeterministicName, true, Wait::NONE, &[][..]),
        PARAMETERS | "AWS::RDS::DBCluster" | "AWS::RDS::DBClusterParameterGroup" => {
            (Recovery::DeterministicName, true, Wait::NONE, &[][..])
        }
        "AWS::EC2::VPCGatewayAttachment" => (Recovery::ByParts, false, Wait::NONE, &[][..]),
        KEY => (Recovery::ByOwner, true, Wait::NONE, &[][..]),
        GROUP => (Recovery::DeterministicName, true, Wait::NONE, &[][..]),
        SECRET => (Recovery::ClientToken, true, Wait::NONE, &[][..]),
        _ => return None,
    };
    Some(Behavior { recovery, coexists, wait, early_outputs, api: "fake" })
}

/// An assembly of the stack `a` from properties in the document form of [`Value`].
pub(crate) fn assembly(resources: &[(&str, &str, Json)]) -> Assembly {
    let entry = |(path, type_name, properties): &(&str, &str, Json)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{path} is no map") };
        ((*path).into(), ResourceEntry::new(*type_name, properties))
    };
    Assembly {
        format: 1,
        app: "shop".into(),
        state: None,
        stacks: [("a".to_owned(), Environment::new("us-east-1"))].into(),
        resources: resources.iter().map(entry).collect(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    }
}

pub(crate) fn vpc(cidr: &str) -> (&'static str, &'static str, Json) {
    ("a/vpc", VPC, json!({"CidrBlock": cidr}))
}

pub(crate) fn subnet() -> (&'static str, &'static str, Json) {
    ("a/subnet", SUBNET, json!({"CidrBlock": "10.0.1.0/24", "VpcId": {"$ref": "a/vpc#VpcId"}}))
}

pub(crate) fn reference(path: &str, attribute: &str) -> Value {
    Value::from(Reference::new(path, attribute))
}

/// A state without randomness.
pub(crate) fn state() -> State {
    let mut state = State::new("shop");
    state.lineage = uuid::Uuid::nil();
    state.digest_key = "00".repeat(32);
    state
}

/// Long enough for every deploy of a test.
pub(crate) const AGES: Duration = Duration::from_secs(100_000);
