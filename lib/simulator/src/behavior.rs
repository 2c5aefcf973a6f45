//! How resources of a type behave: a table where AWS's APIs are known, rules for all others.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use groundplan_engine::provider::{Behavior, Recovery, Wait};
use groundplan_schema::{Handler, ResourceType};

use crate::clock::Pace;
use crate::names;
use crate::timing::timing;

/// How a create of these types is made exactly once, where the rules of [`recovery`] do not say
/// it. The facts are in AWS's API references: a `ClientToken` or the like among the parameters of
/// the create call, a name that is unique in the account, tags set in the create call.
#[rustfmt::skip]
const RECOVERIES: &[(Recovery, &[&str])] = &[
    (Recovery::ClientToken, &[
        "AWS::AmazonMQ::Broker", "AWS::AutoScaling::ScalingPolicy", "AWS::CertificateManager::Certificate",
        "AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessIdentity", "AWS::EC2::EgressOnlyInternetGateway",
        "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::EC2::NatGateway", "AWS::EC2::RouteTable",
        "AWS::EC2::VPCEndpoint", "AWS::EC2::VPCEndpointService", "AWS::EC2::FlowLog", "AWS::EC2::NetworkInterface",
        "AWS::EC2::NetworkAcl", "AWS::ECS::Service", "AWS::EFS::AccessPoint", "AWS::EFS::FileSystem", "AWS::EKS::Addon",
        "AWS::EKS::Cluster", "AWS::EKS::FargateProfile", "AWS::EKS::Nodegroup", "AWS::FSx::FileSystem",
        "AWS::GlobalAccelerator::Accelerator", "AWS::Route53::HostedZone", "AWS::SecretsManager::Secret",
    ]),
    (Recovery::DeterministicName, &[
        "AWS::Cognito::UserPoolDomain", "AWS::DocDB::DBInstance", "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy",
        "AWS::IAM::ServerCertificate", "AWS::MSK::Cluster", "AWS::SNS::Topic", "AWS::SQS::Queue",
        "AWS::StepFunctions::StateMachine", "AWS::WAFv2::IPSet", "AWS::WAFv2::WebACL",
    ]),
    (Recovery::FindByTag, &[
        "AWS::EC2::EIP", "AWS::EC2::InternetGateway", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet", "AWS::EC2::VPC",
        "AWS::EC2::Volume", "AWS::ECS::TaskDefinition", "AWS::KMS::Key",
    ]),
];

/// What makes two of a type the same thing, where it is not the primary identifier: a subnet has
/// one route table, whatever the id of the association.
#[rustfmt::skip]
const PARTS: &[(&str, &[&str])] = &[
    ("AWS::EC2::Route", &["RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"]),
    ("AWS::EC2::SecurityGroupEgress", &["GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"]),
    ("AWS::EC2::SecurityGroupIngress", &["GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"]),
    ("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId"]),
    ("AWS::EC2::SubnetNetworkAclAssociation", &["SubnetId"]),
    ("AWS::EC2::VPCCidrBlock", &["VpcId", "CidrBlock", "AmazonProvidedIpv6CidrBlock", "Ipv6CidrBlock", "Ipv6Pool", "Ipv6IpamPoolId"]),
    ("AWS::EC2::VPCGatewayAttachment", &["InternetGatewayId", "VpnGatewayId", "VpcId"]),
    ("AWS::ElasticLoadBalancingV2::ListenerCertificate", &["ListenerArn", "Certificates"]),
    ("AWS::Lambda::Permission", &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"]),
];

/// How `resource` behaves where durations take `pace`.
pub(crate) fn behavior(resource: &'static ResourceType, pace: Pace) -> Behavior {
    let recovery = recovery(resource);
    let wait = timing(resource.name).map_or(Wait::NONE, |timing| Wait {
        interval: pace.scale(Duration::from_secs(timing.interval)),
        // A timeout that shrank with the pace could be over before a busy machine looks.
        timeout: Duration::from_secs(timing.timeout),
    });
    Behavior {
        recovery,
        coexists: recovery != Recovery::ByParts && !resource.deletes_first,
        wait,
        early_outputs: timing(resource.name).map_or(&[], |timing| timing.early),
        api: api(resource.service()),
    }
}

/// How a create of `resource` is made exactly once:
/// - it is the relation of others: by its parts;
/// - its identifier is a name that the program sets: by that name;
/// - else by tags where Cloud Control or the API tags on creation, or by a client token, which
///   every create through Cloud Control takes.
pub(crate) fn recovery(resource: &ResourceType) -> Recovery {
    let listed = RECOVERIES.iter().find(|(_, types)| types.contains(&resource.name));
    if let Some((recovery, _)) = listed {
        return *recovery;
    }
    if !parts(resource).is_empty() {
        return Recovery::ByParts;
    }
    match resource.primary_identifier[..] {
        [name] if resource.properties.contains_key(name) => Recovery::DeterministicName,
        _ if resource.handles(Handler::Create) || resource.tags.is_none() => Recovery::ClientToken,
        _ => Recovery::FindByTag,
    }
}

/// The properties that together make a relation what it is; empty where `resource` is no relation.
pub(crate) fn parts(resource: &ResourceType) -> Vec<&'static str> {
    if let Some((_, parts)) = PARTS.iter().find(|(name, _)| *name == resource.name) {
        return parts.to_vec();
    }
    let identifier = &resource.primary_identifier;
    let set = identifier.iter().all(|name| resource.properties.contains_key(*name));
    let refers = |name: &str| {
        let property = resource.properties.get(name);
        property.is_some_and(|property| property.required && !property.references.is_empty())
    };
    let own = names::own_name(resource);
    match identifier[..] {
        [] => Vec::new(),
        [name] if set && refers(name) && own != Some(name) => identifier.clone(),
        [_, _, ..] if set => identifier.clone(),
        _ if ["Association", "Attachment"].iter().any(|end| resource.short_name().ends_with(end)) => {
            let required = resource.required().filter(|name| refers(name));
            required.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a name of this type can be taken once only, though it is not its identifier.
pub(crate) fn has_unique_name(resource: &ResourceType) -> bool {
    recovery(resource) == Recovery::DeterministicName || resource.name == "AWS::SecretsManager::Secret"
}

/// The name of a service's API, as in `ec2`.
fn api(service: &'static str) -> &'static str {
    /// Leaked once for each of AWS's few hundred services.
    static APIS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
        let services = groundplan_schema::all().filter_map(|name| name.split("::").nth(1));
        services.map(|service| (service, &*service.to_lowercase().leak())).collect()
    });
    APIS.get(service).copied().unwrap_or(service)
}
