use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::fake::{Fake, LOG_GROUP, VPC, assembly, vpc};
use crate::model::{Event, LockOwner};
use crate::provider::ErrorClass;
use crate::run::execute::{Cancellation, ExecuteError, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions, Planned};
use crate::run::store::{FileStore, Lock, MemoryStore, Stored};
use crate::run::upstream::UpstreamError;

/// Two apps in one place: `account` publishes, `shop` uses.
struct World {
    fake: Fake,
    account: MemoryStore,
    shop: MemoryStore,
}

impl World {
    fn new() -> Self {
        let place = MemoryStore::new();
        Self { fake: Fake::default(), account: place.beside("account"), shop: place.beside("shop") }
    }

    async fn plan(&self, assembly: &Assembly, store: &dyn StateStore, options: PlanOptions) -> Result<Planned, Error> {
        let loaded = store::load(store, &assembly.app).await?;
        let options = PlanOptions { upstream: Upstream::read(assembly, store).await?, ..options };
        planning::deploy(assembly, &loaded.state, &self.fake, &options).await
    }

    async fn execute(&self, plan: &Plan, store: &dyn StateStore) -> Result<Outcome, Error> {
        let loaded = store::load(store, &plan.app).await?;
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        let ended = execute(plan, loaded, &self.fake, store, &options, &(), &Cancellation::new()).await;
        ended.map_err(|error| match error {
            ExecuteError::Refused(error) => error,
            ExecuteError::Unsaved { source, .. } => *source,
        })
    }

    async fn deploy(&self, assembly: &Assembly, store: &dyn StateStore) -> Result<Outcome, Error> {
        let planned = self.plan(assembly, store, PlanOptions::default()).await?;
        self.execute(&planned.plan, store).await
    }

    async fn state(&self, store: &MemoryStore, app: &str) -> State {
        store::load(store, app).await.unwrap().state
    }
}

fn account(outputs: Json) -> Assembly {
    let Ok(Value::Map(outputs)) = Value::from_json(outputs) else { panic!("outputs are a map") };
    Assembly { app: "account".into(), outputs, ..assembly(&[]) }
}

fn import(name: &str, form: &str) -> Json {
    json!({"$import": {"app": "account", "name": name, "form": form}})
}

fn logs(name: Json) -> Assembly {
    assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": name}))])
}

fn shop() -> Assembly {
    logs(json!({"$template": ["zone-", import("zone-id", "text")]}))
}

fn zone(id: &str) -> Assembly {
    account(json!({"zone-id": id}))
}

fn used(value: &str) -> Imports {
    let imported = Imported { value: value.into(), resources: ["a/logs".into()].into(), outputs: BTreeSet::new() };
    [("account".to_owned(), [("zone-id".to_owned(), imported)].into())].into()
}

#[tokio::test(start_paused = true)]
async fn a_value_of_another_app_is_known_in_the_plan_and_written_down_with_its_users() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    let planned = world.plan(&shop(), &world.shop, PlanOptions::default()).await.unwrap();
    assert_eq!(planned.changes.imports["account:zone-id"], ImportChange { from: None, to: Some("Z1".into()) });
    let saved = Plan::from_json(&planned.plan.to_json()).unwrap();
    assert_eq!(saved.imports, used("Z1"));
    let outcome = world.execute(&saved, &world.shop).await.unwrap();
    assert_eq!(outcome.state.resources["a/logs"].properties["LogGroupName"], Value::from("zone-Z1"));
    assert_eq!(outcome.state.imports, used("Z1"));
    let again = world.plan(&shop(), &world.shop, PlanOptions::default()).await.unwrap();
    assert!(again.plan.is_empty() && again.changes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_value_that_changes_is_planned_and_makes_a_saved_plan_stale() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    let early = world.plan(&shop(), &world.shop, PlanOptions::default()).await.unwrap();
    world.deploy(&zone("Z2"), &world.account).await.unwrap();
    let stale = world.execute(&early.plan, &world.shop).await.unwrap_err();
    assert_eq!(
        stale.to_string(),
        "the plan is stale: `zone-id` of the app `account` was \"Z1\" when it was made, and is \"Z2\" now"
    );
    assert!(world.fake.paths().is_empty());

    world.deploy(&shop(), &world.shop).await.unwrap();
    world.deploy(&zone("Z3"), &world.account).await.unwrap();
    let planned = world.plan(&shop(), &world.shop, PlanOptions::default()).await.unwrap();
    let change = ImportChange { from: Some("Z2".into()), to: Some("Z3".into()) };
    assert_eq!(planned.changes.imports["account:zone-id"], change);
    assert!(matches!(planned.changes.changes["a/logs"].action, Action::Replace(_)));
}

