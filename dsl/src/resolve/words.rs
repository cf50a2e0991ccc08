//! The words of the language by where they stand, collected from the tables that the resolver reads. The reference page and
//! the manual list them, and a test asks of each for a scenario that uses it.

use sim_core::model::MODELS;
use sim_core::token::{ImpersonationLevel, IntegrityLevel};
use sim_core::world::declare::{LogonType, MissingSd, Transport};
use sim_core::world::op::ErrorName;

use super::change::{CHANGE_WORDS, PLACES, SUBJECTS};
use super::claims::{PATTERN_CLASSES, PATTERN_WORDS};
use super::declare::{DECLARATIONS, FILE_WORDS, PROCESS_WORDS, PROTECTIONS, SETTINGS, limits};
use super::identity::{MANDATORY_POLICIES, RESTRICT_WORDS};
use super::program::{CONDITION_WORDS, EXPECTATIONS, STAGES};
use super::security::{
    ACE_FLAGS, AUDIT_FLAGS, CLAIM_FLAGS, ENTRIES, LABEL_POLICIES, OBJECT_WORDS, RULE_WORDS, SACL_ENTRIES,
};
use super::shape::{
    AUDIT_POLICIES, CONFINED_WORDS, GROUP_FLAGS, HALVES, PRIVILEGE_FLAGS, RESTRICTED_WORDS, SHAPE_WORDS,
};
use super::steps::{CONTROL, KEY_FLAGS, NUMBER_TYPES, OPEN_FLAGS, TEXT_TYPES, VERBS};
use super::volume;
use super::world::ENDINGS;
use crate::ast::Prep;

/// Where the words of a family stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// First in a statement at the top level.
    AtTop,
    /// First in a statement in the block of one of these.
    Within(&'static [&'static str]),
    /// First in a step.
    AsStep,
    /// First in a statement among steps.
    AsControl,
    /// Behind the first word of one of these statements, flags and lists included.
    Behind(&'static [&'static str]),
    /// Behind `=>`.
    Expected,
    /// First in a pattern, behind a count.
    InPattern,
    /// In a pattern behind `on`.
    AsPatternObject,
    /// Between the parts of a statement.
    Joining,
    /// In a condition of control or of a pattern.
    InCondition,
}

/// The chapter of the reference page that lists a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// What statements are made of.
    Statements,
    /// What stands behind steps.
    Steps,
    /// What must come, and what must hold.
    Outcomes,
    /// What shapes a token.
    Tokens,
    /// Descriptors and their entries.
    Entries,
    /// Told in a table of its own.
    Elsewhere,
}

/// Words that stand in the same place.
#[derive(Clone, Debug)]
pub struct Family {
    /// Which chapter lists them.
    pub chapter: Chapter,
    /// What they are.
    pub about: &'static str,
    /// Where they stand.
    pub stands: Stands,
    /// The words.
    pub words: Vec<&'static str>,
}

/// Heads of those whose token is shaped.
const SHAPED: &[&str] = &["user", "machine", "process", "service"];

/// Heads of what has a descriptor.
const GUARDED: &[&str] = &["file", "directory", "key"];

