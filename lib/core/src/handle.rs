//! Handles of the resources that a program adds.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;

use crate::data::Data;
use crate::input::{Input, Output, Provides};
use crate::node::Node;
use crate::path::Path;
use crate::resource::{HasRef, Identifies, Resource};
use crate::template::TemplatePart;
use crate::value::Value;

/// The handle of a resource, which [`Scope::add`](crate::Scope::add) returns: its outputs and its lifecycle settings.
///
/// Pass `&handle` wherever one of its identifiers is expected.
pub struct Handle<R: Resource> {
    node: Node,
    attributes: R::Attributes,
}

impl<R: Resource> Handle<R> {
    pub(crate) fn new(node: Node) -> Self {
        Self { attributes: R::Attributes::from(node.clone()), node }
    }

    /// Returns the untyped node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the path of the resource.
    pub fn path(&self) -> &Path {
        self.node.path()
    }

    /// Returns the attribute or property `attribute` as an output. The caller chooses its type, which is not checked.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        self.node.output(attribute)
    }

    /// Orders this resource after `other`, if no reference does so.
    pub fn after<O: Resource>(&self, other: &Handle<O>) -> &Self {
        self.node.change(|entry| {
            entry.depends_on.insert(other.path().clone());
        });
        self
    }

    /// States that the resource was at `path` before, so that it is moved and not replaced. Synth reports `GP0108` if
    /// the program still has a resource at that path.
    pub fn moved_from(&self, path: &str) -> &Self {
        self.node.change(|entry| {
            entry.moved_from.insert(Path::new(path));
        });
        self
    }

    /// Refuses every plan that would delete or replace the resource. Removing the resource from the program does not
    /// remove the protection: first remove this call, and deploy that change.
    pub fn protect(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.protect = true);
        self
    }

    /// Leaves the resource in the account when it is removed from the program.
    pub fn retain(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.retain = true);
        self
    }

    /// If the resource is replaced, deletes the old one before the new one is created.
    pub fn delete_before_create(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.delete_before_create = true);
        self
    }

    /// Ignores changes of the property at `path`, in CloudFormation's spelling, once the resource exists: no deploy
    /// changes it, and `drift` does not report it. A resource that is created, or replaced for another reason, gets the
    /// value of the program.
    ///
    /// `path` has one of these forms. A path that names nothing is an error at synth:
    ///
    /// | path | what |
    /// |---|---|
    /// | `Description` | a property |
    /// | `VpcConfig.SubnetIds` | a part of one |
    /// | `Tags.Name`, `Tags.kubernetes.io/*` | a tag, or all whose keys start so |
    /// | `ContainerDefinitions.Image` | a part of all elements of a list |
    /// | `ContainerDefinitions.web.Image`, `Origins.0.OriginPath` | of the one with this `Name`, `Id` or `Key`, or at this position |
    #[track_caller]
    pub fn ignore_changes(&self, path: &str) -> &Self {
        self.node.lifecycle(|lifecycle| {
            lifecycle.ignore_changes.insert(path.to_owned());
        });
        let ignored = (self.node.path().clone(), path.to_owned(), Location::caller());
        self.node.tree.ignored.borrow_mut().push(ignored);
        self
    }

    /// Changes properties afterwards, if the construct that added the resource has no setting for them. `edit` receives
    /// the typed resource and returns the changed one.
    pub fn edit(&self, edit: impl FnOnce(R) -> R) -> &Self {
        self.node.change(|entry| {
            let properties = Value::Map(std::mem::take(&mut entry.properties));
            let resource = R::from_value(&properties).expect("it was written from this type");
            let Value::Map(edited) = edit(resource).into_value() else { unreachable!("fields are written as a map") };
            entry.properties = edited;
        });
        self
    }
}

impl<R: Resource> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<R: Resource> Deref for Handle<R> {
    type Target = R::Attributes;

    fn deref(&self) -> &R::Attributes {
        &self.attributes
    }
}

impl<R: Resource + Identifies<T>, T> Provides<T> for &Handle<R> {
    fn provide(self) -> Input<T> {
        self.output(R::ATTRIBUTE).into()
    }
}

impl<R: Resource + HasRef> TemplatePart for &Handle<R> {
    fn part(self) -> Value {
        self.output::<String>(R::ATTRIBUTE).part()
    }
}

/// Declares the main resource of a construct's handle. A reference to the handle can then be passed wherever a reference
/// to the handle of that resource can: for its identifier, name or ARN, in [`template!`](crate::template!) and in
/// [`json!`](crate::json!).
///
/// ```ignore
/// pub struct WorkerHandle {
///     pub role: Handle<iam::Role>,
/// }
///
/// groundplan::main_resource!(WorkerHandle, role: iam::Role);
///
/// // `worker` is a `WorkerHandle`.
/// stack.add("profile", InstanceProfile::new([&worker]));
/// ```
#[macro_export]
macro_rules! main_resource {
    ($handle:ty, $field:ident: $resource:ty) => {
        impl<T> $crate::Provides<T> for &$handle
        where
            $resource: $crate::Identifies<T>,
        {
            fn provide(self) -> $crate::Input<T> {
                $crate::Provides::provide(&self.$field)
            }
        }

        impl $crate::private::TemplatePart for &$handle {
            fn part(self) -> $crate::Value {
                $crate::private::TemplatePart::part(&self.$field)
            }
        }

        impl $crate::private::JsonPart for &$handle {
            fn json(self) -> $crate::Value {
                $crate::private::JsonPart::json(&self.$field)
            }
        }
    };
}

impl<R: Resource> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, {})", R::TYPE, self.node.path())
    }
}
