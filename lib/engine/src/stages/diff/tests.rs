use groundplan_core::assembly::Lifecycle;
use groundplan_core::{ResourceEntry, Value};
use serde_json::json;

use super::*;
use crate::fake::{
    DATABASE, LOG_GROUP, NAT, SUBNET, VPC, assembly, behavior, identity, reference, state, subnet, vpc, with_inputs,
};
use crate::model::{Intent, Operation, ResourceState, ResourceStatus};
use crate::provider::Outputs;
use crate::stages::resolve::substitute_all;

const ROLE: &str = "AWS::IAM::Role";

/// The state after a deploy of `assembly`: every resource is ready under the identifier
/// `id-of-PATH`, which is also its one output.
pub(crate) fn deployed(assembly: &Assembly) -> State {
    let mut state = state();
    for (path, entry) in &assembly.resources {
        let id = format!("id-of-{path}");
        let attribute = match entry.type_name.as_str() {
            VPC => "VpcId",
            SUBNET => "SubnetId",
            NAT => "NatGatewayId",
            _ => "Arn",
        };
        let known = |reference: &Reference| Some(Json::String(format!("id-of-{}", reference.path)));
        let resource = ResourceState {
            former: None,
            incomplete: false,
            type_name: entry.type_name.clone(),
            id: id.clone(),
            environment: assembly.environment(path).unwrap().clone(),
            generation: 1,
            status: ResourceStatus::Ready,
            properties: substitute_all(&entry.properties, &known),
            secrets: BTreeMap::new(),
            outputs: Outputs::from_iter([(attribute.to_owned(), Json::String(id))]),
            dependencies: assembly.dependencies(path),
            lifecycle: entry.lifecycle.clone(),
        };
        state.resources.insert(path.clone(), resource);
    }
    state
}

pub(crate) fn changes(assembly: &Assembly, state: &State) -> ChangeSet {
    with_inputs(assembly, state, diff)
}

pub(crate) fn destroyed(state: &State, delete_data: bool) -> ChangeSet {
    with_inputs(&assembly(&[]), state, |inputs| destroy(inputs, delete_data))
}

/// Leaves a create open, as a run does that is interrupted.
pub(crate) fn pending_create(state: &mut State, path: &str, type_name: &str) {
    let environment = Environment::new("us-east-1");
    let intent = Intent {
        operation: Operation::Create { type_name: type_name.into(), environment, generation: 1 },
        token: "t".into(),
        asked: None,
        properties: BTreeMap::new(),
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
    };
    state.pending.insert(path.into(), intent);
}

fn entry<'a>(assembly: &'a mut Assembly, path: &str) -> &'a mut ResourceEntry {
    assembly.resources.get_mut(path).unwrap()
}

fn network() -> Assembly {
    assembly(&[vpc("10.0.0.0/16"), subnet(), ("a/nat", NAT, json!({"SubnetId": {"$ref": "a/subnet#SubnetId"}}))])
}

/// The action and the reasons of each resource that is not left alone.
pub(crate) fn told(changes: &ChangeSet) -> Vec<String> {
    let changed = changes.changes.values().filter(|change| change.action != Action::NoOp);
    let tell = |change: &Change| {
        let reasons: Vec<_> = change.reasons.iter().map(ToString::to_string).collect();
        let loss = if change.data_loss { " (loses data)" } else { "" };
        format!("{} {}{loss}: {}", change.action.verb(), change.path, reasons.join("; "))
    };
    changed.map(tell).collect()
}

#[test]
fn equal_programs_change_nothing() {
    let changes = changes(&network(), &deployed(&network()));
    assert!(changes.is_empty(), "{:?}", told(&changes));
}

#[test]
fn an_empty_state_creates_everything() {
    assert_eq!(
        told(&changes(&network(), &state())),
        ["create a/nat: new in the program", "create a/subnet: new in the program", "create a/vpc: new in the program"]
    );
}

