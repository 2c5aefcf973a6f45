use serde_json::json;

use super::*;
use crate::fake::{VPC, assembly, behavior, identity};
use crate::model::Orphan;
use crate::stages::diff::tests::deployed;

/// Each need, as in `a/user 1: a/x 2`, with the generations, in the order of the users.
fn needs(state: &State) -> Vec<String> {
    let identity = identity();
    let needs = Needs::new(state, &identity, &behavior);
    let tell = |it: &Link<'_>| {
        let (user, needed) = (it.user.resource.generation, it.needed.resource.generation);
        let perhaps = if it.certain { "" } else { "perhaps " };
        format!("{} {user}: {perhaps}{} {needed} ({})", it.user.path, it.needed.path, it.need)
    };
    needs.links.iter().map(tell).collect()
}

/// Two networks, of which neither has the identifier of the other one.
fn two() -> State {
    let mut program = assembly(&[("a/user", VPC, json!({})), ("a/x", VPC, json!({}))]);
    program.resources.get_mut("a/user").unwrap().depends_on.insert("a/x".into());
    deployed(&program)
}

fn depose(state: &mut State, path: &str) {
    let old = state.resources[path].clone();
    state.deposed.push(Orphan { path: path.into(), resource: old });
    let now = state.resources.get_mut(path).unwrap();
    (now.id, now.generation) = (format!("{path}-2"), 2);
    now.outputs.clear();
}

#[test]
fn what_stands_needs_what_stands_and_what_was_replaced_what_was_replaced() {
    let mut state = two();
    depose(&mut state, "a/x");
    depose(&mut state, "a/user");
    assert_eq!(
        needs(&state),
        [
            "a/user 2: a/x 2 (created after it)",
            "a/user 2: perhaps a/x 1 (created after it)",
            "a/user 1: perhaps a/x 2 (created after it)",
            "a/user 1: a/x 1 (created after it)",
        ]
    );
    // It names one of them.
    let user = state.resources.get_mut("a/user").unwrap();
    user.properties.insert("CidrBlock".into(), "id-of-a/x".into());
    assert_eq!(
        needs(&state)[..2],
        ["a/user 2: perhaps a/x 2 (created after it)", "a/user 2: a/x 1 (created after it)"]
    );
}

#[test]
fn what_is_the_only_one_of_its_path_is_needed_whenever_it_was_made() {
    let mut state = two();
    depose(&mut state, "a/user");
    state.resources.remove("a/user");
    assert_eq!(needs(&state), ["a/user 1: a/x 1 (created after it)"]);
}

#[test]
fn nothing_needs_itself() {
    let rule = json!([{"IpProtocol": "-1", "SourceSecurityGroupId": "id-of-a/sg"}]);
    let group = |path| (path, "AWS::EC2::SecurityGroup", json!({"SecurityGroupIngress": rule}));
    let state = deployed(&assembly(&[group("a/sg"), group("a/web")]));
    assert_eq!(needs(&state), ["a/web 1: a/sg 1 (SecurityGroupIngress.SourceSecurityGroupId)"]);
}

#[test]
fn a_block_of_addresses_is_no_name() {
    let rule = json!({"GroupId": "id-of-a/sg", "IpProtocol": "-1", "CidrIp": "10.0.0.0/16"});
    let state = deployed(&assembly(&[
        ("a/rule", "AWS::EC2::SecurityGroupIngress", rule),
        ("a/sg", "AWS::EC2::SecurityGroup", json!({})),
        ("a/vpc", VPC, json!({"CidrBlock": "10.0.0.0/16"})),
    ]));
    assert_eq!(needs(&state), ["a/rule 1: a/sg 1 (GroupId)"]);
}
