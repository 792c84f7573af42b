//! A write without an answer. Only a read can show whether it was done; until then, no other failure may hide it. (It
//! may still be in progress. Another write is safe nevertheless: both writes name the source's generation, so at most
//! one of them is done.)

use super::intent::Intent;
use crate::ask::{HeldAllocations, non_empty};
use crate::contract::{Failure, Holding, Unsettled};

/// The write, its purpose, and what was read since.
pub struct LostWrite<'a> {
    /// The index of the write in the history.
    pub at: u32,
    pub intent: Intent,
    /// The source's holding before the write.
    pub source: HeldAllocations<'a>,
    /// Both holdings as last read; empty if they could not be read.
    pub seen: Vec<Holding>,
    /// Both consumers held nothing, and were read once more.
    pub read_again: bool,
}

impl<'a> LostWrite<'a> {
    pub fn new(at: u32, intent: Intent, source: HeldAllocations<'a>) -> Self {
        Self { at, intent, source, seen: Vec::new(), read_again: false }
    }
}

impl LostWrite<'_> {
    /// True if both consumers may only seem to hold nothing. The two reads of one step are answered in any order, and this
    /// write may be done between them: the target was read before it, and the source after it.
    pub fn may_be_between_reads(&self, target: &Holding) -> bool {
        !self.read_again && self.intent.gives() && non_empty(target).is_none()
    }

    /// True if this write can have emptied the source: the target holds exactly what the write gives it (or nothing, if
    /// the write deletes).
    pub fn was_done(&self, target: &Holding) -> bool {
        match self.intent {
            Intent::Move | Intent::RestoreAndCheck => {
                non_empty(target).is_some_and(|t| t.allocations == self.source.allocations)
            }
            Intent::DeleteSource | Intent::DeleteBoth => non_empty(target).is_none(),
        }
    }

    /// The failure that reports this write.
    pub fn unsettled(&self) -> Failure {
        Failure::Unsettled(Unsettled { write_at: self.at, holdings: self.seen.clone() })
    }
}
