//! One property before and after.

use groundplan_core::Reference;
use groundplan_engine::diff::{PropertyChange, Rendered};
use groundplan_schema::Replacement;
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};

use crate::render::value;
use crate::style::{CHANGE, CREATE, DELETE, DIM, ERROR, NL, paint};

/// Texts that are longer than this are compared line by line.
const LONG: usize = 60;

/// A change of a property, on one line or as a diff, with a line feed at the end. `note` is what is to be known
/// about the change.
pub(crate) fn property(change: &PropertyChange, note: Option<String>, indent: usize) -> String {
    let mut effect = match change.replacement {
        Replacement::Never => String::new(),
        Replacement::Maybe => paint(CHANGE, "  # may replace it"),
        Replacement::Always => paint(ERROR, "  # forces replacement"),
    };
    effect.extend(note.map(|note| paint(CHANGE, format!("  # {note}"))));
    between(&change.property, &change.from, &change.to, change.because.as_ref(), &effect, indent)
}

/// A value before and after.
pub(crate) fn between(
    name: &str,
    from: &Rendered,
    to: &Rendered,
    because: Option<&Reference>,
    effect: &str,
    indent: usize,
) -> String {
    let symbol = match (from, to) {
        (Rendered::Absent, _) => paint(CREATE, "+"),
        (_, Rendered::Absent) => paint(DELETE, "-"),
        _ => paint(CHANGE, "~"),
    };
    let margin = " ".repeat(indent);
    let show = |rendered: &Rendered| self::rendered(rendered, because, indent + 2);
    let values = match (from, to) {
        (Rendered::Known(from), Rendered::Known(to)) => match (lines(from), lines(to)) {
            (Some(from), Some(to)) => {
                return format!("{margin}{symbol} {name}:{effect}{NL}{}", diff(&from, &to, indent + 4));
            }
            _ => format!("{} → {}", known(from, indent + 2), known(to, indent + 2)),
        },
        (Rendered::Absent, to) => show(to),
        (from, Rendered::Absent) => show(from),
        (from, to) => format!("{} → {}", show(from), show(to)),
    };
    format!("{margin}{symbol} {name}: {values}{effect}{NL}")
}

fn rendered(rendered: &Rendered, because: Option<&Reference>, indent: usize) -> String {
    match (rendered, because) {
        (Rendered::Known(json), _) => known(json, indent),
        (Rendered::Unknown, Some(because)) => paint(DIM, format!("(known after apply, from {because})")),
        (Rendered::Unknown | Rendered::Sensitive | Rendered::Absent, _) => paint(DIM, rendered),
    }
}

/// A known value. A document in a text, such as a policy, is shown as one, and not on one line.
fn known(json: &Json, indent: usize) -> String {
    let document = json.as_str().and_then(|text| serde_json::from_str(text).ok());
    let document = document.filter(|document: &Json| document.is_object() || document.is_array());
    value::json(document.as_ref().unwrap_or(json), indent)
}

/// The value as a text of several lines, where it is a document or a long text.
fn lines(json: &Json) -> Option<String> {
    let pretty = |json: &Json| serde_json::to_string_pretty(json).ok();
    match json {
        Json::Array(_) | Json::Object(_) => pretty(json),
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            Ok(document @ (Json::Object(_) | Json::Array(_))) => pretty(&document),
            _ if text.len() > LONG || text.contains('\n') => Some(text.clone()),
            _ => None,
        },
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

/// Returns the differences between two texts, with two lines around each.
fn diff(from: &str, to: &str, indent: usize) -> String {
    let diff = TextDiff::from_lines(from, to);
    let margin = " ".repeat(indent);
    let mut text = String::new();
    for (position, group) in diff.grouped_ops(2).iter().enumerate() {
        if position > 0 {
            text += &format!("{margin}{}{NL}", paint(DIM, "…"));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let (symbol, style) = match change.tag() {
                ChangeTag::Delete => ("-", DELETE),
                ChangeTag::Insert => ("+", CREATE),
                ChangeTag::Equal => (" ", DIM),
            };
            text +=
                &format!("{margin}{}{NL}", paint(style, format!("{symbol} {}", change.value().trim_end_matches('\n'))));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::style;

    #[test]
    fn a_document_in_a_text_is_shown_as_a_document_that_is_added_or_changes() {
        let statement = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::media/*"});
        let policy = |actions: &[&str]| {
            let statements: Vec<_> = actions.iter().map(|action| statement(action)).collect();
            Rendered::Known(json!({"Statement": statements}).to_string().into())
        };
        let shown = |from: &Rendered, to: &Rendered| style::rendered(&between("Policy", from, to, None, "", 4), false);
        assert_eq!(
            shown(&Rendered::Absent, &policy(&["s3:GetObject"])),
            "    + Policy: {
        Statement: [
          {
            Effect: \"Allow\"
            Action: \"s3:GetObject\"
            Resource: \"arn:aws:s3:::media/*\"
          }
        ]
      }
"
        );
        let changed = shown(&policy(&["s3:GetObject", "s3:PutObject"]), &policy(&["s3:GetObject", "s3:DeleteObject"]));
        assert!(changed.contains("-       \"Action\": \"s3:PutObject\","), "{changed}");
        assert!(!changed.contains("s3:GetObject"), "only what changes, with two lines around it: {changed}");
    }
}
