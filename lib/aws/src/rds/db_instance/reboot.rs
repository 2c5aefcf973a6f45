//! Reboots of a database, so that its static parameters apply.
//!
//! RDS starts a new database with the parameters that it knows of the group at that moment. Those of a group
//! that was made or filled minutes ago, and those of a group that a replica gets after it was made, may come
//! later; static ones then wait for a reboot, which RDS shows as `pending-reboot`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use groundplan_engine::provider::ErrorClass;
use tokio::time::sleep;

use super::{DbInstance, Live, describe, status};
use crate::error::{Error, Result};
use crate::handler::{Cx, one};

/// Pauses before looks at whether a change of a group has reached a database that takes parameters of it.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// The new databases of which this process has asked for the reboot: RDS may show them as they were for a moment.
#[derive(Debug, Default)]
pub(crate) struct Rebooted(Mutex<BTreeSet<String>>);

impl Rebooted {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reboots a database that no run has seen ready and that has not got all of its parameters, whichever run has made
/// it. Gives what is waited for; none where that is nothing.
pub(super) async fn first(cx: &Cx, instance: &Live, id: &str) -> Result<Option<String>> {
    let rebooted = cx.memory.of::<Rebooted>();
    match status::parameters(instance).filter(|_| cx.is_new) {
        Some((group, "applying")) => Ok(Some(format!("available, and {group} is being applied"))),
        Some((group, "pending-reboot")) => {
            if !rebooted.with(|all| all.contains(id)) {
                match cx.rds.reboot_db_instance().db_instance_identifier(id).send().await.map_err(Error::from) {
                    Ok(_) => drop(rebooted.with(|all| all.insert(id.to_owned()))),
                    // It is being backed up or configured once more: the next look asks again.
                    Err(error) if error.class() == ErrorClass::Conflict => {
                        return Ok(Some(format!("available, and static parameters of {group} wait for a reboot")));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(Some(format!("rebooting, so that the static parameters of {group} apply")))
        }
        _ => {
            rebooted.with(|all| all.remove(id));
            Ok(None)
        }
    }
}

/// Reboots a database whose group, or that of its cluster, has changed, where the program has changes applied at once.
/// What changes may be dynamic parameters alone, which need no reboot.
pub(super) async fn of_changed_group(new: &DbInstance, cx: &Cx, id: &str) -> Result<()> {
    if new.apply_immediately != Some(true) {
        return Ok(());
    }
    let mut live = describe(cx, id).await?;
    // One that is stopped takes its parameters when it is started.
    if matches!(live.db_instance_status(), Some("stopped" | "stopping")) {
        return Ok(());
    }
    for pause in PAUSES {
        if applying(&live, cx).await?.is_some() {
            break;
        }
        sleep(pause).await;
        live = describe(cx, id).await?;
    }
    where_waiting(&live, new, cx, id).await
}

/// Reboots a database whose parameters wait for that, where the program says in so many words that
/// changes apply at once. A group that is still being applied is waited for: the change is repeated
/// then, which asks for nothing new.
pub(super) async fn where_waiting(live: &Live, new: &DbInstance, cx: &Cx, id: &str) -> Result<()> {
    if new.apply_immediately != Some(true) {
        return Ok(());
    }
    match applying(live, cx).await? {
        Some((group, State::Applying)) => Err(Error::new(
            ErrorClass::Conflict,
            format!("the parameter group {group} is being applied to the database {id}, which is rebooted after that"),
        )),
        Some((_, State::PendingReboot)) => {
            cx.rds.reboot_db_instance().db_instance_identifier(id).send().await?;
            Ok(())
        }
        None => Ok(()),
    }
}

/// How far parameters are that a database has not got yet.
enum State {
    Applying,
    PendingReboot,
}

/// The group, of the database or its cluster, whose parameters it has not got yet.
async fn applying(live: &Live, cx: &Cx) -> Result<Option<(String, State)>> {
    let state = |status: &str| match status {
        "applying" => Some(State::Applying),
        "pending-reboot" => Some(State::PendingReboot),
        _ => None,
    };
    if let Some((group, state)) = status::parameters(live).and_then(|(group, status)| Some((group, state(status)?))) {
        return Ok(Some((group.to_owned(), state)));
    }
    let Some(cluster) = live.db_cluster_identifier() else { return Ok(None) };
    let described = cx.rds.describe_db_clusters().db_cluster_identifier(cluster).send().await?;
    let cluster = one(described.db_clusters, cluster)?;
    let own = cluster.db_cluster_members().iter();
    let mut own = own.filter(|member| member.db_instance_identifier() == live.db_instance_identifier());
    let status = own.next().and_then(|member| member.db_cluster_parameter_group_status());
    let group = cluster.db_cluster_parameter_group().unwrap_or_default().to_owned();
    Ok(status.and_then(state).map(|state| (group, state)))
}
