//! `AWS::EC2::InternetGateway`

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
pub(crate) struct InternetGateway {
    #[serde(default)]
    tags: Tags,
}

impl Handler for InternetGateway {
    const TYPE: &'static str = "AWS::EC2::InternetGateway";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let tags = tagged(cx, ResourceType::InternetGateway, &self.tags);
        let created = cx.ec2.create_internet_gateway().tag_specifications(tags).send().await?;
        let id = created.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
        let id = required(id, "internetGatewayId")?;
        Ok(accepted(&id, json!({"InternetGatewayId": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.ec2.describe_internet_gateways().internet_gateway_ids(&known.id).send().await?;
        let gateway = single(described.internet_gateways, &known.id)?;
        Ok(Found::ready(Self { tags: read_tags(gateway.tags) }, json!({"InternetGatewayId": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_internet_gateway().internet_gateway_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let described = cx.ec2.describe_internet_gateways().internet_gateway_ids(&known.id).send().await?;
        let gateway = single(described.internet_gateways, &known.id)?;
        let vpcs = gateway.attachments().iter().filter_map(|attachment| attachment.vpc_id());
        Ok(vpcs.map(|vpc| format!("its attachment to {vpc}")).collect())
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}
