//! Security descriptors as text, both ways: the dialects, the contexts, the tables of codes, and what can go wrong.
//!
//! Authority: MS-DTYP 2.5.1 with the codes of KACS. Rules SDDL-1 to SDDL-12, W-SDL-1 to W-SDL-7. Reading is in `read`,
//! writing in `write`, conditions are in [`super::condition_text`]. Knows the binary form only by its size limits.

mod cursor;
mod read;
mod write;

pub(crate) use cursor::Cursor;
pub(crate) use read::sid_of;
pub(crate) use write::write_sid;

pub use read::{parse, parse_given};
pub use write::{print, print_ace};

use std::fmt;
use std::ops::Range;

use super::AceFlags;
use crate::model::{AceMasks, AclRevision, BareAttribute, LabelBits, Model, SddlText};
use crate::rights::{AccessMask, ObjectType};
use crate::sid::Sid;
use crate::text::escape;

/// Which text is read and written: what of a model concerns text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Spelling, and the form of what is written (SDDL-4, W-SDL-2, W-SDL-5).
    pub text: SddlText,
    /// The numbers of label rights (SDDL-5).
    pub label_bits: LabelBits,
    /// Whether masks are tested (SDDL-11, W-SDL-7).
    pub ace_masks: AceMasks,
    /// Whether an attribute is a condition (COND-29).
    pub bare_attribute: BareAttribute,
    /// The revision of a list that was read (ACL-3).
    pub acl_revision: AclRevision,
    /// Whether numbers that are too large are cut down to the largest, and negative ones wrap, as NT does (W-SDL-3). No
    /// model asks for it.
    pub saturate: bool,
}

impl Dialect {
    /// The dialect of a model.
    #[must_use]
    pub fn of(model: &Model) -> Dialect {
        Dialect {
            text: model.sddl_text,
            label_bits: model.label_bits,
            ace_masks: model.ace_masks,
            bare_attribute: model.bare_attribute,
            acl_revision: model.acl_revision,
            saturate: false,
        }
    }

    pub(crate) fn is_nt(&self) -> bool {
        self.text == SddlText::Nt
    }
}

/// What a text is read or written with.
#[derive(Clone, Copy, Debug)]
pub struct SddlContext {
    /// Which text.
    pub dialect: Dialect,
    /// The domain of aliases such as `DA` (SDDL-10).
    pub domain: Option<Sid>,
    /// The class of the object, for the names of its rights in what is written (SDDL-4).
    pub class: Option<ObjectType>,
}

impl SddlContext {
    /// The text of a model, without a domain and for no class.
    #[must_use]
    pub fn of(model: &Model) -> SddlContext {
        SddlContext { dialect: Dialect::of(model), domain: None, class: None }
    }
}

/// The parts of a descriptor's text (SDDL-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `O:`
    Owner,
    /// `G:`
    Group,
    /// `D:`
    Dacl,
    /// `S:`
    Sacl,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Section::Owner => "the owner",
            Section::Group => "the group",
            Section::Dacl => "the DACL",
            Section::Sacl => "the SACL",
        })
    }
}

/// The fields of an entry (SDDL-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The first.
    Type,
    /// The second.
    Flags,
    /// The third.
    Rights,
    /// The fourth.
    ObjectGuid,
    /// The fifth.
    InheritedGuid,
    /// The sixth.
    Sid,
    /// The seventh: a condition or a resource attribute.
    Payload,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Type => "type",
            Field::Flags => "flags",
            Field::Rights => "rights",
            Field::ObjectGuid => "object GUID",
            Field::InheritedGuid => "inherited object GUID",
            Field::Sid => "SID",
            Field::Payload => "last field",
        })
    }
}

/// What is wrong with a text (SDDL-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SddlProblem {
    /// There is nothing.
    Empty,
    /// No section begins so.
    UnknownSection,
    /// The section was there already.
    DuplicateSection,
    /// A flag of a list that nobody knows.
    UnknownListFlag,
    /// `NO_ACCESS_CONTROL` in a SACL, or with something beside it.
    NullList,
    /// A type that nobody knows.
    UnknownType,
    /// The type may not stand in this list (W-SDL-4).
    MisplacedType,
    /// A flag of an entry that nobody knows.
    UnknownFlag,
    /// A right that nobody knows.
    UnknownRight,
    /// Fewer than six fields.
    FieldCount,
    /// No SID.
    BadSid,
    /// An alias that stands for nobody until a domain is known.
    UnresolvedAlias,
    /// No GUID.
    BadGuid,
    /// A GUID where the type has none.
    GuidOnPlainType,
    /// No number, or one that does not fit.
    BadNumber,
    /// A reserved bit or MAXIMUM_ALLOWED (MASK-2).
    ReservedBits,
    /// The type wants a seventh field.
    MissingPayload,
    /// The type has no seventh field.
    UnexpectedPayload,
    /// A condition that cannot be read: what would have been right there.
    BadCondition(&'static str),
    /// A resource attribute that cannot be read: what would have been right there.
    BadClaim(&'static str),
    /// The parenthesis is never closed.
    Unterminated,
    /// It would be larger than its binary form allows (SD-6).
    TooLarge,
}

/// A text that cannot be read: what, where in the descriptor, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SddlError {
    /// What is wrong.
    pub kind: SddlProblem,
    /// The section.
    pub section: Option<Section>,
    /// The index of the entry in its list, from 0.
    pub ace: Option<usize>,
    /// The field of the entry.
    pub field: Option<Field>,
    /// Where in the text, in bytes, at character boundaries; empty at its end.
    pub span: Range<usize>,
    /// The offending text, not escaped.
    pub found: String,
}

