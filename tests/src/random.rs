//! The seed of a run, for the random choices of tests.

use uuid::Uuid;

pub use swaparoo::simulation::Random;

/// Starts from `SWAPAROO_SEED`, or from a new seed each time. It prints the seed, so that the run can be repeated.
///
/// # Panics
/// If `SWAPAROO_SEED` is not a number.
#[expect(clippy::expect_used, reason = "a test helper: the caller set the variable")]
pub fn of_this_run() -> Random {
    let given = std::env::var("SWAPAROO_SEED").ok().map(|seed| seed.parse().expect("SWAPAROO_SEED is a number"));
    let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0) | 1;
    println!("seed {seed} (SWAPAROO_SEED={seed} repeats this run's choices)");
    Random::from_seed(seed)
}
