//! The shared resources of the organization: its domain, and the certificate of the names in it.
//!
//! Every other app names these through the constants here; their values come from the state of the app `account`.

use groundplan::edge::{Certificate, HostedZone, HostedZoneRef};
use groundplan::resources::certificatemanager::CertificateArn;
use groundplan::resources::route53::HostedZoneId;
use groundplan::{App, Environment, Export, policies};

/// The account that every stack is pinned to. It is the one of AWS's documentation, and of the
/// emulators; put your own here.
pub const ACCOUNT: &str = "123456789012";
/// The region of all stacks.
pub const REGION: &str = "us-east-1";
/// The parent domain of all names; put your own here.
pub const DOMAIN: &str = "example.com";

/// The zone of [`DOMAIN`].
pub const ZONE_ID: Export<HostedZoneId> = Export::new("account", "zone-id");
/// The certificate of [`DOMAIN`] and of the names one part longer, in [`REGION`].
pub const CERTIFICATE_ARN: Export<CertificateArn> = Export::new("account", "certificate-arn");

/// The zone of [`DOMAIN`], for the records of other apps.
pub fn zone() -> HostedZoneRef {
    HostedZone::existing(DOMAIN, ZONE_ID)
}

/// The app `account`.
pub fn account() -> App {
    let app = App::new("account");
    app.policy(policies::all);
    let stack = app.stack("account", Environment::new(REGION).account(ACCOUNT));
    stack.tag("project", "account");

    let zone = stack.add("zone", HostedZone::new(DOMAIN));
    let certificate = stack.add("certificate", Certificate::new(&zone, DOMAIN).with_wildcard());

    stack.export(ZONE_ID, zone.zone_id());
    stack.export(CERTIFICATE_ARN, certificate.arn());
    stack.export("name-servers", zone.name_servers());
    app
}
