//! What a migration has come to so far: what a rollback has to know.

use crate::contract::{Allocation, ConsumerId, Outcome};
use crate::history::Stop;
use crate::nova;

const GONE: &str = "the server's allocations are gone";

/// Kept on the way, looked at when it fails.
#[derive(Debug, Default)]
pub struct Progress {
    /// nova's record of the migration.
    pub migration: Option<ConsumerId>,
    /// What the record holds in the server's place (nova's `_held_allocations`).
    pub held: Option<Vec<Allocation>>,
    /// The place of a claim that was lost and never seen done: it may still arrive.
    pub lost_claim: Option<u32>,
    /// The scheduler was asked and has named no host: whether it has claimed one is not known.
    pub scheduling: bool,
    /// What the server has been given on the destination, as far as is known.
    pub claim: Option<Vec<Allocation>>,
}

impl Progress {
    /// What the swap has come to. A server that held something of its node a moment ago, and of which nobody holds anything
    /// now, was deleted meanwhile: nothing must be claimed for it.
    pub fn swapped(&mut self, outcome: &Outcome) -> Result<(), Stop> {
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
