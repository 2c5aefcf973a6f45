//! Refuses plans that delete resources which remaining resources hold.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::Claim;
use groundplan_core::named::by_text;
use groundplan_core::{Deferred, Path, Value};
use groundplan_schema::{ResourceType, lookup};

use super::conflict::{HeldResource, named};
use crate::Error;
use crate::hint::Hint;
use crate::stages::diff::existing::{Incarnation, goes, retained, standing};
use crate::stages::diff::needs::{Going, Link};
use crate::stages::diff::occupants::{is_detached, is_surely_public};
use crate::stages::diff::{Action, Change, ChangeSet, Inputs, Need, Order, claims, desired_properties};
use crate::stages::plan::PlanError;

/// Refuses deletions of resources that remain held: by resources that still name them, by retained ones that need them,
/// and, if the old resource of a replacement is deleted first, by those that can release it only once the new one
/// exists. The table of facts defines which resources hold others, [`ResourceType::holds`] and
/// [`ResourceType::is_bound_by`].
///
/// # Errors
/// [`PlanError::Held`].
pub(super) fn check(inputs: &Inputs<'_>, changes: &ChangeSet, going: &Going<'_>) -> Result<(), Error> {
    let mut found: Vec<HeldResource> = Vec::new();
    for old in &going.deleted {
        let change = changes.changes.get(old.path).filter(|_| old.stands(inputs.state));
        let mut holders = by_name(inputs, changes, going, old);
        if change.is_some_and(|change| change.action == Action::Replace(Order::DeleteFirst)) {
            for more in used_anew(inputs, changes, going, old) {
                if holders.iter().all(|(known, _)| known.path != more.0.path) {
                    holders.push(more);
                }
            }
        }
        if !holders.is_empty() {
            found.push(held(inputs, changes, old.path, change, &holders));
        }
    }
    found.extend(occupied(inputs, changes, going));
    if found.is_empty() { Ok(()) } else { Err(PlanError::Held { held: found }.into()) }
}

/// A remaining resource that holds a deleted one, and the relation by which it does.
type Holder<'s> = (Incarnation<'s>, Need);

fn told(holders: &[Holder<'_>]) -> Vec<(Path, Need)> {
    holders.iter().map(|(holder, need)| (holder.path.clone(), need.clone())).collect()
}

/// Returns whether a resource stays according to these changes: in a partial deploy, omitted resources do.
fn stays(changes: &ChangeSet, path: &Path) -> bool {
    changes.changes.get(path).is_none_or(|change| !goes(change) && change.action != Action::Forget)
}

/// Returns remaining resources that name a deleted resource, before and after the plan.
fn by_name<'s>(inputs: &Inputs<'_>, changes: &ChangeSet, going: &Going<'s>, old: &Incarnation<'_>) -> Vec<Holder<'s>> {
    let mut found: Vec<&Link<'_>> = Vec::new();
    // What names it at a place is told by that.
    let (after, named): (Vec<_>, Vec<_>) =
        going.needs.users(old).into_iter().partition(|link| link.need == Need::MadeAfter);
    for link in named.into_iter().chain(after) {
        let user = &link.user;
        let stands = user.stands(inputs.state);
        let place = match &link.need {
            Need::Property(place) => Some(place),
            // Nothing keeps a key from being deleted whose data is retained.
            Need::MadeAfter if is_retained(inputs, changes, user) && user.names(old) => None,
            Need::MadeAfter | Need::PublicAddresses => continue,
        };
        if going.includes(user) || stands && !stays(changes, user.path) {
            continue;
        }
        // What an earlier run has replaced and this one does not delete stays as it is.
        let change = changes.changes.get(user.path).filter(|_| stands);
        let is_new = found.iter().all(|known| known.user.key() != user.key());
        if is_new && !place.zip(change).is_some_and(|(place, change)| change.is_about(place)) {
            found.push(link);
        }
    }
    found.into_iter().map(|link| (link.user, link.need.clone())).collect()
}

/// Returns whether this plan or an earlier one retains a resource.
fn is_retained(inputs: &Inputs<'_>, changes: &ChangeSet, it: &Incarnation<'_>) -> bool {
    let now = changes.changes.get(it.path).is_some_and(|change| change.action == Action::Retain);
    now || was_retained(inputs, it)
}

/// Returns whether an earlier run retained this resource, as opposed to the managed one at its path.
fn was_retained(inputs: &Inputs<'_>, it: &Incarnation<'_>) -> bool {
    retained(inputs.state).any(|record| std::ptr::eq(record.resource, it.resource))
}

/// Returns whether a replaced resource cannot be deleted before the new one exists.
pub(super) fn is_held_until_made_anew(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    going: &Going<'_>,
    old: &Incarnation<'_>,
) -> bool {
    !used_anew(inputs, changes, going, old).is_empty()
}

