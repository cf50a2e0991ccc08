//! Conditional expressions as bytes: reading a program, writing one, and the checks of those who take one in.
//!
//! Authority: KACS v0.20 conditional expressions, MS-DTYP 2.4.4.17.4. Rules COND-23 to COND-27. What a program means is
//! `access::condition`'s matter: there, bytes that cannot be read are UNKNOWN, never an error.

use super::condition::{
    Condition, ConditionToken, IntBase, IntSign, Literal, Namespace, OPERATORS, Operator,
};
use crate::model::BareAttribute;
use crate::sid::Sid;

/// What every program begins with (COND-23).
pub const MAGIC: [u8; 4] = *b"artx";

/// How deep lists may nest (COND-26).
pub const MAX_NESTING: usize = 64;

/// How many entries the evaluation stack holds (COND-26).
pub const MAX_STACK: usize = 1024;

/// Why bytes are no program, or a program is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConditionError {
    /// Position of the offending token, in bytes from the magic.
    pub offset: usize,
    /// What is wrong there.
    pub problem: ConditionProblem,
}

/// What is wrong with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionProblem {
    /// It does not begin with `artx`.
    Magic,
    /// A token reads past the end.
    Truncated,
    /// No token has this byte, or none may stand here.
    Token(u8),
    /// Something else than zeros behind the padding byte.
    Padding,
    /// An integer with an unknown sign or base, or outside its width (COND-24).
    Integer,
    /// Text of odd length or that is not UTF-16.
    Text,
    /// A literal SID that is none.
    Sid,
    /// Lists nest, or the stack grows, beyond the limit (COND-26).
    Limit,
    /// The operands of an operator are missing, or of the wrong kind (COND-27).
    Operands,
    /// The program does not end in exactly one result (COND-27).
    FinalStack,
}

/// Reads a program (COND-23, COND-24). Whether its operators find their operands is [`validate`]'s question.
///
/// # Errors
/// The first token that cannot be read (COND-25, COND-26).
pub fn decode(bytes: &[u8]) -> Result<Condition, ConditionError> {
    Ok(Condition { tokens: tokens(bytes)?.into_iter().map(|(_, token)| token).collect() })
}

/// Reads a program and tells where each token stood.
pub(crate) fn tokens(bytes: &[u8]) -> Result<Vec<(usize, ConditionToken)>, ConditionError> {
    let mut reader = Reader { bytes, at: 0, token: 0, end: bytes.len() };
    if reader.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
        return Err(ConditionError { offset: 0, problem: ConditionProblem::Magic });
    }
    let mut tokens = Vec::new();
    while reader.at < reader.end {
        reader.token = reader.at;
        let opcode = reader.byte()?;
        let token = match opcode {
            0x00 => {
                if bytes.get(reader.at..).is_some_and(|rest| rest.iter().all(|byte| *byte == 0)) {
                    return Ok(tokens);
                }
                return reader.fail(ConditionProblem::Padding);
            }
            0xF8 => ConditionToken::Attribute(Namespace::Local, reader.text()?),
            0xF9 => ConditionToken::Attribute(Namespace::User, reader.text()?),
            0xFA => ConditionToken::Attribute(Namespace::Resource, reader.text()?),
            0xFB => ConditionToken::Attribute(Namespace::Device, reader.text()?),
            _ => match operator(opcode) {
                Some(operator) => ConditionToken::Operator(operator),
                None => ConditionToken::Literal(reader.literal(opcode, 0)?),
            },
        };
        tokens.push((reader.token, token));
    }
    Ok(tokens)
}

