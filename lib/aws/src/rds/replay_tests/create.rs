//! New databases: made, restored and replicated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use groundplan_engine::Provider;
use groundplan_engine::provider::{ErrorClass, Status};
use serde_json::{Value as Json, json};

use super::{AVAILABLE, DATABASE, database, parameter, sent, update};
use crate::Aws;
use crate::replay::{Answer, Log, aws, create, existing, map};

fn made(operation: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result><DBInstance><DBInstanceIdentifier>db</DBInstanceIdentifier></DBInstance>\
         </{operation}Result></{operation}Response>"
    )
}

/// Returns the requests for a new database, or for one from a snapshot that RDS describes so.
async fn creation(properties: Json) -> Result<Log, groundplan_engine::ProviderError> {
    creation_from("", properties).await
}

async fn creation_from(snapshot: &'static str, properties: Json) -> Result<Log, groundplan_engine::ProviderError> {
    let (aws, log) = aws(move |sent| {
        if sent.contains("Action=DescribeDBSnapshots") {
            return Answer::ok(format!(
                "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot>{snapshot}</DBSnapshot>\
                 </DBSnapshots></DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>"
            ));
        }
        if sent.contains("Action=DescribeDBInstances") {
            return Answer::ok(database("<DBInstanceStatus>available</DBInstanceStatus>"));
        }
        let action = sent.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
        Answer::ok(made(action))
    });
    aws.create(&create(DATABASE, properties)).await?;
    Ok(log)
}

#[tokio::test]
async fn a_database_is_made_anew_from_a_snapshot_as_a_replica_or_in_a_cluster() {
    let log = creation(json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.r6g.large",
        "DBClusterIdentifier": "aurora", "PromotionTier": 1}))
    .await
    .unwrap();
    let made = sent(&log, "Action=CreateDBInstance&");
    assert_eq!(parameter(&made, "DBClusterIdentifier"), Some("aurora"));
    assert_eq!(log.all().len(), 1, "nothing follows");

    let log = creation(json!({"DBSnapshotIdentifier": "before", "DBInstanceClass": "db.m6g.large",
        "OptionGroupName": "options", "BackupRetentionPeriod": 7, "MonitoringInterval": 60}))
    .await
    .unwrap();
    let restored = sent(&log, "Action=RestoreDBInstanceFromDBSnapshot");
    for (name, value) in
        [("DBSnapshotIdentifier", "before"), ("OptionGroupName", "options"), ("BackupRetentionPeriod", "7")]
    {
        assert_eq!(parameter(&restored, name), Some(value), "{restored}");
    }
    assert!(restored.contains("groundplan%3Atoken"), "the identity is part of the call: {restored}");
    let after = sent(&log, "Action=ModifyDBInstance");
    assert_eq!(parameter(&after, "MonitoringInterval"), Some("60"), "a restore does not take it");

    let log = creation(json!({"SourceDBInstanceIdentifier": "main", "BackupRetentionPeriod": 3})).await.unwrap();
    let replica = sent(&log, "Action=CreateDBInstanceReadReplica");
    assert_eq!(parameter(&replica, "SourceDBInstanceIdentifier"), Some("main"));
    assert_eq!(parameter(&replica, "BackupRetentionPeriod"), None);
    assert_eq!(parameter(&sent(&log, "Action=ModifyDBInstance"), "BackupRetentionPeriod"), Some("3"));
}

#[tokio::test]
async fn a_database_from_a_snapshot_is_asked_for_another_version_only_where_another_one_runs() {
    let version = |version: &str, more: Json| {
        let mut declared = json!({"DBSnapshotIdentifier": "before", "EngineVersion": version});
        declared.as_object_mut().unwrap().extend(map(more));
        declared
    };
    let log = creation(version("16", json!({"AllowMajorVersionUpgrade": true}))).await.unwrap();
    assert_eq!(log.count("Action=ModifyDBInstance"), 0, "16.8 runs: {:?}", log.all());
    for (allows, sent_as) in [(json!({}), "true"), (json!({"AllowMajorVersionUpgrade": false}), "false")] {
        let log = creation(version("17", allows)).await.unwrap();
        let after = sent(&log, "Action=ModifyDBInstance");
        assert_eq!(parameter(&after, "EngineVersion"), Some("17"));
        assert_eq!(parameter(&after, "AllowMajorVersionUpgrade"), Some(sent_as));
    }
    let log = creation(json!({"SourceDBInstanceIdentifier": "main", "EngineVersion": "16.8"})).await.unwrap();
    assert_eq!(log.count("Action=ModifyDBInstance"), 0);
}

