//! Containers: the repositories of their images, and the tasks that run them on Fargate.

mod container;
mod container_check;
mod image;
mod image_repository;
mod size;
mod task_definition;
mod task_role;

pub use container::{Container, HealthCheck, StartCondition};
pub use image::{Image, ImageRepositoryRef};
pub use image_repository::{ImageRepository, ImageRepositoryHandle};
pub use size::{FargateSize, Vcpu1, Vcpu2, Vcpu4, Vcpu8, Vcpu16, Vcpu025, Vcpu05};
pub use task_definition::{Architecture, TaskDefinition, TaskDefinitionHandle};
pub use task_role::TaskRole;
