//! The worked examples of the rules, EX-1 to EX-29 and EX-31: one row per question.
#![allow(clippy::expect_used)]

mod common;

use common::*;
use sim_core::access::{AccessError, AuditTrigger, GateRefusal, Intents, PolicyAcl, PrivilegeUse, Status};
use sim_core::model::{KACS, KOBICHA, MODELS, Model, WINDOWS};
use sim_core::privilege::Privilege;
use sim_core::rights::AccessMask;
use sim_core::sd::condition::{ClaimFlags, ClaimValues, ConditionToken, Namespace, Operator};
use sim_core::sd::{Ace, AceFlags, AceType, Acl, LabelPolicy};
use sim_core::sid::{self, Sid};
use sim_core::token::{AuditPolicy, ImpersonationLevel};

const NATIVE: [&Model; 2] = [&KACS, &KOBICHA];

/// Verdict and raw mask in `kacs` and `kobicha`.
#[track_caller]
fn native(who: &Who, object: &Object, desired: u32, allowed: bool, granted: u32) {
    for model in NATIVE {
        one(model, who, object, desired, allowed, granted);
    }
}

#[track_caller]
fn one(model: &Model, who: &Who, object: &Object, desired: u32, allowed: bool, granted: u32) {
    let decision = check(model, who, object, desired).expect("a decision");
    let found = (decision.allowed, decision.granted);
    assert_eq!(found, (allowed, AccessMask(granted)), "{} asks {desired:#010x}", model.name);
}

/// The verdict alone.
#[track_caller]
fn verdict(model: &Model, who: &Who, object: &Object, desired: u32, allowed: bool) {
    let decision = check(model, who, object, desired).expect("a decision");
    assert_eq!(decision.allowed, allowed, "{} asks {desired:#010x}: {decision:?}", model.name);
}

#[track_caller]
fn everywhere(who: &Who, object: &Object, desired: u32, allowed: bool) {
    for model in MODELS {
        verdict(model, who, object, desired, allowed);
    }
}

#[test]
fn ex_1_plain_allow() {
    let object = guarded(vec![allow(FR, staff())]);
    native(&alice(), &object, GR, true, FR);
    one(&WINDOWS, &alice(), &object, GR, true, FR);
}

#[test]
fn ex_2_deny_after_allow() {
    // DACL-6: the same two entries in either order.
    let object = guarded(vec![allow(3, alice_sid()), deny(2, alice_sid())]);
    native(&alice(), &object, 3, true, 3);
    everywhere(&alice(), &object, 3, true);
    let object = guarded(vec![deny(2, alice_sid()), allow(3, alice_sid())]);
    native(&alice(), &object, 3, false, 1);
    one(&WINDOWS, &alice(), &object, 3, false, 0);
}

#[test]
fn ex_3_inherit_only() {
    let object = guarded(vec![inherit_only(deny(FA, sid::EVERYONE)), allow(FR, sid::AUTHENTICATED_USERS)]);
    native(&alice(), &object, GR, true, FR);
    everywhere(&alice(), &object, GR, true);
}

#[test]
fn ex_4_deny_only_group() {
    let object = guarded(vec![allow(FA, sid::ADMINISTRATORS), allow(FR, sid::USERS)]);
    native(&bob(), &object, 2, false, 0);
    everywhere(&bob(), &object, 2, false);
    let object = guarded(vec![deny(1, sid::ADMINISTRATORS), allow(FR, sid::USERS)]);
    native(&bob(), &object, 1, false, 0);
    everywhere(&bob(), &object, 1, false);
}

#[test]
fn ex_5_disabled_group() {
    let off = account(2002);
    let who = alice().with(|facts| facts.groups.push(disabled(off)));
    let object = guarded(vec![deny(1, off), allow(FR, sid::AUTHENTICATED_USERS)]);
    native(&who, &object, 1, true, 1);
    everywhere(&who, &object, 1, true);
}

