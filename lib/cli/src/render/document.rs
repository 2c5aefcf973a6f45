//! Changes and values for other programs. `plan`, `deploy`, `import` and `drift` use the same names for the same
//! things: a resource has `path` and `type`, and what is one of several cases is an object with its `kind`.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_engine::diff::{
    Action, Change, DeposedChange, ImportChange, LookupChange, OutputChange, ProposedMove, Rendered,
};
use serde_json::{Value as Json, json};

/// The change of a resource.
pub(crate) fn change(change: &Change) -> Json {
    let mut document = typed(json!(change));
    if let Action::Replace(order) = change.action {
        document["action"] = "replace".into();
        document["order"] = json!(order);
    }
    document["reasons"] = change.reasons.iter().map(|reason| tagged(json!(reason), "path")).collect();
    for (shown, property) in document["properties"].as_array_mut().into_iter().flatten().zip(&change.properties) {
        shown["from"] = value(&property.from);
        shown["to"] = value(&property.to);
    }
    document
}

/// Returns a deposed resource that this run deletes.
pub(crate) fn deposed(old: &DeposedChange) -> Json {
    typed(json!(old))
}

/// Returns a removed and an added resource that appear to be the same.
pub(crate) fn proposed_move(found: &ProposedMove) -> Json {
    typed(json!(found))
}

/// The outputs that change, by name.
pub(crate) fn outputs(changes: &BTreeMap<String, OutputChange>) -> Json {
    let shown = |change: &OutputChange| match change {
        OutputChange::Set { from, to } => json!({"kind": "set", "from": known(from.as_ref()), "to": value(to)}),
        OutputChange::Removed => json!({"kind": "removed"}),
    };
    changes.iter().map(|(name, change)| (name.clone(), shown(change))).collect()
}

/// The values of other apps that change, by name.
pub(crate) fn imports(changes: &BTreeMap<String, ImportChange>) -> Json {
    let shown = |change: &ImportChange| json!({"from": known(change.from.as_ref()), "to": known(change.to.as_ref())});
    changes.iter().map(|(name, change)| (name.clone(), shown(change))).collect()
}

/// The answers of lookups that change, by path.
pub(crate) fn lookups(changes: &BTreeMap<Path, LookupChange>) -> Json {
    let shown = |change: &LookupChange| json!({"from": value(&change.from), "to": value(&change.to)});
    changes.iter().map(|(path, change)| (path.to_string(), shown(change))).collect()
}

/// `{"kind": "known", "value": 80}`, `{"kind": "unknown"}`.
pub(crate) fn value(rendered: &Rendered) -> Json {
    tagged(json!(rendered), "value")
}

fn known(value: Option<&Json>) -> Json {
    self::value(&value.cloned().map_or(Rendered::Absent, Rendered::Known))
}

/// The document with `type`, as everywhere, in the place of `type_name`.
fn typed(mut document: Json) -> Json {
    if let Json::Object(fields) = &mut document
        && let Some(type_name) = fields.remove("type_name")
    {
        fields.insert("type".to_owned(), type_name);
    }
    document
}

/// One of several cases, which serde names by a text or by the only key of an object. `content` is the name of what a
/// case without named fields contains.
fn tagged(case: Json, content: &str) -> Json {
    match case {
        Json::Object(fields) => fields.into_iter().next().map_or(Json::Null, |(kind, inner)| match inner {
            Json::Object(mut inner) if content != "value" => {
                inner.insert("kind".to_owned(), kind.into());
                Json::Object(inner)
            }
            inner => json!({"kind": kind, content: inner}),
        }),
        kind => json!({"kind": kind}),
    }
}

#[cfg(test)]
mod tests {
    use groundplan_engine::diff::{Order, PropertyChange, Reason};
    use groundplan_schema::Replacement;

    use super::*;

    #[test]
    fn each_case_is_an_object_with_its_kind() {
        let property = PropertyChange {
            property: "Tags".into(),
            from: Rendered::Known(json!({"a": 1})),
            to: Rendered::Unknown,
            replacement: Replacement::Always,
            because: None,
        };
        let change = Change {
            path: "a/b".into(),
            type_name: "AWS::S3::Bucket".into(),
            action: Action::Replace(Order::CreateFirst),
            reasons: vec![Reason::New, Reason::Forces { property: "Tags".into() }, Reason::PartOf("a/c".into())],
            properties: vec![property],
            moved_from: None,
            data_loss: false,
            protected: false,
        };
        let shown = super::change(&change);
        assert_eq!(
            shown["reasons"],
            json!([{"kind": "new"}, {"kind": "forces", "property": "Tags"}, {"kind": "part_of", "path": "a/c"}])
        );
        assert_eq!((&shown["type"], &shown["action"]), (&json!("AWS::S3::Bucket"), &json!("replace")));
        assert_eq!((&shown["order"], &shown["type_name"]), (&json!("create_first"), &Json::Null));
        assert_eq!(shown["properties"][0]["from"], json!({"kind": "known", "value": {"a": 1}}));
        assert_eq!(shown["properties"][0]["to"], json!({"kind": "unknown"}));
        let removed = BTreeMap::from([("url".to_owned(), OutputChange::Removed)]);
        assert_eq!(outputs(&removed), json!({"url": {"kind": "removed"}}));
    }
}
