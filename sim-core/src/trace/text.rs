//! The text form of a trace, which is also its golden form: one head line for each record, and under it, indented, what
//! belongs to it. Rendering has no influence on a run; rewording a line changes goldens and nothing else.
//!
//! Every text that an author could have written goes through [`crate::text::escape`].

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::FORMAT;
use super::explain::write_explanation;
use super::identity::{Sids, show, show_threads};
use super::names::Names;
use super::origin::origin_words;
use super::rights::rights_words;
use crate::access::{AccessError, AuditTrigger, Decider, Decision, Explanation, PolicyDiagnostic, Reason};
use crate::engine::scenario::{DEFAULT_START, Scenario};
use crate::engine::time::{format_time, push_time};
use crate::engine::{Ending, Finished, Left, ProgramEnd, Record};
use crate::ids::{StepId, ThreadId};
use crate::model::Model;
use crate::privilege::PrivilegeState;
use crate::rights::ObjectType;
use crate::text::{escape, name, push_number, quote, quote_key};
use crate::token::impersonate::{Cap, GateRecord};
use crate::world::op::{DeniedBy, Failure, OpenStatus, Outcome, Success};
use crate::world::{
    CheckPurpose, CheckRecord, Difference, EndedSession, Fact, HandleUse, PeerRecord, Unasked, World,
};

/// Which decisions are derived in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Explain {
    /// None.
    #[default]
    Nothing,
    /// Those that refused.
    Denied,
    /// Every one.
    All,
}

/// The first line of a trace.
#[must_use]
pub fn header(scenario: &Scenario, model: &Model, seed: u64) -> String {
    let mut line =
        format!("trace {FORMAT}  scenario {}  model {}  seed {seed}", name(&scenario.name), model.name);
    if *scenario.start != *DEFAULT_START {
        let _ = write!(line, "  start {}", scenario.start);
    }
    for (param, value) in &scenario.params {
        let _ = write!(line, "  {}={}", name(param), name(value));
    }
    line.push('\n');
    line
}

/// Whether a record is told in full.
fn wanted(explain: Explain, record: &Record) -> bool {
    match explain {
        Explain::Nothing => false,
        Explain::Denied => matches!(record.outcome, Outcome::Failed(_)),
        Explain::All => true,
    }
}

/// One record: its head line, and what belongs to it.
pub fn write_record(
    out: &mut String,
    scenario: &Scenario,
    names: &Names,
    world: &World,
    record: &Record,
    explain: Explain,
) {
    let Some(info) = scenario.steps.get(record.step.index()) else { return };
    if explain == Explain::All {
        write_ends(out, names, world, &record.ended);
    }
    write_place(out, world, record.time, record.thread());
    let start = out.len();
    out.push_str(info.verb);
    pad(out, start, 13);
    let words = record.words(scenario).trim_end();
    if let Some(bound) = &info.binds {
        out.push(' ');
        out.push_str(&name(bound));
        out.push_str(" =");
    }
    if !words.is_empty() {
        out.push(' ');
        out.push_str(&escape(words));
    }
    for fact in &record.facts {
        match fact {
            Fact::Peer(peer) => write_peer(out, peer, names),
            Fact::HandleUse(used) => write_handle_use(out, used, names),
            _ => {}
        }
    }
    out.push_str(" -> ");
    write_outcome(out, record, names);
    out.push('\n');
    write_details(out, scenario, names, record, explain);
    if wanted(explain, record)
        && let Some(thread) = record.thread()
        && let Some(words) = origin_words(world, scenario, names, thread)
    {
        let _ = writeln!(out, "{INDENT}identity        {words}");
    }
}

/// When, and who: the columns in front.
fn write_place(out: &mut String, world: &World, time: u64, thread: Option<ThreadId>) {
    let start = out.len();
    push_time(out, time);
    pad_left(out, start, 10);
    out.push_str("  ");
    let start = out.len();
    match thread {
        Some(thread) => world.push_thread_name(out, thread),
        None => out.push_str("world"),
    }
    pad(out, start, 24);
    out.push(' ');
}

