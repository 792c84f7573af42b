//! Reads that an end rests on. Placement's API may answer from a replica of its database that has not applied the last
//! commits yet. A write shows it, because Placement refuses a generation that is out of date; an end without a write is
//! confirmed by these functions first.

use crate::ask::{self, Written, non_empty};
use crate::contract::{BuiltInReason, Holding};
use crate::history::{History, Interrupt};
use crate::policy::Policy;

/// The longest pause in which a replica catches up: an unhealthy cluster is some seconds behind.
const CATCH_UP_MS: u32 = 5_000;

/// Reads the holding of one consumer. If it is empty, reads it again after a pause.
#[inline(never)]
pub fn holding<'a>(policy: &dyn Policy, history: &mut History<'a>, consumer: &str) -> Result<&'a Holding, Interrupt> {
    let first = ask::holding(history, consumer)?;
    if non_empty(first).is_some() || !policy.confirms_reads() {
        return Ok(first);
    }
    wait(history)?;
    ask::holding(history, consumer)
}

/// Writes what a consumer holds again as read: Placement refuses this if the read was out of date, and its node is not
/// behind after it. If the consumer holds nothing, or the write is not done, waits. The caller then reads again.
#[inline(never)]
pub fn confirm(history: &mut History<'_>, read: &Holding) -> Result<(), Interrupt> {
    if let Some(held) = non_empty(read) {
        history.explain(BuiltInReason::WriteAsRead);
        if let Written::Done = ask::write(history, &ask::rewrite(held, held.allocations))? {
            return Ok(());
        }
    }
    wait(history)
}

/// Waits until a replica has caught up.
#[inline(never)]
pub fn wait(history: &mut History<'_>) -> Result<(), Interrupt> {
    history.explain(BuiltInReason::ReadAgain);
    ask::pause(history, CATCH_UP_MS)
}
