//! Whether what was stated holds: expectations of steps, `never` and `expect` patterns, and the conditions in them.
//!
//! Authority: language manual, sections on steps and on what must hold; RES-4 for the masks.

use super::Record;
use super::scenario::{
    Claim, Condition, Expected, IdentityRef, ObjectPattern, Pattern, PatternEvent, RightsPattern,
};
use super::script::Event;
use crate::ids::ThreadId;
use crate::model::Model;
use crate::rights::{AccessMask, GenericMapping};
use crate::sid::Sid;
use crate::token::ImpersonationLevel;
use crate::world::op::{Outcome, ScriptFault, Success};
use crate::world::{CheckRecord, Fact, ObjectName, Unasked, World};

/// How a claim has fared so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ClaimState {
    /// How often the pattern came.
    pub(super) hits: u64,
    /// Whether an event came near: the right kind of event on the right object by the right thread.
    pub(super) near: bool,
}

impl ClaimState {
    /// Counts how often the pattern of a claim comes in one record.
    ///
    /// # Errors
    /// When a predicate cannot be evaluated.
    pub(super) fn observe(&mut self, claim: &Claim, event: &Event<'_>) -> Result<u64, ScriptFault> {
        let Event { world, record, verb, .. } = *event;
        let pattern = &claim.pattern;
        if !pattern.models.is_empty() && !pattern.models.contains(&world.model.name) {
            return Ok(0);
        }
        if !by_matches(world, pattern, record.thread()) {
            return Ok(0);
        }
        let events = match pattern.event {
            PatternEvent::Script(predicate) => predicted(pattern, predicate, event)?,
            _ => events(world, claim, record, verb),
        };
        // A decision that came out the other way was a near thing as well.
        self.near |= !events.is_empty() || decided_on_object(pattern, record);
        if events.is_empty() {
            return Ok(0);
        }
        let condition =
            pattern.condition.as_ref().is_none_or(|condition| holds_for(world, record.thread(), condition));
        if !condition {
            return Ok(0);
        }
        let wanted = pattern.subject.map(|identity| match (identity, record.thread()) {
            (IdentityRef::Sid(sid), _) => Some(sid),
            (_, thread) => resolve_identity(world, thread?, identity),
        });
        let hits =
            events.iter().filter(|subject| wanted.is_none_or(|w| w.is_some() && w == **subject)).count();
        self.hits += hits as u64;
        Ok(hits as u64)
    }
}

/// The subject of a record for which a predicate holds: it is asked about each decision on the object of the pattern, about
/// the step itself if it made none, and counts once.
fn predicted(
    pattern: &Pattern,
    predicate: usize,
    event: &Event<'_>,
) -> Result<Vec<Option<Sid>>, ScriptFault> {
    let Some(scripts) = &event.scenario.scripts else { return Ok(Vec::new()) };
    let mut decided = false;
    for fact in &event.record.facts {
        let Fact::Check(check) = fact else { continue };
        decided = true;
        if pattern.object.as_ref().is_none_or(|object| object.matches(&check.object))
            && scripts.holds(predicate, &Event { check: Some(check), ..*event })?
        {
            return Ok(vec![check.who.subject]);
        }
    }
    let holds = !decided && step_on_object(pattern, event.record) && scripts.holds(predicate, event)?;
    Ok(if holds { vec![event.record.who().and_then(|who| who.subject)] } else { Vec::new() })
}

fn by_matches(world: &World, pattern: &Pattern, thread: Option<ThreadId>) -> bool {
    pattern.by.is_none_or(|(process, wanted)| {
        thread.is_some_and(|thread| {
            world.thread(thread).process == process && wanted.is_none_or(|wanted| wanted == thread)
        })
    })
}

/// Whether a condition holds for whoever acts; of what happens by itself, nothing holds that is said of a thread.
fn holds_for(world: &World, thread: Option<ThreadId>, condition: &Condition) -> bool {
    match (thread, condition) {
        (Some(thread), _) => evaluate_condition(world, thread, condition),
        (None, Condition::Constant(holds)) => *holds,
        (None, Condition::Model(comparison, name)) => comparison.holds(&world.model.name, &name.as_ref()),
        (None, Condition::Not(inner)) => !holds_for(world, None, inner),
        (None, Condition::And(left, right)) => holds_for(world, None, left) && holds_for(world, None, right),
        (None, Condition::Or(left, right)) => holds_for(world, None, left) || holds_for(world, None, right),
        (
            None,
            Condition::Filled(_)
            | Condition::Impersonating
            | Condition::Level(..)
            | Condition::Subject(_)
            | Condition::Client(_),
        ) => false,
    }
}

