//! Deletes all allocations of a consumer, if they have not changed since the read.

use super::confirmed_read;
use super::tries::{Tried, Tries};
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{Failure, Holding, Removal, Silence, Unsettled};
use crate::history::{History, Interrupt};
use crate::policy::Policy;

/// What the attempts have shown.
#[derive(Default)]
pub struct Deletion<'a> {
    /// The consumer's last known holding that is not empty.
    pub seen: Option<HeldAllocations<'a>>,
    /// What a write has deleted, or may have deleted.
    taken: Option<HeldAllocations<'a>>,
    /// The index of the last lost write, and the holding before it.
    lost: Option<(u32, Holding)>,
}

impl<'a> Deletion<'a> {
    /// Deletes, and returns the deleted allocations; none if the consumer held nothing. If it is not known whether a write
    /// was done, the failure is `unsettled`.
    pub fn run(
        &mut self,
        policy: &dyn Policy,
        history: &mut History<'a>,
        consumer: &str,
    ) -> Result<Option<Removal>, Interrupt> {
        match (self.attempts(policy, history, consumer), self.lost.take()) {
            (Ok(()), _) => Ok(self.taken.map(|held| removal(consumer, held))),
            (Err(Interrupt::Failed(_)), Some((write_at, holding))) => {
                Err(Failure::Unsettled(Unsettled { write_at, holdings: vec![holding] }).into())
            }
            (Err(interrupt), _) => Err(interrupt),
        }
    }

    fn attempts(&mut self, policy: &dyn Policy, history: &mut History<'a>, consumer: &str) -> Result<(), Interrupt> {
        let mut tries = Tries::default();
        while tries.next().is_some() {
            let now = match self.lost {
                None => confirmed_read::holding(policy, history, consumer)?,
                // There was a pause.
                Some(_) => ask::holding(history, consumer)?,
            };
            let Some(held) = non_empty(now) else { return Ok(()) };
            self.seen = Some(held);
            let write = ask::removal(held);
            let written = ask::write(history, &write)?;
            let at = history.last();
            match tries.judge(policy, history, consumer, &write, written)? {
                Tried::Done => {
                    self.taken = Some(held);
                    return Ok(());
                }
                Tried::Lost => (self.taken, self.lost) = (Some(held), Some((at, held.to_holding()))),
                Tried::Again => {}
            }
        }
        let used_up = tries.used_up(history);
        let Some(held) = non_empty(ask::holding(history, consumer)?) else { return Ok(()) };
        self.seen = Some(held);
        Err(used_up.unwrap_or(Failure::Unreachable(Silence { detail: String::new() })).into())
    }
}

/// The allocations of a consumer, as deleted or to be deleted.
pub fn removal(consumer: &str, held: HeldAllocations<'_>) -> Removal {
    Removal { consumer: consumer.into(), allocations: held.allocations.to_vec() }
}
