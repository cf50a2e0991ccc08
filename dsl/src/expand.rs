//! What is written once and stands for many: `let`, `rights`, `param`, `for` and `procedure`. They are gone from the tree
//! afterwards, so the rest of the reader knows nothing of them.
//!
//! A word that is the name of a value stands for the value wherever it is no head; in `"…"` it is filled in for `{name}`.
//! What is put in keeps the place where it is used, so that a mistake is shown there.

mod procedure;

use std::collections::BTreeSet;

use compact_str::ToCompactString;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use sim_core::engine::time::{UNITS, format_time};

use crate::ast::{Bound, Op, Part, PartKind, Prep, Span, Spanned, Stmt, TextPiece, Word};
use crate::bounds::Bounds;
use crate::codes;
use crate::diag::{Code, Diagnostic};
use crate::resolve::Verb;
use crate::suggest::nearest;
use procedure::Procedure;

/// How many values may be made of each other in a row.
const DEEPEST: u32 = 64;

/// A parameter of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value now.
    pub value: String,
    /// What `in [ … ]` lists, in order; the default alone without it.
    pub values: Vec<String>,
}

/// Every combination of the values of parameters, the first one's changing slowest; `None` if there are more than so many.
#[must_use]
pub fn combinations(params: &[Param], most: u64) -> Option<Vec<Vec<(String, String)>>> {
    let mut all = vec![Vec::new()];
    for param in params {
        if all.len().checked_mul(param.values.len()).is_none_or(|count| count as u64 > most) {
            return None;
        }
        let one_more = |known: &Vec<(String, String)>| {
            let known = known.clone();
            param.values.iter().map(move |value| {
                let mut known = known.clone();
                known.push((param.name.clone(), value.clone()));
                known
            })
        };
        all = all.iter().flat_map(one_more).collect();
    }
    Some(all)
}

/// What a name stands for.
struct Value {
    parts: Vec<Part>,
    span: Span,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Raw,
    Open,
    Ready,
}

/// The names that a `for` or a call around a statement gives; those of a `for` reach into the ones inside it.
#[derive(Clone, Copy)]
struct Scope<'a> {
    names: &'a [(Word, Vec<Part>)],
    outer: Option<&'a Scope<'a>>,
}

pub(crate) struct Expander<'a> {
    given: &'a [(String, String)],
    bounds: Bounds,
    values: IndexMap<Word, Value, FxBuildHasher>,
    params: Vec<Param>,
    procedures: IndexMap<Word, Procedure, FxBuildHasher>,
    /// The procedures that are being put in, outermost first.
    calls: Vec<usize>,
    /// Whether the scenario has scripts: then a call may be of one of their functions.
    scripted: bool,
    /// How many blocks and calls are open here.
    nesting: usize,
    /// Whether the statements here are steps.
    in_steps: bool,
    made: u64,
    called: u64,
    full: bool,
    depth: u32,
    diagnostics: Vec<Diagnostic>,
    /// Names of values that could not be read: what misses them only follows.
    lost: Vec<Word>,
    /// What has been told: a statement that is put in many times has its mistakes once.
    told: BTreeSet<(Code, Span)>,
    refused: Vec<String>,
}

/// The statements without what was expanded, and what was found on the way.
pub(crate) struct Expanded {
    pub stmts: Vec<Stmt>,
    /// The procedures with their places.
    pub procedures: Vec<(Word, Span)>,
    pub params: Vec<Param>,
    pub diagnostics: Vec<Diagnostic>,
    /// Names of values that could not be read.
    pub lost: Vec<Word>,
    /// Whether more should have been made than may be: any name may be missing then.
    pub cut: bool,
    /// What is wrong with the values that were given for parameters.
    pub refused: Vec<String>,
}

