//! SIDs, group entries, masks and generic mappings as tables.
#![allow(clippy::unwrap_used)]

use sim_core::ids::SessionId;
use sim_core::model::{KACS, KOBICHA, MODELS, WINDOWS};
use sim_core::rights::{AccessMask, GenericMapping, ObjectType};
use sim_core::sid::{Sid, SidTable};
use sim_core::token::{GroupAttributes, Identity, IdentityFacts, SidAndAttributes};

#[test]
fn sids_have_one_form_in_bytes() {
    // SID-1: revision, count, the authority from its high byte on, each sub-authority from its low byte on.
    let bytes = [1, 2, 0xAB, 0xCD, 0, 0, 0, 5, 21, 0, 0, 0, 0x01, 0x02, 0x03, 0x04];
    let sid = Sid::new(0xABCD_0000_0005, &[21, 0x0403_0201]).unwrap();
    let mut written = Vec::new();
    sid.encode(&mut written);
    assert_eq!((&written[..], sid.encoded_len()), (&bytes[..], 16));
    assert_eq!((Sid::decode(&bytes), Sid::decode_prefix(&bytes)), (Some(sid), Some(sid)));
    let most = [&[1, 15, 0, 0, 0, 0, 0, 5][..], &[7; 60]].concat();
    assert_eq!(Sid::decode(&most).unwrap().encoded_len(), 68);
    // SID-2: what is no SID, and what is one only as the beginning of more.
    for cut in 0..16 {
        assert_eq!(Sid::decode_prefix(&bytes[..cut]), None, "{cut} bytes");
    }
    for (at, byte) in [(0, 0), (0, 2), (1, 3), (1, 16), (1, 255)] {
        let mut bytes = bytes;
        bytes[at] = byte;
        assert_eq!(Sid::decode_prefix(&bytes), None, "{byte} at {at}");
    }
    let many = [&[1, 16, 0, 0, 0, 0, 0, 5][..], &[7; 64]].concat();
    assert_eq!(Sid::decode_prefix(&many), None);
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!((Sid::decode(&longer), Sid::decode_prefix(&longer)), (None, Some(sid)));
}

#[test]
fn sids_are_written_in_one_form() {
    // SID-3: an authority is decimal up to 32 bits, and behind that twelve small hex digits.
    for (authority, subs, text) in [
        (5, &[18][..], "S-1-5-18"),
        (5, &[], "S-1-5"),
        (0, &[0, u32::MAX], "S-1-0-0-4294967295"),
        (0xFFFF_FFFF, &[1], "S-1-4294967295-1"),
        (0x1_0000_0000, &[1], "S-1-0x000100000000-1"),
        (0xABCD_EF01_2345, &[10], "S-1-0xabcdef012345-10"),
    ] {
        assert_eq!(Sid::new(authority, subs).unwrap().to_string(), text);
    }
}

#[test]
fn sids_are_read_in_more_forms_than_one() {
    // SID-4: what is read, and how it is written again; what is not.
    let most = "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15";
    for (text, written) in [
        ("s-1-5-18", "S-1-5-18"),
        ("S-1-0x5-0x12", "S-1-5-18"),
        ("S-1-0XABCDEF012345-0XfF", "S-1-0xabcdef012345-255"),
        ("S-1-4294967295", "S-1-4294967295"),
        ("S-1-0xFFFFFFFFFFFF-4294967295", "S-1-0xffffffffffff-4294967295"),
        ("S-1-005-018", "S-1-5-18"),
        (most, most),
    ] {
        assert_eq!(Sid::parse(text).unwrap().to_string(), written);
    }
    for text in [
        "",
        "S",
        "S-1",
        "S-1-",
        "1-5-18",
        "X-1-5-18",
        "S-2-5-18",
        "S-01-5-18",
        "S-0x1-5-18",
        "S-1-5-",
        "S-1--18",
        "S-1-5--18",
        "S-1-+5-18",
        "S-1-5-+18",
        "S-1-5 -18",
        " S-1-5-18",
        "S-1-5-18 ",
        "S-1-5-1a",
        "S-1-5-0x",
        "S-1-4294967296-1",
        "S-1-0x1000000000000-1",
        "S-1-5-4294967296",
        "S-1-5-0x100000000",
    ] {
        assert_eq!(Sid::parse(text), None, "{text:?}");
    }
    assert_eq!(Sid::parse(&format!("{most}-16")), None);
}

#[test]
fn sids_are_their_bytes() {
    // SID-5, SID-6: each is itself alone, and their order is that of their bytes: the count, the authority from its high byte
    // on, each sub-authority from its low byte on.
    let texts = [
        "S-1-0x010000000000",
        "S-1-5-256",
        "S-1-5-1",
        "S-1-5-2",
        "S-1-16-0",
        "S-1-256-0",
        "S-1-5-21-1-2-3",
        "S-1-5-21-1-2-3-500",
        "S-1-5-21-1-2-4-500",
        "S-1-5-21-1-2-3-501",
        "S-1-5-21-1-2-3-500-0",
    ];
    let mut sids = texts.map(|text| Sid::parse(text).unwrap());
    let bytes = |sid: &Sid| {
        let mut bytes = Vec::new();
        sid.encode(&mut bytes);
        bytes
    };
    for (n, one) in sids.iter().enumerate() {
        for (m, other) in sids.iter().enumerate() {
            assert_eq!(one == other, n == m, "{one} {other}");
            assert_eq!(one.cmp(other), bytes(one).cmp(&bytes(other)), "{one} {other}");
        }
    }
    sids.sort();
    assert_eq!(
        sids.map(|sid| sid.to_string())[..4],
        ["S-1-0x010000000000", "S-1-5-256", "S-1-5-1", "S-1-5-2"]
    );
    let rids = ["S-1-5-21-1-2-3-500", "S-1-5-18", "S-1-5"].map(|text| Sid::parse(text).unwrap().rid());
    assert_eq!(rids, [Some(500), Some(18), None]);
    // The groups of a token are not sorted.
    let mut table = SidTable::new();
    let mut facts = IdentityFacts::of(sids[0], SessionId(0));
    let backwards =
        sids.iter().rev().map(|sid| SidAndAttributes { sid: *sid, attributes: GroupAttributes::ENABLED });
    facts.groups = backwards.collect();
    let identity = Identity::new(facts, &mut table);
    let kept: Vec<Sid> = identity.groups.iter().map(|id| table.sid(*id)).collect();
    assert!(kept.iter().eq(sids.iter().rev()));
}

