//! S3 buckets without public access.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{
    Code, Construct, Diagnostic, Handle, Input, Output, Provides, Scope, Template, main_resource, template,
};
use groundplan_resources::s3;
use groundplan_resources::s3::bucket::{
    ObjectOwnership, ServerSideEncryptionByDefault, ServerSideEncryptionByDefaultSseAlgorithm,
    VersioningConfigurationStatus,
};

use crate::identity::{Condition, Grantee, KmsKeyRef, PolicyDocument, PolicyKind, Principal, Recipient, Statement, To};
use crate::passed_as::PassedAs;

/// An S3 bucket: encrypted, without public access, without ACLs, and accessible only over TLS.
///
/// ```
/// use groundplan_constructs::data::Bucket;
/// use groundplan_constructs::identity::{Principal, Role, ServiceUse};
/// use groundplan_core::{App, Environment};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let media = stack.add("media", Bucket::new().versioned());
/// let api = stack.add("api", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
/// media.grant_read_write(&api, "uploads/*");
/// let distributions = ["arn:aws:cloudfront::123456789012:distribution/E1"];
/// media.grant_read(ServiceUse::new("cloudfront.amazonaws.com").source_arn(distributions), "public/*");
/// # app.synth().expect("it is valid");
/// ```
#[derive(Default)]
pub struct Bucket {
    name: Option<String>,
    key: Option<KmsKeyRef>,
    versioned: bool,
}

impl Bucket {
    /// Creates a bucket with a generated name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refers to an existing bucket by its name, which can be a known name or an export of another app.
    ///
    /// Grants to roles, users and groups become part of their policies. The policy of the bucket is not part of
    /// the program.
    ///
    /// ```
    /// use groundplan_constructs::data::Bucket;
    /// use groundplan_constructs::identity::{Principal, Role};
    /// use groundplan_core::{App, Environment};
    /// use groundplan_resources::s3::BucketName;
    /// let app = App::new("shop");
    /// let stack = app.stack("shop", Environment::new("eu-west-1"));
    /// let api = stack.add("api", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
    /// Bucket::existing(BucketName::new("acme-imports")).grant_read(&api, "*");
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(name: impl Provides<s3::BucketName>) -> BucketRef {
        BucketRef { name: name.provide(), own: None, key: None }
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
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }

    /// Turns versioning on: overwritten and deleted objects are kept as earlier versions.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    fn check(&self, scope: &Scope) {
        if let Some((name, allowed)) = self.name.as_ref().and_then(|name| Some((name, name_problem(name)?))) {
            let error = Diagnostic::error(Code::InvalidBucketName, "a bucket cannot have this name");
            scope.report(error.got(format!("{name:?}")).allowed(allowed));
        }
        if let Some(key) = &self.key {
            key.check(scope);
        }
    }

    fn encryption(&self) -> s3::bucket::BucketEncryption {
        let default = match &self.key {
            Some(key) => ServerSideEncryptionByDefault::new(ServerSideEncryptionByDefaultSseAlgorithm::AWS_KMS)
                .kms_master_key_id(key.arn()),
            None => ServerSideEncryptionByDefault::new(ServerSideEncryptionByDefaultSseAlgorithm::AES256),
        };
        let rule = s3::bucket::ServerSideEncryptionRule::new()
            .server_side_encryption_by_default(default)
            .bucket_key_enabled(self.key.is_some());
        s3::bucket::BucketEncryption::new([rule])
    }
}

/// Returns the rule of bucket names that `name` breaks.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn name_problem(name: &str) -> Option<&'static str> {
    let letter_or_digit = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    if !(3..=63).contains(&name.len()) {
        return Some("3 to 63 characters");
    }
    if !name.chars().all(|letter| letter_or_digit(letter) || matches!(letter, '.' | '-')) {
        return Some("lowercase letters, digits, `.` and `-`");
    }
    if !name.starts_with(letter_or_digit) || !name.ends_with(letter_or_digit) {
        return Some("a letter or digit at the start and at the end");
    }
    if name.contains("..") || name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some("no two adjacent dots, and no IP address");
    }
    let prefixes = ["xn--", "sthree-", "amzn-s3-demo-"];
    let suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let reserved = prefixes.iter().any(|it| name.starts_with(it)) || suffixes.iter().any(|it| name.ends_with(it));
    reserved.then_some("a name without the prefixes and suffixes that S3 reserves")
}

/// The handle of a [`Bucket`].
#[derive(Clone)]
pub struct BucketHandle {
    /// The bucket.
    pub bucket: Handle<s3::Bucket>,
    /// The bucket policy. [`BucketHandle::allow`] adds statements to it.
    pub policy: Handle<s3::BucketPolicy>,
    scope: Scope,
    document: Rc<RefCell<PolicyDocument>>,
    key: Option<KmsKeyRef>,
}

impl Construct for Bucket {
    type Handle = BucketHandle;

    fn build(self, scope: &Scope) -> BucketHandle {
        self.check(scope);
        let closed = s3::bucket::PublicAccessBlockConfiguration::new()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true);
        let owner = s3::bucket::OwnershipControlsRule::new().object_ownership(ObjectOwnership::BUCKET_OWNER_ENFORCED);
        let mut bucket = s3::Bucket::new()
            .bucket_encryption(self.encryption())
            .public_access_block_configuration(closed)
            .ownership_controls(s3::bucket::OwnershipControls::new([owner]));
        if let Some(name) = self.name {
            bucket = bucket.bucket_name(name);
        }
        if self.versioned {
            bucket = bucket.versioning_configuration(s3::bucket::VersioningConfiguration::new(
                VersioningConfigurationStatus::ENABLED,
            ));
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

/// The access to objects of a bucket.
#[derive(Clone, Copy)]
enum Access {
    Read,
    ReadWrite,
}

impl Access {
    fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:GetObject"],
            Self::ReadWrite => &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        }
    }

