//! The rules of a move, one file each, named after nova's methods. The rules of a whole migration are in `migration/`.

mod check_after_restore;
mod confirmed_read;
mod deletion;
mod intent;
mod lost_write;
pub mod migration;
mod move_allocations;
mod move_state;
mod replace_allocation_with_migration;
mod revert_allocation_for_migration;
mod tries;

pub use move_allocations::move_allocations;
pub use replace_allocation_with_migration::replace_allocation_with_migration;
pub use revert_allocation_for_migration::revert_allocation_for_migration;
