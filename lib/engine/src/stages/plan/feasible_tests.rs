use groundplan_core::Assembly;
use serde_json::{Value as Json, json};

use super::super::Plan;
use super::super::claims_tests::{Entry, deployed, planned, planned_part, to};
use crate::Error;
use crate::fake::assembly;
use crate::model::{Orphan, State};

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const POLICY: &str = "AWS::IAM::RolePolicy";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";

fn role(path: &'static str, name: &str) -> Entry<'static> {
    (path, ROLE, json!({"RoleName": name}))
}

fn refused(after: &Assembly, state: &State) -> String {
    let planned: Result<(_, Plan), Error> = planned_part(after, state, &[]);
    planned.map(|(_, plan)| plan.render()).unwrap_err().to_string()
}

/// Deposes the resource at a path, and puts another one there.
fn depose(state: &mut State, path: &str) {
    let resource = state.resources[path].clone();
    let now = state.resources.get_mut(path).unwrap();
    (now.id, now.generation) = (format!("{path}-2"), 2);
    now.outputs.clear();
    state.deposed.push(Orphan { path: path.into(), resource });
}

#[test]
fn what_stands_in_the_place_of_a_replaced_resource_may_hold_it() {
    let group = |peer: &str| {
        let rule = json!([{"IpProtocol": "-1", "SourceSecurityGroupId": peer}]);
        assembly(&[("a/sg", GROUP, json!({"SecurityGroupIngress": rule}))])
    };
    let mut state = deployed(&group("a/sg-id"));
    depose(&mut state, "a/sg");
    let error = refused(&group("a/sg-id"), &state);
    let wanted =
        "`a/sg` is held by a/sg (SecurityGroupIngress.SourceSecurityGroupId), and an earlier run has replaced it";
    assert!(error.contains(wanted), "{error}");
    let (_, plan) = planned_part(&group("sg-9"), &state, &[]).unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.work.verb(), step.dependencies.len())).collect();
    assert_eq!(steps, [("update", 0), ("delete", 1)]);
}

#[test]
fn a_second_path_is_no_second_holder() {
    let policy = |path| (path, POLICY, json!({"RoleName": "r", "PolicyName": "read"}));
    let before = assembly(&[role("a/role", "r"), policy("a/one"), policy("a/two")]);
    let error = planned(&before, &assembly(&[policy("a/one")])).map(|(_, plan)| plan.render()).unwrap_err().to_string();
    assert!(error.contains("`a/role` is held by a/one (RoleName), and"), "{error}");
}

#[test]
fn what_was_retained_holds_though_what_stands_there_since_lets_go() {
    let profile = |role: &str| ("a/x", PROFILE, json!({"Roles": [role]}));
    let mut state = deployed(&assembly(&[role("a/role", "one"), profile("one")]));
    let resource = state.resources["a/x"].clone();
    let now = state.resources.get_mut("a/x").unwrap();
    (now.id, now.generation) = ("a/x-2".into(), 2);
    let after = assembly(&[role("a/role", "two"), profile("two")]);
    assert!(planned_part(&after, &state, &[]).is_ok());
    state.retained.push(Orphan { path: "a/x".into(), resource });
    let error = refused(&after, &state);
    let wanted = "`a/role` is held by a/x (Roles), and `a/x` was retained";
    assert!(error.contains(wanted), "{error}");
    let error = refused(&assembly(&[role("a/role", "two")]), &state);
    assert!(error.contains(wanted), "though what stands there goes: {error}");
}

/// A group that keeps its name, so that the old one is deleted first.
fn group(description: &str) -> Entry<'static> {
    ("a/sg", GROUP, json!({"GroupDescription": description, "VpcId": "vpc-1", "GroupName": "web"}))
}

#[test]
fn what_uses_another_one_so_far_does_not_hold_the_old_one_of_what_it_is_to_use() {
    let balancer = |group: Json| ("a/lb", BALANCER, json!({"SecurityGroups": [group]}));
    let before = assembly(&[group("one"), balancer(json!("sg-9"))]);
    let after = assembly(&[group("two"), balancer(to("a/sg", "GroupId"))]);
    assert!(planned(&before, &after).is_ok());
}

#[test]
fn what_holds_in_two_ways_is_told_of_once() {
    let program = |block: &str| {
        let subnet = json!({"VpcId": "vpc-1", "CidrBlock": block});
        let mapping = json!([{"SubnetId": to("a/subnet", "SubnetId")}]);
        let balancer = json!({"SubnetMappings": mapping, "Subnets": ["a/subnet-id"]});
        assembly(&[("a/lb", BALANCER, balancer), ("a/subnet", crate::fake::SUBNET, subnet)])
    };
    let before = program("10.0.0.0/24");
    let error = |after: &Assembly| planned(&before, after).map(|(_, plan)| plan.render()).unwrap_err().to_string();
    let disjoint = error(&program("10.0.1.0/24"));
    assert!(disjoint.contains("`a/subnet` is held by a/lb (Subnets), and two such resources"), "{disjoint}");
    let within = error(&program("10.0.0.0/25"));
    let wanted = "cannot both have the IPv4 block of a subnet (vpc-1, 10.0.0.0/25); make the change in two deploys";
    assert!(within.contains(wanted), "{within}");
}

