//! Changes of parameters that RDS takes a while for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use groundplan_engine::Provider;
use groundplan_engine::provider::{ErrorClass, Status, UpdateRequest};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};

use super::{AVAILABLE, DATABASE, PARAMETERS, database, declared, update};
use crate::Aws;
use crate::replay::{Answer, Log, aws, create, existing};

const MINUTE: Duration = Duration::from_secs(60);
const CLUSTER_PARAMETERS: &str = "AWS::RDS::DBClusterParameterGroup";

/// A database whose group `pg` is in this state.
fn in_state(status: &str, more: &str) -> String {
    database(&format!(
        "{AVAILABLE}{more}<DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg</DBParameterGroupName>\
         <ParameterApplyStatus>{status}</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
    ))
}

/// The parameters of a family.
fn family(action: &str) -> Answer {
    let parameter = |name: &str, kind: &str| {
        format!("<Parameter><ParameterName>{name}</ParameterName><ApplyType>{kind}</ApplyType></Parameter>")
    };
    let parameters = parameter("max_connections", "static") + &parameter("work_mem", "dynamic");
    Answer::ok(format!(
        "<{action}Response><{action}Result><Parameters>{parameters}</Parameters></{action}Result></{action}Response>"
    ))
}

fn events(messages: &[&str]) -> Answer {
    let events: String = messages.iter().map(|text| format!("<Event><Message>{text}</Message></Event>")).collect();
    Answer::ok(format!(
        "<DescribeEventsResponse><DescribeEventsResult><Events>{events}</Events></DescribeEventsResult>\
         </DescribeEventsResponse>"
    ))
}

