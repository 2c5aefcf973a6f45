//! Certificates of AWS Certificate Manager.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Output, Scope, main_resource};
use groundplan_resources::certificatemanager::{self, CertificateArn};

use super::HostedZoneRef;
use super::zone::report_name;
use crate::passed_as::PassedAs;

/// The maximum length of the first name of a certificate. Further names can have 253 characters.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
const FIRST_NAME: usize = 64;

/// A public certificate. DNS records in the zones of its names prove their ownership. Groundplan
/// creates these records together with the certificate, and AWS uses them to renew the certificate
/// every year.
///
/// A certificate belongs to one region: a load balancer accepts only a certificate of its region, and
/// CloudFront only a certificate of `us-east-1`.
///
/// ```
/// use groundplan_constructs::edge::{Certificate, HostedZone};
/// use groundplan_core::{App, Environment};
/// let app = App::new("account");
/// let stack = app.stack("account", Environment::new("us-east-1"));
/// let zone = stack.add("zone", HostedZone::new("example.com"));
/// let certificate = stack.add("certificate", Certificate::new(&zone, "example.com").with_wildcard());
/// assert_eq!(certificate.domains(), ["example.com", "*.example.com"]);
/// ```
pub struct Certificate {
    names: Vec<(HostedZoneRef, String)>,
}

impl Certificate {
    /// Creates a certificate for `name` in `zone`, such as `shop.example.com` or `*.example.com`. A wildcard
    /// stands for exactly one label: `*.example.com` covers neither `example.com` nor `a.b.example.com`.
    pub fn new(zone: impl PassedAs<HostedZoneRef>, name: impl Into<String>) -> Self {
        Self { names: vec![(zone.pass(), name.into())] }
    }

    /// Adds a name in the zone of the previous name.
    #[must_use]
    pub fn also(self, name: impl Into<String>) -> Self {
        let zone = self.names.last().expect("it begins with one").0.clone();
        self.also_in(zone, name)
    }

    /// Adds a name in `zone`.
    #[must_use]
    pub fn also_in(mut self, zone: impl PassedAs<HostedZoneRef>, name: impl Into<String>) -> Self {
        self.names.push((zone.pass(), name.into()));
        self
    }

    /// Adds the wildcard of the first name: `*.example.com` for `example.com`.
    #[must_use]
    pub fn with_wildcard(mut self) -> Self {
        let (zone, name) = &self.names[0];
        self.names.insert(1, (zone.clone(), format!("*.{name}")));
        self
    }
}

/// The handle of a [`Certificate`].
#[derive(Clone)]
pub struct CertificateHandle {
    /// The certificate.
    pub certificate: Handle<certificatemanager::Certificate>,
    domains: Vec<String>,
}

impl Construct for Certificate {
    type Handle = CertificateHandle;

    fn build(self, scope: &Scope) -> CertificateHandle {
        let names = self.names.into_iter().map(|(zone, name)| (zone.place(scope, &name), zone));
        let names: Vec<_> = names.collect();
        let domains: Vec<_> = names.iter().map(|(name, _)| name.clone()).collect();
        // Route 53 accepts an underscore, and ACM does not.
        // <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
        for name in domains.iter().filter(|name| name.contains('_')) {
            report_name(scope, name, "letters, digits and `-` between dots, and `*.` at the start");
        }
        let first = &domains[0];
        if first.len() > FIRST_NAME {
            scope.report(
                Diagnostic::error(Code::LongCertificateName, "the first name of a certificate is too long")
                    .got(format!("{first} with {} characters", first.len()))
                    .allowed(format!("at most {FIRST_NAME} characters"))
                    .help("begin with a shorter name, and add this one with `.also(…)`"),
            );
        }
        let repeated = domains.iter().enumerate().find(|(place, name)| domains[..*place].contains(name));
        if let Some((_, name)) = repeated {
            let error = Diagnostic::error(Code::RepeatedDomain, "the certificate names a domain twice");
            scope.report(error.got(name).help("remove one of the two"));
        }
        let validated = names.iter().map(|(name, zone)| {
            let option = certificatemanager::certificate::DomainValidationOption::new();
            option.domain_name(name.as_str()).hosted_zone_id(zone.id())
        });
        let mut certificate = certificatemanager::Certificate::new(first.as_str())
            .validation_method("DNS")
            .domain_validation_options(validated.collect::<Vec<_>>());
        if domains.len() > 1 {
            certificate = certificate.subject_alternative_names(&domains[1..]);
        }
        CertificateHandle { certificate: scope.resource(certificate), domains }
    }
}

impl CertificateHandle {
    /// Returns the ARN of the certificate, which is known once the certificate is issued.
    pub fn arn(&self) -> Output<CertificateArn> {
        self.certificate.certificate_arn()
    }

    /// Returns the names of the certificate, starting with the first.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }
}

main_resource!(CertificateHandle, certificate: certificatemanager::Certificate);

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
