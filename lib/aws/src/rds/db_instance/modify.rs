//! Changes of a database in place.

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modification;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, DatabaseInsightsMode, DbEngineVersion};

use super::{DbInstance, Live, describe, live as as_read, reboot, status, storage, version};
use crate::ec2::default_group;
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Removal, not_removable, required};
use crate::rds::ParameterChanges;

pub(super) async fn modify(changes: &Changes<'_, DbInstance>, cx: &Context, id: &str) -> Result<()> {
    let Some(old) = changes.old else { return Ok(()) };
    refuse_what_stays(old, changes.new)?;
    let Settled { certificate, class, license, backup_window, maintenance_window } = Settled::of(changes)?;
    let role = Removal::Keeps("nothing uses the role of a database that is not monitored");
    let monitoring_role = changes.new_value(|it| &it.monitoring_role_arn, role)?;
    let public = Removal::Keeps("a database that is not public stays that, and another one is refused");
    let public = changes.new_value(|it| &it.publicly_accessible, public)?;
    let new = changes.new;
    let live = describe(cx, id).await?;
    status::refuse_stopped(&live, id)?;
    storage::refuse_what_stays(old, new, &live)?;
    if old.source_db_instance_identifier.is_some() && new.source_db_instance_identifier.is_none() {
        promote(&live, new, cx, id).await?;
    }
    let logs = changes.of_set(|it| &it.enable_cloudwatch_logs_exports);
    let exports = (!logs.is_empty()).then(|| {
        let exports = CloudwatchLogsExportConfiguration::builder().set_enable_log_types(logs.added);
        exports.set_disable_log_types(logs.removed).build()
    });
    let version = version(changes, &live)?;
    // That the program names another version is the permission, unless it says otherwise; for a
    // minor one RDS does not ask.
    let allow_upgrade = new.allow_major_version_upgrade.or(version.as_ref().map(|_| true));
    let call = cx
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .apply_immediately(new.applies_at_once())
        .set_allow_major_version_upgrade(allow_upgrade)
        .set_auto_minor_version_upgrade(changes.or_default(|it| &it.auto_minor_version_upgrade, true))
        .set_ca_certificate_identifier(certificate)
        .set_cloudwatch_logs_export_configuration(exports)
        .set_copy_tags_to_snapshot(changes.or_default(|it| &it.copy_tags_to_snapshot, false))
        .set_db_instance_class(class)
        .set_deletion_protection(changes.or_default(|it| &it.deletion_protection, false))
        .set_enable_iam_database_authentication(changes.or_default(|it| &it.enable_iam_database_authentication, false))
        .set_engine_version(version)
        .set_license_model(license)
        .set_manage_master_user_password(changes.or_default(|it| &it.manage_master_user_password, false))
        .set_master_user_password(new.password())
        .set_master_user_secret_kms_key_id(changes.after_create(|it| &it.master_user_secret).and(new.secret_key()))
        .set_monitoring_interval(changes.or_default(|it| &it.monitoring_interval, 0))
        .set_monitoring_role_arn(monitoring_role)
        .set_multi_az(changes.or_default(|it| &it.multi_az, false))
        .set_network_type(changes.or_default(|it| &it.network_type, "IPV4".to_owned()))
        .set_preferred_backup_window(backup_window)
        .set_preferred_maintenance_window(maintenance_window)
        .set_promotion_tier(changes.or_default(|it| &it.promotion_tier, 1))
        .set_publicly_accessible(public);
    let call = with_groups(call, changes, &live, cx).await?;
    let call = with_backups(call, changes, &live)?;
    let call = with_insights(storage::with_storage(call, changes, &live)?, changes);
    let input = call.as_input();
    let may_be_given_up = input.get_engine_version().is_some()
        || input.get_db_instance_class().is_some()
        || input.get_allocated_storage().is_some();
    if may_be_given_up {
        status::remember(cx, id).await;
    }
    let group = input.get_db_parameter_group_name().clone();
    // RDS refuses a call without a change, and these two are none.
    let nothing = cx.rds.modify_db_instance().db_instance_identifier(id).apply_immediately(new.applies_at_once());
    let live = if *input == *nothing.set_allow_major_version_upgrade(allow_upgrade).as_input() {
        live
    } else {
        call.send().await?.db_instance.unwrap_or(live)
    };
    if let Some(group) = group {
        cx.memory.of::<ParameterChanges>().group_changed(id, &group);
    }
    // What the group has changed may not show yet: it is looked for after this.
    if cx.is_incomplete {
        return Ok(());
    }
    reboot::where_waiting(&live, new, cx, id).await
}

/// Settings for which RDS chooses a value where none is given, and has no call that makes it choose again.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>
struct Settled {
    certificate: Option<String>,
    class: Option<String>,
    license: Option<String>,
    backup_window: Option<String>,
    maintenance_window: Option<String>,
}

