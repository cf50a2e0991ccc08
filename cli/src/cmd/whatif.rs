//! `scn whatif`: a scenario with and without each of its overlays, and what differs.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use dsl::ast::FileId;
use dsl::source::Sources;
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::analysis::models::Rule;
use sim_core::analysis::report::{DifferencesLine, Told};
use sim_core::analysis::what_if::{Forbidden, WhatIf};
use sim_core::analysis::{Course, Lexicon};
use sim_core::engine::RunConfig;
use sim_core::engine::scenario::{Claim, Overlay};
use sim_core::text::{escape, name, quote};

use super::compare::{Format, limited, print_json};
use crate::io::{self, Exit};
use crate::load::{self, Loaded, RunOptions, Warnings};

/// Run a scenario with and without its overlays and tell what differs
///
/// An overlay is a block `whatif "title" { … }` in the scenario or in a file of its own. `expect` and `never` in it hold for the
/// changed run: one that does not hold ends with 1.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 fine, whatever differs; 1 `--forbid` found something, an `expect` or `never` of an overlay does not hold, \
or a change leaves threads deadlocked; 2 bad usage, or a file cannot be read; 3 something is wrong with the scenario or \
an overlay; 4 a limit was hit."
)]
pub(crate) struct Whatif {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "BASE")]
    base: String,
    /// Files with further overlays
    #[arg(value_name = "OVERLAY")]
    overlays: Vec<String>,
    /// How the differences are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End with 1 if a change gives access (`gain`), takes some (`loss`), or makes any difference (`any`)
    #[arg(long, value_enum, value_name = "WHAT")]
    forbid: Option<Forbid>,
    #[command(flatten)]
    options: RunOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Forbid {
    /// Something succeeds, or gives rights, that did not before
    Gain,
    /// Something fails, or gives fewer rights, that did not before
    Loss,
    /// Anything differs
    Any,
}

impl Forbid {
    fn kind(self) -> (Forbidden, &'static str) {
        match self {
            Forbid::Gain => (Forbidden::Gain, "gain"),
            Forbid::Loss => (Forbidden::Loss, "loss"),
            Forbid::Any => (Forbidden::Any, "any"),
        }
    }
}

/// What `scn whatif --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WhatifReport {
    /// Always `scn.whatif/1`.
    schema: &'static str,
    /// The scenario's name.
    scenario: String,
    /// The model of the run without overlays.
    model: &'static str,
    /// The seed of all randomness.
    seed: u64,
    /// One for each overlay.
    overlays: Vec<OverlayLine>,
    /// The files that were read, relative to the scenario's root; `file` in a place is a position in this list, from 0.
    files: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct OverlayLine {
    /// Its title.
    title: String,
    /// The model of the changed run.
    model: &'static str,
    /// The changes, in the words of the overlay.
    changes: Vec<String>,
    /// Whether nothing differs.
    no_effect: bool,
    #[serde(flatten)]
    differences: DifferencesLine,
    /// What the overlay states of the changed run.
    claims: Vec<ClaimLine>,
    /// What the scenario states and the change breaks.
    breaks: Vec<ClaimLine>,
    /// How many differences `--forbid` forbids, if it was given.
    forbidden: Option<u64>,
    /// Whether a thread is deadlocked in the changed run and was not before.
    deadlock: bool,
}

#[derive(Serialize, JsonSchema)]
struct ClaimLine {
    /// Its title, or its words.
    title: String,
    /// Whether it stands as `never`, not as `expect`.
    never: bool,
    /// The file where it stands.
    file: String,
    /// The line, from 1.
    line: u32,
    /// Whether it holds.
    holds: bool,
    /// How often the pattern came.
    times: u64,
}

impl Whatif {
    pub(crate) fn execute(&self) -> Exit {
        let play = &self.options.play;
        let loaded = match load::load_with(&play.asked(&self.base, &self.overlays), Warnings::Told(&[])) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        if loaded.scenario.overlays.is_empty() {
            let file = escape(&self.base).into_owned();
            let error = format!("there is no `whatif` block in `{file}`, and no file with one was given");
            return io::failure(&error, Exit::Usage);
        }
        let config = self.options.config(&loaded.scenario);
        let mut lexicon = Lexicon::default();
        let before = match Course::of(&loaded.scenario, &config, &loaded.names, &mut lexicon) {
            Ok(before) => before,
            Err(error) => return io::failure(&escape(&error.to_string()), Exit::Text),
        };
        let mut text =
            format!("whatif 1  scenario {}  model {}", name(&loaded.scenario.name), config.model.name);
        let _ = writeln!(text, "  seed {}", config.seed);
        let mut lines = Vec::new();
        let mut exit = limited(std::slice::from_ref(&before));
        for overlay in &loaded.scenario.overlays {
            match self.overlay(&loaded, overlay, &config, (&before, &mut lexicon), &mut text) {
                Ok((line, outcome)) => {
                    lines.push(line);
                    exit = exit.and(outcome);
                }
                Err(error) => return io::failure(&escape(&error), Exit::Text),
            }
        }
        match self.format {
            Format::Text => io::print(&text),
            Format::Json => print_json(&WhatifReport {
                schema: "scn.whatif/1",
                scenario: loaded.scenario.name.to_string(),
                model: config.model.name,
                seed: config.seed,
                overlays: lines,
                files: loaded.scenario.files.iter().map(|name| name.to_string()).collect(),
            }),
        }
        exit
    }

