use groundplan_core::{App, Assembly, Environment, Stack, cidr};
use groundplan_resources::kms::KeyArn;
use groundplan_resources::s3::BucketName;
use serde_json::{Value as Json, json};

use super::*;
use crate::data::Bucket;
use crate::edge::AliasRecord;
use crate::edge::HostedZone;
use crate::fixture::{assembly, below, findings, properties, statements};
use crate::identity::KmsKey;
use crate::network::{SubnetLayout, Tier, Vpc, VpcHandle};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111122223333:certificate/1";

fn vpc(stack: &Stack) -> VpcHandle {
    stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).dual_stack())
}

fn balancer(vpc: impl PassedAs<VpcRef>) -> ApplicationLoadBalancer {
    ApplicationLoadBalancer::new(vpc, CertificateArn::new(CERTIFICATE))
}

fn with(set: impl FnOnce(ApplicationLoadBalancer) -> ApplicationLoadBalancer) -> Assembly {
    assembly("us-east-1", |stack| drop(stack.add("balancer", set(balancer(&vpc(stack))))))
}

/// Returns the attributes of the load balancer as an object.
fn attributes(assembly: &Assembly) -> Json {
    let attributes = properties(assembly, "shop/balancer")["LoadBalancerAttributes"].clone();
    let attributes = attributes.as_array().expect("a list").iter();
    attributes.map(|it| (it["Key"].as_str().expect("a key").to_owned(), it["Value"].clone())).collect()
}

fn rules(assembly: &Assembly) -> Vec<String> {
    below(assembly, "shop/balancer/security-group")
}

#[test]
fn a_load_balancer_serves_https_alone_and_answers_404_until_a_service_takes_over() {
    let assembly = with(|balancer| balancer);
    let https = properties(&assembly, "shop/balancer/https");
    let nobody = json!({"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"});
    assert_eq!(
        https,
        json!({
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "Certificates": [{"CertificateArn": CERTIFICATE}],
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": nobody}],
            "LoadBalancerArn": {"$ref": "shop/balancer#LoadBalancerArn"},
        })
    );
    let http = properties(&assembly, "shop/balancer/http");
    let redirect = json!({"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"});
    assert_eq!((&http["Port"], &http["Protocol"]), (&json!(80), &json!("HTTP")));
    assert_eq!(http["DefaultActions"], json!([{"Type": "redirect", "RedirectConfig": redirect}]));
}

#[test]
fn it_is_protected_and_reachable_from_the_internet_over_ipv4_and_ipv6() {
    let assembly = with(|balancer| balancer);
    let balancer = properties(&assembly, "shop/balancer");
    assert_eq!(
        (&balancer["Type"], &balancer["Scheme"], &balancer["IpAddressType"]),
        (&json!("application"), &json!("internet-facing"), &json!("dualstack"))
    );
    assert_eq!(
        balancer["Subnets"],
        json!(["a", "b", "c"].map(|it| json!({"$ref": format!("shop/vpc/public-{it}#SubnetId")})))
    );
    assert_eq!(balancer["Tags"], json!([{"Key": "Name", "Value": "shop-balancer"}]));
    assert_eq!(
        attributes(&assembly),
        json!({
            "deletion_protection.enabled": "true",
            "idle_timeout.timeout_seconds": "60",
            "routing.http.drop_invalid_header_fields.enabled": "true",
        })
    );
    let open = ["from-anywhere-443", "from-anywhere-80", "from-anywhere-ipv6-443", "from-anywhere-ipv6-80"];
    assert_eq!(rules(&assembly), open);
    let entry = &assembly.resources["shop/balancer"];
    assert!(entry.lifecycle.protect);
    // AWS refuses it in a VPC without the internet gateway.
    let before: Vec<_> = entry.depends_on.iter().map(|path| path.as_str()).collect();
    assert_eq!(before, ["shop/vpc/internet-gateway-attachment"]);
}

#[test]
fn each_setting_has_its_effect() {
    let assembly = with(|balancer| {
        let clients = [Peer::new(cidr!("192.0.2.0/24"))];
        balancer.clients(clients).idle_timeout_seconds(4000).without_deletion_protection()
    });
    assert_eq!(rules(&assembly), ["from-192.0.2.0_24-443", "from-192.0.2.0_24-80"]);
    let attributes = attributes(&assembly);
    assert_eq!(
        (&attributes["idle_timeout.timeout_seconds"], &attributes["deletion_protection.enabled"]),
        (&json!("4000"), &json!("false"))
    );
    assert!(!assembly.resources["shop/balancer"].lifecycle.protect);
}