impl Settled {
    fn of(changes: &Changes<'_, DbInstance>) -> Result<Self> {
        let refused = Removal::Refused;
        let certificate = refused("CACertificateIdentifier", "its default depends on the account and the engine");
        let class = refused("DBInstanceClass", "a database has none by default");
        let license = refused("LicenseModel", "its default depends on the engine and its edition");
        let backup_window = refused("PreferredBackupWindow", "RDS chooses its default at random");
        let maintenance_window = refused("PreferredMaintenanceWindow", "RDS chooses its default at random");
        Ok(Self {
            certificate: changes.new_value(|it| &it.ca_certificate_identifier, certificate)?,
            class: changes.new_value(|it| &it.db_instance_class, class)?,
            license: changes.new_value(|it| &it.license_model, license)?,
            backup_window: changes.new_value(|it| &it.preferred_backup_window, backup_window)?,
            maintenance_window: changes.new_value(|it| &it.preferred_maintenance_window, maintenance_window)?,
        })
    }
}

/// Refuses changes that ModifyDBInstance has no parameter for and CloudFormation replaces only in some cases, and
/// removals of properties for which RDS has no fixed default.
fn refuse_what_stays(old: &DbInstance, new: &DbInstance) -> Result<()> {
    let fixed = [
        ("Engine", &old.engine, &new.engine),
        ("AvailabilityZone", &old.availability_zone, &new.availability_zone),
        ("SourceDBInstanceIdentifier", &old.source_db_instance_identifier, &new.source_db_instance_identifier),
        ("DBSnapshotIdentifier", &old.db_snapshot_identifier, &new.db_snapshot_identifier),
    ];
    let is_origin = |property: &str| matches!(property, "SourceDBInstanceIdentifier" | "DBSnapshotIdentifier");
    for (property, old, new) in fixed {
        match (old.as_deref(), new.as_deref()) {
            // RDS answers to the ARN of a source with its identifier.
            (Some(old), Some(new)) if is_origin(property) && as_read::is_same_name(old, new) => {}
            (Some(old), Some(new)) if old != new => {
                return Err(Error::invalid(format!(
                    "{property} of a database cannot be changed from `{old}` to `{new}`: declare a new one, and move the \
                     data"
                )));
            }
            (None, Some(new)) if is_origin(property) => {
                return Err(Error::invalid(format!(
                    "{property} of a database that exists cannot be set to `{new}`: declare a new database"
                )));
            }
            _ => {}
        }
    }
    if old.publicly_accessible == Some(true) && new.publicly_accessible.is_none() {
        return Err(Error::invalid(
            "PubliclyAccessible cannot be removed, since its default depends on the subnets: declare it as `false`",
        ));
    }
    let is_managed = |it: &DbInstance| it.manage_master_user_password == Some(true);
    let is_gone = |of: fn(&DbInstance) -> Option<&String>| of(old).is_some() && of(new).is_none();
    // "If the DB instance already manages the master user password …, you can't change the KMS key".
    if is_managed(old)
        && is_managed(new)
        && is_gone(|it| it.master_user_secret.as_ref().and_then(|secret| secret.kms_key_id.as_ref()))
    {
        return Err(not_removable("MasterUserSecret", "RDS changes no key of a secret that it manages"));
    }
    if new.monitoring_interval.is_some_and(|interval| interval > 0) && is_gone(|it| it.monitoring_role_arn.as_ref()) {
        return Err(not_removable("MonitoringRoleArn", "a database that is monitored needs a role"));
    }
    let has_insights = |it: &DbInstance| it.enable_performance_insights == Some(true);
    if has_insights(old) && has_insights(new) && is_gone(|it| it.performance_insights_kms_key_id.as_ref()) {
        let reason = "RDS changes no key of Performance Insights that are turned on";
        return Err(not_removable("PerformanceInsightsKMSKeyId", reason));
    }
    Ok(())
}

fn version(changes: &Changes<'_, DbInstance>, live: &Live) -> Result<Option<String>> {
    let removal = Removal::Keeps("RDS takes no database back to an earlier version");
    match changes.new_value(|it| &it.engine_version, removal)? {
        Some(wanted) => asked_version(wanted, changes.new, live),
        None => Ok(None),
    }
}

/// Returns the version to request. `None` if it already runs, or if the running one is a newer version that the
/// declaration includes.
pub(super) fn asked_version(wanted: String, new: &DbInstance, live: &Live) -> Result<Option<String>> {
    let auto = as_read::upgrades_by_itself(live, new);
    let running = live.engine_version.clone();
    if version::declared(live.engine(), Some(&wanted), running, auto).as_ref() == Some(&wanted) {
        return Ok(None);
    }
    match live.engine_version() {
        Some(running) if version::is_older(&wanted, running) => Err(Error::invalid(format!(
            "EngineVersion cannot be lowered from {running} to {wanted}; declare {running}"
        ))),
        _ => Ok(Some(wanted)),
    }
}