#[test]
fn ex_6_null_dacl() {
    let object = open_file(sid::SYSTEM);
    native(&alice(), &object, GA, true, FA);
    native(&alice(), &object, GA | ASS, false, FA);
    one(&KACS, &low(), &object, 2, false, 0xA9);
    one(&KOBICHA, &low(), &object, 2, false, 0x0012_00A9);
    verdict(&WINDOWS, &low(), &object, 2, false);
    // W-ACC-2, W-ACC-4
    one(&WINDOWS, &alice(), &object, MAX, true, FA);
    let decision = check(&WINDOWS, &alice(), &object, GA | ASS).unwrap();
    assert_eq!(decision.status, Status::PrivilegeNotHeld);
}

#[test]
fn ex_7_empty_dacl() {
    let object = file(alice_sid(), vec![]);
    native(&alice(), &object, RC | WD, true, 0x0006_0000);
    native(&alice(), &object, 0x0006_0001, false, 0x0006_0000);
    native(&bob(), &object, MAX, true, 0);
    one(&WINDOWS, &bob(), &object, MAX, false, 0);
    one(&WINDOWS, &alice(), &object, 0, false, 0);
}

#[test]
fn ex_8_owner_rights() {
    let object = file(alice_sid(), vec![allow(RC, sid::OWNER_RIGHTS), allow(FR, sid::EVERYONE)]);
    everywhere(&alice(), &object, WD, false);
    let clear = vec![attribute(Namespace::User, "Clear"), int(1), op(Operator::Equal)];
    let object = file(alice_sid(), vec![when(AceType::ALLOW_CALLBACK, RC | WD, sid::OWNER_RIGHTS, clear)]);
    everywhere(&alice(), &object, RC, false);
}

#[test]
fn ex_9_owner_beats_deny_and_may_be_deny_only() {
    let object = file(alice_sid(), vec![deny(FA, sid::EVERYONE)]);
    native(&alice(), &object, WD, true, 0x0006_0000);
    everywhere(&alice(), &object, WD, true);
    let object = file(sid::ADMINISTRATORS, vec![allow(FR, sid::USERS)]);
    native(&bob(), &object, WD, true, 0x0006_0000);
    one(&WINDOWS, &bob(), &object, WD, false, 0);
}

#[test]
fn ex_10_default_label() {
    let object = guarded(vec![allow(FA, sid::EVERYONE)]);
    everywhere(&low(), &object, 1, true);
    everywhere(&low(), &object, 2, false);
    one(&KACS, &low(), &object, GR, false, 0x89);
    one(&KOBICHA, &low(), &object, GR, true, FR);
    one(&WINDOWS, &low(), &object, GR, true, FR);
    one(&KACS, &low(), &object, MAX, true, 0xA9);
    one(&KOBICHA, &low(), &object, MAX, true, 0x0012_00A9);
}

#[test]
fn ex_11_label_without_no_write_up() {
    for (model, max, write, attributes) in
        [(&KACS, 0x9, false, false), (&KOBICHA, 0x0012_019F, true, true), (&WINDOWS, 0x0012_019F, true, true)]
    {
        let object = guarded(vec![allow(FA, sid::EVERYONE)]).sacl(vec![label(
            model,
            LabelPolicy::NO_EXECUTE_UP,
            sid::LABEL_HIGH,
        )]);
        verdict(model, &alice(), &object, 1, true);
        verdict(model, &alice(), &object, 2, write);
        verdict(model, &alice(), &object, 0x80, attributes);
        verdict(model, &alice(), &object, 0x20, false);
        one(model, &alice(), &object, MAX, true, max);
    }
}

#[test]
fn ex_12_backup_intent() {
    let who = alice().holding(&[Privilege::BACKUP]);
    let object = guarded(vec![allow(FA, sid::SYSTEM)]);
    everywhere(&who, &object, GR, false);
    let object = guarded(vec![deny(FA, sid::EVERYONE)]).intent(Intents::BACKUP);
    native(&who, &object, GR, true, FR);
    everywhere(&who, &object, GR, true);
    let decision = check(&KACS, &who, &object, GR).unwrap();
    assert_eq!(decision.used, [Privilege::BACKUP].into_iter().collect());
    for model in NATIVE {
        let policy = LabelPolicy::NO_READ_UP | LabelPolicy::NO_WRITE_UP;
        let object = object.clone().sacl(vec![label(model, policy, sid::LABEL_SYSTEM)]);
        one(model, &who, &object, GR, true, FR);
    }
}

