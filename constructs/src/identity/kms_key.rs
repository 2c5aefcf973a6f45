//! Customer managed KMS keys.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{
    Code, Construct, Deferred, Diagnostic, Handle, Input, Output, Provides, Scope, Value, main_resource, template,
};
use groundplan_resources::kms;

use super::grantee::{Grantee, Recipient, To};
use super::policy_document::{Condition, PolicyDocument, PolicyKind, Principal, Statement};
use crate::passed_as::PassedAs;

/// The waiting periods that KMS accepts, in days.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>
const DELETION_WINDOW: std::ops::RangeInclusive<u8> = 7..=30;

/// The maximum length of an alias, without the leading `alias/`.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>
const ALIAS: usize = 250;

/// A symmetric KMS key with an alias, rotated every year.
///
/// The key policy gives the account full access, so IAM policies decide who can use the key. The AWS
/// console creates the same policy.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub struct KmsKey {
    alias: String,
    description: Option<String>,
    statements: Vec<Statement>,
    deletion_window: u8,
}

impl KmsKey {
    /// Creates a key with the alias `alias`, given without the leading `alias/`.
    pub fn new(alias: impl Into<String>) -> Self {
        Self { alias: alias.into(), description: None, statements: Vec::new(), deletion_window: 30 }
    }

    /// Sets the description, which the AWS console shows.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Refers to an existing key by its ARN, which can be a known ARN or an export of another app. An alias does
    /// not fit, because IAM policies name keys by their ARN.
    ///
    /// Grants to roles, users and groups become part of their policies. The policy of the key is not part of the
    /// program: it has to let IAM policies of the account decide, as the default key policy does.
    ///
    /// ```
    /// use groundplan_constructs::data::Bucket;
    /// use groundplan_constructs::identity::KmsKey;
    /// use groundplan_core::{App, Environment};
    /// use groundplan_resources::kms::KeyArn;
    /// let app = App::new("shop");
    /// let stack = app.stack("shop", Environment::new("eu-west-1"));
    /// let key = KmsKey::existing(KeyArn::new("arn:aws:kms:eu-west-1:123456789012:key/0123"));
    /// stack.add("media", Bucket::new().encrypted_with(&key));
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(arn: impl Provides<kms::KeyArn>) -> KmsKeyRef {
        KmsKeyRef { arn: arn.provide(), policy: None }
    }

    /// Allows an AWS service to use the key. The service is a principal, such as `sns.amazonaws.com`, or a
    /// [`ServiceUse`] with conditions.
    #[must_use]
    pub fn usable_by(mut self, service: impl Into<ServiceUse>) -> Self {
        let ServiceUse { service, conditions } = service.into();
        let statement = use_of_key().on_all().by(Principal::service(service));
        self.statements.push(conditions.into_iter().fold(statement, Statement::when));
        self
    }

    /// Sets the waiting period in days, 7 to 30, between the deletion of the key and its loss. All data that
    /// is encrypted with the key is lost with it. Default: 30.
    #[must_use]
    pub fn deletion_window_days(mut self, days: u8) -> Self {
        self.deletion_window = days;
        self
    }
}

/// An AWS service that can use a key or a bucket, with conditions on the resources that it does so for. Without a
/// condition, the service can be made to do so for resources of any account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
///
/// ```
/// use groundplan_constructs::identity::{KmsKey, ServiceUse};
/// let logs = ServiceUse::new("logs.eu-central-1.amazonaws.com")
///     .encryption_context("aws:logs:arn", ["arn:aws:logs:eu-central-1:111122223333:log-group:/shop/*"]);
/// let key = KmsKey::new("shop-logs").description("Logs of the shop").usable_by(logs);
/// ```
#[derive(Clone, Debug)]
pub struct ServiceUse {
    service: String,
    conditions: Vec<Condition>,
}

impl ServiceUse {
    /// Allows any use by the service with this principal.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), conditions: Vec::new() }
    }

    /// Restricts the use to resources with one of these ARNs, in which `*` stands for any text.
    #[must_use]
    pub fn source_arn<V: Provides<String>>(self, arns: impl IntoIterator<Item = V>) -> Self {
        self.like("aws:SourceArn".to_owned(), arns)
    }

    /// Restricts the use to resources of these accounts.
    #[must_use]
    pub fn source_account<V: Provides<String>>(mut self, accounts: impl IntoIterator<Item = V>) -> Self {
        self.conditions.push(Condition::new("StringEquals", "aws:SourceAccount", accounts));
        self
    }

    /// Restricts the use of a key to encryption contexts that have one of these values under `key`. In a value,
    /// `*` stands for any text.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context>
    #[must_use]
    pub fn encryption_context<V: Provides<String>>(
        self,
        key: impl AsRef<str>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.like(format!("kms:EncryptionContext:{}", key.as_ref()), values)
    }

    /// Adds a condition that compares literally, or as a pattern if one of the values has a wildcard.
    fn like<V: Provides<String>>(mut self, key: String, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(|value| value.provide().into_value()).collect();
        let operator = match (values.iter().any(has_wildcard), key.as_str()) {
            (true, "aws:SourceArn") => "ArnLike",
            (false, "aws:SourceArn") => "ArnEquals",
            (true, _) => "StringLike",
            (false, _) => "StringEquals",
        };
        self.conditions.push(Condition::of_values(operator, key, values));
        self
    }
}

