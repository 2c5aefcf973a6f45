//! Compares values that can be written in several ways. Plan and drift share this comparison.
//!
//! AWS accepts many values in several spellings and returns them in a spelling of its own. The schema has the facts
//! about that: [`Cursor::list_order`] says which lists are sets, [`Cursor::spelling`] how texts are compared. This
//! module applies them to values.
//!
//! Plan and drift treat a list differently if it is not known whether the list is a set, because an error does
//! different harm. A plan treats another order as a change: it sends what the program says, and shows that first. Drift
//! does not: AWS may return any list in an order of its own, and drift would forever report a difference that no deploy
//! can correct.

mod document;

use std::borrow::Cow;
use std::collections::BTreeMap;

use groundplan_core::Value;
use groundplan_schema::{Cursor, Engine, Kind, ListOrder, NAMING, Replacement, ResourceType, Spelling, lookup};

use crate::provider::Properties;

/// The values that an applied value is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// The values of the program.
    Desired,
    /// The answer of an API: it may add values that were not declared, and omit empty ones.
    Live,
}

/// The comparison of the values of one resource.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    against: Against,
    /// The applied properties, some of which say how others are compared: the type of a DNS record, the engine of a
    /// database.
    applied: &'a BTreeMap<String, Value>,
}

/// The fate of an element of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// The element at the first position means the same as the one at the second.
    Same(usize, usize),
    /// The element at the first position has become the one at the second.
    Changed(usize, usize),
    /// The one at this position was removed.
    Removed(usize),
    /// The one at this position is new.
    Added(usize),
}

impl<'a> Form<'a> {
    /// The comparison of a resource with these applied properties.
    pub(crate) fn new(against: Against, applied: &'a BTreeMap<String, Value>) -> Self {
        Self { against, applied }
    }

    /// Returns whether both values mean the same, either of which may be absent.
    ///
    /// What is absent is what AWS takes by itself, so that taking away a property with that value
    /// changes nothing. The opposite is a change, since a default may be another one in some account or
    /// region; but none for which a resource would have to be replaced.
    pub(crate) fn agree(&self, cursor: Option<&Cursor<'_>>, applied: Option<&Value>, other: Option<&Value>) -> bool {
        if applied.is_some_and(|applied| self.is_hidden(cursor, applied)) {
            return true;
        }
        let other = other.filter(|other| self.against == Against::Desired || **other != Value::Null);
        let is_default = |value: &Value| {
            let default = cursor.and_then(Cursor::property).and_then(|property| property.default.clone());
            default.is_some_and(|default| self.same(cursor, value, &Value::from(default)))
        };
        match (applied, other) {
            (None, None) => true,
            (Some(applied), Some(other)) => self.same(cursor, applied, other),
            (Some(applied), None) => {
                let says_nothing = match self.against {
                    Against::Live => is_empty(applied),
                    Against::Desired => is_tags(cursor) && is_empty(applied),
                };
                says_nothing || is_default(applied)
            }
            (None, Some(other)) => {
                let replaces = cursor.is_some_and(|cursor| cursor.replacement() == Replacement::Always);
                is_tags(cursor) && is_empty(other) || replaces && is_default(other)
            }
        }
    }

    /// Returns whether both values mean the same.
    pub(crate) fn same(&self, cursor: Option<&Cursor<'_>>, applied: &Value, other: &Value) -> bool {
        if applied == other || self.is_hidden(cursor, applied) {
            return true;
        }
        if is_document(cursor) {
            let family = cursor.filter(|cursor| cursor.is_parameters()).and(self.told("Family"));
            return document::same(applied, other, self.against, family);
        }
        if self.is_upgraded(cursor, applied, other) {
            return true;
        }
        match (applied, other) {
            (Value::Map(before), Value::Map(after)) => {
                let (before, after) = (rule(cursor, before), rule(cursor, after));
                let inside = |key: &str| cursor.map(|cursor| cursor.key(key));
                let stays =
                    |(key, value): (&String, &Value)| self.agree(inside(key).as_ref(), Some(value), after.get(key));
                let added = |(key, value): (&String, &Value)| self.agree(inside(key).as_ref(), None, Some(value));
                let mut new = after.iter().filter(|(key, _)| !before.contains_key(*key));
                before.iter().all(stays) && (self.against == Against::Live || new.all(added))
            }
            (Value::List(before), Value::List(after)) => {
                let inside = cursor.map(Cursor::item);
                let same = |a: &Value, b: &Value| self.same(inside.as_ref(), a, b);
                before.len() == after.len()
                    && if self.is_set(cursor) {
                        self.members(inside.as_ref(), before, after).iter().all(|it| matches!(it, Member::Same(..)))
                    } else {
                        before.iter().zip(after).all(|(a, b)| same(a, b))
                    }
            }
            _ => match (self.text(cursor, applied), self.text(cursor, other)) {
                (Some(applied), Some(other)) => applied == other,
                _ => false,
            },
        }
    }

