//! From text to the tree, with every mistake of the file. pest's own types end here, and in the formatter's tree.

use pest::Parser;
use pest::iterators::Pair;

use crate::ast::{
    Ast, Block, Bound, Comment, Expectation, FileId, Name, Op, Part, PartKind, Prep, Span, Spanned, Stmt,
    TextPiece, Word,
};
use crate::bounds::Bounds;
use crate::codes;
use crate::diag::Diagnostic;

/// The generated parser, apart so that what the macro leaves undocumented stays apart too.
mod grammar {
    #![allow(missing_docs, reason = "the rules are documented in the grammar")]

    #[derive(pest_derive::Parser)]
    #[grammar = "scn.pest"]
    pub(crate) struct Grammar;
}

pub(crate) use grammar::{Grammar, Rule};

/// The deepest nesting of braces, brackets and parentheses.
pub(crate) const MAX_NESTING: usize = 64;

/// Parses a file. The tree holds what could be read; the diagnostics are all of the file's mistakes of syntax.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Ast, Vec<Diagnostic>) {
    parse_within(file, text, &Bounds::default())
}

/// The same, within other bounds.
pub(crate) fn parse_within(file: FileId, text: &str, bounds: &Bounds) -> (Ast, Vec<Diagnostic>) {
    let longest = bounds.text;
    let (parts, stmts) = (Vec::new(), Vec::new());
    let mut reader =
        Reader { file, longest, ast: Ast::default(), diagnostics: Vec::new(), text, parts, stmts };
    if text.len() as u64 > bounds.size {
        let place = Span { file, start: 0, end: 0 };
        let message = format!("the file is larger than {}", bytes(bounds.size));
        reader.diagnostics.push(Diagnostic::error(codes::TOO_LARGE, place, message));
        return (reader.ast, reader.diagnostics);
    }
    if let Some(at) = too_deep(text) {
        let place = Span { file, start: at as u32, end: at as u32 + 1 };
        reader.diagnostics.push(
            Diagnostic::error(
                codes::TOO_LARGE,
                place,
                format!("blocks and lists nest at most {MAX_NESTING} deep"),
            )
            .label("one too many"),
        );
        return (reader.ast, reader.diagnostics);
    }
    match Grammar::parse(Rule::file, text) {
        Ok(mut pairs) => {
            if let Some(root) = pairs.next() {
                reader.file(root);
            }
        }
        Err(error) => {
            // Items never fail once begun, so this is what nests in ways that the scan above does not see; pest's words are
            // about rules, so ours stand instead.
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let place = Span { file, start: at as u32, end: end as u32 };
            let nested = matches!(&error.variant, pest::error::ErrorVariant::CustomError { .. });
            reader.diagnostics.push(if nested {
                Diagnostic::error(
                    codes::TOO_LARGE,
                    place,
                    format!("blocks and lists nest at most {MAX_NESTING} deep"),
                )
                .label("one too many")
            } else {
                Diagnostic::error(codes::SYNTAX, place, "nothing of the language begins like this")
                    .label("expected a statement")
            });
        }
    }
    (reader.ast, reader.diagnostics)
}

/// A size in words.
#[must_use]
pub fn bytes(size: u64) -> String {
    if size >= 1 << 20 && size.is_multiple_of(1 << 20) {
        format!("{} MiB", size >> 20)
    } else {
        format!("{size} bytes")
    }
}

/// Where nesting gets too deep for the parser to follow it. Quotes and comments do not count.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth: usize = 0;
    let mut rest = text.as_bytes();
    while let Some(skipped) = rest.iter().position(|byte| TELLING[usize::from(*byte)]) {
        let (byte, behind) = rest.get(skipped..)?.split_first()?;
        rest = behind;
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Some(text.len() - rest.len() - 1);
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'/' if rest.first() == Some(&b'/') => {
                let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                rest = rest.get(line..)?;
            }
            b'/' => {}
            quote => rest = behind_quote(rest, *quote),
        }
    }
    None
}

/// The bytes that nesting depends on.
const TELLING: [bool; 256] = {
    let mut telling = [false; 256];
    let signs = b"{}[]()\"'/";
    let mut n = 0;
    while n < signs.len() {
        telling[signs[n] as usize] = true;
        n += 1;
    }
    telling
};

