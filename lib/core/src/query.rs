//! Typed queries over an assembly.

use crate::assembly::{Assembly, ResourceEntry};
use crate::data::Data;
use crate::path::Path;
use crate::resource::Resource;
use crate::value::Value;

/// A resource that was found by its type, for unit tests.
#[derive(Debug)]
pub struct Found<'a, R> {
    /// The path of the resource.
    pub path: &'a Path,
    /// The untyped entry.
    pub entry: &'a ResourceEntry,
    resource: R,
}

/// The typed properties: `subnet.cidr_block`.
impl<R> std::ops::Deref for Found<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.resource
    }
}

impl Assembly {
    /// Returns every resource of type `R`, ordered by path.
    ///
    /// # Panics
    /// If the properties of an entry do not fit its type, which no program can produce.
    pub fn find<R: Resource>(&self) -> Vec<Found<'_, R>> {
        let of_type = self.resources.iter().filter(|(_, entry)| entry.type_name == R::TYPE);
        of_type.map(|(path, entry)| Found { path, entry, resource: typed(path, entry) }).collect()
    }

    /// Returns the resource of type `R` at `path`, if there is one.
    pub fn get<R: Resource>(&self, path: &str) -> Option<Found<'_, R>> {
        let (path, entry) = self.resources.get_key_value(path)?;
        (entry.type_name == R::TYPE).then(|| Found { path, entry, resource: typed(path, entry) })
    }
}

fn typed<R: Resource>(path: &Path, entry: &ResourceEntry) -> R {
    R::from_value(&Value::Map(entry.properties.clone()))
        .unwrap_or_else(|| panic!("`{path}` does not have the shape of a {}", R::TYPE))
}
