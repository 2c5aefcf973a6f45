//! Keys of one's own.

use groundplan_core::{Construct, Handle, Output, Provides, Scope, Value, template};
use groundplan_resources::kms;

use super::policy_document::{Condition, PolicyDocument, Principal, Statement};
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

    /// Lets an AWS service use the key, as CloudWatch Logs has to for encrypted log groups; by its
    /// principal, or as a [`ServiceUse`] that says for whom.
    #[must_use]
    pub fn usable_by(mut self, service: impl Into<ServiceUse>) -> Self {
        let ServiceUse { service, conditions } = service.into();
        let statement = use_of_key().on_all().by(Principal::service(service));
        self.statements.push(conditions.into_iter().fold(statement, Statement::when));
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

/// A service that uses a key, and for which of its resources. Without a condition it may be made to
/// use the key for those of any account.
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
    /// Any use by the service with this principal.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), conditions: Vec::new() }
    }

    /// Only for the resources with one of these ARNs, in which `*` stands for any text.
    #[must_use]
    pub fn source_arn<V: Provides<String>>(self, arns: impl IntoIterator<Item = V>) -> Self {
        self.like("aws:SourceArn".to_owned(), arns)
    }

    /// Only for resources of these accounts.
    #[must_use]
    pub fn source_account<V: Provides<String>>(mut self, accounts: impl IntoIterator<Item = V>) -> Self {
        self.conditions.push(Condition::new("StringEquals", "aws:SourceAccount", accounts));
        self
    }

    /// Only for what is encrypted in a context that has one of these values under `key`, in which `*`
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

    /// A value without a wildcard is compared as it is, one with a wildcard as a pattern.
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
        let alias = scope.add(
            "alias",
            kms::Alias::new(kms::AliasArgs { alias_name: template!("alias/{}", self.alias), target_key_id: &key }),
        );
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
