//! What can only narrow, and what can only widen: properties of the access check over random questions, with every
//! exception that the rules really have.
//!
//! The exceptions, all about WRITE_OWNER and the owner's rights:
//!
//! * SeTakeOwnershipPrivilege acts where the DACL did not grant (TKO-1), and what it grants counts as granted by a
//!   privilege. Such bits come back after the restricted pass (RST-5, RST-6), and they are what a broken policy rule
//!   leaves (CAP-2). So a deny of WRITE_OWNER can make a restricted caller get it (`ByTakeOwnership`), and an allow of
//!   it, which the restricted pass then takes away, can make it lose it. The confinement pass restores nothing (CNF-5),
//!   so there the detour gives nothing by itself.
//! * An allow entry for OWNER RIGHTS takes the implicit rights from the owner, whatever its mask and condition (OWN-3).
//!   That is why a deny entry for it is no exception, and an allow entry is one, also at the end of the list.
//!
//! Taking away a privilege, a restriction or a confinement has no exception: no other step gives back what they gave.

mod oracle;

use sim_core::ids::{SessionId, TokenId};
use sim_core::privilege::{Privilege, Privileges};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::{Ace, AceEffect, AceFlags, AceType, Acl, SecurityDescriptor};
use sim_core::sid::{EVERYONE, OWNER_RIGHTS, SYSTEM, Sid, SidTable};
use sim_core::token::{GroupAttributes, Identity, IdentityFacts, SidAndAttributes, Token, TokenType};

use oracle::compare::crate_answer;
use oracle::generate::{self, Random};
use oracle::{Answer, PlainAcl, Question};

const CASES: u64 = 8000;
const MODELS: [&str; 3] = ["kobicha", "kacs", "windows"];
const OWNER_IMPLICIT: u32 = 0x0006_0000;
const WRITE_OWNER: u32 = 0x0008_0000;

/// Every mask of an answer: the object's, then those of the nodes.
fn masks(answer: &Answer) -> Vec<u32> {
    std::iter::once(answer.granted).chain(answer.nodes.iter().map(|node| node.0)).collect()
}

/// The bits that some mask of `more` has and its counterpart in `less` has not.
fn gained(less: &Answer, more: &Answer) -> u32 {
    masks(less).iter().zip(masks(more)).fold(0, |all, (less, more)| all | more & !less)
}

/// Asks before and after a change, and gives `check` both answers; errors are not compared. Returns how often `check`
/// met an exception.
fn hold(
    seed: u64,
    change: impl Fn(&mut Question, &mut Random) -> bool,
    check: impl Fn(&Question, &Question, &Answer, &Answer) -> bool,
) -> usize {
    let mut exceptions = 0;
    for model in MODELS {
        for case in 0..CASES {
            let mut random = Random::of(seed, case);
            let before = generate::question(&mut random, model);
            let mut after = before.clone();
            if !change(&mut after, &mut random) {
                continue;
            }
            if let (Ok(first), Ok(second)) = (crate_answer(&before), crate_answer(&after)) {
                exceptions += usize::from(check(&before, &after, &first, &second));
            }
        }
    }
    exceptions
}

/// A random entry of this effect; now and then for everyone, or about WRITE_OWNER.
fn entry(random: &mut Random, effect: AceEffect) -> Ace {
    loop {
        let mut ace = generate::dacl_ace(random);
        if ace.kind.row().map(|row| row.effect) == Some(effect) {
            if random.percent(50) && ace.sid != OWNER_RIGHTS {
                ace.sid = EVERYONE;
            }
            if random.percent(50) {
                ace.mask |= AccessMask::WRITE_OWNER;
            }
            return ace;
        }
    }
}

/// Where the detour over SeTakeOwnershipPrivilege can matter: bits of privileges are put back or kept.
fn by_take_ownership(question: &Question) -> bool {
    let facts = question.token.facts();
    let restricted = !facts.restricted_sids.is_empty() || !facts.restricted_device_groups.is_empty();
    let broken = question
        .policies
        .iter()
        .flat_map(|policy| &policy.rules)
        .any(|rule| matches!(rule.effective_dacl, PlainAcl::Broken));
    question.token.privileges.enabled.contains(Privilege::TAKE_OWNERSHIP) && (restricted || broken)
}

/// Whether only excepted bits changed. Where one bit decides over the whole answer (`windows`, W-ACC-3), whether an
/// excepted one is among those that changed with it.
fn only(changed: u32, excepted: u32, whole: bool) -> bool {
    changed & !excepted == 0 || whole && changed & excepted != 0
}

/// Replaces the fixed facts of the token.
fn with_facts(question: &mut Question, change: impl FnOnce(&mut IdentityFacts)) {
    let mut facts = question.token.facts().clone();
    change(&mut facts);
    question.token.identity = Identity::new(facts, &mut SidTable::new());
}

