//! `AWS::EC2::RouteTable`

use aws_sdk_ec2::types::ResourceType;
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{find_by_token, read_tags, retag, tagged};
use crate::error::Result;
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RouteTable {
    #[serde(default)]
    tags: Tags,
    vpc_id: String,
}

impl Handler for RouteTable {
    const TYPE: &'static str = "AWS::EC2::RouteTable";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_route_table()
            .vpc_id(&self.vpc_id)
            .client_token(&cx.token)
            .tag_specifications(tagged(cx, ResourceType::RouteTable, &self.tags))
            .send()
            .await?;
        let id = required(created.route_table.and_then(|table| table.route_table_id), "routeTableId")?;
        Ok(accepted(&id, json!({"RouteTableId": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.ec2.describe_route_tables().route_table_ids(&known.id).send().await?;
        let table = single(described.route_tables, &known.id)?;
        let properties = Self { tags: read_tags(table.tags), vpc_id: required(table.vpc_id, "vpcId")? };
        Ok(Found::ready(properties, json!({"RouteTableId": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_route_table().route_table_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let described = cx.ec2.describe_route_tables().route_table_ids(&known.id).send().await?;
        let table = single(described.route_tables, &known.id)?;
        let uses = table.associations().iter().filter_map(|it| it.subnet_id().or(it.gateway_id()));
        Ok(uses.map(|id| format!("its association with {id}")).collect())
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}
