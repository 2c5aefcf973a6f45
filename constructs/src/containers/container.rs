//! The containers of a task.

use groundplan_core::{Input, OneOf, Provides};
use groundplan_resources::ecs::task_definition::{self, Condition};

use super::image::Image;
use crate::identity::SecretRef;
use crate::observability::LogGroupRef;
use crate::passed_as::PassedAs;

/// A command that runs inside of a container and tells whether it is healthy: by exit code 0. ECS replaces a task
/// whose essential container is not healthy.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html>
#[derive(Clone)]
pub struct HealthCheck {
    pub(super) command: Vec<String>,
    pub(super) interval_seconds: u16,
    pub(super) timeout_seconds: u16,
    pub(super) retries: u8,
    pub(super) start_period_seconds: u16,
}

impl HealthCheck {
    /// Runs a command line in the shell of the image, such as `curl -f http://localhost:8000/health/`.
    pub fn shell(command: impl Into<String>) -> Self {
        Self::of(vec!["CMD-SHELL".to_owned(), command.into()])
    }

    /// Runs a program of the image without a shell.
    pub fn command<A: Into<String>>(command: impl IntoIterator<Item = A>) -> Self {
        Self::of(["CMD".to_owned()].into_iter().chain(command.into_iter().map(Into::into)).collect())
    }

    fn of(command: Vec<String>) -> Self {
        Self { command, interval_seconds: 30, timeout_seconds: 5, retries: 3, start_period_seconds: 60 }
    }

    /// Sets the time between two checks, in seconds from 5 to 300. Default: 30.
    #[must_use]
    pub fn interval_seconds(mut self, seconds: u16) -> Self {
        self.interval_seconds = seconds;
        self
    }

    /// Sets the time after which a check fails, in seconds from 2 to 60. Default: 5.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u16) -> Self {
        self.timeout_seconds = seconds;
        self
    }

    /// Sets the number of failures, from 1 to 10, after which the container is not healthy. Default: 3.
    #[must_use]
    pub fn retries(mut self, retries: u8) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the time in which a starting container can fail checks, in seconds from 0 to 300. Default: 60.
    #[must_use]
    pub fn start_period_seconds(mut self, seconds: u16) -> Self {
        self.start_period_seconds = seconds;
        self
    }
}

/// The condition of another container that a container waits for before it starts.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartCondition {
    /// The other container has started.
    Started,
    /// The other container has ended, whatever its exit code is. It is not essential.
    Completed,
    /// The other container has ended with exit code 0. It is not essential.
    Succeeded,
    /// The health check of the other container has passed.
    Healthy,
}

impl StartCondition {
    pub(super) fn name(self) -> OneOf<Condition> {
        match self {
            Self::Started => Condition::START,
            Self::Completed => Condition::COMPLETE,
            Self::Succeeded => Condition::SUCCESS,
            Self::Healthy => Condition::HEALTHY,
        }
    }
}

/// A port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContainerPort {
    pub(super) number: u16,
    pub(super) udp: bool,
}

/// A secret in a variable.
pub(super) struct SecretVariable {
    pub(super) name: String,
    pub(super) secret: SecretRef,
    /// The key of the JSON object, or none for the whole value.
    pub(super) key: Option<String>,
}

/// A directory of a container on a volume of the task.
pub(super) struct Mount {
    /// A volume of the task, or none for a volume of the container alone.
    pub(super) volume: Option<String>,
    pub(super) directory: String,
    pub(super) read_only: bool,
}

