use groundplan_core::{Stack, cidr};
use serde_json::{Value as Json, json};

use super::*;
use crate::data::PostgresDatabase;
use crate::edge::{ApplicationLoadBalancer, DnsRecord};
use crate::fixture::{assembly, findings, properties};
use crate::network::{Port, SecurityGroup, Vpc};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111122223333:certificate/1";

fn shared(stack: &Stack) -> FoundVpc {
    stack.add("shared", Lookup::vpc().tag("Name", "shared").tag("Tier", "core"))
}

fn lookups(build: impl FnOnce(&Stack)) -> Json {
    let document: Json = serde_json::from_str(&assembly("eu-central-1", build).to_json()).expect("it is JSON");
    document["lookups"].clone()
}

#[test]
fn a_vpc_that_is_looked_up_fits_where_a_vpc_of_the_program_fits() {
    let assembly = assembly("us-east-1", |stack| {
        let vpc = shared(stack);
        let group = stack.add("group", SecurityGroup::new(&vpc, "Bastion"));
        stack.add("database", PostgresDatabase::new(&vpc));
        let certificate = || groundplan_resources::certificatemanager::CertificateArn::new(CERTIFICATE);
        stack.add("external", ApplicationLoadBalancer::new(&vpc, certificate()));
        stack.add("internal", ApplicationLoadBalancer::new(&vpc, certificate()).internal());
        let bastion = ec2::Instance::new().subnet_id(vpc.public_subnet_id(0)).security_group_ids([group.id()]);
        stack.add("bastion", bastion);
        stack.add("table", ec2::RouteTable::new(&vpc));
        stack.export("subnets", vpc.private_subnet_ids());
    });
    let of = |path: &str, property: &str| properties(&assembly, path)[property].clone();
    assert_eq!(of("shop/group", "VpcId"), json!({"$ref": "shop/shared#VpcId"}));
    assert_eq!(of("shop/table", "VpcId"), json!({"$ref": "shop/shared#VpcId"}));
    assert_eq!(of("shop/database/subnets", "SubnetIds"), json!({"$ref": "shop/shared#PrivateSubnetIds"}));
    assert_eq!(of("shop/external", "Subnets"), json!({"$ref": "shop/shared#PublicSubnetIdPerZone"}));
    assert_eq!(of("shop/internal", "Subnets"), json!({"$ref": "shop/shared#PrivateSubnetIdPerZone"}));
    assert_eq!(of("shop/internal/security-group/from-vpc-443", "CidrIp"), json!({"$ref": "shop/shared#CidrBlock"}));
    assert_eq!(of("shop/bastion", "SubnetId"), json!({"$ref": "shop/shared#PublicSubnetIds.0"}));
    assert_eq!(assembly.outputs["subnets"].to_json(), json!({"$ref": "shop/shared#PrivateSubnetIds"}));
}

#[test]
fn a_vpc_with_ipv6_has_the_rules_of_one() {
    let assembly = assembly("us-east-1", |stack| {
        let vpc = stack.add("shared", Lookup::vpc().tag("Name", "shared").dual_stack());
        let certificate = groundplan_resources::certificatemanager::CertificateArn::new(CERTIFICATE);
        stack.add("internal", ApplicationLoadBalancer::new(&vpc, certificate).internal());
    });
    let rule = properties(&assembly, "shop/internal/security-group/from-vpc-ipv6-443");
    assert_eq!(rule["CidrIpv6"], json!({"$ref": "shop/shared#Ipv6CidrBlock"}));
    assert_eq!(properties(&assembly, "shop/internal")["IpAddressType"], "dualstack");
}

#[test]
fn each_lookup_is_one_query_of_the_assembly() {
    let queries = lookups(|stack| {
        shared(stack);
        stack.add("image", Lookup::image(Image::amazon_linux_2023(Architecture::Arm64)));
        stack.add("zones", Lookup::availability_zones());
        stack.add("cloudfront", Lookup::prefix_list("com.amazonaws.global.cloudfront.origin-facing"));
        stack.add("zone", Lookup::hosted_zone("Example.com."));
        let internal = Lookup::hosted_zone("example.com").private().in_vpc(ec2::VpcId::new("vpc-1"));
        stack.add("internal", internal.tag("tier", "core"));
        let other = Lookup::vpc().id(ec2::VpcId::new("vpc-1")).owned_by("111122223333");
        let other = other.public_subnets_tagged("aws-cdk:subnet-type", "Public");
        stack.add("other", other.private_subnets_tagged("aws-cdk:subnet-type", "Isolated"));
        stack.add("default", Lookup::vpc().default_vpc());
    });
    let parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
    assert_eq!(
        queries,
        json!({
            "shop/shared": {"vpc": {"tags": {"Name": "shared", "Tier": "core"}}},
            "shop/image": {"public_parameter": {"name": parameter}},
            "shop/zones": "availability_zones",
            "shop/cloudfront": {"prefix_list": {"name": "com.amazonaws.global.cloudfront.origin-facing"}},
            "shop/zone": {"hosted_zone": {"domain": "example.com", "private": false}},
            "shop/internal": {
                "hosted_zone": {"domain": "example.com", "private": true, "vpc": "vpc-1", "tags": {"tier": "core"}},
            },
            "shop/other": {
                "vpc": {
                    "id": "vpc-1", "owner": "111122223333",
                    "public_subnets": {"aws-cdk:subnet-type": "Public"},
                    "private_subnets": {"aws-cdk:subnet-type": "Isolated"},
                },
            },
            "shop/default": {"vpc": {"is_default": true}},
        })
    );
}

