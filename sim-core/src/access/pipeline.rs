//! The order of a check: the stages as one list, the state that they hand on, and the small stages.
//!
//! Rules ACC-2 to ACC-4, VAL-1 to VAL-6, MAP-6, MAP-7, PRIV-1 to PRIV-5, TREE-1, TKO-1, TKO-2, PUA-1 to PUA-6, RES-1
//! to RES-3. The larger stages have files of their own.

use super::audit::{self, PolicySacl};
use super::condition::Surroundings;
use super::dacl::{Walk, WalkBits};
use super::decision::{AccessError, Decision, NodeResult, PrivilegeUse, Status, Subject};
use super::descriptor::{Entries, SaclFacts};
use super::matcher::{Normal, View};
use super::object_tree::NodeBits;
use super::observer::{Bits, Fact, Observer, TakeOwnership};
use super::{AccessRequest, Intents, ResultMode, central, mandatory, narrow, subject};
use crate::model::{EmptyRequests, IntentRights, MaximumPrivileges, ReportedMask, SystemSecurity};
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState};
use crate::rights::{AccessMask, GenericMapping};
use crate::sid::SidId;
use crate::token::{AuditPolicy, ImpersonationLevel, Token};

macro_rules! stages {
    (
        once { $($o_stage:ident $o_name:literal $o_step:literal $o_function:path;)* }
        evaluation { $($e_stage:ident $e_name:literal $e_step:literal $e_function:path;)* }
        after { $($a_stage:ident $a_name:literal $a_step:literal $a_function:path;)* }
    ) => {
        /// A stage of the check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Stage {
            $(#[doc = concat!("`", $o_name, "`, step ", $o_step)] $o_stage,)*
            $(#[doc = concat!("`", $e_name, "`, step ", $e_step)] $e_stage,)*
            $(#[doc = concat!("`", $a_name, "`, step ", $a_step)] $a_stage,)*
        }

        /// Every stage in its order: the stage, its name in traces, its step in the rules (ACC-3).
        pub const STAGES: &[(Stage, &str, &str)] = &[
            $((Stage::$o_stage, $o_name, $o_step),)*
            $((Stage::$e_stage, $e_name, $e_step),)*
            $((Stage::$a_stage, $a_name, $a_step),)*
        ];

        impl<'a> Evaluation<'a> {
            /// The stages before the first evaluation.
            fn run_once<O: Observer>(&mut self, observer: &mut O) -> Result<(), AccessError> {
                $($o_function(self, observer)?;)*
                Ok(())
            }

            /// Steps 3 to 11, for the object's own descriptor and again for each policy rule (ACC-3).
            pub(crate) fn run_evaluation<O: Observer>(&mut self, observer: &mut O) -> Result<(), AccessError> {
                $(
                    let before = self.bits;
                    $e_function(self, observer)?;
                    if O::ACTIVE {
                        done(Stage::$e_stage, before, self.bits, observer);
                    }
                )*
                Ok(())
            }

            /// The stages after it.
            fn run_after<O: Observer>(&mut self, decision: &mut Decision, observer: &mut O) {
                $(
                    let before = self.bits;
                    $a_function(self, decision, observer);
                    if O::ACTIVE {
                        done(Stage::$a_stage, before, self.bits, observer);
                    }
                )*
            }
        }
    };
}

stages! {
    once {
        Inputs "inputs" "1" inputs;
        Gate "gate" "0" gate;
        Validation "validation" "1" validation;
        Mapping "mapping" "2" mapping;
    }
    evaluation {
        Intents "intents" "3" intents;
        Privilege "privilege" "4" privileges;
        Integrity "integrity" "5" mandatory::integrity;
        Trust "trust" "5" mandatory::trust;
        Dacl "dacl" "6-8" dacl;
        TakeOwnership "take_ownership" "9" take_ownership;
        Restricted "restricted" "10" narrow::restricted;
        Confinement "confinement" "11" narrow::confinement;
    }
    after {
        Policy "policy" "12" central::policies;
        PrivilegeUse "privilege_use" "13" privilege_use;
        Audit "audit" "14" audit::sacls;
        ForcedAudit "forced_audit" "14b" audit::forced;
        Result "result" "15" result;
    }
}

impl Stage {
    /// The name that traces print.
    #[must_use]
    pub fn name(self) -> &'static str {
        STAGES.get(self as usize).map_or("", |row| row.1)
    }

    /// The step in the rules.
    #[must_use]
    pub fn step(self) -> &'static str {
        STAGES.get(self as usize).map_or("", |row| row.2)
    }
}