#[test]
fn adding_a_deny_grants_nothing() {
    let exceptions = hold(
        41,
        |question, random| {
            let Some(dacl) = question.sd.as_mut().and_then(|sd| sd.dacl.as_mut()) else { return false };
            let at = if random.percent(60) { 0 } else { random.below(dacl.aces.len() + 1) };
            dacl.aces.insert(at, entry(random, AceEffect::Deny));
            true
        },
        |before, after, first, second| {
            let gained = gained(first, second);
            // TKO-1 with RST-5, RST-6 or CAP-2
            let excepted = if by_take_ownership(before) { WRITE_OWNER } else { 0 };
            let whole = before.model == "windows" && second.allowed && !first.allowed;
            assert!(only(gained, excepted, whole), "{gained:08x} {after:#?}\n{first:#?}\n{second:#?}");
            gained != 0
        },
    );
    assert!(exceptions > 0, "the exception is real");
}

#[test]
fn adding_an_allow_at_the_end_denies_nothing() {
    let exceptions = hold(
        42,
        |question, random| {
            let Some(dacl) = question.sd.as_mut().and_then(|sd| sd.dacl.as_mut()) else { return false };
            dacl.aces.push(entry(random, AceEffect::Allow));
            true
        },
        |before, after, first, second| {
            let lost = gained(second, first);
            let mut excepted = 0;
            let last =
                after.sd.as_ref().and_then(|sd| sd.dacl.as_ref()).and_then(|acl| acl.aces.last()).unwrap();
            // OWN-3
            if last.sid == OWNER_RIGHTS && !last.flags.contains(AceFlags::INHERIT_ONLY) {
                excepted |= OWNER_IMPLICIT;
            }
            // TKO-1 with RST-5, RST-6 or CAP-2
            if by_take_ownership(before) {
                excepted |= WRITE_OWNER;
            }
            let whole = before.model == "windows" && first.allowed && !second.allowed;
            assert!(only(lost, excepted, whole), "{lost:08x} {after:#?}\n{first:#?}\n{second:#?}");
            lost != 0
        },
    );
    assert!(exceptions > 0, "the exceptions are real");
}

#[test]
fn removing_a_privilege_grants_nothing() {
    let exceptions = hold(
        43,
        |question, random| {
            let privilege = random.pick(&[
                Privilege::SECURITY,
                Privilege::TAKE_OWNERSHIP,
                Privilege::BACKUP,
                Privilege::RESTORE,
                Privilege::RELABEL,
            ]);
            let held = question.token.privileges.enabled.contains(privilege);
            question.token.privileges.enabled.remove(privilege);
            held
        },
        |_, after, first, second| {
            assert!(gained(first, second) == 0, "{after:#?}\n{first:#?}\n{second:#?}");
            false
        },
    );
    assert_eq!(exceptions, 0);
}

#[test]
fn confinement_only_narrows() {
    hold(
        44,
        |question, _| {
            let confined = question.token.facts().confinement.is_some();
            with_facts(question, |facts| facts.confinement = None);
            confined
        },
        |_, after, confined, free| {
            assert!(gained(free, confined) == 0, "{after:#?}\n{confined:#?}\n{free:#?}");
            false
        },
    );
}

#[test]
fn restriction_only_narrows() {
    hold(
        45,
        |question, _| {
            let facts = question.token.facts();
            let restricted = !facts.restricted_sids.is_empty() || !facts.restricted_device_groups.is_empty();
            with_facts(question, |facts| {
                facts.restricted_sids.clear();
                facts.restricted_device_groups.clear();
                facts.write_restricted = false;
            });
            restricted
        },
        |_, after, restricted, free| {
            assert!(gained(free, restricted) == 0, "{after:#?}\n{restricted:#?}\n{free:#?}");
            false
        },
    );
}

/// The known exception, worked out: a deny of WRITE_OWNER, put first, lets a restricted caller take ownership.
#[test]
fn a_deny_can_let_a_restricted_caller_take_ownership() {
    let user = Sid::parse("S-1-5-21-1-1001").unwrap();
    let restricting =
        SidAndAttributes { sid: Sid::parse("S-1-5-12").unwrap(), attributes: GroupAttributes::empty() };
    let facts = IdentityFacts { restricted_sids: vec![restricting], ..IdentityFacts::of(user, SessionId(1)) };
    let held = [Privilege::TAKE_OWNERSHIP].into_iter().collect();
    let identity = Identity::new(facts, &mut SidTable::new());
    let mut question = Question {
        model: "kobicha",
        token: Token::new(TokenId(0), TokenType::Primary, identity, Privileges::new(held, held)),
        pip: (0, 0),
        sd: Some(SecurityDescriptor { owner: Some(SYSTEM), ..SecurityDescriptor::default() }),
        mapping: ObjectType::File.mapping(),
        desired: AccessMask::WRITE_OWNER.0,
        backup: false,
        restore: false,
        self_sid: None,
        local_claims: Vec::new(),
        tree: None,
        list: false,
        policies: Vec::new(),
    };
    let mut with = |aces: Vec<Ace>| {
        question.sd.as_mut().unwrap().dacl = Some(Acl::new(aces));
        crate_answer(&question).unwrap().allowed
    };
    let allow = Ace::basic(AceType::ALLOW, user, AccessMask::WRITE_OWNER);
    let deny = Ace::basic(AceType::DENY, user, AccessMask::WRITE_OWNER);
    assert!(!with(vec![allow.clone()]), "the restricted pass takes it away (RST-5)");
    assert!(with(vec![deny, allow]), "the privilege steps in, and its bits come back (TKO-1, RST-6)");
}
