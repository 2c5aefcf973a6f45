//! Documents with keys to come, which no function of CloudFormation gives.

use groundplan_schema as schema;
use serde_json::Value as Json;

use super::{Translator, join};
use crate::code::Code;
use crate::value::{Deferred, Value};

/// Returns whether a map in it has keys that are not known yet.
pub(super) fn has_open_keys(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= matches!(value, Value::Deferred(Deferred::Entries(_))));
    found
}

impl Translator<'_> {
    /// An object with keys to come, which no function of CloudFormation gives: the text of its JSON, which
    /// CloudFormation takes for a property without a published schema, such as a trust policy.
    pub(super) fn json_text(&mut self, type_name: &str, name: &str, value: &Value) -> Json {
        let property = schema::lookup(type_name).and_then(|known| known.properties.get(name));
        let takes_text = |kind: &schema::Kind| match kind {
            schema::Kind::Union(kinds) => kinds.contains(&schema::Kind::Json),
            kind => *kind == schema::Kind::Json,
        };
        if property.is_none_or(|property| !takes_text(&property.kind)) {
            let message = format!("CloudFormation cannot compose the keys of `{name}`, which is no untyped JSON");
            return self.report(Code::TemplateKeys, message);
        }
        let mut parts = Vec::new();
        self.write_json(name, value, &mut parts);
        join(parts)
    }

    fn write_json(&mut self, name: &str, value: &Value, parts: &mut Vec<Json>) {
        let text = |parts: &mut Vec<Json>, text: &str| match parts.last_mut() {
            Some(Json::String(last)) => last.push_str(text),
            _ => parts.push(text.into()),
        };
        let pairs: Vec<(Value, &Value)> = match value {
            Value::List(items) => {
                text(parts, "[");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        text(parts, ",");
                    }
                    self.write_json(name, item, parts);
                }
                return text(parts, "]");
            }
            Value::Map(entries) => entries.iter().map(|(key, value)| (key.as_str().into(), value)).collect(),
            Value::Deferred(Deferred::Entries(entries)) => {
                entries.iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return text(parts, &value.to_json().to_string());
            }
            // The pieces of a template stand in one pair of quotes; what they hold needs no escapes.
            open => {
                text(parts, "\"");
                let pieces = match open {
                    Value::Deferred(Deferred::Template(pieces)) => &pieces[..],
                    _ => std::slice::from_ref(open),
                };
                for piece in pieces {
                    match piece {
                        Value::String(literal) => {
                            let quoted = Json::from(literal.as_str()).to_string();
                            text(parts, &quoted[1..quoted.len() - 1]);
                        }
                        piece => parts.push(self.value(name, piece)),
                    }
                }
                return text(parts, "\"");
            }
        };
        text(parts, "{");
        for (at, (key, value)) in pairs.iter().enumerate() {
            if at > 0 {
                text(parts, ",");
            }
            self.write_json(name, key, parts);
            text(parts, ":");
            self.write_json(name, value, parts);
        }
        text(parts, "}");
    }
}
