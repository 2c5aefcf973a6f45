//! Resources of a program that cannot coexist.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::panic::Location;

use groundplan_schema::{Collection, Member, Spelling, inline_collections, lookup, memberships, named_owner};

use crate::assembly::{Assembly, ResourceEntry};
use crate::claim::{Claim, Conflict, claims_among, member_claims, shown};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::path::Path;
use crate::value::{Deferred, Reference, Value};

/// The lines that added each resource, as in [`Synthesis`](crate::Synthesis).
type Locations = BTreeMap<Path, Vec<&'static Location<'static>>>;

/// Checks that no two resources certainly claim the same thing, and that no member of a collection coexists with the
/// property that is the whole of it.
pub(crate) fn conflicts(assembly: &Assembly, locations: &Locations, diagnostics: &mut Vec<Diagnostic>) {
    let property = |reference: &Reference, name: &str| assembly.resources.get(&reference.path)?.properties.get(name);
    let mut claimed: Vec<(Claim, &Path)> = Vec::new();
    for (path, entry) in &assembly.resources {
        let Some(environment) = assembly.stacks.get(path.stack()) else { continue };
        let properties = identifying(assembly, environment, entry);
        let own =
            claims_among(&entry.type_name, environment, &properties, &|reference, name| property(reference, name));
        claimed.extend(own.into_iter().map(|claim| (claim, path)));
        for (collection, member) in inline_collections(&entry.type_name).filter(|(collection, _)| !collection.exclusive)
        {
            let members = members(collection, member, environment, path, entry, &property);
            claimed.extend(members.into_iter().map(|claim| (claim, path)));
        }
        if let Some((owner, collection, member)) = inline_owner(assembly, entry) {
            diagnostics.push(mixed(path, owner, collection, member, locations));
        }
    }
    claimed.sort_unstable_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let mut reported = BTreeSet::new();
    for same_key in claimed.chunk_by_mut(|(a, _), (b, _)| a.key == b.key) {
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
            if conflict && reported.insert(BTreeSet::from([*path, *other])) {
                diagnostics.push(conflicting((first, path), (second, other), locations));
            }
            let contained = matches!(first.conflict, Conflict::Overlap(_)) && first.conflicts_with(second);
            if !contained && first.conflict != Conflict::Equal {
                before = at;
            }
        }
    }
}

/// Returns the sort key of claims with the same key.
fn order(claim: &Claim) -> (Option<(IpAddr, u8)>, &str) {
    match &claim.conflict {
        Conflict::Equal => (None, ""),
        Conflict::Overlap(block) => (Some((block.network(), block.prefix_len())), ""),
        Conflict::Unless(value) => (None, value),
    }
}

/// The properties of a resource, with its owner identified where it only names it: a record is the same
/// one whether it says the name of its zone or refers to it.
fn identifying<'a>(
    assembly: &Assembly,
    environment: &Environment,
    entry: &'a ResourceEntry,
) -> Cow<'a, BTreeMap<String, Value>> {
    let Some(named) = lookup(&entry.type_name).and_then(named_owner) else { return Cow::Borrowed(&entry.properties) };
    let (by_id, by_name) = named.properties;
    let name = entry.properties.get(by_name).and_then(Value::as_str);
    let (Some(name), None) = (name, entry.properties.get(by_id)) else { return Cow::Borrowed(&entry.properties) };
    let (attribute, own_name) = named.owner;
    let mut owners = assembly.resources.iter().filter(|(path, owner)| {
        let here = assembly.stacks.get(path.stack()).is_some_and(|theirs| theirs.account == environment.account);
        let theirs = owner.properties.get(own_name).and_then(Value::as_str);
        here && owner.type_name == named.owner_type && theirs.is_some_and(|theirs| is_same_domain(theirs, name))
    });
    // Of two with the name, which one is meant is not known.
    let (Some((owner, _)), None) = (owners.next(), owners.next()) else { return Cow::Borrowed(&entry.properties) };
    let mut properties = entry.properties.clone();
    properties.insert(by_id.to_owned(), Reference::new(owner.clone(), attribute).into());
    Cow::Owned(properties)
}

