//! Pseudorandom choices that a seed repeats: random walks where a full exploration would take too long, and the moments
//! of kills and disconnections.

use std::time::Duration;

/// Marsaglia's xorshift.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from this seed, which must not be zero.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Starts from a small number, such as one of a sequence: seeds that are close give choices that are not.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        let mut spread = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        spread = (spread ^ (spread >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Self((spread ^ (spread >> 27)) | 1)
    }

    /// A number less than `bound`, which must not be zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next_below(bound)).unwrap_or_default()
    }

    /// A number in this range, whose end is not included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next_below(to.saturating_sub(from))
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.next_below(times) == 0
    }

    /// One of the elements.
    ///
    /// # Panics
    /// If the slice is empty.
    #[expect(clippy::indexing_slicing, reason = "the callers pass at least one element")]
    pub fn choose<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Chooses the first element most of the time, so that faults occur at any point of a path, not only in its first
    /// steps.
    ///
    /// # Panics
    /// If the slice is empty.
    #[expect(clippy::indexing_slicing, reason = "the callers pass at least one element")]
    pub fn mostly_the_first<T: Copy>(&mut self, all: &[T]) -> T {
        let other = all.len() > 1 && self.below(6) == 0;
        all[if other { 1 + self.below(all.len() - 1) } else { 0 }]
    }

    /// The same elements in random order.
    pub fn shuffled<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
        all
    }

    /// A duration up to this one.
    pub fn within(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(self.next_below(most + 1))
    }

    fn next_below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}
