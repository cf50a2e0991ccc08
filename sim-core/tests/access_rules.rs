//! Rules of the access check that no worked example shows, and what differs between the models.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sim_core::access::{AccessError, AccessRequest, GateRefusal, ResultMode, Silent, Status, access_check};
use sim_core::ids::SessionId;
use sim_core::model::{KACS, KOBICHA, MODELS, Model, WINDOWS};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{ClaimFlags, ClaimValues, ConditionToken, Namespace, Operator};
use sim_core::sd::{AceFlags, AceType, LabelPolicy};
use sim_core::sid::{self, Sid};
use sim_core::token::{IdentityFacts, ImpersonationLevel, IntegrityLevel};

const NATIVE: [&Model; 2] = [&KACS, &KOBICHA];
const DELETE: u32 = 0x0001_0000;
const SYNCHRONIZE: u32 = 0x0010_0000;

/// Whether it is allowed in kobicha, kacs and windows.
#[track_caller]
fn allowed(who: &Who, object: &Object, desired: u32, wanted: [bool; 3]) {
    for (model, wanted) in MODELS.iter().zip(wanted) {
        let decision = check(model, who, object, desired).unwrap();
        assert_eq!(decision.allowed, wanted, "{}: {decision:?}", model.name);
    }
}

#[test]
fn asking_for_nothing_succeeds() {
    // MASK-3, DIV-19: in two models, whatever the list says; opens refuse it (KEY-7).
    for object in [guarded(vec![]), guarded(vec![deny(FA, sid::EVERYONE)]), guarded(vec![allow(FA, staff())])]
    {
        allowed(&alice(), &object, 0, [true, true, false]);
        for model in NATIVE {
            assert_eq!(check(model, &alice(), &object, 0).unwrap().granted, AccessMask::NONE);
        }
    }
}

#[test]
fn what_makes_a_request_invalid() {
    // VAL-1, VAL-3, VAL-4, RES-2: no descriptor, a tree that is none, reserved bits, results for nodes that there are not.
    let object = guarded(vec![allow(FA, sid::EVERYONE)]);
    for model in MODELS {
        let compiled = compile(model, &alice(), &object);
        let request = compiled.request(model, &alice(), &object, 1);
        let bare = AccessRequest { descriptor: None, ..request };
        assert_eq!(access_check(&bare, &mut Silent), Err(AccessError::NoDescriptor));
        for bit in [21, 22, 23, 26, 27] {
            assert_eq!(
                check(model, &alice(), &object, 1 | 1 << bit),
                Err(AccessError::InvalidMask),
                "bit {bit}"
            );
        }
        for tree in [&[][..], &[(1, 1)], &[(0, 1), (0, 2)], &[(0, 1), (2, 2)], &[(0, 1), (1, 2), (1, 1)]] {
            let nodes: Vec<_> = tree.iter().map(|(level, number)| (*level, guid(*number))).collect();
            let object = object.clone().tree(&nodes);
            assert_eq!(check(model, &alice(), &object, 1), Err(AccessError::InvalidObjectTree), "{tree:?}");
        }
        let sound = object.clone().tree(&[(0, guid(1)), (1, guid(2)), (2, guid(3)), (1, guid(4))]);
        assert!(check(model, &alice(), &sound, 1).unwrap().allowed);
        assert_eq!(check(model, &alice(), &object.clone().list(), 1), Err(AccessError::ListWithoutTree));
    }
}

#[test]
fn the_group_of_an_object_decides_nothing() {
    // SD-5, VAL-2: no owner, no check; and whoever the group is, even one whose entry is there.
    for model in MODELS {
        let mut object = guarded(vec![allow(1, staff())]);
        for group in [None, Some(staff()), Some(alice_sid()), Some(sid::SYSTEM)] {
            object.sd.group = group;
            for (desired, wanted) in [(1, true), (2, false), (RC, false), (WD, false)] {
                assert_eq!(check(model, &alice(), &object, desired).unwrap().allowed, wanted, "{group:?}");
            }
        }
        object.sd.owner = None;
        assert_eq!(check(model, &alice(), &object, 1), Err(AccessError::MissingOwner));
    }
}

