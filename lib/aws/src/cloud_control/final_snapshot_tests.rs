use std::time::Duration;

use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass};
use groundplan_engine::{Hint, Provider};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, aws, existing};

const VOLUME: &str = "AWS::EC2::Volume";
const CLUSTERS: [&str; 2] = ["AWS::RDS::DBCluster", "AWS::Neptune::DBCluster"];
const NAME: &str = "main-final-0011";

fn delete(type_name: &str, properties: Json, final_snapshot: Option<&str>) -> DeleteRequest {
    let existing = existing(type_name, "main", properties);
    DeleteRequest { existing, delete_data: true, final_snapshot: final_snapshot.map(str::to_owned) }
}

fn gone() -> Answer {
    Answer::ok(
        json!({"ProgressEvent": {"OperationStatus": "SUCCESS", "RequestToken": "r", "Operation": "DELETE"}})
            .to_string(),
    )
}

fn volume(state: &str) -> Answer {
    Answer::ok(format!(
        "<DescribeVolumesResponse><volumeSet><item><volumeId>main</volumeId><status>{state}</status>\
         <attachmentSet><item><instanceId>i-1</instanceId></item></attachmentSet></item></volumeSet>\
         </DescribeVolumesResponse>"
    ))
}

/// The snapshots that are described: each by its state, and by when it was completed.
fn snapshots(found: &[(&str, &str)]) -> Answer {
    let one = |(state, completed): &(&str, &str)| {
        let completed = match *completed {
            "" => String::new(),
            date => format!("<completionTime>{date}</completionTime>"),
        };
        format!(
            "<item><snapshotId>snap-1</snapshotId><status>{state}</status><progress>40%</progress>\
             <startTime>2026-01-01T00:00:00.000Z</startTime>{completed}</item>"
        )
    };
    let found: String = found.iter().map(one).collect();
    Answer::ok(format!("<DescribeSnapshotsResponse><snapshotSet>{found}</snapshotSet></DescribeSnapshotsResponse>"))
}

/// EC2 and Cloud Control, where a volume has these snapshots before one is created, and that one is of this state.
fn with_snapshots(
    before: &'static [(&'static str, &'static str)],
    then: &'static str,
) -> (crate::Aws, crate::replay::Log) {
    aws(move |sent| match () {
        () if sent.contains("DeleteResource") => gone(),
        () if sent.contains("Action=DescribeVolumes") => volume("available"),
        () if sent.contains("Action=CreateSnapshot") => {
            Answer::ok("<CreateSnapshotResponse><snapshotId>snap-2</snapshotId></CreateSnapshotResponse>")
        }
        () if sent.contains("SnapshotId.1=snap-2") => snapshots(&[(then, "")]),
        () => snapshots(before),
    })
}

#[tokio::test(start_paused = true)]
async fn a_volume_goes_after_a_snapshot_of_it_is_complete() {
    let (aws, log) = with_snapshots(&[], "completed");
    assert_eq!(aws.delete(&delete(VOLUME, json!({}), Some(NAME))).await.unwrap(), Deletion::Gone);
    let all = log.all();
    let position = |text: &str| all.iter().position(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text}"));
    assert!(position("Action=CreateSnapshot") < position("DeleteResource"));
    let created = &all[position("Action=CreateSnapshot")];
    for part in ["VolumeId=main", "groundplan%3Afinal-snapshot", NAME, "groundplan%3Aapp", "shop%2Fthing"] {
        assert!(created.contains(part), "{part} in {created}");
    }
    let (aws, log) = with_snapshots(&[], "completed");
    aws.delete(&delete(VOLUME, json!({}), None)).await.unwrap();
    assert_eq!(log.count("Snapshot"), 0, "it was said that there is to be none");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_an_interrupted_run_has_begun_is_waited_for_and_no_other_one_is_taken() {
    for (before, creates) in [
        (&[("pending", "")][..], 0),
        // Long ago: what was written since is not in it.
        (&[("completed", "2026-01-01T01:00:00.000Z")], 1),
        (&[("error", "")], 1),
    ] {
        let (aws, log) = with_snapshots(before, "pending");
        let error = aws.delete(&delete(VOLUME, json!({}), Some(NAME))).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict, "the engine asks again");
        assert!(error.patience >= Some(Duration::from_secs(3600)) && error.message.contains(NAME), "{error}");
        assert_eq!((log.count("Action=CreateSnapshot"), log.count("DeleteResource")), (creates, 0), "{before:?}");
    }
    let (aws, log) = with_snapshots(&[("completed", "2126-01-01T00:00:00.000Z")], "pending");
    assert_eq!(aws.delete(&delete(VOLUME, json!({}), Some(NAME))).await.unwrap(), Deletion::Gone);
    assert_eq!(log.count("Action=CreateSnapshot"), 0);
}

