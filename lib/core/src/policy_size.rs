//! The size limits of IAM for policies.
//!
//! IAM counts characters without white space, and counts all inline policies of one identity together. Here, unknown
//! values do not count, so that every finding is certain.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::collections::BTreeMap;

use groundplan_schema::inline_collections;

use crate::assembly::{Assembly, ResourceEntry};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::path::Path;
use crate::value::{Deferred, Value};

/// The maximum number of characters of a managed policy.
pub const MANAGED: usize = 6_144;
/// The maximum number of characters of all inline policies of a role.
pub const ROLE: usize = 10_240;
/// The maximum number of characters of all inline policies of a group.
pub const GROUP: usize = 5_120;
/// The maximum number of characters of all inline policies of a user.
pub const USER: usize = 2_048;

/// Identities, and the most characters of their inline policies.
const IDENTITIES: [(&str, usize); 3] = [("AWS::IAM::Role", ROLE), ("AWS::IAM::Group", GROUP), ("AWS::IAM::User", USER)];

/// Returns the number of characters that IAM counts in a document. Each value that is not known yet counts as `unknown`
/// characters.
pub fn size(document: &Value, unknown: usize) -> usize {
    match document {
        // IAM counts a document that is given as text, and one that is given as data once it is text.
        Value::String(text) if text.trim_start().starts_with('{') => counted(text),
        document => data(document, unknown),
    }
}

fn data(value: &Value, unknown: usize) -> usize {
    match value {
        Value::List(items) => 2 + separated(items.iter().map(|item| data(item, unknown))),
        Value::Map(entries) => {
            let entry = |(key, value): (&String, &Value)| counted(key) + 3 + data(value, unknown);
            2 + separated(entries.iter().map(entry))
        }
        Value::Deferred(Deferred::Entries(entries)) => {
            let entry = |(key, value): &(Value, Value)| data(key, unknown) + 1 + data(value, unknown);
            2 + separated(entries.iter().map(entry))
        }
        Value::Deferred(Deferred::Template(parts)) => {
            let part = |part: &Value| match part {
                Value::String(text) => counted(text),
                _ => unknown,
            };
            2 + parts.iter().map(part).sum::<usize>()
        }
        Value::String(text) => 2 + counted(text),
        known if known.is_known() => counted(&known.to_json().to_string()),
        _ => 2 + unknown,
    }
}

fn separated(sizes: impl Iterator<Item = usize>) -> usize {
    let (sum, count) = sizes.fold((0, 0_usize), |(sum, count), size| (sum + size, count + 1));
    sum + count.saturating_sub(1)
}

