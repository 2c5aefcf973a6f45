//! A whole platform of resource types that no construct covers: a shop on ECS behind CloudFront and a
//! firewall, a Kubernetes cluster with a broker, a bastion, alarms by mail and by function. About a hundred
//! resources; the network, the balancer, the roles and security groups are constructs.

mod data;
mod edge;
mod operations;
mod platform;
mod service;

use std::process::ExitCode;

use groundplan::data::{Bucket, BucketHandle};
use groundplan::edge::{ApplicationLoadBalancer, ApplicationLoadBalancerHandle, Certificate, HostedZone};
use groundplan::network::{NatGateways, Vpc, VpcHandle};
use groundplan::resources::certificatemanager::CertificateArn;
use groundplan::{App, Environment, Output, Scope, cidr, policies};

/// The resources that the parts of the platform share.
struct Shared {
    vpc: VpcHandle,
    balancer: ApplicationLoadBalancerHandle,
    media: BucketHandle,
    certificate: Output<CertificateArn>,
}

fn shared(stack: &Scope) -> Shared {
    let vpc = stack.add("vpc", Vpc::new(cidr!("10.60.0.0/16")).nat(NatGateways::None).dual_stack());
    let zone = stack.add("zone", HostedZone::new("example.com").without_deletion_protection());
    let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());
    let balancer = ApplicationLoadBalancer::new(&vpc, &certificate).without_deletion_protection();
    let balancer = stack.add("balancer", balancer);
    let media = stack.add("media", Bucket::new());
    Shared { vpc, balancer, media, certificate: certificate.arn() }
}

fn main() -> ExitCode {
    let app = App::new("raw-platform");
    app.policy(policies::all);
    let stack = app.stack("raw-platform", Environment::new("us-east-1"));
    stack.tag("project", "raw-platform");
    let shared = shared(&stack);
    let data = data::data(&stack, &shared);
    service::service(&stack, &shared, &data);
    edge::edge(&stack, &shared);
    operations::operations(&stack, &shared);
    platform::platform(&stack, &shared);
    groundplan_cli::run(&app)
}