#[test]
fn a_changed_property_is_an_update_a_replacement_or_perhaps_one() {
    let cases = [
        (VPC, "EnableDnsSupport", json!(false), json!(true), "update a/x: EnableDnsSupport changes"),
        (
            VPC,
            "CidrBlock",
            json!("10.0.0.0/16"),
            json!("10.1.0.0/16"),
            "replace a/x: CidrBlock cannot be changed in place",
        ),
        (
            VPC,
            "InstanceTenancy",
            json!("default"),
            json!("dedicated"),
            "update a/x: InstanceTenancy changes, which may replace it",
        ),
        (
            VPC,
            "Tags",
            json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]),
            json!([{"Key": "b", "Value": "3"}, {"Key": "a", "Value": "1"}]),
            "update a/x: Tags.b changes",
        ),
        (
            SUBNET,
            "AvailabilityZone",
            json!("a"),
            json!("b"),
            "delete and create again a/x: AvailabilityZone cannot be changed in place",
        ),
        (
            DATABASE,
            "StorageEncrypted",
            json!(false),
            json!(true),
            "replace a/x (loses data): StorageEncrypted cannot be changed in place",
        ),
    ];
    for (type_name, property, before, after, expected) in cases {
        let program = |value: &Json| assembly(&[("a/x", type_name, json!({property: value}))]);
        assert_eq!(told(&changes(&program(&after), &deployed(&program(&before)))), [expected]);
    }
}

#[test]
fn a_replacement_reaches_those_whose_values_are_not_known_any_more() {
    let mut program = network();
    entry(&mut program, "a/vpc").properties.insert("CidrBlock".into(), "10.1.0.0/16".into());
    let changes = changes(&program, &deployed(&network()));
    assert_eq!(
        told(&changes),
        [
            "delete and create again a/nat: SubnetId cannot be changed in place",
            "delete and create again a/subnet: VpcId cannot be changed in place",
            "replace a/vpc: CidrBlock cannot be changed in place",
        ]
    );
    assert_eq!(changes.changes["a/nat"].properties[0].to, Rendered::Unknown);
    assert_eq!(changes.count(), Counts { replace: 3, ..Counts::default() });
}

#[test]
fn an_update_in_place_leaves_what_others_take_from_it_known() {
    let mut program = network();
    entry(&mut program, "a/vpc").properties.insert("EnableDnsSupport".into(), Value::Bool(true));
    assert_eq!(told(&changes(&program, &deployed(&network()))), ["update a/vpc: EnableDnsSupport changes"]);
}

#[test]
fn a_version_that_an_update_counts_on_is_not_known_yet() {
    let program = |image: &str| {
        let version = json!({"$ref": "a/template#LatestVersionNumber"});
        let group = json!({"MinSize": "1", "MaxSize": "3", "LaunchTemplate": {"Version": version}});
        assembly(&[
            ("a/template", "AWS::EC2::LaunchTemplate", json!({"LaunchTemplateData": {"ImageId": image}})),
            ("a/workers", "AWS::AutoScaling::AutoScalingGroup", group),
        ])
    };
    let mut state = deployed(&program("ami-1"));
    let template = state.resources.get_mut("a/template").unwrap();
    template.outputs.insert("LatestVersionNumber".into(), json!("id-of-a/template"));
    assert_eq!(told(&changes(&program("ami-1"), &state)), [""; 0]);
    assert_eq!(
        told(&changes(&program("ami-2"), &state)),
        [
            "update a/template: LaunchTemplateData.ImageId changes",
            "update a/workers: LaunchTemplate.Version may change, because it follows a/template#LatestVersionNumber"
        ]
    );
}

#[test]
fn a_property_taken_from_a_replaced_resource_is_known_where_the_program_says_it() {
    let program = |encryption: &str| {
        assembly(&[
            ("a/role", ROLE, json!({"RoleName": "worker", "Path": encryption})),
            ("a/logs", LOG_GROUP, json!({"LogGroupName": {"$ref": "a/role#RoleName"}})),
        ])
    };
    let mut state = deployed(&program("/a/"));
    let logs = state.resources.get_mut("a/logs").unwrap();
    logs.properties.insert("LogGroupName".into(), "worker".into());
    let told = told(&changes(&program("/b/"), &state));
    assert_eq!(
        told,
        ["delete and create again a/role: Path cannot be changed in place"],
        "the name is taken: the old one goes first"
    );
}

