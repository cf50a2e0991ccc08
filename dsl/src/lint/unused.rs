//! Doubts about declarations that nothing names.
//!
//! A name counts as used wherever it stands once more, as a word or in quotes, in a condition or in a script, so that a
//! construct which this does not know cannot make it cry wolf. Names that are made (`"user{n}"`) are declared in bulk and
//! not looked at, nor is what stands in files that are used.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::ast::{FileId, Part, PartKind, Span, Stmt, TextPiece};
use crate::codes;
use crate::diag::Diagnostic;

/// Declared names, and whether something names them.
struct Declared<'a> {
    names: IndexMap<&'a str, bool, FxBuildHasher>,
    /// How many nothing has named so far.
    left: usize,
}

impl Declared<'_> {
    fn mark(&mut self, name: &str) {
        if let Some(named) = self.names.get_mut(name)
            && !std::mem::replace(named, true)
        {
            self.left -= 1;
        }
    }
}

/// Declarations that are there to be named.
const KINDS: [&str; 9] = ["user", "group", "app", "machine", "policy", "let", "rights", "param", "procedure"];

/// What a file declares and nothing in the scenario names. `stmts` are those of all files, before anything is put in.
pub(crate) fn unused(stmts: &[Stmt], file: FileId) -> Vec<Diagnostic> {
    if stmts.iter().any(|stmt| stmt.parts.iter().any(|part| matches!(part.value, PartKind::Script(_)))) {
        // A script builds names as it likes.
        return Vec::new();
    }
    let here: Vec<_> = stmts.iter().filter_map(declared).filter(|(.., span)| span.file == file).collect();
    let names: IndexMap<&str, bool, FxBuildHasher> = here.iter().map(|(_, name, _)| (*name, false)).collect();
    let mut known = Declared { left: names.len(), names };
    for stmt in stmts {
        match declared(stmt) {
            Some(_) => seen_in(stmt.parts.get(1..).unwrap_or_default(), &mut known),
            None => seen(stmt, &mut known),
        }
    }
    let left = here.into_iter().filter(|(_, name, _)| known.names.get(name) == Some(&false));
    left.map(|(kind, name, span)| {
        Diagnostic::warning(codes::UNUSED, span, format!("the {} `{name}` is never used", words(kind)))
            .label("nothing names it")
    })
    .collect()
}

/// The kind, the name and its place, if this declares something that is there to be named.
fn declared(stmt: &Stmt) -> Option<(&'static str, &str, Span)> {
    let head = stmt.head.as_ref()?;
    let kind = KINDS.iter().find(|kind| **kind == head.value)?;
    match stmt.parts.first() {
        Some(Part { value: PartKind::Word(name), span }) => Some((kind, name, *span)),
        _ => None,
    }
}

fn words(kind: &str) -> &str {
    match kind {
        "let" => "value",
        "rights" => "set of rights",
        "param" => "parameter",
        kind => kind,
    }
}

/// Marks what a statement names.
fn seen(stmt: &Stmt, known: &mut Declared<'_>) {
    if let Some(head) = &stmt.head
        && stmt.bind.is_some()
    {
        // `name = word`: what looks like a head is a value.
        known.mark(&head.value);
    }
    seen_in(&stmt.parts, known);
    stmt.expects.iter().for_each(|expectation| seen_in(&expectation.parts, known));
}

fn seen_in(parts: &[Part], known: &mut Declared<'_>) {
    if known.left == 0 {
        return;
    }
    for part in parts {
        match &part.value {
            // Few have a dot, and looking for one costs less than taking a word apart.
            PartKind::Word(word) if !word.bytes().any(|byte| byte == b'.') => known.mark(word),
            PartKind::Word(word) => word.split('.').for_each(|name| known.mark(name)),
            PartKind::Raw(text) => known.mark(text),
            PartKind::Text(pieces) => pieces.iter().for_each(|piece| match piece {
                TextPiece::Literal(text) => known.mark(text),
                TextPiece::Hole(name) => known.mark(&name.value),
            }),
            PartKind::Condition(text) | PartKind::Script(text) => {
                let names = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                names.for_each(|name| known.mark(name));
            }
            PartKind::List(parts) | PartKind::Flags(parts) => seen_in(parts, known),
            PartKind::Block(block) => block.stmts.iter().for_each(|stmt| seen(stmt, known)),
            _ => {}
        }
    }
}
