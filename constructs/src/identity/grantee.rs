//! The recipients of grants.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use groundplan_core::{Code, Diagnostic, Handle, Input, Scope, policy_size};
use groundplan_resources::iam;

use super::policy_document::{Condition, PolicyDocument, PolicyKind, Principal, Statement};
use crate::PassedAs;

/// The assumed length of a value that is not known before the deploy: about the length of an ARN.
const UNKNOWN: usize = 100;

/// The path of the managed policies that hold further grants. By this path, the provider recognizes such a
/// policy as a separate resource, and does not report it as drift of the identity.
const PATH: &str = "/groundplan/";

/// An identity that permissions can be granted to: a [`Role`](super::Role), an existing role, a
/// [`User`](super::User) or a [`Group`](super::Group), by its handle.
///
/// The handle of a construct that has a role implements this trait with the identity of that role. Grants then
/// accept the handle:
///
/// ```
/// use groundplan_constructs::data::Bucket;
/// use groundplan_constructs::identity::{Grantee, Identity, Principal, Role, RoleHandle};
/// use groundplan_core::{App, Environment};
///
/// struct Worker {
///     role: RoleHandle,
/// }
///
/// impl Grantee for Worker {
///     fn identity(&self) -> &Identity {
///         self.role.identity()
///     }
/// }
///
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let worker = Worker { role: stack.add("worker", Role::new(Principal::service("ecs-tasks.amazonaws.com"))) };
/// stack.add("media", Bucket::new()).grant_read(&worker, "*");
/// # app.synth().expect("it is valid");
/// ```
#[diagnostic::on_unimplemented(
    message = "permissions cannot be granted to a `{Self}`",
    label = "not the handle of a role, user or group",
    note = "pass the handle of a `Role`, of an existing role, of a `User` or of a `Group`",
    note = "services and other accounts are granted access in the policy of a resource: buckets and KMS keys of the \
            program have one"
)]
pub trait Grantee {
    /// Returns the identity.
    fn identity(&self) -> &Identity;
}

/// A role, user or group of IAM, with the policies that contain its grants.
#[derive(Clone)]
pub struct Identity(Rc<Grants>);

struct Grants {
    scope: Scope,
    kind: Kind,
    policy_name: String,
    /// The reason why the identity cannot be given permissions here.
    refused: Option<Diagnostic>,
    /// `true` if that was reported; once is enough, although a grant can consist of several statements.
    reported: Cell<bool>,
    granted: RefCell<Granted>,
}

/// The name of the identity, by its kind.
pub(super) enum Kind {
    Role(Input<iam::RoleName>),
    User(Input<iam::UserName>),
    Group(Input<iam::GroupName>),
}

/// The policies that contain all grants in the order of the calls: the inline policy, and managed policies
/// for the grants that do not fit into it.
#[derive(Default)]
struct Granted {
    inline: PolicyDocument,
    policy: Option<Inline>,
    managed: Vec<(PolicyDocument, Handle<iam::ManagedPolicy>)>,
}

/// The inline policy, by the kind of the identity.
enum Inline {
    Role(Handle<iam::RolePolicy>),
    User(Handle<iam::UserPolicy>),
    Group(Handle<iam::GroupPolicy>),
}

impl Identity {
    /// Creates an identity of the program, whose policies are added to `scope`.
    pub(super) fn new(scope: &Scope, kind: Kind) -> Self {
        Self::named(scope, kind, "grants".to_owned(), None)
    }

    pub(super) fn named(scope: &Scope, kind: Kind, policy_name: String, refused: Option<Diagnostic>) -> Self {
        let (reported, granted) = Default::default();
        Self(Rc::new(Grants { scope: scope.clone(), kind, policy_name, refused, reported, granted }))
    }

    /// Returns the scope of the policies of the identity.
    pub(crate) fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// Returns the partition of the identity.
    pub(crate) fn partition(&self) -> &'static str {
        self.0.scope.partition()
    }

    /// Grants the identity the permissions of `statement`. All grants share one inline policy, at the path
    /// `policy` below the identity, and granting the same statement twice has no further effect. Statements that
    /// exceed the size limit of IAM for the inline policies of an identity go into managed policies, `policy-2`
    /// and so on, which are attached to it.
    #[track_caller]
    pub fn grant(&self, statement: Statement) {
        let Grants { scope, kind, refused, reported, granted, .. } = &*self.0;
        if let Some(refused) = refused {
            if !reported.replace(true) {
                scope.report(refused.clone());
            }
            return;
        }
        PolicyDocument::new([statement.clone()]).check(scope, PolicyKind::Identity);
        let mut granted = granted.borrow_mut();
        let granted = &mut *granted;
        let known = granted.managed.iter().map(|(document, _)| document).chain([&granted.inline]);
        if known.into_iter().any(|document| document.contains(&statement)) {
            return;
        }
        if let Some(document) = fitting(&granted.inline, &statement, kind.inline_size()) {
            granted.inline = document.clone();
            match &granted.policy {
                Some(policy) => policy.set(document),
                None => granted.policy = Some(kind.inline(scope, &self.0.policy_name, document)),
            }
            return;
        }
        if let Some((last, policy)) = granted.managed.last_mut()
            && let Some(document) = fitting(last, &statement, policy_size::MANAGED)
        {
            *last = document.clone();
            policy.edit(|policy| policy.policy_document(document));
            return;
        }
        let document = PolicyDocument::new([statement]);
        let policy = kind.attach(iam::ManagedPolicy::new(&document).path(PATH));
        let name = format!("policy-{}", granted.managed.len() + 2);
        granted.managed.push((document, scope.add(&name, policy)));
    }
}

