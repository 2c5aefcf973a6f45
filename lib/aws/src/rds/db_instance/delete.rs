//! Deletes a database, with a final snapshot or without.

use groundplan_engine::Hint;
use groundplan_engine::provider::Deletion;
use groundplan_schema::{ResourceType, lookup};

use super::{DbInstance, Live, describe};
use crate::error::{Error, OrNone, Result};
use crate::handler::{Context, Handler as _, Known};
use crate::shape::untyped;

/// Statuses in which RDS takes no final snapshot, and never will.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>
const WITHOUT_SNAPSHOT: [&str; 3] = ["failed", "incompatible-restore", "incompatible-network"];

pub(super) async fn delete(cx: &Context, known: &Known<DbInstance>) -> Result<Deletion> {
    let instance = describe(cx, &known.id).await?;
    if instance.db_instance_status() == Some("deleting") {
        return Ok(Deletion::Pending);
    }
    if let Some(snapshot) = &cx.final_snapshot
        && let Some(reason) = refusal(&instance)
    {
        return Err(Error::invalid(format!(
            "RDS cannot take the final snapshot {snapshot} of the database {}, because {reason}",
            known.id
        ))
        .hinting(Hint::SkipFinalSnapshot));
    }
    if cx.final_snapshot.is_none()
        && let Some(property) = copy_of(&known.last)
        && refusal(&instance).is_none()
    {
        return Err(Error::invalid(format!(
            "the database {} would be deleted without a final snapshot, because the state records {property}, but it is no \
             longer a replica or cluster member; refresh the state, then delete it",
            known.id
        ))
        .hinting(Hint::Refresh));
    }
    // RDS has no such setting for a member of a cluster, whose backups are the cluster's.
    let of_cluster = instance.db_cluster_identifier().is_some();
    // Backups that are kept are the second net under the snapshot, for as long as they were to be kept.
    let delete_backups = known.last.delete_automated_backups.unwrap_or(cx.final_snapshot.is_none());
    cx.rds
        .delete_db_instance()
        .db_instance_identifier(&known.id)
        .skip_final_snapshot(cx.final_snapshot.is_none())
        .set_final_db_snapshot_identifier(cx.final_snapshot.clone())
        .set_delete_automated_backups((!of_cluster).then_some(delete_backups))
        .send()
        .await
        .or_none()?;
    Ok(Deletion::Pending)
}

/// The property that says that the data is another one's, so that the plan names no final snapshot. A replica
/// that was promoted, or a member that has left its cluster, has data of its own.
fn copy_of(last: &DbInstance) -> Option<&'static str> {
    let recorded = untyped(last);
    let fact = lookup(DbInstance::TYPE).and_then(ResourceType::final_snapshot)?;
    fact.copy_by(|property| recorded.contains_key(property))
}

/// Returns the reason why RDS takes no final snapshot of this instance.
fn refusal(instance: &Live) -> Option<String> {
    let status = instance.db_instance_status().unwrap_or_default();
    let source =
        instance.read_replica_source_db_instance_identifier().or(instance.read_replica_source_db_cluster_identifier());
    let kind = match (source, instance.db_cluster_identifier()) {
        (Some(source), _) => Some(format!("it is a read replica of {source}")),
        (None, Some(cluster)) => Some(format!("it is a member of the cluster {cluster}")),
        (None, None) => None,
    };
    kind.or_else(|| WITHOUT_SNAPSHOT.contains(&status).then(|| format!("it is `{status}`")))
}
