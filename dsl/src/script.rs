//! Scripts: rhai behind the engine's port. The only part of the project that knows the crate.
//!
//! `compile` reads the blocks, `machine` is the one engine of a process with its limits, `operations` the table of what
//! scripts can do, `inputs` its arguments, `running` the script of this thread, `values` what they hold, `tables` what they look up. Here is the port itself: a call runs from its
//! beginning with the results that it was given, up to its next operation or its end.
//!
//! Authority: language manual, section on scripts.

mod compile;
mod inputs;
mod machine;
mod operations;
mod running;
mod tables;
mod values;

use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Position, Scope};
use sim_core::engine::rng::{Purpose, SimRng};
use sim_core::engine::scenario::{Limits, StepInfo};
use sim_core::engine::script::{Event, Given, REPLAYS, Scene, Script, Suspended, Turn};
use sim_core::ids::{ProcessId, Slot, StepId};
use sim_core::world::op::{ErrorName, Failure, Outcome, Returned, ScriptFault, Success};

pub(crate) use compile::{Body, Compiler};
pub(crate) use tables::{EndpointEntry, ProcessRow, Tables};

pub use operations::{OPERATIONS, STEPS_WITHOUT, ScriptOperation};
pub use values::{EVENT_FIELDS, EventField, OUTCOME_FIELDS, OutcomeField};

pub(crate) use machine::{BOUNDS, LIBRARY};

use compile::{Function, Places};
use machine::{Failed, engine, limited, told};
use running::Running;
use values::{Handle, Outcomes};

use crate::ast::Span;
use crate::suggest::nearest;

/// The scripts of a scenario, ready to run.
#[derive(Debug)]
pub(crate) struct Scripts {
    ast: AST,
    functions: Vec<Function>,
    predicates: Vec<String>,
    places: Places,
    tables: Arc<Tables>,
}

impl Scripts {
    /// Puts together what was compiled; each place that calls an operation becomes a step of the scenario.
    pub(crate) fn new(
        compiler: Compiler<'_>,
        mut tables: Tables,
        steps: &mut Vec<StepInfo>,
        place: impl Fn(Span) -> sim_core::engine::scenario::Place,
    ) -> Scripts {
        for (site, row) in &compiler.operations {
            tables.sites.insert(*site, StepId(steps.len() as u32));
            steps.push(StepInfo {
                verb: row.verb,
                words: Arc::from(format!("{}(…)", row.name)),
                binds: None,
                place: place(compiler.span_of(*site)),
            });
        }
        let (functions, predicates) = (compiler.functions.clone(), compiler.predicates.clone());
        let (ast, places) = compiler.into_parts();
        Scripts { ast, functions, predicates, places, tables: Arc::new(tables) }
    }

    fn fault(&self, position: Position, message: &str) -> ScriptFault {
        ScriptFault { place: self.places.words(position).into(), message: message.into() }
    }

    fn running(&self, process: ProcessId, random: SimRng) -> Running {
        Running {
            given: Vec::new(),
            next: 0,
            now: 0,
            slot: Slot(0),
            steps: 0,
            process,
            random,
            tables: self.tables.clone(),
            asked: None,
            over: None,
            predicate: false,
        }
    }

    fn call(
        &self,
        under: &Engine,
        name: &str,
        arguments: Vec<Dynamic>,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        let options = CallFnOptions::new().eval_ast(false);
        under.call_fn_with_options(options, &mut Scope::new(), &self.ast, name, arguments)
    }

    /// Where a call goes over a limit that it was told to go over.
    fn limit_place(&self, running: Running, operations: u64, name: &str, arguments: &[Dynamic]) -> Position {
        let place = machine::last_place(|engine| {
            let run = || running::run(running, || self.call(engine, name, arguments.to_vec()));
            let _ = limited(operations, run);
        });
        if place.is_none() { self.function_position(name) } else { place }
    }

    /// What a call comes to whose function has ended.
    fn returned(&self, value: &Dynamic, names: u32) -> Returned {
        let mut returned =
            Returned { outcome: Ok(Success::Ok), handle: None, words: None, no: false, fault: None, names };
        if let Some(handle) = value.read_lock::<Handle>() {
            returned.handle = Some(handle.0);
        } else if let Some(outcome) = value.read_lock::<Outcomes>() {
            returned.handle = outcome.0.handle;
            returned.outcome = match outcome.0.outcome {
                Outcome::Done(success) => Ok(success),
                Outcome::Failed(failure) => Err(failure),
                Outcome::Blocked => Ok(Success::Ok),
            };
        } else if !value.is_unit() {
            returned.no = value.as_bool() == Ok(false);
            returned.words = Some(values::words_of(value).into());
        }
        returned
    }
}

