//! Long lists of values against each other: what the pairwise comparison of `condition` says, without looking at every pair.
//!
//! Rules COND-10 to COND-14, W-CND-1. Whoever writes a descriptor and claims chooses how long the lists are, so their
//! product must not decide how long a check takes. Values are equal exactly when their keys are.

use super::condition::{Comparison, Truth};
use crate::model::CaseFolding;
use crate::sd::attributes::{Value, units};
use crate::sid::SidId;

/// How long the shorter list may be for pairs to be looked at one by one, which needs no room.
pub(crate) const MANY: usize = 16;

/// What two values share that are equal. Keys of different kinds are of values that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Truth(bool),
    Bytes(Vec<u8>),
    Units(Vec<u16>),
    Octets(Vec<u8>),
    Sid(SidId),
}

impl Key {
    /// A bit for the kind.
    fn kind(&self) -> u8 {
        match self {
            Key::Number(_) => 1,
            Key::Truth(_) => 2,
            Key::Bytes(_) | Key::Units(_) => 4,
            Key::Octets(_) => 8,
            Key::Sid(_) => 16,
        }
    }
}

/// The kind of a list inside a list, which compares with nothing.
const LIST: u8 = 32;

/// The keys of a list in their order, and the kinds of all its values.
pub(crate) struct Keys {
    sorted: Vec<Key>,
    kinds: u8,
}

impl Keys {
    pub(crate) fn of(values: &[Value], comparison: &Comparison<'_>) -> Keys {
        let mut keys = Keys { sorted: Vec::with_capacity(values.len()), kinds: 0 };
        for value in values {
            match key(value, comparison) {
                Some(key) => {
                    keys.kinds |= key.kind();
                    keys.sorted.push(key);
                }
                None => keys.kinds |= LIST,
            }
        }
        keys.sorted.sort_unstable();
        keys
    }

    /// Whether some value of the one list cannot be compared with some value of the other.
    fn mismatch(&self, other: &Keys) -> bool {
        let single = self.kinds.is_power_of_two() && self.kinds != LIST;
        self.kinds != 0 && other.kinds != 0 && !(single && self.kinds == other.kinds)
    }

    /// `self` Contains the values (COND-14).
    pub(crate) fn contain(&self, values: &[Value], comparison: &Comparison<'_>) -> Truth {
        let found = |value: &Value| match key(value, comparison) {
            Some(key) if self.sorted.binary_search(&key).is_ok() => Truth::True,
            Some(key) if self.kinds & !key.kind() == 0 => Truth::False,
            None if self.kinds == 0 => Truth::False,
            _ => Truth::Unknown,
        };
        values.iter().map(found).min().unwrap_or(Truth::True)
    }

    /// COND-14
    pub(crate) fn any_of(&self, other: &Keys) -> Truth {
        if other.sorted.iter().any(|key| self.sorted.binary_search(key).is_ok()) {
            Truth::True
        } else if self.mismatch(other) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Two lists of one length: whether each value has a partner of its own (W-CND-1).
    pub(crate) fn pair_up(&self, other: &Keys) -> Truth {
        if self.kinds & LIST == 0 && self.sorted == other.sorted {
            Truth::True
        } else if self.mismatch(other) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }
}

/// The key of a value; a list has none.
fn key(value: &Value, comparison: &Comparison<'_>) -> Option<Key> {
    let folded = |bytes: &[u8]| match (comparison.folding(), comparison.exact) {
        (CaseFolding::AsciiBytes, false) => bytes.to_ascii_lowercase(),
        _ => bytes.to_vec(),
    };
    if let Some(number) = comparison.number(value) {
        return Some(Key::Number(number));
    }
    match (value, comparison.folding()) {
        (Value::Text(text), CaseFolding::CodeUnits) => {
            Some(Key::Units(units(text, comparison.exact).collect()))
        }
        (Value::Text(text), CaseFolding::AsciiBytes) => Some(Key::Bytes(folded(text))),
        (Value::Octet(bytes), _) => Some(Key::Octets(folded(bytes))),
        (Value::Sid(sid), _) => Some(Key::Sid(*sid)),
        (Value::Bool(truth), _) => Some(Key::Truth(*truth)),
        (Value::Int(_) | Value::Uint(_) | Value::List(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{KACS, MODELS};

    fn values() -> Vec<Value> {
        let text = |text: &str| crate::sd::attributes::text(text);
        vec![
            Value::Int(1),
            Value::Uint(1),
            Value::Int(-1),
            Value::Uint(u64::MAX),
            Value::Bool(true),
            Value::Bool(false),
            text("a"),
            text("A"),
            text("é"),
            text("É"),
            text("\u{4141}"),
            text("\u{6161}"),
            Value::Octet(vec![b'a', 0]),
            Value::Octet(vec![b'A', 0]),
            Value::Sid(SidId(7)),
            Value::Sid(SidId(8)),
            Value::List(Vec::new()),
            Value::List(vec![Value::Int(1)]),
        ]
    }

    /// Keys say what pairs say, over lists of every mixture of values.
    #[test]
    fn keys_say_what_pairs_say() {
        let values = values();
        let mut state = 1_u64;
        let mut below = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let mut seen = [0; 3];
        for round in 0..60_000 {
            // Few kinds of values make answers other than UNKNOWN likely.
            let (first, width) =
                (below(values.len()), 1 + below(if round % 2 == 0 { 3 } else { values.len() }));
            let mut list = || -> Vec<Value> {
                let length = below(5);
                (0..length).map(|_| values[(first + below(width)) % values.len()].clone()).collect()
            };
            let (left, right) = (list(), list());
            for model in MODELS {
                for exact in [false, true] {
                    let by_pairs = Comparison { model, exact };
                    let keys = |list: &[Value]| Keys::of(list, &by_pairs);
                    let contains = by_pairs.contains_by_pairs(&left, &right);
                    assert_eq!(keys(&left).contain(&right, &by_pairs), contains, "{left:?} {right:?}");
                    let any = by_pairs.any_of_by_pairs(&left, &right);
                    assert_eq!(keys(&left).any_of(&keys(&right)), any, "{left:?} {right:?}");
                    if left.len() == right.len() {
                        let same = by_pairs.same_members_by_pairs(&left, &right);
                        assert_eq!(keys(&left).pair_up(&keys(&right)), same, "{left:?} {right:?}");
                        seen[same as usize] += 1;
                    }
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 1000), "each answer is met: {seen:?}");
    }

    #[test]
    fn long_lists_are_related_by_their_keys() {
        let list = |from: i64| (0..20_000).map(|n| Value::Int(from + 2 * n)).collect::<Vec<_>>();
        let comparison = Comparison { model: &KACS, exact: false };
        assert_eq!(comparison.contains(&list(0), &list(1)), Truth::False);
        assert_eq!(comparison.contains(&list(0), &list(0)), Truth::True);
        assert_eq!(comparison.any_of(&list(0), &list(1)), Truth::False);
        let mut backwards = list(0);
        backwards.reverse();
        assert_eq!(comparison.same_members(&list(0), &backwards), Truth::True);
        assert_eq!(comparison.same_members(&list(0), &list(1)), Truth::False);
    }
}
