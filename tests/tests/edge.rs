//! Zones, certificates and load balancers as a user puts them together.

use groundplan::edge::{
    AliasRecord, AliasTarget, ApplicationLoadBalancer, ApplicationLoadBalancerHandle, Certificate, DnsRecord,
    HostedZone, TlsPolicy, Zone,
};
use groundplan::network::{Peer, SubnetLayout, Tier, Visibility, Vpc, VpcHandle};
use groundplan::resources::certificatemanager::{self, CertificateArn};
use groundplan::resources::elasticloadbalancingv2::{Listener, ListenerArgs, ListenerCertificate, LoadBalancer};
use groundplan::resources::route53::{self, HostedZoneId};
use groundplan::resources::{ec2, s3};
use groundplan::{App, Environment, Stack, cidr, data, policies};
use groundplan_testing::{Cloud, assembly};
use serde_json::{Value as Json, json};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";

fn app(build: impl FnOnce(&Stack)) -> App {
    let app = App::new("shop");
    app.policy(policies::tls_on_the_internet);
    let stack = app.stack("shop", Environment::new("us-east-1").account("123456789012"));
    build(&stack);
    app
}

fn vpc(stack: &Stack) -> VpcHandle {
    stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).dual_stack())
}

/// The properties of the resource at `path`, in CloudFormation's form.
fn properties(app: &App, path: &str) -> Json {
    let assembly: Json = serde_json::from_str(&assembly(app).to_json()).expect("it was just written");
    assembly["resources"][path]["properties"].clone()
}

