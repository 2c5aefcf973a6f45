//! Comparing properties as applied with properties as desired.

use std::collections::BTreeMap;

use groundplan_core::Value;
use groundplan_core::secret::SecretSource;
use groundplan_schema::{Cursor, Replacement, ResourceType};

use super::{PropertyChange, Rendered};
use crate::model::ResourceState;
use crate::secret::{self, Digests};
use crate::stages::normal::{self, Against, Form, Member};

/// Every difference between what was applied and `desired`, whose references are resolved as far
/// as they are known. What means the same is no difference, however it is written.
pub(crate) fn compare(
    schema: Option<&'static ResourceType>,
    prior: &ResourceState,
    desired: &BTreeMap<String, Value>,
    digests: &Digests,
) -> Vec<PropertyChange> {
    let comparison = Comparison { form: Form::new(Against::Desired, &prior.properties), prior, digests };
    let mut changes = Vec::new();
    for name in prior.properties.keys().chain(desired.keys().filter(|name| !prior.properties.contains_key(*name))) {
        let place = Place { path: name.clone(), cursor: normal::cursor(schema, name) };
        comparison.value(&place, prior.properties.get(name), desired.get(name), &mut changes);
    }
    if !changes.is_empty() {
        for (name, to) in desired {
            let from = prior.properties.get(name);
            let within = |change: &PropertyChange| change.property.split('.').next() == Some(name);
            if from != Some(to) || changes.iter().any(within) {
                let place = Place { path: name.clone(), cursor: normal::cursor(schema, name) };
                generated(&place, from, to, &mut changes);
            }
        }
    }
    changes.sort_by(|a, b| a.property.cmp(&b.property));
    changes
}

struct Comparison<'a> {
    form: Form<'a>,
    prior: &'a ResourceState,
    digests: &'a Digests,
}

struct Place<'a> {
    path: String,
    cursor: Option<Cursor<'a>>,
}

impl Place<'_> {
    fn key(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), cursor: self.cursor.as_ref().map(|cursor| cursor.key(name)) }
    }

    fn item(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), cursor: self.cursor.as_ref().map(Cursor::item) }
    }
}

impl Comparison<'_> {
    fn value(&self, place: &Place<'_>, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<PropertyChange>) {
        let cursor = place.cursor.as_ref();
        match (from, to) {
            (Some(Value::Secret(_)), Some(Value::Secret(source))) if from == to => {
                let before = self.prior.secrets.get(&place.path);
                let now = self.digests.get(&secret::source_key(source, &self.prior.environment));
                if before.is_some() && now.is_some() && before != now {
                    changes.push(change(place, from, to));
                }
            }
            _ if !has_secret(from) && !has_secret(to) && self.form.agree(cursor, from, to) => {}
            (Some(Value::Map(before)), Some(Value::Map(after))) => {
                for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
                    self.value(&place.key(key), before.get(key), after.get(key), changes);
                }
            }
            (Some(Value::List(before)), Some(Value::List(after))) => self.lists(place, before, after, changes),
            _ => changes.push(change(place, from, to)),
        }
    }

    /// Compares lists: tags by their keys, the elements of a set by their content, and others by their position.
    fn lists(&self, place: &Place<'_>, before: &[Value], after: &[Value], changes: &mut Vec<PropertyChange>) {
        let secret = || before.iter().chain(after).any(|item| has_secret(Some(item)));
        if let (Some(from), Some(to)) = (by_key(before), by_key(after)) {
            for key in from.keys().chain(to.keys().filter(|key| !from.contains_key(*key))) {
                self.value(&place.item(key), from.get(key).copied(), to.get(key).copied(), changes);
            }
        } else if self.form.is_set(place.cursor.as_ref()) && !secret() {
            self.sets(place, before, after, changes);
        } else if before.len() == after.len() {
            for (at, (from, to)) in before.iter().zip(after).enumerate() {
                self.value(&place.item(&at.to_string()), Some(from), Some(to), changes);
            }
        } else {
            changes.push(change(place, Some(&Value::List(before.to_vec())), Some(&Value::List(after.to_vec()))));
        }
    }

    /// Compares two sets. Of elements that have a name, and of one that replaces another, only the differences within
    /// them are reported.
    fn sets(&self, place: &Place<'_>, before: &[Value], after: &[Value], changes: &mut Vec<PropertyChange>) {
        let inside = place.item("");
        let mut members = self.form.members(inside.cursor.as_ref(), before, after);
        members.retain(|member| !matches!(member, Member::Same(..)));
        if let [Member::Removed(from), Member::Added(to)] = members[..]
            && let (Value::Map(_), Value::Map(_)) = (&before[from], &after[to])
        {
            members = vec![Member::Changed(from, to)];
        }
        let member = Place { path: place.path.clone(), cursor: inside.cursor };
        for found in members {
            match found {
                Member::Same(..) => {}
                Member::Changed(from, to) => {
                    self.value(&place.item(&to.to_string()), Some(&before[from]), Some(&after[to]), changes);
                }
                Member::Removed(from) => changes.push(change(&member, Some(&before[from]), None)),
                Member::Added(to) => changes.push(change(&member, None, Some(&after[to]))),
            }
        }
    }
}

