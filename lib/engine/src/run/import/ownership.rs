//! Checks whether a resource to import belongs to another app, or to another path of this one.

use std::collections::BTreeSet;

use groundplan_core::Path;

use super::Request;
use crate::Error;
use crate::hint::Hint;
use crate::model::{GlobalId, ResourceState, State};
use crate::provider::{Existing, Identity, Owner};
use crate::run::import::NotImportable;
use crate::run::reader::{ReadError, Reader};
use crate::run::store::StateStore;
use crate::run::upstream;

/// The maximum number of characters of a path in an identity tag.
const TAG: usize = 256;

/// Refuses a resource that the state of another app in the same place has; and, unless the request says so, one whose
/// identity tags name another path, or an app whose state is not in the same place, so that it may still have it.
pub(super) async fn permit(
    request: &Request<'_>,
    existing: &Existing,
    own: &Identity,
    reader: Reader<'_>,
    store: &dyn StateStore,
) -> Result<(), Error> {
    let Existing { address, id, .. } = existing;
    let path = &address.path;
    let refused = |reason: String, hints: Vec<Hint>| Err(NotImportable { path: path.clone(), reason, hints }.into());
    let mut asked = BTreeSet::new();
    for app in store.apps().await?.into_iter().filter(|app| *app != address.app) {
        let state = match upstream::last_known(store, &app).await {
            // Its tags, where it has some, are all that is known then.
            Err(error) if error.is_of_one_document() && request.take_ownership => continue,
            state => state?,
        };
        let Some(state) = state else { continue };
        if let Some(other) = standing(&state, existing, own) {
            let reason = format!("`{id}` is `{other}` of the app `{app}`; two apps cannot manage the same resource");
            return refused(reason, vec![Hint::ForgetResource { path: other, app: Some(app) }]);
        }
        asked.insert(app);
    }
    if request.take_ownership {
        return Ok(());
    }
    match reader.owner(existing).await.map_err(ReadError::of(Some(path)))? {
        Some(Owner { app, path: tagged }) if app == address.app => {
            if is_at(&tagged, path.as_str()) {
                Ok(())
            } else {
                let there = Hint::Import { path: Some(tagged.as_str().into()), id: Some(id.clone()), new_state: false };
                let reason = format!("the tags of `{id}` say that it was created for `{tagged}`");
                refused(reason, vec![there, Hint::TakeOwnership])
            }
        }
        // Its state does not have it any more.
        Some(Owner { app, .. }) if asked.contains(&app) => Ok(()),
        Some(Owner { app, path: tagged }) => {
            let reason = format!(
                "the tags of `{id}` say that it is `{tagged}` of the app `{app}`, whose state is not in the same location as {}",
                store.place()
            );
            let there = Hint::ForgetResource { path: tagged.as_str().into(), app: Some(app) };
            refused(reason, vec![there, Hint::TakeOwnership])
        }
        None => Ok(()),
    }
}

/// Returns the path of the resource in the state of another app.
fn standing(state: &State, existing: &Existing, own: &Identity) -> Option<Path> {
    let identity = state.identity.as_ref().unwrap_or(own);
    let is_it = |known: &ResourceState| GlobalId::known(known, identity) == GlobalId::of(existing, own);
    let standing = state.resources.iter().find(|(_, known)| is_it(known)).map(|(path, _)| path);
    let deposed = || state.deposed.iter().find(|old| is_it(&old.resource)).map(|old| &old.path);
    standing.or_else(deposed).cloned()
}

/// Returns whether a tag names this path.
fn is_at(tagged: &str, path: &str) -> bool {
    tagged == path || (tagged.chars().count() == TAG && path.ends_with(tagged))
}