#[test]
fn what_the_program_has_no_more_is_deleted_or_retained() {
    let mut state = deployed(&network());
    state.resources.get_mut("a/nat").unwrap().lifecycle.retain = true;
    state.resources.get_mut("a/subnet").unwrap().lifecycle.protect = true;
    let changes = changes(&assembly(&[]), &state);
    assert_eq!(
        told(&changes),
        [
            "retain a/nat: no longer in the program; it is declared with `retain`",
            "retain a/subnet: a/nat stays and depends on it",
            "retain a/vpc: a/subnet stays and depends on it",
        ]
    );
    state.resources.get_mut("a/nat").unwrap().lifecycle.retain = false;
    let changes = super::tests::changes(&assembly(&[]), &state);
    assert_eq!(
        told(&changes),
        [
            "delete a/nat: no longer in the program",
            "delete a/subnet: no longer in the program",
            "delete a/vpc: no longer in the program",
        ]
    );
    assert!(changes.changes["a/subnet"].protected && !changes.changes["a/vpc"].protected);
}

#[test]
fn what_is_left_alone_by_the_program_is_not_compared() {
    let mut program = network();
    entry(&mut program, "a/vpc").properties.insert("CidrBlock".into(), "10.1.0.0/16".into());
    entry(&mut program, "a/vpc").lifecycle.ignore_changes.insert("CidrBlock".into());
    assert_eq!(
        told(&changes(&program, &deployed(&network()))),
        ["record a/vpc: its protection or other lifecycle settings change"]
    );
}

#[test]
fn a_stated_move_keeps_the_resource_and_an_unstated_one_is_proposed() {
    let mut program = network();
    let moved = program.resources.remove("a/vpc").unwrap();
    program.resources.insert("a/net/vpc".into(), moved);
    entry(&mut program, "a/subnet").properties.insert("VpcId".into(), reference("a/net/vpc", "VpcId"));
    let unstated = changes(&program, &deployed(&network()));
    assert_eq!(
        unstated.proposed_moves,
        [ProposedMove { from: "a/vpc".into(), to: "a/net/vpc".into(), type_name: VPC.into() }]
    );
    entry(&mut program, "a/net/vpc").moved_from.insert("a/vpc".into());
    assert_eq!(told(&changes(&program, &deployed(&network()))), ["move a/net/vpc: "]);
}

#[test]
fn a_move_is_not_proposed_where_several_could_be_it() {
    let mut program = network();
    let moved = program.resources.remove("a/vpc").unwrap();
    for path in ["a/net/vpc", "a/other/vpc"] {
        program.resources.insert(path.into(), moved.clone());
    }
    entry(&mut program, "a/subnet").properties.insert("VpcId".into(), reference("a/net/vpc", "VpcId"));
    assert_eq!(changes(&program, &deployed(&network())).proposed_moves, []);
    entry(&mut program, "a/other/vpc").properties.insert("CidrBlock".into(), "10.9.0.0/16".into());
    let proposed = changes(&program, &deployed(&network())).proposed_moves;
    assert_eq!(proposed.iter().map(|found| &found.to).collect::<Vec<_>>(), [&Path::new("a/net/vpc")]);
}

#[test]
fn what_another_run_left_unfinished_is_taken_up() {
    let cases = [
        (ResourceStatus::Accepted, "wait for a/nat: an earlier run ended before it was ready"),
        (ResourceStatus::Updating, "wait for a/nat: an earlier run ended before it was ready"),
        (ResourceStatus::Tainted, "replace a/nat: it was partly created, or failed before it was ready"),
        (ResourceStatus::Deleting, "replace a/nat: an earlier run was interrupted here"),
    ];
    for (status, expected) in cases {
        let mut state = deployed(&network());
        state.resources.get_mut("a/nat").unwrap().status = status;
        assert_eq!(told(&changes(&network(), &state)), [expected]);
    }
}

