//! Resources of any type in the tree of a program.

use std::rc::Rc;

use crate::assembly::{Lifecycle, ResourceEntry};
use crate::input::Output;
use crate::path::Path;
use crate::secret::Secret;
use crate::tree::Tree;

/// A resource of any type, or a lookup, in the tree.
#[derive(Clone)]
pub struct Node {
    pub(crate) tree: Rc<Tree>,
    path: Path,
}

impl Node {
    pub(crate) fn new(tree: Rc<Tree>, path: Path) -> Self {
        Self { tree, path }
    }

    /// Returns the path of the resource.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the attribute or property `attribute` as an output. The caller chooses its type, which is not checked;
    /// the generated accessors have the right type for every published attribute.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        Output::new(self.tree.reference(&self.path, attribute))
    }

    /// Returns the secret attribute `attribute` of the resource whose identifier is the attribute `identifier`. The
    /// generated accessors pass both for every such attribute.
    pub fn secret(&self, identifier: &str, attribute: &str) -> Secret {
        Secret::of_resource(self.tree.reference(&self.path, identifier), attribute)
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ResourceEntry)) -> &Self {
        let mut nodes = self.tree.nodes.borrow_mut();
        let entry = nodes.get_mut(&self.path).and_then(|declared| declared.entry.as_mut());
        change(entry.expect("a node is made for a declared resource"));
        drop(nodes);
        self
    }

    pub(crate) fn lifecycle(&self, change: impl FnOnce(&mut Lifecycle)) -> &Self {
        self.change(|entry| change(&mut entry.lifecycle))
    }
}
