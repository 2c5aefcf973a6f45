//! Deployments of services, as ECS's answers describe them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use groundplan_engine::Provider;
use groundplan_engine::provider::{Status, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::Aws;
use crate::replay::{Answer, Log, aws, existing, map};

const SERVICE: &str = "AWS::ECS::Service";
const ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:service/shop/web";
const ID: &str = "arn:aws:ecs:eu-central-1:111122223333:service/shop/web|shop";

const GONE: &str =
    "the deployment of web:8 was rolled back, or another one has taken its place; the service runs web:7";

fn revision(number: u8) -> String {
    format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/web:{number}")
}

/// A deployment of a revision that wants four tasks.
fn deployment(id: &str, status: &str, revision: u8, state: &str, running: i32) -> Json {
    json!({"id": id, "status": status, "taskDefinition": self::revision(revision), "rolloutState": state,
        "createdAt": 1_700_000_000 + i64::from(revision), "desiredCount": 4, "runningCount": running, "pendingCount": 1,
        "failedTasks": 0})
}

fn service(deployments: Json) -> Json {
    json!({"serviceArn": ARN, "serviceName": "web", "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shop",
        "status": "ACTIVE", "desiredCount": 4, "runningCount": 3, "pendingCount": 1, "deployments": deployments})
}

/// A task that a deployment has started, and why it has stopped.
fn task(deployment: &str, code: &str, reason: &str, container: Json) -> Json {
    json!({"taskArn": "arn:task", "startedBy": deployment, "stopCode": code, "stoppedReason": reason,
        "stoppedAt": 1_700_000_100, "containers": [container]})
}

/// The current response of ECS.
#[derive(Clone, Default)]
struct Ecs(Arc<Mutex<(Json, Vec<Json>)>>);

impl Ecs {
    fn showing(service: Json) -> Self {
        Self(Arc::new(Mutex::new((service, Vec::new()))))
    }

    fn shows(&self, service: Json) {
        self.0.lock().unwrap().0 = service;
    }

    fn stops(&self, tasks: Vec<Json>) {
        self.0.lock().unwrap().1 = tasks;
    }

    fn aws(&self) -> (Aws, Log) {
        let shown = self.clone();
        aws(move |sent| {
            let (service, tasks) = shown.0.lock().unwrap().clone();
            let arns: Vec<_> = tasks.iter().map(|task| task["taskArn"].clone()).collect();
            Answer::ok(
                match sent {
                    sent if sent.contains(".DescribeServices ") => json!({"services": [service]}),
                    sent if sent.contains(".UpdateService ") => json!({"service": service}),
                    sent if sent.contains(".ListTasks ") => json!({"taskArns": arns}),
                    sent if sent.contains(".DescribeTasks ") => json!({"tasks": tasks}),
                    _ => json!({}),
                }
                .to_string(),
            )
        })
    }
}

fn declared(number: u8) -> Json {
    json!({"Cluster": "shop", "TaskDefinition": revision(number)})
}

async fn status(aws: &Aws, number: u8) -> Status {
    aws.status(&existing(SERVICE, ID, declared(number))).await.unwrap()
}

async fn update(aws: &Aws, old: Json, new: Json) {
    let request = UpdateRequest {
        existing: existing(SERVICE, ID, old),
        properties: map(new),
        token: "an update".into(),
        incomplete: false,
    };
    aws.update(&request).await.unwrap();
}

fn failed(status: Status) -> String {
    let Status::Failed(reason) = status else { panic!("{status:?}") };
    reason
}

fn pending(status: Status) -> String {
    let Status::Pending(detail) = status else { panic!("{status:?}") };
    detail
}

/// AWS after this process has deployed revision 8, by the deployment `ecs-svc/2`, in the place of revision 7.
async fn deploying() -> (Ecs, Aws) {
    let ecs = Ecs::showing(service(json!([
        deployment("ecs-svc/2", "PRIMARY", 8, "IN_PROGRESS", 1),
        deployment("ecs-svc/1", "ACTIVE", 7, "COMPLETED", 3),
    ])));
    let (aws, _) = ecs.aws();
    update(&aws, declared(7), declared(8)).await;
    (ecs, aws)
}

#[tokio::test(start_paused = true)]
async fn a_service_is_ready_when_the_deployment_of_its_revision_is_complete() {
    let (ecs, aws) = deploying().await;
    assert_eq!(
        pending(status(&aws, 8).await),
        "deploying web:8: 1 of 4 tasks running, 1 pending; 3 of earlier revisions running"
    );
    // All tasks run, and the earlier ones are not gone.
    ecs.shows(service(json!([
        deployment("ecs-svc/2", "PRIMARY", 8, "IN_PROGRESS", 4),
        deployment("ecs-svc/1", "ACTIVE", 7, "COMPLETED", 0),
    ])));
    assert_eq!(pending(status(&aws, 8).await), "deploying web:8: 4 of 4 tasks running, 1 pending");
    ecs.shows(service(json!([deployment("ecs-svc/2", "PRIMARY", 8, "COMPLETED", 4)])));
    let outputs = map(json!({"ServiceArn": ARN, "Name": "web"}));
    assert_eq!(status(&aws, 8).await, Status::Ready(outputs));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_rolled_back_has_failed_with_what_ecs_says_of_it() {
    let (ecs, aws) = deploying().await;
    pending(status(&aws, 8).await);
    let mut ours = deployment("ecs-svc/2", "ACTIVE", 8, "FAILED", 0);
    ours["rolloutStateReason"] = json!("ECS deployment circuit breaker: tasks failed to start.");
    let mut rolled_back = service(json!([deployment("ecs-svc/1", "PRIMARY", 7, "IN_PROGRESS", 3), ours]));
    rolled_back["events"] = json!([
        {"createdAt": 1_700_000_200, "message": "(service web) rolling back to deployment ecs-svc/1."},
        {"createdAt": 1_700_000_100, "message": "(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start."},
        {"createdAt": 1_600_000_000, "message": "(service web) has reached a steady state."},
    ]);
    ecs.shows(rolled_back);
    let exit = "Essential container in task exited";
    ecs.stops(vec![
        task("ecs-svc/2", "EssentialContainerExited", exit, json!({"name": "web", "exitCode": 1})),
        task("ecs-svc/2", "EssentialContainerExited", exit, json!({"name": "web", "exitCode": 1})),
        task(
            "ecs-svc/2",
            "EssentialContainerExited",
            exit,
            json!({"name": "web", "exitCode": 137, "reason": "OutOfMemoryError: container killed due to memory usage"}),
        ),
        task(
            "ecs-svc/1",
            "ServiceSchedulerInitiated",
            "Scaling activity initiated by (deployment ecs-svc/1)",
            json!({}),
        ),
    ]);
    assert_eq!(
        failed(status(&aws, 8).await),
        "the deployment of web:8 failed: ECS deployment circuit breaker: tasks failed to start; the service runs web:7; \
         stopped tasks: 2 × Essential container in task exited (web: exit code 1), 1 × Essential container in \
         task exited (web: exit code 137, OutOfMemoryError: container killed due to memory usage); last events: (service \
         web) rolling back to deployment ecs-svc/1. (service web) (deployment ecs-svc/2) deployment failed: tasks failed \
         to start."
    );
    // Some minutes later ECS shows the rolled back service alone, in a steady state.
    ecs.shows(service(json!([deployment("ecs-svc/1", "PRIMARY", 7, "COMPLETED", 4)])));
    ecs.stops(Vec::new());
    assert_eq!(failed(status(&aws, 8).await), GONE);
}

/// Another process knows the task definition alone.
#[tokio::test]
async fn a_later_run_tells_a_deployment_by_its_revision() {
    let complete = |id, number| service(json!([deployment(id, "PRIMARY", number, "COMPLETED", 4)]));
    let (aws, _) = Ecs::showing(complete("ecs-svc/1", 7)).aws();
    assert_eq!(failed(status(&aws, 8).await), GONE);
    let (aws, _) = Ecs::showing(complete("ecs-svc/2", 8)).aws();
    assert!(matches!(status(&aws, 8).await, Status::Ready(_)));
    // What names no revision is whatever the service runs.
    let by_family = existing(SERVICE, ID, json!({"Cluster": "shop", "TaskDefinition": "web"}));
    assert!(matches!(aws.status(&by_family).await.unwrap(), Status::Ready(_)));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_of_the_same_revision_is_told_from_the_one_that_it_replaces() {
    let before = deployment("ecs-svc/1", "PRIMARY", 8, "COMPLETED", 4);
    let after = deployment("ecs-svc/2", "PRIMARY", 8, "IN_PROGRESS", 0);
    let ecs = Ecs::showing(service(json!([after])));
    let (aws, _) = ecs.aws();
    let mut moved = declared(8);
    moved["NetworkConfiguration"] = json!({"AwsvpcConfiguration": {"Subnets": ["subnet-2"]}});
    update(&aws, declared(8), moved).await;
    pending(status(&aws, 8).await);
    ecs.shows(service(json!([before])));
    assert_eq!(
        failed(status(&aws, 8).await),
        "the deployment of web:8 was rolled back, or another one has taken its place; the service runs web:8"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_the_update_proves_nothing_for_a_minute() {
    let (ecs, aws) = deploying().await;
    ecs.shows(service(json!([deployment("ecs-svc/1", "PRIMARY", 7, "COMPLETED", 4)])));
    assert_eq!(pending(status(&aws, 8).await), "its deployment is not visible yet");
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(failed(status(&aws, 8).await), GONE);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_whose_tasks_keep_stopping_has_failed_where_no_circuit_breaker_ends_it() {
    let (ecs, aws) = deploying().await;
    let stop = |deployment: &str| {
        let reason = "Task failed ELB health checks in (target-group arn:group)";
        task(deployment, "ServiceSchedulerInitiated", reason, json!({"name": "web"}))
    };
    let foreign = || task("ecs-svc/2", "UserInitiated", "Task stopped by user", json!({"name": "web"}));
    let mut only = service(json!([deployment("ecs-svc/2", "PRIMARY", 8, "IN_PROGRESS", 1)]));
    ecs.shows(only.clone());
    ecs.stops(vec![stop("ecs-svc/2"), stop("ecs-svc/2"), stop("ecs-svc/1"), foreign()]);
    assert_eq!(pending(status(&aws, 8).await), "deploying web:8: 1 of 4 tasks running, 1 pending, 2 failed");
    ecs.stops(vec![stop("ecs-svc/2"), stop("ecs-svc/2"), stop("ecs-svc/2")]);
    assert_eq!(
        failed(status(&aws, 8).await),
        "the deployment of web:8 failed: its tasks keep stopping; stopped tasks: 3 × Task failed ELB health checks in \
         (target-group arn:group)"
    );
    only["deploymentConfiguration"] = json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    ecs.shows(only);
    assert_eq!(pending(status(&aws, 8).await), "deploying web:8: 1 of 4 tasks running, 1 pending, 3 failed");
}

/// The more tasks a service has, the more of them may fail: half of them, as with ECS's circuit breaker.
#[tokio::test(start_paused = true)]
async fn tasks_that_never_started_count_as_often_as_ecs_says() {
    let (ecs, aws) = deploying().await;
    let with = |desired: i32, failures: i32| {
        let mut ours = deployment("ecs-svc/2", "PRIMARY", 8, "IN_PROGRESS", 0);
        ours["desiredCount"] = json!(desired);
        ours["failedTasks"] = json!(failures);
        service(json!([ours]))
    };
    for (desired, failures, is_failure) in [(1, 2, false), (1, 3, true), (20, 9, false), (20, 10, true)] {
        ecs.shows(with(desired, failures));
        let status = status(&aws, 8).await;
        assert_eq!(matches!(status, Status::Failed(_)), is_failure, "{desired} {failures}: {status:?}");
    }
}

#[tokio::test]
async fn a_deployment_behind_a_classic_load_balancer_is_complete_when_it_is_alone_and_all_tasks_run() {
    let bare = |status: &str, running: i32| {
        let mut it = deployment("ecs-svc/2", status, 8, "", running);
        it.as_object_mut().unwrap().remove("rolloutState");
        it
    };
    let ecs = Ecs::showing(service(json!([bare("PRIMARY", 3)])));
    let (aws, _) = ecs.aws();
    pending(status(&aws, 8).await);
    ecs.shows(service(json!([bare("PRIMARY", 4), deployment("ecs-svc/1", "ACTIVE", 7, "COMPLETED", 1)])));
    pending(status(&aws, 8).await);
    ecs.shows(service(json!([bare("PRIMARY", 4)])));
    assert!(matches!(status(&aws, 8).await, Status::Ready(_)));
}

#[tokio::test]
async fn a_service_that_drains_is_being_deleted_until_it_is_inactive() {
    let with = |status: &str| {
        let mut service = service(json!([]));
        service["status"] = json!(status);
        service
    };
    let ecs = Ecs::showing(with("DRAINING"));
    let (aws, _) = ecs.aws();
    assert_eq!(status(&aws, 8).await, Status::Deleting("DRAINING, 4 tasks are left".into()));
    ecs.shows(with("INACTIVE"));
    assert_eq!(status(&aws, 8).await, Status::Gone);
}
