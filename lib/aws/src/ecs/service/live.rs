//! The properties of a service, as they are read and as they are changed.

use aws_sdk_ecs::operation::update_service::builders::UpdateServiceInputBuilder;
use aws_sdk_ecs::types::{self as sdk, AvailabilityZoneRebalancing, PropagateTags};

use super::Service;
use super::parts::{MetricConfiguration, MonitoringConfiguration, NetworkConfiguration, ServiceConnectConfiguration};
use crate::ecs::{name_of, read_tags};
use crate::error::Result;
use crate::handler;
use crate::mirror::{Mirror, as_declared};

/// The changes to send, without the count. UpdateService leaves alone what is left out, so what was declared and is no
/// longer goes back to AWS's default.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
pub(super) fn update(old: &Service, new: &Service) -> Result<UpdateServiceInputBuilder> {
    /// The new value of a property that differs, in the form of the SDK; `default` where it is not declared any more.
    fn changed<T, S>(old: &Option<T>, new: &Option<T>, default: Option<S>) -> Result<Option<S>>
    where
        T: Mirror<S> + PartialEq,
    {
        if old == new {
            return Ok(None);
        }
        Ok(new.to_sdk()?.or(default))
    }
    macro_rules! changed {
        ($property:ident, $default:expr) => {
            changed(&old.$property, &new.$property, $default)?
        };
    }
    let deployment = (old.deployment_configuration != new.deployment_configuration).then(|| {
        let of = |service: &Service| service.deployment_configuration.clone().unwrap_or_default();
        of(new).after(&of(old), new.is_daemon())
    });
    let forced = new.force_new_deployment.as_ref().filter(|it| it.enable_force_new_deployment);
    let forced = forced.filter(|_| old.force_new_deployment != new.force_new_deployment).map(|_| true);
    let monitoring = match (&old.monitoring, &new.monitoring) {
        (Some(old), None) => Some(as_by_default(old).to_sdk()?),
        _ => changed!(monitoring, None),
    };
    let connect = match (&old.service_connect_configuration, &new.service_connect_configuration) {
        (Some(_), None) => Some(ServiceConnectConfiguration::default().to_sdk()?),
        _ => changed!(service_connect_configuration, None),
    };
    Ok(UpdateServiceInputBuilder::default()
        .set_availability_zone_rebalancing(changed!(
            availability_zone_rebalancing,
            Some(AvailabilityZoneRebalancing::Enabled)
        ))
        .set_capacity_provider_strategy(changed!(capacity_provider_strategy, Some(Vec::new())))
        .set_deployment_configuration(deployment.transpose()?)
        .set_enable_ecs_managed_tags(changed!(enable_ecs_managed_tags, Some(false)))
        .set_enable_execute_command(changed!(enable_execute_command, Some(false)))
        .set_force_new_deployment(forced)
        .set_health_check_grace_period_seconds(changed!(health_check_grace_period_seconds, Some(0)))
        .set_load_balancers(changed!(load_balancers, Some(Vec::new())))
        .set_monitoring(monitoring)
        .set_network_configuration(changed!(network_configuration, None))
        .set_placement_constraints(changed!(placement_constraints, Some(Vec::new())))
        .set_placement_strategy(changed!(placement_strategies, Some(Vec::new())))
        .set_platform_version(changed!(platform_version, Some("LATEST".to_owned())))
        .set_propagate_tags(changed!(propagate_tags, Some(PropagateTags::None)))
        .set_service_connect_configuration(connect)
        .set_service_registries(changed!(service_registries, Some(Vec::new())))
        .set_task_definition(changed!(task_definition, None))
        .set_volume_configurations(changed!(volume_configurations, Some(Vec::new())))
        .set_vpc_lattice_configurations(changed!(vpc_lattice_configurations, Some(Vec::new()))))
}

