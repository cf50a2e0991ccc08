//! Scenarios for tests of the rules: text in, played through the real pipeline, and of each record what rules speak of.
#![allow(dead_code, reason = "every test program takes the part that it needs")]

use std::fs;
use std::path::Path;

use dsl::Reading;
use dsl::source::Sources;
use sim_core::engine::scenario::Scenario;
use sim_core::engine::{self, Left, RunConfig};
use sim_core::ids::{ConnectionId, StepId};
use sim_core::model::{MODELS, Model};
use sim_core::privilege::{Privilege, PrivilegeState};
use sim_core::sid::SYSTEM;
use sim_core::trace::json;
use sim_core::trace::names::Names;
use sim_core::trace::text::Explain;
use sim_core::world::op::{Outcome, Success};

use sim_core::world::{Fact, ShownForm, World};

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `process/thread`.
    pub(crate) by: String,
    pub(crate) verb: &'static str,
    /// `ok`, `granted`, `unmanaged`, the level that it gives, or the name of the error.
    pub(crate) outcome: String,
    /// Where it was refused, if the access check said no.
    pub(crate) denied_by: String,
    /// The user and the level that the thread has after it: `alice@2`, or `alice` while it does not impersonate.
    pub(crate) effective: String,
    /// Whom the last decision evaluated, `nobody` where the level gate refused.
    pub(crate) subject: String,
    /// Whom the connection that it is about carries: `alice@2`, with `+` if that identity has the group `clients`.
    pub(crate) carries: String,
    /// The owner of what it created.
    pub(crate) owner: String,
    /// The token that it shows: user and level, integrity, restricting SIDs, groups for deny entries only, privileges.
    pub(crate) shown: String,
    /// The privileges of the process's primary token that are marked as used, after it.
    pub(crate) used: Vec<&'static str>,
    /// What a review should see: `level_laundered`, …
    pub(crate) remarks: Vec<&'static str>,
    /// The record as a line of JSON.
    pub(crate) json: serde_json::Value,
}

/// A run.
pub(crate) struct Played {
    pub(crate) records: Vec<Seen>,
    pub(crate) deadlocked: usize,
    pub(crate) stopped: usize,
}

/// Plays a scenario without its heading under each model: kobicha, kacs, windows.
pub(crate) fn in_every_model(scenario: &str) -> Vec<Played> {
    let text = format!("scenario rules {{ }}\n{scenario}\n");
    MODELS.iter().map(|model| play(&text, model)).collect()
}

/// How each of them came out.
pub(crate) fn outcomes(seen: &[&Seen]) -> Vec<String> {
    seen.iter().map(|seen| seen.outcome.clone()).collect()
}

impl Played {
    /// The records of one thread or process, in order.
    pub(crate) fn of(&self, by: &str) -> Vec<&Seen> {
        let inside = format!("{by}/");
        self.records.iter().filter(|seen| seen.by == by || seen.by.starts_with(&inside)).collect()
    }
}

fn level(level: sim_core::token::ImpersonationLevel) -> u8 {
    level as u8
}

fn carries(world: &World, names: &Names, record: &engine::Record) -> String {
    let peer = record.facts.iter().find_map(|fact| match fact {
        Fact::Peer(peer) => peer.carries,
        _ => None,
    });
    let Some((user, at)) = peer else { return String::new() };
    // The connection of this record, to tell identities of the same user apart.
    let connections = (0..).map(ConnectionId).take_while(|id| id.index() < world.connections().len());
    let newest = connections.last().and_then(|id| world.connection(id).captured);
    let clients = newest.is_some_and(|token| {
        world.token(token).facts().groups.iter().any(|group| names.name(group.sid) == "clients")
    });
    format!("{}@{}{}", names.name(user), level(at), if clients { "+" } else { "" })
}

/// A shown token in one line, as the tables write it: `alice@2 Medium`, then what is out of the common.
fn shown(names: &Names, record: &engine::Record) -> String {
    let token = record.facts.iter().find_map(|fact| match fact {
        Fact::Shown(token) => Some(token),
        _ => None,
    });
    let Some(token) = token else { return String::new() };
    let name = |sid: &sim_core::sid::Sid| names.name(*sid).into_owned();
    let mut words = match token.form {
        ShownForm::Thread(Some(at)) => format!("{}@{}", name(&token.user), level(at)),
        ShownForm::Thread(None) | ShownForm::Process => name(&token.user),
    };
    words += &format!(" {:?}", token.integrity);
    let restricting: Vec<String> = token.restricting.iter().map(name).collect();
    let denying: Vec<String> = token
        .groups
        .iter()
        .filter(|group| group.state == "deny-only")
        .map(|group| name(&group.sid))
        .collect();
    for (word, list) in [(" restricted to ", restricting), (" denying ", denying)] {
        if !list.is_empty() {
            words += &format!("{word}{}", list.join("+"));
        }
    }
    for (privilege, state) in &token.privileges {
        let everybodys = [Privilege::CHANGE_NOTIFY, Privilege::CREATE_SYMBOLIC_LINK].contains(privilege);
        if !everybodys && token.user != SYSTEM {
            words +=
                &format!(" {}{}", if *state == PrivilegeState::Held { "+" } else { "-" }, privilege.name());
        }
    }
    words
}

