//! How a thread came by the identity that it acts as: from which connection or token, captured when and from whom, and who
//! set its level.
//!
//! Rules IMP-3, IMP-22, IMP-41. Read from the world right after a record; nothing is kept for it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::names::Names;
use crate::engine::scenario::Scenario;
use crate::engine::time::format_time;
use crate::ids::{ConnectionId, ThreadId};
use crate::token::impersonate::Cap;
use crate::world::{Held, Origin, World};

/// How an impersonating thread came by its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OriginLine {
    /// `connection`, `token` or `anonymous`
    pub by: &'static str,
    /// What the thread calls the connection, while it holds it.
    pub connection: Option<String>,
    /// The thread that connected.
    pub captured_from: Option<String>,
    /// When it was captured, in nanoseconds.
    pub captured_at: Option<u64>,
    /// The thread that captured or opened the token, of one that came as a token.
    pub opened_by: Option<String>,
    /// What decided the level.
    pub level_set_by: &'static str,
}

/// How a thread came by its identity; `None` while it acts as itself.
#[must_use]
pub fn origin(world: &World, scenario: &Scenario, thread: ThreadId) -> Option<OriginLine> {
    let installed = world.thread(thread).installed?;
    let (by, from, opened_by) = match installed.origin {
        Origin::Connection(from) => ("connection", Some(from), None),
        Origin::Token { from, opened_by } => ("token", from, Some(world.thread_name(opened_by))),
        Origin::Anonymous => ("anonymous", None, None),
    };
    let connection = from.map(|from| world.connection(from));
    let level = world.token(installed.token).level();
    let level_set_by = match (installed.cap, connection) {
        (Some(Cap::Identity), _) => "the identity gate",
        (Some(Cap::Integrity), _) => "the integrity ceiling",
        (None, Some(connection)) if level == Some(connection.level) => "the client",
        (None, Some(_)) => "whom the client itself acted as",
        (None, None) if by == "anonymous" => "the model",
        (None, None) => "the token",
    };
    Some(OriginLine {
        by,
        connection: from.and_then(|from| name_of(world, scenario, thread, from)),
        captured_from: connection.map(|connection| world.thread_name(connection.client)),
        captured_at: connection.map(|connection| connection.captured_at),
        opened_by,
        level_set_by,
    })
}

/// What a thread calls a connection that it holds.
fn name_of(world: &World, scenario: &Scenario, thread: ThreadId, id: ConnectionId) -> Option<String> {
    let slots = &world.thread(thread).slots;
    let slot = slots.iter().position(|held| *held == Some(Held::Connection(id)))?;
    let name = scenario.programs.get(thread.index())?.names.get(slot)?;
    Some(crate::text::name(name).into_owned())
}

/// The same in words: `alice at identification, from connection c, captured at 2ms from editor/main, level set by the client`.
#[must_use]
pub fn origin_words(world: &World, scenario: &Scenario, names: &Names, thread: ThreadId) -> Option<String> {
    let line = origin(world, scenario, thread)?;
    let who = world.who(thread);
    let level = who.level.map_or("none", crate::token::ImpersonationLevel::name);
    let mut words = format!("{} at {level}", names.name(who.effective));
    match (line.by, &line.connection, &line.opened_by) {
        ("connection", Some(name), _) => {
            let _ = write!(words, ", from connection {name}");
        }
        ("token", _, Some(thread)) => {
            let verb = if line.captured_at.is_some() { "captured" } else { "opened" };
            let _ = write!(words, ", by a token that {thread} {verb}");
        }
        ("anonymous", ..) => words.push_str(", by impersonate anonymous [IMP-18]"),
        _ => words.push_str(", from a connection that it no longer holds"),
    }
    if let (Some(at), Some(from)) = (line.captured_at, &line.captured_from) {
        let _ = write!(words, ", captured at {} from {from}", format_time(at));
    }
    if line.by != "anonymous" {
        let _ = write!(words, ", level set by {}", line.level_set_by);
        words.push_str(if line.by == "token" { " [IMP-22]" } else { " [IMP-3]" });
    }
    Some(words)
}
