//! Zones, certificates and load balancers as a user puts them together. What one construct does is specified beside
//! it.

use groundplan::edge::{AliasRecord, ApplicationLoadBalancer, Certificate, HostedZone};
use groundplan::network::{Vpc, VpcHandle};
use groundplan::resources::certificatemanager::{self, CertificateArn};
use groundplan::resources::route53::{self, HostedZoneId};
use groundplan::{App, Environment, Stack, cidr, policies};
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

#[test]
fn a_zone_and_a_certificate_of_another_app_are_taken_as_those_of_this_one() {
    let own = app(|stack| {
        let zone = stack.add("zone", HostedZone::new("example.com"));
        let certificate = stack.add("certificate", Certificate::new(&zone, "shop.example.com"));
        let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc(stack), &certificate));
        stack.add("name", AliasRecord::new(&zone, "shop.example.com", &balancer));
    });
    let foreign = app(|stack| {
        let zone = HostedZone::existing("example.com", HostedZoneId::new("Z1"));
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
fn a_website_is_deployed_changed_and_destroyed() {
    let website = |name: &'static str| {
        app(move |stack| {
            let zone = stack.add("zone", HostedZone::new("example.com").without_deletion_protection());
            let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());
            let balancer = ApplicationLoadBalancer::new(&vpc(stack), &certificate).without_deletion_protection();
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
