//! Scripts in a scenario: their blocks, calls of their functions as steps, and predicates; and what scripts ask of the
//! language while they run.

use std::sync::Arc;

use sim_core::engine::script::Script;
use sim_core::ids::ProcessId;
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::world::op::{Call, Operation, Value};
use sim_core::world::registry::ValueData;

use super::Resolver;
use super::args::{Args, Read, describe, unknown};
use super::paths::{check_path, check_relative_path};
use super::program::ThreadScope;
use super::security::right_named;
use super::steps::value_data;
use crate::ast::{Part, PartKind, Span, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::{Diagnostic, Severity};
use crate::script::{Body, Compiler, EndpointEntry, Missing, ProcessRow, Scripts, Tables};

impl<'a> Resolver<'a> {
    /// Compiles every `script { … }` of the scenario.
    pub(super) fn script_blocks(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            if stmt.head.as_ref().is_some_and(|head| head.value == "script")
                && let Err(diagnostic) = self.script_block(stmt)
            {
                self.scripts_broken = true;
                self.report(diagnostic);
            }
        }
    }

    fn script_block(&mut self, stmt: &'a Stmt) -> Read<()> {
        self.no_expectation(stmt)?;
        let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
        let mut args = Args::new(&stmt.parts, span);
        let expected = args.expected("`{` and functions");
        let Some(Part { value: PartKind::Script(text), span }) = args.take() else { return Err(expected) };
        args.finish("script")?;
        let body = self.script_body(text, *span);
        self.scripts.block(body)
    }

    /// The text between the braces of a script, with its place.
    fn script_body<'t>(&self, text: &'t str, span: Span) -> Body<'t> {
        let whole = self.sources.text(span.file);
        let within = whole.get(span.start as usize..span.end as usize).unwrap_or("");
        let start = span.start + within.find('{').map_or(0, |at| at as u32 + 1);
        Body { text, span: Span { start, end: start + text.len() as u32, ..span } }
    }

    /// `script { |e| … }` as a pattern.
    pub(super) fn predicate(&mut self, text: &str, span: Span) -> Read<usize> {
        let body = self.script_body(text, span);
        let predicate = self.scripts.predicate(body);
        self.scripts_broken |= predicate.is_err();
        predicate
    }

    /// Everything that the scripts of the scenario need, if it has any.
    pub(super) fn finish_scripts(&mut self) -> Option<Arc<dyn Script>> {
        if !self.scripts_broken {
            for diagnostic in self.scripts.wrong_calls() {
                self.report(diagnostic);
            }
        }
        let failed = self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let compiler = std::mem::replace(&mut self.scripts, Compiler::new(self.sources, &[]));
        if failed || compiler.is_empty() {
            return None;
        }
        let tables = self.script_tables();
        let mut steps = std::mem::take(&mut self.steps);
        let scripts = Scripts::new(compiler, tables, &mut steps, |span| self.place(span));
        self.steps = steps;
        Some(Arc::new(scripts))
    }

    fn script_tables(&self) -> Tables {
        let mut tables = Tables::default();
        tables.domain = self.domains.first().map(|(_, sid)| *sid);
        for (name, declared) in self.endpoints.keys().zip(&self.declarations.endpoints) {
            let process = ProcessId(declared.process as u32);
            tables.endpoints.push(EndpointEntry { name: name.to_string(), process });
        }
        for (name, entry) in self.processes.iter() {
            let threads = entry.threads.iter().map(|(name, id)| (name.to_string(), *id)).collect();
            tables.processes.push(ProcessRow { name: name.to_string(), threads });
        }
        tables.principals =
            self.principals.iter().map(|(name, (sid, _, _))| (name.to_string(), *sid)).collect();
        for (sid, name) in self.names() {
            tables.names.insert(sid, &name);
        }
        tables
    }
}

/// `call NAME A, B` of a script function.
pub(super) fn call(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let name = args.word("the name of a function")?;
    let mut arguments = Vec::new();
    while args.peek().is_some() {
        let part = args.take();
        arguments.push(argument(part, args, scope)?);
        if !args.comma() {
            args.finish("call")?;
        }
    }
    let function = match Scripts::function_named(&resolver.scripts, name.value, arguments.len()) {
        Ok(function) => function,
        // Nothing is run with a broken script, and what is missing may be in it.
        Err(_) if resolver.scripts_broken => 0,
        Err(missing) => return Err(no_function(name, arguments.len(), missing)),
    };
    Ok(Operation::Call(Call { function, arguments: arguments.into() }))
}

