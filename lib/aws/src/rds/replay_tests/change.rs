//! Changes of a database in place.

use groundplan_engine::Provider;
use groundplan_engine::provider::ErrorClass;
use serde_json::{Value as Json, json};

use super::{AVAILABLE, DATABASE, database, declared, modified, parameter, sent, update};
use crate::replay::{Answer, aws, existing, map};

/// Returns the request of an update from one declaration to the other.
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

    let fixed = json!({"EngineVersion": "16.4", "AllocatedStorage": "100", "AutoMinorVersionUpgrade": false});
    let properties = declared(fixed);
    let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
    assert_eq!(live.properties["EngineVersion"], "16.8");
    assert_eq!(live.properties["AllocatedStorage"], "150", "nobody has let RDS enlarge it");
}

#[tokio::test]
async fn declaring_only_the_major_version_that_runs_asks_for_no_other_version() {
    let log =
        modified(AVAILABLE.into(), json!({"EngineVersion": "16.4"}), json!({"EngineVersion": "16"})).await.unwrap();
    assert_eq!(log.count("Action=ModifyDBInstance"), 0, "RDS refuses a call that changes nothing");
    let sent = modification(json!({"EngineVersion": "16"}), json!({"EngineVersion": "17"})).await;
    assert!(sent.contains("EngineVersion=17"), "{sent}");
}

#[tokio::test]
async fn what_rds_need_not_be_told_is_no_call() {
    for (before, after) in [
        (json!({"ApplyImmediately": false}), json!({"ApplyImmediately": true})),
        (json!({}), json!({"AllowMajorVersionUpgrade": true})),
        (json!({"DeleteAutomatedBackups": true}), json!({})),
        (json!({"EngineVersion": "16.8", "PubliclyAccessible": false}), json!({})),
        (json!({"DBSnapshotIdentifier": "before"}), json!({})),
    ] {
        let log = modified(AVAILABLE.into(), before.clone(), after.clone()).await.unwrap();
        assert_eq!(log.count("Action=ModifyDBInstance"), 0, "{before} {after}");
    }
    let log = modified(AVAILABLE.into(), json!({}), json!({"MultiAZ": true})).await.unwrap();
    assert_eq!(log.count("Action=ModifyDBInstance"), 1);
}

#[tokio::test]
async fn naming_another_version_allows_the_upgrade_together_with_the_parameters_of_its_family() {
    let version =
        |number: &str| json!({"EngineVersion": number, "DBParameterGroupName": format!("parameters-{number}")});
    let sent = modification(version("16"), version("17")).await;
    for part in ["EngineVersion=17", "AllowMajorVersionUpgrade=true", "DBParameterGroupName=parameters-17"] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let sent = modification(
        version("16"),
        json!({"EngineVersion": "17", "AllowMajorVersionUpgrade": false, "DBParameterGroupName": "parameters-17"}),
    )
    .await;
    assert!(sent.contains("AllowMajorVersionUpgrade=false"), "{sent}");
    let sent = modification(
        version("16"),
        json!({"EngineVersion": "16", "MultiAZ": true, "DBParameterGroupName": "parameters-16"}),
    )
    .await;
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
async fn a_minor_version_that_rds_has_upgraded_to_is_no_drift_and_is_never_taken_back() {
    let (aws, _) = aws(|_| Answer::ok(database("<AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>")));
    let properties = declared(json!({"EngineVersion": "16.4"}));
    let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
    assert_eq!(live.properties["EngineVersion"], "16.4");

    let version = |number: &str| json!({"EngineVersion": number, "MultiAZ": number == "16.6"});
    let log = modified(AVAILABLE.into(), version("16.4"), version("16.6")).await.unwrap();
    assert_eq!(parameter(&sent(&log, "Action=ModifyDBInstance"), "EngineVersion"), None, "16.8 runs");
    let manual = |number: &str| json!({"EngineVersion": number, "AutoMinorVersionUpgrade": false});
    let fixed = format!("{AVAILABLE}<AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade>");
    let error = modified(fixed, manual("16.8"), manual("16.4")).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("from 16.8") && error.message.contains("declare 16.8"), "{error}");
}

