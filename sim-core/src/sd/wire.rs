//! Security descriptors, ACLs, entries and claims as bytes, both ways.
//!
//! Authority: KACS v0.20 binary forms, MS-DTYP 2.4.4 to 2.4.6. Rules SD-1 to SD-7, ACL-1 to ACL-4, ACE-1 to ACE-6, MASK-2.
//! A descriptor that is malformed is never read as something else (SD-7): what cannot be read is an error with its place.

use std::fmt;

use super::condition::{Claim, ClaimFlags, ClaimValues};
use super::{
    Ace, AceBody, AceEffect, AceFlags, AceShape, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor,
};
use crate::ids::Guid;
use crate::model::{AceMasks, AclRevision, ClaimLayout, DescriptorLayout, Model, Slack, ZeroDaclOffset};
use crate::rights::AccessMask;
use crate::sid::{EVERYONE, NOBODY, Sid};

/// The largest descriptor and the largest ACL, in bytes (SD-6).
pub const MAX_SIZE: usize = 65_535;

/// What the values of one claim may take once read, in bytes. Values may share their bytes (ACE-5 forbids no overlap),
/// so a small entry could name a large one thousands of times; this is far above what any entry holds without sharing.
pub const MAX_CLAIM: usize = 16 * MAX_SIZE;

/// Why bytes are not what they should be, and at which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// The offset from the start of what was read.
    pub offset: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem, self.offset)
    }
}

fn error<T>(offset: usize, problem: &'static str) -> Result<T, WireError> {
    Err(WireError { offset, problem })
}

/// Bytes with bounds, and where they begin in the whole.
#[derive(Clone, Copy)]
struct Bytes<'a> {
    bytes: &'a [u8],
    base: usize,
}

impl<'a> Bytes<'a> {
    fn get(self, offset: usize, length: usize) -> Result<&'a [u8], WireError> {
        let end = offset.checked_add(length);
        let found = end.and_then(|end| self.bytes.get(offset..end));
        found.ok_or(WireError { offset: self.base.saturating_add(offset), problem: "it runs past the end" })
    }

    fn array<const N: usize>(self, offset: usize) -> Result<[u8; N], WireError> {
        let bytes = self.get(offset, N)?;
        bytes.first_chunk().copied().ok_or(WireError { offset: self.base, problem: "it runs past the end" })
    }

    fn u16(self, offset: usize) -> Result<u16, WireError> {
        self.array(offset).map(u16::from_le_bytes)
    }

    fn u32(self, offset: usize) -> Result<u32, WireError> {
        self.array(offset).map(u32::from_le_bytes)
    }

    fn u64(self, offset: usize) -> Result<u64, WireError> {
        self.array(offset).map(u64::from_le_bytes)
    }

    fn from(self, offset: usize) -> Result<Bytes<'a>, WireError> {
        let length = self.bytes.len().saturating_sub(offset);
        Ok(Bytes { bytes: self.get(offset, length)?, base: self.base + offset })
    }

    fn sid(self, offset: usize) -> Result<Sid, WireError> {
        let rest = self.from(offset)?;
        Sid::decode_prefix(rest.bytes).ok_or(WireError { offset: rest.base, problem: "this is no SID" })
    }

    /// UTF-16LE up to its NUL.
    fn text(self, offset: usize) -> Result<String, WireError> {
        let rest = self.from(offset)?;
        let mut units = Vec::new();
        for pair in rest.bytes.as_chunks::<2>().0 {
            match u16::from_le_bytes(*pair) {
                0 => {
                    let text = String::from_utf16(&units);
                    return text
                        .map_err(|_| WireError { offset: rest.base, problem: "this text is not UTF-16" });
                }
                unit => units.push(unit),
            }
        }
        error(rest.base, "this text does not end")
    }
}

