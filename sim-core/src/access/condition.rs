//! The three-valued evaluation of conditions: one stack machine, the same for every carrier.
//!
//! Authority: KACS v0.20 conditional expressions, MS-DTYP 2.4.4.17. Rules COND-1 to COND-22, COND-32.

use std::cmp::Ordering;
use std::sync::Arc;

use super::matcher::{SidMatcher, Side, Via};
use super::program::{Flaw, Program, Step};
use super::sets::{Keys, MANY};
use crate::model::{BareAttribute, BooleanClaims, CaseFolding, ExistsScope, ListComparison, Model};
use crate::sd::attributes::{Attribute, Attributes, FoldedName, Value, units};
use crate::sd::condition::{Claim, ClaimFlags, Literal, Namespace, Operator};
use crate::sid::Sid;

/// A truth value (COND-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// F
    False,
    /// U
    Unknown,
    /// T
    True,
}

impl Truth {
    fn of(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }

    /// COND-17: NOT
    #[must_use]
    pub fn negated(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    /// The letter of the rules.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Truth::False => "F",
            Truth::Unknown => "U",
            Truth::True => "T",
        }
    }
}

/// What one evaluation looked at (COND-32).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ConditionRecord {
    /// Every attribute that was read, in order.
    pub reads: Vec<AttributeRead>,
    /// Every SID whose membership was asked for, in order.
    pub members: Vec<MemberTest>,
    /// What made the whole or a part UNKNOWN, in order.
    pub unknowns: Vec<UnknownReason>,
}

/// An attribute that was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttributeRead {
    /// Where.
    pub namespace: Namespace,
    /// The name as the condition writes it.
    pub name: String,
    /// What was found and is visible.
    pub claim: Option<Arc<Claim>>,
}

/// A SID whose membership was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberTest {
    /// The SID.
    pub sid: Sid,
    /// Among the device's groups, not the token's.
    pub device: bool,
    /// Where it was found.
    pub via: Option<Via>,
}

/// Why something is UNKNOWN (COND-32).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnknownReason {
    /// No such attribute, or one without values.
    MissingAttribute(Namespace, String),
    /// The attribute is disabled, or for deny entries only (COND-8).
    HiddenAttribute(Namespace, String, ClaimFlags),
    /// Operands that cannot be compared (COND-10, COND-12, COND-13).
    TypeMismatch,
    /// A constant or a result where the operator wants something else (COND-9, COND-15, COND-16).
    BadOperand,
    /// The operand of a membership operator holds something else than SIDs (COND-19).
    BadMembershipOperand,
    /// Membership is not to be tested here (COND-20).
    MembershipNotAllowed,
    /// `Exists` does not reach this namespace (W-CND-12).
    ExistsOutOfScope(Namespace),
    /// The bytes are no program: where (COND-25).
    Malformed(usize),
    /// Too deep or too large (COND-26).
    Limit,
    /// It does not end in one result (COND-18).
    BadFinalStack,
}

/// What conditions are evaluated against.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) model: &'a Model,
    pub(crate) local: &'a Attributes,
    pub(crate) user: &'a Attributes,
    pub(crate) resource: &'a Attributes,
    pub(crate) device: &'a Attributes,
}

/// The view of a carrier that may not test membership (COND-20).
pub(crate) enum NoMembership {}

impl SidMatcher for NoMembership {
    const PASS: super::matcher::Pass = super::matcher::Pass::Normal;
    fn find(&self, _: crate::sid::SidId, _: Side) -> Option<Via> {
        match *self {}
    }
    fn miss(&self, _: crate::sid::SidId) -> super::matcher::Miss {
        match *self {}
    }
    fn owner(&self) -> bool {
        match *self {}
    }
    fn member(&self, _: crate::sid::SidId, _: Side) -> Option<Via> {
        match *self {}
    }
    fn device_member(&self, _: crate::sid::SidId, _: Side) -> Option<Via> {
        match *self {}
    }
}

