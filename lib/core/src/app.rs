//! How a program is written: apps, stacks, scopes, constructs and handles.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use crate::Diagnostics;
use crate::assembly::{Lifecycle, ResourceEntry};
use crate::data::{Data, Resource};
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::export::{ExportName, Publication};
use crate::input::{Input, Output, Provides};
use crate::path::Path;
use crate::policy::Policy;
use crate::secret::Secret;
use crate::synth::{self, Synthesis};
use crate::value::{Reference, Value};

/// The root of a program: what is deployed together and has one state.
///
/// ```
/// use groundplan_core::{App, Environment};
/// let app = App::new("checkout-prod");
/// let stack = app.stack("checkout", Environment::new("us-east-1"));
/// let assembly = app.synth()?.assembly;
/// # Ok::<(), groundplan_core::Diagnostics>(())
/// ```
pub struct App {
    pub(crate) tree: Rc<Tree>,
}

/// What the whole program shares. Scopes, nodes and handles hold it, so that none of them has
/// to be threaded through user code as `&mut`.
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    /// Where it was given its name.
    pub(crate) location: &'static Location<'static>,
    pub(crate) state: RefCell<Option<String>>,
    pub(crate) stacks: RefCell<BTreeMap<String, Environment>>,
    pub(crate) nodes: RefCell<BTreeMap<Path, Declared>>,
    pub(crate) outputs: RefCell<BTreeMap<String, Published>>,
    pub(crate) tags: RefCell<Vec<(Path, String, String)>>,
    /// Scopes that have another path now: the one before, and the one from now on.
    pub(crate) moves: RefCell<Vec<(Path, Path)>>,
    pub(crate) diagnostics: RefCell<Vec<Diagnostic>>,
    pub(crate) acknowledged: RefCell<Vec<(Path, String)>>,
    pub(crate) policies: RefCell<Vec<Box<dyn Policy>>>,
    /// What `ignore_changes` names, of which resource, and where that is said.
    pub(crate) ignored: RefCell<Vec<(Path, String, &'static Location<'static>)>>,
    upstreams: RefCell<Vec<App>>,
    /// The calls of `add` that are under way, outermost first.
    calls: RefCell<Vec<&'static Location<'static>>>,
}

/// A scope or resource as declared, before synth has looked at it.
pub(crate) struct Declared {
    pub(crate) entry: Option<ResourceEntry>,
    pub(crate) locations: Vec<&'static Location<'static>>,
}

/// An output as declared.
pub(crate) struct Published {
    pub(crate) value: Value,
    pub(crate) location: &'static Location<'static>,
}

impl App {
    /// An empty app. Its name is part of generated resource names and of the state's place.
    #[track_caller]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        let tree = Tree {
            name: name.into(),
            location: Location::caller(),
            state: RefCell::default(),
            stacks: RefCell::default(),
            nodes: RefCell::default(),
            outputs: RefCell::default(),
            tags: RefCell::default(),
            moves: RefCell::default(),
            diagnostics: RefCell::default(),
            acknowledged: RefCell::default(),
            policies: RefCell::default(),
            ignored: RefCell::default(),
            upstreams: RefCell::default(),
            calls: RefCell::default(),
        };
        Self { tree: Rc::new(tree) }
    }

    /// The app's name.
    pub fn name(&self) -> &str {
        &self.tree.name
    }

    /// Where the state is kept unless the command line says otherwise: `file:DIR` or
    /// `s3://BUCKET/PREFIX`.
    pub fn state(&self, url: impl Into<String>) -> &Self {
        *self.tree.state.borrow_mut() = Some(url.into());
        self
    }

    /// Adds a stack: the root of a tree of resources in one account and region.
    #[track_caller]
    pub fn stack(&self, name: &str, environment: Environment) -> Stack {
        let mut scope = Scope { tree: self.tree.clone(), path: Path::new(name) };
        let location = Location::caller();
        if let Some(reason) = Path::reject_name(name) {
            scope.report_at(invalid_name(name, reason), vec![location]);
        }
        if let Some(reason) = environment.reject_role() {
            let help = "pass the ARN of a role of the account that the stack is to be deployed to";
            scope.report_at(Diagnostic::error("GP0107", reason).help(help), vec![location]);
        }
        self.tree.stacks.borrow_mut().insert(name.to_owned(), environment);
        scope.declare(vec![location]);
        Stack(scope)
    }

    /// Adds a check over the finished assembly: one of `groundplan::policies`, or one's own.
    pub fn policy(&self, policy: impl Policy + 'static) -> &Self {
        self.tree.policies.borrow_mut().push(Box::new(policy));
        self
    }

    /// The program of an app whose outputs this one uses.
    ///
    /// Each app is deployed by its own command line. Only where nothing is real, in the sandbox, in
    /// an emulator and in unit tests, is an app that was never deployed there brought up together
    /// with the first one that uses it.
    pub fn upstream(&self, app: App) -> &Self {
        self.tree.upstreams.borrow_mut().push(app);
        self
    }

    /// The programs that were given to [`upstream`](Self::upstream).
    pub fn upstreams(&self) -> Vec<App> {
        self.tree.upstreams.borrow().iter().map(|app| App { tree: app.tree.clone() }).collect()
    }

    /// The assembly of this program.
    ///
    /// # Errors
    /// Every diagnostic at once, where at least one of them is an error.
    pub fn synth(&self) -> Result<Synthesis, Diagnostics> {
        synth::synth(&self.tree)
    }
}