impl SecurityDescriptor {
    /// Reads a self-relative descriptor (SD-1, SD-7). Bytes behind its parts do not matter.
    ///
    /// # Errors
    /// The first thing that is malformed.
    pub fn decode(bytes: &[u8], model: &Model) -> Result<SecurityDescriptor, WireError> {
        let whole = Bytes { bytes, base: 0 };
        if bytes.len() > MAX_SIZE {
            return error(MAX_SIZE, "a descriptor holds at most 65535 bytes");
        }
        if whole.array::<1>(0)? != [1] {
            return error(0, "the revision is not 1");
        }
        let control = SdControl::from_bits_retain(whole.u16(2)?);
        if !control.contains(SdControl::SELF_RELATIVE) {
            return error(2, "it is not self-relative");
        }
        let mut parts: Vec<(usize, usize)> = Vec::new();
        let offset = |field: usize| -> Result<usize, WireError> {
            match whole.u32(field)? as usize {
                at if at != 0 && (at < 20 || at >= bytes.len()) => error(field, "an offset points outside"),
                at => Ok(at),
            }
        };
        let [owner_at, group_at, sacl_at, dacl_at] = [offset(4)?, offset(8)?, offset(12)?, offset(16)?];
        let mut sid = |at: usize| -> Result<Option<Sid>, WireError> {
            if at == 0 {
                return Ok(None);
            }
            let sid = whole.sid(at)?;
            parts.push((at, at + sid.encoded_len()));
            Ok(Some(sid))
        };
        let owner = sid(owner_at)?;
        let group = sid(group_at)?;
        let mut list = |at: usize, present: SdControl| -> Result<Option<Acl>, WireError> {
            match (control.contains(present), at) {
                (false, 0) => Ok(None),
                (false, _) => error(2, "an ACL that is not present has an offset"),
                (true, 0)
                    if present == SdControl::DACL_PRESENT
                        && model.zero_dacl_offset == ZeroDaclOffset::NullDacl =>
                {
                    Ok(None)
                }
                (true, 0) => error(2, "an ACL that is present has no offset"),
                (true, at) => {
                    let (acl, size) = decode_acl(whole.from(at)?, model)?;
                    parts.push((at, at + size));
                    Ok(Some(acl))
                }
            }
        };
        let sacl = list(sacl_at, SdControl::SACL_PRESENT)?;
        let dacl = list(dacl_at, SdControl::DACL_PRESENT)?;
        parts.sort_unstable();
        if let Some(pair) = parts.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            return error(pair[1].0, "two parts overlap");
        }
        let mut form = SdControl::SELF_RELATIVE | SdControl::SACL_PRESENT;
        // A DACL that was given as NULL is told from one that was not given (W-SDL-5); it changes no decision.
        form.set(SdControl::DACL_PRESENT, dacl.is_some());
        let [resource_manager] = whole.array::<1>(1)?;
        Ok(SecurityDescriptor { owner, group, control: control - form, resource_manager, dacl, sacl })
    }

    /// Writes the self-relative form; equal descriptors give equal bytes (SD-2, W-SDL-1).
    ///
    /// # Errors
    /// When it would be larger than 65,535 bytes (SD-6).
    pub fn encode(&self, model: &Model) -> Result<Vec<u8>, WireError> {
        let mut control = self.control | SdControl::SELF_RELATIVE;
        let null = self.control.contains(SdControl::DACL_PRESENT)
            && model.zero_dacl_offset == ZeroDaclOffset::NullDacl;
        control.set(SdControl::DACL_PRESENT, self.dacl.is_some() || null);
        control.set(SdControl::SACL_PRESENT, self.sacl.is_some());
        let mut out = vec![1, self.resource_manager];
        out.extend_from_slice(&control.bits().to_le_bytes());
        out.resize(20, 0);
        let order = match model.descriptor_layout {
            DescriptorLayout::OwnersFirst => [Part::Owner, Part::Group, Part::Sacl, Part::Dacl],
            DescriptorLayout::ListsFirst => [Part::Sacl, Part::Dacl, Part::Owner, Part::Group],
        };
        for part in order {
            let start = out.len();
            match part {
                Part::Owner => self.owner.iter().for_each(|sid| sid.encode(&mut out)),
                Part::Group => self.group.iter().for_each(|sid| sid.encode(&mut out)),
                Part::Sacl => self.sacl.iter().try_for_each(|acl| acl.encode_to(&mut out, model))?,
                Part::Dacl => self.dacl.iter().try_for_each(|acl| acl.encode_to(&mut out, model))?,
            }
            if out.len() > start {
                let field = 4 + 4 * part as usize;
                if let Some(place) = out.get_mut(field..field + 4) {
                    place.copy_from_slice(&(start as u32).to_le_bytes());
                }
            }
        }
        if out.len() > MAX_SIZE { error(MAX_SIZE, "a descriptor holds at most 65535 bytes") } else { Ok(out) }
    }
}

