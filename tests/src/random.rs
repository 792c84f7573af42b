//! Pseudorandom choices that a seed repeats: random walks where a full exploration would take too long, and the moments
//! of kills and disconnections.

use std::time::Duration;

use uuid::Uuid;

/// Marsaglia's xorshift.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from this seed, which must not be zero.
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Starts from `SWAPAROO_SEED`, or from a new seed each time. It prints the seed, so that the run can be repeated.
    ///
    /// # Panics
    /// If `SWAPAROO_SEED` is not a number.
    #[expect(clippy::expect_used, reason = "a test helper: the caller set the variable")]
    pub fn of_this_run() -> Self {
        let given = std::env::var("SWAPAROO_SEED").ok().map(|seed| seed.parse().expect("SWAPAROO_SEED is a number"));
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0) | 1;
        println!("seed {seed} (SWAPAROO_SEED={seed} repeats this run's choices)");
        Self::from_seed(seed)
    }

    /// A number less than `bound`, which must not be zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next_below(bound)).unwrap_or_default()
    }

    /// One of the elements.
    ///
    /// # Panics
    /// If the slice is empty.
    #[expect(clippy::indexing_slicing, reason = "a test helper: the callers pass at least one element")]
    pub fn choose<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
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
