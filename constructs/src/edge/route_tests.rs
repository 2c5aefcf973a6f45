use groundplan_core::{Assembly, Stack, cidr};
use groundplan_resources::certificatemanager::CertificateArn;
use groundplan_resources::elasticloadbalancingv2::listener_rule::{Action, FixedResponseConfig, Type};
use serde_json::json;

use super::*;
use crate::edge::{ApplicationLoadBalancer, ApplicationLoadBalancerHandle, ApplicationLoadBalancerRef};
use crate::fixture::{assembly, findings, properties};
use crate::network::Vpc;

fn balancer(stack: &Stack) -> ApplicationLoadBalancerHandle {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    let certificate = CertificateArn::new("arn:aws:acm:us-east-1:111122223333:certificate/1");
    stack.add("balancer", ApplicationLoadBalancer::new(&vpc, certificate))
}

/// A rule at `shop/NAME`.
fn add(stack: &Stack, balancer: &ApplicationLoadBalancerHandle, name: &str, route: Route) {
    let action = Action::new(Type::FIXED_RESPONSE).fixed_response_config(FixedResponseConfig::new("200"));
    crate::PassedAs::<ApplicationLoadBalancerRef>::pass(balancer).add_rule(stack, name, &route, action);
}

fn with(routes: Vec<(&str, Route)>) -> Assembly {
    assembly("us-east-1", |stack| {
        let balancer = balancer(stack);
        for (name, route) in routes {
            add(stack, &balancer, name, route);
        }
    })
}

fn found(routes: Vec<(&str, Route)>) -> String {
    findings(|stack| {
        let balancer = balancer(stack);
        for (name, route) in routes {
            add(stack, &balancer, name, route);
        }
    })
}

fn priority(assembly: &Assembly, name: &str) -> u64 {
    properties(assembly, &format!("shop/{name}"))["Priority"].as_u64().expect("a number")
}

