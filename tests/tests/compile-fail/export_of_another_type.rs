//! The certificate of another app where a zone belongs, and published as the zone.
use groundplan::resources::certificatemanager::{Certificate, CertificateArn};
use groundplan::resources::{apigateway, route53};
use groundplan::{App, Environment, Export};

const ZONE_ID: Export<route53::HostedZoneId> = Export::new("account", "zone-id");
const CERTIFICATE: Export<CertificateArn> = Export::new("account", "certificate-arn");

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    stack.add("domain", apigateway::DomainName::new().certificate_arn(CERTIFICATE));
    stack.add("other", apigateway::DomainName::new().certificate_arn(ZONE_ID));

    let certificate = stack.add("certificate", Certificate::new("example.com"));
    stack.export(ZONE_ID, certificate.certificate_arn());
}