/// Evaluates a program (COND-1). `members` is `None` where membership may not be tested.
pub(crate) fn evaluate<M: SidMatcher>(
    program: &Program,
    surroundings: &Surroundings<'_>,
    members: Option<&M>,
    side: Side,
    record: Option<&mut ConditionRecord>,
) -> Truth {
    let mut machine = Machine { surroundings, members, side, record };
    match program.flaw {
        Some(Flaw::Malformed(offset)) => return machine.unknown(UnknownReason::Malformed(offset)),
        Some(Flaw::Limit) => return machine.unknown(UnknownReason::Limit),
        None => {}
    }
    // Most programs are short: they need no heap.
    let mut small = [Slot::Result(Truth::Unknown); 12];
    let mut large = Vec::new();
    let stack = match small.get_mut(..program.depth) {
        Some(stack) => stack,
        None => {
            large.resize(program.depth, Slot::Result(Truth::Unknown));
            &mut large
        }
    };
    machine.run(program, stack).unwrap_or(Truth::Unknown)
}

/// An entry of the stack.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Result(Truth),
    Literal(&'a Value, &'a Literal),
    Attribute(Namespace, Option<&'a Attribute>, &'a Value),
    /// An attribute that is not there or not visible (COND-7).
    Null(Namespace),
}

/// The evaluation stops: the whole expression is UNKNOWN (COND-9, COND-10).
struct WholeUnknown;

struct Machine<'a, 'r, M> {
    surroundings: &'a Surroundings<'a>,
    members: Option<&'a M>,
    side: Side,
    record: Option<&'r mut ConditionRecord>,
}