/// What stands behind a text that began with `quote`: it ends with its line at the latest.
fn behind_quote(text: &[u8], quote: u8) -> &[u8] {
    let escape = if quote == b'"' { b'\\' } else { quote };
    let mut rest = text;
    while let Some(at) = memchr::memchr3(quote, escape, b'\n', rest) {
        let (found, behind) = (rest.get(at), rest.get(at + 1..).unwrap_or_default());
        rest = match found {
            Some(b'\n') => return rest.get(at..).unwrap_or_default(),
            Some(b'\\') if quote == b'"' => match behind {
                [b'\n', ..] => behind,
                behind => behind.get(1..).unwrap_or_default(),
            },
            _ => return behind,
        };
    }
    &[]
}

struct Reader<'t> {
    file: FileId,
    /// The most text in one pair of quotes, in bytes.
    longest: u64,
    ast: Ast,
    diagnostics: Vec<Diagnostic>,
    text: &'t str,
    /// The parts of what is being read, the innermost last: each takes its own off once their number is known.
    parts: Vec<Part>,
    /// The statements of what is being read, likewise.
    stmts: Vec<Stmt>,
}

impl Reader<'_> {
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span { file: self.file, start: span.start() as u32, end: span.end() as u32 }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn file(&mut self, root: Pair<'_, Rule>) {
        self.ast.stmts = self.statements(root);
    }

    /// The statements of a file or block; the `///` lines above each belong to it.
    fn statements(&mut self, parent: Pair<'_, Rule>) -> Vec<Stmt> {
        let top = parent.as_rule() == Rule::file;
        let opening = self.span(&parent);
        let mut closed = top;
        let before = self.stmts.len();
        let mut doc = Vec::new();
        for pair in parent.into_inner() {
            match pair.as_rule() {
                Rule::doc => {
                    let line = pair.as_str().trim_start_matches('/').trim_end();
                    let value = line.strip_prefix(' ').unwrap_or(line).to_owned();
                    doc.push(Spanned { value, span: self.span(&pair) });
                }
                Rule::item => self.item(pair, &mut doc),
                Rule::close if top => {
                    let diagnostic =
                        Diagnostic::error(codes::SYNTAX, self.span(&pair), "this `}` closes nothing")
                            .label("no block is open here");
                    self.report(diagnostic);
                }
                Rule::close => closed = true,
                Rule::comment => self.comment(&pair),
                _ => {}
            }
        }
        if !closed {
            self.unclosed(opening, "block", "}");
        }
        self.stmts.split_off(before)
    }

    fn unclosed(&mut self, whole: Span, what: &str, closer: &str) {
        let opening = Span { end: whole.start + 1, ..whole };
        let mut diagnostic =
            Diagnostic::error(codes::UNCLOSED, opening, format!("this {what} is never closed"))
                .label(format!("expected a `{closer}` for it"));
        if closer == "}" {
            self.ast.unclosed.push(whole);
            if let Some(line) = self.line_as_far_out(whole) {
                diagnostic = diagnostic.related(line, "perhaps before this line, which is as far out");
            }
        }
        self.report(diagnostic);
    }

    /// The first line in an unclosed block that begins as far out as the line on which the block opens.
    fn line_as_far_out(&self, whole: Span) -> Option<Span> {
        let before = self.text.get(..whole.start as usize)?;
        let opening = before.rsplit('\n').next().unwrap_or("");
        let indent = |line: &str| line.len() - line.trim_start().len();
        let wanted = indent(opening);
        let mut at = whole.start as usize;
        for (n, line) in self.text.get(at..whole.end as usize)?.split('\n').enumerate() {
            let text = line.trim();
            if n > 0 && !text.is_empty() && !text.starts_with("//") && indent(line) <= wanted {
                let start = at + indent(line);
                let word = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
                let end = start + word.max(text.chars().next().map_or(1, char::len_utf8));
                return Some(Span { file: self.file, start: start as u32, end: end as u32 });
            }
            at += line.len() + 1;
        }
        None
    }

    fn comment(&mut self, pair: &Pair<'_, Rule>) {
        let span = self.span(pair);
        let before = self.text.get(..span.start as usize).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let own_line = line.trim().is_empty();
        self.ast.comments.push(Comment { text: pair.as_str().trim_end().to_owned(), span, own_line });
    }

    /// A statement, or several that were run together; the first one has the `///` lines.
    fn item(&mut self, pair: Pair<'_, Rule>, doc: &mut Vec<Spanned<String>>) {
        let mut span = self.span(&pair);
        let before = self.parts.len();
        let mut expects = Vec::new();
        let mut broken = false;
        for inner in pair.into_inner() {
            let known = self.diagnostics.len();
            let holds_statements = inner.as_rule() == Rule::block;
            match inner.as_rule() {
                Rule::expect => expects.extend(self.expectation(inner)),
                Rule::comment => self.comment(&inner),
                _ => self.part(inner),
            }
            // What is wrong inside a block is that block's statements' matter.
            broken |= !holds_statements && self.diagnostics.len() > known;
        }
        // Where a statement is reported as a whole, the comments and blanks behind it do not belong to it.
        let end = |parts: &[Part]| parts.last().map(|part| part.span.end);
        let own = self.parts.get(before..).and_then(end);
        span.end = own.max(expects.last().map(|expect: &Expectation| expect.span.end)).unwrap_or(span.end);
        let starts = self.parts.get(before..).map(run_together).unwrap_or_default();
        if let Some(first) = starts.first() {
            let mut behind = self.parts.split_off(before + first).into_iter();
            let mut line_told = None;
            for (start, end_of_next) in starts.iter().zip(starts.iter().skip(1).chain([&usize::MAX])) {
                let here = Span { end: end(&self.parts).unwrap_or(span.end), ..span };
                let next = behind.as_slice().first().map_or(span, |part| part.span);
                // What follows on the same line is no news.
                let between = line_told.and_then(|from| self.text.get(from..next.start as usize));
                if between.is_none_or(|text| text.contains('\n')) {
                    self.report(
                        Diagnostic::error(codes::ARGUMENT, next, "two statements stand on one line")
                            .label("begins a statement of its own")
                            .help("put it on a line of its own, or `;` in front of it"),
                    );
                }
                line_told = Some(next.start as usize);
                self.statement(before, Vec::new(), here, broken, doc);
                span.start = next.start;
                self.parts.extend(behind.by_ref().take(end_of_next - start));
            }
        }
        self.statement(before, expects, span, broken, doc);
    }

    /// What an item is: its time, its name and its head taken from the front of its parts.
    fn statement(
        &mut self,
        before: usize,
        expects: Vec<Expectation>,
        span: Span,
        broken: bool,
        doc: &mut Vec<Spanned<String>>,
    ) {
        let own = self.parts.get_mut(before..).unwrap_or_default();
        let (at, own) = take_time(own);
        let (bind, own) = take_name(own);
        let empty = own.is_empty();
        let (head, own) = take_head(own);
        let left = own.len();
        let parts = self.parts.split_off(self.parts.len() - left);
        self.parts.truncate(before);
        if empty && let Some(missing) = nothing_behind(&bind, at, &expects, span, broken) {
            self.report(missing);
            return;
        }
        // A statement that cannot be read is set aside; what stands in its block is read all the same.
        if broken {
            self.ast.set_aside.push(span);
            if !parts.iter().any(|part| matches!(part.value, PartKind::Block(_))) {
                return;
            }
        }
        if head.is_none() && bind.is_none() {
            if let Some(part) = parts.first() {
                self.report(headless(part));
            }
            return;
        }
        self.stmts.push(Stmt { doc: std::mem::take(doc), at, bind, head, parts, expects, span });
    }

    fn expectation(&mut self, pair: Pair<'_, Rule>) -> Option<Expectation> {
        let before = self.parts.len();
        let mut span: Option<Span> = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::arrow => span = Some(self.span(&inner)),
                Rule::comment => self.comment(&inner),
                _ => self.part(inner),
            }
        }
        let parts = self.parts.split_off(before);
        let arrow = span?;
        let span = parts.last().map_or(arrow, |part: &Part| arrow.to(part.span));
        Some(Expectation { parts, span })
    }

    fn part(&mut self, pair: Pair<'_, Rule>) {
        let span = self.span(&pair);
        let value = match pair.as_rule() {
            Rule::word => {
                let text = pair.as_str();
                Prep::named(text).map_or_else(|| PartKind::Word(text.into()), PartKind::Prep)
            }
            Rule::text => PartKind::Text(self.text(pair.as_str(), span)),
            Rule::raw => {
                let text = unquote(pair.as_str());
                if text.len() as u64 > self.longest {
                    self.too_long(span);
                }
                PartKind::Raw(text.into())
            }
            Rule::open_text => {
                let opening = Span { end: span.start + 1, ..span };
                let quote = pair.as_str().chars().next().unwrap_or('"');
                let diagnostic = Diagnostic::error(codes::UNCLOSED, opening, "this text is never closed")
                    .label(format!("expected a `{quote}` on the same line"));
                self.report(diagnostic);
                PartKind::Raw(pair.as_str().get(1..).unwrap_or("").into())
            }
            Rule::number => PartKind::Number(self.number(pair.as_str(), span)),
            Rule::time => PartKind::Time(self.duration(pair.as_str(), span)),
            Rule::range => match pair.as_str().split_once("..") {
                Some((low, high)) => {
                    PartKind::Range(Box::new((self.bound(low, span), self.bound(high, span))))
                }
                None => return,
            },
            Rule::sid => PartKind::Sid(pair.as_str().into()),
            Rule::guid => PartKind::Guid(pair.as_str().into()),
            Rule::op => PartKind::Op(match pair.as_str() {
                "==" => Op::Eq,
                "!=" => Op::Ne,
                "<" => Op::Lt,
                "<=" => Op::Le,
                ">" => Op::Gt,
                ">=" => Op::Ge,
                _ => Op::Assign,
            }),
            Rule::comma => {
                // What stands between it and the next part belongs to the rule alone.
                self.parts
                    .push(Spanned { value: PartKind::Comma, span: Span { end: span.start + 1, ..span } });
                return;
            }
            Rule::list => PartKind::List(self.group(pair, Rule::list_end, "list", "]")),
            Rule::flags => PartKind::Flags(self.group(pair, Rule::flags_end, "parenthesis", ")")),
            Rule::block => PartKind::Block(Block { stmts: self.statements(pair) }),
            Rule::when => {
                let condition = pair.into_inner().find(|inner| inner.as_rule() == Rule::condition);
                let Some(condition) = condition else { return };
                let place = self.span(&condition);
                let text = condition.as_str().trim_end();
                let place = Span { end: place.start + text.len() as u32, ..place };
                self.parts.push(Spanned { value: PartKind::Condition(text.to_owned()), span: place });
                return;
            }
            Rule::script => {
                let mut body = String::new();
                let mut closed = false;
                for inner in pair.into_inner() {
                    match inner.as_rule() {
                        Rule::script_body => inner.as_str().clone_into(&mut body),
                        Rule::close => closed = true,
                        _ => {}
                    }
                }
                if !closed {
                    self.unclosed(span, "script", "}");
                }
                PartKind::Script(body)
            }
            Rule::junk => {
                self.junk(pair.as_str(), span);
                return;
            }
            Rule::comment => {
                self.comment(&pair);
                return;
            }
            _ => return,
        };
        self.parts.push(Spanned { value, span });
    }

    fn junk(&mut self, text: &str, span: Span) {
        let first = text.chars().next().unwrap_or(' ');
        // What follows on the same line from a sign that was told, or from what is never closed, is no news.
        let told_here = self.diagnostics.last().is_some_and(|last| {
            let between = self.text.get(last.span.end as usize..span.start as usize);
            last.span.end > span.start
                || matches!(last.code, codes::SYNTAX | codes::UNCLOSED)
                    && between.is_some_and(|text| !text.contains(['\n', ';', '{', '}']))
        });
        if told_here {
            return;
        }
        let behind = self.text.get(span.end as usize..).unwrap_or("");
        let end = behind.find(|c: char| !(c.is_alphanumeric() || c == '.')).unwrap_or(behind.len());
        if let Some(bound) =
            behind.get(..end).filter(|bound| text == ".." && without_fraction(bound).is_some())
        {
            // The upper end of a range.
            return self.junk(bound, Span { start: span.end, end: span.end + bound.len() as u32, ..span });
        }
        let diagnostic = if first.is_ascii_digit() || first == '-' && text.len() > 1 {
            let neither = Diagnostic::error(
                codes::LITERAL,
                span,
                format!("`{text}` is neither a number nor a duration"),
            )
            .label("expected digits, or digits and a unit: ns, us, ms, s, m, h");
            match without_fraction(text) {
                Some(whole) => neither.help(format!("durations are whole numbers: write `{whole}`")),
                None => neither,
            }
        } else if matches!(first, '“' | '”' | '‘' | '’' | '„') {
            Diagnostic::error(codes::SYNTAX, span, "curly quotes are not quotes of the language")
                .label("expected `\"` or `'`")
        } else if first == '&' || first == '|' {
            let wrong = Diagnostic::error(codes::SYNTAX, span, format!("`{text}` means nothing here"));
            if text == "|" {
                wrong.label("expected a comma between rights, or `or` in a condition")
            } else {
                wrong
                    .label("expected `and` or `or` in a condition")
                    .help("two steps stand on two lines, or with `;` between them")
            }
        } else if text.starts_with("/*") || first == '#' {
            Diagnostic::error(codes::SYNTAX, span, format!("`{text}` begins no comment"))
                .label("a comment begins with `//` and ends with its line")
        } else if first == '/' {
            Diagnostic::error(codes::SYNTAX, span, "a path stands in quotes").label("expected `\"/…\"`")
        } else if first == '@' {
            Diagnostic::error(codes::SYNTAX, span, format!("`{text}` means nothing here"))
                .label("an attribute stands in a condition")
                .help("the condition of an entry begins with `when`")
        } else if first == ':' {
            Diagnostic::error(codes::SYNTAX, span, "`:` means nothing here")
                .label("expected a blank between a word and what belongs to it, as in `rid 1001`")
        } else if first.is_alphabetic() {
            Diagnostic::error(codes::SYNTAX, span, format!("`{text}` cannot stand in a name without quotes"))
                .label("names are made of `a` to `z`, `A` to `Z`, digits and `_`")
                .help("other letters stand in quotes, as in `user \"zoë\"`; some look like those of the alphabet and are others")
        } else if !first.is_ascii() && (first.is_control() || is_hidden(first)) {
            Diagnostic::error(
                codes::SYNTAX,
                span,
                format!("a character that cannot be seen stands here: U+{:04X}", u32::from(first)),
            )
            .label("take it out")
        } else if text == "-" {
            Diagnostic::error(codes::SYNTAX, span, "`-` means nothing here")
                .label("a name with a `-` in it stands in quotes, as in `user \"svc-backup\"`")
        } else {
            Diagnostic::error(codes::SYNTAX, span, format!("`{text}` means nothing here")).label("unexpected")
        };
        self.report(diagnostic);
    }

    /// The parts between brackets or parentheses.
    fn group(&mut self, pair: Pair<'_, Rule>, end: Rule, what: &str, closer: &str) -> Vec<Part> {
        let span = self.span(&pair);
        let before = self.parts.len();
        let mut closed = false;
        for inner in pair.into_inner() {
            if inner.as_rule() == end {
                closed = true;
            } else {
                self.part(inner);
            }
        }
        if !closed {
            self.unclosed(span, what, closer);
        }
        self.parts.split_off(before)
    }

    fn too_long(&mut self, span: Span) {
        let message = format!("a text holds at most {}", bytes(self.longest));
        self.report(Diagnostic::error(codes::TOO_LARGE, span, message).label("too long"));
    }

    fn number(&mut self, text: &str, span: Span) -> i128 {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let value = match digits.strip_prefix("0x") {
            Some(hex) => i128::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        // Twice 64 bits is more than any value of the language takes.
        match value {
            Ok(value) if value < 1 << 66 => sign * value,
            _ => {
                self.report(
                    Diagnostic::error(codes::LITERAL, span, "this number is too large")
                        .label("expected at most 64 bits"),
                );
                0
            }
        }
    }

    fn duration(&mut self, text: &str, span: Span) -> u64 {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text.get(digits.len()..).unwrap_or("");
        let size =
            sim_core::engine::time::UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
        let value = digits.parse::<u64>().ok().zip(size).and_then(|(number, size)| number.checked_mul(size));
        value.unwrap_or_else(|| {
            self.report(
                Diagnostic::error(codes::LITERAL, span, "this duration is too long")
                    .label("expected at most 2⁶⁴ nanoseconds, which are 584 years"),
            );
            0
        })
    }

    fn bound(&mut self, text: &str, span: Span) -> Bound {
        if text.ends_with(|c: char| c.is_ascii_alphabetic()) && !text.starts_with("0x") {
            Bound::Time(self.duration(text, span))
        } else {
            Bound::Number(self.number(text, span))
        }
    }

    /// The pieces of a `"…"`: escapes resolved, `{name}` kept apart.
    fn text(&mut self, quoted: &str, span: Span) -> Vec<TextPiece> {
        let inside = unquote(quoted);
        if inside.len() as u64 > self.longest {
            self.too_long(span);
            return Vec::new();
        }
        if memchr::memchr2(b'\\', b'{', inside.as_bytes()).is_none() {
            return vec![TextPiece::Literal(inside.into())];
        }
        let mut pieces = Vec::new();
        let mut literal = Word::default();
        let mut chars = inside.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let here = |from: usize, to: usize| Span {
                file: span.file,
                start: span.start + 1 + from as u32,
                end: span.start + 1 + to as u32,
            };
            match c {
                '\\' => {
                    let Some((_, escaped)) = chars.next() else { break };
                    match escaped {
                        'n' => literal.push('\n'),
                        't' => literal.push('\t'),
                        'r' => literal.push('\r'),
                        '0' => literal.push('\0'),
                        '\\' | '"' | '{' | '}' | '\'' => literal.push(escaped),
                        'u' => {
                            let rest = inside.get(at + 2..).unwrap_or("");
                            let found = rest
                                .strip_prefix('{')
                                .and_then(|rest| rest.split_once('}'))
                                .and_then(|(hex, _)| Some((hex.len(), u32::from_str_radix(hex, 16).ok()?)))
                                .and_then(|(length, code)| Some((length, char::from_u32(code)?)));
                            match found {
                                Some((length, c)) => {
                                    literal.push(c);
                                    for _ in 0..length + 2 {
                                        chars.next();
                                    }
                                }
                                None => self.report(
                                    Diagnostic::error(
                                        codes::LITERAL,
                                        here(at, at + 2),
                                        "this is no character",
                                    )
                                    .label("expected `\\u{` with up to six hex digits and `}`"),
                                ),
                            }
                        }
                        other => self.report(
                            Diagnostic::error(
                                codes::LITERAL,
                                here(at, at + 1 + other.len_utf8()),
                                format!("there is no escape `\\{other}`"),
                            )
                            .label("expected \\n, \\t, \\r, \\0, \\\\, \\\", \\{, \\} or \\u{…}")
                            .help("text in '…' is taken as it stands"),
                        ),
                    }
                }
                '{' => {
                    let rest = inside.get(at + 1..).unwrap_or("");
                    let name = rest.split('}').next().filter(|name| name.len() < rest.len());
                    match name {
                        Some(name) if is_name(name) => {
                            if !literal.is_empty() {
                                pieces.push(TextPiece::Literal(std::mem::take(&mut literal)));
                            }
                            let place = here(at + 1, at + 1 + name.len());
                            pieces.push(TextPiece::Hole(Spanned { value: name.into(), span: place }));
                            for _ in 0..name.chars().count() + 1 {
                                chars.next();
                            }
                        }
                        _ => self.report(
                            Diagnostic::error(codes::LITERAL, here(at, at + 1), "this brace opens nothing")
                                .label("expected a name and `}`")
                                .help("a brace that is meant as it stands is written `\\{`; text in '…' is taken as it stands"),
                        ),
                    }
                }
                c => literal.push(c),
            }
        }
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(TextPiece::Literal(literal));
        }
        pieces
    }
}

