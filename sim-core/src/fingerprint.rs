//! Fingerprints: hashes without a seed, so that equal states have equal ones in every process. What walks through many
//! states knows by them which it has seen.
//!
//! Not for goldens: lists of numbers are hashed as the machine holds them, so the value is that of little-endian machines.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// The fingerprint of a value.
#[must_use]
pub fn of(value: &(impl Hash + ?Sized)) -> u128 {
    let mut hasher = Fingerprint::default();
    value.hash(&mut hasher);
    hasher.value()
}

/// Odd numbers with even bits: the fractional parts of the square roots of 2, 3, 5 and 7.
const MIX: [u64; 4] =
    [0x6A09_E667_F3BC_C909, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1];

/// The hasher: two lanes, each folding a product of 128 bits for each word.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint {
    lanes: [u64; 2],
}

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint { lanes: [MIX[2], MIX[3]] }
    }
}

#[inline]
fn fold(word: u64, by: u64) -> u64 {
    let product = u128::from(word) * u128::from(by);
    product as u64 ^ (product >> 64) as u64
}

impl Fingerprint {
    #[inline]
    fn word(&mut self, word: u64) {
        let [left, right] = self.lanes;
        // The sum of the turned lane keeps a product of zero from swallowing what came before.
        self.lanes = [
            fold(left ^ word, MIX[0]).wrapping_add(right.rotate_left(23)),
            fold(right ^ word, MIX[1]).wrapping_add(left.rotate_left(41)),
        ];
    }

    /// Both lanes.
    #[must_use]
    pub fn value(mut self) -> u128 {
        self.word(0);
        self.word(0);
        u128::from(self.lanes[0]) << 64 | u128::from(self.lanes[1])
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.value() as u64
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        // The length in the last byte tells a short rest from one that ends in zeros.
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        last[7] = rest.len() as u8;
        self.word(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, n: u8) {
        self.word(n.into());
    }

    fn write_u16(&mut self, n: u16) {
        self.word(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.word(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_u128(&mut self, n: u128) {
        self.word(n as u64);
        self.word((n >> 64) as u64);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.word(n as i64 as u64);
    }
}

/// The fingerprint of something that never changes, taken when it is first asked for.
#[derive(Clone, Debug, Default)]
pub struct Remembered(OnceLock<u128>);

impl Remembered {
    /// Not asked for yet.
    #[must_use]
    pub const fn new() -> Remembered {
        Remembered(OnceLock::new())
    }

    /// The fingerprint, taken of the value only once: it must be the same value each time.
    pub fn of(&self, value: &impl Hash) -> u128 {
        *self.0.get_or_init(|| of(value))
    }
}

#[cfg(test)]
mod tests {
    use super::{Remembered, of};

    #[test]
    fn fingerprints_never_move() {
        // Should one of these move, whoever has stored fingerprints has stored nothing.
        assert_eq!(of(&0_u8), 0x581b_2fc9_6799_7385_2d3e_b6c2_9967_2641);
        assert_eq!(of(&"alice"), 0x5da0_1f8c_38d2_267f_1dd8_be2e_dda2_ab31);
    }

    #[test]
    fn what_differs_a_little_differs_altogether() {
        let values: Vec<u128> = (0_u64..2_000).map(|n| of(&n)).collect();
        for (n, value) in values.iter().enumerate() {
            for other in &values[..n] {
                assert!((value ^ other).count_ones() > 24);
                assert_ne!(*value as u64, *other as u64);
            }
        }
        assert_ne!(of(&[0_u8; 3][..]), of(&[0_u8; 4][..]));
        assert_ne!(of(&("a", "bc")), of(&("ab", "c")));
        assert_ne!(of(&(0_u64, 1_u64)), of(&(1_u64, 0_u64)));
    }

    #[test]
    fn what_is_remembered_is_what_it_would_be() {
        let remembered = Remembered::new();
        assert_eq!(remembered.of(&"text"), of(&"text"));
        assert_eq!(remembered.of(&"text"), of(&"text"));
    }
}