#[test]
fn a_route_is_a_rule_of_the_https_listener_with_its_hosts_and_paths() {
    let route = Route::new().host("API.example.com").host("*.example.org").path("/graphql/*");
    let rule = properties(&with(vec![("rule", route)]), "shop/rule");
    assert_eq!(rule["ListenerArn"], json!({"$ref": "shop/balancer/https#ListenerArn"}));
    let hosts = json!({"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com", "*.example.org"]}});
    let paths = json!({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/graphql/*"]}});
    assert_eq!(rule["Conditions"], json!([hosts, paths]));
    let all = properties(&with(vec![("rule", Route::new())]), "shop/rule");
    assert_eq!(all["Conditions"], json!([{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]));
}

#[test]
fn the_more_specific_route_has_precedence_whatever_the_order_of_the_program_is() {
    let by_precedence = [
        ("host-and-path", Route::new().host("a.example.com").path("/health")),
        ("longer", Route::new().host("a.example.com").path("/media/thumbs/*")),
        ("shorter", Route::new().host("a.example.com").path("/media/*")),
        ("host", Route::new().host("a.example.com")),
        ("wildcard-host", Route::new().host("*.example.com").path("/health")),
        ("any-host", Route::new().path("/health")),
        ("any-host-pattern", Route::new().path("/health/*")),
        ("all", Route::new()),
    ];
    let names = by_precedence.iter().map(|(name, _)| *name);
    let orders = [by_precedence.to_vec(), by_precedence.iter().rev().cloned().collect()];
    for order in orders {
        let assembly = with(order);
        let priorities: Vec<_> = names.clone().map(|name| priority(&assembly, name)).collect();
        assert!(priorities.is_sorted_by(|a, b| a < b), "{priorities:?}");
        assert!(priorities.iter().all(|priority| (1000..=49_731).contains(priority)), "{priorities:?}");
    }
}

#[test]
fn a_further_route_changes_no_other_priority() {
    let host = |number: u32| Route::new().host(format!("{number}.example.com"));
    let few = with(vec![("a", host(1)), ("b", host(2))]);
    let more = with(vec![("new", host(3)), ("a", host(1)), ("b", host(2))]);
    for name in ["a", "b"] {
        assert_eq!(priority(&few, name), priority(&more, name));
    }
}

#[test]
fn routes_of_one_level_have_different_priorities() {
    let names: Vec<_> = (0..124).map(|number| format!("r{number}")).collect();
    let routes = names.iter().map(|name| (name.as_str(), Route::new().host(format!("{name}.example.com"))));
    let assembly = with(routes.collect());
    let priorities: std::collections::BTreeSet<_> = names.iter().map(|name| priority(&assembly, name)).collect();
    assert_eq!(priorities.len(), 124);
}

#[test]
fn a_stated_priority_is_used_and_one_that_is_taken_is_a_conflict() {
    let stated = |host: &str| Route::new().host(host).priority(10);
    assert_eq!(priority(&with(vec![("rule", stated("a.example.com"))]), "rule"), 10);
    let found = found(vec![("one", stated("a.example.com")), ("two", stated("b.example.com"))]);
    assert!(found.starts_with("error[GP0214]"), "{found}");
}

#[test]
fn an_existing_balancer_has_its_listener_and_allots_priorities_too() {
    use crate::network::SecurityGroup;
    use groundplan_resources::ec2::SecurityGroupId;
    use groundplan_resources::elasticloadbalancingv2::ListenerArn;
    let assembly = assembly("us-east-1", |stack| {
        let listener = ListenerArn::new("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/a/1/2");
        let group = SecurityGroup::existing(SecurityGroupId::new("sg-1"));
        let shared = ApplicationLoadBalancer::existing(listener, &group);
        assert_eq!(shared.security_group().id(), group.id());
        let action = || Action::new(Type::FIXED_RESPONSE).fixed_response_config(FixedResponseConfig::new("200"));
        shared.add_rule(stack, "one", &Route::new().host("a.example.com"), action());
        crate::PassedAs::<ApplicationLoadBalancerRef>::pass(shared).add_rule(stack, "two", &Route::new(), action());
    });
    let rule = properties(&assembly, "shop/one");
    assert!(rule["ListenerArn"].as_str().is_some_and(|arn| arn.ends_with("listener/app/a/1/2")));
    assert!(priority(&assembly, "one") < priority(&assembly, "two"));
}

#[test]
fn a_route_that_never_receives_a_request_is_refused() {
    insta::assert_snapshot!(found(vec![
        ("one", Route::new().host("a.example.com")),
        ("two", Route::new().host("A.example.com").path("/*")),
    ]), @"
        error[GP0362]: the route of `shop/two` never receives a request
           = got: host a.example.com, path /*; the route of `shop/one` has precedence: host a.example.com, path /*
           = help: make the other route more specific, or remove one of the two
        ");
    insta::assert_snapshot!(found(vec![
        ("thumbs", Route::new().path("/media/thumbs/*")),
        ("media", Route::new().path("/media/*").priority(10)),
    ]), @"
        error[GP0362]: the route of `shop/thumbs` never receives a request
           = got: host *, path /media/thumbs/*; the route of `shop/media` has precedence: host *, path /media/*
           = help: make the other route more specific, or remove one of the two
        ");
    // Some of its requests are enough.
    let partly = vec![("one", Route::new().path("/a/*").priority(1)), ("two", Route::new().path("/a/*").path("/b"))];
    assert_eq!(found(partly), "");
}

#[test]
fn patterns_cover_what_all_their_texts_match() {
    for (own, other, covers) in [
        ("*", "a.example.com", true),
        ("*.example.com", "a.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "*.a.example.com", true),
        ("*.a.example.com", "*.example.com", false),
        ("/?", "/a", true),
        ("/?", "/*", false),
        ("/*", "/?", true),
        ("/a*", "/a", true),
        ("/a", "/A", false),
    ] {
        assert_eq!(pattern_covers(own.as_bytes(), other.as_bytes()), covers, "{own} {other}");
    }
}

#[test]
fn what_aws_would_refuse_in_a_route_is_named() {
    insta::assert_snapshot!(found(vec![
        ("host", Route::new().host("localhost")),
        ("path", Route::new().path("health").priority(0)),
        ("many", (0..6).fold(Route::new(), |route, number| route.path(format!("/{number}")))),
    ]), @r#"
        error[GP0361]: a load balancer cannot have this route
           = got: the host "localhost"
           = allowed: a host name of up to 128 letters, digits, `-` and `.`, with the wildcards `*` and `?`

        error[GP0361]: a load balancer cannot have this route
           = got: the path "health"
           = allowed: `/`, and then up to 127 letters, digits, `_-.$/~"'@:+&`, with the wildcards `*` and `?`

        error[GP0361]: a load balancer cannot have this route
           = got: the priority 0
           = allowed: 1 to 50,000

        error[GP0361]: a load balancer cannot have this route
           = got: 6 hosts and paths
           = allowed: up to 5 of both together; a service can have several routes
        "#);
}
