use groundplan_core::{Assembly, Handle, Ipv4Net, Stack, cidr};
use groundplan_resources::certificatemanager::CertificateArn;
use groundplan_resources::cloudwatch::Alarm;
use groundplan_resources::ec2::{SecurityGroupId, SubnetId, VpcId};
use groundplan_resources::ecs::ClusterName;
use groundplan_resources::elasticloadbalancingv2::ListenerArn;
use serde_json::{Value as Json, json};

use super::*;
use crate::containers::{Container, EcsCluster, EcsClusterHandle, Schedule, TaskDefinition, Vcpu025};
use crate::data::{Bucket, PostgresDatabase};
use crate::edge::{ApplicationLoadBalancer, ApplicationLoadBalancerHandle};
use crate::fixture::{assembly, below, findings, properties, statements};
use crate::network::{Port, SecurityGroup, Vpc, VpcHandle};

/// The resources that services need.
struct Base {
    vpc: VpcHandle,
    balancer: ApplicationLoadBalancerHandle,
    cluster: EcsClusterHandle,
}

fn base(stack: &Stack) -> Base {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    let certificate = CertificateArn::new("arn:aws:acm:us-east-1:111122223333:certificate/1");
    let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc, certificate));
    let cluster = stack.add("cluster", EcsCluster::new(&vpc).namespace("shop.internal"));
    Base { vpc, balancer, cluster }
}

fn task() -> TaskDefinition {
    TaskDefinition::new(Vcpu025::MIB_512).container("app", Container::new("nginx:1.27").port(8000))
}

fn with<K>(service: impl FnOnce(&Base) -> FargateService<K>) -> Assembly {
    assembly("us-east-1", |stack| {
        let base = base(stack);
        stack.add("api", service(&base));
    })
}

fn worker(set: impl FnOnce(FargateService) -> FargateService) -> Assembly {
    with(|base| set(FargateService::new(&base.cluster, task())))
}

fn balanced(set: impl FnOnce(FargateService) -> FargateService) -> Assembly {
    let route = || Route::new().host("api.example.com");
    with(|base| set(FargateService::new(&base.cluster, task()).behind(&base.balancer, route(), Target::port(8000))))
}

fn service(assembly: &Assembly) -> Json {
    properties(assembly, "shop/api")
}

fn found<K>(service: impl FnOnce(&Base) -> FargateService<K>) -> String {
    findings(|stack| {
        let base = base(stack);
        stack.add("api", service(&base));
    })
}

fn after(assembly: &Assembly, path: &str) -> Vec<String> {
    assembly.resources[path].depends_on.iter().map(ToString::to_string).collect()
}

#[test]
fn by_default_two_private_tasks_are_replaced_one_after_the_other_and_rolled_back() {
    let assembly = worker(|service| service);
    let subnets = ["a", "b", "c"].map(|zone| json!({"$ref": format!("shop/vpc/private-{zone}#SubnetId")}));
    let network = json!({
        "Subnets": subnets,
        "SecurityGroups": [{"$ref": "shop/api/security-group#GroupId"}],
        "AssignPublicIp": "DISABLED",
    });
    assert_eq!(
        service(&assembly),
        json!({
            "Cluster": {"$ref": "shop/cluster#ClusterName"},
            "TaskDefinition": {"$ref": "shop/api/task#TaskDefinitionArn"},
            "DesiredCount": 2,
            "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
            "PlatformVersion": "LATEST",
            "NetworkConfiguration": {"AwsvpcConfiguration": network},
            "DeploymentConfiguration": {
                "MinimumHealthyPercent": 100,
                "MaximumPercent": 200,
                "DeploymentCircuitBreaker": {"Enable": true, "Rollback": true},
            },
            "AvailabilityZoneRebalancing": "ENABLED",
            "EnableExecuteCommand": false,
            "EnableECSManagedTags": true,
            "PropagateTags": "SERVICE",
        })
    );
    let group = properties(&assembly, "shop/api/security-group");
    assert_eq!((&group["GroupDescription"], group.get("SecurityGroupEgress")), (&json!("shop api: tasks"), None));
    assert_eq!(below(&assembly, "shop/api/security-group"), [""; 0]);
    assert_eq!(properties(&assembly, "shop/api/task")["Family"], "shop-api");
    assert!(assembly.resources["shop/api"].lifecycle.ignore_changes.is_empty());
}