impl<'a, M: SidMatcher> Machine<'a, '_, M> {
    fn run(&mut self, program: &'a Program, stack: &mut [Slot<'a>]) -> Result<Truth, WholeUnknown> {
        let mut height = 0;
        for step in &program.steps {
            let slot = match step {
                Step::Literal { value, source } => Slot::Literal(value, source),
                Step::Attribute { namespace, folded, name } => self.read(*namespace, folded, name),
                Step::Operator(operator) => {
                    let arity = operator.row().2;
                    height -= arity.min(height);
                    let operands = stack.get(height..height + arity).unwrap_or_default();
                    Slot::Result(self.apply(*operator, operands)?)
                }
            };
            if let Some(free) = stack.get_mut(height) {
                *free = slot;
            }
            height += 1;
        }
        match (stack, height) {
            ([Slot::Result(truth), ..], 1) => Ok(*truth),
            ([Slot::Attribute(_, _, value), ..], 1)
                if self.surroundings.model.bare_attribute == BareAttribute::TruthValue =>
            {
                Ok(whole_truth(value))
            }
            _ => Ok(self.unknown(UnknownReason::BadFinalStack)),
        }
    }

    fn unknown(&mut self, reason: UnknownReason) -> Truth {
        if let Some(record) = &mut self.record {
            record.unknowns.push(reason);
        }
        Truth::Unknown
    }

    fn stop<T>(&mut self, reason: UnknownReason) -> Result<T, WholeUnknown> {
        self.unknown(reason);
        Err(WholeUnknown)
    }

    /// COND-7, COND-8
    fn read(&mut self, namespace: Namespace, folded: &FoldedName, name: &str) -> Slot<'a> {
        let attributes = match namespace {
            Namespace::Local => self.surroundings.local,
            Namespace::User => self.surroundings.user,
            Namespace::Resource => self.surroundings.resource,
            Namespace::Device => self.surroundings.device,
        };
        let found = attributes.find(folded);
        let hiding = match self.side {
            Side::Allow => ClaimFlags::DISABLED | ClaimFlags::USE_FOR_DENY_ONLY,
            Side::Deny => ClaimFlags::DISABLED,
        };
        let hidden = found.is_some_and(|attribute| attribute.flags.intersects(hiding));
        let visible = found.filter(|_| !hidden);
        if let Some(record) = &mut self.record {
            let claim = visible.map(|attribute| Arc::clone(&attribute.source));
            let name = name.to_owned();
            match found {
                Some(attribute) if hidden => record.unknowns.push(UnknownReason::HiddenAttribute(
                    namespace,
                    name.clone(),
                    attribute.flags & hiding,
                )),
                Some(attribute) if attribute.value.is_some() => {}
                _ => record.unknowns.push(UnknownReason::MissingAttribute(namespace, name.clone())),
            }
            record.reads.push(AttributeRead { namespace, name, claim });
        }
        match visible.and_then(|attribute| attribute.value.as_ref()) {
            Some(value) => Slot::Attribute(namespace, visible, value),
            None => Slot::Null(namespace),
        }
    }

    fn apply(&mut self, operator: Operator, operands: &[Slot<'a>]) -> Result<Truth, WholeUnknown> {
        match (operator, operands) {
            (Operator::And, [left, right]) => {
                let (left, right) = (self.truth(*left)?, self.truth(*right)?);
                Ok(left.min(right))
            }
            (Operator::Or, [left, right]) => {
                let (left, right) = (self.truth(*left)?, self.truth(*right)?);
                Ok(left.max(right))
            }
            (Operator::Not, [operand]) => Ok(self.truth(*operand)?.negated()),
            (Operator::Exists, [operand]) => self.exists(*operand),
            (Operator::NotExists, [operand]) => Ok(self.exists(*operand)?.negated()),
            (Operator::MemberOf, [operand]) => self.member(*operand, false, true),
            (Operator::MemberOfAny, [operand]) => self.member(*operand, false, false),
            (Operator::DeviceMemberOf, [operand]) => self.member(*operand, true, true),
            (Operator::DeviceMemberOfAny, [operand]) => self.member(*operand, true, false),
            (Operator::NotMemberOf, [operand]) => Ok(self.member(*operand, false, true)?.negated()),
            (Operator::NotMemberOfAny, [operand]) => Ok(self.member(*operand, false, false)?.negated()),
            (Operator::NotDeviceMemberOf, [operand]) => Ok(self.member(*operand, true, true)?.negated()),
            (Operator::NotDeviceMemberOfAny, [operand]) => Ok(self.member(*operand, true, false)?.negated()),
            (Operator::NotEqual, [left, right]) => Ok(self.relate(Operator::Equal, *left, *right)?.negated()),
            (Operator::NotContains, [left, right]) => {
                Ok(self.relate(Operator::Contains, *left, *right)?.negated())
            }
            (Operator::NotAnyOf, [left, right]) => Ok(self.relate(Operator::AnyOf, *left, *right)?.negated()),
            (_, [left, right]) => self.relate(operator, *left, *right),
            // Compilation counted the operands.
            _ => self.stop(UnknownReason::BadFinalStack),
        }
    }

    /// COND-16
    fn truth(&mut self, slot: Slot<'a>) -> Result<Truth, WholeUnknown> {
        match slot {
            Slot::Result(truth) => Ok(truth),
            Slot::Null(_) => Ok(Truth::Unknown),
            Slot::Literal(..) => self.stop(UnknownReason::BadOperand),
            Slot::Attribute(_, _, value) => match scalar_truth(value) {
                Truth::Unknown => Ok(self.unknown(UnknownReason::TypeMismatch)),
                truth => Ok(truth),
            },
        }
    }

    /// COND-15, W-CND-12
    fn exists(&mut self, slot: Slot<'a>) -> Result<Truth, WholeUnknown> {
        let (namespace, there) = match slot {
            Slot::Attribute(namespace, ..) => (namespace, true),
            Slot::Null(namespace) => (namespace, false),
            Slot::Result(_) | Slot::Literal(..) => return self.stop(UnknownReason::BadOperand),
        };
        match (self.surroundings.model.exists_scope, namespace) {
            (ExistsScope::LocalAndResource, Namespace::User | Namespace::Device) => {
                Ok(self.unknown(UnknownReason::ExistsOutOfScope(namespace)))
            }
            _ => Ok(Truth::of(there)),
        }
    }

    /// COND-19 to COND-22
    fn member(&mut self, slot: Slot<'a>, device: bool, all: bool) -> Result<Truth, WholeUnknown> {
        let (value, source) = match slot {
            Slot::Null(_) => return Ok(Truth::Unknown),
            Slot::Literal(value, source) => (value, source),
            Slot::Result(_) | Slot::Attribute(..) => return self.stop(UnknownReason::BadMembershipOperand),
        };
        let (parts, sources) = match (value, source) {
            (Value::List(parts), Literal::Composite(sources)) => (parts.as_slice(), sources.as_slice()),
            _ => (std::slice::from_ref(value), std::slice::from_ref(source)),
        };
        if !parts.iter().all(|part| matches!(part, Value::Sid(_))) {
            return self.stop(UnknownReason::BadMembershipOperand);
        }
        let Some(members) = self.members else {
            return Ok(self.unknown(UnknownReason::MembershipNotAllowed));
        };
        let (mut every, mut any) = (true, false);
        for (part, source) in parts.iter().zip(sources) {
            let Value::Sid(sid) = part else { continue };
            let via =
                if device { members.device_member(*sid, self.side) } else { members.member(*sid, self.side) };
            every &= via.is_some();
            any |= via.is_some();
            if let (Some(record), Literal::Sid(sid)) = (&mut self.record, source) {
                record.members.push(MemberTest { sid: *sid, device, via });
            }
        }
        Ok(Truth::of(if all { every } else { any }))
    }

    /// The operators on two values (COND-9 to COND-14).
    fn relate(&mut self, operator: Operator, left: Slot<'a>, right: Slot<'a>) -> Result<Truth, WholeUnknown> {
        let operand = |slot| match slot {
            Slot::Result(_) => Err(()),
            Slot::Null(_) => Ok(None),
            Slot::Literal(value, _) => Ok(Some((value, false))),
            Slot::Attribute(_, attribute, value) => Ok(Some((
                value,
                attribute.is_some_and(|attribute: &Attribute| {
                    attribute.flags.contains(ClaimFlags::CASE_SENSITIVE)
                }),
            ))),
        };
        let (Ok(lhs), Ok(rhs)) = (operand(left), operand(right)) else {
            return self.stop(UnknownReason::BadOperand);
        };
        let unordered = self.surroundings.model.list_comparison == ListComparison::Unordered;
        let empty = |value: &Value| matches!(value, Value::List(parts) if parts.is_empty());
        if unordered && operator == Operator::Contains && rhs.is_some_and(|(value, _)| empty(value)) {
            return Ok(Truth::False);
        }
        let (Some((lhs, exact_left)), Some((rhs, exact_right))) = (lhs, rhs) else {
            return Ok(Truth::Unknown);
        };
        let comparison = Comparison { model: self.surroundings.model, exact: exact_left || exact_right };
        let literal = matches!(right, Slot::Literal(..)) && !is_list(rhs);
        let truth = if unordered && operator == Operator::AnyOf && literal {
            // W-CND-5: it wants a list on the right.
            Truth::Unknown
        } else if is_list(lhs) || is_list(rhs) {
            self.relate_lists(operator, &comparison, (lhs, rhs), unordered)?
        } else {
            let pair = comparison.pair(lhs, rhs);
            match operator {
                _ if pair == Pair::Mismatch => return self.stop(UnknownReason::TypeMismatch),
                Operator::Equal | Operator::Contains | Operator::AnyOf => pair.equal(),
                _ => pair.ordered(operator),
            }
        };
        Ok(if truth == Truth::Unknown { self.unknown(UnknownReason::TypeMismatch) } else { truth })
    }
}

