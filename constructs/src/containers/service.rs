//! Services: tasks that keep running on Fargate.

use std::marker::PhantomData;

use groundplan_core::{Construct, Provides, Scope};
use groundplan_resources::cloudwatch::AlarmName;

use super::cluster::EcsClusterRef;
use super::scaling::Scaling;
use super::service_handle::FargateServiceHandle;
use super::service_parts::{Settings, Spot};
use super::service_task::ServiceTask;
use super::target::Target;
use crate::edge::{ApplicationLoadBalancerRef, Route};
use crate::passed_as::PassedAs;

/// The [kind](FargateService) of a service with any number of equal tasks.
#[derive(Debug)]
pub enum Replicated {}

/// The [kind](FargateService) of a service with one task, of which there are never two at once.
#[derive(Debug)]
pub enum Singleton {}

/// Tasks that keep running on Fargate: behind a load balancer, as a worker that nobody connects to, or as a
/// [singleton](Self::singleton).
///
/// The defaults are those of production. Two tasks run in the private subnets of the cluster's VPC, spread over the
/// availability zones, with a security group of their own. A deployment starts new tasks before it stops old ones; if
/// the new ones fail to start, ECS rolls back to the last revision that worked. Tasks have the tags of the service.
///
/// `K` is the kind: [`Replicated`], or [`Singleton`], which has neither a number of tasks nor scaling nor a load
/// balancer. The following does not compile:
///
/// ```compile_fail
/// # use groundplan_constructs::containers::{EcsClusterRef, FargateService, Scaling, TaskDefinition};
/// fn beat(cluster: EcsClusterRef, task: TaskDefinition) {
///     FargateService::singleton(cluster, task).scale(Scaling::between(1, 2).cpu_percent(60));
/// }
/// ```
///
/// ```
/// use groundplan_constructs::containers::{
///     Container, EcsCluster, FargateService, ImageRepository, Scaling, Target, TaskDefinition, Vcpu05, Vcpu1,
/// };
/// use groundplan_constructs::data::{Bucket, PostgresDatabase};
/// use groundplan_constructs::edge::{ApplicationLoadBalancer, Route};
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment, cidr};
/// use groundplan_resources::certificatemanager::CertificateArn;
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
/// let certificate = CertificateArn::new("arn:aws:acm:eu-west-1:111122223333:certificate/1");
/// let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc, certificate));
/// let database = stack.add("database", PostgresDatabase::new(&vpc));
/// let images = stack.add("images", ImageRepository::new());
/// let cluster = stack.add("cluster", EcsCluster::new(&vpc));
/// let saleor = || Container::new(images.image("3.21.1")).env("DATABASE_HOST", database.host());
///
/// let task = TaskDefinition::new(Vcpu1::GIB_2).container("api", saleor().port(8000));
/// let api = FargateService::new(&cluster, task)
///     .behind(&balancer, Route::new().host("api.example.com"), Target::port(8000).health_check("/health/"))
///     .scale(Scaling::between(2, 10).cpu_percent(60).requests_per_target(1_000));
/// let api = stack.add("api", api);
/// api.connect_to(&database);
/// stack.add("media", Bucket::new()).grant_read_write(&api, "uploads/*");
///
/// let task = TaskDefinition::new(Vcpu05::GIB_1).container("beat", saleor().command(["celery", "beat"]));
/// let beat = stack.add("beat", FargateService::singleton(&cluster, task));
/// beat.connect_to(&database);
/// # app.synth().expect("it is valid");
/// ```
#[must_use]
pub struct FargateService<K = Replicated> {
    task: ServiceTask,
    settings: Settings,
    kind: PhantomData<K>,
}

impl<K> FargateService<K> {
    fn of(cluster: EcsClusterRef, task: ServiceTask, desired_count: u32, percent: (u16, u16)) -> Self {
        Self { task, settings: Settings::new(cluster, desired_count, percent), kind: PhantomData }
    }

    /// Sets the name. A service with a name cannot be replaced without an interruption. Default: a generated name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Runs the tasks in the public subnets with public addresses, for a VPC without NAT gateways. The security group
    /// still blocks all inbound traffic that is not allowed. Default: in the private subnets.
    pub fn in_public_subnets(mut self) -> Self {
        self.settings.public = true;
        self
    }

