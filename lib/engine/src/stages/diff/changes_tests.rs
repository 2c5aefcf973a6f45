use groundplan_core::Assembly;
use groundplan_core::assembly::Lifecycle;
use groundplan_schema::Replacement;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, LOG_GROUP, SUBNET, VPC, assembly, identity};
use crate::model::Orphan;
use crate::stages::diff::tests::{changes, deployed, pending_create, told};

const BUCKET: &str = "AWS::S3::Bucket";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const PARAMETER: &str = "AWS::SSM::Parameter";
const POLICY: &str = "AWS::IAM::RolePolicy";
const ROLE: &str = "AWS::IAM::Role";

fn one(type_name: &str, properties: Json) -> Assembly {
    assembly(&[("a/x", type_name, properties)])
}

/// Returns the planned change of the one resource.
fn change(before: &Assembly, after: &Assembly) -> Change {
    changes(after, &deployed(before)).changes.remove("a/x").unwrap()
}

fn logs(path: &'static str) -> (&'static str, &'static str, Json) {
    (path, LOG_GROUP, json!({"LogGroupName": "/shop"}))
}

#[test]
fn what_an_interrupted_run_may_have_made_is_created_for_that_reason() {
    let program = one(VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    let mut state = deployed(&assembly(&[]));
    pending_create(&mut state, "a/x", VPC);
    assert_eq!(changes(&program, &state).changes["a/x"].reasons, [Reason::Interrupted]);
}

#[test]
fn a_path_that_is_taken_or_may_be_is_no_new_one_of_what_is_removed() {
    let (kept, both) = (assembly(&[logs("a/new")]), assembly(&[logs("a/new"), logs("a/old")]));
    assert_eq!(
        told(&changes(&kept, &deployed(&both))),
        ["forget a/old: no longer in the program; it is the same resource in the account as a/new, which stays"]
    );
    let mut state = deployed(&assembly(&[logs("a/old")]));
    pending_create(&mut state, "a/new", LOG_GROUP);
    assert_eq!(
        told(&changes(&kept, &state)),
        ["create a/new: an earlier run was interrupted here", "delete a/old (loses data): no longer in the program"]
    );
}

#[test]
fn a_generated_name_stays_claimed_by_a_change_in_place_and_not_by_what_is_made_anew() {
    let claims = |before: Json, after: Json, type_name: &str| {
        let changes = changes(&one(type_name, after), &deployed(&one(type_name, before)));
        changes.claims.get("a/x").map(|claims| claims.iter().map(Claim::values).collect::<Vec<_>>())
    };
    let tags = json!({"Tags": [{"Key": "a", "Value": "1"}]});
    assert_eq!(claims(json!({}), tags, BUCKET), Some(vec!["id-of-a/x".to_owned()]));
    assert_eq!(claims(json!({"Path": "/a/"}), json!({"Path": "/b/"}), ROLE), None);
}

#[test]
fn what_is_replaced_for_a_property_is_not_said_to_be_bound_too() {
    let program = |name: &str| {
        assembly(&[
            ("a/bucket", BUCKET, json!({"BucketName": name})),
            ("a/x", "AWS::S3::BucketPolicy", json!({"Bucket": {"$ref": "a/bucket#BucketName"}})),
        ])
    };
    let after = |mut program: Assembly| {
        program.resources.get_mut("a/bucket").unwrap().lifecycle.delete_before_create = true;
        program
    };
    let change = change(&program("media"), &after(program("films")));
    assert_eq!(change.reasons, [Reason::Forces { property: "Bucket".into() }]);
}

#[test]
fn a_relation_is_bound_only_by_what_cannot_be_changed() {
    let program = assembly(&[
        ("a/other", ROLE, json!({"RoleName": "other"})),
        (
            "a/x",
            POLICY,
            json!({"RoleName": "worker", "PolicyName": "read", "PolicyDocument": {"$ref": "a/other#RoleName"}}),
        ),
    ]);
    let mut state = deployed(&program);
    state.resources.get_mut("a/x").unwrap().properties.insert("PolicyDocument".into(), Value::from("other"));
    state.resources.get_mut("a/other").unwrap().status = ResourceStatus::Tainted;
    let changes = changes(&program, &state).changes;
    assert_eq!(changes["a/other"].action, Action::Replace(Order::DeleteFirst));
    assert_eq!(changes["a/x"].action, Action::NoOp);
}

#[test]
fn what_is_replaced_anyway_lacks_no_setting() {
    let program = one(VPC, json!({}));
    let mut state = deployed(&program);
    let resource = state.resources.get_mut("a/x").unwrap();
    (resource.incomplete, resource.status) = (true, ResourceStatus::Tainted);
    assert_eq!(changes(&program, &state).changes["a/x"].reasons, [Reason::Tainted]);
}

#[test]
fn what_the_program_protects_from_now_on_is_not_replaced() {
    let program = |tenancy: &str| one(VPC, json!({"CidrBlock": tenancy}));
    let mut after = program("10.1.0.0/16");
    after.resources.get_mut("a/x").unwrap().lifecycle.protect = true;
    assert!(change(&program("10.0.0.0/16"), &after).protected);
}

#[test]
fn other_dependencies_are_recorded() {
    let mut after = assembly(&[logs("a/logs"), ("a/x", VPC, json!({}))]);
    let before = after.clone();
    after.resources.get_mut("a/x").unwrap().depends_on.insert("a/logs".into());
    assert_eq!(told(&changes(&after, &deployed(&before))), ["record a/x: its dependencies change"]);
}

#[test]
fn what_was_ignored_is_shown_in_its_place_among_what_is_made_anew() {
    let program = |description: &str, name: &str| {
        let mut program = one(GROUP, json!({"GroupDescription": description, "GroupName": name}));
        program.resources.get_mut("a/x").unwrap().lifecycle.ignore_changes.insert("GroupDescription".into());
        program
    };
    let change = change(&program("one", "alpha"), &program("two", "beta"));
    let shown: Vec<_> = change.properties.iter().map(|it| (it.property.as_str(), it.replacement)).collect();
    assert_eq!(
        shown,
        [("GroupDescription", Replacement::Never), ("GroupName", Replacement::Always)],
        "it is not the reason"
    );
}

#[test]
fn a_relation_goes_first_unless_the_old_and_the_new_one_say_what_they_claim() {
    let policy = |name: &str| one(POLICY, json!({"RoleName": "worker", "PolicyName": name}));
    let unnamed = || one(POLICY, json!({"RoleName": "worker"}));
    let order = |before: &Assembly, after: &Assembly| change(before, after).action;
    assert_eq!(order(&policy("read"), &policy("write")), Action::Replace(Order::CreateFirst));
    assert_eq!(order(&policy("read"), &unnamed()), Action::Replace(Order::DeleteFirst));
    assert_eq!(order(&unnamed(), &policy("read")), Action::Replace(Order::DeleteFirst));
}

#[test]
fn what_cannot_exist_twice_goes_first_unless_the_new_one_is_elsewhere_or_another_thing() {
    let subnet = |zone: &str| one(SUBNET, json!({"VpcId": "vpc-1", "AvailabilityZone": zone}));
    assert_eq!(change(&subnet("a"), &subnet("b")).action, Action::Replace(Order::DeleteFirst));
    let mut far = subnet("a");
    far.stacks.insert("a".into(), Environment::new("eu-west-1"));
    assert_eq!(change(&subnet("a"), &far).action, Action::Replace(Order::CreateFirst));
    let other = one(VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    assert_eq!(change(&other, &subnet("a")).action, Action::Replace(Order::CreateFirst));
    // The schema says so of some types, which no row of behavior has to repeat.
    let address =
        |address: &str| one("AWS::EC2::EIPAssociation", json!({"AllocationId": address, "InstanceId": "i-1"}));
    assert_eq!(change(&address("eipalloc-1"), &address("eipalloc-2")).action, Action::Replace(Order::DeleteFirst));
}

#[test]
fn the_account_is_known_before_anything_is_made_and_what_does_not_exist_is_not() {
    let value = |attribute: &str| {
        let program = one(PARAMETER, json!({"Value": {"$ref": attribute}}));
        let mut state = deployed(&one(PARAMETER, json!({"Value": "before"})));
        state.identity = Some(identity());
        changes(&program, &state).changes["a/x"].properties[0].to.clone()
    };
    assert_eq!(value("a#AccountId"), Rendered::Known(identity().account.into()));
    assert_eq!(value("a/none#Arn"), Rendered::Unknown);
}

#[test]
fn a_property_that_is_changed_in_place_is_taken_as_it_will_be() {
    let program = |days: u32| {
        assembly(&[
            ("a/logs", LOG_GROUP, json!({"RetentionInDays": days})),
            ("a/x", PARAMETER, json!({"Value": {"$ref": "a/logs#RetentionInDays"}})),
        ])
    };
    let mut state = deployed(&program(7));
    state.resources.get_mut("a/x").unwrap().properties.insert("Value".into(), Value::from(7));
    let properties = &changes(&program(14), &state).changes["a/x"].properties;
    assert_eq!((&properties[0].from, &properties[0].to), (&Rendered::Known(7.into()), &Rendered::Known(14.into())));
}

#[test]
fn a_second_path_of_one_thing_loses_nothing_and_one_that_is_retained_needs_no_other_reason() {
    let database = |path| (path, DATABASE, json!({"DBInstanceIdentifier": "orders"}));
    let (kept, both) = (assembly(&[database("a/db")]), assembly(&[database("a/db"), database("a/old")]));
    let with = |lifecycle: Lifecycle| {
        let mut state = deployed(&both);
        state.resources.get_mut("a/old").unwrap().lifecycle = lifecycle;
        changes(&kept, &state).changes.remove("a/old").unwrap()
    };
    let second = with(Lifecycle { protect: true, ..Lifecycle::default() });
    assert_eq!((second.action, second.data_loss, second.protected), (Action::Forget, false, false));
    let retained = with(Lifecycle { retain: true, ..Lifecycle::default() });
    assert_eq!(retained.reasons, [Reason::Removed, Reason::Retained]);
}

#[test]
fn an_output_that_gets_another_value_changes() {
    let mut program = assembly(&[]);
    program.outputs.insert("zone".into(), Value::from("Z2"));
    let state = State { outputs: [("zone".to_owned(), "Z1".into())].into(), ..State::new("shop") };
    let set = OutputChange::Set { from: Some("Z1".into()), to: Rendered::Known("Z2".into()) };
    assert_eq!(changes(&program, &state).outputs["zone"], set);
}

#[test]
fn a_set_of_changes_is_empty_only_where_there_is_nothing_to_do_anywhere() {
    let program = one(VPC, json!({}));
    let empty = changes(&program, &deployed(&program));
    assert!(empty.is_empty());
    let mut left = deployed(&program);
    left.deposed.push(Orphan { path: "a/x".into(), resource: left.resources["a/x"].clone() });
    assert!(!changes(&program, &left).is_empty());
    assert!(!changes(&assembly(&[]), &deployed(&program)).is_empty());
    let outputs = [("a".to_owned(), OutputChange::Removed)].into();
    assert!(!ChangeSet { outputs, ..empty.clone() }.is_empty());
    let import = super::super::ImportChange { from: None, to: None };
    assert!(!ChangeSet { imports: [("b:a".to_owned(), import)].into(), ..empty.clone() }.is_empty());
    let lookup = super::super::LookupChange { from: Rendered::Absent, to: Rendered::Absent };
    assert!(!ChangeSet { lookups: [("a/x".into(), lookup)].into(), ..empty.clone() }.is_empty());
    let mut kept = empty;
    kept.changes.values_mut().for_each(|change| change.action = Action::Keep);
    assert!(kept.is_empty());
}

#[test]
fn counts_tell_how_many_resources_are_treated_how() {
    let program = one(VPC, json!({}));
    let change = changes(&program, &deployed(&program)).changes.remove("a/x").unwrap();
    let follows = Reason::SameThing { what: "name".into() };
    let all = [
        (Action::Create, Reason::New),
        (Action::Update, Reason::Changed { property: "A".into() }),
        (Action::Update, follows.clone()),
        (Action::Update, follows),
        (Action::Replace(Order::CreateFirst), Reason::Tainted),
        (Action::Delete, Reason::Removed),
        (Action::Keep, Reason::Stateful),
        (Action::NoOp, Reason::New),
        (Action::Retain, Reason::Retained),
        (Action::Move, Reason::New),
        (Action::Record, Reason::LifecycleChanged),
        (Action::Resume, Reason::NotSeenReady),
    ];
    let mut set = ChangeSet::default();
    for (at, (action, reason)) in all.into_iter().enumerate() {
        set.changes.insert(Path::new(format!("a/{at}")), Change { action, reasons: vec![reason], ..change.clone() });
    }
    let mut left = deployed(&program);
    left.deposed.push(Orphan { path: "a/x".into(), resource: left.resources["a/x"].clone() });
    set.deposed = existing::deposed(&left).map(|old| left_over(&old)).collect();
    let counts = set.count();
    let expected = super::super::Counts { create: 1, update: 1, may_update: 2, replace: 1, delete: 2, other: 4 };
    assert_eq!(counts, expected);
    let json = |counts| serde_json::to_value(counts).unwrap();
    assert_eq!(json(counts)["may_update"], 2);
    assert_eq!(json(super::super::Counts { may_update: 0, ..counts }).get("may_update"), None);
}

#[test]
fn a_replacement_elsewhere_names_the_account_where_it_is_another_one() {
    let to = |account: &str| Environment::new("eu-west-1").account(account);
    let moves = |from: Environment, to: Environment| Reason::EnvironmentChanged { from, to }.to_string();
    assert_eq!(moves(to("1"), to("2")), "moves from eu-west-1 to eu-west-1, account 1 to 2");
    assert_eq!(moves(to("1"), Environment::new("us-east-1")), "moves from eu-west-1 to us-east-1");
    assert_eq!(moves(Environment::new("us-east-1").account("1"), to("1")), "moves from us-east-1 to eu-west-1");
}

#[test]
fn each_value_that_is_not_known_yet_says_what_it_is_taken_from() {
    let group = |subnets: Json| ("a/x", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": subnets}));
    let subnet = |path: &'static str| (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}));
    let to = |path: &str| json!({"$ref": format!("{path}#SubnetId")});
    let before = assembly(&[group(json!(["subnet-1", "subnet-2"]))]);
    let after = assembly(&[group(json!([to("a/one"), to("a/two")])), subnet("a/one"), subnet("a/two")]);
    let change = change(&before, &after);
    let because = change.properties.iter().filter_map(|it| it.because.as_ref()).map(ToString::to_string);
    assert_eq!(because.collect::<Vec<_>>(), ["a/one#SubnetId", "a/two#SubnetId"]);
    let shown = serde_json::to_value(&change.properties).unwrap().to_string();
    assert!(shown.contains(r#""because":"a/two#SubnetId""#), "{shown}");
}

#[test]
fn what_is_in_one_network_for_life_does_not_follow_its_subnets_to_another_one() {
    let group = ("a/x", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": [{"$ref": "a/subnet#SubnetId"}]}));
    let program = |block: &str, part: &str| {
        let vpc = ("a/vpc", VPC, json!({"CidrBlock": block}));
        let subnet = ("a/subnet", SUBNET, json!({"VpcId": {"$ref": "a/vpc#VpcId"}, "CidrBlock": part}));
        assembly(&[group.clone(), subnet, vpc])
    };
    let before = program("10.0.0.0/16", "10.0.0.0/24");
    let moved = change(&before, &program("10.1.0.0/16", "10.1.0.0/24"));
    assert_eq!(moved.reasons, [Reason::Forces { property: "SubnetIds".into() }]);
    assert!(matches!(moved.action, Action::Replace(_)));
    // Another subnet of the same network is a change in place.
    let grown = change(&before, &program("10.0.0.0/16", "10.0.1.0/24"));
    assert_eq!(grown.action, Action::Update);
}

#[test]
fn the_old_network_of_what_an_interrupted_run_left_is_still_known() {
    let group = ("a/x", "AWS::RDS::DBSubnetGroup", json!({"SubnetIds": [{"$ref": "a/subnet#SubnetId"}]}));
    let program = |block: &str, part: &str| {
        let vpc = ("a/vpc", VPC, json!({"CidrBlock": block}));
        let subnet = ("a/subnet", SUBNET, json!({"VpcId": {"$ref": "a/vpc#VpcId"}, "CidrBlock": part}));
        assembly(&[group.clone(), subnet, vpc])
    };
    let mut state = deployed(&program("10.0.0.0/16", "10.0.0.0/24"));
    for path in ["a/vpc", "a/subnet"] {
        let resource = state.resources.get_mut(path).unwrap();
        state.deposed.push(Orphan { path: path.into(), resource: resource.clone() });
        resource.id.push_str("-new");
        resource.outputs.values_mut().for_each(|output| *output = resource.id.as_str().into());
        resource.generation = 2;
    }
    let vpc = state.resources["a/vpc"].id.clone();
    let subnet = state.resources.get_mut("a/subnet").unwrap();
    subnet.properties.insert("VpcId".into(), vpc.into());
    let changed = changes(&program("10.0.0.0/16", "10.0.0.0/24"), &state).changes.remove("a/x").unwrap();
    assert!(matches!(changed.action, Action::Replace(_)), "{changed:?}");
}

#[test]
fn what_never_worked_is_replaced_though_it_is_protected_and_what_may_have_is_set_free_first() {
    let database = |protect: bool| {
        let mut program = assembly(&[("a/db", DATABASE, json!({"DBInstanceIdentifier": "orders"}))]);
        program.resources.get_mut("a/db").unwrap().lifecycle.protect = protect;
        program
    };
    let failed = |status: ResourceStatus| {
        let mut state = deployed(&database(true));
        state.resources.get_mut("a/db").unwrap().status = status;
        state
    };
    let of = |program: &Assembly, status| {
        let change = changes(program, &failed(status)).changes.remove("a/db").unwrap();
        (matches!(change.action, Action::Replace(_)), change.protected)
    };
    assert_eq!(of(&database(true), ResourceStatus::Tainted), (true, false));
    assert_eq!(of(&database(true), ResourceStatus::Failed), (true, true));
    assert_eq!(of(&database(false), ResourceStatus::Failed), (false, false), "its protection is taken away");
    let gone = changes(&assembly(&[]), &failed(ResourceStatus::Tainted)).changes.remove("a/db").unwrap();
    assert_eq!((gone.action, gone.protected), (Action::Delete, false));
}

#[test]
fn what_belongs_into_another_account_is_made_anew_there() {
    let before = one(VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    let mut after = before.clone();
    after.stacks.insert("a".into(), Environment::new("us-east-1").account("444455556666"));
    let change = change(&before, &after);
    assert!(matches!(change.action, Action::Replace(_)));
    assert!(matches!(change.reasons[..], [Reason::EnvironmentChanged { .. }]), "{:?}", change.reasons);
}

#[test]
fn what_the_schema_deletes_first_is_deleted_first() {
    let program = one("AWS::DRS::LaunchConfigurationTemplate", json!({}));
    let mut state = deployed(&program);
    state.resources.get_mut("a/x").unwrap().status = ResourceStatus::Failed;
    assert_eq!(changes(&program, &state).changes["a/x"].action, Action::Replace(Order::DeleteFirst));
}

#[test]
fn what_failed_is_replaced_as_long_as_aws_is_to_protect_it() {
    let database =
        |protection: bool| one(DATABASE, json!({"DBInstanceIdentifier": "orders", "DeletionProtection": protection}));
    let mut state = deployed(&database(true));
    state.resources.get_mut("a/x").unwrap().status = ResourceStatus::Failed;
    let kept = changes(&database(true), &state).changes.remove("a/x").unwrap();
    assert!(matches!(kept.action, Action::Replace(_)) && kept.protected, "{kept:?}");
    assert_eq!(changes(&database(false), &state).changes["a/x"].action, Action::Update);
}

#[test]
fn what_is_made_anew_is_not_rebooted_for_its_group() {
    let program = |connections: &str, user: &str| {
        let group = json!({"Description": "d", "Family": "f", "Parameters": {"max_connections": connections}});
        let name = json!({"$ref": "a/pg#DBParameterGroupName"});
        let database = json!({"MasterUsername": user, "DBParameterGroupName": name, "ApplyImmediately": true});
        assembly(&[("a/pg", crate::fake::PARAMETERS, group), ("a/x", DATABASE, database)])
    };
    let change = change(&program("100", "ada"), &program("200", "eve"));
    assert_eq!(change.reasons, [Reason::Forces { property: "MasterUsername".into() }]);
}
