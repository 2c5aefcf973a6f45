//! `AWS::EC2::*`.

mod egress_only_internet_gateway;
mod eip;
mod holders;
mod internet_gateway;
mod nat_gateway;
mod route;
mod route_table;
mod rule;
mod security_group;
mod security_group_egress;
mod security_group_ingress;
mod subnet;
mod subnet_route_table_association;
mod vpc;
mod vpc_cidr_block;
mod vpc_endpoint;
mod vpc_gateway_attachment;

use std::str::FromStr;

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};
pub(crate) use egress_only_internet_gateway::EgressOnlyInternetGateway;
pub(crate) use eip::Eip;
pub(crate) use internet_gateway::InternetGateway;
pub(crate) use nat_gateway::NatGateway;
pub(crate) use route::Route;
pub(crate) use route_table::RouteTable;
pub(crate) use security_group::SecurityGroup;
pub(crate) use security_group_egress::SecurityGroupEgress;
pub(crate) use security_group_ingress::SecurityGroupIngress;
pub(crate) use subnet::Subnet;
pub(crate) use subnet_route_table_association::SubnetRouteTableAssociation;
pub(crate) use vpc::Vpc;
pub(crate) use vpc_cidr_block::VpcCidrBlock;
pub(crate) use vpc_endpoint::VpcEndpoint;
pub(crate) use vpc_gateway_attachment::VpcGatewayAttachment;

use groundplan_core::IpNet;

use crate::error::Result;
use crate::handler::{Changes, Context, Handler};
use crate::tags::{TOKEN, Tags};

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// The tags of a create call, those of identity included.
fn tagged(cx: &Context, resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(cx.tags(tags, tag))).build()
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default();
    Tags::read_optional(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Brings the tags of the resource `id` up to date.
async fn retag<H: Handler>(changes: &Changes<'_, H>, cx: &Context, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect();
        cx.ec2.create_tags().resources(id).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        let removed = tags.removed.into_iter().map(|key| Tag::builder().key(key).build()).collect();
        cx.ec2.delete_tags().resources(id).set_tags(Some(removed)).send().await?;
    }
    Ok(())
}

/// The identifiers of the resources that carry this creation's token, which is one creation's
/// alone.
async fn find_by_token(cx: &Context) -> Result<Vec<String>> {
    let filters = [("key", TOKEN), ("value", &cx.token)];
    let found = cx.ec2.describe_tags().set_filters(Some(filters.map(filter).into())).send().await?;
    Ok(found.tags.unwrap_or_default().into_iter().filter_map(|tag| tag.resource_id).collect())
}

pub(crate) fn filter((name, value): (&str, &str)) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// An address block in EC2's normal form, in which host bits are zero; other text as it is.
fn normal_block(text: &str) -> String {
    IpNet::from_str(text).map_or_else(|_| text.to_owned(), |block| block.trunc().to_string())
}

/// The block that EC2 keeps, in the words of the declaration where they mean the same: CreateVpc,
/// CreateSubnet and CreateRoute turn `100.68.0.18/18` into `100.68.0.0/18`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>
fn declared_block(declared: Option<&str>, live: Option<String>) -> Option<String> {
    let same = live.as_deref().zip(declared).filter(|(live, declared)| normal_block(live) == normal_block(declared));
    same.map(|(_, declared)| declared.to_owned()).or(live)
}

fn flag(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// Returns a state of AWS as text.
fn state<T: AsRef<str>>(state: Option<&T>) -> &str {
    state.map_or("unknown", AsRef::as_ref)
}

/// The default security group of a VPC.
pub(crate) async fn default_group(cx: &Context, vpc: &str) -> Result<Option<String>> {
    let filters = [("vpc-id", vpc), ("group-name", "default")].map(filter).into();
    let answer = cx.ec2.describe_security_groups().set_filters(Some(filters)).send().await?;
    Ok(answer.security_groups.unwrap_or_default().into_iter().find_map(|group| group.group_id))
}
