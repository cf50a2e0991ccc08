//! The fields of a request, as JSON has them. Every word is looked up in the one table of its kind; a field that is not
//! known, or that stands twice, is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sim_core::access::Intents;
use sim_core::ids::Guid;
use sim_core::privilege::Privilege;
use sim_core::rights::{AccessMask, GenericMapping, ObjectType};
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sid::Sid;
use sim_core::token::{
    AuditPolicy, GroupAttributes, ImpersonationLevel, IntegrityLevel, MandatoryPolicy, SidAndAttributes,
};

use super::answer::Expected;

/// A JSON object, and nothing else: a struct by itself would be read from a list of its fields as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct OnlyMaps<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyMaps<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(OnlyMaps(std::marker::PhantomData))
    }
}

/// A line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLine {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) token: Object<TokenLine>,
    #[serde(default)]
    pub(super) process: Object<ProcessLine>,
    pub(super) sd: Option<String>,
    pub(super) sddl: Option<String>,
    pub(super) domain: Option<SidText>,
    #[serde(default)]
    pub(super) object: ObjectField,
    pub(super) desired: Mask,
    #[serde(default)]
    pub(super) intent: Vec<Intent>,
    #[serde(default)]
    pub(super) mode: Mode,
    pub(super) self_sid: Option<SidText>,
    #[serde(default)]
    pub(super) local_claims: Vec<Object<ClaimLine>>,
    pub(super) object_tree: Option<Vec<Object<NodeLine>>>,
    #[serde(default)]
    pub(super) policies: Vec<Object<PolicyLine>>,
    pub(super) expect: Option<Object<Expected>>,
    /// Information for people.
    #[serde(default, rename = "tags")]
    _tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenLine {
    pub(super) user: SidText,
    #[serde(default)]
    pub(super) user_deny_only: bool,
    #[serde(default)]
    pub(super) groups: Vec<Object<GroupLine>>,
    #[serde(default)]
    pub(super) privileges: Vec<PrivilegeName>,
    #[serde(default)]
    pub(super) privileges_disabled: Vec<PrivilegeName>,
    #[serde(default)]
    pub(super) integrity: Integrity,
    #[serde(default)]
    pub(super) mandatory_policy: Policies,
    #[serde(default, rename = "type")]
    pub(super) kind: TokenTypeField,
    pub(super) level: Option<Level>,
    #[serde(default)]
    pub(super) restricted_sids: Vec<Object<GroupLine>>,
    #[serde(default)]
    pub(super) device_groups: Vec<Object<GroupLine>>,
    #[serde(default)]
    pub(super) restricted_device_groups: Vec<Object<GroupLine>>,
    #[serde(default)]
    pub(super) write_restricted: bool,
    pub(super) confinement: Option<Object<ConfinementLine>>,
    #[serde(default)]
    pub(super) user_claims: Vec<Object<ClaimLine>>,
    #[serde(default)]
    pub(super) device_claims: Vec<Object<ClaimLine>>,
    #[serde(default)]
    pub(super) audit_policy: Audits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessLine {
    #[serde(default)]
    pub(super) pip_type: u32,
    #[serde(default)]
    pub(super) pip_trust: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfinementLine {
    pub(super) sid: SidText,
    #[serde(default)]
    pub(super) capabilities: Vec<Object<GroupLine>>,
    #[serde(default)]
    pub(super) exempt: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeLine {
    pub(super) level: u16,
    pub(super) guid: GuidText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyLine {
    pub(super) sid: SidText,
    pub(super) rules: Vec<Object<RuleLine>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleLine {
    pub(super) applies_to: Option<Base64>,
    pub(super) effective_dacl: Base64,
    pub(super) effective_sacl: Option<Base64>,
    pub(super) staged_dacl: Option<Base64>,
    pub(super) staged_sacl: Option<Base64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    #[default]
    Scalar,
    ResultList,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TokenTypeField {
    #[default]
    Primary,
    Impersonation,
}

/// Reads a word or a text that some function understands.
macro_rules! parsed {
    ($($name:ident($inner:ty), $what:literal, $parse:expr;)*) => {$(
        #[derive(Clone, Debug, PartialEq)]
        pub(super) struct $name(pub(super) $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parse: fn(&str) -> Option<$inner> = $parse;
                parse(&text).map($name).ok_or_else(|| D::Error::custom(concat!("expected ", $what)))
            }
        }
    )*};
}

parsed! {
    SidText(Sid), "a SID such as S-1-5-18", Sid::parse;
    GuidText(Guid), "a GUID", Guid::parse;
    Base64(Vec<u8>), "base64", |text| STANDARD.decode(text).ok();
    PrivilegeName(Privilege), "the name of a privilege", Privilege::named;
    Mask(AccessMask), "a mask of 32 bits such as 0x00120089", |text| {
        // The number parser would take a sign.
        let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok().map(AccessMask)
    };
    Intent(Intents), "`backup` or `restore`", |text| match text {
        "backup" => Some(Intents::BACKUP),
        "restore" => Some(Intents::RESTORE),
        _ => None,
    };
    Level(ImpersonationLevel), "an impersonation level", |text| {
        ImpersonationLevel::ALL.iter().find(|row| row.1 == text).map(|row| row.0)
    };
    Integrity(IntegrityLevel), "an integrity level", |text| {
        IntegrityLevel::ALL.iter().find(|row| row.2 == text).map(|row| row.0)
    };
    GroupAttribute(GroupAttributes), "an attribute of a group", |text| {
        GROUP_ATTRIBUTES.iter().find(|row| row.0 == text).map(|row| row.1)
    };
    PolicyWord(MandatoryPolicy), "`no_write_up` or `new_process_min`", |text| match text {
        "no_write_up" => Some(MandatoryPolicy::NO_WRITE_UP),
        "new_process_min" => Some(MandatoryPolicy::NEW_PROCESS_MIN),
        _ => None,
    };
    AuditWord(AuditPolicy), "an audit policy", |text| match text {
        "object_access_success" => Some(AuditPolicy::OBJECT_ACCESS_SUCCESS),
        "object_access_failure" => Some(AuditPolicy::OBJECT_ACCESS_FAILURE),
        "privilege_use_success" => Some(AuditPolicy::PRIVILEGE_USE_SUCCESS),
        "privilege_use_failure" => Some(AuditPolicy::PRIVILEGE_USE_FAILURE),
        _ => None,
    };
    ClaimFlag(ClaimFlags), "`case_sensitive`, `deny_only` or `disabled`", |text| match text {
        "case_sensitive" => Some(ClaimFlags::CASE_SENSITIVE),
        "deny_only" => Some(ClaimFlags::USE_FOR_DENY_ONLY),
        "disabled" => Some(ClaimFlags::DISABLED),
        _ => None,
    };
}

const GROUP_ATTRIBUTES: &[(&str, GroupAttributes)] = &[
    ("mandatory", GroupAttributes::MANDATORY),
    ("enabled_by_default", GroupAttributes::ENABLED_BY_DEFAULT),
    ("enabled", GroupAttributes::ENABLED),
    ("owner", GroupAttributes::OWNER),
    ("deny_only", GroupAttributes::USE_FOR_DENY_ONLY),
    ("integrity", GroupAttributes::INTEGRITY),
    ("integrity_enabled", GroupAttributes::INTEGRITY_ENABLED),
    ("resource", GroupAttributes::RESOURCE),
    ("logon_id", GroupAttributes::LOGON_ID),
];

impl Default for Integrity {
    fn default() -> Integrity {
        Integrity(IntegrityLevel::Medium)
    }
}

/// The mandatory policy: enforced, unless the line says otherwise.
pub(super) struct Policies(pub(super) MandatoryPolicy);

impl Default for Policies {
    fn default() -> Policies {
        Policies(MandatoryPolicy::NO_WRITE_UP)
    }
}

impl<'de> Deserialize<'de> for Policies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Policies, D::Error> {
        let words = Vec::<PolicyWord>::deserialize(deserializer)?;
        Ok(Policies(words.iter().fold(MandatoryPolicy::empty(), |all, word| all | word.0)))
    }
}

#[derive(Default)]
pub(super) struct Audits(pub(super) AuditPolicy);

impl<'de> Deserialize<'de> for Audits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Audits, D::Error> {
        let words = Vec::<AuditWord>::deserialize(deserializer)?;
        Ok(Audits(words.iter().fold(AuditPolicy::empty(), |all, word| all | word.0)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupLine {
    sid: SidText,
    attributes: Option<Vec<GroupAttribute>>,
}

impl GroupLine {
    /// A group without attributes is enabled; an empty list means none at all.
    pub(super) fn entry(self) -> SidAndAttributes {
        let attributes = match self.attributes {
            None => GroupAttributes::ENABLED,
            Some(words) => words.iter().fold(GroupAttributes::empty(), |all, word| all | word.0),
        };
        SidAndAttributes { sid: self.sid.0, attributes }
    }
}

/// The class of the object, or a mapping of its own.
pub(super) enum ObjectField {
    Named(ObjectType),
    Mapped(GenericMapping),
}

impl Default for ObjectField {
    fn default() -> ObjectField {
        ObjectField::Named(ObjectType::File)
    }
}

impl<'de> Deserialize<'de> for ObjectField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ObjectField, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Custom {
            mapping: Object<Masks>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Masks {
            read: Mask,
            write: Mask,
            execute: Mask,
            all: Mask,
        }
        struct ClassOrMapping;

        impl<'de> Visitor<'de> for ClassOrMapping {
            type Value = ObjectField;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a class of objects or a mapping")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<ObjectField, E> {
                let class = ObjectType::ALL.iter().find(|row| row.1 == word).map(|row| row.0);
                class
                    .map(ObjectField::Named)
                    .ok_or_else(|| E::custom("expected a class of objects or a mapping"))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ObjectField, A::Error> {
                let Custom { mapping: Object(m) } = Custom::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ObjectField::Mapped(GenericMapping {
                    read: m.read.0,
                    write: m.write.0,
                    execute: m.execute.0,
                    all: m.all.0,
                }))
            }
        }

        deserializer.deserialize_any(ClassOrMapping)
    }
}

/// A claim; integers keep their full 64 bits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimLine {
    name: String,
    #[serde(rename = "type")]
    kind: ClaimKind,
    #[serde(default)]
    flags: Vec<ClaimFlag>,
    values: Vec<serde_json::Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClaimKind {
    Int64,
    Uint64,
    Boolean,
    String,
    Sid,
    Octet,
}

impl ClaimLine {
    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.values.len()
    }

    /// The claim, or the position of the value that is not of its type, and what was expected there.
    pub(super) fn read(&self) -> Result<Claim, (usize, &'static str)> {
        fn all<T>(
            values: &[serde_json::Value],
            what: &'static str,
            read: impl Fn(&serde_json::Value) -> Option<T>,
        ) -> Result<Vec<T>, (usize, &'static str)> {
            values.iter().enumerate().map(|(n, value)| read(value).ok_or((n, what))).collect()
        }
        use serde_json::Value;
        let values = &self.values;
        let values = match self.kind {
            ClaimKind::Int64 => ClaimValues::Int64(all(values, "a signed number of 64 bits", Value::as_i64)?),
            ClaimKind::Uint64 => ClaimValues::Uint64(all(values, "a number of 64 bits", Value::as_u64)?),
            // Any number but 0 is true (ACE-5).
            ClaimKind::Boolean => ClaimValues::Boolean(all(values, "a number of 64 bits", |value| {
                value.as_u64().map(|number| number != 0)
            })?),
            ClaimKind::String => {
                ClaimValues::String(all(values, "a text", |value| value.as_str().map(str::to_owned))?)
            }
            ClaimKind::Sid => ClaimValues::Sid(all(values, "a SID such as S-1-5-18", |value| {
                value.as_str().and_then(Sid::parse)
            })?),
            ClaimKind::Octet => ClaimValues::Octet(all(values, "base64", |value| {
                value.as_str().and_then(|text| STANDARD.decode(text).ok())
            })?),
        };
        let flags = self.flags.iter().fold(ClaimFlags::empty(), |all, flag| all | flag.0);
        Ok(Claim { name: self.name.clone(), flags, values })
    }
}
