//! Checks of the assembly before policies run.

pub(crate) mod claims;
pub(crate) mod limits;
pub(crate) mod moves;

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{self as schema, Cursor, Kind, TagForm};

use crate::assembly::{Assembly, ResourceEntry};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::ignore;
use crate::path::Path;
use crate::tree::Tree;
use crate::value::{Deferred, Reference, Value, ValueType};

/// Attributes of a stack that resources may refer to.
const STACK_ATTRIBUTES: [&str; 1] = ["AccountId"];

/// Every reference names a resource of this app and an attribute that its type has. What is
/// checked loses the name of its app: in an assembly it is always that app.
pub(crate) fn references(tree: &Tree, assembly: &mut Assembly, diagnostics: &mut Vec<Diagnostic>) {
    let types: BTreeMap<Path, String> =
        assembly.resources.iter().map(|(path, entry)| (path.clone(), entry.type_name.clone())).collect();
    let stacks: BTreeSet<String> = assembly.stacks.keys().cloned().collect();
    let lookups = tree.lookups.borrow();
    let check = |at: &Path, reference: &Reference| -> Option<Diagnostic> {
        let error = |code, message: String| Some(Diagnostic::error(code, message).at(at.clone()).got(reference));
        if let Some(app) = reference.app.as_ref().filter(|app| **app != tree.name) {
            let help = format!("publish the value in `{app}` under an `Export` constant, and pass that constant here");
            return error(Code::ForeignReference, format!("this refers to a resource of another app, `{app}`"))
                .map(|diagnostic| diagnostic.help(help));
        }
        if stacks.contains(reference.path.as_str()) && STACK_ATTRIBUTES.contains(&reference.attribute.as_str()) {
            return None;
        }
        if let Some(query) = lookups.get(&reference.path) {
            let unknown = || {
                let message = format!("this lookup ({}) has no output `{}`", query.noun(), reference.attribute);
                Diagnostic::error(Code::UnknownAttribute, message).at(at.clone()).got(reference)
            };
            return query.output(&reference.attribute).is_none().then(|| {
                let outputs: Vec<_> = query.outputs().iter().map(|output| output.name).collect();
                unknown().allowed(outputs.join(", "))
            });
        }
        let Some(type_name) = types.get(&reference.path) else {
            return error(Code::UnknownResource, format!("there is no resource at `{}`", reference.path))
                .map(|diagnostic| diagnostic.help("add the resource to this app, or refer to another one"));
        };
        let known = schema::lookup(type_name)?;
        let attribute = reference.attribute.as_str();
        if known.attributes.contains_key(attribute) || known.properties.contains_key(attribute) {
            return None;
        }
        let attributes: Vec<_> = known.attributes.keys().copied().collect();
        error(Code::UnknownAttribute, format!("{type_name} has no attribute `{attribute}`"))
            .map(|diagnostic| diagnostic.allowed(attributes.join(", ")))
    };
    let visit = |at: &Path, value: &mut Value, found: &mut Vec<Diagnostic>| {
        value.walk_mut(&mut |value| match value {
            Value::Deferred(Deferred::Ref(reference)) => {
                found.extend(check(at, reference));
                reference.app = None;
            }
            Value::Deferred(Deferred::CrossApp(import)) if import.app == *tree.name => {
                let own =
                    Diagnostic::error(Code::OwnExport, "this is an output of the same app").at(at.clone()).got(import);
                found.push(own.help("pass the handle or the output of the resource itself"));
            }
            _ => {}
        });
    };
    for (path, entry) in &mut assembly.resources {
        entry.properties.values_mut().for_each(|value| visit(path, value, diagnostics));
    }
    let declared = tree.outputs.borrow();
    for (name, value) in &mut assembly.outputs {
        let mut found = Vec::new();
        visit(&Path::new(""), value, &mut found);
        found.extend(has_secret(value, &types).then(|| {
            Diagnostic::error(Code::SecretOutput, format!("the output `{name}` is a secret, and outputs are kept in plain text"))
                .help("publish the ARN of the Secrets Manager secret that holds it; `Secret::from_secrets_manager` takes that")
        }));
        let locations = declared.get(name).map(|output| output.location).into_iter();
        diagnostics.extend(found.into_iter().map(|found| {
            let locations = locations.clone().collect();
            Diagnostic { path: found.path.filter(|path| !path.as_str().is_empty()), locations, ..found }
        }));
    }
}

/// Returns whether a value contains a secret, or refers to one of a resource.
fn has_secret(value: &Value, types: &BTreeMap<Path, String>) -> bool {
    let held = |reference: &Reference| {
        let known = types.get(&reference.path).and_then(|type_name| schema::lookup(type_name));
        known.is_some_and(|known| {
            known.is_secret_attribute(&reference.attribute) || known.cursor().key(&reference.attribute).is_sensitive()
        })
    };
    let mut found = false;
    value.walk(&mut |value| {
        found |= match value {
            Value::Secret(_) => true,
            Value::Deferred(Deferred::Ref(reference)) => held(reference),
            _ => false,
        }
    });
    found
}

