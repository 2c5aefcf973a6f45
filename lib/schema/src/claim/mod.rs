//! Rules that derive from the properties of a resource what it claims, which can exist only once in a cloud.
//!
//! A type without a rule of its own has the one that the schema gives: its primary identifier, where
//! that consists of properties, or a name that its ARN ends with. The modules below have the rules
//! that the schema does not give, a row each, with the API page that states them.
//!
//! # Notation
//!
//! A row is a type, what is claimed, and the parts of the key:
//!
//! - a row without parts, [`named`], claims the name that the schema declares;
//! - parts stand between commas; a resource that lacks one claims nothing by the rule;
//! - `A|B` is the first of several properties that is set, `A=text` a default;
//! - `A.B` is a property of a structure, `A[]` and `A[].B` make a claim for each element of a list;
//! - `A:form` names the normal form in which AWS compares values, see [`ClaimForm`], where that is not the
//!   [spelling](crate::Spelling) of the property or the habit of its service;
//! - `?A` has to be set, and not to `false`, without being part of the key;
//! - `~A` is an address block, and blocks that overlap conflict;
//! - `!A` is a value that all claims with this key share.
//!
//! Two rules with the same `what` share their keys: a role has one inline policy of a name, whether
//! `AWS::IAM::RolePolicy` or `AWS::IAM::Policy` puts it there.

mod account;
mod application;
mod data;
mod derived;
mod edge;
mod identity;
mod names;
#[cfg(test)]
mod names_tests;
mod network;

pub use edge::{NamedOwner, named_owner};

use crate::resource::ResourceType;

/// A rule by which resources of a type claim something that can exist only once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRule {
    /// The kind of claim, for messages.
    pub what: &'static str,
    /// Names the keys that can be equal: [`what`](Self::what), or the type where the rule comes from
    /// the schema.
    pub space: &'static str,
    /// The scope in which there can be only one.
    pub scope: ClaimScope,
    /// The list whose elements each have a claim.
    pub each: Option<Vec<&'static str>>,
    /// The parts of the key, and the conditions under which claims with equal keys conflict.
    pub parts: Vec<ClaimPart>,
    /// `true` if a provider can exchange the claims of two resources in one call.
    pub swaps: bool,
}

/// The scope in which a claim must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimScope {
    /// In all accounts of a partition, as the name of a bucket.
    Partition,
    /// In an account, as the name of a role.
    Account,
    /// In a region of an account.
    Region,
}

/// A part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPart {
    /// The properties that contain its value. The first one that is set counts.
    pub sources: Vec<ClaimSource>,
    /// The value if none is set.
    pub default: Option<&'static str>,
    /// Its role.
    pub role: ClaimRole,
}

/// A property that a part comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimSource {
    /// The path to the property.
    pub path: Vec<&'static str>,
    /// `true` if the path is relative to the element of [`ClaimRule::each`], not to the resource.
    pub in_element: bool,
    /// The form in which AWS compares it.
    pub form: ClaimForm,
}

/// The role of a part of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimRole {
    /// Part of the key.
    Key,
    /// Must be set for the rule to apply.
    Condition,
    /// The address block that is claimed.
    Block,
    /// The value that all claims with the key share.
    Shared,
}

/// The normal form in which AWS compares a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimForm {
    /// As it is.
    Text,
    /// Without regard to case.
    Lower,
    /// A domain name: lower case, with its last dot.
    Dns,
    /// An address block, with no bits behind its prefix.
    Cidr,
    /// A name that may be given as an ARN or path that ends with it.
    Name,
    /// The id of a hosted zone, which may be given with `/hostedzone/` before it.
    Zone,
    /// The name of a function, which may be given as an ARN or with a version or alias.
    Function,
    /// A URL without `https://` and last slash.
    Url,
    /// The id of a security group, which has two attributes of the same value.
    Group,
    /// The protocol and ports of a security group rule.
    Ports,
    /// The type of a record: `CNAME`, or one that coexists with others.
    RecordType,
    /// The name of the property, regardless of its value.
    Property,
    /// The load balancer of a listener.
    Balancer,
}

impl ClaimRule {
    /// Returns the top-level properties that are part of the claim.
    pub fn properties(&self) -> impl Iterator<Item = &'static str> {
        let top = self.parts.iter().filter(|part| part.role != ClaimRole::Condition).flat_map(|part| &part.sources);
        top.filter_map(|source| match (source.in_element, &self.each) {
            (true, Some(each)) => each.first().copied(),
            _ => source.path.first().copied(),
        })
    }
}

/// The rules of a type.
pub(crate) fn rules(resource: &ResourceType) -> Vec<ClaimRule> {
    let rows = TABLES.iter().flat_map(|table| table.iter()).filter(|row| row.type_name == resource.name);
    let stated: Vec<_> = rows.map(|row| row.rule(resource)).collect();
    if stated.is_empty() { derived::rule(resource).into_iter().collect() } else { stated }
}

const TABLES: [&[Row]; 7] =
    [account::ROWS, names::ROWS, network::ROWS, identity::ROWS, data::ROWS, edge::ROWS, application::ROWS];

