//! Records of Route 53.

use groundplan_core::{Construct, Diagnostic, Handle, Input, List, Provides, Scope};
use groundplan_resources::route53;

use super::{ApplicationLoadBalancerHandle, Zone};

/// The zone of every CloudFront distribution.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-route53-recordset-aliastarget.html>
const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// The most characters of one text in a TXT record; a longer value is several texts.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>
const TEXT: usize = 255;

/// The records of one name and type.
///
/// A record that exists already is never overwritten: creating it fails, and says how to import it.
pub struct DnsRecord {
    zone: Zone,
    name: String,
    kind: &'static str,
    values: Input<List<String>>,
    ttl_seconds: u32,
}

impl DnsRecord {
    /// The IPv4 addresses of `name`.
    pub fn a(zone: impl Into<Zone>, name: impl Into<String>, addresses: impl Provides<List<String>>) -> Self {
        Self::new(zone, name, "A", addresses.provide())
    }

    /// The IPv6 addresses of `name`.
    pub fn aaaa(zone: impl Into<Zone>, name: impl Into<String>, addresses: impl Provides<List<String>>) -> Self {
        Self::new(zone, name, "AAAA", addresses.provide())
    }

    /// The name that `name` stands for. The zone's own name cannot stand for another one; for a load
    /// balancer or a distribution there is [`AliasRecord`].
    pub fn cname(zone: impl Into<Zone>, name: impl Into<String>, target: impl Provides<String>) -> Self {
        Self::new(zone, name, "CNAME", Input::Known(List(vec![target.provide()])))
    }

    /// Texts, as mail servers and proofs of ownership want them. They are quoted here.
    pub fn txt<T: AsRef<str>>(
        zone: impl Into<Zone>,
        name: impl Into<String>,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = texts.into_iter().map(|text| Input::Known(quoted(text.as_ref())));
        Self::new(zone, name, "TXT", Input::Known(List(values.collect())))
    }

    /// The mail servers of `name`, each with its preference; the lowest comes first.
    pub fn mx<T: AsRef<str>>(
        zone: impl Into<Zone>,
        name: impl Into<String>,
        servers: impl IntoIterator<Item = (u16, T)>,
    ) -> Self {
        let values = servers.into_iter().map(|(rank, server)| Input::Known(format!("{rank} {}", server.as_ref())));
        Self::new(zone, name, "MX", Input::Known(List(values.collect())))
    }

    fn new(zone: impl Into<Zone>, name: impl Into<String>, kind: &'static str, values: Input<List<String>>) -> Self {
        Self { zone: zone.into(), name: name.into(), kind, values, ttl_seconds: 300 }
    }

    /// For how long resolvers may keep the answer, in seconds; five minutes unless it is set.
    #[must_use]
    pub fn ttl_seconds(mut self, seconds: u32) -> Self {
        self.ttl_seconds = seconds;
        self
    }
}

impl Construct for DnsRecord {
    type Handle = Handle<route53::RecordSet>;

    fn build(self, scope: &Scope) -> Self::Handle {
        let name = self.zone.place(scope, &self.name);
        if self.kind == "CNAME" && name == self.zone.name() {
            scope.report(
                Diagnostic::error("GP0335", "the name of a zone itself cannot be a CNAME")
                    .got(&name)
                    .help("use an `AliasRecord`, or a name below it"),
            );
        }
        let record =
            route53::RecordSet::new(route53::RecordSetArgs { name, type_: self.kind }).hosted_zone_id(self.zone.id());
        scope.resource(record.ttl(self.ttl_seconds.to_string()).resource_records(self.values))
    }
}

/// What an alias leads to.
#[derive(Clone, Debug)]
pub struct AliasTarget {
    name: Input<String>,
    zone: Input<String>,
    ipv6: bool,
    /// Whether Route 53 can see that the target works.
    checked: bool,
}

impl AliasTarget {
    /// The AWS resource whose name is `name`, in the zone of AWS's with the id `zone`. It has IPv4
    /// addresses alone unless [`ipv6`](Self::ipv6) says otherwise.
    pub fn new(name: impl Provides<String>, zone: impl Provides<String>) -> Self {
        Self { name: name.provide(), zone: zone.provide(), ipv6: false, checked: true }
    }

