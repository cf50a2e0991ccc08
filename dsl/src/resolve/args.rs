//! Reading the parts of one statement in order, with errors in the words of the language.

use compact_str::ToCompactString;
use sim_core::engine::time::format_time;
use sim_core::sid::Sid;
use sim_core::text::quote;
use sim_core::trace::rights::GENERIC_WORDS;

use super::is_declaration;
use super::steps::{CONTROL, Verb};
use crate::ast::{Block, Op, Part, PartKind, Prep, Span, Spanned, TextPiece, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::suggest::nearest;

/// A cursor over the parts of a statement. Each reader takes what it was asked for, or says what was expected.
#[derive(Clone)]
pub(super) struct Args<'a> {
    parts: &'a [Part],
    next: usize,
    /// Where something is missing when the parts have come to an end.
    end: Span,
}

/// What reading gives: the thing, or one diagnostic.
pub(super) type Read<T> = Result<T, Diagnostic>;

impl<'a> Args<'a> {
    pub(super) fn new(parts: &'a [Part], before: Span) -> Args<'a> {
        let end = parts.last().map_or(before, |part| part.span).after();
        Args { parts, next: 0, end }
    }

    pub(super) fn peek(&self) -> Option<&'a Part> {
        self.parts.get(self.next)
    }

    pub(super) fn rest(&self) -> &'a [Part] {
        self.parts.get(self.next..).unwrap_or(&[])
    }

    pub(super) fn take(&mut self) -> Option<&'a Part> {
        let part = self.parts.get(self.next)?;
        self.next += 1;
        Some(part)
    }

    /// The place of the next part, or the end.
    pub(super) fn here(&self) -> Span {
        self.peek().map_or(self.end, |part| part.span)
    }

    /// An error at the next part: this was expected.
    pub(super) fn expected(&self, what: &str) -> Diagnostic {
        match self.peek() {
            Some(part) => Diagnostic::error(
                codes::ARGUMENT,
                part.span,
                format!("expected {what}, found {}", describe(part)),
            )
            .label(self.meant(quoted(what)).unwrap_or_else(|| format!("expected {what}"))),
            None => Diagnostic::error(codes::ARGUMENT, self.end, format!("expected {what} here"))
                .label(format!("expected {what}")),
        }
    }

    /// Which of these words the next one was probably meant to be, as a label.
    pub(super) fn meant<'n>(&self, words: impl Iterator<Item = &'n str>) -> Option<String> {
        match self.peek().map(|part| &part.value) {
            Some(PartKind::Word(word)) => nearest(word, words).map(|near| format!("did you mean `{near}`?")),
            _ => None,
        }
    }

    pub(super) fn word(&mut self, what: &str) -> Read<Spanned<&'a str>> {
        match self.peek() {
            Some(Part { value: PartKind::Word(word), span }) => {
                self.next += 1;
                Ok(Spanned { value: word, span: *span })
            }
            _ => Err(self.expected(what)),
        }
    }

    /// A declared name: a word, or a quoted one.
    pub(super) fn name(&mut self, what: &str) -> Read<Spanned<Word>> {
        match self.peek().map(|part| (&part.value, part.span)) {
            Some((PartKind::Word(word), span)) => {
                self.next += 1;
                Ok(Spanned { value: word.clone(), span })
            }
            Some((PartKind::Text(_) | PartKind::Raw(_), _)) => self.text(what),
            Some((PartKind::Prep(prep), _)) => {
                let word = prep.as_str();
                let help = format!(
                    "`{word}` joins the parts of statements: as a name it stands in quotes, `\"{word}\"`"
                );
                Err(self.expected(what).help(help))
            }
            _ => Err(self.expected(what)),
        }
    }

    /// A SID as it stands, without quotes.
    pub(super) fn sid(&mut self, what: &str) -> Read<Sid> {
        match self.peek() {
            Some(Part { value: PartKind::Sid(text), span }) => {
                self.next += 1;
                parse_sid(text, *span)
            }
            Some(Part { value: PartKind::Text(_) | PartKind::Raw(_), .. }) => {
                Err(self.expected(what).help("a SID stands without quotes"))
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn text(&mut self, what: &str) -> Read<Spanned<Word>> {
        let Some(part) = self.peek() else { return Err(self.expected(what)) };
        let value = text_of(part).ok_or_else(|| self.expected(what))??;
        self.next += 1;
        Ok(Spanned { value, span: part.span })
    }

    pub(super) fn number(&mut self, what: &str) -> Read<Spanned<i128>> {
        match self.peek() {
            Some(Part { value: PartKind::Number(number), span }) => {
                self.next += 1;
                Ok(Spanned { value: *number, span: *span })
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn time(&mut self, what: &str) -> Read<Spanned<u64>> {
        match self.peek() {
            Some(Part { value: PartKind::Time(time), span }) => {
                self.next += 1;
                Ok(Spanned { value: *time, span: *span })
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn block(&mut self, what: &str) -> Read<Spanned<&'a Block>> {
        match self.peek() {
            Some(Part { value: PartKind::Block(block), span }) => {
                self.next += 1;
                Ok(Spanned { value: block, span: *span })
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn optional_block(&mut self) -> Option<Spanned<&'a Block>> {
        self.block("").ok()
    }

    /// The next block, past what does not belong in front of it.
    pub(super) fn later_block(&mut self) -> Option<Spanned<&'a Block>> {
        loop {
            if let Some(block) = self.optional_block() {
                return Some(block);
            }
            self.take()?;
        }
    }

    pub(super) fn flags(&mut self) -> Option<Spanned<&'a [Part]>> {
        match self.peek() {
            Some(Part { value: PartKind::Flags(flags), span }) => {
                self.next += 1;
                Some(Spanned { value: flags, span: *span })
            }
            _ => None,
        }
    }

    /// Takes a joining word if it comes next.
    pub(super) fn prep(&mut self, prep: Prep) -> Option<Span> {
        match self.peek() {
            Some(Part { value: PartKind::Prep(found), span }) if *found == prep => {
                self.next += 1;
                Some(*span)
            }
            _ => None,
        }
    }

    /// Takes a word if it is this one.
    pub(super) fn keyword(&mut self, keyword: &str) -> Option<Span> {
        match self.peek() {
            Some(Part { value: PartKind::Word(word), span }) if word == keyword => {
                self.next += 1;
                Some(*span)
            }
            _ => None,
        }
    }

    pub(super) fn op(&mut self, op: Op) -> Option<Span> {
        match self.peek() {
            Some(Part { value: PartKind::Op(found), span }) if *found == op => {
                self.next += 1;
                Some(*span)
            }
            _ => None,
        }
    }

    pub(super) fn comma(&mut self) -> bool {
        let found = matches!(self.peek(), Some(Part { value: PartKind::Comma, .. }));
        self.next += usize::from(found);
        found
    }

    /// Nothing more may come.
    pub(super) fn finish(&self, after: &str) -> Read<()> {
        match self.peek() {
            None => Ok(()),
            Some(part) => {
                let do_not = if matches!(part.value, PartKind::Flags(_)) { "do" } else { "does" };
                let message = format!("{} {do_not} not belong here", describe(part));
                let near = self.meant(joining_behind(after).iter().copied());
                let label = near.unwrap_or_else(|| format!("`{after}` takes nothing more"));
                let diagnostic = Diagnostic::error(codes::ARGUMENT, part.span, message).label(label);
                Err(match &part.value {
                    PartKind::Word(word) if begins_a_statement(word) => {
                        diagnostic.help("a statement begins on a line of its own, or behind `;`")
                    }
                    PartKind::Word(word) if matches!(&**word, "and" | "or") => diagnostic.help(
                        "`if` asks for a step or for conditions: what else must hold, an `if` inside asks",
                    ),
                    PartKind::Comma if matches!(after, "let" | "value" | "set" | "attribute" | "claims") => {
                        diagnostic.help("several values are a list, as in `[1, 2, 3]`")
                    }
                    _ => diagnostic,
                })
            }
        }
    }
}

/// The joining words that go on behind a head; what a step takes stands in its usage.
fn joining_behind(head: &str) -> &'static [&'static str] {
    match head {
        "process" => &["as"],
        "allow" | "deny" => &["on", "when"],
        "never" | "expect" => &["on", "by", "as", "in", "if", "unless"],
        _ => &[],
    }
}

/// The words between backticks.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
}

/// Whether a word can only be meant as the first one of a statement: rights are words of steps as well.
pub(super) fn begins_a_statement(word: &str) -> bool {
    let right = GENERIC_WORDS.iter().any(|(name, _)| *name == word);
    !right && (Verb::named(word).is_some() || CONTROL.contains(&word) || is_declaration(word))
}

/// The text of a quoted part; `None` for another kind of part.
pub(crate) fn text_of(part: &Part) -> Option<Read<Word>> {
    match &part.value {
        PartKind::Raw(text) => Some(Ok(text.clone())),
        PartKind::Text(pieces) => Some(fill_in(pieces)),
        _ => None,
    }
}

/// Puts the pieces of a text together; a hole that is left names nothing.
fn fill_in(pieces: &[TextPiece]) -> Read<Word> {
    let mut text = Word::default();
    for piece in pieces {
        match piece {
            TextPiece::Literal(literal) => text.push_str(literal),
            TextPiece::Hole(name) => {
                return Err(Diagnostic::error(
                    codes::UNKNOWN_NAME,
                    name.span,
                    format!("there is nothing named `{}` to fill in here", name.value),
                )
                .label("unknown name")
                .help(
                    "a brace that is meant as it stands is written `\\{`; text in '…' is taken as it stands",
                ));
            }
        }
    }
    Ok(text)
}

/// A part in the words of the language.
pub(super) fn describe(part: &Part) -> String {
    match &part.value {
        PartKind::Word(word) => format!("`{word}`"),
        PartKind::Text(_) | PartKind::Raw(_) => "quoted text".to_owned(),
        PartKind::Number(number) => format!("the number {number}"),
        PartKind::Time(_) => "a duration".to_owned(),
        PartKind::Range(..) => "a range".to_owned(),
        PartKind::Sid(sid) => format!("the SID {sid}"),
        PartKind::Guid(_) => "a GUID".to_owned(),
        PartKind::Op(op) => format!("`{}`", op_text(*op)),
        PartKind::Prep(prep) => format!("`{}`", prep.as_str()),
        PartKind::Comma => "a comma".to_owned(),
        PartKind::List(_) => "a list".to_owned(),
        PartKind::Flags(_) => "flags in parentheses".to_owned(),
        PartKind::Block(_) => "a block".to_owned(),
        PartKind::Condition(_) => "`when`".to_owned(),
        PartKind::Script(_) => "a script".to_owned(),
    }
}

pub(super) fn op_text(op: Op) -> &'static str {
    match op {
        Op::Assign => "=",
        Op::Eq => "==",
        Op::Ne => "!=",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
    }
}

/// The parts of a statement in one spelling, for traces: how the author laid them out does not matter.
pub(super) fn words_of(parts: &[Part]) -> String {
    let mut words = String::with_capacity(16 * parts.len());
    write_words(parts, &mut words);
    words
}

fn write_words(parts: &[Part], words: &mut String) {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 && !matches!(part.value, PartKind::Comma) {
            words.push(' ');
        }
        match &part.value {
            PartKind::Word(word) => words.push_str(word),
            PartKind::Text(_) => {
                words.push_str(&quote(&text_of(part).and_then(Result::ok).unwrap_or_default()));
            }
            PartKind::Raw(text) => words.extend(["'", text, "'"]),
            PartKind::Number(number) => words.push_str(&number.to_compact_string()),
            PartKind::Time(time) => words.push_str(&format_time(*time)),
            PartKind::Range(ends) => words.extend([&bound(ends.0), "..", &bound(ends.1)]),
            PartKind::Sid(sid) | PartKind::Guid(sid) => words.push_str(sid),
            PartKind::Op(op) => words.push_str(op_text(*op)),
            PartKind::Prep(prep) => words.push_str(prep.as_str()),
            PartKind::Comma => words.push(','),
            PartKind::List(parts) => {
                words.push('[');
                write_words(parts, words);
                words.push(']');
            }
            PartKind::Flags(parts) => {
                words.push('(');
                write_words(parts, words);
                words.push(')');
            }
            PartKind::Block(_) => words.push_str("{…}"),
            PartKind::Condition(text) => words.extend(["when ", text]),
            PartKind::Script(_) => words.push_str("script {…}"),
        }
    }
}

fn bound(bound: crate::ast::Bound) -> String {
    match bound {
        crate::ast::Bound::Number(number) => number.to_string(),
        crate::ast::Bound::Time(time) => format_time(time),
    }
}

/// Looks a word up in a table; what is not there gets a near one.
pub(super) fn choose<T: Copy>(word: Spanned<&str>, what: &str, table: &[(&str, T)]) -> Read<T> {
    let found = table.iter().find(|(name, _)| *name == word.value);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        unknown(codes::WORD, word.span, what, word.value, names.iter().copied())
            .help(format!("one of: {}", names.join(", ")))
    })
}

/// `there is no WHAT named …`, with a near name.
pub(super) fn unknown<'n>(
    code: crate::diag::Code,
    span: Span,
    what: &str,
    name: &str,
    candidates: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    // The name stands behind the thing that it would be: no flag `x` of `groups`.
    let behind =
        what.find(" of ").filter(|_| !what.starts_with("kind of ") && !what.starts_with("class of "));
    let (thing, of) = what.split_at(behind.unwrap_or(what.len()));
    let diagnostic = Diagnostic::error(code, span, format!("there is no {thing} `{name}`{of}"));
    match nearest(name, candidates) {
        Some(near) => diagnostic.label(format!("did you mean `{near}`?")),
        None => diagnostic.label(format!("not a known {what}")),
    }
}

/// The SID of a SID literal.
pub(super) fn parse_sid(text: &str, span: Span) -> Read<Sid> {
    Sid::parse(text).ok_or_else(|| {
        Diagnostic::error(codes::VALUE, span, format!("`{text}` is not a SID"))
            .label("expected `S-1-` and up to 15 numbers that fit 32 bits")
    })
}
