//! Customer managed KMS keys.

use groundplan_core::{Construct, Handle, Output, Provides, Scope, Value, template};
use groundplan_resources::kms;

use super::policy_document::{Condition, PolicyDocument, Principal, Statement};
use super::role::RoleHandle;

/// A symmetric KMS key with an alias, rotated every year.
///
/// The key policy gives the account full access, so IAM policies decide who can use the key. The AWS
/// console creates the same policy.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub struct KmsKey {
    description: String,
    alias: String,
    statements: Vec<Statement>,
    deletion_window: u8,
}

impl KmsKey {
    /// Creates a key with this description and the alias `alias`, given without the leading `alias/`.
    pub fn new(description: impl Into<String>, alias: impl Into<String>) -> Self {
        Self { description: description.into(), alias: alias.into(), statements: Vec::new(), deletion_window: 30 }
    }

    /// Allows an AWS service to use the key. CloudWatch Logs needs this for encrypted log groups. The service
    /// is a principal, such as `logs.eu-west-1.amazonaws.com`, or a [`ServiceUse`] with conditions.
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

/// An AWS service that can use a key, with conditions on the resources that it uses the key for. Without a
/// condition, the service can be made to use the key for resources of any account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
///
/// ```
/// use groundplan_constructs::identity::{KmsKey, ServiceUse};
/// let logs = ServiceUse::new("logs.eu-central-1.amazonaws.com")
///     .encryption_context("aws:logs:arn", ["arn:aws:logs:eu-central-1:111122223333:log-group:/shop/*"]);
/// let key = KmsKey::new("Logs of the shop", "shop-logs").usable_by(logs);
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

    /// Restricts the use to encryption contexts that have one of these values under `key`. In a value, `*`
    /// stands for any text.
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

impl<T: Into<String>> From<T> for ServiceUse {
    fn from(service: T) -> Self {
        Self::new(service)
    }
}

fn has_wildcard(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(['*', '?']),
        Value::Template(parts) => parts.iter().any(has_wildcard),
        _ => false,
    }
}

/// Returns the permissions that a user of a key needs.
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
        let alias = scope.add(
            "alias",
            kms::Alias::new(kms::AliasArgs { alias_name: template!("alias/{}", self.alias), target_key_id: &key }),
        );
        KmsKeyHandle { key, alias }
    }
}

impl KmsKeyHandle {
    /// Returns the ARN of the key.
    pub fn arn(&self) -> Output<kms::KeyArn> {
        self.key.arn()
    }

    /// Allows `role` to encrypt and decrypt with the key.
    #[track_caller]
    pub fn grant_encrypt_decrypt(&self, role: &RoleHandle) {
        role.grant(use_of_key().on([self.arn()]));
    }

    /// Allows `role` to decrypt with the key, but not to encrypt.
    #[track_caller]
    pub fn grant_decrypt(&self, role: &RoleHandle) {
        role.grant(Statement::allow(["kms:Decrypt", "kms:DescribeKey"]).on([self.arn()]));
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Environment};

    use super::*;

    fn policy(region: &str, service: impl Into<ServiceUse>) -> serde_json::Value {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new(region).account("111122223333"));
        stack.add("key", KmsKey::new("Of the shop", "shop").usable_by(service));
        let assembly = app.synth().expect("it is a good program").assembly;
        assembly.resources["shop/key"].properties["KeyPolicy"].to_json()
    }

    #[test]
    fn a_service_uses_a_key_only_for_what_the_program_says() {
        let logs = ServiceUse::new("logs.eu-central-1.amazonaws.com")
            .encryption_context("aws:logs:arn", ["arn:aws:logs:*:*:log-group:/shop/*"])
            .source_account(["111122223333"]);
        assert_eq!(
            policy("eu-central-1", logs)["Statement"][1]["Condition"],
            serde_json::json!({
                "StringLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*:*:log-group:/shop/*"},
                "StringEquals": {"aws:SourceAccount": "111122223333"},
            })
        );
        let topic =
            ServiceUse::new("cloudwatch.amazonaws.com").source_arn(["arn:aws:cloudwatch:eu-central-1:1:alarm:a"]);
        let condition = &policy("eu-central-1", topic)["Statement"][1]["Condition"];
        assert_eq!(condition["ArnEquals"]["aws:SourceArn"], "arn:aws:cloudwatch:eu-central-1:1:alarm:a");
        assert!(policy("eu-central-1", "logs.amazonaws.com")["Statement"][1].get("Condition").is_none());
    }

    #[test]
    fn a_key_in_another_partition_names_its_account_as_that_has_it() {
        let policy = policy("cn-north-1", "logs.cn-north-1.amazonaws.com.cn");
        assert_eq!(policy["Statement"][0]["Principal"]["AWS"], "arn:aws-cn:iam::111122223333:root");
    }
}
