//! The trace as JSON Lines: a header, one object for each record, and the totals; the schema is made from the same
//! types, so it cannot drift. Fields are only added within a major version.
//!
//! Authority: IMP-41, TRC-1, and the trace remarks of the access check.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::{self, AuditLine, FactLine};
use super::names::Names;
use super::origin::{OriginLine, origin};
use super::rights::rights_words;
use super::text::{
    Explain, denied_words, left_words, outdated_words, reason_rules, reason_words, told_before, unmet_words,
    write_derivation,
};
use crate::engine::scenario::Scenario;
use crate::engine::{Ending, Finished, Left, ProgramEnd, Record};
use crate::model::Model;
use crate::privilege::PrivilegeState;
use crate::rights::{AccessMask, ObjectType, names_of};
use crate::sid::Sid;
use crate::text::escape_json;
use crate::token::ImpersonationLevel;
use crate::world::op::{Outcome, Success};
use crate::world::{CheckRecord, Fact, Unasked, World};

/// The version of the format; the number behind the slash changes when a field goes or changes its meaning.
pub const SCHEMA: &str = "scn.trace/1";

/// A line of a trace.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Header(Header),
    /// An event.
    Record(Box<RecordLine>),
    /// The end of a thread's program, where logon sessions ended with it: no event, and in front of the next one.
    End(EndLine),
    /// The last line.
    Totals(TotalsLine),
}

/// The end of a thread's program.
#[derive(Serialize, JsonSchema)]
pub struct EndLine {
    /// Virtual time in nanoseconds.
    pub time: u64,
    /// The process's name.
    pub process: String,
    /// The thread's name.
    pub thread: String,
    /// The sessions that ended with it.
    pub facts: Vec<FactLine>,
}

/// What was run.
#[derive(Serialize, JsonSchema)]
pub struct Header {
    /// Always `scn.trace/1`.
    pub schema: String,
    /// The scenario's name.
    pub scenario: String,
    /// The model.
    pub model: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// What virtual time 0 is called.
    pub start: String,
    /// The parameters and their values.
    pub params: BTreeMap<String, String>,
    /// The files that it was read from, relative to its root; `file` in a place is a position in this list, from 0.
    pub files: Vec<String>,
}

/// A principal.
#[derive(Serialize, JsonSchema)]
pub struct Principal {
    /// The SID.
    pub sid: String,
    /// The name in the scenario, or the well-known one, or the SID again.
    pub name: String,
}

/// A set of rights.
#[derive(Serialize, JsonSchema)]
pub struct Mask {
    /// The number.
    pub value: u32,
    /// The names of its bits in bit order.
    pub names: Vec<String>,
}

