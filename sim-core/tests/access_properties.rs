//! What holds of every check, on random tokens and descriptors; and the real exceptions, by name.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use proptest::prelude::*;
use sim_core::access::{AccessRequest, Descriptor, Explanation, Intents, PolicyCache, Silent, access_check};
use sim_core::analysis::Sweep;
use sim_core::ids::{SessionId, TokenId};
use sim_core::model::{KACS, KOBICHA, MODELS, Model};
use sim_core::privilege::Privilege;
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{ClaimFlags, ClaimValues, Namespace, Operator};
use sim_core::sd::{Ace, AceType};
use sim_core::sid::{self, Sid, SidTable};
use sim_core::token::{IntegrityLevel, Token, anonymous_token};

const PRIVILEGES: [Privilege; 5] = sim_core::access::CHECK_PRIVILEGES;

fn pool() -> Vec<Sid> {
    vec![
        alice_sid(),
        staff(),
        sid::USERS,
        sid::EVERYONE,
        sid::ADMINISTRATORS,
        account(2002),
        sid::RESTRICTED_CODE,
        sid::ALL_APPLICATION_PACKAGES,
        sid::PRINCIPAL_SELF,
        sid::OWNER_RIGHTS,
    ]
}

fn some_sid() -> impl Strategy<Value = Sid> {
    proptest::sample::select(pool())
}

fn some_mask() -> impl Strategy<Value = u32> {
    proptest::sample::select(vec![1, 2, 3, 0x20, 0x80, FR, FW, FA, GA, GR, RC, WD, WO, 0x0001_0000, ASS])
}

fn some_ace() -> impl Strategy<Value = Ace> {
    let plain = (any::<bool>(), some_mask(), some_sid(), 0u8..8).prop_map(|(denies, mask, sid, flags)| {
        let ace = if denies { deny(mask, sid) } else { allow(mask, sid) };
        if flags == 0 { inherit_only(ace) } else { ace }
    });
    let conditional = (any::<bool>(), some_mask(), some_sid(), 0i64..3).prop_map(|(denies, mask, sid, n)| {
        let kind = if denies { AceType::DENY_CALLBACK } else { AceType::ALLOW_CALLBACK };
        when(kind, mask, sid, vec![attribute(Namespace::User, "Level"), int(n), op(Operator::Greater)])
    });
    prop_oneof![4 => plain, 1 => conditional]
}

fn some_who() -> impl Strategy<Value = Who> {
    let sets = (0u8..32, 0u8..4, 0u8..4, proptest::option::of(0i64..3));
    (sets, any::<bool>(), 0usize..5).prop_map(|((held, second, sandbox, level), deny_user, integrity)| {
        let mut who = alice().with(|facts| {
            facts.groups.push(deny_only(sid::ADMINISTRATORS));
            facts.groups.push(disabled(account(2002)));
            facts.integrity = IntegrityLevel::ALL[integrity].0;
            facts.user_deny_only = deny_user;
            facts.write_restricted = deny_user && second == 3;
            facts.user_claims = level
                .map(|level| claim("Level", ClaimFlags::empty(), ClaimValues::Int64(vec![level])))
                .into_iter()
                .collect();
        });
        let held = PRIVILEGES.iter().enumerate().filter(|(n, _)| held >> n & 1 != 0);
        who.privileges = held.map(|(_, privilege)| *privilege).collect();
        if second > 1 {
            who = who.restricted(&[sid::USERS, sid::RESTRICTED_CODE]);
        }
        if sandbox == 3 {
            who = who.confined(Sid::of_package("demo"), &[sid::ALL_APPLICATION_PACKAGES]);
        }
        who
    })
}

/// Labels are given by their letters, so the same object serves every model.
fn some_object() -> impl Strategy<Value = Object> {
    let dacl = proptest::option::weighted(0.9, proptest::collection::vec(some_ace(), 0..7));
    let sacl = (proptest::option::of(0u32..8), 0usize..5, proptest::option::weighted(0.2, some_mask()));
    (dacl, some_sid(), sacl, 0u8..4, proptest::option::of(some_sid())).prop_map(
        |(dacl, owner, (policy, level, trust), intents, self_sid)| {
            let mut object = open_file(owner);
            object.sd.dacl = dacl.map(sim_core::sd::Acl::new);
            let mut sacl = Vec::new();
            if let Some(policy) = policy {
                let level = Sid::new(16, &[IntegrityLevel::ALL[level].1]).unwrap();
                sacl.push(ace(AceType::MANDATORY_LABEL, policy, level));
            }
            if let Some(mask) = trust {
                let sid = Sid::new(19, &[512, 4096]).unwrap();
                sacl.push(ace(AceType::PROCESS_TRUST_LABEL, mask, sid));
            }
            object.intents = Intents::from_bits_truncate(intents);
            object.self_sid = self_sid;
            if sacl.is_empty() { object } else { object.sacl(sacl) }
        },
    )
}

