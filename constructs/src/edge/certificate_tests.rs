use groundplan_resources::route53::HostedZoneId;
use serde_json::json;

use super::*;
use crate::edge::HostedZone;
use crate::fixture::{assembly, findings, properties};

fn zone() -> HostedZoneRef {
    HostedZone::existing("shop.example.com", HostedZoneId::new("Z1"))
}

#[test]
fn a_certificate_of_one_name_is_validated_in_its_zone() {
    let assembly = assembly("us-east-1", |stack| {
        let certificate = stack.add("certificate", Certificate::new(zone(), "shop.example.com"));
        assert_eq!(certificate.domains(), ["shop.example.com"]);
        stack.export("arn", certificate.arn());
    });
    assert_eq!(
        properties(&assembly, "shop/certificate"),
        json!({
            "DomainName": "shop.example.com",
            "ValidationMethod": "DNS",
            "DomainValidationOptions": [{"DomainName": "shop.example.com", "HostedZoneId": "Z1"}],
        })
    );
    assert_eq!(assembly.outputs["arn"].to_json(), json!({"$ref": "shop/certificate#CertificateArn"}));
}

#[test]
fn each_name_of_a_certificate_is_validated_in_its_zone() {
    let assembly = assembly("us-east-1", |stack| {
        let zone = stack.add("zone", HostedZone::new("Example.com."));
        let other = HostedZone::existing("example.org", HostedZoneId::new("Z2"));
        let certificate = Certificate::new(&zone, "example.com").also("*.api.example.com").with_wildcard();
        let certificate = certificate.also_in(other, "example.org").also("www.example.org");
        let certificate = stack.add("certificate", certificate);
        let names = ["example.com", "*.example.com", "*.api.example.com", "example.org", "www.example.org"];
        assert_eq!(certificate.domains(), names);
    });
    let certificate = properties(&assembly, "shop/certificate");
    assert_eq!(certificate["DomainName"], "example.com");
    let others = ["*.example.com", "*.api.example.com", "example.org", "www.example.org"];
    assert_eq!(certificate["SubjectAlternativeNames"], json!(others));
    let own = json!({"$ref": "shop/zone#Id"});
    let zones: Vec<_> = certificate["DomainValidationOptions"].as_array().expect("a list").iter().collect();
    let zones: Vec<_> = zones.iter().map(|option| option["HostedZoneId"].clone()).collect();
    assert_eq!(zones, [own.clone(), own.clone(), own, json!("Z2"), json!("Z2")]);
}

#[test]
fn a_name_of_64_characters_can_be_the_first_and_a_longer_one_a_further_one() {
    let first = format!("{}.shop.example.com", "a".repeat(47));
    assert_eq!(first.len(), 64);
    let further = format!("{}.shop.example.com", "b".repeat(60));
    let found = findings(|stack| drop(stack.add("certificate", Certificate::new(zone(), &first).also(&further))));
    assert_eq!(found, "");
}

#[test]
fn names_that_acm_does_not_accept_are_refused() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("foreign", Certificate::new(zone(), "myshop.example.com"));
        stack.add("twice", Certificate::new(zone(), "shop.example.com").also("Shop.example.com."));
        stack.add("long", Certificate::new(zone(), format!("{}.shop.example.com", "a".repeat(48))));
        stack.add("underscore", Certificate::new(zone(), "_a.shop.example.com"));
        stack.add("wildcards", Certificate::new(zone(), "*.shop.example.com").with_wildcard());
    }), @r#"
    error[GP0332]: the name is outside of its hosted zone
       = got: myshop.example.com
       = allowed: `shop.example.com` and names that end in `.shop.example.com`
       = help: write the whole name, and check the zone

    error[GP0334]: the certificate names a domain twice
       = got: shop.example.com
       = help: remove one of the two

    error[GP0333]: the first name of a certificate is too long
       = got: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.shop.example.com with 65 characters
       = allowed: at most 64 characters
       = help: begin with a shorter name, and add this one with `.also(…)`

    error[GP0331]: this is not a domain name
       = got: "_a.shop.example.com"
       = allowed: letters, digits and `-` between dots, and `*.` at the start

    error[GP0331]: this is not a domain name
       = got: "*.*.shop.example.com"
       = allowed: letters, digits, `-` and `_` between dots, and `*.` at the start
    "#);
}
