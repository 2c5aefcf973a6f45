//! Route 53 records.

use std::net::{Ipv4Addr, Ipv6Addr};

use groundplan_core::{Code, Construct, Diagnostic, Handle, Input, List, Provides, Scope};
use groundplan_resources::route53;

use super::zone::{normal, problem};
use super::{ApplicationLoadBalancerHandle, HostedZoneRef, RecordZone};
use crate::passed_as::PassedAs;

/// The hosted zone of every CloudFront distribution.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-route53-recordset-aliastarget.html>
const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// The maximum length of one string in a TXT record. A longer value is split into several strings.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>
const TEXT: usize = 255;

/// The maximum length of a value of a TXT record, with its quotes and escape codes.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat>
const TEXT_VALUE: usize = 4_000;

/// The longest time to live, in seconds.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
const TTL: u32 = 2_147_483_647;

/// A record set: the DNS records of one name and type.
///
/// A deploy never overwrites an existing record. Creating it fails, and the error explains how to import it.
///
/// ```
/// use groundplan_constructs::edge::{DnsRecord, HostedZone};
/// use groundplan_core::{App, Environment};
/// let app = App::new("account");
/// let stack = app.stack("account", Environment::new("us-east-1"));
/// let zone = stack.add("zone", HostedZone::new("example.com"));
/// stack.add("office", DnsRecord::a(&zone, "office.example.com", ["192.0.2.1"]).ttl_seconds(60));
/// stack.add("mail", DnsRecord::mx(&zone, "example.com", [(10, "mail.example.com")]));
/// # app.synth().expect("it is valid");
/// ```
pub struct DnsRecord {
    zone: HostedZoneRef,
    name: String,
    kind: &'static str,
    values: Input<List<String>>,
    ttl_seconds: u32,
    /// The value that DNS does not accept, and what it accepts.
    wrong: Option<(String, &'static str)>,
}

impl DnsRecord {
    /// Creates an A record: the IPv4 addresses of `name`.
    pub fn a(zone: impl PassedAs<RecordZone>, name: impl Into<String>, addresses: impl Provides<List<String>>) -> Self {
        let is_address = |text: &str| text.parse::<Ipv4Addr>().is_ok();
        Self::new(zone, name, "A", addresses.provide()).checked("IPv4 addresses", is_address)
    }

    /// Creates an AAAA record: the IPv6 addresses of `name`.
    pub fn aaaa(
        zone: impl PassedAs<RecordZone>,
        name: impl Into<String>,
        addresses: impl Provides<List<String>>,
    ) -> Self {
        let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
        Self::new(zone, name, "AAAA", addresses.provide()).checked("IPv6 addresses", is_address)
    }

    /// Creates a CNAME record: `name` is an alias of `target`. The name of the zone itself cannot be a CNAME.
    /// Use an [`AliasRecord`] for a load balancer or a distribution.
    pub fn cname(zone: impl PassedAs<RecordZone>, name: impl Into<String>, target: impl Provides<String>) -> Self {
        Self::new(zone, name, "CNAME", Input::Known(List(vec![target.provide()]))).checked("a domain name", is_domain)
    }

    /// Creates a TXT record, such as a mail policy or a proof of ownership. This function quotes the texts, and
    /// splits a text of more than 255 bytes into several strings of one value.
    pub fn txt<T: AsRef<str>>(
        zone: impl PassedAs<RecordZone>,
        name: impl Into<String>,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = texts.into_iter().map(|text| Input::Known(quoted(text.as_ref())));
        let fits = |value: &str| value.len() <= TEXT_VALUE;
        Self::new(zone, name, "TXT", Input::Known(List(values.collect())))
            .checked("at most 4,000 characters with quotes and escape codes", fits)
    }

    /// Creates an MX record: the mail servers of `name`, each with its preference. Senders try the lowest
    /// preference first.
    pub fn mx<T: AsRef<str>>(
        zone: impl PassedAs<RecordZone>,
        name: impl Into<String>,
        servers: impl IntoIterator<Item = (u16, T)>,
    ) -> Self {
        let values = servers.into_iter().map(|(rank, server)| Input::Known(format!("{rank} {}", server.as_ref())));
        let is_server = |value: &str| value.split_once(' ').is_some_and(|(_, server)| is_domain(server));
        Self::new(zone, name, "MX", Input::Known(List(values.collect())))
            .checked("the names of mail servers", is_server)
    }

    fn new(
        zone: impl PassedAs<RecordZone>,
        name: impl Into<String>,
        kind: &'static str,
        values: Input<List<String>>,
    ) -> Self {
        let RecordZone(zone) = zone.pass();
        Self { zone, name: name.into(), kind, values, ttl_seconds: 300, wrong: None }
    }

