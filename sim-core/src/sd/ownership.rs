//! What may be written into a descriptor by whom: owners, labels, SACLs, mandatory attributes; and how a write of some
//! parts is merged with what is there. Pure checks over plain data.
//!
//! Authority: KACS v0.20 ownership and set-security. Rules OWNR-2 to OWNR-9, restated by FILE-18. Whether the writer has
//! the rights that the parts need (MASK-5) is an access check, made elsewhere.

use std::fmt;

use bitflags::bitflags;

use super::condition::ClaimFlags;
use super::{Ace, AceBody, AceEffect, AceFlags, Acl, SdControl, SecurityDescriptor};
use crate::rights::AccessMask;
use crate::sid::Sid;

/// Who writes: what of a token these checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The user.
    pub user: Sid,
    /// The groups that carry OWNER, whatever else they carry (OWNR-2).
    pub owner_groups: &'a [Sid],
    /// The integrity level, as the number in its label SID.
    pub integrity: u32,
    /// Which of the privileges that count here are enabled.
    pub privileges: WriterPrivileges,
}

bitflags! {
    /// The privileges that count when a descriptor is written.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct WriterPrivileges: u8 {
        /// SeRestorePrivilege: any owner (OWNR-5).
        const RESTORE = 1;
        /// SeRelabelPrivilege: any label (OWNR-6).
        const RELABEL = 2;
        /// SeSecurityPrivilege: a SACL at creation (OWNR-7).
        const SECURITY = 4;
        /// SeTcbPrivilege: mandatory attributes (OWNR-8).
        const TCB = 8;
    }
}

bitflags! {
    /// The parts of a descriptor that one call writes (OWNR-9).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Parts: u8 {
        /// The owner.
        const OWNER = 1;
        /// The group.
        const GROUP = 2;
        /// The DACL and its control bits.
        const DACL = 4;
        /// The SACL and its control bits.
        const SACL = 8;
        /// The label alone.
        const LABEL = 16;
    }
}

impl Parts {
    /// The rights that writing these parts needs (MASK-5, OWNR-1).
    #[must_use]
    pub fn required(self) -> AccessMask {
        let mut required = AccessMask::NONE;
        if self.intersects(Parts::OWNER | Parts::GROUP | Parts::LABEL) {
            required |= AccessMask::WRITE_OWNER;
        }
        if self.contains(Parts::DACL) {
            required |= AccessMask::WRITE_DAC;
        }
        if self.contains(Parts::SACL) {
            required |= AccessMask::ACCESS_SYSTEM_SECURITY;
        }
        required
    }
}

/// Why a write is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteRefusal {
    /// Neither the writer's user nor one of its OWNER groups (OWNR-2).
    Owner,
    /// The label is above the writer's integrity (OWNR-6).
    LabelAbove,
    /// A label-only write with several labels, or with something else than labels (OWNR-6).
    LabelShape,
    /// Label and SACL in one call (OWNR-6).
    LabelWithSacl,
    /// A SACL at creation without SeSecurityPrivilege (OWNR-7).
    SaclAtCreation,
    /// A mandatory resource attribute would change or go (OWNR-8).
    MandatoryAttribute,
    /// Nobody would own the object (OWNR-9).
    NoOwner,
}

impl fmt::Display for WriteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WriteRefusal::Owner => {
                "only oneself or a group that may own can be made the owner, without SeRestorePrivilege (OWNR-2)"
            }
            WriteRefusal::LabelAbove => "a label above one's own integrity takes SeRelabelPrivilege (OWNR-6)",
            WriteRefusal::LabelShape => "a label is written with one label entry or none, and nothing else (OWNR-6)",
            WriteRefusal::LabelWithSacl => "a label and a SACL cannot be written in one call (OWNR-6)",
            WriteRefusal::SaclAtCreation => "giving a SACL at creation takes SeSecurityPrivilege (OWNR-7)",
            WriteRefusal::MandatoryAttribute => {
                "changing a mandatory resource attribute takes SeTcbPrivilege (OWNR-8)"
            }
            WriteRefusal::NoOwner => "a descriptor without an owner cannot be stored (OWNR-9)",
        })
    }
}

