//! Recorded responses of clusters, task definitions and services that emulators do not reproduce.

use std::time::Duration;

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, ProviderError, Status, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::Aws;
use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};

const CLUSTER: &str = "AWS::ECS::Cluster";
const PROVIDERS: &str = "AWS::ECS::ClusterCapacityProviderAssociations";
const SERVICE: &str = "AWS::ECS::Service";
const TASK: &str = "AWS::ECS::TaskDefinition";

const CLUSTER_ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:cluster/shop";
const SERVICE_ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:service/shop/web";
const TASK_ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:8";

fn answered(body: Json) -> Answer {
    Answer::ok(body.to_string())
}

fn refused(code: &str, message: &str) -> Answer {
    Answer::Is(400, json!({"__type": code, "message": message}).to_string())
}

fn tags(token: &str) -> Json {
    json!([{"key": "groundplan:app", "value": "shop"}, {"key": "groundplan:path", "value": "shop/thing"},
        {"key": "groundplan:token", "value": token}])
}

/// The bodies of the calls of an operation.
fn sent(log: &Log, operation: &str) -> Vec<Json> {
    let calls = log.all().into_iter().filter(|sent| sent.contains(&format!(".{operation} ")));
    calls.map(|sent| serde_json::from_str(&sent[sent.find('{').unwrap()..]).unwrap()).collect()
}

async fn update(aws: &Aws, type_name: &str, id: &str, old: Json, new: Json) -> Result<(), ProviderError> {
    let request = UpdateRequest {
        existing: existing(type_name, id, old),
        properties: map(new),
        token: "an update".into(),
        incomplete: false,
    };
    aws.update(&request).await.map(drop)
}

async fn delete(aws: &Aws, type_name: &str, id: &str) -> Result<Deletion, ProviderError> {
    let existing = existing(type_name, id, json!({}));
    aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await
}

fn service_id() -> String {
    format!("{SERVICE_ARN}|{CLUSTER_ARN}")
}

/// A service that runs, made with this token.
fn service(token: &str) -> Json {
    json!({"serviceArn": SERVICE_ARN, "serviceName": "web", "clusterArn": CLUSTER_ARN, "status": "ACTIVE",
        "desiredCount": 2, "runningCount": 2, "pendingCount": 0, "taskDefinition": TASK_ARN, "tags": tags(token),
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED",
            "taskDefinition": TASK_ARN, "desiredCount": 2, "runningCount": 2}]})
}

fn declared() -> Json {
    json!({"Cluster": "shop", "ServiceName": "web", "TaskDefinition": TASK_ARN, "DesiredCount": 2,
        "LoadBalancers": [{"TargetGroupArn": "arn:group", "ContainerName": "web", "ContainerPort": 8000}]})
}

#[tokio::test]
async fn a_service_is_created_with_a_token_tags_and_what_is_declared() {
    let (aws, log) = aws(|_| answered(json!({"service": service(TOKEN)})));
    let mut properties = declared();
    properties["PlacementStrategies"] = json!([{"Type": "spread", "Field": "attribute:ecs.availability-zone"}]);
    properties["EnableECSManagedTags"] = json!(true);
    let accepted = aws.create(&create(SERVICE, properties)).await.unwrap();
    assert_eq!(accepted.id, service_id());
    assert_eq!(accepted.outputs, map(json!({"ServiceArn": SERVICE_ARN, "Name": "web"})));
    assert_eq!(
        sent(&log, "CreateService"),
        [json!({"cluster": "shop", "serviceName": "web", "taskDefinition": TASK_ARN, "desiredCount": 2,
            "clientToken": &TOKEN[..36], "enableECSManagedTags": true, "tags": tags(TOKEN),
            "placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}],
            "loadBalancers": [{"targetGroupArn": "arn:group", "containerName": "web", "containerPort": 8000}]})]
    );
    assert_eq!(log.all().len(), 1, "the create call has said all");
}

