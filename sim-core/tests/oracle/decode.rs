//! A second reader of binary descriptors, lists and claims.
//!
//! Rules SID-1, SID-2, SD-1, SD-7, ACL-1 to ACL-4, ACE-1 to ACE-6, MASK-2, W-SDL-1, W-SDL-7. `nt` asks for the exceptions of the
//! `windows` model.

use sim_core::ids::Guid;
use sim_core::rights::AccessMask;
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor};
use sim_core::sid::{EVERYONE, NOBODY, Sid};

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn offset_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// A SID at the front and its length (SID-1, SID-2).
pub(crate) fn sid_prefix(bytes: &[u8]) -> Option<(Sid, usize)> {
    if bytes.len() < 8 || bytes[0] != 1 || bytes[1] > 15 {
        return None;
    }
    let count = usize::from(bytes[1]);
    let mut authority = 0_u64;
    for byte in &bytes[2..8] {
        authority = authority * 256 + u64::from(*byte);
    }
    let mut subs = Vec::new();
    for n in 0..count {
        subs.push(u32_at(bytes, 8 + 4 * n)?);
    }
    Some((Sid::new(authority, &subs)?, 8 + 4 * count))
}

/// A SID that fills its container.
pub(crate) fn sid(bytes: &[u8]) -> Option<Sid> {
    let (sid, length) = sid_prefix(bytes)?;
    (length == bytes.len()).then_some(sid)
}

/// SD-1, SD-7
pub(crate) fn descriptor(bytes: &[u8], nt: bool) -> Option<SecurityDescriptor> {
    if bytes.len() < 20 || bytes.len() > 65_535 || bytes[0] != 1 {
        return None;
    }
    let control = u16_at(bytes, 2)?;
    if control & 0x8000 == 0 {
        return None;
    }
    let (owner, group) = (offset_at(bytes, 4)?, offset_at(bytes, 8)?);
    let (sacl, dacl) = (offset_at(bytes, 12)?, offset_at(bytes, 16)?);
    let mut used: Vec<(usize, usize)> = Vec::new();
    let mut claim = |from: usize, length: usize| -> Option<()> {
        let to = from.checked_add(length)?;
        if from < 20 || to > bytes.len() || used.iter().any(|(a, b)| from < *b && *a < to) {
            return None;
        }
        used.push((from, to));
        Some(())
    };
    let mut read_sid = |at: usize| -> Option<Option<Sid>> {
        if at == 0 {
            return Some(None);
        }
        let (sid, length) = sid_prefix(bytes.get(at..)?)?;
        claim(at, length)?;
        Some(Some(sid))
    };
    let owner = read_sid(owner)?;
    let group = read_sid(group)?;
    let mut read_acl = |at: usize, present: bool, may_be_null: bool| -> Option<Option<Acl>> {
        match (present, at) {
            (false, 0) => return Some(None),
            (true, 0) if may_be_null => return Some(None),
            (false, _) | (true, 0) => return None,
            (true, _) => {}
        }
        let rest = bytes.get(at..)?;
        let size = usize::from(u16_at(rest, 2)?);
        claim(at, size)?;
        acl(rest.get(..size)?, nt).map(Some)
    };
    let sacl = read_acl(sacl, control & 0x10 != 0, false)?;
    let dacl = read_acl(dacl, control & 0x4 != 0, nt)?;
    Some(SecurityDescriptor {
        owner,
        group,
        control: SdControl::from_bits_truncate(control & !0x8014),
        resource_manager: bytes[1],
        dacl,
        sacl,
    })
}

/// A list that fills `bytes` (ACL-1, ACL-2).
pub(crate) fn acl(bytes: &[u8], nt: bool) -> Option<Acl> {
    if bytes.len() < 8 || usize::from(u16_at(bytes, 2)?) != bytes.len() {
        return None;
    }
    let count = u16_at(bytes, 4)?;
    let mut at = 8;
    let mut aces = Vec::new();
    for _ in 0..count {
        let size = usize::from(u16_at(bytes, at + 2)?);
        if size % 4 != 0 || size < 4 {
            return None;
        }
        aces.push(ace(bytes.get(at..at + size)?, nt)?);
        at += size;
    }
    (nt || at == bytes.len()).then_some(Acl { revision: bytes[0], aces })
}

