//! A text as the formatter sees it: statements, their parts as they are written, comments at their places, and where the
//! author went to a new line. [`crate::ast`] has the meaning and not the layout; here it is the other way round.

use pest::Parser;
use pest::iterators::Pair;

use crate::parse::{Grammar, Rule};

/// The statements of a file or block, with what stands between them.
#[derive(Default)]
pub(super) struct Body<'t> {
    pub(super) entries: Vec<Entry<'t>>,
    /// Its width on one line with its braces; none where it cannot stand on one line, or the author did not want it.
    pub(super) width: Option<usize>,
}

/// Something on lines of its own.
pub(super) struct Entry<'t> {
    pub(super) what: What<'t>,
    /// Whether a blank line sets it apart from what is above.
    pub(super) apart: bool,
}

pub(super) enum What<'t> {
    /// `/// …`, without the slashes.
    Title(&'t str),
    /// `// …`, and whether it stands behind something on the same line.
    Comment(&'t str, bool),
    Statement(Statement<'t>),
}

/// `[at TIME] [NAME =] parts… [=> parts…]…`
#[derive(Default)]
pub(super) struct Statement<'t> {
    pub(super) said: Sequence<'t>,
    pub(super) expects: Vec<Expect<'t>>,
    /// Its width on one line, without a comment behind it; none where it cannot stand on one line.
    pub(super) width: Option<usize>,
}

/// `=> …`
pub(super) struct Expect<'t> {
    /// The comments on the lines above it.
    pub(super) above: Vec<&'t str>,
    pub(super) said: Sequence<'t>,
}

/// Parts in order, and the comment behind them.
#[derive(Default)]
pub(super) struct Sequence<'t> {
    pub(super) parts: Vec<Piece<'t>>,
    pub(super) comment: Option<&'t str>,
    /// The width of the parts on one line.
    pub(super) width: Option<usize>,
}

/// A part of a statement.
pub(super) enum Piece<'t> {
    /// As it is written.
    Token(&'t str),
    /// `when …`, with the text behind the word.
    When(&'t str),
    Comma,
    /// A comment between parts, and whether it has its line for itself.
    Comment(&'t str, bool),
    /// `[ … ]` or `( … )`.
    Group(Group<'t>),
    Block(Body<'t>),
}

pub(super) struct Group<'t> {
    pub(super) brackets: (&'static str, &'static str),
    pub(super) said: Sequence<'t>,
    /// Whether each element stands on a line of its own.
    pub(super) spread: bool,
}

impl Piece<'_> {
    /// The width on one line.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Piece::Token(text) => one_line(text),
            Piece::When("") => Some(4),
            Piece::When(text) => Some(one_line(text)? + 5),
            Piece::Comma => Some(1),
            Piece::Comment(..) => None,
            Piece::Group(group) if group.spread => None,
            Piece::Group(group) => Some(group.said.width? + 2),
            Piece::Block(body) => body.width,
        }
    }
}

/// Whether a blank stands between two parts.
pub(super) fn blank(before: Option<&Piece<'_>>, next: &Piece<'_>) -> bool {
    before.is_some() && !matches!(next, Piece::Comma)
}

fn one_line(text: &str) -> Option<usize> {
    (!text.contains('\n')).then(|| text.chars().count())
}

/// What a `///` line says.
pub(super) fn title(line: &str) -> &str {
    let text = line.strip_prefix("///").unwrap_or(line).trim_end();
    text.strip_prefix(' ').unwrap_or(text)
}

/// Reads a text that parses without a mistake.
pub(super) fn read(text: &str) -> Option<Body<'_>> {
    let file = Grammar::parse(Rule::file, text).ok()?.next()?;
    Some(Reader { text }.body(file, 0))
}

struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn between(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    /// Whether nothing but blanks stands before this place on its line.
    fn begins_line(&self, at: usize) -> bool {
        let before = self.between(0, at);
        let line = before.rsplit('\n').next().unwrap_or("");
        line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty()
    }

    /// The statements of a file, or of a block whose brace ends at `start`.
    fn body(&self, parent: Pair<'t, Rule>, start: usize) -> Body<'t> {
        let mut body = Body::default();
        let (mut end, mut spread) = (start, false);
        let mut width = Some(0);
        let mut behind = Vec::new();
        for pair in parent.into_inner() {
            let span = pair.as_span();
            let gap = self.between(end, span.start());
            spread |= gap.contains('\n');
            let apart = !body.entries.is_empty() && gap.matches('\n').count() > 1;
            let what = match pair.as_rule() {
                Rule::doc => What::Title(title(pair.as_str())),
                Rule::comment => {
                    // At the begin of a file there is nothing that it could stand behind.
                    let begins_file = start == 0 && body.entries.is_empty();
                    let behind = !gap.contains('\n') && !begins_file && !self.begins_line(span.start());
                    What::Comment(pair.as_str().trim_end(), behind)
                }
                Rule::item => What::Statement(self.statement(pair, &mut behind)),
                _ => continue,
            };
            end = span.end();
            width = match &what {
                What::Statement(statement) if statement.comment().is_none() && behind.is_empty() => {
                    width.zip(statement.width).map(|(sum, width)| sum + width + 2)
                }
                _ => None,
            };
            body.entries.push(Entry { what, apart });
            let behind = behind.drain(..).map(|(text, own_line)| What::Comment(text, !own_line));
            body.entries.extend(behind.map(|what| Entry { what, apart: false }));
        }
        // `{ ` and ` }`, and one `; ` less than there are statements.
        body.width = match body.entries.as_slice() {
            [] => Some(3),
            _ => width.filter(|_| !spread).map(|width| width + 2),
        };
        body
    }

    /// A statement. The comments behind a comma at its end, which may take several lines, go to `behind`.
    fn statement(&self, item: Pair<'t, Rule>, behind: &mut Vec<(&'t str, bool)>) -> Statement<'t> {
        let mut statement = Statement::default();
        for pair in item.into_inner() {
            match pair.as_rule() {
                Rule::expect => statement.expects.push(self.expect(pair)),
                _ => {
                    let said =
                        statement.expects.last_mut().map_or(&mut statement.said, |last| &mut last.said);
                    self.piece(pair, &mut said.parts);
                }
            }
        }
        let last = statement.expects.last_mut().map_or(&mut statement.said, |last| &mut last.said);
        let comments = last.parts.iter().rev().take_while(|part| matches!(part, Piece::Comment(..))).count();
        let rest = last.parts.len() - comments;
        if comments > 0 && matches!(last.parts.get(rest.wrapping_sub(1)), Some(Piece::Comma)) {
            let taken = last.parts.drain(rest..).filter_map(|part| match part {
                Piece::Comment(text, own_line) => Some((text, own_line)),
                _ => None,
            });
            behind.extend(taken);
        }
        statement.said.finish();
        let mut width = statement.said.width;
        for expect in &mut statement.expects {
            expect.said.finish();
            width = width.zip(expect.said.width).map(|(sum, width)| sum + 1 + width);
            width = width.filter(|_| expect.above.is_empty());
        }
        // A comment ends its line, so what follows one stands on another.
        let said =
            std::iter::once(&statement.said).chain(statement.expects.iter().map(|expect| &expect.said));
        let inside =
            said.filter(|said| said.comment.is_some()).count() > usize::from(statement.comment().is_some());
        statement.width = width.filter(|_| !inside && statement.expects.len() < 2);
        statement
    }

    fn expect(&self, pair: Pair<'t, Rule>) -> Expect<'t> {
        let mut expect = Expect { above: Vec::new(), said: Sequence::default() };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::comment if expect.said.parts.is_empty() => {
                    expect.above.push(inner.as_str().trim_end());
                }
                _ => self.piece(inner, &mut expect.said.parts),
            }
        }
        expect
    }

    fn piece(&self, pair: Pair<'t, Rule>, parts: &mut Vec<Piece<'t>>) {
        let span = pair.as_span();
        match pair.as_rule() {
            Rule::comment => {
                parts.push(Piece::Comment(pair.as_str().trim_end(), self.begins_line(span.start())));
            }
            Rule::comma => {
                // `,` belongs behind what it follows, also where a comment was written between the two. What is behind it
                // up to the next part is in the pair as well.
                let mut at = parts.len();
                while at > 0 && matches!(parts.get(at - 1), Some(Piece::Comment(..))) {
                    at -= 1;
                }
                parts.insert(at, Piece::Comma);
                for inner in pair.into_inner() {
                    self.piece(inner, parts);
                }
            }
            Rule::when => {
                let mut text = "";
                let mut behind = Vec::new();
                for inner in pair.into_inner() {
                    match inner.as_rule() {
                        Rule::condition => text = inner.as_str().trim_end(),
                        Rule::comment => self.piece(inner, &mut behind),
                        _ => {}
                    }
                }
                parts.push(Piece::When(text));
                parts.append(&mut behind);
            }
            Rule::script => {
                parts.push(Piece::Token("script"));
                let whole = pair.as_str();
                parts.push(Piece::Token(whole.find('{').and_then(|at| whole.get(at..)).unwrap_or("")));
            }
            Rule::list => parts.push(self.group(pair, ("[", "]"))),
            Rule::flags => parts.push(self.group(pair, ("(", ")"))),
            Rule::block => parts.push(Piece::Block(self.body(pair, span.start() + 1))),
            Rule::list_end | Rule::flags_end | Rule::close => {}
            _ => parts.push(Piece::Token(pair.as_str())),
        }
    }

    fn group(&self, pair: Pair<'t, Rule>, brackets: (&'static str, &'static str)) -> Piece<'t> {
        let start = pair.as_span().start() + 1;
        let mut said = Sequence::default();
        let mut first = None;
        for inner in pair.into_inner() {
            first.get_or_insert(inner.as_span().start());
            self.piece(inner, &mut said.parts);
        }
        said.measure();
        let new_line = self.between(start, first.unwrap_or(start)).contains('\n');
        let commented = said.parts.iter().any(|part| matches!(part, Piece::Comment(..)));
        let spread = !said.parts.is_empty() && (commented || new_line && brackets.0 == "[");
        Piece::Group(Group { brackets, said, spread })
    }
}

impl<'t> Statement<'t> {
    /// The comment behind it.
    pub(super) fn comment(&self) -> Option<&'t str> {
        self.expects.last().map_or(self.said.comment, |last| last.said.comment)
    }

    /// Whether it ends in a comma: then its end must be said, as the next line would belong to it.
    pub(super) fn ends_open(&self) -> bool {
        let last = self.expects.last().map_or(&self.said, |last| &last.said);
        matches!(last.parts.last(), Some(Piece::Comma))
    }
}

impl Sequence<'_> {
    /// Takes the comment at the end apart, and measures the rest.
    fn finish(&mut self) {
        if let Some(Piece::Comment(text, _)) = self.parts.last() {
            self.comment = Some(text);
            self.parts.pop();
        }
        self.measure();
    }

    fn measure(&mut self) {
        let mut before = None;
        let mut sum = Some(0);
        for part in &self.parts {
            let width = part.width().map(|width| width + usize::from(blank(before, part)));
            sum = sum.zip(width).map(|(sum, width)| sum + width);
            before = Some(part);
        }
        self.width = sum;
    }
}
