//! The explaining observer: it keeps every fact of one check, and answers from them why each bit is as it is.
//!
//! Rules TRC-1 to TRC-6, RES-5. Nothing here decides: what it says is drawn from the records alone, and
//! [`Explanation::replay`] shows that they suffice.

use super::decision::{AccessError, Decision, Status};
use super::descriptor::Descriptor;
use super::matcher::{Miss, Pass, Via};
use super::observer::{AceFact, Carrier, ConditionFact, Fact, Observer, RuleFact, TakeOwnership, Verdict};
use super::pipeline::Stage;
use super::{AccessRequest, Truth};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sd::Ace;
use crate::sid::{ALL_APPLICATION_PACKAGES, Sid};
use crate::token::{ImpersonationLevel, Token};
use std::cell::Cell;

/// One check, explained. It fills itself when it watches a check; a second check begins it anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Explanation {
    /// Every fact in its order.
    pub facts: Vec<Fact>,
    /// The conditions that facts point to.
    pub conditions: Vec<ConditionFact>,
    /// The policy rules that facts point to.
    pub rules: Vec<RuleFact>,
    /// The effective token.
    pub token: Option<Token>,
    /// The Anonymous identity, where the gate may put it in its place.
    pub anonymous: Option<Token>,
    /// What guards the object.
    pub descriptor: Option<Descriptor>,
    /// What was asked for, as it was asked.
    pub desired: AccessMask,
    /// How it ended.
    pub outcome: Option<Result<Outcome, AccessError>>,
}

/// What the decision says, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The mask that stages left.
    pub raw: AccessMask,
    /// The mask that the model reports.
    pub granted: AccessMask,
    /// What was asked for.
    pub mapped: AccessMask,
    /// Whether MAXIMUM_ALLOWED was asked for too.
    pub maximum: bool,
    /// The verdict.
    pub status: Status,
    /// What an opener keeps.
    pub kept: AccessMask,
}

impl Observer for Explanation {
    const ACTIVE: bool = true;

    fn begin(&mut self, request: &AccessRequest<'_>) {
        self.facts.clear();
        self.conditions.clear();
        self.rules.clear();
        // Most checks have about one fact per stage and entry.
        let entries = request.descriptor.and_then(|descriptor| descriptor.source().dacl.as_ref());
        self.facts.reserve(24 + entries.map_or(0, |acl| acl.aces.len()));
        self.token = Some(request.token.clone());
        let may_act = request.token.level().is_none_or(ImpersonationLevel::acts);
        self.anonymous = (!may_act).then(|| request.anonymous.clone());
        self.descriptor = request.descriptor.cloned();
        self.desired = request.desired;
        self.outcome = None;
    }

    fn note(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    fn condition(&mut self, condition: ConditionFact) {
        self.facts.push(Fact::Condition(self.conditions.len() as u32));
        self.conditions.push(condition);
    }

    fn rule(&mut self, rule: RuleFact) {
        self.facts.push(Fact::RuleBegin(self.rules.len() as u32));
        self.rules.push(rule);
    }

    fn end(&mut self, result: Result<&Decision, AccessError>) {
        self.outcome = Some(result.map(|decision| Outcome {
            raw: self.final_bits(),
            granted: decision.granted,
            mapped: decision.mapped,
            maximum: decision.maximum,
            status: decision.status,
            kept: decision.handle_mask(),
        }));
    }
}

/// Who settled a bit (TRC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decider {
    /// A privilege granted it.
    Privilege(Privilege),
    /// Nobody but SeSecurityPrivilege gives ACCESS_SYSTEM_SECURITY (PRIV-2).
    PrivilegeMissing(Privilege),
    /// Integrity blocked it: position of the label, none for the default.
    Integrity(Option<u16>),
    /// Trust blocked it: position of the trust label.
    Trust(u16),
    /// The owner has it by owning.
    Ownership,
    /// The DACL is NULL.
    NullDacl,
    /// An entry of the DACL.
    Ace {
        /// It denied.
        deny: bool,
        /// Its position in the whole list.
        index: u16,
        /// By what it matched.
        via: Option<Via>,
    },
    /// No entry of the DACL gave it.
    NoAce,
    /// The restricting SIDs would not have it: the entry of the second walk that denies it, if any does.
    Restricted(Option<u16>),
    /// The sandbox would not have it, likewise.
    Confinement(Option<u16>),
    /// A rule of a central policy took it: the position of the entry that names the policy, and the rule.
    Policy(u16, u16),
}

