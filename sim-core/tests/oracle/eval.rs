//! Steps 0 to 11: gate, validation, mapping, privileges, labels, and the three walks over the DACL.
//!
//! Rules ACC-2 to ACC-5, GATE-1 to GATE-4, VAL-1 to VAL-6, MAP-6, MAP-7, PRIV-1 to PRIV-5, OWN-1 to OWN-4, DACL-1 to
//! DACL-7, TKO-1, RST-1 to RST-7, CNF-1 to CNF-7, W-ACC-1 to W-ACC-11.

use sim_core::ids::{SessionId, TokenId};
use sim_core::privilege::Privileges;
use sim_core::rights::ObjectType;
use sim_core::sd::{AceEffect, AceFlags, SecurityDescriptor};
use sim_core::sid::{ANONYMOUS, EVERYONE, OWNER_RIGHTS, SidTable};
use sim_core::token::{
    GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, IntegrityLevel, MandatoryPolicy,
    SidAndAttributes, Token, TokenType,
};

use super::condition::{self, Claims, Truth};
use super::mandatory::{self, Early};
use super::tree::{self, Pairs};
use super::who::{Pass, Side, Who};
use super::{
    DELETE, GENERIC_BITS, MAXIMUM_ALLOWED, Question, READ_CONTROL, RESERVED_BITS, Refusal, Rules, SE_BACKUP,
    SE_RELABEL, SE_RESTORE, SE_SECURITY, SE_TAKE_OWNERSHIP, SYSTEM_SECURITY, WRITE_DAC, WRITE_OWNER, map,
};

/// What steps 0 to 11 give.
#[derive(Clone, Debug)]
pub(crate) struct Evaluated {
    /// Whom the check evaluated (GATE-1).
    pub(crate) subject: Token,
    pub(crate) mapped: u32,
    pub(crate) maximum: bool,
    pub(crate) granted: u32,
    /// Per node, with a tree.
    pub(crate) nodes: Vec<u32>,
    pub(crate) privgranted: u32,
    pub(crate) prov: [u32; 5],
    /// W-ACC-4
    pub(crate) security_not_held: bool,
}

/// The first evaluation: all of steps 0 to 11, in the order of VAL-6.
pub(crate) fn first(question: &Question, rules: Rules) -> Result<Evaluated, Refusal> {
    match &question.tree {
        Some(nodes) if !tree::is_valid(nodes, rules) => return Err("invalid_object_tree"),
        // RES-2
        None if question.list => return Err("invalid_object_tree"),
        _ => {}
    }
    if question.token.facts().write_restricted && !question.token.facts().user_deny_only {
        return Err("invalid_token");
    }
    let subject = gate(question, rules)?;
    let Some(sd) = &question.sd else { return Err("missing_sd") };
    if sd.owner.is_none() {
        return Err("missing_owner");
    }
    if question.desired & RESERVED_BITS != 0 {
        return Err("invalid_mask");
    }
    evaluate(question, rules, &subject, sd, question.backup, question.restore, true)
}

/// Step 0 (GATE-1 to GATE-3, IMP-15).
fn gate(question: &Question, rules: Rules) -> Result<Token, Refusal> {
    let TokenType::Impersonation(level) = question.token.kind else { return Ok(question.token.clone()) };
    match level {
        ImpersonationLevel::Anonymous if rules.nt => Err("bad_impersonation_level"),
        ImpersonationLevel::Identification if rules.nt => Err("bad_impersonation_level"),
        ImpersonationLevel::Identification if rules.substitute_anonymous => Ok(anonymous()),
        ImpersonationLevel::Identification => Err("access_denied"),
        _ => Ok(question.token.clone()),
    }
}

/// GATE-2, TOK-37: of the models that put it in a token's place.
pub(crate) fn anonymous() -> Token {
    let everyone = SidAndAttributes { sid: EVERYONE, attributes: GroupAttributes::from_bits_retain(0x7) };
    let facts = IdentityFacts {
        groups: vec![everyone],
        integrity: IntegrityLevel::Untrusted,
        mandatory_policy: MandatoryPolicy::NO_WRITE_UP | MandatoryPolicy::NEW_PROCESS_MIN,
        ..IdentityFacts::of(ANONYMOUS, SessionId(998))
    };
    let identity = Identity::new(facts, &mut SidTable::new());
    let kind = TokenType::Impersonation(ImpersonationLevel::Anonymous);
    Token::new(TokenId(0), kind, identity, Privileges::default())
}

