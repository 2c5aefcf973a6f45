//! `AWS::RDS::*`.

mod db_instance;
mod db_parameter_group;
mod db_subnet_group;
mod holders;
mod parameter_changes;

#[cfg(test)]
mod replay_tests;

use aws_sdk_rds::types::Tag;
pub(crate) use db_instance::DbInstance;
pub(crate) use db_parameter_group::DbParameterGroup;
pub(crate) use db_subnet_group::DbSubnetGroup;
pub(crate) use parameter_changes::{ParameterChanges, of_cluster, require_complete_for};

use crate::error::Result;
use crate::handler::{Changes, Context, Handler};
use crate::tags::Tags;

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default();
    Tags::read_optional(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// The tags of what describe calls give no tags of.
async fn list_tags(cx: &Context, arn: &str) -> Result<Tags> {
    Ok(read_tags(cx.rds.list_tags_for_resource().resource_name(arn).send().await?.tag_list))
}

async fn retag<H: Handler>(changes: &Changes<'_, H>, cx: &Context, arn: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect();
        cx.rds.add_tags_to_resource().resource_name(arn).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.rds.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}
