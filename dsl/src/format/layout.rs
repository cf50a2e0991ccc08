//! Puts the tree on lines. Every choice depends on what is written and on where the author began a new line, and leaves
//! both as it found them, so that formatting twice is formatting once.

use super::tree::{Body, Expect, Group, Piece, Sequence, Statement, What, blank};
use super::{INDENT, WIDTH};

/// The whole file.
pub(super) fn file(body: &Body<'_>) -> String {
    let mut page = Page { out: String::new(), column: 0 };
    page.entries(body, 0);
    if !page.out.is_empty() {
        page.out.push('\n');
    }
    page.out
}

struct Page {
    out: String,
    /// How many characters stand on the last line.
    column: usize,
}

impl Page {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    /// Begins a line, unless nothing was written yet.
    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn comment_behind(&mut self, text: &str) {
        self.put("  ");
        self.put(text);
    }

    fn entries(&mut self, body: &Body<'_>, indent: usize) {
        for entry in &body.entries {
            if let What::Comment(text, true) = entry.what {
                self.comment_behind(text);
                continue;
            }
            if entry.apart {
                self.out.push('\n');
            }
            self.line(indent);
            match &entry.what {
                What::Title("") => self.put("///"),
                What::Title(text) => {
                    self.put("/// ");
                    self.put(text);
                }
                What::Comment(text, _) => self.put(text),
                What::Statement(statement) => self.statement(statement, indent),
            }
        }
    }

    /// Whether something this wide still fits on the line.
    fn fits(&self, width: Option<usize>) -> bool {
        width.is_some_and(|width| self.column + width <= WIDTH)
    }

    fn statement(&mut self, statement: &Statement<'_>, indent: usize) {
        let end = if statement.ends_open() { ";" } else { "" };
        if self.fits(statement.width) {
            self.flat_statement(statement);
        } else {
            self.sequence(&statement.said, indent);
            self.expects(statement, indent);
        }
        self.put(end);
        if let Some(text) = statement.comment() {
            self.comment_behind(text);
        }
    }

    /// What must come of a statement: behind it where that fits and is alone, else each on a line of its own.
    fn expects(&mut self, statement: &Statement<'_>, indent: usize) {
        let count = statement.expects.len();
        let mut above = statement.said.comment;
        for (n, expect) in statement.expects.iter().enumerate() {
            if let Some(text) = above {
                self.comment_behind(text);
            }
            let width = expect.said.width.map(|width| width + 1);
            if count == 1 && above.is_none() && expect.above.is_empty() && self.fits(width) {
                self.put(" ");
            } else {
                self.expect_lines(expect, indent + INDENT);
            }
            self.sequence(&expect.said, indent + INDENT);
            above = expect.said.comment.filter(|_| n + 1 < count);
        }
    }

    fn expect_lines(&mut self, expect: &Expect<'_>, indent: usize) {
        for text in &expect.above {
            self.line(indent);
            self.put(text);
        }
        self.line(indent);
    }

    /// Parts in order, without the comment behind them: on one line, or broken where they can be.
    fn sequence(&mut self, sequence: &Sequence<'_>, indent: usize) {
        if self.fits(sequence.width) {
            self.flat(sequence);
        } else {
            self.broken(sequence, indent);
        }
    }

    /// Blocks are spread; what is too long goes on in the next line behind a comma, and so does what follows a comment.
    fn broken(&mut self, sequence: &Sequence<'_>, indent: usize) {
        let further = indent + 2 * INDENT;
        let mut before: Option<&Piece<'_>> = None;
        for (n, part) in sequence.parts.iter().enumerate() {
            let rest = sequence.parts.get(n..).unwrap_or(&[]);
            match (before, part) {
                (Some(Piece::Comment(..)), _) | (_, Piece::Comment(_, true)) => self.line(further),
                (_, Piece::Comment(_, false)) => self.put("  "),
                (Some(Piece::Comma), _) if !self.fits(Some(1 + up_to_comma(rest))) => self.line(further),
                _ if blank(before, part) => self.put(" "),
                _ => {}
            }
            match part {
                Piece::Block(body) if !body.entries.is_empty() => self.block(body, indent),
                Piece::Group(group) => self.group(group, indent),
                part => self.piece(part),
            }
            before = Some(part);
        }
    }

    fn block(&mut self, body: &Body<'_>, indent: usize) {
        self.put("{");
        self.entries(body, indent + INDENT);
        self.line(indent);
        self.put("}");
    }

    fn group(&mut self, group: &Group<'_>, indent: usize) {
        let (open, close) = group.brackets;
        self.put(open);
        if group.spread {
            self.elements(&group.said, indent + INDENT);
            self.line(indent);
        } else {
            let whole = group.said.width.map(|width| width + 1);
            if self.fits(whole) { self.flat(&group.said) } else { self.broken(&group.said, indent) }
        }
        self.put(close);
    }

    /// The elements of a list, each on its line.
    fn elements(&mut self, sequence: &Sequence<'_>, indent: usize) {
        let mut begin = true;
        let mut before: Option<&Piece<'_>> = None;
        for part in &sequence.parts {
            match part {
                Piece::Comment(text, false) => self.comment_behind(text),
                Piece::Comment(text, true) => {
                    self.line(indent);
                    self.put(text);
                }
                part => {
                    if begin {
                        self.line(indent);
                    } else if blank(before, part) {
                        self.put(" ");
                    }
                    match part {
                        Piece::Block(body) if !body.entries.is_empty() && !self.fits(body.width) => {
                            self.block(body, indent);
                        }
                        Piece::Group(group) => self.group(group, indent),
                        part => self.piece(part),
                    }
                }
            }
            begin = matches!(part, Piece::Comma | Piece::Comment(..));
            before = Some(part);
        }
    }

    fn flat_statement(&mut self, statement: &Statement<'_>) {
        self.flat(&statement.said);
        for expect in &statement.expects {
            self.put(" ");
            self.flat(&expect.said);
        }
    }

    fn flat(&mut self, sequence: &Sequence<'_>) {
        let mut before = None;
        for part in &sequence.parts {
            if blank(before, part) {
                self.put(" ");
            }
            self.piece(part);
            before = Some(part);
        }
    }

    /// A part on one line, or one that cannot be broken.
    fn piece(&mut self, part: &Piece<'_>) {
        match part {
            Piece::Token(text) | Piece::Comment(text, _) => self.put(text),
            Piece::When("") => self.put("when"),
            Piece::When(text) => {
                self.put("when ");
                self.put(text);
            }
            Piece::Comma => self.put(","),
            Piece::Group(group) => {
                self.put(group.brackets.0);
                self.flat(&group.said);
                self.put(group.brackets.1);
            }
            Piece::Block(body) if body.entries.is_empty() => self.put("{ }"),
            Piece::Block(body) => {
                let mut before = "{ ";
                for entry in &body.entries {
                    if let What::Statement(statement) = &entry.what {
                        self.put(before);
                        self.flat_statement(statement);
                        before = "; ";
                    }
                }
                self.put(" }");
            }
        }
    }
}

/// How wide the parts up to the next comma are, or up to where they can be broken.
fn up_to_comma(parts: &[Piece<'_>]) -> usize {
    let mut sum = 0;
    let mut before = None;
    for part in parts {
        sum += usize::from(blank(before, part));
        match part {
            Piece::Comma => return sum + 1,
            Piece::Block(_) => return sum + 1,
            part => match part.width() {
                Some(width) if width <= WIDTH / 2 || !matches!(part, Piece::Group(_)) => sum += width,
                _ => return sum + 1,
            },
        }
        before = Some(part);
    }
    sum
}
