//! From the `script` blocks of a scenario to functions that can be called: compiled block by block, so that each tells its
//! own mistakes, and joined into one namespace.
//!
//! The crate knows a place as a line and a column of 16 bits and nothing of files. Each block therefore gets lines of its
//! own in one long text: blank lines stand in for the blocks before it.

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, Expr, FnAccess, ParseErrorType, Position, Stmt};

use super::machine::{ABSENT, EXPRESSION_DEPTH, LIBRARY, WORDS, engine};
use super::operations::{OPERATIONS, ScriptOperation};
use super::tables::Site;
use super::values::EVENT_FIELDS;
use crate::ast::{FileId, Span, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::source::Sources;
use crate::suggest::nearest;

/// The most lines of all scripts of a scenario together.
const MOST_LINES: usize = 60_000;
/// The most bytes of one script.
const MOST_BYTES: usize = 1 << 20;

/// How the names of the functions begin that predicates become.
const PREDICATE: &str = "the_predicate_";

/// Where a block lies: its lines in the long text, and where it begins in its file.
#[derive(Clone, Debug)]
struct Lines {
    /// The first line in the long text, from 1.
    first: usize,
    count: usize,
    file: FileId,
    /// The line of the file that the first line is the end of, from 1.
    line: u32,
    /// How many characters of that line stand before it.
    column: u32,
    /// How many lines of the long text come before it that stand in no file.
    extra: usize,
    /// The line and column behind the last character in the file.
    end: (u32, u32),
}

/// A function of a script.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub name: String,
    pub params: usize,
    /// Whether the scenario may call it.
    pub public: bool,
    pub span: Span,
}

/// What has been compiled so far.
#[derive(Debug)]
pub(crate) struct Compiler<'a> {
    sources: &'a Sources,
    ast: AST,
    lines: Vec<Lines>,
    next: usize,
    pub(super) functions: Vec<Function>,
    /// Procedures of the scenario, whose names no function has.
    procedures: Vec<(Word, Span)>,
    pub(super) predicates: Vec<String>,
    /// Every operation that is called, by place.
    pub(super) operations: BTreeMap<Site, &'static ScriptOperation>,
    /// Every other function that is called, by place, and with how many arguments.
    calls: BTreeMap<Site, (String, Option<usize>)>,
    /// Operations with too few or too many arguments.
    miscounted: Vec<Diagnostic>,
}

/// The text of a script and the place of its first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    pub text: &'a str,
    pub span: Span,
}

impl<'a> Compiler<'a> {
    /// For the texts of a scenario with these procedures.
    pub(crate) fn new(sources: &'a Sources, procedures: &[(Word, Span)]) -> Compiler<'a> {
        Compiler {
            sources,
            ast: AST::empty(),
            lines: Vec::new(),
            next: 1,
            functions: Vec::new(),
            procedures: procedures.to_vec(),
            predicates: Vec::new(),
            operations: BTreeMap::new(),
            calls: BTreeMap::new(),
            miscounted: Vec::new(),
        }
    }

    /// Whether there is nothing to run.
    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.predicates.is_empty()
    }

    /// The places of all files in which the functions stand.
    pub(super) fn into_parts(self) -> (AST, Places) {
        let names = self.sources.names().map(str::to_owned).collect();
        (self.ast, Places { lines: self.lines, files: names })
    }

    /// Takes in the functions of a `script { … }`.
    pub(crate) fn block(&mut self, body: Body<'_>) -> Result<(), Diagnostic> {
        let ast = self.compile(body, body.text, 0)?;
        if let Some(stmt) = ast.statements().first() {
            let span = self.word_at(stmt.position());
            return Err(Diagnostic::error(codes::SCRIPT, span, "a script holds functions only")
                .label("stands outside of a function")
                .help("put it into a function, such as `fn serve(conn) { … }`, and call that as a step"));
        }
        for (name, params, public, position) in functions_of(&ast) {
            let span = self.name_near(body, &name, position);
            self.declare(Function { name, params, public, span })?;
        }
        self.join(&ast);
        Ok(())
    }