/// A duration with a fraction, such as `2.5ms`, as the language writes it: in the largest unit that leaves nothing over.
fn without_fraction(text: &str) -> Option<String> {
    let (whole, rest) = text.split_once('.')?;
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (_, size) =
        sim_core::engine::time::UNITS.iter().find(|(name, _)| rest.get(digits.len()..) == Some(*name))?;
    let fraction = digits.trim_end_matches('0');
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = number.checked_mul(u128::from(*size))?;
    let nanoseconds = scaled.is_multiple_of(scale).then_some(scaled / scale)?;
    let nanoseconds = u64::try_from(nanoseconds).ok()?;
    let (unit, size) =
        sim_core::engine::time::UNITS.iter().find(|(_, size)| nanoseconds.is_multiple_of(*size))?;
    Some(format!("{}{unit}", nanoseconds / size))
}

/// Whether a character is shown as nothing, or turns what stands around it.
fn is_hidden(c: char) -> bool {
    sim_core::text::escape(c.encode_utf8(&mut [0; 4])) != c.to_string()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{a0}')
}

/// The positions of parts that begin a statement behind the block of another one, without an end of the line between them.
fn run_together(parts: &[Part]) -> Vec<usize> {
    let behind = |pair: &[Part]| {
        matches!(pair, [Part { value: PartKind::Block(_), .. }, Part { value: PartKind::Word(_), .. }])
    };
    parts.windows(2).enumerate().filter(|(_, pair)| behind(pair)).map(|(n, _)| n + 1).collect()
}

