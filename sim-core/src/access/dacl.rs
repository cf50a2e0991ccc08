//! The one DACL walk: owner rights first, then the entries in their order, first writer wins.
//!
//! Rules OWN-2 to OWN-4, DACL-1 to DACL-6, TREE-2 to TREE-6, COND-1, COND-2. Who matches is the matcher's matter.

use super::condition::{ConditionRecord, Surroundings, Truth, evaluate};
use super::descriptor::{Entries, Entry, Verb};
use super::matcher::{Miss, SidMatcher, Side, Via};
use super::object_tree::{NodeBits, ObjectTree, grant};
use super::observer::{AceFact, Carrier, ConditionFact, Fact, Observer, Verdict};
use super::program::Program;
use crate::rights::{AccessMask, GenericMapping};

/// What every walk of one check has in common.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub(crate) dacl: Option<&'a Entries>,
    pub(crate) mapping: GenericMapping,
    pub(crate) relevant: AccessMask,
    pub(crate) tree: Option<&'a ObjectTree>,
    pub(crate) surroundings: Surroundings<'a>,
}

/// The bits that a walk works on: one pair, and with a tree one pair per node, whose first is that pair (ACC-2).
pub(crate) struct WalkBits<'a> {
    pub(crate) root: NodeBits,
    pub(crate) nodes: &'a mut [NodeBits],
}

impl WalkBits<'_> {
    fn grant_everywhere(&mut self, mask: AccessMask) {
        grant(&mut self.root, mask);
        self.nodes.iter_mut().for_each(|node| grant(node, mask));
    }
}