/// The parts of a descriptor in the order of their offset fields.
#[derive(Clone, Copy)]
enum Part {
    Owner,
    Group,
    Sacl,
    Dacl,
}

impl Acl {
    /// Reads an ACL that begins the bytes (ACL-1, ACL-2).
    ///
    /// # Errors
    /// The first thing that is malformed.
    pub fn decode(bytes: &[u8], model: &Model) -> Result<Acl, WireError> {
        decode_acl(Bytes { bytes, base: 0 }, model).map(|(acl, _)| acl)
    }

    /// Writes the ACL.
    ///
    /// # Errors
    /// When it or one of its entries would be too large (SD-6).
    pub fn encode(&self, model: &Model) -> Result<Vec<u8>, WireError> {
        let mut out = Vec::new();
        self.encode_to(&mut out, model)?;
        Ok(out)
    }

    fn encode_to(&self, out: &mut Vec<u8>, model: &Model) -> Result<(), WireError> {
        let start = out.len();
        out.extend_from_slice(&[self.written_revision(model), 0, 0, 0]);
        let count = u16::try_from(self.aces.len());
        let count =
            count.map_err(|_| WireError { offset: start, problem: "an ACL holds at most 65535 entries" })?;
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        for ace in &self.aces {
            encode_ace(ace, out, model)?;
        }
        let size = u16::try_from(out.len() - start);
        let size =
            size.map_err(|_| WireError { offset: start, problem: "an ACL holds at most 65535 bytes" })?;
        if let Some(place) = out.get_mut(start + 2..start + 4) {
            place.copy_from_slice(&size.to_le_bytes());
        }
        Ok(())
    }

    /// ACL-3, W-OBJ-4: the least revision that admits every entry; unknown types keep the one that was read.
    fn written_revision(&self, model: &Model) -> u8 {
        let newer = |shape: AceShape| match model.acl_revision {
            AclRevision::ObjectsAndConditions => {
                matches!(shape, AceShape::Object | AceShape::Callback | AceShape::CallbackObject)
            }
            AclRevision::Objects => matches!(shape, AceShape::Object | AceShape::CallbackObject),
        };
        self.aces.iter().fold(2, |revision, ace| {
            let needed = match ace.kind.row() {
                None => self.revision,
                Some(row) if newer(row.shape) => 4,
                Some(_) => 2,
            };
            revision.max(needed)
        })
    }
}

