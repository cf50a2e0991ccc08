//! What scripts hold beyond the values of their own language: handles, what came of operations, and events; each with its
//! one table of fields, from which the manual is made.

use std::fmt::Write;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map};
use sim_core::engine::script::{Answer, Event};
use sim_core::ids::Slot;
use sim_core::rights::AccessMask;
use sim_core::sid::Sid;
use sim_core::text::quote;
use sim_core::trace::names::Names;
use sim_core::world::op::{Outcome, Success, Value};
use sim_core::world::{Fact, ObjectName, Who};

use crate::suggest::nearest;

/// The longest text that is made of a value.
const LONGEST: usize = 4_096;
/// How deep lists and maps are told.
const DEEPEST: u32 = 16;

/// What a name of the thread holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Handle(pub Slot);

/// What came of an operation.
#[derive(Clone)]
pub(super) struct Outcomes(pub Arc<Answer>);

/// An event, as predicates see it: the values of [`EVENT_FIELDS`].
#[derive(Clone)]
pub(super) struct EventValue(pub Arc<[Dynamic]>);

/// A field of what came of an operation, for the manual.
pub struct OutcomeField {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub meaning: &'static str,
    read: fn(&Answer) -> Dynamic,
}

/// A field of an event, for the manual.
pub struct EventField {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub meaning: &'static str,
    read: fn(&Event<'_>, &Names) -> Dynamic,
}

fn text(text: &str) -> Dynamic {
    Dynamic::from(ImmutableString::from(text))
}

fn number(number: u64) -> Dynamic {
    Dynamic::from(i64::try_from(number).unwrap_or(i64::MAX))
}

fn error_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed(failure) => failure.error.name(),
        Outcome::Done(_) | Outcome::Blocked => "",
    }
}

fn level_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done(Success::Level(level)) => level.name(),
        _ => "",
    }
}

fn mask_of(outcome: Outcome) -> AccessMask {
    match outcome {
        Outcome::Done(Success::Granted(mask)) => mask,
        _ => AccessMask::NONE,
    }
}

/// What an operation gives back.
pub const OUTCOME_FIELDS: &[OutcomeField] = &[
    OutcomeField {
        name: "ok",
        meaning: "whether it succeeded",
        read: |answer| Dynamic::from(matches!(answer.outcome, Outcome::Done(_))),
    },
    OutcomeField {
        name: "granted",
        meaning: "whether an access check allowed it",
        read: |answer| Dynamic::from(answer.granted == Some(true)),
    },
    OutcomeField {
        name: "mask",
        meaning: "the rights that it gives, as a number",
        read: |answer| number(u64::from(mask_of(answer.outcome).0)),
    },
    OutcomeField {
        name: "error",
        meaning: "the name of the error, such as `ACCESS_DENIED`; empty if it succeeded",
        read: |answer| text(error_of(answer.outcome)),
    },
    OutcomeField {
        name: "level",
        meaning: "the level of the identity that it gives, such as `identification`; empty otherwise",
        read: |answer| text(level_of(answer.outcome)),
    },
    OutcomeField {
        name: "handle",
        meaning: "the handle, connection or token that it gives, for other operations; `()` if it gives none",
        read: |answer| answer.handle.map_or(Dynamic::UNIT, |slot| Dynamic::from(Handle(slot))),
    },
    OutcomeField {
        name: "value",
        meaning: "what it brought: a message, the value of a key, whether a privilege is held; `()` if nothing",
        read: |answer| dynamic(&answer.value),
    },
];

/// The object of an event: the one that was checked, else the one behind the handle that was used.
fn object<'a>(event: &Event<'a>) -> Option<&'a ObjectName> {
    event.check.map(|check| &check.object).or_else(|| {
        event.record.facts.iter().find_map(|fact| match fact {
            Fact::HandleUse(used) => Some(&used.object),
            _ => None,
        })
    })
}

/// Who was evaluated, or, in a step without a decision, who the thread is; nobody of what happens by itself.
fn who(event: &Event<'_>) -> Option<Who> {
    event.check.map(|check| check.who).or_else(|| event.record.who().copied())
}

/// The name of one of them.
fn named(event: &Event<'_>, names: &Names, which: fn(Who) -> Option<Sid>) -> Dynamic {
    text(&who(event).and_then(which).map(|sid| names.name(sid)).unwrap_or_default())
}

