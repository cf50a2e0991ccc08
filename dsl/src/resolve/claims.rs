//! `never` and `expect`: from their parts to patterns over records.

use std::sync::Arc;

use indexmap::IndexMap;
use sim_core::engine::scenario::{Claim, Condition, ObjectPattern, Pattern, PatternEvent, RightsPattern};
use sim_core::ids::ProcessId;
use sim_core::rights::ObjectType;

use super::Resolver;
use super::args::{Args, Read, choose, unknown, words_of};
use super::program::{ThreadScope, error_name};
use super::steps::{VERBS, Verb};
use super::world::happening_named;
use crate::ast::{Bound, Part, PartKind, Prep, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::Diagnostic;

impl Resolver<'_> {
    /// A top-level `never` or `expect`.
    pub(super) fn claim(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<Claim> {
        let never = head.value == "never";
        let mut args = Args::new(&stmt.parts, head.span);
        let times = if never { (0, 0) } else { times(&mut args)? };
        let pattern = self.pattern(&mut args)?;
        args.finish(head.value)?;
        self.no_expectation(stmt)?;
        let own = words_of(&stmt.parts);
        let title = stmt.doc.iter().map(|line| line.value.trim()).collect::<Vec<_>>().join(" ");
        Ok(Claim {
            title: Arc::from(if title.is_empty() { own } else { title }),
            times,
            never,
            pattern,
            place: self.place(head.span),
        })
    }

    fn pattern(&mut self, args: &mut Args<'_>) -> Read<Pattern> {
        // Rights are read in the class of the object, which stands further right.
        let class = object_class(args.rest());
        let event = self.pattern_event(args, class)?;
        let mut pattern =
            Pattern { event, object: None, by: None, subject: None, models: Vec::new(), condition: None };
        loop {
            let here = args.here();
            let doubled = if args.prep(Prep::On).is_some() {
                let object = self.object_pattern(args)?;
                pattern.object.replace(object).is_some()
            } else if args.prep(Prep::By).is_some() {
                let name = args.name("a process or `process.thread`")?;
                let by = self.process_or_thread(&name)?;
                pattern.by.replace(by).is_some()
            } else if args.prep(Prep::As).is_some() {
                let identity = self.identity(args)?;
                pattern.subject.replace(identity).is_some()
            } else if matches!(args.peek(), Some(Part { value: PartKind::Prep(Prep::In), .. })) {
                let models = self.models_in(args)?;
                !std::mem::replace(&mut pattern.models, models).is_empty()
            } else if args.prep(Prep::If).is_some() {
                pattern.condition = Some(self.pattern_condition(args)?);
                break;
            } else if args.prep(Prep::Unless).is_some() {
                pattern.condition = Some(Condition::Not(Box::new(self.pattern_condition(args)?)));
                break;
            } else {
                break;
            };
            if doubled {
                return Err(Diagnostic::error(codes::DUPLICATE, here, "this is said twice in one pattern")
                    .label("once is enough"));
            }
        }
        Ok(pattern)
    }

    /// A condition in a pattern is about the thread of the event, whose names are not known here.
    fn pattern_condition(&mut self, args: &mut Args<'_>) -> Read<Condition> {
        let names = IndexMap::default();
        self.condition(args, &ThreadScope::new(ProcessId(0), &names))
    }

    fn pattern_event(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<PatternEvent> {
        if let Some(Part { value: PartKind::Script(text), span }) = args.peek() {
            args.take();
            return self.predicate(text, *span).map(PatternEvent::Script);
        }
        let word = args.word("`granted`, `denied`, `error` or a step")?;
        let rights = |resolver: &mut Self, args: &mut Args<'_>| -> Read<Option<RightsPattern>> {
            match args.peek() {
                Some(Part { value: PartKind::Word(_) | PartKind::Number(_), .. }) => {
                    resolver.rights(args, class).map(|mask| Some(RightsPattern(mask)))
                }
                _ => Ok(None),
            }
        };
        Ok(match word.value {
            "granted" => PatternEvent::Granted(rights(self, args)?),
            "denied" => PatternEvent::Denied(rights(self, args)?),
            "error" => PatternEvent::Error(error_name(args)?),
            "audit" => {
                let outcome = args.word("`success` or `failure`")?;
                PatternEvent::Audit(choose(outcome, "outcome", &[("success", true), ("failure", false)])?)
            }
            "staging_mismatch" => PatternEvent::StagingMismatch,
            name => match Verb::named(name).map(|verb| verb.name).or_else(|| happening_named(name)) {
                Some(verb) => PatternEvent::Verb(verb),
                None => {
                    let known = PATTERN_WORDS.iter().copied();
                    let verbs = VERBS.iter().map(|verb| verb.name);
                    return Err(unknown(codes::WORD, word.span, "kind of event", name, known.chain(verbs))
                        .help("a pattern begins with `granted`, `denied`, `error NAME`, `audit …`, `staging_mismatch` or a step's word; how often is a number in front, as in `expect 2 granted` or `expect 2..4 open`"));
                }
            },
        })
    }

    fn object_pattern(&mut self, args: &mut Args<'_>) -> Read<ObjectPattern> {
        let word = args.word("`file`, `directory`, `key` or another class of objects")?;
        let class = choose(word, "class of objects", PATTERN_CLASSES)?;
        let named =
            |name: Word| ObjectPattern { class: class.name(), path: Arc::from(name.as_str()), below: false };
        match class {
            ObjectType::Endpoint => {
                let name = args.name("an endpoint")?;
                self.endpoint(&name)?;
                return Ok(named(name.value));
            }
            ObjectType::Process => {
                let name = args.name("a process or service")?;
                self.process(&name)?;
                return Ok(named(name.value));
            }
            // Tokens have no names that a scenario could know.
            ObjectType::Token => return Ok(named(Word::default())),
            ObjectType::File | ObjectType::Directory | ObjectType::Key | ObjectType::Service => {}
        }
        let mut path = args.text("a path in quotes")?;
        let tail = if class == ObjectType::Key { "\\**" } else { "/**" };
        let below = path.value.ends_with(tail);
        if below {
            path.value.truncate(path.value.len() - tail.len());
        }
        if path.value.split(['/', '\\']).any(|name| matches!(name, "*" | "**")) {
            return Err(Diagnostic::error(
                codes::VALUE,
                path.span,
                "only the end of a path stands for what is below",
            )
            .label(format!("expected names, and `{tail}` at the end")));
        }
        if !(below && path.value.is_empty()) {
            super::paths::check_path(&path, class)?;
        }
        Ok(ObjectPattern { class: class.name(), path: Arc::from(path.value), below })
    }
}

/// What a pattern may begin with, besides a step and a script.
pub(super) const PATTERN_WORDS: &[&str] = &["granted", "denied", "error", "audit", "staging_mismatch"];

/// What a pattern may be about; nothing of the other class is ever asked of in a run.
pub(super) const PATTERN_CLASSES: &[(&str, ObjectType)] = &[
    ("file", ObjectType::File),
    ("directory", ObjectType::Directory),
    ("key", ObjectType::Key),
    ("endpoint", ObjectType::Endpoint),
    ("process", ObjectType::Process),
    ("token", ObjectType::Token),
];

/// The class of the object that a pattern names, a file if it names none.
fn object_class(parts: &[Part]) -> ObjectType {
    let named = parts.windows(2).find_map(|pair| match pair {
        [Part { value: PartKind::Prep(Prep::On), .. }, Part { value: PartKind::Word(word), .. }] => {
            PATTERN_CLASSES.iter().find(|(name, _)| name == word)
        }
        _ => None,
    });
    named.map_or(ObjectType::File, |(_, class)| *class)
}

/// How often an `expect` wants its pattern: at least once, N times, or from N to M times.
fn times(args: &mut Args<'_>) -> Read<(u64, u64)> {
    let Some(part) = args.peek() else { return Ok((1, u64::MAX)) };
    let bad = || {
        Diagnostic::error(codes::VALUE, part.span, "an event comes a whole number of times")
            .label("expected a count such as `2` or `2..4`")
    };
    let times = match &part.value {
        PartKind::Number(number) => {
            let count = u64::try_from(*number).map_err(|_| bad())?;
            (count, count)
        }
        PartKind::Range(ends) => match **ends {
            (Bound::Number(low), Bound::Number(high)) if low <= high => {
                (u64::try_from(low).map_err(|_| bad())?, u64::try_from(high).map_err(|_| bad())?)
            }
            (Bound::Number(_), Bound::Number(_)) => {
                let message = "a range goes from the smaller number to the larger one";
                return Err(Diagnostic::error(codes::VALUE, part.span, message).label("the other way round"));
            }
            _ => return Err(bad()),
        },
        _ => return Ok((1, u64::MAX)),
    };
    args.take();
    Ok(times)
}
