//! Reads what people and programs write: the `.scn` language and access requests in JSON. Text becomes a tree, the tree a
//! scenario; every mistake of a file is found in one go and told as data.

pub mod ast;
mod codes;
pub mod diag;
pub mod parse;
pub mod render;
pub mod request;
mod resolve;
pub mod source;
pub mod suggest;

pub use resolve::{VERBS, Verb};

use ast::{FileId, Span};
use diag::Diagnostic;
use sim_core::engine::scenario::Scenario;
use source::Sources;

/// Parses and resolves a file that was taken into `sources`. The scenario is there only if there is no error.
#[must_use]
pub fn read_scenario(sources: &Sources, file: FileId) -> (Option<Scenario>, Vec<Diagnostic>) {
    let (ast, mut diagnostics) = parse::parse(file, sources.text(file));
    let broken = !diagnostics.is_empty();
    if ast.stmts.is_empty() && broken {
        // Nothing could be read: whatever is missing follows from that.
        return (None, diagnostics);
    }
    let (scenario, found) = resolve::resolve(&ast, sources);
    let follows = |diagnostic: &Diagnostic| follows_from(diagnostic, &ast.set_aside, sources);
    diagnostics.extend(found.into_iter().filter(|diagnostic| !follows(diagnostic)));
    (scenario.filter(|_| !broken), diagnostics)
}

/// Whether a diagnostic only follows from a statement that was set aside: it lies in it, or misses a name that it may
/// have declared.
fn follows_from(diagnostic: &Diagnostic, set_aside: &[Span], sources: &Sources) -> bool {
    let text = |span: Span| sources.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("");
    let misses_name = matches!(diagnostic.code, codes::UNKNOWN_NAME | codes::UNBOUND | codes::KIND);
    set_aside.iter().any(|lost| {
        let same_line = lost.file == diagnostic.span.file
            && lost.start <= diagnostic.span.start
            && diagnostic.span.end <= lost.end
            && !text(*lost).contains('{');
        let words = || text(*lost).split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
        same_line || misses_name && words().any(|word| word == text(diagnostic.span))
    })
}
