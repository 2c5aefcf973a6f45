//! IAM roles and their grants.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{Code, Construct, Diagnostic, Handle, Output, Provides, Scope, policy_size};
use groundplan_resources::iam;

use super::policy_document::{PolicyDocument, Principal, Statement};

/// The assumed length of a value that is not known before the deploy: about the length of an ARN.
const UNKNOWN: usize = 100;

/// The path of the managed policies that hold further grants. By this path, the provider recognizes such a
/// policy as a separate resource, and does not report it as drift of the role.
const PATH: &str = "/groundplan/";

/// An IAM role.
///
/// A new role has no permissions. [`RoleHandle::grant`] and the `grant_…` methods of other handles, such as
/// [`BucketHandle::grant_read`](crate::data::BucketHandle::grant_read), add them.
pub struct Role {
    trust: Statement,
    description: Option<String>,
    managed_policies: Vec<ManagedPolicy>,
}

/// An existing managed policy.
enum ManagedPolicy {
    /// By its ARN.
    Arn(String),
    /// An AWS managed policy, by its path and name.
    OfAws(String),
}

impl Role {
    /// Creates a role that `principal` can assume.
    pub fn new(principal: Principal) -> Self {
        Self::trusting(Statement::allow(["sts:AssumeRole"]).by(principal))
    }

    /// Creates a role with this trust statement, for example with conditions or for web identities.
    pub fn trusting(trust: Statement) -> Self {
        Self { trust, description: None, managed_policies: Vec::new() }
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
        self.managed_policies.push(ManagedPolicy::Arn(arn.into()));
        self
    }

    /// Attaches an AWS managed policy by its name, such as `AmazonSSMManagedInstanceCore`. The name includes the
    /// path if the policy has one, such as `service-role/AmazonECSTaskExecutionRolePolicy`.
    #[must_use]
    pub fn aws_managed_policy(mut self, name: impl Into<String>) -> Self {
        self.managed_policies.push(ManagedPolicy::OfAws(name.into()));
        self
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
                    .help("`aws_managed_policy` attaches a policy of AWS's in every partition"),
            );
        }
        iam::ManagedPolicyArn::new(arn)
    }
}

/// The handle of a [`Role`].
#[derive(Clone)]
pub struct RoleHandle {
    scope: Scope,
    /// The role.
    pub role: Handle<iam::Role>,
    granted: Rc<RefCell<Granted>>,
}

/// The policies that contain all grants in the order of the calls: the inline policy, and managed policies
/// for the grants that do not fit into it.
#[derive(Default)]
struct Granted {
    inline: PolicyDocument,
    policy: Option<Handle<iam::RolePolicy>>,
    managed: Vec<(PolicyDocument, Handle<iam::ManagedPolicy>)>,
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
            let arns: Vec<_> = self.managed_policies.into_iter().map(|policy| policy.arn(scope)).collect();
            role = role.managed_policy_arns(arns);
        }
        RoleHandle { scope: scope.clone(), role: scope.resource(role), granted: Rc::default() }
    }
}

impl RoleHandle {
    /// Returns the ARN of the role.
    pub fn arn(&self) -> Output<iam::RoleArn> {
        self.role.arn()
    }

    /// Grants the role the permissions of `statement`. All grants share one inline policy, at the path `policy`
    /// below the role, and granting the same statement twice has no further effect. Statements that exceed the
    /// size limit of IAM for the inline policies of a role go into managed policies, `policy-2` and so on,
    /// which are attached to the role.
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        let mut granted = self.granted.borrow_mut();
        let granted = &mut *granted;
        PolicyDocument::new([statement.clone()]).check(&self.scope);
        let known = granted.managed.iter().map(|(document, _)| document).chain([&granted.inline]);
        if known.into_iter().any(|document| document.contains(&statement)) {
            return self;
        }
        if let Some(document) = fitting(&granted.inline, &statement, policy_size::ROLE) {
            granted.inline = document.clone();
            match &granted.policy {
                Some(policy) => {
                    policy.edit(|policy| policy.policy_document(document));
                }
                None => {
                    let policy = iam::RolePolicy::new(iam::RolePolicyArgs {
                        policy_name: "grants",
                        role_name: self.role.role_name(),
                    })
                    .policy_document(document);
                    granted.policy = Some(self.scope.add("policy", policy));
                }
            }
            return self;
        }
        let last = granted.managed.last_mut();
        if let Some((last, policy)) = last
            && let Some(document) = fitting(last, &statement, policy_size::MANAGED)
        {
            *last = document.clone();
            policy.edit(|policy| policy.policy_document(document));
            return self;
        }
        let document = PolicyDocument::new([statement]);
        let policy = iam::ManagedPolicy::new(&document).path(PATH).roles([self.role.role_name()]);
        let name = format!("policy-{}", granted.managed.len() + 2);
        granted.managed.push((document, self.scope.add(&name, policy)));
        self
    }

    /// Returns the role as a principal for resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}

