//! Doubts about processes that wait for a step that is not there.

use sim_core::engine::scenario::{Instruction, Program};
use sim_core::ids::ProcessId;
use sim_core::world::op::Operation;

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;

/// Processes without a principal that no step starts.
pub(crate) fn never_spawned<'a>(
    waiting: impl Iterator<Item = (ProcessId, &'a str, Span)>,
    programs: &[Program],
) -> Vec<Diagnostic> {
    let started = |process: ProcessId| {
        let code = programs.iter().flat_map(|program| &program.code);
        code.filter_map(|instruction| match instruction {
            Instruction::Step(step) => Some(&step.operation),
            _ => None,
        })
        .any(|operation| matches!(operation, Operation::Spawn(child, ..) if *child == process))
    };
    let left = waiting.filter(|(process, ..)| !started(*process));
    left.map(|(_, name, span)| {
        Diagnostic::warning(codes::NEVER_SPAWNED, span, format!("the process `{name}` never runs"))
            .label("waits to be spawned, and no step does")
            .help(format!(
                "say whose it is with `process {name} as PRINCIPAL`, or start it with `spawn {name}`"
            ))
    })
    .collect()
}