    /// Takes in the predicate of a `never script { |e| … }` and gives its number.
    pub(crate) fn predicate(&mut self, body: Body<'_>) -> Result<usize, Diagnostic> {
        let expected = |at: usize| {
            let start = body.span.start + at as u32;
            let span = Span { start, end: (start + 1).min(body.span.end.max(start)), ..body.span };
            Diagnostic::error(codes::SCRIPT, span, "a predicate is a function of one event")
                .label("expected `|e|` and what must hold of it")
        };
        let start = body.text.len() - body.text.trim_start().len();
        let inner = body.text.trim_start().strip_prefix('|').ok_or_else(|| expected(start))?;
        let (param, rest) = inner.split_once('|').ok_or_else(|| expected(start))?;
        let param = param.trim();
        let is_name = !param.is_empty() && param.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || rest.trim().is_empty() {
            return Err(expected(start));
        }
        let name = format!("{PREDICATE}{}", self.predicates.len());
        // The head gets a line of its own, and blanks stand in for `|e|`, so that every place stays what it is.
        let before = body.text.get(..body.text.len() - rest.len()).unwrap_or("");
        let blank: String = before.chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        let ast = self.compile(body, &format!("fn {name}({param}) {{\n{blank}{rest}\n}}"), 1)?;
        let mut outside = ast.statements().iter();
        if let Some(stmt) = outside.next() {
            let span = self.word_at(stmt.position());
            return Err(Diagnostic::error(codes::SCRIPT, span, "a predicate is one function of one event")
                .label("stands outside of it"));
        }
        let calls = called(&ast);
        for (site, (name, _)) in &calls {
            if OPERATIONS.iter().any(|row| row.name == name) || matches!(name.as_str(), "print" | "debug") {
                let span = self.word_at(position_of(*site));
                let message = format!("a predicate only looks, `{name}` does something");
                return Err(Diagnostic::error(codes::SCRIPT, span, message)
                    .label("an operation")
                    .help("an event tells what happened in its fields, such as `e.object`"));
            }
        }
        if let Some((field, position)) = unknown_field(&ast, &name, param) {
            let message = format!("an event has no field `{field}`");
            let near = nearest(&field, EVENT_FIELDS.iter().map(|row| row.name));
            let label = near.map_or("not there".to_owned(), |near| format!("did you mean `{near}`?"));
            let fields: Vec<&str> = EVENT_FIELDS.iter().map(|row| row.name).collect();
            // The place of a field is that of its dot.
            let Site { line, column } = Site::of(position);
            let span = self.span_of(Site { line, column: column + 1 });
            return Err(Diagnostic::error(codes::SCRIPT, span, message)
                .label(label)
                .help(format!("an event has {}", fields.join(", "))));
        }
        self.predicates.push(name);
        self.join(&ast);
        Ok(self.predicates.len() - 1)
    }

    fn declare(&mut self, function: Function) -> Result<(), Diagnostic> {
        let Function { name, params, span, .. } = &function;
        let taken = OPERATIONS.iter().any(|row| row.name == name)
            || WORDS.contains(&name.as_str())
            || name.starts_with(PREDICATE);
        if taken {
            return Err(Diagnostic::error(
                codes::DUPLICATE,
                *span,
                format!("`{name}` is an operation of scripts"),
            )
            .label("choose another name"));
        }
        // `call NAME` in a thread means one of them.
        if let Some((_, first)) = self.procedures.iter().find(|(known, _)| known == name) {
            let message = format!("`{name}` is a procedure and a script function");
            return Err(Diagnostic::error(codes::DUPLICATE, *span, message)
                .label("declared again here")
                .related(*first, "the procedure of this name"));
        }
        let first = self.functions.iter().find(|known| known.name == *name && known.params == *params);
        if let Some(first) = first {
            let message = format!("the script function `{name}` is declared twice");
            return Err(Diagnostic::error(codes::DUPLICATE, *span, message)
                .label("declared again here")
                .related(first.span, "first declared here"));
        }
        self.functions.push(function);
        Ok(())
    }

