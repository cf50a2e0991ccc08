//! The two narrowing passes: restricted tokens and sandboxes walk the DACL a second time, as somebody smaller.
//!
//! Rules RST-1 to RST-7, CNF-1 to CNF-8.

use super::dacl::WalkBits;
use super::decision::AccessError;
use super::matcher::{Confined, Pass, Restricted};
use super::object_tree::NodeBits;
use super::observer::{Fact, Observer};
use super::pipeline::Evaluation;
use crate::rights::AccessMask;

/// Step 10: what the restricting SIDs alone would not be granted is lost, but for what privileges gave (RST-5).
#[inline]
pub(crate) fn restricted<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    observer: &mut O,
) -> Result<(), AccessError> {
    let facts = evaluation.subject.facts();
    // RST-1
    if facts.restricted_sids.is_empty() && facts.restricted_device_groups.is_empty() {
        return Ok(());
    }
    let filter = if facts.write_restricted {
        evaluation.target.mapping.map(AccessMask::GENERIC_WRITE)
    } else {
        !AccessMask::NONE
    };
    let mut nodes = vec![NodeBits::default(); evaluation.nodes.len()];
    let mut second = WalkBits { root: NodeBits::default(), nodes: &mut nodes };
    evaluation.walk().run(&Restricted::new(evaluation.view()), &mut second, observer);
    let granted = second.root.granted;
    merge(evaluation, Pass::Restricted, granted, &nodes, filter, evaluation.bits.privileged, observer);
    Ok(())
}

/// Step 11: what package and capabilities alone would not be granted is lost, whoever gave it (CNF-5).
#[inline]
pub(crate) fn confinement<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    observer: &mut O,
) -> Result<(), AccessError> {
    let identity = &*evaluation.subject.identity;
    let Some(set) = &identity.confined else { return Ok(()) };
    if identity.facts.confinement.as_ref().is_some_and(|confinement| confinement.exempt) {
        return Ok(());
    }
    let mut nodes = vec![NodeBits::default(); evaluation.nodes.len()];
    let mut second = WalkBits { root: NodeBits::default(), nodes: &mut nodes };
    evaluation.walk().run(&Confined::new(evaluation.view(), set), &mut second, observer);
    let granted = second.root.granted;
    merge(evaluation, Pass::Confined, granted, &nodes, !AccessMask::NONE, AccessMask::NONE, observer);
    Ok(())
}

fn merge<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    pass: Pass,
    second: AccessMask,
    nodes: &[NodeBits],
    filter: AccessMask,
    kept: AccessMask,
    observer: &mut O,
) {
    let narrow = |granted: AccessMask, second: AccessMask| granted & (second | !filter) | kept;
    let before = evaluation.bits.granted;
    evaluation.bits.granted = narrow(before, second);
    for (node, second) in evaluation.nodes.iter_mut().zip(nodes) {
        node.granted = narrow(node.granted, second.granted);
    }
    if O::ACTIVE {
        let removed = before & !evaluation.bits.granted;
        let restored = kept & !(before & (second | !filter));
        observer.note(Fact::Merge { pass, second, filter, removed, restored });
    }
}
