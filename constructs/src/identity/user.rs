//! IAM users and groups.

use groundplan_core::{Construct, Handle, Input, Output, Provides, Scope, main_resource, template};
use groundplan_resources::iam;

use super::grantee::{Attached, Grantee, Identity, Kind, shared_policy_name};
use super::policy_document::{Principal, Statement};
use crate::PassedAs;

/// An IAM user, for software that cannot assume a role. A new user has no permissions and no credentials: an
/// access key is a resource, `iam::AccessKey`.
///
/// People should sign in through an identity provider instead.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html>
///
/// ```
/// use groundplan_constructs::data::Bucket;
/// use groundplan_constructs::identity::{Group, User};
/// use groundplan_core::{App, Environment};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let scanners = stack.add("scanners", Group::new());
/// stack.add("scanner", User::new().member_of(&scanners));
/// stack.add("media", Bucket::new()).grant_read(&scanners, "*");
/// # app.synth().expect("it is valid");
/// ```
#[derive(Default)]
pub struct User {
    name: Option<String>,
    groups: Vec<GroupRef>,
    managed_policies: Attached,
}

impl User {
    /// Creates a user with a generated name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refers to an existing user by its name, which can be an export of another app. Adding the reference to a scope
    /// gives it a place for the policies of its grants.
    pub fn existing(name: impl Provides<iam::UserName>) -> ExistingUser {
        ExistingUser(name.provide())
    }

    /// Sets the name of the user.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes the user a member of `group`, whose permissions it has as well.
    #[must_use]
    pub fn member_of(mut self, group: impl PassedAs<GroupRef>) -> Self {
        self.groups.push(group.pass());
        self
    }

    /// Attaches an existing managed policy, by its ARN.
    #[must_use]
    pub fn managed_policy(mut self, arn: impl Into<String>) -> Self {
        self.managed_policies.by_arn(arn.into());
        self
    }

    /// Attaches an AWS managed policy by its name, which includes the path if the policy has one.
    #[must_use]
    pub fn aws_managed_policy(mut self, name: impl Into<String>) -> Self {
        self.managed_policies.of_aws(name.into());
        self
    }
}

/// The handle of a [`User`].
#[derive(Clone)]
pub struct UserHandle {
    /// The user.
    pub user: Handle<iam::User>,
    identity: Identity,
}

impl Construct for User {
    type Handle = UserHandle;

    fn build(self, scope: &Scope) -> UserHandle {
        let mut user = iam::User::new();
        if let Some(name) = self.name {
            user = user.user_name(name);
        }
        if !self.groups.is_empty() {
            user = user.groups(&self.groups);
        }
        if let Some(arns) = self.managed_policies.arns(scope) {
            user = user.managed_policy_arns(arns);
        }
        let user = scope.resource(user);
        let identity = Identity::new(scope, Kind::User(user.user_name().into()));
        UserHandle { user, identity }
    }
}

impl UserHandle {
    /// Returns the ARN of the user.
    pub fn arn(&self) -> Output<iam::UserArn> {
        self.user.arn()
    }

    /// Grants the user the permissions of `statement`, like [`Identity::grant`].
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }

    /// Returns the user as a principal for resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}

main_resource!(UserHandle, user: iam::User);

impl Grantee for UserHandle {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// An existing user, which [`User::existing`] returns. It adds no user: only the policies of its grants.
pub struct ExistingUser(Input<iam::UserName>);

/// The handle of an [`ExistingUser`].
#[derive(Clone)]
pub struct UserRef {
    name: Input<iam::UserName>,
    arn: Input<iam::UserArn>,
    identity: Identity,
}

impl Construct for ExistingUser {
    type Handle = UserRef;

    fn build(self, scope: &Scope) -> UserRef {
        let Self(name) = self;
        let arn = template!("arn:{}:iam::{}:user/{}", scope.partition(), scope.account_id(), &name).typed();
        let identity = Identity::named(scope, Kind::User(name.clone()), shared_policy_name(scope), None);
        UserRef { name, arn, identity }
    }
}

impl UserRef {
    /// Returns the ARN of the user, which has no path.
    pub fn arn(&self) -> Input<iam::UserArn> {
        self.arn.clone()
    }

    /// Grants the user the permissions of `statement`, like [`Identity::grant`].
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }

    /// Returns the user as a principal for resource policies.
    pub fn principal(&self) -> Principal {
        Principal::aws(self.arn())
    }
}

impl Provides<iam::UserName> for &UserRef {
    fn provide(self) -> Input<iam::UserName> {
        self.name.clone()
    }
}

impl Provides<iam::UserArn> for &UserRef {
    fn provide(self) -> Input<iam::UserArn> {
        self.arn()
    }
}