impl fmt::Display for SddlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = escape(&self.found);
        match self.kind {
            SddlProblem::Empty => f.write_str("there is no descriptor in an empty text")?,
            SddlProblem::UnknownSection => {
                write!(f, "`{found}` begins no section: there are `O:`, `G:`, `D:` and `S:`")?;
            }
            SddlProblem::DuplicateSection => write!(f, "the section `{found}` is there twice")?,
            SddlProblem::UnknownListFlag => {
                write!(f, "`{found}` is no flag of a list: there are `P`, `AR` and `AI`")?;
            }
            SddlProblem::NullList => {
                f.write_str("`NO_ACCESS_CONTROL` stands in `D:`, with no flag and no entry beside it")?;
            }
            SddlProblem::UnknownType => write!(f, "`{found}` is no type of entry")?,
            SddlProblem::MisplacedType => {
                write!(f, "an entry of type `{found}` does not belong in this list")?;
            }
            SddlProblem::UnknownFlag => {
                write!(f, "`{found}` is no flag of an entry: there are OI, CI, NP, IO, ID, SA and FA")?;
            }
            SddlProblem::UnknownRight => write!(f, "`{found}` is no right")?,
            SddlProblem::FieldCount => {
                f.write_str("an entry has six fields: type, flags, rights, two GUIDs and a SID")?;
            }
            SddlProblem::BadSid => write!(f, "`{found}` is no SID and no alias of one")?,
            SddlProblem::UnresolvedAlias => {
                write!(f, "the alias `{found}` belongs to a domain, and no domain is known")?;
            }
            SddlProblem::BadGuid => {
                write!(f, "`{found}` is no GUID: a GUID has 8, 4, 4, 4 and 12 hexadecimal digits")?;
            }
            SddlProblem::GuidOnPlainType => write!(f, "`{found}`: only object types have GUIDs")?,
            SddlProblem::BadNumber => write!(f, "`{found}` is no number, or one that does not fit")?,
            SddlProblem::ReservedBits => {
                write!(f, "`{found}` has bits that no entry may have: reserved ones, or MAXIMUM_ALLOWED")?;
            }
            SddlProblem::MissingPayload => f.write_str("an entry of this type has a seventh field")?,
            SddlProblem::UnexpectedPayload => f.write_str("an entry of this type has no seventh field")?,
            SddlProblem::BadCondition(wanted) | SddlProblem::BadClaim(wanted) if found.is_empty() => {
                write!(f, "expected {wanted}")?;
            }
            SddlProblem::BadCondition(wanted) | SddlProblem::BadClaim(wanted) => {
                write!(f, "`{found}`: expected {wanted}")?;
            }
            SddlProblem::Unterminated => f.write_str("the parenthesis is never closed")?,
            SddlProblem::TooLarge => f.write_str("it is larger than its binary form can be")?,
        }
        match (self.section, self.ace, self.field) {
            (Some(section), Some(ace), Some(field)) => write!(f, " ({field} of entry {ace} of {section})"),
            (Some(section), Some(ace), None) => write!(f, " (entry {ace} of {section})"),
            (Some(section), None, _) => write!(f, " (in {section})"),
            (None, ..) => Ok(()),
        }
    }
}

impl std::error::Error for SddlError {}

/// What a text cannot carry, although it might change a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintProblem {
    /// An entry of unknown type (SDDL-12).
    UnknownType(u8),
    /// The entry holds something else than its type says.
    Shape,
    /// Application data that is no well-formed condition: it is UNKNOWN, which no text is.
    Condition,
    /// A condition of a form that the text has no words for.
    ConditionForm,
    /// Text with a quotation mark or a NUL.
    Text,
    /// Bits in a mask that could not be read again (MASK-2), or bits of a label without a name.
    Mask,
    /// A resource attribute that is not about Everyone (SDDL-8).
    AttributeSid,
    /// PROTECTED, and no list to protect; or SERVER_SECURITY.
    Control,
    /// An audit entry in the DACL, which this dialect could not read again (W-SDL-4).
    MisplacedType,
    /// A descriptor without any part, which this dialect could not read again.
    Empty,
}