/// What synth says, without the lines that name this file.
fn findings(build: impl FnOnce(&Stack)) -> String {
    match app(build).synth() {
        Ok(synthesis) => synthesis.warnings.iter().map(ToString::to_string).collect(),
        Err(diagnostics) => {
            let text = diagnostics.to_string();
            text.lines().filter(|line| !line.contains("-->")).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn a_zone_and_a_certificate_of_another_app_are_taken_as_those_of_this_one() {
    let own = app(|stack| {
        let zone = stack.add("zone", HostedZone::new("example.com"));
        let certificate = stack.add("certificate", Certificate::new(&zone, "shop.example.com"));
        let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc(stack), &certificate));
        stack.add("name", AliasRecord::new(&zone, "shop.example.com", &balancer));
    });
    let foreign = app(|stack| {
        let zone = Zone::new("example.com", HostedZoneId::new("Z1"));
        stack.add("certificate", Certificate::new(&zone, "shop.example.com"));
        let balancer = ApplicationLoadBalancer::new(&vpc(stack), CertificateArn::new(CERTIFICATE));
        let balancer = stack.add("balancer", balancer);
        stack.add("name", AliasRecord::new(&zone, "shop.example.com", &balancer));
    });
    let zone = |app: &App| properties(app, "shop/name/ipv4")["HostedZoneId"].clone();
    assert_eq!(zone(&own), json!({"$ref": "shop/zone#Id"}));
    assert_eq!(zone(&foreign), "Z1");
    let certificate = |app: &App| properties(app, "shop/balancer/https")["Certificates"][0]["CertificateArn"].clone();
    assert_eq!(certificate(&own), json!({"$ref": "shop/certificate#CertificateArn"}));
    assert_eq!(certificate(&foreign), CERTIFICATE);
}

#[test]
fn each_name_of_a_certificate_is_validated_in_its_zone() {
    let app = app(|stack| {
        let zone = stack.add("zone", HostedZone::new("Example.com."));
        let other = Zone::new("example.org", HostedZoneId::new("Z2"));
        let certificate = Certificate::new(&zone, "example.com").with_wildcard().also("*.api.example.com");
        let certificate = stack.add("certificate", certificate.also_in(other, "example.org"));
        assert_eq!(certificate.domains(), ["example.com", "*.example.com", "*.api.example.com", "example.org"]);
    });
    let certificate = properties(&app, "shop/certificate");
    assert_eq!(certificate["DomainName"], "example.com");
    assert_eq!(certificate["SubjectAlternativeNames"], json!(["*.example.com", "*.api.example.com", "example.org"]));
    let options = certificate["DomainValidationOptions"].as_array().expect("a list");
    assert_eq!(options.len(), 4);
    assert_eq!(options[3], json!({"DomainName": "example.org", "HostedZoneId": "Z2"}));
    assert_eq!(properties(&app, "shop/zone")["Name"], "example.com");
}

#[test]
fn a_load_balancer_serves_https_alone_and_answers_404_until_a_service_takes_over() {
    let app = app(|stack| {
        stack.add("balancer", ApplicationLoadBalancer::new(&vpc(stack), CertificateArn::new(CERTIFICATE)));
    });
    let https = properties(&app, "shop/balancer/https");
    assert_eq!((&https["Port"], &https["Protocol"]), (&json!(443), &json!("HTTPS")));
    assert_eq!(https["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-Res-2021-06");
    assert_eq!(https["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"], "404");
    let http = properties(&app, "shop/balancer/http");
    let redirect = json!({"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"});
    assert_eq!(http["DefaultActions"], json!([{"Type": "redirect", "RedirectConfig": redirect}]));
    let balancer = properties(&app, "shop/balancer");
    assert_eq!((&balancer["Scheme"], &balancer["IpAddressType"]), (&json!("internet-facing"), &json!("dualstack")));
    let attributes = balancer["LoadBalancerAttributes"].as_array().expect("a list");
    for key in ["deletion_protection.enabled", "routing.http.drop_invalid_header_fields.enabled"] {
        assert!(attributes.contains(&json!({"Key": key, "Value": "true"})), "{key} in {attributes:?}");
    }
    let assembly = assembly(&app);
    let rules = assembly.find::<ec2::SecurityGroupIngress>();
    let mut open: Vec<_> = rules.iter().map(|rule| rule.path.name()).collect();
    open.sort_unstable();
    assert_eq!(open, ["from-anywhere-443", "from-anywhere-80", "from-anywhere-ipv6-443", "from-anywhere-ipv6-80"]);
    let balancer = assembly.get::<LoadBalancer>("shop/balancer").expect("it is there");
    assert!(balancer.entry.lifecycle.protect);
    assert!(
        balancer.entry.depends_on.iter().any(|path| path.as_str() == "shop/vpc/internet-gateway-attachment"),
        "AWS refuses it in a VPC without the internet"
    );
}

#[test]
fn an_internal_load_balancer_stands_in_the_private_subnets_and_admits_the_vpc() {
    let app = app(|stack| {
        let balancer = ApplicationLoadBalancer::new(&vpc(stack), CertificateArn::new(CERTIFICATE));
        stack.add("balancer", balancer.internal().tls(TlsPolicy::Tls13).deletion_protection(false));
    });
    let balancer = properties(&app, "shop/balancer");
    assert_eq!(balancer["Scheme"], "internal");
    assert_eq!(balancer["Subnets"][0], json!({"$ref": "shop/vpc/private-a#SubnetId"}));
    assert_eq!(properties(&app, "shop/balancer/https")["SslPolicy"], "ELBSecurityPolicy-TLS13-1-3-2021-06");
    let assembly = assembly(&app);
    let blocks = assembly.find::<ec2::SecurityGroupIngress>();
    assert!(
        blocks.iter().all(|rule| rule
            .cidr_ip
            .as_ref()
            .and_then(|block| block.known())
            .is_some_and(|block| block == "10.0.0.0/16"))
    );
    assert!(!assembly.get::<LoadBalancer>("shop/balancer").expect("it is there").entry.lifecycle.protect);
}

#[test]
fn a_load_balancer_takes_one_subnet_of_a_zone_and_a_further_certificate_of_its_own() {
    let app = app(|stack| {
        let tiers = [Tier::sized(Visibility::Public, 24), Tier::sized(Visibility::Public, 24).named("edge")];
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).subnets(SubnetLayout::new(tiers)));
        let balancer = ApplicationLoadBalancer::new(&vpc, CertificateArn::new(CERTIFICATE))
            .certificate(CertificateArn::new("arn:aws:acm:us-east-1:123456789012:certificate/2"))
            .clients([Peer::from(cidr!("192.0.2.0/24"))]);
        stack.add("balancer", balancer);
    });
    let assembly = assembly(&app);
    let subnets = properties(&app, "shop/balancer")["Subnets"].as_array().map(Vec::len);
    assert_eq!((assembly.find::<ec2::Subnet>().len(), subnets), (6, Some(3)));
    assert_eq!(assembly.find::<ListenerCertificate>().len(), 1);
    assert_eq!(assembly.find::<ec2::SecurityGroupIngress>().len(), 2);
}

