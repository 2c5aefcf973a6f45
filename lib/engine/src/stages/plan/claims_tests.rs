use std::collections::BTreeMap;

use groundplan_core::{Assembly, Environment, Reference};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{DATABASE, LOG_GROUP, SUBNET, assembly, state, with_inputs};
use crate::hint::{Hint, Hints as _};
use crate::model::{ResourceState, ResourceStatus, State};
use crate::provider::Outputs;
use crate::stages::diff::only::part;
use crate::stages::diff::{ChangeSet, diff_with};
use crate::stages::plan::PlanError;
use crate::stages::resolve::substitute_all;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const POLICY: &str = "AWS::IAM::RolePolicy";
const RECORD: &str = "AWS::Route53::RecordSet";
const ROLE: &str = "AWS::IAM::Role";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// The state after a deploy of `assembly`: a reference to a property has that, and any other one
/// `PATH-id`.
pub(super) fn deployed(assembly: &Assembly) -> State {
    let value = |reference: &Reference| {
        let stated = assembly.resources[&reference.path].properties.get(&reference.attribute);
        Some(stated.map_or_else(|| json!(format!("{}-id", reference.path)), |stated| stated.to_json()))
    };
    let mut state = state();
    for (path, entry) in &assembly.resources {
        let references = assembly.resources.values().flat_map(|entry| entry.references());
        let taken = references.filter(|reference| reference.path == *path);
        let outputs = taken.filter_map(|reference| Some((reference.attribute.clone(), value(reference)?)));
        let resource = ResourceState {
            type_name: entry.type_name.clone(),
            id: format!("{path}-id"),
            environment: assembly.environment(path).unwrap().clone(),
            generation: 1,
            status: ResourceStatus::Ready,
            former: None,
            incomplete: false,
            properties: substitute_all(&entry.properties, &value),
            secrets: BTreeMap::new(),
            outputs: outputs.collect::<Outputs>(),
            dependencies: assembly.dependencies(path),
            lifecycle: entry.lifecycle.clone(),
        };
        state.generations.insert(path.clone(), 1);
        state.resources.insert(path.clone(), resource);
    }
    state
}

pub(super) fn planned_part(assembly: &Assembly, state: &State, only: &[&str]) -> Result<(ChangeSet, Plan), Error> {
    let only = only.iter().map(|path| Path::new(*path)).collect();
    with_inputs(assembly, state, |inputs| {
        arrange(inputs, |first| Ok(part(inputs, diff_with(inputs, first), &only)?.changes))
    })
}

pub(super) fn planned(before: &Assembly, after: &Assembly) -> Result<(ChangeSet, Plan), Error> {
    planned_part(after, &deployed(before), &[])
}

/// The steps, or why there are none.
pub(super) fn steps(before: &Assembly, after: &Assembly) -> String {
    planned(before, after).map_or_else(|error| error.to_string(), |(_, plan)| plan.render())
}

/// Lists the action for each resource, with the reasons.
pub(super) fn told(before: &Assembly, after: &Assembly) -> String {
    let (changes, _) = planned(before, after).unwrap();
    let lines =
        changes.changes.values().filter(|change| change.action != crate::stages::diff::Action::NoOp).map(|change| {
            let reasons: Vec<_> = change.reasons.iter().map(ToString::to_string).collect();
            let from = change.moved_from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
            format!("{} {}{from}: {}\n", change.action.verb(), change.path, reasons.join("; "))
        });
    lines.collect()
}

pub(super) type Entry<'a> = (&'a str, &'a str, Json);

pub(super) fn to(path: &str, attribute: &str) -> Json {
    json!({"$ref": format!("{path}#{attribute}")})
}

fn role(path: &'static str, name: &str, folder: &str) -> Entry<'static> {
    (path, ROLE, json!({"RoleName": name, "Path": folder}))
}

fn policy<'a>(path: &'a str, role: &str, action: &str) -> Entry<'a> {
    (
        path,
        POLICY,
        json!({"RoleName": to(role, "RoleName"), "PolicyName": "read", "PolicyDocument": {"Action": action}}),
    )
}

fn logs<'a>(path: &'a str, name: &str) -> Entry<'a> {
    (path, LOG_GROUP, json!({"LogGroupName": name}))
}

fn subnet<'a>(path: &'a str, block: &str) -> Entry<'a> {
    (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block}))
}

