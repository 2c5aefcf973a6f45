//! What no emulator shows of databases.

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, Status, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};

const DATABASE: &str = "AWS::RDS::DBInstance";
const PARAMETERS: &str = "AWS::RDS::DBParameterGroup";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest { existing: existing(type_name, id, before), properties: map(after), token: TOKEN.into() }
}

fn delete(properties: Json, final_snapshot: Option<&str>) -> DeleteRequest {
    let existing = existing(DATABASE, "db", declared(properties));
    DeleteRequest { existing, delete_data: true, final_snapshot: final_snapshot.map(str::to_owned) }
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

    let fixed = json!({"EngineVersion": "16.4", "AllocatedStorage": "100", "AutoMinorVersionUpgrade": false});
    let properties = declared(fixed);
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

const AVAILABLE: &str = "<DBInstanceStatus>available</DBInstanceStatus>";

/// What is sent to come from one declaration to the other, of a database that RDS describes so.
async fn modified(live: String, before: Json, after: Json) -> Result<Log, groundplan_engine::ProviderError> {
    let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
        true => Answer::ok(database(&live)),
        false => Answer::empty(sent),
    });
    aws.update(&update(DATABASE, "db", declared(before), declared(after))).await?;
    Ok(log)
}

/// The values of the parameters of a request, by name.
fn parameter<'a>(sent: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=");
    sent.split([' ', '&']).find_map(|pair| pair.strip_prefix(start.as_str()))
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

/// What one look at a database shows that RDS describes so, and that has had these events.
async fn look(live: &str, properties: Json, events: &str) -> Status {
    let (live, events) = (live.to_owned(), events.to_owned());
    let (aws, _) = aws(move |sent| {
        Answer::ok(if sent.contains("Action=DescribeEvents") {
            format!(
                "<DescribeEventsResponse><DescribeEventsResult><Events>{events}</Events></DescribeEventsResult>\
                 </DescribeEventsResponse>"
            )
        } else {
            database(&live)
        })
    });
    aws.status(&existing(DATABASE, "db", declared(properties))).await.unwrap()
}

/// The same right after the change to these properties was asked for, before which it had had other events.
async fn look_after(live: &str, properties: Json, before: &str, after: &str) -> Status {
    use std::sync::atomic::{AtomicBool, Ordering};
    let (live, events, asked) = (live.to_owned(), [before.to_owned(), after.to_owned()], AtomicBool::new(false));
    let (aws, _) = aws(move |sent| match () {
        () if sent.contains("Action=ModifyDBInstance") => {
            asked.store(true, Ordering::Relaxed);
            Answer::empty(sent)
        }
        () if sent.contains("Action=DescribeEvents") => Answer::ok(format!(
            "<DescribeEventsResponse><DescribeEventsResult><Events>{}</Events></DescribeEventsResult>\
             </DescribeEventsResponse>",
            events[usize::from(asked.load(Ordering::Relaxed))]
        )),
        () => Answer::ok(database(&live)),
    });
    aws.update(&update(DATABASE, "db", declared(json!({})), declared(properties.clone()))).await.unwrap();
    aws.status(&existing(DATABASE, "db", declared(properties))).await.unwrap()
}

