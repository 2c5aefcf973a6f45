//! `AWS::KMS::Key`

use aws_sdk_kms::types::{KeyMetadata, KeySpec, KeyState, KeyUsageType, OriginType, Tag};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::document;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required};
use crate::tags::Tags;

/// The policy that a key has; there is one, and this is its name.
const POLICY: &str = "default";

/// Days between two rotations where the program does not say.
const ROTATION_PERIOD: i32 = 365;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Key {
    bypass_policy_lockout_safety_check: Option<bool>,
    description: Option<String>,
    enable_key_rotation: Option<bool>,
    enabled: Option<bool>,
    key_policy: Option<Json>,
    key_spec: Option<String>,
    key_usage: Option<String>,
    multi_region: Option<bool>,
    origin: Option<String>,
    pending_window_in_days: Option<i32>,
    rotation_period_in_days: Option<i32>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for Key {
    const TYPE: &'static str = "AWS::KMS::Key";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .kms
            .create_key()
            .set_bypass_policy_lockout_safety_check(self.bypass_policy_lockout_safety_check)
            .set_description(self.description.clone())
            .set_policy(self.key_policy.as_ref().map(document::text))
            .set_key_spec(self.key_spec.as_deref().map(KeySpec::from))
            .set_key_usage(self.key_usage.as_deref().map(KeyUsageType::from))
            .set_multi_region(self.multi_region)
            .set_origin(self.origin.as_deref().map(OriginType::from))
            .set_tags(Some(cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?))
            .send()
            .await?;
        let key = required(created.key_metadata, "KeyMetadata")?;
        Ok(accepted(&key.key_id, json!({"Arn": key.arn, "KeyId": key.key_id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        use ErrorClass::{Invalid, Propagating};
        refuse_what_stays(changes)?;
        // Rotation can be changed only while the key is enabled.
        let enabled = changes.or_default(|key| &key.enabled, true);
        if let Some(true) = enabled {
            cx.kms.enable_key().key_id(id).send().await?;
        }
        update_rotation(changes, cx, id).await.map_err(|error| match enabled {
            // That it was enabled has not reached every part of KMS yet.
            Some(true) if error.code() == "DisabledException" => error.reclass(Invalid, Propagating),
            _ => error,
        })?;
        if let Some(description) = changes.after_create(|key| &key.description) {
            cx.kms
                .update_key_description()
                .key_id(id)
                .description(description.as_deref().unwrap_or_default())
                .send()
                .await?;
        }
        if let Some(policy) = changes.after_create(|key| &key.key_policy) {
            let policy = policy.clone().unwrap_or_else(|| default_policy(cx));
            cx.kms
                .put_key_policy()
                .key_id(id)
                .policy_name(POLICY)
                .policy(document::text(&policy))
                .set_bypass_policy_lockout_safety_check(changes.new.bypass_policy_lockout_safety_check)
                .send()
                .await?;
        }
        if let Some(false) = enabled {
            cx.kms.disable_key().key_id(id).send().await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let key = required(cx.kms.describe_key().key_id(id).send().await?.key_metadata, "KeyMetadata")?;
        let readiness = readiness(&key)?;
        let (policy, rotation, tags) = futures::try_join!(policy(cx, id), rotation(cx, &key), read_tags(cx, id))?;
        let properties = Self {
            bypass_policy_lockout_safety_check: known.last.bypass_policy_lockout_safety_check,
            description: key.description,
            enable_key_rotation: rotation.map(|(on, _)| on),
            enabled: Some(key.enabled),
            key_policy: policy,
            key_spec: key.key_spec.map(|spec| spec.as_str().to_owned()),
            key_usage: key.key_usage.map(|usage| usage.as_str().to_owned()),
            multi_region: key.multi_region,
            origin: key.origin.map(|origin| origin.as_str().to_owned()),
            pending_window_in_days: known.last.pending_window_in_days,
            rotation_period_in_days: rotation.and_then(|(_, period)| period),
            tags,
        };
        Ok(Found::ready(properties, json!({"Arn": key.arn, "KeyId": key.key_id})).is(readiness))
    }

    /// Schedules the deletion of a key, which counts as deleted from now on.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let call = cx.kms.schedule_key_deletion().key_id(&known.id);
        let scheduled = call.set_pending_window_in_days(known.last.pending_window_in_days).send().await;
        match scheduled.map_err(Error::from) {
            Err(error)
                // "… is pending deletion", or "pending replica deletion" of a key that still has replicas.
                if error.code() == "KMSInvalidStateException"
                    && ["pending deletion", "pending replica deletion"].iter().any(|it| error.message().contains(it)) =>
            {
                Ok(Deletion::Gone)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(Deletion::Gone),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// Reads the tags of every key, because KMS cannot look up a key by its tags.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut keys = cx.kms.list_keys().into_paginator().items().send();
        while let Some(key) = keys.next().await.transpose()? {
            let Some(id) = key.key_id else { continue };
            match read_tags(cx, &id).await {
                Ok(tags) if tags.token() == Some(&cx.token) => {
                    let known = Known { id, last: Self::default() };
                    // One that waits for its deletion counts as gone.
                    found.extend(Self::read(cx, &known).await.or_none()?.map(|_| known.id));
                }
                // A key of somebody else may hide its tags, or be gone.
                Err(error) if !matches!(error.class(), ErrorClass::Denied | ErrorClass::NotFound) => return Err(error),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// CloudFormation refuses these too, lest a key that data is encrypted with is replaced.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
fn refuse_what_stays(changes: &Changes<'_, Key>) -> Result<()> {
    let Some(old) = changes.old else { return Ok(()) };
    let fixed = |key: &Key| {
        let or = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        [
            ("KeySpec", or(&key.key_spec, "SYMMETRIC_DEFAULT")),
            ("KeyUsage", or(&key.key_usage, "ENCRYPT_DECRYPT")),
            ("MultiRegion", key.multi_region.unwrap_or_default().to_string()),
            ("Origin", or(&key.origin, "AWS_KMS")),
        ]
    };
    for ((property, old), (_, new)) in fixed(old).into_iter().zip(fixed(changes.new)) {
        if old != new {
            return Err(Error::invalid(format!(
                "{property} of a key cannot be changed from `{old}` to `{new}`: declare a new key, and keep this one for \
                 what is encrypted or signed with it"
            )));
        }
    }
    Ok(())
}

/// The policy of a key for which none is declared: that of a key made without one.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn default_policy(cx: &Context) -> Json {
    let root = format!("arn:{}:iam::{}:root", cx.identity.partition, cx.identity.account);
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
}

async fn update_rotation(changes: &Changes<'_, Key>, cx: &Context, id: &str) -> Result<()> {
    let turned = changes.or_default(|key| &key.enable_key_rotation, false);
    let period = changes.or_default(|key| &key.rotation_period_in_days, ROTATION_PERIOD);
    let on = changes.new.enable_key_rotation == Some(true);
    if on && (turned.is_some() || period.is_some()) {
        let call = cx.kms.enable_key_rotation().key_id(id);
        call.set_rotation_period_in_days(period.or(changes.new.rotation_period_in_days)).send().await?;
    } else if turned == Some(false) {
        cx.kms.disable_key_rotation().key_id(id).send().await?;
    }
    Ok(())
}

async fn retag(changes: &Changes<'_, Key>, cx: &Context, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
        cx.kms.tag_resource().key_id(id).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.kms.untag_resource().key_id(id).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().tag_key(key).tag_value(value).build()?)
}

fn readiness(key: &KeyMetadata) -> Result<Readiness> {
    match key.key_state() {
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Err(Error::not_found("the key")),
        Some(state @ (KeyState::Creating | KeyState::Updating)) => Ok(Readiness::Pending(state.as_str().to_owned())),
        Some(KeyState::Unavailable) => Ok(Readiness::Failed("the key store of the key is not available".to_owned())),
        _ => Ok(Readiness::Ready),
    }
}

async fn policy(cx: &Context, id: &str) -> Result<Option<Json>> {
    let answer = cx.kms.get_key_policy().key_id(id).policy_name(POLICY).send().await?;
    Ok(answer.policy.as_deref().map(document::parse))
}

/// Returns whether and in which period a key is rotated; `None` if it cannot be.
async fn rotation(cx: &Context, key: &KeyMetadata) -> Result<Option<(bool, Option<i32>)>> {
    if key.key_spec() != Some(&KeySpec::SymmetricDefault) || key.origin() != Some(&OriginType::AwsKms) {
        return Ok(None);
    }
    let answer = cx.kms.get_key_rotation_status().key_id(&key.key_id).send().await.or_none()?;
    Ok(answer.map(|status| (status.key_rotation_enabled, status.rotation_period_in_days)))
}

async fn read_tags(cx: &Context, id: &str) -> Result<Tags> {
    let mut pages = cx.kms.list_resource_tags().key_id(id).into_paginator().items().send();
    let mut tags = Vec::new();
    while let Some(tag) = pages.next().await.transpose()? {
        tags.push((tag.tag_key, tag.tag_value));
    }
    Ok(Tags::read(tags))
}
