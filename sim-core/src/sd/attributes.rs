//! Claims made ready for evaluation: names folded once, SIDs interned, several values as one list.
//!
//! Rules COND-4 to COND-8, W-CND-2, W-CND-9. Knows nothing of expressions; `access::condition` reads what is here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::condition::{Claim, ClaimFlags, ClaimValues};
use crate::model::{Model, RepeatedValues};
use crate::sid::{SidId, SidTable};

/// A value as evaluation compares it (COND-4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// INT64
    Int(i64),
    /// UINT64
    Uint(u64),
    /// BOOLEAN: 0 or 1.
    Bool(bool),
    /// STRING, as UTF-16LE.
    Text(Vec<u8>),
    /// SID
    Sid(SidId),
    /// OCTET
    Octet(Vec<u8>),
    /// COMPOSITE
    List(Vec<Value>),
}

/// One claim (COND-7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// The folded name.
    pub name: FoldedName,
    /// The flags, which decide who sees it (COND-8).
    pub flags: ClaimFlags,
    /// `None` for a claim without values.
    pub value: Option<Value>,
    /// What was compiled, for explanations: shared, as each entry that reads it tells of it.
    pub source: Arc<Claim>,
}

/// A compiled list of claims; the first of a name decides, even when it is hidden (COND-7, COND-8).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Attributes {
    entries: Vec<Attribute>,
}

impl Attributes {
    /// No claim.
    pub const NONE: Attributes = Attributes { entries: Vec::new() };

    /// Compiles claims in their order.
    pub fn compile<'a>(claims: impl IntoIterator<Item = &'a Claim>, sids: &mut SidTable) -> Attributes {
        let entries = claims
            .into_iter()
            .map(|claim| Attribute {
                name: FoldedName::new(&claim.name),
                flags: claim.flags,
                value: compile_values(&claim.values, sids),
                source: Arc::new(claim.clone()),
            })
            .collect();
        Attributes { entries }
    }

    /// The first claim of a folded name.
    #[inline]
    #[must_use]
    pub fn find(&self, name: &FoldedName) -> Option<&Attribute> {
        self.entries.iter().find(|entry| entry.name == *name)
    }

    /// The claims in their order.
    #[must_use]
    pub fn entries(&self) -> &[Attribute] {
        &self.entries
    }
}

/// A folded name with its hash, so that most names that differ are told apart by one number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FoldedName {
    hash: u64,
    text: String,
}

impl FoldedName {
    /// Folds a name.
    #[must_use]
    pub fn new(name: &str) -> FoldedName {
        let text = fold_name(name);
        let mut hasher = rustc_hash::FxHasher::default();
        std::hash::Hasher::write(&mut hasher, text.as_bytes());
        FoldedName { hash: std::hash::Hasher::finish(&hasher), text }
    }
}

/// The form under which names are compared: each character lower-cased by itself (COND-7).
#[must_use]
pub fn fold_name(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// A string as evaluation compares it: its UTF-16LE bytes (COND-11).
#[must_use]
pub fn text(string: &str) -> Value {
    Value::Text(string.encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// The code units of a text, upper-cased one by one unless they compare exactly (W-CND-2).
pub(crate) fn units(text: &[u8], exact: bool) -> impl Iterator<Item = u16> {
    text.as_chunks::<2>().0.iter().map(move |unit| {
        let unit = u16::from_le_bytes(*unit);
        let Some(character) = char::from_u32(u32::from(unit)).filter(|_| !exact) else { return unit };
        let mut upper = character.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => u16::try_from(u32::from(upper)).unwrap_or(unit),
            _ => unit,
        }
    })
}

/// The position of the first value that stands in the claim before, where the model takes no such claim (W-CND-9).
#[must_use]
pub fn repeated_value(claim: &Claim, model: &Model) -> Option<usize> {
    fn first<T: Ord>(mut values: impl Iterator<Item = T>) -> Option<usize> {
        let mut seen = BTreeSet::new();
        values.position(|value| !seen.insert(value))
    }
    if model.repeated_values == RepeatedValues::Kept {
        return None;
    }
    let exact = claim.flags.contains(ClaimFlags::CASE_SENSITIVE);
    match &claim.values {
        ClaimValues::Int64(values) => first(values.iter()),
        ClaimValues::Uint64(values) => first(values.iter()),
        ClaimValues::String(values) => first(values.iter().map(|value| {
            let text: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
            units(&text, exact).collect::<Vec<u16>>()
        })),
        ClaimValues::Sid(values) => first(values.iter()),
        ClaimValues::Boolean(values) => first(values.iter()),
        ClaimValues::Octet(values) => first(values.iter()),
    }
}

fn compile_values(values: &ClaimValues, sids: &mut SidTable) -> Option<Value> {
    let mut list: Vec<Value> = match values {
        ClaimValues::Int64(values) => values.iter().map(|value| Value::Int(*value)).collect(),
        ClaimValues::Uint64(values) => values.iter().map(|value| Value::Uint(*value)).collect(),
        ClaimValues::String(values) => values.iter().map(|value| text(value)).collect(),
        ClaimValues::Sid(values) => values.iter().map(|value| Value::Sid(sids.intern(*value))).collect(),
        ClaimValues::Boolean(values) => values.iter().map(|value| Value::Bool(*value)).collect(),
        ClaimValues::Octet(values) => values.iter().map(|value| Value::Octet(value.clone())).collect(),
    };
    match list.len() {
        0 | 1 => list.pop(),
        _ => Some(Value::List(list)),
    }
}
