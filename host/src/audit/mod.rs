//! Who holds allocations that nobody should: what Placement has, held against what nova knows. It changes nothing; what is
//! to be done about a finding is a task, `release`, whose rules ask nova anew.

mod finding;
mod holdings;
mod look;
mod owner;

pub use finding::{Finding, Why};
pub use holdings::{Holdings, HoldingsError};
pub use look::look;
pub use owner::{Owner, name_owners};

pub use crate::facts::{Facts, FactsError, KnownMigration, KnownServer, Unanswered};
