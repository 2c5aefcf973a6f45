//! Networks, as AWS checks them.

use groundplan_engine::provider::{ErrorClass, Provider};
use groundplan_simulator::Simulator;
use serde_json::json;

use super::common::{create, delete, existing, read, ready, refusal, request, try_create, try_delete};

async fn vpc(cloud: &Simulator) -> String {
    create(cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.51.0.0/16"})).await.id
}

async fn subnet(cloud: &Simulator, vpc: &str, name: &str, cidr: &str) -> String {
    let properties = json!({"VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": format!("eu-central-1{name}")});
    create(cloud, &format!("shop/{name}"), "AWS::EC2::Subnet", properties).await.id
}

#[tokio::test(start_paused = true)]
async fn identifiers_have_the_form_of_awss() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    assert!(vpc.len() == 21 && vpc.starts_with("vpc-0"), "{vpc}");
    assert!(subnet(&cloud, &vpc, "a", "10.51.0.0/24").await.starts_with("subnet-"));
    let address = create(&cloud, "shop/ip", "AWS::EC2::EIP", json!({})).await;
    let (ip, allocation) = address.id.split_once('|').unwrap();
    assert!(ip.parse::<std::net::Ipv4Addr>().is_ok() && allocation.starts_with("eipalloc-"));
    let key = create(&cloud, "shop/key", "AWS::KMS::Key", json!({})).await;
    assert_eq!(key.outputs["Arn"], format!("arn:aws:kms:eu-central-1:123456789012:key/{}", key.id));
    assert_eq!(key.id.len(), 36);
    let role = json!({"AssumeRolePolicyDocument": {}, "RoleName": "task", "Path": "/shop/"});
    let role = create(&cloud, "shop/role", "AWS::IAM::Role", role).await;
    assert_eq!(role.outputs["Arn"], "arn:aws:iam::123456789012:role/shop/task");
    let bucket = create(&cloud, "shop/media", "AWS::S3::Bucket", json!({})).await;
    assert!(bucket.id.starts_with("shop-media-"));
    assert_eq!(bucket.outputs["Arn"], format!("arn:aws:s3:::{}", bucket.id));
    assert_eq!(bucket.outputs["RegionalDomainName"], format!("{}.s3.eu-central-1.amazonaws.com", bucket.id));
    let secret = create(&cloud, "shop/secret", "AWS::SecretsManager::Secret", json!({"Name": "shop/db"})).await;
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-";
    assert!(secret.id.starts_with(arn) && secret.id.len() == arn.len() + 6, "{}", secret.id);
    let balancer = json!({"Name": "web", "Type": "network"});
    let balancer = create(&cloud, "shop/nlb", "AWS::ElasticLoadBalancingV2::LoadBalancer", balancer).await;
    assert!(balancer.id.starts_with("arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/"));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_lies_in_its_vpc_and_overlaps_no_other() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let a = subnet(&cloud, &vpc, "a", "10.51.0.0/24").await;
    let attempt = |cidr: &str| request("shop/b", "AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": cidr}));
    let outside = refusal(cloud.create(&attempt("10.52.0.0/24")).await);
    assert!(outside.starts_with("InvalidSubnet.Range: the CIDR 10.52.0.0/24"), "{outside}");
    let overlapping = refusal(cloud.create(&attempt("10.51.0.128/25")).await);
    assert_eq!(
        overlapping,
        format!("InvalidSubnet.Conflict: the CIDR 10.51.0.128/25 conflicts with 10.51.0.0/24 of {a}")
    );
    let big = try_create(&cloud, "shop/big", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/8"})).await;
    assert!(refusal(big).starts_with("InvalidVpc.Range"));
    let elsewhere = json!({"VpcId": vpc, "CidrBlock": "10.51.1.0/24", "AvailabilityZone": "us-east-1a"});
    assert!(refusal(try_create(&cloud, "shop/c", "AWS::EC2::Subnet", elsewhere).await).contains("not in eu-central-1"));
}

