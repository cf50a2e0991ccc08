//! One style for `.scn` files, without options: layout and comments, never meaning.
//!
//! Statements stand one to a line, blocks are indented by two, one blank line at most sets groups apart. What was written
//! on one line stays there while it fits; what was spread over lines stays spread. Words, numbers, texts, conditions and
//! scripts are kept as they are written. It knows the grammar's shapes and nothing of what heads mean.

mod layout;
mod tree;

use pest::Parser;

use crate::ast::FileId;
use crate::diag::{Diagnostic, Severity};
use crate::parse::{Grammar, Rule, parse};

/// How wide a line may get before it is broken where it can be.
pub const WIDTH: usize = 100;
/// How far what belongs to a statement stands right of it.
pub const INDENT: usize = 2;

/// Why a text was not formatted.
#[derive(Debug)]
pub enum Refusal {
    /// It does not parse; these are its mistakes, at their places in the text as it was given.
    Wrong(Vec<Diagnostic>),
    /// What came out would not say the same. This is a fault of the formatter.
    Unfaithful,
}

/// A text in the one style. Line ends become `\n`; a text that is in the style already comes back as it is.
///
/// # Errors
/// When the text does not parse, or when the outcome would not say the same as the text.
pub fn format(text: &str) -> Result<String, Refusal> {
    let (_, diagnostics) = parse(FileId::default(), text);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(Refusal::Wrong(diagnostics));
    }
    let text = line_ends(text);
    let tree = tree::read(&text).ok_or(Refusal::Unfaithful)?;
    let formatted = layout::file(&tree);
    if says(&text).is_some_and(|before| says(&formatted).is_some_and(|after| before == after)) {
        Ok(formatted)
    } else {
        Err(Refusal::Unfaithful)
    }
}

/// The text with `\n` at the end of each line, also of those that end in several `\r`.
fn line_ends(text: &str) -> String {
    let mut lines = text.split('\n').peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if lines.peek().is_some() {
            out.push_str(line.trim_end_matches('\r'));
            out.push('\n');
        } else {
            out.push_str(line);
        }
    }
    out
}

/// What a text says: its shapes and tokens in order, and its comments. Layout and the places of comments are left out.
#[derive(PartialEq, Eq)]
struct Said<'t> {
    tokens: Vec<(Rule, &'t str)>,
    comments: Vec<&'t str>,
}

fn says(text: &str) -> Option<Said<'_>> {
    let pairs = Grammar::parse(Rule::file, text).ok()?;
    let mut said = Said { tokens: Vec::new(), comments: Vec::new() };
    for pair in pairs.flatten() {
        let (rule, text) = (pair.as_rule(), pair.as_str());
        match rule {
            Rule::comment => said.comments.push(text.trim_end()),
            Rule::doc => said.tokens.push((rule, tree::title(text))),
            Rule::condition => said.tokens.push((rule, text.trim_end())),
            _ if pair.into_inner().next().is_some() => said.tokens.push((rule, "")),
            // The blanks inside of what is empty are layout, and those behind a comma.
            Rule::file | Rule::block | Rule::comma => said.tokens.push((rule, "")),
            _ => said.tokens.push((rule, text)),
        }
    }
    Some(said)
}