fn is_same_domain(a: &str, b: &str) -> bool {
    Spelling::DomainName.normal(a) == Spelling::DomainName.normal(b)
}

/// The claims of the members that a resource states inline.
fn members<'a>(
    collection: &Collection,
    member: &Member,
    environment: &Environment,
    path: &Path,
    entry: &'a ResourceEntry,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    let itself = |value: &Value| Value::Map([(collection.property.to_owned(), value.clone())].into());
    let elements = match entry.properties.get(collection.property) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::List(elements)) => elements.clone(),
        Some(value) => vec![itself(value)],
    };
    let stated = entry.properties.get(member.owner_attribute);
    let owner = stated.cloned().unwrap_or_else(|| Reference::new(path.clone(), member.owner_attribute).into());
    let claims = |element: &Value| {
        member_claims(member, environment, &owner, element, &|reference, name| property(reference, name))
    };
    elements.iter().flat_map(claims).collect()
}

/// The resource that states the whole collection that `entry` is a member of. An empty list states
/// no member, and leaves them to resources of their own.
fn inline_owner<'a>(
    assembly: &'a Assembly,
    entry: &ResourceEntry,
) -> Option<(&'a Path, &'static Collection, &'static Member)> {
    memberships(&entry.type_name).filter(|(collection, _)| collection.exclusive).find_map(|(collection, member)| {
        let Value::Deferred(Deferred::Ref(owner)) = entry.properties.get(member.owner_property)? else { return None };
        let (path, owner) = assembly.resources.get_key_value(&owner.path)?;
        let inline = owner.properties.get(collection.property)?;
        let states = owner.type_name == collection.owner_type && inline.as_list().is_none_or(|list| !list.is_empty());
        states.then_some((path, collection, member))
    })
}

fn mixed(path: &Path, owner: &Path, collection: &Collection, member: &Member, locations: &Locations) -> Diagnostic {
    let (Collection { property, owner_type, .. }, Member { type_name: member_type, .. }) = (collection, member);
    let message =
        format!("`{property}` of {owner_type} states all members, but this {member_type} is a separate member");
    Diagnostic::error(Code::MixedCollection, message)
        .at(path.clone())
        .got(format!("`{property}` of {}", place(owner, locations)))
        .help(format!(
            "state all members in `{property}`, or each one as a separate {member_type}; otherwise, a deploy would remove this one"
        ))
}

fn conflicting(first: (&Claim, &Path), second: (&Claim, &Path), locations: &Locations) -> Diagnostic {
    let ((first, path), (second, other)) = (first, second);
    let space = first.key.split('\n').next().unwrap_or_default();
    let what = if space == first.what { space.to_owned() } else { format!("{} of {space}", first.what) };
    let holder = place(path, locations);
    let (message, got, help) = match (&first.conflict, &second.conflict) {
        (Conflict::Overlap(a), Conflict::Overlap(b)) if a != b => (
            format!("the address blocks {b} and {a} overlap: {what} in {}", first.place()),
            format!("{b}, and {a} in {holder}"),
            "give one of the two a block outside of the other one",
        ),
        (Conflict::Unless(a), Conflict::Unless(b)) => (
            format!("{what} {}: {} and {} exclude each other", first.place(), shown(b), shown(a)),
            format!("{}, and {} in {holder}", shown(b), shown(a)),
            "change one of the two resources",
        ),
        _ => (
            match first.values() {
                none if none.is_empty() => format!("two resources claim the same {what}"),
                values => format!("two resources claim the same {what}: {values}"),
            },
            format!("also claimed by {holder}"),
            "remove one of the two resources, or change what they both claim",
        ),
    };
    Diagnostic::error(Code::Conflict, message).at(other.clone()).got(got).help(help)
}

/// A resource and the line of the user's program that added it.
fn place(path: &Path, locations: &Locations) -> String {
    match locations.get(path).and_then(|locations| locations.first()) {
        Some(location) => format!("{path}, added at {location}"),
        None => path.to_string(),
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