/// Steps 2 to 11, for the object's descriptor and again for each rule of a policy (ACC-3). `own` is false where generic
/// bits in the DACL stand for what the class says in every model: a recovery rule (CAP-5).
pub(crate) fn evaluate(
    question: &Question,
    rules: Rules,
    subject: &Token,
    sd: &SecurityDescriptor,
    backup: bool,
    restore: bool,
    own: bool,
) -> Result<Evaluated, Refusal> {
    let mapping = &question.mapping;
    let desired = map(mapping, question.desired);
    let maximum = desired & MAXIMUM_ALLOWED != 0;
    let mapped = desired & !MAXIMUM_ALLOWED;
    let relevant = if maximum { !(MAXIMUM_ALLOWED | GENERIC_BITS | RESERVED_BITS) } else { mapped };

    // PRIV-1
    let held = |bit: u8| subject.privileges.present.0 & subject.privileges.enabled.0 & 1 << bit != 0;
    let backup = backup && held(SE_BACKUP);
    let restore = restore && held(SE_RESTORE);

    let mut early = Early::default();
    grant_privileges(question, rules, mapped, held(SE_SECURITY), backup, restore, &mut early);
    let security_not_held =
        rules.nt && mapped & SYSTEM_SECURITY != 0 && early.pair.granted & SYSTEM_SECURITY == 0;

    let scan = mandatory::scan(sd);
    scan.integrity(rules, subject, mapping, held(SE_RELABEL), &mut early)?;
    scan.trust(question.pip, mapping, &mut early)?;

    let claims = Claims {
        local: question.local_claims.iter().collect(),
        user: subject.facts().user_claims.iter().collect(),
        device: subject.facts().device_claims.iter().collect(),
        resource: scan.attributes,
    };
    let walk = Walk { question, rules, sd, claims: &claims, relevant, mapped_generics: !rules.nt || !own };
    let who = Who { rules, token: subject, pass: Pass::Normal, owner: sd.owner, self_sid: question.self_sid };

    // Steps 7 and 8.
    let mut pairs = Pairs::new(question.tree.as_deref(), early.pair);
    walk.run(&who, &mut pairs);

    // Step 9 (TKO-1, W-ACC-2).
    let asked = mapped & WRITE_OWNER != 0 || maximum && !rules.nt;
    if asked
        && held(SE_TAKE_OWNERSHIP)
        && early.mandatory & WRITE_OWNER == 0
        && pairs.scalar().granted & WRITE_OWNER == 0
    {
        for pair in &mut pairs.pairs {
            pair.decided |= WRITE_OWNER;
            pair.granted |= WRITE_OWNER;
        }
        early.privgranted |= WRITE_OWNER;
        early.prov[3] |= WRITE_OWNER;
    }

    // Step 10 (RST-1 to RST-7).
    let facts = subject.facts();
    if !facts.restricted_sids.is_empty() || !facts.restricted_device_groups.is_empty() {
        let mut second = Pairs::new(question.tree.as_deref(), tree::Pair::default());
        walk.run(&Who { pass: Pass::Restricted, ..who }, &mut second);
        for (pair, other) in pairs.pairs.iter_mut().zip(&second.pairs) {
            if facts.write_restricted {
                let w = mapping.write.0;
                pair.granted = pair.granted & !w | pair.granted & other.granted & w;
            } else {
                pair.granted &= other.granted;
            }
            pair.granted |= early.privgranted;
        }
    }

    // Step 11 (CNF-1 to CNF-7).
    if facts.confinement.as_ref().is_some_and(|confinement| !confinement.exempt) {
        let mut third = Pairs::new(question.tree.as_deref(), tree::Pair::default());
        walk.run(&Who { pass: Pass::Confined, ..who }, &mut third);
        for (pair, other) in pairs.pairs.iter_mut().zip(&third.pairs) {
            pair.granted &= other.granted;
        }
    }

    Ok(Evaluated {
        subject: subject.clone(),
        mapped,
        maximum,
        granted: pairs.scalar().granted,
        nodes: if pairs.is_tree { pairs.pairs.iter().map(|pair| pair.granted).collect() } else { Vec::new() },
        privgranted: early.privgranted,
        prov: early.prov,
        security_not_held,
    })
}