    /// The CloudFront distribution whose name is `name`, as in `d111111abcdef8.cloudfront.net`.
    pub fn distribution(name: impl Provides<String>) -> Self {
        Self { checked: false, ..Self::new(name, CLOUDFRONT_ZONE).ipv6() }
    }

    /// It has IPv6 addresses, too.
    #[must_use]
    pub fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }
}

impl From<&ApplicationLoadBalancerHandle> for AliasTarget {
    fn from(balancer: &ApplicationLoadBalancerHandle) -> Self {
        let target = Self::new(balancer.dns_name(), balancer.zone_id());
        if balancer.dual_stack { target.ipv6() } else { target }
    }
}

/// A name for a load balancer or a distribution: an A record, and an AAAA record where the target
/// has IPv6. It follows the target's addresses, costs nothing, and may stand at the name of the zone
/// itself.
///
/// ```
/// use groundplan_constructs::edge::{AliasRecord, AliasTarget, HostedZone};
/// use groundplan_core::{App, Environment};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("us-east-1"));
/// let zone = stack.add("zone", HostedZone::new("example.com"));
/// let target = AliasTarget::distribution("d111111abcdef8.cloudfront.net");
/// let alias = stack.add("www", AliasRecord::new(&zone, "www.example.com", target));
/// assert_eq!(alias.len(), 2);
/// ```
pub struct AliasRecord {
    zone: Zone,
    name: String,
    target: AliasTarget,
    evaluate_target_health: Option<bool>,
}

impl AliasRecord {
    /// `name` in `zone` leads to `target`, as long as that works.
    pub fn new(zone: impl Into<Zone>, name: impl Into<String>, target: impl Into<AliasTarget>) -> Self {
        Self { zone: zone.into(), name: name.into(), target: target.into(), evaluate_target_health: None }
    }

    /// Whether Route 53 stops to answer where the target does not work. On, but for distributions,
    /// whose health Route 53 cannot see.
    #[must_use]
    pub fn evaluate_target_health(mut self, on: bool) -> Self {
        self.evaluate_target_health = Some(on);
        self
    }
}

impl Construct for AliasRecord {
    /// The records, IPv4 first.
    type Handle = Vec<Handle<route53::RecordSet>>;

    fn build(self, scope: &Scope) -> Self::Handle {
        let name = self.zone.place(scope, &self.name);
        let health = self.evaluate_target_health.unwrap_or(self.target.checked);
        if health && !self.target.checked {
            let error = Diagnostic::error("GP0336", "Route 53 cannot evaluate the health of a distribution");
            scope.report(error.help("leave `evaluate_target_health` out"));
        }
        let record = |kind: &str| {
            let target = route53::record_set::AliasTarget::new(route53::record_set::AliasTargetArgs {
                dns_name: self.target.name.clone(),
                hosted_zone_id: self.target.zone.clone(),
            });
            route53::RecordSet::new(route53::RecordSetArgs { name: name.as_str(), type_: kind })
                .hosted_zone_id(self.zone.id())
                .alias_target(target.evaluate_target_health(health))
        };
        let ipv4 = scope.add("ipv4", record("A"));
        let ipv6 = self.target.ipv6.then(|| scope.add("ipv6", record("AAAA")));
        [Some(ipv4), ipv6].into_iter().flatten().collect()
    }
}

/// `"…"`, in several pieces where it is long.
fn quoted(text: &str) -> String {
    let escaped: Vec<_> = text
        .chars()
        .map(|letter| match letter {
            '"' | '\\' => format!("\\{letter}"),
            letter => letter.to_string(),
        })
        .collect();
    let pieces = escaped.chunks(TEXT).map(|piece| format!("\"{}\"", piece.concat()));
    let pieces: Vec<_> = pieces.collect();
    if pieces.is_empty() { "\"\"".to_owned() } else { pieces.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_and_cut_where_it_is_too_long() {
        assert_eq!(quoted("v=spf1 -all"), "\"v=spf1 -all\"");
        assert_eq!(quoted("say \"hi\" \\"), r#""say \"hi\" \\""#);
        assert_eq!(quoted(&"x".repeat(300)), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
        assert_eq!(quoted(""), "\"\"");
    }
}
