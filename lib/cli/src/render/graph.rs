//! The dependency graph as text or DOT.

use groundplan_core::Assembly;

use crate::render::short_type;
use crate::style::{BOLD, DIM, NL, paint};

/// Each resource with what it needs.
pub(crate) fn text(assembly: &Assembly) -> String {
    let mut lines: Vec<_> = assembly
        .lookups
        .iter()
        .map(|(path, query)| format!("{}  {}", paint(BOLD, path), paint(DIM, format!("lookup: {query}"))))
        .collect();
    for (path, entry) in &assembly.resources {
        lines.push(format!("{}  {}", paint(BOLD, path), paint(DIM, short_type(&entry.type_name))));
        lines.extend(assembly.dependencies(path).iter().map(|needed| format!("  ← {needed}")));
        lines.extend(assembly.lookups_of(path).iter().map(|lookup| format!("  ← {lookup}")));
        lines.extend(entry.imports().iter().map(|import| format!("  ← {import}")));
    }
    lines.join(&*NL)
}

/// The graph in the language of Graphviz: an arrow leads to what is needed.
pub(crate) fn dot(assembly: &Assembly) -> String {
    let mut lines =
        vec![format!("digraph {:?} {{", assembly.app), "  rankdir = LR;".into(), "  node [shape = box];".into()];
    for (path, query) in &assembly.lookups {
        let label = format!("{path}\\n{}", query.noun());
        lines.push(format!("  \"{path}\" [label = \"{label}\", style = dashed];"));
    }
    for (path, entry) in &assembly.resources {
        let label = format!("{path}\\n{}", short_type(&entry.type_name));
        lines.push(format!("  \"{path}\" [label = \"{label}\"];"));
        lines.extend(assembly.dependencies(path).iter().map(|needed| format!("  \"{path}\" -> \"{needed}\";")));
        lines.extend(assembly.lookups_of(path).iter().map(|lookup| format!("  \"{path}\" -> \"{lookup}\";")));
        for import in entry.imports() {
            lines.push(format!("  \"{import}\" [style = dashed];"));
            lines.push(format!("  \"{path}\" -> \"{import}\";"));
        }
    }
    lines.push("}".into());
    lines.join(&*NL)
}
