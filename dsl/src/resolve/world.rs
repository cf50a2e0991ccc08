//! `world { at 10ms change … }`: what no thread does and what needs no right.

use sim_core::world::change::Change;
use sim_core::world::declare::Declarations;

use super::Resolver;
use super::args::{Args, Read, unknown};
use super::change::CHANGE_WORDS;
use crate::ast::{Block, Span, Spanned, Stmt};
use crate::codes;

/// What stands in a `world` block, beside changes.
const ENDINGS: &[&str] = &["kill", "logoff"];

impl Resolver<'_> {
    /// The first pass over a `world` block: the names that its `add`s give.
    pub(super) fn collect_world(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<()> {
        for inner in &self.world_block(stmt, head)?.stmts {
            if inner.head.as_ref().is_some_and(|head| head.value == "add")
                && let Err(diagnostic) = self.collect_added(inner)
            {
                self.report(diagnostic);
            }
        }
        Ok(())
    }

    fn world_block<'s>(&self, stmt: &'s Stmt, head: Spanned<&str>) -> Read<&'s Block> {
        let mut args = Args::new(&stmt.parts, head.span);
        let block = args.block("`{` and what happens, such as `at 10ms change file \"/srv/notes\" { … }`")?;
        args.finish("world")?;
        self.no_expectation(stmt)?;
        Ok(block.value)
    }

    /// What happens by itself, in order of time.
    pub(super) fn world_bodies(&mut self, stmts: &[Stmt]) {
        let mut happenings = Vec::new();
        for stmt in stmts {
            let Some(head) = stmt.head.as_ref().filter(|head| head.value == "world") else { continue };
            let head = Spanned { value: "world", span: head.span };
            let Ok(block) = self.world_block(stmt, head) else { continue };
            for inner in &block.stmts {
                match self.happening(inner) {
                    Ok(happening) => {
                        happenings.push((inner.at.map_or(0, |at| at.value), happening, inner.span));
                    }
                    Err(diagnostic) => self.report(diagnostic),
                }
            }
            let diagnostic = self.not_built(head.span, "`world`");
            self.report(diagnostic);
        }
        happenings.sort_by_key(|(at, ..)| *at);
        self.rehearse(&happenings);
    }

    fn happening(&mut self, stmt: &Stmt) -> Read<Change> {
        let head = self.head_of(stmt, "what happens, such as `change`")?;
        match head.value {
            word if CHANGE_WORDS.contains(&word) => self.change(stmt, head),
            word if ENDINGS.contains(&word) => {
                Err(self.not_built(head.span, &format!("`{word}` in `world`")))
            }
            word => {
                let known = CHANGE_WORDS.iter().chain(ENDINGS).copied();
                Err(unknown(codes::HEAD, head.span, "happening", word, known)
                    .help("a `world` block takes `change`, `add`, `remove`, `kill` and `logoff`"))
            }
        }
    }

    /// Makes the changes of the directory in their order, so that one that cannot be made is told with its place.
    fn rehearse(&mut self, happenings: &[(u64, Change, Span)]) {
        let mut directory = Declarations {
            principals: self.declarations.principals.clone(),
            policies: self.declarations.policies.clone(),
            ..Declarations::default()
        };
        for (_, change, span) in happenings {
            let of_directory = matches!(
                change,
                Change::Principal(_)
                    | Change::Policy(_)
                    | Change::AddPrincipal(_)
                    | Change::AddPolicy(_)
                    | Change::RemovePrincipal(_)
                    | Change::RemovePolicy(_)
            );
            if !of_directory {
                continue;
            }
            if let Err(error) = directory.apply(change) {
                let diagnostic = self.refused_change(&error, *span);
                self.report(diagnostic);
            }
        }
    }
}
