//! Compares texts that AWS accepts in several spellings.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cursor::Cursor;

/// The comparison of the texts of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Exact comparison.
    Exact,
    /// AWS keeps it in lower case.
    LowerCase,
    /// A name in the DNS: letters in lower case, without the dot at its end, and with what Route 53
    /// escapes as itself. "Route 53 stores alphabetic characters as lowercase letters, regardless of
    /// how you specify them", and "treats www.example.com and www.example.com. as identical".
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
    DomainName,
    /// An IP protocol, by name or number.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
    Protocol,
    /// An address block: "we modify it to its canonical form: 100.68.0.18/18 to 100.68.0.0/18".
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>,
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
    Block,
    /// A KMS key, by its id or its ARN. Only KMS can resolve an alias; and keys of several regions share one id.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
    Key,
}

/// Identifiers that AWS keeps in lower case, by type: "stored as a lowercase string" in the API
/// references of RDS (CreateDBInstance, CreateDBSubnetGroup, CreateDBParameterGroup,
/// CreateDBCluster) and ElastiCache (CreateReplicationGroup, CreateCacheParameterGroup,
/// CreateCacheSubnetGroup).
const LOWER_CASE: &[(&str, &str)] = &[
    ("AWS::ElastiCache::ParameterGroup", "CacheParameterGroupName"),
    ("AWS::ElastiCache::ReplicationGroup", "CacheParameterGroupName"),
    ("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBCluster", "DBClusterParameterGroupName"),
    ("AWS::RDS::DBCluster", "DBSubnetGroupName"),
    ("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName"),
    ("AWS::RDS::DBInstance", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBInstance", "DBParameterGroupName"),
    ("AWS::RDS::DBInstance", "DBSubnetGroupName"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
];

/// Names in the DNS, by type. Those of certificates and distributions are names of hosts, whose case
/// means nothing (RFC 4343).
const DOMAIN_NAMES: &[(&str, &str)] = &[
    ("AWS::CertificateManager::Certificate", "DomainName"),
    ("AWS::CertificateManager::Certificate", "SubjectAlternativeNames"),
    ("AWS::CertificateManager::Certificate", "ValidationDomain"),
    ("AWS::CloudFront::Distribution", "Aliases"),
    ("AWS::Route53::HostedZone", "Name"),
    ("AWS::Route53::RecordSet", "DNSName"),
    ("AWS::Route53::RecordSet", "HostedZoneName"),
    ("AWS::Route53::RecordSet", "Name"),
    ("AWS::Route53::RecordSetGroup", "DNSName"),
    ("AWS::Route53::RecordSetGroup", "HostedZoneName"),
    ("AWS::Route53::RecordSetGroup", "Name"),
];

/// Address blocks of EC2.
const BLOCKS: &[&str] =
    &["CidrBlock", "CidrIp", "CidrIpv6", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "Ipv6CidrBlock"];

/// The endings of names of KMS keys for which the sources state no relationship.
const KEYS: &[&str] = &["kmskeyid", "kmskeyarn", "kmsmasterkeyid"];

impl Cursor<'_> {
    /// Returns how the texts here, or in the list here, are compared.
    pub fn spelling(&self) -> Spelling {
        let Some(name) = self.names().last() else { return Spelling::Exact };
        let resource = self.resource();
        let listed = |list: &[(&str, &str)]| list.contains(&(resource.name, *name));
        if listed(DOMAIN_NAMES) {
            Spelling::DomainName
        } else if listed(LOWER_CASE) {
            Spelling::LowerCase
        } else if resource.service() == "EC2" && *name == "IpProtocol" {
            Spelling::Protocol
        } else if resource.service() == "EC2" && BLOCKS.contains(name) {
            Spelling::Block
        } else if self.is_key() {
            Spelling::Key
        } else {
            Spelling::Exact
        }
    }

    /// Returns whether this is the place of DNS record values, whose `Type` says how they are compared:
    /// [`Spelling::record`].
    pub fn is_record_value(&self) -> bool {
        self.resource().name == "AWS::Route53::RecordSet" && self.names() == ["ResourceRecords"]
    }

    /// Returns whether a rule of a security group may be here, whose protocol says whether its ports have a meaning.
    pub fn is_in_security_group(&self) -> bool {
        self.resource().name.starts_with("AWS::EC2::SecurityGroup")
    }

    fn is_key(&self) -> bool {
        let name = self.names().last().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        let refers = |property: &crate::Property| {
            property.references.iter().any(|reference| reference.resource == "AWS::KMS::Key")
        };
        KEYS.iter().any(|key| name.ends_with(key)) || self.property().is_some_and(refers)
    }
}

impl Spelling {
    /// Returns the canonical spelling of all texts with the same meaning.
    ///
    /// ```
    /// use groundplan_schema::Spelling;
    ///
    /// assert_eq!(Spelling::DomainName.normal("\\052.Example.com."), "*.example.com");
    /// assert_eq!(Spelling::Protocol.normal("6"), "tcp");
    /// assert_eq!(Spelling::Block.normal("10.0.0.5/8"), "10.0.0.0/8");
    /// ```
    pub fn normal(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(text),
            Self::LowerCase => lower(text),
            Self::DomainName => domain_name(text),
            Self::Protocol => protocol(text),
            Self::Block => block(text).map_or(Cow::Borrowed(text), Cow::Owned),
            Self::Key => Cow::Borrowed(key(text)),
        }
    }

    /// Returns the canonical spelling of a value of a DNS record of type `kind`: names in it in their normal form,
    /// addresses as [`std::net`] writes them, and texts letter by letter.
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>
    pub fn record<'t>(kind: &str, text: &'t str) -> Cow<'t, str> {
        match kind {
            "CNAME" | "NS" | "PTR" => domain_name(text),
            "MX" | "SRV" => {
                let mut parts: Vec<Cow<'_, str>> = text.split_whitespace().map(Cow::Borrowed).collect();
                if let Some(name) = parts.last_mut() {
                    *name = Cow::Owned(domain_name(name).into_owned());
                }
                Cow::Owned(parts.join(" "))
            }
            "AAAA" => text.parse::<Ipv6Addr>().map_or(Cow::Borrowed(text), |address| Cow::Owned(address.to_string())),
            _ => Cow::Borrowed(text),
        }
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

