//! The parts of a service, and the checks of its settings.

use groundplan_core::{Code, Diagnostic, Handle, Input, OneOf, Scope};
use groundplan_resources::cloudwatch::AlarmName;
use groundplan_resources::ec2::SecurityGroupId;
use groundplan_resources::ecs;
use groundplan_resources::ecs::service::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, CapacityProviderStrategyItem, DeploymentAlarms,
    DeploymentAlarmsArgs, DeploymentCircuitBreaker, DeploymentCircuitBreakerArgs, DeploymentConfiguration,
    LoadBalancer, NetworkConfiguration, PropagateTags, ServiceRegistry,
};
use groundplan_resources::elasticloadbalancingv2::listener_rule::{Action, Type};
use groundplan_resources::elasticloadbalancingv2::{ListenerRule, TargetGroup};
use groundplan_resources::servicediscovery;
use groundplan_resources::servicediscovery::service::{
    DnsConfig, DnsRecord, DnsRecordArgs, DnsRecordType, HealthCheckCustomConfig, RoutingPolicy,
};

use super::cluster::EcsClusterRef;
use super::scaling::{Balanced, Scaled, Scaling, ScalingHandle};
use super::service_handle::FargateServiceHandle;
use super::target::Target;
use super::task_definition::TaskDefinitionHandle;
use crate::edge::{ApplicationLoadBalancerRef, Route};
use crate::network::{Port, SecurityGroup, SecurityGroupHandle, Visibility};

/// The number of target groups that a service can have.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html>
const TARGET_GROUPS: usize = 5;

/// The time in seconds for which others can keep the addresses of the tasks.
const DISCOVERY_TTL: u16 = 10;

/// The settings of a service of any kind.
pub(super) struct Settings {
    pub(super) cluster: EcsClusterRef,
    pub(super) name: Option<String>,
    pub(super) public: bool,
    pub(super) outbound: bool,
    pub(super) desired_count: u32,
    pub(super) minimum_percent: u16,
    pub(super) maximum_percent: u16,
    pub(super) circuit_breaker: bool,
    pub(super) rollback: bool,
    pub(super) alarms: Vec<Input<AlarmName>>,
    pub(super) exec: bool,
    pub(super) spot: Option<Spot>,
    pub(super) platform_version: String,
    pub(super) routes: Vec<(ApplicationLoadBalancerRef, Route, Target)>,
    pub(super) scaling: Option<Scaling>,
    pub(super) discovery_name: Option<String>,
}

/// A share of the tasks on Fargate Spot, beside those that run on Fargate in any case.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) percent: u8,
    pub(super) on_demand: u32,
}

/// A route of a service, and what it consists of.
struct Routed {
    target_group: Handle<TargetGroup>,
    rule: Handle<ListenerRule>,
    full_name: Option<Input<String>>,
}

impl Settings {
    pub(super) fn new(cluster: EcsClusterRef, desired_count: u32, (minimum, maximum): (u16, u16)) -> Self {
        Self {
            cluster,
            name: None,
            public: false,
            outbound: true,
            desired_count,
            minimum_percent: minimum,
            maximum_percent: maximum,
            circuit_breaker: true,
            rollback: true,
            alarms: Vec::new(),
            exec: false,
            spot: None,
            platform_version: "LATEST".to_owned(),
            routes: Vec::new(),
            scaling: None,
            discovery_name: None,
        }
    }

    /// Adds the service that runs this task.
    pub(super) fn add(self, scope: &Scope, task: TaskDefinitionHandle) -> FargateServiceHandle {
        self.check(scope, &task);
        if self.exec {
            self.cluster.grant_sessions(&task);
        }
        let security_group = self.add_security_group(scope);
        let routed = self.add_routes(scope, &task);
        let discovery = self.add_discovery(scope);
        let service = self.add_service(scope, &task, &security_group, &routed, discovery.as_ref());
        let scaling = self.add_scaling(scope, &service, &routed);
        let namespace = self.cluster.known_namespace().map(|namespace| &namespace.domain);
        let discovery_name =
            self.discovery_name.as_ref().zip(namespace).map(|(name, domain)| format!("{name}.{domain}"));
        let (target_groups, rules) = routed.into_iter().map(|routed| (routed.target_group, routed.rule)).unzip();
        FargateServiceHandle { service, task, security_group, target_groups, rules, scaling, discovery, discovery_name }
    }