#[test]
fn each_tls_policy_has_the_name_that_aws_gives_it() {
    for (policy, name) in [
        (TlsPolicy::Tls13, "ELBSecurityPolicy-TLS13-1-3-2021-06"),
        (TlsPolicy::Tls12, "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
        (TlsPolicy::Named("ELBSecurityPolicy-2016-08"), "ELBSecurityPolicy-2016-08"),
    ] {
        assert_eq!(properties(&with(|balancer| balancer.tls(policy)), "shop/balancer/https")["SslPolicy"], name);
    }
}

#[test]
fn an_internal_load_balancer_stands_in_the_private_subnets_and_admits_the_vpc() {
    let assembly = with(|balancer| balancer.internal());
    let balancer = properties(&assembly, "shop/balancer");
    assert_eq!(balancer["Scheme"], "internal");
    assert_eq!(balancer["Subnets"][0], json!({"$ref": "shop/vpc/private-a#SubnetId"}));
    // Its names have IPv6 addresses too, which clients prefer.
    let admitted = ["from-10.0.0.0_16-443", "from-10.0.0.0_16-80", "from-vpc-ipv6-443", "from-vpc-ipv6-80"];
    assert_eq!(rules(&assembly), admitted);
    let ipv6 = properties(&assembly, "shop/balancer/security-group/from-vpc-ipv6-443");
    assert_eq!(ipv6["CidrIpv6"], json!({"$ref": "shop/vpc/ipv6#Ipv6CidrBlock"}));
    assert!(assembly.resources["shop/balancer"].depends_on.is_empty());
}

#[test]
fn a_load_balancer_in_a_vpc_without_ipv6_has_ipv4_only() {
    let assembly = assembly("us-east-1", |stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let added = stack.add("balancer", balancer(&vpc));
        assert!(!added.dual_stack);
        let zone = HostedZone::existing("example.com", groundplan_resources::route53::HostedZoneId::new("Z1"));
        assert_eq!(stack.add("name", AliasRecord::new(&zone, "example.com", &added)).len(), 1);
        stack.add("internal", balancer(&vpc).internal());
    });
    assert_eq!(properties(&assembly, "shop/balancer")["IpAddressType"], "ipv4");
    assert_eq!(rules(&assembly), ["from-anywhere-443", "from-anywhere-80"]);
    let internal = below(&assembly, "shop/internal/security-group");
    assert_eq!(internal, ["from-10.0.0.0_16-443", "from-10.0.0.0_16-80"]);
}

