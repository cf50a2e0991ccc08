//! `scn test`: runs scenarios under every model that they list and holds the traces against their golden ones.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use dsl::diag::Code;
use sim_core::engine::RunConfig;
use sim_core::trace::text;
use similar::{ChangeTag, TextDiff};

use crate::cmd::run::exit_of;
use crate::doubts::Doubts;
use crate::golden;
use crate::io::{self, Exit, Output};
use crate::load::{self, Loaded, Warnings};

/// Run scenarios and hold their traces against the golden ones
///
/// The golden of `scenarios/a/b.scn` under the model kobicha is `snapshots/a/b.kobicha.snap`. A golden that differs, is
/// missing, or belongs to no scenario fails.
#[derive(Args)]
pub(crate) struct Test {
    /// Scenarios, or folders of them; without any, the folder `scenarios`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the traces that differ or are new as golden ones, and remove orphans (refused where CI is set)
    #[arg(long)]
    accept: bool,
    /// The root of the scenarios
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Do not tell this warning
    #[arg(long, value_name = "NAME", value_parser = load::warning_named)]
    allow: Vec<Code>,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    accepted: usize,
}

impl Test {
    pub(crate) fn execute(&self) -> Exit {
        if self.accept && io::on_ci() {
            return io::failure("nothing is accepted where `CI` is set", Exit::Usage);
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
        let mut output = Output::new();
        let mut tally = Tally::default();
        let mut exit = Exit::Fine;
        let mut goldens = BTreeSet::new();
        let mut used = BTreeSet::new();
        let (scenarios, libraries): (Vec<_>, Vec<_>) = scenarios.into_iter().partition(|path| {
            io::read(&path.to_string_lossy()).map_or(true, |text| dsl::has_scenario(&text))
        });
        for scenario in &scenarios {
            let seen = (&mut goldens, &mut used);
            exit = exit.and(self.scenario(scenario, &root, seen, &mut tally, &mut output));
        }
        // A file without a `scenario` block that nobody uses may be a scenario whose first line is misspelt.
        for path in libraries {
            let name = golden::relative(&path, &root);
            if !used.contains(&name) {
                let name = sim_core::text::escape(&name);
                output
                    .text()
                    .push_str(&format!("FAIL {name}: it has no `scenario` block, and no scenario uses it\n"));
                tally.failed += 1;
                exit = exit.and(Exit::No);
            }
        }
        if whole {
            exit = exit.and(self.orphans(&root, &goldens, &mut tally, &mut output));
        }
        let summary = format!("{} passed, {} failed", tally.passed, tally.failed);
        output.text().push_str(&summary);
        if tally.accepted > 0 {
            output.text().push_str(&format!(", {} accepted", tally.accepted));
        }
        output.text().push('\n');
        output.flush();
        if scenarios.is_empty() {
            return io::failure("no scenarios were found", Exit::No);
        }
        exit
    }

    fn scenario(
        &self,
        path: &Path,
        root: &Path,
        (goldens, used): (&mut BTreeSet<PathBuf>, &mut BTreeSet<String>),
        tally: &mut Tally,
        output: &mut Output,
    ) -> Exit {
        let name = golden::relative(path, root);
        let shown = sim_core::text::escape(&name).into_owned();
        let mut failed = |why: &str, exit: Exit| {
            tally.failed += 1;
            output.text().push_str(&format!("FAIL {shown}: {why}\n"));
            exit
        };
        let first =
            match load::load_with(&path.to_string_lossy(), Some(root), &[], Warnings::But(&self.allow)) {
                Ok(loaded) => loaded,
                Err(exit) => return failed("it cannot be read", exit),
            };
        used.extend(first.used.iter().cloned());
        let mut doubts = Doubts::new();
        let Some(combinations) = dsl::combinations(&first.params) else {
            return failed("its parameters have more than 10000 combinations", Exit::Text);
        };
        if first.params.is_empty() {
            let exit = self.models((path, &name, root), &first, (goldens, &mut doubts), tally, output);
            doubts.tell(&first);
            return exit;
        }
        let told = Warnings::Told(&self.allow);
        let mut exit = Exit::Fine;
        for params in combinations {
            exit = exit.and(match load::load_with(&path.to_string_lossy(), Some(root), &params, told) {
                Ok(loaded) => {
                    self.models((path, &name, root), &loaded, (goldens, &mut doubts), tally, output)
                }
                Err(exit) => {
                    tally.failed += 1;
                    output.text().push_str(&format!("FAIL {shown}: it cannot be read\n"));
                    exit
                }
            });
        }
        doubts.tell(&first);
        exit
    }

    /// A scenario, with its parameters as they are, under each of its models.
    fn models(
        &self,
        (path, name, root): (&Path, &str, &Path),
        loaded: &Loaded,
        (goldens, doubts): (&mut BTreeSet<PathBuf>, &mut Doubts),
        tally: &mut Tally,
        output: &mut Output,
    ) -> Exit {
        let mut exit = Exit::Fine;
        let params: String = loaded
            .scenario
            .params
            .iter()
            .map(|(param, value)| format!(" --param {}", sim_core::text::escape(&format!("{param}={value}"))))
            .collect();
        for model in &loaded.scenario.models {
            let config = RunConfig::of(&loaded.scenario, model);
            let case = format!(
                "{} [{}{}]",
                sim_core::text::escape(name),
                model.name,
                params.replace(" --param", "")
            );
            let (trace, finished) =
                match text::trace(&loaded.scenario, &loaded.names, &config, text::Explain::Nothing) {
                    Ok(run) => run,
                    Err(error) => {
                        tally.failed += 1;
                        output.text().push_str(&format!(
                            "FAIL {case}: {}\n",
                            sim_core::text::escape(&error.to_string())
                        ));
                        exit = exit.and(Exit::Text);
                        continue;
                    }
                };
            let place = golden::path_of(path, root, &loaded.scenario, model);
            goldens.insert(place.clone());
            let outcome = exit_of(&finished);
            doubts.add(loaded, model, &finished);
            if outcome != Exit::Fine {
                tally.failed += 1;
                let unmet: Vec<&str> = trace
                    .lines()
                    .filter(|line| {
                        line.contains("UNMET")
                            || line.contains("BROKEN")
                            || line.starts_with("deadlocked")
                            || line.starts_with("ended")
                    })
                    .collect();
                output.text().push_str(&format!("FAIL {case}: what it states does not hold\n"));
                for line in unmet {
                    output.text().push_str(&format!("    {}\n", line.trim_start()));
                }
                output.text().push_str(&format!(
                    "    to see it: scn run {} --model {}{params}\n",
                    sim_core::text::escape(name),
                    model.name
                ));
                exit = exit.and(outcome);
                continue;
            }
            exit = exit.and(self.compare(&case, (name, root), &place, &trace, tally, output));
        }
        exit
    }

    fn compare(
        &self,
        case: &str,
        (name, root): (&str, &Path),
        place: &Path,
        trace: &str,
        tally: &mut Tally,
        output: &mut Output,
    ) -> Exit {
        let known = io::read(&place.to_string_lossy()).ok().and_then(|text| golden::body(&text));
        if known.as_deref() == Some(trace) {
            tally.passed += 1;
            return Exit::Fine;
        }
        if self.accept {
            if let Err(error) = io::write(root, place, &golden::file(name, trace)) {
                return io::failure(&error, Exit::Usage);
            }
            tally.accepted += 1;
            output.text().push_str(&format!("accepted {case}\n"));
            return Exit::Fine;
        }
        tally.failed += 1;
        match known {
            None => output.text().push_str(&format!(
                "FAIL {case}: it has no golden trace yet; read it with `scn run`, then `scn test --accept`\n"
            )),
            Some(known) => {
                output.text().push_str(&format!("FAIL {case}: the trace differs from the golden one\n"));
                output.text().push_str(&difference(&known, trace));
            }
        }
        Exit::No
    }

    /// Golden traces that no scenario has: they would pass for ever without proving anything.
    fn orphans(
        &self,
        root: &Path,
        goldens: &BTreeSet<PathBuf>,
        tally: &mut Tally,
        output: &mut Output,
    ) -> Exit {
        let found = match io::files_below(&root.join("snapshots"), ".snap") {
            Ok(found) => found,
            Err(error) => return io::failure(&error, Exit::Usage),
        };
        let mut exit = Exit::Fine;
        for orphan in found.iter().filter(|path| !goldens.contains(*path)) {
            let name = golden::relative(orphan, root);
            if self.accept {
                if let Err(error) = io::remove(orphan) {
                    return io::failure(&error, Exit::Usage);
                }
                tally.accepted += 1;
                output.text().push_str(&format!("removed {}\n", sim_core::text::escape(&name)));
            } else {
                tally.failed += 1;
                output.text().push_str(&format!(
                    "FAIL {}: no scenario has this golden trace\n",
                    sim_core::text::escape(&name)
                ));
                exit = Exit::No;
            }
        }
        exit
    }
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
