//! The steps of one path.

use super::graph::Node;

/// The steps of one path, beside deletions.
#[derive(Default)]
pub(super) struct Nodes {
    pub(super) moved: Option<Node>,
    /// Waits for what an earlier run has left unfinished.
    pub(super) resumed: Option<Node>,
    pub(super) created: Option<Node>,
    pub(super) updated: Option<Node>,
    /// Waits for what this run has made or changed.
    pub(super) ready: Option<Node>,
}

impl Nodes {
    /// Returns the node after which the resource works as the program declares it.
    pub(super) fn last(&self) -> Option<Node> {
        self.ready.or(self.resumed).or(self.updated).or(self.created).or(self.moved)
    }

    /// Returns the node that creates or updates it.
    pub(super) fn make(&self) -> Option<Node> {
        self.created.or(self.updated)
    }

    /// Each step with the one of the same path that it comes after.
    pub(super) fn chain(&self) -> Vec<(Node, Node)> {
        let steps = [self.moved, self.created.or(self.updated), self.resumed, self.ready];
        let steps: Vec<Node> = steps.into_iter().flatten().collect();
        steps.windows(2).map(|pair| (pair[1], pair[0])).collect()
    }

    /// Returns the node after which its early outputs are known.
    pub(super) fn early(&self) -> Option<Node> {
        self.updated.or(self.created).or(self.moved)
    }
}
