//! `AWS::EC2::NatGateway`

use aws_sdk_ec2::types::{ConnectivityType, NatGateway as Live, NatGatewayState, ResourceType};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{find_by_token, read_tags, retag, state, tagged};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct NatGateway {
    allocation_id: Option<String>,
    connectivity_type: Option<String>,
    private_ip_address: Option<String>,
    subnet_id: String,
    #[serde(default)]
    tags: Tags,
}

impl Handler for NatGateway {
    const TYPE: &'static str = "AWS::EC2::NatGateway";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_nat_gateway()
            .subnet_id(&self.subnet_id)
            .set_allocation_id(self.allocation_id.clone())
            .set_connectivity_type(self.connectivity_type.as_deref().map(ConnectivityType::from))
            .set_private_ip_address(self.private_ip_address.clone())
            .client_token(&cx.token)
            .tag_specifications(tagged(cx, ResourceType::Natgateway, &self.tags))
            .send()
            .await?;
        let id = required(created.nat_gateway.and_then(|gateway| gateway.nat_gateway_id), "natGatewayId")?;
        Ok(accepted(&id, json!({"NatGatewayId": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.ec2.describe_nat_gateways().nat_gateway_ids(&known.id).send().await?;
        let gateway = single(described.nat_gateways, &known.id)?;
        let readiness = readiness(&gateway)?;
        let addresses = gateway.nat_gateway_addresses.unwrap_or_default();
        let primary = addresses.iter().find(|address| address.is_primary.unwrap_or(true));
        let outputs = json!({
            "NatGatewayId": known.id,
            "EniId": primary.and_then(|address| address.network_interface_id()),
            "RouteTableId": gateway.route_table_id,
        });
        let properties = Self {
            allocation_id: primary.and_then(|address| address.allocation_id.clone()),
            connectivity_type: gateway.connectivity_type.map(|kind| kind.as_str().to_owned()),
            private_ip_address: primary.and_then(|address| address.private_ip.clone()),
            subnet_id: gateway.subnet_id.unwrap_or_default(),
            tags: read_tags(gateway.tags),
        };
        Ok(Found::ready(properties, outputs).is(readiness))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_nat_gateway().nat_gateway_id(&known.id).send().await?;
        Ok(Deletion::Pending)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

/// A deleted gateway is described for about an hour.
fn readiness(gateway: &Live) -> Result<Readiness> {
    match gateway.state() {
        Some(NatGatewayState::Deleted) => Err(Error::not_found("the NAT gateway")),
        Some(NatGatewayState::Failed) => {
            let reason = [gateway.failure_code(), gateway.failure_message()];
            Ok(Readiness::Failed(reason.into_iter().flatten().collect::<Vec<_>>().join(": ")))
        }
        other => Ok(Readiness::when(state(other), "available")),
    }
}
