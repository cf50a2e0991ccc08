//! `scn check`: reads scenarios and tells what is wrong with them, without running them.

use std::path::PathBuf;

use clap::Args;

use crate::io::{self, Exit};
use crate::load;

/// Read scenarios and tell what is wrong with them, without running them
#[derive(Args)]
pub(crate) struct Check {
    /// The scenarios; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The root of the scenarios: paths are shown relative to it
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl Check {
    pub(crate) fn execute(&self) -> Exit {
        let mut exit = Exit::Fine;
        for file in &self.files {
            match load::load(file, self.root.as_deref(), &[]) {
                Ok(loaded) => io::message(&format!(
                    "{}: {} steps, {} models",
                    sim_core::text::escape(file),
                    loaded.scenario.steps.len(),
                    loaded.scenario.models.len()
                )),
                Err(failed) => exit = exit.and(failed),
            }
        }
        exit
    }
}
