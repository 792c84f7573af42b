//! Finds allocations that their consumers should not hold, by comparing Placement with nova. The audit changes nothing;
//! a finding is repaired by a task `release`, whose rules ask nova again.

mod finding;
mod holdings;
mod look;
mod owner;

pub use finding::{Finding, Why};
pub use holdings::{HoldingsError, PlacementHoldings};
pub use look::look;
pub use owner::{ConsumerOwner, name_owners};

pub use crate::facts::{Facts, FactsError, KnownMigration, KnownServer, Unanswered};
