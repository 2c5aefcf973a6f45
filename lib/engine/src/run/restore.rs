//! Restores resources that an interrupted run replaced and did not delete.

use std::borrow::Cow;
use std::collections::BTreeSet;

use groundplan_core::Path;

use crate::Error;
use crate::model::{Event, ResourceStatus};
use crate::run::reader::{ReadError, Reader};
use crate::run::recover::learned;
use crate::stages::diff::Inputs;
use crate::stages::diff::restored::{Wanted, after, stays, wanted_again};

/// Returns the events by which replaced resources take their paths back. Each is read first: it was not read since it
/// was replaced, and a refused deletion may have removed parts of it.
///
/// # Errors
/// A resource cannot be read.
pub(crate) async fn restored(
    inputs: &Inputs<'_>,
    only: &BTreeSet<Path>,
    reader: Reader<'_>,
) -> Result<Vec<Event>, Error> {
    let mut state = Cow::Borrowed(inputs.state);
    let (mut events, mut tried) = (Vec::new(), Vec::new());
    while let Some(Wanted { path: to, event }) = wanted_again(&Inputs { state: &state, ..*inputs }, only, &tried) {
        tried.push(event.clone());
        let restored = after(&state, std::slice::from_ref(&event));
        let Event::Restored { path, .. } = &event else { continue };
        let resource = &restored.resources[path];
        let existing = resource.existing(&state.app, path);
        let live = reader.read_made(&existing).await.map_err(ReadError::of(Some(path)))?;
        let found = match live {
            None => vec![resource.gone(path)],
            // What is not ready may still get what it lacks by itself.
            Some(live) => {
                let is_settled = resource.status == ResourceStatus::Ready;
                let lacks = if is_settled { learned(path, resource, live) } else { None };
                [event.clone()].into_iter().chain(lacks).collect()
            }
        };
        let now = after(&state, &found);
        if found.first() != Some(&event) || stays(inputs, &to, &now) {
            events.extend(found);
            state = Cow::Owned(now);
        }
    }
    Ok(events)
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