/// Expands the statements of a scenario; `given` are values for parameters by name.
pub(crate) fn expand(stmts: Vec<Stmt>, given: &[(String, String)], bounds: Bounds) -> Expanded {
    let mut expander = Expander {
        given,
        bounds,
        values: IndexMap::default(),
        params: Vec::new(),
        procedures: IndexMap::default(),
        calls: Vec::new(),
        scripted: stmts.iter().any(procedure::is_script),
        nesting: 0,
        in_steps: false,
        made: 0,
        called: 0,
        full: false,
        depth: 0,
        diagnostics: Vec::new(),
        lost: Vec::new(),
        told: BTreeSet::new(),
        refused: Vec::new(),
    };
    let rest = expander.collect(stmts);
    expander.check_given();
    for n in 0..expander.values.len() {
        expander.evaluate(n);
    }
    let mut out = Vec::with_capacity(rest.len());
    for stmt in rest {
        expander.stmt(stmt, None, &mut out);
    }
    let procedures = expander.procedures.iter().map(|(name, procedure)| (name.clone(), procedure.span));
    Expanded {
        stmts: out,
        procedures: procedures.collect(),
        params: expander.params,
        diagnostics: expander.diagnostics,
        lost: expander.lost,
        cut: expander.full,
        refused: expander.refused,
    }
}

