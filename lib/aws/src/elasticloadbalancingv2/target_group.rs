//! `AWS::ElasticLoadBalancingV2::TargetGroup`

use aws_sdk_elasticloadbalancingv2::operation::register_targets::RegisterTargetsError;
use aws_sdk_elasticloadbalancingv2::types::{
    Action as LiveAction, Matcher as LiveMatcher, ProtocolEnum, TargetDescription, TargetGroup as Live,
    TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetHealthDescription, TargetHealthStateEnum, TargetTypeEnum,
};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Outputs};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::action::Action;
use super::attribute::{self, Attribute, Defaults};
use super::listener::listeners;
use super::order::rules;
use super::{NAMES, full_name, read_tags, retag, tag, tag_made, takes_tags_later, with_token};
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required, single};
use crate::tags::Tags;

/// Returns AWS's defaults by protocol and kind of target.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
fn defaults(protocol: Option<&str>, target_type: Option<&str>) -> Defaults {
    let lambda = target_type == Some("lambda");
    let mut defaults = vec![("stickiness.enabled", "false")];
    if !lambda {
        defaults.push(("deregistration_delay.timeout_seconds", "300"));
    }
    let protocol = protocol.unwrap_or_default();
    if protocol == "GENEVE" {
        defaults.extend([
            ("send_tcp_reset.on_deregistration.enabled", "false"),
            ("send_tcp_reset.on_unhealthy.enabled", "false"),
            ("target_failover.on_deregistration", "no_rebalance"),
            ("target_failover.on_unhealthy", "no_rebalance"),
        ]);
        return defaults;
    }
    defaults.extend([
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ]);
    if lambda {
        defaults.push(("lambda.multi_value_headers.enabled", "false"));
        return defaults;
    }
    if protocol.starts_with("HTTP") {
        defaults.extend([
            ("load_balancing.algorithm.anomaly_mitigation", "off"),
            ("load_balancing.algorithm.type", "round_robin"),
            ("slow_start.duration_seconds", "0"),
            ("stickiness.app_cookie.duration_seconds", "86400"),
            ("stickiness.lb_cookie.duration_seconds", "86400"),
            ("stickiness.type", "lb_cookie"),
        ]);
        return defaults;
    }
    let on = |on: bool| if on { "true" } else { "false" };
    let udp = matches!(protocol, "UDP" | "TCP_UDP");
    let by_address = target_type == Some("ip") && matches!(protocol, "TCP" | "TLS");
    defaults.extend([
        ("deregistration_delay.connection_termination.enabled", on(udp)),
        ("preserve_client_ip.enabled", on(!by_address)),
        ("proxy_protocol_v2.enabled", "false"),
        ("stickiness.type", "source_ip"),
        ("target_health_state.unhealthy.connection_termination.enabled", on(!udp)),
        ("target_health_state.unhealthy.draining_interval_seconds", "0"),
    ]);
    defaults
}

/// A target group. Services that register their tasks themselves, as ECS does, omit `Targets`; then this handler
/// ignores the targets of the group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TargetGroup {
    health_check_enabled: Option<bool>,
    health_check_interval_seconds: Option<i32>,
    health_check_path: Option<String>,
    health_check_port: Option<String>,
    health_check_protocol: Option<String>,
    health_check_timeout_seconds: Option<i32>,
    healthy_threshold_count: Option<i32>,
    ip_address_type: Option<String>,
    matcher: Option<Matcher>,
    name: Option<String>,
    port: Option<i32>,
    protocol: Option<String>,
    protocol_version: Option<String>,
    #[serde(default)]
    tags: Tags,
    target_group_attributes: Option<Vec<Attribute>>,
    target_type: Option<String>,
    targets: Option<Vec<Target>>,
    unhealthy_threshold_count: Option<i32>,
    vpc_id: Option<String>,
}

/// The answers to a health check that count as healthy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Matcher {
    grpc_code: Option<String>,
    http_code: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Target {
    availability_zone: Option<String>,
    id: String,
    port: Option<i32>,
}

impl Target {
    fn to_sdk(&self) -> TargetDescription {
        let target = TargetDescription::builder().id(&self.id).set_port(self.port);
        target.set_availability_zone(self.availability_zone.clone()).build()
    }
}

impl Handler for TargetGroup {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::TargetGroup";

