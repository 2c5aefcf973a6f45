use serde_json::json;

use super::tests::{accepted, after, create, made};
use super::*;
use crate::fake::{NAT, VPC};
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

#[test]
fn what_is_made_is_not_what_was_retained_of_another_type_or_elsewhere() {
    let mut state = after(&made("a/vpc", "vpc-1"));
    state.apply(retained("a/vpc")).unwrap();
    for (path, type_name, region) in [("a/one", NAT, "us-east-1"), ("a/two", VPC, "eu-west-1")] {
        let Event::Intent { path, mut intent } = create(path, type_name, 1) else { panic!("an intent") };
        let Operation::Create { environment, .. } = &mut intent.operation else { panic!("a create") };
        environment.region = region.into();
        state.apply(Event::Intent { path: path.clone(), intent }).unwrap();
        state.apply(accepted(path.as_str(), "vpc-1")).unwrap();
        assert_eq!(state.retained.len(), 1, "{path}");
    }
}

#[test]
fn nothing_needs_what_moves_to_a_path_for_what_stood_there_before() {
    let needs = |edit: &dyn Fn(&mut State, Orphan)| {
        let mut state = after(&[&made("a/user", "vpc-2")[..], &made("a/vpc", "vpc-1"), &made("a/x", "vpc-3")].concat());
        let old = Orphan { path: "a/net".into(), resource: state.resources["a/x"].clone() };
        for path in ["a/user", "a/vpc"] {
            state.resources.get_mut(path).unwrap().dependencies = ["a/net".into()].into();
        }
        edit(&mut state, old);
        let orphan = Orphan { path: "a/gone".into(), resource: state.resources["a/user"].clone() };
        state.deposed.push(orphan.clone());
        state.retained.push(orphan);
        state.apply(Event::Moved { from: "a/vpc".into(), to: "a/net".into() }).unwrap();
        assert_eq!(state.resources["a/net"].dependencies, BTreeSet::new(), "nothing needs itself");
        for orphan in [state.deposed.last(), state.retained.last()] {
            assert_eq!(orphan.unwrap().resource.dependencies, state.resources["a/user"].dependencies);
        }
        state.resources["a/user"].dependencies.clone()
    };
    assert_eq!(needs(&|_, _| {}), BTreeSet::new());
    // Where that exists, it may be what is needed.
    assert_eq!(needs(&|state, old| state.deposed.push(old)), ["a/net".into()].into());
    assert_eq!(needs(&|state, old| state.retained.push(old)), ["a/net".into()].into());
    assert_eq!(needs(&|state, old| state.deposed.push(Orphan { path: "a/x".into(), ..old })), BTreeSet::new());
}

#[test]
fn what_was_replaced_needs_what_stood_there_then_and_not_what_moves_from_there() {
    let moved = |old: &str| {
        let mut state = after(&[&made("a/user", "vpc-2")[..], &made("a/vpc", "vpc-1")].concat());
        let mut user = state.resources["a/user"].clone();
        user.dependencies = ["a/vpc".into()].into();
        let resource = ResourceState { id: "vpc-0".into(), ..state.resources["a/vpc"].clone() };
        state.deposed = vec![Orphan { path: "a/user".into(), resource: user }, Orphan { path: old.into(), resource }];
        state.apply(Event::Moved { from: "a/vpc".into(), to: "a/net".into() }).unwrap();
        state.deposed[0].resource.dependencies.clone()
    };
    assert_eq!(moved("a/vpc"), ["a/vpc".into()].into());
    assert_eq!(moved("a/other"), ["a/net".into()].into());
}

#[test]
fn what_was_retained_elsewhere_uses_nothing_of_what_is_forgotten() {
    let mut state = after(&[&made("a/other", "vpc-2")[..], &made("a/vpc", "vpc-1")].concat());
    let used = Imported { value: json!("x"), resources: ["a/vpc".into()].into(), outputs: BTreeSet::new() };
    state.imports = [("network".to_owned(), [("id".to_owned(), used)].into())].into();
    for event in [retained("a/other"), Event::Forgotten { path: "a/vpc".into() }] {
        state.apply(event).unwrap();
    }
    assert_eq!((state.retained.len(), state.imports.len()), (1, 0));
}

#[test]
fn what_was_retained_and_is_gone_is_known_no_more() {
    let mut state = after(&made("a/vpc", "vpc-1"));
    state.apply(retained("a/vpc")).unwrap();
    for event in [create("a/vpc", VPC, 2), accepted("a/vpc", "vpc-2")] {
        state.apply(event).unwrap();
    }
    let used = Imported { value: json!("x"), resources: ["a/vpc".into()].into(), outputs: BTreeSet::new() };
    state.imports = [("network".to_owned(), [("id".to_owned(), used)].into())].into();
    let gone = |id: &str, generation| Event::Gone { path: "a/vpc".into(), id: id.into(), generation: Some(generation) };
    let mut standing = state.clone();
    state.apply(gone("vpc-1", 1)).unwrap();
    assert_eq!((state.retained.len(), state.resources["a/vpc"].id.as_str(), state.imports.len()), (0, "vpc-2", 1));
    assert_eq!(state.apply(gone("vpc-1", 1)).unwrap_err().reason, "there is no such resource");
    standing.apply(gone("vpc-2", 2)).unwrap();
    assert_eq!((standing.retained.len(), standing.resources.len()), (1, 0));
    standing.apply(gone("vpc-1", 1)).unwrap();
    assert!(standing.retained.is_empty() && standing.imports.is_empty());
}

#[test]
fn what_was_replaced_and_is_restored_stands_again_and_the_other_one_is_deposed() {
    let mut state = after(&made("a/vpc", "vpc-1"));
    for event in [create("a/vpc", VPC, 2), accepted("a/vpc", "vpc-2")] {
        state.apply(event).unwrap();
    }
    let restored = |id: &str, generation| Event::Restored { path: "a/vpc".into(), id: id.into(), generation };
    let before = state.clone();
    for (id, generation) in [("vpc-1", 2), ("vpc-2", 2)] {
        assert_eq!(state.apply(restored(id, generation)).unwrap_err().reason, "there is no such resource");
    }
    state.apply(restored("vpc-1", 1)).unwrap();
    assert_eq!(state.resources["a/vpc"], before.deposed[0].resource);
    assert_eq!(state.deposed[0].resource, before.resources["a/vpc"]);
    assert_eq!(state.next_generation(&"a/vpc".into()), 3);
    state.apply(restored("vpc-2", 2)).unwrap();
    assert_eq!(state, before);
    state.pending = after(&[create("a/vpc", VPC, 1)]).pending;
    assert_eq!(state.apply(restored("vpc-1", 1)).unwrap_err().reason, "something is open there");
    state.pending.clear();
    state.apply(Event::Gone { path: "a/vpc".into(), id: "vpc-2".into(), generation: Some(2) }).unwrap();
    state.apply(restored("vpc-1", 1)).unwrap();
    assert_eq!((state.resources["a/vpc"].id.as_str(), state.deposed.len()), ("vpc-1", 0));
}
