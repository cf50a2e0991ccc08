//! Conditions as text, both ways: text to tokens in postfix order, and tokens to text.
//!
//! Authority: MS-DTYP 2.5.1.1 restricted to what programs can hold. Rules COND-27 to COND-31, W-CND-6, W-SDL-6. Neither
//! direction recurses, so no input can exhaust the stack.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::condition::{
    Condition, ConditionToken, IntBase, IntSign, Literal, Namespace, OPERATORS, Operator,
};
use super::condition_wire::MAX_STACK;
use super::sddl::{Cursor, PrintError, PrintProblem, SddlContext, SddlError, SddlProblem, sid_of, write_sid};
use crate::model::BareAttribute;

/// Namespace prefixes: as files of the project have them, and as NT prints them (W-SDL-6).
const NAMESPACES: [(Namespace, &str, &str); 4] = [
    (Namespace::User, "@User.", "@USER."),
    (Namespace::Device, "@Device.", "@DEVICE."),
    (Namespace::Resource, "@Resource.", "@RESOURCE."),
    (Namespace::Local, "@Local.", "@LOCAL."),
];

/// Relational signs, longer ones first.
const SIGNS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessEqual),
    (">=", Operator::GreaterEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Reads a whole text as a condition. Outer parentheses are allowed and mean nothing.
///
/// # Errors
/// What is wrong, and where (SDDL-11).
pub fn parse(text: &str, context: &SddlContext) -> Result<Condition, SddlError> {
    let mut cursor = Cursor { text, at: 0 };
    let condition = read(&mut cursor, context)?;
    if cursor.at < text.len() {
        return Err(unexpected(&cursor, "the end, `&&` or `||`"));
    }
    Ok(condition)
}

/// Writes a condition (COND-31).
///
/// # Errors
/// If it is not well formed (COND-27), or of a form that no text has: see `docs/sd.md`.
pub fn print(condition: &Condition, context: &SddlContext) -> Result<String, PrintError> {
    Writer { context, pieces: Vec::new(), stack: Vec::new() }.write(condition)
}

fn bad(cursor: &Cursor<'_>, wanted: &'static str, span: Range<usize>) -> SddlError {
    cursor.error(SddlProblem::BadCondition(wanted), span)
}

fn unexpected(cursor: &Cursor<'_>, wanted: &'static str) -> SddlError {
    bad(cursor, wanted, cursor.next_word())
}

/// What waits until its right operand is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    Open(usize),
    Not,
    And,
    Or,
}

/// Reads a condition up to the end or to a parenthesis that closes something further out.
pub(crate) fn read(cursor: &mut Cursor<'_>, context: &SddlContext) -> Result<Condition, SddlError> {
    let start = cursor.at;
    let mut reader = Reader { cursor, context, tokens: Vec::new(), depth: 0 };
    let mut pending: Vec<Pending> = Vec::new();
    'operands: loop {
        reader.cursor.skip_space();
        if reader.cursor.eat("!") {
            pending.push(Pending::Not);
            continue;
        }
        if reader.cursor.eat("(") {
            pending.push(Pending::Open(reader.cursor.at - 1));
            continue;
        }
        reader.primary()?;
        loop {
            // `!` binds what is complete now.
            while pending.last() == Some(&Pending::Not) {
                pending.pop();
                reader.operator(Operator::Not)?;
            }
            reader.cursor.skip_space();
            if reader.cursor.eat("&&") {
                reader.settle(&mut pending, &[Pending::And])?;
                pending.push(Pending::And);
                continue 'operands;
            }
            if reader.cursor.eat("||") {
                reader.settle(&mut pending, &[Pending::And, Pending::Or])?;
                pending.push(Pending::Or);
                continue 'operands;
            }
            reader.settle(&mut pending, &[Pending::And, Pending::Or])?;
            if pending.is_empty() {
                if !matches!(reader.cursor.peek(), None | Some(b')')) {
                    return Err(unexpected(reader.cursor, "a comparison, `&&`, `||` or the end"));
                }
                break 'operands;
            }
            if !reader.cursor.eat(")") {
                return Err(if reader.cursor.rest().is_empty() {
                    let open = pending.iter().rev().find_map(|waiting| match waiting {
                        Pending::Open(at) => Some(*at),
                        Pending::Not | Pending::And | Pending::Or => None,
                    });
                    let open = open.unwrap_or_default();
                    reader.cursor.error(SddlProblem::Unterminated, open..open + 1)
                } else {
                    unexpected(reader.cursor, "`&&`, `||` or `)`")
                });
            }
            pending.pop();
        }
    }
    let lone = matches!(reader.tokens.as_slice(), [ConditionToken::Attribute(..)]);
    if lone && context.dialect.bare_attribute == BareAttribute::Unknown {
        let wanted = "a comparison: an attribute alone is always unknown";
        let end = cursor.at;
        return Err(bad(cursor, wanted, start..end));
    }
    Ok(Condition { tokens: reader.tokens })
}

