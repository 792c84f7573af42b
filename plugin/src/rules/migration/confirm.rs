//! The end of a migration that a compute service has finished. Confirm: the server stays on the destination, and its
//! record's allocations on the source are deleted. Revert: the server gets these in exchange for those on the
//! destination.

use super::delete_allocations::delete_allocations;
use crate::contract::{MigrationTask, NothingHeld, Outcome, RevertTask};
use crate::history::{History, RuleResult};
use crate::policy::Policy;
use crate::rules::revert_allocation_for_migration;

/// nova's `_delete_allocation_after_move`.
pub fn confirm(policy: &dyn Policy, history: &mut History<'_>, task: &MigrationTask) -> RuleResult {
    Ok(match delete_allocations(policy, history, &task.migration)? {
        Some(removal) => Outcome::Released(removal),
        None => Outcome::NothingHeld(NothingHeld { consumer: task.migration.clone() }),
    })
}

/// nova's `_revert_allocation`, while the server holds the destination.
pub fn revert_resize(policy: &dyn Policy, history: &mut History<'_>, task: &MigrationTask) -> RuleResult {
    let back = RevertTask { server: task.server.clone(), migration: task.migration.clone() };
    revert_allocation_for_migration(policy, history, &back)
}
