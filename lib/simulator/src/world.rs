//! The simulated cloud's answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use groundplan_core::{Environment, Path};
use groundplan_engine::provider::{
    Accepted, Address, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Live, Outputs, Properties,
    ProviderError, Recovery, Status, UpdateRequest, Wait,
};
use groundplan_schema::{ClaimRule, OnDuplicate, Replacement, ResourceType};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::attributes::Making;
use crate::behavior::has_unique_name;
use crate::check::{Known, check};
use crate::claims::taken;
use crate::clock::{TimeScale, millis};
use crate::derive::Derivation;
use crate::errors::{in_use, not_found, refusal};
use crate::faults::Dice;
use crate::network::{self, Creation, Place};
use crate::references::mentions;
use crate::resource::{Key, Pending, Phase, Resource, Work};
use crate::timing::timing;
use crate::{lookup, names, others, owner, secrets};

/// Everything an answer depends on.
pub(crate) struct World<'a> {
    pub(crate) account: &'a mut Account,
    /// The twelve digits of the account.
    pub(crate) owner: &'a str,
    /// Identifiers of what exists without being simulated.
    pub(crate) outside: &'a BTreeSet<String>,
    /// The seed of identifiers.
    pub(crate) seed: u64,
    /// Key of digests and generated secrets.
    pub(crate) key: &'a Derivation,
    /// Secret values as given, in the simulator that lives in memory only.
    pub(crate) given: Option<&'a mut BTreeMap<Key, Zeroizing<String>>>,
    pub(crate) time_scale: TimeScale,
    pub(crate) now: u64,
    pub(crate) dice: Dice,
}

/// The facts about a type.
pub(crate) fn schema(type_name: &str) -> Result<&'static ResourceType, ProviderError> {
    let unknown =
        || refusal(ErrorClass::Invalid, "TypeNotFoundException", format!("AWS has no resource type {type_name}"));
    groundplan_schema::lookup(type_name).ok_or_else(unknown)
}

