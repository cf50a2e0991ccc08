//! What of a record is compared between runs: small, and free of everything that a change elsewhere moves, such as times,
//! numbers and the positions of entries in their lists.
//!
//! Authority: IMP-41 for what a record says; TRC-1 for who settled a bit.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::access::{AccessError, AuditTrigger, Decider, Decision, PolicyDiagnostic, Reason};
use crate::engine::scenario::Scenario;
use crate::engine::{Finished, Left, Record, RunConfig, run};
use crate::ids::{StepId, ThreadId};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sd::AceType;
use crate::sid::Sid;
use crate::token::ImpersonationLevel;
use crate::token::impersonate::{Cap, Relation};
use crate::trace::identity::{self, Sids};
use crate::trace::names::Names;
use crate::trace::text;
use crate::world::op::{DeniedBy, ErrorName, OpenStatus, Outcome, Success};
use crate::world::{BuildError, CheckPurpose, CheckRecord, Fact, Who, World};

/// The number of nobody: it stands for what happens by itself.
pub(super) const WORLD: ThreadId = ThreadId(u32::MAX);

/// How a step came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It succeeded.
    Ok,
    /// It succeeded with an identity at this level.
    Level(ImpersonationLevel),
    /// It succeeded with these rights.
    Granted(AccessMask),
    /// The access check said no.
    Denied(ErrorName),
    /// It failed for another reason.
    Error(ErrorName),
}

impl Verdict {
    fn of(outcome: Outcome) -> Verdict {
        match outcome {
            Outcome::Done(Success::Granted(mask)) => Verdict::Granted(mask),
            Outcome::Done(Success::Level(level)) => Verdict::Level(level),
            // Where nothing is asked, everything is had (FILE-31).
            Outcome::Done(Success::Unmanaged) => Verdict::Granted(AccessMask(u32::MAX)),
            Outcome::Done(Success::Ok) | Outcome::Blocked => Verdict::Ok,
            Outcome::Failed(failure) => match failure.denied {
                None | Some(DeniedBy::Handle) => Verdict::Error(failure.error),
                Some(_) => Verdict::Denied(failure.error),
            },
        }
    }
}

/// One record as it is compared. Its numbers stand for what a [`Lexicon`] holds.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// When it was, in nanoseconds.
    pub time: u64,
    /// The thread; of what happens by itself, one that nobody has.
    pub thread: ThreadId,
    /// The step.
    pub step: StepId,
    /// How it came out.
    pub verdict: Verdict,
    /// Who the thread is after it.
    pub(super) who: u32,
    /// What settled it.
    pub(super) reason: u32,
    /// What else it brought to light.
    pub(super) details: u32,
    /// The client of the connection that it met, by the words of the trace.
    pub(super) peer: u32,
    /// Verdict, reason and identity in the words of the trace.
    words: u32,
}

impl Sight {
    /// Whether two records say the same.
    #[must_use]
    pub fn same(&self, other: &Sight) -> bool {
        self.verdict == other.verdict
            && self.who == other.who
            && self.reason == other.reason
            && self.details == other.details
    }
}

/// Whatever runs have in common, kept once: sights of one lexicon compare by number.
#[derive(Default)]
pub struct Lexicon {
    who: Kept<Option<Who>>,
    reasons: Kept<ReasonKey>,
    details: Kept<Vec<Detail>>,
    words: Kept<String>,
}

struct Kept<T>(IndexSet<T, FxBuildHasher>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(IndexSet::default())
    }
}

impl<T: Hash + Eq> Kept<T> {
    fn number(&mut self, value: T) -> u32 {
        self.0.insert_full(value).0 as u32
    }
}

impl Lexicon {
    /// A sight's verdict, reason and identity as a trace says them.
    #[must_use]
    pub fn words(&self, sight: &Sight) -> &str {
        self.words.0.get_index(sight.words as usize).map_or("", String::as_str)
    }

    /// Who a thread was after a record.
    #[must_use]
    pub fn who(&self, sight: &Sight) -> Option<&Who> {
        self.who.0.get_index(sight.who as usize)?.as_ref()
    }

