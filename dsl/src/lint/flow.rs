//! Doubts about what a thread does, seen along every way through its program: an identity that is kept, an impersonation
//! whose outcome nobody looks at, a name that is bound again while what it held is open.

use std::collections::BTreeMap;

use sim_core::engine::scenario::{Condition, Expected, Instruction, Program, Step};
use sim_core::ids::{Slot, StepId};
use sim_core::world::op::Operation;

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;

/// The most that is looked at: instructions times names.
const MOST_WORK: usize = 2_000_000;

/// A thread's program, with the places and names of its text.
pub(crate) struct Thread<'a> {
    pub(crate) program: &'a Program,
    /// Where each step of the scenario stands.
    pub(crate) places: &'a [Span],
    /// The names of the slots.
    pub(crate) names: Vec<&'a str>,
}

/// What may be the case before an instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// The step that took the identity which the thread may still have.
    acting: Option<StepId>,
    /// Names that may hold something open, with the step that gave it.
    open: BTreeMap<Slot, StepId>,
}

impl State {
    /// Adds what may be the case on another way; whether that is more than before.
    fn join(&mut self, other: &State) -> bool {
        let mut more = false;
        if self.acting.is_none() && other.acting.is_some() {
            self.acting = other.acting;
            more = true;
        }
        for (slot, step) in &other.open {
            if !self.open.contains_key(slot) {
                self.open.insert(*slot, *step);
                more = true;
            }
        }
        more
    }
}

/// What is doubtful about a thread.
pub(crate) fn examine(thread: &Thread<'_>) -> Vec<Diagnostic> {
    let code = &thread.program.code;
    if code.len().saturating_mul(thread.program.slots as usize + 1) > MOST_WORK {
        return Vec::new();
    }
    let before = states(code);
    let place = |id: StepId| thread.places.get(id.index()).copied().unwrap_or_default();
    let steps = || {
        code.iter().enumerate().filter_map(|(at, instruction)| match instruction {
            Instruction::Step(step) => Some((at, step.as_ref())),
            _ => None,
        })
    };
    let state = |at: usize| before.get(at).and_then(Option::as_ref);
    let mut found = Vec::new();
    for (at, step) in steps() {
        let Some(state) = state(at) else { continue };
        if let Some(slot) = step.bind
            && let Some(opened) = state.open.get(&slot)
        {
            let name = thread.names.get(slot.index()).copied().unwrap_or_default();
            let again = *opened == step.id;
            let mut diagnostic = Diagnostic::warning(
                codes::REBOUND_WHILE_OPEN,
                place(step.id),
                format!("`{name}` is bound again while what it held may be open"),
            )
            .label(if again { "the next round loses what this one gave" } else { "loses what the name held" })
            .help(format!("`close {name}` first, or choose another name"));
            if !again {
                diagnostic = diagnostic.related(place(*opened), "given here");
            }
            found.push(diagnostic);
        }
        if matches!(step.operation, Operation::Accept(_))
            && let Some(acting) = state.acting
        {
            found.push(
                Diagnostic::warning(
                    codes::NEVER_REVERTS,
                    place(acting),
                    "the thread may still act as this client when it accepts the next one",
                )
                .label("not reverted on every way")
                .related(place(step.id), "the next client comes here")
                .help("`revert` before the next `accept`"),
            );
        }
    }
    let reverts = steps().any(|(_, step)| step.operation == Operation::Revert);
    let first = steps().find(|(_, step)| impersonates(step));
    if let Some((_, step)) =
        first.filter(|_| !reverts && !found.iter().any(|d| d.code == codes::NEVER_REVERTS))
    {
        found.push(
            Diagnostic::warning(
                codes::NEVER_REVERTS,
                place(step.id),
                "this thread impersonates and never reverts",
            )
            .label("it acts as the client to its end")
            .help("`revert` when the client's request is done"),
        );
    }
    if !code.iter().any(asks_who) {
        for (at, step) in steps().filter(|(_, step)| matches!(step.operation, Operation::Impersonate(_))) {
            let looked_at = step.on_failure.is_some() || !step.expects.is_empty();
            if let Some(acts) = acts_unawares(code, at + 1).filter(|_| !looked_at) {
                found.push(
                    Diagnostic::warning(
                        codes::IMPERSONATION_UNCHECKED,
                        place(step.id),
                        "nobody looks at what comes of this `impersonate`",
                    )
                    .label("if it fails, the thread goes on as itself")
                    .related(place(acts), "as itself, then")
                    .help("write `if impersonate … { … }`, or say what must come of it: `=> level impersonation`"),
                );
            }
        }
    }
    found
}

/// Whether a step takes an identity; one that is stated to fail does not.
fn impersonates(step: &Step) -> bool {
    let fails = !step.expects.is_empty()
        && step.expects.iter().all(|e| matches!(e.what, Expected::Error(_) | Expected::Denied(_)));
    matches!(step.operation, Operation::Impersonate(_) | Operation::ImpersonateAnonymous) && !fails
}