/// The privileges without which a check of the writer would have come out otherwise: those that it makes use of (TOK-22).
pub fn relied_on<T: PartialEq>(writer: &Writer<'_>, check: impl Fn(&Writer<'_>) -> T) -> WriterPrivileges {
    if writer.privileges.is_empty() {
        return WriterPrivileges::empty();
    }
    let outcome = check(writer);
    let without = |one: &WriterPrivileges| Writer { privileges: writer.privileges - *one, ..*writer };
    writer.privileges.iter().filter(|one| check(&without(one)) != outcome).collect()
}

/// Whether the writer may make somebody the owner of an object (OWNR-2 to OWNR-5).
///
/// # Errors
/// [`WriteRefusal::Owner`].
pub fn check_owner(owner: Sid, writer: &Writer<'_>) -> Result<(), WriteRefusal> {
    let free = writer.privileges.contains(WriterPrivileges::RESTORE);
    if free || owner == writer.user || writer.owner_groups.contains(&owner) {
        Ok(())
    } else {
        Err(WriteRefusal::Owner)
    }
}

/// Whether a creator may give this descriptor (OWNR-3, OWNR-7).
///
/// # Errors
/// The first thing it may not give.
pub fn check_creator(given: &SecurityDescriptor, writer: &Writer<'_>) -> Result<(), WriteRefusal> {
    if let Some(owner) = given.owner {
        check_owner(owner, writer)?;
    }
    let Some(sacl) = &given.sacl else { return Ok(()) };
    if !writer.privileges.contains(WriterPrivileges::SECURITY) {
        return Err(WriteRefusal::SaclAtCreation);
    }
    check_labels(sacl, writer)
}

/// The descriptor after a write of some parts (OWNR-6, OWNR-8, OWNR-9). Parts that are not named stay as they are; a
/// named ACL that `new` has not is taken away.
///
/// # Errors
/// Why nothing is written.
pub fn merge(
    current: &SecurityDescriptor,
    new: &SecurityDescriptor,
    parts: Parts,
    writer: &Writer<'_>,
) -> Result<SecurityDescriptor, WriteRefusal> {
    if parts.contains(Parts::LABEL | Parts::SACL) {
        return Err(WriteRefusal::LabelWithSacl);
    }
    let mut merged = current.clone();
    let mut take = |bits: SdControl| merged.control = (merged.control - bits) | (new.control & bits);
    if parts.contains(Parts::OWNER) {
        take(SdControl::OWNER_DEFAULTED);
    }
    if parts.contains(Parts::GROUP) {
        take(SdControl::GROUP_DEFAULTED);
    }
    if parts.contains(Parts::DACL) {
        take(SdControl::DACL_DEFAULTED | SdControl::DACL_AUTO_INHERITED | SdControl::DACL_PROTECTED);
        merged.dacl.clone_from(&new.dacl);
    }
    if parts.contains(Parts::SACL) {
        take(SdControl::SACL_DEFAULTED | SdControl::SACL_AUTO_INHERITED | SdControl::SACL_PROTECTED);
    }
    if parts.contains(Parts::OWNER) {
        merged.owner = new.owner;
        if let Some(owner) = new.owner {
            check_owner(owner, writer)?;
        }
    }
    if parts.contains(Parts::GROUP) {
        merged.group = new.group;
    }
    if parts.contains(Parts::SACL) {
        if let Some(sacl) = &new.sacl {
            check_labels(sacl, writer)?;
        }
        check_mandatory(current.sacl.as_ref(), new.sacl.as_ref(), writer)?;
        merged.sacl.clone_from(&new.sacl);
    }
    if parts.contains(Parts::LABEL) {
        merged.sacl = relabelled(current.sacl.as_ref(), new.sacl.as_ref(), writer)?;
    }
    if merged.owner.is_none() { Err(WriteRefusal::NoOwner) } else { Ok(merged) }
}

