//! A run under way, as plain data: it can be cloned at any point, compared, and carried on one event at a time.
//!
//! Authority: language manual, section on time, ends and limits.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::claims::{ClaimState, evaluate_condition, step_expectation_met};
use super::queue::EventQueue;
use super::rng::{Purpose, SimRng};
use super::scenario::{
    DEFAULT_COST, Happening, Instruction, Place, Program, Scenario, Step, StepExpectation,
};
use super::script::{Event, Scene, Suspended, Turn};
use super::{Ending, Finished, Left, ProgramEnd, Record, RunConfig, Totals, build_world};
use crate::fingerprint;
use crate::ids::{ProcessId, StepId, ThreadId};
use crate::world::op::{Call, Operation, Outcome, ScriptFault};
use crate::world::{BuildError, Fact, NoRecord, ProcessState, Recorder, World};

/// The most control instructions between two steps: more can only be a loop in which nothing happens.
const IDLE_INSTRUCTIONS: u32 = 100_000;

/// A run under way. Its clone goes on exactly as it does itself.
#[derive(Clone, Debug)]
pub struct Simulation<'a> {
    scenario: &'a Scenario,
    config: RunConfig,
    state: State,
    seen: Seen,
}

/// What decides all that is still to come: two runs of a scenario in equal states go on alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    world: World,
    queue: EventQueue,
    positions: Vec<Position>,
    /// How many of the coming events are no more than the next round of an `every`.
    resting: usize,
    /// How many rounds have begun, with nothing else to come, since a client was accepted.
    vain: usize,
    costs: SimRng,
    /// What scripts draw from.
    random: SimRng,
    /// How much of what happens by itself has happened.
    happened: usize,
}

/// What has been seen so far: counted and held against what was stated, without influence on what comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    claims: Vec<ClaimState>,
    reached: Vec<bool>,
    totals: Totals,
    /// The error of a script that ends the run.
    fault: Option<ScriptFault>,
    /// Programs that came to their end since the last record.
    ended: Vec<ProgramEnd>,
}

/// Where a thread is in its program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Position {
    at: usize,
    counters: Vec<u64>,
    parked: bool,
    /// Whether the `at` of the coming step has been waited for.
    waited: bool,
    /// Whether it waits for the next round of an `every`.
    resting: bool,
    /// The script function that the thread is in.
    call: Option<Box<Suspended>>,
}

/// What a thread does next.
enum Next<'a> {
    Step(&'a Step),
    /// Nothing until then: an `every`.
    Rest(u64),
    End,
}

/// What has come, before it is held against what was stated.
struct Taken<'a> {
    sequence: u64,
    /// The thread; `None` of what happens by itself.
    thread: Option<ThreadId>,
    step: StepId,
    /// What it is about, where a script took it.
    words: Option<Arc<str>>,
    /// What is stated right behind the step.
    expects: &'a [StepExpectation],
    outcome: Outcome,
    late: Option<u64>,
}

impl Position {
    /// The beginning of a program.
    fn of(program: &Program) -> Position {
        Position {
            at: 0,
            counters: vec![0; program.counters as usize],
            parked: false,
            waited: false,
            resting: false,
            call: None,
        }
    }
}

impl State {
    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// A hash of the state, equal in every process for equal states.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        fingerprint::of(self)
    }
}

/// Runs are equal if they have come to equal states and have seen the same on their way.
impl PartialEq for Simulation<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state && self.seen == other.seen
    }
}

impl Eq for Simulation<'_> {}

impl Hash for Simulation<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.state.hash(state);
        self.seen.hash(state);
    }
}

