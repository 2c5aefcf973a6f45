//! `AWS::IAM::AccessKey`

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, SecretOutputs};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};
use crate::tags;

/// The attribute that the create call alone answers with.
const SECRET: &str = "SecretAccessKey";

/// The code of the refusal of a third key of a user:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const LIMIT: &str = "LimitExceeded";

/// For how many seconds a clock may be off for IAM to take requests that are signed by it:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
const SKEW: u64 = 15 * 60;

/// The state of a key where the program does not say.
const ACTIVE: &str = "Active";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct AccessKey {
    /// Another number makes another key. AWS does not know it.
    serial: Option<i64>,
    status: Option<String>,
    user_name: String,
}

impl Handler for AccessKey {
    const TYPE: &'static str = "AWS::IAM::AccessKey";

    /// Creates an active key, whose secret only this call returns:
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>.
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = match cx.iam.create_access_key().user_name(&self.user_name).send().await.map_err(Error::from) {
            Err(error) if error.code() == LIMIT => return Err(no_room(cx, &self.user_name, error).await),
            created => created?,
        };
        let key = required(created.access_key, "AccessKey")?;
        let secrets = SecretOutputs::of(SECRET, key.secret_access_key);
        Ok(Accepted { secrets, ..accepted(&key.access_key_id, json!({"Id": key.access_key_id})) })
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>
    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let Some(status) = changes.or_default(|key| &key.status, ACTIVE.to_owned()) else { return Ok(()) };
        let call = cx.iam.update_access_key().user_name(&changes.new.user_name).access_key_id(id);
        call.status(StatusType::from(status.as_str())).send().await?;
        Ok(())
    }

    /// No call reads one key: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>.
    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let user = user_of(cx, known).await?;
        let is_it = |key: &AccessKeyMetadata| key.access_key_id.as_deref() == Some(&known.id);
        let key = keys(cx, &user).await?.into_iter().find(is_it).ok_or_else(|| Error::not_found(&known.id))?;
        let properties = Self {
            serial: known.last.serial,
            status: key.status.map(|status| status.as_str().to_owned()),
            user_name: user,
        };
        Ok(Found::ready(properties, json!({"Id": known.id})))
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let user = user_of(cx, known).await?;
        cx.iam.delete_access_key().user_name(user).access_key_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    /// Returns the keys of the user that a create may have made: the engine excludes those in the state. The secret of
    /// the searched key was lost, so it has never been used; and it is not older than the create. If someone else
    /// creates a key for this user between a create whose answer is lost and the next run, and does not use it, it
    /// cannot be distinguished.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for key in keys(cx, &self.user_name).await? {
            if is_older(&key, cx.asked) {
                continue;
            }
            let id = required(key.access_key_id, "AccessKeyId")?;
            let used = cx.iam.get_access_key_last_used().access_key_id(&id).send().await?;
            // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html>
            if used.access_key_last_used.and_then(|used| used.last_used_date).is_none() {
                found.push(id);
            }
        }
        if !found.is_empty() && !is_own(cx, &self.user_name).await? {
            let message = format!(
                "the response to the create of an access key was lost, and the user {} is not managed by this app, so \
                 any of its keys may belong to someone else: {}; delete an unused one and run again",
                self.user_name,
                found.join(", ")
            );
            return Err(Error::new(ErrorClass::Invalid, message));
        }
        Ok(found)
    }
}

/// Returns whether a key was made before its create was requested.
fn is_older(key: &AccessKeyMetadata, asked: Option<u64>) -> bool {
    let made = key.create_date.and_then(|date| u64::try_from(date.secs()).ok());
    made.zip(asked).is_some_and(|(made, asked)| made + SKEW < asked)
}

/// Returns whether the user has the identity tag of this app. Keys take no tags:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>.
async fn is_own(cx: &Context, user: &str) -> Result<bool> {
    let mut pages = cx.iam.list_user_tags().user_name(user).into_paginator().items().send();
    while let Some(tag) = pages.next().await.transpose()? {
        if tag.key == tags::APP {
            return Ok(tag.value == cx.address.app);
        }
    }
    Ok(false)
}

/// Names the keys that leave no room for another one. One that was deleted a moment ago may still count, so
/// that the create is repeated for a while.
async fn no_room(cx: &Context, user: &str, error: Error) -> Error {
    let ids: Vec<_> = match keys(cx, user).await {
        Ok(keys) => keys.into_iter().filter_map(|key| key.access_key_id).collect(),
        Err(_) => Vec::new(),
    };
    error.reclass(ErrorClass::Invalid, ErrorClass::Propagating).adding(format!(
        "AWS allows a user two access keys, and {user} has {}; delete one that is not in use",
        if ids.is_empty() { "them".to_owned() } else { ids.join(" and ") }
    ))
}

/// The keys of a user.
pub(super) async fn keys(cx: &Context, user: &str) -> Result<Vec<AccessKeyMetadata>> {
    let mut pages = cx.iam.list_access_keys().user_name(user).into_paginator().items().send();
    let mut keys = Vec::new();
    while let Some(key) = pages.next().await.transpose()? {
        keys.push(key);
    }
    Ok(keys)
}

/// The user of a key, whom IAM names for each key of the account: in an import, and where a create was found,
/// nothing else is known.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
async fn user_of(cx: &Context, known: &Known<AccessKey>) -> Result<String> {
    if !known.last.user_name.is_empty() {
        return Ok(known.last.user_name.clone());
    }
    let used = cx.iam.get_access_key_last_used().access_key_id(&known.id).send().await?;
    required(used.user_name, "UserName")
}
