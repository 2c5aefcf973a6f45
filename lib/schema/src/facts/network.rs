//! Networks, load balancing, DNS and content delivery.

use super::{Row, row};
use crate::behavior::Recovery::{ByParts, DeterministicName, FindByTag};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("AWS::ApiGateway::VpcLink").waits(15, 600).early(&["VpcLinkId"]),
    row("AWS::ApiGatewayV2::VpcLink").waits(15, 600).early(&["VpcLinkId"]),
    // RequestCertificate takes an IdempotencyToken, which ACM forgets after an hour; a run may be
    // resumed after a night. It takes tags, too (API_RequestCertificate). Its ARN is no early output:
    // load balancers and distributions refuse a certificate that is not issued yet.
    row("AWS::CertificateManager::Certificate").by(FindByTag).waits(10, 2700),
    // The same CallerReference does not give the same distribution again but the error
    // DistributionAlreadyExists (API_DistributionConfig); CreateDistributionWithTags sets tags.
    row("AWS::CloudFront::Distribution").by(FindByTag).waits(60, 2100).early(&["Id", "DomainName"]),
    // CreateEgressOnlyInternetGateway takes a ClientToken.
    row("AWS::EC2::EgressOnlyInternetGateway").waits(1, 120).early(&["Id"]),
    // AllocateAddress takes no token, but tags.
    row("AWS::EC2::EIP").by(FindByTag),
    // "You can create only one EC2 Instance Connect Endpoint per VPC, so the replacement process fails", and no property
    // names the VPC.
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instanceconnectendpoint.html>
    row("AWS::EC2::InstanceConnectEndpoint").alone(),
    // CreateInternetGateway takes no token, but tags.
    row("AWS::EC2::InternetGateway").by(FindByTag),
    // CreateNatGateway takes a ClientToken. That two cannot use one Elastic IP is a claim. A route to a
    // gateway that is pending leads nowhere, so that its id is no early output.
    row("AWS::EC2::NatGateway").waits(5, 900),
    row("AWS::EC2::Route").by(ByParts),
    // CreateSecurityGroup takes no token, but tags.
    row("AWS::EC2::SecurityGroup").by(FindByTag),
    row("AWS::EC2::SecurityGroupEgress").by(ByParts),
    row("AWS::EC2::SecurityGroupIngress").by(ByParts),
    // CreateSubnet takes no token, but tags.
    row("AWS::EC2::Subnet").by(FindByTag).waits(1, 120).early(&["SubnetId", "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"]),
    row("AWS::EC2::SubnetRouteTableAssociation").waits(1, 120).early(&["Id"]),
    row("AWS::EC2::TransitGateway").waits(15, 600).early(&["Id", "TransitGatewayArn"]),
    row("AWS::EC2::TransitGatewayAttachment").waits(15, 600).early(&["Id"]),
    row("AWS::EC2::TransitGatewayVpcAttachment").waits(15, 600).early(&["Id"]),
    // CreateVpc takes no token, but tags.
    row("AWS::EC2::VPC").by(FindByTag).waits(1, 120).early(&["VpcId", "CidrBlock"]),
    row("AWS::EC2::VPCCidrBlock").by(ByParts).waits(2, 300).early(&["Id", "VpcId"]),
    // CreateVpcEndpoint takes a ClientToken.
    row("AWS::EC2::VPCEndpoint").waits(5, 900).early(&["Id"]),
    row("AWS::EC2::VPNConnection").waits(15, 1200).early(&["VpnConnectionId"]),
    // CreateListener and CreateRule take no token, but tags. "If you attempt to create multiple listeners
    // with the same settings, each call succeeds."
    row("AWS::ElasticLoadBalancingV2::Listener").by(FindByTag).returns(),
    // "If the certificate in already in the certificate list, the call is successful but the certificate is not
    // added again" (API_AddListenerCertificates).
    row("AWS::ElasticLoadBalancingV2::ListenerCertificate").by(ByParts).overwrites(),
    row("AWS::ElasticLoadBalancingV2::ListenerRule").by(FindByTag),
    // CreateLoadBalancer and CreateTargetGroup are told apart by the name, which is unique in account
    // and region, and return the one of that name with the same settings. A listener or an alias record
    // needs no more than these outputs, and takes as long.
    row("AWS::ElasticLoadBalancingV2::LoadBalancer").by(DeterministicName).returns().waits(10, 900)
        .early(&["LoadBalancerArn", "LoadBalancerFullName", "LoadBalancerName", "DNSName", "CanonicalHostedZoneID"]),
    row("AWS::ElasticLoadBalancingV2::TargetGroup").by(DeterministicName).returns(),
    // CreateAccelerator takes an IdempotencyToken.
    row("AWS::GlobalAccelerator::Accelerator").waits(15, 1200).early(&["AcceleratorArn", "DnsName", "Ipv4Addresses"]),
    row("AWS::NetworkFirewall::Firewall").waits(30, 1200).early(&["FirewallArn", "FirewallId"]),
    // The same CallerReference does not give the same zone again but the error
    // HostedZoneAlreadyExists, and the zone is found by it (API_CreateHostedZone).
    row("AWS::Route53::HostedZone").by(FindByTag),
    row("AWS::Route53::RecordSet").waits(10, 600).early(&["Name", "HostedZoneId", "Type"]),
    // CreateIPSet and CreateWebACL refuse a name that exists (WAFDuplicateItemException).
    row("AWS::WAFv2::IPSet").by(DeterministicName),
    row("AWS::WAFv2::WebACL").by(DeterministicName),
];
