//! Changes of parameters that databases have not got yet.
//!
//! RDS accepts a change of a parameter group at once and brings it to the databases later. Until then their
//! `ParameterApplyStatus` is the old one, and AWS does not say how long that takes. What it says is how long a group
//! takes to be complete after it was created or modified: five minutes. So what this process has changed is
//! remembered, and what an earlier run has changed is read from the events of RDS, which has the dates.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html>
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_rds::types::SourceType;
use groundplan_engine::provider::{ErrorClass, Properties};
use serde_json::Value as Json;
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::handler::Context;

/// The number of minutes until a group is complete after a change.
const MINUTES: i32 = 5;

/// The same.
pub(super) const COMPLETE: Duration = Duration::from_secs(5 * 60);

/// A source of new parameters of databases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A group of parameters.
    Group(String),
    /// A group of parameters of clusters.
    ClusterGroup(String),
    /// An instance whose group was changed.
    Instance(String),
    /// A cluster whose group was changed.
    Cluster(String),
}

/// A change by this process.
#[derive(Debug)]
struct Change {
    at: Instant,
    /// `true` if it takes effect only with a reboot.
    waits: bool,
    /// The new group.
    group: Option<String>,
}

#[derive(Debug, Default)]
struct Changes {
    made: BTreeMap<Source, Change>,
    /// The groups whose parameters have changed that decide how something new is made.
    for_new: BTreeMap<(Source, Decides), Instant>,
    /// The time of the last reboot of each instance.
    rebooted: BTreeMap<String, Instant>,
}

/// The changes by this process. Names of groups and identifiers are in lower case at RDS.
#[derive(Debug, Default)]
pub(crate) struct ParameterChanges(Mutex<Changes>);

impl ParameterChanges {
    fn with<T>(&self, work: impl FnOnce(&mut Changes) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers that parameters have changed. A static one that has changed before counts on.
    pub(crate) fn changed(&self, source: Source, waits: bool) {
        self.with(|changes| {
            let waits = waits || changes.made.get(&source).is_some_and(|change| change.waits);
            changes.made.insert(source, Change { at: Instant::now(), waits, group: None });
        });
    }

    /// Remembers that the group of an instance was changed: no parameter applies before a reboot. If the call is
    /// repeated, the first one counts.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>
    pub(super) fn group_changed(&self, id: &str, group: &str) {
        let change = || Change { at: Instant::now(), waits: true, group: Some(group.to_owned()) };
        self.with(|changes| {
            let known = changes.made.entry(Source::Instance(id.to_owned())).or_insert_with(change);
            if known.group.as_deref() != Some(group) {
                *known = change();
            }
        });
    }

    /// Returns whether this process changed any of these.
    pub(super) fn knows(&self, sources: &[Source]) -> bool {
        self.with(|changes| sources.iter().any(|source| changes.made.contains_key(source)))
    }

    /// Returns the time of the last change for which an instance has to be rebooted and was not.
    pub(super) fn waiting(&self, id: &str, sources: &[Source]) -> Option<Instant> {
        self.with(|changes| {
            let made = sources.iter().filter_map(|source| changes.made.get(source));
            let last = made.filter(|change| change.waits).map(|change| change.at).max()?;
            changes.rebooted.get(id).is_none_or(|rebooted| *rebooted < last).then_some(last)
        })
    }

    /// Returns the time at which this process rebooted an instance.
    pub(super) fn rebooted_at(&self, id: &str) -> Option<Instant> {
        self.with(|changes| changes.rebooted.get(id).copied())
    }

    pub(super) fn rebooted(&self, id: &str) {
        self.with(|changes| changes.rebooted.insert(id.to_owned(), Instant::now()));
    }

    pub(super) fn not_rebooted(&self, id: &str) {
        self.with(|changes| changes.rebooted.remove(id));
    }

    /// Forgets an instance that is new, or that has got its first parameters: another one may have had, or get, its
    /// identifier.
    pub(super) fn forget(&self, id: &str) {
        self.with(|changes| {
            changes.made.remove(&Source::Instance(id.to_owned()));
            changes.rebooted.remove(id);
        });
    }

    /// Remembers which parameters of a group have changed, where they decide how something new is made.
    pub(super) fn changed_for_new<'a>(&self, group: &Source, parameters: impl Iterator<Item = &'a String>) {
        let decides: BTreeSet<Decides> = parameters.filter_map(|name| decides(name)).collect();
        self.with(|changes| {
            changes.for_new.extend(decides.into_iter().map(|what| ((group.clone(), what), Instant::now())));
        });
    }