    const ERRORS: &'static [Meaning] = &[
        // A function whose permission has not reached Elastic Load Balancing yet, a balancer whose listener has not, an
        // instance that does not run yet.
        // <https://github.com/hashicorp/terraform-provider-aws>: `resourceAttachmentCreate`
        Meaning::of::<RegisterTargetsError>("InvalidTarget", "", ErrorClass::Propagating),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let call = cx
            .elb
            .create_target_group()
            .name(self.name(cx))
            .set_target_type(self.target_type.as_deref().map(TargetTypeEnum::from))
            .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from))
            .set_protocol_version(self.protocol_version.clone())
            .set_port(self.port)
            .set_vpc_id(self.vpc_id.clone())
            .set_ip_address_type(self.ip_address_type.as_deref().map(TargetGroupIpAddressTypeEnum::from))
            .set_health_check_enabled(self.health_check_enabled)
            .set_health_check_protocol(self.health_check_protocol.as_deref().map(ProtocolEnum::from))
            .set_health_check_port(self.health_check_port.clone())
            .set_health_check_path(self.health_check_path.clone())
            .set_health_check_interval_seconds(self.health_check_interval_seconds)
            .set_health_check_timeout_seconds(self.health_check_timeout_seconds)
            .set_healthy_threshold_count(self.healthy_threshold_count)
            .set_unhealthy_threshold_count(self.unhealthy_threshold_count)
            .set_matcher(self.matcher());
        let tagged = call.clone().set_tags(Some(cx.tags(&self.tags, tag))).send().await.map_err(Error::from);
        let (created, is_tagged) = match tagged {
            Err(error) if takes_tags_later(&error) => {
                let name = self.name(cx);
                if cx.elb.describe_target_groups().names(&name).send().await.or_none()?.is_some() {
                    let message = format!("there is a target group {name} already");
                    return Err(Error::new(ErrorClass::AlreadyExists, message));
                }
                (call.send().await?, false)
            }
            created => (created?, true),
        };
        let group = single(created.target_groups, "the target group")?;
        let id = required(group.target_group_arn.clone(), "TargetGroupArn")?;
        if !is_tagged {
            tag_made(cx, &id, &self.tags).await?;
        }
        Ok(Accepted { outputs: outputs(&group, &id), id, ..Accepted::default() })
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let new = changes.new;
        if let Some(old) = changes.old.filter(|old| !old.checks_as(new)) {
            let check = new.check_after(old);
            cx.elb
                .modify_target_group()
                .target_group_arn(id)
                .set_health_check_enabled(check.health_check_enabled)
                .set_health_check_protocol(check.health_check_protocol.as_deref().map(ProtocolEnum::from))
                .set_matcher(check.matcher())
                .set_health_check_port(check.health_check_port)
                .set_health_check_path(check.health_check_path)
                .set_health_check_interval_seconds(check.health_check_interval_seconds)
                .set_health_check_timeout_seconds(check.health_check_timeout_seconds)
                .set_healthy_threshold_count(check.healthy_threshold_count)
                .set_unhealthy_threshold_count(check.unhealthy_threshold_count)
                .send()
                .await?;
        }
        let old = changes.old.map(|group| &group.target_group_attributes);
        let defaults = defaults(new.protocol.as_deref(), new.target_type.as_deref());
        let attributes = attribute::changed(&new.target_group_attributes, old, &defaults)?;
        if !attributes.is_empty() {
            let attributes = attributes
                .into_iter()
                .map(|Attribute { key, value }| TargetGroupAttribute::builder().key(key).value(value).build());
            let call = cx.elb.modify_target_group_attributes().target_group_arn(id);
            call.set_attributes(Some(attributes.collect())).send().await?;
        }
        if changes.of(|group| &group.targets).is_some() {
            register(changes, cx, id).await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.elb.describe_target_groups().target_group_arns(&known.id).send().await?;
        let group = single(described.target_groups, &known.id)?;
        let attributes = cx.elb.describe_target_group_attributes().target_group_arn(&known.id).send().await?;
        let attributes = attributes.attributes.unwrap_or_default().into_iter().map(|it| (it.key, it.value));
        let last = &known.last;
        let outputs = outputs(&group, &known.id);
        let text = |protocol: Option<ProtocolEnum>| protocol.map(|protocol| protocol.as_str().to_owned());
        let target_type = group.target_type.as_ref().map(|kind| kind.as_str().to_owned());
        let protocol = text(group.protocol);
        let defaults = defaults(protocol.as_deref(), target_type.as_deref());
        let properties = Self {
            health_check_enabled: group.health_check_enabled,
            health_check_interval_seconds: group.health_check_interval_seconds,
            health_check_path: group.health_check_path,
            health_check_port: group.health_check_port,
            health_check_protocol: text(group.health_check_protocol),
            health_check_timeout_seconds: group.health_check_timeout_seconds,
            healthy_threshold_count: group.healthy_threshold_count,
            ip_address_type: group.ip_address_type.map(|kind| kind.as_str().to_owned()),
            matcher: group.matcher.map(|it| Matcher { grpc_code: it.grpc_code, http_code: it.http_code }),
            name: group.target_group_name,
            port: group.port,
            protocol,
            protocol_version: group.protocol_version,
            tags: read_tags(cx, &known.id).await?,
            target_group_attributes: attribute::as_declared(&last.target_group_attributes, attributes, &defaults),
            target_type,
            targets: match &last.targets {
                Some(declared) => Some(targets(cx, &known.id, declared).await?),
                None => None,
            },
            unhealthy_threshold_count: group.unhealthy_threshold_count,
            vpc_id: group.vpc_id,
        };
        Ok(Found::ready(properties, serde_json::Value::Object(outputs)))
    }

    /// Deletes the group, which AWS refuses while a listener or rule names it. The call also succeeds if the group does
    /// not exist, so it is read first.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.elb.describe_target_groups().target_group_arns(&known.id).send().await?;
        cx.elb.delete_target_group().target_group_arn(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// The listeners and rules that send requests to it.
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let described = cx.elb.describe_target_groups().target_group_arns(&known.id).send().await?;
        let sends = |actions: &[LiveAction]| actions.iter().any(|action| Action::of(action).sends_to(&known.id));
        let mut holders = Vec::new();
        for balancer in single(described.target_groups, &known.id)?.load_balancer_arns.unwrap_or_default() {
            for listener in listeners(cx, &balancer).await? {
                let arn = listener.listener_arn().unwrap_or_default();
                holders.extend(sends(listener.default_actions()).then(|| format!("listener {arn}")));
                let rules = rules(cx, arn).await?.into_iter().filter(|rule| rule.is_default != Some(true));
                let holding = rules.filter(|rule| sends(rule.actions()));
                holders.extend(holding.filter_map(|rule| Some(format!("listener rule {}", rule.rule_arn?))));
            }
        }
        Ok(holders)
    }

    async fn live_tags(&self, cx: &Context, id: &str) -> Result<Tags> {
        read_tags(cx, id).await
    }

    /// A name alone does not say whose group it is.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let described = cx.elb.describe_target_groups().names(self.name(cx)).send().await.or_none()?;
        let groups = described.and_then(|described| described.target_groups).unwrap_or_default();
        with_token(cx, groups.into_iter().filter_map(|group| group.target_group_arn).collect()).await
    }
}