    /// Remembers the first known value that does not fit.
    fn checked(mut self, allowed: &'static str, fits: impl Fn(&str) -> bool) -> Self {
        if let Some(List(values)) = self.values.known() {
            let wrong = values.iter().filter_map(Input::known).find(|value| !fits(value));
            self.wrong = match wrong {
                Some(wrong) => Some((wrong.clone(), allowed)),
                None if values.is_empty() => Some(("no value".to_owned(), allowed)),
                None => None,
            };
        }
        self
    }

    /// Sets the time to live in seconds, from 0 to 2,147,483,647. Default: 300.
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
                Diagnostic::error(Code::ApexCname, "the name of a zone itself cannot be a CNAME")
                    .got(&name)
                    .help("use an `AliasRecord`, or a name below it"),
            );
        }
        if let Some((got, allowed)) = &self.wrong {
            let message = format!("a record of type {} cannot have this value", self.kind);
            scope.report(Diagnostic::error(Code::InvalidRecord, message).got(got).allowed(allowed));
        }
        if self.ttl_seconds > TTL {
            let error = Diagnostic::error(Code::InvalidRecord, "a record cannot have this time to live");
            scope.report(error.got(self.ttl_seconds).allowed("0 to 2147483647 seconds"));
        }
        let record =
            route53::RecordSet::new(route53::RecordSetArgs { name, type_: self.kind }).hosted_zone_id(self.zone.id());
        scope.resource(record.ttl(self.ttl_seconds.to_string()).resource_records(self.values))
    }
}

/// The arguments of [`AliasTarget::new`].
pub struct AliasTargetArgs<N, Z> {
    /// The DNS name of the AWS resource.
    pub dns_name: N,
    /// The id of the AWS hosted zone that contains the DNS name, which AWS publishes for each service and region.
    pub zone_id: Z,
}

/// The target of an [`AliasRecord`].
#[derive(Clone, Debug)]
pub struct AliasTarget {
    name: Input<String>,
    zone: Input<String>,
    ipv6: bool,
    /// True if Route 53 can evaluate the health of the target.
    checked: bool,
}

impl AliasTarget {
    /// Creates a target from the DNS name of an AWS resource. It has only IPv4 addresses unless [`ipv6`](Self::ipv6)
    /// is called.
    pub fn new<N: Provides<String>, Z: Provides<String>>(args: AliasTargetArgs<N, Z>) -> Self {
        let AliasTargetArgs { dns_name, zone_id } = args;
        Self { name: dns_name.provide(), zone: zone_id.provide(), ipv6: false, checked: true }
    }

    /// Creates a target from the DNS name of a CloudFront distribution, such as `d111111abcdef8.cloudfront.net`.
    pub fn distribution(name: impl Provides<String>) -> Self {
        Self { checked: false, ..Self::new(AliasTargetArgs { dns_name: name, zone_id: CLOUDFRONT_ZONE }).ipv6() }
    }

    /// States that the target also has IPv6 addresses.
    #[must_use]
    pub fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }
}

impl PassedAs<AliasTarget> for &ApplicationLoadBalancerHandle {
    fn pass(self) -> AliasTarget {
        let target = AliasTarget::new(AliasTargetArgs { dns_name: self.dns_name(), zone_id: self.zone_id() });
        if self.dual_stack { target.ipv6() } else { target }
    }
}

/// A DNS name for a load balancer or a distribution: an A record, and an AAAA record if the target has
/// IPv6. An alias follows the addresses of the target, costs nothing, and can have the name of the zone
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
    zone: HostedZoneRef,
    name: String,
    target: AliasTarget,
    ignore_target_health: bool,
}

impl AliasRecord {
    /// Creates an alias from `name` in `zone` to `target`.
    pub fn new(zone: impl PassedAs<RecordZone>, name: impl Into<String>, target: impl PassedAs<AliasTarget>) -> Self {
        let RecordZone(zone) = zone.pass();
        Self { zone, name: name.into(), target: target.pass(), ignore_target_health: false }
    }

    /// Returns the target even while it is unhealthy. By default, Route 53 then stops to return it, except for
    /// distributions, whose health it cannot evaluate.
    #[must_use]
    pub fn ignore_target_health(mut self) -> Self {
        self.ignore_target_health = true;
        self
    }
}

impl Construct for AliasRecord {
    /// The records, starting with the one for IPv4.
    type Handle = Vec<Handle<route53::RecordSet>>;

    fn build(self, scope: &Scope) -> Self::Handle {
        let name = self.zone.place(scope, &self.name);
        let health = self.target.checked && !self.ignore_target_health;
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

fn is_domain(name: &str) -> bool {
    problem(&normal(name)).is_none()
}

/// Quotes `text`, and splits it into several strings if it is too long for one. Route 53 requires escape codes for
/// control characters and for bytes outside of ASCII.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat>
fn quoted(text: &str) -> String {
    let escaped: Vec<_> = text
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            byte => format!("\\{byte:03o}"),
        })
        .collect();
    let pieces: Vec<_> = escaped.chunks(TEXT).map(|piece| format!("\"{}\"", piece.concat())).collect();
    if pieces.is_empty() { "\"\"".to_owned() } else { pieces.join(" ") }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
