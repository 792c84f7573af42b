//! How much of a long test is done: CI takes a sample, and `cargo xtask nightly` the whole.

use std::io::Write;

use crate::chance::Chance;

/// What `cargo xtask nightly` sets to 1.
const NIGHTLY: &str = "SWAPAROO_NIGHTLY";

/// Whether everything is tried, however long it takes.
pub fn nightly() -> bool {
    std::env::var_os(NIGHTLY).is_some_and(|value| value == "1")
}

/// The first in CI, the second by night.
pub fn size<T>(ci: T, nightly: T) -> T {
    if self::nightly() { nightly } else { ci }
}

/// On a path of an exploration two rare things may happen. The first is tried in every place; of the places for the second,
/// one in so many, always the same ones.
#[derive(Debug, Clone)]
pub struct Pairs {
    one_in: usize,
    chance: Chance,
}

impl Pairs {
    /// One place in so many; 1 is every place.
    pub const fn one_in(one_in: usize) -> Self {
        Self { one_in, chance: Chance::of(1_848_343) }
    }

    /// One place in so many in CI, every place by night.
    pub fn sampled(one_in: usize) -> Self {
        Self::one_in(size(one_in, 1))
    }

    /// Whether this rare thing is tried on a path where so many have happened.
    pub fn tries(&mut self, happened: u32) -> bool {
        happened == 0 || self.one_in == 1 || self.chance.below(self.one_in) == 0
    }
}

/// Says what a sampled test took of how much, also where it passes: libtest shows what is printed only of a failure.
pub fn say(what: &str) {
    let rest = size("; the rest in `cargo xtask nightly`", "");
    let _ = writeln!(std::io::stderr(), "sample: {what}{rest}");
}