#[test]
fn another_region_or_type_replaces() {
    let mut program = network();
    program.stacks.insert("a".into(), Environment::new("eu-west-1"));
    let told_of = told(&changes(&program, &deployed(&network())));
    assert!(told_of[2].starts_with("replace a/vpc: moves from us-east-1 to eu-west-1"), "{told_of:?}");
    let other = assembly(&[("a/vpc", LOG_GROUP, json!({}))]);
    let told_of = told(&changes(&other, &deployed(&assembly(&[vpc("10.0.0.0/16")]))));
    assert!(told_of[0].starts_with("replace a/vpc: its type was AWS::EC2::VPC"), "{told_of:?}");
}

#[test]
fn a_secret_is_shown_by_no_change() {
    let program =
        |name: &str| assembly(&[("a/db", DATABASE, json!({"MasterUserPassword": {"$secret": {"environment": name}}}))]);
    let changes = changes(&program("NEW"), &deployed(&program("OLD")));
    let change = &changes.changes["a/db"].properties[0];
    assert_eq!((&change.from, &change.to), (&Rendered::Sensitive, &Rendered::Sensitive));
}

#[test]
fn a_generated_secret_is_shown_where_what_stands_beside_it_changes() {
    let generated = json!({"$secret": {"generated": {"length": 20}}});
    let program = |engine: &str, user: &str, members: usize| {
        let properties = json!({
            "Engine": engine,
            "Login": {"User": user, "Password": generated},
            "Members": vec![json!({"Password": generated}); members],
        });
        assembly(&[("a/db", DATABASE, properties)])
    };
    let state = deployed(&program("x", "ada", 1));
    let shown = |after: &Assembly| -> Vec<String> {
        let change = changes(after, &state).changes.remove("a/db").unwrap();
        change.properties.iter().map(|it| format!("{} {} {}", it.property, it.from, it.to)).collect()
    };
    assert_eq!(shown(&program("x", "ada", 1)), [""; 0]);
    assert_eq!(shown(&program("y", "ada", 1)), [r#"Engine "x" "y""#]);
    let password = "Login.Password (sensitive) (sensitive)";
    assert_eq!(shown(&program("x", "eve", 1)), [password, r#"Login.User "ada" "eve""#]);
    let members = shown(&program("x", "ada", 2));
    assert_eq!((members.len(), &*members[1]), (2, "Members.0.Password (sensitive) (sensitive)"));
}

#[test]
fn a_secret_with_another_value_is_an_update_and_an_unknown_one_is_not() {
    let program = assembly(&[("a/db", DATABASE, json!({"MasterUserPassword": {"$secret": {"environment": "P"}}}))]);
    let mut state = deployed(&program);
    let db = state.resources.get_mut("a/db").unwrap();
    db.secrets.insert("MasterUserPassword".into(), "old".into());
    assert!(changes(&program, &state).is_empty());
    let behavior = |type_name: &str| behavior(type_name);
    for (digest, expected) in [("old", Action::NoOp), ("new", Action::Update)] {
        let source = groundplan_core::SecretSource::Environment("P".into());
        let key = crate::secret::source_key(&source, &program.stacks["a"]);
        let digests = Digests::from([(key, digest.to_owned())]);
        let missing = BTreeSet::new();
        let inputs = Inputs {
            assembly: &program,
            state: &state,
            identity: &identity(),
            behavior: &behavior,
            repeats: &|_, _| false,
            digests: &digests,
            missing: &missing,
        };
        assert_eq!(diff(&inputs).changes["a/db"].action, expected);
    }
}

#[test]
fn a_destroy_keeps_what_holds_data_and_all_that_it_depends_on() {
    let mut program = network();
    let database = assembly(&[("a/db", DATABASE, json!({"DBSubnetGroupName": {"$ref": "a/subnet#SubnetId"}}))]);
    program.resources.extend(database.resources);
    let state = deployed(&program);
    assert_eq!(
        told(&destroyed(&state, false)),
        [
            "keep a/db: it is stateful",
            "delete a/nat: everything is destroyed",
            "keep a/subnet: a/db stays and depends on it",
            "keep a/vpc: a/subnet stays and depends on it",
        ]
    );
    assert_eq!(destroyed(&state, true).count().delete, 4);
}

#[test]
fn what_aws_protects_from_deletion_is_protected_before_anything_is_touched() {
    let state = deployed(&assembly(&[("a/db", DATABASE, json!({"DeletionProtection": true}))]));
    assert!(destroyed(&state, true).changes["a/db"].protected);
    let state = deployed(&assembly(&[("a/db", DATABASE, json!({"DeletionProtection": false}))]));
    assert!(!destroyed(&state, true).changes["a/db"].protected);

    let attributes =
        |value: &str| json!({"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": value}]});
    for (value, protected) in [("true", true), ("false", false)] {
        let balancer = ("a/lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", attributes(value));
        let state = deployed(&assembly(&[balancer]));
        assert_eq!(destroyed(&state, true).changes["a/lb"].protected, protected);
    }
}

#[test]
fn a_bucket_that_is_kept_keeps_its_policy() {
    let program = assembly(&[
        ("a/bucket", "AWS::S3::Bucket", json!({})),
        ("a/policy", "AWS::S3::BucketPolicy", json!({"Bucket": {"$ref": "a/bucket#BucketName"}})),
    ]);
    let told_of = |delete_data| told(&destroyed(&deployed(&program), delete_data));
    assert_eq!(
        told_of(false),
        ["keep a/bucket: it is stateful", "keep a/policy: it is a part of a/bucket, which stays"]
    );
    assert_eq!(told_of(true).len(), 2);
}

#[test]
fn outputs_change_with_what_they_are_taken_from() {
    let mut program = network();
    program.outputs.insert("vpc".into(), reference("a/vpc", "VpcId"));
    let state = deployed(&program);
    let set = OutputChange::Set { from: None, to: Rendered::Known("id-of-a/vpc".into()) };
    assert_eq!(changes(&program, &state).outputs["vpc"], set);
    let published = State { outputs: [("vpc".to_owned(), "id-of-a/vpc".into())].into(), ..state };
    assert!(changes(&program, &published).is_empty());
    assert_eq!(changes(&network(), &published).outputs["vpc"], OutputChange::Removed);
}

#[test]
fn taking_protection_away_is_recorded_before_it_counts() {
    let mut state = deployed(&network());
    state.resources.get_mut("a/vpc").unwrap().lifecycle = Lifecycle { protect: true, ..Lifecycle::default() };
    assert_eq!(told(&changes(&network(), &state)), ["record a/vpc: its protection or other lifecycle settings change"]);
    let mut program = network();
    entry(&mut program, "a/vpc").properties.insert("CidrBlock".into(), "10.1.0.0/16".into());
    assert!(changes(&program, &state).changes["a/vpc"].protected);
}

#[test]
fn what_holds_something_that_only_one_can_have_is_deleted_before_the_new_one_takes_it() {
    let gateway =
        |subnet: &str, address: &str| assembly(&[("a/nat", NAT, json!({"SubnetId": subnet, "AllocationId": address}))]);
    let state = deployed(&gateway("subnet-1", "eipalloc-1"));
    let order = |program: &Assembly| changes(program, &state).changes["a/nat"].action;
    assert_eq!(order(&gateway("subnet-2", "eipalloc-1")), Action::Replace(Order::DeleteFirst));
    assert_eq!(order(&gateway("subnet-2", "eipalloc-2")), Action::Replace(Order::CreateFirst));
}

#[test]
fn a_relation_is_made_anew_with_what_it_is_bound_to_though_the_name_stays() {
    let program = assembly(&[
        ("a/bucket", "AWS::S3::Bucket", json!({"BucketName": "media"})),
        ("a/policy", "AWS::S3::BucketPolicy", json!({"Bucket": {"$ref": "a/bucket#BucketName"}})),
    ]);
    let mut state = deployed(&program);
    state.resources.get_mut("a/policy").unwrap().properties.insert("Bucket".into(), "media".into());
    assert!(changes(&program, &state).is_empty());
    state.resources.get_mut("a/bucket").unwrap().status = ResourceStatus::Tainted;
    let changes = changes(&program, &state);
    assert_eq!(changes.changes["a/bucket"].action, Action::Replace(Order::DeleteFirst));
    assert_eq!(changes.changes["a/policy"].action, Action::Replace(Order::DeleteFirst));
    assert_eq!(changes.changes["a/policy"].reasons, [Reason::BoundTo("a/bucket".into())]);
}
