//! Task definitions: the containers that run together.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Input, Output, Provides, Scope, template};
use groundplan_resources::ecs::task_definition::{
    ContainerDefinition, ContainerDefinitionArgs, ContainerDependency, CpuArchitecture, EphemeralStorage, HealthCheck,
    KeyValuePair, LinuxParameters, LogConfiguration, MountPoint, NetworkMode, OperatingSystemFamily, PortMapping,
    Protocol, RepositoryCredentials, RequiresCompatibilities, RestartPolicy, RuntimePlatform, Secret, SecretArgs,
    Ulimit, UlimitArgs, Volume,
};
use groundplan_resources::ecs::{self, TaskDefinitionArn};

use super::container::{Container, ContainerPort};
use super::container_check;
use super::size::FargateSize;
use super::task_role::TaskRole;
use crate::identity::{Grantee, Identity};
use crate::observability::{LogGroup, LogGroupHandle, LogGroupRef, Retention};
use crate::passed_as::PassedAs;

/// The ephemeral storage that a task can have beyond the default of 20 GiB.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html>
const STORAGE: std::ops::RangeInclusive<u16> = 21..=200;

/// The buffer for log lines that are not sent yet.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>
const LOG_BUFFER: &str = "25m";

/// The architecture of the processors of a task, for which its images are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86 with 64 bits.
    X86_64,
    /// ARM with 64 bits: Graviton, which costs less.
    Arm64,
}

/// The containers that run together as a task on Fargate, and the roles that they use.
///
/// The execution role, which ECS uses to start a task, may pull the images, read the secrets and write the logs of this
/// task, and nothing else. The task role, which the programs use, may do nothing until it is granted something: the
/// handle is a [`Grantee`]. The log group keeps events for 30 days. If the log service is slow, a program goes on, and
/// lines are dropped once a buffer of 25 MB is full; `log_option("mode", "blocking")` reverses that.
///
/// ```
/// use groundplan_constructs::containers::{
///     Container, HealthCheck, ImageRepository, StartCondition, TaskDefinition, Vcpu1,
/// };
/// use groundplan_constructs::data::{Bucket, PostgresDatabase};
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
/// let database = stack.add("database", PostgresDatabase::new(&vpc));
/// let images = stack.add("images", ImageRepository::new());
///
/// let api = Container::new(images.image("3.21.1"))
///     .port(8000)
///     .env("DATABASE_HOST", database.host())
///     .secret_key("DATABASE_PASSWORD", &database.credentials, "password")
///     .health_check(HealthCheck::shell("curl -f http://localhost:8000/health/"))
///     .depends_on("migrate", StartCondition::Succeeded);
/// let migrate = Container::new(images.image("3.21.1")).command(["./manage.py", "migrate"]).not_essential();
/// let task = TaskDefinition::new(Vcpu1::GIB_2).container("api", api).container("migrate", migrate);
/// let task = stack.add("api", task);
/// stack.add("media", Bucket::new()).grant_read_write(&task, "uploads/*");
/// # app.synth().expect("it is valid");
/// ```
pub struct TaskDefinition {
    size: FargateSize,
    family: Option<String>,
    containers: Vec<(String, Container)>,
    volumes: Vec<String>,
    architecture: Architecture,
    ephemeral_storage_gib: Option<u16>,
    task_role: Option<TaskRole>,
    execution_role: Option<TaskRole>,
    retention: Retention,
    log_group: Option<LogGroupRef>,
}

impl TaskDefinition {
    /// Creates a task of this size, such as `Vcpu05::GIB_1`, which [`container`](Self::container) adds containers to.
    pub fn new(size: FargateSize) -> Self {
        Self {
            size,
            family: None,
            containers: Vec::new(),
            volumes: Vec::new(),
            architecture: Architecture::X86_64,
            ephemeral_storage_gib: None,
            task_role: None,
            execution_role: None,
            retention: Retention::Month,
            log_group: None,
        }
    }

    /// Adds a container. Its name is part of the names of log streams, and 1 to 255 letters, digits, `-` and `_`.
    #[must_use]
    pub fn container(mut self, name: impl Into<String>, container: Container) -> Self {
        self.containers.push((name.into(), container));
        self
    }

