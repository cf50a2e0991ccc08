//! `scn check`: reads scenarios and tells what is wrong with them, without running them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dsl::FileKind;
use dsl::diag::{Code, Severity};
use dsl::findings::{self, Finding, Region};

use crate::io::{self, Exit};
use crate::load::{self, Asked, Bound, Warnings};

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
    /// In a folder, a file without a `scenario` block belongs to the scenarios that use it; if none does, that is wrong.
    #[arg(value_name = "PATH", required = true)]
    files: Vec<String>,
    /// A file with further overlays of the scenario
    #[arg(long, value_name = "FILE")]
    overlay: Vec<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The root of the scenarios: paths are shown relative to it, and `use` reads nothing outside of it [default: the nearest
    /// folder above that holds a folder `scenarios`, else a scenario's own]
    #[arg(long, value_name = "DIR", value_parser = load::folder)]
    root: Option<PathBuf>,
    #[arg(long, value_name = "BOUND", value_parser = load::limit, help = load::bounds_help("Read"))]
    limit: Vec<Bound>,
    /// Do not tell these warnings, separated by commas; `scn explain NAME` prints the page of one
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = load::warnings())]
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
        let mut others = Vec::new();
        for path in &self.files {
            match scenarios_at(path, &mut others) {
                Ok(found) => files.extend(found),
                Err(why) => exit = exit.and(io::failure(&why, Exit::Usage)),
            }
        }
        let mut told = Told::default();
        for file in &files {
            exit = exit.and(self.tell(file, &mut told));
        }
        // A file without a `scenario` block that nobody uses may be a scenario whose first line is misspelt. Who uses what is
        // sure once nothing else is wrong.
        if exit == Exit::Fine {
            for file in &others {
                let name = load::shown(file, &load::root_of(file, self.root.as_deref()));
                if !told.used.contains(&name) {
                    exit = exit.and(self.tell(file, &mut told));
                }
            }
        }
        match self.format {
            Format::Text => {}
            Format::Sarif => io::print(&findings::sarif(&told.found, env!("CARGO_PKG_VERSION"))),
            Format::Github => io::print(&findings::github(&told.found)),
            Format::Json => io::print(&findings::json(&told.found)),
        }
        exit
    }

    fn asked<'a>(&'a self, path: &'a str) -> Asked<'a> {
        Asked { path, overlays: &self.overlay, root: self.root.as_deref(), params: &[], limits: &self.limit }
    }

    /// Tells people what is wrong with a scenario, or gathers it for programs.
    fn tell(&self, file: &str, told: &mut Told) -> Exit {
        if self.format == Format::Text {
            return match load::load_with(&self.asked(file), Warnings::But(&self.allow)) {
                Ok(loaded) => {
                    let models: Vec<&str> = loaded.scenario.models.iter().map(|model| model.name).collect();
                    let file = if file == "-" { "<standard input>" } else { file };
                    let (file, models) = (sim_core::text::escape(file), models.join(", "));
                    io::message(&format!("{file}: can be run under {models}"));
                    told.used.extend(loaded.used);
                    Exit::Fine
                }
                Err(failed) => failed,
            };
        }
        let (sources, read) = match load::read(&self.asked(file), &self.allow) {
            Ok(read) => read,
            Err(failed) => return failed,
        };
        told.used.extend(sources.names().skip(1).map(str::to_owned));
        let folder = match self.format {
            Format::Sarif | Format::Github if file != "-" => {
                load::shown_folder(&load::root_of(file, self.root.as_deref()))
            }
            _ => String::new(),
        };
        let mut exit = Exit::Fine;
        for finding in findings::findings(&read.diagnostics, &sources) {
            if finding.severity == Severity::Error {
                exit = Exit::Text;
            }
            let finding = finding.below(&folder);
            // Several scenarios may use one file.
            let key = (finding.place.clone(), finding.code.clone(), finding.message.clone());
            if told.seen.insert(key) {
                told.found.push(finding);
            }
        }
        exit
    }
}

/// What has been told so far.
#[derive(Default)]
struct Told {
    /// What was found, for programs.
    found: Vec<Finding>,
    /// The places, codes and messages of these.
    seen: BTreeSet<(Region, String, String)>,
    /// The files that scenarios use, by their names below the root.
    used: BTreeSet<String>,
}

/// A file as it is; of a folder every scenario below it. What has no `scenario` block is there for `scn whatif`, or for `use`
/// and then one of the others.
fn scenarios_at(path: &str, others: &mut Vec<String>) -> Result<Vec<String>, String> {
    let folder = Path::new(path);
    if path == "-" || !io::is_folder(folder) {
        return Ok(vec![path.to_owned()]);
    }
    let shown = sim_core::text::escape(path);
    let mut found = Vec::new();
    for file in io::files_below(folder, ".scn")? {
        let Some(name) = file.to_str() else { continue };
        // What cannot be read is told when it is read again.
        match io::read(name).map_or(FileKind::Scenario, |text| dsl::kind_of(&text)) {
            FileKind::Scenario => found.push(name.to_owned()),
            FileKind::Overlays => {}
            FileKind::Library => others.push(name.to_owned()),
        }
    }
    if found.is_empty() && others.is_empty() {
        return Err(format!("there is no scenario below `{shown}`"));
    }
    Ok(found)
}
