//! `scn compare`: one scenario under several models, and the rules that make the differences.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::analysis::models::{Comparison, courses};
use sim_core::analysis::report::{DifferencesLine, Told};
use sim_core::analysis::{Course, Lexicon};
use sim_core::model::{MODELS, Model};
use sim_core::text::{escape, escape_json, name};

use crate::io::{self, Exit};
use crate::load::{self, Loaded, PlayOptions};

/// Run a scenario under several models and tell which rules make them differ
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 fine, whatever differs; 2 bad usage, or a file cannot be read; 3 something is wrong with the scenario; \
4 a limit was hit."
)]
pub(crate) struct Compare {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// The models, separated by commas; each one is compared with the first [default: those of the scenario, or all if it names one]
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = load::models())]
    models: Vec<&'static Model>,
    /// How the differences are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    options: PlayOptions,
}

/// How differences are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Counts first, then each difference
    Text,
    /// One JSON object; `scn schema whatif` and `scn schema compare` print the schemas
    Json,
}

/// What `scn compare --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CompareReport {
    /// Always `scn.compare/1`.
    schema: &'static str,
    /// The scenario's name.
    scenario: String,
    /// The seed of all randomness.
    seed: u64,
    /// The model that the others are compared with.
    first: &'static str,
    /// One for each other model.
    comparisons: Vec<ComparisonLine>,
    /// The files that were read, relative to the scenario's root; `file` in a place is a position in this list, from 0.
    files: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ComparisonLine {
    /// The other model.
    second: &'static str,
    #[serde(flatten)]
    differences: DifferencesLine,
}

impl Compare {
    pub(crate) fn execute(&self) -> Exit {
        let loaded = match load::load(&self.file, &self.options) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        let models = match self.models(&loaded) {
            Ok(models) => models,
            Err(error) => return io::failure(&error, Exit::Usage),
        };
        let Loaded { scenario, names, .. } = &loaded;
        let first = models.first().copied().unwrap_or(sim_core::model::DEFAULT);
        let config = self.options.config(scenario, first);
        let mut lexicon = Lexicon::default();
        let courses = match courses(scenario, &config, &models, names, &mut lexicon) {
            Ok(courses) => courses,
            Err((model, error)) => {
                return io::failure(&format!("{} (model {model})", escape(&error.to_string())), Exit::Text);
            }
        };
        let Some((one, others)) = courses.split_first() else { return Exit::Fine };
        let mut text = format!("compare 1  scenario {}  seed {}\n", name(&scenario.name), config.seed);
        let mut lines = Vec::new();
        for (other, model) in others.iter().zip(models.iter().skip(1)) {
            let Comparison { diff, rules, causes } =
                Comparison::of(scenario, &config, names, &mut lexicon, (one, other), model);
            let told = Told {
                scenario,
                lexicon: &lexicon,
                one,
                other,
                labels: (first.name, model.name),
                diff: &diff,
                rules: &rules,
                causes: &causes,
            };
            match self.format {
                Format::Text => {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\n{} -> {}: ", first.name, model.name);
                    told.write_text(&mut text);
                }
                Format::Json => {
                    lines.push(ComparisonLine { second: model.name, differences: told.json() });
                }
            }
        }
        match self.format {
            Format::Text => io::print(&text),
            Format::Json => print_json(&CompareReport {
                schema: "scn.compare/1",
                scenario: scenario.name.to_string(),
                seed: config.seed,
                first: first.name,
                comparisons: lines,
                files: scenario.files.iter().map(|name| name.to_string()).collect(),
            }),
        }
        limited(&courses)
    }

    /// The models that were asked for, or those of the scenario if there are several, or all.
    fn models(&self, loaded: &Loaded) -> Result<Vec<&'static Model>, String> {
        if let [one] = self.models.as_slice() {
            return Err(format!(
                "`--models {}` names one model, and there is nothing to compare it with",
                one.name
            ));
        }
        let mut models = self.models.clone();
        if models.is_empty() {
            models.clone_from(&loaded.scenario.models);
        }
        if models.len() < 2 {
            let own = models.clone();
            models.extend(MODELS.iter().filter(|model| own.iter().all(|known| known.name != model.name)));
        }
        Ok(models)
    }
}

/// One JSON object on a line.
pub(crate) fn print_json(report: &impl Serialize) {
    let json = serde_json::to_string(report).unwrap_or_default();
    io::print(&format!("{}\n", escape_json(&json)));
}

/// A run that was cut short shows only so much.
pub(crate) fn limited(courses: &[Course]) -> Exit {
    if courses.iter().any(|course| course.finished.limited()) {
        io::message("warning: a limit ended a run before its end");
        return Exit::Limit;
    }
    Exit::Fine
}
