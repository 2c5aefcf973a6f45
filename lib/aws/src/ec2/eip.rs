//! `AWS::EC2::EIP`

use aws_sdk_ec2::operation::release_address::ReleaseAddressError;
use aws_sdk_ec2::types::{DomainType, ResourceType};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{filter, holders, read_tags, retag, tagged};
use crate::error::{Meaning, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required, single};
use crate::tags::{TOKEN, Tags};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Eip {
    address: Option<String>,
    domain: Option<String>,
    ipam_pool_id: Option<String>,
    network_border_group: Option<String>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for Eip {
    const TYPE: &'static str = "AWS::EC2::EIP";

    const ERRORS: &'static [Meaning] = &[
        // EC2 answers so while something, or a NAT gateway that has just gone, still has the address. The
        // credentials' own lack of permission is `UnauthorizedOperation`.
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
        Meaning::of::<ReleaseAddressError>("AuthFailure", "", ErrorClass::Conflict),
        // Or it names the interface of that gateway, which is gone; the address is not released.
        // <https://github.com/hashicorp/terraform-provider-aws/issues/49299>
        Meaning::of::<ReleaseAddressError>("InvalidNetworkInterfaceID.NotFound", "", ErrorClass::Conflict),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .allocate_address()
            .domain(self.domain.as_deref().map_or(DomainType::Vpc, DomainType::from))
            .set_address(self.address.clone())
            .set_ipam_pool_id(self.ipam_pool_id.clone())
            .set_network_border_group(self.network_border_group.clone())
            .tag_specifications(tagged(cx, ResourceType::ElasticIp, &self.tags))
            .send()
            .await?;
        let allocation = required(created.allocation_id, "allocationId")?;
        let address = required(created.public_ip, "publicIp")?;
        let outputs = json!({"AllocationId": allocation, "PublicIp": address});
        Ok(accepted(format!("{address}|{allocation}"), outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        retag(changes, cx, id.rsplit('|').next().unwrap_or(id)).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [_, allocation] = known.parts()?;
        let described = cx.ec2.describe_addresses().allocation_ids(allocation).send().await?;
        let address = single(described.addresses, allocation)?;
        let outputs = json!({"AllocationId": allocation, "PublicIp": address.public_ip});
        let properties = Self {
            address: known.last.address.clone(),
            domain: address.domain.map(|domain| domain.as_str().to_owned()),
            ipam_pool_id: known.last.ipam_pool_id.clone(),
            network_border_group: address.network_border_group,
            tags: read_tags(address.tags),
        };
        Ok(Found::ready(properties, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [_, allocation] = known.parts()?;
        // Without its group, EC2 does not find an address of a Local Zone.
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html>
        let group = known.last.network_border_group.clone();
        cx.ec2.release_address().allocation_id(allocation).set_network_border_group(group).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let [_, allocation] = known.parts()?;
        holders::interfaces(cx, "association.allocation-id", allocation).await
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let ours = filter((&format!("tag:{TOKEN}"), &cx.token));
        let described = cx.ec2.describe_addresses().filters(ours).send().await?;
        let id = |address: &aws_sdk_ec2::types::Address| {
            Some(format!("{}|{}", address.public_ip()?, address.allocation_id()?))
        };
        Ok(described.addresses.unwrap_or_default().iter().filter_map(id).collect())
    }
}
