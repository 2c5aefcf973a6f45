//! The resources of the other apps in the same state location.

use groundplan_schema::lookup;

use crate::Error;
use crate::model::{GlobalId, ResourceState, State};
use crate::provider::{Behavior, Identity, Recovery};
use crate::run::store::StateStore;
use crate::run::upstream;

/// The resources of other apps: what an interrupted create finds by its name alone may be one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors(Vec<(Identity, Vec<ResourceState>)>);

impl Neighbors {
    /// None, or not known.
    pub const NONE: Self = Self(Vec::new());

    /// Reads the resources of the other apps in the location of `store`, if `state` has an open create that needs them.
    ///
    /// # Errors
    /// A state cannot be read.
    pub async fn of_open(
        state: &State,
        store: &dyn StateStore,
        behavior: &(dyn Fn(&str) -> Option<Behavior> + Sync),
    ) -> Result<Self, Error> {
        let mut types = state.open_creates().filter_map(|(_, intent)| intent.creates());
        if types.any(|type_name| is_unmarked(type_name, behavior(type_name))) {
            Self::read(&state.app, store).await
        } else {
            Ok(Self::NONE)
        }
    }

    /// Reads the resources of all apps except `app`.
    pub(crate) async fn read(app: &str, store: &dyn StateStore) -> Result<Self, Error> {
        let mut neighbors = Vec::new();
        for other in store.apps().await?.into_iter().filter(|other| other != app) {
            let Some(state) = upstream::last_known(store, &other).await? else { continue };
            let State { identity: Some(identity), resources, deposed, .. } = state else { continue };
            let deposed = deposed.into_iter().map(|old| old.resource);
            neighbors.push((identity, resources.into_values().chain(deposed).collect()));
        }
        Ok(Self(neighbors))
    }

    /// Returns whether one of them has this resource.
    pub(crate) fn have(&self, id: GlobalId<'_>) -> bool {
        let is_it = |(identity, known): &(Identity, Vec<ResourceState>)| {
            known.iter().any(|known| GlobalId::known(known, identity) == id)
        };
        self.0.iter().any(is_it)
    }
}

/// Returns whether a resource is found by what the program says of it.
pub(crate) fn is_by_name(behavior: Behavior) -> bool {
    matches!(behavior.recovery, Recovery::DeterministicName | Recovery::ByParts)
}

/// Returns whether a resource of this type shows its creator only by its name or its parts.
pub(crate) fn is_unmarked(type_name: &str, behavior: Option<Behavior>) -> bool {
    behavior.is_some_and(is_by_name) && lookup(type_name).is_none_or(|schema| schema.tags.is_none())
}
