//! Every word of the language is used by a scenario: the words come from the tables that the resolver reads, so that a new row
//! without a scenario fails here. A step counts where a run takes it, any other word where it stands.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dsl::ast::{FileId, Part, PartKind, Prep, Stmt};
use dsl::source::Sources;
use dsl::words::{Stands, vocabulary};
use dsl::{Reading, VERBS, Verb};
use sim_core::engine::scenario::Instruction;
use sim_core::engine::{RunConfig, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "scn") {
            found.push(path);
        }
    }
}

/// What the scenarios use, and where.
#[derive(Default)]
struct Uses {
    /// Heads, each with that of the statement around it.
    heads: BTreeSet<(String, String)>,
    /// Words with the head that they stand behind.
    behind: BTreeSet<(String, String)>,
    expected: BTreeSet<String>,
    patterns: BTreeSet<String>,
    objects: BTreeSet<String>,
    conditions: BTreeSet<String>,
    joining: BTreeSet<String>,
    /// Steps that a run takes.
    taken: BTreeSet<&'static str>,
}

/// Blocks of these hold what could stand around them.
const TRANSPARENT: [&str; 6] = ["for", "if", "loop", "repeat", "every", "thread"];

/// What has a program.
const RUNS: [&str; 3] = ["process", "service", "procedure"];

/// The words among some parts, those of flags and lists included.
fn words(parts: &[Part], found: &mut Vec<String>) {
    for part in parts {
        match &part.value {
            PartKind::Word(word) => found.push(word.to_string()),
            PartKind::Prep(prep) => found.push(prep.as_str().to_owned()),
            PartKind::Condition(_) => found.push("when".to_owned()),
            PartKind::List(inner) | PartKind::Flags(inner) => words(inner, found),
            _ => {}
        }
    }
}

fn words_of(parts: &[Part]) -> Vec<String> {
    let mut found = Vec::new();
    words(parts, &mut found);
    found
}

fn word_of(part: Option<&Part>) -> Option<&str> {
    match part.map(|part| &part.value) {
        Some(PartKind::Word(word)) => Some(word),
        _ => None,
    }
}

impl Uses {
    fn statements(&mut self, stmts: &[Stmt], owner: &str) {
        for stmt in stmts {
            let head = stmt.head.as_ref().map_or(owner, |head| head.value.as_str());
            self.statement(owner, head, &stmt.parts);
            for expectation in &stmt.expects {
                self.expected.extend(words_of(&expectation.parts));
                self.joining.extend(words_of(&expectation.parts));
            }
        }
    }

    fn statement(&mut self, owner: &str, head: &str, parts: &[Part]) {
        self.heads.insert((owner.to_owned(), head.to_owned()));
        let found = words_of(parts);
        self.joining.extend(found.iter().cloned());
        self.behind.extend(found.into_iter().map(|word| (head.to_owned(), word)));
        match head {
            "never" | "expect" => self.pattern(parts),
            "if" => self.branch(owner, parts),
            "else" if word_of(parts.first()).is_none() => {}
            // What is added, changed or removed is a statement without the word in front.
            "add" | "change" | "remove" | "first" | "last" if !RUNS.contains(&owner) => {
                if let Some((inner, rest)) = word_of(parts.first()).zip(parts.get(1..)) {
                    let inner = inner.to_owned();
                    return self.statement(owner, &inner, rest);
                }
            }
            _ => {}
        }
        let around = match (TRANSPARENT.contains(&head), head) {
            (true, _) => owner,
            (false, "staged") => word_of(parts.first()).unwrap_or(head),
            (false, _) => head,
        };
        for part in parts {
            if let PartKind::Block(block) = &part.value {
                let heads = block.stmts.iter().filter_map(|stmt| stmt.head.as_ref());
                self.behind.extend(heads.map(|inner| (head.to_owned(), inner.value.to_string())));
                self.statements(&block.stmts, around);
            }
        }
    }

    /// The step or the condition of each branch; the blocks are walked by the caller.
    fn branch(&mut self, owner: &str, parts: &[Part]) {
        for branch in parts.split(|part| matches!(part.value, PartKind::Prep(Prep::Else))) {
            let is_if = |part: &&Part| matches!(part.value, PartKind::Prep(Prep::If));
            let branch = branch.get(branch.iter().take_while(is_if).count()..).unwrap_or_default();
            let Some(end) = branch.iter().rposition(|part| matches!(part.value, PartKind::Block(_))) else {
                continue;
            };
            let subject = &branch[..end];
            let bound =
                matches!(subject.get(1).map(|part| &part.value), Some(PartKind::Op(dsl::ast::Op::Assign)));
            let step = if bound { &subject[2..] } else { subject };
            match word_of(step.first()) {
                Some(verb) if Verb::named(verb).is_some() => self.statement(owner, verb, &step[1..]),
                _ => self.conditions.extend(words_of(subject)),
            }
        }
    }

