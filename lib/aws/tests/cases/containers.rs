//! Clusters, task definitions, services and what scales them.

use serde_json::{Value as Json, json};

use super::{Case, case, retagged, tags};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = clusters();
    cases.extend(services());
    cases.extend(scaling());
    cases
}

fn clusters() -> Vec<Case> {
    let cluster = |insights: &str, command: Json, tags: Json| {
        json!({"ClusterName": "shop", "Tags": tags,
            "ClusterSettings": [{"Name": "containerInsights", "Value": insights}],
            "Configuration": {"ExecuteCommandConfiguration": command}})
    };
    let logged = json!({"Logging": "OVERRIDE", "KmsKeyId": "${key2.Arn}",
        "LogConfiguration": {"CloudWatchLogGroupName": "exec", "CloudWatchEncryptionEnabled": true}});
    let providers = |weight: i32| {
        json!({"Cluster": "${fargate.ClusterName}", "CapacityProviders": ["FARGATE_SPOT", "FARGATE"],
            "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Base": 1, "Weight": 1},
                {"CapacityProvider": "FARGATE_SPOT", "Weight": weight}]})
    };
    vec![
        case(
            "cluster",
            "AWS::ECS::Cluster",
            cluster("enabled", logged, tags("cluster")),
            Some(cluster("enhanced", json!({"Logging": "DEFAULT"}), retagged("cluster"))),
        ),
        case("fargate", "AWS::ECS::Cluster", json!({}), None),
        case("providers", "AWS::ECS::ClusterCapacityProviderAssociations", providers(3), Some(providers(1))),
    ]
}

fn services() -> Vec<Case> {
    let task = |family: Json, tags: Json| {
        let mut task = json!({"NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "Cpu": "256",
            "Memory": "512", "ExecutionRoleArn": "${role.Arn}", "TaskRoleArn": "${role.Arn}", "Tags": tags,
            "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
            "Volumes": [{"Name": "scratch", "Host": {}}],
            "ContainerDefinitions": [{"Name": "web", "Image": "shop/web:1", "Command": ["serve", "now"],
                "PortMappings": [{"ContainerPort": 8000}],
                "Environment": [{"Name": "STAGE", "Value": "prod"}, {"Name": "DEBUG", "Value": "0"}],
                "Secrets": [{"Name": "PASSWORD", "ValueFrom": "arn:secret"}],
                "MountPoints": [{"SourceVolume": "scratch", "ContainerPath": "/tmp", "ReadOnly": false}],
                "HealthCheck": {"Command": ["CMD", "true"], "Interval": 15},
                "LinuxParameters": {"InitProcessEnabled": true},
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "web"}},
                "Ulimits": [{"Name": "nofile", "SoftLimit": 65536, "HardLimit": 65536}]}]});
        if !family.is_null() {
            task["Family"] = family;
        }
        task
    };
    let service = |more: Json| {
        let mut service = json!({"Cluster": "${cluster.ClusterName}", "TaskDefinition": "${task.TaskDefinitionArn}",
            "LaunchType": "FARGATE", "SchedulingStrategy": "REPLICA", "DeploymentController": {"Type": "ECS"},
            "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "DISABLED",
                "Subnets": ["${subnet-b.SubnetId}", "${subnet-a.SubnetId}"], "SecurityGroups": ["${group.GroupId}"]}},
            "LoadBalancers": [{"TargetGroupArn": "${targets.TargetGroupArn}", "ContainerName": "web",
                "ContainerPort": 8000}]});
        service.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        service
    };
    let guarded = |percent: i32| {
        json!({"MaximumPercent": percent, "MinimumHealthyPercent": 100,
            "DeploymentCircuitBreaker": {"Enable": true, "Rollback": true}})
    };
    vec![
        case(
            "task",
            "AWS::ECS::TaskDefinition",
            task(json!("web"), tags("task")),
            Some(task(json!("web"), retagged("task"))),
        ),
        case("other-task", "AWS::ECS::TaskDefinition", task(Json::Null, tags("task")), None),
        case(
            "service",
            "AWS::ECS::Service",
            service(json!({"ServiceName": "web", "DesiredCount": 2, "HealthCheckGracePeriodSeconds": 30,
                "PropagateTags": "SERVICE", "EnableExecuteCommand": true, "DeploymentConfiguration": guarded(200),
                "Tags": tags("service")})),
            Some(service(json!({"ServiceName": "web", "DesiredCount": 1, "EnableECSManagedTags": true,
                "PropagateTags": "TASK_DEFINITION", "TaskDefinition": "${other-task.TaskDefinitionArn}",
                "DeploymentConfiguration": guarded(150), "Tags": retagged("service")}))),
        ),
    ]
}

fn scaling() -> Vec<Case> {
    let target = |most: i32, more: Json| {
        let mut target = json!({"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": "service/${cluster.ClusterName}/${service.Name}", "MinCapacity": 1, "MaxCapacity": most});
        target.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        target
    };
    let action = |name: &str, least: i32| {
        json!({"ScheduledActionName": name, "Schedule": "cron(0 8 * * ? *)", "Timezone": "Europe/Berlin",
            "StartTime": "2030-01-01T00:00:00Z", "ScalableTargetAction": {"MinCapacity": least}})
    };
    let tracking = |value: Json| {
        json!({"ScalingTargetId": "${scalable.Id}", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": value, "ScaleInCooldown": 300,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}})
    };
    let step = |adjustment: i32| {
        json!({"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": "service/${cluster.ClusterName}/${service.Name}", "PolicyName": "backlog",
            "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity",
                "Cooldown": 60, "StepAdjustments": [
                    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 2.5, "ScalingAdjustment": 1},
                    {"MetricIntervalLowerBound": 2.5, "ScalingAdjustment": adjustment}]}})
    };
    vec![
        case(
            "scalable",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            target(
                6,
                json!({"Tags": tags("scalable"), "SuspendedState": {"DynamicScalingInSuspended": true},
                "ScheduledActions": [action("morning", 2), action("evening", 1)]}),
            ),
            Some(target(
                8,
                json!({"Tags": retagged("scalable"), "SuspendedState": {"DynamicScalingInSuspended": false},
                "ScheduledActions": [action("morning", 4)]}),
            )),
        ),
        case(
            "tracking",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            tracking(json!(70)),
            Some(tracking(json!(62.5))),
        ),
        case("step", "AWS::ApplicationAutoScaling::ScalingPolicy", step(2), Some(step(3))),
    ]
}
