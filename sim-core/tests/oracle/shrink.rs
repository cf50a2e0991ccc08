//! Makes a question on which the two evaluators disagree as small as it goes, for people to read.

use std::sync::Arc;

use sim_core::sd::Acl;
use sim_core::sid::SidTable;
use sim_core::token::{Identity, IdentityFacts, TokenType};

use super::{PlainAcl, Question};

/// Drops parts as long as `still` holds.
pub(crate) fn shrink(mut question: Question, still: impl Fn(&Question) -> bool) -> Question {
    loop {
        let smaller = candidates(&question).into_iter().find(|candidate| still(candidate));
        match smaller {
            Some(candidate) => question = candidate,
            None => return question,
        }
    }
}

fn candidates(question: &Question) -> Vec<Question> {
    let mut out: Vec<Question> = Vec::new();
    let mut with = |change: &dyn Fn(&mut Question)| {
        let mut copy = question.clone();
        change(&mut copy);
        out.push(copy);
    };
    for n in 0..question.policies.len() {
        with(&|q| {
            q.policies.remove(n);
        });
        for m in 0..question.policies[n].rules.len() {
            with(&|q| {
                q.policies[n].rules.remove(m);
            });
            let rule = &question.policies[n].rules[m];
            if rule.applies_to.is_some() {
                with(&|q| q.policies[n].rules[m].applies_to = None);
            }
            if rule.effective_sacl.is_some() {
                with(&|q| q.policies[n].rules[m].effective_sacl = None);
            }
            if rule.staged_dacl.is_some() {
                with(&|q| q.policies[n].rules[m].staged_dacl = None);
            }
            if rule.staged_sacl.is_some() {
                with(&|q| q.policies[n].rules[m].staged_sacl = None);
            }
            if let PlainAcl::List(acl) = &rule.effective_dacl {
                for k in 0..acl.aces.len() {
                    with(&|q| remove_ace(&mut q.policies[n].rules[m].effective_dacl, k));
                }
            }
            if let Some(PlainAcl::List(acl)) = &rule.staged_dacl {
                for k in 0..acl.aces.len() {
                    with(&|q| {
                        q.policies[n].rules[m].staged_dacl.iter_mut().for_each(|acl| remove_ace(acl, k));
                    });
                }
            }
        }
    }
    if question.tree.is_some() {
        with(&|q| {
            q.tree = None;
            q.list = false;
        });
        for n in 1..question.tree.iter().flatten().count() {
            with(&|q| {
                q.tree.iter_mut().for_each(|nodes| {
                    nodes.remove(n);
                });
            });
        }
    }
    if question.list {
        with(&|q| q.list = false);
    }
    if let Some(sd) = &question.sd {
        for (is_dacl, list) in [(true, &sd.dacl), (false, &sd.sacl)] {
            let pick = move |q: &mut Question, change: &dyn Fn(&mut Acl)| {
                if let Some(sd) = &mut q.sd
                    && let Some(acl) = if is_dacl { &mut sd.dacl } else { &mut sd.sacl }
                {
                    change(acl);
                }
            };
            for n in 0..list.as_ref().map_or(0, |acl| acl.aces.len()) {
                with(&|q| {
                    pick(q, &|acl| {
                        acl.aces.remove(n);
                    });
                });
                let mask = list.as_ref().map_or(0, |acl| acl.aces[n].mask.0);
                for bit in (0..32).map(|bit| 1_u32 << bit).filter(|bit| mask & bit != 0) {
                    with(&|q| pick(q, &|acl| acl.aces[n].mask.0 &= !bit));
                }
            }
        }
        if sd.sacl.as_ref().is_some_and(|acl| acl.aces.is_empty()) {
            with(&|q| q.sd.iter_mut().for_each(|sd| sd.sacl = None));
        }
        if sd.group.is_some() {
            with(&|q| q.sd.iter_mut().for_each(|sd| sd.group = None));
        }
    }
    for bit in (0..32).map(|bit| 1_u32 << bit).filter(|bit| question.desired & bit != 0) {
        with(&|q| q.desired &= !bit);
    }
    if question.backup {
        with(&|q| q.backup = false);
    }
    if question.restore {
        with(&|q| q.restore = false);
    }
    if question.self_sid.is_some() {
        with(&|q| q.self_sid = None);
    }
    for n in 0..question.local_claims.len() {
        with(&|q| {
            q.local_claims.remove(n);
        });
    }
    if question.token.kind != TokenType::Primary {
        with(&|q| q.token.kind = TokenType::Primary);
    }
    for bit in (0..64).map(|bit| 1_u64 << bit).filter(|bit| question.token.privileges.present.0 & bit != 0) {
        with(&|q| {
            q.token.privileges.present.0 &= !bit;
            q.token.privileges.enabled.0 &= !bit;
            q.token.privileges.enabled_by_default.0 &= !bit;
        });
    }
    let facts = question.token.facts();
    let mut facts_with = |change: &dyn Fn(&mut IdentityFacts)| {
        with(&|q| {
            let mut facts = q.token.facts().clone();
            change(&mut facts);
            let identity: Arc<Identity> = Identity::new(facts, &mut SidTable::new());
            q.token.identity = identity;
        });
    };
    if facts.groups.last().is_some() {
        facts_with(&|f| {
            f.groups.pop();
        });
    }
    for n in 0..facts.restricted_sids.len() {
        facts_with(&|f| {
            f.restricted_sids.remove(n);
        });
    }
    for n in 0..facts.device_groups.len() {
        facts_with(&|f| {
            f.device_groups.remove(n);
        });
    }
    for n in 0..facts.restricted_device_groups.len() {
        facts_with(&|f| {
            f.restricted_device_groups.remove(n);
        });
    }
    for n in 0..facts.user_claims.len() {
        facts_with(&|f| {
            f.user_claims.remove(n);
        });
    }
    for n in 0..facts.device_claims.len() {
        facts_with(&|f| {
            f.device_claims.remove(n);
        });
    }
    if facts.confinement.is_some() {
        facts_with(&|f| f.confinement = None);
    }
    for n in 0..facts.confinement.as_ref().map_or(0, |confinement| confinement.capabilities.len()) {
        facts_with(&|f| {
            f.confinement.iter_mut().for_each(|c| {
                c.capabilities.remove(n);
            });
        });
    }
    if facts.write_restricted {
        facts_with(&|f| f.write_restricted = false);
    }
    if facts.user_deny_only && !facts.write_restricted {
        facts_with(&|f| f.user_deny_only = false);
    }
    if !facts.audit_policy.is_empty() {
        facts_with(&|f| f.audit_policy = sim_core::token::AuditPolicy::empty());
    }
    if !facts.mandatory_policy.is_empty() {
        facts_with(&|f| f.mandatory_policy = sim_core::token::MandatoryPolicy::empty());
    }
    out
}

fn remove_ace(acl: &mut PlainAcl, n: usize) {
    if let PlainAcl::List(acl) = acl {
        acl.aces.remove(n);
    }
}
