//! Final snapshots of resources that Cloud Control deletes without one.
//!
//! Clusters of databases are deleted by the API of RDS, which Neptune shares: it takes the snapshot and deletes the
//! cluster in one call. A snapshot of a volume is taken before. Both can be repeated after any interruption: the plan
//! contains the name of the snapshot, and a snapshot in progress is waited for.

use std::time::{Duration, SystemTime};

use aws_sdk_ec2::types::{Filter, ResourceType as Tagged, Snapshot, SnapshotState, Tag, TagSpecification, VolumeState};
use aws_smithy_types::DateTime;
use groundplan_engine::Hint;
use groundplan_engine::provider::{Deletion, ErrorClass, Existing};
use groundplan_schema::{ResourceType, lookup};
use serde_json::Value as Json;
use tokio::time::sleep;

use crate::error::{Error, OrNone, Result};
use crate::handler::{Context, required, single};
use crate::tags;

/// Tag with the name of a last snapshot of a volume, which AWS gives an identifier alone.
const NAME: &str = "groundplan:final-snapshot";

/// The time to wait for the snapshot of a large volume.
const PATIENCE: Duration = Duration::from_secs(12 * 60 * 60);

/// For how many seconds a complete snapshot counts as one of this deletion. The volume of an older one may have
/// been attached and written to since.
const FRESH: i64 = 60 * 60;

