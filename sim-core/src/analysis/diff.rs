//! Two runs of one scenario, step by step: what belongs together, what of it differs, and where they part.
//!
//! Steps are matched within each thread by what they are and by how often they came, even where one run takes another
//! branch. It knows nothing of why the runs differ.

use std::collections::{BTreeMap, BTreeSet};

use bitflags::bitflags;

use super::align::align;
use super::sight::{Course, Lexicon, Sight, Verdict};
use crate::engine::scenario::{Instruction, Scenario, Step};
use crate::ids::{Slot, StepId, ThreadId};
use crate::rights::AccessMask;
use crate::world::op::Operation;

bitflags! {
    /// In what two records of one step differ.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct Kinds: u16 {
        /// Allowed, now refused by the access check.
        const LOST = 1;
        /// Refused by the access check, now allowed.
        const GAINED = 1 << 1;
        /// Allowed with more rights.
        const MORE = 1 << 2;
        /// Allowed with fewer rights.
        const LESS = 1 << 3;
        /// Succeeded, now fails with an error.
        const FAILS = 1 << 4;
        /// Failed with an error, now succeeds.
        const SUCCEEDS = 1 << 5;
        /// Fails with another error.
        const ERROR = 1 << 6;
        /// Another identity, or the same at another level.
        const IDENTITY = 1 << 7;
        /// Settled by something else.
        const REASON = 1 << 8;
        /// The same decision, with something else reported, audited or shown.
        const DETAILS = 1 << 9;
        /// Only the first run takes the step.
        const ONLY_ONE = 1 << 10;
        /// Only the other run takes the step.
        const ONLY_OTHER = 1 << 11;
    }
}

impl Kinds {
    /// Every kind with its word in JSON and the words of the report, in the order in which reports tell of them.
    pub const ALL: [(Kinds, &'static str, &'static str); 12] = [
        (Kinds::LOST, "granted_to_denied", "granted -> denied"),
        (Kinds::GAINED, "denied_to_granted", "denied -> granted"),
        (Kinds::MORE, "granted_more", "granted more"),
        (Kinds::LESS, "granted_less", "granted less"),
        (Kinds::FAILS, "ok_to_error", "succeeded -> error"),
        (Kinds::SUCCEEDS, "error_to_ok", "error -> succeeded"),
        (Kinds::ERROR, "another_error", "another error"),
        (Kinds::IDENTITY, "another_identity", "another identity"),
        (Kinds::REASON, "another_reason", "another reason"),
        (Kinds::DETAILS, "other_details", "other details"),
        (Kinds::ONLY_ONE, "only_in_first", "only in the first run"),
        (Kinds::ONLY_OTHER, "only_in_second", "only in the second run"),
    ];

    /// What a difference is with the runs exchanged.
    #[must_use]
    pub fn mirrored(self) -> Kinds {
        let pairs = [
            (Kinds::LOST, Kinds::GAINED),
            (Kinds::MORE, Kinds::LESS),
            (Kinds::FAILS, Kinds::SUCCEEDS),
            (Kinds::ONLY_ONE, Kinds::ONLY_OTHER),
        ];
        let mut mirrored = self;
        for (one, other) in pairs {
            mirrored.set(one, self.contains(other));
            mirrored.set(other, self.contains(one));
        }
        mirrored
    }

    /// In what two records of one step differ.
    #[must_use]
    pub fn between(one: &Sight, other: &Sight) -> Kinds {
        let mut kinds = Kinds::between_verdicts(one.verdict, other.verdict);
        let same_course = kinds.difference(Kinds::MORE | Kinds::LESS | Kinds::IDENTITY).is_empty();
        kinds.set(Kinds::IDENTITY, kinds.contains(Kinds::IDENTITY) || one.who != other.who);
        kinds.set(Kinds::REASON, same_course && one.reason != other.reason);
        kinds.set(Kinds::DETAILS, kinds.is_empty() && one.details != other.details);
        kinds
    }

    fn between_verdicts(one: Verdict, other: Verdict) -> Kinds {
        use Verdict::{Denied, Error, Granted, Level, Ok};
        match (one, other) {
            (Granted(one), Granted(other)) => {
                let mut kinds = Kinds::empty();
                kinds.set(Kinds::MORE, other & !one != AccessMask::NONE);
                kinds.set(Kinds::LESS, one & !other != AccessMask::NONE);
                kinds
            }
            (Ok | Level(_) | Granted(_), Ok | Level(_) | Granted(_)) if one == other => Kinds::empty(),
            (Ok | Level(_) | Granted(_), Ok | Level(_) | Granted(_)) => Kinds::IDENTITY,
            (Ok | Level(_) | Granted(_), Denied(_)) => Kinds::LOST,
            (Denied(_), Ok | Level(_) | Granted(_)) => Kinds::GAINED,
            (Ok | Level(_) | Granted(_), Error(_)) => Kinds::FAILS,
            (Error(_), Ok | Level(_) | Granted(_)) => Kinds::SUCCEEDS,
            (Denied(_) | Error(_), Denied(_) | Error(_)) if one == other => Kinds::empty(),
            (Denied(_) | Error(_), Denied(_) | Error(_)) => Kinds::ERROR,
        }
    }
}