/// The privileges that play a part in checks, in the order in which their use is audited (PUA-2).
pub const CHECK_PRIVILEGES: [Privilege; 5] = [
    Privilege::SECURITY,
    Privilege::BACKUP,
    Privilege::RESTORE,
    Privilege::TAKE_OWNERSHIP,
    Privilege::RELABEL,
];

/// Positions in [`CHECK_PRIVILEGES`].
pub(crate) const SECURITY: usize = 0;
const BACKUP: usize = 1;
const RESTORE: usize = 2;
const TAKE_OWNERSHIP: usize = 3;
pub(crate) const RELABEL: usize = 4;

/// What an evaluation is about: the object's descriptor, or the same with the DACL of a policy rule (CAP-3).
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) owner: Option<SidId>,
    pub(crate) dacl: Option<&'a Entries>,
    pub(crate) sacl: &'a SaclFacts,
    pub(crate) mapping: GenericMapping,
}

static NO_SACL: SaclFacts = SaclFacts::NONE;

/// The state of a check (ACC-2).
pub(crate) struct Evaluation<'a> {
    pub(crate) request: &'a AccessRequest<'a>,
    pub(crate) subject: &'a Token,
    pub(crate) target: Target<'a>,
    pub(crate) intents: Intents,
    /// Privileges that are held and count for this request (PRIV-1).
    pub(crate) effective: PrivilegeSet,
    pub(crate) mapped: AccessMask,
    pub(crate) maximum: bool,
    pub(crate) relevant: AccessMask,
    /// What SeSecurityPrivilege and SeTakeOwnershipPrivilege may add to this request.
    volunteered: AccessMask,
    pub(crate) bits: Bits,
    /// Which privilege granted what, by position in [`CHECK_PRIVILEGES`].
    pub(crate) provenance: [AccessMask; 5],
    /// What integrity or trust settled.
    pub(crate) mandatory: AccessMask,
    pub(crate) nodes: Vec<NodeBits>,
    pub(crate) policy_sacls: Vec<PolicySacl<'a>>,
    pub(crate) staged_sacls: Vec<PolicySacl<'a>>,
    /// What staged policies leave, where there are policies at all (CAP-8).
    pub(crate) staged: Option<(AccessMask, bool)>,
}

impl<'a> Evaluation<'a> {
    fn new(request: &'a AccessRequest<'a>) -> Evaluation<'a> {
        let none = GenericMapping {
            read: AccessMask::NONE,
            write: AccessMask::NONE,
            execute: AccessMask::NONE,
            all: AccessMask::NONE,
        };
        Evaluation {
            request,
            subject: request.token,
            target: Target { owner: None, dacl: None, sacl: &NO_SACL, mapping: none },
            intents: request.intents,
            effective: PrivilegeSet::NONE,
            mapped: AccessMask::NONE,
            maximum: false,
            relevant: AccessMask::NONE,
            volunteered: AccessMask::NONE,
            bits: Bits::default(),
            provenance: [AccessMask::NONE; 5],
            mandatory: AccessMask::NONE,
            nodes: Vec::new(),
            policy_sacls: Vec::new(),
            staged_sacls: Vec::new(),
            staged: None,
        }
    }

    /// A fresh evaluation of the same request against the DACL of a policy rule, without intents (CAP-2, CAP-3).
    pub(crate) fn for_rule(&self, dacl: &'a Entries) -> Evaluation<'a> {
        Evaluation {
            subject: self.subject,
            target: Target { dacl: Some(dacl), ..self.target },
            intents: Intents::empty(),
            mapped: self.mapped,
            maximum: self.maximum,
            relevant: self.relevant,
            volunteered: self.volunteered,
            ..Evaluation::new(self.request)
        }
    }

    /// How the token looks to the walks.
    #[inline]
    pub(crate) fn view(&self) -> View<'a> {
        View::new(self.request.model, self.subject, self.target.owner, self.request.self_sid)
    }

    #[inline]
    pub(crate) fn walk(&self) -> Walk<'a> {
        Walk {
            dacl: self.target.dacl,
            mapping: self.target.mapping,
            relevant: self.relevant,
            tree: self.request.object_tree,
            surroundings: self.surroundings(),
        }
    }

    #[inline]
    pub(crate) fn surroundings(&self) -> Surroundings<'a> {
        Surroundings {
            model: self.request.model,
            local: &self.request.local_claims.0,
            user: &self.subject.identity.user_attributes,
            resource: &self.target.sacl.attributes,
            device: &self.subject.identity.device_attributes,
        }
    }
}

