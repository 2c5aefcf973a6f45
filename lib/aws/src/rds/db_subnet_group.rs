//! `AWS::RDS::DBSubnetGroup`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{holders, list_tags, retag, tag};
use crate::error::Result;
use crate::handler::{
    Changes, Context, Found, Handler, Known, Readiness, accepted, as_declared, in_declared_case, required, single,
};
use crate::name::NameRules;
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct DbSubnetGroup {
    #[serde(rename = "DBSubnetGroupDescription")]
    description: String,
    #[serde(rename = "DBSubnetGroupName")]
    name: Option<String>,
    subnet_ids: Option<Vec<String>>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for DbSubnetGroup {
    const TYPE: &'static str = "AWS::RDS::DBSubnetGroup";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .rds
            .create_db_subnet_group()
            .set_db_subnet_group_name(self.identifier(cx))
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(self.subnet_ids.clone())
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await?;
        let group = required(created.db_subnet_group, "DBSubnetGroup")?;
        let name = required(group.db_subnet_group_name, "DBSubnetGroupName")?;
        let outputs = json!({"DBSubnetGroupArn": group.db_subnet_group_arn, "DBSubnetGroupName": name});
        Ok(accepted(name, outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let description = changes.after_create(|group| &group.description);
        if description.is_some() || !changes.of_set(|group| &group.subnet_ids).is_empty() {
            cx.rds
                .modify_db_subnet_group()
                .db_subnet_group_name(id)
                .db_subnet_group_description(&changes.new.description)
                .set_subnet_ids(changes.new.subnet_ids.clone())
                .send()
                .await?;
        }
        retag(changes, cx, &cx.arn("rds", &format!("subgrp:{id}"))).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.rds.describe_db_subnet_groups().db_subnet_group_name(&known.id).send().await?;
        let group = single(described.db_subnet_groups, &known.id)?;
        let arn = required(group.db_subnet_group_arn, "DBSubnetGroupArn")?;
        let subnets = group.subnets.unwrap_or_default().into_iter().filter_map(|subnet| subnet.subnet_identifier);
        let properties = Self {
            description: group.db_subnet_group_description.unwrap_or_default(),
            name: in_declared_case(&known.last.name, group.db_subnet_group_name),
            subnet_ids: as_declared(&known.last.subnet_ids, subnets.collect()),
            tags: list_tags(cx, &arn).await?,
        };
        let status = group.subnet_group_status.as_deref().unwrap_or("Complete");
        let outputs = json!({"DBSubnetGroupArn": arn, "DBSubnetGroupName": known.id});
        Ok(Found::ready(properties, outputs).is(Readiness::when(status, "Complete")))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.rds.delete_db_subnet_group().db_subnet_group_name(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        holders::of_subnet_group(cx, &known.id).await
    }

    /// RDS folds names to lower case.
    fn identifier(&self, cx: &Context) -> Option<String> {
        let name = self.name.as_deref().map(str::to_ascii_lowercase);
        Some(name.unwrap_or_else(|| cx.name(NameRules::lowercase(255))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