#[tokio::test]
async fn a_growth_that_rds_rounds_up_is_no_drift_and_is_not_asked_to_be_less() {
    let (aws, _) = aws(|_| Answer::ok(database(AVAILABLE)));
    for (size, read) in [("137", "137"), ("148", "148"), ("136", "136"), ("135", "150"), ("160", "150")] {
        let properties = declared(json!({"AllocatedStorage": size}));
        let live = aws.read(&existing(DATABASE, "db", properties)).await.unwrap().unwrap();
        assert_eq!(live.properties["AllocatedStorage"], read, "{size} of 150");
    }
    let storage = |size: &str| json!({"AllocatedStorage": size, "StorageType": "gp3"});
    for (size, asked) in [("148", "150"), ("160", "160")] {
        let log = modified(AVAILABLE.into(), storage("140"), storage(size)).await.unwrap();
        let sent = sent(&log, "Action=ModifyDBInstance");
        assert_eq!(parameter(&sent, "AllocatedStorage"), Some(asked));
        assert_eq!(parameter(&sent, "Iops"), None, "a small gp3 volume takes none: {sent}");
    }
    let error = modified(AVAILABLE.into(), storage("150"), storage("50")).await.unwrap_err();
    assert!(error.message.contains("cannot be made smaller, from 150 to 50 GiB"), "{error}");
}

#[tokio::test]
async fn growth_of_a_volume_with_iops_of_its_own_names_them() {
    let volume = |size: i32, kind: &str, iops: i32, more: &str| {
        format!(
            "{AVAILABLE}<AllocatedStorage>{size}</AllocatedStorage><StorageType>{kind}</StorageType><Iops>{iops}</Iops>{more}"
        )
    };
    // The first of two elements counts in XML, so that the size has to stand before the other one.
    let live = |volume: String| database("").replace("<AllocatedStorage>150</AllocatedStorage>", &volume);
    for (engine, size, kind, iops, more, wanted, sent_iops, sent_throughput) in [
        // Across the size at which a volume is striped, and above it.
        ("postgres", 300, "gp3", 3000, "<StorageThroughput>125</StorageThroughput>", 500, Some("12000"), Some("500")),
        ("postgres", 500, "gp3", 15000, "<StorageThroughput>700</StorageThroughput>", 600, Some("15000"), Some("700")),
        ("mysql", 100, "gp3", 3000, "", 300, None, None),
        ("oracle-ee", 100, "gp3", 3000, "", 200, Some("12000"), Some("500")),
        ("sqlserver-se", 100, "gp3", 3000, "", 200, Some("3000"), Some("125")),
        ("postgres", 100, "io2", 4000, "", 200, Some("4000"), None),
    ] {
        let described = live(volume(size, kind, iops, more)).replace("postgres", engine);
        let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
            true => Answer::ok(described.clone()),
            false => Answer::empty(sent),
        });
        let of =
            |size: i32| declared(json!({"Engine": engine, "AllocatedStorage": size.to_string(), "StorageType": kind}));
        aws.update(&update(DATABASE, "db", of(size), of(wanted))).await.unwrap();
        let sent = sent(&log, "Action=ModifyDBInstance");
        assert_eq!(parameter(&sent, "AllocatedStorage"), Some(wanted.to_string().as_str()));
        assert_eq!(parameter(&sent, "Iops"), sent_iops, "{engine} {kind}: {sent}");
        assert_eq!(parameter(&sent, "StorageThroughput"), sent_throughput, "{engine} {kind}: {sent}");
    }
}

#[tokio::test]
async fn what_is_no_longer_declared_goes_back_to_the_default() {
    for (before, expected) in [
        (json!({"AutoMinorVersionUpgrade": false}), ("AutoMinorVersionUpgrade", "true")),
        (json!({"BackupRetentionPeriod": 7}), ("BackupRetentionPeriod", "1")),
        (json!({"MaxAllocatedStorage": 1000}), ("MaxAllocatedStorage", "150")),
        (json!({"NetworkType": "DUAL"}), ("NetworkType", "IPV4")),
        (json!({"MonitoringInterval": 60}), ("MonitoringInterval", "0")),
        (json!({"PromotionTier": 3}), ("PromotionTier", "1")),
    ] {
        let log = modified(AVAILABLE.into(), before, json!({})).await.unwrap();
        let sent = sent(&log, "Action=ModifyDBInstance");
        assert_eq!(parameter(&sent, expected.0), Some(expected.1), "{sent}");
    }
    let error = modified(AVAILABLE.into(), json!({"PubliclyAccessible": true}), json!({})).await.unwrap_err();
    assert!(error.message.contains("PubliclyAccessible cannot be removed"), "{error}");
}

