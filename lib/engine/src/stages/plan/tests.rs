use std::collections::BTreeSet;

use groundplan_core::{Assembly, Reference, Value};
use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, LOG_GROUP, NAT, assembly, reference, state, subnet, vpc, with_inputs};
use crate::model::{Event, FormatError, Intent, Operation, Orphan, ResourceStatus, State};
use crate::stages::diff::{Inputs, destroy, diff};
use crate::stages::plan::PlanError;

fn network(cidr: &str) -> Assembly {
    assembly(&[
        vpc(cidr),
        subnet(),
        ("a/nat", NAT, json!({"SubnetId": {"$ref": "a/subnet#SubnetId"}})),
        ("a/logs", LOG_GROUP, json!({"LogGroupName": {"$template": ["nat-", {"$ref": "a/nat#NatGatewayId"}]}})),
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        ("a/url", LOG_GROUP, json!({"LogGroupName": {"$ref": "a/db#Endpoint.Address"}})),
    ])
}

/// Returns the state after a deploy of `assembly`, with `PATH-id` for every value.
fn deployed(assembly: &Assembly) -> State {
    let mut state = state();
    for (path, entry) in &assembly.resources {
        let value = |reference: &Reference| Some(json!(format!("{}-id", reference.path)));
        let operation = Operation::Create {
            type_name: entry.type_name.clone(),
            environment: assembly.environment(path).unwrap().clone(),
            generation: 1,
        };
        let intent = Intent {
            operation,
            token: String::new(),
            asked: None,
            properties: crate::stages::resolve::substitute_all(&entry.properties, &value),
            secrets: BTreeMap::new(),
            dependencies: assembly.dependencies(path),
            lifecycle: entry.lifecycle.clone(),
        };
        let id = format!("{path}-id");
        let names = ["VpcId", "SubnetId", "NatGatewayId", "Endpoint.Address"];
        let outputs = names.map(|name| (name.to_owned(), json!(id))).into_iter().collect();
        state.apply(Event::Intent { path: path.clone(), intent }).unwrap();
        state.apply(Event::Accepted { path: path.clone(), id, outputs, found: None, incomplete: false }).unwrap();
        state.apply(Event::Ready { path: path.clone(), outputs: Default::default() }).unwrap();
    }
    state
}

