//! The certificate of another app where a hosted zone belongs.
use groundplan::Export;
use groundplan::resources::certificatemanager::CertificateArn;
use groundplan::resources::route53::{RecordSet, RecordSetArgs};

const CERTIFICATE_ARN: Export<CertificateArn> = Export::new("account", "certificate");

fn main() {
    RecordSet::new(RecordSetArgs { name: "shop.example.com", type_: "A" }).hosted_zone_id(CERTIFICATE_ARN);
}
