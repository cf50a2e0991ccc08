//! ACLs and their entries as plain data, and the one table of ACE types.
//!
//! Authority: KACS v0.20 ACLs and ACEs, MS-DTYP 2.4.4 and 2.4.5. Rules ACL-1 to ACL-7, ACE-1 to ACE-6.

use bitflags::bitflags;

use super::condition::Claim;
use crate::ids::Guid;
use crate::model::LabelBits;
use crate::rights::AccessMask;
use crate::sid::Sid;

/// An access-control list: its entries stay in the order in which they were given (ACL-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acl {
    /// The revision that was read; what is written is decided anew (ACL-3).
    pub revision: u8,
    /// The entries.
    pub aces: Vec<Ace>,
}

impl Acl {
    /// A list of these entries.
    #[must_use]
    pub fn new(aces: Vec<Ace>) -> Acl {
        Acl { revision: 2, aces }
    }
}

bitflags! {
    /// The flags of an entry (ACE-4).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct AceFlags: u8 {
        /// OI: files inherit it.
        const OBJECT_INHERIT = 0x01;
        /// CI: directories and keys inherit it.
        const CONTAINER_INHERIT = 0x02;
        /// NP: it is inherited once.
        const NO_PROPAGATE = 0x04;
        /// IO: it does not count for the object that carries it.
        const INHERIT_ONLY = 0x08;
        /// ID: it was inherited.
        const INHERITED = 0x10;
        /// Unused, kept.
        const UNUSED = 0x20;
        /// SA: audit what was allowed.
        const SUCCESSFUL_ACCESS = 0x40;
        /// FA: audit what was denied.
        const FAILED_ACCESS = 0x80;
    }
}

bitflags! {
    /// What a mandatory label forbids to those below it: by meaning, not by number, because the numbers differ
    /// between models (SDDL-5, W-MIC-6). [`crate::model::Model`] says which bit is which.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct LabelPolicy: u8 {
        /// NR
        const NO_READ_UP = 1;
        /// NW
        const NO_WRITE_UP = 2;
        /// NX
        const NO_EXECUTE_UP = 4;
    }
}

impl LabelPolicy {
    /// The bits of reading, writing and executing under a model's numbering (SDDL-5, W-MIC-6).
    const fn numbers(numbering: LabelBits) -> [(LabelPolicy, u32); 3] {
        let (read, write) = match numbering {
            LabelBits::ReadFirst => (1, 2),
            LabelBits::WriteFirst => (2, 1),
        };
        [(LabelPolicy::NO_READ_UP, read), (LabelPolicy::NO_WRITE_UP, write), (LabelPolicy::NO_EXECUTE_UP, 4)]
    }

    /// What a label's mask forbids; unknown bits are ignored (MIC-7).
    #[must_use]
    pub fn from_mask(mask: AccessMask, numbering: LabelBits) -> LabelPolicy {
        let set = LabelPolicy::numbers(numbering).into_iter().filter(|(_, bit)| mask.0 & bit != 0);
        set.fold(LabelPolicy::empty(), |all, (policy, _)| all | policy)
    }

    /// The mask of a label that forbids this.
    #[must_use]
    pub fn to_mask(self, numbering: LabelBits) -> AccessMask {
        let set = LabelPolicy::numbers(numbering).into_iter().filter(|(policy, _)| self.contains(*policy));
        AccessMask(set.fold(0, |all, (_, bit)| all | bit))
    }
}

/// The type byte of an entry. Types without a row in [`ACE_TYPES`] are kept and skipped (ACL-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AceType(pub u8);

/// How the entry is laid out behind its header (ACE-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AceShape {
    /// Mask and SID.
    Basic,
    /// Mask, flags, up to two GUIDs, SID.
    Object,
    /// Mask, SID, application data.
    Callback,
    /// As `Object`, then application data.
    CallbackObject,
    /// Mask, SID, one claim.
    Attribute,
}

/// What an entry of the type does where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AceEffect {
    /// Grants, in a DACL.
    Allow,
    /// Denies, in a DACL.
    Deny,
    /// Audits, in a SACL.
    Audit,
    /// Marks operations for continuous audit, in a SACL (AUD-5).
    Alarm,
    /// The integrity label, in a SACL.
    Label,
    /// A resource attribute, in a SACL.
    Attribute,
    /// Names a central policy, in a SACL.
    Policy,
    /// The process trust label, in a SACL.
    Trust,
}

/// A row of [`ACE_TYPES`].
#[derive(Clone, Copy, Debug)]
pub struct AceTypeRow {
    /// The type byte.
    pub value: AceType,
    /// The name that traces and tools print.
    pub name: &'static str,
    /// The SDDL type string.
    pub sddl: &'static str,
    /// How it is laid out.
    pub shape: AceShape,
    /// What it does.
    pub effect: AceEffect,
}