#[test]
fn access_logs_need_a_bucket_whose_policy_admits_them_first() {
    let app = app(|stack| {
        let logs = stack.add("logs", data::Bucket::new());
        let balancer = ApplicationLoadBalancer::new(&vpc(stack), CertificateArn::new(CERTIFICATE));
        stack.add("balancer", balancer.access_logs(&logs, "shop"));
    });
    let policy = properties(&app, "shop/logs/policy")["PolicyDocument"].to_string();
    assert!(policy.contains("logdelivery.elasticloadbalancing.amazonaws.com"), "{policy}");
    assert!(policy.contains("/shop/AWSLogs/123456789012/*"), "{policy}");
    let assembly = assembly(&app);
    let balancer = assembly.get::<LoadBalancer>("shop/balancer").expect("it is there");
    assert!(balancer.entry.depends_on.iter().any(|path| path.as_str() == "shop/logs/policy"));
    assert_eq!(assembly.find::<s3::BucketPolicy>().len(), 1);
}

#[test]
fn access_logs_without_a_prefix_lie_at_the_top_of_the_bucket() {
    let app = app(|stack| {
        let logs = stack.add("logs", data::Bucket::new());
        let balancer = ApplicationLoadBalancer::new(&vpc(stack), CertificateArn::new(CERTIFICATE));
        stack.add("balancer", balancer.access_logs(&logs, ""));
    });
    let policy = properties(&app, "shop/logs/policy")["PolicyDocument"].to_string();
    assert!(policy.contains("/AWSLogs/123456789012/*") && !policy.contains("//AWSLogs"), "{policy}");
    let attributes = properties(&app, "shop/balancer")["LoadBalancerAttributes"].to_string();
    assert!(attributes.contains("access_logs.s3.bucket") && !attributes.contains("prefix"), "{attributes}");
}

#[test]
fn of_two_public_tiers_one_has_the_nat_gateway_of_each_zone() {
    let app = app(|stack| {
        let tiers = [
            Tier::sized(Visibility::Private, 20),
            Tier::sized(Visibility::Public, 24),
            Tier::sized(Visibility::Public, 24).named("edge"),
        ];
        stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).subnets(SubnetLayout::new(tiers)));
    });
    let assembly = assembly(&app);
    assert_eq!(assembly.find::<ec2::NatGateway>().len(), 3);
    assert!(
        ["a", "b", "c"].iter().all(|zone| assembly.get::<ec2::NatGateway>(&format!("shop/vpc/nat-{zone}")).is_some())
    );
}

#[test]
fn an_alias_follows_the_addresses_that_its_target_has() {
    let app = app(|stack| {
        let zone = Zone::new("example.com", HostedZoneId::new("Z1"));
        let single = stack.add("single", Vpc::new(cidr!("10.1.0.0/16")));
        let balancer = ApplicationLoadBalancer::new(&single, CertificateArn::new(CERTIFICATE));
        let balancer: ApplicationLoadBalancerHandle = stack.add("balancer", balancer);
        assert_eq!(stack.add("ipv4-only", AliasRecord::new(&zone, "a.example.com", &balancer)).len(), 1);
        let distribution = AliasTarget::distribution("d1.cloudfront.net");
        assert_eq!(stack.add("both", AliasRecord::new(&zone, "example.com", distribution)).len(), 2);
        stack.add("text", DnsRecord::txt(&zone, "_dmarc.example.com", ["v=DMARC1; p=none"]).ttl_seconds(60));
        stack.add("mail", DnsRecord::mx(&zone, "example.com", [(10, "mail.example.com")]));
    });
    assert_eq!(properties(&app, "shop/ipv4-only/ipv4")["AliasTarget"]["EvaluateTargetHealth"], true);
    assert_eq!(
        properties(&app, "shop/both/ipv6")["AliasTarget"],
        json!({"DNSName": "d1.cloudfront.net", "HostedZoneId": "Z2FDTNDATAQYW2", "EvaluateTargetHealth": false})
    );
    let text = properties(&app, "shop/text");
    assert_eq!((&text["TTL"], &text["ResourceRecords"]), (&json!("60"), &json!(["\"v=DMARC1; p=none\""])));
    assert_eq!(properties(&app, "shop/mail")["ResourceRecords"], json!(["10 mail.example.com"]));
}

