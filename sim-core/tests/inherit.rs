//! Inheritance and propagation as tables, in a shorthand of `type flags mask who`.
#![allow(clippy::unwrap_used, clippy::panic)]

use sim_core::ids::Guid;
use sim_core::model::{KACS, KOBICHA, MODELS, Model, WINDOWS};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::inherit::{
    Creation, CreatorDefaults, InheritError, ListChange, OnProtect, canonical_order, descriptor_for_new,
    propagate, protect, reset,
};
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor};
use sim_core::sid::{self, Sid};

const FA: u32 = 0x001F_01FF;
const FR: u32 = 0x0012_0089;
const GA: u32 = 0x1000_0000;

fn account(rid: u32) -> Sid {
    Sid::new(5, &[21, 1, 2, 3, rid]).unwrap()
}

fn alice() -> Sid {
    account(1001)
}

fn bob() -> Sid {
    account(1002)
}

fn staff() -> Sid {
    account(2001)
}

fn flags(text: &str) -> AceFlags {
    text.split_whitespace().fold(AceFlags::empty(), |all, flag| {
        all | match flag {
            "OI" => AceFlags::OBJECT_INHERIT,
            "CI" => AceFlags::CONTAINER_INHERIT,
            "NP" => AceFlags::NO_PROPAGATE,
            "IO" => AceFlags::INHERIT_ONLY,
            "ID" => AceFlags::INHERITED,
            "SA" => AceFlags::SUCCESSFUL_ACCESS,
            "FA" => AceFlags::FAILED_ACCESS,
            other => panic!("{other}"),
        }
    })
}

fn allow(inheritance: &str, mask: u32, who: Sid) -> Ace {
    Ace::basic(AceType::ALLOW, who, AccessMask(mask)).with_flags(flags(inheritance))
}

fn with_dacl(aces: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(sid::SYSTEM),
        dacl: Some(Acl::new(aces)),
        ..SecurityDescriptor::default()
    }
}

fn defaults<'a>(owner: Sid, dacl: Option<&'a Acl>) -> CreatorDefaults<'a> {
    CreatorDefaults { owner, group: Some(staff()), dacl }
}

fn create(
    parent: &SecurityDescriptor,
    creator: Option<&SecurityDescriptor>,
    who: Sid,
    class: ObjectType,
    model: &Model,
) -> SecurityDescriptor {
    let creation = Creation {
        parent: Some(parent),
        creator,
        defaults: defaults(who, None),
        class,
        child_class: None,
        declared: false,
    };
    descriptor_for_new(&creation, model).unwrap()
}

fn dacl(descriptor: &SecurityDescriptor) -> &[Ace] {
    &descriptor.dacl.as_ref().unwrap().aces
}

#[test]
fn flags_of_the_copies() {
    // INH-2, INH-4, FILE-17: by the kind of the child; parent's flags, the copy on a leaf, the copy on a container. `-`: none.
    for (parent, leaf, container) in [
        ("", "-", "-"),
        ("NP", "-", "-"),
        ("IO", "-", "-"),
        ("OI", "ID", "OI IO ID"),
        ("OI IO", "ID", "OI IO ID"),
        ("OI NP", "ID", "-"),
        ("OI NP IO", "ID", "-"),
        ("CI", "-", "CI ID"),
        ("CI IO", "-", "CI ID"),
        ("CI NP", "-", "ID"),
        ("CI NP IO", "-", "ID"),
        ("OI CI", "ID", "OI CI ID"),
        ("OI CI IO", "ID", "OI CI ID"),
        ("OI CI NP", "ID", "ID"),
        ("OI CI NP IO", "ID", "ID"),
        ("OI CI ID", "ID", "OI CI ID"),
    ] {
        for model in MODELS {
            for (class, wanted) in
                [(ObjectType::File, leaf), (ObjectType::Directory, container), (ObjectType::Key, container)]
            {
                let made = create(&with_dacl(vec![allow(parent, 1, alice())]), None, bob(), class, model);
                let got = made.dacl.map(|list| list.aces[0].flags);
                let wanted = (wanted != "-").then(|| flags(wanted));
                assert_eq!(got, wanted, "{parent:?} {class:?} {}", model.name);
            }
        }
    }
}

#[test]
fn audit_flags_stay() {
    // INH-4, INH-7
    let audit = Ace::basic(AceType::AUDIT, sid::EVERYONE, AccessMask(1)).with_flags(flags("OI SA FA"));
    let parent =
        SecurityDescriptor { sacl: Some(Acl::new(vec![audit])), ..with_dacl(vec![allow("OI", 1, alice())]) };
    let made = create(&parent, None, bob(), ObjectType::File, &KOBICHA);
    assert_eq!(made.sacl.unwrap().aces[0].flags, flags("SA FA ID"));
    assert!(made.control.contains(SdControl::SACL_AUTO_INHERITED));
}

