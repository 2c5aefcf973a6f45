use groundplan_core::{Assembly, Environment};
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{Fake, GROUP, KEY, LOG_GROUP, VPC, assembly, state};
use crate::provider::{ErrorClass, Provider};
use crate::run::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions};
use crate::run::rate_limit::RateLimiter;
use crate::run::recover::RecoverError;
use crate::run::session::{Goal, Session};
use crate::run::store::{self, MemoryStore, StateStore};

fn begun() -> State {
    State { identity: Some(crate::fake::identity()), ..state() }
}

/// Leaves a create open; returns its request.
fn open(state: &mut State, path: &str, type_name: &str, properties: Json) -> CreateRequest {
    let Ok(Value::Map(properties)) = Value::from_json(properties) else { panic!("{path} is no map") };
    let path = Path::from(path);
    let environment = Environment::new("us-east-1");
    let intent = Intent {
        operation: Operation::Create { type_name: type_name.into(), environment, generation: 1 },
        token: creation_token(state.lineage, &path, 1),
        asked: None,
        properties,
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Default::default(),
    };
    state.apply(Event::Intent { path: path.clone(), intent: intent.clone() }).unwrap();
    request(state, &path, &intent).unwrap()
}

async fn recovered(state: &State, fake: &Fake, wanted: &[&str]) -> Result<State, Error> {
    let limiter = RateLimiter::new(4);
    let is_wanted = |path: &Path| wanted.contains(&path.as_str());
    let claimants = Claimants { wanted: &is_wanted, declared: &|_, _| true, neighbors: &Neighbors::NONE };
    let events = limiter.keep(recover(state, Reader::new(fake, &limiter), claimants)).await?;
    let mut after = state.clone();
    events.into_iter().for_each(|event| after.apply(event).unwrap());
    Ok(after)
}

/// Deploys, or destroys everything; also returns the resources that were not adopted.
async fn run(goal: Option<&Assembly>, store: &MemoryStore, fake: &Fake) -> (Outcome, Vec<String>) {
    let session = Session::new("shop", store, fake);
    let loaded = store::load(store, "shop").await.unwrap();
    let goal = goal.map_or(Goal::Nothing, Goal::Program);
    let planned = session.plan(goal, &loaded, &PlanOptions::default()).await.unwrap();
    let left = planned.left_alone().map(|(path, _)| path.to_string()).collect();
    let options = ExecuteOptions::default();
    (execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap(), left)
}