impl TargetGroup {
    fn name(&self, cx: &Context) -> String {
        self.name.clone().unwrap_or_else(|| cx.name(NAMES))
    }

    fn matcher(&self) -> Option<LiveMatcher> {
        let matcher = self.matcher.as_ref()?;
        let live = LiveMatcher::builder().set_http_code(matcher.http_code.clone());
        Some(live.set_grpc_code(matcher.grpc_code.clone()).build())
    }

    /// Returns whether both have the same health check.
    fn checks_as(&self, other: &Self) -> bool {
        let check = |it: &Self| {
            (
                it.health_check_enabled,
                it.health_check_interval_seconds,
                it.health_check_path.clone(),
                it.health_check_port.clone(),
                it.health_check_protocol.clone(),
                it.health_check_timeout_seconds,
                it.healthy_threshold_count,
                it.unhealthy_threshold_count,
                it.matcher.clone(),
            )
        };
        check(self) == check(other)
    }

    /// Returns the new health check of a group declared as `old`. ModifyTargetGroup leaves omitted settings unchanged,
    /// so those that are no longer declared are set to AWS's default.
    fn check_after(&self, old: &Self) -> Self {
        fn of<T: Clone>(new: &Option<T>, old: &Option<T>, default: Option<T>) -> Option<T> {
            new.clone().or(default.filter(|_| old.is_some()))
        }
        macro_rules! check {
            ($($property:ident)*) => {{
                let default = self.default_check();
                Self { $($property: of(&self.$property, &old.$property, default.$property),)* ..Self::default() }
            }};
        }
        check! {
            health_check_enabled health_check_interval_seconds health_check_path health_check_port
            health_check_protocol health_check_timeout_seconds healthy_threshold_count matcher
            unhealthy_threshold_count
        }
    }