#[test]
fn the_worked_example() {
    // EX-30 in three models; owner and group are the creator's defaults (INH-3).
    let parent = with_dacl(vec![
        allow("OI CI", FA, sid::CREATOR_OWNER),
        allow("CI", FR, sid::USERS),
        allow("OI", FR, sid::AUTHENTICATED_USERS),
        allow("OI CI NP", 2, sid::EVERYONE),
    ]);
    let file_of = |who| {
        vec![allow("ID", FA, who), allow("ID", FR, sid::AUTHENTICATED_USERS), allow("ID", 2, sid::EVERYONE)]
    };
    for model in MODELS {
        let file = create(&parent, None, alice(), ObjectType::File, model);
        assert_eq!(dacl(&file), file_of(alice()), "{}", model.name);
        let defaulted = SdControl::OWNER_DEFAULTED | SdControl::GROUP_DEFAULTED;
        assert_eq!(file.control, defaulted | SdControl::DACL_AUTO_INHERITED);
        assert_eq!((file.owner, file.group), (Some(alice()), Some(staff())));
    }
    for model in [&KOBICHA, &KACS] {
        let directory = create(&parent, None, alice(), ObjectType::Directory, model);
        let wanted = vec![
            allow("OI CI ID", FA, alice()),
            allow("CI ID", FR, sid::USERS),
            allow("OI IO ID", FR, sid::AUTHENTICATED_USERS),
            allow("ID", 2, sid::EVERYONE),
        ];
        assert_eq!(dacl(&directory), wanted);
        let below = create(&directory, None, bob(), ObjectType::File, model);
        assert_eq!(dacl(&below)[0], allow("ID", FA, alice()));
    }
    let directory = create(&parent, None, alice(), ObjectType::Directory, &WINDOWS);
    let wanted = vec![
        allow("ID", FA, alice()),
        allow("OI CI IO ID", FA, sid::CREATOR_OWNER),
        allow("CI ID", FR, sid::USERS),
        allow("OI IO ID", FR, sid::AUTHENTICATED_USERS),
        allow("ID", 2, sid::EVERYONE),
    ];
    assert_eq!(dacl(&directory), wanted);
    let below = create(&directory, None, bob(), ObjectType::File, &WINDOWS);
    assert_eq!(dacl(&below)[0], allow("ID", FA, bob()));
}

#[test]
fn generic_rights_are_written_out() {
    // INH-10; `windows` keeps the original for those below (INH-9).
    let parent = with_dacl(vec![allow("OI CI", GA, sid::USERS), allow("OI", GA, sid::GUESTS)]);
    for model in MODELS {
        let file = create(&parent, None, alice(), ObjectType::File, model);
        assert_eq!(dacl(&file), [allow("ID", FA, sid::USERS), allow("ID", FA, sid::GUESTS)]);
    }
    let key = create(&parent, None, alice(), ObjectType::Key, &KOBICHA);
    assert_eq!(dacl(&key), [allow("OI CI ID", 0xF003F, sid::USERS), allow("OI IO ID", 0xF003F, sid::GUESTS)]);
    let directory = create(&parent, None, alice(), ObjectType::Directory, &WINDOWS);
    let wanted = [
        allow("ID", FA, sid::USERS),
        allow("OI CI IO ID", GA, sid::USERS),
        allow("OI IO ID", GA, sid::GUESTS),
    ];
    assert_eq!(dacl(&directory), wanted);
}

