//! `AWS::ElasticLoadBalancingV2::LoadBalancer`

use aws_sdk_ec2::types::ServiceConfiguration;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::CreateLoadBalancerError;
use aws_sdk_elasticloadbalancingv2::operation::modify_load_balancer_attributes::ModifyLoadBalancerAttributesError;
use aws_sdk_elasticloadbalancingv2::operation::set_subnets::SetSubnetsError;
use aws_sdk_elasticloadbalancingv2::types::{
    AvailabilityZone, IpAddressType, LoadBalancer as Live, LoadBalancerAttribute, LoadBalancerSchemeEnum,
    LoadBalancerStateEnum, LoadBalancerTypeEnum, SubnetMapping as Mapping,
};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass, Outputs};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::attribute::{self, Attribute, Defaults};
use super::{full_name, read_tags, retag, tag, with_token};
use crate::ec2::default_group;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, as_declared, required, single};
use crate::name::NameRules;
use crate::tags::Tags;

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
const NAMES: NameRules = super::NAMES.without("internal-");

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

/// Returns AWS's defaults by the kind of balancer. The number of additional addresses of a network load balancer in a
/// subnet cannot be lowered, so it has no default to return to.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-load-balancer-attributes.html>
fn defaults(kind: Option<&str>, scheme: Option<&str>) -> Defaults {
    let mut defaults = vec![("deletion_protection.enabled", "false")];
    if kind == Some("gateway") {
        defaults.push((CROSS_ZONE, "false"));
        return defaults;
    }
    let internal = if scheme == Some("internal") { "true" } else { "false" };
    defaults.extend([
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", ""),
        ("ipv6.deny_all_igw_traffic", internal),
        ("zonal_shift.config.enabled", "false"),
    ]);
    if kind == Some("network") {
        defaults.extend([("dns_record.client_routing_policy", "any_availability_zone"), (CROSS_ZONE, "false")]);
        return defaults;
    }
    defaults.extend([
        ("client_keep_alive.seconds", "3600"),
        ("connection_logs.s3.enabled", "false"),
        ("connection_logs.s3.prefix", ""),
        ("health_check_logs.s3.enabled", "false"),
        ("health_check_logs.s3.prefix", ""),
        ("idle_timeout.timeout_seconds", "60"),
        (CROSS_ZONE, "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("routing.http.drop_invalid_header_fields.enabled", "false"),
        ("routing.http.preserve_host_header.enabled", "false"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
        ("routing.http.xff_client_port.enabled", "false"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("routing.http2.enabled", "true"),
        ("waf.fail_open.enabled", "false"),
    ]);
    defaults
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct LoadBalancer {
    ip_address_type: Option<String>,
    load_balancer_attributes: Option<Vec<Attribute>>,
    name: Option<String>,
    scheme: Option<String>,
    security_groups: Option<Vec<String>>,
    subnet_mappings: Option<Vec<SubnetMapping>>,
    subnets: Option<Vec<String>>,
    #[serde(default)]
    tags: Tags,
    #[serde(rename = "Type")]
    kind: Option<String>,
}

/// A subnet, and the addresses that a network load balancer has in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SubnetMapping {
    allocation_id: Option<String>,
    #[serde(rename = "IPv6Address")]
    ipv6_address: Option<String>,
    #[serde(rename = "PrivateIPv4Address")]
    private_ipv4_address: Option<String>,
    subnet_id: String,
}

impl SubnetMapping {
    fn to_sdk(&self) -> Mapping {
        Mapping::builder()
            .subnet_id(&self.subnet_id)
            .set_allocation_id(self.allocation_id.clone())
            .set_private_ipv4_address(self.private_ipv4_address.clone())
            .set_ipv6_address(self.ipv6_address.clone())
            .build()
    }

    fn of(zone: &AvailabilityZone) -> Self {
        let address = zone.load_balancer_addresses().first();
        Self {
            allocation_id: address.and_then(|address| address.allocation_id.clone()),
            ipv6_address: address.and_then(|address| address.ipv6_address.clone()),
            private_ipv4_address: address.and_then(|address| address.private_ipv4_address.clone()),
            subnet_id: zone.subnet_id.clone().unwrap_or_default(),
        }
    }
}

impl Handler for LoadBalancer {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

    const ERRORS: &'static [Meaning] = &[
        // Elastic Load Balancing writes a test file when logs are turned on, and a new bucket policy takes
        // up to a minute to reach it.
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
        Meaning::of::<ModifyLoadBalancerAttributesError>("", "access denied for bucket", ErrorClass::Propagating),
        // The gateway has just been attached.
        Meaning::of::<CreateLoadBalancerError>("InvalidSubnet", "has no internet gateway", ErrorClass::Propagating),
        Meaning::of::<SetSubnetsError>("InvalidSubnet", "has no internet gateway", ErrorClass::Propagating),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .elb
            .create_load_balancer()
            .name(self.name(cx))
            .set_type(self.kind.as_deref().map(LoadBalancerTypeEnum::from))
            .set_scheme(self.scheme.as_deref().map(LoadBalancerSchemeEnum::from))
            .set_ip_address_type(self.ip_address_type())
            .set_security_groups(self.security_groups.clone())
            .set_subnets(self.subnets.clone())
            .set_subnet_mappings(self.mappings())
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await?;
        let balancer = single(created.load_balancers, "the load balancer")?;
        let id = required(balancer.load_balancer_arn.clone(), "LoadBalancerArn")?;
        Ok(Accepted { outputs: outputs(&balancer, &id), id, ..Accepted::default() })
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let new = changes.new;
        let old = changes.old.map(|balancer| &balancer.load_balancer_attributes);
        let defaults = defaults(new.kind.as_deref(), new.scheme.as_deref());
        let attributes = attribute::changed(&new.load_balancer_attributes, old, &defaults)?;
        if !attributes.is_empty() {
            let attributes = attributes
                .into_iter()
                .map(|Attribute { key, value }| LoadBalancerAttribute::builder().key(key).value(value).build());
            let call = cx.elb.modify_load_balancer_attributes().load_balancer_arn(id);
            call.set_attributes(Some(attributes.collect())).send().await?;
        }
        let moved = !changes.of_set(|balancer| &balancer.subnets).is_empty()
            || changes.after_create(|balancer| &balancer.subnet_mappings).is_some();
        let retyped = changes.or_default(|balancer| &balancer.ip_address_type, "ipv4".to_owned());
        let retyped = retyped.filter(|_| changes.old.is_some()).map(|kind| IpAddressType::from(kind.as_str()));
        if moved {
            let call = cx.elb.set_subnets().load_balancer_arn(id).set_subnets(new.subnets.clone());
            call.set_subnet_mappings(new.mappings()).set_ip_address_type(retyped).send().await?;
        } else if let Some(kind) = retyped {
            cx.elb.set_ip_address_type().load_balancer_arn(id).ip_address_type(kind).send().await?;
        }
        if !changes.of_set(|balancer| &balancer.security_groups).is_empty() {
            let groups = match new.security_groups.as_deref().unwrap_or_default() {
                [] => default_groups(new, cx, id).await?,
                groups => groups.to_vec(),
            };
            cx.elb.set_security_groups().load_balancer_arn(id).set_security_groups(Some(groups)).send().await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.elb.describe_load_balancers().load_balancer_arns(&known.id).send().await?;
        let balancer = single(described.load_balancers, &known.id)?;
        let attributes = cx.elb.describe_load_balancer_attributes().load_balancer_arn(&known.id).send().await?;
        let attributes = attributes.attributes.unwrap_or_default().into_iter().map(|it| (it.key, it.value));
        let last = &known.last;
        let (readiness, outputs) = (readiness(&balancer), outputs(&balancer, &known.id));
        let zones = balancer.availability_zones();
        let subnets = zones.iter().filter_map(|zone| zone.subnet_id.clone()).collect();
        let text = |kind: Option<&str>| kind.map(str::to_owned);
        let kind = text(balancer.r#type.as_ref().map(LoadBalancerTypeEnum::as_str));
        let scheme = text(balancer.scheme.as_ref().map(LoadBalancerSchemeEnum::as_str));
        let defaults = defaults(kind.as_deref(), scheme.as_deref());
        // An application load balancer always spreads over all zones: what an emulator says beside that is none
        // of its settings.
        let is_fixed = |key: &str| kind.as_deref() == Some("application") && key == CROSS_ZONE;
        let shown: Vec<_> = defaults.iter().copied().filter(|(key, _)| !is_fixed(key)).collect();
        let mappings = last.subnet_mappings.as_ref().map(|declared| {
            let mut mappings: Vec<_> = zones.iter().map(SubnetMapping::of).collect();
            let place =
                |mapping: &SubnetMapping| declared.iter().position(|other| other.subnet_id == mapping.subnet_id);
            mappings.sort_by_key(|mapping| place(mapping).unwrap_or(usize::MAX));
            mappings
        });
        let properties = Self {
            ip_address_type: balancer.ip_address_type.as_ref().map(|kind| kind.as_str().to_owned()),
            load_balancer_attributes: attribute::as_declared(&last.load_balancer_attributes, attributes, &shown),
            scheme,
            // A balancer is declared with one of the two.
            subnets: if mappings.is_some() { None } else { as_declared(&last.subnets, subnets) },
            subnet_mappings: mappings,
            tags: read_tags(cx, &known.id).await?,
            kind,
            name: balancer.load_balancer_name,
            security_groups: as_declared(&last.security_groups, balancer.security_groups.unwrap_or_default()),
        };
        Ok(Found { properties, outputs, readiness })
    }

    /// Deletes the load balancer. Its network interfaces remain for some minutes and hold subnets and security groups.
    ///
    /// The call also succeeds if the load balancer does not exist, so it is read first.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.elb.describe_load_balancers().load_balancer_arns(&known.id).send().await?;
        cx.elb.delete_load_balancer().load_balancer_arn(&known.id).send().await?;
        Ok(Deletion::Pending)
    }

    /// The endpoint services that offer it.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServiceConfigurations.html>
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let pages = cx.ec2.describe_vpc_endpoint_service_configurations().into_paginator().items().send();
        let services: Vec<ServiceConfiguration> = pages.try_collect().await?;
        let offers = |service: &&ServiceConfiguration| {
            let mut balancers = service.network_load_balancer_arns().iter().chain(service.gateway_load_balancer_arns());
            balancers.any(|arn| *arn == known.id)
        };
        let offering = services.iter().filter(offers);
        Ok(offering.map(|service| format!("endpoint service {}", service.service_id().unwrap_or_default())).collect())
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn live_tags(&self, cx: &Context, id: &str) -> Result<Tags> {
        read_tags(cx, id).await
    }

    /// A name alone does not say whose balancer it is.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let described = cx.elb.describe_load_balancers().names(self.name(cx)).send().await.or_none()?;
        let balancers = described.and_then(|described| described.load_balancers).unwrap_or_default();
        with_token(cx, balancers.into_iter().filter_map(|balancer| balancer.load_balancer_arn).collect()).await
    }
}

/// The security groups of a balancer for which none are declared any more: an application load balancer has the default
/// one of its VPC then, and one of another kind cannot be without those that it has.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>
async fn default_groups(new: &LoadBalancer, cx: &Context, id: &str) -> Result<Vec<String>> {
    if new.kind.as_deref().is_some_and(|kind| kind != "application") {
        let message = "SecurityGroups of a network load balancer cannot be removed: declare those that it is to have";
        return Err(Error::invalid(message));
    }
    let described = cx.elb.describe_load_balancers().load_balancer_arns(id).send().await?;
    let vpc = required(single(described.load_balancers, id)?.vpc_id, "VpcId")?;
    let group = default_group(cx, &vpc).await?;
    Ok(vec![group.ok_or_else(|| Error::invalid(format!("{vpc} has no default security group: declare one")))?])
}

impl LoadBalancer {
    fn name(&self, cx: &Context) -> String {
        self.name.clone().unwrap_or_else(|| cx.name(NAMES))
    }

    fn ip_address_type(&self) -> Option<IpAddressType> {
        self.ip_address_type.as_deref().map(IpAddressType::from)
    }

    fn mappings(&self) -> Option<Vec<Mapping>> {
        self.subnet_mappings.as_ref().map(|mappings| mappings.iter().map(SubnetMapping::to_sdk).collect())
    }
}

fn outputs(balancer: &Live, arn: &str) -> Outputs {
    accepted(
        "",
        json!({
            "LoadBalancerArn": arn,
            "LoadBalancerFullName": full_name(arn),
            "LoadBalancerName": balancer.load_balancer_name,
            "DNSName": balancer.dns_name,
            "CanonicalHostedZoneID": balancer.canonical_hosted_zone_id,
            "SecurityGroups": balancer.security_groups(),
        }),
    )
    .outputs
}

/// An impaired balancer works, with fewer resources than it wants.
fn readiness(balancer: &Live) -> Readiness {
    let state = balancer.state();
    match state.and_then(|state| state.code()) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Readiness::Ready,
        Some(LoadBalancerStateEnum::Failed) => {
            let reason = state.and_then(|state| state.reason()).unwrap_or("failed");
            Readiness::Failed(reason.to_owned())
        }
        other => Readiness::Pending(other.map_or("unknown", LoadBalancerStateEnum::as_str).to_owned()),
    }
}