#[test]
fn attributes_of_groups_have_their_numbers() {
    // SID-7; what each does is with the tokens.
    for (attribute, number) in [
        (GroupAttributes::MANDATORY, 0x1),
        (GroupAttributes::ENABLED_BY_DEFAULT, 0x2),
        (GroupAttributes::ENABLED, 0x4),
        (GroupAttributes::OWNER, 0x8),
        (GroupAttributes::USE_FOR_DENY_ONLY, 0x10),
        (GroupAttributes::INTEGRITY, 0x20),
        (GroupAttributes::INTEGRITY_ENABLED, 0x40),
        (GroupAttributes::RESOURCE, 0x2000_0000),
        (GroupAttributes::LOGON_ID, 0xC000_0000),
    ] {
        assert_eq!(attribute.bits(), number);
    }
}

#[test]
fn packages_and_capabilities_are_hashes_of_their_names() {
    // SID-12: SHA-256 of the UTF-8 name, by another program; case is kept.
    for (name, hash) in [
        ("viewer", "94723283-3288302107-3065029414-832195159-1809964641-2577496212-2160933358-2578965820"),
        ("Viewer", "1794804583-3440872436-1680466919-2200316671-1748711316-2618327471-3241133287-39514847"),
        ("é", "2119539018-1405301568-1709957789-3390513223-2136340949-2686781050-1849629855-1285334571"),
    ] {
        assert_eq!(Sid::of_package(name).to_string(), format!("S-1-15-2-{hash}"));
        assert_eq!(Sid::of_capability(name).to_string(), format!("S-1-15-3-{hash}"));
    }
}

#[test]
fn each_bit_of_a_mask_has_its_place() {
    // MASK-1
    for (right, bit) in [
        (AccessMask::DELETE, 16),
        (AccessMask::READ_CONTROL, 17),
        (AccessMask::WRITE_DAC, 18),
        (AccessMask::WRITE_OWNER, 19),
        (AccessMask::SYNCHRONIZE, 20),
        (AccessMask::ACCESS_SYSTEM_SECURITY, 24),
        (AccessMask::MAXIMUM_ALLOWED, 25),
        (AccessMask::GENERIC_ALL, 28),
        (AccessMask::GENERIC_EXECUTE, 29),
        (AccessMask::GENERIC_WRITE, 30),
        (AccessMask::GENERIC_READ, 31),
    ] {
        assert_eq!(right, AccessMask(1 << bit));
    }
    assert_eq!(AccessMask::GENERIC, AccessMask(0xF << 28));
    assert_eq!(AccessMask::RESERVED, AccessMask(7 << 21 | 3 << 26));
    for (class, word) in ObjectType::ALL {
        let all = class.mapping().all;
        assert!(!all.intersects(AccessMask(!0x001F_FFFF)), "{word}: its own rights and the standard ones");
    }
}

#[test]
fn each_class_says_what_the_generic_rights_mean() {
    // MAP-1, MAP-5: reading, writing, executing, everything. Nowhere is ACCESS_SYSTEM_SECURITY in it, and of SYNCHRONIZE and
    // DELETE tokens and keys lack the first, processes both.
    let file = [0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF];
    let key = [0x0002_0019, 0x0002_0006, 0, 0x000F_003F];
    for (class, [read, write, execute, all]) in [
        (ObjectType::File, file),
        (ObjectType::Directory, file),
        (ObjectType::Endpoint, file),
        (ObjectType::Key, key),
        (ObjectType::Token, [0x0002_0008, 0x0004_00E0, 0x0000_0004, 0x000F_01FF]),
        (ObjectType::Process, [0x0002_0410, 0x0004_0220, 0x0000_1801, 0x000E_1E73]),
        (ObjectType::Service, [0x0002_0001, 0x0004_0000, 0x0000_000E, 0x000F_000F]),
    ] {
        let wanted = GenericMapping {
            read: AccessMask(read),
            write: AccessMask(write),
            execute: AccessMask(execute),
            all: AccessMask(all),
        };
        for model in [&KOBICHA, &KACS] {
            assert_eq!(model.mapping(class), wanted, "{}", class.name());
        }
        for model in MODELS {
            let all = model.mapping(class).map(AccessMask::GENERIC_ALL);
            assert!(!all.intersects(AccessMask::ACCESS_SYSTEM_SECURITY), "{}", class.name());
        }
    }
    // MAP-3: each generic bit becomes what it means, and the others stay.
    let mapping = KACS.mapping(ObjectType::Token);
    for (mask, mapped) in [
        (0xC000_0000, 0x0006_00E8),
        (0x2110_8001, 0x0110_8005),
        (0xF000_0000, 0x000F_01FF),
        (0x0200_0001, 0x0200_0001),
    ] {
        assert_eq!(mapping.map(AccessMask(mask)), AccessMask(mapped));
    }
    // Executing a key is reading it in NT (KEY-6).
    assert_eq!(WINDOWS.mapping(ObjectType::Key).execute, AccessMask(0x0002_0019));
}
