//! ECS clusters.

use groundplan_core::{Construct, Handle, Input, Provides, Scope, template};
use groundplan_resources::ec2;
use groundplan_resources::ecs::cluster::{
    CapacityProviderStrategyItem, ClusterConfiguration, ClusterSettings, ExecuteCommandConfiguration,
    ExecuteCommandLogConfiguration, Logging,
};
use groundplan_resources::ecs::{self, ClusterArn, ClusterName};
use groundplan_resources::servicediscovery::{self, PrivateDnsNamespace};

use crate::identity::{Grantee, KmsKeyRef, Statement};
use crate::network::VpcRef;
use crate::observability::{LogGroup, LogGroupHandle, LogGroupRef, Retention};
use crate::passed_as::PassedAs;

/// The metrics that CloudWatch collects about a cluster.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-container-insights.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerInsights {
    /// Only CPU and memory of each service.
    Off,
    /// Also the network, the storage and the number of tasks.
    On,
    /// Also each task and container.
    Enhanced,
}

/// An ECS cluster whose services run on Fargate in a VPC.
///
/// Container Insights is on. Sessions of ECS Exec are recorded in a log group that keeps them for 90 days. Services can
/// use Fargate and Fargate Spot.
///
/// ```
/// use groundplan_constructs::containers::EcsCluster;
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
/// let cluster = stack.add("cluster", EcsCluster::new(&vpc).namespace("shop.internal"));
/// # app.synth().expect("it is valid");
/// ```
pub struct EcsCluster {
    vpc: VpcRef,
    name: Option<String>,
    insights: ContainerInsights,
    sessions: Retention,
    key: Option<KmsKeyRef>,
    namespace: Option<String>,
}

impl EcsCluster {
    /// Creates a cluster with a generated name. Its services run in the private subnets of the VPC; a reference to an
    /// existing VPC [states](VpcRef::private_subnets) them.
    pub fn new(vpc: impl PassedAs<VpcRef>) -> Self {
        Self {
            vpc: vpc.pass(),
            name: None,
            insights: ContainerInsights::On,
            sessions: Retention::ThreeMonths,
            key: None,
            namespace: None,
        }
    }

    /// Refers to an existing cluster by its name, which can be an export of another app, and to the VPC of its
    /// services. The capacity providers `FARGATE` and, if services use it, `FARGATE_SPOT` are associated with it.
    ///
    /// ```
    /// use groundplan_constructs::containers::EcsCluster;
    /// use groundplan_constructs::network::Vpc;
    /// use groundplan_core::Export;
    /// use groundplan_resources::ec2::{SubnetId, VpcId};
    /// use groundplan_resources::ecs::ClusterName;
    /// const CLUSTER: Export<ClusterName> = Export::new("platform", "cluster");
    /// let vpc = Vpc::existing(VpcId::new("vpc-0a")).private_subnets([SubnetId::new("subnet-0a")]);
    /// let shared = EcsCluster::existing(CLUSTER, &vpc);
    /// ```
    pub fn existing(name: impl Provides<ClusterName>, vpc: impl PassedAs<VpcRef>) -> EcsClusterRef {
        EcsClusterRef { name: name.provide(), arn: None, vpc: vpc.pass(), sessions: None, key: None, namespace: None }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the metrics that CloudWatch collects. Default: [`ContainerInsights::On`].
    #[must_use]
    pub fn container_insights(mut self, insights: ContainerInsights) -> Self {
        self.insights = insights;
        self
    }

    /// Sets the retention of recorded sessions of ECS Exec. Default: 90 days.
    #[must_use]
    pub fn session_retention(mut self, retention: Retention) -> Self {
        self.sessions = retention;
        self
    }

    /// Encrypts sessions of ECS Exec, and what is recorded of them, with this key.
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }

    /// Adds a private DNS namespace, such as `shop.internal`, in which services can be
    /// [found](super::FargateService::discoverable_as) by name from within the VPC.
    #[must_use]
    pub fn namespace(mut self, domain: impl Into<String>) -> Self {
        self.namespace = Some(domain.into());
        self
    }
}

/// The handle of an [`EcsCluster`].
#[derive(Clone)]
pub struct EcsClusterHandle {
    /// The cluster.
    pub cluster: Handle<ecs::Cluster>,
    /// The log group of sessions of ECS Exec.
    pub sessions: LogGroupHandle,
    /// The namespace, if the cluster has one.
    pub namespace: Option<Handle<PrivateDnsNamespace>>,
    vpc: VpcRef,
    key: Option<KmsKeyRef>,
    domain: Option<String>,
}

impl Construct for EcsCluster {
    type Handle = EcsClusterHandle;

