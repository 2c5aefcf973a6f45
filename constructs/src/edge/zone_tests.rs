use groundplan_core::{Export, Stack};
use serde_json::{Value as Json, json};

use super::*;
use crate::edge::DnsRecord;
use crate::fixture::{assembly, findings, properties};

fn zone(zone: HostedZone) -> Json {
    properties(&assembly("us-east-1", |stack| drop(stack.add("zone", zone))), "shop/zone")
}

#[test]
fn a_zone_has_the_normal_form_of_its_domain_and_is_protected() {
    let assembly = assembly("us-east-1", |stack| {
        let zone = stack.add("zone", HostedZone::new("Shop.Example.com."));
        assert_eq!(zone.name(), "shop.example.com");
        stack.export("id", zone.zone_id());
        stack.export("name-servers", zone.name_servers());
    });
    assert_eq!(properties(&assembly, "shop/zone"), json!({"Name": "shop.example.com"}));
    assert!(assembly.resources["shop/zone"].lifecycle.protect);
    assert_eq!(assembly.outputs["id"].to_json(), json!({"$ref": "shop/zone#Id"}));
    assert_eq!(assembly.outputs["name-servers"].to_json(), json!({"$ref": "shop/zone#NameServers"}));
}

#[test]
fn each_setting_has_its_effect() {
    let commented = zone(HostedZone::new("example.com").comment("Of the shop"));
    assert_eq!(commented["HostedZoneConfig"], json!({"Comment": "Of the shop"}));
    let assembly = assembly("us-east-1", |stack| {
        drop(stack.add("zone", HostedZone::new("example.com").without_deletion_protection()))
    });
    assert!(!assembly.resources["shop/zone"].lifecycle.protect);
}

#[test]
fn a_record_takes_a_zone_of_the_program_or_an_existing_one() {
    const ID: Export<route53::HostedZoneId> = Export::new("account", "zone-id");
    let assembly = assembly("us-east-1", |stack| {
        let own = stack.add("zone", HostedZone::new("example.com"));
        let known = HostedZone::existing("Example.org.", route53::HostedZoneId::new("Z1"));
        assert_eq!((known.name(), known.id().known().map(|id| id.as_str())), ("example.org", Some("Z1")));
        stack.add("own", DnsRecord::a(&own, "www.example.com", ["192.0.2.1"]));
        stack.add("known", DnsRecord::a(&known, "www.example.org", ["192.0.2.1"]));
        stack.add("exported", DnsRecord::a(HostedZone::existing("a.net", ID), "a.net", ["192.0.2.1"]));
    });
    let id = |record: &str| properties(&assembly, record)["HostedZoneId"].clone();
    assert_eq!(id("shop/own"), json!({"$ref": "shop/zone#Id"}));
    assert_eq!(id("shop/known"), "Z1");
    assert_eq!(id("shop/exported")["$import"]["name"], "zone-id");
}

#[test]
fn the_rules_of_domain_names_are_those_of_dns() {
    let long = format!("{0}.{0}.{0}.{0}", "a".repeat(63));
    assert_eq!(long.len(), 255);
    for name in ["example.com", "_dmarc.example.com", "xn--bcher-kva.example", "a-b.1.com", &long, &"a".repeat(63)] {
        assert_eq!(problem(name), None, "{name}");
    }
    for (name, allowed) in [
        (format!("{long}.a"), "at most 255 characters"),
        ("a".repeat(64), "at most 63 characters between dots"),
        ("example..com".to_owned(), "no empty part between dots"),
        (String::new(), "no empty part between dots"),
        ("example com".to_owned(), "letters, digits, `-` and `_` between dots, and `*.` at the start"),
        ("bücher.example".to_owned(), "letters, digits, `-` and `_` between dots, and `*.` at the start"),
        ("a.*.com".to_owned(), "letters, digits, `-` and `_` between dots, and `*.` at the start"),
    ] {
        assert_eq!(problem(&name), Some(allowed), "{name}");
    }
}

#[test]
fn a_name_that_is_wrong_or_outside_of_its_zone_is_refused() {
    insta::assert_snapshot!(findings(|stack: &Stack| {
        stack.add("zone", HostedZone::new("*.example.com"));
        let zone = HostedZone::existing("shop.example.com", route53::HostedZoneId::new("Z1"));
        stack.add("ending", DnsRecord::a(&zone, "myshop.example.com", ["192.0.2.1"]));
        stack.add("parent", DnsRecord::a(&zone, "example.com", ["192.0.2.1"]));
        stack.add("empty", DnsRecord::a(&zone, "www..shop.example.com", ["192.0.2.1"]));
        stack.add("wildcard", DnsRecord::a(&zone, "*.shop.example.com", ["192.0.2.1"]));
        stack.add("apex", DnsRecord::a(&zone, "Shop.Example.com.", ["192.0.2.1"]));
    }), @r#"
    error[GP0331]: this is not a domain name
       = got: "*.example.com"
       = allowed: letters, digits, `-` and `_` between dots, and `*.` at the start

    error[GP0332]: the name is outside of its hosted zone
       = got: myshop.example.com
       = allowed: `shop.example.com` and names that end in `.shop.example.com`
       = help: write the whole name, and check the zone

    error[GP0332]: the name is outside of its hosted zone
       = got: example.com
       = allowed: `shop.example.com` and names that end in `.shop.example.com`
       = help: write the whole name, and check the zone

    error[GP0331]: this is not a domain name
       = got: "www..shop.example.com"
       = allowed: no empty part between dots
    "#);
}
