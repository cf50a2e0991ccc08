//! Virtual time: whole nanoseconds in 64 bits, and how they are written.

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

/// Decimal digits, without the machinery of formats: a trace has several numbers in every line.
fn push_number(out: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
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
