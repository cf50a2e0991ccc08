//! Reasons, near misses and the text of explanations, mechanism by mechanism.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sim_core::access::{Decider, Explanation, Intents, NoteKind, PolicyAcl, Reason, access_check};
use sim_core::model::{KACS, KOBICHA, Model, WINDOWS};
use sim_core::privilege::Privilege;
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{ClaimFlags, ClaimValues, Namespace, Operator};
use sim_core::sd::{AceFlags, AceType, Acl, LabelPolicy};
use sim_core::sid::{self, Sid};
use sim_core::trace::explain::write_explanation;
use sim_core::trace::names::Names;

fn explain(model: &Model, who: &Who, object: &Object, desired: u32) -> Explanation {
    let compiled = compile(model, who, object);
    let mut explanation = Explanation::new();
    let _ = access_check(&compiled.request(model, who, object, desired), &mut explanation);
    explanation
}

/// Stage of the denial, the entry that denied, and the near misses.
#[track_caller]
fn denied(
    model: &Model,
    who: &Who,
    object: &Object,
    desired: u32,
    stage: &str,
    ace: Option<u16>,
    notes: &[NoteKind],
) {
    let explanation = explain(model, who, object, desired);
    let reason = explanation.reason();
    assert_eq!(reason.denying_stage(), Some(stage), "{reason:?}");
    assert_eq!(reason.deny_ace(), ace);
    let found: Vec<NoteKind> = explanation.notes().iter().map(|note| note.kind).collect();
    assert_eq!(found, notes);
}

#[test]
fn denials_name_their_stage() {
    use NoteKind::{
        DenyOnly, Disabled, InheritOnly, Intent, OwnerRights, PrivilegeOff, Shared, Strict, Unknown,
    };
    let everyone = sid::EVERYONE;
    let denies = guarded(vec![deny(2, alice_sid()), allow(3, alice_sid())]);
    denied(&KACS, &alice(), &denies, 3, "dacl", Some(0), &[]);
    let admins = guarded(vec![allow(FA, sid::ADMINISTRATORS), allow(FR, sid::USERS)]);
    denied(&KACS, &bob(), &admins, 2, "dacl", None, &[DenyOnly]);
    // TRC-6: an entry that does not count here, or not for a group that is disabled.
    denied(
        &KACS,
        &alice(),
        &guarded(vec![inherit_only(allow(FR, everyone))]),
        1,
        "dacl",
        None,
        &[InheritOnly],
    );
    let off = alice().with(|facts| facts.groups.push(disabled(account(2002))));
    denied(&KACS, &off, &guarded(vec![allow(FR, account(2002))]), 1, "dacl", None, &[Disabled]);
    // TRC-4: an entry is counted from 0 over the whole list, with those in front that are passed over.
    let passed = audit(AceFlags::FAILED_ACCESS, FA, everyone);
    denied(&KACS, &alice(), &guarded(vec![passed, deny(2, alice_sid())]), 2, "dacl", Some(1), &[]);
    // MIC-5, MAP-4
    let open = guarded(vec![allow(FA, everyone)]);
    denied(&KACS, &low(), &open, GR, "integrity", None, &[Shared]);
    denied(&KOBICHA, &low(), &open, 2, "integrity", None, &[]);
    // PIP-4
    let trust = ace(AceType::PROCESS_TRUST_LABEL, FR, Sid::new(19, &[512, 4096]).unwrap());
    denied(&KACS, &alice(), &open.clone().sacl(vec![trust]), 2, "trust", None, &[]);
    // PRIV-2, W-ACC-4
    denied(&KACS, &alice(), &open, ASS, "privilege", None, &[]);
    denied(&WINDOWS, &alice(), &open, ASS | 1, "privilege", None, &[]);
    // RST-5, CNF-5
    denied(&KACS, &alice().restricted(&[sid::RESTRICTED_CODE]), &open, 1, "restricted", None, &[]);
    let who = alice().restricted(&[sid::RESTRICTED_CODE]);
    let own = guarded(vec![allow(FA, alice_sid())]);
    denied(&KACS, &who, &own, 1, "restricted", None, &[]);
    let strict = alice().confined(Sid::of_package("demo"), &[]);
    let packages = guarded(vec![allow(FR, sid::USERS), allow(FR, sid::ALL_APPLICATION_PACKAGES)]);
    denied(&KACS, &strict, &packages, 1, "confinement", None, &[Strict]);
    // CAP-2
    let id = Sid::new(17, &[1]).unwrap();
    let narrowed =
        own.clone().sacl(vec![ace(AceType::SCOPED_POLICY_ID, 0, id)]).policy(id, vec![rule(vec![])]);
    denied(&KACS, &alice(), &narrowed, 1, "policy", None, &[]);
    // PRIV-1
    let mut backup = alice().holding(&[Privilege::BACKUP]);
    denied(&KACS, &backup, &guarded(vec![]), GR, "dacl", None, &[Intent]);
    backup.disabled = std::mem::take(&mut backup.privileges);
    denied(&KACS, &backup, &guarded(vec![]).intent(Intents::BACKUP), GR, "dacl", None, &[PrivilegeOff]);
    // OWN-3, COND-1
    let object = file(alice_sid(), vec![allow(RC, sid::OWNER_RIGHTS)]);
    denied(&KACS, &alice(), &object, WD, "dacl", None, &[OwnerRights]);
    let secret = vec![attribute(Namespace::Resource, "Class"), text("x"), op(Operator::Equal)];
    let object = guarded(vec![when(AceType::DENY_CALLBACK, FA, everyone, secret)]);
    denied(&KACS, &alice(), &object, 1, "dacl", Some(0), &[Unknown]);
    // GATE-1
    let who = alice().at(sim_core::token::ImpersonationLevel::Identification);
    denied(&KACS, &who, &open, 1, "gate", None, &[]);
}

