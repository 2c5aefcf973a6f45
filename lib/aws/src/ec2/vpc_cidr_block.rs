//! `AWS::EC2::VPCCidrBlock`

use aws_sdk_ec2::types::VpcCidrBlockState;
use groundplan_core::IpNet;
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{declared_block, filter, normal_block, state};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required, single};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct VpcCidrBlock {
    amazon_provided_ipv6_cidr_block: Option<bool>,
    cidr_block: Option<String>,
    ipv6_cidr_block: Option<String>,
    ipv6_cidr_block_network_border_group: Option<String>,
    ipv6_pool: Option<String>,
    vpc_id: String,
}

impl Handler for VpcCidrBlock {
    const TYPE: &'static str = "AWS::EC2::VPCCidrBlock";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .associate_vpc_cidr_block()
            .vpc_id(&self.vpc_id)
            .set_amazon_provided_ipv6_cidr_block(self.amazon_provided_ipv6_cidr_block)
            .set_cidr_block(self.cidr_block.clone())
            .set_ipv6_cidr_block(self.ipv6_cidr_block.clone())
            .set_ipv6_cidr_block_network_border_group(self.ipv6_cidr_block_network_border_group.clone())
            .set_ipv6_pool(self.ipv6_pool.clone())
            .send()
            .await?;
        let ipv4 = created.cidr_block_association.and_then(|it| it.association_id);
        let ipv6 = created.ipv6_cidr_block_association.and_then(|it| it.association_id);
        let id = required(ipv4.or(ipv6), "associationId")?;
        Ok(accepted(format!("{id}|{}", self.vpc_id), json!({"Id": id, "VpcId": self.vpc_id})))
    }

    async fn update(_: &Changes<'_, Self>, _: &Context, _: &str) -> Result<()> {
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [id, vpc] = known.parts()?;
        let blocks = blocks(cx, vpc).await?;
        let block = blocks.into_iter().find(|block| block.id == id).ok_or_else(|| Error::not_found(id))?;
        let outputs = json!({
            "Id": id,
            "VpcId": vpc,
            "CidrBlock": block.properties.cidr_block,
            "Ipv6CidrBlock": block.properties.ipv6_cidr_block,
            "IpSource": block.ip_source,
            "Ipv6AddressAttribute": block.address_attribute,
        });
        let last = &known.last;
        let properties = Self {
            cidr_block: declared_block(last.cidr_block.as_deref(), block.properties.cidr_block),
            ipv6_cidr_block: declared_block(last.ipv6_cidr_block.as_deref(), block.properties.ipv6_cidr_block),
            ..block.properties
        };
        Ok(Found::ready(properties, outputs).is(block.readiness))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [id, _] = known.parts()?;
        cx.ec2.disassociate_vpc_cidr_block().association_id(id).send().await?;
        Ok(Deletion::Pending)
    }

    /// The subnets in it: "The vpc … currently has a subnet within CIDR block …".
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateVpcCidrBlock.html>
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let [id, vpc] = known.parts()?;
        let own = blocks(cx, vpc).await?.into_iter().find(|block| block.id == id).map(|block| block.properties);
        let own = own.and_then(|own| own.cidr_block.or(own.ipv6_cidr_block)).and_then(|own| own.parse::<IpNet>().ok());
        let Some(own) = own else { return Ok(Vec::new()) };
        let is_inside = |block: &str| block.parse::<IpNet>().is_ok_and(|block| own.contains(&block));
        let described = cx.ec2.describe_subnets().filters(filter(("vpc-id", vpc))).send().await?;
        let subnets = described.subnets.unwrap_or_default().into_iter().filter(|subnet| {
            let ipv6 = subnet.ipv6_cidr_block_association_set().iter().filter_map(|it| it.ipv6_cidr_block());
            subnet.cidr_block().into_iter().chain(ipv6).any(is_inside)
        });
        Ok(subnets.filter_map(|subnet| Some(format!("subnet {}", subnet.subnet_id?))).collect())
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let blocks = blocks(cx, &self.vpc_id).await?;
        // One that is going is of an earlier generation.
        let stays = |block: &Block| block.readiness != Readiness::Pending("disassociating".to_owned());
        // A VPC has one block of Amazon's in each network border group; the region is one, too.
        let group = self.ipv6_cidr_block_network_border_group.as_ref().unwrap_or(&cx.address.environment.region);
        let in_group =
            |live: &Self| live.ipv6_cidr_block_network_border_group.as_ref().is_none_or(|live| live == group);
        let ours = blocks.into_iter().filter(stays).filter(|block| {
            let live = &block.properties;
            match self {
                Self { cidr_block: Some(block), .. } => is_same(live.cidr_block.as_deref(), block),
                Self { ipv6_cidr_block: Some(block), .. } => is_same(live.ipv6_cidr_block.as_deref(), block),
                Self { ipv6_pool: Some(pool), .. } => live.ipv6_pool.as_ref() == Some(pool),
                _ => live.amazon_provided_ipv6_cidr_block == Some(true) && in_group(live),
            }
        });
        Ok(ours.map(|block| format!("{}|{}", block.id, self.vpc_id)).collect())
    }
}