#[tokio::test(start_paused = true)]
async fn a_service_of_the_same_name_is_taken_over_only_where_this_creation_has_made_it() {
    for (token, is_ours) in [(TOKEN, true), ("another creation", false)] {
        let (aws, _) = aws(move |sent| match sent.contains(".CreateService ") {
            true => refused("InvalidParameterException", "Creation of service was not idempotent."),
            false => answered(json!({"services": [service(token)]})),
        });
        let created = aws.create(&create(SERVICE, declared())).await;
        match is_ours {
            true => assert_eq!(created.unwrap().id, service_id()),
            false => {
                let error = created.unwrap_err();
                assert_eq!(error.class, ErrorClass::AlreadyExists);
                assert!(error.message.ends_with("there is a service web already, with other settings"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_service_of_the_same_name_that_drains_is_waited_for() {
    let (aws, _) = aws(|_| refused("InvalidParameterException", "Unable to Start a service that is still Draining."));
    let error = aws.create(&create(SERVICE, declared())).await.unwrap_err();
    assert_eq!((error.class, error.patience), (ErrorClass::Conflict, Some(Duration::from_secs(1200))));
}

#[tokio::test]
async fn a_target_group_without_a_load_balancer_is_waited_for_only_where_it_has_one() {
    let (class, message) = unassociated("<member>arn:balancer</member>").await;
    assert_eq!(class, ErrorClass::Propagating, "{message}");
    let (class, message) = unassociated("").await;
    assert_eq!(class, ErrorClass::Invalid);
    assert_eq!(
        message,
        "The target group with targetGroupArn arn:group does not have an associated load balancer.; declare a listener \
         or a listener rule that sends requests to the target group, and let the service depend on it"
    );
}

async fn unassociated(balancers: &'static str) -> (ErrorClass, String) {
    let (aws, _) = aws(move |sent| match sent.contains(".CreateService ") {
        true => refused(
            "InvalidParameterException",
            "The target group with targetGroupArn arn:group does not have an associated load balancer.",
        ),
        false => Answer::ok(format!(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><LoadBalancerArns>{balancers}\
             </LoadBalancerArns></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>"
        )),
    });
    let error = aws.create(&create(SERVICE, declared())).await.unwrap_err();
    (error.class, error.message)
}

#[tokio::test]
async fn services_without_long_arns_are_refused_with_the_setting_to_change() {
    let (aws, _) = aws(|_| {
        let message = "The new ARN and resource ID format must be enabled to add tags to the service. Opt in to the new \
                       format and try again.";
        refused("InvalidParameterException", message)
    });
    let error = aws.create(&create(SERVICE, declared())).await.unwrap_err();
    assert!(error.message.ends_with("set the account setting `serviceLongArnFormat` to `enabled`"), "{error}");
}

/// Returns the requests for a change of a service, in an account without scalable targets.
async fn changed(old: Json, new: Json) -> Vec<Json> {
    changed_where(old, new, json!([])).await
}

async fn changed_where(old: Json, new: Json, targets: Json) -> Vec<Json> {
    let (aws, log) = aws(move |sent| match sent.contains(".DescribeScalableTargets ") {
        true => answered(json!({"ScalableTargets": targets})),
        false => answered(json!({"service": service(TOKEN)})),
    });
    update(&aws, SERVICE, &service_id(), old, new).await.unwrap();
    sent(&log, "UpdateService")
}

#[tokio::test]
async fn a_change_sends_what_differs_and_nothing_that_begins_another_deployment() {
    assert_eq!(changed(declared(), declared()).await, [] as [Json; 0]);
    let mut retagged = declared();
    retagged["Tags"] = json!([{"Key": "Team", "Value": "shop"}]);
    assert_eq!(changed(declared(), retagged).await, [] as [Json; 0]);
    let mut revised = declared();
    revised["TaskDefinition"] = json!("web:9");
    let expected = json!({"cluster": CLUSTER_ARN, "service": SERVICE_ARN, "taskDefinition": "web:9"});
    assert_eq!(changed(declared(), revised).await, [expected]);
    let mut scaled = declared();
    scaled["DesiredCount"] = json!(5);
    let expected = json!({"cluster": CLUSTER_ARN, "service": SERVICE_ARN, "desiredCount": 5});
    assert_eq!(changed(declared(), scaled).await, [expected]);
}

#[tokio::test]
async fn what_a_service_no_longer_declares_goes_back_to_the_default() {
    let mut rich = declared();
    let more = json!({"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE"}],
        "DeploymentConfiguration": {"MaximumPercent": 150, "MinimumHealthyPercent": 50,
            "DeploymentCircuitBreaker": {"Enable": true, "Rollback": true}},
        "EnableECSManagedTags": true, "EnableExecuteCommand": true, "HealthCheckGracePeriodSeconds": 30,
        "PlacementConstraints": [{"Type": "distinctInstance"}], "PlatformVersion": "1.4.0", "PropagateTags": "SERVICE",
        "ServiceConnectConfiguration": {"Enabled": true, "Namespace": "shop"},
        "ServiceRegistries": [{"RegistryArn": "arn:registry"}], "AvailabilityZoneRebalancing": "DISABLED",
        "Monitoring": {"MetricConfigurations": [{"MetricNames": ["CPUUtilization"], "ResolutionSeconds": 20}]}});
    rich.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut poor = declared();
    poor.as_object_mut().unwrap().remove("LoadBalancers");
    poor.as_object_mut().unwrap().remove("DesiredCount");
    let breaker = json!({"enable": false, "rollback": false});
    let metric = json!({"metricNames": ["CPUUtilization"], "resolutionSeconds": 60});
    assert_eq!(
        changed(rich, poor).await,
        [json!({"cluster": CLUSTER_ARN, "service": SERVICE_ARN, "capacityProviderStrategy": [],
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100,
                "deploymentCircuitBreaker": breaker},
            "enableECSManagedTags": false, "enableExecuteCommand": false, "healthCheckGracePeriodSeconds": 0,
            "loadBalancers": [], "placementConstraints": [], "platformVersion": "LATEST", "propagateTags": "NONE",
            "serviceConnectConfiguration": {"enabled": false}, "serviceRegistries": [],
            "availabilityZoneRebalancing": "ENABLED", "monitoring": {"metricConfigurations": [metric]}})]
    );
}

#[tokio::test]
async fn a_deployment_is_forced_only_by_another_nonce() {
    let forced = |nonce: &str| {
        let mut service = declared();
        service["ForceNewDeployment"] = json!({"EnableForceNewDeployment": true, "ForceNewDeploymentNonce": nonce});
        service
    };
    let expected = json!({"cluster": CLUSTER_ARN, "service": SERVICE_ARN, "forceNewDeployment": true});
    assert_eq!(changed(forced("1"), forced("2")).await, std::slice::from_ref(&expected));
    assert_eq!(changed(declared(), forced("1")).await, [expected]);
    assert_eq!(changed(forced("1"), forced("1")).await, [] as [Json; 0]);
    assert_eq!(changed(forced("1"), declared()).await, [] as [Json; 0]);
}

#[tokio::test]
async fn the_count_of_a_service_that_scales_by_itself_is_left_alone_and_no_drift() {
    let target = json!([{"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "MinCapacity": 1, "MaxCapacity": 9,
        "ScalableDimension": "ecs:service:DesiredCount", "RoleARN": "arn:role", "CreationTime": 0}]);
    let mut scaled = declared();
    scaled["DesiredCount"] = json!(5);
    assert_eq!(changed_where(declared(), scaled.clone(), target.clone()).await, [] as [Json; 0]);
    for (targets, count) in [(target, 5), (json!([]), 2)] {
        let (aws, log) = aws(move |sent| match sent.contains(".DescribeScalableTargets ") {
            true => answered(json!({"ScalableTargets": targets})),
            false => answered(json!({"services": [service(TOKEN)]})),
        });
        let live = aws.read(&existing(SERVICE, &service_id(), scaled.clone())).await.unwrap().unwrap();
        assert_eq!(live.properties["DesiredCount"], count);
        assert_eq!(sent(&log, "DescribeServices")[0]["include"], json!(["TAGS"]));
    }
}

#[tokio::test]
async fn what_ecs_writes_differently_of_a_service_is_no_drift() {
    let (aws, _) = aws(|_| {
        let mut service = service(TOKEN);
        let more = json!({"platformVersion": "LATEST", "propagateTags": "NONE", "schedulingStrategy": "REPLICA",
            "roleArn": "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-2", "subnet-1"],
                "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 50, "strategy": "ROLLING",
                "deploymentCircuitBreaker": {"enable": true, "rollback": true, "resetOnHealthyTask": true}},
            "loadBalancers": [{"targetGroupArn": "arn:other", "containerName": "web", "containerPort": 9000},
                {"targetGroupArn": "arn:group", "containerName": "web", "containerPort": 8000}]});
        service.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answered(json!({"services": [service]}))
    });
    let mut service = declared();
    service["TaskDefinition"] = json!("web:8");
    service["NetworkConfiguration"] = json!({"AwsvpcConfiguration": {"Subnets": ["subnet-1", "subnet-2"]}});
    service["DeploymentConfiguration"] =
        json!({"MinimumHealthyPercent": 50, "DeploymentCircuitBreaker": {"Enable": true, "Rollback": true}});
    service["LoadBalancers"]
        .as_array_mut()
        .unwrap()
        .push(json!({"TargetGroupArn": "arn:other", "ContainerName": "web", "ContainerPort": 9000}));
    service["ServiceConnectConfiguration"] = json!({"Enabled": true, "Namespace": "shop"});
    let live = aws.read(&existing(SERVICE, &service_id(), service.clone())).await.unwrap().unwrap();
    for (name, declared) in map(service) {
        assert_eq!(live.properties.get(&name), Some(&declared), "{name}");
    }
    assert!(!live.properties.contains_key("Role") && !live.properties.contains_key("PropagateTags"));
}

#[tokio::test]
async fn a_service_is_stopped_with_its_deletion_and_deleted_once() {
    for (status, calls) in [("ACTIVE", 1), ("DRAINING", 0)] {
        let (aws, log) = aws(move |_| {
            let mut service = service(TOKEN);
            service["status"] = json!(status);
            answered(json!({"services": [service]}))
        });
        assert_eq!(delete(&aws, SERVICE, &service_id()).await.unwrap(), Deletion::Pending);
        let deleted = sent(&log, "DeleteService");
        assert_eq!(deleted, vec![json!({"cluster": CLUSTER_ARN, "service": SERVICE_ARN, "force": true}); calls]);
    }
    let (inactive, _) = aws(|_| {
        let mut service = service(TOKEN);
        service["status"] = json!("INACTIVE");
        answered(json!({"services": [service]}))
    });
    assert_eq!(delete(&inactive, SERVICE, &service_id()).await.unwrap_err().class, ErrorClass::NotFound);
    assert_eq!(inactive.read(&existing(SERVICE, &service_id(), json!({}))).await.unwrap(), None);
    let (missing, _) = aws(|_| answered(json!({"services": [], "failures": [{"reason": "MISSING"}]})));
    assert_eq!(delete(&missing, SERVICE, &service_id()).await.unwrap_err().class, ErrorClass::NotFound);
    let (clusterless, _) = aws(|_| refused("ClusterNotFoundException", "Cluster not found."));
    assert_eq!(clusterless.read(&existing(SERVICE, &service_id(), json!({}))).await.unwrap(), None);
}

#[test]
fn deployments_that_others_carry_out_are_refused_in_the_plan() {
    let (aws, _) = aws(|_| Answer::Lost);
    let check = |properties: Json| aws.check(SERVICE, &map(properties)).map_err(|error| error.message);
    assert_eq!(
        check(json!({"DeploymentController": {"Type": "CODE_DEPLOY"}})).unwrap_err(),
        "AWS::ECS::Service: the deployment controller `CODE_DEPLOY` is not supported, since it brings new tasks with \
         calls of its own: declare `ECS`, or none"
    );
    assert_eq!(
        check(json!({"DeploymentConfiguration": {"Strategy": "BLUE_GREEN"}})).unwrap_err(),
        "AWS::ECS::Service: the deployment strategy `BLUE_GREEN` is not supported: declare `ROLLING`, or none"
    );
    // A value that is not known yet is none of the refused ones.
    for properties in
        [json!({"DeploymentController": {"Type": null}}), json!({"DeploymentController": {"Type": "ECS"}})]
    {
        assert_eq!(check(properties), Ok(()));
    }
}

fn task() -> Json {
    json!({"Family": "web", "Cpu": ".25 vCPU", "Memory": "512", "TaskRoleArn": "web",
        "ContainerDefinitions": [
            {"Name": "web", "Image": "web:1", "PortMappings": [{"ContainerPort": 80}], "Command": ["serve", "now"],
                "Environment": [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}],
                "Secrets": [{"Name": "D", "ValueFrom": "arn:d"}, {"Name": "C", "ValueFrom": "arn:c"}]},
            {"Name": "log", "Image": "log:1", "Essential": false, "RestartPolicy": {"Enabled": true}}],
        "Volumes": [{"Name": "data", "EFSVolumeConfiguration": {"FilesystemId": "fs-1",
            "AuthorizationConfig": {"IAM": "ENABLED"}}}]})
}

