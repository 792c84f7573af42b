//! The way back after a failed migration: the server gets the allocations of its migration record (nova's function of
//! this name, nova/conductor/tasks/migrate.py). Bug 1848343 is about whether the server still exists.

use super::move_allocations;
use crate::contract::{MoveTask, RevertTask};
use crate::history::{History, RuleResult};
use crate::policy::Policy;

/// nova's `revert_allocation_for_migration`. The server should exist already: it is not a new target.
pub fn revert_allocation_for_migration(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &RevertTask,
) -> RuleResult {
    let back = MoveTask { source: task.migration.clone(), target: task.server.clone(), target_is_new: false };
    move_allocations(policy, history, &back)
}