struct Reader<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    context: &'c SddlContext,
    tokens: Vec<ConditionToken>,
    /// How many entries the evaluation stack holds behind the last token.
    depth: usize,
}

/// An operand of a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Attribute,
    Literal,
}

impl Reader<'_, '_> {
    /// Emits what waits and binds at least as tightly as the next operator.
    fn settle(&mut self, pending: &mut Vec<Pending>, tighter: &[Pending]) -> Result<(), SddlError> {
        while let Some(waiting) = pending.last().filter(|waiting| tighter.contains(waiting)) {
            let operator = if *waiting == Pending::And { Operator::And } else { Operator::Or };
            pending.pop();
            self.operator(operator)?;
        }
        Ok(())
    }

    fn operator(&mut self, operator: Operator) -> Result<(), SddlError> {
        self.depth = self.depth.saturating_sub(operator.row().2);
        self.push(ConditionToken::Operator(operator))
    }

    fn push(&mut self, token: ConditionToken) -> Result<(), SddlError> {
        self.depth += 1;
        if self.depth > MAX_STACK {
            return Err(unexpected(self.cursor, "less nesting: evaluation holds 1024 entries (COND-26)"));
        }
        self.tokens.push(token);
        Ok(())
    }

    /// A test, a comparison, or an attribute as a truth value.
    fn primary(&mut self) -> Result<(), SddlError> {
        let word = self.cursor.next_word();
        let keyword = keyword(self.cursor).map(|(operator, end)| {
            self.cursor.at = end;
            operator
        });
        match keyword {
            Some(operator @ (Operator::Exists | Operator::NotExists)) => {
                self.cursor.skip_space();
                if !self.attribute(true)? {
                    return Err(unexpected(self.cursor, "an attribute"));
                }
                return self.operator(operator);
            }
            Some(operator) if operator.row().2 == 1 => {
                self.cursor.skip_space();
                let literal = self.sids()?;
                self.push(ConditionToken::Literal(literal))?;
                return self.operator(operator);
            }
            Some(_) => return Err(bad(self.cursor, "something to compare in front of it", word)),
            None => {}
        }
        let left = self.operand(true)?;
        self.cursor.skip_space();
        let Some(operator) = self.relation() else {
            return match left {
                Operand::Attribute => Ok(()),
                Operand::Literal => Err(unexpected(self.cursor, "a comparison such as `==`")),
            };
        };
        self.cursor.skip_space();
        self.operand(false)?;
        self.operator(operator)
    }

    fn relation(&mut self) -> Option<Operator> {
        for (sign, operator) in SIGNS {
            if self.cursor.eat(sign) {
                return Some(operator);
            }
        }
        let (operator, end) = keyword(self.cursor).filter(|(operator, _)| operator.row().2 == 2)?;
        self.cursor.at = end;
        Some(operator)
    }

    /// An attribute, a constant or a list of constants; a name alone may stand on the left only (COND-28).
    fn operand(&mut self, left: bool) -> Result<Operand, SddlError> {
        if !self.at_sid() && self.attribute(left)? {
            return Ok(Operand::Attribute);
        }
        let literal = if self.cursor.eat("{") { self.list(Reader::literal)? } else { self.literal()? };
        self.push(ConditionToken::Literal(literal))?;
        Ok(Operand::Literal)
    }