#[test]
fn entries_in_the_wrong_list_are_passed_over() {
    // ACL-5: audits and labels neither let nor refuse from a DACL, allow and deny entries neither let nor report from a SACL.
    let high = label(&KACS, LabelPolicy::NO_READ_UP, sid::LABEL_SYSTEM);
    let both = AceFlags::SUCCESSFUL_ACCESS | AceFlags::FAILED_ACCESS;
    let misplaced = vec![audit(both, FA, sid::EVERYONE), high, ace(AceType::ALARM, FA, sid::EVERYONE)];
    let object = guarded([misplaced.clone(), vec![allow(1, staff())]].concat());
    allowed(&alice(), &object, 1, [true; 3]);
    allowed(&alice(), &object, 2, [false; 3]);
    let sacl = vec![allow(2, staff()).with_flags(both), deny(1, staff()).with_flags(both)];
    let object = guarded(vec![allow(1, staff())]).sacl(sacl);
    allowed(&alice(), &object, 1, [true; 3]);
    allowed(&alice(), &object, 2, [false; 3]);
    for model in MODELS {
        assert!(check(model, &alice(), &object, 1).unwrap().events.is_empty());
    }
}

#[test]
fn an_entry_counts_if_everything_about_it_fits() {
    // DACL-2: alice asks for 1. The entry, and whether a list of it alone lets her in, or, where it denies, whether it keeps her
    // out in front of one that would let her in.
    let [off, shunned] = [account(2002), account(2003)];
    let who = alice().with(|facts| facts.groups.extend([disabled(off), deny_only(shunned)]));
    let [yes, no] = [[int(1), int(1)], [int(1), int(2)]].map(|sides| {
        let [one, other] = sides;
        vec![one, other, op(Operator::Equal)]
    });
    let open = vec![attribute(Namespace::User, "None"), int(1), op(Operator::Equal)];
    type Made = fn(u32, Sid) -> sim_core::sd::Ace;
    let plain: [(Made, bool); 2] = [(allow, true), (deny, false)];
    let rows: [(u32, Sid, [bool; 2]); 6] = [
        (1, staff(), [true, true]),
        (3, alice_sid(), [true, true]),
        // It holds nothing of what is asked for.
        (2, staff(), [false, false]),
        (1, account(2004), [false, false]),
        (1, off, [false, false]),
        (1, shunned, [false, true]),
    ];
    let counts = |made: sim_core::sd::Ace, allows: bool| {
        let list = if allows { vec![made] } else { vec![made, allow(FA, sid::EVERYONE)] };
        MODELS.map(|model| check(model, &who, &guarded(list.clone()), 1).unwrap().allowed == allows)
    };
    for (mask, sid, wanted) in rows {
        for ((made, allows), wanted) in plain.into_iter().zip(wanted) {
            assert_eq!(counts(made(mask, sid), allows), [wanted; 3], "{mask} {sid} {allows}");
            assert_eq!(counts(inherit_only(made(mask, sid)), allows), [false; 3], "{mask} {sid} {allows}");
        }
    }
    for (condition, wanted) in [(yes, [true, true]), (no, [false, false]), (open, [false, true])] {
        for (kind, wanted) in [AceType::ALLOW_CALLBACK, AceType::DENY_CALLBACK].into_iter().zip(wanted) {
            let made = when(kind, 1, staff(), condition.clone());
            assert_eq!(counts(made, kind == AceType::ALLOW_CALLBACK), [wanted; 3], "{condition:?} {kind:?}");
        }
    }
}

#[test]
fn without_a_tree_object_entries_are_for_the_whole() {
    // TREE-2: their GUID is one of a tree, or of none.
    for guid in [guid(1), guid(9)] {
        let grant = || on_node(AceType::ALLOW_OBJECT, 1, guid, staff());
        let refuse = || on_node(AceType::DENY_OBJECT, 1, guid, staff());
        allowed(&alice(), &guarded(vec![grant()]), 1, [true; 3]);
        allowed(&alice(), &guarded(vec![refuse(), allow(1, staff())]), 1, [false; 3]);
        assert_eq!(guarded(vec![]).mode, ResultMode::Scalar);
        let tree = guarded(vec![grant()]).tree(&[(0, common::guid(1)), (1, common::guid(2))]);
        allowed(&alice(), &tree, 1, [guid == common::guid(1); 3]);
    }
}

#[test]
fn a_capability_among_the_groups_is_a_group() {
    // CNF-8: it lets in who is in no sandbox, and is no way out of one.
    let capability = Sid::of_capability("camera");
    let in_group = alice().with(|facts| facts.groups.push(enabled(capability)));
    let object = guarded(vec![allow(1, capability)]);
    allowed(&in_group, &object, 1, [true; 3]);
    let package = Sid::of_package("demo");
    allowed(&in_group.clone().confined(package, &[]), &object, 1, [false; 3]);
    allowed(&in_group.confined(package, &[capability]), &object, 1, [true; 3]);
    allowed(&alice().confined(package, &[capability]), &object, 1, [false; 3]);
}

