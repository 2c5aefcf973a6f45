//! Resources that prevent the deletion of others that they were not created after.

use serde_json::json;

use super::claims_tests::{Entry, deployed, planned, planned_part, to, told};
use super::*;
use crate::fake::{LOG_GROUP, assembly};
use crate::hint::{Hint, Hints as _};
use crate::model::State;
use crate::stages::diff::{ChangeSet, diff_with};

const BUCKET: &str = "AWS::S3::Bucket";
const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";
const POLICY: &str = "AWS::IAM::RolePolicy";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";

fn role(path: &'static str, name: &str) -> Entry<'static> {
    (path, ROLE, json!({"RoleName": name}))
}

fn policy(role: serde_json::Value) -> Entry<'static> {
    ("a/p", POLICY, json!({"RoleName": role, "PolicyName": "read"}))
}

/// The steps of deletions and creates, as in `delete a/r1`, in the order of the plan.
fn order(plan: &Plan) -> Vec<String> {
    let is_it = |work: &Work| matches!(work, Work::Create { .. } | Work::Delete { .. });
    let steps = plan.steps.iter().filter(|step| is_it(&step.work));
    steps.map(|step| format!("{} {}", step.work.verb(), step.path)).collect()
}

/// Asserts that each of these steps waits for the one before.
pub(super) fn follow(plan: &Plan, wanted: &[&str]) {
    let order = order(plan);
    let at = |step: &&str| order.iter().position(|other| other == step).unwrap_or_else(|| panic!("{step}: {order:?}"));
    assert!(wanted.iter().map(at).is_sorted(), "{}", plan.render());
    let waits = |pair: &[&str]| {
        let id =
            |name: &str| plan.steps.iter().find(|it| format!("{} {}", it.work.verb(), it.path) == name).unwrap().id;
        let mut open = vec![id(pair[1])];
        let mut seen = BTreeSet::new();
        while let Some(step) = open.pop() {
            open.extend(plan.step(step).dependencies.iter().filter(|before| seen.insert(**before)));
        }
        seen.contains(&id(pair[0]))
    };
    wanted.windows(2).for_each(|pair| assert!(waits(pair), "{pair:?}:\n{}", plan.render()));
}

const PASSES: [&str; 4] = ["delete a/p", "delete a/r1", "create a/r2", "create a/p"];

#[test]
fn a_relation_follows_a_name_that_passes_to_another_resource() {
    let before = [role("a/r1", "r3"), policy(to("a/r1", "RoleName"))];
    let after = [role("a/r1", "r2"), role("a/r2", "r3"), policy(to("a/r2", "RoleName"))];
    let before = assembly(&before);
    let (_, plan) = planned(&before, &assembly(&after)).unwrap();
    follow(&plan, &PASSES);
    assert_eq!(
        told(&before, &assembly(&after)),
        "delete and create again a/p: it is bound to a/r1, which is deleted\n\
         replace a/r1: RoleName cannot be changed in place\n\
         create a/r2: new in the program\n"
    );
    let retyped = [("a/r1", LOG_GROUP, json!({})), role("a/r2", "r3"), policy(to("a/r2", "RoleName"))];
    let (_, plan) = planned(&before, &assembly(&retyped)).unwrap();
    follow(&plan, &PASSES);
}

/// As synth leaves it where one resource names another one by text.
fn named(mut program: Assembly, path: &str, other: &str) -> Assembly {
    program.resources.get_mut(path).unwrap().depends_on.insert(other.into());
    program
}

#[test]
fn a_relation_follows_a_name_that_it_has_as_text() {
    let before = named(assembly(&[role("a/r1", "r3"), policy(json!("r3"))]), "a/p", "a/r1");
    let after = assembly(&[role("a/r1", "r2"), role("a/r2", "r3"), policy(json!("r3"))]);
    let (_, plan) = planned(&before, &named(after, "a/p", "a/r2")).unwrap();
    follow(&plan, &PASSES);
    // The same role is made anew.
    let mut tainted = deployed(&before);
    tainted.resources.get_mut("a/r1").unwrap().status = crate::model::ResourceStatus::Tainted;
    let (_, plan) = planned_part(&before, &tainted, &[]).unwrap();
    follow(&plan, &["delete a/p", "delete a/r1", "create a/r1", "create a/p"]);
}

