//! Resources that make EC2 refuse a deletion with `DependencyViolation`.

use aws_sdk_ec2::types::NetworkInterface;

use super::filter;
use crate::error::Result;
use crate::handler::Context;

/// The network interfaces for which the filter `name` has this value, as in
/// `network interface eni-1 (ELB app/shop/50dc6c495c0c9188, in-use)`.
///
/// Services put their name into the description of what they create: `ELB app/…`, `AWS Lambda VPC ENI-…`,
/// `Interface for NAT Gateway nat-…`, `RDSNetworkInterface`, `VPC Endpoint Interface vpce-…`.
pub(super) async fn interfaces(cx: &Context, name: &str, value: &str) -> Result<Vec<String>> {
    Ok(described(cx, name, value).await?.iter().map(interface).collect())
}

/// The network interfaces of a VPC that have a public address.
pub(super) async fn public_interfaces(cx: &Context, vpc: &str) -> Result<Vec<String>> {
    let all = described(cx, "vpc-id", vpc).await?;
    let public = all.iter().filter(|it| it.association().is_some_and(|association| association.public_ip().is_some()));
    Ok(public.map(interface).collect())
}

async fn described(cx: &Context, name: &str, value: &str) -> Result<Vec<NetworkInterface>> {
    let described = cx.ec2.describe_network_interfaces().filters(filter((name, value))).send().await?;
    Ok(described.network_interfaces.unwrap_or_default())
}

fn interface(interface: &NetworkInterface) -> String {
    let instance = interface.attachment().and_then(|attachment| attachment.instance_id());
    let instance = instance.map(|id| format!("instance {id}"));
    let description = interface.description().filter(|text| !text.is_empty()).map(str::to_owned);
    let requester = interface.requester_id().map(|id| format!("requested by {id}"));
    let owner = instance.or(description).or(requester);
    let state = interface.status().map(|status| status.as_str().to_owned());
    let about: Vec<_> = owner.into_iter().chain(state).collect();
    format!("network interface {} ({})", interface.network_interface_id().unwrap_or_default(), about.join(", "))
}

/// The groups whose rules name the group `id` as a peer.
pub(super) async fn referring_groups(cx: &Context, id: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let described = cx.ec2.describe_security_groups().filters(filter((name, id))).send().await?;
        let groups = described.security_groups.unwrap_or_default().into_iter().filter_map(|group| group.group_id);
        found.extend(groups.filter(|group| group != id).map(|group| format!("a rule of security group {group}")));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Returns the resources in a VPC that EC2 does not delete with it, that is, all except its main route table, its
/// default network ACL and its default security group.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html>
pub(super) async fn inside_vpc(cx: &Context, vpc: &str) -> Result<Vec<String>> {
    let of = |name| filter((name, vpc));
    let mut found = Vec::new();
    let answer = cx.ec2.describe_subnets().filters(of("vpc-id")).send().await?;
    let subnets = answer.subnets.unwrap_or_default().into_iter().filter_map(|it| it.subnet_id);
    found.extend(subnets.map(|id| format!("subnet {id}")));
    let answer = cx.ec2.describe_security_groups().filters(of("vpc-id")).send().await?;
    let groups = answer.security_groups.unwrap_or_default().into_iter();
    let groups = groups.filter(|group| group.group_name() != Some("default")).filter_map(|it| it.group_id);
    found.extend(groups.map(|id| format!("security group {id}")));
    let answer = cx.ec2.describe_internet_gateways().filters(of("attachment.vpc-id")).send().await?;
    let gateways = answer.internet_gateways.unwrap_or_default().into_iter().filter_map(|it| it.internet_gateway_id);
    found.extend(gateways.map(|id| format!("internet gateway {id}")));
    let answer = cx.ec2.describe_vpc_endpoints().filters(of("vpc-id")).send().await?;
    let endpoints = answer.vpc_endpoints.unwrap_or_default().into_iter().filter_map(|it| it.vpc_endpoint_id);
    found.extend(endpoints.map(|id| format!("endpoint {id}")));
    let answer = cx.ec2.describe_route_tables().filters(of("vpc-id")).send().await?;
    let tables = answer.route_tables.unwrap_or_default().into_iter();
    let tables = tables.filter(|table| !table.associations().iter().any(|it| it.main() == Some(true)));
    found.extend(tables.filter_map(|it| it.route_table_id).map(|id| format!("route table {id}")));
    let answer = cx.ec2.describe_network_acls().filters(of("vpc-id")).send().await?;
    let acls = answer.network_acls.unwrap_or_default().into_iter().filter(|acl| acl.is_default() != Some(true));
    found.extend(acls.filter_map(|it| it.network_acl_id).map(|id| format!("network ACL {id}")));
    found.extend(interfaces(cx, "vpc-id", vpc).await?);
    Ok(found)
}
