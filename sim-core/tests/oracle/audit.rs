//! Steps 13 to 14b: which privileges helped, what is audited, which operations are to be watched.
//!
//! Rules PUA-1 to PUA-4, AUD-1 to AUD-5, AUD-9, FRC-1 to FRC-3.

use sim_core::sd::{AceEffect, AceFlags, Acl};
use sim_core::token::AuditPolicy;

use super::condition::{self, Claims, Truth};
use super::eval::Evaluated;
use super::policy::Narrowed;
use super::who::{Pass, Side, Who};
use super::{
    Answer, Event, Question, Rules, SE_BACKUP, SE_RELABEL, SE_RESTORE, SE_SECURITY, SE_TAKE_OWNERSHIP,
    Trigger, mandatory, map,
};

/// PUA-1 to PUA-4
pub(crate) fn privilege_use(question: &Question, base: &Evaluated, narrowed: &Narrowed, out: &mut Answer) {
    if base.maximum {
        return;
    }
    let policy = base.subject.facts().audit_policy;
    let order = [SE_SECURITY, SE_BACKUP, SE_RESTORE, SE_TAKE_OWNERSHIP, SE_RELABEL];
    for (privilege, prov) in order.into_iter().zip(base.prov) {
        let claimed = prov & base.mapped;
        if claimed == 0 {
            continue;
        }
        let alive = if question.list {
            narrowed.nodes.iter().fold(0, |alive, node| alive | claimed & node)
        } else {
            claimed & narrowed.granted
        };
        let success = alive != 0;
        if success {
            out.used |= 1 << privilege;
        }
        let audited =
            if success { AuditPolicy::PRIVILEGE_USE_SUCCESS } else { AuditPolicy::PRIVILEGE_USE_FAILURE };
        if policy.contains(audited) {
            out.privilege_use.push((privilege, claimed, alive, success));
        }
    }
}

/// AUD-1 to AUD-5, AUD-9, FRC-1
pub(crate) fn walk(
    question: &Question,
    rules: Rules,
    base: &Evaluated,
    narrowed: &Narrowed,
    out: &mut Answer,
) {
    let success = narrowed.granted & base.mapped == base.mapped;
    let auditor = Auditor { question, rules, base, success };
    let (mut events, mut alarm) = (Vec::new(), 0);
    auditor.list(question.sd.as_ref().and_then(|sd| sd.sacl.as_ref()), false, &mut events, &mut alarm);
    let (mut staged_events, mut staged_alarm) = (events.clone(), alarm);
    for sacl in &narrowed.sacls {
        auditor.list(sacl.as_ref(), true, &mut events, &mut alarm);
    }
    if !narrowed.staged_sacls.is_empty() {
        for sacl in &narrowed.staged_sacls {
            auditor.list(sacl.as_ref(), true, &mut staged_events, &mut staged_alarm);
        }
        if staged_events != events || staged_alarm != alarm {
            out.staging_mismatch = true;
        }
    }
    let policy = base.subject.facts().audit_policy;
    let forced =
        if success { AuditPolicy::OBJECT_ACCESS_SUCCESS } else { AuditPolicy::OBJECT_ACCESS_FAILURE };
    if policy.contains(forced) {
        events.push(Event { trigger: Trigger::Forced, success });
    }
    out.events = events;
    out.alarm = alarm;
}

struct Auditor<'a> {
    question: &'a Question,
    rules: Rules,
    base: &'a Evaluated,
    success: bool,
}

impl Auditor<'_> {
    fn list(&self, acl: Option<&Acl>, of_policy: bool, events: &mut Vec<Event>, alarm: &mut u32) {
        let Some(sd) = &self.question.sd else { return };
        let who = Who {
            rules: self.rules,
            token: &self.base.subject,
            pass: Pass::Normal,
            owner: sd.owner,
            self_sid: self.question.self_sid,
        };
        let facts = self.base.subject.facts();
        let claims = Claims {
            local: self.question.local_claims.iter().collect(),
            user: facts.user_claims.iter().collect(),
            device: facts.device_claims.iter().collect(),
            resource: mandatory::scan(sd).attributes,
        };
        for (index, ace) in acl.iter().flat_map(|acl| &acl.aces).enumerate() {
            let is_alarm = match ace.kind.row().map(|row| row.effect) {
                Some(AceEffect::Audit) => false,
                Some(AceEffect::Alarm) => true,
                _ => continue,
            };
            let in_tree = match (ace.guids().object_type, &self.question.tree) {
                (Some(guid), Some(nodes)) => nodes.iter().any(|node| node.1 == guid),
                _ => true,
            };
            if ace.flags.contains(AceFlags::INHERIT_ONLY) || !in_tree || !who.matches(ace.sid, Side::Deny) {
                continue;
            }
            if let Some(program) = ace.condition()
                && condition::evaluate(program, self.rules, &claims, Side::Deny, Some(&who)) == Truth::False
            {
                continue;
            }
            let mask = if self.rules.nt { ace.mask.0 } else { map(&self.question.mapping, ace.mask.0) };
            if is_alarm {
                *alarm |= mask;
                continue;
            }
            let wanted = if self.success { AceFlags::SUCCESSFUL_ACCESS } else { AceFlags::FAILED_ACCESS };
            if mask & self.base.mapped != 0 && ace.flags.contains(wanted) {
                let trigger =
                    if of_policy { Trigger::Policy(Box::new(ace.clone())) } else { Trigger::Object(index) };
                events.push(Event { trigger, success: self.success });
            }
        }
    }
}
