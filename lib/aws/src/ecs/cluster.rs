//! `AWS::ECS::Cluster`

use aws_sdk_ecs::operation::create_cluster::CreateClusterError;
use aws_sdk_ecs::operation::delete_cluster::DeleteClusterError;
use aws_sdk_ecs::operation::put_cluster_capacity_providers::PutClusterCapacityProvidersError;
use aws_sdk_ecs::operation::update_cluster::UpdateClusterError;
use aws_sdk_ecs::types::{
    Cluster as Live, ClusterConfiguration as LiveConfiguration, ClusterServiceConnectDefaultsRequest,
    ClusterSetting as LiveSetting, ExecuteCommandConfiguration as LiveExecuteCommand,
    ExecuteCommandLogConfiguration as LiveExecuteCommandLog, ManagedStorageConfiguration as LiveStorage,
};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{CapacityProviderStrategyItem, INACTIVE, cluster, name_of, read_tags, retag, tag};
use crate::error::{Error, Meaning, Result};
use crate::handler::{self, Changes, Context, Found, Handler, Known, Readiness, accepted, required};
use crate::mirror::{Mirror, as_declared, mirror};
use crate::name::NameRules;
use crate::tags::Tags;

/// A group of services and tasks, and what they run on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Cluster {
    capacity_providers: Option<Vec<String>>,
    cluster_name: Option<String>,
    cluster_settings: Option<Vec<ClusterSetting>>,
    configuration: Option<ClusterConfiguration>,
    default_capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    service_connect_defaults: Option<ServiceConnectDefaults>,
    #[serde(default)]
    tags: Tags,
}

/// The namespace of services that name none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ServiceConnectDefaults {
    namespace: Option<String>,
}

mirror! {
    ClusterSetting as LiveSetting {
        opt name set_name: String;
        opt value set_value: String;
    }

    ClusterConfiguration as LiveConfiguration {
        opt execute_command_configuration set_execute_command_configuration: ExecuteCommandConfiguration;
        opt managed_storage_configuration set_managed_storage_configuration: ManagedStorageConfiguration;
    }

    ExecuteCommandConfiguration as LiveExecuteCommand {
        opt kms_key_id set_kms_key_id: String;
        opt log_configuration set_log_configuration: ExecuteCommandLogConfiguration;
        opt logging set_logging: String;
    }

    ExecuteCommandLogConfiguration as LiveExecuteCommandLog {
        got cloud_watch_encryption_enabled set_cloud_watch_encryption_enabled: bool;
        opt cloud_watch_log_group_name set_cloud_watch_log_group_name: String;
        opt s3_bucket_name set_s3_bucket_name: String;
        got s3_encryption_enabled set_s3_encryption_enabled: bool;
        opt s3_key_prefix set_s3_key_prefix: String;
    }

    ManagedStorageConfiguration as LiveStorage {
        opt fargate_ephemeral_storage_kms_key_id set_fargate_ephemeral_storage_kms_key_id: String;
        opt kms_key_id set_kms_key_id: String;
    }
}

impl Handler for Cluster {
    const TYPE: &'static str = "AWS::ECS::Cluster";