#[test]
fn ex_13_restore_intent() {
    let who = alice().holding(&[Privilege::RESTORE]).with(|facts| facts.audit_policy = AuditPolicy::all());
    let object = guarded(vec![]).intent(Intents::RESTORE);
    native(&who, &object, 0x011F_0116, true, 0x011F_0116);
    native(&who, &object, 1, false, 0x011F_0116);
    native(&who, &object, MAX, true, 0x011F_0116);
    let decision = check(&KACS, &who, &object, MAX).unwrap();
    assert!(decision.privilege_use.is_empty() && decision.used.0 == 0);
    everywhere(&who, &object, 0x011F_0116, true);
}

#[test]
fn ex_14_take_ownership_and_integrity() {
    for model in NATIVE {
        let high = label(model, LabelPolicy::NO_WRITE_UP, sid::LABEL_HIGH);
        let object = guarded(vec![deny(WO, sid::EVERYONE)]);
        let taker = alice().holding(&[Privilege::TAKE_OWNERSHIP]);
        let decision = check(model, &taker, &object, WO).unwrap();
        assert!(decision.allowed && decision.used.contains(Privilege::TAKE_OWNERSHIP));
        let object = object.sacl(vec![high.clone()]);
        verdict(model, &taker, &object, WO, false);
        let both = taker.holding(&[Privilege::RELABEL]);
        let decision = check(model, &both, &object, WO).unwrap();
        assert!(decision.allowed);
        assert_eq!(decision.used, [Privilege::TAKE_OWNERSHIP, Privilege::RELABEL].into_iter().collect());
        let object = guarded(vec![allow(WO, sid::EVERYONE)]).sacl(vec![high]);
        let relabeller = alice().holding(&[Privilege::RELABEL]);
        let decision = check(model, &relabeller, &object, WO).unwrap();
        assert!(decision.allowed);
        assert_eq!(decision.used, [Privilege::RELABEL].into_iter().collect());
    }
}

#[test]
fn ex_15_trust_takes_privileges_away() {
    // PUA-6: the record has all that was asked of the privilege, though nothing of it survived.
    let trust = Sid::new(19, &[512, 4096]).unwrap();
    let object =
        guarded(vec![allow(FA, sid::EVERYONE)]).sacl(vec![ace(AceType::PROCESS_TRUST_LABEL, FR, trust)]);
    let who = alice()
        .holding(&[Privilege::SECURITY])
        .with(|facts| facts.audit_policy = AuditPolicy::PRIVILEGE_USE_FAILURE);
    for model in NATIVE {
        let decision = check(model, &who, &object, ASS | 1).unwrap();
        assert_eq!((decision.allowed, decision.granted), (false, AccessMask(1)));
        assert_eq!(
            decision.privilege_use,
            vec![PrivilegeUse {
                privilege: Privilege::SECURITY,
                requested: AccessMask(ASS),
                surviving: AccessMask::NONE,
                success: false,
            }]
        );
    }
    everywhere(&who.clone().trusted(512, 8192), &object, ASS | 2, true);
    everywhere(&who.trusted(1024, 1024), &object, ASS | 2, false);
}

#[test]
fn ex_16_restricted_token() {
    let object = guarded(vec![allow(FA, alice_sid()), allow(FR, sid::USERS)]);
    native(&alice().restricted(&[sid::USERS]), &object, 3, false, 1);
    let who = alice().restricted(&[sid::RESTRICTED_CODE]).holding(&[Privilege::BACKUP]);
    let object = guarded(vec![allow(FA, alice_sid())]).intent(Intents::BACKUP);
    native(&who, &object, GR, true, FR);
}

#[test]
fn ex_17_write_restricted_token() {
    let who = alice().restricted(&[sid::WRITE_RESTRICTED_CODE]).with(|facts| {
        facts.write_restricted = true;
        facts.user_deny_only = true;
    });
    let object = guarded(vec![allow(FA, sid::USERS)]);
    native(&who, &object, 1, true, 1);
    native(&who, &object, 2, false, 0);
    native(&who, &object, GR, false, 0x89);
    native(&who, &object, 0x0001_0001, true, 0x0001_0001);
    native(&who, &guarded(vec![allow(FA, alice_sid())]), 1, false, 0);
    let broken = who.with(|facts| facts.user_deny_only = false);
    assert_eq!(check(&KACS, &broken, &object, 1).unwrap_err(), AccessError::InvalidToken);
}