#[test]
fn where_the_dacl_comes_from() {
    // INH-6, INH-8, INH-11: each row of the table. INH-3: an owner that is given is not defaulted.
    let parent = with_dacl(vec![allow("OI", FR, sid::USERS)]);
    let barren = with_dacl(vec![allow("CI", FR, sid::USERS)]);
    let default = Acl::new(vec![allow("ID", FA, bob())]);
    let make = |parent, creator: Option<&SecurityDescriptor>, default| {
        let defaults = defaults(alice(), default);
        let creation = Creation {
            parent: Some(parent),
            creator,
            defaults,
            class: ObjectType::File,
            child_class: None,
            declared: false,
        };
        descriptor_for_new(&creation, &KOBICHA).unwrap()
    };
    let defaulted = SdControl::OWNER_DEFAULTED | SdControl::GROUP_DEFAULTED;
    let copy = allow("ID", FR, sid::USERS);

    let made = make(&parent, None, Some(&default));
    assert_eq!(
        (dacl(&made), made.control),
        (&[copy.clone()][..], defaulted | SdControl::DACL_AUTO_INHERITED)
    );
    let made = make(&barren, None, Some(&default));
    assert_eq!(
        (dacl(&made), made.control),
        (&[allow("", FA, bob())][..], defaulted | SdControl::DACL_DEFAULTED)
    );
    let made = make(&barren, None, None);
    assert_eq!((made.dacl, made.control), (None, defaulted));

    // A creator's descriptor without a DACL: its PROTECTED bit says nothing.
    let mut creator = SecurityDescriptor { owner: Some(bob()), ..SecurityDescriptor::default() };
    creator.control = SdControl::DACL_PROTECTED;
    let made = make(&parent, Some(&creator), None);
    assert_eq!(made.control, SdControl::GROUP_DEFAULTED | SdControl::DACL_AUTO_INHERITED);
    assert_eq!((made.owner, made.group), (Some(bob()), Some(staff())));

    creator = with_dacl(vec![allow("ID", 1, bob())]);
    let own = allow("", 1, bob());
    let asks = SdControl::DACL_AUTO_INHERIT_REQ;
    for (control, wanted, result) in [
        (SdControl::empty(), vec![own.clone()], SdControl::empty()),
        (SdControl::DACL_PROTECTED, vec![own.clone()], SdControl::DACL_PROTECTED),
        (SdControl::DACL_PROTECTED | asks, vec![own.clone()], SdControl::DACL_PROTECTED),
        (asks, vec![own.clone(), copy.clone()], SdControl::DACL_AUTO_INHERITED),
    ] {
        creator.control = control;
        let made = make(&parent, Some(&creator), Some(&default));
        assert_eq!((dacl(&made), made.control), (&wanted[..], result | SdControl::GROUP_DEFAULTED));
    }
}

#[test]
fn the_class_of_a_child_filters() {
    // INH-5
    let guid = |n| Guid([n; 16]);
    let mut ace = allow("OI", 1, alice());
    ace.kind = AceType::ALLOW_OBJECT;
    ace.body = AceBody::Object(ObjectGuids { object_type: None, inherited_object_type: Some(guid(1)) });
    let parent = with_dacl(vec![ace]);
    for (child_class, copied) in [(None, true), (Some(guid(1)), true), (Some(guid(2)), false)] {
        let creation = Creation {
            parent: Some(&parent),
            creator: None,
            defaults: defaults(alice(), None),
            class: ObjectType::File,
            child_class,
            declared: false,
        };
        assert_eq!(descriptor_for_new(&creation, &KACS).unwrap().dacl.is_some(), copied);
    }
}

#[test]
fn what_is_declared_keeps_its_placeholders() {
    // INH-9: a creator's entries are resolved, those of an object that nobody creates are not; copies from above are, either way.
    let parent = with_dacl(vec![allow("CI", FR, sid::CREATOR_OWNER)]);
    let mut given =
        with_dacl(vec![allow("OI CI IO", FA, sid::CREATOR_OWNER), allow("", FR, sid::CREATOR_GROUP)]);
    given.control |= SdControl::DACL_AUTO_INHERIT_REQ;
    given.owner = None;
    for (declared, wanted) in
        [(false, [alice(), staff(), alice()]), (true, [sid::CREATOR_OWNER, sid::CREATOR_GROUP, alice()])]
    {
        let creation = Creation {
            parent: Some(&parent),
            creator: Some(&given),
            defaults: defaults(alice(), None),
            class: ObjectType::Directory,
            child_class: None,
            declared,
        };
        let made = descriptor_for_new(&creation, &KOBICHA).unwrap();
        let sids: Vec<Sid> = dacl(&made).iter().map(|ace| ace.sid).collect();
        assert_eq!(sids, wanted, "declared: {declared}");
    }
}

#[test]
fn what_makes_a_creation_fail() {
    // INH-12, ACL-4, INH-9
    let fails = |parent: &SecurityDescriptor, creator: Option<&SecurityDescriptor>, group, model| {
        let creation = Creation {
            parent: Some(parent),
            creator,
            defaults: CreatorDefaults { owner: alice(), group, dacl: None },
            class: ObjectType::Directory,
            child_class: None,
            declared: false,
        };
        descriptor_for_new(&creation, model).err()
    };
    let plain = with_dacl(vec![allow("OI CI", 1, alice())]);
    let server = SecurityDescriptor { control: SdControl::SERVER_SECURITY, ..with_dacl(Vec::new()) };
    assert_eq!(fails(&plain, Some(&server), None, &KOBICHA), Some(InheritError::ServerSecurity));
    let group = with_dacl(vec![allow("OI CI", 1, sid::CREATOR_GROUP)]);
    assert_eq!(fails(&group, None, None, &KOBICHA), Some(InheritError::NoGroup));
    assert_eq!(fails(&group, None, None, &WINDOWS), Some(InheritError::NoGroup));
    assert_eq!(fails(&group, None, Some(staff()), &KOBICHA), None);
    // What only travels on is not resolved where the placeholder is kept.
    let travels = with_dacl(vec![allow("OI", 1, sid::CREATOR_GROUP)]);
    assert_eq!(fails(&travels, None, None, &KACS), Some(InheritError::NoGroup));
    assert_eq!(fails(&travels, None, None, &WINDOWS), None);
    let mut unknown = allow("CI", 0, sid::NOBODY);
    (unknown.kind, unknown.body) = (AceType(0x42), AceBody::Unknown(vec![0; 8]));
    let parent = with_dacl(vec![unknown.clone()]);
    assert_eq!(fails(&parent, None, None, &KOBICHA), Some(InheritError::UnknownType));
    let still = with_dacl(vec![unknown.with_flags(AceFlags::OBJECT_INHERIT | AceFlags::NO_PROPAGATE)]);
    assert_eq!(fails(&still, None, None, &KOBICHA), None);
    let many = with_dacl(vec![allow("OI CI", 1, alice()); 1820]);
    assert_eq!(fails(&many, None, None, &KOBICHA), Some(InheritError::TooLarge));
    let less = with_dacl(vec![allow("OI CI", 1, alice()); 1810]);
    assert_eq!(fails(&less, None, None, &KOBICHA), None);
}

