//! `AWS::ECS::Service`

mod balancing;
mod live;
mod parts;
mod rollout;
mod scaling;
mod stops;

use aws_sdk_ecs::operation::create_service::CreateServiceError;
use aws_sdk_ecs::operation::delete_service::DeleteServiceError;
use aws_sdk_ecs::types as sdk;
use aws_sdk_ecs::types::ServiceField;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Status};
use parts::{
    DeploymentConfiguration, DeploymentController, ForceNewDeployment, LoadBalancer, MonitoringConfiguration,
    NetworkConfiguration, PlacementConstraint, PlacementStrategy, ServiceConnectConfiguration, ServiceRegistry,
    ServiceVolumeConfiguration, VpcLatticeConfiguration,
};
use rollout::Deployments;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::time::Duration;

use super::{CapacityProviderStrategyItem, INACTIVE, read_tags, retag, tag};
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};
use crate::mirror::Mirror;
use crate::name::NameRules;
use crate::tags::Tags;

/// The most characters of a client token.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
const LONGEST_TOKEN: usize = 36;

/// The time that a service of the same name may take to drain: its tasks stop only when their targets are deregistered,
/// and then have up to two minutes on Fargate.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html>
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html>
const DRAINS: Duration = Duration::from_secs(20 * 60);

/// Tasks that ECS keeps running and replaces by those of another revision, a few at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Service {
    availability_zone_rebalancing: Option<String>,
    capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    cluster: Option<String>,
    deployment_configuration: Option<DeploymentConfiguration>,
    deployment_controller: Option<DeploymentController>,
    desired_count: Option<i32>,
    #[serde(rename = "EnableECSManagedTags")]
    enable_ecs_managed_tags: Option<bool>,
    enable_execute_command: Option<bool>,
    force_new_deployment: Option<ForceNewDeployment>,
    health_check_grace_period_seconds: Option<i32>,
    launch_type: Option<String>,
    load_balancers: Option<Vec<LoadBalancer>>,
    monitoring: Option<MonitoringConfiguration>,
    network_configuration: Option<NetworkConfiguration>,
    placement_constraints: Option<Vec<PlacementConstraint>>,
    placement_strategies: Option<Vec<PlacementStrategy>>,
    platform_version: Option<String>,
    propagate_tags: Option<String>,
    role: Option<String>,
    scheduling_strategy: Option<String>,
    service_connect_configuration: Option<ServiceConnectConfiguration>,
    service_name: Option<String>,
    service_registries: Option<Vec<ServiceRegistry>>,
    #[serde(default)]
    tags: Tags,
    task_definition: Option<String>,
    volume_configurations: Option<Vec<ServiceVolumeConfiguration>>,
    vpc_lattice_configurations: Option<Vec<VpcLatticeConfiguration>>,
}

impl Handler for Service {
    const TYPE: &'static str = "AWS::ECS::Service";