fn some_desired() -> impl Strategy<Value = u32> {
    (some_mask(), some_mask(), proptest::bool::weighted(0.2))
        .prop_map(|(a, b, max)| a | b | if max { MAX } else { 0 })
}

fn granted(model: &Model, who: &Who, object: &Object, desired: u32) -> AccessMask {
    check(model, who, object, desired).unwrap().granted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// TRC-1: whoever watches changes nothing, the records replay, and the ledger agrees with the mask.
    #[test]
    fn explanations_agree(who in some_who(), object in some_object(), desired in some_desired()) {
        for model in MODELS {
            let compiled = compile(model, &who, &object);
            let request = compiled.request(model, &who, &object, desired);
            let mut explanation = Explanation::new();
            let silent = access_check(&request, &mut Silent);
            prop_assert_eq!(&silent, &access_check(&request, &mut explanation));
            if let Some(Ok(outcome)) = explanation.outcome {
                prop_assert_eq!(explanation.replay(), outcome.raw);
                for entry in explanation.ledger() {
                    prop_assert_eq!(entry.granted, outcome.raw.intersects(entry.bit), "{:?}", entry);
                }
            }
        }
    }

    /// ACC-4: restriction and sandboxes only take away.
    #[test]
    fn narrowing_never_adds(who in some_who(), object in some_object(), desired in some_desired()) {
        let wide = who.clone().with(|facts| {
            facts.restricted_sids.clear();
            facts.write_restricted = false;
            facts.confinement = None;
        });
        for model in [&KACS, &KOBICHA] {
            let (narrow, wide) = (granted(model, &who, &object, desired), granted(model, &wide, &object, desired));
            prop_assert!(wide.contains(narrow), "{narrow} of {wide}");
        }
    }

    /// ACC-4: a central policy only takes away.
    #[test]
    fn policies_never_add(
        who in some_who(), object in some_object(), desired in some_desired(),
        dacl in proptest::collection::vec(some_ace(), 0..4),
    ) {
        let id = Sid::new(17, &[1]).unwrap();
        let mut narrowed = object.clone();
        let sacl = narrowed.sd.sacl.get_or_insert_with(|| sim_core::sd::Acl::new(vec![]));
        sacl.aces.push(ace(AceType::SCOPED_POLICY_ID, 0, id));
        let narrowed = narrowed.policy(id, vec![rule(dacl)]);
        for model in [&KACS, &KOBICHA] {
            let (narrow, wide) =
                (granted(model, &who, &narrowed, desired), granted(model, &who, &object, desired));
            prop_assert!(wide.contains(narrow), "{narrow} of {wide}");
        }
    }

    /// DACL-3: an allow entry at the end takes nothing away. Two exceptions are left out: an entry for OWNER RIGHTS
    /// takes the owner's implicit rights (OWN-3); and where SeTakeOwnershipPrivilege is held, an entry that grants
    /// WRITE_OWNER takes the place of the privilege, whose grant alone outlives the restricted pass (TKO-1, RST-5).
    #[test]
    fn an_allow_at_the_end_denies_nothing(
        who in some_who(), object in some_object(), desired in some_desired(), mask in some_mask(), sid in some_sid(),
    ) {
        let taker = who.privileges.contains(&Privilege::TAKE_OWNERSHIP);
        prop_assume!(sid != sid::OWNER_RIGHTS && !taker && object.sd.dacl.is_some());
        let mut longer = object.clone();
        longer.sd.dacl.as_mut().unwrap().aces.push(allow(mask, sid));
        for model in [&KACS, &KOBICHA] {
            let (before, after) =
                (granted(model, &who, &object, desired), granted(model, &who, &longer, desired));
            prop_assert!(after.contains(before), "{before} then {after}");
        }
    }

    /// PRIV-5, TKO-2: to lose a privilege gains nothing.
    #[test]
    fn removing_a_privilege_grants_nothing(
        who in some_who(), object in some_object(), desired in some_desired(), lost in 0usize..5,
    ) {
        let mut poorer = who.clone();
        poorer.privileges.retain(|privilege| *privilege != PRIVILEGES[lost]);
        for model in [&KACS, &KOBICHA] {
            let (more, less) = (granted(model, &who, &object, desired), granted(model, &poorer, &object, desired));
            prop_assert!(more.contains(less), "{less} of {more}");
        }
    }

    /// A sweep says what the check says, the first time and from memory, and keeps its questions apart.
    #[test]
    fn a_sweep_remembers_what_the_check_says(
        askers in proptest::collection::vec(some_who(), 2),
        objects in proptest::collection::vec(some_object(), 3),
        rights in proptest::collection::vec(some_desired(), 2),
    ) {
        for model in MODELS {
            // One table of SIDs for all of them: their numbers are only good together.
            let mut sids = SidTable::new();
            let tokens: Vec<Token> = askers.iter().map(|who| who.token(&mut sids)).collect();
            let anonymous = anonymous_token(model, &mut sids, TokenId(1), SessionId(1));
            let policies = PolicyCache::default();
            let mapping = model.mapping(ObjectType::File);
            let guards: Vec<Descriptor> = objects
                .iter()
                .map(|object| Descriptor::compile(object.sd.clone(), mapping, model, &mut sids))
                .collect();
            let mut sweep = Sweep::new(model, &anonymous, &policies);
            let asked: Vec<_> = tokens.iter().map(|token| sweep.asker(token.clone())).collect();
            let guarded: Vec<_> = guards.iter().map(|guard| sweep.guard(guard.clone())).collect();
            for _ in 0..2 {
                for (n, who) in askers.iter().enumerate() {
                    for (k, object) in objects.iter().enumerate() {
                        let plain = Object { intents: Intents::empty(), self_sid: None, ..object.clone() };
                        for desired in &rights {
                            let expected = check(model, who, &plain, *desired);
                            let expected = expected.map(|decision| (decision.allowed, decision.handle_mask()));
                            let verdict = sweep.ask(asked[n], guarded[k], AccessMask(*desired));
                            prop_assert_eq!(verdict.map(|verdict| (verdict.allowed, verdict.kept)), expected);
                        }
                    }
                }
            }
        }
    }

    /// MAP-7: each right is decided for itself, so MAXIMUM_ALLOWED finds just what a request for it would get.
    #[test]
    fn maximum_allowed_is_the_sum_of_single_requests(who in some_who(), object in some_object()) {
        for model in [&KACS, &KOBICHA] {
            let all = granted(model, &who, &object, MAX);
            for bit in AccessMask(FA | ASS).bits() {
                let single = check(model, &who, &object, bit.0).unwrap();
                prop_assert_eq!(single.allowed, all.contains(bit), "{}", bit);
            }
        }
    }
}