#[tokio::test]
async fn what_has_no_default_to_go_back_to_is_refused_before_anything_is_changed() {
    let managed = json!({"ManageMasterUserPassword": true});
    let with = |base: &Json, more: Json| {
        let mut with = base.clone();
        with.as_object_mut().unwrap().extend(map(more));
        with
    };
    let insights = json!({"EnablePerformanceInsights": true});
    let monitored = json!({"MonitoringInterval": 60});
    let none = json!({});
    for (property, live, before, after) in [
        ("CACertificateIdentifier", "", json!({"CACertificateIdentifier": "rds-ca-rsa4096-g1"}), none.clone()),
        ("LicenseModel", "", json!({"LicenseModel": "bring-your-own-license"}), none.clone()),
        ("PreferredBackupWindow", "", json!({"PreferredBackupWindow": "01:00-01:30"}), none.clone()),
        ("PreferredMaintenanceWindow", "", json!({"PreferredMaintenanceWindow": "sun:01:00-sun:01:30"}), none.clone()),
        ("MasterUserSecret", "", with(&managed, json!({"MasterUserSecret": {"KmsKeyId": "k"}})), managed.clone()),
        ("MonitoringRoleArn", "", with(&monitored, json!({"MonitoringRoleArn": "arn:r"})), monitored.clone()),
        (
            "PerformanceInsightsKMSKeyId",
            "",
            with(&insights, json!({"PerformanceInsightsKMSKeyId": "k"})),
            insights.clone(),
        ),
        ("StorageType", "<StorageType>gp3</StorageType>", json!({"StorageType": "gp3"}), none.clone()),
        ("Iops", "<StorageType>io2</StorageType><Iops>4000</Iops>", json!({"Iops": 4000}), none.clone()),
    ] {
        let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
            true => Answer::ok(database(&format!("{AVAILABLE}{live}"))),
            false => Answer::empty(sent),
        });
        let refused = aws.update(&update(DATABASE, "db", declared(before), declared(after))).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::Invalid, "{property}");
        let start = format!("{property} cannot be removed, since ");
        assert!(refused.message.starts_with(&start), "{property}: {refused}");
        assert!(refused.message.ends_with(": declare the value that it is to have"), "{refused}");
        assert_eq!(log.count("Action=Modify"), 0, "{property}: {:#?}", log.all());
    }
}

#[tokio::test]
async fn what_goes_with_the_setting_that_it_is_for_is_not_refused() {
    let volume = "<StorageType>io1</StorageType><Iops>4000</Iops>";
    for (live, before, after, sent_with) in [
        ("", json!({"MonitoringInterval": 60, "MonitoringRoleArn": "arn:r"}), json!({}), ("MonitoringInterval", "0")),
        (volume, json!({"StorageType": "io1", "Iops": 4000}), json!({"StorageType": "gp2"}), ("StorageType", "gp2")),
        (
            "",
            json!({"EnablePerformanceInsights": true, "PerformanceInsightsKMSKeyId": "k"}),
            json!({}),
            ("EnablePerformanceInsights", "false"),
        ),
    ] {
        let log = modified(format!("{AVAILABLE}{live}"), before, after).await.unwrap();
        let sent = sent(&log, "Action=ModifyDBInstance");
        assert_eq!(parameter(&sent, sent_with.0), Some(sent_with.1), "{sent}");
    }
}

#[tokio::test]
async fn groups_that_are_no_longer_declared_are_replaced_by_the_default_ones() {
    let (aws, log) = aws(|sent| {
        Answer::ok(if sent.contains("Action=DescribeDBInstances") {
            database(&format!("{AVAILABLE}<DBSubnetGroup><VpcId>vpc-1</VpcId></DBSubnetGroup>"))
        } else if sent.contains("Action=DescribeDBEngineVersions") {
            "<DescribeDBEngineVersionsResponse><DescribeDBEngineVersionsResult><DBEngineVersions><DBEngineVersion>\
             <Engine>mysql</Engine><MajorEngineVersion>8.0</MajorEngineVersion>\
             <DBParameterGroupFamily>mysql8.0</DBParameterGroupFamily></DBEngineVersion></DBEngineVersions>\
             </DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>"
                .to_owned()
        } else if sent.contains("Action=DescribeSecurityGroups") {
            "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-default</groupId></item>\
             </securityGroupInfo></DescribeSecurityGroupsResponse>"
                .to_owned()
        } else {
            return Answer::empty(sent);
        })
    });
    let before = json!({"DBParameterGroupName": "mine", "OptionGroupName": "mine", "VPCSecurityGroups": ["sg-1"]});
    aws.update(&update(DATABASE, "db", declared(before), declared(json!({})))).await.unwrap();
    let sent = sent(&log, "Action=ModifyDBInstance");
    assert_eq!(parameter(&sent, "DBParameterGroupName"), Some("default.mysql8.0"));
    assert_eq!(parameter(&sent, "OptionGroupName"), Some("default%3Amysql-8-0"));
    assert_eq!(parameter(&sent, "VpcSecurityGroupIds.VpcSecurityGroupId.1"), Some("sg-default"), "{sent}");
}

