//! Access masks, the generic mappings of every object class, and the one table of rights names.
//!
//! Authority: KACS v0.20 access masks, MS-DTYP 2.4.3. Rules MASK-1 to MASK-5, MAP-1 to MAP-5, FILE-2, KEY-6.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use crate::model::{KeyExecute, Model};

/// A set of access rights (MASK-1). What its low 16 bits mean depends on the object class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// No right.
    pub const NONE: AccessMask = AccessMask(0);
    /// Delete the object.
    pub const DELETE: AccessMask = AccessMask(0x0001_0000);
    /// Read owner, group and DACL.
    pub const READ_CONTROL: AccessMask = AccessMask(0x0002_0000);
    /// Write the DACL.
    pub const WRITE_DAC: AccessMask = AccessMask(0x0004_0000);
    /// Write owner and group.
    pub const WRITE_OWNER: AccessMask = AccessMask(0x0008_0000);
    /// Wait on the object.
    pub const SYNCHRONIZE: AccessMask = AccessMask(0x0010_0000);
    /// Read and write the SACL; only a privilege gives it (PRIV-2).
    pub const ACCESS_SYSTEM_SECURITY: AccessMask = AccessMask(0x0100_0000);
    /// A request for everything that can be had (MAP-6).
    pub const MAXIMUM_ALLOWED: AccessMask = AccessMask(0x0200_0000);
    /// Everything of the class.
    pub const GENERIC_ALL: AccessMask = AccessMask(0x1000_0000);
    /// The execute category of the class.
    pub const GENERIC_EXECUTE: AccessMask = AccessMask(0x2000_0000);
    /// The write category of the class.
    pub const GENERIC_WRITE: AccessMask = AccessMask(0x4000_0000);
    /// The read category of the class.
    pub const GENERIC_READ: AccessMask = AccessMask(0x8000_0000);
    /// All four generic bits.
    pub const GENERIC: AccessMask = AccessMask(0xF000_0000);
    /// Bits 21 to 23, 26 and 27 (MASK-2).
    pub const RESERVED: AccessMask = AccessMask(0x0CE0_0000);

    /// Whether every bit of `other` is in this mask.
    #[must_use]
    pub const fn contains(self, other: AccessMask) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is in this mask.
    #[must_use]
    pub const fn intersects(self, other: AccessMask) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The single bits, lowest first.
    pub fn bits(self) -> impl Iterator<Item = AccessMask> {
        (0..32).map(|n| AccessMask(1 << n)).filter(move |bit| self.intersects(*bit))
    }

    /// The text of a mask (TRC-4). Every line of a trace has some: digits by hand cost a third of a format.
    fn digits(self) -> [u8; 10] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"0x00000000";
        for (n, digit) in text.iter_mut().skip(2).enumerate() {
            *digit = DIGITS[(self.0 >> (28 - 4 * n)) as usize & 0xf];
        }
        text
    }

    /// The mask as it is displayed, put behind a text.
    pub fn push_to(self, out: &mut String) {
        out.push_str(std::str::from_utf8(&self.digits()).unwrap_or_default());
    }
}

impl BitOr for AccessMask {
    type Output = AccessMask;
    fn bitor(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 | other.0)
    }
}

impl BitAnd for AccessMask {
    type Output = AccessMask;
    fn bitand(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 & other.0)
    }
}

impl Not for AccessMask {
    type Output = AccessMask;
    fn not(self) -> AccessMask {
        AccessMask(!self.0)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: AccessMask) {
        self.0 |= other.0;
    }
}

impl BitAndAssign for AccessMask {
    fn bitand_assign(&mut self, other: AccessMask) {
        self.0 &= other.0;
    }
}

/// Eight hex digits (TRC-4).
impl fmt::Display for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the four generic bits stand for in one object class (MAP-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GenericMapping {
    /// What GENERIC_READ stands for.
    pub read: AccessMask,
    /// What GENERIC_WRITE stands for.
    pub write: AccessMask,
    /// What GENERIC_EXECUTE stands for.
    pub execute: AccessMask,
    /// What GENERIC_ALL stands for.
    pub all: AccessMask,
}

impl GenericMapping {
    const fn new(read: u32, write: u32, execute: u32, all: u32) -> GenericMapping {
        GenericMapping {
            read: AccessMask(read),
            write: AccessMask(write),
            execute: AccessMask(execute),
            all: AccessMask(all),
        }
    }

    /// Replaces each generic bit by what it stands for (MAP-3).
    #[inline]
    #[must_use]
    pub fn map(&self, mask: AccessMask) -> AccessMask {
        if !mask.intersects(AccessMask::GENERIC) {
            return mask;
        }
        let mut mapped = mask & !AccessMask::GENERIC;
        for (generic, concrete) in [
            (AccessMask::GENERIC_READ, self.read),
            (AccessMask::GENERIC_WRITE, self.write),
            (AccessMask::GENERIC_EXECUTE, self.execute),
            (AccessMask::GENERIC_ALL, self.all),
        ] {
            if mask.intersects(generic) {
                mapped |= concrete;
            }
        }
        mapped
    }
}

/// The classes of objects that descriptors guard (MAP-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// A file.
    File,
    /// A directory: the same bits under other names.
    Directory,
    /// A registry key.
    Key,
    /// A token.
    Token,
    /// A process.
    Process,
    /// A service as something that is started and stopped.
    Service,
    /// A local socket that clients connect to.
    Endpoint,
}

