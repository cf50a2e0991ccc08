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
    let mut declared: Vec<(&str, &str, Span)> = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for stmt in stmts {
        let head = stmt.head.as_ref().map_or("", |head| head.value.as_str());
        if stmt.parts.iter().any(|part| matches!(part.value, PartKind::Script(_))) {
            // A script builds names as it likes.
            return Vec::new();
        }
        match (KINDS.iter().find(|kind| **kind == head), stmt.parts.split_first()) {
            (Some(kind), Some((Part { value: PartKind::Word(name), span }, rest))) => {
                if span.file == file {
                    declared.push((*kind, name.as_str(), *span));
                }
                names_in(rest, &mut used);
            }
            _ => names_of(stmt, &mut used),
        }
    }
    let left = declared.into_iter().filter(|(_, name, _)| !used.contains(name));
    left.map(|(kind, name, span)| {
        Diagnostic::warning(codes::UNUSED, span, format!("the {} `{name}` is never used", words(kind)))
            .label("nothing names it")
    })
    .collect()
}

fn words(kind: &str) -> &str {
    match kind {
        "let" => "value",
        "rights" => "set of rights",
        "param" => "parameter",
        kind => kind,
    }
}

fn names_of<'s>(stmt: &'s Stmt, used: &mut BTreeSet<&'s str>) {
    if let Some(head) = &stmt.head
        && stmt.bind.is_some()
    {
        // `name = word`: what looks like a head is a value.
        used.insert(&head.value);
    }
    names_in(&stmt.parts, used);
    stmt.expects.iter().for_each(|expectation| names_in(&expectation.parts, used));
}

fn names_in<'s>(parts: &'s [Part], used: &mut BTreeSet<&'s str>) {
    for part in parts {
        match &part.value {
            PartKind::Word(word) => {
                used.insert(word);
                used.extend(word.split('.'));
            }
            PartKind::Raw(text) => {
                used.insert(text);
            }
            PartKind::Text(pieces) => used.extend(pieces.iter().map(|piece| match piece {
                TextPiece::Literal(text) => text.as_str(),
                TextPiece::Hole(name) => name.value.as_str(),
            })),
            PartKind::Condition(text) | PartKind::Script(text) => {
                used.extend(text.split(|c: char| !(c.is_alphanumeric() || c == '_')));
            }
            PartKind::List(parts) | PartKind::Flags(parts) => names_in(parts, used),
            PartKind::Block(block) => block.stmts.iter().for_each(|stmt| names_of(stmt, used)),
            _ => {}
        }
    }
}
