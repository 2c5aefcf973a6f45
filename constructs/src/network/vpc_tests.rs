use groundplan_core::{App, Assembly, Environment, cidr};
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, below, findings, properties};
use crate::network::Tier;

fn with(region: &str, set: impl FnOnce(Vpc) -> Vpc) -> Assembly {
    assembly(region, |stack| drop(stack.add("vpc", set(Vpc::new(cidr!("10.0.0.0/16"))))))
}

fn of(assembly: &Assembly, name: &str) -> Json {
    properties(assembly, &format!("shop/vpc/{name}"))
}

/// Returns the names below the VPC that begin with `prefix`.
fn named(assembly: &Assembly, prefix: &str) -> Vec<String> {
    below(assembly, "shop/vpc").into_iter().filter(|name| name.starts_with(prefix)).collect()
}

fn name(name: &str) -> Json {
    json!({"Key": "Name", "Value": name})
}

fn subnet(name: &str) -> Json {
    json!({"$ref": format!("shop/vpc/{name}#SubnetId")})
}

#[test]
fn by_default_a_vpc_has_three_zones_with_a_public_and_a_private_subnet_each() {
    let assembly = with("eu-west-1", |vpc| vpc);
    assert_eq!(
        properties(&assembly, "shop/vpc"),
        json!({
            "CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": true, "Tags": [name("shop-vpc")],
        })
    );
    let subnets: Vec<_> = assembly.find::<ec2::Subnet>().iter().map(|subnet| subnet.path.name().to_owned()).collect();
    assert_eq!(subnets, ["private-a", "private-b", "private-c", "public-a", "public-b", "public-c"]);
    assert_eq!(
        of(&assembly, "public-b"),
        json!({
            "VpcId": {"$ref": "shop/vpc#VpcId"}, "AvailabilityZone": "eu-west-1b", "CidrBlock": "10.0.132.0/22",
            "MapPublicIpOnLaunch": true, "Tags": [name("shop-public-b")],
        })
    );
    assert_eq!(of(&assembly, "private-a")["MapPublicIpOnLaunch"], false);
}

#[test]
fn each_zone_reaches_the_internet_through_its_own_nat_gateway() {
    let assembly = with("eu-west-1", |vpc| vpc);
    for zone in ["a", "b", "c"] {
        let gateway = of(&assembly, &format!("nat-{zone}"));
        assert_eq!(gateway["SubnetId"], subnet(&format!("public-{zone}")));
        assert_eq!(gateway["AllocationId"], json!({"$ref": format!("shop/vpc/nat-{zone}-ip#AllocationId")}));
        assert_eq!(of(&assembly, &format!("nat-{zone}-ip"))["Domain"], "vpc");
        let route = of(&assembly, &format!("private-routes-{zone}-internet"));
        assert_eq!(route["NatGatewayId"], json!({"$ref": format!("shop/vpc/nat-{zone}#NatGatewayId")}));
        assert_eq!(route["DestinationCidrBlock"], "0.0.0.0/0");
        let association = of(&assembly, &format!("private-{zone}-association"));
        assert_eq!(association["SubnetId"], subnet(&format!("private-{zone}")));
        let table = json!({"$ref": format!("shop/vpc/private-routes-{zone}#RouteTableId")});
        assert_eq!(association["RouteTableId"], table);
        for resource in [format!("nat-{zone}"), format!("nat-{zone}-ip")] {
            let before = &assembly.resources[format!("shop/vpc/{resource}").as_str()].depends_on;
            assert!(before.iter().any(|path| path.as_str() == "shop/vpc/internet-gateway-attachment"));
        }
    }
}

#[test]
fn public_subnets_are_routed_to_the_internet_gateway_once_it_is_attached() {
    let assembly = with("eu-west-1", |vpc| vpc);
    let gateway = json!({"$ref": "shop/vpc/internet-gateway#InternetGatewayId"});
    assert_eq!(of(&assembly, "internet-gateway-attachment")["InternetGatewayId"], gateway);
    let route = of(&assembly, "public-routes-internet");
    assert_eq!((&route["GatewayId"], &route["DestinationCidrBlock"]), (&gateway, &json!("0.0.0.0/0")));
    let before = &assembly.resources["shop/vpc/public-routes-internet"].depends_on;
    assert!(before.iter().any(|path| path.as_str() == "shop/vpc/internet-gateway-attachment"));
    for zone in ["a", "b", "c"] {
        let association = of(&assembly, &format!("public-{zone}-association"));
        assert_eq!(association["RouteTableId"], json!({"$ref": "shop/vpc/public-routes#RouteTableId"}));
    }
}

