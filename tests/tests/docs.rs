//! Doc comments begin with a verb or a noun, as in "Returns the subnets" and "The IPv4 block", not with a question word.

use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 5] = ["apps", "constructs", "examples", "lib", "tests"];

const QUESTION_WORDS: [&str; 10] = ["How", "That", "What", "When", "Where", "Whether", "Which", "Who", "Whose", "Why"];

/// Returns the first lines of doc comments that begin with a question word, with their numbers: comments of the file,
/// and those that a generator writes as `"/// …"`.
fn questions(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut before = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let marker = ["///", "//!"].into_iter().find(|marker| line.starts_with(marker));
        let first = match marker {
            Some(marker) if before != Some(marker) => Some(&line[marker.len()..]),
            Some(_) => None,
            None => line.split_once("\"///").map(|(_, docs)| docs),
        };
        let word = first.unwrap_or_default().trim_start().split(|c: char| !c.is_alphanumeric()).next();
        if word.is_some_and(|word| QUESTION_WORDS.contains(&word)) {
            found.push((number, line));
        }
        before = marker;
    }
    found
}

/// The Rust files in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let within = |path: PathBuf| {
        if path.is_dir() {
            return files(&path);
        }
        if path.extension().is_some_and(|extension| extension == "rs") { vec![path] } else { Vec::new() }
    };
    paths.flat_map(within).collect()
}

#[test]
fn no_doc_comment_begins_with_a_question_word() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    let mut found = Vec::new();
    for path in FOLDERS.iter().flat_map(|folder| files(&workspace.join(folder))) {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = path.strip_prefix(workspace).unwrap_or(&path).display();
        found.extend(questions(&text).into_iter().map(|(number, line)| format!("{file}:{number}: {line}")));
    }
    found.sort();
    assert!(found.is_empty(), "begin these with a verb or a noun:\n{}", found.join("\n"));
}

#[test]
fn a_question_word_is_found_at_the_beginning_of_a_comment_only() {
    // The marks keep the comments from being found in this file.
    let text = r#"
        %//! What it does.
        %//!
        %//! What follows is a second paragraph.

        %/// Returns whether it is set.
        %/// Where it is not, that is what it was.
        fn f() {}
        %/// Whatever is left.
        %//! Who has it.
        fn g() {
            %/// How often.
            const N: u8 = 1;
            // Why not.
            write("%/// Which one.");
        }
    "#
    .replace('%', "");
    let found: Vec<_> = questions(&text).into_iter().map(|(number, _)| number).collect();
    assert_eq!(found, [2, 10, 12, 15]);
}