/// Step 4 (PRIV-2 to PRIV-5, W-ACC-2, W-ACC-4, W-ACC-5).
fn grant_privileges(
    question: &Question,
    rules: Rules,
    mapped: u32,
    security: bool,
    backup: bool,
    restore: bool,
    early: &mut Early,
) {
    let mapping = &question.mapping;
    let mut give = |slot: usize, bits: u32| {
        early.pair.decided |= bits;
        early.pair.granted |= bits;
        early.privgranted |= bits;
        early.prov[slot] |= bits;
    };
    // NT adds it to MAXIMUM_ALLOWED only where it is named.
    let maximum = question.desired & super::MAXIMUM_ALLOWED != 0;
    if security && (!rules.nt || !maximum || mapped & SYSTEM_SECURITY != 0) {
        give(0, SYSTEM_SECURITY);
    }
    if backup {
        // FILE_TRAVERSE is a right of files; other classes have their read category.
        let traverse = if *mapping == ObjectType::File.mapping() { 0x20 } else { 0 };
        let more = if rules.nt { traverse | READ_CONTROL | SYSTEM_SECURITY } else { 0 };
        give(1, mapping.read.0 | more);
    }
    if restore {
        // The two file rights that W-ACC-5 names besides are part of the write category of files.
        give(2, mapping.write.0 | WRITE_DAC | WRITE_OWNER | DELETE | SYSTEM_SECURITY);
    }
    early.pair.decided |= SYSTEM_SECURITY;
}

/// What the three walks have in common.
struct Walk<'a> {
    question: &'a Question,
    rules: Rules,
    sd: &'a SecurityDescriptor,
    claims: &'a Claims<'a>,
    relevant: u32,
    /// Generic bits in an entry are mapped (MAP-2; W-ACC-8 says no).
    mapped_generics: bool,
}

impl Walk<'_> {
    /// Owner rights, then the list (step 8).
    fn run(&self, who: &Who<'_>, pairs: &mut Pairs) {
        let mapping = &self.question.mapping;
        if who.pass != Pass::Confined && who.is_owner() && !self.names_owner_rights() {
            pairs.everywhere((READ_CONTROL | WRITE_DAC) & mapping.all.0, true);
        }
        let Some(dacl) = &self.sd.dacl else {
            pairs.everywhere(mapping.all.0, true);
            return;
        };
        for ace in &dacl.aces {
            if ace.flags.contains(AceFlags::INHERIT_ONLY) {
                continue;
            }
            let side = match ace.kind.row().map(|row| row.effect) {
                Some(AceEffect::Allow) => Side::Allow,
                Some(AceEffect::Deny) => Side::Deny,
                _ => continue,
            };
            if !who.matches(ace.sid, side) {
                continue;
            }
            if let Some(program) = ace.condition() {
                let truth = condition::evaluate(program, self.rules, self.claims, side, Some(who));
                // COND-1
                let applies = truth == Truth::True || truth == Truth::Unknown && side == Side::Deny;
                if !applies {
                    continue;
                }
            }
            let mask = if self.mapped_generics { map(mapping, ace.mask.0) } else { ace.mask.0 };
            let bits = mask & self.relevant;
            let allow = side == Side::Allow;
            match ace.guids().object_type {
                Some(guid) if pairs.is_tree => match (pairs.find(guid), allow) {
                    (None, _) => {}
                    (Some(node), true) if bits != 0 => pairs.allow_below(node, bits),
                    (Some(node), false) if bits != 0 => pairs.deny_below(node, bits),
                    (Some(_), _) => {}
                },
                _ => pairs.everywhere(bits, allow),
            }
        }
    }

    /// OWN-3
    fn names_owner_rights(&self) -> bool {
        self.sd.dacl.iter().flat_map(|acl| &acl.aces).any(|ace| {
            ace.sid == OWNER_RIGHTS
                && ace.kind.is_access_control()
                && !ace.flags.contains(AceFlags::INHERIT_ONLY)
        })
    }
}
