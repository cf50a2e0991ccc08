//! The plain reader of binary descriptors: it reads what the layout says, and nothing makes it stop.

#![allow(clippy::unwrap_used, reason = "it writes its own bytes")]

mod oracle;

use oracle::decode;
use oracle::generate::Random;
use sim_core::rights::AccessMask;
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, ObjectGuids};
use sim_core::sid::{ADMINISTRATORS, EVERYONE, LABEL_HIGH, SYSTEM, Sid};

fn sid_bytes(sid: Sid) -> Vec<u8> {
    let mut bytes = Vec::new();
    sid.encode(&mut bytes);
    bytes
}

/// An entry: header, what stands before the SID, the SID, what stands behind it.
fn ace(kind: u8, flags: u8, before: &[u8], sid: Sid, behind: &[u8]) -> Vec<u8> {
    let mut body = [before, &sid_bytes(sid), behind].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    let size = u16::try_from(body.len() + 4).unwrap().to_le_bytes();
    [vec![kind, flags], size.to_vec(), body].concat()
}

fn acl(aces: &[Vec<u8>]) -> Vec<u8> {
    let body = aces.concat();
    let size = u16::try_from(body.len() + 8).unwrap().to_le_bytes();
    let count = u16::try_from(aces.len()).unwrap().to_le_bytes();
    [vec![2, 0], size.to_vec(), count.to_vec(), vec![0, 0], body].concat()
}

/// Owner, then SACL, then DACL; no group.
fn descriptor(owner: Sid, sacl: &[u8], dacl: &[u8]) -> Vec<u8> {
    let owner = sid_bytes(owner);
    let (at_sacl, at_dacl) = (20 + owner.len(), 20 + owner.len() + sacl.len());
    let mut bytes = vec![1, 0, 0x14, 0x80];
    for offset in [20, 0, at_sacl, at_dacl] {
        bytes.extend_from_slice(&u32::try_from(offset).unwrap().to_le_bytes());
    }
    [bytes, owner, sacl.to_vec(), dacl.to_vec()].concat()
}

/// One claim `x` of two integers (ACE-5): name at 24, values at 28 and 36.
fn claim() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [24_u32, 1, 2, 2, 28, 36] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&[b'x', 0, 0, 0]);
    for value in [7_i64, -1] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes
}

fn sample() -> Vec<u8> {
    let guid = [9; 16];
    let sacl = acl(&[
        ace(0x11, 0, &[2, 0, 0, 0], LABEL_HIGH, &[]),
        ace(0x12, 0, &[0; 4], EVERYONE, &claim()),
        ace(0x02, 0x40, &[1, 0, 0, 0], EVERYONE, &[]),
    ]);
    let dacl = acl(&[
        ace(0x05, 0, &[&[4, 0, 0, 0, 1, 0, 0, 0], &guid[..]].concat(), SYSTEM, &[]),
        ace(0x09, 8, &[0, 0, 0, 0x10], ADMINISTRATORS, b"artx\xA2"),
        ace(0x44, 0, &[1, 2, 3, 4], EVERYONE, &[]),
    ]);
    descriptor(SYSTEM, &sacl, &dacl)
}

#[test]
fn a_descriptor_is_read() {
    let sd = decode::descriptor(&sample(), false).unwrap();
    assert_eq!((sd.owner, sd.group), (Some(SYSTEM), None));
    let (sacl, dacl) = (sd.sacl.unwrap().aces, sd.dacl.unwrap().aces);
    assert_eq!(sacl[0], Ace::basic(AceType::MANDATORY_LABEL, LABEL_HIGH, AccessMask(2)));
    let AceBody::Attribute(claim) = &sacl[1].body else { unreachable!("a claim was written") };
    assert_eq!(format!("{} {:?}", claim.name, claim.values), "x Int64([7, -1])");
    assert_eq!(sacl[2].flags, AceFlags::SUCCESSFUL_ACCESS);
    let guids = ObjectGuids { object_type: Some(sim_core::ids::Guid([9; 16])), inherited_object_type: None };
    assert_eq!(dacl[0].body, AceBody::Object(guids));
    assert_eq!((dacl[1].mask, dacl[1].flags), (AccessMask::GENERIC_ALL, AceFlags::INHERIT_ONLY));
    assert_eq!(dacl[1].body, AceBody::Callback(b"artx\xA2\0\0\0".to_vec()));
    assert!(matches!(dacl[2].body, AceBody::Unknown(_)), "kept (ACL-4)");
}