fn decode_acl(bytes: Bytes<'_>, model: &Model) -> Result<(Acl, usize), WireError> {
    let [revision] = bytes.array::<1>(0)?;
    let size = usize::from(bytes.u16(2)?);
    let count = bytes.u16(4)?;
    if size < 8 {
        return error(bytes.base + 2, "an ACL has at least 8 bytes");
    }
    let list = Bytes { bytes: bytes.get(0, size)?, base: bytes.base };
    let mut at = 8;
    let mut aces = Vec::new();
    for _ in 0..count {
        let length = usize::from(list.u16(at + 2)?);
        if length < 4 || !length.is_multiple_of(4) {
            return error(list.base + at + 2, "the size of an entry is a multiple of 4");
        }
        let ace = Bytes { bytes: list.get(at, length)?, base: list.base + at };
        aces.push(decode_ace(ace, model)?);
        at += length;
    }
    // ACL-2; W-SDL-1: some writers of NT leave slack.
    if at != size && model.slack == Slack::Malformed {
        return error(list.base + at, "bytes are left behind the entries");
    }
    Ok((Acl { revision, aces }, size))
}

fn decode_ace(bytes: Bytes<'_>, model: &Model) -> Result<Ace, WireError> {
    let [kind, flags] = bytes.array::<2>(0)?;
    let (kind, flags) = (AceType(kind), AceFlags::from_bits_retain(flags));
    let Some(row) = kind.row() else {
        let body = AceBody::Unknown(bytes.from(4)?.bytes.to_vec());
        return Ok(Ace { kind, flags, mask: AccessMask::NONE, sid: NOBODY, body });
    };
    let mask = AccessMask(bytes.u32(4)?);
    let tested =
        matches!(row.effect, AceEffect::Allow | AceEffect::Deny | AceEffect::Audit | AceEffect::Alarm);
    let forbidden = AccessMask::RESERVED | AccessMask::MAXIMUM_ALLOWED;
    if tested && model.ace_masks == AceMasks::Tested && mask.intersects(forbidden) {
        return error(bytes.base + 4, "the mask has reserved bits or MAXIMUM_ALLOWED");
    }
    let mut at = 8;
    let mut guids = ObjectGuids::default();
    if matches!(row.shape, AceShape::Object | AceShape::CallbackObject) {
        let present = bytes.u32(8)?;
        at = 12;
        for (bit, place) in [(1, &mut guids.object_type), (2, &mut guids.inherited_object_type)] {
            if present & bit != 0 {
                *place = Some(Guid(bytes.array(at)?));
                at += 16;
            }
        }
    }
    let sid = bytes.sid(at)?;
    let rest = bytes.from(at + sid.encoded_len())?;
    let filled = || match model.slack {
        Slack::Malformed if !rest.bytes.is_empty() => error(rest.base, "bytes are left behind the SID"),
        Slack::Malformed | Slack::Ignored => Ok(()),
    };
    let body = match row.shape {
        AceShape::Basic => {
            filled()?;
            AceBody::Basic
        }
        AceShape::Object => {
            filled()?;
            AceBody::Object(guids)
        }
        AceShape::Callback => AceBody::Callback(rest.bytes.to_vec()),
        AceShape::CallbackObject => AceBody::CallbackObject(guids, rest.bytes.to_vec()),
        AceShape::Attribute if sid != EVERYONE => {
            return error(bytes.base + at, "a resource attribute is about Everyone");
        }
        AceShape::Attribute => AceBody::Attribute(decode_claim(rest, model)?),
    };
    Ok(Ace { kind, flags, mask, sid, body })
}

fn encode_ace(ace: &Ace, out: &mut Vec<u8>, model: &Model) -> Result<(), WireError> {
    let start = out.len();
    out.extend_from_slice(&[ace.kind.0, ace.flags.bits(), 0, 0]);
    if let AceBody::Unknown(body) = &ace.body {
        out.extend_from_slice(body);
    } else {
        out.extend_from_slice(&ace.mask.0.to_le_bytes());
        if let AceBody::Object(guids) | AceBody::CallbackObject(guids, _) = &ace.body {
            let both = [guids.object_type, guids.inherited_object_type];
            let present = u32::from(both[0].is_some()) | u32::from(both[1].is_some()) << 1;
            out.extend_from_slice(&present.to_le_bytes());
            both.iter().flatten().for_each(|guid| out.extend_from_slice(&guid.0));
        }
        ace.sid.encode(out);
        match &ace.body {
            AceBody::Callback(data) | AceBody::CallbackObject(_, data) => out.extend_from_slice(data),
            AceBody::Attribute(claim) => encode_claim(claim, out, model),
            AceBody::Basic | AceBody::Object(_) | AceBody::Unknown(_) => {}
        }
    }
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
    let size = u16::try_from(out.len() - start);
    let size =
        size.map_err(|_| WireError { offset: start, problem: "an entry holds at most 65532 bytes" })?;
    if let Some(place) = out.get_mut(start + 2..start + 4) {
        place.copy_from_slice(&size.to_le_bytes());
    }
    Ok(())
}

