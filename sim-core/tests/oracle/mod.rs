//! A second evaluator of the access check, for tests: the rules written down as plainly as they read, slow, with
//! nothing compiled. What the evaluator of the crate decides is held against what this one decides.
//!
//! It knows the plain data of ranks 0 to 3 only: descriptors, token facts, SIDs compared as they are. It must not look
//! at `sim_core::access`, except in `compare`, which asks both. Rules are cited as in the crate.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each user of the module takes a part of it"
)]

pub(crate) mod audit;
pub(crate) mod compare;
pub(crate) mod condition;
pub(crate) mod decode;
pub(crate) mod eval;
pub(crate) mod generate;
pub(crate) mod mandatory;
pub(crate) mod policy;
pub(crate) mod shrink;
pub(crate) mod tree;
pub(crate) mod who;

use sim_core::ids::Guid;
use sim_core::rights::GenericMapping;
use sim_core::sd::condition::Claim;
use sim_core::sd::{Ace, Acl, SecurityDescriptor};
use sim_core::sid::Sid;
use sim_core::token::Token;

pub(crate) const GENERIC_BITS: u32 = 0xF000_0000;
pub(crate) const RESERVED_BITS: u32 = 0x0CE0_0000;
pub(crate) const MAXIMUM_ALLOWED: u32 = 0x0200_0000;
pub(crate) const SYSTEM_SECURITY: u32 = 0x0100_0000;
pub(crate) const WRITE_OWNER: u32 = 0x0008_0000;
pub(crate) const WRITE_DAC: u32 = 0x0004_0000;
pub(crate) const READ_CONTROL: u32 = 0x0002_0000;
pub(crate) const DELETE: u32 = 0x0001_0000;

pub(crate) const SE_SECURITY: u8 = 8;
pub(crate) const SE_TAKE_OWNERSHIP: u8 = 9;
pub(crate) const SE_BACKUP: u8 = 17;
pub(crate) const SE_RESTORE: u8 = 18;
pub(crate) const SE_RELABEL: u8 = 32;

/// A question: everything that a check looks at (ACC-1).
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) model: &'static str,
    pub(crate) token: Token,
    pub(crate) pip: (u32, u32),
    pub(crate) sd: Option<SecurityDescriptor>,
    pub(crate) mapping: GenericMapping,
    pub(crate) desired: u32,
    pub(crate) backup: bool,
    pub(crate) restore: bool,
    pub(crate) self_sid: Option<Sid>,
    pub(crate) local_claims: Vec<Claim>,
    pub(crate) tree: Option<Vec<(u16, Guid)>>,
    pub(crate) list: bool,
    pub(crate) policies: Vec<PlainPolicy>,
}

/// A central policy (CAP-1).
#[derive(Clone, Debug)]
pub(crate) struct PlainPolicy {
    pub(crate) sid: Sid,
    pub(crate) rules: Vec<PlainRule>,
}

/// A rule of it.
#[derive(Clone, Debug)]
pub(crate) struct PlainRule {
    pub(crate) applies_to: Option<Vec<u8>>,
    pub(crate) effective_dacl: PlainAcl,
    pub(crate) effective_sacl: Option<PlainAcl>,
    pub(crate) staged_dacl: Option<PlainAcl>,
    pub(crate) staged_sacl: Option<PlainAcl>,
}

/// A list of a rule: a list, or bytes that are none.
#[derive(Clone, Debug)]
pub(crate) enum PlainAcl {
    List(Acl),
    Broken,
}

/// What ends a check without a decision, by the words of the conformance vectors.
pub(crate) type Refusal = &'static str;

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    pub(crate) status: &'static str,
    pub(crate) granted: u32,
    pub(crate) mapped: u32,
    pub(crate) nodes: Vec<(u32, bool)>,
    pub(crate) alarm: u32,
    pub(crate) staging_mismatch: bool,
    pub(crate) events: Vec<Event>,
    /// Privilege bit, requested, surviving, success.
    pub(crate) privilege_use: Vec<(u8, u32, u32, bool)>,
    /// Bits of the privileges that were used.
    pub(crate) used: u64,
    pub(crate) policy_sacl_errors: usize,
}