/// A scenario of this text.
#[track_caller]
pub(crate) fn parsed(text: &str) -> Scenario {
    let mut sources = Sources::default();
    let file = sources.add("test.scn".to_owned(), text.to_owned());
    let mut files = |_: &str| Err("there is none".to_owned());
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    read.build();
    let told = dsl::render::render(&read.diagnostics, &sources, false);
    assert!(!told.contains("error"), "{told}\n{text}");
    read.scenario.expect("the scenario has no mistakes")
}

/// A scenario of the repository; `use` is relative to its name below the root.
#[track_caller]
pub(crate) fn read(root: &Path, path: &Path) -> Scenario {
    let mut sources = Sources::default();
    let name = path.strip_prefix(root).expect("it is below the root").to_string_lossy().into_owned();
    let file = sources.add(name, fs::read_to_string(path).expect("it is there"));
    let mut files = |name: &str| fs::read_to_string(root.join(name)).map_err(|error| error.to_string());
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    read.build();
    read.scenario.expect("the scenario has no mistakes")
}

/// The records of a run, each with its line of JSON.
pub(crate) fn records(
    scenario: &Scenario,
    model: &'static Model,
) -> Vec<(engine::Record, serde_json::Value)> {
    let names = Names::of(scenario);
    let mut records = Vec::new();
    let run = engine::run(scenario, &RunConfig::of(scenario, model), &mut |world, record| {
        let line = json::record(scenario, &names, world, record, Explain::Nothing).expect("a line");
        records.push((record.clone(), serde_json::to_value(&line).expect("JSON")));
    });
    run.expect("the model admits it");
    records
}

/// Plays a scenario under a model.
#[track_caller]
pub(crate) fn play(text: &str, model: &'static Model) -> Played {
    let scenario = parsed(text);
    let names = Names::of(&scenario);
    let mut records = Vec::new();
    let finished = engine::run(&scenario, &RunConfig::of(&scenario, model), &mut |world, record| {
        let verb = |step: StepId| scenario.steps.get(step.index()).map_or("", |info| info.verb);
        let (outcome, denied_by) = match record.outcome {
            Outcome::Done(Success::Level(at)) => (format!("level {}", level(at)), String::new()),
            Outcome::Done(Success::Granted(_)) => ("granted".to_owned(), String::new()),
            Outcome::Done(Success::Unmanaged) => ("unmanaged".to_owned(), String::new()),
            Outcome::Done(Success::Ok) | Outcome::Blocked => ("ok".to_owned(), String::new()),
            Outcome::Failed(failure) => {
                let by = failure.denied.map(|by| format!("{by:?}"));
                (failure.error.name().to_owned(), by.unwrap_or_default())
            }
        };
        // What happens by itself shows in what the threads see afterwards.
        let Some((thread, who)) = record.actor else { return };
        let decided = record.facts.iter().rev().find_map(|fact| match fact {
            Fact::Check(check) => Some(check.who.subject),
            _ => None,
        });
        let name = |sid| names.name(sid).into_owned();
        let line = json::record(&scenario, &names, world, record, Explain::Nothing).expect("a line");
        records.push(Seen {
            by: world.thread_name(thread),
            verb: verb(record.step),
            outcome,
            denied_by,
            effective: match who.level {
                Some(at) => format!("{}@{}", name(who.effective), level(at)),
                None => name(who.effective),
            },
            subject: decided.unwrap_or(who.subject).map_or("nobody".to_owned(), name),
            carries: carries(world, &names, record),
            owner: record
                .facts
                .iter()
                .find_map(|fact| match fact {
                    Fact::Owner(owner) => Some(name(*owner)),
                    _ => None,
                })
                .unwrap_or_default(),
            shown: shown(&names, record),
            used: {
                let primary = world.token(world.process(world.thread(thread).process).primary);
                primary.privileges.used.iter().map(Privilege::name).collect()
            },
            remarks: record
                .facts
                .iter()
                .filter_map(|fact| match fact {
                    Fact::Remark(remark) => Some(remark.words().0),
                    _ => None,
                })
                .collect(),
            json: serde_json::to_value(&line).expect("JSON"),
        });
    });
    let finished = finished.expect("the model admits it");
    let left = |wanted: fn(&Left) -> bool| finished.left.iter().filter(|(_, left)| wanted(left)).count();
    Played {
        records,
        deadlocked: left(|left| matches!(left, Left::Deadlocked(_))),
        stopped: left(|left| matches!(left, Left::Stopped)),
    }
}