    /// Compiles a text at lines of its own, of which the first `extra` ones stand in no file.
    fn compile(&mut self, body: Body<'_>, source: &str, extra: usize) -> Result<AST, Diagnostic> {
        let count = source.matches('\n').count() + 1;
        if body.text.len() > MOST_BYTES || self.next + count > MOST_LINES {
            let message =
                format!("a script holds at most {MOST_BYTES} bytes, all of a scenario {MOST_LINES} lines");
            return Err(Diagnostic::error(codes::TOO_LARGE, body.span, message).label("too much"));
        }
        let (line, column) = self.sources.line_col(body.span);
        let end = self.sources.line_col(body.span.after());
        self.lines.push(Lines {
            first: self.next,
            count,
            file: body.span.file,
            line,
            column: column - 1,
            extra,
            end,
        });
        let text = format!("{}{source}", "\n".repeat(self.next - 1));
        self.next += count;
        engine().compile(&text).map_err(|error| self.told(error.err_type(), error.position()))
    }

    /// A mistake in the words of the language.
    fn told(&self, error: &ParseErrorType, position: Position) -> Diagnostic {
        use ParseErrorType as E;
        let span = self.word_at(position);
        let here = |message: String| Diagnostic::error(codes::SCRIPT, span, message);
        match error {
            E::VariableUndefined(name) => {
                let diagnostic = here(format!("there is no `{name}` here"));
                match ABSENT.iter().find(|(absent, _)| absent == name) {
                    Some((_, help)) => diagnostic.label("not there").help(*help),
                    None => diagnostic
                        .label("no name of this function")
                        .help("a function sees its parameters and what it names itself with `let`, and nothing else"),
                }
            }
            E::ExprTooDeep => {
                here(format!("expressions nest more than {EXPRESSION_DEPTH} deep")).label("too deep")
            }
            E::Reserved(word) => {
                self.absent(here(format!("`{word}` is a word that scripts cannot use")), word)
            }
            E::FnDuplicatedDefinition(name, _) => Diagnostic::error(
                codes::DUPLICATE,
                span,
                format!("the script function `{name}` is declared twice"),
            )
            .label("declared again here"),
            other => {
                let message = super::machine::plain(&other.to_string());
                match ABSENT.iter().find(|(name, _)| message.contains(&format!("'{name}'"))) {
                    Some((name, _)) => {
                        self.absent(here(format!("`{name}` is a word that scripts cannot use")), name)
                    }
                    None => here(message).label("cannot be read as a script"),
                }
            }
        }
    }

    /// A word that the script language has not, or keeps for itself.
    fn absent(&self, diagnostic: Diagnostic, word: &str) -> Diagnostic {
        match ABSENT.iter().find(|(name, _)| *name == word) {
            Some((_, help)) => diagnostic.label("not there").help(*help),
            None => diagnostic
                .label("reserved")
                .help(format!("the script language reserves `{word}`: choose another name")),
        }
    }

    /// Takes the functions of a block in, and notes what they call.
    fn join(&mut self, ast: &AST) {
        for (site, (name, given)) in called(ast) {
            // `print` and `debug` are notes.
            let operation = if matches!(name.as_str(), "print" | "debug") { "note" } else { name.as_str() };
            match OPERATIONS.iter().find(|row| row.name == operation) {
                Some(row) => {
                    if let Some(given) = given
                        && name == row.name
                        && !(row.least..=row.most).contains(&given)
                    {
                        let takes = (row.least, row.most);
                        let help = format!("usage: `{}{}`", row.name, row.usage);
                        self.miscounted.push(self.counts(site, &name, takes, given).help(help));
                    }
                    self.operations.insert(site, row);
                }
                None => {
                    self.calls.insert(site, (name, given));
                }
            }
        }
        self.ast = self.ast.merge(ast);
    }