async fn deploy(assembly: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let loaded = store::load(store, "shop").await.unwrap();
    let planned = planning::deploy(assembly, &loaded.state, fake, &PlanOptions::default()).await.unwrap();
    let options = ExecuteOptions::default();
    execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

/// Paths with their identifiers.
fn ids(state: &State) -> Vec<(&str, &str)> {
    state.resources.iter().map(|(path, resource)| (path.as_str(), resource.id.as_str())).collect()
}

fn key() -> Json {
    json!({"UserName": "ada"})
}

/// Nothing tells apart which create has made which key.
#[tokio::test(start_paused = true)]
async fn of_two_open_creates_of_keys_none_takes_what_the_other_has() {
    for (made, wanted, expected, still_open) in [
        (&[][..], &["a/k1", "a/k2"][..], &[][..], &["a/k1", "a/k2"][..]),
        (&["a/k1"], &["a/k1", "a/k2"], &[("a/k1", "accesskey-1")], &[]),
        (&["a/k2"], &["a/k1", "a/k2"], &[("a/k1", "accesskey-1")], &[]),
        (&["a/k1"], &["a/k2"], &[("a/k2", "accesskey-1")], &[]),
        (&["a/k1", "a/k2"], &["a/k1", "a/k2"], &[("a/k1", "accesskey-1"), ("a/k2", "accesskey-2")], &[]),
        (&["a/k1", "a/k2"], &[], &[("a/k1", "accesskey-1"), ("a/k2", "accesskey-2")], &[]),
    ] {
        let (fake, mut state) = (Fake::default(), begun());
        for path in ["a/k1", "a/k2"] {
            let request = open(&mut state, path, KEY, key());
            if made.contains(&path) {
                fake.create(&request).await.unwrap();
            }
        }
        let after = recovered(&state, &fake, wanted).await.unwrap();
        assert_eq!(ids(&after), expected, "{made:?} {wanted:?}");
        let pending: Vec<_> = after.pending.keys().map(Path::as_str).collect();
        assert_eq!(pending, still_open, "{made:?} {wanted:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_more_keys_are_found_than_creates_are_open_nothing_is_guessed() {
    let (fake, mut state) = (Fake::default(), begun());
    for path in ["a/k1", "a/k2"] {
        fake.create(&open(&mut state, path, KEY, key())).await.unwrap();
    }
    let third = fake.cloud().resources["accesskey-1"].clone();
    fake.cloud().resources.insert("accesskey-3".into(), third);
    let error = recovered(&state, &fake, &["a/k1", "a/k2"]).await.unwrap_err();
    assert!(matches!(&error, Error::Recover(RecoverError::Ambiguous { ids, .. }) if ids.len() == 3), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_visible_later_than_another_is_found() {
    let (fake, mut state) = (Fake::default(), begun());
    for path in ["a/k1", "a/k2"] {
        fake.create(&open(&mut state, path, KEY, key())).await.unwrap();
    }
    let late = fake.cloud().resources.remove("accesskey-2").unwrap();
    let appears = async {
        tokio::time::sleep(fake.consistency_window() - std::time::Duration::from_secs(1)).await;
        fake.cloud().resources.insert("accesskey-2".into(), late);
    };
    let (after, ()) = tokio::join!(recovered(&state, &fake, &["a/k1", "a/k2"]), appears);
    assert_eq!(ids(&after.unwrap()), [("a/k1", "accesskey-1"), ("a/k2", "accesskey-2")]);
}

#[tokio::test(start_paused = true)]
async fn two_creates_of_keys_whose_answers_are_lost_do_not_take_one_key() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/k1", KEY, key()), ("a/k2", KEY, key())]);
    fake.lose("create a/k1");
    fake.fail("create a/k2", ErrorClass::UnknownOutcome);
    let first = deploy(&program, &store, &fake).await.state;
    assert!(first.resources.len() < 2 || ids(&first)[0].1 != ids(&first)[1].1, "{:?}", ids(&first));
    let outcome = deploy(&program, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    let known = ids(&outcome.state);
    assert!(known.len() == 2 && known[0].1 != known[1].1, "{known:?}");
    assert_eq!(fake.cloud().resources.len(), 2);
}

fn group(name: &str) -> Json {
    json!({"GroupName": name})
}

/// Creates a resource of another owner with these parts.
async fn plant(fake: &Fake, type_name: &str, properties: Json) -> String {
    let request = open(&mut State::new("elsewhere"), "other/it", type_name, properties);
    fake.create(&request).await.unwrap().id
}

#[tokio::test(start_paused = true)]
async fn an_open_create_of_something_else_makes_nothing_of_a_taken_name_ours() {
    for (type_name, properties, is_ours) in [
        (GROUP, group("mine"), false),
        (LOG_GROUP, json!({"LogGroupName": "ops"}), false),
        (VPC, json!({"CidrBlock": "10.0.0.0/16"}), false),
        (GROUP, group("ops"), true),
    ] {
        let (fake, mut state) = (Fake::default(), begun());
        open(&mut state, "a/it", type_name, properties.clone());
        // It is not visible while the plan is made.
        let program = assembly(&[("a/it", GROUP, group("ops"))]);
        let planned = planning::deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
        let id = plant(&fake, GROUP, group("ops")).await;
        let store = MemoryStore::with(state, Vec::new());
        let loaded = store::load(&store, "shop").await.unwrap();
        let options = ExecuteOptions::default();
        let outcome = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert_eq!(outcome.succeeded(), is_ours, "{type_name} {properties}: {:?}", outcome.failed);
        let taken = outcome.state.resources.values().any(|resource| resource.id == id);
        assert_eq!(taken, is_ours, "{type_name} {properties}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_program_has_dropped_and_may_be_anybodys_is_left_alone() {
    let other = assembly(&[("a/it", GROUP, group("other"))]);
    for goal in [None, Some(&assembly(&[])), Some(&other)] {
        let (fake, mut state) = (Fake::default(), begun());
        open(&mut state, "a/it", GROUP, group("ops"));
        let id = plant(&fake, GROUP, group("ops")).await;
        let store = MemoryStore::with(state, Vec::new());
        let (outcome, left) = run(goal, &store, &fake).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        assert!(fake.cloud().resources.contains_key(&id), "{:?}", fake.calls());
        assert!(!outcome.state.resources.values().any(|resource| resource.id == id));
        assert!(outcome.state.pending.is_empty());
        assert_eq!(left, ["a/it"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_program_still_has_is_taken_at_its_path_and_at_another() {
    for path in ["a/it", "a/renamed"] {
        let (fake, mut state) = (Fake::default(), begun());
        let request = open(&mut state, "a/it", GROUP, group("ops"));
        let id = fake.create(&request).await.unwrap().id;
        let store = MemoryStore::with(state, Vec::new());
        let (outcome, left) = run(Some(&assembly(&[(path, GROUP, group("ops"))])), &store, &fake).await;
        assert!(outcome.succeeded() && left.is_empty(), "{:?}", outcome.failed);
        assert_eq!(ids(&outcome.state), [(path, id.as_str())]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_app_has_or_is_tagged_with_is_never_taken() {
    for by_tag in [false, true] {
        let (fake, mut state) = (Fake::default(), begun());
        open(&mut state, "a/it", GROUP, group("ops"));
        let mut theirs = State { app: "billing".into(), ..begun() };
        let request = open(&mut theirs, "b/it", GROUP, group("ops"));
        let id = fake.create(&request).await.unwrap().id;
        let outputs = Outputs::new();
        let accepted = Event::Accepted { path: "b/it".into(), id: id.clone(), outputs, found: None, incomplete: false };
        theirs.apply(accepted).unwrap();
        let place = MemoryStore::new();
        let store = place.beside("shop");
        store.save(&state).await.unwrap();
        match by_tag {
            true => {
                let owner = crate::provider::Owner { app: "billing".into(), path: "b/it".into() };
                fake.cloud().owners.insert(id.clone(), owner);
            }
            false => place.beside("billing").save(&theirs).await.unwrap(),
        }
        let program = assembly(&[("a/it", GROUP, group("ops"))]);
        for goal in [Some(&program), None] {
            let (outcome, _) = run(goal, &store, &fake).await;
            assert_eq!(outcome.succeeded(), goal.is_none());
            assert!(outcome.state.resources.is_empty() && outcome.state.pending.is_empty(), "{by_tag}");
        }
        assert!(fake.cloud().resources.contains_key(&id), "{by_tag}");
    }
}

fn by(recovery: Recovery) -> Option<Behavior> {
    let mut behavior = crate::fake::behavior(GROUP)?;
    behavior.recovery = recovery;
    Some(behavior)
}

fn map(json: Json) -> BTreeMap<String, Value> {
    let Ok(Value::Map(properties)) = Value::from_json(json) else { panic!("it is no map") };
    properties
}

#[test]
fn two_creates_ask_for_the_same_thing_by_their_name_their_parts_or_their_token() {
    let asks = |recovery, type_name: &str, before: &Json, after: &Json, token: Option<&str>| {
        let mut state = begun();
        let address = open(&mut state, "a/it", type_name, before.clone()).address;
        let (intent, properties) = (&state.pending["a/it"], map(after.clone()));
        let token = token.unwrap_or(&intent.token);
        asks_for(intent, &address, token, &properties, by(recovery), &crate::fake::identity())
    };
    let by_name = |before: &Json, after: &Json, token| asks(Recovery::DeterministicName, GROUP, before, after, token);
    assert!(by_name(&group("ops"), &group("ops"), Some("another")));
    assert!(!by_name(&group("ops"), &group("other"), None));
    assert!(by_name(&json!({}), &json!({}), None), "the name is made from the token");
    assert!(!by_name(&json!({}), &json!({}), Some("another")));
    let topic = json!({});
    assert!(asks(Recovery::DeterministicName, "AWS::SNS::Topic", &topic, &topic, Some("another")));

    let cluster = |changed: (&str, Json)| {
        let mut cluster =
            json!({"Name": "c", "RoleArn": "r", "ResourcesVpcConfig": {"SubnetIds": ["s"]}, "Version": "1"});
        cluster[changed.0] = changed.1;
        cluster
    };
    let same = cluster(("Version", json!("1")));
    for (changed, expected) in [
        (cluster(("Version", json!("2"))), true),
        (cluster(("ResourcesVpcConfig", json!({"SubnetIds": ["t"]}))), false),
        (cluster(("KubernetesNetworkConfig", json!({"IpFamily": "ipv6"}))), false),
    ] {
        assert_eq!(asks(Recovery::ByParts, "AWS::EKS::Cluster", &same, &changed, None), expected, "{changed}");
    }
}

#[test]
fn what_hangs_on_a_resource_of_the_app_is_as_it_was_asked_for_and_names_that() {
    let mut state =
        crate::stages::diff::tests::deployed(&assembly(&[("a/role", "AWS::IAM::Role", json!({"RoleName": "r"}))]));
    open(&mut state, "a/it", "AWS::IAM::RolePolicy", json!({"RoleName": "r", "PolicyName": "read"}));
    let mut intent = state.pending["a/it"].clone();
    let hangs = |intent: &Intent, recovery, seen: Json| {
        hangs_on_own(&state, intent, "AWS::IAM::RolePolicy", by(recovery), seen.as_object())
    };
    assert!(!hangs(&intent, Recovery::ByParts, json!({"RoleName": "r"})), "it was not made for the role");
    intent.dependencies = ["a/role".into()].into();
    assert!(hangs(&intent, Recovery::ByParts, Json::Null));
    assert!(!hangs(&intent, Recovery::DeterministicName, Json::Null), "nothing says that it is of the role");
    assert!(hangs(&intent, Recovery::DeterministicName, json!({"RoleName": "r"})));
    assert!(!hangs(&intent, Recovery::ByParts, json!({"RoleName": "r", "PolicyName": "write"})));
}

#[test]
fn a_record_that_points_to_a_load_balancer_of_the_app_hangs_on_it() {
    const RECORD: &str = "AWS::Route53::RecordSet";
    let balancer = assembly(&[("a/balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", json!({"Name": "b"}))]);
    let mut state = crate::stages::diff::tests::deployed(&balancer);
    let outputs = &mut state.resources.get_mut("a/balancer").unwrap().outputs;
    outputs.insert("DNSName".into(), json!("b-1.elb.amazonaws.com"));
    outputs.insert("CanonicalHostedZoneID".into(), json!("Z35"));
    let hangs = |host: &str, seen: Option<Json>| {
        let mut state = state.clone();
        let target = json!({"DNSName": host, "HostedZoneId": "Z35"});
        let record = json!({"HostedZoneId": "Z1", "Name": "shop.example.com", "Type": "A", "AliasTarget": target});
        let seen = seen.unwrap_or_else(|| record.clone());
        open(&mut state, "a/name", RECORD, record);
        let intent = state.pending.get_mut("a/name").unwrap();
        intent.dependencies = ["a/balancer".into()].into();
        hangs_on_own(&state, &state.pending["a/name"], RECORD, by(Recovery::ByParts), seen.as_object())
    };
    assert!(hangs("b-1.elb.amazonaws.com", None));
    assert!(hangs("dualstack.b-1.elb.amazonaws.com", None));
    assert!(!hangs("web-1.elb.amazonaws.com", None), "all balancers of a region have the zone Z35");
    assert!(!hangs("another-b-1.elb.amazonaws.com", None), "it is no name below that of the balancer");
    let theirs = json!({"AliasTarget": {"DNSName": "web-1.elb.amazonaws.com", "HostedZoneId": "Z35"}});
    assert!(!hangs("b-1.elb.amazonaws.com", Some(theirs)));
}

#[test]
fn only_open_creates_of_the_same_type_and_owner_are_not_told_apart() {
    let (fake, mut state) = (Fake::default(), begun());
    let one = open(&mut state, "a/one", KEY, key());
    open(&mut state, "a/two", KEY, key());
    open(&mut state, "a/eve", KEY, json!({"UserName": "eve"}));
    let network = open(&mut state, "a/net", VPC, key());
    open(&mut state, "a/other-net", VPC, key());
    let limiter = RateLimiter::new(4);
    let siblings = |address: &Address| {
        let reader = Reader::new(&fake, &limiter);
        siblings(&state, address, &map(key()), reader).map(Path::to_string).collect::<Vec<_>>()
    };
    assert_eq!(siblings(&one.address), ["a/two"]);
    assert_eq!(siblings(&network.address), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_to_be_of_the_app_is_taken_though_the_program_does_not_declare_it() {
    let policy = json!({"RoleName": "r", "PolicyName": "read"});
    let owner = |app: &str| Some(crate::provider::Owner { app: app.into(), path: "a/it".into() });
    for (type_name, properties, owner, declared) in [
        (VPC, json!({}), None, false),
        // It was found by its own tag, whatever was tagged since.
        (VPC, json!({}), owner("billing"), false),
        (GROUP, group("ops"), owner("shop"), true),
        ("AWS::IAM::RolePolicy", policy, None, false),
    ] {
        let fake = Fake::default();
        let role = assembly(&[("a/role", "AWS::IAM::Role", json!({"RoleName": "r"}))]);
        let mut state = State { identity: begun().identity, ..crate::stages::diff::tests::deployed(&role) };
        let request = open(&mut state, "a/it", type_name, properties);
        state.pending.get_mut("a/it").unwrap().dependencies = ["a/role".into()].into();
        let id = fake.create(&request).await.unwrap().id;
        fake.cloud().owners.extend(owner.map(|owner| (id.clone(), owner)));
        let limiter = RateLimiter::new(4);
        let is_declared = |_: &Path, _: &Intent| declared;
        let claimants = Claimants { wanted: &|_| true, declared: &is_declared, neighbors: &Neighbors::NONE };
        let events = limiter.keep(recover(&state, Reader::new(&fake, &limiter), claimants)).await.unwrap();
        assert!(matches!(&events[..], [Event::Accepted { id: found, .. }] if *found == id), "{type_name}: {events:?}");
    }
}

/// A key of the state, which exists.
async fn with_key(fake: &Fake) -> State {
    let program = assembly(&[("a/key", KEY, key())]);
    let mut state = State { identity: begun().identity, ..crate::stages::diff::tests::deployed(&program) };
    state.resources.get_mut("a/key").unwrap().id = plant(fake, KEY, key()).await;
    state
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_gone_is_not_taken_for_another_one_of_its_user() {
    let fake = Fake::default();
    let mut state = with_key(&fake).await;
    let resource = state.resources.get_mut("a/key").unwrap();
    resource.id = "accesskey-98".into();
    for event in resource.clone().lacking(&"a/key".into()) {
        if matches!(event, Event::Intent { .. }) {
            state.apply(event).unwrap();
        }
    }
    let after = recovered(&state, &fake, &["a/key"]).await.unwrap();
    assert!(after.resources.is_empty() && after.pending.is_empty(), "{:?}", after.resources);
}

#[tokio::test(start_paused = true)]
async fn a_create_beside_a_key_that_is_known_is_asked_for_again() {
    let fake = Fake::default();
    let mut state = with_key(&fake).await;
    open(&mut state, "a/second", KEY, key());
    let after = recovered(&state, &fake, &["a/key", "a/second"]).await.unwrap();
    assert_eq!((after.resources.len(), after.pending.len()), (1, 1));
}