/// Where a step stands in the scenario.
#[derive(Serialize, JsonSchema)]
pub struct Source {
    /// The file, by its number among those that were read.
    pub file: u16,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// An event: one step of one thread.
#[derive(Serialize, JsonSchema)]
pub struct RecordLine {
    /// Its number, from 0.
    pub sequence: u64,
    /// Virtual time in nanoseconds.
    pub time: u64,
    /// The process's name; `world` for what happens by itself.
    pub process: String,
    /// The thread's name; this and what follows about threads and tokens is not there for what happens by itself.
    pub thread: Option<String>,
    /// The pid.
    pub pid: Option<u32>,
    /// The tid.
    pub tid: Option<u32>,
    /// What the step does.
    pub verb: String,
    /// The rest of the step in the words of the scenario.
    pub words: String,
    /// The name that it binds.
    pub binds: Option<String>,
    /// Where it stands.
    pub source: Source,
    /// `ok`, `granted`, `denied` or `error`.
    pub verdict: &'static str,
    /// What was granted, of a step that gives rights.
    pub granted: Option<Mask>,
    /// `opened`, `created`, `overwritten` or `superseded`, of a step that opens an object.
    pub status: Option<&'static str>,
    /// The level, of a step that gives an identity.
    pub level: Option<&'static str>,
    /// The error, of one that failed.
    pub error: Option<&'static str>,
    /// The stage that refused, of an access that was denied.
    pub denied_by: Option<String>,
    /// The user of the process's primary token.
    pub primary: Option<Principal>,
    /// The user of the token in effect after the step.
    pub effective: Option<Principal>,
    /// Its level while the thread impersonates.
    pub effective_level: Option<&'static str>,
    /// The user that access checks evaluate; none where the level gate refuses.
    pub evaluated_as: Option<Principal>,
    /// Why nobody is evaluated, where the level gate refuses: `identification_level` or `anonymous_level`.
    pub not_evaluated: Option<&'static str>,
    /// How the thread came by its identity, while it impersonates.
    pub origin: Option<OriginLine>,
    /// The access checks that it made, in order.
    pub checks: Vec<CheckLine>,
    /// The gates of impersonation that it met.
    pub gate: Option<GateLine>,
    /// What else it looked at and brought to light, in order.
    pub facts: Vec<FactLine>,
    /// Where a token and the directory disagree.
    pub warnings: Vec<String>,
    /// The time at which it should have come, if that was past.
    pub late: Option<u64>,
    /// Expectations that were not met, as they are written.
    pub unmet: Vec<String>,
    /// `never`s that it broke, by their titles.
    pub broken: Vec<String>,
    /// The error that ended a script function: where, and what.
    pub script_error: Option<String>,
}

/// An access check.
#[derive(Serialize, JsonSchema)]
pub struct CheckLine {
    /// The class of the object.
    pub class: &'static str,
    /// Its path or name.
    pub object: String,
    /// Why it was checked.
    pub purpose: &'static str,
    /// What was asked, before mapping.
    pub desired: Mask,
    /// With which intents.
    pub intents: Vec<&'static str>,
    /// What was asked, mapped; none where the check ended in an error.
    pub mapped: Option<Mask>,
    /// Everything that the evaluation gave, asked for or not (RES-1).
    pub granted: Option<Mask>,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The stage that refused.
    pub denied_by: Option<String>,
    /// Why no descriptor was asked: `missing_sd` or `unmanaged`.
    pub unasked: Option<&'static str>,
    /// The rule and the place in the descriptor that settled it, in words.
    pub reason: String,
    /// The numbers of the rules that settled it.
    pub rules: Vec<String>,
    /// The user that was evaluated.
    pub evaluated_as: Option<Principal>,
    /// The user of the token in effect.
    pub effective: Principal,
    /// Its level while the thread impersonates.
    pub effective_level: Option<&'static str>,
    /// What it asks to be audited.
    pub audits: Vec<AuditLine>,
    /// Rights whose use is watched through the handle.
    pub watched: Option<Mask>,
    /// How it came about, line by line, where that was asked for (`--explain`).
    pub explanation: Vec<String>,
}

/// The gates of an impersonation: enough to recompute the matrix of IMP-13.
#[derive(Serialize, JsonSchema)]
pub struct GateLine {
    /// The level that the client chose.
    pub client_level: &'static str,
    /// How the client stands to the service: `U1` the same user, both restricted or neither; `U2` the same user, the service alone
    /// restricted; `U3` the same user, the client alone restricted; `U4` another user.
    pub relation: &'static str,
    /// `held`, `disabled`, `absent` or `not consulted`.
    pub privilege: &'static str,
    /// Whether the client's integrity is above the service's.
    pub client_integrity_above: bool,
    /// What lowered the level.
    pub capped_by: Option<&'static str>,
    /// The level that results.
    pub level: Option<&'static str>,
}

/// The end of a run.
#[derive(Serialize, JsonSchema)]
pub struct TotalsLine {
    /// `finished`, `until`, `event_limit`, `time_limit`, `no_progress` or `script`.
    pub ending: &'static str,
    /// The bounds that the run had.
    pub limits: LimitsLine,
    /// The error of a script that ended it: where, and what.
    pub script_error: Option<String>,
    /// Steps that were taken.
    pub events: u64,
    /// Access decisions.
    pub decisions: u64,
    /// Those that allowed.
    pub granted: u64,
    /// Those that refused.
    pub denied: u64,
    /// Steps that failed.
    pub errors: u64,
    /// Expectations that were not met.
    pub unmet: u64,
    /// `never`s that were broken.
    pub broken: u64,
    /// Threads that idle in `accept`, `take` or `every`.
    pub idle: Vec<String>,
    /// Threads that wait for a message that cannot come.
    pub deadlocked: Vec<String>,
    /// The same threads, and the step that each waits in.
    pub left: Vec<LeftLine>,
    /// `expect`s of the scenario that were not met.
    pub unmet_claims: Vec<UnmetLine>,
    /// The thread that went round without a step.
    pub no_progress: Option<String>,
}

/// A thread that waits at the end of a run.
#[derive(Serialize, JsonSchema)]
pub struct LeftLine {
    /// `process/thread`
    pub thread: String,
    /// `idle`, `deadlocked` or `stopped`.
    pub state: &'static str,
    /// The step that it waits in; none where a signal stopped it.
    pub verb: Option<&'static str>,
}

/// An `expect` that was not met.
#[derive(Serialize, JsonSchema)]
pub struct UnmetLine {
    /// Its title.
    pub title: String,
    /// How often its pattern came.
    pub came: u64,
}

/// The bounds of a run.
#[derive(Serialize, JsonSchema)]
pub struct LimitsLine {
    /// The most events.
    pub events: u64,
    /// The most virtual time in nanoseconds.
    pub time: u64,
    /// The most operations of a script in one call.
    pub script: u64,
}

/// The JSON Schema of a line.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(Line);
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

/// Writes a line, with its line end.
pub fn write_line(out: &mut String, line: &Line) {
    // The types hold no map with other keys than text and no number that JSON lacks, so this cannot fail.
    out.push_str(&escape_json(&serde_json::to_string(line).unwrap_or_default()));
    out.push('\n');
}

/// The first line.
#[must_use]
pub fn header(scenario: &Scenario, model: &Model, seed: u64) -> Line {
    Line::Header(Header {
        schema: SCHEMA.to_owned(),
        scenario: scenario.name.to_string(),
        model: model.name.to_owned(),
        seed,
        start: scenario.start.to_string(),
        params: scenario.params.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        files: scenario.files.iter().map(|name| name.to_string()).collect(),
    })
}

/// Programs that came to their end, where sessions ended with them.
#[must_use]
pub fn ends(names: &Names, world: &World, ends: &[ProgramEnd]) -> Vec<Line> {
    let line = |end: &ProgramEnd| {
        let thread = world.thread(end.thread);
        Line::End(EndLine {
            time: end.time,
            process: world.process(thread.process).name.to_string(),
            thread: thread.name.to_string(),
            facts: end.sessions.iter().map(|ended| facts::session_ended(names, ended)).collect(),
        })
    };
    ends.iter().map(line).collect()
}

/// A record as a line, with the derivations that are wanted.
#[must_use]
pub fn record(
    scenario: &Scenario,
    names: &Names,
    world: &World,
    record: &Record,
    explain: Explain,
) -> Option<Line> {
    let info = scenario.steps.get(record.step.index())?;
    let thread = record.thread().map(|thread| world.thread(thread));
    let process = thread.map(|thread| world.process(thread.process));
    // What an open was about is said after its checks.
    let class = record.facts.iter().rev().find_map(|fact| match fact {
        Fact::Opened(_, class) => Some(*class),
        Fact::Check(check) => Some(check.object.class),
        _ => None,
    });
    let class = class.unwrap_or(ObjectType::Token);
    let (verdict, granted, level, error, denied_by) = match record.outcome {
        Outcome::Done(Success::Granted(granted)) => ("granted", Some(mask(granted, class)), None, None, None),
        Outcome::Done(Success::Level(level)) => ("ok", None, Some(level.name()), None, None),
        Outcome::Done(Success::Ok | Success::Unmanaged) | Outcome::Blocked => ("ok", None, None, None, None),
        Outcome::Failed(failure) => {
            let word = if failure.denied.is_some() { "denied" } else { "error" };
            (
                word,
                None,
                None,
                Some(failure.error.name()),
                failure.denied.map(|by| denied_words(by).into_owned()),
            )
        }
    };
    let who = record.who();
    Some(Line::Record(Box::new(RecordLine {
        sequence: record.sequence,
        time: record.time,
        process: process.map_or("world", |process| &process.name).to_owned(),
        thread: thread.map(|thread| thread.name.to_string()),
        pid: process.map(|process| process.pid),
        tid: thread.map(|thread| thread.tid),
        verb: info.verb.to_owned(),
        words: record.words(scenario).to_string(),
        binds: info.binds.as_ref().map(ToString::to_string),
        source: Source { file: info.place.file, line: info.place.line, column: info.place.column },
        verdict,
        granted,
        status: record.facts.iter().find_map(|fact| match fact {
            Fact::Opened(status, _) => Some(status.name()),
            _ => None,
        }),
        level,
        error,
        denied_by,
        primary: who.map(|who| principal(names, who.primary)),
        effective: who.map(|who| principal(names, who.effective)),
        effective_level: who.and_then(|who| who.level).map(ImpersonationLevel::name),
        evaluated_as: who.and_then(|who| who.subject).map(|sid| principal(names, sid)),
        not_evaluated: who.and_then(|who| match (who.subject, who.level) {
            (None, Some(ImpersonationLevel::Anonymous)) => Some("anonymous_level"),
            (None, Some(_)) => Some("identification_level"),
            _ => None,
        }),
        origin: record.thread().and_then(|thread| origin(world, scenario, thread)),
        checks: record
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Check(check) => Some(check_line(names, check, explain)),
                _ => None,
            })
            .collect(),
        gate: record.facts.iter().find_map(|fact| match fact {
            Fact::Gate(gate) => Some(gate_line(gate)),
            _ => None,
        }),
        facts: facts::lines(names, record),
        warnings: record
            .facts
            .iter()
            .enumerate()
            .filter_map(|(position, fact)| match fact {
                Fact::Outdated(difference) if !told_before(record, position) => {
                    Some(outdated_words(difference, names))
                }
                _ => None,
            })
            .collect(),
        late: record.late,
        unmet: unmet_words(scenario, record),
        broken: record
            .broken
            .iter()
            .filter_map(|n| scenario.claims.get(*n))
            .map(|claim| claim.title.to_string())
            .collect(),
        script_error: record.facts.iter().find_map(|fact| match fact {
            Fact::Script(fault) => Some(fault.to_string()),
            _ => None,
        }),
    })))
}

