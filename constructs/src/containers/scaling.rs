//! Scaling of services.

use groundplan_core::{Code, Diagnostic, Handle, Input, Scope, Template, template};
use groundplan_resources::applicationautoscaling::scalable_target::{
    ScalableDimension, ScalableTargetAction, ScheduledAction, ScheduledActionArgs, ServiceNamespace,
};
use groundplan_resources::applicationautoscaling::scaling_policy::{
    PolicyType, PredefinedMetricSpecification, PredefinedMetricType, TargetTrackingScalingPolicyConfiguration,
};
use groundplan_resources::applicationautoscaling::{
    ScalableTarget, ScalableTargetArgs, ScalingPolicy, ScalingPolicyArgs,
};
use groundplan_resources::ecs::{self, ClusterName};
use groundplan_resources::elasticloadbalancingv2::{ListenerRule, TargetGroup};

use super::schedule::Schedule;

/// The rules by which the number of tasks of a service follows its load: between two counts, so that a metric stays near a value, or at
/// times of a clock.
///
/// ```
/// use groundplan_constructs::containers::{Scaling, Schedule};
/// let scaling = Scaling::between(2, 10)
///     .cpu_percent(60)
///     .requests_per_target(1_000)
///     .at("morning", Schedule::cron("0 7 ? * MON-FRI *").in_time_zone("Europe/Berlin"), 4, 10);
/// ```
#[derive(Clone, Debug)]
pub struct Scaling {
    least: u32,
    most: u32,
    cpu_percent: Option<u8>,
    memory_percent: Option<u8>,
    requests_per_target: Option<u32>,
    out_cooldown_seconds: u32,
    in_cooldown_seconds: u32,
    times: Vec<(String, Schedule, u32, u32)>,
}

impl Scaling {
    /// Scales between `least` and `most` tasks. A service starts with `least`.
    pub fn between(least: u32, most: u32) -> Self {
        Self {
            least,
            most,
            cpu_percent: None,
            memory_percent: None,
            requests_per_target: None,
            out_cooldown_seconds: 60,
            in_cooldown_seconds: 300,
            times: Vec::new(),
        }
    }

    /// Keeps the average CPU use of the tasks near this percentage, from 1 to 100.
    #[must_use]
    pub fn cpu_percent(mut self, percent: u8) -> Self {
        self.cpu_percent = Some(percent);
        self
    }

    /// Keeps the average memory use of the tasks near this percentage, from 1 to 100.
    #[must_use]
    pub fn memory_percent(mut self, percent: u8) -> Self {
        self.memory_percent = Some(percent);
        self
    }

    /// Keeps the number of requests per minute and task near this number. The service is behind a load balancer; of
    /// several routes, the first one counts.
    #[must_use]
    pub fn requests_per_target(mut self, requests: u32) -> Self {
        self.requests_per_target = Some(requests);
        self
    }

    /// Sets the times in seconds for which a change of the count is given effect before the next one: after tasks were
    /// added, and after tasks were removed. Default: 60 and 300.
    #[must_use]
    pub fn cooldown_seconds(mut self, after_adding: u32, after_removing: u32) -> Self {
        self.out_cooldown_seconds = after_adding;
        self.in_cooldown_seconds = after_removing;
        self
    }

    /// Sets other counts from the times of a schedule on. `name` distinguishes the schedules of a service.
    #[must_use]
    pub fn at(mut self, name: impl Into<String>, schedule: Schedule, least: u32, most: u32) -> Self {
        self.times.push((name.into(), schedule, least, most));
        self
    }

    /// Returns the smallest number of tasks that the service has at any time.
    pub(super) fn least(&self) -> u32 {
        self.times.iter().map(|(.., least, _)| *least).chain([self.least]).min().unwrap_or_default()
    }

    /// Returns the number of tasks that the service starts with.
    pub(super) fn first(&self) -> u32 {
        self.least
    }
}

/// A service that scales, and the load balancer in front of it.
pub(super) struct Scaled<'a> {
    pub(super) cluster: Input<ClusterName>,
    pub(super) service: &'a Handle<ecs::Service>,
    pub(super) balanced: Option<Balanced<'a>>,
}

/// The first route of a service.
pub(super) struct Balanced<'a> {
    pub(super) full_name: Option<Input<String>>,
    pub(super) target_group: &'a Handle<TargetGroup>,
    pub(super) rule: &'a Handle<ListenerRule>,
}

/// The handles of what scales a service.
#[derive(Clone)]
pub struct ScalingHandle {
    /// The number of tasks as a target of scaling.
    pub target: Handle<ScalableTarget>,
    /// The policies, one for each metric.
    pub policies: Vec<Handle<ScalingPolicy>>,
}

