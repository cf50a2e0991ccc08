//! The engine: takes the next event, lets its thread take its next step, and hands out one record for each. A run is
//! single-threaded and depends on nothing but the scenario and its configuration.
//!
//! Authority: language manual, section on time, ends and limits.

mod claims;
pub mod queue;
pub mod rng;
pub mod scenario;
pub mod time;

use crate::ids::{StepId, ThreadId};
use crate::model::Model;
use crate::world::declare::Declarations;
use crate::world::op::{Operation, Outcome};
use crate::world::{BuildError, Fact, Who, World};

use claims::ClaimState;
use queue::EventQueue;
use rng::{Purpose, SimRng};
use scenario::{DEFAULT_COST, Instruction, Limits, Scenario, Step};

pub use claims::{evaluate_condition, step_expectation_met};

/// The most control instructions between two steps: more can only be a loop in which nothing happens.
const IDLE_INSTRUCTIONS: u32 = 100_000;

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct RunConfig {
    /// The rules of play.
    pub model: &'static Model,
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
    pub fn of(scenario: &Scenario, model: &'static Model) -> RunConfig {
        RunConfig { model, seed: scenario.seed, limits: scenario.limits, until: None }
    }
}

/// What one event did.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 0.
    pub sequence: u64,
    /// Virtual time in nanoseconds.
    pub time: u64,
    /// The thread.
    pub thread: ThreadId,
    /// The step.
    pub step: StepId,
    /// What came of it.
    pub outcome: Outcome,
    /// What it looked at and brought to light.
    pub facts: Vec<Fact>,
    /// Who the thread is after it.
    pub who: Who,
    /// The time at which it should have come, if that was past.
    pub late: Option<u64>,
    /// Expectations of the step that were not met, by position.
    pub unmet: Vec<usize>,
    /// `never`s that it broke, by position among the claims.
    pub broken: Vec<usize>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is left to happen.
    Finished,
    /// Asked to stop looking here.
    Until,
    /// The most events were reached.
    EventLimit,
    /// The most virtual time was reached.
    TimeLimit,
    /// A thread went round without a step.
    NoProgress(ThreadId),
}

/// What a thread was doing when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Waiting in `accept` or `take`: a service without clients.
    Idle(StepId),
    /// Waiting for a message that nobody is left to send.
    Deadlocked(StepId),
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Threads that still wait for something.
    pub left: Vec<(ThreadId, Left)>,
    /// Counts.
    pub totals: Totals,
    /// `expect`s of the scenario that were not met: position, and how often the pattern came.
    pub unmet_claims: Vec<(usize, u64)>,
    /// `never`s that no event came near.
    pub unexercised: Vec<usize>,
    /// Steps with expectations that never came.
    pub unreached: Vec<StepId>,
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
        matches!(self.ending, Ending::EventLimit | Ending::TimeLimit | Ending::NoProgress(_))
    }
}

/// Where a thread is in its program.
#[derive(Clone, Debug)]
struct Position {
    at: usize,
    counters: Vec<u64>,
    parked: bool,
    /// Whether the `at` of the coming step has been waited for.
    waited: bool,
}

/// Builds the world of a scenario under a model.
///
/// # Errors
/// When the model does not admit a declaration.
pub fn build_world(scenario: &Scenario, model: &'static Model) -> Result<World, BuildError> {
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
    let world = build_world(scenario, config.model)?;
    let mut engine = Engine::new(scenario, *config, world);
    let ending = engine.run(sink);
    Ok(engine.finish(ending))
}

struct Engine<'a> {
    scenario: &'a Scenario,
    config: RunConfig,
    world: World,
    queue: EventQueue,
    positions: Vec<Position>,
    costs: SimRng,
    claims: Vec<ClaimState>,
    reached: Vec<bool>,
    totals: Totals,
}

