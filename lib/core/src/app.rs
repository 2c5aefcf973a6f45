//! The roots of a program: the app and its stacks.

use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::environment::Environment;
use crate::path::Path;
use crate::policy::Policy;
use crate::scope::{Scope, invalid_name};
use crate::synth::{self, Synthesis};
use crate::tree::Tree;

/// The root of a program. It is deployed as a whole and has one state.
///
/// ```
/// use groundplan_core::{App, Environment};
/// let app = App::new("checkout-prod");
/// let stack = app.stack("checkout", Environment::new("us-east-1"));
/// let assembly = app.synth()?.assembly;
/// # Ok::<(), groundplan_core::Diagnostics>(())
/// ```
pub struct App {
    tree: Rc<Tree>,
}

impl App {
    /// Creates an empty app. Its name is part of generated resource names and of the location of the state.
    #[track_caller]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { tree: Rc::new(Tree::new(name.into(), Location::caller())) }
    }

    /// Returns the name of the app.
    pub fn name(&self) -> &str {
        &self.tree.name
    }

    /// Sets the location of the state, `file:DIR` or `s3://BUCKET/PREFIX`. The command line can override it.
    pub fn state(&self, url: impl Into<String>) -> &Self {
        *self.tree.state.borrow_mut() = Some(url.into());
        self
    }

    /// Adds a stack: the root of a tree of resources in one account and region.
    #[track_caller]
    pub fn stack(&self, name: &str, environment: Environment) -> Stack {
        let mut scope = Scope::new(self.tree.clone(), Path::new(name));
        let location = Location::caller();
        if let Some(reason) = Path::reject_name(name) {
            scope.report_at(invalid_name(name, reason), vec![location]);
        }
        if let Some(reason) = environment.reject_role() {
            let help = "pass the ARN of a role of the account that the stack is to be deployed to";
            scope.report_at(Diagnostic::error(Code::InvalidRole, reason).help(help), vec![location]);
        }
        self.tree.stacks.borrow_mut().insert(name.to_owned(), environment);
        scope.declare(vec![location]);
        Stack(scope)
    }

    /// Adds a check of the finished assembly: one of `groundplan::policies`, or your own.
    pub fn policy(&self, policy: impl Policy + 'static) -> &Self {
        self.tree.policies.borrow_mut().push(Box::new(policy));
        self
    }

    /// Adds the program of an app whose outputs this app uses.
    ///
    /// On AWS, each app is deployed by its own command line. In the sandbox, in an emulator and in unit tests, an
    /// upstream app that was never deployed there is deployed before the app that uses it.
    pub fn upstream(&self, app: App) -> &Self {
        self.tree.upstreams.borrow_mut().push(app.tree);
        self
    }

    /// Returns the programs that were given to [`upstream`](Self::upstream).
    pub fn upstreams(&self) -> Vec<App> {
        self.tree.upstreams.borrow().iter().map(|tree| App { tree: tree.clone() }).collect()
    }

    /// Builds the assembly of this program.
    ///
    /// # Errors
    /// All diagnostics together, if at least one of them is an error.
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
