//! Applies `ignore_changes`.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{Kind, NAMING, ResourceType, lookup};

use crate::value::Value;

/// Replaces the values at the paths of an `ignore_changes` in `target` by those in `source`: in the desired or live
/// properties by the applied ones.
///
/// A path is a property (`Description`), a part of one (`VpcConfig.SubnetIds`), a tag by its key
/// (`Tags.Name`) or the start of it (`Tags.kubernetes.io/*`), or a part of the elements of a list:
/// of all (`ContainerDefinitions.Image`), of the one at a position (`Origins.0.OriginPath`) or of the
/// one with a name (`ContainerDefinitions.web.Image`).
pub fn keep_ignored(
    type_name: &str,
    paths: &BTreeSet<String>,
    target: &mut BTreeMap<String, Value>,
    source: &BTreeMap<String, Value>,
) {
    let schema = lookup(type_name);
    for path in paths {
        let (name, rest) = split(path);
        let tags = schema.and_then(|schema| schema.tags.as_ref()).is_some_and(|tags| tags.property == name);
        let before = source.get(name);
        let kept = match (rest, target.get(name)) {
            (None, _) => before.cloned(),
            (Some(pattern), now) if tags => kept_entries(pattern, now, before),
            (Some(rest), now) => kept(rest, now, before),
        };
        match kept {
            Some(value) => drop(target.insert(name.to_owned(), value)),
            None => drop(target.remove(name)),
        }
    }
}

/// Returns the value at `target`, with the parts that `path` names in it taken from `source`. A structure that was
/// added or removed as a whole has no parts to keep.
fn kept(path: &str, target: Option<&Value>, source: Option<&Value>) -> Option<Value> {
    match (target, source) {
        (Some(Value::Map(now)), Some(Value::Map(before))) => {
            if path.ends_with('*') {
                return kept_entries(path, target, source);
            }
            let whole = now.contains_key(path) || before.contains_key(path);
            let (key, rest) = if whole { (path, None) } else { split(path) };
            let inside = match rest {
                None => before.get(key).cloned(),
                Some(rest) => kept(rest, now.get(key), before.get(key)),
            };
            let mut now = now.clone();
            match inside {
                Some(value) => drop(now.insert(key.to_owned(), value)),
                None => drop(now.remove(key)),
            }
            Some(Value::Map(now))
        }
        (Some(Value::List(now)), Some(Value::List(before))) => {
            let (first, rest) = split(path);
            let position = first.parse::<usize>().ok();
            let named = now.iter().any(|item| name_of(item) == Some(first));
            let one = position.is_some() || named;
            let kept_item = |(at, item): (usize, &Value)| {
                let meant = !one || position == Some(at) || name_of(item) == Some(first);
                let same = |other: &&Value| name_of(item).is_some() && name_of(other) == name_of(item);
                let partner = before.iter().find(same).or_else(|| before.get(at).filter(|_| name_of(item).is_none()));
                match (meant, partner, if one { rest } else { Some(path) }) {
                    (true, Some(partner), None) => partner.clone(),
                    (true, Some(partner), Some(rest)) => {
                        kept(rest, Some(item), Some(partner)).unwrap_or_else(|| item.clone())
                    }
                    _ => item.clone(),
                }
            };
            Some(Value::List(now.iter().enumerate().map(kept_item).collect()))
        }
        (now, _) => now.cloned(),
    }
}

/// Tags, or entries of a map, with those whose key matches as in `source`.
fn kept_entries(pattern: &str, target: Option<&Value>, source: Option<&Value>) -> Option<Value> {
    let matches = |key: &str| match pattern.strip_suffix('*') {
        Some(start) => key.starts_with(start),
        None => key == pattern,
    };
    if let (Some(Value::Map(_)), _) | (None, Some(Value::Map(_))) = (target, source) {
        let entries = |value: Option<&Value>| value.and_then(Value::as_map).cloned().unwrap_or_default();
        let (mut now, before) = (entries(target), entries(source));
        now.retain(|key, _| !matches(key));
        now.extend(before.into_iter().filter(|(key, _)| matches(key)));
        return (target.is_some() || !now.is_empty()).then_some(Value::Map(now));
    }
    let items = |value: Option<&Value>| value.and_then(Value::as_list).unwrap_or_default().to_vec();
    let key = |item: &Value| item.get("Key").and_then(Value::as_str).map(str::to_owned);
    let mut before = items(source);
    before.retain(|item| key(item).is_some_and(|key| matches(&key)));
    let mut now = Vec::new();
    for item in items(target) {
        match before.iter().position(|old| key(old) == key(&item)) {
            Some(at) => now.push(before.remove(at)),
            None if key(&item).is_some_and(|key| matches(&key)) => {}
            None => now.push(item),
        }
    }
    now.extend(before);
    (target.is_some() || !now.is_empty()).then_some(Value::List(now))
}