/// Makes a replica a database of its own, which is what taking its source away means.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html>
async fn promote(live: &Live, new: &DbInstance, cx: &Context, id: &str) -> Result<()> {
    if live.read_replica_source_db_instance_identifier().is_none() {
        return Ok(());
    }
    cx.rds
        .promote_read_replica()
        .db_instance_identifier(id)
        .set_backup_retention_period(new.backup_retention_period)
        .set_preferred_backup_window(new.preferred_backup_window.clone())
        .send()
        .await?;
    Ok(())
}

/// Groups of parameters, options and security. What is no longer declared gets the default one.
async fn with_groups(
    call: Modification,
    changes: &Changes<'_, DbInstance>,
    live: &Live,
    cx: &Context,
) -> Result<Modification> {
    let parameters = match changes.after_create(|it| &it.db_parameter_group_name) {
        Some(None) => Some(format!(
            "default.{}",
            required(defaults(changes, live, cx).await?.db_parameter_group_family, "DBParameterGroupFamily")?
        )),
        other => other.cloned().flatten(),
    };
    let options = match changes.after_create(|it| &it.option_group_name) {
        Some(None) => {
            let defaults = defaults(changes, live, cx).await?;
            let (engine, major) =
                (required(defaults.engine, "Engine")?, required(defaults.major_engine_version, "MajorEngineVersion")?);
            Some(format!("default:{engine}-{}", major.replace('.', "-")))
        }
        other => other.cloned().flatten(),
    };
    let security = match changes.after_create(|it| &it.vpc_security_groups) {
        Some(None) => Some(vec![default_security_group(live, cx).await?]),
        other => other.cloned().flatten(),
    };
    Ok(call.set_db_parameter_group_name(parameters).set_option_group_name(options).set_vpc_security_group_ids(security))
}

/// The version that will run, with the names that its default groups are made of.
async fn defaults(changes: &Changes<'_, DbInstance>, live: &Live, cx: &Context) -> Result<DbEngineVersion> {
    let version = changes.new.engine_version.as_deref().or(live.engine_version());
    let call = cx.rds.describe_db_engine_versions().set_engine(live.engine.clone());
    let described = call.set_engine_version(version.map(str::to_owned)).include_all(true).send().await?;
    crate::handler::single(described.db_engine_versions, version.unwrap_or_default())
}

async fn default_security_group(live: &Live, cx: &Context) -> Result<String> {
    let vpc = required(live.db_subnet_group().and_then(|group| group.vpc_id()), "VpcId")?;
    default_group(cx, vpc).await?.ok_or_else(|| Error::not_found("the default security group"))
}

/// Backups and autoscaling of storage. What is no longer declared gets RDS's default; the first is
/// no setting of a member of a cluster, and the other is turned off by a maximum that is no more
/// than the volume has, or is to have after the same change.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html>
fn with_backups(call: Modification, changes: &Changes<'_, DbInstance>, live: &Live) -> Result<Modification> {
    let maximum = match changes.after_create(|it| &it.max_allocated_storage) {
        Some(None) => storage::asked_size(changes, live)?.or(live.allocated_storage()),
        other => other.copied().flatten(),
    };
    let retention = match changes.after_create(|it| &it.backup_retention_period) {
        Some(None) => Some(1),
        other => other.copied().flatten(),
    };
    Ok(call.set_backup_retention_period(retention).set_max_allocated_storage(maximum))
}

/// RDS takes the settings of Performance Insights only together with its being turned on.
fn with_insights(call: Modification, changes: &Changes<'_, DbInstance>) -> Modification {
    let new = changes.new;
    let insights = |it: &DbInstance| {
        let key = it.performance_insights_kms_key_id.clone();
        let mode = it.database_insights_mode.clone();
        (mode, it.enable_performance_insights, key, it.performance_insights_retention_period)
    };
    if changes.old.is_none_or(|old| insights(old) == insights(new)) {
        return call;
    }
    let on = changes.or_default(|it| &it.enable_performance_insights, false).or(new.enable_performance_insights);
    let is_on = on != Some(false);
    let mode = changes.or_default(|it| &it.database_insights_mode, "standard".to_owned());
    let mode = mode.or(new.database_insights_mode.clone());
    let days = changes.or_default(|it| &it.performance_insights_retention_period, 7);
    let days = days.or(new.performance_insights_retention_period);
    call.set_enable_performance_insights(on)
        .set_database_insights_mode(mode.as_deref().map(DatabaseInsightsMode::from))
        .set_performance_insights_kms_key_id(new.performance_insights_kms_key_id.clone().filter(|_| is_on))
        .set_performance_insights_retention_period(days.filter(|_| is_on))
}