    /// Adds the group of the tasks, which admits the load balancers.
    fn add_security_group(&self, scope: &Scope) -> SecurityGroupHandle {
        let label = format!("{} {}: tasks", scope.app_name(), scope.path().name());
        let group = SecurityGroup::new(self.cluster.vpc(), label);
        let group = if self.outbound { group } else { group.no_outbound() };
        let group = scope.add("security-group", group);
        let mut admitted: Vec<(Input<SecurityGroupId>, u16)> = Vec::new();
        for (balancer, _, target) in &self.routes {
            for port in target.ports() {
                let pair = (balancer.security_group().id(), port);
                if !admitted.contains(&pair) {
                    group.allow_from(balancer.security_group(), Port::tcp(port));
                    admitted.push(pair);
                }
            }
        }
        group
    }

    fn add_routes(&self, scope: &Scope, task: &TaskDefinitionHandle) -> Vec<Routed> {
        let routes = self.routes.iter().enumerate().map(|(at, (balancer, route, target))| {
            let suffix = if at == 0 { String::new() } else { format!("-{}", at + 1) };
            let target_group = target.add(scope, &format!("target{suffix}"), self.cluster.vpc(), task);
            let forward = Action::new(Type::FORWARD).target_group_arn(&target_group);
            let rule = balancer.add_rule(scope, &format!("rule{suffix}"), route, forward);
            Routed { target_group, rule, full_name: balancer.known_full_name().cloned() }
        });
        routes.collect()
    }

    /// Adds the entry of the service in the namespace of its cluster: the addresses of its tasks.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html>
    fn add_discovery(&self, scope: &Scope) -> Option<Handle<servicediscovery::Service>> {
        let name = self.discovery_name.as_ref()?;
        let Some(namespace) = self.cluster.known_namespace() else {
            scope.report(
                Diagnostic::error(Code::NoNamespace, "the cluster of the service has no namespace")
                    .got(format!("the name `{name}`"))
                    .help("declare it with `namespace(…)` at the cluster, or at the reference to it"),
            );
            return None;
        };
        let record = DnsRecord::new(DnsRecordArgs { ttl: DISCOVERY_TTL, type_: DnsRecordType::A });
        let entry = servicediscovery::Service::new()
            .name(name)
            .namespace_id(namespace.id.clone())
            .dns_config(DnsConfig::new([record]).routing_policy(RoutingPolicy::MULTIVALUE))
            .health_check_custom_config(HealthCheckCustomConfig::new().failure_threshold(1));
        Some(scope.add("discovery", entry))
    }

    fn add_service(
        &self,
        scope: &Scope,
        task: &TaskDefinitionHandle,
        group: &SecurityGroupHandle,
        routed: &[Routed],
        discovery: Option<&Handle<servicediscovery::Service>>,
    ) -> Handle<ecs::Service> {
        let (visibility, address) = if self.public {
            (Visibility::Public, AssignPublicIp::ENABLED)
        } else {
            (Visibility::Private, AssignPublicIp::DISABLED)
        };
        let vpc = self.cluster.vpc();
        let network = AwsVpcConfiguration::new()
            .subnets(vpc.subnets(scope, visibility, "a Fargate service"))
            .security_groups([group.id()])
            .assign_public_ip(address);
        let mut service = ecs::Service::new()
            .service_name(self.name.clone())
            .cluster(self.cluster.name())
            .task_definition(&task.definition)
            .desired_count(self.scaling.as_ref().map_or(self.desired_count, Scaling::first))
            .capacity_provider_strategy(self.capacity())
            .platform_version(self.platform_version.clone())
            .network_configuration(NetworkConfiguration::new().awsvpc_configuration(network))
            .deployment_configuration(self.deployment())
            .availability_zone_rebalancing(self.rebalancing())
            .enable_execute_command(self.exec)
            .enable_ecs_managed_tags(true)
            .propagate_tags(PropagateTags::SERVICE);
        if let Some(grace) = self.routes.iter().map(|(.., target)| target.grace_period()).max() {
            service =
                service.health_check_grace_period_seconds(grace).load_balancers(self.load_balancers(task, routed));
        }
        if let Some(discovery) = discovery {
            service = service.service_registries([ServiceRegistry::new().registry_arn(discovery)]);
        }
        let service = scope.resource(service);
        // ECS refuses a target group that no load balancer uses.
        for routed in routed {
            service.after(&routed.rule);
        }
        if let Some(internet) = vpc.internet_gateway_attachment().filter(|_| self.public) {
            service.after(internet);
        }
        if self.scaling.is_some() {
            service.ignore_changes("DesiredCount");
        }
        service
    }

    fn load_balancers(&self, task: &TaskDefinitionHandle, routed: &[Routed]) -> Vec<LoadBalancer> {
        let routes = self.routes.iter().zip(routed);
        routes
            .map(|((.., target), routed)| {
                let port = target.number();
                LoadBalancer::new()
                    .container_name(task.container_at(port).map(str::to_owned))
                    .container_port(port)
                    .target_group_arn(&routed.target_group)
            })
            .collect()
    }

