//! What is counted of typed addresses while they are judged one by one, so that
//! the checks of them all need not take them apart again when they are in order.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use super::Check;
use super::parsed::Parsed;
use crate::model::AddressType;

/// So many addresses are compared with each other as they come; nearly all
/// entries have fewer.
const COMPARED: usize = 16;

/// The values of one attribute, counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    primaries: usize,
    smtp: usize,
    /// One for each value, equal for those that [`Check::Repeat`] takes for one.
    marks: [u64; COMPARED],
    count: usize,
    /// Whether there may be such values.
    repeats: bool,
}

impl Tally {
    /// Takes a value into account that is a typed address.
    pub(super) fn count(&mut self, value: &Parsed<'_>) {
        self.primaries += usize::from(value.kind == AddressType::PrimarySmtp);
        self.smtp += usize::from(value.kind.is_smtp());
        if self.repeats {
            return;
        }
        let mark = mark(value.address.trim());
        self.repeats = match self.marks.get_mut(self.count) {
            Some(free) => {
                *free = mark;
                self.marks
                    .iter()
                    .take(self.count)
                    .any(|other| *other == mark)
            }
            None => true,
        };
        self.count += 1;
    }

    /// Whether `check`, of all values, finds no fault with those counted.
    pub(super) fn clears(&self, check: &Check) -> bool {
        match check {
            Check::TwoPrimaries => self.primaries < 2,
            Check::NoPrimary => self.smtp == 0 || self.primaries > 0,
            Check::Repeat => !self.repeats,
            _ => false,
        }
    }
}

/// Equal for texts that differ in ASCII case only.
fn mark(text: &str) -> u64 {
    // This bit is all that tells apart the cases of an ASCII letter.
    const CASE: u64 = 0x2020_2020_2020_2020;
    let mut hasher = FxHasher::default();
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for word in words {
        hasher.write_u64(u64::from_le_bytes(*word) | CASE);
    }
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    hasher.write_u64(u64::from_le_bytes(last) | CASE);
    hasher.write_usize(text.len());
    hasher.finish()
}
