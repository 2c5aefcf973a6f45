//! Claims: things that can exist only once in a cloud and that a resource takes.
//!
//! A role has at most one inline policy of a name, a route table has one route to a destination, and the subnets of a
//! VPC do not overlap. Two resources of a program with the same claim are an error. A resource of the state and one of
//! the program with the same claim are the same thing, whatever their paths are. The rules are those of
//! [`groundplan_schema::claim_rules`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use groundplan_schema::{ClaimForm, ClaimPart, ClaimRole, ClaimRule, ClaimScope, ClaimSource, Member, Spelling};
use ipnet::{IpNet, Ipv6Net};

use crate::environment::Environment;
use crate::value::{Deferred, Reference, SubnetOf, Value};

/// Something that can exist only once in a cloud at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The kind of claim, for messages, as in `inline policy of a role`.
    pub what: &'static str,
    /// The key. Only claims with equal keys can conflict, so that they can be found in a map. A part that is not known
    /// yet is represented by its reference.
    pub key: String,
    /// The condition under which two claims with this key conflict.
    pub conflict: Conflict,
    /// `true` if a provider can exchange this claim between two resources in one call.
    pub swaps: bool,
}

/// The condition under which two claims with equal keys conflict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// Always, because they are the same thing.
    Equal,
    /// If the address blocks overlap. They are the same thing if the blocks are equal.
    Overlap(IpNet),
    /// If the values differ: a target group belongs to one load balancer, and any number of its listeners may use it.
    /// They are never the same thing.
    Unless(String),
}

impl Claim {
    /// Returns whether both cannot exist at once, as far as their values are known.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.key == other.key
            && match (&self.conflict, &other.conflict) {
                (Conflict::Overlap(a), Conflict::Overlap(b)) => a.contains(b) || b.contains(a),
                (Conflict::Unless(a), Conflict::Unless(b)) => a != b,
                _ => true,
            }
    }

    /// Returns whether both conflict as in [`conflicts_with`](Self::conflicts_with), and no unknown value can resolve
    /// the conflict.
    pub fn certainly_conflicts_with(&self, other: &Self) -> bool {
        let certain = match (&self.conflict, &other.conflict) {
            (Conflict::Unless(a), Conflict::Unless(b)) => match (attribute(a), attribute(b)) {
                (None, None) => true,
                (Some(a), Some(b)) => a == b && !a.is_empty(),
                _ => false,
            },
            _ => true,
        };
        certain && self.conflicts_with(other)
    }

    /// Returns whether both name the same thing. A resource of the same type with the other claim is then the same
    /// resource under a new path.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key == other.key
            && match (&self.conflict, &other.conflict) {
                (Conflict::Equal, Conflict::Equal) => true,
                (Conflict::Overlap(a), Conflict::Overlap(b)) => a == b,
                _ => false,
            }
    }

    /// Returns the claimed values, for messages, as in `worker, read`.
    pub fn values(&self) -> String {
        let mut values = self.key_values();
        match &self.conflict {
            Conflict::Equal => {}
            Conflict::Overlap(block) => values.push(block.to_string().into()),
            Conflict::Unless(value) => values.push(shown(value)),
        }
        values.join(", ")
    }

    /// Returns the values that claims have in common to conflict, for messages, as in `shop/vpc#VpcId`.
    pub fn place(&self) -> String {
        self.key_values().join(", ")
    }

    fn key_values(&self) -> Vec<Cow<'_, str>> {
        self.key.split('\n').skip(2).filter(|part| !part.is_empty()).map(shown).collect()
    }
}

/// Returns the attribute of a value that consists of a reference, as in a key; empty if there is a reference inside it,
/// `None` if it is known.
fn attribute(text: &str) -> Option<&str> {
    let whole = text.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
    match whole.filter(|inside| !inside.contains(OPEN)) {
        Some(reference) => Some(reference.rsplit_once('#').map_or("", |(_, attribute)| attribute)),
        None => text.contains(OPEN).then_some(""),
    }
}

/// A part of a key, for messages.
pub(crate) fn shown(part: &str) -> Cow<'_, str> {
    if part.contains([OPEN, CLOSE]) { part.replace([OPEN, CLOSE], "").into() } else { part.into() }
}

