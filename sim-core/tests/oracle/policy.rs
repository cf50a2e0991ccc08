//! Step 12: central policies, their staging, and the recovery rule.
//!
//! Rules CAP-2 to CAP-9.

use sim_core::rights::AccessMask;
use sim_core::sd::{Ace, AceFlags, AceType, Acl, SecurityDescriptor};
use sim_core::sid::{ADMINISTRATORS, OWNER_RIGHTS, SYSTEM};

use super::condition::{self, Claims, Truth};
use super::eval::{Evaluated, evaluate};
use super::who::Side;
use super::{GENERIC_BITS, PlainAcl, PlainRule, Question, Rules, mandatory};

/// What the policies left.
pub(crate) struct Narrowed {
    pub(crate) granted: u32,
    pub(crate) nodes: Vec<u32>,
    pub(crate) mismatch: bool,
    /// The SACLs of rules that applied; `None` is a broken one.
    pub(crate) sacls: Vec<Option<Acl>>,
    pub(crate) staged_sacls: Vec<Option<Acl>>,
    pub(crate) sacl_errors: usize,
}

pub(crate) fn apply(question: &Question, rules: Rules, base: &Evaluated) -> Narrowed {
    let Some(sd) = &question.sd else { panic!("evaluated without a descriptor") };
    let mut out = Narrowed {
        granted: base.granted,
        nodes: base.nodes.clone(),
        mismatch: false,
        sacls: Vec::new(),
        staged_sacls: Vec::new(),
        sacl_errors: 0,
    };
    let mut staged = (base.granted, base.nodes.clone());
    let mut named = mandatory::scan(sd).policies;
    if rules.nt {
        named.truncate(1);
    }
    for sid in named {
        let (list, recovery) = match question.policies.iter().find(|policy| policy.sid == sid) {
            Some(policy) => (policy.rules.clone(), false),
            None => (vec![recovery_rule()], true),
        };
        for rule in &list {
            apply_rule(question, rules, base, sd, rule, recovery, &mut out, &mut staged);
        }
    }
    out.mismatch = staged.0 != out.granted || staged.1 != out.nodes;
    out
}

/// CAP-2, for one rule.
#[expect(clippy::too_many_arguments, reason = "the state of the loop that it is the body of")]
fn apply_rule(
    question: &Question,
    rules: Rules,
    base: &Evaluated,
    sd: &SecurityDescriptor,
    rule: &PlainRule,
    recovery: bool,
    out: &mut Narrowed,
    staged: &mut (u32, Vec<u32>),
) {
    if let Some(program) = &rule.applies_to {
        let claims = Claims {
            local: question.local_claims.iter().collect(),
            user: base.subject.facts().user_claims.iter().collect(),
            device: base.subject.facts().device_claims.iter().collect(),
            resource: mandatory::scan(sd).attributes,
        };
        if condition::evaluate(program, rules, &claims, Side::Deny, None) != Truth::True {
            return;
        }
    }
    // Scalar mask and nodes that a DACL leaves; `None` is an error of its evaluation.
    let with = |dacl: &PlainAcl| match dacl {
        PlainAcl::Broken => None,
        PlainAcl::List(acl) => {
            let synthetic = synthetic(sd, acl);
            let result = evaluate(question, rules, &base.subject, &synthetic, false, false, !recovery);
            result.ok().map(|evaluated| (evaluated.granted, evaluated.nodes))
        }
    };
    let effective = with(&rule.effective_dacl);
    let narrow = |granted: &mut u32, nodes: &mut Vec<u32>, by: &Option<(u32, Vec<u32>)>, failed: u32| match by
    {
        Some((mask, masks)) => {
            *granted &= mask;
            nodes.iter_mut().zip(masks).for_each(|(node, mask)| *node &= mask);
        }
        None => {
            *granted &= failed;
            nodes.iter_mut().for_each(|node| *node &= base.privgranted);
        }
    };
    narrow(&mut out.granted, &mut out.nodes, &effective, base.privgranted);
    match &rule.staged_dacl {
        Some(dacl) => narrow(&mut staged.0, &mut staged.1, &with(dacl), 0),
        None => narrow(&mut staged.0, &mut staged.1, &effective, base.privgranted),
    }
    if rules.nt {
        return; // no SACL part in rules
    }
    let mut read = |sacl: &PlainAcl| match sacl {
        PlainAcl::List(acl) => Some(acl.clone()),
        PlainAcl::Broken => {
            out.sacl_errors += 1;
            None
        }
    };
    if let Some(sacl) = &rule.effective_sacl {
        out.sacls.push(read(sacl));
        out.staged_sacls.push(read(rule.staged_sacl.as_ref().unwrap_or(sacl)));
    } else if let Some(sacl) = &rule.staged_sacl {
        out.staged_sacls.push(read(sacl));
    }
}

/// CAP-3
fn synthetic(sd: &SecurityDescriptor, dacl: &Acl) -> SecurityDescriptor {
    let mut sd = sd.clone();
    sd.dacl = Some(dacl.clone());
    if let Some(sacl) = &mut sd.sacl {
        sacl.aces.retain(|ace| ace.kind != AceType::SCOPED_POLICY_ID);
    }
    sd
}

/// CAP-5
fn recovery_rule() -> PlainRule {
    let all = |sid| Ace {
        flags: AceFlags::empty(),
        ..Ace::basic(AceType::ALLOW, sid, AccessMask(GENERIC_BITS & 0x1000_0000))
    };
    PlainRule {
        applies_to: None,
        effective_dacl: PlainAcl::List(Acl::new(vec![all(ADMINISTRATORS), all(SYSTEM), all(OWNER_RIGHTS)])),
        effective_sacl: None,
        staged_dacl: None,
        staged_sacl: None,
    }
}