    /// What the details of two records differ in, in a few words each.
    #[must_use]
    pub fn detail_words(&self, one: &Sight, other: &Sight) -> Vec<&'static str> {
        let details = |sight: &Sight| self.details.0.get_index(sight.details as usize);
        let (Some(here), Some(there)) = (details(one), details(other)) else { return Vec::new() };
        let mut words = Vec::new();
        for (list, rest) in [(here, there), (there, here)] {
            let count =
                |list: &[Detail], wanted: &Detail| list.iter().filter(|known| *known == wanted).count();
            let more = list.iter().filter(|detail| count(list, detail) > count(rest, detail));
            words.extend(more.map(Detail::words));
        }
        words.sort_unstable();
        words.dedup();
        words
    }

    /// The client of the connection that a record met.
    pub(super) fn peer(&self, sight: &Sight) -> &str {
        self.words.0.get_index(sight.peer as usize).map_or("", String::as_str)
    }
}

/// A run, as it is compared.
pub struct Course {
    /// Its records in their order.
    pub sights: Vec<Sight>,
    /// What its threads are called, by number.
    pub threads: Vec<String>,
    /// How it ended.
    pub finished: Finished,
}

impl Course {
    /// Runs a scenario.
    ///
    /// # Errors
    /// When the model does not admit a declaration.
    pub fn of(
        scenario: &Scenario,
        config: &RunConfig,
        names: &Names,
        lexicon: &mut Lexicon,
    ) -> Result<Course, BuildError> {
        let mut sights = Vec::new();
        let finished = run(scenario, config, &mut |_, record| sights.push(lexicon.sight(record, names)))?;
        let world: &World = &finished.world;
        let threads = (0..world.threads().len() as u32).map(|n| world.thread_name(ThreadId(n))).collect();
        Ok(Course { sights, threads, finished })
    }

    /// How often the pattern of a claim came.
    #[must_use]
    pub fn times(&self, claim: usize) -> u64 {
        self.finished.hits.get(claim).copied().unwrap_or(0)
    }

    /// Whether an `expect` was met, or a `never` not broken.
    #[must_use]
    pub fn holds(&self, claim: usize, never: bool) -> bool {
        if never {
            return self.times(claim) == 0;
        }
        self.finished.unmet_claims.iter().all(|(unmet, _)| *unmet != claim)
    }

    /// Whether a thread waits for a message that nobody is left to send.
    #[must_use]
    pub fn deadlocked(&self) -> bool {
        self.finished.left.iter().any(|(_, left)| matches!(left, Left::Deadlocked(_)))
    }

    /// The name of a thread.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> &str {
        if thread == WORLD {
            return "world";
        }
        self.threads.get(thread.index()).map_or("", String::as_str)
    }
}

/// What settled a record: the deciding stage, and of an entry what it says instead of where it stands.
#[derive(Debug, PartialEq, Eq, Hash, Default)]
struct ReasonKey {
    denied: Option<DeniedBy>,
    error: Option<AccessError>,
    deciders: Vec<(Decider, Option<EntryKey>)>,
    gate: Option<(Option<Cap>, Option<PrivilegeState>)>,
}

/// An entry of a DACL: its kind, its SID, and the how-manieth it is of these.
#[derive(Debug, PartialEq, Eq, Hash)]
struct EntryKey {
    kind: AceType,
    sid: Sid,
    nth: u16,
}

/// What else a record brought to light.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Detail {
    Check {
        purpose: CheckPurpose,
        object: String,
        reason: u32,
    },
    Audit {
        policy: Option<Sid>,
        forced: bool,
        success: bool,
    },
    PrivilegeUse(Privilege, bool),
    SaclError(bool, Sid),
    Staging(AccessMask, AccessMask),
    Watched(AccessMask),
    /// What a refused check still reports as granted.
    Partial(AccessMask),
    ContinuousAudit(AccessMask, bool),
    Privilege(Privilege, PrivilegeState),
    Gate(ImpersonationLevel, Relation, bool),
    Peer(String, Option<(Sid, ImpersonationLevel)>),
    Handle(Option<AccessMask>, AccessMask, Sid),
    Text(String),
    Opened(OpenStatus),
    Owner(Sid),
    /// What its DACL comes from, whether it is stored, and the descriptor.
    MadeUp(&'static str, bool, String),
    Late,
}

