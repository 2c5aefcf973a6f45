//! Compares texts that AWS accepts in several spellings.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cursor::Cursor;
use crate::resource::ResourceType;

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

/// Names that AWS keeps in lower case, by service: those of its own resources and, in other properties of the service,
/// references to them. "Stored as a lowercase string" in the API references (CreateDBInstance, CreateDBSubnetGroup,
/// CreateDBParameterGroup, CreateDBCluster, CreateDBClusterParameterGroup and CreateGlobalCluster of RDS; the same of
/// DocumentDB and Neptune; CreateCacheCluster, CreateReplicationGroup, CreateCacheParameterGroup,
/// CreateCacheSubnetGroup, CreateServerlessCache, CreateUser, CreateUserGroup and CreateSnapshot of ElastiCache;
/// CreateCluster and CreateSubnetGroup of DAX; CreateReplicationInstance and CreateReplicationSubnetGroup of DMS;
/// CreateCluster of DocumentDB elastic clusters; CreateClusterParameterGroup and CreateClusterSubnetGroup of Redshift),
/// and of an option group in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-optiongroup.html>.
const LOWER_CASE: &[(&str, &[&str])] = &[
    ("DAX", &["ClusterName", "SubnetGroupName"]),
    ("DMS", &["ReplicationInstanceIdentifier", "ReplicationSubnetGroupIdentifier"]),
    (
        "DocDB",
        &[
            "DBClusterIdentifier",
            "DBClusterParameterGroupName",
            "DBInstanceIdentifier",
            "DBSubnetGroupName",
            "Name",
            "SourceDBClusterIdentifier",
        ],
    ),
    ("DocDBElastic", &["ClusterName"]),
    (
        "ElastiCache",
        &[
            "CacheParameterGroupName",
            "CacheSubnetGroupName",
            "ClusterName",
            "PrimaryClusterId",
            "ReplicationGroupId",
            "ServerlessCacheName",
            "ServerlessCacheSnapshotName",
            "SnapshotName",
            "SnapshottingClusterId",
            "UserGroupId",
            "UserGroupIds",
            "UserId",
            "UserIds",
        ],
    ),
    (
        "Neptune",
        &[
            "DBClusterIdentifier",
            "DBClusterParameterGroupName",
            "DBInstanceIdentifier",
            "DBInstanceParameterGroupName",
            "DBParameterGroupName",
            "DBSubnetGroupName",
            "Name",
            "SourceDBClusterIdentifier",
        ],
    ),
    (
        "RDS",
        &[
            "DBClusterIdentifier",
            "DBClusterIdentifiers",
            "DBClusterParameterGroupName",
            "DBClusterSnapshotIdentifier",
            "DBInstanceIdentifier",
            "DBInstanceIdentifiers",
            "DBInstanceParameterGroupName",
            "DBParameterGroupName",
            "DBSubnetGroupName",
            "GlobalClusterIdentifier",
            "OptionGroupName",
            "SourceDBClusterIdentifier",
        ],
    ),
    ("Redshift", &["ClusterParameterGroupName", "ClusterSubnetGroupName", "ParameterGroupName", "SubnetGroupName"]),
];

/// Services in which two names that differ in their letter case alone are one name, whether the service keeps it in
/// lower case ([`LOWER_CASE`]) or as it is written. A name of the latter kind in another spelling is another value, and
/// still one that is taken.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const CASELESS: &[&str] =
    &["DAX", "DMS", "DocDB", "DocDBElastic", "ElastiCache", "IAM", "MemoryDB", "Neptune", "RDS", "Redshift"];

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
        } else if self.is_kept_in_lower_case() {
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

    /// Returns whether the parameters of a group are here, whose `Family` says how their values are compared:
    /// [`Spelling::parameter`].
    pub fn is_parameters(&self) -> bool {
        ["AWS::RDS::DBParameterGroup", "AWS::RDS::DBClusterParameterGroup"].contains(&self.resource().name)
            && self.names() == ["Parameters"]
    }

    /// Returns whether a rule of a security group may be here, whose protocol says whether its ports have a meaning.
    pub fn is_in_security_group(&self) -> bool {
        self.resource().name.starts_with("AWS::EC2::SecurityGroup")
    }

    /// Returns whether this is the name of a resource that its service keeps in lower case, at the top or by reference.
    fn is_kept_in_lower_case(&self) -> bool {
        let listed =
            |service: &str, name: &str| LOWER_CASE.iter().any(|(of, names)| *of == service && names.contains(&name));
        let is_name = matches!(self.names(), [name] if listed(self.resource().service(), name));
        let refers = |reference: &crate::Reference| {
            let service = reference.resource.split("::").nth(1).unwrap_or_default();
            listed(service, reference.attribute)
        };
        is_name || self.property().is_some_and(|property| property.references.iter().any(refers))
    }

    fn is_key(&self) -> bool {
        let name = self.names().last().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        let refers = |property: &crate::Property| {
            property.references.iter().any(|reference| reference.resource == "AWS::KMS::Key")
        };
        KEYS.iter().any(|key| name.ends_with(key)) || self.property().is_some_and(refers)
    }
}

