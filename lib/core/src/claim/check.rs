//! Which resources of a program cannot exist beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use groundplan_schema::{InlineCollection, inline_collections, memberships};
use ipnet::IpNet;

use super::{Claim, Conflict, claims_among};
use crate::assembly::{Assembly, ResourceEntry};
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::path::Path;
use crate::value::{Reference, Value};

/// Where each resource was added, as in [`Synthesis`](crate::Synthesis).
type Locations = BTreeMap<Path, Vec<&'static Location<'static>>>;

/// No two resources are certain to claim the same, and no member of a collection stands beside the
/// property that is the whole of it.
pub(crate) fn conflicts(assembly: &Assembly, locations: &Locations, diagnostics: &mut Vec<Diagnostic>) {
    let property = |reference: &Reference, name: &str| assembly.resources.get(&reference.path)?.properties.get(name);
    let mut claimed: Vec<(Claim, &Path)> = Vec::new();
    for (path, entry) in &assembly.resources {
        let Some(environment) = assembly.stacks.get(path.stack()) else { continue };
        let own = claims_among(&entry.type_name, environment, &entry.properties, &property);
        claimed.extend(own.into_iter().map(|claim| (claim, path)));
        for collection in inline_collections(&entry.type_name).filter(|collection| !collection.whole) {
            let members = members(collection, environment, path, entry, &property);
            claimed.extend(members.into_iter().map(|claim| (claim, path)));
        }
        if let Some((owner, collection)) = inline_owner(assembly, entry) {
            diagnostics.push(mixed(path, owner, collection, locations));
        }
    }
    claimed.sort_unstable_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let mut reported = BTreeSet::new();
    for same_key in claimed.chunk_by_mut(|(a, _), (b, _)| a.key == b.key).filter(|group| group.len() > 1) {
        same_key.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        // Blocks contain each other or lie apart, so that after this sort the widest one before a block
        // is the one that contains it. Of values, some of which may not be known, the nearest one that
        // surely differs is meant.
        let mut before = 0;
        for at in 1..same_key.len() {
            let (second, other) = &same_key[at];
            let conflicting_with =
                |(first, path): &(Claim, &Path)| path != other && first.certainly_conflicts_with(second);
            if matches!(second.conflict, Conflict::Unless(_)) {
                before = same_key[..at].iter().rposition(conflicting_with).unwrap_or(before);
            }
            let (first, path) = &same_key[before];
            let conflict = conflicting_with(&same_key[before]);
            let pair = if path < other { (*path, *other) } else { (*other, *path) };
            if conflict && reported.insert(pair) {
                diagnostics.push(conflicting((first, path), (second, other), locations));
            }
            let contained = matches!(first.conflict, Conflict::Overlap(_)) && first.conflicts_with(second);
            if !contained && first.conflict != Conflict::Equal {
                before = at;
            }
        }
    }
}

/// What claims with one key are sorted by.
fn order(claim: &Claim) -> (Option<(bool, std::net::IpAddr, u8)>, &str) {
    match &claim.conflict {
        Conflict::Equal => (None, ""),
        Conflict::Overlap(block) => {
            let is_v6 = matches!(block, IpNet::V6(_));
            (Some((is_v6, block.network(), block.prefix_len())), "")
        }
        Conflict::Unless(value) => (None, value),
    }
}

/// The claims of the members that a resource states inline.
fn members<'a>(
    collection: &InlineCollection,
    environment: &Environment,
    path: &Path,
    entry: &'a ResourceEntry,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    let elements = entry.properties.get(collection.property).and_then(Value::as_list).unwrap_or_default();
    if elements.is_empty() {
        return Vec::new();
    }
    let stated = entry.properties.get(collection.owner_attribute);
    let owner = stated.cloned().unwrap_or_else(|| Value::Ref(Reference::new(path.clone(), collection.owner_attribute)));
    elements
        .iter()
        .flat_map(|element| super::member_claims(collection, environment, &owner, element, property))
        .collect()
}

/// The resource that states the whole collection that `entry` is a member of. An empty list states
/// no member, and leaves them to resources of their own.
fn inline_owner<'a>(assembly: &'a Assembly, entry: &ResourceEntry) -> Option<(&'a Path, &'static InlineCollection)> {
    memberships(&entry.type_name).filter(|collection| collection.whole).find_map(|collection| {
        let Value::Ref(owner) = entry.properties.get(collection.owner_property)? else { return None };
        let (path, owner) = assembly.resources.get_key_value(&owner.path)?;
        let inline = owner.properties.get(collection.property)?;
        let states = owner.type_name == collection.owner_type && inline.as_list().is_none_or(|list| !list.is_empty());
        states.then_some((path, collection))
    })
}

fn mixed(path: &Path, owner: &Path, collection: &InlineCollection, locations: &Locations) -> Diagnostic {
    let InlineCollection { property, owner_type, member_type, .. } = collection;
    let message = format!("`{property}` of {owner_type} states all members, and this {member_type} is another one");
    Diagnostic::error("GP0215", message)
        .at(path.clone())
        .got(format!("`{property}` of {}", place(owner, locations)))
        .help(format!(
            "state every member in `{property}`, or each one as an {member_type}; a deploy would remove this one"
        ))
}

fn conflicting(first: (&Claim, &Path), second: (&Claim, &Path), locations: &Locations) -> Diagnostic {
    let ((first, path), (second, other)) = (first, second);
    let space = first.key.split('\n').next().unwrap_or_default();
    let what = if space == first.what { space.to_owned() } else { format!("{} of {space}", first.what) };
    let (message, help) = match (&first.conflict, &second.conflict) {
        (Conflict::Overlap(a), Conflict::Overlap(b)) if a != b => (
            format!("address blocks overlap: {what} {} and {b}", first.values()),
            "give one of the two a block outside of the other",
        ),
        (Conflict::Unless(_), Conflict::Unless(b)) => {
            let b = super::shown(b);
            (format!("only one is possible: {what} {} or {b}", first.values()), "change one of the two resources")
        }
        _ => (
            format!("two resources are the same {what}: {}", first.values()),
            "remove one of the two, or change what makes them the same",
        ),
    };
    Diagnostic::error("GP0214", message)
        .at(other.clone())
        .got(format!("also claimed by {}", place(path, locations)))
        .help(help)
}

/// A resource and the line of the user's program that added it.
fn place(path: &Path, locations: &Locations) -> String {
    match locations.get(path).and_then(|locations| locations.first()) {
        Some(location) => format!("{path}, added at {location}"),
        None => path.to_string(),
    }
}
