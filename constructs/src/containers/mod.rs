//! Containers: the repositories of their images.

mod image_repository;

pub use image_repository::{ImageRepository, ImageRepositoryHandle};
