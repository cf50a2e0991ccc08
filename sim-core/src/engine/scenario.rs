//! What is run: declarations, the threads' programs and what must hold, with every name resolved. Made by whoever reads
//! the language; still free of any model.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::script::Script;
use crate::ids::{ProcessId, Slot, StepId, ThreadId};
use crate::model::Model;
use crate::rights::AccessMask;
use crate::sid::Sid;
use crate::token::ImpersonationLevel;
use crate::world::BuildError;
use crate::world::WorldOperation;
use crate::world::change::{Change, ChangeError};
use crate::world::declare::Declarations;
use crate::world::op::{DeniedBy, ErrorName, Operation};

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: Arc<str>,
    /// The files that it was read from, which places count from 0.
    pub files: Vec<Arc<str>>,
    /// Its parameters with their values, in order of declaration.
    pub params: Vec<(Arc<str>, Arc<str>)>,
    /// What virtual time 0 is called, such as `2026-01-01T00:00:00Z`; it changes nothing else.
    pub start: Arc<str>,
    /// The models that it is played under, the first one by default.
    pub models: Vec<&'static Model>,
    /// The seed of all randomness.
    pub seed: u64,
    /// When it ends at the latest.
    pub limits: Limits,
    /// What exists at time 0.
    pub declarations: Declarations,
    /// One program for each thread, in order of declaration.
    pub programs: Vec<Program>,
    /// What steps cost by verb; one that is not named costs [`DEFAULT_COST`].
    pub timing: BTreeMap<&'static str, Cost>,
    /// Names of SIDs.
    pub names: BTreeMap<Sid, Arc<str>>,
    /// What must never be, and what must come.
    pub claims: Vec<Claim>,
    /// Every step, by its number.
    pub steps: Vec<StepInfo>,
    /// Its scripts, if it has any.
    pub scripts: Option<Arc<dyn Script>>,
    /// What happens by itself, in order of time.
    pub world: Vec<Happening>,
    /// What else it could be played with; an ordinary run knows nothing of them.
    pub overlays: Vec<Overlay>,
}

/// Something that happens by itself. It costs no time, and comes before what threads do at the same instant.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Its number among the steps.
    pub id: StepId,
    /// When.
    pub at: u64,
    /// What.
    pub operation: WorldOperation,
    /// What must come of it.
    pub expects: Vec<StepExpectation>,
}

/// `whatif "…" { … }`: changes of what is declared, and what then must hold.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Its title.
    pub title: Arc<str>,
    /// Where it stands.
    pub place: Place,
    /// What changes, in order.
    pub changes: Vec<OverlayChange>,
    /// By whose rules the changed world is played, if by others.
    pub model: Option<&'static Model>,
    /// What must hold in the changed run.
    pub claims: Vec<Claim>,
    /// Names of SIDs, those of added principals too.
    pub names: BTreeMap<Sid, Arc<str>>,
}

/// A change as an overlay says it.
#[derive(Clone, Debug)]
pub struct OverlayChange {
    /// What changes.
    pub change: Change,
    /// As it is written, up to its block.
    pub words: Arc<str>,
    /// Where it stands.
    pub place: Place,
}

/// Why there is no run with an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverlayError {
    /// The change of this number cannot be made.
    Change(usize, ChangeError),
    /// With all of them the world cannot be built.
    Build(BuildError),
}

impl std::fmt::Display for OverlayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OverlayError::Change(n, error) => write!(f, "change {}: {error}", n + 1),
            OverlayError::Build(error) => error.fmt(f),
        }
    }
}

impl Scenario {
    /// The scenario with some changes of an overlay, by their numbers, and with what must hold then behind its own claims.
    /// Steps, threads and whatever else has a number keep it.
    ///
    /// # Errors
    /// Which change cannot be made, and why.
    pub fn with(&self, overlay: &Overlay, changes: &[usize]) -> Result<Scenario, OverlayError> {
        let mut changed = self.clone();
        for n in changes {
            let Some(change) = overlay.changes.get(*n) else { continue };
            changed.declarations.apply(&change.change).map_err(|error| OverlayError::Change(*n, error))?;
        }
        changed.claims.extend(overlay.claims.iter().cloned());
        Ok(changed)
    }
}

