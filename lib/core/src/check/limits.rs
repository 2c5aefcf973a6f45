//! Limits of file names, object keys and document depth.

use std::collections::BTreeSet;

use crate::assembly::Assembly;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::path::Path;
use crate::tree::Tree;
use crate::value::{CrossAppReference, Value};

/// The maximum depth of a document. JSON parsers refuse 128 levels, to protect their stack; a state, a journal and a
/// plan need some of them around a property.
const DEEPEST: usize = 100;

/// The names of apps, of this one and of those that it uses outputs of.
pub(crate) fn names(tree: &Tree, assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(reason) = Path::reject_name(&tree.name) {
        let found = Diagnostic::error(Code::InvalidAppName, format!("this cannot be the name of an app: {reason}"));
        let found =
            found.got(format!("{:?}", tree.name)).help("the name is the directory of the app's state: `shop-prod`");
        diagnostics.push(Diagnostic { locations: vec![tree.location], ..found });
    }
    let mut refused = BTreeSet::new();
    let mut check = |path: Option<&Path>, import: &CrossAppReference| {
        let Some(reason) = Path::reject_name(&import.app) else { return };
        if refused.insert(import.app.clone()) {
            let message = format!("`{}` is an output of an app whose name is not valid: {reason}", import.name);
            let found = Diagnostic::error(Code::InvalidAppName, message).got(format!("{:?}", import.app));
            diagnostics.push(Diagnostic { path: path.cloned(), ..found });
        }
    };
    for (path, entry) in &assembly.resources {
        entry.imports().into_iter().for_each(|import| check(Some(path), import));
    }
    assembly.outputs.values().flat_map(Value::imports).for_each(|import| check(None, import));
}

/// Checks the depth of properties and outputs.
pub(crate) fn depths(assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    let too_deep = |what: String, value: &Value| {
        let depth = depth(value);
        (depth > DEEPEST).then(|| {
            Diagnostic::error(Code::TooDeep, format!("{what} is nested too deep to be read again"))
                .got(format!("{depth} levels"))
                .allowed(format!("up to {DEEPEST}"))
                .help("pass a document of that depth as text, for example with `Json::to_string`")
        })
    };
    for (path, entry) in &assembly.resources {
        let found = entry.properties.iter().filter_map(|(name, value)| too_deep(format!("`{name}`"), value));
        diagnostics.extend(found.map(|found| Diagnostic { path: Some(path.clone()), ..found }));
    }
    diagnostics
        .extend(assembly.outputs.iter().filter_map(|(name, value)| too_deep(format!("the output `{name}`"), value)));
}

/// Returns the maximum number of open brackets in the JSON form.
fn depth(value: &Value) -> usize {
    let deepest = |items: &[Value]| items.iter().map(depth).max().unwrap_or(0);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        Value::List(items) => 1 + deepest(items),
        Value::Map(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        Value::Secret(source) => 3 + source.values().into_iter().map(depth).max().unwrap_or(0),
        Value::Deferred(deferred) => {
            let mut deepest = 0;
            deferred.each_part(|part| deepest = deepest.max(depth(part)));
            deferred.brackets() + deepest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::export::Export;
    use crate::{Deferred, Environment};

    fn codes(app: &App) -> Vec<String> {
        let findings = app.synth().err().map(|diagnostics| diagnostics.0).unwrap_or_default();
        findings.iter().map(|found| format!("{} {}", found.code, found.got.clone().unwrap_or_default())).collect()
    }

    #[test]
    fn a_name_that_would_lead_elsewhere_is_no_name_of_an_app() {
        for name in ["preview/f1", "../../..", "..", "", "a b", "a\u{202e}b"] {
            let app = App::new(name);
            assert_eq!(codes(&app), [format!("GP0106 {name:?}")]);
            assert!(app.synth().unwrap_err().0[0].locations[0].file().ends_with("limits.rs"));
        }
        let app = App::new("shop");
        let stack = app.stack("shop", Environment::new("us-east-1"));
        let foreign: Export<String> = Export::new("shop", "x");
        stack.export("one", foreign.clone().of("../account"));
        stack.export("two", foreign.of("../account"));
        assert_eq!(codes(&app), ["GP0106 \"../account\""]);
    }

    #[test]
    fn a_stack_has_no_name_that_means_a_directory() {
        let app = App::new("shop");
        app.stack("..", Environment::new("us-east-1"));
        assert_eq!(codes(&app), ["GP0102 \"..\""]);
    }

    /// So many lists in each other.
    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::from("x"), |value, _| Value::List(vec![value]))
    }

    #[test]
    fn what_is_nested_too_deep_to_be_read_again_is_refused() {
        let assembly = |value: Value| Assembly {
            format: Assembly::FORMAT,
            app: "shop".into(),
            state: None,
            stacks: Default::default(),
            resources: Default::default(),
            outputs: [("deep".to_owned(), value)].into(),
            lookups: std::collections::BTreeMap::new(),
        };
        for (value, refused) in
            [(nested(100), false), (nested(101), true), (Deferred::Template(vec![nested(99)]).into(), true)]
        {
            let mut found = Vec::new();
            depths(&assembly(value), &mut found);
            assert_eq!(!found.is_empty(), refused);
        }
    }

    #[test]
    fn the_depth_is_that_of_the_json() {
        let values = [
            nested(7),
            Deferred::Template(vec![nested(3)]).into(),
            serde_json::from_str(r#"{"$subnet": {"block": {"$ref": "a/b#C"}, "prefix": 64, "index": 0}}"#).unwrap(),
            serde_json::from_str(r#"{"$secret": {"generated": {"length": 24}}}"#).unwrap(),
            serde_json::from_str(r#"{"$import": {"app": "a", "name": "b", "form": "text"}}"#).unwrap(),
            serde_json::from_str(r#"{"a": {"b": [{"$ref": "a/b#C"}]}}"#).unwrap(),
        ];
        for value in values {
            let json = value.to_json().to_string();
            let (mut open, mut most) = (0_usize, 0);
            for c in json.chars() {
                match c {
                    '[' | '{' => open += 1,
                    ']' | '}' => open -= 1,
                    _ => {}
                }
                most = most.max(open);
            }
            assert!(depth(&value) >= most && depth(&value) <= most + 1, "{json}: {} {most}", depth(&value));
        }
    }
}