    /// Returns the time of the last change of a group's parameter that decides any of this.
    fn for_new(&self, group: &Source, decides: &[Decides]) -> Option<Instant> {
        self.with(|changes| {
            let changed = decides.iter().filter_map(|what| changes.for_new.get(&(group.clone(), *what)).copied());
            changed.max()
        })
    }

    /// Remembers what Cloud Control has changed.
    pub(crate) fn changed_by(&self, change: ClusterChange) {
        self.changed_for_new(&change.source, change.names.iter());
        self.changed(change.source, change.waits);
    }

    /// Remembers what Cloud Control has made.
    pub(crate) fn made(&self, type_name: &str, id: &str, properties: &Properties) {
        let names = parameters(properties).unwrap_or_default();
        if type_name == CLUSTER_GROUP {
            self.changed_for_new(&Source::ClusterGroup(id.to_owned()), names.keys());
        }
    }
}

const CLUSTER_GROUP: &str = "AWS::RDS::DBClusterParameterGroup";

fn parameters(properties: &Properties) -> Option<Properties> {
    properties.get("Parameters")?.as_object().cloned()
}

/// A part that is created once, with the parameters of that moment, and stays so when they change later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Decides {
    /// The first database of a new instance or cluster.
    Database,
    /// An instance or cluster itself: its data dictionary, whether RDS makes a database in it or not.
    Instance,
}

/// Returns the part that a parameter decides: the names of MySQL and MariaDB for the character set and the collation of
/// a database, and for the case of names, with which MySQL 8.0 initializes the data dictionary.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.KnownIssuesAndLimitations.html>
/// <https://dev.mysql.com/doc/refman/8.0/en/server-system-variables.html#sysvar_lower_case_table_names>
fn decides(parameter: &str) -> Option<Decides> {
    let name = parameter.to_ascii_lowercase();
    match name.as_str() {
        "lower_case_table_names" => Some(Decides::Instance),
        name if name.starts_with("character_set_") || name.starts_with("collation_") => Some(Decides::Database),
        _ => None,
    }
}

/// Returns the parts that are created together with a new instance or cluster; empty if the engine, whose name RDS
/// takes in any case, has no such parameters.
fn is_made(engine: &str, database: Option<&str>) -> &'static [Decides] {
    let engine = engine.to_ascii_lowercase();
    match database {
        Some(_) => &[Decides::Database, Decides::Instance],
        None if ["mysql", "mariadb"].iter().any(|name| engine.contains(name)) => &[Decides::Instance],
        None => &[],
    }
}

/// Refuses for now to make an instance from a group whose parameters for that, or for its first database, are not
/// complete yet: it would have other ones for good, and nothing would show it. Other tools do not wait. A replica and a
/// restored instance have the databases of their source, and fail as `incompatible-restore` where they do not get the
/// case of names of that.
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1724>
pub(super) async fn require_complete(cx: &Context, group: &str, engine: &str, database: Option<&str>) -> Result<()> {
    let group = group.to_ascii_lowercase();
    let made = is_made(engine, database);
    if made.is_empty() {
        return Ok(());
    }
    let is_new = match cx.memory.of::<ParameterChanges>().for_new(&Source::Group(group.clone()), made) {
        Some(at) => at.elapsed() < COMPLETE,
        None => {
            let tells = |text: &str| text.split_whitespace().filter_map(decides).any(|what| made.contains(&what));
            has_event(cx, &group, tells).await
        }
    };
    if is_new { Err(incomplete(&group, database)) } else { Ok(()) }
}

