//! The volume of a database: its size, type and speed, which RDS changes together.

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modification;

use super::{DbInstance, Live, number};
use crate::error::{Error, Result};
use crate::handler::{Changes, not_removable};

/// IOPS and MiB/s that a large `gp3` volume has for nothing, and the least that it can be given.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage>
const STRIPED: (i32, i32) = (12_000, 500);
/// The same of SQL Server, whose volumes are not striped, at any size.
const UNSTRIPED: (i32, i32) = (3_000, 125);

/// The size as it was declared, where RDS means the same: it enlarges storage by itself up to
/// `MaxAllocatedStorage`, and rounds a growth of less than a tenth up to a tenth.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>
pub(super) fn declared_size(last: &DbInstance, live: Option<i32>) -> Option<String> {
    let declared = last.allocated_storage.as_deref().and_then(|size| size.parse().ok());
    match (declared, live) {
        (Some(declared), Some(live)) if is_grown(last, declared, live) => last.allocated_storage.clone(),
        (_, live) => live.map(|size| size.to_string()),
    }
}

/// Returns whether RDS grew the declared size to the `live` one.
fn is_grown(of: &DbInstance, declared: i32, live: i32) -> bool {
    live >= declared && (of.max_allocated_storage.is_some() || live <= a_tenth_more(declared))
}

fn a_tenth_more(size: i32) -> i32 {
    size.saturating_add(size.saturating_add(9) / 10)
}

/// Returns the size that a change requests; `None` if it requests none.
pub(super) fn asked_size(changes: &Changes<'_, DbInstance>, live: &Live) -> Result<Option<i32>> {
    match changes.old.filter(|old| storage(old) != storage(changes.new)) {
        Some(_) => size(changes.new, live),
        None => Ok(None),
    }
}

/// The properties that RDS changes together.
fn storage(it: &DbInstance) -> (Option<&str>, Option<&str>, Option<i32>, Option<i32>) {
    (it.allocated_storage.as_deref(), it.storage_type.as_deref(), it.iops, it.storage_throughput)
}

/// Size, type and speed, where any of them changes.
pub(super) fn with_storage(call: Modification, changes: &Changes<'_, DbInstance>, live: &Live) -> Result<Modification> {
    let new = changes.new;
    let Some(old) = changes.old.filter(|old| storage(old) != storage(new)) else { return Ok(call) };
    let size = asked_size(changes, live)?;
    let (iops, throughput) = speed(old, new, live, size);
    Ok(call
        .set_allocated_storage(size)
        .set_iops(iops)
        .set_storage_throughput(throughput)
        .set_storage_type(new.storage_type.clone()))
}

/// Refuses to remove settings that a volume keeps: RDS has no fixed default for its type, and one that is made for
/// IOPS of its own always has some.
pub(super) fn refuse_what_stays(old: &DbInstance, new: &DbInstance, live: &Live) -> Result<()> {
    // The volume of a member of a cluster is the cluster's.
    if new.db_cluster_identifier.is_some() {
        return Ok(());
    }
    if old.storage_type.is_some() && new.storage_type.is_none() {
        return Err(not_removable("StorageType", "its default depends on the engine, and the volume keeps its type"));
    }
    let kind = new.storage_type.as_deref().or(live.storage_type()).unwrap_or_default();
    if matches!(kind, "io1" | "io2") && old.iops.is_some() && new.iops.is_none() {
        return Err(not_removable("Iops", "a volume of the type io1 or io2 keeps those that it has"));
    }
    Ok(())
}

/// Returns the size to request. RDS makes no volume smaller.
fn size(new: &DbInstance, live: &Live) -> Result<Option<i32>> {
    let pending = live.pending_modified_values().and_then(|pending| pending.allocated_storage());
    let live = pending.max(live.allocated_storage());
    match (number(&new.allocated_storage, "AllocatedStorage")?, live) {
        (Some(declared), Some(live)) if declared < live && !is_grown(new, declared, live) => {
            Err(Error::invalid(format!(
                "AllocatedStorage of a database cannot be made smaller, from {live} to {declared} GiB: declare {live}, or \
                 declare a new database and move the data"
            )))
        }
        (declared, live) => Ok(declared.max(live)),
    }
}

/// Returns the IOPS and the throughput to request. A volume with IOPS of its own needs them with each growth. One of
/// `gp3` takes none below a size that depends on the engine, and has other defaults from that size on.
fn speed(old: &DbInstance, new: &DbInstance, live: &Live, size: Option<i32>) -> (Option<i32>, Option<i32>) {
    let kind = new.storage_type.as_deref().or(live.storage_type()).unwrap_or_default();
    match kind {
        "gp3" => {
            let Some(free) = included(live.engine().unwrap_or_default(), size) else {
                return (new.iops, new.storage_throughput);
            };
            let keeps = |declared: Option<i32>, before: Option<i32>, live: Option<i32>, free: i32| {
                // What is no longer declared goes back to what the volume has for nothing.
                declared.unwrap_or_else(|| if before.is_some() { free } else { live.unwrap_or(free).max(free) })
            };
            let iops = keeps(new.iops, old.iops, live.iops(), free.0);
            let throughput = keeps(new.storage_throughput, old.storage_throughput, live.storage_throughput(), free.1);
            (Some(iops), Some(throughput))
        }
        "io1" | "io2" => (new.iops.or(live.iops()), new.storage_throughput),
        _ => (new.iops, new.storage_throughput),
    }
}

/// Returns the IOPS and the throughput that a `gp3` volume includes, if they can be changed; else `None`.
fn included(engine: &str, size: Option<i32>) -> Option<(i32, i32)> {
    let striped_from = match engine {
        engine if engine.contains("sqlserver") => return Some(UNSTRIPED),
        engine if engine.contains("oracle") => 200,
        _ => 400,
    };
    size.is_some_and(|size| size >= striped_from).then_some(STRIPED)
}
