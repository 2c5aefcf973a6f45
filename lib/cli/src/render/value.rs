//! Values of properties.

use groundplan_core::{Deferred, Value};
use groundplan_schema::Cursor;
use serde_json::Value as Json;

use crate::style::{DIM, INFO, NL, paint, rendered};

/// The width of a value on one line; longer lists and structures take several.
const WIDTH: usize = 72;

/// A value of a program: references by name, secrets by source. Later lines start with `indent`.
pub(crate) fn value(value: &Value, cursor: Option<&Cursor<'_>>, indent: usize) -> String {
    if cursor.is_some_and(Cursor::is_sensitive) && value.is_known() {
        return paint(DIM, "(sensitive)");
    }
    match value {
        Value::Secret(source) => paint(DIM, format!("(secret, {source})")),
        Value::Deferred(Deferred::Entries(entries)) => {
            let entry = |(key, value): &(Value, Value)| {
                format!("{}: {}", self::value(key, None, indent), self::value(value, None, indent + 2))
            };
            block('{', entries.iter().map(entry).collect(), '}', indent)
        }
        Value::Deferred(deferred @ (Deferred::Ref(_) | Deferred::CrossApp(_))) => {
            paint(INFO, deferred.describe(|_| String::new()))
        }
        Value::Deferred(deferred) => deferred.describe(|part| self::value(part, None, indent)),
        Value::List(items) => {
            let item = cursor.map(Cursor::item);
            let items = items.iter().map(|it| self::value(it, item.as_ref(), indent + 2)).collect();
            block('[', items, ']', indent)
        }
        Value::Map(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                let cursor = cursor.map(|cursor| cursor.key(key));
                format!("{key}: {}", self::value(value, cursor.as_ref(), indent + 2))
            };
            block('{', entries.iter().map(entry).collect(), '}', indent)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_json().to_string(),
    }
}

/// A known value.
pub(crate) fn json(json: &Json, indent: usize) -> String {
    match json {
        Json::Array(items) => block('[', items.iter().map(|item| self::json(item, indent + 2)).collect(), ']', indent),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", self::json(value, indent + 2)));
            block('{', entries.collect(), '}', indent)
        }
        scalar => scalar.to_string(),
    }
}

fn block(open: char, parts: Vec<String>, close: char, indent: usize) -> String {
    let width: usize = parts.iter().map(|part| rendered(part, false).len() + 2).sum();
    if width <= WIDTH && parts.iter().all(|part| !part.contains(&*NL)) {
        return format!("{open}{}{close}", parts.join(", "));
    }
    let inner = " ".repeat(indent + 2);
    let lines: String = parts.iter().map(|part| format!("{inner}{part}{NL}")).collect();
    format!("{open}{NL}{lines}{}{close}", " ".repeat(indent))
}
