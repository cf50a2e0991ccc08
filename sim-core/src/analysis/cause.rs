//! Which of several changes make a difference: found by taking each of them away and running again, never by guessing from
//! what the runs say.
//!
//! The changes of a comparison of models are their switches; those of an overlay, its statements. Sets are minimal: without any
//! one of its changes a set does not make the difference any more.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::diff::{Diff, Kinds, Matching};
use super::sight::{Course, Sight};

/// So many sets are looked for, each of which makes the difference by itself.
const ALTERNATIVES: usize = 3;

/// What makes a difference, or some of its kinds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The kinds of the difference that it makes.
    pub kinds: Kinds,
    /// The sets of changes, by their numbers, of which each makes them by itself.
    pub sets: Vec<Vec<usize>>,
}

/// What makes one difference; kinds that come from the same changes stand together.
pub type Causes = Vec<Cause>;

/// How a step comes out is one question; as whom, for what reason and with what else are others, and may have causes of their
/// own.
const ASPECTS: [Kinds; 4] = [
    Kinds::all().difference(Kinds::IDENTITY.union(Kinds::REASON).union(Kinds::DETAILS)),
    Kinds::IDENTITY,
    Kinds::REASON,
    Kinds::DETAILS,
];

/// For each question whether a run answers it as the other run does.
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
    let mut questions: Vec<(usize, Kinds)> = Vec::new();
    for (n, difference) in diff.differences.iter().enumerate() {
        let asked = ASPECTS.map(|aspect| difference.kinds & aspect);
        questions.extend(asked.into_iter().filter(|kinds| !kinds.is_empty()).map(|kinds| (n, kinds)));
    }
    let all: Vec<usize> = (0..changes).collect();
    let mut known = BTreeMap::new();
    known.insert(Vec::new(), Rc::new(vec![false; questions.len()]));
    known.insert(all.clone(), Rc::new(vec![true; questions.len()]));
    let (one, other) = (&one.sights[..], &other.sights[..]);
    let mut laboratory = Laboratory { diff, questions: &questions, one, other, run, known };
    let mut causes = vec![Causes::new(); diff.differences.len()];
    for (question, (difference, kinds)) in questions.iter().enumerate() {
        let sets = laboratory.sets(question, &all);
        let Some(causes) = causes.get_mut(*difference) else { continue };
        match causes.iter_mut().find(|cause| cause.sets == sets) {
            Some(cause) => cause.kinds |= *kinds,
            None => causes.push(Cause { kinds: *kinds, sets }),
        }
    }
    causes
}

struct Laboratory<'a, 'b> {
    diff: &'b Diff,
    /// The difference of each question, and its kinds that the question is about.
    questions: &'b [(usize, Kinds)],
    one: &'a [Sight],
    other: &'a [Sight],
    run: &'b mut dyn FnMut(&[usize]) -> Option<Course>,
    /// What is known of runs with these changes.
    known: BTreeMap<Vec<usize>, Agreement>,
}

impl Laboratory<'_, '_> {
    fn sets(&mut self, question: usize, all: &[usize]) -> Vec<Vec<usize>> {
        let mut left = all.to_vec();
        let mut found = Vec::new();
        while found.len() < ALTERNATIVES && self.makes(&left, question) {
            let set = self.minimal(&left, question);
            if set.is_empty() {
                break;
            }
            left.retain(|change| !set.contains(change));
            found.push(set);
        }
        found
    }

    /// The fewest of these changes that still make it: each is the last that a growing set lacked, found by halving.
    fn minimal(&mut self, changes: &[usize], question: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::new();
        let mut rest = changes.to_vec();
        while !self.makes(&chosen, question) && !rest.is_empty() {
            // With the first `low` of the rest the difference is not there, with the first `high` it is.
            let (mut low, mut high) = (0, rest.len());
            while high - low > 1 {
                let middle = low.midpoint(high);
                if self.makes(&with(&chosen, rest.get(..middle).unwrap_or_default()), question) {
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
            if self.makes(&with(&fewer, &[]), question) {
                chosen = fewer;
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Whether a run with these changes answers a question as the other run does.
    fn makes(&mut self, changes: &[usize], question: usize) -> bool {
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
        agreement.get(question).copied().unwrap_or(false)
    }

    fn agreement(&self, course: &Course) -> Vec<bool> {
        let from_other = Matching::of(self.other, &course.sights);
        let from_one = Matching::of(self.one, &course.sights);
        let answer = |(difference, kinds): &(usize, Kinds)| {
            let Some(difference) = self.diff.differences.get(*difference) else { return false };
            let Some(place) = difference.other else {
                let here = difference.one.and_then(|place| from_one.forth.get(place));
                return here.is_none_or(Option::is_none);
            };
            let found = from_other.forth.get(place).copied().flatten();
            let found = found.and_then(|found| course.sights.get(found as usize));
            found.zip(self.other.get(place)).is_some_and(|(found, wanted)| alike(*kinds, found, wanted))
        };
        self.questions.iter().map(answer).collect()
    }
}

/// Whether two records of a step are alike in what these kinds are about.
fn alike(kinds: Kinds, found: &Sight, wanted: &Sight) -> bool {
    match kinds {
        Kinds::IDENTITY => found.who == wanted.who && found.verdict == wanted.verdict,
        Kinds::REASON => found.reason == wanted.reason,
        Kinds::DETAILS => found.details == wanted.details,
        Kinds::ONLY_OTHER => true,
        _ => found.verdict == wanted.verdict && found.reason == wanted.reason,
    }
}

fn with(chosen: &[usize], more: &[usize]) -> Vec<usize> {
    let mut all = chosen.to_vec();
    all.extend_from_slice(more);
    all
}