impl Walk<'_> {
    /// One evaluation of the DACL.
    pub(crate) fn run<M: SidMatcher, O: Observer>(
        &self,
        matcher: &M,
        bits: &mut WalkBits<'_>,
        observer: &mut O,
    ) {
        let suppressor = self.dacl.and_then(|dacl| dacl.suppressor);
        let mut implicit = AccessMask::NONE;
        if suppressor.is_none() && matcher.owner() {
            implicit = (AccessMask::READ_CONTROL | AccessMask::WRITE_DAC) & self.mapping.all;
            let before = bits.root.granted;
            bits.grant_everywhere(implicit);
            implicit = bits.root.granted & !before;
        }
        if O::ACTIVE {
            let owner = matcher.owner();
            observer.note(Fact::Walk { pass: M::PASS, owner, implicit, suppressor });
        }
        let Some(dacl) = self.dacl else {
            let before = bits.root.granted;
            bits.grant_everywhere(self.mapping.all);
            if O::ACTIVE {
                let fresh = bits.root.granted & !before;
                observer.note(Fact::NullDacl { pass: M::PASS, bits: fresh });
            }
            return;
        };
        if !O::ACTIVE && self.tree.is_none() {
            return self.run_unwatched(dacl, matcher, &mut bits.root, observer);
        }
        for entry in &dacl.list {
            let mask = entry.mapped(&self.mapping);
            let useful = mask & self.relevant;
            let judged = self.judge(dacl, entry, useful, matcher, observer);
            let (before, mut verdict) = (bits.root, judged.verdict);
            if matches!(verdict, Verdict::Applied | Verdict::AppliedOnUnknown) {
                let touched = self.settle(entry.verb, judged.node, useful, bits);
                if !touched {
                    verdict = Verdict::AlreadyDecided;
                }
            }
            if O::ACTIVE {
                let applied = verdict == Verdict::AlreadyDecided || verdict != judged.verdict;
                let counts = applied || matches!(verdict, Verdict::Applied | Verdict::AppliedOnUnknown);
                let fresh = match entry.verb {
                    Verb::Allow => bits.root.granted & !before.granted,
                    _ => bits.root.decided & !before.decided,
                };
                observer.note(Fact::Ace(AceFact {
                    pass: M::PASS,
                    index: entry.index,
                    deny: entry.verb == Verb::Deny,
                    verdict,
                    via: judged.via,
                    miss: judged.miss,
                    mask,
                    fresh,
                    late: if counts { useful & before.decided } else { AccessMask::NONE },
                    node: judged.node.map(|node| node as u16),
                }));
            }
        }
    }

    /// The same walk where nobody watches: entries that cannot settle a bit any more are not looked at, because
    /// they cannot change one either (DACL-3).
    #[inline]
    fn run_unwatched<M: SidMatcher, O: Observer>(
        &self,
        dacl: &Entries,
        matcher: &M,
        bits: &mut NodeBits,
        observer: &mut O,
    ) {
        let mut open = self.relevant & !bits.decided;
        for hot in &dacl.hot {
            if !hot.mask.intersects(open | AccessMask::GENERIC) {
                continue;
            }
            let fresh = self.mapping.map(hot.mask) & open;
            let side = if hot.deny { Side::Deny } else { Side::Allow };
            if fresh.is_empty() || matcher.find(hot.sid, side).is_none() {
                continue;
            }
            if !hot.plain {
                let Some(entry) = dacl.list.get(usize::from(hot.index)) else { continue };
                let judged = self.judge(dacl, entry, fresh, matcher, observer);
                if !matches!(judged.verdict, Verdict::Applied | Verdict::AppliedOnUnknown) {
                    continue;
                }
            }
            open &= !fresh;
            bits.decided |= fresh;
            if !hot.deny {
                bits.granted |= fresh;
            }
            if open.is_empty() {
                break;
            }
        }
    }

    /// Whether an entry takes part (DACL-2).
    #[inline]
    fn judge<M: SidMatcher, O: Observer>(
        &self,
        dacl: &Entries,
        entry: &Entry,
        useful: AccessMask,
        matcher: &M,
        observer: &mut O,
    ) -> Judged {
        let judged = |verdict, via| Judged { verdict, via, miss: None, node: None };
        let side = match entry.verb {
            Verb::Allow => Side::Allow,
            Verb::Deny => Side::Deny,
            Verb::Unknown => return judged(Verdict::UnknownType, None),
            Verb::Audit | Verb::Alarm | Verb::Misplaced => return judged(Verdict::WrongType, None),
        };
        if entry.inherit_only {
            let via = if O::ACTIVE { matcher.find(entry.sid, side) } else { None };
            return judged(Verdict::InheritOnly, via);
        }
        let Some(via) = matcher.find(entry.sid, side) else {
            let miss = if O::ACTIVE { Some(matcher.miss(entry.sid)) } else { None };
            return Judged { miss, ..judged(Verdict::NoMatch, None) };
        };
        if useful.is_empty() {
            return judged(Verdict::IrrelevantBits, Some(via));
        }
        if entry.is_plain() {
            return judged(Verdict::Applied, Some(via));
        }
        let detail = dacl.detail(entry);
        let node = match (self.tree, detail.object_type) {
            (Some(tree), Some(guid)) => match tree.find(guid) {
                Some(node) => Some(node),
                None => return judged(Verdict::GuidNotInTree, Some(via)),
            },
            _ => None,
        };
        let verdict = match &detail.condition {
            None => Verdict::Applied,
            Some(program) => {
                let carrier = Carrier::Dacl(M::PASS, entry.index);
                let truth = observe(program, &self.surroundings, Some(matcher), side, carrier, observer);
                match (truth, side) {
                    (Truth::True, _) => Verdict::Applied,
                    (Truth::False, _) => Verdict::ConditionFalse,
                    (Truth::Unknown, Side::Allow) => Verdict::ConditionUnknown,
                    (Truth::Unknown, Side::Deny) => Verdict::AppliedOnUnknown,
                }
            }
        };
        Judged { node, ..judged(verdict, Some(via)) }
    }

    /// First writer wins, per node (DACL-3, TREE-3 to TREE-5). Tells whether any bit anywhere was free.
    #[inline]
    fn settle(&self, verb: Verb, node: Option<usize>, mask: AccessMask, bits: &mut WalkBits<'_>) -> bool {
        let Some(tree) = self.tree else {
            let fresh = mask & !bits.root.decided;
            bits.root.decided |= fresh;
            if verb == Verb::Allow {
                bits.root.granted |= fresh;
            }
            return !fresh.is_empty();
        };
        let count = |nodes: &[NodeBits]| nodes.iter().map(|n| n.decided.0.count_ones()).sum::<u32>();
        let before = count(bits.nodes);
        match (verb, node) {
            (Verb::Allow, Some(node)) => tree.allow(bits.nodes, node, mask),
            (_, Some(node)) => tree.deny(bits.nodes, node, mask),
            (Verb::Allow, None) => bits.nodes.iter_mut().for_each(|node| grant(node, mask)),
            (_, None) => bits.nodes.iter_mut().for_each(|node| node.decided |= mask),
        }
        if let Some(root) = bits.nodes.first() {
            bits.root = *root;
        }
        count(bits.nodes) != before
    }
}

struct Judged {
    verdict: Verdict,
    via: Option<Via>,
    miss: Option<Miss>,
    node: Option<usize>,
}

/// Evaluates a condition and tells the observer how it came out.
pub(crate) fn observe<M: SidMatcher, O: Observer>(
    program: &Program,
    surroundings: &Surroundings<'_>,
    members: Option<&M>,
    side: Side,
    carrier: Carrier,
    observer: &mut O,
) -> Truth {
    if !O::ACTIVE {
        return evaluate(program, surroundings, members, side, None);
    }
    let mut record = ConditionRecord::default();
    let truth = evaluate(program, surroundings, members, side, Some(&mut record));
    observer.condition(ConditionFact { carrier, side, truth, record });
    truth
}