#[test]
fn ex_18_restricted_device_groups_alone() {
    let who = alice().with(|facts| facts.restricted_device_groups = vec![enabled(account(3001))]);
    native(&who, &guarded(vec![allow(FA, sid::EVERYONE)]), 1, false, 0);
}

#[test]
fn ex_19_confinement_and_null_dacl() {
    let who = alice()
        .confined(Sid::of_package("demo"), &[])
        .holding(&[Privilege::SECURITY])
        .with(|facts| facts.audit_policy = AuditPolicy::PRIVILEGE_USE_FAILURE);
    let object = open_file(sid::SYSTEM);
    native(&who, &object, GA, true, FA);
    native(&who, &object, GA | ASS, false, FA);
    assert_eq!(check(&KACS, &who, &object, GA | ASS).unwrap().privilege_use.len(), 1);
}

#[test]
fn ex_20_normal_and_strict_confinement() {
    let [all, restricted] = [sid::ALL_APPLICATION_PACKAGES, sid::ALL_RESTRICTED_APPLICATION_PACKAGES];
    let package = Sid::of_package("demo");
    let object = file(alice_sid(), vec![allow(FR, sid::AUTHENTICATED_USERS), allow(FR, all)]);
    let normal = alice().confined(package, &[all, restricted]);
    let strict = alice().confined(package, &[restricted]);
    native(&normal, &object, GR, true, FR);
    native(&strict, &object, GR, false, 0);
    native(&normal, &object, WD, false, 0);
    native(&strict, &object, WD, false, 0);
}

fn policy_id(number: u32) -> Sid {
    Sid::new(17, &[number]).expect("a SID")
}

fn pointing_to(number: u32, owner: Sid) -> Object {
    let entry = ace(AceType::SCOPED_POLICY_ID, 0, policy_id(number));
    file(owner, vec![allow(FA, alice_sid())]).sacl(vec![entry])
}

#[test]
fn ex_21_policy_narrows_and_stages() {
    let mut only = rule(vec![allow(FR, sid::EVERYONE)]);
    only.staged_dacl = Some(PolicyAcl::Acl(Acl::new(vec![allow(FR | FW, sid::EVERYONE)])));
    let object = pointing_to(1, sid::SYSTEM).policy(policy_id(1), vec![only]);
    for model in NATIVE {
        let decision = check(model, &alice(), &object, 3).unwrap();
        assert_eq!((decision.allowed, decision.granted), (false, AccessMask(1)));
        assert!(decision.staging_mismatch);
        let decision = check(model, &alice(), &object, 1).unwrap();
        assert!(decision.allowed && !decision.staging_mismatch);
    }
}

#[test]
fn ex_22_missing_policy() {
    native(&alice(), &pointing_to(9, sid::SYSTEM), 1, false, 0);
    native(&alice(), &pointing_to(9, alice_sid()), 1, true, 1);
    native(&alice(), &pointing_to(9, alice_sid()), MAX, true, FA);
    everywhere(&alice(), &pointing_to(9, alice_sid()), 1, true);
}

#[test]
fn ex_23_policy_and_privileges() {
    let who = alice()
        .holding(&[Privilege::BACKUP, Privilege::SECURITY])
        .with(|facts| facts.audit_policy = AuditPolicy::PRIVILEGE_USE_FAILURE);
    let object = pointing_to(1, sid::SYSTEM)
        .policy(policy_id(1), vec![rule(vec![allow(FA, sid::ADMINISTRATORS)])])
        .intent(Intents::BACKUP);
    for model in NATIVE {
        let decision = check(model, &who, &object, GR).unwrap();
        assert!(!decision.allowed);
        assert_eq!(decision.privilege_use.len(), 1);
        assert_eq!(decision.privilege_use[0].privilege, Privilege::BACKUP);
    }
    native(&who, &object, ASS, true, ASS);
}

fn class_is(value: &str) -> Vec<ConditionToken> {
    vec![attribute(Namespace::Resource, "Class"), text(value), op(Operator::Equal)]
}

