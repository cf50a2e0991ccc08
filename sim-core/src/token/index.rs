//! A small hash table from interned SIDs to their first position in a list: what makes membership one probe.
//!
//! Rule SID-8: where a SID stands twice, the first entry decides.

use crate::sid::SidId;

/// No SID has this number: a table would have to be full first.
const EMPTY: u32 = u32::MAX;

/// Positions of SIDs in one list, at most 65,535 entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SidIndex {
    /// A power of two of slots, at most half full: the SID's number and its position.
    slots: Vec<(u32, u16)>,
    shift: u32,
}

impl SidIndex {
    /// Indexes a list.
    pub fn new(list: impl ExactSizeIterator<Item = SidId>) -> SidIndex {
        let bits = (list.len().max(1) * 2).next_power_of_two().trailing_zeros();
        let mut index = SidIndex { slots: vec![(EMPTY, 0); 1 << bits], shift: 32 - bits };
        for (position, sid) in (0..u16::MAX).zip(list) {
            let mask = index.slots.len() - 1;
            let mut at = index.start(sid);
            while let Some(slot) = index.slots.get_mut(at & mask) {
                if slot.0 == EMPTY {
                    *slot = (sid.0, position);
                    break;
                }
                if slot.0 == sid.0 {
                    break;
                }
                at += 1;
            }
        }
        index
    }

    /// The first position of a SID.
    #[inline]
    #[must_use]
    pub fn find(&self, sid: SidId) -> Option<usize> {
        let mut at = self.start(sid);
        loop {
            let (number, position) = *self.slots.get(at)?;
            if number == sid.0 {
                return Some(usize::from(position));
            }
            if number == EMPTY {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn start(&self, sid: SidId) -> usize {
        (sid.0.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_position_is_found() {
        let list: Vec<SidId> = (0..200).map(|n| SidId(n * 7 % 150)).collect();
        let index = SidIndex::new(list.iter().copied());
        for sid in (0..300).map(SidId) {
            assert_eq!(index.find(sid), list.iter().position(|entry| *entry == sid), "{sid:?}");
        }
        assert_eq!(SidIndex::new(std::iter::empty()).find(SidId(0)), None);
    }
}