/// An audited access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) trigger: Trigger,
    pub(crate) success: bool,
}

/// Why it is audited (AUD-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    Object(usize),
    Policy(Box<Ace>),
    Forced,
}

/// What differs between the models, for this evaluator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Identification is decided as Anonymous (GATE-1).
    pub(crate) substitute_anonymous: bool,
    /// A caller below the label keeps the categories that it leaves open (MIC-5).
    pub(crate) by_category: bool,
    /// The rules named W-….
    pub(crate) nt: bool,
}

impl Rules {
    pub(crate) fn of(model: &str) -> Rules {
        match model {
            "kobicha" => Rules { substitute_anonymous: true, by_category: true, nt: false },
            "kacs" => Rules { substitute_anonymous: false, by_category: false, nt: false },
            "windows" => Rules { substitute_anonymous: false, by_category: true, nt: true },
            other => panic!("no model {other}"),
        }
    }
}

/// MAP-3
pub(crate) fn map(mapping: &GenericMapping, mask: u32) -> u32 {
    let mut out = mask & !GENERIC_BITS;
    if mask & 0x8000_0000 != 0 {
        out |= mapping.read.0;
    }
    if mask & 0x4000_0000 != 0 {
        out |= mapping.write.0;
    }
    if mask & 0x2000_0000 != 0 {
        out |= mapping.execute.0;
    }
    if mask & 0x1000_0000 != 0 {
        out |= mapping.all.0;
    }
    out
}

/// The check (ACC-5).
pub(crate) fn answer(question: &Question) -> Result<Answer, Refusal> {
    let rules = Rules::of(question.model);
    let base = eval::first(question, rules)?;
    let mut result = Answer {
        allowed: false,
        status: "ACCESS_DENIED",
        granted: 0,
        mapped: base.mapped,
        nodes: Vec::new(),
        alarm: 0,
        staging_mismatch: false,
        events: Vec::new(),
        privilege_use: Vec::new(),
        used: 0,
        policy_sacl_errors: 0,
    };
    let narrowed = policy::apply(question, rules, &base);
    result.policy_sacl_errors = narrowed.sacl_errors;
    audit::privilege_use(question, &base, &narrowed, &mut result);
    audit::walk(question, rules, &base, &narrowed, &mut result);
    conclude(question, rules, &base, &narrowed, &mut result);
    Ok(result)
}

/// Step 15 (RES-1 to RES-4, W-ACC-1 to W-ACC-4).
fn conclude(
    question: &Question,
    rules: Rules,
    base: &eval::Evaluated,
    narrowed: &policy::Narrowed,
    out: &mut Answer,
) {
    let allowed = |granted: u32| {
        let plain = base.mapped & granted == base.mapped;
        if !rules.nt {
            return plain;
        }
        // W-ACC-1, W-ACC-2: nothing asked or nothing got is a denial; W-ACC-4: the privilege comes first.
        let nothing = if base.maximum { granted == 0 } else { base.mapped == 0 };
        plain && !nothing && !base.security_not_held
    };
    out.staging_mismatch = narrowed.mismatch || out.staging_mismatch;
    out.allowed = allowed(narrowed.granted);
    out.granted = narrowed.granted;
    if question.list {
        // W-ACC-3: the part of the request that each node grants, also on denial.
        let shown = if rules.nt && !base.maximum { base.mapped } else { !0 };
        out.nodes = narrowed.nodes.iter().map(|granted| (granted & shown, allowed(*granted))).collect();
    }
    out.status = if out.allowed {
        "ALLOWED"
    } else if rules.nt && base.security_not_held {
        "PRIVILEGE_NOT_HELD"
    } else {
        "ACCESS_DENIED"
    };
    if rules.nt {
        // W-ACC-3
        out.granted = match (out.allowed, base.maximum) {
            (false, _) => 0,
            (true, false) => base.mapped,
            (true, true) => narrowed.granted,
        };
        out.alarm = 0;
    }
}
