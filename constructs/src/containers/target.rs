//! The target group of a service behind a load balancer.

use groundplan_core::{Code, Diagnostic, Handle, Scope};
use groundplan_resources::elasticloadbalancingv2::target_group::{
    HealthCheckProtocol, Matcher, Protocol, TargetGroupAttribute, TargetType,
};
use groundplan_resources::elasticloadbalancingv2::{TargetGroup, target_group};

use super::task_definition::TaskDefinitionHandle;
use crate::network::VpcRef;

/// The protocol that a load balancer speaks with the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetProtocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}

/// The port of a task that a load balancer sends requests to, and how it does so.
///
/// A task receives requests once two health checks in a row have passed, at an interval of 10 seconds; it is replaced
/// after three failures in a row. AWS's defaults, five checks at an interval of 30 seconds, would delay each deployment
/// by minutes. A task that stops has 30 seconds to finish its requests.
///
/// ```
/// use groundplan_constructs::containers::Target;
/// let api = Target::port(8000).health_check("/health/").slow_start_seconds(60);
/// ```
#[derive(Clone, Debug)]
pub struct Target {
    port: u16,
    protocol: TargetProtocol,
    health_path: String,
    health_port: Option<u16>,
    healthy_status: Option<String>,
    interval_seconds: u16,
    timeout_seconds: u16,
    healthy_after: u8,
    unhealthy_after: u8,
    deregistration_delay_seconds: u16,
    slow_start_seconds: u16,
    sticky_seconds: Option<u32>,
    grace_period_seconds: u32,
}

impl Target {
    /// Sends requests to the container that listens on this port.
    pub fn port(port: u16) -> Self {
        Self {
            port,
            protocol: TargetProtocol::Http1,
            health_path: "/".to_owned(),
            health_port: None,
            healthy_status: None,
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_after: 2,
            unhealthy_after: 3,
            deregistration_delay_seconds: 30,
            slow_start_seconds: 0,
            sticky_seconds: None,
            grace_period_seconds: 60,
        }
    }

    /// Sets the protocol. Default: HTTP/1.1.
    #[must_use]
    pub fn protocol(mut self, protocol: TargetProtocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Sets the path that health checks request, such as `/health/`; for gRPC, the method. Default: `/`.
    #[must_use]
    pub fn health_check(mut self, path: impl Into<String>) -> Self {
        self.health_path = path.into();
        self
    }

    /// Sends health checks to another port of the task. Default: the port of the requests.
    #[must_use]
    pub fn health_check_port(mut self, port: u16) -> Self {
        self.health_port = Some(port);
        self
    }

    /// Sets the statuses of a healthy task, such as `200` or `200-299`. Default: 200; for gRPC, 0.
    #[must_use]
    pub fn healthy_status(mut self, codes: impl Into<String>) -> Self {
        self.healthy_status = Some(codes.into());
        self
    }

    /// Sets the time between two health checks, in seconds from 5 to 300. Default: 10.
    #[must_use]
    pub fn interval_seconds(mut self, seconds: u16) -> Self {
        self.interval_seconds = seconds;
        self
    }

    /// Sets the time after which a health check fails, in seconds from 2 to 120 and below the interval. Default: 5.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u16) -> Self {
        self.timeout_seconds = seconds;
        self
    }

    /// Sets the numbers of checks in a row, from 2 to 10, after which a task is healthy and not healthy. Default: 2 and 3.
    #[must_use]
    pub fn thresholds(mut self, healthy: u8, unhealthy: u8) -> Self {
        self.healthy_after = healthy;
        self.unhealthy_after = unhealthy;
        self
    }

    /// Sets the time that a stopping task has to finish its requests, in seconds up to 3600. Default: 30.
    #[must_use]
    pub fn deregistration_delay_seconds(mut self, seconds: u16) -> Self {
        self.deregistration_delay_seconds = seconds;
        self
    }

    /// Raises the share of requests of a new task over this time, in seconds from 30 to 900. Default: it gets its full
    /// share at once.
    #[must_use]
    pub fn slow_start_seconds(mut self, seconds: u16) -> Self {
        self.slow_start_seconds = seconds;
        self
    }

    /// Sends requests of a client to the same task for this time, by a cookie, in seconds up to 604,800. Default: to any
    /// task.
    #[must_use]
    pub fn sticky_for_seconds(mut self, seconds: u32) -> Self {
        self.sticky_seconds = Some(seconds);
        self
    }

    /// Sets the time in which ECS does not replace a starting task for failed health checks of the load balancer, in
    /// seconds. Default: 60.
    #[must_use]
    pub fn grace_period_seconds(mut self, seconds: u32) -> Self {
        self.grace_period_seconds = seconds;
        self
    }

    pub(super) fn number(&self) -> u16 {
        self.port
    }

    pub(super) fn grace_period(&self) -> u32 {
        self.grace_period_seconds
    }

