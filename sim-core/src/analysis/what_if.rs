//! One scenario with and without an overlay: in what the runs differ, and which of the overlay's changes make it so.
//!
//! Authority: language manual, section on overlays. Both are ordinary runs; nothing in the engine knows of it.

use super::cause::{Causes, causes};
use super::diff::{Diff, Kinds};
use super::sight::{Course, Lexicon, Verdict};
use crate::engine::RunConfig;
use crate::engine::scenario::{Overlay, OverlayError, Scenario};
use crate::trace::names::Names;

/// A scenario under an overlay, beside the run without it.
pub struct WhatIf {
    /// The scenario as the overlay makes it.
    pub scenario: Scenario,
    /// Its run.
    pub changed: Course,
    /// In what both runs differ.
    pub diff: Diff,
    /// For each difference the sets of changes that make it, by their numbers; the overlay's model comes after its changes.
    pub causes: Vec<Causes>,
}

/// What `--forbid` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// Something succeeds, or gives rights, that did not before.
    Gain,
    /// Something fails, or gives fewer rights, that did not before.
    Loss,
    /// Anything differs.
    Any,
}

impl WhatIf {
    /// Runs a scenario under an overlay; `config` is that of `before`, the run without it.
    ///
    /// # Errors
    /// When a change cannot be made, or the changed world cannot be built.
    pub fn of(
        scenario: &Scenario,
        overlay: &Overlay,
        config: &RunConfig,
        names: &Names,
        lexicon: &mut Lexicon,
        before: &Course,
    ) -> Result<WhatIf, OverlayError> {
        let all: Vec<usize> = (0..overlay.changes.len()).collect();
        let changed = scenario.with(overlay, &all)?;
        let under = |with_model: bool| match overlay.model {
            Some(model) if with_model => RunConfig { model: *model, ..*config },
            _ => *config,
        };
        let course = Course::of(&changed, &under(true), names, lexicon).map_err(OverlayError::Build)?;
        let diff = Diff::of(&changed, lexicon, before, &course);
        let model = usize::from(overlay.model.is_some());
        let mut with_some = |some: &[usize]| {
            let changes: Vec<usize> = some.iter().copied().filter(|change| *change < all.len()).collect();
            let with_model = changes.len() < some.len();
            let scenario = scenario.with(overlay, &changes).ok()?;
            Course::of(&scenario, &under(with_model), names, lexicon).ok()
        };
        let causes = causes(&diff, before, &course, all.len() + model, &mut with_some);
        Ok(WhatIf { scenario: changed, changed: course, diff, causes })
    }

    /// How many differences are of a forbidden kind. A step that one run alone takes counts if it gives access there.
    #[must_use]
    pub fn count(&self, before: &Course, forbidden: Forbidden) -> usize {
        let gives = |course: &Course, place: Option<usize>| {
            let sight = place.and_then(|place| course.sights.get(place));
            sight.is_some_and(|sight| matches!(sight.verdict, Verdict::Granted(_)))
        };
        let differences = self.diff.differences.iter();
        let counted = differences.filter(|difference| match forbidden {
            Forbidden::Gain => {
                difference.kinds.intersects(Kinds::GAINED | Kinds::MORE | Kinds::SUCCEEDS)
                    || difference.kinds.contains(Kinds::ONLY_OTHER) && gives(&self.changed, difference.other)
            }
            Forbidden::Loss => {
                difference.kinds.intersects(Kinds::LOST | Kinds::LESS | Kinds::FAILS)
                    || difference.kinds.contains(Kinds::ONLY_ONE) && gives(before, difference.one)
            }
            Forbidden::Any => true,
        });
        counted.count()
    }
}
