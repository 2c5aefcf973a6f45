//! Commands that a new user tries one after another; against the sandbox, in process.

#[expect(dead_code, reason = "other tests use the rest of it")]
mod machine;

use std::fs;

use groundplan_core::Secret;
use groundplan_resources::{ec2, rds, s3};
use insta::assert_snapshot;

use machine::{Machine, app, database, shop};

#[test]
fn a_command_that_only_reads_creates_nothing() {
    let machine = Machine::new();
    fs::create_dir(machine.path("project")).expect("a directory");
    fs::write(machine.path("project/Cargo.lock"), "").expect("it can be written");
    let project = machine.within("project");
    for command in [
        "plan",
        "plan --destroy",
        "plan --state file:elsewhere",
        "drift",
        "doctor",
        "output",
        "state list",
        "state pull",
        "state restore",
        "history",
        "graph",
        "synth",
    ] {
        project.run(&shop(), command).succeeds();
        let left = fs::read_dir(machine.path("project")).expect("it is there");
        let left: Vec<_> = left.map(|entry| entry.expect("it is there").file_name()).collect();
        assert_eq!(left, ["Cargo.lock"], "{command}");
    }
    project.run(&shop(), "deploy").succeeds();
    assert!(project.run(&shop(), "plan").succeeds().out.contains("no changes"));
}

#[test]
fn a_plan_names_the_variables_that_a_deploy_needs_for_secrets() {
    let program = app(|shop| {
        let instance = rds::DbInstance::new()
            .engine("postgres")
            .db_instance_class("db.t3.small")
            .allocated_storage("20")
            .master_username("admin")
            .master_user_password(Secret::from_env("DB_PASSWORD"));
        shop.add("db", instance);
    });
    let machine = Machine::new();
    let plan = machine.run(&program, "plan").succeeds();
    let named = "a deploy reads secrets from environment variables that are not set here: DB_PASSWORD\n";
    assert!(plan.err.contains(named), "{}", plan.err);
    let json = &machine.run(&program, "plan --json").succeeds().json()[0];
    assert_eq!(json["unset_variables"], serde_json::json!(["DB_PASSWORD"]));
    machine.run(&program, "deploy").fails(3, "set the environment variable DB_PASSWORD, which secrets are read from");

    let set = machine.clone().with("DB_PASSWORD", "hunter2hunter2");
    let plan = set.run(&program, "plan").succeeds();
    assert!(!plan.err.contains("DB_PASSWORD"), "{}", plan.err);
    set.run(&program, "deploy").succeeds();
    // What is not sent again needs no value.
    assert!(!machine.run(&program, "plan").succeeds().err.contains("DB_PASSWORD"));
}

#[test]
fn the_json_of_each_command_names_a_resource_in_the_same_way() {
    let machine = Machine::new();
    let planned = machine.run(&shop(), "plan --json").succeeds().json().remove(0);
    let deployed = machine.run(&shop(), "deploy --json").succeeds().json();
    assert_eq!(deployed[0]["event"], "planned");
    assert_eq!(deployed[0]["changes"], planned["changes"]);
    let again = machine.run(&shop(), "deploy --json").succeeds().json();
    let keys = |events: &[serde_json::Value]| {
        let last = events.last().and_then(|event| event.as_object()).expect("an event").keys();
        last.cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&again), keys(&deployed), "with and without something to do");

    let sandbox = machine.sandbox();
    let inventory = sandbox.inventory().expect("it is whole");
    let media = inventory.iter().find(|item| item.type_name == "AWS::S3::Bucket").expect("it was deployed");
    sandbox.vandalize(&media.type_name, &media.id).expect("it is there");
    drop(sandbox);
    let drift = machine.run(&shop(), "drift --json").json().remove(0);
    assert_eq!(drift["drift"][0]["kind"], "missing");
    let list = machine.run(&shop(), "state list --json").succeeds().json().remove(0);
    let named = |it: &serde_json::Value| (it["path"].clone(), it["type"].clone());
    let media = ("shop/media".into(), "AWS::S3::Bucket".into());
    for found in [&planned["changes"][0], &drift["drift"][0], &list["resources"][0]] {
        assert_eq!(named(found), media);
    }
}