/// Returns the document with `statement` added, unless that exceeds the size `most`.
fn fitting(document: &PolicyDocument, statement: &Statement, most: usize) -> Option<PolicyDocument> {
    let mut document = document.clone();
    document.push(statement.clone());
    let size = policy_size::size(&document.clone().provide().into_value(), UNKNOWN);
    (size <= most).then_some(document)
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Assembly, Environment};

    use super::*;

    fn assembly(region: &str, program: impl FnOnce(&Scope)) -> Assembly {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new(region));
        program(&stack);
        app.synth().expect("it is a good program").assembly
    }

    fn role(scope: &Scope) -> RoleHandle {
        scope.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")))
    }

    fn statement(number: usize) -> Statement {
        Statement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::bucket-{number:04}-{}/*", "x".repeat(40))])
    }

    #[test]
    fn grants_that_have_no_place_in_the_inline_policy_go_into_managed_ones() {
        let assembly = assembly("eu-central-1", |scope| {
            let role = role(scope);
            (0..160).for_each(|number| {
                role.grant(statement(number));
            });
            // A repeated grant has no effect, whichever policy contains it.
            [0, 100, 159].into_iter().for_each(|number| {
                role.grant(statement(number));
            });
        });
        let size = |path: &str| policy_size::size(&assembly.resources[path].properties["PolicyDocument"], 0);
        let statements = |path: &str| {
            let document = assembly.resources[path].properties["PolicyDocument"].to_json();
            document["Statement"].as_array().map_or(0, Vec::len)
        };
        assert!(size("shop/role/policy") <= policy_size::ROLE);
        assert!(size("shop/role/policy") > policy_size::ROLE - 200, "it is filled first");
        let managed = ["shop/role/policy-2", "shop/role/policy-3"].into_iter();
        let managed: Vec<_> = managed.filter(|path| assembly.resources.contains_key(*path)).collect();
        assert!(!managed.is_empty());
        assert!(managed.iter().all(|path| size(path) <= policy_size::MANAGED));
        let all = managed.iter().map(|path| statements(path)).sum::<usize>() + statements("shop/role/policy");
        assert_eq!(all, 160);
    }

    #[test]
    fn a_policy_of_awss_has_the_arn_of_the_partition() {
        for (region, arn) in [
            ("eu-central-1", "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
            ("cn-north-1", "arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
            ("us-gov-west-1", "arn:aws-us-gov:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
        ] {
            let assembly = assembly(region, |scope| {
                let role = Role::new(Principal::service("ecs-tasks.amazonaws.com"));
                scope.add("role", role.aws_managed_policy("service-role/AmazonECSTaskExecutionRolePolicy"));
            });
            let arns = assembly.resources["shop/role"].properties["ManagedPolicyArns"].to_json();
            assert_eq!(arns, serde_json::json!([arn]));
        }
    }

    #[test]
    fn a_policy_of_another_partition_is_an_error() {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("cn-north-1"));
        let role = Role::new(Principal::service("ec2.amazonaws.com"));
        stack.add("role", role.managed_policy("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"));
        let errors = app.synth().expect_err("the policy does not exist there").to_string();
        assert!(errors.contains("GP0302") && errors.contains("aws-cn"), "{errors}");
    }
}
