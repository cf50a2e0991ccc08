//! What the file of a golden trace is called.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::Digest;

/// The longest name, in bytes: file systems take no more than 255, and tools add to it.
const LONGEST: usize = 100;

/// The name of a golden trace without its `.snap`: the scenario's file, the model, and each parameter with its value, in which
/// all but letters, digits, `-` and `_` stands as `%XX`. One that is too long is cut and ends in a hash of the whole.
#[must_use]
pub fn golden_name(stem: &str, model: &str, params: &[(Arc<str>, Arc<str>)]) -> String {
    let mut name = format!("{stem}.{model}");
    for (param, value) in params {
        let _ = write!(name, ".{param}=");
        for byte in value.bytes() {
            match byte {
                b'-' | b'_' => name.push(byte.into()),
                _ if byte.is_ascii_alphanumeric() => name.push(byte.into()),
                _ => {
                    let _ = write!(name, "%{byte:02X}");
                }
            }
        }
    }
    if params.is_empty() || name.len() <= LONGEST {
        return name;
    }
    let hash = sha2::Sha256::digest(name.as_bytes());
    let end: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut cut = LONGEST - end.len() - 1;
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}~{end}", &name[..cut])
}

#[cfg(test)]
mod tests {
    use super::golden_name;

    #[test]
    fn names_are_plain_and_bounded() {
        let params = |list: &[(&str, &str)]| -> Vec<_> {
            list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        assert_eq!(golden_name("b", "kacs", &[]), "b.kacs");
        assert_eq!(
            golden_name("b", "kacs", &params(&[("n", "3"), ("path", "/a b")])),
            "b.kacs.n=3.path=%2Fa%20b"
        );
        let long = golden_name("b", "kacs", &params(&[("n", &"x".repeat(300))]));
        let other = golden_name("b", "kacs", &params(&[("n", &"x".repeat(301))]));
        assert_eq!((long.len(), other.len()), (100, 100));
        assert_ne!(long, other);
    }
}
