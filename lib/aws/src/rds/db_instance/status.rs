//! The readiness of a database.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_rds::types::{Event, SourceType};
use aws_smithy_types::DateTime;
use groundplan_engine::provider::Status;

use super::{DbInstance, Live, describe, live, storage, version};
use crate::error::{Error, Result};
use crate::handler::{Context, Handler, Known, Readiness};
use crate::readiness::under_way;

/// The number of minutes of events to read: more than a change is waited for.
const EVENTS: i32 = 180;

/// The texts of events about changes that RDS did not make, in lower case, besides those of the category `failure`.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds>: `EVENT_FAIL_CHECKERS`
const FAILURES: [&str; 9] = [
    "cannot be upgraded",
    "could not be upgraded",
    "upgrade failed",
    "unable to modify",
    "storage volume limitation was exceeded",
    "insufficient instance capacity",
    "failed to join",
    "the update of the replica mode failed",
    "couldn't modify the db instance",
];

/// The databases for which this process requested another version, class or size, and the date of the last event before
/// that. RDS accepts such a change first and may abandon it later, and reports that only in an event. Of other
/// databases, a difference from the declaration is drift and not a change in progress.
#[derive(Debug, Default)]
pub(crate) struct AskedChanges(Mutex<BTreeMap<String, Option<DateTime>>>);

impl AskedChanges {
    fn of(&self, id: &str) -> Option<Option<DateTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }
}

/// Remembers that a change is requested that RDS may abandon. Later events are compared by the clock of RDS alone.
pub(super) async fn remember(cx: &Context, id: &str) {
    let last = events(cx, id).await.iter().filter_map(|event| event.date().copied()).max();
    cx.memory.of::<AskedChanges>().0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), last);
}

