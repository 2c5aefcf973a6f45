use groundplan_core::Assembly;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, Fake, GROUP, KEY, LOG_GROUP, NAT, SUBNET, VPC, assembly, vpc};
use crate::model::Orphan;
use crate::provider::{ErrorClass, Provider};
use crate::run::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions, Planned};
use crate::run::rate_limit::RateLimiter;
use crate::run::recover::RecoverError;
use crate::run::store::{self, MemoryStore};
use crate::stages::plan::PlanError;

fn program() -> Assembly {
    assembly(&[
        ("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7})),
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        vpc("10.0.0.0/16"),
    ])
}

async fn deploy(assembly: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let loaded = store::load(store, "shop").await.unwrap();
    let planned = planning::deploy(assembly, &loaded.state, fake, &PlanOptions::default()).await.unwrap();
    let options = ExecuteOptions::default();
    execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

async fn planned(state: &State, fake: &Fake) -> Planned {
    planning::deploy(&program(), state, fake, &PlanOptions::default()).await.unwrap()
}

/// Returns a deployment, and the state of a run that was killed after it had announced the deletion of these paths.
async fn killed_while_deleting(paths: &[&str]) -> (Fake, State) {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program(), &store, &fake).await.succeeded());
    let mut state = store::load(&store, "shop").await.unwrap().state;
    for path in paths {
        announce(&mut state, path);
    }
    (fake, state)
}

fn announce(state: &mut State, path: &str) {
    let (id, generation) = (state.resources[path].id.clone(), Some(state.resources[path].generation));
    state.apply(Event::Deleting { path: path.into(), id, generation }).unwrap();
}

async fn recovered(state: &State, fake: &Fake) -> Result<Vec<Event>, Error> {
    let limiter = RateLimiter::new(4);
    let claimants = Claimants { wanted: &|_| true, declared: &|_, _| true, neighbors: &Neighbors::NONE };
    limiter.keep(recover(state, Reader::new(fake, &limiter), claimants)).await
}