/// MASK-2, W-SDL-7
#[test]
fn reserved_bits_are_a_matter_of_the_model() {
    let dacl = acl(&[ace(0x00, 0, &[0, 0, 0x20, 0], EVERYONE, &[])]);
    assert!(decode::acl(&dacl, false).is_none());
    assert_eq!(decode::acl(&dacl, true).unwrap().aces[0].mask, AccessMask(0x0020_0000));
}

/// SD-7: damage is refused or read as something, and a shortened descriptor is never read.
#[test]
fn damage_is_survived() {
    let whole = sample();
    for length in 0..whole.len() {
        assert!(decode::descriptor(&whole[..length], false).is_none(), "{length} bytes");
    }
    for case in 0..20_000 {
        let mut random = Random::of(51, case);
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.pick(&[0, 1, 2, 4, 8, 20, 0x12, 0x7F, 0xFF, 0xFE]);
        }
        for nt in [false, true] {
            let _ = decode::descriptor(&bytes, nt);
        }
    }
}

/// A claim of any type, in either layout, with offsets that may lead astray (ACE-5).
fn any_claim(random: &mut Random) -> Vec<u8> {
    let kind = random.pick(&[1_u32, 2, 3, 3, 5, 5, 6, 0x10, 0x10, 4]);
    let count = random.below(3) as u32;
    let data_at = 16 + 4 * count + 4;
    let mut bytes = Vec::new();
    for word in [data_at - 4, kind, 0, count] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for _ in 0..count {
        let at = data_at + random.pick(&[0, 0, 4, 4, 8, 60]);
        bytes.extend_from_slice(&at.to_le_bytes());
    }
    bytes.extend_from_slice(&[b'x', 0, 0, 0]);
    // A place, a length, and what may be a SID, a text or a number.
    for word in [data_at + random.pick(&[4, 8]), 12] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&sid_bytes(EVERYONE));
    bytes
}

/// The two readers of descriptors against each other, over descriptors that are whole and such that are damaged.
#[test]
fn both_readers_read_the_same() {
    use sim_core::model::{KACS, WINDOWS};
    use sim_core::sd::SecurityDescriptor;
    use sim_core::sd::{Acl, SdControl};

    let list = |random: &mut Random| -> Vec<u8> {
        let sids = [EVERYONE, SYSTEM, ADMINISTRATORS, LABEL_HIGH];
        let count = random.below(4);
        let mut aces = Vec::new();
        for _ in 0..count {
            let kind = random.below(0x17) as u8;
            let mask = AccessMask(random.next() as u32 & 0x001F_01FF).0.to_le_bytes();
            let sid = sids[random.below(sids.len())];
            if kind == 0x12 {
                aces.push(ace(kind, 0, &mask, EVERYONE, &any_claim(random)));
                continue;
            }
            let behind: &[u8] = if random.below(3) == 0 { b"artx" } else { &[] };
            aces.push(ace(kind, random.next() as u8, &mask, sid, behind));
        }
        acl(&aces)
    };
    let form = SdControl::SELF_RELATIVE | SdControl::DACL_PRESENT | SdControl::SACL_PRESENT;
    let plain = |descriptor: SecurityDescriptor| SecurityDescriptor {
        control: descriptor.control - form,
        dacl: descriptor.dacl.map(|acl| Acl::new(acl.aces)),
        sacl: descriptor.sacl.map(|acl| Acl::new(acl.aces)),
        ..descriptor
    };
    let mut random = Random::of(2026, 0);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..40_000 {
        let (sacl, dacl) = (list(&mut random), list(&mut random));
        let mut bytes = descriptor(SYSTEM, &sacl, &dacl);
        for _ in 0..random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        for (model, nt) in [(&KACS, false), (&WINDOWS, true)] {
            let ours = SecurityDescriptor::decode(&bytes, model).ok().map(plain);
            let theirs = decode::descriptor(&bytes, nt).map(plain);
            assert_eq!(ours, theirs, "{bytes:02x?}");
            if ours.is_some() { read += 1 } else { refused += 1 }
        }
    }
    assert!(read > 1_000 && refused > 1_000, "both happen: {read} read, {refused} refused");
}
