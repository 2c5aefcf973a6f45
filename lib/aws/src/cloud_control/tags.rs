//! The three forms in which types hold tags.

use std::collections::BTreeSet;

use groundplan_engine::provider::{Owner, Properties};
use groundplan_schema::{Kind, ResourceType, TagForm};
use serde_json::{Value as Json, json};

use crate::handler::Context;
use crate::tags::{TOKEN, Tags, is_hidden};

/// Returns the property and the form of a type's tags; `None` if it cannot be tagged, or has another form of tags.
fn place(schema: &ResourceType) -> Option<(&'static str, TagForm)> {
    let tags = schema.tags.as_ref()?;
    let kind = &schema.properties.get(tags.property)?.kind;
    let fits = match tags.form {
        TagForm::Standard | TagForm::Asg => matches!(kind, Kind::List(_)),
        TagForm::Map => matches!(kind, Kind::Map(_) | Kind::Json),
    };
    fits.then_some((tags.property, tags.form))
}

/// The name of the property, where identity tags can be set.
pub(super) fn property(schema: &ResourceType) -> Option<&'static str> {
    place(schema).map(|(property, _)| property)
}

/// Returns whether AWS returns the tags.
pub(super) fn are_readable(schema: &ResourceType) -> bool {
    property(schema).is_some_and(|name| !schema.cursor().key(name).is_write_only())
}

/// The declared tags with those that identify the creation.
pub(super) fn with_identity(schema: &ResourceType, cx: &Context, declared: Option<&Json>) -> Option<Json> {
    let identity = Tags::default().with_identity(&cx.address, &cx.token);
    Some(joined(place(schema)?.1, declared, identity))
}

/// The declared tags with those that the resource carries and that the program never declared: its
/// identity, AWS's own, and others'. Every update sends the whole collection, and what is missing
/// from it is removed: of tags that begin with `aws:` AWS refuses that.
pub(super) fn merged(
    schema: &ResourceType,
    live: &Properties,
    last: Option<&Json>,
    declared: Option<&Json>,
) -> Option<Json> {
    let (name, form) = place(schema)?;
    let own: BTreeSet<String> = pairs(last).into_iter().chain(pairs(declared)).map(|(key, _)| key).collect();
    let is_others = |key: &str| !own.contains(key);
    Some(match form {
        TagForm::Map => {
            let others = pairs(live.get(name)).into_iter().filter(|(key, _)| is_others(key));
            joined(form, declared, others)
        }
        // As they are: whether a tag of a group is given to its instances is part of it.
        TagForm::Standard | TagForm::Asg => {
            let items = |tags: Option<&Json>| tags.and_then(Json::as_array).cloned().unwrap_or_default();
            let others = items(live.get(name)).into_iter();
            let others = others.filter(|tag| tag.get("Key").and_then(Json::as_str).is_none_or(is_others));
            Json::Array(items(declared).into_iter().chain(others).collect())
        }
    })
}

fn joined(form: TagForm, declared: Option<&Json>, identity: impl IntoIterator<Item = (String, String)>) -> Json {
    if let TagForm::Map = form {
        let mut tags = declared.and_then(Json::as_object).cloned().unwrap_or_default();
        tags.extend(identity.into_iter().map(|(key, value)| (key, Json::String(value))));
        return Json::Object(tags);
    }
    let mut tags = declared.and_then(Json::as_array).cloned().unwrap_or_default();
    tags.extend(identity.into_iter().map(|(key, value)| match form {
        TagForm::Asg => json!({"Key": key, "Value": value, "PropagateAtLaunch": false}),
        _ => json!({"Key": key, "Value": value}),
    }));
    Json::Array(tags)
}

/// Returns whether the create of this token made a resource; `None` if its tags do not show it.
pub(super) fn made_by(schema: &ResourceType, live: &Properties, token: &str) -> Option<bool> {
    let name = property(schema).filter(|_| are_readable(schema))?;
    Some(pairs(live.get(name)).iter().any(|(key, value)| key == TOKEN && value == token))
}

/// Returns whether a resource has tags.
pub(super) fn are_there(schema: &ResourceType, live: &Properties) -> bool {
    property(schema).is_some_and(|name| !pairs(live.get(name)).is_empty())
}

/// Returns the owner of a resource according to its tags.
pub(super) fn owner(schema: &ResourceType, live: &Properties) -> Option<Owner> {
    Tags::read(pairs(live.get(property(schema)?))).owner().cloned()
}

/// Takes away the tags that are not the user's, and the property where no others are left.
pub(super) fn hide_identity(schema: &ResourceType, properties: &mut Properties) {
    let Some(tags) = property(schema).and_then(|name| properties.get_mut(name)) else { return };
    let left = match tags {
        Json::Object(entries) => {
            entries.retain(|key, _| !is_hidden(key));
            entries.len()
        }
        Json::Array(items) => {
            items.retain(|item| !item.get("Key").and_then(Json::as_str).is_some_and(is_hidden));
            items.len()
        }
        _ => return,
    };
    if let (0, Some(name)) = (left, property(schema)) {
        properties.remove(name);
    }
}

/// Tags of any form as keys and values.
fn pairs(tags: Option<&Json>) -> Vec<(String, String)> {
    let text = |json: Option<&Json>| json.and_then(Json::as_str).unwrap_or_default().to_owned();
    match tags {
        Some(Json::Object(entries)) => entries.iter().map(|(key, value)| (key.clone(), text(Some(value)))).collect(),
        Some(Json::Array(items)) => items.iter().map(|item| (text(item.get("Key")), text(item.get("Value")))).collect(),
        _ => Vec::new(),
    }
}
