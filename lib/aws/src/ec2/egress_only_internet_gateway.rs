//! `AWS::EC2::EgressOnlyInternetGateway`

use aws_sdk_ec2::types::{AttachmentStatus, EgressOnlyInternetGateway as Live, ResourceType};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{find_by_token, read_tags, retag, state, tagged};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct EgressOnlyInternetGateway {
    #[serde(default)]
    tags: Tags,
    vpc_id: String,
}

impl Handler for EgressOnlyInternetGateway {
    const TYPE: &'static str = "AWS::EC2::EgressOnlyInternetGateway";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_egress_only_internet_gateway()
            .vpc_id(&self.vpc_id)
            .client_token(&cx.token)
            .tag_specifications(tagged(cx, ResourceType::EgressOnlyInternetGateway, &self.tags))
            .send()
            .await?;
        let id = created.egress_only_internet_gateway.and_then(|gateway| gateway.egress_only_internet_gateway_id);
        let id = required(id, "egressOnlyInternetGatewayId")?;
        Ok(accepted(&id, json!({"Id": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let ids = cx.ec2.describe_egress_only_internet_gateways().egress_only_internet_gateway_ids(&known.id);
        let gateway = single(ids.send().await?.egress_only_internet_gateways, &known.id)?;
        let (vpc_id, readiness) = attachment(&gateway)?;
        let properties = Self { tags: read_tags(gateway.tags), vpc_id };
        Ok(Found::ready(properties, json!({"Id": known.id})).is(readiness))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let call = cx.ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(&known.id);
        call.send().await?;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

/// Such a gateway lives and dies with its one attachment.
fn attachment(gateway: &Live) -> Result<(String, Readiness)> {
    let attachment = gateway.attachments().first();
    let gone = || Error::not_found("the attachment of the egress-only internet gateway");
    let attachment = attachment.filter(|it| it.state() != Some(&AttachmentStatus::Detached)).ok_or_else(gone)?;
    let readiness = Readiness::when(state(attachment.state()), "attached");
    Ok((required(attachment.vpc_id.clone(), "vpcId")?, readiness))
}