    /// Adds an empty volume on the ephemeral storage of the task, which its containers share by
    /// [mounting](Container::mount) it.
    #[must_use]
    pub fn volume(mut self, name: impl Into<String>) -> Self {
        self.volumes.push(name.into());
        self
    }

    /// Sets the family, the name that all revisions of the definition have. Default: the path of the construct.
    #[must_use]
    pub fn family(mut self, family: impl Into<String>) -> Self {
        self.family = Some(family.into());
        self
    }

    /// Sets the architecture, for which the images are built. Default: x86 with 64 bits.
    #[must_use]
    pub fn architecture(mut self, architecture: Architecture) -> Self {
        self.architecture = architecture;
        self
    }

    /// Sets the ephemeral storage in GiB, from 21 to 200, on which images and volumes are. Default: 20 GiB, which costs
    /// nothing.
    #[must_use]
    pub fn ephemeral_storage_gib(mut self, gib: u16) -> Self {
        self.ephemeral_storage_gib = Some(gib);
        self
    }

    /// Uses this role for the programs instead of a role of its own.
    #[must_use]
    pub fn task_role(mut self, role: impl PassedAs<TaskRole>) -> Self {
        self.task_role = Some(role.pass());
        self
    }

    /// Uses this role to start tasks instead of a role of its own. What the task needs is granted to it.
    #[must_use]
    pub fn execution_role(mut self, role: impl PassedAs<TaskRole>) -> Self {
        self.execution_role = Some(role.pass());
        self
    }

    /// Sets the retention of the log group. Default: 30 days.
    #[must_use]
    pub fn log_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Writes the output of the containers to this log group instead of a group of its own.
    #[must_use]
    pub fn logs_to(mut self, group: impl PassedAs<LogGroupRef>) -> Self {
        self.log_group = Some(group.pass());
        self
    }

    /// Sets the family, unless it is set.
    pub(super) fn default_family(mut self, family: String) -> Self {
        self.family.get_or_insert(family);
        self
    }
}

/// The handle of a [`TaskDefinition`]. Permissions that are granted to it are those of the task role.
#[derive(Clone)]
pub struct TaskDefinitionHandle {
    /// The definition. A change of it is a new revision.
    pub definition: Handle<ecs::TaskDefinition>,
    /// The log group of the task, unless the definition names another one.
    pub log_group: Option<LogGroupHandle>,
    /// The role of the programs.
    pub task_role: TaskRole,
    /// The role that ECS uses to start tasks.
    pub execution_role: TaskRole,
    ports: Vec<(String, ContainerPort)>,
    read_only: Vec<String>,
}

impl Grantee for TaskDefinitionHandle {
    fn identity(&self) -> &Identity {
        self.task_role.identity()
    }
}

impl TaskDefinitionHandle {
    /// Returns the ARN of the revision.
    pub fn arn(&self) -> Output<TaskDefinitionArn> {
        self.definition.task_definition_arn()
    }

    /// Returns the name of the container that listens on this TCP port.
    pub(super) fn container_at(&self, port: u16) -> Option<&str> {
        self.tcp_ports().find(|(_, number)| *number == port).map(|(name, _)| name)
    }

    /// Returns the TCP ports with the names of their containers.
    pub(super) fn tcp_ports(&self) -> impl Iterator<Item = (&str, u16)> {
        self.ports.iter().filter(|(_, port)| !port.udp).map(|(name, port)| (name.as_str(), port.number))
    }

    /// Returns the names of the containers with a read-only root file system.
    pub(super) fn read_only_containers(&self) -> &[String] {
        &self.read_only
    }
}

impl Construct for TaskDefinition {
    type Handle = TaskDefinitionHandle;

