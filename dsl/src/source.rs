//! The texts that a scenario was read from, and where in them a span lies.

use crate::ast::{FileId, Span};
use crate::bounds::Bounds;

/// Every file that was read, in order.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// How much may be read.
    pub bounds: Bounds,
}

#[derive(Debug)]
struct Source {
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<u32>,
    /// How many characters begin in front of each multiple of [`STRIDE`], so that a column in a long line is not counted from
    /// the line's beginning; nothing where each byte is a character.
    characters: Vec<u32>,
}

/// The bytes between two counts of characters.
const STRIDE: usize = 256;

/// How many characters begin in these bytes.
fn beginnings(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count() as u32
}

impl Source {
    fn new(name: String, text: String) -> Source {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        if text.is_ascii() {
            return Source { name, text, lines, characters: Vec::new() };
        }
        let mut sum = 0;
        let sums = text.as_bytes().chunks(STRIDE).map(|chunk| {
            sum += beginnings(chunk);
            sum
        });
        let characters = std::iter::once(0).chain(sums).collect();
        Source { name, text, lines, characters }
    }

    /// How many characters begin in front of an offset.
    fn characters_before(&self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        if self.characters.is_empty() {
            return offset as u32;
        }
        let counted = offset / STRIDE;
        let rest = self.text.as_bytes().get(counted * STRIDE..offset).unwrap_or_default();
        self.characters.get(counted).copied().unwrap_or(0) + beginnings(rest)
    }
}

impl Sources {
    /// Takes a text in; `name` is its path relative to the root, with `/`.
    pub fn add(&mut self, name: String, text: String) -> FileId {
        self.files.push(Source::new(name, text));
        FileId((self.files.len() - 1) as u16)
    }

    fn file(&self, file: FileId) -> Option<&Source> {
        self.files.get(usize::from(file.0))
    }

    /// The names of all files, in the order in which they were read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|source| source.name.as_str())
    }

    /// The name of a file.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |source| &source.name)
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |source| &source.text)
    }

    /// The number of the line, from 0, and the offset of its first byte.
    pub(crate) fn line_of(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.file(span.file) else { return (0, 0) };
        let line = source.lines.partition_point(|start| *start <= span.start).saturating_sub(1);
        (line, source.lines.get(line).copied().unwrap_or(0) as usize)
    }

    /// The offset of the first byte of a line, counted from 0.
    pub(crate) fn line_start(&self, file: FileId, line: usize) -> u32 {
        self.file(file).and_then(|source| source.lines.get(line)).copied().unwrap_or(0)
    }

    /// The line with this number, from 0, without its end.
    pub(crate) fn line(&self, file: FileId, line: usize) -> &str {
        let Some(source) = self.file(file) else { return "" };
        let start = source.lines.get(line).copied().unwrap_or(0) as usize;
        let end = source.lines.get(line + 1).map_or(source.text.len(), |next| *next as usize);
        source.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The word, or the character, at a line and column, both from 1.
    #[must_use]
    pub fn word_at(&self, file: u16, line: u32, column: u32) -> Span {
        let id = FileId(file);
        let number = (line as usize).saturating_sub(1);
        let start = self.file(id).and_then(|source| source.lines.get(number)).copied().unwrap_or(0);
        let text = self.line(id, number);
        let skip: usize = text.chars().take((column as usize).saturating_sub(1)).map(char::len_utf8).sum();
        let rest = text.get(skip..).unwrap_or("");
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
        let start = start + skip as u32;
        Span { file: id, start, end: start + length as u32 }
    }

    /// Line and column of the first character of a span, both from 1; the column counts characters.
    #[must_use]
    pub fn line_col(&self, span: Span) -> (u32, u32) {
        let (line, start) = self.line_of(span);
        let column = self.file(span.file).map_or(0, |source| {
            source.characters_before(span.start as usize).saturating_sub(source.characters_before(start))
        });
        (line as u32 + 1, column + 1)
    }
}
