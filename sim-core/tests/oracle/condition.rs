//! Conditions, run straight from their bytes: a stack machine with three-valued results.
//!
//! Rules COND-1 to COND-26, W-CND-1 to W-CND-14. [`None`] from a helper means that the whole expression is UNKNOWN,
//! which nothing later can change.

use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sid::Sid;

use super::Rules;
use super::who::{Side, Who};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

use Truth::{False, True, Unknown};

fn truth(yes: bool) -> Truth {
    if yes { True } else { False }
}

fn not(truth: Truth) -> Truth {
    match truth {
        True => False,
        False => True,
        Unknown => Unknown,
    }
}

/// The four namespaces (COND-6).
pub(crate) struct Claims<'a> {
    pub(crate) local: Vec<&'a Claim>,
    pub(crate) user: Vec<&'a Claim>,
    pub(crate) resource: Vec<&'a Claim>,
    pub(crate) device: Vec<&'a Claim>,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Int(i64),
    Uint(u64),
    /// A type of its own for NT only (W-CND-7).
    Bool(bool),
    /// UTF-16
    Text(Vec<u16>),
    Sid(Sid),
    Octet(Vec<u8>),
    List(Vec<Value>),
}

/// Where a value came from (COND-5).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Origin {
    Literal,
    /// Of the namespace with this opcode; compares exactly or not.
    Attribute(u8, bool),
}

#[derive(Clone, Debug)]
enum Slot {
    Value(Value, Origin),
    Result(Truth),
}

/// Runs a program. `who` is absent where there is no membership: in a policy's `applies_to`.
pub(crate) fn evaluate(
    program: &[u8],
    rules: Rules,
    claims: &Claims<'_>,
    side: Side,
    who: Option<&Who<'_>>,
) -> Truth {
    run(program, rules, claims, side, who).unwrap_or(Unknown)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.bytes.split_at_checked(count)?;
        self.bytes = tail;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }

    /// UTF-16LE of even length and well-formed (COND-25).
    fn text(&mut self) -> Option<Vec<u16>> {
        let bytes = self.counted()?;
        if bytes.len() % 2 != 0 {
            return None;
        }
        let units: Vec<u16> = bytes.chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
        String::from_utf16(&units).ok()?;
        Some(units)
    }
}

fn literal(opcode: u8, input: &mut Reader<'_>, depth: usize) -> Option<Value> {
    Some(match opcode {
        1..=4 => {
            let raw = i64::from_le_bytes(input.take(8)?.try_into().ok()?);
            let (sign, base) = (input.byte()?, input.byte()?);
            if !(1..=3).contains(&sign) || !(1..=3).contains(&base) {
                return None;
            }
            let magnitude = i128::from(raw).abs();
            let value = if sign == 2 { -magnitude } else { magnitude };
            let width = [8, 16, 32, 64][usize::from(opcode) - 1];
            let most = 1_i128 << (width - 1);
            if value < -most || value >= most {
                return None;
            }
            Value::Int(i64::try_from(value).ok()?)
        }
        0x10 => Value::Text(input.text()?),
        0x18 => Value::Octet(input.counted()?.to_vec()),
        0x51 => Value::Sid(super::decode::sid(input.counted()?)?),
        0x50 => {
            if depth >= 64 {
                return None;
            }
            let mut inner = Reader { bytes: input.counted()? };
            let mut list = Vec::new();
            while !inner.bytes.is_empty() {
                let opcode = inner.byte()?;
                list.push(literal(opcode, &mut inner, depth + 1)?);
            }
            Value::List(list)
        }
        _ => return None,
    })
}