/// What a predicate sees of an event.
pub const EVENT_FIELDS: &[EventField] = &[
    EventField {
        name: "time",
        meaning: "nanoseconds since the run began",
        read: |event, _| number(event.record.time),
    },
    EventField {
        name: "process",
        meaning: "the name of the process; `world` for what happens by itself",
        read: |event, _| {
            let process = event.record.thread().map(|thread| event.world.thread(thread).process);
            text(process.map_or("world", |process| &event.world.process(process).name))
        },
    },
    EventField {
        name: "thread",
        meaning: "the name of the thread; empty for what happens by itself",
        read: |event, _| text(event.record.thread().map_or("", |thread| &event.world.thread(thread).name)),
    },
    EventField { name: "verb", meaning: "the word for the step", read: |event, _| text(event.verb) },
    EventField {
        name: "ok",
        meaning: "whether the step succeeded",
        read: |event, _| Dynamic::from(matches!(event.record.outcome, Outcome::Done(_))),
    },
    EventField {
        name: "error",
        meaning: "the name of the step's error; empty if it succeeded",
        read: |event, _| text(error_of(event.record.outcome)),
    },
    EventField {
        name: "decided",
        meaning: "whether an access check decided something",
        read: |event, _| Dynamic::from(event.check.is_some()),
    },
    EventField {
        name: "granted",
        meaning: "whether it allowed the access",
        read: |event, _| Dynamic::from(event.check.is_some_and(|check| check.denied.is_none())),
    },
    EventField {
        name: "denied_by",
        meaning: "the stage that refused, such as `no_ace`; empty if it allowed or nothing was decided",
        read: |event, _| {
            let stage = event.check.and_then(|check| check.denied);
            text(&stage.map(sim_core::trace::text::denied_words).unwrap_or_default())
        },
    },
    EventField {
        name: "object",
        meaning: "the path or name of the object; empty if there is none",
        read: |event, _| text(object(event).map_or("", |object| &object.path)),
    },
    EventField {
        name: "class",
        meaning: "its class: `file`, `directory`, `key`, `token`, …; empty if there is none",
        read: |event, _| text(object(event).map_or("", |object| object.class.name())),
    },
    EventField {
        name: "requested",
        meaning: "the rights that were asked for, mapped, as a number",
        read: |event, _| {
            let asked = event.check.map_or(AccessMask::NONE, |check| {
                event.world.model.mapping(check.object.class).map(check.desired)
            });
            number(u64::from(asked.0))
        },
    },
    EventField {
        name: "mask",
        meaning: "the rights that an opener keeps, as a number; 0 if it was refused",
        read: |event, _| {
            let kept = match event.check.map(|check| &check.result) {
                Some(Some(Ok(decision))) if decision.allowed => decision.handle_mask(),
                _ => AccessMask::NONE,
            };
            number(u64::from(kept.0))
        },
    },
    EventField {
        name: "subject",
        meaning: "the identity that was evaluated; empty where the level gate refuses",
        read: |event, names| named(event, names, |who| who.subject),
    },
    EventField {
        name: "effective",
        meaning: "the identity that the thread acts as",
        read: |event, names| named(event, names, |who| Some(who.effective)),
    },
    EventField {
        name: "primary",
        meaning: "the identity of the process",
        read: |event, names| named(event, names, |who| Some(who.primary)),
    },
    EventField {
        name: "level",
        meaning: "the level at which the thread impersonates; empty if it does not",
        read: |event, _| text(who(event).and_then(|who| who.level).map_or("", |level| level.name())),
    },
    EventField {
        name: "client",
        meaning: "the client that the thread serves; empty if it serves none",
        read: |event, names| {
            let client = event.record.thread().and_then(|thread| event.world.client_of(thread));
            text(&client.map(|sid| names.name(sid)).unwrap_or_default())
        },
    },
    EventField { name: "model", meaning: "the rules of play", read: |event, _| text(event.world.model.name) },
];

/// An event with all its fields.
pub(super) fn event(event: &Event<'_>, names: &Names) -> EventValue {
    EventValue(EVENT_FIELDS.iter().map(|field| (field.read)(event, names)).collect())
}

/// Tells the engine of the types.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Handle>("handle");
    engine.register_type_with_name::<Outcomes>("outcome");
    engine.register_type_with_name::<EventValue>("event");
    for field in OUTCOME_FIELDS {
        engine.register_get(field.name, |value: &mut Outcomes| (field.read)(&value.0));
    }
    for (n, field) in EVENT_FIELDS.iter().enumerate() {
        engine.register_get(field.name, move |value: &mut EventValue| {
            value.0.get(n).cloned().unwrap_or(Dynamic::UNIT)
        });
    }
    engine.register_fn("==", |left: Handle, right: Handle| left == right);
    engine.register_fn("!=", |left: Handle, right: Handle| left != right);
    for name in ["to_string", "to_debug"] {
        engine.register_fn(name, |_: &mut Handle| "a handle");
        engine.register_fn(name, |value: &mut Outcomes| outcome_words(&value.0));
        engine.register_fn(name, |_: &mut EventValue| "an event");
    }
}