/// Programs that came to their end, where sessions ended with them. That is no event: it has lines of its own where
/// everything is told.
pub fn write_ends(out: &mut String, names: &Names, world: &World, ends: &[ProgramEnd]) {
    for end in ends {
        write_place(out, world, end.time, Some(end.thread));
        out.push_str("ends\n");
        end.sessions.iter().for_each(|ended| write_session_end(out, ended, names));
    }
}

fn write_session_end(out: &mut String, ended: &EndedSession, names: &Names) {
    let _ = writeln!(
        out,
        "{INDENT}logon-session-destroyed session:{} ({}) of {}, begun at {} [SES-4]",
        name(&ended.label),
        ended.kind.title(),
        names.name(ended.user),
        format_time(ended.since)
    );
}

/// Blanks behind what stands from `start` on, up to a width.
fn pad(out: &mut String, start: usize, width: usize) {
    let written = out.get(start..).map_or(0, |text| text.chars().count());
    out.push_str(blanks(width.saturating_sub(written)));
}

/// Blanks before it.
fn pad_left(out: &mut String, start: usize, width: usize) {
    let written = out.len() - start;
    out.insert_str(start, blanks(width.saturating_sub(written)));
}

/// So many blanks, as far as the widest column needs any.
fn blanks(count: usize) -> &'static str {
    const BLANKS: &str = "                        ";
    BLANKS.get(..count).unwrap_or(BLANKS)
}

/// How a record came out and as whom, as its head line says it.
pub fn write_outcome(out: &mut String, record: &Record, names: &Names) {
    write_verdict(out, record, names);
    write_identity(out, record, names);
}

fn write_peer(out: &mut String, peer: &PeerRecord, names: &Names) {
    let _ = write!(out, " [{} to {}", peer.client, name(&peer.endpoint));
    match peer.carries {
        Some((user, level)) => {
            let _ = write!(out, " carries {} at {}]", names.name(user), level.name());
        }
        None => out.push_str(" carries nobody]"),
    }
}

fn write_handle_use(out: &mut String, used: &HandleUse, names: &Names) {
    let since = match (used.descriptor_changed, used.nameless) {
        (false, false) => "",
        (true, false) => ", before its descriptor changed",
        (false, true) => ", before its name went",
        (true, true) => ", before its descriptor changed and its name went",
    };
    let whom = names.name(used.opened_as);
    let mask = if used.unmanaged { Cow::Borrowed("no mask") } else { used.granted.to_string().into() };
    let _ = write!(out, " [{} opened with {mask} as {whom}{since}]", used.object);
}

fn write_verdict(out: &mut String, record: &Record, names: &Names) {
    let last = told_check(record).map(|(_, check)| check);
    match record.outcome {
        Outcome::Done(Success::Granted(mask)) => {
            out.push_str("granted ");
            mask.push_to(out);
            match last {
                Some(check) => {
                    out.push_str(" by ");
                    write_reason(out, check, names);
                }
                None if is_new(record) => out.push_str(" as its creator"),
                None => {}
            }
        }
        Outcome::Done(Success::Level(level)) => {
            let _ = write!(out, "ok level {}", level.name());
        }
        Outcome::Done(Success::Unmanaged) => out.push_str("ok unmanaged"),
        Outcome::Done(Success::Ok) => out.push_str("ok"),
        Outcome::Failed(failure) => write_failure(out, failure, record, last, names),
        Outcome::Blocked => out.push_str("waits"),
    }
}