/// A SID and what it is called.
pub(super) fn principal(names: &Names, sid: Sid) -> Principal {
    Principal { sid: sid.to_string(), name: names.name(sid).into_owned() }
}

pub(super) fn mask(mask: AccessMask, class: ObjectType) -> Mask {
    Mask { value: mask.0, names: names_of(mask, class) }
}

fn check_line(names: &Names, check: &CheckRecord, explain: Explain) -> CheckLine {
    let mut derivation = String::new();
    write_derivation(&mut derivation, "", check, explain, names);
    let class = check.object.class;
    let decision = check.result.as_ref().and_then(|result| result.as_ref().ok());
    let intents = [("backup", crate::access::Intents::BACKUP), ("restore", crate::access::Intents::RESTORE)];
    CheckLine {
        class: class.name(),
        object: check.object.path.clone(),
        purpose: check.purpose.words(),
        desired: Mask {
            value: check.desired.0,
            names: rights_words(check.desired, class).split(", ").map(str::to_owned).collect(),
        },
        intents: intents
            .iter()
            .filter(|(_, bit)| check.intents.contains(*bit))
            .map(|(word, _)| *word)
            .collect(),
        mapped: decision.map(|decision| mask(decision.mapped, class)),
        granted: decision.map(|decision| mask(decision.granted, class)),
        allowed: check.denied.is_none(),
        denied_by: check.denied.map(|by| denied_words(by).into_owned()),
        unasked: check.unasked.map(Unasked::words),
        reason: reason_words(check, names),
        rules: reason_rules(check),
        evaluated_as: check.who.subject.map(|sid| principal(names, sid)),
        effective: principal(names, check.who.effective),
        effective_level: check.who.level.map(ImpersonationLevel::name),
        audits: decision.map_or_else(Vec::new, |decision| facts::audits(names, check, decision)),
        watched: decision.and_then(|decision| facts::watched(check, decision)),
        explanation: derivation.lines().map(str::to_owned).collect(),
    }
}