/// Writes a program, padded with zeros to a multiple of four bytes, as the entry that carries it must be (ACE-1).
#[must_use]
pub fn encode(condition: &Condition) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for token in &condition.tokens {
        match token {
            ConditionToken::Literal(literal) => encode_literal(literal, &mut out),
            ConditionToken::Attribute(namespace, name) => {
                out.push(match namespace {
                    Namespace::Local => 0xF8,
                    Namespace::User => 0xF9,
                    Namespace::Resource => 0xFA,
                    Namespace::Device => 0xFB,
                });
                encode_counted(&utf16(name), &mut out);
            }
            ConditionToken::Operator(operator) => out.push(operator.row().0),
        }
    }
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// The checks of those who take programs in: policies and text (COND-27). Entries of a binary descriptor are not
/// checked; there a bad program is UNKNOWN.
///
/// # Errors
/// The first token that cannot be read or finds no operands; the end of the program if that is no single result.
pub fn validate(bytes: &[u8], bare: BareAttribute) -> Result<Condition, ConditionError> {
    let tokens = tokens(bytes)?;
    let mut stack: Vec<Entry> = Vec::new();
    for (offset, token) in &tokens {
        let fail = |problem| Err(ConditionError { offset: *offset, problem });
        let entry = match token {
            ConditionToken::Literal(_) => Entry::Literal,
            ConditionToken::Attribute(..) => Entry::Attribute,
            ConditionToken::Operator(operator) => {
                let logical = matches!(operator, Operator::And | Operator::Or | Operator::Not);
                for _ in 0..operator.row().2 {
                    match stack.pop() {
                        Some(Entry::Result) if logical => {}
                        Some(Entry::Attribute | Entry::Literal) => {}
                        Some(Entry::Result) | None => return fail(ConditionProblem::Operands),
                    }
                }
                Entry::Result
            }
        };
        if stack.len() == MAX_STACK {
            return fail(ConditionProblem::Limit);
        }
        stack.push(entry);
    }
    match (stack.as_slice(), bare) {
        ([Entry::Result], _) | ([Entry::Attribute], BareAttribute::TruthValue) => {
            Ok(Condition { tokens: tokens.into_iter().map(|(_, token)| token).collect() })
        }
        _ => Err(ConditionError { offset: bytes.len(), problem: ConditionProblem::FinalStack }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Literal,
    Attribute,
    Result,
}

fn operator(opcode: u8) -> Option<Operator> {
    OPERATORS.iter().find(|row| row.1 == opcode).map(|row| row.0)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn encode_counted(data: &[u8], out: &mut Vec<u8>) {
    // Containers are 64 KiB at most, so a longer part is refused by whoever builds the entry.
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
}

fn encode_literal(literal: &Literal, out: &mut Vec<u8>) {
    match literal {
        Literal::Int { value, width, sign, base } => {
            out.push(*width);
            out.extend_from_slice(&value.to_le_bytes());
            out.push(match sign {
                IntSign::Plus => 1,
                IntSign::Minus => 2,
                IntSign::None => 3,
            });
            out.push(match base {
                IntBase::Octal => 1,
                IntBase::Decimal => 2,
                IntBase::Hex => 3,
            });
        }
        Literal::String(text) => {
            out.push(0x10);
            encode_counted(&utf16(text), out);
        }
        Literal::Octet(bytes) => {
            out.push(0x18);
            encode_counted(bytes, out);
        }
        Literal::Composite(parts) => {
            let mut inner = Vec::new();
            parts.iter().for_each(|part| encode_literal(part, &mut inner));
            out.push(0x50);
            encode_counted(&inner, out);
        }
        Literal::Sid(sid) => {
            let mut inner = Vec::new();
            sid.encode(&mut inner);
            out.push(0x51);
            encode_counted(&inner, out);
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the token began that is being read.
    token: usize,
    /// Where the innermost list ends.
    end: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, problem: ConditionProblem) -> Result<T, ConditionError> {
        Err(ConditionError { offset: self.token, problem })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ConditionError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(part) => {
                self.at += count;
                Ok(part)
            }
            None => self.fail(ConditionProblem::Truncated),
        }
    }

    fn byte(&mut self) -> Result<u8, ConditionError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn counted(&mut self) -> Result<&'a [u8], ConditionError> {
        let count = self.count()?;
        self.take(count)
    }

    fn count(&mut self) -> Result<usize, ConditionError> {
        Ok(self.take(4)?.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
    }

    /// Eight bytes, sign, base: the sign decides, whatever the number itself says (COND-24).
    fn integer(&mut self, width: u8) -> Result<Literal, ConditionError> {
        let magnitude = self.take(8)?.first_chunk().map_or(0, |raw| i64::from_le_bytes(*raw).unsigned_abs());
        let (sign, value) = match self.byte()? {
            1 => (IntSign::Plus, i64::try_from(magnitude).ok()),
            2 => (IntSign::Minus, 0i64.checked_sub_unsigned(magnitude)),
            3 => (IntSign::None, i64::try_from(magnitude).ok()),
            _ => return self.fail(ConditionProblem::Integer),
        };
        let base = match self.byte()? {
            1 => IntBase::Octal,
            2 => IntBase::Decimal,
            3 => IntBase::Hex,
            _ => return self.fail(ConditionProblem::Integer),
        };
        let limit = i64::MAX >> (64 - (8u32 << (width - 1)));
        match value {
            Some(value) if (-limit - 1..=limit).contains(&value) => {
                Ok(Literal::Int { value, width, sign, base })
            }
            _ => self.fail(ConditionProblem::Integer),
        }
    }

    fn text(&mut self) -> Result<String, ConditionError> {
        let (units, rest) = self.counted()?.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        match String::from_utf16(&units) {
            Ok(text) if rest.is_empty() => Ok(text),
            _ => self.fail(ConditionProblem::Text),
        }
    }

    fn literal(&mut self, opcode: u8, depth: usize) -> Result<Literal, ConditionError> {
        match opcode {
            0x01..=0x04 => self.integer(opcode),
            0x10 => Ok(Literal::String(self.text()?)),
            0x18 => Ok(Literal::Octet(self.counted()?.to_vec())),
            0x50 => {
                if depth == MAX_NESTING {
                    return self.fail(ConditionProblem::Limit);
                }
                let count = self.count()?;
                let Some(end) = self.at.checked_add(count).filter(|end| *end <= self.end) else {
                    return self.fail(ConditionProblem::Truncated);
                };
                let outer = std::mem::replace(&mut self.end, end);
                let mut parts = Vec::new();
                while self.at < end {
                    let opcode = self.byte()?;
                    parts.push(self.literal(opcode, depth + 1)?);
                }
                self.end = outer;
                Ok(Literal::Composite(parts))
            }
            0x51 => match Sid::decode(self.counted()?) {
                Some(sid) => Ok(Literal::Sid(sid)),
                None => self.fail(ConditionProblem::Sid),
            },
            other => self.fail(ConditionProblem::Token(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(body: &[u8]) -> Vec<u8> {
        [&MAGIC[..], body].concat()
    }

    fn problem(body: &[u8]) -> (usize, ConditionProblem) {
        let error = decode(&program(body)).expect_err("a bad program");
        (error.offset, error.problem)
    }

    #[test]
    fn integers_take_their_sign_from_the_sign_byte() {
        // COND-24: the example -1, and the same number without a minus.
        let of = |sign| program(&[0x04, 255, 255, 255, 255, 255, 255, 255, 255, sign, 2]);
        let value = |bytes: &[u8]| match decode(bytes).unwrap().tokens.as_slice() {
            [ConditionToken::Literal(Literal::Int { value, .. })] => *value,
            other => panic!("{other:?}"),
        };
        assert_eq!(value(&of(2)), -1);
        assert_eq!(value(&of(1)), 1);
        assert_eq!(problem(&[0x04, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2]), (4, ConditionProblem::Integer));
        assert_eq!(problem(&[0x04, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), (4, ConditionProblem::Integer));
        assert_eq!(problem(&[0x04, 0, 0, 0, 0, 0, 0, 0, 128, 1, 2]), (4, ConditionProblem::Integer));
        assert_eq!(value(&program(&[0x04, 0, 0, 0, 0, 0, 0, 0, 128, 2, 2])), i64::MIN);
        assert_eq!(value(&program(&[0x01, 128, 0, 0, 0, 0, 0, 0, 0, 2, 2])), -128);
        assert_eq!(problem(&[0x01, 128, 0, 0, 0, 0, 0, 0, 0, 1, 2]), (4, ConditionProblem::Integer));
    }

    #[test]
    fn bad_programs_say_where() {
        // COND-23, COND-25, COND-26
        assert_eq!(decode(b"art").unwrap_err().problem, ConditionProblem::Magic);
        assert_eq!(decode(b"arty").unwrap_err().problem, ConditionProblem::Magic);
        assert_eq!(problem(&[0xA2, 0xFF]), (5, ConditionProblem::Token(0xFF)));
        assert_eq!(problem(&[0xA2, 0x00, 0x01]), (5, ConditionProblem::Padding));
        assert_eq!(problem(&[0x10, 3, 0, 0, 0, 65, 0, 66]), (4, ConditionProblem::Text));
        assert_eq!(problem(&[0x10, 2, 0, 0, 0, 0, 0xD8]), (4, ConditionProblem::Text));
        assert_eq!(problem(&[0x18, 2, 0, 0, 0, 1]), (4, ConditionProblem::Truncated));
        assert_eq!(problem(&[0x51, 1, 0, 0, 0, 1]), (4, ConditionProblem::Sid));
        assert_eq!(problem(&[0x50, 1, 0, 0, 0, 0x00]), (4, ConditionProblem::Token(0)));
        assert_eq!(problem(&[0x50, 3, 0, 0, 0, 0x18, 0, 0, 0, 0]), (4, ConditionProblem::Truncated));
        let nested = |depth: usize| {
            (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| {
                [&[0x50][..], &(inner.len() as u32).to_le_bytes(), &inner].concat()
            })
        };
        assert!(decode(&program(&nested(MAX_NESTING))).is_ok());
        assert_eq!(problem(&nested(MAX_NESTING + 1)), (4, ConditionProblem::Limit));
    }

    #[test]
    fn what_is_read_is_written_again() {
        let condition = Condition {
            tokens: vec![
                ConditionToken::Attribute(Namespace::User, "Level".into()),
                ConditionToken::Literal(Literal::Composite(vec![
                    Literal::Int { value: -7, width: 4, sign: IntSign::Minus, base: IntBase::Hex },
                    Literal::String("é".into()),
                    Literal::Octet(vec![1, 2, 3]),
                    Literal::Sid(crate::sid::EVERYONE),
                    Literal::Composite(Vec::new()),
                ])),
                ConditionToken::Operator(Operator::AnyOf),
            ],
        };
        let bytes = encode(&condition);
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(decode(&bytes).unwrap(), condition);
        assert_eq!(validate(&bytes, BareAttribute::Unknown).unwrap(), condition);
    }

    #[test]
    fn ingestion_wants_one_result_at_the_end() {
        // COND-27, COND-29, W-CND-6
        let attribute = [0xF9, 2, 0, 0, 0, 65, 0];
        let refused = |body: &[u8], bare| validate(&program(body), bare).map_err(|error| error.problem);
        assert_eq!(refused(&[], BareAttribute::Unknown), Err(ConditionProblem::FinalStack));
        assert_eq!(refused(&attribute, BareAttribute::Unknown), Err(ConditionProblem::FinalStack));
        assert!(refused(&attribute, BareAttribute::TruthValue).is_ok());
        assert_eq!(refused(&[0xA2], BareAttribute::Unknown), Err(ConditionProblem::Operands));
        let twice = [&attribute[..], &[0x87], &attribute, &[0x80]].concat();
        assert_eq!(refused(&twice, BareAttribute::Unknown), Err(ConditionProblem::Operands));
    }
}