/// The meaning of an instance's status for a deploy that waits for it.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
enum Meaning {
    /// It works.
    Works,
    /// RDS is working on it.
    Passes,
    /// It works no more, or not as it should, until the user does this.
    Needs(&'static str),
    /// It will not work any more.
    Failed(&'static str),
}

fn meaning(status: &str) -> Meaning {
    use Meaning::{Failed, Needs, Passes, Works};
    match status {
        // "available", with the storage being worked on.
        "available" | "storage-optimization" | "storage-config-upgrade" | "storage-initialization" => Works,
        "stopped" | "stopping" => Needs("start it with `aws rds start-db-instance`"),
        "storage-full" => Needs("declare more AllocatedStorage, or a MaxAllocatedStorage up to which RDS enlarges it"),
        "incompatible-parameters" => Needs("declare parameters that it can start with, and reboot it"),
        "incompatible-option-group" => Needs("declare options that it can take"),
        "inaccessible-encryption-credentials-recoverable" => {
            Needs("enable the KMS key, or cancel its deletion, and start the database with `aws rds start-db-instance`")
        }
        "inaccessible-encryption-credentials" => Failed("its KMS key cannot be used: restore a backup"),
        "incompatible-network" => Failed("its subnets have no free address, or its VPC does not allow what it needs"),
        "incompatible-restore" => Failed("its backup cannot be restored"),
        "restore-error" => Failed("the restore has failed"),
        "incompatible-create" | "insufficient-capacity" => {
            Failed("AWS has no capacity for it: declare another class or zone, or try again in some hours")
        }
        "failed" => Failed("RDS cannot recover it: restore a backup"),
        // backing-up, backtracking, configuring-…, converting-to-vpc, creating, delete-precheck, deleting,
        // maintenance, modifying, moving-to-vpc, rebooting, renaming, resetting-master-credentials, starting,
        // upgrading, and what RDS comes up with next.
        _ => Passes,
    }
}

/// As the description of the instance alone shows it. A modified instance stays `available` for some
/// seconds before RDS begins.
pub(super) fn readiness(instance: &Live, last: &DbInstance) -> Readiness {
    let status = instance.db_instance_status().unwrap_or("unknown");
    let pending = is_pending(instance) && last.applies_at_once();
    match meaning(status) {
        Meaning::Works if pending => Readiness::Pending("modifying".to_owned()),
        Meaning::Works => Readiness::Ready,
        Meaning::Passes => Readiness::Pending(status.to_owned()),
        // What it needs may be on its way.
        Meaning::Needs(_) if pending => Readiness::Pending(status.to_owned()),
        Meaning::Needs(what) | Meaning::Failed(what) => Readiness::Failed(format!("{status}: {what}")),
    }
}

/// As [`readiness`], with the reason that RDS gives in its events; and failed where RDS has given up a
/// change of this process: it is `available` then, with nothing pending, and as it was before.
pub(super) async fn status(cx: &Context, instance: &Live, known: &Known<DbInstance>) -> Result<Status> {
    match readiness(instance, &known.last) {
        Readiness::Pending(state) => Ok(under_way(state)),
        Readiness::Failed(reason) => {
            let state = instance.db_instance_status().unwrap_or_default();
            let event = failure(cx, &known.id).await;
            let reason = event.map_or_else(|| reason.clone(), |event| format!("{reason} (RDS: {event})"));
            Ok(match meaning(state) {
                Meaning::Needs(_) => Status::Blocked(reason),
                _ => Status::Failed(reason),
            })
        }
        Readiness::Ready if cx.memory.of::<AskedChanges>().of(&known.id).is_none() => {
            Ok(Status::Ready(live::outputs(instance)))
        }
        Readiness::Ready => match given_up(instance, &known.last) {
            None => Ok(Status::Ready(live::outputs(instance))),
            Some(change) => Ok(match failure(cx, &known.id).await {
                Some(event) => Status::Failed(format!("RDS did not apply the change of {change}: {event}")),
                None => Status::Pending(format!("available, but not with {change} yet")),
            }),
        },
    }
}

/// The error of a change that RDS refuses for now, worth repeating for as long as RDS may be at work: the restore of
/// a large snapshot, and the making of a replica, take longer than other changes.
pub(super) async fn patient(error: Error, cx: &Context, id: &str) -> Error {
    if error.code() != "InvalidDBInstanceState" {
        return error;
    }
    let Ok(instance) = describe(cx, id).await else { return error };
    match (meaning(instance.db_instance_status().unwrap_or_default()), groundplan_schema::behavior(DbInstance::TYPE)) {
        (Meaning::Passes, Some(behavior)) => error.patient_for(behavior.wait.timeout),
        _ => error,
    }
}

/// Refuses a change of a database that RDS changes only once it runs.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
pub(super) fn refuse_stopped(instance: &Live, id: &str) -> Result<()> {
    match instance.db_instance_status() {
        Some(status @ ("stopped" | "stopping")) => Err(Error::invalid(format!(
            "the database {id} is {status}, and RDS changes none that does not run: start it with `aws rds \
             start-db-instance --db-instance-identifier {id}`, and run again"
        ))),
        _ => Ok(()),
    }
}

/// The parameter group, and how far it is applied.
pub(super) fn parameters(instance: &Live) -> Option<(&str, &str)> {
    let group = instance.db_parameter_groups().first()?;
    Some((group.db_parameter_group_name()?, group.parameter_apply_status()?))
}

fn is_pending(instance: &Live) -> bool {
    let nothing = aws_sdk_rds::types::PendingModifiedValues::builder().build();
    instance.pending_modified_values().is_some_and(|pending| *pending != nothing)
}

/// Returns the requested property that an instance with no pending change does not have. Only properties that RDS
/// accepts first and gives up later.
fn given_up(instance: &Live, last: &DbInstance) -> Option<String> {
    if !last.applies_at_once() || instance.db_cluster_identifier().is_some() {
        return None;
    }
    let auto = live::upgrades_by_itself(instance, last);
    let (engine, running) = (instance.engine(), instance.engine_version.clone());
    let version = version::declared(engine, last.engine_version.as_deref(), running, auto);
    let size = storage::declared_size(last, instance.allocated_storage());
    let changes = [
        ("EngineVersion", &last.engine_version, version),
        ("DBInstanceClass", &last.db_instance_class, instance.db_instance_class.clone()),
        ("AllocatedStorage", &last.allocated_storage, size),
    ];
    let differs = |wanted: &Option<String>, live: &Option<String>| wanted.is_some() && live.is_some() && wanted != live;
    let mut open = changes.into_iter().filter(|(_, wanted, live)| differs(wanted, live));
    open.next().map(|(property, wanted, live)| {
        format!("{property} from {} to {}", live.unwrap_or_default(), wanted.as_deref().unwrap_or_default())
    })
}

/// The events of an instance. That they cannot be read hides nothing but the reason of a failure.
async fn events(cx: &Context, id: &str) -> Vec<Event> {
    let call = cx.rds.describe_events().source_type(SourceType::DbInstance).source_identifier(id);
    let described = call.duration(EVENTS).send().await;
    described.ok().and_then(|described| described.events).unwrap_or_default()
}

/// Returns the last event that reports a failure after the last change that this process requested.
async fn failure(cx: &Context, id: &str) -> Option<String> {
    let since = cx.memory.of::<AskedChanges>().of(id).flatten();
    let events = events(cx, id).await;
    let is_new = |event: &&Event| since.is_none_or(|since| event.date().is_none_or(|date| *date > since));
    let told = |event: &&Event| {
        let message = event.message().unwrap_or_default().to_lowercase();
        let failure = event.event_categories().iter().any(|category| category == "failure");
        failure || FAILURES.iter().any(|words| message.contains(words))
    };
    let last = events.iter().filter(is_new).filter(told).max_by_key(|event| event.date().map(|date| date.as_nanos()));
    last.and_then(|event| event.message().map(str::to_owned))
}