    /// Calls that cannot be made: of functions that nobody knows, or with too few or too many arguments; once every
    /// block has been read.
    pub(crate) fn wrong_calls(&mut self) -> Vec<Diagnostic> {
        let mut wrong = std::mem::take(&mut self.miscounted);
        for (site, (name, given)) in &self.calls {
            if LIBRARY.contains(&name.as_str()) || WORDS.contains(&name.as_str()) {
                continue;
            }
            match self.functions.iter().find(|function| function.name == *name) {
                None => wrong.push(self.unknown(*site, name)),
                Some(function) => {
                    let takes = (function.params, function.params);
                    wrong.extend(given.filter(|given| *given != function.params).map(|given| {
                        self.counts(*site, name, takes, given).related(function.span, "declared here")
                    }));
                }
            }
        }
        wrong
    }

    /// A call of a function that nobody knows.
    fn unknown(&self, site: Site, name: &str) -> Diagnostic {
        let span = self.span_of(site);
        let diagnostic = Diagnostic::error(codes::SCRIPT, span, format!("there is no function `{name}`"));
        let names = OPERATIONS
            .iter()
            .map(|row| row.name)
            .chain(self.functions.iter().map(|function| function.name.as_str()))
            .chain(LIBRARY.iter().copied());
        match (ABSENT.iter().find(|(absent, _)| *absent == name), nearest(name, names)) {
            (Some((_, help)), _) => diagnostic.label("not there").help(*help),
            (None, Some(near)) => diagnostic.label(format!("did you mean `{near}`?")),
            (None, None) => diagnostic.label("neither an operation nor a function of a script"),
        }
    }

    /// A call with another number of arguments than it takes.
    fn counts(&self, site: Site, name: &str, (least, most): (usize, usize), given: usize) -> Diagnostic {
        let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let message =
            format!("`{name}` takes {takes} argument{}, not {given}", if most == 1 { "" } else { "s" });
        Diagnostic::error(codes::SCRIPT, self.span_of(site), message).label("another number of arguments")
    }

    /// The span of the word or sign at a place.
    fn word_at(&self, position: Position) -> Span {
        let Some((file, line, column)) = place(&self.lines, position) else { return Span::default() };
        let text = self.sources.line(file, line as usize - 1);
        let from = text.char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| at);
        let rest = text.get(from..).unwrap_or("");
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match rest.chars().next() {
            Some(first) if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            Some(first) => first.len_utf8(),
            None => 0,
        };
        let start = self.sources.line_start(file, line as usize - 1) + from as u32;
        Span { file, start, end: start + length as u32 }
    }

    /// The name in the head of a function whose body begins at a place.
    fn name_near(&self, body: Body<'_>, name: &str, position: Position) -> Span {
        let at = self.word_at(position);
        let end = (at.start.saturating_sub(body.span.start) as usize).min(body.text.len());
        let before = body.text.get(..end).unwrap_or(body.text);
        let found = before.rmatch_indices(name).find(|(found, _)| {
            let head = before.get(..*found).unwrap_or("").trim_end();
            let behind = before.get(found + name.len()..).unwrap_or("").trim_start();
            head.ends_with("fn") && behind.starts_with('(')
        });
        match found {
            Some((found, _)) => {
                let start = body.span.start + found as u32;
                Span { start, end: start + name.len() as u32, ..body.span }
            }
            None => at,
        }
    }

    /// Where an operation stands.
    pub(super) fn span_of(&self, site: Site) -> Span {
        self.word_at(position_of(site))
    }
}