fn is_same(live: Option<&str>, declared: &str) -> bool {
    live.is_some_and(|live| normal_block(live) == normal_block(declared))
}

struct Block {
    id: String,
    properties: VpcCidrBlock,
    ip_source: Option<String>,
    address_attribute: Option<String>,
    readiness: Readiness,
}

/// Returns the blocks of a VPC, without removed ones, which EC2 describes for a while.
async fn blocks(cx: &Context, vpc: &str) -> Result<Vec<Block>> {
    let described = cx.ec2.describe_vpcs().vpc_ids(vpc).send().await?;
    let live = single(described.vpcs, vpc)?;
    let ipv4 = live.cidr_block_association_set.unwrap_or_default().into_iter().filter_map(|block| {
        let readiness = readiness(block.cidr_block_state())?;
        let properties =
            VpcCidrBlock { cidr_block: block.cidr_block, vpc_id: vpc.to_owned(), ..VpcCidrBlock::default() };
        Some(Block { id: block.association_id?, properties, ip_source: None, address_attribute: None, readiness })
    });
    let ipv6 = live.ipv6_cidr_block_association_set.unwrap_or_default().into_iter().filter_map(|block| {
        let readiness = readiness(block.ipv6_cidr_block_state())?;
        // Emulators and older regions name no pool for a block of Amazon's.
        let amazon = block.ipv6_pool.as_deref().is_none_or(|pool| pool == "Amazon" || pool.is_empty());
        let properties = VpcCidrBlock {
            amazon_provided_ipv6_cidr_block: Some(amazon),
            cidr_block: None,
            ipv6_cidr_block: block.ipv6_cidr_block,
            ipv6_cidr_block_network_border_group: block.network_border_group,
            ipv6_pool: block.ipv6_pool.filter(|_| !amazon),
            vpc_id: vpc.to_owned(),
        };
        let ip_source = block.ip_source.map(|source| source.as_str().to_owned());
        let address_attribute = block.ipv6_address_attribute.map(|attribute| attribute.as_str().to_owned());
        Some(Block { id: block.association_id?, properties, ip_source, address_attribute, readiness })
    });
    Ok(ipv4.chain(ipv6).collect())
}

/// Returns the readiness of a block; `None` if it was removed.
fn readiness(block: Option<&VpcCidrBlockState>) -> Option<Readiness> {
    match state(block.and_then(|state| state.state())) {
        "disassociated" => None,
        failed @ ("failed" | "failing") => {
            let message = block.and_then(|state| state.status_message()).unwrap_or(failed);
            Some(Readiness::Failed(message.to_owned()))
        }
        other => Some(Readiness::when(other, "associated")),
    }
}