    fn overlay(
        &self,
        loaded: &Loaded,
        overlay: &Overlay,
        config: &RunConfig,
        (before, lexicon): (&Course, &mut Lexicon),
        text: &mut String,
    ) -> Result<(OverlayLine, Exit), String> {
        let mut names = loaded.names.clone();
        for (sid, name) in &overlay.names {
            names.insert(*sid, name);
        }
        let what = WhatIf::of(&loaded.scenario, overlay, config, &names, lexicon, before)
            .map_err(|error| format!("{}: {error}", quote(&overlay.title)))?;
        let changes = overlay.changes.iter().map(|change| change.words.to_string());
        let model = overlay.model.map(|model| format!("model {}", model.name));
        let titles: Vec<String> = changes.chain(model).collect();
        let rules: Vec<Rule<'_>> = titles.iter().map(|title| Rule { number: None, title }).collect();
        let told = Told {
            scenario: &what.scenario,
            lexicon,
            one: before,
            other: &what.changed,
            labels: ("before", "after"),
            diff: &what.diff,
            rules: &rules,
            causes: &what.causes,
        };
        let own = &loaded.scenario.claims;
        let played_by = overlay.model.map_or(config.model.name, |model| model.name);
        let of_overlay =
            claims((&what.scenario.claims, &loaded.sources), own.len(), &what.changed, played_by);
        let line = OverlayLine {
            title: overlay.title.to_string(),
            model: played_by,
            changes: titles.clone(),
            no_effect: what.diff.differences.is_empty(),
            differences: told.json(),
            claims: of_overlay.into_iter().map(|(_, claim)| claim).collect(),
            breaks: broken_promises((own, &loaded.sources), before, &what.changed, played_by),
            forbidden: self.forbid.map(|forbid| what.count(before, forbid.kind().0) as u64),
            deadlock: what.changed.deadlocked() && !before.deadlocked(),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}: ", quote(&overlay.title));
        told.write_text(text);
        if line.no_effect {
            text.push_str("this change has no effect\n");
        }
        self.write_verdicts(&line, text);
        let fails = line.claims.iter().any(|claim| !claim.holds)
            || line.forbidden.is_some_and(|count| count > 0)
            || line.deadlock;
        let exit = limited(std::slice::from_ref(&what.changed));
        Ok((line, exit.and(if fails { Exit::No } else { Exit::Fine })))
    }

    fn write_verdicts(&self, line: &OverlayLine, text: &mut String) {
        let mut said = String::new();
        let told = line.claims.iter().map(|claim| (claim, ""));
        for (claim, whose) in told.chain(line.breaks.iter().map(|claim| (claim, " of the scenario"))) {
            let (word, verdict) = match (claim.never, claim.holds) {
                (true, true) => ("never", "holds"),
                (true, false) => ("never", "BROKEN"),
                (false, true) => ("expect", "holds"),
                (false, false) => ("expect", "UNMET"),
            };
            let times = match claim.times {
                0 => "not once".to_owned(),
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            let (title, file) = (escape(&claim.title), escape(&claim.file));
            // Writing to a string cannot fail.
            let _ = writeln!(said, "{word}{whose} {verdict}: {title}: {times} ({file}:{})", claim.line);
        }
        if line.deadlock {
            said.push_str("DEADLOCK: a thread waits for a message that nobody is left to send\n");
        }
        if let (Some(count), Some(forbid)) = (line.forbidden, self.forbid) {
            let word = if count == 0 { "none" } else { "FORBIDDEN" };
            let _ = writeln!(said, "--forbid {}: {word}, {count} differences", forbid.kind().1);
        }
        if !said.is_empty() {
            let _ = write!(text, "\n{said}");
        }
    }
}

/// How claims fared in a run; those that say nothing about its model are left out.
fn claims(
    (all, sources): (&[Claim], &Sources),
    first: usize,
    course: &Course,
    model: &str,
) -> Vec<(usize, ClaimLine)> {
    let numbered = all.iter().enumerate().skip(first);
    let speaking = numbered
        .filter(|(_, claim)| claim.pattern.models.is_empty() || claim.pattern.models.contains(&model));
    let line = |(n, claim): (usize, &Claim)| {
        let line = ClaimLine {
            title: claim.title.to_string(),
            never: claim.never,
            file: sources.name(FileId(claim.place.file)).to_owned(),
            line: claim.place.line,
            holds: course.holds(n, claim.never),
            times: course.times(n),
        };
        (n, line)
    };
    speaking.map(line).collect()
}

/// What the scenario states, that held before and does not any more.
fn broken_promises(
    (own, sources): (&[Claim], &Sources),
    before: &Course,
    after: &Course,
    model: &str,
) -> Vec<ClaimLine> {
    let mut broken = claims((own, sources), 0, after, model);
    broken
        .retain(|(n, claim)| !claim.holds && own.get(*n).is_some_and(|claim| before.holds(*n, claim.never)));
    broken.into_iter().map(|(_, claim)| claim).collect()
}
