use groundplan_core::{Assembly, Stack, cidr};
use serde_json::json;

use super::*;
use crate::containers::{Container, EcsCluster, EcsClusterHandle, TaskDefinition, Vcpu025};
use crate::data::{Bucket, PostgresDatabase};
use crate::fixture::{assembly, below, findings, properties, statements};
use crate::network::Vpc;

fn task() -> TaskDefinition {
    TaskDefinition::new(Vcpu025::MIB_512).container("clean-up", Container::new("nginx:1.27"))
}

fn cluster(stack: &Stack) -> EcsClusterHandle {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    stack.add("cluster", EcsCluster::new(&vpc))
}

fn with(schedule: Schedule, set: impl FnOnce(ScheduledTask) -> ScheduledTask) -> Assembly {
    assembly("us-east-1", |stack| {
        let task = ScheduledTask::new(&cluster(stack), task(), schedule);
        stack.add("clean-up", set(task));
    })
}

fn daily() -> Schedule {
    Schedule::cron("30 2 * * ? *").in_time_zone("Europe/Berlin")
}

#[test]
fn a_task_is_started_at_its_times_in_the_private_subnets() {
    let assembly = with(daily(), |task| task);
    let schedule = properties(&assembly, "shop/clean-up");
    assert_eq!(
        (&schedule["ScheduleExpression"], &schedule["ScheduleExpressionTimezone"]),
        (&json!("cron(30 2 * * ? *)"), &json!("Europe/Berlin"))
    );
    assert_eq!((&schedule["FlexibleTimeWindow"], &schedule["State"]), (&json!({"Mode": "OFF"}), &json!("ENABLED")));
    let target = &schedule["Target"];
    assert_eq!(target["Arn"], json!({"$ref": "shop/cluster#Arn"}));
    assert_eq!(target["RoleArn"], json!({"$ref": "shop/clean-up/role#Arn"}));
    assert_eq!(target["RetryPolicy"], json!({"MaximumEventAgeInSeconds": 3600.0}));
    let subnets = ["a", "b", "c"].map(|zone| json!({"$ref": format!("shop/vpc/private-{zone}#SubnetId")}));
    let network = json!({
        "Subnets": subnets,
        "SecurityGroups": [{"$ref": "shop/clean-up/security-group#GroupId"}],
        "AssignPublicIp": "DISABLED",
    });
    assert_eq!(
        target["EcsParameters"],
        json!({
            "TaskDefinitionArn": {"$ref": "shop/clean-up/task#TaskDefinitionArn"},
            "LaunchType": "FARGATE",
            "TaskCount": 1.0,
            "NetworkConfiguration": {"AwsvpcConfiguration": network},
            "EnableECSManagedTags": true,
            "PropagateTags": "TASK_DEFINITION",
        })
    );
    assert_eq!(properties(&assembly, "shop/clean-up/task")["Family"], "shop-clean-up");
}

#[test]
fn the_scheduler_may_start_this_revision_in_this_cluster_and_nothing_else() {
    let assembly = with(daily(), |task| task);
    let trust = properties(&assembly, "shop/clean-up/role")["AssumeRolePolicyDocument"]["Statement"][0].clone();
    assert_eq!(trust["Principal"], json!({"Service": "scheduler.amazonaws.com"}));
    assert_eq!(trust["Condition"], json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}));
    let tasks = json!({"$template": [
        "arn:aws:ecs:us-east-1:111122223333:task/", {"$ref": "shop/cluster#ClusterName"}, "/*",
    ]});
    let roles = ["execution-role", "task-role"].map(|role| json!({"$ref": format!("shop/clean-up/task/{role}#Arn")}));
    assert_eq!(
        statements(&assembly, "shop/clean-up/role/policy"),
        [
            json!({
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "Resource": {"$ref": "shop/clean-up/task#TaskDefinitionArn"},
                "Condition": {"ArnEquals": {"ecs:cluster": {"$ref": "shop/cluster#Arn"}}},
            }),
            json!({
                "Effect": "Allow",
                "Action": "ecs:TagResource",
                "Resource": tasks,
                "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
            }),
            json!({
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": roles,
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            }),
        ]
    );
}

#[test]
fn each_setting_has_its_effect() {
    let assembly = with(Schedule::every_hours(1), |task| task.within_minutes(15).paused());
    let schedule = properties(&assembly, "shop/clean-up");
    assert_eq!(schedule["FlexibleTimeWindow"], json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15.0}));
    assert_eq!((&schedule["State"], schedule.get("ScheduleExpressionTimezone")), (&json!("DISABLED"), None));
}

#[test]
fn a_scheduled_task_connects_and_is_granted_permissions() {
    let assembly = assembly("us-east-1", |stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let cluster = stack.add("cluster", EcsCluster::new(&vpc));
        let database = stack.add("database", PostgresDatabase::new(&vpc));
        let open = stack.add("open", ScheduledTask::new(&cluster, task(), daily()));
        open.connect_to(&database);
        let closed = stack.add("closed", ScheduledTask::new(&cluster, task(), daily()).no_outbound());
        closed.connect_to(&database).allow_to(cidr!("192.0.2.0/24"), Port::HTTPS);
        stack.add("media", Bucket::new()).grant_read(&open, "*");
    });
    let outbound = ["to-192.0.2.0_24-443", "to-database-security-group-5432"];
    assert_eq!(below(&assembly, "shop/closed/security-group"), outbound);
    assert_eq!(below(&assembly, "shop/open/security-group"), [""; 0]);
    let rules = ["from-closed-security-group-5432", "from-open-security-group-5432"];
    assert_eq!(below(&assembly, "shop/database/security-group"), rules);
    assert!(!statements(&assembly, "shop/open/task/task-role/policy").is_empty());
}

#[test]
fn a_schedule_that_aws_would_refuse_is_refused() {
    let found = findings(|stack| {
        let task = ScheduledTask::new(&cluster(stack), task(), Schedule::cron("0 2 * * *")).within_minutes(1441);
        stack.add("clean-up", task);
    });
    insta::assert_snapshot!(found, @"
        error[GP0376]: this is not a schedule
           = got: cron(0 2 * * *)
           = allowed: six fields: minutes, hours, day of month, month, day of week, year

        error[GP0376]: a task cannot start within this time
           = got: 1441 minutes
           = allowed: 1 to 1440 minutes
        ");
}