fn write_failure(
    out: &mut String,
    failure: Failure,
    record: &Record,
    last: Option<&CheckRecord>,
    names: &Names,
) {
    let error = failure.error.name();
    match failure.denied {
        Some(DeniedBy::Handle) => {
            let _ = write!(out, "error {error} by handle mask");
        }
        Some(by) => {
            let _ = match (by, last) {
                (DeniedBy::DenyAce(_), Some(check)) => {
                    write!(out, "denied {error} by {}", reason_words(check, names))
                }
                _ => write!(out, "denied {error} by {}", denied_words(by)),
            };
            if let Some(check) = last {
                let granted = match &check.result {
                    Some(Ok(decision)) => decision.granted,
                    Some(Err(_)) | None => crate::rights::AccessMask::NONE,
                };
                let _ = write!(out, ", granted {granted}");
            }
        }
        None => {
            let _ = write!(out, "error {error}");
            for fact in &record.facts {
                if let Fact::Gate(gate) = fact
                    && let Some(state) = gate.privilege.filter(|state| *state != PrivilegeState::Held)
                {
                    let _ = write!(out, " (SeImpersonatePrivilege {})", state.name());
                }
            }
        }
    }
}

/// The name of a stage of refusal, as `denied by STAGE` takes it.
#[must_use]
pub fn denied_words(by: DeniedBy) -> Cow<'static, str> {
    Cow::Borrowed(match by {
        DeniedBy::Gate => "gate",
        DeniedBy::Traverse => "traverse",
        DeniedBy::MissingSd => "missing_sd",
        DeniedBy::CorruptSd => "corrupt_sd",
        DeniedBy::Privilege => "privilege",
        DeniedBy::Integrity => "integrity",
        DeniedBy::Trust => "trust",
        DeniedBy::DenyAce(n) => return Cow::Owned(format!("deny_ace {n}")),
        DeniedBy::NoAce => "no_ace",
        DeniedBy::Restricted => "restricted",
        DeniedBy::Confinement => "confinement",
        DeniedBy::Policy => "policy",
        DeniedBy::Handle => "handle",
    })
}

/// What settled a check, in words.
#[must_use]
pub fn reason_words(check: &CheckRecord, names: &Names) -> String {
    let mut words = String::new();
    write_reason(&mut words, check, names);
    words
}

fn write_reason(out: &mut String, check: &CheckRecord, names: &Names) {
    if let Some(why) = check.unasked {
        // The level gate may have come first.
        out.push_str(&check.denied.map_or(Cow::Borrowed(why.words()), denied_words));
        return;
    }
    let explanation = &check.explanation;
    match explanation.reason() {
        Reason::NothingAsked => out.push_str("nothing asked"),
        Reason::Granted(deciders) if deciders.len() == 1 => {
            deciders.iter().for_each(|(decider, _)| write_decider(out, decider, explanation, names));
        }
        Reason::Granted(deciders) => {
            let mut told: Vec<Range<usize>> = Vec::new();
            for (decider, _) in &deciders {
                let start = out.len();
                if !told.is_empty() {
                    out.push_str(", ");
                }
                let words = out.len();
                write_decider(out, decider, explanation, names);
                // Two deciders may read alike, as an entry that matched by user and by ownership does.
                if told.iter().any(|known| out.get(known.clone()) == out.get(words..)) {
                    out.truncate(start);
                } else {
                    told.push(words..out.len());
                }
            }
        }
        Reason::Denied(entry) => write_decider(out, &entry.decider, explanation, names),
        Reason::Empty => out.push_str("nothing granted"),
        Reason::Error(error) => out.push_str(error.name()),
    }
}

fn write_decider(out: &mut String, decider: &Decider, explanation: &Explanation, names: &Names) {
    let word = match decider {
        Decider::Privilege(privilege) => privilege.name(),
        Decider::PrivilegeMissing(privilege) => {
            out.push_str("no ");
            privilege.name()
        }
        Decider::Integrity(_) => "integrity",
        Decider::Trust(_) => "trust",
        Decider::Ownership => "ownership",
        Decider::NullDacl => "null dacl",
        Decider::Ace { deny, index, .. } => {
            out.push_str(if *deny { "deny_ace " } else { "ace " });
            push_number(out, u64::from(*index));
            if let Some(ace) = explanation.dacl_entry(*index) {
                out.push_str(" for ");
                out.push_str(&names.name(ace.sid));
            }
            ""
        }
        Decider::NoAce => "no_ace",
        Decider::Restricted(_) => "restricted",
        Decider::Confinement(_) => "confinement",
        Decider::Policy(..) => "policy",
    };
    out.push_str(word);
}

