//! `AWS::EC2::Subnet`

use aws_sdk_ec2::types::{HostnameType, ResourceType, Subnet as Live, SubnetIpv6CidrBlockAssociation};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{declared_block, filter, find_by_token, flag, holders, normal_block, read_tags, retag, state, tagged};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Subnet {
    assign_ipv6_address_on_creation: Option<bool>,
    availability_zone: Option<String>,
    availability_zone_id: Option<String>,
    cidr_block: Option<String>,
    enable_dns64: Option<bool>,
    ipv6_cidr_block: Option<String>,
    ipv6_native: Option<bool>,
    map_public_ip_on_launch: Option<bool>,
    private_dns_name_options_on_launch: Option<PrivateDnsNameOptions>,
    #[serde(default)]
    tags: Tags,
    vpc_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PrivateDnsNameOptions {
    #[serde(rename = "EnableResourceNameDnsAAAARecord")]
    enable_resource_name_dns_aaaa_record: Option<bool>,
    enable_resource_name_dns_a_record: Option<bool>,
    hostname_type: Option<String>,
}

impl Handler for Subnet {
    const TYPE: &'static str = "AWS::EC2::Subnet";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_subnet()
            .vpc_id(&self.vpc_id)
            .set_availability_zone(self.availability_zone.clone())
            .set_availability_zone_id(self.availability_zone_id.clone())
            .set_cidr_block(self.cidr_block.clone())
            .set_ipv6_cidr_block(self.ipv6_cidr_block.clone())
            .set_ipv6_native(self.ipv6_native)
            .tag_specifications(tagged(cx, ResourceType::Subnet, &self.tags))
            .send()
            .await?;
        let subnet = required(created.subnet, "subnet")?;
        let id = required(subnet.subnet_id, "subnetId")?;
        let outputs = json!({
            "SubnetId": id,
            "VpcId": subnet.vpc_id,
            "CidrBlock": subnet.cidr_block,
            "AvailabilityZone": subnet.availability_zone,
            "AvailabilityZoneId": subnet.availability_zone_id,
        });
        Ok(accepted(id, outputs))
    }

    /// Each call of ModifySubnetAttribute takes one attribute.
    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let modify = || cx.ec2.modify_subnet_attribute().subnet_id(id);
        let mut assign = changes.or_default(|subnet| &subnet.assign_ipv6_address_on_creation, false);
        let mut dns64 = changes.or_default(|subnet| &subnet.enable_dns64, false);
        if let Some(block) = changes.after_create(|subnet| &subnet.ipv6_cidr_block) {
            let live = replace_ipv6(cx, id, block.as_deref()).await?;
            // What the old block stood in the way of was turned off with it.
            let differing = |new: Option<bool>, live: Option<bool>| {
                let new = new.unwrap_or_default();
                (live.unwrap_or_default() != new).then_some(new)
            };
            assign = differing(changes.new.assign_ipv6_address_on_creation, live.assign_ipv6_address_on_creation);
            dns64 = differing(changes.new.enable_dns64, live.enable_dns64);
        } else if changes.new.ipv6_cidr_block.is_some() && changes.old.is_none() {
            has_ipv6(&describe(cx, id).await?, id)?;
        }
        if let Some(on) = changes.or_default(|subnet| &subnet.map_public_ip_on_launch, false) {
            modify().map_public_ip_on_launch(flag(on)).send().await?;
        }
        if let Some(on) = assign {
            modify().assign_ipv6_address_on_creation(flag(on)).send().await?;
        }
        if let Some(on) = dns64 {
            modify().enable_dns64(flag(on)).send().await?;
        }
        if let Some(options) = changes.of(|subnet| &subnet.private_dns_name_options_on_launch) {
            let old = changes.old.and_then(|subnet| subnet.private_dns_name_options_on_launch.clone());
            let (new, old) = (options.clone().unwrap_or_default(), old.unwrap_or_default());
            // What a subnet has by itself depends on its blocks, and not every one takes each of these, off as well.
            // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html>
            let or_off = |new: Option<bool>, old: Option<bool>| (new != old).then(|| new.unwrap_or_default());
            if let Some(kind) = new.hostname_type.as_deref().filter(|kind| Some(*kind) != old.hostname_type.as_deref())
            {
                modify().private_dns_hostname_type_on_launch(HostnameType::from(kind)).send().await?;
            }
            if let Some(a) = or_off(new.enable_resource_name_dns_a_record, old.enable_resource_name_dns_a_record) {
                modify().enable_resource_name_dns_a_record_on_launch(flag(a)).send().await?;
            }
            let (new, old) = (new.enable_resource_name_dns_aaaa_record, old.enable_resource_name_dns_aaaa_record);
            if let Some(aaaa) = or_off(new, old) {
                modify().enable_resource_name_dns_aaaa_record_on_launch(flag(aaaa)).send().await?;
            }
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let subnet = describe(cx, id).await?;
        let readiness = Readiness::when(state(subnet.state.as_ref()), "available");
        let blocks = associated(subnet.ipv6_cidr_block_association_set());
        let acl = if readiness == Readiness::Ready { acl_association(cx, id).await? } else { None };
        let outputs = json!({
            "SubnetId": id,
            "VpcId": subnet.vpc_id,
            "CidrBlock": subnet.cidr_block,
            "Ipv6CidrBlocks": blocks.iter().map(|block| block.ipv6_cidr_block()).collect::<Vec<_>>(),
            "AvailabilityZone": subnet.availability_zone,
            "AvailabilityZoneId": subnet.availability_zone_id,
            "NetworkAclAssociationId": acl,
            "OutpostArn": subnet.outpost_arn,
        });
        let options = subnet.private_dns_name_options_on_launch.as_ref().map(|options| PrivateDnsNameOptions {
            enable_resource_name_dns_a_record: options.enable_resource_name_dns_a_record,
            enable_resource_name_dns_aaaa_record: options.enable_resource_name_dns_aaaa_record,
            hostname_type: options.hostname_type.as_ref().map(|kind| kind.as_str().to_owned()),
        });
        let ipv6 = blocks.first().and_then(|block| block.ipv6_cidr_block.clone());
        let last = &known.last;
        let properties = Self {
            assign_ipv6_address_on_creation: subnet.assign_ipv6_address_on_creation,
            ipv6_cidr_block: declared_block(last.ipv6_cidr_block.as_deref(), ipv6),
            availability_zone: subnet.availability_zone,
            availability_zone_id: subnet.availability_zone_id,
            cidr_block: declared_block(last.cidr_block.as_deref(), subnet.cidr_block),
            enable_dns64: subnet.enable_dns64,
            ipv6_native: subnet.ipv6_native,
            map_public_ip_on_launch: subnet.map_public_ip_on_launch,
            private_dns_name_options_on_launch: options,
            tags: read_tags(subnet.tags),
            vpc_id: required(subnet.vpc_id, "vpcId")?,
        };
        Ok(Found::ready(properties, outputs).is(readiness))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_subnet().subnet_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        holders::interfaces(cx, "subnet-id", &known.id).await
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

async fn describe(cx: &Context, id: &str) -> Result<Live> {
    single(cx.ec2.describe_subnets().subnet_ids(id).send().await?.subnets, id)
}

/// Makes this the IPv6 block of a subnet, which has one at a time, and returns the subnet. A block with assigned
/// addresses or with DNS64 cannot be removed; and the removal takes effect some time after the request, and only then
/// another block can be added. So this is repeated.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_subnet.go>
async fn replace_ipv6(cx: &Context, id: &str, wanted: Option<&str>) -> Result<Live> {
    let mut live = describe(cx, id).await?;
    let is_wanted =
        |block: &SubnetIpv6CidrBlockAssociation| block.ipv6_cidr_block().map(normal_block) == wanted.map(normal_block);
    let blocks = associated(live.ipv6_cidr_block_association_set());
    let unwanted: Vec<_> = blocks.into_iter().filter(|block| !is_wanted(block)).cloned().collect();
    if !unwanted.is_empty() {
        let modify = || cx.ec2.modify_subnet_attribute().subnet_id(id);
        if live.assign_ipv6_address_on_creation == Some(true) {
            modify().assign_ipv6_address_on_creation(flag(false)).send().await?;
        }
        if live.enable_dns64 == Some(true) {
            modify().enable_dns64(flag(false)).send().await?;
        }
        for block in unwanted {
            cx.ec2.disassociate_subnet_cidr_block().set_association_id(block.association_id).send().await?;
        }
        live = describe(cx, id).await?;
    }
    if live.ipv6_cidr_block_association_set().iter().any(|block| block_state(block) == "disassociating") {
        return Err(Error::new(ErrorClass::Propagating, format!("the IPv6 block of {id} is not gone yet")));
    }
    let Some(wanted) = wanted else { return Ok(live) };
    if associated(live.ipv6_cidr_block_association_set()).is_empty() {
        cx.ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(wanted).send().await?;
        live = describe(cx, id).await?;
    }
    has_ipv6(&live, id)?;
    Ok(live)
}

/// Address assignment, DNS64 and AAAA records are refused until the block is associated.
fn has_ipv6(subnet: &Live, id: &str) -> Result<()> {
    if subnet.ipv6_cidr_block_association_set().iter().any(|block| block_state(block) == "associated") {
        return Ok(());
    }
    Err(Error::new(ErrorClass::Propagating, format!("the IPv6 block of {id} is not associated yet")))
}

fn block_state(block: &SubnetIpv6CidrBlockAssociation) -> &str {
    state(block.ipv6_cidr_block_state().and_then(|state| state.state()))
}

fn associated(blocks: &[SubnetIpv6CidrBlockAssociation]) -> Vec<&SubnetIpv6CidrBlockAssociation> {
    let is_associated =
        |block: &&SubnetIpv6CidrBlockAssociation| matches!(block_state(block), "associated" | "associating");
    blocks.iter().filter(is_associated).collect()
}

async fn acl_association(cx: &Context, id: &str) -> Result<Option<String>> {
    let filters = filter(("association.subnet-id", id));
    let answer = cx.ec2.describe_network_acls().filters(filters).send().await?;
    let associations = answer.network_acls.unwrap_or_default().into_iter();
    let mut associations = associations.flat_map(|acl| acl.associations.unwrap_or_default());
    let ours = associations.find(|association| association.subnet_id() == Some(id));
    Ok(ours.and_then(|association| association.network_acl_association_id))
}
