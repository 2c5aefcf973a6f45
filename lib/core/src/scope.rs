//! Scopes, to which resources and constructs are added.

use std::panic::Location;
use std::rc::Rc;

use crate::assembly::ResourceEntry;
use crate::code::Code;
use crate::data::Data;
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::export::{ExportName, Publication};
use crate::handle::Handle;
use crate::input::{Input, Output, Provides};
use crate::lookup::Query;
use crate::node::Node;
use crate::path::Path;
use crate::resource::Resource;
use crate::tree::{Declared, Moved, Published, Tree};
use crate::value::Value;

/// A place in the tree, to which resources and constructs are added. It is cheap to clone.
#[derive(Clone)]
pub struct Scope {
    tree: Rc<Tree>,
    path: Path,
}

/// A reusable piece of infrastructure, which [`Scope::add`] accepts.
///
/// Every resource type is a construct. Your own construct adds resources or other constructs to its scope, and returns
/// a handle for its users.
///
/// ```
/// use groundplan_core::{Construct, Scope};
/// struct Team { name: String }
/// impl Construct for Team {
///     type Handle = ();
///     fn build(self, scope: &Scope) {
///         scope.tag("team", &self.name);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a resource nor a construct",
    label = "a scope accepts resources and types that implement `Construct`"
)]
pub trait Construct {
    /// The type that `add` returns.
    type Handle;

    /// Adds the parts to `scope`, which is the place of the construct in the tree. A construct reports invalid
    /// arguments with [`Scope::report`], and never fails.
    fn build(self, scope: &Scope) -> Self::Handle;
}

impl<R: Resource> Construct for R {
    type Handle = Handle<R>;

    fn build(self, scope: &Scope) -> Handle<R> {
        scope.resource(self)
    }
}

impl Scope {
    pub(crate) fn new(tree: Rc<Tree>, path: Path) -> Self {
        Self { tree, path }
    }

    /// Adds a resource or a construct under `name`, and returns its handle.
    #[track_caller]
    pub fn add<C: Construct>(&self, name: &str, construct: C) -> C::Handle {
        let location = Location::caller();
        let mut child = Self::new(self.tree.clone(), self.path.child(name));
        self.tree.calls.borrow_mut().push(location);
        if let Some(reason) = Path::reject_name(name) {
            child.report(invalid_name(name, reason));
        }
        let calls = self.tree.calls.borrow().clone();
        child.declare(calls);
        let handle = construct.build(&child);
        self.tree.calls.borrow_mut().pop();
        handle
    }

    /// Adds the resource at the path of this scope itself. A construct uses this for its main resource, so that
    /// `checkout/media` is the bucket itself and `checkout/media/policy` is its policy.
    pub fn resource<R: Resource>(&self, resource: R) -> Handle<R> {
        let Value::Map(properties) = resource.into_value() else {
            unreachable!("a structure of fields is written as a map");
        };
        let entry = ResourceEntry::new(R::TYPE, properties);
        let taken = match self.tree.nodes.borrow_mut().get_mut(&self.path) {
            Some(Declared { entry: slot @ None, .. }) if !self.tree.lookups.borrow().contains_key(&self.path) => {
                *slot = Some(entry);
                false
            }
            _ => true,
        };
        if taken {
            self.report(Diagnostic::error(Code::SecondResource, "this scope has a resource of its own already"));
        }
        Handle::new(Node::new(self.tree.clone(), self.path.clone()))
    }

    /// Adds a lookup as the node at this scope's own path. Its query is made while a plan is made. A construct uses it
    /// for what exists already, as it uses [`resource`](Self::resource) for what it creates.
    pub fn lookup(&self, query: Query) -> Node {
        let is_resource = self.tree.nodes.borrow().get(&self.path).is_some_and(|declared| declared.entry.is_some());
        if is_resource || self.tree.lookups.borrow().contains_key(&self.path) {
            self.report(Diagnostic::error(Code::SecondResource, "this scope has a resource or a lookup already"));
        } else {
            self.tree.lookups.borrow_mut().insert(self.path.clone(), query);
        }
        Node::new(self.tree.clone(), self.path.clone())
    }

    /// Returns the path of this scope.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the name of the app.
    pub fn app_name(&self) -> &str {
        &self.tree.name
    }

    /// Returns the region of the resources in this scope.
    pub fn region(&self) -> String {
        self.environment().region
    }

