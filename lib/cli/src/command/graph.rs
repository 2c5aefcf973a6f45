//! `graph`: shows the dependency graph.

use serde_json::json;

use crate::args::{Graph, GraphFormat};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::graph;

pub(crate) fn run(context: &Context<'_>, args: &Graph) -> Result<Exit, CommandError> {
    let assembly = &context.synthesis.assembly;
    context.terminal.print(match args.format {
        GraphFormat::Text => graph::text(assembly),
        GraphFormat::Dot => graph::dot(assembly),
    });
    let nodes: serde_json::Map<_, _> =
        assembly.resources.keys().map(|path| (path.to_string(), json!(assembly.dependencies(path)))).collect();
    let lookups: serde_json::Map<_, _> = assembly
        .resources
        .keys()
        .map(|path| (path.to_string(), assembly.lookups_of(path)))
        .filter(|(_, lookups)| !lookups.is_empty())
        .map(|(path, lookups)| (path, json!(lookups)))
        .collect();
    let imports: serde_json::Map<_, _> = assembly
        .resources
        .iter()
        .map(|(path, entry)| (path.to_string(), entry.imports()))
        .filter(|(_, imports)| !imports.is_empty())
        .map(|(path, imports)| (path, imports.iter().map(ToString::to_string).collect()))
        .collect();
    let graph = json!({"app": assembly.app, "needs": nodes, "imports": imports, "lookups": lookups});
    context.terminal.print_json(&graph);
    Ok(Exit::Done)
}
