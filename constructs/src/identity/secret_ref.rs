//! References to secrets of Secrets Manager.

use groundplan_core::{Code, Deferred, Diagnostic, Handle, Input, Output, Provides, Reference, Scope, template};
use groundplan_resources::kms::{KeyArn, KeyArnOrKeyId};
use groundplan_resources::secretsmanager;

use super::grantee::Grantee;
use super::kms_key::{KmsKey, KmsKeyRef};
use super::policy_document::{Condition, Statement};
use crate::passed_as::PassedAs;

/// A secret of Secrets Manager: one of the program, by its handle, or an existing one, by
/// [`SecretRef::existing`]. The program refers to the secret, and never sees its value.
///
/// ```
/// use groundplan_constructs::identity::{Principal, Role, SecretRef};
/// use groundplan_core::{App, Environment, Export};
/// use groundplan_resources::secretsmanager::SecretId;
/// const STRIPE: Export<SecretId> = Export::new("account", "stripe-key");
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let worker = stack.add("worker", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
/// SecretRef::existing(STRIPE).grant_read(&worker);
/// # app.synth().expect("it is valid");
/// ```
#[derive(Clone)]
pub struct SecretRef {
    arn: Input<secretsmanager::SecretId>,
    key: Option<SecretKey>,
}

/// The customer managed key that encrypts a secret.
#[derive(Clone)]
enum SecretKey {
    Key(KmsKeyRef),
    /// A key by its id or by the name of an alias, in the account and region of the secret.
    Named(String),
}

impl SecretRef {
    /// Refers to an existing secret by its full ARN: a known ARN or an export of another app.
    pub fn existing(arn: impl Provides<secretsmanager::SecretId>) -> Self {
        Self { arn: arn.provide(), key: None }
    }

    /// States the customer managed key that encrypts the existing secret. Whoever may read the secret may then also
    /// decrypt with the key.
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(SecretKey::Key(key.pass()));
        self
    }

    /// Returns the ARN of the secret.
    pub fn arn(&self) -> Input<secretsmanager::SecretId> {
        self.arn.clone()
    }

    /// Allows `grantee` to read the value. If a customer managed key encrypts the secret, the grantee can also decrypt
    /// with this key.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
    #[track_caller]
    pub fn grant_read(&self, grantee: &impl Grantee) {
        let identity = grantee.identity();
        self.check(identity.scope());
        identity.grant(Statement::allow(["secretsmanager:GetSecretValue"]).on([self.arn()]));
        match &self.key {
            None => {}
            Some(SecretKey::Key(key)) => key.grant_decrypt(grantee),
            Some(SecretKey::Named(name)) => identity.grant(decrypt_with(name, identity.scope())),
        }
    }

    /// Reports a known text that is not the ARN of a secret.
    #[track_caller]
    fn check(&self, scope: &Scope) {
        if let Some(arn) = self.arn.known().map(|arn| arn.as_str()).filter(|arn| !is_secret(arn)) {
            scope.report(
                Diagnostic::error(Code::SecretArn, "this is not the full ARN of a secret")
                    .got(arn)
                    .allowed("`arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-ABCDEF`"),
            );
        }
    }
}

/// Returns true for a full ARN, at whose end Secrets Manager puts a hyphen and six random characters.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html>
fn is_secret(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    let ["arn", _, "secretsmanager", _, _, "secret", name] = parts[..] else { return false };
    name.rsplit_once('-').is_some_and(|(name, random)| {
        !name.is_empty() && random.len() == 6 && random.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// Returns the permission to decrypt with a key that is known by its id or by the name of an alias.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
fn decrypt_with(name: &str, scope: &Scope) -> Statement {
    let keys =
        |id: &str| template!("arn:{}:kms:{}:{}:key/{}", scope.partition(), scope.region(), scope.account_id(), id);
    let decrypt = Statement::allow(["kms:Decrypt", "kms:DescribeKey"]);
    if name.starts_with("alias/") {
        return decrypt.on([keys("*")]).when(Condition::new("ForAnyValue:StringEquals", "kms:ResourceAliases", [name]));
    }
    decrypt.on([keys(name)])
}

/// The key of a secret of the program is read from its properties.
impl PassedAs<SecretRef> for &Handle<secretsmanager::Secret> {
    fn pass(self) -> SecretRef {
        let mut key = None;
        self.edit(|secret| {
            key = secret.kms_key_id.clone().and_then(secret_key);
            secret
        });
        SecretRef { arn: self.id().into(), key }
    }
}

/// Returns the key of a secret, unless that is the key of AWS, for which nobody needs a permission.
fn secret_key(key: Input<KeyArnOrKeyId>) -> Option<SecretKey> {
    let key = match &key {
        Input::Known(key) if key.as_str() == "alias/aws/secretsmanager" => return None,
        Input::Known(key) if !key.as_str().starts_with("arn:") => {
            return Some(SecretKey::Named(key.as_str().to_owned()));
        }
        Input::Known(key) => Input::Known(KeyArn::new(key.as_str())),
        Input::Deferred(Deferred::Ref(key)) if key.attribute == "KeyId" => {
            Output::<KeyArn>::new(Reference { attribute: "Arn".to_owned(), ..key.clone() }).into()
        }
        Input::Deferred(key) => Input::Deferred(key.clone()),
    };
    Some(SecretKey::Key(KmsKey::existing(key)))
}

#[cfg(test)]
#[path = "secret_ref_tests.rs"]
mod tests;
