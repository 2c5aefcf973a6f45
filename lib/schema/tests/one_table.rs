//! Checks that only the table contains facts about types.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files outside the table that may define a behavior: replacements of a provider in tests.
const FAKES: &[&str] = &["lib/engine/src/fake.rs"];

/// The files of core with facts about single types: their form in CloudFormation, the size limits of identity policies,
/// and the results of lookups.
const OF_CORE: &[&str] = &[
    "lib/core/src/cloudformation.rs",
    "lib/core/src/cloudformation/lookup.rs",
    "lib/core/src/lookup.rs",
    "lib/core/src/policy_size.rs",
];

/// Properties that only the table knows the meaning of: the settings that protect a resource, what says
/// that the data of a resource is another one's, and the properties that hold a collection.
const OF_THE_TABLE: &[&str] = &[
    "DBClusterIdentifier",
    "DeleteProtection",
    "DeletionProtected",
    "DeletionProtection",
    "DeletionProtectionEnabled",
    "DisableApiTermination",
    "GenerateSecretString",
    "ManagedPolicyArns",
    "PolicyName",
    "ResourceRecords",
    "SecurityGroupIngress",
    "SourceDBInstanceIdentifier",
    "TerminationProtected",
    "TerminationProtectionEnabled",
    "deletion_protection.enabled",
];

#[test]
fn no_behavior_is_written_down_outside_the_table() {
    for (name, line, text) in sources(&["lib", "constructs", "apps", "tests"], &|name| FAKES.contains(&name)) {
        let written = text.contains("Behavior {") && !text.contains("-> Behavior {");
        assert!(!written, "{name}:{line}: a row of lib/schema/src/facts/ says how a type behaves");
        let names_duplicate = text.contains("enum OnDuplicate") || text.contains("const ON_DUPLICATE");
        assert!(!names_duplicate, "{name}:{line}: `on_duplicate` of the table says what a create does");
    }
}

#[test]
fn the_engine_treats_no_type_in_a_way_of_its_own() {
    let found: Vec<_> = shipped(&["lib/engine/src", "lib/core/src"], &|name| OF_CORE.contains(&name))
        .filter(|(.., text)| text.contains("\"AWS::") && !text.contains("AWS::AccountId"))
        .map(|(name, line, _)| format!("{name}:{line}"))
        .collect();
    assert_eq!(found, [""; 0], "what holds for one type is a row of lib/schema/src/");
}

#[test]
fn no_property_of_the_table_is_named_outside_of_it() {
    let quoted: Vec<String> = OF_THE_TABLE.iter().map(|name| format!("\"{name}\"")).collect();
    let found: Vec<_> =
        shipped(&["lib/engine/src", "lib/core/src", "lib/simulator/src"], &|name| OF_CORE.contains(&name))
            .filter(|(.., text)| quoted.iter().any(|name| text.contains(name.as_str())))
            .map(|(name, line, text)| format!("{name}:{line}: {}", text.trim()))
            .collect();
    assert_eq!(found, [""; 0], "lib/schema/src/ has these facts, and a method that gives them");
}

#[test]
fn no_list_of_the_table_has_a_second_copy() {
    // A list is a constant of several texts; a copy of one has the same texts, in whatever order.
    let mut seen: Vec<(BTreeSet<String>, String)> = Vec::new();
    let mut copies = Vec::new();
    for file in
        files(&["lib/schema/src", "lib/core/src", "lib/engine/src", "lib/aws/src", "lib/simulator/src", "lib/cli/src"])
    {
        let name = name_of(&file);
        if is_test(&name) {
            continue;
        }
        let text = text_of(&file);
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().replace("\npub const ", "\nconst ");
        for constant in text.split("\nconst ").skip(1) {
            let constant = constant.split("];\n").next().unwrap_or_default();
            let Some((declared, list)) = constant
                .split_once(" = ")
                .filter(|(declared, _)| declared.contains("&str;") || declared.contains("[&str]"))
            else {
                continue;
            };
            let texts: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
            let place = format!("{name}: {}", declared.split(':').next().unwrap_or_default());
            let same = |(other, _): &&(BTreeSet<String>, String)| {
                let (few, many) = if other.len() < texts.len() { (other, &texts) } else { (&texts, other) };
                few.len() >= 3 && few.is_subset(many)
            };
            if let Some((_, other)) = seen.iter().find(same) {
                copies.push(format!("{place} and {other}"));
            }
            seen.push((texts, place));
        }
    }
    assert_eq!(copies, [""; 0], "one list has the texts of the other: keep one, in lib/schema/src/ where it is a fact");
}

type Line = (String, usize, String);

/// The lines of what is shipped: without comments and without tests.
fn shipped(folders: &[&str], skip: &dyn Fn(&str) -> bool) -> impl Iterator<Item = Line> {
    let mut lines = Vec::new();
    for (name, line, text) in sources(folders, &|name| is_test(name) || FAKES.contains(&name) || skip(name)) {
        lines.push((name, line, text));
    }
    let mut of_tests = BTreeSet::new();
    lines.into_iter().filter(move |(name, _, text)| {
        if text.trim() == "#[cfg(test)]" {
            of_tests.insert(name.clone());
        }
        !of_tests.contains(name) && !text.trim_start().starts_with("//")
    })
}

fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs") || name.contains("/tests/")
}

/// Every line of every source outside the schema, with its file and number.
fn sources(folders: &[&str], skip: &dyn Fn(&str) -> bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for file in files(folders) {
        let name = name_of(&file);
        if name.starts_with("lib/schema/") || skip(&name) {
            continue;
        }
        let text = text_of(&file);
        lines.extend(text.lines().enumerate().map(|(number, line)| (name.clone(), number + 1, line.to_owned())));
    }
    assert!(lines.len() > 1000, "the workspace's sources were not found");
    lines
}

fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    folders.iter().for_each(|folder| rust_files(&root().join(folder), &mut found));
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn name_of(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn text_of(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}
