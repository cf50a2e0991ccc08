//! The script that runs on this thread: what it was given, and what it asks for. A call is never resumed on two threads at
//! once, and the crate hands its functions nothing else that lives as long as the call.

use std::cell::RefCell;
use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, ImmutableString, NativeCallContext, Position};
use sim_core::engine::rng::SimRng;
use sim_core::engine::script::{Asked, Given, MOST_STEPS};
use sim_core::ids::{ProcessId, Slot};

use super::machine::{error, stop};
use super::operations::{OPERATIONS, ScriptOperation};
use super::tables::{Site, Tables};
use super::values::Outcomes;
use crate::resolve::Verb;

/// The script that runs on this thread.
pub(super) struct Running {
    /// What it was given, and how much of that it has asked for again.
    pub given: Vec<Given>,
    pub next: usize,
    /// The time at the place that it has come to.
    pub now: u64,
    /// Where the result of its next operation goes.
    pub slot: Slot,
    pub steps: u32,
    pub process: ProcessId,
    pub random: SimRng,
    pub tables: Arc<Tables>,
    /// The operation that it waits for now.
    pub asked: Option<Asked>,
    /// What went over a limit, and where.
    pub over: Option<(String, Position)>,
    /// Whether it only looks.
    pub predicate: bool,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Has a script run; gives what is left of it.
pub(super) fn run<T>(running: Running, script: impl FnOnce() -> T) -> (T, Option<Running>) {
    RUNNING.replace(Some(running));
    let result = script();
    (result, RUNNING.take())
}

type Answered = Result<Dynamic, Box<EvalAltResult>>;

/// An operation is called: its result, if it is known by now, or the script stops.
pub(super) fn ask(n: usize, context: &NativeCallContext<'_>, args: &mut [&mut Dynamic]) -> Answered {
    let Some(row) = OPERATIONS.get(n) else { return Ok(Dynamic::UNIT) };
    perform(context, row, args)
}

/// `print` is a note.
pub(super) fn say(text: String, context: &NativeCallContext<'_>) -> Answered {
    let Some(row) = OPERATIONS.iter().find(|row| row.name == "note") else { return Ok(Dynamic::UNIT) };
    perform(context, row, &mut [&mut Dynamic::from(ImmutableString::from(text))])
}

fn perform(context: &NativeCallContext<'_>, row: &ScriptOperation, args: &mut [&mut Dynamic]) -> Answered {
    let position = context.call_position();
    RUNNING.with_borrow_mut(|running| {
        let Some(running) = running else { return Ok(Dynamic::UNIT) };
        if running.predicate {
            return Err(error(&format!("a predicate only looks, `{}` does something", row.name), position));
        }
        // A function of the library may have gone on after an error of what it called.
        if running.asked.is_some() || running.over.is_some() {
            return Err(stop(position));
        }
        if let Some(Given::Result(answer)) = running.given.get(running.next) {
            running.now = answer.at;
            let answer = answer.clone();
            running.next += 1;
            return Ok(Dynamic::from(Outcomes(answer)));
        }
        if running.steps as usize >= MOST_STEPS {
            running.over = Some((format!("one call takes more than {MOST_STEPS} steps"), position));
            return Err(stop(position));
        }
        let made = row.step(args, &running.tables, running.process);
        let made = made.map_err(|message| error(&message, position))?;
        let Some(step) = running.tables.step(Site::of(position)) else {
            return Err(error("an operation is called by its name, where it stands", position));
        };
        let binds = Verb::named(row.verb).is_some_and(|verb| verb.binds);
        let (operation, cost, words) = (made.operation, made.cost, made.words.into());
        let bind = binds.then_some(running.slot);
        running.asked = Some(Asked { step, operation, bind, cost, words });
        Err(stop(position))
    })
}

/// The virtual time that the script has come to, in nanoseconds.
pub(super) fn now() -> i64 {
    RUNNING.with_borrow(|running| {
        running.as_ref().map_or(0, |running| i64::try_from(running.now).unwrap_or(i64::MAX))
    })
}

/// A number from the scenario's seed, both ends included; it is drawn once, however often the script runs again.
pub(super) fn random(
    context: NativeCallContext<'_>,
    args: &mut [&mut Dynamic],
) -> Result<i64, Box<EvalAltResult>> {
    let position = context.call_position();
    let (Some(Ok(low)), Some(Ok(high))) =
        (args.first().map(|value| value.as_int()), args.get(1).map(|value| value.as_int()))
    else {
        return Err(error("expected two numbers", position));
    };
    RUNNING.with_borrow_mut(|running| {
        let Some(running) = running else { return Ok(low) };
        if running.predicate {
            return Err(error("a predicate draws nothing: it would change the run", position));
        }
        if running.asked.is_some() || running.over.is_some() {
            return Err(stop(position));
        }
        if low > high {
            return Err(error(&format!("there is no number from {low} to {high}"), position));
        }
        if let Some(Given::Drawn(number)) = running.given.get(running.next) {
            running.next += 1;
            return Ok(*number);
        }
        // The distance fits, whatever the signs.
        let drawn = running.random.between(0, high.wrapping_sub(low) as u64);
        let number = low.wrapping_add(drawn as i64);
        running.given.push(Given::Drawn(number));
        running.next += 1;
        Ok(number)
    })
}
