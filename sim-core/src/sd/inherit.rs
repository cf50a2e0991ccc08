//! Inheritance: the descriptor of a new object from its parent's, what its creator gave and the creator's defaults; and
//! propagation, which does the same later for one child. Pure functions over plain data.
//!
//! Authority: KACS v0.20 inheritance, MS-DTYP 2.5.3.4. Rules INH-1 to INH-12, PROP-1 to PROP-3, ACL-7, restated by FILE-16
//! and FILE-17. Access checks never come here: a child's descriptor is computed once.

use std::fmt;

use super::{Ace, AceBody, AceFlags, AceType, Acl, SdControl, SecurityDescriptor, size};
use crate::ids::Guid;
use crate::model::{CreatorPlaceholders, Model};
use crate::rights::{GenericMapping, ObjectType};
use crate::sid::{CREATOR_GROUP, CREATOR_OWNER, Sid};

/// What a creator's token contributes (INH-2).
#[derive(Clone, Copy, Debug)]
pub struct CreatorDefaults<'a> {
    /// The default owner.
    pub owner: Sid,
    /// The primary group.
    pub group: Option<Sid>,
    /// The default DACL.
    pub dacl: Option<&'a Acl>,
}

/// A creation (INH-2).
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// The parent's descriptor.
    pub parent: Option<&'a SecurityDescriptor>,
    /// What the creator gave.
    pub creator: Option<&'a SecurityDescriptor>,
    /// What stands in where it gave nothing.
    pub defaults: CreatorDefaults<'a>,
    /// The class of the new object: its mapping, and whether it is a container.
    pub class: ObjectType,
    /// The GUID of the child's class, for entries that are inherited by one class only (INH-5).
    pub child_class: Option<Guid>,
    /// Whether the object is there from the beginning, and nobody creates it: the entries that are given stand as they are, and a
    /// placeholder among them is for whoever creates below.
    pub declared: bool,
}

/// Why no descriptor can be computed (INH-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InheritError {
    /// The creator's descriptor has SERVER_SECURITY.
    ServerSecurity,
    /// A CREATOR GROUP entry, and no group to put in its place.
    NoGroup,
    /// An inheritable entry of a type that nobody knows cannot be rewritten (ACL-4).
    UnknownType,
    /// The descriptor would be larger than 65,535 bytes (SD-6).
    TooLarge,
    /// A CREATOR OWNER entry, and the child has no owner to put in its place.
    NoOwner,
}

impl fmt::Display for InheritError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InheritError::ServerSecurity => "a creator's descriptor must not have SERVER_SECURITY (INH-12)",
            InheritError::NoGroup => "an entry for CREATOR GROUP, and the object has no group (INH-9)",
            InheritError::UnknownType => "an entry of unknown type cannot be inherited (ACL-4)",
            InheritError::TooLarge => "the descriptor would be larger than 65535 bytes (SD-6)",
            InheritError::NoOwner => "an entry for CREATOR OWNER, and the object has no owner (INH-9)",
        })
    }
}

/// What inheritance resolves placeholders and rights with.
struct Target<'a> {
    owner: Option<Sid>,
    group: Option<Sid>,
    mapping: GenericMapping,
    container: bool,
    child_class: Option<Guid>,
    model: &'a Model,
}

