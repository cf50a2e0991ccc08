//! `scn test`: runs scenarios under every model that they list and holds the traces against their golden ones.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use dsl::FileKind;
use dsl::diag::Code;
use sim_core::engine::RunConfig;
use sim_core::trace::text;
use similar::{ChangeTag, TextDiff};

use crate::cmd::run::exit_of;
use crate::doubts::Doubts;
use crate::golden;
use crate::io::{self, Exit, Output};
use crate::load::{self, Asked, Loaded, Warnings};

/// Run scenarios and hold their traces against the golden ones
///
/// The golden of `scenarios/a/b.scn` under the model kobicha is `snapshots/a/b.kobicha.snap`; of a scenario elsewhere it lies
/// in `snapshots` beside it. A golden that differs, is missing, or belongs to no scenario fails.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 everything passes, or was accepted; 1 something fails, or there is no scenario; 2 a file cannot be read \
or written; 3 something is wrong with a scenario; 4 a limit was hit."
)]
pub(crate) struct Test {
    /// Scenarios, or folders of them; without any, the folder `scenarios`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the traces that differ or are new as golden ones, and remove orphans (refused where CI is set)
    #[arg(long)]
    accept: bool,
    /// How many scenarios are run at once; without it as many as the machine has processors
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// The root of the scenarios: paths are shown relative to it, and `use` reads nothing outside of it [default: the nearest
    /// folder above that holds a folder `scenarios`, else a scenario's own]
    #[arg(long, value_name = "DIR", value_parser = load::folder)]
    root: Option<PathBuf>,
    /// Do not tell these warnings, separated by commas; `scn explain NAME` prints the page of one
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = load::warnings())]
    allow: Vec<Code>,
}

/// What came of something that was tested. Scenarios run beside each other, so nothing is printed before it is its turn.
struct Report {
    passed: usize,
    failed: usize,
    accepted: usize,
    exit: Exit,
    /// The golden traces that belong to it.
    goldens: BTreeSet<PathBuf>,
    /// The files that it uses, by their names below the root.
    used: BTreeSet<String>,
    out: String,
    err: String,
}

impl Report {
    fn new() -> Report {
        Report {
            passed: 0,
            failed: 0,
            accepted: 0,
            exit: Exit::Fine,
            goldens: BTreeSet::new(),
            used: BTreeSet::new(),
            out: String::new(),
            err: String::new(),
        }
    }

    fn fail(&mut self, what: &str, why: &str, exit: Exit) {
        self.failed += 1;
        self.out.push_str(&format!("FAIL {what}: {why}\n"));
        self.exit = self.exit.and(exit);
    }

    /// Something that has nothing to do with what is tested, such as a disk that is full.
    fn trouble(&mut self, error: &str) {
        self.err.push_str(&format!("error: {error}\n"));
        self.exit = self.exit.and(Exit::Usage);
    }

    fn print(&self) {
        if !self.err.is_empty() {
            io::message(&self.err);
        }
        let mut output = Output::new();
        output.text().push_str(&self.out);
        output.text().push_str(&format!("{} passed, {} failed", self.passed, self.failed));
        if self.accepted > 0 {
            output.text().push_str(&format!(", {} accepted", self.accepted));
        }
        output.text().push('\n');
        output.flush();
    }

    /// Takes in what came of something else, after its own.
    fn append(&mut self, other: Report) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.accepted += other.accepted;
        self.exit = self.exit.and(other.exit);
        self.goldens.extend(other.goldens);
        self.used.extend(other.used);
        self.out.push_str(&other.out);
        self.err.push_str(&other.err);
    }
}