/// Returns remaining resources that are to use the new resource of a replacement that deletes the old one first, or
/// that are changed after it: they hold the old one until then.
fn used_anew<'s>(
    inputs: &Inputs<'s>,
    changes: &ChangeSet,
    going: &Going<'_>,
    old: &Incarnation<'_>,
) -> Vec<Holder<'s>> {
    let held = old.path;
    let Some(target) = lookup(&old.resource.type_name) else { return Vec::new() };
    let place = |link: &Link<'_>| match &link.need {
        Need::Property(place) => Some(place.clone()),
        Need::MadeAfter | Need::PublicAddresses => None,
    };
    let links = going.needs.users(old).into_iter();
    let holding_now: BTreeMap<&Path, String> = links.filter_map(|link| Some((link.user.path, place(link)?))).collect();
    // What passes no reference may have the name of the new one as text.
    let by_text = if holding_now.is_empty() { BTreeSet::new() } else { by_text(inputs.assembly) };
    let waits_for_new = |user: &Path| {
        let named = || by_text.iter().any(|it| it.path == *user && it.named == *held);
        inputs.assembly.dependencies(user).contains(held) || named()
    };
    let users = inputs.state.resources.iter().filter(|(path, resource)| {
        let uses = resource.dependencies.contains(held) || holding_now.contains_key(path);
        uses && changes.changes.contains_key(*path) && stays(changes, path)
    });
    let holders = users.filter_map(|(path, resource)| {
        let schema = lookup(&resource.type_name)?;
        let entry = inputs.assembly.resources.get(path)?;
        let still = || holding_now.get(path).filter(|_| waits_for_new(path)).cloned();
        let place = holding(schema, target, &desired_properties(entry, Some(resource)), held).or_else(still)?;
        Some((Incarnation { path, resource }, Need::Property(place)))
    });
    holders.collect()
}

/// The gateways that are detached while something that stays has public addresses.
fn occupied(inputs: &Inputs<'_>, changes: &ChangeSet, going: &Going<'_>) -> Vec<HeldResource> {
    let detached = changes.changes.values().filter(|change| is_detached(change));
    let detached = detached.filter_map(|change| standing(inputs.state, &change.path));
    let tell = |gateway: Incarnation<'_>| {
        let users = going.needs.users(&gateway);
        let stay =
            users.into_iter().filter(|link| link.need == Need::PublicAddresses && is_surely_public(link.user.resource));
        let stay = stay.filter(|link| !going.includes(&link.user));
        let holders: Vec<_> = stay.map(|link| (link.user, link.need.clone())).collect();
        if holders.is_empty() {
            return None;
        }
        let change = changes.changes.get(gateway.path).filter(|_| gateway.stands(inputs.state));
        Some(held(inputs, changes, gateway.path, change, &holders))
    };
    going.deleted.iter().copied().chain(detached).filter_map(tell).collect()
}

/// The place of a reference by which a resource of the type `holder` holds what is at `path`.
fn holding<'a>(
    holder: &ResourceType,
    target: &ResourceType,
    properties: impl IntoIterator<Item = (&'a String, &'a Value)>,
    path: &Path,
) -> Option<String> {
    properties.into_iter().find_map(|(name, value)| {
        let mut found = None;
        value.walk_leaves(name, &mut |place, leaf| {
            let is_it = match leaf {
                Value::Deferred(Deferred::Ref(reference)) => {
                    reference.path == *path && target.is_identified_by(&reference.attribute)
                }
                _ => false,
            };
            if is_it && holder.holds(place, target) {
                found = Some(place.to_owned());
            }
        });
        found
    })
}