/// RDS, which shows a database as `shown` says.
fn rds(shown: impl Fn() -> String + Send + Sync + 'static, told: &'static [&'static str]) -> (Aws, Log) {
    aws(move |sent| match () {
        () if sent.contains("Action=DescribeDBInstances") => Answer::ok(shown()),
        () if sent.contains("Action=DescribeDBParameters") => family("DescribeDBParameters"),
        () if sent.contains("Action=DescribeDBClusterParameters") => family("DescribeDBClusterParameters"),
        () if sent.contains("Action=DescribeEvents") && sent.contains("SourceType=db-parameter-group") => {
            assert!(sent.contains("SourceIdentifier=pg") && sent.contains("Duration=5"), "{sent}");
            events(told)
        }
        () => Answer::empty(sent),
    })
}

fn group(parameters: Json) -> Json {
    json!({"Family": "mysql8.4", "Description": "d", "Parameters": parameters})
}

/// Changes the group `pg`.
async fn change_group(aws: &Aws, before: Json, after: Json) {
    aws.update(&update(PARAMETERS, "pg", group(before), group(after))).await.unwrap_or_default();
}

/// The update that the engine makes of a database whose group has changed.
fn after_group() -> UpdateRequest {
    let properties = declared(json!({"ApplyImmediately": true, "DBParameterGroupName": "pg"}));
    UpdateRequest { incomplete: true, ..update(DATABASE, "db", properties.clone(), properties) }
}

/// Repeats an update as the engine does, and gives how long that took.
async fn until_done(aws: &Aws, request: &UpdateRequest) -> Duration {
    let began = Instant::now();
    while let Err(error) = aws.update(request).await {
        assert_eq!(error.class, ErrorClass::Conflict, "{error}");
        assert!(began.elapsed() < 10 * MINUTE, "{error}");
        sleep(Duration::from_secs(10)).await;
    }
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_static_parameter_reboots_the_database_however_late_rds_shows_that() {
    for (shown_after, at_most) in [(Duration::ZERO, MINUTE), (2 * MINUTE, 3 * MINUTE), (60 * MINUTE, 6 * MINUTE)] {
        let began = Instant::now();
        let rebooted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&rebooted);
        let shown = move || {
            let waits = began.elapsed() >= shown_after && !seen.load(Ordering::Relaxed);
            in_state(if waits { "pending-reboot" } else { "in-sync" }, "")
        };
        let (aws, log) = rds(shown, &[]);
        change_group(&aws, json!({"max_connections": 100}), json!({"max_connections": 200})).await;
        let waited = until_done(&aws, &after_group()).await;
        rebooted.store(true, Ordering::Relaxed);
        assert_eq!(log.count("Action=RebootDBInstance"), 1, "{shown_after:?}");
        assert!(waited <= at_most, "{waited:?} for {shown_after:?}");
        assert_eq!(log.count("Action=DescribeEvents"), 0, "it is known what this process has changed");
        // The call may be repeated: its answer was lost.
        until_done(&aws, &after_group()).await;
        assert_eq!(log.count("Action=RebootDBInstance"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn dynamic_parameters_reboot_nothing_and_wait_for_nothing() {
    let (aws, log) = rds(|| in_state("in-sync", ""), &[]);
    change_group(&aws, json!({"work_mem": 1}), json!({})).await;
    assert_eq!(until_done(&aws, &after_group()).await, Duration::ZERO);
    assert_eq!(log.count("Action=RebootDBInstance"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_by_an_interrupted_run_is_waited_for_while_rds_tells_of_it() {
    let told = &["Updated parameter max_connections to 200 with apply method pending-reboot"][..];
    for (told, refused) in
        [(told, true), (&["Updated parameter work_mem to 1 with apply method immediate"][..], false), (&[][..], false)]
    {
        let (aws, log) = rds(|| in_state("in-sync", ""), told);
        let updated = aws.update(&after_group()).await;
        assert_eq!(updated.is_err_and(|error| error.class == ErrorClass::Conflict), refused, "{told:?}");
        assert_eq!(log.count("Action=RebootDBInstance"), 0, "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_gets_another_group_is_rebooted_however_late_rds_shows_that() {
    let began = Instant::now();
    let shown = move || in_state(if began.elapsed() < MINUTE { "in-sync" } else { "pending-reboot" }, "");
    let (aws, log) = rds(shown, &[]);
    let with = |group: &str| declared(json!({"ApplyImmediately": true, "DBParameterGroupName": group}));
    let waited = until_done(&aws, &update(DATABASE, "db", with("old"), with("pg"))).await;
    assert_eq!(log.count("Action=RebootDBInstance"), 1);
    assert!(waited >= MINUTE && waited < 2 * MINUTE, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_new_replica_is_rebooted_for_the_group_that_it_was_given_however_late_rds_shows_that() {
    let replica = json!({"SourceDBInstanceIdentifier": "main", "DBParameterGroupName": "pg"});
    for (shown_after, at_most) in [(MINUTE, 2 * MINUTE), (60 * MINUTE, 6 * MINUTE)] {
        let (began, rebooted) = (Instant::now(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&rebooted);
        let (aws, log) = aws(move |sent| match () {
            () if sent.contains("Action=RebootDBInstance") => {
                seen.store(true, Ordering::Relaxed);
                Answer::empty(sent)
            }
            () if sent.contains("Action=CreateDBInstanceReadReplica") => Answer::ok(
                database("").replace("DescribeDBInstances", "CreateDBInstanceReadReplica").replace("<DBInstances>", ""),
            ),
            () if sent.contains("Action=DescribeDBInstances") => {
                let waits = began.elapsed() >= shown_after && !seen.load(Ordering::Relaxed);
                Answer::ok(in_state(if waits { "pending-reboot" } else { "in-sync" }, ""))
            }
            () => Answer::empty(sent),
        });
        aws.create(&create(DATABASE, replica.clone())).await.unwrap();
        assert_eq!(log.count("Action=ModifyDBInstance"), 1);
        while !matches!(aws.advance(&existing(DATABASE, "db", replica.clone()), true).await, Ok(Status::Ready(_))) {
            assert!(began.elapsed() < 10 * MINUTE);
            sleep(Duration::from_secs(10)).await;
        }
        assert_eq!(log.count("Action=RebootDBInstance"), 1, "{shown_after:?}");
        assert!(began.elapsed() <= at_most, "{:?} for {shown_after:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_group_of_a_cluster_reboots_its_members_where_a_static_parameter_has_changed() {
    for (parameter, reboots) in [("max_connections", 1), ("work_mem", 0)] {
        let (aws, log) = aws(move |sent| match () {
            () if sent.contains("Action=DescribeDBInstances") => {
                Answer::ok(in_state("in-sync", "<DBClusterIdentifier>main</DBClusterIdentifier>"))
            }
            () if sent.contains("Action=DescribeDBClusters") => Answer::ok(
                "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
                 <DBClusterIdentifier>main</DBClusterIdentifier><DBClusterParameterGroup>cpg</DBClusterParameterGroup>\
                 </DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>",
            ),
            () if sent.contains("Action=DescribeDBClusterParameters") => family("DescribeDBClusterParameters"),
            () if sent.contains("GetResource ") => {
                let model = json!({"DBClusterParameterGroupName": "cpg", "Parameters": {parameter: "1"}}).to_string();
                Answer::ok(json!({"ResourceDescription": {"Identifier": "cpg", "Properties": model}}).to_string())
            }
            () if sent.contains("UpdateResource") => Answer::ok(
                json!({"ProgressEvent": {"Operation": "UPDATE", "OperationStatus": "SUCCESS", "RequestToken": "r"}})
                    .to_string(),
            ),
            () => Answer::empty(sent),
        });
        let with = |value: &str| json!({"DBClusterParameterGroupName": "cpg", "Parameters": {parameter: value}});
        aws.update(&update(CLUSTER_PARAMETERS, "cpg", with("1"), with("2"))).await.unwrap();
        assert_eq!(log.count("UpdateResource"), 1);
        let member = declared(json!({"DBClusterIdentifier": "main", "ApplyImmediately": true}));
        let request = UpdateRequest { incomplete: true, ..update(DATABASE, "db", member.clone(), member) };
        let waited = until_done(&aws, &request).await;
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{parameter}");
        assert_eq!(waited >= 5 * MINUTE, reboots == 1, "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_cluster_waits_until_its_character_set_is_complete_in_the_group() {
    let cluster = |more: Json| {
        let mut cluster = json!({"DBClusterIdentifier": "main", "Engine": "aurora-mysql", "DatabaseName": "shop",
            "DBClusterParameterGroupName": "cpg"});
        cluster.as_object_mut().unwrap().extend(crate::replay::map(more));
        create("AWS::RDS::DBCluster", cluster)
    };
    for (parameter, more, waits) in [
        ("character_set_server", json!({}), true),
        ("time_zone", json!({}), false),
        ("lower_case_table_names", json!({"DatabaseName": null}), true),
        ("character_set_server", json!({"DatabaseName": null}), false),
        // It has the databases of its snapshot.
        ("character_set_server", json!({"SnapshotIdentifier": "snap"}), false),
        ("lower_case_table_names", json!({"SnapshotIdentifier": "snap"}), true),
        ("lower_case_table_names", json!({"SourceDBClusterIdentifier": "other", "Engine": null}), true),
        ("lower_case_table_names", json!({"DatabaseName": null, "Engine": "Aurora-MySQL"}), true),
    ] {
        let (aws, log) = aws(|sent| match () {
            () if sent.contains("GetResource ") => Answer::Is(
                400,
                json!({"__type": "com.amazonaws.cloudapiservice#ResourceNotFoundException", "Message": "none"})
                    .to_string(),
            ),
            () => {
                let id = if sent.contains("DBClusterIdentifier") { "main" } else { "cpg" };
                let event = json!({"Identifier": id, "Operation": "CREATE", "OperationStatus": "SUCCESS",
                    "RequestToken": "r"});
                Answer::ok(json!({"ProgressEvent": event}).to_string())
            }
        });
        let group = json!({"DBClusterParameterGroupName": "cpg", "Family": "aurora-mysql8.0", "Description": "d",
            "Parameters": {parameter: "x"}});
        aws.create(&create(CLUSTER_PARAMETERS, group)).await.unwrap();
        let began = Instant::now();
        while let Err(error) = aws.create(&cluster(more.clone())).await {
            assert_eq!(error.class, ErrorClass::Conflict, "{error}");
            assert_eq!(log.count("CreateResource"), 1, "the group alone");
            sleep(Duration::from_secs(10)).await;
        }
        assert_eq!(began.elapsed() >= 5 * MINUTE, waits, "{parameter} {:?}", began.elapsed());
    }
}

/// A new database `shop` of the group `pg`.
fn with_database() -> Json {
    declared(json!({"DBName": "shop", "DBParameterGroupName": "pg"}))
}

#[tokio::test(start_paused = true)]
async fn a_new_database_waits_until_its_character_set_is_complete_in_the_group() {
    for (parameter, waits) in [("character_set_server", true), ("COLLATION_SERVER", true), ("max_connections", false)] {
        let (aws, log) = rds(|| in_state("in-sync", ""), &[]);
        change_group(&aws, json!({}), json!({parameter: "x"})).await;
        let began = Instant::now();
        while let Err(error) = aws.create(&create(DATABASE, with_database())).await {
            if error.class != ErrorClass::Conflict {
                break;
            }
            assert!(error.message.contains("pg") && error.message.contains("shop"), "{error}");
            assert!(error.patience >= Some(5 * MINUTE), "{error}");
            assert_eq!(log.count("Action=CreateDBInstance&"), 0);
            sleep(Duration::from_secs(10)).await;
        }
        assert_eq!(log.count("Action=CreateDBInstance&"), 1, "{parameter}");
        let waited = began.elapsed();
        assert_eq!(waited >= 5 * MINUTE, waits, "{parameter} {waited:?}");
        assert!(waited < 6 * MINUTE, "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_case_of_names_is_waited_for_where_no_database_is_made_either() {
    for (engine, parameter, waits) in [
        ("mysql", "lower_case_table_names", true),
        ("MySQL", "lower_case_table_names", true),
        ("mysql", "character_set_server", false),
        ("postgres", "lower_case_table_names", false),
    ] {
        let server = json!({"Engine": engine, "DBInstanceClass": "db.t4g.medium", "DBParameterGroupName": "pg"});
        let event: &'static str =
            Box::leak(format!("Updated parameter {parameter} to 1 with apply method pending-reboot").into());
        let told: &'static [&'static str] = Box::leak(Box::new([event]));
        // By an earlier run, and by this process.
        for told in [told, &[]] {
            let (aws, log) = rds(|| in_state("in-sync", ""), told);
            if told.is_empty() {
                change_group(&aws, json!({}), json!({parameter: "1"})).await;
            }
            let error = aws.create(&create(DATABASE, server.clone())).await.unwrap_err();
            assert_eq!(error.message.contains("lower_case_table_names"), waits, "{engine} {parameter}: {error}");
            assert_eq!(log.count("Action=CreateDBInstance&"), usize::from(!waits), "{engine} {parameter}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_case_of_names_is_waited_for_where_the_databases_come_from_a_snapshot() {
    for (engine, parameter, waits) in [
        ("mysql", "lower_case_table_names", true),
        ("mysql", "character_set_server", false),
        ("postgres", "lower_case_table_names", false),
    ] {
        let (aws, log) = aws(move |sent| match () {
            () if sent.contains("Action=DescribeDBSnapshots") => Answer::ok(format!(
                "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot>\
                 <Engine>{engine}</Engine></DBSnapshot></DBSnapshots></DescribeDBSnapshotsResult>\
                 </DescribeDBSnapshotsResponse>"
            )),
            () if sent.contains("Action=DescribeDBParameters") => family("DescribeDBParameters"),
            () => Answer::empty(sent),
        });
        change_group(&aws, json!({}), json!({parameter: "1"})).await;
        let restored = json!({"DBSnapshotIdentifier": "snap", "DBParameterGroupName": "pg", "DBName": "shop"});
        let error = aws.create(&create(DATABASE, restored)).await.unwrap_err();
        assert_eq!(error.message.contains("lower_case_table_names"), waits, "{engine} {parameter}: {error}");
        assert_eq!(log.count("Action=RestoreDBInstance"), usize::from(!waits), "{engine} {parameter}");
    }
}

/// The group `pg` of a family.
fn described_group(family: &str) -> Answer {
    Answer::ok(format!(
        "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup>\
         <DBParameterGroupName>pg</DBParameterGroupName><DBParameterGroupFamily>{family}</DBParameterGroupFamily>\
         </DBParameterGroup></DBParameterGroups></DescribeDBParameterGroupsResult></DescribeDBParameterGroupsResponse>"
    ))
}

#[tokio::test(start_paused = true)]
async fn a_replica_in_another_region_is_made_with_its_parameter_group_where_rds_takes_one() {
    let (far, near) = ("arn:aws:rds:us-east-1:111122223333:db:main", "arn:aws:rds:eu-central-1:111122223333:db:main");
    for (source, family, is_made_with) in [
        (far, "mysql8.0", true),
        (far, "oracle-ee-19", true),
        (far, "db2-se-11.5", true),
        (far, "postgres16", false),
        (far, "custom-oracle-ee-19", false),
        (near, "mysql8.0", false),
        ("main", "mysql8.0", false),
    ] {
        let (aws, log) = aws(move |sent| match () {
            () if sent.contains("Action=DescribeDBParameterGroups") => described_group(family),
            () if sent.contains("Action=CreateDBInstanceReadReplica") => Answer::ok(
                database("").replace("DescribeDBInstances", "CreateDBInstanceReadReplica").replace("<DBInstances>", ""),
            ),
            () if sent.contains("Action=DescribeDBInstances") => Answer::ok(in_state("in-sync", "")),
            () => Answer::empty(sent),
        });
        let replica = json!({"SourceDBInstanceIdentifier": source, "DBParameterGroupName": "pg"});
        aws.create(&create(DATABASE, replica)).await.unwrap();
        let made = super::sent(&log, "Action=CreateDBInstanceReadReplica");
        assert_eq!(made.contains("DBParameterGroupName=pg"), is_made_with, "{source} {family}: {made}");
        assert_eq!(log.count("Action=ModifyDBInstance"), usize::from(!is_made_with), "{source} {family}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_in_another_region_waits_for_the_case_of_names() {
    let (aws, log) = aws(|sent| match () {
        () if sent.contains("Action=DescribeDBParameterGroups") => described_group("mysql8.0"),
        () if sent.contains("Action=DescribeDBParameters") => family("DescribeDBParameters"),
        () => Answer::empty(sent),
    });
    change_group(&aws, json!({}), json!({"lower_case_table_names": "1"})).await;
    let source = "arn:aws:rds:us-east-1:111122223333:db:main";
    let replica = json!({"SourceDBInstanceIdentifier": source, "DBParameterGroupName": "pg"});
    let error = aws.create(&create(DATABASE, replica)).await.unwrap_err();
    assert!(error.message.contains("lower_case_table_names"), "{error}");
    assert_eq!(log.count("Action=CreateDBInstanceReadReplica"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_new_database_waits_for_a_change_that_an_interrupted_run_has_made() {
    let told = &["Updated parameter character_set_server to utf8mb4 with apply method pending-reboot"][..];
    for (told, declared, creates) in [
        (told, with_database(), 0),
        (&["Updated parameter max_connections to 100 with apply method pending-reboot"][..], with_database(), 1),
        (&[][..], with_database(), 1),
        // RDS makes no database, so that there is none with a wrong character set.
        (told, super::declared(json!({"DBParameterGroupName": "pg"})), 1),
    ] {
        let (aws, log) = rds(|| in_state("in-sync", ""), told);
        let _ = aws.create(&create(DATABASE, declared)).await;
        assert_eq!(log.count("Action=CreateDBInstance&"), creates, "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn sql_server_gets_its_dynamic_parameters_at_once_also_in_a_new_group() {
    let (aws, log) = aws(|sent| match () {
        () if sent.contains("Action=CreateDBParameterGroup") => Answer::ok(
            "<CreateDBParameterGroupResponse><CreateDBParameterGroupResult><DBParameterGroup><DBParameterGroupName>pg\
             </DBParameterGroupName></DBParameterGroup></CreateDBParameterGroupResult></CreateDBParameterGroupResponse>",
        ),
        () if sent.contains("Action=DescribeDBParameters") => family("DescribeDBParameters"),
        () => Answer::empty(sent),
    });
    for (name, method) in [("sqlserver-ee-16.0", "immediate"), ("mysql8.4", "pending-reboot")] {
        let group = json!({"Family": name, "Description": "d", "Parameters": {"work_mem": "1"}});
        aws.create(&create(PARAMETERS, group)).await.unwrap();
        let all = log.all();
        let sent = all.iter().rfind(|sent| sent.contains("Action=ModifyDBParameterGroup")).unwrap();
        assert!(sent.contains(&format!("ApplyMethod={method}")), "{name}: {sent}");
    }
}
