//! `AWS::ECS::*`.

mod cluster;
mod cluster_capacity_provider_associations;
mod container;
mod service;
mod task_definition;

#[cfg(test)]
mod replay_tests;
#[cfg(test)]
mod rollout_tests;

use aws_sdk_ecs::types::{CapacityProviderStrategyItem as LiveItem, ClusterField, Tag};
pub(crate) use cluster::Cluster;
pub(crate) use cluster_capacity_provider_associations::ClusterCapacityProviderAssociations;
pub(crate) use service::Service;
pub(crate) use task_definition::TaskDefinition;

use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Handler};
use crate::mirror::mirror;
use crate::tags::Tags;

mirror! {
    /// The share of the tasks that run on a capacity provider.
    CapacityProviderStrategyItem as LiveItem, ? {
        got base set_base: i32;
        got capacity_provider set_capacity_provider: String;
        got weight set_weight: i32;
    }
}

/// The state of a cluster or service that was deleted and is still described.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html>
const INACTIVE: &str = "INACTIVE";

/// A cluster that is not deleted, by its name or ARN.
async fn cluster(cx: &Context, name: &str) -> Result<aws_sdk_ecs::types::Cluster> {
    // What an answer holds beside the cluster has to be asked for (API_DescribeClusters).
    let include = [ClusterField::Attachments, ClusterField::Configurations, ClusterField::Settings, ClusterField::Tags];
    let call = cx.ecs.describe_clusters().clusters(name).set_include(Some(include.to_vec()));
    let described = call.send().await.or_none()?;
    let clusters = described.and_then(|described| described.clusters).unwrap_or_default();
    let found = clusters.into_iter().find(|cluster| cluster.status() != Some(INACTIVE));
    found.ok_or_else(|| Error::not_found(format!("the cluster {name}")))
}

/// Returns the text after the last `/`: the name of a cluster, and the family and revision of a task definition.
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default();
    Tags::read_optional(tags.iter().map(|tag| (tag.key(), tag.value())))
}

async fn retag<H: Handler>(changes: &Changes<'_, H>, cx: &Context, arn: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect();
        cx.ecs.tag_resource().resource_arn(arn).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.ecs.untag_resource().resource_arn(arn).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}
