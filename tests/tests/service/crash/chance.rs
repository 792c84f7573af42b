//! Chance of the tests' own: a run is repeated by its seed.

use uuid::Uuid;

/// A small generator (xorshift).
pub struct Chance(u64);

impl Chance {
    /// By `SWAPAROO_SEED`, or else by a seed that is new; it is printed.
    pub fn new() -> Self {
        let given = std::env::var("SWAPAROO_SEED").ok().map(|seed| seed.parse().expect("SWAPAROO_SEED is a number"));
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0) | 1;
        println!("seed {seed} (SWAPAROO_SEED={seed} repeats this run's draws)");
        Self(seed)
    }

    /// A number below that.
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
}
