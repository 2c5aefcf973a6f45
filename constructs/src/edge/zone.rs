//! Route 53 hosted zones.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Input, List, Output, Provides, Scope, main_resource};
use groundplan_resources::route53;

use crate::passed_as::PassedAs;

/// The public hosted zone of a domain. Deletion protection is on by default, because a zone that is created
/// again has other name servers, and the domain does not resolve until its registrar knows them.
///
/// ```
/// use groundplan_constructs::edge::HostedZone;
/// use groundplan_core::{App, Environment};
/// let app = App::new("account");
/// let stack = app.stack("account", Environment::new("us-east-1"));
/// let zone = stack.add("zone", HostedZone::new("example.com"));
/// stack.export("name-servers", zone.name_servers());
/// ```
pub struct HostedZone {
    domain: String,
    comment: Option<String>,
    deletion_protection: bool,
}

impl HostedZone {
    /// Creates the zone of `domain`, such as `shop.example.com`.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), comment: None, deletion_protection: true }
    }

    /// Refers to the existing public zone of `domain` by its id, which can be a known id or an export of another app.
    ///
    /// ```
    /// use groundplan_constructs::edge::{Certificate, HostedZone};
    /// use groundplan_core::{App, Environment};
    /// use groundplan_resources::route53::HostedZoneId;
    /// let app = App::new("shop");
    /// let stack = app.stack("shop", Environment::new("us-east-1"));
    /// let zone = HostedZone::existing("example.com", HostedZoneId::new("Z0123456789ABC"));
    /// stack.add("certificate", Certificate::new(zone, "shop.example.com"));
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(domain: impl AsRef<str>, id: impl Provides<route53::HostedZoneId>) -> HostedZoneRef {
        HostedZoneRef { domain: normal(domain.as_ref()), id: id.provide() }
    }

    /// Refers to the existing private zone of `domain` by its id, which can be a known id or an export of another app.
    pub fn existing_private(domain: impl AsRef<str>, id: impl Provides<route53::HostedZoneId>) -> PrivateHostedZoneRef {
        PrivateHostedZoneRef(Self::existing(domain, id))
    }

    /// Sets the comment that the AWS console shows for the zone.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Lets a plan delete the zone. By default, such a plan is refused.
    #[must_use]
    pub fn without_deletion_protection(mut self) -> Self {
        self.deletion_protection = false;
        self
    }
}

/// The handle of a [`HostedZone`].
#[derive(Clone)]
pub struct HostedZoneHandle {
    /// The hosted zone.
    pub zone: Handle<route53::HostedZone>,
    domain: String,
}

impl Construct for HostedZone {
    type Handle = HostedZoneHandle;

    fn build(self, scope: &Scope) -> HostedZoneHandle {
        let domain = normal(&self.domain);
        if let Some(problem) = problem(&domain) {
            report_name(scope, &self.domain, problem);
        }
        let mut zone = route53::HostedZone::new().name(domain.as_str());
        if let Some(comment) = self.comment {
            zone = zone.hosted_zone_config(route53::hosted_zone::HostedZoneConfig::new().comment(comment));
        }
        let zone = scope.resource(zone);
        if self.deletion_protection {
            zone.protect();
        }
        HostedZoneHandle { zone, domain }
    }
}

main_resource!(HostedZoneHandle, zone: route53::HostedZone);

impl HostedZoneHandle {
    /// Returns the id of the zone.
    pub fn zone_id(&self) -> Output<route53::HostedZoneId> {
        self.zone.id()
    }

    /// Returns the domain, such as `shop.example.com`.
    pub fn name(&self) -> &str {
        &self.domain
    }

    /// Returns the name servers. The registrar of the domain, or the parent zone, must delegate to them.
    pub fn name_servers(&self) -> Output<List<String>> {
        self.zone.name_servers()
    }
}