macro_rules! ace_types {
    ($($constant:ident $value:literal $name:literal $sddl:literal $shape:ident $effect:ident;)*) => {
        impl AceType {
            $(#[doc = $name] pub const $constant: AceType = AceType($value);)*
        }
        /// The one table of ACE types (ACE-3).
        pub const ACE_TYPES: &[AceTypeRow] = &[
            $(AceTypeRow { value: AceType($value), name: $name, sddl: $sddl, shape: AceShape::$shape,
                effect: AceEffect::$effect },)*
        ];
    };
}

ace_types! {
    ALLOW 0x00 "allow" "A" Basic Allow;
    DENY 0x01 "deny" "D" Basic Deny;
    AUDIT 0x02 "audit" "AU" Basic Audit;
    ALARM 0x03 "alarm" "AL" Basic Alarm;
    ALLOW_OBJECT 0x05 "allow-object" "OA" Object Allow;
    DENY_OBJECT 0x06 "deny-object" "OD" Object Deny;
    AUDIT_OBJECT 0x07 "audit-object" "OU" Object Audit;
    ALARM_OBJECT 0x08 "alarm-object" "OL" Object Alarm;
    ALLOW_CALLBACK 0x09 "allow-callback" "XA" Callback Allow;
    DENY_CALLBACK 0x0A "deny-callback" "XD" Callback Deny;
    ALLOW_CALLBACK_OBJECT 0x0B "allow-callback-object" "ZA" CallbackObject Allow;
    DENY_CALLBACK_OBJECT 0x0C "deny-callback-object" "ZD" CallbackObject Deny;
    AUDIT_CALLBACK 0x0D "audit-callback" "XU" Callback Audit;
    ALARM_CALLBACK 0x0E "alarm-callback" "XL" Callback Alarm;
    AUDIT_CALLBACK_OBJECT 0x0F "audit-callback-object" "ZU" CallbackObject Audit;
    ALARM_CALLBACK_OBJECT 0x10 "alarm-callback-object" "ZL" CallbackObject Alarm;
    MANDATORY_LABEL 0x11 "mandatory-label" "ML" Basic Label;
    RESOURCE_ATTRIBUTE 0x12 "resource-attribute" "RA" Attribute Attribute;
    SCOPED_POLICY_ID 0x13 "scoped-policy-id" "SP" Basic Policy;
    PROCESS_TRUST_LABEL 0x14 "process-trust-label" "TL" Basic Trust;
}

impl AceType {
    /// The row of the type, if it is known.
    #[must_use]
    pub fn row(self) -> Option<&'static AceTypeRow> {
        ACE_TYPES.iter().find(|row| row.value == self)
    }

    /// Whether it grants or denies (ACE-3: an access-control ACE).
    #[must_use]
    pub fn is_access_control(self) -> bool {
        self.row().is_some_and(|row| matches!(row.effect, AceEffect::Allow | AceEffect::Deny))
    }
}

/// The GUIDs of an object entry (ACE-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct ObjectGuids {
    /// The node of the object tree that it is about; without it the entry acts like the basic type.
    pub object_type: Option<Guid>,
    /// The class of children that inherit it.
    pub inherited_object_type: Option<Guid>,
}

/// What an entry holds beyond mask and SID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AceBody {
    /// Nothing.
    Basic,
    /// GUIDs.
    Object(ObjectGuids),
    /// Application data as it was stored, padding included: a condition if it begins with `artx`.
    Callback(Vec<u8>),
    /// Both.
    CallbackObject(ObjectGuids, Vec<u8>),
    /// A resource attribute.
    Attribute(Claim),
    /// Everything behind the header of an entry of unknown type; its mask is 0 and its SID `Nobody` (ACL-4).
    Unknown(Vec<u8>),
}

/// An entry of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ace {
    /// The type.
    pub kind: AceType,
    /// The flags.
    pub flags: AceFlags,
    /// The rights, as stored: generic bits are mapped when they are used (MAP-2).
    pub mask: AccessMask,
    /// Whom it is about.
    pub sid: Sid,
    /// The rest, of the shape that the type asks for.
    pub body: AceBody,
}

impl Ace {
    /// An entry of a basic type without flags.
    #[must_use]
    pub fn basic(kind: AceType, sid: Sid, mask: AccessMask) -> Ace {
        Ace { kind, flags: AceFlags::empty(), mask, sid, body: AceBody::Basic }
    }

    /// The same entry with these flags.
    #[must_use]
    pub fn with_flags(self, flags: AceFlags) -> Ace {
        Ace { flags, ..self }
    }

    /// The GUIDs, none for entries without.
    #[must_use]
    pub fn guids(&self) -> ObjectGuids {
        match &self.body {
            AceBody::Object(guids) | AceBody::CallbackObject(guids, _) => *guids,
            AceBody::Basic | AceBody::Callback(_) | AceBody::Attribute(_) | AceBody::Unknown(_) => {
                ObjectGuids::default()
            }
        }
    }

    /// The application data of a callback entry.
    #[must_use]
    pub fn condition(&self) -> Option<&[u8]> {
        match &self.body {
            AceBody::Callback(data) | AceBody::CallbackObject(_, data) => Some(data),
            AceBody::Basic | AceBody::Object(_) | AceBody::Attribute(_) | AceBody::Unknown(_) => None,
        }
    }

    /// Its class in canonical order (ACL-7): inherited behind own, allowing behind denying, for a part of the object behind
    /// for the whole. A SACL has no such order, so there only the first counts.
    pub(super) fn canonical_class(&self) -> (bool, bool, bool) {
        let allows = self.kind.row().is_some_and(|row| row.effect == AceEffect::Allow);
        let scoped = self.kind.is_access_control() && self.guids().object_type.is_some();
        (self.flags.contains(AceFlags::INHERITED), allows, scoped)
    }
}