fn live_task(status: &str) -> Json {
    json!({"taskDefinitionArn": TASK_ARN, "family": "web", "revision": 8, "status": status, "cpu": "256", "memory": "512",
        "taskRoleArn": "arn:aws:iam::111122223333:role/web", "networkMode": "bridge", "placementConstraints": [],
        "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/",
            "authorizationConfig": {"iam": "ENABLED"}}}],
        "containerDefinitions": [
            {"name": "log", "image": "log:1", "cpu": 0, "essential": false, "environment": [], "mountPoints": [],
                "restartPolicy": {"enabled": true, "restartAttemptPeriod": 300}},
            {"name": "web", "image": "web:1", "cpu": 0, "essential": true, "mountPoints": [], "volumesFrom": [],
                "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}], "command": ["serve", "now"],
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "secrets": [{"name": "C", "valueFrom": "arn:c"}, {"name": "D", "valueFrom": "arn:d"}]}]})
}

#[tokio::test]
async fn a_task_definition_is_registered_under_the_family_of_its_path() {
    let (aws, log) = aws(|_| answered(json!({"taskDefinition": live_task("ACTIVE")})));
    let mut properties = task();
    properties.as_object_mut().unwrap().remove("Family");
    let accepted = aws.create(&create(TASK, properties)).await.unwrap();
    assert_eq!((accepted.id.as_str(), &accepted.outputs["TaskDefinitionArn"]), (TASK_ARN, &json!(TASK_ARN)));
    // The SDK always sends `cpu` of a container, and 0 is the default.
    assert_eq!(
        sent(&log, "RegisterTaskDefinition"),
        [json!({"family": "shop-thing", "cpu": ".25 vCPU", "memory": "512", "taskRoleArn": "web", "tags": tags(TOKEN),
            "containerDefinitions": [
                {"name": "web", "image": "web:1", "cpu": 0, "portMappings": [{"containerPort": 80}], "command": ["serve", "now"],
                    "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
                    "secrets": [{"name": "D", "valueFrom": "arn:d"}, {"name": "C", "valueFrom": "arn:c"}]},
                {"name": "log", "image": "log:1", "cpu": 0, "essential": false, "restartPolicy": {"enabled": true}}],
            "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1",
                "authorizationConfig": {"iam": "ENABLED"}}}]})]
    );
}