#[test]
fn a_destroy_of_something_protected_shows_that_it_is_refused() {
    let machine = Machine::new();
    let program = app(|shop| {
        shop.add("logs", s3::Bucket::new());
        shop.add("media", s3::Bucket::new()).protect();
    });
    machine.run(&program, "deploy").succeeds();
    let plan = machine.run(&program, "plan --destroy --delete-data").succeeds();
    assert!(plan.out.contains("  !   media  S3::Bucket  PROTECTED  is not deleted\n"), "{}", plan.out);
    assert!(plan.out.contains("1 to delete, 1 protected, so that a deploy is refused"), "{}", plan.out);
    assert!(plan.out.contains("DATA LOSS: 1 resource with"), "{}", plan.out);
}

#[test]
fn tables_keep_their_columns_on_a_terminal_of_80_columns() {
    let mut machine = Machine::new();
    machine.columns = Some(80);
    let program = app(|shop| {
        let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16"));
        let group = shop.add("group", ec2::SecurityGroup::new("Load balancers of the shop").vpc_id(&vpc));
        let rule = ec2::SecurityGroupIngress::new("tcp").group_id(&group).cidr_ip("0.0.0.0/0");
        shop.add("an-ingress-rule-with-a-name-that-is-rather-long", rule.from_port(443).to_port(443));
        shop.add("internet-gateway", ec2::InternetGateway::new());
    });
    let ran = machine.run(&program, "plan --color never").succeeds();
    assert_snapshot!(ran.out, @"
    shop at sandbox, account 123456789012

        shop
      +   an-ingress-rule-with-a-name-that-is-rather-long  EC2::SecurityGroupIngress
          tcp · port 443 · 0.0.0.0/0
      +   group             EC2::SecurityGroup         Load balancers of the shop
      +   internet-gateway  EC2::InternetGateway
      +   vpc               EC2::VPC                   10.0.0.0/16

    Plan: 4 to create, 0 to change, 0 to replace, 0 to delete
    ");
    machine.run(&program, "deploy --color never").succeeds();
    let listed = machine.run(&program, "state list --color never").succeeds();
    insta::with_settings!({filters => vec![(r"[0-9a-f]{17}", "[id]")]}, {
        assert_snapshot!(listed.out, @"
        shop/an-ingress-rule-with-a-name-that-is-rather-long  EC2::SecurityGroupIngress
            sgr-[id]
        shop/group  EC2::SecurityGroup
            sg-[id]
        shop/internet-gateway  EC2::InternetGateway
            igw-[id]
        shop/vpc  EC2::VPC
            vpc-[id]
        ");
    });
}

#[test]
fn state_show_has_what_was_applied_and_no_secret() {
    let machine = Machine::new();
    machine.run(&database("admin"), "deploy").succeeds();
    let shown = machine.run(&database("admin"), "state show shop/db").succeeds().out;
    assert!(shown.contains("MasterUserPassword: (secret, generated, 30 characters)"), "{shown}");
    assert!(shown.contains("MasterUsername: \"admin\""), "{shown}");
    // What is declared, empty or a part of another output says nothing new.
    let outputs = |of: &str| of.split("  outputs:\n").nth(1).expect("it has some").to_owned();
    assert!(!outputs(&shown).contains("MasterUsername"), "{shown}");
    assert!(outputs(&shown).contains("Endpoint: {") && !outputs(&shown).contains("Endpoint.Port"), "{shown}");
    let all = machine.run(&database("admin"), "state show shop/db -v").succeeds().out;
    assert!(outputs(&all).contains("Endpoint.Port"), "{all}");
    machine.run(&database("admin"), "state show shop").fails(3, "resources below this path: shop/db");
}
