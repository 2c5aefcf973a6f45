use serde_json::{Value as Json, json};

use super::*;

fn properties(json: Json) -> BTreeMap<String, Value> {
    let Value::Map(map) = Value::from_json(json).expect("it is a document") else { panic!("a map") };
    map
}

fn of(type_name: &str, json: Json) -> Vec<Claim> {
    claims(type_name, &Environment::new("us-east-1"), &properties(json))
}

/// The claims of a kind.
fn one(type_name: &str, what: &str, json: Json) -> Claim {
    let found: Vec<_> = of(type_name, json).into_iter().filter(|claim| claim.what == what).collect();
    let [claim] = &found[..] else { panic!("{type_name}: {what}: {found:?}") };
    claim.clone()
}

/// `spelled` with the properties of a rule in place of those of a first one.
fn with(first: &Json, other: &Json) -> Json {
    let mut merged = first.clone();
    for (name, value) in other.as_object().expect("a map") {
        merged[name] = value.clone();
    }
    merged
}

/// A type, what it claims, a resource, spellings that are the same thing, and changes that make
/// another one.
struct Case(&'static str, &'static str, Json, Vec<Json>, Vec<Json>);

fn cases() -> Vec<Case> {
    let table = |name: &str| json!({"$ref": format!("a/{name}#RouteTableId")});
    vec![
        Case(
            "AWS::IAM::RolePolicy",
            "inline policy of a role",
            json!({"RoleName": "worker", "PolicyName": "read", "PolicyDocument": {}}),
            vec![json!({"RoleName": "Worker"}), json!({"PolicyDocument": {"Statement": []}})],
            vec![
                json!({"RoleName": "other"}),
                json!({"PolicyName": "write"}),
                json!({"RoleName": {"$ref": "a/r#RoleName"}}),
            ],
        ),
        Case(
            "AWS::Route53::RecordSet",
            "record",
            json!({"HostedZoneId": "Z1", "Name": "www.example.com", "Type": "A"}),
            vec![
                json!({"Name": "WWW.example.com."}),
                json!({"Name": "\\167ww.example.com"}),
                json!({"HostedZoneId": "/hostedzone/Z1"}),
                json!({"TTL": "60"}),
            ],
            vec![json!({"Type": "AAAA"}), json!({"HostedZoneId": "Z2"}), json!({"SetIdentifier": "one"})],
        ),
        Case(
            "AWS::EC2::SecurityGroupIngress",
            "ingress rule",
            json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}),
            vec![json!({"CidrIp": "10.0.0.5/8"}), json!({"IpProtocol": "6"}), json!({"Description": "web"})],
            vec![
                json!({"GroupId": "sg-2"}),
                json!({"IpProtocol": "udp"}),
                json!({"FromPort": 80}),
                json!({"CidrIp": "10.0.0.0/16"}),
                json!({"CidrIp": null, "CidrIpv6": "::/0"}),
                json!({"CidrIp": null, "SourceSecurityGroupId": "sg-3"}),
            ],
        ),
        Case(
            "AWS::EC2::SecurityGroupEgress",
            "egress rule",
            json!({"GroupId": "sg-1", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
            vec![
                json!({"IpProtocol": "all"}),
                json!({"FromPort": 0, "ToPort": 0}),
                json!({"FromPort": -1, "ToPort": -1}),
            ],
            vec![json!({"IpProtocol": "icmp"}), json!({"IpProtocol": "1", "FromPort": 8, "ToPort": -1})],
        ),
        Case(
            "AWS::EC2::Route",
            "route to a destination",
            json!({"RouteTableId": table("t"), "DestinationCidrBlock": "10.1.0.0/16", "GatewayId": "igw-1"}),
            vec![json!({"DestinationCidrBlock": "10.1.2.3/16"}), json!({"GatewayId": null, "NatGatewayId": "nat-1"})],
            vec![
                json!({"RouteTableId": table("u")}),
                json!({"DestinationCidrBlock": null, "DestinationIpv6CidrBlock": "::/0"}),
                json!({"DestinationCidrBlock": null, "DestinationPrefixListId": "pl-1"}),
            ],
        ),
        Case(
            "AWS::EC2::NetworkAclEntry",
            "number of a network ACL entry",
            json!({"NetworkAclId": "acl-1", "RuleNumber": 100, "Protocol": 6, "RuleAction": "allow"}),
            vec![json!({"Egress": false}), json!({"RuleAction": "deny"})],
            vec![json!({"Egress": true}), json!({"RuleNumber": 110})],
        ),
        Case(
            "AWS::ECS::Service",
            "name of a service",
            json!({"ServiceName": "web"}),
            vec![
                json!({"Cluster": "default"}),
                json!({"Cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/default"}),
            ],
            vec![json!({"Cluster": "blue"}), json!({"ServiceName": "api"})],
        ),
        Case(
            "AWS::Events::Rule",
            "name of a rule",
            json!({"Name": "nightly"}),
            vec![json!({"EventBusName": "default"})],
            vec![json!({"EventBusName": "orders"})],
        ),
        Case(
            "AWS::RDS::DBInstance",
            "identifier of a DB instance",
            json!({"DBInstanceIdentifier": "Saleor"}),
            vec![json!({"DBInstanceIdentifier": "saleor"})],
            vec![json!({"DBInstanceIdentifier": "saleor2"})],
        ),
        Case(
            "AWS::EKS::PodIdentityAssociation",
            "role of a service account",
            json!({"ClusterName": "blue", "Namespace": "web", "ServiceAccount": "api", "RoleArn": "arn:1"}),
            vec![json!({"RoleArn": "arn:2"})],
            vec![json!({"Namespace": "jobs"}), json!({"ServiceAccount": "worker"})],
        ),
        Case(
            "AWS::IAM::OIDCProvider",
            "URL of an OIDC provider",
            json!({"Url": "https://token.actions.githubusercontent.com"}),
            vec![json!({"Url": "token.actions.githubusercontent.com/"})],
            vec![json!({"Url": "https://gitlab.com"})],
        ),
        Case(
            "AWS::Lambda::Alias",
            "alias of a function",
            json!({"FunctionName": "resize", "Name": "live", "FunctionVersion": "1"}),
            vec![
                json!({"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:resize"}),
                json!({"FunctionVersion": "2"}),
            ],
            vec![json!({"Name": "next"}), json!({"FunctionName": "crop"})],
        ),
        Case(
            "AWS::ElasticLoadBalancingV2::Listener",
            "port of a load balancer",
            json!({"LoadBalancerArn": {"$ref": "a/lb#LoadBalancerArn"}, "Port": 443, "DefaultActions": []}),
            vec![json!({"Protocol": "HTTPS"})],
            vec![json!({"Port": 80}), json!({"LoadBalancerArn": {"$ref": "a/lb2#LoadBalancerArn"}})],
        ),
        Case(
            "AWS::WAFv2::WebACLAssociation",
            "web ACL of a resource",
            json!({"ResourceArn": "arn:lb", "WebACLArn": "arn:1"}),
            vec![json!({"WebACLArn": "arn:2"})],
            vec![json!({"ResourceArn": "arn:other"})],
        ),
        Case(
            "AWS::SecretsManager::Secret",
            "name of a secret",
            json!({"Name": "db"}),
            vec![json!({"Description": "x"})],
            vec![json!({"Name": "DB"})],
        ),
    ]
}

