//! What a check tells whoever watches it: facts, in the order in which they come about.
//!
//! Rules ACC-3, TRC-1 to TRC-3, COND-32, and the *Trace* remarks of every stage. A fact is plain data; nothing here
//! decides.

use std::sync::Arc;

use super::AccessRequest;
use super::condition::{ConditionRecord, Truth};
use super::decision::{AccessError, Decision, Subject};
use super::matcher::{Miss, Pass, Side, Via};
use super::pipeline::Stage;
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sd::{Acl, LabelPolicy};

/// Watches a check.
pub trait Observer {
    /// Whether it wants facts at all. Where it does not, none are made.
    const ACTIVE: bool;

    /// A check begins.
    fn begin(&mut self, request: &AccessRequest<'_>);

    /// Something came about.
    fn note(&mut self, fact: Fact);

    /// A condition was evaluated.
    fn condition(&mut self, condition: ConditionFact);

    /// A rule of a central policy begins.
    fn rule(&mut self, rule: RuleFact);

    /// The check ends.
    fn end(&mut self, result: Result<&Decision, AccessError>);
}

/// Watches nothing and costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    const ACTIVE: bool = false;

    fn begin(&mut self, _: &AccessRequest<'_>) {}

    fn note(&mut self, _: Fact) {}

    fn condition(&mut self, _: ConditionFact) {}

    fn rule(&mut self, _: RuleFact) {}

    fn end(&mut self, _: Result<&Decision, AccessError>) {}
}

/// The masks that stages hand on (ACC-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Bits {
    /// Settled, either way.
    pub decided: AccessMask,
    /// Granted.
    pub granted: AccessMask,
    /// Granted by a privilege, and not taken away.
    pub privileged: AccessMask,
}

/// One thing that came about. It is small and owns nothing, because a check that is explained makes dozens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A stage is done and changed a bit (TRC-3); the DACL stage and the last are told in any case.
    Stage {
        /// Which.
        stage: Stage,
        /// Before it.
        before: Bits,
        /// After it.
        after: Bits,
    },
    /// Step 0: whom the check evaluates.
    Gate(Subject),
    /// Step 2: what is asked.
    Mapped {
        /// The request, generic bits mapped.
        mapped: AccessMask,
        /// Whether it has MAXIMUM_ALLOWED.
        maximum: bool,
        /// The bits that entries are looked at for (MAP-7).
        relevant: AccessMask,
    },
    /// Step 3: a privilege of the token that plays a part in checks.
    Privilege {
        /// Which.
        privilege: Privilege,
        /// Held or disabled.
        state: PrivilegeState,
        /// Held, but the request lacks the intent.
        no_intent: bool,
    },
    /// Steps 4 and 9: a privilege granted bits.
    PrivilegeGrant {
        /// Which.
        privilege: Privilege,
        /// What it grants.
        bits: AccessMask,
    },
    /// Step 4: ACCESS_SYSTEM_SECURITY is settled, and not granted (PRIV-2).
    SystemSecurityWithheld,
    /// Step 5: integrity.
    Integrity {
        /// Position of the label, none for the default.
        label: Option<u16>,
        /// The label's level.
        level: u32,
        /// The label's letters.
        policy: LabelPolicy,
        /// The token's mandatory policy leaves integrity out (MIC-3).
        off: bool,
        /// What it blocks.
        blocked: AccessMask,
        /// SeRelabelPrivilege saves WRITE_OWNER.
        relabel: bool,
    },
    /// Step 5: process trust.
    Trust {
        /// Position of the trust label.
        label: u16,
        /// What the label asks for: type and trust.
        required: (u32, u32),
        /// What it blocks.
        blocked: AccessMask,
        /// What it takes from privileges.
        revoked: AccessMask,
    },
    /// Step 5: a label or attribute that an earlier one hides.
    Shadowed(u16),
    /// Steps 8, 10, 11: a walk begins.
    Walk {
        /// Which.
        pass: Pass,
        /// Whether the caller counts as owner in it.
        owner: bool,
        /// The rights that ownership gave at once.
        implicit: AccessMask,
        /// The entry that took them away (OWN-3).
        suppressor: Option<u16>,
    },
    /// A NULL DACL granted.
    NullDacl {
        /// In which walk.
        pass: Pass,
        /// What.
        bits: AccessMask,
    },
    /// An entry of the DACL was looked at.
    Ace(AceFact),
    /// A condition was evaluated: its position among the conditions of the explanation.
    Condition(u32),
    /// Step 9: how the override of WRITE_OWNER came out.
    TakeOwnership(TakeOwnership),
    /// Steps 10 and 11: a second walk was laid over the first.
    Merge {
        /// Which.
        pass: Pass,
        /// What the second walk granted.
        second: AccessMask,
        /// The bits that it was to filter.
        filter: AccessMask,
        /// What it removed in the end.
        removed: AccessMask,
        /// What privileges kept.
        restored: AccessMask,
    },
    /// Step 12: a rule of a central policy begins: its position among the rules of the explanation. The facts of its
    /// evaluation follow.
    RuleBegin(u32),
    /// Step 12: the evaluation of a rule is done.
    RuleEnd {
        /// Position of the entry that names the policy.
        entry: u16,
        /// Position of the rule.
        rule: u16,
        /// The staged DACL, not the effective one.
        staged: bool,
        /// It could not be evaluated.
        error: bool,
        /// What it leaves.
        granted: AccessMask,
        /// What it removed from the decision, or from the staged one.
        removed: AccessMask,
    },
    /// Step 12: the entry at this position names a policy again, which does not narrow again (CAP-7).
    PolicyAgain(u16),
    /// Step 12: a rule does not apply.
    RuleSkipped {
        /// Position of the entry that names the policy.
        entry: u16,
        /// Position of the rule.
        rule: u16,
        /// What its condition came to.
        truth: Truth,
    },
}