/// How a difference hangs on an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// The thread carries another identity since then.
    Identity,
    /// What the step uses came from there.
    Name,
    /// The connection was made there.
    Connection,
    /// The thread goes another way since then.
    Branch,
}

/// A step that differs: where it is in each run, and in what it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its position in the first run.
    pub one: Option<usize>,
    /// Its position in the other run.
    pub other: Option<usize>,
    /// In what.
    pub kinds: Kinds,
    /// The earlier difference that it hangs on, by its position among the differences.
    pub since: Option<(usize, Link)>,
}

/// What two runs have in common and in what they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Every step that differs, in the order of time; the first one is where the runs part.
    pub differences: Vec<Difference>,
    /// How many steps both runs take.
    pub shared: usize,
}

/// Which steps of two runs belong together: for each position in one run that in the other.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    /// From the first run to the other.
    pub forth: Vec<Option<u32>>,
    /// From the other run to the first.
    pub back: Vec<Option<u32>>,
}

impl Matching {
    /// Matches two runs, thread by thread.
    #[must_use]
    pub fn of(one: &[Sight], other: &[Sight]) -> Matching {
        let mut matching = Matching { forth: vec![None; one.len()], back: vec![None; other.len()] };
        let (here, there) = (by_thread(one), by_thread(other));
        for (thread, (steps, places)) in &here {
            let Some((other_steps, other_places)) = there.get(thread) else { continue };
            for (x, y) in align(steps, other_steps) {
                let (x, y) = (places[x], other_places[y]);
                matching.forth[x as usize] = Some(y);
                matching.back[y as usize] = Some(x);
            }
        }
        matching
    }
}

/// The steps of each thread, and where they are in the run.
fn by_thread(sights: &[Sight]) -> BTreeMap<ThreadId, (Vec<StepId>, Vec<u32>)> {
    let mut threads: BTreeMap<ThreadId, (Vec<StepId>, Vec<u32>)> = BTreeMap::new();
    for (n, sight) in sights.iter().enumerate() {
        let (steps, places) = threads.entry(sight.thread).or_default();
        steps.push(sight.step);
        places.push(n as u32);
    }
    threads
}

impl Diff {
    /// Compares two runs of a scenario; of two scenarios, `scenario` is the one with all steps of both.
    #[must_use]
    pub fn of(scenario: &Scenario, lexicon: &Lexicon, one: &Course, other: &Course) -> Diff {
        let pairs = in_order(&one.sights, &other.sights);
        let mut diff = Diff::default();
        let mut trail = Trail { steps: steps_of(scenario), ..Trail::default() };
        for (x, y) in pairs {
            let here = x.and_then(|x| one.sights.get(x));
            let there = y.and_then(|y| other.sights.get(y));
            let kinds = match (here, there) {
                (Some(here), Some(there)) => {
                    diff.shared += 1;
                    if here.same(there) { Kinds::empty() } else { Kinds::between(here, there) }
                }
                (Some(_), None) => Kinds::ONLY_ONE,
                (None, _) => Kinds::ONLY_OTHER,
            };
            let Some(sight) = here.or(there) else { continue };
            let names = (one.thread(sight.thread), other.thread(sight.thread));
            let thread = if names.0.is_empty() { names.1 } else { names.0 };
            let peer = here.map_or("", |s| lexicon.peer(s));
            let peer = if peer.is_empty() { there.map_or("", |s| lexicon.peer(s)) } else { peer };
            let since = trail.follow(sight, kinds, (thread, peer), diff.differences.len());
            if !kinds.is_empty() {
                diff.differences.push(Difference { one: x, other: y, kinds, since });
            }
        }
        diff
    }

    /// How many differences are of a kind.
    #[must_use]
    pub fn count(&self, kind: Kinds) -> usize {
        self.differences.iter().filter(|difference| difference.kinds.intersects(kind)).count()
    }
}

