//! Invariants of a completed run, regardless of earlier events.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_engine::detect::drift;
use groundplan_engine::model::ResourceStatus;
use groundplan_engine::provider::Status;
use groundplan_engine::{ResourceState, State};
use groundplan_simulator::Item;
use serde_json::{Value as Json, json};

use crate::programs::Target;
use crate::world::{Disturbance, Ended, Manner, World};

/// Outputs that change when another resource is made: the state has them as of its own.
const SHARED: [&str; 2] = ["Ipv6CidrBlocks", "CidrBlockAssociations"];

/// Made up of so few digits that two resources may have the same.
const DRAWN_FROM_FEW: [&str; 2] = ["NameServers", "IpAddress"];

/// The account, the state and the program say the same.
pub(crate) async fn hold(world: &World, target: &Target) {
    let loaded = world.load(target).await;
    let state = &loaded.state;
    let paths: BTreeSet<_> = target.assembly().map(|it| it.resources.keys().collect()).unwrap_or_default();
    assert_eq!(state.resources.keys().collect::<BTreeSet<_>>(), paths, "the state is not what the program says");
    assert!(state.pending.is_empty(), "something is open: {:?}", state.pending.keys());
    assert!(state.deposed.is_empty(), "something is still to be deleted: {:?}", state.deposed);

    let inventory = world.cloud.inventory().expect("the account is in memory");
    let mut items: BTreeMap<(&str, &str), &Item> =
        inventory.iter().map(|item| ((&*item.type_name, &*item.id), item)).collect();
    for (path, resource) in &state.resources {
        assert_eq!(resource.status, ResourceStatus::Ready, "{path}");
        let item = items.remove(&(&*resource.type_name, &*resource.id));
        let item = item.unwrap_or_else(|| panic!("{path} is in the state and not in the account: {}", resource.id));
        same(path.as_str(), resource, item);
    }
    assert!(items.is_empty(), "orphans or duplicates: {:?}", items.keys());

    let planned = world.plan(target, &loaded, Manner::default()).await.expect("the cloud answers");
    assert!(planned.plan.is_empty(), "a second plan is not empty:\n{}", planned.plan.render());
    let drifts = drift(state, &world.cloud, 10).await;
    assert!(drifts.is_empty(), "drift: {drifts:?}");
}

/// Asserts that the state of a resource matches the live one.
fn same(path: &str, resource: &ResourceState, item: &Item) {
    assert_eq!(item.status, Status::Ready(item.outputs.clone()), "{path} is not ready");
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<BTreeSet<_>>();
    let (known, there) = (resource.properties.keys().collect(), item.properties.keys().collect());
    assert_eq!(names(known), names(there), "the properties of {path}");
    for (name, value) in &resource.properties {
        let secret = resource.secrets.keys().any(|place| place.split('.').next() == Some(name));
        if !secret {
            assert_eq!(value.to_json(), item.properties[name], "{name} of {path}");
        }
    }
    let own = |outputs: &groundplan_engine::provider::Outputs| -> BTreeMap<String, Json> {
        let own = outputs.iter().filter(|(name, _)| !SHARED.contains(&name.as_str()));
        own.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    assert_eq!(own(&resource.outputs), own(&item.outputs), "the outputs of {path}");
}

/// Checks that the state equals that of a first deploy of the same program into an empty account without faults, except
/// for generated values: identifiers, and the number of creates.
pub(crate) async fn as_if_undisturbed(world: &World, target: &Target) {
    let mut other = World::new(0);
    match other.run(target, Manner::default(), Disturbance::default()).await {
        Ended::Saved(outcome) => assert!(outcome.succeeded(), "the program cannot be deployed: {:?}", outcome.failed),
        ended => panic!("the program cannot be deployed: {ended:?}"),
    }
    let (found, expected) = (world.load(target).await.state, other.load(target).await.state);
    let (found, expected) = (normal(found), normal(expected));
    if found != expected {
        let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        panic!("the state is not that of an undisturbed deploy, first in {differing:?}");
    }
}

/// The state as text, with what is made up replaced by where it comes from.
fn normal(mut state: State) -> String {
    state.serial = 0;
    state.generations.clear();
    let mut made_up: BTreeSet<(std::cmp::Reverse<usize>, String, String)> = BTreeSet::new();
    for (path, resource) in &mut state.resources {
        resource.generation = 0;
        resource.secrets.values_mut().for_each(|digest| *digest = "digest".into());
        let mut name = |attribute: &str, value: &str| {
            if value.len() >= 8 {
                let place = format!("${{{path}#{attribute}}}");
                made_up.insert((std::cmp::Reverse(value.len()), value.to_owned(), place));
            }
        };
        name("id", &resource.id);
        let properties: Vec<Json> = resource.properties.values().map(|value| value.to_json()).collect();
        for (attribute, value) in &resource.outputs {
            // What the program sets is no invention.
            if !properties.contains(value) && !DRAWN_FROM_FEW.contains(&attribute.as_str()) {
                strings(value, &mut |text| name(attribute, text));
            }
        }
        resource.outputs.retain(|name, _| !SHARED.contains(&name.as_str()) && !DRAWN_FROM_FEW.contains(&name.as_str()));
    }
    // Its checksum covers what is made up.
    let mut text: String =
        state.to_json().lines().filter(|line| !line.starts_with("  \"checksum\"")).collect::<Vec<_>>().join("\n");
    for (_, value, place) in made_up {
        text = text.replace(json!(value).as_str().unwrap_or_default(), &place);
    }
    text
}

fn strings(value: &Json, visit: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) => visit(text),
        Json::Array(items) => items.iter().for_each(|item| strings(item, visit)),
        Json::Object(entries) => entries.values().for_each(|value| strings(value, visit)),
        _ => {}
    }
}