/// The delimiter of a reference in a key. No name of AWS has control characters.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// Returns the claims of a resource of `type_name` with these properties. A value that is not known yet is part of the
/// key as its reference, so that equal references result in equal claims.
pub fn claims(type_name: &str, environment: &Environment, properties: &BTreeMap<String, Value>) -> Vec<Claim> {
    claims_among(type_name, environment, properties, &|_, _| None)
}

/// Returns the claims as in [`claims`]. `property` returns the named property of the resource that a reference names: a
/// listener belongs to a load balancer, and `worker#RoleName` is a name that the program states.
pub fn claims_among<'a>(
    type_name: &str,
    environment: &Environment,
    properties: &'a BTreeMap<String, Value>,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    let mut claims = Vec::new();
    for rule in groundplan_schema::claim_rules(type_name) {
        let evaluation = Evaluation { rule, environment, properties, property };
        match &rule.each {
            None => claims.extend(evaluation.claim(None)),
            Some(path) => evaluation.elements(path, &mut claims),
        }
    }
    claims
}

/// Returns the claims of a member of a collection that its owner states inline, which are those of the equivalent
/// separate resource. `owner` identifies the owner, as the ID of a security group does.
pub fn member_claims<'a>(
    member: &Member,
    environment: &Environment,
    owner: &Value,
    element: &'a Value,
    property: &dyn Fn(&Reference, &str) -> Option<&'a Value>,
) -> Vec<Claim> {
    let Value::Map(element) = element else { return Vec::new() };
    let mut properties = element.clone();
    properties.insert(member.owner_property.to_owned(), owner.clone());
    claims_among(member.type_name, environment, &properties, &|reference, name| property(reference, name))
}

/// A rule and what it is about.
struct Evaluation<'e, 'a> {
    rule: &'static ClaimRule,
    environment: &'e Environment,
    properties: &'a BTreeMap<String, Value>,
    property: &'e dyn Fn(&Reference, &str) -> Option<&'a Value>,
}