    /// `@User.name`, or where it may stand a name alone, which is local (COND-28). `false` if there is neither.
    fn attribute(&mut self, bare: bool) -> Result<bool, SddlError> {
        let start = self.cursor.at;
        let namespace = if self.cursor.peek() == Some(b'@') {
            let rest = self.cursor.rest();
            let row = NAMESPACES.iter().find(|(_, prefix, _)| {
                rest.get(..prefix.len()).is_some_and(|text| text.eq_ignore_ascii_case(prefix))
            });
            let Some((namespace, prefix, _)) = row else {
                return Err(unexpected(self.cursor, "`@User.`, `@Device.`, `@Resource.` or `@Local.`"));
            };
            self.cursor.at += prefix.len();
            *namespace
        } else {
            let first = self.cursor.rest().chars().next();
            if !bare || !first.is_some_and(|first| first.is_alphabetic() || first == '_') {
                return Ok(false);
            }
            Namespace::Local
        };
        let from = self.cursor.at;
        let mut escaped = false;
        loop {
            let rest = self.cursor.rest();
            match rest.chars().next() {
                Some('%') => {
                    escaped = true;
                    self.cursor.at += 1;
                }
                Some(next) if is_name(next) => self.cursor.at += next.len_utf8(),
                _ => break,
            }
        }
        let text = self.cursor.text.get(from..self.cursor.at).unwrap_or_default();
        if text.is_empty() {
            return Err(unexpected(self.cursor, "the name of an attribute"));
        }
        let name = if escaped { unescaped(text) } else { Some(Cow::Borrowed(text)) };
        let Some(name) = name else {
            let end = self.cursor.at;
            return Err(bad(self.cursor, "`%` and four hexadecimal digits of a UTF-16 unit", start..end));
        };
        self.push(ConditionToken::Attribute(namespace, name.into_owned()))?;
        Ok(true)
    }

    fn at_sid(&self) -> bool {
        let mut ahead = *self.cursor;
        let word = ahead.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        ahead.skip_space();
        word.eq_ignore_ascii_case("SID") && ahead.peek() == Some(b'(')
    }

    fn literal(&mut self) -> Result<Literal, SddlError> {
        match self.cursor.peek() {
            Some(b'"') => {
                let start = self.cursor.at;
                match self.cursor.quoted() {
                    Some(text) => Ok(Literal::String(text.to_owned())),
                    None => Err(bad(self.cursor, "a closing quotation mark", start..start + 1)),
                }
            }
            Some(b'#') => {
                let start = self.cursor.at;
                match self.cursor.octets().filter(|octets| !octets.is_empty()) {
                    Some(octets) => Ok(Literal::Octet(octets)),
                    None => {
                        let end = self.cursor.at;
                        Err(bad(self.cursor, "pairs of hexadecimal digits behind `#`", start..end))
                    }
                }
            }
            Some(b'+' | b'-' | b'0'..=b'9') => self.integer(),
            _ if self.at_sid() => self.sid(),
            _ => Err(unexpected(
                self.cursor,
                "an attribute (`@User.…`), a number, a string, `#…`, `SID(…)` or a list",
            )),
        }
    }

    /// Always the widest form, whatever the value (COND-30).
    fn integer(&mut self) -> Result<Literal, SddlError> {
        let start = self.cursor.at;
        match self.cursor.integer() {
            Some(Ok(number)) => match i64::try_from(number.value) {
                Ok(value) => Ok(Literal::Int { value, width: 4, sign: number.sign, base: number.base }),
                Err(_) => {
                    let end = self.cursor.at;
                    Err(bad(self.cursor, "a number of 64 bits with sign", start..end))
                }
            },
            Some(Err(span)) => {
                Err(bad(self.cursor, "a decimal, octal (`0…`) or hexadecimal (`0x…`) number", span))
            }
            None => Err(unexpected(self.cursor, "a number")),
        }
    }

    /// `SID(BA)` or `SID(S-1-…)`
    fn sid(&mut self) -> Result<Literal, SddlError> {
        if !self.at_sid() {
            return Err(unexpected(self.cursor, "`SID(…)`"));
        }
        self.cursor.skip(|byte| byte != b'(');
        self.cursor.at += 1;
        self.cursor.skip_space();
        let from = self.cursor.at;
        let text = self.cursor.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let sid = sid_of(text, self.context).map_err(|kind| {
            self.cursor
                .error(kind, if text.is_empty() { self.cursor.next_word() } else { from..self.cursor.at })
        })?;
        self.cursor.skip_space();
        if self.cursor.eat(")") { Ok(Literal::Sid(sid)) } else { Err(unexpected(self.cursor, "`)`")) }
    }

