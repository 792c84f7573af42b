//! Chance that is the same each time: for a walk through what an exploration would take too long to see all of.

/// Marsaglia's xorshift, from a fixed seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From this seed, which is not zero.
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Less than `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.0 % bound.max(1)).unwrap_or_default()
    }

    /// The first, most of the time: so that what goes wrong does so at any point of a path, and not in the first two.
    ///
    /// # Panics
    /// There is none.
    #[expect(clippy::indexing_slicing, reason = "a test helper: whoever chooses has something to choose from")]
    pub fn mostly_the_first<T: Copy>(&mut self, all: &[T]) -> T {
        let other = all.len() > 1 && self.below(6) == 0;
        all[if other { 1 + self.below(all.len() - 1) } else { 0 }]
    }
}
