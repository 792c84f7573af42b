//! The progress of a migration: what a rollback has to know.

use crate::contract::{Allocation, ConsumerId, Outcome};
use crate::history::Interrupt;
use crate::nova;

const GONE: &str = "the server's allocations do not exist any more";

/// Updated during the migration; read when it fails.
#[derive(Debug, Default)]
pub struct Progress {
    /// nova's record of the migration.
    pub migration: Option<ConsumerId>,
    /// What the record holds instead of the server (nova's `_held_allocations`).
    pub held: Option<Vec<Allocation>>,
    /// Index of a lost claim that no read showed as done: it may still arrive.
    pub lost_claim: Option<u32>,
    /// The scheduler was asked and has not returned a host: it is not known whether it has claimed one.
    pub scheduling: bool,
    /// The server's claim on the destination, as far as known.
    pub claim: Option<Vec<Allocation>>,
}

impl Progress {
    /// Records the result of the swap. If the server held something of its node a moment ago, and now neither consumer
    /// holds anything, the server was deleted in the meantime: nothing may be claimed for it.
    pub fn swapped(&mut self, outcome: &Outcome) -> Result<(), Interrupt> {
        match outcome {
            Outcome::Moved(transfer) | Outcome::AlreadyMoved(transfer) => {
                self.held = Some(transfer.allocations.clone());
                Ok(())
            }
            Outcome::NothingToMove => Err(nova::raise("ConsumerAllocationRetrievalFailed", GONE).into()),
            _ => Ok(()),
        }
    }
}