/// What the crate says of a field that is not there, in words that name those that are.
pub(super) fn unknown_field(message: &str) -> Option<String> {
    let (name, rest) = message.strip_prefix("Unknown property '")?.split_once('\'')?;
    let (whose, fields): (_, Vec<&str>) = match rest.rsplit('\'').nth(1)? {
        "outcome" => ("what came of an operation", OUTCOME_FIELDS.iter().map(|field| field.name).collect()),
        "event" => ("an event", EVENT_FIELDS.iter().map(|field| field.name).collect()),
        _ => return None,
    };
    let near = nearest(name, fields.iter().copied());
    let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    Some(format!("{whose} has no field `{name}`{near} (there are {})", fields.join(", ")))
}

/// A value of the scenario as one of the script.
pub(super) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Nothing => Dynamic::UNIT,
        Value::Truth(truth) => Dynamic::from(*truth),
        Value::Number(number) => Dynamic::from(*number),
        Value::Text(words) => text(words),
        Value::Handle(slot) => Dynamic::from(Handle(*slot)),
        Value::List(list) => Dynamic::from(list.iter().map(dynamic).collect::<Array>()),
    }
}

fn outcome_words(answer: &Answer) -> String {
    match answer.outcome {
        Outcome::Done(Success::Granted(mask)) => format!("granted {mask}"),
        Outcome::Done(Success::Level(level)) => format!("ok level {}", level.name()),
        Outcome::Done(Success::Unmanaged) => "ok unmanaged".to_owned(),
        Outcome::Done(Success::Ok) | Outcome::Blocked => "ok".to_owned(),
        Outcome::Failed(failure) => format!("error {}", failure.error.name()),
    }
}

/// What kind of value it is, in words.
pub(super) fn kind(value: &Dynamic) -> &'static str {
    if value.is_string() {
        "text"
    } else if value.is_int() {
        "a number"
    } else if value.is_bool() {
        "`true` or `false`"
    } else if value.is_unit() {
        "nothing"
    } else if value.is::<Handle>() {
        "a handle"
    } else if value.is::<Outcomes>() {
        "what came of an operation"
    } else if value.is_array() {
        "a list"
    } else if value.is::<Map>() {
        "a map"
    } else if value.is::<FnPtr>() {
        "a function"
    } else {
        "another value"
    }
}

/// A value as text: text as it stands, anything else in words.
pub(super) fn text_of(value: &Dynamic) -> String {
    match value.read_lock::<ImmutableString>() {
        Some(words) => words.to_string(),
        None => words_of(value),
    }
}

/// A value in words, text in quotes; cut where it grows long.
pub(super) fn words_of(value: &Dynamic) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Dynamic, depth: u32) {
    if out.len() > LONGEST || depth > DEEPEST {
        out.push('…');
        return;
    }
    if let Some(words) = value.read_lock::<ImmutableString>() {
        out.push_str(&quote(&words));
    } else if let Some(list) = value.read_lock::<Array>() {
        out.push('[');
        for (n, inner) in list.iter().enumerate() {
            if n > 0 {
                out.push_str(", ");
            }
            write(out, inner, depth + 1);
            if out.len() > LONGEST {
                break;
            }
        }
        out.push(']');
    } else if let Some(map) = value.read_lock::<Map>() {
        out.push_str("#{");
        for (n, (key, inner)) in map.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            let _ = write!(out, "{comma}{}: ", quote(key));
            write(out, inner, depth + 1);
            if out.len() > LONGEST {
                break;
            }
        }
        out.push('}');
    } else if let Some(answer) = value.read_lock::<Outcomes>() {
        out.push_str(&outcome_words(&answer.0));
    } else if let Ok(number) = value.as_int() {
        let _ = write!(out, "{number}");
    } else if let Ok(truth) = value.as_bool() {
        let _ = write!(out, "{truth}");
    } else if let Ok(letter) = value.as_char() {
        out.push_str(&quote(letter.encode_utf8(&mut [0; 4])));
    } else if value.is_unit() {
        out.push_str("()");
    } else {
        out.push_str(kind(value));
    }
}