/// The same before Cloud Control makes a cluster. RDS has no events of the groups of clusters, so that only what this
/// process has changed is known.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterParameterGroup.html>
pub(crate) fn require_complete_for(type_name: &str, cx: &Context, properties: &Properties) -> Result<()> {
    let text = |name: &str| properties.get(name).and_then(Json::as_str);
    let Some(group) = text("DBClusterParameterGroupName") else { return Ok(()) };
    if type_name != "AWS::RDS::DBCluster" {
        return Ok(());
    }
    // A copy has the databases of its source.
    let is_copy = text("SnapshotIdentifier").or(text("SourceDBClusterIdentifier")).is_some();
    let database = text("DatabaseName").filter(|_| !is_copy);
    let made = match text("Engine") {
        // Only groups for MySQL have the parameter.
        None if is_copy => &[Decides::Instance][..],
        engine => is_made(engine.unwrap_or_default(), database),
    };
    let changed = cx.memory.of::<ParameterChanges>().for_new(&Source::ClusterGroup(group.to_ascii_lowercase()), made);
    let is_new = changed.is_some_and(|at| at.elapsed() < COMPLETE);
    if is_new { Err(incomplete(group, database)) } else { Ok(()) }
}

fn incomplete(group: &str, database: Option<&str>) -> Error {
    let lacks = match database {
        Some(name) => format!("the database {name} would lack its character set or collation if it were created now"),
        None => {
            "a database server would permanently lack its `lower_case_table_names` if it were created now".to_owned()
        }
    };
    let message = format!("the parameter group {group} was changed less than {MINUTES} minutes ago; {lacks}; waiting");
    Error::new(ErrorClass::Conflict, message).patient_for(2 * COMPLETE)
}

/// Returns whether static parameters of a group may have changed recently, by an earlier run or outside of Groundplan.
pub(super) async fn is_static_change_new(cx: &Context, group: &str) -> bool {
    has_event(cx, group, |text| text.contains("pending-reboot")).await
}

/// Returns whether RDS reports a change of a group in the last minutes by its clock, as in `Updated parameter
/// max_connections to 100 with apply method pending-reboot`. Events that cannot be read count as none.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
async fn has_event(cx: &Context, group: &str, tells: impl Fn(&str) -> bool) -> bool {
    let call = cx.rds.describe_events().source_type(SourceType::DbParameterGroup).source_identifier(group);
    let events = call.duration(MINUTES).send().await.ok().and_then(|described| described.events).unwrap_or_default();
    events.iter().filter_map(|event| event.message()).any(|message| tells(&message.to_ascii_lowercase()))
}

/// A change through Cloud Control of parameters of the instances that this provider reboots.
pub(crate) struct ClusterChange {
    source: Source,
    /// `true` if it takes effect only with a reboot.
    waits: bool,
    /// The parameters, where a group of them changes.
    names: BTreeSet<String>,
}

/// Returns the parameter change of an update through Cloud Control; `None` if it changes none.
pub(crate) async fn of_cluster(
    type_name: &str,
    cx: &Context,
    id: &str,
    old: &Properties,
    new: &Properties,
) -> Result<Option<ClusterChange>> {
    match type_name {
        "AWS::RDS::DBCluster" => {
            let group = "DBClusterParameterGroupName";
            let source = Source::Cluster(id.to_owned());
            let change = || ClusterChange { source, waits: true, names: BTreeSet::new() };
            Ok((old.get(group) != new.get(group)).then(change))
        }
        CLUSTER_GROUP => {
            let (old, new) = (parameters(old).unwrap_or_default(), parameters(new).unwrap_or_default());
            let differs = |name: &&String| old.get(*name) != new.get(*name);
            let changed = old.keys().chain(new.keys()).filter(differs);
            let changed: BTreeSet<_> = changed.map(|name| name.to_ascii_lowercase()).collect();
            if changed.is_empty() {
                return Ok(None);
            }
            let call = cx.rds.describe_db_cluster_parameters().db_cluster_parameter_group_name(id);
            let mut pages = call.into_paginator().items().send();
            let mut waits = false;
            while let Some(parameter) = pages.next().await.transpose()? {
                let name = parameter.parameter_name().unwrap_or_default().to_ascii_lowercase();
                waits |= changed.contains(&name) && parameter.apply_type() == Some("static");
            }
            Ok(Some(ClusterChange { source: Source::ClusterGroup(id.to_owned()), waits, names: changed }))
        }
        _ => Ok(None),
    }
}