impl Scaling {
    /// Adds what scales the service.
    pub(super) fn add(&self, scope: &Scope, scaled: &Scaled<'_>) -> ScalingHandle {
        self.check(scope, scaled);
        let target = ScalableTarget::new(ScalableTargetArgs {
            service_namespace: ServiceNamespace::ECS,
            scalable_dimension: ScalableDimension::ECS_SERVICE_DESIRED_COUNT,
            resource_id: template!("service/{}/{}", &scaled.cluster, scaled.service.name()),
            min_capacity: self.least,
            max_capacity: self.most,
        });
        let actions: Vec<_> = self.times.iter().map(action).collect();
        let target = if actions.is_empty() { target } else { target.scheduled_actions(actions) };
        let target = scope.add("scaling", target);

        let mut policies = Vec::new();
        let percents = [
            ("cpu", self.cpu_percent, PredefinedMetricType::ECS_SERVICE_AVERAGE_CPU_UTILIZATION),
            ("memory", self.memory_percent, PredefinedMetricType::ECS_SERVICE_AVERAGE_MEMORY_UTILIZATION),
        ];
        for (name, percent, metric) in percents {
            if let Some(percent) = percent {
                let metric = PredefinedMetricSpecification::new(metric);
                policies.push(self.policy(scope, &target, name, u32::from(percent), metric));
            }
        }
        let balanced = scaled.balanced.as_ref().and_then(|it| Some((it, it.full_name.as_ref()?)));
        if let (Some(requests), Some((balanced, full_name))) = (self.requests_per_target, balanced) {
            let label: Template = template!("{}/{}", full_name, balanced.target_group.target_group_full_name());
            let metric = PredefinedMetricSpecification::new(PredefinedMetricType::ALB_REQUEST_COUNT_PER_TARGET);
            let policy = self.policy(scope, &target, "requests", requests, metric.resource_label(label));
            // The metric exists once the load balancer knows the target group.
            policy.after(balanced.rule);
            policies.push(policy);
        }
        ScalingHandle { target, policies }
    }

    fn policy(
        &self,
        scope: &Scope,
        target: &Handle<ScalableTarget>,
        name: &str,
        value: u32,
        metric: PredefinedMetricSpecification,
    ) -> Handle<ScalingPolicy> {
        let tracking = TargetTrackingScalingPolicyConfiguration::new(value)
            .predefined_metric_specification(metric)
            .scale_out_cooldown(self.out_cooldown_seconds)
            .scale_in_cooldown(self.in_cooldown_seconds);
        let policy = ScalingPolicyArgs { policy_name: name, policy_type: PolicyType::TARGET_TRACKING_SCALING };
        let policy = ScalingPolicy::new(policy).scaling_target_id(target);
        scope.add(&format!("scaling-{name}"), policy.target_tracking_scaling_policy_configuration(tracking))
    }

    fn check(&self, scope: &Scope, scaled: &Scaled<'_>) {
        let refuse = |got: String, allowed: &str| {
            let error = Diagnostic::error(Code::InvalidScaling, "a service cannot scale like this");
            scope.report(error.got(got).allowed(allowed));
        };
        let times = self.times.iter().map(|(_, _, least, most)| (*least, *most));
        for (least, most) in times.chain([(self.least, self.most)]).filter(|(least, most)| least > most) {
            refuse(format!("between {least} and {most} tasks"), "the lower number first");
        }
        if self.cpu_percent.or(self.memory_percent).is_none()
            && self.requests_per_target.is_none()
            && self.times.is_empty()
        {
            refuse(
                "no metric and no schedule".to_owned(),
                "`cpu_percent`, `memory_percent`, `requests_per_target` or `at`",
            );
        }
        for (label, percent) in [("CPU", self.cpu_percent), ("memory", self.memory_percent)] {
            if let Some(percent) = percent.filter(|percent| !(1..=100).contains(percent)) {
                refuse(format!("{percent} % of the {label}"), "1 to 100 %");
            }
        }
        if self.requests_per_target == Some(0) {
            refuse("0 requests per target".to_owned(), "1 or more");
        }
        let known = scaled.balanced.as_ref().map(|balanced| balanced.full_name.is_some());
        match (self.requests_per_target, known) {
            (Some(_), None) => {
                refuse(
                    "the number of requests of a service without a load balancer".to_owned(),
                    "a metric of the tasks",
                );
            }
            (Some(_), Some(false)) => refuse(
                "the number of requests behind a load balancer without a known name".to_owned(),
                "a reference to the existing load balancer that states its `full_name`",
            ),
            _ => {}
        }
        for (at, (name, schedule, ..)) in self.times.iter().enumerate() {
            schedule.check(scope);
            if name.is_empty() || self.times[..at].iter().any(|(other, ..)| other == name) {
                refuse(format!("the name {name:?} of a schedule"), "a name of its own for each schedule");
            }
        }
    }
}

fn action((name, schedule, least, most): &(String, Schedule, u32, u32)) -> ScheduledAction {
    let counts = ScalableTargetAction::new().min_capacity(*least).max_capacity(*most);
    ScheduledAction::new(ScheduledActionArgs { schedule: schedule.expression(), scheduled_action_name: name })
        .scalable_target_action(counts)
        .timezone(schedule.time_zone())
}