/// A rule as written.
pub(crate) struct Row {
    type_name: &'static str,
    what: &'static str,
    /// None for the name of the resource, as [`ResourceType::own_name`] has it.
    parts: Option<&'static str>,
    scope: ClaimScope,
    swaps: bool,
}

/// A rule for a region of an account.
const fn row(type_name: &'static str, what: &'static str, parts: &'static str) -> Row {
    Row { parts: Some(parts), ..named(type_name, what) }
}

/// A rule by which a region of an account has one resource of a name.
const fn named(type_name: &'static str, what: &'static str) -> Row {
    Row { type_name, what, parts: None, scope: ClaimScope::Region, swaps: false }
}

impl Row {
    /// Holds for all regions of an account.
    const fn of_account(self) -> Self {
        Self { scope: ClaimScope::Account, ..self }
    }

    /// Holds for all accounts of a partition.
    const fn of_partition(self) -> Self {
        Self { scope: ClaimScope::Partition, ..self }
    }

    /// A provider can exchange what two resources claim in one call.
    const fn swapped_in_one_call(self) -> Self {
        Self { swaps: true, ..self }
    }

    fn rule(&self, resource: &ResourceType) -> ClaimRule {
        let parts = self.parts.or_else(|| resource.own_name()).unwrap_or_default();
        let each = parts.rfind("[]").map(|end| {
            let start = parts[..end].rfind([',', '|', '?', '~', '!', ' ']).map_or(0, |at| at + 1);
            &parts[start..end]
        });
        let parts = parts.split(',').map(str::trim).filter(|part| !part.is_empty());
        ClaimRule {
            what: self.what,
            space: self.what,
            scope: self.scope,
            each: each.map(steps),
            parts: parts.map(|part| parse_part(resource, part, each)).collect(),
            swaps: self.swaps,
        }
    }
}

fn parse_part(resource: &ResourceType, text: &'static str, each: Option<&str>) -> ClaimPart {
    let (role, text) = match text.as_bytes()[0] {
        b'?' => (ClaimRole::Condition, &text[1..]),
        b'~' => (ClaimRole::Block, &text[1..]),
        b'!' => (ClaimRole::Shared, &text[1..]),
        _ => (ClaimRole::Key, text),
    };
    let (text, default) = match text.split_once('=') {
        Some((text, default)) => (text, Some(default)),
        None => (text, None),
    };
    ClaimPart { sources: text.split('|').map(|source| parse_source(resource, source, each)).collect(), default, role }
}

fn parse_source(resource: &ResourceType, text: &'static str, each: Option<&str>) -> ClaimSource {
    let (path, form) = match text.split_once(':') {
        Some((path, form)) => (path, parse_form(form)),
        None => (text, derived::form(resource, &steps(text))),
    };
    let rest = each.and_then(|each| path.strip_prefix(each)?.strip_prefix("[]"));
    let path = steps(rest.map_or(path, |rest| rest.trim_start_matches('.')));
    ClaimSource { path, in_element: rest.is_some(), form }
}

/// Returns the names on the way to a property, through lists.
fn steps(path: &str) -> Vec<&str> {
    path.split('.').map(|step| step.trim_end_matches("[]")).filter(|step| !step.is_empty()).collect()
}

