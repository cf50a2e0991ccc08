//! Descriptors, lists, entries and claims as bytes: each rule of the layout as a table of bytes that are read, and of
//! bytes that are refused at a place.

#![allow(clippy::unwrap_used, reason = "it writes its own bytes")]

use sim_core::ids::Guid;
use sim_core::model::{KACS, KOBICHA, MODELS, Model, WINDOWS};
use sim_core::rights::AccessMask;
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::wire::{self, WireError, decode_claims, encode_claims};
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor};
use sim_core::sid::{ADMINISTRATORS, EVERYONE, LABEL_HIGH, SYSTEM, Sid, USERS};

fn bytes_of(sid: Sid) -> Vec<u8> {
    let mut bytes = Vec::new();
    sid.encode(&mut bytes);
    bytes
}

/// An entry as bytes: header, and a body that must fill words.
fn ace(kind: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let size = u16::try_from(body.len() + 4).unwrap().to_le_bytes();
    [vec![kind, 0, size[0], size[1]], body].concat()
}

fn list(aces: &[Vec<u8>]) -> Vec<u8> {
    let body = aces.concat();
    let size = u16::try_from(body.len() + 8).unwrap().to_le_bytes();
    let count = u16::try_from(aces.len()).unwrap().to_le_bytes();
    [vec![2, 0], size.to_vec(), count.to_vec(), vec![0, 0], body].concat()
}

/// Owner at 20 (12 bytes), group at 32 (16), SACL at 48 (8), DACL at 56 (28): 84 bytes.
fn whole() -> Vec<u8> {
    let mut bytes = vec![1, 0, 0x14, 0x80];
    for offset in [20_u32, 32, 48, 56] {
        bytes.extend_from_slice(&offset.to_le_bytes());
    }
    let dacl = list(&[ace(0, &[&[1, 0, 0, 0], &bytes_of(EVERYONE)])]);
    [bytes, bytes_of(SYSTEM), bytes_of(ADMINISTRATORS), list(&[]), dacl].concat()
}