#[test]
fn what_a_part_of_the_program_does_not_delete_may_be_held() {
    let profile = ("a/x", PROFILE, json!({"Roles": ["one"]}));
    let topic = ("a/topic", "AWS::SNS::Topic", json!({}));
    let mut state = deployed(&assembly(&[role("a/role", "one"), profile.clone(), topic]));
    depose(&mut state, "a/role");
    state.resources.get_mut("a/role").unwrap().properties.insert("RoleName".into(), "two".into());
    let after = assembly(&[role("a/role", "two"), profile]);
    assert!(refused(&after, &state).contains("`a/role` is held by a/x (Roles)"));
    let (_, plan) = planned_part(&after, &state, &["a/topic"]).unwrap();
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn each_holder_is_told_of() {
    let balancer = |path, of: Json| (path, BALANCER, json!({"SecurityGroups": [of]}));
    let program = |description: &str, named: Json| {
        assembly(&[group(description), balancer("a/by-name", named), balancer("a/by-path", to("a/sg", "GroupId"))])
    };
    let (before, after) = (program("one", json!("a/sg-id")), program("two", json!("a/sg-id")));
    let error = planned(&before, &after).map(|(_, plan)| plan.render()).unwrap_err().to_string();
    let wanted = "`a/sg` is held by a/by-name (SecurityGroups), a/by-path (SecurityGroups), and";
    assert!(error.contains(wanted), "{error}");
    let profile = |path| (path, PROFILE, json!({"Roles": ["r"]}));
    let before = assembly(&[role("a/role", "r"), profile("a/one"), profile("a/two")]);
    let after = assembly(&[profile("a/one"), profile("a/two")]);
    let error = planned(&before, &after).map(|(_, plan)| plan.render()).unwrap_err().to_string();
    assert!(error.contains("`a/role` is held by a/one (Roles), a/two (Roles), and"), "{error}");
}

#[test]
fn what_ignores_what_it_uses_is_not_to_use_the_new_one() {
    let program = |description: &str| {
        let mut program =
            assembly(&[group(description), ("a/lb", BALANCER, json!({"SecurityGroups": [to("a/sg", "GroupId")]}))]);
        program.resources.get_mut("a/lb").unwrap().lifecycle.ignore_changes = ["SecurityGroups".into()].into();
        program
    };
    let mut state = deployed(&program("one"));
    assert!(refused(&program("two"), &state).contains("`a/sg` is held by a/lb (SecurityGroups)"));
    let used = groundplan_core::Value::from_json(json!(["sg-9"])).unwrap();
    state.resources.get_mut("a/lb").unwrap().properties.insert("SecurityGroups".into(), used);
    assert!(planned_part(&program("two"), &state, &[]).is_ok());
}

#[test]
fn what_holds_the_old_one_of_two_is_to_use_another_one_or_to_ignore_less() {
    let program = |name: &str, ignored: &[&str]| {
        let group = ("a/sg", GROUP, json!({"GroupDescription": "d", "VpcId": "vpc-1", "GroupName": name}));
        let mut program = assembly(&[group, ("a/lb", BALANCER, json!({"SecurityGroups": ["a/sg-id"]}))]);
        let lifecycle = &mut program.resources.get_mut("a/lb").unwrap().lifecycle;
        lifecycle.ignore_changes = ignored.iter().map(|name| (*name).into()).collect();
        program
    };
    let state = deployed(&program("one", &[]));
    let fix = |ignored: &[&str]| refused(&program("two", ignored), &state);
    let ignores = "the old one is deleted; take SecurityGroups of `a/lb` out of `ignore_changes`";
    assert!(fix(&["SecurityGroups"]).contains(ignores), "{}", fix(&["SecurityGroups"]));
    for ignored in [&[][..], &["Name"]] {
        assert!(fix(ignored).contains("the old one is deleted; let them use a different resource"), "{}", fix(ignored));
    }
}

#[test]
fn a_gateway_that_stays_attached_is_held_by_nothing() {
    let program = |logs: &[Entry<'static>]| {
        let balancer = json!({"Scheme": "internet-facing", "Subnets": [to("a/subnet", "SubnetId")]});
        let attached = json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": "igw-1"});
        let network = [
            ("a/alb", BALANCER, balancer),
            ("a/att", "AWS::EC2::VPCGatewayAttachment", attached),
            crate::fake::subnet(),
            crate::fake::vpc("10.0.0.0/16"),
        ];
        assembly(&[&network[..], logs].concat())
    };
    let logs = ("a/logs", crate::fake::LOG_GROUP, json!({"LogGroupName": "logs"}));
    let (_, plan) = planned(&program(&[logs]), &program(&[])).unwrap();
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn what_is_kept_for_its_data_holds_what_a_destroy_deletes() {
    let rule = json!({"GroupId": to("a/db-sg", "GroupId"), "IpProtocol": "-1", "SourceSecurityGroupId": "a/web-id"});
    let database = json!({"VPCSecurityGroups": [to("a/db-sg", "GroupId")]});
    let state = deployed(&assembly(&[
        ("a/db", crate::fake::DATABASE, database),
        ("a/db-sg", GROUP, json!({"GroupDescription": "db"})),
        ("a/rule", "AWS::EC2::SecurityGroupIngress", rule),
        ("a/web", GROUP, json!({"GroupDescription": "web"})),
    ]));
    let error = crate::fake::with_inputs(&assembly(&[]), &state, |inputs| {
        super::super::schedule(inputs, &crate::stages::diff::destroy(inputs, false)).unwrap_err().to_string()
    });
    let wanted = "`a/web` is held by a/rule (SourceSecurityGroupId), and `a/rule` is kept; keep this resource as well, \
         or delete `a/rule` and its data";
    assert!(error.contains(wanted), "{error}");
}