#[tokio::test]
async fn a_restore_takes_size_and_name_as_the_engine_of_the_snapshot_allows() {
    for (snapshot, size, name) in [
        ("<Engine>postgres</Engine><AllocatedStorage>200</AllocatedStorage>", Some("200"), None),
        ("<Engine>postgres</Engine><AllocatedStorage>50</AllocatedStorage>", Some("100"), None),
        ("<Engine>oracle-ee</Engine><AllocatedStorage>50</AllocatedStorage>", Some("100"), Some("shop")),
        ("<Engine>sqlserver-se</Engine><AllocatedStorage>50</AllocatedStorage>", None, Some("shop")),
    ] {
        let declared = json!({"DBSnapshotIdentifier": "before", "AllocatedStorage": "100", "DBName": "shop"});
        let restored = sent(&creation_from(snapshot, declared).await.unwrap(), "Action=RestoreDBInstance");
        assert_eq!(parameter(&restored, "AllocatedStorage"), size, "{snapshot}");
        assert_eq!(parameter(&restored, "DBName"), name, "{snapshot}");
    }
}

#[tokio::test]
async fn the_storage_of_sql_server_is_set_after_a_restore() {
    for (engine, follows) in [("sqlserver-se", true), ("postgres", false)] {
        let (aws, log) = aws(move |sent| {
            if sent.contains("Action=DescribeDBSnapshots") {
                return Answer::ok(format!(
                    "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot>\
                     <Engine>{engine}</Engine><AllocatedStorage>50</AllocatedStorage></DBSnapshot></DBSnapshots>\
                     </DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>"
                ));
            }
            if sent.contains("Action=DescribeDBInstances") {
                return Answer::ok(format!(
                    "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
                     <DBInstanceIdentifier>db</DBInstanceIdentifier><Engine>{engine}</Engine>\
                     <AllocatedStorage>50</AllocatedStorage></DBInstance></DBInstances></DescribeDBInstancesResult>\
                     </DescribeDBInstancesResponse>"
                ));
            }
            Answer::ok(made(sent.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default()))
        });
        let declared = json!({"DBSnapshotIdentifier": "before", "AllocatedStorage": "100", "Iops": 3000});
        aws.create(&create(DATABASE, declared)).await.unwrap();
        let restored = sent(&log, "Action=RestoreDBInstance");
        assert_eq!(parameter(&restored, "Iops").is_none(), follows, "{engine}");
        assert_eq!(log.count("Action=ModifyDBInstance"), usize::from(follows), "{engine}");
        if follows {
            let modified = sent(&log, "Action=ModifyDBInstance");
            assert_eq!(parameter(&modified, "AllocatedStorage"), Some("100"));
            assert_eq!(parameter(&modified, "Iops"), Some("3000"));
        }
    }
}

#[tokio::test]
async fn a_replica_is_protected_and_gets_the_key_of_its_password_after_it_was_made() {
    let replica = json!({"SourceDBInstanceIdentifier": "main", "DeletionProtection": true,
        "ManageMasterUserPassword": true, "MasterUserSecret": {"KmsKeyId": "alias/own"}});
    let modified = sent(&creation(replica).await.unwrap(), "Action=ModifyDBInstance");
    assert_eq!(parameter(&modified, "DeletionProtection"), Some("true"));
    assert!(modified.contains("MasterUserSecretKmsKeyId=alias%2Fown"), "{modified}");
}

