//! `scn run`: replays a scenario and prints its trace.

use clap::{Args, ValueEnum};
use dsl::diag::Code;
use sim_core::engine::{self, Finished};
use sim_core::model::Model;
use sim_core::trace::{json, text};

use crate::doubts::Doubts;
use crate::io::{self, Exit, Output};
use crate::load::{self, Loaded, RunOptions, Warnings};

/// Replay a scenario in virtual time and print its trace
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 fine, though accesses may be denied; 1 an `expect` or `=>` is unmet, a `never` broken, or threads are \
deadlocked; 2 bad usage, or a file cannot be read; 3 something is wrong with the scenario; 4 a limit was hit."
)]
pub(crate) struct Run {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// How the trace is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Derive decisions in full, stage by stage and entry by entry
    #[arg(long, value_enum, value_name = "WHICH")]
    explain: Option<Which>,
    /// Do not tell these warnings, separated by commas; `scn explain NAME` prints the page of one
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = load::warnings())]
    allow: Vec<Code>,
    #[command(flatten)]
    options: RunOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each event, and what belongs to it indented under it
    Text,
    /// JSON Lines; `scn schema trace` prints the schema
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Every decision
    All,
    /// Those that refused
    Denied,
}

impl Run {
    pub(crate) fn execute(&self) -> Exit {
        let play = &self.options.play;
        let asked = play.asked(&self.file, &[]);
        let mut loaded = match load::load_with(&asked, Warnings::But(&self.allow)) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        let config = self.options.config(&loaded.scenario);
        let world = match loaded.world(&config.model) {
            Ok(world) => world,
            Err(why) => return io::failure(&why, Exit::Text),
        };
        let mut output = Output::new();
        let explain = match self.explain {
            None => text::Explain::Nothing,
            Some(Which::Denied) => text::Explain::Denied,
            Some(Which::All) => text::Explain::All,
        };
        let Loaded { scenario, names, .. } = &loaded;
        match self.format {
            Format::Text => output.text().push_str(&text::header(scenario, &config.model, config.seed)),
            Format::Jsonl => {
                json::write_line(output.text(), &json::header(scenario, &config.model, config.seed));
            }
        }
        let finished = engine::run_in(world, scenario, &config, &mut |world, record| {
            match self.format {
                Format::Text => text::write_record(output.text(), scenario, names, world, record, explain),
                Format::Jsonl => {
                    for line in json::ends(names, world, &record.ended) {
                        json::write_line(output.text(), &line);
                    }
                    if let Some(line) = json::record(scenario, names, world, record, explain) {
                        json::write_line(output.text(), &line);
                    }
                }
            }
            output.flush_full();
        });
        match self.format {
            Format::Text => {
                if explain == text::Explain::All {
                    text::write_ends(output.text(), names, &finished.world, &finished.ended);
                }
                output.text().push_str(&text::footer(scenario, &finished));
            }
            Format::Jsonl => {
                for line in json::ends(names, &finished.world, &finished.ended) {
                    json::write_line(output.text(), &line);
                }
                json::write_line(output.text(), &json::totals(scenario, &finished));
            }
        }
        output.flush();
        summarise(&loaded, &config.model, &finished);
        exit_of(&finished)
    }
}

/// What people want to know at the end; it goes to standard error, as it is no part of the trace.
fn summarise(loaded: &Loaded, model: &Model, finished: &Finished) {
    let mut doubts = Doubts::new();
    doubts.add(loaded, model, finished);
    match loaded.scenario.overlays.len() {
        0 => {}
        1 => io::message("note: 1 overlay was not applied; `scn whatif` does that"),
        count => io::message(&format!("note: {count} overlays were not applied; `scn whatif` does that")),
    }
    let mut words = doubts.words(loaded);
    // On a terminal the last line of the trace stands right above.
    if !io::one_screen() {
        words.push_str(&text::totals(finished));
    }
    if !words.is_empty() {
        io::message(&words);
    }
}

/// A denied access is no failure; a broken promise is.
pub(crate) fn exit_of(finished: &Finished) -> Exit {
    let limited = if finished.limited() { Exit::Limit } else { Exit::Fine };
    limited.and(if finished.holds() { Exit::Fine } else { Exit::No })
}