    fn build(self, scope: &Scope) -> TaskDefinitionHandle {
        self.check(scope);
        let label = format!("{} {}", scope.app_name(), scope.path().name());
        let execution_role = self.execution_role.clone();
        let execution_role =
            execution_role.unwrap_or_else(|| TaskRole::add(scope, "execution-role", &format!("{label}: starts tasks")));
        let task_role = self.task_role.clone();
        let task_role = task_role.unwrap_or_else(|| TaskRole::add(scope, "task-role", &format!("{label}: programs")));
        let needs_group = self.log_group.is_none() && self.containers.iter().any(|(_, it)| it.log_group.is_none());
        let own_group = needs_group.then(|| scope.add("logs", LogGroup::new(self.retention)));
        let group = self.log_group.clone().or_else(|| own_group.as_ref().map(PassedAs::pass));

        let definitions: Vec<_> = self
            .containers
            .iter()
            .map(|(name, container)| {
                container.image.grant_pull(scope, &execution_role);
                container.secrets.iter().for_each(|variable| variable.secret.grant_read(&execution_role));
                let group = container.log_group.as_ref().or(group.as_ref()).expect("a container has a log group");
                group.grant_write(&execution_role);
                definition(scope, name, container, group)
            })
            .collect();
        let architecture = match self.architecture {
            Architecture::X86_64 => CpuArchitecture::X86_64,
            Architecture::Arm64 => CpuArchitecture::ARM64,
        };
        let platform =
            RuntimePlatform::new().cpu_architecture(architecture).operating_system_family(OperatingSystemFamily::LINUX);
        let storage = self.ephemeral_storage_gib.map(|gib| EphemeralStorage::new().size_in_gib(gib));
        let definition = ecs::TaskDefinition::new()
            .family(self.family.clone().unwrap_or_else(|| family(scope)))
            .cpu(self.size.cpu_units().to_string())
            .memory(self.size.memory_mib().to_string())
            .network_mode(NetworkMode::AWSVPC)
            .requires_compatibilities([RequiresCompatibilities::FARGATE])
            .runtime_platform(platform)
            .execution_role_arn(execution_role.arn())
            .task_role_arn(task_role.arn())
            .ephemeral_storage(storage)
            .container_definitions(definitions);
        let volumes = self.all_volumes();
        let definition = if volumes.is_empty() { definition } else { definition.volumes(volumes) };
        TaskDefinitionHandle {
            definition: scope.resource(definition),
            log_group: own_group,
            task_role,
            execution_role,
            ports: self.ports(),
            read_only: self.read_only_containers(),
        }
    }
}

