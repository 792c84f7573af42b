//! How much of a long test runs: a sample in CI, everything in `cargo xtask nightly`.

use std::io::Write;

use crate::random::Random;

/// The variable that `cargo xtask nightly` sets to 1.
const NIGHTLY: &str = "SWAPAROO_NIGHTLY";

/// Whether everything runs.
pub fn nightly() -> bool {
    std::env::var_os(NIGHTLY).is_some_and(|value| value == "1")
}

/// The first value in CI, the second one at night.
pub fn size<T>(ci: T, nightly: T) -> T {
    if self::nightly() { nightly } else { ci }
}

/// A sample of an exploration with two rare faults on a path. The first fault is tried in every place, the second one
/// in one of `one_in` places, always the same ones.
#[derive(Debug, Clone)]
pub struct Pairs {
    one_in: usize,
    random: Random,
}

impl Pairs {
    /// One place in `one_in`; 1 means every place.
    pub const fn one_in(one_in: usize) -> Self {
        Self { one_in, random: Random::from_seed(1_848_343) }
    }

    /// One place in `one_in` in CI, every place at night.
    pub fn sampled(one_in: usize) -> Self {
        Self::one_in(size(one_in, 1))
    }

    /// Whether to try this rare event on a path where `happened` others have occurred.
    pub fn tries(&mut self, happened: u32) -> bool {
        happened == 0 || self.one_in == 1 || self.random.below(self.one_in) == 0
    }
}

/// Prints the size of a sample, also for a test that passes: libtest shows printed text only for a failure.
pub fn say(what: &str) {
    let rest = size("; the rest in `cargo xtask nightly`", "");
    let _ = writeln!(std::io::stderr(), "sample: {what}{rest}");
}