/// The subjects of the events of a record that a claim looks for: of each decision, or of the step itself.
fn events(world: &World, claim: &Claim, record: &Record, verb: &str) -> Vec<Option<Sid>> {
    let pattern = &claim.pattern;
    let subject = record.who().and_then(|who| who.subject);
    let checks = || {
        record.facts.iter().filter_map(|fact| match fact {
            Fact::Check(check) => Some(check.as_ref()),
            _ => None,
        })
    };
    let on_object =
        |check: &CheckRecord| pattern.object.as_ref().is_none_or(|object| object.matches(&check.object));
    match &pattern.event {
        PatternEvent::Granted(rights) => checks()
            .filter(|check| on_object(check))
            .filter(|check| granted(&world.model, claim.never, *rights, check))
            .map(|check| check.who.subject)
            .collect(),
        PatternEvent::Denied(rights) => checks()
            .filter(|check| on_object(check) && check.denied.is_some())
            .filter(|check| {
                rights.is_none_or(|rights| {
                    asked_for(&world.model, check).contains(mapped(&world.model, rights, check))
                })
            })
            .map(|check| check.who.subject)
            .collect(),
        PatternEvent::Audit(success) => {
            let continuous = record.facts.iter().filter_map(|fact| match fact {
                Fact::ContinuousAudit(used, fits)
                    if fits == success && pattern.object.as_ref().is_none_or(|o| o.matches(&used.object)) =>
                {
                    Some(record.who().map(|who| who.effective))
                }
                _ => None,
            });
            checks()
                .filter(|check| on_object(check))
                .flat_map(|check| {
                    let events = match &check.result {
                        Some(Ok(decision)) => &decision.events[..],
                        Some(Err(_)) | None => &[],
                    };
                    events.iter().filter(|event| event.success == *success).map(|_| check.who.subject)
                })
                .chain(continuous)
                .collect()
        }
        PatternEvent::StagingMismatch => checks()
            .filter(|check| on_object(check))
            .filter(|check| matches!(&check.result, Some(Ok(decision)) if decision.staging_mismatch))
            .map(|check| check.who.subject)
            .collect(),
        PatternEvent::Error(name) => {
            let failed = matches!(record.outcome, Outcome::Failed(failure) if failure.error == *name);
            if failed && step_on_object(pattern, record) { vec![subject] } else { Vec::new() }
        }
        // The port answers for these.
        PatternEvent::Script(_) => Vec::new(),
        PatternEvent::Verb(wanted) => {
            if *wanted == verb && step_on_object(pattern, record) {
                vec![subject]
            } else {
                Vec::new()
            }
        }
    }
}

/// Whether a pattern asks for a verdict, and the record holds a decision on its object.
fn decided_on_object(pattern: &Pattern, record: &Record) -> bool {
    if matches!(pattern.event, PatternEvent::Script(_)) {
        return step_on_object(pattern, record);
    }
    !matches!(pattern.event, PatternEvent::Verb(_) | PatternEvent::Error(_))
        && record.facts.iter().any(|fact| match fact {
            Fact::Check(check) => pattern.object.as_ref().is_none_or(|object| object.matches(&check.object)),
            _ => false,
        })
}

/// Whether the step is about the object of the pattern: one that it checked or used a handle on.
fn step_on_object(pattern: &Pattern, record: &Record) -> bool {
    let Some(object) = &pattern.object else { return true };
    record.facts.iter().any(|fact| match fact {
        Fact::Check(check) => object.matches(&check.object),
        Fact::HandleUse(used) => object.matches(&used.object),
        Fact::Changed(changed, _) => object.matches(changed),
        _ => false,
    })
}

fn mapping(model: &Model, check: &CheckRecord) -> GenericMapping {
    model.mapping(check.object.class)
}

fn mapped(model: &Model, rights: RightsPattern, check: &CheckRecord) -> AccessMask {
    mapping(model, check).map(rights.0)
}

fn asked_for(model: &Model, check: &CheckRecord) -> AccessMask {
    mapping(model, check).map(check.desired)
}

/// Whether an allowed decision gave the rights: all of them if they were asked for, or for a `never` any bit of them,
/// where a category stands for the bits that are its alone.
fn granted(model: &Model, never: bool, rights: Option<RightsPattern>, check: &CheckRecord) -> bool {
    let (kept, maximum) = match (&check.result, check.unasked) {
        (Some(Ok(decision)), _) if decision.allowed => (decision.handle_mask(), decision.maximum),
        // A handle without a mask lets everything, so whoever states what must never be is told of it.
        (None, Some(Unasked::Unmanaged)) => (mapping(model, check).all, false),
        _ => return false,
    };
    let Some(rights) = rights else { return true };
    if never {
        kept.intersects(own_bits(&mapping(model, check), rights.0))
    } else {
        let wanted = mapped(model, rights, check);
        kept.contains(wanted) && (maximum || asked_for(model, check).contains(wanted))
    }
}