#[tokio::test]
async fn a_restore_that_would_not_be_encrypted_as_it_is_declared_is_refused() {
    let plain = "<Encrypted>false</Encrypted>";
    let with_key = "<Encrypted>true</Encrypted><KmsKeyId>arn:aws:kms:eu-central-1:111122223333:key/1-a</KmsKeyId>";
    for (snapshot, declared, refused) in [
        (plain, json!({"StorageEncrypted": true}), true),
        (plain, json!({"KmsKeyId": "1-a"}), true),
        (plain, json!({"StorageEncrypted": false}), false),
        (with_key, json!({"StorageEncrypted": false}), true),
        (with_key, json!({"StorageEncrypted": true, "KmsKeyId": "2-b"}), true),
        (with_key, json!({"StorageEncrypted": true, "KmsKeyId": "1-a"}), false),
        (with_key, json!({}), false),
    ] {
        let mut properties = json!({"DBSnapshotIdentifier": "before"});
        properties.as_object_mut().unwrap().extend(map(declared.clone()));
        match creation_from(snapshot, properties).await {
            Ok(log) => assert!(!refused && log.count("Action=RestoreDBInstance") == 1, "{snapshot} {declared}"),
            Err(error) => assert!(refused && error.message.contains("copy-db-snapshot"), "{declared}: {error}"),
        }
    }
}

#[tokio::test]
async fn what_makes_no_database_is_refused_before_anything_is_made() {
    for (properties, said) in [
        (json!({"DBInstanceClass": "db.m6g.large"}), "Engine has to be set"),
        (json!({"Engine": "mysql"}), "DBInstanceClass has to be set"),
        (json!({"DBSnapshotIdentifier": "a", "SourceDBInstanceIdentifier": "b"}), "exclude each other"),
        (json!({"DBSnapshotIdentifier": "a", "MasterUserPassword": "p"}), "MasterUserPassword cannot be set"),
    ] {
        let error = creation(properties).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.contains(said), "{error}");
    }
}

const CREATING: &str = "<DBInstanceStatus>creating</DBInstanceStatus>";

