//! Determines which instances need a reboot before changed parameters apply.
//!
//! A change of a parameter group, or of the group of a cluster, is accepted immediately but waits for a reboot of each
//! instance that uses the group. If the declaration of an instance says so, the same deploy reboots it, by an update
//! that changes no property. The plan and the end of the deploy name the other instances.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path, Value};
use groundplan_schema::lookup;

use crate::model::{ResourceState, State};

/// Returns the instances of the program that take parameters from `source`, a group or cluster, each with whether the
/// deploy that changes it reboots the instance.
pub fn instances<'a>(assembly: &'a Assembly, source: &Path) -> Vec<(&'a Path, bool)> {
    let all = assembly.resources.iter().filter(|(path, entry)| {
        let is_rebooted = lookup(&entry.type_name).is_some_and(|schema| schema.is_rebooted());
        is_rebooted && takes(assembly, path, &|other| other == source).is_some()
    });
    all.map(|(path, entry)| (path, is_at_once(&entry.type_name, &entry.properties))).collect()
}

/// Returns the instances that apply parameters changed by a run only when they are rebooted, each with the changed
/// group or cluster. Only the cloud knows whether a changed parameter needs a reboot.
pub fn pending(before: &State, after: &State) -> Vec<(Path, Path)> {
    let stays = |path: &Path, now: &ResourceState| before.resources.get(path).filter(|old| old.id == now.id);
    let changed = after.resources.iter().filter(|(path, now)| {
        stays(path, now).is_some_and(|old| waits(&now.type_name, &old.properties, &now.properties))
    });
    let changed: Vec<_> = changed.map(|(path, _)| path).collect();
    let waiting = after.resources.iter().filter(|(path, now)| {
        let is_rebooted = lookup(&now.type_name).is_some_and(|schema| schema.is_rebooted());
        // One that is rebooted at once and still lacks something was not in this run.
        let waits = now.incomplete || !is_at_once(&now.type_name, &now.properties);
        is_rebooted && stays(path, now).is_some() && waits
    });
    let of = |path: &Path, now: &ResourceState| {
        let is_it = |source: &&&Path| **source == path || depends(after, &now.type_name, &now.dependencies, source);
        changed.iter().find(is_it).map(|source| (path.clone(), (*source).clone()))
    };
    waiting.filter_map(|(path, now)| of(path, now)).collect()
}

/// The cluster of a resource of the program, as its declaration names it: its members are rebooted one after another.
pub(crate) fn cluster<'a>(assembly: &'a Assembly, path: &Path) -> Option<&'a Value> {
    let entry = assembly.resources.get(path)?;
    entry.properties.get(lookup(&entry.type_name)?.is_member_by()?)
}

/// Returns whether the declaration of a resource has it rebooted at once if its parameters wait for a reboot.
pub(crate) fn is_at_once(type_name: &str, properties: &BTreeMap<String, Value>) -> bool {
    let property = lookup(type_name).and_then(|schema| schema.reboots_at_once_by());
    property.and_then(|property| properties.get(property)).and_then(Value::as_bool) == Some(true)
}

/// Returns whether an update in place waits for a reboot.
pub(crate) fn waits(type_name: &str, old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> bool {
    let Some(schema) = lookup(type_name) else { return false };
    let differs = |name: &&String| old.get(*name) != new.get(*name);
    old.keys().chain(new.keys()).filter(differs).any(|name| schema.needs_reboot(name).is_some())
}

/// Returns whether a resource with these dependencies takes parameters from `source`, as the state knows it.
pub(crate) fn depends(state: &State, type_name: &str, dependencies: &BTreeSet<Path>, source: &Path) -> bool {
    if lookup(type_name).is_none_or(|schema| schema.takes_parameters_by().is_empty()) {
        return false;
    }
    // A state that was edited may have a circle.
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Path> = dependencies.iter().collect();
    while let Some(path) = open.pop() {
        if path == source {
            return true;
        }
        let takes = |it: &&ResourceState| lookup(&it.type_name).is_some_and(|it| !it.takes_parameters_by().is_empty());
        if let Some(between) = state.resources.get(path).filter(takes)
            && seen.insert(path)
        {
            open.extend(&between.dependencies);
        }
    }
    false
}

/// The first of what a resource takes parameters from that fits.
pub(crate) fn takes<'a>(assembly: &'a Assembly, path: &Path, fits: &dyn Fn(&Path) -> bool) -> Option<&'a Path> {
    let entry = assembly.resources.get(path)?;
    let properties = lookup(&entry.type_name)?.takes_parameters_by().iter();
    let sources = properties.filter_map(|property| entry.properties.get(*property)).flat_map(Value::references);
    let mut paths = sources.map(|reference| &reference.path);
    paths.find_map(|source| if fits(source) { Some(source) } else { takes(assembly, source, fits) })
}

#[cfg(test)]
#[path = "reboot_tests.rs"]
mod tests;