#[tokio::test]
async fn all_that_is_missing_is_said_at_once_with_who_wants_it() {
    let world = World::new();
    let missing = |error: Error| match error {
        Error::Upstream(UpstreamError::Missing { missing }) => missing,
        other => panic!("{other}"),
    };
    let error = world.deploy(&shop(), &world.shop).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "outputs of other apps are missing:\n  - `zone-id` of the app `account`, which was never deployed here, used by a/logs"
    );
    world.deploy(&account(json!({"zone-id": 7, "certificate": "c"})), &world.account).await.unwrap();
    let mut both = shop();
    both.outputs.insert("arn".into(), Value::from_json(import("certificat", "text")).unwrap());
    let found = missing(world.deploy(&both, &world.shop).await.unwrap_err());
    assert_eq!(
        found[0].problem,
        Problem::NotPublished {
            published: vec!["certificate".into(), "zone-id".into()],
            nearest: vec!["certificate".into()]
        }
    );
    assert_eq!(found[0].wanted_by(), "the output `arn`");
    assert_eq!(found[1].problem, Problem::OtherForm { found: json!(7) });
    assert_eq!(found[1].to_string(), "`zone-id` of the app `account`, which is 7 but has to be a string");
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_used_is_not_taken_away() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    world.deploy(&shop(), &world.shop).await.unwrap();
    let renamed = account(json!({"zone": "Z1"}));
    let before = world.state(&world.account, "account").await;
    let planned = world.plan(&renamed, &world.account, PlanOptions::default()).await.unwrap();
    let refused = permit(&planned.plan, &before, &world.account).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the plan removes outputs that other apps use:\n  - `zone-id` is used by `shop`: a/logs\n\
         first deploy those apps without these outputs, or destroy those apps"
    );
    world.execute(&planned.plan, &world.account).await.unwrap_err();
    let destroy = planning::destroy(&before, &world.fake, &PlanOptions::default()).await.unwrap();
    world.execute(&destroy.plan, &world.account).await.unwrap_err();
    assert_eq!(world.state(&world.account, "account").await, before);

    // A value may change, and what is not used may go.
    world.deploy(&account(json!({"zone-id": "Z2", "new": 1})), &world.account).await.unwrap();
    world.deploy(&zone("Z2"), &world.account).await.unwrap();
    // Once nobody uses it, it may go, too; even with the same value, which changes no resource.
    world.deploy(&shop(), &world.shop).await.unwrap();
    world.deploy(&logs(json!("zone-Z2")), &world.shop).await.unwrap();
    assert_eq!(world.state(&world.shop, "shop").await.imports, Imports::new());
    world.deploy(&renamed, &world.account).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_app_whose_state_was_moved_away_holds_only_what_it_used_by_then() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let (account, shop) = (FileStore::new(dir.path(), "account"), FileStore::new(dir.path(), "shop"));
    world.deploy(&account_of_two(), &account).await.unwrap();
    world.deploy(&self::shop(), &shop).await.unwrap();
    shop.set_moved(Some("s3://states")).await.unwrap();
    world.deploy(&zone("Z1"), &account).await.unwrap();
    let refused = world.deploy(&self::account(json!({})), &account).await.unwrap_err().to_string();
    assert!(
        refused.contains("`zone-id` is used by `shop`: a/logs, as of the time when its state was moved to s3://states"),
        "{refused}"
    );
}

fn account_of_two() -> Assembly {
    account(json!({"zone-id": "Z1", "other": 1}))
}

#[tokio::test(start_paused = true)]
async fn what_another_app_uses_is_not_replaced_under_it() {
    let world = World::new();
    let network = |cidr: &str| {
        let outputs = account(json!({"zone-id": {"$ref": "a/vpc#VpcId"}})).outputs;
        Assembly { app: "account".into(), outputs, ..assembly(&[vpc(cidr)]) }
    };
    world.deploy(&network("10.0.0.0/16"), &world.account).await.unwrap();
    world.deploy(&shop(), &world.shop).await.unwrap();
    let refused = world.deploy(&network("10.1.0.0/16"), &world.account).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the plan deletes or replaces resources that other apps use:\n  \
         - a/vpc (`zone-id`) is used by `shop`: a/logs\n\
         first publish a new resource under another name beside the old one, deploy those apps with the new output, \
         and then remove the old resource"
    );
    // What has never worked is of no use to anybody.
    let mut state = world.state(&world.account, "account").await;
    state.resources.get_mut("a/vpc").unwrap().status = crate::model::ResourceStatus::Tainted;
    world.account.save(&state).await.unwrap();
    assert!(world.deploy(&network("10.0.0.0/16"), &world.account).await.unwrap().succeeded());
}