impl<'a> Simulation<'a> {
    /// A scenario at time 0, before its first event.
    ///
    /// # Errors
    /// When the model does not admit a declaration.
    pub fn new(scenario: &'a Scenario, config: RunConfig) -> Result<Simulation<'a>, BuildError> {
        let world = build_world(scenario, &config.model)?;
        Ok(Simulation::within(world, scenario, config))
    }

    /// The same in a world that was built from the scenario under the model of the run.
    #[must_use]
    pub fn within(mut world: World, scenario: &'a Scenario, config: RunConfig) -> Simulation<'a> {
        let mut queue = EventQueue::default();
        let mut positions = Vec::with_capacity(scenario.programs.len());
        for program in &scenario.programs {
            positions.push(Position::of(program));
        }
        while let Some(thread) = world.take_started() {
            queue.push(0, thread);
        }
        let costs = SimRng::new(config.seed, Purpose::StepCosts);
        let random = SimRng::new(config.seed, Purpose::Scripts);
        Simulation {
            scenario,
            config,
            state: State { world, queue, positions, resting: 0, vain: 0, costs, random, happened: 0 },
            seen: Seen {
                claims: vec![ClaimState::default(); scenario.claims.len()],
                reached: vec![false; scenario.steps.len()],
                totals: Totals::default(),
                fault: None,
                ended: Vec::new(),
            },
        }
    }

    /// What decides all that is still to come.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The world after the last event.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.state.world
    }

    /// Lets the next event happen, up to the first that leaves a record.
    ///
    /// # Errors
    /// Why there is none: the run has ended, or a limit ends it. Nothing is lost then: whoever asks again hears the same.
    pub fn advance(&mut self) -> Result<Record, Ending> {
        let mut facts = Vec::new();
        let taken = self.next_event(&mut facts)?;
        let mut record = Record {
            sequence: taken.sequence,
            time: self.state.world.now,
            actor: taken.thread.map(|thread| (thread, self.state.world.who(thread))),
            step: taken.step,
            outcome: taken.outcome,
            facts,
            late: taken.late,
            unmet: Vec::new(),
            broken: Vec::new(),
            words: taken.words,
            ended: std::mem::take(&mut self.seen.ended),
        };
        self.judge(taken.expects, &mut record);
        Ok(record)
    }

    /// The same for whoever wants the coming state only: what operations look at is not even put together. Events and
    /// errors are counted; decisions are not, and nothing that the scenario states is looked at, so that no predicate
    /// that cannot be evaluated ends the run either.
    ///
    /// # Errors
    /// Why there is no event: the run has ended, or a limit ends it.
    pub fn advance_silently(&mut self) -> Result<Outcome, Ending> {
        Ok(self.next_event(&mut NoRecord)?.outcome)
    }

    /// Lets threads go on until one has taken a step, or something has happened by itself.
    fn next_event<R: Recorder>(&mut self, recorder: &mut R) -> Result<Taken<'a>, Ending> {
        loop {
            if self.seen.fault.is_some() {
                return Err(Ending::Script);
            }
            let happening = self.scenario.world.get(self.state.happened);
            // An `every` goes on for ever; alone it keeps nothing alive.
            if self.only_rounds() && !self.may_accept() {
                return Err(Ending::Finished);
            }
            let next = self.state.queue.peek();
            let time = match (next, happening) {
                (Some((time, _)), Some(happening)) => time.min(happening.at),
                (Some((time, _)), None) => time,
                (None, Some(happening)) => happening.at,
                (None, None) => return Err(Ending::Finished),
            };
            if self.config.until.is_some_and(|until| time > until) {
                return Err(Ending::Until);
            }
            // The last number of 64 bits is no instant: sums that come to more end there.
            if time > self.config.limits.time || time == u64::MAX {
                return Err(Ending::TimeLimit);
            }
            if let Some(happening) = happening.filter(|happening| happening.at == time) {
                self.may_take_another()?;
                self.state.world.now = time;
                return Ok(self.happen(happening, recorder));
            }
            let Some((_, thread)) = next else { return Err(Ending::Finished) };
            self.state.world.now = time;
            if let Some(taken) = self.go_on(thread, recorder)? {
                return Ok(taken);
            }
        }
    }

