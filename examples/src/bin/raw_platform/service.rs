//! The shop's API on ECS: its image, its task, its place behind the load balancer, and how it scales.

use groundplan::identity::{PolicyDocument, Principal, Role, RoleHandle, Statement};
use groundplan::network::{Port, SecurityGroup};
use groundplan::observability::{LogGroup, LogGroupHandle, Retention};
use groundplan::resources::applicationautoscaling::scaling_policy::{
    PredefinedMetricSpecification, TargetTrackingScalingPolicyConfiguration,
};
use groundplan::resources::applicationautoscaling::{
    ScalableTarget, ScalableTargetArgs, ScalingPolicy, ScalingPolicyArgs,
};
use groundplan::resources::cloudwatch::Alarm;
use groundplan::resources::cloudwatch::alarm::{Dimension, DimensionArgs};
use groundplan::resources::ecr::Repository;
use groundplan::resources::ecr::repository::{EncryptionConfiguration, ImageScanningConfiguration, LifecyclePolicy};
use groundplan::resources::ecs::cluster::{
    CapacityProviderStrategyItem, ClusterConfiguration, ClusterSettings, ExecuteCommandConfiguration,
    ExecuteCommandLogConfiguration,
};
use groundplan::resources::ecs::service::{
    AwsVpcConfiguration, DeploymentAlarms, DeploymentAlarmsArgs, DeploymentCircuitBreaker,
    DeploymentCircuitBreakerArgs, DeploymentConfiguration, LoadBalancer, NetworkConfiguration,
};
use groundplan::resources::ecs::task_definition::{
    self, ContainerDefinition, ContainerDefinitionArgs, HealthCheck, KeyValuePair, LinuxParameters, LogConfiguration,
    PortMapping, RuntimePlatform, SecretArgs,
};
use groundplan::resources::ecs::{Cluster, Service, TaskDefinition};
use groundplan::resources::elasticloadbalancingv2::listener_rule::{
    Action, HostHeaderConfig, PathPatternConfig, RuleCondition,
};
use groundplan::resources::elasticloadbalancingv2::target_group::{Matcher, TargetGroupAttribute};
use groundplan::resources::elasticloadbalancingv2::{ListenerRule, ListenerRuleArgs, TargetGroup};
use groundplan::{Handle, Scope, template};

use crate::Shared;
use crate::data::Data;

const PORT: u16 = 8000;

/// AWS takes this policy as text.
const KEEP: &str = r#"{"rules": [{
    "rulePriority": 1,
    "description": "keep 20",
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20},
    "action": {"type": "expire"}
}]}"#;

pub(crate) fn service(stack: &Scope, shared: &Shared, data: &Data) {
    let cluster = cluster(stack);
    let definition = definition(stack, shared, data);
    let group = stack.add("service-group", SecurityGroup::new(&shared.vpc, "Tasks of the API"));
    group.allow_from(&shared.balancer.security_group, Port::tcp(PORT));
    let target = target(stack, shared);
    let rule = rule(stack, shared, &target);
    let alarm = alarm(stack, shared, &target);

    let network = AwsVpcConfiguration::new()
        .assign_public_ip("ENABLED")
        .subnets(shared.vpc.public_subnets())
        .security_groups([group.id()]);
    let service = Service::new()
        .cluster(&cluster)
        .service_name("api")
        .task_definition(&definition)
        .desired_count(2)
        .launch_type("FARGATE")
        .platform_version("LATEST")
        .enable_execute_command(true)
        .enable_ecs_managed_tags(true)
        .propagate_tags("SERVICE")
        .health_check_grace_period_seconds(90)
        .deployment_configuration(
            DeploymentConfiguration::new()
                .maximum_percent(200)
                .minimum_healthy_percent(100)
                .deployment_circuit_breaker(DeploymentCircuitBreaker::new(DeploymentCircuitBreakerArgs {
                    enable: true,
                    rollback: true,
                }))
                .alarms(DeploymentAlarms::new(DeploymentAlarmsArgs {
                    alarm_names: [&alarm],
                    enable: true,
                    rollback: true,
                })),
        )
        .network_configuration(NetworkConfiguration::new().awsvpc_configuration(network))
        .load_balancers([LoadBalancer::new().container_name("api").container_port(PORT).target_group_arn(&target)]);
    let service = stack.add("service", service);
    service.after(&rule);
    scaling(stack, &cluster, &service);
    stack.export("service", service.service_arn());
    stack.export("cluster", cluster.arn());
}