#[test]
fn ex_24_unknown() {
    let everyone = sid::EVERYONE;
    let object =
        guarded(vec![when(AceType::DENY_CALLBACK, FA, everyone, class_is("Secret")), allow(FR, everyone)]);
    everywhere(&alice(), &object, 1, false);
    let object =
        guarded(vec![when(AceType::ALLOW_CALLBACK, FA, everyone, class_is("Public")), allow(FR, everyone)]);
    native(&alice(), &object, 3, false, 1);
    let absent = vec![attribute(Namespace::Resource, "Class"), op(Operator::Exists), op(Operator::Not)];
    let object = guarded(vec![when(AceType::ALLOW_CALLBACK, FA, everyone, absent)]);
    everywhere(&alice(), &object, 1, true);
    let mut narrow = rule(vec![]);
    narrow.applies_to = Some(program(class_is("Secret")));
    let object = pointing_to(1, sid::SYSTEM).policy(policy_id(1), vec![narrow]);
    native(&alice(), &object, 3, true, 3);
    let whole = vec![
        attribute(Namespace::Resource, "Class"),
        int(5),
        op(Operator::Equal),
        attribute(Namespace::User, "x"),
        attribute(Namespace::User, "x"),
        op(Operator::Equal),
        op(Operator::Or),
    ];
    let attributes =
        vec![resource(claim("Class", ClaimFlags::empty(), ClaimValues::String(vec!["S".into()])))];
    let object = guarded(vec![when(AceType::ALLOW_CALLBACK, FA, everyone, whole)]).sacl(attributes);
    let who = alice().with(|facts| {
        facts.user_claims = vec![claim("X", ClaimFlags::empty(), ClaimValues::Int64(vec![7]))];
    });
    native(&who, &object, 1, false, 0);
}

#[test]
fn ex_25_object_tree() {
    let [root, s, a, b] = [1, 2, 3, 4].map(guid);
    let tree = [(0, root), (1, s), (2, a), (2, b)];
    let grant = |guid| on_node(AceType::ALLOW_OBJECT, 0x10, guid, alice_sid());
    let refuse = |guid| on_node(AceType::DENY_OBJECT, 0x10, guid, alice_sid());
    for (dacl, nodes) in [
        (vec![refuse(a), grant(s)], [false, false, false, true]),
        (vec![grant(s), refuse(a)], [true; 4]),
        (vec![grant(a), grant(b)], [true; 4]),
    ] {
        let object = guarded(dacl).tree(&tree);
        everywhere(&alice(), &object, 0x10, nodes[0]);
        for model in MODELS {
            let decision = check(model, &alice(), &object.clone().list(), 0x10).unwrap();
            let found: Vec<bool> = decision.nodes.iter().map(|node| node.allowed).collect();
            assert_eq!(found, nodes, "{}", model.name);
        }
    }
}

#[test]
fn ex_26_identification() {
    let who = alice().at(ImpersonationLevel::Identification);
    let object = guarded(vec![allow(FR, sid::EVERYONE), allow(FA, sid::AUTHENTICATED_USERS)]);
    verdict(&KOBICHA, &who, &object, 1, true);
    verdict(&KOBICHA, &who, &object, GR, true);
    verdict(&KOBICHA, &who, &object, 2, false);
    verdict(&KOBICHA, &who, &guarded(vec![allow(FR, sid::AUTHENTICATED_USERS)]), 1, false);
    let gate = |model| check(model, &who, &object, 1).unwrap_err();
    assert_eq!(gate(&KACS), AccessError::Gate(GateRefusal::AccessDenied));
    assert_eq!(gate(&WINDOWS), AccessError::Gate(GateRefusal::BadImpersonationLevel));
}

#[test]
fn ex_27_maximum_allowed() {
    let object = file(alice_sid(), vec![allow(FR, sid::USERS), deny(1, alice_sid()), allow(FW, staff())]);
    native(&alice(), &object, MAX, true, 0x0016_019F);
    native(&alice(), &object, 1, true, 0x0006_0001);
    one(&WINDOWS, &alice(), &object, MAX, true, 0x0016_019F);
    let object = guarded(vec![allow(FR, sid::USERS)]);
    native(&alice(), &object, MAX | 2, false, FR);
    one(&WINDOWS, &alice(), &object, MAX | 2, false, 0);
}