impl Grantee for UserRef {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// A group of IAM [users](User), which all have the permissions of the group.
#[derive(Default)]
pub struct Group {
    name: Option<String>,
    managed_policies: Attached,
}

impl Group {
    /// Creates a group with a generated name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refers to an existing group by its name, which can be an export of another app. Adding the reference to a scope
    /// gives it a place for the policies of its grants.
    pub fn existing(name: impl Provides<iam::GroupName>) -> ExistingGroup {
        ExistingGroup(name.provide())
    }

    /// Sets the name of the group.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Attaches an existing managed policy, by its ARN.
    #[must_use]
    pub fn managed_policy(mut self, arn: impl Into<String>) -> Self {
        self.managed_policies.by_arn(arn.into());
        self
    }

    /// Attaches an AWS managed policy by its name, which includes the path if the policy has one.
    #[must_use]
    pub fn aws_managed_policy(mut self, name: impl Into<String>) -> Self {
        self.managed_policies.of_aws(name.into());
        self
    }
}

/// The handle of a [`Group`].
#[derive(Clone)]
pub struct GroupHandle {
    /// The group.
    pub group: Handle<iam::Group>,
    identity: Identity,
}

impl Construct for Group {
    type Handle = GroupHandle;

    fn build(self, scope: &Scope) -> GroupHandle {
        let mut group = iam::Group::new();
        if let Some(name) = self.name {
            group = group.group_name(name);
        }
        if let Some(arns) = self.managed_policies.arns(scope) {
            group = group.managed_policy_arns(arns);
        }
        let group = scope.resource(group);
        let identity = Identity::new(scope, Kind::Group(group.group_name().into()));
        GroupHandle { group, identity }
    }
}

impl GroupHandle {
    /// Returns the ARN of the group. A group cannot be a principal of a resource policy.
    pub fn arn(&self) -> Output<iam::GroupArn> {
        self.group.arn()
    }

    /// Grants the members of the group the permissions of `statement`, like [`Identity::grant`].
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }
}

main_resource!(GroupHandle, group: iam::Group);

impl Grantee for GroupHandle {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// An existing group, which [`Group::existing`] returns. It adds no group: only the policies of its grants.
pub struct ExistingGroup(Input<iam::GroupName>);

/// A group that users become members of: a [`Group`] of the program, by its handle, or an existing group.
#[derive(Clone)]
pub struct GroupRef {
    name: Input<iam::GroupName>,
    identity: Identity,
}

impl Construct for ExistingGroup {
    type Handle = GroupRef;

