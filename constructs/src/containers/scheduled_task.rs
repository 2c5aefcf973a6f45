//! Tasks that run at scheduled times.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Scope, template};
use groundplan_resources::scheduler;
use groundplan_resources::scheduler::ScheduleArgs;
use groundplan_resources::scheduler::schedule::{
    AssignPublicIp, AwsVpcConfiguration, EcsParameters, FlexibleTimeWindow, LaunchType, Mode, NetworkConfiguration,
    PropagateTags, RetryPolicy, State, TargetArgs,
};

use super::cluster::EcsClusterRef;
use super::schedule::Schedule;
use super::service_task::ServiceTask;
use super::task_definition::TaskDefinitionHandle;
use crate::identity::{Condition, Grantee, Identity, Principal, Role, RoleHandle, Statement};
use crate::network::{Connectable, Peer, Port, SecurityGroup, SecurityGroupHandle, Visibility};
use crate::passed_as::PassedAs;

/// The time in seconds for which a start that fails is tried again.
const RETRY_SECONDS: u16 = 3600;

/// A task that runs on Fargate at the times of a schedule of EventBridge Scheduler, in the private subnets of the
/// cluster's VPC.
///
/// A role of its own may start this revision of the task in this cluster, and nothing else. If a task cannot be started,
/// the scheduler tries again for an hour. It does not wait for the end of the last run.
///
/// ```
/// use groundplan_constructs::containers::{Container, EcsCluster, Schedule, ScheduledTask, TaskDefinition, Vcpu025};
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
/// let cluster = stack.add("cluster", EcsCluster::new(&vpc));
/// let clean = Container::new("public.ecr.aws/acme/tools:1.4").command(["clean-up"]);
/// let task = TaskDefinition::new(Vcpu025::MIB_512).container("clean-up", clean);
/// let nightly = Schedule::cron("30 2 * * ? *").in_time_zone("Europe/Berlin");
/// stack.add("clean-up", ScheduledTask::new(&cluster, task, nightly));
/// # app.synth().expect("it is valid");
/// ```
#[must_use]
pub struct ScheduledTask {
    cluster: EcsClusterRef,
    task: ServiceTask,
    schedule: Schedule,
    window_minutes: Option<u16>,
    outbound: bool,
    paused: bool,
}

impl ScheduledTask {
    /// Runs a task at the times of a schedule.
    pub fn new(cluster: impl PassedAs<EcsClusterRef>, task: impl PassedAs<ServiceTask>, schedule: Schedule) -> Self {
        Self {
            cluster: cluster.pass(),
            task: task.pass(),
            schedule,
            window_minutes: None,
            outbound: true,
            paused: false,
        }
    }

    /// Starts the task at any time within this number of minutes, from 1 to 1440, after the scheduled one. Default:
    /// within the minute.
    pub fn within_minutes(mut self, minutes: u16) -> Self {
        self.window_minutes = Some(minutes);
        self
    }

    /// Blocks outbound traffic, except for that of [`connect_to`](ScheduledTaskHandle::connect_to) and
    /// [`allow_to`](ScheduledTaskHandle::allow_to).
    pub fn no_outbound(mut self) -> Self {
        self.outbound = false;
        self
    }

    /// Keeps the schedule, and starts no tasks.
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }
}

/// The handle of a [`ScheduledTask`]. Permissions that are granted to it are those of its tasks.
#[derive(Clone)]
pub struct ScheduledTaskHandle {
    /// The schedule.
    pub schedule: Handle<scheduler::Schedule>,
    /// The task definition.
    pub task: TaskDefinitionHandle,
    /// The security group of the tasks.
    pub security_group: SecurityGroupHandle,
    /// The role that starts the tasks.
    pub role: RoleHandle,
}

impl Grantee for ScheduledTaskHandle {
    fn identity(&self) -> &Identity {
        self.task.identity()
    }
}

impl ScheduledTaskHandle {
    /// Allows the tasks to connect to `peer` on `port`, if the task is declared with
    /// [`no_outbound`](ScheduledTask::no_outbound).
    #[track_caller]
    pub fn allow_to(&self, peer: impl PassedAs<Peer>, port: Port) -> &Self {
        self.security_group.allow_to(peer, port);
        self
    }