fn run(
    program: &[u8],
    rules: Rules,
    claims: &Claims<'_>,
    side: Side,
    who: Option<&Who<'_>>,
) -> Option<Truth> {
    let mut input = Reader { bytes: program.strip_prefix(b"artx")? };
    let mut stack: Vec<Slot> = Vec::new();
    while let Some(opcode) = input.byte() {
        let next = match opcode {
            0 => {
                if input.bytes.iter().any(|byte| *byte != 0) {
                    return None;
                }
                break;
            }
            0x01..=0x04 | 0x10 | 0x18 | 0x50 | 0x51 => {
                Slot::Value(literal(opcode, &mut input, 0)?, Origin::Literal)
            }
            0xF8..=0xFB => attribute(opcode, &input.text()?, claims, side, rules),
            0x80..=0x86 | 0x88 | 0x8E | 0x8F => {
                let (Slot::Value(right, from_right), Slot::Value(left, from_left)) =
                    (stack.pop()?, stack.pop()?)
                else {
                    return None;
                };
                let exact = matches!(from_left, Origin::Attribute(_, true))
                    || matches!(from_right, Origin::Attribute(_, true));
                // W-CND-5
                let single = from_right == Origin::Literal && !matches!(right, Value::List(_));
                if rules.nt && single && left != Value::Null && matches!(opcode, 0x88 | 0x8F) {
                    Slot::Result(Unknown)
                } else {
                    Slot::Result(Compare { rules, exact }.binary(opcode, &left, &right)?)
                }
            }
            0x87 | 0x8D => {
                let Slot::Value(value, Origin::Attribute(namespace, _)) = stack.pop()? else { return None };
                let there = truth(value != Value::Null);
                // W-CND-12
                let there = if rules.nt && matches!(namespace, 0xF9 | 0xFB) { Unknown } else { there };
                Slot::Result(if opcode == 0x87 { there } else { not(there) })
            }
            0x89..=0x8C | 0x90..=0x93 => {
                let Slot::Value(value, origin) = stack.pop()? else { return None };
                Slot::Result(member(opcode, &value, origin, side, who)?)
            }
            0xA0 | 0xA1 => {
                let right = logical(stack.pop()?)?;
                let left = logical(stack.pop()?)?;
                let both = (left, right);
                Slot::Result(if opcode == 0xA0 {
                    match both {
                        (False, _) | (_, False) => False,
                        (True, True) => True,
                        _ => Unknown,
                    }
                } else {
                    match both {
                        (True, _) | (_, True) => True,
                        (False, False) => False,
                        _ => Unknown,
                    }
                })
            }
            0xA2 => Slot::Result(not(logical(stack.pop()?)?)),
            _ => return None,
        };
        stack.push(next);
        if stack.len() > 1024 {
            return None;
        }
    }
    let last = stack.pop()?;
    if !stack.is_empty() {
        return None;
    }
    match last {
        Slot::Result(truth) => Some(truth),
        // W-CND-6
        Slot::Value(Value::List(list), Origin::Attribute(..)) if rules.nt => Some(list_truth(&list)),
        Slot::Value(_, Origin::Attribute(..)) if rules.nt => logical(last),
        Slot::Value(..) => None,
    }
}

/// "Non-zero integer(s)": true if any value of the list is. Of other lists no rule speaks: read alike.
fn list_truth(list: &[Value]) -> Truth {
    let of = |value: &Value| logical(Slot::Value(value.clone(), Origin::Attribute(0, false))).unwrap();
    let all: Vec<Truth> = list.iter().map(of).collect();
    if all.contains(&True) {
        True
    } else if all.contains(&Unknown) {
        Unknown
    } else {
        False
    }
}

/// COND-16
fn logical(slot: Slot) -> Option<Truth> {
    match slot {
        Slot::Result(truth) => Some(truth),
        Slot::Value(_, Origin::Literal) => None,
        Slot::Value(value, Origin::Attribute(..)) => Some(match value {
            Value::Int(number) => truth(number != 0),
            Value::Uint(number) => truth(number != 0),
            Value::Bool(yes) => truth(yes),
            Value::Text(text) => truth(!text.is_empty()),
            Value::Null | Value::Sid(_) | Value::Octet(_) | Value::List(_) => Unknown,
        }),
    }
}

