//! Containers: the repositories of their images, and the clusters, tasks and services that run them on Fargate.

mod cluster;
mod container;
mod container_check;
mod image;
mod image_repository;
mod scaling;
mod schedule;
mod scheduled_task;
mod service;
mod service_handle;
mod service_parts;
mod service_task;
mod size;
mod target;
mod task_definition;
mod task_role;

pub use cluster::{ContainerInsights, EcsCluster, EcsClusterHandle, EcsClusterRef};
pub use container::{Container, HealthCheck, StartCondition};
pub use image::{Image, ImageRepositoryRef};
pub use image_repository::{ImageRepository, ImageRepositoryHandle};
pub use scaling::{Scaling, ScalingHandle};
pub use schedule::Schedule;
pub use scheduled_task::{ScheduledTask, ScheduledTaskHandle};
pub use service::{FargateService, Replicated, Singleton};
pub use service_handle::FargateServiceHandle;
pub use service_task::ServiceTask;
pub use size::{FargateSize, Vcpu1, Vcpu2, Vcpu4, Vcpu05, Vcpu8, Vcpu16, Vcpu025};
pub use target::{Target, TargetProtocol};
pub use task_definition::{Architecture, TaskDefinition, TaskDefinitionHandle};
pub use task_role::TaskRole;
