//! The rules, one file each, named as nova names what they stand for.

mod check_after_restore;
mod lost_write;
mod move_allocations;
mod replace_allocation_with_migration;
mod revert_allocation_for_migration;
mod tries;

pub use move_allocations::move_allocations;
pub use replace_allocation_with_migration::replace_allocation_with_migration;
pub use revert_allocation_for_migration::revert_allocation_for_migration;
