//! What a migration has come to so far: what a rollback has to know.

use crate::contract::{Allocation, ConsumerId, Outcome};

/// Kept on the way, looked at when it fails.
#[derive(Debug, Default)]
pub struct Progress {
    /// nova's record of the migration.
    pub migration: Option<ConsumerId>,
    /// What the record holds in the server's place (nova's `_held_allocations`).
    pub held: Option<Vec<Allocation>>,
    /// What the server has been given on the destination, as far as is known.
    pub claim: Option<Vec<Allocation>>,
}

impl Progress {
    /// What the swap has come to.
    pub fn swapped(&mut self, outcome: &Outcome) {
        if let Outcome::Moved(transfer) | Outcome::AlreadyMoved(transfer) = outcome {
            self.held = Some(transfer.allocations.clone());
        }
    }
}
