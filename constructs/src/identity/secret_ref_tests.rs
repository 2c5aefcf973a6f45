use groundplan_core::{Export, Stack};
use groundplan_resources::kms;
use groundplan_resources::secretsmanager::SecretId;
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, findings, statements};
use crate::identity::{Principal, Role};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:stripe/key-a1B2c3";

/// The statements of a role that may read the secret.
fn granted(secret: impl FnOnce(&Stack) -> SecretRef) -> Vec<Json> {
    let assembly = assembly("us-east-1", |stack| {
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        secret(stack).grant_read(&role);
    });
    statements(&assembly, "shop/role/policy")
}

/// The statements for a secret of the program with this key.
fn with_key(key: impl FnOnce(&Stack, secretsmanager::Secret) -> secretsmanager::Secret) -> Vec<Json> {
    granted(|stack| {
        let secret = key(stack, secretsmanager::Secret::new());
        crate::PassedAs::<SecretRef>::pass(&stack.add("secret", secret))
    })
}

#[test]
fn whoever_may_read_a_secret_may_read_this_one() {
    const SECRET: Export<SecretId> = Export::new("account", "stripe");
    let known = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ARN});
    assert_eq!(granted(|_| SecretRef::existing(SecretId::new(ARN))), [known]);
    let exported = granted(|_| SecretRef::existing(SECRET));
    assert_eq!(exported[0]["Resource"]["$import"]["name"], "stripe");
    let own = with_key(|_, secret| secret);
    assert_eq!((own.len(), &own[0]["Resource"]), (1, &json!({"$ref": "shop/secret#Id"})));
}

#[test]
fn the_key_of_a_secret_of_the_program_is_granted_with_it() {
    let key = |stack: &Stack| stack.add("key", kms::Key::new());
    let decrypt =
        |resource: Json| json!({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": resource});
    let by_handle = with_key(|stack, secret| secret.kms_key_id(&key(stack)));
    assert_eq!(by_handle[1], decrypt(json!({"$ref": "shop/key#Arn"})));
    let by_id = with_key(|stack, secret| secret.kms_key_id(key(stack).key_id()));
    assert_eq!(by_id[1], decrypt(json!({"$ref": "shop/key#Arn"})));
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1";
    assert_eq!(with_key(|_, secret| secret.kms_key_id(arn))[1], decrypt(json!(arn)));
    assert_eq!(with_key(|_, secret| secret.kms_key_id("1"))[1], decrypt(json!(arn)));
    let mut by_alias = decrypt(json!("arn:aws:kms:us-east-1:111122223333:key/*"));
    by_alias["Condition"] = json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/shop"}});
    assert_eq!(with_key(|_, secret| secret.kms_key_id("alias/shop"))[1], by_alias);
    // The key of AWS is for everyone who may use Secrets Manager.
    assert_eq!(with_key(|_, secret| secret.kms_key_id("alias/aws/secretsmanager")).len(), 1);
}

#[test]
fn the_key_of_an_existing_secret_is_stated() {
    let key = KmsKey::existing(KeyArn::new("arn:aws:kms:us-east-1:111122223333:key/1"));
    let granted = granted(|_| SecretRef::existing(SecretId::new(ARN)).encrypted_with(&key));
    assert_eq!(granted.len(), 2);
    assert_eq!(granted[1]["Resource"], "arn:aws:kms:us-east-1:111122223333:key/1");
}

#[test]
fn what_is_not_the_full_arn_of_a_secret_is_refused() {
    let found = |arn: &str| {
        findings(|stack| {
            let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
            SecretRef::existing(SecretId::new(arn)).grant_read(&role);
        })
    };
    insta::assert_snapshot!(found("stripe/key"), @"
        error[GP0363]: this is not the full ARN of a secret
           = got: stripe/key
           = allowed: `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-ABCDEF`
        ");
    for arn in [
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:stripe/key",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:stripe/key-a1B2c3:password::",
        "arn:aws:ssm:us-east-1:111122223333:parameter/stripe-a1B2c3",
    ] {
        assert!(found(arn).starts_with("error[GP0363]"), "{arn}");
    }
}
