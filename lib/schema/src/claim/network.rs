//! EC2 networks and load balancing.

use super::{Row, named, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // "The CIDR block ... must not overlap with an existing subnet of the VPC", `InvalidSubnet.Conflict`.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>
    row("AWS::EC2::Subnet", "IPv4 block of a subnet", "VpcId, ~CidrBlock"),
    row("AWS::EC2::Subnet", "IPv6 block of a subnet", "VpcId, ~Ipv6CidrBlock"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateSubnetCidrBlock.html>
    row("AWS::EC2::SubnetCidrBlock", "added IPv6 block of a subnet", "SubnetId"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html>
    row("AWS::EC2::VPCCidrBlock", "IPv4 block of a VPC", "VpcId, ~CidrBlock"),
    row("AWS::EC2::VPCCidrBlock", "IPv6 block of a VPC", "VpcId, ~Ipv6CidrBlock"),
    // "You can have one IPv6 CIDR block association per network border group." Of what a pool gives, a VPC
    // can have several.
    row("AWS::EC2::VPCCidrBlock", "IPv6 block of Amazon's", "VpcId, ?AmazonProvidedIpv6CidrBlock, Ipv6CidrBlockNetworkBorderGroup="),
    // A VPC has one internet gateway and one virtual private gateway, and each is attached to one VPC.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVpnGateway.html>
    row("AWS::EC2::VPCGatewayAttachment", "internet gateway of a VPC", "VpcId, ?InternetGatewayId"),
    row("AWS::EC2::VPCGatewayAttachment", "attachment of an internet gateway", "InternetGatewayId"),
    row("AWS::EC2::VPCGatewayAttachment", "virtual private gateway of a VPC", "VpcId, ?VpnGatewayId"),
    row("AWS::EC2::VPCGatewayAttachment", "attachment of a virtual private gateway", "VpnGatewayId"),
    row("AWS::EC2::VPCDHCPOptionsAssociation", "DHCP options of a VPC", "VpcId"),
    // A route table has one route to a destination, whatever its target: `RouteAlreadyExists`.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
    row("AWS::EC2::Route", "route to a destination", "RouteTableId, DestinationCidrBlock|DestinationIpv6CidrBlock|DestinationPrefixListId"),
    row("AWS::EC2::LocalGatewayRoute", "route to a destination", "LocalGatewayRouteTableId, DestinationCidrBlock"),
    row("AWS::EC2::TransitGatewayRoute", "route to a destination", "TransitGatewayRouteTableId, DestinationCidrBlock"),
    row("AWS::EC2::VPNConnectionRoute", "route to a destination", "VpnConnectionId, DestinationCidrBlock"),
    row("AWS::EC2::ClientVpnRoute", "route to a destination", "ClientVpnEndpointId, DestinationCidrBlock, TargetVpcSubnetId="),
    row("AWS::EC2::ClientVpnAuthorizationRule", "authorization of a network", "ClientVpnEndpointId, TargetNetworkCidr:cidr, AccessGroupId="),
    row("AWS::EC2::ClientVpnTargetNetworkAssociation", "target network of a client VPN", "ClientVpnEndpointId, SubnetId"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableVgwRoutePropagation.html>
    row("AWS::EC2::VPNGatewayRoutePropagation", "route propagation into a table", "VpnGatewayId, RouteTableIds[]"),
    // A gateway endpoint adds a route to the service's prefix list to each of its tables: `RouteAlreadyExists`.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>
    row("AWS::EC2::VPCEndpoint", "gateway endpoint of a route table", "RouteTableIds[], ServiceName"),
    // "private-dns-enabled cannot be set because there is already a conflicting DNS domain".
    // <https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html>
    row("AWS::EC2::VPCEndpoint", "private DNS name of a service in a VPC", "VpcId, ServiceName, ServiceRegion=, ?PrivateDnsEnabled"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html>
    row("AWS::EC2::SubnetRouteTableAssociation", "route table of a subnet", "SubnetId"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html>
    row("AWS::EC2::SubnetNetworkAclAssociation", "network ACL of a subnet", "SubnetId"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html>
    row("AWS::EC2::NetworkAclEntry", "number of a network ACL entry", "NetworkAclId, RuleNumber, Egress=false"),
    // "Names are case-insensitive and must be unique within the VPC."
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
    row("AWS::EC2::SecurityGroup", "name of a security group", "VpcId=, GroupName:lower"),
    // `InvalidPermission.Duplicate`, whatever the description; EC2 clears the bits behind a prefix.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
    row("AWS::EC2::SecurityGroupIngress", "ingress rule", "GroupId:group|GroupName:lower, IpProtocol:ports, CidrIp|CidrIpv6|SourceSecurityGroupId:group|SourcePrefixListId|SourceSecurityGroupName:lower, SourceSecurityGroupOwnerId="),
    row("AWS::EC2::SecurityGroupEgress", "egress rule", "GroupId:group, IpProtocol:ports, CidrIp|CidrIpv6|DestinationSecurityGroupId:group|DestinationPrefixListId"),
    // `Resource.AlreadyAssociated`: an Elastic IP address is that of one thing at a time.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html>
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SubnetMapping.html>
    row("AWS::EC2::NatGateway", "Elastic IP address", "AllocationId"),
    row("AWS::EC2::NatGateway", "Elastic IP address", "SecondaryAllocationIds[]"),
    row("AWS::EC2::NatGateway", "Elastic IP address", "AvailabilityZoneAddresses[].AllocationIds[]"),
    row("AWS::EC2::NatGateway", "private address in a subnet", "SubnetId, PrivateIpAddress"),
    row("AWS::EC2::EIPAssociation", "Elastic IP address", "AllocationId|EIP"),
    // An address of an interface has one Elastic IP address; a second association takes the first away.
    row("AWS::EC2::EIPAssociation", "Elastic IP address of an interface", "NetworkInterfaceId|InstanceId, PrivateIpAddress="),
    row("AWS::ElasticLoadBalancingV2::LoadBalancer", "Elastic IP address", "SubnetMappings[].AllocationId"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html>
    row("AWS::EC2::NetworkInterface", "private address in a subnet", "SubnetId, PrivateIpAddress"),
    row("AWS::EC2::Instance", "private address in a subnet", "SubnetId, PrivateIpAddress"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachNetworkInterface.html>
    row("AWS::EC2::NetworkInterfaceAttachment", "attachment of an interface", "NetworkInterfaceId"),
    row("AWS::EC2::NetworkInterfaceAttachment", "device index of an instance", "InstanceId, DeviceIndex"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html>
    row("AWS::EC2::VolumeAttachment", "attachment of a volume to an instance", "VolumeId, InstanceId"),
    row("AWS::EC2::VolumeAttachment", "device of an instance", "InstanceId, Device"),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html>
    named("AWS::EC2::LaunchTemplate", "name of a launch template"),
    // A second connection between the same VPCs is not made: it is answered with the first.
    // <https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>
    row("AWS::EC2::VPCPeeringConnection", "peering of two VPCs", "VpcId, PeerVpcId, PeerRegion="),
    // `DuplicateTransitGatewayAttachment`.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html>
    row("AWS::EC2::TransitGatewayVpcAttachment", "attachment of a VPC to a transit gateway", "TransitGatewayId, VpcId"),
    row("AWS::EC2::TransitGatewayAttachment", "attachment of a VPC to a transit gateway", "TransitGatewayId, VpcId"),
    // "You can associate one route table with an attachment."
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateTransitGatewayRouteTable.html>
    row("AWS::EC2::TransitGatewayRouteTableAssociation", "route table of a transit gateway attachment", "TransitGatewayAttachmentId"),
    // "You can't create more than one customer gateway with the same VPN type, IP address, and BGP ASN", unless
    // they have different device names.
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html>
    row("AWS::EC2::CustomerGateway", "customer gateway", "Type, IpAddress, BgpAsn|BgpAsnExtended=65000, CertificateArn=, DeviceName="),
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLocalGatewayRouteTableVpcAssociation.html>
    // <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateDirectConnectGatewayAssociation.html>
    row("AWS::EC2::LocalGatewayRouteTableVPCAssociation", "association of a local gateway route table", "LocalGatewayRouteTableId, VpcId"),
    row("AWS::DirectConnect::DirectConnectGatewayAssociation", "gateway of a Direct Connect gateway", "DirectConnectGatewayId, AssociatedGatewayId"),
    // `FlowLogAlreadyExists`: "There is an existing Flow Log with the same configuration and log destination."
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
    row("AWS::EC2::FlowLog", "flow log of a resource", "ResourceId, TrafficType=, LogDestination|LogGroupName"),
    // Names are unique per account and region, over application, network and gateway load balancers.
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTrustStore.html>
    named("AWS::ElasticLoadBalancingV2::LoadBalancer", "name of a load balancer"),
    named("AWS::ElasticLoadBalancingV2::TargetGroup", "name of a target group"),
    named("AWS::ElasticLoadBalancingV2::TrustStore", "name of a trust store"),
    // `DuplicateListener`: one on a port, whatever the protocol. A gateway load balancer has one, without a port.
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>
    row("AWS::ElasticLoadBalancingV2::Listener", "port of a load balancer", "LoadBalancerArn, Port="),
    // `TargetGroupAssociationLimit`: a target group belongs to one load balancer.
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html>
    row("AWS::ElasticLoadBalancingV2::Listener", "load balancer of a target group", "DefaultActions[].TargetGroupArn, !LoadBalancerArn"),
    row("AWS::ElasticLoadBalancingV2::Listener", "load balancer of a target group", "DefaultActions[].ForwardConfig.TargetGroups[].TargetGroupArn, !LoadBalancerArn"),
    // `PriorityInUse`; SetRulePriorities sets those of several rules at once.
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html>
    row("AWS::ElasticLoadBalancingV2::ListenerRule", "priority of a listener rule", "ListenerArn, Priority").swapped_in_one_call(),
    row("AWS::ElasticLoadBalancingV2::ListenerRule", "load balancer of a target group", "Actions[].TargetGroupArn, !ListenerArn:balancer"),
    row("AWS::ElasticLoadBalancingV2::ListenerRule", "load balancer of a target group", "Actions[].ForwardConfig.TargetGroups[].TargetGroupArn, !ListenerArn:balancer"),
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html>
    row("AWS::ElasticLoadBalancingV2::ListenerCertificate", "certificate of a listener", "ListenerArn, Certificates[].CertificateArn"),
    // <https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateRuleGroup.html>
    row("AWS::NetworkFirewall::RuleGroup", "name of a rule group", "RuleGroupName, Type"),
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateResolverRule.html>
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html>
    row("AWS::Route53Resolver::ResolverRuleAssociation", "resolver rule of a VPC", "ResolverRuleId, VPCId"),
    row("AWS::Route53Resolver::FirewallRuleGroupAssociation", "priority of a firewall rule group", "VpcId, Priority"),
    row("AWS::Route53Resolver::ResolverDNSSECConfig", "DNSSEC validation of a VPC", "ResourceId"),
    row("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation", "query log of a VPC", "ResourceId, ResolverQueryLogConfigId"),
    // "A VPC can have only one Profile associated with it."
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53profiles_AssociateProfile.html>
    row("AWS::Route53Profiles::ProfileAssociation", "profile of a VPC", "ResourceId"),
    // <https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_CreateService.html>
    named("AWS::VpcLattice::Service", "name of a service"),
    named("AWS::VpcLattice::ServiceNetwork", "name of a service network"),
    row("AWS::VpcLattice::Listener", "name of a listener", "ServiceIdentifier:name, Name"),
    row("AWS::VpcLattice::ServiceNetworkServiceAssociation", "service of a service network", "ServiceNetworkIdentifier:name, ServiceIdentifier:name"),
    // "You can connect a VPC to only one service network through an association."
    // <https://docs.aws.amazon.com/vpc-lattice/latest/ug/service-networks.html>
    row("AWS::VpcLattice::ServiceNetworkVpcAssociation", "service network of a VPC", "VpcIdentifier"),
];