    /// Returns the partition of the resources in this scope, as in `aws` or `aws-cn`, which is the second part of their
    /// ARNs.
    pub fn partition(&self) -> &'static str {
        self.environment().partition()
    }

    /// Returns the account of the resources in this scope. It is known if the stack is pinned to an account, and
    /// otherwise known during planning.
    pub fn account_id(&self) -> Input<String> {
        match self.environment().account {
            Some(account) => account.provide(),
            None => Output::<String>::new(self.tree.reference(&Path::new(self.path.stack()), "AccountId")).provide(),
        }
    }

    fn environment(&self) -> Environment {
        let stacks = self.tree.stacks.borrow();
        stacks.get(self.path.stack()).cloned().expect("every scope lies below a stack")
    }

    /// Tags every resource at or below this scope that can have tags, unless the resource sets the tag itself.
    pub fn tag(&self, key: impl Into<String>, value: impl Into<String>) -> &Self {
        self.tree.tags.borrow_mut().push((self.path.clone(), key.into(), value.into()));
        self
    }

    /// States that the construct or resource named `to` in this scope was named `from` before, so that it is moved and
    /// not replaced. Synth reports `GP0108` if the program has nothing at `to`, or still has something at `from`.
    #[track_caller]
    pub fn moved(&self, from: &str, to: &str) -> &Self {
        let (from, to) = (self.path.child(from), self.path.child(to));
        self.tree.moves.borrow_mut().push(Moved { from, to, location: Location::caller() });
        self
    }

    /// Publishes a value under `name`. It is shown after a deploy and by `output`. If `name` is an
    /// [`Export`](crate::Export), other apps can use the value with its type.
    #[track_caller]
    pub fn export<V>(&self, name: impl ExportName<V>, value: V) -> &Self {
        let Publication { app, name, value } = name.publish(value);
        let location = Location::caller();
        if let Some(other) = app.filter(|app| **app != *self.tree.name) {
            let own = &self.tree.name;
            let foreign = Diagnostic::error(
                Code::ForeignExport,
                format!("the output `{name}` belongs to the app `{other}`, not to `{own}`"),
            )
            .help(format!("publish it in `{other}`, or under an `Export` of `{own}`"));
            self.report_at(foreign, vec![location]);
        }
        let published = Published { value, location };
        if self.tree.outputs.borrow_mut().insert(name.clone(), published).is_some() {
            let duplicate = Diagnostic::error(Code::DuplicateOutput, format!("the output `{name}` is exported twice"))
                .help("give each output of an app its own name");
            self.report_at(duplicate, vec![location]);
        }
        self
    }

    /// Reports a finding about this scope. Synth reports all findings together.
    #[track_caller]
    pub fn report(&self, diagnostic: Diagnostic) {
        let mut locations = self.tree.calls.borrow().clone();
        if locations.is_empty() {
            // Not within an `add`: a method of a handle, called by the user.
            locations.push(Location::caller());
        }
        self.report_at(diagnostic, locations);
    }

    pub(crate) fn report_at(&self, mut diagnostic: Diagnostic, locations: Vec<&'static Location<'static>>) {
        diagnostic.path.get_or_insert_with(|| self.path.clone());
        if diagnostic.locations.is_empty() {
            diagnostic.locations = locations;
        }
        self.tree.diagnostics.borrow_mut().push(diagnostic);
    }

    /// States that the warning `code` is intended at and below this scope, so that it is not reported there. Errors
    /// are always reported.
    #[track_caller]
    pub fn acknowledge(&self, code: impl Into<Code>) -> &Self {
        let code = code.into();
        if code.is_unknown() {
            let unknown =
                Diagnostic::error(Code::UnknownCode, format!("there is no diagnostic with the code `{code}`"));
            self.report_at(unknown.help("check the code"), vec![Location::caller()]);
        }
        self.tree.acknowledged.borrow_mut().push((self.path.clone(), code));
        self
    }

    /// Takes the scope's path. If it is taken, that is reported and the scope continues under a path that no program
    /// can contain, so that one mistake is one error.
    pub(crate) fn declare(&mut self, locations: Vec<&'static Location<'static>>) {
        let taken = self.tree.nodes.borrow().get(&self.path).map(|first| first.locations.clone());
        if let Some(first) = taken {
            let mut duplicate = Diagnostic::error(Code::PathTaken, format!("the path `{}` is taken", self.path))
                .help("give one of the two another name");
            duplicate.got = first.last().map(|location| format!("it was first added at {location}"));
            self.report_at(duplicate, locations.clone());
            while self.tree.nodes.borrow().contains_key(&self.path) {
                self.path = Path::new(format!("{}'", self.path));
            }
        }
        self.tree.nodes.borrow_mut().insert(self.path.clone(), Declared { entry: None, locations });
    }
}

pub(crate) fn invalid_name(name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidName, format!("this cannot be a name: {reason}")).got(format!("{name:?}"))
}