    /// Returns the capacity providers. A service that has them from the start can change their shares later; a service
    /// with a launch type would have to be replaced.
    fn capacity(&self) -> Vec<CapacityProviderStrategyItem> {
        let provider =
            |name: &str, weight: u8| CapacityProviderStrategyItem::new().capacity_provider(name).weight(weight);
        let Some(Spot { percent, on_demand }) = self.spot else { return vec![provider("FARGATE", 1)] };
        let share = provider("FARGATE_SPOT", percent);
        if percent == 100 && on_demand == 0 {
            return vec![share];
        }
        vec![provider("FARGATE", 100_u8.saturating_sub(percent)).base(on_demand), share]
    }

    fn deployment(&self) -> DeploymentConfiguration {
        let rollback = self.rollback;
        let breaker =
            DeploymentCircuitBreakerArgs { enable: self.circuit_breaker, rollback: rollback && self.circuit_breaker };
        let deployment = DeploymentConfiguration::new()
            .minimum_healthy_percent(self.minimum_percent)
            .maximum_percent(self.maximum_percent)
            .deployment_circuit_breaker(DeploymentCircuitBreaker::new(breaker));
        if self.alarms.is_empty() {
            return deployment;
        }
        let alarms = DeploymentAlarmsArgs { alarm_names: self.alarms.clone(), enable: true, rollback };
        deployment.alarms(DeploymentAlarms::new(alarms))
    }

    /// Returns whether ECS may start a task in another zone and then stop one, which takes room for a further task.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html>
    fn rebalancing(&self) -> OneOf<AvailabilityZoneRebalancing> {
        if self.maximum_percent > 100 {
            AvailabilityZoneRebalancing::ENABLED
        } else {
            AvailabilityZoneRebalancing::DISABLED
        }
    }

    fn add_scaling(&self, scope: &Scope, service: &Handle<ecs::Service>, routed: &[Routed]) -> Option<ScalingHandle> {
        let balanced = routed.first().map(|routed| Balanced {
            full_name: routed.full_name.clone(),
            target_group: &routed.target_group,
            rule: &routed.rule,
        });
        let scaled = Scaled { cluster: self.cluster.name(), service, balanced };
        self.scaling.as_ref().map(|scaling| scaling.add(scope, &scaled))
    }

    fn check(&self, scope: &Scope, task: &TaskDefinitionHandle) {
        self.check_deployment(scope);
        if let Some(Spot { percent, .. }) = self.spot.filter(|spot| !(1..=100).contains(&spot.percent)) {
            let error = Diagnostic::error(Code::ContainerSetting, "a service cannot have this share on Fargate Spot");
            scope.report(error.got(format!("{percent} %")).allowed("1 to 100 %"));
        }
        if self.routes.len() > TARGET_GROUPS {
            let error = Diagnostic::error(Code::TargetSetting, "a service cannot have this many routes");
            scope.report(error.got(self.routes.len()).allowed("up to 5, each with a target group of its own"));
        }
        if self.exec && !task.read_only_containers().is_empty() {
            let containers: Vec<_> = task.read_only_containers().iter().map(|name| format!("`{name}`")).collect();
            scope.report(
                Diagnostic::warning(Code::ReadOnlyExec, "ECS Exec cannot enter a container with a read-only root")
                    .got(containers.join(", "))
                    .help("acknowledge the warning if that is intended, or leave out `read_only_root` or `ecs_exec`"),
            );
        }
    }

    /// Reports percentages with which a deployment can neither stop a task nor start one. ECS rounds the minimum up and
    /// the maximum down.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html>
    fn check_deployment(&self, scope: &Scope) {
        let (minimum, maximum) = (self.minimum_percent, self.maximum_percent);
        let refuse = |got: String, allowed: &str, help: &str| {
            let error = Diagnostic::error(Code::NoDeployment, "a deployment of this service could never make progress");
            scope.report(error.got(got).allowed(allowed).help(help));
        };
        let help = "leave `deployment_percent` out for 100 to 200 %";
        if minimum > 100 || maximum < 100 {
            refuse(
                format!("{minimum} to {maximum} %"),
                "a minimum of up to 100 %, and a maximum of at least 100 %",
                help,
            );
            return;
        }
        let count = u64::from(self.scaling.as_ref().map_or(self.desired_count, Scaling::least));
        let kept = (count * u64::from(minimum)).div_ceil(100);
        let most = count * u64::from(maximum) / 100;
        if count > 0 && kept >= count && most <= count {
            let got = format!("at least {kept} and at most {most} of {count} tasks, from {minimum} to {maximum} %");
            refuse(got, "room for a task to stop, or for a further one", help);
        }
    }
}
