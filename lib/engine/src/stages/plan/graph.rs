//! A graph under construction: steps in any order, with their dependencies.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use groundplan_core::Path;

use super::{Step, StepId, Work};
use crate::Error;
use crate::stages::plan::PlanError;

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

    /// Returns whether `node` already waits for `dependency`.
    pub(super) fn is_after(&self, node: Node, dependency: Node) -> bool {
        self.nodes[node].after.contains(&dependency)
    }

    /// Returns whether `node` waits for `other`, directly or indirectly.
    pub(super) fn waits_for(&self, node: Node, other: Node) -> bool {
        let (mut open, mut seen) = (vec![node], BTreeSet::new());
        while let Some(node) = open.pop() {
            if node == other {
                return true;
            }
            open.extend(self.before(node).iter().copied().filter(|before| seen.insert(*before)));
        }
        false
    }

    /// Takes back that `node` waits for `dependency`.
    pub(super) fn not_after(&mut self, node: Node, dependency: Node) {
        self.nodes[node].after.remove(&dependency);
    }

    /// Returns the nodes that `node` waits for.
    pub(super) fn before(&self, node: Node) -> &BTreeSet<Node> {
        &self.nodes[node].after
    }

    pub(super) fn work(&self, node: Node) -> &Work {
        &self.nodes[node].work
    }

    pub(super) fn nodes(&self) -> std::ops::Range<Node> {
        0..self.nodes.len()
    }

    /// For each node those that wait for it.
    pub(super) fn dependents(&self) -> Vec<Vec<Node>> {
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (node, draft) in self.nodes.iter().enumerate() {
            draft.after.iter().for_each(|dependency| dependents[*dependency].push(node));
        }
        dependents
    }

    /// The nodes, each after those that it waits for; where that leaves a choice, the one of the
    /// lowest `rank` first. Without the nodes on cycles, and those after them.
    pub(super) fn sorted<R: Ord>(&self, rank: impl Fn(Node) -> R) -> Vec<Node> {
        let dependents = self.dependents();
        let mut waiting: Vec<usize> = self.nodes.iter().map(|node| node.after.len()).collect();
        let free = self.nodes().filter(|node| waiting[*node] == 0);
        let mut free: BinaryHeap<_> = free.map(|node| Reverse((rank(node), node))).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse((_, node))) = free.pop() {
            order.push(node);
            for dependent in &dependents[node] {
                waiting[*dependent] -= 1;
                if waiting[*dependent] == 0 {
                    free.push(Reverse((rank(*dependent), *dependent)));
                }
            }
        }
        order
    }

    /// The steps, each after those that it waits for; where that leaves a choice, the one that
    /// was added first.
    ///
    /// # Errors
    /// [`PlanError::Cycle`].
    pub(super) fn into_steps(self) -> Result<Vec<Step>, Error> {
        let order = self.sorted(|node| node);
        if order.len() < self.nodes.len() {
            let tangles = self.tangles();
            return Err(self.cycle(tangles.first().map_or(&[][..], Vec::as_slice)));
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

    /// The sets of nodes that all wait for each other: the strongly connected components of more
    /// than one node, by Tarjan's algorithm.
    pub(super) fn tangles(&self) -> Vec<Vec<Node>> {
        const NEW: usize = usize::MAX;
        let mut index = vec![NEW; self.nodes.len()];
        let mut low = vec![0; self.nodes.len()];
        let mut stacked = vec![false; self.nodes.len()];
        let (mut stack, mut next, mut found) = (Vec::new(), 0, Vec::new());
        for root in self.nodes() {
            let mut way: Vec<(Node, Vec<Node>)> = Vec::new();
            let mut enter = Some(root).filter(|root| index[*root] == NEW);
            loop {
                if let Some(node) = enter.take() {
                    (index[node], low[node], stacked[node]) = (next, next, true);
                    next += 1;
                    stack.push(node);
                    way.push((node, self.nodes[node].after.iter().copied().collect()));
                }
                let Some((node, rest)) = way.last_mut() else { break };
                let node = *node;
                if let Some(other) = rest.pop() {
                    if index[other] == NEW {
                        enter = Some(other);
                    } else if stacked[other] {
                        low[node] = low[node].min(index[other]);
                    }
                    continue;
                }
                way.pop();
                if let Some((parent, _)) = way.last() {
                    low[*parent] = low[*parent].min(low[node]);
                }
                if low[node] == index[node] {
                    let start = stack.iter().rposition(|other| *other == node).expect("it is on the stack");
                    let component = stack.split_off(start);
                    component.iter().for_each(|node| stacked[*node] = false);
                    found.extend(Some(component).filter(|component| component.len() > 1));
                }
            }
        }
        found
    }

    /// A way around within a tangle, as an error.
    pub(super) fn cycle(&self, tangle: &[Node]) -> Error {
        let inside: BTreeSet<Node> = tangle.iter().copied().collect();
        let mut way: Vec<Node> = Vec::new();
        let mut next = inside.first().copied();
        while let Some(node) = next {
            if let Some(start) = way.iter().position(|seen| *seen == node) {
                way.drain(..start);
                way.push(node);
                break;
            }
            way.push(node);
            next = self.nodes[node].after.iter().copied().find(|node| inside.contains(node));
        }
        let name = |node: Node| format!("{} {}", self.nodes[node].work.verb(), self.nodes[node].path);
        Error::Plan(PlanError::Cycle { steps: way.into_iter().map(name).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps `0`, `1` and so on, with what each waits for.
    fn graph(waits: &[&[Node]]) -> Graph {
        let mut graph = Graph::default();
        for at in 0..waits.len() {
            graph.add(&Path::new(at.to_string()), "", Work::Forget, 0);
        }
        for (node, dependencies) in waits.iter().enumerate() {
            dependencies.iter().for_each(|dependency| graph.after(node, *dependency));
        }
        graph
    }

    fn tangles(waits: &[&[Node]]) -> Vec<Vec<Node>> {
        let mut tangles = graph(waits).tangles();
        tangles.iter_mut().for_each(|tangle| tangle.sort_unstable());
        tangles.sort();
        tangles
    }

    #[test]
    fn what_waits_for_each_other_is_a_tangle_of_its_own() {
        assert_eq!(tangles(&[&[1, 2], &[2], &[], &[2, 0]]), [[0; 0]; 0]);
        assert_eq!(tangles(&[&[1], &[0], &[3], &[0, 2], &[2]]), [[0, 1], [2, 3]]);
        assert_eq!(tangles(&[&[1], &[2, 4], &[0], &[0], &[]]), [[0, 1, 2]]);
    }

    #[test]
    fn an_error_names_the_steps_of_one_way_around_and_no_others() {
        let around = |waits: &[&[Node]]| match graph(waits).into_steps().unwrap_err() {
            Error::Plan(PlanError::Cycle { steps }) => steps.join(", ").replace("forget ", ""),
            other => panic!("{other}"),
        };
        assert_eq!(around(&[&[], &[0, 2], &[1]]), "1, 2, 1");
        assert_eq!(around(&[&[1], &[2], &[1, 3], &[0]]), "1, 2, 1", "the first one only waits for it");
    }
}