#[tokio::test]
async fn what_ecs_fills_into_a_task_definition_and_reorders_is_no_drift() {
    let (aws, log) = aws(|_| answered(json!({"taskDefinition": live_task("ACTIVE"), "tags": tags(TOKEN)})));
    let live = aws.read(&existing(TASK, TASK_ARN, task())).await.unwrap().unwrap();
    for (name, declared) in map(task()) {
        assert_eq!(live.properties.get(&name), Some(&declared), "{name}");
    }
    assert_eq!(sent(&log, "DescribeTaskDefinition"), [json!({"taskDefinition": TASK_ARN, "include": ["TAGS"]})]);
}

#[tokio::test]
async fn a_revision_that_is_inactive_does_not_exist_any_more() {
    for status in ["INACTIVE", "DELETE_IN_PROGRESS"] {
        let (aws, log) = aws(move |_| answered(json!({"taskDefinition": live_task(status)})));
        assert_eq!(aws.read(&existing(TASK, TASK_ARN, task())).await.unwrap(), None);
        assert_eq!(delete(&aws, TASK, TASK_ARN).await.unwrap_err().class, ErrorClass::NotFound);
        assert_eq!(log.count(".DeregisterTaskDefinition "), 0);
    }
    let (missing, _) = aws(|_| refused("ClientException", "Unable to describe task definition."));
    assert_eq!(missing.read(&existing(TASK, TASK_ARN, task())).await.unwrap(), None);
    let (active, log) = aws(|_| answered(json!({"taskDefinition": live_task("ACTIVE")})));
    assert_eq!(delete(&active, TASK, TASK_ARN).await.unwrap(), Deletion::Gone);
    assert_eq!(sent(&log, "DeregisterTaskDefinition"), [json!({"taskDefinition": TASK_ARN})]);
}