impl Decider {
    /// The stage, by the name of the trace.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Decider::Privilege(Privilege::TAKE_OWNERSHIP) => Stage::TakeOwnership,
            Decider::Privilege(_) | Decider::PrivilegeMissing(_) => Stage::Privilege,
            Decider::Integrity(_) => Stage::Integrity,
            Decider::Trust(_) => Stage::Trust,
            Decider::Ownership | Decider::NullDacl | Decider::Ace { .. } | Decider::NoAce => Stage::Dacl,
            Decider::Restricted(_) => Stage::Restricted,
            Decider::Confinement(_) => Stage::Confinement,
            Decider::Policy(..) => Stage::Policy,
        }
    }

    /// The rule that says so.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Decider::Privilege(Privilege::SECURITY) | Decider::PrivilegeMissing(_) => "PRIV-2",
            Decider::Privilege(Privilege::BACKUP) => "PRIV-3",
            Decider::Privilege(Privilege::TAKE_OWNERSHIP) => "TKO-1",
            Decider::Privilege(_) => "PRIV-4",
            Decider::Integrity(_) => "MIC-5",
            Decider::Trust(_) => "PIP-4",
            Decider::Ownership => "OWN-2",
            Decider::NullDacl => "DACL-4",
            Decider::Ace { .. } => "DACL-3",
            Decider::NoAce => "DACL-2",
            Decider::Restricted(_) => "RST-5",
            Decider::Confinement(_) => "CNF-5",
            Decider::Policy(..) => "CAP-2",
        }
    }
}

/// One bit of the request with whoever settled it (TRC-1, TRC-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BitEntry {
    /// The bit.
    pub bit: AccessMask,
    /// Whether it was granted in the end.
    pub granted: bool,
    /// Who settled it; of a denied bit, the first who made it impossible.
    pub decider: Decider,
    /// Who would have taken it later.
    pub also: Vec<Decider>,
}

/// Why a check came out as it did: what the head line of a trace needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing was asked for by name (RES-3).
    NothingAsked,
    /// Every requested bit was granted: by whom, in the order of the bits. Of a request for the maximum alone, what that is.
    Granted(Vec<(Decider, AccessMask)>),
    /// The lowest bit that was denied.
    Denied(BitEntry),
    /// Nothing was granted to a request that asks for nothing by name (W-ACC-1, W-ACC-2).
    Empty,
    /// There is no decision.
    Error(AccessError),
}

impl Reason {
    /// The stage that denied, for expectations and head lines: `None` for what was allowed.
    #[must_use]
    pub fn denying_stage(&self) -> Option<&'static str> {
        match self {
            Reason::NothingAsked | Reason::Granted(_) => None,
            Reason::Denied(entry) => Some(entry.decider.stage().name()),
            Reason::Empty => Some(Stage::Dacl.name()),
            Reason::Error(AccessError::Gate(_)) => Some(Stage::Gate.name()),
            Reason::Error(_) => Some(Stage::Validation.name()),
        }
    }

    /// Which entry of the DACL denied, counted over the whole list; `None` also where no entry gave (`no_ace`).
    #[must_use]
    pub fn deny_ace(&self) -> Option<u16> {
        match self {
            Reason::Denied(BitEntry { decider: Decider::Ace { deny: true, index, .. }, .. }) => Some(*index),
            _ => None,
        }
    }
}

/// A near miss, or what else is worth knowing (TRC-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// Which.
    pub kind: NoteKind,
    /// The entry that it is about.
    pub ace: Option<u16>,
    /// The walk in which it was passed over.
    pub pass: Pass,
    /// The privilege that it is about.
    pub privilege: Option<Privilege>,
    /// The requested bits at stake.
    pub bits: AccessMask,
}