#[test]
fn a_service_behind_a_load_balancer_is_made_after_its_rule() {
    let assembly = balanced(|service| service);
    let target = json!({"$ref": "shop/api/target#TargetGroupArn"});
    let balancers = json!([{"ContainerName": "app", "ContainerPort": 8000, "TargetGroupArn": target.clone()}]);
    assert_eq!(service(&assembly)["LoadBalancers"], balancers);
    let rule = properties(&assembly, "shop/api/rule");
    assert_eq!(rule["Actions"], json!([{"Type": "forward", "TargetGroupArn": target}]));
    assert_eq!(rule["Conditions"][0]["HostHeaderConfig"]["Values"], json!(["api.example.com"]));
    assert_eq!(after(&assembly, "shop/api"), ["shop/api/rule", "shop/api/task/execution-role/policy"]);
    let admitted = properties(&assembly, "shop/api/security-group/from-balancer-security-group-8000");
    assert_eq!(admitted["SourceSecurityGroupId"], json!({"$ref": "shop/balancer/security-group#GroupId"}));
}

#[test]
fn a_service_has_several_routes_and_is_admitted_once_by_each_balancer() {
    let assembly = with(|base| {
        let listener = ListenerArn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/in/1/2");
        let group = SecurityGroup::existing(SecurityGroupId::new("sg-1"));
        let inside = ApplicationLoadBalancer::existing(listener, group);
        let target = Target::port(8000);
        FargateService::new(&base.cluster, task())
            .behind(&base.balancer, Route::new().host("a.example.com"), target.clone())
            .behind(&base.balancer, Route::new().host("b.example.com"), target.clone().grace_period_seconds(90))
            .behind(inside, Route::new(), target)
    });
    let service = service(&assembly);
    assert_eq!(service["LoadBalancers"].as_array().map(Vec::len), Some(3));
    assert_eq!(service["LoadBalancers"][2]["TargetGroupArn"], json!({"$ref": "shop/api/target-3#TargetGroupArn"}));
    assert_eq!(service["HealthCheckGracePeriodSeconds"], 90);
    let admitted = ["from-balancer-security-group-8000", "from-sg-1-8000"];
    assert_eq!(below(&assembly, "shop/api/security-group"), admitted);
    assert!(after(&assembly, "shop/api").contains(&"shop/api/rule-3".to_owned()));
}

#[test]
fn each_setting_has_its_effect() {
    let assembly = worker(|service| {
        let service = service.name("api").desired_count(3).platform_version("1.4.0").without_rollback();
        service.deployment_percent(50, 100).no_outbound()
    });
    let changed = service(&assembly);
    let deployment = json!({
        "MinimumHealthyPercent": 50,
        "MaximumPercent": 100,
        "DeploymentCircuitBreaker": {"Enable": true, "Rollback": false},
    });
    for (property, value) in [
        ("ServiceName", json!("api")),
        ("DesiredCount", json!(3)),
        ("PlatformVersion", json!("1.4.0")),
        ("DeploymentConfiguration", deployment),
        // A task in another zone would be one too many.
        ("AvailabilityZoneRebalancing", json!("DISABLED")),
    ] {
        assert_eq!(changed[property], value, "{property}");
    }
    assert_eq!(properties(&assembly, "shop/api/security-group")["SecurityGroupEgress"], json!([]));
    let unguarded = service(&worker(FargateService::without_circuit_breaker))["DeploymentConfiguration"].clone();
    assert_eq!(unguarded["DeploymentCircuitBreaker"], json!({"Enable": false, "Rollback": false}));
}

#[test]
fn tasks_in_public_subnets_have_addresses_and_wait_for_the_internet() {
    let assembly = worker(FargateService::in_public_subnets);
    let network = service(&assembly)["NetworkConfiguration"]["AwsvpcConfiguration"].clone();
    assert_eq!(network["AssignPublicIp"], "ENABLED");
    assert_eq!(network["Subnets"][0], json!({"$ref": "shop/vpc/public-a#SubnetId"}));
    assert!(after(&assembly, "shop/api").contains(&"shop/vpc/internet-gateway-attachment".to_owned()));
}