fn network(vpcs: &[&str], zone: Json) -> Assembly {
    let resources: Vec<_> = vpcs.iter().map(|path| (*path, VPC, json!({"CidrBlock": "10.0.0.0/16"}))).collect();
    Assembly { app: "account".into(), outputs: account(json!({"zone-id": zone})).outputs, ..assembly(&resources) }
}

fn id_of(path: &str) -> Json {
    json!({"$ref": format!("{path}#VpcId")})
}

#[tokio::test(start_paused = true)]
async fn what_another_app_uses_is_not_deleted_where_the_output_is_taken_from_elsewhere() {
    let whole = || PlanOptions::default();
    let only = || PlanOptions { only: ["a/vpc".into()].into(), ..PlanOptions::default() };
    let templated = json!({"$template": ["vpc/", id_of("a/vpc"), "/zone"]});
    let renamed = || network(&["a/new"], id_of("a/new"));
    for (published, after, options) in [
        (id_of("a/vpc"), renamed(), whole()),
        (templated, renamed(), whole()),
        (json!({"id": [id_of("a/vpc")]}), renamed(), whole()),
        (id_of("a/vpc"), network(&[], json!("Z2")), whole()),
        (id_of("a/vpc"), network(&[], json!("vpc-1")), whole()),
        (id_of("a/vpc"), Assembly { outputs: BTreeMap::new(), ..renamed() }, only()),
        (id_of("a/vpc"), renamed(), only()),
    ] {
        let world = World::new();
        let before = network(&["a/vpc"], published);
        world.deploy(&before, &world.account).await.unwrap();
        let value = world.state(&world.account, "account").await.outputs["zone-id"].clone();
        let mut using = State::new("shop");
        using.imports = used("Z1");
        using.imports.get_mut("account").unwrap().get_mut("zone-id").unwrap().value = value;
        world.shop.save(&using).await.unwrap();
        world.fake.calls();
        let planned = world.plan(&after, &world.account, options).await.unwrap();
        let refused = world.execute(&planned.plan, &world.account).await.map(|it| it.state.outputs).unwrap_err();
        assert!(
            matches!(
                refused,
                Error::Upstream(UpstreamError::ReplacedInUse { .. })
                    | Error::Upstream(UpstreamError::OutputsInUse { .. })
            ),
            "{refused}"
        );
        assert!(refused.to_string().contains("is used by `shop`: a/logs"), "{refused}");
        assert_eq!(world.fake.calls(), Vec::<String>::new());
        // Nobody uses it any more.
        world.shop.save(&State::new("shop")).await.unwrap();
        assert!(world.execute(&planned.plan, &world.account).await.unwrap().succeeded());
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_does_not_go_on_to_publish_what_it_deletes() {
    let world = World::new();
    world.deploy(&network(&["a/vpc", "a/other"], id_of("a/vpc")), &world.account).await.unwrap();
    let options = PlanOptions { only: ["a/vpc".into()].into(), ..PlanOptions::default() };
    let after = network(&["a/other"], id_of("a/other"));
    let planned = world.plan(&after, &world.account, options).await.unwrap();
    assert_eq!(planned.changes.outputs["zone-id"], crate::stages::diff::OutputChange::Removed);
    let state = world.execute(&planned.plan, &world.account).await.unwrap().state;
    assert_eq!(state.outputs, BTreeMap::new());
    let state = world.deploy(&after, &world.account).await.unwrap().state;
    assert_eq!(state.outputs["zone-id"], state.resources["a/other"].id);
}

#[tokio::test(start_paused = true)]
async fn what_is_used_stays_where_something_else_is_deleted() {
    let world = World::new();
    let subnet = crate::fake::subnet();
    let mut before = network(&["a/vpc"], id_of("a/vpc"));
    before.resources.extend(assembly(&[subnet]).resources);
    world.deploy(&before, &world.account).await.unwrap();
    world.deploy(&shop(), &world.shop).await.unwrap();
    // The subnet names the VPC.
    assert!(world.deploy(&network(&["a/vpc"], id_of("a/vpc")), &world.account).await.unwrap().succeeded());
    // A second one is made and removed beside it.
    let two = network(&["a/vpc", "a/new"], id_of("a/vpc"));
    assert!(world.deploy(&two, &world.account).await.unwrap().succeeded());
    assert!(world.deploy(&network(&["a/vpc"], id_of("a/vpc")), &world.account).await.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_is_not_deleted_while_another_app_uses_it() {
    let world = World::new();
    let program = network(&["a/vpc"], id_of("a/vpc"));
    let mut state = world.deploy(&program, &world.account).await.unwrap().state;
    world.deploy(&shop(), &world.shop).await.unwrap();
    // As a run leaves it that was killed after it had made the new one.
    let mut resource = state.resources.remove("a/vpc").unwrap();
    resource.properties.insert("CidrBlock".into(), "10.9.0.0/16".into());
    state.deposed.push(crate::model::Orphan { path: "a/vpc".into(), resource });
    world.account.save(&state).await.unwrap();
    let refused = world.deploy(&program, &world.account).await.unwrap_err();
    assert!(matches!(refused, Error::Upstream(UpstreamError::ReplacedInUse { .. })), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_not_published_any_more_when_the_run_is_killed() {
    let network = |cidr: &str| Assembly {
        outputs: account(json!({"zone-id": id_of("a/vpc"), "other": "stays"})).outputs,
        app: "account".into(),
        ..assembly(&[vpc(cidr)])
    };
    let world = World::new();
    world.deploy(&network("10.0.0.0/16"), &world.account).await.unwrap();
    let after = network("10.1.0.0/16");
    let planned = world.plan(&after, &world.account, PlanOptions::default()).await.unwrap();
    let loaded = store::load(&world.account, "account").await.unwrap();
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&planned.plan, loaded, &world.fake, &world.account, &options, &(), &cancellation);
    let seen = std::cell::RefCell::new(Vec::new());
    let watch = async {
        loop {
            let state = world.state(&world.account, "account").await;
            let id = state.outputs.get("zone-id").and_then(Json::as_str).map(str::to_owned);
            let exists = id.map(|id| world.fake.cloud().resources.contains_key(&id));
            seen.borrow_mut().push((exists, state.outputs.contains_key("other")));
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::select! {
        biased;
        () = watch => unreachable!("it goes on for ever"),
        outcome = run => outcome.unwrap(),
    };
    assert!(outcome.succeeded());
    assert_eq!(outcome.state.outputs["zone-id"], outcome.state.resources["a/vpc"].id);
    let seen = seen.into_inner();
    assert!(seen.iter().all(|(exists, other)| *exists != Some(false) && *other), "{seen:?}");
    assert!(seen.contains(&(None, true)), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_deleted_after_all_is_published_again() {
    let world = World::new();
    world.deploy(&network(&["a/vpc"], id_of("a/vpc")), &world.account).await.unwrap();
    let before = world.state(&world.account, "account").await.outputs;
    world.fake.fail("create a/new", ErrorClass::Invalid);
    let mut after = network(&["a/new"], id_of("a/vpc"));
    after.resources.insert("a/vpc".into(), assembly(&[vpc("10.1.0.0/16")]).resources["a/vpc"].clone());
    world.fake.fail("create a/vpc", ErrorClass::Invalid);
    let outcome = world.deploy(&after, &world.account).await.unwrap();
    assert!(!outcome.succeeded());
    assert_eq!(outcome.state.outputs, before);
}

#[tokio::test(start_paused = true)]
async fn a_failed_deploy_counts_as_a_user_and_one_that_is_destroyed_does_not() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    world.deploy(&shop(), &world.shop).await.unwrap();
    world.fake.fail("create a/logs", ErrorClass::Invalid);
    let outcome = world.deploy(&logs(json!("plain")), &world.shop).await.unwrap();
    assert!(!outcome.succeeded());
    assert_eq!(outcome.state.imports, used("Z1"));
    // Log groups are stateful, and a kept resource continues to use its values.
    for (delete_data, imports) in [(false, used("Z1")), (true, Imports::new())] {
        let state = world.state(&world.shop, "shop").await;
        let options = PlanOptions { delete_data, ..PlanOptions::default() };
        let destroy = planning::destroy(&state, &world.fake, &options).await.unwrap();
        let outcome = world.execute(&destroy.plan, &world.shop).await.unwrap();
        assert!(outcome.succeeded());
        assert_eq!(outcome.state.imports, imports);
    }
    world.deploy(&account(json!({})), &world.account).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_part_uses_what_its_own_resources_use() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    let mut both = shop();
    both.resources.extend(assembly(&[vpc("10.0.0.0/16")]).resources);
    let only = |path: &str| PlanOptions { only: [path.into()].into(), ..PlanOptions::default() };
    let planned = world.plan(&both, &world.shop, only("a/vpc")).await.unwrap();
    assert!(planned.plan.imports.is_empty() && planned.changes.imports.is_empty());
    world.execute(&planned.plan, &world.shop).await.unwrap();
    assert_eq!(world.state(&world.shop, "shop").await.imports, Imports::new());

    world.deploy(&both, &world.shop).await.unwrap();
    let planned = world.plan(&both, &world.shop, only("a/vpc")).await.unwrap();
    assert_eq!(planned.plan.kept_imports, used("Z1"));
    assert!(planned.plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn users_follow_moves_and_what_is_not_looked_after_any_more_uses_nothing() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    let mut state = world.deploy(&shop(), &world.shop).await.unwrap().state;
    let moved = {
        let mut program = logs(json!("zone-Z1"));
        let entry = program.resources.remove("a/logs").unwrap();
        program.resources.insert("a/moved".into(), entry);
        program
    };
    let planned = world.plan(&moved, &world.shop, PlanOptions::default()).await.unwrap();
    assert_eq!(planned.plan.render(), "#0 move a/moved from a/logs (AWS::Logs::LogGroup)\n");
    assert!(planned.plan.kept_imports.is_empty(), "it is moved, and uses nothing any more");
    state.apply(Event::Moved { from: "a/logs".into(), to: "a/saved".into() }).unwrap();
    assert_eq!(state.imports["account"]["zone-id"].resources, ["a/saved".into()].into());
    state.apply(Event::Forgotten { path: "a/saved".into() }).unwrap();
    assert_eq!(state.imports, Imports::new());
}

#[test]
fn a_state_of_before_there_were_imports_is_read() {
    let state = State::new("shop");
    let json = state.to_json();
    assert!(!json.contains("imports"), "{json}");
    assert_eq!(State::from_json(&json, "the test").unwrap(), state);
}

/// A store in which something happens elsewhere before the first events are written.
struct Meanwhile<'a> {
    store: &'a MemoryStore,
    event: Mutex<Option<(MemoryStore, State)>>,
}

#[async_trait]
impl StateStore for Meanwhile<'_> {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.store.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.store.save(state).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        let event = self.event.lock().unwrap().take();
        if let Some((other, state)) = event {
            other.save(&state).await?;
        }
        self.store.append(base, events).await
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        self.store.lock(holder).await
    }

    async fn apps(&self) -> Result<Vec<String>, Error> {
        self.store.apps().await
    }

    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        self.store.of(app)
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_runs_at_the_same_time_one_sees_the_other_and_touches_nothing() {
    let world = World::new();
    let network = Assembly { app: "account".into(), ..assembly(&[vpc("10.0.0.0/16")]) };
    let publishing = Assembly { outputs: zone("Z1").outputs, ..network.clone() };
    world.deploy(&publishing, &world.account).await.unwrap();
    let (before, calls) = (world.state(&world.account, "account").await, world.fake.calls());
    assert_eq!(calls, ["create a/vpc"]);

    // While `account` takes the output away, `shop` begins to use it.
    let mut using = State::new("shop");
    using.imports = used("Z1");
    let account = Meanwhile { store: &world.account, event: Mutex::new(Some((world.shop.clone(), using))) };
    let none = Assembly { resources: BTreeMap::new(), ..network };
    let refused = world.deploy(&none, &account).await.unwrap_err();
    assert!(matches!(refused, Error::Upstream(UpstreamError::OutputsInUse { .. })), "{refused}");
    let after = world.state(&world.account, "account").await;
    assert_eq!((&after.outputs, &after.resources, after.serial), (&before.outputs, &before.resources, 2));

    // While `shop` begins to use the output, `account` takes it away.
    world.shop.save(&State::new("shop")).await.unwrap();
    let without = State { outputs: BTreeMap::new(), ..after };
    let shop = Meanwhile { store: &world.shop, event: Mutex::new(Some((world.account.clone(), without))) };
    let refused = world.deploy(&self::shop(), &shop).await.unwrap_err();
    assert!(refused.to_string().contains("is no longer published"), "{refused}");
    assert_eq!(world.state(&world.shop, "shop").await.imports, Imports::new());
    assert_eq!(world.fake.calls(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_retained_goes_on_to_use_what_other_apps_publish() {
    let world = World::new();
    world.deploy(&zone("Z1"), &world.account).await.unwrap();
    let mut program = shop();
    program.resources.get_mut("a/logs").unwrap().lifecycle.retain = true;
    world.deploy(&program, &world.shop).await.unwrap();
    program.resources.remove("a/logs");
    for _ in 0..2 {
        let state = world.deploy(&program, &world.shop).await.unwrap().state;
        assert_eq!(state.retained.len(), 1);
        assert_eq!(state.imports["account"]["zone-id"].resources, ["a/logs".into()].into());
        program.outputs.clear();
    }
}