/// Pauses before polls of a snapshot that was just begun. A small volume has one by then, and AWS takes no other one of
/// the volume meanwhile.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Takes the snapshot that the plan names, where the type has one; gives the deletion where that is made by the same
/// call.
pub(super) async fn before_deletion(
    schema: &ResourceType,
    cx: &Context,
    resource: &Existing,
) -> Result<Option<Deletion>> {
    let id = resource.id.as_str();
    match (schema.name, &cx.final_snapshot) {
        ("AWS::RDS::DBCluster" | "AWS::Neptune::DBCluster", _) => delete_cluster(schema, cx, resource).await.map(Some),
        ("AWS::EC2::Volume", Some(name)) => snapshot_volume(cx, id, name).await.map(|()| None),
        (of, Some(name)) => {
            let command = lookup(of).and_then(ResourceType::final_snapshot).and_then(|fact| fact.command(id, name));
            let instead = command.map(|command| format!("; take one with `{command}`")).unwrap_or_default();
            Err(Error::invalid(format!("no final snapshot is taken of the {of} {id}{instead}"))
                .hinting(Hint::SkipFinalSnapshot))
        }
        (_, None) => Ok(None),
    }
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html>
async fn delete_cluster(schema: &ResourceType, cx: &Context, resource: &Existing) -> Result<Deletion> {
    let id = resource.id.as_str();
    let described = cx.rds.describe_db_clusters().db_cluster_identifier(id).send().await?;
    let cluster = single(described.db_clusters, id)?;
    if cluster.status() == Some("deleting") {
        return Ok(Deletion::Pending);
    }
    // A member of a global cluster cannot be deleted; nor can one that protects itself, which stays a member then.
    let text = |name: &str| resource.properties.get(name).and_then(Json::as_str);
    if let Some(global) = text("GlobalClusterIdentifier").filter(|_| cluster.deletion_protection() != Some(true)) {
        let arn = required(cluster.db_cluster_arn.clone(), "DBClusterArn")?;
        let call = cx.rds.remove_from_global_cluster().global_cluster_identifier(global);
        call.db_cluster_identifier(arn).send().await.or_none()?;
    }
    let keeps = resource.properties.get("DeleteAutomatedBackups").and_then(Json::as_bool);
    // Neptune has no such setting.
    let delete_backups = (schema.name == "AWS::RDS::DBCluster").then(|| keeps.unwrap_or(cx.final_snapshot.is_none()));
    let deleted = cx
        .rds
        .delete_db_cluster()
        .db_cluster_identifier(id)
        .skip_final_snapshot(cx.final_snapshot.is_none())
        .set_final_db_snapshot_identifier(cx.final_snapshot.clone())
        .set_delete_automated_backups(delete_backups)
        .send()
        .await;
    match deleted.map_err(Error::from) {
        Err(error) if error.class() == ErrorClass::AlreadyExists => {
            Err(error.adding("delete or copy that snapshot").hinting(Hint::SkipFinalSnapshot))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(Deletion::Pending),
    }
}

/// Returns once the snapshot is complete. One that takes longer than a call is waited for in the next one.
async fn snapshot_volume(cx: &Context, id: &str, name: &str) -> Result<()> {
    let described = cx.ec2.describe_volumes().volume_ids(id).send().await?;
    let volume = single(described.volumes, id)?;
    match volume.state() {
        Some(VolumeState::Deleting | VolumeState::Deleted) => return Ok(()),
        // What is written after the snapshot would be lost.
        Some(VolumeState::InUse) => {
            let holder = volume.attachments().iter().find_map(|it| it.instance_id()).unwrap_or("an instance");
            let message = format!(
                "the volume {id} is attached to {holder}, so a snapshot may be incomplete; waiting for it to be detached"
            );
            return Err(Error::new(ErrorClass::Conflict, message));
        }
        _ => {}
    }
    if let Some(found) = taken(cx, id, name).await? {
        return complete(&found, name);
    }
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = TagSpecification::builder()
        .resource_type(Tagged::Snapshot)
        .tags(tag("Name", name))
        .tags(tag(NAME, name))
        .tags(tag(tags::APP, &cx.address.app))
        .tags(tag(tags::PATH, tags::path_value(&cx.address.path)))
        .build();
    let description = format!("the volume {id} before its deletion");
    let created = cx.ec2.create_snapshot().volume_id(id).description(description).tag_specifications(tags).send().await;
    let created = match created.map_err(Error::from) {
        // Another one was begun a moment ago and is not visible yet.
        Err(error) if error.code() == "SnapshotCreationPerVolumeRateExceeded" => {
            return Err(error.reclass(ErrorClass::Invalid, ErrorClass::Throttled));
        }
        created => created?,
    };
    let snapshot = required(created.snapshot_id, "snapshotId")?;
    for pause in PAUSES {
        sleep(pause).await;
        let looked = cx.ec2.describe_snapshots().snapshot_ids(&snapshot).send().await.or_none()?;
        let found = looked.and_then(|it| it.snapshots).and_then(|found| found.into_iter().next());
        if found.is_some_and(|found| found.state == Some(SnapshotState::Completed)) {
            return Ok(());
        }
    }
    Err(pending(&snapshot, name, None))
}

/// The snapshot of this name that an earlier attempt has begun, or completed a short while ago.
async fn taken(cx: &Context, id: &str, name: &str) -> Result<Option<Snapshot>> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let call = cx.ec2.describe_snapshots().owner_ids("self").filters(filter("volume-id", id));
    let found = call.filters(filter(&format!("tag:{NAME}"), name)).send().await?.snapshots.unwrap_or_default();
    let now = DateTime::from(SystemTime::now()).secs();
    let counts = |snapshot: &Snapshot| match snapshot.state() {
        Some(SnapshotState::Completed) => {
            let end = snapshot.completion_time().or(snapshot.start_time());
            end.is_some_and(|end| now - end.secs() <= FRESH)
        }
        Some(SnapshotState::Error) | None => false,
        _ => true,
    };
    Ok(found.into_iter().filter(counts).max_by_key(|it| it.start_time().map(DateTime::secs)))
}

fn complete(snapshot: &Snapshot, name: &str) -> Result<()> {
    match snapshot.state() {
        Some(SnapshotState::Completed) => Ok(()),
        _ => Err(pending(snapshot.snapshot_id().unwrap_or_default(), name, snapshot.progress())),
    }
}

fn pending(snapshot: &str, name: &str, progress: Option<&str>) -> Error {
    let progress = progress.map(|progress| format!(" ({progress})")).unwrap_or_default();
    let message = format!("the final snapshot {name}, {snapshot}, is being taken{progress}");
    Error::new(ErrorClass::Conflict, message).patient_for(PATIENCE)
}

#[cfg(test)]
#[path = "final_snapshot_tests.rs"]
mod tests;
