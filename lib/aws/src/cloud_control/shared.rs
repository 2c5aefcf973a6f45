//! Collections of a resource that others add to as well: the policies of a group, and what a policy is attached to.
//!
//! An update sets the whole property, so that what it leaves out is taken away. The members that the program never
//! declared are therefore part of it, as the tags of others are ([`tags::merged`](super::tags::merged)).

use groundplan_schema::{ResourceType, collections, is_same_member};
use serde_json::Value as Json;

/// The declared members, with those of others where the property is such a collection.
pub(super) fn merged(
    schema: &ResourceType,
    name: &str,
    live: Option<&Json>,
    last: Option<&Json>,
    declared: Json,
) -> Json {
    let others = beside(schema, name, live, &[last, Some(&declared)]);
    match (declared, others) {
        (Json::Array(declared), Some(others)) => Json::Array(declared.into_iter().chain(others).collect()),
        (declared, _) => declared,
    }
}

/// The members of others, where the program no longer declares the property; none where nothing is left.
pub(super) fn others(schema: &ResourceType, name: &str, live: Option<&Json>, last: Option<&Json>) -> Option<Json> {
    beside(schema, name, live, &[last]).filter(|others| !others.is_empty()).map(Json::Array)
}

/// Returns whether both are such a collection and have the same members.
pub(super) fn are_same(schema: &ResourceType, name: &str, live: Option<&Json>, wanted: &Json) -> bool {
    match (live, wanted) {
        (Some(Json::Array(live)), Json::Array(wanted)) if is_shared(schema, name) => {
            live.len() == wanted.len() && wanted.iter().all(|member| live.contains(member))
        }
        _ => false,
    }
}

/// The members that the resource has and none of these declarations says.
fn beside(schema: &ResourceType, name: &str, live: Option<&Json>, declarations: &[Option<&Json>]) -> Option<Vec<Json>> {
    let live = live.and_then(Json::as_array).filter(|_| is_shared(schema, name))?;
    let said: Vec<&Json> = declarations.iter().flatten().filter_map(|it| it.as_array()).flatten().collect();
    let is_others = |member: &&Json| !said.iter().any(|it| is_same_member(it, member));
    Some(live.iter().filter(is_others).cloned().collect())
}

fn is_shared(schema: &ResourceType, name: &str) -> bool {
    collections(schema.name).any(|collection| collection.property == name)
}
