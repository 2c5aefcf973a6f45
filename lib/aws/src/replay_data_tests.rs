//! Recorded responses of databases, buckets, keys and secrets that emulators do not reproduce.

use groundplan_core::Environment;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, create_in, existing, map};

const BUCKET: &str = "AWS::S3::Bucket";
const KEY: &str = "AWS::KMS::Key";
const LOGS: &str = "AWS::Logs::LogGroup";
const SECRET: &str = "AWS::SecretsManager::Secret";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(type_name, id, before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    }
}

fn delete(type_name: &str, id: &str, delete_data: bool) -> DeleteRequest {
    DeleteRequest { existing: existing(type_name, id, json!({})), delete_data, final_snapshot: None }
}

/// The request that contains this text.
fn sent(log: &Log, text: &str) -> String {
    let all = log.all();
    all.iter().find(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text} in {all:#?}")).clone()
}

#[tokio::test]
async fn what_is_chosen_once_for_a_key_or_a_log_group_is_refused_and_not_passed_over() {
    for (type_name, before, after, said) in [
        (KEY, json!({}), json!({"KeySpec": "ECC_NIST_P256"}), ["KeySpec", "`SYMMETRIC_DEFAULT` to `ECC_NIST_P256`"]),
        (KEY, json!({"KeyUsage": "SIGN_VERIFY"}), json!({}), ["KeyUsage", "`SIGN_VERIFY` to `ENCRYPT_DECRYPT`"]),
        (KEY, json!({"Origin": "AWS_KMS"}), json!({"Origin": "EXTERNAL"}), ["Origin", "`AWS_KMS` to `EXTERNAL`"]),
        (KEY, json!({}), json!({"MultiRegion": true}), ["MultiRegion", "`false` to `true`"]),
        (LOGS, json!({}), json!({"LogGroupClass": "DELIVERY"}), ["LogGroupClass", "`STANDARD` to `DELIVERY`"]),
    ] {
        let (aws, log) = aws(|_| Answer::ok("{}"));
        let error = aws.update(&update(type_name, "one", before, after)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(said.iter().all(|part| error.message.contains(part)), "{error}");
        assert!(log.all().is_empty());
    }
}

#[tokio::test]
async fn a_default_that_is_written_down_is_no_change_of_what_is_chosen_once() {
    let defaults = json!({"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": false,
        "Origin": "AWS_KMS"});
    let standard = json!({"LogGroupClass": "STANDARD"});
    for (type_name, declared) in [(KEY, defaults), (LOGS, standard)] {
        for (before, after) in [(json!({}), declared.clone()), (declared.clone(), json!({}))] {
            // The read after it finds nothing in these answers; what counts is that nothing is refused.
            let (aws, _) = aws(|_| Answer::ok("{}"));
            let refused = aws.update(&update(type_name, "one", before, after)).await.err();
            assert!(refused.is_none_or(|error| error.class != ErrorClass::Invalid), "{type_name}");
        }
    }
}

#[tokio::test]
async fn a_bucket_that_the_account_has_already_is_not_taken_over_in_us_east_1() {
    let (aws, log) = aws(|sent| {
        if sent.contains("?tagging") {
            let none = "<Error><Code>NoSuchTagSet</Code><Message>The TagSet does not exist</Message></Error>";
            return Answer::Is(404, none.to_owned());
        }
        Answer::ok("")
    });
    let request = create_in("us-east-1", BUCKET, json!({"BucketName": "media"}));
    let error = aws.create(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(log.count("PUT "), 0, "{:?}", log.all());
}

#[tokio::test]
async fn a_bucket_that_cannot_be_looked_for_is_not_taken_for_one_that_does_not_exist() {
    for (status, class) in [
        (503, ErrorClass::Transient),
        (500, ErrorClass::Transient),
        (403, ErrorClass::Denied),
        // It is in another region.
        (301, ErrorClass::Invalid),
    ] {
        let (aws, log) = aws(move |sent| match sent.starts_with("HEAD") {
            true => Answer::Is(status, String::new()),
            false => Answer::ok(""),
        });
        let error = aws.create(&create_in("us-east-1", BUCKET, json!({"BucketName": "media"}))).await.unwrap_err();
        assert_eq!(error.class, class, "{status}: {error}");
        assert_eq!(log.count("PUT "), 0, "{status}: {:?}", log.all());
    }
    let (aws, log) = aws(|sent| match sent {
        sent if sent.starts_with("HEAD") => Answer::Is(404, String::new()),
        _ => Answer::ok(""),
    });
    aws.create(&create_in("us-east-1", BUCKET, json!({"BucketName": "media"}))).await.unwrap();
    assert_eq!(log.count("CreateBucketConfiguration"), 1, "{:?}", log.all());
}

#[tokio::test]
async fn a_bucket_that_fills_while_it_is_emptied_is_emptied_again() {
    let (aws, log) = aws(|sent| {
        if sent.starts_with("DELETE") {
            let full = "<Error><Code>BucketNotEmpty</Code><Message>The bucket is not empty</Message></Error>";
            return Answer::Is(409, full.to_owned());
        }
        Answer::ok("<ListVersionsResult></ListVersionsResult>")
    });
    let error = aws.delete(&delete(BUCKET, "media", true)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict, "{error}");
    assert_eq!(log.count("versions"), 1);
}

/// XML has no form for most control characters, neither in a listing nor in a list of what to delete.
#[tokio::test]
async fn objects_whose_keys_xml_has_no_form_for_are_deleted_one_by_one() {
    let deleted = std::sync::atomic::AtomicBool::new(false);
    let (aws, log) = aws(move |sent| match () {
        () if sent.starts_with("GET") && !deleted.load(std::sync::atomic::Ordering::Relaxed) => {
            assert!(sent.contains("encoding-type=url"), "{sent}");
            Answer::ok(
                "<ListVersionsResult><EncodingType>url</EncodingType><Version><Key>a+b%2Bc/%C3%A9</Key><VersionId>v1\
                 </VersionId></Version><Version><Key>bell%07</Key><VersionId>v2</VersionId></Version>\
                 <DeleteMarker><Key>%EF%BF%BF</Key><VersionId>v3</VersionId></DeleteMarker></ListVersionsResult>",
            )
        }
        () if sent.starts_with("GET") => Answer::ok("<ListVersionsResult/>"),
        () if sent.starts_with("POST") => {
            deleted.store(true, std::sync::atomic::Ordering::Relaxed);
            Answer::ok("<DeleteResult/>")
        }
        () => Answer::Is(204, String::new()),
    });
    aws.delete(&delete(BUCKET, "media", true)).await.unwrap();
    let batch = sent(&log, "<Delete");
    assert!(batch.contains("<Key>a b+c/é</Key><VersionId>v1</VersionId>"), "{batch}");
    assert_eq!(batch.matches("<Object>").count(), 1, "{batch}");
    for (key, version) in [("bell%07", "v2"), ("%EF%BF%BF", "v3")] {
        let single = sent(&log, key);
        assert!(single.starts_with("DELETE ") && single.contains(&format!("versionId={version}")), "{single}");
    }
}

#[tokio::test]
async fn keys_of_a_listing_that_is_not_encoded_are_taken_as_they_are() {
    let deleted = std::sync::atomic::AtomicBool::new(false);
    let (aws, log) = aws(move |sent| match () {
        () if sent.starts_with("GET") && !deleted.swap(true, std::sync::atomic::Ordering::Relaxed) => Answer::ok(
            "<ListVersionsResult><Version><Key>100%25+1</Key><VersionId>v1</VersionId></Version></ListVersionsResult>",
        ),
        () if sent.starts_with("GET") => Answer::ok("<ListVersionsResult/>"),
        () if sent.starts_with("POST") => Answer::ok("<DeleteResult/>"),
        () => Answer::Is(204, String::new()),
    });
    aws.delete(&delete(BUCKET, "media", true)).await.unwrap();
    assert!(sent(&log, "<Delete").contains("<Key>100%25+1</Key>"), "{:#?}", log.all());
}

#[tokio::test]
async fn an_object_that_is_not_deleted_for_a_passing_reason_is_deleted_later() {
    for (code, class) in [
        ("InternalError", ErrorClass::Transient),
        ("ServiceUnavailable", ErrorClass::Transient),
        ("SlowDown", ErrorClass::Throttled),
        ("AccessDenied", ErrorClass::Invalid),
    ] {
        let (aws, log) = aws(move |sent| {
            Answer::ok(match sent.starts_with("POST") {
                true => format!(
                    "<DeleteResult><Error><Key>photo</Key><Code>{code}</Code><Message>because</Message></Error>\
                     </DeleteResult>"
                ),
                false => "<ListVersionsResult><Version><Key>photo</Key><VersionId>1</VersionId></Version>\
                          </ListVersionsResult>"
                    .to_owned(),
            })
        });
        let error = aws.delete(&delete(BUCKET, "media", true)).await.unwrap_err();
        assert_eq!(error.class, class, "{code}: {error}");
        assert!(error.message.contains("photo") && error.message.contains("because"), "{error}");
        assert_eq!(log.count("DELETE "), 0);
    }
}

fn json_error(code: &str, message: &str) -> Answer {
    Answer::Is(400, json!({"__type": code, "message": message}).to_string())
}

#[tokio::test]
async fn a_secret_that_is_scheduled_for_deletion_is_deleted() {
    let (aws, _) = aws(|_| {
        let message = "You can't perform this operation on the secret because it was marked for deletion.";
        json_error("InvalidRequestException", message)
    });
    assert_eq!(aws.delete(&delete(SECRET, "arn:s", false)).await.unwrap(), Deletion::Gone);
}

#[tokio::test]
async fn the_name_of_a_secret_that_was_just_deleted_is_free_after_a_while() {
    let (aws, _) = aws(|sent| {
        if sent.contains("DescribeSecret") {
            return json_error("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        }
        let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
        json_error("InvalidRequestException", message)
    });
    let error = aws.create(&create(SECRET, json!({"Name": "db"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating);
    assert!(error.message.contains("already scheduled for deletion"));
}

#[tokio::test]
async fn the_key_of_the_account_that_secrets_manager_does_not_name_is_no_drift() {
    let (aws, _) = aws(|_| Answer::ok(r#"{"ARN": "arn:s", "Name": "db"}"#));
    for (key, live) in [("alias/aws/secretsmanager", json!("alias/aws/secretsmanager")), ("alias/mine", json!(null))] {
        let secret = existing(SECRET, "arn:s", json!({"Name": "db", "KmsKeyId": key}));
        let found = aws.read(&secret).await.unwrap().unwrap();
        assert_eq!(found.properties.get("KmsKeyId").cloned().unwrap_or_default(), live);
    }
}

#[tokio::test]
async fn a_key_that_waits_for_its_deletion_is_not_taken_for_a_new_one() {
    for (state, found) in [("Enabled", &["key-1"][..]), ("PendingDeletion", &[])] {
        let (aws, _) = aws(move |sent| {
            Answer::ok(if sent.contains("KeyId") {
                json!({"Tags": [{"TagKey": "groundplan:token", "TagValue": TOKEN}],
                    "KeyMetadata": {"KeyId": "key-1", "KeyState": state}, "Policy": "{}"})
                .to_string()
            } else {
                r#"{"Keys": [{"KeyId": "key-1"}]}"#.to_owned()
            })
        });
        assert_eq!(aws.find(&create(KEY, json!({}))).await.unwrap(), found, "{state}");
    }
}

#[tokio::test]
async fn rotation_of_a_key_that_was_just_enabled_waits_until_kms_knows() {
    let (aws, _) = aws(|sent| {
        if sent.contains("RotationPeriodInDays") {
            return json_error("DisabledException", "key-1 is disabled.");
        }
        Answer::ok("{}")
    });
    let key = |on: bool| json!({"Enabled": on, "EnableKeyRotation": on, "RotationPeriodInDays": 90});
    let error = aws.update(&update(KEY, "key-1", key(false), key(true))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating, "{error}");
}

#[tokio::test]
async fn a_changed_tag_of_a_bucket_keeps_the_tags_of_aws_and_of_others() {
    let (aws, log) = aws(|sent| {
        if sent.contains("?tagging") && sent.starts_with("GET") {
            let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
            let tags = [
                tag("aws:cloudformation:stack-name", "old"),
                tag("groundplan:token", TOKEN),
                tag("cost", "by hand"),
                tag("team", "a"),
            ];
            return Answer::ok(format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.concat()));
        }
        Answer::ok("")
    });
    let tagged = |team: &str| json!({"Tags": [{"Key": "team", "Value": team}]});
    let _ = aws.update(&update(BUCKET, "media", tagged("a"), tagged("b"))).await;
    let put = sent(&log, "PUT ");
    for (key, value) in
        [("aws:cloudformation:stack-name", "old"), ("groundplan:token", TOKEN), ("cost", "by hand"), ("team", "b")]
    {
        assert!(put.contains(&format!("<Key>{key}</Key><Value>{value}</Value>")), "{key} in {put}");
    }
}

#[tokio::test]
async fn the_name_of_a_bucket_that_was_just_deleted_is_worth_an_hour() {
    let busy = "<Error><Code>OperationAborted</Code><Message>A conflicting conditional operation is currently in \
                progress against this resource. Please try again.</Message></Error>";
    let (aws, _) = aws(move |_| Answer::Is(409, busy.to_owned()));
    let error = aws.create(&create(BUCKET, json!({"BucketName": "media"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    assert_eq!(error.patience, Some(std::time::Duration::from_secs(3600)));
}

const ROLE: &str = "AWS::IAM::Role";

/// A role with these policies attached, these inline policies, and these profiles that it is in.
fn role(attached: &[&str], inline: &[&str], profiles: &[&str]) -> (crate::Aws, Log) {
    let list =
        |items: &[&str], item: &dyn Fn(&str) -> String| -> String { items.iter().map(|name| item(name)).collect() };
    let attached = list(attached, &|arn| format!("<member><PolicyArn>{arn}</PolicyArn></member>"));
    let inline = list(inline, &|name| format!("<member>{name}</member>"));
    let profiles = list(profiles, &|name| {
        format!(
            "<member><InstanceProfileName>{name}</InstanceProfileName><Path>/</Path><InstanceProfileId>A</InstanceProfileId>\
             <Arn>a</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><Roles/></member>"
        )
    });
    aws(move |sent| {
        let (action, answer) = [
            ("ListAttachedRolePolicies", format!("<AttachedPolicies>{attached}</AttachedPolicies>")),
            ("ListRolePolicies", format!("<PolicyNames>{inline}</PolicyNames>")),
            ("ListInstanceProfilesForRole", format!("<InstanceProfiles>{profiles}</InstanceProfiles>")),
        ]
        .into_iter()
        .find(|(action, _)| sent.contains(&format!("Action={action}&")))
        .unwrap_or(("Any", String::new()));
        Answer::ok(format!("<{action}Response><{action}Result>{answer}</{action}Result></{action}Response>"))
    })
}

fn declared_role() -> DeleteRequest {
    let properties = json!({
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "Policies": [{"PolicyName": "inline", "PolicyDocument": {}}],
    });
    DeleteRequest { existing: existing(ROLE, "role", properties), delete_data: false, final_snapshot: None }
}

#[tokio::test]
async fn a_role_goes_out_of_its_profiles_and_without_its_own_policies_before_it_is_deleted() {
    let (aws, log) = role(&["arn:aws:iam::aws:policy/ReadOnlyAccess"], &["inline"], &["web"]);
    assert_eq!(aws.delete(&declared_role()).await.unwrap(), Deletion::Gone);
    let position = |action: &str| {
        let all = log.all();
        all.iter().position(|sent| sent.contains(&format!("Action={action}&"))).unwrap_or_else(|| panic!("{action}"))
    };
    let deleted = position("DeleteRole");
    for action in ["DetachRolePolicy", "DeleteRolePolicy", "RemoveRoleFromInstanceProfile"] {
        assert!(position(action) < deleted, "{action}");
    }
}

#[tokio::test]
async fn a_policy_that_grants_overflow_into_is_no_difference_and_one_by_hand_is() {
    let declared = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let overflow = "arn:aws:iam::111122223333:policy/groundplan/shop-role-policy-2-A1";
    for (more, found) in [
        (overflow, vec![declared]),
        ("arn:aws:iam::aws:policy/AdministratorAccess", vec![declared, "arn:aws:iam::aws:policy/AdministratorAccess"]),
    ] {
        let attached = [declared, more].map(|arn| format!("<member><PolicyArn>{arn}</PolicyArn></member>")).concat();
        let (aws, _) = aws(move |sent| {
            let (action, answer) = if sent.contains("ListAttachedRolePolicies") {
                ("ListAttachedRolePolicies", format!("<AttachedPolicies>{attached}</AttachedPolicies>"))
            } else if sent.contains("ListRolePolicies") {
                ("ListRolePolicies", "<PolicyNames/>".to_owned())
            } else {
                let role = "<Role><Path>/</Path><RoleName>role</RoleName><RoleId>A</RoleId><Arn>a</Arn>\
                            <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>";
                ("GetRole", role.to_owned())
            };
            Answer::ok(format!("<{action}Response><{action}Result>{answer}</{action}Result></{action}Response>"))
        });
        let role = existing(ROLE, "role", json!({"ManagedPolicyArns": [declared]}));
        let live = aws.read(&role).await.unwrap().unwrap();
        assert_eq!(live.properties["ManagedPolicyArns"], json!(found));
    }
}

#[tokio::test]
async fn policies_that_somebody_else_has_given_to_a_role_are_named_and_left() {
    let (aws, log) = role(&["arn:aws:iam::111122223333:policy/theirs"], &["by-hand"], &["web"]);
    let error = aws.delete(&declared_role()).await.unwrap_err();
    assert!(error.message.contains("arn:aws:iam::111122223333:policy/theirs"), "{error}");
    assert!(error.message.contains("inline policy by-hand"), "{error}");
    for action in ["DetachRolePolicy", "DeleteRolePolicy", "RemoveRoleFromInstanceProfile", "DeleteRole"] {
        assert_eq!(log.count(&format!("Action={action}&")), 0, "{action}");
    }
}

/// Secrets Manager with a secret of the name that waits for its deletion, made at this path.
fn deleted_secret(path: &'static str) -> (crate::Aws, Log) {
    aws(move |sent| {
        if sent.contains("CreateSecret") {
            let message =
                "You can't create this secret because a secret with this name is already scheduled for deletion.";
            return json_error("InvalidRequestException", message);
        }
        Answer::ok(if sent.contains("DescribeSecret") {
            json!({"ARN": "arn:s", "Name": "db", "DeletedDate": 1_767_225_600, "Tags": [
                {"Key": "groundplan:app", "Value": "shop"}, {"Key": "groundplan:path", "Value": path},
                {"Key": "groundplan:token", "Value": "older"}, {"Key": "stale", "Value": "x"}]})
            .to_string()
        } else {
            json!({"ARN": "arn:s", "Name": "db"}).to_string()
        })
    })
}

#[tokio::test]
async fn a_secret_that_waits_for_its_deletion_is_taken_back_by_the_path_that_had_made_it() {
    let (aws, log) = deleted_secret("shop/thing");
    let secret = json!({"Name": "db", "SecretString": "new", "Tags": [{"Key": "team", "Value": "a"}]});
    let accepted = aws.create(&create(SECRET, secret)).await.unwrap();
    assert_eq!(accepted.id, "arn:s");
    let all = log.all();
    let position = |call: &str| all.iter().position(|sent| sent.contains(call)).unwrap_or_else(|| panic!("{call}"));
    let marked = position("groundplan:restoring");
    assert!(position("RestoreSecret") < marked && marked < position("UpdateSecret"));
    assert!(all[marked].contains(".TagResource") && all[marked].contains(TOKEN));
    assert!(all[position("UpdateSecret")].contains("\"SecretString\":\"new\""));
    assert!(all[position("UntagResource")].contains("stale") && !all[position("UntagResource")].contains("groundplan"));
    let tagged = all.iter().rposition(|sent| sent.contains(".TagResource")).unwrap();
    assert!(all[tagged].contains("groundplan:token") && all[tagged].contains("team"), "{}", all[tagged]);
    assert!(all.last().unwrap().contains("UntagResource") && all.last().unwrap().contains("groundplan:restoring"));
}

/// Secrets Manager with a secret of the name that exists, was changed a moment ago and has these tags more.
fn existing_secret(more: &'static [(&'static str, &'static str)]) -> (crate::Aws, Log) {
    aws(move |sent| {
        if sent.contains("CreateSecret") {
            return json_error("ResourceExistsException", "The operation failed because the secret db already exists.");
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let tag = |(key, value): &(&str, &str)| json!({"Key": key, "Value": value});
        let of_path = [("groundplan:app", "shop"), ("groundplan:path", "shop/thing")];
        let tags: Vec<_> = of_path.iter().chain(more).map(tag).collect();
        Answer::ok(json!({"ARN": "arn:s", "Name": "db", "LastChangedDate": now, "Tags": tags}).to_string())
    })
}

#[tokio::test]
async fn a_secret_that_exists_keeps_its_value_unless_this_creation_was_taking_it_back() {
    let secret = || create(SECRET, json!({"Name": "db", "SecretString": "new"}));
    let (aws, log) = existing_secret(&[("groundplan:token", "older")]);
    let error = aws.create(&secret()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(log.count("UpdateSecret") + log.count("TagResource"), 0, "{:?}", log.all());

    let (aws, log) = existing_secret(&[("groundplan:token", "older"), ("groundplan:restoring", TOKEN)]);
    assert_eq!(aws.create(&secret()).await.unwrap().id, "arn:s");
    assert_eq!((log.count("RestoreSecret"), log.count("UpdateSecret")), (0, 1), "{:?}", log.all());
}

#[tokio::test]
async fn a_secret_is_taken_back_by_a_path_that_is_longer_than_a_tag() {
    let path = "a".repeat(300);
    let end: &'static str = Box::leak(path[44..].to_owned().into_boxed_str());
    let (aws, log) = deleted_secret(end);
    let mut request = create(SECRET, json!({"Name": "db"}));
    request.address.path = groundplan_core::Path::new(path);
    aws.create(&request).await.unwrap();
    assert_eq!(log.count("RestoreSecret"), 1);
}

#[tokio::test]
async fn a_secret_of_somebody_else_that_waits_for_its_deletion_is_named() {
    let (aws, log) = deleted_secret("shop/other");
    let error = aws.create(&create(SECRET, json!({"Name": "db"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid, "it is not repeated");
    assert!(error.message.contains("restore-secret --secret-id db"), "{error}");
    assert_eq!(log.count("RestoreSecret"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_just_made_is_asked_for_again_until_it_is_visible() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let asked = AtomicUsize::new(0);
    let (aws, _) = aws(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0..3 => json_error("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        _ => Answer::ok(r#"{"SecretString": "value"}"#),
    });
    let entry = SecretsManagerEntry { secret: Box::new("db".into()), key: None };
    let value = aws.secret(&entry, &Environment::new("eu-central-1")).await.unwrap();
    assert_eq!(value.as_str(), "value");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_there_already_is_not_written_over() {
    let theirs = r#"{"Statement": [{"Effect": "Deny"}]}"#;
    let (aws, log) = aws(move |sent| {
        Answer::ok(if sent.contains("GetRolePolicy") {
            format!(
                "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName>\
                 <PolicyDocument>{theirs}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>"
            )
        } else if sent.starts_with("GET") {
            theirs.to_owned()
        } else {
            String::new()
        })
    });
    let ours = json!({"Statement": [{"Effect": "Allow"}]});
    let inline = json!({"PolicyName": "p", "RoleName": "r", "PolicyDocument": ours});
    let bucket = json!({"Bucket": "b", "PolicyDocument": ours});
    for (type_name, properties) in [("AWS::IAM::RolePolicy", inline), ("AWS::S3::BucketPolicy", bucket)] {
        let error = aws.create(&create(type_name, properties)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::AlreadyExists, "{type_name}");
    }
    assert_eq!(log.count("PUT ") + log.count("PutRolePolicy"), 0, "{:?}", log.all());
}

#[tokio::test]
async fn a_key_whose_replicas_are_to_go_first_is_deleted() {
    let message = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1 is pending replica deletion.";
    let (aws, _) = aws(move |_| json_error("KMSInvalidStateException", message));
    assert_eq!(aws.delete(&delete(KEY, "mrk-1", false)).await.unwrap(), Deletion::Gone);
}
