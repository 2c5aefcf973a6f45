//! The sandbox on disk.

use std::fs;
use std::io::Write;
use std::time::Duration;

use groundplan_core::secret::SecretsManagerEntry;
use groundplan_core::{Environment, Value};
use groundplan_engine::provider::{Provider, Status};
use groundplan_simulator::{DEFAULT_ACCOUNT, Pace, Simulator};
use serde_json::json;
use tempfile::TempDir;

use super::common::{REGION, create, existing, try_create, update};

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn file(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join(format!("{DEFAULT_ACCOUNT}.jsonl"))
}

fn instant(dir: &TempDir) -> Simulator {
    Simulator::open(dir.path()).unwrap().with_pace(Pace::INSTANT)
}

#[tokio::test]
async fn what_was_made_is_there_in_the_next_run() {
    let dir = dir();
    let vpc = create(&instant(&dir), "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let cloud = instant(&dir);
    assert_eq!(cloud.inventory().unwrap()[0].id, vpc);
    create(&cloud, "shop/a", "AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"})).await;
    // What refers to what is known again, too.
    assert!(super::common::try_delete(&instant(&dir), "AWS::EC2::VPC", &vpc).await.is_err());
}

#[tokio::test]
async fn what_is_pending_becomes_ready_in_a_later_run() {
    let dir = dir();
    let cloud = Simulator::open(dir.path()).unwrap().with_pace(Pace::minute_in(Duration::from_millis(4)));
    try_create(&cloud, "shop/db", "AWS::RDS::DBInstance", json!({"DBInstanceIdentifier": "db"})).await.unwrap();
    let existing = existing("shop/db", "AWS::RDS::DBInstance", "db");
    assert_eq!(cloud.status(&existing).await.unwrap(), Status::Pending("creating".to_owned()));
    drop(cloud);
    let later = Simulator::open(dir.path()).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while !matches!(later.status(&existing).await.unwrap(), Status::Ready(_)) {
        assert!(std::time::Instant::now() < deadline, "it never became ready");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_processes_see_each_others_changes() {
    let dir = dir();
    let (one, two) = (instant(&dir), instant(&dir));
    for number in 0..10 {
        let cloud = if number % 2 == 0 { &one } else { &two };
        create(cloud, &format!("shop/queue-{number}"), "AWS::SQS::Queue", json!({})).await;
    }
    assert_eq!(one.inventory().unwrap().len(), 10);
    assert_eq!(one.inventory().unwrap(), two.inventory().unwrap());
}

#[tokio::test]
async fn a_long_history_is_written_anew_and_other_processes_follow() {
    let dir = dir();
    let (one, two) = (instant(&dir), instant(&dir));
    let queue = create(&one, "shop/queue", "AWS::SQS::Queue", json!({})).await.id;
    for seconds in 0..1100 {
        update(&one, "AWS::SQS::Queue", &queue, json!({"VisibilityTimeout": seconds})).await.unwrap();
    }
    assert!(fs::read_to_string(file(&dir)).unwrap().lines().count() < 200);
    assert_eq!(two.inventory().unwrap()[0].properties["VisibilityTimeout"], 1099);
}

#[tokio::test]
async fn no_secret_is_in_the_file_and_generated_ones_come_again() {
    let dir = dir();
    let cloud = instant(&dir);
    let given = json!({"Name": "given", "SecretString": "{\"password\":\"hunter2-given\"}"});
    create(&cloud, "shop/given", "AWS::SecretsManager::Secret", given).await;
    let generated = json!({"Name": "generated", "GenerateSecretString": {
        "SecretStringTemplate": "{\"username\":\"app\"}", "GenerateStringKey": "password", "PasswordLength": 24,
    }});
    create(&cloud, "shop/generated", "AWS::SecretsManager::Secret", generated).await;
    let database = json!({"DBInstanceIdentifier": "db", "MasterUserPassword": "hunter2-database"});
    create(&cloud, "shop/db", "AWS::RDS::DBInstance", database).await;
    let entry = |name: &str| SecretsManagerEntry {
        secret: Box::new(Value::String(name.to_owned())),
        key: Some("password".to_owned()),
    };
    let environment = Environment::new(REGION);
    let again = instant(&dir);
    let text = fs::read_to_string(file(&dir)).unwrap();
    assert!(!text.contains("hunter2"));
    for name in ["given", "generated"] {
        let value = cloud.secret(&entry(name), &environment).await.unwrap();
        assert_eq!(value, again.secret(&entry(name), &environment).await.unwrap());
        assert!(!text.contains(value.as_str()));
    }
    assert_eq!(cloud.secret(&entry("generated"), &environment).await.unwrap().len(), 24);
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_dropped() {
    let dir = dir();
    create(&instant(&dir), "shop/queue", "AWS::SQS::Queue", json!({})).await;
    fs::OpenOptions::new().append(true).open(file(&dir)).unwrap().write_all(b"{\"put\":[{\"ty").unwrap();
    let cloud = instant(&dir);
    create(&cloud, "shop/other", "AWS::SQS::Queue", json!({})).await;
    assert_eq!(instant(&dir).inventory().unwrap().len(), 2);
}

#[tokio::test]
async fn a_damaged_or_newer_file_is_refused_with_what_to_do() {
    let dir = dir();
    create(&instant(&dir), "shop/queue", "AWS::SQS::Queue", json!({})).await;
    let text = fs::read_to_string(file(&dir)).unwrap();
    fs::write(file(&dir), format!("{text}nonsense\n")).unwrap();
    let error = Simulator::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("is damaged in line 3") && error.contains("delete it"), "{error}");
    fs::write(file(&dir), text.replacen("\"format\":1", "\"format\":7,\"more\":true", 1)).unwrap();
    let error = Simulator::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("has format 7") && error.contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_file_that_was_deleted_is_an_empty_account() {
    let dir = dir();
    let cloud = instant(&dir);
    create(&cloud, "shop/queue", "AWS::SQS::Queue", json!({})).await;
    fs::remove_file(file(&dir)).unwrap();
    assert_eq!(cloud.inventory().unwrap(), []);
}

#[tokio::test]
async fn who_waits_for_a_process_that_stands_still_can_be_cancelled() {
    let dir = dir();
    let cloud = instant(&dir);
    let lock = dir.path().join(format!("{DEFAULT_ACCOUNT}.lock"));
    let other = std::fs::OpenOptions::new().append(true).open(lock).unwrap();
    other.lock().unwrap();
    let vpc = || create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    let waited = tokio::time::timeout(Duration::from_millis(50), vpc()).await;
    assert!(waited.is_err());
    other.unlock().unwrap();
    vpc().await;
    assert_eq!(cloud.owned("shop", &[Environment::new("eu-central-1")]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_sandbox_knows_what_it_has_of_an_app() {
    let dir = dir();
    let vpc = create(&instant(&dir), "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.id;
    let cloud = instant(&dir);
    let here = [Environment::new("eu-central-1")];
    assert_eq!(cloud.owned("shop", &here).await.unwrap(), [format!("AWS::EC2::VPC {vpc}")]);
    assert_eq!(cloud.owned("account", &here).await.unwrap(), Vec::<String>::new());
    assert_eq!(cloud.owned("shop", &[Environment::new("us-east-1")]).await.unwrap(), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_their_owners_alone_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = dir();
    let elsewhere = dir.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    let beside = |end: &str| dir.path().join(format!("{DEFAULT_ACCOUNT}.{end}"));
    symlink(&elsewhere, beside("new")).unwrap();
    create(&instant(&dir), "shop/queue", "AWS::SQS::Queue", json!({})).await;
    for end in ["jsonl", "lock"] {
        assert_eq!(fs::metadata(beside(end)).unwrap().permissions().mode() & 0o777, 0o600, "{end}");
    }
    assert!(!fs::symlink_metadata(file(&dir)).unwrap().file_type().is_symlink());
    for end in ["jsonl", "lock"] {
        fs::rename(beside(end), beside("kept")).unwrap();
        symlink(&elsewhere, beside(end)).unwrap();
        let opened = Simulator::open(dir.path()).and_then(|cloud| cloud.inventory().map(drop));
        let refused = opened.err().unwrap().to_string();
        assert!(refused.ends_with("it is a symbolic link; replace it by a file"), "{end}: {refused}");
        fs::rename(beside("kept"), beside(end)).unwrap();
    }
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "precious");
    assert_eq!(instant(&dir).inventory().unwrap().len(), 1);
}