impl World<'_> {
    pub(crate) fn create(&mut self, request: &CreateRequest) -> Result<Accepted, ProviderError> {
        let resource = schema(&request.address.type_name)?;
        let region = self.region(resource, &request.address.environment)?;
        check(resource, &request.properties, Known::All)?;
        let properties = secrets::seal(resource, &request.properties, self.key);
        let digest = self.key.digest(&Json::Object(properties.clone()).to_string());
        let first = self.account.made_with(&request.token, resource, &region).next().cloned();
        let by_token = resource.behavior().recovery == Recovery::ClientToken;
        let returned = first.as_ref().is_some_and(|first| first.request == digest)
            && resource.on_duplicate() == OnDuplicate::Returns;
        if let Some(first) = first.filter(|_| by_token || returned) {
            if first.request == digest {
                // Whoever repeats the create repeats the settings, too.
                let whole = Resource { properties, ..first };
                let accepted = Accepted { secrets: owner::secrets(self.key, &whole), ..accepted(&whole) };
                self.account.put(whole);
                return Ok(accepted);
            }
            let message = format!("{} was created with this client token and other properties", first.key.id);
            return Err(refusal(ErrorClass::Invalid, "IdempotentParameterMismatch", message));
        }
        self.require_references(resource, &region, &properties)?;
        self.account.require_unclaimed(resource, &region, &properties, None)?;
        owner::require_room(self.account, resource, &properties)?;
        let actual_region = &request.address.environment.region;
        network::check(
            resource.name,
            &Creation { account: self.account, region: actual_region, properties: &properties },
        )?;
        let mut made = self.make(resource, region, properties, digest, request)?;
        let declared = made.properties.len();
        let at_once = resource.behavior().wait == Wait::NONE;
        let refused = at_once && self.dice.refuses_settings();
        if refused || at_once && self.dice.leaves_half_made() {
            // What is switched off is so without being told.
            made.properties.retain(|name, value| *value == Json::Bool(false) || !is_setting(resource, name));
        }
        let refused = refused && made.properties.len() < declared;
        if let (Some(given), Some(value)) =
            (&mut self.given, request.properties.get("SecretString").and_then(Json::as_str))
        {
            given.insert(made.key.clone(), Zeroizing::new(value.to_owned()));
        }
        let accepted = Accepted { secrets: owner::secrets(self.key, &made), ..accepted(&made) };
        self.account.put(made.clone());
        if resource.name == "AWS::EC2::VPCCidrBlock" {
            self.account.publish_block(&made, true);
        }
        if refused {
            let error = refusal(ErrorClass::Denied, "AccessDenied", "not authorized to change the settings");
            return Err(ProviderError { partial: Some(accepted.id), settings: true, ..error });
        }
        Ok(accepted)
    }

    pub(crate) fn read(&self, existing: &Existing) -> Result<Option<Live>, ProviderError> {
        let resource = schema(&existing.address.type_name)?;
        let key = self.key_of(resource, &existing.address, &existing.id)?;
        let Some(found) = self.account.get(&key).filter(|found| self.sees(found)) else { return Ok(None) };
        let mut properties = secrets::shown(resource, &found.properties);
        for name in &resource.primary_identifier {
            // A name that the program left to the cloud is a property of what came to be.
            let given = found.outputs.get(*name).filter(|value| value.as_str() != Some(""));
            if let (true, Some(value)) = (resource.properties.contains_key(name), given) {
                properties.entry(*name).or_insert_with(|| value.clone());
            }
        }
        self.add_members(found, &mut properties);
        Ok(Some(Live { properties, outputs: found.outputs.clone() }))
    }

    /// Adds resources that are also members of a collection of `owner`: a rule is among the rules of its group, even if
    /// it was added separately.
    fn add_members(&self, owner: &Resource, properties: &mut Properties) {
        for collection in groundplan_schema::collections(&owner.key.type_name) {
            let Some(member) = collection.member else { continue };
            let (type_name, names_owner) = (member.type_name, member.owner_property);
            let members = self.account.of_type(type_name);
            let members = members.filter(|it| it.property(names_owner) == Some(&owner.key.id));
            let member = |it: &Resource| {
                let parts = it.properties.iter().filter(|(name, _)| *name != names_owner);
                Json::Object(parts.map(|(name, value)| (name.clone(), value.clone())).collect())
            };
            let members: Vec<Json> = members.filter(|it| self.sees(it)).map(member).collect();
            // Without a member, the property is as the owner's create or update has left it: absent where the
            // setting was not made.
            if members.is_empty() {
                continue;
            }
            if let Json::Array(all) = properties.entry(collection.property).or_insert_with(|| Json::Array(Vec::new())) {
                all.extend(members);
            }
        }
    }

    pub(crate) fn update(&mut self, request: &UpdateRequest) -> Result<Accepted, ProviderError> {
        let resource = schema(&request.existing.address.type_name)?;
        let key = self.key_of(resource, &request.existing.address, &request.existing.id)?;
        check(resource, &request.properties, Known::All)?;
        let missing = || not_found(ErrorClass::NotFound, resource, format!("{} does not exist", request.existing.id));
        let mut found = self.account.get(&key).filter(|found| self.sees(found)).cloned().ok_or_else(missing)?;
        if let Some(pending) = found.pending() {
            if pending.work == Work::Updating && pending.token == request.token {
                return Ok(accepted(&found));
            }
            return Err(in_use(resource, format!("{} cannot be changed in this state", key.id)));
        }
        let mut properties = secrets::seal(resource, &request.properties, self.key);
        // What a request says nothing about, neither as it was nor as it is to be, stays: a secret
        // that has not changed is not sent again.
        let told = |name: &String| request.existing.properties.contains_key(name) || properties.contains_key(name);
        let untold = found.properties.iter().filter(|(name, _)| !told(name));
        let untold: Vec<_> = untold.map(|(name, value)| (name.clone(), value.clone())).collect();
        properties.extend(untold);
        others::keep(resource, &found.properties, &request.existing.properties, &mut properties);
        require_changeable(resource, &found, &properties)?;
        network::check_update(self.account, &found, &properties)?;
        let changes = |name: &str| found.properties.get(name) != properties.get(name);
        if properties.keys().any(|name| resource.is_detached_by(name) && changes(name))
            && let Some(holder) = self.account.network_holder(&found)
        {
            let message =
                format!("{} cannot be detached: {} {} depends on it", key.id, holder.key.type_name, holder.key.id);
            return Err(in_use(resource, message));
        }
        self.require_references(resource, &key.region, &properties)?;
        self.account.require_unclaimed(resource, &key.region, &properties, Some(&key))?;
        let derivation = self.derivation(resource, &found.token, 0);
        let name = self.generated_name(resource, found.path.as_ref(), &found.token);
        let region = &request.existing.address.environment.region;
        let making = Making {
            resource,
            properties: &properties,
            account: self.owner,
            region,
            generated_name: &name,
            derivation: &derivation,
            revisions: 0,
            place: &self.place(resource, &key.region, &properties),
        };
        // What was made up stays, what follows the properties follows them, and what counts changes
        // goes on where there is one.
        let old = Making { properties: &found.properties, ..making };
        let changed = properties != found.properties;
        for ((name, new), (_, old)) in making.outputs().into_iter().zip(old.outputs()) {
            if new != old {
                found.outputs.insert(name, new);
            } else if changed && resource.counts_changes(&name) {
                let next = found.outputs.get(&name).map(|version| self.next_version(resource, version, request));
                found.outputs.extend(next.map(|next| (name, next)));
            }
        }
        if let (Some(given), Some(value)) =
            (&mut self.given, request.properties.get("SecretString").and_then(Json::as_str))
        {
            given.insert(key.clone(), Zeroizing::new(value.to_owned()));
        }
        found.properties = properties;
        let seconds = timing(resource.name).map_or(0, |timing| timing.update);
        found.phase = self.phase(Work::Updating, seconds, &request.token);
        let accepted = accepted(&found);
        self.account.put(found);
        Ok(accepted)
    }

    /// Returns the version that follows: the next number, or another one of its kind.
    fn next_version(&self, resource: &'static ResourceType, version: &Json, request: &UpdateRequest) -> Json {
        let number = version.as_u64().or_else(|| version.as_str()?.parse().ok());
        match (number, version) {
            (Some(number), Json::String(_)) => Json::String((number + 1).to_string()),
            (Some(number), _) => Json::from(number + 1),
            (None, Json::String(_)) => Json::String(self.derivation(resource, &request.token, 0).uuid("Version")),
            (None, other) => other.clone(),
        }
    }

    pub(crate) fn delete(&mut self, request: &DeleteRequest) -> Result<Deletion, ProviderError> {
        let resource = schema(&request.existing.address.type_name)?;
        let key = self.key_of(resource, &request.existing.address, &request.existing.id)?;
        let missing = || not_found(ErrorClass::NotFound, resource, format!("{} does not exist", key.id));
        let found = self.account.get(&key).filter(|found| self.sees(found)).cloned().ok_or_else(missing)?;
        if found.is_deleting() {
            return Ok(Deletion::Pending);
        }
        if let Some(protection) = resource.is_protected_by(|name| found.properties.get(name).cloned()) {
            let (setting, value) = (protection.setting, protection.value);
            let message = format!("{} is protected: {setting} is {value}; set it to another value first", key.id);
            return Err(refusal(ErrorClass::Invalid, "InvalidParameterCombination", message));
        }
        let holder = self.account.holders(&key).next().or_else(|| self.account.network_holder(&found));
        if let Some(holder) = holder {
            let message =
                format!("{} cannot be deleted: {} {} depends on it", key.id, holder.key.type_name, holder.key.id);
            return Err(in_use(resource, message));
        }
        if resource.name == "AWS::EC2::VPCCidrBlock" {
            self.account.publish_block(&found, false);
        }
        let seconds = timing(resource.name).map_or(0, |timing| timing.gone);
        match self.phase(Work::Deleting, if is_slow(resource, &found.properties) { seconds } else { 0 }, "") {
            pending @ Phase::Pending(_) => {
                self.account.put(Resource { phase: pending, ..found });
                Ok(Deletion::Pending)
            }
            _ => {
                self.account.remove(&key);
                Ok(Deletion::Gone)
            }
        }
    }

    pub(crate) fn status(&self, existing: &Existing) -> Result<Status, ProviderError> {
        let resource = schema(&existing.address.type_name)?;
        let key = self.key_of(resource, &existing.address, &existing.id)?;
        let found = self.account.get(&key).filter(|found| self.sees(found));
        Ok(found.map_or(Status::Gone, Resource::status))
    }

    /// Returns the resources that an earlier create of the same identity made: by its parts if it has no other
    /// identity, else by the token, which is a client token or the identity tag.
    pub(crate) fn find(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        let resource = schema(&request.address.type_name)?;
        let region = self.region(resource, &request.address.environment)?;
        let properties = secrets::seal(resource, &request.properties, self.key);
        let found: Vec<&Resource> = match resource.behavior().recovery {
            Recovery::ByOwner => owner::all(self.account, resource, &request.address, &properties)?,
            Recovery::ByParts => self.account.same_thing(resource, &region, &properties, &request.token),
            // Without tags a name is all that there is to go by.
            Recovery::DeterministicName if resource.tags.is_none() => {
                let path = Some(&request.address.path);
                let name = self.generated_name(resource, path, &request.token);
                let derivation = self.derivation(resource, &request.token, 0);
                let id = Making {
                    resource,
                    properties: &properties,
                    account: self.owner,
                    region: &request.address.environment.region,
                    generated_name: &name,
                    derivation: &derivation,
                    revisions: 0,
                    place: &Place::default(),
                }
                .id();
                let key = Key { type_name: resource.name.to_owned(), region, id };
                self.account.get(&key).into_iter().collect()
            }
            _ => self.account.made_with(&request.token, resource, &region).collect(),
        };
        let found = found.into_iter().filter(|found| self.sees(found) && !found.is_deleting());
        Ok(found.map(|found| found.key.id.clone()).collect())
    }

    /// Returns the value of a secret attribute, if the cloud returns it for existing resources.
    pub(crate) fn secret_output(
        &self,
        existing: &Existing,
        attribute: &str,
    ) -> Result<Option<Zeroizing<String>>, ProviderError> {
        let resource = schema(&existing.address.type_name)?;
        let key = self.key_of(resource, &existing.address, &existing.id)?;
        let missing = || not_found(ErrorClass::NotFound, resource, format!("{} does not exist", existing.id));
        let found = self.account.get(&key).filter(|found| self.sees(found)).ok_or_else(missing)?;
        let is_told = resource.is_secret_attribute(attribute) && !resource.is_told_once(attribute);
        Ok(is_told.then(|| owner::secret(self.key, found, attribute)))
    }

    pub(crate) fn secret(&self, name: &str, region: &str) -> Result<Zeroizing<String>, ProviderError> {
        let resource = schema("AWS::SecretsManager::Secret")?;
        let mut found = self.account.known_as(name).filter(|found| found.key.type_name == resource.name);
        let found =
            found.find(|found| (found.key.region == region || name.starts_with("arn:")) && !found.is_deleting());
        let missing = || not_found(ErrorClass::NotFound, resource, format!("there is no secret {name} in {region}"));
        let found = found.ok_or_else(missing)?;
        if let Some(value) = self.given.as_ref().and_then(|given| given.get(&found.key)) {
            return Ok(value.clone());
        }
        let derivation = Derivation::new(self.key.digest(&found.key.id).as_bytes(), &["secret"]);
        let none = || not_found(ErrorClass::NotFound, resource, format!("the secret {name} has no value"));
        secrets::value(&found.properties, &derivation).ok_or_else(none)
    }

    /// The resource that a creation makes, under an identifier that is free.
    fn make(
        &self,
        resource: &'static ResourceType,
        region: String,
        properties: Properties,
        digest: String,
        request: &CreateRequest,
    ) -> Result<Resource, ProviderError> {
        let path = Some(&request.address.path);
        let generated_name = self.generated_name(resource, path, &request.token);
        let place = self.place(resource, &region, &properties);
        let mut revisions = None;
        for attempt in 0..u32::MAX {
            let derivation = self.derivation(resource, &request.token, attempt);
            let actual_region = &request.address.environment.region;
            let making = Making {
                resource,
                properties: &properties,
                account: self.owner,
                region: actual_region,
                generated_name: &generated_name,
                derivation: &derivation,
                revisions: revisions.unwrap_or_default(),
                place: &place,
            };
            let key = Key { type_name: resource.name.to_owned(), region: region.clone(), id: making.id() };
            // A family has a revision after the last one that is there.
            if revisions.is_none() && (Making { revisions: 1, ..making }).id() != key.id {
                revisions = Some(self.last_revision(resource, &key.id));
                continue;
            }
            if let Some(existing) = self.account.get(&key) {
                let again = Making { derivation: &self.derivation(resource, &request.token, attempt + 1), ..making };
                if again.id() != key.id {
                    continue;
                }
                return Err(taken(resource, existing));
            }
            let mut outputs = making.outputs();
            if resource.name == "AWS::EC2::VPCCidrBlock" {
                outputs.extend(network::blocks(&properties, &derivation));
            }
            if has_unique_name(resource) {
                self.account.require_free_name(resource, &region, making.name().as_deref())?;
                // A secret is found by a name that is no attribute of it.
                if let (Some(name), Some(value)) = (resource.own_name(), making.name()) {
                    outputs.entry(name).or_insert(Json::String(value));
                }
            }
            let made = Resource {
                key,
                path: path.cloned(),
                app: request.address.app.clone(),
                token: request.token.clone(),
                request: digest,
                properties,
                outputs,
                created: self.now,
                phase: Phase::Ready,
            };
            let phase = self.phase(Work::Creating, provisioning(resource, &made.properties), "");
            return Ok(Resource { phase, ..made });
        }
        Err(refusal(ErrorClass::Invalid, "LimitExceeded", "there is no free identifier"))
    }

    /// Returns the location in a network of a resource with these properties.
    fn place(&self, resource: &'static ResourceType, region: &str, properties: &Properties) -> Place {
        let mut place = Place::default();
        for mention in mentions(resource, properties) {
            if let Some(found) = self.account.resolve(&mention, region) {
                place.add(found);
            }
        }
        place
    }

    /// The highest revision of the family that `id`, which ends in a revision, belongs to.
    fn last_revision(&self, resource: &ResourceType, id: &str) -> u64 {
        let family = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let revisions = self.account.of_type(resource.name).filter_map(|found| found.key.id.strip_prefix(family));
        revisions.filter_map(|revision| revision.parse().ok()).max().unwrap_or_default()
    }

    fn phase(&self, work: Work, seconds: u64, token: &str) -> Phase {
        let slow = self.dice.faults.slow_readiness;
        let duration = millis(self.time_scale.scale(Duration::from_secs(seconds)).mul_f64(slow));
        // What is ready as soon as it is accepted has no time to fail.
        let fails =
            work == Work::Creating && seconds > 0 && self.dice.hit("readiness", self.dice.faults.failing_readiness);
        let failure = fails.then(|| "the simulator made it fail".to_owned());
        match (duration, failure) {
            (0, Some(reason)) => Phase::Failed { reason },
            (0, None) => Phase::Ready,
            (_, failure) => Phase::Pending(Pending {
                work,
                token: token.to_owned(),
                since: self.now,
                until: self.now + duration,
                failure,
            }),
        }
    }

    /// Refuses mentions of what does not exist, or is not visible yet.
    fn require_references(
        &self,
        resource: &'static ResourceType,
        region: &str,
        properties: &Properties,
    ) -> Result<(), ProviderError> {
        for mention in mentions(resource, properties) {
            let Some(target) = mention.must_exist(self.owner) else { continue };
            if mention.spellings().any(|id| self.outside.contains(id) || lookup::is_made_up(id)) {
                continue;
            }
            let class = match self.account.resolve(&mention, region) {
                Some(found) if self.sees(found) && !found.is_deleting() => continue,
                Some(found) if !found.is_deleting() => ErrorClass::Propagating,
                _ => ErrorClass::Invalid,
            };
            let message = format!(
                "{} of {} is {}, and there is no such {}",
                mention.path, resource.name, mention.value, target.name
            );
            return Err(not_found(class, target, message));
        }
        Ok(())
    }

    fn sees(&self, resource: &Resource) -> bool {
        !self.dice.misses(&resource.key.id, resource.created, self.now)
    }

    /// Returns the region of a resource of this type and environment; empty for a global one.
    fn region(&self, resource: &ResourceType, environment: &Environment) -> Result<String, ProviderError> {
        match &environment.account {
            Some(account) if account != self.owner => {
                let message = format!("the credentials are for account {}, not {account}", self.owner);
                Err(refusal(ErrorClass::Denied, "AccessDenied", message))
            }
            _ if resource.is_global() => Ok(String::new()),
            _ => Ok(environment.region.clone()),
        }
    }

    fn key_of(&self, resource: &ResourceType, address: &Address, id: &str) -> Result<Key, ProviderError> {
        let region = self.region(resource, &address.environment)?;
        Ok(Key { type_name: resource.name.to_owned(), region, id: id.to_owned() })
    }

    fn derivation(&self, resource: &ResourceType, token: &str, attempt: u32) -> Derivation {
        Derivation::new(&self.seed.to_be_bytes(), &[self.owner, resource.name, token, &attempt.to_string()])
    }

    fn generated_name(&self, resource: &ResourceType, path: Option<&Path>, token: &str) -> String {
        path.map_or_else(|| "unnamed".to_owned(), |path| names::generated(resource, path, token))
    }
}