    /// Returns the text of another property of the resource.
    fn told(&self, name: &str) -> Option<&'a str> {
        self.applied.get(name).and_then(Value::as_str)
    }

    /// Returns whether the version that runs is the declared one, or what the service has made of it.
    fn is_upgraded(&self, cursor: Option<&Cursor<'_>>, declared: &Value, live: &Value) -> bool {
        let engine = cursor.and_then(Cursor::engine).filter(|_| self.against == Against::Live);
        let (Some(engine), Some(declared), Some(live)) = (engine, plain_text(declared), plain_text(live)) else {
            return false;
        };
        let upgraded = self.applied.get("AutoMinorVersionUpgrade").and_then(Value::as_bool) != Some(false);
        let engine = self.told("Engine").or(self.told("EngineType")).map_or(engine, Engine::new);
        engine.upgraded(upgraded).is_declared(&declared, &live)
    }

    /// Returns whether an API never returns this value.
    fn is_hidden(&self, cursor: Option<&Cursor<'_>>, applied: &Value) -> bool {
        let hidden = |cursor: &Cursor<'_>| cursor.is_write_only() || cursor.is_sensitive();
        self.against == Against::Live && (matches!(applied, Value::Secret(_)) || cursor.is_some_and(hidden))
    }

    /// Returns whether the list at a place is compared as a set.
    pub(crate) fn is_set(&self, cursor: Option<&Cursor<'_>>) -> bool {
        match cursor.map_or(ListOrder::Unknown, Cursor::list_order) {
            ListOrder::Set => true,
            ListOrder::Sequence => false,
            ListOrder::Unknown => self.against == Against::Live,
        }
    }

    /// Returns the fate of each element of a set: `inside` is the place of its elements.
    pub(crate) fn members(&self, inside: Option<&Cursor<'_>>, before: &[Value], after: &[Value]) -> Vec<Member> {
        let mut open: Vec<usize> = (0..before.len()).collect();
        let mut found = Vec::with_capacity(after.len());
        let mut added = Vec::new();
        for (at, new) in after.iter().enumerate() {
            match open.iter().position(|old| self.same(inside, &before[*old], new)) {
                Some(partner) => found.push(Member::Same(open.remove(partner), at)),
                None => added.push(at),
            }
        }
        added.retain(|at| {
            let named = name(&after[*at]);
            let partner = open.iter().position(|old| named.is_some() && name(&before[*old]) == named);
            found.extend(partner.map(|partner| Member::Changed(open.remove(partner), *at)));
            partner.is_none()
        });
        found.extend(open.into_iter().map(Member::Removed));
        found.extend(added.into_iter().map(Member::Added));
        found
    }

    /// Returns the text by which a plain value is compared; `None` for other values.
    fn text<'v>(&self, cursor: Option<&Cursor<'_>>, value: &'v Value) -> Option<Cow<'v, str>> {
        match value {
            Value::String(text) if is_number(cursor) => Some(
                text.parse().map_or(Cow::Borrowed(text.as_str()), |number: serde_json::Number| decimal(&number).into()),
            ),
            Value::String(text) => {
                match (cursor, cursor.filter(|cursor| cursor.is_record_value()).and(self.told("Type"))) {
                    (_, Some(kind)) => Some(Spelling::record(kind, text)),
                    (Some(cursor), None) => Some(cursor.spelling().normal(text)),
                    (None, None) => Some(Cow::Borrowed(text)),
                }
            }
            plain => plain_text(plain),
        }
    }
}

/// Returns the last applied properties, in the spelling of the program if they mean the same. Then a provider sees only
/// real differences in an update.
pub(crate) fn respelled(
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    desired: &BTreeMap<String, Value>,
    mut existing: Properties,
) -> Properties {
    let schema = lookup(type_name);
    let form = Form::new(Against::Desired, applied);
    for name in applied.keys().chain(desired.keys()) {
        let (before, after) = (applied.get(name), desired.get(name));
        let known = [before, after].into_iter().flatten().all(Value::is_known);
        if before == after || !known || !form.agree(cursor(schema, name).as_ref(), before, after) {
            continue;
        }
        match after {
            Some(after) => {
                existing.insert(name.clone(), after.to_json());
            }
            None => {
                existing.remove(name);
            }
        }
    }
    existing
}

