//! Effects of an update in place: outputs and values of secrets that it may change.

use std::collections::BTreeSet;

use groundplan_core::secret::SecretSource;
use groundplan_core::{Path, Reference, ResourceEntry};
use groundplan_schema::{Replacement, ResourceType, SECRET_ENTRY, lookup};

use super::{Action, Change, PropertyChange, Rendered};
use crate::secret;

/// Returns whether `attribute` of a resource that is updated in place may have another value afterwards.
pub(crate) fn may_change(change: &Change, attribute: &str) -> bool {
    let follows =
        |schema: &ResourceType| change.properties.iter().any(|property| schema.follows(attribute, &property.property));
    change.action == Action::Update && lookup(&change.type_name).is_some_and(follows)
}

/// Adds the secrets of `entry` that may get another value with one of the `new` entries of Secrets
/// Manager.
pub(super) fn secrets(
    schema: Option<&ResourceType>,
    entry: &ResourceEntry,
    new: &BTreeSet<&Path>,
    properties: &mut Vec<PropertyChange>,
) {
    if new.is_empty() {
        return;
    }
    for (place, source) in secret::secrets(&entry.properties) {
        let SecretSource::SecretsManager(entry) = source.origin() else { continue };
        let mut sources = entry.secret.references().into_iter();
        let source = sources.find(|source| new.contains(&source.path));
        let Some(source) = source.filter(|_| properties.iter().all(|change| change.property != place)) else {
            continue;
        };
        let replacement = schema.map_or(Replacement::Never, |schema| schema.replacement(&place));
        properties.push(PropertyChange {
            property: place,
            from: Rendered::Sensitive,
            to: Rendered::Sensitive,
            replacement,
            because: Some(Reference::new(source.path.clone(), SECRET_ENTRY.value)),
        });
    }
    properties.sort_by(|a, b| a.property.cmp(&b.property));
}

/// Returns whether a change generates a new value of a secret, because its declared generation settings changed.
pub(super) fn is_regenerated(change: &Change) -> bool {
    let makes_one = |name: &str| top(name) == SECRET_ENTRY.generated;
    change.type_name == SECRET_ENTRY.type_name && change.properties.iter().any(|change| makes_one(&change.property))
}

/// Returns whether a secret may have another value after a change.
pub(super) fn has_new_secret(change: &Change) -> bool {
    change.type_name == SECRET_ENTRY.type_name && may_change(change, SECRET_ENTRY.value)
}

fn top(property: &str) -> &str {
    property.split('.').next().unwrap_or_default()
}
