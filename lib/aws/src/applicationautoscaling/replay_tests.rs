//! Recorded responses of scalable targets and policies that emulators do not reproduce.

use groundplan_engine::provider::{ErrorClass, UpdateRequest};
use groundplan_engine::{Hint, Provider};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};

const TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
const POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";
const ID: &str = "service/shop/web|ecs:service:DesiredCount|ecs";
const POLICY_ARN: &str =
    "arn:aws:autoscaling:eu-central-1:111122223333:scalingPolicy:6d8972f3:resource/ecs/service/shop/web:policyName/cpu";

fn answered(body: Json) -> Answer {
    Answer::ok(body.to_string())
}

fn refused(code: &str, message: &str) -> Answer {
    Answer::Is(400, json!({"__type": code, "message": message}).to_string())
}

fn sent(log: &Log, operation: &str) -> Vec<Json> {
    let calls = log.all().into_iter().filter(|sent| sent.contains(&format!(".{operation} ")));
    calls.map(|sent| serde_json::from_str(&sent[sent.find('{').unwrap()..]).unwrap()).collect()
}

fn target() -> Json {
    json!({"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "MinCapacity": 2, "MaxCapacity": 6,
        "ScalableDimension": "ecs:service:DesiredCount"})
}

fn live_target() -> Json {
    let mut target = target();
    target["RoleARN"] = json!("arn:role");
    target["CreationTime"] = json!(0);
    target["ScalableTargetARN"] = json!("arn:target");
    target
}

#[tokio::test]
async fn a_scalable_target_that_exists_is_not_changed_by_the_creation_of_another_one() {
    for (token, is_ours) in [(TOKEN, true), ("another creation", false)] {
        let (aws, log) = aws(move |sent| match sent {
            sent if sent.contains(".DescribeScalableTargets ") => answered(json!({"ScalableTargets": [live_target()]})),
            sent if sent.contains(".ListTagsForResource ") => answered(json!({"Tags": {"groundplan:token": token}})),
            _ => answered(json!({})),
        });
        let created = aws.create(&create(TARGET, target())).await;
        assert_eq!(log.count(".RegisterScalableTarget "), 0);
        match is_ours {
            true => assert_eq!(created.unwrap().outputs, map(json!({"Id": ID}))),
            false => {
                let error = created.unwrap_err();
                let adopt = Hint::Import { path: Some("shop/thing".into()), id: Some(ID.into()), new_state: false };
                assert_eq!((error.class, error.hints), (ErrorClass::AlreadyExists, vec![adopt]));
            }
        }
    }
}

