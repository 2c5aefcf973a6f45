//! The order of steps that release and take claims, and refused releases.

use std::collections::BTreeSet;

use groundplan_core::Assembly;
use serde_json::{Value as Json, json};

use super::claims_tests::{Entry, deployed, planned, planned_part, to};
use super::*;
use crate::Error;
use crate::fake::{LOG_GROUP, SUBNET, VPC, assembly};
use crate::model::{Orphan, ResourceState, State};
use crate::stages::diff::{Action, Order};
use crate::stages::plan::PlanError;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const POLICY: &str = "AWS::IAM::RolePolicy";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

fn policy(path: &'static str, name: &str) -> Entry<'static> {
    (path, POLICY, json!({"RoleName": "worker", "PolicyName": name}))
}

fn listed(path: &'static str, name: &str) -> Entry<'static> {
    (path, "AWS::IAM::Policy", json!({"Roles": ["worker"], "PolicyName": name}))
}

fn step<'a>(plan: &'a Plan, path: &str, is_it: impl Fn(&Work) -> bool) -> &'a Step {
    plan.steps.iter().find(|step| step.path.as_str() == path && is_it(&step.work)).unwrap()
}

/// The identifiers of what is deleted right before the create of a path.
fn deleted_before(plan: &Plan, path: &str) -> Vec<String> {
    let create = step(plan, path, |work| matches!(work, Work::Create { .. }));
    let before = plan.steps.iter().filter(|step| create.dependencies.contains(&step.id));
    let deleted = before.filter_map(|step| match &step.work {
        Work::Delete { id, .. } => Some(id.clone()),
        _ => None,
    });
    deleted.collect()
}

fn left_over(state: &mut State, path: &str, id: &str, of: &str) {
    let resource = ResourceState { id: id.into(), generation: 0, ..state.resources[of].clone() };
    state.deposed.push(Orphan { path: path.into(), resource });
}

#[test]
fn what_takes_back_a_name_that_its_own_left_over_has_waits_for_the_deletion() {
    // A run was stopped when the new one was made and the old one not deleted yet; the program goes back.
    let mut state = deployed(&assembly(&[policy("a/x", "append")]));
    left_over(&mut state, "a/x", "left", "a/x");
    state.deposed[0].resource.properties.insert("PolicyName".into(), "write".into());
    let (_, plan) = planned_part(&assembly(&[policy("a/x", "write")]), &state, &[]).unwrap();
    assert_eq!(deleted_before(&plan, "a/x"), ["left"], "{}", plan.render());
}

#[test]
fn what_an_earlier_run_has_left_over_is_deleted_before_its_place_is_taken() {
    let before = || deployed(&assembly(&[policy("a/old", "read"), policy("a/x", "write")]));
    let mut removed = before();
    let program = |name: &str| assembly(&[listed("a/new", "list"), policy("a/x", name)]);
    // What has the claim is a left-over of these paths, behind another one or not.
    let listing = |state: &mut State, path: &str, id: &str| {
        left_over(state, path, id, "a/x");
        let resource = &mut state.deposed.last_mut().unwrap().resource;
        resource.properties.insert("PolicyName".into(), "list".into());
    };
    listing(&mut removed, "a/old", "left");
    let (_, plan) = planned_part(&program("write"), &removed, &[]).unwrap();
    assert_eq!(deleted_before(&plan, "a/new"), ["left"], "of a path that is removed:\n{}", plan.render());

    let mut kept = before();
    kept.resources.remove("a/old");
    left_over(&mut kept, "a/x", "another", "a/x");
    listing(&mut kept, "a/x", "left");
    kept.deposed[0].resource.properties.insert("PolicyName".into(), "other".into());
    for name in ["write", "append"] {
        let (_, plan) = planned_part(&program(name), &kept, &[]).unwrap();
        assert_eq!(deleted_before(&plan, "a/new"), ["left"], "of a path that becomes {name}:\n{}", plan.render());
    }

    let mut gone = before();
    listing(&mut gone, "a/old", "left");
    gone.resources.remove("a/old");
    let (_, plan) = planned_part(&program("write"), &gone, &[]).unwrap();
    assert_eq!(deleted_before(&plan, "a/new"), ["left"], "of a path where nothing stands:\n{}", plan.render());
}

