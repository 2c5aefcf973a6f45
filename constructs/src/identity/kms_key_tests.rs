use groundplan_core::{App, Environment, Export, Stack};
use serde_json::{Value as Json, json};

use super::*;
use crate::data::Bucket;
use crate::fixture::{assembly, findings, properties, statements};
use crate::identity::{Role, RoleHandle};

fn key() -> KmsKey {
    KmsKey::new("shop").description("Of the shop")
}

fn role(stack: &Stack) -> RoleHandle {
    stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")))
}

fn statements_of_key(region: &str, build: impl FnOnce(&Stack)) -> Vec<Json> {
    let policy = properties(&assembly(region, build), "shop/key")["KeyPolicy"]["Statement"].clone();
    policy.as_array().cloned().expect("a policy has statements")
}

fn policy(region: &str, service: impl Into<ServiceUse>) -> Vec<Json> {
    statements_of_key(region, |stack| drop(stack.add("key", key().usable_by(service))))
}

#[test]
fn a_key_is_rotated_administered_by_its_account_and_has_an_alias() {
    let assembly = assembly("eu-central-1", |stack| {
        let key = stack.add("key", key());
        stack.export("arn", key.arn());
    });
    let account = json!({
        "Sid": "Account", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    });
    assert_eq!(
        properties(&assembly, "shop/key"),
        json!({
            "Description": "Of the shop",
            "EnableKeyRotation": true,
            "PendingWindowInDays": 30,
            "KeyPolicy": {"Statement": [account], "Version": "2012-10-17"},
        })
    );
    let alias = json!({"AliasName": "alias/shop", "TargetKeyId": {"$ref": "shop/key#Arn"}});
    assert_eq!(properties(&assembly, "shop/key/alias"), alias);
    assert_eq!(assembly.outputs["arn"].to_json(), json!({"$ref": "shop/key#Arn"}));
}

