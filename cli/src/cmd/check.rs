//! `scn check`: reads scenarios and tells what is wrong with them, without running them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dsl::diag::{Code, Severity};
use dsl::findings::{self, Finding};

use crate::io::{self, Exit};
use crate::load::{self, Asked, Warnings};

/// Read scenarios and tell what is wrong with them, without running them
///
/// The formats for programs go to standard output. Paths in `json` are relative to the root of the scenario, as everywhere; in
/// `sarif` and `github`, which are about files of a repository, to the current folder where the root lies below it.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 nothing is wrong, though there may be warnings; 2 a file cannot be read; 3 something is \
wrong."
)]
pub(crate) struct Check {
    /// The scenarios, or folders with scenarios; `-` reads standard input
    ///
    /// In a folder, files without a `scenario` block are left to the scenarios that use them.
    #[arg(value_name = "PATH", required = true)]
    files: Vec<String>,
    /// A file with further overlays of the scenario
    #[arg(long, value_name = "FILE")]
    overlay: Vec<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The root of the scenarios: paths are shown relative to it
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Do not tell this warning
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = load::warning_named)]
    allow: Vec<Code>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, on standard error
    Text,
    /// One JSON document; `scn schema diagnostics` describes it
    Json,
    /// A log of SARIF 2.1.0, for services that show findings beside code
    Sarif,
    /// Commands that a build on GitHub turns into annotations
    Github,
}

impl Check {
    pub(crate) fn execute(&self) -> Exit {
        let mut exit = Exit::Fine;
        let mut files = Vec::new();
        for path in &self.files {
            match scenarios_at(path) {
                Ok(found) => files.extend(found),
                Err(why) => exit = exit.and(io::failure(&why, Exit::Usage)),
            }
        }
        if self.format == Format::Text {
            for file in &files {
                exit = exit.and(self.tell(file));
            }
            return exit;
        }
        let mut found: Vec<Finding> = Vec::new();
        let mut seen = BTreeSet::new();
        for file in &files {
            match self.findings(file) {
                Ok(more) => {
                    let wrong = more.iter().any(|finding| finding.severity == Severity::Error);
                    exit = exit.and(if wrong { Exit::Text } else { Exit::Fine });
                    // Several scenarios may use one file.
                    found.extend(more.into_iter().filter(|finding| {
                        seen.insert((finding.place.clone(), finding.code.clone(), finding.message.clone()))
                    }));
                }
                Err(failed) => exit = exit.and(failed),
            }
        }
        io::print(&match self.format {
            Format::Sarif => findings::sarif(&found, env!("CARGO_PKG_VERSION")),
            Format::Github => findings::github(&found),
            Format::Json | Format::Text => findings::json(&found),
        });
        exit
    }

    fn asked<'a>(&'a self, path: &'a str) -> Asked<'a> {
        Asked { path, overlays: &self.overlay, root: self.root.as_deref(), params: &[] }
    }

    fn tell(&self, file: &str) -> Exit {
        match load::load_with(&self.asked(file), Warnings::But(&self.allow)) {
            Ok(loaded) => {
                let models: Vec<&str> = loaded.scenario.models.iter().map(|model| model.name).collect();
                let (file, models) = (sim_core::text::escape(file), models.join(", "));
                io::message(&format!("{file}: can be run under {models}"));
                Exit::Fine
            }
            Err(failed) => failed,
        }
    }

    fn findings(&self, file: &str) -> Result<Vec<Finding>, Exit> {
        let root = self.root.as_deref();
        let (sources, read) = load::read(&self.asked(file), &self.allow)?;
        let folder = match self.format {
            Format::Sarif | Format::Github if file != "-" => load::shown_folder(&load::root_of(file, root)),
            _ => String::new(),
        };
        let found = findings::findings(&read.diagnostics, &sources);
        Ok(found.into_iter().map(|finding| finding.below(&folder)).collect())
    }
}

/// A file as it is; of a folder every scenario below it. What has no `scenario` block is there for `use`, or for `scn whatif`.
fn scenarios_at(path: &str) -> Result<Vec<String>, String> {
    let folder = Path::new(path);
    if path == "-" || !io::is_folder(folder) {
        return Ok(vec![path.to_owned()]);
    }
    let shown = sim_core::text::escape(path);
    let mut found = Vec::new();
    for file in io::files_below(folder, ".scn")? {
        let Some(name) = file.to_str() else {
            return Err(format!("the name of a file below `{shown}` is not UTF-8 text"));
        };
        // What cannot be read is told when it is read again.
        if io::read(name).map_or(true, |text| dsl::has_scenario(&text)) {
            found.push(name.to_owned());
        }
    }
    if found.is_empty() {
        return Err(format!("there is no scenario below `{shown}`"));
    }
    Ok(found)
}
