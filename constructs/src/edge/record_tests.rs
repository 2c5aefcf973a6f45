use groundplan_core::{Export, Stack};
use groundplan_resources::route53::HostedZoneId;
use serde_json::{Value as Json, json};

use super::*;
use crate::edge::HostedZone;
use crate::fixture::{assembly, below, findings, properties};

fn zone() -> HostedZoneRef {
    HostedZone::existing("example.com", HostedZoneId::new("Z1"))
}

fn record(record: DnsRecord) -> Json {
    properties(&assembly("us-east-1", |stack| drop(stack.add("record", record))), "shop/record")
}

fn alias(build: impl FnOnce(&Stack) -> AliasRecord) -> groundplan_core::Assembly {
    assembly("us-east-1", |stack| drop(stack.add("alias", build(stack))))
}

#[test]
fn each_type_of_record_has_its_values() {
    let target = || "shop.example.net";
    for (made, kind, values) in [
        (DnsRecord::a(zone(), "www.example.com", ["192.0.2.1", "192.0.2.2"]), "A", json!(["192.0.2.1", "192.0.2.2"])),
        (DnsRecord::aaaa(zone(), "www.example.com", ["2001:db8::1"]), "AAAA", json!(["2001:db8::1"])),
        (DnsRecord::cname(zone(), "www.example.com", target()), "CNAME", json!(["shop.example.net"])),
        (DnsRecord::txt(zone(), "www.example.com", ["v=spf1 -all"]), "TXT", json!(["\"v=spf1 -all\""])),
        (DnsRecord::mx(zone(), "www.example.com", [(10, "mail.example.com.")]), "MX", json!(["10 mail.example.com."])),
    ] {
        let expected = json!({
            "HostedZoneId": "Z1", "Name": "www.example.com", "Type": kind, "TTL": "300", "ResourceRecords": values,
        });
        assert_eq!(record(made), expected);
    }
}

#[test]
fn a_record_has_the_time_to_live_that_the_program_sets_and_the_normal_form_of_its_name() {
    let made = record(DnsRecord::a(zone(), "*.Example.COM.", ["192.0.2.1"]).ttl_seconds(60));
    assert_eq!((&made["TTL"], &made["Name"]), (&json!("60"), &json!("*.example.com")));
}

#[test]
fn values_can_be_outputs_and_exports() {
    const ADDRESSES: Export<List<String>> = Export::new("account", "addresses");
    let made = record(DnsRecord::a(zone(), "www.example.com", ADDRESSES));
    assert_eq!(made["ResourceRecords"]["$import"]["name"], "addresses");
}

#[test]
fn an_alias_follows_the_addresses_that_its_target_has() {
    let ipv4 = alias(|_| {
        AliasRecord::new(
            zone(),
            "www.example.com",
            AliasTarget::new(AliasTargetArgs { dns_name: "lb.example.net", zone_id: "Z2" }),
        )
    });
    assert_eq!(below(&ipv4, "shop/alias"), ["ipv4"]);
    let target = json!({"DNSName": "lb.example.net", "HostedZoneId": "Z2", "EvaluateTargetHealth": true});
    assert_eq!(
        properties(&ipv4, "shop/alias/ipv4"),
        json!({"HostedZoneId": "Z1", "Name": "www.example.com", "Type": "A", "AliasTarget": target})
    );
    let both = alias(|_| {
        AliasRecord::new(
            zone(),
            "example.com",
            AliasTarget::new(AliasTargetArgs { dns_name: "lb.example.net", zone_id: "Z2" }).ipv6(),
        )
    });
    assert_eq!(below(&both, "shop/alias"), ["ipv4", "ipv6"]);
    assert_eq!(properties(&both, "shop/alias/ipv6")["Type"], "AAAA");
}

#[test]
fn an_alias_of_a_distribution_has_ipv6_and_no_evaluation_of_health() {
    let both = alias(|_| AliasRecord::new(zone(), "example.com", AliasTarget::distribution("d1.cloudfront.net")));
    let target =
        json!({"DNSName": "d1.cloudfront.net", "HostedZoneId": "Z2FDTNDATAQYW2", "EvaluateTargetHealth": false});
    for path in ["shop/alias/ipv4", "shop/alias/ipv6"] {
        assert_eq!(properties(&both, path)["AliasTarget"], target);
    }
}

#[test]
fn the_evaluation_of_health_can_be_turned_off() {
    let target = AliasTarget::new(AliasTargetArgs { dns_name: "lb.example.net", zone_id: "Z2" });
    let off = alias(|_| AliasRecord::new(zone(), "www.example.com", target).ignore_target_health());
    assert_eq!(properties(&off, "shop/alias/ipv4")["AliasTarget"]["EvaluateTargetHealth"], false);
}

#[test]
fn a_text_is_quoted_and_split_where_it_is_too_long() {
    assert_eq!(quoted("v=spf1 -all"), "\"v=spf1 -all\"");
    assert_eq!(quoted("say \"hi\" \\"), r#""say \"hi\" \\""#);
    assert_eq!(quoted(&"x".repeat(300)), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    assert_eq!(quoted(""), "\"\"");
}

#[test]
fn bytes_outside_of_printable_ascii_are_escape_codes() {
    assert_eq!(quoted("é\t"), r#""\303\251\011""#);
    // 255 bytes, not characters, make a string.
    let (first, second) = (r"\303\251".repeat(127) + r"\303", r"\251");
    assert_eq!(quoted(&"é".repeat(128)), format!("\"{first}\" \"{second}\""));
}

#[test]
fn what_dns_does_not_accept_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        stack.add("ipv4", DnsRecord::a(zone(), "a.example.com", ["192.0.2.1", "192.0.2"]));
        stack.add("ipv6", DnsRecord::aaaa(zone(), "b.example.com", ["192.0.2.1"]));
        stack.add("none", DnsRecord::a(zone(), "c.example.com", Vec::<String>::new()));
        stack.add("target", DnsRecord::cname(zone(), "d.example.com", "https://example.net"));
        stack.add("mail", DnsRecord::mx(zone(), "e.example.com", [(10, "mail server")]));
        stack.add("ttl", DnsRecord::a(zone(), "f.example.com", ["192.0.2.1"]).ttl_seconds(1 << 31));
        stack.add("apex", DnsRecord::cname(zone(), "example.com", "example.net"));
    }), @"
    error[GP0340]: a record of type A cannot have this value
       = got: 192.0.2
       = allowed: IPv4 addresses

    error[GP0340]: a record of type AAAA cannot have this value
       = got: 192.0.2.1
       = allowed: IPv6 addresses

    error[GP0340]: a record of type A cannot have this value
       = got: no value
       = allowed: IPv4 addresses

    error[GP0340]: a record of type CNAME cannot have this value
       = got: https://example.net
       = allowed: a domain name

    error[GP0340]: a record of type MX cannot have this value
       = got: 10 mail server
       = allowed: the names of mail servers

    error[GP0340]: a record cannot have this time to live
       = got: 2147483648
       = allowed: 0 to 2147483647 seconds

    error[GP0335]: the name of a zone itself cannot be a CNAME
       = got: example.com
       = help: use an `AliasRecord`, or a name below it
    ");
    let long = findings(|stack| drop(stack.add("text", DnsRecord::txt(zone(), "example.com", ["x".repeat(4_000)]))));
    assert!(long.starts_with("error[GP0340]: a record of type TXT cannot have this value"), "{long}");
    let accepted = "x".repeat(3_900);
    assert_eq!(findings(|stack| drop(stack.add("text", DnsRecord::txt(zone(), "example.com", [accepted])))), "");
}