fn plan(assembly: &Assembly, state: &State, changes: impl Fn(&Inputs<'_>) -> crate::stages::diff::ChangeSet) -> Plan {
    with_inputs(assembly, state, |inputs| schedule(inputs, &changes(inputs)).unwrap())
}

#[test]
fn dependents_wait_for_readiness_unless_they_take_early_outputs_only() {
    assert_snapshot!(plan(&network("10.0.0.0/16"), &state(), diff).render(), @r"
        #0 create a/db (AWS::RDS::DBInstance)
        #1 wait for a/db (AWS::RDS::DBInstance) after #0
        #2 create a/url (AWS::Logs::LogGroup) after #1
        #3 create a/vpc (AWS::EC2::VPC)
        #4 create a/subnet (AWS::EC2::Subnet) after #3
        #5 create a/nat (AWS::EC2::NatGateway) after #4
        #6 create a/logs (AWS::Logs::LogGroup) after #5
        #7 wait for a/nat (AWS::EC2::NatGateway) after #5
        ");
}

#[test]
fn a_replacement_is_ordered_with_all_that_it_reaches() {
    let state = deployed(&network("10.0.0.0/16"));
    assert_snapshot!(plan(&network("10.1.0.0/16"), &state, diff).render(), @r"
        #0 create a/vpc again (AWS::EC2::VPC)
        #1 delete a/logs a/logs-id (AWS::Logs::LogGroup) after #0
        #2 delete a/nat a/nat-id (AWS::EC2::NatGateway) after #0 #1
        #3 delete a/subnet a/subnet-id (AWS::EC2::Subnet) after #0 #2
        #4 create a/subnet again (AWS::EC2::Subnet) after #0 #3
        #5 create a/nat again (AWS::EC2::NatGateway) after #2 #4
        #6 create a/logs again (AWS::Logs::LogGroup) after #1 #5
        #7 wait for a/nat (AWS::EC2::NatGateway) after #5
        #8 delete a/vpc a/vpc-id (AWS::EC2::VPC) after #3 #6 #7
        ");
}

#[test]
fn a_replacement_that_its_consumers_can_follow_in_place_has_them_updated_in_between() {
    let program = |encrypted: bool| {
        assembly(&[
            ("a/db", DATABASE, json!({"StorageEncrypted": encrypted})),
            ("a/url", LOG_GROUP, json!({"RetentionInDays": {"$ref": "a/db#Endpoint.Address"}})),
        ])
    };
    let plan = plan(&program(true), &deployed(&program(false)), diff);
    assert_snapshot!(plan.render(), @r"
        #0 create a/db again (AWS::RDS::DBInstance)
        #1 wait for a/db (AWS::RDS::DBInstance) after #0
        #2 update a/url (AWS::Logs::LogGroup) after #1
        #3 delete a/db a/db-id (AWS::RDS::DBInstance) after #2
        ");
    assert_eq!(plan.loses_data, ["a/db".into()]);
}

#[test]
fn what_is_replaced_is_deleted_once_its_consumers_work_without_it() {
    let program = |path: &str| {
        assembly(&[
            ("a/role", "AWS::IAM::Role", json!({"Path": path})),
            ("a/db", DATABASE, json!({"MonitoringRoleArn": {"$ref": "a/role#Arn"}})),
        ])
    };
    assert_snapshot!(plan(&program("/b/"), &deployed(&program("/a/")), diff).render(), @r"
        #0 create a/role again (AWS::IAM::Role)
        #1 update a/db (AWS::RDS::DBInstance) after #0
        #2 wait for a/db (AWS::RDS::DBInstance) after #1
        #3 delete a/role a/role-id (AWS::IAM::Role) after #2
        ");
}

#[test]
fn a_destroy_goes_backwards() {
    let state = deployed(&network("10.0.0.0/16"));
    assert_snapshot!(plan(&assembly(&[]), &state, |inputs| destroy(inputs, true)).render(), @r"
        #0 delete a/logs a/logs-id (AWS::Logs::LogGroup)
        #1 delete a/nat a/nat-id (AWS::EC2::NatGateway) after #0
        #2 delete a/subnet a/subnet-id (AWS::EC2::Subnet) after #1
        #3 delete a/url a/url-id (AWS::Logs::LogGroup)
        #4 delete a/db a/db-id (AWS::RDS::DBInstance) after #3
        #5 delete a/vpc a/vpc-id (AWS::EC2::VPC) after #2
        ");
}

#[test]
fn a_move_comes_before_all_else_on_its_path() {
    let mut program = network("10.0.0.0/16");
    let moved = program.resources.remove("a/db").unwrap();
    program.resources.insert("a/store".into(), moved);
    let entry = program.resources.get_mut("a/store").unwrap();
    entry.moved_from.insert("a/db".into());
    entry.properties.insert("DBInstanceClass".into(), "db.m6g.large".into());
    program
        .resources
        .get_mut("a/url")
        .unwrap()
        .properties
        .insert("LogGroupName".into(), reference("a/store", "Endpoint.Address"));
    assert_snapshot!(plan(&program, &deployed(&network("10.0.0.0/16")), diff).render(), @r"
        #0 move a/store from a/db (AWS::RDS::DBInstance)
        #1 update a/store (AWS::RDS::DBInstance) after #0
        #2 wait for a/store (AWS::RDS::DBInstance) after #1
        ");
}

#[test]
fn what_was_replaced_by_an_earlier_run_is_deleted_after_what_was_made_after_it() {
    let mut state = deployed(&network("10.0.0.0/16"));
    let old = |path: &str| Orphan { path: path.into(), resource: state.resources[path].clone() };
    let deposed = vec![old("a/vpc"), old("a/subnet")];
    state.deposed = deposed;
    for old in &mut state.deposed {
        old.resource.id.push_str("-old");
        old.resource.outputs.clear();
    }
    let vpc = state.deposed[0].resource.id.clone();
    state.deposed[1].resource.properties.insert("VpcId".into(), vpc.into());
    assert_snapshot!(plan(&network("10.0.0.0/16"), &state, diff).render(), @r"
        #0 delete a/subnet a/subnet-id-old (AWS::EC2::Subnet)
        #1 delete a/vpc a/vpc-id-old (AWS::EC2::VPC) after #0
        ");
}

#[test]
fn what_was_replaced_by_an_earlier_run_is_protected_as_it_was_told_to_be() {
    let mut state = deployed(&network("10.0.0.0/16"));
    let mut old = Orphan { path: "a/vpc".into(), resource: state.resources["a/vpc"].clone() };
    old.resource.id.push_str("-old");
    old.resource.outputs.clear();
    old.resource.lifecycle.protect = true;
    state.deposed = vec![old];
    let refused = plan(&network("10.0.0.0/16"), &state, diff);
    assert_eq!(refused.protected, ["a/vpc".into()]);
    assert!(matches!(refused.permit(true), Err(Error::Plan(PlanError::Protected { .. }))));
    state.deposed[0].resource.status = ResourceStatus::Tainted;
    assert!(plan(&network("10.0.0.0/16"), &state, diff).protected.is_empty(), "it never worked");
}

#[test]
fn a_plan_survives_the_way_to_the_file_and_back() {
    let plan = plan(&network("10.1.0.0/16"), &deployed(&network("10.0.0.0/16")), diff);
    assert_eq!(Plan::from_json(&plan.to_json()).unwrap(), plan);
    assert!(matches!(Plan::from_json("{}"), Err(Error::Plan(PlanError::Corrupt { .. }))));
    let format = |number: u32| format!("\"format\": {number}");
    let newer = plan.to_json().replacen(&format(Plan::FORMAT), &format(Plan::FORMAT + 1), 1);
    assert!(matches!(Plan::from_json(&newer), Err(Error::Format(FormatError::Newer { .. }))));
}

#[test]
fn a_plan_keeps_references_and_does_not_resolve_them() {
    let plan = plan(&network("10.0.0.0/16"), &state(), diff);
    let subnet = plan.steps.iter().find(|step| step.path.as_str() == "a/subnet").unwrap();
    let Work::Create { desired, .. } = &subnet.work else { panic!("it is created") };
    assert_eq!(desired.properties["VpcId"], Value::from(Reference::new("a/vpc", "VpcId")));
}

#[test]
fn what_is_waited_for_learns_how_it_is_to_be_treated_from_now_on() {
    let mut program = assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1"}))]);
    let mut state = deployed(&program);
    state.resources.get_mut("a/nat").unwrap().status = crate::model::ResourceStatus::Accepted;
    program.resources.get_mut("a/nat").unwrap().lifecycle.retain = true;
    let plan = plan(&program, &state, diff);
    assert_eq!(
        plan.render(),
        "#0 record a/nat (AWS::EC2::NatGateway)\n#1 wait for a/nat (AWS::EC2::NatGateway) after #0\n"
    );
}

#[test]
fn a_plan_whose_steps_are_not_in_order_is_refused() {
    let good = plan(&network("10.0.0.0/16"), &state(), diff);
    let (first, second) = (good.steps[0].id, good.steps[1].id);
    let edits: [&dyn Fn(&mut Plan); 3] = [
        &|plan| plan.steps.swap(0, 1),
        &|plan| {
            plan.steps[0].dependencies.insert(second);
        },
        &|plan| {
            plan.steps[0].dependencies.insert(first);
        },
    ];
    for edit in edits {
        let mut plan = good.clone();
        plan.steps.iter_mut().take(2).for_each(|step| step.dependencies.clear());
        edit(&mut plan);
        let refused = Plan::from_json(&plan.to_json()).unwrap_err().to_string();
        assert!(refused.contains("its steps are not in order"), "{refused}");
    }
}

#[test]
fn a_plan_is_empty_only_where_nothing_changes_anywhere() {
    let program = network("10.0.0.0/16");
    let (empty, full) = (plan(&program, &deployed(&program), diff), plan(&program, &state(), diff));
    assert!(empty.is_empty() && !full.is_empty());
    assert!(!Plan { outputs_change: true, ..empty.clone() }.is_empty());
    assert!(!Plan { imports_change: true, ..empty.clone() }.is_empty());
    assert!(!Plan { lookups_change: true, ..empty }.is_empty());
    let mut publishing = program.clone();
    publishing.outputs.insert("vpc".into(), reference("a/vpc", "VpcId"));
    assert!(plan(&publishing, &deployed(&program), diff).outputs_change);
}

#[test]
fn a_plan_names_what_is_protected_and_what_loses_data_now_and_from_earlier_runs() {
    let mut state = deployed(&network("10.0.0.0/16"));
    let old = state.resources["a/db"].clone();
    state.deposed = vec![Orphan { path: "a/old".into(), resource: old }];
    state.resources.get_mut("a/nat").unwrap().lifecycle.protect = true;
    let plan = plan(&assembly(&[vpc("10.0.0.0/16")]), &state, diff);
    assert_eq!(plan.protected, ["a/nat".into()]);
    let data: BTreeSet<&str> = plan.loses_data.iter().map(|path| path.as_str()).collect();
    assert_eq!(data, BTreeSet::from(["a/db", "a/logs", "a/old", "a/url"]));
}

#[test]
fn what_is_left_over_goes_in_the_order_of_what_it_was_made_after() {
    let mut state = deployed(&network("10.0.0.0/16"));
    for path in ["a/vpc", "a/subnet"] {
        let resource = state.resources[path].clone();
        state.deposed.push(Orphan { path: path.into(), resource });
    }
    state.resources.clear();
    let plan = plan(&assembly(&[]), &state, diff);
    assert_eq!(
        plan.render(),
        "#0 delete a/subnet a/subnet-id (AWS::EC2::Subnet)\n#1 delete a/vpc a/vpc-id (AWS::EC2::VPC) after #0\n"
    );
}

#[test]
fn what_is_taken_early_waits_for_no_more_unless_the_program_says_so() {
    let logs = json!({"LogGroupName": {"$ref": "a/nat#NatGatewayId"}, "KmsKeyId": {"$ref": "a/db#Endpoint.Address"}});
    let mut program = assembly(&[
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        ("a/logs", LOG_GROUP, logs),
        ("a/nat", NAT, json!({"SubnetId": "subnet-1"})),
    ]);
    let waits_for_nat = |program: &Assembly| {
        let plan = plan(program, &state(), diff);
        let logs = plan.steps.iter().find(|step| step.path.as_str() == "a/logs").unwrap();
        plan.steps.iter().any(|step| {
            logs.dependencies.contains(&step.id) && step.path.as_str() == "a/nat" && step.work == Work::Ready
        })
    };
    assert!(!waits_for_nat(&program));
    program.resources.get_mut("a/logs").unwrap().depends_on.insert("a/nat".into());
    assert!(waits_for_nat(&program));
}

#[test]
fn what_takes_long_weighs_more_so_that_it_starts_first() {
    let program = assembly(&[
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        ("a/nat", NAT, json!({"SubnetId": "subnet-1"})),
        vpc("10.0.0.0/16"),
    ]);
    let weights = |plan: &Plan| -> Vec<String> {
        plan.steps.iter().map(|step| format!("{} {} {}", step.work.verb(), step.path, step.weight)).collect()
    };
    assert_eq!(
        weights(&plan(&program, &state(), diff)),
        ["create a/db 1", "wait for a/db 900", "create a/nat 1", "wait for a/nat 150", "create a/vpc 1"]
    );
    let all_go = plan(&assembly(&[]), &deployed(&program), diff);
    assert_eq!(weights(&all_go), ["delete a/db 901", "delete a/nat 151", "delete a/vpc 1"]);
}

#[test]
fn what_is_removed_goes_when_all_is_made_also_where_one_deletion_waits_for_another() {
    let made = assembly(&[("a/new", LOG_GROUP, json!({}))]);
    let plan = plan(&made, &deployed(&assembly(&[vpc("10.0.0.0/16"), subnet()])), diff);
    assert_snapshot!(plan.render(), @r"
        #0 create a/new (AWS::Logs::LogGroup)
        #1 delete a/subnet a/subnet-id (AWS::EC2::Subnet) after #0
        #2 delete a/vpc a/vpc-id (AWS::EC2::VPC) after #1
        ");
}
