//! Claims of resources as they exist and as the program wants them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use groundplan_core::claim::{Claim, claims_among};
use groundplan_core::{Environment, Reference, Value};
use groundplan_schema::lookup;

use crate::model::ResourceState;
use crate::provider::Identity;

/// Returns the claims of a resource that exists.
pub(crate) fn held(resource: &ResourceState, identity: &Identity) -> Vec<Claim> {
    kept(resource, &resource.environment, &resource.properties, identity, &|_, _| None)
}

/// Returns the claims that a resource has after a change in place to these properties. A name that
/// the program leaves to the cloud, or to the engine, stays taken.
pub(crate) fn kept<'a>(
    resource: &ResourceState,
    environment: &Environment,
    properties: &'a BTreeMap<String, Value>,
    identity: &Identity,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    let mut properties = Cow::Borrowed(properties);
    if let Some(schema) = lookup(&resource.type_name)
        && let [name] = &*schema.primary_identifier
        && schema.properties.contains_key(name)
        && !properties.contains_key(*name)
    {
        properties.to_mut().insert((*name).to_owned(), resource.id.as_str().into());
    }
    match properties {
        Cow::Borrowed(properties) => of(&resource.type_name, environment, properties, identity, property),
        Cow::Owned(properties) => of(&resource.type_name, environment, &properties, identity, &|_, _| None),
    }
}

/// Returns the claims of a resource of `type_name` with these properties, whose references are
/// resolved as far as they are known. `property` gives the desired properties of others.
pub(crate) fn of<'a>(
    type_name: &str,
    environment: &Environment,
    properties: &'a BTreeMap<String, Value>,
    identity: &Identity,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    if environment.account.is_some() {
        return claims_among(type_name, environment, properties, property);
    }
    // A stack that names its account and one that does not may be in the same one.
    let account = identity.account_of(environment).to_owned();
    let environment = Environment { account: Some(account), ..environment.clone() };
    claims_among(type_name, &environment, properties, property)
}

/// Returns whether a claim of `new` cannot be taken while `old` is held.
pub(crate) fn conflict(old: &[Claim], new: &[Claim]) -> bool {
    new.iter().any(|new| old.iter().any(|old| old.conflicts_with(new)))
}