#[test]
fn what_stands_under_two_paths_is_let_go_of_by_the_one_that_the_program_has() {
    let mut state = deployed(&assembly(&[policy("a/one", "read"), policy("a/two", "read")]));
    state.resources.get_mut("a/two").unwrap().id = "a/one-id".into();
    let after = assembly(&[policy("a/one", "write"), listed("a/three", "read")]);
    let (_, plan) = planned_part(&after, &state, &[]).unwrap();
    assert_eq!(deleted_before(&plan, "a/three"), ["a/one-id"]);
}

#[test]
fn blocks_beside_each_other_do_not_wait_for_each_other() {
    let subnet = |path: &'static str, block: &str| (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block}));
    let plan = |block: &str| {
        planned(&assembly(&[subnet("a/one", "10.0.0.0/24")]), &assembly(&[subnet("a/two", block)])).unwrap().1
    };
    assert_eq!(deleted_before(&plan("10.0.0.0/25"), "a/two"), ["a/one-id"]);
    assert_eq!(deleted_before(&plan("10.0.1.0/24"), "a/two"), [""; 0]);
}

#[test]
fn what_may_turn_out_to_be_the_same_is_not_refused() {
    let forward = json!([{"Type": "forward", "TargetGroupArn": "web"}]);
    let arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/1";
    let listener = |path: &'static str, balancer: Json, port: u16| {
        (path, LISTENER, json!({"LoadBalancerArn": balancer, "Port": port, "DefaultActions": forward}))
    };
    let first = listener("a/http", json!(arn), 80);
    let after =
        |balancer: Json| assembly(&[first.clone(), ("a/lb", BALANCER, json!({})), listener("a/https", balancer, 443)]);
    let before = assembly(std::slice::from_ref(&first));
    assert!(planned(&before, &after(to("a/lb", "LoadBalancerArn"))).is_ok());
    let other = json!(arn.replace("shop", "blog"));
    assert!(matches!(planned(&before, &after(other)), Err(Error::Plan(PlanError::Claimed { .. }))));
}

#[test]
fn what_an_update_keeps_is_not_taken_by_another_one() {
    let logs =
        |path: &'static str, days: u32| (path, LOG_GROUP, json!({"LogGroupName": "/x", "RetentionInDays": days}));
    let error = planned(&assembly(&[logs("a/one", 1)]), &assembly(&[logs("a/one", 7), logs("a/two", 1)])).unwrap_err();
    assert!(error.to_string().contains("`a/two` takes the name (/x) of `a/one`"), "{error}");
}

#[test]
fn only_two_changes_in_place_change_places_at_once() {
    let rule = |path: &'static str, priority: u16, after: &str| {
        let conditions = if after.is_empty() { json!([]) } else { json!([to(after, "RuleArn")]) };
        (path, RULE, json!({"ListenerArn": "web", "Priority": priority, "Conditions": conditions}))
    };
    let cases = [
        // What is made takes the priority of what is changed, and that is changed after it.
        (vec![rule("a/one", 1, "")], vec![rule("a/new", 1, ""), rule("a/one", 2, "a/new")]),
        // What is changed takes the priority of what is deleted, and lets go of it by the change.
        (vec![rule("a/one", 2, "a/two"), rule("a/two", 1, "")], vec![rule("a/one", 1, "")]),
    ];
    for (before, after) in cases {
        let planned = planned(&assembly(&before), &assembly(&after));
        assert!(planned.is_err(), "{}", planned.unwrap().1.render());
    }
}