fn lower(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// COND-7, COND-8
fn attribute(opcode: u8, name: &[u16], claims: &Claims<'_>, side: Side, rules: Rules) -> Slot {
    let name = lower(&String::from_utf16_lossy(name));
    let list = match opcode {
        0xF8 => &claims.local,
        0xF9 => &claims.user,
        0xFA => &claims.resource,
        _ => &claims.device,
    };
    let absent = Slot::Value(Value::Null, Origin::Attribute(opcode, false));
    let Some(claim) = list.iter().find(|claim| lower(&claim.name) == name) else { return absent };
    let hidden = claim.flags.contains(ClaimFlags::DISABLED)
        || claim.flags.contains(ClaimFlags::USE_FOR_DENY_ONLY) && side == Side::Allow;
    let mut values: Vec<Value> = match &claim.values {
        ClaimValues::Int64(list) => list.iter().map(|value| Value::Int(*value)).collect(),
        ClaimValues::Uint64(list) => list.iter().map(|value| Value::Uint(*value)).collect(),
        ClaimValues::String(list) => {
            list.iter().map(|value| Value::Text(value.encode_utf16().collect())).collect()
        }
        ClaimValues::Sid(list) => list.iter().map(|value| Value::Sid(*value)).collect(),
        ClaimValues::Boolean(list) if rules.nt => list.iter().map(|value| Value::Bool(*value)).collect(),
        ClaimValues::Boolean(list) => list.iter().map(|value| Value::Int(i64::from(*value))).collect(),
        ClaimValues::Octet(list) => list.iter().map(|value| Value::Octet(value.clone())).collect(),
    };
    if hidden || values.is_empty() {
        return absent;
    }
    let value = if values.len() == 1 { values.remove(0) } else { Value::List(values) };
    Slot::Value(value, Origin::Attribute(opcode, claim.flags.contains(ClaimFlags::CASE_SENSITIVE)))
}

/// COND-19 to COND-22
fn member(opcode: u8, value: &Value, origin: Origin, side: Side, who: Option<&Who<'_>>) -> Option<Truth> {
    let sids: Vec<Sid> = match (value, origin) {
        (Value::Null, _) => return Some(Unknown),
        (Value::Sid(sid), Origin::Literal) => vec![*sid],
        (Value::List(list), Origin::Literal) => list
            .iter()
            .map(|value| match value {
                Value::Sid(sid) => Some(*sid),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let Some(who) = who else { return Some(Unknown) };
    let (device, any, negated) = match opcode {
        0x89 => (false, false, false),
        0x8A => (true, false, false),
        0x8B => (false, true, false),
        0x8C => (true, true, false),
        0x90 => (false, false, true),
        0x91 => (true, false, true),
        0x92 => (false, true, true),
        _ => (true, true, true),
    };
    let seen = |sid: &Sid| if device { who.device_member(*sid, side) } else { who.member(*sid, side) };
    let found = truth(if any { sids.iter().any(seen) } else { sids.iter().all(seen) });
    Some(if negated { not(found) } else { found })
}

/// Comparison of values (COND-9 to COND-14).
struct Compare {
    rules: Rules,
    exact: bool,
}

impl Compare {
    fn binary(&self, opcode: u8, left: &Value, right: &Value) -> Option<Truth> {
        // W-CND-5
        if self.rules.nt && *right == Value::List(Vec::new()) && matches!(opcode, 0x86 | 0x8E) {
            return Some(truth(opcode == 0x8E));
        }
        if *left == Value::Null || *right == Value::Null {
            return Some(Unknown);
        }
        let scalars = !matches!(left, Value::List(_)) && !matches!(right, Value::List(_));
        if scalars && !same_type(left, right) {
            return None;
        }
        match opcode {
            0x80 => Some(self.equal(left, right)),
            0x81 => Some(not(self.equal(left, right))),
            0x82..=0x85 => self.ordered(opcode, left, right),
            0x86 => Some(self.contains(left, right)),
            0x8E => Some(not(self.contains(left, right))),
            0x88 => Some(self.any_of(left, right)),
            _ => Some(not(self.any_of(left, right))),
        }
    }

    /// Of two elements of lists. A list inside a list compares with nothing: no rule says with what.
    fn elements_equal(&self, left: &Value, right: &Value) -> Truth {
        match (left, right) {
            (Value::List(_), _) | (_, Value::List(_)) => Unknown,
            _ => self.equal(left, right),
        }
    }

    /// COND-12, W-CND-1. Scalars of different type are not comparable.
    fn equal(&self, left: &Value, right: &Value) -> Truth {
        if matches!(left, Value::List(_)) || matches!(right, Value::List(_)) {
            let (left, right) = (elements(left), elements(right));
            if left.len() != right.len() {
                return False;
            }
            if self.rules.nt {
                return self.paired(left, right);
            }
            let pairs: Vec<Truth> = left.iter().zip(right).map(|(l, r)| self.elements_equal(l, r)).collect();
            return if pairs.contains(&False) {
                False
            } else if pairs.contains(&Unknown) {
                Unknown
            } else {
                True
            };
        }
        if !same_type(left, right) {
            return Unknown;
        }
        match self.order(left, right) {
            Some(order) => truth(order.is_eq()),
            None => truth(left == right),
        }
    }

    /// W-CND-1: a one-to-one pairing. Without one the answer is open if any two elements do not compare.
    fn paired(&self, left: &[Value], right: &[Value]) -> Truth {
        if self.pairing(left, right, &mut vec![false; right.len()]) {
            return True;
        }
        let open = left.iter().any(|l| right.iter().any(|r| self.elements_equal(l, r) == Unknown));
        if open { Unknown } else { False }
    }

    fn pairing(&self, left: &[Value], right: &[Value], taken: &mut Vec<bool>) -> bool {
        let Some((first, rest)) = left.split_first() else { return true };
        for n in 0..right.len() {
            if !taken[n] && self.elements_equal(first, &right[n]) == True {
                taken[n] = true;
                if self.pairing(rest, right, taken) {
                    return true;
                }
                taken[n] = false;
            }
        }
        false
    }

    /// COND-13
    fn ordered(&self, opcode: u8, left: &Value, right: &Value) -> Option<Truth> {
        let (Some(left), Some(right)) = (single(left), single(right)) else { return Some(Unknown) };
        if !same_type(left, right) {
            return None;
        }
        let Some(order) = self.order(left, right) else { return Some(Unknown) };
        Some(truth(match opcode {
            0x82 => order.is_lt(),
            0x83 => order.is_le(),
            0x84 => order.is_gt(),
            _ => order.is_ge(),
        }))
    }

    /// COND-14
    fn contains(&self, left: &Value, right: &Value) -> Truth {
        let (left, right) = (elements(left), elements(right));
        let mut all = True;
        for wanted in right {
            let pairs: Vec<Truth> = left.iter().map(|have| self.elements_equal(have, wanted)).collect();
            if pairs.contains(&True) {
                continue;
            }
            if !pairs.contains(&Unknown) {
                return False;
            }
            all = Unknown;
        }
        all
    }

    /// COND-14
    fn any_of(&self, left: &Value, right: &Value) -> Truth {
        let mut any = False;
        for l in elements(left) {
            for r in elements(right) {
                match self.elements_equal(l, r) {
                    True => return True,
                    Unknown => any = Unknown,
                    False => {}
                }
            }
        }
        any
    }

    /// The order of two scalars of one type that has one (COND-10, COND-11, COND-13, W-CND-2).
    fn order(&self, left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
        let number = |value: &Value| match value {
            Value::Int(number) => Some(i128::from(*number)),
            Value::Uint(number) => Some(i128::from(*number)),
            Value::Bool(yes) => Some(i128::from(*yes)),
            _ => None,
        };
        Some(match (left, right) {
            (Value::Text(l), Value::Text(r)) if self.rules.nt => self.units(l).cmp(&self.units(r)),
            (Value::Text(l), Value::Text(r)) => {
                let bytes =
                    |text: &[u16]| text.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>();
                self.bytes(&bytes(l)).cmp(&self.bytes(&bytes(r)))
            }
            // No rule for NT says that octets ignore case, and none that they do not; there they compare as they are.
            (Value::Octet(l), Value::Octet(r)) if self.rules.nt => l.cmp(r),
            (Value::Octet(l), Value::Octet(r)) => self.bytes(l).cmp(&self.bytes(r)),
            _ => number(left)?.cmp(&number(right)?),
        })
    }

    fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|byte| if self.exact { *byte } else { byte.to_ascii_lowercase() }).collect()
    }

    /// W-CND-2: simple upper-casing of code units.
    fn units(&self, text: &[u16]) -> Vec<u16> {
        text.iter()
            .map(|unit| {
                let mut upper = match char::from_u32(u32::from(*unit)) {
                    Some(letter) if !self.exact => letter.to_uppercase(),
                    _ => return *unit,
                };
                match (upper.next().and_then(|letter| u16::try_from(u32::from(letter)).ok()), upper.next()) {
                    (Some(one), None) => one,
                    _ => *unit,
                }
            })
            .collect()
    }
}

fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(list) => list,
        scalar => std::slice::from_ref(scalar),
    }
}

/// A scalar, or the one element of a list, if that is a scalar.
fn single(value: &Value) -> Option<&Value> {
    match value {
        Value::List(list) => match list.as_slice() {
            [Value::List(_)] => None,
            [one] => Some(one),
            _ => None,
        },
        scalar => Some(scalar),
    }
}

fn same_type(left: &Value, right: &Value) -> bool {
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Int(_) | Value::Uint(_) => 1,
        Value::Bool(_) => 2,
        Value::Text(_) => 3,
        Value::Sid(_) => 4,
        Value::Octet(_) => 5,
        Value::List(_) => 6,
    };
    kind(left) == kind(right)
}
