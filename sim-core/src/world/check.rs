//! The one place where the world asks the access check, and where standalone privilege gates are decided.
//!
//! Authority: IMP-15, TOK-6, TOK-22, TOK-23, RES-4, FILE-31, FILE-32.

use std::sync::Arc;

use super::World;
use super::op::{DeniedBy, ErrorName, Failure};
use super::record::{CheckPurpose, CheckRecord, Fact, ObjectName, PrivilegeGate, Recorder, Unasked};
use crate::access::{
    AccessError, AccessRequest, Decider, Decision, Descriptor, Explanation, GateRefusal, Intents,
    LocalClaims, Reason, ResultMode, Silent, Status, access_check,
};
use crate::ids::ThreadId;
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState};
use crate::rights::AccessMask;

/// What is asked of a descriptor.
pub(super) struct Ask<'a> {
    pub purpose: CheckPurpose,
    pub desired: AccessMask,
    pub intents: Intents,
    /// What is guarded; made only if somebody looks.
    pub object: &'a dyn Fn(&World) -> ObjectName,
}

/// How something was let.
pub(super) enum Allowed {
    /// By a decision.
    By(Decision),
    /// Nothing was asked, as the object is unmanaged (FILE-31).
    Unasked,
}

impl World {
    /// Lets the access check decide, and marks the privileges that helped. The decision is that of an allowed check.
    pub(super) fn decide<R: Recorder>(
        &mut self,
        thread: ThreadId,
        descriptor: &Arc<Descriptor>,
        ask: &Ask<'_>,
        recorder: &mut R,
    ) -> Result<Decision, Failure> {
        let (result, explanation) = if R::ACTIVE {
            let mut explanation = Explanation::default();
            let result = access_check(&self.request(thread, descriptor, ask), &mut explanation);
            (result, Some(explanation))
        } else {
            (access_check(&self.request(thread, descriptor, ask), &mut Silent), None)
        };
        if let Ok(decision) = &result {
            self.mark_used(thread, decision.used);
        }
        let failure = match &result {
            Ok(decision) if decision.allowed => None,
            Ok(decision) => {
                let denied = match &explanation {
                    Some(explanation) => denied_by(explanation),
                    None => {
                        // Denials are rare and somebody may ask why: the same check once more, explained.
                        let mut explanation = Explanation::default();
                        // The answer is known; only its reason is wanted.
                        let _ = access_check(&self.request(thread, descriptor, ask), &mut explanation);
                        denied_by(&explanation)
                    }
                };
                let error = match decision.status {
                    Status::PrivilegeNotHeld => ErrorName::PrivilegeNotHeld,
                    Status::AccessDenied | Status::Allowed => ErrorName::AccessDenied,
                };
                Some(Failure { error, denied: Some(denied) })
            }
            Err(error) => Some(failure_of(error)),
        };
        if let Some(explanation) = explanation {
            recorder.fact(|_| {
                Fact::Check(Box::new(CheckRecord {
                    object: (ask.object)(self),
                    purpose: ask.purpose,
                    desired: ask.desired,
                    intents: ask.intents,
                    result: Some(result.clone()),
                    unasked: None,
                    denied: failure.and_then(|failure| failure.denied),
                    explanation,
                    who: self.who(thread),
                }))
            });
        }
        if let Ok(subject) = self.subject_token(thread) {
            self.warn_of_disagreement(subject, recorder);
        }
        match (result, failure) {
            (Ok(decision), None) => Ok(decision),
            (_, Some(failure)) => Err(failure),
            (Err(error), None) => Err(failure_of(&error)),
        }
    }

