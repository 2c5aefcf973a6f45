use groundplan_core::{Export, Stack};
use groundplan_resources::kms::KeyArn;
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, findings, properties, statements};
use crate::identity::{KmsKey, KmsKeyHandle, Role, RoleHandle, ServiceUse};

fn bucket(bucket: Bucket) -> Json {
    properties(&assembly("eu-central-1", |stack| drop(stack.add("bucket", bucket))), "shop/bucket")
}

fn role(stack: &Stack) -> RoleHandle {
    stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")))
}

fn key(stack: &Stack) -> KmsKeyHandle {
    stack.add("key", KmsKey::new("shop"))
}

/// Returns the actions of statements, in their order.
fn actions(statements: &[Json]) -> Vec<String> {
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        Json::Array(actions) => actions.clone(),
        single => vec![single.clone()],
    });
    actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
}

/// Returns the statements that `grant` adds to the policy of a role.
fn granted(encrypted: bool, grant: impl FnOnce(&BucketHandle, &RoleHandle)) -> Vec<Json> {
    let assembly = assembly("eu-central-1", |stack| {
        let key = key(stack);
        let bucket = if encrypted { Bucket::new().encrypted_with(&key) } else { Bucket::new() };
        grant(&stack.add("bucket", bucket), &role(stack));
    });
    statements(&assembly, "shop/role/policy")
}

#[test]
fn a_bucket_is_encrypted_closed_and_without_acls() {
    let properties = bucket(Bucket::new());
    let rule = json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false});
    assert_eq!(
        properties,
        json!({
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        })
    );
}