/// Tells that a stage is done, if it changed a bit; the walk is told in any case, as what it left open is settled by
/// it, and so is the last stage, as it closes the record.
fn done<O: Observer>(stage: Stage, before: Bits, after: Bits, observer: &mut O) {
    if before != after || matches!(stage, Stage::Dacl | Stage::Result) {
        observer.note(Fact::Stage { stage, before, after });
    }
}

/// The whole check.
pub(crate) fn run<O: Observer>(
    request: &AccessRequest<'_>,
    observer: &mut O,
) -> Result<Decision, AccessError> {
    let mut evaluation = Evaluation::new(request);
    evaluation.run_once(observer)?;
    evaluation.run_evaluation(observer)?;
    let mut decision = Decision::default();
    evaluation.run_after(&mut decision, observer);
    Ok(decision)
}

/// What is wrong whoever asks: the tree, and the token itself (VAL-3, VAL-5, VAL-6, RES-2).
#[inline]
fn inputs<O: Observer>(evaluation: &mut Evaluation<'_>, _: &mut O) -> Result<(), AccessError> {
    let request = evaluation.request;
    match (request.object_tree, request.mode) {
        (Some(tree), _) => tree.check(request.model)?,
        (None, ResultMode::List) => return Err(AccessError::ListWithoutTree),
        (None, ResultMode::Scalar) => {}
    }
    let facts = request.token.facts();
    if facts.write_restricted && !facts.user_deny_only {
        return Err(AccessError::InvalidToken);
    }
    Ok(())
}

/// Step 0: whom the check is about (GATE-1).
#[inline]
fn gate<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let request = evaluation.request;
    evaluation.subject = subject(request.model, request.token, request.anonymous)?;
    if O::ACTIVE {
        observer.note(Fact::Gate(who(evaluation)));
    }
    Ok(())
}

/// The gate lets a thread at Identification pass only as somebody else.
fn who(evaluation: &Evaluation<'_>) -> Subject {
    match evaluation.request.token.level() {
        Some(ImpersonationLevel::Identification) => Subject::Anonymous,
        _ => Subject::Effective,
    }
}

/// Step 1 (VAL-1, VAL-2, VAL-4).
#[inline]
fn validation<O: Observer>(evaluation: &mut Evaluation<'_>, _: &mut O) -> Result<(), AccessError> {
    let compiled = evaluation.request.descriptor.ok_or(AccessError::NoDescriptor)?.compiled();
    if compiled.owner.is_none() {
        return Err(AccessError::MissingOwner);
    }
    if evaluation.request.desired.intersects(AccessMask::RESERVED) {
        return Err(AccessError::InvalidMask);
    }
    evaluation.target = Target {
        owner: compiled.owner,
        dacl: compiled.dacl.as_ref(),
        sacl: &compiled.sacl,
        mapping: compiled.mapping,
    };
    Ok(())
}

/// Step 2 (MAP-6, MAP-7).
#[inline]
fn mapping<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let desired = evaluation.target.mapping.map(evaluation.request.desired);
    evaluation.maximum = desired.intersects(AccessMask::MAXIMUM_ALLOWED);
    evaluation.mapped = desired & !AccessMask::MAXIMUM_ALLOWED;
    evaluation.relevant = if evaluation.maximum {
        !(AccessMask::MAXIMUM_ALLOWED | AccessMask::GENERIC | AccessMask::RESERVED)
    } else {
        evaluation.mapped
    };
    // MAXIMUM_ALLOWED asks for what privileges could add, or only for what is named besides (W-ACC-2).
    evaluation.volunteered = match (evaluation.maximum, evaluation.request.model.maximum_privileges) {
        (true, MaximumPrivileges::Added) => AccessMask::ACCESS_SYSTEM_SECURITY | AccessMask::WRITE_OWNER,
        (true, MaximumPrivileges::WhenNamed) => evaluation.mapped,
        (false, _) => AccessMask::ACCESS_SYSTEM_SECURITY | evaluation.mapped,
    };
    if O::ACTIVE {
        let Evaluation { mapped, maximum, relevant, .. } = *evaluation;
        observer.note(Fact::Mapped { mapped, maximum, relevant });
    }
    Ok(())
}

