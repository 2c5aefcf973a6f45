//! The modules of each crate form layers: none imports another one that, directly or not, imports it.
//!
//! A folder is one module for those beside it, and within it the same holds for its files. A file may use what its
//! folder's `mod.rs` defines: they are one concept. Tests may use anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree};

/// The crates, by the directories of their sources.
const CRATES: &[&str] = &[
    "lib/schema/src",
    "lib/core/src",
    "lib/resources/src",
    "lib/engine/src",
    "lib/simulator/src",
    "lib/aws/src",
    "lib/cli/src",
    "lib/testing/src",
    "constructs/src",
    "apps/src",
];

type Name = Vec<String>;

/// A file of a crate.
struct Source {
    path: PathBuf,
    items: Vec<Item>,
}

/// The modules of a crate.
#[derive(Default)]
struct Sources {
    modules: BTreeMap<Name, Source>,
    /// The names that a module re-exports or imports under a name of its own, and their targets.
    aliases: BTreeMap<Name, Name>,
}

/// An import of one module by another one.
struct Import {
    from: Name,
    to: Name,
    at: String,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        attribute.path().is_ident("cfg") && text.contains("test")
    })
}

impl Sources {
    fn of(root: &Path) -> Self {
        let mut sources = Self::default();
        sources.add(root.join("lib.rs"), root, Name::new());
        let modules: Vec<Name> = sources.modules.keys().cloned().collect();
        for module in modules {
            let uses: Vec<ItemUse> = uses(&sources.modules[&module].items).cloned().collect();
            for (name, target) in uses.iter().flat_map(|item| flat(&item.tree)) {
                if let (Some(name), Some(target)) = (name, sources.absolute(&module, &target)) {
                    sources.aliases.insert([module.clone(), vec![name]].concat(), target);
                }
            }
        }
        sources
    }

    /// Adds a file and those of the modules that it declares, which lie in `folder`.
    fn add(&mut self, path: PathBuf, folder: &Path, name: Name) {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).items;
        let items: Vec<Item> = items.into_iter().filter(|item| !is_test(attributes(item))).collect();
        for declared in items.iter().filter_map(|item| if let Item::Mod(item) = item { Some(item) } else { None }) {
            let ItemMod { ident, content: None, .. } = declared else { continue };
            let below = folder.join(ident.to_string());
            let file = below.with_extension("rs");
            let file = if file.exists() { file } else { below.join("mod.rs") };
            self.add(file, &below, [name.clone(), vec![ident.to_string()]].concat());
        }
        self.modules.insert(name, Source { path, items });
    }

    /// Returns the path from the root of the crate, of a path in `module`; `None` if it leads to another crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Name::new(),
            "self" => module.to_vec(),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let above = module.len().checked_sub(ups)?;
                return Some([&module[..above], &path[ups..]].concat());
            }
            name => {
                let own = [module, &[name.to_owned()]].concat();
                return (self.modules.contains_key(&own) || self.aliases.contains_key(&own))
                    .then(|| [&own[..], rest].concat());
            }
        };
        Some([&start[..], rest].concat())
    }

    /// The module that defines what a path from the root leads to.
    fn home(&self, path: &[String]) -> Name {
        let mut path = path.to_vec();
        // Each step follows one re-export.
        for _ in 0..16 {
            let known = (1..=path.len()).rev().find(|length| self.aliases.contains_key(&path[..*length]));
            let Some(length) = known.filter(|length| !self.modules.contains_key(&path[..*length])) else { break };
            path = [&self.aliases[&path[..length]][..], &path[length..]].concat();
        }
        let length = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]));
        path.truncate(length.unwrap_or_default());
        path
    }

    fn imports(&self) -> Vec<Import> {
        let mut found = Vec::new();
        for (module, source) in &self.modules {
            let mut paths = Paths::default();
            source.items.iter().for_each(|item| paths.visit_item(item));
            for (line, path) in paths.found {
                let Some(absolute) = self.absolute(module, &path) else { continue };
                let at = format!("{}:{line}", source.path.display());
                found.push(Import { from: module.clone(), to: self.home(&absolute), at });
            }
        }
        found
    }
}

/// The paths that a file names, with their lines.
#[derive(Default)]
struct Paths {
    found: Vec<(usize, Name)>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let line = item.span().start().line;
        self.found.extend(flat(&item.tree).into_iter().map(|(_, path)| (line, path)));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Name = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if path.leading_colon.is_none() {
            self.found.push((path.span().start().line, parts));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

impl Paths {
    /// Adds the paths among the tokens of a macro that begin with the name of a module.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Group(group) = &tokens[at] {
                self.tokens(group.stream());
            }
            let mut path = Name::new();
            while let Some(TokenTree::Ident(ident)) = tokens.get(at + 3 * path.len()) {
                path.push(ident.to_string());
                let colon = |offset: usize| matches!(tokens.get(at + offset), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                if !(colon(3 * path.len() - 2) && colon(3 * path.len() - 1)) {
                    break;
                }
            }
            let line = tokens[at].span().start().line;
            at += if path.is_empty() { 1 } else { 3 * path.len() - 2 };
            if path.len() > 1 {
                self.found.push((line, path));
            }
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn uses(items: &[Item]) -> impl Iterator<Item = &ItemUse> {
    items.iter().filter_map(|item| if let Item::Use(item) = item { Some(item) } else { None })
}

/// The imports of a tree: the name that each gets, where it gets one, and its path.
fn flat(tree: &UseTree) -> Vec<(Option<String>, Name)> {
    let below = |name: String, tree: &UseTree| {
        let within = |(alias, path): (Option<String>, Name)| match path.as_slice() {
            // `a::{self}` is `a`.
            [own] if own == "self" => (Some(name.clone()), vec![name.clone()]),
            _ => (alias, [vec![name.clone()], path].concat()),
        };
        flat(tree).into_iter().map(within).collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), &path.tree),
        UseTree::Name(name) => vec![(Some(name.ident.to_string()), vec![name.ident.to_string()])],
        UseTree::Rename(rename) => vec![(Some(rename.rename.to_string()), vec![rename.ident.to_string()])],
        UseTree::Glob(_) => vec![(None, Name::new())],
        UseTree::Group(group) => group.items.iter().flat_map(flat).collect(),
    }
}

/// The imports among the modules of `folder`, each with a place where it is.
fn among<'a>(folder: &[String], imports: &'a [Import]) -> BTreeMap<(&'a str, &'a str), &'a str> {
    let depth = folder.len();
    let within = imports.iter().filter(|import| import.from.starts_with(folder) && import.to.starts_with(folder));
    let pairs = within.filter_map(|Import { from, to, at }| Some(((&**from.get(depth)?, &**to.get(depth)?), &**at)));
    pairs.filter(|((from, to), _)| from != to).collect()
}

