//! A database as RDS describes it, in the form of a declaration.

use aws_sdk_rds::types::DbInstance as Live;
use groundplan_engine::provider::Outputs;
use serde_json::json;

use super::{DbInstance, MasterUserSecret, storage, version};
use crate::handler::{accepted, as_declared, in_declared_case};
use crate::kms;
use crate::rds::read_tags;

/// The properties, in the words of the declaration where they mean the same.
pub(super) fn read(live: Live, last: &DbInstance) -> DbInstance {
    let auto = upgrades_by_itself(&live, last);
    let source = live.read_replica_source_db_instance_identifier;
    let groups = live.vpc_security_groups.unwrap_or_default();
    let groups = groups.into_iter().filter_map(|group| group.vpc_security_group_id).collect();
    let parameters = live.db_parameter_groups.unwrap_or_default().into_iter();
    let parameters = parameters.filter_map(|group| group.db_parameter_group_name).next();
    let options = live.option_group_memberships.unwrap_or_default().into_iter();
    let options = options.filter_map(|group| group.option_group_name).next();
    let subnets = live.db_subnet_group.and_then(|group| group.db_subnet_group_name);
    let port = live.endpoint.and_then(|endpoint| endpoint.port).or(live.db_instance_port.filter(|port| *port != 0));
    let insights_key = last.performance_insights_kms_key_id.as_deref();
    let version = version::declared(live.engine.as_deref(), last.engine_version.as_deref(), live.engine_version, auto);
    DbInstance {
        allocated_storage: storage::declared_size(last, live.allocated_storage),
        allow_major_version_upgrade: last.allow_major_version_upgrade,
        apply_immediately: last.apply_immediately,
        auto_minor_version_upgrade: live.auto_minor_version_upgrade,
        availability_zone: live.availability_zone,
        backup_retention_period: live.backup_retention_period,
        ca_certificate_identifier: live.ca_certificate_identifier,
        copy_tags_to_snapshot: live.copy_tags_to_snapshot,
        database_insights_mode: live.database_insights_mode.map(|mode| mode.as_str().to_owned()),
        db_cluster_identifier: in_declared_case(&last.db_cluster_identifier, live.db_cluster_identifier),
        db_instance_class: live.db_instance_class,
        db_instance_identifier: in_declared_case(&last.db_instance_identifier, live.db_instance_identifier),
        db_name: live.db_name,
        db_parameter_group_name: in_declared_case(&last.db_parameter_group_name, parameters),
        // RDS does not say what a database was made from.
        db_snapshot_identifier: last.db_snapshot_identifier.clone(),
        db_subnet_group_name: in_declared_case(&last.db_subnet_group_name, subnets),
        delete_automated_backups: last.delete_automated_backups,
        deletion_protection: live.deletion_protection,
        enable_cloudwatch_logs_exports: as_declared(
            &last.enable_cloudwatch_logs_exports,
            live.enabled_cloudwatch_logs_exports.unwrap_or_default(),
        ),
        enable_iam_database_authentication: live.iam_database_authentication_enabled,
        enable_performance_insights: live.performance_insights_enabled,
        engine: live.engine,
        engine_version: version,
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
        option_group_name: in_declared_case(&last.option_group_name, options),
        performance_insights_kms_key_id: kms::as_declared(insights_key, live.performance_insights_kms_key_id),
        performance_insights_retention_period: live.performance_insights_retention_period,
        port: port.map(|port| port.to_string()),
        preferred_backup_window: live.preferred_backup_window,
        preferred_maintenance_window: in_declared_case(
            &last.preferred_maintenance_window,
            live.preferred_maintenance_window,
        ),
        promotion_tier: live.promotion_tier,
        publicly_accessible: live.publicly_accessible,
        source_db_instance_identifier: declared_source(last.source_db_instance_identifier.as_deref(), source),
        storage_encrypted: live.storage_encrypted,
        storage_throughput: live.storage_throughput,
        storage_type: live.storage_type,
        tags: read_tags(live.tag_list),
        vpc_security_groups: as_declared(&last.vpc_security_groups, groups),
    }
}

/// Returns whether RDS upgrades minor versions, which is the default.
pub(super) fn upgrades_by_itself(live: &Live, last: &DbInstance) -> bool {
    live.auto_minor_version_upgrade.or(last.auto_minor_version_upgrade).unwrap_or(true)
}

/// The source of a replica, which RDS names by its identifier in the same region and by its ARN in
/// another one, whichever was declared.
fn declared_source(declared: Option<&str>, live: Option<String>) -> Option<String> {
    match (declared, live) {
        (Some(declared), Some(live)) if is_same_name(declared, &live) => Some(declared.to_owned()),
        (_, live) => live,
    }
}

/// Returns whether an identifier and an ARN, or two of a kind, name the same resource. ARNs of two accounts or regions
/// do not.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    let name = |text: &str| text.rsplit(':').next().unwrap_or(text).to_ascii_lowercase();
    let is_arn = |text: &str| text.starts_with("arn:");
    if is_arn(one) && is_arn(other) { one.eq_ignore_ascii_case(other) } else { name(one) == name(other) }
}

/// Returns the instance as it will be after its next maintenance window: for the program, changes that wait for it are
/// applied.
pub(super) fn as_scheduled(mut live: Live) -> Live {
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

pub(super) fn outputs(instance: &Live) -> Outputs {
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
