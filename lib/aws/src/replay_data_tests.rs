//! What no emulator shows of databases, buckets, keys and secrets.

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, create_in, existing, map};

const DATABASE: &str = "AWS::RDS::DBInstance";
const PARAMETERS: &str = "AWS::RDS::DBParameterGroup";
const BUCKET: &str = "AWS::S3::Bucket";
const KEY: &str = "AWS::KMS::Key";
const LOGS: &str = "AWS::Logs::LogGroup";
const SECRET: &str = "AWS::SecretsManager::Secret";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest { existing: existing(type_name, id, before), properties: map(after), token: TOKEN.into() }
}

fn delete(type_name: &str, id: &str, delete_data: bool) -> DeleteRequest {
    DeleteRequest { existing: existing(type_name, id, json!({})), delete_data }
}

/// The request that contains this text.
fn sent(log: &Log, text: &str) -> String {
    let all = log.all();
    all.iter().find(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text} in {all:#?}")).clone()
}

fn database(more: &str) -> String {
    format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
         <DBInstanceIdentifier>db</DBInstanceIdentifier><Engine>postgres</Engine><EngineVersion>16.8</EngineVersion>\
         <DBInstanceClass>db.t4g.medium</DBInstanceClass><AllocatedStorage>150</AllocatedStorage>{more}\
         </DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
}

/// The properties of a database, and `more`.
fn declared(more: Json) -> Json {
    let mut declared = json!({"Engine": "postgres", "DBInstanceClass": "db.t4g.medium"});
    declared.as_object_mut().unwrap().extend(map(more));
    declared
}

/// What is sent to come from one declaration to the other.
async fn modification(before: Json, after: Json) -> String {
    let (aws, log) = aws(|sent| match sent.contains("Action=Describe") {
        true => Answer::ok(database("<DBInstanceStatus>available</DBInstanceStatus>")),
        false => Answer::empty(sent),
    });
    aws.update(&update(DATABASE, "db", declared(before), declared(after))).await.unwrap();
    sent(&log, "Action=ModifyDBInstance")
}

#[tokio::test]
async fn a_minor_version_or_a_size_that_rds_has_chosen_is_no_drift() {
    let (aws, _) = aws(|_| Answer::ok(database("<DBInstanceStatus>available</DBInstanceStatus>")));
    let properties = declared(json!({"EngineVersion": "16", "AllocatedStorage": "100", "MaxAllocatedStorage": 1000}));
    let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
    assert_eq!(live.properties["EngineVersion"], "16");
    assert_eq!(live.properties["AllocatedStorage"], "100");

    let properties = declared(json!({"EngineVersion": "16.4", "AllocatedStorage": "100"}));
    let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
    assert_eq!(live.properties["EngineVersion"], "16.8");
    assert_eq!(live.properties["AllocatedStorage"], "150", "nobody has let RDS enlarge it");
}

#[tokio::test]
async fn declaring_only_the_major_version_that_runs_asks_for_no_other_version() {
    let sent = modification(json!({"EngineVersion": "16.4"}), json!({"EngineVersion": "16"})).await;
    assert!(!sent.contains("EngineVersion"), "{sent}");
    let sent = modification(json!({"EngineVersion": "16"}), json!({"EngineVersion": "17"})).await;
    assert!(sent.contains("EngineVersion=17"), "{sent}");
}

#[tokio::test]
async fn naming_another_version_allows_the_upgrade_together_with_the_parameters_of_its_family() {
    let version =
        |number: &str| json!({"EngineVersion": number, "DBParameterGroupName": format!("parameters-{number}")});
    let sent = modification(version("16"), version("17")).await;
    for part in ["EngineVersion=17", "AllowMajorVersionUpgrade=true", "DBParameterGroupName=parameters-17"] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let sent = modification(version("16"), json!({"EngineVersion": "17", "AllowMajorVersionUpgrade": false})).await;
    assert!(sent.contains("AllowMajorVersionUpgrade=false"), "{sent}");
    let sent = modification(version("16"), json!({"EngineVersion": "16", "MultiAZ": true})).await;
    assert!(!sent.contains("AllowMajorVersionUpgrade"), "{sent}");
}

#[tokio::test]
async fn faster_storage_is_not_asked_to_be_smaller_than_rds_has_made_it() {
    let storage =
        |iops: i32| json!({"AllocatedStorage": "100", "MaxAllocatedStorage": 1000, "StorageType": "io2", "Iops": iops});
    let sent = modification(storage(3000), storage(4000)).await;
    assert!(sent.contains("AllocatedStorage=150") && sent.contains("Iops=4000"), "{sent}");
}

#[tokio::test]
async fn settings_of_performance_insights_are_sent_with_its_being_on() {
    let insights = |days: i32| json!({"EnablePerformanceInsights": true, "PerformanceInsightsRetentionPeriod": days});
    let sent = modification(insights(7), insights(31)).await;
    assert!(sent.contains("EnablePerformanceInsights=true"), "{sent}");
    assert!(sent.contains("PerformanceInsightsRetentionPeriod=31"), "{sent}");
    let off = json!({"EnablePerformanceInsights": false, "PerformanceInsightsRetentionPeriod": 7});
    let sent = modification(insights(7), off).await;
    assert!(sent.contains("EnablePerformanceInsights=false") && !sent.contains("RetentionPeriod"), "{sent}");
}

#[tokio::test]
async fn what_rds_cannot_change_is_refused_and_not_passed_over() {
    let (aws, log) = aws(|_| Answer::ok(""));
    let zone = |zone: &str| declared(json!({"AvailabilityZone": zone}));
    let error = aws.update(&update(DATABASE, "db", zone("eu-central-1a"), zone("eu-central-1b"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("AvailabilityZone"), "{error}");
    assert!(log.all().is_empty());
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
async fn what_waits_for_the_maintenance_window_is_no_drift_where_the_program_says_so() {
    let pending = "<DBInstanceStatus>available</DBInstanceStatus><PendingModifiedValues>\
         <DBInstanceClass>db.t4g.large</DBInstanceClass></PendingModifiedValues>";
    for (at_once, class) in [(false, "db.t4g.large"), (true, "db.t4g.medium")] {
        let (aws, _) = aws(move |_| Answer::ok(database(pending)));
        let properties = declared(json!({"ApplyImmediately": at_once}));
        let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
        assert_eq!(live.properties["DBInstanceClass"], class);
    }
}

#[tokio::test]
async fn a_database_that_has_failed_goes_only_without_a_final_snapshot() {
    let (aws, log) = aws(|sent| match sent.contains("Action=Describe") {
        true => Answer::ok(database("<DBInstanceStatus>incompatible-network</DBInstanceStatus>")),
        false => Answer::empty(sent),
    });
    let error = aws.delete(&delete(DATABASE, "db", false)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("--delete-data"), "{error}");
    assert_eq!(log.count("DeleteDBInstance"), 0);
    assert_eq!(aws.delete(&delete(DATABASE, "db", true)).await.unwrap(), Deletion::Pending);
}

fn group(parameters: Json) -> Json {
    json!({"Family": "postgres16", "Description": "d", "Parameters": parameters})
}

#[tokio::test]
async fn a_parameter_that_is_no_longer_declared_is_reset_and_no_other() {
    let (aws, log) = aws(Answer::empty);
    let before = group(json!({"log_statement": "all", "work_mem": "4096"}));
    let _ = aws.update(&update(PARAMETERS, "pg", before, group(json!({"work_mem": "4096"})))).await;
    let reset = sent(&log, "Action=ResetDBParameterGroup");
    assert!(reset.contains("ResetAllParameters=false") && reset.contains("log_statement"), "{reset}");
    assert!(!reset.contains("work_mem"), "{reset}");
}

/// A page of the parameters of a group, by name and value; after it comes the one that is named.
fn page(parameters: &[(&str, &str)], next: Option<&str>) -> String {
    let entry = |(name, value): &(&str, &str)| {
        format!("<Parameter><ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue></Parameter>")
    };
    let parameters: String = parameters.iter().map(entry).collect();
    let next = next.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    format!(
        "<DescribeDBParametersResponse><DescribeDBParametersResult><Parameters>{parameters}</Parameters>{next}\
         </DescribeDBParametersResult></DescribeDBParametersResponse>"
    )
}

/// The parameters that are read where `declared` are, and the requests for them.
async fn read_parameters(declared: Json, pages: impl Fn(&str) -> String + Send + Sync + 'static) -> (Json, usize) {
    let (aws, log) = aws(move |sent| {
        Answer::ok(if sent.contains("DescribeDBParameterGroups") {
            "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup>\
             <DBParameterGroupName>pg</DBParameterGroupName><DBParameterGroupArn>arn:pg</DBParameterGroupArn>\
             </DBParameterGroup></DBParameterGroups></DescribeDBParameterGroupsResult>\
             </DescribeDBParameterGroupsResponse>"
                .to_owned()
        } else if sent.contains("DescribeDBParameters") {
            pages(sent)
        } else {
            "<ListTagsForResourceResponse><ListTagsForResourceResult/></ListTagsForResourceResponse>".to_owned()
        })
    });
    let live = aws.read(&existing(PARAMETERS, "pg", group(declared))).await.unwrap().unwrap();
    (live.properties["Parameters"].clone(), log.count("Action=DescribeDBParameters&"))
}

#[tokio::test]
async fn a_parameter_is_the_same_whatever_the_case_of_its_name() {
    let declared = json!({"TimeZone": "utc"});
    let (live, reads) = read_parameters(declared.clone(), |_| page(&[("timezone", "utc")], None)).await;
    assert_eq!(live, declared);
    assert_eq!(reads, 1, "what is set is all that is declared");
}

#[tokio::test]
async fn a_parameter_that_is_declared_with_its_default_is_no_drift() {
    let declared = json!({"Log_Statement": "none", "work_mem": "4096"});
    let (live, reads) = read_parameters(declared, |sent| {
        if sent.contains("Source=user") {
            page(&[("work_mem", "8192"), ("jit", "0")], None)
        } else if sent.contains("Marker=more") {
            page(&[("log_statement", "none"), ("autovacuum", "1")], None)
        } else {
            page(&[("work_mem", "8192"), ("jit", "0"), ("max_connections", "100")], Some("more"))
        }
    })
    .await;
    assert_eq!(live, json!({"Log_Statement": "none", "work_mem": "8192", "jit": "0"}));
    assert_eq!(reads, 3, "those that are set, and two pages of all");
}

#[tokio::test]
async fn parameters_that_are_checked_against_each_other_go_with_one_call() {
    let (aws, log) = aws(Answer::empty);
    // By name these stand between the two.
    let mut parameters: serde_json::Map<_, _> = (0..30).map(|n| (format!("cl{n:02}"), json!(n))).collect();
    parameters.extend(map(json!({"character_set_server": "utf8mb4", "collation_server": "utf8mb4_bin"})));
    let declared = || group(Json::Object(parameters.clone()));
    for (before, after, action) in [
        (group(json!({})), declared(), "Action=ModifyDBParameterGroup"),
        (declared(), group(json!({})), "Action=ResetDBParameterGroup"),
    ] {
        let _ = aws.update(&update(PARAMETERS, "pg", before, after)).await;
        let sent = sent(&log, action);
        assert!(sent.contains("character_set_server") && sent.contains("collation_server"), "{sent}");
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
    let (aws, _) = aws(|_| {
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
