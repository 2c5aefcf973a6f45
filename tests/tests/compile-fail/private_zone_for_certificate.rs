//! A private zone, which is not in the public DNS, for the validation of a certificate.
use groundplan::edge::{Certificate, HostedZone};
use groundplan::resources::route53::HostedZoneId;

fn main() {
    let zone = HostedZone::existing_private("shop.internal", HostedZoneId::new("Z1"));
    Certificate::new(&zone, "api.shop.internal");
}
