//! The identity of a resource across states, stacks and roles.

use groundplan_core::Environment;
use groundplan_schema::{ResourceType, lookup};

use super::state::ResourceState;
use crate::provider::{Existing, Identity};

/// A resource, whichever state, stack or role knows it. Two that are equal are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GlobalId<'a> {
    type_name: &'a str,
    id: &'a str,
    account: &'a str,
    /// None for a type that knows no regions.
    region: Option<&'a str>,
}

impl<'a> GlobalId<'a> {
    /// `identity` is who the credentials belong to that are used in `environment`.
    pub(crate) fn new(type_name: &'a str, id: &'a str, environment: &'a Environment, identity: &'a Identity) -> Self {
        let everywhere = lookup(type_name).is_some_and(ResourceType::is_global);
        let region = (!everywhere).then_some(environment.region.as_str());
        Self { type_name, id, account: identity.account_of(environment), region }
    }

    /// Returns the identifier of an existing resource.
    pub(crate) fn of(existing: &'a Existing, identity: &'a Identity) -> Self {
        let Existing { address, id, .. } = existing;
        Self::new(&address.type_name, id, &address.environment, identity)
    }

    /// Returns the identifier of a resource in a state; `identity` is the identity of the state's credentials.
    pub(crate) fn known(known: &'a ResourceState, identity: &'a Identity) -> Self {
        Self::new(&known.type_name, &known.id, &known.environment, identity)
    }
}
