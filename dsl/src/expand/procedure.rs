//! `procedure NAME A, B { … }` and `call NAME x, y`: the steps of a procedure stand where it is called, with the arguments
//! put in for its parameters. The names that its steps bind belong to the calling thread.

use super::{Expander, Scope};
use crate::ast::{Block, Part, PartKind, Span, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::resolve::{CONTROL, VERBS, Verb};
use crate::suggest::nearest;

/// How deep blocks and calls may nest, as they stand when every call is put in.
const DEEPEST: usize = 64;

/// The most statements that calls make in one scenario.
const MOST_STEPS: u64 = 1_000_000;

/// A declared procedure.
pub(super) struct Procedure {
    params: Vec<Word>,
    block: Block,
    pub(super) span: Span,
    /// Whether a step calls it.
    pub(super) called: bool,
}

/// Whether a statement at the top holds scripts.
pub(super) fn is_script(stmt: &Stmt) -> bool {
    stmt.parts.iter().any(|part| matches!(part.value, PartKind::Script(_)))
}

impl Expander<'_> {
    /// `procedure NAME A, B { … }`
    pub(super) fn procedure(&mut self, stmt: Stmt) -> Result<(), Diagnostic> {
        let usage = |span: Span| {
            Diagnostic::error(codes::ARGUMENT, span, "expected `procedure NAME A, B { … }`")
                .label("expected a name, its parameters and a block of steps")
        };
        let end = stmt.parts.last().map_or(stmt.span, |part| part.span).after();
        if let Some(expectation) = stmt.expects.first() {
            return Err(no_outcome(expectation.span));
        }
        let mut parts = stmt.parts.into_iter();
        let name = match parts.next() {
            Some(part) => name_of(&part).ok_or_else(|| usage(part.span))?,
            None => return Err(usage(end)),
        };
        let mut params: Vec<Word> = Vec::new();
        let mut block = None;
        let mut separated = true;
        for part in parts {
            if block.is_some() {
                return Err(usage(part.span));
            }
            match part.value {
                PartKind::Word(param) if separated => {
                    self.free_name(Spanned { value: &param, span: part.span })?;
                    if params.contains(&param) {
                        let message = format!("the parameter `{param}` is named twice");
                        return Err(Diagnostic::error(codes::DUPLICATE, part.span, message)
                            .label("choose another name"));
                    }
                    params.push(param);
                    separated = false;
                }
                PartKind::Comma if !separated => separated = true,
                PartKind::Block(steps) if params.is_empty() || !separated => block = Some(steps),
                _ => return Err(usage(part.span)),
            }
        }
        let block = block.ok_or_else(|| usage(end))?;
        self.only_steps(&block);
        if let Some(first) = self.procedures.get(&name.value) {
            let message = format!("the procedure `{}` is declared twice", name.value);
            return Err(Diagnostic::error(codes::DUPLICATE, name.span, message)
                .label("declared again here")
                .related(first.span, "first declared here"));
        }
        let procedure = Procedure { params, block, span: name.span, called: false };
        self.procedures.insert(name.value, procedure);
        Ok(())
    }

    /// A procedure holds nothing but steps: the statements of a block that mean something else are told here, called or not.
    fn only_steps(&mut self, block: &Block) {
        for stmt in &block.stmts {
            let Some(head) = &stmt.head else { continue };
            let known = || VERBS.iter().map(|verb| verb.name).chain(CONTROL.iter().copied());
            if !known().any(|word| word == head.value) {
                let message = format!("there is no step `{}`", head.value);
                let near = nearest(&head.value, known());
                let label = near.map_or_else(
                    || "a procedure holds steps".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.report(Diagnostic::error(codes::HEAD, head.span, message).label(label));
            }
        }
    }

    /// Whether a `call` is of a procedure: where there are scripts, what no procedure has the name of is one of their functions.
    pub(super) fn calls_procedure(&self, stmt: &Stmt) -> bool {
        let name = stmt.parts.first().and_then(name_of);
        self.in_steps
            && (!self.scripted || name.is_some_and(|name| self.procedures.contains_key(&name.value)))
    }

    /// `call NAME x, y`: the steps of a procedure.
    pub(super) fn call(
        &mut self,
        stmt: &Stmt,
        scope: Option<&Scope<'_>>,
        out: &mut Vec<Stmt>,
    ) -> Result<(), Diagnostic> {
        let usage = |span: Span| {
            Diagnostic::error(
                codes::ARGUMENT,
                span,
                "expected `call NAME` and arguments, separated by commas",
            )
            .label("cannot be read as a call")
        };
        let place = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
        let Some((first, parts)) = stmt.parts.split_first() else { return Err(usage(place.after())) };
        let name = name_of(first).ok_or_else(|| usage(first.span))?;
        let Some(n) = self.procedures.get_index_of(&name.value) else {
            let near = nearest(&name.value, self.procedures.keys().map(Word::as_str));
            let label = near
                .map_or_else(|| "not a known procedure".to_owned(), |near| format!("did you mean `{near}`?"));
            let message = format!("there is no procedure `{}`", name.value);
            return Err(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message)
                .label(label)
                .help("declare it as `procedure NAME A, B { … }`"));
        };
        if let Some(bind) = &stmt.bind {
            return Err(Diagnostic::error(codes::ARGUMENT, bind.span, "a procedure gives nothing to hold")
                .label("no name can be bound here")
                .help("the names that its steps bind belong to the calling thread"));
        }
        if let Some(expectation) = stmt.expects.first() {
            return Err(no_outcome(expectation.span));
        }
        let mut arguments = Vec::new();
        for (n, part) in parts.iter().enumerate() {
            match part.value {
                PartKind::Comma if n % 2 == 1 => {}
                PartKind::Comma | PartKind::Block(_) | PartKind::Flags(_) => return Err(usage(part.span)),
                _ if n % 2 == 1 => return Err(usage(part.span)),
                _ => {
                    let mut argument = vec![part.clone()];
                    self.parts(&mut argument, scope);
                    arguments.push(argument);
                }
            }
        }
        if let Some(procedure) = self.procedures.get_index_mut(n).map(|(_, procedure)| procedure) {
            procedure.called = true;
        }
        let Some((_, procedure)) = self.procedures.get_index(n) else { return Ok(()) };
        let declared = procedure.span;
        if self.calls.contains(&n) {
            return Err(Diagnostic::error(codes::VALUE, name.span, format!("`{}` calls itself", name.value))
                .label("goes round in a circle")
                .related(declared, "declared here")
                .help("steps are put in where they are called; what is done again and again stands in a `loop` or `repeat`"));
        }
        if arguments.len() != procedure.params.len() {
            let wanted = procedure.params.len();
            let message = format!(
                "`{}` takes {wanted} argument{}, not {}",
                name.value,
                if wanted == 1 { "" } else { "s" },
                arguments.len()
            );
            return Err(Diagnostic::error(codes::ARGUMENT, name.span, message)
                .label(match wanted {
                    0 => "takes no arguments".to_owned(),
                    _ => format!("expected {}", procedure.params.join(", ")),
                })
                .related(declared, "declared here"));
        }
        if self.nesting >= DEEPEST {
            let message = format!("blocks and calls nest more than {DEEPEST} deep");
            return Err(Diagnostic::error(codes::TOO_LARGE, name.span, message).label("one too many"));
        }
        let names: Vec<(Word, Vec<Part>)> = procedure.params.iter().cloned().zip(arguments).collect();
        let block = procedure.block.clone();
        self.called += block.stmts.len().max(1) as u64;
        if self.called > MOST_STEPS {
            self.too_many(name.span, format!("calls make more than {MOST_STEPS} statements"));
            return Ok(());
        }
        let before = out.len();
        self.nesting += 1;
        self.calls.push(n);
        let inner = Scope { names: &names, outer: None };
        for stmt in block.stmts {
            self.stmt(stmt, Some(&inner), out);
        }
        self.calls.pop();
        self.nesting -= 1;
        // `at 5ms call greet`: the first step of it waits for the instant.
        if let Some(at) = stmt.at
            && let Some(first) = out.get_mut(before)
        {
            let step = first.head.as_ref().is_some_and(|head| Verb::named(&head.value).is_some());
            if !step || first.at.is_some() {
                let message =
                    format!("`{}` does not begin with a step that could wait for an instant", name.value);
                return Err(Diagnostic::error(codes::ARGUMENT, at.span, message)
                    .label("does not belong here")
                    .related(declared, "declared here"));
            }
            first.at = Some(at);
        }
        Ok(())
    }

    /// `if call NAME { … }`: a procedure has no outcome.
    pub(super) fn no_call_as_condition(&self, stmt: &Stmt) -> Result<(), Diagnostic> {
        let parts = match (stmt.head.as_ref().map(|head| head.value.as_str()), stmt.parts.as_slice()) {
            (Some("if"), [_, Part { value: PartKind::Op(_), .. }, rest @ ..]) => rest,
            (Some("if"), parts) => parts,
            _ => return Ok(()),
        };
        match parts {
            [Part { value: PartKind::Word(word), span }, name, ..]
                if word == "call"
                    && name_of(name).is_some_and(|name| self.procedures.contains_key(&name.value)) =>
            {
                Err(no_outcome(*span)
                    .help("put the `if` into the procedure, before the step that it is about"))
            }
            _ => Ok(()),
        }
    }
}

fn no_outcome(span: Span) -> Diagnostic {
    Diagnostic::error(codes::ARGUMENT, span, "a procedure has no outcome of its own: its steps have")
        .label("does not belong here")
}

/// The name that a part is: a word, or a quoted one.
fn name_of(part: &Part) -> Option<Spanned<Word>> {
    let value = match &part.value {
        PartKind::Word(word) => word.clone(),
        _ => crate::resolve::text_of(part)?.ok()?,
    };
    Some(Spanned { value, span: part.span })
}