    /// Allows the tasks to connect to a database or to what else accepts connections.
    #[track_caller]
    pub fn connect_to(&self, other: &impl Connectable) -> &Self {
        self.security_group.connect_to(other);
        self
    }
}

impl Construct for ScheduledTask {
    type Handle = ScheduledTaskHandle;

    fn build(self, scope: &Scope) -> ScheduledTaskHandle {
        self.schedule.check(scope);
        if let Some(minutes) = self.window_minutes.filter(|minutes| !(1..=1440).contains(minutes)) {
            let error = Diagnostic::error(Code::InvalidSchedule, "a task cannot start within this time");
            scope.report(error.got(format!("{minutes} minutes")).allowed("1 to 1440 minutes"));
        }
        let task = self.task.add(scope);
        let label = format!("{} {}", scope.app_name(), scope.path().name());
        let group = SecurityGroup::new(self.cluster.vpc(), format!("{label}: tasks"));
        let group = if self.outbound { group } else { group.no_outbound() };
        let security_group = scope.add("security-group", group);
        let role = starter(scope, &self.cluster, &task, &format!("{label}: starts tasks"));

        let network =
            AwsVpcConfiguration::new(self.cluster.vpc().subnets(scope, Visibility::Private, "a scheduled task"))
                .security_groups([security_group.id()])
                .assign_public_ip(AssignPublicIp::DISABLED);
        let parameters = EcsParameters::new(&task.definition)
            .launch_type(LaunchType::FARGATE)
            .task_count(1)
            .network_configuration(NetworkConfiguration::new().awsvpc_configuration(network))
            .enable_ecs_managed_tags(true)
            .propagate_tags(PropagateTags::TASK_DEFINITION);
        let target =
            scheduler::schedule::Target::new(TargetArgs { arn: self.cluster.arn(scope), role_arn: &role.role })
                .ecs_parameters(parameters)
                .retry_policy(RetryPolicy::new().maximum_event_age_in_seconds(RETRY_SECONDS));
        let window = match self.window_minutes {
            Some(minutes) => FlexibleTimeWindow::new(Mode::FLEXIBLE).maximum_window_in_minutes(minutes),
            None => FlexibleTimeWindow::new(Mode::OFF),
        };
        let state = if self.paused { State::DISABLED } else { State::ENABLED };
        let schedule = scheduler::Schedule::new(ScheduleArgs {
            flexible_time_window: window,
            schedule_expression: self.schedule.expression(),
            target,
        })
        .schedule_expression_timezone(self.schedule.time_zone())
        .state(state);
        let schedule = scope.resource(schedule);
        ScheduledTaskHandle { schedule, task, security_group, role }
    }
}

/// Adds the role of the scheduler, which may start this revision in this cluster and pass the roles of the task to it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html>
fn starter(scope: &Scope, cluster: &EcsClusterRef, task: &TaskDefinitionHandle, description: &str) -> RoleHandle {
    let trust = Statement::allow(["sts:AssumeRole"])
        .by(Principal::service("scheduler.amazonaws.com"))
        .when(Condition::new("StringEquals", "aws:SourceAccount", [scope.account_id()]));
    let role = scope.add("role", Role::trusting(trust).description(description));
    let in_cluster = Condition::new("ArnEquals", "ecs:cluster", [cluster.arn(scope)]);
    role.grant(Statement::allow(["ecs:RunTask"]).on([task.arn()]).when(in_cluster));
    let tasks =
        template!("arn:{}:ecs:{}:{}:task/{}/*", scope.partition(), scope.region(), scope.account_id(), cluster.name());
    let on_start = Condition::new("StringEquals", "ecs:CreateAction", ["RunTask"]);
    role.grant(Statement::allow(["ecs:TagResource"]).on([tasks]).when(on_start));
    let to_tasks = Condition::new("StringEquals", "iam:PassedToService", ["ecs-tasks.amazonaws.com"]);
    let roles = [task.execution_role.arn(), task.task_role.arn()];
    role.grant(Statement::allow(["iam:PassRole"]).on(roles).when(to_tasks));
    role
}

#[cfg(test)]
#[path = "scheduled_task_tests.rs"]
mod tests;