#[test]
fn a_policy_follows_the_name_of_a_bucket_with_which_it_would_go() {
    let bucket = |path: &'static str, name: &str| (path, BUCKET, json!({"BucketName": name}));
    let policy = |of: &str| ("a/p", BUCKET_POLICY, json!({"Bucket": to(of, "BucketName")}));
    let before = assembly(&[bucket("a/r1", "media"), policy("a/r1")]);
    let after = assembly(&[bucket("a/r1", "films"), bucket("a/r2", "media"), policy("a/r2")]);
    let (_, plan) = planned(&before, &after).unwrap();
    follow(&plan, &PASSES);
}

#[test]
fn what_goes_on_to_name_what_is_deleted_is_refused() {
    let refused = |before: &Assembly, after: &[Entry<'_>]| {
        let planned = planned(before, &assembly(after));
        planned.map(|(_, plan)| plan.render()).unwrap_err().to_string()
    };
    let stays = policy(json!("r3"));
    let before = named(assembly(&[role("a/r1", "r3"), stays.clone()]), "a/p", "a/r1");
    let error = refused(&before, std::slice::from_ref(&stays));
    for part in [
        "`a/r1` is held by a/p (RoleName)",
        "it is no longer in the program; let them use a different resource, or remove",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let error = refused(&before, &[role("a/r1", "r2"), stays]);
    assert!(error.contains("`a/r1` is held by a/p (RoleName), and the old one is deleted"), "{error}");

    // A bucket goes with its policy, though nothing holds it.
    let stays = ("a/p", BUCKET_POLICY, json!({"Bucket": "media"}));
    let before = assembly(&[("a/b", BUCKET, json!({"BucketName": "media"})), stays.clone()]);
    let error = refused(&named(before, "a/p", "a/b"), &[stays]);
    assert!(error.contains("`a/b` is held by a/p (Bucket)"), "{error}");

    // What can be changed, and does not change.
    let profile = |of: &str| ("a/x", PROFILE, json!({"Roles": [to(of, "RoleName")]}));
    let before = assembly(&[role("a/r1", "r3"), profile("a/r1")]);
    let error = refused(&before, &[role("a/r1", "r2"), role("a/r2", "r3"), profile("a/r2")]);
    assert!(error.contains("`a/r1` is held by a/x (Roles)"), "{error}");
}

#[test]
fn what_lets_go_of_a_name_holds_nothing() {
    let profile = |name: &str| ("a/x", PROFILE, json!({"Roles": [name]}));
    let before = named(assembly(&[role("a/r1", "r3"), role("a/r2", "r4"), profile("r3")]), "a/x", "a/r1");
    let after = named(assembly(&[role("a/r2", "r4"), profile("r4")]), "a/x", "a/r2");
    let (_, plan) = planned(&before, &after).unwrap();
    let update = plan.steps.iter().find(|step| matches!(step.work, Work::Update { .. })).unwrap();
    let delete = plan.steps.iter().find(|step| matches!(step.work, Work::Delete { .. })).unwrap();
    assert!(delete.dependencies.contains(&update.id), "{}", plan.render());
}

#[test]
fn what_is_retained_holds_the_old_one_of_what_is_replaced() {
    let subnet = ("a/subnet", crate::fake::SUBNET, json!({"VpcId": to("a/vpc", "VpcId")}));
    let mut before = assembly(&[crate::fake::vpc("10.0.0.0/16"), subnet]);
    before.resources.get_mut("a/subnet").unwrap().lifecycle.retain = true;
    let error = planned(&before, &assembly(&[crate::fake::vpc("10.1.0.0/16")])).unwrap_err().to_string();
    for part in ["`a/vpc` is held by a/subnet (VpcId)", "declare the new resource under another path"] {
        assert!(error.contains(part), "{error}");
    }
    // There, it stays with it.
    let moved = assembly(&[("a/net", crate::fake::VPC, json!({"CidrBlock": "10.1.0.0/16"}))]);
    let (_, plan) = planned(&before, &moved).unwrap();
    let retained = plan.steps.iter().filter(|step| step.work == Work::Retain).map(|step| step.path.as_str());
    assert_eq!(retained.collect::<Vec<_>>(), ["a/subnet", "a/vpc"], "{}", plan.render());
}

pub(super) const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
pub(super) const GATEWAY: &str = "AWS::EC2::VPCGatewayAttachment";

/// A balancer in a VPC with an internet gateway, which neither names.
pub(super) fn public(gateway: &str, scheme: &str) -> Assembly {
    assembly(&[
        ("a/alb", BALANCER, json!({"Scheme": scheme, "Subnets": [to("a/subnet", "SubnetId")]})),
        ("a/att", GATEWAY, json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": gateway})),
        crate::fake::subnet(),
        crate::fake::vpc("10.0.0.0/16"),
    ])
}

/// As [`planned`], by the facts of AWS.
fn planned_on_aws(before: &Assembly, after: &Assembly) -> (ChangeSet, Plan) {
    let state = deployed(before);
    crate::fake::with_inputs(after, &state, |inputs| {
        let inputs = Inputs { behavior: &groundplan_schema::behavior, ..*inputs };
        arrange(&inputs, |first| Ok(diff_with(&inputs, first))).unwrap()
    })
}

#[test]
fn what_has_public_addresses_goes_before_the_gateway_of_its_network() {
    let moved = |before: &Assembly| {
        let mut after = before.clone();
        let vpc = after.resources.get_mut("a/vpc").unwrap();
        vpc.properties.insert("CidrBlock".into(), "10.1.0.0/16".into());
        let subnet = after.resources.get_mut("a/subnet").unwrap();
        subnet.properties.insert("CidrBlock".into(), "10.1.1.0/24".into());
        after.resources.get_mut("a/alb").unwrap().properties.insert("Name".into(), "new".into());
        after
    };
    let before = public("igw-1", "internet-facing");
    let (_, plan) = planned_on_aws(&before, &moved(&before));
    follow(&plan, &["create a/vpc", "delete a/alb", "delete a/att", "create a/att"]);
    let (_, plan) = planned(&before, &assembly(&[])).unwrap();
    follow(&plan, &["delete a/alb", "delete a/att"]);
    let before = public("igw-1", "internal");
    let (changes, _) = planned_on_aws(&before, &moved(&before));
    assert_eq!(
        changes.changes["a/alb"].action,
        crate::stages::diff::Action::Replace(crate::stages::diff::Order::CreateFirst)
    );
}

/// Checks all relations between an address and the VPC.
#[test]
fn what_may_have_public_addresses_goes_before_the_gateway_of_its_network() {
    let instance = |address: bool| {
        let interface = json!({"AssociatePublicIpAddress": address, "SubnetId": to("a/subnet", "SubnetId")});
        ("a/instance", "AWS::EC2::Instance", json!({"NetworkInterfaces": [interface]}))
    };
    let database = |name: &'static str, properties: serde_json::Value| (name, "AWS::RDS::DBInstance", properties);
    let group = ("a/group", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": [to("a/subnet", "SubnetId")]}));
    let of_group = to("a/group", "DBSubnetGroupName");
    let cluster = ("a/cluster", "AWS::RDS::DBCluster", json!({"DBSubnetGroupName": of_group}));
    let member = json!({"DBClusterIdentifier": to("a/cluster", "DBClusterIdentifier")});
    let nat = ("a/nat", "AWS::EC2::NatGateway", json!({"VpcId": to("a/vpc", "VpcId"), "AvailabilityMode": "regional"}));
    let address = ("a/address", "AWS::EC2::EIPAssociation", json!({"InstanceId": to("a/instance", "InstanceId")}));
    let closed = database("a/closed", json!({"DBSubnetGroupName": of_group, "PubliclyAccessible": false}));
    for (entries, last, waits) in [
        (vec![("a/bare", "AWS::EC2::Instance", json!({"SubnetId": to("a/subnet", "SubnetId")}))], "a/bare", true),
        (vec![instance(true)], "a/instance", true),
        (vec![instance(false)], "a/instance", false),
        (vec![instance(false), address], "a/address", true),
        (vec![group.clone(), database("a/db", json!({"DBSubnetGroupName": of_group}))], "a/db", true),
        (vec![group.clone(), cluster, database("a/member", member)], "a/member", true),
        (vec![group, closed], "a/closed", false),
        (vec![nat], "a/nat", true),
    ] {
        let mut all = vec![
            ("a/att", GATEWAY, json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": "igw-1"})),
            crate::fake::subnet(),
            crate::fake::vpc("10.0.0.0/16"),
        ];
        all.extend(entries);
        let (_, plan) = planned_on_aws(&assembly(&all), &assembly(&[]));
        let deletes = |path: &str| plan.steps.iter().find(|it| it.path.as_str() == path).unwrap();
        assert_eq!(deletes("a/att").dependencies.contains(&deletes(last).id), waits, "{last}\n{}", plan.render());
    }
}

#[test]
fn what_only_may_have_public_addresses_refuses_no_plan() {
    let program = |attached: bool, address: Option<bool>| {
        let subnet = to("a/subnet", "SubnetId");
        let properties = match address {
            Some(address) => json!({"NetworkInterfaces": [{"AssociatePublicIpAddress": address, "SubnetId": subnet}]}),
            None => json!({"SubnetId": subnet}),
        };
        let mut all = vec![("a/i", "AWS::EC2::Instance", properties)];
        if attached {
            all.push(("a/att", GATEWAY, json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": "igw-1"})));
        }
        all.extend([crate::fake::subnet(), crate::fake::vpc("10.0.0.0/16")]);
        assembly(&all)
    };
    for (address, refused) in [(None, false), (Some(false), false), (Some(true), true)] {
        let planned = planned(&program(true, address), &program(false, address));
        assert_eq!(planned.is_err(), refused, "{address:?}");
    }
}

#[test]
fn a_gateway_stays_attached_for_what_has_public_addresses_and_stays() {
    let before = public("igw-1", "internet-facing");
    let held = |after: &Assembly| planned(&before, after).unwrap_err().to_string();
    let mut after = before.clone();
    after.resources.remove("a/att");
    assert!(held(&after).contains("`a/att` is held by a/alb (its public addresses)"), "{}", held(&after));
    let after = public("igw-2", "internet-facing");
    assert!(held(&after).contains("`a/att` is held by a/alb (its public addresses)"), "{}", held(&after));

    let mut state = deployed(&before);
    state.resources.get_mut("a/alb").unwrap().lifecycle.retain = true;
    let (_, plan) = planned_part(&assembly(&[]), &state, &[]).unwrap();
    let retained = plan.steps.iter().filter(|step| step.work == Work::Retain).map(|step| step.path.as_str());
    assert_eq!(retained.collect::<Vec<_>>(), ["a/alb", "a/att", "a/subnet", "a/vpc"], "{}", plan.render());
}

/// As [`planned_part`], where `old` was replaced at its path and is still to be deleted.
fn planned_beside(old: &Assembly, now: &Assembly, after: &Assembly) -> Result<(ChangeSet, Plan), Error> {
    let mut state = deployed(now);
    let former = deployed(old);
    for (path, resource) in former.resources {
        if state.resources.get(&path).is_none_or(|it| it.properties != resource.properties) {
            if let Some(standing) = state.resources.get_mut(&path) {
                standing.generation = 2;
                standing.id = format!("{}-2", standing.id);
                state.generations.insert(path.clone(), 2);
            }
            state.deposed.push(crate::model::Orphan { path, resource });
        }
    }
    planned_part(after, &state, &[])
}

#[test]
fn a_relation_to_what_an_earlier_run_has_replaced_goes_before_that() {
    let policy = |of: &str| ("a/p", POLICY, json!({"RoleName": of, "PolicyName": "read"}));
    let old = assembly(&[role("a/r1", "ww")]);
    let now = named(assembly(&[role("a/r1", "xx"), policy("ww")]), "a/p", "a/r1");
    let back = assembly(&[
        role("a/r1", "ww"),
        ("a/p", POLICY, json!({"RoleName": to("a/r1", "RoleName"), "PolicyName": "read"})),
    ]);
    let (_, plan) = planned_beside(&old, &now, &back).unwrap();
    let left_over = plan.steps.iter().find(|step| step.type_name == ROLE && step.work.deletes("a/r1-id", 1)).unwrap();
    let gone = plan.steps.iter().find(|step| step.path.as_str() == "a/p" && step.work.verb() == "delete").unwrap();
    assert!(left_over.dependencies.contains(&gone.id), "{}", plan.render());

    let profile = |of: serde_json::Value| ("a/x", PROFILE, json!({"Roles": [of]}));
    let now = assembly(&[role("a/r1", "xx"), profile(json!("ww"))]);
    let back = assembly(&[role("a/r1", "ww"), profile(to("a/r1", "RoleName"))]);
    let error = planned_beside(&old, &now, &back).unwrap_err().to_string();
    assert!(error.contains("`a/r1` is held by a/x (Roles), and an earlier run has replaced it"), "{error}");
}

#[test]
fn a_deletion_waits_for_what_used_that_resource_and_not_its_path() {
    let network = |path| (path, crate::fake::VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    let group = |of: &str| ("a/y", "AWS::EC2::SecurityGroup", json!({"VpcId": of}));
    let old = named(assembly(&[network("a/x"), group("a/x-id")]), "a/y", "a/x");
    let rule = ("a/x", "AWS::EC2::SecurityGroupIngress", json!({"GroupId": "a/y-id-2"}));
    let now = named(assembly(&[rule, group("a/w-id"), network("a/w")]), "a/x", "a/y");
    let now = named(now, "a/y", "a/w");
    for after in [&now, &old, &assembly(&[])] {
        let (_, plan) = planned_beside(&old, &now, after).unwrap();
        let of = |id: &str, generation| plan.steps.iter().find(|step| step.work.deletes(id, generation)).unwrap();
        assert!(of("a/x-id", 1).dependencies.contains(&of("a/y-id", 1).id), "{}", plan.render());
    }
}

#[test]
fn a_part_of_the_program_is_refused_where_what_is_left_out_holds_what_goes() {
    let stays = policy(json!("r3"));
    let before = named(assembly(&[role("a/r1", "r3"), stays.clone()]), "a/p", "a/r1");
    let only =
        |before: &Assembly, after: &Assembly, path: &str| planned_part(after, &deployed(before), &[path]).unwrap_err();
    let error = only(&before, &assembly(&[stays]), "a/r1");
    for part in ["`a/r1` is held by a/p (RoleName)", "deploy `a/p` in the same run"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(error.hints(), [Hint::IncludePaths { paths: vec!["a/p".into()] }]);
    let before = public("igw-1", "internet-facing");
    let mut after = before.clone();
    after.resources.remove("a/att");
    let error = only(&before, &after, "a/att");
    assert!(error.to_string().contains("`a/att` is held by a/alb (its public addresses)"), "{error}");
}

#[test]
fn a_gateway_is_exchanged_when_what_goes_has_no_address_and_before_what_comes() {
    let alb = |path: &'static str, name: &str, scheme: &str| {
        (path, BALANCER, json!({"Name": name, "Scheme": scheme, "Subnets": [to("a/subnet", "SubnetId")]}))
    };
    let program = |gateway: &str, balancers: &[Entry<'static>]| {
        let mut all = vec![
            ("a/att", GATEWAY, json!({"VpcId": to("a/vpc", "VpcId"), "InternetGatewayId": gateway})),
            crate::fake::subnet(),
            crate::fake::vpc("10.0.0.0/16"),
        ];
        all.extend(balancers.iter().cloned());
        assembly(&all)
    };
    let public = |name: &str| alb("a/alb", name, "internet-facing");
    let follows = |before: &Assembly, after: &Assembly, wanted: &[&str]| {
        let (_, plan) = planned_on_aws(before, after);
        let at = |step: &&str| {
            let is_it = |it: &&Step| format!("{} {}", it.work.verb(), it.path) == **step;
            plan.steps.iter().position(|it| is_it(&it)).unwrap_or_else(|| panic!("{step}:\n{}", plan.render()))
        };
        assert!(wanted.iter().map(at).is_sorted(), "{}", plan.render());
    };
    let before = program("igw-1", &[public("one")]);
    // Replaced, removed, and new.
    follows(&before, &program("igw-2", &[public("two")]), &["delete a/alb", "update a/att", "create a/alb"]);
    follows(&before, &program("igw-2", &[]), &["delete a/alb", "update a/att"]);
    follows(&program("igw-1", &[]), &program("igw-2", &[public("one")]), &["update a/att", "create a/alb"]);
}

#[test]
fn a_name_is_one_of_its_type_and_no_other_text() {
    let data = ("a/b", BUCKET, json!({"BucketName": "data"}));
    let other = ("a/c", BUCKET, json!({"BucketName": "other"}));
    let policy = |bucket: &str| {
        let document = json!({"Resource": to(bucket, "Arn")});
        ("a/p", POLICY, json!({"RoleName": to("a/r", "RoleName"), "PolicyName": "data", "PolicyDocument": document}))
    };
    // The policy is called as the bucket that goes.
    let before = assembly(&[role("a/r", "app"), data.clone(), other.clone(), policy("a/b")]);
    let (changes, _) = planned(&before, &assembly(&[role("a/r", "app"), other, policy("a/c")])).unwrap();
    assert_eq!(changes.changes["a/p"].action, crate::stages::diff::Action::Update);
    // The bucket whose policy it is is called as the role that goes.
    let policy = |principal: serde_json::Value| {
        ("a/p", BUCKET_POLICY, json!({"Bucket": "data", "PolicyDocument": {"Principal": principal}}))
    };
    let before = named(assembly(&[role("a/r", "data"), data.clone(), policy(to("a/r", "Arn"))]), "a/p", "a/b");
    let (changes, _) = planned(&before, &named(assembly(&[data, policy(json!("*"))]), "a/p", "a/b")).unwrap();
    assert_eq!(changes.changes["a/p"].action, crate::stages::diff::Action::Update);
}

#[test]
fn what_belongs_to_a_function_is_made_anew_with_it() {
    let permission = ("a/p", "AWS::Lambda::Permission", json!({"FunctionName": to("a/f", "FunctionName")}));
    let function = |kind: &str| ("a/f", "AWS::Lambda::Function", json!({"FunctionName": "f", "PackageType": kind}));
    let before = assembly(&[function("Image"), permission.clone()]);
    let (changes, _) = planned_on_aws(&before, &assembly(&[function("Zip"), permission]));
    let replaced = crate::stages::diff::Action::Replace(crate::stages::diff::Order::DeleteFirst);
    assert_eq!((changes.changes["a/f"].action, changes.changes["a/p"].action), (replaced, replaced));
}

#[test]
fn what_names_another_one_without_a_trace_in_the_state_holds_it() {
    let before = assembly(&[role("a/r1", "ww"), policy(json!("ww"))]);
    let error = planned(&before, &assembly(&[policy(json!("ww"))])).unwrap_err().to_string();
    assert!(error.contains("`a/r1` is held by a/p (RoleName)"), "{error}");
    let after = named(assembly(&[role("a/r1", "xx"), role("a/r2", "ww"), policy(json!("ww"))]), "a/p", "a/r2");
    let (_, plan) = planned(&before, &after).unwrap();
    follow(&plan, &PASSES);
}

#[test]
fn two_that_name_each_other_and_hold_neither_are_deleted_together() {
    let bucket = |path: &'static str, name: &str, logs: &str| {
        (path, BUCKET, json!({"BucketName": name, "LoggingConfiguration": {"DestinationBucketName": logs}}))
    };
    let before = assembly(&[bucket("a/one", "one", "two"), bucket("a/two", "two", "one")]);
    let (_, plan) = planned(&before, &assembly(&[])).unwrap();
    assert_eq!(order(&plan).len(), 2);
}

#[test]
fn a_change_beside_a_name_lets_go_of_nothing() {
    let function = |path: &str, timeout: u32| {
        let network = json!({"SubnetIds": [to(path, "SubnetId")], "Ipv6AllowedForDualStack": timeout > 1});
        ("a/f", "AWS::Lambda::Function", json!({"VpcConfig": network}))
    };
    let subnet =
        |path: &'static str| (path, crate::fake::SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}));
    let before = assembly(&[subnet("a/one"), function("a/one", 1)]);
    let mut after = assembly(&[function("a/one", 2)]);
    let network = json!({"SubnetIds": ["a/one-id"], "Ipv6AllowedForDualStack": true});
    let entry = after.resources.get_mut("a/f").unwrap();
    entry.properties.insert("VpcConfig".into(), groundplan_core::Value::from_json(network).unwrap());
    let error = planned(&before, &after).unwrap_err().to_string();
    assert!(error.contains("`a/one` is held by a/f (VpcConfig.SubnetIds)"), "{error}");
}

const KEY: &str = "AWS::KMS::Key";

/// A bucket with its key, which is to be replaced where the program still has it.
fn bucket_with_key() -> (Assembly, State) {
    let program = assembly(&[("a/bucket", BUCKET, json!({"KmsKeyId": to("a/key", "Arn")})), ("a/key", KEY, json!({}))]);
    let mut state = deployed(&program);
    state.resources.get_mut("a/key").unwrap().status = crate::model::ResourceStatus::Failed;
    (program, state)
}

/// The same, where an earlier run has retained the bucket.
fn retained_bucket() -> State {
    let (_, mut state) = bucket_with_key();
    state.apply(crate::model::Event::Retained { path: "a/bucket".into() }).unwrap();
    state
}

#[test]
fn the_key_of_a_retained_bucket_is_neither_deleted_nor_replaced() {
    let (_, plan) = planned_part(&assembly(&[]), &retained_bucket(), &[]).unwrap();
    assert_eq!(plan.steps.iter().map(|step| &step.work).collect::<Vec<_>>(), [&Work::Retain]);
    let after = assembly(&[("a/key", KEY, json!({}))]);
    let error = planned_part(&after, &retained_bucket(), &[]).unwrap_err();
    let part = "`a/key` is held by a/bucket (created after it), and `a/bucket` was retained; leave it as it is";
    assert!(error.to_string().contains(part), "{error}");
    assert_eq!(error.hints(), [Hint::DropRetained { path: "a/bucket".into() }]);
    // A bucket that stands there since, with another key, is not what is held.
    let mut both = retained_bucket();
    let mut new = both.retained[0].resource.clone();
    (new.id, new.generation, new.dependencies) = ("new".into(), 2, std::collections::BTreeSet::new());
    new.properties.clear();
    both.resources.insert("a/bucket".into(), new);
    let buckets = assembly(&[("a/bucket", BUCKET, json!({})), ("a/key", KEY, json!({}))]);
    assert_eq!(planned_part(&buckets, &both, &[]).unwrap_err().to_string(), error.to_string());
    // In the run that retains it, too; not for what it does not name, and not where it is deleted.
    let (_, mut state) = bucket_with_key();
    assert!(planned_part(&after, &state, &[]).is_ok());
    state.resources.get_mut("a/bucket").unwrap().lifecycle.retain = true;
    let error = planned_part(&after, &state, &[]).unwrap_err().to_string();
    assert!(error.contains("`a/key` is held by a/bucket (created after it), and the old one is deleted"), "{error}");
    state.resources.get_mut("a/bucket").unwrap().properties.clear();
    assert!(planned_part(&after, &state, &[]).is_ok());
}

#[test]
fn the_old_key_of_a_retained_bucket_is_not_deleted_by_a_later_run() {
    let mut state = retained_bucket();
    let old = state.resources["a/key"].clone();
    let key = state.resources.get_mut("a/key").unwrap();
    (key.generation, key.id, key.status) = (2, "new".into(), crate::model::ResourceStatus::Ready);
    key.outputs.insert("Arn".into(), "new".into());
    state.deposed.push(crate::model::Orphan { path: "a/key".into(), resource: old });
    let (changes, plan) = planned_part(&assembly(&[("a/key", KEY, json!({}))]), &state, &[]).unwrap();
    assert!(changes.is_empty() && plan.steps.is_empty(), "{}", plan.render());
}

#[test]
fn what_holds_another_one_is_not_what_was_retained_at_its_path_before() {
    let stays = policy(json!("r3"));
    let before = named(assembly(&[role("a/r1", "r3"), stays.clone()]), "a/p", "a/r1");
    let mut state = deployed(&before);
    let mut resource = state.resources["a/p"].clone();
    (resource.id, resource.properties, resource.dependencies) = ("old".into(), [].into(), [].into());
    state.resources.get_mut("a/p").unwrap().generation = 2;
    state.retained.push(crate::model::Orphan { path: "a/p".into(), resource });
    let error = planned_part(&assembly(&[stays]), &state, &[]).unwrap_err().to_string();
    let wanted = "`a/r1` is held by a/p (RoleName), and it is no longer in the program";
    assert!(error.contains(wanted), "{error}");
}

#[test]
fn a_part_that_was_left_out_when_the_rest_was_retained_is_retained_later() {
    let policy = ("a/policy", BUCKET_POLICY, json!({"Bucket": to("a/bucket", "BucketName")}));
    let mut state = deployed(&assembly(&[("a/bucket", BUCKET, json!({})), policy]));
    state.resources.get_mut("a/bucket").unwrap().lifecycle.retain = true;
    for (only, path) in [(&["a/bucket"][..], "a/bucket"), (&[], "a/policy")] {
        let (_, plan) = planned_part(&assembly(&[]), &state, only).unwrap();
        let steps: Vec<_> = plan.steps.iter().map(|step| (step.path.as_str(), &step.work)).collect();
        assert_eq!(steps, [(path, &Work::Retain)]);
        state.apply(crate::model::Event::Retained { path: path.into() }).unwrap();
    }
}

#[test]
fn a_second_path_is_only_forgotten() {
    let topic = |path| (path, "AWS::SNS::Topic", json!({"TopicName": "news"}));
    let (_, plan) = planned(&assembly(&[topic("a/new"), topic("a/old")]), &assembly(&[topic("a/new")])).unwrap();
    assert_eq!(plan.steps.iter().map(|step| &step.work).collect::<Vec<_>>(), [&Work::Forget]);
}

#[test]
fn what_names_another_one_within_a_list_lets_go_of_it() {
    let program = |name: &str| {
        let actions = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
        let used = json!([{"CertificateArn": to("a/certificate", "CertificateArn")}]);
        let listener = json!({"LoadBalancerArn": "arn:lb", "DefaultActions": actions, "Certificates": used});
        assembly(&[
            ("a/certificate", "AWS::CertificateManager::Certificate", json!({"DomainName": name})),
            ("a/listener", "AWS::ElasticLoadBalancingV2::Listener", listener),
        ])
    };
    let (changes, plan) = planned(&program("a.example.com"), &program("b.example.com")).unwrap();
    assert_eq!(changes.changes["a/listener"].properties[0].property, "Certificates.0.CertificateArn");
    assert_eq!(order(&plan), ["create a/certificate", "delete a/certificate"]);
    let kept = program("a.example.com");
    let (changes, _) = planned(&kept, &kept).unwrap();
    assert!(!changes.changes["a/listener"].is_about("Certificates.CertificateArn"));
}

#[test]
fn what_names_another_resource_by_an_arn_that_no_output_has_is_deleted_before_it() {
    let arn = "arn:aws:rds:us-east-1:111122223333:cluster:docs";
    let ordered = |arn: &str| {
        let cluster = ("a/docs", "AWS::DocDB::DBCluster", json!({"DBClusterIdentifier": "docs"}));
        let properties = json!({"GlobalClusterIdentifier": "all", "SourceDBClusterIdentifier": arn});
        let before = [cluster, ("a/world", "AWS::DocDB::GlobalCluster", properties)];
        let (_, plan) = planned(&assembly(&before), &assembly(&[])).unwrap();
        let step = |name: &str| plan.steps.iter().find(|step| step.path.as_str() == name).unwrap();
        step("a/docs").dependencies.contains(&step("a/world").id)
    };
    assert!(ordered(arn));
    for other in ["eu-west-1:111122223333:cluster:docs", "us-east-1:444455556666:cluster:docs"] {
        assert!(!ordered(&format!("arn:aws:rds:{other}")), "{other}");
    }
}

#[test]
fn what_would_use_a_new_one_holds_the_old_one_only_by_what_holds() {
    let data = |name: &str| ("a/data", BUCKET, json!({"BucketName": name}));
    let logs =
        ("a/logs", BUCKET, json!({"LoggingConfiguration": {"DestinationBucketName": to("a/data", "BucketName")}}));
    let mut after = assembly(&[data("two"), logs.clone()]);
    after.resources.get_mut("a/data").unwrap().lifecycle.delete_before_create = true;
    assert!(planned(&assembly(&[data("one"), logs]), &after).is_ok());
}
