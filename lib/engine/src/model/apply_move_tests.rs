//! Moves of resources and abandoned creates.

use serde_json::json;

use super::tests::{accepted, after, create, dependent, in_two_regions, made, moved, ready, update};
use super::*;
use crate::fake::{LOG_GROUP, NAT, VPC};
use crate::model::imports::{Imported, Imports};

#[test]
fn what_moves_to_a_path_is_told_from_what_is_still_to_be_deleted_there() {
    let (path, id) = (Path::from("a/logs"), "/shop".to_owned());
    let mut state = in_two_regions();
    state.apply(Event::Forgotten { path: path.clone() }).unwrap();
    state.apply(create("a/other", LOG_GROUP, 1)).unwrap();
    state.apply(accepted("a/other", &id)).unwrap();
    state.apply(Event::Moved { from: "a/other".into(), to: path.clone() }).unwrap();
    assert_eq!(state.resources[&path].generation, 3);
    state.apply(Event::Gone { path: path.clone(), id, generation: Some(1) }).unwrap();
    assert!(state.deposed.is_empty() && state.resources.contains_key(&path));
    assert_eq!(state.next_generation(&path), 4);
}

#[test]
fn nothing_moves_to_a_path_with_an_open_create() {
    let made = [create("a/vpc", VPC, 1), accepted("a/vpc", "vpc-1"), ready("a/vpc")];
    for open in [&[create("a/net", VPC, 1)][..], &[create("a/net", VPC, 1), update("a/vpc")]] {
        let mut state = after(&[&made, open].concat());
        let before = state.clone();
        let error = state.apply(Event::Moved { from: "a/vpc".into(), to: "a/net".into() }).unwrap_err();
        assert_eq!(error.to_string(), "`moved` of `a/vpc` is not possible: a create is open at the new path");
        assert_eq!(state, before);
    }
}

#[test]
fn what_moves_takes_along_its_open_update_and_what_names_its_path() {
    let dependent = [dependent(create("a/nat", NAT, 1), "a/vpc"), accepted("a/nat", "nat-1")];
    let replaced = [create("a/nat", NAT, 2), accepted("a/nat", "nat-2"), update("a/vpc")];
    let mut state = after(&[&made("a/vpc", "vpc-1")[..], &dependent, &replaced].concat());
    let used = |paths: &[&str]| Imported {
        value: json!("x"),
        resources: paths.iter().map(|path| Path::from(*path)).collect(),
        outputs: BTreeSet::new(),
    };
    let imports = |moving: &str| -> Imports {
        let names = [("one".to_owned(), used(&[moving])), ("two".to_owned(), used(&["a/nat"]))];
        [("network".to_owned(), names.into())].into()
    };
    state.imports = imports("a/vpc");
    state.apply(moved("a/vpc", "a/net")).unwrap();
    assert_eq!(state.pending.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/net"]);
    assert_eq!(state.deposed[0].resource.dependencies, ["a/net".into()].into());
    assert_eq!(state.imports, imports("a/net"));
}

#[test]
fn nothing_moves_to_a_path_that_is_taken_and_a_generation_changes_only_where_it_is() {
    let both = [&made("a/one", "vpc-1")[..], &made("a/two", "vpc-2")].concat();
    let error = after(&both).apply(moved("a/one", "a/two")).unwrap_err();
    assert_eq!(error.reason, "there is a resource at the new path");
    // Neither what is still to be deleted elsewhere nor another one there is the same.
    for (path, id) in [("a/else", "vpc-1"), ("a/net", "vpc-9")] {
        let mut state = after(&both);
        let resource = ResourceState { id: id.into(), ..state.resources["a/two"].clone() };
        state.deposed.push(Orphan { path: path.into(), resource });
        state.apply(moved("a/one", "a/net")).unwrap();
        assert_eq!(state.resources["a/net"].generation, 1, "{path} {id}");
    }
}

#[test]
fn what_is_forgotten_uses_nothing_of_other_apps_any_more() {
    let used = |resources: &[&str], outputs: &[&str]| Imported {
        value: json!("x"),
        resources: resources.iter().map(|path| Path::from(*path)).collect(),
        outputs: outputs.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut state = after(&made("a/vpc", "vpc-1"));
    let names = [
        ("alone".to_owned(), used(&["a/vpc"], &[])),
        ("output".to_owned(), used(&["a/vpc"], &["url"])),
        ("shared".to_owned(), used(&["a/nat", "a/vpc"], &[])),
        ("other".to_owned(), used(&["a/nat"], &[])),
    ];
    let alone = [("alone".to_owned(), used(&["a/vpc"], &[]))];
    state.imports = [("network".to_owned(), names.into()), ("zone".to_owned(), alone.into())].into();
    state.apply(Event::Forgotten { path: "a/vpc".into() }).unwrap();
    let left = [
        ("output".to_owned(), used(&[], &["url"])),
        ("shared".to_owned(), used(&["a/nat"], &[])),
        ("other".to_owned(), used(&["a/nat"], &[])),
    ];
    assert_eq!(state.imports, [("network".to_owned(), left.into())].into());
    let error = state.apply(Event::Forgotten { path: "a/vpc".into() }).unwrap_err();
    assert_eq!(error.reason, "there is no resource");
}

#[test]
fn what_moves_keeps_its_generation_beside_others_that_are_still_to_be_deleted() {
    let mut state = after(&[create("a/old", VPC, 1), accepted("a/old", "vpc-1")]);
    let resource = state.resources["a/old"].clone();
    let other = ResourceState { id: "vpc-2".into(), ..resource.clone() };
    state.deposed = vec![Orphan { path: "a/new".into(), resource: other }, Orphan { path: "a/x".into(), resource }];
    state.generations.insert("a/new".into(), 3);
    state.apply(Event::Moved { from: "a/old".into(), to: "a/new".into() }).unwrap();
    assert_eq!(state.resources["a/new"].generation, 1);
}
