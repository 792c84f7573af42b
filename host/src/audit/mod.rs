//! Finds allocations that their consumers should not hold, by comparing Placement with nova. The audit changes nothing;
//! a finding is repaired by a task `release`, whose rules ask nova again.
//!
//! nova's lists and Placement's allocations are read at different times. So what looks wrong in them is asked for again,
//! one by one, and only what still looks wrong is a finding.

mod amounts;
mod classify;
mod consumer;
mod existing_server;
mod finding;
mod holdings;
mod holdings_error;
mod look;
mod nova;
mod progress;
mod provider;
mod report;
mod schedule;
mod time;
mod why;

pub use consumer::ConsumerOwner;
pub use finding::Finding;
pub use holdings::PlacementHoldings;
pub use holdings_error::HoldingsError;
pub use look::{AuditError, AuditOptions, audit};
pub use progress::{Progress, Stage};
pub use provider::HiddenUsage;
pub use report::{OtherConsumer, Report, Unchecked};
pub use schedule::{AuditRepair, AuditSchedule, Audits, LastAudit, ScheduleOptions};
pub use why::Why;

pub use crate::facts::{Facts, FactsError, KnownMigration, KnownServer, Unanswered};

/// The number of requests to one service at a time. nova's and Placement's workers also serve users.
const CONCURRENT: usize = 8;
