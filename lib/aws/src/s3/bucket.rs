//! `AWS::S3::Bucket`

use std::time::Duration;

use aws_sdk_s3::types as s3;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketLoggingStatus, BucketVersioningStatus, CreateBucketConfiguration, Delete,
    LoggingEnabled, ObjectIdentifier, ObjectOwnership, Tag, Tagging,
};
use futures::try_join;
use groundplan_core::dns_suffix;
use groundplan_engine::Hint;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::BucketPolicy;
use super::cors::CorsConfiguration;
use super::encryption::BucketEncryption;
use super::lifecycle::LifecycleConfiguration;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Deleted, Found, Handler, Known, accepted, required};
use crate::name::NameRules;
use crate::tags::Tags;

/// The region that S3 takes no location constraint for.
const FIRST_REGION: &str = "us-east-1";

/// The time in which a name may be refused as "a conflicting operation is currently in progress" after the deletion of
/// its bucket, in any region: up to an hour. <https://github.com/aws/aws-cli/issues/2593>
const NAME_IN_USE: Duration = Duration::from_secs(3600);

/// Regions whose website endpoints are written with a hyphen.
const HYPHENATED_WEBSITES: [&str; 9] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Bucket {
    bucket_encryption: Option<BucketEncryption>,
    bucket_name: Option<String>,
    cors_configuration: Option<CorsConfiguration>,
    lifecycle_configuration: Option<LifecycleConfiguration>,
    logging_configuration: Option<LoggingConfiguration>,
    object_lock_enabled: Option<bool>,
    ownership_controls: Option<OwnershipControls>,
    public_access_block_configuration: Option<PublicAccessBlock>,
    #[serde(default)]
    tags: Tags,
    versioning_configuration: Option<Versioning>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LoggingConfiguration {
    destination_bucket_name: Option<String>,
    log_file_prefix: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipControls {
    rules: Vec<OwnershipRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipRule {
    object_ownership: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PublicAccessBlock {
    block_public_acls: Option<bool>,
    block_public_policy: Option<bool>,
    ignore_public_acls: Option<bool>,
    restrict_public_buckets: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Versioning {
    status: String,
}

impl Handler for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let name = self.name(cx);
        self.is_free(cx, &name).await?;
        let constraint = (cx.region() != FIRST_REGION).then(|| BucketLocationConstraint::from(cx.region()));
        let configuration = CreateBucketConfiguration::builder()
            .set_location_constraint(constraint)
            .set_tags(Some(cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?))
            .build();
        cx.s3
            .create_bucket()
            .bucket(&name)
            .create_bucket_configuration(configuration)
            .set_object_lock_enabled_for_bucket(self.object_lock_enabled)
            .send()
            .await
            .map_err(Error::from)
            .map_err(|error| match error.code() {
                "OperationAborted" => error.patient_for(NAME_IN_USE),
                _ => error,
            })?;
        Ok(accepted(&name, outputs(cx, &name)))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await?;
        update_access(changes, cx, id).await?;
        match changes.of(|bucket| &bucket.bucket_encryption) {
            Some(Some(encryption)) => {
                let rules = encryption.to_s3()?;
                cx.s3.put_bucket_encryption().bucket(id).server_side_encryption_configuration(rules).send().await?;
            }
            Some(None) => drop(cx.s3.delete_bucket_encryption().bucket(id).send().await?),
            None => {}
        }
        if let Some(versioning) = changes.of(|bucket| &bucket.versioning_configuration) {
            // Versioning cannot be taken away, only suspended.
            let status = versioning.as_ref().map_or("Suspended", |versioning| versioning.status.as_str());
            let status = s3::VersioningConfiguration::builder().status(BucketVersioningStatus::from(status)).build();
            cx.s3.put_bucket_versioning().bucket(id).versioning_configuration(status).send().await?;
        }
        match changes.of(|bucket| &bucket.cors_configuration) {
            Some(Some(cors)) => {
                drop(cx.s3.put_bucket_cors().bucket(id).cors_configuration(cors.to_s3()?).send().await?)
            }
            Some(None) => drop(cx.s3.delete_bucket_cors().bucket(id).send().await?),
            None => {}
        }
        match changes.of(|bucket| &bucket.lifecycle_configuration) {
            Some(Some(lifecycle)) => {
                let rules = lifecycle.to_s3()?;
                cx.s3.put_bucket_lifecycle_configuration().bucket(id).lifecycle_configuration(rules).send().await?;
            }
            Some(None) => drop(cx.s3.delete_bucket_lifecycle().bucket(id).send().await?),
            None => {}
        }
        if let Some(logging) = changes.of(|bucket| &bucket.logging_configuration) {
            let enabled = logging.as_ref().map(|logging| {
                LoggingEnabled::builder()
                    .target_bucket(logging.destination_bucket_name.as_deref().unwrap_or(id))
                    .target_prefix(logging.log_file_prefix.as_deref().unwrap_or_default())
                    .build()
            });
            let status = BucketLoggingStatus::builder().set_logging_enabled(enabled.transpose()?).build();
            cx.s3.put_bucket_logging().bucket(id).bucket_logging_status(status).send().await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let last = &known.last;
        cx.s3.head_bucket().bucket(id).send().await?;
        let (tags, encryption, cors, lifecycle, logging, lock, ownership, access, versioning) = try_join!(
            tags(cx, id),
            part(cx.s3.get_bucket_encryption().bucket(id).send()),
            part(cx.s3.get_bucket_cors().bucket(id).send()),
            part(cx.s3.get_bucket_lifecycle_configuration().bucket(id).send()),
            part(cx.s3.get_bucket_logging().bucket(id).send()),
            part(cx.s3.get_object_lock_configuration().bucket(id).send()),
            part(cx.s3.get_bucket_ownership_controls().bucket(id).send()),
            part(cx.s3.get_public_access_block().bucket(id).send()),
            part(cx.s3.get_bucket_versioning().bucket(id).send()),
        )?;
        let encryption = encryption.and_then(|answer| answer.server_side_encryption_configuration);
        let rules = lifecycle.and_then(|answer| answer.rules).filter(|rules| !rules.is_empty());
        let logging = logging.and_then(|answer| answer.logging_enabled).map(|enabled| LoggingConfiguration {
            destination_bucket_name: Some(enabled.target_bucket),
            log_file_prefix: Some(enabled.target_prefix),
        });
        let properties = Self {
            bucket_encryption: encryption.map(|it| BucketEncryption::of(it.rules, last.bucket_encryption.as_ref())),
            bucket_name: Some(id.to_owned()),
            cors_configuration: cors.and_then(|answer| answer.cors_rules).map(CorsConfiguration::of),
            lifecycle_configuration: rules
                .map(|rules| LifecycleConfiguration::of(rules, last.lifecycle_configuration.as_ref())),
            logging_configuration: logging,
            object_lock_enabled: lock.map(|answer| {
                let enabled = answer.object_lock_configuration.and_then(|lock| lock.object_lock_enabled);
                enabled.is_some_and(|enabled| enabled.as_str() == "Enabled")
            }),
            ownership_controls: ownership.and_then(|answer| answer.ownership_controls).map(|controls| {
                let ownership = |rule: s3::OwnershipControlsRule| Some(rule.object_ownership.as_str().to_owned());
                let rules = controls.rules.into_iter().map(|rule| OwnershipRule { object_ownership: ownership(rule) });
                OwnershipControls { rules: rules.collect() }
            }),
            public_access_block_configuration: access
                .and_then(|answer| answer.public_access_block_configuration)
                .map(PublicAccessBlock::of),
            tags,
            versioning_configuration: versioning
                .and_then(|answer| answer.status)
                .map(|status| Versioning { status: status.as_str().to_owned() }),
        };
        Ok(Found::ready(properties, outputs(cx, id)))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        if cx.delete_data {
            empty(cx, id).await?;
        }
        match cx.s3.delete_bucket().bucket(id).send().await.map_err(Error::from) {
            // Somebody is putting objects into it, or S3 still lists what is deleted: once more.
            Err(error) if error.code() == "BucketNotEmpty" && cx.delete_data => Err(Error::new(
                ErrorClass::Conflict,
                format!(
                    "the bucket {id} was emptied, but is not empty: new objects may have been written; stop the \
                     writers and run again"
                ),
            )),
            Err(error) if error.code() == "BucketNotEmpty" => {
                Err(Error::invalid(format!("the bucket {id} is not empty")).hinting(Hint::AllowDataLoss))
            }
            Err(error) => Err(error),
            Ok(_) => {
                // Its policy has gone with it.
                cx.memory.of::<Deleted>().remember(BucketPolicy::TYPE, id);
                Ok(Deletion::Gone)
            }
        }
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(self.name(cx))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn status(cx: &Context, known: &Known<Self>) -> Result<Status> {
        cx.s3.head_bucket().bucket(&known.id).send().await?;
        Ok(Status::Ready(accepted("", outputs(cx, &known.id)).outputs))
    }
}

impl Bucket {
    fn name(&self, cx: &Context) -> String {
        self.bucket_name.clone().unwrap_or_else(|| cx.name(NameRules::lowercase(63)))
    }

    /// In us-east-1, S3 answers to the creation of a bucket that the account has already as if it
    /// had made it, and resets its ACLs. Elsewhere, it refuses.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    async fn is_free(&self, cx: &Context, name: &str) -> Result<()> {
        if cx.region() != FIRST_REGION || self.bucket_name.is_none() {
            return Ok(());
        }
        // Nothing was asked for yet, so a look whose answer was lost leaves nothing in doubt; and an error is no
        // proof that the name is free.
        let unanswered = |error: Error| error.reclass(ErrorClass::UnknownOutcome, ErrorClass::Transient);
        let exists = match cx.s3.head_bucket().bucket(name).send().await.or_none().map_err(unanswered) {
            Ok(found) => found.is_some(),
            // One of another account, or of this one in another region.
            Err(error) if matches!(error.class(), ErrorClass::Denied | ErrorClass::Invalid) => {
                let why =
                    "the bucket name may be taken; choose another one, or allow `s3:ListBucket` if you own the bucket";
                return Err(error.adding(why));
            }
            Err(error) => return Err(error),
        };
        if exists && tags(cx, name).await.map_err(unanswered)?.token() != Some(cx.token.as_str()) {
            return Err(Error::new(ErrorClass::AlreadyExists, format!("the account has a bucket {name} already")));
        }
        Ok(())
    }
}

impl PublicAccessBlock {
    const ALL: Self = Self {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    };

    fn to_s3(&self) -> s3::PublicAccessBlockConfiguration {
        s3::PublicAccessBlockConfiguration::builder()
            .set_block_public_acls(self.block_public_acls)
            .set_block_public_policy(self.block_public_policy)
            .set_ignore_public_acls(self.ignore_public_acls)
            .set_restrict_public_buckets(self.restrict_public_buckets)
            .build()
    }

    fn of(live: s3::PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: live.block_public_acls,
            block_public_policy: live.block_public_policy,
            ignore_public_acls: live.ignore_public_acls,
            restrict_public_buckets: live.restrict_public_buckets,
        }
    }
}

fn outputs(cx: &Context, name: &str) -> Json {
    let region = cx.region();
    let suffix = dns_suffix(region);
    let separator = if HYPHENATED_WEBSITES.contains(&region) { '-' } else { '.' };
    json!({
        "Arn": format!("arn:{}:s3:::{name}", cx.identity.partition),
        "BucketName": name,
        "DomainName": format!("{name}.s3.{suffix}"),
        "DualStackDomainName": format!("{name}.s3.dualstack.{region}.{suffix}"),
        "RegionalDomainName": format!("{name}.s3.{region}.{suffix}"),
        "WebsiteURL": format!("http://{name}.s3-website{separator}{region}.{suffix}"),
    })
}

/// Returns a part of a bucket's configuration; `None` if it was never set.
async fn part<T, E: Into<Error>>(answer: impl Future<Output = std::result::Result<T, E>>) -> Result<Option<T>> {
    answer.await.or_none()
}

/// Updates access settings; those that are no longer declared get the values of a new bucket: no public access, and no
/// objects of other owners. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html>
async fn update_access(changes: &Changes<'_, Bucket>, cx: &Context, id: &str) -> Result<()> {
    match changes.of(|bucket| &bucket.ownership_controls) {
        Some(Some(controls)) => {
            let rule = |rule: &OwnershipRule| {
                let ownership = rule.object_ownership.as_deref().map(ObjectOwnership::from);
                s3::OwnershipControlsRule::builder().set_object_ownership(ownership).build()
            };
            let rules = controls.rules.iter().map(rule).collect::<std::result::Result<_, _>>()?;
            let controls = s3::OwnershipControls::builder().set_rules(Some(rules)).build()?;
            cx.s3.put_bucket_ownership_controls().bucket(id).ownership_controls(controls).send().await?;
        }
        // Without any, access control lists would count again.
        Some(None) => {
            let rule = s3::OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
            let controls = s3::OwnershipControls::builder().rules(rule.build()?).build()?;
            cx.s3.put_bucket_ownership_controls().bucket(id).ownership_controls(controls).send().await?;
        }
        None => {}
    }
    match changes.of(|bucket| &bucket.public_access_block_configuration) {
        Some(Some(block)) => {
            let block = block.to_s3();
            cx.s3.put_public_access_block().bucket(id).public_access_block_configuration(block).send().await?;
        }
        // Without any, nothing would be blocked.
        Some(None) => {
            let block = PublicAccessBlock::ALL.to_s3();
            cx.s3.put_public_access_block().bucket(id).public_access_block_configuration(block).send().await?;
        }
        None => {}
    }
    Ok(())
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

async fn tags(cx: &Context, id: &str) -> Result<Tags> {
    let tags = live_tags(cx, id).await?;
    Ok(Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))))
}

async fn live_tags(cx: &Context, id: &str) -> Result<Vec<Tag>> {
    let answer = cx.s3.get_bucket_tagging().bucket(id).send().await.or_none()?;
    Ok(answer.map(|answer| answer.tag_set).unwrap_or_default())
}

/// Sets the tags. S3 replaces all of them at once, so the identity tags are included, and AWS's own, without which it
/// refuses the change of a bucket that CloudFormation created. After a create the tags are set once more: some
/// S3-compatible services ignore tags in the create call.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>
async fn retag(changes: &Changes<'_, Bucket>, cx: &Context, id: &str) -> Result<()> {
    let tags: Vec<Tag> = match changes.old {
        None => cx.tags(&changes.new.tags, tag).into_iter().collect::<Result<_>>()?,
        Some(_) => {
            let wanted = changes.tags();
            if wanted == Default::default() {
                return Ok(());
            }
            let is_over =
                |tag: &Tag| wanted.removed.contains(&tag.key) || wanted.set.iter().any(|(key, _)| *key == tag.key);
            let kept = live_tags(cx, id).await?.into_iter().filter(|tag| !is_over(tag));
            kept.map(Ok).chain(wanted.set.iter().cloned().map(|(key, value)| tag(key, value))).collect::<Result<_>>()?
        }
    };
    let tags = Tagging::builder().set_tag_set(Some(tags)).build()?;
    cx.s3.put_bucket_tagging().bucket(id).tagging(tags).send().await?;
    Ok(())
}

/// Deletes every version of every object.
async fn empty(cx: &Context, id: &str) -> Result<()> {
    loop {
        // What is deleted is listed no more, so every page is the first one.
        let page = cx.s3.list_object_versions().bucket(id).encoding_type(s3::EncodingType::Url).send().await?;
        let is_encoded = page.encoding_type == Some(s3::EncodingType::Url);
        let versions = page.versions.unwrap_or_default().into_iter().map(|it| (it.key, it.version_id));
        let markers = page.delete_markers.unwrap_or_default().into_iter().map(|it| (it.key, it.version_id));
        let mut objects = Vec::new();
        for (key, version) in versions.chain(markers) {
            let key = required(key, "Key")?;
            objects.push((if is_encoded { decoded(&key)? } else { key }, version));
        }
        if objects.is_empty() {
            return Ok(());
        }
        let (batch, single): (Vec<_>, Vec<_>) = objects.into_iter().partition(|(key, _)| fits_xml(key));
        for (key, version) in single {
            cx.s3.delete_object().bucket(id).key(key).set_version_id(version).send().await?;
        }
        if batch.is_empty() {
            continue;
        }
        let object = |(key, version): (String, _)| ObjectIdentifier::builder().key(key).set_version_id(version).build();
        let objects = batch.into_iter().map(object).collect::<std::result::Result<_, _>>()?;
        let batch = Delete::builder().set_objects(Some(objects)).quiet(true).build()?;
        let answer = cx.s3.delete_objects().bucket(id).delete(batch).send().await?;
        if let Some(refused) = answer.errors.unwrap_or_default().into_iter().next() {
            let (key, message) = (refused.key.unwrap_or_default(), refused.message.unwrap_or_default());
            let message = format!("the object {key} of the bucket {id} cannot be deleted: {message}");
            return Err(Error::new(deletion_class(refused.code.as_deref()), message));
        }
    }
}

/// The key of an object from a listing with the encoding type `url`, in which a space is a plus sign.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
fn decoded(key: &str) -> Result<String> {
    let key = key.replace('+', " ");
    let decoded = urlencoding::decode(&key);
    let unreadable = |_| Error::new(ErrorClass::Transient, format!("S3 returned the key `{key}`, which is not UTF-8"));
    decoded.map(std::borrow::Cow::into_owned).map_err(unreadable)
}

/// Returns whether a list in XML 1.0, as that of DeleteObjects, can contain this key: it has no form for most control characters.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-xml-related-constraints>
fn fits_xml(key: &str) -> bool {
    key.chars().all(|it| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..))
}

/// The class of the error that one object of many is not deleted for. A repetition deletes what is left.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn deletion_class(code: Option<&str>) -> ErrorClass {
    match code {
        Some("SlowDown") => ErrorClass::Throttled,
        Some("InternalError" | "ServiceUnavailable") => ErrorClass::Transient,
        _ => ErrorClass::Invalid,
    }
}
