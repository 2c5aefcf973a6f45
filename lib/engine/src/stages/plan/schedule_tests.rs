use groundplan_core::{Assembly, Value};
use serde_json::{Value as Json, json};

use super::super::claims_tests::{Entry, deployed, planned, planned_part, to};
use super::super::{Plan, Step, arrange};
use crate::fake::{DATABASE, LOG_GROUP, VPC, assembly, behavior, subnet, vpc, with_inputs};
use crate::stages::diff::diff_with;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const GATEWAY: &str = "AWS::EC2::VPCGatewayAttachment";
const GROUP: &str = "AWS::EC2::SecurityGroup";

fn step<'p>(plan: &'p Plan, verb: &str, path: &str) -> &'p Step {
    let is_it = |step: &&Step| step.work.verb() == verb && step.path.as_str() == path;
    plan.steps.iter().find(is_it).unwrap_or_else(|| panic!("{verb} {path}:\n{}", plan.render()))
}

fn waits(plan: &Plan, step_of: (&str, &str), before: (&str, &str)) -> bool {
    step(plan, step_of.0, step_of.1).dependencies.contains(&step(plan, before.0, before.1).id)
}

#[test]
fn an_old_resource_whose_name_is_taken_goes_when_its_users_have_let_go_of_it() {
    let group = |path: &'static str, name: &str| {
        (path, GROUP, json!({"GroupDescription": "d", "VpcId": "vpc-1", "GroupName": name}))
    };
    let user = ("a/lb", BALANCER, json!({"SecurityGroups": [to("a/sg", "GroupId")]}));
    let before = assembly(&[group("a/sg", "web"), user.clone()]);
    let (_, plan) = planned(&before, &assembly(&[group("a/sg", "shop"), user, group("a/taker", "web")])).unwrap();
    assert!(waits(&plan, ("create", "a/taker"), ("delete", "a/sg")), "{}", plan.render());
    assert!(waits(&plan, ("delete", "a/sg"), ("update", "a/lb")), "{}", plan.render());
}

#[test]
fn an_early_output_that_a_change_may_change_is_waited_for() {
    let early = |type_name: &str| {
        let mut known = behavior(type_name)?;
        if type_name == DATABASE {
            known.early_outputs = &["DBInstanceClass"];
        }
        Some(known)
    };
    let program = |class: &str, multi_az: bool| {
        let tag = json!([{"Key": "of", "Value": format!("{class} {multi_az}")}]);
        let logs = json!({"LogGroupName": "l", "KmsKeyId": to("a/db", "DBInstanceClass"), "Tags": tag});
        assembly(&[
            ("a/db", DATABASE, json!({"DBInstanceClass": class, "MultiAZ": multi_az})),
            ("a/logs", LOG_GROUP, logs),
        ])
    };
    let plan = |class: &str, multi_az: bool| {
        with_inputs(&program(class, multi_az), &deployed(&program("small", false)), |inputs| {
            let inputs = super::Inputs { behavior: &early, ..*inputs };
            arrange(&inputs, |first| Ok(diff_with(&inputs, first))).unwrap().1
        })
    };
    for (plan, before) in [(plan("small", true), "update"), (plan("large", false), "wait for")] {
        let before = step(&plan, before, "a/db").id;
        assert_eq!(step(&plan, "update", "a/logs").dependencies, [before].into(), "{}", plan.render());
    }
}

#[test]
fn what_is_changed_follows_the_order_of_the_program_and_not_that_of_the_state() {
    let logs = |path: &'static str, key: Json| (path, LOG_GROUP, json!({"LogGroupName": path, "KmsKeyId": key}));
    let of = |path| to(path, "Arn");
    let before = assembly(&[logs("a/one", of("a/two")), logs("a/two", json!("key"))]);
    let after = assembly(&[logs("a/one", json!("key")), logs("a/two", of("a/one"))]);
    let (_, plan) = planned(&before, &after).unwrap();
    assert!(waits(&plan, ("update", "a/two"), ("update", "a/one")), "{}", plan.render());
}

