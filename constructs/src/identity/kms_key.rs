//! Keys of one's own.

use groundplan_core::{Construct, Handle, Output, Scope, template};
use groundplan_resources::kms;

use super::policy_document::{PolicyDocument, Principal, Statement};
use super::role::RoleHandle;

/// A symmetric key of KMS with an alias, rotated every year.
///
/// Its policy gives the account the say, so that IAM policies decide who uses it: what AWS's own
/// console makes. <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub struct KmsKey {
    description: String,
    alias: String,
    statements: Vec<Statement>,
    deletion_window: u8,
}

impl KmsKey {
    /// A key for `description`, called `alias` (without the leading `alias/`).
    pub fn new(description: impl Into<String>, alias: impl Into<String>) -> Self {
        Self { description: description.into(), alias: alias.into(), statements: Vec::new(), deletion_window: 30 }
    }

    /// Lets an AWS service use the key, as CloudWatch Logs has to for encrypted log groups.
    #[must_use]
    pub fn usable_by(mut self, service: impl Into<String>) -> Self {
        self.statements.push(use_of_key().on_all().by(Principal::service(service)));
        self
    }

    /// Days between the deletion and the loss of the key, and of everything encrypted with it:
    /// 7 to 30, at first 30.
    #[must_use]
    pub fn deletion_window_days(mut self, days: u8) -> Self {
        self.deletion_window = days;
        self
    }
}

/// What a user of a key has to be allowed.
fn use_of_key() -> Statement {
    Statement::allow(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"])
}

/// A [`KmsKey`] in the tree.
#[derive(Clone)]
pub struct KmsKeyHandle {
    /// The key itself.
    pub key: Handle<kms::Key>,
    /// Its alias.
    pub alias: Handle<kms::Alias>,
}

impl Construct for KmsKey {
    type Handle = KmsKeyHandle;

    fn build(self, scope: &Scope) -> KmsKeyHandle {
        let administration = Statement::allow(["kms:*"]).on_all().by(Principal::account_of(scope)).sid("Account");
        let policy = PolicyDocument::new([vec![administration], self.statements].concat());
        policy.check(scope);
        let key = kms::Key::new()
            .description(self.description)
            .enable_key_rotation(true)
            .key_policy(policy)
            .pending_window_in_days(self.deletion_window);
        let key = scope.resource(key);
        let alias = scope.add("alias", kms::Alias::new(template!("alias/{}", self.alias), &key));
        KmsKeyHandle { key, alias }
    }
}

impl KmsKeyHandle {
    /// The key's ARN.
    pub fn arn(&self) -> Output<kms::KeyArn> {
        self.key.arn()
    }

    /// Lets `role` encrypt and decrypt with the key.
    #[track_caller]
    pub fn grant_encrypt_decrypt(&self, role: &RoleHandle) {
        role.grant(use_of_key().on([self.arn()]));
    }

    /// Lets `role` decrypt with the key, and nothing else.
    #[track_caller]
    pub fn grant_decrypt(&self, role: &RoleHandle) {
        role.grant(Statement::allow(["kms:Decrypt", "kms:DescribeKey"]).on([self.arn()]));
    }
}
