//! Doubts about the rules of central policies: rights that some model does not map there.

use sim_core::model::{AceGenericBits, Model};
use sim_core::rights::AccessMask;

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;

/// The entries with generic rights that were read in rules and not yet held against the models that play them.
#[derive(Default)]
pub(crate) struct RuleEntries {
    /// Whether a rule is being read.
    pub inside: bool,
    /// Where each stands, and whether it has generic rights alone.
    found: Vec<(Span, bool)>,
}

impl RuleEntries {
    /// Takes an entry of a DACL in; only those of rules count, as other lists are mapped when they are assigned.
    pub(crate) fn entry(&mut self, span: Span, mask: AccessMask) {
        if self.inside && mask.intersects(AccessMask::GENERIC) {
            self.found.push((span, AccessMask::GENERIC.contains(mask)));
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// The entries from this one on, which are played under these models: where generic rights of a rule stand for
    /// themselves, they count for nothing (W-ACC-8).
    pub(crate) fn doubts(&mut self, from: usize, models: &[&'static Model]) -> Vec<Diagnostic> {
        let mut names: Vec<String> = Vec::new();
        for model in models.iter().filter(|model| model.ace_generic_bits == AceGenericBits::Inert) {
            let name = format!("`{}`", model.name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let entries = self.found.split_off(from.min(self.found.len()));
        let [first, ..] = names.as_slice() else { return Vec::new() };
        let under = if names.len() == 1 { first.clone() } else { names.join(" and ") };
        let doubt = |(span, alone): (Span, bool)| {
            let message = format!("generic rights in the rules of a policy are not mapped under {under}");
            let what = if alone { "this entry counts" } else { "its generic rights count" };
            Diagnostic::warning(codes::GENERIC_IN_RULE, span, message)
                .label(format!("{what} for nothing there"))
                .help("rights by their official names, such as FILE_GENERIC_READ, count under every model")
        };
        entries.into_iter().map(doubt).collect()
    }
}