/// The kinds of near misses (TRC-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// A deny came after the allow that decided.
    Order,
    /// An inherit-only entry would have matched.
    InheritOnly,
    /// An allow was missed only because the group or user is deny-only.
    DenyOnly,
    /// An entry was missed only because the group is disabled.
    Disabled,
    /// A privilege is held, but the request lacks the intent.
    Intent,
    /// A privilege is present and not enabled.
    PrivilegeOff,
    /// A condition was UNKNOWN.
    Unknown,
    /// The owner's implicit rights are suppressed.
    OwnerRights,
    /// A bit is lost only as it belongs to a closed category too (MAP-4).
    Shared,
    /// An entry for all packages, and the token does not name them.
    Strict,
}

impl NoteKind {
    /// The fixed word of the rules.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NoteKind::Order => "NM-ORDER",
            NoteKind::InheritOnly => "NM-IO",
            NoteKind::DenyOnly => "NM-DENYONLY",
            NoteKind::Disabled => "NM-DISABLED",
            NoteKind::Intent => "NM-INTENT",
            NoteKind::PrivilegeOff => "NM-PRIVOFF",
            NoteKind::Unknown => "NM-UNKNOWN",
            NoteKind::OwnerRights => "NM-OWNERRIGHTS",
            NoteKind::Shared => "NM-SHARED",
            NoteKind::Strict => "NM-STRICT",
        }
    }
}

impl Explanation {
    /// An empty one, ready to watch.
    #[must_use]
    pub fn new() -> Explanation {
        Explanation::default()
    }

    /// The facts of the check itself, without those of policy rules.
    pub fn own_facts(&self) -> impl Iterator<Item = &Fact> {
        let mut inside = false;
        self.facts.iter().filter(move |fact| {
            match fact {
                Fact::RuleBegin(_) => inside = true,
                Fact::RuleEnd { .. } => {
                    inside = false;
                    return true;
                }
                _ => {}
            }
            !inside
        })
    }

    /// The token that was evaluated.
    #[must_use]
    pub fn subject(&self) -> Option<&Token> {
        let substituted = self.facts.iter().any(|fact| matches!(fact, Fact::Gate(super::Subject::Anonymous)));
        if substituted { self.anonymous.as_ref() } else { self.token.as_ref() }
    }

    /// An entry of the object's DACL.
    #[must_use]
    pub fn dacl_entry(&self, index: u16) -> Option<&Ace> {
        self.descriptor.as_ref()?.source().dacl.as_ref()?.aces.get(usize::from(index))
    }

    /// An entry of the object's SACL.
    #[must_use]
    pub fn sacl_entry(&self, index: u16) -> Option<&Ace> {
        self.descriptor.as_ref()?.source().sacl.as_ref()?.aces.get(usize::from(index))
    }

    /// The request, mapped, and whether it has MAXIMUM_ALLOWED.
    #[must_use]
    pub fn asked(&self) -> (AccessMask, bool) {
        self.facts
            .iter()
            .find_map(|fact| match fact {
                Fact::Mapped { mapped, maximum, .. } => Some((*mapped, *maximum)),
                _ => None,
            })
            .unwrap_or_default()
    }

    fn final_bits(&self) -> AccessMask {
        let last = self.facts.iter().rev().find_map(|fact| match fact {
            Fact::Stage { after, .. } => Some(after.granted),
            _ => None,
        });
        last.unwrap_or_default()
    }

    /// The granted mask, computed anew from what stages and entries recorded, never from their results (TRC-1).
    #[must_use]
    pub fn replay(&self) -> AccessMask {
        replay(&mut self.facts.iter(), &self.rules)
    }

    /// Every requested bit, or with MAXIMUM_ALLOWED every valid one, with whoever settled it (TRC-1).
    #[must_use]
    pub fn ledger(&self) -> Vec<BitEntry> {
        let (mapped, maximum) = self.asked();
        let all = self.descriptor.as_ref().map_or(AccessMask::NONE, |d| d.mapping().all);
        let wanted = if maximum {
            mapped | all | AccessMask::ACCESS_SYSTEM_SECURITY | self.final_bits()
        } else {
            mapped
        };
        wanted.bits().map(|bit| self.entry(bit)).collect()
    }