#[test]
fn there_are_as_many_nat_gateways_as_the_program_asks_for() {
    let single = with("eu-west-1", |vpc| vpc.nat(NatGateways::Single));
    assert_eq!(named(&single, "nat-"), ["nat-a", "nat-a-ip"]);
    let gateway = json!({"$ref": "shop/vpc/nat-a#NatGatewayId"});
    assert!(
        ["a", "b", "c"]
            .iter()
            .all(|it| of(&single, &format!("private-routes-{it}-internet"))["NatGatewayId"] == gateway)
    );
    let none = with("eu-west-1", |vpc| vpc.nat(NatGateways::None));
    assert_eq!(named(&none, "nat-"), Vec::<String>::new());
    assert_eq!(named(&none, "private-routes-"), ["private-routes-a", "private-routes-b", "private-routes-c"]);
}

#[test]
fn of_two_public_tiers_one_has_the_nat_gateway_of_each_zone() {
    let tiers = [
        Tier::sized(Visibility::Private, 20),
        Tier::sized(Visibility::Public, 24),
        Tier::sized(Visibility::Public, 24).named("edge"),
    ];
    let assembly = with("us-east-1", |vpc| vpc.subnets(SubnetLayout::new(tiers)));
    assert_eq!(assembly.find::<ec2::NatGateway>().len(), 3);
    for zone in ["a", "b", "c"] {
        assert_eq!(of(&assembly, &format!("nat-{zone}"))["SubnetId"], subnet(&format!("public-{zone}")));
    }
}

#[test]
fn a_vpc_without_public_subnets_has_no_gateway() {
    let layout = SubnetLayout::new([Tier::sized(Visibility::Private, 20)]);
    let assembly = assembly("eu-west-1", |stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).subnets(layout));
        assert!(vpc.internet_gateway_attachment.is_none() && vpc.public_subnets().is_empty());
    });
    assert!(assembly.find::<ec2::InternetGateway>().is_empty() && assembly.find::<ec2::NatGateway>().is_empty());
    assert!(assembly.find::<ec2::Route>().is_empty());
}

#[test]
fn zones_are_those_of_the_program_or_the_first_three_of_the_region() {
    let zones = |assembly: &Assembly| {
        let subnets = assembly.find::<ec2::Subnet>();
        let zones: BTreeSet<_> =
            subnets.iter().filter_map(|subnet| subnet.availability_zone.as_ref()?.known().cloned()).collect();
        zones.into_iter().collect::<Vec<_>>()
    };
    let tokyo = with("ap-northeast-1", |vpc| vpc);
    assert_eq!(zones(&tokyo), ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]);
    let stated = with("us-west-1", |vpc| vpc.zones(["us-west-1a", "us-west-1c"]));
    assert_eq!(zones(&stated), ["us-west-1a", "us-west-1c"]);
}

#[test]
fn a_dual_stack_vpc_has_ipv6_in_every_subnet_and_route_table() {
    let assembly = with("eu-west-1", |vpc| vpc.dual_stack());
    assert_eq!(of(&assembly, "ipv6")["AmazonProvidedIpv6CidrBlock"], true);
    let subnets = assembly.find::<ec2::Subnet>();
    let blocks: BTreeSet<_> = subnets
        .iter()
        .map(|subnet| {
            let properties = properties(&assembly, subnet.path.as_str());
            assert_eq!(properties["AssignIpv6AddressOnCreation"], true);
            let block = &properties["Ipv6CidrBlock"]["$subnet"];
            assert_eq!(
                (&block["block"], &block["prefix"]),
                (&json!({"$ref": "shop/vpc/ipv6#Ipv6CidrBlock"}), &json!(64))
            );
            block["index"].as_u64()
        })
        .collect();
    assert_eq!(blocks.len(), 6, "each has its own");
    let public = of(&assembly, "public-routes-internet-ipv6");
    assert_eq!((&public["DestinationIpv6CidrBlock"], public.get("GatewayId").is_some()), (&json!("::/0"), true));
    let private = of(&assembly, "private-routes-a-internet-ipv6");
    let egress = json!({"$ref": "shop/vpc/egress-only-gateway#Id"});
    assert_eq!(
        (&private["DestinationIpv6CidrBlock"], &private["EgressOnlyInternetGatewayId"]),
        (&json!("::/0"), &egress)
    );
}

#[test]
fn subnets_are_tagged_for_the_load_balancers_of_kubernetes() {
    let assembly = with("eu-west-1", |vpc| vpc.kubernetes(&["blue", "green"]));
    let role = |role: &str| json!({"Key": format!("kubernetes.io/role/{role}"), "Value": "1"});
    let cluster = |name: &str| json!({"Key": format!("kubernetes.io/cluster/{name}"), "Value": "shared"});
    let public = [name("shop-public-a"), role("elb"), cluster("blue"), cluster("green")];
    assert_eq!(of(&assembly, "public-a")["Tags"], json!(public));
    let private = [name("shop-private-a"), role("internal-elb"), cluster("blue"), cluster("green")];
    assert_eq!(of(&assembly, "private-a")["Tags"], json!(private));
    let any = with("eu-west-1", |vpc| vpc.kubernetes(&[]));
    assert_eq!(of(&any, "public-a")["Tags"], json!([name("shop-public-a"), role("elb")]));
}

