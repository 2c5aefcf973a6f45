//! `AWS::EC2::VPC`

use aws_sdk_ec2::types::{ResourceType, Tenancy, VpcAttributeName, VpcTenancy};
use futures::try_join;
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{declared_block, default_group, filter, find_by_token, flag, holders, read_tags, retag, state, tagged};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Vpc {
    cidr_block: Option<String>,
    enable_dns_hostnames: Option<bool>,
    enable_dns_support: Option<bool>,
    instance_tenancy: Option<String>,
    ipv4_ipam_pool_id: Option<String>,
    ipv4_netmask_length: Option<i32>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for Vpc {
    const TYPE: &'static str = "AWS::EC2::VPC";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_vpc()
            .set_cidr_block(self.cidr_block.clone())
            .set_instance_tenancy(self.instance_tenancy.as_deref().map(Tenancy::from))
            .set_ipv4_ipam_pool_id(self.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length(self.ipv4_netmask_length)
            .tag_specifications(tagged(cx, ResourceType::Vpc, &self.tags))
            .send()
            .await?;
        let vpc = required(created.vpc, "vpc")?;
        let id = required(vpc.vpc_id, "vpcId")?;
        Ok(accepted(&id, json!({"VpcId": id, "CidrBlock": vpc.cidr_block})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        // Host names need DNS support, so it comes first and goes last.
        let hostnames = changes.or_default(|vpc| &vpc.enable_dns_hostnames, false);
        let support = changes.or_default(|vpc| &vpc.enable_dns_support, true);
        let modify = || cx.ec2.modify_vpc_attribute().vpc_id(id);
        if let Some(true) = support {
            modify().enable_dns_support(flag(true)).send().await?;
        }
        if let Some(hostnames) = hostnames {
            modify().enable_dns_hostnames(flag(hostnames)).send().await?;
        }
        if let Some(false) = support {
            modify().enable_dns_support(flag(false)).send().await?;
        }
        match changes.after_create(|vpc| &vpc.instance_tenancy).map(Option::as_deref) {
            None => {}
            Some(None | Some("default")) => {
                cx.ec2.modify_vpc_tenancy().vpc_id(id).instance_tenancy(VpcTenancy::Default).send().await?;
            }
            Some(Some(other)) => {
                return Err(Error::invalid(format!("the tenancy of a VPC cannot be changed to `{other}`")));
            }
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let described = cx.ec2.describe_vpcs().vpc_ids(id).send().await?;
        let vpc = single(described.vpcs, id)?;
        let properties = Self {
            cidr_block: declared_block(known.last.cidr_block.as_deref(), vpc.cidr_block.clone()),
            instance_tenancy: vpc.instance_tenancy.map(|tenancy| tenancy.as_str().to_owned()),
            ipv4_ipam_pool_id: known.last.ipv4_ipam_pool_id.clone(),
            ipv4_netmask_length: known.last.ipv4_netmask_length,
            tags: read_tags(vpc.tags),
            ..Self::default()
        };
        let known_early = json!({"VpcId": id, "CidrBlock": vpc.cidr_block});
        let readiness = Readiness::when(state(vpc.state.as_ref()), "available");
        if readiness != Readiness::Ready {
            return Ok(Found::ready(properties, known_early).is(readiness));
        }
        let (hostnames, support, group, acl) = try_join!(
            attribute(cx, id, VpcAttributeName::EnableDnsHostnames),
            attribute(cx, id, VpcAttributeName::EnableDnsSupport),
            default_group(cx, id),
            default_acl(cx, id),
        )?;
        let ipv4 = vpc.cidr_block_association_set.unwrap_or_default();
        // Those that were given back are described for a while.
        let ipv4 = ipv4.iter().filter(|block| {
            let state = block.cidr_block_state().and_then(|state| state.state());
            state.is_none_or(|state| matches!(state.as_str(), "associated" | "associating"))
        });
        let ipv6 = vpc.ipv6_cidr_block_association_set.unwrap_or_default();
        let ipv6 = ipv6.iter().filter(|block| {
            block.ipv6_cidr_block_state().and_then(|state| state.state()).is_some_and(|it| it.as_str() == "associated")
        });
        let outputs = json!({
            "VpcId": id,
            "CidrBlock": vpc.cidr_block,
            "CidrBlockAssociations": ipv4.map(|block| block.association_id()).collect::<Vec<_>>(),
            "Ipv6CidrBlocks": ipv6.map(|block| block.ipv6_cidr_block()).collect::<Vec<_>>(),
            "DefaultSecurityGroup": group,
            "DefaultNetworkAcl": acl,
        });
        let (enable_dns_hostnames, enable_dns_support) = (hostnames, support);
        Ok(Found::ready(Self { enable_dns_hostnames, enable_dns_support, ..properties }, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_vpc().vpc_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        holders::inside_vpc(cx, &known.id).await
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

async fn attribute(cx: &Context, id: &str, name: VpcAttributeName) -> Result<Option<bool>> {
    let answer = cx.ec2.describe_vpc_attribute().vpc_id(id).attribute(name).send().await?;
    Ok(answer.enable_dns_hostnames.or(answer.enable_dns_support).and_then(|flag| flag.value))
}

async fn default_acl(cx: &Context, id: &str) -> Result<Option<String>> {
    let filters = [("vpc-id", id), ("default", "true")].map(filter).into();
    let answer = cx.ec2.describe_network_acls().set_filters(Some(filters)).send().await?;
    Ok(answer.network_acls.unwrap_or_default().into_iter().find_map(|acl| acl.network_acl_id))
}
