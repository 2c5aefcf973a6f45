//! `AWS::RDS::DBInstance`

mod create;
mod delete;
mod live;
mod modify;
mod reboot;
mod status;
mod storage;
mod version;

use aws_sdk_rds::operation::modify_db_instance::ModifyDBInstanceError;
use aws_sdk_rds::types::DbInstance as Live;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Status};
use serde::{Deserialize, Serialize};

use super::parameter_changes::ParameterChanges;
use super::retag;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, required, single};
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
    #[serde(rename = "DBClusterIdentifier")]
    db_cluster_identifier: Option<String>,
    #[serde(rename = "DBInstanceClass")]
    db_instance_class: Option<String>,
    #[serde(rename = "DBInstanceIdentifier")]
    db_instance_identifier: Option<String>,
    #[serde(rename = "DBName")]
    db_name: Option<String>,
    #[serde(rename = "DBParameterGroupName")]
    db_parameter_group_name: Option<String>,
    #[serde(rename = "DBSnapshotIdentifier")]
    db_snapshot_identifier: Option<String>,
    #[serde(rename = "DBSubnetGroupName")]
    db_subnet_group_name: Option<String>,
    database_insights_mode: Option<String>,
    delete_automated_backups: Option<bool>,
    deletion_protection: Option<bool>,
    enable_cloudwatch_logs_exports: Option<Vec<String>>,
    #[serde(rename = "EnableIAMDatabaseAuthentication")]
    enable_iam_database_authentication: Option<bool>,
    enable_performance_insights: Option<bool>,
    engine: Option<String>,
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
    option_group_name: Option<String>,
    #[serde(rename = "PerformanceInsightsKMSKeyId")]
    performance_insights_kms_key_id: Option<String>,
    performance_insights_retention_period: Option<i32>,
    port: Option<String>,
    preferred_backup_window: Option<String>,
    preferred_maintenance_window: Option<String>,
    promotion_tier: Option<i32>,
    publicly_accessible: Option<bool>,
    #[serde(rename = "SourceDBInstanceIdentifier")]
    source_db_instance_identifier: Option<String>,
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

    const ERRORS: &'static [Meaning] = &[
        // "… the previous storage change is being optimized": as other engines do, it is asked for again.
        // <https://github.com/hashicorp/terraform-provider-aws>: `dbInstanceModify`
        Meaning::of::<ModifyDBInstanceError>("", "previous storage change is being optimized", ErrorClass::Conflict),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let instance = create::create(self, cx).await?;
        let outputs = live::outputs(&instance);
        let id = required(instance.db_instance_identifier, "DBInstanceIdentifier")?;
        // What is known of another one that had the identifier.
        cx.memory.of::<ParameterChanges>().forget(&id);
        Ok(Accepted { id, outputs, ..Accepted::default() })
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let Some(old) = changes.old else { return create::finish(changes.new, cx, id).await };
        let untagged = |instance: &Self| Self { tags: Tags::default(), ..instance.clone() };
        let changed = async {
            if untagged(old) != untagged(changes.new) {
                modify::modify(changes, cx, id).await?;
            }
            if cx.is_incomplete { reboot::of_changed_group(changes.new, cx, id).await } else { Ok(()) }
        };
        if let Err(error) = changed.await {
            return Err(status::patient(error, cx, id).await);
        }
        retag(changes, cx, &cx.arn("rds", &format!("db:{id}"))).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let instance = describe(cx, &known.id).await?;
        let at_once = known.last.applies_at_once();
        let (readiness, outputs) = (status::readiness(&instance, &known.last), live::outputs(&instance));
        let instance = if at_once { instance } else { live::as_scheduled(instance) };
        Ok(Found { properties: live::read(instance, &known.last), outputs, readiness })
    }

    async fn status(cx: &Context, known: &Known<Self>) -> Result<Status> {
        let Some(instance) = describe(cx, &known.id).await.or_none()? else { return Ok(Status::Gone) };
        status::status(cx, &instance, known).await
    }

    /// A database that no run has seen ready is rebooted where its parameters wait for that: its deploy has not ended.
    async fn advance(cx: &Context, known: &Known<Self>) -> Result<Status> {
        let Some(instance) = describe(cx, &known.id).await.or_none()? else { return Ok(Status::Gone) };
        match status::status(cx, &instance, known).await? {
            Status::Ready(outputs) => match reboot::first(cx, &instance, &known.id).await? {
                Some(state) => Ok(Status::Pending(state)),
                None => Ok(Status::Ready(outputs)),
            },
            status => Ok(status),
        }
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        delete::delete(cx, known).await
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
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

    /// Changes apply at once unless the program says otherwise, as with CloudFormation.
    fn applies_at_once(&self) -> bool {
        self.apply_immediately.unwrap_or(true)
    }
}

async fn describe(cx: &Context, id: &str) -> Result<Live> {
    let described = cx.rds.describe_db_instances().db_instance_identifier(id).send().await?;
    single(described.db_instances, id)
}

/// CloudFormation writes some numbers as text.
fn number(text: &Option<String>, property: &str) -> Result<Option<i32>> {
    let parse = |text: &String| {
        text.parse().map_err(|_| Error::invalid(format!("{property} has to be a number, but is `{text}`")))
    };
    text.as_ref().map(parse).transpose()
}
