//! The messages of libraries name no command and no option of the command line: what a user can do about an error is a
//! `Hint`, and `groundplan-cli` words it. Their documentation names no option.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Fields, Item, Lit, LitStr, Macro, Meta, Variant};

/// The crates that the command line uses, and those that programs use.
const LIBRARIES: [&str; 9] = [
    "constructs/src",
    "lib/aws/src",
    "lib/core/src",
    "lib/engine/src",
    "lib/groundplan/src",
    "lib/resources/src",
    "lib/schema/src",
    "lib/simulator/src",
    "lib/testing/src",
];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace")
}

fn parse(path: &Path) -> syn::File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let tokens = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        attribute.path().is_ident("cfg") && tokens.contains("test")
    })
}

/// `skip_final_snapshot` and `ForceUnlock` as clap names them.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(if c == '_' { "-".chars().collect::<Vec<_>>() } else { c.to_lowercase().collect() });
    }
    text
}

/// The command line, as far as texts can name it.
#[derive(Default)]
struct CommandLine {
    /// As in `plan` and `state rm`; `state` alone is none.
    commands: BTreeSet<String>,
    /// As in `--delete-data`.
    options: BTreeSet<String>,
}

impl CommandLine {
    fn read() -> Self {
        let file = parse(&workspace().join("lib/cli/src/args.rs"));
        let mut found = Self::default();
        found.visit_file(&file);
        let variants = |name: &str| {
            let of = |item: &Item| match item {
                Item::Enum(item) if item.ident == name => Some(item.variants.iter().cloned().collect::<Vec<Variant>>()),
                _ => None,
            };
            file.items.iter().find_map(of).unwrap_or_else(|| panic!("there is no enum {name}"))
        };
        for command in variants("Command") {
            let name = kebab(&command.ident.to_string());
            let is_group = command.attrs.iter().any(|attribute| is(attribute, "command", "subcommand"));
            if is_group {
                let below = variants(&command.ident.to_string());
                found.commands.extend(below.iter().map(|it| format!("{name} {}", kebab(&it.ident.to_string()))));
            } else {
                found.commands.insert(name);
            }
        }
        found
    }

    /// Returns the first command or option that a text names.
    fn named_in(&self, text: &str) -> Option<String> {
        // Every other part stands between backticks; the rest of a text without an end is one, too.
        let parts: Vec<&str> = text.split('`').collect();
        let parts = parts.iter().enumerate().filter(|(_, part)| !part.starts_with("aws "));
        for (position, part) in parts {
            let mut words = part.split_whitespace();
            let first = words.next().unwrap_or_default();
            let both = format!("{first} {}", words.next().unwrap_or_default());
            if position % 2 == 1 && (self.commands.contains(first) || self.commands.contains(&both)) {
                return Some(part.trim().to_owned());
            }
            let is_of_option = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let option = part.split(|c| !is_of_option(c)).find(|word| self.options.contains(*word));
            if let Some(option) = option {
                return Some(option.to_owned());
            }
        }
        None
    }

    /// Returns the first option that a line of documentation names. Commands have the names of modules and functions.
    fn option_in(&self, docs: &str) -> Option<String> {
        let is_of_option = |c: char| c.is_ascii_alphanumeric() || c == '-';
        docs.split(|c| !is_of_option(c)).find(|word| self.options.contains(*word)).map(str::to_owned)
    }
}

/// Returns whether it is `#[name(…, word, …)]`.
fn is(attribute: &Attribute, name: &str, word: &str) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let is_word = |token: TokenTree| matches!(token, TokenTree::Ident(ident) if ident == word);
    list.path.is_ident(name) && list.tokens.clone().into_iter().any(is_word)
}

impl<'ast> Visit<'ast> for CommandLine {
    fn visit_fields(&mut self, fields: &'ast Fields) {
        let options = fields.iter().filter(|field| field.attrs.iter().any(|it| is(it, "arg", "long")));
        let names = options.filter_map(|field| field.ident.as_ref());
        self.options.extend(names.map(|name| format!("--{}", kebab(&name.to_string()))));
    }
}