/// The reason why a path names nothing of a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamesNothing {
    /// The part of the path that is not there.
    pub(crate) part: String,
    /// The existing names; empty if there are none.
    pub(crate) known: Vec<String>,
}

/// Checks that a path names a property that resources of this type have, or that `properties` have.
pub(crate) fn check(
    schema: &ResourceType,
    properties: &BTreeMap<String, Value>,
    path: &str,
) -> Result<(), NamesNothing> {
    let nothing = |part: &str, known: Vec<String>| Err(NamesNothing { part: part.to_owned(), known });
    let (name, mut rest) = split(path);
    let known = || schema.properties.keys().map(ToString::to_string).collect();
    if !schema.properties.contains_key(name) {
        return nothing(name, known());
    }
    if schema.tags.as_ref().is_some_and(|tags| tags.property == name) {
        return match rest {
            Some("") => nothing(path, known()),
            _ => Ok(()),
        };
    }
    let (mut cursor, mut value, mut at) = (schema.cursor().key(name), properties.get(name), name.to_owned());
    while let Some(path) = rest {
        let (step, after) = split(path);
        if is_free(cursor.kind()) {
            return Ok(());
        }
        let list = value.and_then(Value::as_list);
        let element = |item: &&Value| name_of(item) == Some(step);
        let position = step.parse::<usize>().ok().filter(|_| cursor.is_list());
        let named = list.and_then(|items| items.iter().find(element));
        at = format!("{at}.{step}");
        if position.is_some() || named.is_some() {
            value = named.or_else(|| list?.get(position?));
            cursor = cursor.item();
        } else {
            let fields = if cursor.is_list() { cursor.item().fields() } else { cursor.fields() };
            let known: Vec<String> = fields.into_iter().flatten().map(|(name, _)| (*name).to_owned()).collect();
            if !known.iter().any(|name| name == step) {
                return nothing(&at, known);
            }
            let inside = match value {
                Some(Value::List(items)) => items.first(),
                value => value,
            };
            value = inside.and_then(|value| value.get(step));
            cursor = if cursor.is_list() { cursor.item().key(step) } else { cursor.key(step) };
        }
        rest = after;
    }
    Ok(())
}

