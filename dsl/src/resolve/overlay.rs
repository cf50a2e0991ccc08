//! `whatif "…" { … }`: overlays. Their names and changes are read in the scope of the scenario; `trial` tries each.

use std::sync::Arc;

use sim_core::engine::scenario::{Overlay, OverlayChange};
use sim_core::model::Model;

use super::Resolver;
use super::args::{Args, Read, unknown};
use super::change::CHANGE_WORDS;
use super::program::model_named;
use crate::ast::{Block, Span, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::Diagnostic;

/// An overlay with the places of its changes.
type Placed = (Overlay, Vec<Span>);

impl<'a> Resolver<'a> {
    /// Every overlay, in order. The scenario lists these models.
    pub(super) fn overlays(&mut self, stmts: &'a [Stmt], models: &[&'static Model]) -> Vec<Placed> {
        let outside = self.rule_entries.len();
        let mut overlays: Vec<Placed> = Vec::new();
        let mut titles: Vec<Spanned<Word>> = Vec::new();
        for stmt in stmts {
            let Some(head) = stmt.head.as_ref().filter(|head| head.value == "whatif") else { continue };
            let head = Spanned { value: "whatif", span: head.span };
            let read = self.overlay_parts(stmt, head).and_then(|(title, block)| {
                if let Some(first) = titles.iter().find(|known| known.value == title.value) {
                    return Err(self.duplicate("overlay", &title).related(first.span, "first used here"));
                }
                titles.push(title.clone());
                self.overlay(title, block)
            });
            match read {
                Ok(overlay) => {
                    let own = overlay.0.model.map(|model| [model]);
                    self.doubt_rules(outside, own.as_ref().map_or(models, |own| own));
                    overlays.push(overlay);
                }
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        let played = overlays.iter().filter_map(|(overlay, _)| overlay.model);
        let all: Vec<&'static Model> = models.iter().copied().chain(played).collect();
        self.doubt_rules(0, &all);
        overlays
    }

    fn doubt_rules(&mut self, from: usize, models: &[&'static Model]) {
        for doubt in self.rule_entries.doubts(from, models) {
            self.report(doubt);
        }
    }

    fn overlay_parts<'s>(
        &self,
        stmt: &'s Stmt,
        head: Spanned<&str>,
    ) -> Read<(Spanned<Word>, Spanned<&'s Block>)> {
        let mut args = Args::new(&stmt.parts, head.span);
        let title = args.text("a title in quotes, such as `\"staff lose the share\"`")?;
        let block = args.block("`{` and what changes, such as `change file \"/srv/notes\" { … }`")?;
        args.finish("whatif")?;
        self.no_expectation(stmt)?;
        Ok((title, block))
    }

    fn overlay(&mut self, title: Spanned<Word>, block: Spanned<&'a Block>) -> Read<Placed> {
        // What an overlay adds is known in it alone.
        let known = (self.principals.clone(), self.names_by_sid.clone(), self.policies.clone());
        for stmt in &block.value.stmts {
            if stmt.head.as_ref().is_some_and(|head| head.value == "add")
                && let Err(diagnostic) = self.collect_added(stmt)
            {
                self.report(diagnostic);
            }
        }
        let mut overlay = Overlay {
            title: Arc::from(title.value),
            place: self.place(title.span),
            changes: Vec::new(),
            model: None,
            claims: Vec::new(),
            names: std::collections::BTreeMap::new(),
        };
        let mut spans = Vec::new();
        let mut wrong = false;
        for stmt in &block.value.stmts {
            if let Err(diagnostic) = self.overlay_statement(stmt, &mut overlay, &mut spans) {
                self.report(diagnostic);
                wrong = true;
            }
        }
        overlay.names = self.names();
        (self.principals, self.names_by_sid, self.policies) = known;
        if overlay.changes.is_empty() && overlay.model.is_none() && !wrong {
            let message = "this overlay changes nothing";
            return Err(Diagnostic::error(codes::ARGUMENT, title.span, message)
                .label("expected `change`, `add`, `remove` or `model` in its block")
                .lacks(block.span));
        }
        Ok((overlay, spans))
    }

    fn overlay_statement(
        &mut self,
        stmt: &'a Stmt,
        overlay: &mut Overlay,
        spans: &mut Vec<Span>,
    ) -> Read<()> {
        let head = self.head_of(stmt, "what changes, such as `change`")?;
        if let Some(at) = stmt.at {
            return Err(Diagnostic::error(
                codes::ARGUMENT,
                at.span,
                "an overlay changes what is there at time 0",
            )
            .label("does not belong here"));
        }
        match head.value {
            word if CHANGE_WORDS.contains(&word) => {
                let change = self.change(stmt, head)?;
                let words = self.words_before_block(stmt);
                overlay.changes.push(OverlayChange { change, words, place: self.place(head.span) });
                spans.push(stmt.span);
            }
            "model" => {
                let mut args = Args::new(&stmt.parts, head.span);
                let model = model_named(args.word("a model")?)?;
                args.finish("model")?;
                self.no_expectation(stmt)?;
                self.once(overlay.model.replace(model).is_some(), head)?;
            }
            "never" | "expect" => overlay.claims.push(self.claim(stmt, head)?),
            word => {
                let words = CHANGE_WORDS.iter().copied().chain(["model", "expect", "never"]);
                return Err(unknown(codes::HEAD, head.span, "change", word, words)
                    .help("an overlay takes `change`, `add`, `remove`, `model`, `expect` and `never`"));
            }
        }
        Ok(())
    }

    /// A statement as it is written, up to its block.
    fn words_before_block(&self, stmt: &Stmt) -> Arc<str> {
        let text = self.sources.text(stmt.span.file);
        let text = text.get(stmt.span.start as usize..stmt.span.end as usize).unwrap_or_default();
        let head = text.split('{').next().unwrap_or_default();
        Arc::from(head.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