/// The type numbers of claims (ACE-5).
const INT64: u16 = 1;
const UINT64: u16 = 2;
const STRING: u16 = 3;
const SID: u16 = 5;
const BOOLEAN: u16 = 6;
const OCTET: u16 = 0x10;

/// Reads an array of claims: each behind its length (ACE-5).
///
/// # Errors
/// The first thing that is malformed (ACE-6).
pub fn decode_claims(bytes: &[u8], model: &Model) -> Result<Vec<Claim>, WireError> {
    let whole = Bytes { bytes, base: 0 };
    let mut claims = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = whole.u32(at)? as usize;
        if length == 0 {
            return error(at, "a claim has a length");
        }
        claims.push(decode_claim(Bytes { bytes: whole.get(at + 4, length)?, base: at + 4 }, model)?);
        at += 4 + length;
    }
    Ok(claims)
}

/// Writes an array of claims.
#[must_use]
pub fn encode_claims(claims: &[Claim], model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    for claim in claims {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        encode_claim(claim, &mut out, model);
        let length = (out.len() - start - 4) as u32;
        if let Some(place) = out.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }
    out
}

fn decode_claim(bytes: Bytes<'_>, model: &Model) -> Result<Claim, WireError> {
    let name = bytes.text(bytes.u32(0)? as usize)?;
    let kind = bytes.u16(4)?;
    let flags = ClaimFlags::from_bits_retain(bytes.u32(8)?);
    let count = bytes.u32(12)? as usize;
    // The offsets must be there before anything is made room for.
    let offsets = bytes.get(16, count.saturating_mul(4))?.as_chunks::<4>().0;
    let entry = ClaimEntry { bytes, offsets, layout: model.claim_layout };
    let values = match kind {
        INT64 => ClaimValues::Int64(entry.values(|at| Ok((bytes.u64(at)?.cast_signed(), 0)))?),
        UINT64 => ClaimValues::Uint64(entry.values(|at| Ok((bytes.u64(at)?, 0)))?),
        STRING => ClaimValues::String(entry.values(|at| {
            let text = bytes.text(entry.target(at)?)?;
            let length = text.len();
            Ok((text, length))
        })?),
        SID => ClaimValues::Sid(entry.values(|at| Ok((entry.sid(at)?, 0)))?),
        BOOLEAN => ClaimValues::Boolean(entry.values(|at| Ok((bytes.u64(at)? != 0, 0)))?),
        OCTET => ClaimValues::Octet(entry.values(|at| {
            let octets = entry.octets(entry.target(at)?)?;
            Ok((octets.to_vec(), octets.len()))
        })?),
        _ => return error(bytes.base + 4, "there is no such type of claims"),
    };
    Ok(Claim { name, flags, values })
}

/// The values of a claim: where they are, and in which of the two layouts (ACE-5).
struct ClaimEntry<'a> {
    bytes: Bytes<'a>,
    offsets: &'a [[u8; 4]],
    layout: ClaimLayout,
}