/// A descriptor that has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintError {
    /// What has none.
    pub kind: PrintProblem,
    /// The section.
    pub section: Option<Section>,
    /// The index of the entry in its list, from 0.
    pub ace: Option<usize>,
}

impl PrintError {
    pub(crate) fn new(kind: PrintProblem) -> PrintError {
        PrintError { kind, section: None, ace: None }
    }
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PrintProblem::UnknownType(value) => write!(f, "the type 0x{value:02x} has no text")?,
            PrintProblem::Shape => f.write_str("the entry does not hold what its type says")?,
            PrintProblem::Condition => {
                f.write_str("its data is no well-formed condition, so there is no text that means the same")?;
            }
            PrintProblem::ConditionForm => {
                f.write_str("its condition is of a form that text has no words for")?;
            }
            PrintProblem::Text => {
                f.write_str("it holds text with a quotation mark or a NUL, which cannot be quoted")?;
            }
            PrintProblem::Mask => f.write_str("its mask has bits that could not be read again")?,
            PrintProblem::AttributeSid => {
                f.write_str("a resource attribute is about Everyone in text, and this one is not")?;
            }
            PrintProblem::Control => {
                f.write_str("text has no place for PROTECTED without a list, and none for SERVER_SECURITY")?;
            }
            PrintProblem::MisplacedType => f.write_str("an audit entry in a DACL could not be read again")?,
            PrintProblem::Empty => f.write_str("a descriptor without any part has no text")?,
        }
        match (self.section, self.ace) {
            (Some(section), Some(ace)) => write!(f, " (entry {ace} of {section})"),
            (Some(section), None) => write!(f, " (in {section})"),
            (None, _) => Ok(()),
        }
    }
}

impl std::error::Error for PrintError {}

/// The rights codes of entries, in the order in which they are written (SDDL-4, W-SDL-5).
pub(crate) const RIGHT_CODES: [(&str, u32); 17] = [
    ("CC", 0x0000_0001),
    ("DC", 0x0000_0002),
    ("LC", 0x0000_0004),
    ("SW", 0x0000_0008),
    ("RP", 0x0000_0010),
    ("WP", 0x0000_0020),
    ("DT", 0x0000_0040),
    ("LO", 0x0000_0080),
    ("CR", 0x0000_0100),
    ("SD", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
];

/// The codes for several rights of files at once (SDDL-4).
pub(crate) const FILE_CODES: [(&str, u32); 4] =
    [("FA", 0x001F_01FF), ("FR", 0x0012_0089), ("FW", 0x0012_0116), ("FX", 0x0012_00A0)];

/// The codes for several rights of keys at once. `KX` is read, and written as `KR`, which is the same.
pub(crate) const KEY_CODES: [(&str, u32); 4] =
    [("KA", 0x000F_003F), ("KR", 0x0002_0019), ("KW", 0x0002_0006), ("KX", 0x0002_0019)];

/// The rights that codes stand for, as in `FRSD`; those for several rights at once belong to one class (SDDL-4).
#[must_use]
pub fn mask_of_codes(codes: &str, class: ObjectType) -> Option<AccessMask> {
    let files = matches!(class, ObjectType::File | ObjectType::Directory | ObjectType::Endpoint);
    let keys = class == ObjectType::Key;
    let several = FILE_CODES.iter().filter(|_| files).chain(KEY_CODES.iter().filter(|_| keys));
    let known: Vec<&(&str, u32)> = RIGHT_CODES.iter().chain(several).collect();
    let mut mask = (!codes.is_empty()).then_some(0)?;
    for at in (0..codes.len()).step_by(2) {
        let code = codes.get(at..at + 2)?;
        mask |= known.iter().find(|(text, _)| *text == code)?.1;
    }
    Some(AccessMask(mask))
}

/// The flags of entries, in the order in which they are written (SDDL-3).
pub(crate) const FLAG_CODES: [(&str, AceFlags); 7] = [
    ("OI", AceFlags::OBJECT_INHERIT),
    ("CI", AceFlags::CONTAINER_INHERIT),
    ("NP", AceFlags::NO_PROPAGATE),
    ("IO", AceFlags::INHERIT_ONLY),
    ("ID", AceFlags::INHERITED),
    ("SA", AceFlags::SUCCESSFUL_ACCESS),
    ("FA", AceFlags::FAILED_ACCESS),
];

/// The word for the NULL list (SDDL-1).
pub(crate) const NULL_LIST: &str = "NO_ACCESS_CONTROL";
