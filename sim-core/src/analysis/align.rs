//! Which steps of two runs of one thread belong together: the longest sequence that both share, in bounded time and memory.
//!
//! Myers, *An O(ND) difference algorithm*, 1986. It knows nothing of what the steps did.

use std::collections::BTreeMap;

use crate::ids::StepId;

/// After so many differences in one go the best partial answer is taken, and the rest is looked at anew.
const MOST: usize = 256;
/// So many equal steps in a row are taken for the place where a detour ends.
const RUN: usize = 16;
/// How far such a place is looked for on each side.
const AHEAD: usize = 4_096;

/// The positions that belong together, ascending on both sides. Exchanging the sides exchanges the positions.
pub(super) fn align(one: &[StepId], other: &[StepId]) -> Vec<(usize, usize)> {
    // Of several answers that are equally good, both directions must give the same one.
    if (one.len(), one) > (other.len(), other) {
        return align(other, one).into_iter().map(|(there, here)| (here, there)).collect();
    }
    let mut matched = Vec::with_capacity(one.len());
    let (mut x, mut y) = (0, 0);
    loop {
        while let (Some(here), Some(there)) = (one.get(x), other.get(y))
            && here == there
        {
            matched.push((x, y));
            (x, y) = (x + 1, y + 1);
        }
        let (Some(rest), Some(other_rest)) = (one.get(x..), other.get(y..)) else { break };
        if rest.is_empty() || other_rest.is_empty() {
            break;
        }
        let (pairs, (dx, dy)) = shortest(rest, other_rest);
        let gave_up = (dx, dy) != (rest.len(), other_rest.len());
        if gave_up
            && pairs.len() < RUN
            && let Some((dx, dy)) = resume(rest, other_rest)
        {
            (x, y) = (x + dx, y + dy);
            continue;
        }
        matched.extend(pairs.into_iter().map(|(here, there)| (x + here, y + there)));
        (x, y) = (x + dx, y + dy);
    }
    matched
}

/// The fewest omissions that make one sequence of the other, up to [`MOST`]: what is matched, and how far that reaches.
fn shortest(one: &[StepId], other: &[StepId]) -> (Vec<(usize, usize)>, (usize, usize)) {
    let (n, m) = (one.len() as isize, other.len() as isize);
    let same = |x: isize, y: isize| one.get(x as usize) == other.get(y as usize);
    // By diagonal `x - y`, shifted to be no less than 0: how far it was come on it.
    let shift = MOST as isize + 1;
    let at = |k: isize| (k + shift) as usize;
    let mut reach = vec![0isize; 2 * MOST + 3];
    let mut rounds: Vec<Vec<isize>> = Vec::new();
    for d in 0..=MOST as isize {
        rounds.push(reach.clone());
        for k in (-d..=d).step_by(2).filter(|k| (-m..=n).contains(k)) {
            let down = k == -d || k != d && reach[at(k - 1)] < reach[at(k + 1)];
            let mut x = if down { reach[at(k + 1)] } else { reach[at(k - 1)] + 1 };
            while x < n && x - k < m && same(x, x - k) {
                x += 1;
            }
            reach[at(k)] = x;
            if x >= n && x - k >= m {
                return (walk_back(&rounds, (x, x - k), at), (one.len(), other.len()));
            }
        }
    }
    let d = MOST as isize;
    let ends = (-d..=d).step_by(2).map(|k| (reach[at(k)], reach[at(k)] - k));
    let (x, y) = ends
        .filter(|(x, y)| (0..=n).contains(x) && (0..=m).contains(y))
        .max_by_key(|(x, y)| x + y)
        .unwrap_or((1.min(n), 0));
    (walk_back(&rounds, (x, y), at), (x as usize, y as usize))
}

/// Where both sides go on alike after a long detour: the nearest place at which [`RUN`] steps are equal.
fn resume(one: &[StepId], other: &[StepId]) -> Option<(usize, usize)> {
    let mut first: BTreeMap<&[StepId], usize> = BTreeMap::new();
    for (at, run) in other.windows(RUN).take(AHEAD).enumerate() {
        first.entry(run).or_insert(at);
    }
    let places = one.windows(RUN).take(AHEAD).enumerate();
    places.filter_map(|(x, run)| first.get(run).map(|y| (x, *y))).min_by_key(|(x, y)| x + y)
}

/// The matches on the way to an end.
fn walk_back(rounds: &[Vec<isize>], end: (isize, isize), at: impl Fn(isize) -> usize) -> Vec<(usize, usize)> {
    let mut matched = Vec::new();
    let (mut x, mut y) = end;
    for (d, reach) in rounds.iter().enumerate().rev() {
        let (d, k) = (d as isize, x - y);
        let down = k == -d || k != d && reach[at(k - 1)] < reach[at(k + 1)];
        let from = if down { k + 1 } else { k - 1 };
        let (start_x, start_y) = match d {
            0 => (0, 0),
            _ => (reach[at(from)], reach[at(from)] - from),
        };
        while x > start_x && y > start_y {
            (x, y) = (x - 1, y - 1);
            matched.push((x as usize, y as usize));
        }
        (x, y) = (start_x, start_y);
    }
    matched.reverse();
    matched
}

#[cfg(test)]
mod tests {
    use super::{MOST, align};
    use crate::ids::StepId;

    fn steps(text: &str) -> Vec<StepId> {
        text.bytes().map(|byte| StepId(byte.into())).collect()
    }

    fn shown(one: &str, other: &str) -> (String, String) {
        let (one, other) = (steps(one), steps(other));
        let matched = align(&one, &other);
        let back: Vec<_> = align(&other, &one).into_iter().map(|(here, there)| (there, here)).collect();
        assert_eq!(matched, back, "both directions agree");
        for pair in matched.windows(2) {
            assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1, "{matched:?}");
        }
        let marked = |list: &[StepId], side: fn(&(usize, usize)) -> usize| {
            let mut text = String::new();
            for (n, step) in list.iter().enumerate() {
                let found = matched.iter().any(|pair| side(pair) == n);
                text.push(if found { char::from(step.0 as u8) } else { '-' });
            }
            text
        };
        for (x, y) in &matched {
            assert_eq!(one[*x], other[*y]);
        }
        (marked(&one, |pair| pair.0), marked(&other, |pair| pair.1))
    }

    #[test]
    fn a_branch_that_one_run_takes_leaves_the_rest_matched() {
        // Accept, impersonate, open, revert, close: the first run cannot impersonate its first client.
        assert_eq!(shown("aicaiorc", "aiorcaiorc"), ("aicaiorc".into(), "ai--caiorc".into()));
        assert_eq!(shown("", "abc"), (String::new(), "---".into()));
        assert_eq!(shown("abc", "abc"), ("abc".into(), "abc".into()));
        assert_eq!(shown("xyz", "abc"), ("---".into(), "---".into()));
    }

    #[test]
    fn runs_without_anything_in_common_are_given_up_piece_by_piece() {
        let one: Vec<StepId> = (0..40_000).map(|n| StepId(n % 3)).collect();
        let other: Vec<StepId> = (0..40_000).map(|n| StepId(7 + n % 5)).collect();
        assert!(align(&one, &other).is_empty());
        // A long detour costs no more than its own steps.
        let mut detour = one.clone();
        detour.splice(10..10, (0..4 * MOST as u32).map(|_| StepId(9)));
        assert_eq!(align(&one, &detour).len(), one.len());
    }
}