    const ERRORS: &'static [Meaning] = &[
        // `Arguments on this idempotent request are inconsistent with arguments used in previous request(s).`
        Meaning::of::<CreateClusterError>("InvalidParameterException", "inconsistent", ErrorClass::AlreadyExists),
        // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html>
        Meaning::of::<DeleteClusterError>("ClusterContainsServicesException", "", ErrorClass::Conflict),
        Meaning::of::<DeleteClusterError>("ClusterContainsTasksException", "", ErrorClass::Conflict),
        Meaning::of::<DeleteClusterError>("ClusterContainsContainerInstancesException", "", ErrorClass::Conflict),
        Meaning::of::<DeleteClusterError>("ClusterContainsCapacityProviderException", "", ErrorClass::Conflict),
        // One change of the capacity providers at a time.
        // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html>
        Meaning::of::<DeleteClusterError>("UpdateInProgressException", "", ErrorClass::Conflict),
        Meaning::of::<UpdateClusterError>("UpdateInProgressException", "", ErrorClass::Conflict),
        Meaning::of::<PutClusterCapacityProvidersError>("UpdateInProgressException", "", ErrorClass::Conflict),
    ];

    /// A cluster of the same name that exists is returned unchanged, whoever made it. One that is inactive is not in
    /// the way.
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/38875>
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let name = self.name(cx);
        let created = cx
            .ecs
            .create_cluster()
            .cluster_name(&name)
            .set_settings(self.cluster_settings.to_sdk()?)
            .set_configuration(self.configuration.to_sdk()?)
            .set_capacity_providers(self.capacity_providers.clone())
            .set_default_capacity_provider_strategy(self.default_capacity_provider_strategy.to_sdk()?)
            .set_service_connect_defaults(self.defaults(None)?)
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await
            .map_err(Error::from);
        let created = created.map_err(|error| match error.class() {
            ErrorClass::AlreadyExists => error.adding(format_args!("there is a cluster {name} with other settings")),
            _ => error,
        })?;
        let arn = required(created.cluster.and_then(|cluster| cluster.cluster_arn), "clusterArn")?;
        Ok(accepted(name_of(&arn), outputs(&arn)))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let new = changes.new;
        let settings = changes.after_create(|cluster| &cluster.cluster_settings);
        let configuration = changes.after_create(|cluster| &cluster.configuration);
        let defaults = changes.after_create(|cluster| &cluster.service_connect_defaults);
        if settings.is_some() || configuration.is_some() || defaults.is_some() {
            let settings = settings.map(|_| new.settings_after(changes.old)).map(|settings| settings.to_sdk());
            let configuration = configuration.map(|new| new.clone().unwrap_or_else(not_configured).to_sdk());
            cx.ecs
                .update_cluster()
                .cluster(id)
                .set_settings(settings.transpose()?)
                .set_configuration(configuration.transpose()?)
                .set_service_connect_defaults(if defaults.is_some() { new.defaults(changes.old)? } else { None })
                .send()
                .await?;
        }
        let providers = changes.after_create(|cluster| &cluster.capacity_providers).is_some()
            || changes.after_create(|cluster| &cluster.default_capacity_provider_strategy).is_some();
        if providers {
            let (providers, strategy) = (&new.capacity_providers, &new.default_capacity_provider_strategy);
            put_providers(cx, id, providers.clone(), strategy.clone()).await?;
        }
        retag(changes, cx, &cx.arn("ecs", &format!("cluster/{id}"))).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let live = cluster(cx, &known.id).await?;
        let last = &known.last;
        let readiness = readiness(&live);
        let arn = required(live.cluster_arn, "clusterArn")?;
        let namespace = live.service_connect_defaults.and_then(|defaults| defaults.namespace);
        let properties = Self {
            capacity_providers: handler::as_declared(
                &last.capacity_providers,
                live.capacity_providers.unwrap_or_default(),
            ),
            cluster_name: live.cluster_name,
            cluster_settings: as_declared(&last.cluster_settings, Mirror::of(live.settings)),
            configuration: as_declared(&last.configuration, Mirror::of(live.configuration)),
            default_capacity_provider_strategy: as_declared(
                &last.default_capacity_provider_strategy,
                Mirror::of(live.default_capacity_provider_strategy),
            ),
            service_connect_defaults: namespace.map(|live| namespaced(last, live)),
            tags: read_tags(live.tags),
        };
        Ok(Found::ready(properties, outputs(&arn)).is(readiness))
    }

    /// The call succeeds for a cluster that is inactive, so it is looked for first.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        if cluster(cx, &known.id).await?.status() == Some("DEPROVISIONING") {
            return Ok(Deletion::Pending);
        }
        let deleted = cx.ecs.delete_cluster().cluster(&known.id).send().await?;
        let is_inactive = deleted.cluster.is_some_and(|cluster| cluster.status() == Some(INACTIVE));
        Ok(if is_inactive { Deletion::Gone } else { Deletion::Pending })
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(self.name(cx))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// Its services, or the tasks that run without one, and the instances that are registered.
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let services = cx.ecs.list_services().cluster(&known.id).max_results(100).send().await?;
        let services = services.service_arns.unwrap_or_default();
        let mut holders: Vec<_> = services.iter().map(|arn| format!("service {}", name_of(arn))).collect();
        if holders.is_empty() {
            let tasks = cx.ecs.list_tasks().cluster(&known.id).max_results(100).send().await?;
            let tasks = tasks.task_arns.unwrap_or_default();
            holders.extend(tasks.iter().map(|arn| format!("task {}", name_of(arn))));
        }
        let instances = cx.ecs.list_container_instances().cluster(&known.id).max_results(100).send().await?;
        let instances = instances.container_instance_arns.unwrap_or_default();
        holders.extend(instances.iter().map(|arn| format!("container instance {}", name_of(arn))));
        Ok(holders)
    }
}