fn changed(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> Vec<u8> {
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

fn refusal(bytes: &[u8], model: &Model) -> Option<usize> {
    SecurityDescriptor::decode(bytes, model).err().map(|error| error.offset)
}

#[test]
fn a_descriptor_is_read_part_by_part() {
    // SD-1, SD-3, SD-4
    for model in MODELS {
        let read = SecurityDescriptor::decode(&whole(), model).unwrap();
        assert_eq!((read.owner, read.group), (Some(SYSTEM), Some(ADMINISTRATORS)));
        assert_eq!(read.control, SdControl::empty(), "the form of the bytes is no part of the value");
        assert_eq!(read.sacl.unwrap().aces, []);
        assert_eq!(read.dacl.unwrap().aces, [Ace::basic(AceType::ALLOW, EVERYONE, AccessMask(1))]);
    }
    let bytes = changed(whole(), 1, &[7, 0x57, 0xF5]);
    let read = SecurityDescriptor::decode(&bytes, &KACS).unwrap();
    assert_eq!(read.resource_manager, 7);
    assert_eq!(read.control.bits(), 0xF557 & !0x8014);
}

#[test]
fn what_makes_a_descriptor_malformed() {
    // SD-6, SD-7: each row damages the descriptor once, and the error names the place.
    let rows: &[(&str, usize, &[u8], usize)] = &[
        ("revision", 0, &[2], 0),
        ("not self-relative", 3, &[0], 2),
        ("owner inside the header", 4, &[19], 4),
        ("owner behind the end", 4, &[84], 4),
        ("owner far behind the end", 4, &[0xFF, 0xFF, 0xFF, 0xFF], 4),
        ("owner runs past the end", 4, &[80], 80),
        ("group inside the owner", 8, &[24], 24),
        ("group is the owner", 8, &[20], 20),
        ("owner's revision", 20, &[2], 20),
        ("owner's count", 21, &[16], 20),
        ("owner runs into the group", 21, &[2], 32),
        ("SACL is the DACL", 12, &[56], 56),
        ("SACL in the owner, whose bytes are no list", 12, &[20], 22),
        ("SACL that is not present", 2, &[0x04], 2),
        ("DACL that is not present", 2, &[0x10], 2),
        ("SACL without offset", 12, &[0], 2),
        ("ACL too small", 58, &[7], 58),
        ("ACL runs past the end", 58, &[29], 56),
        ("entry's size is no multiple", 66, &[18], 66),
        ("entry's size below its header", 66, &[0], 66),
        ("entry runs past the list", 66, &[24], 64),
        ("fewer entries than bytes", 60, &[0], 64),
        ("more entries than bytes", 60, &[2], 86),
    ];
    for (what, at, new, place) in rows {
        let bytes = changed(whole(), *at, new);
        for model in [&KOBICHA, &KACS] {
            assert!(refusal(&bytes, model).is_some(), "{what}");
        }
        assert_eq!(refusal(&bytes, &KACS), Some(*place), "{what}");
    }
    for length in 0..84 {
        assert!(refusal(&whole()[..length], &KACS).is_some(), "{length} bytes");
    }
    let long = |length: usize| [whole(), vec![0; length - 84]].concat();
    assert_eq!(refusal(&long(65_535), &KACS), None, "what stands behind the parts does not matter");
    assert_eq!(refusal(&long(65_536), &KACS), Some(65_535));
}

#[test]
fn absent_parts_and_any_order() {
    // SD-1, SD-2, SD-4
    let nothing = [&[1, 0, 0, 0x80][..], &[0; 16]].concat();
    let read = SecurityDescriptor::decode(&nothing, &KACS).unwrap();
    assert_eq!(read, SecurityDescriptor::default());
    // DACL, then a gap, then the owner.
    let mut bytes = vec![1, 0, 4, 0x80];
    for offset in [32_u32, 0, 0, 20] {
        bytes.extend_from_slice(&offset.to_le_bytes());
    }
    let bytes = [bytes, list(&[]), vec![0xAA; 4], bytes_of(SYSTEM)].concat();
    let read = SecurityDescriptor::decode(&bytes, &KACS).unwrap();
    assert_eq!((read.owner, read.dacl), (Some(SYSTEM), Some(Acl::new(Vec::new()))));
}

#[test]
fn a_present_dacl_without_offset_is_a_matter_of_the_model() {
    // SD-7
    let bytes = changed(changed(whole(), 16, &[0]), 12, &[48]);
    assert_eq!(refusal(&bytes, &KACS), Some(2));
    assert_eq!(SecurityDescriptor::decode(&bytes, &WINDOWS).unwrap().dacl, None);
    let bytes = changed(whole(), 12, &[0]);
    assert_eq!(refusal(&bytes, &WINDOWS), Some(2), "the exception is the DACL's alone");
}

#[test]
fn slack_is_a_matter_of_the_model() {
    // ACL-2, ACE-1, W-SDL-1
    let entry = || ace(0, &[&[1, 0, 0, 0], &bytes_of(EVERYONE)]);
    let roomy = ace(0, &[&[1, 0, 0, 0], &bytes_of(EVERYONE), &[9; 4]]);
    let mut slack = list(&[entry()]);
    slack.extend_from_slice(&[9; 4]);
    slack[2] += 4;
    for bytes in [slack, list(&[roomy])] {
        assert!(Acl::decode(&bytes, &KACS).is_err());
        let read = Acl::decode(&bytes, &WINDOWS).unwrap();
        assert_eq!(
            read.encode(&WINDOWS).unwrap(),
            list(&[entry()]),
            "what is left over is not written again"
        );
    }
}

#[test]
fn masks_are_a_matter_of_type_and_model() {
    // MASK-2: reserved bits and MAXIMUM_ALLOWED in access, audit and alarm entries; never in others.
    let sid = bytes_of(LABEL_HIGH);
    let everyone = bytes_of(EVERYONE);
    let claim = encode_claims(
        &[Claim { name: "x".into(), flags: ClaimFlags::empty(), values: ClaimValues::Int64(vec![]) }],
        &KACS,
    );
    for kind in 0..=0x14_u8 {
        let object: &[u8] = if matches!(kind, 5..=8 | 0x0B | 0x0C | 0x0F | 0x10) { &[0; 4] } else { &[] };
        for bit in [21, 22, 23, 25, 26, 27] {
            let mask = (1_u32 << bit).to_le_bytes();
            let bytes = match kind {
                0x12 => list(&[ace(kind, &[&mask, &everyone, &claim[4..]])]),
                _ => list(&[ace(kind, &[&mask, object, &sid])]),
            };
            let tested = kind <= 0x10 && kind != 4;
            let refused = Acl::decode(&bytes, &KACS).err();
            assert_eq!(refused.map(|error| error.offset), tested.then_some(12), "type {kind:#x}, bit {bit}");
            assert!(Acl::decode(&bytes, &WINDOWS).is_ok());
        }
        for mask in [0xF11F_FFFF_u32, 0] {
            let bytes = list(&[ace(kind, &[&mask.to_le_bytes(), object, &sid])]);
            assert!(kind == 0x12 || Acl::decode(&bytes, &KACS).is_ok(), "type {kind:#x}");
        }
    }
}

#[test]
fn entries_by_their_shapes() {
    // ACE-1 to ACE-4, ACL-4
    let (mask, sid) = ([1, 0, 0, 0], bytes_of(USERS));
    let read = |bytes: Vec<u8>| Acl::decode(&list(&[bytes]), &KACS).map(|acl| acl.aces[0].clone());
    let both = ObjectGuids { object_type: Some(Guid([5; 16])), inherited_object_type: Some(Guid([6; 16])) };
    let second = ObjectGuids { object_type: None, ..both };
    let object = |kind, bits: u8, guids: &[u8], behind: &[u8]| {
        read(ace(kind, &[&mask, &[bits, 0, 0, 0], guids, &sid, behind])).map(|ace| ace.body)
    };
    let two = [[5; 16], [6; 16]].concat();
    assert_eq!(object(5, 0, &[], &[]), Ok(AceBody::Object(ObjectGuids::default())));
    assert_eq!(object(6, 3, &two, &[]), Ok(AceBody::Object(both)));
    assert_eq!(object(7, 2, &[6; 16], &[]), Ok(AceBody::Object(second)));
    assert_eq!(object(8, 0xFE, &[6; 16], &[]), Ok(AceBody::Object(second)), "unknown bits do not matter");
    assert!(object(5, 1, &[], &[]).is_err(), "the GUID is missing");
    assert!(object(5, 0, &[], &[0; 4]).is_err(), "a SID fills the rest");
    assert_eq!(
        object(0x0B, 1, &[5; 16], b"artx"),
        Ok(AceBody::CallbackObject(ObjectGuids { inherited_object_type: None, ..both }, b"artx".to_vec()))
    );
    let callback = |behind: &[u8]| read(ace(9, &[&mask, &sid, behind])).map(|ace| ace.body);
    assert_eq!(callback(&[]), Ok(AceBody::Callback(Vec::new())));
    assert_eq!(callback(b"artx\xA2\0\0\0"), Ok(AceBody::Callback(b"artx\xA2\0\0\0".to_vec())), "as stored");
    assert!(read(ace(0, &[&mask, &sid, &[0; 4]])).is_err());
    assert!(read(ace(0, &[&mask, &[1, 0, 0, 0]])).is_err(), "12 bytes are no entry");
    assert!(read(ace(0, &[&mask])).is_err());
    for kind in [0x04, 0x15, 0xFF] {
        let unknown = read(ace(kind, &[&[1, 2, 3, 4]])).unwrap();
        assert_eq!(unknown.body, AceBody::Unknown(vec![1, 2, 3, 4]));
        assert!(read(ace(kind, &[])).is_ok(), "a header alone");
    }
    let flags = changed(ace(0, &[&mask, &sid]), 1, &[0x3F]);
    assert_eq!(read(flags).unwrap().flags.bits(), 0x3F, "unused flags are kept");
}

/// A claim entry by hand: name `n` behind the offsets, then `data` at the offsets that `at` gives from its start.
fn claim(kind: u16, at: &[u32], data: &[u8]) -> Vec<u8> {
    let name_at = 16 + 4 * at.len() as u32;
    let mut bytes = name_at.to_le_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&2_u32.to_le_bytes());
    bytes.extend_from_slice(&(at.len() as u32).to_le_bytes());
    at.iter().for_each(|offset| bytes.extend_from_slice(&(name_at + 4 + offset).to_le_bytes()));
    bytes.extend_from_slice(&[b'n', 0, 0, 0]);
    bytes.extend_from_slice(data);
    bytes
}

fn read_claim(entry: &[u8], model: &Model) -> Result<ClaimValues, WireError> {
    let array = [&u32::try_from(entry.len()).unwrap().to_le_bytes()[..], entry].concat();
    decode_claims(&array, model).map(|claims| {
        assert_eq!((claims[0].name.as_str(), claims[0].flags), ("n", ClaimFlags::CASE_SENSITIVE));
        claims[0].values.clone()
    })
}

#[test]
fn claims_by_their_types() {
    // ACE-5
    let plain = |kind, at: &[u32], data: &[u8]| {
        let read = read_claim(&claim(kind, at, data), &KACS);
        assert_eq!(read_claim(&claim(kind, at, data), &WINDOWS), read, "numbers are laid out alike");
        read
    };
    assert_eq!(plain(1, &[0], &[0xFF; 8]), Ok(ClaimValues::Int64(vec![-1])));
    assert_eq!(plain(2, &[0, 0], &[0xFF; 8]), Ok(ClaimValues::Uint64(vec![u64::MAX; 2])));
    assert_eq!(
        plain(6, &[0, 8], &[0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]),
        Ok(ClaimValues::Boolean(vec![true, false]))
    );
    for kind in [1, 2, 3, 5, 6, 0x10] {
        assert!(plain(kind, &[], &[]).is_ok(), "a claim without values");
    }
    for kind in [0, 4, 7, 0x0F, 0x11, 0x102] {
        assert!(plain(kind, &[], &[]).is_err(), "no type {kind}");
    }
    assert!(plain(1, &[1], &[0; 8]).is_err(), "a number past the end");
    assert!(plain(1, &[u32::MAX - 24], &[0; 8]).is_err(), "an offset past the end");
}

#[test]
fn claims_point_in_one_step_or_two() {
    // ACE-5, DIV-50: in two steps the first word of the data holds the place of the value, counted from the entry.
    let place = |extra: u32| (16 + 4 + 4 + extra).to_le_bytes();
    let word = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let sid = bytes_of(USERS);
    let rows: [(u16, Vec<u8>, ClaimValues); 3] = [
        (3, vec![b'a', 0, 0x3D, 0xD8, 0, 0xDE, 0, 0], ClaimValues::String(vec!["a\u{1F600}".into()])),
        (0x10, [&word(3)[..], &[1, 2, 3]].concat(), ClaimValues::Octet(vec![vec![1, 2, 3]])),
        (5, sid.clone(), ClaimValues::Sid(vec![USERS])),
    ];
    for (kind, data, values) in rows {
        let two = claim(kind, &[0], &[&place(4)[..], &data].concat());
        assert_eq!(read_claim(&two, &KACS), Ok(values.clone()));
        assert_eq!(read_claim(&claim(kind, &[0], &data), &WINDOWS), Ok(values.clone()));
        for cut in 1..=data.len().min(3) {
            let short = &data[..data.len() - cut];
            assert!(
                read_claim(&claim(kind, &[0], short), &WINDOWS).is_err(),
                "type {kind}, {cut} bytes short"
            );
        }
        let away = claim(kind, &[0], &[&place(4 + data.len() as u32)[..], &data].concat());
        assert!(read_claim(&away, &KACS).is_err(), "type {kind}: it points behind the end");
    }
    let counted = [&word(sid.len())[..], &sid].concat();
    assert_eq!(
        read_claim(&claim(5, &[0], &counted), &WINDOWS),
        Ok(ClaimValues::Sid(vec![USERS])),
        "NT counts SIDs"
    );
    let lone = [0x3D, 0xD8, 0, 0];
    assert!(read_claim(&claim(3, &[0], &lone), &WINDOWS).is_err(), "half a surrogate pair");
    assert!(read_claim(&claim(3, &[0], &[b'a', 0]), &WINDOWS).is_err(), "a text without its end");
}

#[test]
fn arrays_of_claims_use_every_byte() {
    // ACE-5
    let entry = claim(2, &[], &[]);
    let one = [&u32::try_from(entry.len()).unwrap().to_le_bytes()[..], &entry].concat();
    assert_eq!(decode_claims(&[], &KACS), Ok(Vec::new()));
    assert_eq!(decode_claims(&[one.clone(), one.clone()].concat(), &KACS).unwrap().len(), 2);
    assert_eq!(decode_claims(&[one.clone(), vec![0; 4]].concat(), &KACS).unwrap_err().offset, one.len());
    assert!(decode_claims(&[one.clone(), vec![0; 3]].concat(), &KACS).is_err());
    assert!(decode_claims(&one[..one.len() - 1], &KACS).is_err());
}

#[test]
fn values_that_share_bytes_cannot_grow_without_bound() {
    // An entry of 48 KiB would take 128 MiB if each of its 8,192 values were copied.
    let octets = [&16_384_u32.to_le_bytes()[..], &[7; 16_384]].concat();
    let error = read_claim(&claim(0x10, &[0; 8192], &octets), &WINDOWS).unwrap_err();
    assert!(error.problem.contains("1 MiB"), "{error}");
    assert!(read_claim(&claim(0x10, &[0; 63], &octets), &WINDOWS).is_ok(), "sharing as such is fine");
    let text = [[b'a', 0].repeat(8192), vec![0, 0]].concat();
    assert!(read_claim(&claim(3, &[0; 8192], &text), &WINDOWS).is_err());
    // A count without offsets makes room for nothing.
    let lying = changed(claim(2, &[], &[]), 12, &[0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(read_claim(&lying, &KACS).is_err());
}

fn everything() -> SecurityDescriptor {
    let sid = Sid::parse("S-1-5-21-1-2-3-1013").unwrap();
    let guids = ObjectGuids { object_type: Some(Guid([1; 16])), inherited_object_type: Some(Guid([2; 16])) };
    let claim = |values| {
        AceBody::Attribute(Claim {
            name: "Näme".into(),
            flags: ClaimFlags::from_bits_retain(0x8000_0022),
            values,
        })
    };
    let entry = |kind, body| Ace {
        kind,
        flags: AceFlags::from_bits_retain(0x23),
        mask: AccessMask(0x11F_01FF),
        sid,
        body,
    };
    let attribute = |values| Ace { sid: EVERYONE, ..entry(AceType::RESOURCE_ATTRIBUTE, claim(values)) };
    SecurityDescriptor {
        owner: Some(sid),
        group: Some(Sid::new(0xFFFF_0000_0001, &[u32::MAX; 15]).unwrap()),
        control: SdControl::DACL_PROTECTED | SdControl::RM_CONTROL_VALID | SdControl::OWNER_DEFAULTED,
        resource_manager: 0xAB,
        dacl: Some(Acl::new(vec![
            entry(AceType::ALLOW, AceBody::Basic),
            entry(AceType::DENY_OBJECT, AceBody::Object(guids)),
            entry(AceType::ALLOW_CALLBACK, AceBody::Callback(b"artx\xA2\0\0\0".to_vec())),
            entry(AceType::DENY_CALLBACK_OBJECT, AceBody::CallbackObject(guids, b"junk".to_vec())),
        ])),
        sacl: Some(Acl::new(vec![
            attribute(ClaimValues::Int64(vec![i64::MIN, i64::MAX])),
            attribute(ClaimValues::Uint64(vec![u64::MAX])),
            attribute(ClaimValues::String(vec![String::new(), "é\u{1F600}".into()])),
            attribute(ClaimValues::Sid(vec![SYSTEM, sid])),
            attribute(ClaimValues::Boolean(vec![true, false])),
            attribute(ClaimValues::Octet(vec![Vec::new(), vec![1, 2, 3]])),
            attribute(ClaimValues::String(Vec::new())),
        ])),
    }
}

#[test]
fn what_is_written_is_read_again() {
    for model in MODELS {
        let written = everything().encode(model).unwrap();
        let read = SecurityDescriptor::decode(&written, model).unwrap();
        assert_eq!(read, SecurityDescriptor { dacl: read.dacl.clone(), ..everything() });
        assert_eq!(read.dacl.as_ref().unwrap().aces, everything().dacl.unwrap().aces);
        assert_eq!(read.encode(model).unwrap(), written);
    }
}

#[test]
fn the_order_of_what_is_written() {
    // SD-2, W-SDL-1: right behind each other, in the order of the model; PRESENT and SELF_RELATIVE by what is there.
    let offsets = |model: &Model| -> [u32; 4] {
        let written = everything().encode(model).unwrap();
        [4, 8, 12, 16].map(|at| u32::from_le_bytes(*written[at..].first_chunk().unwrap()))
    };
    let [owner, group, sacl, dacl] = offsets(&KACS);
    assert!(owner == 20 && owner + 28 == group && group + 68 == sacl && sacl < dacl);
    let [owner, group, sacl, dacl] = offsets(&WINDOWS);
    assert!(sacl == 20 && sacl < dacl && dacl < owner && owner + 28 == group);
    let bare = SecurityDescriptor { control: SdControl::all(), ..SecurityDescriptor::default() };
    assert_eq!(bare.encode(&KACS).unwrap()[2..4], 0xFFEB_u16.to_le_bytes());
    assert_eq!(whole()[..], SecurityDescriptor::decode(&whole(), &KACS).unwrap().encode(&KACS).unwrap()[..]);
}

/// SD-7, W-SDL-5: NT keeps apart a DACL that was given as NULL and one that was not given, in bytes as in text.
#[test]
fn a_dacl_that_was_given_as_null() {
    let bytes = |control: u16| {
        let mut bytes = vec![1, 0];
        bytes.extend_from_slice(&control.to_le_bytes());
        bytes.resize(20, 0);
        bytes
    };
    let text = |bytes: &[u8]| {
        let read = SecurityDescriptor::decode(bytes, &WINDOWS).unwrap();
        assert_eq!(read.dacl, None);
        assert_eq!(read.encode(&WINDOWS).unwrap(), bytes);
        sddl::print(&read, &SddlContext::of(&WINDOWS)).unwrap()
    };
    assert_eq!(text(&bytes(0x8004)), "D:NO_ACCESS_CONTROL");
    assert_eq!(text(&bytes(0x8000)), "");
    let given = sddl::parse("D:NO_ACCESS_CONTROL", &SddlContext::of(&WINDOWS)).unwrap();
    assert_eq!(given.encode(&WINDOWS).unwrap(), bytes(0x8004));
    let given = sddl::parse("D:NO_ACCESS_CONTROL", &SddlContext::of(&KACS)).unwrap();
    assert_eq!(given.encode(&KACS).unwrap(), bytes(0x8000));
    assert!(SecurityDescriptor::decode(&bytes(0x8004), &KACS).is_err());
}

#[test]
fn the_revision_of_what_is_written() {
    // ACL-3, W-OBJ-4
    let of = |kind: u8| match kind {
        5..=8 => AceBody::Object(ObjectGuids::default()),
        9 | 0x0A | 0x0D | 0x0E => AceBody::Callback(Vec::new()),
        0x0B | 0x0C | 0x0F | 0x10 => AceBody::CallbackObject(ObjectGuids::default(), Vec::new()),
        4 | 0x15.. => AceBody::Unknown(Vec::new()),
        _ => AceBody::Basic,
    };
    for kind in (0..=0x15).filter(|kind| *kind != 0x12) {
        let entry = Ace { body: of(kind), ..Ace::basic(AceType(kind), EVERYONE, AccessMask(0)) };
        let acl = Acl { revision: 3, aces: vec![entry] };
        let written = |model| acl.encode(model).unwrap()[0];
        let object = matches!(kind, 5..=8 | 0x0B | 0x0C | 0x0F | 0x10);
        let known = |revision| if matches!(kind, 4 | 0x15..) { 3 } else { revision };
        assert_eq!(written(&KACS), known(if (5..=0x10).contains(&kind) { 4 } else { 2 }), "type {kind:#x}");
        assert_eq!(written(&WINDOWS), known(if object { 4 } else { 2 }), "type {kind:#x}");
    }
}

#[test]
fn sizes_end_at_sixteen_bits() {
    // SD-6
    let entry = Ace::basic(AceType::ALLOW, EVERYONE, AccessMask(1));
    let acl = |count: usize| Acl::new(vec![entry.clone(); count]);
    assert!(acl(3276).encode(&KACS).is_ok(), "65,528 bytes");
    assert!(acl(3277).encode(&KACS).is_err(), "65,548 bytes");
    let sd = |count: usize| SecurityDescriptor { dacl: Some(acl(count)), ..SecurityDescriptor::default() };
    assert!(sd(3275).encode(&KACS).is_ok(), "65,528 bytes");
    assert_eq!(sd(3276).encode(&KACS).unwrap_err().offset, wire::MAX_SIZE);
    let data = |length| Ace {
        kind: AceType::ALLOW_CALLBACK,
        body: AceBody::Callback(vec![0; length]),
        ..entry.clone()
    };
    assert!(Acl::new(vec![data(65_504)]).encode(&KACS).is_ok(), "an entry of 65,524 bytes fills its list");
    assert!(Acl::new(vec![data(65_513)]).encode(&KACS).is_err());
}