#[test]
fn spellings_of_one_thing_are_one_claim_and_another_thing_is_another_one() {
    for Case(type_name, what, first, same, other) in cases() {
        let claim = one(type_name, what, first.clone());
        for change in same {
            let spelled = one(type_name, what, with(&first, &change));
            assert!(claim.is_same_as(&spelled), "{type_name} {change}: {claim:?} {spelled:?}");
        }
        for change in other {
            let different = one(type_name, what, with(&first, &change));
            assert!(!claim.conflicts_with(&different), "{type_name} {change}: {claim:?}");
        }
    }
}

#[test]
fn a_resource_without_a_part_of_a_rule_claims_nothing_by_it() {
    for (type_name, json) in [
        ("AWS::S3::Bucket", json!({})),
        ("AWS::IAM::Role", json!({"RoleName": null})),
        ("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})),
        ("AWS::EC2::VPCEndpoint", json!({"VpcId": "vpc-1", "ServiceName": "s3", "PrivateDnsEnabled": false})),
        ("AWS::IAM::RolePolicy", json!({"RoleName": "a", "PolicyName": {"$secret": {"environment": "X"}}})),
        ("AWS::Made::Up", json!({"Name": "a"})),
    ] {
        assert_eq!(of(type_name, json), [], "{type_name}");
    }
}

#[test]
fn each_element_of_a_list_is_claimed() {
    let policy = of("AWS::IAM::Policy", json!({"PolicyName": "read", "Roles": ["a", "b"], "Users": ["c"]}));
    let direct = one("AWS::IAM::RolePolicy", "inline policy of a role", json!({"RoleName": "b", "PolicyName": "read"}));
    assert_eq!(policy.len(), 3);
    assert_eq!(policy.iter().filter(|claim| claim.is_same_as(&direct)).count(), 1);

    let group = json!({"HostedZoneId": "Z1", "RecordSets": [{"Name": "a.example.com", "Type": "A"}, {"Name": "b.example.com", "Type": "A"}]});
    let record =
        one("AWS::Route53::RecordSet", "record", json!({"HostedZoneId": "Z1", "Name": "B.example.com.", "Type": "A"}));
    assert_eq!(of("AWS::Route53::RecordSetGroup", group).iter().filter(|claim| claim.is_same_as(&record)).count(), 1);

    let eip = json!({"$ref": "a/eip#AllocationId"});
    let gateway = one("AWS::EC2::NatGateway", "Elastic IP address", json!({"AllocationId": eip}));
    let balancer = json!({"SubnetMappings": [{"SubnetId": "subnet-1", "AllocationId": eip}]});
    assert!(one("AWS::ElasticLoadBalancingV2::LoadBalancer", "Elastic IP address", balancer).conflicts_with(&gateway));
}

#[test]
fn a_cname_conflicts_with_records_of_other_types_and_not_with_weighted_ones_of_its_own() {
    let record = |type_name: &str| {
        let properties = json!({"HostedZoneId": "Z1", "Name": "a.example.com", "Type": type_name});
        one("AWS::Route53::RecordSet", "CNAME at a name", properties)
    };
    assert!(record("CNAME").certainly_conflicts_with(&record("A")));
    assert!(!record("CNAME").conflicts_with(&record("CNAME")));
    assert!(!record("A").conflicts_with(&record("AAAA")));
    assert!(!record("CNAME").is_same_as(&record("CNAME")));
}

#[test]
fn records_of_one_name_and_type_have_one_routing_policy() {
    let record = |extra: Json| {
        let plain = json!({"HostedZoneId": "Z1", "Name": "a.example.com", "Type": "A"});
        one("AWS::Route53::RecordSet", "routing policy of a record", with(&plain, &extra))
    };
    let weighted = |weight: u8, id: &str| record(json!({"Weight": weight, "SetIdentifier": id}));
    assert!(!weighted(1, "a").conflicts_with(&weighted(2, "b")));
    assert!(weighted(1, "a").conflicts_with(&record(json!({}))));
    assert!(!record(json!({})).conflicts_with(&record(json!({"MultiValueAnswer": false}))));
}

#[test]
fn a_vpc_is_associated_with_one_service_network() {
    let of = |network: &str| {
        let association = json!({"ServiceNetworkIdentifier": network, "VpcIdentifier": "vpc-1"});
        one("AWS::VpcLattice::ServiceNetworkVpcAssociation", "service network of a VPC", association)
    };
    assert!(of("sn-1").is_same_as(&of("sn-2")));
}

#[test]
fn blocks_of_one_vpc_that_overlap_conflict() {
    let vpc = json!({"$ref": "a/vpc#VpcId"});
    let subnet =
        |block: Json| one("AWS::EC2::Subnet", "IPv4 block of a subnet", json!({"VpcId": vpc, "CidrBlock": block}));
    let first = subnet(json!("10.0.0.0/24"));
    assert!(first.conflicts_with(&subnet(json!("10.0.0.128/25"))));
    assert!(!first.is_same_as(&subnet(json!("10.0.0.128/25"))));
    assert!(first.is_same_as(&subnet(json!("10.0.0.0/24"))));
    assert!(!first.conflicts_with(&subnet(json!("10.0.1.0/24"))));
}

#[test]
fn parts_of_a_block_to_come_overlap_as_they_would_in_any_block() {
    let vpc = json!({"$ref": "a/vpc#VpcId"});
    let subnet = |prefix: u8, index: u32| {
        let block = json!({"$subnet": {"block": {"$ref": "a/block#Ipv6CidrBlock"}, "prefix": prefix, "index": index}});
        one("AWS::EC2::Subnet", "IPv6 block of a subnet", json!({"VpcId": vpc, "Ipv6CidrBlock": block}))
    };
    assert!(subnet(64, 3).is_same_as(&subnet(64, 3)));
    assert!(!subnet(64, 3).conflicts_with(&subnet(64, 4)));
    assert!(subnet(60, 1).conflicts_with(&subnet(64, 16)));
    assert!(!subnet(60, 1).conflicts_with(&subnet(64, 15)));
    let elsewhere = json!({"VpcId": vpc, "Ipv6CidrBlock": {"$ref": "a/block#Ipv6CidrBlock"}});
    assert!(!subnet(64, 3).conflicts_with(&one("AWS::EC2::Subnet", "IPv6 block of a subnet", elsewhere)));
}

#[test]
fn a_target_group_belongs_to_one_load_balancer() {
    let listener = |balancer: Json| {
        let forward = json!([{"Type": "forward", "TargetGroupArn": {"$ref": "a/tg#TargetGroupArn"}}]);
        let properties = json!({"LoadBalancerArn": balancer, "Port": 80, "DefaultActions": forward});
        one("AWS::ElasticLoadBalancingV2::Listener", "load balancer of a target group", properties)
    };
    let balancer = |name: &str| json!({"$ref": format!("a/{name}#LoadBalancerArn")});
    let known =
        |name: &str| json!(format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/{name}/1"));
    assert!(listener(balancer("one")).certainly_conflicts_with(&listener(balancer("two"))));
    assert!(!listener(balancer("one")).conflicts_with(&listener(balancer("one"))));
    assert!(listener(known("one")).certainly_conflicts_with(&listener(known("two"))));
    assert!(!listener(known("one")).certainly_conflicts_with(&listener(balancer("one"))), "they may be the same");

    let actions = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": {"$ref": "a/tg#TargetGroupArn"}}]}}]);
    let rule = |listener: Json| json!({"ListenerArn": listener, "Priority": 1, "Actions": actions, "Conditions": []});
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/one/1/2";
    let of_arn = one("AWS::ElasticLoadBalancingV2::ListenerRule", "load balancer of a target group", rule(json!(arn)));
    assert_eq!(of_arn.conflict, listener(known("one")).conflict);
    assert!(of_arn.conflicts_with(&listener(known("two"))));

    let unknown = of("AWS::ElasticLoadBalancingV2::ListenerRule", rule(json!({"$ref": "a/listener#ListenerArn"})));
    assert_eq!(unknown.len(), 1, "only its priority: {unknown:?}");
    assert!(unknown[0].swaps);
}

#[test]
fn what_another_resource_states_stands_for_a_reference_to_it() {
    let balancer = Value::from_json(json!({"$ref": "a/lb#LoadBalancerArn"})).expect("a reference");
    let name = Value::from("Worker");
    let stated = |reference: &Reference, property: &str| match (reference.path.as_str(), property) {
        ("a/listener", "LoadBalancerArn") => Some(&balancer),
        ("a/role", "RoleName") => Some(&name),
        _ => None,
    };
    let environment = Environment::new("us-east-1");
    let rule = properties(json!({
        "ListenerArn": {"$ref": "a/listener#ListenerArn"},
        "Priority": 1,
        "Actions": [{"Type": "forward", "TargetGroupArn": {"$ref": "a/tg#TargetGroupArn"}}],
    }));
    let claims = claims_among("AWS::ElasticLoadBalancingV2::ListenerRule", &environment, &rule, &stated);
    assert!(claims.iter().any(|claim| matches!(&claim.conflict, Conflict::Unless(of) if of.contains("a/lb#"))));

    let policy = properties(json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": "read"}));
    let claims = claims_among("AWS::IAM::RolePolicy", &environment, &policy, &stated);
    let written =
        one("AWS::IAM::RolePolicy", "inline policy of a role", json!({"RoleName": "worker", "PolicyName": "read"}));
    assert!(claims[0].is_same_as(&written), "{claims:?}");
}

#[test]
fn a_key_says_where_there_is_one() {
    let claim = |type_name: &str, property: &str, environment: Environment| {
        claims(type_name, &environment, &properties(json!({property: "media"}))).remove(0)
    };
    let [east, west] = ["us-east-1", "eu-west-1"].map(Environment::new);
    let pinned = || Environment::new("us-east-1").account("123456789012");
    let conflict = |type_name: &str, property: &str, a: &Environment, b: &Environment| {
        claim(type_name, property, a.clone()).conflicts_with(&claim(type_name, property, b.clone()))
    };
    assert!(conflict("AWS::S3::Bucket", "BucketName", &pinned(), &west), "in all accounts and regions");
    assert!(!conflict("AWS::S3::Bucket", "BucketName", &east, &Environment::new("cn-north-1")));
    assert!(conflict("AWS::IAM::Role", "RoleName", &east, &west), "in all regions of an account");
    assert!(!conflict("AWS::IAM::Role", "RoleName", &east, &pinned()), "they may be two accounts");
    assert!(!conflict("AWS::SQS::Queue", "QueueName", &east, &west));
    assert!(conflict("AWS::SQS::Queue", "QueueName", &east, &east));
}

#[test]
fn what_an_account_has_once_is_the_same_whatever_it_says() {
    let detector = |enable: bool| one("AWS::GuardDuty::Detector", "GuardDuty detector", json!({"Enable": enable}));
    assert!(detector(true).is_same_as(&detector(false)));
    assert_eq!(detector(true).values(), "");
    let recorder =
        |name: &str| one("AWS::Config::ConfigurationRecorder", "configuration recorder", json!({"Name": name}));
    assert!(recorder("a").is_same_as(&recorder("b")));
}

#[test]
fn one_name_space_of_two_types_is_one() {
    let name = |type_name: &str, what: &str, property: &str| one(type_name, what, json!({property: "api.example.com"}));
    let domain = |type_name: &str| name(type_name, "custom domain name", "DomainName");
    assert!(domain("AWS::ApiGateway::DomainName").is_same_as(&domain("AWS::ApiGatewayV2::DomainName")));
    let vault = |type_name: &str| name(type_name, "name of a backup vault", "BackupVaultName");
    assert!(vault("AWS::Backup::BackupVault").is_same_as(&vault("AWS::Backup::LogicallyAirGappedBackupVault")));
}

#[test]
fn a_domain_is_that_of_one_user_pool() {
    let of = |pool: &str| {
        one("AWS::Cognito::UserPoolDomain", "domain of a user pool", json!({"UserPoolId": pool, "Domain": "shop"}))
    };
    assert!(of("pool-1").is_same_as(&of("pool-2")));
}

#[test]
fn a_resource_has_one_flow_log_of_its_traffic_to_a_destination() {
    let log = |extra: Json| {
        let plain = json!({"ResourceId": "vpc-1", "ResourceType": "VPC", "TrafficType": "ALL", "LogDestination": "arn:aws:s3:::logs"});
        one("AWS::EC2::FlowLog", "flow log of a resource", with(&plain, &extra))
    };
    assert!(log(json!({})).is_same_as(&log(json!({"MaxAggregationInterval": 60}))));
    for other in [
        json!({"ResourceId": "vpc-2"}),
        json!({"TrafficType": "REJECT"}),
        json!({"LogDestination": "arn:aws:s3:::other"}),
    ] {
        assert!(!log(json!({})).conflicts_with(&log(other)));
    }
}

#[test]
fn customer_gateways_of_one_address_differ_by_their_devices() {
    let gateway = |device: Json| {
        let plain = json!({"Type": "ipsec.1", "IpAddress": "192.0.2.1"});
        one("AWS::EC2::CustomerGateway", "customer gateway", with(&plain, &device))
    };
    assert!(gateway(json!({})).is_same_as(&gateway(json!({"BgpAsn": 65000}))));
    assert!(!gateway(json!({"DeviceName": "a"})).conflicts_with(&gateway(json!({"DeviceName": "b"}))));
}

#[test]
fn a_message_names_the_values() {
    let policy = json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": "read"});
    assert_eq!(one("AWS::IAM::RolePolicy", "inline policy of a role", policy).values(), "a/role#RoleName, read");
    let subnet = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"});
    assert_eq!(one("AWS::EC2::Subnet", "IPv4 block of a subnet", subnet).values(), "vpc-1, 10.0.0.0/24");
    let alias = json!({"HostedZoneId": "Z1", "Name": "a.example.com", "Type": "CNAME"});
    assert_eq!(one("AWS::Route53::RecordSet", "CNAME at a name", alias).values(), "Z1, a.example.com., CNAME");
}

#[test]
fn a_claim_lies_in_the_partition_or_account_of_its_stack() {
    let of = |environment: Environment, type_name: &str, name: &str| {
        let found = claims(type_name, &environment, &properties(json!({ name: "shop" })));
        let [claim] = &found[..] else { panic!("{type_name}: {found:?}") };
        claim.key.clone()
    };
    let bucket = |region: &str| of(Environment::new(region), "AWS::S3::Bucket", "BucketName");
    assert_eq!(bucket("us-east-1"), bucket("eu-central-1"));
    let regions = ["us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"];
    let keys: std::collections::BTreeSet<_> = regions.map(bucket).into();
    assert_eq!(keys.len(), regions.len());

    let role = |account: &str| {
        let role = crate::AssumeRole::new(format!("arn:aws:iam::{account}:role/deploy"));
        of(Environment::new("us-east-1").assume_role(role), "AWS::IAM::Role", "RoleName")
    };
    assert_eq!(role("111122223333"), role("111122223333"));
    assert_ne!(role("111122223333"), role("444455556666"));
    let pinned = Environment::new("eu-west-1").account("444455556666");
    assert_eq!(role("444455556666"), of(pinned, "AWS::IAM::Role", "RoleName"), "with a role or without");
}

#[test]
fn two_values_surely_differ_where_both_are_known_or_are_the_same_of_two_resources() {
    let of = |value: String| Claim { what: "x", key: "k".into(), conflict: Conflict::Unless(value), swaps: false };
    let reference = |name: &str| format!("{OPEN}{name}{CLOSE}");
    let known = || "arn".to_owned();
    let (one, two) = (|| reference("a/one#Arn"), || reference("a/two#Arn"));
    let cases = [
        (known(), "other".to_owned(), true),
        (one(), two(), true),
        (one(), reference("a/two#Id"), false),
        (one(), known(), false),
        (format!("{}-x", one()), format!("{}-x", two()), false),
        (format!("{}{}", reference("a/b#Id"), one()), two(), false),
        (one(), one(), false),
    ];
    for (a, b, certain) in cases {
        let (a, b) = (of(a), of(b));
        assert_eq!(a.certainly_conflicts_with(&b), certain, "{a:?} {b:?}");
        assert_eq!(b.certainly_conflicts_with(&a), certain, "{a:?} {b:?}");
    }
}

#[test]
fn values_that_are_composed_are_compared_as_far_as_they_are_known() {
    let zone = Value::from("Example.com");
    let stated = |reference: &Reference, _: &str| (reference.path.as_str() == "a/zone").then_some(&zone);
    let key = |type_name: &str, json: Json| {
        let properties = properties(json);
        claims_among(type_name, &Environment::new("us-east-1"), &properties, &|reference, name| stated(reference, name))
            .remove(0)
            .key
    };
    let record = |name: Json| key("AWS::Route53::RecordSet", json!({"HostedZoneId": "Z", "Name": name, "Type": "A"}));
    let parts = |parts: Json| json!({"$template": parts});
    let (known, open) = (json!({"$ref": "a/zone#Name"}), json!({"$ref": "a/X#Name"}));
    assert_eq!(record(parts(json!(["WWW.", known]))), record(json!("www.example.com.")));
    assert_eq!(record(parts(json!(["www.", open]))), record(parts(json!(["www.", open, "."]))));
    assert_ne!(record(parts(json!(["www.", open]))), record(parts(json!(["api.", open]))));
    assert_ne!(record(open.clone()), record(json!({"$ref": "a/x#Name"})), "paths differ by their case");

    let policy = |role: Json| key("AWS::IAM::RolePolicy", json!({"RoleName": role, "PolicyName": "read"}));
    assert_eq!(policy(parts(json!(["shop-", known]))), policy(json!("shop-example.com")));
    assert_ne!(policy(parts(json!(["shop-", open]))), policy(parts(json!(["blog-", open]))));
    let other = json!({"$ref": "a/x#Name"});
    assert_ne!(policy(parts(json!(["shop-", open]))), policy(parts(json!(["shop-", other]))));
    assert_ne!(policy(json!(["a", "b"])), policy(json!(["ab"])));
}

#[test]
fn a_circle_of_references_ends() {
    let itself = Value::from(Reference::new("a/role", "RoleName"));
    let properties = properties(json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": "read"}));
    let claims =
        claims_among("AWS::IAM::RolePolicy", &Environment::new("us-east-1"), &properties, &|_, _| Some(&itself));
    assert_eq!(claims[0].values(), "a/role#RoleName, read");
}

#[test]
fn what_is_made_of_different_unknown_values_is_different() {
    let part = |block: &str, index: u32| json!({"$subnet": {"block": {"$ref": format!("{block}#Ipv6CidrBlock")}, "prefix": 64, "index": index}});
    let route = |destination: Json| {
        let properties = json!({"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": destination});
        one("AWS::EC2::Route", "route to a destination", properties)
    };
    let subnet = |block: Json| {
        one("AWS::EC2::Subnet", "IPv6 block of a subnet", json!({"VpcId": "vpc-1", "Ipv6CidrBlock": block}))
    };
    for of in [&route as &dyn Fn(Json) -> Claim, &subnet] {
        assert!(of(part("a/one", 1)).conflicts_with(&of(part("a/one", 1))));
        assert!(!of(part("a/one", 1)).conflicts_with(&of(part("a/one", 2))));
        assert!(!of(part("a/one", 1)).conflicts_with(&of(part("a/two", 1))));
        let whole = |path: &str| of(json!({"$ref": format!("{path}#Ipv6CidrBlock")}));
        assert!(!whole("a/one").conflicts_with(&whole("a/two")));
    }
}

#[test]
fn a_rule_of_a_group_is_known_by_its_group_protocol_and_ports() {
    let rule = |extra: Json| {
        let plain =
            json!({"GroupId": "sg-1", "IpProtocol": "icmp", "FromPort": 1, "ToPort": 11, "CidrIp": "10.0.0.0/8"});
        one("AWS::EC2::SecurityGroupIngress", "ingress rule", with(&plain, &extra))
    };
    let same = |a: Json, b: Json| rule(a).is_same_as(&rule(b));
    assert!(!same(json!({}), json!({"FromPort": 11, "ToPort": 1})));
    let group = |attribute: &str| json!({"GroupId": {"$ref": format!("a/sg#{attribute}")}});
    assert!(same(group("Id"), group("GroupId")));
    assert!(!same(group("Id"), group("VpcId")));
    let protocol = |path: &str| json!({"IpProtocol": {"$ref": format!("{path}#Value")}});
    assert!(same(protocol("a/x"), protocol("a/x")));
    assert!(!same(protocol("a/x"), protocol("a/X")));
}

#[test]
fn only_of_an_arn_the_last_part_is_the_name() {
    let service = |cluster: &str| {
        one("AWS::ECS::Service", "name of a service", json!({"ServiceName": "web", "Cluster": cluster}))
    };
    assert!(service("arn:aws:ecs:us-east-1:111122223333:cluster/blue").is_same_as(&service("blue")));
    assert!(!service("team/blue").is_same_as(&service("blue")));
}