/// A way along the imports from a module back to itself.
fn circle<'a>(imports: &BTreeMap<(&'a str, &'a str), &'a str>) -> Option<Vec<&'a str>> {
    let modules: BTreeSet<&str> = imports.keys().map(|(from, _)| *from).collect();
    // The shortest one, so that the imports to change are obvious.
    let shortest = |start: &&'a str| {
        let mut ways = std::collections::VecDeque::from([vec![*start]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            let last = way[way.len() - 1];
            for (_, to) in imports.keys().filter(|(from, _)| *from == last) {
                let next = [&way[..], &[*to]].concat();
                if to == start {
                    return Some(next);
                }
                if seen.insert(*to) {
                    ways.push_back(next);
                }
            }
        }
        None
    };
    modules.iter().filter_map(shortest).min_by_key(Vec::len)
}

/// Returns the circles of imports in a crate, by folder.
fn circles(root: &Path) -> Vec<(PathBuf, String)> {
    let sources = Sources::of(root);
    let imports = sources.imports();
    let folders: BTreeSet<Name> =
        sources.modules.keys().filter_map(|name| Some(name.split_last()?.1.to_vec())).collect();
    let mut found = Vec::new();
    for folder in folders {
        let edges = among(&folder, &imports);
        let Some(way) = circle(&edges) else { continue };
        let mut text = String::new();
        for pair in way.windows(2) {
            let _ = writeln!(text, "  {} imports {} at {}", pair[0], pair[1], edges[&(pair[0], pair[1])]);
        }
        found.push((folder.iter().fold(root.to_owned(), |path, part| path.join(part)), text));
    }
    found
}

#[test]
fn no_module_imports_one_that_imports_it() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    let found: Vec<_> = CRATES.iter().flat_map(|root| circles(&workspace.join(root))).collect();
    let text: String = found.iter().map(|(folder, text)| format!("{}\n{text}", folder.display())).collect();
    let text = text.replace(&format!("{}/", workspace.display()), "");
    assert!(text.is_empty(), "circles of imports:\n{text}");
}

#[test]
fn documents_of_core_know_nothing_of_programs() {
    const DOCUMENTS: [&str; 8] = ["assembly", "claim", "environment", "ignore", "lookup", "partition", "path", "value"];
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    let imports = Sources::of(&workspace.join("lib/core/src")).imports();
    let edges = among(&[], &imports);
    for document in DOCUMENTS {
        assert!(edges.keys().any(|(from, to)| [*from, *to].contains(&document)), "there is no module {document}");
    }
    let of_programs = |(from, to): &&(&str, &str)| DOCUMENTS.contains(from) && !DOCUMENTS.contains(to);
    let found: Vec<_> = edges.keys().filter(of_programs).map(|edge| (edge, edges[edge])).collect();
    assert!(found.is_empty(), "documents that import what is no document: {found:?}");
}

#[test]
fn a_circle_is_found_through_folders_re_exports_and_macros() {
    let crate_of = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().expect("there is room");
        for (file, text) in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
            fs::write(path, text).expect("there is room");
        }
        let found = circles(dir.path());
        found.into_iter().map(|(_, text)| text.replace(&format!("{}/", dir.path().display()), "")).collect::<String>()
    };
    let lib = "mod a; mod b; pub use b::B;";
    let straight = [("lib.rs", lib), ("a.rs", "use crate::B; fn f(_: B) {}"), ("b.rs", "pub struct B; use std::fmt;")];
    assert_eq!(crate_of(&straight), "");
    for back in ["use super::a;", "fn f() { crate::a::g() }", "fn f() { println!(\"{}\", crate::a::g()) }"] {
        let files = [("lib.rs", lib), ("a.rs", "use crate::B; fn f(_: B) {}"), ("b.rs", back)];
        assert_eq!(crate_of(&files), "  a imports b at a.rs:1\n  b imports a at b.rs:1\n", "{back}");
    }
    let only_in_tests = "pub struct B; #[cfg(test)] mod tests { use crate::a; } #[cfg(test)] use crate::a;";
    assert_eq!(crate_of(&[("lib.rs", lib), ("a.rs", "use crate::B;"), ("b.rs", only_in_tests)]), "");
    let folder = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod x; mod y; pub use x::X; pub struct Own;"),
        ("a/x.rs", "use super::Own; pub struct X; fn f() { super::y::g() }"),
        ("a/y.rs", "use super::X;"),
        ("b.rs", "use crate::a::X;"),
    ];
    assert_eq!(crate_of(&folder), "  x imports y at a/x.rs:1\n  y imports x at a/y.rs:1\n");
}
