//! Resources in the tree of a program, whatever their types.

use std::rc::Rc;

use crate::assembly::{Lifecycle, ResourceEntry};
use crate::input::Output;
use crate::path::Path;
use crate::secret::Secret;
use crate::tree::Tree;

/// A resource in the tree, whatever its type.
#[derive(Clone)]
pub struct Node {
    pub(crate) tree: Rc<Tree>,
    path: Path,
}

impl Node {
    pub(crate) fn new(tree: Rc<Tree>, path: Path) -> Self {
        Self { tree, path }
    }

    /// Where the resource stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The attribute or property `attribute` as an output. Its type is the caller's claim; the
    /// generated accessors state it for every published attribute.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        Output::new(self.tree.reference(&self.path, attribute))
    }

    /// The attribute `attribute`, which is a secret, of the resource whose identifier is the attribute
    /// `identifier`. The generated accessors state both for every such attribute.
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
