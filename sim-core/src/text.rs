//! Text that anybody may have written, made safe to show: the one place that does it, for traces, diagnostics and prompts.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character could move the cursor, start a line or turn the direction of what follows.
fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' // C0, DEL, C1
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' // direction, zero width
        | '\u{2028}' | '\u{2029}' | '\u{ad}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // separators, invisible
        | '\u{e0000}'..='\u{e007f}') // tags
}

/// Whether a text is printable ASCII, as nearly every one is: then none of its characters needs a look. Without a way out, the
/// loop takes many bytes at once.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |so_far, byte| so_far & matches!(byte, b' '..=b'~'))
}

/// The text with every control character, line separator and directional or invisible character as `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hostile(c) {
            // Writing to a string cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The text in double quotes, so that nothing in it can look like what stands behind the quotes.
#[must_use]
pub fn quote(text: &str) -> String {
    if text.contains(['\\', '"']) {
        return format!("\"{}\"", escape(&text.replace('\\', "\\\\").replace('"', "\\\"")));
    }
    let safe = escape(text);
    let mut quoted = String::with_capacity(safe.len() + 2);
    quoted.push('"');
    quoted.push_str(&safe);
    quoted.push('"');
    quoted
}

/// The path of a key in its own quotes, which need no doubled backslashes; one that holds such a quote in the others.
#[must_use]
pub fn quote_key(path: &str) -> String {
    if path.contains('\'') { quote(path) } else { format!("'{}'", escape(path)) }
}

/// A declared name: as it is if it is a plain word, else in quotes.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let ascii = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'#');
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '#');
    if !text.is_empty() && (text.bytes().all(ascii) || text.chars().all(plain)) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(quote(text))
    }
}

/// Decimal digits, without the machinery of formats: a trace has several numbers in every line.
pub fn push_number(out: &mut String, number: u64) {
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

/// JSON with every hostile character of its texts as `\uXXXX`. Outside of texts JSON has none of them.
#[must_use]
pub fn escape_json(json: &str) -> Cow<'_, str> {
    if is_printable_ascii(json) || !json.chars().any(is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_hostile_passes() {
        for (text, safe) in [
            ("plain ä 漢", "plain ä 漢"),
            ("a\nb\tc", "a\\u{a}b\\u{9}c"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{202e}evil\u{2066}", "\\u{202e}evil\\u{2066}"),
            ("x\u{2028}y\u{85}z\u{feff}", "x\\u{2028}y\\u{85}z\\u{feff}"),
        ] {
            assert_eq!(escape(text), safe);
        }
    }
}
