//! A write that went unanswered. It is neither done nor not done until a read tells, and as long as none does, no other
//! failure may hide it. (It may still be under way. Writing again is safe all the same: both writes name the source's
//! generation, so at most one of them is done.)

use super::move_allocations::Aim;
use crate::ask::{Held, held};
use crate::contract::{Failure, Holding, Unsettled};

/// The write, what it was for, and what has been seen since.
pub struct LostWrite<'a> {
    /// Its place in the history.
    pub at: u32,
    pub aim: Aim,
    /// What the source held before it.
    pub source: Held<'a>,
    /// Both holdings as last read; empty when they could not be read.
    pub seen: Vec<Holding>,
}

impl LostWrite<'_> {
    /// The source is seen to be empty: was it this write? If the target holds just what it was to be given (or nothing,
    /// when the aim was to delete), things are as the write would have left them.
    pub fn was_done(&self, target: &Holding) -> bool {
        match self.aim {
            Aim::Move | Aim::RestoreAndCheck => held(target).is_some_and(|t| t.allocations == self.source.allocations),
            Aim::DeleteSource => held(target).is_none(),
        }
    }

    /// The end that says so.
    pub fn unsettled(&self) -> Failure {
        Failure::Unsettled(Unsettled { write_at: self.at, holdings: self.seen.clone() })
    }
}
