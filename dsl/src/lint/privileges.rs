//! Doubts about privileges that are declared disabled and stay so.

use sim_core::access::Intents;
use sim_core::engine::scenario::{Expected, Instruction, Program, Step};
use sim_core::privilege::Privilege;
use sim_core::world::op::{Adjustment, ErrorName, Operation, PrivilegeAction};

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;

/// A privilege that is declared disabled.
pub(crate) struct DisabledPrivilege {
    pub(crate) privilege: Privilege,
    pub(crate) span: Span,
}

/// Privileges that are declared disabled, that no step enables, and that nothing in the scenario is about.
pub(crate) fn never_enabled(disabled: &[DisabledPrivilege], programs: &[Program]) -> Vec<Diagnostic> {
    let steps = || {
        programs.iter().flat_map(|program| &program.code).filter_map(|instruction| match instruction {
            Instruction::Step(step) => Some(step.as_ref()),
            _ => None,
        })
    };
    // Who expects that a privilege is missed has disabled one on purpose.
    let missed = steps()
        .flat_map(|step| &step.expects)
        .any(|e| e.what == Expected::Error(ErrorName::PrivilegeNotHeld));
    let open = disabled.iter().filter(|row| !missed && !steps().any(|step| is_about(step, row.privilege)));
    open.map(|row| {
        let name = row.privilege.name();
        Diagnostic::warning(
            codes::NEVER_ENABLED,
            row.span,
            format!("`{name}` is declared disabled, and no step enables it"),
        )
        .label("counts for nothing as long as it is disabled")
        .help(format!("enable it with a step `enable {name}`, or leave `(disabled)` out"))
    })
    .collect()
}

/// Whether a step enables a privilege, asks for it, or says what comes of doing without.
fn is_about(step: &Step, privilege: Privilege) -> bool {
    match &step.operation {
        Operation::Adjust(_, adjustment) => {
            matches!(adjustment.as_ref(), Adjustment::Privileges(list, PrivilegeAction::Enable) if list.contains(&privilege))
        }
        Operation::CheckPrivilege(other) => *other == privilege,
        Operation::OpenFile(open) => {
            let intent = match privilege {
                Privilege::BACKUP => Intents::BACKUP,
                Privilege::RESTORE => Intents::RESTORE,
                _ => return false,
            };
            open.intents.contains(intent) && !step.expects.is_empty()
        }
        Operation::Impersonate(_) => privilege == Privilege::IMPERSONATE && !step.expects.is_empty(),
        _ => false,
    }
}