fn busy() -> Answer {
    Answer::Is(
        400,
        "<ErrorResponse><Error><Code>InvalidDBInstanceState</Code><Message>Database instance is not in available state.\
         </Message></Error></ErrorResponse>"
            .to_owned(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_a_restore_does_not_take_is_made_once_the_database_is_available() {
    for (origin, recorded) in [
        (json!({"DBSnapshotIdentifier": "before"}), json!({"DBSnapshotIdentifier": "before"})),
        (
            json!({"SourceDBInstanceIdentifier": "arn:aws:rds:eu-central-1:111122223333:db:main"}),
            // RDS answers to an ARN of the same region with the identifier.
            json!({"SourceDBInstanceIdentifier": "main"}),
        ),
    ] {
        let ready = Arc::new(AtomicBool::new(false));
        let is_ready = Arc::clone(&ready);
        let (aws, log) = aws(move |sent| match () {
            () if sent.contains("Action=DescribeDBSnapshots") => Answer::ok(
                "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot/></DBSnapshots>\
                 </DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>",
            ),
            () if sent.contains("Action=Describe") => {
                Answer::ok(database(if is_ready.load(Ordering::Relaxed) { AVAILABLE } else { CREATING }))
            }
            () if sent.contains("Action=ModifyDBInstance") && !is_ready.load(Ordering::Relaxed) => busy(),
            () => Answer::ok(made(parameter(sent, "Action").unwrap_or_default())),
        });
        let mut declared = json!({"PreferredMaintenanceWindow": "sun:01:00-sun:02:00"});
        declared.as_object_mut().unwrap().extend(map(origin));
        let began = tokio::time::Instant::now();
        let error = aws.create(&create(DATABASE, declared.clone())).await.unwrap_err();
        assert!(began.elapsed().as_secs() >= 31, "the create waits for as long as calls that follow it are repeated");
        assert_eq!((error.class, error.partial.as_deref()), (ErrorClass::Conflict, Some("db")));
        assert!(error.settings, "the database is made");

        // What is recorded of it then. A large restore takes longer than other changes of a database.
        let request = update(DATABASE, "db", recorded, declared);
        let error = aws.update(&request).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict, "{error}");
        assert!(error.patience >= Some(Duration::from_secs(5400)), "{:?}", error.patience);
        ready.store(true, Ordering::Relaxed);
        aws.update(&request).await.unwrap();
        let all = log.all();
        let last = all.iter().rfind(|sent| sent.contains("Action=ModifyDBInstance")).unwrap();
        assert!(last.contains("PreferredMaintenanceWindow=sun"), "{last}");
    }
}

#[tokio::test]
async fn a_replica_of_another_region_is_not_taken_for_one_of_the_same_name() {
    let of = |region: &str| json!({"SourceDBInstanceIdentifier": format!("arn:aws:rds:{region}:111122223333:db:main")});
    let (aws, _) = aws(|_| Answer::ok(database(AVAILABLE)));
    let error = aws.update(&update(DATABASE, "db", of("eu-west-1"), of("eu-central-1"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

/// A database whose parameters always wait for a reboot.
fn always_waiting() -> (Aws, Log) {
    aws(|sent| match sent.contains("Action=Describe") {
        true => Answer::ok(database(&format!(
            "{AVAILABLE}<DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg</DBParameterGroupName>\
             <ParameterApplyStatus>pending-reboot</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
        ))),
        false => Answer::ok(made(parameter(sent, "Action").unwrap_or_default())),
    })
}

#[tokio::test(start_paused = true)]
async fn a_new_database_is_rebooted_again_for_what_has_come_after_its_reboot() {
    let (aws, log) = always_waiting();
    let properties = json!({"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "DBParameterGroupName": "pg"});
    let existing = existing(DATABASE, "db", properties.clone());
    for reboots in [1, 1, 1, 2, 2, 2, 3] {
        assert!(matches!(aws.advance(&existing, true).await.unwrap(), Status::Pending(_)));
        assert_eq!(log.count("Action=RebootDBInstance"), reboots);
        tokio::time::advance(Duration::from_secs(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_under_an_identifier_that_was_used_before_is_rebooted_as_any_other() {
    let (aws, log) = always_waiting();
    let properties = json!({"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "DBInstanceIdentifier": "db",
        "DBParameterGroupName": "pg"});
    for reboots in [1, 2] {
        aws.create(&create(DATABASE, properties.clone())).await.unwrap();
        assert!(matches!(
            aws.advance(&existing(DATABASE, "db", properties.clone()), true).await.unwrap(),
            Status::Pending(_)
        ));
        assert_eq!(log.count("Action=RebootDBInstance"), reboots);
    }
}

#[tokio::test]
async fn a_new_database_is_rebooted_once_where_its_static_parameters_wait_for_that() {
    let rebooted = Arc::new(AtomicBool::new(false));
    let is_rebooted = Arc::clone(&rebooted);
    let (aws, log) = aws(move |sent| match sent.contains("Action=Describe") {
        true => {
            let applied = if is_rebooted.load(Ordering::Relaxed) { "in-sync" } else { "pending-reboot" };
            Answer::ok(database(&format!(
                "{AVAILABLE}<DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg</DBParameterGroupName>\
                 <ParameterApplyStatus>{applied}</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
            )))
        }
        false => Answer::ok(made(parameter(sent, "Action").unwrap_or_default())),
    });
    let properties = json!({"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "DBParameterGroupName": "pg"});
    let existing = existing(DATABASE, "db", properties.clone());
    // One that was seen ready before is rebooted by nobody; one that was not is, though another process has made it.
    assert!(matches!(aws.advance(&existing, false).await.unwrap(), Status::Ready(_)));
    assert!(matches!(aws.status(&existing).await.unwrap(), Status::Ready(_)), "a look changes nothing");
    for _ in 0..2 {
        let waits = aws.advance(&existing, true).await.unwrap();
        assert!(matches!(&waits, Status::Pending(state) if state.contains("pg")), "{waits:?}");
    }
    assert_eq!(log.count("Action=RebootDBInstance"), 1);
    rebooted.store(true, Ordering::Relaxed);
    assert!(matches!(aws.advance(&existing, true).await.unwrap(), Status::Ready(_)));
    rebooted.store(false, Ordering::Relaxed);
    assert!(matches!(aws.advance(&existing, false).await.unwrap(), Status::Ready(_)), "it is in use by now");
    assert_eq!(log.count("Action=RebootDBInstance"), 1);
}
