//! Conditions made ready for evaluation: names folded, SIDs interned, operands that can never be found settled.
//!
//! Rules COND-19, COND-23 to COND-26. What a program yields is `condition`'s matter.

use crate::sd::attributes::{FoldedName, Value, text};
use crate::sd::condition::{ConditionToken, Literal, Namespace, Operator};
use crate::sd::condition_wire::{self, ConditionProblem, MAX_STACK};
use crate::sid::SidTable;

/// A compiled condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    /// The most entries that the stack holds on the way.
    pub(crate) depth: usize,
    /// The operators that test membership stop the evaluation where they are not allowed; everything else that can be
    /// wrong without looking at values is found here.
    pub(crate) flaw: Option<Flaw>,
}

/// Why a program is UNKNOWN whatever it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flaw {
    /// It cannot be read, or an operator finds no operands: where (COND-25).
    Malformed(usize),
    /// It is nested too deep or needs too large a stack (COND-26).
    Limit,
}

/// A token of a compiled program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Literal {
        value: Value,
        /// As it was written, for explanations.
        source: Literal,
    },
    Attribute {
        namespace: Namespace,
        folded: FoldedName,
        name: String,
    },
    Operator(Operator),
}

impl Program {
    pub(crate) fn compile(bytes: &[u8], sids: &mut SidTable) -> Program {
        let flawed = |flaw| Program { steps: Vec::new(), depth: 0, flaw: Some(flaw) };
        let tokens = match condition_wire::tokens(bytes) {
            Ok(tokens) => tokens,
            Err(error) if error.problem == ConditionProblem::Limit => return flawed(Flaw::Limit),
            Err(error) => return flawed(Flaw::Malformed(error.offset)),
        };
        let (mut height, mut depth) = (0usize, 0);
        let mut steps = Vec::with_capacity(tokens.len());
        for (offset, token) in tokens {
            if let ConditionToken::Operator(operator) = &token {
                match height.checked_sub(operator.row().2) {
                    Some(rest) => height = rest,
                    None => return flawed(Flaw::Malformed(offset)),
                }
            }
            height += 1;
            depth = depth.max(height);
            steps.push(match token {
                ConditionToken::Literal(source) => {
                    Step::Literal { value: literal_value(&source, sids), source }
                }
                ConditionToken::Attribute(namespace, name) => {
                    Step::Attribute { namespace, folded: FoldedName::new(&name), name }
                }
                ConditionToken::Operator(operator) => Step::Operator(operator),
            });
        }
        if depth > MAX_STACK {
            return flawed(Flaw::Limit);
        }
        Program { steps, depth, flaw: None }
    }
}

fn literal_value(literal: &Literal, sids: &mut SidTable) -> Value {
    match literal {
        Literal::Int { value, .. } => Value::Int(*value),
        Literal::String(string) => text(string),
        Literal::Octet(bytes) => Value::Octet(bytes.clone()),
        Literal::Sid(sid) => Value::Sid(sids.intern(*sid)),
        Literal::Composite(parts) => {
            Value::List(parts.iter().map(|part| literal_value(part, sids)).collect())
        }
    }
}
