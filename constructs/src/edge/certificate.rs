//! Certificates of AWS Certificate Manager.

use groundplan_core::{Construct, Diagnostic, Handle, Input, Output, Provides, Scope};
use groundplan_resources::certificatemanager::{self, CertificateArn};

use super::Zone;

/// The most characters of a certificate's first name; the others may have 253.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
const FIRST_NAME: usize = 64;

/// A public certificate. That its names are ours is shown by records in their zones, which are made
/// with it, and by which AWS renews it every year.
///
/// It belongs to one region: a load balancer takes one of its own region, CloudFront one of
/// `us-east-1`.
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
    names: Vec<(Zone, String)>,
}

impl Certificate {
    /// A certificate for `name` in `zone`, as in `shop.example.com` or `*.example.com`. A wildcard
    /// stands for one part of a name: neither for `example.com` nor for `a.b.example.com`.
    pub fn new(zone: impl Into<Zone>, name: impl Into<String>) -> Self {
        Self { names: vec![(zone.into(), name.into())] }
    }

    /// One more name, in the same zone as the one before it.
    #[must_use]
    pub fn also(self, name: impl Into<String>) -> Self {
        let zone = self.names.last().expect("it begins with one").0.clone();
        self.also_in(zone, name)
    }

    /// One more name, in another zone.
    #[must_use]
    pub fn also_in(mut self, zone: impl Into<Zone>, name: impl Into<String>) -> Self {
        self.names.push((zone.into(), name.into()));
        self
    }

    /// All names one part longer than the first: `*.example.com` for `example.com`.
    #[must_use]
    pub fn with_wildcard(mut self) -> Self {
        let (zone, name) = &self.names[0];
        self.names.insert(1, (zone.clone(), format!("*.{name}")));
        self
    }
}

/// A [`Certificate`] in the tree.
#[derive(Clone)]
pub struct CertificateHandle {
    /// The certificate itself.
    pub certificate: Handle<certificatemanager::Certificate>,
    domains: Vec<String>,
}

impl Construct for Certificate {
    type Handle = CertificateHandle;

    fn build(self, scope: &Scope) -> CertificateHandle {
        let names = self.names.into_iter().map(|(zone, name)| (zone.place(scope, &name), zone));
        let names: Vec<_> = names.collect();
        let domains: Vec<_> = names.iter().map(|(name, _)| name.clone()).collect();
        let first = &domains[0];
        if first.len() > FIRST_NAME {
            scope.report(
                Diagnostic::error("GP0333", "the first name of a certificate cannot be this long")
                    .got(format!("{first} with {} characters", first.len()))
                    .allowed(format!("at most {FIRST_NAME}"))
                    .help("begin with a shorter name and add this one with `.also()`"),
            );
        }
        let repeated = domains.iter().enumerate().find(|(place, name)| domains[..*place].contains(name));
        if let Some((_, name)) = repeated {
            let error = Diagnostic::error("GP0334", "the certificate names a domain twice");
            scope.report(error.got(name).help("take one of the two away"));
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
    /// The certificate's ARN, which is known once it is issued.
    pub fn arn(&self) -> Output<CertificateArn> {
        self.certificate.certificate_arn()
    }

    /// The names that it is for, the first one first.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }
}

/// A certificate stands for its ARN.
impl Provides<CertificateArn> for &CertificateHandle {
    fn provide(self) -> Input<CertificateArn> {
        self.arn().provide()
    }
}