/// The numbers of the rules that settled a check.
#[must_use]
pub fn reason_rules(check: &CheckRecord) -> Vec<String> {
    let rules: Vec<&str> = match check.explanation.reason() {
        _ if check.unasked.is_some() && check.denied == Some(DeniedBy::Gate) => vec!["GATE-1"],
        _ if check.unasked == Some(Unasked::Damaged) => vec!["FILE-32"],
        _ if check.unasked.is_some() => vec!["FILE-31"],
        Reason::NothingAsked | Reason::Empty => vec!["RES-3"],
        Reason::Granted(deciders) => deciders.iter().map(|(decider, _)| decider.rule()).collect(),
        Reason::Denied(entry) => vec![entry.decider.rule()],
        Reason::Error(error) => vec![error.rule()],
    };
    let mut unique: Vec<String> = Vec::new();
    for rule in rules {
        if !unique.iter().any(|known| known == rule) {
            unique.push(rule.to_owned());
        }
    }
    unique
}

/// Who was evaluated, and where it differs who the thread is (IMP-41).
fn write_identity(out: &mut String, record: &Record, names: &Names) {
    let Some(who) = record.who() else { return };
    let after_error = matches!(record.outcome, Outcome::Failed(f) if f.denied.is_none());
    let join = if after_error { ", goes on as " } else { "  as " };
    let name = |sid| names.name(sid);
    out.push_str(join);
    match (who.subject, who.level) {
        (Some(subject), None) => out.push_str(&name(subject)),
        (Some(subject), Some(level)) if !who.anonymous => {
            out.push_str(&name(subject));
            out.push_str(" at ");
            out.push_str(level.name());
        }
        (Some(subject), Some(level)) => {
            let _ = write!(out, "{} (effective {} at {})", name(subject), name(who.effective), level.name());
        }
        (None, level) => {
            let level = level.map_or("none", crate::token::ImpersonationLevel::name);
            let _ = write!(out, "nobody (effective {} at {level})", name(who.effective));
        }
    }
}

/// What stands in front of a line that belongs to the event above it.
pub const INDENT: &str = "            ";