/// Returns whether there is nothing to send.
pub(super) fn is_empty(update: &UpdateServiceInputBuilder) -> bool {
    *update == UpdateServiceInputBuilder::default()
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_MonitoringConfiguration.html>
fn as_by_default(monitoring: &MonitoringConfiguration) -> MonitoringConfiguration {
    let by_default = |metric: &MetricConfiguration| MetricConfiguration { resolution_seconds: 60, ..metric.clone() };
    MonitoringConfiguration { metric_configurations: monitoring.metric_configurations.iter().map(by_default).collect() }
}

/// The properties as they would be declared. What ECS does not return of a service is as it was declared last.
pub(super) fn properties(live: sdk::Service, last: &Service) -> Service {
    let primary = live.deployments.unwrap_or_default().into_iter().find(|it| it.status() == Some("PRIMARY"));
    let lattice = primary.and_then(|deployment| deployment.vpc_lattice_configurations);
    let propagate_tags: Option<String> = Mirror::of(live.propagate_tags);
    Service {
        availability_zone_rebalancing: Mirror::of(live.availability_zone_rebalancing),
        capacity_provider_strategy: as_declared(
            &last.capacity_provider_strategy,
            Mirror::of(live.capacity_provider_strategy),
        ),
        cluster: live.cluster_arn.map(|arn| cluster(last, arn)),
        deployment_configuration: as_declared(
            &last.deployment_configuration,
            Mirror::of(live.deployment_configuration),
        ),
        deployment_controller: Mirror::of(live.deployment_controller),
        desired_count: Some(live.desired_count),
        enable_ecs_managed_tags: Some(live.enable_ecs_managed_tags),
        enable_execute_command: Some(live.enable_execute_command),
        force_new_deployment: last.force_new_deployment.clone(),
        health_check_grace_period_seconds: live.health_check_grace_period_seconds,
        launch_type: Mirror::of(live.launch_type),
        load_balancers: as_declared(&last.load_balancers, Mirror::of(live.load_balancers)),
        monitoring: last.monitoring.clone(),
        network_configuration: network(last, Mirror::of(live.network_configuration)),
        placement_constraints: as_declared(&last.placement_constraints, Mirror::of(live.placement_constraints)),
        // Their order means something.
        placement_strategies: Mirror::of(live.placement_strategy),
        platform_version: live.platform_version,
        // `NONE` is how ECS says that none is declared.
        propagate_tags: propagate_tags.filter(|it| it != "NONE"),
        role: role(last, live.role_arn),
        scheduling_strategy: Mirror::of(live.scheduling_strategy),
        service_connect_configuration: last.service_connect_configuration.clone(),
        service_name: live.service_name,
        service_registries: as_declared(&last.service_registries, Mirror::of(live.service_registries)),
        tags: read_tags(live.tags),
        task_definition: live.task_definition.map(|arn| revision(last, arn)),
        volume_configurations: last.volume_configurations.clone(),
        vpc_lattice_configurations: as_declared(&last.vpc_lattice_configurations, Mirror::of(lattice)),
    }
}

/// The cluster as it is declared, by its name or its ARN.
fn cluster(last: &Service, arn: String) -> String {
    let declared = last.cluster.as_ref().filter(|declared| name_of(declared) == name_of(&arn));
    declared.cloned().unwrap_or(arn)
}

/// The task definition as it is declared: by its ARN, its family and revision, or its family alone.
fn revision(last: &Service, arn: String) -> String {
    let declared = last.task_definition.as_ref().filter(|declared| is_of(declared, &arn));
    declared.cloned().unwrap_or(arn)
}

/// Returns whether a declared task definition may be the one with this ARN.
pub(super) fn is_of(declared: &str, arn: &str) -> bool {
    let name = name_of(arn);
    let (declared, family) = (name_of(declared), name.split(':').next().unwrap_or(name));
    declared == name || declared == family
}

/// The role for a load balancer, which is the service-linked one where none is declared.
fn role(last: &Service, arn: Option<String>) -> Option<String> {
    let (declared, arn) = (last.role.as_ref()?, arn?);
    Some(if name_of(declared) == name_of(&arn) { declared.clone() } else { arn })
}

/// Subnets and security groups are sets.
fn network(last: &Service, live: Option<NetworkConfiguration>) -> Option<NetworkConfiguration> {
    let declared = last.network_configuration.clone().and_then(|network| network.awsvpc_configuration);
    let (mut live, declared) = (live?, declared.unwrap_or_default());
    if let Some(network) = &mut live.awsvpc_configuration {
        network.subnets = handler::as_declared(&declared.subnets, network.subnets.take().unwrap_or_default());
        network.security_groups =
            handler::as_declared(&declared.security_groups, network.security_groups.take().unwrap_or_default());
    }
    Some(as_declared(&last.network_configuration, Some(live.clone())).unwrap_or(live))
}