impl Expander<'_> {
    /// Takes the values out of the statements at the top.
    fn collect(&mut self, stmts: Vec<Stmt>) -> Vec<Stmt> {
        let mut rest = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            let name = match stmt.parts.first().map(|part| &part.value) {
                Some(PartKind::Word(name)) => Some(name.clone()),
                _ => None,
            };
            let declared = match stmt.head.as_ref().map(|head| head.value.as_str()) {
                Some("let") => self.value(&stmt, "let"),
                Some("rights") => self.value(&stmt, "rights"),
                Some("param") => self.param(&stmt),
                Some("procedure") => self.procedure(stmt),
                _ => {
                    rest.push(stmt);
                    continue;
                }
            };
            if let Err(diagnostic) = declared {
                self.lost.extend(name);
                self.report(diagnostic);
            }
        }
        rest
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.told.insert((diagnostic.code, diagnostic.span)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// `let NAME = VALUE`, `rights NAME = A, B`
    fn value(&mut self, stmt: &Stmt, head: &str) -> Result<(), Diagnostic> {
        let (name, parts) = named(stmt, head)?;
        let fits = match head {
            "let" => parts.len() == 1 && is_value(&parts[0]),
            _ => parts.iter().enumerate().all(|(n, part)| match &part.value {
                PartKind::Comma => n % 2 == 1,
                PartKind::Word(_) | PartKind::Number(_) => n % 2 == 0,
                _ => false,
            }),
        };
        if !fits || parts.len() % 2 == 0 {
            let what = if head == "let" { "one value" } else { "rights, separated by commas" };
            let span = parts.first().map_or(stmt.span.after(), |part| part.span);
            let diagnostic = Diagnostic::error(codes::ARGUMENT, span, format!("`{head}` takes {what}"))
                .label(format!("expected {what}"));
            return Err(if head == "let" && parts.len() > 1 {
                diagnostic.help("several values are a list, as in `[1, 2, 3]`")
            } else {
                diagnostic
            });
        }
        self.declare(name, parts.to_vec())
    }

    /// `param NAME = DEFAULT [in [ A, B ]]`
    fn param(&mut self, stmt: &Stmt) -> Result<(), Diagnostic> {
        let (name, parts) = named(stmt, "param")?;
        let (default, list) = match parts {
            [default] if is_value(default) => (default, None),
            [
                default,
                Part { value: PartKind::Prep(Prep::In), .. },
                list @ Part { value: PartKind::List(_), .. },
            ] if is_value(default) => (default, Some(list)),
            _ => {
                let span = parts.first().map_or(stmt.span.after(), |part| part.span);
                return Err(Diagnostic::error(codes::ARGUMENT, span, "a parameter has a default")
                    .label("expected `= VALUE`, and `in [ … ]` behind it if there are more"));
            }
        };
        let values = values_of(default, list)?;
        let mut value = default.clone();
        let given = self.given.iter().rev().find(|(given, _)| *given == name.value);
        if let Some((_, text)) = given {
            match read_as(text, default) {
                Some(part) => value.value = part,
                None => self.refused.push(format!(
                    "the parameter `{}` is {}, and `{text}` is not",
                    name.value,
                    kind_words(default)
                )),
            }
        }
        let shown = text_of(&value).unwrap_or_default().into();
        self.params.push(Param { name: name.value.to_owned(), value: shown, values });
        self.declare(name, vec![value])
    }

    fn declare(&mut self, name: Spanned<&str>, parts: Vec<Part>) -> Result<(), Diagnostic> {
        self.free_name(name)?;
        if let Some(first) = self.values.get(name.value) {
            return Err(Diagnostic::error(
                codes::DUPLICATE,
                name.span,
                format!("`{}` is declared twice", name.value),
            )
            .label("declared again here")
            .related(first.span, "first declared here"));
        }
        self.values.insert(name.value.into(), Value { parts, span: name.span, state: State::Raw });
        Ok(())
    }

    /// A value has no name that means something already: it would be put in where that is meant.
    fn free_name(&self, name: Spanned<&str>) -> Result<(), Diagnostic> {
        const TAKEN: [&str; 32] = [
            "read",
            "write",
            "execute",
            "full",
            "allow",
            "deny",
            "audit",
            "alarm",
            "label",
            "trust",
            "ok",
            "granted",
            "denied",
            "error",
            "impersonating",
            "subject",
            "client",
            "service",
            "model",
            "not",
            "and",
            "or",
            "is",
            "group",
            "process",
            "thread",
            "file",
            "directory",
            "key",
            "none",
            "true",
            "false",
        ];
        if !TAKEN.contains(&name.value) && Verb::named(name.value).is_none() {
            return Ok(());
        }
        Err(Diagnostic::error(
            codes::DUPLICATE,
            name.span,
            format!("`{}` is a word of the language", name.value),
        )
        .label("choose another name"))
    }

    fn check_given(&mut self) {
        for (name, _) in self.given {
            if self.params.iter().any(|param| param.name == *name) {
                continue;
            }
            let near = nearest(name, self.params.iter().map(|param| param.name.as_str()));
            let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            self.refused.push(format!("the scenario has no parameter `{name}`{near}"));
        }
    }

    /// Puts the values in that a value is made of. Order does not matter, so this may come from within another one.
    fn evaluate(&mut self, n: usize) {
        let Some((_, value)) = self.values.get_index_mut(n) else { return };
        match value.state {
            State::Ready => return,
            State::Open => {
                let span = value.span;
                let open = self.values.iter().filter(|(_, value)| value.state == State::Open);
                self.lost.extend(open.map(|(name, _)| name.clone()));
                self.report(
                    Diagnostic::error(codes::VALUE, span, "this value is made of itself")
                        .label("goes round in a circle"),
                );
                return;
            }
            State::Raw if self.depth >= DEEPEST => {
                let message = format!("more than {DEEPEST} values are made of each other");
                let diagnostic =
                    Diagnostic::error(codes::TOO_LARGE, value.span, message).label("too far to follow");
                self.report(diagnostic);
                return;
            }
            State::Raw => value.state = State::Open,
        }
        let parts = std::mem::take(&mut value.parts);
        let span = value.span;
        self.depth += 1;
        for part in &parts {
            self.evaluate_names_in(part);
        }
        self.depth -= 1;
        let mut parts = parts;
        self.parts(&mut parts, None);
        let count = parts.len().div_ceil(2);
        let parts = self.bounded(parts, count, span);
        if let Some((_, value)) = self.values.get_index_mut(n) {
            value.parts = parts;
            value.state = State::Ready;
        }
    }

    fn evaluate_names_in(&mut self, part: &Part) {
        let visit = |expander: &mut Self, name: &str| {
            if let Some(n) = expander.values.get_index_of(name) {
                expander.evaluate(n);
            }
        };
        match &part.value {
            PartKind::Word(word) => visit(self, word),
            PartKind::Text(pieces) => {
                for piece in pieces {
                    if let TextPiece::Hole(name) = piece {
                        visit(self, &name.value);
                    }
                }
            }
            PartKind::List(parts) => parts.iter().for_each(|part| self.evaluate_names_in(part)),
            _ => {}
        }
    }

    fn stmt(&mut self, mut stmt: Stmt, scope: Option<&Scope<'_>>, out: &mut Vec<Stmt>) {
        let done = match stmt.head.as_ref().map_or("", |head| head.value.as_str()) {
            "for" => self.repeat(&stmt, scope, out),
            "call" if self.calls_procedure(&stmt) => self.call(&stmt, scope, out),
            _ => {
                self.plain(&mut stmt, scope);
                out.push(stmt);
                return;
            }
        };
        if let Err(diagnostic) = done {
            self.report(diagnostic);
        }
    }

    /// A statement that stands for itself.
    fn plain(&mut self, stmt: &mut Stmt, scope: Option<&Scope<'_>>) {
        if let Err(diagnostic) = self.no_call_as_condition(stmt) {
            self.report(diagnostic);
        }
        let values = scope.is_some() || !self.values.is_empty();
        if values {
            self.check_bound_names(stmt, scope);
        }
        let outer = self.in_steps;
        let head = stmt.head.as_ref().map_or("", |head| head.value.as_str());
        self.in_steps |= matches!(head, "process" | "service" | "thread");
        self.parts(&mut stmt.parts, scope);
        // `groups a, b, …` is a list without brackets.
        let commas = || stmt.parts.iter().filter(|part| matches!(part.value, PartKind::Comma)).count();
        let most = self.bounds.elements as usize;
        if stmt.parts.len() > most && commas() >= most {
            let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
            stmt.parts = self.bounded(Vec::new(), usize::MAX, span);
        }
        for expectation in &mut stmt.expects {
            self.parts(&mut expectation.parts, scope);
        }
        self.in_steps = outer;
    }

    /// `for NAME in LIST { … }`: the statements of the block, once for each value.
    fn repeat(
        &mut self,
        stmt: &Stmt,
        scope: Option<&Scope<'_>>,
        out: &mut Vec<Stmt>,
    ) -> Result<(), Diagnostic> {
        let usage = |span: Span| {
            Diagnostic::error(codes::ARGUMENT, span, "expected `for NAME in 1..9 { … }` or `in [ … ] { … }`")
                .label("cannot be read as a `for`")
        };
        let [
            Part { value: PartKind::Word(name), span },
            Part { value: PartKind::Prep(Prep::In), .. },
            values,
            Part { value: PartKind::Block(block), .. },
        ] = stmt.parts.as_slice()
        else {
            return Err(usage(stmt.parts.first().map_or(stmt.span, |part| part.span)));
        };
        self.free_name(Spanned { value: name, span: *span })?;
        // It may hide a value of the whole scenario, which a library cannot know, but no other `for`.
        if find(scope, name).is_some() {
            return Err(Diagnostic::error(codes::DUPLICATE, *span, format!("`{name}` is a value already"))
                .label("choose another name"));
        }
        let mut values = vec![values.clone()];
        let place = values.first().map_or(*span, |part| part.span);
        self.parts(&mut values, scope);
        let values = match values.pop() {
            Some(Part { value: PartKind::Range(ends), span }) => match *ends {
                (Bound::Number(low), Bound::Number(high)) => Values::Range(low, high, span),
                _ => return Err(usage(span)),
            },
            Some(Part { value: PartKind::List(list), .. }) => Values::List(list),
            _ => return Err(usage(place)),
        };
        // A round without statements counts too, or a long range would go on for ever.
        let round = block.stmts.len().max(1) as u64;
        self.made = self.made.saturating_add(values.len().saturating_mul(round));
        let most = self.bounds.statements;
        if self.made > most {
            self.too_many(*span, format!("`for` makes more than {most} statements"));
        }
        let mut first = None;
        values.each(|value| {
            let names = [(name.clone(), vec![value])];
            let inner = Scope { names: &names, outer: scope };
            for stmt in &block.stmts {
                self.stmt(stmt.clone(), Some(&inner), out);
            }
            first.get_or_insert(out.len());
            !self.full
        });
        // Of what is too much one round is kept, for the mistakes in it.
        if let (true, Some(first)) = (self.full, first) {
            out.truncate(first);
        }
        Ok(())
    }

    /// What is made is bounded: the limit is told once.
    fn too_many(&mut self, span: Span, message: String) {
        if !std::mem::replace(&mut self.full, true) {
            self.report(Diagnostic::error(codes::TOO_LARGE, span, message).label("too many"));
        }
    }

    /// A name that a statement gives to something new must not stand for a value.
    fn check_bound_names(&mut self, stmt: &Stmt, scope: Option<&Scope<'_>>) {
        const DECLARES: [&str; 11] = [
            "user",
            "group",
            "app",
            "machine",
            "service",
            "process",
            "thread",
            "endpoint",
            "policy",
            "rule",
            "procedure",
        ];
        let declares = stmt.head.as_ref().is_some_and(|head| DECLARES.contains(&head.value.as_str()));
        let declared = match stmt.parts.first() {
            Some(Part { value: PartKind::Word(name), span }) if declares => Some((name.as_str(), *span)),
            _ => None,
        };
        let bound = stmt.bind.as_ref().map(|bind| (bind.value.text.as_str(), bind.span));
        for (name, span) in declared.into_iter().chain(bound) {
            if self.values.contains_key(name) || find(scope, name).is_some() {
                self.diagnostics.push(
                    Diagnostic::error(codes::DUPLICATE, span, format!("`{name}` stands for a value"))
                        .label("choose another name")
                        .help(format!("a name that is made from the value is written \"{{{name}}}\"")),
                );
            }
        }
    }

    /// Puts the values in where parts name them, and decides comparisons of values.
    fn parts(&mut self, parts: &mut Vec<Part>, scope: Option<&Scope<'_>>) {
        if !parts.iter().any(|part| self.names_value(part, scope)) {
            for part in parts {
                self.inside(part, scope);
            }
            return;
        }
        let mut out: Vec<Part> = Vec::with_capacity(parts.len());
        let mut rest = std::mem::take(parts).into_iter().peekable();
        while let Some(part) = rest.next() {
            let names_value = self.names_value(&part, scope);
            let compared = rest.peek().and_then(|next| match next.value {
                PartKind::Op(op) if names_value && op != Op::Assign => Some(op),
                _ => None,
            });
            self.part(part, scope, &mut out);
            if let Some(op) = compared
                && let Some(left) = out.pop()
            {
                rest.next();
                let mut right = Vec::new();
                if let Some(part) = rest.next() {
                    self.part(part, scope, &mut right);
                }
                out.push(self.compare(left, op, right.pop()));
            }
        }
        *parts = out;
    }

    /// Whether a part is a word that stands for a value.
    fn names_value(&self, part: &Part, scope: Option<&Scope<'_>>) -> bool {
        match &part.value {
            PartKind::Word(word) => self.lookup(word, scope).is_some(),
            _ => false,
        }
    }

    fn part(&mut self, mut part: Part, scope: Option<&Scope<'_>>, out: &mut Vec<Part>) {
        if let PartKind::Word(word) = &part.value
            && let Some((parts, given)) = self.lookup(word, scope)
        {
            // What a call gives keeps its place there, where a mistake in it is put right.
            let place = |inner: &Part| if given { inner.span } else { part.span };
            out.extend(parts.iter().map(|part| Part { span: place(part), ..part.clone() }));
            return;
        }
        self.inside(&mut part, scope);
        out.push(part);
    }

    /// Puts the values in inside a part that stands for itself.
    fn inside(&mut self, part: &mut Part, scope: Option<&Scope<'_>>) {
        let span = part.span;
        match &mut part.value {
            PartKind::Text(pieces) => self.fill(pieces, scope, span),
            PartKind::List(parts) => {
                // A list by its name adds its elements to the list in which it stands.
                let mut elements = Vec::with_capacity(parts.len());
                for part in std::mem::take(parts) {
                    let named = matches!(part.value, PartKind::Word(_));
                    let before = elements.len();
                    self.part(part, scope, &mut elements);
                    if let (true, [Part { value: PartKind::List(_), .. }]) = (named, &elements[before..])
                        && let Some(Part { value: PartKind::List(inner), .. }) = elements.pop()
                    {
                        elements.extend(inner);
                    }
                }
                let count = elements.len().div_ceil(2);
                *parts = self.bounded(elements, count, span);
            }
            PartKind::Flags(parts) => self.parts(parts, scope),
            PartKind::Block(block) => {
                self.nesting += 1;
                if block.stmts.iter().any(stands_for_others) {
                    let stmts = std::mem::take(&mut block.stmts);
                    block.stmts.reserve(stmts.len());
                    for stmt in stmts {
                        self.stmt(stmt, scope, &mut block.stmts);
                    }
                } else {
                    block.stmts.iter_mut().for_each(|stmt| self.plain(stmt, scope));
                }
                self.nesting -= 1;
            }
            _ => {}
        }
    }

    /// The parts of a list with so many elements, unless those are too many.
    fn bounded(&mut self, parts: Vec<Part>, count: usize, span: Span) -> Vec<Part> {
        let most = self.bounds.elements;
        if count as u64 <= most {
            return parts;
        }
        let message = format!("a list has at most {most} elements");
        self.diagnostics.push(Diagnostic::error(codes::TOO_LARGE, span, message).label("too many"));
        Vec::new()
    }

    fn fill(&mut self, pieces: &mut Vec<TextPiece>, scope: Option<&Scope<'_>>, span: Span) {
        if !pieces.iter().any(|piece| matches!(piece, TextPiece::Hole(_))) {
            return;
        }
        let mut filled: Vec<TextPiece> = Vec::with_capacity(1);
        for piece in std::mem::take(pieces) {
            let known = match &piece {
                TextPiece::Hole(name) => self.lookup(&name.value, scope),
                TextPiece::Literal(_) => None,
            };
            // A name that stands for nothing stays, and is told where the text is read.
            let piece = match known {
                Some(([one], _)) => text_of(one).map_or(piece, TextPiece::Literal),
                _ => piece,
            };
            match (filled.last_mut(), piece) {
                (Some(TextPiece::Literal(before)), TextPiece::Literal(text)) => before.push_str(&text),
                (_, piece) => filled.push(piece),
            }
        }
        let length = |piece: &TextPiece| match piece {
            TextPiece::Literal(text) => text.len(),
            TextPiece::Hole(_) => 0,
        };
        if filled.iter().map(length).sum::<usize>() as u64 <= self.bounds.text {
            *pieces = filled;
            return;
        }
        let message = format!("a text has at most {} bytes", self.bounds.text);
        self.diagnostics.push(Diagnostic::error(codes::TOO_LARGE, span, message).label("too long"));
    }

    /// What a name stands for, and whether a `for` or a call gave it.
    fn lookup<'s>(&'s self, name: &str, scope: Option<&Scope<'s>>) -> Option<(&'s [Part], bool)> {
        match find(scope, name) {
            Some(parts) => Some((parts, !self.calls.is_empty())),
            None => self.values.get(name).map(|value| (value.parts.as_slice(), false)),
        }
    }

    /// A comparison of two values is `true` or `false`.
    fn compare(&mut self, left: Part, op: Op, right: Option<Part>) -> Part {
        let span = left.span;
        let ordering = right.as_ref().and_then(|right| match (&left.value, &right.value) {
            (PartKind::Number(left), PartKind::Number(right)) => Some(left.cmp(right)),
            (PartKind::Time(left), PartKind::Time(right)) => Some(left.cmp(right)),
            // A number is never a word, so such a comparison would be a mistake that nobody sees.
            (PartKind::Number(_) | PartKind::Time(_), _) | (_, PartKind::Number(_) | PartKind::Time(_)) => {
                None
            }
            _ if matches!(op, Op::Eq | Op::Ne) => Some(text_of(&left)?.cmp(&text_of(right)?)),
            _ => None,
        });
        let Some(ordering) = ordering else {
            let place = right.map_or(span.after(), |right| right.span);
            self.diagnostics.push(
                Diagnostic::error(codes::ARGUMENT, place, "these two cannot be compared")
                    .label("expected a value of the same kind"),
            );
            return Part { value: PartKind::Word("false".into()), span };
        };
        let holds = match op {
            Op::Eq | Op::Assign => ordering.is_eq(),
            Op::Ne => ordering.is_ne(),
            Op::Lt => ordering.is_lt(),
            Op::Le => ordering.is_le(),
            Op::Gt => ordering.is_gt(),
            Op::Ge => ordering.is_ge(),
        };
        Part { value: PartKind::Word(holds.to_compact_string()), span }
    }
}

