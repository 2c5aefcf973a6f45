//! Names, ids and ARNs of the right form.

use groundplan_core::Path;
use groundplan_schema::ResourceType;

use crate::derive::Derivation;

/// Prefixes of ids, followed by 17 hexadecimal digits, of which AWS's first one is a zero.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>
const PREFIXES: &[(&str, &str)] = &[
    ("AWS::EC2::CapacityReservation", "cr"),
    ("AWS::EC2::CarrierGateway", "cagw"),
    ("AWS::EC2::CustomerGateway", "cgw"),
    ("AWS::EC2::DHCPOptions", "dopt"),
    ("AWS::EC2::EIP", "eipalloc"),
    ("AWS::EC2::EIPAssociation", "eipassoc"),
    ("AWS::EC2::EgressOnlyInternetGateway", "eigw"),
    ("AWS::EC2::FlowLog", "fl"),
    ("AWS::EC2::Host", "h"),
    ("AWS::EC2::IPAM", "ipam"),
    ("AWS::EC2::IPAMPool", "ipam-pool"),
    ("AWS::EC2::IPAMScope", "ipam-scope"),
    ("AWS::EC2::Instance", "i"),
    ("AWS::EC2::InstanceConnectEndpoint", "eice"),
    ("AWS::EC2::InternetGateway", "igw"),
    ("AWS::EC2::KeyPair", "key"),
    ("AWS::EC2::LaunchTemplate", "lt"),
    ("AWS::EC2::NatGateway", "nat"),
    ("AWS::EC2::NetworkAcl", "acl"),
    ("AWS::EC2::NetworkInterface", "eni"),
    ("AWS::EC2::NetworkInterfaceAttachment", "eni-attach"),
    ("AWS::EC2::PrefixList", "pl"),
    ("AWS::EC2::RouteTable", "rtb"),
    ("AWS::EC2::SecurityGroup", "sg"),
    ("AWS::EC2::SecurityGroupEgress", "sgr"),
    ("AWS::EC2::SecurityGroupIngress", "sgr"),
    ("AWS::EC2::Subnet", "subnet"),
    ("AWS::EC2::SubnetCidrBlock", "subnet-cidr-assoc"),
    ("AWS::EC2::SubnetNetworkAclAssociation", "aclassoc"),
    ("AWS::EC2::SubnetRouteTableAssociation", "rtbassoc"),
    ("AWS::EC2::TransitGateway", "tgw"),
    ("AWS::EC2::TransitGatewayAttachment", "tgw-attach"),
    ("AWS::EC2::TransitGatewayRouteTable", "tgw-rtb"),
    ("AWS::EC2::TransitGatewayVpcAttachment", "tgw-attach"),
    ("AWS::EC2::VPC", "vpc"),
    ("AWS::EC2::VPCCidrBlock", "vpc-cidr-assoc"),
    ("AWS::EC2::VPCEndpoint", "vpce"),
    ("AWS::EC2::VPCEndpointService", "vpce-svc"),
    ("AWS::EC2::VPCPeeringConnection", "pcx"),
    ("AWS::EC2::VPNConnection", "vpn"),
    ("AWS::EC2::VPNGateway", "vgw"),
    ("AWS::EC2::Volume", "vol"),
    ("AWS::EFS::AccessPoint", "fsap"),
    ("AWS::EFS::FileSystem", "fs"),
    ("AWS::EFS::MountTarget", "fsmt"),
    ("AWS::FSx::FileSystem", "fs"),
];

/// Lengths of names, where 60 characters are too many.
const LIMITS: &[(&str, usize)] = &[
    ("AWS::ElastiCache::ReplicationGroup", 40),
    ("AWS::ElastiCache::ServerlessCache", 40),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", 32),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", 32),
    ("AWS::OpenSearchService::Domain", 28),
    ("AWS::OpenSearchServerless::Collection", 32),
    ("AWS::AmazonMQ::Broker", 50),
    ("AWS::SageMaker::NotebookInstance", 50),
];

/// Returns the prefix of ids of this type; `None` if they have another form.
pub(crate) fn prefix(type_name: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(name, _)| *name == type_name).map(|(_, prefix)| *prefix)
}

/// A new id of the type's form. A type that has more than one id has its own under each label.
pub(crate) fn id(resource: &ResourceType, label: &str, region: &str, derivation: &Derivation) -> String {
    let long = |prefix: &str| format!("{prefix}-0{}", derivation.hex(label, 16));
    if let Some(prefix) = prefix(resource.name) {
        return long(prefix);
    }
    match (resource.service(), resource.short_name()) {
        ("EC2", short) => long(&short.to_lowercase()),
        ("AmazonMQ", "Broker") => format!("b-{}", derivation.uuid(label)),
        ("ApiGateway" | "ApiGatewayV2", _) => derivation.lower(label, 10),
        ("CloudFront", "Distribution" | "OriginAccessControl" | "CloudFrontOriginAccessIdentity") => {
            format!("E{}", derivation.upper(label, 13))
        }
        ("Cognito", "UserPool") => format!("{region}_{}", derivation.alphanumeric(label, 9)),
        ("IAM", "AccessKey") => format!("AKIA{}", derivation.upper(label, 16)),
        ("Route53", "HostedZone") => format!("Z{}", derivation.upper(label, 20)),
        _ => derivation.uuid(label),
    }
}

/// A name for what the program leaves unnamed: from the path, with a suffix that differs from
/// generation to generation, within what the type allows.
pub(crate) fn generated(resource: &ResourceType, path: &Path, token: &str) -> String {
    let limit = LIMITS.iter().find(|(name, _)| *name == resource.name).map_or(60, |(_, limit)| *limit);
    let suffix: String = token.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let mut name: String =
        path.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    let name = name.trim_matches('-');
    let start = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "r-" };
    let room = limit.saturating_sub(suffix.len() + 1 + start.len());
    let name: String = name.chars().take(room).collect();
    format!("{start}{}-{}", name.trim_end_matches('-'), suffix.to_lowercase())
}

#[cfg(test)]
mod tests {
    use groundplan_core::Path;
    use groundplan_schema::lookup;

    use super::generated;

    #[test]
    fn a_generated_name_keeps_the_limit_of_its_type_and_differs_by_token() {
        let group = lookup("AWS::ElasticLoadBalancingV2::TargetGroup").unwrap();
        let path = Path::new("checkout/services/a-long-name-that-goes-on/target");
        let name = generated(group, &path, "0123456789abcdef");
        assert_eq!(name, "checkout-services-a-lon-01234567");
        assert_ne!(name, generated(group, &path, "1123456789abcdef"));
    }
}