    const ERRORS: &'static [Meaning] = &[
        // There is one of the same name: `Creation of service was not idempotent.`
        // <https://github.com/hashicorp/terraform-provider-aws/issues/23462>
        Meaning::of::<CreateServiceError>("InvalidParameterException", "not idempotent", ErrorClass::AlreadyExists),
        // `Unable to Start a service that is still Draining.`
        // <https://github.com/spinnaker/spinnaker/issues/5476>
        Meaning::of::<CreateServiceError>("InvalidParameterException", "still draining", ErrorClass::Conflict),
        // `The service cannot be stopped while deployments are active.`
        // <https://github.com/hashicorp/terraform-provider-aws>: `resourceServiceDelete`
        Meaning::of::<DeleteServiceError>("InvalidParameterException", "deployments are active", ErrorClass::Conflict),
    ];

    fn validate(&self) -> Result<()> {
        let controller = self.deployment_controller.as_ref().and_then(|it| it.r#type.as_deref()).unwrap_or_default();
        if !matches!(controller, "" | "ECS") {
            return Err(Error::invalid(format!(
                "the deployment controller `{controller}` is not supported, since it brings new tasks with calls of its \
                 own: declare `ECS`, or none"
            )));
        }
        let strategy = self.deployment_configuration.as_ref().and_then(|it| it.strategy.as_deref());
        match strategy.unwrap_or_default() {
            "" | "ROLLING" => Ok(()),
            strategy => Err(Error::invalid(format!(
                "the deployment strategy `{strategy}` is not supported: declare `ROLLING`, or none"
            ))),
        }
    }

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let name = self.name(cx);
        let token: String = cx.token.chars().take(LONGEST_TOKEN).collect();
        let created = cx
            .ecs
            .create_service()
            .service_name(&name)
            .client_token(token)
            .set_availability_zone_rebalancing(self.availability_zone_rebalancing.to_sdk()?)
            .set_capacity_provider_strategy(self.capacity_provider_strategy.to_sdk()?)
            .set_cluster(self.cluster.clone())
            .set_deployment_configuration(self.deployment_configuration.to_sdk()?)
            .set_deployment_controller(self.deployment_controller.to_sdk()?)
            .set_desired_count(self.desired_count)
            .set_enable_ecs_managed_tags(self.enable_ecs_managed_tags)
            .set_enable_execute_command(self.enable_execute_command)
            .set_health_check_grace_period_seconds(self.health_check_grace_period_seconds)
            .set_launch_type(self.launch_type.to_sdk()?)
            .set_load_balancers(self.load_balancers.to_sdk()?)
            .set_monitoring(self.monitoring.to_sdk()?)
            .set_network_configuration(self.network_configuration.to_sdk()?)
            .set_placement_constraints(self.placement_constraints.to_sdk()?)
            .set_placement_strategy(self.placement_strategies.to_sdk()?)
            .set_platform_version(self.platform_version.clone())
            .set_propagate_tags(self.propagate_tags.to_sdk()?)
            .set_role(self.role.clone())
            .set_scheduling_strategy(self.scheduling_strategy.to_sdk()?)
            .set_service_connect_configuration(self.service_connect_configuration.to_sdk()?)
            .set_service_registries(self.service_registries.to_sdk()?)
            .set_task_definition(self.task_definition.clone())
            .set_volume_configurations(self.volume_configurations.to_sdk()?)
            .set_vpc_lattice_configurations(self.vpc_lattice_configurations.to_sdk()?)
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await
            .map_err(Error::from);
        let service = match created {
            Ok(created) => required(created.service, "service")?,
            Err(error) => return Err(self.explained(cx, error).await),
        };
        cx.memory.of::<Deployments>().remember(&service);
        let (arn, cluster) = (service.service_arn.clone(), service.cluster_arn.clone());
        let (arn, cluster) = (required(arn, "serviceArn")?, required(cluster, "clusterArn")?);
        Ok(accepted(format!("{arn}|{cluster}"), outputs(&arn)))
    }

    /// Sends what differs and nothing else: a call that states a task definition, network, load balancers or the like
    /// again may begin another deployment.
    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let [arn, cluster] = parts(id)?;
        let Some(old) = changes.old else { return Ok(()) };
        let new = changes.new;
        let settings = |service: &Self| Self { tags: Tags::default(), service_name: None, ..service.clone() };
        if settings(old) != settings(new) {
            let desired_count = scaling::desired_count(changes, cx, arn).await?;
            let update = live::update(old, new)?.set_desired_count(desired_count);
            if !live::is_empty(&update) {
                let updated = update.cluster(cluster).service(arn).send_with(&cx.ecs).await.map_err(Error::from);
                match updated {
                    Ok(updated) => cx.memory.of::<Deployments>().remember(&required(updated.service, "service")?),
                    Err(error) => return Err(new.explained(cx, error).await),
                }
            }
        }
        retag(changes, cx, arn).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [arn, cluster] = parts(&known.id)?;
        let live = describe(cx, cluster, arn).await?;
        let mut properties = live::properties(live, &known.last);
        properties.desired_count =
            scaling::as_declared(cx, arn, known.last.desired_count, properties.desired_count).await?;
        Ok(Found::ready(properties, outputs(arn)))
    }

    async fn status(cx: &Context, known: &Known<Self>) -> Result<Status> {
        let [arn, cluster] = parts(&known.id)?;
        let Some(service) = describe(cx, cluster, arn).await.or_none()? else { return Ok(Status::Gone) };
        match rollout::status(cx, cluster, &service, &known.last).await? {
            None => Ok(Status::Ready(accepted("", outputs(arn)).outputs)),
            Some(status) => Ok(status),
        }
    }

    /// Stops all tasks, too. The service drains then, for minutes where its targets are deregistered.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [arn, cluster] = parts(&known.id)?;
        if describe(cx, cluster, arn).await?.status() != Some(DRAINING) {
            cx.ecs.delete_service().cluster(cluster).service(arn).force(true).send().await?;
        }
        Ok(Deletion::Pending)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// The service of this name, where it carries the token of this creation.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let cluster = self.cluster.as_deref().unwrap_or("default");
        let Some(service) = describe(cx, cluster, &self.name(cx)).await.or_none()? else { return Ok(Vec::new()) };
        let is_ours = read_tags(service.tags).token() == Some(cx.token.as_str());
        let id = || Some(format!("{}|{}", service.service_arn?, service.cluster_arn?));
        Ok(if is_ours { id().into_iter().collect() } else { Vec::new() })
    }
}