#[test]
fn nothing_that_reports_decides() {
    // AUD-7: every kind of report, or none, over what is allowed and what is not.
    let both = AceFlags::SUCCESSFUL_ACCESS | AceFlags::FAILED_ACCESS;
    let reports =
        vec![audit(both, FA, sid::EVERYONE), ace(AceType::ALARM, FA, sid::EVERYONE).with_flags(both)];
    for dacl in [vec![], vec![allow(FR, staff())], vec![deny(1, staff()), allow(FA, sid::EVERYONE)]] {
        let quiet = guarded(dacl);
        let loud = quiet.clone().sacl(reports.clone());
        let watched = alice().with(|facts| facts.audit_policy = sim_core::token::AuditPolicy::all());
        for model in MODELS {
            for desired in [1, 3, FA, MAX, ASS | 1] {
                let [plain, told] = [(&alice(), &quiet), (&watched, &loud)]
                    .map(|(who, object)| check(model, who, object, desired).unwrap());
                assert_eq!(
                    (plain.allowed, plain.granted, plain.status),
                    (told.allowed, told.granted, told.status)
                );
                assert!(!told.events.is_empty() && plain.events.is_empty());
            }
        }
    }
}

#[test]
fn what_is_not_in_everything_is_left_alone() {
    // MAP-5: a NULL DACL does not give it, and neither a label nor a trust label takes it away. SYNCHRONIZE and DELETE are no part
    // of everything on a process, SYNCHRONIZE is none on keys and tokens.
    for (class, outside, inside) in [
        (ObjectType::Process, DELETE, WD),
        (ObjectType::Process, SYNCHRONIZE, WD),
        (ObjectType::Key, SYNCHRONIZE, DELETE),
        (ObjectType::Token, SYNCHRONIZE, DELETE),
    ] {
        let object = Object { class, ..open_file(sid::SYSTEM) };
        let trust = ace(AceType::PROCESS_TRUST_LABEL, 0, Sid::new(19, &[512, 4096]).unwrap());
        for model in NATIVE {
            let lets =
                |who: &Who, object: &Object, desired| check(model, who, object, desired).unwrap().allowed;
            assert!(lets(&alice(), &object, inside) && !lets(&alice(), &object, outside), "{class:?}");
            let mut object = object.clone();
            object.sd.dacl = Some(sim_core::sd::Acl::new(vec![allow(inside | outside, sid::EVERYONE)]));
            let untrusted = object.clone().sacl(vec![trust.clone()]);
            for (who, object) in [(low(), object), (alice(), untrusted)] {
                assert!(!lets(&who, &object, inside) && lets(&who, &object, outside), "{class:?}");
            }
        }
    }
}

#[test]
fn refusals_are_told_apart() {
    // W-LVL-3: a level that is too low, a privilege that is missing, a list that does not let.
    let object = guarded(vec![allow(1, sid::EVERYONE)]);
    let early = check(&WINDOWS, &alice().at(ImpersonationLevel::Identification), &object, 1);
    assert_eq!(early, Err(AccessError::Gate(GateRefusal::BadImpersonationLevel)));
    let status = |desired| check(&WINDOWS, &alice(), &object, desired).unwrap().status;
    assert_eq!(
        [1, 1 | ASS, 2].map(status),
        [Status::Allowed, Status::PrivilegeNotHeld, Status::AccessDenied]
    );
}

#[test]
fn what_makes_a_token_restricted() {
    // OPEN-15, OPEN-16: for the question whether two tokens are restricted alike (IMP-10).
    let plain = || IdentityFacts::of(alice_sid(), SessionId(0));
    let with = |change: fn(&mut IdentityFacts)| {
        let mut facts = plain();
        change(&mut facts);
        facts.is_restricted()
    };
    assert!(!plain().is_restricted());
    assert!(with(|facts| facts.restricted_sids = vec![enabled(staff())]));
    assert!(with(|facts| {
        facts.restricted_sids = vec![enabled(staff())];
        (facts.write_restricted, facts.user_deny_only) = (true, true);
    }));
    assert!(!with(|facts| facts.restricted_device_groups = vec![enabled(staff())]));
}

#[test]
fn generic_rights_that_are_left_in_an_entry() {
    // DIV-41: the walk maps them, in NT not.
    for (generic, desired) in [(GR, 1), (GA, 2)] {
        allowed(&alice(), &guarded(vec![allow(generic, staff())]), desired, [true, true, false]);
        let object = guarded(vec![deny(generic, staff()), allow(FA, sid::EVERYONE)]);
        allowed(&alice(), &object, desired, [false, false, true]);
    }
}