fn gate_line(gate: &crate::token::impersonate::GateRecord) -> GateLine {
    use crate::token::impersonate::Cap;
    GateLine {
        client_level: gate.client_level.name(),
        relation: gate.relation.name(),
        privilege: gate.privilege.map_or("not consulted", PrivilegeState::name),
        client_integrity_above: gate.client_above,
        capped_by: gate.cap.map(|cap| match cap {
            Cap::Identity => "identity gate",
            Cap::Integrity => "integrity ceiling",
        }),
        level: gate.result.ok().map(ImpersonationLevel::name),
    }
}

/// The last line.
#[must_use]
pub fn totals(scenario: &Scenario, finished: &Finished) -> Line {
    let named = |wanted: fn(&Left) -> bool| {
        let threads = finished.left.iter().filter(|(_, left)| wanted(left));
        threads.map(|(thread, _)| finished.world.thread_name(*thread)).collect()
    };
    let totals = finished.totals;
    Line::Totals(TotalsLine {
        ending: match finished.ending {
            Ending::Finished => "finished",
            Ending::Until => "until",
            Ending::EventLimit => "event_limit",
            Ending::TimeLimit => "time_limit",
            Ending::NoProgress(_) => "no_progress",
            Ending::Script => "script",
        },
        limits: LimitsLine {
            events: finished.limits.events,
            time: finished.limits.time,
            script: finished.limits.script,
        },
        script_error: finished.fault.as_ref().map(ToString::to_string),
        events: totals.events,
        decisions: totals.decisions,
        granted: totals.grants,
        denied: totals.denials,
        errors: totals.errors,
        unmet: totals.unmet,
        broken: totals.broken,
        idle: named(|left| matches!(left, Left::Idle(_) | Left::Resting)),
        deadlocked: named(|left| matches!(left, Left::Deadlocked(_))),
        left: finished
            .left
            .iter()
            .map(|(thread, left)| {
                let (state, verb) = left_words(scenario, left);
                LeftLine { thread: finished.world.thread_name(*thread), state, verb }
            })
            .collect(),
        unmet_claims: finished
            .unmet_claims
            .iter()
            .filter_map(|(n, came)| {
                let claim = scenario.claims.get(*n)?;
                Some(UnmetLine { title: claim.title.to_string(), came: *came })
            })
            .collect(),
        no_progress: match finished.ending {
            Ending::NoProgress(thread) => Some(finished.world.thread_name(thread)),
            _ => None,
        },
    })
}
