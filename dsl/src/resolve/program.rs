//! From the statements of a thread to its program: steps, control flow, conditions and expectations.

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use sim_core::engine::scenario::{
    Comparison, Condition, Expected, ExpectedStage, IdentityRef, Instruction, Program, Step, StepExpectation,
    StepInfo,
};
use sim_core::ids::{ProcessId, Slot, StepId};
use sim_core::model::{MODELS, Model};
use sim_core::rights::ObjectType;
use sim_core::world::op::{DeniedBy, ErrorName, Operation};

use super::Resolver;
use super::args::{Args, Read, begins_a_statement, choose, unknown, words_of};
use super::steps::{CONTROL, VERBS, Verb, level_named};
use crate::ast::{Block, Expectation, Op, Part, PartKind, Prep, Span, Spanned, Stmt, TextPiece, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::lint::{self, Thread};

/// What may come of a step.
pub(super) const EXPECTATIONS: &[&str] = &["ok", "granted", "denied", "error", "level"];

/// The words of conditions.
pub(super) const CONDITION_WORDS: &[&str] =
    &["impersonating", "level", "subject", "client", "service", "model", "not", "and", "or"];

/// The deepest nesting of blocks in a program; the parser stops deeper ones as well.
const MAX_NESTING: usize = 64;

/// What a thread's steps may refer to.
pub(super) struct ThreadScope<'a> {
    /// Its process.
    pub process: ProcessId,
    /// Every name that a step of the thread binds.
    names: &'a IndexMap<Word, Span, FxBuildHasher>,
    /// What the step that is being read says of its own duration.
    pub cost: Option<u64>,
    /// The class of what each name was bound to first, in whose names rights are read.
    classes: &'a [(Slot, ObjectType)],
}

impl ThreadScope<'_> {
    /// Whether a step of the thread binds the name.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The class of what a name holds, as far as the text tells.
    pub(super) fn class_of(&self, slot: Slot) -> ObjectType {
        let found = self.classes.iter().find(|(known, _)| *known == slot);
        found.map_or(ObjectType::File, |(_, class)| *class)
    }

    /// The slot of the name that comes next.
    pub(super) fn slot(&self, args: &mut Args<'_>, what: &str) -> Read<Slot> {
        if let Some(path) = path_at(args.rest()) {
            return Err(Diagnostic::error(codes::ARGUMENT, path, "this step takes a handle, not a path")
                .label(format!("expected {what}"))
                .help("open it first, as in `h = open file \"/srv/notes\" for read`, and name the handle"));
        }
        // A declared name may always be quoted.
        if matches!(args.peek(), Some(Part { value: PartKind::Text(_) | PartKind::Raw(_), .. })) {
            let name = args.name(what)?;
            return self.slot_named(Spanned { value: &name.value, span: name.span });
        }
        let word = args.word(what)?;
        self.slot_named(word)
    }

    /// Every name that a step of the thread binds.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(Word::as_str)
    }

    /// The slot of a name.
    pub(super) fn slot_of(&self, word: Spanned<&str>) -> Read<Slot> {
        self.slot_named(word)
    }

    fn slot_named(&self, word: Spanned<&str>) -> Read<Slot> {
        self.names.get_index_of(word.value).map(|index| Slot(index as u32)).ok_or_else(|| {
            let near = self.names.keys().map(Word::as_str);
            let diagnostic = unknown(codes::UNBOUND, word.span, "name", word.value, near);
            if begins_a_statement(word.value) {
                return diagnostic.help("a statement begins on a line of its own, or behind `;`");
            }
            diagnostic.help(format!("a step of this thread must bind it: `{} = …`", word.value))
        })
    }
}

/// Where a path stands at the beginning of these parts, with or without the kind of object before it.
fn path_at(parts: &[Part]) -> Option<Span> {
    let looks = |text: &str| text.starts_with('/') || text.contains('\\');
    match parts {
        [Part { value: PartKind::Raw(text), span }, ..] if looks(text) => Some(*span),
        [Part { value: PartKind::Text(pieces), span }, ..] if matches!(pieces.first(), Some(TextPiece::Literal(text)) if looks(text)) => {
            Some(*span)
        }
        [
            Part { value: PartKind::Word(kind), span },
            Part { value: PartKind::Text(_) | PartKind::Raw(_), .. },
            ..,
        ] if matches!(kind.as_str(), "file" | "directory" | "key") => Some(*span),
        _ => None,
    }
}