impl Detail {
    /// What it is about.
    fn words(&self) -> &'static str {
        match self {
            Detail::Check { .. } => "checks on the way",
            Detail::Audit { .. } | Detail::PrivilegeUse(..) | Detail::ContinuousAudit(..) => {
                "what is audited"
            }
            Detail::SaclError(..) | Detail::Staging(..) => "what policies report",
            Detail::Watched(_) => "what is watched through the handle",
            Detail::Partial(_) => "the mask on denial",
            Detail::Privilege(..) => "the state of the privilege",
            Detail::Gate(..) => "what the gates saw",
            Detail::Peer(..) => "whom the connection carries",
            Detail::Handle(..) => "the handle",
            Detail::Opened(_) => "what the open did",
            Detail::Text(_) => "what is shown",
            Detail::Owner(_) => "the owner",
            Detail::MadeUp(..) => "what is made up",
            Detail::Late => "whether it is late",
        }
    }
}

impl Lexicon {
    fn sight(&mut self, record: &Record, names: &Names) -> Sight {
        let checks = record.facts.iter().filter(|fact| matches!(fact, Fact::Check(_))).count();
        let mut reason = ReasonKey::default();
        let mut details = Vec::new();
        let mut peer = String::new();
        let mut seen = 0;
        for fact in &record.facts {
            match fact {
                Fact::Check(check) => {
                    seen += 1;
                    if seen == checks {
                        reason = ReasonKey { gate: reason.gate, ..ReasonKey::of(check) };
                    } else {
                        let (purpose, object) = (check.purpose, check.object.to_string());
                        let reason = self.reasons.number(ReasonKey::of(check));
                        details.push(Detail::Check { purpose, object, reason });
                    }
                    if let Some(Ok(decision)) = &check.result {
                        reported(decision, &mut details);
                    }
                }
                Fact::Gate(gate) => {
                    reason.gate = Some((gate.cap, gate.privilege));
                    details.push(Detail::Gate(gate.client_level, gate.relation, gate.client_above));
                }
                Fact::Privilege(gate) => details.push(Detail::Privilege(gate.privilege, gate.state)),
                Fact::HandleUse(used) => {
                    let granted = Some(used.granted).filter(|_| !used.unmanaged);
                    details.push(Detail::Handle(granted, used.required, used.opened_as));
                }
                Fact::ContinuousAudit(used, fits) => {
                    details.push(Detail::ContinuousAudit(used.required, *fits));
                }
                Fact::Peer(met) => {
                    peer.clone_from(&met.client);
                    details.push(Detail::Peer(format!("{} {}", met.client, met.endpoint), met.carries));
                }
                Fact::Shown(shown) => details.push(Detail::Text(identity::show(shown, names, Sids::Full))),
                Fact::ShownThreads(rows) => {
                    details.push(Detail::Text(identity::show_threads(rows, names, Sids::Full)));
                }
                Fact::Note(note) => details.push(Detail::Text(note.to_string())),
                Fact::Value(value) => details.push(Detail::Text(value.clone())),
                Fact::Security(text) | Fact::Reason(text) => details.push(Detail::Text(text.clone())),
                Fact::Opened(status, _) => details.push(Detail::Opened(*status)),
                Fact::Data(data) => {
                    let (kind, text) = data.words();
                    details.push(Detail::Text(format!("{kind} {text}")));
                }
                Fact::Script(fault) => details.push(Detail::Text(fault.message.to_string())),
                Fact::Link(link, to) => details.push(Detail::Text(format!("{link} to {to}"))),
                Fact::Owner(owner) => details.push(Detail::Owner(*owner)),
                Fact::SessionEnded(ended) => {
                    details.push(Detail::Text(format!("session {} ended", ended.label)));
                }
                // It follows from what was adjusted before.
                Fact::Previous(_) => {}
                Fact::Remark(remark) => details.push(Detail::Text(remark.words().0.to_owned())),
                Fact::Damaged(object, why) => details.push(Detail::Text(format!("{object}: {why}"))),
                Fact::MadeUp(made) => {
                    details.push(Detail::MadeUp(made.from, made.stored, made.security.clone()));
                }
                Fact::Started(_, user) => details.push(Detail::Owner(*user)),
                Fact::Changed(object, _) => details.push(Detail::Text(object.to_string())),
                Fact::DirectoryChanged(change) => {
                    details.push(Detail::Text(text::difference_words(change, names)));
                }
                Fact::Outdated(difference) => {
                    details.push(Detail::Text(text::outdated_words(difference, names)));
                }
            }
        }
        if let Outcome::Failed(failure) = record.outcome {
            reason.denied = failure.denied.map(without_position);
        }
        if record.late.is_some() {
            details.push(Detail::Late);
        }
        let mut words = String::new();
        text::write_outcome(&mut words, record, names);
        Sight {
            time: record.time,
            thread: record.thread().unwrap_or(WORLD),
            step: record.step,
            verdict: Verdict::of(record.outcome),
            who: self.who.number(record.who().copied()),
            reason: self.reasons.number(reason),
            details: self.details.number(details),
            peer: self.words.number(peer),
            words: self.words.number(words),
        }
    }
}