#[test]
fn a_gateway_endpoint_is_in_every_route_table() {
    for (endpoint, service) in [(Endpoint::S3, "s3"), (Endpoint::DynamoDb, "dynamodb")] {
        let assembly = assembly("eu-west-1", |stack| {
            let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).endpoints([endpoint]));
            assert!(vpc.endpoint_security_group.is_none());
        });
        let tables = ["public-routes", "private-routes-a", "private-routes-b", "private-routes-c"];
        assert_eq!(
            of(&assembly, &format!("endpoint-{service}")),
            json!({
                "VpcId": {"$ref": "shop/vpc#VpcId"},
                "ServiceName": format!("com.amazonaws.eu-west-1.{service}"),
                "VpcEndpointType": "Gateway",
                "RouteTableIds": tables.map(|table| json!({"$ref": format!("shop/vpc/{table}#RouteTableId")})),
            })
        );
    }
}

#[test]
fn an_interface_endpoint_is_in_the_private_subnets_and_admits_the_vpc() {
    for (endpoint, service) in [
        (Endpoint::EcrApi, "ecr.api"),
        (Endpoint::EcrDocker, "ecr.dkr"),
        (Endpoint::Logs, "logs"),
        (Endpoint::SecretsManager, "secretsmanager"),
    ] {
        let assembly = with("eu-west-1", |vpc| vpc.endpoints([endpoint]));
        let private = ["private-a", "private-b", "private-c"].map(subnet);
        assert_eq!(
            of(&assembly, &format!("endpoint-{service}")),
            json!({
                "VpcId": {"$ref": "shop/vpc#VpcId"},
                "ServiceName": format!("com.amazonaws.eu-west-1.{service}"),
                "VpcEndpointType": "Interface",
                "PrivateDnsEnabled": true,
                "SubnetIds": private,
                "SecurityGroupIds": [{"$ref": "shop/vpc/endpoints#GroupId"}],
            })
        );
        assert_eq!(of(&assembly, "endpoints/from-10.0.0.0_16-443")["FromPort"], 443);
        assert_eq!(of(&assembly, "endpoints")["SecurityGroupEgress"], json!([]));
    }
}

#[test]
fn an_interface_endpoint_has_one_subnet_of_each_zone() {
    let tiers = [Tier::sized(Visibility::Private, 20), Tier::sized(Visibility::Private, 24).named("data")];
    let assembly = with("eu-west-1", |vpc| vpc.subnets(SubnetLayout::new(tiers)).endpoints([Endpoint::Logs]));
    assert_eq!(of(&assembly, "endpoint-logs")["SubnetIds"], json!(["private-a", "private-b", "private-c"].map(subnet)));
}

#[test]
fn a_handle_names_the_vpc_and_its_subnets() {
    let assembly = assembly("eu-west-1", |stack| {
        let tiers = [Tier::sized(Visibility::Private, 20), Tier::sized(Visibility::Private, 24).named("data")];
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).subnets(SubnetLayout::new(tiers)).dual_stack());
        stack.export("id", vpc.id());
        assert_eq!((vpc.block, vpc.dual_stack), (cidr!("10.0.0.0/16"), true));
        assert_eq!((vpc.private_subnets().len(), vpc.public_subnets().len()), (6, 0));
        let per_zone = vpc.subnet_per_zone(Visibility::Private);
        assert_eq!(per_zone, vpc.private_subnets()[..3]);
        assert!(vpc.subnet_per_zone(Visibility::Public).is_empty());
    });
    assert_eq!(assembly.outputs["id"].to_json(), json!({"$ref": "shop/vpc#VpcId"}));
}

#[test]
fn blocks_and_zones_that_a_vpc_cannot_have_are_refused() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("small", Vpc::new(cidr!("10.0.0.0/29")));
        stack.add("large", Vpc::new(cidr!("10.0.0.0/15")));
        let halves = SubnetLayout::new([Tier::sized(Visibility::Private, 17)]);
        stack.add("full", Vpc::new(cidr!("10.0.0.0/16")).subnets(halves));
        stack.add("foreign", Vpc::new(cidr!("10.0.0.0/16")).zones(["us-east-1a", "us-east-2b"]));
    }), @"
    error[GP0312]: a VPC cannot have a block of this size
       = got: 10.0.0.0/29
       = allowed: /16 to /28

    error[GP0312]: a VPC cannot have a block of this size
       = got: 10.0.0.0/15
       = allowed: /16 to /28

    error[GP0313]: the subnets do not fit into the VPC
       = got: 10.0.0.0/16 has no room left for 4 subnets of /17
       = help: choose other blocks or sizes, or a larger block for the VPC

    error[GP0314]: a VPC cannot use an availability zone of another region
       = got: us-east-2b
       = allowed: zones of us-east-1, as in us-east-1a
    ");
    let app = App::new("shop");
    app.stack("shop", Environment::new("us-west-1")).add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
    let found = app.synth().expect_err("its zones differ between accounts").to_string();
    assert!(found.contains("error[GP0315]") && found.contains("`.zones([…])`"), "{found}");
}