    fn pattern(&mut self, parts: &[Part]) {
        let counts = |part: &&Part| matches!(part.value, PartKind::Number(_) | PartKind::Range(..));
        let parts = &parts[parts.iter().take_while(counts).count()..];
        self.patterns.extend(word_of(parts.first()).map(str::to_owned));
        for (at, part) in parts.iter().enumerate() {
            match part.value {
                PartKind::Prep(Prep::On) => {
                    self.objects.extend(word_of(parts.get(at + 1)).map(str::to_owned));
                }
                PartKind::Prep(Prep::If | Prep::Unless) => self.conditions.extend(words_of(&parts[at + 1..])),
                _ => {}
            }
        }
    }

    /// Plays a scenario under each of its models.
    fn play(&mut self, sources: &mut Sources, file: FileId) {
        let mut files = |path: &str| fs::read_to_string(root().join(path)).map_err(|error| error.to_string());
        let mut read = dsl::read(sources, file, &mut Reading { params: &[], files: &mut files });
        read.build();
        let scenario = read.scenario.unwrap_or_else(|| panic!("{:?}", read.diagnostics));
        let mut own = BTreeSet::new();
        for instruction in scenario.programs.iter().flat_map(|program| &program.code) {
            if let Instruction::Step(step) = instruction {
                own.insert(step.id);
            }
        }
        for model in &scenario.models {
            run(&scenario, &RunConfig::of(&scenario, model), &mut |_, record| {
                if own.contains(&record.step) {
                    self.taken.insert(scenario.steps[record.step.index()].verb);
                }
            })
            .unwrap();
        }
    }

    fn has(&self, stands: Stands, word: &str) -> bool {
        let among = |set: &BTreeSet<(String, String)>, owner: &str| {
            set.contains(&(owner.to_owned(), word.to_owned()))
        };
        match stands {
            Stands::AtTop => among(&self.heads, ""),
            Stands::Within(owners) => owners.iter().any(|owner| among(&self.heads, owner)),
            Stands::AsStep => self.taken.contains(word),
            Stands::AsControl => RUNS.iter().any(|owner| among(&self.heads, owner)),
            Stands::Behind(heads) => heads.iter().any(|head| among(&self.behind, head)),
            Stands::Expected => self.expected.contains(word),
            Stands::InPattern => self.patterns.contains(word),
            Stands::AsPatternObject => self.objects.contains(word),
            Stands::Joining => self.joining.contains(word),
            Stands::InCondition => self.conditions.contains(word),
        }
    }
}

fn gallery() -> Uses {
    let mut uses = Uses::default();
    let mut found = Vec::new();
    scenarios(&root().join("scenarios"), &mut found);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let mut sources = Sources::default();
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let file = sources.add(name, text.clone());
        let (ast, diagnostics) = dsl::parse::parse(file, &text);
        assert!(diagnostics.is_empty(), "{}", path.display());
        uses.statements(&ast.stmts, "");
        if dsl::kind_of(&text) == dsl::FileKind::Scenario {
            uses.play(&mut sources, file);
        }
    }
    uses
}

/// Errors of the table that no step of a scenario gives: each is an answer of `scn decide`, or of a token that is not there,
/// which a thread never is without.
const NOT_OF_STEPS: [&str; 2] = ["NO_TOKEN", "INVALID_TOKEN"];

/// The fixed words in what a step takes: `h shared|exclusive` has two.
fn fixed(usage: &str) -> Vec<String> {
    let unquoted: String = usage.split('"').step_by(2).collect();
    let words = unquoted.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words
        .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_word_is_used_by_a_scenario() {
    let uses = gallery();
    let mut missing = Vec::new();
    for family in vocabulary() {
        for word in &family.words {
            let elsewhere = family.about == "Errors" && NOT_OF_STEPS.contains(word);
            assert!(!(elsewhere && uses.has(family.stands, word)), "a step gives {word} after all");
            if !elsewhere && !uses.has(family.stands, word) {
                missing.push(format!("{}: `{word}`", family.about));
            }
        }
    }
    for verb in VERBS.iter().filter(|verb| verb.is_built()) {
        for word in fixed(verb.usage) {
            if !uses.behind.contains(&(verb.name.to_owned(), word.clone())) {
                missing.push(format!("`{} {}`: `{word}`", verb.name, verb.usage));
            }
        }
    }
    assert!(missing.is_empty(), "no scenario uses these:\n{}", missing.join("\n"));
}

#[test]
fn what_is_not_there_would_be_told() {
    let uses = gallery();
    for family in vocabulary() {
        assert!(!uses.has(family.stands, "watch"), "{}: nothing is called `watch`", family.about);
    }
    assert!(!fixed("h shared|exclusive \"quoted\"").contains(&"quoted".to_owned()));
    assert_eq!(fixed("h shared|exclusive \"quoted\" RIGHTS"), ["shared", "exclusive"]);
}