/// Positions move with every entry that is put in or taken out.
fn without_position(denied: DeniedBy) -> DeniedBy {
    match denied {
        DeniedBy::DenyAce(_) => DeniedBy::DenyAce(0),
        other => other,
    }
}

impl ReasonKey {
    fn of(check: &CheckRecord) -> ReasonKey {
        let decider = |decider: &Decider| match *decider {
            Decider::Ace { deny, index, .. } => {
                (Decider::Ace { deny, index: 0, via: None }, EntryKey::of(check, index))
            }
            Decider::Integrity(_) => (Decider::Integrity(None), None),
            Decider::Trust(_) => (Decider::Trust(0), None),
            Decider::Restricted(_) => (Decider::Restricted(None), None),
            Decider::Confinement(_) => (Decider::Confinement(None), None),
            other => (other, None),
        };
        let (mut deciders, error) = match check.explanation.reason() {
            Reason::Granted(by) => (by.iter().map(|(by, _)| decider(by)).collect(), None),
            Reason::Denied(entry) => (vec![decider(&entry.decider)], None),
            Reason::Error(error) => (Vec::new(), Some(error)),
            Reason::NothingAsked | Reason::Empty => (Vec::new(), None),
        };
        deciders.dedup();
        ReasonKey { denied: check.denied.map(without_position), error, deciders, gate: None }
    }
}

impl EntryKey {
    fn of(check: &CheckRecord, index: u16) -> Option<EntryKey> {
        let explanation = &check.explanation;
        let entry = explanation.dacl_entry(index)?;
        let (kind, sid) = (entry.kind, entry.sid);
        let earlier = (0..index).filter_map(|n| explanation.dacl_entry(n));
        let nth = earlier.filter(|other| (other.kind, other.sid) == (kind, sid)).count() as u16;
        Some(EntryKey { kind, sid, nth })
    }
}

/// What a decision asks to be audited and reported.
fn reported(decision: &Decision, details: &mut Vec<Detail>) {
    for used in &decision.privilege_use {
        details.push(Detail::PrivilegeUse(used.privilege, used.success));
    }
    for event in &decision.events {
        let (policy, forced) = match &event.trigger {
            AuditTrigger::Sacl(_) => (None, false),
            AuditTrigger::Policy { policy, .. } => (Some(*policy), false),
            AuditTrigger::Forced => (None, true),
        };
        details.push(Detail::Audit { policy, forced, success: event.success });
    }
    for diagnostic in &decision.diagnostics {
        details.push(match diagnostic {
            PolicyDiagnostic::SaclError { staged, policy, .. } => Detail::SaclError(*staged, *policy),
            PolicyDiagnostic::StagingMismatch { effective, staged, .. } => {
                Detail::Staging(*effective, *staged)
            }
        });
    }
    if !decision.allowed && !decision.granted.is_empty() {
        details.push(Detail::Partial(decision.granted));
    }
    if decision.allowed && !decision.alarm_mask.is_empty() {
        details.push(Detail::Watched(decision.alarm_mask));
    }
}