#[tokio::test]
async fn a_scalable_target_is_registered_with_its_tags() {
    let (aws, log) = aws(|sent| match sent.contains(".DescribeScalableTargets ") {
        true => answered(json!({"ScalableTargets": []})),
        false => answered(json!({"ScalableTargetARN": "arn:target"})),
    });
    let mut suspended = target();
    suspended["SuspendedState"] = json!({"ScheduledScalingSuspended": true});
    assert_eq!(aws.create(&create(TARGET, suspended)).await.unwrap().id, ID);
    assert_eq!(
        sent(&log, "RegisterScalableTarget"),
        [json!({"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "MinCapacity": 2, "MaxCapacity": 6,
            "ScalableDimension": "ecs:service:DesiredCount", "SuspendedState": {"ScheduledScalingSuspended": true},
            "Tags": {"groundplan:app": "shop", "groundplan:path": "shop/thing", "groundplan:token": TOKEN}})]
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_application_auto_scaling_does_not_see_yet_is_waited_for() {
    let (aws, _) = aws(|sent| match sent.contains(".RegisterScalableTarget ") {
        true => refused("ValidationException", "ECS service doesn't exist: service/shop/web"),
        false => answered(json!({"ScalableTargets": []})),
    });
    let error = aws.create(&create(TARGET, target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating, "{error}");
}

#[tokio::test]
async fn a_target_goes_on_where_nothing_is_suspended_any_more_and_keeps_the_schedule_that_is_declared() {
    let action = |name: &str, hour: i32, zone: Option<&str>| {
        let mut action = json!({"ScheduledActionName": name, "Schedule": format!("cron(0 {hour} * * ? *)"),
            "EndTime": "2030-01-01T01:00:00+01:00", "ScalableTargetAction": {"MinCapacity": 4}});
        if let Some(zone) = zone {
            action["Timezone"] = json!(zone);
        }
        action
    };
    let (mut old, mut new) = (target(), target());
    old["SuspendedState"] = json!({"DynamicScalingInSuspended": true});
    old["ScheduledActions"] =
        json!([action("morning", 8, Some("Europe/Berlin")), action("noon", 12, None), action("evening", 18, None)]);
    new["ScheduledActions"] = json!([action("morning", 8, None), action("evening", 18, None)]);
    let (aws, log) = aws(|_| answered(json!({})));
    let request = UpdateRequest {
        existing: existing(TARGET, ID, old),
        properties: map(new),
        token: "an update".into(),
        incomplete: false,
    };
    // There is nothing to read back.
    let _ = aws.update(&request).await;
    let of = |more: Json| {
        let mut call = json!({"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": "service/shop/web"});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let registered =
        of(json!({"MinCapacity": 2, "MaxCapacity": 6, "SuspendedState": {"DynamicScalingInSuspended": false}}));
    assert_eq!(sent(&log, "RegisterScalableTarget"), [registered]);
    assert_eq!(sent(&log, "DeleteScheduledAction"), [of(json!({"ScheduledActionName": "noon"}))]);
    let put = of(json!({"ScheduledActionName": "morning", "Schedule": "cron(0 8 * * ? *)", "Timezone": "UTC",
        "EndTime": 1_893_456_000, "ScalableTargetAction": {"MinCapacity": 4}}));
    assert_eq!(sent(&log, "PutScheduledAction"), [put]);
}

#[tokio::test]
async fn a_time_is_no_drift_in_another_offset() {
    let (aws, _) = aws(|sent| match sent {
        sent if sent.contains(".DescribeScalableTargets ") => answered(json!({"ScalableTargets": [live_target()]})),
        sent if sent.contains(".DescribeScheduledActions ") => answered(json!({"ScheduledActions": [
            {"ScheduledActionName": "a", "ScheduledActionARN": "arn:a", "ServiceNamespace": "ecs", "CreationTime": 0,
                "Schedule": "rate(1 day)", "ResourceId": "service/shop/web", "StartTime": 1_893_456_000},
            {"ScheduledActionName": "b", "ScheduledActionARN": "arn:b", "ServiceNamespace": "ecs", "CreationTime": 0,
                "Schedule": "rate(1 day)", "ResourceId": "service/shop/web", "StartTime": 1_893_456_000}]})),
        _ => answered(json!({"Tags": {}})),
    });
    let mut declared = target();
    let action =
        |name: &str, start: &str| json!({"ScheduledActionName": name, "Schedule": "rate(1 day)", "StartTime": start});
    declared["ScheduledActions"] =
        json!([action("b", "2030-01-01T01:00:00+01:00"), action("a", "2030-01-01T01:00:00Z")]);
    let live = aws.read(&existing(TARGET, ID, declared)).await.unwrap().unwrap();
    assert_eq!(
        live.properties["ScheduledActions"],
        json!([action("b", "2030-01-01T01:00:00+01:00"), action("a", "2030-01-01T00:00:00Z")])
    );
}

fn policy(value: f64) -> Json {
    json!({"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": ID,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": value,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}})
}

fn live_policy() -> Json {
    json!({"PolicyARN": POLICY_ARN, "PolicyName": "cpu", "ServiceNamespace": "ecs", "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling", "CreationTime": 0,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0, "ScaleInCooldown": 300,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}})
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_same_name_is_not_changed_by_the_creation_of_another_one() {
    let with = |policies: Json| {
        aws(move |sent| match sent.contains(".DescribeScalingPolicies ") {
            true => answered(json!({"ScalingPolicies": policies})),
            false => answered(json!({"PolicyARN": POLICY_ARN})),
        })
    };
    let (aws, log) = with(json!([live_policy()]));
    let error = aws.create(&create(POLICY, policy(70.0))).await.unwrap_err();
    assert_eq!((error.class, log.count(".PutScalingPolicy ")), (ErrorClass::AlreadyExists, 0));
    // The engine looks up what an interrupted creation has made by its name, and what it is like.
    let id = format!("{POLICY_ARN}|ecs:service:DesiredCount");
    assert_eq!(aws.find(&create(POLICY, policy(70.0))).await.unwrap(), std::slice::from_ref(&id));
    assert_eq!(aws.find(&create(POLICY, policy(60.0))).await.unwrap(), [""; 0]);
    let (aws, log) = with(json!([]));
    let accepted = aws.create(&create(POLICY, policy(62.5))).await.unwrap();
    assert_eq!((accepted.id, accepted.outputs), (id, map(json!({"Arn": POLICY_ARN}))));
    assert_eq!(
        sent(&log, "PutScalingPolicy"),
        [json!({"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "PolicyName": "cpu",
            "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 62.5,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}})]
    );
}

#[tokio::test]
async fn a_policy_is_another_one_where_its_name_was_taken_again() {
    let (aws, _) = aws(|_| {
        let mut policy = live_policy();
        policy["PolicyARN"] = json!(POLICY_ARN.replace("6d8972f3", "7e9083a4"));
        answered(json!({"ScalingPolicies": [policy]}))
    });
    let id = format!("{POLICY_ARN}|ecs:service:DesiredCount");
    assert_eq!(aws.read(&existing(POLICY, &id, policy(70.0))).await.unwrap(), None);
}

#[tokio::test]
async fn a_policy_without_a_target_and_alarms_that_are_refused_say_so() {
    let (nowhere, _) = aws(|_| Answer::Lost);
    let incomplete = json!({"PolicyName": "cpu", "PolicyType": "StepScaling", "ResourceId": "service/shop/web"});
    let error = nowhere.create(&create(POLICY, incomplete)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.starts_with("a policy names its target: declare ScalingTargetId"), "{error}");
    for (code, message, class) in [
        ("FailedResourceAccessException", "Failed to put alarm: Rate exceeded", ErrorClass::Throttled),
        ("ObjectNotFoundException", "No scalable target registered", ErrorClass::Propagating),
        ("ConcurrentUpdateException", "", ErrorClass::Transient),
        ("LimitExceededException", "too many policies", ErrorClass::Invalid),
    ] {
        let (aws, _) = aws(move |sent| match sent.contains(".PutScalingPolicy ") {
            true => refused(code, message),
            false => answered(json!({"ScalingPolicies": []})),
        });
        assert_eq!(aws.create(&create(POLICY, policy(70.0))).await.unwrap_err().class, class, "{code}");
    }
}
