//! Differences between the target and the state.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_engine::State;
use groundplan_engine::diff::Rendered;
use groundplan_engine::drift::{Drift, PropertyDrift};
use groundplan_schema as schema;
use serde_json::{Value as Json, json};

use crate::render::{count, diff, document, hint, short_type};
use crate::style::{BOLD, CHANGE, DELETE, DIM, ERROR, NL, padded, paint};

/// Every difference, without a line feed at the end.
pub(crate) fn drift(found: &BTreeMap<Path, Drift>, state: &State) -> String {
    let mut text = String::new();
    for (path, drift) in found {
        let type_name = type_of(path, state);
        let (symbol, style, remark) = match drift {
            Drift::Missing => ("-", DELETE, "no longer exists".to_owned()),
            Drift::Changed { .. } => ("~", CHANGE, String::new()),
            Drift::Unreadable(error) => ("?", ERROR, format!("cannot be read: {error}")),
        };
        let line = format!("{}{}  {}  {remark}", padded(style, symbol, 2), paint(BOLD, path), short_type(type_name));
        text += line.trim_end();
        text.push_str(&NL);
        if let Drift::Changed { properties, .. } = drift {
            for property in properties {
                let (applied, live) = values(type_name, property);
                let effect =
                    if property.added { paint(DIM, "  # added outside of the program") } else { String::new() };
                text += &diff::between(&property.property, &applied, &live, None, &effect, 4);
            }
        }
    }
    let unreadable = found.values().filter(|drift| matches!(drift, Drift::Unreadable(_))).count();
    let differ = found.len() - unreadable;
    text += &format!("{NL}{} {} of {} differ", paint(BOLD, "Drift:"), differ, count(state.resources.len(), "resource"));
    if unreadable > 0 {
        text += &format!(", {unreadable} cannot be read");
    }
    text
}

/// Every difference for other programs, each with its path.
pub(crate) fn document(found: &BTreeMap<Path, Drift>, state: &State) -> Json {
    let entry = |(path, drift): (&Path, &Drift)| {
        let type_name = type_of(path, state);
        match drift {
            Drift::Missing => json!({"kind": "missing", "path": path, "type": type_name}),
            Drift::Unreadable(error) => {
                let (text, hints) = (error.to_string(), hint::all(error));
                json!({"kind": "unreadable", "path": path, "type": type_name, "error": text, "hints": hints})
            }
            Drift::Changed { properties, .. } => {
                let properties: Vec<_> = properties
                    .iter()
                    .map(|property| {
                        let (applied, live) = values(type_name, property);
                        let (applied, live) = (document::value(&applied), document::value(&live));
                        json!({"property": property.property, "applied": applied, "live": live, "added": property.added})
                    })
                    .collect();
                json!({"kind": "changed", "path": path, "type": type_name, "properties": properties})
            }
        }
    };
    found.iter().map(entry).collect()
}

fn type_of<'a>(path: &Path, state: &'a State) -> &'a str {
    state.resources.get(path).map_or("", |resource| &resource.type_name)
}

/// The value that was applied and the one that is there, as they may be shown.
fn values(type_name: &str, drift: &PropertyDrift) -> (Rendered, Rendered) {
    let sensitive = schema::lookup(type_name).is_some_and(|known| known.is_sensitive(&drift.property));
    let shown = |value: &Json| match value {
        Json::Null => Rendered::Absent,
        _ if sensitive => Rendered::Sensitive,
        value => Rendered::Known(value.clone()),
    };
    (shown(&drift.applied), shown(&drift.live))
}
