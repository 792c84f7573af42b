//! The three policies that come with Swaparoo, and one for moves alone.

mod nova_34;
mod seed;
mod standard;
mod standard_moves;

pub use nova_34::{KEY_ERROR, Nova34};
pub use seed::Seed;
pub use standard::Standard;
pub use standard_moves::StandardMoves;

use crate::policy::Policy;

/// The policies that come with Swaparoo, the default first.
pub const ALL: [&dyn Policy; 3] = [&Standard, &Seed, &Nova34];

/// The policy with this name, if it exists.
pub fn named(name: &str) -> Option<&'static dyn Policy> {
    ALL.into_iter().find(|policy| policy.name() == name)
}