/// The bits that rights stand for in a `never`: of a category those that neither other one maps to.
fn own_bits(mapping: &GenericMapping, rights: AccessMask) -> AccessMask {
    let mut bits = rights & !AccessMask::GENERIC;
    if rights.intersects(AccessMask::GENERIC_ALL) {
        bits |= mapping.all;
    }
    if rights.intersects(AccessMask::GENERIC_READ) {
        bits |= mapping.read & !(mapping.write | mapping.execute);
    }
    if rights.intersects(AccessMask::GENERIC_WRITE) {
        bits |= mapping.write & !(mapping.read | mapping.execute);
    }
    if rights.intersects(AccessMask::GENERIC_EXECUTE) {
        bits |= mapping.execute & !(mapping.read | mapping.write);
    }
    bits
}

impl ObjectPattern {
    /// Whether an object is meant. Keys compare without case (KEY-2).
    fn matches(&self, object: &ObjectName) -> bool {
        if object.class.name() != self.class {
            return false;
        }
        let key = self.class == "key";
        let fold = |text: &str| if key { text.to_lowercase() } else { text.to_owned() };
        let (path, wanted) = (fold(&object.path), fold(&self.path));
        if !self.below {
            return path == wanted;
        }
        let separator = if key { '\\' } else { '/' };
        path == wanted
            || path.strip_prefix(&wanted).is_some_and(|rest| wanted.is_empty() || rest.starts_with(separator))
    }
}

/// The SID that an identity stands for now.
fn resolve_identity(world: &World, thread: ThreadId, identity: IdentityRef) -> Option<Sid> {
    match identity {
        IdentityRef::Sid(sid) => Some(sid),
        IdentityRef::Client => world.client_of(thread),
        IdentityRef::Service => Some(world.primary_token(thread).facts().user),
    }
}

/// Whether a condition holds for a thread now.
#[must_use]
pub fn evaluate_condition(world: &World, thread: ThreadId, condition: &Condition) -> bool {
    let level = || world.who(thread).level;
    match condition {
        Condition::Filled(slot) => world.slot(thread, *slot).is_some(),
        Condition::Constant(holds) => *holds,
        Condition::Impersonating => world.thread(thread).installed.is_some(),
        Condition::Level(comparison, wanted) => match (level(), wanted) {
            (None, None) => comparison.holds(&0, &0),
            // `none` is no level: it is neither below nor above one, only different.
            (None, Some(_)) | (Some(_), None) => *comparison == super::scenario::Comparison::Ne,
            (Some(level), Some(wanted)) => comparison.holds(&level, wanted),
        },
        Condition::Subject(identity) => {
            let subject = world.who(thread).subject;
            subject.is_some() && subject == resolve_identity(world, thread, *identity)
        }
        Condition::Client(identity) => {
            let client = world.client_of(thread);
            client.is_some() && client == resolve_identity(world, thread, *identity)
        }
        Condition::Model(comparison, name) => comparison.holds(&world.model.name, &name.as_ref()),
        Condition::Not(inner) => !evaluate_condition(world, thread, inner),
        Condition::And(left, right) => {
            evaluate_condition(world, thread, left) && evaluate_condition(world, thread, right)
        }
        Condition::Or(left, right) => {
            evaluate_condition(world, thread, left) || evaluate_condition(world, thread, right)
        }
    }
}

/// Whether the expectation of a step is met by its record.
#[must_use]
pub fn step_expectation_met(world: &World, expected: Expected, record: &Record) -> bool {
    match (expected, record.outcome) {
        (Expected::Ok, Outcome::Done(_)) => true,
        (Expected::Granted(None), Outcome::Done(Success::Granted(_) | Success::Unmanaged)) => true,
        (Expected::Granted(Some(rights)), Outcome::Done(Success::Granted(mask))) => {
            mapping_of(world, record).map(rights) == mask
        }
        (Expected::Denied(stage), Outcome::Failed(failure)) => {
            failure.denied.is_some_and(|by| stage.is_none_or(|stage| stage.matches(by)))
        }
        (Expected::Error(name), Outcome::Failed(failure)) => failure.error == name,
        (Expected::Level(level), Outcome::Done(Success::Level(got))) => same_level(level, got),
        _ => false,
    }
}

fn same_level(left: ImpersonationLevel, right: ImpersonationLevel) -> bool {
    left == right
}

/// The mapping of the object that a step decided about last.
fn mapping_of(world: &World, record: &Record) -> GenericMapping {
    let class = record.facts.iter().rev().find_map(|fact| match fact {
        Fact::Check(check) => Some(check.object.class),
        _ => None,
    });
    world.model.mapping(class.unwrap_or(crate::rights::ObjectType::File))
}
