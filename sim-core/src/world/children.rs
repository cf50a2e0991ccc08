//! What hangs below an object, by name. Finding a name costs the same however many there are; whoever lists them gets them
//! in the order of their names (KEY-15), which is also the order in which they are compared and hashed.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::ids::ObjectId;

/// The names below an object. Most objects are files and have none: those take one word.
#[derive(Clone, Debug, Default)]
pub struct Children(Option<Box<IndexMap<Arc<str>, ObjectId, FxBuildHasher>>>);

impl Children {
    /// The child of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<ObjectId> {
        self.0.as_ref()?.get(name).copied()
    }

    /// The child of this name, and the name as it is kept.
    #[must_use]
    pub fn get_named(&self, name: &str) -> Option<(&Arc<str>, ObjectId)> {
        self.0.as_ref()?.get_key_value(name).map(|(name, id)| (name, *id))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |names| names.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every child, in the order of the names.
    #[must_use]
    pub fn in_order(&self) -> Vec<ObjectId> {
        self.sorted().into_iter().map(|(_, id)| id).collect()
    }

    pub(super) fn insert(&mut self, name: Arc<str>, id: ObjectId) {
        self.0.get_or_insert_default().insert(name, id);
    }

    #[expect(clippy::disallowed_methods, reason = "nobody sees the order in which they are kept")]
    pub(super) fn remove(&mut self, name: &str) {
        let Some(names) = &mut self.0 else { return };
        names.swap_remove(name);
        if names.is_empty() {
            self.0 = None;
        }
    }

    fn sorted(&self) -> Vec<(&str, ObjectId)> {
        let mut all: Vec<(&str, ObjectId)> =
            self.0.iter().flat_map(|names| names.iter()).map(|(name, id)| (&**name, *id)).collect();
        all.sort_unstable();
        all
    }
}

impl PartialEq for Children {
    fn eq(&self, other: &Children) -> bool {
        self.0 == other.0
    }
}

impl Eq for Children {}

impl Hash for Children {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sorted().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint;

    fn of(names: &[(&str, u32)]) -> Children {
        let mut children = Children::default();
        for (name, id) in names {
            children.insert(Arc::from(*name), ObjectId(*id));
        }
        children
    }

    #[test]
    fn the_order_of_insertion_leaves_no_trace() {
        let mut other = of(&[("c", 3), ("x", 9), ("a", 1), ("b", 2)]);
        other.remove("x");
        let one = of(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(one, other);
        assert_eq!(fingerprint::of(&one), fingerprint::of(&other));
        assert_eq!(other.in_order(), [ObjectId(1), ObjectId(2), ObjectId(3)]);
        assert_ne!(fingerprint::of(&one), fingerprint::of(&of(&[("a", 1), ("b", 2), ("c", 4)])));
    }

    #[test]
    fn what_was_emptied_is_as_if_it_had_never_held_anything() {
        let mut children = of(&[("a", 1)]);
        children.remove("a");
        children.remove("a");
        assert_eq!(children, Children::default());
        assert!(children.is_empty());
        assert_eq!(children.get("a"), None);
    }
}
