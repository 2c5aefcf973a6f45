//! `AWS::EC2::VPCEndpoint`

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, DnsRecordIpType, IpAddressType, ResourceType, VpcEndpoint as Live, VpcEndpointType,
};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Outputs};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{default_group, filter, find_by_token, read_tags, retag, state, tagged};
use crate::document;
use crate::error::{Error, Result, classify};
use crate::handler::{
    Changes, Context, Found, Handler, Known, Readiness, Removal, SetChanges, accepted, as_declared, required, single,
};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct VpcEndpoint {
    dns_options: Option<DnsOptions>,
    ip_address_type: Option<String>,
    policy_document: Option<Json>,
    private_dns_enabled: Option<bool>,
    route_table_ids: Option<Vec<String>>,
    security_group_ids: Option<Vec<String>>,
    service_name: String,
    service_region: Option<String>,
    subnet_ids: Option<Vec<String>>,
    #[serde(default)]
    tags: Tags,
    vpc_endpoint_type: Option<String>,
    vpc_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DnsOptions {
    dns_record_ip_type: Option<String>,
}

impl DnsOptions {
    fn specification(&self) -> DnsOptionsSpecification {
        let kind = self.dns_record_ip_type.as_deref().map(DnsRecordIpType::from);
        DnsOptionsSpecification::builder().set_dns_record_ip_type(kind).build()
    }
}

impl Handler for VpcEndpoint {
    const TYPE: &'static str = "AWS::EC2::VPCEndpoint";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .ec2
            .create_vpc_endpoint()
            .vpc_id(&self.vpc_id)
            .service_name(&self.service_name)
            .set_service_region(self.service_region.clone())
            .set_vpc_endpoint_type(self.vpc_endpoint_type.as_deref().map(VpcEndpointType::from))
            .set_policy_document(self.policy_document.as_ref().map(document::text))
            .set_private_dns_enabled(self.private_dns())
            .set_ip_address_type(self.ip_address_type.as_deref().map(IpAddressType::from))
            .set_dns_options(self.dns_options.as_ref().map(DnsOptions::specification))
            .set_route_table_ids(self.route_table_ids.clone())
            .set_security_group_ids(self.security_group_ids.clone())
            .set_subnet_ids(self.subnet_ids.clone())
            .client_token(&cx.token)
            .tag_specifications(tagged(cx, ResourceType::VpcEndpoint, &self.tags))
            .send()
            .await?;
        let id = required(created.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id), "vpcEndpointId")?;
        Ok(accepted(&id, json!({"Id": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let policy = changes.after_create(|endpoint| &endpoint.policy_document);
        let private_dns = changes.or_default(|endpoint| &endpoint.private_dns_enabled, false);
        let private_dns = private_dns.filter(|_| changes.old.is_some());
        // A call that leaves these out changes nothing of them, and EC2 has no documented default.
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html>
        let stays = |property| Removal::Refused(property, "its default depends on the service of the endpoint");
        let ip_type = changes.new_value(|endpoint| &endpoint.ip_address_type, stays("IpAddressType"))?;
        let dns = changes.new_value(|endpoint| &endpoint.dns_options, stays("DnsOptions"))?;
        let tables = changes.of_set(|endpoint| &endpoint.route_table_ids);
        let groups = groups(changes, cx, id).await?;
        let subnets = changes.of_set(|endpoint| &endpoint.subnet_ids);
        let sets_differ = [&tables, &groups, &subnets].iter().any(|set| !set.is_empty());
        if sets_differ || policy.is_some() || private_dns.is_some() || ip_type.is_some() || dns.is_some() {
            cx.ec2
                .modify_vpc_endpoint()
                .vpc_endpoint_id(id)
                .set_policy_document(policy.and_then(Option::as_ref).map(document::text))
                .set_reset_policy(policy.filter(|policy| policy.is_none()).map(|_| true))
                .set_private_dns_enabled(private_dns)
                .set_ip_address_type(ip_type.as_deref().map(IpAddressType::from))
                .set_dns_options(dns.as_ref().map(DnsOptions::specification))
                .set_add_route_table_ids(tables.added)
                .set_remove_route_table_ids(tables.removed)
                .set_add_security_group_ids(groups.added)
                .set_remove_security_group_ids(groups.removed)
                .set_add_subnet_ids(subnets.added)
                .set_remove_subnet_ids(subnets.removed)
                .send()
                .await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.ec2.describe_vpc_endpoints().vpc_endpoint_ids(&known.id).send().await?;
        let endpoint = single(described.vpc_endpoints, &known.id)?;
        let readiness = readiness(&endpoint)?;
        let outputs = outputs(&endpoint);
        let last = &known.last;
        let groups = endpoint.groups.unwrap_or_default().into_iter().filter_map(|group| group.group_id).collect();
        let dns = endpoint.dns_options.and_then(|options| options.dns_record_ip_type);
        let properties = Self {
            dns_options: dns.map(|kind| DnsOptions { dns_record_ip_type: Some(kind.as_str().to_owned()) }),
            ip_address_type: endpoint.ip_address_type.map(|kind| kind.as_str().to_owned()),
            policy_document: endpoint.policy_document.as_deref().map(document::parse),
            private_dns_enabled: endpoint.private_dns_enabled,
            route_table_ids: as_declared(&last.route_table_ids, endpoint.route_table_ids.unwrap_or_default()),
            security_group_ids: as_declared(&last.security_group_ids, groups),
            service_name: endpoint.service_name.unwrap_or_default(),
            service_region: endpoint.service_region,
            subnet_ids: as_declared(&last.subnet_ids, endpoint.subnet_ids.unwrap_or_default()),
            tags: read_tags(endpoint.tags),
            vpc_endpoint_type: endpoint.vpc_endpoint_type.map(|kind| kind.as_str().to_owned()),
            vpc_id: endpoint.vpc_id.unwrap_or_default(),
        };
        Ok(Found { properties, outputs, readiness })
    }

    /// The call succeeds where nothing was deleted, and says so in its answer.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let answer = cx.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&known.id).send().await?;
        let refused = answer.unsuccessful.unwrap_or_default().into_iter().find_map(|item| item.error);
        match refused {
            None => Ok(Deletion::Pending),
            Some(error) => {
                let (code, message) = (error.code.unwrap_or_default(), error.message.unwrap_or_default());
                // EC2 has no code of its own for it.
                let is_held = message.contains("must be removed from route table before deletion");
                let class = if is_held { ErrorClass::Conflict } else { classify(&code, &message, 400) };
                Err(Error::new(class, format!("{code}: {message}")))
            }
        }
    }

    /// The routes to the endpoint of a Gateway Load Balancer, which have to go before it. EC2 describes it as their
    /// gateway.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html>
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let in_vpc = filter(("vpc-id", known.last.vpc_id.as_str()));
        let described = cx.ec2.describe_route_tables().filters(in_vpc).send().await?;
        let mut found = Vec::new();
        for table in described.route_tables.unwrap_or_default() {
            let id = table.route_table_id().unwrap_or_default();
            let routes = table.routes().iter().filter(|route| route.gateway_id() == Some(known.id.as_str()));
            let targets = routes.filter_map(|it| it.destination_cidr_block().or(it.destination_ipv6_cidr_block()));
            found.extend(targets.map(|target| format!("the route to {target} of route table {id}")));
        }
        Ok(found)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

impl VpcEndpoint {
    /// Returns the setting of private names: EC2 turns those of an interface on by default, CloudFormation off.
    fn private_dns(&self) -> Option<bool> {
        let is_interface = self.vpc_endpoint_type.as_deref() == Some("Interface");
        self.private_dns_enabled.or(is_interface.then_some(false))
    }
}

/// The security groups to add and to remove. An endpoint for which none are declared has the default one of its VPC,
/// which is removed when others are declared, and is added again when they are no longer declared.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>
async fn groups(changes: &Changes<'_, VpcEndpoint>, cx: &Context, id: &str) -> Result<SetChanges> {
    let mut groups = changes.of_set(|endpoint| &endpoint.security_group_ids);
    let is_declared = |endpoint: &VpcEndpoint| endpoint.security_group_ids.as_ref().is_some_and(|ids| !ids.is_empty());
    match changes.old.map(|old| (is_declared(old), is_declared(changes.new))) {
        Some((false, true)) => {
            let default = default_group(cx, &changes.new.vpc_id).await?;
            let is_new = |id: &String| changes.new.security_group_ids.iter().flatten().any(|new| new == id);
            let described = cx.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send().await?;
            let live = single(described.vpc_endpoints, id)?.groups.unwrap_or_default();
            let live: Vec<_> = live.into_iter().filter_map(|group| group.group_id).collect();
            let added =
                groups.added.unwrap_or_default().into_iter().filter(|id| !live.contains(id)).collect::<Vec<_>>();
            let removed = live.iter().filter(|id| Some(*id) == default.as_ref() && !is_new(id)).cloned();
            let removed: Vec<_> = removed.collect();
            groups.added = (!added.is_empty()).then_some(added);
            groups.removed = (!removed.is_empty()).then_some(removed);
        }
        Some((true, false)) => groups.added = default_group(cx, &changes.new.vpc_id).await?.map(|id| vec![id]),
        _ => {}
    }
    Ok(groups)
}

fn outputs(endpoint: &Live) -> Outputs {
    let dns = endpoint.dns_entries().iter().map(|entry| {
        format!("{}:{}", entry.hosted_zone_id().unwrap_or_default(), entry.dns_name().unwrap_or_default())
    });
    accepted(
        "",
        json!({
            "Id": endpoint.vpc_endpoint_id,
            "CreationTimestamp": endpoint.creation_timestamp.map(|time| time.to_string()),
            "DnsEntries": dns.collect::<Vec<_>>(),
            "NetworkInterfaceIds": endpoint.network_interface_ids(),
        }),
    )
    .outputs
}

/// EC2 writes the states in lower case in some answers and capitalized in others.
fn readiness(endpoint: &Live) -> Result<Readiness> {
    match state(endpoint.state()).to_ascii_lowercase().as_str() {
        "deleted" => Err(Error::not_found("the VPC endpoint")),
        // Somebody else has to accept it; nothing here waits for that.
        "available" | "pendingacceptance" => Ok(Readiness::Ready),
        failed @ ("failed" | "rejected" | "expired") => {
            let error = endpoint.last_error().and_then(|error| error.message());
            let reason = endpoint.failure_reason().or(error).unwrap_or(failed);
            Ok(Readiness::Failed(reason.to_owned()))
        }
        other => Ok(Readiness::Pending(other.to_owned())),
    }
}