fn cluster(stack: &Scope) -> Handle<Cluster> {
    let sessions = stack.add("exec-log", LogGroup::new(Retention::Week).name("/shop/exec"));
    let sessions = ExecuteCommandLogConfiguration::new().cloud_watch_log_group_name(&sessions);
    let commands = ExecuteCommandConfiguration::new().logging("OVERRIDE").log_configuration(sessions);
    let cluster = Cluster::new()
        .cluster_name("shop")
        .cluster_settings([ClusterSettings::new().name("containerInsights").value("enabled")])
        .capacity_providers(["FARGATE", "FARGATE_SPOT"])
        .default_capacity_provider_strategy([CapacityProviderStrategyItem::new()
            .capacity_provider("FARGATE")
            .weight(1)])
        .configuration(ClusterConfiguration::new().execute_command_configuration(commands));
    stack.add("cluster", cluster)
}

fn images(stack: &Scope) -> Handle<Repository> {
    let repository = Repository::new()
        .repository_name("shop/api")
        .image_tag_mutability("IMMUTABLE")
        .image_scanning_configuration(ImageScanningConfiguration::new().scan_on_push(true))
        .encryption_configuration(EncryptionConfiguration::new("AES256"))
        .empty_on_delete(true)
        .lifecycle_policy(LifecyclePolicy::new().lifecycle_policy_text(KEEP))
        .repository_policy_text(PolicyDocument::new([Statement::allow([
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
        ])
        .by(Principal::account_of(stack))]));
    stack.add("images", repository)
}

fn roles(stack: &Scope, shared: &Shared, data: &Data) -> (RoleHandle, RoleHandle) {
    let tasks = || Principal::service("ecs-tasks.amazonaws.com");
    let execution = Role::new(tasks()).aws_managed_policy("service-role/AmazonECSTaskExecutionRolePolicy");
    let execution = stack.add("execution", execution);
    execution.grant(Statement::allow(["secretsmanager:GetSecretValue"]).on([data.key.id(), data.token.id()]));

    let task = stack.add("task", Role::new(tasks()));
    shared.media.grant_read_write(&task, "shop/*");
    let channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
    task.grant(Statement::allow(channels.map(|action| format!("ssmmessages:{action}"))).on_all());
    task.grant(Statement::allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]).on([data.table.arn()]));
    (execution, task)
}

fn definition(stack: &Scope, shared: &Shared, data: &Data) -> Handle<TaskDefinition> {
    let (execution, task) = roles(stack, shared, data);
    let log = stack.add("api-log", LogGroup::new(Retention::Month).name("/shop/api"));
    let definition = TaskDefinition::new()
        .family("shop-api")
        .cpu("512")
        .memory("1024")
        .network_mode("awsvpc")
        .requires_compatibilities(["FARGATE"])
        .runtime_platform(RuntimePlatform::new().cpu_architecture("ARM64").operating_system_family("LINUX"))
        .execution_role_arn(&execution)
        .task_role_arn(&task)
        .container_definitions([api(stack, shared, data, &log)]);
    stack.add("definition", definition)
}