#[test]
fn a_load_balancer_takes_one_subnet_of_each_zone() {
    let assembly = assembly("us-east-1", |stack| {
        let tiers = [Tier::sized(Visibility::Public, 24), Tier::sized(Visibility::Public, 24).named("edge")];
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).subnets(SubnetLayout::new(tiers)));
        stack.add("balancer", balancer(&vpc));
    });
    assert_eq!(assembly.find::<ec2::Subnet>().len(), 6);
    assert_eq!(properties(&assembly, "shop/balancer")["Subnets"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_further_certificate_is_a_resource_of_its_own() {
    let further = "arn:aws:acm:us-east-1:111122223333:certificate/2";
    let assembly = with(|balancer| balancer.certificate(CertificateArn::new(further)));
    let listed = properties(&assembly, "shop/balancer/https-certificate-2");
    assert_eq!(
        listed,
        json!({
            "Certificates": [{"CertificateArn": further}],
            "ListenerArn": {"$ref": "shop/balancer/https#ListenerArn"},
        })
    );
    assert_eq!(properties(&assembly, "shop/balancer/https")["Certificates"], json!([{"CertificateArn": CERTIFICATE}]));
}

#[test]
fn a_handle_names_the_load_balancer_and_its_listener() {
    let assembly = assembly("us-east-1", |stack| {
        let balancer = stack.add("balancer", balancer(&vpc(stack)));
        assert!(balancer.dual_stack);
        stack.export("name", balancer.dns_name());
        stack.export("zone", balancer.zone_id());
        stack.export("listener", balancer.listener_arn());
    });
    let output = |name: &str| assembly.outputs[name].to_json();
    assert_eq!(output("name"), json!({"$ref": "shop/balancer#DNSName"}));
    assert_eq!(output("zone"), json!({"$ref": "shop/balancer#CanonicalHostedZoneID"}));
    assert_eq!(output("listener"), json!({"$ref": "shop/balancer/https#ListenerArn"}));
}

#[test]
fn access_logs_need_a_bucket_whose_policy_admits_them_first() {
    for (prefix, folder) in [("shop", "shop/AWSLogs"), ("", "AWSLogs")] {
        let assembly = assembly("us-east-1", |stack| {
            let logs = stack.add("logs", Bucket::new());
            stack.add("balancer", balancer(&vpc(stack)).access_logs(&logs, prefix));
        });
        let write = &statements(&assembly, "shop/logs/policy")[1];
        assert_eq!(write["Principal"], json!({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}));
        assert_eq!(write["Action"], "s3:PutObject");
        let objects = json!([{"$ref": "shop/logs#Arn"}, format!("/{folder}/111122223333/*")]);
        assert_eq!(write["Resource"]["$template"], objects);
        let attributes = attributes(&assembly);
        assert_eq!(attributes["access_logs.s3.enabled"], "true");
        assert_eq!(attributes["access_logs.s3.bucket"], json!({"$ref": "shop/logs#BucketName"}));
        let stated = attributes.get("access_logs.s3.prefix").and_then(Json::as_str);
        assert_eq!(stated.unwrap_or_default(), prefix);
        assert_eq!(stated.is_none(), prefix.is_empty());
        let before = &assembly.resources["shop/balancer"].depends_on;
        assert!(before.iter().any(|path| path.as_str() == "shop/logs/policy"));
    }
}

#[test]
fn access_logs_can_go_to_an_existing_bucket() {
    let assembly = assembly("us-east-1", |stack| {
        let logs = Bucket::existing(BucketName::new("acme-logs"));
        stack.add("balancer", balancer(&vpc(stack)).access_logs(&logs, "shop"));
    });
    assert_eq!(attributes(&assembly)["access_logs.s3.bucket"], "acme-logs");
}

#[test]
fn what_elastic_load_balancing_does_not_accept_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        let one_zone = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).zones(["us-east-1a"]));
        let foreign = CertificateArn::new("arn:aws:acm:eu-west-1:111122223333:certificate/1");
        let balancer = ApplicationLoadBalancer::new(&one_zone, foreign).idle_timeout_seconds(0);
        let key = KmsKey::existing(KeyArn::new("arn:aws:kms:us-east-1:111122223333:key/1"));
        let logs = stack.add("logs", Bucket::new().encrypted_with(&key));
        stack.add("balancer", balancer.access_logs(&logs, "shop/"));
    }), @r#"
    error[GP0338]: a load balancer cannot have this idle timeout
       = got: 0
       = allowed: 1 to 4000 seconds

    error[GP0339]: the certificate belongs to another region than the load balancer
       = got: arn:aws:acm:eu-west-1:111122223333:certificate/1
       = allowed: us-east-1
       = help: request a certificate in us-east-1 as well; the same records validate it

    error[GP0342]: a load balancer cannot write its access logs there
       = got: a bucket with a KMS key
       = allowed: a bucket that is encrypted with the key of S3

    error[GP0342]: a load balancer cannot write its access logs there
       = got: the prefix "shop/"
       = allowed: a prefix without `/` at its start and end and without `AWSLogs`

    error[GP0337]: a load balancer needs subnets in at least two zones
       = got: public subnets in 1
       = help: give the VPC a public subnet in each of its zones
    "#);
    let refused = |prefix: &str| {
        let found = findings(|stack| {
            let logs = stack.add("logs", Bucket::new());
            stack.add("balancer", balancer(&vpc(stack)).access_logs(&logs, prefix));
        });
        found.starts_with("error[GP0342]")
    };
    assert!(refused("/shop") && refused("shop/") && refused("a/AWSLogs/b") && !refused("shop/api"));
    assert!(
        findings(|stack| drop(stack.add("it", balancer(&vpc(stack)).idle_timeout_seconds(4001)))).contains("GP0338")
    );
}

#[test]
fn access_logs_stay_in_the_region() {
    let app = App::new("shop");
    let logs = app.stack("logs", Environment::new("eu-west-1")).add("logs", Bucket::new());
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add("balancer", balancer(&vpc(&stack)).access_logs(&logs, ""));
    let found = app.synth().expect_err("the bucket is elsewhere").to_string();
    assert!(found.contains("GP0342") && found.contains("a bucket in eu-west-1"), "{found}");
}

#[test]
fn the_clients_of_an_internal_load_balancer_in_an_existing_vpc_are_stated() {
    use groundplan_resources::ec2::{SubnetId, VpcId};
    let existing = || Vpc::existing(VpcId::new("vpc-1")).private_subnets(["a", "b"].map(SubnetId::new));
    insta::assert_snapshot!(findings(|stack| {
        stack.add("ipv4", balancer(existing()).internal());
        stack.add("ipv6", balancer(existing().block(cidr!("10.0.0.0/16")).dual_stack()).internal());
    }), @"
    error[GP0343]: the clients of an internal load balancer in an existing VPC are not known
       = help: state the address block with `.block(…)` at the reference to the VPC, or the clients with `.clients([…])`

    error[GP0343]: the clients of an internal load balancer in an existing VPC are not known
       = help: state the clients with `.clients([…])`
    ");
    let stated = findings(|stack| {
        let clients = [Peer::new(cidr!("192.0.2.0/24"))];
        stack.add("balancer", balancer(existing().dual_stack()).internal().clients(clients));
    });
    assert_eq!(stated, "");
}
