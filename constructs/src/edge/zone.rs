//! Zones of Route 53.

use groundplan_core::{Construct, Diagnostic, Handle, Input, List, Output, Provides, Scope};
use groundplan_resources::route53;

/// The public zone of a domain. It is protected from deletion: one that is made again has other
/// name servers, and the domain is dark until its registrar names those.
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
    /// The zone of `domain`, as in `shop.example.com`.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), comment: None, deletion_protection: true }
    }

    /// What consoles show beside the zone.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Whether a plan that deletes the zone is refused.
    #[must_use]
    pub fn deletion_protection(mut self, on: bool) -> Self {
        self.deletion_protection = on;
        self
    }
}

/// A [`HostedZone`] in the tree.
#[derive(Clone)]
pub struct HostedZoneHandle {
    /// The zone itself.
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

impl HostedZoneHandle {
    /// The zone's id.
    pub fn zone_id(&self) -> Output<route53::HostedZoneId> {
        self.zone.id()
    }

    /// The domain, as in `shop.example.com`.
    pub fn name(&self) -> &str {
        &self.domain
    }

    /// The servers that the domain's registrar, or the zone above, has to name.
    pub fn name_servers(&self) -> Output<List<String>> {
        self.zone.name_servers()
    }
}

/// A zone to put records into, of this app or of another one: its domain and its id.
///
/// What takes a zone takes the handle of a [`HostedZone`], too.
///
/// ```
/// use groundplan_constructs::edge::{Certificate, Zone};
/// use groundplan_core::{App, Environment};
/// use groundplan_resources::route53::HostedZoneId;
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("us-east-1"));
/// let zone = Zone::new("example.com", HostedZoneId::new("Z0123456789ABC"));
/// stack.add("certificate", Certificate::new(zone, "shop.example.com"));
/// ```
#[derive(Clone, Debug)]
pub struct Zone {
    domain: String,
    id: Input<route53::HostedZoneId>,
}

impl Zone {
    /// The zone of `domain` whose id is `id`.
    pub fn new(domain: impl AsRef<str>, id: impl Provides<route53::HostedZoneId>) -> Self {
        Self { domain: normal(domain.as_ref()), id: id.provide() }
    }

    /// The domain, as in `shop.example.com`.
    pub fn name(&self) -> &str {
        &self.domain
    }

    /// The zone's id.
    pub fn id(&self) -> Input<route53::HostedZoneId> {
        self.id.clone()
    }

    /// The name in normal form, with a report where it is none or does not lie in the zone.
    pub(super) fn place(&self, scope: &Scope, name: &str) -> String {
        let normal = normal(name);
        let bare = normal.strip_prefix("*.").unwrap_or(&normal);
        if let Some(problem) = problem(bare) {
            report_name(scope, name, problem);
        } else if bare != self.domain && !bare.ends_with(&format!(".{}", self.domain)) {
            scope.report(
                Diagnostic::error("GP0332", "this name does not lie in its zone")
                    .got(name)
                    .allowed(format!("`{}` and names that end in `.{0}`", self.domain))
                    .help("write the whole name, and check which zone it belongs to"),
            );
        }
        normal
    }
}

impl From<&HostedZoneHandle> for Zone {
    fn from(zone: &HostedZoneHandle) -> Self {
        Self::new(&zone.domain, zone.zone_id())
    }
}

impl From<&Zone> for Zone {
    fn from(zone: &Zone) -> Self {
        zone.clone()
    }
}

/// Names are the same in any case, and with the dot of the root or without it.
fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// What keeps a text from being a domain name. The underscore is for records such as `_dmarc`.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
fn problem(name: &str) -> Option<&'static str> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.len() > 255 {
        return Some("at most 255 characters");
    }
    let label = |label: &str| match label {
        "" => Some("no part between two dots may be empty"),
        label if label.len() > 63 => Some("at most 63 characters between two dots"),
        label if !label.chars().all(allowed) => {
            Some("letters, digits, `-` and `_` between dots, and `*.` at the start")
        }
        _ => None,
    };
    name.split('.').find_map(label)
}

fn report_name(scope: &Scope, name: &str, allowed: &str) {
    scope.report(Diagnostic::error("GP0331", "this is no domain name").got(format!("{name:?}")).allowed(allowed));
}