/// The descriptor of a new object (INH-3 to INH-11).
///
/// # Errors
/// When the creation must fail (INH-12).
pub fn descriptor_for_new(
    creation: &Creation<'_>,
    model: &Model,
) -> Result<SecurityDescriptor, InheritError> {
    let creator = creation.creator;
    let given = creator.map_or(SdControl::empty(), |creator| creator.control);
    if given.contains(SdControl::SERVER_SECURITY) {
        return Err(InheritError::ServerSecurity);
    }
    let owner = creator.and_then(|creator| creator.owner);
    let group = creator.and_then(|creator| creator.group);
    let mut control = SdControl::empty();
    control.set(SdControl::OWNER_DEFAULTED, owner.is_none());
    let group_or_default = group.or(creation.defaults.group);
    control.set(SdControl::GROUP_DEFAULTED, group.is_none() && group_or_default.is_some());
    let target = Target {
        owner: Some(owner.unwrap_or(creation.defaults.owner)),
        group: group_or_default,
        mapping: model.mapping(creation.class),
        container: creation.class.is_container(),
        child_class: creation.child_class,
        model,
    };

    let parent_dacl = creation.parent.and_then(|parent| parent.dacl.as_ref());
    let merge = Merge {
        given: creator.and_then(|creator| creator.dacl.as_ref()),
        declared: creation.declared,
        protected: given.contains(SdControl::DACL_PROTECTED),
        asks: given.contains(SdControl::DACL_AUTO_INHERIT_REQ),
        default: creation.defaults.dacl,
    };
    let (dacl, kind) = merge.list(parent_dacl, &target)?;
    control.set(SdControl::DACL_DEFAULTED, kind == Source::Default);
    control.set(SdControl::DACL_AUTO_INHERITED, has_inherited(dacl.as_ref()));
    control.set(SdControl::DACL_PROTECTED, kind == Source::Given && merge.protected);

    let parent_sacl = creation.parent.and_then(|parent| parent.sacl.as_ref());
    let merge = Merge {
        given: creator.and_then(|creator| creator.sacl.as_ref()),
        declared: creation.declared,
        protected: given.contains(SdControl::SACL_PROTECTED),
        asks: given.contains(SdControl::SACL_AUTO_INHERIT_REQ),
        default: None, // INH-7: there is no default SACL
    };
    let (sacl, kind) = merge.list(parent_sacl, &target)?;
    control.set(SdControl::SACL_AUTO_INHERITED, has_inherited(sacl.as_ref()));
    control.set(SdControl::SACL_PROTECTED, kind == Source::Given && merge.protected);

    let (owner, group) = (target.owner, target.group);
    checked(SecurityDescriptor { owner, group, control, resource_manager: 0, dacl, sacl })
}

fn has_inherited(acl: Option<&Acl>) -> bool {
    acl.is_some_and(|acl| acl.aces.iter().any(|ace| ace.flags.contains(AceFlags::INHERITED)))
}

/// Where a new list came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Given,
    Parent,
    Default,
    Nothing,
}

/// One list of a new descriptor (INH-6, INH-7).
struct Merge<'a> {
    given: Option<&'a Acl>,
    declared: bool,
    protected: bool,
    asks: bool,
    default: Option<&'a Acl>,
}

impl Merge<'_> {
    fn list(&self, parent: Option<&Acl>, target: &Target<'_>) -> Result<(Option<Acl>, Source), InheritError> {
        let own = |acl: &Acl, keeps: bool| -> Result<Vec<Ace>, InheritError> {
            let mut aces = Vec::new();
            for ace in &acl.aces {
                // What a creator or a token gives was never inherited by this object (INH-11).
                let ace = Ace { flags: ace.flags - AceFlags::INHERITED, ..ace.clone() };
                target.write(ace, keeps, &mut aces)?;
            }
            Ok(aces)
        };
        let (aces, source) = match self.given {
            // The default DACL is never mixed with what the parent gives.
            None => match (target.inherited(parent)?, self.default) {
                (copies, _) if !copies.is_empty() => (copies, Source::Parent),
                (_, Some(default)) => (own(default, false)?, Source::Default),
                (_, None) => return Ok((None, Source::Nothing)),
            },
            Some(given) => {
                let mut aces = own(given, self.declared)?;
                if self.asks && !self.protected {
                    aces.extend(target.inherited(parent)?);
                }
                (aces, Source::Given)
            }
        };
        Ok((Some(Acl::new(aces)), source))
    }
}

impl Target<'_> {
    /// The copies of a parent's entries, in the parent's order (INH-4, INH-5, INH-8).
    fn inherited(&self, parent: Option<&Acl>) -> Result<Vec<Ace>, InheritError> {
        let mut copies = Vec::new();
        for ace in parent.map_or(&[][..], |parent| &parent.aces) {
            let Some(flags) = inherited_flags(ace.flags, self.container) else { continue };
            let wanted = ace.guids().inherited_object_type;
            if wanted.is_some() && self.child_class.is_some() && wanted != self.child_class {
                continue;
            }
            if ace.kind.row().is_none() {
                return Err(InheritError::UnknownType);
            }
            self.write(Ace { flags, ..ace.clone() }, false, &mut copies)?;
        }
        Ok(copies)
    }

    /// Puts an entry into the new list: placeholders resolved, unless it keeps them, and generic rights mapped (INH-9, INH-10).
    fn write(&self, ace: Ace, keeps: bool, list: &mut Vec<Ace>) -> Result<(), InheritError> {
        // A label's mask holds no generic bits; an unknown entry has no mask at all.
        let mask = if ace.kind == AceType::MANDATORY_LABEL || matches!(ace.body, AceBody::Unknown(_)) {
            ace.mask
        } else {
            self.mapping.map(ace.mask)
        };
        let travels = AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT;
        let placeholder = !keeps && matches!(ace.sid, CREATOR_OWNER | CREATOR_GROUP);
        let whom = if keeps { Ok(ace.sid) } else { self.resolve(ace.sid) };
        let split = self.model.creator_placeholders == CreatorPlaceholders::Split
            && self.container
            && (placeholder || mask != ace.mask)
            && ace.flags.intersects(travels);
        if !split {
            list.push(Ace { sid: whom?, mask, ..ace });
            return Ok(());
        }
        // Two entries: what holds here, and the original for those below.
        if !ace.flags.contains(AceFlags::INHERIT_ONLY) {
            let flags = ace.flags - travels - AceFlags::NO_PROPAGATE;
            list.push(Ace { sid: whom?, mask, flags, ..ace.clone() });
        }
        list.push(Ace { flags: ace.flags | AceFlags::INHERIT_ONLY, ..ace });
        Ok(())
    }

    /// Whom a placeholder stands for (INH-9).
    fn resolve(&self, sid: Sid) -> Result<Sid, InheritError> {
        match sid {
            CREATOR_OWNER => self.owner.ok_or(InheritError::NoOwner),
            CREATOR_GROUP => self.group.ok_or(InheritError::NoGroup),
            other => Ok(other),
        }
    }
}

