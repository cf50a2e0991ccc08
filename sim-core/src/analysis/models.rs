//! One scenario under two models: in what the runs differ, and which rules make it so. Each difference is traced to the
//! switches of the models by crossing them.
//!
//! Authority: the differences between models, DIV-1 to DIV-52, and the rules that stand at the switches of `model`.

use super::cause::{Causes, causes};
use super::diff::Diff;
use super::sight::{Course, Lexicon};
use crate::engine::RunConfig;
use crate::engine::scenario::Scenario;
use crate::model::{Model, Switch};
use crate::trace::names::Names;
use crate::world::BuildError;

/// Something in which models differ and that a difference may come from.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// A `DIV-n`, or the number of a rule; none where the scenario itself asks which model it is played under, and for the
    /// changes of an overlay.
    pub number: Option<&'a str>,
    /// What it is about.
    pub title: &'a str,
}

/// Two runs of a scenario under two models.
pub struct Comparison {
    /// In what they differ.
    pub diff: Diff,
    /// The rules in which the models differ.
    pub rules: Vec<Rule<'static>>,
    /// For each difference the sets of rules that make it.
    pub causes: Vec<Causes>,
}

impl Comparison {
    /// Compares two runs; `config` is that of the first run, under its model.
    #[must_use]
    pub fn of(
        scenario: &Scenario,
        config: &RunConfig,
        names: &Names,
        lexicon: &mut Lexicon,
        (one, other): (&Course, &Course),
        other_model: &Model,
    ) -> Comparison {
        let diff = Diff::of(scenario, lexicon, one, other);
        let switches = Switch::between(&config.model, other_model);
        let mut rules: Vec<Rule<'static>> =
            switches.iter().map(|switch| Rule { number: Some(switch.rule), title: switch.title }).collect();
        rules.push(Rule { number: None, title: "the scenario asks which model it is played under" });
        let mut crossed = |changes: &[usize]| {
            let mut model = config.model;
            for change in changes {
                match switches.get(*change) {
                    Some(switch) => model = model.with(switch, other_model),
                    None => model.name = other_model.name,
                }
            }
            Course::of(scenario, &RunConfig { model, ..*config }, names, lexicon).ok()
        };
        let causes = causes(&diff, one, other, rules.len(), &mut crossed);
        Comparison { diff, rules, causes }
    }
}

/// The runs of a scenario under several models.
///
/// # Errors
/// When a model does not admit a declaration.
pub fn courses(
    scenario: &Scenario,
    config: &RunConfig,
    models: &[&Model],
    names: &Names,
    lexicon: &mut Lexicon,
) -> Result<Vec<Course>, (&'static str, BuildError)> {
    let mut courses = Vec::with_capacity(models.len());
    for model in models {
        let config = RunConfig { model: **model, ..*config };
        courses.push(Course::of(scenario, &config, names, lexicon).map_err(|error| (model.name, error))?);
    }
    Ok(courses)
}