#[test]
fn an_alarm_fails_a_deployment() {
    let of = |rollback: bool| {
        let assembly = assembly("us-east-1", |stack| {
            let base = base(stack);
            let alarm = Alarm::new().comparison_operator("GreaterThanThreshold").evaluation_periods(1);
            let alarm = stack.add("alarm", alarm);
            let service = FargateService::new(&base.cluster, task()).deployment_alarm(&alarm);
            stack.add("api", if rollback { service } else { service.without_rollback() });
        });
        service(&assembly)["DeploymentConfiguration"]["Alarms"].clone()
    };
    let names = json!([{"$ref": "shop/alarm#AlarmName"}]);
    assert_eq!(of(true), json!({"AlarmNames": names.clone(), "Enable": true, "Rollback": true}));
    assert_eq!(of(false), json!({"AlarmNames": names, "Enable": true, "Rollback": false}));
}

#[test]
fn a_share_of_the_tasks_runs_on_spot() {
    let capacity = |percent, on_demand| {
        service(&worker(|service| service.spot(percent, on_demand)))["CapacityProviderStrategy"].clone()
    };
    let spot = |percent: u8| json!({"CapacityProvider": "FARGATE_SPOT", "Weight": percent});
    let on_demand = json!({"CapacityProvider": "FARGATE", "Weight": 30, "Base": 1});
    assert_eq!(capacity(70, 1), json!([on_demand, spot(70)]));
    assert_eq!(capacity(100, 0), json!([spot(100)]));
    assert_eq!(capacity(100, 2), json!([{"CapacityProvider": "FARGATE", "Weight": 0, "Base": 2}, spot(100)]));
    insta::assert_snapshot!(found(|base| FargateService::new(&base.cluster, task()).spot(101, 1)), @"
        error[GP0369]: a service cannot have this share on Fargate Spot
           = got: 101 %
           = allowed: 1 to 100 %
        ");
}

#[test]
fn exec_lets_sessions_in_and_records_them() {
    let assembly = worker(FargateService::ecs_exec);
    assert_eq!(service(&assembly)["EnableExecuteCommand"], true);
    let granted = statements(&assembly, "shop/api/task/task-role/policy");
    assert!(granted[0]["Action"].to_string().contains("ssmmessages:CreateControlChannel"));
    assert_eq!(granted[1]["Resource"], json!({"$ref": "shop/cluster/sessions#Arn"}));
    let read_only = Container::new("nginx:1.27").read_only_root();
    let task = TaskDefinition::new(Vcpu025::MIB_512).container("app", read_only);
    insta::assert_snapshot!(found(|base| FargateService::new(&base.cluster, task).ecs_exec()), @"
        warning[GP0378]: ECS Exec cannot enter a container with a read-only root
           = got: `app`
           = help: acknowledge the warning if that is intended, or leave out `read_only_root` or `ecs_exec`
        ");
}

#[test]
fn a_singleton_stops_its_task_before_it_starts_another_one() {
    let assembly = with(|base| FargateService::singleton(&base.cluster, task()).name("beat").ecs_exec());
    let beat = service(&assembly);
    assert_eq!((&beat["DesiredCount"], &beat["ServiceName"]), (&json!(1), &json!("beat")));
    let deployment = &beat["DeploymentConfiguration"];
    assert_eq!((&deployment["MinimumHealthyPercent"], &deployment["MaximumPercent"]), (&json!(0), &json!(100)));
    assert_eq!(beat["AvailabilityZoneRebalancing"], "DISABLED");
}

#[test]
fn a_service_scales_on_its_load_and_deploys_leave_the_number_of_tasks() {
    let nightly = Schedule::cron("0 20 * * ? *").in_time_zone("Europe/Berlin");
    let scaling = Scaling::between(2, 10).cpu_percent(60).memory_percent(70).requests_per_target(1000);
    let assembly = balanced(|service| service.scale(scaling.at("night", nightly, 1, 2).cooldown_seconds(30, 600)));
    assert_eq!(service(&assembly)["DesiredCount"], 2);
    let ignored: Vec<_> = assembly.resources["shop/api"].lifecycle.ignore_changes.iter().collect();
    assert_eq!(ignored, ["DesiredCount"]);
    let cluster = json!({"$ref": "shop/cluster#ClusterName"});
    let id = json!({"$template": ["service/", cluster, "/", {"$ref": "shop/api#Name"}]});
    assert_eq!(
        properties(&assembly, "shop/api/scaling"),
        json!({
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": id,
            "MinCapacity": 2,
            "MaxCapacity": 10,
            "ScheduledActions": [{
                "ScheduledActionName": "night",
                "Schedule": "cron(0 20 * * ? *)",
                "Timezone": "Europe/Berlin",
                "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2},
            }],
        })
    );
    let label = json!({"$template": [
        {"$ref": "shop/balancer#LoadBalancerFullName"}, "/", {"$ref": "shop/api/target#TargetGroupFullName"},
    ]});
    for (name, value, metric) in [
        ("cpu", 60.0, json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"})),
        ("memory", 70.0, json!({"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"})),
        ("requests", 1000.0, json!({"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label})),
    ] {
        let policy = properties(&assembly, &format!("shop/api/scaling-{name}"));
        assert_eq!((&policy["PolicyName"], &policy["PolicyType"]), (&json!(name), &json!("TargetTrackingScaling")));
        assert_eq!(
            policy["ScalingTargetId"]["$ref"].as_str().map(|id| id.starts_with("shop/api/scaling#")),
            Some(true)
        );
        let tracking = &policy["TargetTrackingScalingPolicyConfiguration"];
        assert_eq!((&tracking["TargetValue"], &tracking["PredefinedMetricSpecification"]), (&json!(value), &metric));
        assert_eq!((&tracking["ScaleOutCooldown"], &tracking["ScaleInCooldown"]), (&json!(30), &json!(600)));
    }
    assert_eq!(after(&assembly, "shop/api/scaling-requests"), ["shop/api/rule"]);
}

#[test]
fn scaling_that_cannot_work_is_refused() {
    let scaled = |scaling: Scaling| found(|base| FargateService::new(&base.cluster, task()).scale(scaling));
    insta::assert_snapshot!(scaled(Scaling::between(3, 2)), @"
        error[GP0375]: a service cannot scale like this
           = got: between 3 and 2 tasks
           = allowed: the lower number first

        error[GP0375]: a service cannot scale like this
           = got: no metric and no schedule
           = allowed: `cpu_percent`, `memory_percent`, `requests_per_target` or `at`
        ");
    insta::assert_snapshot!(scaled(Scaling::between(2, 3).cpu_percent(0).memory_percent(101)), @"
        error[GP0375]: a service cannot scale like this
           = got: 0 % of the CPU
           = allowed: 1 to 100 %

        error[GP0375]: a service cannot scale like this
           = got: 101 % of the memory
           = allowed: 1 to 100 %
        ");
    insta::assert_snapshot!(scaled(Scaling::between(2, 3).requests_per_target(0)), @"
        error[GP0375]: a service cannot scale like this
           = got: 0 requests per target
           = allowed: 1 or more

        error[GP0375]: a service cannot scale like this
           = got: the number of requests of a service without a load balancer
           = allowed: a metric of the tasks
        ");
    let daily = || Schedule::every_days(1);
    insta::assert_snapshot!(scaled(Scaling::between(2, 3).at("a", daily(), 2, 1).at("a", Schedule::cron("1"), 1, 2)), @r#"
        error[GP0375]: a service cannot scale like this
           = got: between 2 and 1 tasks
           = allowed: the lower number first

        error[GP0376]: this is not a schedule
           = got: cron(1)
           = allowed: six fields: minutes, hours, day of month, month, day of week, year

        error[GP0375]: a service cannot scale like this
           = got: the name "a" of a schedule
           = allowed: a name of its own for each schedule
        "#);
    let unknown = found(|base| {
        let listener = ListenerArn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/in/1/2");
        let inside = ApplicationLoadBalancer::existing(listener, SecurityGroup::existing(SecurityGroupId::new("sg-1")));
        let service = FargateService::new(&base.cluster, task()).behind(inside, Route::new(), Target::port(8000));
        service.scale(Scaling::between(2, 3).requests_per_target(100))
    });
    insta::assert_snapshot!(unknown, @"
        error[GP0375]: a service cannot scale like this
           = got: the number of requests behind a load balancer without a known name
           = allowed: a reference to the existing load balancer that states its `full_name`
        ");
}

#[test]
fn behind_an_existing_balancer_a_service_scales_on_requests_if_its_name_is_stated() {
    let assembly = with(|base| {
        let listener = ListenerArn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/in/1/2");
        let group = SecurityGroup::existing(SecurityGroupId::new("sg-1"));
        let inside = ApplicationLoadBalancer::existing(listener, group).full_name("app/in/1");
        let service = FargateService::new(&base.cluster, task()).behind(inside, Route::new(), Target::port(8000));
        service.scale(Scaling::between(2, 3).requests_per_target(100))
    });
    let policy = properties(&assembly, "shop/api/scaling-requests");
    let metric = &policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"];
    assert_eq!(metric["ResourceLabel"]["$template"][0], "app/in/1/");
}

#[test]
fn a_service_is_found_by_its_name_in_the_namespace() {
    let assembly = assembly("us-east-1", |stack| {
        let base = base(stack);
        let api = stack.add("api", FargateService::new(&base.cluster, task()).discoverable_as("api"));
        assert_eq!(api.discovery_name.as_deref(), Some("api.shop.internal"));
        assert_eq!(
            api.discovery.as_ref().map(Handle::path).map(ToString::to_string),
            Some("shop/api/discovery".to_owned())
        );
    });
    assert_eq!(service(&assembly)["ServiceRegistries"], json!([{"RegistryArn": {"$ref": "shop/api/discovery#Arn"}}]));
    assert_eq!(
        properties(&assembly, "shop/api/discovery"),
        json!({
            "Name": "api",
            "NamespaceId": {"$ref": "shop/cluster/namespace#Id"},
            "DnsConfig": {"DnsRecords": [{"TTL": 10.0, "Type": "A"}], "RoutingPolicy": "MULTIVALUE"},
            "HealthCheckCustomConfig": {"FailureThreshold": 1.0},
        })
    );
    let found = found(|base| {
        let plain = EcsCluster::existing(ClusterName::new("shared"), &base.vpc);
        FargateService::new(plain, task()).discoverable_as("api")
    });
    insta::assert_snapshot!(found, @"
        error[GP0377]: the cluster of the service has no namespace
           = got: the name `api`
           = help: declare it with `namespace(…)` at the cluster, or at the reference to it
        ");
}

#[test]
fn a_service_connects_and_is_connected_to() {
    let office: Ipv4Net = cidr!("192.0.2.0/24");
    let assembly = assembly("us-east-1", |stack| {
        let base = base(stack);
        let database = stack.add("database", PostgresDatabase::new(&base.vpc));
        let open = stack.add("api", FargateService::new(&base.cluster, task()));
        open.connect_to(&database).allow_from(office, Port::tcp(8000));
        let closed = stack.add("worker", FargateService::new(&base.cluster, task()).no_outbound());
        closed.connect_to(&database).allow_to(office, Port::HTTPS);
    });
    let rules = ["from-api-security-group-5432", "from-worker-security-group-5432"];
    assert_eq!(below(&assembly, "shop/database/security-group"), rules);
    assert_eq!(below(&assembly, "shop/api/security-group"), ["from-192.0.2.0_24-8000"]);
    let outbound = ["to-192.0.2.0_24-443", "to-database-security-group-5432"];
    assert_eq!(below(&assembly, "shop/worker/security-group"), outbound);
}

#[test]
fn grants_to_a_service_are_those_of_its_tasks_and_there_before_them() {
    let assembly = assembly("us-east-1", |stack| {
        let base = base(stack);
        let api = stack.add("api", FargateService::new(&base.cluster, task()));
        stack.add("media", Bucket::new()).grant_read(&api, "*");
        stack.export("arn", api.arn()).export("name", api.name());
    });
    assert!(!statements(&assembly, "shop/api/task/task-role/policy").is_empty());
    let policies = ["shop/api/task/execution-role/policy", "shop/api/task/task-role/policy"];
    assert_eq!(after(&assembly, "shop/api"), policies);
    assert_eq!(assembly.outputs["arn"].to_json(), json!({"$ref": "shop/api#ServiceArn"}));
}

#[test]
fn several_services_can_run_one_task() {
    let assembly = assembly("us-east-1", |stack| {
        let base = base(stack);
        let shared = stack.add("task", task());
        stack.add("api", FargateService::new(&base.cluster, &shared));
        stack.add("worker", FargateService::singleton(&base.cluster, &shared));
    });
    for path in ["shop/api", "shop/worker"] {
        let definition = json!({"$ref": "shop/task#TaskDefinitionArn"});
        assert_eq!(properties(&assembly, path)["TaskDefinition"], definition);
    }
    assert_eq!(properties(&assembly, "shop/task")["Family"], "shop-task");
}

#[test]
fn an_existing_cluster_and_vpc_take_services() {
    let assembly = assembly("us-east-1", |stack| {
        let vpc = Vpc::existing(VpcId::new("vpc-1")).private_subnets([SubnetId::new("subnet-a")]);
        let cluster = EcsCluster::existing(ClusterName::new("shared"), &vpc);
        stack.add("api", FargateService::new(&cluster, task()));
    });
    let service = service(&assembly);
    assert_eq!(service["Cluster"], "shared");
    assert_eq!(service["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"], json!(["subnet-a"]));
    let found = findings(|stack| {
        let cluster = EcsCluster::existing(ClusterName::new("shared"), Vpc::existing(VpcId::new("vpc-1")));
        stack.add("api", FargateService::new(cluster, task()));
    });
    assert!(found.starts_with("error[GP0316]: a Fargate service needs the private subnets"), "{found}");
}

#[test]
fn a_deployment_that_could_never_make_progress_is_refused() {
    let of = |count: u32, minimum: u16, maximum: u16| {
        found(|base| {
            let service = FargateService::new(&base.cluster, task()).desired_count(count);
            service.deployment_percent(minimum, maximum)
        })
    };
    insta::assert_snapshot!(of(2, 100, 100), @"
        error[GP0372]: a deployment of this service could never make progress
           = got: at least 2 and at most 2 of 2 tasks, from 100 to 100 %
           = allowed: room for a task to stop, or for a further one
           = help: leave `deployment_percent` out for 100 to 200 %
        ");
    insta::assert_snapshot!(of(2, 50, 99), @"
        error[GP0372]: a deployment of this service could never make progress
           = got: 50 to 99 %
           = allowed: a minimum of up to 100 %, and a maximum of at least 100 %
           = help: leave `deployment_percent` out for 100 to 200 %
        ");
    // Of one task, 50 % is one, and so is 150 %.
    insta::assert_snapshot!(of(1, 50, 150), @"
        error[GP0372]: a deployment of this service could never make progress
           = got: at least 1 and at most 1 of 1 tasks, from 50 to 150 %
           = allowed: room for a task to stop, or for a further one
           = help: leave `deployment_percent` out for 100 to 200 %
        ");
    assert!(of(2, 101, 200).starts_with("error[GP0372]"));
    for (count, minimum, maximum) in [(2, 50, 100), (1, 100, 200), (4, 100, 125), (0, 100, 100), (2, 100, 150)] {
        assert_eq!(of(count, minimum, maximum), "", "{count} {minimum} {maximum}");
    }
    // At the smallest number of tasks that scaling leaves.
    let scaled = found(|base| {
        let scaling = Scaling::between(4, 8).cpu_percent(60).at("night", Schedule::every_days(1), 1, 2);
        FargateService::new(&base.cluster, task()).deployment_percent(100, 150).scale(scaling)
    });
    assert!(scaled.contains("at least 1 and at most 1 of 1 tasks"), "{scaled}");
}

#[test]
fn a_service_has_at_most_five_routes() {
    let found = found(|base| {
        (0..6).fold(FargateService::new(&base.cluster, task()), |service, number| {
            service.behind(&base.balancer, Route::new().path(format!("/{number}")), Target::port(8000))
        })
    });
    assert!(found.starts_with("error[GP0374]: a service cannot have this many routes"), "{found}");
}
