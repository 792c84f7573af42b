//! Finds allocations that their consumers should not hold, by comparing Placement with nova. The audit changes nothing;
//! a finding is repaired by a task `release`, whose rules ask nova again.

mod facts;
mod finding;
mod holdings;
mod look;
mod owner;

pub use facts::{Facts, FactsError, KnownMigration, KnownServer};
pub use finding::{Finding, Why};
pub use holdings::{HoldingsError, PlacementHoldings};
pub use look::{Unanswered, look};
pub use owner::{ConsumerOwner, name_owners};