#[test]
fn near_misses_have_fixed_words() {
    // TRC-6; the one that is about what was granted: a deny came too late.
    let object = guarded(vec![allow(3, staff()), deny(2, alice_sid())]);
    let notes = explain(&KACS, &alice(), &object, 3).notes();
    let found: Vec<_> = notes.iter().map(|note| (note.kind.name(), note.ace)).collect();
    assert_eq!(found, [("NM-ORDER", Some(1))]);
    for (kind, word) in [
        (NoteKind::InheritOnly, "NM-IO"),
        (NoteKind::DenyOnly, "NM-DENYONLY"),
        (NoteKind::Disabled, "NM-DISABLED"),
        (NoteKind::Intent, "NM-INTENT"),
        (NoteKind::PrivilegeOff, "NM-PRIVOFF"),
        (NoteKind::Unknown, "NM-UNKNOWN"),
        (NoteKind::OwnerRights, "NM-OWNERRIGHTS"),
        (NoteKind::Shared, "NM-SHARED"),
        (NoteKind::Strict, "NM-STRICT"),
    ] {
        assert_eq!(kind.name(), word);
    }
}

#[test]
fn a_condition_tells_what_it_looked_at() {
    // COND-32: the list and the entry, the side, the walk, what it came to, what was read, and why it is unknown.
    let level = vec![attribute(Namespace::User, "Level"), int(2), op(Operator::Greater)];
    let member = [sid_list(&[staff(), account(9)]), op(Operator::MemberOfAny), op(Operator::And)];
    let absent = vec![attribute(Namespace::Resource, "Class"), int(1), op(Operator::Equal)];
    let object = guarded(vec![
        when(AceType::DENY_CALLBACK, 2, sid::EVERYONE, absent),
        when(AceType::ALLOW_CALLBACK, 1, sid::EVERYONE, [level, member.into()].concat()),
    ]);
    let who = alice().restricted(&[sid::EVERYONE]).with(|facts| {
        facts.user_claims = vec![claim("Level", ClaimFlags::empty(), ClaimValues::Int64(vec![3]))];
    });
    let mut out = String::new();
    write_explanation(&mut out, "", &explain(&KACS, &who, &object, 3), ObjectType::File, &Names::new());
    let told =
        out.lines().filter(|line| line.contains(" side) is ")).map(|line| line.trim_end_matches(" [COND-1]"));
    let told: Vec<&str> = told.collect();
    let [staff, other] = [staff(), account(9)];
    let reads = "@User.Level = 3";
    assert_eq!(
        told,
        [
            "dacl            0 condition (deny side) is U: @Resource.Class = absent, missing-attribute @Resource.Class".to_owned(),
            format!("dacl            1 condition (allow side) is T: {reads}, {staff} in token (group[3]), {other} not in token"),
            "restricted      0 condition (deny side) is U: @Resource.Class = absent, missing-attribute @Resource.Class".to_owned(),
            // In the second walk members are looked for among the restricting SIDs (COND-20).
            format!("restricted      1 condition (allow side) is F: {reads}, {staff} not in token, {other} not in token"),
        ]
    );
}