fn position_of(site: Site) -> Position {
    let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Position::new(narrow(site.line).max(1), narrow(site.column))
}

/// The functions of a compiled block in the order in which they stand: the crate's own depends on hashes.
fn functions_of(ast: &AST) -> Vec<(String, usize, bool, Position)> {
    let mut found: Vec<_> = ast
        .shared_lib()
        .iter_script_fn_info()
        .map(|(_, _, name, params, function)| {
            let public = function.access == FnAccess::Public;
            (name.to_owned(), params, public, function.body.start_position())
        })
        .collect();
    found.sort_by_key(|(name, params, _, position)| (Site::of(*position), name.clone(), *params));
    found
}

/// Every function that is called by name, by place, and with how many arguments: a call behind a dot has a further one in
/// front of it, which is none for functions of scripts, and is not counted.
fn called(ast: &AST) -> BTreeMap<Site, (String, Option<usize>)> {
    let mut found = BTreeMap::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let call = match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) => Some((call, position, Some(call.args.len()))),
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => Some((call, position, None)),
            _ => None,
        };
        if let Some((call, position, given)) = call
            && !call.is_operator_call()
            && call.name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        {
            found.insert(Site::of(*position), (call.name.to_string(), given));
        }
        true
    });
    found
}

/// A field of the event that a predicate asks for and no event has, unless something else takes the name of the event.
fn unknown_field(ast: &AST, predicate: &str, event: &str) -> Option<(String, Position)> {
    let mut found = None;
    let mut hidden = false;
    let mut look = |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(named, ..))) => hidden |= named.0.as_str() == event,
            Some(ASTNode::Stmt(Stmt::For(named, ..))) => hidden |= named.0.as_str() == event,
            Some(ASTNode::Expr(Expr::Dot(access, ..))) => {
                let of_event = matches!(&access.lhs, Expr::Variable(name, ..) if name.1 == event);
                let field = match &access.rhs {
                    Expr::Dot(further, ..) => &further.lhs,
                    field => field,
                };
                if let (true, Expr::Property(names, position), None) = (of_event, field, &found)
                    && !EVENT_FIELDS.iter().any(|row| row.name == names.2)
                {
                    found = Some((names.2.to_string(), *position));
                }
            }
            _ => {}
        }
        true
    };
    ast.walk(&mut look);
    let mut functions = ast.shared_lib().iter_script_fn_info();
    let inner = functions.any(|(.., name, _, function)| {
        name != predicate && function.params.iter().any(|param| param == event)
    });
    found.filter(|_| !hidden && !inner)
}

/// The place in its file of a place in the long text: the file, the line and the column, both from 1.
fn place(lines: &[Lines], position: Position) -> Option<(FileId, u32, u32)> {
    let Site { line, column } = Site::of(position);
    let block = lines.iter().find(|block| (block.first..block.first + block.count).contains(&line))?;
    let column = (column as u32).max(1);
    Some(match (line - block.first).checked_sub(block.extra) {
        None => (block.file, block.line, block.column + 1),
        Some(0) => (block.file, block.line, block.column + column),
        Some(below) if block.line + below as u32 > block.end.0 => (block.file, block.end.0, block.end.1),
        Some(below) => (block.file, block.line + below as u32, column),
    })
}

/// Where the functions of a scenario stand, for errors while they run.
#[derive(Debug, Default)]
pub(super) struct Places {
    lines: Vec<Lines>,
    files: Vec<String>,
}

impl Places {
    /// A place in words; the file is named only if it is not the scenario's own.
    pub(super) fn words(&self, position: Position) -> String {
        match place(&self.lines, position) {
            Some((FileId(0), line, column)) => format!("line {line}, column {column}"),
            Some((file, line, column)) => {
                let name = self.files.get(usize::from(file.0)).map_or("", String::as_str);
                format!("{name}, line {line}, column {column}")
            }
            None => "a place that is not known".to_owned(),
        }
    }
}