    /// Blocks outbound traffic, except for that of [`connect_to`](FargateServiceHandle::connect_to) and
    /// [`allow_to`](FargateServiceHandle::allow_to). The tasks still have to reach the registry of their images, the log
    /// service and Secrets Manager.
    pub fn no_outbound(mut self) -> Self {
        self.settings.outbound = false;
        self
    }

    /// Turns the circuit breaker off: ECS tries to start failing tasks until the deployment is replaced.
    pub fn without_circuit_breaker(mut self) -> Self {
        self.settings.circuit_breaker = false;
        self
    }

    /// Leaves a failed deployment as it is, instead of rolling back to the last revision that worked.
    pub fn without_rollback(mut self) -> Self {
        self.settings.rollback = false;
        self
    }

    /// Fails a deployment, and rolls it back, if this alarm goes off while it is in progress.
    pub fn deployment_alarm(mut self, alarm: impl Provides<AlarmName>) -> Self {
        self.settings.alarms.push(alarm.provide());
        self
    }

    /// Allows sessions in running containers with ECS Exec, which the cluster records. The task role gets the
    /// permissions for it.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
    pub fn ecs_exec(mut self) -> Self {
        self.settings.exec = true;
        self
    }

    /// Sets the platform version of Fargate, such as `1.4.0`. Default: `LATEST`.
    pub fn platform_version(mut self, version: impl Into<String>) -> Self {
        self.settings.platform_version = version.into();
        self
    }

    /// Lets others in the VPC find the tasks under this name in the [namespace](super::EcsCluster::namespace) of the
    /// cluster, as in `api.shop.internal`.
    pub fn discoverable_as(mut self, name: impl Into<String>) -> Self {
        self.settings.discovery_name = Some(name.into());
        self
    }
}

impl FargateService<Replicated> {
    /// Creates a service of two tasks. Without [`behind`](Self::behind), it is a worker.
    pub fn new(cluster: impl PassedAs<EcsClusterRef>, task: impl PassedAs<ServiceTask>) -> Self {
        Self::of(cluster.pass(), task.pass(), 2, (100, 200))
    }

    /// Sends the requests of a route of the load balancer to a port of the tasks. A service can have several routes.
    pub fn behind(mut self, balancer: impl PassedAs<ApplicationLoadBalancerRef>, route: Route, target: Target) -> Self {
        self.settings.routes.push((balancer.pass(), route, target));
        self
    }

    /// Sets the number of tasks. Default: 2.
    pub fn desired_count(mut self, tasks: u32) -> Self {
        self.settings.desired_count = tasks;
        self
    }

    /// Scales the number of tasks. A deploy then leaves the number as it is.
    pub fn scale(mut self, scaling: Scaling) -> Self {
        self.settings.scaling = Some(scaling);
        self
    }

    /// Sets how many tasks run during a deployment, at least and at most, in percent of the desired number. Default: 100
    /// and 200, so that new tasks start before old ones stop.
    pub fn deployment_percent(mut self, minimum_healthy: u16, maximum: u16) -> Self {
        self.settings.minimum_percent = minimum_healthy;
        self.settings.maximum_percent = maximum;
        self
    }

    /// Runs `on_demand` tasks on Fargate, and this percentage of the others on Fargate Spot, which costs less, and whose
    /// tasks AWS stops at a notice of two minutes.
    pub fn spot(mut self, percent: u8, on_demand: u32) -> Self {
        self.settings.spot = Some(Spot { percent, on_demand });
        self
    }
}

impl FargateService<Singleton> {
    /// Creates a service of one task that never runs twice, such as a scheduler. A deployment stops the old task before
    /// it starts the new one.
    pub fn singleton(cluster: impl PassedAs<EcsClusterRef>, task: impl PassedAs<ServiceTask>) -> Self {
        Self::of(cluster.pass(), task.pass(), 1, (0, 100))
    }
}

impl<K> Construct for FargateService<K> {
    type Handle = FargateServiceHandle;

    fn build(self, scope: &Scope) -> FargateServiceHandle {
        let task = self.task.add(scope);
        self.settings.add(scope, task)
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
