//! Comparing a resource as it was applied with the same resource as it is.

use std::collections::BTreeMap;

use groundplan_core::Value;
use groundplan_schema::{Collection, Cursor, collections, is_foreign_tag, lookup};
use serde_json::Value as Json;

use super::PropertyDrift;
use crate::provider::Properties;
use crate::stages::normal::{self, Against, Form, Member, is_document, is_tags};

/// The possible source of additions to the collections of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Others,
    Nobody,
}

impl Beside {
    /// The collection that is the property of a type, where others may have added to it.
    fn collection(self, type_name: &str, property: &str) -> Option<&'static Collection> {
        collections(type_name).find(|known| self == Self::Others && known.property == property)
    }
}

/// Every difference, and every member that a collection has beyond what was declared. `is_own` says of
/// such a member whether it is another resource of the program.
pub(super) fn differences(
    beside: Beside,
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    live: &Properties,
    is_own: &dyn Fn(&Collection, &Value) -> bool,
) -> Vec<PropertyDrift> {
    let schema = lookup(type_name);
    let comparison = Comparison { form: Form::new(Against::Live, applied) };
    let mut found = Vec::new();
    for (name, value) in applied {
        let cursor = normal::cursor(schema, name);
        let live = live.get(name).cloned().map(Value::from);
        match (beside.collection(type_name, name), value, &live) {
            (Some(collection), Value::List(members), Some(Value::List(now))) => {
                let inside = cursor.as_ref().map(Cursor::item);
                let from = found.len();
                comparison.members(name, inside.as_ref(), members, now, &mut found);
                found[from..].iter_mut().filter(|drift| drift.applied.is_null()).for_each(|drift| drift.added = true);
                let own = |drift: &PropertyDrift| drift.added && is_own(collection, &drift.live.clone().into());
                found.retain(|drift| !own(drift));
            }
            _ => comparison.compare(name, cursor.as_ref(), value, live.as_ref(), &mut found),
        }
    }
    let tag_property = schema.and_then(|schema| schema.tags.as_ref()).map(|tags| tags.property);
    if let Some(property) = tag_property.filter(|property| !applied.contains_key(*property)) {
        let live = live.get(property).cloned().map(Value::from).unwrap_or_default();
        comparison.tags(property, &BTreeMap::new(), &tags(&live, false).unwrap_or_default(), &mut found);
    }
    for collection in collections(type_name).filter(|known| !applied.contains_key(known.property)) {
        let members = live.get(collection.property).and_then(Json::as_array).into_iter().flatten();
        let members = members.filter(|member| !is_own(collection, &Value::from((*member).clone())));
        found.extend(members.map(|member| PropertyDrift {
            property: collection.property.to_owned(),
            applied: Json::Null,
            live: member.clone(),
            added: true,
        }));
    }
    found
}

/// The applied value as it is now, in the spelling in which it was applied where that means the same.
/// Of what others may add to, only what was applied.
pub(super) fn overlaid(
    beside: Beside,
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    name: &str,
    live: &Json,
) -> Value {
    let cursor = normal::cursor(lookup(type_name), name);
    let shared = is_tags(cursor.as_ref()) || beside.collection(type_name, name).is_some();
    let form = Form::new(Against::Live, applied);
    match (&applied[name], live) {
        (Value::List(before), Json::Array(now)) if !is_document(cursor.as_ref()) && form.is_set(cursor.as_ref()) => {
            let now: Vec<Value> = now.iter().cloned().map(Value::from).collect();
            let inside = cursor.as_ref().map(Cursor::item);
            let mut members = form.members(inside.as_ref(), before, &now);
            members.sort_by_key(|member| match member {
                Member::Same(at, _) | Member::Changed(at, _) => (false, *at),
                Member::Added(at) | Member::Removed(at) => (true, *at),
            });
            let member = |member: &Member| match *member {
                Member::Same(at, _) => Some(before[at].clone()),
                Member::Changed(from, to) => Some(declared(&before[from], &now[to].to_json())),
                Member::Removed(_) => None,
                Member::Added(at) => (!shared).then(|| now[at].clone()),
            };
            Value::List(members.iter().filter_map(member).collect())
        }
        (applied, live) => declared(applied, live),
    }
}