#[test]
fn what_moves_and_is_replaced_has_moved_when_the_old_one_goes() {
    let subnet = |path: &'static str, zone: &str| {
        assembly(&[(path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": zone}))])
    };
    let mut after = subnet("a/new", "b");
    after.resources.get_mut("a/new").unwrap().moved_from.insert("a/old".into());
    let (_, plan) = planned(&subnet("a/old", "a"), &after).unwrap();
    let moved = step(&plan, "a/new", |work| matches!(work, Work::Move { .. }));
    let deletion = step(&plan, "a/new", |work| matches!(work, Work::Delete { .. }));
    assert!(deletion.dependencies.contains(&moved.id), "{}", plan.render());
}

#[test]
fn one_end_needs_no_step_before_many_deletions() {
    let logs = |path: &'static str| (path, LOG_GROUP, json!({}));
    let (_, plan) =
        planned(&assembly(&[logs("a/one"), logs("a/two")]), &assembly(&[("a/vpc", VPC, json!({}))])).unwrap();
    assert!(plan.steps.iter().all(|step| step.work != Work::Barrier), "{}", plan.render());
    let made = BTreeSet::from([step(&plan, "a/vpc", |_| true).id]);
    assert!(plan.steps.iter().all(|step| step.path.as_str() == "a/vpc" || step.dependencies == made));
}

/// Returns the held resources, with their holders and the reasons, if a group that keeps its name is replaced.
fn held(after: &[Entry<'_>], edit: impl FnOnce(&mut State), adjust: impl FnOnce(&mut Assembly)) -> Vec<String> {
    let group = |description: &str| {
        ("a/sg", GROUP, json!({"GroupDescription": description, "VpcId": "vpc-1", "GroupName": "web"}))
    };
    let balancer = ("a/lb", BALANCER, json!({"SecurityGroups": [to("a/sg", "GroupId")]}));
    let mut state = deployed(&assembly(&[group("one"), balancer]));
    edit(&mut state);
    let mut program = assembly(&[&[group("two")], after].concat());
    adjust(&mut program);
    match planned_part(&program, &state, &[]) {
        Ok(_) => Vec::new(),
        Err(Error::Plan(PlanError::Held { held })) => {
            let held = held.into_iter();
            let tell = |(path, need): (Path, crate::stages::diff::Need)| format!("{path} {need}");
            held.flat_map(|it| it.holders.into_iter().map(tell).chain([it.because])).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

const NAMED: &str = "the old and the new one cannot both have the name of a security group (vpc-1, web)";

#[test]
fn what_goes_on_to_name_the_old_resource_holds_it() {
    let after = |type_name: &'static str, properties: Json| {
        let other = ("a/other", GROUP, json!({"GroupDescription": "x"}));
        held(&[("a/lb", type_name, properties), other], |_| {}, |_| {})
    };
    let by = |attribute: &str, path: &str| json!({"SecurityGroups": [to(path, attribute)]});
    assert_eq!(after(BALANCER, by("GroupId", "a/sg")), ["a/lb SecurityGroups", NAMED]);
    assert_eq!(after(BALANCER, by("GroupId", "a/other")), [""; 0]);
    // It is changed, and lets go of the old group, only once the new one is there.
    assert_eq!(after(BALANCER, by("GroupDescription", "a/sg")), ["a/lb SecurityGroups", NAMED]);
    assert_eq!(after(BALANCER, json!({"Name": to("a/sg", "GroupId")})), [""; 0], "it is replaced, too");
}

#[test]
fn what_stays_in_the_account_holds_what_it_was_given() {
    let retained = |edit: &dyn Fn(&mut State)| {
        let retain = |state: &mut State| {
            state.resources.get_mut("a/lb").unwrap().lifecycle.retain = true;
            edit(state);
        };
        held(&[], retain, |_| {})
    };
    let group = |state: &mut State, id: &str, output: (&str, &str)| {
        let group = state.resources.get_mut("a/sg").unwrap();
        group.id = id.into();
        group.outputs = [(output.0.to_owned(), json!(output.1))].into_iter().collect();
    };
    let holds = ["a/lb SecurityGroups", "the old one is deleted"];
    assert_eq!(retained(&|_| {}), holds);
    assert_eq!(retained(&|state| group(state, "other", ("GroupId", "a/sg-id"))), holds);
    assert_eq!(retained(&|state| group(state, "a/sg-id", ("GroupId", "other"))), holds);
    assert_eq!(retained(&|state| group(state, "other", ("GroupId", "other"))), [""; 0]);
    assert_eq!(retained(&|state| group(state, "other", ("OwnerName", "a/sg-id"))), [""; 0]);
    assert_eq!(held(&[], |_| {}, |_| {}), [""; 0], "what is deleted lets go");
}

#[test]
fn a_part_of_a_property_holds_too_and_the_message_names_it() {
    let function = json!({"VpcConfig": {"SecurityGroupIds": [to("a/sg", "GroupId")]}});
    let function = || {
        assembly(&[
            ("a/sg", GROUP, json!({"GroupDescription": "one"})),
            ("a/f", "AWS::Lambda::Function", function.clone()),
        ])
    };
    let mut after = function();
    let group = after.resources.get_mut("a/sg").unwrap();
    group.properties.insert("GroupDescription".into(), "two".into());
    group.lifecycle.delete_before_create = true;
    let error = planned(&function(), &after).unwrap_err().to_string();
    for part in [
        "a/f (VpcConfig.SecurityGroupIds)",
        "the program deletes it before it creates the new one",
        "`delete_before_create`",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn what_is_alone_by_its_type_is_not_said_to_keep_a_name() {
    let program = |block: &str| {
        assembly(&[
            ("a/lb", BALANCER, json!({"Subnets": [to("a/subnet", "SubnetId")]})),
            ("a/subnet", SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block})),
        ])
    };
    let error = planned(&program("10.0.0.0/24"), &program("10.0.1.0/24")).unwrap_err().to_string();
    assert!(error.contains("two such resources cannot exist at once"), "{error}");
}

fn rule(path: &'static str, priority: u16) -> Entry<'static> {
    (path, RULE, json!({"ListenerArn": "web", "Priority": priority, "Conditions": []}))
}

fn is_update(work: &Work) -> bool {
    matches!(work, Work::Update { .. })
}

#[test]
fn what_takes_a_free_place_waits_for_it_beside_two_that_change_places() {
    let before = [rule("a/one", 1), rule("a/two", 2), rule("a/last", 3), rule("a/next", 4)];
    let after = [rule("a/one", 2), rule("a/two", 1), rule("a/last", 5), rule("a/next", 3)];
    let (_, plan) = planned(&assembly(&before), &assembly(&after)).unwrap();
    let after = |path| step(&plan, path, is_update).dependencies.clone();
    assert_eq!(after("a/next"), BTreeSet::from([step(&plan, "a/last", is_update).id]), "{}", plan.render());
    assert!(after("a/one").is_empty() && after("a/two").is_empty(), "{}", plan.render());
}

#[test]
fn two_that_change_places_keep_the_order_in_which_the_program_puts_them() {
    let program = |one: u16, two: u16| {
        let mut program = assembly(&[rule("a/one", one), rule("a/two", two)]);
        program.resources.get_mut("a/two").unwrap().depends_on.insert("a/one".into());
        program
    };
    let (_, plan) = planned(&program(1, 2), &program(2, 1)).unwrap();
    let first = BTreeSet::from([step(&plan, "a/one", is_update).id]);
    assert_eq!(step(&plan, "a/two", is_update).dependencies, first, "{}", plan.render());
}

#[test]
fn only_the_replacement_that_stands_in_the_way_deletes_the_old_resource_first() {
    let program = |blocks: [&str; 2], policy: Entry<'static>| {
        let vpc = |path, block: &str| (path, VPC, json!({"CidrBlock": block}));
        let path = policy.0;
        let mut program = assembly(&[vpc("a/other", blocks[0]), vpc("a/vpc", blocks[1]), policy]);
        program.resources.get_mut("a/vpc").unwrap().depends_on.insert(path.into());
        program
    };
    // The new policy takes the place of the old one, which the old VPC was made after.
    let before = program(["10.0.0.0/16", "10.1.0.0/16"], policy("a/old", "read"));
    let after = program(["10.2.0.0/16", "10.3.0.0/16"], listed("a/new", "read"));
    let (changes, _) = planned(&before, &after).unwrap();
    let order = |path: &str| changes.changes[path].action;
    assert_eq!(order("a/vpc"), Action::Replace(Order::DeleteFirst));
    assert_eq!(order("a/other"), Action::Replace(Order::CreateFirst));
}

#[test]
fn what_is_made_anew_as_it_was_waits_for_the_deletion_of_its_left_over() {
    let program = assembly(&[policy("a/x", "write")]);
    let mut state = deployed(&program);
    left_over(&mut state, "a/x", "left", "a/x");
    state.resources.get_mut("a/x").unwrap().status = crate::model::ResourceStatus::Tainted;
    let (_, plan) = planned_part(&program, &state, &[]).unwrap();
    assert!(deleted_before(&plan, "a/x").contains(&"left".to_owned()), "{}", plan.render());
}

#[test]
fn what_is_changed_in_place_does_not_wait_for_itself() {
    let record = |routing: (&str, Json)| {
        let mut record = json!({"HostedZoneId": "Z1", "Name": "www.example.com", "Type": "A", "SetIdentifier": "a"});
        record[routing.0] = routing.1;
        assembly(&[("a/www", "AWS::Route53::RecordSet", record)])
    };
    let (changes, plan) = planned(&record(("Weight", json!(1))), &record(("Region", json!("us-east-1")))).unwrap();
    assert_eq!((changes.changes["a/www"].action, plan.steps.len()), (Action::Update, 1));
}