/// The texts of a file that a user can see, each with its line.
#[derive(Default)]
struct Texts {
    /// The string literals, of which most are messages.
    messages: Vec<(usize, String)>,
    /// The lines of the documentation.
    docs: Vec<(usize, String)>,
}

impl Texts {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.messages.push((literal.span().start().line, text.value()));
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Const(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.messages.push((text.span().start().line, text.value()));
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
    }

    /// Adds the messages of error enums and of the compiler, and the documentation.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.tokens(list.tokens.clone()),
            Meta::NameValue(pair) if pair.path.is_ident("doc") => {
                if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value {
                    self.docs.push((text.span().start().line, text.value()));
                }
            }
            Meta::NameValue(_) | Meta::Path(_) => {}
        }
    }
}

/// A file and those of the modules that it declares, which lie in `folder`, without tests.
fn files(path: PathBuf, folder: &Path) -> Vec<(PathBuf, Texts)> {
    let file = parse(&path);
    let mut texts = Texts::default();
    texts.visit_file(&file);
    let mut found = vec![(path, texts)];
    for item in &file.items {
        let Item::Mod(item) = item else { continue };
        if item.content.is_some() || is_test(&item.attrs) {
            continue;
        }
        let below = folder.join(item.ident.to_string());
        let file = below.with_extension("rs");
        let file = if file.exists() { file } else { below.join("mod.rs") };
        found.extend(files(file, &below));
    }
    found
}

#[test]
fn libraries_name_no_command_and_no_option() {
    let line = CommandLine::read();
    let mut found = Vec::new();
    for library in LIBRARIES {
        let root = workspace().join(library);
        for (file, Texts { messages, docs }) in files(root.join("lib.rs"), &root) {
            let file = file.strip_prefix(workspace()).unwrap_or(&file).display().to_string();
            let named = messages.iter().filter_map(|(at, text)| Some((at, line.named_in(text)?)));
            let named = named.chain(docs.iter().filter_map(|(at, text)| Some((at, line.option_in(text)?))));
            found.extend(named.map(|(at, named)| format!("{file}:{at}: {named}")));
        }
    }
    assert!(found.is_empty(), "these name the command line, which words each `Hint`:\n{}", found.join("\n"));
}

#[test]
fn commands_and_options_are_found_in_every_kind_of_text() {
    let line = CommandLine::read();
    for command in ["plan", "force-unlock", "state rm", "state migrate"] {
        assert!(line.commands.contains(command), "{command}: {:?}", line.commands);
    }
    for option in ["--delete-data", "--only", "--state", "--lock-timeout", "--retained", "--new-state"] {
        assert!(line.options.contains(option), "{option}: {:?}", line.options);
    }
    let source = r#"
        //! `plan` in the documentation, with --only
        #[derive(thiserror::Error)]
        enum Error {
            /// `plan` in the documentation
            #[error("it lasts; run `deploy`, {}", .0)]
            A(String),
        }
        fn f() -> String {
            let known = "is the `state` of it, a --deleted one";
            let aws = "run `aws s3 mb --state x`, or another";
            let written = format!("with `state rm {}` it goes", 1);
            g(|| "add `--only a/b`", "aws configure export-credentials --format process");
            written
        }
        #[cfg(test)]
        fn t() { g("`plan`") }
        #[cfg(test)]
        mod tests { fn t() { g("`plan`") } }
    "#;
    let mut texts = Texts::default();
    texts.visit_file(&syn::parse_file(source).expect("it is Rust"));
    let named: Vec<_> = texts.messages.iter().filter_map(|(at, text)| Some((*at, line.named_in(text)?))).collect();
    let named: Vec<_> = named.iter().map(|(at, text)| (*at, text.as_str())).collect();
    assert_eq!(named, [(6, "deploy"), (12, "state rm {}"), (13, "--only")]);
    let named: Vec<_> = texts.docs.iter().filter_map(|(at, text)| Some((*at, line.option_in(text)?))).collect();
    assert_eq!(named, [(2, "--only".to_owned())]);
}