/// What a `for` goes through; a range is never laid out.
enum Values {
    Range(i128, i128, Span),
    List(Vec<Part>),
}

impl Values {
    /// How many there are.
    fn len(&self) -> u64 {
        match self {
            Values::Range(low, high, _) if low > high => 0,
            Values::Range(low, high, _) => {
                u64::try_from(high.abs_diff(*low)).unwrap_or(u64::MAX).saturating_add(1)
            }
            Values::List(list) => list.len().div_ceil(2) as u64,
        }
    }

    fn each(self, mut body: impl FnMut(Part) -> bool) {
        match self {
            Values::Range(low, high, span) => {
                let mut n = low;
                while n <= high && body(Part { value: PartKind::Number(n), span }) {
                    n += 1;
                }
            }
            Values::List(list) => {
                let values = list.into_iter().filter(|part| !matches!(part.value, PartKind::Comma));
                for value in values {
                    if !body(value) {
                        return;
                    }
                }
            }
        }
    }
}

/// The values that a parameter goes through, in order.
fn values_of(default: &Part, list: Option<&Part>) -> Result<Vec<String>, Diagnostic> {
    let parts = match list {
        Some(Part { value: PartKind::List(parts), .. }) => parts.as_slice(),
        _ => std::slice::from_ref(default),
    };
    let mut values = Vec::with_capacity(parts.len().div_ceil(2));
    for part in parts.iter().filter(|part| !matches!(part.value, PartKind::Comma)) {
        if !same_kind(part, default) {
            let message = "the values of a parameter are of one kind";
            return Err(
                Diagnostic::error(codes::VALUE, part.span, message).label("another kind than the default")
            );
        }
        let Some(value) = text_of(part).map(String::from) else { continue };
        if values.contains(&value) {
            // Each has a golden trace of its own, which goes by it.
            let message = format!("the parameter has the value `{value}` twice");
            return Err(Diagnostic::error(codes::DUPLICATE, part.span, message).label("listed again here"));
        }
        values.push(value);
    }
    match list {
        Some(list) if values.is_empty() => {
            let message = "a parameter without values would never be tested";
            Err(Diagnostic::error(codes::VALUE, list.span, message)
                .label("expected a value")
                .help("without `in [ … ]` the default is the only one"))
        }
        _ => Ok(values),
    }
}