#[test]
fn a_service_uses_a_key_only_for_what_the_program_says() {
    let logs = ServiceUse::new("logs.eu-central-1.amazonaws.com")
        .encryption_context("aws:logs:arn", ["arn:aws:logs:*:*:log-group:/shop/*"])
        .source_account(["111122223333"]);
    assert_eq!(
        policy("eu-central-1", logs)[1]["Condition"],
        json!({
            "StringLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*:*:log-group:/shop/*"},
            "StringEquals": {"aws:SourceAccount": "111122223333"},
        })
    );
    let condition = |service: ServiceUse| policy("eu-central-1", service)[1]["Condition"].clone();
    let topic = || ServiceUse::new("cloudwatch.amazonaws.com");
    let exact = condition(topic().source_arn(["arn:aws:cloudwatch:eu-central-1:1:alarm:a"]));
    assert_eq!(exact, json!({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:1:alarm:a"}}));
    let pattern = condition(topic().source_arn(["arn:aws:cloudwatch:*:1:alarm:*"]));
    assert_eq!(pattern, json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:1:alarm:*"}}));
    let exact = condition(topic().encryption_context("tenant", ["a", "b"]));
    assert_eq!(exact, json!({"StringEquals": {"kms:EncryptionContext:tenant": ["a", "b"]}}));
    assert!(policy("eu-central-1", "logs.amazonaws.com")[1].get("Condition").is_none());
}

#[test]
fn a_key_in_another_partition_names_its_account_as_that_has_it() {
    let policy = policy("cn-north-1", "logs.cn-north-1.amazonaws.com.cn");
    assert_eq!(policy[0]["Principal"]["AWS"], "arn:aws-cn:iam::111122223333:root");
}

#[test]
fn grants_to_a_role_are_in_its_policy_and_name_the_key() {
    let assembly = assembly("eu-central-1", |stack| {
        let (key, role) = (stack.add("key", key()), role(stack));
        key.grant_decrypt(&role);
        key.grant_encrypt_decrypt(&role);
    });
    let granted = statements(&assembly, "shop/role/policy");
    let arn = json!({"$ref": "shop/key#Arn"});
    assert_eq!(granted[0], json!({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": arn}));
    let all = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
    assert_eq!(granted[1], json!({"Effect": "Allow", "Action": all, "Resource": arn}));
}

#[test]
fn grants_to_services_and_other_accounts_are_in_the_policy_of_the_key() {
    let policy = statements_of_key("eu-central-1", |stack| {
        let key = stack.add("key", key());
        key.grant_encrypt_decrypt(ServiceUse::new("sns.amazonaws.com").source_account(["111122223333"]));
        key.grant_decrypt(Principal::aws("arn:aws:iam::444455556666:root"));
        key.grant_decrypt(Principal::aws("arn:aws:iam::444455556666:root"));
    });
    assert_eq!(policy.len(), 3, "a repeated grant has no effect");
    assert_eq!(
        (&policy[1]["Principal"], &policy[1]["Resource"]),
        (&json!({"Service": "sns.amazonaws.com"}), &json!("*"))
    );
    assert_eq!(policy[1]["Condition"], json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}));
    assert!(policy[1]["Action"].to_string().contains("kms:GenerateDataKey*"));
    assert_eq!(policy[2]["Principal"], json!({"AWS": "arn:aws:iam::444455556666:root"}));
    assert_eq!(policy[2]["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
}

#[test]
fn an_existing_key_is_granted_by_its_arn() {
    const KEY: Export<kms::KeyArn> = Export::new("account", "key");
    let arn = "arn:aws:kms:eu-central-1:111122223333:key/1";
    let assembly = assembly("eu-central-1", |stack| {
        let role = role(stack);
        KmsKey::existing(kms::KeyArn::new(arn)).grant_decrypt(&role);
        KmsKey::existing(KEY).grant_encrypt_decrypt(&role);
        stack.export("arn", KmsKey::existing(kms::KeyArn::new(arn)).arn());
    });
    let granted = statements(&assembly, "shop/role/policy");
    assert_eq!((&granted[0]["Resource"], &granted[0]["Action"][0]), (&json!(arn), &json!("kms:Decrypt")));
    assert_eq!(granted[1]["Resource"]["$import"]["name"], "key");
    assert_eq!(assembly.outputs["arn"].to_json(), arn);
}

#[test]
fn a_key_of_another_region_encrypts_nothing() {
    let app = App::new("shop");
    let key = app.stack("far", Environment::new("eu-west-1")).add("key", key());
    let stack = app.stack("near", Environment::new("us-east-1"));
    stack.add("media", Bucket::new().encrypted_with(&key));
    let known = |arn: &str| KmsKey::existing(kms::KeyArn::new(arn));
    stack.add("other", Bucket::new().encrypted_with(known("arn:aws:kms:eu-west-1:111122223333:key/1")));
    stack.add("alias", Bucket::new().encrypted_with(known("arn:aws:kms:us-east-1:111122223333:alias/shop")));
    stack.add("fitting", Bucket::new().encrypted_with(known("arn:aws:kms:us-east-1:111122223333:key/1")));
    let found = app.synth().expect_err("three of them cannot be").to_string();
    let got: Vec<_> = found.lines().filter_map(|line| line.trim().strip_prefix("= got: ")).collect();
    assert_eq!(
        got,
        [
            "far/key, in eu-west-1",
            "arn:aws:kms:eu-west-1:111122223333:key/1, in eu-west-1",
            "arn:aws:kms:us-east-1:111122223333:alias/shop, not the ARN of a key",
        ]
    );
    assert_eq!(found.matches("error[GP0306]").count(), 3, "{found}");
}

#[test]
fn settings_that_kms_does_not_accept_are_refused() {
    for days in [7, 30] {
        let assembly = assembly("eu-central-1", |stack| drop(stack.add("key", key().deletion_window_days(days))));
        assert_eq!(properties(&assembly, "shop/key")["PendingWindowInDays"], days);
    }
    insta::assert_snapshot!(findings(|stack| {
        stack.add("short", key().deletion_window_days(6));
        stack.add("long", KmsKey::new("long").deletion_window_days(31));
        stack.add("alias", KmsKey::new("alias/shop"));
        stack.add("reserved", KmsKey::new("aws/shop"));
        stack.add("blank", KmsKey::new("the shop"));
    }), @r#"
    error[GP0307]: a key cannot have this waiting period before its deletion
       = got: 6 days
       = allowed: 7 to 30 days

    error[GP0307]: a key cannot have this waiting period before its deletion
       = got: 31 days
       = allowed: 7 to 30 days

    error[GP0307]: this is not an alias that a key can have
       = got: "alias/shop"
       = allowed: 1 to 250 letters, digits, `/`, `_` and `-`, without the leading `alias/`; `aws/` is reserved by AWS

    error[GP0307]: this is not an alias that a key can have
       = got: "aws/shop"
       = allowed: 1 to 250 letters, digits, `/`, `_` and `-`, without the leading `alias/`; `aws/` is reserved by AWS

    error[GP0307]: this is not an alias that a key can have
       = got: "the shop"
       = allowed: 1 to 250 letters, digits, `/`, `_` and `-`, without the leading `alias/`; `aws/` is reserved by AWS
    "#);
}
