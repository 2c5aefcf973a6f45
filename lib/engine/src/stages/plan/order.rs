//! The time of deletions: as late as the steps that need them allow.
//!
//! - A deletion that no create waits for comes last, when all created and changed resources are ready: no resource is
//!   deleted before its replacement exists, and if a step fails, it stays.
//! - A deletion that a create waits for comes when all other dependencies of that create exist.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;

use super::Work;
use super::graph::{Graph, Node};

/// Adds dependencies that delay deletions beyond what is required. The graph has no cycle, and gets none: all added
/// dependencies follow one order of the steps, in which deletions are as late as possible.
pub(super) fn delay_deletions(graph: &mut Graph) {
    let is_delete = |graph: &Graph, node: Node| matches!(graph.work(node), Work::Delete { .. });
    let is_make =
        |graph: &Graph, node: Node| matches!(graph.work(node), Work::Create { .. } | Work::Update { .. } | Work::Ready);
    let deletes: Vec<Node> = graph.nodes().filter(|node| is_delete(graph, *node)).collect();
    let makes: Vec<Node> = graph.nodes().filter(|node| is_make(graph, *node)).collect();

    // What each deletion is needed for, through other deletions.
    let early = graph.sorted(|node| node);
    let dependents = graph.dependents();
    let mut needed: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    for node in early.iter().rev().filter(|node| is_delete(graph, **node)) {
        let mut makes = BTreeSet::new();
        for dependent in &dependents[*node] {
            match needed.get(dependent) {
                Some(others) => makes.extend(others.iter().copied()),
                None if is_make(graph, *dependent) => {
                    makes.insert(*dependent);
                }
                None => {}
            }
        }
        if !makes.is_empty() {
            needed.insert(*node, makes);
        }
    }

    // Makes before deletions, and of these first the one that is needed first.
    let positions: BTreeMap<Node, usize> = early.iter().enumerate().map(|(at, node)| (*node, at)).collect();
    let first = |node: Node| needed.get(&node).and_then(|makes| makes.iter().map(|make| positions[make]).min());
    let late = graph.sorted(|node| (is_delete(graph, node), first(node).unwrap_or(usize::MAX)));
    let mut rank = vec![0; late.len()];
    late.iter().enumerate().for_each(|(at, node)| rank[*node] = at);
    for (delete, makes) in &needed {
        let stands = |node: &Node| !is_delete(graph, *node) && rank[*node] < rank[*delete];
        let before: BTreeSet<Node> =
            makes.iter().flat_map(|make| graph.before(*make)).copied().filter(stands).collect();
        // What another one of them waits for goes without saying.
        let implied: BTreeSet<Node> = before.iter().flat_map(|node| graph.before(*node)).copied().collect();
        before.difference(&implied).for_each(|node| graph.after(*delete, *node));
    }

    let last: BTreeSet<Node> = deletes.into_iter().filter(|node| !needed.contains_key(node)).collect();
    for node in &last {
        let made: Vec<Node> = graph.before(*node).iter().copied().filter(|before| is_make(graph, *before)).collect();
        made.into_iter().for_each(|made| graph.not_after(*node, made));
    }
    let mut ends: BTreeSet<Node> = makes.iter().copied().collect();
    for node in makes.iter().chain(needed.keys()) {
        graph.before(*node).iter().for_each(|before| {
            ends.remove(before);
        });
    }
    let first_of_last: Vec<Node> =
        last.iter().copied().filter(|node| graph.before(*node).iter().all(|before| !last.contains(before))).collect();
    // Where many wait for many, they wait for one step between them.
    if ends.len() > 1 && first_of_last.len() > 1 {
        let barrier = graph.add(&Path::new(""), "", Work::Barrier, 0);
        ends.iter().for_each(|end| graph.after(barrier, *end));
        ends = BTreeSet::from([barrier]);
    }
    for delete in first_of_last {
        ends.iter().for_each(|end| graph.after(delete, *end));
    }
}