#[test]
fn labels_between_the_levels() {
    // DIV-49, MIC-2: no level at all, in NT a number among the others.
    let high = alice().with(|facts| facts.integrity = IntegrityLevel::High);
    for level in [Sid::new(16, &[8448]).unwrap(), Sid::new(16, &[8193]).unwrap()] {
        let object = |model| {
            guarded(vec![allow(FA, sid::EVERYONE)]).sacl(vec![label(model, LabelPolicy::NO_WRITE_UP, level)])
        };
        for model in NATIVE {
            assert_eq!(check(model, &high, &object(model), 2), Err(AccessError::InvalidLabelSid));
        }
        let lets = |who: &Who, desired| check(&WINDOWS, who, &object(&WINDOWS), desired).unwrap().allowed;
        assert_eq!([lets(&alice(), 1), lets(&alice(), 2), lets(&high, 2)], [true, false, true], "{level}");
    }
}

#[test]
fn conditions_that_models_read_differently() {
    // Whether an allow entry with the condition lets alice in, who owns the file.
    use Operator::{AnyOf, Contains, Equal, Exists, MemberOf, NotContains};
    let words = |texts: &[&str]| {
        list(texts.iter().map(|text| sim_core::sd::condition::Literal::String((*text).into())).collect())
    };
    let of = |name| attribute(Namespace::User, name);
    let rows: Vec<(&str, Vec<ConditionToken>, [bool; 3])> = vec![
        // DIV-45, W-CND-1, W-CND-5: sets in order, or in any; one literal behind Any_of; nothing behind Contains.
        ("the same order", vec![of("Tags"), words(&["A", "b"]), op(Equal)], [true; 3]),
        ("another order", vec![of("Tags"), words(&["b", "a"]), op(Equal)], [false, false, true]),
        ("one twice", vec![of("Tags"), words(&["a", "a"]), op(Equal)], [false; 3]),
        ("any of one", vec![of("Tags"), words(&["b"]), op(AnyOf)], [true; 3]),
        ("any of a literal", vec![of("Tags"), text("b"), op(AnyOf)], [true, true, false]),
        ("contains nothing", vec![of("Tags"), words(&[]), op(Contains)], [true, true, false]),
        ("not contains nothing", vec![of("Tags"), words(&[]), op(NotContains)], [false, false, true]),
        // DIV-46, OP-9, W-CND-14: membership of the user, of a group, of the owner that one is.
        ("the user", vec![sid_list(&[alice_sid()]), op(MemberOf)], [false, false, true]),
        ("a group", vec![sid_list(&[staff()]), op(MemberOf)], [true; 3]),
        ("the owner", vec![sid_list(&[sid::OWNER_RIGHTS]), op(MemberOf)], [true, true, false]),
        // DIV-47, W-CND-6, W-CND-12: an attribute as the whole condition, and whether a user attribute exists.
        ("a bare one", vec![of("Seven")], [false, false, true]),
        ("a bare zero", vec![of("Zero")], [false; 3]),
        ("in a whole", vec![of("Seven"), of("Seven"), op(Operator::And)], [true; 3]),
        ("it exists", vec![of("Seven"), op(Exists)], [true, true, false]),
        // DIV-52, W-CND-2: the case of letters outside ASCII, and a sign between the two alphabets.
        ("small and capital", vec![of("Name"), text("éCLAIR"), op(Equal)], [false, false, true]),
        ("as it is", vec![of("Name"), text("ÉCLAIR"), op(Equal)], [true; 3]),
        ("a before _", vec![of("Letter"), text("_"), op(Operator::Less)], [false, false, true]),
    ];
    let who = alice().with(|facts| {
        let plain = |name, values| claim(name, ClaimFlags::empty(), values);
        facts.user_claims = vec![
            plain("Tags", ClaimValues::String(vec!["a".into(), "b".into()])),
            plain("Seven", ClaimValues::Int64(vec![7])),
            plain("Zero", ClaimValues::Int64(vec![0])),
            plain("Name", ClaimValues::String(vec!["Éclair".into()])),
            plain("Letter", ClaimValues::String(vec!["a".into()])),
        ];
    });
    for (what, condition, wanted) in rows {
        let object = file(alice_sid(), vec![when(AceType::ALLOW_CALLBACK, 1, sid::EVERYONE, condition)]);
        let found = MODELS.map(|model| check(model, &who, &object, 1).unwrap().allowed);
        assert_eq!(found, wanted, "{what}");
    }
}