fn write_details(out: &mut String, scenario: &Scenario, names: &Names, record: &Record, explain: Explain) {
    let told = told_check(record).map(|(position, _)| position);
    for (position, fact) in record.facts.iter().enumerate() {
        match fact {
            Fact::Check(check) => {
                write_check(out, check, told == Some(position), names, explain);
            }
            Fact::ContinuousAudit(used, fits) => {
                // The identity is the one at the time of the operation, not the opener's (AUD-6).
                let word = if *fits { "success" } else { "failure" };
                let rights = rights_words(used.required, used.object.class);
                let whom = record.who().map_or_else(Default::default, |who| names.name(who.effective));
                let _ = writeln!(out, "{INDENT}continuous audit {word} for {rights} as {whom} [AUD-6]");
            }
            Fact::Gate(gate) => write_gate(out, gate),
            Fact::Privilege(gate) => {
                let _ = writeln!(out, "{INDENT}{} {}", gate.privilege.name(), gate.state.name());
            }
            Fact::Shown(shown) => write_indented(out, &show(shown, names, Sids::Full)),
            Fact::ShownThreads(rows) => write_indented(out, &show_threads(rows, names, Sids::Full)),
            Fact::Note(text) => {
                let _ = writeln!(out, "{INDENT}{}", quote(text));
            }
            Fact::Value(text) => {
                let shown = if text.is_empty() { "(empty)".into() } else { escape(text) };
                let _ = writeln!(out, "{INDENT}value {shown}");
            }
            Fact::Opened(status @ (OpenStatus::Overwritten | OpenStatus::Superseded), _) => {
                let _ = writeln!(out, "{INDENT}{} [FILE-10]", status.name());
            }
            // What was enabled before is for programs: `show` tells people more.
            Fact::Opened(OpenStatus::Opened | OpenStatus::Created, _) | Fact::Previous(_) => {}
            Fact::Data(data) => {
                let (kind, text) = data.words();
                let _ = writeln!(out, "{INDENT}value {kind} {}", escape(&text));
            }
            Fact::Script(fault) => {
                let (place, message) = (escape(&fault.place), shortened(&fault.message));
                let _ = writeln!(out, "{INDENT}script error at {place}: {}", escape(&message));
            }
            Fact::Link(link, to) => {
                let quoted = if link.class == ObjectType::Key { quote_key } else { quote };
                let _ = writeln!(out, "{INDENT}through link {} to {}", quoted(&link.path), quoted(to));
            }
            Fact::Owner(owner) => {
                let _ = writeln!(out, "{INDENT}owner {}", names.name(*owner));
            }
            Fact::Security(text) => {
                let _ = writeln!(out, "{INDENT}security {}", escape(text));
            }
            Fact::Reason(text) => {
                let _ = writeln!(out, "{INDENT}{}", escape(text));
            }
            Fact::SessionEnded(ended) => write_session_end(out, ended, names),
            Fact::Remark(remark) => {
                let (word, rule) = remark.words();
                let _ = writeln!(out, "{INDENT}{word} [{rule}]");
            }
            Fact::Damaged(object, why) => {
                let _ = writeln!(out, "{INDENT}event corrupt_sd {object}: {} [FILE-32]", escape(why));
            }
            Fact::MadeUp(made) => {
                let kept = if made.stored { "stored" } else { "kept in memory" };
                let (object, from) = (&made.object, made.from);
                let _ = writeln!(out, "{INDENT}made up for {object} from {from}, {kept} [FILE-31]");
                let _ = writeln!(out, "{INDENT}security {}", escape(&made.security));
            }
            Fact::Started(pid, user) => {
                let _ = writeln!(out, "{INDENT}pid {pid} as {}", names.name(*user));
            }
            Fact::Changed(_, handles) => {
                if *handles > 0 {
                    let what =
                        if *handles == 1 { "handle keeps its mask" } else { "handles keep their masks" };
                    let _ = writeln!(out, "{INDENT}{handles} open {what} [FILE-4]");
                }
            }
            Fact::DirectoryChanged(change) => {
                let who = names.name(change.principal);
                let _ = writeln!(out, "{INDENT}directory {who}: {}", difference_words(change, names));
            }
            Fact::Outdated(difference) => {
                if !told_before(record, position) {
                    let _ = writeln!(out, "{INDENT}{}", outdated_words(difference, names));
                }
            }
            Fact::Peer(_) | Fact::HandleUse(_) => {}
        }
    }
    if let Some(due) = record.late {
        let _ = writeln!(out, "{INDENT}late: due at {}", format_time(due));
    }
    for claim in record.broken.iter().filter_map(|n| scenario.claims.get(*n)) {
        let _ = writeln!(out, "{INDENT}BROKEN never: {}", escape(&shortened(&claim.title)));
    }
    if !record.unmet.is_empty() {
        for words in unmet_words(scenario, record) {
            let _ = writeln!(out, "{INDENT}UNMET {}", escape(&words));
        }
    }
}

/// Whether a fact repeats an earlier one of its record: the same token may be asked about more than once in a step.
pub(super) fn told_before(record: &Record, position: usize) -> bool {
    let fact = record.facts.get(position);
    record.facts.iter().take(position).any(|earlier| Some(earlier) == fact)
}