/// A public zone: a [`HostedZone`] of the program, by its handle, or an existing zone, by [`HostedZone::existing`] or a
/// [lookup](crate::lookup::Lookup::hosted_zone).
#[derive(Clone, Debug)]
pub struct HostedZoneRef {
    domain: String,
    id: Input<route53::HostedZoneId>,
}

impl Provides<route53::HostedZoneId> for &HostedZoneRef {
    fn provide(self) -> Input<route53::HostedZoneId> {
        self.id()
    }
}

impl HostedZoneRef {
    /// Returns the domain, such as `shop.example.com`.
    pub fn name(&self) -> &str {
        &self.domain
    }

    /// Returns the id of the zone.
    pub fn id(&self) -> Input<route53::HostedZoneId> {
        self.id.clone()
    }

    /// Returns the name in normal form, and reports a name that is invalid or outside of the zone.
    pub(super) fn place(&self, scope: &Scope, name: &str) -> String {
        let normal = normal(name);
        let bare = normal.strip_prefix("*.").unwrap_or(&normal);
        if let Some(problem) = problem(bare) {
            report_name(scope, name, problem);
        } else if bare != self.domain && !bare.ends_with(&format!(".{}", self.domain)) {
            scope.report(
                Diagnostic::error(Code::OutsideZone, "the name is outside of its hosted zone")
                    .got(name)
                    .allowed(format!("`{}` and names that end in `.{0}`", self.domain))
                    .help("write the whole name, and check the zone"),
            );
        }
        normal
    }
}

/// A private zone, which only its VPCs resolve: [`HostedZone::existing_private`] or a
/// [lookup](crate::lookup::HostedZoneLookup::private). Records can be added to it. It cannot validate a certificate,
/// since AWS reads the records of validation from the public DNS.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
#[derive(Clone, Debug)]
pub struct PrivateHostedZoneRef(HostedZoneRef);

impl PrivateHostedZoneRef {
    /// Returns the domain, such as `shop.internal`.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns the id of the zone.
    pub fn id(&self) -> Input<route53::HostedZoneId> {
        self.0.id()
    }
}

/// A zone that records are added to: a public [`HostedZoneRef`], the handle of a [`HostedZone`], or a [`PrivateHostedZoneRef`].
#[derive(Clone, Debug)]
pub struct RecordZone(pub(super) HostedZoneRef);

impl PassedAs<HostedZoneRef> for &HostedZoneHandle {
    fn pass(self) -> HostedZoneRef {
        HostedZone::existing(&self.domain, self.zone_id())
    }
}

impl<Z: PassedAs<HostedZoneRef>> PassedAs<RecordZone> for Z {
    fn pass(self) -> RecordZone {
        RecordZone(PassedAs::<HostedZoneRef>::pass(self))
    }
}

impl PassedAs<RecordZone> for PrivateHostedZoneRef {
    fn pass(self) -> RecordZone {
        RecordZone(self.0)
    }
}

impl PassedAs<RecordZone> for &PrivateHostedZoneRef {
    fn pass(self) -> RecordZone {
        RecordZone(self.0.clone())
    }
}

/// Returns the normal form of a name: lower case, without the trailing dot.
pub(super) fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Returns the rule of domain names that `name` breaks. The underscore is for records such as `_dmarc`.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub(super) fn problem(name: &str) -> Option<&'static str> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.len() > 255 {
        return Some("at most 255 characters");
    }
    let label = |label: &str| match label {
        "" => Some("no empty part between dots"),
        label if label.len() > 63 => Some("at most 63 characters between dots"),
        label if !label.chars().all(allowed) => {
            Some("letters, digits, `-` and `_` between dots, and `*.` at the start")
        }
        _ => None,
    };
    name.split('.').find_map(label)
}

pub(super) fn report_name(scope: &Scope, name: &str, allowed: &str) {
    scope.report(
        Diagnostic::error(Code::InvalidDomain, "this is not a domain name").got(format!("{name:?}")).allowed(allowed),
    );
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
