//! The path of a resource in its app, which is its identity.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The identity of a node: the names from its stack downwards, joined by `/`, as in
/// `checkout/vpc/private-a`.
///
/// Renaming a scope changes the identity of everything below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(Arc<str>);

impl Path {
    /// Creates a path from text, for example from a command line. The text is not checked: a path that names no node is
    /// not found.
    pub fn new(path: impl Into<Arc<str>>) -> Self {
        Self(path.into())
    }

    /// Returns the path of the child `name`.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0).into())
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last name of the path.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// Returns the first name of the path, which is its stack.
    pub fn stack(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(stack, _)| stack)
    }

    /// Returns the path one level up; `None` for a stack.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// Returns whether this path is `other` or below it.
    pub fn is_within(&self, other: &Path) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns why `name` cannot be part of a path, or the name of an app, which is part of file system paths; `None`
    /// if it can.
    pub fn reject_name(name: &str) -> Option<&'static str> {
        if name.is_empty() {
            return Some("it is empty");
        }
        if name == "." || name == ".." {
            return Some("it is the name of a directory");
        }
        if name.len() > 64 {
            return Some("it is longer than 64 characters");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        (!name.chars().all(allowed)).then_some("only letters, digits, `-`, `_` and `.` are allowed")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl From<&str> for Path {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl std::borrow::Borrow<str> for Path {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_lies_within_itself_and_its_ancestors_only() {
        let path = Path::new("checkout/vpc/private-a");
        assert!(path.is_within(&"checkout/vpc".into()));
        assert!(path.is_within(&path));
        assert!(!path.is_within(&"checkout/vp".into()));
        assert!(!Path::new("checkout/vpc").is_within(&path));
    }

    #[test]
    fn names_with_a_slash_or_space_are_rejected() {
        assert!(Path::reject_name("a/b").is_some());
        assert!(Path::reject_name("a b").is_some());
        assert!(Path::reject_name("").is_some());
        assert!(Path::reject_name(".").is_some());
        assert!(Path::reject_name("..").is_some());
        assert_eq!(Path::reject_name("private-a_1.x"), None);
    }
}
