//! Object trees: a request about an object with parts, where each part has bits of its own.
//!
//! Rules VAL-3, TREE-1 to TREE-6, W-OBJ-1.

use super::decision::AccessError;
use crate::ids::Guid;
use crate::model::{Model, TreeDepth};
use crate::rights::AccessMask;

/// A node as it is given: how deep it stands, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TreeNode {
    /// 0 for the root.
    pub level: u16,
    /// What entries name it by.
    pub guid: Guid,
}

/// A tree as a list in pre-order. It may be malformed: the check says so in its place among the errors (VAL-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ObjectTree {
    nodes: Vec<TreeNode>,
    /// For each node, where the nodes below it end, and its parent: walking a deep tree must not cost its square.
    ends: Vec<usize>,
    parents: Vec<Option<usize>>,
}

/// The bits of one node (ACC-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct NodeBits {
    /// Settled, either way.
    pub decided: AccessMask,
    /// Granted.
    pub granted: AccessMask,
}

impl ObjectTree {
    /// A tree of these nodes.
    #[must_use]
    pub fn new(nodes: Vec<TreeNode>) -> ObjectTree {
        let mut ends = vec![nodes.len(); nodes.len()];
        let mut parents = Vec::with_capacity(nodes.len());
        // The nodes above the one at hand, outermost first.
        let mut above: Vec<(usize, u16)> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            while let Some((ended, _)) = above.pop_if(|(_, level)| *level >= node.level) {
                if let Some(end) = ends.get_mut(ended) {
                    *end = index;
                }
            }
            parents.push(above.last().map(|(parent, _)| *parent));
            above.push((index, node.level));
        }
        ObjectTree { nodes, ends, parents }
    }

    /// The nodes in pre-order.
    #[must_use]
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// VAL-3, W-OBJ-1
    pub(crate) fn check(&self, model: &Model) -> Result<(), AccessError> {
        let deepest = match model.tree_depth {
            TreeDepth::Unlimited => u16::MAX,
            TreeDepth::Four => 4,
        };
        let steps = self.nodes.windows(2).all(|pair| match pair {
            [above, node] => node.level > 0 && node.level - 1 <= above.level,
            _ => true,
        });
        let rooted = self.nodes.first().is_some_and(|root| root.level == 0);
        let shallow = self.nodes.iter().all(|node| node.level <= deepest);
        let mut guids: Vec<Guid> = self.nodes.iter().map(|node| node.guid).collect();
        guids.sort_unstable();
        let distinct = guids.windows(2).all(|pair| pair.first() != pair.last());
        if rooted && steps && shallow && distinct { Ok(()) } else { Err(AccessError::InvalidObjectTree) }
    }

    /// The node of a GUID.
    pub(crate) fn find(&self, guid: Guid) -> Option<usize> {
        self.nodes.iter().position(|node| node.guid == guid)
    }

    /// Where the nodes below a node end.
    fn end(&self, node: usize) -> usize {
        self.ends.get(node).copied().unwrap_or(node + 1)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.parents.get(node).copied().flatten()
    }

    /// The nodes right below a node.
    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let inside = move |child: &usize| *child < self.end(node);
        std::iter::successors(Some(node + 1).filter(inside), move |child| {
            Some(self.end(*child)).filter(inside)
        })
    }

    /// TREE-4: grants on a node and below; a parent has what all its children have.
    pub(crate) fn allow(&self, bits: &mut [NodeBits], node: usize, mask: AccessMask) {
        for below in bits.get_mut(node..self.end(node)).unwrap_or_default() {
            grant(below, mask);
        }
        for parent in (0..bits.len()).rev() {
            let common = self
                .children(parent)
                .filter_map(|child| bits.get(child))
                .map(|child| child.granted)
                .reduce(|common, granted| common & granted);
            if let (Some(common), Some(parent)) = (common, bits.get_mut(parent)) {
                grant(parent, common);
            }
        }
    }

    /// TREE-5: denies on a node and below, and what is newly denied above it too.
    pub(crate) fn deny(&self, bits: &mut [NodeBits], node: usize, mask: AccessMask) {
        let mut newly = AccessMask::NONE;
        for below in bits.get_mut(node..self.end(node)).unwrap_or_default() {
            newly |= mask & !below.decided;
            below.decided |= mask;
        }
        let mut above = self.parent(node);
        while let Some(ancestor) = above {
            if let Some(bits) = bits.get_mut(ancestor) {
                bits.decided |= newly;
            }
            above = self.parent(ancestor);
        }
    }
}

/// First writer wins (DACL-3).
pub(crate) fn grant(bits: &mut NodeBits, mask: AccessMask) {
    bits.granted |= mask & !bits.decided;
    bits.decided |= mask;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(levels: &[u16]) -> ObjectTree {
        let node = |(n, level): (usize, &u16)| TreeNode { level: *level, guid: Guid([n as u8; 16]) };
        ObjectTree::new(levels.iter().enumerate().map(node).collect())
    }

    #[test]
    fn relatives() {
        let tree = tree(&[0, 1, 2, 3, 2, 1, 2]);
        let children = |node| tree.children(node).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 5].map(children), [vec![1, 5], vec![2, 4], vec![3], vec![6]]);
        assert_eq!([3, 4, 6].map(children), [vec![], vec![], vec![]] as [Vec<usize>; 3]);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|node| tree.end(node)), [7, 5, 4, 4, 5, 7, 7]);
        let parents = [None, Some(0), Some(1), Some(2), Some(1), Some(0), Some(5)];
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|node| tree.parent(node)), parents);
    }

    #[test]
    fn malformed_trees_are_built_too() {
        // They are refused by the check, and must not stop anything before (VAL-6).
        for levels in [&[][..], &[1], &[0, 0], &[3, 1, 2], &[0, 5, 1]] {
            assert_eq!(tree(levels).nodes().len(), levels.len());
        }
    }
}
