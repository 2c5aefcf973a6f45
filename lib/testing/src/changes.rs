//! The changes of a plan, for assertions.

use std::fmt;
use std::ops::Deref;

use groundplan_engine::diff::{Action, Change, ChangeSet};

/// The changes that a deploy would make. It dereferences to the [`ChangeSet`], which has each change with its
/// properties and reasons, and its `Display` form is for snapshots: one line per resource.
///
/// ```
/// use groundplan_core::{App, Environment};
/// use groundplan_resources::ec2;
/// use groundplan_testing::Cloud;
///
/// fn network(dns: bool) -> App {
///     let app = App::new("network");
///     let stack = app.stack("network", Environment::new("eu-west-1"));
///     let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(dns));
///     stack.add("private", ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/20"));
///     app
/// }
///
/// let cloud = Cloud::new();
/// cloud.deploy(&network(false));
/// let changes = cloud.plan(&network(true));
/// assert!(changes.replaced().is_empty() && changes.deleted().is_empty());
/// assert_eq!(changes.to_string(), "~ network/vpc (AWS::EC2::VPC): EnableDnsHostnames\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Changes(pub(crate) ChangeSet);

impl Deref for Changes {
    type Target = ChangeSet;

    fn deref(&self) -> &ChangeSet {
        &self.0
    }
}

impl Changes {
    /// Returns the paths of the resources that would be created, in order.
    pub fn created(&self) -> Vec<&str> {
        self.paths(|action| action == Action::Create)
    }

    /// Returns the paths of the resources that would be changed in place, in order.
    pub fn updated(&self) -> Vec<&str> {
        self.paths(|action| action == Action::Update)
    }

    /// Returns the paths of the resources that would be replaced, in order.
    pub fn replaced(&self) -> Vec<&str> {
        self.paths(|action| matches!(action, Action::Replace(_)))
    }

    /// Returns the paths of the resources that would be deleted, in order, and then of what an earlier deploy has
    /// replaced and could not delete.
    pub fn deleted(&self) -> Vec<&str> {
        let left_over = self.0.deposed.iter().map(|old| old.path.as_str());
        self.paths(|action| action == Action::Delete).into_iter().chain(left_over).collect()
    }

    fn paths(&self, wanted: impl Fn(Action) -> bool) -> Vec<&str> {
        let changes = self.0.changes.values().filter(|change| wanted(change.action));
        changes.map(|change| change.path.as_str()).collect()
    }
}

/// `~ shop/vpc (AWS::EC2::VPC): EnableDnsHostnames`
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in self.0.changes.values() {
            let Change { path, type_name, properties, moved_from, .. } = change;
            let symbol = match change.action {
                Action::Create => "+",
                Action::Update => "~",
                Action::Replace(_) => "±",
                Action::Delete => "-",
                Action::Retain => "retain",
                Action::Forget => "forget",
                Action::Move => "move",
                Action::Record | Action::Resume | Action::Keep | Action::NoOp => continue,
            };
            write!(f, "{symbol} {path} ({type_name})")?;
            if let Some(from) = moved_from {
                write!(f, " from {from}")?;
            }
            let names: Vec<_> = properties.iter().map(|property| property.property.as_str()).collect();
            if !names.is_empty() {
                write!(f, ": {}", names.join(", "))?;
            }
            if change.data_loss {
                write!(f, " with loss of data")?;
            }
            writeln!(f)?;
        }
        for old in &self.0.deposed {
            writeln!(f, "- {} ({}), replaced earlier", old.path, old.type_name)?;
        }
        Ok(())
    }
}