    /// Lets a thread go on whose turn has come; `None` if that is no event. A limit leaves its turn in the queue.
    fn go_on<R: Recorder>(
        &mut self,
        thread: ThreadId,
        recorder: &mut R,
    ) -> Result<Option<Taken<'a>>, Ending> {
        if self.state.world.is_stopped(thread) {
            self.take_turn(thread);
            self.state.positions[thread.index()].parked = true;
            return Ok(None);
        }
        let next = self.next_step(thread)?;
        let now = self.state.world.now;
        let position = &self.state.positions[thread.index()];
        let mut late = None;
        if let Next::Step(step) = next
            // Whatever the time of a call says is about its beginning.
            && let Some(at) = step.at.filter(|_| position.call.is_none())
        {
            if at > now {
                self.take_turn(thread);
                self.state.positions[thread.index()].waited = true;
                self.state.queue.push(at, thread);
                return Ok(None);
            }
            late = Some(at).filter(|at| *at < now && !position.waited);
        }
        if matches!(next, Next::Step(_)) {
            self.may_take_another()?;
        }
        self.take_turn(thread);
        match next {
            Next::Step(step) => match &step.operation {
                Operation::Call(call) => self.go_on_with_call((thread, step), call, late, recorder),
                _ => Ok(self.take_step((thread, step), &step.expects, late, recorder)),
            },
            Next::Rest(until) => {
                self.state.positions[thread.index()].resting = true;
                self.state.resting += 1;
                self.state.queue.push(until, thread);
                Ok(None)
            }
            Next::End => {
                self.state.world.end_thread(thread);
                // No record can tell of it, so it goes along with the next one.
                let sessions = self.state.world.take_ended_sessions();
                if R::ACTIVE && !sessions.is_empty() {
                    let time = self.state.world.now;
                    self.seen.ended.push(ProgramEnd { time, thread, sessions });
                }
                self.wake();
                Ok(None)
            }
        }
    }

    /// Takes the turn of the thread that comes next out of the queue.
    fn take_turn(&mut self, thread: ThreadId) {
        self.state.vain += usize::from(self.only_rounds());
        self.state.queue.pop();
        let resting = &mut self.state.positions[thread.index()].resting;
        self.state.resting -= usize::from(std::mem::take(resting));
    }

    /// Whether nothing is to come but rounds of `every`.
    fn only_rounds(&self) -> bool {
        self.state.resting == self.state.queue.len() && self.state.happened >= self.scenario.world.len()
    }

    /// Whether a client who is in no `every` waits in line for a service that is, and may yet be accepted: once each round
    /// has been taken in vain, none is.
    fn may_accept(&self) -> bool {
        let rests = |thread: ThreadId| self.state.positions[thread.index()].resting;
        self.state.vain < self.state.resting && {
            let resting = self.resting_processes();
            let mut clients = self.state.world.clients_in_line();
            clients.any(|(client, service)| !rests(client) && resting.contains(&service))
        }
    }

    /// The processes of threads that wait for the next round of an `every`.
    fn resting_processes(&self) -> BTreeSet<ProcessId> {
        let threads = self.state.positions.iter().zip(self.state.world.threads());
        threads.filter(|(position, _)| position.resting).map(|(_, thread)| thread.process).collect()
    }

    /// Whether one more event may come.
    fn may_take_another(&self) -> Result<(), Ending> {
        if self.seen.totals.events < self.config.limits.events { Ok(()) } else { Err(Ending::EventLimit) }
    }

    /// Lets something happen that no thread does.
    fn happen<R: Recorder>(&mut self, happening: &'a Happening, recorder: &mut R) -> Taken<'a> {
        self.state.happened += 1;
        let outcome = self.state.world.happen(&happening.operation, recorder);
        self.wake();
        Taken {
            sequence: self.count(happening.id, outcome),
            thread: None,
            step: happening.id,
            words: None,
            expects: &happening.expects,
            outcome,
            late: None,
        }
    }

    /// Goes on to the thread's next step.
    fn next_step(&mut self, thread: ThreadId) -> Result<Next<'a>, Ending> {
        let Some(program) = self.scenario.programs.get(thread.index()) else { return Ok(Next::End) };
        let position = &mut self.state.positions[thread.index()];
        for _ in 0..IDLE_INSTRUCTIONS {
            match program.code.get(position.at) {
                None | Some(Instruction::Stop) => return Ok(Next::End),
                Some(Instruction::Step(step)) => return Ok(Next::Step(step)),
                Some(Instruction::Jump(to)) => position.at = *to,
                Some(Instruction::Unless(condition, to)) => {
                    let holds = evaluate_condition(&self.state.world, thread, condition);
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
                Some(Instruction::Beat(counter)) => {
                    if let Some(counter) = position.counters.get_mut(*counter) {
                        *counter = self.state.world.now;
                    }
                    position.at += 1;
                }
                Some(Instruction::Rest(counter, period, to)) => {
                    position.at = *to;
                    let Some(beat) = position.counters.get_mut(*counter) else { continue };
                    // Beats that a long round has missed are left out; there is always one to come.
                    let missed = (self.state.world.now - *beat).div_ceil((*period).max(1)).max(1);
                    *beat = beat.saturating_add(period.saturating_mul(missed));
                    return Ok(Next::Rest(*beat));
                }
            }
        }
        Err(Ending::NoProgress(thread))
    }

    /// Lets a thread take the next step of the script function that it is in, or come back from it.
    fn go_on_with_call<R: Recorder>(
        &mut self,
        (thread, step): (ThreadId, &'a Step),
        call: &Call,
        late: Option<u64>,
        recorder: &mut R,
    ) -> Result<Option<Taken<'a>>, Ending> {
        let Some(scripts) = &self.scenario.scripts else {
            return Ok(self.take_step((thread, step), &step.expects, late, recorder));
        };
        let names = self.scenario.programs.get(thread.index()).map_or(0, |program| program.slots);
        let now = self.state.world.now;
        let held = self.state.positions[thread.index()].call.take();
        let mut held = held.unwrap_or_else(|| Box::new(Suspended::new(call.clone(), now, names)));
        // One that waits knows what for already.
        let asked = match held.asked.clone() {
            Some(asked) => asked,
            None => {
                held.goes_on(now);
                let process = self.state.world.thread(thread).process;
                let scene = Scene { process, limits: self.config.limits };
                match scripts.resume(&mut held, &scene, &mut self.state.random) {
                    Turn::Asks(asked) => asked,
                    Turn::Returns(returned) => {
                        let end = Step { operation: Operation::Return(Box::new(returned)), ..step.clone() };
                        return Ok(self.take_step((thread, &end), &step.expects, late, recorder));
                    }
                    Turn::Over(fault) => {
                        self.seen.fault = Some(fault);
                        return Err(Ending::Script);
                    }
                }
            }
        };
        held.asked = Some(asked.clone());
        self.state.positions[thread.index()].call = Some(held);
        if let Some(slot) = asked.bind {
            self.state.world.make_room(thread, slot);
        }
        let inner = Step {
            id: asked.step,
            operation: asked.operation,
            bind: asked.bind,
            at: None,
            cost: asked.cost,
            on_failure: None,
            expects: Vec::new(),
        };
        // The script is told what the operation brought, whoever else looks.
        let mut facts = Vec::new();
        let Some(taken) = self.take_step((thread, &inner), &[], late, &mut facts) else { return Ok(None) };
        if let Some(call) = &mut self.state.positions[thread.index()].call {
            call.give(taken.outcome, &facts, self.state.world.now);
        }
        facts.into_iter().for_each(|fact| recorder.fact(|_| fact));
        Ok(Some(Taken { words: Some(asked.words), ..taken }))
    }

    /// Lets a thread take a step; `None` if it waits.
    fn take_step<R: Recorder>(
        &mut self,
        (thread, step): (ThreadId, &Step),
        expects: &'a [StepExpectation],
        late: Option<u64>,
        recorder: &mut R,
    ) -> Option<Taken<'a>> {
        let outcome = self.perform(thread, step, recorder)?;
        let cost = self.cost_of(step);
        self.wake();
        if self.state.world.thread(thread).state == ProcessState::Running {
            self.state.queue.push(self.state.world.now.saturating_add(cost), thread);
        }
        let sequence = self.count(step.id, outcome);
        Some(Taken { sequence, thread: Some(thread), step: step.id, words: None, expects, outcome, late })
    }

    /// What a step does to the world and to the thread's place in its program; `None` if it waits.
    fn perform<R: Recorder>(&mut self, thread: ThreadId, step: &Step, recorder: &mut R) -> Option<Outcome> {
        let outcome = self.state.world.apply(thread, step.bind, &step.operation, recorder);
        let position = &mut self.state.positions[thread.index()];
        if outcome == Outcome::Blocked {
            position.parked = true;
            recorder.forget();
            return None;
        }
        position.parked = false;
        position.waited = false;
        if matches!(step.operation, Operation::Accept(_)) {
            self.state.vain = 0;
        }
        let refused = match &step.operation {
            Operation::Return(returned) => returned.no || returned.outcome.is_err(),
            _ => matches!(outcome, Outcome::Failed(_)),
        };
        match step.on_failure {
            // The thread stays in a script function until that is over.
            _ if position.call.is_some() => {}
            Some(to) if refused => position.at = to,
            _ => position.at += 1,
        }
        Some(outcome)
    }

    /// Counts what has come; the number that it has.
    fn count(&mut self, step: StepId, outcome: Outcome) -> u64 {
        let sequence = self.seen.totals.events;
        self.seen.totals.events += 1;
        self.seen.totals.errors += u64::from(matches!(outcome, Outcome::Failed(_)));
        if let Some(reached) = self.seen.reached.get_mut(step.index()) {
            *reached = true;
        }
        sequence
    }

    /// Holds a record against what was stated, and counts its decisions.
    fn judge(&mut self, expects: &[StepExpectation], record: &mut Record) {
        for fact in &record.facts {
            if let Fact::Check(check) = fact {
                self.seen.totals.decisions += 1;
                match check.denied {
                    None => self.seen.totals.grants += 1,
                    Some(_) => self.seen.totals.denials += 1,
                }
            }
        }
        for (n, expectation) in expects.iter().enumerate() {
            if expectation.holds_in(&self.config.model)
                && !step_expectation_met(&self.state.world, expectation.what, record)
            {
                record.unmet.push(n);
                self.seen.totals.unmet += 1;
            }
        }
        for (n, (claim, state)) in self.scenario.claims.iter().zip(&mut self.seen.claims).enumerate() {
            let verb = self.scenario.steps.get(record.step.index()).map_or("", |info| info.verb);
            let event =
                Event { scenario: self.scenario, world: &self.state.world, record, check: None, verb };
            let hits = state.observe(claim, &event).unwrap_or_else(|fault| {
                self.seen.fault.get_or_insert(fault);
                0
            });
            if claim.never && hits > 0 {
                record.broken.push(n);
                self.seen.totals.broken += 1;
            }
        }
    }

    fn cost_of(&mut self, step: &Step) -> u64 {
        if let Some(cost) = step.cost {
            return cost;
        }
        let verb = self.scenario.steps.get(step.id.index()).map_or("", |info| info.verb);
        match self.scenario.timing.get(verb) {
            Some(cost) if cost.low < cost.high => self.state.costs.between(cost.low, cost.high),
            Some(cost) => cost.low,
            None => DEFAULT_COST,
        }
    }

    /// Threads that something has happened to try again, now and in the order in which it happened.
    fn wake(&mut self) {
        // What threads that were ended had before them will not come: neither their next steps nor their rounds.
        while let Some(thread) = self.state.world.take_interrupted() {
            self.state.queue.remove(thread);
            let position = &mut self.state.positions[thread.index()];
            position.parked = false;
            self.state.resting -= usize::from(std::mem::take(&mut position.resting));
        }
        while let Some(thread) = self.state.world.take_started() {
            if let Some(program) = self.scenario.programs.get(thread.index()) {
                self.state.positions[thread.index()] = Position::of(program);
            }
            self.state.queue.push(self.state.world.now, thread);
        }
        while let Some(thread) = self.state.world.take_woken() {
            let position = &mut self.state.positions[thread.index()];
            if std::mem::take(&mut position.parked) {
                self.state.queue.push(self.state.world.now, thread);
            }
        }
    }

    /// What came of a run that ended so.
    #[must_use]
    pub fn finish(mut self, ending: Ending) -> Finished {
        // A run that was cut short has not shown that something would not have come.
        let complete = ending == Ending::Finished;
        let left = if complete { self.left() } else { Vec::new() };
        let model = self.config.model.name;
        let mut unmet_claims = Vec::new();
        let mut unexercised = Vec::new();
        for (n, (claim, state)) in self.scenario.claims.iter().zip(&self.seen.claims).enumerate() {
            if !claim.pattern.models.is_empty() && !claim.pattern.models.contains(&model) {
                continue;
            }
            let too_few = complete && state.hits < claim.times.0;
            if !claim.never && (too_few || state.hits > claim.times.1) {
                unmet_claims.push((n, state.hits));
                self.seen.totals.unmet += 1;
            }
            if claim.never && complete && !state.near {
                unexercised.push(n);
            }
        }
        let unreached = if complete { self.unreached_expectations() } else { Vec::new() };
        Finished {
            world: self.state.world,
            ending,
            limits: self.config.limits,
            left,
            totals: self.seen.totals,
            hits: self.seen.claims.iter().map(|state| state.hits).collect(),
            unmet_claims,
            unexercised,
            unreached,
            fault: self.seen.fault,
            ended: self.seen.ended,
        }
    }

    /// The threads that still wait, now that nothing is left to happen.
    fn left(&self) -> Vec<(ThreadId, Left)> {
        let mut left = Vec::new();
        let resting = self.resting_processes();
        let peer_rests =
            |thread, slot| self.state.world.peer_of(thread, slot).is_some_and(|peer| resting.contains(&peer));
        for (n, (position, program)) in self.state.positions.iter().zip(&self.scenario.programs).enumerate() {
            let thread = ThreadId(n as u32);
            if position.resting {
                left.push((thread, Left::Resting));
                continue;
            }
            if position.parked && self.state.world.is_stopped(thread) {
                left.push((thread, Left::Stopped));
                continue;
            }
            let Some(Instruction::Step(step)) = program.code.get(position.at) else { continue };
            if !position.parked {
                continue;
            }
            let asked = position.call.as_ref().and_then(|call| call.asked.as_ref());
            let (id, operation) =
                asked.map_or((step.id, &step.operation), |asked| (asked.step, &asked.operation));
            let state = match operation {
                // Another round of the peer's might send something, so this is no deadlock.
                Operation::Receive(slot) if !peer_rests(thread, *slot) => Left::Deadlocked(id),
                _ => Left::Idle(id),
            };
            left.push((thread, state));
        }
        left
    }

    /// Steps whose expectations were never looked at. A step that is written once and stands at many places has been reached
    /// where one of them has.
    fn unreached_expectations(&self) -> Vec<StepId> {
        let place = |id: StepId| self.scenario.steps.get(id.index()).map(|info| info.place);
        let reached = |id: &StepId| self.seen.reached.get(id.index()).copied().unwrap_or(true);
        let ids = || (0..self.seen.reached.len()).map(|n| StepId(n as u32));
        let mut known: BTreeSet<Option<Place>> = ids().filter(reached).map(place).collect();
        let here = |expects: &[StepExpectation]| expects.iter().any(|e| e.holds_in(&self.config.model));
        let by_itself = self.scenario.world.iter().filter(|happening| here(&happening.expects));
        let steps = self.scenario.programs.iter().flat_map(|program| &program.code);
        steps
            .filter_map(|instruction| match instruction {
                Instruction::Step(step) if here(&step.expects) => Some(step.id),
                _ => None,
            })
            .chain(by_itself.map(|happening| happening.id))
            .filter(|id| known.insert(place(*id)))
            .collect()
    }
}