/// Takes `at TIME` from the front of a statement.
fn take_time(parts: &mut [Part]) -> (Option<Spanned<u64>>, &mut [Part]) {
    let at = match parts {
        [Part { value: PartKind::Word(word), .. }, Part { value: PartKind::Time(time), span }, ..]
            if word == "at" =>
        {
            Some(Spanned { value: *time, span: *span })
        }
        _ => None,
    };
    let taken = if at.is_some() { 2 } else { 0 };
    (at, parts.get_mut(taken..).unwrap_or_default())
}

/// Takes `NAME =` from the front of a statement.
fn take_name(parts: &mut [Part]) -> (Option<Spanned<Name>>, &mut [Part]) {
    let [named, Part { value: PartKind::Op(Op::Assign), .. }, ..] = parts else { return (None, parts) };
    let (text, quoted) = match &mut named.value {
        PartKind::Word(word) if !word.contains('.') => (std::mem::take(word), false),
        PartKind::Prep(prep) => (prep.as_str().into(), false),
        PartKind::Raw(text) => (std::mem::take(text), true),
        PartKind::Text(pieces) => {
            let literal = pieces.iter().map(|piece| match piece {
                TextPiece::Literal(text) => text.as_str(),
                TextPiece::Hole(_) => "",
            });
            (literal.collect(), true)
        }
        _ => return (None, parts),
    };
    let name = Spanned { value: Name { text, quoted }, span: named.span };
    (Some(name), parts.get_mut(2..).unwrap_or_default())
}