/// Returns the finding that these resources hold `path`, so that it cannot be deleted.
fn held(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    path: &Path,
    change: Option<&Change>,
    holders: &[Holder<'_>],
) -> HeldResource {
    let (because, fix, hints) = by_run(inputs, changes, change, holders).unwrap_or_else(|| {
        let (because, fix) = why(inputs, changes, change, holders);
        (because, fix, Vec::new())
    });
    HeldResource { path: path.clone(), because, holders: told(holders), fix, hints }
}

/// Returns the reason why it is held, with the fix, if they lie in this run or the state instead of the program.
fn by_run(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    change: Option<&Change>,
    holders: &[Holder<'_>],
) -> Option<(String, String, Vec<Hint>)> {
    if let Some((Incarnation { path: holder, .. }, _)) = holders.iter().find(|(it, _)| was_retained(inputs, it)) {
        let drop = Hint::DropRetained { path: (*holder).clone() };
        return Some((format!("`{holder}` was retained"), "leave it as it is".into(), vec![drop]));
    }
    let change = change?;
    let holders = || holders.iter().map(|(holder, _)| holder.path);
    let left_out: Vec<Path> = holders().filter(|path| !changes.changes.contains_key(*path)).cloned().collect();
    if let Some(holder) = left_out.first() {
        let fix = format!("deploy `{holder}` in the same run");
        return Some(("it is deleted".into(), fix, vec![Hint::IncludePaths { paths: left_out }]));
    }
    let is_kept = |path: &&Path| changes.changes.get(*path).is_some_and(|change| change.action == Action::Keep);
    let holder = holders().find(is_kept)?;
    let fix = format!("keep this resource as well, or delete `{holder}` and its data");
    let hints = vec![Hint::ForgetResource { path: change.path.clone(), app: None }, Hint::AllowDataLoss];
    Some((format!("`{holder}` is kept"), fix, hints))
}

/// Returns the reason for a deletion while the resource is held, and the change of the program that avoids it. There is
/// no change if an earlier run replaced the resource.
fn why(inputs: &Inputs<'_>, changes: &ChangeSet, change: Option<&Change>, holders: &[Holder<'_>]) -> (String, String) {
    let Some(change) = change else {
        let fix = "let them use a different resource, or continue with the program that replaced it";
        return ("an earlier run has replaced it".into(), fix.into());
    };
    let path = &change.path;
    let paths: Vec<(&Path, &Need)> = holders.iter().map(|(holder, need)| (holder.path, need)).collect();
    let is_left = |(holder, _): &&(&Path, &Need)| !inputs.assembly.resources.contains_key(*holder);
    let left = paths.iter().find(is_left).map(|(holder, _)| holder);
    let ignores = |(holder, need): &(&Path, &Need)| {
        let Need::Property(property) = need else { return false };
        let top = property.split('.').next().unwrap_or_default();
        let entry = inputs.assembly.resources.get(*holder);
        entry.is_some_and(|entry| entry.lifecycle.ignore_changes.iter().any(|it| it.split('.').next() == Some(top)))
    };
    match (left, change.action) {
        (Some(holder), Action::Replace(_)) => {
            let fix = format!(
                "declare the new resource under another path, so that the old one stays in the account with `{holder}`"
            );
            return ("the old one is deleted".into(), fix);
        }
        (left, Action::Update) => {
            let fix = match left {
                Some(holder) => format!("leave it as it is, or delete `{holder}` with it"),
                None => "remove or replace them in the same deploy".to_owned(),
            };
            return ("another gateway is attached in its place".into(), fix);
        }
        (_, Action::Replace(Order::DeleteFirst)) => {}
        (_, Action::Replace(_)) => {
            let fix = match paths.iter().find(|holder| ignores(holder)) {
                Some((holder, need)) => format!("take {need} of `{holder}` out of `ignore_changes`"),
                None => "let them use a different resource".to_owned(),
            };
            return ("the old one is deleted".into(), fix);
        }
        _ => {
            return (
                "it is no longer in the program".into(),
                "let them use a different resource, or remove them as well".into(),
            );
        }
    }
    let entry = inputs.assembly.resources.get(path);
    if entry.is_some_and(|entry| entry.lifecycle.delete_before_create) {
        let fix = "remove `delete_before_create`, so that the new resource is created first";
        return ("the program deletes it before it creates the new one".into(), fix.into());
    }
    let held = inputs.state.resources.get(path).map(|old| claims::held(old, inputs.identity)).unwrap_or_default();
    let wanted = changes.claims.get(path).map_or(&[][..], Vec::as_slice);
    let same = wanted.iter().find(|new| held.iter().any(|old| old.conflicts_with(new)));
    match same {
        Some(claim) => {
            let fix = if claim.what.starts_with("name of") {
                "give the new resource a different name, or leave the name out so that one is generated"
            } else {
                "make the change in two deploys; in the first, remove the references to it"
            };
            (format!("the old and the new one cannot both have the {}", named(claim)), fix.into())
        }
        None => exchanged(inputs, changes, path).unwrap_or_else(|| {
            let fix = "make the change in two deploys; in the first, remove the references to it";
            ("two such resources cannot exist at once".into(), fix.into())
        }),
    }
}

/// Returns why the old resource is deleted first when names are exchanged in a circle.
fn exchanged(inputs: &Inputs<'_>, changes: &ChangeSet, path: &Path) -> Option<(String, String)> {
    let held = claims::held(inputs.state.resources.get(path)?, inputs.identity);
    let takes = |wanted: &Claim| held.iter().any(|held| held.conflicts_with(wanted));
    let of_others = changes.claims.iter().filter(|(other, _)| *other != path);
    let (taker, claim) =
        of_others.into_iter().find_map(|(other, wanted)| Some((other, wanted.iter().find(|it| takes(it))?)))?;
    let because = format!("`{taker}` takes its {}, in a circle of exchanges", named(claim));
    Some((because, "make the change in two deploys; in the first, give one of them a different value".into()))
}

#[cfg(test)]
#[path = "feasible_tests.rs"]
mod tests;
