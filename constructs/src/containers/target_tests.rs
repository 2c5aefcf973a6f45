use groundplan_core::{Assembly, cidr};
use serde_json::{Value as Json, json};

use super::*;
use crate::containers::{Container, EcsCluster, FargateService, TaskDefinition, Vcpu025};
use crate::edge::{ApplicationLoadBalancer, Route};
use crate::fixture::{assembly, below, findings, properties};
use crate::network::Vpc;
use groundplan_core::Stack;
use groundplan_resources::certificatemanager::CertificateArn;

/// A service whose container listens on the port 8000, and one whose health checks are on 8001.
fn add(stack: &Stack, target: Target) {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    let certificate = CertificateArn::new("arn:aws:acm:us-east-1:111122223333:certificate/1");
    let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc, certificate));
    let cluster = stack.add("cluster", EcsCluster::new(&vpc));
    let container = Container::new("nginx:1.27").port(8000).port(8001).udp_port(53);
    let task = TaskDefinition::new(Vcpu025::MIB_512).container("app", container);
    stack.add("api", FargateService::new(&cluster, task).behind(&balancer, Route::new(), target));
}

fn with(target: Target) -> Assembly {
    assembly("us-east-1", |stack| add(stack, target))
}

fn group(target: Target) -> Json {
    properties(&with(target), "shop/api/target")
}

fn attributes(target: Target) -> Json {
    let attributes = group(target)["TargetGroupAttributes"].clone();
    let attributes = attributes.as_array().expect("a list").iter();
    attributes.map(|it| (it["Key"].as_str().expect("a key").to_owned(), it["Value"].clone())).collect()
}

fn found(target: Target) -> String {
    findings(|stack| add(stack, target))
}

#[test]
fn by_default_a_new_task_is_healthy_after_two_checks_within_twenty_seconds() {
    let mut group = group(Target::port(8000));
    group.as_object_mut().and_then(|group| group.remove("TargetGroupAttributes"));
    assert_eq!(
        group,
        json!({
            "VpcId": {"$ref": "shop/vpc#VpcId"},
            "TargetType": "ip",
            "Protocol": "HTTP",
            "ProtocolVersion": "HTTP1",
            "Port": 8000,
            "HealthCheckEnabled": true,
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": "/",
            "HealthCheckPort": "traffic-port",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200"},
        })
    );
    assert_eq!(
        attributes(Target::port(8000)),
        json!({
            "deregistration_delay.timeout_seconds": "30",
            "slow_start.duration_seconds": "0",
            "stickiness.enabled": "false",
        })
    );
    let assembly = with(Target::port(8000));
    assert_eq!(properties(&assembly, "shop/api")["HealthCheckGracePeriodSeconds"], 60);
    assert_eq!(below(&assembly, "shop/api/security-group"), ["from-balancer-security-group-8000"]);
}

#[test]
fn each_setting_has_its_effect() {
    let target = || Target::port(8000);
    let health = target().health_check("/health/").health_check_port(8001).healthy_status("200-299");
    let health = health.interval_seconds(30).timeout_seconds(29).thresholds(3, 4);
    let changed = group(health.clone());
    for (property, value) in [
        ("HealthCheckPath", json!("/health/")),
        ("HealthCheckPort", json!("8001")),
        ("Matcher", json!({"HttpCode": "200-299"})),
        ("HealthCheckIntervalSeconds", json!(30)),
        ("HealthCheckTimeoutSeconds", json!(29)),
        ("HealthyThresholdCount", json!(3)),
        ("UnhealthyThresholdCount", json!(4)),
    ] {
        assert_eq!(changed[property], value, "{property}");
    }
    // The load balancer also has to reach the port of the health checks.
    let both = ["from-balancer-security-group-8000", "from-balancer-security-group-8001"];
    assert_eq!(below(&with(health), "shop/api/security-group"), both);
    let target = target().deregistration_delay_seconds(5).slow_start_seconds(30).sticky_for_seconds(3600);
    assert_eq!(
        attributes(target.clone()),
        json!({
            "deregistration_delay.timeout_seconds": "5",
            "slow_start.duration_seconds": "30",
            "stickiness.enabled": "true",
            "stickiness.type": "lb_cookie",
            "stickiness.lb_cookie.duration_seconds": "3600",
        })
    );
    let assembly = with(target.grace_period_seconds(300));
    assert_eq!(properties(&assembly, "shop/api")["HealthCheckGracePeriodSeconds"], 300);
}

#[test]
fn each_protocol_has_its_version_and_its_status() {
    let of = |protocol| group(Target::port(8000).protocol(protocol));
    let http2 = of(TargetProtocol::Http2);
    assert_eq!((&http2["ProtocolVersion"], &http2["Matcher"]), (&json!("HTTP2"), &json!({"HttpCode": "200"})));
    let grpc = of(TargetProtocol::Grpc);
    assert_eq!((&grpc["ProtocolVersion"], &grpc["Matcher"]), (&json!("GRPC"), &json!({"GrpcCode": "0"})));
    assert_eq!(of(TargetProtocol::Http1)["ProtocolVersion"], "HTTP1");
}

#[test]
fn a_port_that_no_container_listens_on_is_refused() {
    insta::assert_snapshot!(found(Target::port(9000)), @"
        error[GP0373]: no container of the task listens on the port 9000
           = got: 9000
           = allowed: 8000 of `app`, 8001 of `app`
           = help: declare the port of the container with `port(…)`
        ");
    let found = found(Target::port(8000).health_check_port(53));
    assert!(found.starts_with("error[GP0373]: no container of the task listens on the port 53"), "{found}");
}

#[test]
fn settings_that_elastic_load_balancing_would_refuse_are_named() {
    let target = Target::port(8000).health_check("health").interval_seconds(4).timeout_seconds(4).thresholds(1, 11);
    insta::assert_snapshot!(found(target), @r#"
        error[GP0374]: a target group cannot have this setting
           = got: the path "health" of health checks
           = allowed: `/`, and then up to 1023 characters

        error[GP0374]: a target group cannot have this setting
           = got: an interval of 4 seconds
           = allowed: 5 to 300 seconds

        error[GP0374]: a target group cannot have this setting
           = got: a timeout of 4 seconds
           = allowed: 2 to 120 seconds, and less than the interval of 4

        error[GP0374]: a target group cannot have this setting
           = got: a healthy threshold of 1
           = allowed: 2 to 10 checks

        error[GP0374]: a target group cannot have this setting
           = got: an unhealthy threshold of 11
           = allowed: 2 to 10 checks
        "#);
    let target = Target::port(8000).deregistration_delay_seconds(3601).slow_start_seconds(29);
    insta::assert_snapshot!(found(target.sticky_for_seconds(0)), @"
        error[GP0374]: a target group cannot have this setting
           = got: a deregistration delay of 3601 seconds
           = allowed: 0 to 3600 seconds

        error[GP0374]: a target group cannot have this setting
           = got: a slow start of 29 seconds
           = allowed: 30 to 900 seconds

        error[GP0374]: a target group cannot have this setting
           = got: stickiness for 0 seconds
           = allowed: 1 to 604,800 seconds, a week
        ");
}
