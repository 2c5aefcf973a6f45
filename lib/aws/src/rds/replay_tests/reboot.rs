//! Reboots for the change of a group of parameters.

use std::sync::atomic::{AtomicUsize, Ordering};

use groundplan_engine::Provider;
use groundplan_engine::provider::UpdateRequest;
use serde_json::{Value as Json, json};

use super::{AVAILABLE, DATABASE, database, declared, update};
use crate::replay::{Answer, aws};

/// The update that the engine makes of a database whose group has changed.
fn after_group(before: Json, after: Json) -> UpdateRequest {
    UpdateRequest { incomplete: true, ..update(DATABASE, "db", before, after) }
}

/// A database in this state whose parameters wait for a reboot.
fn waiting(status: &str) -> String {
    database(&format!(
        "<DBInstanceStatus>{status}</DBInstanceStatus><DBParameterGroups><DBParameterGroup>\
         <DBParameterGroupName>pg</DBParameterGroupName><ParameterApplyStatus>pending-reboot</ParameterApplyStatus>\
         </DBParameterGroup></DBParameterGroups>"
    ))
}

#[tokio::test(start_paused = true)]
async fn a_change_of_tags_reboots_only_where_the_group_has_changed_as_well() {
    let tagged = |tag: &str| declared(json!({"ApplyImmediately": true, "Tags": [{"Key": "team", "Value": tag}]}));
    for (changed, reboots) in [(false, 0), (true, 1)] {
        let (aws, log) = aws(|sent| match sent.contains("Action=DescribeDBInstances") {
            true => Answer::ok(waiting("available")),
            false => Answer::empty(sent),
        });
        let request = UpdateRequest { incomplete: changed, ..after_group(tagged("a"), tagged("b")) };
        aws.update(&request).await.unwrap();
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{changed}");
        assert_eq!(log.count("Action=AddTagsToResource"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_changes_beside_its_group_is_rebooted_once() {
    let with = |days: i64| declared(json!({"ApplyImmediately": true, "BackupRetentionPeriod": days}));
    let looks = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
        true if looks.fetch_add(1, Ordering::Relaxed) < 2 => Answer::ok(database(AVAILABLE)),
        true => Answer::ok(waiting("available")),
        false => Answer::empty(sent),
    });
    aws.update(&after_group(with(7), with(14))).await.unwrap();
    assert_eq!(log.count("Action=ModifyDBInstance"), 1);
    assert_eq!(log.count("Action=RebootDBInstance"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_stopped_takes_its_parameters_when_it_is_started() {
    let (aws, log) = aws(|sent| match sent.contains("Action=DescribeDBInstances") {
        true => Answer::ok(waiting("stopped")),
        false => Answer::empty(sent),
    });
    let properties = declared(json!({"ApplyImmediately": true}));
    aws.update(&after_group(properties.clone(), properties)).await.unwrap();
    assert_eq!(log.count("Action=RebootDBInstance"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_database_whose_group_has_changed_is_rebooted_once_the_change_has_reached_it() {
    let with = |at_once: bool| declared(json!({"ApplyImmediately": at_once}));
    // RDS shows the change a moment after it has accepted it; one of dynamic parameters never.
    for (at_once, shown_after, reboots) in [(true, 2, 1), (true, usize::MAX, 0), (false, 0, 0)] {
        let looks = AtomicUsize::new(0);
        let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
            true => {
                let status =
                    if looks.fetch_add(1, Ordering::Relaxed) < shown_after { "in-sync" } else { "pending-reboot" };
                Answer::ok(database(&format!(
                    "{AVAILABLE}<DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg</DBParameterGroupName>\
                     <ParameterApplyStatus>{status}</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>"
                )))
            }
            false => Answer::empty(sent),
        });
        aws.update(&after_group(with(at_once), with(at_once))).await.unwrap();
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{at_once} {shown_after}");
        assert_eq!(log.count("Action=ModifyDBInstance"), 0, "nothing else changes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_cluster_is_rebooted_for_the_group_of_the_cluster() {
    for (status, reboots) in [("pending-reboot", 1), ("in-sync", 0)] {
        let (aws, log) = aws(move |sent| match sent {
            sent if sent.contains("Action=DescribeDBInstances") => {
                Answer::ok(database(&format!("{AVAILABLE}<DBClusterIdentifier>main</DBClusterIdentifier>")))
            }
            sent if sent.contains("Action=DescribeDBClusters") => {
                let member = |name: &str, status: &str| {
                    format!(
                        "<DBClusterMember><DBInstanceIdentifier>{name}</DBInstanceIdentifier>\
                         <DBClusterParameterGroupStatus>{status}</DBClusterParameterGroupStatus></DBClusterMember>"
                    )
                };
                let members = member("other", "pending-reboot") + &member("db", status);
                Answer::ok(format!(
                    "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
                     <DBClusterIdentifier>main</DBClusterIdentifier><DBClusterParameterGroup>pg</DBClusterParameterGroup>\
                     <DBClusterMembers>{members}</DBClusterMembers></DBCluster></DBClusters>\
                     </DescribeDBClustersResult></DescribeDBClustersResponse>"
                ))
            }
            sent => Answer::empty(sent),
        });
        let member = declared(json!({"DBClusterIdentifier": "main", "ApplyImmediately": true}));
        aws.update(&after_group(member.clone(), member)).await.unwrap();
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{status}");
    }
}