#[tokio::test(start_paused = true)]
async fn amazon_provides_an_ipv6_block_that_the_vpc_then_has() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    assert_eq!(read(&cloud, "AWS::EC2::VPC", &vpc).await.unwrap().outputs["Ipv6CidrBlocks"], json!([]));
    let block = json!({"VpcId": vpc, "AmazonProvidedIpv6CidrBlock": true});
    let block = create(&cloud, "shop/v6", "AWS::EC2::VPCCidrBlock", block).await;
    let live = read(&cloud, "AWS::EC2::VPC", &vpc).await.unwrap();
    let v6 = live.outputs["Ipv6CidrBlocks"][0].as_str().unwrap();
    assert_eq!(block.outputs["Ipv6CidrBlock"], v6);
    assert!(v6.parse::<groundplan_core::Ipv6Net>().unwrap().prefix_len() == 56, "{v6}");
    let inner = v6.replace("/56", "/64");
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.51.0.0/24", "Ipv6CidrBlock": inner});
    let subnet = create(&cloud, "shop/a", "AWS::EC2::Subnet", subnet).await;
    let held = refusal(try_delete(&cloud, "AWS::EC2::VPCCidrBlock", &block.id).await);
    assert!(held.starts_with("DependencyViolation") && held.contains(&subnet.id), "{held}");
    delete(&cloud, "AWS::EC2::Subnet", &subnet.id).await;
    delete(&cloud, "AWS::EC2::VPCCidrBlock", &block.id).await;
    assert_eq!(read(&cloud, "AWS::EC2::VPC", &vpc).await.unwrap().outputs["Ipv6CidrBlocks"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_needs_an_attached_internet_gateway_and_holds_its_address() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "a", "10.51.0.0/24").await;
    let address = create(&cloud, "shop/ip", "AWS::EC2::EIP", json!({})).await;
    let gateway = create(&cloud, "shop/igw", "AWS::EC2::InternetGateway", json!({})).await.id;
    let table = create(&cloud, "shop/rtb", "AWS::EC2::RouteTable", json!({"VpcId": vpc})).await.id;
    let nat = json!({"SubnetId": subnet, "AllocationId": address.outputs["AllocationId"]});
    let route = json!({"RouteTableId": table, "GatewayId": gateway, "DestinationCidrBlock": "0.0.0.0/0"});
    let early = refusal(try_create(&cloud, "shop/nat", "AWS::EC2::NatGateway", nat.clone()).await);
    assert_eq!(early, format!("Gateway.NotAttached: the network {vpc} has no internet gateway attached"));
    let early = refusal(try_create(&cloud, "shop/route", "AWS::EC2::Route", route.clone()).await);
    assert!(early.contains("belong to different networks"), "{early}");

    let attachment = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    let attachment = create(&cloud, "shop/attach", "AWS::EC2::VPCGatewayAttachment", attachment).await.id;
    assert_eq!(attachment, format!("IGW|{vpc}"));
    let route = create(&cloud, "shop/route", "AWS::EC2::Route", route).await.id;
    assert_eq!(route, format!("{table}|0.0.0.0/0"));
    let nat = try_create(&cloud, "shop/nat", "AWS::EC2::NatGateway", nat).await.unwrap();
    let before = tokio::time::Instant::now();
    ready(&cloud, "shop/nat", "AWS::EC2::NatGateway", &nat.id).await;
    assert_eq!(before.elapsed().as_secs(), 120);

    let held = refusal(try_delete(&cloud, "AWS::EC2::EIP", &address.id).await);
    assert_eq!(
        held,
        format!("DependencyViolation: {} cannot be deleted: AWS::EC2::NatGateway {} depends on it", address.id, nat.id)
    );
    assert!(try_delete(&cloud, "AWS::EC2::VPCGatewayAttachment", &attachment).await.is_err());
    // A route that leads to it stays as a black hole.
    let away = json!({"RouteTableId": table, "NatGatewayId": nat.id, "DestinationCidrBlock": "192.0.2.0/24"});
    create(&cloud, "shop/away", "AWS::EC2::Route", away).await;
    try_delete(&cloud, "AWS::EC2::NatGateway", &nat.id).await.unwrap();
    // It holds its address until it is gone.
    let error = try_delete(&cloud, "AWS::EC2::EIP", &address.id).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    delete(&cloud, "AWS::EC2::NatGateway", &nat.id).await;
    delete(&cloud, "AWS::EC2::EIP", &address.id).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_rule_route_or_association_is_refused_the_second_time() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "a", "10.51.0.0/24").await;
    let group = json!({"GroupDescription": "web", "VpcId": vpc});
    let group = create(&cloud, "shop/sg", "AWS::EC2::SecurityGroup", group).await.id;
    let table = create(&cloud, "shop/rtb", "AWS::EC2::RouteTable", json!({"VpcId": vpc})).await.id;
    let peering = create(&cloud, "shop/tgw", "AWS::EC2::TransitGateway", json!({})).await.id;
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"});
    let route = json!({"RouteTableId": table, "TransitGatewayId": peering, "DestinationCidrBlock": "10.0.0.0/8"});
    for (type_name, properties, code) in [
        ("AWS::EC2::SecurityGroupIngress", rule, "InvalidPermission.Duplicate"),
        ("AWS::EC2::Route", route, "RouteAlreadyExists"),
        (
            "AWS::EC2::SubnetRouteTableAssociation",
            json!({"SubnetId": subnet, "RouteTableId": table}),
            "Resource.AlreadyAssociated",
        ),
    ] {
        let first = create(&cloud, "shop/first", type_name, properties.clone()).await.id;
        let second = try_create(&cloud, "shop/second", type_name, properties.clone()).await.unwrap_err();
        assert_eq!((second.class, second.code.as_deref()), (ErrorClass::AlreadyExists, Some(code)));
        let found = cloud.find(&request("shop/second", type_name, properties)).await.unwrap();
        assert_eq!(found, [first]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vpcs_own_security_group_can_be_referred_to() {
    let cloud = Simulator::in_memory(1);
    let vpc = create(&cloud, "shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.51.0.0/16"})).await;
    let rule = json!({"GroupId": vpc.outputs["DefaultSecurityGroup"], "IpProtocol": "-1"});
    create(&cloud, "shop/rule", "AWS::EC2::SecurityGroupEgress", rule).await;
    assert!(try_delete(&cloud, "AWS::EC2::VPC", &vpc.id).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_further_block_of_a_vpc_overlaps_none_that_it_has() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let block = |cidr: &str| json!({"VpcId": vpc, "CidrBlock": cidr});
    for cidr in ["10.51.128.0/17", "10.50.0.0/15"] {
        let refused = refusal(try_create(&cloud, "shop/more", "AWS::EC2::VPCCidrBlock", block(cidr)).await);
        assert!(refused.starts_with("CidrConflict"), "{refused}");
    }
    create(&cloud, "shop/more", "AWS::EC2::VPCCidrBlock", block("100.64.0.0/16")).await;
    let again = refusal(try_create(&cloud, "shop/again", "AWS::EC2::VPCCidrBlock", block("100.64.0.0/20")).await);
    assert!(again.contains("100.64.0.0/20 conflicts with 100.64.0.0/16"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn a_group_without_rules_shows_a_list_of_them_only_where_one_was_set() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let group = json!({"GroupDescription": "web", "VpcId": vpc});
    let bare = create(&cloud, "shop/bare", "AWS::EC2::SecurityGroup", group.clone()).await.id;
    let mut closed = group;
    closed["SecurityGroupEgress"] = json!([]);
    let closed = create(&cloud, "shop/closed", "AWS::EC2::SecurityGroup", closed).await.id;
    let rules = async |path: &str, id: &str| {
        let live = cloud.read(&existing(path, "AWS::EC2::SecurityGroup", id)).await.unwrap().unwrap();
        live.properties.get("SecurityGroupEgress").cloned()
    };
    assert_eq!(rules("shop/bare", &bare).await, None);
    assert_eq!(rules("shop/closed", &closed).await, Some(json!([])));
    let rule = json!({"GroupId": bare, "IpProtocol": "-1", "CidrIp": "10.51.0.0/16"});
    create(&cloud, "shop/rule", "AWS::EC2::SecurityGroupEgress", rule).await;
    assert_eq!(rules("shop/bare", &bare).await, Some(json!([{"IpProtocol": "-1", "CidrIp": "10.51.0.0/16"}])));
}

#[tokio::test(start_paused = true)]
async fn a_database_needs_subnets_in_two_zones() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let a = subnet(&cloud, &vpc, "a", "10.51.0.0/24").await;
    let group = |subnets: &[&str]| json!({"DBSubnetGroupDescription": "db", "SubnetIds": subnets});
    let one = try_create(&cloud, "shop/db", "AWS::RDS::DBSubnetGroup", group(&[&a])).await;
    assert!(refusal(one).starts_with("DBSubnetGroupDoesNotCoverEnoughAZs"));
    let b = subnet(&cloud, &vpc, "b", "10.51.1.0/24").await;
    create(&cloud, "shop/db", "AWS::RDS::DBSubnetGroup", group(&[&a, &b])).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_where_its_subnet_is() {
    let cloud = Simulator::in_memory(1);
    let vpc = vpc(&cloud).await;
    let subnet = subnet(&cloud, &vpc, "b", "10.51.7.0/28").await;
    let interface = json!({"SubnetId": subnet});
    let interface = create(&cloud, "shop/eni", "AWS::EC2::NetworkInterface", interface).await;
    for properties in [
        json!({"SubnetId": subnet}),
        json!({"NetworkInterfaces": [{"DeviceIndex": "0", "SubnetId": subnet}]}),
        json!({"NetworkInterfaces": [{"DeviceIndex": "0", "NetworkInterfaceId": interface.id}]}),
    ] {
        let path = format!("shop/instance-{}", properties.to_string().len());
        let instance = create(&cloud, &path, "AWS::EC2::Instance", properties).await;
        assert_eq!(instance.outputs["VpcId"], vpc);
    }
    let instance = create(&cloud, "shop/instance", "AWS::EC2::Instance", json!({"SubnetId": subnet})).await;
    assert_eq!(instance.outputs["AvailabilityZone"], "eu-central-1b");
    let address: std::net::Ipv4Addr = instance.outputs["PrivateIp"].as_str().unwrap().parse().unwrap();
    let block: groundplan_core::Ipv4Net = "10.51.7.0/28".parse().unwrap();
    assert!(block.contains(&address), "{address}");
    assert!((4..15).contains(&(u32::from(address) - u32::from(block.network()))), "AWS keeps {address} for itself");
    assert_eq!(interface.outputs["VpcId"], vpc);
}