/// The call has no token: what a lost answer has registered is found by its tags.
#[tokio::test(start_paused = true)]
async fn a_revision_whose_registration_was_not_answered_is_found_among_the_latest_ones() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains(".RegisterTaskDefinition ") => Answer::Lost,
        sent if sent.contains(".ListTaskDefinitions ") => {
            answered(json!({"taskDefinitionArns": [TASK_ARN.replace(":8", ":9"), TASK_ARN]}))
        }
        sent => {
            let token = if sent.contains("web:9") { "another creation" } else { TOKEN };
            answered(json!({"taskDefinition": live_task("ACTIVE"), "tags": tags(token)}))
        }
    });
    assert_eq!(aws.create(&create(TASK, task())).await.unwrap().id, TASK_ARN);
    let listed = json!({"familyPrefix": "web", "status": "ACTIVE", "sort": "DESC", "maxResults": 20});
    assert_eq!(sent(&log, "ListTaskDefinitions"), [listed]);
}

#[tokio::test]
async fn registrations_that_meet_are_made_again() {
    for (code, message, class) in [
        (
            "ClientException",
            "Too many concurrent attempts to create a new revision of the specified family.",
            ErrorClass::Transient,
        ),
        ("ThrottlingException", "Rate exceeded", ErrorClass::Throttled),
        ("ClientException", "Invalid setting for container 'web'.", ErrorClass::Invalid),
    ] {
        let (aws, _) = aws(move |_| refused(code, message));
        assert_eq!(aws.create(&create(TASK, task())).await.unwrap_err().class, class, "{message}");
    }
}

