//! Nothing is written for the partition `aws` alone.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates whose sources make up programs and what deploys them.
const SOURCES: [&str; 8] = [
    "apps/src",
    "constructs/src",
    "lib/aws/src",
    "lib/cli/src",
    "lib/core/src",
    "lib/engine/src",
    "lib/groundplan/src",
    "lib/simulator/src",
];

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).expect("the directory is there");
    for path in entries.map(|entry| entry.expect("it can be read").path()) {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_arn_is_written_for_one_partition() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    SOURCES.iter().for_each(|source| rust_files(&root.join(source), &mut files));
    let is_test = |path: &Path| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        [name, directory].iter().any(|name| *name == "tests" || name.ends_with("_tests"))
    };
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !is_test(file)) {
        let text = fs::read_to_string(file).expect("it can be read");
        // Tests stand at the end of a file.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        let lines = lines.filter(|(_, line)| line.contains("\"arn:aws:") || line.contains("arn:aws:{"));
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", file.display(), number + 1, line.trim())));
    }
    assert!(files.len() > 100, "the sources are found");
    assert!(found.is_empty(), "these take the partition for granted:\n{}", found.join("\n"));
}
