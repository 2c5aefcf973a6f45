//! Whether what is deleted before it is made anew can be deleted by then.

use groundplan_core::{Path, Value};
use groundplan_schema::{ResourceType, lookup};

use crate::diff::{Action, ChangeSet, Inputs, Order, claims};
use crate::error::{Error, HeldResource, named};
use crate::model::ResourceState;

/// Refuses replacements whose old resource is held by what stays and can only let go of it once the
/// new one is there. Who holds whom is in the table of facts, [`ResourceType::holds`].
///
/// # Errors
/// [`Error::Held`].
pub(super) fn check(inputs: &Inputs<'_>, changes: &ChangeSet) -> Result<(), Error> {
    let first = changes.changes.values().filter(|change| change.action == Action::Replace(Order::DeleteFirst));
    let mut held = Vec::new();
    for change in first {
        let holders = holders(inputs, changes, &change.path);
        if !holders.is_empty() {
            let (because, fix) = why(inputs, changes, &change.path);
            held.push(HeldResource { path: change.path.clone(), because, holders, fix });
        }
    }
    if held.is_empty() { Ok(()) } else { Err(Error::Held { held }) }
}

/// Everything that stays and goes on to use `held`, with the property by which it holds it.
fn holders(inputs: &Inputs<'_>, changes: &ChangeSet, held: &Path) -> Vec<(Path, String)> {
    let Some(old) = inputs.state.resources.get(held) else { return Vec::new() };
    let Some(target) = lookup(&old.type_name) else { return Vec::new() };
    let users = inputs.state.resources.iter().filter(|(_, resource)| resource.dependencies.contains(held));
    let holders = users.filter_map(|(path, resource)| {
        let schema = lookup(&resource.type_name)?;
        let action = changes.changes.get(path).map(|change| change.action)?;
        let property = match (action, inputs.assembly.resources.get(path)) {
            (Action::Delete | Action::Replace(_), _) => None,
            // What the program has it use from now on.
            (_, Some(entry)) => holding(schema, target, &entry.properties, &|value| match value {
                Value::Ref(reference) => reference.path == *held && target.is_identified_by(&reference.attribute),
                _ => false,
            }),
            // What stays in the account as it is.
            (_, None) => holding(schema, target, &resource.properties, &|value| {
                value.as_str().is_some_and(|text| identifies(target, old, text))
            }),
        };
        Some((path.clone(), property?))
    });
    holders.collect()
}

fn identifies(target: &ResourceType, resource: &ResourceState, text: &str) -> bool {
    let mut outputs = resource.outputs.iter().filter(|(name, _)| target.is_identified_by(name));
    resource.id == text || outputs.any(|(_, value)| value.as_str() == Some(text))
}

/// The first property that has such a value, and by which a resource of the type `holder` keeps one of
/// the type `target` from being deleted.
fn holding<'a>(
    holder: &ResourceType,
    target: &ResourceType,
    properties: impl IntoIterator<Item = (&'a String, &'a Value)>,
    is_it: &dyn Fn(&Value) -> bool,
) -> Option<String> {
    properties.into_iter().find_map(|(name, value)| {
        let mut found = None;
        each_leaf(name, value, &mut |place, leaf| {
            if found.is_none() && is_it(leaf) && holder.holds(place, target) {
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

/// Why the old resource goes first, and what to do so that it need not.
fn why(inputs: &Inputs<'_>, changes: &ChangeSet, path: &Path) -> (String, String) {
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