/// Takes the head from the front of a statement; a condition or a script stands for its head and stays.
fn take_head(parts: &mut [Part]) -> (Option<Spanned<Word>>, &mut [Part]) {
    let Some(Part { value, span }) = parts.first_mut() else { return (None, parts) };
    let mut span = *span;
    let (value, taken) = match value {
        PartKind::Word(word) => (std::mem::take(word), 1),
        PartKind::Prep(prep @ (Prep::If | Prep::For)) => (prep.as_str().into(), 1),
        // `when …` as a statement of its own: a rule's condition.
        PartKind::Condition(_) => ("when".into(), 0),
        PartKind::Script(_) => {
            span.end = span.start + "script".len() as u32;
            ("script".into(), 0)
        }
        _ => return (None, parts),
    };
    (Some(Spanned { value, span }), parts.get_mut(taken..).unwrap_or_default())
}

/// What is wrong with a statement that has neither a head nor a value: `at 5ms` or `name =` with nothing behind them, or an
/// expectation alone.
fn nothing_behind(
    bind: &Option<Spanned<Name>>,
    at: Option<Spanned<u64>>,
    expects: &[Expectation],
    span: Span,
    broken: bool,
) -> Option<Diagnostic> {
    let (span, what) = match (bind, at) {
        (Some(bind), _) if !broken => (bind.span, format!("`{} =` names nothing", bind.value.text)),
        (None, Some(at)) if !broken => (at.span, "nothing is to happen at this instant".to_owned()),
        _ if expects.is_empty() => return None,
        _ => {
            let diagnostic = Diagnostic::error(codes::SYNTAX, span, "`=>` says what must come of a step");
            return Some(diagnostic.label("there is no step before it"));
        }
    };
    Some(Diagnostic::error(codes::ARGUMENT, span, what).label("expected a step or a value behind it"))
}

/// A statement that begins with something else than a word.
fn headless(part: &Part) -> Diagnostic {
    let (message, label) = match part.value {
        PartKind::Prep(Prep::Else) => {
            ("this `else` belongs to no `if`", "stands on the line of the `}` before it")
        }
        PartKind::Block(_) => {
            ("this block belongs to no statement", "stands on the line of the statement that it belongs to")
        }
        _ => ("a statement begins with a word", "expected a declaration, a property or a step"),
    };
    let span = match part.value {
        PartKind::Block(_) => Span { end: part.span.start + 1, ..part.span },
        _ => part.span,
    };
    Diagnostic::error(codes::SYNTAX, span, message).label(label)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The inside of a quoted text.
fn unquote(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("")
}