impl ResourceType {
    /// Returns whether names of this service that differ in their letter case alone are one name.
    pub(crate) fn is_caseless(&self) -> bool {
        CASELESS.contains(&self.service())
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

    /// Returns the canonical spelling of a value in a parameter group of this family, as in `aurora-mysql8.0`. RDS
    /// returns as `1` and `0` what MySQL and MariaDB call `ON` and `OFF`: "Boolean variables can be set at startup to
    /// the values ON, TRUE, OFF, and FALSE (not case-sensitive), as well as 1 and 0."
    /// <https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html>
    pub fn parameter<'t>(family: &str, text: &'t str) -> Cow<'t, str> {
        let has_switches = ["mysql", "mariadb"].iter().any(|name| family.contains(name));
        match is_switch(text).filter(|_| has_switches) {
            Some(true) => Cow::Borrowed("1"),
            Some(false) => Cow::Borrowed("0"),
            None => Cow::Borrowed(text),
        }
    }
}

fn is_switch(text: &str) -> Option<bool> {
    let any = |names: [&str; 2]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    if any(["on", "true"]) { Some(true) } else { any(["off", "false"]).then_some(false) }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{ClaimForm, Kind, all, claim_rules, lookup};

    /// Types of [`CASELESS`] services of whose names AWS's API reference does not say that they are stored in lower
    /// case, or which have to be in lower case, as that of a Redshift cluster.
    const AS_WRITTEN: &[&str] = &[
        "AWS::DAX::ParameterGroup",
        "AWS::DMS::Certificate",
        "AWS::DMS::DataMigration",
        "AWS::DMS::DataProvider",
        "AWS::DMS::Endpoint",
        "AWS::DMS::EventSubscription",
        "AWS::DMS::InstanceProfile",
        "AWS::DMS::MigrationProject",
        "AWS::DMS::ReplicationConfig",
        "AWS::DMS::ReplicationTask",
        "AWS::DocDB::EventSubscription",
        "AWS::DocDB::GlobalCluster",
        "AWS::ElastiCache::User",
        "AWS::MemoryDB::ACL",
        "AWS::MemoryDB::Cluster",
        "AWS::MemoryDB::ParameterGroup",
        "AWS::MemoryDB::Snapshot",
        "AWS::MemoryDB::SubnetGroup",
        "AWS::MemoryDB::User",
        "AWS::Neptune::EventSubscription",
        "AWS::Neptune::GlobalCluster",
        "AWS::RDS::CustomDBEngineVersion",
        "AWS::RDS::DBProxy",
        "AWS::RDS::DBProxyEndpoint",
        "AWS::RDS::DBShardGroup",
        "AWS::RDS::DBSnapshot",
        "AWS::RDS::EventSubscription",
        "AWS::RDS::Integration",
        "AWS::Redshift::Cluster",
        "AWS::Redshift::EndpointAccess",
        "AWS::Redshift::EndpointAuthorization",
        "AWS::Redshift::EventSubscription",
        "AWS::Redshift::Integration",
        "AWS::Redshift::ScheduledAction",
        "AWS::Redshift::Snapshot",
        "AWS::Redshift::SnapshotCopyGrant",
    ];

    #[test]
    fn a_name_of_a_database_is_kept_in_lower_case_or_known_to_be_kept_as_written() {
        let types = all().map(|name| lookup(name).expect("a listed type"));
        let types = types.filter(|resource| resource.is_caseless() && resource.service() != "IAM");
        let as_written = types.filter(|resource| {
            let name = resource.own_name();
            name.is_some_and(|name| resource.cursor().key(name).spelling() != Spelling::LowerCase)
        });
        let as_written: BTreeSet<_> = as_written.map(|resource| resource.name).collect();
        let listed: BTreeSet<_> = AS_WRITTEN.iter().copied().collect();
        let undecided: Vec<_> = as_written.difference(&listed).collect();
        assert_eq!(undecided, [&""; 0], "look up whether AWS stores these names in lower case");
        let stale: Vec<_> = listed.difference(&as_written).collect();
        assert_eq!(stale, [&""; 0], "these are kept in lower case, or have no name");
    }

    /// A plan that takes two spellings for one name, and claims that take them for two, would contradict each other.
    #[test]
    fn what_is_kept_in_lower_case_is_claimed_in_lower_case() {
        let mut services = BTreeSet::new();
        for name in all() {
            let resource = lookup(name).expect("a listed type");
            for source in claim_rules(name).iter().flat_map(|rule| &rule.parts).flat_map(|part| &part.sources) {
                let place = source.path.iter().fold(resource.cursor(), |cursor, step| cursor.key(step));
                if place.spelling() == Spelling::LowerCase {
                    assert_eq!(source.form, ClaimForm::Lower, "{name} {}", source.path.join("."));
                    services.insert(resource.service());
                }
            }
        }
        // Whether the name of an elastic cluster of DocumentDB is unique, AWS does not say.
        let listed = LOWER_CASE.iter().map(|(service, _)| *service).filter(|service| *service != "DocDBElastic");
        assert_eq!(services, listed.collect());
    }

    #[test]
    fn every_name_that_is_kept_in_lower_case_is_published() {
        for (service, names) in LOWER_CASE {
            assert!(CASELESS.contains(service), "{service}");
            for name in *names {
                let holds_text = |resource: &ResourceType| {
                    resource.properties.get(name).is_some_and(|property| *property.kind.element() == Kind::String)
                };
                let of_service = all().filter_map(lookup).filter(|resource| resource.service() == *service);
                assert!(of_service.into_iter().any(holds_text), "{service} has no {name}");
            }
        }
    }
}
