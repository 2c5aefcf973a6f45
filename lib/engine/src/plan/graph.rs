//! A graph under construction: steps in any order, and what each waits for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use groundplan_core::Path;

use super::{Step, StepId, Work};
use crate::error::Error;

/// Names a node of a [`Graph`], in the order of making.
pub(super) type Node = usize;

#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Draft>,
}

struct Draft {
    path: Path,
    type_name: String,
    work: Work,
    weight: u32,
    after: BTreeSet<Node>,
}

impl Graph {
    pub(super) fn add(&mut self, path: &Path, type_name: &str, work: Work, weight: u32) -> Node {
        let draft = Draft { path: path.clone(), type_name: type_name.to_owned(), work, weight, after: BTreeSet::new() };
        self.nodes.push(draft);
        self.nodes.len() - 1
    }

    /// Makes `node` wait for `dependency`.
    pub(super) fn after(&mut self, node: Node, dependency: Node) {
        self.nodes[node].after.insert(dependency);
    }

    /// The steps, each after those that it waits for; where that leaves a choice, the one that
    /// was added first.
    pub(super) fn into_steps(self) -> Result<Vec<Step>, Error> {
        let mut waiting: Vec<usize> = self.nodes.iter().map(|node| node.after.len()).collect();
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (node, draft) in self.nodes.iter().enumerate() {
            draft.after.iter().for_each(|dependency| dependents[*dependency].push(node));
        }
        let free = (0..self.nodes.len()).filter(|node| waiting[*node] == 0);
        let mut free: BinaryHeap<_> = free.map(Reverse).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse(node)) = free.pop() {
            order.push(node);
            for dependent in &dependents[node] {
                waiting[*dependent] -= 1;
                if waiting[*dependent] == 0 {
                    free.push(Reverse(*dependent));
                }
            }
        }
        if order.len() < self.nodes.len() {
            return Err(self.cycle(&order));
        }
        let mut ids = vec![StepId(0); order.len()];
        for (position, node) in order.iter().enumerate() {
            ids[*node] = StepId(u32::try_from(position).expect("a plan has fewer than 2^32 steps"));
        }
        let mut drafts: Vec<_> = self.nodes.into_iter().map(Some).collect();
        let steps = order.into_iter().map(|node| {
            let draft = drafts[node].take().expect("each node is in the order once");
            Step {
                id: ids[node],
                path: draft.path,
                type_name: draft.type_name,
                work: draft.work,
                dependencies: draft.after.into_iter().map(|dependency| ids[dependency]).collect(),
                weight: draft.weight,
            }
        });
        Ok(steps.collect())
    }

    /// One cycle among the nodes that have no place in `order`.
    fn cycle(&self, order: &[Node]) -> Error {
        let done: BTreeSet<_> = order.iter().copied().collect();
        let open = |node: &Node| !done.contains(node);
        let mut way: Vec<Node> = Vec::new();
        let mut next = (0..self.nodes.len()).find(|node| open(node));
        while let Some(node) = next {
            if let Some(start) = way.iter().position(|seen| *seen == node) {
                way.drain(..start);
                way.push(node);
                break;
            }
            way.push(node);
            next = self.nodes[node].after.iter().copied().find(|node| open(node));
        }
        let name = |node: Node| format!("{} {}", self.nodes[node].work.verb(), self.nodes[node].path);
        Error::Cycle { steps: way.into_iter().map(name).collect() }
    }
}
