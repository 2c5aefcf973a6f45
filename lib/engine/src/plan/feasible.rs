//! Whether what is deleted can be deleted by then.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use crate::diff::bound::{goes, identifies, is_bound};
use crate::diff::occupants::occupants;
use crate::diff::{Action, Change, ChangeSet, Inputs, Order, Reason, claims};
use crate::error::{Error, HeldResource, named};

/// Refuses deletions of what stays held: by what goes on to name it, and, where the old resource of a
/// replacement goes first, by what can only let go of it once the new one is there. Who holds whom is in the
/// table of facts, [`ResourceType::holds`](groundplan_schema::ResourceType::holds).
///
/// # Errors
/// [`Error::Held`].
pub(super) fn check(inputs: &Inputs<'_>, changes: &ChangeSet) -> Result<(), Error> {
    let mut held = Vec::new();
    let lets_go = |change: &Change| goes(change) || is_detached(change);
    let occupants = if changes.changes.values().any(lets_go) { occupants(inputs.state) } else { BTreeMap::new() };
    for change in changes.changes.values().filter(|change| lets_go(change)) {
        let mut holders = if goes(change) { holders(inputs, changes, change) } else { Vec::new() };
        let occupants = occupants.get(&change.path).into_iter().flatten();
        let stays = |path: &&&Path| changes.changes.get(**path).is_some_and(|change| !goes(change));
        holders.extend(occupants.filter(stays).map(|path| ((*path).clone(), "its public addresses".to_owned())));
        if !holders.is_empty() {
            let (because, fix) = why(inputs, changes, change, &holders);
            held.push(HeldResource { path: change.path.clone(), because, holders, fix });
        }
    }
    if held.is_empty() { Ok(()) } else { Err(Error::Held { held }) }
}

/// Whether a change in place gives away what public addresses hold.
fn is_detached(change: &Change) -> bool {
    let schema = lookup(&change.type_name).filter(|_| change.action == Action::Update);
    schema.is_some_and(|schema| change.properties.iter().any(|changed| schema.is_detached_by(&changed.property)))
}

/// Everything that stays and goes on to use what a change deletes, with the property by which it holds it.
fn holders(inputs: &Inputs<'_>, changes: &ChangeSet, held: &Change) -> Vec<(Path, String)> {
    let Some(old) = inputs.state.resources.get(&held.path) else { return Vec::new() };
    let Some(target) = lookup(&old.type_name) else { return Vec::new() };
    let first = held.action == Action::Replace(Order::DeleteFirst);
    let users = inputs.state.resources.iter().filter(|(_, resource)| resource.dependencies.contains(&held.path));
    let holders = users.filter_map(|(path, resource)| {
        let schema = lookup(&resource.type_name)?;
        let change = changes.changes.get(path).filter(|change| !goes(change) && !is_second_path(change))?;
        // What it has now and keeps.
        let kept = resource.properties.iter().filter(|(name, _)| !changes_property(change, name));
        let property = holding(kept, &|place, value| {
            value.as_str().is_some_and(|text| identifies(old, text))
                && (schema.holds(place, target) || is_bound(inputs, inputs.state, resource, &held.path))
        });
        // What the program has it use from now on, of which there is one at a time.
        let used = || {
            let entry = inputs.assembly.resources.get(path).filter(|_| first)?;
            holding(&entry.properties, &|place, value| match value {
                Value::Ref(reference) => {
                    reference.path == held.path
                        && target.is_identified_by(&reference.attribute)
                        && schema.holds(place, target)
                }
                _ => false,
            })
        };
        Some((path.clone(), property.or_else(used)?))
    });
    holders.collect()
}

fn changes_property(change: &Change, name: &str) -> bool {
    change.properties.iter().any(|changed| changed.property.split('.').next() == Some(name))
}

/// Whether another path has the same thing, and decides about it.
fn is_second_path(change: &Change) -> bool {
    change.reasons.iter().any(|reason| matches!(reason, Reason::SameAs(_)))
}

/// The place of the first value by which the resource is held.
fn holding<'a>(
    properties: impl IntoIterator<Item = (&'a String, &'a Value)>,
    holds: &dyn Fn(&str, &Value) -> bool,
) -> Option<String> {
    properties.into_iter().find_map(|(name, value)| {
        let mut found = None;
        each_leaf(name, value, &mut |place, leaf| {
            if found.is_none() && holds(place, leaf) {
                found = Some(place.to_owned());
            }
        });
        found
    })
}

fn each_leaf(place: &str, value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        // A position in a list may be left out.
        Value::List(items) => items.iter().for_each(|item| each_leaf(place, item, visit)),
        Value::Map(entries) => {
            entries.iter().for_each(|(key, value)| each_leaf(&format!("{place}.{key}"), value, visit));
        }
        leaf => visit(place, leaf),
    }
}

/// Why it is deleted while it is held, and what to do so that it need not be.
fn why(inputs: &Inputs<'_>, changes: &ChangeSet, change: &Change, holders: &[(Path, String)]) -> (String, String) {
    let path = &change.path;
    let is_left = |holder: &&(Path, String)| !inputs.assembly.resources.contains_key(&holder.0);
    if let (Some((holder, _)), Action::Replace(_)) = (holders.iter().find(is_left), change.action) {
        let fix =
            format!("declare the new one under another path, so that the old one stays in the account with `{holder}`");
        return ("the old one is deleted".into(), fix);
    }
    match change.action {
        Action::Replace(Order::DeleteFirst) => {}
        Action::Update => {
            return (
                "another gateway is attached in its place".into(),
                "change it in a deploy of its own, in which they are removed or replaced".into(),
            );
        }
        Action::Replace(_) => return ("the old one is deleted".into(), "let them use another one".into()),
        _ => {
            return (
                "the program does not have it any more".into(),
                "let them use another one, or remove them, too".into(),
            );
        }
    }
    let entry = inputs.assembly.resources.get(path);
    if entry.is_some_and(|entry| entry.lifecycle.delete_before_create) {
        let fix = "take `delete_before_create` away, so that the new one is made first";
        return ("the program has it deleted before it is made anew".into(), fix.into());
    }
    let held = inputs.state.resources.get(path).map(|old| claims::held(old, inputs.identity)).unwrap_or_default();
    let wanted = changes.claims.get(path).map_or(&[][..], Vec::as_slice);
    let same = wanted.iter().find(|new| held.iter().any(|old| old.conflicts_with(new)));
    match same {
        Some(claim) => (
            format!("the old and the new one cannot both have the {}", named(claim)),
            "give the new one another, or leave a name out so that one is generated".into(),
        ),
        None => (
            "two of it cannot exist at once".into(),
            "change them in two deploys, of which the first lets go of it".into(),
        ),
    }
}
