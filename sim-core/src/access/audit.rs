//! The SACL walk: what is audited, what is watched, and whether staged policies would audit otherwise.
//!
//! Rules AUD-1 to AUD-9, FRC-1 to FRC-3, CAP-8, FILE-34. Auditing never changes access (AUD-7).

use super::condition::Truth;
use super::dacl::observe;
use super::decision::{AuditEvent, AuditTrigger, Decision, PolicyDiagnostic};
use super::descriptor::{Entries, Verb};
use super::matcher::{Normal, SidMatcher, Side};
use super::observer::{Carrier, Observer, Silent};
use super::pipeline::Evaluation;
use crate::model::Alarms;
use crate::rights::AccessMask;
use crate::sd::{Ace, AceFlags, Acl};
use crate::sid::Sid;
use crate::token::AuditPolicy;

/// A SACL of a policy rule that applies.
#[derive(Clone, Copy)]
pub(crate) struct PolicySacl<'a> {
    pub(crate) entries: &'a Entries,
    pub(crate) source: &'a Acl,
    pub(crate) policy: Sid,
    pub(crate) entry: u16,
    pub(crate) rule: u16,
}

/// Step 14: the object's SACL, then those of the policies (AUD-1).
#[inline]
pub(crate) fn sacls<O: Observer>(evaluation: &mut Evaluation<'_>, decision: &mut Decision, observer: &mut O) {
    let sacl = evaluation.target.sacl;
    if !sacl.audits && evaluation.policy_sacls.is_empty() && evaluation.staged.is_none() {
        return;
    }
    let success = evaluation.bits.granted.contains(evaluation.mapped);
    let granted = evaluation.bits.granted;
    let event = |trigger| AuditEvent { trigger, requested: evaluation.mapped, granted, success };
    if sacl.audits {
        let carrier = Carrier::Sacl;
        decision.alarm_mask |= walk(evaluation, &sacl.entries, carrier, observer, |index| {
            decision.events.push(event(AuditTrigger::Sacl(index)));
        });
    }
    for list in &evaluation.policy_sacls {
        let carrier = |index| Carrier::PolicySacl(list.entry, list.rule, index);
        decision.alarm_mask |= walk(evaluation, list.entries, carrier, observer, |index| {
            if let Some(ace) = list.source.aces.get(usize::from(index)) {
                decision.events.push(event(AuditTrigger::Policy {
                    policy: list.policy,
                    rule: usize::from(list.rule),
                    index,
                    ace: Box::new(ace.clone()),
                }));
            }
        });
    }
    if let Some((staged, nodes_differ)) = evaluation.staged {
        decision.staging_mismatch = staged != granted || nodes_differ || audits_differ(evaluation);
        if decision.staging_mismatch {
            decision.diagnostics.push(PolicyDiagnostic::StagingMismatch {
                effective: granted,
                staged,
                nodes_differ,
            });
        }
    }
}

/// Step 14b: what the token's own policy audits (FRC-1, FRC-2).
#[inline]
pub(crate) fn forced<O: Observer>(evaluation: &mut Evaluation<'_>, decision: &mut Decision, _: &mut O) {
    let success = evaluation.bits.granted.contains(evaluation.mapped);
    let audited =
        if success { AuditPolicy::OBJECT_ACCESS_SUCCESS } else { AuditPolicy::OBJECT_ACCESS_FAILURE };
    if evaluation.subject.facts().audit_policy.contains(audited) {
        decision.events.push(AuditEvent {
            trigger: AuditTrigger::Forced,
            requested: evaluation.mapped,
            granted: evaluation.bits.granted,
            success,
        });
    }
}

/// Whether the staged SACLs fire otherwise than the effective ones, both by the effective mask (AUD-9).
fn audits_differ(evaluation: &Evaluation<'_>) -> bool {
    // A staged SACL that is broken stands for an empty one: what it replaces is not audited (CAP-2, CAP-9).
    if evaluation.policy_sacls.is_empty() && evaluation.staged_sacls.is_empty() {
        return false;
    }
    let fired = |lists: &[PolicySacl<'_>]| {
        let (mut fired, mut alarms): (Vec<Ace>, _) = (Vec::new(), AccessMask::NONE);
        for list in lists {
            alarms |= walk(evaluation, list.entries, Carrier::Sacl, &mut Silent, |index| {
                fired.extend(list.source.aces.get(usize::from(index)).cloned());
            });
        }
        (fired, alarms)
    };
    let own = evaluation.target.sacl;
    let alarms = walk(evaluation, &own.entries, Carrier::Sacl, &mut Silent, |_| {});
    let (effective, effective_alarms) = fired(&evaluation.policy_sacls);
    let (staged, staged_alarms) = fired(&evaluation.staged_sacls);
    effective != staged || effective_alarms | alarms != staged_alarms | alarms
}

/// One list: tells which audit entries fire (AUD-3) and gives the alarm mask (AUD-5).
fn walk<O: Observer>(
    evaluation: &Evaluation<'_>,
    entries: &Entries,
    carrier: impl Fn(u16) -> Carrier,
    observer: &mut O,
    mut fire: impl FnMut(u16),
) -> AccessMask {
    let matcher = Normal::new(evaluation.view());
    let surroundings = evaluation.surroundings();
    let outcome = if evaluation.bits.granted.contains(evaluation.mapped) {
        AceFlags::SUCCESSFUL_ACCESS
    } else {
        AceFlags::FAILED_ACCESS
    };
    let mut alarms = AccessMask::NONE;
    for entry in &entries.list {
        let mask = entry.mapped(&evaluation.target.mapping);
        let interesting = match entry.verb {
            Verb::Audit => mask.intersects(evaluation.mapped) && entry.on.contains(outcome),
            Verb::Alarm => evaluation.request.model.alarms == Alarms::ContinuousAudit,
            Verb::Allow | Verb::Deny | Verb::Misplaced | Verb::Unknown => false,
        };
        if !interesting || entry.inherit_only || matcher.find(entry.sid, Side::Deny).is_none() {
            continue;
        }
        let detail = entries.detail(entry);
        if let (Some(tree), Some(guid)) = (evaluation.request.object_tree, detail.object_type)
            && tree.find(guid).is_none()
        {
            continue;
        }
        if let Some(program) = &detail.condition {
            let carrier = carrier(entry.index);
            let members = Some(&matcher);
            let truth = observe(program, &surroundings, members, Side::Deny, carrier, observer);
            if truth == Truth::False {
                continue;
            }
        }
        match entry.verb {
            Verb::Alarm => alarms |= mask,
            _ => fire(entry.index),
        }
    }
    alarms
}