/// Step 3 (PRIV-1).
#[inline]
fn intents<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let privileges = &evaluation.subject.privileges;
    let mut effective = privileges.present.and(privileges.enabled);
    if !evaluation.intents.contains(Intents::BACKUP) {
        effective.remove(Privilege::BACKUP);
    }
    if !evaluation.intents.contains(Intents::RESTORE) {
        effective.remove(Privilege::RESTORE);
    }
    evaluation.effective = effective;
    if O::ACTIVE {
        for privilege in CHECK_PRIVILEGES {
            let state = privileges.state(privilege);
            if state != PrivilegeState::Absent {
                let no_intent = state == PrivilegeState::Held && !effective.contains(privilege);
                observer.note(Fact::Privilege { privilege, state, no_intent });
            }
        }
    }
    Ok(())
}

/// Step 4 (PRIV-2 to PRIV-5).
#[inline]
fn privileges<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let effective = evaluation.effective;
    evaluation.bits.decided |= AccessMask::ACCESS_SYSTEM_SECURITY;
    let volunteered = evaluation.volunteered.intersects(AccessMask::ACCESS_SYSTEM_SECURITY);
    if effective.contains(Privilege::SECURITY) && volunteered {
        grant_privilege(evaluation, SECURITY, AccessMask::ACCESS_SYSTEM_SECURITY, observer);
    } else if O::ACTIVE {
        observer.note(Fact::SystemSecurityWithheld);
    }
    if effective.contains(Privilege::BACKUP) || effective.contains(Privilege::RESTORE) {
        let (backup, restore) = intent_rights(evaluation);
        if effective.contains(Privilege::BACKUP) {
            grant_privilege(evaluation, BACKUP, backup, observer);
        }
        if effective.contains(Privilege::RESTORE) {
            grant_privilege(evaluation, RESTORE, restore, observer);
        }
    }
    Ok(())
}

/// What backup and restore give (PRIV-3, PRIV-4, W-ACC-5).
fn intent_rights(evaluation: &Evaluation<'_>) -> (AccessMask, AccessMask) {
    let mapping = &evaluation.target.mapping;
    let restore = mapping.map(AccessMask::GENERIC_WRITE)
        | AccessMask::WRITE_DAC
        | AccessMask::WRITE_OWNER
        | AccessMask::DELETE
        | AccessMask::ACCESS_SYSTEM_SECURITY;
    match evaluation.request.model.intent_rights {
        IntentRights::Generic => (mapping.map(AccessMask::GENERIC_READ), restore),
        IntentRights::FileSystem => {
            // FILE_TRAVERSE, where bit 5 means that.
            let traverse = AccessMask(0x20) & mapping.map(AccessMask::GENERIC_EXECUTE);
            let read = mapping.map(AccessMask::GENERIC_READ) | AccessMask::READ_CONTROL;
            (read | traverse | AccessMask::ACCESS_SYSTEM_SECURITY, restore)
        }
    }
}

fn grant_privilege<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    position: usize,
    mask: AccessMask,
    observer: &mut O,
) {
    evaluation.bits.decided |= mask;
    evaluation.bits.granted |= mask;
    evaluation.bits.privileged |= mask;
    if let (Some(from), Some(privilege)) =
        (evaluation.provenance.get_mut(position), CHECK_PRIVILEGES.get(position))
    {
        *from |= mask;
        if O::ACTIVE {
            observer.note(Fact::PrivilegeGrant { privilege: *privilege, bits: mask });
        }
    }
}

/// Steps 6 to 8: owner rights and the DACL, per node if there is a tree (TREE-1).
#[inline]
fn dacl<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let root = NodeBits { decided: evaluation.bits.decided, granted: evaluation.bits.granted };
    if let Some(tree) = evaluation.request.object_tree {
        evaluation.nodes = vec![root; tree.nodes().len()];
    }
    let walk = evaluation.walk();
    let matcher = Normal::new(evaluation.view());
    let mut bits = WalkBits { root, nodes: &mut evaluation.nodes };
    walk.run(&matcher, &mut bits, observer);
    let root = bits.root;
    evaluation.bits.decided = root.decided;
    evaluation.bits.granted = root.granted;
    Ok(())
}

