//! The shared tree of declared nodes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use crate::assembly::ResourceEntry;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::lookup::Query;
use crate::path::Path;
use crate::policy::Policy;
use crate::value::{Reference, Value};

/// The data of the whole program. Scopes, nodes and handles hold it, so that user code does not have to pass it on as
/// `&mut`.
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    /// The line that named it.
    pub(crate) location: &'static Location<'static>,
    pub(crate) state: RefCell<Option<String>>,
    pub(crate) stacks: RefCell<BTreeMap<String, Environment>>,
    pub(crate) nodes: RefCell<BTreeMap<Path, Declared>>,
    /// The nodes that are lookups.
    pub(crate) lookups: RefCell<BTreeMap<Path, Query>>,
    pub(crate) outputs: RefCell<BTreeMap<String, Published>>,
    pub(crate) tags: RefCell<Vec<(Path, String, String)>>,
    /// Scopes that have another path now.
    pub(crate) moves: RefCell<Vec<Moved>>,
    pub(crate) diagnostics: RefCell<Vec<Diagnostic>>,
    pub(crate) acknowledged: RefCell<Vec<(Path, Code)>>,
    pub(crate) policies: RefCell<Vec<Box<dyn Policy>>>,
    /// The paths in `ignore_changes`, with their resources and lines.
    pub(crate) ignored: RefCell<Vec<(Path, String, &'static Location<'static>)>>,
    /// The programs whose outputs this one uses.
    pub(crate) upstreams: RefCell<Vec<Rc<Tree>>>,
    /// The calls of `add` that are under way, outermost first.
    pub(crate) calls: RefCell<Vec<&'static Location<'static>>>,
}

/// A scope or resource as declared, before synth.
pub(crate) struct Declared {
    pub(crate) entry: Option<ResourceEntry>,
    pub(crate) locations: Vec<&'static Location<'static>>,
}

/// A scope that has another path than before, as declared.
pub(crate) struct Moved {
    pub(crate) from: Path,
    pub(crate) to: Path,
    pub(crate) location: &'static Location<'static>,
}

/// An output as declared.
pub(crate) struct Published {
    pub(crate) value: Value,
    pub(crate) location: &'static Location<'static>,
}

impl Tree {
    pub(crate) fn new(name: Arc<str>, location: &'static Location<'static>) -> Self {
        Self {
            name,
            location,
            state: RefCell::default(),
            stacks: RefCell::default(),
            nodes: RefCell::default(),
            lookups: RefCell::default(),
            outputs: RefCell::default(),
            tags: RefCell::default(),
            moves: RefCell::default(),
            diagnostics: RefCell::default(),
            acknowledged: RefCell::default(),
            policies: RefCell::default(),
            ignored: RefCell::default(),
            upstreams: RefCell::default(),
            calls: RefCell::default(),
        }
    }
    /// Returns the reference to `attribute` of the node at `path`.
    pub(crate) fn reference(&self, path: &Path, attribute: &str) -> Reference {
        Reference { app: Some(self.name.clone()), path: path.clone(), attribute: attribute.to_owned() }
    }
}
