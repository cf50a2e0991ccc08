//! What runs have shown to be without force: `never`s that no event came near, and expectations that were never looked at.
//! Both become diagnostics like those of the text, with the same names to allow them.

use std::collections::BTreeSet;

use dsl::diag::{Code, Diagnostic, EXPECTATION_UNREACHED, NEVER_UNEXERCISED};
use sim_core::engine::Finished;
use sim_core::engine::scenario::{Instruction, Place};
use sim_core::model::Model;

use crate::io;
use crate::load::Loaded;

/// What one or several runs of a scenario were about, and what of it they never came to.
pub(crate) struct Doubts {
    /// Places of what was stated and was not reached, with the codes of the warnings.
    missed: BTreeSet<(Place, Code)>,
    /// Places of what was stated and was reached.
    reached: BTreeSet<Place>,
    /// Whether every run came to its end: one that was cut short shows nothing.
    complete: bool,
}

impl Doubts {
    pub(crate) fn new() -> Doubts {
        Doubts { missed: BTreeSet::new(), reached: BTreeSet::new(), complete: true }
    }

    /// Takes a run of a scenario under a model in.
    pub(crate) fn add(&mut self, loaded: &Loaded, model: &Model, finished: &Finished) {
        self.complete &= !finished.limited();
        let scenario = &loaded.scenario;
        for (n, claim) in scenario.claims.iter().enumerate().filter(|(_, claim)| claim.never) {
            let models = &claim.pattern.models;
            if finished.unexercised.contains(&n) {
                self.missed.insert((claim.place, NEVER_UNEXERCISED));
            } else if models.is_empty() || models.contains(&model.name) {
                self.reached.insert(claim.place);
            }
        }
        for instruction in scenario.programs.iter().flat_map(|program| &program.code) {
            let Instruction::Step(step) = instruction else { continue };
            let Some(info) = scenario.steps.get(step.id.index()) else { continue };
            if finished.unreached.contains(&step.id) {
                self.missed.insert((info.place, EXPECTATION_UNREACHED));
            } else if step.expects.iter().any(|expectation| expectation.holds_in(model)) {
                self.reached.insert(info.place);
            }
        }
    }

    /// What none of the runs came to, put into words; nothing if there is nothing to tell.
    pub(crate) fn words(&self, loaded: &Loaded) -> String {
        if !self.complete {
            return String::new();
        }
        let missed = self
            .missed
            .iter()
            .filter(|(place, code)| !self.reached.contains(place) && !loaded.allowed.contains(code));
        let diagnostics: Vec<Diagnostic> = missed
            .map(|(place, code)| {
                let span = loaded.sources.word_at(place.file, place.line, place.column);
                if *code == NEVER_UNEXERCISED {
                    Diagnostic::warning(*code, span, "no event came near this `never`")
                        .label("holds because nothing happened")
                } else {
                    Diagnostic::warning(*code, span, "this step never ran, so its expectation proves nothing")
                        .label("never ran")
                }
            })
            .collect();
        if diagnostics.is_empty() {
            return String::new();
        }
        let mut words = dsl::render::render(&diagnostics, &loaded.sources, io::colour());
        if !words.ends_with('\n') {
            words.push('\n');
        }
        words
    }
}
