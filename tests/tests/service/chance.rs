//! Random choices of tests.

use std::time::Duration;

use uuid::Uuid;

/// A small generator (xorshift), so that a run can be repeated by its seed.
pub struct Chance(u64);

impl Chance {
    /// Starts from `SWAPAROO_SEED`, or from a new seed each time.
    pub fn of_this_run() -> Self {
        Self(seed())
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// The same elements in random order.
    pub fn shuffled<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        for at in (1..all.len()).rev() {
            all.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap());
        }
        all
    }

    /// A duration up to this one.
    pub fn within(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap();
        Duration::from_micros(self.below(most + 1))
    }
}

fn seed() -> u64 {
    let given = std::env::var("SWAPAROO_SEED").ok().map(|seed| seed.parse().expect("SWAPAROO_SEED is a number"));
    let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0) | 1;
    println!("seed {seed} (SWAPAROO_SEED={seed} repeats this run's choices)");
    seed
}
