//! Mandatory integrity and process trust: what is out of reach before the DACL is read.
//!
//! Rules MIC-1 to MIC-7, PIP-1 to PIP-4, PSA-1 to PSA-4.

use super::decision::AccessError;
use super::observer::{Fact, Observer};
use super::pipeline::{Evaluation, RELABEL};
use crate::model::IntegrityCategories;
use crate::privilege::Privilege;
use crate::rights::{AccessMask, GenericMapping};
use crate::sd::LabelPolicy;
use crate::token::{IntegrityLevel, MandatoryPolicy};

/// Step 5: integrity. A caller below the object's label loses what the label closes (MIC-5).
#[inline]
pub(crate) fn integrity<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    observer: &mut O,
) -> Result<(), AccessError> {
    let sacl = evaluation.target.sacl;
    let (label, level, policy) = match &sacl.label {
        Some(fact) => (Some(fact.index), fact.level.ok_or(AccessError::InvalidLabelSid)?, fact.policy),
        // MIC-1
        None => (None, IntegrityLevel::Medium.rid(), LabelPolicy::NO_WRITE_UP),
    };
    let facts = evaluation.subject.facts();
    let off = !facts.mandatory_policy.contains(MandatoryPolicy::NO_WRITE_UP);
    let (mut blocked, mut relabel) = (AccessMask::NONE, false);
    if !off && facts.integrity.rid() < level {
        let mapping = &evaluation.target.mapping;
        let mut allowed = open_categories(evaluation.request.model.integrity_categories, policy, mapping);
        relabel = evaluation.effective.contains(Privilege::RELABEL);
        if relabel {
            allowed |= AccessMask::WRITE_OWNER;
            if let Some(from) = evaluation.provenance.get_mut(RELABEL) {
                *from |= AccessMask::WRITE_OWNER;
            }
        }
        blocked = mapping.map(AccessMask::GENERIC_ALL) & !allowed;
        evaluation.bits.decided |= blocked;
        evaluation.mandatory |= blocked;
    }
    if O::ACTIVE {
        sacl.shadowed.iter().for_each(|index| observer.note(Fact::Shadowed(*index)));
        observer.note(Fact::Integrity { label, level, policy, off, blocked, relabel });
    }
    Ok(())
}

/// What a label leaves to those below it (MIC-5, MIC-6).
fn open_categories(
    categories: IntegrityCategories,
    policy: LabelPolicy,
    mapping: &GenericMapping,
) -> AccessMask {
    let [read, write, execute] = [
        (LabelPolicy::NO_READ_UP, AccessMask::GENERIC_READ),
        (LabelPolicy::NO_WRITE_UP, AccessMask::GENERIC_WRITE),
        (LabelPolicy::NO_EXECUTE_UP, AccessMask::GENERIC_EXECUTE),
    ]
    .map(|(letter, generic)| (policy.contains(letter), mapping.map(generic)));
    match categories {
        IntegrityCategories::Union => [read, write, execute]
            .into_iter()
            .filter(|(closed, _)| !closed)
            .fold(AccessMask::NONE, |open, (_, rights)| open | rights),
        IntegrityCategories::Subtract => [read, write, execute]
            .into_iter()
            .filter(|(closed, _)| *closed)
            .fold(read.1 | execute.1, |open, (_, rights)| open & !rights),
    }
}

/// Step 5: trust. A process that does not dominate the label keeps what the label's mask leaves, and loses even what
/// privileges gave (PIP-4).
#[inline]
pub(crate) fn trust<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    observer: &mut O,
) -> Result<(), AccessError> {
    let Some(label) = &evaluation.target.sacl.trust else { return Ok(()) };
    let required = label.required.ok_or(AccessError::InvalidTrustLabelSid)?;
    let caller = evaluation.request.trust;
    let (mut blocked, mut revoked) = (AccessMask::NONE, AccessMask::NONE);
    // PIP-3. Not the rule for two processes, where a target without type lets everybody in (PRC-14).
    if caller.kind < required.0 || caller.trust < required.1 {
        let all = evaluation.target.mapping.map(AccessMask::GENERIC_ALL);
        blocked = (all | AccessMask::ACCESS_SYSTEM_SECURITY) & !label.mask;
        revoked = evaluation.bits.privileged & blocked;
        evaluation.bits.decided |= blocked;
        evaluation.mandatory |= blocked;
        evaluation.bits.granted &= !blocked;
        evaluation.bits.privileged &= !blocked;
    }
    if O::ACTIVE {
        observer.note(Fact::Trust { label: label.index, required, blocked, revoked });
    }
    Ok(())
}