/// What a thread that is left at the end does, and the step that it waits in.
pub(super) fn left_words(scenario: &Scenario, left: &Left) -> (&'static str, Option<&'static str>) {
    let verb = |step: &StepId| scenario.steps.get(step.index()).map(|info| info.verb);
    match left {
        Left::Idle(step) => ("idle", verb(step)),
        Left::Resting => ("idle", Some("every")),
        Left::Deadlocked(step) => ("deadlocked", verb(step)),
        Left::Stopped => ("stopped", None),
    }
}

/// The warning that a token and the directory disagree.
#[must_use]
pub fn outdated_words(difference: &Difference, names: &Names) -> String {
    let who = names.name(difference.principal);
    let at = format_time(difference.at);
    let words = difference_words(difference, names);
    format!("warning: the token of {who} is older than the directory's change of {at}: {words} [TOK-2]")
}

/// How a principal differs from what it was.
#[must_use]
pub fn difference_words(difference: &Difference, names: &Names) -> String {
    if difference.removed {
        return "removed".to_owned();
    }
    let list =
        |sids: &[crate::sid::Sid]| sids.iter().map(|sid| names.name(*sid)).collect::<Vec<_>>().join(", ");
    let mut words = Vec::new();
    if difference.added {
        words.push("added".to_owned());
    }
    if !difference.left.is_empty() {
        words.push(format!("no more in {}", list(&difference.left)));
    }
    if !difference.joined.is_empty() {
        words.push(format!("now in {}", list(&difference.joined)));
    }
    if !difference.other.is_empty() {
        words.push(format!("changed: {}", difference.other.join(", ")));
    }
    words.join("; ")
}

/// Words of the author that may be of any length, short enough to read.
#[must_use]
pub fn shortened(words: &str) -> String {
    const MOST: usize = 200;
    let mut short: String = words.chars().take(MOST).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short
}

/// The expectations of a record's step that were not met, as they are written.
#[must_use]
pub fn unmet_words(scenario: &Scenario, record: &Record) -> Vec<String> {
    let expects = scenario.expectations(record.step);
    record.unmet.iter().filter_map(|n| expects.get(*n)).map(|unmet| unmet.words.to_string()).collect()
}

/// The check whose outcome the head line tells: of a refusal the last one, of a grant the one that gave the mask.
fn told_check(record: &Record) -> Option<(usize, &CheckRecord)> {
    let mut checks = record.facts.iter().enumerate().rev().filter_map(|(position, fact)| match fact {
        Fact::Check(check) => Some((position, check.as_ref())),
        _ => None,
    });
    match record.outcome {
        Outcome::Failed(failure) if failure.denied.is_some_and(|by| by != DeniedBy::Handle) => checks.next(),
        Outcome::Done(Success::Granted(_)) => {
            let wanted = if is_new(record) { CheckPurpose::NewObject } else { CheckPurpose::Target };
            checks.find(|(_, check)| check.purpose == wanted)
        }
        Outcome::Failed(_) | Outcome::Done(_) | Outcome::Blocked => None,
    }
}

/// Whether the step made an object.
fn is_new(record: &Record) -> bool {
    let made = |status: &OpenStatus| matches!(status, OpenStatus::Created | OpenStatus::Superseded);
    record.facts.iter().any(|fact| matches!(fact, Fact::Opened(status, _) if made(status)))
}