/// Returns whether all properties mean the same.
pub(crate) fn all_agree(type_name: &str, applied: &BTreeMap<String, Value>, desired: &BTreeMap<String, Value>) -> bool {
    let schema = lookup(type_name);
    let form = Form::new(Against::Desired, applied);
    let mut names = applied.keys().chain(desired.keys());
    names.all(|name| form.agree(cursor(schema, name).as_ref(), applied.get(name), desired.get(name)))
}

/// Returns whether the response of an API matches the declaration, however it is written: a policy with its statements
/// in another order, an account instead of its root. Properties that are not declared, and properties that are never
/// returned, do not count.
pub fn is_as_declared(type_name: &str, declared: &Properties, live: &Properties) -> bool {
    let values = |properties: &Properties| -> BTreeMap<String, Value> {
        properties.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect()
    };
    let (declared, live) = (values(declared), values(live));
    let schema = lookup(type_name);
    let form = Form::new(Against::Live, &declared);
    declared.iter().all(|(name, value)| form.agree(cursor(schema, name).as_ref(), Some(value), live.get(name)))
}

/// The place of a property.
pub(crate) fn cursor(schema: Option<&'static ResourceType>, name: &str) -> Option<Cursor<'static>> {
    schema.map(|schema| schema.cursor().key(name))
}

/// Returns the name that distinguishes an element of a set from the others.
pub(crate) fn name(element: &Value) -> Option<(&'static str, &str)> {
    let element = element.as_map()?;
    NAMING.iter().find_map(|name| Some((*name, element.get(*name)?.as_str()?)))
}

/// Returns whether AWS has no schema for the value: policy documents above all.
pub(crate) fn is_document(cursor: Option<&Cursor<'_>>) -> bool {
    cursor.and_then(Cursor::kind).is_some_and(|kind| match kind {
        Kind::Json => true,
        // AWS also takes a document as text.
        Kind::Union(kinds) => {
            kinds.contains(&Kind::Json) && kinds.iter().all(|kind| matches!(kind, Kind::Json | Kind::String))
        }
        _ => false,
    })
}

/// Returns whether this is the place of the resource's tags.
pub(crate) fn is_tags(cursor: Option<&Cursor<'_>>) -> bool {
    cursor.is_some_and(|cursor| {
        let tags = cursor.resource().tags.as_ref().map(|tags| tags.property);
        matches!(cursor.names(), [only] if tags == Some(*only))
    })
}

/// Returns whether an API may omit this value.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn is_number(cursor: Option<&Cursor<'_>>) -> bool {
    fn number(kind: &Kind) -> bool {
        match kind {
            Kind::Integer | Kind::Number => true,
            Kind::List(kind) | Kind::Map(kind) => number(kind),
            Kind::Union(kinds) => kinds.iter().any(number),
            _ => false,
        }
    }
    cursor.and_then(Cursor::kind).is_some_and(number)
}

/// Numbers and truth values as text: APIs answer with either. A text stays as it is: `00123` is no
/// number.
fn plain_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(decimal(number).into()),
        Value::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
        _ => None,
    }
}

/// A number as text, without a fraction where it has none.
fn decimal(number: &serde_json::Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (None, Some(float)) => float.to_string(),
        _ => number.to_string(),
    }
}

/// A rule of a security group in EC2's form: all protocols have no ports, and no ports may be written
/// as `-1`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn rule<'v>(cursor: Option<&Cursor<'_>>, entries: &'v BTreeMap<String, Value>) -> Cow<'v, BTreeMap<String, Value>> {
    let of_group = cursor.is_some_and(Cursor::is_in_security_group);
    let Some(protocol) = entries.get("IpProtocol").filter(|_| of_group).and_then(plain_text) else {
        return Cow::Borrowed(entries);
    };
    let ports = ["FromPort", "ToPort"];
    let unset = |name: &&str| entries.get(*name).is_none_or(|port| port.as_i64() == Some(-1));
    let without = Spelling::Protocol.normal(&protocol) == "-1" || ports.iter().all(unset);
    if !without {
        return Cow::Borrowed(entries);
    }
    Cow::Owned(
        entries
            .iter()
            .filter(|(name, _)| !ports.contains(&name.as_str()))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect(),
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
