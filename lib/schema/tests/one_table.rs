//! The facts of types stand in the table alone.

use std::fs;
use std::path::{Path, PathBuf};

/// Files outside the table that may write a behavior down: what stands in for a provider in tests.
const FAKES: &[&str] = &["lib/engine/src/fake.rs"];

#[test]
fn no_behavior_is_written_down_outside_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = Vec::new();
    for folder in ["lib", "constructs", "apps", "tests"] {
        rust_files(&root.join(folder), &mut sources);
    }
    assert!(sources.len() > 100, "the workspace's sources were not found");
    for source in sources {
        let name = source.strip_prefix(&root).unwrap_or(&source).to_string_lossy().replace('\\', "/");
        if name.starts_with("lib/schema/") || FAKES.contains(&&*name) {
            continue;
        }
        let text = fs::read_to_string(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (number, line) in text.lines().enumerate() {
            let written = line.contains("Behavior {") && !line.contains("-> Behavior {");
            assert!(!written, "{name}:{}: a row of lib/schema/src/facts/ says how a type behaves", number + 1);
        }
    }
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
