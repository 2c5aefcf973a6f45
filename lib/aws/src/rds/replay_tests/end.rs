//! The end of a database.

use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass};
use groundplan_engine::{Hint, Provider};
use serde_json::{Value as Json, json};

use super::{AVAILABLE, DATABASE, database, declared, parameter, sent};
use crate::replay::{Answer, aws, existing};

fn delete(properties: Json, final_snapshot: Option<&str>) -> DeleteRequest {
    let existing = existing(DATABASE, "db", declared(properties));
    DeleteRequest { existing, delete_data: true, final_snapshot: final_snapshot.map(str::to_owned) }
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
        assert!(error.message.contains(reason) && error.hints == [Hint::SkipFinalSnapshot], "{error:?}");
        assert_eq!(log.count("DeleteDBInstance"), 0);
        assert_eq!(aws.delete(&delete(json!({}), None)).await.unwrap(), Deletion::Pending);
    }
    // A member of a cluster has no backups of its own, and RDS takes no such setting for it.
    let (aws, log) = describing("<DBClusterIdentifier>aurora</DBClusterIdentifier>");
    aws.delete(&delete(json!({}), None)).await.unwrap();
    assert_eq!(parameter(&sent(&log, "Action=DeleteDBInstance"), "DeleteAutomatedBackups"), None);
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
            assert_eq!(error.hints, [Hint::Refresh], "{error}");
        }
    }
}