impl Test {
    pub(crate) fn execute(&self) -> Exit {
        if self.accept && io::on_ci() {
            return io::failure("nothing is accepted where `CI` is set", Exit::Usage);
        }
        if self.paths.iter().any(|path| path == Path::new("-")) {
            return io::failure(
                "what comes from standard input has no golden trace; name a file",
                Exit::Usage,
            );
        }
        let root = match &self.root {
            Some(root) => io::resolved(root),
            None => match self.paths.first() {
                Some(first) => load::root_of(&first.to_string_lossy(), None),
                None => io::resolved(Path::new(".")),
            },
        };
        let whole = self.paths.is_empty();
        let all = root.join("scenarios");
        let paths = match whole {
            true if io::is_folder(&all) => vec![all],
            true => Vec::new(),
            false => self.paths.clone(),
        };
        let mut scenarios = BTreeSet::new();
        for path in &paths {
            match golden::scenarios(&io::resolved(path)) {
                Ok(found) => scenarios.extend(found),
                Err(error) => return io::failure(&error, Exit::Usage),
            }
        }
        // What cannot be read is told when it is read again.
        let kind_of = |path: &Path| {
            io::read(&path.to_string_lossy()).map_or(FileKind::Scenario, |text| dsl::kind_of(&text))
        };
        let kinds = scenarios.into_iter().map(|path| (kind_of(&path), path));
        let (scenarios, others): (Vec<_>, Vec<_>) = kinds.partition(|(kind, _)| *kind == FileKind::Scenario);
        let scenarios: Vec<PathBuf> = scenarios.into_iter().map(|(_, path)| path).collect();
        let jobs = self.jobs.unwrap_or_else(io::processors);
        let mut report = Report::new();
        for one in io::in_parallel(&scenarios, jobs, |scenario| self.scenario(scenario, &root)) {
            report.append(one);
        }
        // A file without a `scenario` block that nobody uses may be a scenario whose first line is misspelt.
        let mut overlay = None;
        for (kind, path) in others {
            let name = golden::relative(&path, &root);
            if kind == FileKind::Overlays {
                overlay.get_or_insert(name);
                continue;
            }
            if !report.used.contains(&name) {
                let why = "it has no `scenario` block, and no scenario uses it";
                report.fail(&sim_core::text::escape(&name), why, Exit::No);
            }
        }
        if whole {
            self.orphans(&root, &mut report);
        }
        report.print();
        if scenarios.is_empty() {
            let why = match overlay {
                Some(name) => {
                    let name = sim_core::text::escape(&name);
                    format!(
                        "; overlays are played with the scenario that they change: `scn whatif BASE {name}`"
                    )
                }
                None if paths.is_empty() => ": there is no folder `scenarios` here".to_owned(),
                None => String::new(),
            };
            return io::failure(&format!("no scenarios were found{why}"), Exit::No);
        }
        report.exit
    }

    fn scenario(&self, path: &Path, root: &Path) -> Report {
        let mut report = Report::new();
        let name = golden::relative(path, root);
        let shown = sim_core::text::escape(&name).into_owned();
        let file = path.to_string_lossy();
        let asked = Asked { path: &file, overlays: &[], root: Some(root), params: &[], limits: &[] };
        let mut first = match load::load_quietly(&asked, Warnings::But(&self.allow), &mut report.err) {
            Ok(loaded) => loaded,
            Err(exit) => {
                report.fail(&shown, unread(exit), exit);
                return report;
            }
        };
        report.used.extend(first.used.iter().cloned());
        let mut doubts = Doubts::new();
        let Some(combinations) = dsl::combinations(&first.params, first.sources.bounds.combinations) else {
            let most = first.sources.bounds.combinations;
            report.fail(&shown, &format!("its parameters have more than {most} combinations"), Exit::Text);
            return report;
        };
        if first.params.is_empty() {
            self.models((path, &name, root), &mut first, &mut doubts, &mut report);
            report.err.push_str(&doubts.words(&first));
            return report;
        }
        let told = Warnings::Told(&self.allow);
        for params in combinations {
            match load::load_quietly(&Asked { params: &params, ..asked }, told, &mut report.err) {
                Ok(mut loaded) => self.models((path, &name, root), &mut loaded, &mut doubts, &mut report),
                Err(exit) => report.fail(&shown, unread(exit), exit),
            }
        }
        report.err.push_str(&doubts.words(&first));
        report
    }