impl ObjectType {
    /// Every class with its word.
    pub const ALL: [(ObjectType, &'static str); 7] = [
        (ObjectType::File, "file"),
        (ObjectType::Directory, "directory"),
        (ObjectType::Key, "key"),
        (ObjectType::Token, "token"),
        (ObjectType::Process, "process"),
        (ObjectType::Service, "service"),
        (ObjectType::Endpoint, "endpoint"),
    ];

    /// The word of the language for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ObjectType::ALL[self as usize].1
    }

    /// The generic mapping (MAP-3). `windows` maps the execute category of keys to reading (KEY-6): see
    /// [`crate::model::Model::mapping`], which is what an evaluation asks.
    #[must_use]
    pub const fn mapping(self) -> GenericMapping {
        match self {
            ObjectType::File | ObjectType::Directory | ObjectType::Endpoint => {
                GenericMapping::new(0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF)
            }
            ObjectType::Key => GenericMapping::new(0x0002_0019, 0x0002_0006, 0, 0x000F_003F),
            ObjectType::Token => GenericMapping::new(0x0002_0008, 0x0004_00E0, 0x0000_0004, 0x000F_01FF),
            ObjectType::Process => GenericMapping::new(0x0002_0410, 0x0004_0220, 0x0000_1801, 0x000E_1E73),
            ObjectType::Service => GenericMapping::new(0x0002_0001, 0x0004_0000, 0x0000_000E, 0x000F_000F),
        }
    }

    /// Whether objects of the class hold children that inherit (INH-2).
    #[must_use]
    pub const fn is_container(self) -> bool {
        matches!(self, ObjectType::Directory | ObjectType::Key)
    }
}

impl Model {
    /// What the generic bits stand for in a class under this model (MAP-3, KEY-6).
    #[must_use]
    pub fn mapping(&self, class: ObjectType) -> GenericMapping {
        let mapping = class.mapping();
        match (class, self.key_execute) {
            (ObjectType::Key, KeyExecute::Read) => {
                GenericMapping { execute: AccessMask(0x0002_0019), ..mapping }
            }
            _ => mapping,
        }
    }
}

/// A row of [`RIGHTS`]: an official name, its mask, and the classes in which it means that.
pub struct Right {
    /// The official constant name.
    pub name: &'static str,
    /// The bits.
    pub mask: AccessMask,
    /// The classes; empty means every class.
    pub classes: &'static [ObjectType],
}

const fn right(name: &'static str, mask: u32, classes: &'static [ObjectType]) -> Right {
    Right { name, mask: AccessMask(mask), classes }
}

const FILE: &[ObjectType] = &[ObjectType::File, ObjectType::Endpoint];
const DIRECTORY: &[ObjectType] = &[ObjectType::Directory];
const BOTH: &[ObjectType] = &[ObjectType::File, ObjectType::Directory, ObjectType::Endpoint];
const KEY: &[ObjectType] = &[ObjectType::Key];
const TOKEN: &[ObjectType] = &[ObjectType::Token];
const PROCESS: &[ObjectType] = &[ObjectType::Process];
const SERVICE: &[ObjectType] = &[ObjectType::Service];
const ANY: &[ObjectType] = &[];

