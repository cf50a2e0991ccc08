//! The codes of diagnostics: a number is never used for anything else. The pages are in `diag::CODES`.

use crate::diag::Code;

/// What stands here is not the language.
pub(crate) const SYNTAX: Code = Code(101);
/// A block, list, group of flags or text is never closed.
pub(crate) const UNCLOSED: Code = Code(102);
/// A number, duration or escape that cannot be read.
pub(crate) const LITERAL: Code = Code(103);
/// Blocks are nested too deep, or the file is too large.
pub(crate) const TOO_LARGE: Code = Code(104);
/// Nobody declares the name.
pub(crate) const UNKNOWN_NAME: Code = Code(201);
/// The name stands for something else.
pub(crate) const KIND: Code = Code(202);
/// Declared or given twice, or taken already.
pub(crate) const DUPLICATE: Code = Code(203);
/// No step of the thread binds the name.
pub(crate) const UNBOUND: Code = Code(204);
/// No such declaration, property or step.
pub(crate) const HEAD: Code = Code(301);
/// A part is missing or does not belong there.
pub(crate) const ARGUMENT: Code = Code(302);
/// Not one of the words that are known here.
pub(crate) const WORD: Code = Code(303);
/// Not a right, or not one of this class.
pub(crate) const RIGHT: Code = Code(304);
/// Belongs to the language, is not built yet.
pub(crate) const NOT_BUILT: Code = Code(305);
/// The file has no `scenario` block.
pub(crate) const NO_SCENARIO: Code = Code(306);
/// A condition on an entry that cannot be read.
pub(crate) const CONDITION: Code = Code(307);
/// A script that cannot be read.
pub(crate) const SCRIPT: Code = Code(308);
/// A value that cannot be.
pub(crate) const VALUE: Code = Code(401);
/// A loop in which time would stand still.
pub(crate) const EMPTY_LOOP: Code = Code(402);
/// A declaration that the model does not admit.
pub(crate) const BUILD: Code = Code(403);
/// A change that cannot be made.
pub(crate) const CHANGE: Code = Code(404);
/// An inherit flag on something that nothing hangs below.
pub(crate) const INHERIT_ON_LEAF: Code = Code(501);
/// A DACL out of canonical order.
pub(crate) const DACL_ORDER: Code = Code(502);
/// An entry that nothing can reach.
pub(crate) const UNREACHABLE_ACE: Code = Code(503);
/// A privilege that is declared disabled and never enabled.
pub(crate) const NEVER_ENABLED: Code = Code(504);
/// An identity that is not given back.
pub(crate) const NEVER_REVERTS: Code = Code(505);
/// An impersonation whose outcome nobody looks at.
pub(crate) const IMPERSONATION_UNCHECKED: Code = Code(506);
/// A name that is bound again while what it held is open.
pub(crate) const REBOUND_WHILE_OPEN: Code = Code(507);
/// A declaration that nothing names.
pub(crate) const UNUSED: Code = Code(508);
/// A `never` that no event came near.
pub const NEVER_UNEXERCISED: Code = Code(509);
/// A process that nothing starts.
pub(crate) const NEVER_SPAWNED: Code = Code(511);
/// An expectation that was never looked at.
pub const EXPECTATION_UNREACHED: Code = Code(510);
/// An entry that is declared as inherited.
pub(crate) const INHERITED_DROPPED: Code = Code(512);
/// A generic right in the rule of a policy, under a model that does not map it there.
pub(crate) const GENERIC_IN_RULE: Code = Code(513);