/// An answer to a create or update: all outputs of what is ready, else those known already.
fn accepted(resource: &Resource) -> Accepted {
    let creating = resource.pending().is_some_and(|pending| pending.work == Work::Creating);
    let early = resource.schema().behavior().early_outputs;
    let known = |name: &str| !creating || early.contains(&name) || resource.schema().primary_identifier.contains(&name);
    let outputs = resource.outputs.iter().filter(|(name, _)| known(name));
    let outputs: Outputs = outputs.map(|(name, value)| (name.clone(), value.clone())).collect();
    Accepted { id: resource.key.id.clone(), outputs, ..Accepted::default() }
}

/// Seconds from the create to ready, as documented.
pub(crate) fn provisioning(resource: &ResourceType, properties: &Properties) -> u64 {
    timing(resource.name).filter(|_| is_slow(resource, properties)).map_or(0, |timing| timing.ready)
}

/// Returns whether a property may be set by a further call, after the one that creates the resource.
fn is_setting(resource: &ResourceType, name: &str) -> bool {
    let Some(property) = resource.properties.get(name) else { return false };
    let identifies = resource.primary_identifier.contains(&name)
        || resource.own_name() == Some(name)
        || groundplan_schema::claim_rules(resource.name)
            .iter()
            .flat_map(ClaimRule::properties)
            .any(|part| part == name)
        || resource.tags.as_ref().is_some_and(|tags| tags.property == name);
    let changeable = property.replacement == Replacement::Never && !property.required;
    changeable && !identifies && !property.sensitive && !property.write_only
}