impl Resolver<'_> {
    /// The program of a thread.
    pub(super) fn program(&mut self, process: ProcessId, stmts: &[&Stmt]) -> Program {
        let mut names = IndexMap::default();
        for stmt in stmts {
            self.collect_names(stmt, &mut names);
        }
        let mut classes = Vec::new();
        for stmt in stmts {
            collect_classes(stmt, &names, &mut classes);
        }
        let scope = ThreadScope { process, names: &names, cost: None, classes: &classes };
        let mut writer = Writer { code: Vec::new(), counters: 0, depth: 0, open_counters: 0 };
        for stmt in stmts {
            self.statement(stmt, &mut writer, &scope);
        }
        forgive_ruled_out(&mut writer.code);
        let program = Program {
            code: writer.code,
            slots: names.len() as u32,
            names: names.keys().map(|name| Arc::from(name.as_str())).collect(),
            counters: writer.counters as u32,
        };
        let names = names.keys().map(Word::as_str).collect();
        let doubts = lint::examine(&Thread { program: &program, places: &self.step_spans, names });
        doubts.into_iter().for_each(|doubt| self.report(doubt));
        program
    }

    fn collect_names(&mut self, stmt: &Stmt, names: &mut IndexMap<Word, Span, FxBuildHasher>) {
        if let Some(bind) = &stmt.bind {
            names.entry(bind.value.text.clone()).or_insert(bind.span);
            self.check_bindable(&bind.value.text, bind.span);
        }
        // `if conn = accept { … }` binds inside its parts.
        if let Some((name, _)) = bound_by_if(&stmt.parts).filter(|_| is_if(stmt)) {
            self.check_bindable(&name.value, name.span);
            names.entry(name.value).or_insert(name.span);
        }
        for part in &stmt.parts {
            if let PartKind::Block(block) = &part.value {
                for inner in &block.stmts {
                    self.collect_names(inner, names);
                }
            }
        }
    }

    /// A bound name is no word of the step or condition tables.
    fn check_bindable(&mut self, name: &str, span: Span) {
        if Verb::named(name).is_some() || CONDITION_WORDS.contains(&name) {
            self.report(
                Diagnostic::error(codes::DUPLICATE, span, format!("`{name}` is a word of the language"))
                    .label("choose another name"),
            );
        }
    }

    fn statement(&mut self, stmt: &Stmt, writer: &mut Writer, scope: &ThreadScope<'_>) {
        let Err(diagnostic) = self.try_statement(stmt, writer, scope) else { return };
        self.report(diagnostic);
        // What is wrong in front of a block hides nothing of it.
        let repeats =
            stmt.head.as_ref().is_some_and(|head| matches!(&*head.value, "loop" | "repeat" | "every"));
        if let (true, Some(block)) = (repeats, Args::new(&stmt.parts, stmt.span).later_block()) {
            let mut aside = Writer { code: Vec::new(), ..*writer };
            if let Err(diagnostic) = self.block(block.value, &mut aside, scope) {
                self.report(diagnostic);
            }
        }
    }

    fn block(&mut self, block: &Block, writer: &mut Writer, scope: &ThreadScope<'_>) -> Read<()> {
        writer.depth += 1;
        if writer.depth <= MAX_NESTING {
            for stmt in &block.stmts {
                self.statement(stmt, writer, scope);
            }
        }
        writer.depth -= 1;
        Ok(())
    }

    fn try_statement(&mut self, stmt: &Stmt, writer: &mut Writer, scope: &ThreadScope<'_>) -> Read<()> {
        let head = self.head_of(stmt, "a step")?;
        if CONTROL.contains(&head.value) {
            if let Some(bind) = &stmt.bind {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    bind.span,
                    format!("`{}` gives nothing to hold", head.value),
                )
                .label("no name can be bound here"));
            }
            if let Some(at) = stmt.at {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    at.span,
                    format!("`at` takes a step, not `{}`", head.value),
                )
                .label("expected a step"));
            }
            self.no_expectation(stmt)?;
        }
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "loop" => {
                let block = args.block("`{` and steps")?;
                args.finish("loop")?;
                self.must_progress(block, head)?;
                let top = writer.code.len();
                self.block(block.value, writer, scope)?;
                writer.code.push(Instruction::Jump(top));
            }
            "repeat" => {
                let times = args.number("a number of times")?;
                let count =
                    u64::try_from(times.value).ok().filter(|n| *n <= 1_000_000_000).ok_or_else(|| {
                        Diagnostic::error(
                            codes::VALUE,
                            times.span,
                            "a repetition goes from 0 to 1000000000 times",
                        )
                        .label("out of range")
                    })?;
                let block = args.block("`{` and steps")?;
                args.finish("repeat")?;
                self.must_progress(block, head)?;
                self.repeat(count, block.value, writer, scope)?;
            }
            "if" => self.branch(head.span, &stmt.parts, writer, scope)?,
            "stop" => {
                args.finish("stop")?;
                writer.code.push(Instruction::Stop);
            }
            "every" => {
                let period = args.time("a duration such as `10ms`")?;
                if period.value == 0 {
                    return Err(Diagnostic::error(codes::VALUE, period.span, "`every` needs time to pass")
                        .label("expected more than 0"));
                }
                let block = args.block("`{` and steps")?;
                args.finish("every")?;
                self.must_progress(block, head)?;
                self.every(period.value, block.value, writer, scope)?;
            }
            _ => self.step(stmt, head, writer, scope)?,
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        count: u64,
        block: &Block,
        writer: &mut Writer,
        scope: &ThreadScope<'_>,
    ) -> Read<()> {
        if count == 0 {
            // Read all the same, so that its mistakes are told, but never run.
            let mut aside = Writer { code: Vec::new(), ..*writer };
            return self.block(block, &mut aside, scope);
        }
        let counter = writer.open_counter();
        writer.code.push(Instruction::Count(counter, count));
        let top = writer.code.len();
        self.block(block, writer, scope)?;
        writer.code.push(Instruction::Again(counter, top));
        writer.open_counters -= 1;
        Ok(())
    }

    /// `every 10ms {…}`: a round at once and one at each beat, until something stops the thread.
    fn every(
        &mut self,
        period: u64,
        block: &Block,
        writer: &mut Writer,
        scope: &ThreadScope<'_>,
    ) -> Read<()> {
        let counter = writer.open_counter();
        writer.code.push(Instruction::Beat(counter));
        let top = writer.code.len();
        self.block(block, writer, scope)?;
        writer.code.push(Instruction::Rest(counter, period, top));
        writer.open_counters -= 1;
        Ok(())
    }

    /// `if STEP {…} else {…}` and `if CONDITION {…} else {…}`; `parts` stand behind the `if`. A chain of `else if` is walked,
    /// not descended, however long it is.
    fn branch(
        &mut self,
        before: Span,
        parts: &[Part],
        writer: &mut Writer,
        scope: &ThreadScope<'_>,
    ) -> Read<()> {
        let mut ends = Vec::new();
        let mut rest = parts;
        let mut before = before;
        loop {
            // The branch's own block stands right before `else` or the end; one of `with {…}` belongs to the step.
            let otherwise = rest.iter().position(|part| matches!(part.value, PartKind::Prep(Prep::Else)));
            let at = otherwise.unwrap_or(rest.len()).checked_sub(1);
            let block = at.and_then(|at| match &rest.get(at)?.value {
                PartKind::Block(block) => Some((at, block)),
                _ => None,
            });
            let Some((at, block)) = block else {
                let end = Args::new(rest.get(otherwise.unwrap_or(rest.len())..).unwrap_or(&[]), before);
                return Err(end.expected("`{` and the steps of this branch"));
            };
            let jump = match self.branch_subject(before, rest.get(..at).unwrap_or(&[]), writer, scope) {
                Ok(jump) => Some(jump),
                Err(diagnostic) => {
                    // The branches are read all the same.
                    self.report(diagnostic);
                    None
                }
            };
            self.block(block, writer, scope)?;
            let Some(otherwise) = otherwise else {
                writer.patch(jump);
                break;
            };
            ends.push(writer.code.len());
            writer.code.push(Instruction::Jump(usize::MAX));
            writer.patch(jump);
            let mut args = Args::new(rest.get(otherwise + 1..).unwrap_or(&[]), before);
            if let Some(span) = args.prep(Prep::If) {
                before = span;
                rest = args.rest();
                continue;
            }
            let block = args.block("`{` or `if`")?;
            args.finish("else")?;
            self.block(block.value, writer, scope)?;
            break;
        }
        let here = writer.code.len();
        for end in ends {
            if let Some(Instruction::Jump(to)) = writer.code.get_mut(end) {
                *to = here;
            }
        }
        Ok(())
    }

    /// What a branch depends on: where to put the way to its `else`.
    fn branch_subject(
        &mut self,
        before: Span,
        parts: &[Part],
        writer: &mut Writer,
        scope: &ThreadScope<'_>,
    ) -> Read<usize> {
        let bound = bound_by_if(parts);
        let (bind, rest) = match &bound {
            Some((name, rest)) => (Some(Spanned { value: name.value.as_str(), span: name.span }), *rest),
            None => (None, parts),
        };
        match rest.split_first() {
            Some((Part { value: PartKind::Word(word), span }, args))
                if bind.is_some() || Verb::named(word).is_some() =>
            {
                let head = Spanned { value: word.as_str(), span: *span };
                let at = writer.code.len();
                self.push_step(StepText { head, parts: args, bind, at: None, expects: &[] }, writer, scope)?;
                Ok(at)
            }
            _ => {
                let mut args = Args::new(rest, before);
                let condition = self.condition(&mut args, scope)?;
                args.finish("if")?;
                writer.code.push(Instruction::Unless(condition, usize::MAX));
                Ok(writer.code.len() - 1)
            }
        }
    }

    fn step(
        &mut self,
        stmt: &Stmt,
        head: Spanned<&str>,
        writer: &mut Writer,
        scope: &ThreadScope<'_>,
    ) -> Read<()> {
        let bind =
            stmt.bind.as_ref().map(|bind| Spanned { value: bind.value.text.as_str(), span: bind.span });
        let text = StepText {
            head,
            parts: &stmt.parts,
            bind,
            at: stmt.at.map(|at| at.value),
            expects: &stmt.expects,
        };
        self.push_step(text, writer, scope)
    }

    fn push_step(&mut self, text: StepText<'_>, writer: &mut Writer, scope: &ThreadScope<'_>) -> Read<()> {
        let mut own = ThreadScope { cost: None, ..*scope };
        let (verb, operation) = self.operation(text.head, text.parts, &mut own)?;
        self.note_made(&operation);
        let bind = match text.bind {
            None => None,
            Some(bind) if !verb.binds => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    bind.span,
                    format!("`{}` gives nothing to hold", verb.name),
                )
                .label("no name can be bound here"));
            }
            Some(bind) => Some(scope.slot_named(bind)?),
        };
        let class = class_of(&operation);
        let expects = self.expectations(text.expects, class);
        let id = StepId(self.steps.len() as u32);
        self.step_spans.push(text.head.span);
        self.steps.push(StepInfo {
            verb: verb.name,
            words: Arc::from(words_of(text.parts)),
            binds: text.bind.map(|bind| Arc::from(bind.value)),
            place: self.place(text.head.span),
        });
        writer.code.push(Instruction::Step(Box::new(Step {
            id,
            operation,
            bind,
            at: text.at,
            cost: own.cost,
            on_failure: None,
            expects,
        })));
        Ok(())
    }

    /// Every way through a loop must take a step, or time would stand still (language manual).
    fn must_progress(&self, block: Spanned<&Block>, head: Spanned<&str>) -> Read<()> {
        if always_steps(block.value) {
            return Ok(());
        }
        Err(Diagnostic::error(
            codes::EMPTY_LOOP,
            head.span,
            format!("a round of this `{}` can pass without a step", head.value),
        )
        .label("time would stand still")
        .help("put a step on every way through it, such as `wait 1ms`")
        .lacks(block.span))
    }

    pub(super) fn expectations(
        &mut self,
        expects: &[Expectation],
        class: ObjectType,
    ) -> Vec<StepExpectation> {
        let mut read = Vec::new();
        for expectation in expects {
            match self.expectation(expectation, class) {
                Ok(expectation) => read.push(expectation),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        read
    }

    fn expectation(&mut self, expectation: &Expectation, class: ObjectType) -> Read<StepExpectation> {
        let mut args = Args::new(&expectation.parts, expectation.span);
        let what = if args.prep(Prep::Level).is_some() {
            Expected::Level(level_named(args.word("a level such as `impersonation`")?)?)
        } else {
            let word = args.word("`ok`, `granted`, `denied`, `error` or `level`")?;
            match word.value {
                "ok" => Expected::Ok,
                "granted"
                    if args.peek().is_some_and(|part| {
                        matches!(part.value, PartKind::Word(_) | PartKind::Number(_))
                    }) =>
                {
                    Expected::Granted(Some(self.rights(&mut args, class)?))
                }
                "granted" => Expected::Granted(None),
                "denied" if args.prep(Prep::By).is_some() => Expected::Denied(Some(stage(&mut args)?)),
                "denied" if names_a_stage(&args) => {
                    return Err(args
                        .expected("`by`")
                        .help("the stage stands behind `by`, as in `denied by no_ace`"));
                }
                "denied" => Expected::Denied(None),
                "error" => Expected::Error(error_name(&mut args)?),
                other => {
                    let known = EXPECTATIONS.iter().copied();
                    return Err(unknown(codes::WORD, word.span, "expectation", other, known)
                        .help("one of: ok, granted [RIGHTS], denied [by STAGE], error NAME, level LEVEL"));
                }
            }
        };
        let models = self.models_in(&mut args)?;
        args.finish("=>").map_err(|diagnostic| {
            diagnostic.help("one of: ok, granted [RIGHTS], denied [by STAGE], error NAME, level LEVEL; each may end in `in MODEL, …`")
        })?;
        Ok(StepExpectation {
            models,
            what,
            words: Arc::from(format!("=> {}", words_of(&expectation.parts))),
            place: self.place(expectation.span),
        })
    }

    /// `in kobicha, kacs`
    pub(super) fn models_in(&mut self, args: &mut Args<'_>) -> Read<Vec<&'static str>> {
        let mut models = Vec::new();
        if args.prep(Prep::In).is_none() {
            return Ok(models);
        }
        loop {
            models.push(model_named(args.word("a model")?)?.name);
            if !args.comma() {
                return Ok(models);
            }
        }
    }

    /// `not`, `and`, `or` around single conditions; `and` binds closer than `or`.
    pub(super) fn condition(&mut self, args: &mut Args<'_>, scope: &ThreadScope<'_>) -> Read<Condition> {
        let mut left = self.conjunction(args, scope)?;
        while args.keyword("or").is_some() {
            let right = self.conjunction(args, scope)?;
            left = Condition::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn conjunction(&mut self, args: &mut Args<'_>, scope: &ThreadScope<'_>) -> Read<Condition> {
        let mut left = self.single_condition(args, scope)?;
        while args.keyword("and").is_some() {
            let right = self.single_condition(args, scope)?;
            left = Condition::And(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn single_condition(&mut self, args: &mut Args<'_>, scope: &ThreadScope<'_>) -> Read<Condition> {
        let mut negated = false;
        while args.keyword("not").is_some() {
            negated = !negated;
        }
        let condition = if args.prep(Prep::Level).is_some() {
            let comparison = comparison(args)?;
            let word = args.word("a level or `none`")?;
            let level = if word.value == "none" { None } else { Some(level_named(word)?) };
            Condition::Level(comparison, level)
        } else if let Some(Part { value: PartKind::Flags(inner), span }) = args.peek() {
            args.take();
            let mut inner = Args::new(inner, *span);
            let condition = self.condition(&mut inner, scope)?;
            inner.finish("(")?;
            condition
        } else {
            if let Some(name) = quoted_name(args)? {
                let slot = scope.slot_named(Spanned { value: &name.value, span: name.span })?;
                return Ok(negate(Condition::Filled(slot), negated));
            }
            let word = args.word("a condition").map_err(|found| found.help(condition_help(scope)))?;
            match word.value {
                "impersonating" => Condition::Impersonating,
                "true" => Condition::Constant(true),
                "false" => Condition::Constant(false),
                "subject" => Condition::Subject(self.is_identity(args)?),
                "client" => Condition::Client(self.is_identity(args)?),
                "model" => {
                    let comparison = comparison(args)?;
                    Condition::Model(comparison, Arc::from(model_named(args.word("a model")?)?.name))
                }
                name if scope.binds(name) => Condition::Filled(scope.slot_named(word)?),
                other => {
                    let known = CONDITION_WORDS.iter().copied();
                    let names = scope.names.keys().map(Word::as_str);
                    let candidates = known.chain(names).chain(VERBS.iter().map(|row| row.name));
                    return Err(unknown(codes::UNBOUND, word.span, "condition or name", other, candidates)
                        .help(condition_help(scope)));
                }
            }
        };
        Ok(negate(condition, negated))
    }

    fn is_identity(&mut self, args: &mut Args<'_>) -> Read<IdentityRef> {
        args.keyword("is").ok_or_else(|| args.expected("`is` and an identity"))?;
        let negated = args.keyword("not");
        if let Some(span) = negated {
            return Err(Diagnostic::error(codes::ARGUMENT, span, "`not` stands before the whole condition")
                .label("write `not subject is …`"));
        }
        self.identity(args)
    }

    /// A principal, `client` or `service`.
    pub(super) fn identity(&mut self, args: &mut Args<'_>) -> Read<IdentityRef> {
        if args.keyword("client").is_some() {
            return Ok(IdentityRef::Client);
        }
        if args.keyword("service").is_some() {
            return Ok(IdentityRef::Service);
        }
        if args.keyword("subject").is_some() {
            return Err(args.expected("`client`, `service` or a principal"));
        }
        // A process or service stands for the identity that it has of its own.
        self.principal_or_process(args).map(IdentityRef::Sid)
    }
}

/// What a condition can be here.
fn condition_help(scope: &ThreadScope<'_>) -> String {
    let words = "`impersonating`, `level == …`, `subject is …`, `client is …` or `model == …`";
    if scope.names.is_empty() {
        format!("a condition is {words}; what a name holds, `if` asks in the thread that binds it")
    } else {
        format!("a condition is a name that a step binds, {words}")
    }
}

/// A step as it stands in the text.
struct StepText<'a> {
    head: Spanned<&'a str>,
    parts: &'a [Part],
    bind: Option<Spanned<&'a str>>,
    at: Option<u64>,
    expects: &'a [Expectation],
}

/// The code that has been written so far.
struct Writer {
    code: Vec<Instruction>,
    /// The most counters that were open at once.
    counters: usize,
    open_counters: usize,
    depth: usize,
}

impl Writer {
    /// A counter that nobody uses until it is given back.
    fn open_counter(&mut self) -> usize {
        let counter = self.open_counters;
        self.open_counters += 1;
        self.counters = self.counters.max(self.open_counters);
        counter
    }

    /// Sends the instruction at `jump` on to what comes next.
    fn patch(&mut self, jump: Option<usize>) {
        let here = self.code.len();
        match jump.and_then(|at| self.code.get_mut(at)) {
            Some(Instruction::Step(step)) => step.on_failure = Some(here),
            Some(Instruction::Unless(_, to)) => *to = here,
            _ => {}
        }
    }
}

/// Which names a statement binds to which class: `h = open directory …`, blocks included.
fn collect_classes(
    stmt: &Stmt,
    names: &IndexMap<Word, Span, FxBuildHasher>,
    classes: &mut Vec<(Slot, ObjectType)>,
) {
    // What these steps bind is a token.
    const TOKENS: [&str; 7] =
        ["open_token", "create_token", "duplicate", "restrict", "linked", "logon", "capture"];
    let word = |part: Option<&'_ Part>| match part.map(|part| &part.value) {
        Some(PartKind::Word(word)) => Some(word.clone()),
        _ => None,
    };
    let bound = match (&stmt.bind, &stmt.head) {
        (Some(bind), Some(head)) => {
            Some((bind.value.text.clone(), Some(head.value.clone()), stmt.parts.first()))
        }
        // `if h = open directory … { … }`
        (None, Some(head)) if head.value == "if" => {
            bound_by_if(&stmt.parts).map(|(name, rest)| (name.value, word(rest.first()), rest.get(1)))
        }
        _ => None,
    };
    if let Some((name, Some(verb), next)) = bound
        && let Some(slot) = names.get_index_of(&name)
    {
        let class = match verb.as_str() {
            "open" | "create" => word(next),
            verb if TOKENS.contains(&verb) => Some(ObjectType::Token.name().into()),
            _ => None,
        };
        let class = class.and_then(|class| ObjectType::ALL.iter().find(|(_, known)| *known == class));
        classes.extend(class.map(|(class, _)| (Slot(slot as u32), *class)));
    }
    for part in &stmt.parts {
        if let PartKind::Block(block) = &part.value {
            block.stmts.iter().for_each(|inner| collect_classes(inner, names, classes));
        }
    }
}

fn is_if(stmt: &Stmt) -> bool {
    stmt.head.as_ref().is_some_and(|head| head.value == "if")
}

/// The name in `if NAME = STEP { … }`, and what stands behind the sign.
fn bound_by_if(parts: &[Part]) -> Option<(Spanned<Word>, &[Part])> {
    let [name, Part { value: PartKind::Op(Op::Assign), .. }, rest @ ..] = parts else { return None };
    let name = Args::new(std::slice::from_ref(name), name.span).name("a name").ok()?;
    Some((name, rest))
}

/// A name in quotes: one without is a word, which may mean something else.
fn quoted_name(args: &mut Args<'_>) -> Read<Option<Spanned<Word>>> {
    match args.peek() {
        Some(Part { value: PartKind::Text(_) | PartKind::Raw(_), .. }) => args.name("a name").map(Some),
        _ => Ok(None),
    }
}

fn negate(condition: Condition, negated: bool) -> Condition {
    match condition {
        Condition::Constant(holds) => Condition::Constant(holds != negated),
        condition if negated => Condition::Not(Box::new(condition)),
        condition => condition,
    }
}

/// Whether every way through a block takes a step or ends the thread.
fn always_steps(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| {
        let Some(head) = &stmt.head else { return true };
        let blocks = || {
            stmt.parts.iter().filter_map(|part| match &part.value {
                PartKind::Block(block) => Some(block),
                _ => None,
            })
        };
        match head.value.as_str() {
            "if" => {
                let first = stmt.parts.iter().find(|part| !matches!(part.value, PartKind::Comma));
                let steps = match first.map(|part| &part.value) {
                    Some(PartKind::Word(word)) => {
                        Verb::named(word).is_some()
                            || matches!(stmt.parts.get(1), Some(Part { value: PartKind::Op(Op::Assign), .. }))
                    }
                    _ => false,
                };
                let has_else = stmt.parts.iter().any(|part| matches!(part.value, PartKind::Prep(Prep::Else)));
                steps || has_else && blocks().all(always_steps)
            }
            "loop" => true,
            "repeat" => {
                !matches!(stmt.parts.first(), Some(Part { value: PartKind::Number(0), .. }))
                    && blocks().all(always_steps)
            }
            "for" | "every" => true,
            // An unknown head is told elsewhere; here it passes for a step.
            _ => true,
        }
    })
}

/// Takes the expectations from the branches that a comparison of parameters rules out: that they never come is no news.
fn forgive_ruled_out(code: &mut [Instruction]) {
    for at in 0..code.len() {
        let Some(Instruction::Unless(Condition::Constant(holds), to)) = code.get(at) else { continue };
        let ruled_out = match (*holds, code.get(to.saturating_sub(1))) {
            (false, _) => at + 1..*to,
            (true, Some(Instruction::Jump(end))) if *end > *to => *to..*end,
            (true, _) => continue,
        };
        for instruction in code.get_mut(ruled_out).unwrap_or_default() {
            if let Instruction::Step(step) = instruction {
                step.expects.clear();
            }
        }
    }
}

/// The class that the rights of an expectation are read in.
fn class_of(operation: &Operation) -> ObjectType {
    match operation {
        Operation::OpenKey(_) => ObjectType::Key,
        Operation::OpenFile(open) if open.directory => ObjectType::Directory,
        Operation::Access(_, true, _) => ObjectType::Directory,
        Operation::OpenToken { .. }
        | Operation::Capture(_)
        | Operation::Duplicate(..)
        | Operation::CreateToken(_)
        | Operation::Linked(_)
        | Operation::Logon(..)
        | Operation::Restrict(..) => ObjectType::Token,
        _ => ObjectType::File,
    }
}

fn comparison(args: &mut Args<'_>) -> Read<Comparison> {
    let table = [
        (Op::Eq, Comparison::Eq),
        (Op::Ne, Comparison::Ne),
        (Op::Lt, Comparison::Lt),
        (Op::Le, Comparison::Le),
        (Op::Gt, Comparison::Gt),
        (Op::Ge, Comparison::Ge),
    ];
    for (op, comparison) in table {
        if args.op(op).is_some() {
            return Ok(comparison);
        }
    }
    Err(args.expected("`==`, `!=` or another comparison"))
}

/// A model by its name.
pub(super) fn model_named(word: Spanned<&str>) -> Read<&'static Model> {
    Model::named(word.value).ok_or_else(|| {
        unknown(codes::WORD, word.span, "model", word.value, MODELS.iter().map(|model| model.name))
            .help("the models are kobicha, kacs and windows")
    })
}

/// An error by its name.
pub(super) fn error_name(args: &mut Args<'_>) -> Read<ErrorName> {
    let word = args.word("the name of an error, such as `ACCESS_DENIED`")?;
    let table: Vec<(&str, ErrorName)> = ErrorName::ALL.iter().map(|row| (row.1, row.0)).collect();
    choose(word, "error", &table)
}

/// Stages of a refusal by the words of the language.
pub(super) const STAGES: &[(&str, ExpectedStage)] = &[
    ("gate", ExpectedStage::Exactly(DeniedBy::Gate)),
    ("traverse", ExpectedStage::Exactly(DeniedBy::Traverse)),
    ("missing_sd", ExpectedStage::Exactly(DeniedBy::MissingSd)),
    ("corrupt_sd", ExpectedStage::Exactly(DeniedBy::CorruptSd)),
    ("integrity", ExpectedStage::Exactly(DeniedBy::Integrity)),
    ("trust", ExpectedStage::Exactly(DeniedBy::Trust)),
    ("dacl", ExpectedStage::Dacl),
    ("deny_ace", ExpectedStage::AnyDenyAce),
    ("no_ace", ExpectedStage::Exactly(DeniedBy::NoAce)),
    ("privilege", ExpectedStage::Exactly(DeniedBy::Privilege)),
    ("restricted", ExpectedStage::Exactly(DeniedBy::Restricted)),
    ("confinement", ExpectedStage::Exactly(DeniedBy::Confinement)),
    ("policy", ExpectedStage::Exactly(DeniedBy::Policy)),
    ("handle", ExpectedStage::Exactly(DeniedBy::Handle)),
];

/// Whether a stage comes next.
fn names_a_stage(args: &Args<'_>) -> bool {
    matches!(args.peek(), Some(Part { value: PartKind::Word(word), .. })
        if STAGES.iter().any(|(name, _)| name == word))
}

fn stage(args: &mut Args<'_>) -> Read<ExpectedStage> {
    let stage = choose(args.word("a stage such as `dacl`")?, "stage", STAGES)?;
    if stage == ExpectedStage::AnyDenyAce
        && let Some(Part { value: PartKind::Number(number), span }) = args.peek()
    {
        args.take();
        let number = u32::try_from(*number).map_err(|_| {
            Diagnostic::error(codes::VALUE, *span, "entries are counted from 0").label("out of range")
        })?;
        return Ok(ExpectedStage::Exactly(DeniedBy::DenyAce(number)));
    }
    Ok(stage)
}

impl<'a> ThreadScope<'a> {
    /// The scope of one thread, or, without names, of a condition outside any.
    pub(super) fn new(process: ProcessId, names: &'a IndexMap<Word, Span, FxBuildHasher>) -> ThreadScope<'a> {
        ThreadScope { process, names, cost: None, classes: &[] }
    }
}
