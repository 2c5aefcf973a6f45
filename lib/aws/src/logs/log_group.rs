//! `AWS::Logs::LogGroup`

use aws_sdk_cloudwatchlogs::types::{LogGroup as Live, LogGroupClass};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted};
use crate::kms;
use crate::name::NameRules;
use crate::tags::Tags;

/// "Log group names can't start with the string `aws/`".
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
const NAMES: NameRules = NameRules::letters(512, "_/.#").without("aws/");

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct LogGroup {
    deletion_protection_enabled: Option<bool>,
    kms_key_id: Option<String>,
    log_group_class: Option<String>,
    log_group_name: Option<String>,
    retention_in_days: Option<i32>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let name = self.name(cx);
        let tags = cx.tags(&self.tags, |key, value| (key, value));
        cx.logs
            .create_log_group()
            .log_group_name(&name)
            .set_deletion_protection_enabled(self.deletion_protection_enabled)
            .set_kms_key_id(self.kms_key_id.clone())
            .set_log_group_class(self.log_group_class.as_deref().map(LogGroupClass::from))
            .set_tags(Some(tags.into_iter().collect()))
            .send()
            .await?;
        Ok(accepted(&name, outputs(cx, &name)))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        refuse_what_stays(changes)?;
        match changes.of(|group| &group.retention_in_days) {
            Some(Some(days)) => {
                cx.logs.put_retention_policy().log_group_name(id).retention_in_days(*days).send().await?;
            }
            Some(None) => drop(cx.logs.delete_retention_policy().log_group_name(id).send().await?),
            None => {}
        }
        match changes.after_create(|group| &group.kms_key_id) {
            Some(Some(key)) => drop(cx.logs.associate_kms_key().log_group_name(id).kms_key_id(key).send().await?),
            Some(None) => drop(cx.logs.disassociate_kms_key().log_group_name(id).send().await?),
            None => {}
        }
        if let Some(on) = changes.after_create(|group| &group.deletion_protection_enabled) {
            let call = cx.logs.put_log_group_deletion_protection().log_group_identifier(id);
            call.deletion_protection_enabled(on.unwrap_or_default()).send().await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let group = describe(cx, &known.id).await?;
        let tags = cx.logs.list_tags_for_resource().resource_arn(arn(cx, &known.id)).send().await.or_none()?;
        let properties = Self {
            deletion_protection_enabled: group.deletion_protection_enabled,
            kms_key_id: kms::as_declared(known.last.kms_key_id.as_deref(), group.kms_key_id),
            log_group_class: group.log_group_class.map(|class| class.as_str().to_owned()),
            log_group_name: group.log_group_name,
            retention_in_days: group.retention_in_days,
            tags: Tags::read(tags.and_then(|answer| answer.tags).unwrap_or_default()),
        };
        Ok(Found::ready(properties, outputs(cx, &known.id)))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.logs.delete_log_group().log_group_name(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(self.name(cx))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

impl LogGroup {
    fn name(&self, cx: &Context) -> String {
        self.log_group_name.clone().unwrap_or_else(|| cx.name(NAMES))
    }
}

/// The ARN of the group itself, as tags take it.
fn arn(cx: &Context, name: &str) -> String {
    cx.arn("logs", &format!("log-group:{name}"))
}

/// CloudFormation's `Arn` means the group with all its streams.
fn outputs(cx: &Context, name: &str) -> Json {
    json!({"Arn": format!("{}:*", arn(cx, name)), "LogGroupName": name})
}

/// Reads a group. CloudWatch Logs lists groups by the prefix of their names.
async fn describe(cx: &Context, name: &str) -> Result<Live> {
    let mut pages = cx.logs.describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    while let Some(group) = pages.next().await.transpose()? {
        if group.log_group_name() == Some(name) {
            return Ok(group);
        }
    }
    Err(Error::not_found(format_args!("the log group {name}")))
}

/// The class of a group is chosen once.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
fn refuse_what_stays(changes: &Changes<'_, LogGroup>) -> Result<()> {
    let class = |group: &LogGroup| group.log_group_class.clone().unwrap_or_else(|| "STANDARD".to_owned());
    match changes.old.map(class) {
        Some(old) if old != class(changes.new) => Err(Error::invalid(format!(
            "LogGroupClass of a log group cannot be changed from `{old}` to `{}`: declare a new group under another name",
            class(changes.new)
        ))),
        _ => Ok(()),
    }
}

async fn retag(changes: &Changes<'_, LogGroup>, cx: &Context, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().collect();
        cx.logs.tag_resource().resource_arn(arn(cx, id)).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.logs.untag_resource().resource_arn(arn(cx, id)).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}