fn is_label(ace: &Ace) -> bool {
    ace.kind.row().is_some_and(|row| row.effect == AceEffect::Label)
}

fn counts(ace: &Ace) -> bool {
    !ace.flags.contains(AceFlags::INHERIT_ONLY)
}

/// No label above the writer's own level (OWNR-6).
fn check_labels(sacl: &Acl, writer: &Writer<'_>) -> Result<(), WriteRefusal> {
    let above = |ace: &Ace| is_label(ace) && ace.sid.rid().is_none_or(|level| level > writer.integrity);
    if !writer.privileges.contains(WriterPrivileges::RELABEL) && sacl.aces.iter().any(above) {
        return Err(WriteRefusal::LabelAbove);
    }
    Ok(())
}

/// Mandatory attributes are all there still, as they were (OWNR-8).
fn check_mandatory(
    current: Option<&Acl>,
    new: Option<&Acl>,
    writer: &Writer<'_>,
) -> Result<(), WriteRefusal> {
    let aces = |list: Option<&'_ Acl>| list.map_or_else(Vec::new, |list| list.aces.clone());
    let mut left = aces(new);
    for ace in aces(current) {
        let mandatory =
            matches!(&ace.body, AceBody::Attribute(claim) if claim.flags.contains(ClaimFlags::MANDATORY));
        if !mandatory || writer.privileges.contains(WriterPrivileges::TCB) {
            continue;
        }
        let Some(place) = left.iter().position(|other| *other == ace) else {
            return Err(WriteRefusal::MandatoryAttribute);
        };
        left.remove(place);
    }
    Ok(())
}