/// Gives every resource that can be tagged the tags of the scopes around it, the innermost first.
pub(crate) fn tags(tree: &Tree, assembly: &mut Assembly) {
    let tags = tree.tags.borrow();
    for (path, entry) in &mut assembly.resources {
        let mut inherited: Vec<_> = tags.iter().filter(|(scope, ..)| path.is_within(scope)).collect();
        inherited.sort_by_key(|(scope, ..)| std::cmp::Reverse(scope.as_str().len()));
        if let Some(tags) = schema::lookup(&entry.type_name).and_then(|known| known.tags.as_ref()) {
            for (_, key, value) in inherited {
                add_tag(entry, tags, key, value);
            }
        }
    }
}

fn add_tag(entry: &mut ResourceEntry, tags: &schema::Tags, key: &str, value: &str) {
    let slot = entry.properties.entry(tags.property.to_owned());
    let pairs: &[(&str, Value)] = match tags.form {
        TagForm::Map => {
            if let Value::Map(tags) = slot.or_insert_with(|| Value::Map(BTreeMap::new())) {
                tags.entry(key.to_owned()).or_insert_with(|| value.into());
            }
            return;
        }
        TagForm::Standard => &[],
        TagForm::Asg => &[("PropagateAtLaunch", Value::Bool(true))],
    };
    let Value::List(tags) = slot.or_insert_with(|| Value::List(Vec::new())) else { return };
    if tags.iter().all(|tag| tag.get("Key").and_then(Value::as_str) != Some(key)) {
        let mut tag = BTreeMap::from([("Key".to_owned(), key.into()), ("Value".to_owned(), value.into())]);
        tag.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        tags.push(Value::Map(tag));
    }
}

/// No resource depends on itself, however indirectly; each cycle is reported once, with its way.
pub(crate) fn cycles(assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Open,
        Done,
    }
    let mut marks: BTreeMap<Path, Mark> = BTreeMap::new();
    for root in assembly.resources.keys() {
        // Depth first with an explicit stack: a deep chain must not overflow the real one.
        let mut way: Vec<(Path, Vec<Path>)> = Vec::new();
        let mut next = Some(root.clone());
        loop {
            match next.take() {
                Some(path) => match marks.get(&path) {
                    Some(Mark::Done) => {}
                    Some(Mark::Open) => diagnostics.push(cycle(&way, &path)),
                    None => {
                        marks.insert(path.clone(), Mark::Open);
                        let dependencies = assembly.dependencies(&path).into_iter().collect();
                        way.push((path, dependencies));
                    }
                },
                None => {
                    let Some((path, rest)) = way.last_mut() else { break };
                    match rest.pop() {
                        Some(dependency) => next = Some(dependency),
                        None => {
                            marks.insert(path.clone(), Mark::Done);
                            way.pop();
                        }
                    }
                }
            }
        }
    }
}

fn cycle(way: &[(Path, Vec<Path>)], closing: &Path) -> Diagnostic {
    let start = way.iter().position(|(path, _)| path == closing).unwrap_or(0);
    let mut steps: Vec<&str> = way[start..].iter().map(|(path, _)| path.as_str()).collect();
    steps.push(closing.as_str());
    Diagnostic::error(Code::Cycle, "resources depend on each other in a cycle")
        .at(closing.clone())
        .got(steps.join(" → "))
        .help("remove one of the references, or move what both need into a separate resource, such as a security group rule")
}

/// Required properties are there, and known values have the type and are among the values that
/// AWS's schema allows.
pub(crate) fn properties(assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    for (path, entry) in &assembly.resources {
        let Some(known) = schema::lookup(&entry.type_name) else {
            let unknown = format!("AWS publishes no resource type `{}`", entry.type_name);
            diagnostics.push(Diagnostic::error(Code::UnknownType, unknown).at(path.clone()));
            continue;
        };
        let mut found = Vec::new();
        check_properties(known.required(), &known.cursor(), &entry.properties, "", &mut found);
        diagnostics.extend(found.into_iter().map(|diagnostic| diagnostic.at(path.clone())));
    }
}