fn parse_form(name: &str) -> ClaimForm {
    match name {
        "lower" => ClaimForm::Lower,
        "dns" => ClaimForm::Dns,
        "cidr" => ClaimForm::Cidr,
        "name" => ClaimForm::Name,
        "zone" => ClaimForm::Zone,
        "function" => ClaimForm::Function,
        "url" => ClaimForm::Url,
        "group" => ClaimForm::Group,
        "ports" => ClaimForm::Ports,
        "record" => ClaimForm::RecordType,
        "property" => ClaimForm::Property,
        "balancer" => ClaimForm::Balancer,
        _ => unreachable!("the tests read every rule"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Properties, all, claim_rules, lookup};

    /// Returns the kind of the value at a path in these properties, through lists.
    fn kind<'a>(resource: &'a ResourceType, properties: &'a Properties, path: &[&'static str]) -> Option<&'a Kind> {
        let (first, rest) = path.split_first()?;
        let kind = properties.get(first)?.kind.element();
        match (rest, kind) {
            ([], kind) => Some(kind),
            (rest, Kind::Type(nested)) => self::kind(resource, resource.types.get(nested)?, rest),
            _ => None,
        }
    }

    #[test]
    fn every_property_that_a_rule_names_is_in_the_schema() {
        let mut wrong = Vec::new();
        for name in all() {
            let resource = lookup(name).expect("a listed type");
            for rule in claim_rules(name) {
                let each = rule.each.clone().unwrap_or_default();
                for source in rule.parts.iter().flat_map(|part| &part.sources) {
                    let start = if source.in_element { each.clone() } else { Vec::new() };
                    let path = [start, source.path.clone()].concat();
                    let found = kind(resource, &resource.properties, &path);
                    let whole = matches!(found, Some(Kind::Type(_))) && source.form != ClaimForm::Property;
                    if found.is_none() || whole {
                        wrong.push(format!("{name} {}", path.join(".")));
                    }
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn every_row_is_about_a_type_of_the_schema() {
        for row in TABLES.iter().flat_map(|table| table.iter()) {
            assert!(lookup(row.type_name).is_some(), "{}", row.type_name);
        }
    }

    /// Checks that no row repeats the spellings, identifiers and names that follow from the schema.
    #[test]
    fn a_row_says_what_the_schema_does_not() {
        let rows = || TABLES.iter().flat_map(|table| table.iter());
        let mut forms = Vec::new();
        let (mut names, mut rules) = (Vec::new(), Vec::new());
        for row in rows() {
            let resource = lookup(row.type_name).expect("a listed type");
            let parts = row.parts.unwrap_or_default();
            for source in parts.split([',', '|']).map(|part| part.trim().trim_start_matches(['?', '~', '!'])) {
                let source = source.split('=').next().unwrap_or_default();
                if let Some((path, form)) = source.split_once(':')
                    && parse_form(form) == derived::form(resource, &steps(path))
                {
                    forms.push(format!("{}: {source}", row.type_name));
                }
            }
            let is_only =
                rows().filter(|other| other.type_name == row.type_name || other.what == row.what).count() == 1;
            let rule = row.rule(resource);
            let same = |derived: ClaimRule| {
                let sorted = |rule: &ClaimRule| {
                    let mut parts = rule.parts.clone();
                    parts.sort_by(|one, other| one.sources[0].path.cmp(&other.sources[0].path));
                    parts
                };
                sorted(&derived) == sorted(&rule) && derived.scope == rule.scope && derived.swaps == rule.swaps
            };
            let is_name = |part: &str| part.ends_with("Name") || part.ends_with("Identifier");
            if row.parts.is_some_and(is_name) && row.parts == resource.own_name() {
                names.push(row.type_name);
            }
            assert!(row.parts.is_some() || resource.own_name().is_some(), "{} has no name", row.type_name);
            if is_only && derived::rule(resource).is_some_and(same) {
                rules.push(row.type_name);
            }
        }
        assert_eq!(forms, [""; 0], "these forms are what the schema gives");
        assert_eq!(names, [""; 0], "these properties are the names of their resources");
        assert_eq!(rules, [""; 0], "these rules are what the schema gives");
    }

    #[test]
    fn a_rule_reads_as_it_is_written() {
        let record = &claim_rules("AWS::Route53::RecordSetGroup")[0];
        assert_eq!(record.each.as_deref(), Some(&["RecordSets"][..]));
        let name = record.parts.iter().find(|part| part.sources[0].path == ["Name"]).expect("a record has a name");
        assert!(name.sources[0].in_element && name.sources[0].form == ClaimForm::Dns);
        assert_eq!(record.properties().collect::<Vec<_>>()[..2], ["RecordSets", "HostedZoneId"]);

        let [rule, _] = claim_rules("AWS::EC2::Subnet") else { panic!("IPv4 and IPv6") };
        assert_eq!(rule.parts[1].role, ClaimRole::Block);
        assert!(claim_rules("AWS::ElasticLoadBalancingV2::ListenerRule")[0].swaps);
    }

    #[test]
    fn a_row_says_where_there_can_be_one() {
        let scope = |name: &str| claim_rules(name)[0].scope;
        assert_eq!(scope("AWS::EC2::Subnet"), ClaimScope::Region);
        assert_eq!(scope("AWS::Route53::RecordSet"), ClaimScope::Account);
        assert_eq!(scope("AWS::S3::Bucket"), ClaimScope::Partition);
    }

    #[test]
    fn what_the_schema_says_needs_no_row() {
        let parts = |name: &str| -> Vec<_> { claim_rules(name).iter().flat_map(ClaimRule::properties).collect() };
        assert_eq!(parts("AWS::SSM::Parameter"), ["Name"]);
        assert_eq!(parts("AWS::S3::BucketPolicy"), ["Bucket"]);
        assert_eq!(parts("AWS::EKS::Addon"), ["ClusterName", "AddonName"]);
        assert_eq!(parts("AWS::StepFunctions::Activity"), ["Name"], "its ARN ends with its name");
        assert_eq!(parts("AWS::EC2::VPC"), [""; 0], "AWS makes its id");
        assert_eq!(parts("AWS::ApiGateway::RestApi"), [""; 0], "several can have a name");
        assert_eq!(parts("AWS::ApiGateway::DomainNameV2"), [""; 0], "its ARN has an id behind the name");
    }

    #[test]
    fn names_that_aws_compares_without_regard_to_case_are_in_lower_case() {
        for name in
            ["AWS::IAM::Role", "AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup", "AWS::DMS::Endpoint"]
        {
            assert_eq!(claim_rules(name)[0].parts[0].sources[0].form, ClaimForm::Lower, "{name}");
        }
        assert_eq!(claim_rules("AWS::SSM::Parameter")[0].parts[0].sources[0].form, ClaimForm::Text);
    }
}