#[test]
fn ex_28_principal_self() {
    let object = guarded(vec![allow(2, sid::PRINCIPAL_SELF), deny(2, sid::PRINCIPAL_SELF)]);
    everywhere(&bob(), &object.clone().for_self(sid::ADMINISTRATORS), 2, false);
    everywhere(&alice(), &object.clone().for_self(alice_sid()), 2, true);
    everywhere(&alice(), &object, 2, false);
}

#[test]
fn ex_29_auditing() {
    // The alarm entry watches operations, in NT it does nothing (DIV-22).
    let object = guarded(vec![allow(FR, sid::EVERYONE)]).sacl(vec![
        audit(AceFlags::FAILED_ACCESS, 2, sid::EVERYONE),
        audit(AceFlags::SUCCESSFUL_ACCESS, 1, sid::EVERYONE),
        ace(AceType::ALARM, 6, sid::AUTHENTICATED_USERS),
    ]);
    let who = alice().with(|facts| facts.audit_policy = AuditPolicy::OBJECT_ACCESS_FAILURE);
    for (model, alarms) in [(&KACS, 6), (&KOBICHA, 6), (&WINDOWS, 0)] {
        let decision = check(model, &who, &object, 3).unwrap();
        assert!(!decision.allowed);
        let triggers: Vec<_> = decision.events.iter().map(|event| event.trigger.clone()).collect();
        assert_eq!(triggers, [AuditTrigger::Sacl(0), AuditTrigger::Forced]);
        assert!(decision.events.iter().all(|event| !event.success));
        assert_eq!(decision.alarm_mask, AccessMask(alarms));
    }
}

#[test]
fn ex_31_membership_and_claims() {
    let on = |kind: AceType, who: &Who, condition: Vec<ConditionToken>| {
        let ace: Ace = when(kind, FA, sid::EVERYONE, condition);
        let object = guarded(vec![ace, allow(FA, sid::EVERYONE)]);
        let decision = check(&KACS, who, &object, 1).unwrap();
        // An allow entry that applies shows in a list of its own.
        match kind {
            AceType::DENY_CALLBACK => !decision.allowed,
            _ => {
                check(&KACS, who, &guarded(vec![object.sd.dacl.unwrap().aces[0].clone()]), 1).unwrap().allowed
            }
        }
    };
    let [xa, xd] = [AceType::ALLOW_CALLBACK, AceType::DENY_CALLBACK];
    let admins = || sid_list(&[sid::ADMINISTRATORS]);
    assert!(!on(xa, &bob(), vec![admins(), op(Operator::MemberOf)]));
    assert!(on(xa, &bob(), vec![admins(), op(Operator::NotMemberOf)]));
    assert!(on(xd, &bob(), vec![admins(), op(Operator::MemberOf)]));
    assert!(!on(xa, &bob(), vec![sid_list(&[bob_sid()]), op(Operator::MemberOf)]));
    assert!(on(xa, &bob(), vec![sid_list(&[]), op(Operator::MemberOf)]));
    assert!(!on(xa, &bob(), vec![sid_list(&[]), op(Operator::MemberOfAny)]));
    let who = bob().with(|facts| {
        facts.user_claims = vec![
            claim("Big", ClaimFlags::empty(), ClaimValues::Uint64(vec![u64::MAX])),
            claim("D", ClaimFlags::USE_FOR_DENY_ONLY, ClaimValues::Int64(vec![1])),
            claim("X", ClaimFlags::empty(), ClaimValues::Int64(vec![7])),
        ];
    });
    let of = |name| attribute(Namespace::User, name);
    assert!(on(xa, &who, vec![int(-1), of("Big"), op(Operator::Less)]));
    assert!(!on(xa, &who, vec![of("D"), int(1), op(Operator::Equal)]));
    assert!(on(xd, &who, vec![of("D"), int(1), op(Operator::Equal)]));
    assert!(!on(xd, &who, vec![of("D"), int(2), op(Operator::Equal)]));
    assert!(!on(xa, &who, vec![of("X")]));
    assert!(on(xd, &who, vec![of("X")]));
    assert!(on(xa, &who, vec![of("X"), of("X"), op(Operator::And)]));
}
