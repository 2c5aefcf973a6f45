//! Documents that AWS has no schema for.

use std::collections::BTreeMap;

use groundplan_core::Value;

use super::{Against, plain_text};

/// The form in which a document is compared. A text that is a document is that document.
pub(super) fn form(value: &Value, against: Against) -> Value {
    let parsed = parsed(value);
    let value = parsed.as_ref().unwrap_or(value);
    match (statements(value), against) {
        (Some(statements), _) => policy(value, statements),
        (None, Against::Desired) => value.clone(),
        (None, Against::Live) => loose(value),
    }
}

/// The document that a text is.
fn parsed(value: &Value) -> Option<Value> {
    let text = value.as_str().filter(|text| text.trim_start().starts_with('{'))?;
    serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
}

/// Returns the statements of a policy; `None` if the document is no policy.
fn statements(document: &Value) -> Option<&[Value]> {
    let statement = document.get("Statement")?;
    let statements = statement.as_list().unwrap_or(std::slice::from_ref(statement));
    let is_statement = |statement: &Value| statement.get("Effect").is_some();
    (!statements.is_empty() && statements.iter().all(is_statement)).then_some(statements)
}

/// A policy as IAM reads it: the order of statements and of the values of an element means nothing, a
/// single value stands for a list of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
fn policy(document: &Value, statements: &[Value]) -> Value {
    let mut entries = document.as_map().cloned().unwrap_or_default();
    entries.insert("Statement".into(), set(statements.iter().map(statement)));
    Value::Map(entries)
}

fn statement(statement: &Value) -> Value {
    let entries = statement.as_map().into_iter().flatten();
    Value::Map(entries.map(|(element, value)| (element.clone(), part(element, value))).collect())
}

fn part(element: &str, value: &Value) -> Value {
    match (element, value) {
        // "The prefix and the action name are case insensitive."
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
        ("Action" | "NotAction", _) => values(value, |text| text.to_ascii_lowercase()),
        ("Resource" | "NotResource", _) => values(value, str::to_owned),
        ("Principal" | "NotPrincipal", Value::Map(kinds)) => {
            let principals = |(kind, value): (&String, &Value)| {
                (kind.clone(), values(value, |text| if kind == "AWS" { account(text) } else { text.to_owned() }))
            };
            Value::Map(kinds.iter().map(principals).collect())
        }
        ("Condition", Value::Map(operators)) => {
            let keys = |keys: &BTreeMap<String, Value>| {
                keys.iter().map(|(key, value)| (key.clone(), values(value, str::to_owned))).collect()
            };
            let operator = |(operator, value): (&String, &Value)| {
                (operator.clone(), value.as_map().map_or_else(|| value.clone(), |entries| Value::Map(keys(entries))))
            };
            Value::Map(operators.iter().map(operator).collect())
        }
        _ => value.clone(),
    }
}

/// "The account ARN and the shortened account ID behave the same way", in any partition: a policy
/// names principals of its own partition only.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn account(principal: &str) -> String {
    let id = match principal.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "iam", "", id, "root"] => id,
        _ => principal,
    };
    id.to_owned()
}

/// One value or several, as a set of texts. Numbers and truth values are texts to IAM, and texts are
/// never numbers.
fn values(value: &Value, spelling: impl Fn(&str) -> String) -> Value {
    let items = value.as_list().unwrap_or(std::slice::from_ref(value));
    set(items.iter().map(|item| plain_text(item).map_or_else(|| item.clone(), |text| Value::String(spelling(&text)))))
}

/// A list in an order of its own, and each value once.
fn set(items: impl Iterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.collect();
    items.sort_by_cached_key(|item| item.to_json().to_string());
    items.dedup();
    Value::List(items)
}

/// Another document as an API may give it back: lists of one element as that element, other lists in
/// an order of their own, numbers and truth values as text.
fn loose(value: &Value) -> Value {
    match value {
        Value::String(text) => parsed(value).map_or_else(|| text.as_str().into(), |document| loose(&document)),
        Value::List(items) if items.len() == 1 => loose(&items[0]),
        Value::List(items) => {
            let mut items: Vec<Value> = items.iter().map(loose).collect();
            items.sort_by_cached_key(|item| item.to_json().to_string());
            Value::List(items)
        }
        Value::Map(entries) => Value::Map(entries.iter().map(|(key, value)| (key.clone(), loose(value))).collect()),
        other => plain_text(other).map_or_else(|| other.clone(), |text| Value::String(text.into_owned())),
    }
}