async fn after_recovery(state: &State, fake: &Fake) -> State {
    let mut state = state.clone();
    recovered(&state.clone(), fake).await.unwrap().into_iter().for_each(|event| state.apply(event).unwrap());
    state
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_never_requested_costs_nothing() {
    let (fake, state) = killed_while_deleting(&["a/db", "a/logs", "a/vpc"]).await;
    let planned = planned(&state, &fake).await;
    assert!(planned.plan.steps.is_empty(), "{}", planned.plan.render());
    assert!(planned.plan.permit(false).is_ok());
    let after = after_recovery(&state, &fake).await;
    assert!(after.resources.values().all(|resource| resource.status == ResourceStatus::Ready));
    assert!(after.resources.values().all(|resource| resource.former.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_never_requested_gives_back_what_was_open_before() {
    for former in [ResourceStatus::Accepted, ResourceStatus::Updating] {
        let (fake, mut state) = killed_while_deleting(&[]).await;
        state.resources.get_mut("a/db").unwrap().status = former;
        announce(&mut state, "a/db");
        let planned = planned(&state, &fake).await;
        assert_eq!(planned.plan.render(), "#0 wait for a/db (AWS::RDS::DBInstance)\n", "{former:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_cloud_reports_as_being_deleted_is_not_taken_back() {
    let (fake, state) = killed_while_deleting(&["a/db"]).await;
    let id = fake.id("a/db");
    fake.cloud().deleting.insert(id);
    assert_eq!(recovered(&state, &fake).await.unwrap(), []);
    let planned = planned(&state, &fake).await;
    assert!(
        matches!(planned.plan.permit(false), Err(Error::Plan(PlanError::DataLoss { .. }))),
        "{}",
        planned.plan.render()
    );
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_begins_or_ends_within_the_consistency_window_is_seen() {
    let (fake, state) = killed_while_deleting(&["a/db"]).await;
    let id = fake.id("a/db");
    let begins = async {
        tokio::time::sleep(fake.consistency_window() - std::time::Duration::from_secs(1)).await;
        fake.cloud().deleting.insert(id.clone());
    };
    let (events, ()) = tokio::join!(recovered(&state, &fake), begins);
    assert_eq!(events.unwrap(), [], "it is being deleted");

    let (fake, state) = killed_while_deleting(&["a/vpc"]).await;
    let id = fake.id("a/vpc");
    let ends = async {
        tokio::time::sleep(fake.consistency_window() - std::time::Duration::from_secs(1)).await;
        fake.cloud().resources.remove(&id);
    };
    let (events, ()) = tokio::join!(recovered(&state, &fake), ends);
    assert!(matches!(&events.unwrap()[..], [Event::Gone { .. }]));
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_deletion_has_deleted_is_gone() {
    let (fake, state) = killed_while_deleting(&["a/logs", "a/vpc"]).await;
    let id = fake.id("a/logs");
    fake.cloud().resources.remove(&id);
    let after = after_recovery(&state, &fake).await;
    assert!(!after.resources.contains_key("a/logs"));
    assert_eq!(after.resources["a/vpc"].status, ResourceStatus::Ready);
}

#[tokio::test(start_paused = true)]
async fn what_the_first_calls_of_a_killed_deletion_took_away_is_put_back() {
    let (fake, state) = killed_while_deleting(&["a/logs"]).await;
    let id = fake.id("a/logs");
    fake.cloud().resources.get_mut(&id).unwrap().properties.remove("RetentionInDays");
    let planned = planned(&state, &fake).await;
    assert_eq!(planned.plan.render(), "#0 update a/logs (AWS::Logs::LogGroup)\n");
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_and_whose_deletion_was_never_requested_is_still_deleted() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let old = ResourceState { generation: 0, id: "nat-7".into(), ..state.resources["a/vpc"].clone() };
    let gone = Orphan { path: "a/vpc".into(), resource: ResourceState { id: "vpc-gone".into(), ..old.clone() } };
    let id = fake.id("a/db");
    let kept = Orphan { path: "a/vpc".into(), resource: ResourceState { id, ..old } };
    state.deposed = vec![gone, kept];
    for id in ["vpc-gone".to_owned(), fake.id("a/db")] {
        state.apply(Event::Deleting { path: "a/vpc".into(), id, generation: Some(0) }).unwrap();
    }
    let events = recovered(&state, &fake).await.unwrap();
    let is_given_up = |event: &Event| matches!(event, Event::DeleteFailed { id, .. } if *id == fake.id("a/db"));
    assert!(
        matches!(&events[..], [Event::Gone { id, .. }, other] if id == "vpc-gone" && is_given_up(other)),
        "{events:?}"
    );
    assert_eq!(planned(&state, &fake).await.changes.deposed.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_look_learns_outputs() {
    let endpoint = "Endpoint.Address";
    for status in [ResourceStatus::Updating, ResourceStatus::Failed, ResourceStatus::Deleting] {
        let (fake, mut state) = killed_while_deleting(&[]).await;
        let resource = state.resources.get_mut("a/db").unwrap();
        resource.outputs.shift_remove(endpoint);
        resource.status = status;
        resource.former = Some(ResourceStatus::Ready);
        let after = after_recovery(&state, &fake).await;
        assert_eq!(after.resources["a/db"].outputs[endpoint], format!("{}.db", fake.id("a/db")), "{status:?}");
    }
}

/// Announces an update that a run was killed in.
fn updating(state: &mut State, path: &str, properties: &[(&str, &str)]) {
    let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    let intent = Intent {
        operation: Operation::Update,
        token: "t".into(),
        asked: None,
        properties,
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Default::default(),
    };
    state.apply(Event::Intent { path: path.into(), intent }).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_update_that_gave_another_identifier_and_whose_answer_was_lost_is_found() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let old = fake.id("a/vpc");
    updating(&mut state, "a/vpc", &[("CidrBlock", "10.0.0.0/16"), ("InstanceTenancy", "default")]);
    {
        let mut cloud = fake.cloud();
        let mut made = cloud.resources.remove(&old).unwrap();
        made.properties.insert("InstanceTenancy".into(), json!("default"));
        cloud.resources.insert("vpc-99".into(), made);
    }
    let after = after_recovery(&state, &fake).await;
    let resource = &after.resources["a/vpc"];
    assert_eq!((resource.id.as_str(), &resource.outputs["VpcId"]), ("vpc-99", &json!("vpc-99")));
    assert_eq!(resource.properties["InstanceTenancy"], Value::from("default"));
    assert!(after.pending.is_empty() && after.deposed.is_empty());
}

#[test]
fn an_empty_list_that_an_open_update_adds_counts_only_where_the_cloud_returns_it() {
    let prior = |properties: &[&str]| {
        let mut state = State::new("shop");
        let create = Intent {
            operation: Operation::Create {
                type_name: "AWS::EC2::SecurityGroup".into(),
                environment: groundplan_core::Environment::new("us-east-1"),
                generation: 1,
            },
            token: "t".into(),
            asked: None,
            properties: properties.iter().map(|name| ((*name).to_owned(), Value::List(Vec::new()))).collect(),
            secrets: BTreeMap::new(),
            dependencies: BTreeSet::new(),
            lifecycle: Default::default(),
        };
        state.apply(Event::Intent { path: "a".into(), intent: create }).unwrap();
        let (id, outputs) = ("sg-1".to_owned(), Outputs::new());
        state.apply(Event::Accepted { path: "a".into(), id, outputs, found: None, incomplete: false }).unwrap();
        state.resources["a"].clone()
    };
    let wanted = BTreeMap::from([("SecurityGroupEgress".to_owned(), Value::List(Vec::new()))]);
    let known = |declared: &[&str], live: serde_json::Value| {
        let live = Live { properties: live.as_object().unwrap().clone(), outputs: Outputs::new() };
        let Event::Observed { properties, .. } = observed(&"a".into(), &prior(declared), &wanted, live) else {
            panic!("an observation")
        };
        properties.contains_key("SecurityGroupEgress")
    };
    assert!(!known(&[], json!({})));
    assert!(known(&[], json!({"SecurityGroupEgress": []})));
    assert!(known(&["SecurityGroupEgress"], json!({})), "it was set before");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_several_resources_may_have_come_of_is_not_guessed_at() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let old = fake.id("a/vpc");
    updating(&mut state, "a/vpc", &[("CidrBlock", "10.0.0.0/16")]);
    {
        let mut cloud = fake.cloud();
        let made = cloud.resources.remove(&old).unwrap();
        cloud.resources.insert("vpc-98".into(), made.clone());
        cloud.resources.insert("vpc-99".into(), made);
    }
    let error = recovered(&state, &fake).await.unwrap_err();
    assert!(
        matches!(&error, Error::Recover(RecoverError::Ambiguous { ids, .. }) if *ids == ["vpc-98", "vpc-99"]),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_update_of_what_is_gone_leaves_nothing() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    updating(&mut state, "a/vpc", &[("CidrBlock", "10.0.0.0/16")]);
    let id = fake.id("a/vpc");
    fake.cloud().resources.remove(&id);
    let after = after_recovery(&state, &fake).await;
    assert!(!after.resources.contains_key("a/vpc") && after.pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_a_lookup_is_denied_the_error_names_the_way_out() {
    let environment = groundplan_core::Environment::new("us-east-1");
    let create = |state: &mut State| {
        let operation = Operation::Create { type_name: NAT.into(), environment: environment.clone(), generation: 1 };
        let intent = Intent {
            operation,
            token: "t".into(),
            asked: None,
            properties: BTreeMap::new(),
            secrets: BTreeMap::new(),
            dependencies: BTreeSet::new(),
            lifecycle: Default::default(),
        };
        state.apply(Event::Intent { path: "a/nat".into(), intent }).unwrap();
    };
    type LeaveOpen<'a> = &'a dyn Fn(&mut State);
    let inspect = Hint::InspectOpenCreate { path: "a/nat".into() };
    let dropped = Hint::DropOpenCreate { path: "a/nat".into() };
    let forget = Hint::ForgetResource { path: "a/vpc".into(), app: None };
    let cases: [(&str, &str, LeaveOpen<'_>, &[Hint]); 3] = [
        ("a/nat", "create", &create, &[inspect, dropped]),
        ("a/vpc", "update", &|state| updating(state, "a/vpc", &[]), std::slice::from_ref(&forget)),
        ("a/vpc", "delete", &|state| announce(state, "a/vpc"), std::slice::from_ref(&forget)),
    ];
    for (path, verb, leave_open, ways_out) in cases {
        let (fake, mut state) = killed_while_deleting(&[]).await;
        leave_open(&mut state);
        fake.cloud().denied.insert(path.into());
        let error = recovered(&state, &fake).await.unwrap_err();
        let Error::Recover(RecoverError::Unresolved { source, .. }) = &error else { panic!("{error}") };
        assert_eq!(source.class, ErrorClass::Denied);
        let message = error.to_string();
        assert!(message.contains(verb) && message.contains("you may not look"), "{message}");
        let hints = error.hints();
        let (allow, others) = hints.split_first().unwrap();
        assert!(matches!(allow, Hint::AllowCall { .. }) && others == ways_out, "{hints:?}");
    }
}

#[test]
fn of_refused_settings_only_what_the_cloud_gives_back_counts_as_set() {
    let declared: BTreeMap<String, Value> = [
        ("Engine".to_owned(), Value::from("postgres")),
        ("StorageEncrypted".to_owned(), Value::from(true)),
        ("MaxAllocatedStorage".to_owned(), Value::from(200)),
        ("ApplyImmediately".to_owned(), Value::from(true)),
        ("CopyTagsToSnapshot".to_owned(), Value::from(true)),
    ]
    .into();
    let live = json!({"Engine": "postgres", "StorageEncrypted": true, "MaxAllocatedStorage": 100});
    let seen = as_far_as_seen(DATABASE, &declared, live.as_object());
    // What was created for good counts as declared, what differs as it is, and the rest not at all.
    assert_eq!(seen["StorageEncrypted"], Value::from(true));
    assert_eq!(seen["MaxAllocatedStorage"], Value::from(100));
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["Engine", "MaxAllocatedStorage", "StorageEncrypted"]);
    let unseen = as_far_as_seen(DATABASE, &declared, None);
    assert_eq!(unseen.keys().collect::<Vec<_>>(), ["StorageEncrypted"]);
    let fixed = as_far_as_seen(SUBNET, &[("VpcId".to_owned(), Value::from("vpc-1"))].into(), None);
    assert_eq!(fixed["VpcId"], Value::from("vpc-1"));
}

#[test]
fn of_refused_settings_what_stands_beside_a_part_that_is_for_good_is_still_to_be_set() {
    let value = |json| Value::from_json(json).unwrap();
    let access = |mode: &str| json!({"BootstrapClusterCreatorAdminPermissions": true, "AuthenticationMode": mode});
    let declared: BTreeMap<String, Value> = [
        ("AccessConfig".to_owned(), value(access("API"))),
        ("Logging".to_owned(), value(json!({"ClusterLogging": {}}))),
    ]
    .into();
    let seen = |live: Option<serde_json::Value>| {
        as_far_as_seen("AWS::EKS::Cluster", &declared, live.as_ref().and_then(serde_json::Value::as_object))
    };
    let for_good = value(json!({"BootstrapClusterCreatorAdminPermissions": true}));
    assert_eq!(seen(None), [("AccessConfig".to_owned(), for_good)].into());
    let live = json!({"AccessConfig": access("CONFIG_MAP"), "Logging": {"ClusterLogging": {}}});
    assert_eq!(seen(Some(live))["AccessConfig"], value(access("CONFIG_MAP")));
}

#[test]
fn what_a_resource_was_made_from_counts_as_set_though_the_cloud_never_gives_it_back() {
    let declared: BTreeMap<String, Value> = [
        ("DBSnapshotIdentifier".to_owned(), Value::from("before")),
        ("DBInstanceClass".to_owned(), Value::from("db.t4g.medium")),
        ("MonitoringInterval".to_owned(), Value::from(60)),
    ]
    .into();
    let live = json!({"DBInstanceClass": "db.t4g.medium", "MonitoringInterval": 0});
    let seen = as_far_as_seen(DATABASE, &declared, live.as_object());
    assert_eq!(seen["DBSnapshotIdentifier"], Value::from("before"));
    assert_eq!(seen["MonitoringInterval"], Value::from(0), "it is still to be set");
    let unseen = as_far_as_seen(DATABASE, &declared, None);
    assert_eq!(unseen.keys().collect::<Vec<_>>(), ["DBSnapshotIdentifier"]);
}

#[test]
fn of_refused_settings_a_list_with_a_part_that_is_for_good_counts_as_set() {
    let seen = |rule: serde_json::Value| {
        let declared = [("DBSecurityGroupIngress".to_owned(), Value::from_json(json!([rule])).unwrap())].into();
        as_far_as_seen("AWS::RDS::DBSecurityGroup", &declared, None).len()
    };
    assert_eq!(seen(json!({"EC2SecurityGroupId": "sg-1"})), 1);
    assert_eq!(seen(json!({"CIDRIP": "10.0.0.0/8"})), 0);
}

#[test]
fn what_has_the_identifier_of_a_known_resource_may_be_new_in_another_region_or_of_another_type() {
    let state = crate::stages::diff::tests::deployed(&assembly(&[vpc("10.0.0.0/16")]));
    let is_new = |type_name: &str, region: &str| {
        let environment = groundplan_core::Environment::new(region);
        let address = Address { app: "shop".into(), path: "a/new".into(), type_name: type_name.into(), environment };
        let mut ids = vec![state.resources["a/vpc"].id.clone()];
        retain_unknown(&state, &address, None, &mut ids);
        !ids.is_empty()
    };
    assert!(!is_new(VPC, "us-east-1"));
    assert!(is_new(NAT, "us-east-1") && is_new(VPC, "eu-west-1"));
}

#[test]
fn what_was_retained_or_stands_in_another_region_of_a_type_without_regions_is_known() {
    let key = || ("a/key", KEY, json!({"UserName": "ada"}));
    let group = || ("a/group", GROUP, json!({"GroupName": "ops"}));
    let mut state = crate::stages::diff::tests::deployed(&assembly(&[key(), group(), vpc("10.0.0.0/16")]));
    let address = |path: &str, type_name: &str, region: &str| Address {
        app: "shop".into(),
        path: path.into(),
        type_name: type_name.into(),
        environment: groundplan_core::Environment::new(region),
    };
    let ids = ["a/key", "a/group", "a/vpc"].map(|path| state.resources[path].id.clone());
    let [key_id, group_id, vpc_id] = &ids;
    let is_new = |state: &State, address: &Address, id: &str| {
        let mut ids = vec![id.to_owned()];
        retain_unknown(state, address, crate::fake::behavior(&address.type_name), &mut ids);
        !ids.is_empty()
    };
    for _ in ["standing", "retained"] {
        assert!(!is_new(&state, &address("b/key", KEY, "eu-west-1"), key_id), "IAM knows no regions");
        assert!(!is_new(&state, &address("a/new", VPC, "us-east-1"), vpc_id));
        assert!(is_new(&state, &address("a/new", VPC, "eu-west-1"), vpc_id));
        // One of the same name at another path is not made again, and at the same path it may be.
        assert!(!is_new(&state, &address("a/new", GROUP, "us-east-1"), group_id));
        assert!(is_new(&state, &address("a/group", GROUP, "us-east-1"), group_id));
        for path in ["a/key", "a/group", "a/vpc"] {
            if state.resources.contains_key(path) {
                state.apply(Event::Retained { path: path.into() }).unwrap();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_update_of_what_was_not_seen_ready_is_observed_once() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    state.resources.get_mut("a/vpc").unwrap().status = ResourceStatus::Updating;
    updating(&mut state, "a/vpc", &[("CidrBlock", "10.0.0.0/16")]);
    let id = fake.id("a/vpc");
    fake.cloud().resources.get_mut(&id).unwrap().properties.insert("CidrBlock".into(), json!("10.1.0.0/16"));
    let events = recovered(&state, &fake).await.unwrap();
    assert!(matches!(&events[..], [Event::Observed { .. }]), "{events:?}");
}

#[test]
fn of_refused_settings_what_the_cloud_gives_back_of_itself_counts_as_it_is() {
    let declared = |name: &str, value| BTreeMap::from([(name.to_owned(), Value::from_json(value).unwrap())]);
    let logging = declared("Logging", json!({"ClusterLogging": {"EnabledTypes": []}}));
    let seen = as_far_as_seen("AWS::EKS::Cluster", &logging, json!({"Logging": {}}).as_object());
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["Logging"], "none of it is set");
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_that_was_set_before_stays_so_where_an_update_gave_another_identifier() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let empty = Value::List(Vec::new());
    state.resources.get_mut("a/vpc").unwrap().properties.insert("Tags".into(), empty.clone());
    updating(&mut state, "a/vpc", &[("CidrBlock", "10.0.0.0/16")]);
    state.pending.get_mut("a/vpc").unwrap().properties.insert("Tags".into(), empty.clone());
    let old = fake.id("a/vpc");
    let made = fake.cloud().resources.remove(&old).unwrap();
    fake.cloud().resources.insert("vpc-99".into(), made);
    let after = after_recovery(&state, &fake).await;
    assert_eq!(after.resources["a/vpc"].properties.get("Tags"), Some(&empty));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_several_resources_may_have_come_of_is_not_guessed_at() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    crate::stages::diff::tests::pending_create(&mut state, "a/nat", NAT);
    let vpc = fake.id("a/vpc");
    let mut made = fake.cloud().resources[&vpc].clone();
    (made.type_name, made.token) = (NAT.into(), "t".into());
    for id in ["nat-98", "nat-99"] {
        fake.cloud().resources.insert(id.into(), made.clone());
    }
    let error = recovered(&state, &fake).await.unwrap_err();
    assert!(
        matches!(&error, Error::Recover(RecoverError::Ambiguous { ids, .. }) if *ids == ["nat-98", "nat-99"]),
        "{error}"
    );
}

#[test]
fn what_is_looked_up_by_its_name_is_found_though_the_state_has_it() {
    let state = crate::stages::diff::tests::deployed(&assembly(&[("a/db", DATABASE, json!({}))]));
    let address = state.resources["a/db"].existing("shop", &"a/db".into()).address;
    let found = |recovery| {
        let mut behavior = crate::fake::behavior(DATABASE);
        behavior.as_mut().expect("it is known").recovery = recovery;
        let mut ids = vec![state.resources["a/db"].id.clone()];
        retain_unknown(&state, &address, behavior, &mut ids);
        ids.len()
    };
    assert_eq!((found(Recovery::DeterministicName), found(Recovery::ByParts), found(Recovery::FindByTag)), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_is_looked_up_only_where_its_deletion_was_announced() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let resource = ResourceState { generation: 0, id: "vpc-gone".into(), ..state.resources["a/vpc"].clone() };
    state.deposed = vec![Orphan { path: "a/vpc".into(), resource }];
    assert_eq!(recovered(&state, &fake).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn only_of_what_is_ready_are_outputs_looked_up() {
    let (fake, mut state) = killed_while_deleting(&[]).await;
    let resource = state.resources.get_mut("a/db").unwrap();
    resource.outputs.shift_remove("DBInstanceArn");
    let learned = async |state: &State| {
        let limiter = RateLimiter::new(4);
        let paths = ["a/db".into()].into();
        limiter.keep(learn(state, Reader::new(&fake, &limiter), &paths)).await.len()
    };
    assert_eq!(learned(&state).await, 1);
    state.resources.get_mut("a/db").unwrap().status = ResourceStatus::Accepted;
    assert_eq!(learned(&state).await, 0);
}
