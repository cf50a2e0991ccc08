//! Reads what people and programs write: the `.scn` language and access requests in JSON. Text becomes a tree, the tree a
//! scenario; every mistake of a file is found in one go and told as data.

pub mod ast;
mod bounds;
mod codes;
pub mod diag;
mod expand;
pub mod findings;
pub mod format;
mod lint;
pub mod parse;
pub mod render;
pub mod request;
mod resolve;
mod script;
pub mod source;
pub mod suggest;
mod used;

pub use bounds::{BOUNDS, BoundRow, Bounds};
pub use expand::{Param, combinations};
pub use resolve::{CONTROL, VERBS, Verb};
pub use resolve::{reference, words};
pub use script::{
    EVENT_FIELDS, EventField, OPERATIONS, OUTCOME_FIELDS, OutcomeField, STEPS_WITHOUT, ScriptOperation,
};

use std::collections::BTreeSet;
use std::ops::Range;

use ast::{FileId, Span, Word};
use diag::{Code, Diagnostic, Severity};
use resolve::{Places, Resolved};
use sim_core::engine::scenario::Scenario;
use sim_core::world::World;
use source::Sources;

/// What reading a scenario depends on besides its file.
pub struct Reading<'a> {
    /// Values for parameters, by name; the last one of a name counts.
    pub params: &'a [(String, String)],
    /// Gives the text of another file by its path below the root, or says why it cannot.
    pub files: &'a mut dyn FnMut(&str) -> Result<String, String>,
}

/// What reading a scenario gave.
#[derive(Debug)]
pub struct ReadScenario {
    /// The scenario, if nothing is wrong with it.
    pub scenario: Option<Scenario>,
    /// What is wrong or doubtful in the texts.
    pub diagnostics: Vec<Diagnostic>,
    /// The parameters that the scenario declares, in order.
    pub params: Vec<Param>,
    /// What is wrong with the values that were given for parameters.
    pub refused: Vec<String>,
    /// The warnings that the scenario allows: those that only a run can give are told elsewhere.
    pub allowed: Vec<Code>,
    places: Places,
}

impl ReadScenario {
    /// Builds the worlds of the scenario and of its overlays under the models that they name. What a model does not admit is
    /// a mistake at its place, and then there is no scenario. Gives the world under the scenario's first model, in which it
    /// can be run.
    pub fn build(&mut self) -> Option<World> {
        let built = self.places.worlds(self.scenario.as_ref()?);
        built.unwrap_or_else(|refused| {
            self.scenario = None;
            // Doubts come when the mistakes are gone.
            self.diagnostics = refused;
            None
        })
    }
}

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// It has a `scenario` block, or is broken so that it may have one.
    Scenario,
    /// It holds overlays and nothing else: it belongs to `scn whatif`.
    Overlays,
    /// Anything else is there for `use`.
    Library,
}

/// What a text is there for.
#[must_use]
pub fn kind_of(text: &str) -> FileKind {
    let (ast, diagnostics) = parse::parse(FileId::default(), text);
    let is_block = |stmt: &ast::Stmt| stmt.head.as_ref().is_some_and(|head| head.value == "scenario");
    if !diagnostics.is_empty() || ast.stmts.iter().any(is_block) {
        FileKind::Scenario
    } else if resolve::only_overlays(&ast.stmts) {
        FileKind::Overlays
    } else {
        FileKind::Library
    }
}

/// Reads and builds a scenario that needs no other file, with its parameters as they are.
#[must_use]
pub fn read_scenario(sources: &mut Sources, file: FileId) -> (Option<Scenario>, Vec<Diagnostic>) {
    let mut files = |_: &str| Err("no other file can be read here".to_owned());
    let mut read = read(sources, file, &mut Reading { params: &[], files: &mut files });
    read.build();
    (read.scenario, read.diagnostics)
}

/// Parses, expands and resolves a file that was taken into `sources`, and the files that it uses. Its world is not built yet.
#[must_use]
pub fn read(sources: &mut Sources, file: FileId, reading: &mut Reading<'_>) -> ReadScenario {
    read_with(sources, file, &[], reading)
}

