//! Reboots of a database, so that its static parameters apply.
//!
//! RDS starts a new database with the parameters that it knows of the group at that moment. Those of a group
//! that was made or filled minutes ago, and those of a group that a replica gets after it was made, may come
//! later; static ones then wait for a reboot, which RDS shows as `pending-reboot`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>

use std::time::Duration;

use groundplan_engine::provider::ErrorClass;
use tokio::time::sleep;

use super::{DbInstance, Live, describe, status};
use crate::error::{Error, Result};
use crate::handler::{Context, single};
use crate::rds::parameter_changes::{COMPLETE, ParameterChanges, Source, is_static_change_new};

/// Pauses before polls of whether a change that an earlier run made has reached a database.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Reboots a database that no run has seen ready and that does not use all of its parameters yet, regardless of the run
/// that created it. Returns the reason for waiting, if any.
pub(super) async fn first(cx: &Context, instance: &Live, id: &str) -> Result<Option<String>> {
    let changes = cx.memory.of::<ParameterChanges>();
    let Some((group, applied)) = status::parameters(instance).filter(|_| cx.is_new) else { return Ok(None) };
    let changed = changes.waiting(id, &[Source::Instance(id.to_owned())]);
    match (applied, changed) {
        ("applying", _) => return Ok(Some(format!("available, and {group} is being applied"))),
        // RDS may show it as it was for a moment. Where it waits for longer, a change has come after the reboot: a group
        // that was made shortly before the database is complete only then.
        ("pending-reboot", _) if changes.rebooted_at(id).is_some_and(|at| at.elapsed() < COMPLETE) => {}
        (applied, Some(at)) if applied != "pending-reboot" && at.elapsed() < COMPLETE => {
            return Ok(Some(format!("available, but RDS does not report yet that {group} waits for a reboot")));
        }
        (applied, None) if applied != "pending-reboot" => {
            changes.forget(id);
            return Ok(None);
        }
        _ => match reboot(cx, id).await {
            Ok(()) => {}
            // It is being backed up or configured once more: the next poll asks again.
            Err(error) if error.class() == ErrorClass::Conflict => {
                return Ok(Some(format!("available, and static parameters of {group} wait for a reboot")));
            }
            Err(error) => return Err(error),
        },
    }
    Ok(Some(format!("rebooting, so that the static parameters of {group} apply")))
}

/// Reboots a database whose group, or that of its cluster, has changed, where the program has changes applied at once.
/// What changes may be dynamic parameters alone, which need no reboot.
pub(super) async fn of_changed_group(new: &DbInstance, cx: &Context, id: &str) -> Result<()> {
    if new.apply_immediately != Some(true) {
        return Ok(());
    }
    let mut live = describe(cx, id).await?;
    // One that is stopped takes its parameters when it is started.
    if matches!(live.db_instance_status(), Some("stopped" | "stopping")) {
        return Ok(());
    }
    let changes = cx.memory.of::<ParameterChanges>();
    let found = parameters(&live, cx, id).await?;
    // Of a change by this process it is known whether it waits for a reboot. Of one by another run RDS alone knows.
    if found.open.is_none() {
        if let Some((group, _)) = status::parameters(&live)
            && !changes.knows(&[Source::Group(group.to_owned())])
            && is_static_change_new(cx, group).await
        {
            return Err(not_shown(id));
        }
        for pause in PAUSES.into_iter().filter(|_| !changes.knows(&found.sources)) {
            sleep(pause).await;
            live = describe(cx, id).await?;
            if parameters(&live, cx, id).await?.open.is_some() {
                break;
            }
        }
    }
    where_waiting(&live, new, cx, id).await
}

/// Reboots a database whose parameters wait for it, if the program declares that changes apply at once. A group that is
/// still being applied is waited for: the change is repeated then, which requests nothing new. If this process knows
/// that a reboot is needed and RDS has not reported that for long enough, the reboot is made anyway.
pub(super) async fn where_waiting(live: &Live, new: &DbInstance, cx: &Context, id: &str) -> Result<()> {
    if new.apply_immediately != Some(true) {
        return Ok(());
    }
    let parameters = parameters(live, cx, id).await?;
    match parameters.open {
        Some((group, State::Applying)) => Err(Error::new(
            ErrorClass::Conflict,
            format!("the parameter group {group} is being applied to the database {id}, which is rebooted after that"),
        )),
        Some((_, State::PendingReboot)) => reboot(cx, id).await,
        None => match cx.memory.of::<ParameterChanges>().waiting(id, &parameters.sources) {
            Some(at) if at.elapsed() < COMPLETE => Err(not_shown(id)),
            Some(_) => reboot(cx, id).await,
            None => Ok(()),
        },
    }
}

fn not_shown(id: &str) -> Error {
    let message = format!(
        "static parameters of the database {id} changed, but RDS does not report a pending reboot yet; waiting before the \
         reboot"
    );
    Error::new(ErrorClass::Conflict, message)
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RebootDBInstance.html>
async fn reboot(cx: &Context, id: &str) -> Result<()> {
    let changes = cx.memory.of::<ParameterChanges>();
    // The answer may be lost.
    changes.rebooted(id);
    let sent = cx.rds.reboot_db_instance().db_instance_identifier(id).send().await.map_err(Error::from);
    if sent.as_ref().is_err_and(|error| error.class() != ErrorClass::UnknownOutcome) {
        changes.not_rebooted(id);
    }
    sent.map(drop)
}

/// The state of parameters that a database does not use yet.
enum State {
    Applying,
    PendingReboot,
}

/// The parameters of a database.
struct Parameters {
    /// The group, of the database or its cluster, whose parameters RDS says it has not got yet.
    open: Option<(String, State)>,
    /// The sources of its parameters.
    sources: Vec<Source>,
}

async fn parameters(live: &Live, cx: &Context, id: &str) -> Result<Parameters> {
    let state = |status: &str| match status {
        "applying" => Some(State::Applying),
        "pending-reboot" => Some(State::PendingReboot),
        _ => None,
    };
    let mut sources = vec![Source::Instance(id.to_owned())];
    let mut open = None;
    if let Some((group, status)) = status::parameters(live) {
        sources.push(Source::Group(group.to_owned()));
        open = state(status).map(|state| (group.to_owned(), state));
    }
    let Some(cluster) = live.db_cluster_identifier() else { return Ok(Parameters { open, sources }) };
    let described = cx.rds.describe_db_clusters().db_cluster_identifier(cluster).send().await?;
    let cluster = single(described.db_clusters, cluster)?;
    let mut own = cluster.db_cluster_members().iter();
    let own = own.find(|member| member.db_instance_identifier() == live.db_instance_identifier());
    let group = cluster.db_cluster_parameter_group().unwrap_or_default().to_owned();
    sources.extend(cluster.db_cluster_identifier().map(|id| Source::Cluster(id.to_owned())));
    sources.push(Source::ClusterGroup(group.clone()));
    let of_cluster = own.and_then(|member| state(member.db_cluster_parameter_group_status()?));
    Ok(Parameters { open: open.or_else(|| of_cluster.map(|state| (group, state))), sources })
}
