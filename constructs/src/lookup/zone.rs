//! Lookups of hosted zones.

use groundplan_core::lookup::{self as core, Query};
use groundplan_core::{Construct, Output, Scope};
use groundplan_resources::route53;
use serde_json::{Map, Value as Json};

use super::{outputs, report};
use crate::edge::{HostedZone, HostedZoneRef};

/// A lookup of a hosted zone by its domain: [`Lookup::hosted_zone`](super::Lookup::hosted_zone). Its handle is a
/// [`HostedZoneRef`], which records and certificates take.
#[derive(Clone)]
pub struct HostedZoneLookup {
    domain: String,
    private: bool,
}

impl HostedZoneLookup {
    pub(super) fn new(domain: &str) -> Self {
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        Self { domain, private: false }
    }

    /// Looks up the private zone of the domain instead of the public one.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

impl Construct for HostedZoneLookup {
    type Handle = HostedZoneRef;

    fn build(self, scope: &Scope) -> HostedZoneRef {
        if self.domain.is_empty() || self.domain.contains(char::is_whitespace) {
            let help = "state the whole name of the zone, as in `example.com`";
            report(scope, "this is not the domain of a hosted zone", &self.domain, help);
        }
        let id: Output<route53::HostedZoneId> = scope.lookup(core::Lookup::query(&self)).output("HostedZoneId");
        HostedZone::existing(&self.domain, id)
    }
}

/// A test states the id.
impl core::Lookup for HostedZoneLookup {
    type Answer = String;

    fn query(&self) -> Query {
        Query::HostedZone { domain: self.domain.clone(), private: self.private }
    }

    fn outputs(id: String) -> Map<String, Json> {
        outputs([("HostedZoneId", id.into())])
    }
}