    fn build(self, scope: &Scope) -> EcsClusterHandle {
        let mut sessions = LogGroup::new(self.sessions);
        if let Some(key) = &self.key {
            sessions = sessions.encrypted_with(key);
        }
        let sessions = scope.add("sessions", sessions);
        let log = ExecuteCommandLogConfiguration::new()
            .cloud_watch_log_group_name(&sessions.group)
            .cloud_watch_encryption_enabled(self.key.is_some());
        let commands = ExecuteCommandConfiguration::new()
            .logging(Logging::OVERRIDE)
            .log_configuration(log)
            .kms_key_id(self.key.as_ref().map(KmsKeyRef::arn));
        let insights = match self.insights {
            ContainerInsights::Off => "disabled",
            ContainerInsights::On => "enabled",
            ContainerInsights::Enhanced => "enhanced",
        };
        let on_demand = CapacityProviderStrategyItem::new().capacity_provider("FARGATE").weight(1);
        let cluster = ecs::Cluster::new()
            .cluster_name(self.name)
            .cluster_settings([ClusterSettings::new().name("containerInsights").value(insights)])
            .configuration(ClusterConfiguration::new().execute_command_configuration(commands))
            .capacity_providers(["FARGATE", "FARGATE_SPOT"])
            .default_capacity_provider_strategy([on_demand]);
        let namespace = self.namespace.as_ref().map(|domain| {
            let vpc: Input<ec2::VpcId> = (&self.vpc).provide();
            scope.add("namespace", PrivateDnsNamespace::new(domain).vpc(vpc))
        });
        EcsClusterHandle {
            cluster: scope.resource(cluster),
            sessions,
            namespace,
            vpc: self.vpc,
            key: self.key,
            domain: self.namespace,
        }
    }
}

/// A cluster that services run in: an [`EcsCluster`] of the program, by its handle, or an existing one, by
/// [`EcsCluster::existing`].
#[derive(Clone)]
pub struct EcsClusterRef {
    name: Input<ClusterName>,
    /// The ARN of a cluster of the program.
    arn: Option<Input<ClusterArn>>,
    vpc: VpcRef,
    sessions: Option<LogGroupRef>,
    key: Option<KmsKeyRef>,
    namespace: Option<Namespace>,
}

/// The namespace of a cluster.
#[derive(Clone)]
pub(super) struct Namespace {
    pub(super) id: Input<servicediscovery::PrivateDnsNamespaceId>,
    pub(super) domain: String,
}

impl EcsClusterRef {
    /// States the log group in which the existing cluster records sessions of ECS Exec.
    #[must_use]
    pub fn session_logs(mut self, group: impl PassedAs<LogGroupRef>) -> Self {
        self.sessions = Some(group.pass());
        self
    }

    /// States the key with which the existing cluster encrypts sessions of ECS Exec.
    #[must_use]
    pub fn session_key(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }

    /// States a private DNS namespace of the VPC by its id and its domain, in which services of the existing cluster can
    /// be found.
    #[must_use]
    pub fn namespace(
        mut self,
        id: impl Provides<servicediscovery::PrivateDnsNamespaceId>,
        domain: impl Into<String>,
    ) -> Self {
        self.namespace = Some(Namespace { id: id.provide(), domain: domain.into() });
        self
    }

    /// Returns the name of the cluster.
    pub fn name(&self) -> Input<ClusterName> {
        self.name.clone()
    }

    /// Returns the ARN of the cluster, as seen from `scope`.
    pub(super) fn arn(&self, scope: &Scope) -> Input<ClusterArn> {
        let (partition, region, account) = (scope.partition(), scope.region(), scope.account_id());
        let located = || template!("arn:{}:ecs:{}:{}:cluster/{}", partition, region, account, &self.name).typed();
        self.arn.clone().unwrap_or_else(located)
    }

    pub(super) fn vpc(&self) -> &VpcRef {
        &self.vpc
    }

    pub(super) fn known_namespace(&self) -> Option<&Namespace> {
        self.namespace.as_ref()
    }

    /// Allows the programs of a task to accept sessions of ECS Exec, and to record them.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
    #[track_caller]
    pub(super) fn grant_sessions(&self, grantee: &impl Grantee) {
        let identity = grantee.identity();
        let channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
        identity.grant(Statement::allow(channels.map(|action| format!("ssmmessages:{action}"))).on_all());
        if let Some(group) = &self.sessions {
            let write = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
            identity.grant(Statement::allow(write).on([group.arn(identity.scope())]));
            identity.grant(Statement::allow(["logs:DescribeLogGroups"]).on_all());
        }
        if let Some(key) = &self.key {
            key.grant_decrypt(grantee);
        }
    }
}

impl PassedAs<EcsClusterRef> for &EcsClusterHandle {
    fn pass(self) -> EcsClusterRef {
        let namespace = self.namespace.as_ref().zip(self.domain.clone());
        EcsClusterRef {
            name: self.cluster.cluster_name().into(),
            arn: Some(self.cluster.arn().into()),
            vpc: self.vpc.clone(),
            sessions: Some((&self.sessions).pass()),
            key: self.key.clone(),
            namespace: namespace.map(|(namespace, domain)| Namespace { id: namespace.id().into(), domain }),
        }
    }
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
