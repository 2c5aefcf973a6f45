//! Names that are passed on in a circle.

use insta::assert_snapshot;
use serde_json::json;

use super::claims_tests::{Entry, planned, steps, to};
use crate::fake::assembly;

const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";

/// Roles of these names, of which those of `held` are in an instance profile and cannot be deleted as long as they are.
fn roles(names: &[(&'static str, &str)], held: &[(&'static str, &str)]) -> groundplan_core::Assembly {
    let roles = names.iter().map(|(path, name)| (*path, ROLE, json!({"RoleName": name})));
    let profile = |(path, role): &(&'static str, &str)| (*path, PROFILE, json!({"Roles": [to(role, "RoleName")]}));
    assembly(&roles.chain(held.iter().map(profile)).collect::<Vec<Entry<'_>>>())
}

#[test]
fn of_two_that_swap_their_names_the_one_that_nothing_holds_goes_first() {
    let held = [("a/x", "a/one")];
    let before = roles(&[("a/one", "read"), ("a/two", "write")], &held);
    let after = roles(&[("a/one", "write"), ("a/two", "read")], &held);
    assert_snapshot!(steps(&before, &after), @r"
        #0 delete a/two a/two-id (AWS::IAM::Role)
        #1 create a/one again (AWS::IAM::Role) after #0
        #2 update a/x (AWS::IAM::InstanceProfile) after #1
        #3 delete a/one a/one-id (AWS::IAM::Role) after #1 #2
        #4 create a/two again (AWS::IAM::Role) after #0 #3
        ");
}

#[test]
fn a_circle_of_names_is_opened_where_nothing_holds_the_one_that_lets_go() {
    let held = [("a/x", "a/one"), ("a/y", "a/two")];
    let before = roles(&[("a/one", "1"), ("a/two", "2"), ("a/three", "3")], &held);
    let after = roles(&[("a/one", "2"), ("a/two", "3"), ("a/three", "1")], &held);
    assert_snapshot!(steps(&before, &after), @r"
        #0 delete a/three a/three-id (AWS::IAM::Role)
        #1 create a/two again (AWS::IAM::Role) after #0
        #2 update a/y (AWS::IAM::InstanceProfile) after #1
        #3 delete a/two a/two-id (AWS::IAM::Role) after #1 #2
        #4 create a/one again (AWS::IAM::Role) after #3
        #5 update a/x (AWS::IAM::InstanceProfile) after #4
        #6 delete a/one a/one-id (AWS::IAM::Role) after #4 #5
        #7 create a/three again (AWS::IAM::Role) after #0 #6
        ");
}

#[test]
fn a_circle_of_any_length_has_an_order_unless_all_are_held() {
    let paths = ["a/one", "a/two", "a/three", "a/four", "a/five"];
    let users = ["b/one", "b/two", "b/three", "b/four", "b/five"];
    let names = ["1", "2", "3", "4", "5"];
    for length in 2..=paths.len() {
        let named = |shift: usize| {
            let name = |at: usize| (paths[at], names[(at + shift) % length]);
            (0..length).map(name).collect::<Vec<_>>()
        };
        for held in 0_usize..1 << length {
            let held = (0..length).filter(|at| held & 1 << at != 0).map(|at| (users[at], paths[at]));
            let held: Vec<_> = held.collect();
            let stacks = |mut program: groundplan_core::Assembly| {
                program.stacks.insert("b".into(), program.stacks["a"].clone());
                program
            };
            let (before, after) = (stacks(roles(&named(0), &held)), stacks(roles(&named(1), &held)));
            let planned = planned(&before, &after);
            assert_eq!(planned.is_ok(), held.len() < length, "{length} {held:?}: {:?}", planned.err());
        }
    }
}

#[test]
fn a_circle_that_is_held_as_a_whole_is_refused_with_the_way_out() {
    let held = [("a/x", "a/one"), ("a/y", "a/two")];
    let before = roles(&[("a/one", "read"), ("a/two", "write")], &held);
    let after = roles(&[("a/one", "write"), ("a/two", "read")], &held);
    assert_snapshot!(steps(&before, &after), @r"
        the plan cannot work, because remaining resources hold resources that are deleted:
          - `a/one` is held by a/x (Roles), and `a/two` takes its name (read), in a circle of exchanges; make the change in two deploys; in the first, give one of them a different value
          - `a/two` is held by a/y (Roles), and `a/one` takes its name (write), in a circle of exchanges; make the change in two deploys; in the first, give one of them a different value
        ");
}