impl Script for Scripts {
    fn resume(&self, call: &mut Suspended, scene: &Scene, random: &mut SimRng) -> Turn {
        let Some(function) = self.functions.get(call.call.function as usize) else {
            return Turn::Over(self.fault(Position::NONE, "there is no such function"));
        };
        let given = std::mem::take(&mut call.given);
        let before = given.len();
        let (now, slot, steps) = (call.since, call.next_slot(), call.steps);
        let first = random.clone();
        let running = |given: Vec<Given>| Running {
            given,
            now,
            slot,
            steps,
            ..self.running(scene.process, first.clone())
        };
        let arguments: Vec<Dynamic> = call.call.arguments.iter().map(values::dynamic).collect();
        let replay = scene.limits.script.saturating_mul(REPLAYS).saturating_sub(call.taken);
        let operations = scene.limits.script.min(replay);
        let ((result, ended), taken) = limited(operations, || {
            let run = || self.call(engine(), &function.name, arguments.clone());
            running::run(running(given), run)
        });
        let Some(mut ended) = ended else {
            return Turn::Over(self.fault(Position::NONE, "the script was lost"));
        };
        if ended.asked.is_none()
            && ended.over.is_none()
            && let Err(error) = &result
            && told(error).limit
        {
            let mut given = std::mem::take(&mut ended.given);
            given.truncate(before);
            let place = self.limit_place(running(given), operations, &function.name, &arguments);
            return Turn::Over(self.fault(place, &over_operations(&told(error), scene.limits, replay)));
        }
        let running = ended;
        call.taken = call.taken.saturating_add(taken);
        call.given = running.given;
        *random = running.random;
        if let Some((message, position)) = running.over {
            return Turn::Over(self.fault(position, &message));
        }
        // An error that the script or its library swallowed does not undo that it asked.
        if let Some(asked) = running.asked {
            return Turn::Asks(asked);
        }
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                let failed = told(&error);
                let fault = self.fault(failed.position, &failed.message);
                let failure = Failure::from(ErrorName::ScriptError);
                let nothing = self.returned(&Dynamic::UNIT, call.names);
                return Turn::Returns(Returned { outcome: Err(failure), fault: Some(fault), ..nothing });
            }
        };
        Turn::Returns(self.returned(&value, call.names))
    }

    fn holds(&self, predicate: usize, event: &Event<'_>) -> Result<bool, ScriptFault> {
        let Some(name) = self.predicates.get(predicate) else { return Ok(false) };
        // A predicate calls no operation, so it makes no difference in whose process it looks.
        let process = event.record.thread().map_or(ProcessId(0), |thread| event.world.thread(thread).process);
        let running = || Running {
            predicate: true,
            now: event.record.time,
            ..self.running(process, SimRng::new(0, Purpose::Scripts))
        };
        let arguments = vec![Dynamic::from(values::event(event, &self.tables.names))];
        let limits = Limits::default();
        let ((result, _), _) = limited(limits.script, || {
            running::run(running(), || self.call(engine(), name, arguments.clone()))
        });
        let value = result.map_err(|error| {
            let failed = told(&error);
            let place = match failed.limit {
                true => self.limit_place(running(), limits.script, name, &arguments),
                false => failed.position,
            };
            self.fault(place, &over_operations(&failed, limits, u64::MAX))
        })?;
        value.as_bool().map_err(|_| {
            let message = format!("a predicate gives `true` or `false`, this gave {}", values::kind(&value));
            self.fault(self.function_position(name), &message)
        })
    }
}

impl Scripts {
    fn function_position(&self, name: &str) -> Position {
        let position =
            self.ast.shared_lib().get_script_fn(name, 1).map(|function| function.body.start_position());
        position.unwrap_or(Position::NONE)
    }

    /// The function that the scenario calls, with what is near if there is none.
    pub(crate) fn function_named(
        compiler: &Compiler<'_>,
        name: &str,
        arguments: usize,
    ) -> Result<u32, Missing> {
        let public = || compiler.functions.iter().enumerate().filter(|(_, function)| function.public);
        if let Some((at, _)) = public().find(|(_, f)| f.name == name && f.params == arguments) {
            return Ok(at as u32);
        }
        if let Some((_, function)) = public().find(|(_, function)| function.name == name) {
            return Err(Missing::Arguments(function.params, function.span));
        }
        let near = nearest(name, public().map(|(_, function)| function.name.as_str()));
        Err(Missing::Function(near.map(str::to_owned)))
    }
}

/// Why there is no function to call.
pub(crate) enum Missing {
    /// It takes another number of arguments.
    Arguments(usize, Span),
    /// There is none of this name; perhaps a near one.
    Function(Option<String>),
}

/// The message of an error; where it is the number of operations, which bound it was.
fn over_operations(failed: &Failed, limits: Limits, replay: u64) -> String {
    if !failed.message.is_empty() {
        return failed.message.clone();
    }
    if replay < limits.script {
        let most = limits.script.saturating_mul(REPLAYS);
        return format!(
            "one call takes more than {most} operations of the script, those of its runs from the beginning counted"
        );
    }
    format!("a script takes more than {} operations in one call", limits.script)
}