fn no_function(name: Spanned<&str>, given: usize, missing: Missing) -> Diagnostic {
    match missing {
        Missing::Arguments(takes, span) => {
            let many = |count: usize| if count == 1 { "argument" } else { "arguments" };
            let message = format!("`{}` takes {takes} {}, not {given}", name.value, many(takes));
            Diagnostic::error(codes::ARGUMENT, name.span, message)
                .label("another number of arguments")
                .related(span, "declared here")
        }
        Missing::Function(near) => {
            let message = format!("there is no procedure or script function `{}`", name.value);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, name.span, message);
            match near {
                Some(near) => diagnostic.label(format!("did you mean `{near}`?")),
                None => diagnostic.label("nothing of this name can be called").help(
                    "declare it as `procedure NAME { … }`, or as `fn NAME() { … }` in a `script { … }`",
                ),
            }
        }
    }
}

/// An argument of a call: what a name of the thread holds, or a value.
fn argument(part: Option<&Part>, args: &Args<'_>, scope: &ThreadScope<'_>) -> Read<Value> {
    let Some(part) = part else { return Err(args.expected("an argument")) };
    let refused = |message: &str| {
        Diagnostic::error(codes::VALUE, part.span, message).label("a script cannot hold this")
    };
    Ok(match &part.value {
        PartKind::Word(word) if scope.binds(word) => {
            Value::Handle(scope.slot_of(Spanned { value: word, span: part.span })?)
        }
        PartKind::Word(word) if word == "true" || word == "false" => Value::Truth(word == "true"),
        PartKind::Word(word) => {
            let near = scope.names().chain(["true", "false"]);
            return Err(unknown(codes::UNBOUND, part.span, "name", word, near)
                .help("text stands in quotes; a step of this thread must bind a name"));
        }
        PartKind::Text(_) | PartKind::Raw(_) => {
            let text = crate::resolve::text_of(part);
            Value::Text(text.unwrap_or_else(|| Ok(Word::default()))?.as_str().into())
        }
        PartKind::Number(number) => Value::Number(
            i64::try_from(*number).map_err(|_| refused("a number of a script has 64 bits and a sign"))?,
        ),
        PartKind::Time(time) => Value::Number(
            i64::try_from(*time).map_err(|_| refused("a number of a script has 64 bits and a sign"))?,
        ),
        PartKind::List(list) => {
            let items = list.iter().filter(|item| !matches!(item.value, PartKind::Comma));
            let items = items.map(|item| argument(Some(item), args, scope));
            Value::List(items.collect::<Read<Vec<_>>>()?.into())
        }
        _ => {
            let message = format!("expected an argument, found {}", describe(part));
            let diagnostic = Diagnostic::error(codes::ARGUMENT, part.span, message)
                .label("expected a name, text, a number, a duration, `true`, `false` or a list");
            return Err(match part.value {
                PartKind::Flags(_) => diagnostic
                    .help("arguments stand behind the name, without parentheses: `call visit \"/a\", 5`"),
                _ => diagnostic,
            });
        }
    })
}

/// A right by its word, for scripts.
pub(crate) fn right_of(word: &str, class: ObjectType) -> Result<AccessMask, String> {
    right_named(Spanned { value: word, span: Span::default() }, class).map_err(words)
}

/// Whether a path can be, for scripts; `relative` to a handle.
pub(crate) fn sound_path(path: &str, class: ObjectType, relative: bool) -> Result<(), String> {
    let check = if relative { check_relative_path } else { check_path };
    check(&Spanned { value: path.into(), span: Span::default() }, class).map_err(words)
}

/// The data of a registry value, for scripts.
pub(crate) fn data_of(parts: &[Part]) -> Result<ValueData, String> {
    let mut args = Args::new(parts, Span::default());
    value_data(&mut args).and_then(|data| args.finish("set").map(|()| data)).map_err(words)
}

fn words(diagnostic: Diagnostic) -> String {
    format!("{}: {}", diagnostic.message, diagnostic.label)
}