/// The flags of the copy of an entry, `None` if it is not inherited; the parent's own IO never stops it (INH-4).
fn inherited_flags(flags: AceFlags, container: bool) -> Option<AceFlags> {
    const PASSED_ON: AceFlags =
        AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT).union(AceFlags::NO_PROPAGATE);
    let kept = (flags - PASSED_ON - AceFlags::INHERIT_ONLY) | AceFlags::INHERITED;
    let files = flags.contains(AceFlags::OBJECT_INHERIT);
    let containers = flags.contains(AceFlags::CONTAINER_INHERIT);
    let once = flags.contains(AceFlags::NO_PROPAGATE);
    match (container, files, containers, once) {
        (false, true, _, _) => Some(kept),
        (false, false, _, _) | (true, false, false, _) | (true, true, false, true) => None,
        // It does not apply to the container, and travels on to the files below.
        (true, true, false, false) => Some(kept | AceFlags::OBJECT_INHERIT | AceFlags::INHERIT_ONLY),
        (true, _, true, true) => Some(kept),
        (true, _, true, false) => {
            let travels = flags & (AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT);
            Some(kept | travels)
        }
    }
}

/// What propagation did to one list of a child (PROP-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ListChange {
    /// How many inherited entries it lost; none if the list came out as it was.
    pub removed: usize,
    /// How many inherited entries it got; none if the list came out as it was.
    pub added: usize,
}

/// A child whose descriptor propagation changed (PROP-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagated {
    /// The new descriptor.
    pub descriptor: SecurityDescriptor,
    /// What became of the DACL.
    pub dacl: ListChange,
    /// What became of the SACL.
    pub sacl: ListChange,
}

/// Computes the inherited entries of a child anew from its parent (PROP-1); `None` when nothing changes, so that a walk
/// may leave out what is below (PROP-2).
///
/// # Errors
/// As for a creation (INH-12).
pub fn propagate(
    child: &SecurityDescriptor,
    parent: &SecurityDescriptor,
    class: ObjectType,
    model: &Model,
) -> Result<Option<Propagated>, InheritError> {
    again(child, parent, LISTS, (class, model), AceFlags::INHERITED)
}

/// Puts the parent's entries behind those of one list or both; `lists` as for [`protect`]. `None` when nothing changes.
///
/// # Errors
/// As for a creation (INH-12).
pub fn inherit_into(
    child: &SecurityDescriptor,
    parent: &SecurityDescriptor,
    lists: SdControl,
    class: ObjectType,
    model: &Model,
) -> Result<Option<Propagated>, InheritError> {
    again(child, parent, lists, (class, model), AceFlags::INHERITED)
}

/// As [`propagate`], and the child's own entries go too (PROP-3). A protected list is left alone as a whole.
///
/// # Errors
/// As for a creation (INH-12).
pub fn reset(
    child: &SecurityDescriptor,
    parent: &SecurityDescriptor,
    class: ObjectType,
    model: &Model,
) -> Result<Option<Propagated>, InheritError> {
    again(child, parent, LISTS, (class, model), AceFlags::empty())
}

/// Both lists, by the bits that protect them.
const LISTS: SdControl = SdControl::DACL_PROTECTED.union(SdControl::SACL_PROTECTED);