    /// One bit (TRC-1, TRC-2).
    #[must_use]
    pub fn entry(&self, bit: AccessMask) -> BitEntry {
        self.shared_entry(bit).0
    }

    /// The entry of a bit, and the bits that no fact tells from it: they have the same entry.
    fn shared_entry(&self, bit: AccessMask) -> (BitEntry, AccessMask) {
        let alike = Cell::new(!AccessMask::NONE);
        let mut life = BitLife { bit, alike, granted: None, denied: None, also: Vec::new() };
        let mut second: [Option<u16>; 3] = [None; 3];
        for fact in self.own_facts() {
            life.step(fact, &mut second);
        }
        let BitLife { alike, granted, denied, also, .. } = life;
        let entry = match (granted, denied) {
            (Some(decider), None) => BitEntry { bit, granted: true, decider, also },
            (_, Some(decider)) => BitEntry { bit, granted: false, decider, also },
            (None, None) => BitEntry { bit, granted: false, decider: Decider::NoAce, also },
        };
        (entry, alike.get())
    }

    /// Why the check came out as it did.
    #[must_use]
    pub fn reason(&self) -> Reason {
        let outcome = match &self.outcome {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => return Reason::Error(*error),
            None => return Reason::NothingAsked,
        };
        match outcome.status {
            Status::Allowed => {
                let mut by: Vec<(Decider, AccessMask)> = Vec::new();
                let mut left = match self.asked() {
                    // Whatever there is was asked for.
                    (mapped, true) if mapped.is_empty() => outcome.raw,
                    (mapped, _) => mapped,
                };
                if left.is_empty() {
                    return Reason::NothingAsked;
                }
                while let Some(bit) = left.bits().next() {
                    let (BitEntry { decider, .. }, alike) = self.shared_entry(bit);
                    let shared = left & (alike | bit);
                    left &= !shared;
                    match by.iter_mut().find(|(known, _)| *known == decider) {
                        Some((_, bits)) => *bits |= shared,
                        None => by.push((decider, shared)),
                    }
                }
                Reason::Granted(by)
            }
            Status::PrivilegeNotHeld => Reason::Denied(self.entry(AccessMask::ACCESS_SYSTEM_SECURITY)),
            Status::AccessDenied => {
                let missing = outcome.mapped & !outcome.raw;
                match missing.bits().next() {
                    Some(bit) => Reason::Denied(self.entry(bit)),
                    None => Reason::Empty,
                }
            }
        }
    }

    /// Near misses (TRC-6): of a denied request what would have granted, of an allowed one what nearly did not.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let (mapped, maximum) = self.asked();
        let wanted = if maximum { !AccessMask::NONE } else { mapped };
        let missing = wanted & !self.final_bits();
        let mut notes = Notes { explanation: self, wanted, missing, list: Vec::new() };
        self.own_facts().for_each(|fact| notes.look(fact));
        notes.shared();
        notes.list
    }

    /// The smallest change that bears on the lowest denied bit: the first near miss that holds it.
    #[must_use]
    pub fn hint(&self) -> Option<Note> {
        let Reason::Denied(entry) = self.reason() else { return None };
        self.notes()
            .into_iter()
            .find(|note| note.bits.intersects(entry.bit) && !matches!(note.kind, NoteKind::Order))
    }

    /// The conditions of one entry in one walk.
    pub fn conditions_of(&self, carrier: Carrier) -> impl Iterator<Item = &ConditionFact> {
        self.own_facts()
            .filter_map(move |fact| match fact {
                Fact::Condition(position) => self.condition_at(*position),
                _ => None,
            })
            .filter(move |condition| condition.carrier == carrier)
    }

    /// The condition that a fact points to.
    #[must_use]
    pub fn condition_at(&self, position: u32) -> Option<&ConditionFact> {
        self.conditions.get(position as usize)
    }

    /// The SID of the policy that an entry names.
    #[must_use]
    pub fn policy_sid(&self, entry: u16) -> Option<Sid> {
        self.sacl_entry(entry).map(|ace| ace.sid)
    }
}

