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
//! | `GP0403` | a database or volume is not encrypted |
//! | `GP0404` | the private subnets of several zones share one NAT gateway |
//! | `GP0405` | a load balancer serves the internet without TLS |

use std::collections::BTreeSet;

use groundplan_core::{Assembly, Code, Diagnostic, Input};
use groundplan_resources::elasticloadbalancingv2::{listener, load_balancer};
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

/// Finds security group rules that open SSH or RDP to the whole internet (`GP0401`), whether a rule is a resource or
/// is declared inline by its group.
pub fn no_open_ssh(assembly: &Assembly) -> Vec<Diagnostic> {
    let separate = assembly.find::<ec2::SecurityGroupIngress>();
    let separate = separate.iter().filter_map(|rule| {
        let ports = (&rule.from_port, &rule.to_port);
        Some((rule.path, open(&rule.cidr_ip, &rule.cidr_ipv6, &rule.ip_protocol, ports)?))
    });
    let groups = assembly.find::<ec2::SecurityGroup>();
    let inline = groups.iter().flat_map(|group| {
        let rules = known(&group.security_group_ingress).map(|rules| &rules.0[..]).unwrap_or_default();
        rules.iter().filter_map(Input::known).filter_map(|rule| {
            let ports = (&rule.from_port, &rule.to_port);
            Some((group.path, open(&rule.cidr_ip, &rule.cidr_ipv6, &rule.ip_protocol, ports)?))
        })
    });
    let found = separate.chain(inline);
    found
        .map(|(path, ports)| {
            Diagnostic::error(Code::OpenRemoteAccess, "remote access is open to the whole internet")
                .at(path.clone())
                .got(ports)
                .help("admit known addresses only, or connect through a bastion or Session Manager")
        })
        .collect()
}

/// Returns the port of remote access that a rule opens to the whole internet.
fn open(
    ipv4: &Option<Input<String>>,
    ipv6: &Option<Input<String>>,
    protocol: &Option<Input<String>>,
    (from, to): (&Option<Input<i64>>, &Option<Input<i64>>),
) -> Option<String> {
    let anywhere =
        known(ipv4).is_some_and(|block| block == "0.0.0.0/0") || known(ipv6).is_some_and(|block| block == "::/0");
    let protocol = known(protocol).filter(|_| anywhere)?.to_ascii_lowercase();
    match protocol.as_str() {
        "-1" => Some("every port".to_owned()),
        // By name and by number. RDP also uses UDP.
        "tcp" | "6" | "udp" | "17" => {
            let (from, to) = (known(from)?, known(to)?);
            let ports =
                REMOTE_ACCESS.into_iter().filter(|port| *port != 22 || matches!(protocol.as_str(), "tcp" | "6"));
            ports.into_iter().find(|port| (from..=to).contains(&port)).map(|port| format!("port {port}"))
        }
        _ => None,
    }
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

/// Finds databases, clusters of databases and volumes that are not encrypted (`GP0403`). A database that is restored
/// or replicated has the encryption of its source.
pub fn encrypted_storage(assembly: &Assembly) -> Vec<Diagnostic> {
    let instances = assembly.find::<rds::DbInstance>();
    let instances = instances.iter().filter(|it| {
        let inherits = it.db_cluster_identifier.is_some()
            || it.db_snapshot_identifier.is_some()
            || it.source_db_instance_identifier.is_some();
        !inherits && known(&it.storage_encrypted) != Some(&true)
    });
    let clusters = assembly.find::<rds::DbCluster>();
    let clusters = clusters.iter().filter(|it| {
        let inherits = it.snapshot_identifier.is_some() || it.source_db_cluster_identifier.is_some();
        !inherits && known(&it.storage_encrypted) != Some(&true)
    });
    let volumes = assembly.find::<ec2::Volume>();
    let volumes = volumes.iter().filter(|it| it.snapshot_id.is_none() && known(&it.encrypted) != Some(&true));
    let paths = instances.map(|it| it.path).chain(clusters.map(|it| it.path)).chain(volumes.map(|it| it.path));
    paths
        .map(|path| {
            Diagnostic::error(Code::Unencrypted, "this storage is not encrypted")
                .at(path.clone())
                .help("encrypt it from the start: encryption cannot be turned on later without a copy of the data")
        })
        .collect()
}

/// Finds VPCs in which a single NAT gateway serves several availability zones (`GP0404`).
pub fn nat_gateway_per_zone(assembly: &Assembly) -> Vec<Diagnostic> {
    let subnets = assembly.find::<ec2::Subnet>();
    let vpc_of = |gateway: &ec2::NatGateway| {
        let subnet = gateway.subnet_id.as_ref()?.reference()?;
        subnets.iter().find(|it| *it.path == subnet.path)?.vpc_id.clone()
    };
    let gateways = assembly.find::<ec2::NatGateway>();
    let gateways: Vec<_> = gateways.iter().filter_map(|it| Some((it.path, vpc_of(it)?))).collect();
    let zones = |vpc: &Input<ec2::VpcId>| {
        let inside = subnets.iter().filter(|it| it.vpc_id.as_ref() == Some(vpc));
        inside.filter_map(|it| known(&it.availability_zone)).collect::<BTreeSet<_>>().len()
    };
    let only = gateways.iter().filter(|(_, vpc)| gateways.iter().filter(|(_, other)| other == vpc).count() == 1);
    let shared = only.map(|(path, vpc)| (path, zones(vpc))).filter(|(_, zones)| *zones > 1);
    shared
        .map(|(path, zones)| {
            Diagnostic::warning(
                Code::SharedNatGateway,
                "all zones of the VPC reach the internet through one NAT gateway",
            )
            .at((*path).clone())
            .got(format!("1 gateway for {zones} zones"))
            .help(
                "use `NatGateways::PerAz`: with one gateway, a failure of its zone cuts off the others, and traffic \
                     between zones is charged",
            )
        })
        .collect()
}

/// Finds listeners that serve the internet over HTTP with anything but a redirect (`GP0405`).
pub fn tls_on_the_internet(assembly: &Assembly) -> Vec<Diagnostic> {
    let balancers = assembly.find::<elasticloadbalancingv2::LoadBalancer>();
    let external = balancers
        .iter()
        .filter(|it| known(&it.scheme).is_none_or(|scheme| *scheme == load_balancer::Scheme::INTERNET_FACING));
    let external: BTreeSet<_> = external.map(|it| it.path).collect();
    let serves = |it: &elasticloadbalancingv2::Listener| {
        let balancer = it.load_balancer_arn.as_ref().and_then(Input::reference);
        let plain = known(&it.protocol).is_some_and(|protocol| *protocol == listener::Protocol::HTTP);
        let redirects = |action: &Input<elasticloadbalancingv2::listener::Action>| {
            action.known().and_then(|action| known(&action.type_)).is_some_and(|kind| *kind == listener::Type::REDIRECT)
        };
        plain
            && balancer.is_some_and(|balancer| external.contains(&balancer.path))
            && !known(&it.default_actions).is_some_and(|actions| actions.0.iter().all(redirects))
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

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
