//! Changes made outside of the program.

use groundplan_engine::provider::Properties;
use groundplan_schema::{ResourceType, collections, is_same_member};
use serde_json::{Map, Value as Json};

/// Leaves in `after` the tags and the members of open collections that `live` has beside what the request says, be
/// it as the resource was (`before`) or as it is to be. Calls of native handlers that change such a property add and
/// remove single members, as `CreateTags` and `AttachRolePolicy` do, and touch no other. An update through Cloud Control
/// sets the whole property, and the AWS provider says again in it what the resource has beside the declaration.
pub(crate) fn keep(resource: &ResourceType, live: &Properties, before: &Properties, after: &mut Properties) {
    let tags = resource.tags.as_ref().map(|tags| tags.property);
    for property in tags.into_iter().chain(collections(resource.name).map(|open| open.property)) {
        let Some(live) = live.get(property) else { continue };
        if let Some(whole) = beside(live, before.get(property), after.get(property)) {
            after.insert(property.to_owned(), whole);
        }
    }
}

/// Returns `after` with the members of `live` that neither it nor `before` has; `None` if there are no such members.
fn beside(live: &Json, before: Option<&Json>, after: Option<&Json>) -> Option<Json> {
    let said = [before, after].into_iter().flatten();
    match (live, after) {
        (Json::Array(members), None | Some(Json::Array(_))) => {
            let said: Vec<&Json> = said.filter_map(Json::as_array).flatten().collect();
            let mut others =
                members.iter().filter(|member| !said.iter().any(|it| is_same_member(it, member))).peekable();
            others.peek()?;
            let declared = after.and_then(Json::as_array).into_iter().flatten();
            Some(declared.chain(others).cloned().collect())
        }
        (Json::Object(members), None | Some(Json::Object(_))) => {
            let said: Vec<&Map<String, Json>> = said.filter_map(Json::as_object).collect();
            let mut others = members.iter().filter(|(key, _)| !said.iter().any(|it| it.contains_key(*key))).peekable();
            others.peek()?;
            let declared = after.and_then(Json::as_object).into_iter().flatten();
            Some(Json::Object(declared.chain(others).map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        _ => None,
    }
}
