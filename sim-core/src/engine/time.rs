//! Virtual time: whole nanoseconds in 64 bits, and how they are written.

use crate::text::push_number;

/// Units of the language, largest first, with their nanoseconds.
pub const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A duration as the language writes it: in the largest unit up to seconds that leaves nothing over.
#[must_use]
pub fn format_time(nanoseconds: u64) -> String {
    let mut text = String::new();
    push_time(&mut text, nanoseconds);
    text
}

/// The same, put behind a text.
pub fn push_time(out: &mut String, nanoseconds: u64) {
    // Zero is a whole number of every unit; it is written in the one that most steps cost.
    let unit = UNITS.iter().skip(2).find(|(_, size)| nanoseconds.is_multiple_of(*size));
    let (name, size) = unit.copied().filter(|_| nanoseconds != 0).unwrap_or(("us", 1));
    push_number(out, nanoseconds / size);
    out.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::format_time;

    #[test]
    fn times_print_in_the_largest_exact_unit() {
        for (nanoseconds, text) in
            [(0, "0us"), (1, "1ns"), (1_500, "1500ns"), (5_000_000, "5ms"), (61_000_000_000, "61s")]
        {
            assert_eq!(format_time(nanoseconds), text);
        }
    }
}
