//! Diagnostics as text for people: the place, the line with the mistake underlined, and what to do.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use sim_core::text::escape;

use crate::ast::Span;
use crate::diag::{Diagnostic, Severity};
use crate::source::Sources;

/// The most diagnostics that are shown.
const MOST: usize = 20;
/// The most characters of a line that are shown on each side of a mistake.
const WINDOW: usize = 120;

/// A line made safe, cut to a window around a span, and where the span lies in it.
struct Excerpt {
    text: String,
    line: usize,
    start: usize,
    end: usize,
}

impl Excerpt {
    fn of(sources: &Sources, span: Span) -> Excerpt {
        let (line, offset) = sources.line_of(span);
        let full = sources.line(span.file, line);
        // A span over several lines is underlined to the end of its first.
        let start = (span.start as usize).saturating_sub(offset).min(full.len());
        let end = (span.end as usize).saturating_sub(offset).clamp(start, full.len());
        let parts = (full.get(..start), full.get(start..end), full.get(end..));
        let (Some(before), Some(inside), Some(after)) = parts else {
            return Excerpt { text: escape(full).into_owned(), line, start: 0, end: 0 };
        };
        let skip = before.chars().count().saturating_sub(WINDOW);
        let kept: String = before.chars().skip(skip).collect();
        let mut text = String::new();
        if skip > 0 {
            text.push('…');
        }
        // A tab would be as wide as the terminal likes.
        text.push_str(&escape(&kept.replace('\t', " ")));
        let start = text.len();
        let inside: String = inside.chars().take(WINDOW).collect();
        text.push_str(&escape(&inside.replace('\t', " ")));
        let end = text.len();
        let rest: String = after.chars().take(WINDOW).collect();
        text.push_str(&escape(&rest.replace('\t', " ")));
        if after.chars().count() > WINDOW {
            text.push('…');
        }
        Excerpt { text, line, start, end }
    }

    fn snippet<'a>(
        &'a self,
        path: &'a str,
        label: &'a str,
        kind: AnnotationKind,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let mark = kind.span(self.start..self.end);
        let mark = if label.is_empty() { mark } else { mark.label(label) };
        Snippet::source(&self.text).path(path).line_start(self.line + 1).annotation(mark)
    }
}

/// The diagnostics as text, in the order of their places, the errors of a file before its warnings.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
    let mut out = String::new();
    for diagnostic in sorted.iter().take(MOST) {
        out.push_str(&one(diagnostic, sources, &renderer));
        out.push('\n');
    }
    if let Some(more) = sorted.len().checked_sub(MOST).filter(|more| *more > 0) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "... and {more} more");
    }
    out
}

/// Words that may quote the author at any length, made safe and short enough to read.
fn shortened(words: &str) -> String {
    const MOST: usize = 400;
    let mut short: String = words.chars().take(MOST).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    escape(&short).into_owned()
}

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let code = diagnostic.code.to_string();
    let message = shortened(&diagnostic.message);
    let label = shortened(&diagnostic.label);
    let path = escape(sources.name(diagnostic.span.file)).into_owned();
    let excerpt = Excerpt::of(sources, diagnostic.span);
    let related: Vec<(Excerpt, String, String)> = diagnostic
        .related
        .iter()
        .map(|(span, words)| {
            (
                Excerpt::of(sources, *span),
                escape(sources.name(span.file)).into_owned(),
                escape(words).into_owned(),
            )
        })
        .collect();
    let helps: Vec<String> = diagnostic.help.iter().map(|help| shortened(help)).collect();
    let see = match diagnostic.code.warning_name() {
        Some(name) => {
            format!("see: scn explain {name}; `allow_warnings {name}` in the scenario block allows it")
        }
        None => format!("see: scn explain {code}"),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(message).id(code.clone()))
        .element(excerpt.snippet(&path, &label, AnnotationKind::Primary));
    for (excerpt, path, words) in &related {
        group = group.element(excerpt.snippet(path, words, AnnotationKind::Context));
    }
    for help in &helps {
        group = group.element(Level::HELP.message(help));
    }
    group = group.element(Level::NOTE.message(&see));
    format!("{}\n", renderer.render(&[group]))
}