fn domain_name(text: &str) -> Cow<'_, str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if !text.contains('\\') {
        return lower(text);
    }
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        name.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        // A dot within a label stays escaped: it separates nothing.
        match code.filter(|code| code.is_ascii_graphic() && !matches!(code, b'.' | b'\\')) {
            Some(code) => {
                name.push(char::from(code));
                rest = &rest[at + 4..];
            }
            None => {
                name.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    name.push_str(rest);
    name.make_ascii_lowercase();
    Cow::Owned(name)
}

fn protocol(text: &str) -> Cow<'_, str> {
    match text {
        "1" => Cow::Borrowed("icmp"),
        "6" => Cow::Borrowed("tcp"),
        "17" => Cow::Borrowed("udp"),
        "58" => Cow::Borrowed("icmpv6"),
        text if text.eq_ignore_ascii_case("all") => Cow::Borrowed("-1"),
        text => lower(text),
    }
}

fn block(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(prefix)?).unwrap_or(0);
        return Some(format!("{}/{prefix}", Ipv4Addr::from_bits(address.to_bits() & mask)));
    }
    let address: Ipv6Addr = address.parse().ok()?;
    let mask = u128::MAX.checked_shl(128_u32.checked_sub(prefix)?).unwrap_or(0);
    Some(format!("{}/{prefix}", Ipv6Addr::from_bits(address.to_bits() & mask)))
}

fn key(text: &str) -> &str {
    let Some((head, id)) = text.rsplit_once(":key/") else { return text };
    let of_kms = head.starts_with("arn:") && head.split(':').nth(2) == Some("kms");
    if of_kms && !id.starts_with("mrk-") { id } else { text }
}
