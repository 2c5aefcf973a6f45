//! The normal form in which applied and live values are compared.

use groundplan_core::Value;
use groundplan_schema::{Cursor, Kind, ResourceType};
use serde_json::Value as Json;

use super::PropertyDrift;

/// Lists whose order means something. All others are compared as sets: AWS gives most of them
/// back in an order of its own.
const ORDERED: [&str; 5] = ["Command", "EntryPoint", "CacheBehaviors", "Actions", "PolicyNames"];

/// Identifiers that AWS keeps in lower case, by type: "stored as a lowercase string" in the API
/// references of RDS (CreateDBInstance, CreateDBSubnetGroup, CreateDBParameterGroup,
/// CreateDBCluster) and ElastiCache (CreateReplicationGroup, CreateCacheParameterGroup,
/// CreateCacheSubnetGroup).
const LOWER_CASE: [(&str, &str); 8] = [
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBInstance", "DBSubnetGroupName"),
    ("AWS::RDS::DBInstance", "DBParameterGroupName"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName"),
];

/// Tags that belong to others than the program.
const FOREIGN_TAGS: [&str; 2] = ["aws:", "groundplan:"];

pub(super) fn tag_property(schema: Option<&ResourceType>) -> Option<&'static str> {
    Some(schema?.tags.as_ref()?.property)
}

/// The live value of a property, in the shape in which it was declared.
pub(super) fn declared(applied: &Value, live: &Json) -> Value {
    match (applied, live) {
        (Value::Map(before), Json::Object(now)) => {
            let known = before.iter().filter_map(|(key, value)| Some((key.clone(), declared(value, now.get(key)?))));
            Value::Map(known.collect())
        }
        (Value::List(_), Json::Array(items)) => {
            let own = items.iter().filter(|item| !is_foreign(item.get("Key").and_then(Json::as_str)));
            Value::List(own.cloned().map(Value::from).collect())
        }
        _ => Value::from(live.clone()),
    }
}

fn is_foreign(key: Option<&str>) -> bool {
    key.is_some_and(|key| FOREIGN_TAGS.iter().any(|prefix| key.starts_with(prefix)))
}

pub(super) struct Comparison<'a> {
    pub(super) type_name: &'a str,
    /// Whether the property holds the tags.
    pub(super) tags: bool,
}

impl Comparison<'_> {
    /// Adds every difference at `place` to `found`.
    pub(super) fn compare(
        &self,
        place: &str,
        cursor: Option<&Cursor<'_>>,
        applied: &Value,
        live: Option<&Json>,
        found: &mut Vec<PropertyDrift>,
    ) {
        if matches!(applied, Value::Secret(_))
            || cursor.is_some_and(|cursor| cursor.is_write_only() || cursor.is_sensitive())
        {
            return;
        }
        let nothing = matches!(live, None | Some(Json::Null));
        if nothing && is_empty(applied) {
            return;
        }
        if let (Value::Map(entries), Some(Json::Object(now)), false) = (applied, live, is_document(cursor)) {
            for (key, value) in entries {
                let inside = cursor.map(|cursor| cursor.key(key));
                self.compare(&format!("{place}.{key}"), inside.as_ref(), value, now.get(key), found);
            }
            if self.tags {
                let foreign = now.iter().filter(|(key, _)| !entries.contains_key(*key) && !is_foreign(Some(key)));
                found.extend(
                    foreign.map(|(key, value)| difference(&format!("{place}.{key}"), &Value::Null, Some(value))),
                );
            }
            return;
        }
        if !self.same(place, cursor, applied, live.unwrap_or(&Json::Null)) {
            found.push(difference(place, applied, live));
        }
    }

    fn same(&self, place: &str, cursor: Option<&Cursor<'_>>, applied: &Value, live: &Json) -> bool {
        if is_document(cursor) {
            return document(&applied.to_json()) == document(live);
        }
        match (applied, live) {
            (Value::List(items), Json::Array(now)) => {
                let now: Vec<&Json> = now
                    .iter()
                    .filter(|item| !(self.tags && is_foreign(item.get("Key").and_then(Json::as_str))))
                    .collect();
                let inside = cursor.map(Cursor::item);
                let same = |a: &Value, b: &Json| self.same_inside(place, inside.as_ref(), a, b);
                let ordered = ORDERED.contains(&place.rsplit('.').next().unwrap_or_default());
                items.len() == now.len()
                    && if ordered { items.iter().zip(now).all(|(a, b)| same(a, b)) } else { as_sets(items, now, same) }
            }
            (Value::String(a), Json::String(b)) => {
                a == b || LOWER_CASE.contains(&(self.type_name, place)) && a.eq_ignore_ascii_case(b)
            }
            _ => scalar(&applied.to_json()) == scalar(live),
        }
    }

    fn same_inside(&self, place: &str, cursor: Option<&Cursor<'_>>, applied: &Value, live: &Json) -> bool {
        if let (Value::Map(_), Json::Object(_)) = (applied, live) {
            let mut found = Vec::new();
            Comparison { tags: false, ..*self }.compare(place, cursor, applied, Some(live), &mut found);
            return found.is_empty();
        }
        self.same(place, cursor, applied, live)
    }
}

fn difference(place: &str, applied: &Value, live: Option<&Json>) -> PropertyDrift {
    PropertyDrift { property: place.to_owned(), applied: applied.to_json(), live: live.cloned().unwrap_or_default() }
}

/// Whether each element has a partner of its own among the others.
fn as_sets(items: &[Value], mut others: Vec<&Json>, same: impl Fn(&Value, &Json) -> bool) -> bool {
    items.iter().all(|item| {
        let partner = others.iter().position(|other| same(item, other));
        partner.map(|at| others.swap_remove(at)).is_some()
    })
}

/// What an API may leave out instead of saying it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Whether AWS has no schema for the value: policy documents above all.
fn is_document(cursor: Option<&Cursor<'_>>) -> bool {
    cursor.and_then(Cursor::kind).is_some_and(|kind| match kind {
        Kind::Json => true,
        // AWS also takes a document as text.
        Kind::Union(kinds) => {
            kinds.contains(&Kind::Json) && kinds.iter().all(|kind| matches!(kind, Kind::Json | Kind::String))
        }
        _ => false,
    })
}

/// A document with lists of one element as that element, other lists in an order of their own,
/// and text that is itself a document as that.
fn document(json: &Json) -> Json {
    match json {
        Json::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_or_else(|_| json.clone(), |inner: Json| document(&inner))
        }
        Json::Array(items) if items.len() == 1 => document(&items[0]),
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(document).collect();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key.clone(), document(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        other => scalar(other),
    }
}

/// Numbers and truth values as text: APIs answer with either.
fn scalar(json: &Json) -> Json {
    match json {
        Json::Number(number) => {
            Json::String(number.as_f64().map_or_else(|| number.to_string(), |float| float.to_string()))
        }
        Json::Bool(truth) => Json::String(truth.to_string()),
        Json::String(text) => {
            text.parse::<f64>().map_or_else(|_| json.clone(), |float| Json::String(float.to_string()))
        }
        other => other.clone(),
    }
}