/// Returns the name of the inline policy of an identity that other apps can grant permissions as well.
pub(super) fn shared_policy_name(scope: &Scope) -> String {
    format!("{}-{}", scope.app_name(), scope.path().as_str().replace('/', "-"))
}

impl Kind {
    /// Returns the maximum size of all inline policies of the identity.
    fn inline_size(&self) -> usize {
        match self {
            Self::Role(_) => policy_size::ROLE,
            Self::User(_) => policy_size::USER,
            Self::Group(_) => policy_size::GROUP,
        }
    }

    #[track_caller]
    fn inline(&self, scope: &Scope, policy_name: &str, document: PolicyDocument) -> Inline {
        match self {
            Self::Role(name) => {
                let args = iam::RolePolicyArgs { policy_name, role_name: name.clone() };
                Inline::Role(scope.add("policy", iam::RolePolicy::new(args).policy_document(document)))
            }
            Self::User(name) => {
                let args = iam::UserPolicyArgs { policy_name, user_name: name.clone() };
                Inline::User(scope.add("policy", iam::UserPolicy::new(args).policy_document(document)))
            }
            Self::Group(name) => {
                let args = iam::GroupPolicyArgs { policy_name, group_name: name.clone() };
                Inline::Group(scope.add("policy", iam::GroupPolicy::new(args).policy_document(document)))
            }
        }
    }

    fn attach(&self, policy: iam::ManagedPolicy) -> iam::ManagedPolicy {
        match self {
            Self::Role(name) => policy.roles([name.clone()]),
            Self::User(name) => policy.users([name.clone()]),
            Self::Group(name) => policy.groups([name.clone()]),
        }
    }
}

impl Inline {
    fn set(&self, document: PolicyDocument) {
        match self {
            Self::Role(policy) => {
                policy.edit(|policy| policy.policy_document(document));
            }
            Self::User(policy) => {
                policy.edit(|policy| policy.policy_document(document));
            }
            Self::Group(policy) => {
                policy.edit(|policy| policy.policy_document(document));
            }
        }
    }
}

/// Returns the document with `statement` added, unless that exceeds the size `most`.
fn fitting(document: &PolicyDocument, statement: &Statement, most: usize) -> Option<PolicyDocument> {
    let mut document = document.clone();
    document.push(statement.clone());
    (document.size(UNKNOWN) <= most).then_some(document)
}

/// The recipient of a grant on a resource that has a policy of its own: a bucket or a KMS key of the program.
///
/// An identity, such as the handle of a role, gets the permissions in its own policies. A [`Principal`], such as
/// a service or another account, and a [`ServiceUse`](super::ServiceUse) get them in the policy of the resource.
/// Another account also has to grant its own roles and users the permissions.
#[derive(Clone)]
pub struct Recipient(pub(crate) To);

#[derive(Clone)]
pub(crate) enum To {
    Identity(Identity),
    Principal { principal: Principal, conditions: Vec<Condition> },
}

impl<G: Grantee> PassedAs<Recipient> for &G {
    fn pass(self) -> Recipient {
        Recipient(To::Identity(self.identity().clone()))
    }
}

impl PassedAs<Recipient> for Principal {
    fn pass(self) -> Recipient {
        Recipient(To::Principal { principal: self, conditions: Vec::new() })
    }
}

/// The managed policies that are attached to an identity.
#[derive(Default)]
pub(super) struct Attached(Vec<ManagedPolicy>);

/// An existing managed policy.
enum ManagedPolicy {
    /// By its ARN.
    Arn(String),
    /// An AWS managed policy, by its path and name.
    OfAws(String),
}

impl Attached {
    pub(super) fn by_arn(&mut self, arn: String) {
        self.0.push(ManagedPolicy::Arn(arn));
    }

    pub(super) fn of_aws(&mut self, name: String) {
        self.0.push(ManagedPolicy::OfAws(name));
    }

    /// Returns the ARNs, or nothing if no policy is attached.
    pub(super) fn arns(self, scope: &Scope) -> Option<Vec<iam::ManagedPolicyArn>> {
        let arns: Vec<_> = self.0.into_iter().map(|policy| policy.arn(scope)).collect();
        (!arns.is_empty()).then_some(arns)
    }
}

impl ManagedPolicy {
    fn arn(self, scope: &Scope) -> iam::ManagedPolicyArn {
        let partition = scope.partition();
        let arn = match self {
            Self::OfAws(name) => format!("arn:{partition}:iam::aws:policy/{name}"),
            Self::Arn(arn) => arn,
        };
        if let Some(other) = arn.split(':').nth(1).filter(|other| *other != partition) {
            scope.report(
                Diagnostic::error(Code::ForeignPartition, format!("this policy is of the partition `{other}`"))
                    .got(&arn)
                    .allowed(format!("an ARN of `{partition}`, to which {} belongs", scope.region()))
                    .help("`aws_managed_policy` attaches an AWS managed policy in every partition"),
            );
        }
        iam::ManagedPolicyArn::new(arn)
    }
}