/// The same with files of further overlays, which were taken into `sources` as well.
#[must_use]
pub fn read_with(
    sources: &mut Sources,
    file: FileId,
    overlays: &[FileId],
    reading: &mut Reading<'_>,
) -> ReadScenario {
    let (mut ast, mut diagnostics) = used::gather(sources, file, reading.files);
    for overlay in overlays {
        diagnostics.extend(used::gather_overlay(sources, *overlay, &mut ast));
    }
    let broken = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    if ast.stmts.is_empty() && broken {
        // Nothing could be read: whatever is missing follows from that.
        return ReadScenario {
            scenario: None,
            diagnostics,
            params: Vec::new(),
            refused: Vec::new(),
            allowed: Vec::new(),
            places: Places::default(),
        };
    }
    let unused = lint::unused(&ast.stmts, file);
    let expanded = expand::expand(ast.stmts, reading.params, sources.bounds.clone());
    let broken = broken || !expanded.diagnostics.is_empty() || !expanded.refused.is_empty();
    diagnostics.extend(expanded.diagnostics);
    let Resolved { scenario, places, diagnostics: found, allowed } =
        resolve::resolve(expanded.stmts, sources, &expanded.params, &expanded.procedures);
    let lost = Lost { cut: expanded.cut, ..Lost::of(&ast.set_aside, &ast.unclosed, sources, &expanded.lost) };
    diagnostics.extend(found.into_iter().filter(|diagnostic| !lost.explains(diagnostic)));
    let broken = broken || scenario.is_none();
    if broken {
        // Doubts come when the mistakes are gone: much that looks unused or unreachable only follows from one.
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    } else {
        diagnostics.extend(unused);
        diagnostics.retain(|diagnostic| !allowed.contains(&diagnostic.code));
    }
    ReadScenario {
        scenario: scenario.filter(|_| !broken),
        diagnostics,
        params: expanded.params,
        refused: expanded.refused,
        allowed,
        places,
    }
}

/// What is lost where something could not be read.
struct Lost<'a> {
    /// Statements that were set aside, in the order of the text, each with the one around it: they lie side by side or one in
    /// the other, and there may be as many as there are lines.
    set_aside: Vec<(Span, Option<usize>)>,
    /// Blocks that are never closed.
    unclosed: &'a [Span],
    sources: &'a Sources,
    /// The words in it: names that it may have declared.
    words: BTreeSet<&'a str>,
    /// Whether a `for` was cut short: any name may have been declared behind that.
    cut: bool,
}

impl<'a> Lost<'a> {
    fn of(set_aside: &'a [Span], unclosed: &'a [Span], sources: &'a Sources, values: &'a [Word]) -> Lost<'a> {
        let places = set_aside.iter().chain(unclosed);
        let words = places
            .flat_map(|lost| {
                let text = sources.text(lost.file).get(lost.start as usize..lost.end as usize).unwrap_or("");
                text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            })
            .chain(values.iter().map(Word::as_str))
            .collect();
        Lost { set_aside: nested(set_aside), unclosed, sources, words, cut: false }
    }

    /// The statements set aside that hold a place, from the innermost.
    fn around(&self, span: Span) -> impl Iterator<Item = Span> {
        let before =
            self.set_aside.partition_point(|(lost, _)| (lost.file, lost.start) <= (span.file, span.start));
        let at = |n: usize| self.set_aside.get(n).copied();
        let chain =
            std::iter::successors(before.checked_sub(1).and_then(at), move |(_, outer)| outer.and_then(at));
        chain.map(|(lost, _)| lost).filter(move |lost| lost.file == span.file && span.end <= lost.end)
    }

    /// Whether a statement of a block was set aside, or of what stands in it.
    fn within(&self, file: FileId, block: &Range<u32>) -> bool {
        let before =
            self.set_aside.partition_point(|(lost, _)| (lost.file, lost.start) < (file, block.start));
        self.set_aside.get(before).is_some_and(|(lost, _)| lost.file == file && lost.start < block.end)
    }

    /// Whether a diagnostic only follows from what is lost: it lies in a statement that was set aside, misses a name or a
    /// statement that may have stood there, or finds declarations in a block that is never closed.
    fn explains(&self, diagnostic: &Diagnostic) -> bool {
        let span = diagnostic.span;
        let text = |span: Span| {
            self.sources.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
        };
        let within = |lost: &Span| lost.file == span.file && lost.start <= span.start && span.end <= lost.end;
        let misses_name = matches!(diagnostic.code, codes::UNKNOWN_NAME | codes::UNBOUND | codes::KIND);
        // What is wrong inside its block is told; what stands in front of that belongs to the statement.
        let aside = self.around(span).any(|lost| !text(Span { end: span.end, ..lost }).contains('{'));
        let misplaced = diagnostic.code == codes::HEAD
            && resolve::is_declaration(text(span))
            && self.unclosed.iter().any(within);
        let lacks = self.within(span.file, &diagnostic.lacks);
        aside || misplaced || lacks || misses_name && (self.cut || self.words.contains(text(span)))
    }
}

/// Spans in the order of the text, each with the number of the one around it.
fn nested(spans: &[Span]) -> Vec<(Span, Option<usize>)> {
    let mut sorted = spans.to_vec();
    sorted.sort_by_key(|span| (span.file, span.start, std::cmp::Reverse(span.end)));
    let mut open: Vec<usize> = Vec::new();
    let mut out: Vec<(Span, Option<usize>)> = Vec::with_capacity(sorted.len());
    for span in sorted {
        while let Some((last, _)) = open.last().and_then(|n| out.get(*n))
            && (last.file != span.file || last.end < span.end)
        {
            open.pop();
        }
        out.push((span, open.last().copied()));
        open.push(out.len() - 1);
    }
    out
}