/// Propagation for some lists of one child: the entries that have all flags of `dropped` go.
fn again(
    child: &SecurityDescriptor,
    parent: &SecurityDescriptor,
    lists: SdControl,
    (class, model): (ObjectType, &Model),
    dropped: AceFlags,
) -> Result<Option<Propagated>, InheritError> {
    let target = Target {
        owner: child.owner,
        group: child.group,
        mapping: model.mapping(class),
        container: class.is_container(),
        child_class: None,
        model,
    };
    let open = lists - child.control;
    let mut descriptor = child.clone();
    let mut dacl = ListChange::default();
    if open.contains(SdControl::DACL_PROTECTED) {
        dacl = target.refresh(&mut descriptor.dacl, parent.dacl.as_ref(), dropped)?;
        let inherited = descriptor.dacl.is_some() || child.control.contains(SdControl::DACL_AUTO_INHERITED);
        descriptor.control.set(SdControl::DACL_AUTO_INHERITED, inherited);
    }
    let mut sacl = ListChange::default();
    if open.contains(SdControl::SACL_PROTECTED) {
        sacl = target.refresh(&mut descriptor.sacl, parent.sacl.as_ref(), dropped)?;
        let inherited = descriptor.sacl.is_some() || child.control.contains(SdControl::SACL_AUTO_INHERITED);
        descriptor.control.set(SdControl::SACL_AUTO_INHERITED, inherited);
    }
    if descriptor == *child {
        return Ok(None);
    }
    Ok(Some(Propagated { descriptor: checked(descriptor)?, dacl, sacl }))
}

impl Target<'_> {
    /// One list of a child: what it owns stays in front, the parent's copies follow. A list that is not there comes to
    /// be only if there is something to put into it.
    fn refresh(
        &self,
        list: &mut Option<Acl>,
        parent: Option<&Acl>,
        dropped: AceFlags,
    ) -> Result<ListChange, InheritError> {
        let copies = self.inherited(parent)?;
        if list.is_none() && copies.is_empty() {
            return Ok(ListChange::default());
        }
        let before = list.as_ref().map_or(&[][..], |list| &list.aces);
        let mut after: Vec<Ace> = before.iter().filter(|ace| !ace.flags.contains(dropped)).cloned().collect();
        let change = ListChange { removed: before.len() - after.len(), added: copies.len() };
        after.extend(copies);
        if list.as_ref().is_some_and(|list| list.aces == after) {
            return Ok(ListChange::default());
        }
        *list = Some(Acl::new(after));
        Ok(change)
    }
}

/// What becomes of inherited entries when a list is cut off from its parent (PROP-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnProtect {
    /// They stay, still marked as inherited.
    Keep,
    /// They go.
    Strip,
}

/// Cuts lists off from the parent's: later propagation leaves them alone (PROP-3). `lists` holds DACL_PROTECTED,
/// SACL_PROTECTED or both; other bits are ignored.
#[must_use]
pub fn protect(child: &SecurityDescriptor, lists: SdControl, how: OnProtect) -> SecurityDescriptor {
    let lists = lists & (SdControl::DACL_PROTECTED | SdControl::SACL_PROTECTED);
    let mut descriptor = SecurityDescriptor { control: child.control | lists, ..child.clone() };
    let strip = |list: &mut Option<Acl>| {
        if let (OnProtect::Strip, Some(list)) = (how, list) {
            list.aces.retain(|ace| !ace.flags.contains(AceFlags::INHERITED));
        }
    };
    if lists.contains(SdControl::DACL_PROTECTED) {
        strip(&mut descriptor.dacl);
    }
    if lists.contains(SdControl::SACL_PROTECTED) {
        strip(&mut descriptor.sacl);
    }
    descriptor
}

/// Whether a DACL is in canonical order: own denials, own grants, inherited denials, inherited grants, each with entries
/// for the whole object before those for a part of it (ACL-7). Entries that neither grant nor deny stand anywhere.
///
/// # Errors
/// The index of the first entry that should stand before one in front of it.
pub fn canonical_order(dacl: &Acl) -> Result<(), usize> {
    let mut reached = (false, false, false);
    for (index, ace) in dacl.aces.iter().enumerate().filter(|(_, ace)| ace.kind.is_access_control()) {
        let place = ace.canonical_class();
        if place < reached {
            return Err(index);
        }
        reached = place;
    }
    Ok(())
}

/// A descriptor that still fits its sizes (SD-6).
fn checked(descriptor: SecurityDescriptor) -> Result<SecurityDescriptor, InheritError> {
    if size::descriptor(&descriptor) > size::MAX_DESCRIPTOR {
        return Err(InheritError::TooLarge);
    }
    Ok(descriptor)
}