impl<'a> Evaluation<'_, 'a> {
    /// Returns the claims of the elements at a path, through lists on the way.
    fn elements(&self, path: &[&str], claims: &mut Vec<Claim>) {
        if let Some((first, rest)) = path.split_first()
            && let Some(value) = self.properties.get(*first)
        {
            self.elements_of(value, rest, claims);
        }
    }

    fn elements_of(&self, value: &'a Value, path: &[&str], claims: &mut Vec<Claim>) {
        match (value, path) {
            (Value::List(items), _) => items.iter().for_each(|item| self.elements_of(item, path, claims)),
            (value, []) => claims.extend(self.claim(Some(value))),
            (value, [first, rest @ ..]) => {
                if let Some(value) = value.get(first) {
                    self.elements_of(value, rest, claims);
                }
            }
        }
    }

    /// Returns the claim of the resource, or of an element of its list; `None` if a part is not set.
    fn claim(&self, element: Option<&'a Value>) -> Option<Claim> {
        let mut key = self.start();
        let mut conflict = Conflict::Equal;
        for part in &self.rule.parts {
            let found = part.sources.iter().find_map(|source| Some((source, self.value(source, element, part.role)?)));
            match part.role {
                ClaimRole::Condition => {
                    found?;
                }
                ClaimRole::Key => {
                    key.push('\n');
                    self.write(part, found, element, &mut key)?;
                }
                ClaimRole::Shared => {
                    let mut text = String::new();
                    self.write(part, found, element, &mut text)?;
                    conflict = Conflict::Unless(text);
                }
                ClaimRole::Block => {
                    if let Some(block) = self.block(found?.1, &mut key)? {
                        conflict = Conflict::Overlap(block);
                    }
                }
            }
        }
        Some(Claim { what: self.rule.what, key, conflict, swaps: self.rule.swaps })
    }

    /// Returns the beginning of a key: the claimed name space, and its scope.
    fn start(&self) -> String {
        let Environment { account, region, .. } = self.environment;
        let account = account.as_deref().unwrap_or_default();
        let mut key = String::with_capacity(128);
        key.push_str(self.rule.space);
        key.push('\n');
        match self.rule.scope {
            ClaimScope::Partition => key.push_str(crate::partition(region)),
            ClaimScope::Account => key.push_str(account),
            ClaimScope::Region => key.extend([account, "@", region]),
        }
        key
    }

    /// The value of a source; what is set to null is not set.
    fn value(&self, source: &ClaimSource, element: Option<&'a Value>, role: ClaimRole) -> Option<&'a Value> {
        let mut path = source.path.iter();
        let start = if source.in_element { element } else { self.properties.get(*path.next()?) };
        let is_switch = role == ClaimRole::Condition || source.form == ClaimForm::Property;
        let is_set = |value: &&Value| **value != Value::Null && !(is_switch && value.as_bool() == Some(false));
        path.try_fold(start?, |value, step| value.get(step)).filter(is_set)
    }

    fn write(
        &self,
        part: &ClaimPart,
        found: Option<(&ClaimSource, &'a Value)>,
        element: Option<&'a Value>,
        out: &mut String,
    ) -> Option<()> {
        let Some((source, value)) = found else {
            out.push_str(part.default?);
            return Some(());
        };
        match source.form {
            ClaimForm::Property => out.push_str(source.path.last()?),
            ClaimForm::Balancer => self.balancer(value, out)?,
            ClaimForm::Ports => self.ports(value, element, out)?,
            form => self.text(value, form, DEPTH, out)?,
        }
        Some(())
    }

    /// Writes a value in its form. A reference to a property that the program states is that.
    fn text(&self, value: &'a Value, form: ClaimForm, depth: usize, out: &mut String) -> Option<()> {
        match value {
            Value::String(text) => out.push_str(&normal(text, form)),
            Value::Number(number) => write!(out, "{number}").expect("a string takes all"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::List(items) => items.iter().try_for_each(|item| {
                out.push('[');
                self.text(item, form, depth, out)
            })?,
            Value::Deferred(deferred) => self.deferred(deferred, form, depth, out)?,
            Value::Null | Value::Map(_) | Value::Secret(_) => return None,
        }
        Some(())
    }

    /// As [`text`](Self::text), of a value that is not known yet.
    fn deferred(&self, value: &'a Deferred, form: ClaimForm, depth: usize, out: &mut String) -> Option<()> {
        match value {
            Deferred::Ref(reference) => {
                let stated = (self.property)(reference, &reference.attribute).filter(|_| depth > 0);
                match stated {
                    Some(stated) => self.text(stated, form, depth - 1, out)?,
                    None => refer(reference, form, out),
                }
            }
            Deferred::Template(parts) => {
                let mut whole = String::new();
                parts.iter().try_for_each(|part| self.text(part, ClaimForm::Text, depth, &mut whole))?;
                let known = !whole.contains(OPEN);
                match form {
                    _ if known => out.push_str(&normal(&whole, form)),
                    ClaimForm::Dns => out.extend([whole.trim_end_matches('.'), "."]),
                    _ => out.push_str(&whole),
                }
            }
            Deferred::CrossApp(import) => {
                write!(out, "{OPEN}{}:{}{CLOSE}", import.app, import.name).expect("a string takes all");
            }
            Deferred::Subnet(part) => {
                self.text(&part.block, ClaimForm::Text, depth, out)?;
                write!(out, "{OPEN}{}/{}{CLOSE}", part.index, part.prefix).expect("a string takes all");
            }
            Deferred::WithoutPrefix(part) => {
                self.text(&part.text, ClaimForm::Text, depth, out)?;
                write!(out, "{OPEN}without {}{CLOSE}", part.prefix).expect("a string takes all");
            }
            Deferred::Entries(_) => return None,
        }
        Some(())
    }

    /// The block that is claimed. Of one that is not known, the reference becomes part of the key.
    /// Parts of one block that is not known overlap as they would in any block.
    fn block(&self, value: &'a Value, key: &mut String) -> Option<Option<IpNet>> {
        match value {
            Value::String(text) => Some(Some(text.parse::<IpNet>().ok()?.trunc())),
            Value::Deferred(Deferred::Subnet(part)) => {
                let SubnetOf { block, prefix, index } = &**part;
                if let Some(known) = part.evaluate() {
                    return Some(Some(known.parse().ok()?));
                }
                key.push('\n');
                self.text(block, ClaimForm::Text, DEPTH, key)?;
                let start = u128::from(*index).checked_shl(128u32.checked_sub(u32::from(*prefix))?).unwrap_or_default();
                Some(Some(Ipv6Net::new(start.into(), *prefix).ok()?.into()))
            }
            other => {
                key.push('\n');
                self.text(other, ClaimForm::Cidr, DEPTH, key)?;
                // Nothing is known of how it lies to parts of the same block, whose keys end here.
                key.push('\n');
                Some(None)
            }
        }
    }

    /// Returns the protocol and ports of a security group rule, which are sibling properties.
    fn ports(&self, protocol: &'a Value, element: Option<&'a Value>, out: &mut String) -> Option<()> {
        let beside = |name: &str| match element {
            Some(element) => element.get(name),
            None => self.properties.get(name),
        };
        let start = out.len();
        self.text(protocol, ClaimForm::Text, DEPTH, out)?;
        let known = !out[start..].contains(OPEN);
        let name = out.split_off(start);
        let name = if known { Spelling::Protocol.normal(&name) } else { Cow::Borrowed(&*name) };
        out.push_str(&name);
        // EC2 ignores the ports of any other protocol.
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
        if ["tcp", "udp", "icmp", "icmpv6"].contains(&&*name) {
            for bound in ["FromPort", "ToPort"] {
                out.push(' ');
                match beside(bound) {
                    Some(value) => self.text(value, ClaimForm::Text, DEPTH, out)?,
                    None => out.push_str("-1"),
                }
            }
        }
        Some(())
    }

    /// The load balancer of a listener: part of its ARN, or what the program says of it.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
    fn balancer(&self, listener: &'a Value, out: &mut String) -> Option<()> {
        match listener {
            Value::String(arn) => {
                let (start, rest) = arn.split_once(":listener/")?;
                let (balancer, _) = rest.rsplit_once('/')?;
                out.extend([start, ":loadbalancer/", balancer]);
                Some(())
            }
            Value::Deferred(Deferred::Ref(reference)) => {
                let balancer = (self.property)(reference, "LoadBalancerArn")?;
                self.text(balancer, ClaimForm::Text, DEPTH, out)
            }
            _ => None,
        }
    }
}

/// The maximum number of references to follow from one property to another.
const DEPTH: usize = 4;

fn refer(reference: &Reference, form: ClaimForm, out: &mut String) {
    let attribute = match form {
        ClaimForm::Group if reference.attribute == "Id" => "GroupId",
        _ => &reference.attribute,
    };
    out.push(OPEN);
    out.extend([reference.path.as_str(), "#", attribute]);
    out.push(CLOSE);
}

/// A known value as AWS compares it.
fn normal(text: &str, form: ClaimForm) -> Cow<'_, str> {
    match form {
        ClaimForm::Lower | ClaimForm::Group => Spelling::LowerCase.normal(text),
        ClaimForm::Dns => Cow::Owned(Spelling::DomainName.normal(text).into_owned() + "."),
        ClaimForm::Cidr => Spelling::Block.normal(text),
        ClaimForm::Name => {
            Cow::Borrowed(if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(text) } else { text })
        }
        ClaimForm::Zone => Cow::Borrowed(text.rsplit('/').next().unwrap_or(text)),
        ClaimForm::Function => {
            let name = text.split_once(":function:").map_or(text, |(_, name)| name);
            Cow::Borrowed(name.split(':').next().unwrap_or(name))
        }
        ClaimForm::Url => {
            Spelling::LowerCase.normal(text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/'))
        }
        ClaimForm::RecordType => Cow::Borrowed(if text == "CNAME" { "CNAME" } else { "a record that is not a CNAME" }),
        ClaimForm::Text | ClaimForm::Ports | ClaimForm::Property | ClaimForm::Balancer => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests;