    /// What a membership test takes: one SID, or a list of them (COND-19).
    fn sids(&mut self) -> Result<Literal, SddlError> {
        if self.cursor.eat("{") { self.list(Reader::sid) } else { self.sid() }
    }

    fn list(&mut self, item: impl Fn(&mut Self) -> Result<Literal, SddlError>) -> Result<Literal, SddlError> {
        let mut items = Vec::new();
        self.cursor.skip_space();
        if self.cursor.eat("}") {
            return Ok(Literal::Composite(items));
        }
        loop {
            self.cursor.skip_space();
            items.push(item(self)?);
            self.cursor.skip_space();
            if self.cursor.eat("}") {
                return Ok(Literal::Composite(items));
            }
            if !self.cursor.eat(",") {
                return Err(unexpected(self.cursor, "`,` or `}`"));
            }
        }
    }
}

/// The operator whose word is next, and where the word ends; in any case, and only if no name goes on behind it.
fn keyword(cursor: &Cursor<'_>) -> Option<(Operator, usize)> {
    let rest = cursor.rest();
    let end = rest.find(|c: char| !is_name(c) && c != '%').unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let row = OPERATORS.iter().find(|row| row.2.eq_ignore_ascii_case(word))?;
    Some((row.0, cursor.at + end))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '/')
}

/// A name with its `%XXXX` read; two of them may be a pair of surrogates.
fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    let mut units = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    units.extend(parts.next()?.encode_utf16());
    for part in parts {
        let digits = part.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        units.push(u16::from_str_radix(digits, 16).ok()?);
        units.extend(part.get(4..)?.encode_utf16());
    }
    String::from_utf16(&units).ok().map(Cow::Owned)
}

/// Two pieces of text, each by its place and how tightly it binds.
type Both = ((usize, Binding), (usize, Binding));

/// How tightly a piece of text binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Relation,
    /// An attribute as a truth value.
    Name,
}

/// An entry of the evaluation stack, as text.
enum Entry {
    /// A constant or an attribute that has not been put anywhere yet.
    Value { text: String, kind: ValueKind },
    /// A result: a range of pieces that begins here and goes on to the next entry.
    Result { from: usize, binding: Binding },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Attribute,
    /// One SID, or a list of nothing but SIDs.
    Sids,
    Literal,
}

/// A test or comparison, with what stands around it: operators and parentheses are put in front of the first piece of
/// the operand that they belong to, so nothing is ever moved.
struct Piece {
    /// The innermost first.
    before: Vec<&'static str>,
    text: String,
    closed: usize,
}

struct Writer<'c> {
    context: &'c SddlContext,
    pieces: Vec<Piece>,
    stack: Vec<Entry>,
}