impl<'a> ClaimEntry<'a> {
    /// Reads every value with a function that also tells how many bytes the value takes besides its own.
    fn values<T>(&self, read: impl Fn(usize) -> Result<(T, usize), WireError>) -> Result<Vec<T>, WireError> {
        let mut values = Vec::with_capacity(self.offsets.len());
        let mut taken = 0;
        for offset in self.offsets {
            let at = u32::from_le_bytes(*offset) as usize;
            let (value, length) = read(at)?;
            taken += length;
            if taken > MAX_CLAIM {
                let offset = self.bytes.base.saturating_add(at);
                return error(offset, "the values of this claim share bytes and take over 1 MiB");
            }
            values.push(value);
        }
        Ok(values)
    }

    /// Where a text, a SID or octets are.
    fn target(&self, at: usize) -> Result<usize, WireError> {
        match self.layout {
            ClaimLayout::TwoSteps => self.bytes.u32(at).map(|at| at as usize),
            ClaimLayout::OneStep => Ok(at),
        }
    }

    fn octets(&self, at: usize) -> Result<&'a [u8], WireError> {
        self.bytes.get(at.saturating_add(4), self.bytes.u32(at)? as usize)
    }

    /// A SID. In one step it stands behind its length, as NT writes it, or alone; no length of a SID begins like one.
    fn sid(&self, at: usize) -> Result<Sid, WireError> {
        let at = self.target(at)?;
        let counted = || Sid::decode(self.octets(at).ok()?);
        match self.layout {
            ClaimLayout::TwoSteps => self.bytes.sid(at),
            ClaimLayout::OneStep => counted().map_or_else(|| self.bytes.sid(at), Ok),
        }
    }
}

fn encode_claim(claim: &Claim, out: &mut Vec<u8>, model: &Model) {
    let (kind, payloads): (u16, Vec<Vec<u8>>) = match &claim.values {
        ClaimValues::Int64(values) => {
            (INT64, values.iter().map(|value| value.to_le_bytes().to_vec()).collect())
        }
        ClaimValues::Uint64(values) => {
            (UINT64, values.iter().map(|value| value.to_le_bytes().to_vec()).collect())
        }
        ClaimValues::Boolean(values) => {
            (BOOLEAN, values.iter().map(|value| u64::from(*value).to_le_bytes().to_vec()).collect())
        }
        ClaimValues::String(values) => (STRING, values.iter().map(|value| utf16(value)).collect()),
        ClaimValues::Sid(values) => {
            let encode = |sid: &Sid| {
                let mut bytes = Vec::new();
                sid.encode(&mut bytes);
                match model.claim_layout {
                    ClaimLayout::TwoSteps => bytes,
                    ClaimLayout::OneStep => counted(&bytes),
                }
            };
            (SID, values.iter().map(encode).collect())
        }
        ClaimValues::Octet(values) => (OCTET, values.iter().map(|value| counted(value)).collect()),
    };
    let pointed = matches!(kind, STRING | SID | OCTET) && model.claim_layout == ClaimLayout::TwoSteps;
    let start = out.len();
    let name_at = 16 + 4 * payloads.len();
    out.extend_from_slice(&(name_at as u32).to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&claim.flags.bits().to_le_bytes());
    out.extend_from_slice(&(payloads.len() as u32).to_le_bytes());
    out.resize(start + name_at, 0);
    out.extend_from_slice(&utf16(&claim.name));
    for (n, payload) in payloads.iter().enumerate() {
        if model.claim_layout == ClaimLayout::TwoSteps {
            out.resize(start + (out.len() - start).next_multiple_of(4), 0);
        }
        let at = (out.len() - start) as u32;
        let field = start + 16 + 4 * n;
        if let Some(place) = out.get_mut(field..field + 4) {
            place.copy_from_slice(&at.to_le_bytes());
        }
        if pointed {
            out.extend_from_slice(&(at + 4).to_le_bytes());
        }
        out.extend_from_slice(payload);
    }
}

/// UTF-16LE with its NUL.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Bytes behind their length.
fn counted(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u32).to_le_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}