fn counted(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Reports policies that IAM refuses for their size.
pub(crate) fn check(assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    for (identity, most) in IDENTITIES {
        let mut inline = inline_collections(identity);
        let (policies, policy) = inline.next().expect("the tests look for the policies of each identity");
        // By the identity, as the policies name it.
        let mut sizes: BTreeMap<String, (usize, Vec<&Path>)> = BTreeMap::new();
        for (path, entry) in &assembly.resources {
            let (owner, size) = if entry.type_name == identity {
                let own = own_name(assembly, path, entry, policy.owner_attribute);
                (own, entry.properties.get(policies.property).map_or(0, inline_sizes))
            } else if entry.type_name == policy.type_name {
                let Some(owner) = entry.properties.get(policy.owner_property) else { continue };
                (named(assembly, path, owner, policy.owner_attribute), document_size(entry))
            } else {
                continue;
            };
            let found = sizes.entry(owner).or_default();
            found.0 += size;
            found.1.extend((size > 0).then_some(path));
        }
        for (size, paths) in sizes.into_values().filter(|(size, _)| *size > most) {
            let Some(first) = paths.first() else { continue };
            let all = paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
            diagnostics.push(
                Diagnostic::error(
                    Code::PolicyTooLarge,
                    format!("the inline policies of this {identity} are too large for IAM"),
                )
                .at((*first).clone())
                .got(format!("at least {size} characters in {all}"))
                .allowed(format!("{most} characters without white space, all inline policies together"))
                .help("put statements into managed policies, or name fewer resources with patterns"),
            );
        }
    }
    for (path, entry) in assembly.resources.iter().filter(|(_, entry)| entry.type_name == "AWS::IAM::ManagedPolicy") {
        let size = document_size(entry);
        if size > MANAGED {
            diagnostics.push(
                Diagnostic::error(Code::PolicyTooLarge, "this managed policy is too large for IAM")
                    .at(path.clone())
                    .got(format!("at least {size} characters"))
                    .allowed(format!("{MANAGED} characters without white space"))
                    .help("split it into several managed policies"),
            );
        }
    }
}

fn document_size(entry: &ResourceEntry) -> usize {
    entry.properties.get("PolicyDocument").map_or(0, |document| size(document, 0))
}

fn inline_sizes(policies: &Value) -> usize {
    let documents = match policies {
        Value::List(policies) => policies.iter().filter_map(|policy| policy.get("PolicyDocument")).collect(),
        _ => Vec::new(),
    };
    documents.into_iter().map(|document| size(document, 0)).sum()
}

/// Returns the key of an identity: its account and name if it has one, else its path.
fn own_name(assembly: &Assembly, path: &Path, entry: &ResourceEntry, property: &str) -> String {
    match entry.properties.get(property).and_then(Value::as_str) {
        Some(name) => in_account(assembly, path, name),
        None => format!("#{path}"),
    }
}

/// The identity that the policy at `path` names.
fn named(assembly: &Assembly, path: &Path, owner: &Value, property: &str) -> String {
    match owner {
        Value::Deferred(Deferred::Ref(reference)) => match assembly.resources.get(&reference.path) {
            Some(entry) => own_name(assembly, &reference.path, entry, property),
            None => format!("#{}", reference.path),
        },
        other => in_account(assembly, path, other.as_str().unwrap_or_default()),
    }
}

/// A name in the account of the stack of `path`.
fn in_account(assembly: &Assembly, path: &Path, name: &str) -> String {
    let account = assembly.environment(path).and_then(|environment| environment.account.as_deref());
    format!("{}={name}", account.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::environment::Environment;

    fn assembly(resources: &[(&str, &str, Json)]) -> Assembly {
        let entry = |(path, type_name, properties): &(&str, &str, Json)| {
            let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{path} is no map") };
            (Path::new(*path), ResourceEntry::new(*type_name, properties))
        };
        Assembly {
            format: Assembly::FORMAT,
            app: "shop".into(),
            state: None,
            stacks: [("a".to_owned(), Environment::new("eu-central-1"))].into(),
            resources: resources.iter().map(entry).collect(),
            outputs: BTreeMap::new(),
            lookups: BTreeMap::new(),
        }
    }

    fn document(characters: usize) -> Json {
        json!({"Statement": [{"Resource": "x".repeat(characters)}]})
    }

    fn found(resources: &[(&str, &str, Json)]) -> Vec<String> {
        let mut diagnostics = Vec::new();
        check(&assembly(resources), &mut diagnostics);
        diagnostics.iter().map(|diagnostic| diagnostic.got.clone().unwrap_or_default()).collect()
    }

    #[test]
    fn roles_of_one_name_in_two_accounts_are_two() {
        let policy = || json!({"PolicyName": "p", "RoleName": "worker", "PolicyDocument": document(6_000)});
        let mut program =
            assembly(&[("a/one", "AWS::IAM::RolePolicy", policy()), ("b/two", "AWS::IAM::RolePolicy", policy())]);
        let mut found = |account: &str| {
            program.stacks.insert("b".to_owned(), Environment::new("eu-central-1").account(account));
            program.stacks.insert("a".to_owned(), Environment::new("us-east-1").account("111122223333"));
            let mut diagnostics = Vec::new();
            check(&program, &mut diagnostics);
            diagnostics.len()
        };
        assert_eq!((found("444455556666"), found("111122223333")), (0, 1));
    }

    #[test]
    fn white_space_does_not_count_and_what_is_unknown_counts_as_told() {
        let known = Value::from_json(json!({"a b": ["c d", 12, true]})).expect("it is plain");
        assert_eq!(size(&known, 0), r#"{"ab":["cd",12,true]}"#.len());
        let text = Value::from("{\n  \"a\": 1\n}");
        assert_eq!(size(&text, 0), r#"{"a":1}"#.len());
        let open = Value::from_json(json!({"a": {"$ref": "a/b#Arn"}})).expect("it is a reference");
        assert_eq!(size(&open, 30), r#"{"a":""}"#.len() + 30);
    }

    #[test]
    fn the_inline_policies_of_a_role_count_together_however_they_name_it() {
        let policy = |characters: usize, role: Json| json!({"PolicyName": "p", "RoleName": role, "PolicyDocument": document(characters)});
        let by_reference = || json!({"$ref": "a/role#RoleName"});
        let role = json!({"Policies": [{"PolicyName": "own", "PolicyDocument": document(4_000)}]});
        let resources = |second: usize| {
            [
                ("a/role", "AWS::IAM::Role", role.clone()),
                ("a/one", "AWS::IAM::RolePolicy", policy(3_000, by_reference())),
                ("a/two", "AWS::IAM::RolePolicy", policy(second, by_reference())),
                ("a/other", "AWS::IAM::RolePolicy", policy(10_000, json!("elsewhere"))),
            ]
        };
        assert!(found(&resources(3_000)).is_empty());
        let found = found(&resources(3_300));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("in a/one, a/role, a/two"), "{found:?}");
    }

    #[test]
    fn each_kind_of_identity_and_of_policy_has_its_own_limit() {
        let inline = |characters: usize, name: &str| json!({"PolicyName": "p", name: "x", "PolicyDocument": document(characters)});
        assert_eq!(found(&[("a/p", "AWS::IAM::UserPolicy", inline(2_100, "UserName"))]).len(), 1);
        assert_eq!(found(&[("a/p", "AWS::IAM::GroupPolicy", inline(2_100, "GroupName"))]).len(), 0);
        assert_eq!(found(&[("a/p", "AWS::IAM::GroupPolicy", inline(5_200, "GroupName"))]).len(), 1);
        assert_eq!(found(&[("a/p", "AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document(6_000)}))]).len(), 0);
        assert_eq!(found(&[("a/p", "AWS::IAM::ManagedPolicy", json!({"PolicyDocument": document(6_200)}))]).len(), 1);
    }
}
