//! A place in a text, and the small words of all readers of it.

use std::ops::Range;

use super::{SddlError, SddlProblem};
use crate::sd::condition::{IntBase, IntSign};

/// How much of an offending text an error carries, in characters.
const FOUND: usize = 60;

/// A place in a text. `at` is always at a character boundary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Looks at the next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is still to come.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes a text that is all ASCII, if it is next.
    pub(crate) fn eat(&mut self, wanted: &str) -> bool {
        let next =
            self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(wanted.as_bytes()));
        if next {
            self.at += wanted.len();
        }
        next
    }

    /// Passes blanks, tabs and line ends, which are free within conditions and attributes.
    pub(crate) fn skip_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    }

    /// Passes ASCII bytes for as long as they are wanted. Returns what was passed.
    pub(crate) fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii() && wanted(byte)) {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// The next character as a piece of text, for errors: to the end of the word if it begins one.
    pub(crate) fn next_word(&self) -> Range<usize> {
        let mut word = *self;
        word.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'.' | b'-' | b'%'));
        let end = if word.at > self.at {
            word.at
        } else {
            self.at + self.rest().chars().next().map_or(0, char::len_utf8)
        };
        self.at..end
    }

    /// An error about a piece of the text.
    pub(crate) fn error(&self, kind: SddlProblem, span: Range<usize>) -> SddlError {
        let found = self.text.get(span.clone()).unwrap_or_default().chars().take(FOUND).collect();
        SddlError { kind, section: None, ace: None, field: None, span, found }
    }

    /// An integer: sign, base and value (COND-24). `None` if there is none here; nothing is passed then.
    pub(crate) fn integer(&mut self) -> Option<Result<Integer, Range<usize>>> {
        let start = self.at;
        let sign = match self.peek() {
            Some(b'+') => IntSign::Plus,
            Some(b'-') => IntSign::Minus,
            _ => IntSign::None,
        };
        if sign != IntSign::None {
            self.at += 1;
        }
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = start;
            return None;
        }
        let digits = self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let (base, radix, digits) = match digits.as_bytes() {
            [b'0', b'x' | b'X', ..] => (IntBase::Hex, 16, digits.get(2..).unwrap_or_default()),
            [b'0', _, ..] => (IntBase::Octal, 8, digits.get(1..).unwrap_or_default()),
            _ => (IntBase::Decimal, 10, digits),
        };
        let magnitude = u64::from_str_radix(digits, radix);
        Some(magnitude.map_err(|_| start..self.at).map(|magnitude| {
            let value = i128::from(magnitude) * if sign == IntSign::Minus { -1 } else { 1 };
            Integer { value, sign, base }
        }))
    }

    /// A string in quotation marks; there is no way to write one inside. `None` if it is never closed or does not begin.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        let rest = self.rest().strip_prefix('"')?;
        let length = rest.find('"')?;
        self.at += length + 2;
        rest.get(..length)
    }

    /// `#` and pairs of hexadecimal digits. `None` if there is an odd one, or no `#`.
    pub(crate) fn octets(&mut self) -> Option<Vec<u8>> {
        if self.peek() != Some(b'#') {
            return None;
        }
        self.at += 1;
        let (pairs, odd) = self.skip(|byte| byte.is_ascii_hexdigit()).as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
        odd.is_empty().then(|| pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect())
    }
}

/// An integer as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Integer {
    pub value: i128,
    pub sign: IntSign,
    pub base: IntBase,
}