    /// A scenario, with its parameters as they are, under each of its models.
    fn models(
        &self,
        (path, name, root): (&Path, &str, &Path),
        loaded: &mut Loaded,
        doubts: &mut Doubts,
        report: &mut Report,
    ) {
        let params: String = loaded
            .scenario
            .params
            .iter()
            .map(|(param, value)| format!(" {}", sim_core::text::escape(&format!("{param}={value}"))))
            .collect();
        for model in loaded.scenario.models.clone() {
            let config = RunConfig::of(&loaded.scenario, model);
            let shown = sim_core::text::escape(name);
            let case = format!("{shown} [{}{}]", model.name, params);
            let world = match loaded.world(model) {
                Ok(world) => world,
                Err(why) => {
                    report.fail(&case, &why, Exit::Text);
                    continue;
                }
            };
            let Loaded { scenario, names, .. } = &*loaded;
            let (trace, finished) = text::trace(world, scenario, names, &config, text::Explain::Nothing);
            let place = golden::path_of(path, root, &loaded.scenario, model);
            report.goldens.insert(place.clone());
            let outcome = exit_of(&finished);
            doubts.add(loaded, model, &finished);
            if outcome == Exit::Fine {
                self.compare(&case, (name, root), &place, &trace, report);
                continue;
            }
            report.fail(&case, "what it states does not hold", outcome);
            report.out.push_str(&telling(&trace));
            let given = loaded.scenario.params.iter();
            let given: String =
                given.map(|(name, value)| format!(" --param {}", word(&format!("{name}={value}")))).collect();
            let again = format!("scn run {} --model {}{given}", word(name), model.name);
            report.out.push_str(&format!("    to see it: {again}\n"));
        }
    }

    fn compare(
        &self,
        case: &str,
        (name, root): (&str, &Path),
        place: &Path,
        trace: &str,
        report: &mut Report,
    ) {
        let known = io::read(&place.to_string_lossy()).ok().and_then(|text| golden::body(&text));
        if known.as_deref() == Some(trace) {
            report.passed += 1;
            return;
        }
        if self.accept {
            match io::write(root, place, &golden::file(name, trace)) {
                Ok(()) => {
                    report.accepted += 1;
                    report.out.push_str(&format!("accepted {case}\n"));
                }
                Err(error) => report.trouble(&error),
            }
            return;
        }
        match known {
            None => report.fail(
                case,
                "it has no golden trace yet; read it with `scn run`, then `scn test --accept`",
                Exit::No,
            ),
            Some(known) => {
                report.fail(case, "the trace differs from the golden one", Exit::No);
                report.out.push_str(&difference(&known, trace));
            }
        }
    }

    /// Golden traces that no scenario has: they would pass for ever without proving anything.
    fn orphans(&self, root: &Path, report: &mut Report) {
        let found = match io::files_below(&root.join("snapshots"), ".snap") {
            Ok(found) => found,
            Err(error) => return report.trouble(&error),
        };
        for orphan in found.iter().filter(|path| !report.goldens.contains(*path)).cloned().collect::<Vec<_>>()
        {
            let name = golden::relative(&orphan, root);
            let name = sim_core::text::escape(&name);
            if !self.accept {
                report.fail(&name, "no scenario has this golden trace", Exit::No);
                continue;
            }
            match io::remove(&orphan) {
                Ok(()) => {
                    report.accepted += 1;
                    report.out.push_str(&format!("removed {name}\n"));
                }
                Err(error) => report.trouble(&error),
            }
        }
    }
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number from 1 on".to_owned())
}

/// A word of a command as a shell takes it.
fn word(text: &str) -> String {
    let shown = sim_core::text::escape(text);
    let plain = |c: char| c.is_alphanumeric() || "/._-=+,:@%".contains(c);
    if shown.chars().all(plain) { shown.into_owned() } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// Why there is no scenario to run; what is wrong has been told.
fn unread(exit: Exit) -> &'static str {
    if exit == Exit::Text { "something is wrong with it" } else { "it cannot be read" }
}

/// The lines of a trace that say why it fails, below the event that they belong to.
fn telling(trace: &str) -> String {
    let mut told = String::new();
    let mut event = None;
    for line in trace.lines() {
        let own = line.trim_start();
        let belongs = line.starts_with(text::INDENT);
        let tells = ["UNMET", "BROKEN", "deadlocked", "ended"].iter().any(|word| own.starts_with(word));
        if tells && belongs {
            if let Some(event) = event.take() {
                told.push_str(&format!("    {event}\n"));
            }
            told.push_str(&format!("        {own}\n"));
        } else if tells {
            told.push_str(&format!("    {own}\n"));
        } else if !belongs {
            event = Some(own);
        }
    }
    told
}

/// The lines that differ, with some around them.
fn difference(known: &str, trace: &str) -> String {
    let diff = TextDiff::from_lines(known, trace);
    let mut shown = String::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            // The golden is a file that anybody may have written.
            shown.push_str(&format!(
                "    {sign} {}\n",
                sim_core::text::escape(change.value().trim_end_matches('\n'))
            ));
        }
    }
    shown
}