/// The state of a service that was deleted and whose tasks still run.
const DRAINING: &str = "DRAINING";

/// A service that is not deleted, by its name or ARN. It can be described for a while after that, and another one can
/// have its name then.
async fn describe(cx: &Context, cluster: &str, service: &str) -> Result<sdk::Service> {
    let call = cx.ecs.describe_services().cluster(cluster).services(service).include(ServiceField::Tags);
    let described = call.send().await?;
    let found = described.services.unwrap_or_default().into_iter().find(|live| live.status() != Some(INACTIVE));
    found.ok_or_else(|| Error::not_found(format!("the service {service}")))
}

/// The ARN of a service and its cluster.
fn parts(id: &str) -> Result<[&str; 2]> {
    let parts = id.split_once('|').map(|(arn, cluster)| [arn, cluster]);
    parts.ok_or_else(|| {
        Error::invalid(format!(
            "the identifier `{id}` is not that of a service: its ARN and its cluster, joined by `|`"
        ))
    })
}

fn outputs(arn: &str) -> Json {
    json!({"ServiceArn": arn, "Name": super::name_of(arn)})
}

impl Service {
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
    fn name(&self, cx: &Context) -> String {
        self.service_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(255, "_")))
    }

    fn is_daemon(&self) -> bool {
        self.scheduling_strategy.as_deref() == Some("DAEMON")
    }

    /// The error of a call that makes or changes this service, with what ECS does not say of it.
    async fn explained(&self, cx: &Context, error: Error) -> Error {
        let message = error.message().to_ascii_lowercase();
        if message.contains("still draining") {
            return error.patient_for(DRAINS);
        }
        if message.contains("not idempotent") {
            let name = self.name(cx);
            return error.adding(format_args!("there is a service {name} already, with other settings"));
        }
        if message.contains("does not have an associated load balancer") {
            return balancing::unassociated(cx, self.load_balancers.as_deref().unwrap_or_default(), error).await;
        }
        // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids>
        if message.contains("arn and resource id format must be enabled") {
            return error.adding(
                "services of the earlier ARN format take no tags, and so cannot be told from those of others: set the \
                 account setting `serviceLongArnFormat` to `enabled`",
            );
        }
        error
    }
}
