//! What the attempts of a move have read and shown so far.

use super::lost_write::LostWrite;
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{Allocation, BuiltInReason, Holding, MoveTask, ServerState, Transfer};
use crate::history::{History, Interrupt};

/// What the earlier attempts have shown.
#[derive(Default)]
pub struct MoveState<'a> {
    /// The source, if it has just been read; of use for the first write only.
    pub source: Option<HeldAllocations<'a>>,
    /// A write that may or may not have been done.
    pub lost: Option<LostWrite<'a>>,
    /// What was read last cannot be out of date: it was confirmed, or there was a pause before it.
    pub confirmed: bool,
    /// Placement or a proxy has answered a write with 5xx.
    pub server_error: bool,
    /// The target was deleted. A deleted server does not come back, so this stays true whatever nova answers to a later
    /// question.
    pub gone: bool,
}

impl<'a> MoveState<'a> {
    /// Whether an end without a write must not rest on what was just read. The source holds nothing.
    pub fn must_be_confirmed(&self, target: &Holding) -> bool {
        !self.confirmed || self.may_be_between_reads(target)
    }

    /// What is read from now on is confirmed.
    pub fn set_confirmed(&mut self) {
        self.confirmed = true;
        if let Some(lost) = &mut self.lost {
            lost.read_again = true;
        }
    }

    /// As of the lost write, if there is one.
    pub fn may_be_between_reads(&self, target: &Holding) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost.may_be_between_reads(target))
    }

    /// The lost write, if it may have been done although a read shows nothing of it: if Placement fails after its commit,
    /// it deletes the record of a consumer that the write created, and no read shows the allocations of such a consumer.
    /// Only another write of the same consumer replaces them.
    pub fn forgotten(&self, target: &Holding) -> Option<&LostWrite<'a>> {
        let is_empty = non_empty(target).is_none();
        self.lost.as_ref().filter(|lost| self.server_error && !self.gone && is_empty && lost.intent.gives())
    }
}

/// Reads both consumers, and stores the holdings with the lost write.
pub fn read<'a>(
    history: &mut History<'a>,
    task: &MoveTask,
    known: &mut MoveState<'a>,
) -> Result<[&'a Holding; 2], Interrupt> {
    if let Some(lost) = &mut known.lost {
        lost.seen.clear();
    }
    let both = ask::holdings(history, [&task.source, &task.target])?;
    if let Some(lost) = &mut known.lost {
        lost.seen = both.map(Holding::clone).to_vec();
    }
    Ok(both)
}

/// Neither consumer holds anything after a write that Placement answered with 5xx. Either the server was deleted, or the
/// allocations are lost and must be written again.
#[inline(never)]
pub fn still_exists(history: &mut History<'_>, task: &MoveTask, lost: &LostWrite<'_>) -> Result<bool, Interrupt> {
    history.explain(BuiltInReason::BothEmpty);
    let server = if task.target_is_new { &task.source } else { &task.target };
    match ask::server(history, server)? {
        ServerState::Present => Ok(true),
        ServerState::Gone => Ok(false),
        ServerState::Deleting | ServerState::Unknown => Err(lost.unsettled().into()),
    }
}

/// What an outcome says about a move.
pub fn transfer(task: &MoveTask, allocations: &[Allocation]) -> Transfer {
    Transfer { source: task.source.clone(), target: task.target.clone(), allocations: allocations.to_vec() }
}
