//! The three calls that make a database: a new one, one from a snapshot, and a read replica.

use aws_sdk_rds::types::{DatabaseInsightsMode, DbSnapshot};
use groundplan_engine::provider::ErrorClass;

use super::{DbInstance, Live, describe, modify, number, status};
use crate::error::{Error, Result};
use crate::handler::{Context, Handler, required, single};
use crate::kms;
use crate::rds::parameter_changes::{ParameterChanges, require_complete};
use crate::rds::tag;

/// Makes the create call that the declaration requires.
pub(super) async fn create(new: &DbInstance, cx: &Context) -> Result<Live> {
    check(new)?;
    match (&new.source_db_instance_identifier, &new.db_snapshot_identifier) {
        (Some(source), _) => replicate(new, source, cx).await,
        (None, Some(snapshot)) => restore(new, snapshot, cx).await,
        (None, None) => make(new, cx).await,
    }
}

/// Refuses combinations of properties that the three calls exclude.
fn check(new: &DbInstance) -> Result<()> {
    let missing = |property: &str| Error::invalid(format!("{property} has to be set"));
    let source = match (&new.source_db_instance_identifier, &new.db_snapshot_identifier) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("SourceDBInstanceIdentifier and DBSnapshotIdentifier exclude each other"));
        }
        (Some(_), None) => "SourceDBInstanceIdentifier",
        (None, Some(_)) => "DBSnapshotIdentifier",
        (None, None) if new.engine.is_none() => return Err(missing("Engine")),
        (None, None) if new.db_instance_class.is_none() => return Err(missing("DBInstanceClass")),
        (None, None) => return Ok(()),
    };
    // Neither call takes one, and one that is set afterwards could not be told from one that was not.
    if new.master_user_password.is_some() {
        return Err(Error::invalid(format!(
            "MasterUserPassword cannot be set together with {source}: the database is made with the password that its \
             source has; leave it out, and set it once the database exists"
        )));
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
async fn make(new: &DbInstance, cx: &Context) -> Result<Live> {
    if let Some(group) = &new.db_parameter_group_name {
        require_complete(cx, group, new.engine.as_deref().unwrap_or_default(), new.db_name.as_deref()).await?;
    }
    let created = cx
        .rds
        .create_db_instance()
        .set_allocated_storage(number(&new.allocated_storage, "AllocatedStorage")?)
        .set_auto_minor_version_upgrade(new.auto_minor_version_upgrade)
        .set_availability_zone(new.availability_zone.clone())
        .set_backup_retention_period(new.backup_retention_period)
        .set_ca_certificate_identifier(new.ca_certificate_identifier.clone())
        .set_copy_tags_to_snapshot(new.copy_tags_to_snapshot)
        .set_db_cluster_identifier(new.db_cluster_identifier.clone())
        .set_db_instance_class(new.db_instance_class.clone())
        .set_db_instance_identifier(new.identifier(cx))
        .set_db_name(new.db_name.clone())
        .set_db_parameter_group_name(new.db_parameter_group_name.clone())
        .set_db_subnet_group_name(new.db_subnet_group_name.clone())
        .set_database_insights_mode(new.database_insights_mode.as_deref().map(DatabaseInsightsMode::from))
        .set_deletion_protection(new.deletion_protection)
        .set_enable_cloudwatch_logs_exports(new.enable_cloudwatch_logs_exports.clone())
        .set_enable_iam_database_authentication(new.enable_iam_database_authentication)
        .set_enable_performance_insights(new.enable_performance_insights)
        .set_engine(new.engine.clone())
        .set_engine_version(new.engine_version.clone())
        .set_iops(new.iops)
        .set_kms_key_id(new.kms_key_id.clone())
        .set_license_model(new.license_model.clone())
        .set_manage_master_user_password(new.manage_master_user_password)
        .set_master_user_password(new.password())
        .set_master_user_secret_kms_key_id(new.secret_key())
        .set_master_username(new.master_username.clone())
        .set_max_allocated_storage(new.max_allocated_storage)
        .set_monitoring_interval(new.monitoring_interval)
        .set_monitoring_role_arn(new.monitoring_role_arn.clone())
        .set_multi_az(new.multi_az)
        .set_network_type(new.network_type.clone())
        .set_option_group_name(new.option_group_name.clone())
        .set_performance_insights_kms_key_id(new.performance_insights_kms_key_id.clone())
        .set_performance_insights_retention_period(new.performance_insights_retention_period)
        .set_port(number(&new.port, "Port")?)
        .set_preferred_backup_window(new.preferred_backup_window.clone())
        .set_preferred_maintenance_window(new.preferred_maintenance_window.clone())
        .set_promotion_tier(new.promotion_tier)
        .set_publicly_accessible(new.publicly_accessible)
        .set_storage_encrypted(new.storage_encrypted)
        .set_storage_throughput(new.storage_throughput)
        .set_storage_type(new.storage_type.clone())
        .set_tags(Some(cx.tags(&new.tags, tag)))
        .set_vpc_security_group_ids(new.vpc_security_groups.clone())
        .send()
        .await?;
    required(created.db_instance, "DBInstance")
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html>
async fn restore(new: &DbInstance, snapshot: &str, cx: &Context) -> Result<Live> {
    // Nothing was asked for yet, so a read whose answer was lost leaves nothing in doubt.
    let live = describe_snapshot(cx, snapshot).await;
    let live = live.map_err(|error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient))?;
    check_encryption(new, snapshot, &live)?;
    // RDS takes the name of an engine in any case.
    let engine = live.engine().or(new.engine.as_deref()).unwrap_or_default().to_ascii_lowercase();
    if let Some(group) = &new.db_parameter_group_name {
        // Its databases are in the snapshot.
        require_complete(cx, group, &engine, None).await?;
    }
    let (of_oracle, of_sql_server) = (engine.contains("oracle"), engine.contains("sqlserver"));
    // RDS makes no volume smaller. For SQL Server it takes nothing about storage: that is set afterwards.
    let size = number(&new.allocated_storage, "AllocatedStorage")?.filter(|_| !of_sql_server);
    let size = size.map(|size| size.max(live.allocated_storage().unwrap_or_default()));
    let restored = cx
        .rds
        .restore_db_instance_from_db_snapshot()
        .db_snapshot_identifier(snapshot)
        .set_allocated_storage(size)
        .set_auto_minor_version_upgrade(new.auto_minor_version_upgrade)
        .set_availability_zone(new.availability_zone.clone())
        .set_backup_retention_period(new.backup_retention_period)
        .set_ca_certificate_identifier(new.ca_certificate_identifier.clone())
        .set_copy_tags_to_snapshot(new.copy_tags_to_snapshot)
        .set_db_instance_class(new.db_instance_class.clone())
        .set_db_instance_identifier(new.identifier(cx))
        // Databases of other engines keep the names that they have in the snapshot.
        .set_db_name(new.db_name.clone().filter(|_| of_oracle || of_sql_server))
        .set_db_parameter_group_name(new.db_parameter_group_name.clone())
        .set_db_subnet_group_name(new.db_subnet_group_name.clone())
        .set_deletion_protection(new.deletion_protection)
        .set_enable_cloudwatch_logs_exports(new.enable_cloudwatch_logs_exports.clone())
        .set_enable_iam_database_authentication(new.enable_iam_database_authentication)
        .set_engine(new.engine.clone())
        .set_iops(new.iops.filter(|_| !of_sql_server))
        .set_license_model(new.license_model.clone())
        .set_manage_master_user_password(new.manage_master_user_password)
        .set_master_user_secret_kms_key_id(new.secret_key())
        .set_multi_az(new.multi_az)
        .set_network_type(new.network_type.clone())
        .set_option_group_name(new.option_group_name.clone())
        .set_port(number(&new.port, "Port")?)
        .set_preferred_backup_window(new.preferred_backup_window.clone())
        .set_publicly_accessible(new.publicly_accessible)
        .set_storage_throughput(new.storage_throughput.filter(|_| !of_sql_server))
        .set_storage_type(new.storage_type.clone().filter(|_| !of_sql_server))
        .set_tags(Some(cx.tags(&new.tags, tag)))
        .set_vpc_security_group_ids(new.vpc_security_groups.clone())
        .send()
        .await?;
    required(restored.db_instance, "DBInstance")
}

/// One of another account is named by its ARN, and listed on request only.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html>
async fn describe_snapshot(cx: &Context, snapshot: &str) -> Result<DbSnapshot> {
    let call = cx.rds.describe_db_snapshots().db_snapshot_identifier(snapshot);
    let foreign = snapshot.starts_with("arn:").then_some(true);
    let described = call.set_include_shared(foreign).set_include_public(foreign).send().await?;
    single(described.db_snapshots, snapshot)
}

/// A restored database is encrypted as its snapshot is: the call takes no other key.
fn check_encryption(new: &DbInstance, snapshot: &str, live: &DbSnapshot) -> Result<()> {
    let is_encrypted = live.encrypted().unwrap_or_default();
    let key = live.kms_key_id().map(str::to_owned);
    let differs = match (&new.kms_key_id, new.storage_encrypted) {
        (_, Some(declared)) if declared != is_encrypted => true,
        (Some(declared), _) => !is_encrypted || kms::as_declared(Some(declared), key).as_ref() != Some(declared),
        (None, _) => false,
    };
    if !differs {
        return Ok(());
    }
    let is = match live.kms_key_id() {
        Some(key) if is_encrypted => format!("encrypted with the key {key}"),
        _ if is_encrypted => "encrypted".to_owned(),
        _ => "not encrypted".to_owned(),
    };
    Err(Error::invalid(format!(
        "a database restored from the snapshot {snapshot} is encrypted as that is, and it is {is}: declare \
         StorageEncrypted and KmsKeyId so, or copy the snapshot with `aws rds copy-db-snapshot --kms-key-id` and name \
         the copy"
    )))
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html>
async fn replicate(new: &DbInstance, source: &str, cx: &Context) -> Result<Live> {
    let group = group_of_replica(new, source, cx).await;
    let group = group.map_err(|error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient))?;
    if let Some((group, family)) = &group {
        require_complete(cx, group, family, None).await?;
    }
    let replica = cx
        .rds
        .create_db_instance_read_replica()
        .source_db_instance_identifier(source)
        .set_allocated_storage(number(&new.allocated_storage, "AllocatedStorage")?)
        .set_auto_minor_version_upgrade(new.auto_minor_version_upgrade)
        .set_availability_zone(new.availability_zone.clone())
        .set_ca_certificate_identifier(new.ca_certificate_identifier.clone())
        .set_copy_tags_to_snapshot(new.copy_tags_to_snapshot)
        .set_db_instance_class(new.db_instance_class.clone())
        .set_db_instance_identifier(new.identifier(cx))
        .set_db_parameter_group_name(group.map(|(group, _)| group))
        .set_db_subnet_group_name(new.db_subnet_group_name.clone())
        .set_database_insights_mode(new.database_insights_mode.as_deref().map(DatabaseInsightsMode::from))
        .set_deletion_protection(new.deletion_protection)
        .set_enable_cloudwatch_logs_exports(new.enable_cloudwatch_logs_exports.clone())
        .set_enable_iam_database_authentication(new.enable_iam_database_authentication)
        .set_enable_performance_insights(new.enable_performance_insights)
        .set_iops(new.iops)
        .set_kms_key_id(new.kms_key_id.clone())
        .set_max_allocated_storage(new.max_allocated_storage)
        .set_monitoring_interval(new.monitoring_interval)
        .set_monitoring_role_arn(new.monitoring_role_arn.clone())
        .set_multi_az(new.multi_az)
        .set_network_type(new.network_type.clone())
        .set_option_group_name(new.option_group_name.clone())
        .set_performance_insights_kms_key_id(new.performance_insights_kms_key_id.clone())
        .set_performance_insights_retention_period(new.performance_insights_retention_period)
        .set_port(number(&new.port, "Port")?)
        .set_publicly_accessible(new.publicly_accessible)
        .set_storage_throughput(new.storage_throughput)
        .set_storage_type(new.storage_type.clone())
        .set_tags(Some(cx.tags(&new.tags, tag)))
        .set_vpc_security_group_ids(new.vpc_security_groups.clone())
        .send()
        .await?;
    required(replica.db_instance, "DBInstance")
}

/// The engines whose replicas in another region take a parameter group when they are made, by the start of a group's
/// family: otherwise such a replica gets the default group, and fails where that contradicts its source for good, as in
/// the case of names. For other engines, and for RDS Custom, the call is refused.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html>
/// <https://github.com/hashicorp/terraform-provider-aws/issues/38056>
const WITH_GROUP: [&str; 3] = ["db2-", "mysql", "oracle-"];

/// Returns the parameter group with which a replica is created, and its family; `None` if it is set afterwards.
async fn group_of_replica(new: &DbInstance, source: &str, cx: &Context) -> Result<Option<(String, String)>> {
    let region = source.starts_with("arn:").then(|| source.split(':').nth(3)).flatten();
    let is_elsewhere = region.is_some_and(|region| region != cx.region());
    let Some(group) = new.db_parameter_group_name.clone().filter(|_| is_elsewhere) else { return Ok(None) };
    let described = cx.rds.describe_db_parameter_groups().db_parameter_group_name(&group).send().await?;
    let described = single(described.db_parameter_groups, &group)?;
    let family = required(described.db_parameter_group_family, "DBParameterGroupFamily")?;
    Ok(WITH_GROUP.iter().any(|start| family.starts_with(start)).then_some((group, family)))
}

/// The size to set together with the other storage settings after the restore of a SQL Server database, which takes
/// nothing about storage; `None` if none is set. RDS makes no volume smaller.
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds>: `Translator` of an instance
async fn storage_of_sql_server(new: &DbInstance, cx: &Context, id: &str) -> Result<Option<i32>> {
    let size = number(&new.allocated_storage, "AllocatedStorage")?;
    if size.is_none() && new.iops.is_none() && new.storage_throughput.is_none() && new.storage_type.is_none() {
        return Ok(None);
    }
    let live = describe(cx, id).await?;
    let of_sql_server = live.engine().is_some_and(|engine| engine.contains("sqlserver"));
    Ok(size.max(live.allocated_storage()).filter(|_| of_sql_server))
}

/// Sets what neither a restore nor the creation of a replica takes. RDS refuses it until the
/// database is available, so that it is repeated until then.
pub(super) async fn finish(new: &DbInstance, cx: &Context, id: &str) -> Result<()> {
    let (is_replica, is_restored) = (new.source_db_instance_identifier.is_some(), new.db_snapshot_identifier.is_some());
    let version = match new.engine_version.clone().filter(|_| is_replica || is_restored) {
        Some(wanted) => modify::asked_version(wanted, new, &describe(cx, id).await?)?,
        None => None,
    };
    let asks_for_version = version.is_some();
    let storage = if is_restored { storage_of_sql_server(new, cx, id).await? } else { None };
    let group = match &new.source_db_instance_identifier {
        Some(source) if group_of_replica(new, source, cx).await?.is_none() => new.db_parameter_group_name.clone(),
        _ => None,
    };
    let finished = cx
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .set_allow_major_version_upgrade(version.as_ref().map(|_| new.allow_major_version_upgrade.unwrap_or(true)))
        .set_engine_version(version)
        .set_preferred_maintenance_window(
            new.preferred_maintenance_window.clone().filter(|_| is_replica || is_restored),
        )
        .set_backup_retention_period(new.backup_retention_period.filter(|_| is_replica))
        .set_preferred_backup_window(new.preferred_backup_window.clone().filter(|_| is_replica))
        .set_db_parameter_group_name(group.clone())
        // A replica is made without it, whatever its create call says.
        // <https://github.com/hashicorp/terraform-provider-aws/issues/13666>
        .set_deletion_protection(new.deletion_protection.filter(|protects| *protects && is_replica))
        .set_manage_master_user_password(new.manage_master_user_password.filter(|_| is_replica))
        .set_master_user_secret_kms_key_id(new.secret_key().filter(|_| is_replica))
        .set_database_insights_mode(
            new.database_insights_mode.as_deref().map(DatabaseInsightsMode::from).filter(|_| is_restored),
        )
        .set_enable_performance_insights(new.enable_performance_insights.filter(|_| is_restored))
        .set_performance_insights_kms_key_id(new.performance_insights_kms_key_id.clone().filter(|_| is_restored))
        .set_performance_insights_retention_period(new.performance_insights_retention_period.filter(|_| is_restored))
        .set_max_allocated_storage(new.max_allocated_storage.filter(|_| is_restored))
        .set_monitoring_interval(new.monitoring_interval.filter(|_| is_restored))
        .set_monitoring_role_arn(new.monitoring_role_arn.clone().filter(|_| is_restored));
    let finished = match storage {
        Some(size) => finished
            .allocated_storage(size)
            .set_iops(new.iops)
            .set_storage_throughput(new.storage_throughput)
            .set_storage_type(new.storage_type.clone()),
        None => finished,
    };
    let nothing = cx.rds.modify_db_instance().db_instance_identifier(id);
    if finished.as_input() == nothing.as_input() {
        return Ok(());
    }
    if asks_for_version {
        status::remember(cx, id).await;
    }
    finished.apply_immediately(true).send().await?;
    if let Some(group) = group {
        cx.memory.of::<ParameterChanges>().group_changed(id, &group);
    }
    Ok(())
}