    /// Returns the statements for a bucket. Without `s3:ListBucket`, S3 responds to a missing object with 403
    /// instead of 404.
    fn statements(self, bucket: &Input<String>, pattern: &str) -> [Statement; 2] {
        [
            Statement::allow(self.actions().iter().copied()).on([template!("{}/{}", bucket, pattern)]),
            Statement::allow(["s3:ListBucket"]).on([bucket.clone()]),
        ]
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
        PolicyDocument::new([statement.clone()]).check(&self.scope, PolicyKind::Resource);
        let mut document = self.document.borrow_mut();
        document.push(statement);
        let document = document.clone();
        self.policy.edit(|policy| policy.policy_document(document));
    }

    /// Allows `recipient` to get the objects whose key matches `pattern` and to list the bucket. If the bucket has
    /// a KMS key, the recipient can also decrypt with it.
    ///
    /// A role, user or group gets the permissions in its own policy. A [`Principal`], such as another account, or a
    /// [`ServiceUse`](crate::identity::ServiceUse) gets them in the policy of the bucket and in that of the key.
    #[track_caller]
    pub fn grant_read(&self, recipient: impl PassedAs<Recipient>, pattern: &str) {
        let recipient = recipient.pass();
        self.grant(&recipient, pattern, Access::Read);
        if let Some(key) = &self.key {
            key.grant_decrypt_of(&recipient, &self.scope);
        }
    }

    /// Allows `recipient` to get, put and delete the objects whose key matches `pattern` and to list the bucket. If
    /// the bucket has a KMS key, the recipient can also encrypt and decrypt with it. A multipart upload needs both.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
    ///
    /// A role, user or group gets the permissions in its own policy. A [`Principal`], such as another account, or a
    /// [`ServiceUse`](crate::identity::ServiceUse) gets them in the policy of the bucket and in that of the key.
    #[track_caller]
    pub fn grant_read_write(&self, recipient: impl PassedAs<Recipient>, pattern: &str) {
        let recipient = recipient.pass();
        self.grant(&recipient, pattern, Access::ReadWrite);
        if let Some(key) = &self.key {
            key.grant_encrypt_decrypt_of(&recipient, &self.scope);
        }
    }

    /// Returns the region of the bucket.
    pub(crate) fn region(&self) -> String {
        self.scope.region()
    }

    #[track_caller]
    fn grant(&self, recipient: &Recipient, pattern: &str, access: Access) {
        if let To::Principal { conditions, .. } = &recipient.0
            && conditions.iter().any(|condition| condition.service() == Some("kms"))
        {
            let message = "a bucket cannot check the encryption context of a service";
            let error = Diagnostic::error(Code::InvalidStatement, message);
            self.scope.report(error.help("restrict the use with `source_arn` or `source_account`"));
        }
        for statement in access.statements(&self.arn().provide(), pattern) {
            match &recipient.0 {
                To::Identity(identity) => identity.grant(statement),
                To::Principal { principal, conditions } => self.allow(statement.for_principal(principal, conditions)),
            }
        }
    }
}

/// A bucket that others use: a [`Bucket`] of the program, by its handle, or an existing bucket, by
/// [`Bucket::existing`].
#[derive(Clone)]
pub struct BucketRef {
    name: Input<s3::BucketName>,
    /// The handle of a bucket of the program.
    own: Option<BucketHandle>,
    key: Option<KmsKeyRef>,
}

impl PassedAs<BucketRef> for &BucketHandle {
    fn pass(self) -> BucketRef {
        BucketRef { name: self.name().into(), own: Some(self.clone()), key: self.key.clone() }
    }
}

main_resource!(BucketHandle, bucket: s3::Bucket);

impl Provides<s3::BucketName> for &BucketRef {
    fn provide(self) -> Input<s3::BucketName> {
        self.name()
    }
}

impl BucketRef {
    /// States the key that the existing bucket is encrypted with, so that grants include it.
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }

    /// Returns the name of the bucket.
    pub fn name(&self) -> Input<s3::BucketName> {
        self.name.clone()
    }

    /// Allows `grantee` to get the objects whose key matches `pattern` and to list the bucket, like
    /// [`BucketHandle::grant_read`].
    #[track_caller]
    pub fn grant_read(&self, grantee: &impl Grantee, pattern: &str) {
        self.grant(grantee, pattern, Access::Read);
        if let Some(key) = &self.key {
            key.grant_decrypt(grantee);
        }
    }

    /// Allows `grantee` to get, put and delete the objects whose key matches `pattern` and to list the bucket, like
    /// [`BucketHandle::grant_read_write`].
    #[track_caller]
    pub fn grant_read_write(&self, grantee: &impl Grantee, pattern: &str) {
        self.grant(grantee, pattern, Access::ReadWrite);
        if let Some(key) = &self.key {
            key.grant_encrypt_decrypt(grantee);
        }
    }

    #[track_caller]
    fn grant(&self, grantee: &impl Grantee, pattern: &str, access: Access) {
        let identity = grantee.identity();
        let arn = match &self.own {
            Some(own) => own.arn().provide(),
            None => template!("arn:{}:s3:::{}", identity.partition(), &self.name).provide(),
        };
        for statement in access.statements(&arn, pattern) {
            identity.grant(statement);
        }
    }

    /// Returns the handle if the bucket is part of the program.
    pub(crate) fn own(&self) -> Option<&BucketHandle> {
        self.own.as_ref()
    }

    /// Returns the key of the bucket, if it is known to have one.
    pub(crate) fn key(&self) -> Option<&KmsKeyRef> {
        self.key.as_ref()
    }
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;
