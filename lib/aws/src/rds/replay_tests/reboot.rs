//! Reboots for the change of a group of parameters.

use std::sync::atomic::{AtomicUsize, Ordering};

use groundplan_engine::Provider;
use serde_json::json;

use super::{AVAILABLE, DATABASE, database, declared, update};
use crate::replay::{Answer, aws};

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
        aws.update(&update(DATABASE, "db", with(at_once), with(at_once))).await.unwrap();
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
        aws.update(&update(DATABASE, "db", member.clone(), member)).await.unwrap();
        assert_eq!(log.count("Action=RebootDBInstance"), reboots, "{status}");
    }
}