#[tokio::test]
async fn a_database_that_is_stopped_is_not_waited_for() {
    let stopped = "<DBInstanceStatus>stopped</DBInstanceStatus>";
    let error = modified(stopped.into(), json!({}), json!({"MultiAZ": true})).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid, "it is not repeated");
    assert!(error.message.contains("aws rds start-db-instance --db-instance-identifier db"), "{error}");
}

#[tokio::test]
async fn storage_that_grows_as_it_stops_to_grow_by_itself_has_its_new_size_for_a_maximum() {
    let before = json!({"AllocatedStorage": "150", "MaxAllocatedStorage": 1000});
    let sent = modification(before.clone(), json!({"AllocatedStorage": "300"})).await;
    assert_eq!(parameter(&sent, "MaxAllocatedStorage"), Some("300"));
    let sent = modification(before, json!({"AllocatedStorage": "150"})).await;
    assert_eq!(parameter(&sent, "MaxAllocatedStorage"), Some("150"));
}

#[tokio::test]
async fn a_replica_whose_source_is_taken_away_is_promoted() {
    let live =
        format!("{AVAILABLE}<ReadReplicaSourceDBInstanceIdentifier>main</ReadReplicaSourceDBInstanceIdentifier>");
    let log = modified(live, json!({"SourceDBInstanceIdentifier": "main"}), json!({})).await.unwrap();
    assert_eq!(log.count("Action=PromoteReadReplica"), 1);
    let source = |name: &str| json!({"SourceDBInstanceIdentifier": name});
    let error = modified(AVAILABLE.into(), source("main"), source("other")).await.unwrap_err();
    assert!(error.message.contains("SourceDBInstanceIdentifier"), "{error}");
    let error = modified(AVAILABLE.into(), json!({}), json!({"DBSnapshotIdentifier": "a"})).await.unwrap_err();
    assert!(error.message.contains("DBSnapshotIdentifier"), "{error}");
}

#[tokio::test]
async fn a_database_is_rebooted_only_where_changes_are_to_apply_at_once() {
    let with = |status: &str| {
        format!(
            "{AVAILABLE}<DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg</DBParameterGroupName>\
             <ParameterApplyStatus>{status}</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
        )
    };
    let multi = |at_once: Json, on: bool| json!({"ApplyImmediately": at_once, "MultiAZ": on});
    for (at_once, status, reboots) in [
        (json!(true), "pending-reboot", 1),
        (json!(true), "in-sync", 0),
        (json!(null), "pending-reboot", 0),
        (json!(false), "pending-reboot", 0),
    ] {
        let without_null = |mut json: Json| {
            json.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            json
        };
        let (before, after) = (without_null(multi(at_once.clone(), false)), without_null(multi(at_once.clone(), true)));
        let log = modified(with(status), before, after).await.unwrap();
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{at_once} {status}");
    }
    let error = modified(with("applying"), multi(json!(true), false), multi(json!(true), true)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict, "it is repeated until the group is applied");
}

#[tokio::test]
async fn a_change_of_storage_that_is_being_optimized_is_asked_for_again() {
    let (aws, _) = aws(|sent| match sent.contains("Action=Describe") {
        true => Answer::ok(database("<DBInstanceStatus>storage-optimization</DBInstanceStatus>")),
        false => crate::replay_edge_tests::refused(
            400,
            "InvalidParameterCombination",
            "You can't currently modify the storage of this DB instance because the previous storage change is being \
             optimized.",
        ),
    });
    let (before, after) = (json!({"AllocatedStorage": "150"}), json!({"AllocatedStorage": "300"}));
    let refused = aws.update(&update(DATABASE, "db", declared(before), declared(after))).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Conflict, "{refused}");
}
