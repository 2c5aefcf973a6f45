//! Faults from a seed.

use std::time::Duration;

use groundplan_engine::provider::{ErrorClass, Provider, Status};
use groundplan_simulator::{Faults, Simulator};
use serde_json::json;

use super::common::{existing, read, ready, request, try_create, update};

/// The classes of the errors that twenty creates run into.
async fn misfortunes(seed: u64, faults: Faults) -> Vec<Option<ErrorClass>> {
    let cloud = Simulator::in_memory(seed).with_faults(faults);
    for number in 0..20 {
        let path = format!("shop/queue-{number}");
        drop(try_create(&cloud, &path, "AWS::SQS::Queue", json!({})).await);
    }
    cloud.calls().into_iter().map(|call| call.error).collect()
}

#[tokio::test(start_paused = true)]
async fn faults_follow_the_seed() {
    let faults = Faults { throttle: 0.2, transient: 0.2, lost_response: 0.2, ..Faults::default() };
    let first = misfortunes(1, faults).await;
    assert_eq!(first, misfortunes(1, faults).await);
    assert_ne!(first, misfortunes(2, faults).await);
    for class in [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::UnknownOutcome] {
        assert!(first.contains(&Some(class)), "{first:?}");
    }
    assert!(misfortunes(1, Faults::default()).await.iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_has_had_its_effect() {
    let cloud = Simulator::in_memory(1).with_faults(Faults { lost_response: 1.0, ..Faults::default() });
    let error = try_create(&cloud, "shop/queue", "AWS::SQS::Queue", json!({})).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome);
    assert_eq!(cloud.inventory().unwrap().len(), 1);
    let found = cloud.find(&request("shop/queue", "AWS::SQS::Queue", json!({}))).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_fails_to_become_ready_says_so_for_good() {
    let cloud = Simulator::in_memory(1).with_faults(Faults { failing_readiness: 1.0, ..Faults::default() });
    let database = json!({"DBInstanceIdentifier": "db"});
    try_create(&cloud, "shop/db", "AWS::RDS::DBInstance", database).await.unwrap();
    let existing = existing("shop/db", "AWS::RDS::DBInstance", "db");
    assert_eq!(cloud.status(&existing).await.unwrap(), Status::Pending("creating".to_owned()));
    tokio::time::sleep(Duration::from_secs(480)).await;
    assert!(matches!(cloud.status(&existing).await.unwrap(), Status::Failed(_)));
}

#[tokio::test(start_paused = true)]
async fn readiness_can_be_slow() {
    let cloud = Simulator::in_memory(1).with_faults(Faults { slow_readiness: 3.0, ..Faults::default() });
    let before = tokio::time::Instant::now();
    try_create(&cloud, "shop/db", "AWS::RDS::DBInstance", json!({"DBInstanceIdentifier": "db"})).await.unwrap();
    ready(&cloud, "shop/db", "AWS::RDS::DBInstance", "db").await;
    assert_eq!(before.elapsed().as_secs(), 3 * 480);
}

#[tokio::test(start_paused = true)]
async fn what_is_new_is_seen_only_sometimes_until_the_window_is_over() {
    let window = Duration::from_secs(10);
    let cloud = Simulator::in_memory(1).with_faults(Faults { consistency_window: window, ..Faults::default() });
    let role = json!({"AssumeRolePolicyDocument": {}, "RoleName": "task"});
    let role = try_create(&cloud, "shop/role", "AWS::IAM::Role", role).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen.push(read(&cloud, "AWS::IAM::Role", "task").await.is_some());
    }
    assert!(seen.contains(&true) && seen.contains(&false));
    let mut classes = Vec::new();
    for number in 0..20 {
        let function = json!({"Code": {"ZipFile": "x"}, "Role": role.outputs["Arn"]});
        let result = try_create(&cloud, &format!("shop/fn-{number}"), "AWS::Lambda::Function", function).await;
        classes.push(result.err().map(|error| error.class));
    }
    assert!(classes.contains(&None) && classes.contains(&Some(ErrorClass::Propagating)), "{classes:?}");
    tokio::time::sleep(window).await;
    for _ in 0..20 {
        assert!(read(&cloud, "AWS::IAM::Role", "task").await.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_in_the_middle_of_a_call_may_have_had_its_effect() {
    let faults = Faults { latency: Duration::from_secs(2), ..Faults::default() };
    for (patience, expected) in [(500, 0), (1500, 1)] {
        let cloud = Simulator::in_memory(1).with_faults(faults);
        let create = try_create(&cloud, "shop/queue", "AWS::SQS::Queue", json!({}));
        assert!(tokio::time::timeout(Duration::from_millis(patience), create).await.is_err());
        assert_eq!(cloud.inventory().unwrap().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_at_once_has_no_time_to_fail() {
    let cloud = Simulator::in_memory(1).with_faults(Faults { failing_readiness: 1.0, ..Faults::default() });
    let topic = try_create(&cloud, "shop/topic", "AWS::SNS::Topic", json!({})).await.unwrap();
    let existing = existing("shop/topic", "AWS::SNS::Topic", &topic.id);
    assert!(matches!(cloud.status(&existing).await.unwrap(), Status::Ready(_)));
}

#[tokio::test(start_paused = true)]
async fn refused_settings_leave_a_resource_that_an_update_completes() {
    let faults = Faults { refused_settings: 1.0, ..Faults::default() };
    for (type_name, properties, setting) in [
        ("AWS::SNS::Topic", json!({"DisplayName": "Shop"}), "DisplayName"),
        ("AWS::Logs::LogGroup", json!({"LogGroupName": "shop", "RetentionInDays": 7}), "RetentionInDays"),
    ] {
        let cloud = Simulator::in_memory(1).with_faults(faults);
        let error = try_create(&cloud, "shop/it", type_name, properties.clone()).await.unwrap_err();
        assert_eq!((error.class, error.settings), (ErrorClass::Denied, true), "{error}");
        let id = error.partial.unwrap();
        let live = read(&cloud, type_name, &id).await.unwrap();
        assert!(!live.properties.contains_key(setting), "{:?}", live.properties);
        update(&cloud, type_name, &id, properties.clone()).await.unwrap();
        let live = read(&cloud, type_name, &id).await.unwrap();
        assert_eq!(live.properties[setting], properties[setting]);
    }
    // What has no settings of its own is made whole.
    let cloud = Simulator::in_memory(1).with_faults(faults);
    try_create(&cloud, "shop/it", "AWS::EC2::InternetGateway", json!({})).await.unwrap();
}
