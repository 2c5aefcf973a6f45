//! Secrets on their way to the cloud.

use super::*;
use crate::fake::Answer;
use crate::provider::ProviderError;
use crate::run::execute::secrets::MissingSecrets;

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

#[tokio::test(start_paused = true)]
async fn a_secret_that_has_changed_is_set_where_its_resource_is_renamed_too() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |path: &str, name: &str| {
        let source = json!({"$secret": {"secrets_manager": {"secret": "db"}}});
        let properties = json!({"DBInstanceIdentifier": name, "MasterUserPassword": source});
        assembly(&[(path, DATABASE, properties)])
    };
    fake.cloud().secrets.insert("db".into(), "hunter2".into());
    deploy(&program("a/db", "shop"), &store, &fake).await;
    fake.calls();
    fake.cloud().secrets.insert("db".into(), "hunter3".into());
    // Its name tells that it is the same database: the program does not say that it has moved.
    let outcome = deploy(&program("a/database", "shop"), &store, &fake).await;
    assert_eq!(fake.calls(), ["update a/database"]);
    let made = fake.cloud().resources[&outcome.state.resources["a/database"].id].clone();
    assert_eq!(made.properties["MasterUserPassword"], "hunter3");
    assert!(is_settled(&program("a/database", "shop"), &store, &fake).await);
}

/// A variable that is not set.
const UNSET: &str = "UNSET";

/// One that is.
const SET: &str = "SET";

/// Deploys where [`SET`] is set.
async fn deploy(assembly: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let variables = [(SET.to_owned(), "hunter2".to_owned())].into_iter().collect();
    deploy_with(assembly, store, fake, ExecuteOptions { delete_data: true, variables, ..ExecuteOptions::default() })
        .await
}

/// A database with a property that holds a secret of the environment and a name.
fn with_variable(engine: &str, user: serde_json::Value, variable: &str) -> Assembly {
    let login = json!({"User": user, "Password": {"$secret": {"environment": variable}}});
    assembly(&[("a/db", DATABASE, json!({"Engine": engine, "Login": login}))])
}

/// Such a database, of which the variable is not set any more.
async fn deployed_with_variable(fake: &Fake) -> MemoryStore {
    let store = MemoryStore::new();
    let mut state = deploy(&with_variable("x", json!("ada"), SET), &store, fake).await.state;
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
    assert_eq!(made.properties["Login"]["Password"], "hunter2");
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
        assert!(
            matches!(&result, Err(ExecuteError::Refused(Error::MissingSecrets(MissingSecrets { names }))) if *names == [UNSET]),
            "{result:?}"
        );
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

#[tokio::test(start_paused = true)]
async fn what_the_cloud_says_about_a_secret_is_written_and_shown_without_it() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.cloud().secrets.insert("db".into(), "hunter2-long".into());
    let source = json!({"$secret": {"secrets_manager": {"secret": "db"}}});
    let program = |engine: &str| {
        let db = ("a/db", DATABASE, json!({"Engine": engine, "MasterUserPassword": source}));
        assembly(&[db, ("a/logs", LOG_GROUP, json!({"LogGroupName": "l"}))])
    };
    let says = |class: ErrorClass, call: &str| {
        let value = fake.cloud().secrets["db"].clone();
        let message = format!("Value '{value}' at 'masterUserPassword' failed");
        let answer = Answer::Refused(ProviderError::new(class, message));
        fake.cloud().errors.entry(call.into()).or_default().push(answer);
    };
    let heard = std::sync::Mutex::new(Vec::new());
    let progress = |event: &ProgressEvent| heard.lock().unwrap().push(serde_json::to_string(event).unwrap());
    for (engine, class, call) in [
        ("x", ErrorClass::Throttled, "create a/db"),
        ("y", ErrorClass::Invalid, "create a/db"),
        ("z", ErrorClass::Invalid, "update a/db"),
    ] {
        if call.starts_with("update") {
            deploy(&program("x"), &store, &fake).await;
            fake.cloud().secrets.insert("db".into(), "hunter2-other".into());
        }
        says(class, call);
        if class == ErrorClass::Throttled {
            says(ErrorClass::Invalid, call);
        }
        let kept = Journalled::default();
        let loaded = store::load(&store, "shop").await.unwrap();
        let planned =
            crate::run::planning::deploy(&program(engine), &loaded.state, &fake, &Default::default()).await.unwrap();
        let over = Journalling { store: store.clone(), kept: kept.clone() };
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        let outcome =
            execute(&planned.plan, loaded, &fake, &over, &options, &progress, &Cancellation::new()).await.unwrap();
        assert_eq!(outcome.failed.len(), 1, "{call}");
        let error = outcome.failed[0].error.to_string();
        assert!(error.contains("Value '(secret)"), "{error}");
        let saved = store.load().await.unwrap();
        let written = format!("{}{saved:?}", kept.lock().unwrap().join("\n"));
        assert!(written.contains("(secret)") || call.starts_with("update"), "{written}");
        assert!(!written.contains("hunter2"), "{written}");
    }
    let heard = heard.lock().unwrap().join("\n");
    assert!(heard.contains("(secret)") && !heard.contains("hunter2"), "{heard}");
}

type Journalled = std::sync::Arc<std::sync::Mutex<Vec<String>>>;

/// A store that keeps all that was ever written into its journal.
struct Journalling {
    store: MemoryStore,
    kept: Journalled,
}

#[async_trait::async_trait]
impl store::StateStore for Journalling {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn load(&self) -> Result<Option<store::Stored>, Error> {
        self.store.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.store.save(state).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        let lines = events.iter().map(|event| serde_json::to_string(event).unwrap());
        self.kept.lock().unwrap().extend(lines);
        self.store.append(base, events).await
    }

    async fn lock(&self, holder: &crate::model::LockOwner) -> Result<Box<dyn store::Lock>, Error> {
        self.store.lock(holder).await
    }
}