fn api(stack: &Scope, shared: &Shared, data: &Data, log: &LogGroupHandle) -> ContainerDefinition {
    let variable = |name: &str| KeyValuePair::new().name(name);
    let secret = |name, value_from| task_definition::Secret::new(SecretArgs { name, value_from });
    let cache = (data.cache.primary_end_point_address(), data.cache.primary_end_point_port());
    let logs = LogConfiguration::new("awslogs").options([
        ("awslogs-group", template!("{}", log)),
        ("awslogs-region", template!("{}", stack.region())),
        ("awslogs-stream-prefix", template!("api")),
    ]);
    let image = template!("{}:1.0", images(stack).repository_uri());
    ContainerDefinition::new(ContainerDefinitionArgs { name: "api", image })
        .essential(true)
        .command(["uvicorn", "shop:application", "--port=8000"])
        .port_mappings([PortMapping::new().container_port(PORT).protocol("tcp").name("http")])
        .environment([
            variable("DEBUG").value("False"),
            variable("CACHE_URL").value(template!("rediss://{}:{}/0", cache.0, cache.1)),
            variable("TABLE").value(data.table.table_name()),
            variable("MEDIA_BUCKET").value(shared.media.name()),
        ])
        .secrets([secret("SIGNING_KEY", data.key.id()), secret("CACHE_TOKEN", data.token.id())])
        .log_configuration(logs)
        .health_check(
            HealthCheck::new()
                .command(["CMD-SHELL", "curl -f http://localhost:8000/health/ || exit 1"])
                .interval(30)
                .timeout(5)
                .retries(3)
                .start_period(60),
        )
        .linux_parameters(LinuxParameters::new().init_process_enabled(true))
        .stop_timeout(60)
}

fn target(stack: &Scope, shared: &Shared) -> Handle<TargetGroup> {
    let target = TargetGroup::new()
        .vpc_id(shared.vpc.id())
        .target_type("ip")
        .protocol("HTTP")
        .port(PORT)
        .health_check_path("/health/")
        .health_check_interval_seconds(15)
        .matcher(Matcher::new().http_code("200"))
        .target_group_attributes([TargetGroupAttribute::new().key("deregistration_delay.timeout_seconds").value("30")]);
    stack.add("target", target)
}

fn rule(stack: &Scope, shared: &Shared, target: &Handle<TargetGroup>) -> Handle<ListenerRule> {
    let host = HostHeaderConfig::new().values(["api.example.com"]);
    let path = PathPatternConfig::new().values(["/graphql/*"]);
    let rule = ListenerRule::new(ListenerRuleArgs {
        priority: 10,
        conditions: [
            RuleCondition::new().field("host-header").host_header_config(host),
            RuleCondition::new().field("path-pattern").path_pattern_config(path),
        ],
        actions: [Action::new("forward").target_group_arn(target)],
    });
    stack.add("rule", rule.listener_arn(&shared.balancer.https))
}

fn alarm(stack: &Scope, shared: &Shared, target: &Handle<TargetGroup>) -> Handle<Alarm> {
    let balancer = shared.balancer.balancer.load_balancer_full_name();
    let alarm = Alarm::new()
        .alarm_name("shop-5xx")
        .namespace("AWS/ApplicationELB")
        .metric_name("HTTPCode_Target_5XX_Count")
        .dimensions([
            Dimension::new(DimensionArgs { name: "LoadBalancer", value: balancer }),
            Dimension::new(DimensionArgs { name: "TargetGroup", value: target.target_group_full_name() }),
        ])
        .statistic("Sum")
        .period(60)
        .evaluation_periods(3)
        .threshold(10.0)
        .comparison_operator("GreaterThanOrEqualToThreshold")
        .treat_missing_data("notBreaching");
    stack.add("errors", alarm)
}

fn scaling(stack: &Scope, cluster: &Handle<Cluster>, service: &Handle<Service>) {
    let scalable = ScalableTarget::new(ScalableTargetArgs {
        service_namespace: "ecs",
        scalable_dimension: "ecs:service:DesiredCount",
        resource_id: template!("service/{}/{}", cluster.cluster_name(), service.name()),
        min_capacity: 2,
        max_capacity: 10,
    });
    let scalable = stack.add("scaling", scalable);
    let cpu = TargetTrackingScalingPolicyConfiguration::new(60)
        .predefined_metric_specification(PredefinedMetricSpecification::new("ECSServiceAverageCPUUtilization"))
        .scale_in_cooldown(300)
        .scale_out_cooldown(60);
    let policy = ScalingPolicyArgs { policy_name: "cpu", policy_type: "TargetTrackingScaling" };
    let policy =
        ScalingPolicy::new(policy).scaling_target_id(&scalable).target_tracking_scaling_policy_configuration(cpu);
    stack.add("scaling-cpu", policy);
}