impl<M: SidMatcher> Machine<'_, '_, M> {
    /// At least one operand is a list (COND-12 to COND-14).
    fn relate_lists(
        &mut self,
        operator: Operator,
        comparison: &Comparison<'_>,
        (lhs, rhs): (&Value, &Value),
        unordered: bool,
    ) -> Result<Truth, WholeUnknown> {
        let (left, right) = (elements(lhs), elements(rhs));
        Ok(match operator {
            Operator::Equal if unordered => comparison.same_members(left, right),
            Operator::Equal => comparison.same_sequence(left, right),
            Operator::Contains => comparison.contains(left, right),
            Operator::AnyOf => comparison.any_of(left, right),
            _ => match (left, right) {
                // A list of one acts as its element.
                ([left], [right]) => match comparison.pair(left, right) {
                    Pair::Mismatch if !is_list(left) && !is_list(right) => {
                        return self.stop(UnknownReason::TypeMismatch);
                    }
                    pair => pair.ordered(operator),
                },
                _ => Truth::Unknown,
            },
        })
    }
}

// F < U < T: AND is the minimum, OR the maximum (COND-17).
impl PartialOrd for Truth {
    fn partial_cmp(&self, other: &Truth) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Truth {
    fn cmp(&self, other: &Truth) -> Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_))
}

fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(parts) => parts,
        scalar => std::slice::from_ref(scalar),
    }
}

fn scalar_truth(value: &Value) -> Truth {
    match value {
        Value::Int(number) => Truth::of(*number != 0),
        Value::Uint(number) => Truth::of(*number != 0),
        Value::Bool(value) => Truth::of(*value),
        Value::Text(units) => Truth::of(!units.is_empty()),
        Value::Sid(_) | Value::Octet(_) | Value::List(_) => Truth::Unknown,
    }
}

/// The truth of an attribute that is the whole condition: of several integers, whether any is not zero (W-CND-6).
fn whole_truth(value: &Value) -> Truth {
    elements(value).iter().map(scalar_truth).max().unwrap_or(Truth::Unknown)
}

/// How two values stand to each other (COND-10).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    Ordered(Ordering),
    /// SIDs have no order (COND-13).
    Equality(bool),
    Mismatch,
}

impl Pair {
    /// COND-13
    fn ordered(self, operator: Operator) -> Truth {
        let Pair::Ordered(order) = self else { return Truth::Unknown };
        Truth::of(match operator {
            Operator::Less => order.is_lt(),
            Operator::LessEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    fn equal(self) -> Truth {
        match self {
            Pair::Ordered(order) => Truth::of(order.is_eq()),
            Pair::Equality(equal) => Truth::of(equal),
            Pair::Mismatch => Truth::Unknown,
        }
    }
}

/// How values are compared.
pub(crate) struct Comparison<'a> {
    pub(crate) model: &'a Model,
    /// Case matters (COND-11).
    pub(crate) exact: bool,
}

impl Comparison<'_> {
    fn pair(&self, left: &Value, right: &Value) -> Pair {
        match (self.number(left), self.number(right)) {
            (Some(left), Some(right)) => return Pair::Ordered(left.cmp(&right)),
            (None, None) => {}
            _ => return Pair::Mismatch,
        }
        match (left, right) {
            (Value::Bool(left), Value::Bool(right)) => Pair::Ordered(left.cmp(right)),
            (Value::Text(left), Value::Text(right)) => Pair::Ordered(self.texts(left, right)),
            (Value::Octet(left), Value::Octet(right)) => Pair::Ordered(self.octets(left, right)),
            (Value::Sid(left), Value::Sid(right)) => Pair::Equality(left == right),
            _ => Pair::Mismatch,
        }
    }

    /// Signed and unsigned numbers compare by value (COND-10); truth values are numbers or not (COND-4, W-CND-7).
    pub(crate) fn number(&self, value: &Value) -> Option<i128> {
        match value {
            Value::Int(number) => Some(i128::from(*number)),
            Value::Uint(number) => Some(i128::from(*number)),
            Value::Bool(value) => match self.model.boolean_claims {
                BooleanClaims::Integers => Some(i128::from(*value)),
                BooleanClaims::Apart => None,
            },
            _ => None,
        }
    }

    /// COND-11, W-CND-2. Both are UTF-16LE.
    fn texts(&self, left: &[u8], right: &[u8]) -> Ordering {
        match (self.folding(), self.exact) {
            (CaseFolding::AsciiBytes, _) => self.octets(left, right),
            (CaseFolding::CodeUnits, exact) => units(left, exact).cmp(units(right, exact)),
        }
    }

    fn octets(&self, left: &[u8], right: &[u8]) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        match (self.folding(), self.exact) {
            (CaseFolding::AsciiBytes, false) => {
                left.iter().map(u8::to_ascii_lowercase).cmp(right.iter().map(u8::to_ascii_lowercase))
            }
            _ => left.cmp(right),
        }
    }

