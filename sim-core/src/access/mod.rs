//! The one access check: who asks, for what, of what; and the decision. Observed, never copied.
//!
//! Authority: KACS v0.20 AccessCheck, MS-DTYP 2.5.3. Rules ACC-1 to ACC-5, GATE-1 to GATE-4, IMP-15, PRC-14. The order
//! of the stages is in `pipeline`. The check reads its inputs and changes nothing (ACC-5); it knows nothing of
//! processes, handles or time.

mod audit;
mod central;
mod condition;
mod dacl;
mod decision;
mod descriptor;
mod explanation;
mod mandatory;
mod matcher;
mod narrow;
mod object_tree;
mod observer;
mod pipeline;
mod program;
mod sets;

pub use central::{MAX_RULES, Policy, PolicyAcl, PolicyCache, PolicyRule};
pub use condition::{AttributeRead, ConditionRecord, MemberTest, Truth, UnknownReason};
pub use decision::{
    AccessError, AuditEvent, AuditTrigger, Decision, GateRefusal, NodeResult, PolicyDiagnostic, PrivilegeUse,
    Status, Subject,
};
pub use descriptor::Descriptor;
pub use explanation::{BitEntry, Decider, Explanation, Note, NoteKind, Outcome, Reason};
pub use matcher::{Miss, Pass, Side, Via};
pub use object_tree::{NodeBits, ObjectTree, TreeNode};
pub use observer::{
    AceFact, Bits, Carrier, ConditionFact, Fact, Observer, RuleFact, Silent, TakeOwnership, Verdict,
};
pub use pipeline::{CHECK_PRIVILEGES, STAGES, Stage};

use bitflags::bitflags;

use crate::model::{AnonymousGate, IdentificationGate, Model};
use crate::rights::AccessMask;
use crate::sd::attributes::Attributes;
use crate::sd::condition::Claim;
use crate::sid::{SidId, SidTable};
use crate::token::{ImpersonationLevel, Token};

bitflags! {
    /// What the caller says it is doing (ACC-1).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct Intents: u8 {
        /// SeBackupPrivilege counts.
        const BACKUP = 1;
        /// SeRestorePrivilege counts.
        const RESTORE = 2;
    }
}

/// The trust of a process: its protection type and level (PRC-14). It comes from the process, never from a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct ProcessTrust {
    /// The type; 0 is none.
    pub kind: u32,
    /// The level within it.
    pub trust: u32,
}

impl ProcessTrust {
    /// Whether this process dominates another one; a process without a type is dominated by all (PRC-14).
    #[must_use]
    pub fn dominates(self, target: ProcessTrust) -> bool {
        target.kind == 0 || self.kind >= target.kind && self.trust >= target.trust
    }
}

/// Claims passed along with one check, compiled (COND-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct LocalClaims(Attributes);

static NO_CLAIMS: LocalClaims = LocalClaims(Attributes::NONE);

impl LocalClaims {
    /// No claim.
    pub const EMPTY: &'static LocalClaims = &NO_CLAIMS;

    /// Compiles claims.
    #[must_use]
    pub fn new(claims: &[Claim], sids: &mut SidTable) -> LocalClaims {
        LocalClaims(Attributes::compile(claims, sids))
    }
}

/// What a check answers: one verdict, or one per node of the tree (RES-1, RES-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResultMode {
    /// One verdict.
    #[default]
    Scalar,
    /// One per node; there must be a tree.
    List,
}

/// Everything that a check looks at (ACC-1).
#[derive(Clone, Copy, Debug)]
pub struct AccessRequest<'a> {
    /// The rules of play.
    pub model: &'a Model,
    /// The thread's effective token.
    pub token: &'a Token,
    /// The Anonymous identity, in case the gate puts it in the token's place.
    pub anonymous: &'a Token,
    /// The trust of the calling process.
    pub trust: ProcessTrust,
    /// What guards the object.
    pub descriptor: Option<&'a Descriptor>,
    /// What is asked for, generic bits and MAXIMUM_ALLOWED included.
    pub desired: AccessMask,
    /// What the caller says it is doing.
    pub intents: Intents,
    /// Whom PRINCIPAL SELF stands for (VG-2).
    pub self_sid: Option<SidId>,
    /// Claims for `@Local.`
    pub local_claims: &'a LocalClaims,
    /// The parts of the object.
    pub object_tree: Option<&'a ObjectTree>,
    /// One verdict or many.
    pub mode: ResultMode,
    /// The central policies.
    pub policies: &'a PolicyCache,
}

/// Decides a request. With [`Silent`] it allocates nothing, unless there is a tree or something is to be audited.
///
/// # Errors
/// What makes a decision impossible (RES-5), in the order of VAL-6. A denial is no error.
pub fn access_check<O: Observer>(
    request: &AccessRequest<'_>,
    observer: &mut O,
) -> Result<Decision, AccessError> {
    if !O::ACTIVE {
        return pipeline::run(request, observer);
    }
    observer.begin(request);
    let result = pipeline::run(request, observer);
    observer.end(result.as_ref().map_err(|error| *error));
    result
}

/// Whom a thread with this token is taken for (GATE-1, GATE-3, IMP-15): the token itself, or the Anonymous identity.
///
/// # Errors
/// The level is too low for the model.
#[inline]
pub fn subject<'a>(model: &Model, token: &'a Token, anonymous: &'a Token) -> Result<&'a Token, GateRefusal> {
    match token.level() {
        None | Some(ImpersonationLevel::Impersonation | ImpersonationLevel::Delegation) => Ok(token),
        Some(ImpersonationLevel::Identification) => match model.identification_gate {
            IdentificationGate::EvaluateAsAnonymous => Ok(anonymous),
            IdentificationGate::AccessDenied => Err(GateRefusal::AccessDenied),
            IdentificationGate::BadImpersonationLevel => Err(GateRefusal::BadImpersonationLevel),
        },
        Some(ImpersonationLevel::Anonymous) => match model.anonymous_gate {
            AnonymousGate::Evaluate => Ok(token),
            AnonymousGate::BadImpersonationLevel => Err(GateRefusal::BadImpersonationLevel),
        },
    }
}
