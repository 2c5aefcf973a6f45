//! Secrets on their way to the cloud.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_secret_reaches_the_cloud_and_no_file() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.cloud().secrets.insert("db".into(), "hunter2".into());
    let source = json!({"$secret": {"secrets_manager": {"secret": "db"}}});
    let generated = json!({"$secret": {"generated": {"length": 24}}});
    let program = |class: &str| {
        assembly(&[(
            "a/db",
            DATABASE,
            json!({"DBInstanceClass": class, "MasterUserPassword": source, "TdeCredentialPassword": generated}),
        )])
    };
    let outcome = deploy(&program("db.m6g.large"), &store, &fake).await;
    let made = fake.cloud().resources[&outcome.state.resources["a/db"].id].clone();
    assert_eq!(made.properties["MasterUserPassword"], "hunter2");
    let random = made.properties["TdeCredentialPassword"].as_str().unwrap().to_owned();
    assert_eq!(random.len(), 24);
    let text = outcome.state.to_json();
    assert!(!text.contains("hunter2") && !text.contains(&random));
    assert!(is_settled(&program("db.m6g.large"), &store, &fake).await);

    let outcome = deploy(&program("db.m6g.xlarge"), &store, &fake).await;
    let made = fake.cloud().resources[&outcome.state.resources["a/db"].id].clone();
    assert_eq!(made.properties["TdeCredentialPassword"], random.as_str(), "it is not sent again");

    fake.cloud().secrets.insert("db".into(), "hunter3".into());
    let (plan, _) = plan(&program("db.m6g.xlarge"), &store, &fake).await;
    assert!(plan.render().starts_with("#0 update a/db"), "{}", plan.render());
    deploy(&program("db.m6g.xlarge"), &store, &fake).await;
    let made = fake.cloud().resources[&outcome.state.resources["a/db"].id].clone();
    assert_eq!(made.properties["MasterUserPassword"], "hunter3");
}

/// A variable that no machine has.
const UNSET: &str = "GROUNDPLAN_IS_NEVER_SET";

/// A database with a property that holds a secret of the environment and a name.
fn with_variable(engine: &str, user: serde_json::Value, variable: &str) -> Assembly {
    let login = json!({"User": user, "Password": {"$secret": {"environment": variable}}});
    assembly(&[("a/db", DATABASE, json!({"Engine": engine, "Login": login}))])
}

/// Such a database, of which the variable is not set any more.
async fn deployed_with_variable(fake: &Fake) -> MemoryStore {
    let store = MemoryStore::new();
    let mut state = deploy(&with_variable("x", json!("ada"), "PATH"), &store, fake).await.state;
    let unset = with_variable("x", json!("ada"), UNSET).resources["a/db"].properties.clone();
    state.resources.get_mut("a/db").unwrap().properties = unset;
    fake.calls();
    MemoryStore::with(state, Vec::new())
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_not_set_is_not_needed_where_its_property_stays() {
    let fake = Fake::default();
    let store = deployed_with_variable(&fake).await;
    let before = store::load(&store, "shop").await.unwrap().state.resources["a/db"].secrets.clone();
    let outcome = deploy(&with_variable("y", json!("ada"), UNSET), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/db"].secrets, before);
    let id = fake.id("a/db");
    let made = fake.cloud().resources[&id].clone();
    assert_eq!(made.properties["Engine"], "y");
    assert_eq!(made.properties["Login"]["Password"], std::env::var("PATH").unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_needed_and_not_set_is_missed_before_anything_is_touched() {
    let fake = Fake::default();
    let logs = ("a/logs", LOG_GROUP, json!({"LogGroupName": "l"}));
    let mut with_logs = with_variable("x", json!({"$ref": "a/logs#Arn"}), UNSET);
    with_logs.resources.extend(assembly(&[logs]).resources);
    let new = assembly(&[("a/new", DATABASE, json!({"P": {"$secret": {"environment": UNSET}}}))]);
    for program in [with_variable("x", json!("eve"), UNSET), with_logs, new] {
        let store = deployed_with_variable(&fake).await;
        let before = store.load().await.unwrap();
        let (plan, loaded) = plan(&program, &store, &fake).await;
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        let result = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await;
        assert!(matches!(&result, Err(Error::MissingSecrets { names }) if *names == [UNSET]), "{result:?}");
        assert_eq!(fake.calls(), [""; 0]);
        assert_eq!(store.load().await.unwrap(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_generated_secret_that_nobody_knows_is_left_as_it_is() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let generated = json!({"$secret": {"generated": {"length": 24}}});
    let program =
        |engine: &str| assembly(&[("a/db", DATABASE, json!({"Engine": engine, "MasterUserPassword": generated}))]);
    let mut state = deploy(&program("x"), &store, &fake).await.state;
    let id = fake.id("a/db");
    let password = || fake.cloud().resources[&id].properties["MasterUserPassword"].clone();
    let before = password();
    // As after an import.
    state.resources.get_mut("a/db").unwrap().secrets.clear();
    assert!(deploy(&program("y"), &MemoryStore::with(state, Vec::new()), &fake).await.succeeded());
    assert_eq!(password(), before);
}
