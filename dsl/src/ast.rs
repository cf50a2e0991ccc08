//! The tree of a `.scn` file: every statement has one shape, so there is one kind of node for statements and a
//! flat list of parts in each. What a head means and which parts it takes is not known here: the tables in
//! `steps` and `declare` say so, and `resolve` reads them.
//!
//! Nothing here refers to pest: positions are byte offsets into the source of one file.

use std::fmt;

/// A word or text of the source. Most are short, and a short one needs no room of its own.
pub type Word = compact_str::CompactString;

/// Which file of a scenario a [`Span`] lies in: an index into [`crate::source::Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u16);

/// A half-open range of byte offsets in one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both, which must lie in one file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span right behind this one: where something is missing.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// Something with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The thing.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// One parsed file.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// The top-level statements, in order.
    pub stmts: Vec<Stmt>,
    /// Every `//` comment (not `///`), in order: a formatter puts them back by position.
    pub comments: Vec<Comment>,
    /// Statements that were set aside because they cannot be read: what they would have declared is not missing.
    pub set_aside: Vec<Span>,
    /// Blocks that are never closed: they hold what was meant to stand behind them.
    pub unclosed: Vec<Span>,
}

/// An ordinary comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text with its `//`, without blanks at the end.
    pub text: String,
    /// Its place.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// `[name =] head parts… [=> expectation]…`
#[derive(Clone, Debug)]
pub struct Stmt {
    /// The `///` lines right above, without the slashes and one leading blank.
    pub doc: Vec<Spanned<String>>,
    /// The time of `at TIME STATEMENT`.
    pub at: Option<Spanned<u64>>,
    /// The name left of `=`.
    pub bind: Option<Spanned<Name>>,
    /// The first word; missing in `name = value` properties such as claims.
    pub head: Option<Spanned<Word>>,
    /// Everything behind the head, in order.
    pub parts: Vec<Part>,
    /// What must come of it.
    pub expects: Vec<Expectation>,
    /// From the first token to the last.
    pub span: Span,
}

/// The name left of `=`: a word, or quoted text such as a value name of a registry key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The text.
    pub text: Word,
    /// Whether it stood in quotes.
    pub quoted: bool,
}

/// `=> …`
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The parts behind `=>`.
    pub parts: Vec<Part>,
    /// From `=>` to the last part.
    pub span: Span,
}

/// One part of a statement, with its place.
pub type Part = Spanned<PartKind>;

/// `{ … }`
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The statements inside.
    pub stmts: Vec<Stmt>,
}

/// What a part is.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// A word, dotted words included: `alice`, `fileserver.files`, `FILE_READ_DATA`.
    Word(Word),
    /// `"…"` with its pieces: escapes are resolved, `{name}` is kept apart.
    Text(Vec<TextPiece>),
    /// `'…'`, taken as it stands.
    Raw(Word),
    /// A whole number, decimal or `0x`; the language has no others.
    Number(i128),
    /// A duration in nanoseconds: `5ms`.
    Time(u64),
    /// `2..4`: both ends belong to it.
    Range(Box<(Bound, Bound)>),
    /// `S-1-…`
    Sid(Word),
    /// `8-4-4-4-12` hex digits.
    Guid(Word),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `=`.
    Op(Op),
    /// A joining word.
    Prep(Prep),
    /// `,`
    Comma,
    /// `[ … ]`
    List(Vec<Part>),
    /// `( … )`: the flags of the statement.
    Flags(Vec<Part>),
    /// `{ … }`
    Block(Block),
    /// The text behind `when`, up to the end of the statement.
    Condition(String),
    /// The text between the braces of `script { … }`.
    Script(String),
}

/// A piece of a `"…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPiece {
    /// Characters, escapes resolved.
    Literal(Word),
    /// `{name}`
    Hole(Spanned<Word>),
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A number.
    Number(i128),
    /// Nanoseconds.
    Time(u64),
}

/// The comparison signs, and `=` where it is not the binding one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Assign,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// The joining words: the only reserved ones of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prep {
    /// `for`
    For,
    /// `as`
    As,
    /// `with`
    With,
    /// `level`
    Level,
    /// `intent`
    Intent,
    /// `to`
    To,
    /// `by`
    By,
    /// `on`
    On,
    /// `in`
    In,
    /// `if`
    If,
    /// `unless`
    Unless,
    /// `else`
    Else,
}

impl Prep {
    /// Every joining word but `when`, whose text is a [`PartKind::Condition`].
    pub const ALL: [(Prep, &'static str); 12] = [
        (Prep::For, "for"),
        (Prep::As, "as"),
        (Prep::With, "with"),
        (Prep::Level, "level"),
        (Prep::Intent, "intent"),
        (Prep::To, "to"),
        (Prep::By, "by"),
        (Prep::On, "on"),
        (Prep::In, "in"),
        (Prep::If, "if"),
        (Prep::Unless, "unless"),
        (Prep::Else, "else"),
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Prep::ALL[self as usize].1
    }

    /// The joining word that a text is.
    pub(crate) fn named(text: &str) -> Option<Prep> {
        // Most words are longer than the longest of these.
        const LONGEST: usize = {
            let (mut longest, mut n) = (0, 0);
            while n < Prep::ALL.len() {
                let length = Prep::ALL[n].1.len();
                longest = if length > longest { length } else { longest };
                n += 1;
            }
            longest
        };
        let found = |(_, word): &&(Prep, &str)| *word == text;
        (text.len() <= LONGEST).then(|| Prep::ALL.iter().find(found)).flatten().map(|(prep, _)| *prep)
    }
}
