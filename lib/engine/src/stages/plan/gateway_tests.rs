//! Gateways whose attachment to a VPC is deleted, and resources with public addresses there.

use serde_json::json;

use super::claims_tests::{Entry, deployed, to};
use super::held_tests::{BALANCER, GATEWAY, follow, public};
use super::*;
use crate::fake::{assembly, subnet, vpc};
use crate::model::{Orphan, State};
use crate::stages::diff::diff_with;

/// The plan by the facts of AWS.
fn planned_on_aws(after: &Assembly, state: &State) -> Result<Plan, Error> {
    crate::fake::with_inputs(after, state, |inputs| {
        let inputs = Inputs { behavior: &groundplan_schema::behavior, ..*inputs };
        arrange(&inputs, |first| Ok(diff_with(&inputs, first))).map(|(_, plan)| plan)
    })
}

/// Deposes the resources at these paths, as after a replacement by an earlier run that did not delete them.
fn depose(state: &mut State, paths: &[&str]) {
    for path in paths {
        let (path, resource) = state.resources.remove_entry(*path).unwrap();
        state.deposed.push(Orphan { path, resource });
    }
}

#[test]
fn an_attachment_that_was_replaced_goes_after_what_has_public_addresses() {
    let before = public("igw-1", "internet-facing");
    let mut state = deployed(&before);
    depose(&mut state, &["a/att", "a/alb"]);
    let mut after = before.clone();
    after.resources.retain(|path, _| ["a/vpc", "a/subnet"].contains(&path.as_str()));
    follow(&planned_on_aws(&after, &state).unwrap(), &["delete a/alb", "delete a/att"]);
    // The path may have another one since.
    let mut stands = deployed(&before);
    let resource = state.deposed[0].resource.clone();
    stands.resources.get_mut("a/att").unwrap().generation = 2;
    stands.resources.get_mut("a/att").unwrap().id = "other".into();
    stands.resources.get_mut("a/att").unwrap().properties.insert("VpcId".into(), "vpc-other".into());
    stands.deposed.push(Orphan { path: "a/att".into(), resource });
    depose(&mut stands, &["a/alb"]);
    after.resources.insert("a/att".into(), before.resources["a/att"].clone());
    let plan = planned_on_aws(&after, &stands).unwrap();
    let position = |wanted: &dyn Fn(&Step) -> bool| plan.steps.iter().position(wanted).unwrap();
    let balancer = position(&|it| it.work.verb() == "delete" && it.path.as_str() == "a/alb");
    let attachment = position(&|it| it.work.deletes("a/att-id", 1));
    assert!(plan.steps[attachment].dependencies.contains(&plan.steps[balancer].id), "{}", plan.render());
}

#[test]
fn an_attachment_that_was_replaced_does_not_go_under_what_stays() {
    let before = public("igw-1", "internet-facing");
    let mut state = deployed(&before);
    depose(&mut state, &["a/att"]);
    let mut after = before.clone();
    after.resources.remove("a/att");
    let error = planned_on_aws(&after, &state).unwrap_err().to_string();
    for part in ["`a/att` is held by a/alb (its public addresses)", "an earlier run has replaced it"] {
        assert!(error.contains(part), "{error}");
    }
}

fn attachment(path: &'static str, gateway: &str, of: &str) -> Entry<'static> {
    (path, GATEWAY, json!({"VpcId": to(of, "VpcId"), "InternetGatewayId": gateway}))
}

fn balancer(name: &str) -> Entry<'static> {
    let subnets = json!([to("a/subnet", "SubnetId")]);
    ("a/alb", BALANCER, json!({"Name": name, "Scheme": "internet-facing", "Subnets": subnets}))
}

/// Two VPCs, and these.
fn network(entries: &[Entry<'static>]) -> Assembly {
    let other = ("a/other", crate::fake::VPC, json!({"CidrBlock": "10.1.0.0/16"}));
    assembly(&[&[vpc("10.0.0.0/16"), other, subnet()], entries].concat())
}

#[test]
fn what_will_have_public_addresses_is_made_after_the_attachment_that_takes_the_place_of_another_one() {
    let plan = |before: &[Entry<'static>], after: &[Entry<'static>]| {
        planned_on_aws(&network(after), &deployed(&network(before))).unwrap()
    };
    let old = attachment("a/att", "igw-1", "a/vpc");
    let passed = [attachment("a/att", "igw-1", "a/other"), attachment("a/new", "igw-2", "a/vpc")];
    let after = [&passed[..], &[balancer("two")]].concat();
    let wanted = ["delete a/att", "create a/new", "create a/alb"];
    follow(&plan(std::slice::from_ref(&old), &after), &wanted);
    // One that is replaced for that goes before.
    let wanted = ["delete a/alb", "delete a/att", "create a/new", "create a/alb"];
    follow(&plan(&[old.clone(), balancer("one")], &after), &wanted);
    // Under another name it is the same attachment, which is changed in place.
    let renamed = plan(std::slice::from_ref(&old), &[attachment("a/new", "igw-2", "a/vpc"), balancer("two")]);
    let step = |path: &str, verb: &str| {
        let mut steps = renamed.steps.iter().filter(|step| step.path.as_str() == path && step.work.verb() == verb);
        steps.next().unwrap_or_else(|| panic!("{}", renamed.render()))
    };
    assert!(step("a/alb", "create").dependencies.contains(&step("a/new", "update").id), "{}", renamed.render());
    // What comes into another VPC waits for nothing.
    let elsewhere = |path: &'static str, of: &str| (path, crate::fake::SUBNET, json!({"VpcId": to(of, "VpcId")}));
    let there = ("a/alb", BALANCER, json!({"Scheme": "internet-facing", "Subnets": [to("a/there", "SubnetId")]}));
    let plan = plan(&[old], &[elsewhere("a/there", "a/other"), there]);
    let create = plan.steps.iter().find(|it| it.work.verb() == "create" && it.path.as_str() == "a/alb").unwrap();
    let before: Vec<_> = create.dependencies.iter().map(|id| plan.step(*id).path.as_str()).collect();
    assert!(!before.contains(&"a/att"), "{}", plan.render());
}