/// The live value of a property, in the shape in which it was declared.
pub(super) fn declared(applied: &Value, live: &Json) -> Value {
    match (applied, live) {
        (Value::Map(before), Json::Object(now)) => {
            let known = before.iter().filter_map(|(key, value)| Some((key.clone(), declared(value, now.get(key)?))));
            Value::Map(known.collect())
        }
        (Value::List(before), Json::Array(items)) => {
            let key = |item: &Json| item.get("Key").and_then(Json::as_str).map(str::to_owned);
            let declares = |key: &str| before.iter().any(|item| item.get("Key").and_then(Value::as_str) == Some(key));
            let foreign = |item: &&Json| key(item).is_some_and(|key| is_foreign_tag(&key) && !declares(&key));
            Value::List(items.iter().filter(|item| !foreign(item)).cloned().map(Value::from).collect())
        }
        _ => Value::from(live.clone()),
    }
}

struct Comparison<'a> {
    form: Form<'a>,
}

impl Comparison<'_> {
    /// Adds every difference at `place` to `found`.
    fn compare(
        &self,
        place: &str,
        cursor: Option<&Cursor<'_>>,
        applied: &Value,
        live: Option<&Value>,
        found: &mut Vec<PropertyDrift>,
    ) {
        let whole =
            applied.as_list().unwrap_or_default().iter().any(|tag| tag.as_map().is_some_and(|tag| tag.len() > 2));
        if is_tags(cursor)
            && let (Some(before), Some(now)) = (tags(applied, whole), tags(live.unwrap_or(&Value::Null), whole))
        {
            return self.tags(place, &before, &now, found);
        }
        if self.form.agree(cursor, Some(applied), live) {
            return;
        }
        match (applied, live) {
            (Value::Map(entries), Some(Value::Map(now))) if !is_document(cursor) => {
                for (key, value) in entries {
                    let inside = cursor.map(|cursor| cursor.key(key));
                    self.compare(&format!("{place}.{key}"), inside.as_ref(), value, now.get(key), found);
                }
            }
            (Value::List(before), Some(Value::List(now))) if !is_document(cursor) && self.form.is_set(cursor) => {
                self.members(place, cursor.map(Cursor::item).as_ref(), before, now, found);
            }
            _ => found.push(difference(place, Some(applied), live)),
        }
    }

    fn members(
        &self,
        place: &str,
        inside: Option<&Cursor<'_>>,
        before: &[Value],
        now: &[Value],
        found: &mut Vec<PropertyDrift>,
    ) {
        for member in self.form.members(inside, before, now) {
            match member {
                Member::Same(..) => {}
                Member::Changed(from, to) => {
                    self.compare(&format!("{place}.{from}"), inside, &before[from], Some(&now[to]), found);
                }
                Member::Removed(at) => found.push(difference(place, Some(&before[at]), None)),
                Member::Added(at) => found.push(difference(place, None, Some(&now[at]))),
            }
        }
    }

    fn tags(
        &self,
        place: &str,
        before: &BTreeMap<&str, &Value>,
        now: &BTreeMap<&str, &Value>,
        found: &mut Vec<PropertyDrift>,
    ) {
        for (key, value) in before {
            let live = now.get(key).copied();
            if !live.is_some_and(|live| self.form.same(None, value, live)) {
                found.push(difference(&format!("{place}.{key}"), Some(value), live));
            }
        }
        let others = now.iter().filter(|(key, _)| !before.contains_key(*key) && !is_foreign_tag(key));
        found.extend(others.map(|(key, value)| PropertyDrift {
            added: true,
            ..difference(&format!("{place}.{key}"), None, Some(value))
        }));
    }
}

/// The values of tags by key, in whichever form, or the `whole` tags where more is declared of them; none
/// where these are no tags.
fn tags(value: &Value, whole: bool) -> Option<BTreeMap<&str, &Value>> {
    match value {
        Value::Null => Some(BTreeMap::new()),
        Value::Map(entries) => Some(entries.iter().map(|(key, value)| (key.as_str(), value)).collect()),
        Value::List(items) => {
            let value = |item| if whole { Some(item) } else { Value::get(item, "Value") };
            items.iter().map(|item| Some((item.get("Key")?.as_str()?, value(item)?))).collect()
        }
        _ => None,
    }
}

fn difference(place: &str, applied: Option<&Value>, live: Option<&Value>) -> PropertyDrift {
    let json = |value: Option<&Value>| value.map(Value::to_json).unwrap_or_default();
    PropertyDrift { property: place.to_owned(), applied: json(applied), live: json(live), added: false }
}