    pub(crate) fn folding(&self) -> CaseFolding {
        self.model.case_folding
    }

    /// COND-12
    fn same_sequence(&self, left: &[Value], right: &[Value]) -> Truth {
        if left.len() != right.len() {
            return Truth::False;
        }
        let pairs = left.iter().zip(right).map(|(left, right)| self.pair(left, right).equal());
        pairs.min().unwrap_or(Truth::True)
    }

    /// W-CND-1: each element has a partner of its own, in any order.
    pub(crate) fn same_members(&self, left: &[Value], right: &[Value]) -> Truth {
        if left.len() != right.len() {
            Truth::False
        } else if many(left, right) {
            Keys::of(left, self).pair_up(&Keys::of(right, self))
        } else {
            self.same_members_by_pairs(left, right)
        }
    }

    /// COND-14
    pub(crate) fn contains(&self, left: &[Value], right: &[Value]) -> Truth {
        if many(left, right) {
            Keys::of(left, self).contain(right, self)
        } else {
            self.contains_by_pairs(left, right)
        }
    }

    /// COND-14
    pub(crate) fn any_of(&self, left: &[Value], right: &[Value]) -> Truth {
        if many(left, right) {
            Keys::of(left, self).any_of(&Keys::of(right, self))
        } else {
            self.any_of_by_pairs(left, right)
        }
    }

    /// Lists of one length.
    pub(crate) fn same_members_by_pairs(&self, left: &[Value], right: &[Value]) -> Truth {
        let (mut missing, mut unknown) = (false, false);
        for value in left {
            let count = |side: &[Value]| {
                side.iter().filter(|other| self.pair(value, other).equal() == Truth::True).count()
            };
            unknown |= right.iter().any(|other| self.pair(value, other) == Pair::Mismatch);
            // As often on the right as on the left: equality is an equivalence, so that is a pairing. A list inside a
            // list is the exception: it does not even equal itself.
            let own = count(left);
            missing |= own == 0 || count(right) != own;
        }
        match (missing, unknown) {
            (false, _) => Truth::True,
            (true, true) => Truth::Unknown,
            (true, false) => Truth::False,
        }
    }

    pub(crate) fn contains_by_pairs(&self, left: &[Value], right: &[Value]) -> Truth {
        let found = |value| left.iter().map(|other| self.pair(other, value).equal()).max();
        right.iter().map(|value| found(value).unwrap_or(Truth::False)).min().unwrap_or(Truth::True)
    }

    pub(crate) fn any_of_by_pairs(&self, left: &[Value], right: &[Value]) -> Truth {
        let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
        pairs.map(|(left, right)| self.pair(left, right).equal()).max().unwrap_or(Truth::False)
    }
}

fn many(left: &[Value], right: &[Value]) -> bool {
    left.len().min(right.len()) > MANY
}
