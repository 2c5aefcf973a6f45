//! `--refresh` and `drift` after changes outside of the program.

#[expect(dead_code, reason = "other tests use the rest of it")]
mod machine;

use groundplan_core::App;
use groundplan_resources::{Tag, ec2, iam, s3};
use serde_json::{Value as Json, json};

use machine::{Machine, app};

/// A network, a role and a bucket, with tags of the program's own.
fn tagged() -> App {
    app(|shop| {
        let vpc = ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(false);
        let vpc = shop.add("vpc", vpc.tags([Tag::new("team", "shop")]));
        shop.add("group", ec2::SecurityGroup::new("web").vpc_id(&vpc));
        shop.add("worker", iam::Role::new(json!({"Version": "2012-10-17", "Statement": []})));
        let media = shop.add("media", s3::Bucket::new());
        shop.export("bucket", media.bucket_name());
    })
}

/// Each difference that `drift` shows, as `path property`.
fn drift(machine: &Machine) -> Vec<String> {
    let document = machine.run(&tagged(), "drift --json").json().remove(0);
    let found = document["drift"].as_array().expect("it has one").iter();
    let named = found.flat_map(|drift| {
        let path = drift["path"].as_str().unwrap_or_default();
        let properties: Vec<Json> = drift["properties"].as_array().cloned().unwrap_or_default();
        properties.into_iter().map(move |it| format!("{path} {}", it["property"].as_str().unwrap_or_default()))
    });
    named.collect()
}

#[test]
fn what_was_added_outside_stays_reported_after_a_refresh_has_corrected_the_rest() {
    let machine = Machine::new();
    machine.run(&tagged(), "deploy").succeeds();
    let sandbox = machine.sandbox();
    let tamper = |type_name: &str, properties: Json| {
        let id = sandbox.inventory().unwrap().into_iter().find(|it| it.type_name == type_name).unwrap().id;
        sandbox.tamper(type_name, &id, |found| found.extend(properties.as_object().unwrap().clone())).unwrap();
    };
    let tags = |team: &str| json!([{"Key": "team", "Value": team}, {"Key": "by-hand", "Value": "1"}]);
    tamper("AWS::EC2::VPC", json!({"EnableDnsHostnames": true, "Tags": tags("others")}));
    tamper("AWS::IAM::Role", json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}));
    drop(sandbox);
    let added = ["shop/vpc Tags.by-hand", "shop/worker ManagedPolicyArns"];
    let changed = ["shop/vpc EnableDnsHostnames", "shop/vpc Tags.team"];
    assert_eq!(drift(&machine), [changed[0], changed[1], added[0], added[1]]);
    for _ in 0..2 {
        machine.run(&tagged(), "deploy --refresh").succeeds();
        assert_eq!(drift(&machine), added);
    }
}

#[test]
fn a_refresh_directly_after_a_deploy_finds_nothing_to_write_down() {
    let machine = Machine::new();
    machine.run(&tagged(), "deploy").succeeds();
    let plan = machine.run(&tagged(), "plan --refresh").succeeds();
    assert_eq!(plan.out, "shop at sandbox, account 123456789012\nno changes: the target matches the program\n");
    machine.run(&tagged(), "deploy --refresh").succeeds();
    let history = machine.run(&tagged(), "history --json").json().remove(0);
    assert_eq!(history["history"].as_array().expect("it has one").len(), 1, "it has run for nothing");
}
