//! A website over HTTPS: a zone, a certificate that validates itself in it, a load balancer, and a
//! name that leads there.

use std::process::ExitCode;

use groundplan::edge::{AliasRecord, ApplicationLoadBalancer, Certificate, HostedZone};
use groundplan::network::{NatGateways, Vpc};
use groundplan::{App, Environment, cidr, policies};

fn app() -> App {
    let app = App::new("website");
    app.policy(policies::tls_on_the_internet);
    let stack = app.stack("website", Environment::new("eu-west-1"));
    let zone = stack.add("zone", HostedZone::new("example.com").without_deletion_protection());
    let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());

    let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).nat(NatGateways::None).dual_stack());
    let balancer = ApplicationLoadBalancer::new(&vpc, &certificate).without_deletion_protection();
    let balancer = stack.add("balancer", balancer);
    stack.add("apex", AliasRecord::new(&zone, "example.com", &balancer));
    stack.add("www", AliasRecord::new(&zone, "www.example.com", &balancer));

    stack.export("name-servers", zone.name_servers());
    stack.export("balancer", balancer.dns_name());
    app
}

fn main() -> ExitCode {
    groundplan_cli::run(&app())
}