    fn build(self, scope: &Scope) -> GroupRef {
        let Self(name) = self;
        let identity = Identity::named(scope, Kind::Group(name.clone()), shared_policy_name(scope), None);
        GroupRef { name, identity }
    }
}

impl GroupRef {
    /// Grants the members of the group the permissions of `statement`, like [`Identity::grant`].
    #[track_caller]
    pub fn grant(&self, statement: Statement) -> &Self {
        self.identity.grant(statement);
        self
    }
}

impl PassedAs<GroupRef> for &GroupHandle {
    fn pass(self) -> GroupRef {
        GroupRef { name: self.group.group_name().into(), identity: self.identity.clone() }
    }
}

impl Provides<iam::GroupName> for &GroupRef {
    fn provide(self) -> Input<iam::GroupName> {
        self.name.clone()
    }
}

impl Grantee for GroupRef {
    fn identity(&self) -> &Identity {
        &self.identity
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{assembly, properties, statements};

    fn read(name: &str) -> Statement {
        Statement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::{name}/*")])
    }

    #[test]
    fn each_setting_has_its_effect() {
        let assembly = assembly("eu-west-1", |stack| {
            let group = Group::new().name("scanners").managed_policy("arn:aws:iam::111122223333:policy/scan");
            let group = stack.add("group", group.aws_managed_policy("ReadOnlyAccess"));
            let user = User::new().name("scanner").managed_policy("arn:aws:iam::111122223333:policy/own");
            stack.add("user", user.aws_managed_policy("job-function/ViewOnlyAccess").member_of(&group));
            stack.add("plain-user", User::new());
            stack.add("plain-group", Group::new());
        });
        assert_eq!(
            properties(&assembly, "shop/user"),
            json!({
                "UserName": "scanner",
                "Groups": [{"$ref": "shop/group#GroupName"}],
                "ManagedPolicyArns": [
                    "arn:aws:iam::111122223333:policy/own", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
                ],
            })
        );
        assert_eq!(
            properties(&assembly, "shop/group"),
            json!({
                "GroupName": "scanners",
                "ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/scan", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
            })
        );
        for plain in ["shop/plain-user", "shop/plain-group"] {
            assert_eq!(properties(&assembly, plain), json!({}));
        }
    }

    #[test]
    fn grants_to_a_user_or_group_are_one_inline_policy_of_it() {
        let assembly = assembly("eu-west-1", |stack| {
            let user = stack.add("user", User::new());
            let group = stack.add("group", Group::new());
            user.grant(read("a")).grant(read("b")).grant(read("a"));
            group.grant(read("a"));
            stack.export("user", user.arn());
            stack.export("group", group.arn());
            assert_eq!(user.principal(), Principal::aws(user.arn()));
        });
        assert_eq!(properties(&assembly, "shop/user/policy")["UserName"], json!({"$ref": "shop/user#UserName"}));
        assert_eq!(statements(&assembly, "shop/user/policy").len(), 2);
        assert_eq!(properties(&assembly, "shop/group/policy")["GroupName"], json!({"$ref": "shop/group#GroupName"}));
        assert_eq!(statements(&assembly, "shop/group/policy").len(), 1);
        assert_eq!(assembly.outputs["user"].to_json(), json!({"$ref": "shop/user#Arn"}));
        assert_eq!(assembly.outputs["group"].to_json(), json!({"$ref": "shop/group#Arn"}));
    }

    #[test]
    fn existing_users_and_groups_are_granted_permissions_in_policies_named_after_the_app() {
        let assembly = assembly("eu-west-1", |stack| {
            let group = stack.add("scanners", Group::existing("scanners"));
            let user = stack.add("scanner", User::existing("scanner"));
            group.grant(read("a"));
            user.grant(read("a"));
            stack.add("member", User::new().member_of(&group));
            assert_eq!(user.principal(), Principal::aws(user.arn()));
            stack.export("arn", user.arn());
        });
        let policy = |path: &str, name: &str| {
            let policy = properties(&assembly, path);
            (policy["PolicyName"].clone(), policy[name].clone())
        };
        assert_eq!(policy("shop/scanner/policy", "UserName"), (json!("shop-shop-scanner"), json!("scanner")));
        assert_eq!(policy("shop/scanners/policy", "GroupName"), (json!("shop-shop-scanners"), json!("scanners")));
        assert_eq!(properties(&assembly, "shop/member")["Groups"], json!(["scanners"]));
        let arn = assembly.outputs["arn"].to_json().to_string();
        assert!(arn.contains(":user/scanner"), "{arn}");
    }

    #[test]
    fn handles_and_references_are_passed_for_names_and_arns() {
        let assembly = assembly("eu-west-1", |stack| {
            let (user, group) = (stack.add("user", User::new()), stack.add("group", Group::new()));
            let (some_user, some_group) =
                (stack.add("some-user", User::existing("ada")), stack.add("some-group", Group::existing("ops")));
            let document = groundplan_core::json!({"user": &user, "group": template!("{}", &group)});
            let policy = |name: &str| iam::ManagedPolicy::new(document.clone()).managed_policy_name(name);
            stack.add("own", policy("own").users([&user]).groups([&group]));
            stack.add("found", policy("found").users([&some_user]).groups([&some_group]));
        });
        let own = properties(&assembly, "shop/own");
        assert_eq!(own["Users"], json!([{"$ref": "shop/user#UserName"}]));
        assert_eq!(own["Groups"], json!([{"$ref": "shop/group#GroupName"}]));
        let found = properties(&assembly, "shop/found");
        assert_eq!((&found["Users"], &found["Groups"]), (&json!(["ada"]), &json!(["ops"])));
        let document = &own["PolicyDocument"];
        assert_eq!(document["user"], json!({"$ref": "shop/user#UserName"}));
        assert_eq!(document["group"]["$ref"], json!("shop/group#GroupName"), "{document}");
    }

    #[test]
    fn grants_that_exceed_the_inline_policy_of_a_user_or_group_go_into_managed_ones() {
        // An inline policy of a user has 2,048 characters, and one of a group 5,120.
        let assembly = assembly("eu-west-1", |stack| {
            let user = stack.add("user", User::new());
            let group = stack.add("group", Group::new());
            for number in 0..90 {
                user.grant(read(&format!("bucket-{number:02}")));
                group.grant(read(&format!("bucket-{number:02}")));
            }
        });
        let counts = |of: &str| {
            let policies = [format!("{of}/policy"), format!("{of}/policy-2")];
            policies.map(|path| statements(&assembly, &path).len())
        };
        let ([user, user_managed], [group, group_managed]) = (counts("shop/user"), counts("shop/group"));
        assert_eq!((user + user_managed, group + group_managed), (90, 90));
        assert!(user < group && group_managed > 0, "{user} and {group} of 90");
        let users = properties(&assembly, "shop/user/policy-2")["Users"].clone();
        assert_eq!(users, json!([{"$ref": "shop/user#UserName"}]));
        let groups = properties(&assembly, "shop/group/policy-2")["Groups"].clone();
        assert_eq!(groups, json!([{"$ref": "shop/group#GroupName"}]));
    }
}
