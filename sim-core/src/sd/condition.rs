//! Claims, and conditional expressions as a list of tokens in postfix order: data only.
//!
//! Authority: KACS v0.20 conditional expressions and claims, MS-DTYP 2.4.4.17. Rules COND-4 to COND-6, COND-23, ACE-5.
//! The bytes of a program are `wire`'s matter, its text `condition_text`'s, its meaning `access::condition`'s.

use bitflags::bitflags;

use crate::sid::Sid;

bitflags! {
    /// The flags of a claim (ACE-5).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct ClaimFlags: u32 {
        /// Its strings and octets compare exactly (COND-11).
        const CASE_SENSITIVE = 0x0002;
        /// Only deny entries see it (COND-8).
        const USE_FOR_DENY_ONLY = 0x0004;
        /// Nobody sees it (COND-8).
        const DISABLED = 0x0010;
        /// Changing it takes SeTcbPrivilege (OWNR-8).
        const MANDATORY = 0x0020;
        const _ = !0;
    }
}

/// A named, typed list of values: of a token, of a resource, or passed with one check (ACE-5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The name; look-up ignores case (COND-7).
    pub name: String,
    /// The flags.
    pub flags: ClaimFlags,
    /// The values; none resolves as absent.
    pub values: ClaimValues,
}

/// The values of a claim, all of one type (ACE-5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClaimValues {
    /// Type 1.
    Int64(Vec<i64>),
    /// Type 2.
    Uint64(Vec<u64>),
    /// Type 3.
    String(Vec<String>),
    /// Type 5.
    Sid(Vec<Sid>),
    /// Type 6; any non-zero number is true.
    Boolean(Vec<bool>),
    /// Type 0x10.
    Octet(Vec<Vec<u8>>),
}

/// Where an attribute is looked up (COND-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `@Local.`, 0xF8
    Local,
    /// `@User.`, 0xF9
    User,
    /// `@Resource.`, 0xFA
    Resource,
    /// `@Device.`, 0xFB
    Device,
}

/// How the number of an integer literal was written: kept for printing (COND-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntBase {
    /// 1
    Octal,
    /// 2
    Decimal,
    /// 3
    Hex,
}

/// The sign that was written; it decides the value (COND-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntSign {
    /// 1
    Plus,
    /// 2
    Minus,
    /// 3
    None,
}

/// A constant in a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// An integer. `width` is the token byte 1 to 4 (8, 16, 32, 64 bits).
    Int {
        /// The value, sign applied.
        value: i64,
        /// Token byte, 1 to 4.
        width: u8,
        /// As written.
        sign: IntSign,
        /// As written.
        base: IntBase,
    },
    /// Text.
    String(String),
    /// Bytes.
    Octet(Vec<u8>),
    /// A SID.
    Sid(Sid),
    /// `{a, b}`
    Composite(Vec<Literal>),
}

macro_rules! operators {
    ($($variant:ident $opcode:literal $text:literal $arity:literal;)*) => {
        /// An operator of a condition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operator {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        /// The one table of operators: the operator, its opcode, its text and how many operands it takes (COND-23).
        pub const OPERATORS: &[(Operator, u8, &str, usize)] = &[
            $((Operator::$variant, $opcode, $text, $arity),)*
        ];
    };
}

operators! {
    Equal 0x80 "==" 2;
    NotEqual 0x81 "!=" 2;
    Less 0x82 "<" 2;
    LessEqual 0x83 "<=" 2;
    Greater 0x84 ">" 2;
    GreaterEqual 0x85 ">=" 2;
    Contains 0x86 "Contains" 2;
    Exists 0x87 "Exists" 1;
    AnyOf 0x88 "Any_of" 2;
    MemberOf 0x89 "Member_of" 1;
    DeviceMemberOf 0x8A "Device_Member_of" 1;
    MemberOfAny 0x8B "Member_of_Any" 1;
    DeviceMemberOfAny 0x8C "Device_Member_of_Any" 1;
    NotExists 0x8D "Not_Exists" 1;
    NotContains 0x8E "Not_Contains" 2;
    NotAnyOf 0x8F "Not_Any_of" 2;
    NotMemberOf 0x90 "Not_Member_of" 1;
    NotDeviceMemberOf 0x91 "Not_Device_Member_of" 1;
    NotMemberOfAny 0x92 "Not_Member_of_Any" 1;
    NotDeviceMemberOfAny 0x93 "Not_Device_Member_of_Any" 1;
    And 0xA0 "&&" 2;
    Or 0xA1 "||" 2;
    Not 0xA2 "!" 1;
}

impl Operator {
    /// The row of the operator: opcode, text, number of operands.
    #[must_use]
    pub fn row(self) -> (u8, &'static str, usize) {
        let (_, opcode, text, arity) = OPERATORS[self as usize];
        (opcode, text, arity)
    }
}

/// One token of a program, in postfix order (COND-23).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConditionToken {
    /// A constant.
    Literal(Literal),
    /// `@Namespace.name`
    Attribute(Namespace, String),
    /// An operator.
    Operator(Operator),
}

/// A well-formed program as data. Bytes that are not one stay bytes and evaluate to UNKNOWN (COND-25).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Condition {
    /// The tokens in postfix order.
    pub tokens: Vec<ConditionToken>,
}
