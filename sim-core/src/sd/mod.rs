//! Security descriptors as plain data: owner, group, two ACLs and the control bits.
//!
//! Authority: KACS v0.20 security descriptors, MS-DTYP 2.4.6. Rules SD-1 to SD-7. How they look in bytes is `wire`'s
//! matter, in text `sddl`'s; how they decide is `access`'s.

mod acl;
pub mod attributes;
pub mod condition;
pub mod condition_text;
pub mod condition_wire;
pub mod edit;
pub mod inherit;
pub mod ownership;
pub mod reach;
pub mod sddl;
pub(crate) mod size;
pub mod wire;

pub use acl::{
    ACE_TYPES, Ace, AceBody, AceEffect, AceFlags, AceShape, AceType, AceTypeRow, Acl, LabelPolicy,
    ObjectGuids,
};

use bitflags::bitflags;

use crate::sid::Sid;

bitflags! {
    /// The control bits (SD-3). SELF_RELATIVE is a matter of the binary form alone, so it is not here.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct SdControl: u16 {
        /// The owner came from a default.
        const OWNER_DEFAULTED = 0x0001;
        /// The group came from a default.
        const GROUP_DEFAULTED = 0x0002;
        /// There is a DACL; without it the DACL is NULL (SD-4).
        const DACL_PRESENT = 0x0004;
        /// The DACL came from a default.
        const DACL_DEFAULTED = 0x0008;
        /// There is a SACL.
        const SACL_PRESENT = 0x0010;
        /// The SACL came from a default.
        const SACL_DEFAULTED = 0x0020;
        /// Kept, without meaning.
        const DACL_TRUSTED = 0x0040;
        /// Refused in a creator's descriptor (INH-12).
        const SERVER_SECURITY = 0x0080;
        /// A creator asks for the parent's DACL entries (INH-6).
        const DACL_AUTO_INHERIT_REQ = 0x0100;
        /// A creator asks for the parent's SACL entries (INH-7).
        const SACL_AUTO_INHERIT_REQ = 0x0200;
        /// The DACL came from inheritance.
        const DACL_AUTO_INHERITED = 0x0400;
        /// The SACL came from inheritance.
        const SACL_AUTO_INHERITED = 0x0800;
        /// The parent's DACL entries stay out.
        const DACL_PROTECTED = 0x1000;
        /// The parent's SACL entries stay out.
        const SACL_PROTECTED = 0x2000;
        /// The resource manager's byte means something.
        const RM_CONTROL_VALID = 0x4000;
        /// Always set in the binary form.
        const SELF_RELATIVE = 0x8000;
    }
}

/// A security descriptor.
///
/// `dacl` is `None` for the NULL DACL, which lets everybody in, and an empty list for the empty one, which lets in
/// nobody (SD-4). Whether an ACL is present is told by the `Option`s alone: SELF_RELATIVE and the two PRESENT bits in
/// `control` are set by whoever writes bytes, and mean nothing here; but for DACL_PRESENT without a DACL, which says that
/// NULL was given (W-SDL-5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct SecurityDescriptor {
    /// The owner; without one no check can be made (VAL-2).
    pub owner: Option<Sid>,
    /// The group; only CREATOR GROUP looks at it (SD-5).
    pub group: Option<Sid>,
    /// The control bits but PRESENT and SELF_RELATIVE.
    pub control: SdControl,
    /// The byte of the resource manager, kept untouched (SD-1).
    pub resource_manager: u8,
    /// Who may do what.
    pub dacl: Option<Acl>,
    /// Labels, attributes, policies, and what is audited.
    pub sacl: Option<Acl>,
}
