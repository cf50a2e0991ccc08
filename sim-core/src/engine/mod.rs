//! The engine: takes the next event, lets its thread take its next step, and hands out one record for each. A run is
//! single-threaded and depends on nothing but the scenario and its configuration; it is a loop over a [`Simulation`].
//!
//! Authority: language manual, section on time, ends and limits.

mod claims;
pub mod queue;
pub mod rng;
pub mod scenario;
pub mod script;
mod simulation;
pub mod time;

use std::sync::Arc;

use crate::ids::{StepId, ThreadId};
use crate::model::Model;
use crate::world::declare::Declarations;
use crate::world::op::{Outcome, ScriptFault};
use crate::world::{BuildError, EndedSession, Fact, Who, World};

use scenario::{Limits, Scenario};

pub use claims::{evaluate_condition, step_expectation_met};
pub use simulation::{Simulation, State};

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct RunConfig {
    /// The rules of play.
    pub model: Model,
    /// The seed.
    pub seed: u64,
    /// The bounds.
    pub limits: Limits,
    /// Where to stop looking: after the events of this instant.
    pub until: Option<u64>,
}

impl RunConfig {
    /// The scenario's own configuration under one model.
    #[must_use]
    pub fn of(scenario: &Scenario, model: &Model) -> RunConfig {
        RunConfig { model: *model, seed: scenario.seed, limits: scenario.limits, until: None }
    }
}

/// What one event did.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 0.
    pub sequence: u64,
    /// Virtual time in nanoseconds.
    pub time: u64,
    /// The thread, and who it is afterwards; `None` for what happens by itself.
    pub actor: Option<(ThreadId, Who)>,
    /// The step.
    pub step: StepId,
    /// What came of it.
    pub outcome: Outcome,
    /// What it looked at and brought to light.
    pub facts: Vec<Fact>,
    /// The time at which it should have come, if that was past.
    pub late: Option<u64>,
    /// Expectations of the step that were not met, by position.
    pub unmet: Vec<usize>,
    /// `never`s that it broke, by position among the claims.
    pub broken: Vec<usize>,
    /// What it is about, of a step that a script took: the scenario's text does not say it.
    pub words: Option<Arc<str>>,
    /// Programs that came to their end since the record before, and took logon sessions with them.
    pub ended: Vec<ProgramEnd>,
}

/// The end of a thread's program, which is no step, and the logon sessions that ended with it (SES-4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProgramEnd {
    /// When.
    pub time: u64,
    /// Whose.
    pub thread: ThreadId,
    /// The sessions.
    pub sessions: Vec<EndedSession>,
}

impl Record {
    /// What the step is about, in the words of the language.
    #[must_use]
    pub fn words<'a>(&'a self, scenario: &'a Scenario) -> &'a str {
        match &self.words {
            Some(words) => words,
            None => scenario.steps.get(self.step.index()).map_or("", |info| &info.words),
        }
    }
}

impl Record {
    /// The thread, unless it happened by itself.
    #[must_use]
    pub fn thread(&self) -> Option<ThreadId> {
        self.actor.map(|(thread, _)| thread)
    }

    /// Who the thread is afterwards.
    #[must_use]
    pub fn who(&self) -> Option<&Who> {
        self.actor.as_ref().map(|(_, who)| who)
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is left to happen.
    Finished,
    /// Asked to stop looking here.
    Until,
    /// There was more to come after the most events.
    EventLimit,
    /// There was more to come after the most virtual time.
    TimeLimit,
    /// A thread went round without a step.
    NoProgress(ThreadId),
    /// A script went over a limit, or a predicate could not be evaluated.
    Script,
}

/// What a thread was doing when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Waiting in `accept` or `take`: a service without clients.
    Idle(StepId),
    /// Waiting for the next round of an `every`, which alone keeps no run alive.
    Resting,
    /// Waiting for a message that nobody is left to send.
    Deadlocked(StepId),
    /// Stopped by a signal, and nobody told it to continue.
    Stopped,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Steps that were taken.
    pub events: u64,
    /// Access decisions.
    pub decisions: u64,
    /// Those that allowed.
    pub grants: u64,
    /// Those that refused, level gates and missing descriptors included.
    pub denials: u64,
    /// Steps that failed.
    pub errors: u64,
    /// Expectations of steps and of the scenario that were not met.
    pub unmet: u64,
    /// `never`s that were broken, counted once for each event.
    pub broken: u64,
}

/// A run that is over.
#[derive(Debug)]
pub struct Finished {
    /// The world at the end.
    pub world: World,
    /// Why it ended.
    pub ending: Ending,
    /// The bounds that it had.
    pub limits: Limits,
    /// Threads that still wait for something, though nothing is left to happen.
    pub left: Vec<(ThreadId, Left)>,
    /// Counts.
    pub totals: Totals,
    /// How often the pattern of each claim came.
    pub hits: Vec<u64>,
    /// `expect`s of the scenario that were not met: position, and how often the pattern came.
    pub unmet_claims: Vec<(usize, u64)>,
    /// `never`s that no event came near.
    pub unexercised: Vec<usize>,
    /// Steps with expectations that never came.
    pub unreached: Vec<StepId>,
    /// The error of a script that ended it.
    pub fault: Option<ScriptFault>,
    /// Programs that came to their end after the last record, and took logon sessions with them.
    pub ended: Vec<ProgramEnd>,
}

impl Finished {
    /// Whether everything that was stated held, and no thread was deadlocked.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.totals.unmet == 0
            && self.totals.broken == 0
            && !self.left.iter().any(|(_, left)| matches!(left, Left::Deadlocked(_)))
    }

    /// Whether a limit ended it.
    #[must_use]
    pub fn limited(&self) -> bool {
        matches!(self.ending, Ending::EventLimit | Ending::TimeLimit | Ending::NoProgress(_) | Ending::Script)
    }
}

/// Builds the world of a scenario under a model.
///
/// # Errors
/// When the model does not admit a declaration.
pub fn build_world(scenario: &Scenario, model: &Model) -> Result<World, BuildError> {
    let slots: Vec<u32> = scenario.programs.iter().map(|program| program.slots).collect();
    let declarations: &Declarations = &scenario.declarations;
    World::build(declarations, &slots, model)
}

/// Runs a scenario; each record goes to `sink` as soon as it is there, with the world right after it.
///
/// # Errors
/// When the model does not admit a declaration.
pub fn run(
    scenario: &Scenario,
    config: &RunConfig,
    sink: &mut dyn FnMut(&World, &Record),
) -> Result<Finished, BuildError> {
    let world = build_world(scenario, &config.model)?;
    Ok(run_in(world, scenario, config, sink))
}

/// The same in a world that was built from the scenario under the model of the run.
pub fn run_in(
    world: World,
    scenario: &Scenario,
    config: &RunConfig,
    sink: &mut dyn FnMut(&World, &Record),
) -> Finished {
    let mut simulation = Simulation::within(world, scenario, *config);
    let ending = loop {
        match simulation.advance() {
            Ok(record) => sink(simulation.world(), &record),
            Err(ending) => break ending,
        }
    };
    simulation.finish(ending)
}