impl Cluster {
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html>
    fn name(&self, cx: &Context) -> String {
        self.cluster_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(255, "_")))
    }

    /// The namespace to set. The empty text takes away what was declared before.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ClusterServiceConnectDefaultsRequest.html>
    fn defaults(&self, old: Option<&Self>) -> Result<Option<ClusterServiceConnectDefaultsRequest>> {
        let declared = |cluster: &Self| cluster.service_connect_defaults.as_ref().and_then(|it| it.namespace.clone());
        let namespace = declared(self).or(old.and_then(declared).map(|_| String::new()));
        let request = |namespace| ClusterServiceConnectDefaultsRequest::builder().namespace(namespace).build();
        Ok(namespace.map(request).transpose()?)
    }

    /// The settings to send: those that are no longer declared go back to their default.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ClusterSetting.html>
    fn settings_after(&self, old: Option<&Self>) -> Vec<ClusterSetting> {
        let settings = self.cluster_settings.clone().unwrap_or_default();
        let old = old.and_then(|old| old.cluster_settings.as_deref()).unwrap_or_default();
        let removed = old.iter().filter(|old| settings.iter().all(|new| new.name != old.name));
        let removed = removed.map(|old| ClusterSetting { value: Some("disabled".to_owned()), ..old.clone() });
        let removed: Vec<_> = removed.collect();
        settings.into_iter().chain(removed).collect()
    }
}

/// The configuration of a cluster for which none is declared.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html>
fn not_configured() -> ClusterConfiguration {
    let logging = Some("DEFAULT".to_owned());
    let command = ExecuteCommandConfiguration { logging, ..ExecuteCommandConfiguration::default() };
    ClusterConfiguration { execute_command_configuration: Some(command), managed_storage_configuration: None }
}

/// ECS returns the ARN of a namespace that is declared by its name.
fn namespaced(last: &Cluster, live: String) -> ServiceConnectDefaults {
    let declared = last.service_connect_defaults.as_ref().and_then(|declared| declared.namespace.as_ref());
    let by_name = declared.filter(|declared| !declared.is_empty() && !declared.starts_with("arn:"));
    ServiceConnectDefaults { namespace: Some(by_name.cloned().unwrap_or(live)) }
}

/// Puts these in the place of the capacity providers that a cluster has. Both lists have to be sent.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html>
pub(super) async fn put_providers(
    cx: &Context,
    cluster: &str,
    providers: Option<Vec<String>>,
    strategy: Option<Vec<CapacityProviderStrategyItem>>,
) -> Result<()> {
    cx.ecs
        .put_cluster_capacity_providers()
        .cluster(cluster)
        .set_capacity_providers(Some(providers.unwrap_or_default()))
        .set_default_capacity_provider_strategy(Some(strategy.unwrap_or_default().to_sdk()?))
        .send()
        .await?;
    Ok(())
}

/// A cluster works while its capacity providers change, and what refers to them does not.
pub(super) fn readiness(cluster: &Live) -> Readiness {
    match (cluster.status().unwrap_or("unknown"), cluster.attachments_status()) {
        ("ACTIVE", Some(state @ "UPDATE_IN_PROGRESS")) => Readiness::Pending(state.to_owned()),
        ("ACTIVE", Some("UPDATE_FAILED")) => {
            Readiness::Failed("its capacity providers could not be updated".to_owned())
        }
        ("FAILED", _) => Readiness::Failed("its capacity providers could not be created".to_owned()),
        (status, _) => Readiness::when(status, "ACTIVE"),
    }
}

fn outputs(arn: &str) -> serde_json::Value {
    json!({"Arn": arn, "ClusterName": name_of(arn)})
}