/// The one table of rights names. Single bits stand first, so that printing finds them before the composites.
pub const RIGHTS: &[Right] = &[
    right("FILE_READ_DATA", 0x1, FILE),
    right("FILE_WRITE_DATA", 0x2, FILE),
    right("FILE_APPEND_DATA", 0x4, FILE),
    right("FILE_EXECUTE", 0x20, FILE),
    right("FILE_LIST_DIRECTORY", 0x1, DIRECTORY),
    right("FILE_ADD_FILE", 0x2, DIRECTORY),
    right("FILE_ADD_SUBDIRECTORY", 0x4, DIRECTORY),
    right("FILE_TRAVERSE", 0x20, DIRECTORY),
    right("FILE_READ_EA", 0x8, BOTH),
    right("FILE_WRITE_EA", 0x10, BOTH),
    right("FILE_DELETE_CHILD", 0x40, BOTH),
    right("FILE_READ_ATTRIBUTES", 0x80, BOTH),
    right("FILE_WRITE_ATTRIBUTES", 0x100, BOTH),
    right("KEY_QUERY_VALUE", 0x1, KEY),
    right("KEY_SET_VALUE", 0x2, KEY),
    right("KEY_CREATE_SUB_KEY", 0x4, KEY),
    right("KEY_ENUMERATE_SUB_KEYS", 0x8, KEY),
    right("KEY_NOTIFY", 0x10, KEY),
    right("KEY_CREATE_LINK", 0x20, KEY),
    right("TOKEN_ASSIGN_PRIMARY", 0x1, TOKEN),
    right("TOKEN_DUPLICATE", 0x2, TOKEN),
    right("TOKEN_IMPERSONATE", 0x4, TOKEN),
    right("TOKEN_QUERY", 0x8, TOKEN),
    right("TOKEN_QUERY_SOURCE", 0x10, TOKEN),
    right("TOKEN_ADJUST_PRIVILEGES", 0x20, TOKEN),
    right("TOKEN_ADJUST_GROUPS", 0x40, TOKEN),
    right("TOKEN_ADJUST_DEFAULT", 0x80, TOKEN),
    right("TOKEN_ADJUST_SESSIONID", 0x100, TOKEN),
    right("PROCESS_TERMINATE", 0x1, PROCESS),
    right("PROCESS_SIGNAL", 0x2, PROCESS),
    right("PROCESS_VM_READ", 0x10, PROCESS),
    right("PROCESS_VM_WRITE", 0x20, PROCESS),
    right("PROCESS_DUP_HANDLE", 0x40, PROCESS),
    right("PROCESS_SET_INFORMATION", 0x200, PROCESS),
    right("PROCESS_QUERY_INFORMATION", 0x400, PROCESS),
    right("PROCESS_SUSPEND_RESUME", 0x800, PROCESS),
    right("PROCESS_QUERY_LIMITED", 0x1000, PROCESS),
    right("SERVICE_QUERY_STATUS", 0x1, SERVICE),
    right("SERVICE_START", 0x2, SERVICE),
    right("SERVICE_STOP", 0x4, SERVICE),
    right("SERVICE_INTERROGATE", 0x8, SERVICE),
    right("DELETE", 0x0001_0000, ANY),
    right("READ_CONTROL", 0x0002_0000, ANY),
    right("WRITE_DAC", 0x0004_0000, ANY),
    right("WRITE_OWNER", 0x0008_0000, ANY),
    right("SYNCHRONIZE", 0x0010_0000, ANY),
    right("ACCESS_SYSTEM_SECURITY", 0x0100_0000, ANY),
    right("MAXIMUM_ALLOWED", 0x0200_0000, ANY),
    right("GENERIC_ALL", 0x1000_0000, ANY),
    right("GENERIC_EXECUTE", 0x2000_0000, ANY),
    right("GENERIC_WRITE", 0x4000_0000, ANY),
    right("GENERIC_READ", 0x8000_0000, ANY),
    right("STANDARD_RIGHTS_REQUIRED", 0x000F_0000, ANY),
    right("STANDARD_RIGHTS_ALL", 0x001F_0000, ANY),
    right("FILE_GENERIC_READ", 0x0012_0089, BOTH),
    right("FILE_GENERIC_WRITE", 0x0012_0116, BOTH),
    right("FILE_GENERIC_EXECUTE", 0x0012_00A0, BOTH),
    right("FILE_ALL_ACCESS", 0x001F_01FF, BOTH),
    right("KEY_READ", 0x0002_0019, KEY),
    right("KEY_WRITE", 0x0002_0006, KEY),
    right("KEY_ALL_ACCESS", 0x000F_003F, KEY),
    right("TOKEN_ALL_ACCESS", 0x000F_01FF, TOKEN),
];

impl Right {
    /// Whether the name means this in `class`.
    #[must_use]
    pub fn applies_to(&self, class: ObjectType) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }

    /// The row of an official name in a class. Directories and files share their bits, so either's names are taken.
    #[must_use]
    pub fn named(name: &str, class: ObjectType) -> Option<&'static Right> {
        let sibling = match class {
            ObjectType::Directory => ObjectType::File,
            ObjectType::File | ObjectType::Endpoint => ObjectType::Directory,
            other => other,
        };
        let rows = || RIGHTS.iter().filter(|row| row.name == name);
        rows().find(|row| row.applies_to(class)).or_else(|| rows().find(|row| row.applies_to(sibling)))
    }
}

/// The names of the bits of a mask in bit order (TRC-4), a bit without a name as hex.
#[must_use]
pub fn names_of(mask: AccessMask, class: ObjectType) -> Vec<String> {
    mask.bits()
        .map(|bit| {
            RIGHTS
                .iter()
                .find(|row| row.mask == bit && row.applies_to(class))
                .map_or_else(|| format!("0x{:x}", bit.0), |row| row.name.to_owned())
        })
        .collect()
}