/// A check that is not the decisive one of its step gets a line of its own; any may be derived.
fn write_check(out: &mut String, check: &CheckRecord, decisive: bool, names: &Names, explain: Explain) {
    if !decisive {
        let asked = rights_words(check.desired, check.object.class);
        let _ = write!(out, "{INDENT}{} {} for {asked} -> ", check.purpose.words(), check.object);
        match check.denied {
            None if check.unasked.is_some() => out.push_str("not asked, it is unmanaged [FILE-31]\n"),
            None => {
                out.push_str("granted by ");
                write_reason(out, check, names);
                out.push('\n');
            }
            Some(by) => {
                let _ = writeln!(out, "denied by {}", denied_words(by));
            }
        }
    } else if check.purpose != CheckPurpose::Target {
        let _ = writeln!(
            out,
            "{INDENT}{} {} for {}",
            check.purpose.words(),
            check.object,
            rights_words(check.desired, check.object.class)
        );
    }
    if let Some(Ok(decision)) = &check.result {
        write_audit(out, check, decision, names);
    }
    write_derivation(out, INDENT, check, explain, names);
}

/// How a decision came about, if that is wanted.
pub(super) fn write_derivation(
    out: &mut String,
    indent: &str,
    check: &CheckRecord,
    explain: Explain,
    names: &Names,
) {
    let wanted = match explain {
        Explain::Nothing => false,
        Explain::Denied => check.denied.is_some(),
        Explain::All => true,
    };
    if !wanted {
        return;
    }
    match &check.result {
        None => {
            let what = match check.unasked {
                Some(Unasked::Unmanaged) => {
                    "has no security descriptor: nothing is asked on its volume [FILE-31]"
                }
                Some(Unasked::Damaged) => "has a damaged security descriptor: nothing is allowed [FILE-32]",
                Some(Unasked::Missing) | None => "has no security descriptor: nothing is allowed [FILE-31]",
            };
            let _ = writeln!(out, "{indent}the object {what}");
        }
        Some(Err(error)) if !matches!(error, AccessError::Gate(_)) => {
            let _ = writeln!(out, "{indent}the check ends with {} [{}]", error.name(), error.rule());
        }
        Some(_) => write_explanation(out, indent, &check.explanation, check.object.class, names),
    }
}

/// What a check asks to be audited, in the order of FRC-3. The subject is the identity that was evaluated, and beside it
/// stands the one in effect where it differs (IMP-42).
fn write_audit(out: &mut String, check: &CheckRecord, decision: &Decision, names: &Names) {
    let word = |success: bool| if success { "success" } else { "failure" };
    let who = &check.who;
    let mut subject = who.subject.map_or(Cow::Borrowed("nobody"), |sid| names.name(sid));
    if who.subject != Some(who.effective) {
        let level = who.level.map_or("none", crate::token::ImpersonationLevel::name);
        let _ = write!(subject.to_mut(), " (effective {} at {level})", names.name(who.effective));
    }
    for used in &decision.privilege_use {
        let _ = writeln!(
            out,
            "{INDENT}audit privilege use {} by {}: {} as {subject} [PUA-4]",
            word(used.success),
            used.privilege.name(),
            rights_words(used.requested, check.object.class)
        );
    }
    for event in &decision.events {
        let (trigger, rule) = match &event.trigger {
            AuditTrigger::Sacl(index) => (format!("sacl ace {index}"), "AUD-3"),
            AuditTrigger::Policy { policy, rule, index, .. } => {
                (format!("policy {} rule {rule} ace {index}", names.name(*policy)), "AUD-3")
            }
            AuditTrigger::Forced => ("the token's audit policy".to_owned(), "FRC-1"),
        };
        let _ = writeln!(out, "{INDENT}audit {} by {trigger} as {subject} [{rule}]", word(event.success));
    }
    for diagnostic in &decision.diagnostics {
        let _ = match diagnostic {
            PolicyDiagnostic::SaclError { staged, policy, rule } => {
                let phase = if *staged { "staged" } else { "effective" };
                let name = names.name(*policy);
                writeln!(
                    out,
                    "{INDENT}policy {name} rule {rule}: its {phase} sacl cannot be evaluated [CAP-9]"
                )
            }
            PolicyDiagnostic::StagingMismatch { effective, staged, .. } => {
                writeln!(out, "{INDENT}staged policies would grant {staged} in place of {effective} [CAP-8]")
            }
        };
    }
    // Without a handle there is nothing to watch.
    if decision.allowed && !decision.alarm_mask.is_empty() && check.object.class != ObjectType::Key {
        let rights = rights_words(decision.alarm_mask, check.object.class);
        let _ = writeln!(out, "{INDENT}watched through the handle: {rights} [AUD-5]");
    }
}

