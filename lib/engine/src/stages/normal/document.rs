//! Documents that AWS has no schema for.

use std::collections::BTreeMap;

use groundplan_core::Value;
use groundplan_schema::Spelling;

use super::{Against, plain_text};

/// Returns whether two documents mean the same. `family` is that of a parameter group, whose parameters they are.
pub(super) fn same(applied: &Value, other: &Value, against: Against, family: Option<&str>) -> bool {
    let (applied, other) = (form(applied, against), form(other, against));
    if applied == other {
        return true;
    }
    against == Against::Live
        && match family {
            Some(family) => parameters(&applied, family) == parameters(&other, family),
            None => same_but_for_users(&applied, &other),
        }
}

/// The parameters of a group as RDS gives them back: names in lower case, and switches as numbers.
fn parameters(document: &Value, family: &str) -> Option<BTreeMap<String, Value>> {
    let parameter = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.clone(), |text| (&*Spelling::parameter(family, text)).into());
        (name.to_ascii_lowercase(), value)
    };
    document.as_map().map(|parameters| parameters.iter().map(parameter).collect())
}

/// Returns whether two policies are equal but for the principals that S3 writes in another way. "When you use a canonical
/// user ID in a policy, Amazon S3 might change the canonical ID to the corresponding AWS account ID", and of an origin
/// access identity it gives the ARN back. Which of them stands for which S3 alone knows.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html>
fn same_but_for_users(applied: &Value, other: &Value) -> bool {
    let (Some(one), Some(two)) = (applied.as_map(), other.as_map()) else { return false };
    let (Some(before), Some(after)) = (statements(applied), statements(other)) else { return false };
    let rest = |entries: &BTreeMap<String, Value>| {
        entries.iter().filter(|(name, _)| *name != "Statement").map(|(a, b)| (a.clone(), b.clone())).collect::<Vec<_>>()
    };
    let mut open: Vec<&Value> = after.iter().collect();
    // What is the same in both is no partner of anything else.
    let (equal, changed): (Vec<&Value>, Vec<&Value>) = before.iter().partition(|statement| after.contains(statement));
    open.retain(|statement| !equal.contains(statement));
    let has_partner = |statement: &&Value| {
        let partner = open.iter().position(|other| is_same_statement(statement, other));
        partner.map(|at| open.remove(at)).is_some()
    };
    rest(one) == rest(two) && before.len() == after.len() && changed.iter().all(has_partner)
}

fn is_same_statement(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_map(), other.as_map()) else { return false };
    one.len() == other.len()
        && one.iter().all(|(element, value)| {
            other.get(element).is_some_and(|other| {
                value == other || element.ends_with("Principal") && are_same_principals(value, other)
            })
        })
}

/// Returns whether the principals that only one of both has may be the same: for each canonical user, an account or user of the
/// other, but never everyone.
fn are_same_principals(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_map(), other.as_map()) else { return false };
    let of = |kinds: &BTreeMap<String, Value>, kind: &str| -> Vec<Value> {
        kinds.get(kind).and_then(Value::as_list).unwrap_or_default().to_vec()
    };
    let only = |kind: &str, has: &BTreeMap<String, Value>, lacks: &BTreeMap<String, Value>| {
        let lacks = of(lacks, kind);
        of(has, kind).into_iter().filter(|value| !lacks.contains(value)).collect::<Vec<_>>()
    };
    let pairs = |one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| {
        let (users, accounts) = (only("CanonicalUser", one, other), only("AWS", other, one));
        users.len() == accounts.len() && accounts.iter().all(|account| account.as_str() != Some("*"))
    };
    let others = |kinds: &BTreeMap<String, Value>| {
        let others = kinds.iter().filter(|(kind, _)| !["AWS", "CanonicalUser"].contains(&kind.as_str()));
        others.map(|(a, b)| (a.clone(), b.clone())).collect::<Vec<_>>()
    };
    others(one) == others(other) && pairs(one, other) && pairs(other, one)
}

/// The form in which a document is compared. A text that is a document is that document.
fn form(value: &Value, against: Against) -> Value {
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
