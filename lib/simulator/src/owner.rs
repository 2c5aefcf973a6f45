//! Resources that an API creates without name, token or tags, such as access keys, and the secrets that it generates.

use groundplan_engine::provider::{Address, ErrorClass, Properties, ProviderError, SecretOutputs};
use groundplan_schema::ResourceType;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::derive::Derivation;
use crate::errors::refusal;
use crate::resource::Resource;

/// The secret attributes of what was just made.
pub(crate) fn secrets(key: &Derivation, made: &Resource) -> SecretOutputs {
    let attributes = made.schema().secret_attributes();
    attributes.map(|attribute| (attribute.to_owned(), secret(key, made, attribute))).collect()
}

/// The value of a secret attribute, which is no output: the account does not keep it.
pub(crate) fn secret(key: &Derivation, resource: &Resource, attribute: &str) -> Zeroizing<String> {
    let id = format!("{}/{}", resource.key.type_name, resource.key.id);
    let derivation = Derivation::new(key.digest(&id).as_bytes(), &["secret attribute"]);
    Zeroizing::new(derivation.alphanumeric(attribute, 40))
}

/// Refuses one more than the owner may have.
pub(crate) fn require_room(
    account: &Account,
    resource: &ResourceType,
    properties: &Properties,
) -> Result<(), ProviderError> {
    let Some(quota) = resource.owner_quota() else { return Ok(()) };
    if of_owner(account, resource, properties).count() < quota.most {
        return Ok(());
    }
    let message = format!("Cannot exceed quota for {}: {}", quota.name, quota.most);
    Err(refusal(ErrorClass::Invalid, "LimitExceeded", message))
}

/// Returns all resources of the owner: nothing distinguishes the one that a create made. Fails if the app does not
/// manage the owner, because they may have any creator.
pub(crate) fn all<'a>(
    account: &'a Account,
    resource: &'a ResourceType,
    address: &Address,
    properties: &'a Properties,
) -> Result<Vec<&'a Resource>, ProviderError> {
    let found: Vec<_> = of_owner(account, resource, properties).collect();
    let mut names = properties.values().filter_map(|value| value.as_str());
    let is_own = |name: &str| account.known_as(name).any(|owner| owner.app == address.app);
    if !found.is_empty() && !names.any(is_own) {
        let ids: Vec<_> = found.iter().map(|found| found.key.id.as_str()).collect();
        let message = format!(
            "its owner is not managed by this app, so any of these may belong to someone else: {}",
            ids.join(", ")
        );
        return Err(ProviderError::new(ErrorClass::Invalid, message));
    }
    Ok(found)
}

fn of_owner<'a>(
    account: &'a Account,
    resource: &'a ResourceType,
    properties: &'a Properties,
) -> impl Iterator<Item = &'a Resource> {
    let same = |found: &&Resource| resource.required().all(|name| found.properties.get(name) == properties.get(name));
    account.of_type(resource.name).filter(same)
}