/// A container of a [`TaskDefinition`](super::TaskDefinition).
///
/// By default, it is essential, so the task stops with it. An init process is process 1, which reaps zombies and
/// forwards signals, so that the program ends when ECS asks it to and not when ECS kills it. Its output goes to the log
/// group of the task.
///
/// ```
/// use groundplan_constructs::containers::{Container, HealthCheck, StartCondition};
/// let web = Container::new("public.ecr.aws/nginx/nginx:1.27")
///     .port(80)
///     .health_check(HealthCheck::shell("curl -f http://localhost/"))
///     .depends_on("app", StartCondition::Healthy);
/// ```
///
/// A secret is not a value of [`env`](Self::env), because everyone who can describe the task definition would see it:
///
/// ```compile_fail
/// use groundplan_constructs::containers::Container;
/// use groundplan_core::Secret;
/// Container::new("public.ecr.aws/nginx/nginx:1.27").env("PASSWORD", Secret::from_env("PASSWORD"));
/// ```
pub struct Container {
    pub(super) image: Image,
    pub(super) essential: bool,
    pub(super) command: Option<Vec<Input<String>>>,
    pub(super) entry_point: Option<Vec<Input<String>>>,
    pub(super) working_directory: Option<String>,
    pub(super) user: Option<String>,
    pub(super) ports: Vec<ContainerPort>,
    pub(super) variables: Vec<(String, Input<String>)>,
    pub(super) secrets: Vec<SecretVariable>,
    pub(super) health_check: Option<HealthCheck>,
    pub(super) depends_on: Vec<(String, StartCondition)>,
    pub(super) mounts: Vec<Mount>,
    pub(super) read_only_root: bool,
    pub(super) init_process: bool,
    pub(super) ulimits: Vec<(OneOf<task_definition::Name>, u32, u32)>,
    pub(super) start_timeout_seconds: Option<u16>,
    pub(super) stop_timeout_seconds: Option<u16>,
    pub(super) cpu_units: Option<u32>,
    pub(super) memory_mib: Option<u32>,
    pub(super) memory_reservation_mib: Option<u32>,
    pub(super) log_group: Option<LogGroupRef>,
    pub(super) log_options: Vec<(String, String)>,
    pub(super) restarts: bool,
}

impl Container {
    /// Creates a container of this image: an image of a repository, as in `images.image("3.21.1")`, or the name and tag of
    /// a public image.
    pub fn new(image: impl Into<Image>) -> Self {
        Self {
            image: image.into(),
            essential: true,
            command: None,
            entry_point: None,
            working_directory: None,
            user: None,
            ports: Vec::new(),
            variables: Vec::new(),
            secrets: Vec::new(),
            health_check: None,
            depends_on: Vec::new(),
            mounts: Vec::new(),
            read_only_root: false,
            init_process: true,
            ulimits: Vec::new(),
            start_timeout_seconds: None,
            stop_timeout_seconds: None,
            cpu_units: None,
            memory_mib: None,
            memory_reservation_mib: None,
            log_group: None,
            log_options: Vec::new(),
            restarts: false,
        }
    }

    /// Sets the arguments of the image's entry point. They can be outputs.
    #[must_use]
    pub fn command<A: Provides<String>>(mut self, command: impl IntoIterator<Item = A>) -> Self {
        self.command = Some(command.into_iter().map(Provides::provide).collect());
        self
    }

    /// Replaces the entry point of the image.
    #[must_use]
    pub fn entry_point<A: Provides<String>>(mut self, entry_point: impl IntoIterator<Item = A>) -> Self {
        self.entry_point = Some(entry_point.into_iter().map(Provides::provide).collect());
        self
    }

    /// Sets the directory that the program starts in.
    #[must_use]
    pub fn working_directory(mut self, directory: impl Into<String>) -> Self {
        self.working_directory = Some(directory.into());
        self
    }

    /// Sets the user, such as `1000:1000`. Default: that of the image.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Declares a TCP port that the container listens on. Containers of a task share a network interface and reach each
    /// other at `localhost`.
    #[must_use]
    pub fn port(mut self, number: u16) -> Self {
        self.ports.push(ContainerPort { number, udp: false });
        self
    }

    /// Declares a UDP port that the container listens on.
    #[must_use]
    pub fn udp_port(mut self, number: u16) -> Self {
        self.ports.push(ContainerPort { number, udp: true });
        self
    }