/// A top-level [`Scope`], bound to an [`Environment`].
#[derive(Clone)]
pub struct Stack(Scope);

impl Deref for Stack {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.0
    }
}

/// A place in the tree that resources and constructs are added to. Cheap to clone.
#[derive(Clone)]
pub struct Scope {
    tree: Rc<Tree>,
    path: Path,
}

/// A reusable piece of infrastructure: what [`Scope::add`] takes.
///
/// Every resource type is one; a construct of one's own adds others to its scope and returns
/// what its users need as a handle.
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
    label = "a scope takes resources and what implements `Construct`"
)]
pub trait Construct {
    /// What `add` returns.
    type Handle;

    /// Adds the parts to `scope`, which is the construct's own place in the tree. A mistake in
    /// the arguments is reported with [`Scope::report`]; a construct never fails.
    fn build(self, scope: &Scope) -> Self::Handle;
}

impl<R: Resource> Construct for R {
    type Handle = Handle<R>;

    fn build(self, scope: &Scope) -> Handle<R> {
        scope.resource(self)
    }
}

impl Scope {
    /// Adds a resource or a construct under `name`, and returns its handle.
    #[track_caller]
    pub fn add<C: Construct>(&self, name: &str, construct: C) -> C::Handle {
        let location = Location::caller();
        let mut child = Scope { tree: self.tree.clone(), path: self.path.child(name) };
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

    /// Declares the resource that stands at this scope's own path. A construct uses it for the
    /// one resource that it is about, so that `checkout/media` is the bucket itself and
    /// `checkout/media/policy` its policy.
    pub fn resource<R: Resource>(&self, resource: R) -> Handle<R> {
        let Value::Map(properties) = resource.into_value() else {
            unreachable!("a structure of fields is written as a map");
        };
        let entry = ResourceEntry::new(R::TYPE, properties);
        let taken = match self.tree.nodes.borrow_mut().get_mut(&self.path) {
            Some(Declared { entry: slot @ None, .. }) => {
                *slot = Some(entry);
                false
            }
            _ => true,
        };
        if taken {
            self.report(Diagnostic::error("GP0103", "this scope has a resource of its own already"));
        }
        Handle::new(Node { tree: self.tree.clone(), path: self.path.clone() })
    }

    /// Where this scope stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the app.
    pub fn app_name(&self) -> &str {
        &self.tree.name
    }

    /// The region that resources of this scope belong to.
    pub fn region(&self) -> String {
        self.environment().region
    }

    /// The partition of AWS that resources of this scope belong to, as in `aws` or `aws-cn`: the second
    /// part of their ARNs.
    pub fn partition(&self) -> &'static str {
        self.environment().partition()
    }

