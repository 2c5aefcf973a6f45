use groundplan_core::{Export, Stack, cidr};
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, below, findings, properties};
use crate::network::Vpc;

fn existing(stack: &Stack, name: &str) -> SecurityGroupHandle {
    stack.add(name, SecurityGroup::new(Vpc::existing(ec2::VpcId::new("vpc-1")), "Web"))
}

fn ipv6(text: &str) -> Ipv6Net {
    text.parse().expect("it is a block")
}

#[test]
fn a_group_admits_nobody_and_lets_everything_out() {
    let assembly = assembly("eu-west-1", |stack| {
        let group = existing(stack, "web");
        stack.export("id", group.id());
    });
    assert_eq!(properties(&assembly, "shop/web"), json!({"GroupDescription": "Web", "VpcId": "vpc-1"}));
    assert_eq!(assembly.resources.len(), 1);
    assert_eq!(assembly.outputs["id"].to_json(), json!({"$ref": "shop/web#GroupId"}));
}

#[test]
fn a_group_in_a_vpc_with_ipv6_states_both_default_rules() {
    let assembly = assembly("eu-west-1", |stack| {
        let vpc = Vpc::existing(ec2::VpcId::new("vpc-1")).dual_stack();
        stack.add("web", SecurityGroup::new(&vpc, "Web"));
        stack.add("closed", SecurityGroup::new(&vpc, "Closed").no_outbound());
    });
    let all = [json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}), json!({"IpProtocol": "-1", "CidrIpv6": "::/0"})];
    assert_eq!(properties(&assembly, "shop/web")["SecurityGroupEgress"], json!(all));
    assert_eq!(properties(&assembly, "shop/closed")["SecurityGroupEgress"], json!([]));
}

#[test]
fn each_peer_has_its_property_and_its_name_in_the_rule() {
    const OTHER: Export<ec2::SecurityGroupId> = Export::new("platform", "nodes");
    let assembly = assembly("eu-west-1", |stack| {
        let (web, raw) = (existing(stack, "web"), stack.add("raw", ec2::SecurityGroup::new("Raw")));
        let known = SecurityGroup::existing(ec2::SecurityGroupId::new("sg-1"));
        assert_eq!(known.id().known().map(|id| id.as_str()), Some("sg-1"));
        web.allow_from(cidr!("10.0.0.0/8"), Port::HTTPS)
            .allow_from(ipv6("2001:db8::/32"), Port::HTTPS)
            .allow_from(Peer::anywhere_ipv4(), Port::HTTPS)
            .allow_from(Peer::anywhere_ipv6(), Port::HTTPS)
            .allow_from(Peer::prefix_list("cloudfront", ec2::PrefixListId::new("pl-1")), Port::HTTPS)
            .allow_from(&existing(stack, "api"), Port::HTTPS)
            .allow_from(&known, Port::HTTPS)
            .allow_from(SecurityGroup::existing(OTHER), Port::HTTPS)
            .allow_from(SecurityGroup::existing(&raw), Port::HTTPS);
    });
    for (name, property, value) in [
        ("10.0.0.0_8", "CidrIp", json!("10.0.0.0/8")),
        ("2001_db8___32", "CidrIpv6", json!("2001:db8::/32")),
        ("anywhere", "CidrIp", json!("0.0.0.0/0")),
        ("anywhere-ipv6", "CidrIpv6", json!("::/0")),
        ("cloudfront", "SourcePrefixListId", json!("pl-1")),
        ("api", "SourceSecurityGroupId", json!({"$ref": "shop/api#GroupId"})),
        ("sg-1", "SourceSecurityGroupId", json!("sg-1")),
        ("raw", "SourceSecurityGroupId", json!({"$ref": "shop/raw#GroupId"})),
    ] {
        let rule = properties(&assembly, &format!("shop/web/from-{name}-443"));
        assert_eq!((&rule[property], &rule["GroupId"]), (&value, &json!({"$ref": "shop/web#GroupId"})), "{name}");
        assert_eq!(rule.as_object().map(serde_json::Map::len), Some(6), "{rule}");
    }
    let exported = properties(&assembly, "shop/web/from-platform-nodes-443");
    assert_eq!(exported["SourceSecurityGroupId"]["$import"]["app"], "platform");
}

