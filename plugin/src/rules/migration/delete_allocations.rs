//! Deletes all allocations of a consumer if they have not changed since the read (nova's
//! `delete_allocation_for_instance`).

use crate::contract::Removal;
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::deletion::Deletion;

/// Returns the deleted allocations; none if the consumer held nothing. If another writer changed the consumer in the
/// meantime, a policy that retries continues.
pub fn delete_allocations(
    policy: &dyn Policy,
    history: &mut History<'_>,
    consumer: &str,
) -> Result<Option<Removal>, Interrupt> {
    Deletion::default().run(policy, history, consumer)
}
