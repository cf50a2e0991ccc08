//! Near misses: which known word an unknown one was probably meant to be.

/// The nearest candidate, if one is near enough: at most one change for three characters. Among equally near ones one with
/// the same ends wins, then the first in order; without any, the only candidate that begins with the word.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A name of a kilobyte is no typing mistake, and its distances would take long.
    const LONGEST: usize = 64;
    let wanted: Vec<char> = word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if wanted.len() > LONGEST {
        return None;
    }
    // One letter is near to every other one.
    if wanted.len() < 2 {
        return None;
    }
    let ends = |letters: &[char]| (letters.first().copied(), letters.last().copied());
    let mut best: Option<(usize, &'a str)> = None;
    let mut begun: Vec<&'a str> = Vec::new();
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
        // The last letter of a longer word may be another one: `identify` is the beginning of `identification`.
        let shared = letters.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        let spared = usize::from(wanted.len() > 4);
        if wanted.len() > 2 && letters.len() > wanted.len() && shared + spared >= wanted.len() {
            begun.push(candidate);
        }
        let allowed = (wanted.len().max(letters.len()) / 3).max(1);
        if letters.len().abs_diff(wanted.len()) > allowed {
            continue;
        }
        let distance = distance(&wanted, &letters);
        // Among equally near ones, the ends of a word are seldom what is mistyped.
        let rank = 2 * distance + usize::from(ends(&wanted) != ends(&letters));
        if distance <= allowed && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    // A word that only one candidate goes on with was cut short.
    let only = if let [only] = begun[..] { Some(only) } else { None };
    best.map(|(_, candidate)| candidate).or(only)
}

/// Insertions, deletions, changes and swaps of neighbours that turn one word into the other.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let change = last[j] + usize::from(a != b);
            let mut least = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left[i - 1] == *b && right[j - 1] == *a {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let words = ["alice", "bob", "fileserver", "impersonate"];
        for (word, near) in [
            ("alcie", Some("alice")),
            ("Alice", Some("alice")),
            ("bbo", Some("bob")),
            ("fileservre", Some("fileserver")),
            ("impersonte", Some("impersonate")),
            ("xyz", None),
            ("file", Some("fileserver")),
            ("filest", Some("fileserver")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words.into_iter()), near, "{word}");
        }
    }
}
