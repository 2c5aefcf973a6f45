//! Checks that every app should pass before production.
//!
//! Each check is a function that reads the assembly. A program adds all checks at once with [`all`],
//! or some of them:
//!
//! ```
//! use groundplan_constructs::policies;
//! use groundplan_core::App;
//! let app = App::new("shop");
//! app.policy(policies::no_open_ssh).policy(policies::encrypted_storage);
//! ```
//!
//! | code | finding |
//! |---|---|
//! | `GP0401` | SSH or RDP is open to the whole internet |
//! | `GP0402` | a bucket does not block public access |
//! | `GP0403` | a database or its volume is not encrypted |
//! | `GP0404` | the private subnets of several zones share one NAT gateway |
//! | `GP0405` | a load balancer serves the internet without TLS |

use std::collections::BTreeSet;

use groundplan_core::{Assembly, Code, Diagnostic, Input};
use groundplan_resources::{ec2, elasticloadbalancingv2, rds, s3};

/// Runs every check of this module.
pub fn all(assembly: &Assembly) -> Vec<Diagnostic> {
    [no_open_ssh, no_public_buckets, encrypted_storage, nat_gateway_per_zone, tls_on_the_internet]
        .into_iter()
        .flat_map(|policy| policy(assembly))
        .collect()
}

/// The ports of remote access: SSH and RDP.
const REMOTE_ACCESS: [i64; 2] = [22, 3389];

/// Finds security group rules that open SSH or RDP to the whole internet (`GP0401`).
pub fn no_open_ssh(assembly: &Assembly) -> Vec<Diagnostic> {
    let open = |rule: &ec2::SecurityGroupIngress| {
        let anywhere = known(&rule.cidr_ip).is_some_and(|block| block == "0.0.0.0/0")
            || known(&rule.cidr_ipv6).is_some_and(|block| block == "::/0");
        let every_port = known(&rule.ip_protocol).is_some_and(|protocol| protocol == "-1");
        let range = known(&rule.from_port).zip(known(&rule.to_port));
        let port = REMOTE_ACCESS.iter().find(|port| range.is_some_and(|(from, to)| (from..=to).contains(port)));
        (anywhere && (every_port || port.is_some()))
            .then(|| port.map_or("every port".to_owned(), |port| format!("port {port}")))
    };
    let rules = assembly.find::<ec2::SecurityGroupIngress>();
    let found = rules.iter().filter_map(|rule| Some((rule, open(rule)?)));
    found
        .map(|(rule, ports)| {
            Diagnostic::error(Code::OpenRemoteAccess, "remote access is open to the whole internet")
                .at(rule.path.clone())
                .got(ports)
                .help("admit known addresses only, or connect through the bastion")
        })
        .collect()
}

/// Finds buckets that do not block public access (`GP0402`).
pub fn no_public_buckets(assembly: &Assembly) -> Vec<Diagnostic> {
    let closed = |bucket: &s3::Bucket| {
        let Some(Input::Known(block)) = &bucket.public_access_block_configuration else { return false };
        let settings = [
            &block.block_public_acls,
            &block.block_public_policy,
            &block.ignore_public_acls,
            &block.restrict_public_buckets,
        ];
        settings.into_iter().all(|setting| known(setting) == Some(&true))
    };
    let buckets = assembly.find::<s3::Bucket>();
    let found = buckets.iter().filter(|bucket| !closed(bucket));
    found
        .map(|bucket| {
            Diagnostic::warning(Code::PublicBucket, "this bucket does not block public access")
                .at(bucket.path.clone())
                .help("use the `Bucket` construct, or serve the objects through CloudFront")
        })
        .collect()
}

/// Finds databases and volumes that are not encrypted (`GP0403`).
pub fn encrypted_storage(assembly: &Assembly) -> Vec<Diagnostic> {
    let databases = assembly.find::<rds::DbInstance>();
    let databases =
        databases.iter().filter(|it| it.db_cluster_identifier.is_none() && known(&it.storage_encrypted) != Some(&true));
    let volumes = assembly.find::<ec2::Volume>();
    let volumes = volumes.iter().filter(|volume| known(&volume.encrypted) != Some(&true));
    let paths = databases.map(|it| it.path).chain(volumes.map(|volume| volume.path));
    paths
        .map(|path| {
            Diagnostic::error(Code::Unencrypted, "this storage is not encrypted")
                .at(path.clone())
                .help("encrypt it from the start: it cannot be turned on later without a copy")
        })
        .collect()
}

/// Finds a single NAT gateway that serves several availability zones (`GP0404`).
pub fn nat_gateway_per_zone(assembly: &Assembly) -> Vec<Diagnostic> {
    let gateways = assembly.find::<ec2::NatGateway>();
    let [only] = &gateways[..] else { return Vec::new() };
    let zones: BTreeSet<String> =
        assembly.find::<ec2::Subnet>().iter().filter_map(|subnet| known(&subnet.availability_zone).cloned()).collect();
    if zones.len() < 2 {
        return Vec::new();
    }
    let warning = Diagnostic::warning(Code::SharedNatGateway, "all zones reach the internet through one NAT gateway")
        .at(only.path.clone())
        .got(format!("1 gateway for {} zones", zones.len()))
        .help("use `NatGateways::PerAz`: with one gateway, the loss of its zone cuts off the others, and traffic between zones is charged");
    vec![warning]
}

/// Finds listeners that serve the internet over HTTP with anything but a redirect (`GP0405`).
pub fn tls_on_the_internet(assembly: &Assembly) -> Vec<Diagnostic> {
    let balancers = assembly.find::<elasticloadbalancingv2::LoadBalancer>();
    let external = balancers.iter().filter(|it| known(&it.scheme).is_none_or(|scheme| scheme == "internet-facing"));
    let external: BTreeSet<_> = external.map(|it| it.path).collect();
    let serves = |listener: &elasticloadbalancingv2::Listener| {
        let balancer = listener.load_balancer_arn.as_ref().and_then(Input::reference);
        let plain = known(&listener.protocol).is_some_and(|protocol| protocol == "HTTP");
        let redirects = |action: &Input<elasticloadbalancingv2::listener::Action>| {
            action.known().and_then(|action| known(&action.type_)).is_some_and(|kind| kind == "redirect")
        };
        plain
            && balancer.is_some_and(|balancer| external.contains(&balancer.path))
            && !known(&listener.default_actions).is_some_and(|actions| actions.0.iter().all(redirects))
    };
    let listeners = assembly.find::<elasticloadbalancingv2::Listener>();
    let found = listeners.iter().filter(|listener| serves(listener));
    found
        .map(|listener| {
            Diagnostic::error(Code::PlainHttp, "this listener serves the internet without TLS")
                .at(listener.path.clone())
                .help("serve over HTTPS and redirect HTTP to it, as the `ApplicationLoadBalancer` construct does")
        })
        .collect()
}

fn known<T>(input: &Option<Input<T>>) -> Option<&T> {
    input.as_ref()?.known()
}