    /// Where there is no descriptor to ask, it is settled without: nobody is let, or everybody (FILE-31, FILE-32).
    pub(super) fn settle_unasked<R: Recorder>(
        &self,
        thread: ThreadId,
        why: Unasked,
        ask: &Ask<'_>,
        recorder: &mut R,
    ) -> Result<Allowed, Failure> {
        let denied = |by| Some(Failure { error: ErrorName::AccessDenied, denied: Some(by) });
        let failure = match (why, self.subject_token(thread)) {
            (Unasked::Unmanaged, _) => None,
            // The level gate stands before everything that the object could say.
            (Unasked::Missing | Unasked::Damaged, Err(refused)) => Some(refused),
            (Unasked::Missing, Ok(_)) => denied(DeniedBy::MissingSd),
            (Unasked::Damaged, Ok(_)) => denied(DeniedBy::CorruptSd),
        };
        recorder.fact(|_| {
            Fact::Check(Box::new(CheckRecord {
                object: (ask.object)(self),
                purpose: ask.purpose,
                desired: ask.desired,
                intents: ask.intents,
                result: None,
                unasked: Some(why),
                denied: failure.and_then(|failure| failure.denied),
                explanation: Explanation::default(),
                who: self.who(thread),
            }))
        });
        failure.map_or(Ok(Allowed::Unasked), Err)
    }

    fn request<'a>(
        &'a self,
        thread: ThreadId,
        descriptor: &'a Descriptor,
        ask: &Ask<'_>,
    ) -> AccessRequest<'a> {
        AccessRequest {
            model: &self.model,
            token: self.effective_token(thread),
            anonymous: &self.anonymous,
            trust: self.process(self.thread(thread).process).trust,
            descriptor: Some(descriptor),
            desired: ask.desired,
            intents: ask.intents,
            self_sid: None,
            local_claims: LocalClaims::EMPTY,
            object_tree: None,
            mode: ResultMode::Scalar,
            policies: &self.policies,
        }
    }

    pub(super) fn mark_used(&mut self, thread: ThreadId, used: PrivilegeSet) {
        if used == PrivilegeSet::NONE {
            return;
        }
        let id = self.effective_id(thread);
        if let Some(token) = self.tokens.get_mut(id) {
            token.privileges.used.0 |= used.0;
        }
    }

    /// A standalone privilege gate of the thread's subject (TOK-6, TOK-22, TOK-23).
    pub(super) fn privilege_gate<R: Recorder>(
        &mut self,
        thread: ThreadId,
        privilege: Privilege,
        recorder: &mut R,
    ) -> PrivilegeState {
        let subject = self.subject_token(thread).ok();
        let state = subject.map_or(PrivilegeState::Absent, |token| token.privileges.state(privilege));
        let asked = subject.map(|token| token.facts().user);
        recorder.fact(|_| Fact::Privilege(PrivilegeGate { privilege, state, primary: false, asked }));
        if state == PrivilegeState::Held {
            self.mark_used(thread, PrivilegeSet::from_iter([privilege]));
        }
        state
    }
}

/// The refusal of the level gate, as programs see it (DIV-2).
pub(super) fn refused_by_gate(refusal: GateRefusal) -> Failure {
    let error = match refusal {
        GateRefusal::AccessDenied => ErrorName::AccessDenied,
        GateRefusal::BadImpersonationLevel => ErrorName::BadImpersonationLevel,
    };
    Failure { error, denied: Some(DeniedBy::Gate) }
}

/// An error of the check, as programs see it (RES-5).
fn failure_of(error: &AccessError) -> Failure {
    match error {
        AccessError::Gate(refusal) => refused_by_gate(*refusal),
        other => ErrorName::named(other.name()).unwrap_or(ErrorName::InvalidParameter).into(),
    }
}

/// Where a refusal was settled (TRC-1).
fn denied_by(explanation: &Explanation) -> DeniedBy {
    match explanation.reason() {
        Reason::Denied(entry) => match entry.decider {
            Decider::Integrity(_) => DeniedBy::Integrity,
            Decider::Trust(_) => DeniedBy::Trust,
            Decider::Ace { index, .. } => DeniedBy::DenyAce(u32::from(index)),
            Decider::Restricted(_) => DeniedBy::Restricted,
            Decider::Confinement(_) => DeniedBy::Confinement,
            Decider::Policy(..) => DeniedBy::Policy,
            Decider::Privilege(_) | Decider::PrivilegeMissing(_) => DeniedBy::Privilege,
            Decider::Ownership | Decider::NullDacl | Decider::NoAce => DeniedBy::NoAce,
        },
        Reason::NothingAsked | Reason::Granted(_) | Reason::Empty | Reason::Error(_) => DeniedBy::NoAce,
    }
}
