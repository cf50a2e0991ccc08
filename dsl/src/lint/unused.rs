//! Doubts about declarations that nothing names.
//!
//! A name counts as used wherever it stands once more, as a word or in quotes, in a condition or in a script, so that a
//! construct which this does not know cannot make it cry wolf. Names that are made (`"user{n}"`) are declared in bulk and
//! not looked at, nor is what stands in files that are used.

use std::collections::BTreeSet;

use crate::ast::{FileId, Part, PartKind, Span, Stmt, TextPiece};
use crate::codes;
use crate::diag::Diagnostic;

/// Declarations that are there to be named.
const KINDS: [&str; 9] = ["user", "group", "app", "machine", "policy", "let", "rights", "param", "procedure"];

/// What a file declares and nothing in the scenario names. `stmts` are those of all files, before anything is put in.
pub(crate) fn unused(stmts: &[Stmt], file: FileId) -> Vec<Diagnostic> {
    if stmts.iter().any(|stmt| stmt.parts.iter().any(|part| matches!(part.value, PartKind::Script(_)))) {
        // A script builds names as it likes.
        return Vec::new();
    }
    let here = stmts.iter().filter_map(declared).filter(|(.., span)| span.file == file);
    let mut unnamed: BTreeSet<&str> = here.clone().map(|(_, name, _)| name).collect();
    for stmt in stmts {
        match declared(stmt) {
            Some(_) => seen_in(stmt.parts.get(1..).unwrap_or_default(), &mut unnamed),
            None => seen(stmt, &mut unnamed),
        }
    }
    let left = here.filter(|(_, name, _)| unnamed.contains(name));
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

/// Takes what a statement names from `unnamed`.
fn seen(stmt: &Stmt, unnamed: &mut BTreeSet<&str>) {
    if let Some(head) = &stmt.head
        && stmt.bind.is_some()
    {
        // `name = word`: what looks like a head is a value.
        unnamed.remove(head.value.as_str());
    }
    seen_in(&stmt.parts, unnamed);
    stmt.expects.iter().for_each(|expectation| seen_in(&expectation.parts, unnamed));
}

fn seen_in(parts: &[Part], unnamed: &mut BTreeSet<&str>) {
    if unnamed.is_empty() {
        return;
    }
    for part in parts {
        match &part.value {
            PartKind::Word(word) => word.split('.').for_each(|name| {
                unnamed.remove(name);
            }),
            PartKind::Raw(text) => {
                unnamed.remove(text.as_str());
            }
            PartKind::Text(pieces) => pieces.iter().for_each(|piece| {
                unnamed.remove(match piece {
                    TextPiece::Literal(text) => text.as_str(),
                    TextPiece::Hole(name) => name.value.as_str(),
                });
            }),
            PartKind::Condition(text) | PartKind::Script(text) => {
                text.split(|c: char| !(c.is_alphanumeric() || c == '_')).for_each(|name| {
                    unnamed.remove(name);
                });
            }
            PartKind::List(parts) | PartKind::Flags(parts) => seen_in(parts, unnamed),
            PartKind::Block(block) => block.stmts.iter().for_each(|stmt| seen(stmt, unnamed)),
            _ => {}
        }
    }
}
