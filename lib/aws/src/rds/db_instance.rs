//! `AWS::RDS::DBInstance`

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modification;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, DatabaseInsightsMode, DbInstance as Live};
use groundplan_engine::provider::{Accepted, Deletion, Outputs};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{read_tags, retag, tag};
use crate::error::{Error, OrNone, Result};
use crate::handler::{
    Changes, Cx, Found, Handler, Known, Readiness, accepted, as_declared, given, in_declared_case, one,
};
use crate::kms;
use crate::name::NameRules;
use crate::sensitive::Sensitive;
use crate::tags::Tags;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct DbInstance {
    allocated_storage: Option<String>,
    allow_major_version_upgrade: Option<bool>,
    apply_immediately: Option<bool>,
    auto_minor_version_upgrade: Option<bool>,
    availability_zone: Option<String>,
    backup_retention_period: Option<i32>,
    #[serde(rename = "CACertificateIdentifier")]
    ca_certificate_identifier: Option<String>,
    copy_tags_to_snapshot: Option<bool>,
    #[serde(rename = "DBInstanceClass")]
    db_instance_class: String,
    #[serde(rename = "DBInstanceIdentifier")]
    db_instance_identifier: Option<String>,
    #[serde(rename = "DBName")]
    db_name: Option<String>,
    #[serde(rename = "DBParameterGroupName")]
    db_parameter_group_name: Option<String>,
    #[serde(rename = "DBSubnetGroupName")]
    db_subnet_group_name: Option<String>,
    database_insights_mode: Option<String>,
    delete_automated_backups: Option<bool>,
    deletion_protection: Option<bool>,
    enable_cloudwatch_logs_exports: Option<Vec<String>>,
    #[serde(rename = "EnableIAMDatabaseAuthentication")]
    enable_iam_database_authentication: Option<bool>,
    enable_performance_insights: Option<bool>,
    engine: String,
    engine_version: Option<String>,
    iops: Option<i32>,
    kms_key_id: Option<String>,
    license_model: Option<String>,
    manage_master_user_password: Option<bool>,
    master_user_password: Option<Sensitive>,
    master_user_secret: Option<MasterUserSecret>,
    master_username: Option<String>,
    max_allocated_storage: Option<i32>,
    monitoring_interval: Option<i32>,
    monitoring_role_arn: Option<String>,
    #[serde(rename = "MultiAZ")]
    multi_az: Option<bool>,
    network_type: Option<String>,
    #[serde(rename = "PerformanceInsightsKMSKeyId")]
    performance_insights_kms_key_id: Option<String>,
    performance_insights_retention_period: Option<i32>,
    port: Option<String>,
    preferred_backup_window: Option<String>,
    preferred_maintenance_window: Option<String>,
    publicly_accessible: Option<bool>,
    storage_encrypted: Option<bool>,
    storage_throughput: Option<i32>,
    storage_type: Option<String>,
    #[serde(default)]
    tags: Tags,
    #[serde(rename = "VPCSecurityGroups")]
    vpc_security_groups: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MasterUserSecret {
    kms_key_id: Option<String>,
}

impl Handler for DbInstance {
    const TYPE: &'static str = "AWS::RDS::DBInstance";

    async fn create(&self, cx: &Cx) -> Result<Accepted> {
        let created = cx
            .rds
            .create_db_instance()
            .set_allocated_storage(number(&self.allocated_storage, "AllocatedStorage")?)
            .set_auto_minor_version_upgrade(self.auto_minor_version_upgrade)
            .set_availability_zone(self.availability_zone.clone())
            .set_backup_retention_period(self.backup_retention_period)
            .set_ca_certificate_identifier(self.ca_certificate_identifier.clone())
            .set_copy_tags_to_snapshot(self.copy_tags_to_snapshot)
            .db_instance_class(&self.db_instance_class)
            .set_db_instance_identifier(self.identifier(cx))
            .set_db_name(self.db_name.clone())
            .set_db_parameter_group_name(self.db_parameter_group_name.clone())
            .set_db_subnet_group_name(self.db_subnet_group_name.clone())
            .set_database_insights_mode(self.database_insights_mode.as_deref().map(DatabaseInsightsMode::from))
            .set_deletion_protection(self.deletion_protection)
            .set_enable_cloudwatch_logs_exports(self.enable_cloudwatch_logs_exports.clone())
            .set_enable_iam_database_authentication(self.enable_iam_database_authentication)
            .set_enable_performance_insights(self.enable_performance_insights)
            .engine(&self.engine)
            .set_engine_version(self.engine_version.clone())
            .set_iops(self.iops)
            .set_kms_key_id(self.kms_key_id.clone())
            .set_license_model(self.license_model.clone())
            .set_manage_master_user_password(self.manage_master_user_password)
            .set_master_user_password(self.password())
            .set_master_user_secret_kms_key_id(self.secret_key())
            .set_master_username(self.master_username.clone())
            .set_max_allocated_storage(self.max_allocated_storage)
            .set_monitoring_interval(self.monitoring_interval)
            .set_monitoring_role_arn(self.monitoring_role_arn.clone())
            .set_multi_az(self.multi_az)
            .set_network_type(self.network_type.clone())
            .set_performance_insights_kms_key_id(self.performance_insights_kms_key_id.clone())
            .set_performance_insights_retention_period(self.performance_insights_retention_period)
            .set_port(number(&self.port, "Port")?)
            .set_preferred_backup_window(self.preferred_backup_window.clone())
            .set_preferred_maintenance_window(self.preferred_maintenance_window.clone())
            .set_publicly_accessible(self.publicly_accessible)
            .set_storage_encrypted(self.storage_encrypted)
            .set_storage_throughput(self.storage_throughput)
            .set_storage_type(self.storage_type.clone())
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .set_vpc_security_group_ids(self.vpc_security_groups.clone())
            .send()
            .await?;
        let instance = given(created.db_instance, "DBInstance")?;
        let outputs = outputs(&instance);
        Ok(Accepted { id: given(instance.db_instance_identifier, "DBInstanceIdentifier")?, outputs })
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Cx, id: &str) -> Result<()> {
        let Some(old) = changes.old else { return Ok(()) };
        let untagged = |instance: &Self| Self { tags: Tags::default(), ..instance.clone() };
        if untagged(old) != untagged(changes.new) {
            modify(changes, cx, id).await?;
        }
        retag(changes, cx, &cx.arn("rds", &format!("db:{id}"))).await
    }

    async fn read(cx: &Cx, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.rds.describe_db_instances().db_instance_identifier(&known.id).send().await?;
        let instance = one(described.db_instances, &known.id)?;
        let at_once = known.last.apply_immediately.unwrap_or(true);
        let (readiness, outputs) = (readiness(&instance, at_once), outputs(&instance));
        let instance = if at_once { instance } else { as_scheduled(instance) };
        Ok(Found { properties: Self::of(instance, &known.last), outputs, readiness })
    }

    async fn delete(cx: &Cx, known: &Known<Self>) -> Result<Deletion> {
        let described = cx.rds.describe_db_instances().db_instance_identifier(&known.id).send().await?;
        let instance = one(described.db_instances, &known.id)?;
        match instance.db_instance_status() {
            Some("deleting") => return Ok(Deletion::Pending),
            // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>
            Some(status @ ("failed" | "incompatible-restore" | "incompatible-network")) if !cx.delete_data => {
                return Err(Error::invalid(format!(
                    "the database {} is `{status}`, and RDS can take no final snapshot of it; `--delete-data` deletes it \
                     without one",
                    known.id
                )));
            }
            _ => {}
        }
        let snapshot = (!cx.delete_data).then(|| final_snapshot(&known.id, instance.dbi_resource_id()));
        cx.rds
            .delete_db_instance()
            .db_instance_identifier(&known.id)
            .skip_final_snapshot(cx.delete_data)
            .set_final_db_snapshot_identifier(snapshot)
            .set_delete_automated_backups(known.last.delete_automated_backups)
            .send()
            .await
            .or_none()?;
        Ok(Deletion::Pending)
    }

    fn identifier(&self, cx: &Cx) -> Option<String> {
        let name = self.db_instance_identifier.as_deref().map(str::to_ascii_lowercase);
        Some(name.unwrap_or_else(|| cx.name(NameRules::lowercase(63))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl DbInstance {
    fn password(&self) -> Option<String> {
        self.master_user_password.as_ref().map(|password| password.expose().to_owned())
    }

    fn secret_key(&self) -> Option<String> {
        self.master_user_secret.as_ref().and_then(|secret| secret.kms_key_id.clone())
    }

    /// What RDS keeps, in the words of the declaration where they mean the same.
    fn of(live: Live, last: &Self) -> Self {
        let groups = live.vpc_security_groups.unwrap_or_default();
        let groups = groups.into_iter().filter_map(|group| group.vpc_security_group_id).collect();
        let parameters = live.db_parameter_groups.unwrap_or_default().into_iter();
        let parameters = parameters.filter_map(|group| group.db_parameter_group_name).next();
        let subnets = live.db_subnet_group.and_then(|group| group.db_subnet_group_name);
        let port = live.endpoint.and_then(|endpoint| endpoint.port).or(live.db_instance_port.filter(|port| *port != 0));
        let insights_key = last.performance_insights_kms_key_id.as_deref();
        Self {
            allocated_storage: declared_size(last, live.allocated_storage),
            allow_major_version_upgrade: last.allow_major_version_upgrade,
            apply_immediately: last.apply_immediately,
            auto_minor_version_upgrade: live.auto_minor_version_upgrade,
            availability_zone: live.availability_zone,
            backup_retention_period: live.backup_retention_period,
            ca_certificate_identifier: live.ca_certificate_identifier,
            copy_tags_to_snapshot: live.copy_tags_to_snapshot,
            database_insights_mode: live.database_insights_mode.map(|mode| mode.as_str().to_owned()),
            db_instance_class: live.db_instance_class.unwrap_or_default(),
            db_instance_identifier: in_declared_case(&last.db_instance_identifier, live.db_instance_identifier),
            db_name: live.db_name,
            db_parameter_group_name: in_declared_case(&last.db_parameter_group_name, parameters),
            db_subnet_group_name: in_declared_case(&last.db_subnet_group_name, subnets),
            delete_automated_backups: last.delete_automated_backups,
            deletion_protection: live.deletion_protection,
            enable_cloudwatch_logs_exports: as_declared(
                &last.enable_cloudwatch_logs_exports,
                live.enabled_cloudwatch_logs_exports.unwrap_or_default(),
            ),
            enable_iam_database_authentication: live.iam_database_authentication_enabled,
            enable_performance_insights: live.performance_insights_enabled,
            engine: live.engine.unwrap_or_default(),
            engine_version: declared_version(last.engine_version.as_deref(), live.engine_version),
            iops: live.iops,
            kms_key_id: kms::as_declared(last.kms_key_id.as_deref(), live.kms_key_id),
            license_model: live.license_model,
            manage_master_user_password: last.manage_master_user_password.map(|_| live.master_user_secret.is_some()),
            master_user_password: None,
            master_user_secret: live.master_user_secret.map(|secret| MasterUserSecret {
                kms_key_id: kms::as_declared(last.secret_key().as_deref(), secret.kms_key_id),
            }),
            master_username: live.master_username,
            max_allocated_storage: live.max_allocated_storage,
            monitoring_interval: live.monitoring_interval,
            monitoring_role_arn: live.monitoring_role_arn,
            multi_az: live.multi_az,
            network_type: live.network_type,
            performance_insights_kms_key_id: kms::as_declared(insights_key, live.performance_insights_kms_key_id),
            performance_insights_retention_period: live.performance_insights_retention_period,
            port: port.map(|port| port.to_string()),
            preferred_backup_window: live.preferred_backup_window,
            preferred_maintenance_window: in_declared_case(
                &last.preferred_maintenance_window,
                live.preferred_maintenance_window,
            ),
            publicly_accessible: live.publicly_accessible,
            storage_encrypted: live.storage_encrypted,
            storage_throughput: live.storage_throughput,
            storage_type: live.storage_type,
            tags: read_tags(live.tag_list),
            vpc_security_groups: as_declared(&last.vpc_security_groups, groups),
        }
    }
}

/// Changes apply at once unless the program says otherwise, as with CloudFormation. A changed
/// static parameter still waits for the next reboot.
async fn modify(changes: &Changes<'_, DbInstance>, cx: &Cx, id: &str) -> Result<()> {
    refuse_what_stays(changes)?;
    let new = changes.new;
    let described = cx.rds.describe_db_instances().db_instance_identifier(id).send().await?;
    let live = one(described.db_instances, id)?;
    let logs = changes.of_set(|it| &it.enable_cloudwatch_logs_exports);
    let exports = (!logs.is_empty()).then(|| {
        let exports = CloudwatchLogsExportConfiguration::builder().set_enable_log_types(logs.added);
        exports.set_disable_log_types(logs.removed).build()
    });
    let version = changes.new_value(|it| &it.engine_version);
    let version = version.filter(|new| declared_version(Some(new), live.engine_version.clone()).as_ref() != Some(new));
    // That the program names another version is the permission, unless it says otherwise; for a
    // minor one RDS does not ask.
    let allow_upgrade = new.allow_major_version_upgrade.or(version.as_ref().map(|_| true));
    let call = cx
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .apply_immediately(new.apply_immediately.unwrap_or(true))
        .set_allow_major_version_upgrade(allow_upgrade)
        .set_auto_minor_version_upgrade(changes.new_value(|it| &it.auto_minor_version_upgrade))
        .set_backup_retention_period(changes.new_value(|it| &it.backup_retention_period))
        .set_ca_certificate_identifier(changes.new_value(|it| &it.ca_certificate_identifier))
        .set_cloudwatch_logs_export_configuration(exports)
        .set_copy_tags_to_snapshot(changes.or_default(|it| &it.copy_tags_to_snapshot, false))
        .set_db_instance_class(changes.after_create(|it| &it.db_instance_class).cloned())
        .set_db_parameter_group_name(changes.new_value(|it| &it.db_parameter_group_name))
        .set_deletion_protection(changes.or_default(|it| &it.deletion_protection, false))
        .set_enable_iam_database_authentication(changes.or_default(|it| &it.enable_iam_database_authentication, false))
        .set_engine_version(version)
        .set_license_model(changes.new_value(|it| &it.license_model))
        .set_manage_master_user_password(changes.or_default(|it| &it.manage_master_user_password, false))
        .set_master_user_password(new.password())
        .set_master_user_secret_kms_key_id(changes.after_create(|it| &it.master_user_secret).and(new.secret_key()))
        .set_max_allocated_storage(changes.new_value(|it| &it.max_allocated_storage))
        .set_monitoring_interval(changes.or_default(|it| &it.monitoring_interval, 0))
        .set_monitoring_role_arn(changes.new_value(|it| &it.monitoring_role_arn))
        .set_multi_az(changes.or_default(|it| &it.multi_az, false))
        .set_network_type(changes.new_value(|it| &it.network_type))
        .set_preferred_backup_window(changes.new_value(|it| &it.preferred_backup_window))
        .set_preferred_maintenance_window(changes.new_value(|it| &it.preferred_maintenance_window))
        .set_publicly_accessible(changes.new_value(|it| &it.publicly_accessible))
        .set_vpc_security_group_ids(changes.new_value(|it| &it.vpc_security_groups));
    let call = with_storage(call, changes, live.allocated_storage)?;
    with_insights(call, changes).send().await?;
    Ok(())
}

/// What ModifyDBInstance has no parameter for, and CloudFormation replaces only in some cases.
fn refuse_what_stays(changes: &Changes<'_, DbInstance>) -> Result<()> {
    let Some(old) = changes.old else { return Ok(()) };
    let engine = (!old.engine.is_empty()).then(|| old.engine.clone());
    let fixed = [
        ("Engine", engine, Some(changes.new.engine.clone())),
        ("AvailabilityZone", old.availability_zone.clone(), changes.new.availability_zone.clone()),
    ];
    for (property, old, new) in fixed {
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            return Err(Error::invalid(format!(
                "{property} of a database cannot be changed from `{old}` to `{new}`: declare a new one, and move the data"
            )));
        }
    }
    Ok(())
}

/// RDS takes size, type and speed of the storage together, and makes none smaller: where it has
/// enlarged the storage by itself, `live` is the size.
fn with_storage(call: Modification, changes: &Changes<'_, DbInstance>, live: Option<i32>) -> Result<Modification> {
    let new = changes.new;
    let storage =
        |it: &DbInstance| (it.allocated_storage.clone(), it.storage_type.clone(), it.iops, it.storage_throughput);
    if changes.old.is_none_or(|old| storage(old) == storage(new)) {
        return Ok(call);
    }
    let declared = number(&new.allocated_storage, "AllocatedStorage")?;
    let is_resized = changes.after_create(|it| &it.allocated_storage).is_some();
    let size = if is_resized || new.max_allocated_storage.is_none() { declared } else { declared.max(live) };
    Ok(call
        .set_allocated_storage(size)
        .set_iops(new.iops)
        .set_storage_throughput(new.storage_throughput)
        .set_storage_type(new.storage_type.clone()))
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
    call.set_enable_performance_insights(on)
        .set_database_insights_mode(new.database_insights_mode.as_deref().map(DatabaseInsightsMode::from))
        .set_performance_insights_kms_key_id(new.performance_insights_kms_key_id.clone().filter(|_| is_on))
        .set_performance_insights_retention_period(new.performance_insights_retention_period.filter(|_| is_on))
}

/// CloudFormation writes some numbers as text.
fn number(text: &Option<String>, property: &str) -> Result<Option<i32>> {
    let parse = |text: &String| {
        text.parse().map_err(|_| Error::invalid(format!("{property} has to be a number, but is `{text}`")))
    };
    text.as_ref().map(parse).transpose()
}

/// The instance as it will be after its next maintenance window: what waits for that is applied as
/// far as the program goes.
fn as_scheduled(mut live: Live) -> Live {
    let Some(pending) = live.pending_modified_values.take() else { return live };
    live.allocated_storage = pending.allocated_storage.or(live.allocated_storage);
    live.backup_retention_period = pending.backup_retention_period.or(live.backup_retention_period);
    live.ca_certificate_identifier = pending.ca_certificate_identifier.or(live.ca_certificate_identifier);
    live.db_instance_class = pending.db_instance_class.or(live.db_instance_class);
    live.engine_version = pending.engine_version.or(live.engine_version);
    live.iops = pending.iops.or(live.iops);
    live.license_model = pending.license_model.or(live.license_model);
    live.multi_az = pending.multi_az.or(live.multi_az);
    live.storage_throughput = pending.storage_throughput.or(live.storage_throughput);
    live.storage_type = pending.storage_type.or(live.storage_type);
    live.iam_database_authentication_enabled =
        pending.iam_database_authentication_enabled.or(live.iam_database_authentication_enabled);
    live
}

/// Storage that RDS enlarges by itself is as it was declared, as long as it is not smaller.
fn declared_size(last: &DbInstance, live: Option<i32>) -> Option<String> {
    let declared = last.allocated_storage.as_ref().filter(|_| last.max_allocated_storage.is_some());
    let grown = declared.filter(|size| size.parse::<i32>().is_ok_and(|size| live.is_some_and(|live| live > size)));
    grown.cloned().or(live.map(|size| size.to_string()))
}

/// `16` stands for whichever minor version of 16 runs.
fn declared_version(declared: Option<&str>, live: Option<String>) -> Option<String> {
    match (declared, live) {
        (Some(declared), Some(live)) if live.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.')) => {
            Some(declared.to_owned())
        }
        (_, live) => live,
    }
}

/// One name for each instance that has ever been, so that a repetition gives the same one and a
/// successor another.
fn final_snapshot(id: &str, resource: Option<&str>) -> String {
    let unique: String = resource.unwrap_or_default().chars().rev().take(8).collect();
    let unique: String = unique.chars().rev().collect();
    format!("{id}-final-{}", unique.to_ascii_lowercase()).trim_end_matches('-').to_owned()
}

/// A modified instance stays `available` for some seconds before RDS begins.
fn readiness(instance: &Live, at_once: bool) -> Readiness {
    let status = instance.db_instance_status().unwrap_or("unknown");
    match status {
        // "available", with the storage being worked on.
        // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
        "available" | "storage-optimization" | "storage-config-upgrade" | "storage-initialization" => {
            let pending = instance.pending_modified_values();
            let nothing = aws_sdk_rds::types::PendingModifiedValues::builder().build();
            if at_once && pending.is_some_and(|pending| *pending != nothing) {
                Readiness::Pending("modifying".to_owned())
            } else {
                Readiness::Ready
            }
        }
        "failed" | "restore-error" | "storage-full" | "insufficient-capacity" => Readiness::Failed(status.to_owned()),
        _ if status.starts_with("incompatible-") || status.starts_with("inaccessible-encryption") => {
            Readiness::Failed(status.to_owned())
        }
        _ => Readiness::Pending(status.to_owned()),
    }
}

fn outputs(instance: &Live) -> Outputs {
    let endpoint = instance.endpoint();
    let listener = instance.listener_endpoint();
    let certificate = instance.certificate_details();
    let time = |time: Option<&aws_smithy_types::DateTime>| time.map(ToString::to_string);
    let outputs = json!({
        "CertificateDetails.CAIdentifier": certificate.and_then(|it| it.ca_identifier()),
        "CertificateDetails.ValidTill": time(certificate.and_then(|it| it.valid_till())),
        "DBInstanceArn": instance.db_instance_arn(),
        "DBInstanceIdentifier": instance.db_instance_identifier(),
        "DBSystemId": instance.db_system_id(),
        "DbiResourceId": instance.dbi_resource_id(),
        "Endpoint.Address": endpoint.and_then(|it| it.address()),
        "Endpoint.HostedZoneId": endpoint.and_then(|it| it.hosted_zone_id()),
        "Endpoint.Port": endpoint.and_then(|it| it.port()).map(|port| port.to_string()),
        "InstanceCreateTime": time(instance.instance_create_time()),
        "ListenerEndpoint.Address": listener.and_then(|it| it.address()),
        "ListenerEndpoint.HostedZoneId": listener.and_then(|it| it.hosted_zone_id()),
        "ListenerEndpoint.Port": listener.and_then(|it| it.port()).map(|port| port.to_string()),
        "MasterUserSecret.SecretArn": instance.master_user_secret().and_then(|it| it.secret_arn()),
        "SecondaryAvailabilityZone": instance.secondary_availability_zone(),
    });
    accepted("", outputs).outputs
}
