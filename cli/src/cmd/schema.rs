//! `scn schema`: the JSON Schema of what other commands print.

use clap::{Args, ValueEnum};
use sim_core::trace::json;

use super::compare::CompareReport;
use super::idn::IdnReport;
use super::whatif::WhatifReport;
use crate::io::{self, Exit};

/// Print the JSON Schema of an output
#[derive(Args)]
pub(crate) struct Schema {
    /// Of which output
    #[arg(value_enum)]
    of: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line of `scn run --format jsonl`
    Trace,
    /// What `scn check --format json` prints
    Diagnostics,
    /// What `scn compare --format json` prints
    Compare,
    /// What `scn whatif --format json` prints
    Whatif,
    /// What `scn idn … --format json` prints
    Identity,
}

impl Schema {
    pub(crate) fn execute(&self) -> Exit {
        match self.of {
            Output::Trace => io::print(&format!("{}\n", json::schema())),
            Output::Diagnostics => io::print(&format!("{}\n", dsl::findings::schema())),
            Output::Compare => print(&schemars::schema_for!(CompareReport)),
            Output::Whatif => print(&schemars::schema_for!(WhatifReport)),
            Output::Identity => print(&schemars::schema_for!(IdnReport)),
        }
        Exit::Fine
    }
}

fn print(schema: &schemars::Schema) {
    io::print(&format!("{}\n", serde_json::to_string_pretty(schema).unwrap_or_default()));
}
