use groundplan_core::Environment;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, Fake, LOG_GROUP, assembly, subnet, vpc};
use crate::provider::Owner;
use crate::run::edit;
use crate::run::execute::{Cancellation, ExecuteOptions, execute};
use crate::run::planning::{self, PlanOptions};
use crate::run::store::{self, MemoryStore};
use crate::stages::diff::{Action, Rendered};

/// The import of a resource where no other app is known.
async fn import(program: &Assembly, state: &State, path: &Path, id: &str, fake: &Fake) -> Result<Import, Error> {
    let store = MemoryStore::new();
    super::import(
        program,
        state,
        &Request { path, id, take_ownership: false, variables: &Variables::NONE, parallelism: 10 },
        fake,
        &store,
    )
    .await
}

/// A cloud with the resources of `program`, created by an unknown owner.
async fn made(program: &Assembly) -> Fake {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let loaded = store::load(&store, "shop").await.unwrap();
    let planned = planning::deploy(program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
    let options = ExecuteOptions::default();
    execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    fake
}

fn logs(days: u32) -> (&'static str, &'static str, serde_json::Value) {
    ("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": days}))
}

#[tokio::test(start_paused = true)]
async fn the_differences_are_what_the_next_deploy_settles() {
    let fake = made(&assembly(&[logs(1)])).await;
    let store = MemoryStore::new();
    let program = assembly(&[logs(7)]);
    let loaded = store::load(&store, "shop").await.unwrap();
    let import = import(&program, &loaded.state, &"a/logs".into(), &fake.id("a/logs"), &fake).await.unwrap();
    assert_eq!(import.change.action, Action::Update);
    let [property] = &import.change.properties[..] else { panic!("{:?}", import.change) };
    assert_eq!((&property.from, &property.to), (&Rendered::Known(json!(1)), &Rendered::Known(json!(7))));

    let state = edit::commit(loaded, Some(import.identity), import.events, &store).await.unwrap();
    assert_eq!(state.resources["a/logs"].id, fake.id("a/logs"));
    let planned = planning::deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert_eq!(planned.changes.changes["a/logs"], import.change);
    let same = planning::deploy(&assembly(&[logs(1)]), &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(same.plan.is_empty(), "{:?}", same.plan);
}

#[tokio::test(start_paused = true)]
async fn what_a_reference_will_give_is_taken_from_what_is_there() {
    let program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    let fake = made(&program).await;
    let store = MemoryStore::new();
    for path in ["a/subnet", "a/vpc"] {
        let loaded = store::load(&store, "shop").await.unwrap();
        let import = import(&program, &loaded.state, &path.into(), &fake.id(path), &fake).await.unwrap();
        edit::commit(loaded, Some(import.identity), import.events, &store).await.unwrap();
    }
    let state = store::load(&store, "shop").await.unwrap().state;
    let planned = planning::deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(planned.plan.is_empty(), "{:?}", planned.plan);
}

#[tokio::test(start_paused = true)]
async fn a_generated_secret_is_left_as_it_is() {
    let database =
        ("a/db", DATABASE, json!({"MasterUserPassword": {"$secret": {"generated": {"length": 20}}}, "Engine": "x"}));
    let program = assembly(&[database]);
    let fake = made(&program).await;
    let state = crate::fake::state();
    let import = import(&program, &state, &"a/db".into(), &fake.id("a/db"), &fake).await.unwrap();
    assert_eq!(import.change.properties, []);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_imported_says_why_and_what_to_do() {
    let program = assembly(&[logs(7), vpc("10.0.0.0/16"), ("a/other", crate::fake::VPC, json!({"CidrBlock": "x"}))]);
    let fake = made(&program).await;
    let store = MemoryStore::new();
    let loaded = store::load(&store, "shop").await.unwrap();
    let path = Path::from("a/vpc");
    let imported = import(&program, &loaded.state, &path, &fake.id("a/vpc"), &fake).await.unwrap();
    let state = edit::commit(loaded, Some(imported.identity), imported.events, &store).await.unwrap();
    let refused = async |path: &str, id: &str| {
        let error = import(&program, &state, &path.into(), id, &fake).await.unwrap_err();
        (error.to_string(), error.hints())
    };
    let (message, hints) = refused("a/lgos", "x").await;
    assert_eq!(message, "there is no `a/lgos` in the program; did you mean `a/logs`?");
    assert_eq!(hints, []);
    let (message, hints) = refused("a/vpc", "vpc-9").await;
    let standing = fake.id("a/vpc");
    assert_eq!(message, format!("cannot import `a/vpc`: the state already has AWS::EC2::VPC `{standing}` there"));
    assert_eq!(hints, [Hint::ForgetResource { path: "a/vpc".into(), app: None }]);
    let (message, hints) = refused("a/other", &standing).await;
    assert_eq!(message, format!("cannot import `a/other`: `{standing}` is already managed at `a/vpc`"));
    assert_eq!(hints, [Hint::MoveInState { from: "a/vpc".into(), to: "a/other".into() }]);
    let (message, hints) = refused("a/other", "vpc-9").await;
    assert_eq!(
        message,
        "cannot import `a/other`: there is no AWS::EC2::VPC `vpc-9` in us-east-1 of account 111122223333; \
         resources of this type are identified by VpcId"
    );
    assert_eq!(hints, []);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_in_its_region_only_unless_the_type_knows_no_regions() {
    const BUCKET: &str = "AWS::S3::Bucket";
    for (type_name, taken) in [(LOG_GROUP, false), (BUCKET, true)] {
        let mut program = assembly(&[("a/one", type_name, json!({})), ("b/one", type_name, json!({}))]);
        program.stacks.insert("b".into(), Environment::new("eu-west-1"));
        let fake = made(&assembly(&[("a/one", type_name, json!({}))])).await;
        let (store, id) = (MemoryStore::new(), fake.id("a/one"));
        let loaded = store::load(&store, "shop").await.unwrap();
        let first = import(&program, &loaded.state, &"a/one".into(), &id, &fake).await.unwrap();
        let state = edit::commit(loaded, Some(first.identity), first.events, &store).await.unwrap();
        let second = import(&program, &state, &"b/one".into(), &id, &fake).await;
        assert_eq!(second.is_err(), taken, "{type_name}: {second:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_still_to_be_deleted_is_not_imported() {
    let program = assembly(&[logs(7), ("a/other", LOG_GROUP, json!({}))]);
    let fake = made(&program).await;
    let store = MemoryStore::new();
    let loaded = store::load(&store, "shop").await.unwrap();
    let (path, id) = (Path::from("a/logs"), fake.id("a/logs"));
    let imported = import(&program, &loaded.state, &path, &id, &fake).await.unwrap();
    let mut state = edit::commit(loaded, Some(imported.identity), imported.events, &store).await.unwrap();
    let resource = state.resources.remove(&path).unwrap();
    state.deposed.push(crate::model::Orphan { path, resource });
    let refused = import(&program, &state, &"a/other".into(), &id, &fake).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("cannot import `a/other`: `{id}` was replaced at `a/logs` and is still to be deleted")
    );
    assert_eq!(refused.hints(), [Hint::FinishOpen]);
}

#[tokio::test(start_paused = true)]
async fn what_is_imported_while_it_is_not_ready_holds_data_whatever_becomes_of_it() {
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "x"}))]);
    let fake = made(&program).await;
    fake.cloud().broken.insert("a/db".into());
    let store = MemoryStore::new();
    let loaded = store::load(&store, "shop").await.unwrap();
    let found = import(&program, &loaded.state, &"a/db".into(), &fake.id("a/db"), &fake).await.unwrap();
    assert_eq!(found.change.action, Action::Resume);
    edit::commit(loaded, Some(found.identity), found.events, &store).await.unwrap();
    for _ in 0..2 {
        let loaded = store::load(&store, "shop").await.unwrap();
        let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
        assert_eq!(planned.plan.render(), "#0 wait for a/db (AWS::RDS::DBInstance)\n");
        let options = ExecuteOptions::default();
        let outcome = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert!(!outcome.succeeded());
        assert!(outcome.state.resources["a/db"].is_stateful());
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_identifier_in_another_account_is_another_resource() {
    let fake = made(&assembly(&[logs(7)])).await;
    let store = MemoryStore::new();
    let id = fake.id("a/logs");
    let loaded = store::load(&store, "shop").await.unwrap();
    let first = import(&assembly(&[logs(7)]), &loaded.state, &"a/logs".into(), &id, &fake).await.unwrap();
    let mut state = edit::commit(loaded, Some(first.identity), first.events, &store).await.unwrap();
    state.resources.get_mut("a/logs").unwrap().environment.account = Some("444455556666".into());
    let second = assembly(&[("a/again", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7}))]);
    let imported = import(&second, &state, &"a/again".into(), &id, &fake).await;
    assert!(imported.is_ok(), "{imported:?}");
    state.resources.get_mut("a/logs").unwrap().environment.account = Some(crate::fake::identity().account);
    let refused = import(&second, &state, &"a/again".into(), &id, &fake).await.unwrap_err().to_string();
    assert!(refused.contains("is already managed at `a/logs`"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_another_app_has_in_its_state_is_refused_until_it_has_let_go_of_it() {
    let program = assembly(&[logs(7)]);
    let fake = made(&program).await;
    let place = MemoryStore::new();
    let (path, id) = (Path::from("a/logs"), fake.id("a/logs"));
    let (shop, account) = (place.beside("shop"), place.beside("account"));
    let loaded = store::load(&account, "account").await.unwrap();
    let theirs = Assembly { app: "account".into(), ..program.clone() };
    let imported = import(&theirs, &loaded.state, &path, &id, &fake).await.unwrap();
    let state = edit::commit(loaded, Some(imported.identity), imported.events, &account).await.unwrap();
    let request =
        |take_ownership| Request { path: &path, id: &id, take_ownership, variables: &Variables::NONE, parallelism: 10 };
    let own = State::new("shop");
    for take_ownership in [false, true] {
        let refused = super::import(&program, &own, &request(take_ownership), &fake, &shop).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "cannot import `a/logs`: `{id}` is `a/logs` of the app `account`; two apps cannot manage the same resource"
            )
        );
        assert_eq!(refused.hints(), [Hint::ForgetResource { path: path.clone(), app: Some("account".into()) }]);
    }
    // What is left over there is theirs as well.
    let mut deposed = state.clone();
    let resource = deposed.resources.remove(&path).unwrap();
    deposed.deposed.push(crate::model::Orphan { path: path.clone(), resource: resource.clone() });
    account.save(&deposed).await.unwrap();
    assert!(super::import(&program, &own, &request(false), &fake, &shop).await.is_err());
    // The same name in another account is another one.
    let mut elsewhere = state.clone();
    elsewhere.identity.as_mut().unwrap().account = "444455556666".into();
    account.save(&elsewhere).await.unwrap();
    super::import(&program, &own, &request(false), &fake, &shop).await.unwrap();
    // Tags stay when an app lets go of a resource: its state says that it has.
    fake.cloud().owners.insert(id.clone(), Owner { app: "account".into(), path: "a/logs".into() });
    account.save(&State { resources: BTreeMap::new(), ..state }).await.unwrap();
    super::import(&program, &own, &request(false), &fake, &shop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_carries_the_tags_of_another_path_or_of_an_app_elsewhere_is_taken_only_on_request() {
    let program = assembly(&[logs(7)]);
    let fake = made(&program).await;
    let (path, id) = (Path::from("a/logs"), fake.id("a/logs"));
    let store = MemoryStore::new();
    let attempt = async |app: &str, tagged: &str, take_ownership| {
        fake.cloud().owners.insert(id.clone(), Owner { app: app.into(), path: tagged.into() });
        let request = Request { path: &path, id: &id, take_ownership, variables: &Variables::NONE, parallelism: 10 };
        let imported = super::import(&program, &State::new("shop"), &request, &fake, &store).await;
        imported.map(drop).map_err(|error| (error.to_string(), error.hints()))
    };
    assert_eq!(attempt("shop", "a/logs", false).await, Ok(()));
    let (other_path, hints) = attempt("shop", "a/other", false).await.unwrap_err();
    assert_eq!(other_path, format!("cannot import `a/logs`: the tags of `{id}` say that it was created for `a/other`"));
    let there = Hint::Import { path: Some("a/other".into()), id: Some(id.clone()), new_state: false };
    assert_eq!(hints, [there, Hint::TakeOwnership]);
    let (other_app, hints) = attempt("billing", "a/logs", false).await.unwrap_err();
    let there = Hint::ForgetResource { path: "a/logs".into(), app: Some("billing".into()) };
    assert_eq!(hints, [there, Hint::TakeOwnership]);
    assert!(
        other_app.contains("say that it is `a/logs` of the app `billing`, whose state is not in the same location as"),
        "{other_app}"
    );
    for (app, tagged) in [("shop", "a/other"), ("billing", "a/logs")] {
        assert_eq!(attempt(app, tagged, true).await, Ok(()));
    }
}