/// Adds up the records of one evaluation; nested rules call themselves.
fn replay(facts: &mut std::slice::Iter<'_, Fact>, rules: &[RuleFact]) -> AccessMask {
    let mut granted = AccessMask::NONE;
    let mut privileged = AccessMask::NONE;
    let mut second = AccessMask::NONE;
    while let Some(fact) = facts.next() {
        let mut add = |pass: Pass, bits: AccessMask| match pass {
            Pass::Normal => granted |= bits,
            Pass::Restricted | Pass::Confined => second |= bits,
        };
        match fact {
            Fact::PrivilegeGrant { bits, .. } => {
                granted |= *bits;
                privileged |= *bits;
            }
            Fact::Trust { blocked, .. } => {
                granted &= !*blocked;
                privileged &= !*blocked;
            }
            Fact::Walk { pass, implicit, .. } => {
                second = AccessMask::NONE;
                match pass {
                    Pass::Normal => granted |= *implicit,
                    Pass::Restricted | Pass::Confined => second = *implicit,
                }
            }
            Fact::NullDacl { pass, bits } => add(*pass, *bits),
            Fact::Ace(AceFact { pass, deny: false, fresh, .. }) => add(*pass, *fresh),
            Fact::Merge { pass, filter, .. } => {
                granted &= second | !*filter;
                if *pass == Pass::Restricted {
                    granted |= privileged;
                }
            }
            Fact::RuleBegin(position) => {
                let inner = replay(facts, rules);
                // The staged rule only tells what would be.
                if rules.get(*position as usize).is_some_and(|rule| !rule.staged) {
                    granted &= inner;
                }
            }
            // A rule that failed leaves what its record says; there is nothing else to add up.
            Fact::RuleEnd { error, granted: left, .. } => return if *error { *left } else { granted },
            _ => {}
        }
    }
    granted
}

/// The life of one bit through the facts.
struct BitLife {
    bit: AccessMask,
    /// The bits that were in all the masks that this one was in, and in no other: they live the same life.
    alike: Cell<AccessMask>,
    granted: Option<Decider>,
    denied: Option<Decider>,
    also: Vec<Decider>,
}

impl BitLife {
    /// Whether the bit is in a mask.
    fn is_in(&self, mask: AccessMask) -> bool {
        let found = mask.intersects(self.bit);
        self.alike.set(self.alike.get() & if found { mask } else { !mask });
        found
    }

    fn grant(&mut self, decider: Decider) {
        // A privilege gives back what was taken: integrity before, a deny entry, the restricted walk.
        if self.denied.take().is_some() {
            self.also.clear();
        }
        self.granted = Some(decider);
    }

    fn deny(&mut self, decider: Decider) {
        match self.denied {
            None => self.denied = Some(decider),
            Some(first) if first != decider => self.also.push(decider),
            Some(_) => {}
        }
    }

    fn step(&mut self, fact: &Fact, second: &mut [Option<u16>; 3]) {
        match fact {
            Fact::PrivilegeGrant { privilege, bits } if self.is_in(*bits) => {
                self.grant(Decider::Privilege(*privilege));
            }
            Fact::SystemSecurityWithheld if self.is_in(AccessMask::ACCESS_SYSTEM_SECURITY) => {
                self.deny(Decider::PrivilegeMissing(Privilege::SECURITY));
            }
            // What privileges gave, integrity does not take (MIC-6); trust does (PIP-4).
            Fact::Integrity { label, blocked, .. } if self.is_in(*blocked) && self.granted.is_none() => {
                self.deny(Decider::Integrity(*label));
            }
            Fact::Trust { label, blocked, .. } if self.is_in(*blocked) => {
                self.deny(Decider::Trust(*label));
            }
            Fact::Walk { pass: Pass::Normal, implicit, .. } if self.is_in(*implicit) => {
                self.grant(Decider::Ownership);
            }
            Fact::NullDacl { pass: Pass::Normal, bits } if self.is_in(*bits) => {
                self.grant(Decider::NullDacl);
            }
            Fact::Ace(ace) if ace.pass == Pass::Normal => self.entry(ace),
            Fact::Ace(ace) if ace.deny && self.is_in(ace.fresh) => {
                if let Some(slot) = second.get_mut(ace.pass as usize) {
                    *slot = Some(ace.index);
                }
            }
            // The walk is over: what is not settled now has no entry.
            Fact::Stage { stage: Stage::Dacl, after, .. }
                if !self.is_in(after.granted) && self.denied.is_none() =>
            {
                self.deny(Decider::NoAce);
            }
            Fact::Merge { pass, second: passed, filter, restored, .. }
                if self.is_in(*filter) && !self.is_in(*passed) && !self.is_in(*restored) =>
            {
                let by = second.get(*pass as usize).copied().flatten();
                self.deny(match pass {
                    Pass::Confined => Decider::Confinement(by),
                    Pass::Normal | Pass::Restricted => Decider::Restricted(by),
                });
            }
            Fact::RuleEnd { entry, rule, staged: false, granted, .. } if !self.is_in(*granted) => {
                self.deny(Decider::Policy(*entry, *rule));
            }
            _ => {}
        }
    }