impl TaskDefinition {
    fn check(&self, scope: &Scope) {
        container_check::check(scope, self.size, &self.volumes, &self.containers);
        let refuse = |got: String, allowed: &str| {
            let error = Diagnostic::error(Code::ContainerSetting, "a task cannot have this setting");
            scope.report(error.got(got).allowed(allowed));
        };
        if let Some(gib) = self.ephemeral_storage_gib.filter(|gib| !STORAGE.contains(gib)) {
            refuse(format!("ephemeral storage of {gib} GiB"), "21 to 200 GiB; 20 GiB is the default");
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let named = |name: &String| (1..=255).contains(&name.len()) && name.chars().all(allowed);
        if let Some(family) = self.family.as_ref().filter(|family| !named(family)) {
            refuse(format!("the family {family:?}"), "1 to 255 letters, digits, `-` and `_`");
        }
        for (at, volume) in self.volumes.iter().enumerate() {
            if !named(volume) || self.volumes[..at].contains(volume) {
                refuse(format!("the volume {volume:?}"), "1 to 255 letters, digits, `-` and `_`, each name once");
            }
        }
    }

    fn ports(&self) -> Vec<(String, ContainerPort)> {
        let ports = self.containers.iter().flat_map(|(name, it)| it.ports.iter().map(|port| (name.clone(), *port)));
        ports.collect()
    }

    fn read_only_containers(&self) -> Vec<String> {
        self.containers.iter().filter(|(_, it)| it.read_only_root).map(|(name, _)| name.clone()).collect()
    }

    /// Returns the shared volumes, and those of single containers.
    fn all_volumes(&self) -> Vec<Volume> {
        let own = self.containers.iter().flat_map(|(name, container)| {
            let own = container.mounts.iter().filter(|mount| mount.volume.is_none());
            own.map(move |mount| own_volume(name, &mount.directory))
        });
        self.volumes.iter().cloned().chain(own).map(|name| Volume::new().name(name)).collect()
    }
}

/// Returns the family of a definition at `scope`: its path.
pub(super) fn family(scope: &Scope) -> String {
    scope.path().as_str().replace(['/', '.'], "-")
}

/// Returns the name of the volume that only this container mounts, at this directory.
fn own_volume(container: &str, directory: &str) -> String {
    let directory = directory.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    format!("{container}{directory}")
}

fn definition(scope: &Scope, name: &str, container: &Container, group: &LogGroupRef) -> ContainerDefinition {
    let image = container.image.name(scope);
    let mut it = ContainerDefinition::new(ContainerDefinitionArgs { name, image })
        .essential(container.essential)
        .log_configuration(log_configuration(scope, container, group))
        .linux_parameters(LinuxParameters::new().init_process_enabled(container.init_process))
        .readonly_root_filesystem(container.read_only_root)
        .command(container.command.clone().map(Provides::provide))
        .entry_point(container.entry_point.clone().map(Provides::provide))
        .working_directory(container.working_directory.clone())
        .user(container.user.clone())
        .start_timeout(container.start_timeout_seconds)
        .stop_timeout(container.stop_timeout_seconds)
        .cpu(container.cpu_units)
        .memory(container.memory_mib)
        .memory_reservation(container.memory_reservation_mib);
    if let Some(credentials) = container.image.credentials() {
        let credentials = template!("{}", credentials.arn());
        it = it.repository_credentials(RepositoryCredentials::new().credentials_parameter(credentials));
    }
    if !container.ports.is_empty() {
        it = it.port_mappings(container.ports.iter().map(|port| {
            let protocol = if port.udp { Protocol::UDP } else { Protocol::TCP };
            PortMapping::new().container_port(port.number).protocol(protocol)
        }));
    }
    if !container.variables.is_empty() {
        let variables = container.variables.iter();
        it = it.environment(variables.map(|(name, value)| KeyValuePair::new().name(name).value(value.clone())));
    }
    if !container.secrets.is_empty() {
        it = it.secrets(container.secrets.iter().map(|variable| {
            let arn = variable.secret.arn();
            let value_from: Input<String> = match &variable.key {
                // The version stage and the version follow the key: the current ones.
                Some(key) => template!("{}:{}::", arn, key).provide(),
                None => arn.provide(),
            };
            Secret::new(SecretArgs { name: &variable.name, value_from })
        }));
    }
    if let Some(check) = &container.health_check {
        it = it.health_check(
            HealthCheck::new()
                .command(check.command.clone())
                .interval(check.interval_seconds)
                .timeout(check.timeout_seconds)
                .retries(check.retries)
                .start_period(check.start_period_seconds),
        );
    }
    if !container.depends_on.is_empty() {
        it =
            it.depends_on(container.depends_on.iter().map(|(other, condition)| {
                ContainerDependency::new().container_name(other).condition(condition.name())
            }));
    }
    if !container.mounts.is_empty() {
        it = it.mount_points(container.mounts.iter().map(|mount| {
            let volume = mount.volume.clone().unwrap_or_else(|| own_volume(name, &mount.directory));
            MountPoint::new().source_volume(volume).container_path(&mount.directory).read_only(mount.read_only)
        }));
    }
    if !container.ulimits.is_empty() {
        it = it.ulimits(container.ulimits.iter().map(|(name, soft_limit, hard_limit)| {
            Ulimit::new(UlimitArgs { name: name.clone(), soft_limit: *soft_limit, hard_limit: *hard_limit })
        }));
    }
    if container.restarts {
        it = it.restart_policy(RestartPolicy::new().enabled(true).restart_attempt_period(60));
    }
    it
}

/// The stream of a container is named by the prefix, the container and the task.
fn log_configuration(scope: &Scope, container: &Container, group: &LogGroupRef) -> LogConfiguration {
    let defaults = [
        ("awslogs-group", group.name().provide()),
        ("awslogs-region", scope.region().provide()),
        ("awslogs-stream-prefix", scope.path().name().provide()),
        ("mode", "non-blocking".provide()),
    ];
    let is_set = |name: &str| container.log_options.iter().any(|(other, _)| other == name);
    let mut options: Vec<(String, Input<String>)> =
        defaults.into_iter().filter(|(name, _)| !is_set(name)).map(|(name, value)| (name.to_owned(), value)).collect();
    // Only a buffer for lines that the program does not wait for has a size.
    let buffered = !container.log_options.iter().any(|(name, value)| name == "mode" && value == "blocking");
    if buffered && !is_set("max-buffer-size") {
        options.push(("max-buffer-size".to_owned(), LOG_BUFFER.provide()));
    }
    options.extend(container.log_options.iter().map(|(name, value)| (name.clone(), value.provide())));
    LogConfiguration::new("awslogs").options(options)
}

#[cfg(test)]
#[path = "task_definition_tests.rs"]
mod tests;
