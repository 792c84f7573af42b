//! Pseudorandom numbers from a fixed seed, for random walks where a full exploration would take too long.

/// Marsaglia's xorshift, from a fixed seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Starts from this seed, which must not be zero.
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number less than `bound`, which must not be zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.0 % bound.max(1)).unwrap_or_default()
    }

    /// Chooses the first element most of the time, so that faults occur at any point of a path, not only in its first
    /// steps.
    ///
    /// # Panics
    /// If the slice is empty.
    #[expect(clippy::indexing_slicing, reason = "a test helper: the callers pass at least one element")]
    pub fn mostly_the_first<T: Copy>(&mut self, all: &[T]) -> T {
        let other = all.len() > 1 && self.below(6) == 0;
        all[if other { 1 + self.below(all.len() - 1) } else { 0 }]
    }
}