fn listener<'a>(path: &'a str, balancer: &str, port: u16) -> Entry<'a> {
    let actions = json!([{"Type": "forward", "TargetGroupArn": "web"}]);
    (
        path,
        LISTENER,
        json!({"LoadBalancerArn": to(balancer, "LoadBalancerArn"), "Port": port, "DefaultActions": actions}),
    )
}

fn balancer(scheme: &str) -> Entry<'static> {
    ("a/lb", BALANCER, json!({"Scheme": scheme}))
}

#[test]
fn a_thing_under_a_new_path_is_moved_and_what_differs_is_changed() {
    let before = assembly(&[role("a/role", "worker", "/"), policy("a/policy", "a/role", "s3:GetObject")]);
    let after = |action| assembly(&[role("a/role", "worker", "/"), policy("a/read-policy", "a/role", action)]);
    assert_snapshot!(told(&before, &after("s3:GetObject")), @"move a/read-policy from a/policy: the same inline policy of a role under a new path");
    assert_snapshot!(steps(&before, &after("s3:*")), @r"
        #0 move a/read-policy from a/policy (AWS::IAM::RolePolicy)
        #1 update a/read-policy (AWS::IAM::RolePolicy) after #0
        ");
}

#[test]
fn what_it_belongs_to_may_have_a_new_path_too() {
    let before = assembly(&[role("a/role", "worker", "/"), policy("a/policy", "a/role", "s3:GetObject")]);
    let after = assembly(&[role("b/job/role", "worker", "/"), policy("a/read", "b/job/role", "s3:GetObject")]);
    let mut after = after;
    after.stacks.insert("b".into(), Environment::new("us-east-1"));
    assert_snapshot!(told(&before, &after), @r"
        move a/read from a/policy: the same inline policy of a role under a new path
        move b/job/role from a/role: the same name under a new path
        ");
}

#[test]
fn what_it_belongs_to_may_be_replaced_under_the_same_name() {
    let before = assembly(&[role("a/role", "worker", "/"), policy("a/policy", "a/role", "s3:GetObject")]);
    let after = assembly(&[role("a/role", "worker", "/jobs/"), policy("a/read", "a/role", "s3:GetObject")]);
    assert_snapshot!(steps(&before, &after), @r"
        #0 move a/read from a/policy (AWS::IAM::RolePolicy)
        #1 delete a/read a/policy-id (AWS::IAM::RolePolicy) after #0
        #2 delete a/role a/role-id (AWS::IAM::Role) after #1
        #3 create a/role again (AWS::IAM::Role) after #2
        #4 create a/read again (AWS::IAM::RolePolicy) after #0 #1 #3
        ");
}

#[test]
fn a_stated_move_goes_before_one_by_name() {
    let before = assembly(&[logs("a/one", "/one"), logs("a/two", "/two")]);
    let mut after = assembly(&[logs("a/new", "/two")]);
    after.resources.get_mut("a/new").unwrap().moved_from.insert("a/one".into());
    assert_snapshot!(told(&before, &after), @r#"
        replace a/new from a/one: LogGroupName cannot be changed in place
        delete a/two: no longer in the program
        "#);
}

#[test]
fn of_two_that_could_have_moved_none_is_taken_and_both_go_first() {
    let before = assembly(&[logs("a/one", "/x"), logs("a/two", "/x")]);
    assert_snapshot!(steps(&before, &assembly(&[logs("a/new", "/x")])), @r"
        #0 delete a/one a/one-id (AWS::Logs::LogGroup)
        #1 delete a/two a/two-id (AWS::Logs::LogGroup)
        #2 create a/new (AWS::Logs::LogGroup) after #0 #1
        ");
}

#[test]
fn one_of_two_paths_of_one_thing_is_forgotten_and_not_deleted() {
    let before = assembly(&[logs("a/one", "/x"), logs("a/two", "/x")]);
    assert_snapshot!(told(&before, &assembly(&[logs("a/one", "/x")])), @"forget a/two: no longer in the program; it is the same resource in the account as a/one, which stays");
}

#[test]
fn a_name_that_a_kept_path_lets_go_of_is_made_anew_though_a_second_path_had_it_too() {
    let before = assembly(&[logs("a/kept", "/x"), logs("a/second", "/x")]);
    let mut after = assembly(&[logs("a/kept", "/y"), logs("a/new", "/x")]);
    let unstated = told(&before, &after);
    assert_snapshot!(unstated, @r"
        replace a/kept: LogGroupName cannot be changed in place
        create a/new: new in the program
        forget a/second: no longer in the program; it is the same resource in the account as a/kept, which stays
        ");
    assert_snapshot!(steps(&before, &after), @r"
        #0 create a/kept again (AWS::Logs::LogGroup)
        #1 delete a/kept a/kept-id (AWS::Logs::LogGroup) after #0
        #2 create a/new (AWS::Logs::LogGroup) after #1
        #3 forget a/second (AWS::Logs::LogGroup)
        ");
    after.resources.get_mut("a/new").unwrap().moved_from.insert("a/second".into());
    assert_eq!(told(&before, &after), unstated, "the thing is not that of the second path");
}

#[test]
fn a_plan_that_deleting_first_cannot_bring_about_is_refused() {
    let before = assembly(&[logs("a/x", "/one"), logs("a/y", "/two")]);
    let after = assembly(&[logs("a/x", "/two"), logs("a/y", "/one")]);
    let refused = with_inputs(&after, &deployed(&before), |inputs| {
        arrange(inputs, |_| Ok(diff_with(inputs, &BTreeSet::new()))).unwrap_err()
    });
    assert!(matches!(refused, Error::Plan(PlanError::Swapped { .. })), "{refused}");
}

#[test]
fn where_two_names_are_swapped_both_are_deleted_before_either_is_made() {
    let before = assembly(&[logs("a/x", "/one"), logs("a/y", "/two")]);
    let after = assembly(&[logs("a/x", "/two"), logs("a/y", "/one")]);
    assert_snapshot!(steps(&before, &after), @r"
        #0 delete a/x a/x-id (AWS::Logs::LogGroup)
        #1 delete a/y a/y-id (AWS::Logs::LogGroup)
        #2 create a/x again (AWS::Logs::LogGroup) after #0 #1
        #3 create a/y again (AWS::Logs::LogGroup) after #0 #1
        ");
}

#[test]
fn a_name_is_taken_once_it_is_let_go_of() {
    let before = assembly(&[logs("a/x", "/one"), logs("a/y", "/two")]);
    let after = assembly(&[logs("a/x", "/two"), logs("a/y", "/three")]);
    assert_snapshot!(steps(&before, &after), @r"
        #0 create a/y again (AWS::Logs::LogGroup)
        #1 delete a/y a/y-id (AWS::Logs::LogGroup) after #0
        #2 create a/x again (AWS::Logs::LogGroup) after #1
        #3 delete a/x a/x-id (AWS::Logs::LogGroup) after #2
        ");
}

#[test]
fn subnets_that_shift_swap_or_grow_let_go_of_their_blocks_before_others_take_them() {
    let before = assembly(&[subnet("a/x", "10.0.0.0/24"), subnet("a/y", "10.0.1.0/24")]);
    let shifted = assembly(&[subnet("a/x", "10.0.1.0/24"), subnet("a/y", "10.0.2.0/24")]);
    let swapped = assembly(&[subnet("a/x", "10.0.1.0/24"), subnet("a/y", "10.0.0.0/24")]);
    let grown = assembly(&[subnet("a/x", "10.0.0.0/23"), subnet("a/y", "10.0.2.0/24")]);
    for after in [shifted, swapped, grown] {
        let (_, plan) = planned(&before, &after).unwrap();
        let at = |path: &str, verb: &str| {
            plan.steps.iter().find(|step| step.path.as_str() == path && step.work.verb() == verb).unwrap()
        };
        assert!(at("a/x", "create").dependencies.contains(&at("a/x", "delete").id), "{}", plan.render());
        assert!(at("a/x", "create").dependencies.contains(&at("a/y", "delete").id), "{}", plan.render());
    }
}

#[test]
fn a_block_that_stays_beside_one_that_changes_is_let_go_of_first() {
    let program = |block: &str| {
        let properties = json!({"VpcId": "vpc-1", "CidrBlock": block, "Ipv6CidrBlock": "2600:1f18::/64"});
        assembly(&[("a/x", SUBNET, properties)])
    };
    let (changes, _) = planned(&program("10.0.0.0/24"), &program("10.0.7.0/24")).unwrap();
    assert_eq!(changes.changes["a/x"].action.verb(), "delete and create again");
}

#[test]
fn a_target_group_is_let_go_of_before_another_load_balancer_takes_it() {
    let program = |scheme: &str| assembly(&[balancer(scheme), listener("a/http", "a/lb", 80)]);
    assert_snapshot!(steps(&program("internal"), &program("internet-facing")), @r"
        #0 create a/lb again (AWS::ElasticLoadBalancingV2::LoadBalancer)
        #1 delete a/http a/http-id (AWS::ElasticLoadBalancingV2::Listener) after #0
        #2 create a/http again (AWS::ElasticLoadBalancingV2::Listener) after #0 #1
        #3 delete a/lb a/lb-id (AWS::ElasticLoadBalancingV2::LoadBalancer) after #1 #2
        ");
}

#[test]
fn priorities_change_places_at_once_and_shift_one_after_the_other() {
    let program = |one: u16, two: u16| {
        let rule = |priority: u16| json!({"ListenerArn": "web", "Priority": priority, "Conditions": []});
        assembly(&[("a/one", RULE, rule(one)), ("a/two", RULE, rule(two))])
    };
    assert_snapshot!(steps(&program(1, 2), &program(2, 1)), @r"
        #0 update a/one (AWS::ElasticLoadBalancingV2::ListenerRule)
        #1 update a/two (AWS::ElasticLoadBalancingV2::ListenerRule)
        ");
    assert_snapshot!(steps(&program(1, 2), &program(2, 3)), @r"
        #0 update a/two (AWS::ElasticLoadBalancingV2::ListenerRule)
        #1 update a/one (AWS::ElasticLoadBalancingV2::ListenerRule) after #0
        ");
}

#[test]
fn what_is_changed_in_place_cannot_change_places() {
    let program =
        |one, two| assembly(&[balancer("internal"), listener("a/one", "a/lb", one), listener("a/two", "a/lb", two)]);
    assert_snapshot!(steps(&program(80, 81), &program(81, 80)), @"`a/one` takes the port of a load balancer (a/lb-id, 81) of `a/two`, which cannot release it first; make the change in two deploys; in the first, give one of the two a different value");
    assert_snapshot!(steps(&program(80, 81), &program(81, 82)), @r"
        #0 update a/two (AWS::ElasticLoadBalancingV2::Listener)
        #1 update a/one (AWS::ElasticLoadBalancingV2::Listener) after #0
        ");
}

#[test]
fn what_stays_does_not_let_go() {
    let before = assembly(&[logs("a/one", "/one")]);
    let after = assembly(&[logs("a/one", "/one"), logs("a/two", "/one")]);
    assert_snapshot!(steps(&before, &after), @r"
        the plan cannot work, because each of these can exist only once:
          - `a/two` takes the name (/one) of `a/one`, which keeps it; give one of the two a different value, or remove `a/one`
        ");
    let after = assembly(&[logs("a/two", "/two"), logs("a/three", "/two")]);
    assert_snapshot!(steps(&before, &after), @r"
        the plan cannot work, because each of these can exist only once:
          - `a/three` takes the name (/two) of `a/two`, which also claims it; give one of the two a different value
        ");
    let mut retained = deployed(&assembly(&[subnet("a/one", "10.0.0.0/24")]));
    retained.resources.get_mut("a/one").unwrap().lifecycle.retain = true;
    let after = assembly(&[subnet("a/two", "10.0.0.0/16")]);
    assert_snapshot!(planned_part(&after, &retained, &[]).unwrap_err(), @r"
        the plan cannot work, because each of these can exist only once:
          - `a/two` takes the IPv4 block of a subnet (vpc-1, 10.0.0.0/16) of `a/one`, which is removed from the program but stays in the account; give `a/two` a different value, or move the resource with `moved`
        ");
    let state = deployed(&assembly(&[subnet("a/one", "10.0.0.0/24")]));
    let error = planned_part(&after, &state, &["a/two"]).unwrap_err();
    assert_eq!(error.hints(), [Hint::IncludePaths { paths: vec!["a/one".into()] }]);
    assert_snapshot!(error, @r"
        the plan cannot work, because each of these can exist only once:
          - `a/two` takes the IPv4 block of a subnet (vpc-1, 10.0.0.0/16) of `a/one`, whose change is left out
        ");
}

#[test]
fn what_has_another_type_goes_before_its_place_is_taken() {
    let record = |path: &'static str, kind: &str| {
        let properties = json!({"HostedZoneId": "Z1", "Name": "www.example.com", "Type": kind, "TTL": "60"});
        assembly(&[(path, RECORD, properties)])
    };
    assert_snapshot!(steps(&record("a/www", "CNAME"), &record("a/web", "A")), @r"
        #0 delete a/www a/www-id (AWS::Route53::RecordSet)
        #1 create a/web (AWS::Route53::RecordSet) after #0
        ");
}

#[test]
fn the_rules_of_a_replaced_group_go_once_its_consumers_have_moved() {
    let program = |description: &str| {
        assembly(&[
            ("a/sg", GROUP, json!({"GroupDescription": description, "VpcId": "vpc-1"})),
            (
                "a/https",
                INGRESS,
                json!({"GroupId": to("a/sg", "GroupId"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}),
            ),
            ("a/lb", BALANCER, json!({"SecurityGroups": [to("a/sg", "GroupId")]})),
        ])
    };
    assert_snapshot!(steps(&program("one"), &program("two")), @r"
        #0 create a/sg again (AWS::EC2::SecurityGroup)
        #1 create a/https again (AWS::EC2::SecurityGroupIngress) after #0
        #2 update a/lb (AWS::ElasticLoadBalancingV2::LoadBalancer) after #0
        #3 delete a/https a/https-id (AWS::EC2::SecurityGroupIngress) after #1 #2
        #4 delete a/sg a/sg-id (AWS::EC2::SecurityGroup) after #3
        ");
}

#[test]
fn what_is_removed_goes_once_all_is_made_and_ready() {
    let before = assembly(&[logs("a/old", "/old"), logs("a/older", "/older")]);
    let after = assembly(&[logs("a/new", "/new"), ("a/db", DATABASE, json!({"Engine": "postgres"}))]);
    assert_snapshot!(steps(&before, &after), @r"
        #0 create a/db (AWS::RDS::DBInstance)
        #1 wait for a/db (AWS::RDS::DBInstance) after #0
        #2 create a/new (AWS::Logs::LogGroup)
        #3 all is made after #1 #2
        #4 delete a/old a/old-id (AWS::Logs::LogGroup) after #3
        #5 delete a/older a/older-id (AWS::Logs::LogGroup) after #3
        ");
}

#[test]
fn what_goes_first_goes_when_all_else_that_the_new_one_needs_is_there() {
    let program = |folder: &str, others: &[Entry<'static>]| {
        let mut entries = vec![role("a/role", "worker", folder)];
        entries[0].2["Description"] = if others.is_empty() { "alone".into() } else { to("a/db", "Endpoint.Address") };
        entries.extend(others.iter().cloned());
        assembly(&entries)
    };
    let database = ("a/db", DATABASE, json!({"Engine": "postgres"}));
    assert_snapshot!(steps(&program("/a/", &[]), &program("/b/", &[database])), @r"
        #0 create a/db (AWS::RDS::DBInstance)
        #1 wait for a/db (AWS::RDS::DBInstance) after #0
        #2 delete a/role a/role-id (AWS::IAM::Role) after #1
        #3 create a/role again (AWS::IAM::Role) after #1 #2
        ");
}

#[test]
fn a_group_that_keeps_its_name_is_not_replaced_while_it_is_held() {
    let program = |description: &str, name: &str| {
        let mut group = json!({"GroupDescription": description, "VpcId": "vpc-1"});
        if !name.is_empty() {
            group["GroupName"] = name.into();
        }
        assembly(&[("a/sg", GROUP, group), ("a/lb", BALANCER, json!({"SecurityGroups": [to("a/sg", "GroupId")]}))])
    };
    assert_snapshot!(steps(&program("one", "web"), &program("two", "web")), @r"
        the plan cannot work, because remaining resources hold resources that are deleted:
          - `a/sg` is held by a/lb (SecurityGroups), and the old and the new one cannot both have the name of a security group (vpc-1, web); give the new resource a different name, or leave the name out so that one is generated
        ");
    assert!(planned(&program("one", "web"), &program("two", "shop")).is_ok());
    assert!(planned(&program("one", "web"), &program("two", "")).is_ok());
    let without = assembly(&[
        ("a/sg", GROUP, json!({"GroupDescription": "two", "VpcId": "vpc-1", "GroupName": "web"})),
        ("a/lb", BALANCER, json!({})),
    ]);
    assert_snapshot!(steps(&program("one", "web"), &without), @r"
        #0 update a/lb (AWS::ElasticLoadBalancingV2::LoadBalancer)
        #1 delete a/sg a/sg-id (AWS::EC2::SecurityGroup) after #0
        #2 create a/sg again (AWS::EC2::SecurityGroup) after #1
        ");
}