/// Gateway endpoints are entries of route tables: they are there at once.
fn is_slow(resource: &ResourceType, properties: &Properties) -> bool {
    let kind = properties.get("VpcEndpointType").and_then(Json::as_str);
    resource.name != "AWS::EC2::VPCEndpoint" || kind.is_some_and(|kind| kind != "Gateway")
}

/// Refuses a change that only a replacement can make.
fn require_changeable(
    resource: &'static ResourceType,
    found: &Resource,
    new: &Properties,
) -> Result<(), ProviderError> {
    let fixed = |properties: &Properties| -> BTreeMap<String, Json> {
        let document = Json::Object(properties.clone());
        let visits = resource.walk(&document).into_iter();
        let fixed = visits.filter(|visit| visit.cursor.replacement() == Replacement::Always);
        fixed.map(|visit| (visit.path, visit.value.clone())).collect()
    };
    let (old, new) = (fixed(&found.properties), fixed(new));
    let generated = |name: &String| !old.contains_key(name) && found.outputs.get(name) == new.get(name);
    match old.keys().chain(new.keys()).find(|name| old.get(*name) != new.get(*name) && !generated(name)) {
        Some(name) => Err(refusal(
            ErrorClass::Invalid,
            "InvalidParameterCombination",
            format!("{name} of {} cannot be changed: the resource has to be replaced", resource.name),
        )),
        None => Ok(()),
    }
}