    /// The account that resources of this scope belong to: known where the stack is pinned, else
    /// known when it is planned.
    pub fn account_id(&self) -> Input<String> {
        match self.environment().account {
            Some(account) => account.provide(),
            None => Output::<String>::new(self.reference(&Path::new(self.path.stack()), "AccountId")).provide(),
        }
    }

    fn environment(&self) -> Environment {
        let stacks = self.tree.stacks.borrow();
        stacks.get(self.path.stack()).cloned().expect("every scope lies below a stack")
    }

    /// Tags every resource at or below this scope whose type has tags, unless it sets the tag
    /// itself.
    pub fn tag(&self, key: impl Into<String>, value: impl Into<String>) -> &Self {
        self.tree.tags.borrow_mut().push((self.path.clone(), key.into(), value.into()));
        self
    }

    /// States that all that stands below this scope as `to`, a construct or a resource, stood
    /// there as `from` before: it is moved, not replaced.
    pub fn moved(&self, from: &str, to: &str) -> &Self {
        self.tree.moves.borrow_mut().push((self.path.child(from), self.path.child(to)));
        self
    }

    /// Publishes a value under `name`: shown after a deploy and by `output`. Under an
    /// [`Export`](crate::Export), other apps can use it as a value of its type.
    #[track_caller]
    pub fn export<V>(&self, name: impl ExportName<V>, value: V) -> &Self {
        let Publication { app, name, value } = name.publish(value);
        let location = Location::caller();
        if let Some(other) = app.filter(|app| **app != *self.tree.name) {
            let own = &self.tree.name;
            let foreign = Diagnostic::error(
                "GP0105",
                format!("the output `{name}` belongs to the app `{other}`, not to `{own}`"),
            )
            .help(format!("publish it in `{other}`, or under an `Export` of `{own}`"));
            self.report_at(foreign, vec![location]);
        }
        let published = Published { value, location };
        if self.tree.outputs.borrow_mut().insert(name.clone(), published).is_some() {
            let duplicate = Diagnostic::error("GP0104", format!("the output `{name}` is exported twice"))
                .help("give each output of an app its own name");
            self.report_at(duplicate, vec![location]);
        }
        self
    }

    /// Reports a finding about this scope. Synth shows all of them at once.
    #[track_caller]
    pub fn report(&self, diagnostic: Diagnostic) {
        let mut locations = self.tree.calls.borrow().clone();
        if locations.is_empty() {
            // Not within an `add`: a method of a handle, called by the user.
            locations.push(Location::caller());
        }
        self.report_at(diagnostic, locations);
    }

