//! Doubts about entries that say of themselves that they are inherited, where nothing can be.

use crate::ast::{Block, Part, PartKind};
use crate::codes;
use crate::diag::Diagnostic;

/// Entries of a new object that are marked as inherited: the mark does not stay (INH-11).
pub(crate) fn inherited_dropped(block: &Block) -> Vec<Diagnostic> {
    let lists = block
        .stmts
        .iter()
        .filter(|stmt| stmt.head.as_ref().is_some_and(|head| matches!(head.value.as_str(), "dacl" | "sacl")));
    let entries = lists.flat_map(|list| &list.parts).filter_map(|part| match &part.value {
        PartKind::Block(block) => Some(&block.stmts),
        _ => None,
    });
    let marked = entries.flatten().flat_map(|entry| &entry.parts).filter_map(|part| match &part.value {
        PartKind::Flags(flags) => flags.iter().find(|flag| is_mark(flag)),
        _ => None,
    });
    marked
        .map(|mark| {
            Diagnostic::warning(
                codes::INHERITED_DROPPED,
                mark.span,
                "a new object has entries of its own and those that its parent passes on",
            )
            .label("this mark is taken off")
            .help("`dacl auto_inherit { … }` puts the parent's entries behind the own ones, marked as inherited")
        })
        .collect()
}

fn is_mark(part: &Part) -> bool {
    matches!(&part.value, PartKind::Word(word) if word == "inherited")
}