/// What became of one entry in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AceFact {
    /// In which walk.
    pub pass: Pass,
    /// Its position in the whole list.
    pub index: u16,
    /// It denies.
    pub deny: bool,
    /// What became of it.
    pub verdict: Verdict,
    /// By what it matched, or would have but for being inherit-only.
    pub via: Option<Via>,
    /// Why it did not match.
    pub miss: Option<Miss>,
    /// Its rights, mapped.
    pub mask: AccessMask,
    /// What it newly granted or denied; for the root, with a tree.
    pub fresh: AccessMask,
    /// What it would have settled had nobody been there before; for the root, with a tree.
    pub late: AccessMask,
    /// The node that it names.
    pub node: Option<u16>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It settled bits.
    Applied,
    /// It settled bits, as its condition is UNKNOWN and it denies (COND-1).
    AppliedOnUnknown,
    /// Its SID does not match.
    NoMatch,
    /// It is for children only (ACE-4).
    InheritOnly,
    /// It does not belong into a DACL (ACL-5).
    WrongType,
    /// Its condition is false.
    ConditionFalse,
    /// Its condition is UNKNOWN and it allows.
    ConditionUnknown,
    /// It holds nothing that is asked for (MAP-7).
    IrrelevantBits,
    /// Everything it holds was settled before (DACL-3).
    AlreadyDecided,
    /// The tree has no such node (TREE-3).
    GuidNotInTree,
    /// Nobody knows its type (ACL-4).
    UnknownType,
}

impl Verdict {
    /// The word that traces print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Applied => "applied",
            Verdict::AppliedOnUnknown => "condition-U-applied",
            Verdict::NoMatch => "no-match",
            Verdict::InheritOnly => "inherit-only",
            Verdict::WrongType => "wrong-type",
            Verdict::ConditionFalse => "condition-F",
            Verdict::ConditionUnknown => "condition-U-skipped",
            Verdict::IrrelevantBits => "irrelevant-bits",
            Verdict::AlreadyDecided => "already-decided",
            Verdict::GuidNotInTree => "guid-not-in-tree",
            Verdict::UnknownType => "unknown-type",
        }
    }

    /// The rule that says so.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Verdict::Applied | Verdict::AlreadyDecided => "DACL-3",
            Verdict::AppliedOnUnknown | Verdict::ConditionFalse | Verdict::ConditionUnknown => "COND-1",
            Verdict::NoMatch => "DACL-1",
            Verdict::InheritOnly => "ACE-4",
            Verdict::WrongType => "ACL-5",
            Verdict::IrrelevantBits => "MAP-7",
            Verdict::GuidNotInTree => "TREE-3",
            Verdict::UnknownType => "ACL-4",
        }
    }
}

/// How the override of WRITE_OWNER came out (TKO-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TakeOwnership {
    /// It granted.
    Fired,
    /// Nobody asked.
    NotRequested,
    /// The privilege is not held.
    NoPrivilege,
    /// Integrity or trust forbids it.
    MandatoryBlock,
    /// It was granted already.
    AlreadyGranted,
}

/// What carries a condition (COND-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// An entry of the DACL.
    Dacl(Pass, u16),
    /// An entry of the SACL.
    Sacl(u16),
    /// An entry of a SACL of a policy: the entry that names it, the rule, the entry.
    PolicySacl(u16, u16, u16),
    /// A rule of a policy: the entry that names it, and the rule.
    AppliesTo(u16, u16),
}

/// A condition was evaluated (COND-32).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConditionFact {
    /// What carries it.
    pub carrier: Carrier,
    /// On which side.
    pub side: Side,
    /// What it came to.
    pub truth: Truth,
    /// What it looked at.
    pub record: ConditionRecord,
}

/// A rule of a central policy begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleFact {
    /// Position of the entry that names the policy.
    pub entry: u16,
    /// Position of the rule.
    pub rule: u16,
    /// The staged DACL, not the effective one.
    pub staged: bool,
    /// The policy is not known, so this is the recovery rule (CAP-5).
    pub recovery: bool,
    /// The rule's DACL, if it could be read.
    pub dacl: Option<Arc<Acl>>,
}