/// One entry (ACE-1 to ACE-3).
fn ace(bytes: &[u8], nt: bool) -> Option<Ace> {
    let (kind, flags) = (AceType(bytes[0]), AceFlags::from_bits_retain(bytes[1]));
    let (object, callback) = match kind.0 {
        0x00..=0x03 | 0x11 | 0x13 | 0x14 => (false, false),
        0x05..=0x08 => (true, false),
        0x09 | 0x0A | 0x0D | 0x0E => (false, true),
        0x0B | 0x0C | 0x0F | 0x10 => (true, true),
        0x12 => return attribute_ace(bytes, flags, nt),
        _ => {
            let body = AceBody::Unknown(bytes[4..].to_vec());
            return Some(Ace { kind, flags, mask: AccessMask(0), sid: NOBODY, body });
        }
    };
    if bytes.len() < if object { 20 } else { 16 } {
        return None;
    }
    let mask = u32_at(bytes, 4)?;
    let tested = kind.0 <= 0x10;
    if tested && !nt && mask & 0x0EE0_0000 != 0 {
        return None;
    }
    let mut at = 8;
    let mut guids = ObjectGuids::default();
    if object {
        let present = u32_at(bytes, 8)?;
        at = 12;
        let mut guid = || -> Option<Guid> {
            let guid = bytes.get(at..at + 16)?.try_into().ok()?;
            at += 16;
            Some(Guid(guid))
        };
        if present & 1 != 0 {
            guids.object_type = Some(guid()?);
        }
        if present & 2 != 0 {
            guids.inherited_object_type = Some(guid()?);
        }
    }
    let rest = bytes.get(at..)?;
    let (principal, length) = sid_prefix(rest)?;
    let data = &rest[length..];
    if !nt && !callback && !data.is_empty() {
        return None;
    }
    let body = match (object, callback) {
        (false, false) => AceBody::Basic,
        (true, false) => AceBody::Object(guids),
        (false, true) => AceBody::Callback(data.to_vec()),
        (true, true) => AceBody::CallbackObject(guids, data.to_vec()),
    };
    Some(Ace { kind, flags, mask: AccessMask(mask), sid: principal, body })
}

fn attribute_ace(bytes: &[u8], flags: AceFlags, nt: bool) -> Option<Ace> {
    let mask = AccessMask(u32_at(bytes, 4)?);
    let (principal, length) = sid_prefix(bytes.get(8..)?)?;
    if principal != EVERYONE {
        return None;
    }
    let claim = claim(bytes.get(8 + length..)?, nt)?;
    Some(Ace { kind: AceType(0x12), flags, mask, sid: principal, body: AceBody::Attribute(claim) })
}

/// A claim entry (ACE-5). What follows it is padding.
pub(crate) fn claim(bytes: &[u8], nt: bool) -> Option<Claim> {
    let name = text(bytes, offset_at(bytes, 0)?)?;
    let kind = u16_at(bytes, 4)?;
    let flags = ClaimFlags::from_bits_retain(u32_at(bytes, 8)?);
    let count = offset_at(bytes, 12)?;
    if count > bytes.len() {
        return None;
    }
    let mut offsets = Vec::new();
    for n in 0..count {
        offsets.push(offset_at(bytes, 16 + 4 * n)?);
    }
    let eight = |at: &usize| -> Option<u64> {
        Some(u64::from_le_bytes(bytes.get(*at..at.checked_add(8)?)?.try_into().ok()?))
    };
    let step = |at: &usize| if nt { Some(*at) } else { offset_at(bytes, *at) };
    let values = match kind {
        1 => ClaimValues::Int64(
            offsets.iter().map(|at| eight(at).map(u64::cast_signed)).collect::<Option<_>>()?,
        ),
        2 => ClaimValues::Uint64(offsets.iter().map(eight).collect::<Option<_>>()?),
        3 => ClaimValues::String(offsets.iter().map(|at| text(bytes, step(at)?)).collect::<Option<_>>()?),
        5 => ClaimValues::Sid(
            offsets
                .iter()
                .map(|at| {
                    let at = step(at)?;
                    // NT puts a length of 8 to 68 before it; a SID begins with a 1.
                    let counted = nt && matches!(bytes.get(at)?, 8..=68);
                    if counted {
                        let length = offset_at(bytes, at)?;
                        sid(bytes.get(at + 4..at.checked_add(4)?.checked_add(length)?)?)
                    } else {
                        Some(sid_prefix(bytes.get(at..)?)?.0)
                    }
                })
                .collect::<Option<_>>()?,
        ),
        6 => ClaimValues::Boolean(
            offsets.iter().map(|at| eight(at).map(|value| value != 0)).collect::<Option<_>>()?,
        ),
        0x10 => ClaimValues::Octet(
            offsets
                .iter()
                .map(|at| {
                    let at = step(at)?;
                    let length = offset_at(bytes, at)?;
                    let from = at.checked_add(4)?;
                    Some(bytes.get(from..from.checked_add(length)?)?.to_vec())
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    };
    Some(Claim { name, flags, values })
}

/// NUL-terminated UTF-16LE at an offset.
fn text(bytes: &[u8], mut at: usize) -> Option<String> {
    let mut units = Vec::new();
    loop {
        let unit = u16_at(bytes, at)?;
        if unit == 0 {
            return String::from_utf16(&units).ok();
        }
        units.push(unit);
        at = at.checked_add(2)?;
    }
}
