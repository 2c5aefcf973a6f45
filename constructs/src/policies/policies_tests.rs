use groundplan_core::{App, Environment, Severity, Stack, cidr};
use groundplan_resources::elasticloadbalancingv2::listener::{Action, FixedResponseConfig, RedirectConfig};
use groundplan_resources::elasticloadbalancingv2::{Listener, ListenerArgs, LoadBalancer};

use super::*;
use crate::data::{Bucket, PostgresDatabase};
use crate::network::{NatGateways, Port, SecurityGroup, Vpc};

/// Returns the codes and paths that `policy` finds.
fn found(policy: fn(&Assembly) -> Vec<Diagnostic>, build: impl FnOnce(&Stack)) -> Vec<String> {
    let app = App::new("shop");
    build(&app.stack("shop", Environment::new("us-east-1").account("111122223333")));
    let assembly = app.synth().expect("it is valid").assembly;
    let found = policy(&assembly);
    found.iter().map(|it| format!("{} {}", it.code, it.path.as_ref().map_or("", |path| path.as_str()))).collect()
}

#[test]
fn remote_access_from_everywhere_is_found() {
    let rule = || ec2::SecurityGroupIngress::new("tcp").group_id(ec2::SecurityGroupId::new("sg-1"));
    let of = |protocol: &str| ec2::SecurityGroupIngress::new(protocol).group_id(ec2::SecurityGroupId::new("sg-1"));
    let open = found(no_open_ssh, |stack| {
        let inside = |from: u16, to: u16| rule().from_port(from).to_port(to);
        stack.add("a-ssh", inside(22, 22).cidr_ip("0.0.0.0/0"));
        stack.add("b-rdp", inside(3389, 3389).cidr_ipv6("::/0"));
        stack.add("c-range", inside(20, 30).cidr_ip("0.0.0.0/0"));
        stack.add("d-all", of("-1").cidr_ip("0.0.0.0/0"));
        stack.add("e-by-number", of("6").from_port(22).to_port(22).cidr_ipv6("::/0"));
        stack.add("f-rdp-over-udp", of("udp").from_port(3389).to_port(3389).cidr_ip("0.0.0.0/0"));
        let inline = ec2::security_group::Ingress::new("tcp").from_port(22).to_port(22).cidr_ip("0.0.0.0/0");
        stack.add("g-inline", ec2::SecurityGroup::new("Bastion").security_group_ingress([inline]));
    });
    let names = ["a-ssh", "b-rdp", "c-range", "d-all", "e-by-number", "f-rdp-over-udp", "g-inline"];
    assert_eq!(open, names.map(|name| format!("GP0401 shop/{name}")));
    let closed = found(no_open_ssh, |stack| {
        stack.add("known", rule().from_port(22).to_port(22).cidr_ip("192.0.2.0/24"));
        stack.add("web", rule().from_port(80).to_port(443).cidr_ip("0.0.0.0/0"));
        stack.add("dns", of("udp").from_port(20).to_port(53).cidr_ip("0.0.0.0/0"));
        stack.add("ping", of("icmp").from_port(8).to_port(-1).cidr_ip("0.0.0.0/0"));
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        let group = stack.add("group", SecurityGroup::new(&vpc, "Bastion"));
        group.allow_from(cidr!("10.0.0.0/8"), Port::SSH);
    });
    assert_eq!(closed, Vec::<String>::new());
}

#[test]
fn a_bucket_that_does_not_block_public_access_is_found() {
    let block = |all: bool| {
        let block = s3::bucket::PublicAccessBlockConfiguration::new().block_public_acls(true).block_public_policy(true);
        block.ignore_public_acls(true).restrict_public_buckets(all)
    };
    let open = found(no_public_buckets, |stack| {
        stack.add("a-plain", s3::Bucket::new());
        stack.add("b-partly", s3::Bucket::new().public_access_block_configuration(block(false)));
        stack.add("closed", s3::Bucket::new().public_access_block_configuration(block(true)));
        stack.add("construct", Bucket::new());
    });
    assert_eq!(open, ["GP0402 shop/a-plain", "GP0402 shop/b-partly"]);
}