/// The SACL with another label; everything else in it stays (OWNR-6).
fn relabelled(
    current: Option<&Acl>,
    new: Option<&Acl>,
    writer: &Writer<'_>,
) -> Result<Option<Acl>, WriteRefusal> {
    let label = match new.map_or(&[][..], |list| &list.aces) {
        [] => None,
        [label] if is_label(label) && counts(label) => Some(label.clone()),
        _ => return Err(WriteRefusal::LabelShape),
    };
    if let Some(list) = new {
        check_labels(list, writer)?;
    }
    let mut aces = current.map_or_else(Vec::new, |list| list.aces.clone());
    let place = aces.iter().position(|ace| is_label(ace) && counts(ace)).unwrap_or(aces.len());
    aces.retain(|ace| !(is_label(ace) && counts(ace)));
    if let Some(label) = label {
        aces.insert(place.min(aces.len()), label);
    }
    Ok(if aces.is_empty() && current.is_none() { None } else { Some(Acl::new(aces)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sd::AceType;
    use crate::sd::condition::{Claim, ClaimValues};
    use crate::sid::{self, ADMINISTRATORS, EVERYONE, SYSTEM, USERS};

    const WRITER: Writer<'static> = Writer {
        user: USERS,
        owner_groups: &[ADMINISTRATORS],
        integrity: 8192,
        privileges: WriterPrivileges::empty(),
    };

    fn with(privileges: WriterPrivileges) -> Writer<'static> {
        Writer { privileges, ..WRITER }
    }

    fn label(sid: Sid) -> Ace {
        Ace::basic(AceType::MANDATORY_LABEL, sid, AccessMask(1))
    }

    fn sacl(aces: Vec<Ace>) -> SecurityDescriptor {
        SecurityDescriptor {
            owner: Some(SYSTEM),
            sacl: Some(Acl::new(aces)),
            ..SecurityDescriptor::default()
        }
    }

    #[test]
    fn owners_are_oneself_or_an_owner_group() {
        // OWNR-2, OWNR-5
        assert_eq!(check_owner(USERS, &WRITER), Ok(()));
        assert_eq!(check_owner(ADMINISTRATORS, &WRITER), Ok(()));
        assert_eq!(check_owner(SYSTEM, &WRITER), Err(WriteRefusal::Owner));
        assert_eq!(check_owner(SYSTEM, &with(WriterPrivileges::RESTORE)), Ok(()));
    }

    #[test]
    fn a_creator_needs_privileges_for_a_sacl() {
        // OWNR-3, OWNR-6, OWNR-7
        let mut given = sacl(vec![label(sid::LABEL_HIGH)]);
        assert_eq!(check_creator(&given, &WRITER), Err(WriteRefusal::Owner));
        given.owner = None;
        assert_eq!(check_creator(&given, &WRITER), Err(WriteRefusal::SaclAtCreation));
        let security = WriterPrivileges::SECURITY;
        assert_eq!(check_creator(&given, &with(security)), Err(WriteRefusal::LabelAbove));
        assert_eq!(check_creator(&given, &with(security | WriterPrivileges::RELABEL)), Ok(()));
    }

    #[test]
    fn a_label_is_written_alone() {
        // OWNR-6
        let audit = Ace::basic(AceType::AUDIT, EVERYONE, AccessMask(1));
        let current = sacl(vec![label(sid::LABEL_LOW), audit.clone()]);
        let write = |aces, parts| merge(&current, &sacl(aces), parts, &WRITER).map(|merged| merged.sacl);
        let list = |aces| Ok(Some(Acl::new(aces)));
        let medium = label(sid::LABEL_MEDIUM);
        assert_eq!(write(vec![medium.clone()], Parts::LABEL), list(vec![medium.clone(), audit.clone()]));
        assert_eq!(write(vec![], Parts::LABEL), list(vec![audit.clone()]));
        assert_eq!(write(vec![label(sid::LABEL_HIGH)], Parts::LABEL), Err(WriteRefusal::LabelAbove));
        assert_eq!(write(vec![medium.clone(), medium], Parts::LABEL), Err(WriteRefusal::LabelShape));
        assert_eq!(write(vec![audit], Parts::LABEL), Err(WriteRefusal::LabelShape));
        assert_eq!(write(vec![], Parts::LABEL | Parts::SACL), Err(WriteRefusal::LabelWithSacl));
    }

    #[test]
    fn mandatory_attributes_stay() {
        // OWNR-8
        let claim =
            |flags, value| Claim { name: "Class".to_owned(), flags, values: ClaimValues::Int64(vec![value]) };
        let attribute = |flags, value| {
            let ace = Ace::basic(AceType::RESOURCE_ATTRIBUTE, EVERYONE, AccessMask::NONE);
            Ace { body: AceBody::Attribute(claim(flags, value)), ..ace }
        };
        let current = sacl(vec![attribute(ClaimFlags::MANDATORY, 1), attribute(ClaimFlags::empty(), 2)]);
        let write = |aces, writer| merge(&current, &sacl(aces), Parts::SACL, &writer).err();
        assert_eq!(write(vec![attribute(ClaimFlags::MANDATORY, 1)], WRITER), None);
        let changed = || vec![attribute(ClaimFlags::MANDATORY, 2)];
        assert_eq!(write(changed(), WRITER), Some(WriteRefusal::MandatoryAttribute));
        assert_eq!(write(vec![], WRITER), Some(WriteRefusal::MandatoryAttribute));
        assert_eq!(write(changed(), with(WriterPrivileges::TCB)), None);
    }

    #[test]
    fn parts_that_are_not_named_stay() {
        // OWNR-9, MASK-5
        let current = sacl(vec![label(sid::LABEL_LOW)]);
        let new = SecurityDescriptor { dacl: Some(Acl::new(Vec::new())), ..SecurityDescriptor::default() };
        let merged = merge(&current, &new, Parts::DACL, &WRITER).unwrap();
        assert_eq!(
            (merged.owner, merged.sacl, merged.dacl),
            (current.owner, current.sacl.clone(), new.dacl.clone())
        );
        assert_eq!(merge(&current, &new, Parts::OWNER, &WRITER), Err(WriteRefusal::NoOwner));
        assert_eq!(Parts::DACL.required(), AccessMask::WRITE_DAC);
        assert_eq!(Parts::LABEL.required(), AccessMask::WRITE_OWNER);
    }
}