#[test]
fn propagation_replaces_what_was_inherited() {
    // PROP-1, PROP-2, PROP-4
    let parent = with_dacl(vec![allow("OI", FR, sid::USERS), allow("OI", FA, sid::CREATOR_OWNER)]);
    let mut child = with_dacl(vec![allow("", 1, bob()), allow("ID", 2, staff())]);
    child.owner = Some(alice());
    let done = propagate(&child, &parent, ObjectType::File, &KOBICHA).unwrap().unwrap();
    let wanted = [allow("", 1, bob()), allow("ID", FR, sid::USERS), allow("ID", FA, alice())];
    assert_eq!(dacl(&done.descriptor), wanted);
    assert!(done.descriptor.control.contains(SdControl::DACL_AUTO_INHERITED));
    assert_eq!((done.dacl, done.sacl), (ListChange { removed: 1, added: 2 }, ListChange::default()));
    assert_eq!(propagate(&done.descriptor, &parent, ObjectType::File, &KOBICHA), Ok(None));

    let done = reset(&child, &parent, ObjectType::File, &KOBICHA).unwrap().unwrap();
    assert_eq!(dacl(&done.descriptor), &wanted[1..]);

    child.control = SdControl::DACL_PROTECTED;
    assert_eq!(propagate(&child, &parent, ObjectType::File, &KOBICHA), Ok(None));

    child.control = SdControl::empty();
    child.dacl = None;
    let done = propagate(&child, &parent, ObjectType::File, &KOBICHA).unwrap().unwrap();
    assert_eq!(dacl(&done.descriptor), &wanted[1..]);
    assert_eq!(propagate(&child, &with_dacl(Vec::new()), ObjectType::File, &KOBICHA), Ok(None));
}

#[test]
fn protecting_keeps_or_strips() {
    // PROP-3
    let child = with_dacl(vec![allow("", 1, bob()), allow("ID", 2, staff())]);
    let kept = protect(&child, SdControl::DACL_PROTECTED, OnProtect::Keep);
    assert_eq!((dacl(&kept), kept.control), (dacl(&child), SdControl::DACL_PROTECTED));
    let stripped = protect(&child, SdControl::DACL_PROTECTED, OnProtect::Strip);
    assert_eq!(dacl(&stripped), [allow("", 1, bob())]);
    assert_eq!(protect(&child, SdControl::SACL_PROTECTED, OnProtect::Strip).dacl, child.dacl);
}

#[test]
fn the_canonical_order() {
    // ACL-7
    let deny = |inheritance: &str| Ace { kind: AceType::DENY, ..allow(inheritance, 1, alice()) };
    let scoped = |ace: Ace, kind| Ace {
        kind,
        body: AceBody::Object(ObjectGuids { object_type: Some(Guid([1; 16])), inherited_object_type: None }),
        ..ace
    };
    let (a, d) = (|| allow("", 1, alice()), || deny(""));
    let (ia, id) = (|| allow("ID", 1, alice()), || deny("ID"));
    let oa = || scoped(a(), AceType::ALLOW_OBJECT);
    let od = || scoped(d(), AceType::DENY_OBJECT);
    let audit = || Ace { kind: AceType::AUDIT, ..a() };
    for (aces, wanted) in [
        (vec![], Ok(())),
        (vec![d(), od(), a(), oa(), id(), ia()], Ok(())),
        (vec![a(), d()], Err(1)),
        (vec![od(), d()], Err(1)),
        (vec![ia(), d()], Err(1)),
        (vec![d(), ia(), id()], Err(2)),
        (vec![audit(), d(), audit(), a(), audit()], Ok(())),
    ] {
        assert_eq!(canonical_order(&Acl::new(aces)), wanted);
    }
}