#[test]
fn each_port_has_its_protocol_its_range_and_its_name_in_the_rule() {
    let assembly = assembly("eu-west-1", |stack| {
        let web = existing(stack, "web");
        let ports = [Port::ALL, Port::HTTP, Port::HTTPS, Port::POSTGRES, Port::REDIS, Port::SSH, Port::udp(53)];
        for port in ports.into_iter().chain([Port::tcp(8443), Port::tcp_range(8000, 8080), Port::tcp_range(9000, 9000)])
        {
            web.allow_from(cidr!("10.0.0.0/8"), port);
        }
    });
    for (name, protocol, range) in [
        ("all", "-1", None),
        ("80", "tcp", Some((80, 80))),
        ("443", "tcp", Some((443, 443))),
        ("5432", "tcp", Some((5432, 5432))),
        ("6379", "tcp", Some((6379, 6379))),
        ("22", "tcp", Some((22, 22))),
        ("udp-53", "udp", Some((53, 53))),
        ("8443", "tcp", Some((8443, 8443))),
        ("8000-8080", "tcp", Some((8000, 8080))),
        ("9000", "tcp", Some((9000, 9000))),
    ] {
        let rule = properties(&assembly, &format!("shop/web/from-10.0.0.0_8-{name}"));
        let known = rule["FromPort"].as_u64().zip(rule["ToPort"].as_u64());
        assert_eq!((rule["IpProtocol"].as_str(), known), (Some(protocol), range), "{name}");
        assert_eq!(rule["Description"], format!("{name} from 10.0.0.0/8"));
    }
}

#[test]
#[should_panic(expected = "a range of ports begins with the lower one")]
fn a_range_of_ports_begins_with_the_lower_one() {
    Port::tcp_range(8080, 8000);
}

#[test]
fn rules_for_outbound_traffic_name_each_peer() {
    let assembly = assembly("eu-west-1", |stack| {
        let vpc = Vpc::existing(ec2::VpcId::new("vpc-1"));
        let web = stack.add("web", SecurityGroup::new(&vpc, "Web").no_outbound());
        web.allow_to(cidr!("10.0.0.0/8"), Port::POSTGRES)
            .allow_to(ipv6("2001:db8::/32"), Port::ALL)
            .allow_to(Peer::prefix_list("s3", ec2::PrefixListId::new("pl-1")), Port::HTTPS)
            .allow_to(&existing(stack, "cache"), Port::REDIS);
    });
    let rule = |name: &str| -> Json { properties(&assembly, &format!("shop/web/{name}")) };
    assert_eq!(
        rule("to-10.0.0.0_8-5432"),
        json!({
            "GroupId": {"$ref": "shop/web#GroupId"}, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
            "CidrIp": "10.0.0.0/8", "Description": "5432 to 10.0.0.0/8",
        })
    );
    assert_eq!(rule("to-2001_db8___32-all")["CidrIpv6"], "2001:db8::/32");
    assert_eq!(rule("to-s3-443")["DestinationPrefixListId"], "pl-1");
    assert_eq!(rule("to-cache-6379")["DestinationSecurityGroupId"], json!({"$ref": "shop/cache#GroupId"}));
}

#[test]
fn two_groups_can_admit_each_other() {
    let assembly = assembly("eu-west-1", |stack| {
        let (first, second) = (existing(stack, "first"), existing(stack, "second"));
        first.allow_from(&second, Port::HTTP);
        second.allow_from(&first, Port::HTTP);
    });
    assert_eq!(below(&assembly, "shop"), ["first", "first/from-second-80", "second", "second/from-first-80"]);
}

#[test]
fn what_has_no_effect_or_is_not_accepted_is_named() {
    insta::assert_snapshot!(findings(|stack| {
        existing(stack, "web").allow_to(cidr!("10.0.0.0/8"), Port::HTTPS);
    }), @"
    warning[GP0311]: this security group already allows all outbound traffic
       = got: 443 to 10.0.0.0/8
       = help: remove the rule, or declare the group with `.no_outbound()`
    ");
    let vpc = Vpc::existing(ec2::VpcId::new("vpc-1"));
    for description in ["Bob's", "", "Café", &"a".repeat(256)] {
        let found = findings(|stack| drop(stack.add("web", SecurityGroup::new(&vpc, description))));
        assert!(found.starts_with("error[GP0317]: a security group cannot have this description"), "{found}");
    }
    let accepted = "aZ0 ._-:/()#,@[]+=&;{}!$*";
    assert_eq!(findings(|stack| drop(stack.add("web", SecurityGroup::new(&vpc, accepted)))), "");
}