    /// Returns AWS's default health check. Where the reference and the guide differ, on the timeout for application
    /// load balancers and on the threshold of failures of a Lambda function, it is the guide's.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html>
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
    fn default_check(&self) -> Self {
        let group = self.protocol.as_deref().unwrap_or_default();
        let of_application = matches!(group, "HTTP" | "HTTPS");
        let to_lambda = self.target_type.as_deref() == Some("lambda");
        let to_balancer = self.target_type.as_deref() == Some("alb");
        let is_grpc = self.protocol_version.as_deref() == Some("GRPC");
        let default_protocol = if of_application || to_balancer { "HTTP" } else { "TCP" };
        let protocol = self.health_check_protocol.as_deref().unwrap_or(default_protocol);
        let (interval, timeout) = match (group, protocol) {
            _ if to_lambda => (35, 30),
            ("GENEVE", _) => (10, 5),
            ("HTTP" | "HTTPS", _) => (30, 5),
            (_, "HTTP") => (30, 6),
            _ => (30, 10),
        };
        let http = if to_lambda || of_application { "200" } else { "200-399" };
        let (path, matcher) = if is_grpc {
            ("/AWS.ALB/healthcheck", Matcher { grpc_code: Some("12".to_owned()), http_code: None })
        } else {
            ("/", Matcher { grpc_code: None, http_code: Some(http.to_owned()) })
        };
        let port = if group == "GENEVE" { "80" } else { "traffic-port" };
        // A function has no port, and what is only connected to has no path.
        let by_request = to_lambda || protocol != "TCP";
        Self {
            health_check_enabled: Some(!to_lambda),
            health_check_interval_seconds: Some(interval),
            health_check_path: by_request.then(|| path.to_owned()),
            health_check_port: (!to_lambda).then(|| port.to_owned()),
            health_check_protocol: (!to_lambda).then(|| default_protocol.to_owned()),
            health_check_timeout_seconds: Some(timeout),
            healthy_threshold_count: Some(5),
            matcher: by_request.then_some(matcher),
            unhealthy_threshold_count: Some(2),
            ..Self::default()
        }
    }
}

fn outputs(group: &Live, arn: &str) -> Outputs {
    let outputs = json!({
        "TargetGroupArn": arn,
        "TargetGroupFullName": full_name(arn),
        "TargetGroupName": group.target_group_name,
        "LoadBalancerArns": group.load_balancer_arns(),
    });
    accepted("", outputs).outputs
}

async fn register(changes: &Changes<'_, TargetGroup>, cx: &Context, id: &str) -> Result<()> {
    let new = changes.new.targets.as_deref().unwrap_or_default();
    let old = changes.old.and_then(|group| group.targets.as_deref()).unwrap_or_default();
    // A target without a port is registered on that of the group.
    let spelled = |target: &Target| Target { port: target.port.or(changes.new.port), ..target.clone() };
    let only = |of: &[Target], other: &[Target]| -> Vec<_> {
        let other: Vec<_> = other.iter().map(spelled).collect();
        of.iter().filter(|target| !other.contains(&spelled(target))).map(Target::to_sdk).collect()
    };
    let (added, removed) = (only(new, old), only(old, new));
    if !added.is_empty() {
        cx.elb.register_targets().target_group_arn(id).set_targets(Some(added)).send().await?;
    }
    if !removed.is_empty() {
        cx.elb.deregister_targets().target_group_arn(id).set_targets(Some(removed)).send().await?;
    }
    Ok(())
}

/// Those that are declared first, and as they are declared: AWS fills in port and zone. A target that
/// drains is deregistered already, and only finishes its requests.
async fn targets(cx: &Context, id: &str, declared: &[Target]) -> Result<Vec<Target>> {
    let described = cx.elb.describe_target_health().target_group_arn(id).send().await?;
    let drains = |it: &TargetHealthDescription| {
        it.target_health().and_then(|health| health.state()) == Some(&TargetHealthStateEnum::Draining)
    };
    let live = described.target_health_descriptions.unwrap_or_default().into_iter().filter(|it| !drains(it));
    let live: Vec<_> = live
        .filter_map(|it| it.target)
        .map(|target| Target {
            availability_zone: target.availability_zone,
            id: target.id.unwrap_or_default(),
            port: target.port,
        })
        .collect();
    let is = |declared: &Target, live: &Target| {
        declared.id == live.id
            && (declared.port.is_none() || declared.port == live.port)
            && (declared.availability_zone.is_none() || declared.availability_zone == live.availability_zone)
    };
    let known = declared.iter().filter(|target| live.iter().any(|other| is(target, other))).cloned();
    let foreign = live.iter().filter(|target| !declared.iter().any(|other| is(other, target))).cloned();
    Ok(known.chain(foreign).collect())
}