/// Whether an instruction asks who the thread is.
fn asks_who(instruction: &Instruction) -> bool {
    fn asks(condition: &Condition) -> bool {
        match condition {
            Condition::Impersonating | Condition::Level(..) | Condition::Subject(_) => true,
            Condition::Not(inner) => asks(inner),
            Condition::And(left, right) | Condition::Or(left, right) => asks(left) || asks(right),
            _ => false,
        }
    }
    matches!(instruction, Instruction::Unless(condition, _) if asks(condition))
}

/// The first step behind an impersonation that does something as whoever the thread is.
fn acts_unawares(code: &[Instruction], from: usize) -> Option<StepId> {
    for instruction in code.get(from..)? {
        let Instruction::Step(step) = instruction else { continue };
        match step.operation {
            Operation::OpenFile(_)
            | Operation::OpenKey(_)
            | Operation::Connect { .. }
            | Operation::ConnectEnd(_) => {
                return Some(step.id);
            }
            Operation::Revert
            | Operation::Impersonate(_)
            | Operation::ImpersonateAnonymous
            | Operation::Accept(_)
            | Operation::Exit => return None,
            _ => {}
        }
    }
    None
}

/// What may be the case before each instruction; `None` for what no way leads to.
fn states(code: &[Instruction]) -> Vec<Option<State>> {
    let mut before: Vec<Option<State>> = vec![None; code.len()];
    let mut waiting = Vec::new();
    let reach = |at: usize, state: State, before: &mut Vec<Option<State>>, waiting: &mut Vec<usize>| {
        let Some(known) = before.get_mut(at) else { return };
        let more = match known {
            Some(known) => known.join(&state),
            None => {
                *known = Some(state);
                true
            }
        };
        if more {
            waiting.push(at);
        }
    };
    reach(0, State::default(), &mut before, &mut waiting);
    while let Some(at) = waiting.pop() {
        let (Some(instruction), Some(Some(state))) = (code.get(at), before.get(at)) else { continue };
        let state = state.clone();
        let mut go = |to: usize, state: State| reach(to, state, &mut before, &mut waiting);
        match instruction {
            Instruction::Step(step) => {
                let (done, failed) = after(step, state);
                if step.operation != Operation::Exit {
                    go(at + 1, done);
                    go(step.on_failure.unwrap_or(at + 1), failed);
                }
            }
            Instruction::Jump(to) | Instruction::Rest(_, _, to) => go(*to, state),
            Instruction::Unless(condition, to) => {
                if let Some(state) = given(condition, true, &state) {
                    go(at + 1, state);
                }
                if let Some(state) = given(condition, false, &state) {
                    go(*to, state);
                }
            }
            Instruction::Again(_, to) => {
                go(at + 1, state.clone());
                go(*to, state);
            }
            Instruction::Count(..) | Instruction::Beat(_) => go(at + 1, state),
            Instruction::Stop => {}
        }
    }
    before
}

/// What may be the case after a step that is done, and after one that failed.
fn after(step: &Step, before: State) -> (State, State) {
    let mut done = before.clone();
    match &step.operation {
        Operation::Close(slot) | Operation::Give(slot, _) => {
            done.open.remove(slot);
        }
        _ if impersonates(step) => done.acting = Some(step.id),
        Operation::Revert => done.acting = None,
        _ => {}
    }
    let mut failed = before;
    match &step.operation {
        // What cannot be closed or given away is not open either.
        Operation::Close(slot) | Operation::Give(slot, _) => {
            failed.open.remove(slot);
        }
        // Going back to oneself never fails (IMP-19).
        Operation::Revert => failed.acting = None,
        _ => {}
    }
    if let Some(slot) = step.bind {
        // What is received is more often a text, which is nothing to hold, than a handle.
        if matches!(step.operation, Operation::Receive(_)) {
            done.open.remove(&slot);
        } else {
            done.open.insert(slot, step.id);
        }
        failed.open.remove(&slot);
    }
    (done, failed)
}

/// What may be the case where a condition holds or does not; `None` where that cannot be.
fn given(condition: &Condition, holds: bool, before: &State) -> Option<State> {
    let mut state = before.clone();
    match (condition, holds) {
        (Condition::Constant(value), _) => return (*value == holds).then_some(state),
        (Condition::Not(inner), _) => return given(inner, !holds, before),
        (Condition::Filled(slot), false) => {
            state.open.remove(slot);
        }
        (Condition::Impersonating, false) => state.acting = None,
        (Condition::And(left, right), true) | (Condition::Or(left, right), false) => {
            return given(right, holds, &given(left, holds, before)?);
        }
        _ => {}
    }
    Some(state)
}