#[test]
fn images_zones_prefix_lists_and_hosted_zones_fit_where_they_are_taken() {
    let assembly = assembly("eu-central-1", |stack| {
        let image = stack.add("image", Lookup::image(Image::ecs_optimized(Architecture::X86_64)));
        let zones = stack.add("zones", Lookup::availability_zones());
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        stack.add("host", ec2::Instance::new().image_id(&image).availability_zone(zones.name(1)));
        let group = stack.add("group", SecurityGroup::new(&vpc, "Origin"));
        let list = stack.add("cloudfront", Lookup::prefix_list("com.amazonaws.global.cloudfront.origin-facing"));
        group.allow_from(&list, Port::HTTPS);
        let zone = stack.add("zone", Lookup::hosted_zone("example.com"));
        stack.add("record", DnsRecord::txt(&zone, "example.com", ["v=spf1 -all"]));
        let internal = stack.add("internal", Lookup::hosted_zone("shop.internal").private());
        stack.add("api", DnsRecord::a(&internal, "api.shop.internal", ["10.0.0.1"]));
        stack.export("zones", zones.ids());
    });
    let of = |path: &str, property: &str| properties(&assembly, path)[property].clone();
    assert_eq!(of("shop/host", "ImageId"), json!({"$ref": "shop/image#Value"}));
    assert_eq!(of("shop/host", "AvailabilityZone"), json!({"$ref": "shop/zones#ZoneNames.1"}));
    let rule = "shop/group/from-global.cloudfront.origin-facing-443";
    assert_eq!(of(rule, "SourcePrefixListId"), json!({"$ref": "shop/cloudfront#PrefixListId"}));
    assert_eq!(of("shop/record", "HostedZoneId"), json!({"$ref": "shop/zone#HostedZoneId"}));
    assert_eq!(of("shop/api", "HostedZoneId"), json!({"$ref": "shop/internal#HostedZoneId"}));
}

#[test]
fn the_parameters_of_images_are_those_that_aws_publishes() {
    let of = |image: Image| image.parameter().trim_start_matches("/aws/service/").to_owned();
    let arm = Architecture::Arm64;
    assert_eq!(of(Image::ecs_optimized(arm)), "ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id");
    let ecs = of(Image::ecs_optimized(Architecture::X86_64));
    assert_eq!(ecs, "ecs/optimized-ami/amazon-linux-2023/recommended/image_id");
    let eks = of(Image::eks_optimized("1.33", Architecture::X86_64));
    assert_eq!(eks, "eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/image_id");
    let minimal = of(Image::amazon_linux_2023_minimal(arm));
    assert_eq!(minimal, "ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-arm64");
    let line = of(Image::amazon_linux_2023_with_kernel("6.12", Architecture::X86_64));
    assert_eq!(line, "ami-amazon-linux-latest/al2023-ami-kernel-6.12-x86_64");
    let minimal = of(Image::amazon_linux_2023_minimal_with_kernel("6.1", arm));
    assert_eq!(minimal, "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-arm64");
}

#[test]
fn a_lookup_that_can_find_nothing_is_an_error_of_the_program() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("shared", Lookup::vpc());
        stack.add("image", Lookup::public_parameter("/shop/image"));
        stack.add("zone", Lookup::hosted_zone(""));
        stack.add("escaped", Lookup::hosted_zone("\\052.example.com"));
        stack.add("unicode", Lookup::hosted_zone("bücher.example").private());
        stack.add("owned", Lookup::vpc().owned_by("network"));
    }), @r#"
    error[GP0601]: the lookup does not state which VPC it finds
       = got: "no tag, id or owner"
       = help: state a tag that only this VPC has, as in `.tag("Name", "shared")`, or its `.id(…)`

    error[GP0601]: this is not the name of a public parameter
       = got: "/shop/image"
       = help: pass the name of a parameter that AWS publishes below `/aws/service/`

    error[GP0601]: this is not the domain of a hosted zone
       = got: ""
       = help: state the whole name of the zone as it is written in DNS, as in `example.com`

    error[GP0601]: this is not the domain of a hosted zone
       = got: "\\052.example.com"
       = help: state the whole name of the zone as it is written in DNS, as in `example.com`

    error[GP0601]: Route 53 has no hosted zone of this domain
       = got: "bücher.example"
       = help: state the name in Punycode, as in `xn--bcher-kva.example`

    error[GP0601]: this is not an account
       = got: "network"
       = help: pass the twelve digits of the account
    "#);
}

#[test]
fn a_test_states_the_blocks_and_subnets_of_a_vpc() {
    let answer = VpcAnswer::new("vpc-1").block(cidr!("10.0.0.0/16")).block(cidr!("100.64.0.0/16"));
    let answer = answer.private_subnets(["subnet-b", "subnet-a"]);
    assert_eq!(
        Json::from(<VpcLookup as core::Lookup>::outputs(answer)),
        json!({
            "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlocks": ["10.0.0.0/16", "100.64.0.0/16"],
            "PrivateSubnetIds": ["subnet-b", "subnet-a"], "PrivateSubnetIdPerZone": ["subnet-b", "subnet-a"],
        })
    );
}
