//! Doubts about a DACL as it is written: its order, and entries that nothing can reach.

use sim_core::model::DEFAULT;
use sim_core::rights::ObjectType;
use sim_core::sd::inherit::canonical_order;
use sim_core::sd::reach::{Hidden, hidden_entries};
use sim_core::sd::{Ace, AceFlags, Acl};
use sim_core::sid::{CREATOR_GROUP, CREATOR_OWNER};

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;

/// What is doubtful about the entries of a list on an object of a class; each stands at its place.
pub(crate) fn dacl(aces: &[Ace], places: &[Span], class: ObjectType) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let list = Acl::new(aces.to_vec());
    let place = |index: usize| places.get(index).copied().unwrap_or_default();
    let mut out_of_order = None;
    if let Err(index) = canonical_order(&list) {
        out_of_order = Some(index);
        found.push(
            Diagnostic::warning(codes::DACL_ORDER, place(index), "this list is not in canonical order")
                .label("should stand before an entry in front of it")
                .help("own entries come before inherited ones, and denials before grants: entries are judged as they stand, and the first that is about a right settles it"),
        );
    }
    for (index, hidden) in hidden_entries(&list, &DEFAULT.mapping(class)) {
        // A denial behind its grant is out of order, which has been told.
        if matches!(hidden, Hidden::DenialTooLate(_)) || out_of_order == Some(index) {
            continue;
        }
        found.push(
            Diagnostic::warning(codes::UNREACHABLE_ACE, place(index), "nothing reaches this entry")
                .label("the entries in front of it settle all its rights")
                .help("remove it, or put it in front of them"),
        );
    }
    for (index, ace) in aces.iter().enumerate() {
        let travels = ace.flags.intersects(AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT);
        let only = ace.flags.contains(AceFlags::INHERIT_ONLY);
        if only && !travels {
            found.push(
                Diagnostic::warning(codes::UNREACHABLE_ACE, place(index), "nothing reaches this entry")
                    .label("`inherit_only`, and nothing inherits it")
                    .help("add `inherit`, or take `inherit_only` away"),
            );
        } else if !only && !travels && matches!(ace.sid, CREATOR_OWNER | CREATOR_GROUP) {
            found.push(
                Diagnostic::warning(codes::UNREACHABLE_ACE, place(index), "nothing reaches this entry")
                    .label("a stand-in for whoever creates something below: nobody has this SID")
                    .help("add `(inherit, inherit_only)`, or name a principal"),
            );
        } else if ace.mask.is_empty() {
            found.push(
                Diagnostic::warning(codes::UNREACHABLE_ACE, place(index), "nothing reaches this entry")
                    .label("it is about no right at all"),
            );
        }
    }
    found
}
