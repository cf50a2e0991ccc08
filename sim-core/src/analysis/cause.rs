//! Which of several changes make a difference: found by taking each of them away and running again, never by guessing from
//! what the runs say.
//!
//! The changes of a comparison of models are their switches; those of an overlay, its statements. Sets are minimal: without any
//! one of its changes a set does not make the difference any more.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::diff::{Diff, Difference, Matching};
use super::sight::{Course, Sight};

/// So many sets are looked for, each of which makes the difference by itself.
const ALTERNATIVES: usize = 3;

/// What makes one difference: the sets of changes of which each makes it, by the numbers of the changes.
pub type Causes = Vec<Vec<usize>>;

/// For each difference whether a run comes out there as the other run does.
type Agreement = Rc<Vec<bool>>;

/// Finds what makes each difference between two runs. `run` gives the run with some of the changes, or nothing if there is
/// none with these; with no change it is the first run, with all of them the other one.
pub fn causes<'a>(
    diff: &Diff,
    one: &'a Course,
    other: &'a Course,
    changes: usize,
    run: &mut dyn FnMut(&[usize]) -> Option<Course>,
) -> Vec<Causes> {
    let mut laboratory =
        Laboratory { diff, one: &one.sights, other: &other.sights, run, known: BTreeMap::new() };
    let all: Vec<usize> = (0..changes).collect();
    laboratory.known.insert(Vec::new(), Rc::new(vec![false; diff.differences.len()]));
    laboratory.known.insert(all.clone(), Rc::new(vec![true; diff.differences.len()]));
    (0..diff.differences.len()).map(|difference| laboratory.causes(difference, &all)).collect()
}

struct Laboratory<'a, 'b> {
    diff: &'b Diff,
    one: &'a [Sight],
    other: &'a [Sight],
    run: &'b mut dyn FnMut(&[usize]) -> Option<Course>,
    /// What is known of runs with these changes.
    known: BTreeMap<Vec<usize>, Agreement>,
}

impl Laboratory<'_, '_> {
    fn causes(&mut self, difference: usize, all: &[usize]) -> Causes {
        let mut left = all.to_vec();
        let mut found = Causes::new();
        while found.len() < ALTERNATIVES && self.makes(&left, difference) {
            let set = self.minimal(&left, difference);
            if set.is_empty() {
                break;
            }
            left.retain(|change| !set.contains(change));
            found.push(set);
        }
        found
    }

    /// The fewest of these changes that still make the difference: each is the last that a growing set lacked, found by halving.
    fn minimal(&mut self, changes: &[usize], difference: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::new();
        let mut rest = changes.to_vec();
        while !self.makes(&chosen, difference) && !rest.is_empty() {
            // With the first `low` of the rest the difference is not there, with the first `high` it is.
            let (mut low, mut high) = (0, rest.len());
            while high - low > 1 {
                let middle = low.midpoint(high);
                if self.makes(&with(&chosen, rest.get(..middle).unwrap_or_default()), difference) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            chosen.extend(rest.get(low).copied());
            rest.truncate(low);
        }
        // Effects that cancel each other out can leave one too many.
        for change in chosen.clone() {
            let fewer: Vec<usize> = chosen.iter().copied().filter(|other| *other != change).collect();
            if self.makes(&with(&fewer, &[]), difference) {
                chosen = fewer;
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Whether a run with these changes comes out as the other run where this difference is.
    fn makes(&mut self, changes: &[usize], difference: usize) -> bool {
        let mut changes = changes.to_vec();
        changes.sort_unstable();
        let agreement = match self.known.get(&changes) {
            Some(known) => Rc::clone(known),
            None => {
                let agreement = Rc::new(match (self.run)(&changes) {
                    Some(course) => self.agreement(&course),
                    None => Vec::new(),
                });
                self.known.insert(changes, Rc::clone(&agreement));
                agreement
            }
        };
        agreement.get(difference).copied().unwrap_or(false)
    }

    fn agreement(&self, course: &Course) -> Vec<bool> {
        let from_other = Matching::of(self.other, &course.sights);
        let from_one = Matching::of(self.one, &course.sights);
        let agrees = |difference: &Difference| match (difference.one, difference.other) {
            (_, Some(place)) => {
                let found = from_other.forth.get(place).copied().flatten();
                let found = found.and_then(|found| course.sights.get(found as usize));
                found.zip(self.other.get(place)).is_some_and(|(found, wanted)| found.same(wanted))
            }
            (Some(place), None) => from_one.forth.get(place).is_none_or(Option::is_none),
            (None, None) => true,
        };
        self.diff.differences.iter().map(agrees).collect()
    }
}

fn with(chosen: &[usize], more: &[usize]) -> Vec<usize> {
    let mut all = chosen.to_vec();
    all.extend_from_slice(more);
    all
}
