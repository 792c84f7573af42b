//! Deletes all allocations of a consumer if they have not changed since the read (nova's
//! `delete_allocation_for_instance`).

use crate::ask::{self, non_empty};
use crate::contract::{Failure, Removal, Unsettled};
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::tries::{Tried, Tries};

/// Returns the deleted allocations; none if the consumer held nothing. If another writer changed the consumer in the
/// meantime, a policy that retries continues.
pub fn delete_allocations(
    policy: &dyn Policy,
    history: &mut History<'_>,
    consumer: &str,
) -> Result<Option<Removal>, Interrupt> {
    let mut tries = Tries::default();
    let (mut taken, mut lost) = (None, None);
    while tries.next().is_some() {
        let Some(holder) = non_empty(ask::holding(history, consumer)?) else {
            return Ok(taken);
        };
        let removal = Removal { consumer: consumer.into(), allocations: holder.allocations.to_vec() };
        let write = ask::removal(holder);
        let written = ask::write(history, &write)?;
        let at = history.last();
        match tries.judge(policy, history, consumer, &write, written)? {
            Tried::Done => return Ok(Some(removal)),
            Tried::Lost => (taken, lost) = (Some(removal), Some(at)),
            Tried::Again => {}
        }
    }
    let used_up = tries.used_up(history);
    let left = ask::holding(history, consumer)?;
    if non_empty(left).is_none() {
        return Ok(taken);
    }
    let unsettled = lost.map(|write_at| Failure::Unsettled(Unsettled { write_at, holdings: vec![left.clone()] }));
    match unsettled.or(used_up) {
        Some(failure) => Err(failure.into()),
        None => Ok(taken),
    }
}
