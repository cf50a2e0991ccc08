//! Worlds from text: what an object and a principal cost from the first character to the world at time 0, and what they keep.

use std::hint::black_box;

use sim_core::engine::scenario::Scenario;
use sim_core::model::KOBICHA;
use sim_core::world::World;

use crate::{Operation, step};

/// As many files as it is told, a thousand in a folder, which inherit.
pub fn objects() -> Operation {
    Box::new(|times| drop(black_box(built(&step::read(&objects_text(times)).0))))
}

/// As many users as it is told, each in two groups.
pub fn principals() -> Operation {
    Box::new(|times| drop(black_box(built(&step::read(&principals_text(times)).0))))
}

/// The text of so many files.
pub fn objects_text(count: u64) -> String {
    let folders = count.div_ceil(1_000);
    format!(
        "scenario load\nuser alice\ndirectory \"/data\" {{ dacl {{ allow alice read (inherit); allow Administrators full (inherit) }} }}\n\
         for d in 1..{folders} {{ for f in 1..{} {{ file \"/data/d{{d}}/f{{f}}\" }} }}\n\
         process reader as alice {{ a = open file \"/data/d1/f1\" for read }}\n",
        count.div_ceil(folders.max(1)).max(1)
    )
}

/// The text of so many users.
pub fn principals_text(count: u64) -> String {
    format!(
        "scenario load\ngroup staff {{ rid 900 }}\ngroup crew {{ rid 901 }}\n\
         for n in 1001..{} {{ user \"u{{n}}\" {{ rid n; groups staff, crew }} }}\n\
         process reader as u1001 {{ wait 1us }}\n",
        1_000 + count.max(1)
    )
}

/// The world of a scenario at time 0.
pub fn built(scenario: &Scenario) -> World {
    sim_core::engine::build_world(scenario, &KOBICHA).expect("the model admits it")
}