/// Every step of both runs, matched: within a thread in its order, between threads by time.
fn in_order(one: &[Sight], other: &[Sight]) -> Vec<(Option<usize>, Option<usize>)> {
    let matching = Matching::of(one, other);
    let (mut here, mut there) = (by_thread(one), by_thread(other));
    let threads: BTreeSet<ThreadId> = here.keys().chain(there.keys()).copied().collect();
    let mut pairs = Vec::with_capacity(one.len().max(other.len()));
    for thread in threads {
        let (_, places) = here.remove(&thread).unwrap_or_default();
        let (_, other_places) = there.remove(&thread).unwrap_or_default();
        let (mut x, mut y) = (places.iter().peekable(), other_places.iter().peekable());
        // A thread's own order counts over the times, of which it has two.
        let mut latest = 0;
        loop {
            let near = x.peek().map(|x| **x as usize);
            let far = y.peek().map(|y| **y as usize);
            let early = near.and_then(|x| one.get(x));
            let late = far.and_then(|y| other.get(y));
            let alone = near.filter(|x| matching.forth.get(*x).is_some_and(Option::is_none));
            let far_alone = far.filter(|y| matching.back.get(*y).is_some_and(Option::is_none));
            let instant = |sight: Option<&Sight>| sight.map(|sight| (sight.time, sight.step));
            let pair = match (alone, far_alone) {
                (Some(_), Some(_)) if instant(early) > instant(late) => (None, far),
                (Some(_), _) => (near, None),
                (None, Some(_)) => (None, far),
                (None, None) => (near, far),
            };
            let time = |taken: Option<usize>, sight: Option<&Sight>| taken.and(sight).map(|sight| sight.time);
            let times = [time(pair.0, early), time(pair.1, late)];
            let Some(time) = times.into_iter().flatten().min() else { break };
            latest = time.max(latest);
            pairs.push((latest, thread, pair));
            if pair.0.is_some() {
                x.next();
            }
            if pair.1.is_some() {
                y.next();
            }
        }
    }
    pairs.sort_by_key(|(time, thread, _)| (*time, *thread));
    pairs.into_iter().map(|(_, _, pair)| pair).collect()
}

fn steps_of(scenario: &Scenario) -> BTreeMap<StepId, &Step> {
    let code = scenario.programs.iter().flat_map(|program| &program.code);
    code.filter_map(|instruction| match instruction {
        Instruction::Step(step) => Some((step.id, step.as_ref())),
        _ => None,
    })
    .collect()
}

/// What later differences may hang on, each by the position of its difference.
#[derive(Default)]
struct Trail<'a> {
    steps: BTreeMap<StepId, &'a Step>,
    /// Threads that carry another identity.
    identity: BTreeMap<ThreadId, usize>,
    /// Names that hold something else.
    names: BTreeMap<(ThreadId, Slot), usize>,
    /// Connections that differ, by the thread that made them.
    connections: BTreeMap<String, usize>,
    /// The last step of a thread that both runs take and that came out differently, else the first that one run alone takes.
    branch: BTreeMap<ThreadId, usize>,
}

impl Trail<'_> {
    /// Notes a step, which is the difference of this position if it differs, and tells what it hangs on.
    fn follow(
        &mut self,
        sight: &Sight,
        kinds: Kinds,
        (thread, peer): (&str, &str),
        position: usize,
    ) -> Option<(usize, Link)> {
        let step = self.steps.get(&sight.step).copied();
        let operation = step.map(|step| &step.operation);
        let used = operation.and_then(Operation::slot).and_then(|slot| self.names.get(&(sight.thread, slot)));
        let identity = self.identity.get(&sight.thread).copied();
        let connection = match operation {
            Some(Operation::Accept(_)) => self.connections.get(peer).copied(),
            _ => None,
        };
        let alone = kinds.intersects(Kinds::ONLY_ONE | Kinds::ONLY_OTHER);
        let branch = if alone { self.branch.get(&sight.thread).copied() } else { None };
        let since = [
            (connection, Link::Connection),
            (branch, Link::Branch),
            (used.copied(), Link::Name),
            (identity, Link::Identity),
        ];
        let since = since.into_iter().find_map(|(since, link)| Some((since?, link)));
        let differs = !kinds.difference(Kinds::REASON | Kinds::DETAILS).is_empty();
        if let Some(slot) = step.and_then(|step| step.bind) {
            keep(&mut self.names, (sight.thread, slot), position, !kinds.is_empty());
        }
        if matches!(operation, Some(Operation::Connect { .. } | Operation::ConnectEnd(_))) {
            keep(&mut self.connections, thread.to_owned(), position, differs);
        }
        if !alone {
            let begins = kinds.contains(Kinds::IDENTITY);
            if !begins || identity.is_none() {
                keep(&mut self.identity, sight.thread, position, begins);
            }
            if differs {
                self.branch.insert(sight.thread, position);
            }
        } else {
            self.branch.entry(sight.thread).or_insert(position);
        }
        since.filter(|_| !kinds.is_empty())
    }
}

fn keep<K: Ord>(map: &mut BTreeMap<K, usize>, key: K, position: usize, differs: bool) {
    if differs {
        map.insert(key, position);
    } else {
        map.remove(&key);
    }
}
