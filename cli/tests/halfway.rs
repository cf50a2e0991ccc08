//! A run is plain data: cloned half-way, both halves run on to the same bytes as the run that nobody cloned, for every
//! scenario of the gallery.

mod common;
mod play;

use common::{root, scenarios};
use play::read;
use sim_core::engine::scenario::Scenario;
use sim_core::engine::{Ending, Record, RunConfig, Simulation};
use sim_core::model::Model;
use sim_core::trace::names::Names;
use sim_core::trace::{json, text};

/// At how many places a run is cloned.
const CUTS: usize = 6;

/// What is written of a run.
struct Written<'a> {
    scenario: &'a Scenario,
    names: &'a Names,
    bytes: String,
    records: usize,
}

impl Written<'_> {
    fn record(&mut self, simulation: &Simulation<'_>, record: &Record) {
        let Written { scenario, names, bytes, .. } = self;
        text::write_record(bytes, scenario, names, simulation.world(), record, text::Explain::All);
        let line = json::record(scenario, names, simulation.world(), record, text::Explain::All);
        json::write_line(bytes, &line.expect("a line"));
        self.records += 1;
    }

    /// Runs on to the end.
    fn run_on(&mut self, mut simulation: Simulation<'_>) {
        let ending = loop {
            match simulation.advance() {
                Ok(record) => self.record(&simulation, &record),
                Err(ending) => break ending,
            }
        };
        let finished = simulation.finish(ending);
        self.bytes.push_str(&text::footer(self.scenario, &finished));
        json::write_line(&mut self.bytes, &json::totals(self.scenario, &finished));
    }
}

#[track_caller]
fn both_halves_run_on(scenario: &Scenario, model: &'static Model) {
    let names = Names::of(scenario);
    let config = RunConfig::of(scenario, model);
    let start = Simulation::new(scenario, config).expect("the model admits it");
    let written =
        |bytes: &str, records| Written { scenario, names: &names, bytes: bytes.to_owned(), records };
    let mut whole = written("", 0);
    whole.run_on(start.clone());
    for cut in (0..=CUTS).map(|n| whole.records * n / CUTS) {
        let mut first = start.clone();
        let mut until_here = written("", 0);
        for _ in 0..cut {
            let record = first.advance().expect("it got this far before");
            until_here.record(&first, &record);
        }
        let second = first.clone();
        assert_eq!(first, second);
        assert_eq!(first.state().fingerprint(), second.state().fingerprint());
        let mut halves = [written(&until_here.bytes, cut), written(&until_here.bytes, cut)];
        halves[0].run_on(first);
        // What the first one did in the meantime is nothing to the second.
        halves[1].run_on(second);
        for half in halves {
            assert_eq!(half.bytes, whole.bytes, "cloned after {cut} of {} records", whole.records);
        }
    }
}

#[test]
fn a_run_that_is_cloned_goes_on_as_if_it_were_not() {
    for path in scenarios() {
        let scenario = read(&root(), &path);
        for model in &scenario.models {
            both_halves_run_on(&scenario, model);
        }
    }
}

#[test]
fn states_differ_from_event_to_event() {
    for path in scenarios() {
        let scenario = read(&root(), &path);
        for model in &scenario.models {
            let mut simulation =
                Simulation::new(&scenario, RunConfig::of(&scenario, model)).expect("the model admits it");
            let mut seen = vec![simulation.state().fingerprint()];
            let mut again = simulation.clone();
            while simulation.advance().is_ok() {
                // Time goes on, so no state comes twice.
                assert_ne!(simulation.state(), again.state());
                let fingerprint = simulation.state().fingerprint();
                assert!(!seen.contains(&fingerprint), "{}", path.display());
                seen.push(fingerprint);
                assert!(again.advance().is_ok() && simulation == again);
                assert_eq!(again.state().fingerprint(), fingerprint);
            }
        }
    }
}

#[test]
fn a_run_that_nobody_watches_comes_to_the_same_states() {
    for path in scenarios() {
        let scenario = read(&root(), &path);
        for model in &scenario.models {
            let mut watched =
                Simulation::new(&scenario, RunConfig::of(&scenario, model)).expect("the model admits it");
            let mut alone = watched.clone();
            loop {
                let (record, outcome) = (watched.advance(), alone.advance_silently());
                assert_eq!(record.map(|record| record.outcome), outcome, "{}", path.display());
                assert_eq!(watched.state(), alone.state(), "{} under {}", path.display(), model.name);
                assert!(alone.world().is_consistent(), "{} under {}", path.display(), model.name);
                if outcome.is_err() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_limit_loses_no_event() {
    for path in scenarios() {
        let scenario = read(&root(), &path);
        let config = RunConfig::of(&scenario, scenario.models[0]);
        let mut whole = Simulation::new(&scenario, config).expect("the model admits it");
        let mut records = 0;
        while whole.advance().is_ok() {
            records += 1;
        }
        if records < 2 {
            continue;
        }
        let mut limited = config;
        limited.limits.events = records / 2;
        let mut run = Simulation::new(&scenario, limited).expect("the model admits it");
        while run.advance().is_ok() {}
        let stopped = run.clone();
        for _ in 0..3 {
            assert_eq!(run.advance(), Err(Ending::EventLimit), "{}", path.display());
            assert_eq!(run.advance_silently(), Err(Ending::EventLimit), "{}", path.display());
            assert!(run == stopped, "asked again, nothing has changed: {}", path.display());
        }
    }
}