impl Writer<'_> {
    fn write(mut self, condition: &Condition) -> Result<String, PrintError> {
        let malformed = PrintError::new(PrintProblem::Condition);
        for token in &condition.tokens {
            match token {
                ConditionToken::Literal(literal) => {
                    let mut text = String::new();
                    self.literal(literal, false, &mut text)?;
                    self.stack.push(Entry::Value { text, kind: kind_of(literal) });
                }
                ConditionToken::Attribute(namespace, name) => {
                    let text = self.attribute(*namespace, name)?;
                    self.stack.push(Entry::Value { text, kind: ValueKind::Attribute });
                }
                ConditionToken::Operator(operator) => self.operator(*operator)?,
            }
            if self.stack.len() > MAX_STACK {
                return Err(malformed);
            }
        }
        match self.stack.pop() {
            Some(Entry::Result { .. }) => {}
            Some(Entry::Value { text, kind: ValueKind::Attribute })
                if self.context.dialect.bare_attribute == BareAttribute::TruthValue =>
            {
                self.piece(text);
            }
            _ => return Err(malformed),
        }
        if !self.stack.is_empty() {
            return Err(malformed);
        }
        let mut out = String::new();
        for piece in &self.pieces {
            piece.before.iter().rev().for_each(|text| out.push_str(text));
            out.push_str(&piece.text);
            (0..piece.closed).for_each(|_| out.push(')'));
        }
        Ok(out)
    }

    fn operator(&mut self, operator: Operator) -> Result<(), PrintError> {
        let (_, word, arity) = operator.row();
        // NT puts every operator in parentheses of its own, and the whole is in its last ones.
        let full = self.context.dialect.is_nt();
        match operator {
            Operator::Not => {
                let (from, binding) = self.result()?;
                self.around(from, binding, Binding::Not, full);
                self.before(from, "!");
                self.stack.push(Entry::Result { from, binding: Binding::Not });
            }
            Operator::And | Operator::Or => {
                let own = if operator == Operator::And { Binding::And } else { Binding::Or };
                // The right operand was pushed last, but what is only a name yet becomes a piece in order of reading.
                let (left, right) = self.two_results()?;
                self.around_until(left.0, right.0, left.1, own, full);
                // Operators associate to the left, so an equal one on the right needs parentheses.
                let looser = if own == Binding::And { Binding::Not } else { Binding::And };
                self.around(right.0, right.1, looser, full);
                self.before(right.0, if own == Binding::And { " && " } else { " || " });
                self.stack.push(Entry::Result { from: left.0, binding: own });
            }
            _ if arity == 1 => {
                let (text, kind) = self.value()?;
                let wanted = match operator {
                    Operator::Exists | Operator::NotExists => ValueKind::Attribute,
                    _ => ValueKind::Sids,
                };
                if kind != wanted {
                    return Err(PrintError::new(PrintProblem::ConditionForm));
                }
                let from = self.piece(format!("{word} {text}"));
                self.stack.push(Entry::Result { from, binding: Binding::Relation });
            }
            _ => {
                let (right, kind) = self.value()?;
                let (left, _) = self.value()?;
                let right = match kind {
                    // On the right a name alone would not be read again.
                    ValueKind::Attribute if !right.starts_with('@') => format!("@LOCAL.{right}"),
                    _ => right,
                };
                let from = self.piece(format!("{left} {word} {right}"));
                self.stack.push(Entry::Result { from, binding: Binding::Relation });
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(String, ValueKind), PrintError> {
        match self.stack.pop() {
            Some(Entry::Value { text, kind }) => Ok((text, kind)),
            Some(Entry::Result { .. }) | None => Err(PrintError::new(PrintProblem::Condition)),
        }
    }

    /// The topmost entry as an operand of `!`: where it begins, and how tightly it binds.
    fn result(&mut self) -> Result<(usize, Binding), PrintError> {
        match self.stack.pop() {
            Some(Entry::Result { from, binding }) => Ok((from, binding)),
            Some(Entry::Value { text, kind: ValueKind::Attribute }) => Ok((self.piece(text), Binding::Name)),
            Some(Entry::Value { .. }) => Err(PrintError::new(PrintProblem::ConditionForm)),
            None => Err(PrintError::new(PrintProblem::Condition)),
        }
    }

    /// The two topmost entries as operands of `&&` and `||`.
    fn two_results(&mut self) -> Result<Both, PrintError> {
        let right = self.stack.pop();
        let name_below = matches!(self.stack.last(), Some(Entry::Value { kind: ValueKind::Attribute, .. }));
        match right {
            // A name on the left of a result: its piece goes in front of those of the result.
            Some(Entry::Result { from, binding }) if name_below => {
                let (text, _) = self.value()?;
                self.pieces.insert(from, Piece { before: Vec::new(), text, closed: 0 });
                Ok(((from, Binding::Name), (from + 1, binding)))
            }
            Some(right) => {
                let left = self.result()?;
                self.stack.push(right);
                let right = self.result()?;
                Ok((left, right))
            }
            None => Err(PrintError::new(PrintProblem::Condition)),
        }
    }

    fn piece(&mut self, text: String) -> usize {
        self.pieces.push(Piece { before: Vec::new(), text, closed: 0 });
        self.pieces.len() - 1
    }

    fn before(&mut self, from: usize, text: &'static str) {
        if let Some(piece) = self.pieces.get_mut(from) {
            piece.before.push(text);
        }
    }

    /// Puts parentheses around the pieces from one to the last if they bind more loosely than is needed.
    fn around(&mut self, from: usize, binding: Binding, needed: Binding, full: bool) {
        self.around_until(from, self.pieces.len(), binding, needed, full);
    }

    fn around_until(&mut self, from: usize, end: usize, binding: Binding, needed: Binding, full: bool) {
        if binding < needed || (full && binding != Binding::Name) {
            self.before(from, "(");
            if let Some(last) = end.checked_sub(1).and_then(|last| self.pieces.get_mut(last)) {
                last.closed += 1;
            }
        }
    }

    fn attribute(&self, namespace: Namespace, name: &str) -> Result<String, PrintError> {
        let mut text = String::with_capacity(name.len() + 10);
        let nt = self.context.dialect.is_nt();
        let simple = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && !OPERATORS.iter().any(|row| row.2.eq_ignore_ascii_case(name));
        if name.is_empty() {
            return Err(PrintError::new(PrintProblem::ConditionForm));
        }
        // NT has no prefix for local attributes.
        if !(nt && namespace == Namespace::Local && simple) {
            let row = NAMESPACES.iter().find(|row| row.0 == namespace);
            text.push_str(row.map_or("", |row| if nt { row.2 } else { row.1 }));
        }
        for c in name.chars() {
            if is_name(c) {
                text.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "%{unit:04x}");
                }
            }
        }
        Ok(text)
    }

    fn literal(&self, literal: &Literal, inner: bool, out: &mut String) -> Result<(), PrintError> {
        match literal {
            Literal::Int { value, sign, base, .. } => {
                out.push_str(match sign {
                    IntSign::Plus => "+",
                    IntSign::Minus => "-",
                    IntSign::None => "",
                });
                if (*value < 0) != (*sign == IntSign::Minus) && *value != 0 {
                    return Err(PrintError::new(PrintProblem::Condition));
                }
                let value = value.unsigned_abs();
                // Writing to a string cannot fail.
                let _ = match base {
                    IntBase::Octal => write!(out, "0{value:o}"),
                    IntBase::Decimal => write!(out, "{value}"),
                    IntBase::Hex => write!(out, "0x{value:x}"),
                };
            }
            Literal::String(text) => write_quoted(text, out)?,
            Literal::Octet(octets) if octets.is_empty() => {
                return Err(PrintError::new(PrintProblem::ConditionForm));
            }
            Literal::Octet(octets) => write_octets(octets, self.context, out),
            Literal::Sid(sid) => {
                out.push_str("SID(");
                write_sid(*sid, self.context, out);
                out.push(')');
            }
            Literal::Composite(_) if inner => return Err(PrintError::new(PrintProblem::ConditionForm)),
            Literal::Composite(items) => {
                out.push('{');
                for (n, item) in items.iter().enumerate() {
                    out.push_str(if n == 0 { "" } else { ", " });
                    self.literal(item, true, out)?;
                }
                out.push('}');
            }
        }
        Ok(())
    }
}

fn kind_of(literal: &Literal) -> ValueKind {
    match literal {
        Literal::Sid(_) => ValueKind::Sids,
        Literal::Composite(items) if items.iter().all(|item| matches!(item, Literal::Sid(_))) => {
            ValueKind::Sids
        }
        _ => ValueKind::Literal,
    }
}

/// A string in quotation marks, which it cannot hold itself.
pub(crate) fn write_quoted(text: &str, out: &mut String) -> Result<(), PrintError> {
    if text.contains('"') {
        return Err(PrintError::new(PrintProblem::Text));
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
    Ok(())
}

/// Bytes as `#` and digits; NT prints capitals.
pub(crate) fn write_octets(octets: &[u8], context: &SddlContext, out: &mut String) {
    let digits = if context.dialect.is_nt() { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    out.push('#');
    for octet in octets {
        out.push(char::from(digits[usize::from(octet >> 4)]));
        out.push(char::from(digits[usize::from(octet & 15)]));
    }
}

#[cfg(test)]
mod tests;
