//! Roles, and the grants that are given to them.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{Construct, Handle, Output, Scope};
use groundplan_resources::iam;

use super::policy_document::{PolicyDocument, Principal, Statement};

/// A role of IAM that `principal` may assume.
///
/// It can do nothing until something is granted to it: by [`RoleHandle::grant`], or by the
/// `grant_…` methods of what it shall reach.
pub struct Role {
    trust: Statement,
    description: Option<String>,
    managed_policies: Vec<iam::ManagedPolicyArn>,
}

impl Role {
    /// A role that `principal` may assume.
    pub fn new(principal: Principal) -> Self {
        Self::trusting(Statement::allow(["sts:AssumeRole"]).by(principal))
    }

    /// A role with a trust statement of one's own: conditions, or web identities.
    pub fn trusting(trust: Statement) -> Self {
        Self { trust, description: None, managed_policies: Vec::new() }
    }

    /// What the role is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Attaches a policy that exists, by its ARN.
    #[must_use]
    pub fn managed_policy(mut self, arn: impl Into<String>) -> Self {
        self.managed_policies.push(iam::ManagedPolicyArn::new(arn));
        self
    }
}

/// A [`Role`] in the tree.
#[derive(Clone)]
pub struct RoleHandle {
    scope: Scope,
    /// The role itself.
    pub role: Handle<iam::Role>,
    granted: Rc<RefCell<Granted>>,
}

/// The one inline policy that all grants are collected in, once there is one.
#[derive(Default)]
struct Granted {
    document: PolicyDocument,
    policy: Option<Handle<iam::RolePolicy>>,
}

impl Construct for Role {
    type Handle = RoleHandle;

    fn build(self, scope: &Scope) -> RoleHandle {
        let trust = PolicyDocument::new([self.trust]);
        trust.check(scope);
        let mut role = iam::Role::new(trust);
        if let Some(description) = self.description {
            role = role.description(description);
        }
        if !self.managed_policies.is_empty() {
            role = role.managed_policy_arns(self.managed_policies);
        }
        RoleHandle { scope: scope.clone(), role: scope.resource(role), granted: Rc::default() }
    }
}

impl RoleHandle {
    /// The role's ARN.
    pub fn arn(&self) -> Output<iam::RoleArn> {
        self.role.arn()
    }

    /// Lets the role do what `statement` says. All grants stand in one inline policy, `policy`
    /// below the role; the same statement twice is one.
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        let mut granted = self.granted.borrow_mut();
        granted.document.push(statement);
        granted.document.check(&self.scope);
        let document = granted.document.clone();
        match &granted.policy {
            Some(policy) => {
                policy.edit(|policy| policy.policy_document(document));
            }
            None => {
                let policy = iam::RolePolicy::new("grants", self.role.role_name()).policy_document(document);
                granted.policy = Some(self.scope.add("policy", policy));
            }
        }
        self
    }

    /// The role as a principal of resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}