/// What virtual time 0 is called where a scenario does not say.
pub const DEFAULT_START: &str = "1970-01-01T00:00:00Z";

/// What a step costs if nothing else is said: a microsecond.
pub const DEFAULT_COST: u64 = 1_000;

/// The cost of a step in nanoseconds: drawn between both ends, which may be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The least.
    pub low: u64,
    /// The most.
    pub high: u64,
}

impl Scenario {
    /// What must come of a step.
    #[must_use]
    pub fn expectations(&self, step: StepId) -> &[StepExpectation] {
        let by_itself = self.world.iter().map(|happening| (happening.id, &happening.expects));
        let steps = self.programs.iter().flat_map(|program| &program.code);
        let in_threads = steps.filter_map(|instruction| match instruction {
            Instruction::Step(step) => Some((step.id, &step.expects)),
            _ => None,
        });
        by_itself.chain(in_threads).find(|(id, _)| *id == step).map_or(&[], |(_, expects)| expects)
    }
}

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events.
    pub events: u64,
    /// The most virtual time in nanoseconds.
    pub time: u64,
    /// The most operations of a script in one call.
    pub script: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { events: 10_000_000, time: 3_600_000_000_000, script: 100_000 }
    }
}

/// What is known of a step beyond what it does.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// Its verb.
    pub verb: &'static str,
    /// What it is about, in the words of the scenario: `file "/a" for read`.
    pub words: Arc<str>,
    /// The name that it binds.
    pub binds: Option<Arc<str>>,
    /// Where it stands: line and column, both from 1, in the file of this number.
    pub place: Place,
}

/// A place in a scenario's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The file, by its number among those read.
    pub file: u16,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// The program of a thread: instructions, and how many names they use.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The instructions.
    pub code: Vec<Instruction>,
    /// How many slots the thread needs.
    pub slots: u32,
    /// What the slots are called.
    pub names: Vec<Arc<str>>,
    /// How deep its counted loops nest.
    pub counters: u32,
}

/// One instruction. Only [`Instruction::Step`] takes time and leaves a record.
#[derive(Clone, Debug)]
pub enum Instruction {
    /// A step.
    Step(Box<Step>),
    /// Goes on elsewhere.
    Jump(usize),
    /// Goes on elsewhere unless the condition holds.
    Unless(Condition, usize),
    /// Sets a counter.
    Count(usize, u64),
    /// Takes one off a counter and goes on elsewhere while it was not 0.
    Again(usize, usize),
    /// Sets a counter to the time that it is: the first beat of an `every`.
    Beat(usize),
    /// Moves a counter on by whole periods to the next beat that is not past, waits for it, and goes on elsewhere.
    Rest(usize, u64, usize),
    /// Ends the thread.
    Stop,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// What it does.
    pub operation: Operation,
    /// Where its result goes.
    pub bind: Option<Slot>,
    /// The earliest time.
    pub at: Option<u64>,
    /// How long it takes, where it says so itself (`wait`).
    pub cost: Option<u64>,
    /// Where the thread goes on when it fails, if not at the next instruction.
    pub on_failure: Option<usize>,
    /// What must come of it.
    pub expects: Vec<StepExpectation>,
}

/// `=> …`
#[derive(Clone, Debug)]
pub struct StepExpectation {
    /// In which models; empty means in all.
    pub models: Vec<&'static str>,
    /// What.
    pub what: Expected,
    /// As it is written, for messages.
    pub words: Arc<str>,
    /// Where it stands.
    pub place: Place,
}

impl StepExpectation {
    /// Whether it says something about a model.
    #[must_use]
    pub fn holds_in(&self, model: &Model) -> bool {
        self.models.is_empty() || self.models.contains(&model.name)
    }
}

/// What must come of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It succeeds.
    Ok,
    /// It succeeds with an access decision; with exactly these rights, if any are named.
    Granted(Option<AccessMask>),
    /// The access check says no, at this stage if one is named.
    Denied(Option<ExpectedStage>),
    /// It fails with this error.
    Error(ErrorName),
    /// It succeeds with an identity at this level.
    Level(ImpersonationLevel),
}

