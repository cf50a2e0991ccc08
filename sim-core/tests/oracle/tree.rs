//! The bits of a check: one pair for the object, and with an object tree one pair for each node (ACC-2, TREE-1 to
//! TREE-6).

use sim_core::ids::Guid;

use super::Rules;

/// What is settled, and what is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) decided: u32,
    pub(crate) granted: u32,
}

/// The pairs: without a tree one, with a tree one per node in pre-order. The first is what "scalar" means (OP-15).
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    pub(crate) levels: Vec<u16>,
    pub(crate) guids: Vec<Option<Guid>>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) is_tree: bool,
}

impl Pairs {
    pub(crate) fn new(tree: Option<&[(u16, Guid)]>, start: Pair) -> Pairs {
        match tree {
            None => Pairs { levels: vec![0], guids: vec![None], pairs: vec![start], is_tree: false },
            Some(nodes) => Pairs {
                levels: nodes.iter().map(|node| node.0).collect(),
                guids: nodes.iter().map(|node| Some(node.1)).collect(),
                pairs: vec![start; nodes.len()],
                is_tree: true,
            },
        }
    }

    pub(crate) fn scalar(&self) -> Pair {
        self.pairs[0]
    }

    /// First writer wins on one node (DACL-3). Gives the bits that are new.
    fn write(&mut self, node: usize, bits: u32, allow: bool) -> u32 {
        let fresh = bits & !self.pairs[node].decided;
        self.pairs[node].decided |= fresh;
        if allow {
            self.pairs[node].granted |= fresh;
        }
        fresh
    }

    /// Every node for itself: basic entries, owner rights, the NULL DACL (TREE-3, OWN-2, DACL-4).
    pub(crate) fn everywhere(&mut self, bits: u32, allow: bool) {
        for node in 0..self.pairs.len() {
            self.write(node, bits, allow);
        }
    }

    pub(crate) fn find(&self, guid: Guid) -> Option<usize> {
        self.guids.iter().position(|known| *known == Some(guid))
    }

    fn parent(&self, node: usize) -> Option<usize> {
        (0..node).rev().find(|other| self.levels[*other] < self.levels[node])
    }

    fn is_below(&self, node: usize, root: usize) -> bool {
        let mut at = Some(node);
        while let Some(here) = at {
            if here == root {
                return true;
            }
            at = self.parent(here);
        }
        false
    }

    /// TREE-4
    pub(crate) fn allow_below(&mut self, root: usize, bits: u32) {
        for node in 0..self.pairs.len() {
            if self.is_below(node, root) {
                self.write(node, bits, true);
            }
        }
        // Later nodes of the pre-order first, so that children are settled before their parents.
        for parent in (0..self.pairs.len()).rev() {
            let children: Vec<usize> =
                (0..self.pairs.len()).filter(|node| self.parent(*node) == Some(parent)).collect();
            if !children.is_empty() {
                let common = children.iter().fold(!0, |mask, child| mask & self.pairs[*child].granted);
                self.write(parent, common, true);
            }
        }
    }

    /// TREE-5
    pub(crate) fn deny_below(&mut self, root: usize, bits: u32) {
        let mut news = Vec::new();
        for node in 0..self.pairs.len() {
            if self.is_below(node, root) {
                news.push((node, self.write(node, bits, false)));
            }
        }
        for (node, fresh) in news {
            let mut at = self.parent(node);
            while let Some(ancestor) = at {
                self.write(ancestor, fresh, false);
                at = self.parent(ancestor);
            }
        }
    }
}

/// VAL-3, W-OBJ-1
pub(crate) fn is_valid(nodes: &[(u16, Guid)], rules: Rules) -> bool {
    let Some(first) = nodes.first() else { return false };
    let one_root = first.0 == 0 && nodes.iter().filter(|node| node.0 == 0).count() == 1;
    let no_gap = nodes.windows(2).all(|two| two[1].0 <= two[0].0.saturating_add(1));
    let no_twin = (0..nodes.len()).all(|n| (0..n).all(|m| nodes[m].1 != nodes[n].1));
    let not_deep = !rules.nt || nodes.iter().all(|node| node.0 <= 4);
    one_root && no_gap && no_twin && not_deep
}