#[test]
fn storage_without_encryption_is_found() {
    let open = found(encrypted_storage, |stack| {
        stack.add("a-instance", rds::DbInstance::new());
        stack.add("b-cluster", rds::DbCluster::new());
        stack.add("c-volume", ec2::Volume::new());
        stack.add("off", rds::DbInstance::new().storage_encrypted(false));
    });
    assert_eq!(open, ["a-instance", "off", "b-cluster", "c-volume"].map(|name| format!("GP0403 shop/{name}")));
    let closed = found(encrypted_storage, |stack| {
        let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")));
        stack.add("construct", PostgresDatabase::new(&vpc));
        let cluster = stack.add("cluster", rds::DbCluster::new().storage_encrypted(true));
        stack.add("member", rds::DbInstance::new().db_cluster_identifier(&cluster));
        stack.add("restored", rds::DbInstance::new().db_snapshot_identifier("before"));
        stack.add("replica", rds::DbInstance::new().source_db_instance_identifier("primary"));
        stack.add("restored-cluster", rds::DbCluster::new().snapshot_identifier("before"));
        stack.add("volume", ec2::Volume::new().encrypted(true));
    });
    assert_eq!(closed, Vec::<String>::new());
}

#[test]
fn a_nat_gateway_of_several_zones_is_found_in_each_vpc() {
    let vpc = |nat: NatGateways| Vpc::new(cidr!("10.0.0.0/16")).nat(nat);
    let shared = found(nat_gateway_per_zone, |stack| {
        stack.add("one", vpc(NatGateways::Single));
        stack.add("two", vpc(NatGateways::Single));
        stack.add("each", vpc(NatGateways::PerAz));
        stack.add("none", vpc(NatGateways::None));
        stack.add("one-zone", vpc(NatGateways::PerAz).zones(["us-east-1a"]));
    });
    assert_eq!(shared, ["GP0404 shop/one/nat-a", "GP0404 shop/two/nat-a"]);
}

#[test]
fn a_listener_that_serves_the_internet_without_tls_is_found() {
    let answer = || Action::new("fixed-response").fixed_response_config(FixedResponseConfig::new("200"));
    let redirect = || Action::new("redirect").redirect_config(RedirectConfig::new("HTTP_301").protocol("HTTPS"));
    let plain = found(tls_on_the_internet, |stack| {
        let external = stack.add("external", LoadBalancer::new());
        let stated = stack.add("stated", LoadBalancer::new().scheme("internet-facing"));
        let internal = stack.add("internal", LoadBalancer::new().scheme("internal"));
        let listener = |balancer, action, port: u16, protocol: &str| {
            let args = ListenerArgs { default_actions: [action], load_balancer_arn: balancer };
            Listener::new(args).port(port).protocol(protocol)
        };
        stack.add("a-open", listener(&external, answer(), 80, "HTTP"));
        stack.add("b-stated", listener(&stated, answer(), 80, "HTTP"));
        stack.add("redirect", listener(&external, redirect(), 8080, "HTTP"));
        stack.add("https", listener(&external, answer(), 443, "HTTPS"));
        stack.add("inside", listener(&internal, answer(), 80, "HTTP"));
    });
    assert_eq!(plain, ["GP0405 shop/a-open", "GP0405 shop/b-stated"]);
}

#[test]
fn all_runs_every_check_and_only_costs_and_public_buckets_are_warnings() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).nat(NatGateways::Single));
    stack.add("bucket", s3::Bucket::new());
    stack.add("database", rds::DbInstance::new());
    let group = stack.add("group", ec2::SecurityGroup::new("Open"));
    stack.add("rule", ec2::SecurityGroupIngress::new("-1").group_id(&group).cidr_ip("0.0.0.0/0"));
    let balancer = stack.add("balancer", LoadBalancer::new());
    let answer = Action::new("fixed-response").fixed_response_config(FixedResponseConfig::new("200"));
    let listener = Listener::new(ListenerArgs { default_actions: [answer], load_balancer_arn: &balancer });
    stack.add("listener", listener.port(80).protocol("HTTP"));
    let found = all(&app.synth().expect("it is valid").assembly);
    let found: Vec<_> = found.iter().map(|it| (it.code.as_str(), it.severity)).collect();
    let (warning, error) = (Severity::Warning, Severity::Error);
    let expected = [("GP0401", error), ("GP0402", warning), ("GP0403", error), ("GP0404", warning), ("GP0405", error)];
    assert_eq!(found, expected);
}
