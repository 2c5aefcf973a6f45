//! The order of deletions after failures.

use super::*;

/// A network and what uses it; with what is removed later.
fn used(cidr: &str, others: &[&'static str]) -> Assembly {
    let user = ("a/user", LOG_GROUP, json!({"LogGroupName": "user", "RetentionInDays": {"$ref": "a/vpc#VpcId"}}));
    let mut resources = vec![vpc(cidr), user];
    resources.extend(others.iter().map(|path| (*path, LOG_GROUP, json!({"LogGroupName": path}))));
    assembly(&resources)
}

#[tokio::test(start_paused = true)]
async fn what_is_replaced_or_removed_stays_where_a_consumer_does_not_follow() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&used("10.0.0.0/16", &["a/x", "a/y"]), &store, &fake).await.succeeded());
    let old = fake.id("a/vpc");
    fake.fail("update a/user", ErrorClass::Invalid);
    let events = Mutex::new(Vec::new());
    let progress = |event: &ProgressEvent| events.lock().unwrap().push(serde_json::to_value(event).unwrap());
    let (plan, loaded) = plan(&used("10.1.0.0/16", &["a/z"]), &store, &fake).await;
    assert!(plan.steps.iter().any(|step| step.work == Work::Barrier), "{}", plan.render());
    let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
    let outcome = execute(&plan, loaded, &fake, &store, &options, &progress, &Cancellation::new()).await.unwrap();
    assert!(fake.cloud().resources.contains_key(&old));
    assert_eq!(fake.paths(), ["a/user", "a/vpc", "a/vpc", "a/x", "a/y", "a/z"]);
    let mut skipped: Vec<_> = outcome.skipped.iter().map(|it| format!("{} {}", it.verb, it.path)).collect();
    skipped.sort();
    assert_eq!(skipped, ["delete a/vpc", "delete a/x", "delete a/y"]);
    // The step between is nothing that anybody hears of.
    let events = events.into_inner().unwrap();
    assert!(events.iter().all(|event| event["path"] != ""), "{events:?}");
    assert_eq!(events[0]["steps"], plan.steps.len() - 1);

    assert!(deploy(&used("10.1.0.0/16", &["a/z"]), &store, &fake).await.succeeded());
    assert_eq!(fake.paths(), ["a/user", "a/vpc", "a/z"]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_first_stays_where_the_new_one_cannot_be_made() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |region: &str, class: &str| {
        let class = if class.is_empty() { json!("none") } else { json!({"$ref": "a/vpc#VpcId"}) };
        let mut resources = vec![("a/logs", LOG_GROUP, json!({"LogGroupName": "logs", "Tag": class}))];
        resources.extend((class.is_object()).then(|| vpc("10.0.0.0/16")));
        let mut program = assembly(&resources);
        program.resources.get_mut("a/logs").unwrap().lifecycle.delete_before_create = true;
        program.stacks.get_mut("a").unwrap().region = region.into();
        program
    };
    assert!(deploy(&program("us-east-1", ""), &store, &fake).await.succeeded());
    let old = fake.id("a/logs");
    fake.fail("create a/vpc", ErrorClass::Invalid);
    assert!(!deploy(&program("us-west-2", "vpc"), &store, &fake).await.succeeded());
    assert_eq!(fake.id("a/logs"), old);
    assert!(deploy(&program("us-west-2", "vpc"), &store, &fake).await.succeeded());
    assert_ne!(fake.id("a/logs"), old);
}

#[tokio::test(start_paused = true)]
async fn names_change_places() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let logs = |one: &str, two: &str| {
        assembly(&[
            ("a/one", LOG_GROUP, json!({"LogGroupName": one})),
            ("a/two", LOG_GROUP, json!({"LogGroupName": two})),
        ])
    };
    for (one, two) in [("x", "y"), ("y", "x"), ("z", "y"), ("y", "w")] {
        let outcome = deploy(&logs(one, two), &store, &fake).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        assert!(is_settled(&logs(one, two), &store, &fake).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_change_is_changed_where_it_differs_and_left_alone_where_it_does_not() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |tag: &str| {
        assembly(&[
            ("a/secret", "AWS::SecretsManager::Secret", json!({"Name": "db", "GenerateSecretString": {"Tag": tag}})),
            (
                "a/db",
                DATABASE,
                json!({"MasterUserPassword": {"$secret": {"secrets_manager": {"secret": {"$ref": "a/secret#Id"}}}}}),
            ),
        ])
    };
    fake.cloud().secrets.insert("secret-1".into(), "old".into());
    assert!(deploy(&program("one"), &store, &fake).await.succeeded());
    for (tag, value, calls) in
        [("two", "old", &["update a/secret"][..]), ("three", "new", &["update a/secret", "update a/db"])]
    {
        let (plan, loaded) = plan(&program(tag), &store, &fake).await;
        assert_eq!(plan.steps.iter().filter(|step| step.work.verb() == "update").count(), 2);
        // The value is made by the change, which the plan comes before.
        fake.cloud().secrets.insert("secret-1".into(), value.into());
        fake.calls();
        let options = ExecuteOptions::default();
        let outcome = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        assert_eq!(fake.calls(), calls);
        assert!(is_settled(&program(tag), &store, &fake).await);
    }
}