/// A stage of a refusal as expectations name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedStage {
    /// This one exactly.
    Exactly(DeniedBy),
    /// The DACL, however.
    Dacl,
    /// Any deny entry.
    AnyDenyAce,
}

impl ExpectedStage {
    /// Whether a refusal is of this kind.
    #[must_use]
    pub fn matches(self, by: DeniedBy) -> bool {
        match self {
            ExpectedStage::Exactly(stage) => stage == by,
            ExpectedStage::Dacl => matches!(by, DeniedBy::DenyAce(_) | DeniedBy::NoAce),
            ExpectedStage::AnyDenyAce => matches!(by, DeniedBy::DenyAce(_)),
        }
    }
}

/// Something that a thread can ask about itself.
#[derive(Clone, Debug)]
pub enum Condition {
    /// A name holds something.
    Filled(Slot),
    /// What a comparison of the scenario's own values came to.
    Constant(bool),
    /// The thread impersonates.
    Impersonating,
    /// Its level is this one, or none.
    Level(Comparison, Option<ImpersonationLevel>),
    /// The identity that access checks evaluate is this one.
    Subject(IdentityRef),
    /// The client that the thread serves is this one.
    Client(IdentityRef),
    /// The model has this name.
    Model(Comparison, Arc<str>),
    /// Not.
    Not(Box<Condition>),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
}

/// `==`, `!=` and, for levels, the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Comparison {
    /// Whether it holds between two things.
    #[must_use]
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Comparison::Eq => left == right,
            Comparison::Ne => left != right,
            Comparison::Lt => left < right,
            Comparison::Le => left <= right,
            Comparison::Gt => left > right,
            Comparison::Ge => left >= right,
        }
    }
}

/// An identity as conditions and patterns name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityRef {
    /// A principal.
    Sid(Sid),
    /// The client that the thread serves.
    Client,
    /// The process's own.
    Service,
}

/// `never …` or `expect …`
#[derive(Clone, Debug)]
pub struct Claim {
    /// The `///` above it, or its own words.
    pub title: Arc<str>,
    /// How often the pattern may come: both ends included; `never` is 0 to 0.
    pub times: (u64, u64),
    /// Whether it stands as `never`: then the first time it comes is told at once.
    pub never: bool,
    /// What it is about.
    pub pattern: Pattern,
    /// Where it stands.
    pub place: Place,
}

/// A pattern over records.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The kind of event.
    pub event: PatternEvent,
    /// On which object.
    pub object: Option<ObjectPattern>,
    /// By which process, and which of its threads.
    pub by: Option<(ProcessId, Option<ThreadId>)>,
    /// As whom: the subject.
    pub subject: Option<IdentityRef>,
    /// In which models; empty means all.
    pub models: Vec<&'static str>,
    /// Only if this holds.
    pub condition: Option<Condition>,
}

/// What a pattern looks for.
#[derive(Clone, Debug)]
pub enum PatternEvent {
    /// A step of this verb.
    Verb(&'static str),
    /// An allowed decision that asked for and got all of `all`, or (in `never`) gave any of `any`.
    Granted(Option<RightsPattern>),
    /// A refused decision that asked for these.
    Denied(Option<RightsPattern>),
    /// A step that failed with this error.
    Error(ErrorName),
    /// An audited access that succeeded, or failed: each event counts.
    Audit(bool),
    /// A decision that staged policies would have made otherwise (CAP-8).
    StagingMismatch,
    /// An event for which the predicate of this number holds.
    Script(usize),
}

/// Rights of a pattern: the mask that was written, generic bits unmapped, because classes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightsPattern(pub AccessMask);

/// `on file "/a/**"`
#[derive(Clone, Debug)]
pub struct ObjectPattern {
    /// The word for its class.
    pub class: &'static str,
    /// The path, or the prefix before `/**`.
    pub path: Arc<str>,
    /// Whether everything below it is meant.
    pub below: bool,
}