/// `NAME = …`: the name, and what stands behind the sign.
fn named<'s>(stmt: &'s Stmt, head: &str) -> Result<(Spanned<&'s str>, &'s [Part]), Diagnostic> {
    let misplaced = stmt.expects.first().map(|expectation| expectation.span);
    let misplaced = misplaced.or(stmt.at.map(|at| at.span)).or(stmt.bind.as_ref().map(|bind| bind.span));
    if let Some(span) = misplaced {
        return Err(Diagnostic::error(codes::ARGUMENT, span, format!("`{head}` is no step"))
            .label("does not belong here"));
    }
    match stmt.parts.as_slice() {
        [
            Part { value: PartKind::Word(name), span },
            Part { value: PartKind::Op(Op::Assign), .. },
            rest @ ..,
        ] => Ok((Spanned { value: name, span: *span }, rest)),
        parts => {
            let span = parts.first().map_or(stmt.span.after(), |part| part.span);
            Err(Diagnostic::error(codes::ARGUMENT, span, format!("expected `{head} NAME = …`"))
                .label("expected a name and `=`"))
        }
    }
}

fn find<'s>(scope: Option<&Scope<'s>>, name: &str) -> Option<&'s [Part]> {
    let mut scope = scope.copied();
    while let Some(here) = scope {
        if let Some((_, parts)) = here.names.iter().find(|(known, _)| known == name) {
            return Some(parts);
        }
        scope = here.outer.copied();
    }
    None
}

