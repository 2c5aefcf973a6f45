//! S3 buckets without public access.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{Construct, Handle, Output, Scope, Template, template};
use groundplan_resources::s3;

use crate::identity::{Condition, KmsKeyHandle, PolicyDocument, Principal, RoleHandle, Statement};

/// An S3 bucket: encrypted, without public access, without ACLs, and accessible only over TLS.
#[derive(Default)]
pub struct Bucket {
    name: Option<String>,
    key: Option<KmsKeyHandle>,
    versioned: bool,
}

impl Bucket {
    /// Creates a bucket with a generated name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the bucket. Bucket names are unique across AWS, so replacing a bucket with a fixed name
    /// deletes the old bucket first.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Encrypts the bucket with this key instead of the key of S3.
    #[must_use]
    pub fn encrypted_with(mut self, key: &KmsKeyHandle) -> Self {
        self.key = Some(key.clone());
        self
    }

    /// Turns versioning on: overwritten and deleted objects are kept as earlier versions.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    fn encryption(&self) -> s3::bucket::BucketEncryption {
        let default = match &self.key {
            Some(key) => s3::bucket::ServerSideEncryptionByDefault::new("aws:kms").kms_master_key_id(key.arn()),
            None => s3::bucket::ServerSideEncryptionByDefault::new("AES256"),
        };
        let rule = s3::bucket::ServerSideEncryptionRule::new()
            .server_side_encryption_by_default(default)
            .bucket_key_enabled(self.key.is_some());
        s3::bucket::BucketEncryption::new([rule])
    }
}

/// The handle of a [`Bucket`].
#[derive(Clone)]
pub struct BucketHandle {
    scope: Scope,
    /// The bucket.
    pub bucket: Handle<s3::Bucket>,
    /// The bucket policy. [`BucketHandle::allow`] adds statements to it.
    pub policy: Handle<s3::BucketPolicy>,
    document: Rc<RefCell<PolicyDocument>>,
    key: Option<KmsKeyHandle>,
}

impl Construct for Bucket {
    type Handle = BucketHandle;

    fn build(self, scope: &Scope) -> BucketHandle {
        let closed = s3::bucket::PublicAccessBlockConfiguration::new()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true);
        let owner = s3::bucket::OwnershipControlsRule::new().object_ownership("BucketOwnerEnforced");
        let mut bucket = s3::Bucket::new()
            .bucket_encryption(self.encryption())
            .public_access_block_configuration(closed)
            .ownership_controls(s3::bucket::OwnershipControls::new([owner]));
        if let Some(name) = self.name {
            bucket = bucket.bucket_name(name);
        }
        if self.versioned {
            bucket = bucket.versioning_configuration(s3::bucket::VersioningConfiguration::new("Enabled"));
        }
        let bucket = scope.resource(bucket);

        let tls_only = Statement::deny(["s3:*"])
            .sid("TlsOnly")
            .by(Principal::Anyone)
            .on([template!("{}", bucket.arn()), template!("{}/*", bucket.arn())])
            .when(Condition::new("Bool", "aws:SecureTransport", ["false"]));
        let document = PolicyDocument::new([tls_only]);
        let policy = scope
            .add("policy", s3::BucketPolicy::new(s3::BucketPolicyArgs { bucket: &bucket, policy_document: &document }));
        BucketHandle { scope: scope.clone(), bucket, policy, document: Rc::new(RefCell::new(document)), key: self.key }
    }
}

impl BucketHandle {
    /// Returns the name of the bucket.
    pub fn name(&self) -> Output<s3::BucketName> {
        self.bucket.bucket_name()
    }

    /// Returns the ARN of the bucket.
    pub fn arn(&self) -> Output<s3::BucketArn> {
        self.bucket.arn()
    }

    /// Returns the ARN of the objects whose key matches `pattern`, such as `uploads/*`.
    pub fn objects(&self, pattern: &str) -> Template {
        template!("{}/{}", self.arn(), pattern)
    }

    /// Adds a statement to the bucket policy.
    #[track_caller]
    pub fn allow(&self, statement: Statement) {
        let mut document = self.document.borrow_mut();
        document.push(statement);
        document.check(&self.scope);
        let document = document.clone();
        self.policy.edit(|policy| policy.policy_document(document));
    }

    /// Allows `role` to get the objects whose key matches `pattern` and to list the bucket. If the bucket has a
    /// KMS key, the role can also decrypt with it.
    #[track_caller]
    pub fn grant_read(&self, role: &RoleHandle, pattern: &str) {
        self.grant(role, pattern, &["s3:GetObject"]);
        self.key.iter().for_each(|key| key.grant_decrypt(role));
    }

    /// Allows `role` to get, put and delete the objects whose key matches `pattern` and to list the bucket. If
    /// the bucket has a KMS key, the role can also encrypt and decrypt with it. A multipart upload needs both.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
    #[track_caller]
    pub fn grant_read_write(&self, role: &RoleHandle, pattern: &str) {
        self.grant(role, pattern, &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
        self.key.iter().for_each(|key| key.grant_encrypt_decrypt(role));
    }

    #[track_caller]
    fn grant(&self, role: &RoleHandle, pattern: &str, actions: &[&str]) {
        role.grant(Statement::allow(actions.iter().copied()).on([self.objects(pattern)]));
        // Without `s3:ListBucket`, S3 responds to a missing object with 403 instead of 404.
        role.grant(Statement::allow(["s3:ListBucket"]).on([self.arn()]));
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Environment};

    use super::*;
    use crate::identity::{KmsKey, Role};

    /// Returns the actions that `grant` allows a role.
    fn granted(encrypted: bool, grant: impl FnOnce(&BucketHandle, &RoleHandle)) -> Vec<String> {
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("eu-central-1"));
        let key = stack.add("key", KmsKey::new("Of the shop", "shop"));
        let bucket = if encrypted { Bucket::new().encrypted_with(&key) } else { Bucket::new() };
        let bucket = stack.add("bucket", bucket);
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        grant(&bucket, &role);
        let assembly = app.synth().expect("it is a good program").assembly;
        let document = assembly.resources["shop/role/policy"].properties["PolicyDocument"].to_json();
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
            serde_json::Value::Array(actions) => actions.clone(),
            single => vec![single.clone()],
        });
        actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn a_grant_on_an_encrypted_bucket_includes_its_key() {
        let read = granted(true, |bucket, role| bucket.grant_read(role, "*"));
        assert!(
            read.contains(&"kms:Decrypt".to_owned()) && !read.contains(&"kms:GenerateDataKey*".to_owned()),
            "{read:?}"
        );
        let write = granted(true, |bucket, role| bucket.grant_read_write(role, "*"));
        for action in ["kms:Decrypt", "kms:GenerateDataKey*"] {
            assert!(write.contains(&action.to_owned()), "{action} in {write:?}");
        }
        let plain = granted(false, |bucket, role| bucket.grant_read_write(role, "*"));
        assert!(plain.iter().all(|action| action.starts_with("s3:")), "{plain:?}");
    }
}