/// Every family of words.
#[must_use]
pub fn vocabulary() -> Vec<Family> {
    let mut families = Vec::new();
    let mut family = |chapter, about, stands, words: Vec<&'static str>| {
        families.push(Family { chapter, about, stands, words });
    };
    let built = VERBS.iter().filter(|verb| verb.is_built()).map(|verb| verb.name);

    use Chapter::{Elsewhere, Entries, Outcomes, Statements, Steps, Tokens};
    use Stands::{AsControl, AsPatternObject, AsStep, AtTop, Behind, Expected, InCondition, InPattern};
    use Stands::{Joining, Within};

    family(Statements, "Declarations", AtTop, DECLARATIONS.to_vec());
    family(Statements, "Settings of a scenario", Within(&["scenario"]), SETTINGS.to_vec());
    family(Statements, "What `limit` bounds", Behind(&["limit"]), limits());
    family(Statements, "Properties that shape a token", Within(SHAPED), SHAPE_WORDS.to_vec());
    let process = "Further properties of a process or service";
    family(Statements, process, Within(&["process", "service"]), PROCESS_WORDS.to_vec());
    family(Statements, "Properties of a file, directory or key", Within(GUARDED), OBJECT_WORDS.to_vec());
    family(Statements, "Further properties of a file", Within(&["file"]), FILE_WORDS.to_vec());
    family(Statements, "Properties of a volume", Within(&["volume"]), volume::PROPERTIES.to_vec());
    let missing = Behind(&["missing_sd"]);
    family(Statements, "What becomes of a missing descriptor", missing, first(MissingSd::ALL).collect());
    let values = NUMBER_TYPES.iter().map(|(word, _)| *word).chain(first(TEXT_TYPES));
    family(Statements, "Types of values in the registry", Behind(&["value", "set"]), values.collect());
    family(Statements, "Properties of a rule of a policy", Within(&["rule"]), RULE_WORDS.to_vec());
    let happenings = CHANGE_WORDS.iter().chain(ENDINGS).copied().collect();
    family(Statements, "What happens in a `world` block", Within(&["world"]), happenings);
    let changes = CHANGE_WORDS.iter().copied().chain(["model", "expect", "never"]).collect();
    family(Statements, "What stands in an overlay", Within(&["whatif"]), changes);
    family(Statements, "What can be changed, added and removed", Behind(CHANGE_WORDS), SUBJECTS.to_vec());
    family(Statements, "Control", AsControl, CONTROL.to_vec());
    let joining = Prep::ALL.iter().map(|(_, word)| *word).chain(["when"]).collect();
    family(Statements, "Joining words, which are reserved", Joining, joining);

    family(Elsewhere, "Steps", AsStep, built.collect());
    family(Steps, "Flags of `open`", Behind(&["open"]), first(OPEN_FLAGS).collect());
    family(Steps, "Flags of keys", Behind(&["open", "create"]), first(KEY_FLAGS).collect());
    family(Steps, "What `restrict` takes away", Within(&["restrict"]), RESTRICT_WORDS.to_vec());

    family(Outcomes, "Expectations", Expected, EXPECTATIONS.to_vec());
    family(Outcomes, "Stages", Expected, first(STAGES).collect());
    family(Outcomes, "Models", Behind(&["model"]), MODELS.iter().map(|model| model.name).collect());
    family(Outcomes, "What a pattern may begin with, besides a step", InPattern, PATTERN_WORDS.to_vec());
    family(Outcomes, "Objects that a pattern may name", AsPatternObject, first(PATTERN_CLASSES).collect());
    family(Outcomes, "Words of conditions", InCondition, CONDITION_WORDS.to_vec());
    family(Elsewhere, "Errors", Expected, ErrorName::ALL.iter().map(|row| row.1).collect());

    let levels = ImpersonationLevel::ALL.iter().map(|(_, word)| *word).collect();
    let leveled = Behind(&["connect", "set_level", "create_token", "duplicate"]);
    family(Tokens, "Levels of impersonation, lowest first", leveled, levels);
    let integrity = IntegrityLevel::ALL.iter().map(|(_, _, word)| *word).collect();
    family(Elsewhere, "Integrity levels", Behind(&["integrity", "label", "set_integrity"]), integrity);
    let kinds = LogonType::ALL.iter().map(|(_, word, _)| *word).collect();
    family(Tokens, "Kinds of logon", Behind(&["logon"]), kinds);
    family(Tokens, "What becomes of `groups`", Behind(&["groups"]), first(GROUP_FLAGS).collect());
    family(Tokens, "What becomes of `privileges`", Behind(&["privileges"]), first(PRIVILEGE_FLAGS).collect());
    let policies = Behind(&["mandatory_policy", "set_mandatory_policy"]);
    family(Tokens, "Mandatory policies", policies, first(MANDATORY_POLICIES).collect());
    family(Tokens, "Halves of an elevation pair", Behind(&["elevation"]), first(HALVES).collect());
    family(Tokens, "What `restricted` says", Within(&["restricted"]), RESTRICTED_WORDS.to_vec());
    family(Tokens, "What `confined` says", Within(&["confined"]), CONFINED_WORDS.to_vec());
    family(Tokens, "Audit policies of a token", Behind(&["audit_policy"]), first(AUDIT_POLICIES).collect());
    family(Tokens, "Types of process protection", Behind(&["pip", "trust"]), first(PROTECTIONS).collect());
    family(Tokens, "Transports of endpoints", Behind(&["transport"]), first(&Transport::ALL).collect());

    family(Entries, "Entries of a `dacl`", Within(&["dacl"]), ENTRIES.to_vec());
    family(Entries, "Entries of a `sacl`", Within(&["sacl"]), SACL_ENTRIES.to_vec());
    family(Entries, "Where `add` puts an entry", Behind(&["add"]), first(PLACES).collect());
    family(Elsewhere, "Flags of entries", Behind(ENTRIES), first(ACE_FLAGS).collect());
    family(Elsewhere, "Flags of audit entries", Behind(&["audit", "alarm"]), first(AUDIT_FLAGS).collect());
    family(
        Entries,
        "What a label forbids those below it",
        Behind(&["label"]),
        first(LABEL_POLICIES).collect(),
    );
    let claims = ["uint"].into_iter().chain(first(CLAIM_FLAGS)).collect();
    family(Entries, "Flags of claims", Behind(&["claims", "device_claims", "attribute"]), claims);
    families
}

/// The words of a table.
fn first<T>(table: &'static [(&'static str, T)]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(word, _)| *word)
}