#[test]
fn later_removers_are_listed_too() {
    // TRC-2: the label denies, and a deny entry would have.
    for model in [&KACS, &KOBICHA] {
        let high = label(model, LabelPolicy::NO_WRITE_UP, sid::LABEL_HIGH);
        let object = guarded(vec![deny(WO, sid::EVERYONE)]).sacl(vec![high]);
        let who = alice().holding(&[Privilege::TAKE_OWNERSHIP]);
        let Reason::Denied(entry) = explain(model, &who, &object, WO).reason() else { panic!() };
        assert_eq!(entry.decider, Decider::Integrity(Some(0)));
        assert!(matches!(entry.also[..], [Decider::Ace { deny: true, index: 0, .. }]), "{:?}", entry.also);
    }
}

#[test]
fn grants_name_their_source() {
    let object = file(alice_sid(), vec![allow(1, staff())]);
    let explanation = explain(&KOBICHA, &alice(), &object, RC | 1);
    let Reason::Granted(by) = explanation.reason() else { panic!() };
    assert!(matches!(by[0].0, Decider::Ace { deny: false, index: 0, .. }));
    assert_eq!(by[1].0, Decider::Ownership);
    assert_eq!(explanation.hint(), None);
}

#[test]
fn the_text_goes_stage_by_stage() {
    // TRC-4: masks as eight digits with names in the order of the bits.
    let mut names = Names::new();
    names.insert(alice_sid(), "alice\u{202e}");
    names.insert(staff(), "Staff");
    let object = guarded(vec![allow(3, staff()), deny(4, alice_sid())]);
    let explanation = explain(&KOBICHA, &alice(), &object, 7);
    let mut out = String::new();
    write_explanation(&mut out, "  ", &explanation, ObjectType::File, &names);
    let expected = "
  gate            as \"alice\\u{202e}\" (S-1-5-21-1-2-3-1001) (primary) [GATE-1]
  mapping         desired 00000007 means 00000007 FILE_READ_DATA|FILE_WRITE_DATA|FILE_APPEND_DATA [MAP-6]
  integrity       no label, medium NW: caller medium may [MIC-4]
  owner           the caller does not own the object [OWN-1]
  dacl            0 allow Staff (S-1-5-21-1-2-3-2001) 00000003: applied via group[3], grants 00000003 FILE_READ_DATA|FILE_WRITE_DATA [DACL-3]
  dacl            1 deny \"alice\\u{202e}\" (S-1-5-21-1-2-3-1001) 00000004: applied via user, denies 00000004 FILE_APPEND_DATA [DACL-3]
  dacl            decided 01000000 -> 01000007, granted 00000000 -> 00000003 [TRC-3]
  result          ACCESS_DENIED: raw 00000003 FILE_READ_DATA|FILE_WRITE_DATA; kept 00000000 (none) [RES-4]
  bits            00000003 FILE_READ_DATA|FILE_WRITE_DATA: granted by allow_ace 0 (Staff via group[3]) [DACL-3]
  bits            00000004 FILE_APPEND_DATA: denied by deny_ace 1 (\"alice\\u{202e}\" via user) [DACL-3]
";
    assert_eq!(out, expected.trim_start_matches('\n'));
}

#[test]
fn a_policy_that_is_named_twice_narrows_once_and_audits_twice() {
    // CAP-7; nor does being watched change what is decided.
    let id = Sid::new(17, &[1]).unwrap();
    let mut audited = rule(vec![allow(1, sid::EVERYONE)]);
    let entry = audit(AceFlags::FAILED_ACCESS, 2, sid::EVERYONE);
    audited.effective_sacl = Some(PolicyAcl::Acl(Acl::new(vec![entry])));
    let named = |times: usize| {
        let entries = vec![ace(AceType::SCOPED_POLICY_ID, 0, id); times];
        guarded(vec![allow(FA, alice_sid())]).sacl(entries).policy(id, vec![audited.clone()])
    };
    let once = check(&KACS, &alice(), &named(1), 3).unwrap();
    let thrice = check(&KACS, &alice(), &named(3), 3).unwrap();
    assert_eq!((once.granted, once.events.len()), (AccessMask(1), 1));
    assert_eq!((thrice.granted, thrice.events.len()), (AccessMask(1), 3));
    assert!(!thrice.staging_mismatch);
    let explanation = explain(&KACS, &alice(), &named(3), 3);
    let mut out = String::new();
    write_explanation(&mut out, "", &explanation, ObjectType::File, &Names::new());
    assert_eq!(out.matches("without intents").count(), 1, "{out}");
    assert_eq!(out.matches("it narrowed already [CAP-7]").count(), 2, "{out}");
    assert_eq!(explanation.replay(), AccessMask(1));
}
