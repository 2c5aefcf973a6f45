//! Resources that use a group, so that RDS refuses to delete it.

use aws_sdk_rds::types::{DbCluster, DbInstance};

use crate::error::Result;
use crate::handler::Context;

/// The databases and clusters that a subnet group is for.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html>
pub(super) async fn of_subnet_group(cx: &Context, name: &str) -> Result<Vec<String>> {
    let is_in = |it: &DbInstance| it.db_subnet_group().and_then(|group| group.db_subnet_group_name()) == Some(name);
    let mut found = instances(cx, is_in).await?;
    let clusters = cx.rds.describe_db_clusters().into_paginator().items().send();
    let clusters: Vec<DbCluster> = clusters.try_collect().await?;
    let clusters = clusters.iter().filter(|it| it.db_subnet_group() == Some(name));
    found.extend(clusters.map(|it| format!("cluster {}", it.db_cluster_identifier().unwrap_or_default())));
    Ok(found)
}

/// The databases that use a parameter group, or are to use it after their next reboot.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBParameterGroup.html>
pub(super) async fn of_parameter_group(cx: &Context, name: &str) -> Result<Vec<String>> {
    let uses = |it: &DbInstance| it.db_parameter_groups().iter().any(|it| it.db_parameter_group_name() == Some(name));
    instances(cx, uses).await
}

async fn instances(cx: &Context, holds: impl Fn(&DbInstance) -> bool) -> Result<Vec<String>> {
    let instances = cx.rds.describe_db_instances().into_paginator().items().send();
    let instances: Vec<DbInstance> = instances.try_collect().await?;
    let holding = instances.iter().filter(|it| holds(it));
    Ok(holding.map(|it| format!("database {}", it.db_instance_identifier().unwrap_or_default())).collect())
}
