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