    /// Sets an environment variable. Its value can be an output, such as the host name of a database.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Provides<String>) -> Self {
        self.variables.push((name.into(), value.provide()));
        self
    }

    /// Sets several environment variables.
    #[must_use]
    pub fn envs<N: Into<String>, V: Provides<String>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.provide())));
        self
    }

    /// Sets an environment variable to the value of a secret of Secrets Manager. ECS reads the value when a task starts;
    /// the execution role may read this secret, and decrypt with its key.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, secret: impl PassedAs<SecretRef>) -> Self {
        self.secrets.push(SecretVariable { name: name.into(), secret: secret.pass(), key: None });
        self
    }

    /// Sets an environment variable to the value under `key` in a secret that is a JSON object, like
    /// [`secret`](Self::secret).
    #[must_use]
    pub fn secret_key(
        mut self,
        name: impl Into<String>,
        secret: impl PassedAs<SecretRef>,
        key: impl Into<String>,
    ) -> Self {
        self.secrets.push(SecretVariable { name: name.into(), secret: secret.pass(), key: Some(key.into()) });
        self
    }

    /// Sets the health check. Default: none, and the container is healthy as long as it runs.
    #[must_use]
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.health_check = Some(check);
        self
    }

    /// Starts the container only when another container of the task meets a condition.
    #[must_use]
    pub fn depends_on(mut self, container: impl Into<String>, condition: StartCondition) -> Self {
        self.depends_on.push((container.into(), condition));
        self
    }

    /// Lets the task go on when this container ends, as for an init container or a sidecar that can fail.
    #[must_use]
    pub fn not_essential(mut self) -> Self {
        self.essential = false;
        self
    }

    /// Restarts the container in place when it ends, without a new task. It has to run for a minute before it is
    /// restarted again.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html>
    #[must_use]
    pub fn restarts(mut self) -> Self {
        self.restarts = true;
        self
    }

    /// Makes the root file system read-only. Directories that the program writes to are declared with
    /// [`writable`](Self::writable).
    #[must_use]
    pub fn read_only_root(mut self) -> Self {
        self.read_only_root = true;
        self
    }

    /// Makes a directory writable, such as `/tmp` below a read-only root. Its files are on the ephemeral storage of the
    /// task, and are lost with it.
    #[must_use]
    pub fn writable(mut self, directory: impl Into<String>) -> Self {
        self.mounts.push(Mount { volume: None, directory: directory.into(), read_only: false });
        self
    }

    /// Mounts a [volume](super::TaskDefinition::volume) of the task at a directory.
    #[must_use]
    pub fn mount(mut self, volume: impl Into<String>, directory: impl Into<String>) -> Self {
        self.mounts.push(Mount { volume: Some(volume.into()), directory: directory.into(), read_only: false });
        self
    }

    /// Mounts a [volume](super::TaskDefinition::volume) of the task at a directory that the container cannot write to.
    #[must_use]
    pub fn mount_read_only(mut self, volume: impl Into<String>, directory: impl Into<String>) -> Self {
        self.mounts.push(Mount { volume: Some(volume.into()), directory: directory.into(), read_only: true });
        self
    }

    /// Makes the program itself process 1, for images that bring an init process.
    #[must_use]
    pub fn without_init_process(mut self) -> Self {
        self.init_process = false;
        self
    }

    /// Sets a limit of the operating system, such as `Name::NOFILE` for the number of open files, which is 65,535 by
    /// default. The program can raise the soft limit up to the hard one.
    #[must_use]
    pub fn ulimit(mut self, name: OneOf<task_definition::Name>, soft: u32, hard: u32) -> Self {
        self.ulimits.push((name, soft, hard));
        self
    }

    /// Sets the time that the container waits for those that it [depends on](Self::depends_on), in seconds up to 120.
    #[must_use]
    pub fn start_timeout_seconds(mut self, seconds: u16) -> Self {
        self.start_timeout_seconds = Some(seconds);
        self
    }

    /// Sets the time from `SIGTERM` to `SIGKILL` when the task stops, in seconds from 1 to 120. Default: 30.
    #[must_use]
    pub fn stop_timeout_seconds(mut self, seconds: u16) -> Self {
        self.stop_timeout_seconds = Some(seconds);
        self
    }

    /// Sets the share of the task's CPU that the container is guaranteed, in units, of which a vCPU has 1024. Default:
    /// the containers share the CPU of the task.
    #[must_use]
    pub fn cpu_units(mut self, units: u32) -> Self {
        self.cpu_units = Some(units);
        self
    }

    /// Sets the memory in MiB above which the container is killed. Default: the memory of the task.
    #[must_use]
    pub fn memory_mib(mut self, mib: u32) -> Self {
        self.memory_mib = Some(mib);
        self
    }

    /// Sets the memory in MiB that the container is guaranteed. It can use more, up to
    /// [`memory_mib`](Self::memory_mib) or the memory of the task.
    #[must_use]
    pub fn memory_reservation_mib(mut self, mib: u32) -> Self {
        self.memory_reservation_mib = Some(mib);
        self
    }

    /// Writes the output to this log group instead of that of the task.
    #[must_use]
    pub fn logs_to(mut self, group: impl PassedAs<LogGroupRef>) -> Self {
        self.log_group = Some(group.pass());
        self
    }

    /// Sets an option of the `awslogs` driver, such as `awslogs-multiline-pattern`, or `mode` to `blocking` where no line
    /// may be lost.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>
    #[must_use]
    pub fn log_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.log_options.push((name.into(), value.into()));
        self
    }
}