/// Step 9 (TKO-1, TKO-2).
#[inline]
fn take_ownership<O: Observer>(evaluation: &mut Evaluation<'_>, observer: &mut O) -> Result<(), AccessError> {
    let right = AccessMask::WRITE_OWNER;
    let outcome = if !evaluation.effective.contains(Privilege::TAKE_OWNERSHIP) {
        TakeOwnership::NoPrivilege
    } else if !evaluation.volunteered.intersects(right) {
        TakeOwnership::NotRequested
    } else if evaluation.mandatory.intersects(right) {
        TakeOwnership::MandatoryBlock
    } else if evaluation.bits.granted.intersects(right) {
        TakeOwnership::AlreadyGranted
    } else {
        grant_privilege(evaluation, TAKE_OWNERSHIP, right, observer);
        for node in &mut evaluation.nodes {
            node.decided |= right;
            node.granted |= right;
        }
        TakeOwnership::Fired
    };
    if O::ACTIVE {
        observer.note(Fact::TakeOwnership(outcome));
    }
    Ok(())
}

/// Step 13 (PUA-1 to PUA-6).
#[inline]
fn privilege_use<O: Observer>(evaluation: &mut Evaluation<'_>, decision: &mut Decision, _: &mut O) {
    if evaluation.maximum || evaluation.effective == PrivilegeSet::NONE {
        return;
    }
    let policy = evaluation.subject.facts().audit_policy;
    for (privilege, from) in CHECK_PRIVILEGES.into_iter().zip(evaluation.provenance) {
        let requested = from & evaluation.mapped;
        if requested.is_empty() {
            continue;
        }
        let granted = match evaluation.request.mode {
            ResultMode::Scalar => evaluation.bits.granted,
            ResultMode::List => {
                evaluation.nodes.iter().fold(AccessMask::NONE, |any, node| any | node.granted)
            }
        };
        let surviving = requested & granted;
        let success = !surviving.is_empty();
        let audited = if success {
            decision.used.insert(privilege);
            AuditPolicy::PRIVILEGE_USE_SUCCESS
        } else {
            AuditPolicy::PRIVILEGE_USE_FAILURE
        };
        if policy.contains(audited) {
            decision.privilege_use.push(PrivilegeUse { privilege, requested, surviving, success });
        }
    }
}

/// Step 15 (RES-1 to RES-3; W-ACC-1 to W-ACC-4, W-ACC-11).
#[inline]
fn result<O: Observer>(evaluation: &mut Evaluation<'_>, decision: &mut Decision, _: &mut O) {
    let Evaluation { mapped, maximum, .. } = *evaluation;
    let mut granted = evaluation.bits.granted;
    let reported = evaluation.request.model.reported_mask;
    let empty_requests = evaluation.request.model.empty_requests;
    // The test of the object and of each of its nodes (RES-2).
    let allows = |granted: AccessMask| {
        let nothing = if maximum {
            granted.is_empty() && reported == ReportedMask::Kept
        } else {
            mapped.is_empty() && empty_requests == EmptyRequests::Denied
        };
        granted.contains(mapped) && !nothing
    };
    let allowed = allows(granted);
    if reported == ReportedMask::Kept {
        granted = match (allowed, maximum) {
            (false, _) => AccessMask::NONE,
            (true, false) => mapped,
            (true, true) => granted,
        };
    }
    if evaluation.request.mode == ResultMode::List {
        decision.nodes = evaluation
            .nodes
            .iter()
            .map(|node| NodeResult {
                granted: match (reported, maximum) {
                    (ReportedMask::Kept, false) => node.granted & mapped,
                    _ => node.granted,
                },
                allowed: allows(node.granted),
            })
            .collect();
    }
    decision.status = if allowed { Status::Allowed } else { denial(evaluation) };
    decision.granted = granted;
    decision.mapped = mapped;
    decision.maximum = maximum;
    decision.allowed = allowed;
    decision.subject = who(evaluation);
}

/// W-ACC-4, W-ACC-11
fn denial(evaluation: &Evaluation<'_>) -> Status {
    let right = AccessMask::ACCESS_SYSTEM_SECURITY;
    let helped = evaluation.provenance.iter().any(|from| from.intersects(right));
    match evaluation.request.model.system_security {
        SystemSecurity::PrivilegeNotHeld if evaluation.mapped.intersects(right) && !helped => {
            Status::PrivilegeNotHeld
        }
        SystemSecurity::PrivilegeNotHeld | SystemSecurity::MissingBit => Status::AccessDenied,
    }
}