/// Checks that the paths in `ignore_changes` exist.
pub(crate) fn ignored(tree: &Tree, assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    for (path, name, location) in tree.ignored.borrow().iter() {
        let Some(entry) = assembly.resources.get(path) else { continue };
        let Some(known) = schema::lookup(&entry.type_name) else { continue };
        let Err(nothing) = ignore::check(known, &entry.properties, name) else { continue };
        let message =
            format!("`ignore_changes` names `{}`, and {} has no such property", nothing.part, entry.type_name);
        let mut found = Diagnostic::error(Code::UnknownIgnored, message).at(path.clone()).got(name);
        let last = nothing.part.rsplit('.').next().unwrap_or_default();
        let distance = |name: &&String| strsim::damerau_levenshtein(&name.to_lowercase(), &last.to_lowercase());
        let nearest =
            nothing.known.iter().min_by_key(distance).filter(|name| distance(name) <= (last.len() / 3).max(1));
        found = match nearest {
            Some(name) => found.help(format!("did you mean `{name}`?")),
            None if nothing.known.is_empty() => found.help("leave out what is not part of the property"),
            None => found.allowed(nothing.known.join(", ")),
        };
        diagnostics.push(Diagnostic { locations: vec![location], ..found });
    }
}

/// Checks the entries of one structure: which are missing, then each one there is.
fn check_properties<'a>(
    required: impl Iterator<Item = &'a str>,
    cursor: &Cursor<'_>,
    entries: &BTreeMap<String, Value>,
    at: &str,
    found: &mut Vec<Diagnostic>,
) {
    for name in required.filter(|name| !entries.contains_key(*name)) {
        let message = format!("the required property `{}` is not set", join(at, name));
        found.push(Diagnostic::error(Code::MissingProperty, message));
    }
    for (name, value) in entries {
        check_value(&cursor.key(name), value, &join(at, name), found);
    }
}

fn check_value(cursor: &Cursor<'_>, value: &Value, at: &str, found: &mut Vec<Diagnostic>) {
    let (Some(kind), Some(property)) = (cursor.kind(), cursor.property()) else {
        found.push(Diagnostic::error(Code::UnknownProperty, format!("AWS's schema has no property `{at}`")));
        return;
    };
    if let Value::List(items) = value
        && cursor.is_list()
    {
        items.iter().enumerate().for_each(|(position, item)| {
            check_value(&cursor.item(), item, &format!("{at}.{position}"), found);
        });
        return;
    }
    if let Some(expected) = mismatch(kind, value) {
        let message = format!("the property `{at}` has a value of the wrong kind");
        found.push(Diagnostic::error(Code::WrongKind, message).got(value.to_json()).allowed(expected));
        return;
    }
    let plain = matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_));
    if plain && !property.allowed.is_empty() && !property.allowed.contains(&value.to_json()) {
        let allowed: Vec<_> = property.allowed.iter().map(plain_text).collect();
        let message = format!("the property `{at}` has a value that AWS does not accept");
        let got = plain_text(&value.to_json());
        found.push(Diagnostic::error(Code::ValueNotAllowed, message).got(got).allowed(allowed.join(", ")));
    }
    if let Value::Map(entries) = value {
        let nested = cursor.fields().into_iter().flatten();
        let required = nested.filter(|(_, property)| property.required).map(|(name, _)| *name);
        check_properties(required, cursor, entries, at, found);
    }
}

/// Returns the expected kind if `value` is of another one. A value that is not known yet can be of any kind.
fn mismatch(kind: &Kind, value: &Value) -> Option<&'static str> {
    let fits = match (kind, value) {
        (Kind::Json, _) => true,
        (kind, Value::Deferred(deferred)) => may_be(kind, deferred),
        (Kind::String, Value::String(_) | Value::Secret(_)) | (Kind::DateTime, Value::String(_)) => true,
        (Kind::Integer, value) => value.as_i64().is_some(),
        (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Tag | Kind::Map(_) | Kind::Type(_), Value::Map(_)) => true,
        (Kind::List(_), Value::List(_)) => true,
        (Kind::Union(kinds), value) => kinds.iter().any(|kind| mismatch(kind, value).is_none()),
        _ => false,
    };
    (!fits).then_some(match kind {
        Kind::String => "a string",
        Kind::Integer => "a whole number",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::DateTime => "a point in time, as in 2026-01-31T00:00:00Z",
        Kind::List(_) => "a list",
        Kind::Tag => "a tag, with Key and Value",
        Kind::Map(_) | Kind::Type(_) => "a structure",
        Kind::Union(_) | Kind::Json => "another shape",
    })
}

/// Returns whether a value that is not known yet can be of this kind, by its form.
fn may_be(kind: &Kind, deferred: &Deferred) -> bool {
    match (deferred.value_type(), kind) {
        (ValueType::Any, _) => true,
        (_, Kind::Union(kinds)) => kinds.iter().any(|kind| may_be(kind, deferred)),
        (ValueType::String, Kind::DateTime) => !matches!(deferred, Deferred::Subnet(_)),
        (ValueType::String, Kind::String | Kind::Json) => true,
        (ValueType::Structure, Kind::Tag | Kind::Map(_) | Kind::Type(_) | Kind::Json) => true,
        _ => false,
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn plain_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
