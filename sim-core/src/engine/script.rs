//! The port to scripts: what the engine asks of whoever runs them, and what it keeps of a call that is under way.
//!
//! A call runs until it asks for an operation. The engine performs that as a step of its own, and has the call run again
//! from its beginning with the results so far: a call that waits is therefore plain data, which can be cloned, compared
//! and hashed. Knows nothing of the language of the scripts.
//!
//! Authority: language manual, section on scripts.

use std::fmt::Debug;
use std::sync::Arc;

use super::Record;
use super::rng::SimRng;
use super::scenario::{Limits, Scenario};
use crate::ids::{ProcessId, Slot, StepId};
use crate::world::op::{Call, Operation, Outcome, Returned, ScriptFault, Value};
use crate::world::{CheckRecord, Fact, World};

/// The most steps that one call takes: each is paid for with another run of the script from its beginning.
pub const MOST_STEPS: usize = 1_000;
/// How much more than one run may take, all the runs of a call may take together.
pub const REPLAYS: u64 = 100;

/// Runs scripts.
pub trait Script: Debug + Send + Sync {
    /// Has a call run from its beginning, with the results that it was given, up to its next operation or its end.
    fn resume(&self, call: &mut Suspended, scene: &Scene, random: &mut SimRng) -> Turn;

    /// Whether a predicate of the scenario holds for an event.
    ///
    /// # Errors
    /// When the predicate ends in an error.
    fn holds(&self, predicate: usize, event: &Event<'_>) -> Result<bool, ScriptFault>;
}

/// What a call does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It asks for an operation and waits for the result.
    Asks(Asked),
    /// It is over, with a result or an error of the script.
    Returns(Returned),
    /// It went over a limit: the run ends.
    Over(ScriptFault),
}

/// Where a call runs.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// The process of the thread.
    pub process: ProcessId,
    /// The bounds of the run.
    pub limits: Limits,
}

/// An operation that a script asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The step of the place in the script.
    pub step: StepId,
    /// What is done.
    pub operation: Operation,
    /// Where its result goes, if it gives something to hold.
    pub bind: Option<Slot>,
    /// How long it takes, where it says so itself.
    pub cost: Option<u64>,
    /// What it is about, in the words of the language.
    pub words: Arc<str>,
}

/// A call that is under way: with the results so far it goes on from its beginning at any time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suspended {
    /// What is called, with which arguments.
    pub call: Call,
    /// When it began.
    pub since: u64,
    /// What it was given, in the order in which it asked.
    pub given: Vec<Given>,
    /// What it waits for.
    pub asked: Option<Asked>,
    /// How many names of the thread stand before the places of its results.
    pub names: u32,
    /// How many operations have been performed for it.
    pub steps: u32,
    /// How many operations of the script all runs together have taken.
    pub taken: u64,
}

/// What a script was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Given {
    /// The result of an operation; scripts hold the same one.
    Result(Arc<Answer>),
    /// A number that was drawn.
    Drawn(i64),
}

/// What came of an operation, as scripts see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// Whether and how it succeeded.
    pub outcome: Outcome,
    /// What it gave to hold.
    pub handle: Option<Slot>,
    /// What it brought: a message, the value of a key.
    pub value: Value,
    /// Whether an access check allowed or refused it; nothing if none decided.
    pub granted: Option<bool>,
    /// When the script went on.
    pub at: u64,
}

impl Suspended {
    /// A call that begins now, in a thread with so many names.
    #[must_use]
    pub fn new(call: Call, now: u64, names: u32) -> Suspended {
        Suspended { call, since: now, given: Vec::new(), asked: None, names, steps: 0, taken: 0 }
    }

    /// Takes in what came of the operation that was asked for, and when.
    pub fn give(&mut self, outcome: Outcome, facts: &[Fact], at: u64) {
        let Some(asked) = self.asked.take() else { return };
        let done = matches!(outcome, Outcome::Done(_));
        let last = facts.iter().rev().find_map(|fact| match fact {
            Fact::Check(check) => Some(check.denied.is_none()),
            _ => None,
        });
        let value = facts.iter().rev().find_map(|fact| match fact {
            Fact::Note(text) if matches!(asked.operation, Operation::Receive(_)) => {
                Some(Value::Text(text.clone()))
            }
            Fact::Value(text) => Some(Value::Text(text.as_str().into())),
            Fact::Data(data) => Some(Value::of(data)),
            Fact::Privilege(gate) => Some(Value::Truth(gate.state == crate::privilege::PrivilegeState::Held)),
            _ => None,
        });
        self.steps += 1;
        self.given.push(Given::Result(Arc::new(Answer {
            outcome,
            handle: asked.bind.filter(|_| done),
            value: value.unwrap_or(Value::Nothing),
            granted: last,
            at,
        })));
    }

    /// The call goes on now.
    pub fn goes_on(&mut self, now: u64) {
        if let Some(Given::Result(answer)) = self.given.last_mut() {
            Arc::make_mut(answer).at = now;
        }
    }

    /// Where the result of the next operation goes.
    #[must_use]
    pub fn next_slot(&self) -> Slot {
        Slot(self.names + self.steps)
    }
}

/// A record as predicates see it; one that decided several times is shown once for each decision.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The world right after the step.
    pub world: &'a World,
    /// The record.
    pub record: &'a Record,
    /// The decision, if the step made one.
    pub check: Option<&'a CheckRecord>,
    /// The word for the step.
    pub verb: &'a str,
}