#[test]
fn each_setting_has_its_effect() {
    let properties = bucket(Bucket::new().name("acme-media").versioned());
    assert_eq!(properties["BucketName"], "acme-media");
    assert_eq!(properties["VersioningConfiguration"], json!({"Status": "Enabled"}));
    let existing = KmsKey::existing(KeyArn::new("arn:aws:kms:eu-central-1:111122223333:key/1"));
    let properties = bucket(Bucket::new().encrypted_with(&existing));
    let rule = &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    let default = json!({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-central-1:111122223333:key/1"});
    assert_eq!(*rule, json!({"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": true}));
}

#[test]
fn nobody_reaches_a_bucket_without_tls() {
    let assembly = assembly("eu-central-1", |stack| drop(stack.add("bucket", Bucket::new())));
    let arn = json!({"$ref": "shop/bucket#Arn"});
    let tls_only = json!({
        "Sid": "TlsOnly", "Effect": "Deny", "Action": "s3:*", "Principal": "*",
        "Resource": [arn, {"$template": [arn, "/*"]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    assert_eq!(statements(&assembly, "shop/bucket/policy"), [tls_only]);
    assert_eq!(properties(&assembly, "shop/bucket/policy")["Bucket"], json!({"$ref": "shop/bucket#BucketName"}));
}

#[test]
fn a_handle_names_the_bucket_and_its_objects() {
    let assembly = assembly("eu-central-1", |stack| {
        let bucket = stack.add("bucket", Bucket::new());
        stack.export("name", bucket.name());
        stack.export("arn", bucket.arn());
        stack.export("objects", bucket.objects("uploads/*"));
    });
    let output = |name: &str| assembly.outputs[name].to_json();
    assert_eq!(output("name"), json!({"$ref": "shop/bucket#BucketName"}));
    assert_eq!(output("arn"), json!({"$ref": "shop/bucket#Arn"}));
    assert_eq!(output("objects"), json!({"$template": [{"$ref": "shop/bucket#Arn"}, "/uploads/*"]}));
}

#[test]
fn grants_are_for_the_objects_that_match_and_for_the_list_of_the_bucket() {
    let read = granted(false, |bucket, role| bucket.grant_read(role, "uploads/*"));
    let arn = json!({"$ref": "shop/bucket#Arn"});
    let get = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"$template": [arn, "/uploads/*"]}});
    let list = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn});
    assert_eq!(read, [get, list]);
    let write = granted(false, |bucket, role| bucket.grant_read_write(role, "*"));
    assert_eq!(actions(&write), ["s3:DeleteObject", "s3:GetObject", "s3:PutObject", "s3:ListBucket"]);
}

#[test]
fn a_grant_on_an_encrypted_bucket_includes_its_key() {
    let read = actions(&granted(true, |bucket, role| bucket.grant_read(role, "*")));
    assert!(read.contains(&"kms:Decrypt".to_owned()) && !read.contains(&"kms:GenerateDataKey*".to_owned()), "{read:?}");
    let write = actions(&granted(true, |bucket, role| bucket.grant_read_write(role, "*")));
    for action in ["kms:Decrypt", "kms:GenerateDataKey*"] {
        assert!(write.contains(&action.to_owned()), "{action} in {write:?}");
    }
}

#[test]
fn services_and_other_accounts_are_granted_access_in_the_policies_of_bucket_and_key() {
    let other = "arn:aws:iam::444455556666:root";
    let assembly = assembly("eu-central-1", |stack| {
        let bucket = stack.add("bucket", Bucket::new().encrypted_with(&key(stack)));
        let distribution = ["arn:aws:cloudfront::111122223333:distribution/E1"];
        bucket.grant_read(ServiceUse::new("cloudfront.amazonaws.com").source_arn(distribution), "public/*");
        bucket.grant_read_write(Principal::aws(other), "*");
    });
    let policy = statements(&assembly, "shop/bucket/policy");
    assert_eq!(actions(&policy)[1..3], ["s3:GetObject", "s3:ListBucket"]);
    assert_eq!(policy[1]["Principal"], json!({"Service": "cloudfront.amazonaws.com"}));
    let condition = json!({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1"}});
    assert_eq!((&policy[1]["Condition"], &policy[2]["Condition"]), (&condition, &condition));
    assert_eq!(policy[3]["Principal"], json!({"AWS": other}));
    assert!(actions(&policy[3..]).contains(&"s3:PutObject".to_owned()));
    let key = properties(&assembly, "shop/key")["KeyPolicy"]["Statement"].clone();
    assert_eq!(
        (&key[1]["Principal"]["Service"], &key[1]["Condition"]),
        (&json!("cloudfront.amazonaws.com"), &condition)
    );
    assert_eq!(key[1]["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
    assert_eq!(key[2]["Principal"], json!({"AWS": other}));
    assert!(key[2]["Action"].to_string().contains("kms:GenerateDataKey*"));
}

#[test]
fn a_statement_of_the_program_is_added_to_the_policy_once() {
    let assembly = assembly("eu-central-1", |stack| {
        let bucket = stack.add("bucket", Bucket::new());
        let write = || Statement::allow(["s3:PutObject"]).by(Principal::service("delivery.logs.amazonaws.com"));
        bucket.allow(write().on([bucket.objects("logs/*")]));
        bucket.allow(write().on([bucket.objects("logs/*")]));
    });
    assert_eq!(statements(&assembly, "shop/bucket/policy").len(), 2);
}

#[test]
fn an_existing_bucket_is_granted_by_its_name() {
    const NAME: Export<s3::BucketName> = Export::new("account", "imports");
    for (region, partition) in [("eu-central-1", "aws"), ("cn-north-1", "aws-cn")] {
        let assembly = assembly(region, |stack| {
            let role = role(stack);
            Bucket::existing(s3::BucketName::new("acme-imports")).grant_read(&role, "in/*");
            Bucket::existing(NAME).grant_read_write(&role, "*");
        });
        let granted = statements(&assembly, "shop/role/policy");
        assert_eq!(granted[0]["Resource"], format!("arn:{partition}:s3:::acme-imports/in/*"));
        assert_eq!(granted[1]["Resource"], format!("arn:{partition}:s3:::acme-imports"));
        assert_eq!(granted[2]["Resource"]["$template"][0], format!("arn:{partition}:s3:::"));
        assert_eq!(granted[2]["Resource"]["$template"][1]["$import"]["name"], "imports");
    }
}

#[test]
fn a_reference_grants_its_key_and_can_be_one_of_the_program() {
    let assembly = assembly("eu-central-1", |stack| {
        let role = role(stack);
        let key = key(stack);
        Bucket::existing(s3::BucketName::new("acme")).encrypted_with(&key).grant_read(&role, "*");
        let own = PassedAs::<BucketRef>::pass(&stack.add("bucket", Bucket::new().encrypted_with(&key)));
        own.grant_read_write(&role, "*");
        stack.export("name", own.name());
    });
    let granted = statements(&assembly, "shop/role/policy");
    assert_eq!(granted[2]["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
    assert_eq!(granted[4]["Resource"], json!({"$ref": "shop/bucket#Arn"}));
    assert!(granted[5]["Action"].to_string().contains("kms:GenerateDataKey*"));
    assert_eq!(assembly.outputs["name"].to_json(), json!({"$ref": "shop/bucket#BucketName"}));
}

#[test]
fn names_that_s3_does_not_accept_are_refused() {
    for name in ["acme", "a.b-c.d", "0123", &"a".repeat(63)] {
        assert_eq!(name_problem(name), None, "{name}");
    }
    for name in [
        "ab",
        "",
        "Acme",
        "acme_media",
        "-acme",
        "acme-",
        ".acme",
        "a..b",
        "192.168.5.4",
        "xn--acme",
        "sthree-acme",
        "amzn-s3-demo-acme",
        "acme-s3alias",
        "acme--ol-s3",
        "acme.mrap",
        "acme--x-s3",
        "acme--table-s3",
        &"a".repeat(64),
    ] {
        assert!(name_problem(name).is_some(), "{name}");
    }
    insta::assert_snapshot!(findings(|stack| drop(stack.add("bucket", Bucket::new().name("Acme")))), @r#"
    error[GP0323]: a bucket cannot have this name
       = got: "Acme"
       = allowed: lowercase letters, digits, `.` and `-`
    "#);
}

#[test]
fn what_a_policy_cannot_say_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        let bucket = stack.add("bucket", Bucket::new());
        bucket.allow(Statement::allow(["s3:GetObject"]).on([bucket.objects("*")]));
        bucket.allow(Statement::allow(["s3:GetObject"]).by(Principal::service("logs.amazonaws.com")));
        let logs = ServiceUse::new("logs.amazonaws.com").encryption_context("aws:logs:arn", ["arn:aws:logs:*"]);
        bucket.grant_read(logs, "*");
    }), @"
    error[GP0303]: a statement in the policy of a resource needs a principal
       = got: s3:GetObject
       = help: add `.by(…)`

    error[GP0303]: a statement in the policy of a resource needs resources
       = got: s3:GetObject
       = help: add `.on([…])`, or `.on_all()` for the resource of a key policy

    error[GP0303]: a bucket cannot check the encryption context of a service
       = help: restrict the use with `source_arn` or `source_account`
    ");
}

#[test]
fn a_key_whose_policy_is_elsewhere_is_a_warning() {
    let key = || KmsKey::existing(KeyArn::new("arn:aws:kms:us-east-1:111122223333:key/1"));
    insta::assert_snapshot!(findings(|stack| {
        let bucket = stack.add("bucket", Bucket::new().encrypted_with(key()));
        bucket.grant_read(&role(stack), "*");
        bucket.grant_read(Principal::aws("arn:aws:iam::444455556666:root"), "*");
    }), @"
    warning[GP0305]: the policy of an existing key is not part of the program, so the grant does not include the key
       = help: allow the service or account to use the key in its policy, and acknowledge this warning
    ");
}
