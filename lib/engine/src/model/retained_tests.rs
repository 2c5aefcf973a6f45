use serde_json::json;

use super::tests::{accepted, after, create, made};
use super::*;
use crate::fake::VPC;
use crate::model::imports::Imported;

fn retained(path: &str) -> Event {
    Event::Retained { path: path.into() }
}

#[test]
fn what_is_retained_is_managed_no_more_and_stays_known_with_what_it_uses_of_other_apps() {
    let mut state = after(&made("a/vpc", "vpc-1"));
    let resource = state.resources["a/vpc"].clone();
    let used = Imported { value: json!("x"), resources: ["a/vpc".into()].into(), outputs: BTreeSet::new() };
    state.imports = [("network".to_owned(), [("id".to_owned(), used)].into())].into();
    state.apply(retained("a/vpc")).unwrap();
    assert!(state.resources.is_empty() && !state.is_blank());
    assert_eq!(state.retained, [Orphan { path: "a/vpc".into(), resource }]);
    assert_eq!((state.generations["a/vpc"], state.imports.len()), (1, 1));
    assert_eq!(state.apply(retained("a/vpc")).unwrap_err().reason, "there is no resource");
    state.apply(Event::Forgotten { path: "a/vpc".into() }).unwrap();
    assert_eq!((state.retained.len(), state.imports.len()), (0, 0));
}

#[test]
fn what_was_retained_is_known_once_when_it_is_managed_again() {
    let again = |path: &str, id: &str| {
        let mut state = after(&made("a/vpc", "vpc-1"));
        state.apply(retained("a/vpc")).unwrap();
        let generation = state.next_generation(&path.into());
        for event in [create(path, VPC, generation), accepted(path, id)] {
            state.apply(event).unwrap();
        }
        state.retained.len()
    };
    assert_eq!((again("a/vpc", "vpc-1"), again("a/other", "vpc-1"), again("a/vpc", "vpc-2")), (0, 0, 1));
}

#[test]
fn what_was_retained_needs_what_has_moved() {
    let mut state =
        after(&[create("a/vpc", VPC, 1), accepted("a/vpc", "vpc-1"), create("a/x", VPC, 1), accepted("a/x", "vpc-2")]);
    state.resources.get_mut("a/x").unwrap().dependencies = ["a/vpc".into()].into();
    state.apply(retained("a/x")).unwrap();
    state.apply(Event::Moved { from: "a/vpc".into(), to: "a/net".into() }).unwrap();
    assert_eq!(state.retained[0].resource.dependencies, ["a/net".into()].into());
}

#[test]
fn what_was_retained_needs_what_stood_there_then_and_not_what_moves_from_there() {
    let new = [create("a/vpc", VPC, 2), accepted("a/vpc", "vpc-2")];
    let moved = |properties: &[(&str, &str)]| {
        let mut state = after(&made("a/vpc", "vpc-1"));
        for event in [create("a/x", VPC, 1), accepted("a/x", "x-1")] {
            state.apply(event).unwrap();
        }
        let user = state.resources.get_mut("a/x").unwrap();
        user.dependencies = ["a/vpc".into()].into();
        user.properties = properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
        let used = Imported { value: json!("x"), resources: ["a/vpc".into()].into(), outputs: BTreeSet::new() };
        state.imports = [("network".to_owned(), [("id".to_owned(), used)].into())].into();
        for event in [retained("a/vpc"), retained("a/x")].into_iter().chain(new.clone()) {
            state.apply(event).unwrap();
        }
        state.apply(Event::Moved { from: "a/vpc".into(), to: "a/net".into() }).unwrap();
        let users = &state.imports["network"]["id"].resources;
        assert_eq!(*users, ["a/net".into(), "a/vpc".into()].into(), "either may use it");
        state.retained[1].resource.dependencies.clone()
    };
    assert_eq!(moved(&[]), ["a/vpc".into()].into());
    assert_eq!(moved(&[("VpcId", "vpc-1")]), ["a/vpc".into()].into());
    assert_eq!(moved(&[("VpcId", "vpc-2")]), ["a/net".into()].into());
}

#[test]
fn what_was_retained_goes_on_to_use_other_apps_where_another_one_is_forgotten() {
    let mut state = after(&made("a/vpc", "vpc-1"));
    let used = Imported { value: json!("x"), resources: ["a/vpc".into()].into(), outputs: BTreeSet::new() };
    state.imports = [("network".to_owned(), [("id".to_owned(), used)].into())].into();
    for event in [retained("a/vpc"), create("a/vpc", VPC, 2), accepted("a/vpc", "vpc-2")] {
        state.apply(event).unwrap();
    }
    let mut dropped = state.clone();
    assert_eq!(dropped.drop_retained(&"a/vpc".into()), state.retained);
    assert_eq!((dropped.resources.len(), dropped.retained.len(), dropped.imports.len()), (1, 0, 1));
    state.apply(Event::Forgotten { path: "a/vpc".into() }).unwrap();
    assert_eq!((state.resources.len(), state.retained.len(), state.imports.len()), (0, 1, 1));
}