/// Returns whether the user chooses the keys of this value.
fn is_free(kind: Option<&Kind>) -> bool {
    match kind {
        Some(Kind::Json | Kind::Map(_)) | None => true,
        Some(Kind::Union(kinds)) => kinds.iter().any(|kind| is_free(Some(kind))),
        Some(Kind::List(element)) => matches!(**element, Kind::Json | Kind::Map(_)),
        _ => false,
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}

fn name_of(element: &Value) -> Option<&str> {
    NAMING.iter().find_map(|name| element.get(name)?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(json: serde_json::Value) -> BTreeMap<String, Value> {
        let Ok(Value::Map(map)) = Value::from_json(json) else { panic!("it is a map") };
        map
    }

    fn kept(type_name: &str, path: &str, target: serde_json::Value, source: serde_json::Value) -> serde_json::Value {
        let mut target = map(target);
        keep_ignored(type_name, &[path.to_owned()].into(), &mut target, &map(source));
        Value::Map(target).to_json()
    }

    #[test]
    fn what_is_ignored_stays_as_it_was_and_the_rest_does_not() {
        let function = "AWS::Lambda::Function";
        let task = "AWS::ECS::TaskDefinition";
        let vpc = "AWS::EC2::VPC";
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let policy = |name: &str, document: &str| json!({"PolicyName": name, "PolicyDocument": document});
        let container = |name: &str, image: &str, cpu: i64| json!({"Name": name, "Image": image, "Cpu": cpu});
        let cases = [
            (
                function,
                "Timeout",
                json!({"Timeout": 2, "Handler": "b"}),
                json!({"Timeout": 1, "Handler": "a"}),
                json!({"Timeout": 1, "Handler": "b"}),
            ),
            (function, "Timeout", json!({"Timeout": 2}), json!({}), json!({})),
            (function, "Timeout", json!({}), json!({"Timeout": 1}), json!({"Timeout": 1})),
            (
                function,
                "VpcConfig.SubnetIds",
                json!({"VpcConfig": {"SubnetIds": ["b"], "SecurityGroupIds": ["y"]}}),
                json!({"VpcConfig": {"SubnetIds": ["a"], "SecurityGroupIds": ["x"]}}),
                json!({"VpcConfig": {"SubnetIds": ["a"], "SecurityGroupIds": ["y"]}}),
            ),
            (function, "VpcConfig.SubnetIds", json!({}), json!({"VpcConfig": {"SubnetIds": ["a"]}}), json!({})),
            (
                function,
                "Environment.Variables.a.b",
                json!({"Environment": {"Variables": {"a.b": "2", "c": "2"}}}),
                json!({"Environment": {"Variables": {"a.b": "1", "c": "1"}}}),
                json!({"Environment": {"Variables": {"a.b": "1", "c": "2"}}}),
            ),
            (
                vpc,
                "Tags.a",
                json!({"Tags": [tag("a", "2"), tag("b", "2")]}),
                json!({"Tags": [tag("a", "1"), tag("b", "1")]}),
                json!({"Tags": [tag("a", "1"), tag("b", "2")]}),
            ),
            (
                vpc,
                "Tags.kubernetes.io/*",
                json!({"Tags": [tag("kubernetes.io/new", "2"), tag("b", "2")]}),
                json!({"Tags": [tag("kubernetes.io/cluster/x", "owned")]}),
                json!({"Tags": [tag("b", "2"), tag("kubernetes.io/cluster/x", "owned")]}),
            ),
            (vpc, "Tags.a", json!({}), json!({"Tags": [tag("a", "1")]}), json!({"Tags": [tag("a", "1")]})),
            (
                "AWS::SSM::Parameter",
                "Tags.a",
                json!({"Tags": {"a": "2", "b": "2"}}),
                json!({"Tags": {"a": "1"}}),
                json!({"Tags": {"a": "1", "b": "2"}}),
            ),
            (
                task,
                "ContainerDefinitions.Image",
                json!({"ContainerDefinitions": [container("log", "l2", 2), container("web", "w2", 2), container("new", "n2", 2)]}),
                json!({"ContainerDefinitions": [container("web", "w1", 1), container("log", "l1", 1)]}),
                json!({"ContainerDefinitions": [container("log", "l1", 2), container("web", "w1", 2), container("new", "n2", 2)]}),
            ),
            (
                task,
                "ContainerDefinitions.web.Image",
                json!({"ContainerDefinitions": [container("log", "l2", 2), container("web", "w2", 2)]}),
                json!({"ContainerDefinitions": [container("web", "w1", 1), container("log", "l1", 1)]}),
                json!({"ContainerDefinitions": [container("log", "l2", 2), container("web", "w1", 2)]}),
            ),
            (
                "AWS::IAM::Role",
                "Policies.read.PolicyDocument",
                json!({"Policies": [policy("write", "w2"), policy("read", "r2")]}),
                json!({"Policies": [policy("read", "r1"), policy("write", "w1")]}),
                json!({"Policies": [policy("write", "w2"), policy("read", "r1")]}),
            ),
            (
                function,
                "Layers.0",
                json!({"Layers": ["a2", "b2"]}),
                json!({"Layers": ["a1", "b1"]}),
                json!({"Layers": ["a1", "b2"]}),
            ),
        ];
        for (type_name, path, target, source, expected) in cases {
            assert_eq!(kept(type_name, path, target, source), expected, "{path}");
        }
    }

    #[test]
    fn a_path_that_names_nothing_is_told_with_what_there_is() {
        let properties = map(json!({"ContainerDefinitions": [{"Name": "web", "Image": "a"}]}));
        let check = |type_name: &str, path: &str| super::check(lookup(type_name).unwrap(), &properties, path);
        let task = "AWS::ECS::TaskDefinition";
        let right = [
            ("AWS::EC2::VPC", "Tags"),
            ("AWS::EC2::VPC", "Tags.kubernetes.io/cluster/a.b"),
            ("AWS::EC2::VPC", "Tags.*"),
            ("AWS::Lambda::Function", "VpcConfig.SubnetIds"),
            ("AWS::Lambda::Function", "Environment.Variables.ANY"),
            ("AWS::IAM::Role", "AssumeRolePolicyDocument.Statement"),
            (task, "ContainerDefinitions.Image"),
            (task, "ContainerDefinitions.0.Image"),
            (task, "ContainerDefinitions.web.Image"),
            (task, "ContainerDefinitions.web.Environment"),
        ];
        for (type_name, path) in right {
            assert_eq!(check(type_name, path), Ok(()), "{path}");
        }
        let wrong = [
            ("AWS::EC2::VPC", "tags", "tags"),
            ("AWS::EC2::VPC", "Tags.", "Tags."),
            ("AWS::EC2::VPC", "CidrBlock.Start", "CidrBlock.Start"),
            ("AWS::Lambda::Function", "VpcConfig.Subnets", "VpcConfig.Subnets"),
            (task, "ContainerDefinitions.Imgae", "ContainerDefinitions.Imgae"),
            (task, "ContainerDefinitions.worker.Image", "ContainerDefinitions.worker"),
        ];
        for (type_name, path, part) in wrong {
            assert_eq!(check(type_name, path).unwrap_err().part, part, "{path}");
        }
        assert!(check("AWS::Lambda::Function", "VpcConfig.Subnets").unwrap_err().known.contains(&"SubnetIds".into()));
    }
}