impl PassedAs<Recipient> for ServiceUse {
    fn pass(self) -> Recipient {
        Recipient(To::Principal { principal: Principal::service(self.service), conditions: self.conditions })
    }
}

impl<T: Into<String>> From<T> for ServiceUse {
    fn from(service: T) -> Self {
        Self::new(service)
    }
}

fn has_wildcard(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(['*', '?']),
        Value::Deferred(Deferred::Template(parts)) => parts.iter().any(has_wildcard),
        _ => false,
    }
}

/// The permissions that a user of a key needs.
#[derive(Clone, Copy)]
enum Permission {
    EncryptDecrypt,
    Decrypt,
}

impl Permission {
    fn statement(self) -> Statement {
        match self {
            Self::EncryptDecrypt => use_of_key(),
            Self::Decrypt => Statement::allow(["kms:Decrypt", "kms:DescribeKey"]),
        }
    }
}

fn use_of_key() -> Statement {
    Statement::allow(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"])
}

/// The handle of a [`KmsKey`].
#[derive(Clone)]
pub struct KmsKeyHandle {
    /// The key.
    pub key: Handle<kms::Key>,
    /// The alias of the key.
    pub alias: Handle<kms::Alias>,
    policy: KeyPolicy,
}

/// The policy of a key of the program.
#[derive(Clone)]
struct KeyPolicy {
    scope: Scope,
    key: Handle<kms::Key>,
    document: Rc<RefCell<PolicyDocument>>,
}

impl Construct for KmsKey {
    type Handle = KmsKeyHandle;

    fn build(self, scope: &Scope) -> KmsKeyHandle {
        self.check(scope);
        let administration = Statement::allow(["kms:*"]).on_all().by(Principal::account_of(scope)).sid("Account");
        let document = PolicyDocument::new([vec![administration], self.statements].concat());
        document.check(scope, PolicyKind::Resource);
        let key = kms::Key::new()
            .description(self.description)
            .enable_key_rotation(true)
            .key_policy(&document)
            .pending_window_in_days(self.deletion_window);
        let key = scope.resource(key);
        let alias = scope.add(
            "alias",
            kms::Alias::new(kms::AliasArgs { alias_name: template!("alias/{}", self.alias), target_key_id: &key }),
        );
        let policy = KeyPolicy { scope: scope.clone(), key: key.clone(), document: Rc::new(RefCell::new(document)) };
        KmsKeyHandle { key, alias, policy }
    }
}

impl KmsKey {
    fn check(&self, scope: &Scope) {
        if !DELETION_WINDOW.contains(&self.deletion_window) {
            let error =
                Diagnostic::error(Code::KeySettings, "a key cannot have this waiting period before its deletion");
            scope.report(error.got(format!("{} days", self.deletion_window)).allowed("7 to 30 days"));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '-');
        let fits = (1..=ALIAS).contains(&self.alias.len()) && self.alias.chars().all(allowed);
        if !fits || self.alias.starts_with("aws/") || self.alias.starts_with("alias/") {
            let error = Diagnostic::error(Code::KeySettings, "this is not an alias that a key can have");
            scope.report(error.got(format!("{:?}", self.alias)).allowed(
                "1 to 250 letters, digits, `/`, `_` and `-`, without the leading `alias/`; `aws/` is reserved by AWS",
            ));
        }
    }
}

impl KmsKeyHandle {
    /// Returns the ARN of the key.
    pub fn arn(&self) -> Output<kms::KeyArn> {
        self.key.arn()
    }

    /// Allows `recipient` to encrypt and decrypt with the key. A role, user or group gets the permission in its own
    /// policy; a [`Principal`] or [`ServiceUse`] gets it in the policy of the key.
    #[track_caller]
    pub fn grant_encrypt_decrypt(&self, recipient: impl PassedAs<Recipient>) {
        PassedAs::<KmsKeyRef>::pass(self).grant(&recipient.pass(), Permission::EncryptDecrypt, &self.policy.scope);
    }

    /// Allows `recipient` to decrypt with the key, but not to encrypt. A role, user or group gets the permission in
    /// its own policy; a [`Principal`] or [`ServiceUse`] gets it in the policy of the key.
    #[track_caller]
    pub fn grant_decrypt(&self, recipient: impl PassedAs<Recipient>) {
        PassedAs::<KmsKeyRef>::pass(self).grant(&recipient.pass(), Permission::Decrypt, &self.policy.scope);
    }
}

/// A key that others encrypt with: a [`KmsKey`] of the program, by its handle, or an existing key, by
/// [`KmsKey::existing`].
#[derive(Clone)]
pub struct KmsKeyRef {
    arn: Input<kms::KeyArn>,
    policy: Option<KeyPolicy>,
}

impl PassedAs<KmsKeyRef> for &KmsKeyHandle {
    fn pass(self) -> KmsKeyRef {
        KmsKeyRef { arn: self.arn().into(), policy: Some(self.policy.clone()) }
    }
}

main_resource!(KmsKeyHandle, key: kms::Key);

impl Provides<kms::KeyArn> for &KmsKeyRef {
    fn provide(self) -> Input<kms::KeyArn> {
        self.arn()
    }
}

impl KmsKeyRef {
    /// Returns the ARN of the key.
    pub fn arn(&self) -> Input<kms::KeyArn> {
        self.arn.clone()
    }

    /// Allows `grantee` to encrypt and decrypt with the key.
    #[track_caller]
    pub fn grant_encrypt_decrypt(&self, grantee: &impl Grantee) {
        grantee.identity().grant(Permission::EncryptDecrypt.statement().on([self.arn()]));
    }

    /// Allows `grantee` to decrypt with the key, but not to encrypt.
    #[track_caller]
    pub fn grant_decrypt(&self, grantee: &impl Grantee) {
        grantee.identity().grant(Permission::Decrypt.statement().on([self.arn()]));
    }

    /// Allows `recipient` to encrypt and decrypt data of the resource at `scope`.
    #[track_caller]
    pub(crate) fn grant_encrypt_decrypt_of(&self, recipient: &Recipient, scope: &Scope) {
        self.grant(recipient, Permission::EncryptDecrypt, scope);
    }

    /// Allows `recipient` to decrypt data of the resource at `scope`.
    #[track_caller]
    pub(crate) fn grant_decrypt_of(&self, recipient: &Recipient, scope: &Scope) {
        self.grant(recipient, Permission::Decrypt, scope);
    }

    /// Allows the service with this principal to use the key under these conditions, unless the policy of the key
    /// already names the service. The policy of an existing key is not changed.
    #[track_caller]
    pub(crate) fn admit(&self, service: ServiceUse) {
        let Some(policy) = &self.policy else { return };
        if !policy.document.borrow().names_service(&service.service) {
            policy.allow(use_of_key().for_principal(&Principal::service(service.service), &service.conditions));
        }
    }

    #[track_caller]
    fn grant(&self, recipient: &Recipient, permission: Permission, scope: &Scope) {
        match (&recipient.0, &self.policy) {
            (To::Identity(identity), _) => identity.grant(permission.statement().on([self.arn()])),
            (To::Principal { principal, conditions }, Some(policy)) => {
                policy.allow(permission.statement().for_principal(principal, conditions));
            }
            (To::Principal { .. }, None) => scope.report(
                Diagnostic::warning(
                    Code::PolicyElsewhere,
                    "the policy of an existing key is not part of the program, so the grant does not include the key",
                )
                .help("allow the service or account to use the key in its policy, and acknowledge this warning"),
            ),
        }
    }

    /// Reports a key that services cannot use for resources of `scope`.
    pub(crate) fn check(&self, scope: &Scope) {
        let region = scope.region();
        if let Some(policy) = &self.policy {
            let other = policy.scope.region();
            if other != region {
                report_key(scope, policy.key.path().as_str(), &format!("in {other}"), &region);
            }
            return;
        }
        let Some(arn) = self.arn.known().map(|arn| arn.as_str()) else { return };
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "kms", other, _, key] if key.starts_with("key/") => {
                if other != region {
                    report_key(scope, arn, &format!("in {other}"), &region);
                }
            }
            _ => report_key(scope, arn, "not the ARN of a key", &region),
        }
    }
}

fn report_key(scope: &Scope, key: &str, problem: &str, region: &str) {
    scope.report(
        Diagnostic::error(Code::UnusableKey, "this key cannot encrypt the resource")
            .got(format!("{key}, {problem}"))
            .allowed(format!("a key in {region}, by its ARN `arn:PARTITION:kms:{region}:ACCOUNT:key/ID`")),
    );
}

impl KeyPolicy {
    /// Adds a statement about the key to its policy.
    #[track_caller]
    fn allow(&self, statement: Statement) {
        let statement = statement.on_all();
        PolicyDocument::new([statement.clone()]).check(&self.scope, PolicyKind::Resource);
        let mut document = self.document.borrow_mut();
        document.push(statement);
        let document = document.clone();
        self.key.edit(|key| key.key_policy(document));
    }
}

#[cfg(test)]
#[path = "kms_key_tests.rs"]
mod tests;
