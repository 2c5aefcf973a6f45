//! Lookups of hosted zones.

use groundplan_core::lookup::{self as core, HostedZoneQuery, Query};
use groundplan_core::{Construct, Output, Scope};
use groundplan_resources::{ec2, route53};
use serde_json::{Map, Value as Json};

use super::{outputs, report};
use crate::edge::{HostedZone, HostedZoneRef, PrivateHostedZoneRef};

/// A lookup of a public hosted zone by its domain: [`Lookup::hosted_zone`](super::Lookup::hosted_zone). Its handle is a
/// [`HostedZoneRef`], which records and certificates take.
#[derive(Clone)]
pub struct HostedZoneLookup {
    query: HostedZoneQuery,
}

impl HostedZoneLookup {
    pub(super) fn new(domain: &str) -> Self {
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        Self { query: HostedZoneQuery { domain, ..HostedZoneQuery::default() } }
    }

    /// Looks up the private zone of the domain instead of the public one.
    #[must_use]
    pub fn private(self) -> PrivateZoneLookup {
        PrivateZoneLookup { query: HostedZoneQuery { private: true, ..self.query } }
    }

    /// Adds a tag that the zone must have. An account can have several zones of one domain.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.tags.insert(key.into(), value.into());
        self
    }
}

/// A lookup of a private hosted zone by its domain: [`HostedZoneLookup::private`]. Its handle is a [`PrivateHostedZoneRef`],
/// which records take. Certificates do not: AWS validates them in the public DNS.
#[derive(Clone)]
pub struct PrivateZoneLookup {
    query: HostedZoneQuery,
}

impl PrivateZoneLookup {
    /// Sets a VPC that the zone is associated with. Several private zones of an account can have one domain, each in
    /// other VPCs.
    #[must_use]
    pub fn in_vpc(mut self, id: ec2::VpcId) -> Self {
        self.query.vpc = Some(id.as_str().to_owned());
        self
    }

    /// Adds a tag that the zone must have.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.tags.insert(key.into(), value.into());
        self
    }
}

/// Adds the lookup, and returns the id of the zone.
fn look_up(scope: &Scope, query: &HostedZoneQuery) -> Output<route53::HostedZoneId> {
    let domain = &query.domain;
    if domain.is_empty() || domain.contains(char::is_whitespace) || domain.contains('\\') {
        let help = "state the whole name of the zone as it is written in DNS, as in `example.com`";
        report(scope, "this is not the domain of a hosted zone", domain, help);
    } else if !domain.is_ascii() {
        let help = "state the name in Punycode, as in `xn--bcher-kva.example`";
        report(scope, "Route 53 has no hosted zone of this domain", domain, help);
    }
    scope.lookup(Query::HostedZone(query.clone())).output("HostedZoneId")
}

impl Construct for HostedZoneLookup {
    type Handle = HostedZoneRef;

    fn build(self, scope: &Scope) -> HostedZoneRef {
        HostedZone::existing(&self.query.domain, look_up(scope, &self.query))
    }
}

impl Construct for PrivateZoneLookup {
    type Handle = PrivateHostedZoneRef;

    fn build(self, scope: &Scope) -> PrivateHostedZoneRef {
        HostedZone::existing_private(&self.query.domain, look_up(scope, &self.query))
    }
}

/// A test states the id.
impl core::Lookup for HostedZoneLookup {
    type Answer = String;

    fn query(&self) -> Query {
        Query::HostedZone(self.query.clone())
    }

    fn outputs(id: String) -> Map<String, Json> {
        outputs([("HostedZoneId", id.into())])
    }
}

/// A test states the id.
impl core::Lookup for PrivateZoneLookup {
    type Answer = String;

    fn query(&self) -> Query {
        Query::HostedZone(self.query.clone())
    }

    fn outputs(id: String) -> Map<String, Json> {
        outputs([("HostedZoneId", id.into())])
    }
}
