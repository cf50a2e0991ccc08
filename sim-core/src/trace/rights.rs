//! Rights in words: as scenarios write them where that is exact, by their official names otherwise.

use crate::rights::{AccessMask, ObjectType, names_of};

/// The words of the language for the generic rights.
pub const GENERIC_WORDS: [(&str, AccessMask); 4] = [
    ("read", AccessMask::GENERIC_READ),
    ("write", AccessMask::GENERIC_WRITE),
    ("execute", AccessMask::GENERIC_EXECUTE),
    ("full", AccessMask::GENERIC_ALL),
];

/// A mask as a list of rights.
#[must_use]
pub fn rights_words(mask: AccessMask, class: ObjectType) -> String {
    let generic =
        GENERIC_WORDS.iter().filter(|(_, bit)| mask.intersects(*bit)).map(|(word, _)| (*word).to_owned());
    let words: Vec<String> = generic.chain(names_of(mask & !AccessMask::GENERIC, class)).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