#[tokio::test]
async fn no_snapshot_is_taken_of_a_volume_that_is_still_written_to() {
    let (aws, log) = aws(|_| volume("in-use"));
    let error = aws.delete(&delete(VOLUME, json!({}), Some(NAME))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.contains("i-1"), "{error}");
    assert_eq!(log.all().len(), 1);
}

fn cluster(status: &str) -> Answer {
    Answer::ok(format!(
        "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
         <DBClusterIdentifier>main</DBClusterIdentifier><DBClusterArn>arn:main</DBClusterArn><Status>{status}</Status>\
         </DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>"
    ))
}

#[tokio::test]
async fn a_cluster_goes_with_the_snapshot_that_the_plan_has_named() {
    for type_name in CLUSTERS {
        for (name, skips) in [(Some(NAME), "SkipFinalSnapshot=false"), (None, "SkipFinalSnapshot=true")] {
            let (aws, log) = aws(|sent| match sent.contains("Action=Describe") {
                true => cluster("available"),
                false => Answer::empty(sent),
            });
            assert_eq!(aws.delete(&delete(type_name, json!({}), name)).await.unwrap(), Deletion::Pending);
            let all = log.all();
            let sent = all.iter().find(|sent| sent.contains("Action=DeleteDBCluster&")).unwrap();
            assert!(sent.contains(skips), "{sent}");
            assert_eq!(sent.contains(&format!("FinalDBSnapshotIdentifier={NAME}")), name.is_some(), "{sent}");
            assert_eq!(sent.contains("DeleteAutomatedBackups"), type_name == CLUSTERS[0], "{sent}");
        }
        let (aws, log) = aws(|_| cluster("deleting"));
        assert_eq!(aws.delete(&delete(type_name, json!({}), Some(NAME))).await.unwrap(), Deletion::Pending);
        assert_eq!(log.all().len(), 1, "an interrupted run has asked for it");
    }
}

#[tokio::test]
async fn a_cluster_leaves_its_global_one_before_it_goes() {
    let (aws, log) = aws(|sent| match sent.contains("Action=Describe") {
        true => cluster("available"),
        false => Answer::empty(sent),
    });
    aws.delete(&delete(CLUSTERS[0], json!({"GlobalClusterIdentifier": "world"}), Some(NAME))).await.unwrap();
    let all = log.all();
    let position = |text: &str| all.iter().position(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text}"));
    assert!(position("Action=RemoveFromGlobalCluster") < position("Action=DeleteDBCluster&"));
}

#[tokio::test]
async fn what_no_snapshot_is_taken_of_is_not_deleted_where_one_was_expected() {
    let (aws, log) = aws(|_| gone());
    let error = aws.delete(&delete("AWS::Redshift::Cluster", json!({}), Some(NAME))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("aws redshift create-cluster-snapshot --cluster-identifier main"), "{error}");
    assert_eq!(error.hints, [Hint::SkipFinalSnapshot]);
    assert_eq!(log.all().len(), 0);
}