    fn entry(&mut self, ace: &AceFact) {
        let AceFact { deny, index, via, .. } = *ace;
        let decider = Decider::Ace { deny, index, via };
        if self.is_in(ace.fresh) {
            if deny { self.deny(decider) } else { self.grant(decider) }
        } else if deny && self.is_in(ace.late) && self.denied.is_some() {
            // It would have denied, had nobody done so before.
            self.also.push(decider);
        }
    }
}

struct Notes<'a> {
    explanation: &'a Explanation,
    wanted: AccessMask,
    missing: AccessMask,
    list: Vec<Note>,
}

impl Notes<'_> {
    fn add(&mut self, kind: NoteKind, ace: Option<&AceFact>, bits: AccessMask) {
        let pass = ace.map_or(Pass::Normal, |ace| ace.pass);
        let ace = ace.map(|ace| ace.index);
        self.list.push(Note { kind, ace, pass, privilege: None, bits });
    }

    fn look(&mut self, fact: &Fact) {
        match fact {
            Fact::Privilege { privilege, state, no_intent } => {
                let kind = match (state, no_intent) {
                    (PrivilegeState::Disabled, _) => NoteKind::PrivilegeOff,
                    (_, true) => NoteKind::Intent,
                    _ => return,
                };
                let bits = self.missing & self.would_give(*privilege);
                if !bits.is_empty() {
                    let privilege = Some(*privilege);
                    self.list.push(Note { kind, ace: None, pass: Pass::Normal, privilege, bits });
                }
            }
            Fact::Walk { pass, owner: true, suppressor: Some(index), .. } if *pass != Pass::Confined => {
                let bits = self.missing & (AccessMask::READ_CONTROL | AccessMask::WRITE_DAC);
                if !bits.is_empty() {
                    let (ace, pass) = (Some(*index), *pass);
                    self.list.push(Note { kind: NoteKind::OwnerRights, ace, pass, privilege: None, bits });
                }
            }
            Fact::Ace(ace) => self.entry(ace),
            Fact::Condition(position) => {
                let condition = self.explanation.condition_at(*position);
                let Some(condition) = condition.filter(|known| known.truth == Truth::Unknown) else { return };
                let (ace, pass) = match condition.carrier {
                    Carrier::Dacl(pass, index) => (Some(index), pass),
                    _ => (None, Pass::Normal),
                };
                let entry = ace.and_then(|index| self.explanation.dacl_entry(index));
                let bits = entry.map_or(AccessMask::NONE, |ace| self.mapped(ace) & self.wanted);
                self.list.push(Note { kind: NoteKind::Unknown, ace, pass, privilege: None, bits });
            }
            _ => {}
        }
    }

    fn entry(&mut self, ace: &AceFact) {
        let bits = ace.mask & self.wanted;
        let lacking = ace.mask & self.missing;
        match (ace.verdict, ace.miss) {
            (Verdict::InheritOnly, _) if ace.via.is_some() && !bits.is_empty() => {
                self.add(NoteKind::InheritOnly, Some(ace), bits);
            }
            (Verdict::NoMatch, Some(Miss::DenyOnly(_) | Miss::UserDenyOnly)) if !lacking.is_empty() => {
                self.add(NoteKind::DenyOnly, Some(ace), lacking);
            }
            (Verdict::NoMatch, Some(Miss::Disabled(_))) if !bits.is_empty() => {
                // A disabled group can also save from a deny.
                let bits = if ace.deny { bits } else { lacking };
                if !bits.is_empty() {
                    self.add(NoteKind::Disabled, Some(ace), bits);
                }
            }
            (Verdict::NoMatch, _) if ace.pass == Pass::Confined && !lacking.is_empty() => {
                let entry = self.explanation.dacl_entry(ace.index);
                if entry.is_some_and(|ace| ace.sid == ALL_APPLICATION_PACKAGES) {
                    self.add(NoteKind::Strict, Some(ace), lacking);
                }
            }
            (Verdict::Applied | Verdict::AppliedOnUnknown | Verdict::AlreadyDecided, _)
                if ace.deny && ace.pass == Pass::Normal =>
            {
                let late = ace.late & bits & self.granted_by_entries(ace.index);
                if !late.is_empty() {
                    self.add(NoteKind::Order, Some(ace), late);
                }
            }
            _ => {}
        }
    }

    /// What allow entries before this position granted.
    fn granted_by_entries(&self, before: u16) -> AccessMask {
        self.explanation
            .own_facts()
            .filter_map(|fact| match fact {
                Fact::Ace(ace) if ace.pass == Pass::Normal && !ace.deny && ace.index < before => {
                    Some(ace.fresh)
                }
                _ => None,
            })
            .fold(AccessMask::NONE, |all, fresh| all | fresh)
    }

    fn mapped(&self, ace: &Ace) -> AccessMask {
        let mapping = self.explanation.descriptor.as_ref().map(Descriptor::mapping);
        mapping.map_or(ace.mask, |mapping| mapping.map(ace.mask))
    }

    fn would_give(&self, privilege: Privilege) -> AccessMask {
        let Some(mapping) = self.explanation.descriptor.as_ref().map(Descriptor::mapping) else {
            return AccessMask::NONE;
        };
        match privilege {
            Privilege::SECURITY => AccessMask::ACCESS_SYSTEM_SECURITY,
            Privilege::TAKE_OWNERSHIP | Privilege::RELABEL => AccessMask::WRITE_OWNER,
            Privilege::BACKUP => mapping.read,
            Privilege::RESTORE => {
                mapping.write
                    | AccessMask::WRITE_DAC
                    | AccessMask::WRITE_OWNER
                    | AccessMask::DELETE
                    | AccessMask::ACCESS_SYSTEM_SECURITY
            }
            _ => AccessMask::NONE,
        }
    }

    /// MAP-4: rights of several categories that fell with one of them.
    fn shared(&mut self) {
        let Some(mapping) = self.explanation.descriptor.as_ref().map(Descriptor::mapping) else { return };
        let shared = (mapping.read & mapping.write)
            | (mapping.read & mapping.execute)
            | (mapping.write & mapping.execute);
        let mut lost = AccessMask::NONE;
        for fact in self.explanation.own_facts() {
            match fact {
                Fact::Integrity { blocked, .. } => lost |= *blocked,
                Fact::Merge { pass: Pass::Restricted, filter, removed, .. }
                    if *filter != !AccessMask::NONE =>
                {
                    lost |= *removed;
                }
                _ => {}
            }
        }
        let bits = lost & shared & self.missing & self.wanted;
        if !bits.is_empty() {
            self.add(NoteKind::Shared, None, bits);
        }
    }
}

impl TakeOwnership {
    /// The word that traces print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TakeOwnership::Fired => "fired",
            TakeOwnership::NotRequested => "not-requested",
            TakeOwnership::NoPrivilege => "no-privilege",
            TakeOwnership::MandatoryBlock => "mandatory-block",
            TakeOwnership::AlreadyGranted => "already-granted",
        }
    }
}