#[test]
fn only_an_output_that_had_a_value_and_is_replaced_is_said_to_be_replaced() {
    let program = |block: &str, dns: bool, outputs: &[&str]| {
        let mut program =
            assembly(&[vpc(block), ("a/other", VPC, json!({"CidrBlock": "10.9.0.0/16", "EnableDnsSupport": dns}))]);
        for name in outputs {
            let reference = match *name {
                "dns" => crate::fake::reference("a/other", "EnableDnsSupport"),
                _ => crate::fake::reference("a/vpc", "VpcId"),
            };
            program.outputs.insert((*name).into(), reference);
        }
        program
    };
    let mut state = deployed(&program("10.0.0.0/16", false, &[]));
    state.outputs = [("dns".to_owned(), json!(false)), ("id".to_owned(), json!("a/vpc-id"))].into();
    let after = program("10.1.0.0/16", true, &["dns", "id", "new"]);
    let (changes, plan) = planned_part(&after, &state, &[]).unwrap();
    assert_eq!(changes.outputs.keys().collect::<Vec<_>>(), ["dns", "id", "new"]);
    assert_eq!(plan.replaced_outputs, [("id".to_owned(), "a/vpc".into())].into());
}

/// A network with a gateway, and these.
fn public(gateway: &str, vpn: &str, more: &[Entry<'static>]) -> Assembly {
    let attached = json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": gateway, "VpnGatewayId": vpn});
    assembly(&[&[("a/att", GATEWAY, attached), subnet(), vpc("10.0.0.0/16")][..], more].concat())
}

fn planned_on_aws(before: &Assembly, after: &Assembly) -> Plan {
    with_inputs(after, &deployed(before), |inputs| {
        let inputs = super::Inputs { behavior: &groundplan_schema::behavior, ..*inputs };
        arrange(&inputs, |first| Ok(diff_with(&inputs, first))).unwrap().1
    })
}

#[test]
fn what_comes_with_public_addresses_waits_for_no_other_change_of_the_attachment() {
    let balancer = json!({"Scheme": "internet-facing", "Subnets": [to("a/subnet", "SubnetId")]});
    let plan = |vpn: &str, gateway: &str| {
        let after = public(gateway, vpn, &[("a/alb", BALANCER, balancer.clone())]);
        planned_on_aws(&public("igw-1", "vgw-1", &[]), &after)
    };
    assert!(waits(&plan("vgw-1", "igw-2"), ("create", "a/alb"), ("update", "a/att")));
    assert!(!waits(&plan("vgw-2", "igw-1"), ("create", "a/alb"), ("update", "a/att")));
}

#[test]
fn a_gateway_is_exchanged_whatever_else_was_made_after_its_attachment() {
    let mut before = public("igw-1", "vgw-1", &[("a/logs", LOG_GROUP, json!({"LogGroupName": "l"}))]);
    before.resources.get_mut("a/logs").unwrap().depends_on.insert("a/att".into());
    let plan = planned_on_aws(&before, &public("igw-2", "vgw-1", &[]));
    assert!(waits(&plan, ("delete", "a/logs"), ("update", "a/att")), "{}", plan.render());
    assert!(!waits(&plan, ("update", "a/att"), ("delete", "a/logs")), "{}", plan.render());
}

#[test]
fn members_of_two_clusters_are_rebooted_at_the_same_time() {
    let group = json!({"Family": "f", "Description": "d"});
    let member = |path: &'static str, cluster: &str| {
        let member = json!({"DBClusterIdentifier": cluster, "DBParameterGroupName": to("a/pg", "DBParameterGroupName"), "ApplyImmediately": true});
        (path, DATABASE, member)
    };
    let program = |connections: &str| {
        let mut program = assembly(&[
            ("a/pg", crate::fake::PARAMETERS, group.clone()),
            member("a/one", "cluster-1"),
            member("a/two", "cluster-2"),
        ]);
        let parameters = Value::from_json(json!({"max_connections": connections})).unwrap();
        program.resources.get_mut("a/pg").unwrap().properties.insert("Parameters".into(), parameters);
        program
    };
    let (_, plan) = planned(&program("100"), &program("200")).unwrap();
    let before = |path| step(&plan, "update", path).dependencies.clone();
    assert_eq!(before("a/one"), before("a/two"), "{}", plan.render());
}

#[test]
fn what_moves_and_goes_first_is_deleted_under_its_new_path() {
    let group = |path: &'static str, description: &str| {
        (path, GROUP, json!({"GroupDescription": description, "VpcId": "vpc-1", "GroupName": "web"}))
    };
    let mut after = assembly(&[group("a/new", "two")]);
    after.resources.get_mut("a/new").unwrap().moved_from = ["a/old".into()].into();
    let (_, plan) = planned(&assembly(&[group("a/old", "one")]), &after).unwrap();
    assert!(waits(&plan, ("delete", "a/new"), ("move", "a/new")), "{}", plan.render());
}