    /// Returns the ports that the load balancer connects to.
    pub(super) fn ports(&self) -> Vec<u16> {
        let health = self.health_port.filter(|port| *port != self.port);
        [Some(self.port), health].into_iter().flatten().collect()
    }

    /// Adds the target group, with the addresses of tasks as its targets.
    pub(super) fn add(
        &self,
        scope: &Scope,
        name: &str,
        vpc: &VpcRef,
        task: &TaskDefinitionHandle,
    ) -> Handle<TargetGroup> {
        self.check(scope, task);
        let (version, matcher) = match self.protocol {
            TargetProtocol::Http1 => ("HTTP1", Matcher::new().http_code(self.status("200"))),
            TargetProtocol::Http2 => ("HTTP2", Matcher::new().http_code(self.status("200"))),
            TargetProtocol::Grpc => ("GRPC", Matcher::new().grpc_code(self.status("0"))),
        };
        let group = TargetGroup::new()
            .vpc_id(vpc)
            .target_type(TargetType::IP)
            .protocol(Protocol::HTTP)
            .protocol_version(version)
            .port(self.port)
            .health_check_enabled(true)
            .health_check_protocol(HealthCheckProtocol::HTTP)
            .health_check_path(self.health_path.clone())
            .health_check_port(self.health_port.map_or_else(|| "traffic-port".to_owned(), |port| port.to_string()))
            .health_check_interval_seconds(self.interval_seconds)
            .health_check_timeout_seconds(self.timeout_seconds)
            .healthy_threshold_count(self.healthy_after)
            .unhealthy_threshold_count(self.unhealthy_after)
            .matcher(matcher)
            .target_group_attributes(self.attributes());
        scope.add(name, group)
    }

    fn status(&self, default: &str) -> String {
        self.healthy_status.clone().unwrap_or_else(|| default.to_owned())
    }

    fn attributes(&self) -> Vec<target_group::TargetGroupAttribute> {
        let attribute = |key: &str, value: String| TargetGroupAttribute::new().key(key).value(value);
        let mut attributes = vec![
            attribute("deregistration_delay.timeout_seconds", self.deregistration_delay_seconds.to_string()),
            attribute("slow_start.duration_seconds", self.slow_start_seconds.to_string()),
            attribute("stickiness.enabled", self.sticky_seconds.is_some().to_string()),
        ];
        if let Some(seconds) = self.sticky_seconds {
            attributes.push(attribute("stickiness.type", "lb_cookie".to_owned()));
            attributes.push(attribute("stickiness.lb_cookie.duration_seconds", seconds.to_string()));
        }
        attributes
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
    fn check(&self, scope: &Scope, task: &TaskDefinitionHandle) {
        for port in self.ports() {
            if task.container_at(port).is_none() {
                let known: Vec<_> = task.tcp_ports().map(|(name, port)| format!("{port} of `{name}`")).collect();
                let known = if known.is_empty() { "none is declared".to_owned() } else { known.join(", ") };
                scope.report(
                    Diagnostic::error(
                        Code::UnknownPort,
                        format!("no container of the task listens on the port {port}"),
                    )
                    .got(port)
                    .allowed(known)
                    .help("declare the port of the container with `port(…)`"),
                );
            }
        }
        let refuse = |got: String, allowed: &str| {
            let error = Diagnostic::error(Code::TargetSetting, "a target group cannot have this setting");
            scope.report(error.got(got).allowed(allowed));
        };
        if !self.health_path.starts_with('/') || self.health_path.len() > 1024 {
            refuse(format!("the path {:?} of health checks", self.health_path), "`/`, and then up to 1023 characters");
        }
        if !(5..=300).contains(&self.interval_seconds) {
            refuse(format!("an interval of {} seconds", self.interval_seconds), "5 to 300 seconds");
        }
        if !(2..=120).contains(&self.timeout_seconds) || self.timeout_seconds >= self.interval_seconds {
            let got = format!("a timeout of {} seconds", self.timeout_seconds);
            refuse(got, &format!("2 to 120 seconds, and less than the interval of {}", self.interval_seconds));
        }
        for (label, checks) in [("a healthy", self.healthy_after), ("an unhealthy", self.unhealthy_after)] {
            if !(2..=10).contains(&checks) {
                refuse(format!("{label} threshold of {checks}"), "2 to 10 checks");
            }
        }
        if self.deregistration_delay_seconds > 3600 {
            refuse(
                format!("a deregistration delay of {} seconds", self.deregistration_delay_seconds),
                "0 to 3600 seconds",
            );
        }
        if self.slow_start_seconds != 0 && !(30..=900).contains(&self.slow_start_seconds) {
            refuse(format!("a slow start of {} seconds", self.slow_start_seconds), "30 to 900 seconds");
        }
        if let Some(seconds) = self.sticky_seconds.filter(|seconds| !(1..=604_800).contains(seconds)) {
            refuse(format!("stickiness for {seconds} seconds"), "1 to 604,800 seconds, a week");
        }
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