fn has_secret(value: Option<&Value>) -> bool {
    let mut found = false;
    if let Some(value) = value {
        value.walk(&mut |value| found |= matches!(value, Value::Secret(_)));
    }
    found
}

/// Reports the generated secrets of a property that is sent again as a whole, whose values are lost: each gets a new
/// value.
fn generated(place: &Place<'_>, from: Option<&Value>, to: &Value, changes: &mut Vec<PropertyChange>) {
    match (from, to) {
        (Some(Value::Secret(_)), Value::Secret(source))
            if matches!(source.origin(), SecretSource::Generated(_))
                && changes.iter().all(|change| change.property != place.path) =>
        {
            changes.push(change(place, from, Some(to)));
        }
        (Some(Value::Map(before)), Value::Map(after)) => {
            after.iter().for_each(|(key, to)| generated(&place.key(key), before.get(key), to, changes));
        }
        (Some(Value::List(before)), Value::List(after)) => {
            let items = after.iter().enumerate();
            items.for_each(|(at, to)| generated(&place.item(&at.to_string()), before.get(at), to, changes));
        }
        _ => {}
    }
}

/// Returns the values of tags by key; `None` if the elements are no tags.
fn by_key(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let pair = |item: &'_ Value| item.as_map().is_some_and(|map| map.len() == 2);
    let entries: Option<BTreeMap<_, _>> = items
        .iter()
        .map(|item| Some((item.get("Key").filter(|_| pair(item))?.as_str()?, item.get("Value")?)))
        .collect();
    entries.filter(|entries| entries.len() == items.len())
}

fn change(place: &Place<'_>, from: Option<&Value>, to: Option<&Value>) -> PropertyChange {
    let sensitive = place.cursor.as_ref().is_some_and(Cursor::is_sensitive);
    let render = |value: Option<&Value>| match value {
        None => Rendered::Absent,
        Some(value) => match Rendered::new(value) {
            Rendered::Known(_) if sensitive => Rendered::Sensitive,
            rendered => rendered,
        },
    };
    let because = to.map(Value::references).unwrap_or_default().first().map(|reference| (*reference).clone());
    let replacement = place.cursor.as_ref().map_or(Replacement::Never, |cursor| {
        let inside = |value: Option<&Value>| value.map_or(Replacement::Never, |value| strongest(cursor, value));
        inside(from).max(inside(to))
    });
    PropertyChange { property: place.path.clone(), from: render(from), to: render(to), replacement, because }
}

/// Returns the replacement that the change of a whole value requires, by the properties inside it.
pub(crate) fn strongest(cursor: &Cursor<'_>, value: &Value) -> Replacement {
    let inside = match value {
        Value::List(items) => items.iter().map(|item| strongest(&cursor.item(), item)).max(),
        Value::Map(entries) => entries.iter().map(|(key, value)| strongest(&cursor.key(key), value)).max(),
        _ => None,
    };
    cursor.replacement().max(inside.unwrap_or(Replacement::Never))
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