fn live_cluster(token: &str, more: Json) -> Json {
    let mut cluster = json!({"clusterArn": CLUSTER_ARN, "clusterName": "shop", "status": "ACTIVE", "tags": tags(token),
            "settings": [{"name": "containerInsights", "value": "disabled"}], "capacityProviders": [],
            "defaultCapacityProviderStrategy": []});
    cluster.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cluster
}

#[tokio::test(start_paused = true)]
async fn a_cluster_of_somebody_else_that_ecs_returns_is_left_alone() {
    for (token, is_ours) in [(TOKEN, true), ("another creation", false)] {
        let (aws, _) = aws(move |sent| match sent.contains(".CreateCluster ") {
            true => answered(json!({"cluster": live_cluster(token, json!({}))})),
            false => answered(json!({"clusters": [live_cluster(token, json!({}))]})),
        });
        let created = aws.create(&create(CLUSTER, json!({"ClusterName": "shop"}))).await;
        match is_ours {
            true => assert_eq!(created.unwrap().outputs, map(json!({"Arn": CLUSTER_ARN, "ClusterName": "shop"}))),
            false => assert_eq!(created.unwrap_err().class, ErrorClass::AlreadyExists),
        }
    }
    let (aws, _) = aws(|sent| match sent.contains(".CreateCluster ") {
        true => refused(
            "InvalidParameterException",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        ),
        false => answered(json!({"clusters": [live_cluster("another creation", json!({}))]})),
    });
    let error = aws.create(&create(CLUSTER, json!({"ClusterName": "shop"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.ends_with("there is a cluster shop with other settings"), "{error}");
}

#[tokio::test]
async fn an_inactive_cluster_does_not_exist_and_one_is_ready_when_its_providers_are() {
    for (more, expected) in [
        (json!({"status": "INACTIVE"}), Status::Gone),
        (json!({"status": "PROVISIONING"}), Status::Pending("PROVISIONING".into())),
        (json!({"status": "DEPROVISIONING"}), Status::Deleting("DEPROVISIONING".into())),
        (json!({"attachmentsStatus": "UPDATE_IN_PROGRESS"}), Status::Pending("UPDATE_IN_PROGRESS".into())),
        (
            json!({"attachmentsStatus": "UPDATE_FAILED"}),
            Status::Failed("its capacity providers could not be updated".into()),
        ),
        (
            json!({"attachmentsStatus": "UPDATE_COMPLETE"}),
            Status::Ready(map(json!({"Arn": CLUSTER_ARN, "ClusterName": "shop"}))),
        ),
    ] {
        let (aws, _) = aws(move |_| answered(json!({"clusters": [live_cluster(TOKEN, more.clone())]})));
        assert_eq!(aws.status(&existing(CLUSTER, "shop", json!({}))).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_empty_says_what_is_in_it() {
    let (aws, _) = aws(|sent| match sent {
        sent if sent.contains(".DeleteCluster ") => {
            refused("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
        }
        sent if sent.contains(".ListServices ") => answered(json!({"serviceArns": [SERVICE_ARN]})),
        sent if sent.contains(".ListContainerInstances ") => {
            answered(json!({"containerInstanceArns": ["arn:aws:ecs:eu-central-1:1:container-instance/shop/i1"]}))
        }
        _ => answered(json!({"clusters": [live_cluster(TOKEN, json!({}))]})),
    });
    let error = delete(&aws, CLUSTER, "shop").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.ends_with("it is held by service web, container instance i1"), "{error}");
}

#[tokio::test]
async fn a_cluster_changes_in_one_call_and_its_providers_in_another() {
    let changed = async |old: Json, new: Json| {
        let (aws, log) = aws(|_| answered(json!({"cluster": live_cluster(TOKEN, json!({}))})));
        update(&aws, CLUSTER, "shop", old, new).await.unwrap();
        (sent(&log, "UpdateCluster"), sent(&log, "PutClusterCapacityProviders"))
    };
    let rich = json!({"ClusterSettings": [{"Name": "containerInsights", "Value": "enhanced"}],
        "Configuration": {"ExecuteCommandConfiguration": {"Logging": "NONE"}},
        "ServiceConnectDefaults": {"Namespace": "shop"}, "CapacityProviders": ["FARGATE"],
        "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}]});
    let (updated, put) = changed(rich.clone(), json!({})).await;
    let configuration = json!({"executeCommandConfiguration": {"logging": "DEFAULT"}});
    assert_eq!(
        updated,
        [json!({"cluster": "shop", "settings": [{"name": "containerInsights", "value": "disabled"}],
            "configuration": configuration, "serviceConnectDefaults": {"namespace": ""}})]
    );
    assert_eq!(put, [json!({"cluster": "shop", "capacityProviders": [], "defaultCapacityProviderStrategy": []})]);
    let mut spot = rich.clone();
    spot["CapacityProviders"] = json!(["FARGATE", "FARGATE_SPOT"]);
    let (updated, put) = changed(rich.clone(), spot).await;
    assert_eq!((updated.len(), &put[0]["capacityProviders"]), (0, &json!(["FARGATE", "FARGATE_SPOT"])));
    assert_eq!(changed(rich.clone(), rich).await, (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn capacity_providers_of_a_cluster_that_has_some_are_not_overwritten() {
    let wanted = json!({"Cluster": "shop", "CapacityProviders": ["FARGATE"], "DefaultCapacityProviderStrategy": []});
    let (aws, log) =
        aws(|_| answered(json!({"clusters": [live_cluster(TOKEN, json!({"capacityProviders": ["FARGATE"]}))]})));
    let error = aws.create(&create(PROVIDERS, wanted.clone())).await.unwrap_err();
    assert_eq!((error.class, log.count(".PutClusterCapacityProviders ")), (ErrorClass::AlreadyExists, 0));
    let (aws, log) = self::aws_with_empty_cluster();
    assert_eq!(aws.create(&create(PROVIDERS, wanted)).await.unwrap().id, "shop");
    let put = json!({"cluster": "shop", "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": []});
    assert_eq!(sent(&log, "PutClusterCapacityProviders"), [put]);
    assert_eq!(aws.status(&existing(PROVIDERS, "shop", json!({}))).await.unwrap(), Status::Gone);
}

fn aws_with_empty_cluster() -> (Aws, Log) {
    aws(|_| answered(json!({"clusters": [live_cluster(TOKEN, json!({}))], "cluster": live_cluster(TOKEN, json!({}))})))
}