/// Whether a statement may stand for others.
fn stands_for_others(stmt: &Stmt) -> bool {
    stmt.head.as_ref().is_some_and(|head| matches!(head.value.as_str(), "for" | "call"))
}

fn is_value(part: &Part) -> bool {
    matches!(
        part.value,
        PartKind::Word(_)
            | PartKind::Text(_)
            | PartKind::Raw(_)
            | PartKind::Number(_)
            | PartKind::Time(_)
            | PartKind::Range(..)
            | PartKind::Sid(_)
            | PartKind::Guid(_)
            | PartKind::List(_)
    )
}

fn same_kind(part: &Part, other: &Part) -> bool {
    let text = |part: &Part| matches!(part.value, PartKind::Text(_) | PartKind::Raw(_));
    std::mem::discriminant(&part.value) == std::mem::discriminant(&other.value) || text(part) && text(other)
}

/// A value as text; `None` for one that text cannot hold.
fn text_of(part: &Part) -> Option<Word> {
    match &part.value {
        PartKind::Word(text) | PartKind::Raw(text) | PartKind::Sid(text) | PartKind::Guid(text) => {
            Some(text.clone())
        }
        PartKind::Text(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                TextPiece::Literal(text) => Some(text.as_str()),
                TextPiece::Hole(_) => None,
            })
            .collect(),
        PartKind::Number(number) => Some(number.to_compact_string()),
        PartKind::Time(time) => Some(format_time(*time).into()),
        _ => None,
    }
}

fn kind_words(part: &Part) -> &'static str {
    match part.value {
        PartKind::Number(_) => "a number",
        PartKind::Time(_) => "a duration",
        PartKind::Sid(_) => "a SID",
        PartKind::Guid(_) => "a GUID",
        PartKind::Word(_) => "a word",
        _ => "text",
    }
}

/// A value that was given as text, as the kind that the default has.
fn read_as(text: &str, default: &Part) -> Option<PartKind> {
    Some(match default.value {
        PartKind::Number(_) => PartKind::Number(match text.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16).ok()?,
            None => text.parse().ok()?,
        }),
        PartKind::Time(_) => {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, unit) = text.split_at(digits);
            let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
            PartKind::Time(number.parse::<u64>().ok()?.checked_mul(*size)?)
        }
        PartKind::Word(_) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if !starts || !text.chars().all(plain) {
                return None;
            }
            PartKind::Word(text.into())
        }
        PartKind::Sid(_) => PartKind::Sid(sim_core::sid::Sid::parse(text)?.to_compact_string()),
        PartKind::Text(_) | PartKind::Raw(_) => PartKind::Raw(text.into()),
        _ => return None,
    })
}