/// The exception of `an_allow_at_the_end_denies_nothing`, as a scenario.
#[test]
fn an_allow_can_cost_what_take_ownership_would_have_kept() {
    let who = alice().restricted(&[sid::RESTRICTED_CODE]).holding(&[Privilege::TAKE_OWNERSHIP]);
    assert!(check(&KOBICHA, &who, &guarded(vec![]), WO).unwrap().allowed);
    assert!(!check(&KOBICHA, &who, &guarded(vec![allow(WO, alice_sid())]), WO).unwrap().allowed);
    // And the other way about: a deny in front gives it back.
    let object = guarded(vec![deny(WO, alice_sid()), allow(WO, alice_sid())]);
    assert!(check(&KOBICHA, &who, &object, WO).unwrap().allowed);
}

/// A request is data: the same one twice gives the same answer (ACC-5).
#[test]
fn a_check_changes_nothing() {
    let object = guarded(vec![allow(FR, staff())]);
    let compiled = compile(&KOBICHA, &alice(), &object);
    let request: AccessRequest<'_> = compiled.request(&KOBICHA, &alice(), &object, GR);
    let token: Token = compiled.token.clone();
    let first = access_check(&request, &mut Silent);
    assert_eq!(first, access_check(&request, &mut Silent));
    assert_eq!(token, compiled.token);
}