#[test]
fn what_cannot_work_at_the_edge_is_told_at_once() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("zone", HostedZone::new("example com"));
        let zone = Zone::new("shop.example.com", HostedZoneId::new("Z1"));
        stack.add("foreign", Certificate::new(&zone, "myshop.example.com"));
        stack.add("twice", Certificate::new(&zone, "shop.example.com").also("Shop.example.com."));
        let long = format!("{}.{}.shop.example.com", "a".repeat(40), "b".repeat(20));
        stack.add("long", Certificate::new(&zone, long));
        stack.add("apex", DnsRecord::cname(&zone, "shop.example.com", "example.org"));
        let distribution = AliasTarget::distribution("d1.cloudfront.net");
        stack.add("health", AliasRecord::new(&zone, "www.shop.example.com", distribution).evaluate_target_health(true));
        let one_zone = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).zones(["us-east-1a"]));
        let foreign = CertificateArn::new("arn:aws:acm:eu-west-1:123456789012:certificate/1");
        stack.add("balancer", ApplicationLoadBalancer::new(&one_zone, foreign).idle_timeout_seconds(0));
    }), @r#"
    error[GP0331]: this is no domain name
       = got: "example com"
       = allowed: letters, digits, `-` and `_` between dots, and `*.` at the start

    error[GP0332]: this name does not lie in its zone
       = got: myshop.example.com
       = allowed: `shop.example.com` and names that end in `.shop.example.com`
       = help: write the whole name, and check which zone it belongs to

    error[GP0334]: the certificate names a domain twice
       = got: shop.example.com
       = help: take one of the two away

    error[GP0333]: the first name of a certificate cannot be this long
       = got: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbb.shop.example.com with 78 characters
       = allowed: at most 64
       = help: begin with a shorter name and add this one with `.also()`

    error[GP0335]: the name of a zone itself cannot be a CNAME
       = got: shop.example.com
       = help: use an `AliasRecord`, or a name below it

    error[GP0336]: Route 53 cannot evaluate the health of a distribution
       = help: leave `evaluate_target_health` out

    error[GP0337]: a load balancer needs subnets in two zones at least
       = got: public subnets in 1
       = help: give the VPC a public subnet in each of its zones

    error[GP0338]: a load balancer cannot have this idle timeout
       = got: 0
       = allowed: 1 to 4000 seconds

    error[GP0339]: the certificate is of another region than the load balancer
       = got: arn:aws:acm:eu-west-1:123456789012:certificate/1
       = allowed: us-east-1
       = help: request a certificate in us-east-1 as well; the same records validate it

    9 errors
    "#);
}

#[test]
fn a_listener_that_serves_the_internet_without_tls_is_found() {
    use groundplan::resources::elasticloadbalancingv2::listener::{Action, FixedResponseConfig};
    let answer = || Action::new("fixed-response").fixed_response_config(FixedResponseConfig::new("200"));
    let found = findings(|stack| {
        let external = stack.add("external", LoadBalancer::new());
        let internal = stack.add("internal", LoadBalancer::new().scheme("internal"));
        stack.add(
            "open",
            Listener::new(ListenerArgs { default_actions: [answer()], load_balancer_arn: &external })
                .port(80)
                .protocol("HTTP"),
        );
        stack.add(
            "inside",
            Listener::new(ListenerArgs { default_actions: [answer()], load_balancer_arn: &internal })
                .port(80)
                .protocol("HTTP"),
        );
    });
    assert_eq!(found.matches("GP0405").count(), 1, "{found}");
}

#[test]
fn a_website_is_deployed_changed_and_destroyed() {
    let website = |name: &'static str| {
        app(move |stack| {
            let zone = stack.add("zone", HostedZone::new("example.com").deletion_protection(false));
            let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());
            let balancer = ApplicationLoadBalancer::new(&vpc(stack), &certificate).deletion_protection(false);
            let balancer = stack.add("balancer", balancer);
            stack.add("name", AliasRecord::new(&zone, name, &balancer));
            stack.export("certificate", certificate.arn());
        })
    };
    let cloud = Cloud::new();
    let before = website("www.example.com");
    let deployed = cloud.deploy(&before);
    assert!(deployed.output("certificate").as_str().is_some_and(|arn| arn.starts_with("arn:aws:acm:us-east-1:")));
    assert_eq!(assembly(&before).find::<certificatemanager::Certificate>().len(), 1);
    assert!(cloud.plan(&before).is_empty());

    // A record with another name is another record.
    let after = website("example.com");
    let counts = cloud.plan(&after).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 0, 2, 0));
    cloud.deploy(&after);
    assert_eq!(assembly(&after).find::<route53::RecordSet>().len(), 2);
    cloud.destroy(&after);
    assert!(cloud.simulator().inventory().expect("the account is in memory").is_empty());
}