impl<'a> Engine<'a> {
    fn new(scenario: &'a Scenario, config: RunConfig, world: World) -> Engine<'a> {
        let mut queue = EventQueue::default();
        let mut positions = Vec::with_capacity(scenario.programs.len());
        for (n, program) in scenario.programs.iter().enumerate() {
            positions.push(Position {
                at: 0,
                counters: vec![0; program.counters as usize],
                parked: false,
                waited: false,
            });
            queue.push(0, ThreadId(n as u32));
        }
        Engine {
            scenario,
            config,
            world,
            queue,
            positions,
            costs: SimRng::new(config.seed, Purpose::StepCosts),
            claims: vec![ClaimState::default(); scenario.claims.len()],
            reached: vec![false; scenario.steps.len()],
            totals: Totals::default(),
        }
    }

    fn run(&mut self, sink: &mut dyn FnMut(&World, &Record)) -> Ending {
        while let Some(time) = self.queue.next_time() {
            if self.config.until.is_some_and(|until| time > until) {
                return Ending::Until;
            }
            if time > self.config.limits.time {
                return Ending::TimeLimit;
            }
            let Some((time, thread)) = self.queue.pop() else { break };
            self.world.now = time;
            let scenario = self.scenario;
            let step = match self.next_step(scenario, thread) {
                Ok(Some(step)) => step,
                Ok(None) => {
                    self.world.end_thread(thread);
                    self.wake();
                    continue;
                }
                Err(ending) => return ending,
            };
            let waited = self.positions[thread.index()].waited;
            match step.at {
                Some(at) if at > time => {
                    self.positions[thread.index()].waited = true;
                    self.queue.push(at, thread);
                    continue;
                }
                _ => {}
            }
            if self.totals.events >= self.config.limits.events {
                return Ending::EventLimit;
            }
            let late = step.at.filter(|at| *at < time && !waited);
            self.take_step(thread, step, late, sink);
        }
        Ending::Finished
    }

    /// Goes on to the thread's next step; `None` at the end of its program.
    fn next_step(&mut self, scenario: &'a Scenario, thread: ThreadId) -> Result<Option<&'a Step>, Ending> {
        let Some(program) = scenario.programs.get(thread.index()) else { return Ok(None) };
        let position = &mut self.positions[thread.index()];
        for _ in 0..IDLE_INSTRUCTIONS {
            match program.code.get(position.at) {
                None | Some(Instruction::Stop) => return Ok(None),
                Some(Instruction::Step(step)) => return Ok(Some(step)),
                Some(Instruction::Jump(to)) => position.at = *to,
                Some(Instruction::Unless(condition, to)) => {
                    let holds = evaluate_condition(&self.world, thread, condition);
                    position.at = if holds { position.at + 1 } else { *to };
                }
                Some(Instruction::Count(counter, times)) => {
                    if let Some(counter) = position.counters.get_mut(*counter) {
                        *counter = *times;
                    }
                    position.at += 1;
                }
                Some(Instruction::Again(counter, to)) => match position.counters.get_mut(*counter) {
                    Some(counter) if *counter > 1 => {
                        *counter -= 1;
                        position.at = *to;
                    }
                    _ => position.at += 1,
                },
            }
        }
        Err(Ending::NoProgress(thread))
    }

    fn take_step(
        &mut self,
        thread: ThreadId,
        step: &Step,
        late: Option<u64>,
        sink: &mut dyn FnMut(&World, &Record),
    ) {
        let mut facts = Vec::new();
        let outcome = self.world.apply(thread, step.bind, &step.operation, &mut facts);
        let position = &mut self.positions[thread.index()];
        if outcome == Outcome::Blocked {
            position.parked = true;
            return;
        }
        position.parked = false;
        position.waited = false;
        position.at = match (outcome, step.on_failure) {
            (Outcome::Failed(_), Some(to)) => to,
            _ => position.at + 1,
        };
        if step.operation == Operation::Exit {
            // The other threads of the process end with it, and so does this one.
            let process = self.world.thread(thread).process;
            for (n, other) in self.world.threads().iter().enumerate() {
                if other.process == process {
                    self.positions[n].at = usize::MAX;
                }
            }
        }
        let mut record = Record {
            sequence: self.totals.events,
            time: self.world.now,
            thread,
            step: step.id,
            outcome,
            facts,
            who: self.world.who(thread),
            late,
            unmet: Vec::new(),
            broken: Vec::new(),
        };
        self.judge(step, &mut record);
        sink(&self.world, &record);
        let cost = self.cost_of(step);
        self.wake();
        self.queue.push(self.world.now.saturating_add(cost), thread);
    }

    /// Holds a record against what was stated, and counts it.
    fn judge(&mut self, step: &Step, record: &mut Record) {
        self.totals.events += 1;
        self.totals.errors += u64::from(matches!(record.outcome, Outcome::Failed(_)));
        for fact in &record.facts {
            if let Fact::Check(check) = fact {
                self.totals.decisions += 1;
                match check.denied {
                    None => self.totals.grants += 1,
                    Some(_) => self.totals.denials += 1,
                }
            }
        }
        if let Some(reached) = self.reached.get_mut(step.id.index()) {
            *reached = true;
        }
        let unmet = step.expects.iter().enumerate().filter(|(_, expectation)| {
            expectation.holds_in(self.config.model)
                && !step_expectation_met(&self.world, expectation.what, record)
        });
        record.unmet = unmet.map(|(n, _)| n).collect();
        self.totals.unmet += record.unmet.len() as u64;
        for (n, (claim, state)) in self.scenario.claims.iter().zip(&mut self.claims).enumerate() {
            let verb = self.scenario.steps.get(record.step.index()).map_or("", |info| info.verb);
            let hits = state.observe(&self.world, claim, record, verb);
            if claim.never && hits > 0 {
                record.broken.push(n);
                self.totals.broken += 1;
            }
        }
    }

    fn cost_of(&mut self, step: &Step) -> u64 {
        let verb = self.scenario.steps.get(step.id.index()).map_or("", |info| info.verb);
        match (step.cost, self.scenario.timing.get(verb)) {
            (Some(cost), _) => cost,
            (None, Some(cost)) if cost.low < cost.high => self.costs.between(cost.low, cost.high),
            (None, Some(cost)) => cost.low,
            (None, None) => DEFAULT_COST,
        }
    }

    /// Threads that something has happened to try again, now and in the order in which it happened.
    fn wake(&mut self) {
        while let Some(thread) = self.world.take_woken() {
            let position = &mut self.positions[thread.index()];
            if std::mem::take(&mut position.parked) {
                self.queue.push(self.world.now, thread);
            }
        }
    }

    fn finish(mut self, ending: Ending) -> Finished {
        let mut left = Vec::new();
        for (n, position) in self.positions.iter().enumerate() {
            let program = self.scenario.programs.get(n);
            let Some(Instruction::Step(step)) = program.and_then(|program| program.code.get(position.at))
            else {
                continue;
            };
            if !position.parked {
                continue;
            }
            let state = match step.operation {
                Operation::Receive(_) => Left::Deadlocked(step.id),
                _ => Left::Idle(step.id),
            };
            left.push((ThreadId(n as u32), state));
        }
        let model = self.config.model.name;
        let mut unmet_claims = Vec::new();
        let mut unexercised = Vec::new();
        // A run that was cut short has not shown that something would not have come.
        let complete = ending == Ending::Finished;
        for (n, (claim, state)) in self.scenario.claims.iter().zip(&self.claims).enumerate() {
            if !claim.pattern.models.is_empty() && !claim.pattern.models.contains(&model) {
                continue;
            }
            let too_few = complete && state.hits < claim.times.0;
            if !claim.never && (too_few || state.hits > claim.times.1) {
                unmet_claims.push((n, state.hits));
                self.totals.unmet += 1;
            }
            if claim.never && complete && !state.near {
                unexercised.push(n);
            }
        }
        let unreached = if complete { self.unreached_expectations() } else { Vec::new() };
        Finished {
            world: self.world,
            ending,
            left,
            totals: self.totals,
            unmet_claims,
            unexercised,
            unreached,
        }
    }

    fn unreached_expectations(&self) -> Vec<StepId> {
        let steps = self.scenario.programs.iter().flat_map(|program| &program.code);
        steps
            .filter_map(|instruction| match instruction {
                Instruction::Step(step) if step.expects.iter().any(|e| e.holds_in(self.config.model)) => {
                    Some(step.id)
                }
                _ => None,
            })
            .filter(|id| !self.reached.get(id.index()).copied().unwrap_or(true))
            .collect()
    }
}