fn write_gate(out: &mut String, gate: &GateRecord) {
    let privilege = gate.privilege.map_or("not consulted", PrivilegeState::name);
    let integrity = if gate.client_above { "above" } else { "not above" };
    let _ = write!(
        out,
        "{INDENT}client level {}, relation {}, privilege {privilege}, client integrity {integrity}",
        gate.client_level.name(),
        gate.relation.name()
    );
    match gate.cap {
        Some(Cap::Identity) => out.push_str(", capped by the identity gate [IMP-9]"),
        Some(Cap::Integrity) => out.push_str(", capped by the integrity ceiling [IMP-11]"),
        None => out.push_str(" [IMP-12]"),
    }
    out.push('\n');
}

fn write_indented(out: &mut String, text: &str) {
    for line in text.lines() {
        let line = if line.is_empty() { String::new() } else { format!("{INDENT}{line}") };
        let _ = writeln!(out, "{line}");
    }
}

/// The last lines of a trace: threads that wait, claims that do not hold, and the totals.
#[must_use]
pub fn footer(scenario: &Scenario, finished: &Finished) -> String {
    let mut out = String::new();
    for (thread, left) in &finished.left {
        let (word, verb) = left_words(scenario, left);
        let _ = write!(out, "{word} {}", finished.world.thread_name(*thread));
        if let Some(verb) = verb {
            let _ = write!(out, " in {verb}");
        }
        out.push('\n');
    }
    for (n, count) in &finished.unmet_claims {
        if let Some(claim) = scenario.claims.get(*n) {
            let _ = writeln!(out, "UNMET expect: {} (came {count} times)", escape(&shortened(&claim.title)));
        }
    }
    match finished.ending {
        Ending::Finished | Ending::Until => {}
        Ending::EventLimit => {
            let _ =
                writeln!(out, "ended by the limit of {} events, with more to come", finished.limits.events);
        }
        Ending::TimeLimit => {
            let limit = format_time(finished.limits.time);
            let _ = writeln!(out, "ended by the limit of {limit} of virtual time, with more to come");
        }
        Ending::NoProgress(thread) => {
            let name = finished.world.thread_name(thread);
            let _ = writeln!(out, "ended: {name} goes round without a step");
        }
        Ending::Script => {
            if let Some(fault) = &finished.fault {
                let (place, message) = (escape(&fault.place), shortened(&fault.message));
                let _ = writeln!(out, "ended by a script at {place}: {}", escape(&message));
            }
        }
    }
    out.push_str(&totals(finished));
    out.push('\n');
    out
}

/// The totals in words.
#[must_use]
pub fn totals(finished: &Finished) -> String {
    let totals = finished.totals;
    format!(
        "totals: {} events, {} decisions, {} granted, {} denied, {} errors, {} unmet, {} broken",
        totals.events,
        totals.decisions,
        totals.grants,
        totals.denials,
        totals.errors,
        totals.unmet,
        totals.broken
    )
}

/// Runs a scenario in a world that was built from it, and gives its whole trace as text: the golden form.
pub fn trace(
    world: World,
    scenario: &Scenario,
    names: &Names,
    config: &crate::engine::RunConfig,
    explain: Explain,
) -> (String, Finished) {
    let mut out = header(scenario, &config.model, config.seed);
    let finished = crate::engine::run_in(world, scenario, config, &mut |world, record| {
        write_record(&mut out, scenario, names, world, record, explain);
    });
    out.push_str(&footer(scenario, &finished));
    (out, finished)
}