    fn report_at(&self, mut diagnostic: Diagnostic, locations: Vec<&'static Location<'static>>) {
        diagnostic.path.get_or_insert_with(|| self.path.clone());
        if diagnostic.locations.is_empty() {
            diagnostic.locations = locations;
        }
        self.tree.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Says that the warning `code` is meant, at and below this scope.
    pub fn acknowledge(&self, code: &str) -> &Self {
        self.tree.acknowledged.borrow_mut().push((self.path.clone(), code.to_owned()));
        self
    }

    /// Takes the scope's path. Where it is taken, that is reported and the scope goes on under a
    /// path that nobody can write, so that one mistake is one error.
    fn declare(&mut self, locations: Vec<&'static Location<'static>>) {
        let taken = self.tree.nodes.borrow().get(&self.path).map(|first| first.locations.clone());
        if let Some(first) = taken {
            let mut duplicate = Diagnostic::error("GP0101", format!("the path `{}` is taken", self.path))
                .help("give one of the two another name");
            duplicate.got = first.last().map(|location| format!("it was first added at {location}"));
            self.report_at(duplicate, locations.clone());
            while self.tree.nodes.borrow().contains_key(&self.path) {
                self.path = Path::new(format!("{}'", self.path));
            }
        }
        self.tree.nodes.borrow_mut().insert(self.path.clone(), Declared { entry: None, locations });
    }

    fn reference(&self, path: &Path, attribute: &str) -> Reference {
        Reference { app: Some(self.tree.name.clone()), path: path.clone(), attribute: attribute.to_owned() }
    }
}

fn invalid_name(name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("GP0102", format!("this cannot be a name: {reason}")).got(format!("{name:?}"))
}

/// A resource in the tree, whatever its type.
#[derive(Clone)]
pub struct Node {
    tree: Rc<Tree>,
    path: Path,
}

impl Node {
    /// Where the resource stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The attribute or property `attribute` as an output. Its type is the caller's claim; the
    /// generated accessors state it for every published attribute.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        Output::new(Reference {
            app: Some(self.tree.name.clone()),
            path: self.path.clone(),
            attribute: attribute.to_owned(),
        })
    }

    /// The attribute `attribute`, which is a secret, of the resource whose identifier is the attribute
    /// `identifier`. The generated accessors state both for every such attribute.
    pub fn secret(&self, identifier: &str, attribute: &str) -> Secret {
        let app = Some(self.tree.name.clone());
        let resource = Reference { app, path: self.path.clone(), attribute: identifier.to_owned() };
        Secret::of_resource(resource, attribute)
    }

    fn change(&self, change: impl FnOnce(&mut ResourceEntry)) -> &Self {
        let mut nodes = self.tree.nodes.borrow_mut();
        let entry = nodes.get_mut(&self.path).and_then(|declared| declared.entry.as_mut());
        change(entry.expect("a node is made for a declared resource"));
        drop(nodes);
        self
    }

    fn lifecycle(&self, change: impl FnOnce(&mut Lifecycle)) -> &Self {
        self.change(|entry| change(&mut entry.lifecycle))
    }
}

/// What [`Scope::add`] returns for a resource: its outputs, and what can be said about its life.
///
/// Passing `&handle` where one of its identifiers is wanted gives that identifier.
pub struct Handle<R: Resource> {
    node: Node,
    attributes: R::Attributes,
}

impl<R: Resource> Handle<R> {
    fn new(node: Node) -> Self {
        Self { attributes: R::Attributes::from(node.clone()), node }
    }

    /// The untyped node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Where the resource stands.
    pub fn path(&self) -> &Path {
        &self.node.path
    }

    /// The attribute or property `attribute`; its type is the caller's claim.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        self.node.output(attribute)
    }

    /// Orders this resource after `other`, where no reference says so.
    pub fn after<O: Resource>(&self, other: &Handle<O>) -> &Self {
        self.node.change(|entry| {
            entry.depends_on.insert(other.path().clone());
        });
        self
    }

    /// States that the resource was at `path` before: it is moved, not replaced.
    pub fn moved_from(&self, path: &str) -> &Self {
        self.node.change(|entry| {
            entry.moved_from.insert(Path::new(path));
        });
        self
    }

    /// Refuses every plan that would delete or replace the resource, until a deploy has said
    /// `unprotect`. Taking the declaration out of the program does not disarm it.
    pub fn protect(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.protect = true);
        self
    }

    /// Leaves the resource in the account when it is removed from the program.
    pub fn retain(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.retain = true);
        self
    }

    /// Deletes the old resource before the new one is created, where it is replaced.
    pub fn delete_before_create(&self) -> &Self {
        self.node.lifecycle(|lifecycle| lifecycle.delete_before_create = true);
        self
    }

    /// Leaves changes of what `path` names alone, in CloudFormation's spelling, once the resource
    /// exists: no deploy changes it, and `drift` does not report it. A resource that is made, or made
    /// anew since something else replaces it, gets what the program says.
    ///
    /// `path` is one of these; what names nothing is an error at synth:
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
        let ignored = (self.node.path.clone(), path.to_owned(), Location::caller());
        self.node.tree.ignored.borrow_mut().push(ignored);
        self
    }

    /// Sets or replaces a property after the fact, for what a construct that made the resource
    /// does not offer. `edit` gets the typed resource and returns it changed.
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

impl<R: Resource> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, {})", R::TYPE, self.node.path)
    }
}
