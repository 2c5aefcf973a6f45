//! Secrets that the cloud returns once, and the quotas of an owner.

use std::fs;

use groundplan_engine::provider::Provider;
use groundplan_simulator::{DEFAULT_ACCOUNT, Simulator, TimeScale};
use serde_json::json;

use super::common::{create, delete, existing, read, refusal, request, try_create};

const KEY: &str = "AWS::IAM::AccessKey";
const ATTRIBUTE: &str = "SecretAccessKey";

#[tokio::test]
async fn the_secret_of_a_key_is_told_by_its_create_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Simulator::open(dir.path()).unwrap().with_time_scale(TimeScale::INSTANT);
    create(&cloud, "shop/user", "AWS::IAM::User", json!({"UserName": "ada"})).await;
    let key = create(&cloud, "shop/key", KEY, json!({"UserName": "ada"})).await;
    let secret = key.secrets.get(ATTRIBUTE).expect("a create tells it").clone();
    assert_eq!(secret.len(), 40);
    assert!(!key.outputs.contains_key(ATTRIBUTE), "{:?}", key.outputs);
    assert!(!read(&cloud, KEY, &key.id).await.unwrap().outputs.contains_key(ATTRIBUTE));
    assert_eq!(cloud.secret_output(&existing("shop/key", KEY, &key.id), ATTRIBUTE).await.unwrap(), None);
    let text = fs::read_to_string(dir.path().join(format!("{DEFAULT_ACCOUNT}.jsonl"))).unwrap();
    assert!(text.contains(&key.id) && !text.contains(secret.as_str()));
    let other = create(&cloud, "shop/other", KEY, json!({"UserName": "ada"})).await;
    assert_ne!(other.secrets.get(ATTRIBUTE), Some(&secret));
}

#[tokio::test]
async fn a_secret_attribute_that_can_be_read_is_told_again() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Simulator::open(dir.path()).unwrap().with_time_scale(TimeScale::INSTANT);
    let pool = create(&cloud, "shop/pool", "AWS::Cognito::UserPool", json!({})).await.id;
    let client = "AWS::Cognito::UserPoolClient";
    let made = create(&cloud, "shop/client", client, json!({"UserPoolId": pool, "GenerateSecret": true})).await;
    assert!(!made.outputs.contains_key("ClientSecret"));
    let told = cloud.secret_output(&existing("shop/client", client, &made.id), "ClientSecret").await.unwrap();
    assert_eq!(told.as_ref(), made.secrets.get("ClientSecret"));
    assert!(told.is_some());
}

#[tokio::test]
async fn a_user_has_two_keys_at_most() {
    let cloud = Simulator::in_memory(1).with_time_scale(TimeScale::INSTANT);
    create(&cloud, "shop/user", "AWS::IAM::User", json!({"UserName": "ada"})).await;
    let first = create(&cloud, "shop/key", KEY, json!({"UserName": "ada"})).await.id;
    create(&cloud, "shop/second", KEY, json!({"UserName": "ada"})).await;
    let third = || try_create(&cloud, "shop/third", KEY, json!({"UserName": "ada"}));
    assert_eq!(refusal(third().await), "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
    delete(&cloud, KEY, &first).await;
    third().await.unwrap();
}

#[tokio::test]
async fn what_a_lost_create_may_have_made_are_the_keys_of_a_user_of_the_app() {
    let cloud = Simulator::in_memory(1).with_time_scale(TimeScale::INSTANT);
    create(&cloud, "shop/user", "AWS::IAM::User", json!({"UserName": "ada"})).await;
    let asked = request("shop/key", KEY, json!({"UserName": "ada"}));
    assert_eq!(cloud.find(&asked).await.unwrap(), [""; 0]);
    let key = create(&cloud, "shop/key", KEY, json!({"UserName": "ada"})).await.id;
    assert_eq!(cloud.find(&asked).await.unwrap(), [key]);
    let mut foreign = asked;
    foreign.address.app = "other".to_owned();
    let error = cloud.find(&foreign).await.unwrap_err();
    assert!(error.message.contains("not managed by this app"), "{error}");
}