#[tokio::test]
async fn each_status_of_a_database_means_what_rds_says() {
    for status in ["available", "storage-optimization", "storage-config-upgrade", "storage-initialization"] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert!(matches!(look(&live, json!({}), "").await, Status::Ready(_)), "{status}");
    }
    for status in ["backing-up", "configuring-log-exports", "creating", "modifying", "starting", "upgrading", "new-one"]
    {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert_eq!(look(&live, json!({}), "").await, Status::Pending(status.into()));
    }
    for (status, what) in [
        ("stopped", "start-db-instance"),
        ("storage-full", "MaxAllocatedStorage"),
        ("incompatible-parameters", "parameters"),
        ("inaccessible-encryption-credentials-recoverable", "KMS key"),
    ] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        let found = look(&live, json!({}), "").await;
        assert!(matches!(&found, Status::Blocked(text) if text.contains(what) && text.contains(status)), "{found:?}");
        let growing =
            format!("{live}<PendingModifiedValues><AllocatedStorage>200</AllocatedStorage></PendingModifiedValues>");
        assert_eq!(look(&growing, json!({}), "").await, Status::Pending(status.into()), "what it needs is on its way");
    }
    for status in ["failed", "restore-error", "insufficient-capacity", "inaccessible-encryption-credentials"] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert!(
            matches!(look(&live, json!({}), "").await, Status::Failed(text) if text.starts_with(status)),
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_upgrade_that_the_pre_check_refuses_has_failed_with_the_event() {
    let event = |message: &str, category: &str, date: &str| {
        format!(
            "<Event><Message>{message}</Message><EventCategories><EventCategory>{category}</EventCategory>\
             </EventCategories><Date>{date}</Date></Event>"
        )
    };
    let wanted = json!({"EngineVersion": "17"});
    let before = event("Database instance could not be upgraded: long ago", "failure", "2026-01-01T00:00:00Z");
    let refused = "Database instance is in a state that cannot be upgraded: PreUpgrade checks failed: reg types";
    let events = event("Backing up DB instance", "backup", "2026-01-01T00:03:00Z")
        + &event("The DB engine version upgrade failed: an older one", "maintenance", "2026-01-01T00:01:00Z")
        + &event(refused, "maintenance", "2026-01-01T00:02:00Z");
    let found = look_after(AVAILABLE, wanted.clone(), &before, &(before.clone() + &events)).await;
    let Status::Failed(reason) = &found else { panic!("{found:?}") };
    assert!(reason.contains("EngineVersion from 16.8 to 17") && reason.ends_with(refused), "{reason}");

    let found = look_after(AVAILABLE, wanted.clone(), &before, &before).await;
    assert!(
        matches!(&found, Status::Pending(text) if text.contains("EngineVersion")),
        "RDS may not say yet: {found:?}"
    );
    let pending =
        format!("{AVAILABLE}<PendingModifiedValues><EngineVersion>17.2</EngineVersion></PendingModifiedValues>");
    let found = look(AVAILABLE, wanted.clone(), &events).await;
    assert!(matches!(found, Status::Ready(_)), "another process has asked for it, or nobody: {found:?}");
    assert_eq!(look(&pending, wanted, &events).await, Status::Pending("modifying".into()), "the events are older");
    assert!(matches!(look(AVAILABLE, json!({"EngineVersion": "16"}), &events).await, Status::Ready(_)));
}

#[tokio::test]
async fn a_database_goes_with_the_snapshot_that_the_plan_has_named() {
    let describing = |live: &str| {
        let live = live.to_owned();
        aws(move |sent| match sent.contains("Action=Describe") {
            true => Answer::ok(database(&live)),
            false => Answer::empty(sent),
        })
    };
    for (snapshot, properties, skips, backups) in [
        (Some("db-final-0011"), json!({}), "false", "false"),
        (None, json!({}), "true", "true"),
        (None, json!({"DeleteAutomatedBackups": false}), "true", "false"),
        (Some("db-final-0011"), json!({"DeleteAutomatedBackups": true}), "false", "true"),
    ] {
        let (aws, log) = describing(AVAILABLE);
        assert_eq!(aws.delete(&delete(properties, snapshot)).await.unwrap(), Deletion::Pending);
        let sent = sent(&log, "Action=DeleteDBInstance");
        assert_eq!(parameter(&sent, "FinalDBSnapshotIdentifier"), snapshot);
        assert_eq!(parameter(&sent, "SkipFinalSnapshot"), Some(skips));
        assert_eq!(parameter(&sent, "DeleteAutomatedBackups"), Some(backups));
    }
    for (live, reason) in [
        ("<DBInstanceStatus>incompatible-network</DBInstanceStatus>", "`incompatible-network`"),
        ("<ReadReplicaSourceDBInstanceIdentifier>main</ReadReplicaSourceDBInstanceIdentifier>", "read replica of main"),
        ("<DBClusterIdentifier>aurora</DBClusterIdentifier>", "member of the cluster aurora"),
    ] {
        let (aws, log) = describing(live);
        let error = aws.delete(&delete(json!({}), Some("db-final-0011"))).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.contains(reason) && error.message.contains("--skip-final-snapshot"), "{error}");
        assert_eq!(log.count("DeleteDBInstance"), 0);
        assert_eq!(aws.delete(&delete(json!({}), None)).await.unwrap(), Deletion::Pending);
    }
    // A member of a cluster has no backups of its own, and RDS takes no such setting for it.
    let (aws, log) = describing("<DBClusterIdentifier>aurora</DBClusterIdentifier>");
    aws.delete(&delete(json!({}), None)).await.unwrap();
    assert_eq!(parameter(&sent(&log, "Action=DeleteDBInstance"), "DeleteAutomatedBackups"), None);
}

fn made(operation: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result><DBInstance><DBInstanceIdentifier>db</DBInstanceIdentifier></DBInstance>\
         </{operation}Result></{operation}Response>"
    )
}

/// What is sent for a new database, or for one from a snapshot that RDS describes so.
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
async fn a_promoted_replica_does_not_go_without_a_snapshot_because_of_what_is_recorded() {
    for (live, recorded, goes) in [
        (AVAILABLE, json!({"SourceDBInstanceIdentifier": "main"}), false),
        (AVAILABLE, json!({"DBClusterIdentifier": "aurora"}), false),
        ("<DBInstanceStatus>failed</DBInstanceStatus>", json!({"SourceDBInstanceIdentifier": "main"}), true),
        (
            "<ReadReplicaSourceDBInstanceIdentifier>main</ReadReplicaSourceDBInstanceIdentifier>",
            json!({"SourceDBInstanceIdentifier": "main"}),
            true,
        ),
    ] {
        let (aws, log) = aws(move |sent| match sent.contains("Action=Describe") {
            true => Answer::ok(database(live)),
            false => Answer::empty(sent),
        });
        let deleted = aws.delete(&delete(recorded.clone(), None)).await;
        assert_eq!(deleted.is_ok(), goes, "{live} {recorded}");
        assert_eq!(log.count("Action=DeleteDBInstance"), usize::from(goes));
        if let Err(error) = deleted {
            assert!(error.message.contains("deploy --refresh"), "{error}");
        }
    }
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
async fn on_and_off_of_mysql_are_read_back_as_they_were_declared() {
    let declared = json!({"autocommit": "OFF", "log_bin_trust_function_creators": "on", "slow_query_log": "ON"});
    let (live, _) = read_parameters(declared, |_| {
        page(&[("autocommit", "0"), ("log_bin_trust_function_creators", "1"), ("slow_query_log", "0")], None)
    })
    .await;
    assert_eq!(live, json!({"autocommit": "OFF", "log_bin_trust_function_creators": "on", "slow_query_log": "0"}));
}
