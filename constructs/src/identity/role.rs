//! IAM roles: those of the program, and existing ones.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Input, Output, Provides, Scope, main_resource, template};
use groundplan_resources::{Arn, iam};

use super::grantee::{Attached, Grantee, Identity, Kind, shared_policy_name};
use super::policy_document::{PolicyDocument, PolicyKind, Principal, Statement};

/// An IAM role.
///
/// A new role has no permissions. [`RoleHandle::grant`] and the `grant_…` methods of other handles, such as
/// [`BucketHandle::grant_read`](crate::data::BucketHandle::grant_read), add them.
pub struct Role {
    trust: Statement,
    description: Option<String>,
    managed_policies: Attached,
}

impl Role {
    /// Creates a role that `principal` can assume.
    pub fn new(principal: Principal) -> Self {
        Self::trusting(Statement::allow(["sts:AssumeRole"]).by(principal))
    }

    /// Creates a role with this trust statement, for example with conditions or for web identities.
    pub fn trusting(trust: Statement) -> Self {
        Self { trust, description: None, managed_policies: Attached::default() }
    }

    /// Refers to an existing role by its ARN. Adding the reference to a scope gives it a place for the policies of
    /// its grants, which are attached to the role.
    ///
    /// ```
    /// use groundplan_constructs::data::Bucket;
    /// use groundplan_constructs::identity::Role;
    /// use groundplan_core::{App, Environment};
    /// let app = App::new("shop");
    /// let stack = app.stack("shop", Environment::new("eu-west-1"));
    /// let deployer = stack.add("deployer", Role::existing("arn:aws:iam::123456789012:role/ci/deployer"));
    /// stack.add("media", Bucket::new()).grant_read_write(&deployer, "*");
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(arn: impl Into<String>) -> ExistingRole {
        ExistingRole(Named::Arn(arn.into()))
    }

    /// Refers to an existing role of the account of the stack by its name, which can be an export of another app.
    /// The role has no path; refer to a role with a path by its ARN.
    pub fn existing_named(name: impl Provides<iam::RoleName>) -> ExistingRole {
        ExistingRole(Named::Name(name.provide()))
    }

    /// Sets the description of the role.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Attaches an existing managed policy, by its ARN.
    #[must_use]
    pub fn managed_policy(mut self, arn: impl Into<String>) -> Self {
        self.managed_policies.by_arn(arn.into());
        self
    }

    /// Attaches an AWS managed policy by its name, such as `AmazonSSMManagedInstanceCore`. The name includes the
    /// path if the policy has one, such as `service-role/AmazonECSTaskExecutionRolePolicy`.
    #[must_use]
    pub fn aws_managed_policy(mut self, name: impl Into<String>) -> Self {
        self.managed_policies.of_aws(name.into());
        self
    }
}

/// The handle of a [`Role`].
#[derive(Clone)]
pub struct RoleHandle {
    /// The role.
    pub role: Handle<iam::Role>,
    identity: Identity,
}

impl Construct for Role {
    type Handle = RoleHandle;

    fn build(self, scope: &Scope) -> RoleHandle {
        let trust = PolicyDocument::new([self.trust]);
        trust.check(scope, PolicyKind::Trust);
        let mut role = iam::Role::new(trust);
        if let Some(description) = self.description {
            role = role.description(description);
        }
        if let Some(arns) = self.managed_policies.arns(scope) {
            role = role.managed_policy_arns(arns);
        }
        let role = scope.resource(role);
        let identity = Identity::new(scope, Kind::Role(role.role_name().into()));
        RoleHandle { role, identity }
    }
}

impl RoleHandle {
    /// Returns the ARN of the role.
    pub fn arn(&self) -> Output<iam::RoleArn> {
        self.role.arn()
    }

    /// Grants the role the permissions of `statement`, like [`Identity::grant`].
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }

    /// Returns the role as a principal for resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}

main_resource!(RoleHandle, role: iam::Role);

impl Grantee for RoleHandle {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// An existing role, which [`Role::existing`] and [`Role::existing_named`] return. It adds no role: only the
/// policies of its grants.
pub struct ExistingRole(Named);

enum Named {
    Arn(String),
    Name(Input<iam::RoleName>),
}

/// The handle of an [`ExistingRole`].
#[derive(Clone)]
pub struct RoleRef {
    arn: Input<iam::RoleArn>,
    name: Input<iam::RoleName>,
    identity: Identity,
}

impl Construct for ExistingRole {
    type Handle = RoleRef;

    fn build(self, scope: &Scope) -> RoleRef {
        let (arn, name, refused) = match self.0 {
            Named::Name(name) => {
                let arn = template!("arn:{}:iam::{}:role/{}", scope.partition(), scope.account_id(), &name).typed();
                (arn, name, None)
            }
            Named::Arn(arn) => {
                let name = name_in(&arn).unwrap_or_default().to_owned();
                if name.is_empty() {
                    let error = Diagnostic::error(Code::ForeignRole, "this is not the ARN of a role");
                    scope.report(error.got(&arn).allowed("`arn:PARTITION:iam::ACCOUNT:role/NAME`"));
                }
                let refused = foreign(scope, &arn);
                (Input::Known(iam::RoleArn::new(arn)), Input::Known(iam::RoleName::new(name)), refused)
            }
        };
        let policy_name = shared_policy_name(scope);
        let identity = Identity::named(scope, Kind::Role(name.clone()), policy_name, refused);
        RoleRef { arn, name, identity }
    }
}

/// Returns the name in the ARN of a role, after its path.
fn name_in(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let is_iam = parts.next() == Some("arn") && parts.next().is_some() && parts.next() == Some("iam");
    let resource = parts.nth(2).filter(|_| is_iam)?.strip_prefix("role/")?;
    resource.rsplit('/').next()
}

/// Returns the reason why a role of another account cannot be given permissions: its policies belong to that
/// account.
fn foreign(scope: &Scope, arn: &str) -> Option<Diagnostic> {
    let account = arn.split(':').nth(4)?.to_owned();
    let own = scope.account_id();
    let own = own.known().filter(|own| **own != account)?;
    let message = format!("this role belongs to the account {account}, and its policies are managed there");
    Some(
        Diagnostic::error(Code::ForeignRole, message)
            .got(arn)
            .allowed(format!("a role of the account {own} of the stack"))
            .help("grant a bucket or key to `role.principal()`, and grant the role the permissions in its account"),
    )
}

impl RoleRef {
    /// Returns the ARN of the role.
    pub fn arn(&self) -> Input<iam::RoleArn> {
        self.arn.clone()
    }

    /// Grants the role the permissions of `statement`, like [`Identity::grant`]. The name of the policy contains
    /// the names of the app and of this reference, because other apps can also grant permissions to the role.
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }

    /// Returns the role as a principal for resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}

impl Provides<iam::RoleArn> for &RoleRef {
    fn provide(self) -> Input<iam::RoleArn> {
        self.arn()
    }
}

impl Provides<iam::RoleName> for &RoleRef {
    fn provide(self) -> Input<iam::RoleName> {
        self.name.clone()
    }
}

impl Provides<Arn> for &RoleRef {
    fn provide(self) -> Input<Arn> {
        self.arn().provide()
    }
}

impl Grantee for RoleRef {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
